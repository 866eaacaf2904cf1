/* Sides from lists, and back to words. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "engine_options.h"
#include "wall_options.h"

#define KN_WALLS_HELP(default)                                                                                       \
  "what the sides say: neumann (u_n = value), dirichlet (u = value), robin (u + length u_n = value), periodic; one " \
  "for all, or one for each: low and high end of the first axis, of the second, ..; " default " if it is not given"

static PetscErrorCode KNWallKinds(const char prefix[], PetscInt axes, KNWall wall[])
{
  static const char *const helps[] = {[KN_WALL_NEUMANN]   = KN_WALLS_HELP("neumann"),
                                      [KN_WALL_DIRICHLET] = KN_WALLS_HELP("dirichlet"),
                                      [KN_WALL_ROBIN]     = KN_WALLS_HELP("robin"),
                                      [KN_WALL_PERIODIC]  = KN_WALLS_HELP("periodic")};
  char                     option[2 * KN_MAX_NAME], **values;
  PetscInt                 count;
  const PetscInt           sides = 2 * axes;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%ssides", prefix));
  PetscCall(KNOptionsList(option, helps[wall[0].kind], &count, &values));
  PetscCheck(count <= 1 || count == sides, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt_FMT " entries: give one for all sides, or %" PetscInt_FMT ", low and high end of each "
             "axis",
             option, count, sides);
  for (PetscInt s = 0; s < sides && count; s++) {
    PetscInt kind = 0;

    while (KNWallNames[kind] && strcmp(KNWallNames[kind], values[count > 1 ? s : 0])) kind++;
    PetscCheck(KNWallNames[kind], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: there is no side \"%.64s\"; choose from: neumann, dirichlet, robin, periodic", option,
               values[count > 1 ? s : 0]);
    wall[s].kind = kind;
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  for (PetscInt s = 0; s < sides; s++) {
    PetscCheck((wall[s].kind == KN_WALL_PERIODIC) == (wall[s ^ 1].kind == KN_WALL_PERIODIC), PETSC_COMM_WORLD,
               KN_ERR_USAGE, "%s: one end of axis %" PetscInt_FMT " is periodic, the other is not", option, s / 2 + 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNWallValues(const char prefix[], PetscInt axes, KNWall wall[])
{
  char           option[2 * KN_MAX_NAME], **values;
  PetscInt       count;
  const PetscInt sides = 2 * axes;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%sside_values", prefix));
  PetscCall(KNOptionsList(option, "values at the sides, one for all or one for each; 0 if they are not given", &count,
                          &values));
  PetscCheck(count <= 1 || count == sides, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt_FMT " entries: give one for all sides, or %" PetscInt_FMT ", low and high end of each "
             "axis",
             option, count, sides);
  for (PetscInt s = 0; s < sides && count; s++) {
    PetscErrorCode code;

    PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    code = PetscOptionsStringToReal(values[count > 1 ? s : 0], &wall[s].value);
    PetscCall(PetscPopErrorHandler());
    PetscCheck(!code && !PetscIsInfOrNanReal(wall[s].value), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: \"%.64s\" is no number", option, values[count > 1 ? s : 0]);
    PetscCheck(wall[s].kind != KN_WALL_PERIODIC || wall[s].value == 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: periodic sides have no value, %s is given", option, values[count > 1 ? s : 0]);
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNWallOptions(const char prefix[], PetscInt axes, KNWall wall[])
{
  PetscReal length = wall[0].length;

  PetscFunctionBegin;
  PetscCall(KNEngineReal(prefix, "robin", "length of robin's sides", 1e-12, 1e12, &length));
  for (PetscInt s = 1; s < 2 * axes; s++) wall[s] = wall[0];
  PetscCall(KNWallKinds(prefix, axes, wall));
  PetscCall(KNWallValues(prefix, axes, wall));
  for (PetscInt s = 0; s < 2 * axes; s++) wall[s].length = wall[s].kind == KN_WALL_ROBIN ? length : 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNWallsPeriodic(const KNWall wall[], PetscInt axes)
{
  for (PetscInt s = 0; s < 2 * axes; s++) {
    if (wall[s].kind != KN_WALL_PERIODIC) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscBool KNWallsAlike(const KNWall *a, const KNWall *b)
{
  return (PetscBool)(a->kind == b->kind && a->value == b->value && a->length == b->length);
}

PetscErrorCode KNWallText(const KNWall wall[], PetscInt axes, char text[])
{
  PetscFunctionBegin;
  if (KNWallsPeriodic(wall, axes)) {
    PetscCall(PetscStrncpy(text, "periodic, each axis [0, L)", KN_MAX_TEXT));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscStrncpy(text, "each axis [0, L]", KN_MAX_TEXT));
  for (PetscInt s = 0; s < 2 * axes; s++) {
    char one[KN_MAX_NAME];

    PetscCall(PetscStrlcat(text, s == 0 ? ": " : s % 2 ? ", " : "; ", KN_MAX_TEXT));
    switch (wall[s].kind) {
    case KN_WALL_PERIODIC: PetscCall(PetscStrncpy(one, "periodic", sizeof(one))); break;
    case KN_WALL_DIRICHLET: PetscCall(PetscSNPrintf(one, sizeof(one), "u = %.6g", (double)wall[s].value)); break;
    case KN_WALL_NEUMANN: PetscCall(PetscSNPrintf(one, sizeof(one), "u_n = %.6g", (double)wall[s].value)); break;
    default:
      PetscCall(PetscSNPrintf(one, sizeof(one), "u + %.6g u_n = %.6g", (double)wall[s].length, (double)wall[s].value));
    }
    PetscCall(PetscStrlcat(text, one, KN_MAX_TEXT));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

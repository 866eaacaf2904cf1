/*
  Symmetries of a conservation law together with its sides and its random initial states.

    shift      periodic sides, states that begin anywhere: turbulence, waves of a system (those of a scalar may have a
               window, which stands in the middle)
    reflect    laws of a velocity, whose component changes its sign: both ends of the axis are alike. On periodic grids
               constant states jump at an edge that lies beside the middle of a cell
    exchange   axes with sides alike: but wavenumbers of waves, and the plane of Riemann's problem, are not alike in all
               axes
    -u         of a linear law; -u(-x) of another scalar law, all axes at once: states that are as often negative
*/
#include "coefficient.h"
#include "conservation_impl.h"

static PetscBool KNLawMirrored(const Conservation *c, PetscInt axis)
{
  const PetscBool constant = (PetscBool)(c->start.kind == KN_START_RIEMANN || c->start.kind == KN_START_QUADRANTS);

  return (PetscBool)(c->side[2 * axis] == c->side[2 * axis + 1] && !(c->periodic && constant));
}

/* axis and the next one */
static PetscBool KNLawExchanged(KNSolver solver, PetscInt axis)
{
  const Conservation *c   = (const Conservation *)solver->data;
  const PetscInt     *low = &c->side[2 * axis], *high = &c->side[2 * axis + 2];

  if (low[0] != high[0] || low[1] != high[1] || c->start.kind == KN_START_WAVES) return PETSC_FALSE;
  if (c->law->linear && (c->p[axis] != c->p[axis + 1] || KNSolverDiffers(solver, &c->p[axis]) ||
                         KNSolverDiffers(solver, &c->p[axis + 1])))
    return PETSC_FALSE; /* speeds of a sample that are drawn are not alike */
  return (PetscBool)(c->start.kind != KN_START_RIEMANN || axis > 0);
}

/* Whether initial states of one scalar are distributed like their negatives. */
static PetscBool KNLawEven(const Conservation *c)
{
  if (c->start.kind == KN_START_WAVES) return PETSC_TRUE;
  return (PetscBool)(c->start.kind != KN_START_RADIAL && c->start.low[0] == -c->start.high[0]);
}

static PetscErrorCode KNLawDeclareScalar(const Conservation *c, KNProblem *p)
{
  char      text[KN_MAX_NAME] = "";
  PetscBool mirrored          = PETSC_TRUE;

  PetscFunctionBegin;
  if (c->fields > 1 || !KNLawEven(c)) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt d = 0; d < c->axes && !c->law->linear; d++) {
    mirrored = (PetscBool)(mirrored && KNLawMirrored(c, d));
    PetscCall(PetscStrlcat(text, (const char *const[]){"reflect(x) ", "reflect(y) ", "reflect(z) "}[d], sizeof(text)));
  }
  if (mirrored) PetscCall(KNProblemAddSymmetry(p, "%snegate", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLawDeclare(KNSolver solver)
{
  const Conservation *c      = (const Conservation *)solver->data;
  KNProblem          *p      = &solver->problem;
  const PetscInt      start  = c->start.kind;
  const PetscBool     vector = (PetscBool)(c->law->vector >= 0);
  const PetscBool anywhere   = (PetscBool)(start == KN_START_TURBULENCE || (start == KN_START_WAVES && c->fields > 1));

  PetscFunctionBegin;
  for (PetscInt s = 0; s < 2 * c->axes; s++) {
    if (c->side[s] == KN_SIDE_INFLOW) PetscFunctionReturn(PETSC_SUCCESS); /* a state of its own breaks them */
  }
  for (PetscInt d = 0; d < c->axes && c->periodic && anywhere; d++)
    PetscCall(KNProblemAddSymmetry(p, "shift(%c)", (char)('x' + d)));
  for (PetscInt d = 0; d < c->axes && vector; d++) {
    const char *u = c->law->component[d];

    if (KNLawMirrored(c, d)) PetscCall(KNProblemAddSymmetry(p, "reflect(%c) %s=-%s", (char)('x' + d), u, u));
  }
  for (PetscInt d = 0; d < c->axes - 1; d++) {
    const char *u = c->law->component[d], *v = c->law->component[d + 1], x = (char)('x' + d), y = (char)(x + 1);

    if (!KNLawExchanged(solver, d)) continue;
    if (vector) PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c) %s=%s %s=%s", x, y, u, v, v, u));
    else PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c)", x, y));
  }
  PetscCall(KNLawDeclareScalar(c, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The sizes of a network that keeps to a share of the FLOPs. First go the modes and the hidden units that carry
  nothing. Then, until the share is met, that of a particle (or several), a mode, and a part of the hidden units which
  raises the error on the samples least for each operation that it saves. What is left of the share goes to hidden
  units again.
*/
#include "command.h"
#include "condense.h"

enum { WIDTH, MODES, HIDDEN, SIZES };
/* of the full network's particles, and of its hidden units, one goes at a time */
enum { PARTS = 8 };
static const PetscReal nothing = 1e-3; /* relative growth of the error by what carries nothing */

/* Sizes on the way down. */
typedef struct {
  KNSizes        sizes;
  PetscReal      error; /* on the samples, not fine-tuned */
  PetscLogDouble flops;
} Station;

static PetscErrorCode CheckSize(const KNCondenseSearch *search, const char option[], const char what[], PetscInt given,
                                PetscInt there)
{
  PetscFunctionBegin;
  PetscCheck(given <= there, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is %" PetscInt_FMT ", %s has %" PetscInt_FMT " %s: give no more", option, given, search->from,
             there, what);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseCheckSizes(const KNCondenseSearch *search, const KNCondense *wanted)
{
  const KNSizes *given = &wanted->sizes, *there = &search->sizes;
  const PetscInt axes = search->velocity;

  PetscFunctionBegin;
  PetscCheck(search->d % axes == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s streams with velocities of %" PetscInt_FMT " channels, which its particles of %" PetscInt_FMT
             " share with one another: condense needs -model_residual transport trained with a -collision_dimension "
             "that is a multiple of %" PetscInt_FMT,
             search->from, axes, search->d, axes);
  PetscCall(CheckSize(search, "-condense_width", "channels", given->width, there->width));
  PetscCall(CheckSize(search, "-condense_modes", "modes", given->modes, there->modes));
  PetscCall(CheckSize(search, "-condense_head", "hidden units", given->hidden, there->hidden));
  PetscCheck(given->width % search->d == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -condense_width is %" PetscInt_FMT ", the particles of %s have %" PetscInt_FMT
             " channels each: give a multiple",
             given->width, search->from, search->d);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those that were given, of the others the smallest there can be. */
static KNSizes Smallest(const KNCondenseSearch *search, const KNSizes *given)
{
  return (KNSizes){given->width ? given->width : search->d, given->modes ? given->modes : 1,
                   given->hidden ? given->hidden : 1};
}

/* One step down in one of the sizes; *possible is false where there is none. */
static PetscErrorCode StepDown(const KNCondenseSearch *search, const KNCondense *wanted, int which, const Station *from,
                               Station *to, PetscBool *possible)
{
  const KNSizes  least         = Smallest(search, &wanted->sizes);
  const PetscInt lowest[SIZES] = {least.width, least.modes, least.hidden};
  const PetscInt step[SIZES]   = {search->d * PetscMax(1, search->sizes.width / search->d / PARTS), 1,
                                  PetscMax(1, search->sizes.hidden / PARTS)};
  PetscInt      *size[SIZES]   = {&to->sizes.width, &to->sizes.modes, &to->sizes.hidden};
  KNOperator     op;

  PetscFunctionBegin;
  *to       = *from;
  *possible = (PetscBool)(*size[which] > lowest[which]);
  if (!*possible) PetscFunctionReturn(PETSC_SUCCESS);
  *size[which] = PetscMax(*size[which] - step[which], lowest[which]);
  PetscCall(KNCondenseFlops(search->full, &to->sizes, &search->grid, &to->flops));
  PetscCall(KNCondenseTry(search, &to->sizes, KN_CONTRIBUTION_RESIDUAL, PETSC_TRUE, &op, &to->error));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Modes and hidden units go as long as the error stays what it is. */
static PetscErrorCode DropNothing(const KNCondenseSearch *search, const KNCondense *wanted, Station *at)
{
  const PetscReal limit = (1 + nothing) * at->error;

  PetscFunctionBegin;
  for (int which = MODES; which <= HIDDEN; which++) {
    for (;;) {
      Station   next;
      PetscBool possible;

      PetscCall(StepDown(search, wanted, which, at, &next, &possible));
      if (!possible || !(next.error <= limit)) break;
      *at = next;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The step that costs least, for each operation that it saves; there is one. */
static PetscErrorCode Descend(const KNCondenseSearch *search, const KNCondense *wanted, Station *at)
{
  Station   best   = {.flops = 0};
  PetscReal lowest = PETSC_MAX_REAL;

  PetscFunctionBegin;
  for (int which = 0; which < SIZES; which++) {
    Station   next;
    PetscBool possible;
    PetscReal price;

    PetscCall(StepDown(search, wanted, which, at, &next, &possible));
    if (!possible) continue;
    price = (next.error - at->error) / (at->flops - next.flops);
    if (best.flops > 0 && !(price < lowest)) continue; /* NaN never is */
    lowest = price;
    best   = next;
  }
  *at = best;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest number of hidden units within the budget. */
static PetscErrorCode FillHidden(const KNCondenseSearch *search, PetscLogDouble budget, KNSizes *sizes)
{
  PetscInt high = search->sizes.hidden; /* sizes->hidden fits, more than high does not */

  PetscFunctionBegin;
  while (sizes->hidden < high) {
    KNSizes        middle = *sizes;
    PetscLogDouble flops;

    middle.hidden = (sizes->hidden + high + 1) / 2;
    PetscCall(KNCondenseFlops(search->full, &middle, &search->grid, &flops));
    if (flops <= budget) *sizes = middle;
    else high = middle.hidden - 1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(const Station *at, PetscLogDouble whole)
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "  %" PetscInt_FMT " channels, %" PetscInt_FMT " modes, %" PetscInt_FMT
                        " hidden units: %.1f %% of the FLOPs, error %.5f\n",
                        at->sizes.width, at->sizes.modes, at->sizes.hidden, 100 * at->flops / whole,
                        (double)at->error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseFindSizes(const KNCondenseSearch *search, const KNCondense *wanted, KNSizes *sizes)
{
  const KNSizes  *given = &wanted->sizes, *full = &search->sizes;
  const KNSizes   least = Smallest(search, given);
  const PetscBool any   = (PetscBool)(given->width || given->modes || given->hidden),
                  met   = (PetscBool)(any && wanted->flops == 0);
  const PetscReal share = wanted->flops > 0 ? wanted->flops : 0.5;
  Station         at = {.sizes = {given->width ? given->width : full->width, given->modes ? given->modes : full->modes,
                          given->hidden ? given->hidden : full->hidden}};
  PetscLogDouble  whole, lowest;
  KNOperator      op;

  PetscFunctionBegin;
  PetscCall(KNCondenseFlops(search->full, full, &search->grid, &whole));
  PetscCall(KNCondenseFlops(search->full, &least, &search->grid, &lowest));
  PetscCheck(met || lowest <= share * whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -condense_flops is %g, which leaves nothing of the network: %" PetscInt_FMT
             " channels, %" PetscInt_FMT " modes and %" PetscInt_FMT
             " hidden units alone take %.3g of its FLOPs; give more",
             (double)share, least.width, least.modes, least.hidden, lowest / whole);
  PetscCall(KNCondenseFlops(search->full, &at.sizes, &search->grid, &at.flops));
  PetscCall(KNCondenseTry(search, &at.sizes, KN_CONTRIBUTION_RESIDUAL, PETSC_TRUE, &op, &at.error));
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(DropNothing(search, wanted, &at));
  PetscCall(Report(&at, whole));
  while (!met && at.flops > share * whole) {
    PetscCall(Descend(search, wanted, &at));
    PetscCall(Report(&at, whole));
  }
  if (!met && !given->hidden) PetscCall(FillHidden(search, share * whole, &at.sizes));
  PetscCheck(at.sizes.width < full->width || at.sizes.modes < full->modes || at.sizes.hidden < full->hidden,
             PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s with %" PetscInt_FMT " channels, %" PetscInt_FMT " modes and %" PetscInt_FMT
             " hidden units already is as small as wanted: give less",
             search->from, full->width, full->modes, full->hidden);
  *sizes = at.sizes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

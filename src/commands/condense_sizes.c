/*
  The sizes of a network that keeps to a share of the FLOPs. First go the modes and the hidden units that carry
  nothing. Then, until the share is met, that of a particle (or several) of a stream, a mode, and a part of the hidden
  units which raises the error on the samples least for each operation that it saves. What is left of the share goes to
  hidden units again, or, without any, to channels.
*/
#include "command.h"
#include "condense.h"

/* of the full network's particles, and of its hidden units, one goes at a time */
enum { PARTS = 8 };
static const PetscReal nothing = 1e-3; /* relative growth of the error by what carries nothing */

/* Sizes on the way down. */
typedef struct {
  KNSizes        sizes;
  PetscReal      error; /* on the samples, not fine-tuned */
  PetscLogDouble flops;
} Station;

PetscErrorCode KNCondenseCheckSizes(const KNCondenseSearch *search, const KNCondense *wanted)
{
  const PetscInt *given = wanted->sizes.n, *there = search->sizes.n;
  const PetscInt  axes = search->velocity;

  PetscFunctionBegin;
  PetscCheck(search->d % axes == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s streams with velocities of %" PetscInt_FMT " channels, which its particles of %" PetscInt_FMT
             " share with one another: condense needs -model_residual transport trained with a -collision_dimension "
             "that is a multiple of %" PetscInt_FMT,
             search->from, axes, search->d, axes);
  for (int s = 0; s < KN_SIZES; s++) {
    PetscCheck(!given[s] || there[s], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -condense_%s is %" PetscInt_FMT ", %s has no %s: leave it out", KNCondenseNames[s], given[s],
               search->from, KNCondenseWhat[s]);
    PetscCheck(given[s] <= there[s], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -condense_%s is %" PetscInt_FMT ", %s has %" PetscInt_FMT " %s: give no more",
               KNCondenseNames[s], given[s], search->from, there[s], KNCondenseWhat[s]);
    PetscCheck(s >= KN_SIZE_WIDTH + KN_STREAMS || given[s] % search->d == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -condense_%s is %" PetscInt_FMT ", the particles of %s have %" PetscInt_FMT
               " channels each: give a multiple",
               KNCondenseNames[s], given[s], search->from, search->d);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those that were given, of the others `other`; 0 where the network has none. */
static KNSizes Fill(const KNCondenseSearch *search, const KNSizes *given, const KNSizes *other)
{
  KNSizes sizes = {{0}};

  for (int s = 0; s < KN_SIZES; s++) {
    if (search->sizes.n[s]) sizes.n[s] = given->n[s] ? given->n[s] : other->n[s];
  }
  return sizes;
}

/* The smallest there can be, where none is given. */
static KNSizes Smallest(const KNCondenseSearch *search, const KNSizes *given)
{
  KNSizes least;

  for (int s = 0; s < KN_SIZES; s++) least.n[s] = s < KN_SIZE_WIDTH + KN_STREAMS ? search->d : 1;
  return Fill(search, given, &least);
}

/* One step down in one of the sizes; *possible is false where there is none. */
static PetscErrorCode StepDown(const KNCondenseSearch *search, const KNCondense *wanted, int which, const Station *from,
                               Station *to, PetscBool *possible)
{
  const PetscInt least = Smallest(search, &wanted->sizes).n[which],
                 group = which < KN_SIZE_WIDTH + KN_STREAMS ? search->d : 1, full = search->sizes.n[which],
                 step = which == KN_SIZE_MODES ? 1 : group * PetscMax(1, full / group / PARTS);
  KNOperator op;

  PetscFunctionBegin;
  *to       = *from;
  *possible = (PetscBool)(to->sizes.n[which] > least);
  if (!*possible) PetscFunctionReturn(PETSC_SUCCESS);
  to->sizes.n[which] = PetscMax(to->sizes.n[which] - step, least);
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
  for (int which = KN_SIZE_MODES; which <= KN_SIZE_HIDDEN; which++) {
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
  for (int which = 0; which < KN_SIZES; which++) {
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

/* The largest of one size within the budget, in groups of so many. */
static PetscErrorCode FillUp(const KNCondenseSearch *search, int which, PetscInt group, PetscLogDouble budget,
                             KNSizes *sizes)
{
  PetscInt *low = &sizes->n[which], high = search->sizes.n[which]; /* low fits, more than high does not */

  PetscFunctionBegin;
  while (*low < high) {
    KNSizes        middle = *sizes;
    PetscLogDouble flops;

    middle.n[which] = *low + ((high - *low) / group + 1) / 2 * group;
    PetscCall(KNCondenseFlops(search->full, &middle, &search->grid, &flops));
    if (flops <= budget) *sizes = middle;
    else high = middle.n[which] - group;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is left of the share goes to hidden units; without any to channels, of the last stream first: the cheapest. */
static PetscErrorCode UseUp(const KNCondenseSearch *search, const KNSizes *given, PetscLogDouble budget, KNSizes *sizes)
{
  const PetscBool hidden = (PetscBool)(search->sizes.n[KN_SIZE_HIDDEN] > 0);

  PetscFunctionBegin;
  if (hidden && !given->n[KN_SIZE_HIDDEN]) PetscCall(FillUp(search, KN_SIZE_HIDDEN, 1, budget, sizes));
  for (int w = KN_SIZE_WIDTH + KN_STREAMS - 1; w >= KN_SIZE_WIDTH && !hidden; w--) {
    if (search->sizes.n[w] && !given->n[w]) PetscCall(FillUp(search, w, search->d, budget, sizes));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(const Station *at, PetscLogDouble whole)
{
  char text[256];

  PetscFunctionBegin;
  PetscCall(KNCondenseText(NULL, &at->sizes, sizeof(text), text));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %s: %.1f %% of the FLOPs, error %.5f\n", text, 100 * at->flops / whole,
                        (double)at->error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseFindSizes(const KNCondenseSearch *search, const KNCondense *wanted, KNSizes *sizes)
{
  const KNSizes  *given = &wanted->sizes, *full = &search->sizes;
  const KNSizes   least = Smallest(search, given);
  const PetscReal share = wanted->flops > 0 ? wanted->flops : 0.5;
  Station         at    = {.sizes = Fill(search, given, full)};
  PetscBool       any = PETSC_FALSE, met, smaller = PETSC_FALSE;
  PetscLogDouble  whole, lowest;
  KNOperator      op;
  char            text[256];

  PetscFunctionBegin;
  for (int s = 0; s < KN_SIZES; s++) any = (PetscBool)(any || given->n[s]);
  met = (PetscBool)(any && wanted->flops == 0);
  PetscCall(KNCondenseFlops(search->full, full, &search->grid, &whole));
  PetscCall(KNCondenseFlops(search->full, &least, &search->grid, &lowest));
  PetscCall(KNCondenseText(NULL, &least, sizeof(text), text));
  PetscCheck(met || lowest <= share * whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -condense_flops is %g, which leaves nothing of the network: %s alone take %.3g of its FLOPs; give "
             "more",
             (double)share, text, lowest / whole);
  PetscCall(KNCondenseFlops(search->full, &at.sizes, &search->grid, &at.flops));
  PetscCall(KNCondenseTry(search, &at.sizes, KN_CONTRIBUTION_RESIDUAL, PETSC_TRUE, &op, &at.error));
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(DropNothing(search, wanted, &at));
  PetscCall(Report(&at, whole));
  while (!met && at.flops > share * whole) {
    PetscCall(Descend(search, wanted, &at));
    PetscCall(Report(&at, whole));
  }
  if (!met) PetscCall(UseUp(search, given, share * whole, &at.sizes));
  for (int s = 0; s < KN_SIZES; s++) smaller = (PetscBool)(smaller || at.sizes.n[s] < full->n[s]);
  PetscCall(KNCondenseText(NULL, full, sizeof(text), text));
  PetscCheck(smaller, PETSC_COMM_WORLD, KN_ERR_USAGE, "%s with %s already is as small as wanted: give less",
             search->from, text);
  *sizes = at.sizes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

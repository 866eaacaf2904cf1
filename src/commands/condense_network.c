/* Operators of other sizes than the full network's, and what they cost. */
#include "command.h"
#include "condense.h"
#include <kitinet/evaluation.h>
#include <string.h>

enum { BATCH = 5 }; /* samples at a time */

PetscErrorCode KNCondenseError(KNOperator op, KNDataset dataset, PetscInt64 rows, PetscReal *error, PetscReal *best)
{
  const KNProblem *problem;
  PetscReal        mean[KN_MAX_MEASURES];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorPlan(op, problem, BATCH, PETSC_FALSE));
  PetscCall(KNEvaluate(op, dataset, 0, rows, BATCH, 0, mean));
  *error = mean[KNTaskGetInfo(KNOperatorTask(op))->curve];
  if (best) *best = mean[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseGroups(KNOperator op, PetscInt *particle, PetscInt *velocity)
{
  const KNLayer *layer;
  KNModel        model;
  PetscInt       count, first = 0;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, &model, NULL, NULL, NULL));
  PetscCall(KNModelGetLayers(model, &count, &layer));
  *velocity = 1;
  for (PetscInt i = 0; i < count; i++) {
    KNLayerProperties own;

    PetscCall(KNLayerGetProperties(layer[i], &own));
    *velocity = PetscMax(*velocity, own.streams);
    if (!own.particle) continue;
    PetscCheck(!first || own.particle == first, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "the network's particles have %" PetscInt_FMT " channels in one stage and %" PetscInt_FMT
               " in another: condense needs the same -collision_dimension in all, given in training",
               first, own.particle);
    first = own.particle;
  }
  *particle = PetscMax(1, first);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is this line of options one of those that another size changes? */
static PetscBool IsSize(const char line[])
{
  for (int s = 0; s < KN_SIZES; s++) {
    char   name[KN_MAX_NAME];
    size_t length;

    length = (size_t)snprintf(name, sizeof(name), "model_%s:", KNCondenseNames[s]);
    if (!strncmp(line, name, length)) return PETSC_TRUE;
  }
  return (PetscBool)!strncmp(line, "collision_dimension:", 20);
}

/*
  The full network's operator with other sizes, untrained. Its particles keep their dimension where the default would
  be another one.
*/
static PetscErrorCode Resize(KNOperator full, const KNSizes *sizes, KNOperator *op)
{
  const char *options;
  char       *resized;
  PetscInt    particle, velocity;
  size_t      size, used = 0;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(full, NULL, NULL, NULL, &options));
  PetscCall(KNCondenseGroups(full, &particle, &velocity));
  size = strlen(options) + (KN_SIZES + 1) * 64;
  PetscCall(PetscMalloc1(size, &resized));
  resized[0] = 0;
  for (const char *line = options; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') ? 1 : 0);

    if (!IsSize(line)) PetscCall(PetscStrncpy(resized + used, line, PetscMin(length + 1, size - used)));
    used += strlen(resized + used);
    line += length;
  }
  for (int s = 0; s < KN_SIZES; s++) {
    if (sizes->n[s])
      PetscCall(
        PetscSNPrintf(resized + used, size - used, "model_%s: %" PetscInt_FMT "\n", KNCondenseNames[s], sizes->n[s]));
    used += strlen(resized + used);
  }
  if (strstr(options, "collision_dimension:"))
    PetscCall(PetscSNPrintf(resized + used, size - used, "collision_dimension: %" PetscInt_FMT "\n", particle));
  PetscCall(KNOperatorCreateVariant(full, resized, op));
  PetscCall(PetscFree(resized));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseFlops(KNOperator full, const KNSizes *sizes, const KNGrid *grid, PetscLogDouble *flops)
{
  const KNGrid inner = KNOperatorModelGrid(full, grid);
  KNOperator   op;
  KNModel      model;

  PetscFunctionBegin;
  PetscCall(Resize(full, sizes, &op));
  PetscCall(KNOperatorGetModel(op, &model, NULL, NULL, NULL));
  PetscCall(KNModelPlanGrid(model, &inner, 1, PETSC_FALSE));
  PetscCall(KNModelGetCost(model, flops, NULL, NULL));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which channels of each set stay, and how the others are read; arrays of the pruning are made. */
static PetscErrorCode Choose(const KNCondenseSearch *search, const KNChannelSets *narrow, KNContributionType type,
                             PetscBool merge, PetscInt **channel, double **readout)
{
  const KNContribution *contribution = &search->contribution;
  const KNChannelSets  *wide         = &contribution->channels;

  PetscFunctionBegin;
  for (PetscInt s = 1; s <= wide->sets; s++) {
    PetscCall(PetscMalloc1(narrow->width[s], &channel[s]));
    PetscCall(
      KNContributionChoose(contribution, s, type, wide->stream[s] < 0 ? 1 : search->d, narrow->width[s], channel[s]));
  }
  for (PetscInt l = 0; merge && l < wide->sites; l++) {
    const PetscInt s = wide->set[l];

    PetscCall(PetscMalloc1(wide->width[s] * narrow->width[s], &readout[l]));
    if (s) PetscCall(KNContributionReadout(contribution, l, narrow->width[s], channel[s], readout[l]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseTry(const KNCondenseSearch *search, const KNSizes *sizes, KNContributionType type,
                             PetscBool merge, KNOperator *op, PetscReal *error)
{
  const KNContribution *contribution = &search->contribution;
  const KNChannelSets  *wide         = &contribution->channels;
  const PetscInt        H            = sizes->n[KN_SIZE_HIDDEN];
  KNParameters          from, to;
  KNChannelSets         narrow;
  PetscInt            **channel;
  double              **readout, *output;
  KNPruning             pruning = {.unit = search->hidden};

  PetscFunctionBegin;
  PetscCall(Resize(search->full, sizes, op));
  PetscCall(KNOperatorGetModel(search->full, NULL, &from, NULL, NULL));
  PetscCall(KNOperatorGetModel(*op, NULL, &to, NULL, NULL));
  PetscCall(KNPruneGetSets(to, &narrow));
  PetscCall(PetscCalloc2(wide->sets + 1, &channel, wide->sites, &readout));
  PetscCall(PetscMalloc1(contribution->outputs * (H + 1), &output));
  PetscCall(Choose(search, &narrow, type, merge, channel, readout));
  pruning.channel = channel;
  pruning.readout = merge ? readout : NULL;
  if (H < search->sizes.n[KN_SIZE_HIDDEN]) {
    PetscCall(KNContributionOutput(contribution, H, search->hidden, output));
    pruning.output = output;
  }
  PetscCall(KNPrune(from, &pruning, to));
  for (PetscInt s = 1; s <= wide->sets; s++) PetscCall(PetscFree(channel[s]));
  for (PetscInt l = 0; l < wide->sites; l++) PetscCall(PetscFree(readout[l]));
  PetscCall(PetscFree2(channel, readout));
  PetscCall(PetscFree(output));
  PetscCall(KNChannelSetsDestroy(&narrow));
  PetscCall(KNCondenseError(*op, search->dataset, search->rows, error, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

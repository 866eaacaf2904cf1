/* Operators of other sizes than the full network's, and what they cost. */
#include "command.h"
#include "condense.h"
#include <kitinet/evaluation.h>
#include <string.h>

enum { BATCH = 5 }; /* samples at a time */

PetscErrorCode KNCondenseError(KNOperator op, KNDataset dataset, PetscInt64 rows, PetscReal *error)
{
  const KNProblem *problem;
  PetscReal        mean[KN_MAX_MEASURES];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorPlan(op, problem, BATCH, PETSC_FALSE));
  PetscCall(KNEvaluate(op, dataset, 0, rows, BATCH, 0, mean));
  *error = mean[KNTaskGetInfo(KNOperatorTask(op))->curve];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseGroups(KNOperator op, PetscInt *particle, PetscInt *velocity)
{
  KNLayerProperties properties;
  KNModel           model;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, &model, NULL, NULL, NULL));
  PetscCall(KNModelGetProperties(model, &properties));
  *particle = PetscMax(1, properties.particle);
  *velocity = PetscMax(1, properties.streams);
  PetscFunctionReturn(PETSC_SUCCESS);
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
  size = strlen(options) + 128;
  PetscCall(PetscMalloc1(size, &resized));
  resized[0] = 0;
  for (const char *line = options; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') ? 1 : 0);

    if (!strncmp(line, "model_width:", 12))
      PetscCall(PetscSNPrintf(resized + used, size - used, "model_width: %" PetscInt_FMT "\n", sizes->width));
    else if (!strncmp(line, "model_modes:", 12))
      PetscCall(PetscSNPrintf(resized + used, size - used, "model_modes: %" PetscInt_FMT "\n", sizes->modes));
    else if (!strncmp(line, "model_head:", 11))
      PetscCall(PetscSNPrintf(resized + used, size - used, "model_head: %" PetscInt_FMT "\n", sizes->hidden));
    else if (!strncmp(line, "collision_dimension:", 20))
      PetscCall(PetscSNPrintf(resized + used, size - used, "collision_dimension: %" PetscInt_FMT "\n", particle));
    else PetscCall(PetscStrncpy(resized + used, line, PetscMin(length + 1, size - used)));
    used += strlen(resized + used);
    line += length;
  }
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

PetscErrorCode KNCondenseApply(KNOperator full, const KNPruning *pruning, KNOperator *op)
{
  KNParameters from, to;

  PetscFunctionBegin;
  PetscCall(Resize(full, &pruning->sizes, op));
  PetscCall(KNOperatorGetModel(full, NULL, &from, NULL, NULL));
  PetscCall(KNOperatorGetModel(*op, NULL, &to, NULL, NULL));
  PetscCall(KNPrune(from, pruning, to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseTry(const KNCondenseSearch *search, const KNSizes *sizes, KNContributionType type,
                             PetscBool merge, KNOperator *op, PetscReal *error)
{
  const KNContribution *contribution = &search->contribution;
  const PetscInt        C = search->sizes.width, sites = contribution->blocks + 1;
  PetscInt             *channel;
  double               *R, *output;
  KNPruning             pruning = {.sizes = *sizes, .unit = search->hidden};

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(sizes->width, &channel, sites * C * sizes->width, &R,
                         contribution->outputs * (sizes->hidden + 1), &output));
  PetscCall(KNContributionChoose(contribution, type, search->d, sizes->width, channel));
  pruning.channel = channel;
  if (merge) {
    PetscCall(KNContributionReadout(contribution, sizes->width, channel, R));
    pruning.readout = R;
  }
  if (sizes->hidden < search->sizes.hidden) {
    PetscCall(KNContributionOutput(contribution, sizes->hidden, search->hidden, output));
    pruning.output = output;
  }
  PetscCall(KNCondenseApply(search->full, &pruning, op));
  PetscCall(KNCondenseError(*op, search->dataset, search->rows, error));
  PetscCall(PetscFree3(channel, R, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

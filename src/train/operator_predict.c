/* Predictions of whole samples: of steady problems and trajectories, averaged over symmetries, calibrated. */
#include "operator_impl.h"
#include <kitinet/error.h>
#include <string.h>

PetscErrorCode KNOperatorSetTemperature(KNOperator op, PetscReal temperature)
{
  PetscFunctionBegin;
  op->temperature = temperature;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPredictOnce(KNOperator op, const KNPass *pass, PetscInt frames, float x[], const float given[],
                                     float y[])
{
  size_t F, H, n, count;

  PetscFunctionBegin;
  if (!op->history) {
    PetscCall(KNOperatorForward(op, pass, x, y));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  n     = KNTaskOutputSize(op->task);
  H     = (size_t)op->history;
  F     = (size_t)frames;
  count = (size_t)pass->samples * F * n;
  if (count > op->capacity) { /* once, for the largest batch */
    PetscCall(KNFree(&op->frames));
    PetscCall(KNMalloc(count, sizeof(float), &op->frames));
    op->capacity = count;
  }
  for (size_t b = 0; b < (size_t)pass->samples; b++) {
    memcpy(y + b * F * n, given + b * F * n, H * n * sizeof(*y));
    memcpy(op->frames + b * F * n, given + b * F * n, H * n * sizeof(*y));
  }
  PetscCall(KNOperatorRollout(op, pass, frames - op->history, x, op->frames, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPredict(KNOperator op, const KNPass *pass, PetscInt frames, float x[], const float given[],
                                 float y[])
{
  PetscFunctionBegin;
  PetscCall(op->average == 1 ? KNOperatorPredictOnce(op, pass, frames, x, given, y)
                             : KNOperatorPredictAverage(op, pass, frames, x, given, y));
  if (op->temperature > 0 && !op->training) {
    const size_t n     = (size_t)pass->samples * KNTaskOutputSize(op->task);
    const float  scale = (float)(1 / op->temperature);

    for (size_t i = 0; i < n; i++) y[i] *= scale;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

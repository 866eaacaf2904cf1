/* Another network for the same problem, and where a network comes from. */
#include "operator_impl.h"
#include <kitinet/options.h>

static PetscErrorCode CopyNormalizer(KNNormalizer from, KNNormalizer to)
{
  float *mean[2], *std[2];
  size_t count[2];
  KNGrid grid;

  PetscFunctionBegin;
  if (!from) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNNormalizerGetStatistics(from, NULL, NULL, &grid, &count[0], &mean[0], &std[0]));
  PetscCall(KNNormalizerGetStatistics(to, NULL, NULL, NULL, &count[1], &mean[1], &std[1]));
  PetscCheck(count[0] == count[1], PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "normalisers of %zu and %zu values", count[0], count[1]);
  PetscCall(PetscArraycpy(mean[1], mean[0], count[0]));
  PetscCall(PetscArraycpy(std[1], std[0], count[0]));
  PetscCall(KNNormalizerSetGrid(to, &grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorCreateVariant(KNOperator op, const char options[], KNOperator *variant)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsInsertDefaults(options, "a variant of the network", NULL));
  PetscCall(KNOperatorCreate(&op->problem, 0, variant));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(CopyNormalizer(op->input, (*variant)->input));
  PetscCall(CopyNormalizer(op->output, (*variant)->output));
  (*variant)->interval = op->interval;
  (*variant)->steps    = op->steps;
  (*variant)->norigins = op->norigins;
  PetscCall(PetscMemcpy((*variant)->origin, op->origin, sizeof(op->origin)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorAddOrigin(KNOperator op, const char line[])
{
  PetscFunctionBegin;
  if (op->norigins == KN_MAX_ORIGINS) PetscCall(PetscMemmove(op->origin[0], op->origin[1], sizeof(op->origin[0]) * (size_t)--op->norigins));
  PetscCall(PetscStrncpy(op->origin[op->norigins++], line, sizeof(op->origin[0])));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetOrigin(KNOperator op, PetscInt i, const char **line)
{
  PetscFunctionBegin;
  *line = i < op->norigins ? op->origin[i] : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Another network for the same problem, and where a network comes from. */
#include "operator_impl.h"
#include <kitinet/options.h>

PetscErrorCode KNOperatorCreateVariant(KNOperator op, const char options[], KNOperator *variant)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsInsertDefaults(options, "a variant of the network", NULL));
  PetscCall(KNOperatorCreate(&op->problem, 0, variant));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(KNTaskCopy(op->task, (*variant)->task));
  (*variant)->interval = op->interval;
  (*variant)->steps    = op->steps;
  (*variant)->norigins = op->norigins;
  PetscCall(PetscMemcpy((*variant)->origin, op->origin, sizeof(op->origin)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorAddOrigin(KNOperator op, const char line[])
{
  PetscFunctionBegin;
  if (op->norigins == KN_MAX_ORIGINS)
    PetscCall(PetscMemmove(op->origin[0], op->origin[1], sizeof(op->origin[0]) * (size_t)--op->norigins));
  PetscCall(PetscStrncpy(op->origin[op->norigins++], line, sizeof(op->origin[0])));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetOrigin(KNOperator op, PetscInt i, const char **line)
{
  PetscFunctionBegin;
  *line = i < op->norigins ? op->origin[i] : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

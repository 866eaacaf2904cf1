/* What an equation says of predictions, beside the loss: the function comes from whoever has the solver. */
#include "task_impl.h"

PetscReal KNTaskPhysicsWeight(KNTask task)
{
  return task->weight;
}

PetscErrorCode KNTaskSetPhysics(KNTask task, const KNPhysics *physics)
{
  PetscFunctionBegin;
  task->physics = *physics;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const KNPhysics *KNTaskGetPhysics(KNTask task)
{
  return task->weight > 0 && task->physics.misfit ? &task->physics : NULL;
}

PetscErrorCode KNTaskAddPhysics(KNTask task, const double gradient[], float dy[])
{
  const double factor = task->weight * task->unit;

  PetscFunctionBegin;
  for (size_t i = 0; i < task->output_size; i++) dy[i] = (float)((double)dy[i] + factor * gradient[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

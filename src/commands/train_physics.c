/*
  The equation in the loss of a training (-task_physics): commands are where solvers and tasks meet, so the solver is
  made here and handed to the task as a function. Inputs without solutions (-dataset_inputs) are learned by it alone.
*/
#include "train_physics.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <string.h>

static PetscErrorCode OpenInputs(KNOperator op, KNDataset dataset, const char path[], KNDataset *inputs)
{
  const KNProblem *own, *other;
  char             difference[4 * KN_MAX_TEXT];

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, inputs));
  PetscCall(KNDatasetGetProblem(dataset, &own));
  PetscCall(KNOperatorAccept(op, *inputs, &other));
  for (PetscInt i = 0; i < own->input.grid.dim; i++)
    PetscCheck(other->input.grid.n[i] == own->input.grid.n[i], PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has %" PetscInt_FMT " points along an axis, the dataset has %" PetscInt_FMT
               ": a training has one grid, give inputs on that one",
               path, other->input.grid.n[i], own->input.grid.n[i]);
  PetscCheck(!strcmp(own->pde, other->pde), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s is of \"%.64s\", the dataset of \"%.64s\": give inputs of the same equation", path, other->pde,
             own->pde);
  PetscCall(KNDatasetExpectFinite(*inputs, PETSC_TRUE, 0));
  PetscCall(KNProblemCompare(other, own, sizeof(difference), difference));
  if (difference[0])
    PetscCall(
      PetscPrintf(PETSC_COMM_WORLD, "note: %s: %s; its equation is taken to be the dataset's\n", path, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainPhysicsSetFromOptions(KNOperator op, KNDataset dataset, const char path[],
                                            KNTrainPhysics *physics)
{
  const KNTask     task   = KNOperatorTask(op);
  const PetscReal  weight = KNTaskPhysicsWeight(task);
  const KNProblem *problem;
  KNPhysics        equation                   = {.misfit = KNCertifierMisfit};
  char             inputs[PETSC_MAX_PATH_LEN] = "", pde[KN_MAX_NAME] = "";

  PetscFunctionBegin;
  *physics = (KNTrainPhysics){.certifier = NULL};
  PetscCall(KNOptionsHead("Equation"));
  PetscCall(KNOptionsPath("-dataset_inputs",
                          "dataset whose inputs are trained on besides, without their solutions, which -task_physics "
                          "replaces: of the same equation, on the same grid",
                          inputs));
  PetscCall(KNCertifyEquation(pde));
  PetscCall(KNOptionsRequire((PetscBool)(weight > 0 || (!inputs[0] && !pde[0])),
                             "-dataset_inputs and -pde are for the equation in the loss: add -task_physics, for "
                             "instance 1"));
  if (!(weight > 0) || !dataset || KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCheck(!problem->frames, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -task_physics is %.6g, %s holds trajectories: it is for steady problems, leave it out",
             (double)weight, path);
  PetscCall(KNCertifierCreate(dataset, path, pde, KN_ABLE_RESIDUAL, &physics->certifier));
  equation.context = physics->certifier;
  PetscCall(KNTaskSetPhysics(task, &equation));
  if (inputs[0]) PetscCall(OpenInputs(op, dataset, inputs, &physics->inputs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainPhysicsDestroy(KNTrainPhysics *physics)
{
  PetscFunctionBegin;
  PetscCall(KNCertifierDestroy(&physics->certifier));
  PetscCall(KNDatasetDestroy(&physics->inputs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainPhysicsPrint(const KNTrainPhysics *physics, KNOperator op)
{
  PetscInt64  samples = 0;
  const char *path    = "";

  PetscFunctionBegin;
  if (!physics->certifier) PetscFunctionReturn(PETSC_SUCCESS);
  if (physics->inputs) PetscCall(KNDatasetGetSamples(physics->inputs, &samples));
  if (physics->inputs) PetscCall(KNDatasetGetPath(physics->inputs, &path));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "the equation weighs %.6g in the loss",
                        (double)KNTaskPhysicsWeight(KNOperatorTask(op))));
  if (samples)
    PetscCall(
      PetscPrintf(PETSC_COMM_WORLD, ", which is all that is known of %" PetscInt64_FMT " samples (%s)", samples, path));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

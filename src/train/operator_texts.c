/* Texts as the input of an operator: a network is planned for the longest of those that pass through it together. */
#include "operator_impl.h"
#include <kitinet/error.h>
#include <string.h>

KNGrid KNOperatorTextGrid(PetscInt points)
{
  return KNGridMake(1, &points, KN_POINTS_CELLS);
}

PetscErrorCode KNOperatorCheckTexts(const KNProblem *problem, const KNProblem *own, const char path[])
{
  PetscFunctionBegin;
  PetscCheck(problem->input.length <= own->input.length, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has texts of up to %" PetscInt_FMT " words, the network knows %" PetscInt_FMT
             ": convert them with -like the dataset that it was trained on",
             path, problem->input.length, own->input.length);
  for (PetscInt i = 0; i < own->parameters; i++)
    PetscCheck(i < problem->parameters && !strcmp(problem->parameter[i].name, own->parameter[i].name) &&
                 problem->parameter[i].value == own->parameter[i].value,
               PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has other texts than those the network was trained on, where %s is %g: convert them with -like the "
               "dataset that it was trained on",
               path, own->parameter[i].name, (double)own->parameter[i].value);
  PetscCheck(problem->parameters == own->parameters, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has other texts than those the network was trained on, which had no %s: convert them with -like the "
             "dataset that it was trained on",
             path, problem->parameter[own->parameters].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPlanTexts(KNOperator op, const KNPass *pass)
{
  enum { STEP = 32 };
  PetscInt points = 1;
  KNGrid   grid;

  PetscFunctionBegin;
  for (PetscInt b = 0; b < pass->samples; b++) points = PetscMax(points, pass->length[b]);
  points = PetscMin((points + STEP - 1) / STEP * STEP, op->problem.input.length);
  if (points == op->points) PetscFunctionReturn(PETSC_SUCCESS);
  grid = KNOperatorTextGrid(points);
  PetscCall(KNModelSetGrid(op->model, &grid, op->samples, op->training));
  op->points = points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNOperatorTakeWords(const KNBatch *batch, PetscInt start, KNPass *pass)
{
  if (!batch->token) return;
  pass->token  = batch->token + (size_t)start * batch->stride;
  pass->length = batch->length + start;
  pass->stride = batch->stride;
}

PetscErrorCode KNOperatorCheckLengths(KNDataset dataset)
{
  const int32_t *length;
  const char    *path;
  PetscInt64     samples, empty = -1;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, NULL, &length, NULL));
  for (PetscInt64 row = 0; length && row < samples && empty < 0; row++) empty = length[row] ? -1 : row;
  PetscCheck(empty < 0, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has a text without a single word, row %" PetscInt64_FMT
             ": begin each by the word [beginning], as kitinet convert does",
             path, empty);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Predictions averaged over symmetries: of each element g the network predicts g x, and g^-1 brings that back. The mean
  is as symmetric as the equation if all elements are taken; what the network has learned of the symmetry no better
  than roughly, cancels.
*/
#include "operator_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <string.h>

PetscErrorCode KNOperatorAverageSetFromOptions(PetscInt *elements)
{
  PetscFunctionBegin;
  *elements = 1;
  PetscCall(KNOptionsInt("-symmetry_average",
                         "number of symmetries of the problem over which a prediction is averaged: the input is moved "
                         "by each, its prediction is moved back; takes as many times longer; 0: all, 1: none",
                         0, PETSC_MAX_INT, elements));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorSetSymmetryAverage(KNOperator op, PetscInt64 elements, const char path[])
{
  PetscFunctionBegin;
  PetscCheck(op->problem.symmetries || elements == 1, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s knows no symmetries to average over: leave out -symmetry_average, or train on a dataset that declares "
             "some",
             path);
  PetscCheck(op->sharing.size == 1 || elements == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "options -symmetry_average and -ranks_per_sample exclude each other: a rank has only a slab to move");
  op->average = elements;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPlanAverage(KNOperator op, const KNGrid *grid, const KNGrid *output)
{
  KNProblem problem;

  PetscFunctionBegin;
  PetscCall(KNSymmetryDestroy(&op->symmetry));
  if (op->average == 1) PetscFunctionReturn(PETSC_SUCCESS);
  problem            = op->problem;
  problem.input.grid = *grid;
  if (problem.output.kind == KN_SPACE_FIELD && problem.output.grid.dim) problem.output.grid = *output;
  PetscCall(KNSymmetryCreate(&problem, "option -symmetry_average", KN_ERR_INPUT, &op->symmetry));
  op->problem_grid = problem.output.grid;
  PetscCheck(op->average <= KNSymmetryOrder(op->symmetry), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -symmetry_average is %" PetscInt64_FMT ", the problem has %" PetscInt64_FMT
             " symmetries on this grid: give at most that, or 0 for all",
             op->average, KNSymmetryOrder(op->symmetry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt64 KNOperatorAveraged(KNOperator op)
{
  return op->average ? op->average : KNSymmetryOrder(op->symmetry);
}

/* Room for one moved batch: input (or given frames), prediction, and prediction brought back. */
static PetscErrorCode MakeRoom(KNOperator op, size_t given, size_t predicted)
{
  PetscFunctionBegin;
  if (given + 2 * predicted <= op->moved_capacity) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&op->moved));
  PetscCall(KNMalloc(given + 2 * predicted, sizeof(float), &op->moved));
  op->moved_capacity = given + 2 * predicted;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y (n) takes in one more value each; before the first it is 0. scale: 1, of the last value 1 / their number. */
static void kn_accumulate(float *y, const float *value, PetscBool first, float scale, size_t n)
{
  for (size_t i = 0; i < n; i++) y[i] = ((first ? 0 : y[i]) + value[i]) * scale;
}

PetscErrorCode KNOperatorPredictAverage(KNOperator op, const KNPass *pass, PetscInt frames, const float x[],
                                        const float given[], float y[])
{
  const KNSpace   *in = &op->problem.input, *out = &op->problem.output;
  const PetscBool  fields = (PetscBool)(out->kind == KN_SPACE_FIELD);
  const PetscInt64 K      = KNOperatorAveraged(op);
  const size_t     B = (size_t)pass->samples, H = (size_t)op->history, F = (size_t)PetscMax(frames, 1),
               n = KNTaskOutputSize(op->task), nx = (size_t)in->fields * KNGridSize(&op->grid), ny = F * n,
               nu = H ? ny : 0;
  float *moved, *frames_moved, *predicted, *back;

  PetscFunctionBegin;
  PetscCall(MakeRoom(op, B * (nx + nu), B * ny));
  moved        = op->moved;
  frames_moved = moved + B * nx;
  predicted    = frames_moved + B * nu;
  back         = predicted + B * ny;
  for (PetscInt64 k = 0; k < K; k++) {
    const float scale = k == K - 1 ? (float)(1.0 / (double)K) : 1;
    KNElement   g;
    KNAction    inverse;

    KNSymmetryChoose(op->symmetry, k, &g);
    KNActionInvert(&g.output, &op->problem_grid, out->fields, &inverse);
    for (size_t b = 0; b < B; b++) {
      if (H)
        kn_symmetry_apply(frames_moved + b * nu, given + b * nu, &g.output, H, (size_t)out->fields, &op->grid, 0,
                          op->grid.n[0]);
      if (nx)
        kn_symmetry_apply(moved + b * nx, x + b * nx, &g.input, 1, (size_t)in->fields, &op->grid, 0, op->grid.n[0]);
    }
    PetscCall(KNOperatorPredictOnce(op, pass, frames, moved, frames_moved, predicted));
    for (size_t b = 0; b < B; b++) {
      const float *value = predicted + b * ny + H * n;

      if (fields) {
        kn_symmetry_apply(back, value, &inverse, F - H, (size_t)out->fields, &op->problem_grid, 0,
                          op->problem_grid.n[0]);
        value = back;
      }
      kn_accumulate(y + b * ny + H * n, value, (PetscBool)(k == 0), scale, (F - H) * n);
    }
  }
  for (size_t b = 0; b < B && H; b++) memcpy(y + b * ny, given + b * ny, H * n * sizeof(*y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Predictions of an operator on a dataset, and how good they are. */
#ifndef KITINET_EVALUATION_H
#define KITINET_EVALUATION_H

#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset's grid and at least `batch` samples. The
  task's measures over rows [first, first + samples), of trajectories over all their predicted frames (from frame H on).
  mean (KN_MAX_MEASURES): the same on all ranks, bit for bit for any number of ranks; NaN for measures that tests do not
  take, and where no sample has a value. batch: samples of one rank at a time. step: coordinate of sampled collisions.
*/
PETSC_EXTERN PetscErrorCode KNEvaluate(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples,
                                       PetscInt batch, PetscInt64 step, PetscReal mean[]);

/*
  Not collective, on the rank that owns the row: y as predicted, truth as stored, (C_out, S) each, on the physical
  scale; of a trajectory the T - H predicted frames (T - H, C_out, S). Both NULL: the sample holds values that are not
  finite, of a dataset that may (KNDatasetTakesAny).
*/
typedef PetscErrorCode (*KNVisitor)(void *context, PetscInt64 row, const float y[], const float truth[]);

/*
  Collective on PETSC_COMM_WORLD, as KNEvaluate. Shows each predicted sample to visit, once, on one rank, in the order
  of the rows there.
*/
PETSC_EXTERN PetscErrorCode KNEvaluateEach(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples,
                                           PetscInt batch, PetscInt64 step, KNVisitor visit, void *context);

#endif

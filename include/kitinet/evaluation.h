/* Errors of an operator on a dataset. */
#ifndef KITINET_EVALUATION_H
#define KITINET_EVALUATION_H

#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset's grid and at least `batch` samples. Relative L2 error of rows
  [first, first + samples), on the physical scale, of a trajectory that of all its predicted frames together (from frame H on); error: (samples), the same on all ranks, in the order of the rows: sums
  over it do not depend on the number of ranks. batch: samples of one rank at a time. step: coordinate of sampled collisions.
*/
PETSC_EXTERN PetscErrorCode KNEvaluate(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch, PetscInt64 step, PetscReal error[]);

/* Not collective, on the rank that owns the row: y as predicted, truth as stored, (C_out, S) each, on the physical scale; of a trajectory the T - H predicted frames (T - H, C_out, S). */
typedef PetscErrorCode (*KNVisitor)(void *context, PetscInt64 row, const float y[], const float truth[]);

/* Collective on PETSC_COMM_WORLD, as KNEvaluate. Shows each predicted sample to visit, once, on one rank, in the order of the rows there. */
PETSC_EXTERN PetscErrorCode KNEvaluateEach(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples, PetscInt batch, PetscInt64 step, KNVisitor visit, void *context);

/* Mean, population standard deviation and maximum of error (n). Not collective. Any pointer may be NULL. */
PETSC_EXTERN void KNErrorStatistics(PetscInt64 n, const PetscReal error[], PetscReal *mean, PetscReal *deviation, PetscReal *highest);

#endif

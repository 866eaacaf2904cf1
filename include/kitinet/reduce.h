/* The reductions of data-parallel training. */
#ifndef KITINET_REDUCE_H
#define KITINET_REDUCE_H

#include <kitinet/parameters.h>

/* What all ranks learn of a step besides the gradient. */
typedef struct {
  double loss;    /* sum of the samples' errors */
  double samples; /* number of samples */
  double stop;    /* ranks that want to stop */
} KNStepSums;

/* Collective on comm. Sums the gradient block, and the sums, over all ranks: one reduction of each. */
PETSC_EXTERN PetscErrorCode KNReduceStep(MPI_Comm comm, KNParameters parameters, KNStepSums *sums);

#endif

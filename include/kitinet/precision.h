/*
  The numbers that a training multiplies. Parameters, their gradients, sums and all that is no product stay in the
  precision of the network.
*/
#ifndef KITINET_PRECISION_H
#define KITINET_PRECISION_H

#include <kitinet/layer.h>

/*
  Collective on PETSC_COMM_WORLD. Reads -train_precision: *bfloat16 for KNPass. Raises KN_ERR_USAGE, on all ranks, where
  a rank's processor or build has no products in bfloat16.
*/
PETSC_EXTERN PetscErrorCode KNPrecisionSetFromOptions(PetscBool *bfloat16);

#endif

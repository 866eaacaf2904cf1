/*
  Fields on a grid and on one of half as many points along each axis, and back: the kernels of pool, upsample and
  concatenate.

  A coarse point stands for the 2 x .. x 2 fine points of its block, of which the last along an axis of odd length has
  one layer less: N = (n + 1) / 2. Axes of one point stay. P fields x: (P, n[0], n[1], n[2]) fine, X: (P, N[0], N[1],
  N[2]) coarse. Each kernel writes or, if add, adds to its first argument.
*/
#ifndef KITINET_RESAMPLE_H
#define KITINET_RESAMPLE_H

#include "layer_impl.h"

/* The grid of the blocks. */
PETSC_INTERN KNGrid KNGridCoarse(const KNGrid *grid);

/* X: mean of each block; and the adjoint. */
PETSC_INTERN void kn_coarsen_forward(KNReal *X, const KNReal *x, const size_t n[3], size_t P, int add);
PETSC_INTERN void kn_coarsen_backward(KNReal *dx, const KNReal *dX, const size_t n[3], size_t P, int add);

/*
  x: the value of its block (far 0) or linear interpolation between the centres of blocks, along each axis (1 - far) of
  its own block and far = 1/4 of the nearer neighbour's, which beyond the end is the first block (periodic) or its own;
  and the adjoint.
*/
PETSC_INTERN void kn_refine_forward(KNReal *x, const KNReal *X, const size_t n[3], size_t P, KNReal far, int periodic,
                                    int add);
PETSC_INTERN void kn_refine_backward(KNReal *dX, const KNReal *dx, const size_t n[3], size_t P, KNReal far,
                                     int periodic, int add);

/* Collective on PETSC_COMM_WORLD. Declares and reads -model_upsampling. */
PETSC_INTERN PetscErrorCode KNRefineSetFromOptions(KNReal *far);

#endif

/*
  The truncated Fourier transform along the first axis of a grid, on top of the one along the others (KNTransform, `inner`):

      V_k[s0]  = the inner transform of plane s0, kept modes k of the other axes only
      X_(k0,k) = sum_s0 V_k[s0] exp(-2 pi i k0 s0 / n0),   k0 = 0..m-1, -m..-1

  as a product of matrices: little work, since few modes k are left. Synthesis is its adjoint, as in spectral_transform.h, whose conventions hold. Of a slab
  the sum runs over its own planes: the modes of the whole field are the sum over the slabs, and only kept modes travel. The only axis of a line keeps k0 = 0..m-1.
*/
#ifndef KITINET_SPECTRAL_OUTER_H
#define KITINET_SPECTRAL_OUTER_H

#include "spectral_transform.h"

typedef struct _p_KNOuter *KNOuter;

/* Not collective. For C fields on a grid of three axes, or on a slab of any grid. */
PETSC_INTERN PetscErrorCode KNOuterCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C, KNOuter *outer);
PETSC_INTERN PetscErrorCode KNOuterDestroy(KNOuter *outer);

/* The functions of KNTransform. */
PETSC_INTERN PetscErrorCode KNOuterGetSizes(KNOuter outer, size_t *K, int *threads, PetscLogDouble *flops, size_t *bytes);
PETSC_INTERN void           KNOuterAnalyze(KNOuter outer, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x);
PETSC_INTERN void           KNOuterSynthesize(KNOuter outer, int thread, KNReal *y, const KNReal *Y, size_t stride, size_t imaginary, int add);

#endif

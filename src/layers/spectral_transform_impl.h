/* What a transform looks like from inside: the object and the table that product, fft and outer fill in. */
#ifndef KITINET_SPECTRAL_TRANSFORM_IMPL_H
#define KITINET_SPECTRAL_TRANSFORM_IMPL_H

#include "spectral_transform.h"

typedef struct {
  void (*analyze)(KNTransform, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x);
  void (*synthesize)(KNTransform, int thread, KNReal *y, const KNReal *Y, size_t stride, size_t imaginary, int add);
  PetscErrorCode (*destroy)(KNTransform); /* frees data */
} KNTransformOps;

struct _p_KNTransform {
  KNTransformOps ops;
  size_t         C, K, m; /* fields; kept modes, of the last axis */
  size_t         points;  /* of the whole grid */
  int            threads;
  size_t         reals;    /* of workspace, for one thread; a multiple of a cache line */
  KNReal        *work;     /* (threads, reals) */
  PetscLogDouble flops;    /* of one call */
  size_t         matrices; /* bytes beside the workspace */
  void          *data;
};

/*
  Not collective. Each fills in ops, flops, reals, matrices and data; C, K, m and threads are given. One or two axes,
  whole; inner (owned from here on, NULL: a line): of grid->n[0] fields on all axes but the first.
*/
PETSC_INTERN PetscErrorCode KNTransformCreate_Product(KNTransform transform, const KNGrid *grid);
PETSC_INTERN PetscErrorCode KNTransformCreate_FFT(KNTransform transform, const KNGrid *grid);
PETSC_INTERN PetscErrorCode KNTransformCreate_Outer(KNTransform transform, const KNGrid *grid, KNTransform inner);

/* Operations of one call for C fields with m modes, on n1 x n2 points (n1 1: a line). */
PETSC_INTERN PetscLogDouble KNTransformFlops_Product(size_t n1, size_t n2, size_t m, size_t C);
PETSC_INTERN PetscLogDouble KNTransformFlops_FFT(size_t n1, size_t n2, size_t m, size_t C);

#endif

/*
  The truncated Fourier transform of the real fields of one sample, and its adjoint.

      analysis   A   X_k = sum_s x_s exp(-i theta),      kept modes only
      synthesis  A'  y_s = sum_k Re(Y_k exp(+i theta)),  theta = 2 pi (k1 s1 / n1 + k2 s2 / n2)

  Kept modes as torch.fft.rfftn orders them: k1 = 0..m-1, -m..-1 on the first of two axes (the first two of three), k2 =
  0..m-1 on the last. A grid of one axis is a grid of two whose first has one point and the one mode k1 = 0. A' is the
  adjoint of A in the sense of real numbers, so that each is the other's backward; irfft is A' after multiplication by
  KNTransformWeight().

  Both forms write and read a mode as two rows of channels, real and imaginary: X_k[c] = X[k * stride + c] + i X[k *
  stride + imaginary + c].
*/
#ifndef KITINET_SPECTRAL_TRANSFORM_H
#define KITINET_SPECTRAL_TRANSFORM_H

#include "layer_impl.h"

typedef enum {
  KN_TRANSFORM_FASTER,  /* whichever of the other two is expected to be */
  KN_TRANSFORM_PRODUCT, /* matrix products with the kept rows of the Fourier matrices, for few modes */
  KN_TRANSFORM_FFT      /* FFTW, for many */
} KNTransformType;

typedef struct _p_KNTransform *KNTransform;

/*
  Not collective. For C fields on a grid; allocates the workspace of as many threads as OpenMP will start now. grid: at
  least 2 modes points along each axis.
*/
PETSC_INTERN PetscErrorCode KNTransformCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C,
                                              KNTransform *transform);
PETSC_INTERN PetscErrorCode KNTransformDestroy(KNTransform *transform);

/*
  Number of kept modes, threads that may call at the same time, floating-point operations of one call, bytes of
  workspace.
*/
PETSC_INTERN PetscErrorCode KNTransformGetSizes(KNTransform transform, size_t *K, int *threads, PetscLogDouble *flops,
                                                size_t *bytes);

/* weight[k]: (K); irfft of Y is A' (weight Y): 1/S for k2 = 0, else 2/S, since -k is not stored. */
PETSC_INTERN void KNTransformWeight(KNTransform transform, KNReal weight[]);

/* X = A x; of a slab, its share of the sum. x: (C, S). thread: in 0..threads-1, one call at a time for each. */
PETSC_INTERN void KNTransformAnalyze(KNTransform transform, int thread, KNReal *X, size_t stride, size_t imaginary,
                                     const KNReal *x);

/* y = A' Y, or y += A' Y if add. y: (C, S). */
PETSC_INTERN void KNTransformSynthesize(KNTransform transform, int thread, KNReal *y, const KNReal *Y, size_t stride,
                                        size_t imaginary, int add);

#endif

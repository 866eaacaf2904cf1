/*
  The truncated Fourier transform: which of its implementations does the work. spectral_product.c and spectral_fft.c
  transform grids of one or two axes, whole; spectral_outer.c puts the first of three axes, or the one that is divided
  among ranks, on top of either.
*/
#include "spectral_transform_impl.h"
#include <omp.h>

/* Has n no prime factor above 7? */
static PetscBool KNSmooth(size_t n)
{
  for (size_t p = 2; p <= 7; p++) {
    while (n % p == 0) n /= p;
  }
  return n == 1 ? PETSC_TRUE : PETSC_FALSE;
}

/*
  How many times as many operations a product may have and still be faster. Measured in float with AVX-512, FFTW 3.3.10,
  OpenBLAS 0.3.21: 6 (8192), 9 (1024, 128 x 128), 11 (256 x 256); 18 and 24 where n has larger factors (85 x 85, 94 x
  94). At 64 x 64 and 12 modes the product takes 0.4 of the time of the FFT, at 94 x 94 (85 padded) 0.12.
*/
static PetscLogDouble KNTransformAdvantage(size_t n1, size_t n2)
{
  return KNSmooth(n1) && KNSmooth(n2) ? 9 : 20;
}

PetscErrorCode KNTransformCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C,
                                 KNTransform *transform)
{
  const size_t n1 = grid->dim == 2 ? (size_t)grid->n[0] : 1, n2 = (size_t)grid->n[grid->dim - 1], m = (size_t)modes,
               fields = (size_t)C;
  KNTransform t, inner = NULL;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *transform = t;
  t->C       = fields;
  t->m = t->K = m;
  t->points   = 1;
  t->threads  = omp_get_max_threads();
  for (PetscInt a = 0; a < grid->dim; a++) {
    t->points *= (size_t)KNGridWhole(grid, a);
    if (a) t->K *= 2 * m;
  }
  if (grid->dim == 3 || grid->whole) {
    const KNGrid plane = KNGridMake(grid->dim - 1, grid->n + 1, grid->points);

    if (plane.dim) PetscCall(KNTransformCreate(type, &plane, modes, grid->n[0], &inner));
    PetscCall(KNTransformCreate_Outer(t, grid, inner));
  } else if (type == KN_TRANSFORM_FFT || (type == KN_TRANSFORM_FASTER &&
                                          KNTransformFlops_Product(n1, n2, m, fields) >
                                            KNTransformAdvantage(n1, n2) * KNTransformFlops_FFT(n1, n2, m, fields))) {
    PetscCall(KNTransformCreate_FFT(t, grid));
  } else PetscCall(KNTransformCreate_Product(t, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformDestroy(KNTransform *transform)
{
  KNTransform t = *transform;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(t->ops.destroy(t));
  PetscCall(KNFree(&t->work));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformGetSizes(KNTransform t, size_t *K, int *threads, PetscLogDouble *flops, size_t *bytes)
{
  PetscFunctionBegin;
  *K = t->K;
  if (threads) *threads = t->threads;
  *flops = t->flops;
  *bytes = (size_t)t->threads * t->reals * sizeof(KNReal) + t->matrices;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNTransformWeight(KNTransform t, KNReal weight[])
{
  for (size_t k = 0; k < t->K; k++) weight[k] = (k % t->m ? (KNReal)2 : (KNReal)1) / (KNReal)t->points;
}

void KNTransformAnalyze(KNTransform t, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x)
{
  t->ops.analyze(t, thread, X, stride, imaginary, x);
}

void KNTransformSynthesize(KNTransform t, int thread, KNReal *y, const KNReal *Y, size_t stride, size_t imaginary,
                           int add)
{
  t->ops.synthesize(t, thread, y, Y, stride, imaginary, add);
}

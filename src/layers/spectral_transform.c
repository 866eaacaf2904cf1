/*
  The truncated Fourier transform in two ways; which one is faster depends on how many modes are kept. Both take one or a
  few channels at a time, which stay in the cache:

      product   x (n1, n2) -> folded e, o -> v = [C e; S o] (2 m + 1, n2) -> u = v F2 (2 m + 1, 2, m)
      fft       x (n1, n2) -> z = r2c of the rows (n1, n2/2 + 1, 2) -> u = FFT of the m kept columns (n1, m, 2)

  and at the end the kept modes of all channels are collected from u with the channel as last axis. Synthesis goes the same way back.

  Cosines are even and sines odd, so the first axis is folded, e_s = x_s + x_(n - s) and o_s = x_s - x_(n - s), and each product runs over half of the
  points. C (m + 1, n1/2 + 1): cosine of |k1| = 0..m, S (m, (n1 - 1)/2): sine of |k1| = 1..m, which serve k1 and -k1. F2 (n2, 2, m): cosine and -sine of
  k2 = 0..m-1. A grid of one axis folds that: u = [e C; o S] (2, m). A product costs some 3 m operations for each point where the FFT costs
  2.5 log2 n2 for all modes, but at the speed of matrix products and for any n. The first of three axes: spectral_outer.h.
*/
#include "product_kernels.h"
#include "spectral_kernels.h"
#include "spectral_outer.h"
#include <fftw3.h>
#include <math.h>
#include <omp.h>
#include <string.h>

/* FFTW returns NULL for a plan it cannot make. */
#define KNCallFFTW(plan, ...) \
  do { \
    (plan) = __VA_ARGS__; \
    PetscCheck(plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW found no plan: %s", #__VA_ARGS__); \
  } while (0)

struct _p_KNTransform {
  KNTransformType type;
  KNOuter         outer;               /* three axes, or a slab: does everything; NULL: all others */
  size_t          C, n1, n2, m, K1, h; /* channels, points, modes k2, modes k1 (2 m, or 1 on one axis), largest |k1| (m or 0) */
  size_t          group;               /* channels that share a product, so that it has some 256 columns; product only */
  size_t          even, odd;           /* points of a folded axis: n/2 + 1, (n - 1)/2 */
  int             threads;
  size_t          nz, nu, ny;          /* reals of z (or e, o, v of a group), of u for a group (fft: all channels), of y (fft only), for one thread; multiples of a cache line */
  KNReal         *work;                /* (threads, nz + nu + ny) */
  KNReal         *C1, *S1, *F2;        /* cosines (K, even), sines (K, odd) of the folded axis, K = h + 1 and h, or m on one axis; (n2, 2 m), two axes; product only */
  KNReal         *C1t, *S1t, *F2t;     /* their transposes */
  size_t          matrices;            /* reals of these */
  KNFFTW(plan)    rows[2], columns[2]; /* analysis, synthesis; fft only */
};

/* One channel. z: (n1, n2/2 + 1), u: (n1, m), both complex. ESTIMATE: the same plan, hence the same bits, in every run. */
static PetscErrorCode KNTransformPlan(KNTransform t)
{
  const int        n1 = (int)t->n1, n2 = (int)t->n2, nc = n2 / 2 + 1, m = (int)t->m;
  const unsigned   flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
  KNReal          *y     = t->work + t->nz + t->nu;
  KNFFTW(complex) *z = (KNFFTW(complex) *)t->work, *u = (KNFFTW(complex) *)(t->work + t->nz);

  PetscFunctionBegin;
  KNCallFFTW(t->rows[0], KNFFTW(plan_many_dft_r2c)(1, &n2, n1, y, NULL, 1, n2, z, NULL, 1, nc, flags));
  KNCallFFTW(t->columns[0], KNFFTW(plan_many_dft)(1, &n1, m, z, NULL, nc, 1, u, NULL, m, 1, FFTW_FORWARD, flags));
  KNCallFFTW(t->columns[1], KNFFTW(plan_many_dft)(1, &n1, m, u, NULL, m, 1, z, NULL, nc, 1, FFTW_BACKWARD, flags));
  KNCallFFTW(t->rows[1], KNFFTW(plan_many_dft_c2r)(1, &n2, n1, z, NULL, 1, nc, y, NULL, 1, n2, flags));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscLogDouble KNTransformFlopsProduct(KNTransform t)
{
  const PetscLogDouble C = (PetscLogDouble)t->C, n1 = (PetscLogDouble)t->n1, n2 = (PetscLogDouble)t->n2, m = (PetscLogDouble)t->m, r = (PetscLogDouble)(2 * t->h + 1);

  return n1 > 1 ? C * (n1 * n2 * (r + 1) + 4 * m * n2 * r) : C * n2 * (2 * m + 1);
}

static PetscLogDouble KNTransformFlopsFFT(KNTransform t)
{
  const PetscLogDouble C = (PetscLogDouble)t->C, n1 = (PetscLogDouble)t->n1, n2 = (PetscLogDouble)t->n2, m = (PetscLogDouble)t->m;

  return C * (2.5 * n1 * n2 * PetscLog2Real(n2) + 5 * m * n1 * PetscLog2Real(n1));
}

/* Has n no prime factor above 7? */
static PetscBool KNSmooth(size_t n)
{
  for (size_t p = 2; p <= 7; p++) {
    while (n % p == 0) n /= p;
  }
  return n == 1 ? PETSC_TRUE : PETSC_FALSE;
}

/*
  How many times as many operations a product may have and still be faster. Measured in float with AVX-512, FFTW 3.3.10, OpenBLAS 0.3.21:
  6 (8192), 9 (1024, 128 x 128), 11 (256 x 256); 18 and 24 where n has larger factors (85 x 85, 94 x 94). At 64 x 64 and 12
  modes the product takes 0.4 of the time of the FFT, at 94 x 94 (85 padded) 0.12.
*/
static PetscLogDouble KNTransformAdvantage(KNTransform t)
{
  return KNSmooth(t->n1) && KNSmooth(t->n2) ? 9 : 20;
}

/* The rows of the Fourier matrices. */
static PetscErrorCode KNTransformWaves(KNTransform t)
{
  const size_t cosines = t->n1 > 1 ? t->h + 1 : t->m, sines = t->n1 > 1 ? t->h : t->m, n = t->n1 > 1 ? t->n1 : t->n2;

  PetscFunctionBegin;
  PetscCall(KNMalloc(cosines * t->even, sizeof(KNReal), &t->C1));
  PetscCall(KNMalloc(cosines * t->even, sizeof(KNReal), &t->C1t));
  PetscCall(KNMalloc(sines * t->odd, sizeof(KNReal), &t->S1));
  PetscCall(KNMalloc(sines * t->odd, sizeof(KNReal), &t->S1t));
  t->matrices = 2 * (cosines * t->even + sines * t->odd);
  kn_waves(t->C1, t->C1t, n, 0, cosines, 0, t->even, 0, 1);
  kn_waves(t->S1, t->S1t, n, t->n1 > 1 ? 1 : 0, sines, 1, t->odd, 1, t->n1 > 1 ? 1 : -1);
  if (t->n1 == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNMalloc(2 * t->m * t->n2, sizeof(KNReal), &t->F2));
  PetscCall(KNMalloc(2 * t->m * t->n2, sizeof(KNReal), &t->F2t));
  t->matrices += 4 * t->m * t->n2;
  for (size_t s = 0; s < t->n2; s++) {
    for (size_t k = 0; k < t->m; k++) {
      const double theta = 2 * M_PI * (double)(k * s % t->n2) / (double)t->n2;

      t->F2[s * 2 * t->m + k] = t->F2t[k * t->n2 + s] = (KNReal)cos(theta);
      t->F2[s * 2 * t->m + t->m + k] = t->F2t[(t->m + k) * t->n2 + s] = (KNReal)-sin(theta);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C, KNTransform *transform)
{
  const size_t line = KN_ALIGN / sizeof(KNReal);
  KNTransform  t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  *transform = t;
  if (grid->dim == 3 || grid->whole) {
    PetscCall(KNOuterCreate(type, grid, modes, C, &t->outer));
    t->m  = (size_t)modes;
    t->n1 = t->K1 = 1;
    for (PetscInt a = 0; a < grid->dim - 1; a++) {
      t->n1 *= (size_t)KNGridWhole(grid, a);
      t->K1 *= 2 * t->m;
    }
    t->n2 = (size_t)KNGridWhole(grid, grid->dim - 1);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  t->C       = (size_t)C;
  t->n1      = grid->dim == 2 ? (size_t)grid->n[0] : 1;
  t->n2      = (size_t)grid->n[grid->dim - 1];
  t->m       = (size_t)modes;
  t->h       = grid->dim == 2 ? t->m : 0;
  t->K1      = grid->dim == 2 ? 2 * t->m : 1;
  t->group   = PetscMin(t->C, t->n1 > 1 ? PetscMax(256 / t->n2, 1) : 256);
  t->even    = (t->n1 > 1 ? t->n1 : t->n2) / 2 + 1;
  t->odd     = ((t->n1 > 1 ? t->n1 : t->n2) - 1) / 2;
  t->threads = omp_get_max_threads();
  t->type    = type;
  if (type == KN_TRANSFORM_FASTER) t->type = KNTransformFlopsProduct(t) > KNTransformAdvantage(t) * KNTransformFlopsFFT(t) ? KN_TRANSFORM_FFT : KN_TRANSFORM_PRODUCT;
  if (t->type == KN_TRANSFORM_PRODUCT) {
    t->nz = t->group * (t->n1 > 1 ? (t->even + t->odd + 2 * t->h + 1) * t->n2 : t->even + t->odd);
    t->nu = t->group * (2 * t->h + 1) * 2 * t->m;
  } else {
    t->nz = t->n1 * (t->n2 / 2 + 1) * 2;
    t->nu = t->C * t->n1 * 2 * t->m;
    t->ny = t->n1 * t->n2;
  }
  t->nz = (t->nz + line - 1) / line * line;
  t->nu = (t->nu + line - 1) / line * line;
  t->ny = (t->ny + line - 1) / line * line;
  PetscCall(KNMalloc((size_t)t->threads * (t->nz + t->nu + t->ny), sizeof(KNReal), &t->work));
  if (t->type == KN_TRANSFORM_FFT) {
    PetscCall(KNTransformPlan(t));
  } else {
    PetscCall(KNTransformWaves(t));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformDestroy(KNTransform *transform)
{
  KNTransform t = *transform;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNOuterDestroy(&t->outer));
  for (int i = 0; i < 2; i++) {
    if (t->rows[i]) KNFFTW(destroy_plan)(t->rows[i]);
    if (t->columns[i]) KNFFTW(destroy_plan)(t->columns[i]);
  }
  PetscCall(KNFree(&t->C1));
  PetscCall(KNFree(&t->C1t));
  PetscCall(KNFree(&t->S1));
  PetscCall(KNFree(&t->S1t));
  PetscCall(KNFree(&t->F2));
  PetscCall(KNFree(&t->F2t));
  PetscCall(KNFree(&t->work));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformGetSizes(KNTransform t, size_t *K, int *threads, PetscLogDouble *flops, size_t *bytes)
{
  PetscFunctionBegin;
  if (t->outer) {
    PetscCall(KNOuterGetSizes(t->outer, K, threads, flops, bytes));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *K       = t->K1 * t->m;
  if (threads) *threads = t->threads;
  *flops   = t->type == KN_TRANSFORM_FFT ? KNTransformFlopsFFT(t) : KNTransformFlopsProduct(t);
  *bytes   = ((size_t)t->threads * (t->nz + t->nu + t->ny) + t->matrices) * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNTransformWeight(KNTransform t, KNReal weight[])
{
  for (size_t k = 0; k < t->K1 * t->m; k++) weight[k] = (k % t->m ? (KNReal)2 : (KNReal)1) / (KNReal)(t->n1 * t->n2);
}

/* Part 0, 1 or 2 of an array that is needed next, asked for while products leave the memory alone: saves 7 % of backward at 64 x 64, 17 % at 94 x 94. Beyond an array it does nothing. */
static inline void kn_prefetch(const KNReal *array, size_t size, size_t part)
{
  for (size_t i = part * size / 3; i < (part + 1) * size / 3; i += KN_ALIGN / sizeof(*array)) __builtin_prefetch(array + i, 1, 2);
}

/* u: (2 h + 1, g, 2, m) of the g channels of x; work: e, o, v */
static void kn_analyze_group(KNTransform t, KNReal *u, KNReal *work, const KNReal *x, size_t g)
{
  const size_t n2 = t->n2, m = t->m, even = t->even, odd = t->odd, h = t->h, N = g * n2;

  if (t->n1 == 1) {
    kn_fold_columns(work, work + g * even, x, g, n2);
    kn_product(u, 2 * m, work, even, t->C1t, m, g, m, even, 0);
    kn_product(u + m, 2 * m, work + g * even, odd, t->S1t, m, g, m, odd, 0);
  } else {
    KNReal *e = work, *o = e + even * N, *v = o + odd * N;

    kn_fold_rows(e, o, x, g, t->n1, n2);
    kn_prefetch(x + t->n1 * N, t->n1 * N, 0);
    kn_product(v, N, t->C1, even, e, N, h + 1, N, even, 0);
    kn_prefetch(x + t->n1 * N, t->n1 * N, 1);
    kn_product(v + (h + 1) * N, N, t->S1, odd, o, N, h, N, odd, 0);
    kn_prefetch(x + t->n1 * N, t->n1 * N, 2);
    kn_product(u, 2 * m, v, n2, t->F2, 2 * m, (2 * h + 1) * g, 2 * m, n2, 0);
  }
}

/* The adjoint: y (g channels) = (or += if add). */
static void kn_synthesize_group(KNTransform t, KNReal *y, const KNReal *u, KNReal *work, size_t g, int add)
{
  const size_t n2 = t->n2, m = t->m, even = t->even, odd = t->odd, h = t->h, N = g * n2;

  if (t->n1 == 1) {
    kn_product(work, even, u, 2 * m, t->C1, even, g, even, m, 0);
    kn_product(work + g * even, odd, u + m, 2 * m, t->S1, odd, g, odd, m, 0);
    kn_unfold_columns(y, work, work + g * even, g, n2, add);
  } else {
    KNReal *e = work, *o = e + even * N, *v = o + odd * N;

    kn_prefetch(y, t->n1 * N, 0);
    kn_product(v, n2, u, 2 * m, t->F2t, n2, (2 * h + 1) * g, n2, 2 * m, 0);
    kn_prefetch(y, t->n1 * N, 1);
    kn_product(e, N, t->C1t, h + 1, v, N, even, N, h + 1, 0);
    kn_prefetch(y, t->n1 * N, 2);
    kn_product(o, N, t->S1t, h, v + (h + 1) * N, N, odd, N, h, 0);
    kn_unfold_rows(y, e, o, g, t->n1, n2, add);
  }
}

void KNTransformAnalyze(KNTransform t, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x)
{
  const size_t C = t->C, n1 = t->n1, n2 = t->n2, m = t->m;
  KNReal      *z = t->work + (size_t)thread * (t->nz + t->nu + t->ny), *u = z + t->nz;

  if (t->outer) {
    KNOuterAnalyze(t->outer, thread, X, stride, imaginary, x);
  } else if (t->type == KN_TRANSFORM_PRODUCT) {
    for (size_t c = 0; c < C; c += t->group) {
      const size_t g = PetscMin(t->group, C - c);

      kn_analyze_group(t, u, z, x + c * n1 * n2, g);
      kn_collect_product(X + c, stride, imaginary, u, t->K1, t->h, m, g);
    }
  } else {
    for (size_t c = 0; c < C; c++) {
      KNFFTW(execute_dft_r2c)(t->rows[0], (KNReal *)x + c * n1 * n2, (KNFFTW(complex) *)z);
      KNFFTW(execute_dft)(t->columns[0], (KNFFTW(complex) *)z, (KNFFTW(complex) *)(u + c * n1 * 2 * m));
    }
    kn_collect_fft(X, stride, imaginary, u, n1, t->K1, t->h, m, C);
  }
}

static void kn_transform_rows_back(KNTransform t, KNReal *y, KNReal *z, KNReal *work, int add)
{
  // y: (n1, n2) = c2r of z: (n1, n2/2 + 1, 2), whose columns from m on are 0; work: (n1, n2)
  const size_t n1 = t->n1, n2 = t->n2, m = t->m, nc = n2 / 2 + 1;

  for (size_t s = 0; s < n1; s++) memset(z + (s * nc + m) * 2, 0, (nc - m) * 2 * sizeof(*z));
  KNFFTW(execute_dft_c2r)(t->rows[1], (KNFFTW(complex) *)z, add ? work : y);
  for (size_t i = 0; add && i < n1 * n2; i++) y[i] += work[i];
}

void KNTransformSynthesize(KNTransform t, int thread, KNReal *y, const KNReal *Y, size_t stride, size_t imaginary, int add)
{
  const size_t C = t->C, n1 = t->n1, n2 = t->n2, m = t->m;
  KNReal      *z = t->work + (size_t)thread * (t->nz + t->nu + t->ny), *u = z + t->nz;

  if (t->outer) {
    KNOuterSynthesize(t->outer, thread, y, Y, stride, imaginary, add);
  } else if (t->type == KN_TRANSFORM_PRODUCT) {
    for (size_t c = 0; c < C; c += t->group) {
      const size_t g = PetscMin(t->group, C - c);

      kn_spread_product(u, Y + c, stride, imaginary, t->K1, t->h, m, g);
      kn_synthesize_group(t, y + c * n1 * n2, u, z, g, add);
    }
  } else {
    kn_spread_fft(u, Y, stride, imaginary, n1, t->K1, t->h, m, C);
    for (size_t c = 0; c < C; c++) {
      KNFFTW(execute_dft)(t->columns[1], (KNFFTW(complex) *)(u + c * n1 * 2 * m), (KNFFTW(complex) *)z);
      kn_transform_rows_back(t, y + c * n1 * n2, z, u + t->nu, add);
    }
  }
}

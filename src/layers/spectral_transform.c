/*
  The truncated Fourier transform in two ways; which one is faster depends on how many modes are kept. Both take one or a
  few channels at a time, which stay in the cache:

      product   x (n1, n2) -> z = x F2 (n1, m, 2) -> u = F1 z (2 m + 1, m, 2)
      fft       x (n1, n2) -> z = r2c of the rows (n1, n2/2 + 1, 2) -> u = FFT of the m kept columns (n1, m, 2)

  and at the end the kept modes of all channels are collected from u with the channel as last axis. Synthesis goes the same way back.

  F2 (n2, m, 2): cosine and -sine of k2 = 0..m-1. F1 (2 m + 1, n1): cosine of |k1| = 0..m, sine of |k1| = 1..m, which serve k1 and
  -k1. A product costs 4 m operations for each point where the FFT costs 2.5 log2 n2 for all modes, but at the speed of BLAS and
  for any n.
*/
#include "spectral_transform.h"
#include <cblas.h>
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
  size_t          C, n1, n2, m, K1, h; /* channels, points, modes k2, modes k1 (2 m, or 1 on one axis), largest |k1| (m or 0) */
  size_t          group;               /* channels that share a product along the last axis, so that it has some 256 rows; product only */
  int             threads;
  size_t          nz, nu, ny;          /* reals of z for a group, of u for all channels, of y (fft only), for one thread; multiples of a cache line */
  KNReal         *work;                /* (threads, nz + nu + ny) */
  KNReal         *F1, *F2;             /* (2 h + 1, n1), (n2, m, 2); product only */
  KNReal         *F1t, *F2t;           /* their transposes */
  KNFFTW(plan)    rows[2], columns[2]; /* analysis, synthesis; fft only */
};

static void kn_product(KNReal *C, const KNReal *A, const KNReal *B, size_t M, size_t N, size_t K, int add)
{
  // C: (M, N) = (or += if add) A: (M, K) times B: (K, N)
  KNBLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)M, (int)N, (int)K, 1, A, (int)K, B, (int)N, add ? 1 : 0, C, (int)N);
}

static void kn_fourier_matrices(KNReal *F1, KNReal *F1t, KNReal *F2, KNReal *F2t, size_t n1, size_t n2, size_t h, size_t m)
{
  // F1: (2 h + 1, n1), F2: (n2, m, 2), and their transposes. Angles are reduced in integers, in double.
  for (size_t s = 0; s < n1; s++) {
    for (size_t k = 0; k <= h; k++) {
      const double theta = 2 * M_PI * (double)(k * s % n1) / (double)n1;

      F1[k * n1 + s] = F1t[s * (2 * h + 1) + k] = (KNReal)cos(theta);
      if (k) F1[(h + k) * n1 + s] = F1t[s * (2 * h + 1) + h + k] = (KNReal)sin(theta);
    }
  }
  for (size_t s = 0; s < n2; s++) {
    for (size_t k = 0; k < m; k++) {
      const double theta = 2 * M_PI * (double)(k * s % n2) / (double)n2;

      F2[(s * m + k) * 2] = F2t[2 * k * n2 + s] = (KNReal)cos(theta);
      F2[(s * m + k) * 2 + 1] = F2t[(2 * k + 1) * n2 + s] = (KNReal)-sin(theta);
    }
  }
}

/*
  Collecting and spreading transpose between u, channel first, and the modes, channel last. They go through BLOCK channels at a
  time, so that a cache line of u is used up before it is lost.
*/
enum { BLOCK = 8 };

static void kn_collect_product(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict u, size_t K1, size_t h, size_t m, size_t C)
{
  // X_k = cosine part - i sign(k1) sine part; u: (C, 2 h + 1, m, 2)
  const size_t channel = (2 * h + 1) * m * 2;

  for (size_t k1 = 0; k1 < K1; k1++) {
    const int    negative = k1 >= h && h > 0;
    const size_t a        = negative ? K1 - k1 : k1; // |k1|
    const size_t b        = a ? h + a : 0;           // its sine; of 0: any row, times 0
    const KNReal sign     = a == 0 ? 0 : negative ? -1 : 1;

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        KNReal *restrict Xk = X + (k1 * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          const KNReal *restrict cosine = u + c * channel + (a * m + k2) * 2;
          const KNReal *restrict sine   = u + c * channel + (b * m + k2) * 2;

          Xk[c]             = cosine[0] + sign * sine[1];
          Xk[imaginary + c] = cosine[1] - sign * sine[0];
        }
      }
    }
  }
}

static void kn_spread_product(KNReal *restrict u, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t K1, size_t h, size_t m, size_t C)
{
  // The adjoint of kn_collect_product: each |k1| receives from k1 and -k1. u: (C, 2 h + 1, m, 2)
  const size_t channel = (2 * h + 1) * m * 2;

  for (size_t a = 0; a <= h; a++) {
    const KNReal plus  = a < h || h == 0 ? 1 : 0; // |k1| = h is kept as -h only
    const KNReal minus = a > 0 ? 1 : 0;
    const size_t kp = plus != 0 ? a : K1 - a, km = minus != 0 ? K1 - a : a;

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        const KNReal *restrict Yp = Y + (kp * m + k2) * stride;
        const KNReal *restrict Ym = Y + (km * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          KNReal *restrict cosine = u + c * channel + (a * m + k2) * 2;
          KNReal *restrict sine   = u + c * channel + ((h + a) * m + k2) * 2;

          cosine[0] = plus * Yp[c] + minus * Ym[c];
          cosine[1] = plus * Yp[imaginary + c] + minus * Ym[imaginary + c];
          if (a) {
            sine[0] = minus * Ym[imaginary + c] - plus * Yp[imaginary + c];
            sine[1] = plus * Yp[c] - minus * Ym[c];
          }
        }
      }
    }
  }
}

static void kn_collect_fft(KNReal *restrict X, size_t stride, size_t imaginary, const KNReal *restrict u, size_t n1, size_t K1, size_t h, size_t m, size_t C)
{
  // u: (C, n1, m, 2); k1 < 0 stands at n1 + k1
  for (size_t k1 = 0; k1 < K1; k1++) {
    const size_t row = k1 < h || h == 0 ? k1 : n1 - (K1 - k1);

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        KNReal *restrict Xk = X + (k1 * m + k2) * stride;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          Xk[c]             = u[((c * n1 + row) * m + k2) * 2];
          Xk[imaginary + c] = u[((c * n1 + row) * m + k2) * 2 + 1];
        }
      }
    }
  }
}

static void kn_spread_fft(KNReal *restrict u, const KNReal *restrict Y, size_t stride, size_t imaginary, size_t n1, size_t K1, size_t h, size_t m, size_t C)
{
  // u: (C, n1, m, 2), 0 where no mode is kept. c2r adds -k2 to k2 > 0: they enter with 1/2.
  for (size_t c = 0; c < C; c++) memset(u + (c * n1 + h) * m * 2, 0, (n1 - h) * m * 2 * sizeof(*u));
  for (size_t k1 = 0; k1 < K1; k1++) {
    const size_t row = k1 < h || h == 0 ? k1 : n1 - (K1 - k1);

    for (size_t c0 = 0; c0 < C; c0 += BLOCK) {
      for (size_t k2 = 0; k2 < m; k2++) {
        const KNReal *restrict Yk = Y + (k1 * m + k2) * stride;
        const KNReal half         = k2 ? (KNReal)0.5 : 1;

        for (size_t c = c0; c < C && c < c0 + BLOCK; c++) {
          u[((c * n1 + row) * m + k2) * 2]     = half * Yk[c];
          u[((c * n1 + row) * m + k2) * 2 + 1] = half * Yk[imaginary + c];
        }
      }
    }
  }
}

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

  return 4 * C * n1 * n2 * m + 4 * C * n1 * m * r;
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

PetscErrorCode KNTransformCreate(KNTransformType type, const KNGrid *grid, PetscInt modes, PetscInt C, KNTransform *transform)
{
  const size_t line = KN_ALIGN / sizeof(KNReal);
  KNTransform  t;

  PetscFunctionBegin;
  PetscCheck(grid->dim <= 2, PETSC_COMM_SELF, PETSC_ERR_SUP, "spectral layers have one or two axes, not %" PetscInt_FMT, grid->dim);
  PetscCall(PetscNew(&t));
  *transform = t;
  t->C       = (size_t)C;
  t->n1      = grid->dim == 2 ? (size_t)grid->n[0] : 1;
  t->n2      = (size_t)grid->n[grid->dim - 1];
  t->m       = (size_t)modes;
  t->h       = grid->dim == 2 ? t->m : 0;
  t->K1      = grid->dim == 2 ? 2 * t->m : 1;
  t->group   = PetscMin(t->C, PetscMax(256 / t->n1, 1));
  t->threads = omp_get_max_threads();
  t->type    = type;
  if (type == KN_TRANSFORM_FASTER) t->type = KNTransformFlopsProduct(t) > KNTransformAdvantage(t) * KNTransformFlopsFFT(t) ? KN_TRANSFORM_FFT : KN_TRANSFORM_PRODUCT;
  if (t->type == KN_TRANSFORM_PRODUCT) {
    t->nz = t->group * t->n1 * 2 * t->m;
    t->nu = t->C * (2 * t->h + 1) * 2 * t->m;
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
    PetscCall(KNMalloc((2 * t->h + 1) * t->n1, sizeof(KNReal), &t->F1));
    PetscCall(KNMalloc((2 * t->h + 1) * t->n1, sizeof(KNReal), &t->F1t));
    PetscCall(KNMalloc(2 * t->m * t->n2, sizeof(KNReal), &t->F2));
    PetscCall(KNMalloc(2 * t->m * t->n2, sizeof(KNReal), &t->F2t));
    kn_fourier_matrices(t->F1, t->F1t, t->F2, t->F2t, t->n1, t->n2, t->h, t->m);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformDestroy(KNTransform *transform)
{
  KNTransform t = *transform;

  PetscFunctionBegin;
  if (!t) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2; i++) {
    if (t->rows[i]) KNFFTW(destroy_plan)(t->rows[i]);
    if (t->columns[i]) KNFFTW(destroy_plan)(t->columns[i]);
  }
  PetscCall(KNFree(&t->F1));
  PetscCall(KNFree(&t->F1t));
  PetscCall(KNFree(&t->F2));
  PetscCall(KNFree(&t->F2t));
  PetscCall(KNFree(&t->work));
  PetscCall(PetscFree(*transform));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformGetSizes(KNTransform t, size_t *K, int *threads, PetscLogDouble *flops, size_t *bytes)
{
  PetscFunctionBegin;
  *K       = t->K1 * t->m;
  if (threads) *threads = t->threads;
  *flops   = t->type == KN_TRANSFORM_FFT ? KNTransformFlopsFFT(t) : KNTransformFlopsProduct(t);
  *bytes   = ((size_t)t->threads * (t->nz + t->nu + t->ny) + (t->F1 ? 2 * (2 * t->h + 1) * t->n1 + 4 * t->m * t->n2 : 0)) * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNTransformWeight(KNTransform t, KNReal weight[])
{
  for (size_t k = 0; k < t->K1 * t->m; k++) weight[k] = (k % t->m ? (KNReal)2 : (KNReal)1) / (KNReal)(t->n1 * t->n2);
}

void KNTransformAnalyze(KNTransform t, int thread, KNReal *X, size_t stride, size_t imaginary, const KNReal *x)
{
  const size_t C = t->C, n1 = t->n1, n2 = t->n2, m = t->m, r = 2 * t->h + 1;
  KNReal      *z = t->work + (size_t)thread * (t->nz + t->nu + t->ny), *u = z + t->nz;

  if (t->type == KN_TRANSFORM_PRODUCT) {
    for (size_t c0 = 0; c0 < C; c0 += t->group) {
      const size_t c1 = PetscMin(c0 + t->group, C);

      kn_product(z, x + c0 * n1 * n2, t->F2, (c1 - c0) * n1, 2 * m, n2, 0);
      for (size_t c = c0; c < c1; c++) kn_product(u + c * r * 2 * m, t->F1, z + (c - c0) * n1 * 2 * m, r, 2 * m, n1, 0);
    }
    kn_collect_product(X, stride, imaginary, u, t->K1, t->h, m, C);
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
  const size_t C = t->C, n1 = t->n1, n2 = t->n2, m = t->m, r = 2 * t->h + 1;
  KNReal      *z = t->work + (size_t)thread * (t->nz + t->nu + t->ny), *u = z + t->nz;

  if (t->type == KN_TRANSFORM_PRODUCT) {
    kn_spread_product(u, Y, stride, imaginary, t->K1, t->h, m, C);
    for (size_t c0 = 0; c0 < C; c0 += t->group) {
      const size_t c1 = PetscMin(c0 + t->group, C);

      for (size_t c = c0; c < c1; c++) kn_product(z + (c - c0) * n1 * 2 * m, t->F1t, u + c * r * 2 * m, n1, 2 * m, r, 0);
      kn_product(y + c0 * n1 * n2, z, t->F2t, (c1 - c0) * n1, n2, 2 * m, add);
    }
  } else {
    kn_spread_fft(u, Y, stride, imaginary, n1, t->K1, t->h, m, C);
    for (size_t c = 0; c < C; c++) {
      KNFFTW(execute_dft)(t->columns[1], (KNFFTW(complex) *)(u + c * n1 * 2 * m), (KNFFTW(complex) *)z);
      kn_transform_rows_back(t, y + c * n1 * n2, z, u + t->nu, add);
    }
  }
}

/*
  The truncated Fourier transform by FFTW, one channel after the other:

      x (n1, n2) -> z = r2c of the rows (n1, n2/2 + 1, 2) -> u = FFT of the m kept columns (n1, m, 2)

  and at the end the kept modes of all channels are collected from u with the channel as last axis. Synthesis goes the
  same way back. A grid of one axis has one row.
*/
#include "spectral_kernels.h"
#include "spectral_transform_impl.h"
#include <fftw3.h>
#include <string.h>

/* FFTW returns NULL for a plan it cannot make. */
#define KNCallFFTW(plan, ...)                                                                 \
  do {                                                                                        \
    (plan) = __VA_ARGS__;                                                                     \
    PetscCheck(plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW found no plan: %s", #__VA_ARGS__); \
  } while (0)

typedef struct {
  /* channels, points, modes k2, modes k1 (2 m, or 1 on one axis), largest |k1| (m or 0) */
  size_t C, n1, n2, m, K1, h;
  size_t nz, nu;                    /* reals of z, of u for all channels, for one thread, before one field y */
  KNFFTW(plan) rows[2], columns[2]; /* analysis, synthesis */
} FFT;

PetscLogDouble KNTransformFlops_FFT(size_t n1, size_t n2, size_t m, size_t C)
{
  const PetscLogDouble rows = (PetscLogDouble)n1, columns = (PetscLogDouble)n2;

  return (PetscLogDouble)C *
         (2.5 * rows * columns * PetscLog2Real(columns) + 5 * (PetscLogDouble)m * rows * PetscLog2Real(rows));
}

/*
  One channel. z: (n1, n2/2 + 1), u: (n1, m), both complex. ESTIMATE: the same plan, hence the same bits, in every run.
*/
static PetscErrorCode KNFFTPlan(FFT *t, KNReal *work)
{
  const int      n1 = (int)t->n1, n2 = (int)t->n2, nc = n2 / 2 + 1, m = (int)t->m;
  const unsigned flags = FFTW_ESTIMATE | FFTW_UNALIGNED;
  KNReal        *y     = work + t->nz + t->nu;
  KNFFTW(complex) *z = (KNFFTW(complex) *)work, *u = (KNFFTW(complex) *)(work + t->nz);

  PetscFunctionBegin;
  KNCallFFTW(t->rows[0], KNFFTW(plan_many_dft_r2c)(1, &n2, n1, y, NULL, 1, n2, z, NULL, 1, nc, flags));
  KNCallFFTW(t->columns[0], KNFFTW(plan_many_dft)(1, &n1, m, z, NULL, nc, 1, u, NULL, m, 1, FFTW_FORWARD, flags));
  KNCallFFTW(t->columns[1], KNFFTW(plan_many_dft)(1, &n1, m, u, NULL, m, 1, z, NULL, nc, 1, FFTW_BACKWARD, flags));
  KNCallFFTW(t->rows[1], KNFFTW(plan_many_dft_c2r)(1, &n2, n1, z, NULL, 1, nc, y, NULL, 1, n2, flags));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void kn_transform_rows_back(const FFT *t, KNReal *y, KNReal *z, KNReal *work, int add)
{
  // y: (n1, n2) = c2r of z: (n1, n2/2 + 1, 2), whose columns from m on are 0; work: (n1, n2)
  const size_t n1 = t->n1, n2 = t->n2, m = t->m, nc = n2 / 2 + 1;

  for (size_t s = 0; s < n1; s++) memset(z + (s * nc + m) * 2, 0, (nc - m) * 2 * sizeof(*z));
  KNFFTW(execute_dft_c2r)(t->rows[1], (KNFFTW(complex) *)z, add ? work : y);
  for (size_t i = 0; add && i < n1 * n2; i++) y[i] += work[i];
}

static void KNTransformAnalyze_FFT(KNTransform transform, int thread, KNReal *X, size_t stride, size_t imaginary,
                                   const KNReal *x)
{
  const FFT *t = transform->data;
  KNReal    *z = transform->work + (size_t)thread * transform->reals, *u = z + t->nz;

  for (size_t c = 0; c < t->C; c++) {
    KNFFTW(execute_dft_r2c)(t->rows[0], (KNReal *)x + c * t->n1 * t->n2, (KNFFTW(complex) *)z);
    KNFFTW(execute_dft)(t->columns[0], (KNFFTW(complex) *)z, (KNFFTW(complex) *)(u + c * t->n1 * 2 * t->m));
  }
  kn_collect_fft(X, stride, imaginary, u, t->n1, t->K1, t->h, t->m, t->C);
}

static void KNTransformSynthesize_FFT(KNTransform transform, int thread, KNReal *y, const KNReal *Y, size_t stride,
                                      size_t imaginary, int add)
{
  const FFT *t = transform->data;
  KNReal    *z = transform->work + (size_t)thread * transform->reals, *u = z + t->nz;

  kn_spread_fft(u, Y, stride, imaginary, t->n1, t->K1, t->h, t->m, t->C);
  for (size_t c = 0; c < t->C; c++) {
    KNFFTW(execute_dft)(t->columns[1], (KNFFTW(complex) *)(u + c * t->n1 * 2 * t->m), (KNFFTW(complex) *)z);
    kn_transform_rows_back(t, y + c * t->n1 * t->n2, z, u + t->nu, add);
  }
}

static PetscErrorCode KNTransformDestroy_FFT(KNTransform transform)
{
  FFT *t = transform->data;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    if (t->rows[i]) KNFFTW(destroy_plan)(t->rows[i]);
    if (t->columns[i]) KNFFTW(destroy_plan)(t->columns[i]);
  }
  PetscCall(PetscFree(transform->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTransformCreate_FFT(KNTransform transform, const KNGrid *grid)
{
  FFT *t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  transform->data  = t;
  transform->ops   = (KNTransformOps){.analyze    = KNTransformAnalyze_FFT,
                                      .synthesize = KNTransformSynthesize_FFT,
                                      .destroy    = KNTransformDestroy_FFT};
  t->C             = transform->C;
  t->n1            = grid->dim == 2 ? (size_t)grid->n[0] : 1;
  t->n2            = (size_t)grid->n[grid->dim - 1];
  t->m             = transform->m;
  t->h             = grid->dim == 2 ? t->m : 0;
  t->K1            = grid->dim == 2 ? 2 * t->m : 1;
  t->nz            = KNAligned(t->n1 * (t->n2 / 2 + 1) * 2);
  t->nu            = KNAligned(t->C * t->n1 * 2 * t->m);
  transform->reals = t->nz + t->nu + KNAligned(t->n1 * t->n2);
  transform->flops = KNTransformFlops_FFT(t->n1, t->n2, t->m, t->C);
  PetscCall(KNMalloc((size_t)transform->threads * transform->reals, sizeof(KNReal), &transform->work));
  PetscCall(KNFFTPlan(t, transform->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

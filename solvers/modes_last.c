/*
  The last axis of modes in rows: complex transforms of two rows a and b in one, over nothing but what is kept. With
  Z_k = a_k + i b_k and Z_-k = conj(a_k) + i conj(b_k) the values of a are the real, those of b the imaginary parts.

  Points hence lie in pairs of rows, value by value; products at the points do not mind. A complex transform is faster
  than two real ones of its length: 64 rows of 64 real points take 1.7 us as 32 complex rows, and 4.9 us one by one.

  FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.
*/
#include <kitinet/error.h>
#include "modes_impl.h"

#define KN_PADDING 4 /* complex numbers, one cache line: columns a power of two apart compete for the same ones */

/* z (n) of the rows a, b: columns 0 .. highest, the others stay 0. */
static void kn_modes_join(PetscReal *restrict z, const PetscReal *restrict a, const PetscReal *restrict b,
                          size_t highest, size_t n)
{
  for (size_t k = 0; k <= highest; k++) {
    z[2 * k]     = a[2 * k] - b[2 * k + 1];
    z[2 * k + 1] = a[2 * k + 1] + b[2 * k];
  }
  for (size_t k = 1; k <= highest; k++) {
    z[2 * (n - k)]     = a[2 * k] + b[2 * k + 1];
    z[2 * (n - k) + 1] = b[2 * k] - a[2 * k + 1];
  }
}

/* The other way, of columns 0 .. highest. */
static void kn_modes_part(PetscReal *restrict a, PetscReal *restrict b, const PetscReal *restrict z, size_t highest,
                          size_t n)
{
  a[0] = z[0];
  b[0] = z[1];
  a[1] = b[1] = 0.0;
  for (size_t k = 1; k <= highest; k++) {
    const PetscReal re = z[2 * k], im = z[2 * k + 1], mirror_re = z[2 * (n - k)], mirror_im = z[2 * (n - k) + 1];

    a[2 * k]     = 0.5 * (re + mirror_re);
    a[2 * k + 1] = 0.5 * (im - mirror_im);
    b[2 * k]     = 0.5 * (im + mirror_im);
    b[2 * k + 1] = 0.5 * (mirror_re - re);
  }
}

/* A row of half a spectrum. */
static inline PetscReal *KNModesHalf(const KNModesLast *l, size_t row)
{
  return (PetscReal *)l->half + 2 * row * (size_t)l->row;
}

PetscErrorCode KNModesLastToPoints(const KNModesLast *l, PetscReal u[])
{
  PetscFunctionBegin;
  if (l->rows % 2) PetscCall(PetscArrayzero(KNModesHalf(l, l->rows), 2 * l->row)); /* the last row has no other */
  for (size_t p = 0; p < l->pairs; p++) {
    kn_modes_join((PetscReal *)l->full + 2 * p * l->n, KNModesHalf(l, 2 * p), KNModesHalf(l, 2 * p + 1), l->highest,
                  l->n);
  }
  if (l->to_points) fftw_execute_dft(l->to_points, l->full, (fftw_complex *)u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNModesLastToModes(const KNModesLast *l, PetscReal u[])
{
  if (l->to_modes) fftw_execute_dft(l->to_modes, (fftw_complex *)u, l->back);
  for (size_t p = 0; p < l->pairs; p++) {
    kn_modes_part(KNModesHalf(l, 2 * p), KNModesHalf(l, 2 * p + 1), (PetscReal *)l->back + 2 * p * l->n, l->highest,
                  l->n);
  }
}

PetscErrorCode KNModesZeroed(size_t size, fftw_complex **array)
{
  PetscFunctionBegin;
  PetscCall(KNMalloc(size, sizeof(fftw_complex), array));
  PetscCall(PetscArrayzero(*array, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesPlan(fftw_complex *from, fftw_complex *to, int sign, fftw_iodim line, fftw_iodim a, fftw_iodim b,
                           fftw_plan *plan)
{
  PetscFunctionBegin;
  *plan = NULL;
  if (!a.n || !b.n) PetscFunctionReturn(PETSC_SUCCESS);
  *plan =
    fftw_plan_guru_dft(1, &line, 2, (const fftw_iodim[]){a, b}, from, to, sign, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  PetscCheck(*plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %d points", line.n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesLastCreate(size_t rows, PetscInt n, PetscInt highest, KNModesLast *l)
{
  const fftw_iodim line = {.n = (int)n, .is = 1, .os = 1},
                   many = {.n = (int)((rows + 1) / 2), .is = (int)n, .os = (int)n};
  PetscReal *u;

  PetscFunctionBegin;
  *l      = (KNModesLast){.n       = (size_t)n,
                          .highest = (size_t)highest,
                          .rows    = rows,
                          .pairs   = (rows + 1) / 2,
                          .row     = highest + 1 + KN_PADDING};
  l->size = 2 * l->pairs * (size_t)l->row;
  PetscCall(KNModesZeroed(l->size, &l->half));
  PetscCall(KNModesZeroed(l->pairs * l->n, &l->full));
  PetscCall(KNMalloc(PetscMax(l->size, l->pairs * l->n), sizeof(fftw_complex), &l->back));
  if (!rows) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNMalloc(2 * l->pairs * l->n, sizeof(PetscReal), &u));
  l->to_points = fftw_plan_guru_dft(1, &line, 1, &many, l->full, (fftw_complex *)u, FFTW_BACKWARD,
                                    FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  l->to_modes  = fftw_plan_guru_dft(1, &line, 1, &many, (fftw_complex *)u, l->back, FFTW_FORWARD, FFTW_ESTIMATE);
  PetscCall(KNFree(&u));
  PetscCheck(l->to_points && l->to_modes, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %zu points", l->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesLastDestroy(KNModesLast *l)
{
  PetscFunctionBegin;
  if (l->to_points) fftw_destroy_plan(l->to_points);
  if (l->to_modes) fftw_destroy_plan(l->to_modes);
  PetscCall(KNFree(&l->half));
  PetscCall(KNFree(&l->full));
  PetscCall(KNFree(&l->back));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  All modes of the square or the cube on one rank: FFTW along one axis after the other, over nothing but what is kept.

    to the points   complex transforms along the first axis where k_2 and k_3 are kept, along the second where k_3
                    is, then along the last, two rows a and b in one: with Z_k = a_k + i b_k and
                    Z_-k = conj(a_k) + i conj(b_k) the values of a are the real, those of b the imaginary parts
    to the modes    the same in reverse

  Points hence lie in pairs of rows, value by value; products at the points do not mind, and KNModesToGrid() puts them
  in order. A complex transform is faster than two real ones of its length: 64 rows of 64 real points take 1.7 us as 32
  complex rows, and 4.9 us one by one. Leaving out what is not kept spares, with K = n/3, a third of the other
  transforms on the square, and 5/9, then 1/3 in the cube. None of these works in place: what nobody writes stays 0.

  FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.
*/
#include <fftw3.h>
#include <kitinet/error.h>
#include "modes_impl.h"

#define KN_PADDING 4 /* complex numbers, one cache line: columns a power of two apart compete for the same ones */

typedef struct {
  size_t rows, pairs; /* of points, along the last axis */
  /* numbers from row to row of a half spectrum, its columns 0 .. K and some more */
  PetscInt      row;
  fftw_complex *modes;            /* (rows, row) what is transformed to the points */
  fftw_complex *between;          /* (rows, row) in the cube, after the first axis */
  fftw_complex *half;             /* (rows, row) of each row of points, on the way there and back */
  fftw_complex *full;             /* (pairs, n) Z */
  fftw_complex *back;             /* (pairs, n) Z of the way back, then (rows, row) */
  fftw_plan     first[2], second; /* to the points along the axes before the last; the first in two parts */
  fftw_plan     back_first[2], back_second;
  fftw_plan     to_points, to_modes; /* along the last axis */
} Whole;

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

static void KNModesRows_Whole(KNModes m)
{
  const size_t   row    = (size_t)((Whole *)m->data)->row;
  const PetscInt planes = m->axes > 2 ? m->n : 1, last = m->axes - 1;
  PetscInt       k[KN_MAX_DIM] = {0};

  for (PetscInt p = 0; p < planes; p++) {
    if (m->axes > 2) k[0] = kn_wavenumber(p, m->n);
    for (PetscInt r = 0; r < m->n; r++) {
      k[last - 1] = kn_wavenumber(r, m->n);
      KNModesRow(m, (size_t)(p * m->n + r) * row, last, 0, k); /* no gaps: nobody writes there */
    }
  }
}

/* The rows of a pair, in `half`. */
static inline PetscReal *KNModesHalf(const Whole *w, size_t row)
{
  return (PetscReal *)w->half + 2 * row * (size_t)w->row;
}

static PetscErrorCode KNModesBackward_Whole(KNModes m, PetscReal u[])
{
  Whole       *w = (Whole *)m->data;
  const size_t n = (size_t)m->n;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    if (w->first[i]) fftw_execute(w->first[i]);
  }
  if (w->second) fftw_execute(w->second);
  if (w->rows % 2) PetscCall(PetscArrayzero(KNModesHalf(w, w->rows), 2 * w->row)); /* the last row has no other */
  for (size_t p = 0; p < w->pairs; p++) {
    kn_modes_join((PetscReal *)w->full + 2 * p * n, KNModesHalf(w, 2 * p), KNModesHalf(w, 2 * p + 1),
                  (size_t)m->highest, n);
  }
  fftw_execute_dft(w->to_points, w->full, (fftw_complex *)u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Whole(KNModes m, PetscReal u[])
{
  Whole       *w = (Whole *)m->data;
  const size_t n = (size_t)m->n;

  PetscFunctionBegin;
  fftw_execute_dft(w->to_modes, (fftw_complex *)u, w->back);
  for (size_t p = 0; p < w->pairs; p++) {
    kn_modes_part(KNModesHalf(w, 2 * p), KNModesHalf(w, 2 * p + 1), (PetscReal *)w->back + 2 * p * n,
                  (size_t)m->highest, n);
  }
  if (w->back_second) fftw_execute(w->back_second);
  for (int i = 0; i < 2; i++) {
    if (w->back_first[i]) fftw_execute(w->back_first[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNModesFromGrid_Whole(KNModes m, const PetscReal grid[], PetscReal u[])
{
  const Whole *w = (Whole *)m->data;
  const size_t n = (size_t)m->n;

  for (size_t r = 0; r < 2 * w->pairs; r++) {
    for (size_t j = 0; j < n; j++) u[2 * (r / 2 * n + j) + r % 2] = r < w->rows ? grid[r * n + j] : 0.0;
  }
}

static void KNModesToGrid_Whole(KNModes m, const PetscReal u[], PetscReal grid[])
{
  const Whole *w = (Whole *)m->data;
  const size_t n = (size_t)m->n;

  for (size_t r = 0; r < w->rows; r++) {
    for (size_t j = 0; j < n; j++) grid[r * n + j] = u[2 * (r / 2 * n + j) + r % 2];
  }
}

static PetscErrorCode KNModesDestroy_Whole(KNModes m)
{
  Whole         *w        = (Whole *)m->data;
  fftw_plan      plans[]  = {w->first[0],      w->first[1],    w->second,    w->back_first[0],
                             w->back_first[1], w->back_second, w->to_points, w->to_modes};
  fftw_complex **arrays[] = {&w->modes, &w->between, &w->half, &w->full, &w->back};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(plans); i++) {
    if (plans[i]) fftw_destroy_plan(plans[i]);
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Complex transforms from one spectrum to another, along lines of n numbers `stride` apart, the first of them at
  `first`, of the columns 0 .. K in `rows` rows `apart` from one to the next.
*/
static PetscErrorCode KNModesPlan(KNModes m, fftw_complex *from, fftw_complex *to, int sign, PetscInt first,
                                  PetscInt stride, PetscInt rows, PetscInt apart, fftw_plan *plan)
{
  const fftw_iodim line    = {.n = (int)m->n, .is = (int)stride, .os = (int)stride};
  const fftw_iodim many[2] = {{.n = (int)rows, .is = (int)apart, .os = (int)apart},
                              {.n = (int)m->highest + 1, .is = 1, .os = 1}};

  PetscFunctionBegin;
  if (!rows) PetscFunctionReturn(PETSC_SUCCESS);
  *plan = fftw_plan_guru_dft(1, &line, 2, many, from + first, to + first, sign, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  PetscCheck(*plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %" PetscInt_FMT " points", m->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Along the axes before the last. */
static PetscErrorCode KNModesPlanBefore(KNModes m)
{
  Whole         *w = (Whole *)m->data;
  const PetscInt n = m->n, row = w->row, plane = n * row, K = m->highest, negative = (n - K) * row;

  PetscFunctionBegin;
  if (m->axes == 2) {
    PetscCall(KNModesPlan(m, w->modes, w->half, FFTW_BACKWARD, 0, row, 1, 1, &w->first[0]));
    PetscCall(KNModesPlan(m, w->half, w->back, FFTW_FORWARD, 0, row, 1, 1, &w->back_first[0]));
  } else {
    PetscCall(KNModesPlan(m, w->modes, w->between, FFTW_BACKWARD, 0, plane, K + 1, row, &w->first[0]));
    PetscCall(KNModesPlan(m, w->modes, w->between, FFTW_BACKWARD, negative, plane, K, row, &w->first[1]));
    PetscCall(KNModesPlan(m, w->between, w->half, FFTW_BACKWARD, 0, row, n, plane, &w->second));
    PetscCall(KNModesPlan(m, w->half, w->back, FFTW_FORWARD, 0, row, n, plane, &w->back_second));
    PetscCall(KNModesPlan(m, w->back, w->between, FFTW_FORWARD, 0, plane, K + 1, row, &w->back_first[0]));
    PetscCall(KNModesPlan(m, w->back, w->between, FFTW_FORWARD, negative, plane, K, row, &w->back_first[1]));
  }
  m->result = (PetscReal *)(m->axes == 3 ? w->between : w->back);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is not kept stays 0. */
static PetscErrorCode KNModesZeroed(size_t size, fftw_complex **array)
{
  PetscFunctionBegin;
  PetscCall(KNMalloc(size, sizeof(fftw_complex), array));
  PetscCall(PetscArrayzero(*array, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Whole(KNModes m)
{
  const size_t     n = (size_t)m->n, rows = m->axes == 2 ? n : n * n;
  const fftw_iodim line = {.n = (int)n, .is = 1, .os = 1},
                   many = {.n = (int)((rows + 1) / 2), .is = (int)n, .os = (int)n};
  PetscReal *u;
  Whole     *w;
  size_t     spectrum;

  PetscFunctionBegin;
  PetscCall(PetscNew(&w));
  m->data   = w;
  w->rows   = rows;
  w->pairs  = (rows + 1) / 2;
  w->row    = m->highest + 1 + KN_PADDING;
  spectrum  = 2 * w->pairs * (size_t)w->row;
  m->points = m->room = 2 * w->pairs * n;
  PetscCall(KNModesZeroed(spectrum, &w->modes));
  PetscCall(KNModesZeroed(spectrum, &w->half));
  PetscCall(KNModesZeroed(m->axes == 3 ? spectrum : 0, &w->between));
  PetscCall(KNModesZeroed(w->pairs * n, &w->full));
  PetscCall(KNMalloc(PetscMax(spectrum, w->pairs * n), sizeof(fftw_complex), &w->back));
  PetscCall(KNMalloc(m->room, sizeof(PetscReal), &u));
  w->to_points = fftw_plan_guru_dft(1, &line, 1, &many, w->full, (fftw_complex *)u, FFTW_BACKWARD,
                                    FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  w->to_modes  = fftw_plan_guru_dft(1, &line, 1, &many, (fftw_complex *)u, w->back, FFTW_FORWARD, FFTW_ESTIMATE);
  PetscCall(KNFree(&u));
  PetscCheck(w->to_points && w->to_modes, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %zu points", n);
  PetscCall(KNModesPlanBefore(m));
  m->spectrum = (PetscReal *)w->modes;
  m->ops      = (KNModesOps){.backward = KNModesBackward_Whole,
                             .forward  = KNModesForward_Whole,
                             .rows     = KNModesRows_Whole,
                             .fromgrid = KNModesFromGrid_Whole,
                             .togrid   = KNModesToGrid_Whole,
                             .destroy  = KNModesDestroy_Whole};
  PetscFunctionReturn(PETSC_SUCCESS);
}

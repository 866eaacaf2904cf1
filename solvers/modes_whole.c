/*
  All modes of the square or the cube on one rank: FFTW along one axis after the other, over nothing but what is kept.

    to the points   complex transforms along the first axis where k_2 and k_3 are kept, along the second where k_3
                    is, then along the last, two rows in one (modes_last.c)
    to the modes    the same in reverse

  KNModesToGrid() puts the points in order. Leaving out what is not kept spares, with K = n/3, a third of the other
  transforms on the square, and 5/9, then 1/3 in the cube. None of these works in place: what nobody writes stays 0.

  FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.
*/
#include <kitinet/error.h>
#include "modes_impl.h"

typedef struct {
  KNModesLast   last;
  fftw_complex *modes;            /* (rows, row) what is transformed to the points */
  fftw_complex *between;          /* (rows, row) in the cube, after the first axis */
  fftw_plan     first[2], second; /* to the points along the axes before the last; the first in two parts */
  fftw_plan     back_first[2], back_second;
} Whole;

static void KNModesRows_Whole(KNModes m)
{
  const size_t   row    = (size_t)((Whole *)m->data)->last.row;
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

static PetscErrorCode KNModesBackward_Whole(KNModes m, PetscReal u[])
{
  Whole *w = (Whole *)m->data;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    if (w->first[i]) fftw_execute(w->first[i]);
  }
  if (w->second) fftw_execute(w->second);
  PetscCall(KNModesLastToPoints(&w->last, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Whole(KNModes m, PetscReal u[])
{
  Whole *w = (Whole *)m->data;

  PetscFunctionBegin;
  KNModesLastToModes(&w->last, u);
  if (w->back_second) fftw_execute(w->back_second);
  for (int i = 0; i < 2; i++) {
    if (w->back_first[i]) fftw_execute(w->back_first[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNModesFromGrid_Whole(KNModes m, const PetscReal grid[], PetscReal u[])
{
  const KNModesLast *w = &((Whole *)m->data)->last;
  const size_t       n = (size_t)m->n;

  for (size_t r = 0; r < 2 * w->pairs; r++) {
    for (size_t j = 0; j < n; j++) u[2 * (r / 2 * n + j) + r % 2] = r < w->rows ? grid[r * n + j] : 0.0;
  }
}

static void KNModesToGrid_Whole(KNModes m, const PetscReal u[], PetscReal grid[])
{
  const KNModesLast *w = &((Whole *)m->data)->last;
  const size_t       n = (size_t)m->n;

  for (size_t r = 0; r < w->rows; r++) {
    for (size_t j = 0; j < n; j++) grid[r * n + j] = u[2 * (r / 2 * n + j) + r % 2];
  }
}

static PetscErrorCode KNModesDestroy_Whole(KNModes m)
{
  Whole    *w       = (Whole *)m->data;
  fftw_plan plans[] = {w->first[0], w->first[1], w->second, w->back_first[0], w->back_first[1], w->back_second};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(plans); i++) {
    if (plans[i]) fftw_destroy_plan(plans[i]);
  }
  PetscCall(KNModesLastDestroy(&w->last));
  PetscCall(KNFree(&w->modes));
  PetscCall(KNFree(&w->between));
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Complex transforms from one spectrum to another, along lines of n numbers `stride` apart, the first of them at
  `first`, of the columns 0 .. K in `rows` rows `apart` from one to the next.
*/
static PetscErrorCode KNWholePlan(KNModes m, fftw_complex *from, fftw_complex *to, int sign, PetscInt first,
                                  PetscInt stride, PetscInt rows, PetscInt apart, fftw_plan *plan)
{
  const fftw_iodim line = {(int)m->n, (int)stride, (int)stride}, many = {(int)rows, (int)apart, (int)apart},
                   columns = {(int)m->highest + 1, 1, 1};

  PetscFunctionBegin;
  PetscCall(KNModesPlan(from + first, to + first, sign, line, many, columns, plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Along the axes before the last. */
static PetscErrorCode KNModesPlanBefore(KNModes m)
{
  Whole         *w    = (Whole *)m->data;
  fftw_complex  *half = w->last.half, *back = w->last.back;
  const PetscInt n = m->n, row = w->last.row, plane = n * row, K = m->highest, negative = (n - K) * row;

  PetscFunctionBegin;
  if (m->axes == 2) {
    PetscCall(KNWholePlan(m, w->modes, half, FFTW_BACKWARD, 0, row, 1, 1, &w->first[0]));
    PetscCall(KNWholePlan(m, half, back, FFTW_FORWARD, 0, row, 1, 1, &w->back_first[0]));
  } else {
    PetscCall(KNWholePlan(m, w->modes, w->between, FFTW_BACKWARD, 0, plane, K + 1, row, &w->first[0]));
    PetscCall(KNWholePlan(m, w->modes, w->between, FFTW_BACKWARD, negative, plane, K, row, &w->first[1]));
    PetscCall(KNWholePlan(m, w->between, half, FFTW_BACKWARD, 0, row, n, plane, &w->second));
    PetscCall(KNWholePlan(m, half, back, FFTW_FORWARD, 0, row, n, plane, &w->back_second));
    PetscCall(KNWholePlan(m, back, w->between, FFTW_FORWARD, 0, plane, K + 1, row, &w->back_first[0]));
    PetscCall(KNWholePlan(m, back, w->between, FFTW_FORWARD, negative, plane, K, row, &w->back_first[1]));
  }
  m->result = (PetscReal *)(m->axes == 3 ? w->between : back);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Whole(KNModes m)
{
  const size_t n = (size_t)m->n;
  Whole       *w;

  PetscFunctionBegin;
  PetscCall(PetscNew(&w));
  m->data = w;
  PetscCall(KNModesLastCreate(m->axes == 2 ? n : n * n, m->n, m->highest, &w->last));
  m->points = m->room = 2 * w->last.pairs * n;
  PetscCall(KNModesZeroed(w->last.size, &w->modes));
  PetscCall(KNModesZeroed(m->axes == 3 ? w->last.size : 0, &w->between));
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

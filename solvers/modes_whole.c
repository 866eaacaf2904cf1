/*
  All modes on one rank: FFTW along one axis after the other, over nothing but what is kept.

    to the points   complex transforms along the first axis where k_2 and k_3 are kept, along the second where k_3 is,
    real ones along the last
    to the modes    the same in reverse

  Of a grid with K = n/3 that spares a third of the complex transforms on the square, and 5/9, then 1/3 of those in the
  cube. A spectrum has rows of n/2 + 1 numbers and some more: columns a power of two apart compete for the same cache
  lines. FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.
*/
#include <fftw3.h>
#include "modes_impl.h"

#define KN_PADDING 4 /* complex numbers, one cache line */

typedef struct {
  PetscInt      row;                        /* numbers from row to row of a spectrum, and n rows from plane to plane */
  /* (n[, n], row) spectra of transforms to the points and of those to the modes */
  fftw_complex *before, *after;
  PetscInt      plans;
  fftw_plan     backward[4], forward[4];    /* in their order: plans of each */
  fftw_plan     to_points, to_modes;        /* along the last axis */
} Whole;

static void KNModesRows_Whole(KNModes m)
{
  const size_t   row    = (size_t)((Whole *)m->data)->row;
  const PetscInt rows   = m->axes > 1 ? m->n : 1, planes = m->axes > 2 ? m->n : 1, last = m->axes - 1;
  PetscInt       k[KN_MAX_DIM] = {0};

  for (PetscInt p = 0; p < planes; p++) {
    if (m->axes > 2) k[0] = kn_wavenumber(p, m->n);
    for (PetscInt r = 0; r < rows; r++) {
      if (m->axes > 1) k[last - 1] = kn_wavenumber(r, m->n);
      KNModesRow(m, (size_t)(p * rows + r) * row, last, m->highest + 1, k);
    }
  }
}

static PetscErrorCode KNModesBackward_Whole(KNModes m, PetscReal u[])
{
  Whole *w = (Whole *)m->data;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < w->plans; i++) fftw_execute(w->backward[i]);
  fftw_execute_dft_c2r(w->to_points, w->before, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Whole(KNModes m, PetscReal u[])
{
  Whole *w = (Whole *)m->data;

  PetscFunctionBegin;
  fftw_execute_dft_r2c(w->to_modes, u, w->after);
  for (PetscInt i = w->plans - 1; i >= 0; i--) fftw_execute(w->forward[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesDestroy_Whole(KNModes m)
{
  Whole *w = (Whole *)m->data;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < w->plans; i++) {
    fftw_destroy_plan(w->backward[i]);
    fftw_destroy_plan(w->forward[i]);
  }
  fftw_destroy_plan(w->to_points);
  fftw_destroy_plan(w->to_modes);
  PetscCall(KNFree(&w->before));
  PetscCall(KNFree(&w->after));
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Complex transforms in place along lines of n numbers `stride` apart, the first of them at `first`, of the columns 0
  .. K in `rows` rows `apart` from one to the next.
*/
static PetscErrorCode KNModesAddPlan(KNModes m, PetscInt first, PetscInt stride, PetscInt rows, PetscInt apart)
{
  Whole            *w       = (Whole *)m->data;
  const fftw_iodim  line    = {.n = (int)m->n, .is = (int)stride, .os = (int)stride};
  const fftw_iodim  many[2] = {{.n = (int)rows, .is = (int)apart, .os = (int)apart},
                               {.n = (int)m->highest + 1, .is = 1, .os = 1}};

  PetscFunctionBegin;
  if (!rows) PetscFunctionReturn(PETSC_SUCCESS);
  w->backward[w->plans] = fftw_plan_guru_dft(1, &line, 2, many, w->before + first, w->before + first, FFTW_BACKWARD,
                                             FFTW_ESTIMATE);
  w->forward[w->plans]  = fftw_plan_guru_dft(1, &line, 2, many, w->after + first, w->after + first, FFTW_FORWARD,
                                             FFTW_ESTIMATE);
  PetscCheck(w->backward[w->plans] && w->forward[w->plans], PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " points", m->n);
  w->plans++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Whole(KNModes m)
{
  const PetscInt n = m->n, row = m->m + KN_PADDING, plane = n * row, K = m->highest;
  const size_t   rows = m->axes == 1 ? 1 : m->axes == 2 ? (size_t)n : (size_t)n * (size_t)n;
  fftw_iodim     line = {.n = (int)n, .is = 1, .os = 1}, many = {.n = (int)rows, .is = (int)row, .os = (int)n};
  PetscReal     *u;
  Whole         *w;

  PetscFunctionBegin;
  PetscCall(PetscNew(&w));
  m->data   = w;
  w->row    = row;
  m->points = m->room = rows * (size_t)n;
  PetscCall(KNMalloc(rows * (size_t)row, sizeof(fftw_complex), &w->before));
  PetscCall(KNMalloc(rows * (size_t)row, sizeof(fftw_complex), &w->after));
  PetscCall(PetscMemzero(w->before, rows * (size_t)row * sizeof(fftw_complex))); /* columns beyond K stay 0 */
  if (m->axes == 2) PetscCall(KNModesAddPlan(m, 0, row, 1, 1));
  if (m->axes == 3) {
    PetscCall(KNModesAddPlan(m, 0, plane, K + 1, row));
    PetscCall(KNModesAddPlan(m, (n - K) * row, plane, K, row));
    PetscCall(KNModesAddPlan(m, 0, row, n, plane));
  }
  PetscCall(KNMalloc(m->points, sizeof(PetscReal), &u));
  w->to_points = fftw_plan_guru_dft_c2r(1, &line, 1, &many, w->before, u, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  many.is = (int)n;
  many.os = (int)row;
  w->to_modes  = fftw_plan_guru_dft_r2c(1, &line, 1, &many, u, w->after, FFTW_ESTIMATE);
  PetscCheck(w->to_points && w->to_modes, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " points", n);
  PetscCall(KNFree(&u));
  m->spectrum = (PetscReal *)w->before;
  m->result   = (PetscReal *)w->after;
  m->ops      = (KNModesOps){.backward = KNModesBackward_Whole, .forward = KNModesForward_Whole,
                             .rows = KNModesRows_Whole, .destroy = KNModesDestroy_Whole};
  PetscFunctionReturn(PETSC_SUCCESS);
}

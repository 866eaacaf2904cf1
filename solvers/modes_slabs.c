/*
  Modes in slabs over several ranks, for grids beyond one: FFTW's MPI transforms between slabs of the first axis of
  points and slabs of the second axis of modes.

    points    (rows, [n,] 2 (n/2 + 1)), in place of
    spectrum  (columns, n, 2) on the square, (columns, n, n/2 + 1, 2) in the cube: the second axis of modes comes
    first, what one rank holds of it

  Transposed spectra spare each transform the second of two exchanges of all data.
*/
#include <fftw3-mpi.h>
#include <kitinet/error.h>
#include "modes_impl.h"

typedef struct {
  PetscInt   first_column, columns;
  PetscReal *field;             /* (room) by which the plans were made */
  fftw_plan  backward, forward; /* in place */
} Slabs;

static void KNModesRows_Slabs(KNModes m)
{
  const Slabs *s = (Slabs *)m->data;

  for (PetscInt c = 0; c < s->columns; c++) {
    const PetscInt column = s->first_column + c;

    if (m->axes == 2) {
      KNModesRow(m, (size_t)c * (size_t)m->n, 0, m->n, (const PetscInt[]){0, column, 0});
      continue;
    }
    for (PetscInt i = 0; i < m->n; i++) {
      KNModesRow(m, (size_t)(c * m->n + i) * (size_t)m->m, 2, m->m,
                 (const PetscInt[]){kn_wavenumber(i, m->n), kn_wavenumber(column, m->n), 0});
    }
  }
}

static PetscErrorCode KNModesBackward_Slabs(KNModes m, PetscReal u[])
{
  PetscFunctionBegin;
  fftw_mpi_execute_dft_c2r(((Slabs *)m->data)->backward, (fftw_complex *)u, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Slabs(KNModes m, PetscReal u[])
{
  PetscFunctionBegin;
  fftw_mpi_execute_dft_r2c(((Slabs *)m->data)->forward, u, (fftw_complex *)u);
  m->result = u;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesDestroy_Slabs(KNModes m)
{
  Slabs *s = (Slabs *)m->data;

  PetscFunctionBegin;
  fftw_destroy_plan(s->forward);
  fftw_destroy_plan(s->backward);
  PetscCall(KNFree(&s->field));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Slabs(KNModes m)
{
  const ptrdiff_t n[3] = {m->n, m->n, m->n}, half[3] = {m->n, m->axes == 2 ? m->m : m->n, m->m};
  const PetscInt  most = m->axes == 2 ? m->m : m->n; /* slabs of modes */
  ptrdiff_t       room, rows, first_row, columns, first_column;
  Slabs          *s;

  PetscFunctionBegin;
  PetscCheck(m->axes > 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "an equation of one axis solves a sample on one rank, which any of its grids fits, not on %d: take "
             "-ranks_per_sample 1",
             m->size);
  PetscCheck(m->size <= most, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "a grid of %" PetscInt_FMT " points a side has %" PetscInt_FMT " slabs of modes, too few for %d ranks: "
             "take -ranks_per_sample %" PetscInt_FMT " or less",
             m->n, most, m->size, most);
  fftw_mpi_init();
  PetscCall(PetscNew(&s));
  m->data = s;
  room    = fftw_mpi_local_size_transposed((int)m->axes, half, m->comm, &rows, &first_row, &columns, &first_column);
  PetscCall(KNMalloc(2 * (size_t)room, sizeof(PetscReal), &s->field));
  s->forward  = fftw_mpi_plan_dft_r2c((int)m->axes, n, s->field, (fftw_complex *)s->field, m->comm,
                                      FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_OUT);
  s->backward = fftw_mpi_plan_dft_c2r((int)m->axes, n, (fftw_complex *)s->field, s->field, m->comm,
                                      FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_IN);
  PetscCheck(s->forward && s->backward, m->comm, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " points a side on %d ranks", m->n, m->size);
  s->first_column = (PetscInt)first_column;
  s->columns      = (PetscInt)columns;
  m->room         = 2 * (size_t)room;
  m->points       = (size_t)rows * (m->axes == 3 ? (size_t)m->n : 1) * 2 * (size_t)m->m;
  m->ops          = (KNModesOps){.backward = KNModesBackward_Slabs,
                                 .forward  = KNModesForward_Slabs,
                                 .rows     = KNModesRows_Slabs,
                                 .destroy  = KNModesDestroy_Slabs};
  PetscFunctionReturn(PETSC_SUCCESS);
}

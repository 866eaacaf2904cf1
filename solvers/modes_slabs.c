/*
  Modes in slabs over several ranks, for grids beyond one: planes of the first axis of points, columns of the second
  axis of modes. As on one rank (modes_whole.c) nothing is transformed, nor sent, but what is kept; in the cube all
  ranks have nearly as many of these columns.

    to the points   along the first axis, which is whole on a rank that has columns; all ranks exchange planes of their
                    columns; in the cube along the second axis; then along the last (modes_last.c)
    to the modes    the same in reverse

    modes, result   (columns, n, width), width: K + 1 in the cube, 1 on the square, whose second axis is the last
    sent            (n, columns, width), so that what one rank gets lies together: transforms write it in this order
    received        of one rank after the other (planes, its columns, width)
*/
#include <kitinet/error.h>
#include "modes_impl.h"

typedef struct {
  KNModesLast   last;
  size_t        width, total;               /* total: columns of all ranks */
  size_t        planes, columns;            /* of this rank */
  size_t       *first_plane, *first;        /* (ranks + 1) first plane and column of each */
  int          *by_plane[2], *by_column[2]; /* (ranks) counts and places of numbers in `sent`, in `received` */
  fftw_complex *modes, *sent, *received, *result;
  fftw_complex *rows;              /* (planes, n, row) in the cube, before the second axis */
  fftw_plan     forth[2], back[2]; /* along the first axis and, in the cube, the second */
} Slabs;

/* The wavenumber of a kept column: 0, 1, .. K, and in the cube -K .. -1. */
static PetscInt KNSlabsWavenumber(const KNModes m, size_t column)
{
  return (PetscInt)column > m->highest ? (PetscInt)column - 2 * m->highest - 1 : (PetscInt)column;
}

static void KNModesRows_Slabs(KNModes m)
{
  const Slabs *s = (Slabs *)m->data;

  for (size_t c = 0; c < s->columns; c++) {
    const PetscInt k1 = KNSlabsWavenumber(m, s->first[m->rank] + c);

    if (m->axes == 2) KNModesRow(m, c * (size_t)m->n, 0, m->n, (const PetscInt[]){0, k1, 0});
    for (PetscInt i = 0; m->axes == 3 && i < m->n; i++) {
      KNModesRow(m, (c * (size_t)m->n + (size_t)i) * s->width, 2, 0,
                 (const PetscInt[]){kn_wavenumber(i, m->n), k1, 0}); /* no gaps: nobody writes there */
    }
  }
}

/* Between `received` and rows of points, in which a column has its place. */
static void KNSlabsPlace(KNModes m, fftw_complex *rows, PetscBool forth)
{
  const Slabs *s     = (Slabs *)m->data;
  const size_t bytes = s->width * sizeof(fftw_complex);

  for (PetscMPIInt rank = 0; rank < m->size; rank++) {
    const size_t columns = s->first[rank + 1] - s->first[rank];

    for (size_t plane = 0; plane < s->planes; plane++) {
      fftw_complex *theirs = s->received + (s->planes * s->first[rank] + plane * columns) * s->width;

      for (size_t c = 0; c < columns; c++, theirs += s->width) {
        const PetscInt k1    = KNSlabsWavenumber(m, s->first[rank] + c);
        const size_t   place = (size_t)(k1 < 0 ? k1 + m->n : k1);
        fftw_complex  *ours  = m->axes == 3 ? rows + (plane * (size_t)m->n + place) * (size_t)s->last.row
                                            : rows + plane * (size_t)s->last.row + place;

        memcpy(forth ? ours : theirs, forth ? theirs : ours, bytes);
      }
    }
  }
}

static PetscErrorCode KNModesBackward_Slabs(KNModes m, PetscReal u[])
{
  Slabs *s = (Slabs *)m->data;

  PetscFunctionBegin;
  if (s->forth[0]) fftw_execute(s->forth[0]);
  PetscCallMPI(MPI_Alltoallv(s->sent, s->by_plane[0], s->by_plane[1], MPI_C_DOUBLE_COMPLEX, s->received,
                             s->by_column[0], s->by_column[1], MPI_C_DOUBLE_COMPLEX, m->comm));
  KNSlabsPlace(m, m->axes == 3 ? s->rows : s->last.half, PETSC_TRUE);
  if (s->forth[1]) fftw_execute(s->forth[1]);
  PetscCall(KNModesLastToPoints(&s->last, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Slabs(KNModes m, PetscReal u[])
{
  Slabs *s = (Slabs *)m->data;

  PetscFunctionBegin;
  KNModesLastToModes(&s->last, u);
  if (s->back[1]) fftw_execute(s->back[1]);
  KNSlabsPlace(m, m->axes == 3 ? s->last.back : s->last.half, PETSC_FALSE);
  PetscCallMPI(MPI_Alltoallv(s->received, s->by_column[0], s->by_column[1], MPI_C_DOUBLE_COMPLEX, s->sent,
                             s->by_plane[0], s->by_plane[1], MPI_C_DOUBLE_COMPLEX, m->comm));
  if (s->back[0]) fftw_execute(s->back[0]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesDestroy_Slabs(KNModes m)
{
  Slabs         *s        = (Slabs *)m->data;
  fftw_complex **arrays[] = {&s->modes, &s->sent, &s->received, &s->result, &s->rows};

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    if (s->forth[i]) fftw_destroy_plan(s->forth[i]);
    if (s->back[i]) fftw_destroy_plan(s->back[i]);
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(KNModesLastDestroy(&s->last));
  PetscCall(PetscFree6(s->first_plane, s->first, s->by_plane[0], s->by_plane[1], s->by_column[0], s->by_column[1]));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Who has which planes and columns. */
static PetscErrorCode KNSlabsDistribute(KNModes m)
{
  Slabs       *s     = (Slabs *)m->data;
  const size_t ranks = (size_t)m->size, n = (size_t)m->n,
               block =
                 ((size_t)m->m + ranks - 1) / ranks; /* on the square: as FFTW's MPI transforms, by torus_slabs.c */

  PetscFunctionBegin;
  PetscCall(PetscMalloc6(ranks + 1, &s->first_plane, ranks + 1, &s->first, ranks, &s->by_plane[0], ranks,
                         &s->by_plane[1], ranks, &s->by_column[0], ranks, &s->by_column[1]));
  for (size_t r = 0; r <= ranks; r++) {
    s->first_plane[r] = n * r / ranks;
    s->first[r]       = m->axes == 3 ? s->total * r / ranks : PetscMin(block * r, s->total);
  }
  s->planes  = s->first_plane[m->rank + 1] - s->first_plane[m->rank];
  s->columns = s->first[m->rank + 1] - s->first[m->rank];
  for (size_t r = 0; r < ranks; r++) {
    const size_t column = s->columns * s->width, plane = s->planes * s->width;

    PetscCall(PetscMPIIntCast((PetscInt64)((s->first_plane[r + 1] - s->first_plane[r]) * column), &s->by_plane[0][r]));
    PetscCall(PetscMPIIntCast((PetscInt64)(s->first_plane[r] * column), &s->by_plane[1][r]));
    PetscCall(PetscMPIIntCast((PetscInt64)((s->first[r + 1] - s->first[r]) * plane), &s->by_column[0][r]));
    PetscCall(PetscMPIIntCast((PetscInt64)(s->first[r] * plane), &s->by_column[1][r]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSlabsPlan(KNModes m)
{
  Slabs           *s = (Slabs *)m->data;
  const int        n = (int)m->n, width = (int)s->width, columns = (int)s->columns, row = (int)s->last.row;
  const fftw_iodim along = {n, width, columns * width}, column = {columns, n * width, width}, one = {width, 1, 1};
  const fftw_iodim along_back = {n, columns * width, width}, column_back = {columns, width, n * width};
  const fftw_iodim second = {n, row, row}, plane = {(int)s->planes, n * row, n * row};

  PetscFunctionBegin;
  PetscCall(KNModesPlan(s->modes, s->sent, FFTW_BACKWARD, along, column, one, &s->forth[0]));
  PetscCall(KNModesPlan(s->sent, s->result, FFTW_FORWARD, along_back, column_back, one, &s->back[0]));
  if (m->axes == 2) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNModesPlan(s->rows, s->last.half, FFTW_BACKWARD, second, plane, one, &s->forth[1]));
  PetscCall(KNModesPlan(s->last.half, s->last.back, FFTW_FORWARD, second, plane, one, &s->back[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Slabs(KNModes m)
{
  const size_t n = (size_t)m->n, K = (size_t)m->highest;
  size_t       size;
  Slabs       *s;

  PetscFunctionBegin;
  PetscCheck(m->axes > 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "an equation of one axis solves a sample on one rank, which any of its grids fits, not on %d: take "
             "-ranks_per_sample 1",
             m->size);
  PetscCall(PetscNew(&s));
  m->data  = s;
  s->width = m->axes == 3 ? K + 1 : 1;
  s->total = m->axes == 3 ? 2 * K + 1 : K + 1;
  PetscCheck((size_t)m->size <= s->total, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "a grid of %" PetscInt_FMT " points a side has %zu slabs of modes, too few for %d ranks: take "
             "-ranks_per_sample %zu or less",
             m->n, s->total, m->size, s->total);
  PetscCall(KNSlabsDistribute(m));
  PetscCall(KNModesLastCreate(s->planes * (m->axes == 3 ? n : 1), m->n, m->highest, &s->last));
  size = s->columns * n * s->width;
  PetscCall(KNModesZeroed(size, &s->modes));
  PetscCall(KNMalloc(size, sizeof(fftw_complex), &s->sent));
  PetscCall(KNMalloc(size, sizeof(fftw_complex), &s->result));
  PetscCall(KNMalloc(s->planes * s->total * s->width, sizeof(fftw_complex), &s->received));
  PetscCall(KNModesZeroed(m->axes == 3 ? s->last.size : 0, &s->rows));
  PetscCall(KNSlabsPlan(m));
  m->points = m->room = 2 * s->last.pairs * n;
  m->spectrum         = (PetscReal *)s->modes;
  m->result           = (PetscReal *)s->result;
  m->ops              = (KNModesOps){.backward = KNModesBackward_Slabs,
                                     .forward  = KNModesForward_Slabs,
                                     .rows     = KNModesRows_Slabs,
                                     .destroy  = KNModesDestroy_Slabs};
  PetscFunctionReturn(PETSC_SUCCESS);
}

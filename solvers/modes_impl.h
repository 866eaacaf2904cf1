/* What a set of modes looks like from inside: what modes.c knows of it, and the table that a distribution fills in. */
#ifndef KITINET_MODES_IMPL_H
#define KITINET_MODES_IMPL_H

#include "modes.h"
#include <fftw3.h>

/* Some complex numbers of a spectrum that lie side by side. */
typedef struct {
  size_t first, count;
} KNRun;

typedef struct {
  PetscErrorCode (*backward)(KNModes, PetscReal u[]);               /* from where spectrum() is to u */
  PetscErrorCode (*forward)(KNModes, PetscReal u[]);                /* from u to `result` */
  void (*rows)(KNModes);                                            /* KNModesRow() for all rows of a spectrum */
  void (*fromgrid)(KNModes, const PetscReal grid[], PetscReal u[]); /* NULL in slabs */
  void (*togrid)(KNModes, const PetscReal u[], PetscReal grid[]);   /* NULL in slabs */
  PetscErrorCode (*destroy)(KNModes);
} KNModesOps;

struct _p_KNModes {
  KNModesOps  ops;
  MPI_Comm    comm;
  PetscMPIInt size, rank; /* of comm */
  PetscInt    axes, n, m; /* points a side; numbers of a half spectrum along the last axis, n/2 + 1 */
  PetscInt    highest;    /* K */
  PetscReal   wavenumber; /* 2 pi/L */
  size_t      count, points, room;
  PetscInt    runs, gaps;
  KNRun      *run;               /* (runs) the modes in their order, as they lie in a spectrum */
  KNRun      *gap;               /* (gaps) what a transform to the points must find 0, and leaves otherwise */
  PetscInt   *k[KN_MAX_DIM];     /* (count) */
  PetscReal  *kappa[KN_MAX_DIM]; /* (count) */
  PetscReal  *weights;           /* (count) */
  PetscReal  *spectrum;          /* where a spectrum is put for ops.backward; NULL: into u */
  PetscReal  *result;            /* of the last forward transform: not normalised */
  void       *data;              /* of the distribution */
};

/*
  The last axis of rows that are whole on a rank (modes_last.c): rows of half a spectrum, columns 0 .. K, to points in
  pairs of rows and back.
*/
typedef struct {
  size_t        n, highest, rows, pairs; /* of points; pairs: of rows */
  PetscInt      row;                     /* numbers from row to row of a half spectrum, its columns and some more */
  size_t        size;                    /* of half: (2 pairs, row) */
  fftw_complex *half;                    /* (rows, row) of each row of points, on the way there and back */
  fftw_complex *full;                    /* (pairs, n) Z */
  fftw_complex *back;                    /* (pairs, n) Z of the way back, then free: size numbers at least */
  fftw_plan     to_points, to_modes;
} KNModesLast;

/* Not collective. half to u (2 pairs n), and back, where u is destroyed. */
PETSC_INTERN PetscErrorCode KNModesLastCreate(size_t rows, PetscInt n, PetscInt highest, KNModesLast *last);
PETSC_INTERN PetscErrorCode KNModesLastToPoints(const KNModesLast *last, PetscReal u[]);
PETSC_INTERN void           KNModesLastToModes(const KNModesLast *last, PetscReal u[]);
PETSC_INTERN PetscErrorCode KNModesLastDestroy(KNModesLast *last);

/* Not collective. Complex transforms along `line`, of each of a and each of b; not in place. NULL: there are none. */
PETSC_INTERN PetscErrorCode KNModesPlan(fftw_complex *from, fftw_complex *to, int sign, fftw_iodim line, fftw_iodim a,
                                        fftw_iodim b, fftw_plan *plan);

/* Not collective. `size` zeros: what is not kept stays 0. */
PETSC_INTERN PetscErrorCode KNModesZeroed(size_t size, fftw_complex **array);

/* Fill in ops, points, room, spectrum, result and data. */
PETSC_INTERN PetscErrorCode KNModesCreate_Circle(KNModes modes);
PETSC_INTERN PetscErrorCode KNModesCreate_Whole(KNModes modes);
PETSC_INTERN PetscErrorCode KNModesCreate_Slabs(KNModes modes);

/*
  A row of a spectrum: numbers from `first` on, all wavenumbers of `axis`, the last (0, 1, .. width - 1) or another (as
  kn_wavenumber() has them), at those of k on the other axes. What of it is kept joins the modes and runs, the rest the
  gaps.
*/
PETSC_INTERN void KNModesRow(KNModes modes, size_t first, PetscInt axis, PetscInt width, const PetscInt k[KN_MAX_DIM]);

/* k of place i of n. */
static inline PetscInt kn_wavenumber(PetscInt i, PetscInt n)
{
  return 2 * i < n ? i : i - n;
}

#endif

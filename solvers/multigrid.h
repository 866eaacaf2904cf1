/* Geometric multigrid for the unit square with any number of points a side; zero on the boundary. */
#ifndef KITINET_MULTIGRID_H
#define KITINET_MULTIGRID_H

#include <kitinet/base.h>
#include <petscdmda.h>
#include <petscksp.h>

/* Collective on comm. The distribution of (m, m) unknowns over the ranks; the caller destroys it. */
PETSC_INTERN PetscErrorCode KNSquareCreate(MPI_Comm comm, PetscInt m, DM *square);

/*
  Collective. A matrix of which the calling rank holds the rows of its part of `rows`, columns distributed as
  `columns`; entry e is at (row[e], column[e]), natural numbers i m + j of points, a negative one is skipped. row and
  column are overwritten. Values follow by MatSetValuesCOO(), as often as needed. The caller destroys *matrix.
*/
PETSC_INTERN PetscErrorCode KNSquareMatrixCreate(DM rows, DM columns, PetscCount entries, PetscInt row[],
                                                 PetscInt column[], Mat *matrix);

/*
  Collective. Makes pc a multigrid V cycle for a symmetric positive definite operator on the unknowns of `square`,
  which lie at (x[i], x[j]), 0 <= i, j < m, in (0, 1) and increasing.
*/
PETSC_INTERN PetscErrorCode KNMultigridSet(PC pc, DM square, PetscInt m, const PetscReal x[]);

#endif

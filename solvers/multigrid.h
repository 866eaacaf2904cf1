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
  which lie at (x[i], x[j]), 0 <= i, j < m, in (0, 1) and increasing. On one rank the operator is a five-point stencil.
*/
PETSC_INTERN PetscErrorCode KNMultigridSet(PC pc, DM square, PetscInt m, const PetscReal x[]);

/*
  The same hierarchy, smoother and coarse operators on one rank, for a five-point stencil as MATSEQAIJ: without sparse
  matrices it takes a fifth of the time. What KNMultigridSet() calls there.
*/
PETSC_INTERN PetscErrorCode KNStencilMultigridSet(PC pc, PetscInt m, const PetscReal x[]);

/*
  Collective. What multiplies fastest by `matrix`, for which pc is set up whenever its values change: of the stencils of
  KNStencilMultigridSet() a third of the memory is read; else the matrix itself. The caller destroys *action, pc
  outlives it.
*/
PETSC_INTERN PetscErrorCode KNMultigridOperator(PC pc, Mat matrix, Mat *action);

/* How many levels `m` points a side make on so many ranks: the coarsest has at most 8 points a side. */
PETSC_INTERN PetscInt KNMultigridLevels(PetscInt m, PetscMPIInt ranks);

/* Weights in an axis of m points at x[(i + 1) stride - 1]: of stencil_kernels.h's left and right (m/2 + 1). */
PETSC_INTERN void kn_interpolation_axis(PetscReal *left, PetscReal *right, const PetscReal *x, size_t stride, size_t m);

#endif

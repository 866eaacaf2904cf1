/*
  Symmetric stencils of nine points on m x m unknowns, and the parts of a multigrid cycle for them:

      (A u)[i][j] = C[i][j] u[i][j] + E[i][j] u[i][j+1] + S[i][j] u[i+1][j] + SE[i][j] u[i+1][j+1]
                  + SW[i][j] u[i+1][j-1] + what follows from A = A^T for the points before (i, j)

  A stencil of five points has neither SE nor SW (NULL). Every array is (m + 2, m + 2) with a rim of zeros, which is the
  boundary; a pointer is to point (0, 0), rows lie m + 2 apart. Only right sides may have rows of another length.

  A coarse grid keeps points 1, 3, 5, .. of each axis, K = m/2 of them; left[cj], right[cj] (K + 1): the weights in fine
  point 2 cj of coarse points cj - 1 and cj, 0 where there is no such point.
*/
#ifndef KITINET_STENCIL_KERNELS_H
#define KITINET_STENCIL_KERNELS_H

#include <petscsys.h>

typedef struct {
  size_t     m;
  PetscReal *C, *E, *S, *SE, *SW;
  PetscReal *inverse; /* 1/C */
} KNStencil;

/* y = A x of five points; x, y: (m, m) without a rim, m at least 2. */
PETSC_INTERN void kn_stencil_multiply(PetscReal *y, const PetscReal *x, const KNStencil *A);

/*
  Down: one Gauss-Seidel sweep from u = 0, first to last point, (D + L) u = b; coarse = P^T (b - A u), K x K of a grid
  like all here. b: rows ldb apart; work: (3, m). What the sweep leaves is -U u: rows of it live only until they are
  restricted, while they are in the cache.
*/
PETSC_INTERN void kn_stencil_down(PetscReal *coarse, PetscReal *u, const PetscReal *b, size_t ldb, const KNStencil *A,
                                  const PetscReal *left, const PetscReal *right, PetscReal *work);

/* Up: u += P coarse and, right behind, one sweep from the last point to the first: (D + U) u' = b - L u. */
PETSC_INTERN void kn_stencil_up(PetscReal *u, const PetscReal *coarse, const PetscReal *b, size_t ldb,
                                const KNStencil *A, const PetscReal *left, const PetscReal *right, PetscReal *work);

/* coarse = P^T fine P, of which half is an intermediate grid: (m, K) arrays of rows m/2 + 2 apart, rims as above. */
PETSC_INTERN void kn_stencil_galerkin(KNStencil *coarse, const KNStencil *fine, KNStencil *half, const PetscReal *left,
                                      const PetscReal *right);

#endif

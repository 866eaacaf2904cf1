/*
  Real fields on the square torus [0, L)^2 in Fourier space, and the advection of vorticity there; on one rank or in
  slabs over several.

    w(x) = sum over k of w_k exp(2 pi i k.x/L),   w_-k = conj(w_k)

  Row i of the coefficients holds k1 = i (or i - n in the upper half), column j holds k2 = j < m = n/2 + 1. They are
  those of the series above: the same field has the same coefficients on any grid. A rank holds some rows of points
  and some columns of coefficients:

    points        (rows, n)
    coefficients  (n, m, 2) on one rank, (columns, n, 2) on several: the real and the imaginary part; KNTorusOffset()
                  is the place of one
*/
#ifndef KITINET_TORUS_H
#define KITINET_TORUS_H

#include <kitinet/base.h>

typedef struct _p_KNTorus *KNTorus;

/* How the modes of a product u . grad w are chosen. */
typedef enum {
  KN_PRODUCT_NONE, /* the torus never advects, and saves that memory */
  /* factors of |k_i| < n/3 alone, kept on them (the 2/3 rule): nothing is aliased, modes above only diffuse */
  KN_PRODUCT_ALIAS_FREE,
  KN_PRODUCT_LI2020 /* all modes enter, kept up to |k_i| = 2/3 floor(n/2), as in Li et al. 2020 */
} KNProduct;

/* k1 of row i of n. */
static inline PetscInt kn_row_wavenumber(PetscInt i, PetscInt n)
{
  return 2 * i < n ? i : i - n;
}

/* Collective on comm. n points a side, any n from 4 to 8192. Raises KN_ERR_USAGE where comm has more than m ranks. */
PETSC_INTERN PetscErrorCode KNTorusCreate(MPI_Comm comm, PetscInt n, PetscReal length, KNProduct product,
                                          KNTorus *torus);
PETSC_INTERN PetscErrorCode KNTorusDestroy(KNTorus *torus);

/* Not collective. Number of reals in this rank's array of coefficients; of all ranks together 2 n m. */
PETSC_INTERN size_t KNTorusSize(KNTorus torus);

/*
  Not collective. The rows of points, the columns of coefficients of this rank: first .. first + count - 1. There may
  be none.
*/
PETSC_INTERN void KNTorusRows(KNTorus torus, PetscInt *first, PetscInt *count);
PETSC_INTERN void KNTorusColumns(KNTorus torus, PetscInt *first, PetscInt *count);

/* Not collective. Where the coefficient of row i and column j, one of this rank's, stands in its array. */
PETSC_INTERN size_t KNTorusOffset(KNTorus torus, PetscInt i, PetscInt j);

/* Collective. Point values u (rows, n) to coefficients and back. */
PETSC_INTERN PetscErrorCode KNTorusForward(KNTorus torus, const PetscReal u[], PetscReal coefficients[]);
PETSC_INTERN PetscErrorCode KNTorusBackward(KNTorus torus, const PetscReal coefficients[], PetscReal u[]);

/*
  Collective. The same field on another grid, in coefficients: modes that either grid cannot tell apart (|k_i| >= n/2)
  are 0, unless the grids are equal. At least one torus is whole on each rank (of PETSC_COMM_SELF); `to` such a one
  receives the same on all ranks of `from`.
*/
PETSC_INTERN PetscErrorCode KNTorusResample(KNTorus from, const PetscReal coefficients[], KNTorus to,
                                            PetscReal resampled[]);

/* Collective. Root mean square of the field, by Parseval's identity. */
PETSC_INTERN PetscErrorCode KNTorusNorm(KNTorus torus, const PetscReal coefficients[], PetscReal *norm);

/*
  Not collective. Eigenvalues of -Laplace, (2 pi/L)^2 |k|^2, as coefficients, the same for both parts of one. Not owned.
*/
PETSC_INTERN const PetscReal *KNTorusLaplace(KNTorus torus);

/*
  Collective. rate = -(u . grad w), cut; u = (psi_y, -psi_x), -Laplace psi = w. Where w has a mean, it is advected but
  moves nothing.
*/
PETSC_INTERN PetscErrorCode KNTorusAdvect(KNTorus torus, const PetscReal w[], PetscReal rate[]);

/*
  Collective. The largest |u_1| + |u_2| at the points, of the last KNTorusAdvect; values that are not finite are left
  out.
*/
PETSC_INTERN PetscErrorCode KNTorusSpeed(KNTorus torus, PetscReal *speed);

#endif

/*
  Real fields on the torus [0, L)^d, d = 1, 2 or 3, by their modes |k_i| <= K of a grid of n points a side; on one rank
  or in slabs over several.

    u(x) = sum over k of c_k exp(2 pi i k.x/L),   c_-k = conj(c_k)

  Kept are the modes of k_d >= 0, those of this rank in an order that every array shares. They are those of the series
  above: the same field has the same coefficients on any grid. A derivative multiplies by i kappa, kappa = 2 pi k/L.

    modes   (count, 2) the real and the imaginary part
    points  (points) those of this rank, in an order of the transform's, some of them padding, whose values nobody reads

  Whoever multiplies p fields at the points chooses K with (p + 1) K < n: then no product falls on a kept mode by
  aliasing.
*/
#ifndef KITINET_MODES_H
#define KITINET_MODES_H

#include <kitinet/base.h>

#define KN_NO_AXIS -1

typedef struct _p_KNModes *KNModes;

/*
  Collective on comm. highest: K < n/2. Raises KN_ERR_USAGE where comm has more ranks than the grid has slabs. Several
  ranks take 2 axes or 3.
*/
PETSC_INTERN PetscErrorCode KNModesCreate(MPI_Comm comm, PetscInt axes, PetscInt n, PetscInt highest, PetscReal length,
                                          KNModes *modes);
PETSC_INTERN PetscErrorCode KNModesDestroy(KNModes *modes);

/*
  Not collective. Modes of this rank, of which there may be none; values of its points; values of an array that holds
  them and what transforms put there.
*/
PETSC_INTERN size_t KNModesCount(KNModes modes);
PETSC_INTERN size_t KNModesPoints(KNModes modes);
PETSC_INTERN size_t KNModesRoom(KNModes modes);

/*
  Not collective. (count) k along an axis, beyond the last one 0; kappa likewise; how often a mode counts in a sum over
  all k: 2, or 1 where k_d = 0. Not owned.
*/
PETSC_INTERN const PetscInt  *KNModesWavenumbers(KNModes modes, PetscInt axis);
PETSC_INTERN const PetscReal *KNModesKappa(KNModes modes, PetscInt axis);
PETSC_INTERN const PetscReal *KNModesWeights(KNModes modes);

/* Collective. Point values of the field c, or of its derivative along an axis. u: (room). */
PETSC_INTERN PetscErrorCode KNModesBackward(KNModes modes, const PetscReal c[], PetscInt axis, PetscReal u[]);

/*
  Not collective, of modes that are whole on a rank. Point values u (room) from those of the grid, the last axis
  fastest, and back.
*/
PETSC_INTERN void KNModesFromGrid(KNModes modes, const PetscReal grid[], PetscReal u[]);
PETSC_INTERN void KNModesToGrid(KNModes modes, const PetscReal u[], PetscReal grid[]);

/* Collective. Transforms u, (room), which it destroys, and keeps the result for KNModesAdd(). */
PETSC_INTERN PetscErrorCode KNModesForward(KNModes modes, PetscReal u[]);

/* Not collective. c += factor times what was transformed last, or its derivative along an axis. */
PETSC_INTERN void KNModesAdd(KNModes modes, PetscReal factor, PetscInt axis, PetscReal c[]);

/*
  Collective. The same field by other modes, what has none left out. One of the two is whole on each rank (of
  PETSC_COMM_SELF); `to` such a one receives the same on all.
*/
PETSC_INTERN PetscErrorCode KNModesCopy(KNModes from, const PetscReal c[], KNModes to, PetscReal copy[]);

/*
  Collective. Sum of weight |c|^2 over `fields` fields (fields, count, 2) and the modes of all ranks; weights: (count).
*/
PETSC_INTERN PetscErrorCode KNModesSquare(KNModes modes, PetscInt fields, const PetscReal weights[],
                                          const PetscReal c[], PetscReal *square);

#endif

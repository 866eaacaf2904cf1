/*
  The Laplacian on cells of an interval, square or cube between walls, diagonal in the modes of a fast transform.

  The sum over the axes of (u[i-1] - 2 u[i] + u[i+1])/h^2, where a side says what is beyond the last cell centre, half a
  cell from it; u_n is the derivative outwards:

    neumann    u_n = value                 the flux is given: 0 is a wall that nothing passes
    dirichlet  u = value
    robin      u + length u_n = value      between the two
    periodic   the other end

  Modes are the eigenvectors, cosines and sines of half-integer points, of mean square 1:
      c_k = mean of u phi_k over the cells,   u = sum of c_k phi_k,   mean of u^2 = sum of c_k^2
  of the homogeneous sides; what the values add is a field of its own, KNWallsSource().
*/
#ifndef KITINET_WALLS_H
#define KITINET_WALLS_H

#include "cells.h"

typedef enum { KN_WALL_NEUMANN, KN_WALL_DIRICHLET, KN_WALL_ROBIN, KN_WALL_PERIODIC } KNWallKind;
PETSC_INTERN const char *const KNWallNames[]; /* ended by NULL */

typedef struct {
  PetscInt  kind; /* KNWallKind */
  PetscReal value;
  PetscReal length; /* of robin */
} KNWall;

typedef struct _p_KNWalls *KNWalls;

/*
  Collective on cells->comm. cells: not owned, must live on. per: 1/h. wall: (2 axes) low and high end of each axis;
  both or none are periodic.
*/
PETSC_INTERN PetscErrorCode KNWallsCreate(const KNCells *cells, PetscReal per, const KNWall wall[], KNWalls *walls);
PETSC_INTERN PetscErrorCode KNWallsDestroy(KNWalls *walls);

/* Not collective. Modes on this rank. */
PETSC_INTERN size_t KNWallsCount(KNWalls walls);

/* Not collective. (count) eigenvalues of -Laplace, 0 or above; not owned. */
PETSC_INTERN const PetscReal *KNWallsEigenvalues(KNWalls walls);

/*
  Not collective. Mode m as its numbers along the axes, 0 .. n - 1, by growing eigenvalue, the same on any grid; on a
  periodic axis 2 j - 1 and 2 j are the cosine and the sine of j periods.
*/
PETSC_INTERN void KNWallsMode(KNWalls walls, size_t m, PetscInt k[KN_MAX_DIM]);

/* Not collective. Wavenumber of mode k along an axis of length 1 between these walls, robin's roughly. */
PETSC_INTERN PetscReal KNWallWavenumber(const KNWall wall[2], PetscInt k);

/* Collective. Modes c (count) of the field u (cells), and back. Arrays do not overlap. */
PETSC_INTERN PetscErrorCode KNWallsForward(KNWalls walls, const PetscReal u[], PetscReal c[]);
PETSC_INTERN PetscErrorCode KNWallsBackward(KNWalls walls, const PetscReal c[], PetscReal u[]);

/* Not collective. b (cells): what the values of the sides add to Laplace u; 0 but beside walls. */
PETSC_INTERN void KNWallsSource(KNWalls walls, PetscReal b[]);

#endif

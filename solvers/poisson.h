/* The five-point Laplacian on the square and its inverse, by sine transforms. */
#ifndef KITINET_POISSON_H
#define KITINET_POISSON_H

#include <kitinet/base.h>

typedef struct _p_KNPoisson *KNPoisson;

/*
  Not collective. The matrix L of diffusion.c for a = 1 on (m, m) unknowns, 0 on the boundary: inner nodes, or cells,
  which are half a cell from it. Sums of differences, without 1/h^2.
*/
PETSC_INTERN PetscErrorCode KNPoissonCreate(PetscInt m, KNPoints points, KNPoisson *poisson);
PETSC_INTERN PetscErrorCode KNPoissonDestroy(KNPoisson *poisson);

/* Not collective. r (m, m) becomes L^-1 r. */
PETSC_INTERN PetscErrorCode KNPoissonSolve(KNPoisson poisson, PetscReal r[]);

/* Not collective. *energy = r . L^-1 r for r (m, m), the square of r's norm dual to the energy norm of L. */
PETSC_INTERN PetscErrorCode KNPoissonDualSquare(KNPoisson poisson, const PetscReal r[], PetscReal *energy);

#endif

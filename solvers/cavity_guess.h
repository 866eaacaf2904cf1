/* A stream function for a velocity that somebody says. */
#ifndef KITINET_CAVITY_GUESS_H
#define KITINET_CAVITY_GUESS_H

#include "poisson.h"

/*
  Not collective. psi (m + 1, m + 1) at the nodes (i h, j h), h = 1/m, 0 on the walls, of which velocity (u, v) has the
  vorticity: -Laplace psi = v_x - u_y, by differences. u, v: (r, r), at the cells (r = m) or nodes (r = m + 1) of the
  square; what they have of divergence is lost. poisson: of the m - 1 inner nodes.
*/
PETSC_INTERN PetscErrorCode KNCavityGuess(KNPoisson poisson, PetscInt m, KNPoints points, const PetscReal u[],
                                          const PetscReal v[], PetscReal psi[]);

#endif

/* Vorticity on the torus in time: w_t + u . grad w = viscosity Laplace w + f, u = (psi_y, -psi_x), -Laplace psi = w. */
#ifndef KITINET_VORTICITY_H
#define KITINET_VORTICITY_H

#include <kitinet/solver.h>
#include "torus.h"

typedef enum {
  KN_VORTICITY_ADAMS,  /* exponential, by Adams's method of order 6 where its steps are long enough, else by: */
  KN_VORTICITY_ETDRK4, /* exponential Runge-Kutta of order 4, viscosity exact, steps of controlled error */
  KN_VORTICITY_LI2020  /* explicit Euler for advection, Crank-Nicolson for viscosity, equal steps: the benchmark's */
} KNVorticityScheme;

typedef struct _p_KNVorticity *KNVorticity;

/*
  Collective on comm. n points a side of [0, length)^2; viscosity >= 0; dt: the step of LI2020, the first step of the
  others (0: chosen); rtol: error of one of their steps, relative to the field in the root mean square. After it nothing
  below allocates what grows. Raises what KNTorusCreate() raises.
*/
PETSC_INTERN PetscErrorCode KNVorticityCreate(MPI_Comm comm, PetscInt n, PetscReal length, PetscReal viscosity,
                                              KNVorticityScheme scheme, PetscReal dt, PetscReal rtol,
                                              KNVorticity *vorticity);
PETSC_INTERN PetscErrorCode KNVorticityDestroy(KNVorticity *vorticity);

/* Not collective. Its Fourier space; not owned. */
PETSC_INTERN PetscErrorCode KNVorticityGetTorus(KNVorticity vorticity, KNTorus *torus);

/* Not collective. Steps after which a march of exponential steps ends, failed; 0, the default: any number. */
PETSC_INTERN PetscErrorCode KNVorticitySetMaxSteps(KNVorticity vorticity, PetscInt max_steps);

/* Collective, before Start. viscosity >= 0 from now on. */
PETSC_INTERN PetscErrorCode KNVorticitySetViscosity(KNVorticity vorticity, PetscReal viscosity);

/* Collective, before Start. f at the points (rows, n) of the torus; without it f = 0. */
PETSC_INTERN PetscErrorCode KNVorticitySetForcing(KNVorticity vorticity, const PetscReal forcing[]);

/*
  Collective. Time 0, state w in coefficients. caution: divides dt and rtol, 1 at the first attempt. What follows
  depends on the two alone.
*/
PETSC_INTERN PetscErrorCode KNVorticityStart(KNVorticity vorticity, const PetscReal w[], PetscReal caution);

/*
  Collective. Marches to time t. report: converged, reason, iterations (steps since Start). Failed, and the state of
  no use: a state that is not finite or larger than the equation allows, a Courant number of LI2020 above 1, steps
  that shrink without end.
*/
PETSC_INTERN PetscErrorCode KNVorticityAdvance(KNVorticity vorticity, PetscReal t, KNSolverReport *report);

/* Not collective. Copies the state, in coefficients. */
PETSC_INTERN PetscErrorCode KNVorticityGetState(KNVorticity vorticity, PetscReal w[]);

#endif

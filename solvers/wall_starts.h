/*
  Initial states between walls, as pure functions of (seed, sample, position), between two values low and high:

    field     low + (high - low)(1 + tanh g)/2 of a Gaussian random field g
    noise     normal, independent in each cell of the solve grid: mean (low + high)/2, deviation (high - low)/2
    constant  one uniform number in [low, high]
    waves     of one field: two random sines as in starts.h, scaled such that they range from low to high (PDEBench)

  A random field g = sum of amplitude(k) xi_k phi_k is made of the modes between these very walls, of mean square 1:
  amplitude(k) = (kappa^2 + tau^2)^(-alpha/2), kappa in units of 1/side, times what makes its deviation `scale`; the
  mean over the domain, where it is a mode, is 0.
*/
#ifndef KITINET_WALL_STARTS_H
#define KITINET_WALL_STARTS_H

#include "starts.h"
#include "walls.h"

typedef enum { KN_BEGIN_FIELD, KN_BEGIN_NOISE, KN_BEGIN_CONSTANT, KN_BEGIN_WAVES } KNBeginKind;

typedef struct {
  PetscInt  kind; /* KNBeginKind */
  PetscInt  fields;
  PetscReal low, high, alpha, tau, scale;

  const KNCells *cells; /* not owned, nor is walls */
  KNWalls        walls;
  KNStart        start;     /* of waves */
  PetscReal     *amplitude; /* (modes) for a deviation of 1 */
  PetscReal     *modes;     /* (modes) */
} KNWallStart;

/* Collective on PETSC_COMM_WORLD. Declares -<prefix>initial, _low, _high, _field_..; defaults stand in begin. */
PETSC_INTERN PetscErrorCode KNWallStartOptions(const char prefix[], KNWallStart *begin);

/* Not collective. wall: (2 axes) of walls, all not owned. */
PETSC_INTERN PetscErrorCode KNWallStartCreate(const KNCells *cells, KNWalls walls, const KNWall wall[],
                                              KNWallStart *begin);
PETSC_INTERN PetscErrorCode KNWallStartDestroy(KNWallStart *begin);

/* Collective. u (cells): field f of the sample's initial state. */
PETSC_INTERN PetscErrorCode KNWallStartDraw(KNWallStart *begin, PetscInt64 seed, PetscInt64 sample, PetscInt f,
                                            PetscReal u[]);

/* Collective. u (cells): a Gaussian random field of this deviation, independent for each f. */
PETSC_INTERN PetscErrorCode KNWallStartGaussian(KNWallStart *begin, PetscInt64 seed, PetscInt64 sample, PetscInt f,
                                                PetscReal deviation, PetscReal u[]);

/* Not collective. Adds what a dataset says of it to the problem. */
PETSC_INTERN void KNWallStartDescribe(const KNWallStart *begin, KNProblem *problem);

/* Not collective. Whether states are distributed alike when moved by a shift, with two axes exchanged, negated. */
PETSC_INTERN PetscBool KNWallStartShifts(const KNWallStart *begin);
PETSC_INTERN PetscBool KNWallStartExchanges(const KNWallStart *begin);
PETSC_INTERN PetscBool KNWallStartNegates(const KNWallStart *begin);

#endif

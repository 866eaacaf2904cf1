/* The solver beside the network: certificates of predictions, and solutions that start from them. */
#ifndef KITINET_CERTIFY_H
#define KITINET_CERTIFY_H

#include <kitinet/dataset.h>
#include <kitinet/solver.h>

typedef struct _p_KNCertifier *KNCertifier;

/* What is wanted of a solver. */
typedef enum { KN_ABLE_CERTIFY, KN_ABLE_RESIDUAL } KNAbility;

/*
  Collective on PETSC_COMM_WORLD, before KNOptionsEnd(). -pde, the equation of datasets that do not name one of the
  solvers'; name: (KN_MAX_NAME), "" if it was not given.
*/
PETSC_INTERN PetscErrorCode KNCertifyEquation(char name[]);

/*
  Collective on PETSC_COMM_WORLD, before KNOptionsEnd(). Makes, on each rank, a solver of the dataset's equation on the
  dataset's own grid, with the options that the dataset was generated with and, over them, those that were given.
  equation: as KNCertifyEquation() says; wanted: what it must be able to do. Raises KN_ERR_INPUT, KN_ERR_USAGE where no
  solver fits: what would work.
*/
PETSC_INTERN PetscErrorCode KNCertifierCreate(KNDataset dataset, const char path[], const char equation[],
                                              KNAbility wanted, KNCertifier *certifier);
PETSC_INTERN PetscErrorCode KNCertifierDestroy(KNCertifier *certifier);

/* Not collective. The solver takes the coefficients of this row of the dataset, until the next call. */
PETSC_INTERN PetscErrorCode KNCertifierSetRow(KNCertifier certifier, PetscInt64 row);

/*
  Not collective. Of the inputs x (C_in, S) and the fields y (C_out, S) that are offered as their solution. *judged
  false: the inputs cannot be solved for, or y is not finite; then all of *certificate is NaN.

  Of a trajectory y (T, C, S), whose first `given` frames are taken as they are, x is not read: the solver's integrator
  is restarted from each frame before a predicted one; what the next frame differs by is its defect d, and then

    defect     (T) |d| of each frame, relative to it; NaN of given ones
    residual   (sum |d|^2 / sum |u|^2)^(1/2) over the predicted frames u
    estimate   (sum E^2 / sum |u|^2)^(1/2), E the sum of the |d| up to the frame: were errors neither to grow nor to
               decay, nor to cancel

  of steady problems defect is not touched, may be NULL.
*/
PETSC_INTERN PetscErrorCode KNCertifierJudge(KNCertifier certifier, PetscInt given, const float x[], const float y[],
                                             KNCertificate *certificate, PetscBool *judged, PetscReal defect[]);

/*
  Not collective. y becomes the solution up to rtol, as KNSolverRefine(); unchanged if *report does not converge. Of a
  trajectory: what follows from the last of the given frames.
*/
PETSC_INTERN PetscErrorCode KNCertifierRefine(KNCertifier certifier, PetscInt given, const float x[], PetscReal rtol,
                                              float y[], KNSolverReport *report);

/* Not collective. Solves from zero until the same tolerance, for comparison: KNSolverRefine() from the field 0. */
PETSC_INTERN PetscErrorCode KNCertifierSolve(KNCertifier certifier, const float x[], PetscReal rtol,
                                             KNSolverReport *report);

/* Not collective. For KNPhysics, context: a certifier made for KN_ABLE_RESIDUAL. */
PETSC_INTERN PetscErrorCode KNCertifierMisfit(void *context, const float x[], const float y[], double *misfit,
                                              double gradient[]);

#endif

/*
  Gaussian random fields on the periodic unit interval, square or cube with zero mean and covariance

      scale^2 (-Laplace + tau^2)^(-alpha)

  u(x) = sum over k != 0 of scale (4 pi^2 |k|^2 + tau^2)^(-alpha/2) (xi_k cos(2 pi k.x) + eta_k sin(2 pi k.x)) sqrt 2,
  over one of each pair k, -k; xi, eta independent standard normal: pure functions of (seed, sample, field, k), so that
  the same field is evaluated on any grid. Source: the generators of Li et al. 2020 (arXiv 2010.08895).
*/
#ifndef KITINET_PERIODIC_FIELD_H
#define KITINET_PERIODIC_FIELD_H

#include <kitinet/base.h>

typedef struct _p_KNPeriodicField *KNPeriodicField;

/*
  Not collective. dim 1, 2 or 3, modes |k_i| < n_modes/2 on each axis: all that n_modes points resolve. prefix: of its
  options ("burgers_field_"), defaults given here: -<prefix>alpha, -<prefix>tau, -<prefix>scale.
*/
PETSC_EXTERN PetscErrorCode KNPeriodicFieldCreate(const char prefix[], PetscInt dim, PetscReal alpha, PetscReal tau,
                                                  PetscReal scale, KNPeriodicField *field);
PETSC_EXTERN PetscErrorCode KNPeriodicFieldSetFromOptions(KNPeriodicField field);
PETSC_EXTERN PetscErrorCode KNPeriodicFieldSetUp(KNPeriodicField field, PetscInt n_modes);
PETSC_EXTERN PetscErrorCode KNPeriodicFieldDestroy(KNPeriodicField *field);

/*
  Not collective, before SetFromOptions. scale is the standard deviation at a point, of the field with modes |k_i| <=
  48, and becomes the factor with that effect.
*/
PETSC_EXTERN PetscErrorCode KNPeriodicFieldSetNormalized(KNPeriodicField field);

/*
  Not collective. The field of (seed, sample, which) on a periodic grid of n points a side; u: (n), (n, n) or (n, n,
  n). Modes the grid cannot resolve are dropped: the band-limited field.
*/
PETSC_EXTERN PetscErrorCode KNPeriodicFieldDraw(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample,
                                                PetscInt which, PetscInt n, PetscReal u[]);

/* Not collective. The coefficient c[0] + i c[1] of the same field for exp(2 pi i k.x), 0 beyond the modes; k: (dim). */
PETSC_EXTERN PetscErrorCode KNPeriodicFieldCoefficient(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample,
                                                       PetscInt which, const PetscInt k[], PetscReal c[2]);

/* Not collective. The exact covariance at distance r (dim coordinates), by direct summation. */
PETSC_EXTERN PetscErrorCode KNPeriodicFieldCovariance(KNPeriodicField field, const PetscReal r[],
                                                      PetscReal *covariance);

/* Not collective. Any pointer may be NULL. */
PETSC_EXTERN PetscErrorCode KNPeriodicFieldGetParameters(KNPeriodicField field, PetscReal *alpha, PetscReal *tau,
                                                         PetscReal *scale);

#endif

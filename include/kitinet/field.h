/*
  Gaussian random fields on the unit interval or square with zero mean and covariance

      scale^2 (-Laplace + tau^2)^(-alpha),   zero Neumann boundary (cosine expansion)

  u(x) = sum over modes k != 0 of scale (pi^2 |k|^2 + tau^2)^(-alpha/2) xi_k prod_i c(k_i) cos(pi k_i x_i), c(0) = 1,
  c(k) = sqrt 2, xi_k independent standard normal: a pure function of (seed, sample, field, k), so that the same field
  is evaluated on any grid. Source: the generator of Li et al. 2020 (arXiv 2010.08895), scale = tau^(alpha - 1) there.
*/
#ifndef KITINET_FIELD_H
#define KITINET_FIELD_H

#include <kitinet/base.h>

typedef struct _p_KNRandomField *KNRandomField;

/*
  Not collective. A field of n_modes modes along each axis of dim 1 or 2, to be evaluated on grids of cells or nodes.
  prefix: of its options ("darcy_field_"). Options: -<prefix>alpha, -<prefix>tau, -<prefix>scale (0: tau^(alpha - 1)).
*/
PETSC_EXTERN PetscErrorCode KNRandomFieldCreate(const char prefix[], PetscInt dim, KNRandomField *field);
PETSC_EXTERN PetscErrorCode KNRandomFieldSetFromOptions(KNRandomField field);
PETSC_EXTERN PetscErrorCode KNRandomFieldSetUp(KNRandomField field, PetscInt n_modes);
PETSC_EXTERN PetscErrorCode KNRandomFieldDestroy(KNRandomField *field);

/* Not collective. Draws the coefficients of (seed, sample); which: 0, 1, .. for several fields of one sample. */
PETSC_EXTERN PetscErrorCode KNRandomFieldDraw(KNRandomField field, PetscInt64 seed, PetscInt64 sample, PetscInt which);

/*
  Not collective. Point values of the drawn field on the grid; u: (S). Modes the grid cannot resolve are evaluated,
  not dropped. Plans are kept for the last few grids.
*/
PETSC_EXTERN PetscErrorCode KNRandomFieldEvaluate(KNRandomField field, const KNGrid *grid, PetscReal u[]);

/*
  Not collective. The exact covariance of the values at the points x and y (dim coordinates each), by direct summation.
*/
PETSC_EXTERN PetscErrorCode KNRandomFieldCovariance(KNRandomField field, const PetscReal x[], const PetscReal y[],
                                                    PetscReal *covariance);

/* Not collective. alpha, tau, scale in force; any pointer may be NULL. */
PETSC_EXTERN PetscErrorCode KNRandomFieldGetParameters(KNRandomField field, PetscReal *alpha, PetscReal *tau,
                                                       PetscReal *scale);

#endif

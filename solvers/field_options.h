/* The options that all random fields have: their covariance, scale^2 (-Laplace + tau^2)^-alpha. */
#ifndef KITINET_FIELD_OPTIONS_H
#define KITINET_FIELD_OPTIONS_H

#include <kitinet/base.h>

/* Declares -<prefix>alpha, -<prefix>tau, -<prefix>scale. scale_help: what 0 means depends on the field. */
PETSC_INTERN PetscErrorCode KNFieldOptions(const char prefix[], const char scale_help[], PetscReal *alpha,
                                           PetscReal *tau, PetscReal *scale);

#endif

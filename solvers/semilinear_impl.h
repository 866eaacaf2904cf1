/* N(u) of a semilinear equation in its modes: what semilinear.c and semilinear_rate.c share. */
#ifndef KITINET_SEMILINEAR_IMPL_H
#define KITINET_SEMILINEAR_IMPL_H

#include "semilinear.h"

/* The state is (fields, count, 2) modes. Of a complex equation it is u + i v and u - i v, for which L is diagonal. */
typedef struct {
  const KNSemilinear *equation; /* not owned */
  PetscInt            axes, fields;
  PetscReal           p[KN_MAX_COEFFICIENTS];
  KNModes             modes;
  /* (room) of factors, then of products, which overwrite what is not needed; NULL: left out */
  PetscReal *points[KN_MAX_FACTORS + KN_MAX_PRODUCTS];
  PetscReal *parts; /* (fields, count, 2) u and v of a complex equation */
} KNRate;

/* Collective. equation, axes, fields, p and modes are filled in. */
PETSC_INTERN PetscErrorCode KNRateCreate(KNRate *rate);
PETSC_INTERN PetscErrorCode KNRateDestroy(KNRate *rate);

/* Collective. n = N(state); context: the KNRate. */
PETSC_INTERN PetscErrorCode KNRateEvaluate(void *context, const PetscReal state[], PetscReal n[]);

/* Not collective. Fields to the state and back, in place: what complex equations ask for. */
PETSC_INTERN void KNRateToState(const KNRate *rate, PetscReal c[]);
PETSC_INTERN void KNRateToFields(const KNRate *rate, PetscReal c[]);

/* Not collective. Takes the gradient part out of a velocity c (axes, count, 2), if the equation asks for it. */
PETSC_INTERN void KNRateProject(const KNRate *rate, PetscReal c[]);

#endif

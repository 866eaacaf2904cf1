/* One step of ETDRK4 for v' = L v + N(v) in modes, L diagonal and real: see etdrk4.c. */
#ifndef KITINET_ETDRK4_H
#define KITINET_ETDRK4_H

#include <complex.h>
#include <kitinet/base.h>

/* Coefficients for one length h of the step; all (modes). */
typedef struct {
  PetscReal *half, *full;      /* exp(h L/2), exp(h L) */
  PetscReal *q, *f1, *f2, *f3; /* weights of N */
} KNETDRK4;

/* Fills the arrays of etd. linear: L <= 0, (modes). */
PETSC_INTERN void kn_etdrk4_coefficients(const KNETDRK4 *etd, const PetscReal *linear, PetscReal h, size_t modes);

/*
  Stages a = stage(v, N(v)), b = stage(v, N(a)), c = last_stage(a, N(v), N(b)), then finish: v at the end of the step.
  All (modes).
*/
PETSC_INTERN void kn_etdrk4_stage(double complex *out, const KNETDRK4 *etd, const double complex *v,
                                  const double complex *forcing, size_t modes);
PETSC_INTERN void kn_etdrk4_last_stage(double complex *out, const KNETDRK4 *etd, const double complex *a,
                                       const double complex *nv, const double complex *nb, size_t modes);
PETSC_INTERN void kn_etdrk4_finish(double complex *v, const KNETDRK4 *etd, const double complex *nv,
                                   const double complex *na, const double complex *nb, const double complex *nc,
                                   size_t modes);

#endif

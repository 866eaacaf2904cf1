/*
  The two exponential steps of v' = L v + N(v), kernel by kernel: Runge-Kutta's of order 4, Adams's of order 6. Formulas
  and sources: exponential_steps.c.

    v, n   (count, 2) modes: the state, N of states
    c      coefficients of a step, for each mode: (count) where L is real, else (count, 2)
*/
#ifndef KITINET_EXPONENTIAL_STEPS_H
#define KITINET_EXPONENTIAL_STEPS_H

#include <petscsys.h>

#define KN_ADAMS 5 /* values of N that a step knows */

/* Of a step; the first two stages of Runge and Kutta start with half a step. */
enum { RK_HALF, RK_Q, RK_QR, RK_R, RK_FULL, RK_PG, RK_G, RK_F1, RK_F2, RK_F3, KN_COEFFICIENTS };
enum { ADAMS_FULL, ADAMS_N, ADAMS_CORRECTION = ADAMS_N + KN_ADAMS, ADAMS_ERROR };

/* The coefficients of steps of h; linear (count, 2): L. */
PETSC_INTERN void kn_runge_coefficients(PetscReal *const c[], const PetscReal linear[], PetscReal h, PetscBool real,
                                        size_t count);
PETSC_INTERN void kn_adams_coefficients(PetscReal *const c[], const PetscReal linear[], PetscReal h, PetscBool real,
                                        size_t count);

/* out = sum of c[i] v[i], of 2, 3, 5 or 6 terms. */
PETSC_INTERN void kn_exponential_sum(PetscReal out[], PetscReal *const c[], const PetscReal *const v[], int terms,
                                     PetscBool real, size_t count);

/* n = c (n - from) */
PETSC_INTERN void kn_exponential_difference(PetscReal n[], const PetscReal from[], const PetscReal c[], PetscBool real,
                                            size_t count);

/* x = N after another step, by the polynomial through n[0], n[1], .. */
PETSC_INTERN void kn_adams_ahead(PetscReal x[], PetscReal *const n[], size_t count);

/* w += correction (nw - x) with nw = N(w); then x = the error of w. */
PETSC_INTERN void kn_adams_correct(PetscReal w[], PetscReal x[], PetscReal *const c[], const PetscReal nw[],
                                   PetscBool real, size_t count);

/* n[1], n[2], ..: values of the polynomial through n[0], n[1], .. that many times `ratio` steps back. */
PETSC_INTERN void kn_adams_space(PetscReal *const n[], PetscReal ratio, size_t count);

#endif

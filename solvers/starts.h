/*
  Initial states of conservation laws, as pure functions of (seed, sample, position): the same on any grid and any
  number of ranks. Positions are those of the unit interval, square or cube.

    waves       sums of a few random sines. A law of one scalar: two of them with whole wavenumbers up to -waves, in a
                tenth of the samples the absolute value, with random sign, within a window in another tenth (PDEBench).
                Others: scalars c (1 + a s), velocities v s with sums |s| <= 1 of four sines
    riemann     two constant states, divided across the first axis
    quadrants   a constant state in each half, quarter or eighth of the domain, about a point near its centre
    radial      scalars high within a radius of the centre, low outside, at rest
    turbulence  velocities of divergence 0 and of given root mean square, all modes up to -waves; scalars constant

  Scalars of constant states are uniform in their ranges; c is the middle of the range, a is half its width over c.
*/
#ifndef KITINET_STARTS_H
#define KITINET_STARTS_H

#include "conservation.h"

typedef struct {
  PetscInt  axes, fields, vector, kind;
  PetscInt  waves;                                         /* the largest wavenumber */
  PetscInt  sines;                                         /* room for so many */
  PetscReal low[KN_MAX_CONSERVED], high[KN_MAX_CONSERVED]; /* of scalars, at their places among the fields */
  PetscReal scale;                                         /* of velocities, in units of the sound speed */
  PetscReal radius_low, radius_high;                       /* in lengths of the domain */

  /* Drawn: */
  PetscReal centre[KN_MAX_DIM], radius;
  PetscReal state[8][KN_MAX_CONSERVED];     /* of the regions; state[0] is what sines are added to */
  PetscInt  count;                          /* of sines */
  PetscInt (*k)[KN_MAX_DIM];                /* (sines) wavenumbers */
  PetscReal (*amplitude)[KN_MAX_CONSERVED]; /* (sines) */
  PetscReal *phase;                         /* (sines) */
  PetscBool  absolute, windowed;
  PetscReal  sign, window[2];
} KNStart;

/* Not collective. axes, fields, vector, kind, waves are filled in. */
PETSC_INTERN PetscErrorCode KNStartCreate(KNStart *start);
PETSC_INTERN PetscErrorCode KNStartDestroy(KNStart *start);

/* Not collective. law, p: the equation and its numbers, for the speed of sound. */
PETSC_INTERN void KNStartDraw(KNStart *start, const KNConservation *law, const PetscReal p[], PetscInt64 seed,
                              PetscInt64 sample);

/* Not collective. w (fields, n): the primitive fields along a row of n points x[i] of the last axis, at the positions
   `at` (axes - 1) of the others. */
PETSC_INTERN void KNStartRow(const KNStart *start, const PetscReal at[], const PetscReal x[], size_t n,
                             PetscReal *const w[]);

#endif

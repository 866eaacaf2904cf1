/* Private to the solver of Burgers' equation: its state, and the flow from the initial modes to the stored states. */
#ifndef KITINET_BURGERS_FLOW_H
#define KITINET_BURGERS_FLOW_H

#include <complex.h>
#include <fftw3.h>
#include <kitinet/periodic_field.h>
#include "etdrk4.h"

#define KN_HALVINGS 10      /* of the step, at most */
#define KN_STEPS    1000000 /* before the first halving, at most */
#define KN_COURANT \
  0.05 /* share of the period that waves may cross in a step: in longer ones two wrong solutions may agree */
#define KN_START   16 /* steps at the start that are divided */
#define KN_DIVIDED 6  /* halvings of the first of them */
#define KN_LEVELS  (KN_HALVINGS + KN_DIVIDED + 1)

typedef struct {
  PetscInt        n, resolution; /* points of the solve grid and of the stored one */
  PetscInt        frames;        /* 0: u0 and the final state */
  PetscReal       viscosity, final_time;
  PetscReal       dt, tolerance; /* the first step; of the relative L2 error */
  KNPeriodicField field;
  size_t          modes;                  /* K + 1 */
  PetscInt        intervals;              /* between stored states */
  PetscInt        steps;                  /* of an interval to begin with */
  PetscReal      *times;                  /* (frames) */
  fftw_plan       to_points, to_modes;    /* spectrum -> point and back, on the solve grid */
  fftw_plan       to_stored, from_stored; /* the same on the stored grid */
  PetscReal      *point;                  /* (n) */
  fftw_complex   *spectrum;               /* (n/2 + 1) */
  PetscReal      *linear;                 /* (modes) L */
  PetscReal      *coefficients;           /* (KN_LEVELS, 6, modes), the memory of: */
  KNETDRK4        etd[KN_LEVELS];         /* for the steps h / 2^level; (modes) each */
  PetscInt        levels;                 /* of them computed so far */
  fftw_complex   *initial;                /* (modes) of u0 */
  fftw_complex   *state;                  /* (modes) */
  fftw_complex   *a, *b, *c;              /* (modes) stages */
  fftw_complex   *nv, *na, *nb, *nc;      /* (modes) N of the state and of the stages */
  fftw_complex   *coarse, *fine;          /* (intervals, modes) states at their ends, the fine ones in half the steps */
  /* the largest share of u at the cut-off in a run, where more than allowed, else 0 */
  PetscReal unresolved;
} Burgers;

/* Length of the steps of a level. */
static inline PetscReal KNBurgersLength(const Burgers *d, PetscInt level)
{
  return d->final_time / ((PetscReal)d->intervals * (PetscReal)d->steps * (PetscReal)(1 << level));
}

/* u (resolution): point values on the stored grid, modes beyond it left out. */
PETSC_INTERN void KNBurgersRestrict(Burgers *d, PetscReal *u, const fftw_complex *modes);

/* The initial modes, from the spectrum of n points as FFTW leaves it. */
PETSC_INTERN void KNBurgersSetInitial(Burgers *d, PetscInt n);

/* The states at the ends of all intervals, from the initial one in steps of a level; false if they blow up. */
PETSC_INTERN PetscBool KNBurgersRun(Burgers *d, PetscInt level, fftw_complex *states);

/*
  The relative L2 error of the finer states, the largest of all intervals: a third of their difference, at order 2, to
  which roughness lowers it.
*/
PETSC_INTERN PetscReal KNBurgersError(const Burgers *d);

/* The coarsest steps that the speed of the initial state allows. */
PETSC_INTERN PetscInt KNBurgersFirstLevel(Burgers *d);

#endif

/*
  The engine for semilinear equations: what its files share.

    semilinear.c          the solver: modes, input, steps, frames
    semilinear_options.c  options, description
    semilinear_rate.c     N(u) in its modes
*/
#ifndef KITINET_SEMILINEAR_IMPL_H
#define KITINET_SEMILINEAR_IMPL_H

#include <kitinet/periodic_field.h>
#include "semilinear.h"
#include "stepper.h"

/* The state is (fields, count, 2) modes. Of a complex equation it is u + i v and u - i v, for which L is diagonal. */
typedef struct {
  const KNSemilinear *equation; /* not owned */
  PetscInt            axes, fields;
  PetscReal           p[KN_MAX_COEFFICIENTS];
  KNModes             modes;
  /* (room) of factors, then of products, which overwrite what is not needed; NULL: left out */
  PetscReal *points[KN_MAX_FACTORS + KN_MAX_PRODUCTS];
  PetscReal *parts; /* (fields, count, 2) u and v of a complex equation */
  PetscBool  forced;
  PetscReal *force; /* (fields, count, 2) the constants or the force, beside products; NULL: 0 */
} KNRate;

typedef struct {
  const KNSemilinear *equation;            /* not owned */
  char                prefix[KN_MAX_NAME]; /* of the options, "kdv_" */
  PetscInt            axes, fields, n, resolution, frames, scheme;
  PetscReal           length, final_time, spin_up, dt, tolerance, unresolved;
  PetscInt            forcing;       /* a random force? */
  KNPeriodicField     random, force; /* force: NULL where the equation has none */
  KNRate              rate;
  KNModes             modes, stored;     /* of the solve grid; of the stored grid, whole on each rank */
  PetscReal          *linear;            /* (fields, count, 2) L */
  PetscReal          *edge;              /* (count) weights of the last tenth of the modes, 0 of the others */
  PetscReal          *initial, *state;   /* (fields, count, 2) */
  PetscReal          *drawn[KN_MAX_DIM]; /* (room) fields that the equation changes at the points */
  PetscReal          *stored_modes;      /* (stored count, 2) of one field */
  PetscReal          *stored_points;     /* (room) */
  PetscReal           start;             /* spin_up of a random field, 0 of a given one */
  PetscReal           edge_at_start;     /* sum of |c|^2 there */
  PetscReal           excess;            /* share of the fields there, more than is allowed; 0: never so far */
  KNStepper           stepper;
} Semilinear;

/* semilinear_options.c. Collective on PETSC_COMM_WORLD; not collective, after ops.setup has made the rest. */
PETSC_INTERN PetscErrorCode KNSolverSetFromOptions_Semilinear(KNSolver solver);
PETSC_INTERN PetscErrorCode KNSolverDescribe_Semilinear(KNSolver solver);

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

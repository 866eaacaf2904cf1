/*
  Steps of controlled error for v' = L v + N(v) in modes, L diagonal and complex: exponential (exponential.c) or
  implicit and explicit (imex.c).

  The error of a step is held below `tolerance` times the state, both as root mean squares of the fields.
*/
#ifndef KITINET_STEPPER_H
#define KITINET_STEPPER_H

#include <kitinet/solver.h>

/* What is integrated. All arrays are (size) reals: complex numbers, a real and an imaginary part. */
typedef struct {
  MPI_Comm         comm;
  size_t           size;     /* on this rank */
  const PetscReal *linear;   /* (size) L; not owned */
  const PetscReal *constant; /* (size) N where it does not depend on v; NULL: 0; not owned */
  void            *context;
  /* n = N(v), collective; NULL: `constant`, for exponential steps, which are exact then */
  PetscErrorCode (*nonlinear)(void *context, const PetscReal v[], PetscReal n[]);
  /* root mean square over all ranks, collective */
  PetscErrorCode (*norm)(void *context, const PetscReal v[], PetscReal *norm);
  /* looks at the end of each step, of that norm: *go_on false ends the march, failed; NULL: nobody does */
  PetscErrorCode (*watch)(void *context, const PetscReal v[], PetscReal norm, PetscBool *go_on);
} KNEvolution;

typedef struct _p_KNStepper *KNStepper;

typedef struct {
  PetscErrorCode (*start)(KNStepper, PetscReal dt);
  PetscErrorCode (*update)(KNStepper); /* NULL: nothing was made of L */
  PetscErrorCode (*advance)(KNStepper, PetscReal interval, KNSolverReport *);
  PetscErrorCode (*destroy)(KNStepper);
} KNStepperOps;

struct _p_KNStepper {
  KNStepperOps ops;
  KNEvolution  evolution;
  PetscReal    tolerance;
  PetscInt     max_steps; /* since Start(); 0: any number */
  PetscReal   *v;         /* (size) the state; memory of the type */
  PetscReal    t;         /* since Start() */
  void        *data;
};

typedef enum {
  KN_STEPS_ADAMS,  /* exponential, of order 4, then 6 */
  KN_STEPS_ETDRK4, /* exponential, of order 4 */
  KN_STEPS_IMEX    /* of order 4 */
} KNSteps;

/* For an option that is a KNSteps, ended by NULL; what they are. */
PETSC_INTERN const char *const kn_steps[];
#define KN_STEPS_HELP                                                                                                \
  "time stepping with error control: exponential, by Adams's method of order 6 where its steps are long enough, or " \
  "Runge-Kutta of order 4 throughout; implicit and explicit Runge-Kutta of order 4"

/* Collective. prefix: of the PETSc options of imex ("kdv_"), read here. After it nothing below allocates what grows. */
PETSC_INTERN PetscErrorCode KNStepperCreate(const KNEvolution *evolution, KNSteps steps, const char prefix[],
                                            PetscReal tolerance, KNStepper *stepper);
PETSC_INTERN PetscErrorCode KNStepperCreate_Exponential(const KNEvolution *evolution, PetscBool adams,
                                                        PetscReal tolerance, KNStepper *stepper);
PETSC_INTERN PetscErrorCode KNStepperCreate_IMEX(const KNEvolution *evolution, const char prefix[], PetscReal tolerance,
                                                 KNStepper *stepper);
PETSC_INTERN PetscErrorCode KNStepperDestroy(KNStepper *stepper);

/* Collective. The numbers of L have changed; before KNStepperStart(). */
PETSC_INTERN PetscErrorCode KNStepperUpdate(KNStepper stepper);

/* Collective. Time 0, state v; dt: the first step, 0: chosen. What follows depends on the two alone. */
PETSC_INTERN PetscErrorCode KNStepperStart(KNStepper stepper, const PetscReal v[], PetscReal dt);

/*
  Collective. Marches on by an interval, to whose end a step leads. report: converged, reason, retried (a step was not
  finite and was made again, shorter), iterations (steps since Start). Failed, and the state of no use: a state that is
  not finite, steps that shrink without end, more than max_steps of them, a watch that ends it (without a reason).
*/
PETSC_INTERN PetscErrorCode KNStepperAdvance(KNStepper stepper, PetscReal interval, KNSolverReport *report);

/* Not collective. The state (size), valid until the next Advance; not owned, not to be changed. */
PETSC_INTERN const PetscReal *KNStepperState(KNStepper stepper);

#endif

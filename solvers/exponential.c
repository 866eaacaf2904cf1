/*
  Exponential steps of controlled error for v' = L v + N(v), L diagonal and complex, its part of the solution exact: by
  Runge-Kutta of order 4, with 4 evaluations of N, and by Adams of order 6, with 2 (exponential_steps.c).

  Error: the step goes on with the more accurate of two ends, whose difference is held below the tolerance. At the same
  difference the errors of Adams's steps add up to some ten times those of Runge and Kutta's: it counts
  KN_ADAMS_CAUTION times.

  Lengths: what is left of an interval in equal steps, so that its end is met and coefficients, which are kept for the
  last few lengths, are made seldom. A step whose error is too large is made again with shorter ones; longer ones are
  taken at once where that is worth new coefficients, else from the next interval on, by the most careful step of this
  one.

  Kinds: Runge and Kutta's steps begin. When enough of them had one length, Adams's follow; on other lengths their
  values of N are read off the polynomial. Where they had to be shorter than half of what Runge and Kutta's were allowed
  last, these are cheaper and begin again: long steps of little accuracy, fast changes.
*/
#include "exponential_steps.h"
#include "solver_impl.h"
#include "stepper.h"

#define KN_SHORTEST      1e-12 /* step, of an interval */
#define KN_LENGTHS       6     /* whose coefficients are kept */
#define KN_SAFETY        0.9   /* times the length that the error of a step allows is taken next, */
#define KN_ADAMS_SAFETY  0.8   /* by Adams, to whom other lengths are dearer; */
#define KN_SHRINK        0.2   /* at least, and */
#define KN_GROWTH        5.0   /* at most so many times the length of the last step, */
#define KN_ADAMS_GROWTH  2.0   /* by Adams */
#define KN_JUMP          1.3   /* times the length is worth new steps within an interval */
#define KN_FIRST         0.3   /* times tolerance^(1/4) of the state may change in the first step, if dt is not given */
#define KN_ADAMS_WORTH   0.5   /* of the length that Runge and Kutta are allowed, at the same cost */
#define KN_ADAMS_HELD    8     /* steps of a length before Adams takes a longer one */
#define KN_ADAMS_CAUTION 16.0  /* times the error counts */

/* Coefficients of one kind for steps of one length. */
typedef struct {
  PetscReal  h; /* 0: not made yet */
  PetscBool  adams;
  PetscReal *c[KN_COEFFICIENTS]; /* (count) where L is real, else (count, 2) */
} Length;

typedef struct {
  PetscBool  real;  /* L is */
  PetscBool  adams; /* its steps are taken */
  PetscReal  dt;    /* length that the next step may have; 0: not chosen yet */
  PetscInt   steps;
  PetscInt   next; /* of lengths, to be replaced */
  Length     lengths[KN_LENGTHS];
  PetscReal *coefficients; /* their memory, (KN_LENGTHS, KN_COEFFICIENTS, size) */
  PetscReal *work;         /* the memory of the state and of: */
  PetscReal *a, *b, *c;    /* (size) stages; c: then the end of the step */
  PetscReal *na, *nb, *nc; /* (size) N of the stages; nc: then the error */
  /* (size) N of the state, then of known - 1 older ones, `spacing` apart; the last: N of the end of the step */
  PetscReal *n[KN_ADAMS + 1];
  PetscReal  spacing;
  PetscInt   known, held; /* held: steps since the spacing changed */
  PetscReal  allowed;     /* length of the next step, by the last one of Runge and Kutta's */
} Exponential;

/* The coefficients for steps of h. */
static PetscReal *const *KNExponentialLength(KNStepper stepper, PetscReal h, PetscBool adams)
{
  Exponential *e = (Exponential *)stepper->data;
  Length      *l = NULL;

  for (int i = 0; i < KN_LENGTHS; i++) {
    if (e->lengths[i].h == h && e->lengths[i].adams == adams) return e->lengths[i].c;
  }
  l        = &e->lengths[e->next];
  e->next  = (e->next + 1) % KN_LENGTHS;
  l->h     = h;
  l->adams = adams;
  if (adams) kn_adams_coefficients(l->c, stepper->evolution.linear, h, e->real, stepper->evolution.size / 2);
  else kn_runge_coefficients(l->c, stepper->evolution.linear, h, e->real, stepper->evolution.size / 2);
  return l->c;
}

/* A step of h from v, to c; N there is the last of n. nc: its error. */
static PetscErrorCode KNExponentialRunge(KNStepper stepper, PetscReal h)
{
  Exponential       *e = (Exponential *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  PetscReal *const  *c = KNExponentialLength(stepper, h, PETSC_FALSE), *v = stepper->v, *nv = e->n[0],
                   *nw = e->n[KN_ADAMS];
  const size_t count   = p->size / 2;

  PetscFunctionBegin;
  kn_exponential_sum(e->a, c + RK_HALF, (const PetscReal *[]){v, nv}, 2, e->real, count);
  PetscCall(p->nonlinear(p->context, e->a, e->na));
  kn_exponential_sum(e->b, (PetscReal *[]){c[RK_HALF], c[RK_QR], c[RK_R]}, (const PetscReal *[]){v, nv, e->na}, 3,
                     e->real, count);
  PetscCall(p->nonlinear(p->context, e->b, e->nb));
  kn_exponential_sum(e->c, c + RK_FULL, (const PetscReal *[]){v, nv, e->nb}, 3, e->real, count);
  PetscCall(p->nonlinear(p->context, e->c, e->nc));
  kn_exponential_sum(e->c, (PetscReal *[]){c[RK_FULL], c[RK_F1], c[RK_F2], c[RK_F2], c[RK_F3]},
                     (const PetscReal *[]){v, nv, e->na, e->nb, e->nc}, 5, e->real, count);
  PetscCall(p->nonlinear(p->context, e->c, nw));
  kn_exponential_difference(e->nc, nw, c[RK_F3], e->real, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Likewise, if KN_ADAMS values of N are known. */
static PetscErrorCode KNExponentialAdams(KNStepper stepper, PetscReal h)
{
  Exponential       *e     = (Exponential *)stepper->data;
  const KNEvolution *p     = &stepper->evolution;
  PetscReal *const  *c     = KNExponentialLength(stepper, h, PETSC_TRUE);
  const size_t       count = p->size / 2;

  PetscFunctionBegin;
  kn_exponential_sum(e->c, c, (const PetscReal *[]){stepper->v, e->n[0], e->n[1], e->n[2], e->n[3], e->n[4]},
                     1 + KN_ADAMS, e->real, count);
  kn_adams_ahead(e->nc, e->n, count);
  PetscCall(p->nonlinear(p->context, e->c, e->n[KN_ADAMS]));
  kn_adams_correct(e->c, e->nc, c, e->n[KN_ADAMS], e->real, count);
  PetscCall(p->nonlinear(p->context, e->c, e->n[KN_ADAMS]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The older values of N, h apart: read off the polynomial, or forgotten. */
static void KNExponentialSpace(KNStepper stepper, PetscReal h)
{
  Exponential *e = (Exponential *)stepper->data;

  if (h == e->spacing) return;
  if (e->known == KN_ADAMS) kn_adams_space(e->n, h / e->spacing, stepper->evolution.size / 2);
  else e->known = 1;
  e->spacing = h;
  e->held    = 0;
}

static inline void KNSwap(PetscReal **a, PetscReal **b)
{
  PetscReal *const swap = *a;

  *a = *b;
  *b = swap;
}

/* The end of the step becomes the state. */
static void KNExponentialAccept(KNStepper stepper)
{
  Exponential *e = (Exponential *)stepper->data;

  KNSwap(&stepper->v, &e->c);
  for (int i = 0; i < KN_ADAMS; i++) KNSwap(&e->n[i], &e->n[KN_ADAMS]);
  if (e->adams) e->known = PetscMin(e->known + 1, KN_ADAMS);
  e->held++;
}

/* N of the state, and by it the first step where none was made before. */
static PetscErrorCode KNExponentialBegin(KNStepper stepper, PetscReal interval)
{
  Exponential       *e = (Exponential *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  PetscReal          norm, rate;

  PetscFunctionBegin;
  if (e->known) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(p->nonlinear(p->context, stepper->v, e->n[0]));
  e->known = 1;
  if (e->dt > 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(p->norm(p->context, stepper->v, &norm));
  PetscCall(p->norm(p->context, e->n[0], &rate));
  norm *= KN_FIRST * PetscPowReal(stepper->tolerance, 0.25);
  e->dt = rate > 0.0 ? PetscMax(norm / rate, KN_SHORTEST * interval) : interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Equal steps of at most dt, and their number. */
static PetscReal KNExponentialShare(PetscReal left, PetscReal dt, PetscInt64 *steps)
{
  *steps = PetscMax((PetscInt64)PetscCeilReal(left / dt * (1.0 - PETSC_SMALL)), 1);
  return left / (PetscReal)*steps;
}

/* Of a constant N: one step, which is exact, as f1 + 2 f2 + f3 = h phi_1. */
static void KNExponentialTurn(KNStepper stepper, PetscReal interval)
{
  Exponential      *e = (Exponential *)stepper->data;
  PetscReal *const *c = KNExponentialLength(stepper, interval, PETSC_FALSE);
  const PetscReal  *n = stepper->evolution.constant ? stepper->evolution.constant : e->n[0];

  kn_exponential_sum(e->c, (PetscReal *[]){c[RK_FULL], c[RK_F1], c[RK_F2], c[RK_F2], c[RK_F3]},
                     (const PetscReal *[]){stepper->v, n, n, n, n}, 5, e->real, stepper->evolution.size / 2);
  KNSwap(&stepper->v, &e->c);
  e->steps++;
}

/* How many times the length of a step of this error is allowed next. */
static PetscReal KNExponentialFactor(PetscReal error, PetscReal allowed, PetscBool adams)
{
  const PetscReal order = adams ? KN_ADAMS + 1.0 : 4.0, ratio = allowed / PetscMax(error, PETSC_MIN_REAL);

  return PetscMin(adams ? KN_ADAMS_GROWTH : KN_GROWTH,
                  PetscMax(KN_SHRINK, (adams ? KN_ADAMS_SAFETY : KN_SAFETY) * PetscPowReal(ratio, 1.0 / order)));
}

static PetscErrorCode KNExponentialMarch(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  Exponential       *e = (Exponential *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  PetscReal          h, next = interval; /* the longest step that all steps of this interval allow */
  PetscInt64         left;               /* steps of h */

  PetscFunctionBegin;
  PetscCall(KNExponentialBegin(stepper, interval));
  h = KNExponentialShare(interval, e->dt, &left);
  while (left > 0 && report->converged) {
    PetscReal error, norm, factor = KN_SHRINK;
    PetscBool adams, finite;

    if (KNSolverSpent(stepper->max_steps, e->steps, stepper->t + interval - h * (PetscReal)left, report->reason)) {
      report->converged = PETSC_FALSE;
      break;
    }
    KNExponentialSpace(stepper, h);
    adams = (PetscBool)(e->known == KN_ADAMS);
    PetscCall(adams ? KNExponentialAdams(stepper, h) : KNExponentialRunge(stepper, h));
    PetscCall(p->norm(p->context, e->nc, &error));
    PetscCall(p->norm(p->context, e->c, &norm));
    e->steps++;
    if (adams) error *= KN_ADAMS_CAUTION;
    finite = (PetscBool) !(PetscIsInfOrNanReal(error) || PetscIsInfOrNanReal(norm));
    if (finite) factor = KNExponentialFactor(error, stepper->tolerance * norm, adams);
    else report->retried = PETSC_TRUE;
    if (finite && error <= stepper->tolerance * norm) {
      KNExponentialAccept(stepper);
      if (p->watch) PetscCall(p->watch(p->context, stepper->v, norm, &report->converged));
      left--;
      next = PetscMin(next, h * factor);
      if (!adams) e->allowed = h * factor;
      if (factor < KN_JUMP || left < 2 || (adams && e->held < KN_ADAMS_HELD)) continue;
      next = h * factor;
      h    = KNExponentialShare(h * (PetscReal)left, next, &left);
    } else if (h > KN_SHORTEST * interval) {
      next = h * PetscMin(factor, KN_SAFETY);
      if (adams && next < KN_ADAMS_WORTH * e->allowed) {
        next     = e->allowed;
        e->known = 1;
      }
      h = KNExponentialShare(h * (PetscReal)left, next, &left);
    } else {
      report->converged = PETSC_FALSE;
      PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                              "steps shrink without end at t = %.6g: the solution has no limit, or rounding errors "
                              "exceed the tolerance",
                              (double)(stepper->t + interval - h * (PetscReal)left)));
    }
  }
  e->dt = next;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperAdvance_Exponential(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  PetscFunctionBegin;
  report->converged = PETSC_TRUE;
  if (stepper->evolution.nonlinear) PetscCall(KNExponentialMarch(stepper, interval, report));
  else KNExponentialTurn(stepper, interval);
  report->iterations = ((Exponential *)stepper->data)->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperStart_Exponential(KNStepper stepper, PetscReal dt)
{
  Exponential *e = (Exponential *)stepper->data;

  PetscFunctionBegin;
  e->dt      = dt;
  e->steps   = 0;
  e->known   = 0;
  e->spacing = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether L is real; what was made of it for steps of known lengths is forgotten. */
static PetscErrorCode KNStepperUpdate_Exponential(KNStepper stepper)
{
  Exponential *e    = (Exponential *)stepper->data;
  PetscMPIInt  real = 1;

  PetscFunctionBegin;
  for (size_t s = 1; s < stepper->evolution.size; s += 2) real = real && stepper->evolution.linear[s] == 0.0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &real, 1, MPI_INT, MPI_MIN, stepper->evolution.comm));
  e->real = (PetscBool)real;
  e->next = 0;
  for (int i = 0; i < KN_LENGTHS; i++) e->lengths[i].h = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperDestroy_Exponential(KNStepper stepper)
{
  Exponential *e = (Exponential *)stepper->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&e->coefficients));
  PetscCall(KNFree(&e->work));
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperCreate_Exponential(const KNEvolution *evolution, PetscBool adams, PetscReal tolerance,
                                           KNStepper *stepper)
{
  const size_t size = evolution->size;
  Exponential *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(stepper));
  PetscCall(PetscNew(&e));
  (*stepper)->data      = e;
  (*stepper)->ops       = (KNStepperOps){.start   = KNStepperStart_Exponential,
                                         .advance = KNStepperAdvance_Exponential,
                                         .update  = KNStepperUpdate_Exponential,
                                         .destroy = KNStepperDestroy_Exponential};
  (*stepper)->evolution = *evolution;
  (*stepper)->tolerance = tolerance;
  e->adams              = adams;
  PetscCall(KNStepperUpdate(*stepper));
  PetscCall(KNMalloc(KN_LENGTHS * KN_COEFFICIENTS * size, sizeof(PetscReal), &e->coefficients));
  for (size_t i = 0; i < KN_LENGTHS * KN_COEFFICIENTS; i++) {
    e->lengths[i / KN_COEFFICIENTS].c[i % KN_COEFFICIENTS] = e->coefficients + i * size;
  }

  PetscReal  **part[] = {&(*stepper)->v, &e->a, &e->b, &e->c, &e->na, &e->nb, &e->nc};
  const size_t parts  = PETSC_STATIC_ARRAY_LENGTH(part);

  PetscCall(KNMalloc((parts + KN_ADAMS + 1) * size, sizeof(PetscReal), &e->work));
  for (size_t i = 0; i < parts; i++) *part[i] = e->work + i * size;
  for (size_t i = 0; i <= KN_ADAMS; i++) e->n[i] = e->work + (parts + i) * size;
  PetscCall(PetscArrayzero(e->n[0], size)); /* N where there is none */
  PetscFunctionReturn(PETSC_SUCCESS);
}

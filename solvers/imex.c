/*
  Implicit and explicit steps of controlled error for v' = L v + N(v), L diagonal and complex, by PETSc's TS:
  ARK4(3)6L[2]SA of Kennedy & Carpenter (2003), N explicit, L implicit; the implicit systems (shift - L) w = b are
  divisions.

  Error control on the root mean square of all fields, not on single modes, which range over many decades. An interval
  whose steps fail is marched again from its beginning, with a quarter of the step and of the tolerance.
*/
#include <petscts.h>
#include "solver_impl.h"
#include "stepper.h"

#define KN_ATTEMPTS 4 /* at an interval */
/* root mean square of a state; powers of larger ones overflow in TS, which raises an error then */
#define KN_LARGEST 1e30
#define KN_JUMP    1e6 /* times larger than the state may be a stage of its step */
#define KN_FIRST   0.1 /* of the state that N may change in the first step, if dt is not given */

typedef struct {
  TS        ts;
  Vec       state, rate; /* rate: scratch */
  Mat       implicit;    /* shift - L, applied by nothing but its inverse */
  PetscReal shift;
  PetscReal dt;      /* of the next step, 0: not chosen yet */
  PetscReal caution; /* divides dt and tolerance */
  PetscReal norm;    /* of the state */
  PetscInt  size;    /* reals on all ranks */
  PetscInt  steps;
} IMEX;

/* residual = slope - L w, each (size). */
static void kn_imex_residual(PetscReal *residual, const PetscReal *slope, const PetscReal *w, const PetscReal *linear,
                             size_t size)
{
  for (size_t s = 0; s < size; s += 2) {
    residual[s]     = slope[s] - (linear[s] * w[s] - linear[s + 1] * w[s + 1]);
    residual[s + 1] = slope[s + 1] - (linear[s] * w[s + 1] + linear[s + 1] * w[s]);
  }
}

/* w = b/(shift - L), each (size). */
static void kn_imex_divide(PetscReal *w, const PetscReal *b, const PetscReal *linear, PetscReal shift, size_t size)
{
  for (size_t s = 0; s < size; s += 2) {
    const PetscReal re = shift - linear[s], im = -linear[s + 1], scale = 1.0 / (re * re + im * im), b0 = b[s],
                    b1 = b[s + 1];

    w[s]     = scale * (re * b0 + im * b1);
    w[s + 1] = scale * (re * b1 - im * b0);
  }
}

/* N(v) */
static PetscErrorCode KNIMEXRate(TS ts, PetscReal t, Vec state, Vec derivative, void *context)
{
  const KNEvolution *p = &((KNStepper)context)->evolution;
  const PetscReal   *v;
  PetscReal         *n;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &v));
  PetscCall(VecGetArrayWrite(derivative, &n));
  PetscCall(p->nonlinear(p->context, v, n));
  PetscCall(VecRestoreArrayWrite(derivative, &n));
  PetscCall(VecRestoreArrayRead(state, &v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* F(v, v_t) = v_t - L v */
static PetscErrorCode KNIMEXImplicit(TS ts, PetscReal t, Vec state, Vec slope, Vec residual, void *context)
{
  const KNEvolution *p = &((KNStepper)context)->evolution;
  const PetscReal   *v, *vt;
  PetscReal         *f;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &v));
  PetscCall(VecGetArrayRead(slope, &vt));
  PetscCall(VecGetArrayWrite(residual, &f));
  kn_imex_residual(f, vt, v, p->linear, p->size);
  PetscCall(VecRestoreArrayWrite(residual, &f));
  PetscCall(VecRestoreArrayRead(slope, &vt));
  PetscCall(VecRestoreArrayRead(state, &v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNIMEXJacobian(TS ts, PetscReal t, Vec state, Vec slope, PetscReal shift, Mat jacobian,
                                     Mat preconditioner, void *context)
{
  PetscFunctionBegin;
  ((IMEX *)((KNStepper)context)->data)->shift = shift;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNIMEXDivide(PC pc, Vec right, Vec state)
{
  KNStepper        stepper;
  const PetscReal *b;
  PetscReal       *v;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &stepper));
  PetscCall(VecGetArrayRead(right, &b));
  PetscCall(VecGetArrayWrite(state, &v));
  kn_imex_divide(v, b, stepper->evolution.linear, ((IMEX *)stepper->data)->shift, stepper->evolution.size);
  PetscCall(VecRestoreArrayWrite(state, &v));
  PetscCall(VecRestoreArrayRead(right, &b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Takes the norm of the state, and the tolerance of the next step from it: TS's norm is the mean over the reals of the
  Vec.
*/
static PetscErrorCode KNIMEXMeasure(KNStepper stepper)
{
  IMEX              *x = (IMEX *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  const PetscReal   *v;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(x->state, &v));
  PetscCall(p->norm(p->context, v, &x->norm));
  PetscCall(VecRestoreArrayRead(x->state, &v));
  PetscCall(TSSetTolerances(
    x->ts,
    PetscMax(stepper->tolerance / x->caution * x->norm / PetscSqrtReal((PetscReal)x->size), PETSC_SMALL * PETSC_SMALL),
    NULL, 0.0, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After each stage: a step that leaves what it can reach is made again, shorter. */
static PetscErrorCode KNIMEXBounded(TS ts, PetscReal t, Vec stage, PetscBool *bounded)
{
  KNStepper        stepper;
  const PetscReal *v;
  PetscReal        norm, most;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &stepper));
  most = ((IMEX *)stepper->data)->norm;
  PetscCall(VecGetArrayRead(stage, &v));
  PetscCall(stepper->evolution.norm(stepper->evolution.context, v, &norm));
  PetscCall(VecRestoreArrayRead(stage, &v));
  *bounded = (PetscBool)(norm <= (most > 0.0 ? PetscMin(KN_JUMP * most, KN_LARGEST) : KN_LARGEST)); /* false for NaN */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After each step. */
static PetscErrorCode KNIMEXInspect(TS ts)
{
  KNStepper        stepper;
  const PetscReal *v;
  PetscReal        norm;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &stepper));
  PetscCall(KNIMEXMeasure(stepper));
  norm = ((IMEX *)stepper->data)->norm;
  if (!(norm <= KN_LARGEST)) {
    PetscCall(TSSetConvergedReason(ts, TS_DIVERGED_NONLINEAR_SOLVE));
  } else if (stepper->evolution.watch) {
    PetscBool go_on = PETSC_TRUE;

    PetscCall(VecGetArrayRead(((IMEX *)stepper->data)->state, &v));
    PetscCall(stepper->evolution.watch(stepper->evolution.context, v, norm, &go_on));
    PetscCall(VecRestoreArrayRead(((IMEX *)stepper->data)->state, &v));
    if (!go_on) PetscCall(TSSetConvergedReason(ts, TS_CONVERGED_USER));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A first step by what N changes. */
static PetscErrorCode KNIMEXChoose(KNStepper stepper, PetscReal interval)
{
  IMEX              *x = (IMEX *)stepper->data;
  const KNEvolution *p = &stepper->evolution;
  const PetscReal   *n;
  PetscReal          rate;

  PetscFunctionBegin;
  PetscCall(KNIMEXRate(x->ts, 0.0, x->state, x->rate, stepper));
  PetscCall(VecGetArrayRead(x->rate, &n));
  PetscCall(p->norm(p->context, n, &rate));
  PetscCall(VecRestoreArrayRead(x->rate, &n));
  x->dt = rate > 0.0 && x->norm > 0.0 ? PetscMin(interval, KN_FIRST * x->norm / rate) : interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperStart_IMEX(KNStepper stepper, PetscReal dt)
{
  IMEX *x = (IMEX *)stepper->data;

  PetscFunctionBegin;
  x->dt    = dt;
  x->steps = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One attempt: *reason is above 0 where it succeeds. The next interval begins with the mean step of this one. */
static PetscErrorCode KNIMEXMarch(KNStepper stepper, PetscReal interval, TSConvergedReason *reason)
{
  IMEX      *x = (IMEX *)stepper->data;
  PetscReal *state;
  PetscInt   steps;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(x->state, &state));
  PetscCall(PetscArraycpy(state, stepper->v, stepper->evolution.size));
  PetscCall(VecRestoreArrayWrite(x->state, &state));
  PetscCall(KNIMEXMeasure(stepper));
  *reason = TS_DIVERGED_NONLINEAR_SOLVE;
  if (!(x->norm <= KN_LARGEST)) PetscFunctionReturn(PETSC_SUCCESS);
  if (x->dt == 0.0) PetscCall(KNIMEXChoose(stepper, interval));
  PetscCall(TSSetStepNumber(x->ts, 0));
  PetscCall(TSRestartStep(x->ts));
  PetscCall(TSSetTime(x->ts, 0.0));
  PetscCall(TSSetMaxTime(x->ts, interval));
  PetscCall(TSSetTimeStep(x->ts, PetscMin(interval, x->dt / x->caution)));
  if (stepper->max_steps) PetscCall(TSSetMaxSteps(x->ts, PetscMax(stepper->max_steps - x->steps, 0)));
  PetscCall(TSSolve(x->ts, x->state));
  PetscCall(TSGetConvergedReason(x->ts, reason));
  PetscCall(TSGetStepNumber(x->ts, &steps));
  x->steps += steps;
  if (*reason > 0) x->dt = interval / (PetscReal)steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperAdvance_IMEX(KNStepper stepper, PetscReal interval, KNSolverReport *report)
{
  IMEX             *x      = (IMEX *)stepper->data;
  TSConvergedReason reason = TS_CONVERGED_ITERATING;
  const PetscReal  *state;
  PetscReal         t;

  PetscFunctionBegin;
  x->caution = 1.0;
  for (PetscInt attempt = 0; attempt < KN_ATTEMPTS && reason <= 0; attempt++, x->caution *= 4.0) {
    if (attempt) report->retried = PETSC_TRUE;
    PetscCall(KNIMEXMarch(stepper, interval, &reason));
  }
  report->iterations = x->steps;
  report->converged  = (PetscBool)(reason == TS_CONVERGED_TIME);
  if (reason == TS_CONVERGED_ITS) {
    PetscCall(TSGetTime(x->ts, &t));
    (void)KNSolverSpent(stepper->max_steps, x->steps, stepper->t + t, report->reason);
  } else if (reason <= 0) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "time stepping failed between t = %.6g and %.6g: %s", (double)stepper->t,
                            (double)(stepper->t + interval), TSConvergedReasons[reason]));
  }
  PetscCall(VecGetArrayRead(x->state, &state));
  PetscCall(PetscArraycpy(stepper->v, state, stepper->evolution.size));
  PetscCall(VecRestoreArrayRead(x->state, &state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNStepperDestroy_IMEX(KNStepper stepper)
{
  IMEX *x = (IMEX *)stepper->data;

  PetscFunctionBegin;
  PetscCall(TSDestroy(&x->ts));
  PetscCall(MatDestroy(&x->implicit));
  PetscCall(VecDestroy(&x->state));
  PetscCall(VecDestroy(&x->rate));
  PetscCall(KNFree(&stepper->v));
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStepperCreate_IMEX(const KNEvolution *evolution, const char prefix[], PetscReal tolerance,
                                    KNStepper *stepper)
{
  const PetscInt size = (PetscInt)evolution->size;
  IMEX          *x;
  SNES           snes;
  KSP            ksp;
  PC             pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(stepper));
  PetscCall(PetscNew(&x));
  (*stepper)->data = x;
  (*stepper)->ops =
    (KNStepperOps){.start = KNStepperStart_IMEX, .advance = KNStepperAdvance_IMEX, .destroy = KNStepperDestroy_IMEX};
  (*stepper)->evolution = *evolution;
  (*stepper)->tolerance = tolerance;
  PetscCall(KNMalloc(evolution->size, sizeof(PetscReal), &(*stepper)->v));
  PetscCall(VecCreate(evolution->comm, &x->state));
  PetscCall(VecSetSizes(x->state, size, PETSC_DETERMINE));
  PetscCall(VecSetType(x->state, VECSTANDARD));
  PetscCall(VecDuplicate(x->state, &x->rate));
  PetscCall(VecGetSize(x->state, &x->size));
  PetscCall(TSCreate(evolution->comm, &x->ts));
  PetscCall(TSSetOptionsPrefix(x->ts, prefix));
  PetscCall(TSSetApplicationContext(x->ts, *stepper));
  PetscCall(TSSetType(x->ts, TSARKIMEX));
  PetscCall(TSARKIMEXSetType(x->ts, TSARKIMEX4));
  PetscCall(MatCreateShell(evolution->comm, size, size, x->size, x->size, *stepper, &x->implicit));
  PetscCall(TSSetRHSFunction(x->ts, NULL, KNIMEXRate, *stepper));
  PetscCall(TSSetIFunction(x->ts, NULL, KNIMEXImplicit, *stepper));
  PetscCall(TSSetIJacobian(x->ts, x->implicit, x->implicit, KNIMEXJacobian, *stepper));
  PetscCall(TSGetSNES(x->ts, &snes));
  PetscCall(SNESSetType(snes, SNESKSPONLY));
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, *stepper));
  PetscCall(PCShellSetApply(pc, KNIMEXDivide));
  PetscCall(TSSetFunctionDomainError(x->ts, KNIMEXBounded));
  PetscCall(TSSetPostStep(x->ts, KNIMEXInspect));
  PetscCall(TSSetExactFinalTime(x->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetMaxSteps(x->ts, PETSC_MAX_INT));
  PetscCall(TSSetErrorIfStepFails(x->ts, PETSC_FALSE));
  PetscCall(TSSetFromOptions(x->ts));
  PetscCall(TSSetSolution(x->ts, x->state));
  PetscCall(TSSetUp(x->ts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Time stepping of vorticity in Fourier space, by PETSc's TS. With N(w) = -u . grad w + f and the diagonal L =
  -viscosity |kappa|^2:

    w_t = N(w) + L w

  IMEX: ARK4(3)6L[2]SA of Kennedy & Carpenter (2003), N explicit, L implicit; the implicit systems (shift - L) w = b
  are divisions. Error control on the root mean square of the field, not on single coefficients, which range over many
  decades.

  LI2020 (Li et al. 2020, arXiv 2010.08895): (w' - w)/dt = N(w) + L (w + w')/2, that is

    w' = w + dt (N(w) + L w)/(1 - dt L/2)

  forward Euler on a filtered rate. A wave of speed u and viscosity nu is damped only if dt <= 2 nu/u^2.

  The equation bounds its solutions: d/dt |w| <= |f| in the root mean square, as advection conserves |w| and viscosity
  lowers it. A state that leaves |w_0| + t |f| is unstable, whatever the reason, and is given up at that step.
*/
#include <petscts.h>
#include "vorticity.h"

#define KN_COURANT_FIRST 0.5  /* of the first step, if dt is not given */
#define KN_BOUND_SLACK   1.01 /* of |w_0| + t |f|, which holds for exact time integration */

struct _p_KNVorticity {
  KNTorus           torus;
  KNVorticityScheme scheme;
  PetscReal         spacing; /* length/n */
  PetscReal         viscosity, dt, rtol, caution;
  PetscInt          global_size; /* reals in the coefficients of all ranks, 2 n m */
  PetscReal        *forcing;     /* coefficients; NULL: none */
  PetscReal         forcing_norm;
  PetscReal         initial_norm, norm; /* |w_0|, |w| */
  PetscReal         shift;              /* of the implicit system */
  PetscReal         t;                  /* where Advance() stopped */
  TS                ts;
  Vec               state, rate; /* coefficients; rate: scratch of Start() */
  Mat               implicit;    /* shift - L, applied by nothing but its inverse */
  KNSolverReport   *report;      /* of the running Advance() */
};

/* residual = slope - L w: slope, w, laplace, residual (size). */
static void kn_vorticity_implicit(PetscReal *residual, const PetscReal *slope, const PetscReal *w,
                                  const PetscReal *laplace, PetscReal viscosity, size_t size)
{
  for (size_t s = 0; s < size; s++) residual[s] = slope[s] + viscosity * laplace[s] * w[s];
}

/* w = b/(shift - L), each (size). */
static void kn_vorticity_divide(PetscReal *w, const PetscReal *b, const PetscReal *laplace, PetscReal viscosity,
                                PetscReal shift, size_t size)
{
  for (size_t s = 0; s < size; s++) w[s] = b[s] / (shift + viscosity * laplace[s]);
}

/* rate = (rate + L w)/(1 - dt L/2), each (size). */
static void kn_vorticity_filter(PetscReal *rate, const PetscReal *w, const PetscReal *laplace, PetscReal viscosity,
                                PetscReal dt, size_t size)
{
  for (size_t s = 0; s < size; s++)
    rate[s] = (rate[s] - viscosity * laplace[s] * w[s]) / (1.0 + 0.5 * dt * viscosity * laplace[s]);
}

/* N(w), and the filtered rate of LI2020. */
static PetscErrorCode KNVorticityRate(TS ts, PetscReal t, Vec state, Vec derivative, void *context)
{
  KNVorticity      v    = (KNVorticity)context;
  const size_t     size = KNTorusSize(v->torus);
  const PetscReal *w;
  PetscReal       *rate, dt;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &w));
  PetscCall(VecGetArrayWrite(derivative, &rate));
  PetscCall(KNTorusAdvect(v->torus, w, rate));
  if (v->forcing) {
    for (size_t s = 0; s < size; s++) rate[s] += v->forcing[s];
  }
  if (v->scheme == KN_VORTICITY_LI2020) {
    PetscCall(TSGetTimeStep(ts, &dt));
    kn_vorticity_filter(rate, w, KNTorusLaplace(v->torus), v->viscosity, dt, size);
  }
  PetscCall(VecRestoreArrayWrite(derivative, &rate));
  PetscCall(VecRestoreArrayRead(state, &w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* F(w, w_t) = w_t - L w */
static PetscErrorCode KNVorticityImplicit(TS ts, PetscReal t, Vec state, Vec slope, Vec residual, void *context)
{
  KNVorticity      v = (KNVorticity)context;
  const PetscReal *w, *wt;
  PetscReal       *f;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &w));
  PetscCall(VecGetArrayRead(slope, &wt));
  PetscCall(VecGetArrayWrite(residual, &f));
  kn_vorticity_implicit(f, wt, w, KNTorusLaplace(v->torus), v->viscosity, KNTorusSize(v->torus));
  PetscCall(VecRestoreArrayWrite(residual, &f));
  PetscCall(VecRestoreArrayRead(slope, &wt));
  PetscCall(VecRestoreArrayRead(state, &w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNVorticityJacobian(TS ts, PetscReal t, Vec state, Vec slope, PetscReal shift, Mat jacobian,
                                          Mat preconditioner, void *context)
{
  PetscFunctionBegin;
  ((KNVorticity)context)->shift = shift;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNVorticityDivide(PC pc, Vec right, Vec state)
{
  KNVorticity      v;
  const PetscReal *b;
  PetscReal       *w;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &v));
  PetscCall(VecGetArrayRead(right, &b));
  PetscCall(VecGetArrayWrite(state, &w));
  kn_vorticity_divide(w, b, KNTorusLaplace(v->torus), v->viscosity, v->shift, KNTorusSize(v->torus));
  PetscCall(VecRestoreArrayWrite(state, &w));
  PetscCall(VecRestoreArrayRead(right, &b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Takes the norm of the state, and the tolerance of the next step from it: TS's norm is the mean over the reals of the
  Vec.
*/
static PetscErrorCode KNVorticityMeasure(KNVorticity v)
{
  const PetscReal *w;
  PetscReal        tolerance;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v->state, &w));
  PetscCall(KNTorusNorm(v->torus, w, &v->norm));
  PetscCall(VecRestoreArrayRead(v->state, &w));
  if (v->scheme == KN_VORTICITY_IMEX) {
    tolerance =
      v->rtol / v->caution * PetscMax(v->norm, v->spacing * v->forcing_norm) / PetscSqrtReal((PetscReal)v->global_size);
    PetscCall(TSSetTolerances(v->ts, PetscMax(tolerance, PETSC_SMALL * PETSC_SMALL), NULL, 0.0, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After each step: is this still a solution? */
static PetscErrorCode KNVorticityInspect(TS ts)
{
  KNVorticity v;
  PetscReal   t, dt, speed, courant = 0.0;
  PetscBool   bounded;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &v));
  PetscCall(TSGetTime(ts, &t));
  PetscCall(KNVorticityMeasure(v));
  bounded = (PetscBool)(v->norm <= KN_BOUND_SLACK * (v->initial_norm + t * v->forcing_norm)); /* false for NaN */
  if (v->scheme == KN_VORTICITY_LI2020) {
    PetscCall(TSGetTimeStep(ts, &dt));
    PetscCall(KNTorusSpeed(v->torus, &speed));
    courant = dt * speed / v->spacing;
  }
  if (bounded && courant <= 1.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSSetConvergedReason(ts, TS_DIVERGED_NONLINEAR_SOLVE));
  if (courant > 1.0)
    PetscCall(PetscSNPrintf(v->report->reason, sizeof(v->report->reason),
                            "Courant number %.3g at t = %.6g: lower the time step", (double)courant, (double)t));
  else
    PetscCall(PetscSNPrintf(
      v->report->reason, sizeof(v->report->reason),
      "unstable: vorticity of root mean square %.3g at t = %.6g, where at most %.3g is possible; lower the time step",
      (double)v->norm, (double)t, (double)(v->initial_norm + t * v->forcing_norm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNVorticityCreateStepper(KNVorticity v, MPI_Comm comm, const char prefix[])
{
  const PetscInt size = (PetscInt)KNTorusSize(v->torus);
  SNES           snes;
  KSP            ksp;
  PC             pc;

  PetscFunctionBegin;
  PetscCall(VecCreate(comm, &v->state));
  PetscCall(VecSetSizes(v->state, size, v->global_size));
  PetscCall(VecSetType(v->state, VECSTANDARD));
  PetscCall(VecDuplicate(v->state, &v->rate));
  PetscCall(TSCreate(comm, &v->ts));
  PetscCall(TSSetOptionsPrefix(v->ts, prefix));
  PetscCall(TSSetApplicationContext(v->ts, v));
  PetscCall(TSSetRHSFunction(v->ts, NULL, KNVorticityRate, v));
  if (v->scheme == KN_VORTICITY_LI2020) {
    PetscCall(TSSetType(v->ts, TSEULER));
  } else {
    PetscCall(TSSetType(v->ts, TSARKIMEX));
    PetscCall(TSARKIMEXSetType(v->ts, TSARKIMEX4));
    PetscCall(MatCreateShell(comm, size, size, v->global_size, v->global_size, v, &v->implicit));
    PetscCall(TSSetIFunction(v->ts, NULL, KNVorticityImplicit, v));
    PetscCall(TSSetIJacobian(v->ts, v->implicit, v->implicit, KNVorticityJacobian, v));
    PetscCall(TSGetSNES(v->ts, &snes));
    PetscCall(SNESSetType(snes, SNESKSPONLY));
    PetscCall(SNESGetKSP(snes, &ksp));
    PetscCall(KSPSetType(ksp, KSPPREONLY));
    PetscCall(KSPGetPC(ksp, &pc));
    PetscCall(PCSetType(pc, PCSHELL));
    PetscCall(PCShellSetContext(pc, v));
    PetscCall(PCShellSetApply(pc, KNVorticityDivide));
  }
  PetscCall(TSSetPostStep(v->ts, KNVorticityInspect));
  PetscCall(TSSetExactFinalTime(v->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetMaxSteps(v->ts, PETSC_MAX_INT));
  PetscCall(TSSetErrorIfStepFails(v->ts, PETSC_FALSE));
  PetscCall(TSSetFromOptions(v->ts));
  PetscCall(TSSetSolution(v->ts, v->state));
  PetscCall(TSSetUp(v->ts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityCreate(MPI_Comm comm, const char prefix[], PetscInt n, PetscReal length, PetscReal viscosity,
                                 KNVorticityScheme scheme, PetscReal dt, PetscReal rtol, KNVorticity *vorticity)
{
  KNVorticity v;

  PetscFunctionBegin;
  PetscCall(PetscNew(vorticity));
  v              = *vorticity;
  v->scheme      = scheme;
  v->spacing     = length / (PetscReal)n;
  v->viscosity   = viscosity;
  v->dt          = dt;
  v->rtol        = rtol;
  v->global_size = 2 * n * (n / 2 + 1);
  PetscCall(
    KNTorusCreate(comm, n, length, scheme == KN_VORTICITY_IMEX ? KN_PRODUCT_ALIAS_FREE : KN_PRODUCT_LI2020, &v->torus));
  PetscCall(KNVorticityCreateStepper(v, comm, prefix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityDestroy(KNVorticity *vorticity)
{
  PetscFunctionBegin;
  if (!*vorticity) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSDestroy(&(*vorticity)->ts));
  PetscCall(MatDestroy(&(*vorticity)->implicit));
  PetscCall(VecDestroy(&(*vorticity)->state));
  PetscCall(VecDestroy(&(*vorticity)->rate));
  PetscCall(KNFree(&(*vorticity)->forcing));
  PetscCall(KNTorusDestroy(&(*vorticity)->torus));
  PetscCall(PetscFree(*vorticity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityGetTorus(KNVorticity vorticity, KNTorus *torus)
{
  PetscFunctionBegin;
  *torus = vorticity->torus;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNVorticitySetViscosity(KNVorticity v, PetscReal viscosity)
{
  v->viscosity = viscosity;
}

PetscErrorCode KNVorticitySetForcing(KNVorticity v, const PetscReal forcing[])
{
  PetscFunctionBegin;
  if (!v->forcing) PetscCall(KNMalloc(KNTorusSize(v->torus), sizeof(PetscReal), &v->forcing));
  PetscCall(KNTorusForward(v->torus, forcing, v->forcing));
  PetscCall(KNTorusNorm(v->torus, v->forcing, &v->forcing_norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityStart(KNVorticity v, const PetscReal w[], PetscReal caution)
{
  PetscReal *state, speed;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(v->state, &state));
  PetscCall(PetscArraycpy(state, w, KNTorusSize(v->torus)));
  PetscCall(VecRestoreArrayWrite(v->state, &state));
  v->t       = 0.0;
  v->caution = caution;
  PetscCall(KNVorticityMeasure(v));
  v->initial_norm = v->norm;
  PetscCall(TSSetStepNumber(v->ts, 0));
  PetscCall(TSRestartStep(v->ts));
  if (v->dt > 0.0) {
    PetscCall(TSSetTimeStep(v->ts, v->dt / caution));
  } else {
    /* the speed is what an evaluation leaves behind; a fluid at rest gets a long step, which error control cuts */
    PetscCall(TSComputeRHSFunction(v->ts, 0.0, v->state, v->rate));
    PetscCall(KNTorusSpeed(v->torus, &speed));
    PetscCall(TSSetTimeStep(v->ts, KN_COURANT_FIRST * v->spacing / PetscMax(speed, v->spacing) / caution));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityAdvance(KNVorticity v, PetscReal t, KNSolverReport *report)
{
  const PetscReal   interval = t - v->t, dt = v->dt / v->caution;
  TSConvergedReason reason;

  PetscFunctionBegin;
  report->converged = PETSC_TRUE;
  if (interval <= 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  if (!PetscIsNormalReal(v->initial_norm) && v->initial_norm != 0.0) {
    report->converged = PETSC_FALSE;
    PetscCall(PetscStrncpy(report->reason, "the initial field is not finite", sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  v->report = report;
  PetscCall(TSSetTime(v->ts, v->t));
  PetscCall(TSSetMaxTime(v->ts, t));
  /* equal steps that end at t */
  if (v->scheme == KN_VORTICITY_LI2020)
    PetscCall(TSSetTimeStep(v->ts, interval / PetscCeilReal(interval / dt * (1.0 - PETSC_SMALL))));
  PetscCall(TSSolve(v->ts, v->state));
  PetscCall(TSGetConvergedReason(v->ts, &reason));
  PetscCall(TSGetStepNumber(v->ts, &report->iterations));
  v->t              = t;
  report->converged = (PetscBool)(reason > 0);
  if (!report->converged && !report->reason[0])
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason), "time stepping failed before t = %.6g: %s",
                            (double)t, TSConvergedReasons[reason]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityGetState(KNVorticity v, PetscReal w[])
{
  const PetscReal *state;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(v->state, &state));
  PetscCall(PetscArraycpy(w, state, KNTorusSize(v->torus)));
  PetscCall(VecRestoreArrayRead(v->state, &state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

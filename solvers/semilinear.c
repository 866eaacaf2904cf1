/*
  The engine for semilinear equations on the torus, u_t = L u + N(u): an equation's table (semilinear.h) becomes a
  solver.

    space  modes |k_i| <= K of a grid of n points a side, (p + 1) K < n for N of degree p: nothing is aliased, and what
    Galerkin's method conserves is conserved (modes.c)
    time   exponential or implicit-explicit steps of controlled error (stepper.h); equations without N are solved
    exactly
    start  Gaussian random fields, changed by the equation; or given fields, without the modes that both grids do not
    hold
    force  of some equations: Gaussian fields, constant in time, of the modes of the stored grid, that N has beside
    products; the input of a sample
    output u at the times 0, T/(frames - 1), .., T; frame 0 is the initial field, or the one spin_up later; or pairs of
    the initial field and the last one

  A solution that its grid does not hold shows at the cut-off: a sample is reported where after a step the last tenth of
  the modes has more than a share of u, and more than at the start. Several ranks solve a sample in slabs: none holds
  the solve grid, each the stored one.
*/
#include <kitinet/error.h>
#include "semilinear_impl.h"

#define KN_SPIN_UP_STEPS 1000 /* intervals of it, at most */

static PetscErrorCode KNSemilinearNorm(void *context, const PetscReal v[], PetscReal *norm)
{
  const Semilinear *s = (const Semilinear *)context;

  PetscFunctionBegin;
  PetscCall(KNModesSquare(s->modes, s->fields, KNModesWeights(s->modes), v, norm));
  *norm = PetscSqrtReal(*norm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSemilinearRate(void *context, const PetscReal v[], PetscReal n[])
{
  PetscFunctionBegin;
  PetscCall(KNRateEvaluate(&((Semilinear *)context)->rate, v, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After a step: do the modes hold the solution? */
static PetscErrorCode KNSemilinearWatch(void *context, const PetscReal v[], PetscReal norm, PetscBool *go_on)
{
  Semilinear *s = (Semilinear *)context;
  PetscReal   edge;

  PetscFunctionBegin;
  PetscCall(KNModesSquare(s->modes, s->fields, s->edge, v, &edge));
  if (edge > PetscMax(2.0 * s->edge_at_start, PetscSqr(s->unresolved * norm))) {
    s->excess = PetscSqrtReal(edge) / norm;
    *go_on    = PETSC_FALSE;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* L and the constants, mode by mode. */
static void KNSemilinearLinear(Semilinear *s)
{
  const size_t count = KNModesCount(s->modes);

  for (size_t i = 0; i < count; i++) {
    PetscReal kappa[KN_MAX_DIM];

    for (PetscInt d = 0; d < KN_MAX_DIM; d++) kappa[d] = KNModesKappa(s->modes, d)[i];
    for (PetscInt f = 0; f < s->fields; f++) {
      const size_t mode = 2 * ((size_t)f * count + i);

      s->equation->symbol(s->linear + mode, f, kappa, s->rate.p);
      if (s->equation->constant && kn_square(kappa) == 0.0) {
        s->rate.force[mode] = s->equation->constant(f, s->rate.p);
      }
    }
  }
}

static PetscErrorCode KNSolverUpdate_Semilinear(KNSolver solver)
{
  Semilinear *s = (Semilinear *)solver->data;

  PetscFunctionBegin;
  KNSemilinearLinear(s);
  PetscCall(KNStepperUpdate(s->stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The weights at the cut-off, mode by mode. */
static void KNSemilinearEdge(Semilinear *s, PetscInt highest)
{
  const size_t count = KNModesCount(s->modes);

  for (size_t i = 0; i < count; i++) {
    PetscInt k = 0;

    for (PetscInt d = 0; d < KN_MAX_DIM; d++) k = PetscMax(k, PetscAbsInt(KNModesWavenumbers(s->modes, d)[i]));
    s->edge[i] = 10 * k > 9 * highest ? KNModesWeights(s->modes)[i] : 0.0;
  }
}

static PetscErrorCode KNSolverSetUp_Semilinear(KNSolver solver)
{
  Semilinear         *s       = (Semilinear *)solver->data;
  const KNSemilinear *e       = s->equation;
  const PetscInt      highest = (s->n - 1) / (e->degree + 1);
  KNEvolution         evolution;
  size_t              size;

  PetscFunctionBegin;
  s->fields = e->fields ? e->fields : s->axes;
  PetscCall(KNModesCreate(solver->comm, s->axes, s->n, highest, s->length, &s->modes));
  PetscCall(KNModesCreate(PETSC_COMM_SELF, s->axes, s->resolution, PetscMin(highest, (s->resolution - 1) / 2),
                          s->length, &s->stored));
  size = 2 * (size_t)s->fields * KNModesCount(s->modes);
  PetscCall(KNMalloc(size, sizeof(PetscReal), &s->linear));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &s->initial));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &s->state));
  PetscCall(KNMalloc(KNModesCount(s->modes), sizeof(PetscReal), &s->edge));
  PetscCall(KNMalloc(2 * KNModesCount(s->stored), sizeof(PetscReal), &s->stored_modes));
  PetscCall(KNMalloc(KNModesRoom(s->stored), sizeof(PetscReal), &s->stored_points));
  for (PetscInt f = 0; e->initial && f < s->fields; f++) {
    PetscCall(KNMalloc(KNModesRoom(s->modes), sizeof(PetscReal), &s->drawn[f]));
  }
  s->rate.equation = e;
  s->rate.axes     = s->axes;
  s->rate.fields   = s->fields;
  s->rate.modes    = s->modes;
  s->rate.forced   = (PetscBool)s->forcing;
  PetscCall(KNRateCreate(&s->rate));
  KNSemilinearLinear(s);
  KNSemilinearEdge(s, highest);
  evolution = (KNEvolution){.comm      = solver->comm,
                            .size      = size,
                            .linear    = s->linear,
                            .constant  = s->rate.force,
                            .context   = s,
                            .nonlinear = e->degree > 1 ? KNSemilinearRate : NULL,
                            .norm      = KNSemilinearNorm,
                            .watch     = KNSemilinearWatch};
  PetscCall(KNStepperCreate(&evolution, (KNSteps)s->scheme, s->prefix, s->tolerance, &s->stepper));
  s->stepper->max_steps = solver->max_steps;
  PetscCall(KNPeriodicFieldSetUp(s->random, 2 * highest + 1)); /* |k_i| <= K */
  if (s->forcing) PetscCall(KNPeriodicFieldSetUp(s->force, 2 * PetscMin(highest, (s->resolution - 1) / 2) + 1));
  PetscCall(KNSolverDescribe_Semilinear(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fields v (fields, count, 2) on the stored grid: frame (fields, S), whole on every rank. */
static PetscErrorCode KNSemilinearStore(KNSolver solver, const PetscReal v[], PetscReal frame[])
{
  Semilinear  *s     = (Semilinear *)solver->data;
  const size_t count = KNModesCount(s->modes), size = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(s->state, v, 2 * (size_t)s->fields * count));
  KNRateToFields(&s->rate, s->state);
  for (PetscInt f = 0; f < s->fields; f++) {
    PetscCall(KNModesCopy(s->modes, s->state + 2 * (size_t)f * count, s->stored, s->stored_modes));
    PetscCall(KNModesBackward(s->stored, s->stored_modes, KN_NO_AXIS, s->stored_points));
    KNModesToGrid(s->stored, s->stored_points, frame + (size_t)f * size);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c (fields, count, 2), the random fields number `first` .., drawn where modes are kept: the same on any ranks. */
static PetscErrorCode KNSemilinearRandom(Semilinear *s, KNPeriodicField random, PetscInt64 seed, PetscInt64 sample,
                                         PetscInt first, PetscReal c[])
{
  const size_t count = KNModesCount(s->modes);

  PetscFunctionBegin;
  for (PetscInt f = 0; f < s->fields; f++) {
    for (size_t i = 0; i < count; i++) {
      PetscInt k[KN_MAX_DIM];

      for (PetscInt d = 0; d < s->axes; d++) k[d] = KNModesWavenumbers(s->modes, d)[i];
      PetscCall(KNPeriodicFieldCoefficient(random, seed, sample, first + f, k, c + 2 * ((size_t)f * count + i)));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The initial field, the same on any grid, then the force, of the modes that the stored grid has. */
static PetscErrorCode KNSolverDraw_Semilinear(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Semilinear  *s     = (Semilinear *)solver->data;
  const size_t count = KNModesCount(s->modes);

  PetscFunctionBegin;
  PetscCall(KNSemilinearRandom(s, s->random, seed, sample, 0, s->initial));
  if (s->equation->initial) {
    for (PetscInt f = 0; f < s->fields; f++) {
      PetscCall(KNModesBackward(s->modes, s->initial + 2 * (size_t)f * count, KN_NO_AXIS, s->drawn[f]));
    }
    s->equation->initial(s->drawn, s->rate.p, KNModesPoints(s->modes));
    PetscCall(PetscArrayzero(s->initial, 2 * (size_t)s->fields * count));
    for (PetscInt f = 0; f < s->fields; f++) {
      PetscCall(KNModesForward(s->modes, s->drawn[f]));
      KNModesAdd(s->modes, 1.0, KN_NO_AXIS, s->initial + 2 * (size_t)f * count);
    }
  }
  s->start = s->spin_up;
  if (s->forcing) {
    PetscCall(KNSemilinearRandom(s, s->force, seed, sample, s->fields, s->rate.force));
    KNRateProject(&s->rate, s->rate.force);
  }
  if (input && !s->frames) {
    PetscCall(KNSemilinearStore(solver, s->initial, input));
    input += (size_t)s->fields * KNGridSize(&solver->problem.output.grid);
  }
  if (input && s->forcing) PetscCall(KNSemilinearStore(solver, s->rate.force, input));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c (fields, count, 2): the given fields, without what one of the grids does not hold. */
static PetscErrorCode KNSemilinearTake(KNSolver solver, const PetscReal given[], PetscReal c[])
{
  Semilinear  *s    = (Semilinear *)solver->data;
  const size_t size = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  for (PetscInt f = 0; f < s->fields; f++) {
    KNModesFromGrid(s->stored, given + (size_t)f * size, s->stored_points);
    PetscCall(PetscArrayzero(s->stored_modes, 2 * KNModesCount(s->stored)));
    PetscCall(KNModesForward(s->stored, s->stored_points));
    KNModesAdd(s->stored, 1.0, KN_NO_AXIS, s->stored_modes);
    PetscCall(KNModesCopy(s->stored, s->stored_modes, s->modes, c + 2 * (size_t)f * KNModesCount(s->modes)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The initial fields, then the force. */
static PetscErrorCode KNSolverTake_Semilinear(KNSolver solver, const PetscReal given[])
{
  Semilinear  *s    = (Semilinear *)solver->data;
  const size_t size = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  PetscCall(KNSemilinearTake(solver, given, s->initial));
  if (s->forcing) {
    PetscCall(KNSemilinearTake(solver, given + (size_t)s->fields * size, s->rate.force));
    KNRateProject(&s->rate, s->rate.force);
  }
  s->start = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Time 0. Fails where the initial fields are not finite. */
static PetscErrorCode KNSemilinearBegin(Semilinear *s, KNSolverReport *report)
{
  PetscReal norm;

  PetscFunctionBegin;
  KNRateProject(&s->rate, s->initial);
  KNRateToState(&s->rate, s->initial);
  PetscCall(KNSemilinearNorm(s, s->initial, &norm));
  PetscCall(KNModesSquare(s->modes, s->fields, s->edge, s->initial, &s->edge_at_start));
  s->excess = 0.0;
  PetscCall(KNStepperStart(s->stepper, s->initial, s->dt));
  report->converged = (PetscBool)!PetscIsInfOrNanReal(norm);
  if (!report->converged) {
    PetscCall(PetscStrncpy(report->reason, "the initial field is not finite", sizeof(report->reason)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Marches on; fails where the modes did not hold the solution. */
static PetscErrorCode KNSemilinearAdvance(Semilinear *s, PetscReal interval, KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(KNStepperAdvance(s->stepper, interval, report));
  if (report->converged || s->excess == 0.0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                          "not resolved, %.3g of the fields at the cut-off of the modes: raise -%sgrid, or "
                          "-%sunresolved",
                          (double)s->excess, s->prefix, s->prefix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Semilinear(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Semilinear     *s        = (Semilinear *)solver->data;
  const size_t    frame    = (size_t)s->fields * KNGridSize(&solver->problem.output.grid);
  const PetscInt  frames   = s->frames ? s->frames : 2; /* a pair keeps the second */
  const PetscReal interval = s->final_time / (PetscReal)(frames - 1);
  const PetscInt  before   = (PetscInt)PetscMin(PetscCeilReal(s->start / interval), KN_SPIN_UP_STEPS);

  PetscFunctionBegin;
  PetscCall(KNSemilinearBegin(s, report));
  for (PetscInt i = 0; i < before && report->converged; i++) {
    PetscCall(KNSemilinearAdvance(s, s->start / (PetscReal)before, report));
  }
  for (PetscInt i = 0; i < frames && report->converged; i++) {
    if (i) PetscCall(KNSemilinearAdvance(s, interval, report));
    if (report->converged) {
      PetscCall(KNSemilinearStore(solver, KNStepperState(s->stepper), s->frames ? output + (size_t)i * frame : output));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Semilinear(KNSolver solver)
{
  Semilinear *s        = (Semilinear *)solver->data;
  PetscReal **arrays[] = {&s->linear,   &s->edge,     &s->initial,      &s->state,        &s->drawn[0],
                          &s->drawn[1], &s->drawn[2], &s->stored_modes, &s->stored_points};

  PetscFunctionBegin;
  PetscCall(KNStepperDestroy(&s->stepper));
  PetscCall(KNRateDestroy(&s->rate));
  PetscCall(KNModesDestroy(&s->modes));
  PetscCall(KNModesDestroy(&s->stored));
  PetscCall(KNPeriodicFieldDestroy(&s->random));
  PetscCall(KNPeriodicFieldDestroy(&s->force));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSemilinearCreate(KNSolver solver, const KNSemilinear *equation)
{
  Semilinear *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->equation   = equation;
  s->axes       = equation->axes;
  s->n          = equation->grid;
  s->frames     = equation->frames;
  s->length     = equation->length;
  s->final_time = equation->final_time;
  s->spin_up    = equation->spin_up;
  s->tolerance  = equation->tolerance > 0.0 ? equation->tolerance : 1e-6;
  s->unresolved = equation->unresolved > 0.0 ? equation->unresolved : 1e-3;
  for (PetscInt i = 0; i < KN_MAX_COEFFICIENTS; i++) s->rate.p[i] = equation->coefficient[i].value;
  PetscCall(PetscSNPrintf(s->prefix, sizeof(s->prefix), "%s_", solver->problem.pde));

  solver->data               = s;
  solver->max_steps          = equation->degree > 1 ? KN_MAX_STEPS : 0; /* what is linear takes one for a frame */
  solver->ops.setfromoptions = KNSolverSetFromOptions_Semilinear;
  solver->ops.setup          = KNSolverSetUp_Semilinear;
  solver->ops.update         = KNSolverUpdate_Semilinear;
  solver->ops.draw           = KNSolverDraw_Semilinear;
  solver->ops.take           = KNSolverTake_Semilinear;
  solver->ops.solve          = KNSolverSolve_Semilinear;
  solver->ops.destroy        = KNSolverDestroy_Semilinear;
  PetscFunctionReturn(PETSC_SUCCESS);
}

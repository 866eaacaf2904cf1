/*
  Burgers' equation: a velocity u that steepens into viscous shocks and decays.

      u_t + (u^2/2)_x = nu u_xx, periodic on [0, 1], u(x, 0) = u0, a Gaussian random field (periodic_field.c)

  The defaults are the distribution of the benchmark of Li et al. 2020 (arXiv 2010.08895): nu = 0.1, u0 of covariance
  625 (-Laplace + 25)^-2, u at t = 1. With burgers_frames 0 the samples are pairs (u0, u at the final time), else
  trajectories of that many frames, u0 the first.
*/
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <math.h>
#include "burgers_flow.h"
#include "coefficient.h"

static PetscErrorCode KNSolverSetFromOptions_Burgers(KNSolver solver)
{
  Burgers *d = (Burgers *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Burgers' equation, u_t + (u^2/2)_x = nu u_xx, periodic on [0, 1]"));
  PetscCall(KNOptionsInt("-burgers_grid", "points of the solver's grid", 8, 1 << 20, &d->n));
  d->resolution = d->n;
  PetscCall(KNOptionsInt("-burgers_resolution", "points of the stored fields, at most and by default -burgers_grid", 4,
                         d->n, &d->resolution));
  PetscCall(KNSolverCoefficient(solver, "-burgers_viscosity", "viscosity nu", "nu", 1e-6, 1e3, &d->viscosity));
  PetscCall(KNOptionsReal("-burgers_final_time", "final time", 1e-6, 1e6, &d->final_time));
  PetscCall(
    KNOptionsInt("-burgers_frames",
                 "states stored from 0 to the final time, both included; 0: the operator from u0 to the final state", 0,
                 100000, &d->frames));
  PetscCheck(d->frames != 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-burgers_frames 1 would store the initial state alone; choose 0 for the operator from u0 to the final "
             "state, or 2 or more");
  PetscCall(
    KNOptionsReal("-burgers_dt", "time step to begin with, halved until the error is small", 1e-7, 1e3, &d->dt));
  PetscCheck(d->final_time <= KN_STEPS * d->dt, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-burgers_dt %g makes over a million steps until -burgers_final_time %g: raise the step, which is halved "
             "where needed",
             (double)d->dt, (double)d->final_time);
  PetscCall(KNOptionsReal("-burgers_tolerance",
                          "relative L2 error of the states, and share of them that may lie at the cut-off of the modes",
                          1e-13, 1.0, &d->tolerance));
  PetscCall(KNPeriodicFieldSetFromOptions(d->field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Burgers(KNSolver solver)
{
  Burgers   *d = (Burgers *)solver->data;
  KNProblem *p = &solver->problem;
  PetscReal  alpha, tau, scale;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldGetParameters(d->field, &alpha, &tau, &scale));
  PetscCall(PetscStrncpy(p->equation, "u_t + (u^2/2)_x = nu u_xx on the unit interval", sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, "periodic", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNGridMake(1, &d->resolution, KN_POINTS_PERIODIC));
  p->frames = d->frames;
  p->times  = d->times;
  if (!d->frames) p->input.field[p->input.fields++] = (KNField){.name = "u0", .unit = "1"};
  p->output.field[p->output.fields++] = (KNField){.name = "u", .unit = "1"};
  p->parameter[p->parameters++]       = (KNParameter){.name = "nu", .unit = "1", .value = d->viscosity};
  p->parameter[p->parameters++]       = (KNParameter){.name = "final_time", .unit = "1", .value = d->final_time};
  p->parameter[p->parameters++]       = (KNParameter){.name = "field_alpha", .unit = "1", .value = alpha};
  p->parameter[p->parameters++]       = (KNParameter){.name = "field_tau", .unit = "1", .value = tau};
  p->parameter[p->parameters++]       = (KNParameter){.name = "field_scale", .unit = "1", .value = scale};
  PetscCall(KNProblemAddSymmetry(p, "shift(x)"));
  PetscCall(KNProblemAddSymmetry(p, "reflect(x) negate"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* L for the viscosity in force. */
static PetscErrorCode KNSolverUpdate_Burgers(KNSolver solver)
{
  Burgers *d = (Burgers *)solver->data;

  PetscFunctionBegin;
  for (size_t k = 0; k < d->modes; k++) d->linear[k] = -d->viscosity * PetscSqr(2.0 * PETSC_PI * (PetscReal)k);
  d->levels = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNBurgersAllocate(Burgers *d)
{
  fftw_complex **arrays[] = {&d->initial, &d->state, &d->a, &d->b, &d->c, &d->nv, &d->na, &d->nb, &d->nc};

  PetscFunctionBegin;
  PetscCall(KNMalloc(d->modes, sizeof(PetscReal), &d->linear));
  PetscCall(KNMalloc(KN_LEVELS * 6 * d->modes, sizeof(PetscReal), &d->coefficients));
  for (int level = 0; level < KN_LEVELS; level++) {
    PetscReal *of_level = d->coefficients + (size_t)level * 6 * d->modes;

    d->etd[level] = (KNETDRK4){.half = of_level,
                               .full = of_level + d->modes,
                               .q    = of_level + 2 * d->modes,
                               .f1   = of_level + 3 * d->modes,
                               .f2   = of_level + 4 * d->modes,
                               .f3   = of_level + 5 * d->modes};
  }
  for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
    PetscCall(KNMalloc(d->modes, sizeof(fftw_complex), arrays[i]));
  PetscCall(KNMalloc((size_t)d->intervals * d->modes, sizeof(fftw_complex), &d->coarse));
  PetscCall(KNMalloc((size_t)d->intervals * d->modes, sizeof(fftw_complex), &d->fine));
  PetscCall(KNMalloc((size_t)d->n, sizeof(PetscReal), &d->point));
  PetscCall(KNMalloc((size_t)(d->n / 2 + 1), sizeof(fftw_complex), &d->spectrum));
  PetscCall(KNMalloc((size_t)d->frames, sizeof(PetscReal), &d->times));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Burgers(KNSolver solver)
{
  Burgers    *d = (Burgers *)solver->data;
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(solver->comm, &ranks));
  PetscCheck(ranks == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "burgers solves a sample on one rank, which any of its grids fits, not on %d: take -ranks_per_sample 1",
             ranks);
  d->modes     = (size_t)((d->n - 1) / 3 + 1);
  d->intervals = PetscMax(d->frames - 1, 1);
  d->steps     = (PetscInt)PetscCeilReal(d->final_time / ((PetscReal)d->intervals * d->dt));
  PetscCall(KNPeriodicFieldSetUp(d->field, 2 * (PetscInt)d->modes - 1)); /* |k| <= K */
  PetscCall(KNBurgersAllocate(d));
  PetscCall(KNSolverUpdate_Burgers(solver));
  for (PetscInt i = 0; i < d->frames; i++) d->times[i] = d->final_time * (PetscReal)i / (PetscReal)d->intervals;
  PetscCall(KNSolverDescribe_Burgers(solver));

  /*
    FFTW_ESTIMATE: the same plan, hence the same bits, in every run. The stored fields are the caller's memory, of any
    alignment.
  */
  d->to_points   = fftw_plan_dft_c2r_1d((int)d->n, d->spectrum, d->point, FFTW_ESTIMATE);
  d->to_modes    = fftw_plan_dft_r2c_1d((int)d->n, d->point, d->spectrum, FFTW_ESTIMATE);
  d->to_stored   = fftw_plan_dft_c2r_1d((int)d->resolution, d->spectrum, d->point, FFTW_ESTIMATE | FFTW_UNALIGNED);
  d->from_stored = fftw_plan_dft_r2c_1d((int)d->resolution, d->point, d->spectrum, FFTW_ESTIMATE | FFTW_UNALIGNED);
  PetscCheck(d->to_points && d->to_modes && d->to_stored && d->from_stored, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " or %" PetscInt_FMT " points", d->n, d->resolution);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Burgers(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Burgers *d = (Burgers *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldDraw(d->field, seed, sample, 0, d->n, d->point));
  fftw_execute_dft_r2c(d->to_modes, d->point, d->spectrum);
  KNBurgersSetInitial(d, d->n);
  if (input) KNBurgersRestrict(d, input, d->initial);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Burgers(KNSolver solver, const PetscReal given[])
{
  Burgers *d = (Burgers *)solver->data;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(d->point, given, d->resolution));
  fftw_execute_dft_r2c(d->from_stored, d->point, d->spectrum);
  KNBurgersSetInitial(d, d->resolution);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Burgers(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Burgers  *d     = (Burgers *)solver->data;
  PetscInt  level = KNBurgersFirstLevel(d);
  PetscBool finite;

  PetscFunctionBegin;
  finite = KNBurgersRun(d, level, d->fine);
  for (level++; level <= KN_HALVINGS && !report->converged; level++) {
    const PetscBool comparable = finite;
    fftw_complex   *swap       = d->coarse;

    d->coarse          = d->fine;
    d->fine            = swap;
    finite             = KNBurgersRun(d, level, d->fine);
    report->iterations = d->intervals * (d->steps << level);
    report->residual   = comparable && finite ? KNBurgersError(d) : INFINITY;
    report->converged  = (PetscBool)(report->residual <= d->tolerance);
    if (!comparable) report->retried = PETSC_TRUE;
  }
  if (d->unresolved > 0.0) {
    report->converged = PETSC_FALSE;
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "u is not resolved, %g of it at the cut-off of the modes: raise -burgers_grid",
                            (double)d->unresolved));
  } else if (!report->converged) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason), "the relative error is still %g in steps of %g",
                            (double)report->residual, (double)KNBurgersLength(d, KN_HALVINGS)));
  }

  if (d->frames) KNBurgersRestrict(d, output, d->initial);
  for (PetscInt i = 0; i < d->intervals; i++)
    KNBurgersRestrict(d, output + (size_t)(i + (d->frames > 0)) * (size_t)d->resolution,
                      d->fine + (size_t)i * d->modes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Burgers(KNSolver solver)
{
  Burgers  *d        = (Burgers *)solver->data;
  fftw_plan plans[]  = {d->to_points, d->to_modes, d->to_stored, d->from_stored};
  void     *arrays[] = {&d->linear, &d->coefficients, &d->initial,  &d->state, &d->a,  &d->b,
                        &d->c,      &d->nv,           &d->na,       &d->nb,    &d->nc, &d->coarse,
                        &d->fine,   &d->point,        &d->spectrum, &d->times};

  PetscFunctionBegin;
  for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
    if (plans[i]) fftw_destroy_plan(plans[i]);
  }
  for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(KNPeriodicFieldDestroy(&d->field));
  PetscCall(PetscFree(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Burgers(KNSolver solver)
{
  Burgers *d;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  d->n          = 8192;
  d->viscosity  = 0.1;
  d->final_time = 1.0;
  d->dt         = 0.01;
  d->tolerance  = 1e-9;
  PetscCall(KNPeriodicFieldCreate("burgers_field_", 1, 2.0, 5.0, 25.0, &d->field));

  solver->data               = d;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Burgers;
  solver->ops.setup          = KNSolverSetUp_Burgers;
  solver->ops.update         = KNSolverUpdate_Burgers;
  solver->ops.draw           = KNSolverDraw_Burgers;
  solver->ops.take           = KNSolverTake_Burgers;
  solver->ops.solve          = KNSolverSolve_Burgers;
  solver->ops.destroy        = KNSolverDestroy_Burgers;
  PetscFunctionReturn(PETSC_SUCCESS);
}

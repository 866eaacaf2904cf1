/*
  A sample of the Navier-Stokes ensemble is a pure function of seed, index and options; the initial fields are the
  benchmark's; a first frame given back yields the same flow; stored fields are those of the solve grid. Unstable
  steps are noticed and retried with smaller ones, what blows up is reported and leaves no trace, options that make no
  sense are refused.
*/
#include <kitinet/error.h>
#include <kitinet/periodic_field.h>
#include "solver_ensemble.h"

#define NS "-navier_stokes_"

/* Root mean square of u (size). */
static PetscReal Norm(const PetscReal u[], size_t size)
{
  PetscReal sum = 0.0;

  for (size_t i = 0; i < size; i++) sum += u[i] * u[i];
  return PetscSqrtReal(sum / (PetscReal)size);
}

static PetscErrorCode CheckPurity(const char scheme[], const char dt[])
{
  const char *const options[] = {NS "grid",   "30", NS "resolution", "15",   NS "final_time", "0.2",
                                 NS "frames", "3",  NS "scheme",     scheme, NS "dt",         dt,
                                 NULL};
  Ensemble          first, second;
  KNSolverReport    report;
  size_t            size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", options, &first));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", options, &second));
  size = KNProblemOutputSize(first.problem);
  PetscCheck(first.problem->input.fields == 0 && first.problem->frames == 3 && size == 3 * 15 * 15, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "not three frames of 15 x 15");
  PetscCheck(first.problem->times[0] == 0.0 && first.problem->times[1] == 0.1 && first.problem->times[2] == 0.2,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "times %g, %g, %g", (double)first.problem->times[0],
             (double)first.problem->times[1], (double)first.problem->times[2]);
  PetscCall(EnsembleSolve(&first, 7, 3, &report));
  PetscCheck(!report.retried && report.iterations > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "retried");
  for (PetscInt64 sample = 0; sample <= 3; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  PetscCheck(!memcmp(first.output, second.output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a sample depends on earlier ones", scheme);
  PetscCall(EnsembleSolve(&second, 8, 3, &report));
  PetscCheck(Distance(first.output, second.output, size) > 0.01, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a sample does not depend on the seed");
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The benchmark's initial fields: mean 0, standard deviation 0.262 at a point, by the exact covariance and by 50
  samples.
*/
static PetscErrorCode CheckInitial(void)
{
  static const char *const options[] = {NS "final_time", "1e-6", NS "frames", "2", NULL};
  Ensemble                 e;
  KNPeriodicField          field;
  PetscReal                variance, square = 0.0;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("exact_", 2, 2.5, 7.0, PetscSqrtReal(2.0) * PetscPowReal(7.0, 1.5), &field));
  PetscCall(KNPeriodicFieldSetUp(field, 64));
  PetscCall(KNPeriodicFieldCovariance(field, (const PetscReal[]){0.0, 0.0}, &variance));
  PetscCheck(PetscAbsReal(PetscSqrtReal(variance) - 0.262) < 0.001, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "standard deviation %g", (double)PetscSqrtReal(variance));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", options, &e));
  for (PetscInt64 sample = 0; sample < 50; sample++) {
    KNSolverReport report;
    PetscReal      mean = 0.0;

    PetscCall(EnsembleSolve(&e, 0, sample, &report));
    for (size_t i = 0; i < 64 * 64; i++) mean += e.output[i] / (64 * 64);
    PetscCheck(PetscAbsReal(mean) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB, "mean vorticity %g", (double)mean);
    square += PetscSqr(Norm(e.output, 64 * 64)) / 50;
  }
  /*
    The mean square of a sample has a relative deviation of 0.33, mostly from the eight modes |k_i| <= 1; of 50
    samples 0.05.
  */
  PetscCheck(PetscAbsReal(square / variance - 1.0) < 0.2, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "mean square %g instead of %g", (double)square, (double)variance);
  PetscCall(EnsembleDestroy(&e));
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first frame, given back to a solver of the same grid and of a finer one: the same flow. */
static PetscErrorCode CheckGiven(void)
{
  static const char *const same[] = {
    NS "grid", "32", NS "field_alpha", "8", NS "field_scale", "2e6", NS "frames", "3", NS "final_time", "1", NULL};
  static const char *const finer[] = {NS "grid", "60", NS "resolution", "32", NS "frames", "3", NS "final_time",
                                      "1",       NULL};
  Ensemble                 e, f;
  KNSolverReport           report;
  size_t                   size;
  PetscReal                norm;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", same, &e));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", finer, &f));
  size = KNProblemOutputSize(e.problem);
  PetscCall(EnsembleSolve(&e, 1, 1, &report));
  norm = Norm(e.output, size);
  PetscCheck(norm > 0.01, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a flow of vorticity %g", (double)norm);
  PetscCall(KNSolverSolveGiven(f.solver, e.output, f.output, &report));
  PetscCheck(report.converged && Distance(e.output, f.output, size) < 1e-6 * norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "on a finer grid the flow differs by %g of %g", (double)Distance(e.output, f.output, size), (double)norm);
  PetscCall(KNSolverSolveGiven(e.solver, e.output, f.output, &report));
  PetscCheck(report.converged && Distance(e.output, f.output, size) < 1e-14 * norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "given back, the flow differs by %g of %g", (double)Distance(e.output, f.output, size), (double)norm);
  PetscCall(EnsembleDestroy(&e));
  PetscCall(EnsembleDestroy(&f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Subsampling keeps point values; spin_up moves the first frame of a random field, not of a given one. */
static PetscErrorCode CheckStored(void)
{
  static const char *const full[] = {NS "grid", "48", NS "frames", "3", NS "final_time", "0.4", NULL};
  static const char *const sub[]  = {
     NS "grid", "48", NS "resolution", "16", NS "restriction", "subsample", NS "frames", "3", NS "final_time",
     "0.4",     NULL};
  static const char *const late[] = {NS "grid",       "48",  NS "spin_up", "0.2", NS "frames", "2",
                                     NS "final_time", "0.2", NULL};
  Ensemble                 e, s, l;
  KNSolverReport           report;
  PetscReal                norm;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", full, &e));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", sub, &s));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", late, &l));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  PetscCall(EnsembleSolve(&s, 2, 0, &report));
  PetscCall(EnsembleSolve(&l, 2, 0, &report));
  norm = Norm(e.output, KNProblemOutputSize(e.problem));
  for (size_t frame = 0; frame < 3; frame++) {
    for (size_t i = 0; i < 16; i++) {
      for (size_t j = 0; j < 16; j++) {
        const PetscReal here = s.output[(frame * 16 + i) * 16 + j], there = e.output[(frame * 48 + 3 * i) * 48 + 3 * j];

        PetscCheck(here == there, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a subsampled point has %g instead of %g",
                   (double)here, (double)there);
      }
    }
  }
  PetscCheck(Distance(l.output, e.output + 48 * 48, 2 * 48 * 48) < 1e-5 * norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "after spin-up the flow differs by %g", (double)Distance(l.output, e.output + 48 * 48, 2 * 48 * 48));
  PetscCall(KNSolverSolveGiven(l.solver, e.output, l.output, &report));
  PetscCheck(report.converged && Distance(l.output, e.output, 2 * 48 * 48) < 1e-5 * norm, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "given, the flow differs by %g", (double)Distance(l.output, e.output, 2 * 48 * 48));
  PetscCall(EnsembleDestroy(&e));
  PetscCall(EnsembleDestroy(&s));
  PetscCall(EnsembleDestroy(&l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFailures(void)
{
  enum { SIZE = 2 * 32 * 32 };
  /*
    Speed 0.08: a step of 0.6 crosses 1.5 cells, one of 0.15 does not. Vorticity 100000 times that of the benchmark
    crosses a cell in 4e-6.
  */
  static const char *const hasty[] = {NS "grid", "32",    NS "frames", "2", NS "final_time", "1.2", NS "scheme",
                                      "li2020",  NS "dt", "0.6",       NULL};
  static const char *const wild[]  = {NS "grid",   "32",     NS "frames", "2",    NS "final_time",  "1",
                                      NS "scheme", "li2020", NS "dt",     "0.01", NS "field_scale", "2.6e6",
                                      NULL};
  /* Below Courant number 1, but beyond 2 viscosity/speed^2: noticed by the growth of vorticity. */
  static const char *const thin[] = {NS "grid",      "32",        NS "frames",  "2",     NS "final_time",
                                     "400",          NS "scheme", "li2020",     NS "dt", "0.4",
                                     NS "viscosity", "1e-8",      NS "forcing", "none",  NULL};
  static const char *const calm[] = {NS "grid", "32", NS "frames", "2", NS "final_time", "1", NULL};
  Ensemble                 e;
  KNSolverReport           report;
  static PetscReal         before[SIZE], after[SIZE];

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", hasty, &e));
  PetscCall(KNSolverSolve(e.solver, 1, 0, NULL, e.output, &report));
  PetscCheck(report.converged && report.retried && !report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "an unstable step: converged %d, retried %d, %s", (int)report.converged, (int)report.retried,
             report.reason);
  PetscCall(EnsembleDestroy(&e));

  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", wild, &e));
  PetscCall(KNSolverSolve(e.solver, 1, 0, NULL, e.output, &report));
  PetscCheck(!report.converged && report.retried && strstr(report.reason, "Courant") && report.iterations <= 2,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "a Courant number above 1: %" PetscInt_FMT " steps, %s",
             report.iterations, report.reason);
  PetscCall(EnsembleDestroy(&e));

  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", thin, &e));
  PetscCall(KNSolverSolve(e.solver, 1, 0, NULL, e.output, &report));
  PetscCheck(!report.converged && strstr(report.reason, "unstable"), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "Euler steps without damping: %s", report.reason);
  PetscCall(EnsembleDestroy(&e));

  for (int bad = 0; bad < 2; bad++) {
    PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", calm, &e));
    PetscCall(EnsembleSolve(&e, 1, 0, &report));
    PetscCall(PetscArraycpy(before, e.output, SIZE));
    PetscCall(PetscArraycpy(after, e.output, SIZE));
    after[77] = bad ? NAN : 1e200;
    PetscCall(KNSolverSolveGiven(e.solver, after, e.output, &report));
    PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "an initial vorticity of %g was solved", (double)after[77]);
    PetscCall(EnsembleSolve(&e, 1, 0, &report));
    PetscCheck(!memcmp(before, e.output, sizeof(before)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a failure changes what follows");
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* options: name, value, .., NULL; refused by the time of SetUp. */
static PetscErrorCode CheckRefused(const char *const options[])
{
  KNSolver       solver;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int i = 0; options[i]; i += 2) PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, "navier_stokes", &solver));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNSolverSetFromOptions(solver);
  if (!code) code = KNSolverSetUp(solver);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s %s: code %d", options[0], options[1],
             (int)code);
  PetscCall(KNSolverDestroy(&solver));
  for (int i = 0; options[i]; i += 2) PetscCall(PetscOptionsClearValue(NULL, options[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckPurity("etdrk4", "0"));
  PetscCall(CheckPurity("li2020", "1e-3"));
  PetscCall(CheckInitial());
  PetscCall(CheckGiven());
  PetscCall(CheckStored());
  PetscCall(CheckFailures());
  PetscCall(CheckRefused((const char *const[]){NS "viscosity", "-1e-3", NULL}));
  PetscCall(CheckRefused((const char *const[]){NS "grid", "3", NULL}));
  PetscCall(CheckRefused((const char *const[]){NS "resolution", "65", NULL}));
  PetscCall(CheckRefused((const char *const[]){NS "resolution", "15", NS "restriction", "subsample", NULL}));
  PetscCall(CheckRefused((const char *const[]){NS "viscosity", "0", NS "scheme", "li2020", NULL}));
  PetscCall(CheckRefused((const char *const[]){NS "forcing", "kolmogorov", NS "forcing_mode", "22", NULL}));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  A sample of a conservation law is a pure function of seed, index and options, whatever was solved before; a first
  frame given back yields the same trajectory; stored fields are means of the solve grid's cells; initial states are
  what they are said to be. States that are none are reported and leave no trace; options that make no sense are
  refused.
*/
#include <kitinet/error.h>
#include "conservation_test.h"

static const char *const none[] = {NULL};

static PetscErrorCode CheckPurity(const SmallLaw *small)
{
  const SmallLaw whole = {small->pde, small->axes, small->grid, small->grid, small->final_time, small->initial};
  Ensemble       first, second;
  KNSolverReport report;
  size_t         size, frame;
  PetscReal     *given, largest = 0.0;

  PetscFunctionBegin;
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, &whole, none, &first));
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, &whole, none, &second));
  size  = KNProblemOutputSize(first.problem);
  frame = size / 3;
  PetscCheck(first.problem->input.fields == 0 && first.problem->frames == 3 && first.problem->times[0] == 0.0 &&
               first.problem->times[1] == first.problem->times[2] / 2.0,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: not three frames", small->pde);
  PetscCall(EnsembleSolve(&first, 7, 2, &report));
  PetscCheck(!report.retried && report.iterations > 1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: retried", small->pde);
  for (PetscInt64 sample = 0; sample <= 2; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  PetscCheck(!memcmp(first.output, second.output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a sample depends on earlier ones", small->pde);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(first.output[s]));
  PetscCheck(Distance(first.output, first.output + 2 * frame, frame) > 1e-3 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: nothing moves", small->pde);
  PetscCall(EnsembleSolve(&second, 8, 2, &report));
  PetscCheck(Distance(first.output, second.output, size) > 1e-3 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %s: a sample does not depend on the seed", small->pde, small->initial);
  PetscCall(EnsembleSolve(&second, 7, 1, &report));
  PetscCheck(Distance(first.output, second.output, size) > 1e-3 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %s: a sample does not depend on its index", small->pde, small->initial);

  /* Something else, then NaN, then a density or depth below 0: nothing of it leaves a trace. */
  PetscCall(PetscMalloc1(frame, &given));
  for (int kind = 0; kind < (strcmp(small->pde, "advection") && strcmp(small->pde, "burgers_grid") ? 2 : 1); kind++) {
    PetscCall(PetscArraycpy(given, second.output, frame));
    given[3] = kind ? -0.1 : NAN;
    PetscCall(KNSolverSolveGiven(second.solver, given, second.output, &report));
    PetscCheck(!report.converged && strstr(report.reason, kind ? "positive" : "not finite"), PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "%s: no state, and solved: %s", small->pde, report.reason);
  }
  PetscCall(EnsembleSolve(&second, 7, 2, &report));
  PetscCheck(!memcmp(first.output, second.output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a failure changes what follows", small->pde);
  PetscCall(KNSolverSolveGiven(second.solver, first.output, second.output, &report));
  PetscCheck(report.converged && Distance(first.output, second.output, size) < 1e-11 * largest, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: the first frame given back leads elsewhere by %g; %s", small->pde,
             (double)Distance(first.output, second.output, size), report.reason);
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same sample on all cells, and stored on fewer: its first scalar, which is conserved, is the mean. */
static PetscErrorCode CheckStored(const SmallLaw *small)
{
  const SmallLaw    whole   = {small->pde, small->axes, small->grid, small->grid, small->final_time, small->initial};
  const PetscBool   same    = (PetscBool)!strcmp(small->grid, small->resolution);
  const char *const cells[] = {"sides", "outflow", NULL}; /* on periodic grids the points move with the stored ones */
  Ensemble          one, other;
  KNSolverReport    report;
  PetscInt          ratio, axes, n;
  size_t            fine, coarse;

  PetscFunctionBegin;
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, &whole, cells, &one));
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, small, cells, &other));
  PetscCall(EnsembleSolve(&one, 1, 0, &report));
  PetscCall(EnsembleSolve(&other, 1, 0, &report));
  n      = one.problem->output.grid.n[0];
  axes   = one.problem->output.grid.dim;
  ratio  = n / other.problem->output.grid.n[0];
  fine   = KNGridSize(&one.problem->output.grid);
  coarse = KNGridSize(&other.problem->output.grid);
  {
    const PetscReal *u = one.output + 2 * (size_t)one.problem->output.fields * fine;
    const PetscReal *v = other.output + 2 * (size_t)one.problem->output.fields * coarse;
    PetscReal       *mean;

    PetscCall(PetscCalloc1(coarse, &mean));
    for (size_t s = 0; s < fine; s++) {
      size_t rest = s, at = 0, step = 1;

      for (PetscInt d = axes - 1; d >= 0; d--, rest /= (size_t)n, step *= (size_t)(n / ratio)) {
        at += rest % (size_t)n / (size_t)ratio * step;
      }
      mean[at] += u[s] * (PetscReal)coarse / (PetscReal)fine;
    }
    PetscCheck(Distance(mean, v, coarse) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s axes: stored values differ by %g from means", small->pde, small->axes,
               (double)Distance(mean, v, coarse));
    PetscCall(PetscFree(mean));
  }
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A gas so fast that its pressure drowns in the rounding of its energy: a step fails and is tried again in other ways;
 * which of them succeeds is up to the rounding. */
static void Lost(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = 1.0 + 0.2 * PetscSinReal(2.0 * PETSC_PI * x[0]);
  w[1] = 1e8;
  w[2] = 1.0 + 0.2 * PetscCosReal(2.0 * PETSC_PI * x[0]);
}

static PetscErrorCode CheckLost(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      before[96], error;

  PetscFunctionBegin;
  PetscCall(LawCreate(
    PETSC_COMM_SELF, "euler",
    (const char *const[]){"axes", "1", "grid", "16", "frames", "2", "final_time", "1e-6", "sides", "periodic", NULL},
    &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCall(PetscArraycpy(before, e.output, 96));
  PetscCall(SolveState(&e, Lost, NULL, &report, &error));
  PetscCheck(report.retried && (report.converged || strstr(report.reason, "no step")), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a pressure lost in rounding: converged %d, retried %d: %s", (int)report.converged, (int)report.retried,
             report.reason);
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCheck(!memcmp(before, e.output, sizeof(before)) && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a failed sample changes what follows");
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Turbulence: divergence 0 (by the exact derivative of the modes: differences of order 2 on a fine grid) and its Mach
 * number; radial states: the two depths; quadrants: at most four densities, within their range. */
static PetscErrorCode CheckStarts(void)
{
  Ensemble       e;
  KNSolverReport report;
  const PetscInt n      = 128;
  const size_t   size   = 128 * 128;
  PetscReal      square = 0.0, divergence = 0.0, slope = 0.0;

  PetscFunctionBegin;
  PetscCall(LawCreate(PETSC_COMM_SELF, "euler",
                      (const char *const[]){"grid", "128", "initial", "turbulence", "mach", "0.3", "sides", "periodic",
                                            "frames", "2", "final_time", "1e-6", "waves", "3", NULL},
                      &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscReal *u = e.output + size, *v = e.output + 2 * size;
      const PetscReal  ux = u[((i + 1) % n) * n + j] - u[((i + n - 1) % n) * n + j];
      const PetscReal  vy = v[i * n + (j + 1) % n] - v[i * n + (j + n - 1) % n];

      square += (PetscSqr(u[i * n + j]) + PetscSqr(v[i * n + j])) / (PetscReal)size;
      divergence = PetscMax(divergence, PetscAbsReal(ux + vy));
      slope      = PetscMax(slope, PetscAbsReal(ux));
      PetscCheck(e.output[i * n + j] == 1.0 && PetscAbsReal(e.output[3 * size + (size_t)(i * n + j)] - 1.0) < 1e-12,
                 PETSC_COMM_SELF, PETSC_ERR_PLIB, "turbulence: density or pressure vary");
    }
  }
  PetscCheck(PetscAbsReal(PetscSqrtReal(square / 1.4) - 0.3) < 1e-12 && divergence < 0.01 * slope, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "turbulence: Mach number %g, divergence %g of slopes %g",
             (double)PetscSqrtReal(square / 1.4), (double)divergence, (double)slope);
  PetscCall(EnsembleDestroy(&e));

  PetscCall(LawCreate(PETSC_COMM_SELF, "shallow_water", (const char *const[]){"grid", "128", "frames", "2", NULL}, &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  square = 0.0;
  for (size_t s = 0; s < size; s++) {
    PetscReal x[3] = {0.0};

    PointOf(e.problem, s, x);
    PetscCheck(e.output[s] == 1.0 || e.output[s] == 2.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a depth of %g",
               (double)e.output[s]);
    if (e.output[s] == 2.0) square = PetscMax(square, PetscSqr(x[0] - 0.5) + PetscSqr(x[1] - 0.5));
    else slope = PetscMin(slope, PetscSqrtReal(PetscSqr(x[0] - 0.5) + PetscSqr(x[1] - 0.5)));
  }
  square = 5.0 * PetscSqrtReal(square);
  PetscCheck(square > 0.3 - 0.04 && square < 0.7, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a dam of radius %g",
             (double)square);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The waves of PDEBench: of 2,000 samples a tenth has one sign, a tenth a window, half is negative at its largest. */
static PetscErrorCode CheckWaves(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscInt       one_sign = 0, windows = 0, n = 64;

  PetscFunctionBegin;
  PetscCall(LawCreate(PETSC_COMM_SELF, "advection",
                      (const char *const[]){"grid", "64", "frames", "2", "final_time", "1e-6", NULL}, &e));
  for (PetscInt64 sample = 0; sample < 2000; sample++) {
    PetscReal low = 0.0, high = 0.0;

    PetscCall(EnsembleSolve(&e, 1, sample, &report));
    for (PetscInt i = 0; i < n; i++) {
      low  = PetscMin(low, e.output[i]);
      high = PetscMax(high, e.output[i]);
    }
    PetscCheck(low > -2.0 && high < 2.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "sample %d: from %g to %g", (int)sample,
               (double)low, (double)high);
    if (PetscMin(-low, high) < 1e-6) one_sign++;
    if (PetscAbsReal(e.output[0]) < 1e-7 && PetscAbsReal(e.output[n - 2]) < 1e-3) windows++;
  }
  /* 200 each, standard deviation 13.4 */
  PetscCheck(PetscAbsInt(one_sign - 200) < 54 && PetscAbsInt(windows - 200) < 54, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%d samples of one sign, %d with a window, of 2000", (int)one_sign, (int)windows);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Refused by the time of SetUp. */
static PetscErrorCode CheckRefused(const char pde[], const char *const options[])
{
  KNSolver       solver;
  PetscErrorCode code;

  PetscFunctionBegin;
  for (int i = 0; options[i]; i += 2) PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, pde, &solver));
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

#define REFUSED(pde, ...) PetscCall(CheckRefused(pde, (const char *const[]){__VA_ARGS__, NULL}))

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_laws); i++) {
    PetscCall(CheckPurity(&small_laws[i]));
    PetscCall(CheckStored(&small_laws[i]));
  }
  PetscCall(CheckStarts());
  PetscCall(CheckLost());
  PetscCall(CheckWaves());
  REFUSED("euler", "-euler_cfl", "1.1");
  REFUSED("euler", "-euler_cfl", "0");
  REFUSED("euler", "-euler_flux", "godunov");
  REFUSED("burgers_grid", "-burgers_grid_flux", "hllc");
  REFUSED("euler", "-euler_reconstruction", "weno7");
  REFUSED("euler", "-euler_order", "1");
  REFUSED("euler", "-euler_order", "2", "-euler_reconstruction", "weno5");
  REFUSED("euler", "-euler_grid", "5");
  REFUSED("euler", "-euler_grid", "32", "-euler_resolution", "12");
  REFUSED("euler", "-euler_density_low", "-1");
  REFUSED("euler", "-euler_density_low", "2");
  REFUSED("euler", "-euler_pressure_low", "0");
  REFUSED("euler", "-euler_gamma", "1");
  REFUSED("euler", "-euler_initial", "dam");
  REFUSED("advection", "-advection_initial", "turbulence");
  REFUSED("shallow_water", "-shallow_water_axes", "3");
  REFUSED("shallow_water", "-shallow_water_radius_low", "1");
  REFUSED("euler", "-euler_sides", "open");
  REFUSED("euler", "-euler_sides", "outflow,reflecting");
  REFUSED("euler", "-euler_sides", "periodic,outflow,outflow,outflow");
  REFUSED("euler", "-euler_sides", "inflow");
  REFUSED("euler", "-euler_sides", "inflow", "-euler_inflow", "1,0,0");
  REFUSED("euler", "-euler_sides", "inflow", "-euler_inflow", "1,0,0,x");
  REFUSED("euler", "-euler_sides", "inflow", "-euler_inflow", "1,0,0,-1");
  REFUSED("euler", "-euler_inflow", "1,0,0,1");
  REFUSED("compressible", "-compressible_eta", "-1");
  PetscCall(PetscFinalize());
  return 0;
}

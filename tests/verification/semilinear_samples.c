/*
  A sample of a semilinear equation is a pure function of seed, index and options, whatever was solved before; a first
  frame given back yields the same trajectory; stored fields are those of the solve grid without the modes that theirs
  cannot hold; spin_up is time before the first frame. Steps that are not finite are made again, shorter; what blows
  up, is not finite or not resolved is reported and leaves no trace; options that make no sense are refused.
*/
#include <kitinet/error.h>
#include "semilinear_test.h"

static const char *const none[] = {NULL};

static PetscErrorCode CheckPurity(const SmallProblem *small, const char *const scheme[])
{
  Ensemble       first, second;
  KNSolverReport report;
  size_t         size, frame;
  PetscReal     *given, largest = 0.0, distance;

  PetscFunctionBegin;
  PetscCall(SmallCreate(PETSC_COMM_SELF, small, scheme, &first));
  PetscCall(SmallCreate(PETSC_COMM_SELF, small, scheme, &second));
  size  = KNProblemOutputSize(first.problem);
  frame = size / 3;
  PetscCheck(first.problem->input.fields == 0 && first.problem->frames == 3 && first.problem->times[0] == 0.0 &&
               first.problem->times[1] == first.problem->times[2] / 2.0,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: not three frames", small->pde);
  PetscCall(EnsembleSolve(&first, 7, 2, &report));
  PetscCheck(!report.retried && report.iterations > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: retried", small->pde);
  for (PetscInt64 sample = 0; sample <= 2; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  PetscCheck(!memcmp(first.output, second.output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a sample depends on earlier ones", small->pde);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(first.output[s]));
  PetscCall(EnsembleSolve(&second, 8, 2, &report));
  PetscCheck(Distance(first.output, second.output, size) > 1e-3 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a sample does not depend on the seed", small->pde);
  PetscCall(EnsembleSolve(&second, 7, 1, &report));
  PetscCheck(Distance(first.output, second.output, size) > 1e-3 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a sample does not depend on its index", small->pde);

  /* Something else, then NaN: neither leaves a trace. */
  PetscCall(PetscMalloc1(frame, &given));
  PetscCall(PetscArraycpy(given, second.output, frame));
  given[frame / 2] = NAN;
  PetscCall(KNSolverSolveGiven(second.solver, given, second.output, &report));
  PetscCheck(!report.converged && strstr(report.reason, "not finite"), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: NaN was solved: %s", small->pde, report.reason);
  PetscCall(EnsembleSolve(&second, 7, 2, &report));
  PetscCheck(!memcmp(first.output, second.output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a failure changes what follows", small->pde);
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));

  /* Stored as it is solved, frame 0 given back is the sample once more. */
  PetscCall(PetscFree(given));
  {
    const SmallProblem whole    = {small->pde, small->axes, small->grid, small->grid, small->final_time, small->only};
    const char        *exact[5] = {"spin_up", "0", scheme[0], scheme[0] ? scheme[1] : NULL, NULL};

    PetscCall(SmallCreate(PETSC_COMM_SELF, &whole, exact, &first));
    PetscCall(SmallCreate(PETSC_COMM_SELF, &whole, exact, &second));
    size = KNProblemOutputSize(first.problem);
    PetscCall(EnsembleSolve(&first, 7, 2, &report));
    PetscCall(KNSolverSolveGiven(second.solver, first.output, second.output, &report));
    distance = Distance(first.output, second.output, size);
    PetscCheck(report.converged && distance < 1e-11 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: the first frame given back leads elsewhere by %g; %s", small->pde, (double)distance, report.reason);
    PetscCall(EnsembleDestroy(&first));
    PetscCall(EnsembleDestroy(&second));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coefficient of exp(2 pi i k.x) of u (n, .., n). */
static void Mode(PetscReal mode[2], const PetscReal u[], PetscInt axes, PetscInt n, const PetscInt k[3])
{
  const size_t size = (size_t)PetscPowRealInt((PetscReal)n, axes);

  mode[0] = mode[1] = 0.0;
  for (size_t s = 0; s < size; s++) {
    PetscReal phase = 0.0;
    size_t    rest  = s;

    for (PetscInt d = axes - 1; d >= 0; d--, rest /= (size_t)n) {
      phase += 2.0 * PETSC_PI * (PetscReal)k[d] * (PetscReal)(rest % (size_t)n) / (PetscReal)n;
    }
    mode[0] += u[s] * PetscCosReal(phase) / (PetscReal)size;
    mode[1] -= u[s] * PetscSinReal(phase) / (PetscReal)size;
  }
}

/* The same sample stored on two grids: the modes that both hold are the same, in each field of the last frame. */
static PetscErrorCode CheckStored(const SmallProblem *small)
{
  const SmallProblem whole = {small->pde, small->axes, small->grid, small->grid, small->final_time, small->only};
  Ensemble           one, other;
  KNSolverReport     report;
  PetscInt           n[2], highest, axes;

  PetscFunctionBegin;
  PetscCall(SmallCreate(PETSC_COMM_SELF, &whole, none, &one));
  PetscCall(SmallCreate(PETSC_COMM_SELF, small, none, &other));
  PetscCall(EnsembleSolve(&one, 1, 0, &report));
  PetscCall(EnsembleSolve(&other, 1, 0, &report));
  n[0]    = one.problem->output.grid.n[0];
  n[1]    = other.problem->output.grid.n[0];
  axes    = one.problem->output.grid.dim;
  highest = (n[1] - 1) / 2;
  for (PetscInt f = 0; f < one.problem->output.fields; f++) {
    for (PetscInt i = 0; i < 4; i++) {
      const PetscInt k[3] = {i % 2 ? -highest : 1, i / 2 ? highest : 0, i == 3 ? highest : -1};
      PetscReal      a[2], b[2];

      Mode(a, one.output + (size_t)(2 * one.problem->output.fields + f) * KNGridSize(&one.problem->output.grid), axes,
           n[0], k);
      Mode(b, other.output + (size_t)(2 * one.problem->output.fields + f) * KNGridSize(&other.problem->output.grid),
           axes, n[1], k);
      PetscCheck(Distance(a, b, 2) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, field %d: a mode differs by %g",
                 small->pde, (int)f, (double)Distance(a, b, 2));
    }
  }
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One frame later is the first frame after a spin_up of that length. */
static PetscErrorCode CheckSpinUp(void)
{
  Ensemble       early, late;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(
    PETSC_COMM_SELF, "kuramoto_sivashinsky",
    (const char *const[]){"grid", "128", "resolution", "64", "frames", "3", "final_time", "2", "spin_up", "0", NULL},
    &early));
  PetscCall(SemilinearCreate(
    PETSC_COMM_SELF, "kuramoto_sivashinsky",
    (const char *const[]){"grid", "128", "resolution", "64", "frames", "2", "final_time", "1", "spin_up", "1", NULL},
    &late));
  PetscCall(EnsembleSolve(&early, 1, 0, &report));
  PetscCall(EnsembleSolve(&late, 1, 0, &report));
  PetscCheck(!memcmp(early.output + 64, late.output, 2 * 64 * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "spin_up 1 is not one unit of time: %g", (double)Distance(early.output + 64, late.output, 2 * 64));
  PetscCall(EnsembleDestroy(&early));
  PetscCall(EnsembleDestroy(&late));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the sample of given options becomes. */
static PetscErrorCode Outcome(const char pde[], const char *const options[], PetscReal given, KNSolverReport *report)
{
  Ensemble   e;
  PetscReal *u;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde, options, &e));
  PetscCall(PetscMalloc1(KNGridSize(&e.problem->output.grid), &u));
  for (size_t s = 0; s < KNGridSize(&e.problem->output.grid); s++) u[s] = given;
  if (given != 0.0) PetscCall(KNSolverSolveGiven(e.solver, u, e.output, report));
  else PetscCall(KNSolverSolve(e.solver, 1, 0, NULL, e.output, report));
  PetscCall(PetscFree(u));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFailures(void)
{
  static const char *const schemes[] = {"etdrk4", "imex"};
  KNSolverReport           report;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    /* u = -1 of Fisher's equation reaches -infinity at t = ln(2)/r = 0.139. */
    PetscCall(Outcome("fisher_kpp", (const char *const[]){"grid", "32", "frames", "2", "scheme", schemes[i], NULL},
                      -1.0, &report));
    PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: blow-up was solved",
               schemes[i]);
    /* A first step across many lengths of the solution. */
    PetscCall(
      Outcome("allen_cahn",
              (const char *const[]){"axes", "1", "grid", "96", "frames", "2", "dt", "10", "scheme", schemes[i], NULL},
              0.0, &report));
    PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, a long first step: %s", schemes[i],
               report.reason);
    /* Shocks as thin as the grid. */
    PetscCall(Outcome("kdv",
                      (const char *const[]){"grid", "64", "frames", "2", "final_time", "2", "scheme", schemes[i], NULL},
                      0.0, &report));
    PetscCheck(!report.converged && strstr(report.reason, "-kdv_grid"), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: too coarse a grid was taken: %s", schemes[i], report.reason);
  }
  /* Steps that overflow are made again, shorter. */
  PetscCall(Outcome("allen_cahn", (const char *const[]){"axes", "1", "grid", "96", "frames", "2", "dt", "10", NULL},
                    1e3, &report));
  PetscCheck(report.converged && report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a steep start: converged %d, retried %d; %s", (int)report.converged, (int)report.retried, report.reason);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckZero(void)
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "kdv",
                             (const char *const[]){"grid", "64", "frames", "2", "field_scale", "0", NULL}, &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (PetscInt i = 0; i < 128; i++) {
    PetscCheck(e.output[i] == 0.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "u grows out of nothing: %g", (double)e.output[i]);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Refused by the time of SetUp. */
static PetscErrorCode CheckRefused(const char type[], const char option[], const char value[])
{
  KNSolver       solver;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, option, value));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, type, &solver));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNSolverSetFromOptions(solver);
  if (!code) code = KNSolverSetUp(solver);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s %s: code %d", option, value, (int)code);
  PetscCall(KNSolverDestroy(&solver));
  PetscCall(PetscOptionsClearValue(NULL, option));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const imex[] = {"scheme", "imex", NULL};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_problems); i++) {
    const SmallProblem *small = &small_problems[i];
    const PetscBool     steps = (PetscBool)(strcmp(small->pde, "heat") && strcmp(small->pde, "dispersion"));

    PetscCall(CheckPurity(small, none));
    if (steps && !strcmp(small->axes, "1")) PetscCall(CheckPurity(small, imex));
    PetscCall(CheckStored(small));
  }
  PetscCall(CheckSpinUp());
  PetscCall(CheckFailures());
  PetscCall(CheckZero());
  PetscCall(CheckRefused("heat", "-heat_viscosity", "-1e-3"));
  PetscCall(CheckRefused("heat", "-heat_axes", "4"));
  PetscCall(CheckRefused("heat", "-heat_grid", "7"));
  PetscCall(CheckRefused("heat", "-heat_resolution", "129"));
  PetscCall(CheckRefused("allen_cahn", "-allen_cahn_grid", "15"));
  PetscCall(CheckRefused("kdv", "-kdv_viscosity", "-1"));
  PetscCall(CheckRefused("kdv", "-kdv_frames", "1"));
  PetscCall(CheckRefused("kdv", "-kdv_scheme", "euler"));
  PetscCall(CheckRefused("kuramoto_sivashinsky", "-kuramoto_sivashinsky_viscosity", "0"));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  A sample between walls is a pure function of seed, index and options, whatever was solved before; what was drawn,
  given back, yields the same solution; what is not finite is reported and leaves no trace. Random fields have the
  deviation that they are said to have, vanish where sides say so and are the same on any grid; noise is normal. Options
  that make no sense are refused.
*/
#include <kitinet/error.h>
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

static PetscErrorCode CheckPurity(const SmallWalls *small)
{
  Ensemble       first, second;
  KNSolverReport report;
  size_t         size, given;
  PetscReal     *x, largest = 0.0;
  PetscBool      whole = PETSC_TRUE; /* all cells are stored */

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, small->pde, small->option, &first));
  PetscCall(WallsCreate(PETSC_COMM_SELF, small->pde, small->option, &second));
  size  = KNProblemOutputSize(first.problem);
  given = KNSpaceSize(GivenSpace(first.problem));
  CHECK(first.problem->output.grid.dim == small->axes, "%s: %" PetscInt_FMT " axes", small->pde,
        first.problem->output.grid.dim);
  for (int i = 0; small->option[i]; i += 2) whole = (PetscBool)(whole && strcmp(small->option[i], "resolution"));
  PetscCall(EnsembleSolve(&first, 7, 2, &report));
  CHECK(!report.retried && report.iterations > 0, "%s: retried", small->pde);
  for (PetscInt64 sample = 0; sample <= 2; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  CHECK(!memcmp(first.output, second.output, size * sizeof(PetscReal)), "%s: a sample depends on earlier ones",
        small->pde);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(first.output[s]));
  PetscCall(EnsembleSolve(&second, 8, 2, &report));
  CHECK(Distance(first.output, second.output, size) > 1e-3 * largest, "%s: a sample does not depend on the seed",
        small->pde);
  PetscCall(EnsembleSolve(&second, 7, 1, &report));
  CHECK(Distance(first.output, second.output, size) > 1e-3 * largest, "%s: a sample does not depend on its index",
        small->pde);

  PetscCall(PetscMalloc1(given, &x));
  PetscCall(PetscArraycpy(x, first.problem->frames ? first.output : first.input, given));
  x[given / 2] = NAN;
  PetscCall(KNSolverSolveGiven(second.solver, x, second.output, &report));
  CHECK(!report.converged && strstr(report.reason, "not finite"), "%s: NaN is solved: %s", small->pde, report.reason);
  PetscCall(EnsembleSolve(&second, 7, 2, &report));
  CHECK(!memcmp(first.output, second.output, size * sizeof(PetscReal)), "%s: a failure changes what follows",
        small->pde);
  if (whole && strcmp(small->pde, "incompressible")) { /* whose velocities lie at faces, not where they are stored */
    PetscCall(PetscArraycpy(x, first.problem->frames ? first.output : first.input, given));
    PetscCall(KNSolverSolveGiven(second.solver, x, second.output, &report));
    CHECK(report.converged && Distance(first.output, second.output, size) < 1e-10 * largest,
          "%s: what was drawn, given back, leads elsewhere by %g of %g; %s", small->pde,
          (double)Distance(first.output, second.output, size), (double)largest, report.reason);
  }
  PetscCall(PetscFree(x));
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The source of heat_walls over 200 samples has deviation 2, small beside sides of dirichlet; u begins between -1 and 1.
  On three times as many cells it is the same field: the values in the middle ones are close.
*/
static PetscErrorCode CheckField(void)
{
  const char *const sides = "dirichlet,dirichlet,neumann,neumann";
  Ensemble          coarse, fine;
  KNSolverReport    report;
  PetscReal         square = 0.0, edge = 0.0, difference = 0.0;
  const size_t      n = 32, m = 96;

  PetscFunctionBegin;
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "heat_walls",
    (const char *const[]){"grid", "32", "frames", "2", "source", "2", "sides", sides, "final_time", "1e-3", NULL},
    &coarse));
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "heat_walls",
    (const char *const[]){"grid", "96", "frames", "2", "source", "2", "sides", sides, "final_time", "1e-3", NULL},
    &fine));
  for (PetscInt64 sample = 0; sample < 200; sample++) {
    const PetscReal *u = coarse.output, *f = coarse.output + n * n;

    PetscCall(EnsembleSolve(&coarse, 1, sample, &report));
    for (size_t i = 0; i < n * n; i++) {
      CHECK(PetscAbsReal(u[i]) <= 1.0, "u begins with %g", (double)u[i]);
      square += f[i] * f[i] / (PetscReal)(n * n);
      if (i < n) edge += f[i] * f[i] / (PetscReal)n;
    }
  }
  CHECK(PetscAbsReal(PetscSqrtReal(square / 200) - 2.0) < 0.1 && edge < 0.1 * square,
        "the source has deviation %g, %g beside its side", (double)PetscSqrtReal(square / 200),
        (double)PetscSqrtReal(edge / 200));
  PetscCall(EnsembleSolve(&coarse, 1, 5, &report));
  PetscCall(EnsembleSolve(&fine, 1, 5, &report));
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      difference = PetscMax(
        difference, PetscAbsReal(coarse.output[n * n + i * n + j] - fine.output[m * m + (3 * i + 1) * m + 3 * j + 1]));
    }
  }
  CHECK(difference < 0.05, "the source on a finer grid is another one, by %g", (double)difference);
  PetscCall(EnsembleDestroy(&coarse));
  PetscCall(EnsembleDestroy(&fine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 2 x 32 x 32 numbers of 40 samples: mean, deviation and fourth moment of the normal distribution. */
static PetscErrorCode CheckNoise(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      moment[5] = {0.0};
  const size_t   size      = 2 * 32 * 32;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "activator_inhibitor",
                        (const char *const[]){"grid", "32", "frames", "2", "final_time", "1e-3", NULL}, &e));
  for (PetscInt64 sample = 0; sample < 40; sample++) {
    PetscCall(EnsembleSolve(&e, 1, sample, &report));
    for (size_t i = 0; i < size; i++) {
      for (int k = 1; k < 5; k++) moment[k] += PetscPowRealInt(e.output[i], k) / (PetscReal)(40 * size);
    }
  }
  /* 81,920 numbers: standard errors 0.0035, 0.0049, 0.034 */
  CHECK(PetscAbsReal(moment[1]) < 0.02 && PetscAbsReal(moment[2] - 1.0) < 0.02 && PetscAbsReal(moment[4] - 3.0) < 0.15,
        "noise has moments %g, %g, %g", (double)moment[1], (double)moment[2], (double)moment[4]);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Waves begin at 0 and end at 1, constants are spread over their range. */
static PetscErrorCode CheckRanges(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      mean = 0.0;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "diffusion_reaction",
                        (const char *const[]){"grid", "64", "frames", "2", "final_time", "1e-3", NULL}, &e));
  for (PetscInt64 sample = 0; sample < 50; sample++) {
    PetscReal low = 1.0, high = 0.0;

    PetscCall(EnsembleSolve(&e, 1, sample, &report));
    for (int i = 0; i < 64; i++) {
      low  = PetscMin(low, e.output[i]);
      high = PetscMax(high, e.output[i]);
    }
    CHECK(low == 0.0 && PetscAbsReal(high - 1.0) < 1e-15, "waves from %g to %g", (double)low, (double)high);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "diffusion_reaction",
    (const char *const[]){"grid", "8", "frames", "2", "initial", "constant", "low", "-1", "high", "3", NULL}, &e));
  for (PetscInt64 sample = 0; sample < 400; sample++) {
    PetscCall(KNSolverSolve(e.solver, 1, sample, NULL, e.output, &report)); /* below 0 it goes to -infinity */
    CHECK(e.output[0] == e.output[7] && e.output[0] > -1.0 && e.output[0] < 3.0, "a constant of %g",
          (double)e.output[0]);
    CHECK(report.converged || e.output[0] < 0.0, "%g: %s", (double)e.output[0], report.reason);
    mean += e.output[0] / 400;
  }
  CHECK(PetscAbsReal(mean - 1.0) < 0.25, "constants of mean %g", (double)mean); /* standard error 0.058 */
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Growth from -1 is infinite at rho t = log 2: it is reported, and leaves no trace. */
static PetscErrorCode CheckBlowUp(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      u[8], before[16];

  PetscFunctionBegin;
  for (int scheme = 0; scheme < 2; scheme++) {
    PetscCall(WallsCreate(PETSC_COMM_SELF, "diffusion_reaction",
                          (const char *const[]){"grid", "8", "frames", "2", "scheme", scheme ? "imex" : "etdrk4", NULL},
                          &e));
    PetscCall(EnsembleSolve(&e, 1, 0, &report));
    PetscCall(PetscArraycpy(before, e.output, 16));
    for (int i = 0; i < 8; i++) u[i] = -1.0;
    PetscCall(KNSolverSolveGiven(e.solver, u, e.output, &report));
    CHECK(!report.converged && report.reason[0], "growth without bound is solved");
    PetscCall(EnsembleSolve(&e, 1, 0, &report));
    CHECK(!memcmp(before, e.output, sizeof(before)), "a failed sample changes what follows");
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A sample with one value that makes no sense at place `at` of field f is reported, and leaves no trace. */
static PetscErrorCode CheckReported(const char pde[], const char *const options[], PetscInt f, PetscReal value,
                                    const char reason[])
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal     *x, *before;
  size_t         size, given, points;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, pde, options, &e));
  size   = KNProblemOutputSize(e.problem);
  given  = KNSpaceSize(GivenSpace(e.problem));
  points = KNGridSize(&GivenSpace(e.problem)->grid);
  PetscCall(PetscMalloc2(given, &x, size, &before));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCall(PetscArraycpy(before, e.output, size));
  PetscCall(PetscArraycpy(x, e.problem->frames ? e.output : e.input, given));
  x[(size_t)f * points + points / 3] = value;
  PetscCall(KNSolverSolveGiven(e.solver, x, e.output, &report));
  CHECK(!report.converged && strstr(report.reason, reason), "%s with a value of %g: %s", pde, (double)value,
        report.reason);
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  CHECK(!memcmp(before, e.output, size * sizeof(PetscReal)), "%s: what is reported changes what follows", pde);
  PetscCall(PetscFree2(x, before));
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
  CHECK(code == KN_ERR_USAGE, "%s %s: code %d", options[0], options[1], (int)code);
  PetscCall(KNSolverDestroy(&solver));
  for (int i = 0; options[i]; i += 2) PetscCall(PetscOptionsClearValue(NULL, options[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define REFUSED(pde, ...) PetscCall(CheckRefused(pde, (const char *const[]){__VA_ARGS__, NULL}))

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_walls); i++) PetscCall(CheckPurity(&small_walls[i]));
  PetscCall(CheckField());
  PetscCall(CheckNoise());
  PetscCall(CheckRanges());
  PetscCall(CheckBlowUp());
  {
    const char *const small[] = {"grid", "16", "frames", "2", "final_time", "0.1", NULL}, *const steady[] = {
                                                                                            "grid", "24", NULL};

    PetscCall(CheckReported("diffusion_sorption", small, 0, -0.1, "negative"));
    PetscCall(CheckReported("wave", small, 2, 0.0, "not positive"));
    PetscCall(CheckReported("wave", small, 2, 1e6, "max_steps is 100000"));
    PetscCall(CheckReported("helmholtz", steady, 0, -1.0, "not positive"));
    PetscCall(CheckReported("helmholtz", steady, 0, 100.0, "not resolved"));
    PetscCall(CheckReported("elasticity", steady, 0, 0.0, "not positive"));
    PetscCall(CheckReported("incompressible", small, 2, -0.1, "negative"));
    PetscCall(CheckReported("incompressible", small, 0, 1e14, "without bound"));
  }
  REFUSED("heat_walls", "-heat_walls_diffusivity", "-1");
  REFUSED("diffusion_sorption", "-diffusion_sorption_diffusivity", "-1e-3");
  REFUSED("diffusion_sorption", "-diffusion_sorption_porosity", "1.5");
  REFUSED("diffusion_sorption", "-diffusion_sorption_low", "-0.1");
  REFUSED("diffusion_sorption", "-diffusion_sorption_initial", "noise");
  REFUSED("diffusion_sorption", "-diffusion_sorption_grid", "32", "-diffusion_sorption_resolution", "12");
  REFUSED("heat_walls", "-heat_walls_diffusivity", "nan");
  REFUSED("heat_walls", "-heat_walls_grid", "3");
  REFUSED("heat_walls", "-heat_walls_grid", "32", "-heat_walls_resolution", "12");
  REFUSED("heat_walls", "-heat_walls_sides", "open");
  REFUSED("heat_walls", "-heat_walls_sides", "neumann,dirichlet");
  REFUSED("heat_walls", "-heat_walls_sides", "periodic,dirichlet,neumann,neumann");
  REFUSED("heat_walls", "-heat_walls_side_values", "1,2,3");
  REFUSED("heat_walls", "-heat_walls_side_values", "x");
  REFUSED("heat_walls", "-heat_walls_side_values", "1", "-heat_walls_sides", "periodic");
  REFUSED("heat_walls", "-heat_walls_robin", "0");
  REFUSED("heat_walls", "-heat_walls_sides", "robin", "-heat_walls_grid", "4096");
  REFUSED("heat_walls", "-heat_walls_low", "2");
  REFUSED("heat_walls", "-heat_walls_initial", "waves_");
  REFUSED("activator_inhibitor", "-activator_inhibitor_initial", "waves");
  REFUSED("activator_inhibitor", "-activator_inhibitor_axes", "4");
  REFUSED("helmholtz", "-helmholtz_wavenumber", "65");
  REFUSED("helmholtz", "-helmholtz_wavenumber", "-1");
  REFUSED("helmholtz", "-helmholtz_axes", "3");
  REFUSED("elasticity", "-elasticity_poisson", "0.5");
  REFUSED("elasticity", "-elasticity_modulus", "0");
  REFUSED("elasticity", "-elasticity_sides", "free");
  REFUSED("elasticity", "-elasticity_sides", "glued");
  REFUSED("incompressible", "-incompressible_viscosity", "-1");
  REFUSED("incompressible", "-incompressible_cfl", "1.5");
  REFUSED("incompressible", "-incompressible_low", "-1");
  REFUSED("incompressible", "-incompressible_sides", "wall");
  REFUSED("incompressible", "-incompressible_sides", "periodic,slip,slip,slip");
  REFUSED("incompressible", "-incompressible_axes", "1");
  REFUSED("incompressible", "-incompressible_viscosity", "-1:1");
  REFUSED("incompressible", "-incompressible_grid", "3");
  REFUSED("helmholtz", "-helmholtz_wavenumber", "20:10");
  REFUSED("helmholtz", "-helmholtz_wavenumber", "10:65");
  REFUSED("helmholtz", "-helmholtz_grid", "3");
  REFUSED("elasticity", "-elasticity_poisson", "0.3:0.5");
  REFUSED("elasticity", "-elasticity_contrast", "0:1:log");
  REFUSED("elasticity", "-elasticity_grid", "3");
  REFUSED("elasticity", "-elasticity_rtol", "0");
  REFUSED("diffusion_sorption", "-diffusion_sorption_grid", "3");
  REFUSED("wave", "-wave_grid", "3");
  REFUSED("wave", "-wave_contrast", "-1:1");
  REFUSED("wave", "-wave_speed", "0");
  REFUSED("wave", "-wave_cfl", "1.01");
  REFUSED("wave", "-wave_sides", "robin");
  PetscCall(PetscFinalize());
  return 0;
}

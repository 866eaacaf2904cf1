/*
  Options of solvers do what their help says: a permeability takes the two given values; sources and lids are linear in
  amplitude and scale; a smaller tolerance comes closer to the exact flow; a speed moves fields along its own axis;
  initial states keep to their bounds and radii; over a short time fields answer a coefficient as the equation says; a
  gravity four times as large is a clock twice as fast.
*/
#include "semilinear_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* The first sample with these options (as SemilinearCreate() takes them): its inputs or its outputs, size values. */
static PetscErrorCode First(const char pde[], const char *const options[], PetscBool inputs, size_t size,
                            PetscReal values[])
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde, options, &e));
  PetscCall(EnsembleSolve(&e, 3, 0, &report));
  CHECK(size == (inputs ? KNProblemInputSize(e.problem) : KNProblemOutputSize(e.problem)), "%s: not %zu values", pde,
        size);
  PetscCall(PetscArraycpy(values, inputs ? e.input : e.output, size));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u[k] = base + factor * part with factors 0, 1, 3; the part is not 0. */
static PetscErrorCode CheckLinear(const char what[], size_t size, PetscReal *const u[3], PetscReal tolerance)
{
  PetscReal part = 0.0, error = 0.0;

  PetscFunctionBegin;
  for (size_t i = 0; i < size; i++) {
    part  = PetscMax(part, PetscAbsReal(u[1][i] - u[0][i]));
    error = PetscMax(error, PetscAbsReal(u[2][i] - u[0][i] - 3.0 * (u[1][i] - u[0][i])));
  }
  CHECK(part > 0.0, "%s changes nothing", what);
  CHECK(error < tolerance * part, "%s: not linear by %g of %g", what, (double)error, (double)part);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckDarcy(void)
{
  enum { N = 16 };
  static const char *const low[] = {"grid", "16", "low", "0.5", "high", "7", NULL}, *const amplitude[] = {"0", "1",
                                                                                                          "3"};
  PetscReal a[N * N], f[3][2 * N * N];
  size_t    lower = 0, higher = 0;

  PetscFunctionBegin;
  PetscCall(First("darcy", low, PETSC_TRUE, N * N, a));
  for (size_t i = 0; i < N * N; i++) {
    lower += a[i] == 0.5;
    higher += a[i] == 7.0;
  }
  CHECK(lower && higher && lower + higher == N * N, "%zu times 0.5, %zu times 7", lower, higher);
  for (int k = 0; k < 3; k++) {
    const char *const options[] = {"grid",          "16",         "rhs", "random", "rhs_value", "2",
                                   "rhs_amplitude", amplitude[k], NULL};

    PetscCall(First("darcy", options, PETSC_TRUE, 2 * N * N, f[k]));
  }
  for (size_t i = N * N; i < 2 * N * N; i++) CHECK(f[0][i] == 2.0, "the source without a random part is %g", f[0][i]);
  PetscCall(CheckLinear("-darcy_rhs_amplitude", 2 * N * N, (PetscReal *[]){f[0], f[1], f[2]}, 1e-12));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean square of the changes from point to point of the last row of a lid, over its variance. */
static PetscReal Roughness(const PetscReal lid[], size_t n)
{
  PetscReal mean = 0.0, variance = 0.0, change = 0.0;

  for (size_t i = 0; i < n; i++) mean += lid[i] / (PetscReal)n;
  for (size_t i = 0; i < n; i++) variance += PetscSqr(lid[i] - mean);
  for (size_t i = 1; i < n; i++) change += PetscSqr(lid[i] - lid[i - 1]);
  return change / variance;
}

static PetscErrorCode CheckCavity(void)
{
  enum { N = 20 };
  static const char *const factor[] = {"0", "0.05", "0.15"}, *const tau[] = {"1", "30"};
  PetscReal lid[3][N * N], line[2][N];

  PetscFunctionBegin;
  for (int scale = 0; scale < 2; scale++) { /* scale 0 is the default: there the amplitude is 0 */
    for (int k = 0; k < 3; k++) {
      const char *const options[] = {"grid",
                                     "20",
                                     "lid",
                                     "random",
                                     "lid_amplitude",
                                     scale && k ? "1" : factor[k],
                                     "lid_scale",
                                     scale && k ? factor[k] : "1",
                                     NULL};

      PetscCall(First("cavity", options, PETSC_TRUE, N * N, lid[k]));
    }
    PetscCall(CheckLinear(scale ? "-cavity_lid_scale" : "-cavity_lid_amplitude", N * N,
                          (PetscReal *[]){lid[0], lid[1], lid[2]}, 1e-12));
  }
  for (int k = 0; k < 2; k++) {
    const char *const options[] = {"grid", "20",      "lid",  "random",    "lid_mean", "0", "lid_amplitude",
                                   "0.1",  "lid_tau", tau[k], "lid_scale", "1",        NULL};

    PetscCall(First("cavity", options, PETSC_TRUE, N * N, lid[0]));
    for (size_t i = 0; i < N; i++) line[k][i] = lid[0][i * N]; /* x is the slow axis */
  }
  CHECK(Roughness(line[1], N) > 1.5 * Roughness(line[0], N), "-cavity_lid_tau: roughness %g at 1, %g at 30",
        (double)Roughness(line[0], N), (double)Roughness(line[1], N));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckTolerance(void)
{
  enum { N = 32 };
  static const char *const tolerance[] = {"1e-11", "1e-3", "1e-6"};
  PetscReal                w[3][2 * N * N], coarse, fine;

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    const char *const options[] = {"grid", "32",         "resolution", "32",   "viscosity",  "1e-2", "frames",
                                   "2",    "final_time", "1",          "rtol", tolerance[k], NULL};

    PetscCall(First("navier_stokes", options, PETSC_FALSE, 2 * N * N, w[k]));
  }
  coarse = Distance(w[0], w[1], 2 * N * N);
  fine   = Distance(w[0], w[2], 2 * N * N);
  CHECK(fine > 0.0 && coarse > 10.0 * fine, "-navier_stokes_rtol: errors %g at 1e-3, %g at 1e-6", (double)coarse,
        (double)fine);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With one speed alone, sums along its axis stay, while the field moves. */
static PetscErrorCode CheckSpeeds(void)
{
  enum { N = 8, SIZE = N * N * N };
  PetscReal u[2 * SIZE];

  PetscFunctionBegin;
  for (int axis = 0; axis < 3; axis++) {
    const char *const options[] = {"axes",       "3",
                                   "grid",       "8",
                                   "resolution", "8",
                                   "frames",     "2",
                                   "final_time", "0.1",
                                   "speed_x",    axis == 0 ? "1" : "0",
                                   "speed_y",    axis == 1 ? "1" : "0",
                                   "speed_z",    axis == 2 ? "1" : "0",
                                   "initial",    "quadrants",
                                   NULL};
    const size_t      stride    = axis == 0 ? N * N : axis == 1 ? N : 1; /* z is the fastest */
    PetscReal         moved = 0.0, kept = 0.0;

    PetscCall(First("advection", options, PETSC_FALSE, 2 * SIZE, u));
    for (size_t i = 0; i < SIZE; i++) {
      PetscReal change = 0.0;

      moved = PetscMax(moved, PetscAbsReal(u[SIZE + i] - u[i]));
      if (i / stride % N) continue; /* else i begins a line along the axis */
      for (size_t k = 0; k < N; k++) change += u[SIZE + i + k * stride] - u[i + k * stride];
      kept = PetscMax(kept, PetscAbsReal(change));
    }
    CHECK(moved > 0.01 && kept < 1e-12, "axis %d: moves by %g, sums along it change by %g", axis, (double)moved,
          (double)kept);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two constant states: a field of the first frame lies between its bounds, and takes more than one value. */
static PetscErrorCode CheckBounds(const char pde[], int fields, int field, const char low[], const char high[])
{
  enum { N = 16, MOST = 3 };
  const char *const options[] = {"axes",  "1",       "grid",    "16", "resolution", "16", "frames", "2", "final_time",
                                 "0.001", "initial", "riemann", low,  "2",          high, "3",      NULL};
  PetscReal         u[2 * MOST * N], lowest = PETSC_MAX_REAL, highest = 0.0;

  PetscFunctionBegin;
  PetscCall(First(pde, options, PETSC_FALSE, (size_t)(2 * fields * N), u));
  for (int i = 0; i < N; i++) {
    lowest  = PetscMin(lowest, u[field * N + i]);
    highest = PetscMax(highest, u[field * N + i]);
  }
  CHECK(lowest >= 2.0 && highest <= 3.0 && lowest < highest, "-%s_%s 2, -%s_%s 3: from %g to %g", pde, low, pde, high,
        (double)lowest, (double)highest);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Within the radius a radial state has one value, outside another: an interval twice as long as the radius. */
static PetscErrorCode CheckRadius(void)
{
  enum { N = 200 };
  static const char *const options[] = {
    "axes",  "1", "grid",   "200", "resolution", "200", "frames",      "2",   "final_time", "1e-6", "initial", "radial",
    "u_low", "0", "u_high", "1",   "radius_low", "0.2", "radius_high", "0.2", NULL};
  PetscReal u[2 * N], inside = 0.0, largest = 0.0;

  PetscFunctionBegin;
  PetscCall(First("advection", options, PETSC_FALSE, 2 * N, u));
  for (int i = 0; i < N; i++) largest = PetscMax(largest, u[i]);
  for (int i = 0; i < N; i++) inside += u[i] > 0.5 * largest;
  CHECK(largest > 0.0 && PetscAbsReal(inside / N - 0.4) <= 2.0 / N, "%g of the cells are within 0.2",
        (double)inside / N);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gravity sets the unit of time: the same depths at half the time, with velocities in units of the speed of waves. */
static PetscErrorCode CheckGravity(void)
{
  enum { N = 32 };
  PetscReal h[2][4 * N];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const char *const options[] = {"axes",    "1",           "grid",    "32",      "resolution", "32",
                                   "frames",  "2",           "initial", "riemann", "final_time", k ? "0.05" : "0.1",
                                   "gravity", k ? "4" : "1", NULL};

    PetscCall(First("shallow_water", options, PETSC_FALSE, 4 * N, h[k]));
  }
  CHECK(Distance(h[0], h[0] + 2 * N, N) > 1e-3, "the water stands still");
  CHECK(Distance(h[0] + 2 * N, h[1] + 2 * N, N) < 1e-12, "-shallow_water_gravity: depths differ by %g",
        (double)Distance(h[0] + 2 * N, h[1] + 2 * N, N));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Fields after a short time with three values of a coefficient, base + 0, 1, 3: the field that it stands before has
  changed in proportion, the other one by less than a hundredth of that, unless both is set.
*/
static PetscErrorCode CheckCoefficient(const char pde[], const char name[], const char *const values[3], int fields,
                                       int own, PetscBool both)
{
  enum { N = 32 };
  PetscReal  u[3][4 * N], *changed[3], part, other;
  const char one_axis[] = "axes";

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    const char *const options[] = {"grid",
                                   "192",
                                   "resolution",
                                   "32",
                                   "final_time",
                                   "1e-4",
                                   "frames",
                                   "2",
                                   name,
                                   values[k],
                                   fields == 2 ? one_axis : NULL,
                                   "1",
                                   NULL};

    PetscCall(First(pde, options, PETSC_FALSE, (size_t)(2 * fields * N), u[k]));
    changed[k] = u[k] + (fields + own) * N;
  }
  PetscCall(CheckLinear(name, N, changed, 1e-2));
  if (both || fields == 1) PetscFunctionReturn(PETSC_SUCCESS);
  part  = Distance(changed[0], changed[2], N);
  other = Distance(u[0] + (fields + 1 - own) * N, u[2] + (fields + 1 - own) * N, N);
  CHECK(other < 0.01 * part, "-%s_%s changes the other field by %g, its own by %g", pde, name, (double)other,
        (double)part);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* -(k_c^2 + Laplace)^2: over a short time a second-order polynomial of k_c^2, whose third difference is 0. */
static PetscErrorCode CheckWavenumber(void)
{
  enum { N = 32 };
  static const char *const squares[] = {"0", "1", "1.4142135623730951", "1.7320508075688772"};
  PetscReal                u[4][2 * N], third = 0.0, part;

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) {
    const char *const options[] = {"axes", "1",      "grid", "96",         "resolution", "32", "final_time",
                                   "1e-4", "frames", "2",    "wavenumber", squares[k],   NULL};

    PetscCall(First("swift_hohenberg", options, PETSC_FALSE, 2 * N, u[k]));
  }
  part = Distance(u[0] + N, u[1] + N, N);
  for (int i = N; i < 2 * N; i++) {
    third = PetscMax(third, PetscAbsReal(u[3][i] - 3.0 * u[2][i] + 3.0 * u[1][i] - u[0][i]));
  }
  CHECK(part > 0.0 && third < 1e-2 * part, "-swift_hohenberg_wavenumber: third difference %g of %g", (double)third,
        (double)part);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sorption knows the product of density and coefficient alone; at the low end stands the concentration given there. */
static PetscErrorCode CheckSorption(void)
{
  enum { N = 32 };
  PetscReal u[2][2 * N];

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const char *const options[] = {"grid",        "32",
                                   "resolution",  "32",
                                   "frames",      "2",
                                   "final_time",  "100",
                                   "left",        "0.3",
                                   "density",     k ? "1440" : "2880",
                                   "coefficient", k ? "7e-4" : "3.5e-4",
                                   NULL};

    PetscCall(First("diffusion_sorption", options, PETSC_FALSE, 2 * N, u[k]));
  }
  CHECK(Distance(u[0], u[0] + N, N) > 1e-3, "nothing diffuses");
  CHECK(Distance(u[0], u[1], 2 * N) < 1e-6, "half the density, twice the coefficient: %g",
        (double)Distance(u[0], u[1], 2 * N));
  CHECK(PetscAbsReal(u[0][N] - 0.3) < 0.02, "-diffusion_sorption_left 0.3: %g beside it", (double)u[0][N]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A source of integral 1 on an interval: twice as wide, half as high. */
static PetscErrorCode CheckWidth(void)
{
  enum { N = 64 };
  PetscReal input[2 * N], height[2] = {0.0};

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    const char *const options[] = {"axes", "1", "grid", "64", "resolution", "64", "width", k ? "0.2" : "0.1", NULL};

    PetscCall(First("helmholtz", options, PETSC_TRUE, 2 * N, input));
    for (int i = N; i < 2 * N; i++) height[k] = PetscMax(height[k], input[i]);
  }
  CHECK(PetscAbsReal(height[0] / height[1] - 2.0) < 0.02, "-helmholtz_width: heights %g at 0.1, %g at 0.2",
        (double)height[0], (double)height[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const small[] = {"1e-6", "2e-6", "4e-6"}, *const rate[] = {"0.01", "0.02", "0.04"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckDarcy());
  PetscCall(CheckCavity());
  PetscCall(CheckTolerance());
  PetscCall(CheckSpeeds());
  PetscCall(CheckBounds("advection", 1, 0, "u_low", "u_high"));
  PetscCall(CheckBounds("burgers_grid", 1, 0, "u_low", "u_high"));
  PetscCall(CheckBounds("euler", 3, 0, "density_low", "density_high"));
  PetscCall(CheckBounds("euler", 3, 2, "pressure_low", "pressure_high"));
  PetscCall(CheckBounds("shallow_water", 2, 0, "h_low", "h_high"));
  PetscCall(CheckRadius());
  PetscCall(CheckGravity());
  PetscCall(CheckWavenumber());
  PetscCall(CheckSorption());
  PetscCall(CheckWidth());
  PetscCall(CheckCoefficient("kdv", "convection", rate, 1, 0, PETSC_FALSE));
  PetscCall(CheckCoefficient("gray_scott", "diffusivity_u", small, 2, 0, PETSC_FALSE));
  PetscCall(CheckCoefficient("gray_scott", "diffusivity_v", small, 2, 1, PETSC_FALSE));
  PetscCall(CheckCoefficient("gray_scott", "feed", rate, 2, 0, PETSC_TRUE)); /* v decays with it, too */
  PetscCall(CheckCoefficient("gray_scott", "kill", rate, 2, 1, PETSC_FALSE));
  PetscCall(CheckCoefficient("fitzhugh_nagumo", "diffusivity_u", rate, 2, 0, PETSC_FALSE));
  PetscCall(CheckCoefficient("fitzhugh_nagumo", "diffusivity_v", rate, 2, 1, PETSC_FALSE));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Equations on the torus against exact solutions: heat and dispersion mode by mode in 1, 2 and 3 axes; two solitons of
  Korteweg and de Vries' equation that pass through each other; Fisher's travelling wave (Ablowitz and Zeppetella, Bull.
  Math. Biol. 41 (1979) 835); a soliton and plane waves of Schroedinger's equation; Burgers' equation of a gradient;
  vortices and Beltrami flow that drift and decay.
*/
#include "semilinear_test.h"

/* A field at x, in units of the torus, and time t. */
typedef PetscReal (*Exact)(PetscInt field, const PetscReal x[3], PetscReal t);

/* Point s of a periodic grid, 0 on axes that are not there. */
static void Place(PetscReal x[3], const KNGrid *grid, size_t s)
{
  x[0] = x[1] = x[2] = 0.0;
  for (PetscInt d = grid->dim - 1; d >= 0; d--) {
    x[d] = (PetscReal)(s % (size_t)grid->n[d]) / (PetscReal)grid->n[d];
    s /= (size_t)grid->n[d];
  }
}

/* The first frame is given from f, the last compared with it. */
static PetscErrorCode CheckExact(const char pde[], const char *const options[], Exact f, PetscReal allowed)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal     *given, x[3], error = 0.0, largest = 0.0;
  size_t         size, last;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde, options, &e));
  size = KNGridSize(&e.problem->output.grid);
  last = (size_t)(e.problem->frames - 1) * (size_t)e.problem->output.fields * size;
  PetscCall(PetscMalloc1((size_t)e.problem->output.fields * size, &given));
  for (size_t s = 0; s < (size_t)e.problem->output.fields * size; s++) {
    Place(x, &e.problem->output.grid, s % size);
    given[s] = f((PetscInt)(s / size), x, 0.0);
  }
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", pde, report.reason);
  for (size_t s = 0; s < (size_t)e.problem->output.fields * size; s++) {
    PetscReal exact;

    Place(x, &e.problem->output.grid, s % size);
    exact   = f((PetscInt)(s / size), x, e.problem->times[e.problem->frames - 1]);
    error   = PetscMax(error, PetscAbsReal(e.output[last + s] - exact));
    largest = PetscMax(largest, PetscAbsReal(exact));
  }
  PetscCheck(error <= allowed * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the error is %g of %g, after %" PetscInt_FMT " steps", pde, (double)error, (double)largest,
             report.iterations);
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Torus of side 2, nu = 0.1, axes as given by the number of wavenumbers. */
static PetscReal Heat(const PetscReal x[3], PetscReal t, PetscInt axes)
{
  static const PetscInt k[3]   = {2, -3, 1};
  PetscReal             square = 0.0, phase = 0.4;

  for (PetscInt d = 0; d < axes; d++) {
    square += PetscSqr(PETSC_PI * k[d]);
    phase += 2.0 * PETSC_PI * k[d] * x[d];
  }
  return 0.3 + PetscExpReal(-0.1 * square * t) * PetscCosReal(phase);
}

/* Torus of side 2, xi = 0.01. */
static PetscReal Dispersion(const PetscReal x[3], PetscReal t, PetscInt axes)
{
  static const PetscInt k[3]  = {2, -3, 1};
  PetscReal             phase = 0.4;

  for (PetscInt d = 0; d < axes; d++) {
    phase += 2.0 * PETSC_PI * k[d] * x[d] - 0.01 * PetscPowRealInt(PETSC_PI * k[d], 3) * t;
  }
  return PetscSinReal(phase);
}

static PetscReal Heat1(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Heat(x, t, 1);
}
static PetscReal Heat2(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Heat(x, t, 2);
}
static PetscReal Heat3(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Heat(x, t, 3);
}
static PetscReal Dispersion1(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Dispersion(x, t, 1);
}
static PetscReal Dispersion2(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Dispersion(x, t, 2);
}
static PetscReal Dispersion3(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Dispersion(x, t, 3);
}

/*
  u = 2 (ln F)_xx, F = 1 + e1 + e2 + A e1 e2, e_i = exp(k_i (x - x_i) - k_i^3 t), on the circle of length 100: Hirota,
  Phys. Rev. Lett. 27 (1971) 1192. The fast one overtakes at t = 12.
*/
static PetscReal Solitons(PetscInt field, const PetscReal at[3], PetscReal t)
{
  static const PetscReal k[2] = {1.0, 1.5}, from[2] = {-5.0, -20.0};
  const PetscReal        x = 100.0 * (at[0] < 0.5 ? at[0] : at[0] - 1.0), A = PetscSqr((k[0] - k[1]) / (k[0] + k[1]));
  const PetscReal        e1 = PetscExpReal(k[0] * (x - from[0]) - PetscPowRealInt(k[0], 3) * t),
                  e2        = PetscExpReal(k[1] * (x - from[1]) - PetscPowRealInt(k[1], 3) * t);
  const PetscReal F = 1.0 + e1 + e2 + A * e1 * e2, F1 = k[0] * e1 + k[1] * e2 + A * (k[0] + k[1]) * e1 * e2,
                  F2 = k[0] * k[0] * e1 + k[1] * k[1] * e2 + A * PetscSqr(k[0] + k[1]) * e1 * e2;

  return 2.0 * (F2 / F - PetscSqr(F1 / F));
}

/* Two fronts that run away from each other on the circle of length 240, nu = 2, r = 3: speed 5 sqrt(r nu/6). */
static PetscReal Fronts(PetscInt field, const PetscReal at[3], PetscReal t)
{
  const PetscReal x = 240.0 * (at[0] < 0.5 ? at[0] : at[0] - 1.0), z = PetscSqrtReal(3.0 / (6.0 * 2.0)),
                  c = 5.0 * PetscSqrtReal(3.0 * 2.0 / 6.0);

  return 1.0 / PetscSqr(1.0 + PetscExpReal(z * (x - 40.0 - c * t))) +
         1.0 / PetscSqr(1.0 + PetscExpReal(z * (-x - 40.0 - c * t))) - 1.0;
}

/*
  psi = sqrt(2/g) a sech(a (x - c t)) exp(i (c x/2 + (a^2 - c^2/4) t)) on the circle of length 60, g = 2, a = 1; c/2 is
  a wavenumber of the circle: Zakharov and Shabat, Sov. Phys. JETP 34 (1972) 62.
*/
static PetscReal Bright(PetscInt field, const PetscReal at[3], PetscReal t)
{
  const PetscReal x = 60.0 * (at[0] < 0.5 ? at[0] : at[0] - 1.0), c = 4.0 * PETSC_PI * 5.0 / 60.0;
  const PetscReal phase = c * x / 2.0 + (1.0 - c * c / 4.0) * t;

  return (field ? PetscSinReal(phase) : PetscCosReal(phase)) / PetscCoshReal(x - c * t);
}

/* psi = exp(i (k . x - (|k|^2 - g) t)) on the torus of side 2 pi, g = -1.5. */
static PetscReal Plane(PetscInt field, const PetscReal at[3], PetscReal t, PetscInt axes)
{
  static const PetscReal k[3]  = {2.0, -1.0, 3.0};
  PetscReal              phase = 0.3 - 1.5 * t;

  for (PetscInt d = 0; d < axes; d++) phase += 2.0 * PETSC_PI * k[d] * at[d] - k[d] * k[d] * t;
  return field ? PetscSinReal(phase) : PetscCosReal(phase);
}

/*
  u = -2 nu grad(phi)/phi, phi = 3 + exp(-axes nu t) cos x cos y (cos z) + exp(-nu t) sin(x)/2, on the torus of side 2
  pi, nu = 0.2.
*/
static PetscReal HopfCole(PetscInt field, const PetscReal at[3], PetscReal t, PetscInt axes)
{
  const PetscReal nu = 0.2, first = PetscExpReal(-axes * nu * t), second = 0.5 * PetscExpReal(-nu * t);
  PetscReal       product = first, slope = -first;

  for (PetscInt d = 0; d < axes; d++) {
    product *= PetscCosReal(2.0 * PETSC_PI * at[d]);
    slope *= d == field ? PetscSinReal(2.0 * PETSC_PI * at[d]) : PetscCosReal(2.0 * PETSC_PI * at[d]);
  }
  if (field == 0) slope += second * PetscCosReal(2.0 * PETSC_PI * at[0]);
  return -2.0 * nu * slope / (3.0 + product + second * PetscSinReal(2.0 * PETSC_PI * at[0]));
}

/* Vortices of Taylor's in the plane, the same at every z, that drift with (0.3, -0.2, 0.5); on side 2 pi, nu = 0.05. */
static PetscReal Vortices(PetscInt field, const PetscReal at[3], PetscReal t)
{
  const PetscReal x = 2.0 * PETSC_PI * at[0] - 0.3 * t, y = 2.0 * PETSC_PI * at[1] + 0.2 * t;
  const PetscReal decay = PetscExpReal(-2.0 * 0.05 * t);

  if (field == 0) return 0.3 + decay * PetscSinReal(x) * PetscCosReal(y);
  if (field == 1) return -0.2 - decay * PetscCosReal(x) * PetscSinReal(y);
  return 0.5;
}

/* Arnold, Beltrami and Childress' flow, parallel to its curl, that drifts: it decays by exp(-nu t). */
static PetscReal Beltrami(PetscInt field, const PetscReal at[3], PetscReal t)
{
  static const PetscReal drift[3] = {0.3, -0.2, 0.5}, amplitude[3] = {1.0, 0.7, 0.4};
  const PetscInt         one = (field + 1) % 3, two = (field + 2) % 3;

  return drift[field] +
         PetscExpReal(-0.05 * t) * (amplitude[two] * PetscSinReal(2.0 * PETSC_PI * at[two] - drift[two] * t) +
                                    amplitude[one] * PetscCosReal(2.0 * PETSC_PI * at[one] - drift[one] * t));
}

static PetscReal Plane1(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Plane(field, x, t, 1);
}
static PetscReal Plane2(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Plane(field, x, t, 2);
}
static PetscReal Plane3(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return Plane(field, x, t, 3);
}
static PetscReal HopfCole2(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return HopfCole(field, x, t, 2);
}
static PetscReal HopfCole3(PetscInt field, const PetscReal x[3], PetscReal t)
{
  return HopfCole(field, x, t, 3);
}

#define OPTIONS(...)                 \
  (const char *const[])              \
  {                                  \
    "frames", "3", __VA_ARGS__, NULL \
  }
#define SIDE "length", "6.283185307179586"

/* Solved without steps. */
static PetscErrorCode CheckLinear(void)
{
  static const Exact       heat[3] = {Heat1, Heat2, Heat3}, dispersion[3] = {Dispersion1, Dispersion2, Dispersion3};
  static const char *const axes[3] = {"1", "2", "3"}, *const grid[3] = {"15", "16", "9"};

  PetscFunctionBegin;
  for (int d = 0; d < 3; d++) {
    PetscCall(
      CheckExact("heat", OPTIONS("axes", axes[d], "grid", grid[d], "length", "2", "viscosity", "0.1"), heat[d], 1e-14));
    PetscCall(CheckExact("dispersion", OPTIONS("axes", axes[d], "grid", grid[d], "length", "2", "dispersion", "0.01"),
                         dispersion[d], 1e-13));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckScheme(const char scheme[])
{
#define STEPS "scheme", scheme, "tolerance", "1e-9"
  PetscFunctionBegin;
  PetscCall(CheckExact("kdv", OPTIONS(STEPS, "grid", "512", "length", "100", "final_time", "20"), Solitons, 1e-7));
  PetscCall(CheckExact(
    "fisher_kpp", OPTIONS(STEPS, "grid", "768", "length", "240", "viscosity", "2", "reaction", "3", "final_time", "2"),
    Fronts, 1e-7));
  PetscCall(
    CheckExact("schroedinger", OPTIONS(STEPS, "grid", "384", "length", "60", "nonlinearity", "2"), Bright, 1e-6));
  PetscCall(
    CheckExact("schroedinger", OPTIONS(STEPS, "axes", "1", "grid", "17", SIDE, "nonlinearity", "-1.5"), Plane1, 1e-6));
  PetscCall(
    CheckExact("schroedinger", OPTIONS(STEPS, "axes", "2", "grid", "16", SIDE, "nonlinearity", "-1.5"), Plane2, 1e-6));
  PetscCall(
    CheckExact("schroedinger", OPTIONS(STEPS, "axes", "3", "grid", "16", SIDE, "nonlinearity", "-1.5"), Plane3, 1e-6));
  PetscCall(
    CheckExact("vector_burgers", OPTIONS(STEPS, "axes", "2", "grid", "64", SIDE, "viscosity", "0.2"), HopfCole2, 1e-7));
  PetscCall(CheckExact("vector_burgers",
                       OPTIONS(STEPS, "axes", "3", "grid", "40", SIDE, "viscosity", "0.2", "final_time", "0.2"),
                       HopfCole3, 1e-7));
  PetscCall(CheckExact("navier_stokes_3d", OPTIONS(STEPS, "grid", "15", "viscosity", "0.05", "final_time", "1"),
                       Vortices, 1e-7));
  PetscCall(CheckExact("navier_stokes_3d", OPTIONS(STEPS, "grid", "12", "viscosity", "0.05", "final_time", "1"),
                       Beltrami, 1e-7));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckLinear());
  PetscCall(CheckScheme("etdrk4"));
  PetscCall(CheckScheme("imex"));
  PetscCall(PetscFinalize());
  return 0;
}

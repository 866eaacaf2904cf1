/*
  Equations on the torus against exact solutions: heat and dispersion mode by mode in 1, 2 and 3 axes; two solitons of
  Korteweg and de Vries' equation that pass through each other; Fisher's travelling wave (Ablowitz and Zeppetella,
  Bull. Math. Biol. 41 (1979) 835).
*/
#include "solver_ensemble.h"

/*
  The values of the first frame from f, those of the last against it: f(x, t), x in units of the torus, last axis
  fastest.
*/
typedef PetscReal (*Exact)(const PetscReal x[3], PetscReal t);

static PetscErrorCode CheckExact(const char pde[], const char *const options[], Exact f, PetscReal allowed)
{
  Ensemble        e;
  KNSolverReport  report;
  const PetscInt *n;
  PetscReal      *given, error = 0.0, largest = 0.0;
  size_t          size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, pde, options, &e));
  n    = e.problem->output.grid.n;
  size = KNGridSize(&e.problem->output.grid);
  PetscCall(PetscMalloc1(size, &given));
  for (PetscInt frame = 0; frame < e.problem->frames; frame += e.problem->frames - 1) {
    for (size_t s = 0; s < size; s++) {
      const size_t    rows = s / (size_t)n[e.problem->output.grid.dim - 1];
      const PetscReal last = (PetscReal)(s % (size_t)n[0]) / n[0], x[3] =
        {e.problem->output.grid.dim == 1 ? last : e.problem->output.grid.dim == 2 ? (PetscReal)rows / n[0]
        : (PetscReal)(rows / (size_t)n[0]) / n[0], e.problem->output.grid.dim == 2 ? last
        : (PetscReal)(rows % (size_t)n[0]) / n[0], last};
      const PetscReal exact = f(x, e.problem->times[frame]);

      if (!frame) given[s] = exact;
      error   = PetscMax(error, frame ? PetscAbsReal(e.output[(size_t)frame * size + s] - exact) : 0.0);
      largest = PetscMax(largest, PetscAbsReal(exact));
    }
    if (!frame) {
      PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
      PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", pde, report.reason);
    }
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
  static const PetscInt k[3] = {2, -3, 1};
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
  static const PetscInt k[3] = {2, -3, 1};
  PetscReal             phase = 0.4;

  for (PetscInt d = 0; d < axes; d++) phase += 2.0 * PETSC_PI * k[d] * x[d] - 0.01 * PetscPowRealInt(PETSC_PI * k[d],
      3) * t;
  return PetscSinReal(phase);
}

static PetscReal Heat1(const PetscReal x[3], PetscReal t) { return Heat(x, t, 1); }
static PetscReal Heat2(const PetscReal x[3], PetscReal t) { return Heat(x, t, 2); }
static PetscReal Heat3(const PetscReal x[3], PetscReal t) { return Heat(x, t, 3); }
static PetscReal Dispersion1(const PetscReal x[3], PetscReal t) { return Dispersion(x, t, 1); }
static PetscReal Dispersion2(const PetscReal x[3], PetscReal t) { return Dispersion(x, t, 2); }
static PetscReal Dispersion3(const PetscReal x[3], PetscReal t) { return Dispersion(x, t, 3); }

/*
  u = 2 (ln F)_xx, F = 1 + e1 + e2 + A e1 e2, e_i = exp(k_i (x - x_i) - k_i^3 t), on the circle of length 100: Hirota,
  Phys. Rev. Lett. 27 (1971) 1192. The fast one overtakes at t = 12.
*/
static PetscReal Solitons(const PetscReal at[3], PetscReal t)
{
  static const PetscReal k[2] = {1.0, 1.5}, from[2] = {-5.0, -20.0};
  const PetscReal        x = 100.0 * (at[0] < 0.5 ? at[0] : at[0] - 1.0), A = PetscSqr((k[0] - k[1]) / (k[0] + k[1]));
  const PetscReal        e1 = PetscExpReal(k[0] * (x - from[0]) - PetscPowRealInt(k[0], 3) * t),
    e2 = PetscExpReal(k[1] * (x - from[1]) - PetscPowRealInt(k[1], 3) * t);
  const PetscReal        F = 1.0 + e1 + e2 + A * e1 * e2, F1 = k[0] * e1 + k[1] * e2 + A * (k[0] + k[1]) * e1 * e2,
    F2 = k[0] * k[0] * e1 + k[1] * k[1] * e2 + A * PetscSqr(k[0] + k[1]) * e1 * e2;

  return 2.0 * (F2 / F - PetscSqr(F1 / F));
}

/* Two fronts that run away from each other on the circle of length 240, nu = 2, r = 3: speed 5 sqrt(r nu/6). */
static PetscReal Fronts(const PetscReal at[3], PetscReal t)
{
  const PetscReal x = 240.0 * (at[0] < 0.5 ? at[0] : at[0] - 1.0), z = PetscSqrtReal(3.0 / (6.0 * 2.0)),
    c = 5.0 * PetscSqrtReal(3.0 * 2.0 / 6.0);

  return 1.0 / PetscSqr(1.0 + PetscExpReal(z * (x - 40.0 - c * t))) +
    1.0 / PetscSqr(1.0 + PetscExpReal(z * (-x - 40.0 - c * t))) - 1.0;
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
#define HEAT(axes, grid) (const char *const[]){"-heat_axes", axes, "-heat_grid", grid, "-heat_length", "2", \
                                               "-heat_viscosity", "0.1", "-heat_frames", "3", NULL}
  PetscCall(CheckExact("heat", HEAT("1", "15"), Heat1, 1e-14));
  PetscCall(CheckExact("heat", HEAT("2", "16"), Heat2, 1e-14));
  PetscCall(CheckExact("heat", HEAT("3", "9"), Heat3, 1e-14));
#define DISPERSION(axes, grid) (const char *const[]){"-dispersion_axes", axes, "-dispersion_grid", grid, \
                                                     "-dispersion_length", "2", "-dispersion_dispersion", "0.01", \
                                                     "-dispersion_frames", "3", NULL}
  PetscCall(CheckExact("dispersion", DISPERSION("1", "16"), Dispersion1, 1e-13));
  PetscCall(CheckExact("dispersion", DISPERSION("2", "15"), Dispersion2, 1e-13));
  PetscCall(CheckExact("dispersion", DISPERSION("3", "10"), Dispersion3, 1e-13));
#define KDV(scheme) (const char *const[]){"-kdv_grid", "512", "-kdv_length", "100", "-kdv_final_time", "20", \
                                          "-kdv_frames", "3", "-kdv_tolerance", "1e-9", "-kdv_scheme", scheme, NULL}
  PetscCall(CheckExact("kdv", KDV("etdrk4"), Solitons, 1e-7));
  PetscCall(CheckExact("kdv", KDV("imex"), Solitons, 1e-7));
#define FISHER(scheme) (const char *const[]){"-fisher_kpp_grid", "768", "-fisher_kpp_length", "240", \
                                             "-fisher_kpp_viscosity", "2", "-fisher_kpp_reaction", "3", \
                                             "-fisher_kpp_final_time", "2", "-fisher_kpp_frames", "3", \
                                             "-fisher_kpp_tolerance", "1e-9", "-fisher_kpp_scheme", scheme, NULL}
  PetscCall(CheckExact("fisher_kpp", FISHER("etdrk4"), Fronts, 1e-8));
  PetscCall(CheckExact("fisher_kpp", FISHER("imex"), Fronts, 1e-7));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Reactions and patterns: homogeneous fields of Gray and Scott's and of FitzHugh and Nagumo's reaction follow their
  ordinary differential equations; spots and waves are the same in both schemes and on a finer grid; small waves of
  Swift and Hohenberg's equation grow at the rates of its symbol.
*/
#include "semilinear_test.h"

/* Rates of the two concentrations with the default coefficients. */
static void GrayScott(const PetscReal c[2], PetscReal rate[2])
{
  rate[0] = -c[0] * c[1] * c[1] + 0.04 * (1.0 - c[0]);
  rate[1] = c[0] * c[1] * c[1] - (0.04 + 0.06) * c[1];
}

static void FitzHughNagumo(const PetscReal c[2], PetscReal rate[2])
{
  rate[0] = c[0] - c[0] * c[0] * c[0] - 5e-3 - c[1];
  rate[1] = c[0] - c[1];
}

/* c after t, by 10,000 steps of the classical Runge-Kutta scheme. */
static void March(void (*reaction)(const PetscReal[2], PetscReal[2]), PetscReal t, PetscReal c[2])
{
  static const PetscReal part[4] = {0.0, 0.5, 0.5, 1.0}, weight[4] = {1.0, 2.0, 2.0, 1.0};
  const PetscReal        h = t / 10000.0;

  for (int step = 0; step < 10000; step++) {
    PetscReal k[2] = {0.0, 0.0}, sum[2] = {0.0, 0.0};

    for (int stage = 0; stage < 4; stage++) {
      const PetscReal at[2] = {c[0] + part[stage] * h * k[0], c[1] + part[stage] * h * k[1]};

      reaction(at, k);
      for (int i = 0; i < 2; i++) sum[i] += weight[stage] * k[i];
    }
    for (int i = 0; i < 2; i++) c[i] += h / 6.0 * sum[i];
  }
}

static PetscErrorCode CheckHomogeneous(const char pde[], const char scheme[], PetscReal t, PetscReal u, PetscReal v)
{
  void (*const reaction)(const PetscReal[2], PetscReal[2]) = strcmp(pde, "gray_scott") ? FitzHughNagumo : GrayScott;
  PetscReal      c[2]                                      = {u, v}, given[32];
  char           time[32];
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(time, sizeof(time), "%g", (double)t));
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde,
                             (const char *const[]){"axes", "1", "grid", "16", "frames", "3", "final_time", time,
                                                   "tolerance", "1e-9", "scheme", scheme, NULL},
                             &e));
  for (PetscInt i = 0; i < 32; i++) given[i] = i < 16 ? u : v;
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", pde, report.reason);
  March(reaction, t, c);
  for (PetscInt i = 0; i < 32; i++) {
    PetscCheck(PetscAbsReal(e.output[64 + i] - c[i / 16]) < 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s: field %d is %g, not %g", pde, scheme, (int)(i / 16), (double)e.output[64 + i],
               (double)c[i / 16]);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last frame of sample 3 on 24 x 24 points. */
static PetscErrorCode Solve(const char pde[], const char time[], const char grid[], const char scheme[],
                            const char tolerance[], PetscReal last[])
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde,
                             (const char *const[]){"axes", "2", "grid", grid, "resolution", "24", "frames", "2",
                                                   "final_time", time, "field_alpha", "12", "field_tau", "15", "scheme",
                                                   scheme, "tolerance", tolerance, NULL},
                             &e));
  PetscCall(EnsembleSolve(&e, 2, 3, &report));
  PetscCall(PetscArraycpy(last, e.output + e.problem->output.fields * 576, e.problem->output.fields * 576));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckPatterns(const char pde[], const char time[], PetscInt fields, const char grid[],
                                    const char finer[])
{
  PetscReal exact[1152], imex[1152], fine[1152], loose[1152];

  PetscFunctionBegin;
  PetscCall(Solve(pde, time, grid, "etdrk4", "1e-9", exact));
  PetscCall(Solve(pde, time, grid, "imex", "1e-8", imex));
  PetscCall(Solve(pde, time, finer, "etdrk4", "1e-9", fine));
  PetscCall(Solve(pde, time, grid, "etdrk4", "1e-6", loose));
  PetscCheck(Distance(exact, imex, (size_t)fields * 576) < 1e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the schemes differ by %g", pde, (double)Distance(exact, imex, (size_t)fields * 576));
  PetscCheck(Distance(exact, fine, (size_t)fields * 576) < 1e-3, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a finer grid has another solution by %g", pde, (double)Distance(exact, fine, (size_t)fields * 576));
  PetscCheck(Distance(exact, loose, (size_t)fields * 576) < 1e-4, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the default tolerance has the error %g", pde, (double)Distance(exact, loose, (size_t)fields * 576));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* k waves of amplitude 1e-7 on the square of side 40, r = 0.3: exp((0.3 - (1 - kappa^2)^2) t). */
static PetscErrorCode CheckGrowth(const char scheme[], PetscInt k1, PetscInt k2)
{
  const PetscReal square = PetscSqr(2.0 * PETSC_PI / 40.0) * (PetscReal)(k1 * k1 + k2 * k2);
  const PetscReal growth = PetscExpReal(2.0 * (0.3 - PetscSqr(1.0 - square)));
  Ensemble        e;
  KNSolverReport  report;
  PetscReal       u[1024], error = 0.0;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "swift_hohenberg",
                             (const char *const[]){"grid", "32", "length", "40", "growth", "0.3", "frames", "2",
                                                   "final_time", "2", "tolerance", "1e-8", "scheme", scheme, NULL},
                             &e));
  for (PetscInt i = 0; i < 1024; i++) {
    u[i] = 1e-7 * PetscCosReal(2.0 * PETSC_PI * (PetscReal)(k1 * (i / 32) + k2 * (i % 32)) / 32.0);
  }
  PetscCall(KNSolverSolveGiven(e.solver, u, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  for (PetscInt i = 0; i < 1024; i++) error = PetscMax(error, PetscAbsReal(e.output[1024 + i] - growth * u[i]));
  PetscCheck(error < 1e-6 * 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: waves (%d, %d) do not grow by %g: an error of %g", scheme, (int)k1, (int)k2, (double)growth,
             (double)error);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    const char *const scheme = i ? "imex" : "etdrk4";

    PetscCall(CheckHomogeneous("gray_scott", scheme, 30.0, 0.6, 0.3));
    PetscCall(CheckHomogeneous("fitzhugh_nagumo", scheme, 5.0, 0.8, -0.4));
    PetscCall(CheckGrowth(scheme, 4, 5)); /* near the critical wavenumber, 6.4 */
    PetscCall(CheckGrowth(scheme, 2, 0));
    PetscCall(CheckGrowth(scheme, 5, -6));
  }
  PetscCall(CheckPatterns("gray_scott", "20", 2, "160", "192"));
  PetscCall(CheckPatterns("fitzhugh_nagumo", "1", 2, "96", "128"));
  PetscCall(CheckPatterns("swift_hohenberg", "4", 1, "96", "128"));
  PetscCall(PetscFinalize());
  return 0;
}

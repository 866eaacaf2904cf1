/*
  What conservation laws conserve: the sums of the conserved fields do not change where nothing enters, to rounding, on
  periodic grids and between walls (mass and energy there), also where cells fall back to order 1. Densities and
  pressures stay positive next to a vacuum. Between mirrored sides a mirrored state stays mirrored.
*/
#include "conservation_test.h"

/* Sums of mass, momenta and energy over the cells, of a frame of a gas; scale: of the energy. */
static void GasSums(const KNProblem *problem, const PetscReal w[], PetscReal gamma, PetscReal sum[5])
{
  const size_t   size = KNGridSize(&problem->output.grid);
  const PetscInt axes = problem->output.grid.dim;

  for (int i = 0; i < 5; i++) sum[i] = 0.0;
  for (size_t s = 0; s < size; s++) {
    PetscReal square = 0.0;

    for (PetscInt d = 0; d < axes; d++) {
      const PetscReal v = w[(size_t)(1 + d) * size + s];

      sum[1 + d] += w[s] * v;
      square += v * v;
    }
    sum[0] += w[s];
    sum[4] += w[(size_t)(1 + axes) * size + s] / (gamma - 1.0) + 0.5 * w[s] * square;
  }
  for (int i = 0; i < 5; i++) sum[i] /= (PetscReal)size;
}

/* From the first frame to the last; momenta only on periodic grids. */
static PetscErrorCode CheckGas(const char *pde, const char axes[], const char grid[], const char initial[],
                               const char mach[], const char sides[], const char rec[], const char flux[])
{
  const PetscBool periodic = (PetscBool)!strcmp(sides, "periodic");
  const PetscReal gamma    = strcmp(pde, "euler") ? 5.0 / 3.0 : 1.4;
  Ensemble        e;
  KNSolverReport  report;
  PetscReal       before[5], after[5];
  size_t          frame;

  PetscFunctionBegin;
  PetscCall(LawCreate(PETSC_COMM_SELF, pde,
                      (const char *const[]){"axes",         axes,   "grid",           grid,   "initial", initial,
                                            "sides",        sides,  "mach",           mach,   "frames",  "2",
                                            "final_time",   "0.2",  "reconstruction", rec,    "flux",    flux,
                                            "pressure_low", "0.01", "density_low",    "0.01", NULL},
                      &e));
  frame = KNProblemOutputSize(e.problem) / 2;
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCheck(!report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s axes, %s, %s, %s: cells did not fall back", pde,
             axes, initial, rec, flux);
  GasSums(e.problem, e.output, gamma, before);
  GasSums(e.problem, e.output + frame, gamma, after);
  for (int i = 0; i < 5; i++) {
    if (i && i < 4 && !periodic) continue;
    PetscCheck(PetscAbsReal(after[i] - before[i]) < 1e-13 * PetscMax(1.0, before[4]), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s axes, %s, %s, %s, %s: sum %d changes by %g from %g in %d steps", pde, axes, initial, sides, rec,
               flux, i, (double)(after[i] - before[i]), (double)before[i], (int)report.iterations);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A scalar or a depth on a periodic grid. */
static PetscErrorCode CheckMass(const SmallLaw *small)
{
  Ensemble       e;
  KNSolverReport report;
  size_t         size;
  PetscReal      sum[2] = {0.0, 0.0};

  PetscFunctionBegin;
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, small, (const char *const[]){"sides", "periodic", NULL}, &e));
  size = KNGridSize(&e.problem->output.grid);
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (int i = 0; i < 2; i++) {
    const PetscReal *u = e.output + (size_t)(i * 2 * e.problem->output.fields) * size;

    for (size_t s = 0; s < size; s++) sum[i] += u[s] / (PetscReal)size;
  }
  PetscCheck(PetscAbsReal(sum[1] - sum[0]) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s axes: mass %g becomes %g",
             small->pde, small->axes, (double)sum[0], (double)sum[1]);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gas that flies apart: no vacuum is reached by a hair (speed 4), or one is (speed 8). */
static PetscErrorCode CheckVacuum(PetscReal speed, const char axes[], const char n[], const char rec[],
                                  const char flux[])
{
  Tube           tube = {.left = {1.0, -1.0, 0.4}, .right = {1.0, 1.0, 0.4}, .gamma = 1.4, .x0 = 0.5, .length = 1.0};
  Ensemble       e;
  KNSolverReport report;
  size_t         size;
  PetscReal     *w, least = 1.0;

  PetscFunctionBegin;
  tube.left[1]  = -speed;
  tube.right[1] = speed;
  PetscCall(LawCreate(PETSC_COMM_SELF, "euler",
                      (const char *const[]){"axes", axes, "grid", n, "frames", "2", "final_time", "0.05",
                                            "reconstruction", rec, "flux", flux, "sides", "outflow", NULL},
                      &e));
  tube.axes = e.problem->output.grid.dim;
  size      = KNGridSize(&e.problem->output.grid);
  PetscCall(PetscMalloc1((size_t)(2 + tube.axes) * size, &w));
  Fill(e.problem, TubeState, 0.0, &tube, w);
  PetscCall(KNSolverSolveGiven(e.solver, w, e.output, &report));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s, speed %g: %s", rec, flux,
             (double)speed, report.reason);
  for (size_t s = 0; s < size; s++) {
    const PetscReal *last = e.output + (size_t)(2 + tube.axes) * size;

    least = PetscMin(least, PetscMin(last[s], last[(size_t)(1 + tube.axes) * size + s]));
  }
  PetscCheck(least > 0.0 && least < 0.1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s, speed %g: the least is %g", rec,
             flux, (double)speed, (double)least);
  PetscCall(PetscFree(w));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int r = 0; r < 4; r++) {
    for (int f = 0; f < 4; f++) {
      PetscCall(CheckGas("euler", "1", "64", "riemann", "3", "periodic", reconstructions[r], fluxes[f]));
      PetscCall(CheckGas("euler", "2", "32", "quadrants", "3", "periodic", reconstructions[r], fluxes[f]));
      PetscCall(CheckGas("euler", "2", "32", "quadrants", "0.5", "reflecting", reconstructions[r], fluxes[f]));
      PetscCall(CheckVacuum(2.0, "1", "100", reconstructions[r], fluxes[f]));
      PetscCall(CheckVacuum(8.0, "1", "100", reconstructions[r], fluxes[f]));
      PetscCall(CheckVacuum(8.0, "2", "20", reconstructions[r], fluxes[f]));
    }
    PetscCall(CheckGas("euler", "2", "32", "quadrants", "30", "periodic", reconstructions[r], "hllc"));
    PetscCall(CheckGas("euler", "3", "16", "quadrants", "1", "periodic", reconstructions[r], "hllc"));
    PetscCall(CheckGas("compressible", "2", "32", "turbulence", "1", "periodic", reconstructions[r], "hllc"));
    PetscCall(CheckGas("compressible", "3", "12", "waves", "1", "periodic", reconstructions[r], "roe"));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_laws); i++) PetscCall(CheckMass(&small_laws[i]));
  PetscCall(PetscFinalize());
  return 0;
}

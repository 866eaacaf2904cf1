/*
  Taylor and Green's vortex at Reynolds number 1600 turns into turbulence: u = sin x cos y cos z, v = -cos x sin y
  cos z, w = 0 on the cube of side 2 pi. The energy decays by 2 nu times the enstrophy, fastest near t = 9: by 0.01286
  at t = 8.97 in the direct simulation on 512^3 points of the workshops on high-order methods (case C3.5), the one of
  van Rees et al., J. Comput. Phys. 230 (2011) 2794.

  A coarse grid of 64^3 points, without a model of what it does not hold, has 0.0133 at t = 9.25, in a minute.

    mpiexec -n 1 build/ci/tests/campaigns/test_taylor_green [points a side]
*/
#include "semilinear_test.h"

#define FRAMES 45 /* to t = 11, each 0.25 */

/* The mean of u^2. */
static PetscReal Mean(const PetscReal u[], size_t size)
{
  PetscReal sum = 0.0;

  for (size_t i = 0; i < size; i++) sum += u[i] * u[i] / (PetscReal)size;
  return sum;
}

int main(int argc, char **argv)
{
  const char    *grid = argc > 1 ? argv[1] : "64";
  Ensemble       e;
  KNSolverReport report;
  PetscReal      energy[FRAMES], peak = 0.0, at = 0.0;
  PetscInt       n;
  size_t         size;
  PetscReal     *initial;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "navier_stokes_3d",
                             (const char *const[]){"grid", grid, "length", "6.283185307179586", "viscosity", "6.25e-4",
                                                   "final_time", "11", "frames", "45", "tolerance", "1e-5",
                                                   "unresolved", "1", NULL},
                             &e));
  n    = e.problem->output.grid.n[0];
  size = (size_t)(n * n * n);
  PetscCall(PetscMalloc1(3 * size, &initial));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      for (PetscInt k = 0; k < n; k++) {
        const PetscReal h = 2.0 * PETSC_PI / n;
        const size_t    s = (size_t)((i * n + j) * n + k);

        initial[s]            = PetscSinReal(h * i) * PetscCosReal(h * j) * PetscCosReal(h * k);
        initial[size + s]     = -PetscCosReal(h * i) * PetscSinReal(h * j) * PetscCosReal(h * k);
        initial[2 * size + s] = 0.0;
      }
    }
  }
  PetscCall(KNSolverSolveGiven(e.solver, initial, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  for (PetscInt f = 0; f < FRAMES; f++) energy[f] = 1.5 * Mean(e.output + 3 * (size_t)f * size, 3 * size);
  for (PetscInt f = 1; f < FRAMES - 1; f++) {
    const PetscReal rate = (energy[f - 1] - energy[f + 1]) / (2.0 * 0.25);

    if (rate > peak) {
      peak = rate;
      at   = 0.25 * f;
    }
    PetscCall(PetscPrintf(PETSC_COMM_SELF, "t = %5.2f  energy %.6f  dissipation %.6f\n", 0.25 * (double)f,
                          (double)energy[f], (double)rate));
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "peak %.5f at t = %.2f, %" PetscInt_FMT " steps\n", (double)peak, (double)at,
                        report.iterations));
  PetscCheck(PetscAbsReal(energy[0] - 0.125) < 1e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "energy %g", (double)energy[0]);
  PetscCheck(PetscAbsReal(peak / 0.01286 - 1.0) < 0.06 && PetscAbsReal(at - 8.97) < 0.5, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "peak %g at t = %g", (double)peak, (double)at);
  PetscCall(PetscFree(initial));
  PetscCall(EnsembleDestroy(&e));
  PetscCall(PetscFinalize());
  return 0;
}

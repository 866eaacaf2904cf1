/*
  What Burgers' equation keeps and loses: the mean of u is constant; the energy decays by what viscosity dissipates,
  d/dt integral of u^2/2 = -nu integral of u_x^2; the extremes of u only draw together.
*/
#include <solver_ensemble.h>

#define POINTS 512
#define FRAMES 401 /* odd: an even number of intervals, for Simpson's rule */
#define NU     0.02
#define TIME   0.4

/* How far the extremes of u may lie above the point values: |u_xx| h^2/8, |u_xx| up to 218 at first. */
#define BETWEEN (218.0 / 8.0 / POINTS / POINTS)

/* nu times the integral of u_x^2, from the modes of u (POINTS); u has none above POINTS/3. */
static PetscReal Dissipation(const PetscReal u[])
{
  PetscReal sum = 0.0;

  for (PetscInt k = 1; k <= POINTS / 3; k++) {
    PetscReal re = 0.0, im = 0.0;

    for (PetscInt i = 0; i < POINTS; i++) {
      const PetscReal phase = 2.0 * PETSC_PI * (PetscReal)(k * i % POINTS) / POINTS;

      re += u[i] * PetscCosReal(phase) / POINTS;
      im += u[i] * PetscSinReal(phase) / POINTS;
    }
    sum += 2.0 * PetscSqr(2.0 * PETSC_PI * (PetscReal)k) * (re * re + im * im);
  }
  return NU * sum;
}

int main(int argc, char **argv)
{
  static const char *const options[] = {"-burgers_grid",
                                        "512",
                                        "-burgers_viscosity",
                                        "0.02",
                                        "-burgers_final_time",
                                        "0.4",
                                        "-burgers_frames",
                                        "401",
                                        "-burgers_dt",
                                        "0.001",
                                        NULL};
  PetscReal      initial[POINTS], mean0 = 0.7, high0 = 0.0, low0 = 0.0, energy0 = 0.0, energy = 0.0, dissipated = 0.0;
  Ensemble       e;
  KNSolverReport report;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "burgers", options, &e));
  for (PetscInt i = 0; i < POINTS; i++)
    initial[i] = mean0 + PetscSinReal(2.0 * PETSC_PI * i / POINTS) + 0.5 * PetscCosReal(6.0 * PETSC_PI * i / POINTS);
  PetscCall(KNSolverSolveGiven(e.solver, initial, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  for (PetscInt f = 0; f < FRAMES; f++) {
    const PetscReal *u    = e.output + f * POINTS;
    PetscReal        mean = 0.0, high = u[0], low = u[0];

    energy = 0.0;
    for (PetscInt i = 0; i < POINTS; i++) {
      mean += u[i] / POINTS;
      energy += u[i] * u[i] / 2.0 / POINTS;
      high = PetscMax(high, u[i]);
      low  = PetscMin(low, u[i]);
    }
    PetscCheck(PetscAbsReal(mean - mean0) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "frame %" PetscInt_FMT ": the mean drifts by %g", f, (double)(mean - mean0));
    PetscCheck(!f || (high < high0 + BETWEEN && low > low0 - BETWEEN), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "frame %" PetscInt_FMT ": u grows from %g .. %g to %g .. %g", f, (double)low0, (double)high0,
               (double)low, (double)high);
    if (!f) {
      energy0 = energy;
      high0   = high;
      low0    = low;
    }
    dissipated += (f == 0 || f == FRAMES - 1 ? 1.0 : f % 2 ? 4.0 : 2.0) / 3.0 * TIME / (FRAMES - 1) * Dissipation(u);
  }
  PetscCheck(PetscAbsReal((energy0 - energy) / dissipated - 1.0) < 1e-8, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the energy falls by %.12g, %.12g are dissipated", (double)(energy0 - energy), (double)dissipated);
  PetscCall(EnsembleDestroy(&e));
  PetscCall(PetscFinalize());
  return 0;
}

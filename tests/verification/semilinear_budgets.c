/*
  What semilinear equations conserve and how they descend, to the accuracy of their steps.

    Kuramoto-Sivashinsky   mean; d/dt of the mean of u^2/2 is that of u_x^2 - nu u_xx^2
    Korteweg-de Vries      means of u and u^2
    Allen-Cahn             its energy falls from frame to frame, to that of phases and interfaces
*/
#include "semilinear_test.h"

#define POINTS 128

/* Means of u^2, u_x^2 and u_xx^2 of u (POINTS) on the circle of a length, by its modes. */
static void Means(const PetscReal u[], PetscReal length, PetscReal mean[3])
{
  mean[0] = mean[1] = mean[2] = 0.0;
  for (PetscInt k = 0; k < POINTS / 2; k++) {
    const PetscReal kappa2 = PetscSqr(2.0 * PETSC_PI * k / length);
    PetscReal       re = 0.0, im = 0.0, square;

    for (PetscInt i = 0; i < POINTS; i++) {
      re += u[i] / POINTS * PetscCosReal(2.0 * PETSC_PI * (k * i % POINTS) / POINTS);
      im -= u[i] / POINTS * PetscSinReal(2.0 * PETSC_PI * (k * i % POINTS) / POINTS);
    }
    square = (k ? 2.0 : 1.0) * (re * re + im * im);
    mean[0] += square;
    mean[1] += kappa2 * square;
    mean[2] += kappa2 * kappa2 * square;
  }
}

static PetscReal Mean(const PetscReal u[])
{
  PetscReal sum = 0.0;

  for (PetscInt i = 0; i < POINTS; i++) sum += u[i] / POINTS;
  return sum;
}

/* The energy's change over 200 intervals against Simpson's rule for its rate. */
static PetscErrorCode CheckKuramotoSivashinsky(const char scheme[])
{
  enum { INTERVALS = 200 };
  Ensemble       e;
  KNSolverReport report;
  PetscReal      first = 0.0, last = 0.0, integral = 0.0, produced = 0.0, drift;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "kuramoto_sivashinsky",
                             (const char *const[]){"grid", "128", "length", "40", "viscosity", "0.8", "frames", "201",
                             "final_time", "10", "spin_up", "60", "tolerance", "1e-8", "scheme", scheme, NULL}, &e));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  for (PetscInt i = 0; i <= INTERVALS; i++) {
    const PetscReal weight = (i == 0 || i == INTERVALS ? 1.0 : i % 2 ? 4.0 : 2.0) * 10.0 / INTERVALS / 3.0;
    PetscReal       mean[3];

    Means(e.output + i * POINTS, 40.0, mean);
    if (i == 0) first = mean[0] / 2.0;
    last = mean[0] / 2.0;
    integral += weight * (mean[1] - 0.8 * mean[2]);
    produced += weight * mean[1];
  }
  drift = PetscAbsReal(Mean(e.output + INTERVALS * POINTS) - Mean(e.output));
  PetscCheck(last > 0.1 && PetscAbsReal(last - first - integral) < 1e-6 * produced, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: energy from %g to %g, its rate sums up to %g, of which %g produced", scheme, (double)first,
             (double)last, (double)integral, (double)produced);
  PetscCheck(drift < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the mean drifts by %g", scheme, (double)drift);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckKdV(const char scheme[])
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      first[3], last[3];

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "kdv", (const char *const[]){"grid", "512", "resolution", "128",
      "length", "40", "final_time", "2", "frames", "2", "field_scale", "0.4", "field_alpha", "8", "tolerance", "1e-8",
      "scheme", scheme, NULL}, &e));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  Means(e.output, 40.0, first);
  Means(e.output + POINTS, 40.0, last);
  PetscCheck(first[0] > 1e-3 && Distance(e.output, e.output + POINTS, POINTS) > 0.01, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: nothing moves", scheme);
  PetscCheck(PetscAbsReal(last[0] - first[0]) < 1e-6 * first[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the mean of u^2 goes from %g to %g", scheme, (double)first[0], (double)last[0]);
  PetscCheck(PetscAbsReal(Mean(e.output) - Mean(e.output + POINTS)) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the mean goes from %g to %g", scheme, (double)Mean(e.output), (double)Mean(e.output + POINTS));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Mean of nu u_x^2/2 + (1 - u^2)^2/4, nu = 4e-4. At the end each interface has the energy sqrt(8 nu)/3 of tanh(x/sqrt(2
  nu)).
*/
static PetscErrorCode CheckAllenCahn(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      before = 0.0, interfaces = 0.0;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "allen_cahn", (const char *const[]){"axes", "1", "grid", "512",
      "resolution", "128", "viscosity", "4e-4", "field_tau", "10", "frames", "21", "final_time", "20", NULL}, &e));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  for (PetscInt frame = 0; frame <= 20; frame++) {
    const PetscReal *u = e.output + frame * POINTS;
    PetscReal        mean[3], energy;

    Means(u, 1.0, mean);
    energy = 4e-4 * mean[1] / 2.0;
    for (PetscInt i = 0; i < POINTS; i++) energy += PetscSqr(1.0 - u[i] * u[i]) / 4.0 / POINTS;
    PetscCheck(!frame || energy < before * (1.0 + 1e-9), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "frame %" PetscInt_FMT ": the energy rises from %g to %g", frame, (double)before, (double)energy);
    before = energy;
  }
  for (PetscInt i = 0; i < POINTS; i++) interfaces += e.output[20 * POINTS + i] * e.output[20 * POINTS +
      (i + 1) % POINTS] < 0.0 ? 1.0 : 0.0;
  PetscCheck(interfaces > 0.0 && PetscAbsReal(before / (interfaces * PetscSqrtReal(8.0 * 4e-4) / 3.0) - 1.0) < 1e-2,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%g interfaces have the energy %g", (double)interfaces, (double)before);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    PetscCall(CheckKuramotoSivashinsky(i ? "imex" : "etdrk4"));
    PetscCall(CheckKdV(i ? "imex" : "etdrk4"));
  }
  PetscCall(CheckAllenCahn());
  PetscCall(PetscFinalize());
  return 0;
}

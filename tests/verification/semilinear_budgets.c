/*
  What semilinear equations conserve and how they descend, to the accuracy of their steps.

    Kuramoto-Sivashinsky   mean; d/dt of the mean of u^2/2 is that of u_x^2 - nu u_xx^2
    Korteweg-de Vries      means of u and u^2
    Schroedinger           means of |psi|^2 and of |psi_x|^2 - g |psi|^4/2
    Navier-Stokes, 3 axes  d/dt of the mean of |u|^2/2 is -nu times that of |curl u|^2; div u = 0. The flow of Taylor
    and
                           Green without viscosity keeps it, and has the enstrophy 3/8 + 5/128 t^2 + .. at first: with
                           u_t = (-sin 2x cos 2z, -sin 2y cos 2z, (cos 2x + cos 2y) sin 2z)/8 at t = 0
    Allen-Cahn             its energy falls from frame to frame, to that of phases and interfaces
*/
#include "semilinear_test.h"
#include "../../solvers/modes.h"

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
                                                   "final_time", "10", "spin_up", "60", "tolerance", "1e-8", "scheme",
                                                   scheme, NULL},
                             &e));
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
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "kdv",
                             (const char *const[]){"grid", "512", "resolution", "128", "length", "40", "final_time",
                                                   "2", "frames", "2", "field_scale", "0.4", "field_alpha", "8",
                                                   "tolerance", "1e-8", "scheme", scheme, NULL},
                             &e));
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
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "allen_cahn",
                             (const char *const[]){"axes", "1", "grid", "512", "resolution", "128", "viscosity", "4e-4",
                                                   "field_tau", "10", "frames", "21", "final_time", "20", NULL},
                             &e));
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
  for (PetscInt i = 0; i < POINTS; i++) {
    interfaces += e.output[20 * POINTS + i] * e.output[20 * POINTS + (i + 1) % POINTS] < 0.0 ? 1.0 : 0.0;
  }
  PetscCheck(interfaces > 0.0 && PetscAbsReal(before / (interfaces * PetscSqrtReal(8.0 * 4e-4) / 3.0) - 1.0) < 1e-2,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%g interfaces have the energy %g", (double)interfaces, (double)before);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Means of |psi|^2 and |psi_x|^2 - g |psi|^4/2, g = 1, on the circle of length 20. */
static void Schroedinger(const PetscReal psi[], PetscReal mean[2])
{
  PetscReal u[3], v[3];

  Means(psi, 20.0, u);
  Means(psi + POINTS, 20.0, v);
  mean[0] = u[0] + v[0];
  mean[1] = u[1] + v[1];
  for (PetscInt i = 0; i < POINTS; i++) {
    mean[1] -= PetscSqr(psi[i] * psi[i] + psi[POINTS + i] * psi[POINTS + i]) / 2.0 / POINTS;
  }
}

static PetscErrorCode CheckSchroedinger(const char scheme[])
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      first[2], last[2];

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "schroedinger",
                             (const char *const[]){"grid",         "256",  "resolution",  "128", "length",      "20",
                                                   "nonlinearity", "1",    "field_alpha", "12",  "field_scale", "0.5",
                                                   "final_time",   "2",    "frames",      "2",   "tolerance",   "1e-9",
                                                   "scheme",       scheme, NULL},
                             &e));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  Schroedinger(e.output, first);
  Schroedinger(e.output + 2 * POINTS, last);
  PetscCheck(first[0] > 1e-2 && Distance(e.output, e.output + 2 * POINTS, POINTS) > 0.1, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: nothing moves", scheme);
  for (int i = 0; i < 2; i++) {
    PetscCheck(PetscAbsReal(last[i] - first[i]) < 1e-6 * first[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: mean %d goes from %g to %g", scheme, i, (double)first[i], (double)last[i]);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Energy, enstrophy and the square of the divergence of u (3, N, N, N) on side 2 pi, by its modes below N/2. */
static PetscErrorCode Flow(const PetscReal u[], PetscInt N, PetscReal mean[3])
{
  const PetscInt highest = (N - 1) / 2;
  const size_t   size    = (size_t)(N * N * N);
  KNModes        modes;
  PetscReal     *c, *room;
  size_t         count;

  PetscFunctionBegin;
  PetscCall(KNModesCreate(PETSC_COMM_SELF, 3, N, highest, 2.0 * PETSC_PI, &modes));
  count = KNModesCount(modes);
  PetscCall(PetscCalloc1(6 * count, &c));
  PetscCall(KNMalloc(KNModesRoom(modes), sizeof(PetscReal), &room));
  for (PetscInt f = 0; f < 3; f++) {
    KNModesFromGrid(modes, u + (size_t)f * size, room);
    PetscCall(KNModesForward(modes, room));
    KNModesAdd(modes, 1.0, KN_NO_AXIS, c + 2 * (size_t)f * count);
  }
  mean[0] = mean[1] = mean[2] = 0.0;
  for (size_t s = 0; s < count; s++) {
    const PetscReal weight = KNModesWeights(modes)[s];
    PetscReal       square = 0.0, kappa2 = 0.0, div[2] = {0.0, 0.0};

    for (PetscInt f = 0; f < 3; f++) {
      const PetscReal *mode = c + 2 * ((size_t)f * count + s), kappa = KNModesKappa(modes, f)[s];

      square += mode[0] * mode[0] + mode[1] * mode[1];
      kappa2 += kappa * kappa;
      div[0] += kappa * mode[0];
      div[1] += kappa * mode[1];
    }
    mean[0] += weight * square / 2.0;
    mean[1] += weight * kappa2 * square / 2.0; /* |curl u|^2 is |grad u|^2, as div u = 0 */
    mean[2] += weight * (div[0] * div[0] + div[1] * div[1]);
  }
  PetscCall(PetscFree(c));
  PetscCall(KNFree(&room));
  PetscCall(KNModesDestroy(&modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 20 intervals of a random flow, by Simpson's rule. */
static PetscErrorCode CheckFlow(const char scheme[])
{
  enum { N = 24, INTERVALS = 20 };
  const size_t   size = 3 * (size_t)(N * N * N);
  Ensemble       e;
  KNSolverReport report;
  PetscReal      mean[3], first = 0.0, last = 0.0, lost = 0.0;

  PetscFunctionBegin;
  PetscCall(
    SemilinearCreate(PETSC_COMM_SELF, "navier_stokes_3d",
                     (const char *const[]){"grid", "24", "frames", "21", "final_time", "0.5", "viscosity", "0.05",
                                           "unresolved", "1", "tolerance", "1e-8", "scheme", scheme, NULL},
                     &e));
  PetscCall(EnsembleSolve(&e, 2, 0, &report));
  for (PetscInt i = 0; i <= INTERVALS; i++) {
    PetscCall(Flow(e.output + (size_t)i * size, N, mean));
    lost += (i == 0 || i == INTERVALS ? 1.0 : i % 2 ? 4.0 : 2.0) * 0.5 / INTERVALS / 3.0 * 2.0 * 0.05 * mean[1];
    if (i == 0) first = mean[0];
    last = mean[0];
    PetscCheck(mean[2] < 1e-24 * mean[1], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the divergence is %g", scheme,
               (double)PetscSqrtReal(mean[2]));
  }
  PetscCheck(PetscAbsReal(first - last - lost) < 1e-6 * lost, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: energy from %g to %g, where %g is lost", scheme, (double)first, (double)last, (double)lost);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckTaylorGreen(const char scheme[])
{
  enum { N = 24 };
  const size_t   size = (size_t)(N * N * N);
  Ensemble       e;
  KNSolverReport report;
  PetscReal      mean[3], before[3], *u;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "navier_stokes_3d",
                             (const char *const[]){"grid", "24", "frames", "3", "final_time", "0.1", "viscosity", "0",
                                                   "tolerance", "1e-9", "scheme", scheme, NULL},
                             &e));
  PetscCall(PetscCalloc1(3 * size, &u));
  for (size_t s = 0; s < size; s++) {
    const PetscReal x = 2.0 * PETSC_PI * (PetscReal)(s / (N * N)) / N, y = 2.0 * PETSC_PI * (PetscReal)(s / N % N) / N;
    const PetscReal z = 2.0 * PETSC_PI * (PetscReal)(s % N) / N;

    u[s]        = PetscSinReal(x) * PetscCosReal(y) * PetscCosReal(z);
    u[size + s] = -PetscCosReal(x) * PetscSinReal(y) * PetscCosReal(z);
  }
  PetscCall(KNSolverSolveGiven(e.solver, u, e.output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  PetscCall(Flow(e.output, N, before));
  PetscCheck(PetscAbsReal(before[1] - 3.0 / 8.0) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB, "enstrophy %g at first",
             (double)before[1]);
  for (PetscInt i = 1; i < 3; i++) {
    const PetscReal t = e.problem->times[i];

    PetscCall(Flow(e.output + 3 * (size_t)i * size, N, mean));
    PetscCheck(PetscAbsReal(mean[0] - before[0]) < 1e-9, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: energy from %.12g to %.12g", scheme, (double)before[0], (double)mean[0]);
    PetscCheck(PetscAbsReal((mean[1] - before[1]) / (t * t) - 5.0 / 128.0) < 0.02 * t * t + 1e-6, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "%s: enstrophy %.12g at t = %g, not %.12g", scheme, (double)mean[1], (double)t,
               (double)(3.0 / 8.0 + 5.0 / 128.0 * t * t));
  }
  PetscCall(PetscFree(u));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    PetscCall(CheckKuramotoSivashinsky(i ? "imex" : "etdrk4"));
    PetscCall(CheckKdV(i ? "imex" : "etdrk4"));
    PetscCall(CheckSchroedinger(i ? "imex" : "etdrk4"));
    PetscCall(CheckFlow(i ? "imex" : "etdrk4"));
    PetscCall(CheckTaylorGreen(i ? "imex" : "etdrk4"));
  }
  PetscCall(CheckAllenCahn());
  PetscCall(PetscFinalize());
  return 0;
}

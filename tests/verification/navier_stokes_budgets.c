/*
  Energy and enstrophy in time.

    dE/dt = -2 viscosity Z + <f, psi>,   dZ/dt = -2 viscosity P + <f, w>,   E = <psi, w>/2, Z = <w, w>/2, P =
    <-Laplace w, w>/2

  without force and viscosity, with viscosity, and with both; <a, b>: mean over the torus.
*/
#include "torus_test.h"

typedef struct {
  PetscReal energy, enstrophy, palinstrophy, work, torque; /* E, Z, P, <f, psi>, <f, w> */
} Budget;

/* Mean of the product of two fields given by coefficients. */
static PetscErrorCode Mean(KNTorus torus, PetscInt n, const PetscReal a[], const PetscReal b[], PetscReal *mean)
{
  PetscReal *u, *v;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n * n, &u, n * n, &v));
  PetscCall(KNTorusBackward(torus, a, u));
  PetscCall(KNTorusBackward(torus, b, v));
  *mean = 0.0;
  for (PetscInt s = 0; s < n * n; s++) *mean += u[s] * v[s] / (PetscReal)(n * n);
  PetscCall(PetscFree2(u, v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(KNTorus torus, PetscInt n, const PetscReal w[], const PetscReal f[], Budget *budget)
{
  const size_t     size    = KNTorusSize(torus);
  const PetscReal *laplace = KNTorusLaplace(torus);
  PetscReal       *psi, *rough;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(size, &psi, size, &rough));
  for (size_t s = 0; s < size; s++) {
    psi[s]   = laplace[s] > 0.0 ? w[s] / laplace[s] : 0.0;
    rough[s] = laplace[s] * w[s];
  }
  PetscCall(Mean(torus, n, psi, w, &budget->energy));
  PetscCall(Mean(torus, n, w, w, &budget->enstrophy));
  PetscCall(Mean(torus, n, rough, w, &budget->palinstrophy));
  PetscCall(Mean(torus, n, f, psi, &budget->work));
  PetscCall(Mean(torus, n, f, w, &budget->torque));
  budget->energy *= 0.5;
  budget->enstrophy *= 0.5;
  budget->palinstrophy *= 0.5;
  PetscCall(PetscFree2(psi, rough));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* E and Z at the end against Simpson's rule for the right-hand sides of their budgets. */
static PetscErrorCode CheckBudgets(PetscReal viscosity, PetscBool forced)
{
  enum { N = 48, INTERVALS = 40 };
  static const PetscReal t = 0.5;
  static PetscReal       force[N * N], w[N * N];
  KNVorticity            vorticity;
  KNTorus                torus;
  KNSolverReport         report = {.converged = PETSC_FALSE};
  Budget                 budget, start = {0};
  PetscReal             *coefficients, *f, energy = 0.0, enstrophy = 0.0;

  PetscFunctionBegin;
  if (forced) KNTestForce(force, N);
  else PetscCall(PetscArrayzero(force, N * N));
  PetscCall(KNVorticityCreate(PETSC_COMM_SELF, N, 1.0, viscosity, KN_VORTICITY_ETDRK4, 0.0, 1e-9, &vorticity));
  if (forced) PetscCall(KNVorticitySetForcing(vorticity, force));
  PetscCall(KNVorticityGetTorus(vorticity, &torus));
  PetscCall(PetscMalloc2(KNTorusSize(torus), &coefficients, KNTorusSize(torus), &f));
  PetscCall(KNTorusForward(torus, force, f));
  KNTestField(w, 10.0, 8, N);
  PetscCall(KNTorusForward(torus, w, coefficients));
  PetscCall(KNVorticityStart(vorticity, coefficients, 1.0));
  for (int i = 0; i <= INTERVALS; i++) {
    const PetscReal weight = t / INTERVALS / 3.0 * (i == 0 || i == INTERVALS ? 1.0 : i % 2 ? 4.0 : 2.0);

    PetscCall(KNVorticityAdvance(vorticity, t * i / INTERVALS, &report));
    PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
    PetscCall(KNVorticityGetState(vorticity, coefficients));
    PetscCall(Measure(torus, N, coefficients, f, &budget));
    if (i == 0) start = budget;
    energy += weight * (budget.work - 2.0 * viscosity * budget.enstrophy);
    enstrophy += weight * (budget.torque - 2.0 * viscosity * budget.palinstrophy);
  }
  energy += start.energy - budget.energy;
  enstrophy += start.enstrophy - budget.enstrophy;
  PetscCheck(PetscAbsReal(energy) < 2e-9 * start.energy && PetscAbsReal(enstrophy) < 1e-7 * start.enstrophy,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "viscosity %g, %s: energy off by %g of %g, enstrophy by %g of %g",
             (double)viscosity, forced ? "forced" : "unforced", (double)energy, (double)start.energy, (double)enstrophy,
             (double)start.enstrophy);
  PetscCheck(viscosity == 0.0 || budget.enstrophy < 0.99 * start.enstrophy, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "viscosity %g does nothing", (double)viscosity);
  PetscCall(PetscFree2(coefficients, f));
  PetscCall(KNVorticityDestroy(&vorticity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckBudgets(0.0, PETSC_FALSE));
  PetscCall(CheckBudgets(2e-3, PETSC_FALSE));
  PetscCall(CheckBudgets(2e-3, PETSC_TRUE));
  PetscCall(PetscFinalize());
  return 0;
}

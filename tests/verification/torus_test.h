/*
  What the tests of flow on the torus share: fields of given modes, distances, a march from coefficients to
  coefficients.
*/
#ifndef KITINET_TORUS_TEST_H
#define KITINET_TORUS_TEST_H

#include "../../solvers/vorticity.h"

/*
  Point values w (n, n) of all modes |k_i| <= highest with the amplitudes of the benchmark's random field, times
  scale, and fixed phases; the same field on any grid that resolves it, and the initial field of
  tests/bench/li2020_navier_stokes.py.
*/
static inline void KNTestField(PetscReal w[], PetscReal scale, PetscInt highest, PetscInt n)
{
  const PetscReal tau = 2.0 * PETSC_PI;

  for (PetscInt s = 0; s < n * n; s++) w[s] = 0.0;
  for (PetscInt k1 = -highest; k1 <= highest; k1++) {
    for (PetscInt k2 = 0; k2 <= highest; k2++) {
      const PetscReal amplitude =
        scale * 2.0 * PetscPowReal(7.0, 1.5) * PetscPowReal(tau * tau * (PetscReal)(k1 * k1 + k2 * k2) + 49.0, -1.25);
      const PetscReal phase = (PetscReal)(7 * k1 * k1 + 13 * k2 + 5 * k1 * k2);

      if (k2 == 0 && k1 <= 0) continue;
      for (PetscInt i = 0; i < n; i++) {
        for (PetscInt j = 0; j < n; j++)
          w[i * n + j] += amplitude * PetscCosReal(tau * (PetscReal)((k1 * i + k2 * j) % n) / (PetscReal)n + phase);
      }
    }
  }
}

/* f (n, n): the benchmark's force. */
static inline void KNTestForce(PetscReal f[], PetscInt n)
{
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscReal phase = 2.0 * PETSC_PI * (PetscReal)(i + j) / (PetscReal)n;

      f[i * n + j] = 0.1 * (PetscSinReal(phase) + PetscCosReal(phase));
    }
  }
}

/* |u - v|/|v| */
static inline PetscReal KNTestDistance(const PetscReal u[], const PetscReal v[], size_t size)
{
  PetscReal difference = 0.0, norm = 0.0;

  for (size_t s = 0; s < size; s++) {
    difference += PetscSqr(u[s] - v[s]);
    norm += PetscSqr(v[s]);
  }
  return PetscSqrtReal(difference / norm);
}

typedef struct {
  PetscInt          n;
  PetscReal         viscosity;
  KNVorticityScheme scheme;
  PetscReal         dt, rtol;
  PetscBool         equal_steps; /* of ETDRK4: dt, without error control */
  const PetscReal  *forcing;     /* (n, n) */
} KNTestFlow;

/* w (n, n), point values on the unit torus: from time 0 to time t. steps: may be NULL. */
static inline PetscErrorCode KNTestMarch(const KNTestFlow *flow, PetscReal t, PetscReal w[], PetscInt *steps)
{
  KNVorticity    vorticity;
  KNTorus        torus;
  KNSolverReport report = {.converged = PETSC_FALSE};
  PetscReal     *coefficients;

  PetscFunctionBegin;
  PetscCall(KNVorticityCreate(PETSC_COMM_SELF, flow->n, 1.0, flow->viscosity, flow->scheme, flow->dt,
                              flow->equal_steps ? 0.1 : flow->rtol, &vorticity));
  if (flow->forcing) PetscCall(KNVorticitySetForcing(vorticity, flow->forcing));
  PetscCall(KNVorticityGetTorus(vorticity, &torus));
  PetscCall(PetscMalloc1(KNTorusSize(torus), &coefficients));
  PetscCall(KNTorusForward(torus, w, coefficients));
  PetscCall(KNVorticityStart(vorticity, coefficients, 1.0));
  /* a tolerance of 0.1 lets any step pass */
  for (PetscInt i = 1; flow->equal_steps && i * flow->dt < t * (1.0 - PETSC_SMALL); i++) {
    PetscCall(KNVorticityAdvance(vorticity, i * flow->dt, &report));
  }
  PetscCall(KNVorticityAdvance(vorticity, t, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  PetscCall(KNVorticityGetState(vorticity, coefficients));
  PetscCall(KNTorusBackward(torus, coefficients, w));
  if (steps) *steps = report.iterations;
  PetscCall(PetscFree(coefficients));
  PetscCall(KNVorticityDestroy(&vorticity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif

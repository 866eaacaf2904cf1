/*
  A flow without exact solution. In time, against much smaller steps: order 4 (ETDRK4) and 1 (LI2020), error control
  that follows rtol; both schemes converge to the same flow. In space: faster than any power of the grid.
*/
#include "torus_test.h"

/* Relative error at time t of the flow from KNTestField(w, scale, highest) against `exact`. */
static PetscErrorCode Error(const KNTestFlow *flow, PetscReal scale, PetscInt highest, PetscReal t,
                            const PetscReal exact[], PetscReal *error)
{
  const size_t size = (size_t)(flow->n * flow->n);
  PetscReal   *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &w));
  KNTestField(w, scale, highest, flow->n);
  PetscCall(KNTestMarch(flow, t, w, NULL));
  *error = KNTestDistance(w, exact, size);
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A strong flow, of speed about 2, whose steps advection limits. */
static PetscErrorCode CheckOrders(void)
{
  enum { N = 32 };
  static const PetscReal t = 0.1, scale = 20.0;
  static const PetscInt  highest = 4;
  static PetscReal       force[N * N], exact[N * N];
  KNTestFlow flow = {.n = N, .viscosity = 2e-3, .scheme = KN_VORTICITY_ETDRK4, .rtol = 1e-12, .forcing = force};
  PetscReal  error[3];

  PetscFunctionBegin;
  KNTestForce(force, N);
  KNTestField(exact, scale, highest, N);
  PetscCall(KNTestMarch(&flow, t, exact, NULL));
  for (int scheme = KN_VORTICITY_ETDRK4; scheme <= KN_VORTICITY_LI2020; scheme++) {
    const PetscReal first = scheme == KN_VORTICITY_ETDRK4 ? 0.02 : 1e-3,
                    order = scheme == KN_VORTICITY_ETDRK4 ? 4.0 : 1.0;

    flow.scheme      = (KNVorticityScheme)scheme;
    flow.equal_steps = (PetscBool)(scheme == KN_VORTICITY_ETDRK4);
    for (int i = 0; i < 3; i++) {
      flow.dt = first / (1 << i);
      PetscCall(Error(&flow, scale, highest, t, exact, &error[i]));
      if (i == 0) continue;
      const PetscReal observed = PetscLogReal(error[i - 1] / error[i]) / PetscLogReal(2.0);

      PetscCheck(PetscAbsReal(observed - order) < 0.1 * order, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "scheme %d: order %g, errors %g, %g", scheme, (double)observed, (double)error[i - 1],
                 (double)error[i]);
    }
  }
  flow.scheme      = KN_VORTICITY_ETDRK4;
  flow.equal_steps = PETSC_FALSE;
  flow.dt          = 0.0;
  for (int i = 0; i < 3; i++) {
    flow.rtol = PetscPowReal(100.0, -(PetscReal)(i + 2));
    PetscCall(Error(&flow, scale, highest, t, exact, &error[i]));
    PetscCheck(error[i] < 10.0 * flow.rtol, PETSC_COMM_SELF, PETSC_ERR_PLIB, "rtol %g: error %g", (double)flow.rtol,
               (double)error[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The benchmark's flow to t = 1: the default scheme against LI2020. The error of LI2020 is c dt, measured here at two
  steps; what is left after their extrapolation to dt = 0 is the difference between the schemes, and c dt at 1e-5 must
  leave them within 1e-5.
*/
static PetscErrorCode CheckSchemesAgree(void)
{
  enum { N = 64 };
  static PetscReal force[N * N], w[N * N], coarse[N * N], fine[N * N];
  KNTestFlow       flow = {.n = N, .viscosity = 1e-3, .scheme = KN_VORTICITY_ETDRK4, .rtol = 1e-6, .forcing = force};
  PetscReal        first_order;
  PetscInt         steps;

  PetscFunctionBegin;
  KNTestForce(force, N);
  KNTestField(w, 1.0, 31, N);
  PetscCall(PetscArraycpy(coarse, w, N * N));
  PetscCall(PetscArraycpy(fine, w, N * N));
  PetscCall(KNTestMarch(&flow, 1.0, w, &steps));
  PetscCheck(steps <= 20, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " steps of error 1e-6", steps);
  flow.scheme = KN_VORTICITY_LI2020;
  flow.dt     = 4e-3;
  PetscCall(KNTestMarch(&flow, 1.0, coarse, NULL));
  flow.dt = 2e-3;
  PetscCall(KNTestMarch(&flow, 1.0, fine, NULL));
  first_order = KNTestDistance(coarse, fine, N * N) / 2e-3;
  for (size_t s = 0; s < N * N; s++) fine[s] = 2.0 * fine[s] - coarse[s];
  PetscCheck(KNTestDistance(w, fine, N * N) + 1e-5 * first_order < 1e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the schemes differ by %g, and by %g dt", (double)KNTestDistance(w, fine, N * N), (double)first_order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same analytic initial field on finer and finer grids, compared at the points of the coarsest. */
static PetscErrorCode CheckSpace(void)
{
  enum { COARSE = 12, FINE = 96 };
  static const PetscInt n[] = {12, 24, 48, FINE};
  static PetscReal      w[FINE * FINE], at[4][COARSE * COARSE];
  PetscReal             error[3];

  PetscFunctionBegin;
  for (int g = 0; g < 4; g++) {
    const KNTestFlow flow = {.n = n[g], .viscosity = 5e-3, .scheme = KN_VORTICITY_ETDRK4, .rtol = 1e-12};
    const PetscReal  h    = 2.0 * PETSC_PI / (PetscReal)n[g];

    for (PetscInt i = 0; i < n[g]; i++) {
      for (PetscInt j = 0; j < n[g]; j++)
        w[i * n[g] + j] = 3.0 * PetscExpReal(PetscSinReal(h * (PetscReal)i)) * PetscCosReal(h * (PetscReal)j + 1.0);
    }
    PetscCall(KNTestMarch(&flow, 0.5, w, NULL));
    for (PetscInt i = 0; i < COARSE; i++) {
      for (PetscInt j = 0; j < COARSE; j++) at[g][i * COARSE + j] = w[i * n[g] / COARSE * n[g] + j * n[g] / COARSE];
    }
  }
  for (int g = 0; g < 3; g++) error[g] = KNTestDistance(at[g], at[3], COARSE * COARSE);
  /* Errors exp(-c n) fall by the square of the factor when n is doubled again; powers of n by the same factor. */
  PetscCheck(error[2] / error[1] < PetscPowReal(error[1] / error[0], 1.5) && error[2] < 2e-9, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "errors %g, %g, %g on 12, 24, 48 points", (double)error[0], (double)error[1],
             (double)error[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckOrders());
  PetscCall(CheckSchemesAgree());
  PetscCall(CheckSpace());
  PetscCall(PetscFinalize());
  return 0;
}

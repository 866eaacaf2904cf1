/*
  Taylor-Green vortices: any field of modes of one |k| moves nothing, u . grad w = 0, and decays as exp(-4 pi^2 |k|^2
  viscosity t). Here |k| = 5, from (5, 0), (0, 5), (3, 4), (4, -3): exact in space on any grid that resolves them; in
  time exact (ETDRK4) and of order 2 (Crank-Nicolson).
*/
#include "torus_test.h"

#define VISCOSITY 0.01

static void Vortices(PetscReal w[], PetscReal t, PetscInt n)
{
  const PetscReal h = 2.0 * PETSC_PI / (PetscReal)n, decay = PetscExpReal(-100.0 * PETSC_PI * PETSC_PI * VISCOSITY * t);

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscReal x = h * (PetscReal)i, y = h * (PetscReal)j;

      w[i * n + j] = decay * (PetscCosReal(5 * x) + PetscSinReal(5 * y) + 2.0 * PetscCosReal(3 * x + 4 * y + 0.3) +
                              PetscSinReal(4 * x - 3 * y));
    }
  }
}

static PetscErrorCode Error(const KNTestFlow *flow, PetscReal t, PetscReal *error)
{
  const size_t size = (size_t)(flow->n * flow->n);
  PetscReal   *w, *exact;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(size, &w, size, &exact));
  Vortices(w, 0.0, flow->n);
  Vortices(exact, t, flow->n);
  PetscCall(KNTestMarch(flow, t, w, NULL));
  *error = KNTestDistance(w, exact, size);
  PetscCall(PetscFree2(w, exact));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grids of powers of two, others, odd ones; 16 is the smallest with 5 < n/3. */
static PetscErrorCode CheckSpace(void)
{
  static const PetscInt n[] = {16, 17, 24, 31, 45, 64};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(n); i++) {
    const KNTestFlow flow = {.n = n[i], .viscosity = VISCOSITY, .scheme = KN_VORTICITY_ETDRK4, .rtol = 1e-11};
    PetscReal        error;

    PetscCall(Error(&flow, 0.1, &error));
    PetscCheck(error < 3e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "n = %" PetscInt_FMT ": relative error %g", n[i],
               (double)error);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Crank-Nicolson has order 2. */
static PetscErrorCode CheckOrder(void)
{
  PetscReal error[4];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    const KNTestFlow flow = {.n         = 16,
                             .viscosity = VISCOSITY,
                             .scheme    = KN_VORTICITY_LI2020,
                             .dt        = 0.02 / (1 << i),
                             .rtol      = 1e-6};

    PetscCall(Error(&flow, 0.2, &error[i]));
  }
  for (int i = 1; i < 4; i++) {
    const PetscReal order = PetscLogReal(error[i - 1] / error[i]) / PetscLogReal(2.0);

    PetscCheck(PetscAbsReal(order - 2.0) <= 0.1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "order %g, error %g", (double)order,
               (double)error[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckSpace());
  PetscCall(CheckOrder());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Allen and Cahn's equation on the torus of 1 to 3 axes: two phases u = -1 and u = 1 part, and their interfaces, sqrt(2
  nu) thick, shrink.

    u_t = nu Laplace u + u - u^3

  It descends the energy, the integral of nu |grad u|^2/2 + (1 - u^2)^2/4.
*/
#include "semilinear.h"

static void kn_allen_cahn_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                 const PetscReal p[])
{
  linear[0] = -p[0] * kn_square(kappa);
  linear[1] = 0.0;
}

static void kn_allen_cahn_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                   PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict force   = out[0];

  for (size_t s = 0; s < points; s++) force[s] = u[s] - u[s] * u[s] * u[s];
}

static const KNSemilinear allen_cahn = {
  .title        = "Allen-Cahn equation on the torus, u_t = nu Laplace u + u - u^3",
  .equation     = "u_t = nu Laplace u + u - u^3",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .odd          = kn_always,
  .degree       = 3,
  .coefficient  = {{"viscosity", "diffusivity nu", 1e-3, 0.0, 1e3}},
  .factors      = 1,
  .factor       = {{0, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 1,
  .term         = {{0, 0, KN_NO_AXIS, 1.0}},
  .symbol       = kn_allen_cahn_symbol,
  .multiply     = kn_allen_cahn_multiply,
  .axes         = 2,
  .grid         = 128,
  .frames       = 21,
  .length       = 1.0,
  .final_time   = 10.0,
  .alpha        = 4.0,
  .tau          = 30.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_AllenCahn(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &allen_cahn));
  PetscFunctionReturn(PETSC_SUCCESS);
}

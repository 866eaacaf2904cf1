/*
  Heat conduction on the torus of 1 to 3 axes:

    u_t = nu Laplace u

  solved exactly: each mode decays by exp(-nu |kappa|^2 t).
*/
#include "semilinear.h"

static void kn_heat_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM], const PetscReal p[])
{
  linear[0] = -p[0] * kn_square(kappa);
  linear[1] = 0.0;
}

static const KNSemilinear heat = {
  .title        = "Heat conduction on the torus, u_t = nu Laplace u",
  .equation     = "u_t = nu Laplace u",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .odd          = kn_always,
  .degree       = 1,
  .force        = 1.0,
  .coefficient  = {{"viscosity", "diffusivity nu", 1e-2, 0.0, 1e3}},
  .symbol       = kn_heat_symbol,
  .axes         = 1,
  .grid         = 128,
  .frames       = 11,
  .length       = 1.0,
  .final_time   = 1.0,
  .alpha        = 2.0,
  .tau          = 5.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_Heat(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &heat));
  PetscFunctionReturn(PETSC_SUCCESS);
}

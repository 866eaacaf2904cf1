/*
  Linear dispersion on the torus of 1 to 3 axes:

    u_t = xi (d^3/dx_1^3 + .. + d^3/dx_d^3) u

  solved exactly: each mode turns by exp(-i xi (kappa_1^3 + .. + kappa_d^3) t), short waves fastest.
*/
#include "semilinear.h"

static void kn_dispersion_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                 const PetscReal p[])
{
  linear[0] = 0.0;
  linear[1] = -p[0] * (kn_cube(kappa[0]) + kn_cube(kappa[1]) + kn_cube(kappa[2]));
}

static const KNSemilinear dispersion = {
  .title        = "Dispersion on the torus, u_t = xi (u_xxx + u_yyy + u_zzz)",
  .equation     = "u_t = xi (u_xxx + u_yyy + u_zzz), over the axes there are",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .exchange     = PETSC_TRUE,
  .odd          = kn_always,
  .degree       = 1,
  .coefficient  = {{"dispersion", "coefficient xi", 1e-4, -1e3, 1e3}},
  .symbol       = kn_dispersion_symbol,
  .axes         = 1,
  .grid         = 128,
  .frames       = 11,
  .length       = 1.0,
  .final_time   = 1.0,
  .alpha        = 4.0,
  .tau          = 20.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_Dispersion(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &dispersion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

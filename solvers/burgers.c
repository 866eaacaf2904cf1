/*
  Burgers' equation on the circle: a velocity u that steepens into viscous shocks and decays.

    u_t + (u^2/2)_x = nu u_xx

  The defaults are the distribution of the benchmark of Li et al. 2020 (arXiv 2010.08895): nu = 0.1, u0 of covariance
  625 (-Laplace + 25)^-2 on the unit interval, u at t = 1. With burgers_frames 0 the samples are pairs (u0, u at the
  final time), else trajectories of that many frames, u0 the first. u0 is rough; viscosity smooths it within times that
  the steps follow.
*/
#include "semilinear.h"

static void kn_burgers_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                              const PetscReal p[])
{
  linear[0] = -p[0] * kappa[0] * kappa[0];
  linear[1] = 0.0;
}

static void kn_burgers_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[], PetscInt axes,
                                size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict square  = out[0];

  for (size_t s = 0; s < points; s++) square[s] = 0.5 * u[s] * u[s];
}

static const KNSemilinear burgers = {
  .title        = "Burgers' equation, u_t + (u^2/2)_x = nu u_xx",
  .equation     = "u_t + (u^2/2)_x = nu u_xx",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 1,
  .degree       = 2,
  .pairs        = PETSC_TRUE,
  .force        = 1.0,
  .scaled       = PETSC_TRUE,
  .mirror       = KN_MIRROR_ODD,
  .coefficient  = {{"viscosity", "viscosity nu", 0.1, 1e-6, 1e3}},
  .parameter    = {"nu"},
  .factors      = 1,
  .factor       = {{0, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 1,
  .term         = {{0, 0, 0, -1.0}},
  .symbol       = kn_burgers_symbol,
  .multiply     = kn_burgers_multiply,
  .axes         = 1,
  .grid         = 8192,
  .frames       = 0,
  .length       = 1.0,
  .final_time   = 1.0,
  .tolerance    = 2e-10,
  .unresolved   = 1e-9,
  .alpha        = 2.0,
  .tau          = 5.0,
  .deviation    = 25.0,
};

PetscErrorCode KNSolverCreate_Burgers(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &burgers));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  FitzHugh and Nagumo's reaction on the torus of 1 to 3 axes: an activator u and an inhibitor v that spreads faster;
  patterns.

    u_t = D_u Laplace u + u - u^3 - k - v
    v_t = D_v Laplace v + u - v

  The coefficients are those of PDEBench's reaction and diffusion in two axes, which has walls.
*/
#include "semilinear.h"

enum { DIFFUSIVITY_U, DIFFUSIVITY_V, THRESHOLD };

static void kn_fitzhugh_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                               const PetscReal p[])
{
  linear[0] = field ? -p[DIFFUSIVITY_V] * kn_square(kappa) - 1.0 : -p[DIFFUSIVITY_U] * kn_square(kappa);
  linear[1] = 0.0;
}

static void kn_fitzhugh_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                 PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0], *restrict v = in[1];
  PetscReal *restrict du = out[0], *restrict dv = out[1];

  for (size_t s = 0; s < points; s++) {
    du[s] = u[s] - u[s] * u[s] * u[s] - p[THRESHOLD] - v[s];
    dv[s] = u[s];
  }
}

static PetscBool kn_fitzhugh_odd(const PetscReal p[])
{
  return (PetscBool)(p[THRESHOLD] == 0.0);
}

static const KNSemilinear fitzhugh_nagumo = {
  .title        = "FitzHugh-Nagumo reaction on the torus, u_t = D_u Laplace u + u - u^3 - k - v",
  .equation     = "u_t = D_u Laplace u + u - u^3 - k - v, v_t = D_v Laplace v + u - v",
  .field        = {"u", "v"},
  .fields       = 2,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .odd          = kn_fitzhugh_odd,
  .degree       = 3,
  .coefficient  = {[DIFFUSIVITY_U] = {"diffusivity_u", "diffusivity D_u", 1e-3, 0.0, 1e3},
                   [DIFFUSIVITY_V] = {"diffusivity_v", "diffusivity D_v", 5e-3, 0.0, 1e3},
                   [THRESHOLD]     = {"threshold", "threshold k", 5e-3, -1e3, 1e3}},
  .factors      = 2,
  .factor       = {{0, KN_NO_AXIS}, {1, KN_NO_AXIS}},
  .products     = 2,
  .terms        = 2,
  .term         = {{0, 0, KN_NO_AXIS, 1.0}, {1, 1, KN_NO_AXIS, 1.0}},
  .symbol       = kn_fitzhugh_symbol,
  .multiply     = kn_fitzhugh_multiply,
  .axes         = 2,
  .grid         = 128,
  .frames       = 21,
  .length       = 2.0,
  .final_time   = 5.0,
  .alpha        = 4.0,
  .tau          = 40.0,
  .deviation    = 0.5,
};

PetscErrorCode KNSolverCreate_FitzHughNagumo(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &fitzhugh_nagumo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

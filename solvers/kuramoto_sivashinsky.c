/*
  Kuramoto and Sivashinsky's equation on the circle: long waves grow, short ones decay, the nonlinear term moves energy
  between them; chaos.

    u_t + (u^2/2)_x + u_xx + nu u_xxxx = 0

  The mean is conserved. Energy: d/dt of the mean of u^2/2 is that of u_x^2 - nu u_xx^2. Random fields reach the
  attractor within some tens of units of time: spin_up. A circle of length L has about L/(2 pi sqrt(2 nu)) cells.
*/
#include "semilinear.h"

static void kn_ks_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM], const PetscReal p[])
{
  const PetscReal square = kappa[0] * kappa[0];

  linear[0] = square - p[0] * square * square;
  linear[1] = 0.0;
}

static void kn_ks_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[], PetscInt axes,
                           size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict square  = out[0];

  for (size_t s = 0; s < points; s++) square[s] = 0.5 * u[s] * u[s];
}

static const KNSemilinear kuramoto_sivashinsky = {
  .title        = "Kuramoto and Sivashinsky's equation, u_t + (u^2/2)_x + u_xx + nu u_xxxx = 0",
  .equation     = "u_t + (u^2/2)_x + u_xx + nu u_xxxx = 0",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 1,
  .mirror       = KN_MIRROR_ODD,
  .degree       = 2,
  .coefficient  = {{"viscosity", "coefficient nu of the fourth derivative", 1.0, 1e-6, 1e6}},
  .factors      = 1,
  .factor       = {{0, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 1,
  .term         = {{0, 0, 0, -1.0}},
  .symbol       = kn_ks_symbol,
  .multiply     = kn_ks_multiply,
  .axes         = 1,
  .grid         = 128,
  .frames       = 101,
  .length       = 64.0,
  .final_time   = 50.0,
  .spin_up      = 100.0,
  .alpha        = 4.0,
  .tau          = 20.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_KuramotoSivashinsky(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &kuramoto_sivashinsky));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Korteweg and de Vries' equation on the circle: waves that steepen, disperse and pass through each other as solitons.

    u_t + b (u^2/2)_x + u_xxx = nu u_xx

  With b = 6 and nu = 0 a soliton of speed c is c/2 sech^2(sqrt(c)/2 (x - c t)), and the integrals of u and u^2 are
  conserved.
*/
#include "semilinear.h"

enum { CONVECTION, VISCOSITY };

static void kn_kdv_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM], const PetscReal p[])
{
  linear[0] = -p[VISCOSITY] * kappa[0] * kappa[0];
  linear[1] = kn_cube(kappa[0]);
}

static void kn_kdv_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[], PetscInt axes,
                            size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict square  = out[0];

  for (size_t s = 0; s < points; s++) square[s] = 0.5 * p[CONVECTION] * u[s] * u[s];
}

static const KNSemilinear kdv = {
  .title        = "Korteweg and de Vries' equation, u_t + b (u^2/2)_x + u_xxx = nu u_xx",
  .equation     = "u_t + b (u^2/2)_x + u_xxx = nu u_xx",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 1,
  .degree       = 2,
  .coefficient  = {[CONVECTION] = {"convection", "coefficient b", 6.0, -1e3, 1e3},
                   [VISCOSITY]  = {"viscosity", "viscosity nu", 0.0, 0.0, 1e3}},
  .factors      = 1,
  .factor       = {{0, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 1,
  .term         = {{0, 0, 0, -1.0}},
  .symbol       = kn_kdv_symbol,
  .multiply     = kn_kdv_multiply,
  .axes         = 1,
  .grid         = 256,
  .frames       = 51,
  .length       = 32.0,
  .final_time   = 10.0,
  .alpha        = 4.0,
  .tau          = 20.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_KdV(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &kdv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

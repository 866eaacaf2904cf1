/*
  Burgers' equation of a velocity on the torus of 2 or 3 axes (burgers.c has that of one):

    u_t + u . grad u = nu Laplace u

  A gradient stays one, and u = -2 nu grad(ln phi) then, phi_t = nu Laplace phi (Hopf and Cole).
*/
#include "semilinear.h"

/* Factors: the velocity, then the gradient of each component. */
static void kn_vector_burgers_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                       PetscInt axes, size_t points)
{
  for (PetscInt i = 0; i < axes; i++) {
    const PetscReal *restrict u = in[0], *restrict v = in[1], *restrict x = in[3 + 3 * i], *restrict y = in[4 + 3 * i];
    PetscReal *restrict rate = out[i];

    if (axes == 2) {
      for (size_t s = 0; s < points; s++) rate[s] = -(u[s] * x[s] + v[s] * y[s]);
    } else {
      const PetscReal *restrict w = in[2], *restrict z = in[5 + 3 * i];

      for (size_t s = 0; s < points; s++) rate[s] = -(u[s] * x[s] + v[s] * y[s] + w[s] * z[s]);
    }
  }
}

static void kn_vector_burgers_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                     const PetscReal p[])
{
  linear[0] = -p[0] * kn_square(kappa);
  linear[1] = 0.0;
}

static const KNSemilinear vector_burgers = {
  .title        = "Burgers' equation of a velocity on the torus, u_t + u . grad u = nu Laplace u",
  .equation     = "u_t + u . grad u = nu Laplace u",
  .field        = {"u", "v", "w"},
  .fields       = 0,
  .lowest_axes  = 2,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_VECTOR,
  .exchange     = PETSC_TRUE,
  .degree       = 2,
  .force        = 1.0,
  .coefficient  = {{"viscosity", "viscosity nu", 1e-2, 0.0, 1e3}},
  .factors      = 12,
  .factor       = {{0, KN_NO_AXIS},
                   {1, KN_NO_AXIS},
                   {2, KN_NO_AXIS},
                   {0, 0},
                   {0, 1},
                   {0, 2},
                   {1, 0},
                   {1, 1},
                   {1, 2},
                   {2, 0},
                   {2, 1},
                   {2, 2}},
  .products     = 3,
  .terms        = 3,
  .term         = {{0, 0, KN_NO_AXIS, 1.0}, {1, 1, KN_NO_AXIS, 1.0}, {2, 2, KN_NO_AXIS, 1.0}},
  .symbol       = kn_vector_burgers_symbol,
  .multiply     = kn_vector_burgers_multiply,
  .axes         = 2,
  .grid         = 128,
  .frames       = 11,
  .length       = 1.0,
  .final_time   = 1.0,
  .alpha        = 4.0,
  .tau          = 10.0,
  .deviation    = 0.3,
};

PetscErrorCode KNSolverCreate_VectorBurgers(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &vector_burgers));
  PetscFunctionReturn(PETSC_SUCCESS);
}

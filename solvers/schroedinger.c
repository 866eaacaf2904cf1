/*
  The nonlinear Schroedinger equation on the torus of 1 to 3 axes, of psi = u + i v:

    i psi_t + Laplace psi + g |psi|^2 psi = 0

  g > 0 focuses: on the circle solitons sqrt(2/g) a sech(a x) exp(i a^2 t); in 2 and 3 axes large fields blow up. The
  integrals of |psi|^2 and of |grad psi|^2 - g |psi|^4/2 are conserved.
*/
#include "semilinear.h"

/* Of psi, and of its conjugate. */
static void kn_schroedinger_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                   const PetscReal p[])
{
  linear[0] = 0.0;
  linear[1] = field ? kn_square(kappa) : -kn_square(kappa);
}

/* i g |psi|^2 psi */
static void kn_schroedinger_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                     PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0], *restrict v = in[1];
  PetscReal *restrict du = out[0], *restrict dv = out[1];

  for (size_t s = 0; s < points; s++) {
    const PetscReal density = p[0] * (u[s] * u[s] + v[s] * v[s]);

    du[s] = -density * v[s];
    dv[s] = density * u[s];
  }
}

static const KNSemilinear schroedinger = {
  .title    = "Nonlinear Schroedinger equation on the torus, i psi_t + Laplace psi + g |psi|^2 psi = 0, psi = u + i v",
  .equation = "i psi_t + Laplace psi + g |psi|^2 psi = 0, psi = u + i v",
  .field    = {"u", "v"},
  .fields   = 2,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .degree       = 3,
  .paired       = PETSC_TRUE,
  .coefficient  = {{"nonlinearity", "coefficient g; above 0 it focuses", -1.0, -1e6, 1e6}},
  .factors      = 2,
  .factor       = {{0, KN_NO_AXIS}, {1, KN_NO_AXIS}},
  .products     = 2,
  .terms        = 2,
  .term         = {{0, 0, KN_NO_AXIS, 1.0}, {1, 1, KN_NO_AXIS, 1.0}},
  .symbol       = kn_schroedinger_symbol,
  .multiply     = kn_schroedinger_multiply,
  .axes         = 1,
  .grid         = 256,
  .frames       = 21,
  .length       = 20.0,
  .final_time   = 2.0,
  .alpha        = 4.0,
  .tau          = 20.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_Schroedinger(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &schroedinger));
  PetscFunctionReturn(PETSC_SUCCESS);
}

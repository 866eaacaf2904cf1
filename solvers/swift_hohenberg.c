/*
  Swift and Hohenberg's equation on the torus of 1 to 3 axes: patterns of one wavelength, stripes and hexagons, as in
  convection.

    u_t = r u - (k_c^2 + Laplace)^2 u + g u^2 - u^3

  Waves of |kappa| near k_c grow while r > 0, at r - (k_c^2 - |kappa|^2)^2. r u counts to N, so that no mode of L grows.
*/
#include "semilinear.h"

enum { GROWTH, WAVENUMBER, QUADRATIC };

static void kn_swift_hohenberg_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                      const PetscReal p[])
{
  linear[0] = -PetscSqr(PetscSqr(p[WAVENUMBER]) - kn_square(kappa));
  linear[1] = 0.0;
}

static void kn_swift_hohenberg_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                        PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict force   = out[0];

  for (size_t s = 0; s < points; s++) force[s] = u[s] * (p[GROWTH] + u[s] * (p[QUADRATIC] - u[s]));
}

static PetscBool kn_swift_hohenberg_odd(const PetscReal p[])
{
  return (PetscBool)(p[QUADRATIC] == 0.0);
}

static const KNSemilinear swift_hohenberg = {
  .title        = "Swift-Hohenberg equation on the torus, u_t = r u - (k_c^2 + Laplace)^2 u + g u^2 - u^3",
  .equation     = "u_t = r u - (k_c^2 + Laplace)^2 u + g u^2 - u^3",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .odd          = kn_swift_hohenberg_odd,
  .degree       = 3,
  .coefficient  = {[GROWTH]     = {"growth", "growth r of the critical waves", 0.7, -1e3, 1e3},
                   [WAVENUMBER] = {"wavenumber", "critical wavenumber k_c", 1.0, 0.0, 1e3},
                   [QUADRATIC]  = {"quadratic", "coefficient g", 1.0, -1e3, 1e3}},
  .factors      = 1,
  .factor       = {{0, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 1,
  .term         = {{0, 0, KN_NO_AXIS, 1.0}},
  .symbol       = kn_swift_hohenberg_symbol,
  .multiply     = kn_swift_hohenberg_multiply,
  .axes         = 2,
  .grid         = 128,
  .frames       = 21,
  .length       = 60.0,
  .final_time   = 40.0,
  .alpha        = 4.0,
  .tau          = 30.0,
  .deviation    = 0.5,
};

PetscErrorCode KNSolverCreate_SwiftHohenberg(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &swift_hohenberg));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Incompressible Navier-Stokes flow on the torus of 3 axes (navier_stokes.c has the flow in the plane):

    u_t + div(u u) + grad p = nu Laplace u,   div u = 0

  The pressure is what makes N free of divergence: a projection of each mode. Hence a gradient may be added to N: with
  u_3^2 taken off the diagonal of u u, five products are enough.

  Energy: d/dt of the mean of |u|^2/2 is -nu times that of |curl u|^2, to rounding in space, as nothing is aliased.
*/
#include "semilinear.h"

enum { XX, YY, XY, XZ, YZ, PRODUCTS };

static void kn_navier_stokes_3d_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                         PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0], *restrict v = in[1], *restrict w = in[2];
  PetscReal *restrict xx = out[XX], *restrict yy = out[YY], *restrict xy = out[XY];
  PetscReal *restrict xz = out[XZ], *restrict yz = out[YZ];

  for (size_t s = 0; s < points; s++) {
    xx[s] = u[s] * u[s] - w[s] * w[s];
    yy[s] = v[s] * v[s] - w[s] * w[s];
    xy[s] = u[s] * v[s];
    xz[s] = u[s] * w[s];
    yz[s] = v[s] * w[s];
  }
}

static void kn_navier_stokes_3d_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                       const PetscReal p[])
{
  linear[0] = -p[0] * kn_square(kappa);
  linear[1] = 0.0;
}

static const KNSemilinear navier_stokes_3d = {
  .title        = "Navier-Stokes flow on the torus of 3 axes, u_t + div(u u) + grad p = nu Laplace u, div u = 0",
  .equation     = "u_t + div(u u) + grad p = nu Laplace u, div u = 0",
  .field        = {"u", "v", "w"},
  .fields       = 3,
  .lowest_axes  = 3,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_VECTOR,
  .exchange     = PETSC_TRUE,
  .degree       = 2,
  .solenoidal   = PETSC_TRUE,
  .force        = 1.0,
  .coefficient  = {{"viscosity", "viscosity nu", 5e-2, 0.0, 1e3}},
  .factors      = 3,
  .factor       = {{0, KN_NO_AXIS}, {1, KN_NO_AXIS}, {2, KN_NO_AXIS}},
  .products     = PRODUCTS,
  .terms        = 8,
  .term         = {{0, XX, 0, -1.0},
                   {0, XY, 1, -1.0},
                   {0, XZ, 2, -1.0},
                   {1, XY, 0, -1.0},
                   {1, YY, 1, -1.0},
                   {1, YZ, 2, -1.0},
                   {2, XZ, 0, -1.0},
                   {2, YZ, 1, -1.0}},
  .symbol       = kn_navier_stokes_3d_symbol,
  .multiply     = kn_navier_stokes_3d_multiply,
  .axes         = 3,
  .grid         = 48,
  .frames       = 11,
  .length       = 2.0 * PETSC_PI,
  .final_time   = 2.0,
  .alpha        = 4.0,
  .tau          = 15.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_NavierStokes3D(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &navier_stokes_3d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

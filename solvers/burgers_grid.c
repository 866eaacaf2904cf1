/*
  Burgers' equation of a scalar on cells, with or without viscosity: waves that steepen to shocks. burgers.c solves the
  viscous one on the circle in Fourier modes, vector_burgers.c that of a velocity.

    u_t + sum over the axes of (u^2/2)_x = nu Laplace u
*/
#include "conservation.h"
#include "row_kernels.h"

static void kn_burgers_grid_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                                  const PetscReal p[])
{
  const PetscReal *restrict u = w[0];
  const PetscReal viscous     = 2.0 * (PetscReal)axes * per * p[0];

  for (size_t i = 0; i < n; i++) s[i] = (PetscReal)axes * PetscAbsReal(u[i]) + viscous;
}

static void kn_burgers_grid_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes,
                                 PetscInt axis, const PetscReal p[])
{
  const PetscReal *restrict u = w[0];
  PetscReal *restrict flux    = f[0];

  for (size_t i = 0; i < n; i++) flux[i] = 0.5 * u[i] * u[i];
}

static void kn_burgers_grid_rusanov(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[],
                                    size_t n, PetscInt axes, PetscInt axis, const PetscReal p[])
{
  const PetscReal *restrict l = left[0], *restrict r = right[0];
  PetscReal *restrict flux = f[0];

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal speed = kn_larger(PetscAbsReal(l[i]), PetscAbsReal(r[i]));

    flux[i] = 0.25 * (l[i] * l[i] + r[i] * r[i]) - 0.5 * speed * (r[i] - l[i]);
  }
}

static void kn_burgers_grid_hll(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[],
                                size_t n, PetscInt axes, PetscInt axis, const PetscReal p[])
{
  const PetscReal *restrict l = left[0], *restrict r = right[0];
  PetscReal *restrict flux = f[0];

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal a = kn_smaller(kn_smaller(l[i], r[i]), 0.0), b = kn_larger(kn_larger(l[i], r[i]), 0.0);

    flux[i] =
      (0.5 * b * l[i] * l[i] - 0.5 * a * r[i] * r[i] + a * b * (r[i] - l[i])) / kn_larger(b - a, PETSC_MIN_REAL);
  }
}

static void kn_burgers_grid_roe(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[],
                                size_t n, PetscInt axes, PetscInt axis, const PetscReal p[])
{
  const PetscReal *restrict l = left[0], *restrict r = right[0];
  PetscReal *restrict flux = f[0];

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal speed = kn_larger(0.5 * PetscAbsReal(l[i] + r[i]), 0.5 * (r[i] - l[i]));

    flux[i] = 0.25 * (l[i] * l[i] + r[i] * r[i]) - 0.5 * speed * (r[i] - l[i]);
  }
}

static void kn_burgers_grid_diffuse(PetscReal *const f[], const PetscReal *const w[], size_t n,
                                    const ptrdiff_t stride[], PetscInt axes, PetscInt axis, PetscReal per,
                                    const PetscReal p[])
{
  const PetscReal *restrict above = w[0], *restrict below = w[0] - stride[axis];
  PetscReal *restrict flux = f[0];

  for (size_t i = 0; i < n; i++) flux[i] -= p[0] * per * (above[i] - below[i]);
}

static const KNConservation burgers_grid = {
  .title        = "Burgers' equation of a scalar on cells, u_t + sum over the axes of (u^2/2)_x = nu Laplace u",
  .equation     = "u_t + sum over the axes of (u^2/2)_x = nu Laplace u",
  .highest_axes = 3,
  .scalars      = 1,
  .scalar       = {{"u", -1.0, 1.0}},
  .vector       = KN_NO_VECTOR,
  .coefficient  = {{"viscosity", "viscosity nu; 0: shocks of no width", 0.0, 0.0, 1e3}},
  .speed        = kn_burgers_grid_speed,
  .flux         = kn_burgers_grid_flux,
  .riemann      = {[KN_FLUX_RUSANOV] = kn_burgers_grid_rusanov,
                   [KN_FLUX_HLL]     = kn_burgers_grid_hll,
                   [KN_FLUX_ROE]     = kn_burgers_grid_roe},
  .diffuse      = kn_burgers_grid_diffuse,
  .axes         = 1,
  .grid         = 1024,
  .frames       = 41,
  .start        = KN_START_WAVES,
  .flux_kind    = KN_FLUX_ROE,
  .side         = KN_SIDE_PERIODIC,
  .length       = 1.0,
  .final_time   = 2.0,
  .radius_low   = 0.1,
  .radius_high  = 0.3,
};

PetscErrorCode KNSolverCreate_BurgersGrid(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &burgers_grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

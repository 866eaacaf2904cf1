/*
  Advection on an interval, a square or a cube: profiles that move on unchanged.

    u_t + a . grad u = 0

  With one wave all fluxes are the same: what comes from upwind.
*/
#include "conservation.h"
#include "row_kernels.h"

static void kn_advection_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                               const PetscReal p[])
{
  PetscReal sum = 0.0;

  for (PetscInt d = 0; d < axes; d++) sum += PetscAbsReal(p[d]);
  for (size_t i = 0; i < n; i++) s[i] = sum;
}

static void kn_advection_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes, PetscInt axis,
                              const PetscReal p[])
{
  for (size_t i = 0; i < n; i++) f[0][i] = p[axis] * w[0][i];
}

static void kn_advection_upwind(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[],
                                size_t n, PetscInt axes, PetscInt axis, const PetscReal p[])
{
  kn_advection_flux(f, p[axis] > 0.0 ? left : right, n, axes, axis, p);
}

static const KNConservation advection = {
  .title        = "Advection in 1 to 3 axes, u_t + a . grad u = 0",
  .equation     = "u_t + a . grad u = 0",
  .highest_axes = 3,
  .scalars      = 1,
  .scalar       = {{"u", -1.0, 1.0}},
  .vector       = KN_NO_VECTOR,
  .linear       = PETSC_TRUE,
  .coefficient  = {{"speed_x", "speed along the first axis", 1.0, -1e3, 1e3},
                   {"speed_y", "speed along the second axis", 1.0, -1e3, 1e3},
                   {"speed_z", "speed along the third axis", 1.0, -1e3, 1e3}},
  .speed        = kn_advection_speed,
  .flux         = kn_advection_flux,
  .riemann =
    {[KN_FLUX_RUSANOV] = kn_advection_upwind, [KN_FLUX_HLL] = kn_advection_upwind, [KN_FLUX_ROE] = kn_advection_upwind},
  .axes        = 1,
  .grid        = 1024,
  .frames      = 41,
  .start       = KN_START_WAVES,
  .flux_kind   = KN_FLUX_RUSANOV,
  .side        = KN_SIDE_PERIODIC,
  .length      = 1.0,
  .final_time  = 2.0,
  .radius_low  = 0.1,
  .radius_high = 0.3,
};

PetscErrorCode KNSolverCreate_Advection(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &advection));
  PetscFunctionReturn(PETSC_SUCCESS);
}

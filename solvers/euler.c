/*
  Euler's equations of an ideal gas in 1 to 3 axes: shocks, contacts, rarefactions.

    rho_t + div(rho v) = 0,   (rho v)_t + div(rho v v) + grad p = 0,   E_t + div((E + p) v) = 0

  E = p/(gamma - 1) + rho |v|^2/2. gas.c has the fluxes.
*/
#include "conservation.h"
#include "gas.h"

static const KNConservation euler = {
  .title        = "Euler's equations of an ideal gas in 1 to 3 axes",
  .equation     = "rho_t + div(rho v) = 0, (rho v)_t + div(rho v v) + grad p = 0, E_t + div((E + p) v) = 0, E = "
                  "p/(gamma - 1) + rho |v|^2/2",
  .highest_axes = 3,
  .scalars      = 2,
  .scalar       = {{"density", 0.5, 1.5}, {"pressure", 0.5, 1.5}},
  .vector       = 1,
  .component    = {"Vx", "Vy", "Vz"},
  .positive     = PETSC_TRUE,
  .coefficient  = {{"gamma", "ratio of the specific heats", 1.4, 1.0001, 10.0}},
  .speed_scale =
    {"mach",
     "velocity of initial states in units of the speed of sound: the largest, or the root mean square of turbulence",
     0.5, 0.0, 100.0},
  .primitive   = kn_gas_primitive,
  .conserved   = kn_gas_conserved,
  .speed       = kn_gas_speed,
  .flux        = kn_gas_flux,
  .riemann     = {kn_gas_rusanov, kn_gas_hll, kn_gas_hllc, kn_gas_roe},
  .sound       = kn_gas_sound,
  .axes        = 2,
  .grid        = 128,
  .frames      = 21,
  .start       = KN_START_QUADRANTS,
  .flux_kind   = KN_FLUX_HLLC,
  .side        = KN_SIDE_OUTFLOW,
  .length      = 1.0,
  .final_time  = 0.25,
  .radius_low  = 0.1,
  .radius_high = 0.3,
};

PetscErrorCode KNSolverCreate_Euler(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &euler));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Euler's equations of an ideal gas in 1 to 3 axes: shocks, contacts, rarefactions.

    rho_t + div(rho v) = 0,   (rho v)_t + div(rho v v) + grad p = 0,   E_t + div((E + p) v) = 0

  E = p/(gamma - 1) + rho |v|^2/2. gas.c has the fluxes.
*/
#include "conservation.h"
#include "gas.h"

static const KNConservation euler = {
  .title    = "Euler's equations of an ideal gas in 1 to 3 axes",
  .equation = "rho_t + div(rho v) = 0, (rho v)_t + div(rho v v) + grad p = 0, E_t + div((E + p) v) = 0, E = "
              "p/(gamma - 1) + rho |v|^2/2",
  KN_GAS_LAW,
  .coefficient = {{"gamma", "ratio of the specific heats", 1.4, 1.0001, 10.0}},
  .speed_scale = KN_GAS_MACH(0.5),
  .speed       = kn_gas_speed,
  .start       = KN_START_QUADRANTS,
  .side        = KN_SIDE_OUTFLOW,
  .final_time  = 0.25,
};

PetscErrorCode KNSolverCreate_Euler(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &euler));
  PetscFunctionReturn(PETSC_SUCCESS);
}

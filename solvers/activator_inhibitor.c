/*
  FitzHugh and Nagumo's reaction in 1 to 3 axes between walls: an activator u and an inhibitor v that spreads faster.
  PDEBench's diffusion and reaction in two axes, which begins with noise and has no flux through its sides.

    u_t = D_u Laplace u + u - u^3 - k - v
    v_t = D_v Laplace v + u - v
*/
#include "reaction_diffusion.h"

enum { DIFFUSIVITY_U, DIFFUSIVITY_V, THRESHOLD };

static void kn_activator_inhibitor(PetscReal *const rate[], const PetscReal *const fields[], const PetscReal p[],
                                   size_t n)
{
  const PetscReal *restrict u = fields[0], *restrict v = fields[1];
  PetscReal *restrict ut = rate[0], *restrict vt = rate[1];

  for (size_t i = 0; i < n; i++) {
    ut[i] = u[i] - u[i] * u[i] * u[i] - p[THRESHOLD] - v[i];
    vt[i] = u[i] - v[i];
  }
}

static PetscBool kn_activator_odd(const PetscReal p[])
{
  return (PetscBool)(p[THRESHOLD] == 0.0);
}

static const KNReaction activator_inhibitor = {
  .title       = "FitzHugh-Nagumo reaction between walls, in 1 to 3 axes",
  .equation    = "u_t = D_u Laplace u + u - u^3 - k - v, v_t = D_v Laplace v + u - v",
  .fields      = 2,
  .field       = {"u", "v"},
  .coefficient = {[DIFFUSIVITY_U] = {"diffusivity_u", "diffusivity D_u", 1e-3, 0.0, 1e3},
                  [DIFFUSIVITY_V] = {"diffusivity_v", "diffusivity D_v", 5e-3, 0.0, 1e3},
                  [THRESHOLD]     = {"threshold", "threshold k", 5e-3, -1e3, 1e3}},
  .diffusivity = {DIFFUSIVITY_U, DIFFUSIVITY_V},
  .react       = kn_activator_inhibitor,
  .odd         = kn_activator_odd,
  .axes        = 2,
  .grid        = 128,
  .frames      = 101,
  .begin       = KN_BEGIN_NOISE,
  .wall        = KN_WALL_NEUMANN,
  .length      = 2.0,
  .final_time  = 5.0,
  .low         = -1.0,
  .high        = 1.0,
  .alpha       = 4.0,
  .tau         = 20.0,
};

PetscErrorCode KNSolverCreate_ActivatorInhibitor(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNReactionCreate(solver, &activator_inhibitor));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Growth that diffuses, in 1 to 3 axes, between walls or periodic: PDEBench's diffusion and reaction in one axis.

    u_t = nu Laplace u + rho u (1 - u)

  A front of speed 5 sqrt(rho nu/6) is 1/(1 + exp(sqrt(rho/(6 nu)) (x - c t)))^2.
*/
#include "reaction_diffusion.h"

enum { NU, RHO };

static void kn_logistic(PetscReal *const rate[], const PetscReal *const fields[], const PetscReal p[], size_t n)
{
  const PetscReal *restrict u = fields[0];
  PetscReal *restrict growth  = rate[0];

  for (size_t i = 0; i < n; i++) growth[i] = p[RHO] * u[i] * (1.0 - u[i]);
}

static const KNReaction diffusion_reaction = {
  .title       = "Diffusion and logistic growth in 1 to 3 axes",
  .equation    = "u_t = nu Laplace u + rho u (1 - u)",
  .fields      = 1,
  .field       = {"u"},
  .coefficient = {[NU] = {"nu", "diffusivity nu", 0.5, 0.0, 1e3}, [RHO] = {"rho", "rate rho of growth", 1.0, 0.0, 1e4}},
  .diffusivity = {NU},
  .react       = kn_logistic,
  .axes        = 1,
  .grid        = 1024,
  .frames      = 101,
  .begin       = KN_BEGIN_WAVES,
  .wall        = KN_WALL_PERIODIC,
  .length      = 1.0,
  .final_time  = 1.0,
  .low         = 0.0,
  .high        = 1.0,
  .alpha       = 4.0,
  .tau         = 20.0,
};

PetscErrorCode KNSolverCreate_DiffusionReaction(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNReactionCreate(solver, &diffusion_reaction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

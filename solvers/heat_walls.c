/*
  Heat conduction with a random source in 1 to 3 axes between walls:

    u_t = nu Laplace u + f(x)

  The source f is a field of the dataset that stays as it is; u tends to -nu Laplace u = f.
*/
#include "reaction_diffusion.h"

enum { NU, SOURCE };

static void kn_heat_source(PetscReal *const rate[], const PetscReal *const fields[], const PetscReal p[], size_t n)
{
  for (size_t i = 0; i < n; i++) rate[0][i] = fields[1][i];
}

static PetscBool kn_linear(const PetscReal p[])
{
  return PETSC_TRUE;
}

static const KNReaction heat_walls = {
  .title       = "Heat conduction with a random source between walls, in 1 to 3 axes",
  .equation    = "u_t = nu Laplace u + f",
  .fields      = 2,
  .field       = {"u", "f"},
  .coefficient = {[NU]     = {"diffusivity", "diffusivity nu", 1e-2, 0.0, 1e3},
                  [SOURCE] = {"source", "standard deviation of the source f", 1.0, 0.0, 1e6}},
  .diffusivity = {NU, KN_STILL},
  .deviation   = {0, SOURCE},
  .react       = kn_heat_source,
  .odd         = kn_linear,
  .axes        = 2,
  .grid        = 64,
  .frames      = 21,
  .begin       = KN_BEGIN_FIELD,
  .wall        = KN_WALL_DIRICHLET,
  .length      = 1.0,
  .final_time  = 1.0,
  .low         = -1.0,
  .high        = 1.0,
  .alpha       = 4.0,
  .tau         = 10.0,
};

PetscErrorCode KNSolverCreate_HeatWalls(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNReactionCreate(solver, &heat_walls));
  PetscFunctionReturn(PETSC_SUCCESS);
}

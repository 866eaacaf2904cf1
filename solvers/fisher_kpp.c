/*
  Fisher, Kolmogorov, Petrovsky and Piskunov's equation on the torus of 1 to 3 axes: fronts by which u = 1 replaces u =
  0.

    u_t = nu Laplace u + r u (1 - u)

  u stays in [0, 1]; it begins as (1 + tanh g)/2 of a Gaussian field g. A front of speed 5 sqrt(r nu/6) is 1/(1 +
  exp(sqrt(r/(6 nu)) (x - c t)))^2.
*/
#include "semilinear.h"

enum { VISCOSITY, REACTION };

static void kn_fisher_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                             const PetscReal p[])
{
  linear[0] = -p[VISCOSITY] * kn_square(kappa);
  linear[1] = 0.0;
}

static void kn_fisher_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[], PetscInt axes,
                               size_t points)
{
  const PetscReal *restrict u = in[0];
  PetscReal *restrict growth  = out[0];

  for (size_t s = 0; s < points; s++) growth[s] = p[REACTION] * u[s] * (1.0 - u[s]);
}

static void kn_fisher_initial(PetscReal *const u[], const PetscReal p[], size_t points)
{
  for (size_t s = 0; s < points; s++) u[0][s] = 0.5 * (1.0 + PetscTanhReal(u[0][s]));
}

static const KNSemilinear fisher_kpp = {
  .title        = "Fisher-KPP equation on the torus, u_t = nu Laplace u + r u (1 - u)",
  .equation     = "u_t = nu Laplace u + r u (1 - u)",
  .field        = {"u"},
  .fields       = 1,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .degree       = 2,
  .coefficient =
    {[VISCOSITY] = {"viscosity", "diffusivity nu", 1e-3, 0.0, 1e3}, [REACTION] = {"reaction", "rate r", 5.0, 0.0, 1e6}},
  .factors    = 1,
  .factor     = {{0, KN_NO_AXIS}},
  .products   = 1,
  .terms      = 1,
  .term       = {{0, 0, KN_NO_AXIS, 1.0}},
  .symbol     = kn_fisher_symbol,
  .multiply   = kn_fisher_multiply,
  .initial    = kn_fisher_initial,
  .axes       = 1,
  .grid       = 256,
  .frames     = 21,
  .length     = 1.0,
  .final_time = 1.0,
  .alpha      = 4.0,
  .tau        = 20.0,
  .deviation  = 1.5,
};

PetscErrorCode KNSolverCreate_FisherKPP(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &fisher_kpp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

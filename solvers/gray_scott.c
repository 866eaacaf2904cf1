/*
  Gray and Scott's reaction on the torus of 1 to 3 axes: v feeds on u and decays, u is fed; spots that divide, stripes,
  waves (Pearson, Science 261 (1993) 189).

    u_t = D_u Laplace u - u v^2 + F (1 - u)
    v_t = D_v Laplace v + u v^2 - (F + k) v

  Random fields g become spots of v in a sea of u: v = 1/2 where g is large, u = 1 - v.
*/
#include "semilinear.h"

enum { DIFFUSIVITY_U, DIFFUSIVITY_V, FEED, KILL };

static void kn_gray_scott_symbol(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM],
                                 const PetscReal p[])
{
  linear[0] = -p[field ? DIFFUSIVITY_V : DIFFUSIVITY_U] * kn_square(kappa) - p[FEED] - (field ? p[KILL] : 0.0);
  linear[1] = 0.0;
}

static PetscReal kn_gray_scott_constant(PetscInt field, const PetscReal p[])
{
  return field ? 0.0 : p[FEED];
}

static void kn_gray_scott_multiply(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[],
                                   PetscInt axes, size_t points)
{
  const PetscReal *restrict u = in[0], *restrict v = in[1];
  PetscReal *restrict reaction = out[0];

  for (size_t s = 0; s < points; s++) reaction[s] = u[s] * v[s] * v[s];
}

static void kn_gray_scott_initial(PetscReal *const u[], const PetscReal p[], size_t points)
{
  for (size_t s = 0; s < points; s++) {
    u[1][s] = 0.25 * (1.0 + PetscTanhReal(2.0 * (u[1][s] - 1.0)));
    u[0][s] = 1.0 - u[1][s];
  }
}

static const KNSemilinear gray_scott = {
  .title        = "Gray-Scott reaction on the torus, u_t = D_u Laplace u - u v^2 + F (1 - u)",
  .equation     = "u_t = D_u Laplace u - u v^2 + F (1 - u), v_t = D_v Laplace v + u v^2 - (F + k) v",
  .field        = {"u", "v"},
  .fields       = 2,
  .lowest_axes  = 1,
  .highest_axes = 3,
  .mirror       = KN_MIRROR_EVEN,
  .exchange     = PETSC_TRUE,
  .degree       = 3,
  .coefficient  = {[DIFFUSIVITY_U] = {"diffusivity_u", "diffusivity D_u", 2e-5, 0.0, 1e3},
                   [DIFFUSIVITY_V] = {"diffusivity_v", "diffusivity D_v", 1e-5, 0.0, 1e3},
                   [FEED]          = {"feed", "rate F at which u is fed", 0.04, 0.0, 1e3},
                   [KILL]          = {"kill", "rate k at which v decays", 0.06, 0.0, 1e3}},
  .factors      = 2,
  .factor       = {{0, KN_NO_AXIS}, {1, KN_NO_AXIS}},
  .products     = 1,
  .terms        = 2,
  .term         = {{0, 0, KN_NO_AXIS, -1.0}, {1, 0, KN_NO_AXIS, 1.0}},
  .symbol       = kn_gray_scott_symbol,
  .constant     = kn_gray_scott_constant,
  .multiply     = kn_gray_scott_multiply,
  .initial      = kn_gray_scott_initial,
  .axes         = 2,
  .grid         = 160,
  .frames       = 21,
  .length       = 1.0,
  .final_time   = 1000.0,
  .alpha        = 4.0,
  .tau          = 20.0,
  .deviation    = 1.0,
};

PetscErrorCode KNSolverCreate_GrayScott(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNSemilinearCreate(solver, &gray_scott));
  PetscFunctionReturn(PETSC_SUCCESS);
}

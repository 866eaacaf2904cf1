/*
  Compressible flow of a viscous ideal gas in 1 to 3 axes, without conduction of heat (PDEBench's equations):

    rho_t + div(rho v) = 0,   (rho v)_t + div(rho v v) + grad p = div s,   E_t + div((E + p) v) = div(s v)

  s = eta (grad v + grad v^T - 2/3 div v) + zeta div v. Derivatives at faces are differences of order 2: across the face
  of the two cells at it, along it the mean of those of both.
*/
#include "conservation.h"
#include "gas.h"
#include "row_kernels.h"

enum { GAMMA, ETA, ZETA };

/*
  Components in the fields' own order: w[1 .. axes] velocities of the cell above the face, those below are
  `stride[axis]` before. grad[i][j]: derivative of component i along axis j, 0 beyond the axes.
*/
KN_ALWAYS void kn_viscous(PetscReal *const f[], const PetscReal *const w[], size_t n, const ptrdiff_t stride[],
                          PetscInt axis, PetscReal per, PetscReal eta, PetscReal zeta, int axes)
{
  const ptrdiff_t normal = stride[axis];

  KN_ROW_LOOP
  for (ptrdiff_t s = 0; s < (ptrdiff_t)n; s++) {
    PetscReal grad[KN_MAX_DIM][KN_MAX_DIM] = {{0.0}}, mean[KN_MAX_DIM] = {0.0}, work = 0.0, divergence;

    for (int i = 0; i < axes; i++) {
      const PetscReal *v = w[1 + i] + s;

      mean[i] = 0.5 * (v[0] + v[-normal]);
      for (int j = 0; j < axes; j++) {
        const PetscReal across = per * (v[0] - v[-normal]);
        const PetscReal along =
          0.25 * per * (v[stride[j]] - v[-stride[j]] + v[stride[j] - normal] - v[-stride[j] - normal]);

        grad[i][j] = j == axis ? across : along;
      }
    }
    divergence = (zeta - 2.0 / 3.0 * eta) * (grad[0][0] + grad[1][1] + grad[2][2]);
    for (int i = 0; i < axes; i++) {
      const PetscReal stress = eta * (grad[i][axis] + grad[axis][i]) + (i == axis ? divergence : 0.0);

      f[1 + i][s] -= stress;
      work += stress * mean[i];
    }
    f[1 + axes][s] -= work;
  }
}

static void kn_compressible_diffuse(PetscReal *const f[], const PetscReal *const w[], size_t n,
                                    const ptrdiff_t stride[], PetscInt axes, PetscInt axis, PetscReal per,
                                    const PetscReal p[])
{
  if (p[ETA] == 0.0 && p[ZETA] == 0.0) return;
  if (axes == 1) kn_viscous(f, w, n, stride, 0, per, p[ETA], p[ZETA], 1);
  else if (axes == 2 && axis == 0) kn_viscous(f, w, n, stride, 0, per, p[ETA], p[ZETA], 2);
  else if (axes == 2) kn_viscous(f, w, n, stride, 1, per, p[ETA], p[ZETA], 2);
  else if (axis == 0) kn_viscous(f, w, n, stride, 0, per, p[ETA], p[ZETA], 3);
  else if (axis == 1) kn_viscous(f, w, n, stride, 1, per, p[ETA], p[ZETA], 3);
  else kn_viscous(f, w, n, stride, 2, per, p[ETA], p[ZETA], 3);
}

/* The largest viscosity is that of compression along an axis, zeta + 4/3 eta. */
static void kn_compressible_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                                  const PetscReal p[])
{
  const PetscReal factor = 2.0 * (PetscReal)axes * per * (p[ZETA] + 4.0 / 3.0 * p[ETA]);

  kn_gas_speed(s, w, n, axes, per, p);
  for (size_t i = 0; i < n; i++) s[i] += factor / w[0][i];
}

static const KNConservation compressible = {
  .title    = "Compressible viscous flow of an ideal gas in 1 to 3 axes",
  .equation = "rho_t + div(rho v) = 0, (rho v)_t + div(rho v v) + grad p = div s, E_t + div((E + p) v) = div(s v), s "
              "= eta (grad v + grad v^T - 2/3 div v) + zeta div v",
  KN_GAS_LAW,
  .coefficient = {[GAMMA] = {"gamma", "ratio of the specific heats", 5.0 / 3.0, 1.0001, 10.0},
                  [ETA]   = {"eta", "shear viscosity", 1e-2, 0.0, 1e3},
                  [ZETA]  = {"zeta", "bulk viscosity", 1e-2, 0.0, 1e3}},
  .speed_scale = KN_GAS_MACH(0.1),
  .speed       = kn_compressible_speed,
  .diffuse     = kn_compressible_diffuse,
  .start       = KN_START_WAVES,
  .side        = KN_SIDE_PERIODIC,
  .final_time  = 1.0,
};

PetscErrorCode KNSolverCreate_Compressible(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &compressible));
  PetscFunctionReturn(PETSC_SUCCESS);
}

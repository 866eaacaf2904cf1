/*
  Velocity and pressure of a driven cavity from its stream function.

  The momentum equations give the difference of p across each face between cells; p is their sum along the bottom and
  up from there. As the curl of the equations vanishes, all paths between two cells agree to the residual.
*/
#include "cavity_kernels.h"

/* u: (m + 1, m + 2), v: (m + 2, m + 1) of psi[-1 .. m + 1][-1 .. m + 1]. */
void kn_cavity_velocity(PetscReal *u, PetscReal *v, PetscReal *const *psi, PetscInt m)
{
  for (PetscInt i = 0; i <= m; i++) {
    for (PetscInt j = 0; j <= m + 1; j++) u[i * (m + 2) + j] = (PetscReal)m * (psi[i][j] - psi[i][j - 1]);
  }
  for (PetscInt i = 0; i <= m + 1; i++) {
    for (PetscInt j = 0; j <= m; j++) v[i * (m + 1) + j] = -(PetscReal)m * (psi[i][j] - psi[i - 1][j]);
  }
}

/*
  What the momentum equation of a face says p grows by across it: h times (the force - the divergence of the momentum
  flux + friction). w: the velocity normal to the face; a, n: strides of w along the normal and across it; cross: the
  product u v at the face's two ends.
*/
static inline PetscReal kn_pressure_step(const PetscReal *w, ptrdiff_t a, ptrdiff_t n, const PetscReal cross[2],
                                         PetscReal force, PetscReal h, PetscReal reynolds)
{
  const PetscReal before = 0.5 * (w[-a] + w[0]), after = 0.5 * (w[0] + w[a]);

  return h * force - (after * after - before * before) - (cross[1] - cross[0]) +
         (w[a] + w[-a] + w[n] + w[-n] - 4.0 * w[0]) / (h * reynolds);
}

/* u v at node (i, j). */
static inline PetscReal kn_cavity_product(const PetscReal *u, const PetscReal *v, PetscInt m, PetscInt i, PetscInt j)
{
  const PetscReal *below = u + i * (m + 2) + j, *left = v + i * (m + 1) + j;

  return 0.25 * (below[0] + below[1]) * (left[0] + left[m + 1]);
}

/* p: (m + 2, m + 2) of u and v, shapes as in KNCavityFields; fx, fy may be NULL. */
void kn_cavity_pressure(PetscReal *p, const PetscReal *u, const PetscReal *v, const PetscReal *fx, const PetscReal *fy,
                        PetscInt m, PetscReal reynolds)
{
  const PetscInt  s    = m + 2; /* stride of u and p; that of v is m + 1 */
  const PetscReal h    = 1.0 / (PetscReal)m;
  PetscReal       mean = 0.0;

  p[s + 1] = 0.0;
  for (PetscInt i = 1; i < m; i++) { /* along the bottom */
    const PetscReal cross[2] = {kn_cavity_product(u, v, m, i, 0), kn_cavity_product(u, v, m, i, 1)};

    p[(i + 1) * s + 1] = p[i * s + 1] + kn_pressure_step(u + i * s + 1, s, 1, cross, fx ? fx[i * m] : 0.0, h, reynolds);
  }
  for (PetscInt i = 1; i <= m; i++) { /* and up from there */
    for (PetscInt j = 1; j < m; j++) {
      const PetscReal cross[2] = {kn_cavity_product(u, v, m, i - 1, j), kn_cavity_product(u, v, m, i, j)};

      p[i * s + j + 1] = p[i * s + j] + kn_pressure_step(v + i * (m + 1) + j, 1, m + 1, cross,
                                                         fy ? fy[(i - 1) * (m + 1) + j] : 0.0, h, reynolds);
    }
  }
  for (PetscInt i = 1; i <= m; i++) {
    for (PetscInt j = 1; j <= m; j++) mean += h * h * p[i * s + j];
  }
  for (PetscInt i = 1; i <= m; i++) {
    for (PetscInt j = 1; j <= m; j++) p[i * s + j] -= mean;
    p[i * s]         = 2.0 * p[i * s + 1] - p[i * s + 2];
    p[i * s + m + 1] = 2.0 * p[i * s + m] - p[i * s + m - 1];
  }
  for (PetscInt j = 0; j < s; j++) {
    p[j]               = 2.0 * p[s + j] - p[2 * s + j];
    p[(m + 1) * s + j] = 2.0 * p[m * s + j] - p[(m - 1) * s + j];
  }
}

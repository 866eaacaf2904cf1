/* The element of elasticity.c: shape functions, four Gauss points. */
#include "elasticity_element.h"

/* Shape functions at the point (s, t) of the unit square, s along x, and their derivatives. */
static void kn_shape(PetscReal s, PetscReal t, PetscReal value[KN_CORNERS], PetscReal dx[KN_CORNERS],
                     PetscReal dy[KN_CORNERS])
{
  for (int c = 0; c < KN_CORNERS; c++) {
    const PetscReal a = kn_corner[c][0] ? s : 1.0 - s, b = kn_corner[c][1] ? t : 1.0 - t;

    value[c] = a * b;
    dx[c]    = (kn_corner[c][0] ? 1.0 : -1.0) * b;
    dy[c]    = (kn_corner[c][1] ? 1.0 : -1.0) * a;
  }
}

void kn_elasticity_element(KNElasticityElement *e, PetscReal poisson)
{
  const PetscReal mu = 0.5 / (1.0 + poisson), lambda = poisson / ((1.0 + poisson) * (1.0 - 2.0 * poisson));
  const PetscReal gauss[2] = {0.5 - 0.5 / PetscSqrtReal(3.0), 0.5 + 0.5 / PetscSqrtReal(3.0)};

  for (int c = 0; c < KN_CORNERS; c++) {
    for (int d = 0; d < KN_CORNERS; d++) e->mass[c][d] = 0.0;
  }
  for (int g = 0; g < KN_CORNERS; g++) {
    PetscReal dx[KN_CORNERS], dy[KN_CORNERS];

    kn_shape(gauss[kn_corner[g][0]], gauss[kn_corner[g][1]], e->at_gauss[g], dx, dy);
    for (int i = 0; i < KN_DOFS; i++) {
      for (int j = 0; j < KN_DOFS; j++) {
        /* gradient of the two shape functions, along the displacement and across it; weight 1/4 */
        const int       c = i / 2, d = j / 2, p = i % 2, q = j % 2; /* 0: along y */
        const PetscReal gc[2] = {dy[c], dx[c]}, gd[2] = {dy[d], dx[d]};
        const PetscReal dot = gc[0] * gd[0] + gc[1] * gd[1];

        e->stiffness[g][i * KN_DOFS + j] =
          0.25 * (lambda * gc[p] * gd[q] + mu * gc[q] * gd[p] + (p == q ? mu * dot : 0.0));
      }
    }
    for (int c = 0; c < KN_CORNERS; c++) {
      for (int d = 0; d < KN_CORNERS; d++) e->mass[c][d] += 0.25 * e->at_gauss[g][c] * e->at_gauss[g][d];
    }
  }
}

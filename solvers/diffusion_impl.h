/* What the parts of the diffusion solver share: the object, its rim of known points, a solve. */
#ifndef KITINET_DIFFUSION_IMPL_H
#define KITINET_DIFFUSION_IMPL_H

#include "diffusion.h"
#include "poisson.h"
#include <petscdmda.h>
#include <petscksp.h>

#define KN_STENCIL 5 /* entries of a row: the point and its neighbours */

static inline PetscReal kn_face(KNFace face, PetscReal a, PetscReal b)
{
  return face == KN_FACE_HARMONIC ? 2.0 * a * b / (a + b) : 0.5 * (a + b);
}

static const PetscInt kn_neighbour[4][2] = {{-1, 0}, {1, 0}, {0, -1}, {0, 1}};

/* Stencil coefficients of the unknown at point (i, j): value: (5) the point itself, then its neighbours; a: (n, n). */
static inline void kn_diffusion_row(PetscReal *value, const PetscReal *a, KNFace face, PetscInt n, PetscInt i,
                                    PetscInt j)
{
  const PetscReal here = a[i * n + j];

  value[0] = 0.0;
  for (int s = 0; s < 4; s++) {
    const PetscInt  k = i + kn_neighbour[s][0], l = j + kn_neighbour[s][1];
    const PetscBool outside = (PetscBool)(k < 0 || k >= n || l < 0 || l >= n);
    const PetscReal flux    = outside ? 2.0 * here : kn_face(face, here, a[k * n + l]);

    value[0] += flux;
    value[1 + s] = -flux; /* of a known neighbour it is not stored: u = 0 there */
  }
}

struct _p_KNDiffusion {
  PetscInt   n;
  KNPoints   points;
  KNFace     face;
  DM         square; /* the (m, m) unknowns */
  Mat        A;
  PetscReal *value;   /* (own unknowns, KN_STENCIL) of A */
  PetscReal *a;       /* (n, n) of A: what was assembled, and set up, is not made again */
  Vec        b, x;    /* right-hand side and solution, distributed as `square` */
  Vec        natural; /* the solution in natural order */
  Vec        whole;   /* (m, m) all of it on this rank */
  VecScatter gather;  /* natural -> whole */
  KSP        multigrid;
  KSP        direct;  /* the safer solver, factored only when needed */
  KNPoisson  poisson; /* of KNDiffusionCertify(), made when it is first called, as are these: */
  Vec        r, c, Ac, w;
  PetscReal *field; /* (n, n) */
  PetscReal *inner; /* (m, m) of KNDiffusionResidual(), made likewise */
};

/* Width of the rim of known points around the unknowns. */
static inline PetscInt KNDiffusionRim(KNPoints points)
{
  return points == KN_POINTS_NODES ? 1 : 0;
}

/* Whether the values of a can be solved for, the same on all ranks; if not report has the reason. */
PETSC_INTERN PetscBool KNDiffusionAccepts(KNDiffusion d, const PetscReal a[], KNSolverReport *report);

/* Collective. Values of the matrix for the coefficient a: (n, n), and of the right-hand side for f: (n, n). */
PETSC_INTERN PetscErrorCode KNDiffusionAssemble(KNDiffusion d, const PetscReal a[], const PetscReal f[]);

/* Collective. Solves from what x holds if the ksp is told so, else from 0, and says how it went. */
PETSC_INTERN PetscErrorCode KNDiffusionTry(KNDiffusion d, KSP ksp, KNSolverReport *report);

/* Collective. Unknowns x, distributed as the matrix, to all n x n points u of every rank, 0 on a rim; and back. */
PETSC_INTERN PetscErrorCode KNDiffusionGather(KNDiffusion d, Vec x, PetscReal u[]);
PETSC_INTERN PetscErrorCode KNDiffusionScatter(KNDiffusion d, const PetscReal u[], Vec x);

#endif

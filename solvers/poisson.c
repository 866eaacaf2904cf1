/*
  L = S^T (lambda_k + lambda_l) S with sines, which diagonalise the second difference along an axis:

    nodes   sin(pi (i + 1) (k + 1)/(m + 1)),   lambda_k = 4 sin^2(pi (k + 1)/(2 (m + 1)))      FFTW's RODFT00
    cells   sin(pi (i + 1/2) (k + 1)/m),       lambda_k = 4 sin^2(pi (k + 1)/(2 m))            FFTW's RODFT10, RODFT01

  The mirror image of a cell beyond the wall has the opposite value: that is the face of half a cell. FFTW_ESTIMATE: the
  plan, and so every bit, is the same in each run.
*/
#include "poisson.h"
#include <fftw3.h>

struct _p_KNPoisson {
  PetscInt   m;
  KNPoints   points;
  PetscReal *lambda; /* (m) */
  PetscReal *weight; /* (m) by which the square of a coefficient counts: 1/|sine k|^2, over FFTW's factors */
  PetscReal *modes;  /* (m, m) */
  fftw_plan  forward, backward;
};

PetscErrorCode KNPoissonCreate(PetscInt m, KNPoints points, KNPoisson *poisson)
{
  const PetscBool     cells = (PetscBool)(points == KN_POINTS_CELLS);
  const PetscReal     n     = cells ? (PetscReal)m : (PetscReal)m + 1;
  const fftw_r2r_kind there = cells ? FFTW_RODFT10 : FFTW_RODFT00, back = cells ? FFTW_RODFT01 : FFTW_RODFT00;
  KNPoisson           p;

  PetscFunctionBegin;
  PetscCheck(points != KN_POINTS_PERIODIC, PETSC_COMM_SELF, PETSC_ERR_SUP, "a square without boundary");
  PetscCall(PetscNew(poisson));
  p         = *poisson;
  p->m      = m;
  p->points = points;
  PetscCall(KNMalloc((size_t)m * (size_t)m, sizeof(PetscReal), &p->modes));
  PetscCall(PetscMalloc2(m, &p->lambda, m, &p->weight));
  for (PetscInt k = 0; k < m; k++) {
    p->lambda[k] = 4 * PetscSqr(PetscSinReal(PETSC_PI * (PetscReal)(k + 1) / (2 * n)));
    /* FFTW's coefficients are twice the sums; the sum of sine k squared is n/2, n for the last one of cells */
    p->weight[k] = cells && k == m - 1 ? 1 / (4 * n) : 1 / (2 * n);
  }
  p->forward  = fftw_plan_r2r_2d((int)m, (int)m, p->modes, p->modes, there, there, FFTW_ESTIMATE);
  p->backward = fftw_plan_r2r_2d((int)m, (int)m, p->modes, p->modes, back, back, FFTW_ESTIMATE);
  PetscCheck(p->forward && p->backward, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no sine transform of %d points",
             (int)m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPoissonDestroy(KNPoisson *poisson)
{
  KNPoisson p = *poisson;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(PETSC_SUCCESS);
  fftw_destroy_plan(p->forward);
  fftw_destroy_plan(p->backward);
  PetscCall(PetscFree2(p->lambda, p->weight));
  PetscCall(KNFree(&p->modes));
  PetscCall(PetscFree(*poisson));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPoissonSolve(KNPoisson p, PetscReal r[])
{
  const size_t    m     = (size_t)p->m;
  const PetscReal n     = p->points == KN_POINTS_CELLS ? (PetscReal)m : (PetscReal)m + 1;
  const PetscReal scale = 1 / (4 * n * n); /* of FFTW's transforms there and back */

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(p->modes, r, m * m));
  fftw_execute(p->forward);
  for (size_t k = 0; k < m; k++) {
    for (size_t l = 0; l < m; l++) p->modes[k * m + l] *= scale / (p->lambda[k] + p->lambda[l]);
  }
  fftw_execute(p->backward);
  PetscCall(PetscArraycpy(r, p->modes, m * m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPoissonDualSquare(KNPoisson p, const PetscReal r[], PetscReal *energy)
{
  const size_t m   = (size_t)p->m;
  PetscReal    sum = 0;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(p->modes, r, m * m));
  fftw_execute(p->forward);
  for (size_t k = 0; k < m; k++) {
    for (size_t l = 0; l < m; l++)
      sum += PetscSqr(p->modes[k * m + l]) * p->weight[k] * p->weight[l] / (p->lambda[k] + p->lambda[l]);
  }
  *energy = sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

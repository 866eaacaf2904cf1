/* Fields that are offered as solutions of the diffusion equation: how good they are, and how to go on from them. */
#include "diffusion_impl.h"
#include <math.h>

static PetscErrorCode CreateWork(KNDiffusion d)
{
  PetscFunctionBegin;
  if (d->r) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(d->b, &d->r));
  PetscCall(VecDuplicate(d->b, &d->c));
  PetscCall(VecDuplicate(d->b, &d->Ac));
  PetscCall(VecDuplicate(d->b, &d->w));
  PetscCall(KNMalloc((size_t)d->n * (size_t)d->n, sizeof(PetscReal), &d->field));
  if (!d->poisson) PetscCall(KNPoissonCreate(d->n - 2 * KNDiffusionRim(d->points), d->points, &d->poisson));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All of a distributed s in d->field, (m, m) without the rim; every rank has it and computes the same. */
static PetscErrorCode GatherInner(KNDiffusion d, Vec s)
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;

  PetscFunctionBegin;
  PetscCall(KNDiffusionGather(d, s, d->field));
  for (PetscInt i = 0; i < m && rim; i++)
    PetscCall(PetscArraymove(d->field + i * m, d->field + (i + rim) * n + rim, m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* w = L^-1 s. */
static PetscErrorCode SolveLaplacian(KNDiffusion d, Vec s, Vec w)
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;

  PetscFunctionBegin;
  PetscCall(GatherInner(d, s));
  PetscCall(KNPoissonSolve(d->poisson, d->field));
  for (PetscInt i = m - 1; i >= 0 && rim; i--) /* room for the rim, which is not read */
    PetscCall(PetscArraymove(d->field + (i + rim) * n + rim, d->field + i * m, m));
  PetscCall(KNDiffusionScatter(d, d->field, w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  e += alpha p and s -= alpha A p, with the alpha that leaves the least energy error. *square: |e|_A^2, of e before and
  after. p . s > 0 unless s = 0.
*/
static PetscErrorCode Descend(KNDiffusion d, Vec p, Vec s, Vec e, PetscReal *square)
{
  PetscReal slope, curvature, cross, alpha;

  PetscFunctionBegin;
  PetscCall(MatMult(d->A, p, d->Ac));
  PetscCall(VecDot(p, s, &slope));
  PetscCall(VecDot(p, d->Ac, &curvature));
  PetscCall(VecDot(e, d->Ac, &cross));
  alpha = curvature > 0 ? slope / curvature : 0;
  *square += alpha * (2 * cross + alpha * curvature);
  PetscCall(VecAXPY(e, alpha, p));
  PetscCall(VecAXPY(s, -alpha, d->Ac));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sum of the squares of u (n, n) on the rim. */
static PetscReal RimSquare(KNDiffusion d, const PetscReal u[])
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points);
  PetscReal      sum = 0;

  for (PetscInt i = 0; i < n && rim; i++) {
    for (PetscInt j = 0; j < n; j += i == 0 || i == n - 1 ? 1 : n - 1) sum += PetscSqr(u[i * n + j]);
  }
  return sum;
}

PetscErrorCode KNDiffusionCertify(KNDiffusion d, const PetscReal a[], const PetscReal f[], const PetscReal u[],
                                  KNCertificate *certificate, KNSolverReport *report)
{
  const size_t size  = (size_t)d->n * (size_t)d->n;
  PetscReal    a_min = a[0], b, r, c, better, energy, work, correction = 0, rest, B, size_of_u, lower;
  PC           pc;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  if (!KNDiffusionAccepts(d, a, report)) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t i = 0; i < size; i++) a_min = PetscMin(a_min, a[i]); /* no mean over a face is less */
  PetscCall(CreateWork(d));
  PetscCall(KNDiffusionAssemble(d, a, f));
  PetscCall(KSPSetUp(d->multigrid));
  PetscCall(KSPGetPC(d->multigrid, &pc));

  PetscCall(KNDiffusionScatter(d, u, d->x));
  PetscCall(MatMult(d->A, d->x, d->Ac));
  PetscCall(VecDot(d->x, d->Ac, &energy)); /* |u|_A^2 */
  PetscCall(VecDot(d->x, d->b, &work));    /* u . A (u + e) */
  PetscCall(VecWAXPY(d->r, -1, d->Ac, d->b));
  PetscCall(VecNorm(d->b, NORM_2, &b));
  PetscCall(VecNorm(d->r, NORM_2, &r));
  certificate->residual = b > 0 ? r / b : r;

  PetscCall(PCApply(pc, d->r, d->w));
  PetscCall(VecZeroEntries(d->c));
  PetscCall(Descend(d, d->w, d->r, d->c, &correction));
  PetscCall(SolveLaplacian(d, d->r, d->w));
  PetscCall(Descend(d, d->w, d->r, d->c, &correction));
  PetscCall(GatherInner(d, d->r));
  PetscCall(KNPoissonDualSquare(d->poisson, d->field, &rest));
  B         = PetscSqrtReal(PetscMax(correction, 0)) + PetscSqrtReal(rest / a_min);
  size_of_u = PetscSqrtReal(PetscMax(energy, 0));
  lower     = PetscMax(size_of_u - B, size_of_u > 0 ? work / size_of_u : 0); /* of the solution's energy norm */
  certificate->bound = B > 0 ? (lower > 0 ? B / lower : INFINITY) : 0;

  PetscCall(VecNorm(d->c, NORM_2, &c));
  PetscCall(VecAXPY(d->c, 1, d->x));
  PetscCall(VecNorm(d->c, NORM_2, &better));
  c                     = PetscSqrtReal(c * c + RimSquare(d, u));
  certificate->estimate = better > 0 ? c / better : c > 0 ? INFINITY : 0;
  report->converged     = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionRefine(KNDiffusion d, const PetscReal a[], const PetscReal f[], PetscReal rtol, PetscReal u[],
                                 KNSolverReport *report)
{
  PetscReal own;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  if (!KNDiffusionAccepts(d, a, report)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDiffusionAssemble(d, a, f));
  PetscCall(KNDiffusionScatter(d, u, d->x));
  PetscCall(KSPGetTolerances(d->multigrid, &own, NULL, NULL, NULL));
  PetscCall(KSPSetTolerances(d->multigrid, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPSetInitialGuessNonzero(d->multigrid, PETSC_TRUE));
  PetscCall(KNDiffusionTry(d, d->multigrid, report));
  PetscCall(KSPSetInitialGuessNonzero(d->multigrid, PETSC_FALSE));
  PetscCall(KSPSetTolerances(d->multigrid, own, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  if (report->converged) PetscCall(KNDiffusionGather(d, d->x, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

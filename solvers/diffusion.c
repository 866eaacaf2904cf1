/*
  Steady diffusion, -div(a grad u) = f with u = 0 on the boundary of the unit square, by five-point finite volumes.

  Balance of point P over its volume h^2, faces of length h, neighbours N at distance h:
      sum over N of a_PN (u_P - u_N) = h^2 f_P
  cells: h = 1/n, all n^2 points are unknown; to the boundary it is half a cell: that face gives 2 a_P u_P;
  nodes: h = 1/(n - 1), u = 0 at the outer points, which leave (n - 2)^2 unknowns.
  Both points of a face see the same flux: the balance holds over any set of volumes, the matrix is symmetric positive
  definite, and the error is O(h^2) for smooth a and u.

  Solved by conjugate gradients with multigrid (multigrid.c), the true residual reduced to 1e-10. The sparsity, the
  grids and the prolongations are made once, a new coefficient changes only values. Where that fails: the same with a
  complete factorisation.
*/
#include "diffusion_impl.h"
#include "multigrid.h"

#define KN_LOWEST  1e-100 /* values of a that are taken */
#define KN_HIGHEST 1e100

/* The matrix without its values: its sparsity, for stencils in the order of kn_diffusion_row(). */
static PetscErrorCode KNDiffusionCreateMatrix(KNDiffusion d, PetscInt m)
{
  PetscInt  *row, *column, i0, j0, ni, nj;
  PetscCount entries, e = 0;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(d->square, &j0, &i0, NULL, &nj, &ni, NULL)); /* DMDA's first axis is the fast one, our j */
  entries = (PetscCount)KN_STENCIL * ni * nj;
  PetscCall(PetscMalloc1(entries, &d->value));
  PetscCall(PetscMalloc2(entries, &row, entries, &column));
  for (PetscInt i = i0; i < i0 + ni; i++) {
    for (PetscInt j = j0; j < j0 + nj; j++) {
      row[e]      = i * m + j;
      column[e++] = i * m + j;
      for (int s = 0; s < 4; s++) {
        const PetscInt k = i + kn_neighbour[s][0], l = j + kn_neighbour[s][1];

        row[e]      = i * m + j;
        column[e++] = k < 0 || k >= m || l < 0 || l >= m ? -1 : k * m + l;
      }
    }
  }
  PetscCall(KNSquareMatrixCreate(d->square, d->square, entries, row, column, &d->A));
  PetscCall(PetscFree2(row, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Conjugate gradients that judge by the true residual. */
static PetscErrorCode KNDiffusionCreateKSP(KNDiffusion d, PetscInt max_it, KSP *ksp)
{
  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)d->A), ksp));
  PetscCall(KSPSetType(*ksp, KSPCG));
  PetscCall(KSPSetNormType(*ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetTolerances(*ksp, 1e-10, PETSC_DEFAULT, PETSC_DEFAULT, max_it));
  PetscCall(KSPSetOperators(*ksp, d->A, d->A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNDiffusionCreateSolvers(KNDiffusion d, const char prefix[], PetscInt m)
{
  PetscReal *x, rtol;
  PC         pc;
  Mat        action;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreateKSP(d, 100, &d->multigrid));
  PetscCall(KSPSetOptionsPrefix(d->multigrid, prefix));
  PetscCall(KSPGetPC(d->multigrid, &pc));
  PetscCall(PetscMalloc1(m, &x));
  for (PetscInt i = 0; i < m; i++) x[i] = KNPointsCoordinate(d->points, d->n, i + KNDiffusionRim(d->points));
  PetscCall(KNMultigridSet(pc, d->square, m, x));
  PetscCall(PetscFree(x));
  PetscCall(KSPSetFromOptions(d->multigrid)); /* may have put another preconditioner in the place of ours */
  PetscCall(KNMultigridOperator(pc, d->A, &action));
  PetscCall(KSPSetOperators(d->multigrid, action, d->A));
  PetscCall(MatDestroy(&action));
  PetscCall(KSPGetTolerances(d->multigrid, &rtol, NULL, NULL, NULL));

  PetscCall(KNDiffusionCreateKSP(d, 10, &d->direct));
  PetscCall(KSPSetTolerances(d->direct, rtol, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscCall(KSPGetPC(d->direct, &pc));
  PetscCall(PCSetType(pc, PCREDUNDANT)); /* sparse LU of the whole matrix, on each rank */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionAssemble(KNDiffusion d, const PetscReal a[], const PetscReal f[])
{
  const PetscInt  n = d->n, rim = KNDiffusionRim(d->points);
  const PetscReal h = 1.0 / (PetscReal)(n - rim);
  PetscInt        i0, j0, ni, nj;
  PetscReal      *v = d->value, *b;
  PetscBool       same;

  PetscFunctionBegin;
  PetscCall(PetscMemcmp(d->a, a, (size_t)n * (size_t)n * sizeof(*a), &same));
  PetscCall(DMDAGetCorners(d->square, &j0, &i0, NULL, &nj, &ni, NULL));
  PetscCall(VecGetArrayWrite(d->b, &b));
  for (PetscInt i = i0 + rim; i < i0 + ni + rim; i++) {
    for (PetscInt j = j0 + rim; j < j0 + nj + rim; j++, v += KN_STENCIL) {
      if (!same) kn_diffusion_row(v, a, d->face, n, i, j);
      *b++ = h * h * f[i * n + j];
    }
  }
  b -= (size_t)ni * nj;
  PetscCall(VecRestoreArrayWrite(d->b, &b));
  if (same) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscArraycpy(d->a, a, (size_t)n * (size_t)n));
  PetscCall(MatSetValuesCOO(d->A, d->value, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionCreate(MPI_Comm comm, const char prefix[], PetscInt n, KNPoints points, KNFace face,
                                 KNDiffusion *diffusion)
{
  const PetscInt m = n - 2 * KNDiffusionRim(points);
  KNDiffusion    d;
  PetscReal     *one;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  d->n      = n;
  d->points = points;
  d->face   = face;
  PetscCall(KNSquareCreate(comm, m, &d->square));
  PetscCall(DMCreateGlobalVector(d->square, &d->b));
  PetscCall(VecDuplicate(d->b, &d->x));
  PetscCall(DMDACreateNaturalVector(d->square, &d->natural));
  PetscCall(VecScatterCreateToAll(d->natural, &d->gather, &d->whole));
  PetscCall(KNDiffusionCreateMatrix(d, m));
  PetscCall(KNDiffusionCreateSolvers(d, prefix, m));

  PetscCall(KNMalloc((size_t)n * (size_t)n, sizeof(PetscReal), &d->a));
  for (size_t i = 0; i < (size_t)n * n; i++) d->a[i] = 0;
  /* The Laplacian: makes the coarse operators, and reads the options of the solvers inside multigrid. */
  PetscCall(PetscMalloc1((size_t)n * n, &one));
  for (size_t i = 0; i < (size_t)n * n; i++) one[i] = 1.0;
  PetscCall(KNDiffusionAssemble(d, one, one));
  PetscCall(KSPSetUp(d->multigrid));
  PetscCall(PetscFree(one));
  *diffusion = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionDestroy(KNDiffusion *diffusion)
{
  KNDiffusion d = *diffusion;

  PetscFunctionBegin;
  if (!d) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPDestroy(&d->multigrid));
  PetscCall(KSPDestroy(&d->direct));
  PetscCall(VecScatterDestroy(&d->gather));
  PetscCall(VecDestroy(&d->b));
  PetscCall(VecDestroy(&d->x));
  PetscCall(VecDestroy(&d->natural));
  PetscCall(VecDestroy(&d->whole));
  PetscCall(VecDestroy(&d->r));
  PetscCall(VecDestroy(&d->c));
  PetscCall(VecDestroy(&d->Ac));
  PetscCall(VecDestroy(&d->w));
  PetscCall(KNPoissonDestroy(&d->poisson));
  PetscCall(KNFree(&d->field));
  PetscCall(KNFree(&d->inner));
  PetscCall(KNFree(&d->a));
  PetscCall(MatDestroy(&d->A));
  PetscCall(PetscFree(d->value));
  PetscCall(DMDestroy(&d->square));
  PetscCall(PetscFree(*diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionTry(KNDiffusion d, KSP ksp, KNSolverReport *report)
{
  KSPConvergedReason reason;
  PetscReal          residual, norm;
  const char        *text;
  PC                 pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetFailedReason(pc, PC_NOERROR)); /* PCMG and PCREDUNDANT remember the failures of earlier matrices */
  PetscCall(KSPSolve(ksp, d->b, d->x));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  PetscCall(KSPGetConvergedReasonString(ksp, &text));
  PetscCall(KSPGetIterationNumber(ksp, &report->iterations));
  PetscCall(KSPGetResidualNorm(ksp, &residual));
  PetscCall(VecNorm(d->b, NORM_2, &norm));
  report->residual  = norm > 0.0 ? residual / norm : residual;
  report->converged = (PetscBool)(reason > 0);
  if (!report->converged)
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "linear solver: %s after %" PetscInt_FMT " iterations, relative residual %g", text,
                            report->iterations, (double)report->residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionGather(KNDiffusion d, Vec solution, PetscReal u[])
{
  const PetscInt   n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;
  const PetscReal *x;

  PetscFunctionBegin;
  PetscCall(DMDAGlobalToNaturalBegin(d->square, solution, INSERT_VALUES, d->natural));
  PetscCall(DMDAGlobalToNaturalEnd(d->square, solution, INSERT_VALUES, d->natural));
  PetscCall(VecScatterBegin(d->gather, d->natural, d->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(d->gather, d->natural, d->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(PetscArrayzero(u, (size_t)n * n));
  PetscCall(VecGetArrayRead(d->whole, &x));
  for (PetscInt i = 0; i < m; i++) PetscCall(PetscArraycpy(u + (i + rim) * n + rim, x + i * m, m));
  PetscCall(VecRestoreArrayRead(d->whole, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionScatter(KNDiffusion d, const PetscReal u[], Vec x)
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points);
  PetscInt       i0, j0, ni, nj;
  PetscReal     *value;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(d->square, &j0, &i0, NULL, &nj, &ni, NULL));
  PetscCall(VecGetArrayWrite(x, &value));
  for (PetscInt i = 0; i < ni; i++) PetscCall(PetscArraycpy(value + i * nj, u + (i0 + i + rim) * n + j0 + rim, nj));
  PetscCall(VecRestoreArrayWrite(x, &value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Whether products of two values of a, as in the harmonic mean, neither overflow nor vanish; size: number of points.
  NaN is out of any range.
*/
static PetscBool kn_coefficient_in_range(const PetscReal *a, size_t size)
{
  for (size_t i = 0; i < size; i++) {
    if (!(a[i] >= KN_LOWEST && a[i] <= KN_HIGHEST)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscBool KNDiffusionAccepts(KNDiffusion d, const PetscReal a[], KNSolverReport *report)
{
  if (kn_coefficient_in_range(a, (size_t)d->n * (size_t)d->n)) return PETSC_TRUE; /* each rank has all of a */
  (void)snprintf(report->reason, sizeof(report->reason), "a value of the coefficient a is not between %g and %g",
                 KN_LOWEST, KN_HIGHEST);
  return PETSC_FALSE;
}

PetscErrorCode KNDiffusionSolve(KNDiffusion d, const PetscReal a[], const PetscReal f[], PetscReal u[],
                                KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  if (!KNDiffusionAccepts(d, a, report)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDiffusionAssemble(d, a, f));
  PetscCall(KNDiffusionTry(d, d->multigrid, report));
  if (!report->converged) {
    report->retried = PETSC_TRUE;
    PetscCall(KNDiffusionTry(d, d->direct, report));
    if (report->converged) report->reason[0] = '\0';
  }
  PetscCall(KNDiffusionGather(d, d->x, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionGetMatrix(KNDiffusion d, Mat *matrix)
{
  PetscFunctionBegin;
  *matrix = d->A;
  PetscFunctionReturn(PETSC_SUCCESS);
}

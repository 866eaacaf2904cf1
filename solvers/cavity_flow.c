/*
  Steady flow in a driven cavity: Newton's method on the equation of the stream function (cavity_kernels.h).

  Newton's method (SNES) has the analytic matrix, a sparse LU factorisation (MUMPS) and a line search. It starts from
  rest, so that its first step is Stokes flow, and ends where the residual is 1e-10 of that of rest. Above Reynolds
  number 400, where it may fail from rest, it follows the flow in equal steps of the Reynolds number; a step that
  fails is halved. Nodes are distributed by a DMDA; velocity and pressure follow from psi on every rank.
*/
#include <kitinet/error.h>
#include <kitinet/threads.h>
#include <petscdmda.h>
#include <petscsnes.h>
#include "cavity_flow.h"
#include "cavity_kernels.h"

#define KN_STEP      400.0 /* longest step of the Reynolds number that is tried */
#define KN_HALVINGS  5     /* of a step that fails */
#define KN_STEP_RTOL 1e-4  /* of the residual, on the way */

struct _p_KNCavity {
  PetscInt         m;     /* cells a side */
  DM               nodes; /* (m + 1, m + 1), walls included */
  Vec              x;     /* psi */
  Vec              residual;
  Vec              reached; /* psi of the last Reynolds number that was reached in steps */
  Vec              local;   /* psi of this rank and the nodes its stencils reach */
  Mat              A;
  SNES             snes;
  PetscReal        rtol; /* of the residual, relative to that of rest */
  Vec              natural, whole;
  VecScatter       gather; /* natural -> whole */
  PetscReal       *values; /* (m + 3, m + 3) psi with one node beyond each wall */
  PetscReal      **psi;    /* psi[i][j], -1 <= i, j <= m + 1, in values */
  KNCavityFields   fields;
  PetscReal        reynolds; /* of the solve under way, as are the next ones */
  const PetscReal *lid, *fx, *fy;
};

/* psi of x as an array psi[i][j] that holds what the stencils of this rank's nodes need. */
static PetscErrorCode KNCavityGetArray(KNCavity c, Vec x, PetscReal ***psi)
{
  PetscInt i0, j0, ni, nj;

  PetscFunctionBegin;
  PetscCall(DMGlobalToLocal(c->nodes, x, INSERT_VALUES, c->local));
  PetscCall(DMDAVecGetArray(c->nodes, c->local, psi));
  /* DMDA's first axis is the fast one, our j */
  PetscCall(DMDAGetGhostCorners(c->nodes, &j0, &i0, NULL, &nj, &ni, NULL));
  kn_cavity_rim(*psi, c->lid, c->m, i0, i0 + ni, j0, j0 + nj);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNCavityResidual(SNES snes, Vec x, Vec residual, void *context)
{
  KNCavity       c = (KNCavity)context;
  const PetscInt m = c->m;
  PetscReal    **psi, **r;
  PetscInt       i0, j0, ni, nj;

  PetscFunctionBegin;
  PetscCall(KNCavityGetArray(c, x, &psi));
  PetscCall(DMDAVecGetArray(c->nodes, residual, &r));
  PetscCall(DMDAGetCorners(c->nodes, &j0, &i0, NULL, &nj, &ni, NULL));
  for (PetscInt i = i0; i < i0 + ni; i++) {
    for (PetscInt j = j0; j < j0 + nj; j++) {
      if (i == 0 || i == m || j == 0 || j == m) {
        r[i][j] = psi[i][j];
      } else {
        r[i][j] = kn_cavity_residual(&psi[i][j], psi[i + 1] - psi[i], c->reynolds);
        if (c->fx)
          r[i][j] -= c->reynolds * kn_cavity_circulation(c->fx, c->fy, m, i, j) / PetscPowRealInt((PetscReal)m, 3);
      }
    }
  }
  PetscCall(DMDAVecRestoreArray(c->nodes, residual, &r));
  PetscCall(DMDAVecRestoreArray(c->nodes, c->local, &psi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The row of an inner node: walls, where psi is known, have no column, and what lies beyond is its mirror image. */
static PetscErrorCode KNCavitySetRow(KNCavity c, PetscInt i, PetscInt j,
                                     PetscReal value[KN_CAVITY_WIDTH][KN_CAVITY_WIDTH])
{
  const PetscInt m   = c->m;
  MatStencil     row = {.j = i, .i = j}, column[KN_CAVITY_WIDTH * KN_CAVITY_WIDTH];
  PetscReal      entry[KN_CAVITY_WIDTH * KN_CAVITY_WIDTH];
  PetscInt       n = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < KN_CAVITY_WIDTH; k++) {
    for (PetscInt l = 0; l < KN_CAVITY_WIDTH; l++) {
      PetscInt a = PetscAbsInt(i + k - KN_CAVITY_REACH), b = PetscAbsInt(j + l - KN_CAVITY_REACH);

      /* not in the stencil */
      if (PetscAbsInt(k - KN_CAVITY_REACH) + PetscAbsInt(l - KN_CAVITY_REACH) > KN_CAVITY_REACH) continue;
      if (a > m) a = 2 * m - a;
      if (b > m) b = 2 * m - b;
      if (a == 0 || a == m || b == 0 || b == m) continue;
      column[n]  = (MatStencil){.j = a, .i = b};
      entry[n++] = value[k][l];
    }
  }
  PetscCall(MatSetValuesStencil(c->A, 1, &row, n, column, entry, ADD_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNCavityDerivative(SNES snes, Vec x, Mat A, Mat B, void *context)
{
  KNCavity       c = (KNCavity)context;
  const PetscInt m = c->m;
  PetscReal    **psi;
  PetscInt       i0, j0, ni, nj;

  PetscFunctionBegin;
  PetscCall(MatZeroEntries(c->A));
  PetscCall(KNCavityGetArray(c, x, &psi));
  PetscCall(DMDAGetCorners(c->nodes, &j0, &i0, NULL, &nj, &ni, NULL));
  for (PetscInt i = i0; i < i0 + ni; i++) {
    for (PetscInt j = j0; j < j0 + nj; j++) {
      if (i == 0 || i == m || j == 0 || j == m) {
        const MatStencil here = {.j = i, .i = j};
        const PetscReal  one  = 1.0;

        PetscCall(MatSetValuesStencil(c->A, 1, &here, 1, &here, &one, ADD_VALUES));
      } else {
        PetscReal value[KN_CAVITY_WIDTH][KN_CAVITY_WIDTH];

        kn_cavity_derivative(value, &psi[i][j], psi[i + 1] - psi[i], c->reynolds);
        PetscCall(KNCavitySetRow(c, i, j, value));
      }
    }
  }
  PetscCall(DMDAVecRestoreArray(c->nodes, c->local, &psi));
  PetscCall(MatAssemblyBegin(c->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(c->A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNCavityCreateSolver(KNCavity c, const char prefix[])
{
  SNESLineSearch search;
  KSP            ksp;
  PC             pc;

  PetscFunctionBegin;
  PetscCall(SNESCreate(PetscObjectComm((PetscObject)c->nodes), &c->snes));
  PetscCall(SNESSetOptionsPrefix(c->snes, prefix));
  PetscCall(SNESSetFunction(c->snes, c->residual, KNCavityResidual, c));
  PetscCall(SNESSetJacobian(c->snes, c->A, c->A, KNCavityDerivative, c));
  PetscCall(SNESSetTolerances(c->snes, 0.0, 1e-10, 0.0, 20, PETSC_DEFAULT));
  PetscCall(SNESGetLineSearch(c->snes, &search));
  /* from rest it reaches Re 1000 on 64 x 64 cells, where backtracking fails at 700 */
  PetscCall(SNESLineSearchSetType(search, SNESLINESEARCHL2));
  PetscCall(SNESGetKSP(c->snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
#if defined(PETSC_HAVE_MUMPS)
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
#else
  PetscCall(PCSetType(pc, PCREDUNDANT)); /* PETSc's LU of the whole matrix, on each rank */
#endif
  PetscCall(SNESSetFromOptions(c->snes));
  PetscCall(SNESGetTolerances(c->snes, NULL, &c->rtol, NULL, NULL, NULL));

  /* Stokes flow: the ordering of the factors is chosen here, once, whatever is solved first; options are read, too. */
  PetscCall(SNESSetUp(c->snes));
  PetscCall(KNCavityDerivative(c->snes, c->x, c->A, c->A, c));
  PetscCall(KSPSetOperators(ksp, c->A, c->A));
  PetscCall(KSPSetUp(ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCavityCreate(MPI_Comm comm, const char prefix[], PetscInt m, KNCavity *cavity)
{
  const size_t side = (size_t)m + 3;
  KNCavity     c;

  PetscFunctionBegin;
  KNThreadsLimitBLAS(); /* MUMPS works with it */
  PetscCall(PetscNew(&c));
  c->m = m;
  PetscCall(DMDACreate2d(comm, DM_BOUNDARY_GHOSTED, DM_BOUNDARY_GHOSTED, DMDA_STENCIL_BOX, m + 1, m + 1, PETSC_DECIDE,
                         PETSC_DECIDE, 1, KN_CAVITY_REACH, NULL, NULL, &c->nodes));
  PetscCall(DMSetMatrixPreallocateOnly(c->nodes, PETSC_TRUE)); /* 13 of the 25 entries of a row are used */
  PetscCall(DMSetUp(c->nodes));
  PetscCall(DMCreateGlobalVector(c->nodes, &c->x));
  PetscCall(VecDuplicate(c->x, &c->residual));
  PetscCall(VecDuplicate(c->x, &c->reached));
  PetscCall(DMCreateLocalVector(c->nodes, &c->local));
  PetscCall(DMCreateMatrix(c->nodes, &c->A));
  PetscCall(DMDACreateNaturalVector(c->nodes, &c->natural));
  PetscCall(VecScatterCreateToAll(c->natural, &c->gather, &c->whole));
  PetscCall(KNMalloc(side * side, sizeof(PetscReal), &c->values));
  PetscCall(PetscMalloc1(side, &c->psi));
  for (size_t i = 0; i < side; i++) c->psi[i] = c->values + i * side + 1;
  c->psi++;
  PetscCall(KNMalloc((side - 2) * (side - 1), sizeof(PetscReal), &c->fields.u));
  PetscCall(KNMalloc((side - 1) * (side - 2), sizeof(PetscReal), &c->fields.v));
  PetscCall(KNMalloc((side - 1) * (side - 1), sizeof(PetscReal), &c->fields.p));
  PetscCall(PetscArrayzero(c->values, side * side));
  c->lid = c->values; /* a lid at rest, for the matrix of Stokes flow */
  PetscCall(KNCavityCreateSolver(c, prefix));
  *cavity = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCavityDestroy(KNCavity *cavity)
{
  KNCavity c = *cavity;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SNESDestroy(&c->snes));
  PetscCall(VecScatterDestroy(&c->gather));
  PetscCall(VecDestroy(&c->natural));
  PetscCall(VecDestroy(&c->whole));
  PetscCall(VecDestroy(&c->x));
  PetscCall(VecDestroy(&c->residual));
  PetscCall(VecDestroy(&c->reached));
  PetscCall(VecDestroy(&c->local));
  PetscCall(MatDestroy(&c->A));
  PetscCall(DMDestroy(&c->nodes));
  PetscCall(KNFree(&c->fields.u));
  PetscCall(KNFree(&c->fields.v));
  PetscCall(KNFree(&c->fields.p));
  c->psi--;
  PetscCall(PetscFree(c->psi));
  PetscCall(KNFree(&c->values));
  PetscCall(PetscFree(*cavity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Newton's method for a Reynolds number, from what x holds, in at most so many steps (PETSC_DEFAULT: as SNES is set).
  norm: of the residual of rest; rtol: of the residual, relative to it.
*/
static PetscErrorCode KNCavityNewton(KNCavity c, PetscReal reynolds, PetscReal norm, PetscReal rtol, PetscInt most,
                                     KNSolverReport *report)
{
  SNESConvergedReason reason;
  const char         *text;
  PetscReal           residual;
  PetscInt            iterations, own;
  KSP                 ksp;
  PC                  pc;

  PetscFunctionBegin;
  PetscCall(SNESGetKSP(c->snes, &ksp));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetFailedReason(pc, PC_NOERROR)); /* PCREDUNDANT remembers the failures of earlier matrices */
  c->reynolds = reynolds;
  /* Of rest itself nothing is left to solve, and SNES asks for less than the tolerance. */
  PetscCall(SNESGetTolerances(c->snes, NULL, NULL, NULL, &own, NULL));
  PetscCall(SNESSetTolerances(c->snes, PetscMax(rtol * norm, PETSC_MIN_REAL), 0.0, 0.0, most, PETSC_DEFAULT));
  PetscCall(SNESSolve(c->snes, NULL, c->x));
  PetscCall(SNESSetTolerances(c->snes, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, own, PETSC_DEFAULT));
  PetscCall(SNESGetConvergedReason(c->snes, &reason));
  PetscCall(SNESGetConvergedReasonString(c->snes, &text));
  PetscCall(SNESGetIterationNumber(c->snes, &iterations));
  PetscCall(SNESGetFunctionNorm(c->snes, &residual));
  report->iterations += iterations;
  report->residual  = norm > 0.0 ? residual / norm : residual;
  report->converged = (PetscBool)(reason > 0);
  if (!report->converged)
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "Newton's method at Reynolds number %.6g: %s after %" PetscInt_FMT
                            " iterations, relative residual %.3g",
                            (double)reynolds, text, iterations, (double)report->residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From rest, which x holds, to the Reynolds number in equal steps that are halved where they fail. */
static PetscErrorCode KNCavityContinue(KNCavity c, PetscReal reynolds, PetscReal norm, KNSolverReport *report)
{
  PetscReal reached = 0.0, step = reynolds / PetscCeilReal(reynolds / KN_STEP);
  PetscInt  halvings = 0;

  PetscFunctionBegin;
  PetscCall(VecZeroEntries(c->reached));
  do {
    const PetscReal next = reached + 1.5 * step < reynolds ? reached + step : reynolds;

    PetscCall(KNCavityNewton(c, next, norm, next < reynolds ? PetscMax(c->rtol, KN_STEP_RTOL) : c->rtol, PETSC_DEFAULT,
                             report));
    if (report->converged) {
      reached = next;
      PetscCall(VecCopy(c->x, c->reached));
    } else {
      report->retried = PETSC_TRUE;
      step *= 0.5;
      halvings++;
      PetscCall(VecCopy(c->reached, c->x));
    }
  } while (reached < reynolds && halvings <= KN_HALVINGS);
  if (report->converged) report->reason[0] = '\0';
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* psi on all nodes and beyond the walls, on every rank. */
static PetscErrorCode KNCavityGather(KNCavity c)
{
  const PetscInt   m = c->m;
  const PetscReal *x;

  PetscFunctionBegin;
  PetscCall(DMDAGlobalToNaturalBegin(c->nodes, c->x, INSERT_VALUES, c->natural));
  PetscCall(DMDAGlobalToNaturalEnd(c->nodes, c->x, INSERT_VALUES, c->natural));
  PetscCall(VecScatterBegin(c->gather, c->natural, c->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(c->gather, c->natural, c->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(c->whole, &x));
  for (PetscInt i = 0; i <= m; i++) PetscCall(PetscArraycpy(c->psi[i], x + i * (m + 1), m + 1));
  PetscCall(VecRestoreArrayRead(c->whole, &x));
  kn_cavity_rim(c->psi, c->lid, m, -1, m + 2, -1, m + 2);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is solved for. *norm: of the residual of rest, which x then holds; false in report->reason: it is not finite. */
static PetscErrorCode KNCavityBegin(KNCavity c, PetscReal reynolds, const PetscReal lid[], const PetscReal fx[],
                                    const PetscReal fy[], PetscReal *norm, KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  c->reynolds = reynolds;
  c->lid      = lid;
  c->fx       = fx;
  c->fy       = fy;
  PetscCall(VecZeroEntries(c->x));
  PetscCall(KNCavityResidual(c->snes, c->x, c->residual, c));
  PetscCall(VecNorm(c->residual, NORM_2, norm));
  if (PetscIsInfOrNanReal(*norm))
    PetscCall(PetscStrncpy(report->reason, "the lid's speed or the force is not finite", sizeof(report->reason)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Velocity and pressure of x, on every rank. */
static PetscErrorCode KNCavityFinish(KNCavity c, PetscReal reynolds)
{
  PetscFunctionBegin;
  PetscCall(KNCavityGather(c));
  kn_cavity_velocity(c->fields.u, c->fields.v, c->psi, c->m);
  kn_cavity_pressure(c->fields.p, c->fields.u, c->fields.v, c->fx, c->fy, c->m, reynolds);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCavitySolve(KNCavity c, PetscReal reynolds, const PetscReal lid[], const PetscReal fx[],
                             const PetscReal fy[], const KNCavityFields **fields, KNSolverReport *report)
{
  PetscReal norm;

  PetscFunctionBegin;
  *fields = &c->fields;
  PetscCall(KNCavityBegin(c, reynolds, lid, fx, fy, &norm, report));
  if (report->reason[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNCavityContinue(c, reynolds, norm, report));
  PetscCall(KNCavityFinish(c, reynolds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCavitySolveFrom(KNCavity c, PetscReal reynolds, const PetscReal lid[], const PetscReal psi[],
                                 PetscReal rtol, PetscInt most, const KNCavityFields **fields, PetscReal *residual,
                                 KNSolverReport *report)
{
  PetscInt  i0, j0, ni, nj;
  PetscReal norm, **x;

  PetscFunctionBegin;
  *fields   = &c->fields;
  *residual = NAN;
  PetscCall(KNCavityBegin(c, reynolds, lid, NULL, NULL, &norm, report));
  if (report->reason[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMDAVecGetArray(c->nodes, c->x, &x));
  PetscCall(DMDAGetCorners(c->nodes, &j0, &i0, NULL, &nj, &ni, NULL));
  for (PetscInt i = i0; i < i0 + ni; i++) PetscCall(PetscArraycpy(&x[i][j0], psi + i * (c->m + 1) + j0, nj));
  PetscCall(DMDAVecRestoreArray(c->nodes, c->x, &x));
  PetscCall(KNCavityResidual(c->snes, c->x, c->residual, c));
  PetscCall(VecNorm(c->residual, NORM_2, residual));
  if (norm > 0) *residual /= norm;
  PetscCall(KNCavityNewton(c, reynolds, norm, rtol > 0 ? rtol : c->rtol, most, report));
  if (!report->converged && most > 0 && report->iterations >= most) { /* as many steps as were asked for */
    report->converged = PETSC_TRUE;
    report->reason[0] = 0;
  }
  PetscCall(KNCavityFinish(c, reynolds));
  PetscFunctionReturn(PETSC_SUCCESS);
}

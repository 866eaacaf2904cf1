/*
  The multigrid V cycle of multigrid.c on one rank, for five-point stencils on the square: the same grids,
  interpolation, Galerkin operators and Gauss-Seidel sweeps, on arrays in place of sparse matrices.

  Setting up: the stencil from the matrix, the coarse operators from it, the Cholesky factor of the coarsest.
*/
#include "multigrid.h"
#include "stencil_kernels.h"
#include <string.h>

enum { MOST_LEVELS = 30 };

typedef struct {
  KNStencil  A, half;      /* half: between this grid and the next coarser one */
  PetscReal *u, *b;        /* (m + 2, m + 2) each, at point (0, 0); b: none on the finest grid */
  PetscReal *left, *right; /* (m/2 + 1) */
  PetscReal *memory[2];    /* of all that, to be freed */
} Level;

typedef struct {
  PetscInt   levels; /* 0 is the finest */
  Level      level[MOST_LEVELS];
  PetscReal *work;   /* (3, m) */
  PetscReal *factor; /* (n, n) Cholesky factor of the coarsest operator, n points */
  PetscReal *solution;
} Cycle;

/* Arrays with a rim of zeros, the next one of `memory`; each begins at its point (0, 0). */
static PetscReal *Next(PetscReal **memory, size_t rows, size_t columns)
{
  PetscReal *first = *memory + columns + 3;

  *memory += (rows + 2) * (columns + 2);
  return first;
}

static PetscErrorCode KNLevelCreate(size_t m, size_t stride, PetscBool finest, const PetscReal x[], Level *level)
{
  const size_t K = m / 2, full = (m + 2) * (m + 2), half = (m + 2) * (K + 2);
  PetscReal   *at;

  PetscFunctionBegin;
  level->A.m = m;
  PetscCall(PetscCalloc1((finest ? 5 : 8) * full + 5 * half, &level->memory[0]));
  at               = level->memory[0];
  level->A.C       = Next(&at, m, m);
  level->A.E       = Next(&at, m, m);
  level->A.S       = Next(&at, m, m);
  level->A.inverse = Next(&at, m, m);
  level->u         = Next(&at, m, m);
  if (!finest) {
    level->A.SE = Next(&at, m, m);
    level->A.SW = Next(&at, m, m);
    level->b    = Next(&at, m, m);
  }
  level->half.C  = Next(&at, m, K);
  level->half.E  = Next(&at, m, K);
  level->half.S  = Next(&at, m, K);
  level->half.SE = Next(&at, m, K);
  level->half.SW = Next(&at, m, K);
  PetscCall(PetscMalloc1(2 * (K + 1), &level->memory[1]));
  level->left  = level->memory[1];
  level->right = level->left + K + 1;
  kn_interpolation_axis(level->left, level->right, x, stride, m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The five-point stencil of a matrix in natural order. Its diagonal is positive, or the factor below does not exist. */
static PetscErrorCode KNStencilFromMatrix(KNStencil *A, Mat matrix)
{
  const size_t     m = A->m;
  const PetscInt  *first, *column;
  const PetscReal *value;
  PetscInt         n;
  PetscBool        done;

  PetscFunctionBegin;
  PetscCall(MatGetRowIJ(matrix, 0, PETSC_FALSE, PETSC_FALSE, &n, &first, &column, &done));
  PetscCheck(done && n == (PetscInt)(m * m), PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "no matrix on %zu x %zu", m, m);
  PetscCall(MatSeqAIJGetArrayRead(matrix, &value));
  for (size_t i = 0; i < m && done; i++) {
    for (size_t j = 0; j < m; j++) {
      const size_t   to  = i * (m + 2) + j;
      const PetscInt row = (PetscInt)(i * m + j), here = first[row] + (i > 0) + (j > 0), east = here + 1;
      const PetscInt south = east + (j + 1 < m);

      if (column[here] != row || first[row + 1] != south + (i + 1 < m)) done = PETSC_FALSE;
      A->C[to]       = value[here];
      A->E[to]       = j + 1 < m ? value[east] : 0;
      A->S[to]       = i + 1 < m ? value[south] : 0;
      A->inverse[to] = 1 / value[here];
    }
  }
  PetscCheck(done, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG, "no stencil of five points on %zu x %zu", m, m);
  PetscCall(MatSeqAIJRestoreArrayRead(matrix, &value));
  PetscCall(MatRestoreRowIJ(matrix, 0, PETSC_FALSE, PETSC_FALSE, &n, &first, &column, &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a: (n, n), n = m^2, A's lower triangle in rows. */
static void kn_stencil_dense(PetscReal *a, const KNStencil *A)
{
  const size_t m = A->m, n = m * m;

  for (size_t k = 0; k < n * n; k++) a[k] = 0;
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < m; j++) {
      const size_t from = i * (m + 2) + j, k = i * m + j;
      PetscReal   *to = a + k * n + k; /* a point after (i, j): so many rows below */

      to[0] = A->C[from];
      if (j + 1 < m) to[n] = A->E[from];
      if (i + 1 == m) continue;
      to[m * n] = A->S[from];
      if (A->SE && j + 1 < m) to[(m + 1) * n] = A->SE[from];
      if (A->SW && j > 0) to[(m - 1) * n] = A->SW[from];
    }
  }
}

/* a = L L^T: L over a. Returns whether a is positive definite. */
static PetscBool kn_cholesky(PetscReal *a, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      PetscReal sum = a[i * n + j];

      for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i == j && !(sum > 0)) return PETSC_FALSE;
      a[i * n + j] = i == j ? PetscSqrtReal(sum) : sum / a[j * n + j];
    }
  }
  return PETSC_TRUE;
}

/* u = (L L^T)^-1 u */
static void kn_cholesky_solve(PetscReal *u, const PetscReal *a, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++) u[i] -= a[i * n + k] * u[k];
    u[i] /= a[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    u[i] /= a[i * n + i];
    for (size_t k = 0; k < i; k++) u[k] -= a[i * n + k] * u[i];
  }
}

static PetscErrorCode KNCycleSetUp(PC pc)
{
  Cycle *cycle;
  Level *last;
  Mat    matrix;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &cycle));
  PetscCall(PCGetOperators(pc, NULL, &matrix));
  PetscCall(KNStencilFromMatrix(&cycle->level[0].A, matrix));
  for (PetscInt l = 0; l + 1 < cycle->levels; l++) {
    Level *fine = &cycle->level[l];

    kn_stencil_galerkin(&fine[1].A, &fine->A, &fine->half, fine->left, fine->right);
  }
  last = &cycle->level[cycle->levels - 1];
  kn_stencil_dense(cycle->factor, &last->A);
  if (!kn_cholesky(cycle->factor, last->A.m * last->A.m)) PetscCall(PCSetFailedReason(pc, PC_FACTOR_NUMERIC_ZEROPIVOT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = A^-1 b on the coarsest grid; rows of b ldb apart. */
static void KNCycleCoarsest(const Cycle *cycle, const PetscReal *b, size_t ldb)
{
  const Level *level = &cycle->level[cycle->levels - 1];
  const size_t m     = level->A.m;

  for (size_t i = 0; i < m; i++) memcpy(cycle->solution + i * m, b + i * ldb, m * sizeof(*b));
  kn_cholesky_solve(cycle->solution, cycle->factor, m * m);
  for (size_t i = 0; i < m; i++) memcpy(level->u + i * (m + 2), cycle->solution + i * m, m * sizeof(*b));
}

/* One V cycle from u = 0. */
static PetscErrorCode KNCycleApply(PC pc, Vec right, Vec solution)
{
  Cycle           *cycle;
  const PetscReal *b;
  PetscReal       *u;
  size_t           m;
  PetscInt         l;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &cycle));
  m = cycle->level[0].A.m;
  PetscCall(VecGetArrayRead(right, &b));
  for (l = 0; l + 1 < cycle->levels; l++) {
    const Level *fine = &cycle->level[l];

    kn_stencil_down(fine[1].b, fine->u, l ? fine->b : b, l ? fine->A.m + 2 : m, &fine->A, fine->left, fine->right,
                    cycle->work);
  }
  KNCycleCoarsest(cycle, l ? cycle->level[l].b : b, l ? cycle->level[l].A.m + 2 : m);
  while (l-- > 0) {
    const Level *fine = &cycle->level[l];

    kn_stencil_up(fine->u, fine[1].u, l ? fine->b : b, l ? fine->A.m + 2 : m, &fine->A, fine->left, fine->right,
                  cycle->work);
  }
  PetscCall(VecRestoreArrayRead(right, &b));
  PetscCall(VecGetArrayWrite(solution, &u));
  for (size_t i = 0; i < m; i++) PetscCall(PetscArraycpy(u + i * m, cycle->level[0].u + i * (m + 2), m));
  PetscCall(VecRestoreArrayWrite(solution, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = A x with the stencil that the cycle was last set up for. */
static PetscErrorCode KNCycleMultiply(Mat action, Vec right, Vec product)
{
  Cycle           *cycle;
  const PetscReal *x;
  PetscReal       *y;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(action, &cycle));
  PetscCall(VecGetArrayRead(right, &x));
  PetscCall(VecGetArrayWrite(product, &y));
  kn_stencil_multiply(y, x, &cycle->level[0].A);
  PetscCall(VecRestoreArrayWrite(product, &y));
  PetscCall(VecRestoreArrayRead(right, &x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNMultigridOperator(PC pc, Mat matrix, Mat *action)
{
  PetscBool shell;
  PetscInt  n;
  Cycle    *cycle;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCSHELL, &shell));
  if (!shell) {
    PetscCall(PetscObjectReference((PetscObject)matrix));
    *action = matrix;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PCShellGetContext(pc, &cycle));
  PetscCall(MatGetSize(matrix, &n, NULL));
  PetscCall(MatCreateShell(PETSC_COMM_SELF, n, n, n, n, cycle, action));
  PetscCall(MatShellSetOperation(*action, MATOP_MULT, (void (*)(void))KNCycleMultiply));
  PetscCall(MatShellSetOperation(*action, MATOP_MULT_TRANSPOSE, (void (*)(void))KNCycleMultiply));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNCycleDestroy(PC pc)
{
  Cycle *cycle;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &cycle));
  for (PetscInt l = 0; l < cycle->levels; l++)
    for (int a = 0; a < 2; a++) PetscCall(PetscFree(cycle->level[l].memory[a]));
  PetscCall(PetscFree3(cycle->work, cycle->factor, cycle->solution));
  PetscCall(PetscFree(cycle));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNStencilMultigridSet(PC pc, PetscInt m, const PetscReal x[])
{
  Cycle   *cycle;
  PetscInt coarsest;

  PetscFunctionBegin;
  PetscCall(PetscNew(&cycle));
  cycle->levels = KNMultigridLevels(m, 1);
  PetscCheck(cycle->levels <= MOST_LEVELS, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "%" PetscInt_FMT " levels",
             cycle->levels);
  for (PetscInt l = 0; l < cycle->levels; l++)
    PetscCall(KNLevelCreate((size_t)(m >> l), (size_t)1 << l, (PetscBool)(l == 0), x, &cycle->level[l]));
  coarsest = m >> (cycle->levels - 1);
  coarsest *= coarsest;
  PetscCall(
    PetscMalloc3(3 * m, &cycle->work, (size_t)coarsest * (size_t)coarsest, &cycle->factor, coarsest, &cycle->solution));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetName(pc, "multigrid of stencils"));
  PetscCall(PCShellSetContext(pc, cycle));
  PetscCall(PCShellSetSetUp(pc, KNCycleSetUp));
  PetscCall(PCShellSetApply(pc, KNCycleApply));
  PetscCall(PCShellSetDestroy(pc, KNCycleDestroy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

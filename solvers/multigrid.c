/*
  Geometric multigrid on the unit square for any number of points a side, with PETSc's PCMG on several ranks, by
  stencil_multigrid.c on one.

  Hierarchy:     a coarse grid keeps every second point of each axis (the second, the fourth, ..), so that an axis of
                 m points becomes one of floor(m/2), even or odd, cells or nodes alike; level l has point i at x[(i +
                 1) 2^l - 1].
  Prolongation:  tensor product of linear interpolation between the coordinates, where the boundary (coordinates 0 and
                 1) counts as a point of value 0. Coarse operators are P^T A P (Galerkin): nine-point stencils.
  Smoother:      one Gauss-Seidel sweep, forward before and backward after the coarse correction: the V cycle is then
                 symmetric and conjugate gradients may use it; unlike Chebyshev's it needs no eigenvalues, so that a
                 new operator costs only P^T A P.
  Coarsest grid: at most 8 x 8 (larger only if there are more ranks), solved directly.

  Source: Trottenberg, Oosterlee, Schueller, Multigrid, Academic Press 2001.
*/
#include "multigrid.h"

#define KN_COARSEST 8 /* points a side that need no coarser grid */

void kn_interpolation_axis(PetscReal *left, PetscReal *right, const PetscReal *x, size_t stride, size_t m)
{
  for (size_t J = 0; J <= m / 2; J++) {
    const size_t    i      = 2 * J; /* between coarse points J - 1 and J; the boundary counts as a point of value 0 */
    const PetscReal before = i > 0 ? x[i * stride - 1] : 0.0, after = i + 1 < m ? x[(i + 2) * stride - 1] : 1.0;
    const PetscReal here = i < m ? x[(i + 1) * stride - 1] : after;

    left[J]  = i > 0 && i < m ? (after - here) / (after - before) : 0.0;
    right[J] = i + 1 < m ? (here - before) / (after - before) : 0.0;
  }
}

/*
  Linear interpolation to the m points of one axis from every second of them: parent[2 i], parent[2 i + 1] are the
  coarse points left and right of point i, or -1 where the value is 0 (boundary) or not needed (a point that both
  grids share); weight, left, right: (2 m), (m/2 + 1), (m/2 + 1).
*/
static void kn_prolongation_axis(PetscInt *parent, PetscReal *weight, const PetscReal *left, const PetscReal *right,
                                 size_t m)
{
  for (size_t i = 0; i < m; i++) {
    const size_t coarse = i / 2; /* the coarse point at i if i is odd, right of i if it is even */

    parent[2 * i]     = i % 2 ? (PetscInt)coarse : (PetscInt)coarse - 1;
    parent[2 * i + 1] = i % 2 || coarse >= m / 2 ? -1 : (PetscInt)coarse;
    weight[2 * i]     = i % 2 ? 1.0 : left[coarse];
    weight[2 * i + 1] = i % 2 ? 0.0 : right[coarse];
  }
}

PetscErrorCode KNSquareCreate(MPI_Comm comm, PetscInt m, DM *square)
{
  PetscFunctionBegin;
  PetscCall(DMDACreate2d(comm, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_STAR, m, m, PETSC_DECIDE, PETSC_DECIDE,
                         1, 1, NULL, NULL, square));
  PetscCall(DMSetUp(*square));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSquareMatrixCreate(DM rows, DM columns, PetscCount entries, PetscInt row[], PetscInt column[],
                                    Mat *matrix)
{
  PetscInt nr[2], nc[2];
  AO       ordering;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(rows, NULL, NULL, NULL, &nr[0], &nr[1], NULL));
  PetscCall(DMDAGetCorners(columns, NULL, NULL, NULL, &nc[0], &nc[1], NULL));
  PetscCall(DMDAGetAO(rows, &ordering));
  PetscCall(AOApplicationToPetsc(ordering, (PetscInt)entries, row));
  PetscCall(DMDAGetAO(columns, &ordering));
  PetscCall(AOApplicationToPetsc(ordering, (PetscInt)entries, column));
  PetscCall(MatCreate(PetscObjectComm((PetscObject)rows), matrix));
  PetscCall(MatSetSizes(*matrix, nr[0] * nr[1], nc[0] * nc[1], PETSC_DETERMINE, PETSC_DETERMINE));
  PetscCall(MatSetType(*matrix, MATAIJ));
  PetscCall(MatSetPreallocationCOO(*matrix, entries, row, column));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The prolongation to `fine` (m points a side, every stride-th of x) from `coarse` (floor(m/2) points a side). */
static PetscErrorCode KNProlongationCreate(DM fine, DM coarse, PetscInt m, PetscInt stride, const PetscReal x[],
                                           Mat *prolongation)
{
  PetscInt  *parent, *row, *column, i0, j0, ni, nj;
  PetscReal *weight, *value, *left, *right;
  PetscCount entries, e = 0;

  PetscFunctionBegin;
  PetscCall(DMDAGetCorners(fine, &j0, &i0, NULL, &nj, &ni, NULL)); /* DMDA's first axis is the fast one, our j */
  entries = (PetscCount)4 * ni * nj;
  PetscCall(PetscMalloc5(2 * m, &parent, 2 * m, &weight, entries, &row, entries, &column, entries, &value));
  PetscCall(PetscMalloc2(m / 2 + 1, &left, m / 2 + 1, &right));
  kn_interpolation_axis(left, right, x, (size_t)stride, (size_t)m);
  kn_prolongation_axis(parent, weight, left, right, (size_t)m);
  for (PetscInt i = i0; i < i0 + ni; i++) {
    for (PetscInt j = j0; j < j0 + nj; j++) {
      for (PetscInt corner = 0; corner < 4; corner++, e++) {
        const PetscInt p = 2 * i + corner / 2, q = 2 * j + corner % 2;

        row[e]    = i * m + j;
        column[e] = parent[p] < 0 || parent[q] < 0 ? -1 : parent[p] * (m / 2) + parent[q];
        value[e]  = weight[p] * weight[q];
      }
    }
  }
  PetscCall(KNSquareMatrixCreate(fine, coarse, entries, row, column, prolongation));
  PetscCall(MatSetValuesCOO(*prolongation, value, INSERT_VALUES));
  PetscCall(PetscFree2(left, right));
  PetscCall(PetscFree5(parent, weight, row, column, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One Gauss-Seidel sweep, over the rank's own unknowns. */
static PetscErrorCode KNSmootherSet(KSP smoother, MatSORType sweep)
{
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPSetType(smoother, KSPRICHARDSON));
  PetscCall(KSPGetPC(smoother, &pc));
  PetscCall(PCSetType(pc, PCSOR));
  PetscCall(PCSORSetSymmetric(pc, sweep));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt KNMultigridLevels(PetscInt m, PetscMPIInt ranks)
{
  PetscInt levels = 1;

  /* Every rank keeps at least one point, however DMDA splits the axes. */
  while (m >> (levels - 1) > KN_COARSEST && m >> levels >= ranks) levels++;
  return levels;
}

PetscErrorCode KNMultigridSet(PC pc, DM square, PetscInt m, const PetscReal x[])
{
  DM          fine = square, coarse;
  PetscInt    levels;
  PetscMPIInt ranks;
  KSP         ksp;
  PC          direct;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)pc), &ranks));
  if (ranks == 1) {
    PetscCall(KNStencilMultigridSet(pc, m, x));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  levels = KNMultigridLevels(m, ranks);
  PetscCall(PCSetType(pc, PCMG));
  PetscCall(PCMGSetLevels(pc, levels, NULL));
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_BOTH));
  PetscCall(PCMGSetNumberSmooth(pc, 1));
  PetscCall(PetscObjectReference((PetscObject)fine));
  for (PetscInt l = 0; l < levels - 1; l++) { /* PCMG numbers its levels from the coarsest */
    Mat prolongation;

    PetscCall(KNSquareCreate(PetscObjectComm((PetscObject)pc), m >> (l + 1), &coarse));
    PetscCall(KNProlongationCreate(fine, coarse, m >> l, (PetscInt)1 << l, x, &prolongation));
    PetscCall(PCMGSetInterpolation(pc, levels - 1 - l, prolongation));
    PetscCall(MatDestroy(&prolongation));
    PetscCall(PCMGGetSmootherDown(pc, levels - 1 - l, &ksp));
    PetscCall(KNSmootherSet(ksp, SOR_LOCAL_FORWARD_SWEEP));
    PetscCall(PCMGGetSmootherUp(pc, levels - 1 - l, &ksp));
    PetscCall(KNSmootherSet(ksp, SOR_LOCAL_BACKWARD_SWEEP));
    PetscCall(DMDestroy(&fine));
    fine = coarse;
  }
  PetscCall(DMDestroy(&fine));

  PetscCall(PCMGGetCoarseSolve(pc, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &direct));
  PetscCall(PCSetType(direct, PCREDUNDANT)); /* the whole coarsest grid on each rank, LU */
  PetscFunctionReturn(PETSC_SUCCESS);
}

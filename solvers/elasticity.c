/*
  Linear elasticity of a square plate, plane strain, of random stiffness under a random force:

    -div sigma = f,   sigma = E(x) (2 mu eps + lambda tr(eps) 1),   eps = (grad u + grad u^T)/2
    mu = 1/(2 (1 + nu)),   lambda = nu/((1 + nu)(1 - 2 nu))

    E = modulus exp(contrast g), f = force (g', g''), with Gaussian random fields (field.c)

  Sides are clamped, u = 0, or free, sigma n = 0; one at least is clamped.

  Bilinear finite elements between the nodes of the grid, E and f bilinear too, four Gauss points: order 2. Solved by
  conjugate gradients with PETSc's algebraic multigrid (GAMG), which is told the three rigid motions, the residual
  reduced to 1e-10; where that fails, by a factorisation. The hierarchy is made anew for each sample: it depends on the
  matrix, and no sample may depend on those before it. Several ranks share a sample in slabs of the first axis: the
  matrix is the same, bit for bit, the hierarchy is not.
*/
#include <petscdmda.h>
#include <petscksp.h>
#include <kitinet/error.h>
#include <kitinet/field.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "elasticity_element.h"

enum { STIFFNESS, FORCE_X, FORCE_Y, INPUTS }; /* fields */

typedef struct {
  PetscInt      n; /* nodes a side */
  PetscReal     modulus, contrast, poisson, force, rtol;
  PetscBool     clamped[4]; /* low and high end of x, of y */
  KNRandomField field;
  PetscReal    *input; /* (INPUTS, n, n) on every rank */
  PetscMPIInt   ranks;
  PetscInt      first, rows; /* of nodes, of this rank */
  DM            square;
  Mat           A;
  Vec           b, u, whole; /* whole: u on every rank */
  VecScatter    gather;

  KNElasticityElement element;
} Elasticity;

/* Poisson's ratio may differ from sample to sample. */
static PetscErrorCode KNSolverUpdate_Elasticity(KNSolver solver)
{
  Elasticity *e = (Elasticity *)solver->data;

  PetscFunctionBegin;
  kn_elasticity_element(&e->element, e->poisson);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNElasticitySides(Elasticity *e)
{
  PetscBool any = PETSC_FALSE;
  PetscInt  count;
  char    **values;

  PetscFunctionBegin;
  PetscCall(KNOptionsList("-elasticity_sides",
                          "clamped or free; one for all, or one for each: low and high end of x, of y; clamped if it "
                          "is not given",
                          &count, &values));
  PetscCheck(count <= 1 || count == 4, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-elasticity_sides has %" PetscInt_FMT " entries: give one for all sides, or 4", count);
  for (PetscInt s = 0; s < 4; s++) {
    const char *value = count ? values[count > 1 ? s : 0] : "clamped";

    e->clamped[s] = (PetscBool)!strcmp(value, "clamped");
    PetscCheck(e->clamped[s] || !strcmp(value, "free"), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-elasticity_sides: there is no side \"%.64s\"; choose from: clamped, free", value);
    any = (PetscBool)(any || e->clamped[s]);
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  PetscCheck(any, PETSC_COMM_WORLD, KN_ERR_USAGE, "-elasticity_sides: a plate that is free at all sides flies away");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetFromOptions_Elasticity(KNSolver solver)
{
  Elasticity *e = (Elasticity *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Linear elasticity of a square plate, -div sigma = f"));
  PetscCall(KNOptionsInt("-elasticity_grid", "nodes a side", 4, 2048, &e->n));
  PetscCall(KNSolverCoefficient(solver, "-elasticity_modulus", "Young's modulus where the random field is 0", "modulus",
                                1e-12, 1e12, &e->modulus));
  PetscCall(KNSolverCoefficient(solver, "-elasticity_contrast",
                                "factor of the random field in the logarithm of the modulus", "contrast", 0.0, 10.0,
                                &e->contrast));
  PetscCall(
    KNSolverCoefficient(solver, "-elasticity_poisson", "Poisson's ratio nu", "poisson", -0.9, 0.49, &e->poisson));
  PetscCall(KNSolverCoefficient(solver, "-elasticity_force", "factor of the random fields in the force", "force", 0.0,
                                1e12, &e->force));
  PetscCall(
    KNOptionsReal("-elasticity_rtol", "residual of the linear solver, relative to the force", 1e-15, 0.1, &e->rtol));
  PetscCall(KNElasticitySides(e));
  PetscCall(KNRandomFieldSetFromOptions(e->field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Elasticity(KNSolver solver)
{
  Elasticity *e = (Elasticity *)solver->data;
  KNProblem  *p = &solver->problem;
  PetscReal   alpha, tau, scale;

  PetscFunctionBegin;
  PetscCall(KNRandomFieldGetParameters(e->field, &alpha, &tau, &scale));
  PetscCall(PetscStrncpy(p->equation, "-div sigma = f, sigma = E (2 mu eps + lambda tr(eps) 1), plane strain",
                         sizeof(p->equation)));
  PetscCall(PetscSNPrintf(p->boundary, sizeof(p->boundary), "x: %s, %s; y: %s, %s", e->clamped[0] ? "clamped" : "free",
                          e->clamped[1] ? "clamped" : "free", e->clamped[2] ? "clamped" : "free",
                          e->clamped[3] ? "clamped" : "free"));
  KNProblemSetGrid(p, KNGridMake(2, (const PetscInt[]){e->n, e->n}, KN_POINTS_NODES));
  p->input.fields               = INPUTS;
  p->input.field[STIFFNESS]     = (KNField){.name = "E", .unit = "1"};
  p->input.field[FORCE_X]       = (KNField){.name = "fx", .unit = "1"};
  p->input.field[FORCE_Y]       = (KNField){.name = "fy", .unit = "1"};
  p->output.fields              = 2;
  p->output.field[0]            = (KNField){.name = "u", .unit = "1"};
  p->output.field[1]            = (KNField){.name = "v", .unit = "1"};
  p->parameter[p->parameters++] = (KNParameter){.name = "modulus", .unit = "1", .value = e->modulus};
  p->parameter[p->parameters++] = (KNParameter){.name = "contrast", .unit = "1", .value = e->contrast};
  p->parameter[p->parameters++] = (KNParameter){.name = "poisson", .unit = "1", .value = e->poisson};
  p->parameter[p->parameters++] = (KNParameter){.name = "force", .unit = "1", .value = e->force};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_alpha", .unit = "1", .value = alpha};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_tau", .unit = "1", .value = tau};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_scale", .unit = "1", .value = scale};
  if (e->clamped[0] == e->clamped[1]) PetscCall(KNProblemAddSymmetry(p, "reflect(x) fx=-fx u=-u"));
  if (e->clamped[2] == e->clamped[3]) PetscCall(KNProblemAddSymmetry(p, "reflect(y) fy=-fy v=-v"));
  if (e->clamped[0] == e->clamped[2] && e->clamped[1] == e->clamped[3]) {
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) fx=fy fy=fx u=v v=u"));
  }
  PetscCall(KNProblemAddSymmetry(p, "fx=-fx fy=-fy u=-u v=-v"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Elasticity(KNSolver solver)
{
  Elasticity  *e = (Elasticity *)solver->data;
  MatNullSpace rigid;
  Vec          coordinates;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(solver->comm, &e->ranks));
  PetscCheck(e->n >= 2 * e->ranks, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-elasticity_grid %" PetscInt_FMT " leaves some of %d ranks less than 2 rows of nodes: take fewer "
             "-ranks_per_sample, or a larger grid",
             e->n, e->ranks);
  PetscCall(KNSolverUpdate_Elasticity(solver));
  PetscCall(KNRandomFieldSetUp(e->field, e->n));
  PetscCall(KNMalloc(INPUTS * (size_t)e->n * (size_t)e->n, sizeof(PetscReal), &e->input));
  PetscCall(DMDACreate2d(solver->comm, DM_BOUNDARY_NONE, DM_BOUNDARY_NONE, DMDA_STENCIL_BOX, e->n, e->n, 1, e->ranks, 2,
                         1, NULL, NULL, &e->square)); /* node (i, j) is number i n + j, on any ranks */
  PetscCall(DMSetUp(e->square));
  PetscCall(DMDAGetCorners(e->square, NULL, &e->first, NULL, NULL, &e->rows, NULL));
  PetscCall(DMDASetUniformCoordinates(e->square, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0));
  PetscCall(DMGetCoordinates(e->square, &coordinates));
  PetscCall(DMCreateMatrix(e->square, &e->A));
  PetscCall(MatNullSpaceCreateRigidBody(coordinates, &rigid));
  PetscCall(MatSetNearNullSpace(e->A, rigid));
  PetscCall(MatNullSpaceDestroy(&rigid));
  PetscCall(MatSetOption(e->A, MAT_SPD, PETSC_TRUE));
  PetscCall(DMCreateGlobalVector(e->square, &e->b));
  PetscCall(VecDuplicate(e->b, &e->u));
  PetscCall(VecScatterCreateToAll(e->u, &e->gather, &e->whole));
  PetscCall(KNSolverDescribe_Elasticity(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Elasticity(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Elasticity  *e    = (Elasticity *)solver->data;
  const size_t size = (size_t)e->n * (size_t)e->n;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < INPUTS; f++) {
    PetscReal *x = e->input + (size_t)f * size;

    PetscCall(KNRandomFieldDraw(e->field, seed, sample, f));
    PetscCall(KNRandomFieldEvaluate(e->field, &solver->problem.input.grid, x));
    for (size_t i = 0; i < size; i++) {
      x[i] = f == STIFFNESS ? e->modulus * PetscExpReal(e->contrast * x[i]) : e->force * x[i];
    }
  }
  PetscCall(PetscArraycpy(input, e->input, INPUTS * size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Elasticity(KNSolver solver, const PetscReal given[])
{
  Elasticity *e = (Elasticity *)solver->data;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(e->input, given, INPUTS * (size_t)e->n * (size_t)e->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool KNElasticityClamped(const Elasticity *e, PetscInt i, PetscInt j)
{
  return (PetscBool)((e->clamped[0] && i == 0) || (e->clamped[1] && i == e->n - 1) || (e->clamped[2] && j == 0) ||
                     (e->clamped[3] && j == e->n - 1));
}

/*
  One element: its matrix into the rows of A, its share of the force into the part of b that this rank has. Clamped
  nodes are left out of both.
*/
static PetscErrorCode KNElasticityAdd(Elasticity *e, PetscInt i, PetscInt j, PetscReal b[])
{
  const size_t     size = (size_t)e->n * (size_t)e->n;
  const PetscReal *E = e->input + STIFFNESS * size, *fx = e->input + FORCE_X * size, *fy = e->input + FORCE_Y * size;
  const PetscReal  area                      = PetscSqr(1.0 / (PetscReal)(e->n - 1));
  PetscReal        matrix[KN_DOFS * KN_DOFS] = {0.0};
  PetscInt         node[KN_CORNERS], row[KN_CORNERS], column[KN_CORNERS];

  PetscFunctionBegin;
  for (int c = 0; c < KN_CORNERS; c++) {
    const PetscInt k = i + kn_corner[c][0], l = j + kn_corner[c][1];

    node[c]   = k * e->n + l;
    column[c] = KNElasticityClamped(e, k, l) ? -1 : node[c];
    row[c]    = k >= e->first && k < e->first + e->rows ? column[c] : -1;
  }
  for (int g = 0; g < KN_CORNERS; g++) {
    PetscReal stiff = 0.0;

    for (int c = 0; c < KN_CORNERS; c++) stiff += e->element.at_gauss[g][c] * E[node[c]];
    for (int k = 0; k < KN_DOFS * KN_DOFS; k++) matrix[k] += stiff * e->element.stiffness[g][k];
  }
  PetscCall(MatSetValuesBlocked(e->A, KN_CORNERS, row, KN_CORNERS, column, matrix, ADD_VALUES));
  for (int c = 0; c < KN_CORNERS; c++) {
    for (int d = 0; d < KN_CORNERS && row[c] >= 0; d++) {
      PetscReal *to = b + 2 * (row[c] - e->first * e->n);

      to[0] += area * e->element.mass[c][d] * fy[node[d]];
      to[1] += area * e->element.mass[c][d] * fx[node[d]];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each rank visits all elements about its nodes, so that every entry is added up in one order. */
static PetscErrorCode KNElasticityAssemble(Elasticity *e)
{
  const PetscInt end = e->first + e->rows;
  PetscReal     *b;

  PetscFunctionBegin;
  PetscCall(MatZeroEntries(e->A));
  PetscCall(VecZeroEntries(e->b));
  PetscCall(VecGetArray(e->b, &b));
  for (PetscInt i = PetscMax(e->first - 1, 0); i < PetscMin(end, e->n - 1); i++) {
    for (PetscInt j = 0; j < e->n - 1; j++) PetscCall(KNElasticityAdd(e, i, j, b));
  }
  for (PetscInt i = e->first; i < end; i++) {
    for (PetscInt j = 0; j < e->n; j++) {
      const PetscInt  node    = i * e->n + j;
      const PetscReal here    = e->input[node];
      const PetscReal block[] = {here, 0.0, 0.0, here};

      if (KNElasticityClamped(e, i, j)) { PetscCall(MatSetValuesBlocked(e->A, 1, &node, 1, &node, block, ADD_VALUES)); }
    }
  }
  PetscCall(VecRestoreArray(e->b, &b));
  PetscCall(MatAssemblyBegin(e->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(e->A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By a fresh solver: multigrid, or a factorisation. */
static PetscErrorCode KNElasticityTry(Elasticity *e, PetscBool factor, PetscInt most, KNSolverReport *report)
{
  KSP                ksp, own;
  PC                 pc;
  KSPConvergedReason reason;
  PetscReal          residual, norm;

  PetscFunctionBegin;
  PetscCall(KSPCreate(PetscObjectComm((PetscObject)e->A), &ksp));
  PetscCall(KSPSetType(ksp, KSPCG));
  PetscCall(KSPSetNormType(ksp, KSP_NORM_UNPRECONDITIONED));
  PetscCall(KSPSetTolerances(ksp, e->rtol, PETSC_DEFAULT, PETSC_DEFAULT, most));
  PetscCall(KSPSetOperators(ksp, e->A, e->A));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, !factor ? PCGAMG : e->ranks > 1 ? PCREDUNDANT : PCCHOLESKY));
  if (factor && e->ranks > 1) { /* every rank factors the whole matrix */
    PetscCall(PCRedundantGetKSP(pc, &own));
    PetscCall(KSPGetPC(own, &pc));
    PetscCall(PCSetType(pc, PCCHOLESKY));
  }
  PetscCall(KSPSolve(ksp, e->b, e->u));
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  PetscCall(KSPGetIterationNumber(ksp, &report->iterations));
  PetscCall(KSPGetResidualNorm(ksp, &residual));
  PetscCall(VecNorm(e->b, NORM_2, &norm));
  PetscCall(KSPDestroy(&ksp));
  report->residual  = norm > 0.0 ? residual / norm : residual;
  report->converged = (PetscBool)(reason > 0);
  if (!report->converged) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason), "linear solver: %s, relative residual %g",
                            KSPConvergedReasons[reason], (double)report->residual));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Elasticity(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Elasticity      *e    = (Elasticity *)solver->data;
  const size_t     size = (size_t)e->n * (size_t)e->n;
  const PetscReal *u;

  PetscFunctionBegin;
  for (size_t i = 0; i < INPUTS * size; i++) {
    if (!PetscIsInfOrNanReal(e->input[i]) && (i >= size || e->input[i] > 0.0)) continue;
    PetscCall(PetscStrncpy(report->reason,
                           PetscIsInfOrNanReal(e->input[i]) ? "the input is not finite"
                                                            : "a modulus of elasticity is not positive",
                           sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNElasticityAssemble(e));
  PetscCall(KNElasticityTry(e, PETSC_FALSE, 200, report));
  if (!report->converged) {
    report->retried = PETSC_TRUE;
    PetscCall(KNElasticityTry(e, PETSC_TRUE, 10, report));
    if (report->converged) report->reason[0] = '\0';
  }
  PetscCall(VecScatterBegin(e->gather, e->u, e->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(e->gather, e->u, e->whole, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecGetArrayRead(e->whole, &u));
  for (size_t i = 0; i < size; i++) {
    output[i]        = u[2 * i + 1];
    output[size + i] = u[2 * i];
  }
  PetscCall(VecRestoreArrayRead(e->whole, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Elasticity(KNSolver solver)
{
  Elasticity *e = (Elasticity *)solver->data;

  PetscFunctionBegin;
  PetscCall(MatDestroy(&e->A));
  PetscCall(VecDestroy(&e->b));
  PetscCall(VecDestroy(&e->u));
  PetscCall(VecDestroy(&e->whole));
  PetscCall(VecScatterDestroy(&e->gather));
  PetscCall(DMDestroy(&e->square));
  PetscCall(KNRandomFieldDestroy(&e->field));
  PetscCall(KNFree(&e->input));
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Elasticity(KNSolver solver)
{
  Elasticity *e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  e->n        = 65;
  e->modulus  = 1.0;
  e->contrast = 2.0;
  e->poisson  = 0.3;
  e->force    = 1.0;
  e->rtol     = 1e-10;
  PetscCall(KNRandomFieldCreate("elasticity_field_", 2, &e->field));

  solver->data               = e;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Elasticity;
  solver->ops.setup          = KNSolverSetUp_Elasticity;
  solver->ops.update         = KNSolverUpdate_Elasticity;
  solver->ops.draw           = KNSolverDraw_Elasticity;
  solver->ops.take           = KNSolverTake_Elasticity;
  solver->ops.solve          = KNSolverSolve_Elasticity;
  solver->ops.destroy        = KNSolverDestroy_Elasticity;
  PetscFunctionReturn(PETSC_SUCCESS);
}

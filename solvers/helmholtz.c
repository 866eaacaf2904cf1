/*
  Waves of one frequency in a random medium, on an interval or a square with open sides:

    -Laplace u - k^2 n(x)^2 u = f,   u_n = i k n u at the sides (waves leave; exactly so on an interval)

  u = u_re + i u_im is complex, the index n = exp(contrast g) of a Gaussian random field g of deviation 1, f a source of
  integral 1, exp(-|x - x0|^2/(2 width^2)), at a random place.

  Five-point finite volumes; what half a cell from its centre to the side adds to u is kept, so that the order is 2.
  The matrix is indefinite, and its blocks of 2 x 2 real numbers are not symmetric: GMRES with a complete factorisation
  (MUMPS), which one iteration solves to rounding, the residual checked. Several ranks share a sample of 2 axes in slabs
  of the first.
*/
#include <petscksp.h>
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/random.h>
#include <kitinet/threads.h>
#include "wall_starts.h"
#include "coefficient.h"
#include "engine_options.h"

enum { INDEX, SOURCE, INPUTS }; /* fields */
enum { DRAW_PLACE = 5000 };     /* last counter of the generator */

static const char prefix[] = "helmholtz_";

typedef struct {
  PetscReal   wavenumber, contrast, width;
  KNCells     cells;
  KNWalls     walls; /* for the random index: nothing passes */
  KNWallStart medium;
  PetscReal  *index, *source; /* (cells) */
  PetscReal  *part;           /* (cells) */
  Mat         A;              /* blocks ((re, -im), (im, re)) */
  Vec         b, u;
  KSP         ksp;
} Helmholtz;

static PetscErrorCode KNSolverSetFromOptions_Helmholtz(KNSolver solver)
{
  static const PetscInt largest[] = {1 << 18, 1024}; /* grids */
  Helmholtz            *h         = (Helmholtz *)solver->data;
  KNCells              *c         = &h->cells;
  char                  field[2 * KN_MAX_NAME];
  PetscReal             highest;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Helmholtz's equation in a random medium with open sides, -Laplace u - k^2 n^2 u = f"));
  PetscCall(KNEngineInt(prefix, "axes", "axes of the domain", 1, 2, &c->axes));
  PetscCall(KNEngineInt(prefix, "grid", "cells a side of the grid it is solved on", 4, largest[c->axes - 1], &c->n));
  c->resolution = c->n;
  PetscCall(
    KNEngineInt(prefix, "resolution",
                "cells a side of the stored fields, means over cells of the solve grid, whose number they divide", 4,
                c->n, &c->resolution));
  PetscCheck(c->n % c->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-helmholtz_resolution %" PetscInt_FMT " does not divide -helmholtz_grid %" PetscInt_FMT, c->resolution,
             c->n);
  PetscCall(KNSolverCoefficient(solver, "-helmholtz_wavenumber",
                                "wavenumber k where the index is 1; the wavelength is 2 pi/k sides", "k", 1e-3, 1e5,
                                &h->wavenumber));
  highest = KNSolverHighest(solver, &h->wavenumber);
  PetscCheck(highest <= (PetscReal)c->n, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-helmholtz_wavenumber %.6g on -helmholtz_grid %" PetscInt_FMT
             ": a wave has fewer than 6 cells; raise the "
             "grid to %" PetscInt_FMT " at least",
             (double)highest, c->n, (PetscInt)PetscCeilReal(highest));
  PetscCall(KNEngineCoefficient(solver, prefix, "contrast", "standard deviation of the logarithm of the index n", 0.0,
                                2.0, &h->contrast));
  PetscCall(
    KNEngineCoefficient(solver, prefix, "width", "standard deviation of the source, in sides", 1e-3, 1.0, &h->width));
  PetscCall(PetscSNPrintf(field, sizeof(field), "%sfield_", prefix));
  PetscCall(KNEngineReal(field, "alpha", "smoothness of the random field: covariance (-Laplace + tau^2)^-alpha", 0.5,
                         20.0, &h->medium.alpha));
  PetscCall(KNEngineReal(field, "tau", "inverse length scale of the random field", 0.0, 1e3, &h->medium.tau));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. The square's symmetries: sources lie anywhere alike. */
static PetscErrorCode KNSolverDescribe_Helmholtz(KNSolver solver)
{
  Helmholtz        *h            = (Helmholtz *)solver->data;
  KNProblem        *p            = &solver->problem;
  const KNParameter parameters[] = {{.name = "k", .unit = "1", .value = h->wavenumber},
                                    {.name = "contrast", .unit = "1", .value = h->contrast},
                                    {.name = "width", .unit = "1", .value = h->width},
                                    {.name = "field_alpha", .unit = "1", .value = h->medium.alpha},
                                    {.name = "field_tau", .unit = "1", .value = h->medium.tau}};

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, "-Laplace u - k^2 n^2 u = f, u = u_re + i u_im", sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, "each axis [0, 1]: u_n = i k n u", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNCellsGrid(&h->cells));
  p->input.fields        = INPUTS;
  p->input.field[INDEX]  = (KNField){.name = "n", .unit = "1"};
  p->input.field[SOURCE] = (KNField){.name = "f", .unit = "1"};
  p->output.fields       = 2;
  p->output.field[0]     = (KNField){.name = "u_re", .unit = "1"};
  p->output.field[1]     = (KNField){.name = "u_im", .unit = "1"};
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(parameters); i++) p->parameter[p->parameters++] = parameters[i];
  for (PetscInt d = 0; d < h->cells.axes; d++) PetscCall(KNProblemAddSymmetry(p, "reflect(%c)", (char)('x' + d)));
  if (h->cells.axes > 1) PetscCall(KNProblemAddSymmetry(p, "exchange(x,y)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cells beside cell i of the whole grid: -1 beyond a side; (2 axes). */
static void KNHelmholtzNeighbours(const KNCells *c, PetscInt i, PetscInt beside[4])
{
  for (PetscInt d = 0; d < c->axes; d++) {
    const PetscInt stride = d == c->axes - 1 ? 1 : c->n, at = i / stride % c->n;

    beside[2 * d]     = at > 0 ? i - stride : -1;
    beside[2 * d + 1] = at < c->n - 1 ? i + stride : -1;
  }
}

/* The matrix for the index n, and the right-hand side: both times h^2. */
static PetscErrorCode KNHelmholtzAssemble(Helmholtz *h)
{
  const KNCells  *c       = &h->cells;
  const PetscReal spacing = 1.0 / (PetscReal)c->n;
  const PetscInt  first   = c->first * (PetscInt)c->layer;
  PetscReal      *b;

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(h->b, &b));
  for (PetscInt i = 0; i < (PetscInt)c->size; i++) {
    /* k times the spacing; of a side u_n h = i kh/(1 - i kh/2) u, the wall being half a cell from u */
    const PetscReal kh = h->wavenumber * h->index[i] * spacing, per = 1.0 / (1.0 + 0.25 * kh * kh);
    const PetscReal beyond[4] = {-1.0, 0.0, 0.0, -1.0};
    const PetscInt  cell      = first + i;
    PetscReal       re = -kh * kh, im = 0.0;
    PetscInt        beside[4];

    KNHelmholtzNeighbours(c, cell, beside);
    for (PetscInt s = 0; s < 2 * c->axes; s++) {
      if (beside[s] < 0) {
        re += 0.5 * kh * kh * per;
        im -= kh * per;
      } else {
        re += 1.0;
        PetscCall(MatSetValuesBlocked(h->A, 1, &cell, 1, &beside[s], beyond, INSERT_VALUES));
      }
    }
    PetscCall(MatSetValuesBlocked(h->A, 1, &cell, 1, &cell, (const PetscReal[]){re, -im, im, re}, INSERT_VALUES));
    b[2 * i]     = spacing * spacing * h->source[i];
    b[2 * i + 1] = 0.0;
  }
  PetscCall(VecRestoreArrayWrite(h->b, &b));
  PetscCall(MatAssemblyBegin(h->A, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(h->A, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The linear solver. MUMPS may not permute columns by their values: it would look at the first sample's, and keep to
  that order.
*/
static PetscErrorCode KNHelmholtzFactor(Helmholtz *h, MPI_Comm comm)
{
  PC  pc;
  Mat factor;

  PetscFunctionBegin;
  KNThreadsLimitBLAS(); /* MUMPS works with it */
  PetscCall(KSPCreate(comm, &h->ksp));
  PetscCall(KSPSetOperators(h->ksp, h->A, h->A));
  PetscCall(KSPSetType(h->ksp, KSPGMRES));
  PetscCall(KSPSetPCSide(h->ksp, PC_RIGHT));
  PetscCall(KSPSetTolerances(h->ksp, 1e-12, PETSC_DEFAULT, PETSC_DEFAULT, 20));
  PetscCall(KSPGetPC(h->ksp, &pc));
#if defined(PETSC_HAVE_MUMPS)
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERMUMPS));
  PetscCall(PCFactorSetUpMatSolverType(pc));
  PetscCall(PCFactorGetMatrix(pc, &factor));
  PetscCall(MatMumpsSetIcntl(factor, 6, 0));
#else
  (void)factor;
  if (h->cells.ranks > 1) PetscCall(PCSetType(pc, PCREDUNDANT)); /* PETSc's LU of the whole matrix, on each rank */
  else PetscCall(PCSetType(pc, PCLU));
#endif
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Helmholtz(KNSolver solver)
{
  Helmholtz *h = (Helmholtz *)solver->data;
  KNCells   *c = &h->cells;
  KNWall     closed[4];
  PetscInt   size;

  PetscFunctionBegin;
  PetscCall(KNCellsSetUp(solver->comm, prefix, c));
  for (int s = 0; s < 4; s++) closed[s] = (KNWall){.kind = KN_WALL_NEUMANN};
  PetscCall(KNWallsCreate(c, (PetscReal)c->n, closed, &h->walls));
  PetscCall(KNWallStartCreate(c, h->walls, closed, &h->medium));
  PetscCall(KNMalloc(c->size, sizeof(PetscReal), &h->index));
  PetscCall(KNMalloc(c->size, sizeof(PetscReal), &h->source));
  PetscCall(KNMalloc(c->size, sizeof(PetscReal), &h->part));
  size = 2 * (PetscInt)c->size;
  PetscCall(MatCreateBAIJ(solver->comm, 2, size, size, PETSC_DETERMINE, PETSC_DETERMINE, 2 * c->axes + 1, NULL, 2, NULL,
                          &h->A));
  PetscCall(MatCreateVecs(h->A, &h->u, &h->b));
  PetscCall(KNHelmholtzFactor(h, solver->comm));
  PetscCall(KNSolverDescribe_Helmholtz(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Helmholtz(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Helmholtz     *h      = (Helmholtz *)solver->data;
  const KNCells *c      = &h->cells;
  const size_t   points = KNGridSize(&solver->problem.input.grid);
  PetscReal      place[2], norm = 1.0;
  uint64_t       word[4];

  PetscFunctionBegin;
  PetscCall(KNWallStartGaussian(&h->medium, seed, sample, INDEX, h->contrast, h->index));
  KNRandomWords(seed, KN_STREAM_FIELD, 0, 0, sample, DRAW_PLACE, word);
  for (PetscInt d = 0; d < c->axes; d++) {
    place[d] = 0.25 + 0.5 * KNUniform(word[d]);
    norm /= h->width * PetscSqrtReal(2.0 * PETSC_PI);
  }
  for (size_t i = 0; i < c->size; i++) {
    size_t    rest   = (size_t)c->first * c->layer + i;
    PetscReal square = 0.0;

    for (PetscInt d = c->axes - 1; d >= 0; d--, rest /= (size_t)c->n) {
      square += PetscSqr(KNCellsPosition(c, (PetscInt)(rest % (size_t)c->n)) - place[d]);
    }
    h->index[i]  = PetscExpReal(h->index[i]);
    h->source[i] = norm * PetscExpReal(-0.5 * square / PetscSqr(h->width));
  }
  PetscCall(KNCellsStore(&h->cells, h->index, input + INDEX * points));
  PetscCall(KNCellsStore(&h->cells, h->source, input + SOURCE * points));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Helmholtz(KNSolver solver, const PetscReal given[])
{
  Helmholtz   *h      = (Helmholtz *)solver->data;
  const size_t points = KNGridSize(&solver->problem.input.grid);

  PetscFunctionBegin;
  KNCellsTake(&h->cells, given + INDEX * points, h->index);
  KNCellsTake(&h->cells, given + SOURCE * points, h->source);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether there is a solution to look for on this grid; if not report has the reason, the same on all ranks. */
static PetscErrorCode KNHelmholtzAccepts(const Helmholtz *h, PetscBool *accepts, KNSolverReport *report)
{
  const KNCells *c        = &h->cells;
  PetscReal      worst[2] = {0.0, 0.0}; /* 2: not finite, 1: not positive; the largest wavenumber */

  PetscFunctionBegin;
  for (size_t i = 0; i < c->size; i++) {
    const PetscBool finite = (PetscBool)(!PetscIsInfOrNanReal(h->index[i]) && !PetscIsInfOrNanReal(h->source[i]));

    worst[0] = PetscMax(worst[0], !finite ? 2.0 : h->index[i] > 0.0 ? 0.0 : 1.0);
    if (finite) worst[1] = PetscMax(worst[1], h->wavenumber * h->index[i]);
  }
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, worst, 2, MPIU_REAL, MPI_MAX, c->comm));
  *accepts = (PetscBool)(worst[0] == 0.0 && worst[1] <= 1.5 * (PetscReal)c->n);
  if (worst[0] > 0.0) {
    PetscCall(PetscStrncpy(report->reason, worst[0] > 1.0 ? "the input is not finite" : "an index n is not positive",
                           sizeof(report->reason)));
  } else if (!*accepts) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "not resolved, a wave has %.2g cells: raise -helmholtz_grid, or lower the wavenumber",
                            2.0 * PETSC_PI * (double)c->n / (double)worst[1]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Helmholtz(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Helmholtz         *h      = (Helmholtz *)solver->data;
  const size_t       points = KNGridSize(&solver->problem.output.grid);
  KSPConvergedReason reason;
  const PetscReal   *u;
  PetscReal          residual, norm;
  PetscBool          accepts = PETSC_FALSE;
  PC                 pc;

  PetscFunctionBegin;
  PetscCall(KNHelmholtzAccepts(h, &accepts, report));
  if (!accepts) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNHelmholtzAssemble(h));
  PetscCall(KSPGetPC(h->ksp, &pc));
  PetscCall(PCSetFailedReason(pc, PC_NOERROR));
  PetscCall(KSPSolve(h->ksp, h->b, h->u));
  PetscCall(KSPGetConvergedReason(h->ksp, &reason));
  PetscCall(KSPGetIterationNumber(h->ksp, &report->iterations));
  PetscCall(KSPGetResidualNorm(h->ksp, &residual));
  PetscCall(VecNorm(h->b, NORM_2, &norm));
  report->residual  = norm > 0.0 ? residual / norm : residual;
  report->converged = (PetscBool)(reason > 0);
  if (!report->converged) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason), "linear solver: %s, relative residual %g",
                            KSPConvergedReasons[reason], (double)report->residual));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VecGetArrayRead(h->u, &u));
  for (size_t f = 0; f < 2; f++) {
    for (size_t i = 0; i < h->cells.size; i++) h->part[i] = u[2 * i + f];
    PetscCall(KNCellsStore(&h->cells, h->part, output + f * points));
  }
  PetscCall(VecRestoreArrayRead(h->u, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Helmholtz(KNSolver solver)
{
  Helmholtz *h = (Helmholtz *)solver->data;

  PetscFunctionBegin;
  PetscCall(KSPDestroy(&h->ksp));
  PetscCall(MatDestroy(&h->A));
  PetscCall(VecDestroy(&h->u));
  PetscCall(VecDestroy(&h->b));
  PetscCall(KNWallStartDestroy(&h->medium));
  PetscCall(KNWallsDestroy(&h->walls));
  PetscCall(KNCellsDestroy(&h->cells));
  PetscCall(KNFree(&h->index));
  PetscCall(KNFree(&h->source));
  PetscCall(KNFree(&h->part));
  PetscCall(PetscFree(h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Helmholtz(KNSolver solver)
{
  Helmholtz *h;

  PetscFunctionBegin;
  PetscCall(PetscNew(&h));
  h->wavenumber = 20.0;
  h->contrast   = 0.2;
  h->width      = 0.05;
  h->cells.axes = 2;
  h->cells.n    = 64;
  h->medium     = (KNWallStart){.kind = KN_BEGIN_FIELD, .fields = 1, .alpha = 4.0, .tau = 10.0, .scale = 1.0};

  solver->data               = h;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Helmholtz;
  solver->ops.setup          = KNSolverSetUp_Helmholtz;
  solver->ops.draw           = KNSolverDraw_Helmholtz;
  solver->ops.take           = KNSolverTake_Helmholtz;
  solver->ops.solve          = KNSolverSolve_Helmholtz;
  solver->ops.destroy        = KNSolverDestroy_Helmholtz;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A sample of the Darcy ensemble is a pure function of seed, index and options: its bits do not depend on what was
  solved before, on another solver object or on failures, and several ranks together find the same solution. Stored
  fields are those of the solve grid.
*/
#include <math.h>
#include "../../solvers/diffusion.h"
#include "solver_ensemble.h"

static PetscErrorCode CheckPurity(void)
{
  static const char *const options[] = {"-darcy_grid", "49", "-darcy_rhs", "random", "-darcy_resolution", "20", NULL};
  Ensemble                 first, second;
  KNSolverReport           report;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &first));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &second));
  PetscCall(EnsembleSolve(&first, 7, 5, &report));
  PetscCheck(!report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "retried");
  for (PetscInt64 sample = 0; sample <= 5; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  PetscCheck(!memcmp(first.input, second.input, KNProblemInputSize(first.problem) * sizeof(PetscReal)), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "the input depends on earlier samples");
  PetscCheck(!memcmp(first.output, second.output, KNProblemOutputSize(first.problem) * sizeof(PetscReal)),
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "the output depends on earlier samples");
  PetscCall(EnsembleSolve(&second, 8, 5, &report));
  PetscCheck(Distance(first.input, second.input, KNProblemInputSize(first.problem)) > 0.0, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "the input does not depend on the seed");
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All ranks of the job on one sample against each rank alone. */
static PetscErrorCode CheckRanks(void)
{
  static const char *const options[] = {"-darcy_grid", "50", NULL};
  Ensemble                 alone, together;
  KNSolverReport           report;
  PetscReal                scale = 0.0;
  size_t                   size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &alone));
  PetscCall(EnsembleCreate(PETSC_COMM_WORLD, "darcy", options, &together));
  PetscCall(EnsembleSolve(&alone, 1, 2, &report));
  PetscCall(EnsembleSolve(&together, 1, 2, &report));
  size = KNProblemOutputSize(alone.problem);
  PetscCheck(report.iterations <= 20, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " iterations together",
             report.iterations);
  for (size_t i = 0; i < size; i++) scale = PetscMax(scale, alone.output[i]);
  PetscCheck(Distance(alone.input, together.input, size) == 0.0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "another permeability together");
  PetscCheck(Distance(alone.output, together.output, size) < 1e-8 * scale, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "together u differs by %g of %g", (double)Distance(alone.output, together.output, size), (double)scale);
  PetscCall(EnsembleDestroy(&alone));
  PetscCall(EnsembleDestroy(&together));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The stored u converges with order 2 in the solve grid, discretisation and interpolation together. Each grid has
  thrice the points of the one before, so that a stored point keeps its relative place between solve points.
*/
static PetscErrorCode CheckStored(const char points[], const char resolution[], const char *const grids[3])
{
  PetscReal a[3][17 * 17] = {{0.0}}, u[3][17 * 17] = {{0.0}}, coarse, fine;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    /* So smooth a field that the modes which only finer grids have do not matter. */
    const char *const options[] = {"-darcy_grid",
                                   grids[i],
                                   "-darcy_resolution",
                                   resolution,
                                   "-darcy_points",
                                   points,
                                   "-darcy_coefficient",
                                   "lognormal",
                                   "-darcy_field_alpha",
                                   "6",
                                   "-darcy_field_scale",
                                   "5000",
                                   NULL};
    Ensemble          e;
    KNSolverReport    report;

    PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &e));
    PetscCall(EnsembleSolve(&e, 3, 1, &report));
    PetscCall(PetscArraycpy(a[i], e.input, KNProblemInputSize(e.problem)));
    PetscCall(PetscArraycpy(u[i], e.output, KNProblemOutputSize(e.problem)));
    PetscCall(EnsembleDestroy(&e));
  }
  PetscCheck(Distance(a[0], a[2], 17 * 17) < 5e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the stored a depends on the solve grid: %g", (double)Distance(a[0], a[2], 17 * 17));
  coarse = Distance(u[0], u[2], 17 * 17);
  fine   = Distance(u[1], u[2], 17 * 17);
  /* Against the finest grid an error c h^p shows as c (h^p - h_2^p): the ratio is 10 for p = 2 and 9.06 for p = 1.9. */
  PetscCheck(coarse / fine > 9.06, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the stored u converges as %g, %g", points,
             (double)coarse, (double)fine);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What multigrid fails to solve the direct solver does. */
static PetscErrorCode CheckRetry(void)
{
  static const char *const impatient[] = {"-darcy_grid", "33", "-darcy_ksp_max_it", "2", NULL};
  static const char *const patient[]   = {"-darcy_grid", "33", NULL};
  Ensemble                 e[2];
  KNSolverReport           report;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", impatient, &e[0]));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", patient, &e[1]));
  PetscCall(EnsembleSolve(&e[0], 1, 1, &report));
  PetscCheck(report.retried && report.residual <= 1e-10 && !report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "not retried: %s", report.reason);
  PetscCall(EnsembleSolve(&e[1], 1, 1, &report));
  PetscCheck(Distance(e[0].output, e[1].output, 33 * 33) < 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the direct solution differs by %g", (double)Distance(e[0].output, e[1].output, 33 * 33));
  PetscCall(EnsembleDestroy(&e[0]));
  PetscCall(EnsembleDestroy(&e[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What neither solves is reported and leaves no trace: a with values of 1e-90 and 1e90, and beyond any range. */
static PetscErrorCode CheckFailures(void)
{
  enum { N = 33, SIZE = N * N };
  static const PetscReal bad[] = {1e90, INFINITY, NAN, 0.0, -1.0, 5e-324};
  KNDiffusion            diffusion;
  KNSolverReport         report;
  PetscReal             *a, *f, *u, *v;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreate(PETSC_COMM_WORLD, "darcy_", N, KN_POINTS_CELLS, KN_FACE_ARITHMETIC, &diffusion));
  PetscCall(PetscMalloc4(SIZE, &a, SIZE, &f, SIZE, &u, SIZE, &v));
  for (PetscInt i = 0; i < SIZE; i++) f[i] = 1.0 + (i % 7);
  PetscCall(KNDiffusionSolve(diffusion, f, f, u, &report));
  for (size_t c = 0; c < sizeof(bad) / sizeof(bad[0]); c++) {
    for (PetscInt i = 0; i < SIZE; i++) a[i] = i % 5 == 0 ? bad[c] : c == 0 ? 1.0 / bad[c] : f[i];
    PetscCall(KNDiffusionSolve(diffusion, a, f, v, &report));
    PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a coefficient with values of %g was solved, residual %g", (double)bad[c], (double)report.residual);
    PetscCheck(report.retried == (PetscBool)(c == 0), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a coefficient with values of %g: %s", (double)bad[c], report.reason);
    PetscCall(KNDiffusionSolve(diffusion, f, f, v, &report));
    PetscCheck(report.converged && !report.retried && !memcmp(u, v, SIZE * sizeof(*u)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a failure changes what follows: %s", report.reason);
  }
  PetscCall(PetscFree4(a, f, u, v));
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same within an ensemble so rough that some of its samples fail: the others have the bits that they have alone. */
static PetscErrorCode CheckRoughEnsemble(void)
{
  static const char *const options[] = {"-darcy_grid", "16", "-darcy_coefficient", "lognormal", "-darcy_field_scale",
                                        "800",         NULL};
  Ensemble                 all, alone;
  PetscInt                 failed = 0, after = 0;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &all));
  for (PetscInt64 sample = 0; sample < 20; sample++) {
    KNSolverReport in_row, report;

    PetscCall(KNSolverSolve(all.solver, 1, sample, all.input, all.output, &in_row));
    PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &alone));
    PetscCall(KNSolverSolve(alone.solver, 1, sample, alone.input, alone.output, &report));
    PetscCheck(in_row.converged == report.converged && in_row.retried == report.retried, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "sample %" PetscInt64_FMT " fails in a row or alone: %s%s", sample, in_row.reason,
               report.reason);
    PetscCheck(!report.converged || !memcmp(all.output, alone.output, 16 * 16 * sizeof(PetscReal)), PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "sample %" PetscInt64_FMT " differs by %g", sample,
               (double)Distance(all.output, alone.output, 16 * 16));
    PetscCall(EnsembleDestroy(&alone));
    if (!report.converged) failed++;
    else if (failed) after++;
  }
  PetscCheck(failed && after, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%" PetscInt_FMT " samples fail, %" PetscInt_FMT " follow: nothing was tested", failed, after);
  PetscCall(EnsembleDestroy(&all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The default ensemble is the benchmark's: a in {3, 12}, about half of each, f = 1; the pressure of a = 12 is below
  that of a = 3.
*/
static PetscErrorCode CheckDefaults(void)
{
  static const char *const options[] = {NULL};
  Ensemble                 e;
  PetscReal                high = 0.0;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &e));
  PetscCheck(e.problem->input.fields == 1 && e.problem->output.fields == 1 &&
               KNGridSize(&e.problem->output.grid) == 64 * 64,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "not one field of 64 x 64 points each");
  for (PetscInt64 sample = 0; sample < 100; sample++) {
    KNSolverReport report;
    PetscReal      most = 0.0;

    PetscCall(EnsembleSolve(&e, 0, sample, &report));
    for (size_t i = 0; i < 64 * 64; i++) {
      PetscCheck(e.input[i] == 3.0 || e.input[i] == 12.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a = %g",
                 (double)e.input[i]);
      if (e.input[i] == 12.0) high += 0.01 / (64 * 64);
      most = PetscMax(most, e.output[i]);
    }
    /* -a Laplace u = 1 with constant a has maximum 0.0736713/a. */
    PetscCheck(most > 0.0736 / 12.0 && most < 0.0738 / 3.0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "sample %" PetscInt64_FMT ": largest u is %g", sample, (double)most);
  }
  PetscCheck(PetscAbsReal(high - 0.5) < 0.05, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a = 12 on %g of the square",
             (double)high);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckDefaults());
  PetscCall(CheckPurity());
  PetscCall(CheckRanks());
  PetscCall(CheckStored("cells", "16", (const char *const[]){"32", "96", "288"}));
  PetscCall(CheckStored("nodes", "17", (const char *const[]){"25", "73", "217"}));
  PetscCall(CheckRetry());
  PetscCall(CheckFailures());
  PetscCall(CheckRoughEnsemble());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  A sample of the cavity ensemble is a pure function of seed, index and options: its bits do not depend on what was
  solved before or failed, several ranks together find the same flow, given inputs give the flow that they were drawn
  with. Stored fields are those of the solve grid, on walls those of the walls.
*/
#include "solver_ensemble.h"

static PetscErrorCode CheckPurity(void)
{
  static const char *const options[] = {
    "-cavity_grid", "33", "-cavity_resolution", "20", "-cavity_reynolds_low", "10", "-cavity_reynolds_high",
    "200",          NULL};
  Ensemble       first, second;
  KNSolverReport report;
  size_t         size;
  PetscReal      lowest = PETSC_MAX_REAL, highest = 0.0;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &first));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &second));
  PetscCheck(first.problem->input.fields == 2 && first.problem->output.fields == 3, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "not lid, reynolds -> u, v, p");
  size = KNGridSize(&first.problem->output.grid);
  PetscCall(EnsembleSolve(&first, 7, 5, &report));
  for (PetscInt64 sample = 0; sample <= 5; sample++) {
    PetscCall(EnsembleSolve(&second, 7, sample, &report));
    lowest  = PetscMin(lowest, second.input[size]);
    highest = PetscMax(highest, second.input[size]);
    for (size_t i = 0; i < size; i++) {
      PetscCheck(second.input[i] == second.input[i / 20 * 20], PETSC_COMM_SELF, PETSC_ERR_PLIB, "the lid depends on y");
      PetscCheck(second.input[size + i] == second.input[size], PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "the Reynolds number is not constant");
    }
  }
  PetscCheck(lowest >= 10.0 && highest <= 200.0 && highest > 2.0 * lowest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "Reynolds numbers from %g to %g", (double)lowest, (double)highest);
  PetscCheck(!memcmp(first.input, second.input, KNProblemInputSize(first.problem) * sizeof(PetscReal)), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "the input depends on earlier samples");
  PetscCheck(!memcmp(first.output, second.output, KNProblemOutputSize(first.problem) * sizeof(PetscReal)),
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "the output depends on earlier samples");
  PetscCall(EnsembleSolve(&second, 8, 5, &report));
  PetscCheck(Distance(first.input, second.input, size) > 0.0 && first.input[size] != second.input[size],
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "the input does not depend on the seed");
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All ranks of the job on one sample against each rank alone. */
static PetscErrorCode CheckRanks(void)
{
  static const char *const options[] = {"-cavity_grid", "40", "-cavity_reynolds", "300", NULL};
  Ensemble                 alone, together;
  KNSolverReport           report;
  PetscReal                distance;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &alone));
  PetscCall(EnsembleCreate(PETSC_COMM_WORLD, "cavity", options, &together));
  PetscCall(EnsembleSolve(&alone, 1, 2, &report));
  PetscCall(EnsembleSolve(&together, 1, 2, &report));
  distance = Distance(alone.output, together.output, KNProblemOutputSize(alone.problem));
  PetscCheck(Distance(alone.input, together.input, KNProblemInputSize(alone.problem)) == 0.0, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "another input together");
  PetscCheck(distance < 1e-8, PETSC_COMM_SELF, PETSC_ERR_PLIB, "together the flow differs by %g", (double)distance);
  PetscCall(EnsembleDestroy(&alone));
  PetscCall(EnsembleDestroy(&together));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The stored flow converges with order 2 in the solve grid, discretisation and interpolation together; the stored lid
  is always the same.
*/
static PetscErrorCode CheckStored(const char points[], const char resolution[], const char *const grids[3])
{
  PetscReal lid[3][17 * 17] = {{0.0}}, flow[3][3 * 17 * 17] = {{0.0}}, coarse, fine;

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    /* So smooth a lid that the modes which only finer grids have do not matter. */
    const char *const options[] = {"-cavity_grid",
                                   grids[i],
                                   "-cavity_resolution",
                                   resolution,
                                   "-cavity_points",
                                   points,
                                   "-cavity_lid_alpha",
                                   "6",
                                   NULL};
    Ensemble          e;
    KNSolverReport    report;

    PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &e));
    PetscCall(EnsembleSolve(&e, 3, 1, &report));
    PetscCall(PetscArraycpy(lid[i], e.input, KNProblemInputSize(e.problem)));
    PetscCall(PetscArraycpy(flow[i], e.output, KNProblemOutputSize(e.problem)));
    PetscCall(EnsembleDestroy(&e));
  }
  PetscCheck(Distance(lid[0], lid[2], 17 * 17) < 3e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the stored lid depends on the solve grid: %g", (double)Distance(lid[0], lid[2], 17 * 17));
  coarse = Distance(flow[0], flow[2], 2 * 17 * 17);
  fine   = Distance(flow[1], flow[2], 2 * 17 * 17);
  /*
    Each grid has thrice the points of the one before. Against the finest an error c h^p shows as c (h^p - h_2^p): the
    ratio is 10 for p = 2, 9.06 for 1.9.
  */
  PetscCheck(coarse / fine > 9.06, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the stored flow converges as %g, %g", points,
             (double)coarse, (double)fine);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On nodes the values at the walls are those of the walls. */
static PetscErrorCode CheckWalls(void)
{
  enum { N = 25 };
  static const char *const options[] = {"-cavity_grid", "25", "-cavity_points", "nodes", NULL};
  Ensemble                 e;
  KNSolverReport           report;
  const PetscReal         *u, *v;
  PetscReal                worst = 0.0;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &e));
  PetscCall(EnsembleSolve(&e, 1, 1, &report));
  u = e.output;
  v = e.output + N * N;
  for (PetscInt k = 0; k < N; k++) {
    const PetscInt wall[4] = {k * N + N - 1, k * N, k, (N - 1) * N + k}; /* the lid first */

    worst = PetscMax(worst, PetscAbsReal(u[wall[0]] - e.input[wall[0]]));
    for (int w = 1; w < 4; w++) worst = PetscMax(worst, PetscAbsReal(u[wall[w]]));
    for (int w = 0; w < 4; w++) worst = PetscMax(worst, PetscAbsReal(v[wall[w]]));
  }
  PetscCheck(worst < 1e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "the fluid slips by %g", (double)worst);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Inputs of a sample given back: on nodes they are those of the solve grid. What cannot be solved is reported and
  leaves no trace.
*/
static PetscErrorCode CheckGiven(void)
{
  static const char *const options[] = {
    "-cavity_grid", "25", "-cavity_points", "nodes", "-cavity_reynolds_low", "20", "-cavity_reynolds_high",
    "100",          NULL};
  static const PetscReal bad[] = {-3.0, 0.0, 1e9, NAN};
  Ensemble               e;
  KNSolverReport         report;
  PetscReal             *output, keep;
  size_t                 inputs, outputs, size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", options, &e));
  inputs  = KNProblemInputSize(e.problem);
  outputs = KNProblemOutputSize(e.problem);
  size    = KNGridSize(&e.problem->output.grid);
  PetscCall(PetscMalloc1(outputs, &output));
  PetscCall(EnsembleSolve(&e, 1, 1, &report));
  PetscCall(KNSolverSolveGiven(e.solver, e.input, output, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  PetscCheck(Distance(e.output, output, outputs) < 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "given back, the flow differs by %g", (double)Distance(e.output, output, outputs));

  keep = e.input[size];
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(bad); k++) {
    e.input[size] = bad[k];
    PetscCall(KNSolverSolveGiven(e.solver, e.input, output, &report));
    PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "Reynolds number %g was solved",
               (double)bad[k]);
  }
  e.input[size] = keep;
  for (size_t i = 0; i < inputs; i++) output[i] = e.input[i];
  for (size_t i = 0; i < size; i++) output[i] = PETSC_INFINITY;
  PetscCall(KNSolverSolveGiven(e.solver, output, output, &report));
  PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "an infinite speed was solved");
  /* no steady flow is found */
  for (size_t i = 0; i < inputs; i++) output[i] = i < size ? 1e6 * e.input[i] : e.input[i];
  PetscCall(KNSolverSolveGiven(e.solver, output, output, &report));
  PetscCheck(!report.converged && report.retried && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a million times the speed was solved");

  PetscCall(PetscArraycpy(output, e.output, outputs));
  PetscCall(EnsembleSolve(&e, 1, 1, &report));
  PetscCheck(!report.retried && !memcmp(e.output, output, outputs * sizeof(*output)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a failure changes what follows");
  PetscCall(PetscFree(output));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step of the Reynolds number that Newton's method fails in is halved, and leads to the same flow. */
static PetscErrorCode CheckRetry(void)
{
  static const char *const impatient[] =
    {"-cavity_grid", "32", "-cavity_lid", "uniform", "-cavity_reynolds", "200", "-cavity_snes_max_it", "5", NULL},
                           *const patient[] = {"-cavity_grid",     "32",  "-cavity_lid", "uniform",
                                               "-cavity_reynolds", "200", NULL};
  Ensemble                        e[2];
  KNSolverReport                  report[2];

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", impatient, &e[0]));
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "cavity", patient, &e[1]));
  for (int k = 0; k < 2; k++) PetscCall(EnsembleSolve(&e[k], 1, 0, &report[k]));
  PetscCheck(e[0].problem->output.fields == 2, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the unbounded pressure under a uniform lid is stored");
  PetscCheck(report[0].retried && !report[1].retried && !report[0].reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "not retried");
  PetscCheck(Distance(e[0].output, e[1].output, 2 * 32 * 32) < 1e-8, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the second attempt differs by %g", (double)Distance(e[0].output, e[1].output, 2 * 32 * 32));
  for (int k = 0; k < 2; k++) PetscCall(EnsembleDestroy(&e[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckPurity());
  PetscCall(CheckRanks());
  PetscCall(CheckStored("cells", "16", (const char *const[]){"20", "60", "180"}));
  PetscCall(CheckStored("nodes", "17", (const char *const[]){"21", "61", "181"}));
  PetscCall(CheckWalls());
  PetscCall(CheckGiven());
  PetscCall(CheckRetry());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Solving the rows of a dataset: each group of ranks takes a contiguous share of those that are not there yet.

  A row is written as soon as it is solved. Between samples a group looks whether it is to stop. A sample that does
  not converge is left out, never stored.
*/
#include "generate.h"
#include <kitinet/progress.h>
#include <kitinet/stop.h>
#include <math.h>

/* One row in work: float as it is stored, double as it is solved. */
typedef struct {
  size_t     nx, ny; /* values of an input and an output */
  float     *x, *y;  /* (nx), (ny) */
  PetscReal *input, *output;
  size_t     ngiven; /* values of a given input: nx, or one state of a time-dependent problem */
  /* (ngiven) from the source; of a time-dependent one there is room for all frames of the row, then (nx) still ones */
  float     *given, *still;
  PetscReal *state;        /* (ngiven), of a time-dependent problem then (nx) */
  double    *coefficients; /* (P) that differ from sample to sample */
  int        failure;      /* of reading the source */
  char       message[1024];
} Row;

static PetscErrorCode RowCreate(const KNGeneration *g, Row *r)
{
  const KNProblem *source;

  PetscFunctionBegin;
  r->nx = KNProblemInputSize(g->problem);
  r->ny = KNProblemOutputSize(g->problem);
  PetscCall(KNMalloc(r->nx, sizeof(*r->x), &r->x));
  PetscCall(KNMalloc(r->ny, sizeof(*r->y), &r->y));
  PetscCall(KNMalloc(r->nx, sizeof(*r->input), &r->input));
  PetscCall(KNMalloc(r->ny, sizeof(*r->output), &r->output));
  PetscCall(KNMalloc((size_t)g->problem->coefficients, sizeof(*r->coefficients), &r->coefficients));
  if (!g->source) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(g->source, &source));
  r->ngiven = g->problem->frames ? r->ny / (size_t)g->problem->frames : r->nx;
  PetscCall(KNMalloc(source->frames ? KNProblemOutputSize(source) : r->ngiven, sizeof(*r->given), &r->given));
  PetscCall(KNMalloc(source->frames ? KNProblemInputSize(source) : 0, sizeof(*r->still), &r->still));
  PetscCall(KNMalloc(r->ngiven + r->nx, sizeof(*r->state), &r->state));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RowDestroy(Row *r)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&r->coefficients));
  PetscCall(KNFree(&r->state));
  PetscCall(KNFree(&r->still));
  PetscCall(KNFree(&r->given));
  PetscCall(KNFree(&r->output));
  PetscCall(KNFree(&r->input));
  PetscCall(KNFree(&r->y));
  PetscCall(KNFree(&r->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* float <- double; false if a value is not finite in 32 bits. */
static PetscBool Narrow(float to[], const PetscReal from[], size_t n)
{
  PetscBool finite = PETSC_TRUE;

  for (size_t i = 0; i < n; i++) {
    to[i] = (float)from[i];
    if (!isfinite(to[i])) finite = PETSC_FALSE;
  }
  return finite;
}

/* Collective on the group: member 0 reads the source's row, all have it. */
static PetscErrorCode ReadGiven(const KNGeneration *g, PetscInt64 row, Row *r)
{
  const KNProblem *source;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(g->source, &source));
  if (g->member == 0)
    r->failure =
      KNDatasetReadFinite(g->source, g->first + row, &source->output.grid, source->frames ? r->still : r->given,
                          source->frames ? r->given : NULL, sizeof(r->message), r->message);
  PetscCallMPI(MPI_Bcast(&r->failure, 1, MPI_INT, 0, g->comm));
  if (r->failure) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Bcast(r->given, (PetscMPIInt)r->ngiven, MPI_FLOAT, 0, g->comm));
  for (size_t i = 0; i < r->ngiven; i++) r->state[i] = r->given[i];
  if (!g->problem->frames || !r->nx) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Bcast(r->still, (PetscMPIInt)r->nx, MPI_FLOAT, 0, g->comm));
  for (size_t i = 0; i < r->nx; i++) r->state[r->ngiven + i] = r->still[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective on the group. */
static PetscErrorCode SolveRow(KNGeneration *g, PetscInt64 row, Row *r, KNDatasetWriter dataset)
{
  KNSolverReport report;
  PetscBool      finite = PETSC_TRUE;

  PetscFunctionBegin;
  if (g->source) {
    PetscCall(ReadGiven(g, row, r));
    if (r->failure) PetscFunctionReturn(PETSC_SUCCESS);
    if (g->given) PetscCall(KNSolverSetCoefficients(g->solver, g->given + row * g->problem->coefficients));
    else PetscCall(KNSolverDrawCoefficients(g->solver, g->seed, g->sample[row]));
    PetscCall(KNSolverSolveGiven(g->solver, r->state, r->output, &report));
    if (r->nx) PetscCall(PetscArraycpy(r->x, g->problem->frames ? r->still : r->given, r->nx));
  } else {
    PetscCall(KNSolverSolve(g->solver, g->seed, g->sample[row], r->nx ? r->input : NULL, r->output, &report));
    finite = Narrow(r->x, r->input, r->nx);
  }
  if (g->member > 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNSolverGetCoefficients(g->solver, r->coefficients));
  if (report.converged && !(Narrow(r->y, r->output, r->ny) && finite)) {
    report.converged = PETSC_FALSE;
    PetscCall(PetscStrncpy(report.reason, "a value is not finite in 32 bits", sizeof(report.reason)));
  }
  if (report.converged)
    PetscCall(KNDatasetWriterWriteRow(dataset, row, g->sample[row],
                                      &(KNRow){.x = r->x, .y = r->y, .parameters = r->coefficients}));
  else if (!g->reason[0]) PetscCall(PetscStrncpy(g->reason, report.reason, sizeof(g->reason)));
  g->outcome[row] = !report.converged ? KN_ROW_EXCLUDED : report.retried ? KN_ROW_RETRIED : KN_ROW_SOLVED;
  g->iterations += report.iterations;
  g->most = PetscMax(g->most, report.iterations);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective on the group. stored: rows that the file has by this run; excluded ones would be tried again. */
static PetscErrorCode StopWanted(const KNGeneration *g, PetscInt64 stored, PetscBool *stop)
{
  PetscMPIInt wanted = KNStopWanted((PetscBool)(stored > 0)) != NULL;

  PetscFunctionBegin;
  if (g->ranks_per_sample > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &wanted, 1, MPI_INT, MPI_MAX, g->comm));
  *stop = (PetscBool)wanted;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows of this group. The other groups are taken to be as far as the one that shows the progress. */
static PetscErrorCode SolveShare(KNGeneration *g, Row *r, KNDatasetWriter dataset)
{
  PetscInt64 start, end, missing = 0, stored = 0;
  KNProgress progress;
  PetscBool  stop = PETSC_FALSE;

  PetscFunctionBegin;
  KNPartition(g->samples - g->taken, g->groups, g->group, &start, &end);
  PetscCall(KNProgressBegin("samples", g->samples, g->taken, &progress));
  PetscCall(KNProgressLogEvery(&progress, 10.0));
  for (PetscInt64 row = 0; row < g->samples && missing < end; row++) {
    PetscBool present;

    PetscCall(KNDatasetWriterHasRow(dataset, row, &present));
    if (present || missing++ < start) continue;
    PetscCall(StopWanted(g, stored, &stop));
    if (stop || r->failure) break;
    PetscCall(SolveRow(g, row, r, dataset));
    stored += g->outcome[row] == KN_ROW_SOLVED || g->outcome[row] == KN_ROW_RETRIED; // as member 0 knows it
    PetscCall(KNProgressUpdate(&progress, PetscMin(g->taken + (missing - start) * g->groups, g->samples), NULL));
  }
  PetscCall(KNProgressEnd(&progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What became of all rows, on all ranks. */
static PetscErrorCode Gather(KNGeneration *g)
{
  /* rows ascend with ranks: the lowest rank that excluded one excluded the first */
  PetscMPIInt owner = g->reason[0] ? g->rank : g->size;

  PetscFunctionBegin;
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, g->outcome, (PetscMPIInt)g->samples, MPI_SIGNED_CHAR, MPI_MAX, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &g->iterations, 1, MPI_INT64_T, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &g->most, 1, MPI_INT64_T, MPI_MAX, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &owner, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  if (owner < g->size) PetscCallMPI(MPI_Bcast(g->reason, sizeof(g->reason), MPI_CHAR, owner, PETSC_COMM_WORLD));
  for (PetscInt64 row = 0; row < g->samples; row++) g->counted[(int)g->outcome[row]]++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNGenerationSolve(KNGeneration *g, KNDatasetWriter dataset, PetscBool *stopped)
{
  Row r = {.failure = 0};

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(g->samples, &g->outcome));
  for (PetscInt64 row = 0; row < g->samples; row++) {
    PetscBool present;

    PetscCall(KNDatasetWriterHasRow(dataset, row, &present));
    g->taken += present;
  }
  if (g->taken)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "going on with %" PetscInt64_FMT " of %" PetscInt64_FMT " samples that are there\n", g->taken,
                          g->samples));
  PetscCall(RowCreate(g, &r));
  PetscCall(SolveShare(g, &r, dataset));
  PetscCall(KNAgree(PETSC_COMM_WORLD, r.failure, "%s", r.message));
  PetscCall(RowDestroy(&r));
  PetscCall(Gather(g));
  *stopped = (PetscBool)(g->counted[KN_ROW_NONE] > g->taken);
  PetscFunctionReturn(PETSC_SUCCESS);
}

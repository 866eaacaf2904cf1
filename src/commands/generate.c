/*
  kitinet generate: inputs -> PDE solver -> dataset.

  Inputs are random, sample s a pure function of (seed, s) and the solver's options, or those of another dataset
  (-from). Ranks work in groups of -ranks_per_sample; each group solves a contiguous share of the rows and writes each
  at once: the file does not depend on the number of groups. What a run that was stopped or killed has done is not
  done again.
*/
#include "generate.h"
#include <kitinet/log.h>
#include <kitinet/stop.h>
#include <petsctime.h>

/* With -from the defaults are the source's: all of its rows, its seed. */
static PetscErrorCode SourceSetFromOptions(KNGeneration *g)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsPath("-from", "solve for the inputs of this dataset instead of random ones", g->from));
  if (!g->from[0] || KNOptionsDeclareOnly()) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, g->from, &g->source));
  PetscCall(KNDatasetGetSamples(g->source, &g->samples));
  PetscCall(KNDatasetGetProvenance(g->source, &g->seed, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Contiguous ranks: those of one node solve a sample together. */
static PetscErrorCode CreateGroups(KNGeneration *g)
{
  const PetscMPIInt k = (PetscMPIInt)g->ranks_per_sample;

  PetscFunctionBegin;
  PetscCheck(g->size % k == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%d ranks cannot be shared out in groups of %d (-ranks_per_sample): start %d or %d ranks", g->size, k,
             PetscMax(g->size / k, 1) * k, (g->size / k + 1) * k);
  g->comm   = PETSC_COMM_SELF;
  g->groups = g->size / k;
  g->group  = g->rank / k;
  if (k > 1) PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, g->group, g->rank, &g->comm));
  PetscCallMPI(MPI_Comm_rank(g->comm, &g->member));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetFromOptions(KNGeneration *g)
{
  PetscInt   pde = 0;
  PetscInt64 seed;

  PetscFunctionBegin;
  g->samples          = 1000;
  g->seed             = 1;
  g->ranks_per_sample = 1;
  PetscCall(KNOptionsHead("Dataset"));
  PetscCall(KNOptionsChoice("-pde", "the equation to solve", KNSolverNames(), &pde));
  PetscCall(SourceSetFromOptions(g));
  seed = g->seed;
  PetscCall(KNOptionsInt64("-samples", "number of samples; with -from by default all of that dataset", 1, PETSC_MAX_INT,
                           &g->samples));
  PetscCall(KNOptionsInt64("-seed", "seed of the ensemble of random inputs", 0, INT64_MAX, &g->seed));
  PetscCheck(!g->source || g->seed == seed, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "the inputs of %s have the seed %" PetscInt64_FMT ": leave out -seed %" PetscInt64_FMT, g->from, seed,
             g->seed);
  PetscCall(KNOptionsInt64("-first",
                           "first sample of the ensemble, so that test sets and job arrays take other samples of the "
                           "same seed; with -from the first row of that dataset",
                           0, (PetscInt64)1 << 53, &g->first));
  PetscCall(KNOptionsPath("-output", "file to write; required", g->output));
  PetscCall(KNOptionsBool("-overwrite", "replace the file if it exists", &g->overwrite));
  PetscCall(KNOptionsInt("-ranks_per_sample",
                         "ranks that solve one sample together, for grids beyond the memory or patience of one", 1,
                         65536, &g->ranks_per_sample));
  PetscCall(KNOptionsBool("-dry_run", "print what would be done, and what memory and disk it takes; write nothing",
                          &g->dry_run));
  PetscCall(KNStopSetFromOptions());
  PetscCall(CreateGroups(g));
  PetscCall(KNSolverCreate(g->comm, KNSolverNames()[pde], &g->solver));
  PetscCall(KNSolverSetFromOptions(g->solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Every option in force but those that do not change the data: equal data make equal files, wherever they lie. Given
  inputs are named by the fingerprint of their dataset.
*/
static PetscErrorCode Provenance(const KNGeneration *g, char **yaml)
{
  static const char *const left_out[] = {"output: ", "overwrite: ", "dry_run: ", "max_time: ", "from: "};
  char                    *all, *to;

  PetscFunctionBegin;
  PetscCall(KNOptionsYAML(0, NULL, &all));
  PetscCall(PetscMalloc1(strlen(all) + 64, yaml));
  to = *yaml;
  for (const char *line = all; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
    PetscBool    keep   = PETSC_TRUE;

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(left_out) && keep; i++)
      keep = (PetscBool)(strncmp(line, left_out[i], strlen(left_out[i])) != 0);
    if (keep) {
      PetscCall(PetscArraycpy(to, line, length));
      to += length;
    }
    line += length;
  }
  *to = 0;
  PetscCall(PetscFree(all));
  if (g->source) {
    uint64_t fingerprint;

    PetscCall(KNDatasetGetFingerprint(g->source, &fingerprint));
    (void)snprintf(to, 64, "from_fingerprint: '%016llx'\n", (unsigned long long)fingerprint);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  What the dataset says of the problem. Given inputs need not be distributed as the solver's own: of its symmetries
  those are kept that their dataset declares too.
*/
static PetscErrorCode Describe(const KNGeneration *g, KNProblem *problem)
{
  const KNProblem *source;

  PetscFunctionBegin;
  *problem = *g->problem;
  if (!g->source) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(g->source, &source));
  problem->symmetries = 0;
  for (PetscInt i = 0; i < g->problem->symmetries; i++) {
    PetscBool too = PETSC_FALSE;

    for (PetscInt k = 0; k < source->symmetries; k++)
      too = (PetscBool)(too || !strcmp(source->symmetry[k], g->problem->symmetry[i]));
    if (too) PetscCall(KNProblemAddSymmetry(problem, "%s", g->problem->symmetry[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Generate(KNGeneration *g, PetscBool *stopped)
{
  KNDatasetWriter dataset;
  KNProblem       problem;
  char           *options;

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_GENERATE));
  PetscCall(PetscTime(&g->begin));
  PetscCall(Provenance(g, &options));
  PetscCall(Describe(g, &problem));
  PetscCall(KNDatasetWriterResume(PETSC_COMM_WORLD, g->output, &problem, g->samples, g->seed, options, g->sample,
                                  g->overwrite, &dataset));
  PetscCall(PetscFree(options));
  PetscCall(KNGenerationSolve(g, dataset, stopped));
  if (*stopped) {
    PetscCall(KNDatasetWriterSuspend(&dataset));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "stopped early, %" PetscInt64_FMT " of %" PetscInt64_FMT
                          " samples are left; the same command goes on from %s.partial\n",
                          g->counted[KN_ROW_NONE] - g->taken, g->samples, g->output));
  } else {
    const PetscBool none = (PetscBool)(g->counted[KN_ROW_EXCLUDED] == g->samples);

    if (!none) PetscCall(KNDatasetWriterPublish(dataset));
    PetscCall(KNDatasetWriterDestroy(&dataset)); // removes what was not published
    PetscCheck(!none, PETSC_COMM_WORLD, KN_ERR_FAILED,
               "none of %" PetscInt64_FMT " samples could be solved (%s); %s was not written", g->samples, g->reason,
               g->output);
    PetscCall(KNGenerationPrintSummary(g));
  }
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Generate(const char purpose[], PetscBool *stopped)
{
  KNGeneration g = {.rank = 0};
  PetscBool    done;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &g.rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &g.size));
  PetscCall(SetFromOptions(&g));
  PetscCall(KNSolverSetUp(g.solver)); // PETSc's own solvers read their options here
  PetscCall(KNOptionsEnd("generate", purpose, &done));
  if (!done) {
    PetscCheck(g.output[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "no file to write: add -output FILE");
    PetscCall(KNSolverGetProblem(g.solver, &g.problem));
    PetscCall(KNGenerationPlan(&g));
    if (g.dry_run) PetscCall(KNGenerationPrintPlan(&g));
    else PetscCall(Generate(&g, stopped));
  }
  PetscCall(KNSolverDestroy(&g.solver));
  PetscCall(KNDatasetDestroy(&g.source));
  PetscCall(PetscFree(g.sample));
  PetscCall(PetscFree(g.given));
  PetscCall(PetscFree(g.outcome));
  if (g.comm != PETSC_COMM_SELF) PetscCallMPI(MPI_Comm_free(&g.comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

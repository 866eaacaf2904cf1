/*
  kitinet condense: a smaller network from a trained one. Whole particles leave the residual stream, in every layer at
  once, or that of each stage; channels leave the insides of blocks, Fourier modes the spectral layers, hidden units the
  head. With -run the rest is fine-tuned there as `kitinet train` trains, which a later call, or `kitinet train -run`,
  goes on with.
*/
#include "command.h"
#include "condense.h"
#include <kitinet/stop.h>
#include <kitinet/trainer.h>

typedef struct {
  char checkpoint[PETSC_MAX_PATH_LEN], dataset_path[PETSC_MAX_PATH_LEN], test_path[PETSC_MAX_PATH_LEN],
    output[PETSC_MAX_PATH_LEN], run[PETSC_MAX_PATH_LEN];
  KNDataset  dataset, test; /* test: NULL if there is none */
  KNTrainer  trainer;
  KNCondense wanted;
} Condense;

static PetscErrorCode SetFromOptions(Condense *condense)
{
  KNCondense *wanted = &condense->wanted;

  PetscFunctionBegin;
  wanted->samples = 100;
  PetscCall(KNOptionsHead("Condensation"));
  PetscCall(
    KNOptionsPath("-checkpoint", "trained network: checkpoint.h5 or best.h5 of a run directory", condense->checkpoint));
  PetscCall(KNOptionsPath(
    "-dataset", "dataset on which contributions are measured and fine-tuning trains: the one that trained the network",
    condense->dataset_path));
  PetscCall(KNOptionsPath(
    "-dataset_test",
    "dataset for the errors of the table and for tests in fine-tuning; by default the samples of -dataset",
    condense->test_path));
  PetscCall(KNOptionsPath("-output",
                          "checkpoint to write: the smaller network; a CSV file of the same name holds the table",
                          condense->output));
  PetscCall(KNOptionsReal("-condense_flops",
                          "share of the floating-point operations that the smaller network may take; 0: one half, "
                          "unless one of the sizes below is given",
                          0, 1, &wanted->flops));
  PetscCall(KNCondenseSizesFromOptions(&wanted->sizes));
  PetscCall(
    KNOptionsInt("-condense_samples",
                 "number of samples (trajectories), from the first, on which contributions and errors are measured", 1,
                 1 << 24, &wanted->samples));
  PetscCall(KNOptionsPath("-run",
                          "directory of a run that fine-tunes the smaller network, with the options of kitinet train; "
                          "not given: the pruned network is written",
                          condense->run));
  if (condense->run[0] || KNOptionsDeclareOnly()) {
    PetscCall(KNStopSetFromOptions());
    PetscCall(KNTrainerSetFromOptions(&condense->trainer));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(Condense *condense, KNOperator full)
{
  const KNProblem *problem;
  PetscInt64       rows;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, condense->dataset_path, &condense->dataset));
  PetscCall(KNOperatorAccept(full, condense->dataset, &problem));
  PetscCall(KNDatasetGetSamples(condense->dataset, &rows));
  condense->wanted.samples = (PetscInt)PetscMin(condense->wanted.samples, rows);
  if (!condense->test_path[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, condense->test_path, &condense->test));
  PetscCall(KNOperatorAccept(full, condense->test, &problem));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The pruned network; of a run that has begun the one it began with, which is kept there. */
static PetscErrorCode Start(const Condense *condense, KNOperator full, KNOperator *pruned)
{
  char      path[PETSC_MAX_PATH_LEN];
  PetscBool begun = PETSC_FALSE;

  PetscFunctionBegin;
  if (condense->run[0]) {
    PetscCall(KNRunPath(condense->run, "pruned.h5", path));
    PetscCall(KNRunHasCheckpoint(condense->run, &begun));
  }
  if (begun) PetscCall(KNOperatorLoad(path, pruned));
  else
    PetscCall(KNCondensePrune(&condense->wanted, full, condense->checkpoint, condense->dataset, condense->dataset_path,
                              pruned));
  if (condense->run[0] && !begun) {
    PetscCall(KNDirectoryCreate("run directory", condense->run, "-run"));
    PetscCall(KNTrainerExport(*pruned, condense->dataset, path));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Condense *condense, KNOperator full, PetscBool *stopped)
{
  KNDataset         judge = condense->test ? condense->test : condense->dataset;
  const KNTaskInfo *task  = KNTaskGetInfo(KNOperatorTask(full));
  const KNProblem  *problem;
  KNOperator        small;
  KNCondenseRow     row[3];
  PetscInt          n    = 2;
  PetscInt64        rows = condense->wanted.samples;

  PetscFunctionBegin;
  if (condense->test) PetscCall(KNDatasetGetSamples(condense->test, &rows));
  PetscCall(KNDatasetGetProblem(judge, &problem));
  PetscCall(Start(condense, full, &small));
  PetscCall(KNCondenseDescribe("full", full, judge, rows, &row[0]));
  PetscCall(KNCondenseDescribe("pruned", small, judge, rows, &row[1]));
  if (condense->run[0]) {
    condense->trainer.fitted = condense->trainer.embedded = PETSC_TRUE;
    PetscCall(KNTrainerRun(&condense->trainer, small, condense->dataset, condense->test, condense->run, stopped));
    if (*stopped)
      PetscCall(
        PetscPrintf(PETSC_COMM_WORLD, "stopped early, checkpoint written; the same command goes on from there\n"));
    else PetscCall(KNCondenseDescribe("fine-tuned", small, judge, rows, &row[n++]));
  }
  if (!*stopped) {
    PetscCall(KNTrainerExport(small, condense->dataset, condense->output));
    PetscCall(KNCondenseTime(full, small, KNProblemGrid(problem), &row[0], &row[1]));
    if (n == 3) PetscCall(PetscArraycpy(row[2].ms, row[1].ms, KN_CONDENSE_SIZES));
    PetscCall(KNCondenseReport(task, n, row, condense->test ? condense->test_path : condense->dataset_path,
                               KNProblemGrid(problem), condense->output));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\ncondensed: %s\nnext: kitinet evaluate -checkpoint %s,%s -dataset %s\n",
                          condense->output, condense->checkpoint, condense->output,
                          condense->test ? condense->test_path : "FILE"));
  }
  PetscCall(KNOperatorDestroy(&small));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Condense(const char purpose[], PetscBool *stopped)
{
  Condense   condense = {.dataset = NULL};
  PetscBool  done, same;
  KNOperator full = NULL;

  PetscFunctionBegin;
  PetscCall(SetFromOptions(&condense));
  PetscCall(KNOptionsRequire((PetscBool)(condense.checkpoint[0] && condense.dataset_path[0] && condense.output[0]),
                             "condense needs -checkpoint FILE, -dataset FILE and -output FILE"));
  if (!KNOptionsDeclareOnly()) {
    PetscCall(PetscStrcmp(condense.checkpoint, condense.output, &same));
    PetscCheck(!same, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "options -checkpoint and -output name the same file: give another -output");
    PetscCall(KNOperatorLoad(condense.checkpoint, &full));
  }
  PetscCall(KNOptionsEnd("condense", purpose, &done));
  if (!done) {
    PetscCheck(KNOperatorSharing(full)->size == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "condense keeps a sample on one rank: leave out -ranks_per_sample");
    PetscCall(Open(&condense, full));
    PetscCall(Run(&condense, full, stopped));
  }
  PetscCall(KNOperatorDestroy(&full));
  PetscCall(KNDatasetDestroy(&condense.test));
  PetscCall(KNDatasetDestroy(&condense.dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kitinet train: trains a network on a dataset, or resumes where the run directory stopped. */
#include "command.h"
#include "train_physics.h"
#include <kitinet/stop.h>
#include <kitinet/trainer.h>
#include <petscviewer.h>

/*
  A run that resumes takes its options from config.yaml; these may change. Where the learning rate follows the whole
  length of the training, that length may not.
*/
static PetscErrorCode InsertRunOptions(const char directory[], PetscBool *resume)
{
  static const char *const may_change[] = {
    "run",      "dry_run",          "ranks_per_sample",   "dataset",     "dataset_test",     "dataset_inputs",
    "max_time", "checkpoint_every", "checkpoint_minutes", "train_skips", "train_test_every", NULL,
  };
  static const char *const open_ended[] = {
    "run",      "dry_run",          "ranks_per_sample",   "dataset",     "dataset_test",     "dataset_inputs",
    "max_time", "checkpoint_every", "checkpoint_minutes", "train_skips", "train_test_every", "train_epochs",
    NULL,
  };
  char      path[PETSC_MAX_PATH_LEN], schedule[KN_MAX_NAME], *yaml;
  PetscBool given, fixed, half;

  PetscFunctionBegin;
  PetscCall(KNRunHasCheckpoint(directory, resume));
  if (!*resume) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNRunPath(directory, "config.yaml", path));
  PetscCall(KNRunReadConfig(directory, &yaml));
  PetscCall(KNOptionsYAMLGet(yaml, "train_schedule", sizeof(schedule), schedule, &given));
  PetscCall(PetscStrcmp(schedule, "onecycle", &fixed));
  PetscCall(PetscStrcmp(schedule, "cosine", &half));
  PetscCall(KNOptionsInsertDefaults(yaml, path, fixed || half ? may_change : open_ended));
  PetscCall(PetscFree(yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the training will take. Nothing is allocated for it yet. */
static PetscErrorCode PrintPlan(KNOperator op, const KNTrainer *trainer, KNDataset dataset)
{
  KNModel          model;
  KNParameters     parameters;
  const KNProblem *problem;
  KNGrid           grid;
  PetscLogDouble   forward, backward;
  PetscInt64       rows, samples, steps;
  char             windows[64] = "", images[64] = "";
  KNSymmetry       symmetry;
  PetscInt         batch, microbatch;
  PetscMPIInt      ranks, busy;
  size_t           size, bytes, traffic[2];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCall(KNOperatorGetModel(op, &model, &parameters, NULL, NULL));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNTrainerGetSteps(trainer, op, dataset, &rows, &samples, &steps));
  if (problem->frames)
    PetscCall(PetscSNPrintf(windows, sizeof(windows), " (windows of %" PetscInt64_FMT " trajectories)", rows));
  PetscCall(KNModelView(model, PETSC_VIEWER_STDOUT_WORLD));
  PetscCall(KNTrainerGetSymmetry(trainer, dataset, &symmetry));
  if (symmetry)
    PetscCall(PetscSNPrintf(images, sizeof(images), ", each in one of %" PetscInt64_FMT " symmetric images",
                            KNSymmetryOrder(symmetry)));
  PetscCall(KNSymmetryDestroy(&symmetry));
  grid = KNOperatorModelGrid(op, KNProblemGrid(problem));
  PetscCall(KNModelSetRecompute(model, trainer->recompute));
  PetscCall(KNOperatorEstimate(op, problem, trainer->microbatch, PETSC_TRUE));
  PetscCall(KNModelGetCost(model, &forward, &backward, &bytes));
  PetscCall(KNParametersGetBlocks(parameters, &size, NULL, NULL, NULL, NULL));
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD,
    "training on %" PetscInt64_FMT " samples%s%s, %" PetscInt_FMT " epochs, batch %" PetscInt_FMT
    " over %d rank%s: %" PetscInt64_FMT " steps\n"
    "%.4g MFLOP forward and %.4g backward for a %s; memory of a rank: %.1f MiB activations, %.1f MiB parameters\n",
    samples, windows, images, trainer->epochs, trainer->batch, ranks, ranks == 1 ? "" : "s", steps, forward * 1e-6,
    backward * 1e-6, problem->frames && grid.dim == problem->output.grid.dim ? "step of a rollout" : "sample",
    (double)bytes / 1048576.0, 4.0 * (double)(size * sizeof(KNReal)) / 1048576.0));
  if (KNOperatorSharing(op)->size > 1) {
    PetscCall(KNModelGetTraffic(model, &traffic[0], &traffic[1]));
    PetscCall(
      PetscPrintf(PETSC_COMM_WORLD,
                  "%d ranks share a sample; they add up %.4g MiB of modes forward and %.4g MiB backward for each\n",
                  KNOperatorSharing(op)->size, (double)traffic[0] / 1048576.0, (double)traffic[1] / 1048576.0));
    ranks = KNOperatorSharing(op)->groups;
  }
  busy = KNReductionBusyRanks(trainer->reduction, trainer->batch, trainer->microbatch, ranks, &batch, &microbatch);
  if (busy < ranks) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "note: only %d of %d ranks (or groups that share samples) have samples of a batch, of whole "
                          "micro-batches of %" PetscInt_FMT "; -train_batch %" PetscInt_FMT,
                          busy, ranks, trainer->microbatch, batch));
    if (microbatch) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " or -train_microbatch %" PetscInt_FMT, microbatch));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " would use all (either gives other weights)\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What -dry_run adds. A checkpoint holds the values and both moments, best.h5 the values; each keeps its previous
 * generation. */
static PetscErrorCode PrintFiles(KNOperator op, const char directory[])
{
  KNParameters parameters;
  PetscBool    resume;
  size_t       total;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, NULL, &parameters, NULL, NULL));
  PetscCall(KNParametersGetTotal(parameters, &total));
  PetscCall(KNRunHasCheckpoint(directory, &resume));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "would %s %s: config.yaml, metrics.csv, log.txt, checkpoint.h5 (2 of %.1f MiB), best.h5 (2 of "
                        "%.1f MiB)\nnothing was written\n",
                        resume ? "resume" : "make", directory, 3.0 * (double)(total * sizeof(KNReal)) / 1048576.0,
                        (double)(total * sizeof(KNReal)) / 1048576.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Train(const char purpose[], PetscBool *stopped)
{
  char directory[PETSC_MAX_PATH_LEN] = "", path[PETSC_MAX_PATH_LEN] = "", test_path[PETSC_MAX_PATH_LEN] = "",
       initial[PETSC_MAX_PATH_LEN] = "";
  /* where no file is opened: any option fits it */
  const KNProblem  example = {.input  = {.grid = {.dim = 2, .n = {1, 1, 1}}},
                              .output = {.grid = {.dim = 2, .n = {1, 1, 1}}, .fields = 1}};
  const KNProblem *problem = &example, *test_problem;
  KNDataset        dataset = NULL, test = NULL;
  KNTrainer        trainer;
  KNTrainPhysics   physics;
  KNOperator       op;
  PetscBool        dry_run = PETSC_FALSE, resume = PETSC_FALSE, parameters = PETSC_TRUE, done;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Data and run"));
  PetscCall(KNOptionsPath("-run", "directory of the run: created if it is missing, resumed if it holds a checkpoint",
                          directory));
  PetscCall(KNOptionsRequire((PetscBool)(directory[0] != 0), "train needs -run DIRECTORY, where the run is kept"));
  if (!KNOptionsDeclareOnly()) PetscCall(InsertRunOptions(directory, &resume));
  PetscCall(KNOptionsPath("-dataset", "dataset to train on", path));
  PetscCall(KNOptionsPath("-dataset_test", "dataset to test on, of any resolution", test_path));
  PetscCall(KNOptionsPath("-train_initial",
                          "checkpoint whose network is trained further, with its options, weights and normalisers; "
                          "learning rate, moments and counters begin anew",
                          initial));
  PetscCall(
    KNOptionsBool("-dry_run", "print what would be done, and what memory and disk it takes; write nothing", &dry_run));
  PetscCall(KNStopSetFromOptions());
  PetscCall(KNTrainerSetFromOptions(&trainer));
  PetscCall(KNOptionsRequire((PetscBool)(path[0] != 0), "train needs -dataset FILE; \"kitinet generate\" makes one"));
  PetscCall(KNOptionsBool("-train_parameters",
                          "the network sees the parameters that differ from sample to sample, as channels that are the "
                          "same at all points",
                          &parameters));
  if (!KNOptionsDeclareOnly()) {
    PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
    PetscCall(KNDatasetGetProblem(dataset, &problem));
    if (parameters && problem->input.kind == KN_SPACE_FIELD)
      PetscCall(KNDatasetShowParameters(dataset, problem->coefficients, problem->coefficient));
    PetscCall(KNDatasetGetProblem(dataset, &problem));
    /* a run that has begun needs that checkpoint no more */
    if (initial[0] && !resume) PetscCall(KNOperatorInsertOptions(initial));
  }
  PetscCall(KNOperatorCreate(problem, trainer.seed, &op));
  PetscCall(KNTrainPhysicsSetFromOptions(op, dataset, path, &physics));
  PetscCall(KNOptionsEnd("train", purpose, &done));
  if (!done) {
    PetscCheck(!test_path[0] || trainer.validation == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "options -dataset_test and -train_validation exclude each other: leave out one of them");
    if (test_path[0]) {
      PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, test_path, &test));
      PetscCall(KNOperatorAccept(op, test, &test_problem));
    }
    if (initial[0] && !resume) PetscCall(KNOperatorInitialize(op, initial, problem, path));
    trainer.fitted = (PetscBool)(initial[0] != 0);
    trainer.inputs = physics.inputs;
    PetscCall(PrintPlan(op, &trainer, dataset));
    PetscCall(KNTrainPhysicsPrint(&physics, op));
    if (dry_run) {
      /* refused here if it would be refused then */
      PetscCall(KNOperatorPlan(op, problem, trainer.microbatch, PETSC_TRUE));
      PetscCall(PrintFiles(op, directory));
    } else {
      PetscCall(KNTrainerRun(&trainer, op, dataset, test, directory, stopped));
      if (*stopped)
        PetscCall(PetscPrintf(
          PETSC_COMM_WORLD,
          "stopped early, checkpoint written; the same command, or \"kitinet train -run %s\", goes on from there\n",
          directory));
      else
        PetscCall(PetscPrintf(PETSC_COMM_WORLD, "trained: %s\nnext: kitinet evaluate -run %s -dataset %s\n", directory,
                              directory, test_path[0] ? test_path : "FILE"));
    }
  }
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(KNTrainPhysicsDestroy(&physics));
  PetscCall(KNDatasetDestroy(&test));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The training loop.

    for each epoch, for each global batch:
      load -> for each micro-batch: forward, loss, backward -> reduce -> update
    after each epoch: metrics; every few epochs: test, best; checkpoint

  All state that a resumed run needs is in KNState and in the operator: the draws are functions of counters.
*/
#include "trainer_impl.h"
#include <kitinet/condensation.h>
#include <kitinet/error.h>
#include <kitinet/evaluation.h>
#include <kitinet/log.h>
#include <kitinet/options.h>
#include <math.h>
#include <petsctime.h>

/* Plans for the grid of the data; the test set may lie on another grid than the training set. */
static PetscErrorCode PlanFor(KNLoop *loop, KNDataset dataset, PetscBool training)
{
  const KNProblem *problem;
  KNModel          model;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(loop->op, &model, NULL, NULL, NULL));
  PetscCall(KNModelSetRecompute(model, loop->trainer->recompute));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorPlan(loop->op, problem, loop->trainer->microbatch, training));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* After an epoch. value (KN_MAX_MEASURES): all NaN if it is not tested. */
static PetscErrorCode Test(KNLoop *loop, PetscInt64 epoch, PetscReal value[])
{
  const KNProblem *own, *other;
  PetscBool        same;

  PetscFunctionBegin;
  for (int m = 0; m < KN_MAX_MEASURES; m++) value[m] = NAN;
  if (!loop->test || (epoch % loop->trainer->test_every && epoch < loop->trainer->epochs))
    PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(loop->dataset, &own));
  PetscCall(KNDatasetGetProblem(loop->test, &other));
  same = (PetscBool)(KNGridEqual(KNProblemGrid(own), KNProblemGrid(other)) &&
                     KNGridEqual(KNProblemOutputGrid(own), KNProblemOutputGrid(other)));
  if (!same) PetscCall(PlanFor(loop, loop->test, PETSC_FALSE));
  PetscCall(KNParametersSwapAverage(loop->parameters));
  PetscCall(
    KNEvaluate(loop->op, loop->test, loop->test_first, loop->test_samples, loop->trainer->microbatch, 0, value));
  PetscCall(KNParametersSwapAverage(loop->parameters)); /* training goes on with the values themselves */
  if (!same) PetscCall(PlanFor(loop, loop->dataset, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "  test 0.01234  accuracy 0.98765": what an epoch's test has measured, "" if there was none. */
static PetscErrorCode PrintTest(const KNTaskInfo *task, const KNMetrics *metrics, int digits, size_t size, char text[])
{
  PetscFunctionBegin;
  text[0] = 0;
  for (PetscInt i = 0; i < task->measures; i++) {
    const PetscInt m    = i == 0 ? task->curve : i <= task->curve ? i - 1 : i;
    const size_t   used = strlen(text);

    if (PetscIsNanReal(metrics->test[m])) continue;
    (void)snprintf(text + used, size - used, "  %s %.*f", m == task->curve ? "test" : task->measure[m].name, digits,
                   (double)metrics->test[m]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The measure that decides what is best. */
static PetscInt JudgedBy(const KNLoop *loop)
{
  return loop->test ? 0 : KNTaskGetInfo(loop->task)->curve;
}

/*
  Whether the epoch is better than the best so far: by the task's first measure on the test set, or by the training
  loss.
*/
static PetscBool IsBest(const KNLoop *loop, const KNMetrics *metrics, PetscReal best, PetscReal *judged)
{
  const KNTaskInfo *task    = KNTaskGetInfo(loop->task);
  const KNMeasure  *measure = &task->measure[JudgedBy(loop)];

  *judged = loop->test ? metrics->test[0] : metrics->train;
  return KNMeasureBetter(measure, *judged, best < 0 ? NAN : best);
}

/* Test, metrics, best and regular checkpoint; then the state stands at the beginning of the next epoch. */
static PetscErrorCode FinishEpoch(KNLoop *loop, KNState *state, PetscInt64 samples, PetscReal wait,
                                  PetscReal epoch_seconds)
{
  const KNTaskInfo *task    = KNTaskGetInfo(loop->task);
  const PetscInt64  trained = samples - state->epoch_skipped;
  KNMetrics         metrics = {.epoch = state->epoch + 1,
                               .train = trained > 0 ? state->epoch_loss / (PetscReal)trained : NAN,
                               .lr    = state->lr};
  PetscLogDouble    now;
  PetscReal         elapsed, left, judged;
  char              time[32], test[32 * KN_MAX_MEASURES], train[32] = "-";

  PetscFunctionBegin;
  PetscCall(Test(loop, metrics.epoch, metrics.test));
  PetscCall(PetscTime(&now));
  metrics.seconds = state->seconds + (now - loop->began);
  metrics.wait    = wait / PetscMax(epoch_seconds, 1e-9);
  state->epoch++;
  state->batch         = 0;
  state->epoch_loss    = 0;
  state->epoch_skipped = 0;
  /* before the checkpoint: a resumed run drops rows that no checkpoint covers, but cannot make up for a missing one */
  PetscCall(KNRunAddMetrics(loop->run, &metrics));
  if (loop->trainer->condensation_every &&
      (state->epoch % loop->trainer->condensation_every == 0 || state->epoch == loop->trainer->epochs))
    PetscCall(KNCondensationAdd(loop->run, state->epoch, loop->parameters));
  if (IsBest(loop, &metrics, state->best, &judged)) {
    state->best = judged;
    PetscCall(KNLoopKeepBest(loop, state));
  }
  if (loop->save || state->epoch % loop->trainer->checkpoint_every == 0 || state->epoch == loop->trainer->epochs)
    PetscCall(KNLoopSave(loop, state));
  PetscCall(KNProgressTimes(&loop->progress, state->step, &elapsed, &left));
  PetscCall(KNFormatTime(left, time));
  PetscCall(PrintTest(task, &metrics, 5, sizeof(test), test));
  if (trained > 0) PetscCall(PetscSNPrintf(train, sizeof(train), "%.5f", (double)metrics.train));
  PetscCall(KNProgressSay(
    &loop->progress,
    "epoch %3" PetscInt64_FMT "/%" PetscInt_FMT "  train %s%s  lr %.2e  %.2f s  data wait %.1f %%  %s left",
    metrics.epoch, loop->trainer->epochs, train, test, metrics.lr, epoch_seconds, 100 * metrics.wait, time));
  if (trained > 0) PetscCall(PetscSNPrintf(train, sizeof(train), "%.6f", (double)metrics.train));
  PetscCall(KNRunLog(loop->run, "epoch %" PetscInt64_FMT "/%" PetscInt_FMT "  train %s%s  lr %.3e", metrics.epoch,
                     loop->trainer->epochs, train, test, metrics.lr));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the state to the last epoch, or to the step at which the ranks agree to stop. */
static PetscErrorCode TrainEpochs(KNLoop *loop, KNState *state, PetscInt64 samples, PetscBool *stopped)
{
  PetscFunctionBegin;
  while (state->epoch < loop->trainer->epochs && !*stopped) {
    PetscLogDouble began, ended;
    PetscReal      waited, wait;

    PetscCall(PetscTime(&began));
    PetscCall(KNLoaderGetWait(loop->loader, &waited));
    PetscCall(KNLoaderStart(loop->loader, state->epoch, (PetscInt)state->batch));
    while (state->batch < loop->batches && !*stopped) {
      char note[64];

      PetscCall(KNLoopStep(loop, state, stopped));
      if (loop->save && state->batch < loop->batches && !*stopped) PetscCall(KNLoopSave(loop, state));
      PetscCall(PetscSNPrintf(note, sizeof(note), "epoch %" PetscInt64_FMT "/%" PetscInt_FMT, state->epoch + 1,
                              loop->trainer->epochs));
      PetscCall(KNProgressUpdate(&loop->progress, state->step, note));
    }
    PetscCall(KNLoaderGetWait(loop->loader, &wait));
    PetscCall(PetscTime(&ended));
    if (state->batch == loop->batches) PetscCall(FinishEpoch(loop, state, samples, wait - waited, ended - began));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* H and R of a window; both 0 for a steady problem. */
static PetscErrorCode GetRollout(const KNTrainer *trainer, KNOperator op, const KNProblem *problem, PetscInt *history,
                                 PetscInt *rollout)
{
  PetscInt most, at_once;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetHistory(op, history));
  PetscCall(KNOperatorGetSteps(op, &at_once));
  most     = problem->frames - *history;
  *rollout = *history ? (trainer->rollout ? trainer->rollout : most) : 0;
  PetscCheck(*history || trainer->rollout == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_rollout is %" PetscInt_FMT ", the dataset is steady: leave it out", trainer->rollout);
  PetscCheck(*rollout <= most, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_rollout is %" PetscInt_FMT ", the dataset has %" PetscInt_FMT
             " frames, of which -train_history takes %" PetscInt_FMT ": give at most %" PetscInt_FMT
             ", or 0 for all that follow",
             trainer->rollout, problem->frames, *history, most);
  if (!at_once) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(trainer->rollout <= 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_rollout is %" PetscInt_FMT ", with -train_form spacetime there are no steps: leave it out",
             trainer->rollout);
  *rollout = at_once;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows that are kept for validation: the last ones. */
static PetscInt64 ValidationRows(const KNTrainer *trainer, PetscInt64 rows)
{
  return trainer->validation > 0 ? PetscMax(1, (PetscInt64)(trainer->validation * (PetscReal)rows)) : 0;
}

static PetscErrorCode FindTest(KNLoop *loop)
{
  PetscFunctionBegin;
  if (!loop->test && loop->trainer->validation > 0) {
    PetscInt64 rows;

    loop->test = loop->dataset;
    PetscCall(KNDatasetGetSamples(loop->test, &rows));
    loop->test_samples = ValidationRows(loop->trainer, rows);
    loop->test_first   = rows - loop->test_samples;
  } else if (loop->test) PetscCall(KNDatasetGetSamples(loop->test, &loop->test_samples));
  /* now, not after the first epochs */
  if (loop->test) PetscCall(KNLoaderCheckRows(loop->test, loop->sharing, loop->test_first, loop->test_samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoopCreate(const KNTrainer *trainer, KNOperator op, KNDataset dataset, KNDataset test,
                                 const char directory[], PetscInt64 rows, KNLoop *loop)
{
  const KNProblem *problem;
  PetscInt         history, at_once, largest;
  PetscBool        apart;
  KNGrid           grid;
  size_t           parameters, frames, arrays;

  PetscFunctionBegin;
  *loop = (KNLoop){.trainer = trainer, .op = op, .dataset = dataset, .test = test, .directory = directory};
  PetscCall(KNOperatorGetModel(op, &loop->model, &loop->parameters, NULL, NULL));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(GetRollout(trainer, op, problem, &history, &loop->rollout));
  PetscCall(KNOperatorGetSteps(op, &at_once));
  loop->sharing = KNOperatorSharing(op);
  apart         = (PetscBool)(loop->sharing->size > 1 || (loop->rollout > 1 && !at_once));
  grid          = KNOperatorSlab(op, KNProblemGrid(problem));
  frames        = (size_t)PetscMax(history + loop->rollout, 1);
  arrays        = (size_t)trainer->microbatch * (size_t)PetscMax(loop->rollout, 1);
  loop->task    = KNOperatorTask(op);
  loop->nx      = (size_t)problem->input.fields * KNGridSize(&grid);
  loop->ny      = frames * KNTaskOutputSize(loop->task);
  loop->nt      = frames * KNTaskTargetSize(loop->task);
  loop->given   = (size_t)history * KNTaskOutputSize(loop->task);
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, 0, rows, trainer->batch,
                           KNReductionGetLeaf(trainer->reduction, trainer->microbatch), PETSC_TRUE, trainer->seed,
                           &loop->loader));
  PetscCall(KNLoaderSetSharing(loop->loader, loop->sharing));
  PetscCall(KNOperatorCheckLengths(dataset));
  PetscCall(KNLoaderSetLikeLengths(loop->loader, trainer->like_lengths));
  PetscCall(KNTrainerGetSymmetry(trainer, dataset, &loop->symmetry));
  PetscCall(KNLoaderSetSymmetry(loop->loader, loop->symmetry));
  if (trainer->inputs) PetscCall(KNLoaderAddInputs(loop->loader, trainer->inputs));
  if (loop->rollout) PetscCall(KNLoaderSetWindow(loop->loader, history + loop->rollout));
  PetscCall(KNLoaderGetSizes(loop->loader, &loop->batches, NULL));
  PetscCall(KNReductionCreate(loop->sharing->across, trainer->reduction, loop->parameters, trainer->batch,
                              trainer->microbatch, apart, &loop->reduction));
  PetscCall(KNWordRowsCreate(loop->sharing->across, loop->parameters, &loop->words));
  PetscCall(KNMalloc((size_t)trainer->microbatch * loop->ny, sizeof(float), &loop->y));
  if (loop->rollout) PetscCall(KNMalloc((size_t)trainer->microbatch * loop->ny, sizeof(float), &loop->u));
  if (KNTaskGetPhysics(loop->task)) {
    PetscCall(KNMalloc((size_t)trainer->microbatch * loop->nx, sizeof(float), &loop->raw));
    PetscCall(KNMalloc((size_t)trainer->microbatch * loop->ny, sizeof(double), &loop->misfit));
  }
  PetscCall(PetscMalloc3((size_t)trainer->microbatch, &loop->loss, arrays, &loop->step_loss,
                         arrays * KNTaskLossParts(loop->task), &loop->part));
  PetscCall(KNLoaderGetSizes(loop->loader, NULL, &largest));
  PetscCall(PetscMalloc1(largest, &loop->labels));
  PetscCall(FindTest(loop));
  PetscCall(KNParametersGetBlocks(loop->parameters, &parameters, NULL, NULL, NULL, NULL));
  PetscCall(KNMalloc(parameters, sizeof(KNReal), &loop->best));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &loop->rank));
  PetscCall(KNRunCreate(directory, &loop->run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoopDestroy(KNLoop *loop)
{
  PetscFunctionBegin;
  PetscCall(KNRunDestroy(&loop->run));
  PetscCall(KNFree(&loop->best));
  PetscCall(PetscFree(loop->labels));
  PetscCall(PetscFree3(loop->loss, loop->step_loss, loop->part));
  PetscCall(KNFree(&loop->misfit));
  PetscCall(KNFree(&loop->raw));
  PetscCall(KNFree(&loop->u));
  PetscCall(KNFree(&loop->y));
  PetscCall(KNWordRowsDestroy(&loop->words));
  PetscCall(KNReductionDestroy(&loop->reduction));
  PetscCall(KNLoaderDestroy(&loop->loader));
  PetscCall(KNSymmetryDestroy(&loop->symmetry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerGetSteps(const KNTrainer *trainer, KNOperator op, KNDataset dataset, PetscInt64 *rows,
                                 PetscInt64 *samples, PetscInt64 *steps)
{
  const KNProblem *problem;
  PetscInt64       kept, inputs = 0;
  PetscInt         history = 0, rollout = 0;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetSamples(dataset, rows));
  kept = ValidationRows(trainer, *rows);
  PetscCheck(!kept || trainer->samples <= *rows - kept, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_validation keeps %" PetscInt64_FMT " of the dataset's %" PetscInt64_FMT
             " samples, which leaves %" PetscInt64_FMT " of them, fewer than -train_samples %" PetscInt64_FMT
             ": give less of either",
             kept, *rows, *rows - kept, trainer->samples);
  *rows -= kept;
  PetscCheck(trainer->samples <= *rows, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_samples is %" PetscInt64_FMT ", the dataset holds %" PetscInt64_FMT
             ": give at most that, or 0 for all",
             trainer->samples, *rows);
  if (trainer->samples) *rows = trainer->samples;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNAugmentationCheck(&trainer->augmentation, problem));
  PetscCall(GetRollout(trainer, op, problem, &history, &rollout));
  if (trainer->inputs) PetscCall(KNDatasetGetSamples(trainer->inputs, &inputs));
  *samples = (history ? *rows * (problem->frames - history - rollout + 1) : *rows) + inputs;
  *steps   = (PetscInt64)trainer->epochs * ((*samples + trainer->batch - 1) / trainer->batch);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerRun(const KNTrainer *trainer, KNOperator op, KNDataset dataset, KNDataset test,
                            const char directory[], PetscBool *stopped)
{
  KNState        state = {.best = -1};
  PetscInt64     rows, samples, steps;
  PetscBool      resume;
  PetscLogDouble now;
  KNLoop         loop;
  char          *yaml, path[PETSC_MAX_PATH_LEN];

  /* Another command that fine-tunes has options of its own, which `kitinet train -run` would not know. */
  static const char *const fine_tuning[] = {"run",        "dataset", "seed",  "max_time",   "model_",
                                            "collision_", "train_",  "task_", "checkpoint_"};

  PetscFunctionBegin;
  *stopped = PETSC_FALSE;
  PetscCall(KNTrainerGetSteps(trainer, op, dataset, &rows, &samples, &steps));
  /* refuses a grid that does not fit before anything is created */
  PetscCall(PlanFor(&(KNLoop){.trainer = trainer, .op = op}, dataset, PETSC_TRUE));
  PetscCall(LoopCreate(trainer, op, dataset, test, directory, rows, &loop));
  PetscCall(KNRunPath(directory, "checkpoint.h5", path));
  PetscCall(KNRunHasCheckpoint(directory, &resume));
  if (resume) PetscCall(KNCheckpointLoad(path, op, &state, dataset, trainer->inputs));
  else if (!trainer->fitted) {
    PetscCall(KNOperatorFit(op, dataset, 0, rows));
    PetscCall(KNTaskSymmetrize(loop.task, loop.symmetry));
  }
  PetscCall(KNLoopAugment(&loop));
  if (state.best_measure != JudgedBy(&loop)) state.best = -1; /* a test set has come, or gone: two measures */
  state.best_measure = JudgedBy(&loop);
  PetscCall(KNOptionsYAML(trainer->embedded ? PETSC_STATIC_ARRAY_LENGTH(fine_tuning) : 0, fine_tuning, &yaml));
  PetscCall(KNRunStart(loop.run, KNTaskGetInfo(loop.task), yaml, state.epoch, &state.seconds));
  PetscCall(PetscFree(yaml));
  if (trainer->condensation_every) PetscCall(KNCondensationStart(loop.run, state.epoch));
  if (trainer->condensation_every && !resume) PetscCall(KNCondensationAdd(loop.run, 0, loop.parameters));
  if (resume)
    PetscCall(
      KNRunLog(loop.run, "resumed after epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT, state.epoch, state.step));

  PetscCall(PetscTime(&loop.began));
  loop.saved = loop.began;
  PetscCall(KNProgressBegin("steps", steps, state.step, &loop.progress));
  if (resume)
    PetscCall(KNProgressSay(&loop.progress, "resuming %s after epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT,
                            directory, state.epoch, state.step));
  PetscCall(TrainEpochs(&loop, &state, samples, stopped));
  PetscCall(KNProgressEnd(&loop.progress));
  PetscCall(PetscTime(&now));
  state.seconds += now - loop.began;
  if (*stopped && state.epoch < trainer->epochs) {
    PetscCall(KNLoopSave(&loop, &state));
    PetscCall(KNRunLog(loop.run,
                       "stopped early in epoch %" PetscInt64_FMT " after step %" PetscInt64_FMT ", checkpoint written",
                       state.epoch + 1, state.step));
  } else *stopped = PETSC_FALSE;
  PetscCall(LoopDestroy(&loop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The training loop.

    for each epoch, for each global batch:
      load -> for each micro-batch: forward, loss, backward -> reduce -> update
    after each epoch: test, metrics, best; every few epochs: checkpoint

  All state that a resumed run needs is in KNState and in the operator: the draws are functions of counters.
*/
#include "checkpoint.h"
#include <kitinet/error.h>
#include <kitinet/evaluation.h>
#include <kitinet/loader.h>
#include <kitinet/log.h>
#include <kitinet/loss.h>
#include <kitinet/options.h>
#include <kitinet/progress.h>
#include <kitinet/reduce.h>
#include <kitinet/stop.h>
#include <kitinet/trainer.h>
#include <petsctime.h>

/* What the loop works with; made once, nothing in it grows. */
typedef struct {
  const KNTrainer *trainer;
  KNOperator       op;
  KNParameters     parameters; /* not owned */
  KNDataset        dataset, test;
  KNLoader         loader;
  KNRun            run;
  const char      *directory;
  size_t           nx, ny;     /* values of one sample's input, output */
  PetscInt         batches;    /* steps of an epoch */
  float           *y;          /* (microbatch, ny) prediction, then its gradient */
  double          *error;      /* (microbatch) */
  PetscReal       *test_error; /* (samples of the test set) */
  PetscLogDouble   began;      /* of this part of the run */
  KNProgress       progress;
} Loop;

PetscErrorCode KNTrainerSetFromOptions(KNTrainer *trainer)
{
  PetscFunctionBegin;
  *trainer = (KNTrainer){.epochs = 50, .batch = 20, .microbatch = 5, .samples = 0, .checkpoint_every = 10, .seed = 1};
  PetscCall(KNOptionsHead("Training"));
  PetscCall(KNOptionsInt("-train_epochs", "passes over the training samples", 1, 10000000, &trainer->epochs));
  PetscCall(KNOptionsInt("-train_batch", "samples of one step, over all ranks", 1, 1 << 24, &trainer->batch));
  PetscCall(KNOptionsInt("-train_microbatch", "samples that pass through the network together on one rank: sets the memory of activations", 1, 1 << 16, &trainer->microbatch));
  PetscCall(KNOptionsInt64("-train_samples", "use the first so many samples of the dataset, 0 for all", 0, PETSC_MAX_INT, &trainer->samples));
  PetscCall(KNOptimizerSetFromOptions(&trainer->optimizer));
  PetscCall(KNOptionsInt("-checkpoint_every", "epochs between checkpoints", 1, 10000000, &trainer->checkpoint_every));
  PetscCall(KNOptionsInt64("-seed", "of initial weights, order of samples, collisions", 0, PETSC_MAX_INT, &trainer->seed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Forward, loss and backward of this rank's samples; adds to the gradients and to sums. */
static PetscErrorCode ComputeGradient(Loop *loop, const KNState *state, const KNBatch *batch, KNStepSums *sums)
{
  PetscFunctionBegin;
  PetscCall(KNParametersZeroGradients(loop->parameters));
  for (PetscInt start = 0; start < batch->samples; start += loop->trainer->microbatch) {
    const PetscInt B      = PetscMin(loop->trainer->microbatch, batch->samples - start);
    float         *x      = batch->x + (size_t)start * loop->nx;
    const float   *target = batch->y + (size_t)start * loop->ny;
    const KNPass   pass   = {.samples = B, .training = PETSC_TRUE, .seed = loop->trainer->seed, .step = state->step, .index = batch->row + start};

    PetscCall(KNStagePush(KN_STAGE_FORWARD));
    PetscCall(KNOperatorForward(loop->op, &pass, x, loop->y));
    kn_relative_l2_forward(loop->error, loop->y, target, (size_t)B, loop->ny);
    PetscCall(PetscLogStagePop());
    PetscCall(KNStagePush(KN_STAGE_BACKWARD));
    kn_relative_l2_backward(loop->y, loop->error, loop->y, target, (size_t)B, loop->ny);
    PetscCall(KNOperatorBackward(loop->op, &pass, x, loop->y));
    PetscCall(PetscLogStagePop());
    for (PetscInt b = 0; b < B; b++) sums->loss += loop->error[b];
  }
  sums->samples = batch->samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One optimiser step on the next batch. */
static PetscErrorCode Step(Loop *loop, KNState *state, PetscBool *stop)
{
  const KNTrainer *trainer = loop->trainer;
  KNStepSums       sums    = {.stop = KNStopWanted() ? 1 : 0};
  KNBatch          batch;

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_LOAD));
  PetscCall(KNLoaderNext(loop->loader, &batch));
  PetscCall(PetscLogStagePop());
  PetscCall(ComputeGradient(loop, state, &batch, &sums));
  PetscCall(KNStagePush(KN_STAGE_REDUCE));
  PetscCall(KNReduceStep(PETSC_COMM_WORLD, loop->parameters, &sums));
  PetscCall(PetscLogStagePop());
  PetscCheck(!PetscIsInfOrNanReal(sums.loss), PETSC_COMM_WORLD, KN_ERR_FAILED, "the loss is %g at epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT ": training has diverged; the last checkpoint in %s is kept; try a smaller -train_lr or -train_clip 10",
             sums.loss, state->epoch + 1, state->step, loop->directory);
  PetscCall(KNStagePush(KN_STAGE_UPDATE));
  state->lr = KNOptimizerRate(&trainer->optimizer, state->step, (PetscInt64)trainer->epochs * loop->batches, loop->batches);
  PetscCall(KNOptimizerStep(&trainer->optimizer, loop->parameters, state->lr, state->step));
  PetscCall(PetscLogStagePop());
  state->step++;
  state->batch++;
  state->samples_seen += (PetscInt64)sums.samples;
  state->epoch_loss += sums.loss;
  *stop = (PetscBool)(sums.stop > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A gradient that is not finite spoils the parameters one step before the loss shows it: they are looked at before they replace a good checkpoint. */
static PetscErrorCode CheckFinite(const Loop *loop, const KNState *state)
{
  KNReal *value;
  size_t  n;
  double  sum = 0;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, &value, NULL, NULL, NULL));
  for (size_t i = 0; i < n; i++) sum += 0 * (double)value[i]; /* NaN if any is infinite or NaN */
  PetscCheck(!PetscIsInfOrNanReal(sum), PETSC_COMM_WORLD, KN_ERR_FAILED, "the parameters are not finite after step %" PetscInt64_FMT ": training has diverged; the last checkpoint in %s is kept; try a smaller -train_lr or -train_clip 10", state->step, loop->directory);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SaveCheckpoint(Loop *loop, KNState *state, const char name[], PetscBool moments)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_CHECKPOINT));
  PetscCall(CheckFinite(loop, state));
  PetscCall(KNRunPath(loop->directory, name, path));
  PetscCall(KNCheckpointSave(path, loop->op, state, loop->dataset, moments));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Plans for the grid of the data; the test set may lie on another grid than the training set. */
static PetscErrorCode PlanFor(Loop *loop, KNDataset dataset, PetscBool training)
{
  const KNProblem *problem;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorSetGrid(loop->op, &problem->grid, loop->trainer->microbatch, training));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(Loop *loop, PetscReal *error)
{
  const KNProblem *own, *other;
  PetscInt64       samples;
  PetscBool        same;

  PetscFunctionBegin;
  *error = -1;
  if (!loop->test) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(loop->dataset, &own));
  PetscCall(KNDatasetGetProblem(loop->test, &other));
  PetscCall(PetscMemcmp(own->grid.n, other->grid.n, sizeof(own->grid.n), &same));
  if (!same) PetscCall(PlanFor(loop, loop->test, PETSC_FALSE));
  PetscCall(KNDatasetGetSamples(loop->test, &samples));
  PetscCall(KNEvaluate(loop->op, loop->test, 0, samples, loop->trainer->microbatch, 0, loop->test_error));
  KNErrorStatistics(samples, loop->test_error, error, NULL, NULL);
  if (!same) PetscCall(PlanFor(loop, loop->dataset, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Test error, metrics, best and regular checkpoint; then the state stands at the beginning of the next epoch. */
static PetscErrorCode FinishEpoch(Loop *loop, KNState *state, PetscInt64 samples, PetscReal wait, PetscReal epoch_seconds)
{
  KNMetrics      metrics = {.epoch = state->epoch + 1, .train = state->epoch_loss / (PetscReal)samples, .lr = state->lr};
  PetscLogDouble now;
  PetscReal      elapsed, left, judged;
  char           time[32], test[32] = "";

  PetscFunctionBegin;
  PetscCall(Test(loop, &metrics.test));
  PetscCall(PetscTime(&now));
  metrics.seconds = state->seconds + (now - loop->began);
  metrics.wait    = wait / PetscMax(epoch_seconds, 1e-9);
  state->epoch++;
  state->batch      = 0;
  state->epoch_loss = 0;
  judged            = metrics.test >= 0 ? metrics.test : metrics.train;
  PetscCall(KNRunAddMetrics(loop->run, &metrics)); /* before the checkpoint: a resumed run drops rows that no checkpoint covers, but cannot make up for a missing one */
  if (state->best < 0 || judged < state->best) {
    state->best = judged;
    PetscCall(SaveCheckpoint(loop, state, "best.h5", PETSC_FALSE));
  }
  if (state->epoch % loop->trainer->checkpoint_every == 0 || state->epoch == loop->trainer->epochs) PetscCall(SaveCheckpoint(loop, state, "checkpoint.h5", PETSC_TRUE));
  PetscCall(KNProgressTimes(&loop->progress, state->step, &elapsed, &left));
  PetscCall(KNFormatTime(left, time));
  if (metrics.test >= 0) PetscCall(PetscSNPrintf(test, sizeof(test), "  test %.5f", metrics.test));
  PetscCall(KNProgressSay(&loop->progress, "epoch %3" PetscInt64_FMT "/%" PetscInt_FMT "  train %.5f%s  lr %.2e  %.2f s  data wait %.1f %%  %s left", metrics.epoch, loop->trainer->epochs, metrics.train, test, metrics.lr, epoch_seconds, 100 * metrics.wait, time));
  PetscCall(KNRunLog(loop->run, "epoch %" PetscInt64_FMT "/%" PetscInt_FMT "  train %.6f%s  lr %.3e", metrics.epoch, loop->trainer->epochs, metrics.train, test, metrics.lr));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the state to the last epoch, or to the step at which the ranks agree to stop. */
static PetscErrorCode TrainEpochs(Loop *loop, KNState *state, PetscInt64 samples, PetscBool *stopped)
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

      PetscCall(Step(loop, state, stopped));
      PetscCall(PetscSNPrintf(note, sizeof(note), "epoch %" PetscInt64_FMT "/%" PetscInt_FMT, state->epoch + 1, loop->trainer->epochs));
      PetscCall(KNProgressUpdate(&loop->progress, state->step, note));
    }
    PetscCall(KNLoaderGetWait(loop->loader, &wait));
    PetscCall(PetscTime(&ended));
    if (state->batch == loop->batches) PetscCall(FinishEpoch(loop, state, samples, wait - waited, ended - began));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoopCreate(const KNTrainer *trainer, KNOperator op, KNDataset dataset, KNDataset test, const char directory[], PetscInt64 samples, Loop *loop)
{
  const KNProblem *problem;
  PetscInt64       test_samples = 0;

  PetscFunctionBegin;
  *loop = (Loop){.trainer = trainer, .op = op, .dataset = dataset, .test = test, .directory = directory};
  PetscCall(KNOperatorGetModel(op, NULL, &loop->parameters, NULL, NULL));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  loop->nx = KNProblemInputSize(problem);
  loop->ny = KNProblemOutputSize(problem);
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, 0, samples, trainer->batch, PETSC_TRUE, trainer->seed, &loop->loader));
  PetscCall(KNLoaderGetSizes(loop->loader, &loop->batches, NULL));
  PetscCall(KNMalloc((size_t)trainer->microbatch * loop->ny, sizeof(float), &loop->y));
  PetscCall(PetscMalloc1((size_t)trainer->microbatch, &loop->error));
  if (test) PetscCall(KNDatasetGetSamples(test, &test_samples));
  PetscCall(PetscMalloc1((size_t)test_samples, &loop->test_error));
  PetscCall(KNRunCreate(directory, &loop->run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoopDestroy(Loop *loop)
{
  PetscFunctionBegin;
  PetscCall(KNRunDestroy(&loop->run));
  PetscCall(PetscFree(loop->test_error));
  PetscCall(PetscFree(loop->error));
  PetscCall(KNFree(&loop->y));
  PetscCall(KNLoaderDestroy(&loop->loader));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerRun(const KNTrainer *trainer, KNOperator op, KNDataset dataset, KNDataset test, const char directory[], PetscBool *stopped)
{
  KNState        state = {.best = -1};
  PetscInt64     samples;
  PetscBool      resume;
  PetscLogDouble now;
  Loop           loop;
  char          *yaml, path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  *stopped = PETSC_FALSE;
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCheck(trainer->samples <= samples, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_samples is %" PetscInt64_FMT ", the dataset holds %" PetscInt64_FMT ": give at most that, or 0 for all", trainer->samples, samples);
  if (trainer->samples) samples = trainer->samples;
  PetscCall(PlanFor(&(Loop){.trainer = trainer, .op = op}, dataset, PETSC_TRUE)); /* refuses a grid that does not fit before anything is created */
  PetscCall(LoopCreate(trainer, op, dataset, test, directory, samples, &loop));
  PetscCall(KNRunPath(directory, "checkpoint.h5", path));
  PetscCall(KNRunHasCheckpoint(directory, &resume));
  if (resume) PetscCall(KNCheckpointLoad(path, op, &state, dataset));
  else PetscCall(KNOperatorFit(op, dataset, 0, samples));
  PetscCall(KNOptionsYAML(0, NULL, &yaml));
  PetscCall(KNRunStart(loop.run, yaml, state.epoch, &state.seconds));
  PetscCall(PetscFree(yaml));
  if (resume) PetscCall(KNRunLog(loop.run, "resumed after epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT, state.epoch, state.step));

  PetscCall(PetscTime(&loop.began));
  PetscCall(KNProgressBegin("steps", (PetscInt64)trainer->epochs * loop.batches, state.step, &loop.progress));
  if (resume) PetscCall(KNProgressSay(&loop.progress, "resuming %s after epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT, directory, state.epoch, state.step));
  PetscCall(TrainEpochs(&loop, &state, samples, stopped));
  PetscCall(KNProgressEnd(&loop.progress));
  PetscCall(PetscTime(&now));
  state.seconds += now - loop.began;
  if (*stopped && state.epoch < trainer->epochs) {
    PetscCall(SaveCheckpoint(&loop, &state, "checkpoint.h5", PETSC_TRUE));
    PetscCall(KNRunLog(loop.run, "stopped early in epoch %" PetscInt64_FMT " after step %" PetscInt64_FMT ", checkpoint written", state.epoch + 1, state.step));
  } else *stopped = PETSC_FALSE;
  PetscCall(LoopDestroy(&loop));
  PetscFunctionReturn(PETSC_SUCCESS);
}

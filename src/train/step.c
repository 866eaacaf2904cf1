/* One step of the training: load, gradient, reduce, update. */
#include "trainer_impl.h"
#include <kitinet/error.h>
#include <kitinet/log.h>
#include <kitinet/stop.h>

PetscErrorCode KNLoopStep(KNLoop *loop, KNState *state, PetscBool *stop)
{
  const KNTrainer *trainer = loop->trainer;
  KNStepSums       sums    = {.stop = KNStopWanted(PETSC_TRUE) ? 1 : 0, .save = KNLoopSaveWanted(loop) ? 1 : 0};
  PetscBool        skip;
  KNBatch          batch;

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_LOAD));
  PetscCall(KNLoaderNext(loop->loader, &batch));
  PetscCall(PetscLogStagePop());
  loop->fault[0]     = 0;
  loop->bad_gradient = PETSC_FALSE;
  PetscCall(KNLoopComputeGradient(loop, state, &batch, &sums));
  sums.faults = loop->fault[0] ? 1 : 0;
  PetscCall(KNStagePush(KN_STAGE_REDUCE));
  PetscCall(KNLoopSumShares(loop, &sums));
  PetscCall(KNReductionFinish(loop->reduction, &sums));
  PetscCall(PetscLogStagePop());
  PetscCall(KNLoopGuardStep(loop, state, &sums, &skip));
  if (skip && state->skips > trainer->skips) {
    PetscCall(KNLoopSaveBest(loop));
    SETERRQ(
      PETSC_COMM_WORLD, KN_ERR_FAILED,
      "training has diverged at step %" PetscInt64_FMT ", %" PetscInt64_FMT
      " steps skipped before it: %s; the last checkpoint in %s is kept; try a smaller -train_lr or -train_clip 10",
      state->step, state->skips - 1, loop->fault, loop->directory);
  }
  if (!skip) {
    PetscCall(KNStagePush(KN_STAGE_UPDATE));
    state->lr =
      KNOptimizerRate(&trainer->optimizer, state->step, (PetscInt64)trainer->epochs * loop->batches, loop->batches);
    PetscCall(KNOptimizerStep(&trainer->optimizer, loop->parameters, state->lr, state->step, sums.samples));
    PetscCall(KNParametersUpdateState(loop->parameters));
    PetscCall(PetscLogStagePop());
    state->samples_seen += (PetscInt64)sums.samples;
    state->epoch_loss += sums.loss;
  }
  state->step++;
  state->batch++;
  *stop      = (PetscBool)(sums.stop > 0);
  loop->save = (PetscBool)(sums.save > 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

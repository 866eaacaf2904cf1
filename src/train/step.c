/* One step of the training: load, gradient, reduce, update. */
#include "trainer_impl.h"
#include <kitinet/error.h>
#include <kitinet/log.h>
#include <kitinet/stop.h>

PetscErrorCode KNLoopStep(KNLoop *loop, KNState *state, PetscBool *stop)
{
  const KNTrainer *trainer = loop->trainer;
  KNStepSums       sums    = {.stop = KNStopWanted(PETSC_TRUE) ? 1 : 0};
  KNBatch          batch;

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_LOAD));
  PetscCall(KNLoaderNext(loop->loader, &batch));
  PetscCall(PetscLogStagePop());
  PetscCall(KNLoopComputeGradient(loop, state, &batch, &sums));
  PetscCall(KNStagePush(KN_STAGE_REDUCE));
  PetscCall(KNReductionFinish(loop->reduction, &sums));
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

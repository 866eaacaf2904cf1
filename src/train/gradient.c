/* The gradient of one rank's share of a batch, micro-batch by micro-batch, and on its way to the other ranks. */
#include "trainer_impl.h"
#include <kitinet/log.h>
#include <kitinet/loss.h>

/* Forward, loss and backward of B samples, from number `start` of the batch on: their gradient is added to the gradient block, their errors to *loss. */
static PetscErrorCode ComputeMicrobatch(KNLoop *loop, const KNState *state, const KNBatch *batch, PetscInt start, PetscInt B, double *loss)
{
  float       *x      = batch->x + (size_t)start * loop->nx;
  const float *target = batch->y + (size_t)start * loop->ny;
  const KNPass pass   = {.samples = B, .training = PETSC_TRUE, .seed = loop->trainer->seed, .step = state->step, .index = batch->row + start};

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_FORWARD));
  PetscCall(KNOperatorForward(loop->op, &pass, x, loop->y));
  kn_relative_l2_forward(loop->error, loop->y, target, (size_t)B, loop->ny);
  PetscCall(PetscLogStagePop());
  PetscCall(KNStagePush(KN_STAGE_BACKWARD));
  kn_relative_l2_backward(loop->y, loop->error, loop->y, target, (size_t)B, loop->ny);
  loop->pending = SIZE_MAX;
  PetscCall(KNModelSetGradientsDone(loop->model, KNLoopGradientsDone, loop)); /* around the last backward sweep only */
  PetscCall(KNOperatorBackward(loop->op, &pass, x, loop->y));
  PetscCall(KNModelSetGradientsDone(loop->model, NULL, NULL));
  PetscCall(PetscLogStagePop());
  for (PetscInt b = 0; b < B; b++) *loss += loop->error[b];
  PetscCall(KNLoopGuardMicrobatch(loop, batch, start, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopComputeGradient(KNLoop *loop, const KNState *state, const KNBatch *batch, KNStepSums *sums)
{
  PetscFunctionBegin;
  PetscCall(KNReductionBegin(loop->reduction, batch->total));
  for (PetscInt start = 0; start < batch->samples; start += loop->trainer->microbatch) {
    double loss = 0;

    PetscCall(ComputeMicrobatch(loop, state, batch, start, PetscMin(loop->trainer->microbatch, batch->samples - start), &loss));
    PetscCall(KNReductionAdd(loop->reduction, loss));
  }
  sums->samples = batch->samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

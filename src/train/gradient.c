/* The gradient of one rank's share of a batch, micro-batch by micro-batch, and on its way to the other ranks. */
#include "trainer_impl.h"
#include <kitinet/log.h>

/*
  What the equation says of B predictions, in their losses, which without a solution they are; gradients into
  loop->misfit.
*/
static PetscErrorCode AddPhysics(KNLoop *loop, size_t B)
{
  const KNPhysics *physics = KNTaskGetPhysics(loop->task);

  PetscFunctionBegin;
  for (size_t b = 0; b < B; b++) {
    double misfit;

    PetscCall(physics->misfit(physics->context, loop->raw + b * loop->nx, loop->y + b * loop->ny, &misfit,
                              loop->misfit + b * loop->ny));
    loop->loss[b] = (loop->solved[b] ? loop->loss[b] : 0) + KNTaskPhysicsWeight(loop->task) * misfit;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The prediction loop->y and its losses: of each step, and their mean, the sample's. */
static PetscErrorCode Forward(KNLoop *loop, const KNPass *pass, float *x, const float *target)
{
  const size_t B = (size_t)pass->samples, R = (size_t)PetscMax(loop->rollout, 1), P = KNTaskLossParts(loop->task);
  const int    count = (int)(B * R * P);

  PetscFunctionBegin;
  if (loop->rollout) {
    for (size_t b = 0; b < B; b++) PetscCall(PetscArraycpy(loop->u + b * loop->ny, target + b * loop->nt, loop->given));
    PetscCall(KNOperatorRollout(loop->op, pass, loop->rollout, x, loop->u, loop->y));
  } else {
    if (loop->raw) PetscCall(PetscArraycpy(loop->raw, x, B * loop->nx));
    PetscCall(KNOperatorForward(loop->op, pass, x, loop->y));
  }
  for (size_t b = 0; b < B; b++) {
    PetscCall(KNTaskLossAddParts(loop->task, R, loop->y + b * loop->ny + loop->given,
                                 target + b * loop->nt + loop->given, loop->part + b * R * P));
  }
  if (loop->sharing->size > 1)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, loop->part, count, MPI_DOUBLE, MPI_SUM, loop->sharing->comm));
  PetscCall(KNTaskLoss(loop->task, B * R, loop->part, loop->step_loss));
  for (size_t b = 0; b < B; b++) {
    loop->loss[b] = 0;
    for (size_t r = 0; r < R; r++) loop->loss[b] += loop->step_loss[b * R + r] / (double)R;
  }
  if (loop->raw) PetscCall(AddPhysics(loop, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In the forward pass this was: loop->y, then its losses, which add up. Gradients of the parameters accumulate. */
static PetscErrorCode Backward(KNLoop *loop, const KNPass *pass, const float *x, const float *target)
{
  const size_t B = (size_t)pass->samples, R = (size_t)PetscMax(loop->rollout, 1);
  const size_t P = KNTaskLossParts(loop->task), n = KNTaskOutputSize(loop->task);

  PetscFunctionBegin;
  for (size_t b = 0; b < B; b++) {
    float *y = loop->y + b * loop->ny + loop->given;

    PetscCall(KNTaskLossGradient(loop->task, R, loop->part + b * R * P, loop->step_loss + b * R,
                                 target + b * loop->nt + loop->given, y));
    for (size_t i = 0; R > 1 && i < R * n; i++) y[i] /= (float)R;
    if (loop->raw) {
      if (!loop->solved[b]) PetscCall(PetscArrayzero(y, n));
      PetscCall(KNTaskAddPhysics(loop->task, loop->misfit + b * n, y));
    }
  }
  if (loop->rollout) PetscCall(KNOperatorRolloutBackward(loop->op, pass, loop->rollout, x, loop->u, loop->y));
  else PetscCall(KNOperatorBackward(loop->op, pass, x, loop->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Forward, loss and backward of B samples, from number `start` of the batch on: their gradient is added to the gradient
  block, their losses to *loss.
*/
static PetscErrorCode ComputeMicrobatch(KNLoop *loop, const KNState *state, const KNBatch *batch, PetscInt start,
                                        PetscInt B, double *loss)
{
  float       *x      = batch->x + (size_t)start * loop->nx;
  const float *target = loop->target + (size_t)start * loop->nt;
  KNPass       pass   = {.samples   = B,
                         .training  = PETSC_TRUE,
                         .seed      = loop->trainer->seed,
                         .step      = state->step,
                         .gradients = KNReductionGetMode(loop->reduction),
                         .bfloat16  = loop->trainer->bfloat16,
                         .index     = batch->index + start};

  PetscFunctionBegin;
  loop->solved = batch->solved + start;
  KNOperatorTakeWords(batch, start, &pass);
  KNWordRowsTake(loop->words, &pass);
  PetscCall(KNStagePush(KN_STAGE_FORWARD));
  PetscCall(Forward(loop, &pass, x, target));
  PetscCall(PetscLogStagePop());
  PetscCall(KNStagePush(KN_STAGE_BACKWARD));
  loop->pending = SIZE_MAX;
  PetscCall(KNModelSetGradientsDone(loop->model, KNLoopGradientsDone, loop)); /* around the last backward sweep only */
  PetscCall(Backward(loop, &pass, x, target));
  PetscCall(KNModelSetGradientsDone(loop->model, NULL, NULL));
  PetscCall(PetscLogStagePop());
  for (PetscInt b = 0; b < B; b++) *loss += loop->loss[b];
  PetscCall(KNLoopGuardMicrobatch(loop, batch, start, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopComputeGradient(KNLoop *loop, const KNState *state, const KNBatch *batch, KNStepSums *sums)
{
  PetscFunctionBegin;
  loop->target = KNTaskTarget(loop->task, batch, loop->labels);
  PetscCall(KNWordRowsChoose(loop->words, batch->samples, batch->token, batch->length, batch->stride));
  PetscCall(KNReductionBegin(loop->reduction, batch->total));
  for (PetscInt start = 0; start < batch->samples; start += loop->trainer->microbatch) {
    double loss = 0;

    PetscCall(
      ComputeMicrobatch(loop, state, batch, start, PetscMin(loop->trainer->microbatch, batch->samples - start), &loss));
    PetscCall(KNReductionAdd(loop->reduction, loss));
  }
  sums->samples = batch->samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

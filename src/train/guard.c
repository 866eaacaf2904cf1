/*
  Guards of a step: what is not finite, or has exploded, does not reach the parameters.

  A rank that sees a fault says so in the sums of the step's reduction; the summed gradient and loss are the same on
  all ranks. So all take one decision: the step is skipped, its samples are lost for this epoch; after -train_skips in
  a row training ends and the last checkpoint stays.
*/
#include "trainer_impl.h"
#include <kitinet/error.h>
#include <math.h>

static const double EXPLODED = 1000, MEMORY = 0.9; /* times the running level of the loss; its memory, of a step */

static PetscBool AllFinite(const float value[], size_t n)
{
  float sum = 0;

  for (size_t i = 0; i < n; i++) sum += 0 * value[i];
  return (PetscBool)(sum == 0);
}

/* Gradients start..end-1 of a micro-batch, of which each rank that shares its samples has a part. */
static PetscErrorCode SumShares(KNLoop *loop, size_t start, size_t end)
{
  const size_t largest = (size_t)1 << 30; /* MPI counts are int */
  KNReal      *gradient;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(loop->parameters, NULL, NULL, &gradient, NULL, NULL));
  for (; start < end; start += largest)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, gradient + start, (PetscMPIInt)PetscMin(end - start, largest), KNREAL_MPI,
                               MPI_SUM, loop->sharing->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopSumShares(KNLoop *loop, KNStepSums *sums)
{
  double seen[] = {sums->stop, sums->save, sums->faults};
  size_t n;

  PetscFunctionBegin;
  if (loop->sharing->size == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, NULL, NULL, NULL, NULL));
  /* all micro-batches together */
  if (loop->trainer->reduction == KN_REDUCTION_ALLREDUCE) PetscCall(SumShares(loop, 0, n));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, seen, PETSC_STATIC_ARRAY_LENGTH(seen), MPI_DOUBLE, MPI_SUM, loop->sharing->comm));
  sums->stop   = seen[0];
  sums->save   = seen[1];
  sums->faults = seen[2];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Backward ends at the first parameters: whatever it carries has arrived there. They are looked at before other ranks'
  gradients are added to them.
*/
PetscErrorCode KNLoopGradientsDone(void *context, size_t offset)
{
  enum { FIRST = 4096 };
  KNLoop *loop = (KNLoop *)context;
  KNReal *gradient;
  KNRows  rows;
  size_t  n, state;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, NULL, &gradient, NULL, NULL));
  PetscCall(KNParametersGetState(loop->parameters, &state, NULL));
  PetscCall(KNParametersGetRows(loop->parameters, &rows));
  if (offset == 0 && rows.start < loop->pending) {
    if (!kn_all_moderate(gradient + rows.start, PetscMin(PetscMin(n, loop->pending) - rows.start, state + FIRST)))
      loop->bad_gradient = PETSC_TRUE;
  }
  if (loop->sharing->size > 1 && loop->trainer->reduction != KN_REDUCTION_ALLREDUCE)
    PetscCall(SumShares(loop, offset, PetscMin(n, loop->pending)));
  loop->pending = offset;
  PetscCall(KNReductionGradientsDone(loop->reduction, offset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopGuardMicrobatch(KNLoop *loop, const KNBatch *batch, PetscInt start, PetscInt B)
{
  const char *where = NULL;

  PetscFunctionBegin;
  if (loop->fault[0]) PetscFunctionReturn(PETSC_SUCCESS); /* the first one is told */
  for (PetscInt b = 0; b < B && !where; b++) {
    if (isfinite(loop->loss[b])) continue;
    if (!AllFinite(batch->x + (size_t)(start + b) * loop->nx, loop->nx)) where = "input";
    else if (!AllFinite(loop->target + (size_t)(start + b) * loop->nt, loop->nt)) where = "target";
    else where = "loss";
    PetscCall(PetscSNPrintf(loop->fault, sizeof(loop->fault),
                            "the %s of row %" PetscInt64_FMT " on rank %d is not finite", where, batch->row[start + b],
                            loop->rank));
  }
  if (!where && loop->bad_gradient) {
    PetscCall(PetscSNPrintf(loop->fault, sizeof(loop->fault),
                            "the gradient of the micro-batch of row %" PetscInt64_FMT " on rank %d is not finite",
                            batch->row[start], loop->rank));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fault that the lowest rank saw, on all ranks; rare, so a reduction of its own. */
static PetscErrorCode ShareFault(KNLoop *loop)
{
  PetscMPIInt lowest = loop->fault[0] ? loop->rank : INT_MAX;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &lowest, 1, MPI_INT, MPI_MIN, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Bcast(loop->fault, sizeof(loop->fault), MPI_CHAR, lowest, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopGuardStep(KNLoop *loop, KNState *state, const KNStepSums *sums, PetscBool *skip)
{
  const double loss = sums->loss / PetscMax(sums->samples, 1);

  PetscFunctionBegin;
  if (sums->faults > 0) PetscCall(ShareFault(loop));
  else if (!isfinite(loss))
    PetscCall(PetscSNPrintf(loop->fault, sizeof(loop->fault), "the loss of the batch is not finite"));
  else if (state->level > 0 && loss > EXPLODED * state->level)
    PetscCall(PetscSNPrintf(loop->fault, sizeof(loop->fault),
                            "the loss %.3g is more than 1000 times its running level %.3g", loss, state->level));
  else if (sums->wild > 0)
    PetscCall(
      PetscSNPrintf(loop->fault, sizeof(loop->fault), "the gradient of the batch is not finite, or beyond 1e18"));
  *skip = (PetscBool)(loop->fault[0] != 0);
  if (!*skip) {
    state->level = state->level > 0 ? MEMORY * state->level + (1 - MEMORY) * loss : loss;
    state->skips = 0;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  state->skips++;
  state->epoch_skipped += (PetscInt64)sums->samples;
  PetscCall(KNProgressSay(&loop->progress,
                          "kitinet: warning: epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT " skipped: %s",
                          state->epoch + 1, state->step, loop->fault));
  PetscCall(KNRunLog(loop->run,
                     "epoch %" PetscInt64_FMT ", step %" PetscInt64_FMT " skipped (%" PetscInt64_FMT " in a row): %s",
                     state->epoch + 1, state->step, state->skips, loop->fault));
  PetscFunctionReturn(PETSC_SUCCESS);
}

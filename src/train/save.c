/*
  When checkpoints are written. checkpoint.h5: every few epochs, every few minutes, at the end; best.h5 together with
  it, from a copy in memory, so that a test error that improves in every epoch costs no more than the checkpoints do.
*/
#include "trainer_impl.h"
#include <kitinet/error.h>
#include <kitinet/log.h>
#include <petsctime.h>

/* The guards look at gradients; the parameters themselves are looked at before they replace a good checkpoint. */
static PetscErrorCode CheckFinite(const KNLoop *loop, const KNState *state)
{
  KNReal *value;
  size_t  n;
  double  sum = 0;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, &value, NULL, NULL, NULL));
  for (size_t i = 0; i < n; i++) sum += 0 * (double)value[i]; /* NaN if any is infinite or NaN */
  PetscCheck(!PetscIsInfOrNanReal(sum), PETSC_COMM_WORLD, KN_ERR_FAILED,
             "the parameters are not finite after step %" PetscInt64_FMT
             ": training has diverged; the last checkpoint in %s is kept; try a smaller -train_lr or -train_clip 10",
             state->step, loop->directory);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Write(KNLoop *loop, KNState *state, const char name[], PetscBool moments)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNStagePush(KN_STAGE_CHECKPOINT));
  PetscCall(CheckFinite(loop, state));
  PetscCall(KNRunPath(loop->directory, name, path));
  PetscCall(KNCheckpointSave(path, loop->op, state, loop->dataset, loop->trainer->inputs, moments));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopKeepBest(KNLoop *loop, const KNState *state)
{
  KNReal *value;
  size_t  n;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, &value, NULL, NULL, NULL));
  PetscCall(KNParametersSwapAverage(loop->parameters));
  PetscCall(PetscArraycpy(loop->best, value, n));
  PetscCall(KNParametersSwapAverage(loop->parameters));
  loop->best_state = *state;
  loop->best_waits = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Swap(KNReal a[], KNReal b[], size_t n)
{
  for (size_t i = 0; i < n; i++) {
    const KNReal kept = a[i];

    a[i] = b[i];
    b[i] = kept;
  }
}

PetscErrorCode KNLoopSaveBest(KNLoop *loop)
{
  KNReal *value;
  size_t  n;

  PetscFunctionBegin;
  if (!loop->best_waits) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNParametersGetBlocks(loop->parameters, &n, &value, NULL, NULL, NULL));
  Swap(value, loop->best, n); /* the record takes the parameters from their place in the arena */
  PetscCall(Write(loop, &loop->best_state, "best.h5", PETSC_FALSE));
  Swap(value, loop->best, n);
  loop->best_waits = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLoopSave(KNLoop *loop, KNState *state)
{
  PetscFunctionBegin;
  PetscCall(KNLoopSaveBest(loop)); /* first: what checkpoint.h5 counts as best is then on disk */
  PetscCall(Write(loop, state, "checkpoint.h5", PETSC_TRUE));
  PetscCall(PetscTime(&loop->saved));
  loop->save = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNLoopSaveWanted(const KNLoop *loop)
{
  PetscLogDouble now;

  if (loop->rank || !(loop->trainer->checkpoint_minutes > 0)) return PETSC_FALSE;
  (void)PetscTime(&now);
  return (PetscBool)(now - loop->saved >= 60 * loop->trainer->checkpoint_minutes);
}

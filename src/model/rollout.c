/*
  A model applied to its own predictions, and the gradient through all steps.

  Shapes: frames u (B, H + R, C, S); window of step r, frames r .. H + r - 1: (B, H C, S), a copy, since the frames of
  one sample lie together.
*/
#include "model_impl.h"
#include <kitinet/rollout.h>
#include <string.h>

/* window (B, H, n) = frames r .. r + H - 1 of u (B, F, n) */
static void kn_window_gather(KNReal *window, const KNReal *u, size_t r, size_t B, size_t F, size_t H, size_t n)
{
  for (size_t b = 0; b < B; b++) memcpy(window + b * H * n, u + (b * F + r) * n, H * n * sizeof(*u));
}

/* frame f of u (B, F, n) = y (B, n) */
static void kn_frame_scatter(KNReal *u, const KNReal *y, size_t f, size_t B, size_t F, size_t n)
{
  for (size_t b = 0; b < B; b++) memcpy(u + (b * F + f) * n, y + b * n, n * sizeof(*u));
}

/*
  In the forward pass this was: window = frames r .. r + H - 1 of u. du (B, F, n) += dwindow (B, H, n) in those frames
  that were predicted, from number H on.
*/
static void kn_window_gather_backward(KNReal *du, const KNReal *dwindow, size_t r, size_t B, size_t F, size_t H,
                                      size_t n)
{
  const size_t given = r < H ? H - r : 0; /* frames of the window that were given */

  for (size_t b = 0; b < B; b++) {
    KNReal       *to   = du + (b * F + r) * n;
    const KNReal *from = dwindow + b * H * n;

#pragma omp simd
    for (size_t i = given * n; i < H * n; i++) to[i] += from[i];
  }
}

struct _p_KNRollout {
  KNModel     model;    /* not owned */
  PetscInt    history;  /* H */
  PetscInt    channels; /* C */
  PetscInt    samples;  /* largest B */
  size_t      n;        /* C S, values of a frame */
  KNReal     *window;   /* (samples, H, n) */
  KNReal     *dwindow;  /* (samples, H, n), in training */
  KNReal     *frame;    /* (samples, n) a prediction, then its gradient */
  PetscInt64 *index;    /* (samples) coordinates of a step's draws */
};

PetscErrorCode KNRolloutCreate(KNModel model, PetscInt history, PetscInt channels, KNRollout *rollout)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(rollout));
  (*rollout)->model    = model;
  (*rollout)->history  = history;
  (*rollout)->channels = channels;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeWorkspace(KNRollout rollout)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&rollout->window));
  PetscCall(KNFree(&rollout->dwindow));
  PetscCall(KNFree(&rollout->frame));
  PetscCall(KNFree(&rollout->index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRolloutDestroy(KNRollout *rollout)
{
  PetscFunctionBegin;
  if (!*rollout) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FreeWorkspace(*rollout));
  PetscCall(PetscFree(*rollout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRolloutSetGrid(KNRollout rollout, const KNGrid *grid, PetscInt samples, PetscBool training)
{
  const size_t frames = (size_t)samples * (size_t)rollout->history;

  PetscFunctionBegin;
  rollout->samples = samples;
  rollout->n       = (size_t)rollout->channels * KNGridSize(grid);
  PetscCall(FreeWorkspace(rollout));
  PetscCall(KNMalloc(frames * rollout->n, sizeof(KNReal), &rollout->window));
  if (training) PetscCall(KNMalloc(frames * rollout->n, sizeof(KNReal), &rollout->dwindow));
  PetscCall(KNMalloc((size_t)samples * rollout->n, sizeof(KNReal), &rollout->frame));
  PetscCall(KNMalloc((size_t)samples, sizeof(PetscInt64), &rollout->index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The window of step r, and a pass whose draws are those of the step. */
static KNPass PrepareStep(KNRollout rollout, const KNPass *pass, PetscInt r, PetscInt steps, const KNReal *u)
{
  KNPass step = *pass;

  kn_window_gather(rollout->window, u, (size_t)r, (size_t)pass->samples, (size_t)(rollout->history + steps),
                   (size_t)rollout->history, rollout->n);
  for (PetscInt b = 0; b < pass->samples; b++) rollout->index[b] = (pass->index ? pass->index[b] : b) * steps + r;
  step.index = rollout->index;
  return step;
}

PetscErrorCode KNRolloutForward(KNRollout rollout, const KNPass *pass, PetscInt steps, KNReal *u)
{
  const size_t F = (size_t)(rollout->history + steps), H = (size_t)rollout->history;

  PetscFunctionBegin;
  PetscCheck(pass->samples <= rollout->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a batch of %" PetscInt_FMT " samples, planned for %" PetscInt_FMT, pass->samples, rollout->samples);
  for (PetscInt r = 0; r < steps; r++) {
    const KNPass step = PrepareStep(rollout, pass, r, steps, u);

    PetscCall(KNModelForward(rollout->model, &step, rollout->window, rollout->frame));
    kn_frame_scatter(u, rollout->frame, H + (size_t)r, (size_t)pass->samples, F, rollout->n);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRolloutBackward(KNRollout rollout, const KNPass *pass, PetscInt steps, const KNReal *u, KNReal *du)
{
  const size_t B = (size_t)pass->samples, F = (size_t)(rollout->history + steps), H = (size_t)rollout->history,
               n                               = rollout->n;
  PetscErrorCode (*const done)(void *, size_t) = rollout->model->done;

  PetscFunctionBegin;
  for (PetscInt r = steps - 1; r >= 0; r--) {
    KNPass step = PrepareStep(rollout, pass, r, steps, u);

    if (r < steps - 1) step.gradients = ADD_VALUES; /* to those of the sweeps before */
    rollout->model->done = r > 0 ? NULL : done;     /* gradients are complete only in the last sweep, that of step 0 */
    /* The model still holds the activations of the last step; those of the others are computed again. */
    if (r < steps - 1) PetscCall(KNModelForward(rollout->model, &step, rollout->window, rollout->frame));
    kn_window_gather(rollout->frame, du, H + (size_t)r, B, F, 1, n);
    if (r > 0) memset(rollout->dwindow, 0, B * H * n * sizeof(KNReal));
    PetscCall(KNModelBackward(rollout->model, &step, rollout->window, rollout->frame, r > 0 ? rollout->dwindow : NULL));
    /* the window of step 0 was given */
    if (r > 0) kn_window_gather_backward(du, rollout->dwindow, (size_t)r, B, F, H, n);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A model applied to its own predictions, and the gradient through all steps.

  Shapes: frames u (B, H + R, C, S), fields that stand still x (B, X, S); window of step r, frames r .. H + r - 1, then
  x: (B, H C + X, S), a copy, since the frames of one sample lie together.
*/
#include "model_impl.h"
#include <kitinet/rollout.h>
#include <string.h>

/* window (B, H n + m): frames r .. r + H - 1 of u (B, F, n), then x (B, m) */
static void kn_window_gather(KNReal *window, const KNReal *u, const KNReal *x, size_t r, size_t B, size_t F, size_t H,
                             size_t n, size_t m)
{
  for (size_t b = 0; b < B; b++, window += H * n + m) {
    memcpy(window, u + (b * F + r) * n, H * n * sizeof(*u));
    if (m) memcpy(window + H * n, x + b * m, m * sizeof(*x));
  }
}

/* frame f of u (B, F, n) = y (B, n) */
static void kn_frame_scatter(KNReal *u, const KNReal *y, size_t f, size_t B, size_t F, size_t n)
{
  for (size_t b = 0; b < B; b++) memcpy(u + (b * F + f) * n, y + b * n, n * sizeof(*u));
}

/*
  In the forward pass this was: window = frames r .. r + H - 1 of u, then x. du (B, F, n) += dwindow (B, H n + m) in
  those frames that were predicted, from number H on.
*/
static void kn_window_gather_backward(KNReal *du, const KNReal *dwindow, size_t r, size_t B, size_t F, size_t H,
                                      size_t n, size_t m)
{
  const size_t given = r < H ? H - r : 0; /* frames of the window that were given */

  for (size_t b = 0; b < B; b++) {
    KNReal       *to   = du + (b * F + r) * n;
    const KNReal *from = dwindow + b * (H * n + m);

#pragma omp simd
    for (size_t i = given * n; i < H * n; i++) to[i] += from[i];
  }
}

struct _p_KNRollout {
  KNModel     model;    /* not owned */
  PetscInt    history;  /* H */
  PetscInt    channels; /* C */
  PetscInt    still;    /* X */
  PetscInt    samples;  /* largest B */
  size_t      n, m;     /* C S, values of a frame; X S, of the fields that stand still */
  KNReal     *window;   /* (samples, H n + m) */
  KNReal     *dwindow;  /* the same, in training */
  KNReal     *frame;    /* (samples, n) a prediction, then its gradient */
  PetscInt64 *index;    /* (samples) coordinates of a step's draws */
};

PetscErrorCode KNRolloutCreate(KNModel model, PetscInt history, PetscInt channels, PetscInt still, KNRollout *rollout)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(rollout));
  (*rollout)->model    = model;
  (*rollout)->history  = history;
  (*rollout)->channels = channels;
  (*rollout)->still    = still;
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
  size_t window;

  PetscFunctionBegin;
  rollout->samples = samples;
  rollout->n       = (size_t)rollout->channels * KNGridSize(grid);
  rollout->m       = (size_t)rollout->still * KNGridSize(grid);
  window           = (size_t)samples * ((size_t)rollout->history * rollout->n + rollout->m);
  PetscCall(FreeWorkspace(rollout));
  PetscCall(KNMalloc(window, sizeof(KNReal), &rollout->window));
  if (training) PetscCall(KNMalloc(window, sizeof(KNReal), &rollout->dwindow));
  PetscCall(KNMalloc((size_t)samples * rollout->n, sizeof(KNReal), &rollout->frame));
  PetscCall(KNMalloc((size_t)samples, sizeof(PetscInt64), &rollout->index));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The window of step r, and a pass whose draws are those of the step. */
static KNPass PrepareStep(KNRollout rollout, const KNPass *pass, PetscInt r, PetscInt steps, const KNReal *x,
                          const KNReal *u)
{
  KNPass step = *pass;

  kn_window_gather(rollout->window, u, x, (size_t)r, (size_t)pass->samples, (size_t)(rollout->history + steps),
                   (size_t)rollout->history, rollout->n, rollout->m);
  for (PetscInt b = 0; b < pass->samples; b++) rollout->index[b] = (pass->index ? pass->index[b] : b) * steps + r;
  step.index = rollout->index;
  return step;
}

PetscErrorCode KNRolloutForward(KNRollout rollout, const KNPass *pass, PetscInt steps, const KNReal *x, KNReal *u)
{
  const size_t F = (size_t)(rollout->history + steps), H = (size_t)rollout->history;

  PetscFunctionBegin;
  PetscCheck(pass->samples <= rollout->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a batch of %" PetscInt_FMT " samples, planned for %" PetscInt_FMT, pass->samples, rollout->samples);
  for (PetscInt r = 0; r < steps; r++) {
    const KNPass step = PrepareStep(rollout, pass, r, steps, x, u);

    PetscCall(KNModelForward(rollout->model, &step, rollout->window, rollout->frame));
    kn_frame_scatter(u, rollout->frame, H + (size_t)r, (size_t)pass->samples, F, rollout->n);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRolloutBackward(KNRollout rollout, const KNPass *pass, PetscInt steps, const KNReal *x,
                                 const KNReal *u, KNReal *du)
{
  const size_t B = (size_t)pass->samples, F = (size_t)(rollout->history + steps), H = (size_t)rollout->history,
               n = rollout->n, m = rollout->m;
  PetscErrorCode (*const done)(void *, size_t) = rollout->model->done;

  PetscFunctionBegin;
  for (PetscInt r = steps - 1; r >= 0; r--) {
    KNPass step = PrepareStep(rollout, pass, r, steps, x, u);

    if (r < steps - 1) step.gradients = ADD_VALUES; /* to those of the sweeps before */
    rollout->model->done = r > 0 ? NULL : done;     /* gradients are complete only in the last sweep, that of step 0 */
    /* The model still holds the activations of the last step; those of the others are computed again. */
    if (r < steps - 1) PetscCall(KNModelForward(rollout->model, &step, rollout->window, rollout->frame));
    kn_window_gather(rollout->frame, du, NULL, H + (size_t)r, B, F, 1, n, 0);
    if (r > 0) memset(rollout->dwindow, 0, B * (H * n + m) * sizeof(KNReal));
    PetscCall(KNModelBackward(rollout->model, &step, rollout->window, rollout->frame, r > 0 ? rollout->dwindow : NULL));
    /* the window of step 0 was given */
    if (r > 0) kn_window_gather_backward(du, rollout->dwindow, (size_t)r, B, F, H, n, m);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

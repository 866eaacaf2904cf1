/*
  The rollout of a model: a network that maps the last H frames of a field to the next one, applied to its own
  predictions.

    frames 0 .. H-1 given;   frame H + r = model(frames r .. H + r - 1, x),   r = 0, 1, .., R-1

  x are fields that stand still, if the network takes any: the same in all steps.

  The gradient is taken through all R steps. Of the activations only those of one step are kept: backward computes a
  step's forward again from the frames, so that the memory does not depend on R; with R = 1 nothing is computed twice.
*/
#ifndef KITINET_ROLLOUT_H
#define KITINET_ROLLOUT_H

#include <kitinet/model.h>

typedef struct _p_KNRollout *KNRollout;

/* Not collective. model: not owned, (B, history C + X, S) -> (B, C, S); still: X. */
PETSC_EXTERN PetscErrorCode KNRolloutCreate(KNModel model, PetscInt history, PetscInt channels, PetscInt still,
                                            KNRollout *rollout);
PETSC_EXTERN PetscErrorCode KNRolloutDestroy(KNRollout *rollout);

/*
  Not collective, with every KNModelSetGrid() of the model and the same arguments. Allocates the workspace: no other
  function allocates.
*/
PETSC_EXTERN PetscErrorCode KNRolloutSetGrid(KNRollout rollout, const KNGrid *grid, PetscInt samples,
                                             PetscBool training);

/*
  Not collective. x: (B, X, S), not read if X is 0. u: (B, H + R, C, S), the first H frames are read, the R = steps
  others written. Draws of step r have
  the coordinate index R + r, index that of the pass.
*/
PETSC_EXTERN PetscErrorCode KNRolloutForward(KNRollout rollout, const KNPass *pass, PetscInt steps, const KNReal *x,
                                             KNReal *u);

/*
  Not collective, after KNRolloutForward in training with the same pass, steps and x; u as it left it. du: (B, H + R, C,
  S), of which the last R frames hold the gradient with respect to the predicted frames; what later steps add to
  earlier frames is added in place, the first H frames are not touched. Gradients of the parameters accumulate.
*/
PETSC_EXTERN PetscErrorCode KNRolloutBackward(KNRollout rollout, const KNPass *pass, PetscInt steps, const KNReal *x,
                                              const KNReal *u, KNReal *du);

#endif

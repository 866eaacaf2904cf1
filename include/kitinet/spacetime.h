/*
  A model of a whole trajectory at once: time is the first axis of its grid (the FNO in space and time of Li et al.
  2020, arXiv 2010.08895, which has it last).

    channels of the input    the H given frames and the fields that stand still, if any, each constant along time
    output                   the R frames that follow, on the grid (R, n1[, n2])

  No step depends on a prediction: one forward pass, one gradient. R is the number of frames that the network was
  trained for.
*/
#ifndef KITINET_SPACETIME_H
#define KITINET_SPACETIME_H

#include <kitinet/model.h>

typedef struct _p_KNSpacetime *KNSpacetime;

/*
  Not collective. The grid of `steps` frames on a grid of one or two axes; its points lie along time as along the
  other axes.
*/
PETSC_EXTERN KNGrid KNSpacetimeGrid(const KNGrid *grid, PetscInt steps);

/* Not collective. model: not owned, (B, history C + X, R, S) -> (B, C, R, S); still: X. */
PETSC_EXTERN PetscErrorCode KNSpacetimeCreate(KNModel model, PetscInt history, PetscInt channels, PetscInt still,
                                              KNSpacetime *spacetime);
PETSC_EXTERN PetscErrorCode KNSpacetimeDestroy(KNSpacetime *spacetime);

/*
  Not collective, after KNModelSetGrid() of the model on KNSpacetimeGrid() and with the same number of samples.
  Allocates the workspace: no other function allocates.
*/
PETSC_EXTERN PetscErrorCode KNSpacetimeSetGrid(KNSpacetime spacetime, const KNGrid *grid, PetscInt steps,
                                               PetscInt samples);

/*
  Not collective. x: (B, X, S), not read if X is 0. u: (B, H + R, C, S), the first H frames are read, the R others
  written.
*/
PETSC_EXTERN PetscErrorCode KNSpacetimeForward(KNSpacetime spacetime, const KNPass *pass, const KNReal *x, KNReal *u);

/*
  Not collective, after KNSpacetimeForward in training with the same pass. du: (B, H + R, C, S), whose last R frames
  hold the gradient with respect to the predicted ones; not changed. Gradients of the parameters accumulate.
*/
PETSC_EXTERN PetscErrorCode KNSpacetimeBackward(KNSpacetime spacetime, const KNPass *pass, const KNReal *du);

#endif

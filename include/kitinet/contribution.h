/*
  What each channel of the residual stream contributes, measured on data: the basis of pruning.

    energy     sum over l of <x_lc^2> |w_lc|^2, w_lc the weights that read channel c of x_l: how much it stirs, whether the result needs it or not
    taylor     mean over the samples of (dL/dg)^2, g a factor on the channel wherever it is read, L the sample's error: a first-order estimate of what leaving it
               out changes (Molchanov et al. 2017, arXiv 1611.06440)
    residual   as energy, of that part of x_lc only that no linear combination of the channels that stay gives: a channel aligned with others costs
               nothing (the optimal brain surgeon of the readout, channel after channel)

  Averages over samples, and over grid points with the padding; collisions as in evaluation.
*/
#ifndef KITINET_CONTRIBUTION_H
#define KITINET_CONTRIBUTION_H

#include <kitinet/operator.h>

typedef enum {
  KN_CONTRIBUTION_ENERGY,
  KN_CONTRIBUTION_TAYLOR,
  KN_CONTRIBUTION_RESIDUAL
} KNContributionType;

/* "energy", "taylor", "residual", then NULL */
PETSC_EXTERN const char *const KNContributionNames[];

typedef struct {
  PetscInt width, blocks; /* C, L */
  double  *gram;          /* (L + 1, C, C) mean of x_l x_l' */
  double  *square;        /* (L + 1, C) |w_lc|^2 */
  double  *gate;          /* (C, C) mean of the products dL/dg_c dL/dg_e */
} KNContribution;

/*
  Collective on PETSC_COMM_WORLD. Of rows 0 .. rows-1; of trajectories every step from H frames to the next one, or to all that the network predicts at once. Plans the operator for one sample; changes its gradients.
  Sums depend on the number of ranks by rounding. Raises KN_ERR_INPUT (damaged sample).
*/
PETSC_EXTERN PetscErrorCode KNContributionMeasure(KNOperator op, KNDataset dataset, PetscInt64 rows, KNContribution *contribution);
PETSC_EXTERN PetscErrorCode KNContributionDestroy(KNContribution *contribution);

/* Not collective. channel: (width), the channels of the width/d particles of d channels that contribute most, in order: the others go one by one, the least first. width: a multiple of d. */
PETSC_EXTERN PetscErrorCode KNContributionChoose(const KNContribution *contribution, KNContributionType type, PetscInt d, PetscInt width, PetscInt channel[]);

/* Not collective. R: (L + 1, C, width), the readouts (prune.h) of least squares: each x_l from its channels that stay. */
PETSC_EXTERN PetscErrorCode KNContributionReadout(const KNContribution *contribution, PetscInt width, const PetscInt channel[], double R[]);

#endif

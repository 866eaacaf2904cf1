/*
  What each channel of a set (prune.h) and each hidden unit of the head contributes, measured on data: the basis of
  pruning. x_l: what the matrices of site l read; behind norms and activations that come before them.

    energy     sum over the set's sites l of <x_lc^2> |w_lc|^2, w_lc the weights that read channel c of x_l: how much it
               stirs, whether the result needs it or not
    taylor     mean over the samples of (dL/dg)^2, g a factor on the channel wherever it is read, L the sample's
               error: a first-order estimate of what leaving it out changes (Molchanov et al. 2017, arXiv 1611.06440)
    residual   as energy, of that part of x_lc only that no linear combination of the channels that stay gives: a
               channel aligned with others costs nothing (the optimal brain surgeon of the readout, channel after
               channel)

  Hidden units leave by the optimal brain surgeon (Hassibi and Stork 1992): the output layer is linear in them, so
  that the mean square by which the output changes when one leaves and the weights of the others make up for it is
  known exactly; the unit with the least goes, then the next.

  Averages over samples, and over the points that are read; collisions as in evaluation.
*/
#ifndef KITINET_CONTRIBUTION_H
#define KITINET_CONTRIBUTION_H

#include <kitinet/operator.h>
#include <kitinet/prune.h>

/*
  What decides which particles go: their energy; a Taylor estimate of the error without them; the part of them that the
  other particles do not give.
*/
typedef enum { KN_CONTRIBUTION_ENERGY, KN_CONTRIBUTION_TAYLOR, KN_CONTRIBUTION_RESIDUAL } KNContributionType;

/* "energy", "taylor", "residual", then NULL */
PETSC_EXTERN const char *const KNContributionNames[];

typedef struct {
  KNChannelSets channels;
  PetscInt      units, outputs; /* H, 0: there is no hidden layer; C_out */
  double      **gram;           /* (sites) (C, C) mean of x_l x_l' */
  double      **square;         /* (sites) (C) |w_lc|^2 */
  double      **gate;           /* (sets + 1) (C, C) mean of the products dL/dg_c dL/dg_e; [0] is not used */
  double       *hidden;         /* (H + 1, H + 1) mean of v v', v the hidden units and 1 */
  double       *output;         /* (C_out, H + 1) their weights in the output layer, and its bias */
} KNContribution;

/*
  Collective on PETSC_COMM_WORLD. Of rows 0 .. rows-1; of trajectories every step from H frames to the next one, or to
  all that the network predicts at once. Plans the operator for one sample; changes its gradients. Sums depend on the
  number of ranks by rounding. Raises KN_ERR_INPUT (damaged sample).
*/
PETSC_EXTERN PetscErrorCode KNContributionMeasure(KNOperator op, KNDataset dataset, PetscInt64 rows,
                                                  KNContribution *contribution);
PETSC_EXTERN PetscErrorCode KNContributionDestroy(KNContribution *contribution);

/*
  Not collective. channel: (width), the channels of a set: those of the width/d particles of d channels that contribute
  most, in order: the others go one by one, the least first. width: a multiple of d.
*/
PETSC_EXTERN PetscErrorCode KNContributionChoose(const KNContribution *contribution, PetscInt set,
                                                 KNContributionType type, PetscInt d, PetscInt width,
                                                 PetscInt channel[]);

/*
  Not collective. R: (C, width), the readout (prune.h) of least squares: x_l from its channels that stay. site: l, one
  that is read.
*/
PETSC_EXTERN PetscErrorCode KNContributionReadout(const KNContribution *contribution, PetscInt site, PetscInt width,
                                                  const PetscInt channel[], double R[]);

/*
  Not collective. order: (H) the hidden units, that which leaves last first: the first H' of them are those that stay
  in a head of H'.
*/
PETSC_EXTERN PetscErrorCode KNContributionOrderHidden(const KNContribution *contribution, PetscInt order[]);

/*
  Not collective. output: (C_out, hidden + 1), the output layer (prune.h) of least squares for the `hidden` units that
  stay.
*/
PETSC_EXTERN PetscErrorCode KNContributionOutput(const KNContribution *contribution, PetscInt hidden,
                                                 const PetscInt unit[], double output[]);

#endif

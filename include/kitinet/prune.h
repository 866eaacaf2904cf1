/*
  Pruning: a network of fewer channels and modes from the weights of a trained one.

  The residual stream x_0 .. x_L has C channels in every block. C' of them stay, x' = S x; what reads the stream sees the others through x_l = R_l x'_l, R_l (C, C'):

    lift  S W, S b;   block l  S W_l R_l, S b_l, S K_l R_l at the lowest modes;   hidden layer of the head  W R_L

  Without a readout R_l = S': what is dropped counts as 0. Such a network computes what the full one does with the rows of the dropped channels in lift, W_l, b_l and K_l
  set to 0 (their x_l then stays 0), to rounding: exactly so without collisions (plain, fno, -collision_evaluate off). With collisions the dropped
  particles have left the gas: n' of n particles meet, each as often as before, where masked ones would stay as particles at rest.
*/
#ifndef KITINET_PRUNE_H
#define KITINET_PRUNE_H

#include <kitinet/parameters.h>

typedef struct {
  PetscInt        width;   /* C' */
  const PetscInt *channel; /* (C') the channels that stay, no two alike */
  PetscInt        modes;   /* m' */
  const double   *readout; /* (L + 1, C, C') R_l, or NULL */
} KNPruning;

/* Not collective. C, m and L of a network; any pointer may be NULL. */
PETSC_EXTERN PetscErrorCode KNPruneGetSizes(KNParameters parameters, PetscInt *width, PetscInt *modes, PetscInt *blocks);

/* Not collective. Sets the values of `to`, the parameters of a network of C' channels and m' modes that is otherwise the same as that of `from`. */
PETSC_EXTERN PetscErrorCode KNPrune(KNParameters from, const KNPruning *pruning, KNParameters to);

/* Not collective. square: (L + 1, C) sum of squares of the weights that read channel c of x_l. gate: (C) derivative of the loss to a factor on channel c wherever it is read, from the gradients. Either may be NULL. */
PETSC_EXTERN PetscErrorCode KNPruneReading(KNParameters parameters, double square[], double gate[]);

#endif

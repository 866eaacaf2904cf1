/*
  Pruning: a network of fewer channels, modes and hidden units of the head from the weights of a trained one.

  The residual stream x_0 .. x_L has C channels in every block. C' of them stay, x' = S x; what reads the stream sees
  the others through x_l = R_l x'_l, R_l (C, C'):

    lift  S W, S b;   block l  S W_l R_l, S b_l, S K_l R_l at the lowest modes;   hidden layer of the head  W R_L

  Of the head's H hidden units H' stay, with an output layer of their own: as it was, or with the weights that make up
  for those that left.

  Without a readout R_l = S': what is dropped counts as 0. Such a network computes what the full one does with the rows
  of the dropped channels in lift, W_l, b_l and K_l set to 0 (their x_l then stays 0), and the output weights of the
  hidden units that left, to rounding: exactly so without collisions (plain, fno, -collision_evaluate off). With
  collisions the dropped particles have left the gas: n' of n particles meet, each as often as before, where masked ones
  would stay as particles at rest.
*/
#ifndef KITINET_PRUNE_H
#define KITINET_PRUNE_H

#include <kitinet/parameters.h>

typedef struct {
  PetscInt width, modes, hidden; /* C, m, H */
} KNSizes;

typedef struct {
  KNSizes         sizes;   /* C', m', H' */
  const PetscInt *channel; /* (C') the channels that stay, no two alike */
  const double   *readout; /* (L + 1, C, C') R_l, or NULL */
  const PetscInt *unit;    /* (H') the hidden units that stay, no two alike */
  const double   *output;  /* (C_out, H' + 1) their weights in the output layer, then its bias; NULL: as they were */
} KNPruning;

/* Not collective. The axes of a parameter that count its inputs and its outputs, in: -1 where it has no inputs. */
PETSC_EXTERN void KNPruneGetAxes(const KNParameterInfo *info, PetscInt *in, PetscInt *out);

/*
  Not collective. Sizes and L of a network; any pointer may be NULL. Raises KN_ERR_USAGE, the same on all ranks, where
  the stream has not the same number of channels everywhere.
*/
PETSC_EXTERN PetscErrorCode KNPruneGetSizes(KNParameters parameters, KNSizes *sizes, PetscInt *blocks);

/*
  Not collective. Sets the values of `to`, the parameters of a network of the pruning's sizes that is otherwise the same
  as that of `from`.
*/
PETSC_EXTERN PetscErrorCode KNPrune(KNParameters from, const KNPruning *pruning, KNParameters to);

/*
  Not collective. square: (L + 1, C) sum of squares of the weights that read channel c of x_l. gate: (C) derivative of
  the loss to a factor on channel c wherever it is read, from the gradients. Either may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNPruneReading(KNParameters parameters, double square[], double gate[]);

/* The two layers of the head; not owned. */
typedef struct {
  PetscInt      width, hidden, outputs; /* C, H, C_out */
  const KNReal *W1, *b1, *W2, *b2;      /* (H, C), (H), (C_out, H), (C_out) */
} KNPruneHead;

/* Not collective. */
PETSC_EXTERN PetscErrorCode KNPruneGetHead(KNParameters parameters, KNPruneHead *head);

#endif

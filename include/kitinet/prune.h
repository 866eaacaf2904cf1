/*
  Pruning: a network of fewer channels, modes and hidden units of the head from the weights of a trained one.

  Channels are in sets (parameters.h): a residual stream x_0 .. x_L is one, C channels in every block; of a network with
  stages each has a stream of its own; channels that exist inside of one block only are a set of that block. C' of a
  set's channels stay, x' = S x; what reads them sees the others through x_l = R_l x'_l, R_l (C, C'), a readout for each
  site l. With S, R of the channels that a matrix writes and reads (norms and biases: S alone):

    lift  S W, S b;   block l  S W_l R_l, S b_l, S K_l R_l at the lowest modes;   hidden layer of the head  W R_L

  Of the head's H hidden units H' stay, with an output layer of their own: as it was, or with the weights that make up
  for those that left.

  Without a readout R_l = S': what is dropped counts as 0. Such a network computes what the full one does with the
  dropped channels set to 0 wherever they are read, to rounding: exactly so without collisions (plain, fno,
  -collision_evaluate off) and without norms that take channels together (layer, group). With collisions the dropped
  particles have left the gas: n' of n particles meet, each as often as before, where masked ones would stay as
  particles at rest.
*/
#ifndef KITINET_PRUNE_H
#define KITINET_PRUNE_H

#include <kitinet/parameters.h>

/* What pruning makes smaller: channels of the streams in their order, Fourier modes, hidden units of the head. */
typedef enum { KN_SIZE_WIDTH, KN_SIZE_WIDTH_2, KN_SIZE_WIDTH_3, KN_SIZE_MODES, KN_SIZE_HIDDEN, KN_SIZES } KNSize;

enum { KN_STREAMS = KN_SIZE_MODES - KN_SIZE_WIDTH }; /* at most */

typedef struct {
  PetscInt n[KN_SIZES]; /* C, C of the next streams, m, H; 0: the network has none */
} KNSizes;

/* The sets of channels of a network, 1 .. sets, and its sites, 0 .. sites - 1. */
typedef struct {
  PetscInt  sets, sites;
  PetscInt *width;  /* (sets + 1) channels; the first entry, of no set, is 0 */
  PetscInt *stream; /* (sets + 1) number of the stream that it is, 0, 1, ..; -1: channels inside of a block */
  PetscInt *set;    /* (sites) the set that is read there; 0: nothing is */
} KNChannelSets;

typedef struct {
  PetscInt *const *channel; /* (sets + 1) (C') of each set: the channels that stay, no two alike; [0] is not read */
  double *const   *readout; /* (sites) R_l (C, C'), or NULL */
  const PetscInt  *unit;    /* (H') the hidden units that stay, no two alike */
  const double    *output;  /* (C_out, H' + 1) their weights in the output layer, then its bias; NULL: as they were */
} KNPruning;

/* Not collective. The axes of a parameter that count its inputs and its outputs, in: -1 where it has no inputs. */
PETSC_EXTERN void KNPruneGetAxes(const KNParameterInfo *info, PetscInt *in, PetscInt *out);

/*
  Not collective. The caller destroys the sets. Raises KN_ERR_USAGE, the same on all ranks, for a network that cannot be
  pruned: that has not the same number of channels everywhere in a set, or reads them into channels of no set.
*/
PETSC_EXTERN PetscErrorCode KNPruneGetSets(KNParameters parameters, KNChannelSets *sets);
PETSC_EXTERN PetscErrorCode KNChannelSetsDestroy(KNChannelSets *sets);

/* Not collective. Raises as KNPruneGetSets(). */
PETSC_EXTERN PetscErrorCode KNPruneGetSizes(KNParameters parameters, KNSizes *sizes);

/*
  Not collective. Sets the values of `to`, the parameters of a network that is otherwise the same as that of `from`, but
  has other sizes. State that is not trained goes with its channels.
*/
PETSC_EXTERN PetscErrorCode KNPrune(KNParameters from, const KNPruning *pruning, KNParameters to);

/*
  Not collective. square: (sites) (C) sum of squares of the weights that read channel c there. gate: (sets + 1) (C)
  derivative of the loss to a factor on channel c of a set wherever it is read, from the gradients; [0] is not used.
  Either may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNPruneReading(KNParameters parameters, double *const square[], double *const gate[]);

/* The two layers of the head; not owned. hidden 0: it has no hidden layer. */
typedef struct {
  PetscInt      width, hidden, outputs; /* C, H, C_out */
  PetscInt      site;                   /* that it reads */
  const KNReal *W1, *b1, *W2, *b2;      /* (H, C), (H), (C_out, H), (C_out) */
} KNPruneHead;

/* Not collective. */
PETSC_EXTERN PetscErrorCode KNPruneGetHead(KNParameters parameters, KNPruneHead *head);

#endif

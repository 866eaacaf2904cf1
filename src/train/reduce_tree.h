/*
  One binary tree over the blocks of a sum, whatever the number of ranks. Plain C and MPI, without the rest of the
  program.

  Rank r < blocks holds block r of a sum of arrays; a node of the tree is the sum of two neighbouring subtrees of 2^k
  blocks each, one that is missing adds nothing. Every element is added in exactly this order: where a block is itself
  such a subtree of smaller leaves, the bits of the sum do not depend on the number of ranks.

  Between ranks: recursive vector halving with distance doubling, then the reverse (Rabenseifner 2004; Thakur et al.
  2005). In round k rank v keeps one half of its segment, chosen by bit k of v, and receives that half from v XOR 2^k,
  to which it sends the other. A number of blocks that is no power of two is filled up with virtual ranks, each played
  by a real one: they own segments, but add nothing. Ranks without a block receive the sum at the end.

  The first elements travel as floats, the others, if there are any, as bfloat16 (the upper half of a float), which
  takes half the bytes: of these every node of the tree is rounded to bfloat16, to nearest even, within a rank too, and
  so must be the leaves (KNTreeRound): again the same bits on any number of ranks, of a sum with 8 bits of mantissa.

  The array is reduced in buckets, from its end to its beginning as backward fills it, each by nonblocking messages
  that move on whenever KNTreeProgress() is called: MPI libraries make no progress on their own while the caller
  computes.
*/
#ifndef KITINET_REDUCE_TREE_H
#define KITINET_REDUCE_TREE_H

#include <mpi.h>
#include <stddef.h>

typedef struct KNTree KNTree;

/*
  Collective on comm (it is duplicated). For arrays of n floats in buckets of about `bucket` floats, of which the first
  `exact` travel as floats, the others as bfloat16; NULL: no memory. Functions that return int return an MPI error code.
*/
KNTree *KNTreeCreate(MPI_Comm comm, size_t n, size_t exact, size_t bucket);
void    KNTreeDestroy(KNTree **tree);

/*
  Not collective. Starts a sum of array (n), of its elements from `from` on, over ranks 0..blocks-1, 1 <= blocks <=
  size; the same numbers on all ranks. array is not owned; on ranks from `blocks` on it is overwritten. Allocates only
  where the number of blocks has changed.
*/
int KNTreeBegin(KNTree *tree, float array[], size_t from, int blocks);

/*
  Not collective, after KNTreeBegin: the elements from `from` on will not change any more. Their buckets set out, and
  those under way move on.
*/
int KNTreeProgress(KNTree *tree, size_t from);

/* Collective. The rest: array is the sum on all ranks. */
int KNTreeFinish(KNTree *tree);

/* Not collective. Elements [start, end) of sum (n) += term (n): how the tree adds, within a rank as between them. */
void KNTreeAdd(const KNTree *tree, float sum[restrict], const float term[restrict], size_t start, size_t end);

/* Not collective. Elements [start, end) of array (n) become what the tree can send: what a leaf must be. */
void KNTreeRound(const KNTree *tree, float array[], size_t start, size_t end);

/* Not collective. Messages and bytes that this rank sent since KNTreeBegin. */
void KNTreeGetTraffic(const KNTree *tree, size_t *messages, size_t *bytes);

#endif

/*
  Random numbers as a pure function of their coordinates: no state, the same for any number of ranks
  and threads, and a resumed run needs nothing but its counters.

  Generator: Philox4x64-10 of Random123 (Salmon et al., SC'11), key (seed, stream), counter (a, b, c, d).
  One call yields four independent 64-bit words.
*/
#ifndef KITINET_RANDOM_H
#define KITINET_RANDOM_H

#include <kitinet/base.h>

/* What the numbers are for: different streams of one seed are independent. */
typedef enum {
  KN_STREAM_FIELD = 1, /* random input fields: counter (mode k1, mode k2, sample, field) */
  KN_STREAM_SHUFFLE,   /* order of samples in an epoch: (epoch, round, value, 0) */
  KN_STREAM_INIT,      /* initial weights: (parameter, element, 0, 0) */
  KN_STREAM_COLLISION, /* attempt, test, setup of collisions: (layer, step, sample, draw) */
  KN_STREAM_TEST,      /* inputs of tests */
  KN_STREAM_DROPOUT,   /* what is dropped: (layer, step, sample, draw) */
  KN_STREAM_SYMMETRY,  /* which element of the group moves a sample: (epoch, sample, 0, 0) */
  /* moves and squares of pictures: (epoch, sample, 0, 0); words that texts lose: (epoch, sample, 1 + word / 4, 0) */
  KN_STREAM_AUGMENTATION,
  KN_STREAM_COEFFICIENT /* coefficients of equations: (place among the equation's, sample, 0, 0) */
} KNStream;

/* Four words for one coordinate. Not collective, thread-safe, as are all functions here. */
PETSC_EXTERN void KNRandomWords(PetscInt64 seed, KNStream stream, PetscInt64 a, PetscInt64 b, PetscInt64 c,
                                PetscInt64 d, uint64_t word[4]);

/*
  Uniform in the open interval (0, 1): never 0, so that its logarithm exists. 52 bits: with 53 the half would round
  the largest to 1.
*/
static inline double KNUniform(uint64_t word)
{
  return ((double)(word >> 12) + 0.5) * 0x1p-52;
}

/* Uniform in {0, .., n-1}; n > 0. The multiply-shift map: bias below n / 2^64. */
static inline PetscInt64 KNUniformInt(uint64_t word, PetscInt64 n)
{
  return (PetscInt64)(((unsigned __int128)word * (uint64_t)n) >> 64);
}

/* Two independent standard normal numbers from two words (Box and Muller). */
PETSC_EXTERN void KNNormalPair(uint64_t word0, uint64_t word1, double normal[2]);

/*
  Position i of the pseudo-random permutation of {0, .., n-1} that belongs to (seed, epoch): a Feistel network over
  the next power of four with cycle walking, so that no table is stored. i in 0..n-1.
*/
PETSC_EXTERN PetscInt64 KNPermutation(PetscInt64 seed, PetscInt64 epoch, PetscInt64 n, PetscInt64 i);

#endif

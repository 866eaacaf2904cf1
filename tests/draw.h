/*
  Fields of random numbers for tests: element i of field `which` is a pure function of the two, so that every rank and
  thread draws the same.
*/
#ifndef KITINET_TEST_DRAW_H
#define KITINET_TEST_DRAW_H

#include <kitinet/random.h>

/* x: (count), uniform in (-1, 1) */
static inline void Draw(KNReal *x, size_t count, PetscInt64 which)
{
  for (size_t i = 0; i < count; i++) {
    uint64_t word[4];

    KNRandomWords(1, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    x[i] = (KNReal)(2 * KNUniform(word[0]) - 1);
  }
}

#endif

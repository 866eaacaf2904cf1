/* Counter-based random numbers (Random123) and a counter-based permutation. */
#include <kitinet/random.h>
#include <Random123/philox.h>

void KNRandomWords(PetscInt64 seed, KNStream stream, PetscInt64 a, PetscInt64 b, PetscInt64 c, PetscInt64 d,
                   uint64_t word[4])
{
  const philox4x64_key_t key     = {{(uint64_t)seed, (uint64_t)stream}};
  const philox4x64_ctr_t counter = {{(uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d}};
  const philox4x64_ctr_t random  = philox4x64(counter, key);

  for (int i = 0; i < 4; i++) word[i] = random.v[i];
}

void KNNormalPair(uint64_t word0, uint64_t word1, double normal[2])
{
  const double radius = sqrt(-2.0 * log(KNUniform(word0)));
  const double angle  = 2.0 * PETSC_PI * KNUniform(word1);

  normal[0] = radius * cos(angle);
  normal[1] = radius * sin(angle);
}

/*
  A Feistel network on pairs of `bits`-bit halves is a bijection of {0, .., 4^bits - 1} for any round function;
  positions that fall outside {0, .., n-1} are mapped again until they fall inside (cycle walking: a bijection of {0,
  .., n-1}, fewer than 4 turns on average since 4^bits < 4 n).
*/
PetscInt64 KNPermutation(PetscInt64 seed, PetscInt64 epoch, PetscInt64 n, PetscInt64 i)
{
  enum { ROUNDS = 6 };
  int      bits = 1;
  uint64_t mask, value = (uint64_t)i;

  while (((uint64_t)1 << (2 * bits)) < (uint64_t)n) bits++;
  mask = ((uint64_t)1 << bits) - 1;
  do {
    uint64_t left = value >> bits, right = value & mask;

    for (int round = 0; round < ROUNDS; round++) {
      uint64_t word[4], next;

      KNRandomWords(seed, KN_STREAM_SHUFFLE, epoch, round, (PetscInt64)right, 0, word);
      next  = left ^ (word[0] & mask);
      left  = right;
      right = next;
    }
    value = left << bits | right;
  } while (value >= (uint64_t)n);
  return (PetscInt64)value;
}

/*
  Random numbers: the generator is Philox4x64-10, its maps have the right range and moments, and KNPermutation()
  permutes.
*/
#include <kitinet/random.h>
#include <Random123/philox.h>

/* The known answers that Random123 publishes (tests/kat_vectors, philox4x64 10): counter, key, result. */
static PetscErrorCode TestKnownAnswers(void)
{
  static const uint64_t kat[3][10] = {
    {0, 0, 0, 0, 0, 0, 0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, 0x87b092c3013fe90b, 0x438c3c67be8d0224,
     0x9cc7d7c69cd777b6, 0xa09caebf594f0ba0},
    {0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89, 0x452821e638d01377,
     0xbe5466cf34e90c6c, 0xa528f45403e61d95, 0x38c72dbd566e9788, 0xa5a1610e72fd18b5, 0x57bd43b5e52b7fe6},
  };
  uint64_t word[4];

  PetscFunctionBegin;
  for (int k = 0; k < 3; k++) {
    const philox4x64_ctr_t counter = {{kat[k][0], kat[k][1], kat[k][2], kat[k][3]}};
    const philox4x64_key_t key     = {{kat[k][4], kat[k][5]}};
    const philox4x64_ctr_t result  = philox4x64(counter, key);

    for (int i = 0; i < 4; i++)
      PetscCheck(result.v[i] == kat[k][6 + i], PETSC_COMM_SELF, PETSC_ERR_PLIB, "Known answer %d, word %d", k, i);
  }

  /* Our coordinates reach counter and key in the order that random.h states. */
  for (int c = 0; c < 6; c++) {
    const PetscInt64 at[6] = {c == 0 ? 7 : 0, c == 1 ? 7 : 0, c == 2 ? 7 : 0,
                              c == 3 ? 7 : 0, c == 4 ? 7 : 0, c == 5 ? KN_STREAM_TEST : 0};
    const philox4x64_ctr_t counter  = {{(uint64_t)at[0], (uint64_t)at[1], (uint64_t)at[2], (uint64_t)at[3]}};
    const philox4x64_key_t key      = {{(uint64_t)at[4], (uint64_t)at[5]}};
    const philox4x64_ctr_t expected = philox4x64(counter, key);

    KNRandomWords(at[4], (KNStream)at[5], at[0], at[1], at[2], at[3], word);
    for (int i = 0; i < 4; i++)
      PetscCheck(word[i] == expected.v[i], PETSC_COMM_SELF, PETSC_ERR_PLIB, "Coordinate %d, word %d", c, i);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRanges(void)
{
  const PetscInt64 size[]   = {1, 2, 3, 7, 1000, INT64_MAX};
  PetscInt         count[7] = {0};
  uint64_t         word[4];
  PetscReal        square = 0.0;

  PetscFunctionBegin;
  PetscCheck(KNUniform(0) > 0.0 && KNUniform(UINT64_MAX) < 1.0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "The interval (0, 1) is open");
  for (int k = 0; k < 6; k++) {
    PetscCheck(KNUniformInt(0, size[k]) == 0 && KNUniformInt(UINT64_MAX, size[k]) == size[k] - 1, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "The ends of {0, .., n - 1}, n = %" PetscInt64_FMT, size[k]);
  }

  /* chi^2 of 70,000 draws in 7 classes: 6 degrees of freedom; beyond 35 with probability 4e-6. */
  for (PetscInt i = 0; i < 70000; i++) {
    KNRandomWords(1, KN_STREAM_TEST, i, 0, 0, 0, word);
    count[KNUniformInt(word[i % 4], 7)]++;
  }
  for (int k = 0; k < 7; k++) square += PetscSqr(count[k] - 10000.0) / 10000.0;
  PetscCheck(square < 35.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "KNUniformInt is not uniform: chi^2 = %g", (double)square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* E z = 0, E z^2 = 1, E z^3 = 0, E z^4 = 3, E z0 z1 = 0, each within 5 standard errors of 200,000 pairs. */
static PetscErrorCode TestNormal(void)
{
  const PetscInt  n            = 200000;
  const PetscReal expected[5]  = {0.0, 1.0, 0.0, 3.0, 0.0};
  const PetscReal variance[5]  = {1.0, 2.0, 15.0, 96.0, 1.0}; /* E z^2k - (E z^k)^2: 1, 3 - 1, 15, 105 - 9; 1 */
  PetscReal       moment[2][5] = {{0}};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) {
    uint64_t word[4];
    double   z[2];

    KNRandomWords(2, KN_STREAM_TEST, i, 0, 0, 0, word);
    KNNormalPair(word[0], word[1], z);
    for (int j = 0; j < 2; j++) {
      PetscReal power = 1.0;

      for (int k = 0; k < 4; k++) moment[j][k] += (power *= z[j]) / n;
      moment[j][4] += z[0] * z[1] / n;
    }
  }
  for (int j = 0; j < 2; j++) {
    for (int k = 0; k < 5; k++)
      PetscCheck(PetscAbsReal(moment[j][k] - expected[k]) < 5.0 * PetscSqrtReal(variance[k] / n), PETSC_COMM_SELF,
                 PETSC_ERR_PLIB, "Normal number %d, moment %d: %g instead of %g", j, k, (double)moment[j][k],
                 (double)expected[k]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPermutation(void)
{
  enum { MOST = 2000, N = 10, EPOCHS = 20000 };
  static PetscBool seen[MOST];
  static PetscInt  count[N][N];
  PetscReal        square = 0.0;

  PetscFunctionBegin;
  for (PetscInt64 n = 1; n <= MOST; n++) {
    PetscInt64 fixed = 0;

    PetscCall(PetscArrayzero(seen, MOST));
    for (PetscInt64 i = 0; i < n; i++) {
      const PetscInt64 p = KNPermutation(1, 3, n, i);

      PetscCheck(p >= 0 && p < n && !seen[p], PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "n = %" PetscInt64_FMT ": position %" PetscInt64_FMT " gives %" PetscInt64_FMT
                 ", outside or for the second time",
                 n, i, p);
      seen[p] = PETSC_TRUE;
      fixed += p == KNPermutation(1, 4, n, i);
    }
    /* Two random permutations agree in one position on average (Poisson): in 20 or more with probability 2e-19. */
    PetscCheck(n < 20 || fixed < 20, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "n = %" PetscInt64_FMT ": two epochs agree in %" PetscInt64_FMT " positions", n, fixed);
  }

  /*
    Each position gets each value equally often: (N - 1)^2 = 81 degrees of freedom; beyond 150 with probability 5e-6.
  */
  for (PetscInt64 e = 0; e < EPOCHS; e++) {
    for (PetscInt64 i = 0; i < N; i++) count[i][KNPermutation(1, e, N, i)]++;
  }
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < N; j++) square += PetscSqr(count[i][j] - (PetscReal)EPOCHS / N) / ((PetscReal)EPOCHS / N);
  }
  square *= (N - 1.0) / N; /* rows and columns of the table have fixed sums */
  PetscCheck(square < 150.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Positions and values are not independent: chi^2 = %g",
             (double)square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestKnownAnswers());
  PetscCall(TestRanges());
  PetscCall(TestNormal());
  PetscCall(TestPermutation());
  PetscCall(PetscFinalize());
  return 0;
}

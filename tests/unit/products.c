/*
  Products of small matrices, and sums of them, against sums in double: all forms, shapes on both sides of every tile
  and limit, rows with room between them, which stays untouched. Rows that are to have the same bits alone. In bfloat16:
  of the rounded numbers, where the processor has it; elsewhere the same bits as in float.
*/
#include "../../src/layers/bfloat16_kernels.h"
#include "../../src/layers/product_kernels.h"
#include <kitinet/random.h>

enum { LARGEST = 300 * 300 };

static KNReal A[LARGEST], B[LARGEST], C[LARGEST];

static KNReal Draw(PetscInt64 matrix, PetscInt64 i)
{
  uint64_t word[4];

  KNRandomWords(3, KN_STREAM_TEST, matrix, i, 0, 0, word);
  return (KNReal)(2 * KNUniform(word[0]) - 1);
}

/* x, and x rounded to 8 bits of mantissa, to nearest even. */
static double Exactly(KNReal x)
{
  return (double)x;
}

static double Rounded(KNReal x)
{
  int          exponent;
  const double mantissa = frexp((double)x, &exponent);

  return ldexp(nearbyint(ldexp(mantissa, 8)), exponent - 8);
}

/* left, right: is A, is B given transposed? read: what the product reads of a number. */
static PetscErrorCode TestShape(KNProductForm *product, double (*read)(KNReal), int left, int right, size_t M, size_t N,
                                size_t K, int add)
{
  const size_t lda = (left ? M : K) + 3, ldb = (right ? K : N) + 1, ldc = N + 2;
  const double tolerance = sizeof(KNReal) == 4 ? 1e-6 : 1e-15;

  PetscFunctionBegin;
  for (size_t i = 0; i < M * ldc; i++) C[i] = (KNReal)0.5;
  product(C, ldc, A, lda, B, ldb, M, N, K, add);
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < ldc; n++) {
      double sum = add || n >= N ? 0.5 : 0, size = 1;

      for (size_t k = 0; n < N && k < K; k++) {
        const double term = read(A[left ? k * lda + m : m * lda + k]) * read(B[right ? n * ldb + k : k * ldb + n]);

        sum += term;
        size += PetscAbsReal(term);
      }
      PetscCheck(PetscAbsReal((PetscReal)(C[m * ldc + n] - sum)) <= tolerance * size, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "transposed %d %d, %zu x %zu x %zu, add %d: C(%zu, %zu) is %g, not %g", left, right, M, N, K, add, m,
                 n, (double)C[m * ldc + n], sum);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of matrices that overlap: A_t begins t columns, B_t t rows further on. */
static PetscErrorCode TestSum(size_t M, size_t N, size_t K, size_t count, int add)
{
  const size_t       lda = K + count, ldb = N + 1, ldc = N + 2;
  const double       tolerance = sizeof(KNReal) == 4 ? 2e-6 : 4e-15;
  unsigned long long a[16], b[16];

  PetscFunctionBegin;
  for (size_t t = 0; t < count; t++) {
    a[t] = t * sizeof(KNReal);
    b[t] = t * ldb * sizeof(KNReal);
  }
  for (size_t i = 0; i < M * ldc; i++) C[i] = (KNReal)0.5;
  kn_product_sum(C, ldc, A, lda, a, B, ldb, b, M, N, K, count, add);
  for (size_t m = 0; m < M; m++) {
    for (size_t n = 0; n < ldc; n++) {
      double sum = add || n >= N ? 0.5 : 0, size = 1;

      for (size_t t = 0; n < N && t < count; t++) {
        for (size_t k = 0; k < K; k++) {
          const double term = (double)A[m * lda + k + t] * (double)B[(k + t) * ldb + n];

          sum += term;
          size += PetscAbsReal(term);
        }
      }
      PetscCheck(PetscAbsReal((PetscReal)(C[m * ldc + n] - sum)) <= tolerance * size, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "sum of %zu products %zu x %zu x %zu, add %d: C(%zu, %zu) is %g, not %g", count, M, N, K, add, m, n,
                 (double)C[m * ldc + n], sum);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* kn_product_of_rows as one of the forms: add is 0. */
static void Rows(KNReal *c, size_t ldc, const KNReal *a, size_t lda, const KNReal *b, size_t ldb, size_t M, size_t N,
                 size_t K, int add)
{
  static KNReal work[KN_ROWS * LARGEST];

  kn_product_of_rows(c, ldc, a, lda, b, ldb, M, N, K, work);
}

/* Rows that are multiplied together and one by one. */
static PetscErrorCode TestRows(size_t M, size_t N, size_t K)
{
  static KNReal alone[LARGEST], work[KN_ROWS * LARGEST];

  PetscFunctionBegin;
  PetscCall(TestShape(Rows, Exactly, 0, 0, M, N, K, 0));
  kn_product_of_rows(C, N, A, K, B, N, M, N, K, work);
  for (size_t m = 0; m < M; m++) kn_product_of_rows(alone + m * N, N, A + m * K, K, B, N, 1, N, K, work);
  PetscCheck(!memcmp(C, alone, M * N * sizeof(KNReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%zu rows, %zu x %zu: other bits than one by one", M, N, K);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const size_t shape[][3] = {{1, 1, 1},     {1, 128, 32},  {8, 64, 32},     {24, 16, 64},
                                    {23, 16, 64},  {24, 15, 7},   {32, 32, 130},   {33, 65, 64},
                                    {65, 129, 63}, {128, 3, 200}, {200, 200, 120}, {16, 16, 16},
                                    {17, 40, 19},  {129, 33, 17}, {130, 140, 300}, {40, 290, 257}};

  double (*const few)(KNReal) = KNBfloat16Lacks() ? Exactly : Rounded;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < LARGEST; i++) {
    A[i] = Draw(1, (PetscInt64)i);
    B[i] = Draw(2, (PetscInt64)i);
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(shape); i++) {
    for (int add = 0; add < 2; add++) {
      const size_t M = shape[i][0], N = shape[i][1], K = shape[i][2];

      PetscCall(TestShape(kn_product, Exactly, 0, 0, M, N, K, add));
      PetscCall(TestShape(kn_product_transposed_left, Exactly, 1, 0, M, N, K, add));
      PetscCall(TestShape(kn_product_transposed_right, Exactly, 0, 1, M, N, K, add));
      PetscCall(TestSum(M, N, K, i % 3 ? 9 : 1, add));
      if (PetscMin(M, PetscMin(N, K)) < 16) continue; /* these are products in float */
      PetscCall(TestShape(kn_product_bfloat16, few, 0, 0, M, N, K, add));
      PetscCall(TestShape(kn_product_bfloat16_transposed_left, few, 1, 0, M, N, K, add));
      PetscCall(TestShape(kn_product_bfloat16_transposed_right, few, 0, 1, M, N, K, add));
    }
  }
  for (int add = 0; add < 2; add++) PetscCall(TestShape(kn_product, Exactly, 0, 0, 5, 40, 0, add));
  for (size_t N = 1; N < 100; N += N < 20 ? 1 : 15) PetscCall(TestRows(21, N, 3 + N % 40));
  PetscCall(PetscFinalize());
  return 0;
}

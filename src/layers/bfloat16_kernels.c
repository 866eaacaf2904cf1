/*
  Products in bfloat16: see bfloat16_kernels.h. In the tiles of AMX (tile_kernels.h) where the processor has them, by
  libxsmm elsewhere.

  Both read A as (M, K/2) pairs, so with k along a row, and B as (K/2, N) pairs. Blocks of A and B are rounded into that
  form first: rows along k are pairs as they lie; of rows along m or n two make a row of pairs; a transposition of words
  turns one form into the other. An odd K ends with a pair whose second number is 0.

  Of 225 GFLOP/s that one core of Zen 4 reaches in bfloat16 (114 in float), products of 64 and 128 channels reach 200 to
  215 with the rounding of B.
*/
#include "bfloat16_kernels.h"
#include "bfloat16_impl.h"
#include "product_kernels.h"
#include "tile_kernels.h"
#include <string.h>

#if defined(KN_BFLOAT16)
#include <libxsmm.h>

/*
  Blocks of A: (ROWS, DEPTH), of B: (DEPTH, COLUMNS): 64 kB each, in the second-level cache. In memory A has rows of
  whole pairs, or of whole tiles, B columns likewise.
*/
enum { ROWS = 128, COLUMNS = 128, DEPTH = 256 };

const char *KNBfloat16Lacks(void)
{
  if (__builtin_cpu_supports("avx512bf16") && libxsmm_get_target_archid() >= LIBXSMM_X86_AVX512_CPX) return NULL;
  return "a processor with AVX512-BF16";
}

/* A as (M, pairs) pairs; those beyond K are 0. work: as large. */
static void PackLeft(KNPair *to, KNPair *work, const float *A, size_t lda, size_t M, size_t K, size_t pairs,
                     int transposed)
{
  const size_t full = (K + 1) / 2;

  if (transposed) {
    kn_pair_rows(work, M, A, lda, K, M);
    memset(work + full * M, 0, (pairs - full) * M * sizeof(*work));
    kn_transpose_pairs(to, pairs, work, M, pairs, M);
  } else {
    kn_round_rows((KNHalf *)to, 2 * pairs, A, lda, M, K);
  }
}

/* B as (pairs, N) pairs, whose rows lie pitch apart; those beyond K are 0. */
static void PackRight(KNPair *to, KNPair *work, const float *B, size_t ldb, size_t N, size_t K, size_t pairs,
                      size_t pitch, int transposed)
{
  const size_t full = (K + 1) / 2;

  if (transposed) {
    kn_round_rows((KNHalf *)work, 2 * pairs, B, ldb, N, K);
    kn_transpose_pairs(to, pitch, work, pairs, N, pairs);
  } else {
    kn_pair_rows(to, pitch, B, ldb, K, N);
    memset(to + full * pitch, 0, (pairs - full) * pitch * sizeof(*to));
  }
}

/* libxsmm thinks in columns: see product_kernels.c. NULL: it has none for this shape. */
static libxsmm_bsmmfunction Kernel(size_t M, size_t N, size_t K, size_t ldc, int add)
{
  const int   columns_a = (int)K, columns_b = (int)N, columns_c = (int)ldc, flags = LIBXSMM_GEMM_FLAG_VNNI_A;
  const float alpha = 1, beta = add ? 1 : 0;

  return libxsmm_bsmmdispatch((int)N, (int)M, (int)K, &columns_b, &columns_a, &columns_c, &alpha, &beta, &flags, NULL);
}

/* C (M, N) = (or += if add) A B, A: (M, pairs), B: (pairs, pitch); both reach to whole tiles, C need not. */
static void MultiplyTiles(float *C, size_t ldc, const KNPair *A, const KNPair *B, size_t M, size_t N, size_t pairs,
                          size_t pitch, int add)
{
  float        whole[ROWS * COLUMNS] __attribute__((aligned(KN_ALIGN)));
  const size_t rows = (M + KN_TILE - 1) / KN_TILE * KN_TILE;
  size_t       a[DEPTH / KN_TILE_DEPTH], b[DEPTH / KN_TILE_DEPTH];

  for (size_t s = 0; s < pairs / KN_TILE; s++) {
    a[s] = s * KN_TILE * sizeof(*A);
    b[s] = s * KN_TILE * sizeof(*B) * pitch;
  }
  if (rows == M && pitch == N) {
    kn_tiles_sum(C, ldc, A, pairs * sizeof(*A), a, B, pitch * sizeof(*B), b, M, N, pairs / KN_TILE, add);
    return;
  }
  kn_tiles_sum(whole, pitch, A, pairs * sizeof(*A), a, B, pitch * sizeof(*B), b, rows, pitch, pairs / KN_TILE, 0);
  for (size_t m = 0; m < M; m++) {
    float *restrict to         = C + m * ldc;
    const float *restrict from = whole + m * pitch;

    for (size_t n = 0; n < N; n++) to[n] = (add ? to[n] : 0) + from[n];
  }
}

/* Rounding costs as much as some eight multiplications of each element: every one must take part in more. */
static int Pays(size_t M, size_t N, size_t K)
{
  return M >= 16 && N >= 16 && K >= 16;
}

/* left, right: is A, is B given transposed? 0: there is no kernel, and nothing was done. */
static int Multiply(float *C, size_t ldc, const float *A, size_t lda, const float *B, size_t ldb, size_t M, size_t N,
                    size_t K, int left, int right, int add)
{
  enum { LARGEST = DEPTH / 2 * (ROWS > COLUMNS ? ROWS : COLUMNS) };
  KNPair a[LARGEST + 16] __attribute__((aligned(KN_ALIGN))), b[LARGEST + 16] __attribute__((aligned(KN_ALIGN))),
    work[LARGEST + 16] __attribute__((aligned(KN_ALIGN)));
  const int    tiles = kn_tiles_usable();
  const size_t unit  = tiles ? KN_TILE : 1; /* of pairs and of columns of B */

  if (!Pays(M, N, K) || KNBfloat16Lacks()) return 0;
  if (tiles) kn_tiles_begin(KN_TILE_DEPTH);
  for (size_t k = 0; k < K; k += DEPTH) {
    const size_t depth = PetscMin(DEPTH, K - k), pairs = ((depth + 1) / 2 + unit - 1) / unit * unit;

    for (size_t m = 0; m < M; m += ROWS) {
      const size_t rows = PetscMin(ROWS, M - m);

      PackLeft(a, work, left ? A + k * lda + m : A + m * lda + k, lda, rows, depth, pairs, left);
      for (size_t n = 0; n < N; n += COLUMNS) {
        const size_t               columns = PetscMin(COLUMNS, N - n), pitch = (columns + unit - 1) / unit * unit;
        float                     *to       = C + m * ldc + n;
        const libxsmm_bsmmfunction multiply = tiles ? NULL : Kernel(rows, columns, 2 * pairs, ldc, add || k);

        if (!tiles && !multiply) return 0;
        PackRight(b, work, right ? B + n * ldb + k : B + k * ldb + n, ldb, columns, depth, pairs, pitch, right);
        if (tiles) MultiplyTiles(to, ldc, a, b, rows, columns, pairs, pitch, add || k);
        else multiply((const libxsmm_bfloat16 *)b, (const libxsmm_bfloat16 *)a, to);
      }
    }
  }
  if (tiles) kn_tiles_end();
  return 1;
}
#else
const char *KNBfloat16Lacks(void)
{
  return sizeof(KNReal) == 4 ? "a build with libxsmm" : "a build in float32";
}

static int Multiply(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M, size_t N,
                    size_t K, int left, int right, int add)
{
  return 0;
}
#endif

void kn_product_bfloat16(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                         size_t N, size_t K, int add)
{
  if (!Multiply(C, ldc, A, lda, B, ldb, M, N, K, 0, 0, add)) kn_product(C, ldc, A, lda, B, ldb, M, N, K, add);
}

void kn_product_bfloat16_transposed_left(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B,
                                         size_t ldb, size_t M, size_t N, size_t K, int add)
{
  if (!Multiply(C, ldc, A, lda, B, ldb, M, N, K, 1, 0, add))
    kn_product_transposed_left(C, ldc, A, lda, B, ldb, M, N, K, add);
}

void kn_product_bfloat16_transposed_right(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B,
                                          size_t ldb, size_t M, size_t N, size_t K, int add)
{
  if (!Multiply(C, ldc, A, lda, B, ldb, M, N, K, 0, 1, add))
    kn_product_transposed_right(C, ldc, A, lda, B, ldb, M, N, K, add);
}

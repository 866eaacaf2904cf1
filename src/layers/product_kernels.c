/* Products of small matrices by libxsmm or BLAS: see product_kernels.h. */
#include "product_kernels.h"
#include "bfloat16_kernels.h"
#include <cblas.h>
#include <string.h>

#if defined(KN_HAVE_XSMM)
#include <libxsmm.h>
#if defined(KN_DOUBLE)
#define KNXSMM(name) libxsmm_dmm##name
#else
#define KNXSMM(name) libxsmm_smm##name
#endif

/*
  Up to so many multiplications a product is small: all its operands stay in the second-level cache, and libxsmm,
  which knows no blocks, is faster. Of 253 GFLOP/s that one core of Zen 5 reaches, it and OpenBLAS 0.3.21 (both with
  AVX-512) reach 246 and 188 for the pointwise layer of 32 channels, 250 and 233 for one of 64, 207 and 79 for a
  mode's gradient with 20 channels and 4 samples.
*/
#define KN_SMALL ((size_t)1 << 22)

/*
  libxsmm thinks in columns: C' (N, M) = B' (N, K) A' (K, M). NULL: it has none for this shape. Found in a table after
  its first use, in some 20 ns.
*/
static KNXSMM(function) kn_small(size_t M, size_t N, size_t K, size_t lda, size_t ldb, size_t ldc, int left, int add)
{
  const int columns_a = (int)lda, columns_b = (int)ldb, columns_c = (int)ldc,
            flags    = left ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
  const KNReal alpha = 1, beta = add ? 1 : 0;

  if (M * N * K > KN_SMALL) return NULL;
  return KNXSMM(dispatch)((int)N, (int)M, (int)K, &columns_b, &columns_a, &columns_c, &alpha, &beta, &flags, NULL);
}

static int kn_try_small(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                        size_t N, size_t K, int left, int add)
{
  const KNXSMM(function) multiply = kn_small(M, N, K, lda, ldb, ldc, left, add);

  if (multiply) multiply(B, A, C);
  return multiply != NULL;
}

static int kn_try_small_all(KNReal *C, size_t ldc, size_t nextC, const KNReal *A, size_t lda, size_t nextA,
                            const KNReal *B, size_t ldb, size_t nextB, size_t M, size_t N, size_t K, size_t count,
                            int left, int add)
{
  const KNXSMM(function) multiply = kn_small(M, N, K, lda, ldb, ldc, left, add);

  for (size_t i = 0; multiply && i < count; i++) multiply(B + i * nextB, A + i * nextA, C + i * nextC);
  return multiply != NULL;
}

/* The sum stays in registers from one product to the next. */
static int kn_try_small_sum(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const unsigned long long a[],
                            const KNReal *B, size_t ldb, const unsigned long long b[], size_t M, size_t N, size_t K,
                            size_t count, int add)
{
  const int    columns_a = (int)lda, columns_b = (int)ldb, columns_c = (int)ldc, flags = LIBXSMM_GEMM_FLAG_NONE;
  const KNReal alpha = 1, beta = add ? 1 : 0;
  const unsigned long long products = count;
  KNXSMM(function_reducebatch_offs) multiply;

  if (M * N * K > KN_SMALL) return 0;
  multiply = KNXSMM(dispatch_reducebatch_offs)((int)N, (int)M, (int)K, &columns_b, &columns_a, &columns_c, &alpha,
                                               &beta, &flags, NULL);
  if (multiply) multiply(B, A, C, &products, b, a);
  return multiply != NULL;
}

/* Rows and columns of B that are transposed at a time: 16 kB in float, half of the first-level cache. */
enum { TILE = 64 };

/* There is no kernel for C = A B^T: tiles of B are transposed first, which pays where many rows of A share a tile. */
static int kn_try_transposing(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                              size_t N, size_t K, int add)
{
  KNReal T[TILE * TILE] __attribute__((aligned(KN_ALIGN))); // (K, N)

  if (M < 24 || N < 16 || !kn_small(M, PetscMin(N, TILE), PetscMin(K, TILE), lda, TILE, ldc, 0, add)) return 0;
  for (size_t k = 0; k < K; k += TILE) {
    for (size_t n = 0; n < N; n += TILE) {
      const size_t width = PetscMin(TILE, N - n), depth = PetscMin(TILE, K - k);

      libxsmm_otrans(T, B + n * ldb + k, sizeof(*T), (int)depth, (int)width, (int)ldb, TILE);
      kn_product(C + n, ldc, A + k, lda, T, TILE, M, width, depth, add || k);
    }
  }
  return 1;
}
#else
static int kn_try_small_all(KNReal *C, size_t ldc, size_t nextC, const KNReal *A, size_t lda, size_t nextA,
                            const KNReal *B, size_t ldb, size_t nextB, size_t M, size_t N, size_t K, size_t count,
                            int left, int add)
{
  return 0;
}

static int kn_try_small_sum(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const unsigned long long a[],
                            const KNReal *B, size_t ldb, const unsigned long long b[], size_t M, size_t N, size_t K,
                            size_t count, int add)
{
  return 0;
}

static int kn_try_small(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                        size_t N, size_t K, int left, int add)
{
  return 0;
}

static int kn_try_transposing(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                              size_t N, size_t K, int add)
{
  return 0;
}
#endif

static void kn_blas(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M, size_t N,
                    size_t K, CBLAS_TRANSPOSE left, CBLAS_TRANSPOSE right, int add)
{
  KNBLAS(gemm)
  (CblasRowMajor, left, right, (int)M, (int)N, (int)K, 1, A, (int)lda, B, (int)ldb, add ? 1 : 0, C, (int)ldc);
}

void kn_product(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M, size_t N,
                size_t K, int add)
{
  if (K == 0) {
    for (size_t i = 0; !add && i < M; i++) memset(C + i * ldc, 0, N * sizeof(*C));
  } else if (!kn_try_small(C, ldc, A, lda, B, ldb, M, N, K, 0, add)) {
    kn_blas(C, ldc, A, lda, B, ldb, M, N, K, CblasNoTrans, CblasNoTrans, add);
  }
}

int kn_rows_matter(size_t N)
{
  const size_t vector = KN_ALIGN / sizeof(KNReal), rest = N % (4 * vector);

  return rest > 0 && rest <= vector;
}

void kn_product_of_rows(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                        size_t N, size_t K, KNReal *work)
{
  const size_t whole = M / KN_ROWS * KN_ROWS;
  KNReal      *a = work, *c = work + KN_ROWS * K;

  for (size_t i = 0; i < whole; i += KN_ROWS) kn_product(C + i * ldc, ldc, A + i * lda, lda, B, ldb, KN_ROWS, N, K, 0);
  if (whole == M) return;
  memset(a, 0, KN_ROWS * K * sizeof(*a));
  for (size_t i = whole; i < M; i++) memcpy(a + (i - whole) * K, A + i * lda, K * sizeof(*a));
  kn_product(c, N, a, K, B, ldb, KN_ROWS, N, K, 0);
  for (size_t i = whole; i < M; i++) memcpy(C + i * ldc, c + (i - whole) * N, N * sizeof(*c));
}

void kn_product_transposed_left(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb,
                                size_t M, size_t N, size_t K, int add)
{
  if (!kn_try_small(C, ldc, A, lda, B, ldb, M, N, K, 1, add))
    kn_blas(C, ldc, A, lda, B, ldb, M, N, K, CblasTrans, CblasNoTrans, add);
}

void kn_product_transposed_right(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb,
                                 size_t M, size_t N, size_t K, int add)
{
  if (!kn_try_transposing(C, ldc, A, lda, B, ldb, M, N, K, add))
    kn_blas(C, ldc, A, lda, B, ldb, M, N, K, CblasNoTrans, CblasTrans, add);
}

void kn_product_sum(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const unsigned long long a[], const KNReal *B,
                    size_t ldb, const unsigned long long b[], size_t M, size_t N, size_t K, size_t count, int add)
{
  if (kn_try_small_sum(C, ldc, A, lda, a, B, ldb, b, M, N, K, count, add)) return;
  for (size_t t = 0; t < count; t++)
    kn_product(C, ldc, A + a[t] / sizeof(*A), lda, B + b[t] / sizeof(*B), ldb, M, N, K, add || t > 0);
}

void kn_products(KNReal *C, size_t ldc, size_t nextC, const KNReal *A, size_t lda, size_t nextA, const KNReal *B,
                 size_t ldb, size_t nextB, size_t M, size_t N, size_t K, size_t count, int left, int add)
{
  if (kn_try_small_all(C, ldc, nextC, A, lda, nextA, B, ldb, nextB, M, N, K, count, left, add)) return;
  for (size_t i = 0; i < count; i++)
    kn_blas(C + i * nextC, ldc, A + i * nextA, lda, B + i * nextB, ldb, M, N, K, left ? CblasTrans : CblasNoTrans,
            CblasNoTrans, add);
}

const KNProducts *kn_products_of(const KNPass *pass)
{
  static const KNProducts exact   = {.plain            = kn_product,
                                     .transposed_left  = kn_product_transposed_left,
                                     .transposed_right = kn_product_transposed_right},
                          rounded = {.plain            = kn_product_bfloat16,
                                     .transposed_left  = kn_product_bfloat16_transposed_left,
                                     .transposed_right = kn_product_bfloat16_transposed_right};

  return pass->bfloat16 ? &rounded : &exact;
}

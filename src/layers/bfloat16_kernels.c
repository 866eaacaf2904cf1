/*
  Products in bfloat16 by libxsmm: see bfloat16_kernels.h.

  The processor multiplies pairs of numbers that belong to two consecutive k and adds both to one float. A pair is one
  word of 32 bits. The kernels read A as (M, K/2) pairs, so with k along a row, and B as (K/2, N) pairs. Blocks of A and
  B are rounded into that form first: rows along k are pairs as they lie; of rows along m or n two make a row of pairs;
  a transposition of words turns one form into the other. An odd K ends with a pair whose second number is 0.

  Of 225 GFLOP/s that one core of Zen 4 reaches in bfloat16 (114 in float), products of 64 and 128 channels reach 200 to
  215 with the rounding of B.
*/
#include "bfloat16_kernels.h"
#include "product_kernels.h"

#if defined(KN_HAVE_XSMM) && !defined(KN_DOUBLE)
#include <immintrin.h>
#include <libxsmm.h>

/* Blocks of A: (ROWS, DEPTH), of B: (DEPTH, COLUMNS): 64 kB each, in the second-level cache. */
enum { ROWS = 128, COLUMNS = 128, DEPTH = 256 };

typedef uint16_t Half; /* a number in bfloat16 */
typedef uint32_t Pair;

#define KN_WITH_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512bf16")))

const char *KNBfloat16Lacks(void)
{
  if (__builtin_cpu_supports("avx512bf16") && libxsmm_get_target_archid() >= LIBXSMM_X86_AVX512_CPX) return NULL;
  return "a processor with AVX512-BF16";
}

static KN_WITH_BFLOAT16 __m512 Load(const float *x, size_t n)
{
  return n >= 16 ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), x);
}

/* to: (rows, n rounded up to even), one row behind the other = x: (rows, n); room for 32 more behind the last row */
static KN_WITH_BFLOAT16 void RoundRows(Half *to, const float *x, size_t ld, size_t rows, size_t n)
{
  for (size_t r = 0; r < rows; r++, to += n + n % 2) {
    for (size_t i = 0; i < n; i += 32) {
      const size_t rest = n - i;

      _mm512_storeu_si512(
        to + i, (__m512i)_mm512_cvtne2ps_pbh(rest > 16 ? Load(x + r * ld + i + 16, rest - 16) : _mm512_setzero_ps(),
                                             Load(x + r * ld + i, rest)));
    }
  }
}

/* to: (rows rounded up to even / 2, n) pairs = x: (rows, n), two rows at a time; room for 16 more behind the last */
static KN_WITH_BFLOAT16 void PairRows(Pair *to, const float *x, size_t ld, size_t rows, size_t n)
{
  const __m512i alternate =
    _mm512_add_epi32(_mm512_set1_epi32(16 << 16),
                     _mm512_mullo_epi32(_mm512_set1_epi32(0x00010001),
                                        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));

  for (size_t r = 0; r < rows; r += 2, to += n) {
    const float *first = x + r * ld;

    for (size_t i = 0; i < n; i += 16) {
      const __m512  second = r + 1 < rows ? Load(first + ld + i, n - i) : _mm512_setzero_ps();
      const __m512i both   = (__m512i)_mm512_cvtne2ps_pbh(second, Load(first + i, n - i));

      _mm512_storeu_si512(to + i, _mm512_permutexvar_epi16(alternate, both));
    }
  }
}

/* A as (M, K/2) pairs. work: as large. */
static void PackLeft(Pair *to, Pair *work, const float *A, size_t lda, size_t M, size_t K, int transposed)
{
  const size_t pairs = (K + 1) / 2;

  if (transposed) {
    PairRows(work, A, lda, K, M);
    libxsmm_otrans(to, work, sizeof(*to), (int)M, (int)pairs, (int)M, (int)pairs);
  } else RoundRows((Half *)to, A, lda, M, K);
}

/* B as (K/2, N) pairs. */
static void PackRight(Pair *to, Pair *work, const float *B, size_t ldb, size_t N, size_t K, int transposed)
{
  const size_t pairs = (K + 1) / 2;

  if (transposed) {
    RoundRows((Half *)work, B, ldb, N, K);
    libxsmm_otrans(to, work, sizeof(*to), (int)pairs, (int)N, (int)pairs, (int)N);
  } else PairRows(to, B, ldb, K, N);
}

/* libxsmm thinks in columns: see product_kernels.c. NULL: it has none for this shape. */
static libxsmm_bsmmfunction Kernel(size_t M, size_t N, size_t K, size_t ldc, int add)
{
  const int   columns_a = (int)K, columns_b = (int)N, columns_c = (int)ldc, flags = LIBXSMM_GEMM_FLAG_VNNI_A;
  const float alpha = 1, beta = add ? 1 : 0;

  return libxsmm_bsmmdispatch((int)N, (int)M, (int)K, &columns_b, &columns_a, &columns_c, &alpha, &beta, &flags, NULL);
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
  Pair a[LARGEST + 16] __attribute__((aligned(KN_ALIGN))), b[LARGEST + 16] __attribute__((aligned(KN_ALIGN))),
    work[LARGEST + 16] __attribute__((aligned(KN_ALIGN)));

  if (!Pays(M, N, K) || KNBfloat16Lacks()) return 0;
  for (size_t k = 0; k < K; k += DEPTH) {
    const size_t depth = PetscMin(DEPTH, K - k), whole = depth + depth % 2;

    for (size_t n = 0; n < N; n += COLUMNS) {
      const size_t columns = PetscMin(COLUMNS, N - n);

      PackRight(b, work, right ? B + n * ldb + k : B + k * ldb + n, ldb, columns, depth, right);
      for (size_t m = 0; m < M; m += ROWS) {
        const size_t               rows     = PetscMin(ROWS, M - m);
        const libxsmm_bsmmfunction multiply = Kernel(rows, columns, whole, ldc, add || k);

        if (!multiply) return 0;
        PackLeft(a, work, left ? A + k * lda + m : A + m * lda + k, lda, rows, depth, left);
        multiply((const libxsmm_bfloat16 *)b, (const libxsmm_bfloat16 *)a, C + m * ldc + n);
      }
    }
  }
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

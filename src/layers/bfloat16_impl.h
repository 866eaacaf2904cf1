/*
  Numbers in bfloat16 (8 bits of mantissa, the exponents of float) as processors multiply them: by pairs, two numbers of
  consecutive k in one word of 32 bits, whose products are added to one float. Rounding is to nearest even. Only for
  processors with AVX512-BF16: KNBfloat16Lacks().
*/
#ifndef KITINET_BFLOAT16_IMPL_H
#define KITINET_BFLOAT16_IMPL_H

#include <kitinet/base.h>

#if defined(KN_HAVE_XSMM) && !defined(KN_DOUBLE)
#define KN_BFLOAT16 1
#include <immintrin.h>
#define KN_WITH_BFLOAT16 __attribute__((target("avx512f,avx512bw,avx512bf16")))

/* The first n of 16 floats, then 0. */
static inline KN_WITH_BFLOAT16 __m512 kn_floats(const float *x, size_t n)
{
  return n >= 16 ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), x);
}

/* The first n of 32 numbers, then 0. n > 0. */
static inline KN_WITH_BFLOAT16 __m512i kn_rounded(const float *x, size_t n)
{
  return (__m512i)_mm512_cvtne2ps_pbh(n > 16 ? kn_floats(x + 16, n - 16) : _mm512_setzero_ps(), kn_floats(x, n));
}

/* The first n of 16 pairs of numbers, then 0. n > 0. */
static inline KN_WITH_BFLOAT16 __m512i kn_paired(const float *first, const float *second, size_t n)
{
  const __m512i alternate =
    _mm512_add_epi32(_mm512_set1_epi32(16 << 16),
                     _mm512_mullo_epi32(_mm512_set1_epi32(0x00010001),
                                        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));

  return _mm512_permutexvar_epi16(
    alternate, (__m512i)_mm512_cvtne2ps_pbh(second ? kn_floats(second, n) : _mm512_setzero_ps(), kn_floats(first, n)));
}
#endif

typedef uint16_t KNHalf; /* a number in bfloat16 */
typedef uint32_t KNPair; /* two of them */

/*
  to: (rows, n rounded up to even) = x: (rows, n), whose rows lie pitch, ld elements apart; what lies between n and the
  next multiple of 32 becomes 0, or the next row. Room for 32 behind the last row.
*/
PETSC_INTERN void kn_round_rows(KNHalf *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n);

/*
  to: (rows rounded up to even / 2, n) = x: (rows, n), two rows at a time. What lies between n and the next multiple of
  16 is 0, or the next row. Room for 16 behind the last row.
*/
PETSC_INTERN void kn_pair_rows(KNPair *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n);

/* to: (n, rows) = the transpose of from: (rows, n). */
PETSC_INTERN void kn_transpose_pairs(KNPair *to, size_t ldto, const KNPair *from, size_t ldfrom, size_t rows, size_t n);

#endif

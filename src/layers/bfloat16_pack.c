/* Floats rounded to bfloat16, in rows and in pairs: see bfloat16_impl.h. */
#include "bfloat16_impl.h"

#if defined(KN_BFLOAT16)
#include <libxsmm.h>

static KN_WITH_BFLOAT16 __m512 Load(const float *x, size_t n)
{
  return n >= 16 ? _mm512_loadu_ps(x) : _mm512_maskz_loadu_ps((__mmask16)((1U << n) - 1), x);
}

KN_WITH_BFLOAT16 void kn_round_rows(KNHalf *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n)
{
  for (size_t r = 0; r < rows; r++, to += pitch, x += ld) {
    for (size_t i = 0; i < n; i += 32) {
      const size_t rest = n - i;

      _mm512_storeu_si512(to + i, (__m512i)_mm512_cvtne2ps_pbh(
                                    rest > 16 ? Load(x + i + 16, rest - 16) : _mm512_setzero_ps(), Load(x + i, rest)));
    }
  }
}

KN_WITH_BFLOAT16 void kn_pair_rows(KNPair *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n)
{
  const __m512i alternate =
    _mm512_add_epi32(_mm512_set1_epi32(16 << 16),
                     _mm512_mullo_epi32(_mm512_set1_epi32(0x00010001),
                                        _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));

  for (size_t r = 0; r < rows; r += 2, to += pitch) {
    const float *first = x + r * ld;

    for (size_t i = 0; i < n; i += 16) {
      const __m512  second = r + 1 < rows ? Load(first + ld + i, n - i) : _mm512_setzero_ps();
      const __m512i both   = (__m512i)_mm512_cvtne2ps_pbh(second, Load(first + i, n - i));

      _mm512_storeu_si512(to + i, _mm512_permutexvar_epi16(alternate, both));
    }
  }
}

void kn_transpose_pairs(KNPair *to, size_t ldto, const KNPair *from, size_t ldfrom, size_t rows, size_t n)
{
  libxsmm_otrans(to, from, sizeof(*to), (int)n, (int)rows, (int)ldfrom, (int)ldto);
}
#endif

/* Floats rounded to bfloat16, in rows and in pairs: see bfloat16_impl.h. */
#include "bfloat16_impl.h"

#if defined(KN_BFLOAT16)
#include <libxsmm.h>

KN_WITH_BFLOAT16 void kn_round_rows(KNHalf *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n)
{
  for (size_t r = 0; r < rows; r++, to += pitch, x += ld) {
    for (size_t i = 0; i < n; i += 32) _mm512_storeu_si512(to + i, kn_rounded(x + i, n - i));
  }
}

KN_WITH_BFLOAT16 void kn_pair_rows(KNPair *to, size_t pitch, const float *x, size_t ld, size_t rows, size_t n)
{
  for (size_t r = 0; r < rows; r += 2, to += pitch) {
    const float *first = x + r * ld, *second = r + 1 < rows ? first + ld : NULL;

    for (size_t i = 0; i < n; i += 16)
      _mm512_storeu_si512(to + i, kn_paired(first + i, second ? second + i : NULL, n - i));
  }
}

void kn_transpose_pairs(KNPair *to, size_t ldto, const KNPair *from, size_t ldfrom, size_t rows, size_t n)
{
  libxsmm_otrans(to, from, sizeof(*to), (int)n, (int)rows, (int)ldfrom, (int)ldto);
}
#endif

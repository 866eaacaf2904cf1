/* Transposes of small matrices of reals, row-major, for copies between fields (C, points) and (points, C). */
#ifndef KITINET_TRANSPOSE_H
#define KITINET_TRANSPOSE_H

#include <kitinet/base.h>
#include <string.h>

#if !defined(KN_DOUBLE)
typedef float kn_eight __attribute__((vector_size(32)));

/* to (8, 8) = from^T in registers: pairs, fours, halves change places. */
static inline void kn_transpose_eight(float *to, size_t ldto, const float *from, size_t ldfrom)
{
  kn_eight a[8], b[8];

  for (int i = 0; i < 8; i++) memcpy(&a[i], from + (size_t)i * ldfrom, sizeof(a[i]));
  for (int i = 0; i < 8; i += 2) {
    b[i]     = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = i; j < i + 2; j++) {
      a[j]     = __builtin_shufflevector(b[j], b[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[j + 2] = __builtin_shufflevector(b[j], b[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; i++) {
    b[i]     = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    b[i + 4] = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (int i = 0; i < 8; i++) memcpy(to + (size_t)i * ldto, &b[i], sizeof(b[i]));
}
#else
static inline void kn_transpose_eight(double *to, size_t ldto, const double *from, size_t ldfrom)
{
  for (size_t i = 0; i < 8; i++) {
    for (size_t j = 0; j < 8; j++) to[j * ldto + i] = from[i * ldfrom + j];
  }
}
#endif

/* to (n, m) = the transpose of from (m, n) */
static inline void kn_transpose(KNReal *to, size_t ldto, const KNReal *from, size_t ldfrom, size_t m, size_t n)
{
  const size_t m8 = m / 8 * 8, n8 = n / 8 * 8;

  /* along the rows that lie far apart, so that the lines of eight of them stay in the cache until they are full */
  for (size_t i = 0; ldfrom >= ldto && i < m8; i += 8) {
    for (size_t j = 0; j < n8; j += 8) kn_transpose_eight(to + j * ldto + i, ldto, from + i * ldfrom + j, ldfrom);
  }
  for (size_t j = 0; ldfrom < ldto && j < n8; j += 8) {
    for (size_t i = 0; i < m8; i += 8) kn_transpose_eight(to + j * ldto + i, ldto, from + i * ldfrom + j, ldfrom);
  }
  for (size_t j = 0; j < n; j++) {
    for (size_t i = j < n8 ? m8 : 0; i < m; i++) to[j * ldto + i] = from[i * ldfrom + j];
  }
}

#endif

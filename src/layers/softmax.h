/* The softmax of attention, over the rows of a small matrix, in loops over its columns. */
#ifndef KITINET_SOFTMAX_H
#define KITINET_SOFTMAX_H

#include "normal.h"

enum { KN_SOFTMAX_FLOPS = 17 }; /* operations for each entry */

/* e^x for x <= 0; 0 times x lets what is not finite come back. */
static inline KNReal kn_exp_down(KNReal x)
{
#if defined(KN_DOUBLE)
  return exp(x);
#else
  return kn_exp(x > -87.0f ? x : -87.0f) + 0.0f * x;
#endif
}

/*
  w[g, i] = e^l[g, i] / sum_g e^l[g, i]. w, l: (G, n) in rows of n, may be one; most, sum: (n) workspace.
*/
static inline void kn_softmax(KNReal *w, const KNReal *l, KNReal *restrict most, KNReal *restrict sum, size_t G,
                              size_t n)
{
  for (size_t i = 0; i < n; i++) {
    most[i] = l[i];
    sum[i]  = 0;
  }
  for (size_t g = 1; g < G; g++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) most[i] = most[i] > l[g * n + i] ? most[i] : l[g * n + i];
  }
  for (size_t g = 0; g < G; g++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
      const KNReal e = kn_exp_down(l[g * n + i] - most[i]);

      w[g * n + i] = e;
      sum[i] += e;
    }
  }
#pragma omp simd
  for (size_t i = 0; i < n; i++) most[i] = 1 / sum[i];
  for (size_t g = 0; g < G; g++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) w[g * n + i] *= most[i];
  }
}

/* dl = w (dw - sum_g w dw). dl, dw, w: (G, n), dl may be dw; sum: (n) workspace. */
static inline void kn_softmax_backward(KNReal *dl, const KNReal *dw, const KNReal *w, KNReal *restrict sum, size_t G,
                                       size_t n)
{
  for (size_t i = 0; i < n; i++) sum[i] = 0;
  for (size_t g = 0; g < G; g++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) sum[i] += w[g * n + i] * dw[g * n + i];
  }
  for (size_t g = 0; g < G; g++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) dl[g * n + i] = w[g * n + i] * (dw[g * n + i] - sum[i]);
  }
}

#endif

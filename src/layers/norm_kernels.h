/*
  What the norms share: rows of n values, all of one channel. Sums are in double precision, so that a large mean leaves
  a small variance.
*/
#ifndef KITINET_NORM_KERNELS_H
#define KITINET_NORM_KERNELS_H

#include <kitinet/base.h>
#include <math.h>

#define KN_NORM_EPSILON 1e-5 /* added to the variance */

/* sum[0] += sum of x, sum[1] += sum of a x; with a = x the squares */
static inline void kn_row_sums(double sum[2], const KNReal *x, const KNReal *a, size_t n)
{
  double first = 0, second = 0;

#pragma omp simd reduction(+ : first, second)
  for (size_t i = 0; i < n; i++) {
    first += (double)x[i];
    second += (double)a[i] * (double)x[i];
  }
  sum[0] += first;
  sum[1] += second;
}

/* Mean, variance and scale = 1 / sqrt(variance + epsilon) of n values, from their sums. */
static inline void kn_moments(double *mean, double *variance, double *scale, const double sum[2], double n)
{
  const double v = sum[1] / n - (sum[0] / n) * (sum[0] / n);

  *mean     = sum[0] / n;
  *variance = v < 0 ? 0 : v;
  *scale    = 1 / sqrt(*variance + KN_NORM_EPSILON);
}

/* y = (or += if add) scale (x - mean) + shift */
static inline void kn_row_scale(KNReal *y, const KNReal *x, KNReal mean, KNReal scale, KNReal shift, size_t n, int add)
{
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = (add ? y[i] : 0) + (scale * (x[i] - mean) + shift);
}

/* dx = (or += if add) a dy - b (x - mean) - c */
static inline void kn_row_scale_back(KNReal *dx, const KNReal *dy, const KNReal *x, KNReal mean, KNReal a, KNReal b,
                                     KNReal c, size_t n, int add)
{
#pragma omp simd
  for (size_t i = 0; i < n; i++) dx[i] = (add ? dx[i] : 0) + (a * dy[i] - b * (x[i] - mean) - c);
}

#endif

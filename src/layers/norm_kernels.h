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

enum { KN_NORM_BLOCK = 128 }; /* values in one sum of the network's precision */

/*
  sum[0], sum[1] = sums of x and of x^2: those of the distances from the first value, in blocks of the network's
  precision, moved back in double.
*/
static inline void kn_row_moments(double sum[2], const KNReal *x, size_t n)
{
  const KNReal pilot = x[0];
  const double p = (double)pilot, count = (double)n;
  double       total[2] = {0, 0};

  for (size_t first = 0; first < n; first += KN_NORM_BLOCK) {
    const size_t end  = first + KN_NORM_BLOCK < n ? first + KN_NORM_BLOCK : n;
    KNReal       sum0 = 0, sum1 = 0;

#pragma omp simd reduction(+ : sum0, sum1)
    for (size_t i = first; i < end; i++) {
      const KNReal off = x[i] - pilot;

      sum0 += off;
      sum1 += off * off;
    }
    total[0] += (double)sum0;
    total[1] += (double)sum1;
  }
  sum[0] = total[0] + count * p;
  sum[1] = total[1] + 2 * p * total[0] + count * p * p;
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

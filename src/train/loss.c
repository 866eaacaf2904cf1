/* Relative L2 error and its gradient: d|y - t| / |t| = (y - t) / (|y - t| |t|). */
#include <kitinet/loss.h>

/* |t|, or 1 for t = 0 */
static double kn_scale(const KNReal *t, size_t n)
{
  double sum = 0;

#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += (double)t[i] * t[i];
  return sum > 0 ? sqrt(sum) : 1.0;
}

void kn_relative_l2_forward(double *error, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    const KNReal *yb = y + b * n, *tb = t + b * n;
    double        sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
      const double d = (double)yb[i] - tb[i];

      sum += d * d;
    }
    error[b] = sqrt(sum) / kn_scale(tb, n);
  }
}

void kn_relative_l2_backward(KNReal *dy, const double *error, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    const double scale  = kn_scale(t + b * n, n);
    const KNReal factor = error[b] > 0 ? (KNReal)(1.0 / (error[b] * scale * scale)) : 0; /* 1 / (|y - t| |t|); the minimum has gradient 0 */

#pragma omp simd
    for (size_t i = b * n; i < (b + 1) * n; i++) dy[i] = factor * (y[i] - t[i]);
  }
}

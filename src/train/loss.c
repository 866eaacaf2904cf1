/* Relative L2 error and its gradient: d|y - t| / |t| = (y - t) / (|y - t| |t|). */
#include <kitinet/loss.h>

/* The norm of the target by which an error is divided: 1 for t = 0 */
static double kn_scale(double square)
{
  return square > 0 ? sqrt(square) : 1.0;
}

void kn_squares(double *square, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    const KNReal *yb = y + b * n, *tb = t + b * n;
    double        difference = 0, target = 0;

#pragma omp simd reduction(+ : target)
    for (size_t i = 0; i < n; i++) target += (double)tb[i] * tb[i];
#pragma omp simd reduction(+ : difference)
    for (size_t i = 0; i < n; i++) {
      const double d = (double)yb[i] - tb[i];

      difference += d * d;
    }
    square[2 * b]     = difference;
    square[2 * b + 1] = target;
  }
}

void kn_relative_l2(double *error, const double *square, size_t B)
{
  for (size_t b = 0; b < B; b++) error[b] = sqrt(square[2 * b]) / kn_scale(square[2 * b + 1]);
}

void kn_relative_l2_gradient(KNReal *dy, const double *error, const double *square, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    const double scale  = kn_scale(square[2 * b + 1]);
    const KNReal factor = error[b] > 0 ? (KNReal)(1.0 / (error[b] * scale * scale)) : 0; /* 1 / (|y - t| |t|); the minimum has gradient 0 */

#pragma omp simd
    for (size_t i = b * n; i < (b + 1) * n; i++) dy[i] = factor * (y[i] - t[i]);
  }
}

void kn_relative_l2_forward(double *error, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    double square[2];

    kn_squares(square, y + b * n, t + b * n, 1, n);
    kn_relative_l2(error + b, square, 1);
  }
}

void kn_relative_l2_backward(KNReal *dy, const double *error, const KNReal *y, const KNReal *t, size_t B, size_t n)
{
  for (size_t b = 0; b < B; b++) {
    double square[2];

    kn_squares(square, t + b * n, t + b * n, 1, n);
    kn_relative_l2_gradient(dy + b * n, error + b, square, y + b * n, t + b * n, 1, n);
  }
}

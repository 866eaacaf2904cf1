/* Relative errors and their gradient: d(|y - t| / s) = (y - t) / (|y - t| s). */
#include <kitinet/loss.h>
#include <math.h>

void kn_squares(double *square, const KNReal *y, const KNReal *t, size_t n)
{
  double difference = 0, target = 0;

#pragma omp simd reduction(+ : target)
  for (size_t i = 0; i < n; i++) target += (double)t[i] * t[i];
#pragma omp simd reduction(+ : difference)
  for (size_t i = 0; i < n; i++) {
    const double d = (double)y[i] - t[i];

    difference += d * d;
  }
  square[0] = difference;
  square[1] = target;
}

double kn_relative_error(double *error, const double *square, double scale_square)
{
  const double scale = sqrt(square[1] > 0 ? square[1] : scale_square);

  *error = sqrt(square[0]) / scale;
  return scale;
}

void kn_relative_error_gradient(KNReal *dy, double error, double scale, double unit, const KNReal *y, const KNReal *t,
                                size_t n)
{
  const double s       = scale / unit;
  const KNReal factor  = error > 0 ? (KNReal)(1.0 / (error * s * s)) : 0; /* 1 / (|y - t| s), all in units */
  const KNReal inverse = (KNReal)(1.0 / unit);

#pragma omp simd
  for (size_t i = 0; i < n; i++) dy[i] = factor * ((y[i] - t[i]) * inverse);
}

double kn_relative_l2(const KNReal *y, const KNReal *t, size_t n)
{
  double square[2];

  kn_squares(square, y, t, n);
  if (!(square[1] > 0)) return NAN;
  return isfinite(square[0]) ? sqrt(square[0]) / sqrt(square[1]) : INFINITY;
}

/* Means, quantiles, Student's distribution. */
#include <kitinet/statistics.h>
#include <math.h>
#include <string.h>

void kn_mean_deviation(double *mean, double *deviation, const double *x, size_t n)
{
  double sum = 0, squares = 0;

  for (size_t i = 0; i < n; i++) sum += x[i];
  *mean = sum / (double)n;
  for (size_t i = 0; i < n; i++) squares += (x[i] - *mean) * (x[i] - *mean);
  *deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : 0;
}

double kn_quantile(const double *x, size_t n, double q)
{
  const double place = q * (double)(n - 1);
  const size_t below = (size_t)place;

  return below + 1 < n ? x[below] + (place - (double)below) * (x[below + 1] - x[below]) : x[n - 1];
}

size_t kn_nonfinite(const float *x, size_t n)
{
  /* all ones in NaN and infinity: integers, of which a register holds as many as of x */
  const uint32_t exponent = 0x7f800000u;
  size_t         count    = 0;

  for (size_t i = 0; i < n; i++) {
    uint32_t bits;

    memcpy(&bits, &x[i], sizeof(bits));
    count += (bits & exponent) == exponent;
  }
  return count;
}

/*
  P(|T| < sqrt(freedom) tan(angle)): finite sums for whole degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and
  26.7.4).
*/
static double kn_student_probability(size_t freedom, double angle)
{
  const double c = cos(angle), s = sin(angle);
  double       term, sum;

  if (freedom % 2) {
    term = sum = freedom > 1 ? c : 0;
    for (size_t k = 3; k + 2 <= freedom; k += 2) sum += term *= (double)(k - 1) / (double)k * c * c;
    return M_2_PI * (angle + s * sum);
  }
  term = sum = 1;
  for (size_t k = 2; k + 2 <= freedom; k += 2) sum += term *= (double)(k - 1) / (double)k * c * c;
  return s * sum;
}

double kn_student_interval(size_t freedom, double p)
{
  double low = 0, high = M_PI_2;

  for (int i = 0; i < 100; i++) {
    const double middle = 0.5 * (low + high);

    if (kn_student_probability(freedom, middle) < p) low = middle;
    else high = middle;
  }
  return sqrt((double)freedom) * tan(0.5 * (low + high));
}

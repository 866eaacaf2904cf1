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

/* rank (n): that of x, from 1 on; equal values share the mean of theirs. order (n): work. */
static PetscErrorCode Ranks(PetscInt n, const PetscReal x[], PetscInt order[], PetscReal rank[])
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) order[i] = i;
  PetscCall(PetscSortRealWithPermutation(n, x, order));
  for (PetscInt i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && x[order[end]] == x[order[i]];) end++;
    for (PetscInt k = i; k < end; k++) rank[order[k]] = 0.5 * (PetscReal)(i + 1 + end);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRankCorrelation(size_t n, const PetscReal a[], const PetscReal b[], PetscReal *correlation)
{
  PetscReal *rank[2], mean = 0.5 * ((PetscReal)n + 1), both = 0, square[2] = {0, 0};
  PetscInt  *order;

  PetscFunctionBegin;
  *correlation = NAN;
  for (size_t i = 0; i < n; i++) {
    if (PetscIsNanReal(a[i]) || PetscIsNanReal(b[i])) PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc3(n, &rank[0], n, &rank[1], n, &order));
  PetscCall(Ranks((PetscInt)n, a, order, rank[0]));
  PetscCall(Ranks((PetscInt)n, b, order, rank[1]));
  for (size_t i = 0; i < n; i++) {
    both += (rank[0][i] - mean) * (rank[1][i] - mean);
    for (int k = 0; k < 2; k++) square[k] += PetscSqr(rank[k][i] - mean);
  }
  if (square[0] > 0 && square[1] > 0) *correlation = both / PetscSqrtReal(square[0] * square[1]);
  PetscCall(PetscFree3(rank[0], rank[1], order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

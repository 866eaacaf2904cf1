/* H1 norm and boundary of a field. */
#include <kitinet/metrics.h>
#include <math.h>

/* The derivative at point i of a line of n values, `stride` apart and h from each other. */
static double kn_derivative(const float *u, size_t i, size_t n, size_t stride, double h, PetscBool periodic)
{
  const double here = u[i * stride];

  if (periodic) return ((double)u[(i + 1) % n * stride] - (double)u[(i + n - 1) % n * stride]) / (2 * h);
  if (n == 2) return ((double)u[stride] - (double)u[0]) / h;
  if (i == 0) return (4.0 * u[stride] - 3.0 * here - u[2 * stride]) / (2 * h);
  if (i == n - 1) return (3.0 * here - 4.0 * u[(i - 1) * stride] + u[(i - 2) * stride]) / (2 * h);
  return ((double)u[(i + 1) * stride] - (double)u[(i - 1) * stride]) / (2 * h);
}

void kn_h1_square(double *square, const float *u, const size_t n[KN_MAX_DIM], KNPoints points)
{
  const size_t    S = n[0] * n[1] * n[2], stride[KN_MAX_DIM] = {n[1] * n[2], n[2], 1};
  const PetscBool periodic = (PetscBool)(points == KN_POINTS_PERIODIC);
  double          sum      = 0;

  for (size_t s = 0; s < S; s++) {
    sum += (double)u[s] * u[s];
    for (int d = 0; d < KN_MAX_DIM; d++) {
      const size_t i = s / stride[d] % n[d];
      double       slope;

      if (n[d] < 2) continue;
      slope = kn_derivative(u + s - i * stride[d], i, n[d], stride[d], 1.0 / (double)(points == KN_POINTS_NODES ? n[d] - 1 : n[d]), periodic);
      sum += slope * slope;
    }
  }
  *square = sum / (double)S;
}

void kn_boundary_square(double *boundary, double *interior, const float *u, const size_t n[KN_MAX_DIM])
{
  const size_t S = n[0] * n[1] * n[2], stride[KN_MAX_DIM] = {n[1] * n[2], n[2], 1};
  double       sum[2]   = {0, 0};
  size_t       count[2] = {0, 0};

  for (size_t s = 0; s < S; s++) {
    int outer = 0;

    for (int d = 0; d < KN_MAX_DIM; d++) {
      const size_t i = s / stride[d] % n[d];

      if (n[d] > 1 && (i == 0 || i == n[d] - 1)) outer = 1;
    }
    sum[outer] += (double)u[s] * u[s];
    count[outer]++;
  }
  *interior = count[0] ? sum[0] / (double)count[0] : NAN;
  *boundary = count[1] ? sum[1] / (double)count[1] : NAN;
}

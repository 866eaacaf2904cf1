/* H1 norm and boundary of a field. */
#include <kitinet/metrics.h>
#include <math.h>

/*
  The difference at point i of a line of n points, h from each other: weight[k] u[index[k]], summed over 3 points (fewer
  have weight 0).
*/
static void kn_difference(size_t index[3], double weight[3], size_t i, size_t n, double h, PetscBool periodic)
{
  const PetscBool first = (PetscBool)(i == 0), last = (PetscBool)(i == n - 1);

  index[0]  = i;
  weight[0] = 0;
  if (periodic) {
    index[1] = (i + 1) % n;
    index[2] = (i + n - 1) % n;
  } else if (n == 2) {
    index[1] = 1;
    index[2] = 0;
    h /= 2;                   /* the distance of these two, not of neighbours' neighbours */
  } else if (first || last) { /* (-3 u_0 + 4 u_1 - u_2) / 2 h, and its mirror image */
    const double sign = first ? 1 : -1;

    index[1]  = first ? 1 : n - 2;
    index[2]  = first ? 2 : n - 3;
    weight[0] = -3 * sign / (2 * h);
    weight[1] = 4 * sign / (2 * h);
    weight[2] = -sign / (2 * h);
    return;
  } else {
    index[1] = i + 1;
    index[2] = i - 1;
  }
  weight[1] = 1 / (2 * h);
  weight[2] = -1 / (2 * h);
}

/* Sum over points and axes of u^2 + |grad u|^2; where g is not NULL, g += its gradient. */
static double kn_h1_sum(double *g, const KNReal *u, const size_t n[KN_MAX_DIM], KNPoints points)
{
  const size_t S = n[0] * n[1] * n[2], stride[KN_MAX_DIM] = {n[1] * n[2], n[2], 1};
  double       sum = 0;

  for (size_t s = 0; s < S; s++) {
    sum += (double)u[s] * u[s];
    if (g) g[s] += 2 * (double)u[s];
  }
  for (int d = 0; d < KN_MAX_DIM; d++) {
    const double h = 1.0 / (double)(points == KN_POINTS_NODES ? n[d] - 1 : n[d]);

    for (size_t s = 0; s < S && n[d] > 1; s++) {
      const size_t i = s / stride[d] % n[d], line = s - i * stride[d];
      size_t       index[3];
      double       weight[3], slope = 0;

      kn_difference(index, weight, i, n[d], h, (PetscBool)(points == KN_POINTS_PERIODIC));
      for (int k = 0; k < 3; k++) slope += weight[k] * u[line + index[k] * stride[d]];
      sum += slope * slope;
      for (int k = 0; k < 3 && g; k++) g[line + index[k] * stride[d]] += 2 * slope * weight[k];
    }
  }
  return sum;
}

void kn_h1_square(double *square, const KNReal *u, const size_t n[KN_MAX_DIM], KNPoints points)
{
  *square = kn_h1_sum(NULL, u, n, points) / (double)(n[0] * n[1] * n[2]);
}

void kn_h1_square_gradient(double *g, const KNReal *u, const size_t n[KN_MAX_DIM], KNPoints points)
{
  const size_t S = n[0] * n[1] * n[2];

  for (size_t s = 0; s < S; s++) g[s] = 0;
  (void)kn_h1_sum(g, u, n, points);
  for (size_t s = 0; s < S; s++) g[s] /= (double)S;
}

void kn_boundary_square(double *boundary, double *interior, const KNReal *u, const size_t n[KN_MAX_DIM])
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

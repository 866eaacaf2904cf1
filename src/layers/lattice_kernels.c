/* Central differences on a grid: see lattice_kernels.h. */
#include "lattice_kernels.h"

/* Rows whose neighbours along an axis lie equally far from them: their difference is scale (p[right] - p[left]). */
typedef struct {
  size_t left, right, rows; /* the neighbours of the first row; how many rows follow one another so */
  KNReal scale;
} Run;

KNLattice kn_lattice(const KNGrid *grid)
{
  KNLattice at = {.dim = (size_t)grid->dim, .S = KNGridSize(grid), .periodic = grid->points == KN_POINTS_PERIODIC};

  at.m    = (size_t)grid->n[grid->dim - 1];
  at.rows = at.S / at.m;
  for (size_t a = 0, stride = at.rows; a < at.dim; a++) {
    at.n[a]       = (size_t)grid->n[a];
    at.inverse[a] = (KNReal)(grid->points == KN_POINTS_NODES ? grid->n[a] - 1 : grid->n[a]);
    if (a + 1 < at.dim) stride /= at.n[a];
    at.stride[a] = stride;
  }
  return at;
}

/* Along an axis that is not the last. A row at an end is its own neighbour there, or the one at the other end is. */
static Run kn_run(const KNLattice *at, size_t a, size_t row, size_t rows)
{
  const size_t n = at->n[a], stride = at->stride[a], i = row / stride % n, within = row % stride;
  const int    end = i == 0 || i == n - 1;
  Run          run = {.left = row - stride, .right = row + stride, .scale = at->inverse[a] / 2};

  run.rows = PetscMin((end ? stride : (n - 1 - i) * stride) - within, rows);
  if (i == 0) run.left = at->periodic ? row + (n - 1) * stride : row;
  if (i == n - 1) run.right = at->periodic ? row - (n - 1) * stride : row;
  if (end && !at->periodic && n > 1) run.scale = at->inverse[a];
  return run;
}

void kn_difference(KNReal *restrict d, const KNReal *restrict p, const KNLattice *at, size_t a, size_t row, size_t rows)
{
  const size_t  m = at->m, points = rows * m;
  const KNReal *e = p + row * m, half = at->inverse[a] / 2;

  if (a + 1 < at->dim) {
    for (size_t r = 0; r < rows;) {
      const Run     run  = kn_run(at, a, row + r, rows - r);
      const KNReal *left = p + run.left * m, *right = p + run.right * m;
      KNReal       *to = d + r * m;

#pragma omp simd
      for (size_t k = 0; k < run.rows * m; k++) to[k] = run.scale * (right[k] - left[k]);
      r += run.rows;
    }
    return;
  }
  if (m == 1) {
    for (size_t k = 0; k < points; k++) d[k] = 0;
    return;
  }
  // As if all rows were one; then the ends of each
#pragma omp simd
  for (size_t k = 1; k < points - 1; k++) d[k] = half * (e[k + 1] - e[k - 1]);
  for (size_t k = 0; k < points; k += m) {
    const KNReal *q = e + k;

    d[k]         = at->periodic ? half * (q[1] - q[m - 1]) : 2 * half * (q[1] - q[0]);
    d[k + m - 1] = at->periodic ? half * (q[0] - q[m - 2]) : 2 * half * (q[m - 1] - q[m - 2]);
  }
}

void kn_difference_back(KNReal *restrict dp, KNReal *restrict dd, KNReal *restrict work, const KNLattice *at, size_t a,
                        size_t row, size_t rows)
{
  const size_t m = at->m, points = rows * m;
  const KNReal half = at->inverse[a] / 2;
  KNReal      *to   = dp + row * m;

  if (a + 1 < at->dim) {
    for (size_t r = 0; r < rows;) {
      const Run     run  = kn_run(at, a, row + r, rows - r);
      const size_t  n    = run.rows * m;
      const KNReal *from = dd + r * m;
      KNReal       *left = dp + run.left * m, *right = dp + run.right * m;

#pragma omp simd
      for (size_t k = 0; k < n; k++) right[k] += run.scale * from[k];
#pragma omp simd
      for (size_t k = 0; k < n; k++) left[k] -= run.scale * from[k];
      r += run.rows;
    }
    return;
  }
  if (m == 1) return;
  // A one-sided difference has twice the weight, and its outer neighbour is the end itself
  for (size_t k = 0; !at->periodic && k < points; k += m) {
    dd[k] *= 2;
    dd[k + m - 1] *= 2;
  }
#pragma omp simd
  for (size_t k = 1; k < points - 1; k++) work[k] = half * (dd[k - 1] - dd[k + 1]);
  for (size_t k = 0; k < points; k += m) {
    const KNReal *w = dd + k;

    work[k]         = half * ((at->periodic ? w[m - 1] : -w[0]) - w[1]);
    work[k + m - 1] = half * (w[m - 2] - (at->periodic ? w[0] : -w[m - 1]));
  }
#pragma omp simd
  for (size_t k = 0; k < points; k++) to[k] += work[k];
}

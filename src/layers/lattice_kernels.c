/* Central differences on a grid: see lattice_kernels.h. */
#include "lattice_kernels.h"
#include <string.h>

/* Reals of a line of the cache: where long loops begin, so that what they write does not lie across two lines. */
enum { LINE = KN_ALIGN / sizeof(KNReal) };

KNLattice kn_lattice(const KNGrid *grid)
{
  KNLattice at = {.dim = (size_t)grid->dim, .S = KNGridSize(grid), .periodic = grid->points == KN_POINTS_PERIODIC};

  for (size_t a = 0, stride = at.S; a < at.dim; a++) {
    at.n[a]       = (size_t)grid->n[a];
    at.inverse[a] = (KNReal)(grid->points == KN_POINTS_NODES ? grid->n[a] - 1 : grid->n[a]);
    stride /= at.n[a];
    at.stride[a] = stride;
  }
  return at;
}

KNRun kn_run(const KNLattice *at, size_t a, size_t i, size_t most)
{
  const size_t    n      = at->n[a];
  const ptrdiff_t stride = (ptrdiff_t)at->stride[a], around = (ptrdiff_t)(n - 1) * stride;
  const int       low = i == 0, high = i == n - 1;
  KNRun           run = {.count = low || high ? 1 : PetscMin(n - 1 - i, most),
                         .left  = -stride,
                         .right = stride,
                         .first = low && !at->periodic,
                         .last  = high && !at->periodic};

  if (low) run.left = at->periodic ? around : 0;
  if (high) run.right = at->periodic ? -around : 0;
  run.scale = run.first || run.last ? at->inverse[a] : at->inverse[a] / 2;
  return run;
}

void kn_outer_difference(KNReal *restrict d, const KNReal *restrict p, const KNLattice *at, size_t first, size_t slabs)
{
  const size_t stride = at->stride[0];

  for (size_t slab = first; slab < first + slabs;) {
    const KNRun   run  = kn_run(at, 0, slab, first + slabs - slab);
    const KNReal *here = p + slab * stride, *left = here + run.left, *right = here + run.right;
    KNReal       *to = d + (slab - first) * stride;

#pragma omp simd
    for (size_t k = 0; k < run.count * stride; k++) to[k] = run.scale * (right[k] - left[k]);
    slab += run.count;
  }
}

void kn_difference(KNReal *restrict d, const KNReal *restrict p, const KNLattice *at, size_t a, size_t points)
{
  const size_t n = at->n[a], stride = at->stride[a];
  const KNReal half = at->inverse[a] / 2;

  if (n == 1) {
    memset(d, 0, points * sizeof(*d));
  } else if (stride > 1) {
    for (size_t at_k = 0, i = 0; at_k < points; i = at_k / stride % n) {
      const KNRun   run  = kn_run(at, a, i, n);
      const KNReal *left = p + at_k + run.left, *right = p + at_k + run.right;
      KNReal       *to = d + at_k;

#pragma omp simd
      for (size_t k = 0; k < run.count * stride; k++) to[k] = run.scale * (right[k] - left[k]);
      at_k += run.count * stride;
    }
  } else {
    // As if all rows were one; then the ends of each
    const size_t head = PetscMin(LINE, points - 1);

    for (size_t k = 1; k < head; k++) d[k] = half * (p[k + 1] - p[k - 1]);
#pragma omp simd
    for (size_t k = head; k < points - 1; k++) d[k] = half * (p[k + 1] - p[k - 1]);
    for (size_t k = 0; k < points; k += n) {
      const KNReal *q = p + k;

      d[k]         = at->periodic ? half * (q[1] - q[n - 1]) : 2 * half * (q[1] - q[0]);
      d[k + n - 1] = at->periodic ? half * (q[0] - q[n - 2]) : 2 * half * (q[n - 1] - q[n - 2]);
    }
  }
}

/* Differences at the ends of an axis that is not periodic get twice the weight. */
static void kn_double_ends(KNReal *dd, const KNLattice *at, size_t a, size_t points)
{
  const size_t stride = at->stride[a], last = (at->n[a] - 1) * stride;

  for (size_t end = 0; end < points; end += at->n[a] * stride) {
    for (size_t k = end; k < end + stride; k++) {
      dd[k] *= 2;
      dd[k + last] *= 2;
    }
  }
}

void kn_difference_back(KNReal *restrict dp, const KNReal *restrict g, KNReal *restrict dd, const KNLattice *at,
                        size_t a, size_t points)
{
  const size_t n = at->n[a], stride = at->stride[a];
  const KNReal half = at->inverse[a] / 2;

  if (n == 1) {
    memcpy(dp, g, points * sizeof(*dp));
    return;
  }
  if (!at->periodic) kn_double_ends(dd, at, a, points);
  if (stride > 1) {
    for (size_t at_k = 0, i = 0; at_k < points; i = at_k / stride % n) {
      const KNRun   run  = kn_run(at, a, i, n);
      const KNReal  from = run.first ? -half : half, to = run.last ? -half : half;
      const KNReal *left = dd + at_k + run.left, *right = dd + at_k + run.right;

#pragma omp simd
      for (size_t k = 0; k < run.count * stride; k++) dp[at_k + k] = g[at_k + k] + (from * left[k] - to * right[k]);
      at_k += run.count * stride;
    }
  } else {
    const size_t head = PetscMin(LINE, points - 1);

    for (size_t k = 1; k < head; k++) dp[k] = g[k] + half * (dd[k - 1] - dd[k + 1]);
#pragma omp simd
    for (size_t k = head; k < points - 1; k++) dp[k] = g[k] + half * (dd[k - 1] - dd[k + 1]);
    for (size_t k = 0; k < points; k += n) {
      const KNReal *w = dd + k;

      dp[k]         = g[k] + half * ((at->periodic ? w[n - 1] : -w[0]) - w[1]);
      dp[k + n - 1] = g[k + n - 1] + half * (w[n - 2] - (at->periodic ? w[0] : -w[n - 1]));
    }
  }
}

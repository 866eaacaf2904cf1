/* Halving and doubling of grids: see resample.h. */
#include "resample.h"
#include <kitinet/options.h>
#include <string.h>

KNGrid KNGridCoarse(const KNGrid *grid)
{
  KNGrid coarse = *grid;

  for (PetscInt a = 0; a < grid->dim; a++) coarse.n[a] = (grid->n[a] + 1) / 2;
  return coarse;
}

PetscErrorCode KNRefineSetFromOptions(KNReal *far)
{
  static const char *const names[] = {"linear", "nearest", NULL};
  PetscInt                 which   = 0;

  PetscFunctionBegin;
  PetscCall(KNOptionsChoice("-model_upsampling", "how a network interpolates from a coarser grid to a finer one", names,
                            &which));
  *far = which ? 0 : (KNReal)0.25;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of x (n0, n1, n2) that belong to row (bi, bj) of blocks; returns their number. */
static size_t kn_block_rows(size_t row[4], const size_t n[3], size_t bi, size_t bj)
{
  size_t count = 0;

  for (size_t i = 2 * bi; i < PetscMin(2 * bi + 2, n[0]); i++) {
    for (size_t j = 2 * bj; j < PetscMin(2 * bj + 2, n[1]); j++) row[count++] = i * n[1] + j;
  }
  return count;
}

void kn_coarsen_forward(KNReal *X, const KNReal *x, const size_t n[3], size_t P, int add)
{
  const size_t N[3] = {(n[0] + 1) / 2, (n[1] + 1) / 2, (n[2] + 1) / 2}, pairs = n[2] / 2;

  for (size_t p = 0; p < P; p++, x += n[0] * n[1] * n[2]) {
    for (size_t IJ = 0; IJ < N[0] * N[1]; IJ++, X += N[2]) {
      size_t       row[4];
      const size_t rows  = kn_block_rows(row, n, IJ / N[1], IJ % N[1]);
      const KNReal scale = (KNReal)0.5 / (KNReal)rows;

      for (size_t r = 0; r < rows; r++) {
        const KNReal *restrict from = x + row[r] * n[2];
        const int more              = add || r > 0;

#pragma omp simd
        for (size_t K = 0; K < pairs; K++) X[K] = (more ? X[K] : 0) + scale * (from[2 * K] + from[2 * K + 1]);
        if (pairs < N[2]) X[pairs] = (more ? X[pairs] : 0) + 2 * scale * from[2 * pairs];
      }
    }
  }
}

void kn_coarsen_backward(KNReal *dx, const KNReal *dX, const size_t n[3], size_t P, int add)
{
  const size_t N[3] = {(n[0] + 1) / 2, (n[1] + 1) / 2, (n[2] + 1) / 2}, pairs = n[2] / 2;

  for (size_t p = 0; p < P; p++, dx += n[0] * n[1] * n[2]) {
    for (size_t IJ = 0; IJ < N[0] * N[1]; IJ++, dX += N[2]) {
      size_t       row[4];
      const size_t rows  = kn_block_rows(row, n, IJ / N[1], IJ % N[1]);
      const KNReal scale = (KNReal)0.5 / (KNReal)rows;

      for (size_t r = 0; r < rows; r++) {
        KNReal *restrict to = dx + row[r] * n[2];

#pragma omp simd
        for (size_t K = 0; K < pairs; K++) {
          const KNReal d = scale * dX[K];

          to[2 * K]     = (add ? to[2 * K] : 0) + d;
          to[2 * K + 1] = (add ? to[2 * K + 1] : 0) + d;
        }
        if (pairs < N[2]) to[2 * pairs] = (add ? to[2 * pairs] : 0) + 2 * scale * dX[pairs];
      }
    }
  }
}

/* Block k + step of N, k + step = -1..N: beyond the ends the first from the other side, or the last. */
static size_t kn_neighbour(size_t k, int step, size_t N, int periodic)
{
  if (step < 0) return k ? k - 1 : periodic ? N - 1 : 0;
  return k + 1 < N ? k + 1 : periodic ? 0 : N - 1;
}

/* Blocks of which point i of an axis of n points takes its value, and their weights; returns their number. */
static size_t kn_stencil(size_t block[2], KNReal weight[2], size_t i, size_t n, KNReal far, int periodic)
{
  const size_t N = (n + 1) / 2;

  block[0]  = i / 2;
  block[1]  = kn_neighbour(i / 2, i % 2 ? 1 : -1, N, periodic);
  weight[0] = N > 1 ? 1 - far : 1;
  weight[1] = far;
  return far > 0 && N > 1 ? 2 : 1;
}

enum { TILE = 256 }; /* coarse points of a row at a time, in the first-level cache */

/*
  Coarse rows of fine row (i, j) and their weights; returns their number. All four can be read: those beyond are the
  first, with weight 0.
*/
static size_t kn_stencil_rows(size_t row[4], KNReal weight[4], size_t i, size_t j, const size_t n[3], KNReal far,
                              int periodic)
{
  size_t       bi[2], bj[2], count = 0;
  KNReal       wi[2], wj[2];
  const size_t rows = kn_stencil(bi, wi, i, n[0], far, periodic), columns = kn_stencil(bj, wj, j, n[1], far, periodic);

  for (size_t a = 0; a < rows; a++) {
    for (size_t b = 0; b < columns; b++, count++) {
      row[count]    = bi[a] * ((n[1] + 1) / 2) + bj[b];
      weight[count] = wi[a] * wj[b];
    }
  }
  for (size_t r = count; r < 4; r++) {
    /* cppcheck-suppress uninitvar ; kn_stencil() returns 1 or more: the first row is there */
    row[r]    = row[0];
    weight[r] = 0;
  }
  return count;
}

void kn_refine_forward(KNReal *x, const KNReal *X, const size_t n[3], size_t P, KNReal far, int periodic, int add)
{
  const size_t N[3] = {(n[0] + 1) / 2, (n[1] + 1) / 2, (n[2] + 1) / 2};
  const KNReal away = N[2] > 1 ? far : 0, near = 1 - away;

  for (size_t p = 0; p < P; p++, X += N[0] * N[1] * N[2]) {
    for (size_t ij = 0; ij < n[0] * n[1]; ij++, x += n[2]) {
      size_t row[4];
      /* line[1 + k]: this fine row at block first + k, between rows of blocks */
      KNReal        w[4], line[TILE + 2], fine[2 * TILE];
      const KNReal *from[4];

      (void)kn_stencil_rows(row, w, ij / n[1], ij % n[1], n, far, periodic);
      for (size_t r = 0; r < 4; r++) from[r] = X + row[r] * N[2];
      for (size_t first = 0; first < N[2]; first += TILE) {
        const size_t m = PetscMin(TILE, N[2] - first), left = kn_neighbour(first, -1, N[2], periodic),
                     right        = kn_neighbour(first + m - 1, 1, N[2], periodic);
        const size_t odd          = PetscMin(m, n[2] / 2 - first); /* blocks with a second point */
        const KNReal *restrict f0 = from[0] + first, *restrict f1 = from[1] + first, *restrict f2 = from[2] + first,
                               *restrict f3 = from[3] + first;
        KNReal *restrict to                 = x + 2 * first;

#pragma omp simd
        for (size_t k = 0; k < m; k++) line[1 + k] = w[0] * f0[k] + w[1] * f1[k] + w[2] * f2[k] + w[3] * f3[k];
        line[0]     = w[0] * from[0][left] + w[1] * from[1][left] + w[2] * from[2][left] + w[3] * from[3][left];
        line[m + 1] = w[0] * from[0][right] + w[1] * from[1][right] + w[2] * from[2][right] + w[3] * from[3][right];
#pragma omp simd
        for (size_t k = 0; k < odd; k++) {
          fine[2 * k]     = near * line[1 + k] + away * line[k];
          fine[2 * k + 1] = near * line[1 + k] + away * line[k + 2];
        }
#pragma omp simd
        for (size_t i = 0; i < 2 * odd; i++) to[i] = (add ? to[i] : 0) + fine[i];
        if (odd < m) to[2 * odd] = (add ? to[2 * odd] : 0) + (near * line[1 + odd] + away * line[odd]);
      }
    }
  }
}

void kn_refine_backward(KNReal *dX, const KNReal *dx, const size_t n[3], size_t P, KNReal far, int periodic, int add)
{
  const size_t N[3] = {(n[0] + 1) / 2, (n[1] + 1) / 2, (n[2] + 1) / 2};
  const KNReal away = N[2] > 1 ? far : 0, near = 1 - away;

  if (!add) memset(dX, 0, P * N[0] * N[1] * N[2] * sizeof(*dX));
  for (size_t p = 0; p < P; p++, dX += N[0] * N[1] * N[2]) {
    for (size_t ij = 0; ij < n[0] * n[1]; ij++, dx += n[2]) {
      size_t       row[4];
      KNReal       weight[4], line[TILE + 2];
      const size_t rows = kn_stencil_rows(row, weight, ij / n[1], ij % n[1], n, far, periodic);

      for (size_t first = 0; first < N[2]; first += TILE) {
        const size_t m = PetscMin(TILE, N[2] - first), left = kn_neighbour(first, -1, N[2], periodic),
                     right          = kn_neighbour(first + m - 1, 1, N[2], periodic);
        const size_t odd            = PetscMin(m, n[2] / 2 - first);
        const KNReal *restrict from = dx + 2 * first;

        line[0] = away * from[0];
#pragma omp simd
        for (size_t k = 0; k < odd; k++) line[1 + k] = near * (from[2 * k] + from[2 * k + 1]);
        if (odd < m) line[1 + odd] = near * from[2 * odd];
#pragma omp simd
        for (size_t k = 1; k < m; k++) line[1 + k] += away * from[2 * k - 1];
#pragma omp simd
        for (size_t k = 1; k < m; k++) line[k] += away * from[2 * k];
        line[m + 1] = odd < m ? 0 : away * from[2 * m - 1];
        for (size_t r = 0; r < rows; r++) {
          KNReal *restrict to = dX + row[r] * N[2];

          for (size_t k = 0; k < m; k++) to[first + k] += weight[r] * line[1 + k];
          to[left] += weight[r] * line[0];
          to[right] += weight[r] * line[m + 1];
        }
      }
    }
  }
}

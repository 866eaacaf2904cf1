/* Pointwise linear maps as small matrix products: see linear_kernels.h. */
#include "linear_kernels.h"
#include <string.h>

/*
  Points in one product: as many as stay within OpenBLAS's kernels for small matrices (about 10^6 multiplications)
  where there is no libxsmm, at most 512. From the second-level cache 32 channels reach 92 to 107 GFLOP/s so, 70 in
  one product over 4096 points, of 113 (one core of Zen 4).
*/
static size_t kn_linear_tile(size_t Ci, size_t Co)
{
  const size_t points = 786432 / (Ci * Co) / 64 * 64;

  return points < 64 ? 64 : points > 512 ? 512 : points;
}

void kn_linear_forward(const KNProducts *by, KNReal *y, size_t ldy, const KNReal *x, size_t ldx, const KNReal *W,
                       const KNReal *bias, size_t Ci, size_t Co, size_t n, int add)
{
  const size_t tile = kn_linear_tile(Ci, Co);

  for (size_t s = 0; s < n; s += tile) {
    const size_t m = PetscMin(tile, n - s);

    for (size_t o = 0; o < Co; o++) {
      KNReal *restrict yo = y + o * ldy + s;

      for (size_t i = 0; i < m; i++) yo[i] = (add ? yo[i] : 0) + bias[o];
    }
    by->plain(y + s, ldy, W, Ci, x + s, ldx, Co, m, Ci, 1);
  }
}

void kn_linear_backward_input(const KNProducts *by, KNReal *dx, size_t lddx, const KNReal *dy, size_t lddy,
                              const KNReal *W, size_t Ci, size_t Co, size_t n, int add)
{
  const size_t tile = kn_linear_tile(Ci, Co);

  for (size_t s = 0; s < n; s += tile)
    by->transposed_left(dx + s, lddx, W, Ci, dy + s, lddy, Ci, PetscMin(tile, n - s), Co, add);
}

void kn_linear_backward_weight(const KNProducts *by, KNReal *dW, const KNReal *dy, size_t lddy, const KNReal *x,
                               size_t ldx, size_t Ci, size_t Co, size_t n, int add)
{
  const size_t tile = kn_linear_tile(Ci, Co);

  for (size_t s = 0; s < n; s += tile)
    by->transposed_right(dW, Ci, dy + s, lddy, x + s, ldx, Co, Ci, PetscMin(tile, n - s), s || add);
}

double kn_row_sum(const KNReal *x, size_t n)
{
  enum { BLOCK = 128 }; /* short enough for a sum in the network's precision */
  double total = 0;

  for (size_t s = 0; s < n; s += BLOCK) {
    const size_t m   = PetscMin(BLOCK, n - s);
    KNReal       sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < m; i++) sum += x[s + i];
    total += sum;
  }
  return total;
}

void kn_sum_shares(KNReal *total, const KNReal *share, size_t B, size_t stride, size_t count, int add)
{
  enum { PIECE = 64 };

#pragma omp for schedule(static)
  for (size_t first = 0; first < count; first += PIECE) {
    const size_t n = PetscMin(PIECE, count - first);
    KNReal       sum[PIECE];

    memcpy(sum, share + first, n * sizeof(*sum));
    for (size_t b = 1; b < B; b++) {
      for (size_t i = 0; i < n; i++) sum[i] += share[b * stride + first + i];
    }
    for (size_t i = 0; i < n; i++) total[first + i] = (add ? total[first + i] : 0) + sum[i];
  }
}

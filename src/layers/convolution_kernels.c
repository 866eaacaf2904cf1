/* Kernels of the convolution: see convolution_impl.h. */
#include "convolution_impl.h"
#include "product_kernels.h"
#include "transpose.h"
#include <string.h>

/* to[m] for the M points of a row, from a row of the field. */
static void kn_spread_row(KNReal *restrict to, const KNReal *restrict from, const int *index, size_t first, size_t end,
                          size_t step, size_t M)
{
  for (size_t m = 0; m < first; m++) to[m] = index[m] < 0 ? 0 : from[index[m]];
  if (end > first && step == 1) memcpy(to + first, from + index[first], (end - first) * sizeof(*to));
  for (size_t m = first; step > 1 && m < end; m++) to[m] = from[(size_t)index[first] + step * (m - first)];
  for (size_t m = end; m < M; m++) to[m] = index[m] < 0 ? 0 : from[index[m]];
}

/* to (n, C) = from (C, n), whose rows lie ld apart and whose values lie step apart */
static void kn_transpose_in(KNReal *restrict to, const KNReal *restrict from, size_t ld, size_t step, size_t n,
                            size_t C)
{
  if (step == 1) kn_transpose(to, C, from, ld, C, n);
  for (size_t c = 0; step > 1 && c < C; c++) {
    for (size_t i = 0; i < n; i++) to[i * C + c] = from[c * ld + step * i];
  }
}

/* The same for the C values of each of M points. */
static void kn_spread_points(KNReal *restrict to, const KNReal *restrict from, size_t S, const int *index, size_t first,
                             size_t end, size_t step, size_t M, size_t C)
{
  for (size_t m = 0; m < M; m += m == first && end > first ? end - first : 1) {
    if (m == first && end > first) kn_transpose_in(to + m * C, from + index[m], S, step, end - first, C);
    else if (index[m] < 0) memset(to + m * C, 0, C * sizeof(*to));
    else kn_transpose_in(to + m * C, from + index[m], S, 1, 1, C);
  }
}

void kn_spread(KNReal *to, const KNReal *x, const KNSpread *spread, size_t C, int points)
{
  const KNSpreadAxis *axis = spread->axis;
  const size_t S = axis[0].n * axis[1].n * axis[2].n, M = axis[2].M, rows = points ? 1 : C, depth = points ? C : 1;

  for (size_t q = 0; q < axis[0].phases * axis[1].phases * axis[2].phases; q++) {
    const size_t q2 = q % axis[2].phases, q1 = q / axis[2].phases % axis[1].phases,
                 q0    = q / axis[2].phases / axis[1].phases;
    const int   *index = axis[2].index + q2 * M;
    const size_t first = axis[2].run[0][q2], end = axis[2].run[1][q2];

    for (size_t c = 0; c < rows; c++) {
      for (size_t m = 0; m < axis[0].M * axis[1].M; m++, to += M * depth) {
        const int i0 = axis[0].index[q0 * axis[0].M + m / axis[1].M],
                  i1 = axis[1].index[q1 * axis[1].M + m % axis[1].M];
        const KNReal *from;

        if (i0 < 0 || i1 < 0) {
          memset(to, 0, M * depth * sizeof(*to));
          continue;
        }
        from = x + c * S + ((size_t)i0 * axis[1].n + (size_t)i1) * axis[2].n;
        if (points) kn_spread_points(to, from, S, index, first, end, axis[2].step, M, C);
        else kn_spread_row(to, from, index, first, end, axis[2].step, M);
      }
    }
  }
}

/* A row of results where it belongs: n of each of C channels, `at` elements apart in row, which lie `apart`. */
static void kn_store_row(KNReal *restrict to, size_t S, const KNReal *restrict row, size_t apart, size_t at,
                         const KNConvolutionPart *part, size_t C, const KNReal *bias, int add)
{
  const int   *index = part->to[2];
  const size_t n     = part->n[2];

  if (part->neighbours && at == 1 && !bias && !add) {
    kn_transpose(to + index[0], S, row, apart, n, C);
    return;
  }
  for (size_t c = 0; c < C; c++) {
    const KNReal  constant   = bias ? bias[c] : 0;
    const KNReal *from       = row + c * at;
    KNReal *restrict channel = to + c * S;

    if (part->neighbours) {
      channel += index[0];
      for (size_t i = 0; i < n; i++) channel[i] = (add ? channel[i] : 0) + constant + from[i * apart];
    } else {
      for (size_t i = 0; i < n; i++) channel[index[i]] = (add ? channel[index[i]] : 0) + constant + from[i * apart];
    }
  }
}

/* Points that no tap reaches. */
static void kn_store_nothing(KNReal *to, size_t S, const int *index, size_t n, size_t C)
{
  for (size_t c = 0; c < C; c++) {
    for (size_t i = 0; i < n; i++) to[c * S + (size_t)index[i]] = 0;
  }
}

/* The rows of results of a part, of one group: to, from, W, bias are those of the group. */
static void kn_convolve_part(KNReal *to, const KNReal *from, const KNReal *W, const KNReal *bias, KNReal *row,
                             const KNConvolutionSweep *sweep, const KNConvolutionPart *part, int add)
{
  const KNSpreadAxis *axis = sweep->spread.axis;
  const size_t        S = sweep->extent[0] * sweep->extent[1] * sweep->extent[2], n = part->n[2], Ci = sweep->Ci,
               Co = sweep->Co, all = Ci * sweep->groups, M = axis[0].M * axis[1].M * axis[2].M;

  for (size_t j = 0; j < part->n[0] * part->n[1]; j++) {
    const size_t j0 = j / part->n[1], j1 = j % part->n[1],
                 at = (j0 * part->step[0] * axis[1].M + j1 * part->step[1]) * axis[2].M;
    KNReal *line    = to + ((size_t)part->to[0][j0] * sweep->extent[1] + (size_t)part->to[1][j1]) * sweep->extent[2];

    if (!part->count && !add) kn_store_nothing(line, S, part->to[2], n, Co);
    if (!part->count) continue;
    if (sweep->points) {
      kn_product_sum(row, Co, from + at * all, part->step[2] * all, part->source, W, Co, part->weight, n, Co, Ci,
                     part->count, 0);
      kn_store_row(line, S, row, Co, 1, part, Co, bias, add);
    } else if (sweep->direct) {
      for (size_t c = 0; bias && c < Co; c++) {
        for (size_t i = 0; i < n; i++) line[c * S + i] = (add ? line[c * S + i] : 0) + bias[c];
      }
      kn_product_sum(line, S, W, Ci, part->weight, from + at, M, part->source, Co, n, Ci, part->count, add || bias);
    } else {
      kn_product_sum(row, n, W, Ci, part->weight, from + at, M, part->source, Co, n, Ci, part->count, 0);
      kn_store_row(line, S, row, 1, n, part, Co, bias, add);
    }
  }
}

void kn_convolve(KNReal *to, const KNReal *from, const KNReal *W, const KNReal *bias, KNReal *row,
                 const KNConvolutionSweep *sweep, int add)
{
  const KNSpreadAxis *axis = sweep->spread.axis;
  const size_t        S = sweep->extent[0] * sweep->extent[1] * sweep->extent[2], Ci = sweep->Ci, Co = sweep->Co,
               ahead = sweep->points ? Ci : Ci * axis[0].M * axis[1].M * axis[2].M;

  if (sweep->folds && !add) memset(to, 0, sweep->groups * Co * S * sizeof(*to));
  for (size_t p = 0; p < sweep->nparts; p++) {
    for (size_t g = 0; g < sweep->groups; g++)
      kn_convolve_part(to + g * Co * S, from + g * ahead, W + g * sweep->taps * Ci * Co, bias ? bias + g * Co : NULL,
                       row, sweep, &sweep->part[p], add || sweep->folds);
  }
}

void kn_sum_taps(KNReal *total, size_t next, const KNReal *share, size_t B, size_t stride, size_t T, size_t at,
                 size_t n, int add)
{
  enum { PIECE = 64 };

  for (size_t t = 0; t < T; t++) {
    for (size_t first = 0; first < n; first += PIECE) {
      const size_t count      = PetscMin(PIECE, n - first);
      KNReal       sum[PIECE] = {0};

      for (size_t b = 0; b < B; b++) {
        for (size_t i = 0; i < count; i++) sum[i] += share[b * stride + t * at + first + i];
      }
      for (size_t i = 0; i < count; i++) {
        KNReal *to = total + (first + i) * next + t;

        *to = (add ? *to : 0) + sum[i];
      }
    }
  }
}

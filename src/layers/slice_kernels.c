/* Slices of a field and attention among their tokens: see slice_kernels.h. */
#include "slice_kernels.h"
#include "linear_kernels.h"
#include "softmax.h"

enum { TILE = 128 }; /* points at a time */

size_t kn_slice_work(size_t G)
{
  return (3 * G + 2) * TILE;
}

size_t kn_token_work(size_t G, size_t d)
{
  return 4 * G * d + G * G + 2 * G;
}

static const KNReal least = (KNReal)1e-5, coldest = (KNReal)0.1, hottest = 5;

static KNReal kn_temperature(KNReal tau)
{
  return tau < coldest ? coldest : tau > hottest ? hottest : tau;
}

/* The weights of a head at n points. l: scaled logits, w: (G, n), x: (d, n) in rows of S, row: (2, TILE) workspace */
static void kn_slices(const KNProducts *by, KNReal *w, KNReal *l, const KNReal *x, const KNReal *A, const KNReal *a,
                      KNReal tau, KNReal *row, size_t G, size_t d, size_t S, size_t n)
{
  const KNReal scale = 1 / kn_temperature(tau);

  kn_linear_forward(by, l, n, x, S, A, a, d, G, n, 0);
  for (size_t i = 0; i < G * n; i++) l[i] *= scale;
  kn_softmax(w, l, row, row + TILE, G, n);
}

void kn_slice_sums(const KNProducts *by, KNReal *N, size_t E, const KNReal *f, const KNReal *x, const KNReal *A,
                   const KNReal *a, KNReal tau, KNReal *work, size_t G, size_t d, size_t S, int norm)
{
  // work: l and w (G, TILE), row (2, TILE)
  KNReal *l = work, *w = l + G * TILE, *row = w + G * TILE;

  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);

    kn_slices(by, w, l, x + s, A, a, tau, row, G, d, S, n);
    by->transposed_right(N, E, w, n, f + s, S, G, d, n, s > 0);
    for (size_t g = 0; norm && g < G; g++) N[g * E + d] = (s ? N[g * E + d] : 0) + (KNReal)kn_row_sum(w + g * n, n);
  }
}

void kn_slice_results(const KNProducts *by, KNReal *y, const KNReal *o, const KNReal *x, const KNReal *A,
                      const KNReal *a, KNReal tau, KNReal *work, size_t G, size_t d, size_t S, int add)
{
  // work: as kn_slice_sums
  KNReal *l = work, *w = l + G * TILE, *row = w + G * TILE;

  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);

    kn_slices(by, w, l, x + s, A, a, tau, row, G, d, S, n);
    by->transposed_left(y + s, S, o, d, w, n, d, n, G, add);
  }
}

void kn_slice_backward(const KNProducts *by, KNReal *dx, KNReal *df, KNReal *dA, KNReal *da, KNReal *dtau,
                       const KNReal *dy, const KNReal *f, const KNReal *x, const KNReal *o, const KNReal *dN,
                       const KNReal *A, const KNReal *a, KNReal tau, KNReal *work, size_t G, size_t d, size_t S,
                       int add)
{
  // work: l, w and dw (G, TILE), row (2, TILE)
  const size_t E     = d + 1;
  const KNReal scale = 1 / kn_temperature(tau);
  KNReal      *l = work, *w = l + G * TILE, *dw = w + G * TILE, *row = dw + G * TILE;
  double       sum = 0;

  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);

    kn_slices(by, w, l, x + s, A, a, tau, row, G, d, S, n);
    for (size_t g = 0; g < G; g++) {
      for (size_t i = 0; i < n; i++) dw[g * n + i] = dN[g * E + d];
    }
    by->plain(dw, n, dN, E, f + s, S, G, n, d, 1);
    by->plain(dw, n, o, d, dy + s, S, G, n, d, 1);
    if (df) by->transposed_left(df + s, S, dN, E, w, n, d, n, G, add);
    kn_softmax_backward(dw, dw, w, row, G, n);
    for (size_t g = 0; g < G; g++) {
      KNReal part = 0;

#pragma omp simd reduction(+ : part)
      for (size_t i = 0; i < n; i++) part += dw[g * n + i] * l[g * n + i];
      sum += (double)part;
    }
    for (size_t i = 0; i < G * n; i++) dw[i] *= scale;
    by->transposed_right(dA, d, dw, n, x + s, S, G, d, n, 1);
    for (size_t g = 0; g < G; g++) da[g] += (KNReal)kn_row_sum(dw + g * n, n);
    if (dx) by->transposed_left(dx + s, S, A, d, dw, n, d, n, G, add);
  }
  if (tau >= coldest && tau <= hottest) *dtau += (KNReal)(-sum * (double)scale);
}

void kn_tokens_forward(KNReal *o, KNReal *work, const KNReal *N, const KNReal *const W[3], size_t G, size_t d)
{
  // work: t, q, k, v (G, d) each, the weights of attention p, transposed (G, G), row (2, G)
  KNReal      *t = work, *p = work + 4 * G * d, *row = p + G * G;
  const KNReal scale = (KNReal)(1 / sqrt((double)d));

  for (size_t g = 0; g < G; g++) {
    for (size_t i = 0; i < d; i++) t[g * d + i] = N[g * (d + 1) + i] / (N[g * (d + 1) + d] + least);
  }
  for (size_t m = 0; m < 3; m++) kn_product_transposed_right(t + (m + 1) * G * d, d, t, d, W[m], d, G, d, d, 0);
  kn_product_transposed_right(p, G, t + 2 * G * d, d, t + G * d, d, G, G, d, 0); /* keys are rows, queries columns */
  for (size_t i = 0; i < G * G; i++) p[i] *= scale;
  kn_softmax(p, p, row, row + G, G, G);
  kn_product_transposed_left(o, d, p, G, t + 3 * G * d, d, G, d, G, 0);
}

void kn_tokens_backward(KNReal *dN, KNReal *dW, const KNReal *dO, KNReal *work, const KNReal *N,
                        const KNReal *const W[3], size_t G, size_t d)
{
  const KNReal scale = (KNReal)(1 / sqrt((double)d));
  KNReal      *t = work, *q = t + G * d, *k = q + G * d, *v = k + G * d, *p = v + G * d;
  KNReal      *dt = p + G * G + 2 * G, *dq = dt + G * d, *dp = dt + 4 * G * d;

  kn_product(dq + 2 * G * d, d, p, G, dO, d, G, d, G, 0); /* of v */
  kn_product_transposed_right(dp, G, v, d, dO, d, G, G, d, 0);
  kn_softmax_backward(dp, dp, p, dp + G * G, G, G);
  for (size_t i = 0; i < G * G; i++) dp[i] *= scale;
  kn_product_transposed_left(dq, d, dp, G, k, d, G, d, G, 0);
  kn_product(dq + G * d, d, dp, G, q, d, G, d, G, 0); /* of k */
  for (size_t m = 0; m < 3; m++) {
    kn_product(dt, d, dq + m * G * d, d, W[m], d, G, d, d, m > 0);
    kn_product_transposed_left(dW + m * d * d, d, dq + m * G * d, d, t, d, d, d, G, 1);
  }
  for (size_t g = 0; g < G; g++) {
    const KNReal inverse = 1 / (N[g * (d + 1) + d] + least);
    KNReal       sum     = 0;

    for (size_t i = 0; i < d; i++) {
      dN[g * (d + 1) + i] = dt[g * d + i] * inverse;
      sum += dt[g * d + i] * t[g * d + i];
    }
    dN[g * (d + 1) + d] = -sum * inverse;
  }
}

/*
  Attention with softmax (Vaswani et al. 2017, arXiv 1706.03762), of each head, with d of the C channels:

      y[:, t] = sum_s p[s, t] v[:, s],    p[s, t] = softmax_s (k[:, s] . q[:, t] / sqrt(d))

  in[0] = q: (B, C, T) queries, in[1] = k, in[2] = v: (B, C, S) keys and values, y: (B, C, T). In a text of pass->length
  words s and t are its words; behind its end y and all gradients are 0, and nothing is read.

  The weights p exist for a tile of keys and queries at a time (Dao et al. 2022, arXiv 2205.14135): forward keeps y and
  the logarithm z of each query's sum, from which backward computes p = exp(k . q / sqrt(d) - z) again. With
  D[t] = dy . y:  ds = p (v . dy - D),  dv = dy p^T,  dk = q ds^T / sqrt(d),  dq = k ds / sqrt(d).
*/
#include "heads.h"
#include "product_kernels.h"
#include "softmax.h"
#include <omp.h>
#include <string.h>

enum { KEYS = 128, QUERIES = 64, PIECE = 16 }; /* of a tile; tiles at a text's end have a multiple of PIECE */

static size_t kn_pieces(size_t n)
{
  return (n + PIECE - 1) / PIECE * PIECE;
}

/* Columns of x: (d, S) for a product of whole pieces: as they lie, or a copy ended by zeros. *ld: between its rows. */
static const KNReal *kn_tile(KNReal *copy, size_t *ld, const KNReal *x, size_t d, size_t S, size_t n)
{
  const size_t whole = kn_pieces(n);

  *ld = S;
  if (whole == n) return x;
  for (size_t c = 0; c < d; c++) {
    memcpy(copy + c * whole, x + c * S, n * sizeof(*x));
    memset(copy + c * whole + n, 0, (whole - n) * sizeof(*x));
  }
  *ld = whole;
  return copy;
}

/* q of a tile, scaled, (d, whole); zeros behind n */
static void kn_scaled(KNReal *to, const KNReal *q, size_t d, size_t T, size_t n, KNReal scale)
{
  const size_t whole = kn_pieces(n);

  for (size_t c = 0; c < d; c++) {
    for (size_t i = 0; i < n; i++) to[c * whole + i] = scale * q[c * T + i];
    for (size_t i = n; i < whole; i++) to[c * whole + i] = 0;
  }
}

/* Reals of a thread's workspace for a head: forward, backward on T queries. */
static size_t kn_attention_work(size_t d)
{
  return KEYS * QUERIES + d * (2 * KEYS + 2 * QUERIES) + 4 * QUERIES;
}

static size_t kn_attention_back_work(size_t d, size_t T)
{
  return 2 * KEYS * QUERIES + d * (4 * KEYS + 2 * QUERIES) + T + d * T;
}

/* One head of a text of `words` words among T = S points, or of all of them: queries t < nt, keys s < ns. */
static void kn_attention_forward(const KNProducts *by, KNReal *y, KNReal *z, const KNReal *q, const KNReal *k,
                                 const KNReal *v, KNReal *work, size_t d, size_t T, size_t S, size_t nt, size_t ns)
{
  // y, q: (d, T), z: (T), k, v: (d, S)
  const KNReal scale = (KNReal)(1 / sqrt((double)d));
  KNReal      *p = work, *qs = p + KEYS * QUERIES, *o = qs + d * QUERIES, *kc = o + d * QUERIES, *vc = kc + d * KEYS;
  KNReal      *most = vc + d * KEYS, *sum = most + QUERIES, *next = sum + QUERIES;

  for (size_t t = 0; t < nt; t += QUERIES) {
    const size_t n = PetscMin(QUERIES, nt - t), N = kn_pieces(n);

    kn_scaled(qs, q + t, d, T, n, scale);
    for (size_t s = 0; s < ns; s += KEYS) {
      const size_t  m = PetscMin(KEYS, ns - s), M = kn_pieces(m);
      size_t        ldk, ldv;
      const KNReal *ks = kn_tile(kc, &ldk, k + s, d, S, m), *vs = kn_tile(vc, &ldv, v + s, d, S, m);

      by->transposed_left(p, N, ks, ldk, qs, N, M, N, d, 0);
      for (size_t i = 0; i < N; i++) next[i] = s ? most[i] : p[i];
      for (size_t j = 0; j < m; j++) {
#pragma omp simd
        for (size_t i = 0; i < N; i++) next[i] = next[i] > p[j * N + i] ? next[i] : p[j * N + i];
      }
      for (size_t i = 0; i < N; i++) {
        sum[i]  = s ? sum[i] * kn_exp_down(most[i] - next[i]) : 0;
        most[i] = s ? kn_exp_down(most[i] - next[i]) : 0; /* what the sums so far are to be multiplied with */
      }
      for (size_t j = 0; j < m; j++) {
#pragma omp simd
        for (size_t i = 0; i < N; i++) {
          const KNReal e = kn_exp_down(p[j * N + i] - next[i]);

          p[j * N + i] = e;
          sum[i] += e;
        }
      }
      memset(p + m * N, 0, (M - m) * N * sizeof(*p));
      for (size_t c = 0; s && c < d; c++) {
#pragma omp simd
        for (size_t i = 0; i < N; i++) o[c * N + i] *= most[i];
      }
      by->plain(o, N, vs, ldv, p, N, d, N, M, s > 0);
      for (size_t i = 0; i < N; i++) most[i] = next[i];
    }
    for (size_t i = 0; i < n; i++) z[t + i] = most[i] + (KNReal)log((double)sum[i]);
    for (size_t i = 0; i < n; i++) sum[i] = 1 / sum[i];
    for (size_t c = 0; c < d; c++) {
#pragma omp simd
      for (size_t i = 0; i < n; i++) y[c * T + t + i] = o[c * N + i] * sum[i];
    }
  }
}

/* to (d, n) = (or += if add) scale from, rows T and N apart */
static void kn_hand_over(KNReal *to, size_t T, const KNReal *from, size_t N, size_t d, size_t n, KNReal scale, int add)
{
  for (size_t c = 0; c < d; c++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) to[c * T + i] = (add ? to[c * T + i] : 0) + scale * from[c * N + i];
  }
}

/* dq: (d, T), dk, dv: (d, S), each may be NULL */
static void kn_attention_backward(const KNProducts *by, KNReal *dq, KNReal *dk, KNReal *dv, const KNReal *dy,
                                  const KNReal *y, const KNReal *z, const KNReal *q, const KNReal *k, const KNReal *v,
                                  KNReal *work, size_t d, size_t T, size_t S, size_t nt, size_t ns, int add)
{
  const KNReal scale = (KNReal)(1 / sqrt((double)d));
  KNReal      *p = work, *dp = p + KEYS * QUERIES, *kc = dp + KEYS * QUERIES, *vc = kc + d * KEYS, *dks = vc + d * KEYS;
  KNReal      *dvs = dks + d * KEYS, *qs = dvs + d * KEYS, *dyc = qs + d * QUERIES, *D = dyc + d * QUERIES;
  KNReal      *dqs = D + T; /* of all queries, a tile (d, N) behind the other */

  for (size_t t = 0; t < nt; t++) D[t] = 0;
  for (size_t c = 0; c < d; c++) {
#pragma omp simd
    for (size_t t = 0; t < nt; t++) D[t] += dy[c * T + t] * y[c * T + t];
  }
  for (size_t s = 0; s < ns; s += KEYS) {
    const size_t  m = PetscMin(KEYS, ns - s), M = kn_pieces(m);
    size_t        ldk, ldv;
    const KNReal *ks = kn_tile(kc, &ldk, k + s, d, S, m), *vs = kn_tile(vc, &ldv, v + s, d, S, m);

    for (size_t t = 0; t < nt; t += QUERIES) {
      const size_t  n = PetscMin(QUERIES, nt - t), N = kn_pieces(n);
      size_t        ldy;
      const KNReal *dyt = kn_tile(dyc, &ldy, dy + t, d, T, n);

      kn_scaled(qs, q + t, d, T, n, scale);
      by->transposed_left(p, N, ks, ldk, qs, N, M, N, d, 0);
      by->transposed_left(dp, N, vs, ldv, dyt, ldy, M, N, d, 0);
      for (size_t j = 0; j < m; j++) {
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
          const KNReal e = kn_exp_down(p[j * N + i] - z[t + i]);

          p[j * N + i]  = e;
          dp[j * N + i] = e * (dp[j * N + i] - D[t + i]);
        }
        for (size_t i = n; i < N; i++) p[j * N + i] = dp[j * N + i] = 0;
      }
      memset(p + m * N, 0, (M - m) * N * sizeof(*p));
      memset(dp + m * N, 0, (M - m) * N * sizeof(*dp));
      by->transposed_right(dvs, M, dyt, ldy, p, N, d, M, N, t > 0);
      by->transposed_right(dks, M, qs, N, dp, N, d, M, N, t > 0);
      by->plain(dqs + d * t, N, ks, ldk, dp, N, d, N, M, s > 0);
    }
    if (dk) kn_hand_over(dk + s, S, dks, M, d, m, 1, add);
    if (dv) kn_hand_over(dv + s, S, dvs, M, d, m, 1, add);
  }
  for (size_t t = 0; dq && t < nt; t += QUERIES) {
    const size_t n = PetscMin(QUERIES, nt - t);

    kn_hand_over(dq + t, T, dqs + d * t, kn_pieces(n), d, n, scale, add);
  }
}

/* x: (C, S) is 0 from column n on */
static void kn_clear_end(KNReal *x, size_t C, size_t S, size_t n)
{
  for (size_t c = 0; x && n < S && c < C; c++) memset(x + c * S + n, 0, (S - n) * sizeof(*x));
}

typedef struct {
  PetscInt heads;
  KNReal  *y; /* (samples, C, T) */
  KNReal  *z; /* (samples, H, T) */
  KNReal  *work;
  size_t   room; /* reals of a thread's workspace */
} Attention;

static PetscErrorCode KNAttentionReset(Attention *attention)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&attention->y));
  PetscCall(KNFree(&attention->z));
  PetscCall(KNFree(&attention->work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetFromOptions_Attention(KNLayer layer)
{
  Attention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(KNHeadsSetFromOptions(&attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Attention(KNLayer layer, KNParameters parameters)
{
  const Attention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  PetscCall(KNHeadsCheck(layer, attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Attention(KNLayer layer)
{
  Attention           *attention = layer->data;
  const size_t         T = KNGridSize(&layer->grid_in), S = KNGridSize(&layer->grid[1]), B = (size_t)layer->samples;
  const size_t         d = (size_t)(layer->in / attention->heads), H = (size_t)attention->heads;
  const PetscLogDouble pairs = (PetscLogDouble)T * (PetscLogDouble)S, C = layer->in;

  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  PetscCheck(S == KNGridSize(&layer->grid[2]), PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: keys and values lie on different grids", layer->name);
  PetscCall(KNAttentionReset(attention));
  attention->room = KNAligned(
    PetscMax(kn_attention_work(d) + (d + 1) * T, layer->forward_only ? 0 : kn_attention_back_work(d, kn_pieces(T))));
  if (!layer->forward_only) {
    PetscCall(KNMalloc(B * (size_t)layer->in * T, sizeof(KNReal), &attention->y));
    PetscCall(KNMalloc(B * H * T, sizeof(KNReal), &attention->z));
    layer->bytes = B * ((size_t)layer->in + H) * T * sizeof(KNReal);
  }
  PetscCall(KNMalloc((size_t)layer->threads * attention->room, sizeof(KNReal), &attention->work));
  layer->bytes += (size_t)layer->threads * attention->room * sizeof(KNReal);
  layer->flops[0] = 4 * pairs * C + KN_SOFTMAX_FLOPS * pairs * (PetscLogDouble)H;
  layer->flops[1] = 10 * pairs * C + KN_SOFTMAX_FLOPS * pairs * (PetscLogDouble)H;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Queries and keys of sample b that are there. */
static void KNAttentionExtents(KNLayer layer, const KNPass *pass, PetscInt b, size_t *T, size_t *S, size_t *nt,
                               size_t *ns)
{
  *T  = KNGridSize(&layer->grid_in);
  *S  = KNGridSize(&layer->grid[1]);
  *nt = KNPassPoints(pass, b, *T);
  *ns = KNPassPoints(pass, b, *S);
}

static void KNLayerApply_Attention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const Attention *attention = layer->data;
  const size_t     H = (size_t)attention->heads, d = (size_t)layer->in / H;
  KNReal          *work = attention->work + (size_t)omp_get_thread_num() * attention->room;
  size_t           T, S, nt, ns;

  KNAttentionExtents(layer, pass, b, &T, &S, &nt, &ns);
  for (size_t h = 0; h < H; h++) {
    KNReal *y = attention->y ? attention->y + ((size_t)b * H + h) * d * T : work + kn_attention_work(d) + T;
    KNReal *z = attention->z ? attention->z + ((size_t)b * H + h) * T : work + kn_attention_work(d);

    kn_attention_forward(kn_products_of(pass), y, z, in[0] + h * d * T, in[1] + h * d * S, in[2] + h * d * S, work, d,
                         T, S, nt, ns);
    kn_hand_over(out + h * d * T, T, y, T, d, nt, 1, mode == ADD_VALUES);
  }
  if (mode != ADD_VALUES) kn_clear_end(out, (size_t)layer->in, T, nt);
}

static void KNLayerApplyBack_Attention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Attention *attention = layer->data;
  const size_t     C = (size_t)layer->in, H = (size_t)attention->heads, d = C / H;
  KNReal          *work = attention->work + (size_t)omp_get_thread_num() * attention->room;
  size_t           T, S, nt, ns;

  KNAttentionExtents(layer, pass, b, &T, &S, &nt, &ns);
  for (size_t h = 0; h < H; h++) {
    const size_t of_query = h * d * T, of_key = h * d * S;

    kn_attention_backward(kn_products_of(pass), din[0] ? din[0] + of_query : NULL, din[1] ? din[1] + of_key : NULL,
                          din[2] ? din[2] + of_key : NULL, dout + of_query, attention->y + (size_t)b * C * T + of_query,
                          attention->z + ((size_t)b * H + h) * T, in[0] + of_query, in[1] + of_key, in[2] + of_key,
                          work, d, T, S, nt, ns, mode == ADD_VALUES);
  }
  for (int i = 0; mode != ADD_VALUES && i < 3; i++) kn_clear_end(din[i], C, i ? S : T, i ? ns : nt);
}

static PetscErrorCode KNLayerView_Attention(KNLayer layer, PetscViewer viewer)
{
  const Attention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " heads", attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Attention(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNAttentionReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Attention(KNLayer layer)
{
  Attention *attention;

  PetscFunctionBegin;
  PetscCall(PetscNew(&attention));
  attention->heads = 4;
  layer->inputs    = 3;
  layer->regrids   = PETSC_TRUE;
  layer->data      = attention;
  layer->ops       = (KNLayerOps){
          .setfromoptions = KNLayerSetFromOptions_Attention,
          .setup          = KNLayerSetUp_Attention,
          .setgrid        = KNLayerSetGrid_Attention,
          .apply          = KNLayerApply_Attention,
          .apply_back     = KNLayerApplyBack_Attention,
          .view           = KNLayerView_Attention,
          .destroy        = KNLayerDestroy_Attention,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Linear attention, without a softmax (Cao 2021, arXiv 2105.14995): of each head, with d of the C channels,

      M[i, j] = 1/S sum_s k[i, s] v[j, s],    y[j, t] = sum_i M[i, j] q[i, t]

  in[0] = q: (B, C, T) queries, in[1] = k, in[2] = v: (B, C, S) keys and values, y: (B, C, T). It is an integral over
  the points of k and v, with kernel q k^T: T and S may be different grids (cross-attention to any query points), and
  the cost is linear in their points. The Galerkin form norms k and v before it, the Fourier form q and k
  (instance_norm.c).

  Backward: dM = sum_t q dy^T,  dq = M dy,  dk = dM v / S,  dv = dM^T k / S. Where ranks share a sample M and dM of
  their slabs add up, and the samples meet for it.
*/
#include "heads.h"
#include "product_kernels.h"

enum { TILE = 512 }; /* points of a product, whose operands stay in the cache */

/* M = sum_s a b^T of each head, times scale */
static void kn_head_moments(const KNProducts *by, KNReal *M, const KNReal *a, const KNReal *b, size_t H, size_t d,
                            size_t S, KNReal scale)
{
  // M: (H, d, d), a, b: (H d, S)
  for (size_t h = 0; h < H; h++) {
    for (size_t s = 0; s < S; s += TILE)
      by->transposed_right(M + h * d * d, d, a + h * d * S + s, S, b + h * d * S + s, S, d, d, PetscMin(TILE, S - s),
                           s > 0);
  }
  for (size_t i = 0; i < H * d * d; i++) M[i] *= scale;
}

/* y = (or += if add) M^T q, or M q */
static void kn_head_maps(const KNProducts *by, KNReal *y, const KNReal *M, const KNReal *q, size_t H, size_t d,
                         size_t S, int transposed, int add)
{
  // y, q: (H d, S), M: (H, d, d)
  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);

    for (size_t h = 0; h < H; h++) {
      KNReal       *yh = y + h * d * S + s;
      const KNReal *qh = q + h * d * S + s, *Mh = M + h * d * d;

      if (transposed) by->transposed_left(yh, S, Mh, d, qh, S, d, n, d, add);
      else by->plain(yh, S, Mh, d, qh, S, d, n, d, add);
    }
  }
}

typedef struct {
  PetscInt heads;
  KNReal   scale;  /* 1 / points of the whole grid of keys */
  KNReal  *M, *dM; /* (samples, H, d, d) M, and dM / S */
} LinearAttention;

static PetscErrorCode KNLinearAttentionReset(LinearAttention *attention)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&attention->M));
  PetscCall(KNFree(&attention->dM));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetFromOptions_LinearAttention(KNLayer layer)
{
  LinearAttention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(KNHeadsSetFromOptions(&attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_LinearAttention(KNLayer layer, KNParameters parameters)
{
  const LinearAttention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  PetscCall(KNHeadsCheck(layer, attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The M of a sample is as large as its heads are. */
static size_t KNLinearAttentionSize(KNLayer layer)
{
  const LinearAttention *attention = layer->data;

  return (size_t)layer->in * (size_t)(layer->in / attention->heads);
}

static void KNLayerGather_LinearAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  const LinearAttention *attention = layer->data;
  const size_t           H = (size_t)attention->heads, d = (size_t)layer->in / H, S = KNGridSize(&layer->grid[1]);

  kn_head_moments(kn_products_of(pass), attention->M + (size_t)b * KNLinearAttentionSize(layer), in[1], in[2], H, d, S,
                  attention->scale);
}

static void KNLayerJoin_LinearAttention(KNLayer layer, const KNPass *pass)
{
  const LinearAttention *attention = layer->data;

  KNLayerSum(layer, attention->M, (size_t)pass->samples * KNLinearAttentionSize(layer), KNREAL_MPI);
}

static void KNLayerApply_LinearAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                         KNReal *out, InsertMode mode)
{
  const LinearAttention *attention = layer->data;
  const size_t           H = (size_t)attention->heads, d = (size_t)layer->in / H;

  if (!layer->ops.join) KNLayerGather_LinearAttention(layer, pass, b, in);
  kn_head_maps(kn_products_of(pass), out, attention->M + (size_t)b * KNLinearAttentionSize(layer), in[0], H, d,
               KNGridSize(&layer->grid_in), 1, mode == ADD_VALUES);
}

static void KNLayerGatherBack_LinearAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                              const KNReal *dout)
{
  const LinearAttention *attention = layer->data;
  const size_t           H = (size_t)attention->heads, d = (size_t)layer->in / H;

  kn_head_moments(kn_products_of(pass), attention->dM + (size_t)b * KNLinearAttentionSize(layer), in[0], dout, H, d,
                  KNGridSize(&layer->grid_in), attention->scale);
}

static void KNLayerJoinBack_LinearAttention(KNLayer layer, const KNPass *pass)
{
  const LinearAttention *attention = layer->data;

  KNLayerSum(layer, attention->dM, (size_t)pass->samples * KNLinearAttentionSize(layer), KNREAL_MPI);
}

static void KNLayerApplyBack_LinearAttention(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                             const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const LinearAttention *attention = layer->data;
  const size_t           H = (size_t)attention->heads, d = (size_t)layer->in / H, T = KNGridSize(&layer->grid_in),
               S   = KNGridSize(&layer->grid[1]);
  const KNReal *M  = attention->M + (size_t)b * KNLinearAttentionSize(layer),
               *dM = attention->dM + (size_t)b * KNLinearAttentionSize(layer);
  const int add    = mode == ADD_VALUES;

  if (!layer->ops.join) KNLayerGatherBack_LinearAttention(layer, pass, b, in, dout);
  if (din[0]) kn_head_maps(kn_products_of(pass), din[0], M, dout, H, d, T, 0, add);
  if (din[1]) kn_head_maps(kn_products_of(pass), din[1], dM, in[2], H, d, S, 0, add);
  if (din[2]) kn_head_maps(kn_products_of(pass), din[2], dM, in[1], H, d, S, 1, add);
}

static PetscErrorCode KNLayerSetGrid_LinearAttention(KNLayer layer)
{
  LinearAttention     *attention = layer->data;
  const KNGrid        *keys      = &layer->grid[1];
  const size_t         size = KNLinearAttentionSize(layer), count = (size_t)layer->samples * size;
  const PetscBool      shared  = (PetscBool)(keys->whole > 0);
  const PetscLogDouble product = 2 * (PetscLogDouble)size, T = (PetscLogDouble)KNGridSize(&layer->grid_in),
                       S = (PetscLogDouble)KNGridSize(keys);

  PetscFunctionBegin;
  PetscCheck(keys->n[0] == layer->grid[2].n[0] && KNGridSize(keys) == KNGridSize(&layer->grid[2]), PETSC_COMM_SELF,
             PETSC_ERR_ARG_SIZ, "layer %s: keys and values lie on different grids", layer->name);
  PetscCall(KNLinearAttentionReset(attention));
  PetscCall(KNMalloc(count, sizeof(KNReal), &attention->M));
  if (!layer->forward_only) PetscCall(KNMalloc(count, sizeof(KNReal), &attention->dM));
  attention->scale       = (KNReal)(1 / ((double)KNGridWhole(keys, 0) * (double)keys->n[1] * (double)keys->n[2]));
  layer->ops.gather      = shared ? KNLayerGather_LinearAttention : NULL;
  layer->ops.join        = shared ? KNLayerJoin_LinearAttention : NULL;
  layer->ops.gather_back = shared ? KNLayerGatherBack_LinearAttention : NULL;
  layer->ops.join_back   = shared ? KNLayerJoinBack_LinearAttention : NULL;
  layer->traffic[0] = layer->traffic[1] = size * sizeof(KNReal);
  layer->bytes                          = (layer->forward_only ? 1 : 2) * count * sizeof(KNReal);
  layer->flops[0]                       = product * (S + T);
  layer->flops[1]                       = 2 * product * (S + T);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerView_LinearAttention(KNLayer layer, PetscViewer viewer)
{
  const LinearAttention *attention = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " heads", attention->heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_LinearAttention(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNLinearAttentionReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_LinearAttention(KNLayer layer)
{
  LinearAttention *attention;

  PetscFunctionBegin;
  PetscCall(PetscNew(&attention));
  attention->heads = 4;
  layer->inputs    = 3;
  layer->regrids   = PETSC_TRUE;
  layer->data      = attention;
  layer->ops       = (KNLayerOps){
          .setfromoptions = KNLayerSetFromOptions_LinearAttention,
          .setup          = KNLayerSetUp_LinearAttention,
          .setgrid        = KNLayerSetGrid_LinearAttention,
          .apply          = KNLayerApply_LinearAttention,
          .apply_back     = KNLayerApplyBack_LinearAttention,
          .view           = KNLayerView_LinearAttention,
          .destroy        = KNLayerDestroy_LinearAttention,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .repeats = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Two linear maps of the channels with GELU between them, the same at every point:

      perceptron, feed_forward    y = W2 GELU(W1 x + b1) + b2
      feed_forward_gated          y = W2 (a GELU(g)) + b2,    (a, g) = W1 x + b1    (GEGLU, Shazeer 2020, 2002.05202)

  x: (B, C_in, S), y: (B, C_out, S), W1: (H, C_in), gated (2 H, C_in), W2: (C_out, H). H is -model_head units of a
  perceptron, the end of a network, -model_feed_forward times C_in of the others, inside of its blocks. The hidden
  activation exists for a few points at a time, in the cache: backward computes it again. Initial values as linear.c;
  parameters NAME.hidden.weight, NAME.hidden.bias, NAME.output.weight, NAME.output.bias.
*/
#include "gelu_kernels.h"
#include "layer_impl.h"
#include "linear_kernels.h"
#include <kitinet/options.h>
#include <omp.h>

enum { TILE = 128 }; /* points at a time */

/* u = a u */
static void kn_multiply(KNReal *restrict u, const KNReal *restrict a, size_t n)
{
#pragma omp simd
  for (size_t i = 0; i < n; i++) u[i] *= a[i];
}

static void kn_perceptron_forward(const KNProducts *by, KNReal *y, const KNReal *x, const KNReal *W1, const KNReal *b1,
                                  const KNReal *W2, const KNReal *b2, KNReal *work, size_t Ci, size_t H, size_t Co,
                                  size_t S, int gated, int add)
{
  // y: (Co, S), x: (Ci, S), work: (H, TILE), gated (2 H, TILE)
  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);
    KNReal      *u = gated ? work + H * n : work; /* (H, n) GELU */

    kn_linear_forward(by, work, n, x + s, S, W1, b1, Ci, gated ? 2 * H : H, n, 0);
    kn_gelu_forward(u, u, H * n);
    if (gated) kn_multiply(u, work, H * n);
    kn_linear_forward(by, y + s, S, u, n, W2, b2, H, Co, n, add);
  }
}

static void kn_perceptron_backward(const KNProducts *by, KNReal *dx, KNReal *dW1, KNReal *db1, KNReal *dW2, KNReal *db2,
                                   const KNReal *dy, const KNReal *x, const KNReal *W1, const KNReal *b1,
                                   const KNReal *W2, KNReal *work, size_t Ci, size_t H, size_t Co, size_t S, int add)
{
  // dx: (Ci, S) or NULL; dW1, db1, dW2, db2: written; work: (3, H, TILE): hidden h = W1 x + b1, its slope, and dh;
  // then (H) sums of db1 in double
  KNReal *h = work, *slope = h + H * TILE, *dh = slope + H * TILE;
  double *sum = (double *)(void *)(dh + H * TILE);

  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);

    kn_linear_forward(by, h, n, x + s, S, W1, b1, Ci, H, n, 0);
    kn_gelu_both(h, slope, h, H * n);
    kn_linear_backward_weight(by, dW2, dy + s, S, h, n, H, Co, n, s > 0);
    kn_linear_backward_input(by, dh, n, dy + s, S, W2, H, Co, n, 0);
    kn_multiply(dh, slope, H * n);
    kn_linear_backward_weight(by, dW1, dh, n, x + s, S, Ci, H, n, s > 0);
    for (size_t k = 0; k < H; k++) sum[k] = (s ? sum[k] : 0) + kn_row_sum(dh + k * n, n);
    if (dx) kn_linear_backward_input(by, dx + s, S, dh, n, W1, Ci, H, n, add);
  }
  for (size_t k = 0; k < H; k++) db1[k] = (KNReal)sum[k];
  for (size_t o = 0; o < Co; o++) db2[o] = (KNReal)kn_row_sum(dy + o * S, S);
}

static void kn_gated_backward(const KNProducts *by, KNReal *dx, KNReal *dW1, KNReal *db1, KNReal *dW2, KNReal *db2,
                              const KNReal *dy, const KNReal *x, const KNReal *W1, const KNReal *b1, const KNReal *W2,
                              KNReal *work, size_t Ci, size_t H, size_t Co, size_t S, int add)
{
  // as kn_perceptron_backward; work: (6, H, TILE): a and g, da and dg, u = GELU(g) and its slope; then (2 H) sums
  KNReal *a = work, *da = a + 2 * H * TILE, *u = da + 2 * H * TILE, *slope = u + H * TILE;
  double *sum = (double *)(void *)(slope + H * TILE);

  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);
    KNReal      *g = a + H * n, *dg = da + H * n;

    kn_linear_forward(by, a, n, x + s, S, W1, b1, Ci, 2 * H, n, 0);
    kn_gelu_both(u, slope, g, H * n);
    kn_multiply(slope, a, H * n); /* of a u in g */
    kn_multiply(a, u, H * n);
    kn_linear_backward_weight(by, dW2, dy + s, S, a, n, H, Co, n, s > 0);
    kn_linear_backward_input(by, da, n, dy + s, S, W2, H, Co, n, 0);
    for (size_t i = 0; i < H * n; i++) dg[i] = da[i] * slope[i];
    kn_multiply(da, u, H * n);
    kn_linear_backward_weight(by, dW1, da, n, x + s, S, Ci, 2 * H, n, s > 0);
    for (size_t k = 0; k < 2 * H; k++) sum[k] = (s ? sum[k] : 0) + kn_row_sum(da + k * n, n);
    if (dx) kn_linear_backward_input(by, dx + s, S, da, n, W1, Ci, 2 * H, n, add);
  }
  for (size_t k = 0; k < 2 * H; k++) db1[k] = (KNReal)sum[k];
  for (size_t o = 0; o < Co; o++) db2[o] = (KNReal)kn_row_sum(dy + o * S, S);
}

typedef struct {
  PetscInt  H;
  PetscBool inside; /* of a block: H is ratio C_in */
  PetscInt  ratio;
  int       gated;
  KNReal   *W1, *dW1, *b1, *db1; /* (U, C_in), (U), U = H or 2 H, in the parameters' blocks, not owned */
  KNReal   *W2, *dW2, *b2, *db2; /* (C_out, H), (C_out), likewise */
  KNReal   *share;               /* (samples, U C_in + U + C_out H + C_out) dW1, db1, dW2, db2 of each sample */
  KNReal   *work;                /* (threads, room) */
} Perceptron;

/* Rows of W1. */
static size_t KNPerceptronUnits(const Perceptron *p)
{
  return (size_t)(p->gated ? 2 * p->H : p->H);
}

static size_t KNPerceptronShare(KNLayer layer)
{
  const Perceptron *p = layer->data;

  return KNPerceptronUnits(p) * (size_t)(layer->in + 1) + (size_t)layer->out * (size_t)(p->H + 1);
}

static PetscErrorCode KNLayerSetFromOptions_Perceptron(KNLayer layer)
{
  Perceptron *p = layer->data;

  PetscFunctionBegin;
  if (p->inside)
    PetscCall(
      KNOptionsInt("-model_feed_forward", "hidden units of a block's feed-forward for each channel", 1, 64, &p->ratio));
  else PetscCall(KNOptionsInt("-model_head", "channels of the hidden layer after the blocks", 1, 65536, &p->H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A weight and its bias. name: of the part; shape: out, in; role: of the two. */
static PetscErrorCode KNPerceptronDeclare(KNLayer layer, KNParameters parameters, const char name[],
                                          const PetscInt shape[2], const KNRole role[2], KNReal **W, KNReal **dW,
                                          KNReal **bias, KNReal **dbias)
{
  KNParameterInfo info = {.rank  = 2,
                          .shape = {shape[0], shape[1]},
                          .role  = {role[0], role[1]},
                          .init  = KN_INIT_SYMMETRIC,
                          .scale = (KNReal)(1 / PetscSqrtReal((PetscReal)shape[1]))};

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(info.name, sizeof(info.name), "%s.weight", name));
  PetscCall(KNLayerDeclare(layer, parameters, info, W, dW));
  info.rank = 1;
  PetscCall(PetscSNPrintf(info.name, sizeof(info.name), "%s.bias", name));
  PetscCall(KNLayerDeclare(layer, parameters, info, bias, dbias));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Perceptron(KNLayer layer, KNParameters parameters)
{
  Perceptron *p = layer->data;

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  if (p->inside) p->H = p->ratio * layer->in;
  PetscCall(KNPerceptronDeclare(layer, parameters, "hidden",
                                (const PetscInt[]){(PetscInt)KNPerceptronUnits(p), layer->in},
                                (const KNRole[]){KN_ROLE_HIDDEN, layer->role[0]}, &p->W1, &p->dW1, &p->b1, &p->db1));
  PetscCall(KNPerceptronDeclare(layer, parameters, "output", (const PetscInt[]){layer->out, p->H},
                                (const KNRole[]){layer->role[1], KN_ROLE_HIDDEN}, &p->W2, &p->dW2, &p->b2, &p->db2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Reals of a thread's workspace: three tiles of hidden units, and a double for each of them. */
static size_t KNPerceptronRoom(const Perceptron *p)
{
  return KNPerceptronUnits(p) * 3 * TILE + KNAligned(KNPerceptronUnits(p) * (sizeof(double) / sizeof(KNReal)));
}

static PetscErrorCode KNLayerSetGrid_Perceptron(KNLayer layer)
{
  Perceptron  *p          = layer->data;
  const size_t share      = (size_t)layer->samples * KNPerceptronShare(layer),
               work       = (size_t)layer->threads * KNPerceptronRoom(p);
  const PetscLogDouble Ci = layer->in, Co = layer->out, H = p->H, S = (PetscLogDouble)KNGridSize(&layer->grid_in),
                       U = (PetscLogDouble)KNPerceptronUnits(p);

  PetscFunctionBegin;
  PetscCall(KNFree(&p->share));
  PetscCall(KNFree(&p->work));
  PetscCall(KNMalloc(share, sizeof(KNReal), &p->share));
  PetscCall(KNMalloc(work, sizeof(KNReal), &p->work));
  layer->bytes    = (share + work) * sizeof(KNReal);
  layer->flops[0] = (2 * U * Ci + 2 * H * Co + Co + U + KN_GELU_FLOPS * H + (U - H)) * S;
  layer->flops[1] = (6 * U * Ci + U + 4 * H * Co + (KN_GELU_FLOPS + 4) * H + 3 * (U - H)) * S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static KNReal *KNPerceptronWork(KNLayer layer)
{
  const Perceptron *p = layer->data;

  return p->work + (size_t)omp_get_thread_num() * KNPerceptronRoom(p);
}

static void KNLayerApply_Perceptron(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                    KNReal *out, InsertMode mode)
{
  const Perceptron *p = layer->data;

  kn_perceptron_forward(kn_products_of(pass), out, in[0], p->W1, p->b1, p->W2, p->b2, KNPerceptronWork(layer),
                        (size_t)layer->in, (size_t)p->H, (size_t)layer->out, KNGridSize(&layer->grid_in), p->gated,
                        mode == ADD_VALUES);
}

static void KNLayerApplyBack_Perceptron(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                        const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Perceptron *p  = layer->data;
  const size_t      Ci = (size_t)layer->in, Co = (size_t)layer->out, H = (size_t)p->H, U = KNPerceptronUnits(p);
  KNReal           *dW1 = p->share + (size_t)b * KNPerceptronShare(layer), *db1 = dW1 + U * Ci, *dW2 = db1 + U,
         *db2 = dW2 + Co * H;

  (p->gated ? kn_gated_backward : kn_perceptron_backward)(kn_products_of(pass), din[0], dW1, db1, dW2, db2, dout, in[0],
                                                          p->W1, p->b1, p->W2, KNPerceptronWork(layer), Ci, H, Co,
                                                          KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static void KNLayerFinishBack_Perceptron(KNLayer layer, const KNPass *pass)
{
  const Perceptron *p = layer->data;
  const size_t count = KNPerceptronShare(layer), B = (size_t)pass->samples, Co = (size_t)layer->out, H = (size_t)p->H,
               U    = KNPerceptronUnits(p);
  const KNReal *dW1 = p->share, *db1 = dW1 + U * (size_t)layer->in, *dW2 = db1 + U, *db2 = dW2 + Co * H;
  const int     add = pass->gradients != INSERT_VALUES;

  kn_sum_shares(p->dW1, dW1, B, count, U * (size_t)layer->in, add);
  kn_sum_shares(p->db1, db1, B, count, U, add);
  kn_sum_shares(p->dW2, dW2, B, count, Co * H, add);
  kn_sum_shares(p->db2, db2, B, count, Co, add);
}

static PetscErrorCode KNLayerView_Perceptron(KNLayer layer, PetscViewer viewer)
{
  const Perceptron *p = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " hidden", p->H));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Perceptron(KNLayer layer)
{
  Perceptron *p = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&p->share));
  PetscCall(KNFree(&p->work));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(KNLayer layer, PetscBool inside, int gated)
{
  Perceptron *p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  p->H        = 128;
  p->inside   = inside;
  p->ratio    = 4;
  p->gated    = gated;
  layer->data = p;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Perceptron,
     .setup          = KNLayerSetUp_Perceptron,
     .setgrid        = KNLayerSetGrid_Perceptron,
     .apply          = KNLayerApply_Perceptron,
     .apply_back     = KNLayerApplyBack_Perceptron,
     .finish_back    = KNLayerFinishBack_Perceptron,
     .view           = KNLayerView_Perceptron,
     .destroy        = KNLayerDestroy_Perceptron,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Perceptron(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, PETSC_FALSE, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_FeedForward(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, PETSC_TRUE, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_FeedForwardGated(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, PETSC_TRUE, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

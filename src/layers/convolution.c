/*
  A convolution with "same" padding (cross-correlation, as PyTorch's Conv1d, Conv2d, Conv3d), along 1 to 3 axes:

      y[b, o, j] = bias[o] + sum over i, t of W[o, i, t] x[b, i, s j + t - (k - 1)/2]

  t: the k^dim taps of the kernel, k odd; s: stride, 1 or 2; on a grid of no axes one tap. x: (B, C_in, n1[, n2[, n3]]),
  y: (B, C_out, N1[, N2[, N3]]), N = n for stride 1, (n + 1) / 2 for stride 2; W: (C_out, C_in / groups, k[, k[, k]]),
  bias: (C_out), may be left out. With groups, output group g reads the inputs of group g alone. Outside of cells and
  nodes x is 0, a periodic grid goes on. Samples must be whole.

  A field is copied into one with its padding and multiplied tap by tap, the sums of all taps staying in registers
  (convolution_impl.h). Of 98 GFLOP/s that one core of Zen 4 reaches in products, rows reach 89 for 16 channels at
  32 x 32, points 90 for 32 at 16 x 16 and 64 at 8 x 8 (rows there: 63 and 34). On two axes kernels of 3 x 3 points
  and stride 1 go by Winograd's filtering (winograd.h): in 0.6 of that time for 32 and 64 channels, in as much for 16.
  In bfloat16 (KNPass) those of unit stride go through tiles where the processor has them (convolution_tiles.h); all
  others stay in float.

  Initial values normal, of variance 2 / (taps C_in / groups), for what comes from a ReLU (He et al. 2015, arXiv
  1502.01852).
*/
#include "convolution_impl.h"
#include "convolution_tiles.h"
#include "layer_impl.h"
#include "linear_kernels.h"
#include "resample.h"
#include "winograd.h"
#include <kitinet/error.h>
#include <omp.h>

/* Rows of so many results are products along points. */
enum { LONG_ROW = 32 };

/* Of convolutions by Winograd; with fewer its transforms take more than its products save. */
enum { LEAST_CHANNELS = 8 };

typedef struct {
  KNReal *W, *dW;       /* (C_out, C_in / groups, taps), in the parameters' blocks, not owned */
  KNReal *bias, *dbias; /* (C_out), likewise; NULL: there is none */
  size_t  Ci, Co, taps; /* channels of a group */
  size_t  n[3], N[3];

  int                narrow; /* few inputs: the gradient of the weights is one product for all taps */
  int                tiled;  /* Winograd's convolution in place of the sweeps */
  KNWinograd         tiles;
  KNConvolutionSweep forward, backward;
  KNTileConvolution  rounded; /* in bfloat16, where the pass wants it; without taps: there is none */
  KNReal *packed[2]; /* (groups, taps, Co, Ci), (groups, taps, Ci, Co): one for each sweep; tiled: (16, Ci, Co), (16,
                        Co, Ci); in bfloat16 KNHalf (taps, Co, Ci), (taps, Ci, Co) */
  KNReal *share;     /* (groups of samples, weights + C_out) of the gradients, weights (groups, taps, Co, Ci), tiled,
                    narrow or in bfloat16 (taps, Ci, Co) */
  KNReal *scratch;   /* (threads, room) */
  size_t  room, spread[2], work; /* of which spread x, spread dy, work; the rest is dU of tiles */
  unsigned long long *row[2];    /* of KNConvolutionPlanGradient() */
} Convolution;

static PetscErrorCode KNLayerSetUp_Convolution(KNLayer layer, KNParameters parameters)
{
  Convolution    *conv = layer->data;
  KNParameterInfo info = {.name = "weight", .rank = 2 + layer->dim, .role = {layer->role[1], layer->role[0]}};

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  PetscCheck(layer->in % layer->groups == 0 && layer->out % layer->groups == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "layer %s: %" PetscInt_FMT " and %" PetscInt_FMT " channels do not divide into %" PetscInt_FMT
             " groups: give a width that does",
             layer->name, layer->in, layer->out, layer->groups);
  conv->Ci   = (size_t)(layer->in / layer->groups);
  conv->Co   = (size_t)(layer->out / layer->groups);
  conv->taps = 1;
  for (PetscInt a = 0; a < layer->dim; a++) {
    info.shape[2 + a] = layer->kernel;
    conv->taps *= (size_t)layer->kernel;
  }
  info.shape[0] = layer->out;
  info.shape[1] = (PetscInt)conv->Ci;
  info.init     = KN_INIT_NORMAL;
  info.scale    = (KNReal)PetscSqrtReal(2 / (PetscReal)(conv->taps * conv->Ci));
  PetscCall(KNLayerDeclare(layer, parameters, info, &conv->W, &conv->dW));
  if (layer->biased) {
    info = (KNParameterInfo){.name  = "bias",
                             .rank  = 1,
                             .shape = {layer->out},
                             .role  = {layer->role[1]},
                             .init  = KN_INIT_ZERO};
    PetscCall(KNLayerDeclare(layer, parameters, info, &conv->bias, &conv->dbias));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNConvolutionReset(Convolution *conv)
{
  PetscFunctionBegin;
  PetscCall(KNConvolutionPlanReset(&conv->forward));
  PetscCall(KNConvolutionPlanReset(&conv->backward));
  PetscCall(KNSpreadReset(&conv->tiles.spread));
  PetscCall(KNTileConvolutionReset(&conv->rounded));
  for (int i = 0; i < 2; i++) {
    PetscCall(KNFree(&conv->packed[i]));
    PetscCall(PetscFree(conv->row[i]));
  }
  PetscCall(KNFree(&conv->share));
  PetscCall(KNFree(&conv->scratch));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Plans in float for the grid; sizes of the parts of a thread's scratch. */
static PetscErrorCode Plan(KNLayer layer, const size_t k[3])
{
  Convolution *conv     = layer->data;
  const int    periodic = layer->grid_in.points == KN_POINTS_PERIODIC;
  const size_t in = (size_t)layer->in, out = (size_t)layer->out, most = PetscMax(conv->Ci, conv->Co);
  size_t       s[3];

  PetscFunctionBegin;
  for (PetscInt a = 0; a < 3; a++) s[a] = a < 3 - layer->dim ? 1 : (size_t)layer->stride;
  conv->tiles  = (KNWinograd){.rows = 0};
  conv->narrow = 0;
  conv->tiled  = layer->dim == 2 && layer->kernel == 3 && layer->stride == 1 && layer->groups == 1 &&
                PetscMin(in, out) >= LEAST_CHANNELS;
  if (conv->tiled) {
    PetscCall(KNWinogradPlan(&conv->tiles, conv->n, most, periodic));
    conv->spread[0] = KNAligned(KNSpreadSize(&conv->tiles.spread, in));
    conv->spread[1] = KNAligned(KNSpreadSize(&conv->tiles.spread, out));
    conv->work      = KNAligned(KNWinogradWork(&conv->tiles, most));
    conv->room      = conv->spread[0] + conv->spread[1] + conv->work + KN_WINOGRAD * in * out;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  conv->forward        = (KNConvolutionSweep){.Ci = conv->Ci, .Co = conv->Co, .groups = (size_t)layer->groups};
  conv->backward       = (KNConvolutionSweep){.Ci = conv->Co, .Co = conv->Ci, .groups = (size_t)layer->groups};
  conv->narrow         = layer->groups == 1 && conv->Ci < LEAST_CHANNELS;
  conv->forward.points = conv->backward.points = conv->N[2] < LONG_ROW && !conv->narrow;
  PetscCall(KNConvolutionPlanForward(&conv->forward, conv->n, conv->N, k, s, periodic));
  PetscCall(KNConvolutionPlanBackward(&conv->backward, conv->n, conv->N, k, s, periodic));
  PetscCall(KNConvolutionPlanGradient(&conv->forward, conv->row));
  conv->spread[0] = KNAligned(KNSpreadSize(&conv->forward.spread, in));
  conv->spread[1] = KNAligned(KNSpreadSize(&conv->backward.spread, out));
  conv->work      = KNAligned(PetscMax(most * (PetscMax(conv->n[2], conv->N[2]) + k[2]),
                                  conv->narrow ? KNConvolutionColumns(&conv->forward) : 0));
  conv->room      = conv->spread[0] + conv->spread[1] + conv->work;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Convolution(KNLayer layer)
{
  Convolution *conv    = layer->data;
  const size_t weights = (size_t)layer->out * conv->Ci * conv->taps, count = weights + (size_t)layer->out,
               shares  = layer->forward_only ? 0 : (size_t)KNSampleGroups(layer->samples, layer->samples),
               threads = (size_t)layer->threads;
  size_t packed, k[3];

  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  PetscCall(KNConvolutionReset(conv));
  if (layer->stride == 2) layer->grid_out = KNGridCoarse(&layer->grid_in);
  KNGridExtents(&layer->grid_in, conv->n);
  KNGridExtents(&layer->grid_out, conv->N);
  for (PetscInt a = 0; a < 3; a++) k[a] = a < 3 - layer->dim ? 1 : (size_t)layer->kernel;
  PetscCall(Plan(layer, k));
  if (layer->groups == 1 && layer->stride == 1 && !layer->forward_only && KNTileConvolutionFits(conv->Ci, conv->Co)) {
    PetscCall(KNTileConvolutionPlan(&conv->rounded, conv->Ci, conv->Co, conv->n, k,
                                    layer->grid_in.points == KN_POINTS_PERIODIC));
    conv->room = PetscMax(conv->room, KNTileConvolutionWork(&conv->rounded));
  }
  packed = conv->tiled ? KN_WINOGRAD * conv->Ci * conv->Co : weights;
  for (int i = 0; i < 2; i++) PetscCall(KNMalloc(packed, sizeof(KNReal), &conv->packed[i]));
  PetscCall(KNMalloc(shares * count, sizeof(KNReal), &conv->share));
  PetscCall(KNMalloc(threads * conv->room, sizeof(KNReal), &conv->scratch));
  layer->bytes    = (2 * packed + shares * count + threads * conv->room) * sizeof(KNReal);
  layer->flops[0] = 2 * (PetscLogDouble)weights * (PetscLogDouble)KNGridSize(&layer->grid_out);
  layer->flops[1] = 2 * layer->flops[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the pass round the numbers? */
static int Rounds(const Convolution *conv, const KNPass *pass)
{
  return conv->rounded.tap && pass->bfloat16;
}

/* Weights as the sweeps read them. */
static void KNLayerPrepare_Convolution(KNLayer layer, const KNPass *pass)
{
  const Convolution *conv = layer->data;
  const size_t       Ci = conv->Ci, Co = conv->Co, T = conv->taps;

  if (Rounds(conv, pass)) {
#pragma omp for schedule(static) nowait
    for (size_t o = 0; o < Co; o++) kn_tile_weights(conv->packed[0], conv->W, o, &conv->rounded);
#pragma omp for schedule(static)
    for (size_t i = 0; i < Ci; i++) kn_tile_weights_back(conv->packed[1], conv->W, i, &conv->rounded);
    return;
  }
#pragma omp for schedule(static)
  for (size_t out = 0; out < (size_t)layer->out; out++) {
    const size_t g = out / Co, o = out % Co;

    if (conv->tiled) {
      kn_winograd_weights(conv->packed[0], conv->packed[1], conv->W, out, Ci, Co);
      continue;
    }
    for (size_t t = 0; t < T; t++) {
      for (size_t i = 0; i < Ci; i++) {
        const KNReal w = conv->W[(out * Ci + i) * T + t];

        conv->packed[0][((g * T + t) * Co + o) * Ci + i] = w;
        conv->packed[1][((g * T + t) * Ci + i) * Co + o] = w;
      }
    }
  }
}

static KNReal *Scratch(const Convolution *conv)
{
  return conv->scratch + (size_t)omp_get_thread_num() * conv->room;
}

static void KNLayerApply_Convolution(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                     KNReal *out, InsertMode mode)
{
  const Convolution *conv = layer->data;
  KNReal            *x = Scratch(conv), *work = x + conv->spread[0] + conv->spread[1];

  if (Rounds(conv, pass)) {
    kn_tile_convolve(out, in[0], conv->packed[0], conv->bias, x, &conv->rounded, 0, mode == ADD_VALUES);
    return;
  }
  if (conv->tiled) {
    kn_spread(x, in[0], &conv->tiles.spread, conv->Ci, 1);
    kn_winograd(out, x, conv->packed[0], conv->bias, work, &conv->tiles, conv->Ci, conv->Co, mode == ADD_VALUES);
    return;
  }
  kn_spread(x, in[0], &conv->forward.spread, (size_t)layer->in, conv->forward.points);
  kn_convolve(out, x, conv->packed[conv->forward.points], conv->bias, work, &conv->forward, mode == ADD_VALUES);
}

/*
  By Winograd: the gradient of the transformed weights grows from sample to sample of a group; the last one leaves the
  group's share.
*/
static void ApplyBackTiled(KNLayer layer, KNReal *share, const KNReal *x, const KNReal *dy, KNReal *const din[],
                           int first, int last, InsertMode mode)
{
  const Convolution *conv = layer->data;
  KNReal *spread_x = Scratch(conv), *spread_dy = spread_x + conv->spread[0], *work = spread_dy + conv->spread[1],
         *dU = work + conv->work;

  kn_spread(spread_x, x, &conv->tiles.spread, conv->Ci, 1);
  kn_spread(spread_dy, dy, &conv->tiles.spread, conv->Co, 1);
  kn_winograd_back(dU, spread_x, spread_dy, work, &conv->tiles, conv->Ci, conv->Co, !first);
  if (last) kn_winograd_weights_back(share, dU, conv->Ci, conv->Co);
  if (din[0])
    kn_winograd(din[0], spread_dy, conv->packed[1], NULL, work, &conv->tiles, conv->Co, conv->Ci, mode == ADD_VALUES);
}

/* A thread takes the samples of a group in their order: they have one share of the gradients. */
static void KNLayerApplyBack_Convolution(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                         const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Convolution *conv  = layer->data;
  const PetscInt     size  = KNSampleGroup(layer->samples);
  const int          first = b % size == 0, last = b % size == size - 1 || b == pass->samples - 1;
  const size_t       weights = (size_t)layer->out * conv->Ci * conv->taps, S = conv->N[0] * conv->N[1] * conv->N[2];
  KNReal            *x = Scratch(conv), *dy = x + conv->spread[0], *work = dy + conv->spread[1],
         *share = conv->share + (size_t)(b / size) * (weights + (size_t)layer->out);

  for (size_t o = 0; conv->bias && o < (size_t)layer->out; o++)
    share[weights + o] = (first ? 0 : share[weights + o]) + (KNReal)kn_row_sum(dout + o * S, S);
  if (Rounds(conv, pass)) {
    kn_tile_gradient(share, in[0], dout, x, &conv->rounded, !first);
    if (din[0]) kn_tile_convolve(din[0], dout, conv->packed[1], NULL, x, &conv->rounded, 1, mode == ADD_VALUES);
    return;
  }
  if (conv->tiled) {
    ApplyBackTiled(layer, share, in[0], dout, din, first, last, mode);
    return;
  }
  kn_spread(x, in[0], &conv->forward.spread, (size_t)layer->in, !conv->narrow);
  if (conv->narrow) kn_convolution_gradient_narrow(share, dout, x, dy, work, &conv->forward, !first);
  else kn_convolution_gradient(share, dout, x, conv->row, &conv->forward, !first);
  if (!din[0]) return;
  kn_spread(dy, dout, &conv->backward.spread, (size_t)layer->out, conv->backward.points);
  kn_convolve(din[0], dy, conv->packed[!conv->backward.points], NULL, work, &conv->backward, mode == ADD_VALUES);
}

static void KNLayerFinishBack_Convolution(KNLayer layer, const KNPass *pass)
{
  const Convolution *conv = layer->data;
  const size_t       Ci = conv->Ci, Co = conv->Co, T = conv->taps, out = (size_t)layer->out, weights = out * Ci * T,
               count = weights + out, B = (size_t)KNSampleGroups(layer->samples, pass->samples);
  const int add = pass->gradients != INSERT_VALUES, turned = conv->tiled || conv->narrow || Rounds(conv, pass);

#pragma omp for schedule(static)
  for (size_t c = 0; c < (turned ? Ci : out); c++) {
    if (turned) kn_sum_taps(conv->dW + c * T, Ci * T, conv->share + c * Co, B, count, T, Ci * Co, Co, add);
    else
      kn_sum_taps(conv->dW + c * Ci * T, T, conv->share + c / Co * T * Co * Ci + c % Co * Ci, B, count, T, Co * Ci, Ci,
                  add);
  }
  if (conv->bias) kn_sum_shares(conv->dbias, conv->share + weights, B, count, out, add);
}

static PetscErrorCode KNLayerView_Convolution(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(
    PetscViewerASCIIPrintf(viewer, ", kernel %" PetscInt_FMT ", stride %" PetscInt_FMT, layer->kernel, layer->stride));
  if (layer->groups > 1) PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " groups", layer->groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Convolution(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNConvolutionReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Convolution(KNLayer layer)
{
  Convolution *conv;

  PetscFunctionBegin;
  PetscCall(PetscNew(&conv));
  layer->data      = conv;
  layer->convolves = PETSC_TRUE;
  layer->ops       = (KNLayerOps){
          .setup       = KNLayerSetUp_Convolution,
          .setgrid     = KNLayerSetGrid_Convolution,
          .prepare     = KNLayerPrepare_Convolution,
          .apply       = KNLayerApply_Convolution,
          .apply_back  = KNLayerApplyBack_Convolution,
          .finish_back = KNLayerFinishBack_Convolution,
          .view        = KNLayerView_Convolution,
          .destroy     = KNLayerDestroy_Convolution,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}

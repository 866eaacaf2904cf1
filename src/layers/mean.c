/*
  The mean over all points, on a grid of no axes: from fields to numbers, for heads that give one answer for a sample,

      y[b, c] = 1/S sum_s x[b, c, s]

  x: (B, C, S), y: (B, C, 1); of a text the mean over its words, pass->length of the S points. Sums in double precision.
  Samples must be whole.
*/
#include "layer_impl.h"

static void kn_mean_forward(KNReal *y, const KNReal *x, size_t C, size_t S, size_t n, int add)
{
  // y: (C), x: (C, S), the first n points of each channel
  for (size_t c = 0; c < C; c++) {
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t s = 0; s < n; s++) sum += (double)x[c * S + s];
    y[c] = (add ? y[c] : 0) + (KNReal)(sum / (double)n);
  }
}

static void kn_mean_backward(KNReal *dx, const KNReal *dy, size_t C, size_t S, size_t n, int add)
{
  // dx: (C, S), dy: (C)
  for (size_t c = 0; c < C; c++) {
    const KNReal share = dy[c] / (KNReal)n;

#pragma omp simd
    for (size_t s = 0; s < n; s++) dx[c * S + s] = (add ? dx[c * S + s] : 0) + share;
    for (size_t s = n; !add && s < S; s++) dx[c * S + s] = 0;
  }
}

PetscErrorCode KNLayerDropAxes(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  layer->grid_out = KNGridMake(0, NULL, layer->grid_in.points);
  layer->flops[0] = layer->flops[1] = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Mean(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  const size_t S = KNGridSize(&layer->grid_in);

  kn_mean_forward(out, in[0], (size_t)layer->in, S, KNPassPoints(pass, b, S), mode == ADD_VALUES);
}

static void KNLayerApplyBack_Mean(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const size_t S = KNGridSize(&layer->grid_in);

  if (din[0]) kn_mean_backward(din[0], dout, (size_t)layer->in, S, KNPassPoints(pass, b, S), mode == ADD_VALUES);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Mean(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerDropAxes,
    .apply      = KNLayerApply_Mean,
    .apply_back = KNLayerApplyBack_Mean,
  };
  layer->traits = (KNLayerTraits){.unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

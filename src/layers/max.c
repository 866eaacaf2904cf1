/*
  The largest value over all points, on a grid of no axes: what a field has anywhere, beside its mean (mean.c),

      y[b, c] = max_s x[b, c, s],    dx[b, c, s] = dy[b, c] at the first s that has it, else 0

  x: (B, C, S), y: (B, C, 1); of a text over its words, pass->length of the S points. Samples must be whole.
*/
#include "layer_impl.h"
#include <string.h>

static size_t kn_max_place(const KNReal *x, size_t n)
{
  size_t place = 0;

  for (size_t s = 1; s < n; s++) place = x[s] > x[place] ? s : place;
  return place;
}

static void KNLayerApply_Max(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                             InsertMode mode)
{
  const size_t S = KNGridSize(&layer->grid_in), n = KNPassPoints(pass, b, S);

  for (size_t c = 0; c < (size_t)layer->in; c++) {
    const KNReal *x = in[0] + c * S;

    out[c] = (mode == ADD_VALUES ? out[c] : 0) + x[kn_max_place(x, n)];
  }
}

static void KNLayerApplyBack_Max(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                 const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const size_t S = KNGridSize(&layer->grid_in), n = KNPassPoints(pass, b, S);

  for (size_t c = 0; din[0] && c < (size_t)layer->in; c++) {
    KNReal *dx = din[0] + c * S;

    if (mode != ADD_VALUES) memset(dx, 0, S * sizeof(*dx));
    dx[kn_max_place(in[0] + c * S, n)] += dout[c];
  }
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Max(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerDropAxes,
    .apply      = KNLayerApply_Max,
    .apply_back = KNLayerApplyBack_Max,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}

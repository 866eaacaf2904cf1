/*
  The rectified linear unit, point by point:

      y = max(x, 0),    dy/dx = 1 where x > 0, else 0

  x, y: (B, C, S). A NaN stays a NaN.
*/
#include "layer_impl.h"

static void kn_relu_forward(KNReal *y, const KNReal *x, size_t n, int add)
{
  // y, x: (n)
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = (add ? y[i] : 0) + (x[i] < 0 ? 0 : x[i]);
}

static void kn_relu_backward(KNReal *dx, const KNReal *dy, const KNReal *x, size_t n, int add)
{
  // dx, dy, x: (n); dx may be dy or x
#pragma omp simd
  for (size_t i = 0; i < n; i++) dx[i] = (add ? dx[i] : 0) + (x[i] > 0 ? dy[i] : 0);
}

static PetscErrorCode KNLayerSetGrid_ReLU(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = 1 * points;
  layer->flops[1] = 1 * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_ReLU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  kn_relu_forward(out, in[0], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static void KNLayerApplyBack_ReLU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0])
    kn_relu_backward(din[0], dout, in[0], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_ReLU(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerSetGrid_ReLU,
    .apply      = KNLayerApply_ReLU,
    .apply_back = KNLayerApplyBack_ReLU,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

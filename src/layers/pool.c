/*
  Coarsens the grid by a factor of two along each axis: the mean of each block of 2^dim points,

      y[b, c, s] = mean of x[b, c, s'] over the points s' of block s

  x: (B, C, n1[, n2[, n3]]), y: (B, C, N1[, N2[, N3]]), N = (n + 1) / 2: the last block along an axis of odd length has
  one layer of points. The output's grid has the input's kind of points; of cells the means are values of cells twice as
  large. Samples must be whole.
*/
#include "resample.h"

static PetscErrorCode KNLayerSetGrid_Pool(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  layer->grid_out = KNGridCoarse(&layer->grid_in);
  layer->flops[0] = layer->flops[1] = 2 * (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Pool(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  size_t n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_in, n);
  kn_coarsen_forward(out, in[0], n, (size_t)layer->in, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Pool(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  size_t n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_in, n);
  if (din[0]) kn_coarsen_backward(din[0], dout, n, (size_t)layer->in, mode == ADD_VALUES);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Pool(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerSetGrid_Pool,
    .apply      = KNLayerApply_Pool,
    .apply_back = KNLayerApplyBack_Pool,
  };
  layer->traits = (KNLayerTraits){.unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Refines the grid by a factor of two along each axis: N = 2 n points, values by linear interpolation or of the nearest
  point (-model_upsampling, resample.h).

  x: (B, C, n1[, n2[, n3]]), y: (B, C, 2 n1[, 2 n2[, 2 n3]]). Coarse points lie in the middle of their 2^dim fine ones,
  as pool.c makes them. Samples must be whole. Where the refined field joins another one, concatenate.c does both at
  once and comes back to grids of odd length too.
*/
#include "resample.h"

typedef struct {
  KNReal far; /* weight of the neighbour along an axis, 0: nearest point */
} Upsample;

static PetscErrorCode KNLayerSetFromOptions_Upsample(KNLayer layer)
{
  Upsample *upsample = layer->data;

  PetscFunctionBegin;
  PetscCall(KNRefineSetFromOptions(&upsample->far));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Upsample(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  for (PetscInt a = 0; a < layer->dim; a++) layer->grid_out.n[a] *= 2;
  layer->flops[0] = layer->flops[1] = 5 * (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_out);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Upsample(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                  InsertMode mode)
{
  const Upsample *upsample = layer->data;
  size_t          n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_out, n);
  kn_refine_forward(out, in[0], n, (size_t)layer->in, upsample->far, layer->grid_in.points == KN_POINTS_PERIODIC,
                    mode == ADD_VALUES);
}

static void KNLayerApplyBack_Upsample(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                      const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Upsample *upsample = layer->data;
  size_t          n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_out, n);
  if (din[0])
    kn_refine_backward(din[0], dout, n, (size_t)layer->in, upsample->far, layer->grid_in.points == KN_POINTS_PERIODIC,
                       mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Upsample(KNLayer layer, PetscViewer viewer)
{
  const Upsample *upsample = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %s", upsample->far > 0 ? "linear" : "nearest"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Upsample(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Upsample(KNLayer layer)
{
  Upsample *upsample;

  PetscFunctionBegin;
  PetscCall(PetscNew(&upsample));
  layer->data = upsample;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Upsample,
     .setup          = KNLayerKeepChannels,
     .setgrid        = KNLayerSetGrid_Upsample,
     .apply          = KNLayerApply_Upsample,
     .apply_back     = KNLayerApplyBack_Upsample,
     .view           = KNLayerView_Upsample,
     .destroy        = KNLayerDestroy_Upsample,
  };
  layer->traits = (KNLayerTraits){.unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

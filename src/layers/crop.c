/*
  Cuts off the points that pad appended: the inverse of pad.c on its image.

      y[b, c, s] = x[b, c, s] on the original grid

  x: (B, C, N1[, N2[, N3]]), y: (B, C, n1[, n2[, n3]]). KNLayerSetGrid gives the padded grid; n is the only number of
  points with N = n + round(-model_padding n).
*/
#include "padding.h"

typedef struct {
  PetscReal fraction[KN_MAX_DIM];
  size_t    N[KN_MAX_DIM], n[KN_MAX_DIM]; /* extents of input and output */
} Crop;

static PetscErrorCode KNLayerSetFromOptions_Crop(KNLayer layer)
{
  Crop *crop = layer->data;

  PetscFunctionBegin;
  PetscCall(KNPaddingSetFromOptions(crop->fraction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Crop(KNLayer layer)
{
  Crop *crop = layer->data;

  PetscFunctionBegin;
  for (PetscInt a = 0; a < layer->dim; a++) {
    const PetscInt N = KNGridWhole(&layer->grid_in, a);
    PetscInt       n = PetscMax((PetscInt)PetscFloorReal((PetscReal)N / (1 + crop->fraction[a])) - 1, 0);

    /* at most three steps: KNPadded() is within 1/2 of (1 + fraction) n */
    while (KNPadded(n, crop->fraction[a]) < N) n++;
    PetscCheck(n > 0 && KNPadded(n, crop->fraction[a]) == N, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
               "layer %s: no grid is padded to %" PetscInt_FMT " points by -model_padding %g", layer->name, N,
               (double)crop->fraction[a]);
    if (a) layer->grid_out.n[a] = n;
    else layer->grid_out = KNPaddedFirst(&layer->grid_in, n);
  }
  KNGridExtents(&layer->grid_in, crop->N);
  KNGridExtents(&layer->grid_out, crop->n);
  layer->traits.identity = (PetscBool)(KNGridSize(&layer->grid_in) == KNGridSize(&layer->grid_out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Crop(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  const Crop *crop = layer->data;

  kn_restrict(out, crop->n, in[0], crop->N, (size_t)layer->in, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Crop(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Crop *crop = layer->data;

  if (din[0]) kn_extend(din[0], crop->N, dout, crop->n, (size_t)layer->in, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Crop(KNLayer layer, PetscViewer viewer)
{
  const Crop *crop = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", padding %g%s", (double)crop->fraction[0],
                                   crop->fraction[KN_MAX_DIM - 1] < crop->fraction[0] ? " of the first axis" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Crop(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Crop(KNLayer layer)
{
  Crop *crop;

  PetscFunctionBegin;
  PetscCall(PetscNew(&crop));
  layer->data = crop;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Crop,
     .setup          = KNLayerKeepChannels,
     .setgrid        = KNLayerSetGrid_Crop,
     .apply          = KNLayerApply_Crop,
     .apply_back     = KNLayerApplyBack_Crop,
     .view           = KNLayerView_Crop,
     .destroy        = KNLayerDestroy_Crop,
  };
  layer->traits = (KNLayerTraits){.unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

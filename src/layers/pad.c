/*
  Appends points at the end of each axis, filled with zeros, so that fields that are not periodic do not meet
  themselves in the Fourier layers (Li et al. 2020, arXiv 2010.08895, for Darcy flow):

      y[b, c, s] = x[b, c, s] on the original grid, 0 beyond

  x: (B, C, n1[, n2[, n3]]), y: (B, C, N1[, N2[, N3]]) with N = n + round(-model_padding n). A fraction, not a number of
  points: the padded domain is the same at every resolution. crop.c undoes it.
*/
#include "padding.h"

typedef struct {
  PetscReal fraction[KN_MAX_DIM];
  size_t    n[KN_MAX_DIM], N[KN_MAX_DIM]; /* extents of input and output */
} Pad;

static PetscErrorCode KNLayerSetFromOptions_Pad(KNLayer layer)
{
  Pad *pad = layer->data;

  PetscFunctionBegin;
  PetscCall(KNPaddingSetFromOptions(pad->fraction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Pad(KNLayer layer)
{
  Pad *pad = layer->data;

  PetscFunctionBegin;
  for (PetscInt a = 1; a < layer->dim; a++) layer->grid_out.n[a] = KNPadded(layer->grid_in.n[a], pad->fraction[a]);
  layer->grid_out = KNPaddedFirst(&layer->grid_out, KNPadded(KNGridWhole(&layer->grid_in, 0), pad->fraction[0]));
  KNGridExtents(&layer->grid_in, pad->n);
  KNGridExtents(&layer->grid_out, pad->N);
  layer->traits.identity = (PetscBool)(KNGridSize(&layer->grid_in) == KNGridSize(&layer->grid_out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Pad(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                             InsertMode mode)
{
  const Pad *pad = layer->data;

  kn_extend(out, pad->N, in[0], pad->n, (size_t)layer->in, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Pad(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                 const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Pad *pad = layer->data;

  if (din[0]) kn_restrict(din[0], pad->n, dout, pad->N, (size_t)layer->in, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Pad(KNLayer layer, PetscViewer viewer)
{
  const Pad *pad = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", padding %g%s", (double)pad->fraction[0],
                                   pad->fraction[KN_MAX_DIM - 1] < pad->fraction[0] ? " of the first axis" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Pad(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Pad(KNLayer layer)
{
  Pad *pad;

  PetscFunctionBegin;
  PetscCall(PetscNew(&pad));
  layer->data = pad;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_Pad,
     .setup          = KNLayerKeepChannels,
     .setgrid        = KNLayerSetGrid_Pad,
     .apply          = KNLayerApply_Pad,
     .apply_back     = KNLayerApplyBack_Pad,
     .view           = KNLayerView_Pad,
     .destroy        = KNLayerDestroy_Pad,
  };
  layer->traits = (KNLayerTraits){.unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

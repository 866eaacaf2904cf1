/*
  Two fields as one, channel after channel, the second on the grid of the first or on one coarsened by pool.c, from
  which it is refined here:

      y[b, c, s] = x0[b, c, s],    y[b, C0 + c, s] = x1[b, c, s] or its refinement (resample.h, -model_upsampling)

  x0: (B, C0, S), x1: (B, C1, S) or (B, C1, S1), y: (B, C0 + C1, S). A skip connection that joins a finer grid, of odd
  length too, reads and writes the fine field once. Samples must be whole where the grids differ.
*/
#include "resample.h"
#include <kitinet/error.h>

static void kn_add_forward(KNReal *restrict y, const KNReal *restrict x, size_t n, int add)
{
  // y, x: (n); its own backward
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = (add ? y[i] : 0) + x[i];
}

typedef struct {
  KNReal    far;    /* weight of the neighbour along an axis, 0: nearest point */
  PetscBool coarse; /* x1 is */
} Concatenate;

static PetscErrorCode KNLayerSetFromOptions_Concatenate(KNLayer layer)
{
  Concatenate *concatenate = layer->data;

  PetscFunctionBegin;
  PetscCall(KNRefineSetFromOptions(&concatenate->far));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Concatenate(KNLayer layer, KNParameters parameters)
{
  const PetscInt out = layer->channels[0] + layer->channels[1];

  PetscFunctionBegin;
  PetscCheck(layer->out == PETSC_DECIDE || layer->out == out, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: the output has the channels of both inputs, %" PetscInt_FMT, layer->name, out);
  layer->out = out;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Concatenate(KNLayer layer)
{
  Concatenate *concatenate = layer->data;
  const KNGrid coarse      = KNGridCoarse(&layer->grid[0]);
  PetscBool    same, half;

  PetscFunctionBegin;
  PetscCall(PetscMemcmp(layer->grid[1].n, layer->grid[0].n, sizeof(coarse.n), &same));
  PetscCall(PetscMemcmp(layer->grid[1].n, coarse.n, sizeof(coarse.n), &half));
  PetscCheck(layer->grid[1].dim == layer->dim && (same || half), PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: the second input lies neither on the grid of the first nor on that of its blocks", layer->name);
  concatenate->coarse = (PetscBool)!same;
  if (!same) PetscCall(KNLayerNeedWhole(layer));
  layer->flops[0] = layer->flops[1] =
    same ? 0 : 5 * (PetscLogDouble)layer->channels[1] * (PetscLogDouble)KNGridSize(&layer->grid_in);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Concatenate(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                     KNReal *out, InsertMode mode)
{
  const Concatenate *concatenate = layer->data;
  const size_t       S = KNGridSize(&layer->grid_in), C0 = (size_t)layer->channels[0], C1 = (size_t)layer->channels[1];
  size_t             n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_in, n);
  kn_add_forward(out, in[0], C0 * S, mode == ADD_VALUES);
  if (concatenate->coarse)
    kn_refine_forward(out + C0 * S, in[1], n, C1, concatenate->far, layer->grid_in.points == KN_POINTS_PERIODIC,
                      mode == ADD_VALUES);
  else kn_add_forward(out + C0 * S, in[1], C1 * S, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Concatenate(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                         const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Concatenate *concatenate = layer->data;
  const size_t       S = KNGridSize(&layer->grid_in), C0 = (size_t)layer->channels[0], C1 = (size_t)layer->channels[1];
  size_t             n[KN_MAX_DIM];

  KNGridExtents(&layer->grid_in, n);
  if (din[0]) kn_add_forward(din[0], dout, C0 * S, mode == ADD_VALUES);
  if (din[1] && concatenate->coarse)
    kn_refine_backward(din[1], dout + C0 * S, n, C1, concatenate->far, layer->grid_in.points == KN_POINTS_PERIODIC,
                       mode == ADD_VALUES);
  else if (din[1]) kn_add_forward(din[1], dout + C0 * S, C1 * S, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Concatenate(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", with %" PetscInt_FMT, layer->channels[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Concatenate(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Concatenate(KNLayer layer)
{
  Concatenate *concatenate;

  PetscFunctionBegin;
  PetscCall(PetscNew(&concatenate));
  layer->data    = concatenate;
  layer->inputs  = 2;
  layer->differs = layer->regrids = PETSC_TRUE;
  layer->ops                      = (KNLayerOps){
                         .setfromoptions = KNLayerSetFromOptions_Concatenate,
                         .setup          = KNLayerSetUp_Concatenate,
                         .setgrid        = KNLayerSetGrid_Concatenate,
                         .apply          = KNLayerApply_Concatenate,
                         .apply_back     = KNLayerApplyBack_Concatenate,
                         .view           = KNLayerView_Concatenate,
                         .destroy        = KNLayerDestroy_Concatenate,
  };
  layer->traits = (KNLayerTraits){.unread = 3};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Linear map of the channels, the same at every point (a convolution with kernel size 1):

      y[b, o, s] = bias[o] + sum_i W[o, i] x[b, i, s]

  x: (B, C_in, S), y: (B, C_out, S), W: (C_out, C_in), bias: (C_out). Kernels: linear_kernels.h.
  Initial values uniform in (-1, 1) / sqrt(C_in), as PyTorch's Conv1d.
*/
#include "layer_impl.h"
#include "linear_kernels.h"

typedef struct {
  KNReal *W, *dW;       /* (C_out, C_in), in the parameters' blocks, not owned */
  KNReal *bias, *dbias; /* (C_out), likewise */
  KNReal *share;        /* (samples, C_out C_in + C_out) dW, then dbias of each sample */
} Linear;

static PetscErrorCode KNLayerSetUp_Linear(KNLayer layer, KNParameters parameters)
{
  Linear      *linear = layer->data;
  const KNReal scale  = (KNReal)(1 / PetscSqrtReal((PetscReal)layer->in));

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name  = "weight",
                                             .rank  = 2,
                                             .shape = {layer->out, layer->in},
                                             .role  = {layer->role[1], layer->role[0]},
                                             .init  = KN_INIT_SYMMETRIC,
                                             .scale = scale},
                           &linear->W, &linear->dW));
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name  = "bias",
                                             .rank  = 1,
                                             .shape = {layer->out},
                                             .role  = {layer->role[1]},
                                             .init  = KN_INIT_SYMMETRIC,
                                             .scale = scale},
                           &linear->bias, &linear->dbias));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Linear(KNLayer layer)
{
  Linear              *linear = layer->data;
  const size_t         count  = (size_t)layer->samples * (size_t)layer->out * (size_t)(layer->in + 1);
  const PetscLogDouble Ci = layer->in, Co = layer->out, S = (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNFree(&linear->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &linear->share));
  layer->bytes    = count * sizeof(KNReal);
  layer->flops[0] = 2 * Co * Ci * S + Co * S;
  layer->flops[1] = 4 * Co * Ci * S + Co * S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Linear(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                InsertMode mode)
{
  const Linear *linear = layer->data;
  const size_t  S      = KNGridSize(&layer->grid_in);

  kn_linear_forward(kn_products_of(pass), out, S, in[0], S, linear->W, linear->bias, (size_t)layer->in,
                    (size_t)layer->out, S, mode == ADD_VALUES);
}

static void KNLayerApplyBack_Linear(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                    const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Linear     *linear = layer->data;
  const size_t      Ci = (size_t)layer->in, Co = (size_t)layer->out, S = KNGridSize(&layer->grid_in);
  const KNProducts *by    = kn_products_of(pass);
  KNReal           *share = linear->share + (size_t)b * Co * (Ci + 1);

  kn_linear_backward_weight(by, share, dout, S, in[0], S, Ci, Co, S, 0);
  for (size_t o = 0; o < Co; o++) share[Co * Ci + o] = (KNReal)kn_row_sum(dout + o * S, S);
  if (din[0]) kn_linear_backward_input(by, din[0], S, dout, S, linear->W, Ci, Co, S, mode == ADD_VALUES);
}

static void KNLayerFinishBack_Linear(KNLayer layer, const KNPass *pass)
{
  const Linear *linear  = layer->data;
  const size_t  weights = (size_t)(layer->in * layer->out), count = weights + (size_t)layer->out;
  const int     add = pass->gradients != INSERT_VALUES;

  kn_sum_shares(linear->dW, linear->share, (size_t)pass->samples, count, weights, add);
  kn_sum_shares(linear->dbias, linear->share + weights, (size_t)pass->samples, count, (size_t)layer->out, add);
}

static PetscErrorCode KNLayerDestroy_Linear(KNLayer layer)
{
  Linear *linear = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&linear->share));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Linear(KNLayer layer)
{
  Linear *linear;

  PetscFunctionBegin;
  PetscCall(PetscNew(&linear));
  layer->data = linear;
  layer->ops  = (KNLayerOps){
     .setup       = KNLayerSetUp_Linear,
     .setgrid     = KNLayerSetGrid_Linear,
     .apply       = KNLayerApply_Linear,
     .apply_back  = KNLayerApplyBack_Linear,
     .finish_back = KNLayerFinishBack_Linear,
     .destroy     = KNLayerDestroy_Linear,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE};
  PetscFunctionReturn(PETSC_SUCCESS);
}

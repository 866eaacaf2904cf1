/*
  Drift without collisions: the plain residual step of a network, free flight with velocity GELU(z) for a unit of time,

      y = x + GELU(z)

  in[0] = x, in[1] = z: (B, C, S); y: (B, C, S). No parameters. It is kinetic.c at collision rate 0, bit for bit.
*/
#include "gelu_kernels.h"
#include "layer_impl.h"

static PetscErrorCode KNLayerSetUp_Drift(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out == layer->in, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "layer %s: drift keeps the number of channels", layer->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Drift(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = (KN_GELU_FLOPS + 1) * points;
  layer->flops[1] = KN_GELU_BACKWARD_FLOPS * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Drift(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  kn_drift_forward(out, in[0], in[1], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static void KNLayerApplyBack_Drift(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  kn_drift_backward(din[0], din[1], dout, in[1], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static PetscErrorCode KNLayerDestroy_Drift(KNLayer layer)
{
  PetscFunctionBegin; /* no context to free */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Drift(KNLayer layer)
{
  PetscFunctionBegin;
  layer->inputs = 2;
  layer->ops    = (KNLayerOps){
       .setup      = KNLayerSetUp_Drift,
       .setgrid    = KNLayerSetGrid_Drift,
       .apply      = KNLayerApply_Drift,
       .apply_back = KNLayerApplyBack_Drift,
       .destroy    = KNLayerDestroy_Drift,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 2, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

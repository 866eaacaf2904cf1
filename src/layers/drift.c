/*
  Drift without collisions: the plain residual, free flight with velocity v for a unit of time,

      none       y = x + v
      velocity   y = x + GELU(z)           (default)
      result     y = GELU(x + v)

  in[0] = x, in[1] = v or z: (B, C, S); y: (B, C, S). No parameters. It is kinetic.c at collision rate 0, bit for bit.

  Copy this file to add a residual of your own. It is a layer like gelu.c, whose essay tells the order of a layer's
  file. Beyond that a residual
    1. takes two inputs of the same channels and grid, positions first: y has the channels and the grid of x;
    2. has the three cases of KNActivation, each with forward and backward: what can be fused is a kernel of its own
       (gelu_kernels.h), chosen in Apply and ApplyBack by layer->activation. What it cannot do it refuses in SetUp with
       one line;
    3. says in Create that it is one: layer->inputs, layer->residual, the activation it has by default, and its traits,
       which may follow from the activation in SetUp: a good residual writes gradients over dout and over its inputs.
  Then add one line to layer_list.h and one to residual_list.h. The registry's test checks each activation of the new
  residual by itself.
*/
#include "gelu_kernels.h"
#include "layer_impl.h"

static PetscErrorCode KNLayerSetUp_Drift(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  PetscCall(KNLayerKeepChannels(layer, parameters));
  layer->traits.unread = layer->activation == KN_ACTIVATION_NONE       ? 3
                         : layer->activation == KN_ACTIVATION_VELOCITY ? 1
                                                                       : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Drift(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);
  const PetscBool      gelu   = (PetscBool)(layer->activation != KN_ACTIVATION_NONE);

  PetscFunctionBegin;
  layer->flops[0] = ((gelu ? KN_GELU_FLOPS : 0) + 1) * points;
  layer->flops[1] = (gelu ? KN_GELU_BACKWARD_FLOPS : 1) * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Drift(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                               InsertMode mode)
{
  const size_t n   = (size_t)layer->in * KNGridSize(&layer->grid_in);
  const int    add = mode == ADD_VALUES;

  if (layer->activation == KN_ACTIVATION_NONE) kn_sum_forward(out, in[0], in[1], n, add);
  else if (layer->activation == KN_ACTIVATION_VELOCITY) kn_drift_forward(out, in[0], in[1], n, add);
  else kn_sum_gelu_forward(out, in[0], in[1], n, add);
}

static void KNLayerApplyBack_Drift(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                   const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const size_t n   = (size_t)layer->in * KNGridSize(&layer->grid_in);
  const int    add = mode == ADD_VALUES;

  if (layer->activation == KN_ACTIVATION_NONE) kn_sum_backward(din[0], din[1], dout, n, add);
  else if (layer->activation == KN_ACTIVATION_VELOCITY) kn_drift_backward(din[0], din[1], dout, in[1], n, add);
  else kn_sum_gelu_backward(din[0], din[1], dout, in[0], in[1], n, add);
}

static PetscErrorCode KNLayerDestroy_Drift(KNLayer layer)
{
  PetscFunctionBegin; /* no context to free */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Drift(KNLayer layer)
{
  PetscFunctionBegin;
  layer->inputs     = 2;
  layer->residual   = PETSC_TRUE;
  layer->activation = KN_ACTIVATION_VELOCITY;
  layer->ops        = (KNLayerOps){
           .setup      = KNLayerSetUp_Drift,
           .setgrid    = KNLayerSetGrid_Drift,
           .apply      = KNLayerApply_Drift,
           .apply_back = KNLayerApplyBack_Drift,
           .destroy    = KNLayerDestroy_Drift,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 3}; /* unread: SetUp */
  PetscFunctionReturn(PETSC_SUCCESS);
}

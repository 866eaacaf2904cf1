/*
  The Gaussian error linear unit (Hendrycks and Gimpel 2016, arXiv 1606.08415), exact form, point by point:

      y = x Phi(x),    dy/dx = Phi(x) + x phi(x)

  phi, Phi: density and distribution function of the standard normal distribution. x, y: (B, C, S).

  Copy this file to add a layer of your own. It is the smallest one, and all others keep its order:
    1. this head: purpose, formula, shapes, source;
    2. the forward kernel for one sample: a pure function of arrays and sizes, output first, shapes in its first comment
    (here in
       gelu_kernels.c, since other layers use it too);
    3. the backward kernel directly below, each line the derivative of one above;
    4. the context, for layers with options, parameters or workspace (linear.c is the smallest of these);
    5. SetFromOptions: each option once, beside its default, with help text;
    6. SetUp: channels checked, parameters declared by name, shape, roles of the axes and initial distribution (here
    there are none: linear.c);
    7. SetGrid: workspace and plans for a grid and a batch, the output's grid, the cost in FLOPs (if it is called again,
       it frees what it made before);
    8. Apply, ApplyBack: choose pointers and call kernels, for one sample; they allocate nothing and any thread may call
    them. Layers whose
       samples meet have more parts: Finish adds up gradients of parameters (linear.c), Gather and Join serve products
       of the whole batch (spectral.c);
    9. View, Destroy, and last Create, the only function that is not static: it fills the table of the others.
  Then add one line to layer_list.h. The registry's test finds the new layer by itself and checks its gradient, its
  shapes, INSERT against ADD, and that the result does not depend on the number of threads.
*/
#include "layer_impl.h"
#include "gelu_kernels.h"

static PetscErrorCode KNLayerSetGrid_GELU(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = KN_GELU_FLOPS * points;
  layer->flops[1] = KN_GELU_BACKWARD_FLOPS * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_GELU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  const size_t n = (size_t)layer->in * KNGridSize(&layer->grid_in);

  if (mode == ADD_VALUES) kn_gelu_add(out, in[0], n);
  else kn_gelu_forward(out, in[0], n);
}

static void KNLayerApplyBack_GELU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0])
    kn_gelu_backward(din[0], dout, in[0], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_GELU(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerSetGrid_GELU,
    .apply      = KNLayerApply_GELU,
    .apply_back = KNLayerApplyBack_GELU,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

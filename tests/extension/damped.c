/*
  A residual of your own: the positions move on with half of the velocities,

      none       y = x + v/2
      velocity   y = x + GELU(z)/2     (default)
      result     y = GELU(x + v/2)

  in[0] = x, in[1] = v or z: (B, C, S); y: (B, C, S). No parameters. src/README.md tells where its two lines go.
*/
#include "gelu_kernels.h"
#include "layer_impl.h"

enum { TILE = 64 }; /* points at a time */

static void kn_damped_forward(KNReal *y, const KNReal *x, const KNReal *v, size_t n, KNActivation activation, int add)
{
  // y, x, v: (n)
  for (size_t s = 0; s < n; s += TILE) {
    const size_t m = PetscMin(TILE, n - s);
    KNReal       w[TILE], sum[TILE];

    for (size_t i = 0; i < m; i++) w[i] = v[s + i];
    if (activation == KN_ACTIVATION_VELOCITY) kn_gelu_forward(w, w, m);
    for (size_t i = 0; i < m; i++) sum[i] = x[s + i] + w[i] / 2;
    if (activation == KN_ACTIVATION_RESULT) kn_gelu_forward(sum, sum, m);
    for (size_t i = 0; i < m; i++) y[s + i] = (add ? y[s + i] : 0) + sum[i];
  }
}

static void kn_damped_backward(KNReal *dx, KNReal *dv, const KNReal *dy, const KNReal *x, const KNReal *v, size_t n,
                               KNActivation activation, int add)
{
  // dx, dv: (n) or NULL, dx may be dy, dv may be v
  for (size_t s = 0; s < n; s += TILE) {
    const size_t m = PetscMin(TILE, n - s);
    KNReal       sum[TILE], dsum[TILE], dw[TILE];

    for (size_t i = 0; i < m; i++) sum[i] = x[s + i] + v[s + i] / 2;
    for (size_t i = 0; i < m; i++) dsum[i] = dy[s + i];
    if (activation == KN_ACTIVATION_RESULT) kn_gelu_backward(dsum, dsum, sum, m, 0);
    for (size_t i = 0; i < m; i++) dw[i] = dsum[i] / 2;
    if (activation == KN_ACTIVATION_VELOCITY) kn_gelu_backward(dw, dw, v + s, m, 0);
    for (size_t i = 0; dx && i < m; i++) dx[s + i] = (add ? dx[s + i] : 0) + dsum[i];
    for (size_t i = 0; dv && i < m; i++) dv[s + i] = (add ? dv[s + i] : 0) + dw[i];
  }
}

static PetscErrorCode KNLayerSetGrid_Damped(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = (KN_GELU_FLOPS + 2) * points;
  layer->flops[1] = (KN_GELU_BACKWARD_FLOPS + 2) * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Damped(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                InsertMode mode)
{
  kn_damped_forward(out, in[0], in[1], (size_t)layer->in * KNGridSize(&layer->grid_in), layer->activation,
                    mode == ADD_VALUES);
}

static void KNLayerApplyBack_Damped(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                    const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  kn_damped_backward(din[0], din[1], dout, in[0], in[1], (size_t)layer->in * KNGridSize(&layer->grid_in),
                     layer->activation, mode == ADD_VALUES);
}

static PetscErrorCode KNLayerDestroy_Damped(KNLayer layer)
{
  PetscFunctionBegin; /* no context to free */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Damped(KNLayer layer)
{
  PetscFunctionBegin;
  layer->inputs     = 2;
  layer->residual   = PETSC_TRUE;
  layer->activation = KN_ACTIVATION_VELOCITY;
  layer->ops        = (KNLayerOps){
           .setup      = KNLayerKeepChannels,
           .setgrid    = KNLayerSetGrid_Damped,
           .apply      = KNLayerApply_Damped,
           .apply_back = KNLayerApplyBack_Damped,
           .destroy    = KNLayerDestroy_Damped,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 2};
  PetscFunctionReturn(PETSC_SUCCESS);
}

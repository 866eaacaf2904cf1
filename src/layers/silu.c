/*
  The sigmoid linear unit (Elfwing et al. 2017, arXiv 1702.03118), also called swish, point by point:

      y = x s(x),    dy/dx = s (1 + x (1 - s)),    s(x) = 1 / (1 + e^-x)

  x, y: (B, C, S).
*/
#include "layer_impl.h"
#include "normal.h"

/* s(x), from e^-|x|, which cannot overflow. */
#if defined(KN_DOUBLE)
static inline double kn_sigmoid(double x)
{
  const double e = exp(-fabs(x));

  return (x < 0 ? e : 1) / (1 + e);
}
#else
static inline float kn_sigmoid(float x)
{
  const float a = fabsf(x), e = kn_exp(-(a < 87.0f ? a : 87.0f)); /* a NaN comes back through x s */

  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}
#endif

static void kn_silu_forward(KNReal *y, const KNReal *x, size_t n, int add)
{
  // y, x: (n)
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] = (add ? y[i] : 0) + x[i] * kn_sigmoid(x[i]);
}

static void kn_silu_backward(KNReal *dx, const KNReal *dy, const KNReal *x, size_t n, int add)
{
  // dx, dy, x: (n); dx may be dy or x
#pragma omp simd
  for (size_t i = 0; i < n; i++) {
    const KNReal s = kn_sigmoid(x[i]);

    dx[i] = (add ? dx[i] : 0) + dy[i] * (s * (1 + x[i] * (1 - s)));
  }
}

static PetscErrorCode KNLayerSetGrid_SiLU(KNLayer layer)
{
  const PetscLogDouble points = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  layer->flops[0] = 20 * points;
  layer->flops[1] = 24 * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_SiLU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                              InsertMode mode)
{
  kn_silu_forward(out, in[0], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static void KNLayerApplyBack_SiLU(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                  const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  if (din[0])
    kn_silu_backward(din[0], dout, in[0], (size_t)layer->in * KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_SiLU(KNLayer layer)
{
  PetscFunctionBegin;
  layer->ops = (KNLayerOps){
    .setup      = KNLayerKeepChannels,
    .setgrid    = KNLayerSetGrid_SiLU,
    .apply      = KNLayerApply_SiLU,
    .apply_back = KNLayerApplyBack_SiLU,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

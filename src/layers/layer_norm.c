/*
  Layer norm (Ba et al. 2016, arXiv 1607.06450): the channels of each point to mean 0 and variance 1, then a learned
  scale and shift,

      y[b, c, s] = scale[c] h[b, c, s] + shift[c],    h = (x - m) r,
      m, 1/r^2 = mean and variance (+ 1e-5) of x[b, :, s]

  x, y: (B, C, S), scale, shift: (C). With g = scale dy:  dx = r (g - mean_c g - h mean_c (g h)),  dscale = sum of dy h,
  dshift = sum of dy. Points stand for themselves, a tile of them at a time: fields on slabs need no communication.
*/
#include "norm.h"
#include "norm_kernels.h"

enum { TILE = 128 }; /* points at a time, whose channels stay in the first-level cache */

static void kn_tile_moments(KNReal *m, KNReal *r, const KNReal *x, size_t C, size_t S, size_t n)
{
  // m, r: (n), x: (C, n) in rows of S
  for (size_t i = 0; i < n; i++) m[i] = r[i] = 0;
  for (size_t c = 0; c < C; c++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) m[i] += x[c * S + i];
  }
  for (size_t i = 0; i < n; i++) m[i] /= (KNReal)C;
  for (size_t c = 0; c < C; c++) {
#pragma omp simd
    for (size_t i = 0; i < n; i++) r[i] += (x[c * S + i] - m[i]) * (x[c * S + i] - m[i]);
  }
#pragma omp simd
  for (size_t i = 0; i < n; i++) r[i] = 1 / (KNReal)sqrt(r[i] / (KNReal)C + (KNReal)KN_NORM_EPSILON);
}

static void kn_layer_norm_forward(KNReal *y, const KNReal *x, const KNReal *scale, const KNReal *shift, size_t C,
                                  size_t S, int add)
{
  // y, x: (C, S), scale, shift: (C)
  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);
    KNReal       m[TILE], r[TILE];

    kn_tile_moments(m, r, x + s, C, S, n);
    for (size_t c = 0; c < C; c++) {
      KNReal       *yc = y + c * S + s;
      const KNReal *xc = x + c * S + s;

#pragma omp simd
      for (size_t i = 0; i < n; i++) yc[i] = (add ? yc[i] : 0) + (scale[c] * r[i] * (xc[i] - m[i]) + shift[c]);
    }
  }
}

static void kn_layer_norm_backward(KNReal *dx, KNReal *dscale, KNReal *dshift, const KNReal *dy, const KNReal *x,
                                   const KNReal *scale, size_t C, size_t S, int add)
{
  // dx: (C, S) or NULL, may be dy or x; dscale, dshift: (C), written
  for (size_t c = 0; c < C; c++) dscale[c] = dshift[c] = 0;
  for (size_t s = 0; s < S; s += TILE) {
    const size_t n = PetscMin(TILE, S - s);
    KNReal       m[TILE], r[TILE], g[TILE], gh[TILE]; /* g, gh: means over the channels */

    kn_tile_moments(m, r, x + s, C, S, n);
    for (size_t i = 0; i < n; i++) g[i] = gh[i] = 0;
    for (size_t c = 0; c < C; c++) {
      const KNReal *xc = x + c * S + s, *dyc = dy + c * S + s;
      KNReal        sum = 0, sum_h = 0;

#pragma omp simd reduction(+ : sum, sum_h)
      for (size_t i = 0; i < n; i++) {
        const KNReal h = r[i] * (xc[i] - m[i]);

        sum += dyc[i];
        sum_h += dyc[i] * h;
        g[i] += scale[c] * dyc[i];
        gh[i] += scale[c] * dyc[i] * h;
      }
      dshift[c] += sum;
      dscale[c] += sum_h;
    }
    for (size_t i = 0; i < n; i++) {
      g[i] /= (KNReal)C;
      gh[i] /= (KNReal)C;
    }
    for (size_t c = 0; dx && c < C; c++) {
      const KNReal *xc = x + c * S + s, *dyc = dy + c * S + s;
      KNReal       *dxc = dx + c * S + s;

#pragma omp simd
      for (size_t i = 0; i < n; i++)
        dxc[i] = (add ? dxc[i] : 0) + r[i] * (scale[c] * dyc[i] - g[i] - r[i] * (xc[i] - m[i]) * gh[i]);
    }
  }
}

typedef struct {
  NormParameters p;
  KNReal        *share; /* (samples, 2, C) dscale, then dshift of each sample */
} LayerNorm;

static PetscErrorCode KNLayerSetUp_LayerNorm(KNLayer layer, KNParameters parameters)
{
  LayerNorm *norm = layer->data;

  PetscFunctionBegin;
  PetscCall(KNNormDeclare(layer, parameters, &norm->p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_LayerNorm(KNLayer layer)
{
  LayerNorm           *norm   = layer->data;
  const size_t         count  = 2 * (size_t)layer->samples * (size_t)layer->in;
  const PetscLogDouble values = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNFree(&norm->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &norm->share));
  layer->bytes    = count * sizeof(KNReal);
  layer->flops[0] = 8 * values;
  layer->flops[1] = 20 * values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_LayerNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const LayerNorm *norm = layer->data;

  kn_layer_norm_forward(out, in[0], norm->p.scale, norm->p.shift, (size_t)layer->in, KNGridSize(&layer->grid_in),
                        mode == ADD_VALUES);
}

static void KNLayerApplyBack_LayerNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const LayerNorm *norm  = layer->data;
  const size_t     C     = (size_t)layer->in;
  KNReal          *share = norm->share + (size_t)b * 2 * C;

  kn_layer_norm_backward(din[0], share, share + C, dout, in[0], norm->p.scale, C, KNGridSize(&layer->grid_in),
                         mode == ADD_VALUES);
}

static void KNLayerFinishBack_LayerNorm(KNLayer layer, const KNPass *pass)
{
  const LayerNorm *norm = layer->data;

  KNNormFinish(layer, pass, &norm->p, norm->share);
}

static PetscErrorCode KNLayerDestroy_LayerNorm(KNLayer layer)
{
  LayerNorm *norm = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&norm->share));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_LayerNorm(KNLayer layer)
{
  LayerNorm *norm;

  PetscFunctionBegin;
  PetscCall(PetscNew(&norm));
  layer->data = norm;
  layer->ops  = (KNLayerOps){
     .setup       = KNLayerSetUp_LayerNorm,
     .setgrid     = KNLayerSetGrid_LayerNorm,
     .apply       = KNLayerApply_LayerNorm,
     .apply_back  = KNLayerApplyBack_LayerNorm,
     .finish_back = KNLayerFinishBack_LayerNorm,
     .destroy     = KNLayerDestroy_LayerNorm,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

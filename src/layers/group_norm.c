/*
  Group norm (Wu and He 2018, arXiv 1803.08494): the values of a group of channels, at all points of a sample, to mean 0
  and variance 1, then a learned scale and shift,

      y[b, c, s] = scale[c] h[b, c, s] + shift[c],    h = (x - m) r,
      m, 1/r^2 = mean and variance (+ 1e-5) of x[b, channels of the group of c, :]

  x, y: (B, C, S), scale, shift: (C); -model_groups groups of C / groups channels. With g = scale dy and means over a
  group: dx = r (g - mean g - h mean (g h)),  dscale = sum of dy h,  dshift = sum of dy. Samples must be whole.
*/
#include "norm.h"
#include "norm_kernels.h"
#include <kitinet/error.h>
#include <kitinet/options.h>

static void kn_group_norm_forward(KNReal *y, const KNReal *x, const KNReal *scale, const KNReal *shift, size_t C,
                                  size_t S, int add)
{
  // y, x: (C, S) the channels of one group, scale, shift: (C)
  double sum[2] = {0, 0}, m, v, r;

  kn_row_sums(sum, x, x, C * S);
  kn_moments(&m, &v, &r, sum, (double)(C * S));
  for (size_t c = 0; c < C; c++) kn_row_scale(y + c * S, x + c * S, (KNReal)m, (KNReal)r * scale[c], shift[c], S, add);
}

static void kn_group_norm_backward(KNReal *dx, KNReal *dscale, KNReal *dshift, const KNReal *dy, const KNReal *x,
                                   const KNReal *scale, size_t C, size_t S, int add)
{
  // dx: (C, S) or NULL, may be dy or x; dscale, dshift: (C), written
  double sum[2] = {0, 0}, m, v, r, g = 0, gh = 0; /* g, gh: means over the group */

  kn_row_sums(sum, x, x, C * S);
  kn_moments(&m, &v, &r, sum, (double)(C * S));
  for (size_t c = 0; c < C; c++) {
    double s[2] = {0, 0}; /* of dy, of x dy */

    kn_row_sums(s, dy + c * S, x + c * S, S);
    s[1]      = r * (s[1] - m * s[0]);
    dshift[c] = (KNReal)s[0];
    dscale[c] = (KNReal)s[1];
    g += (double)scale[c] * s[0] / (double)(C * S);
    gh += (double)scale[c] * s[1] / (double)(C * S);
  }
  for (size_t c = 0; dx && c < C; c++)
    kn_row_scale_back(dx + c * S, dy + c * S, x + c * S, (KNReal)m, (KNReal)r * scale[c], (KNReal)(r * r * gh),
                      (KNReal)(r * g), S, add);
}

typedef struct {
  PetscInt       groups;
  NormParameters p;
  KNReal        *share; /* (samples, 2, C) dscale, then dshift of each sample */
} GroupNorm;

static PetscErrorCode KNLayerSetFromOptions_GroupNorm(KNLayer layer)
{
  GroupNorm *norm = layer->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-model_groups",
                         "groups of channels of a group norm; 0: as many as divide the channels, at most 8", 0, 65536,
                         &norm->groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_GroupNorm(KNLayer layer, KNParameters parameters)
{
  GroupNorm *norm = layer->data;

  PetscFunctionBegin;
  if (!norm->groups) {
    norm->groups = 8;
    while (layer->in % norm->groups) norm->groups--;
  }
  PetscCheck(layer->in % norm->groups == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "layer %s: %" PetscInt_FMT " channels do not divide into -model_groups %" PetscInt_FMT ": give a divisor, "
             "or 0",
             layer->name, layer->in, norm->groups);
  PetscCall(KNNormDeclare(layer, parameters, &norm->p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_GroupNorm(KNLayer layer)
{
  GroupNorm           *norm   = layer->data;
  const size_t         count  = 2 * (size_t)layer->samples * (size_t)layer->in;
  const PetscLogDouble values = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  PetscCall(KNFree(&norm->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &norm->share));
  layer->bytes    = count * sizeof(KNReal);
  layer->flops[0] = 6 * values;
  layer->flops[1] = 11 * values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_GroupNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const GroupNorm *norm = layer->data;
  const size_t     C = (size_t)(layer->in / norm->groups), S = KNGridSize(&layer->grid_in);

  for (size_t c = 0; c < (size_t)layer->in; c += C)
    kn_group_norm_forward(out + c * S, in[0] + c * S, norm->p.scale + c, norm->p.shift + c, C, S, mode == ADD_VALUES);
}

static void KNLayerApplyBack_GroupNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const GroupNorm *norm = layer->data;
  const size_t     all = (size_t)layer->in, C = all / (size_t)norm->groups, S = KNGridSize(&layer->grid_in);
  KNReal          *share = norm->share + (size_t)b * 2 * all;

  for (size_t c = 0; c < all; c += C) {
    kn_group_norm_backward(din[0] ? din[0] + c * S : NULL, share + c, share + all + c, dout + c * S, in[0] + c * S,
                           norm->p.scale + c, C, S, mode == ADD_VALUES);
  }
}

static void KNLayerFinishBack_GroupNorm(KNLayer layer, const KNPass *pass)
{
  const GroupNorm *norm = layer->data;

  KNNormFinish(layer, pass, &norm->p, norm->share);
}

static PetscErrorCode KNLayerView_GroupNorm(KNLayer layer, PetscViewer viewer)
{
  const GroupNorm *norm = layer->data;

  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, ", %" PetscInt_FMT " groups", norm->groups));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_GroupNorm(KNLayer layer)
{
  GroupNorm *norm = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&norm->share));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_GroupNorm(KNLayer layer)
{
  GroupNorm *norm;

  PetscFunctionBegin;
  PetscCall(PetscNew(&norm));
  layer->data = norm;
  layer->ops  = (KNLayerOps){
     .setfromoptions = KNLayerSetFromOptions_GroupNorm,
     .setup          = KNLayerSetUp_GroupNorm,
     .setgrid        = KNLayerSetGrid_GroupNorm,
     .apply          = KNLayerApply_GroupNorm,
     .apply_back     = KNLayerApplyBack_GroupNorm,
     .finish_back    = KNLayerFinishBack_GroupNorm,
     .view           = KNLayerView_GroupNorm,
     .destroy        = KNLayerDestroy_GroupNorm,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

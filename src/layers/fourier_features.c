/*
  Fourier features of the places of the output's points (Tancik et al. 2020, arXiv 2006.10739), a decoder's queries:

      y[b, c, s] = cos(2 pi f_c . p_s),    y[b, m + c, s] = sin(2 pi f_c . p_s),    c < m

  p_s: coordinates of point s in [0, 1], f: (m, axes) frequencies, trained, at first normal with standard deviation
  -model_frequencies. in[0]: any field, not read; y: (B, 2 m, T), T the points of the input's grid or of another one
  (KNLayerSetQueries). The features are the same for all samples and made once a pass. df_c = 2 pi sum_s p_s (dy_{m+c}
  cos - dy_c sin).
*/
#include "layer_impl.h"
#include "linear_kernels.h"
#include <kitinet/options.h>
#include <math.h>
#include <string.h>

static void kn_features_forward(KNReal *y, const KNReal *f, const KNReal *p, size_t m, size_t axes, size_t T)
{
  // y: (2 m, T), f: (m, axes), p: (axes, T); by all threads of a team, with a barrier at the end
#pragma omp for schedule(static)
  for (size_t c = 0; c < m; c++) {
    for (size_t s = 0; s < T; s++) {
      double turns = 0;

      for (size_t a = 0; a < axes; a++) turns += (double)f[c * axes + a] * (double)p[a * T + s];
      y[c * T + s]       = (KNReal)cos(2 * M_PI * turns);
      y[(m + c) * T + s] = (KNReal)sin(2 * M_PI * turns);
    }
  }
}

static void kn_features_backward(KNReal *df, const KNReal *dy, const KNReal *y, const KNReal *p, size_t m, size_t axes,
                                 size_t T)
{
  // df: (m, axes), written; dy, y: (2 m, T), p: (axes, T)
  for (size_t c = 0; c < m; c++) {
    const KNReal *cosine = y + c * T, *sine = cosine + m * T, *dcosine = dy + c * T, *dsine = dcosine + m * T;

    for (size_t a = 0; a < axes; a++) {
      double sum = 0;

#pragma omp simd reduction(+ : sum)
      for (size_t s = 0; s < T; s++) sum += (double)(p[a * T + s] * (dsine[s] * cosine[s] - dcosine[s] * sine[s]));
      df[c * axes + a] = (KNReal)(2 * M_PI * sum);
    }
  }
}

typedef struct {
  PetscReal scale;
  KNReal   *f, *df; /* (m, axes), in the parameters' blocks, not owned */
  KNReal   *p;      /* (axes, T) places */
  KNReal   *y;      /* (2 m, T) of the present parameters */
  KNReal   *share;  /* (samples, m axes) df of each sample */
} FourierFeatures;

static PetscErrorCode KNFourierFeaturesReset(FourierFeatures *features)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&features->p));
  PetscCall(KNFree(&features->y));
  PetscCall(KNFree(&features->share));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetFromOptions_FourierFeatures(KNLayer layer)
{
  FourierFeatures *features = layer->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsReal("-model_frequencies",
                          "standard deviation of the first frequencies that tell a decoder where its points are, in "
                          "waves per domain",
                          0.01, 1000, &features->scale));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_FourierFeatures(KNLayer layer, KNParameters parameters)
{
  FourierFeatures *features = layer->data;

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out % 2 == 0, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s: features are pairs of cosine and sine, not %" PetscInt_FMT, layer->name, layer->out);
  PetscCall(KNLayerDeclare(layer, parameters,
                           (KNParameterInfo){.name  = "frequencies",
                                             .rank  = 2,
                                             .shape = {layer->out / 2, layer->dim},
                                             .init  = KN_INIT_NORMAL,
                                             .scale = (KNReal)features->scale},
                           &features->f, &features->df));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_FourierFeatures(KNLayer layer)
{
  FourierFeatures *features = layer->data;
  const KNGrid    *grid     = layer->queries.dim ? &layer->queries : &layer->grid_in;
  const size_t     T = KNGridSize(grid), n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2], axes = (size_t)layer->dim,
               share = layer->forward_only ? 0 : (size_t)layer->samples * (size_t)layer->out / 2 * axes;

  PetscFunctionBegin;
  PetscCall(KNFourierFeaturesReset(features));
  PetscCall(KNMalloc(axes * T, sizeof(KNReal), &features->p));
  PetscCall(KNMalloc((size_t)layer->out * T, sizeof(KNReal), &features->y));
  if (share) PetscCall(KNMalloc(share, sizeof(KNReal), &features->share));
  for (size_t s = 0; s < T; s++) {
    const size_t i[KN_MAX_DIM] = {s / (n1 * n2), s / n2 % n1, s % n2};

    for (PetscInt a = 0; a < layer->dim; a++)
      features->p[(size_t)a * T + s] =
        (KNReal)KNPointsCoordinate(grid->points, KNGridWhole(grid, a), (PetscInt)i[a] + (a ? 0 : grid->first));
  }
  layer->grid_out = *grid;
  layer->bytes    = ((axes + (size_t)layer->out) * T + share) * sizeof(KNReal);
  layer->flops[0] = 0; /* of a pass, not of a sample */
  layer->flops[1] = (PetscLogDouble)layer->out / 2 * (PetscLogDouble)(5 * axes * T);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerPrepare_FourierFeatures(KNLayer layer, const KNPass *pass)
{
  const FourierFeatures *features = layer->data;

  kn_features_forward(features->y, features->f, features->p, (size_t)layer->out / 2, (size_t)layer->dim,
                      KNGridSize(&layer->grid_out));
}

static void KNLayerApply_FourierFeatures(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                         KNReal *out, InsertMode mode)
{
  const FourierFeatures *features = layer->data;
  const size_t           n        = (size_t)layer->out * KNGridSize(&layer->grid_out);

  if (mode != ADD_VALUES) memcpy(out, features->y, n * sizeof(*out));
  else {
    for (size_t i = 0; i < n; i++) out[i] += features->y[i];
  }
}

static void KNLayerApplyBack_FourierFeatures(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                             const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const FourierFeatures *features = layer->data;
  const size_t           m = (size_t)layer->out / 2, axes = (size_t)layer->dim;

  kn_features_backward(features->share + (size_t)b * m * axes, dout, features->y, features->p, m, axes,
                       KNGridSize(&layer->grid_out));
  if (din[0] && mode != ADD_VALUES) memset(din[0], 0, (size_t)layer->in * KNGridSize(&layer->grid_in) * sizeof(KNReal));
}

static void KNLayerFinishBack_FourierFeatures(KNLayer layer, const KNPass *pass)
{
  const FourierFeatures *features = layer->data;
  const size_t           count    = (size_t)layer->out / 2 * (size_t)layer->dim;

  kn_sum_shares(features->df, features->share, (size_t)pass->samples, count, count, pass->gradients != INSERT_VALUES);
}

static PetscErrorCode KNLayerDestroy_FourierFeatures(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNFourierFeaturesReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_FourierFeatures(KNLayer layer)
{
  FourierFeatures *features;

  PetscFunctionBegin;
  PetscCall(PetscNew(&features));
  features->scale = 8;
  layer->axes     = 1;
  layer->data     = features;
  layer->ops      = (KNLayerOps){
         .setfromoptions = KNLayerSetFromOptions_FourierFeatures,
         .setup          = KNLayerSetUp_FourierFeatures,
         .setgrid        = KNLayerSetGrid_FourierFeatures,
         .prepare        = KNLayerPrepare_FourierFeatures,
         .apply          = KNLayerApply_FourierFeatures,
         .apply_back     = KNLayerApplyBack_FourierFeatures,
         .finish_back    = KNLayerFinishBack_FourierFeatures,
         .destroy        = KNLayerDestroy_FourierFeatures,
  };
  layer->traits = (KNLayerTraits){.mixes = PETSC_TRUE, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

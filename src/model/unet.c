/*
  A U-net (Ronneberger et al. 2015, arXiv 1505.04597) with residual blocks on grids coarsened by factors of two:

    coordinates -> lift -> pad -> blocks -> pool, widen -> blocks -> .. -> concatenate, narrow -> blocks -> crop -> head

  On grid j (0: the finest, .. L = -model_levels) the stream has 2^j -model_width channels, and -model_layers blocks on
  the way down and as many on the way up,

    x <- R(x, GELU(z)),    z = W n + b + K n, or W n + b (-model_block pointwise),    n = x, or its norm (-model_norm)

  R: any residual of residual.h. K: a spectral layer of modes / 2^j modes, so that each grid keeps the same waves. On
  the way up the field of grid j, before it was pooled, and the refined field of grid j + 1 are concatenated and mixed.
  Grids of any size: a coarse grid has (n + 1) / 2 points.
*/
#include "recipe.h"
#include <kitinet/options.h>
#include <kitinet/residual.h>

enum { MOST_LEVELS = 8 };

typedef struct {
  PetscInt  width, levels, blocks, residual, norm;
  PetscBool spectral;
  PetscReal dropout;
  PetscInt  made; /* blocks so far: their names */
} UNet;

static const char *const NormNames[] = {"none", "layer", "group", "batch", NULL}, *const NormLayers[] = {
                                                                                    NULL, "layer_norm", "group_norm",
                                                                                    "batch_norm"};

/* The blocks of one grid, one way. */
static PetscErrorCode AddBlocks(KNModel model, UNet *unet, PetscInt level, KNValue *x)
{
  PetscFunctionBegin;
  for (PetscInt n = 0; n < unet->blocks; n++) {
    char    block[KN_MAX_NAME], name[KN_MAX_NAME];
    KNLayer pointwise, spectral;
    KNValue z, normed = *x;

    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT, unet->made++));
    if (unet->norm)
      PetscCall(
        KNModelApply(model, NormLayers[unet->norm], KNModelName(block, "norm", name), 1, x, PETSC_DECIDE, &normed));
    PetscCall(
      KNModelAddLayer(model, "linear", KNModelName(block, "linear", name), 1, &normed, PETSC_DECIDE, &pointwise));
    if (unet->spectral) {
      PetscCall(
        KNModelAddLayer(model, "spectral", KNModelName(block, "spectral", name), 1, &normed, PETSC_DECIDE, &spectral));
      PetscCall(KNLayerSetCoarsening(spectral, level));
      PetscCall(KNModelApplyLayer(model, spectral, 1, &normed, &z));
      PetscCall(KNModelApplyLayerAdd(model, pointwise, 1, &normed, z));
    } else PetscCall(KNModelApplyLayer(model, pointwise, 1, &normed, &z));
    PetscCall(KNModelApplyResidual(model, KNResidualNames()[unet->residual], block, *x, z, KN_ACTIVATION_VELOCITY,
                                   unet->dropout, x));
    PetscCall(KNModelSetStream(model, *x));
    PetscCall(KNModelEndBlock(model));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOptions(UNet *unet)
{
  static const char *const blocks[] = {"spectral", "pointwise", NULL};
  PetscInt                 block    = 0;

  PetscFunctionBegin;
  *unet = (UNet){.width = 32, .levels = 2, .blocks = 1, .residual = 1};
  PetscCall(KNOptionsInt("-model_width",
                         "channels of the residual stream on the finest grid; each coarser one has twice as many", 1,
                         4096, &unet->width));
  PetscCall(KNOptionsInt("-model_levels", "number of times that the grid is coarsened by a factor of two", 1,
                         MOST_LEVELS, &unet->levels));
  PetscCall(KNOptionsInt("-model_layers", "number of blocks on each grid, on the way down and on the way up", 1, 256,
                         &unet->blocks));
  PetscCall(KNOptionsChoice("-model_block",
                            "what a block computes velocities from: Fourier modes and points, or points alone", blocks,
                            &block));
  PetscCall(KNOptionsChoice(
    "-model_norm",
    "normalisation of a block's input: none, layer (over the channels of a point), group (over groups of channels and "
    "all points), batch (over each channel of a micro-batch; running statistics outside training)",
    NormNames, &unet->norm));
  PetscCall(
    KNOptionsChoice("-model_residual", "how a block is added to its input", KNResidualNames(), &unet->residual));
  PetscCall(
    KNModelDropoutSetFromOptions(KNResidualNames()[unet->residual], (PetscBool)(unet->residual == 0), &unet->dropout));
  unet->spectral = (PetscBool)(block == 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_UNet(KNModel model)
{
  char    name[KN_MAX_NAME];
  KNValue x, skip[MOST_LEVELS];
  UNet    unet;

  PetscFunctionBegin;
  PetscCall(ReadOptions(&unet));
  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApply(model, "linear", "lift", 1, &x, unet.width, &x));
  PetscCall(KNModelApply(model, "pad", "pad", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt j = 0; j < unet.levels; j++) {
    PetscCall(AddBlocks(model, &unet, j, &x));
    skip[j] = x;
    PetscCall(PetscSNPrintf(name, sizeof(name), "down%" PetscInt_FMT ".pool", j));
    PetscCall(KNModelApply(model, "pool", name, 1, &x, PETSC_DECIDE, &x));
    PetscCall(PetscSNPrintf(name, sizeof(name), "down%" PetscInt_FMT ".linear", j));
    PetscCall(KNModelApply(model, "linear", name, 1, &x, unet.width << (j + 1), &x));
    PetscCall(KNModelSetStream(model, x));
  }
  PetscCall(AddBlocks(model, &unet, unet.levels, &x));
  for (PetscInt j = unet.levels - 1; j >= 0; j--) {
    PetscCall(PetscSNPrintf(name, sizeof(name), "up%" PetscInt_FMT ".concatenate", j));
    PetscCall(KNModelApply(model, "concatenate", name, 2, (KNValue[]){skip[j], x}, 3 * (unet.width << j), &x));
    PetscCall(PetscSNPrintf(name, sizeof(name), "up%" PetscInt_FMT ".linear", j));
    PetscCall(KNModelApply(model, "linear", name, 1, &x, unet.width << j, &x));
    PetscCall(KNModelSetStream(model, x));
    PetscCall(AddBlocks(model, &unet, j, &x));
  }
  PetscCall(KNModelApply(model, "crop", "crop", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApplyHead(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_UNet(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_UNet;
  PetscFunctionReturn(PETSC_SUCCESS);
}

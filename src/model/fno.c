/*
  The Fourier neural operator (Li et al. 2020, arXiv 2010.08895) with a choice of residual.

    coordinates -> lift -> pad -> L blocks -> crop -> hidden, GELU -> output

  Block l maps x_l to x_{l+1}, with z = W x_l + b + K x_l (pointwise linear and spectral layer):

    fno        x_{l+1} = GELU(z), none after the last block: the original network
    plain      x_{l+1} = x_l + GELU(z): free flight, x the positions and v = GELU(z) the velocities of particles
    collision  x_{l+1} = x_l + C(x_l, GELU(z)): collide, then drift (KITINet, arXiv 2505.17919)

  Shapes, for a batch of B samples with S points, Sp after padding, width W, hidden head H:
    x_l, z_l (B, W, Sp); hidden (B, H, S).
  Backward keeps x_l and z_l of each block and the hidden layer's pre-activation; all else is recomputed.
*/
#include "model_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <string.h>

typedef enum { RESIDUAL_COLLISION, RESIDUAL_PLAIN, RESIDUAL_FNO } Residual;
static const char *const ResidualNames[] = {"collision", "plain", "fno", NULL};

typedef struct {
  KNLayer linear, spectral, gelu, collision; /* collision is NULL unless the residual has it; not owned */
} Block;

typedef struct {
  PetscInt width, nblocks, head;
  Residual residual;
  KNLayer  coordinates, lift, pad, crop, hidden, gelu, output; /* not owned */
  Block   *block;                                              /* (nblocks) */
  size_t   inner;                                              /* Sp, points of the grid inside the blocks */
  PetscBool padded;                                            /* Sp > S */

  KNReal *located;   /* (B, C_in + dim, S) input with coordinates */
  KNReal *lifted;    /* (B, W, S); unused without padding */
  KNReal **x;        /* nblocks + 1 arrays (B, W, Sp); without training two, used in turn */
  KNReal **z;        /* nblocks arrays (B, W, Sp); without training one */
  KNReal *velocity;  /* (B, W, Sp) */
  KNReal *cropped;   /* (B, W, S); unused without padding */
  KNReal *prehidden; /* (B, H, S) */
  KNReal *activated; /* (B, H, S) */
  KNReal *dx[2];     /* (B, W, Sp) gradients, used in turn */
  KNReal *dz;        /* (B, W, Sp) */
  KNReal *dhidden;   /* (B, H, S) */
  KNReal *dlocated;  /* (B, C_in + dim, S) */
} FNO;

static PetscErrorCode KNModelSetFromOptions_FNO(KNModel model)
{
  FNO     *fno      = (FNO *)model->data;
  PetscInt residual = RESIDUAL_COLLISION;

  PetscFunctionBegin;
  fno->width   = 32;
  fno->nblocks = 4;
  fno->head    = 128;
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &fno->width));
  PetscCall(KNOptionsInt("-model_layers", "blocks", 1, 256, &fno->nblocks));
  PetscCall(KNOptionsInt("-model_head", "channels of the hidden layer after the blocks", 1, 65536, &fno->head));
  PetscCall(KNOptionsChoice("-model_residual", "how a block is added to its input", ResidualNames, &residual));
  fno->residual = (Residual)residual;

  PetscCall(KNModelAddLayer(model, "coordinates", "coordinates", model->in, PETSC_DECIDE, &fno->coordinates));
  PetscCall(KNModelAddLayer(model, "linear", "lift", model->in + model->dim, fno->width, &fno->lift));
  PetscCall(KNModelAddLayer(model, "pad", "pad", fno->width, PETSC_DECIDE, &fno->pad));
  PetscCall(PetscCalloc1((size_t)fno->nblocks, &fno->block));
  for (PetscInt l = 0; l < fno->nblocks; l++) {
    Block *block = &fno->block[l];
    char   name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".linear", l));
    PetscCall(KNModelAddLayer(model, "linear", name, fno->width, fno->width, &block->linear));
    PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".spectral", l));
    PetscCall(KNModelAddLayer(model, "spectral", name, fno->width, fno->width, &block->spectral));
    if (fno->residual != RESIDUAL_FNO || l < fno->nblocks - 1) {
      PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".gelu", l));
      PetscCall(KNModelAddLayer(model, "gelu", name, fno->width, PETSC_DECIDE, &block->gelu));
    }
    if (fno->residual == RESIDUAL_COLLISION) {
      PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".collision", l));
      PetscCall(KNModelAddLayer(model, "collision", name, fno->width, PETSC_DECIDE, &block->collision));
    }
  }
  PetscCall(KNModelAddLayer(model, "crop", "crop", fno->width, PETSC_DECIDE, &fno->crop));
  PetscCall(KNModelAddLayer(model, "linear", "hidden", fno->width, fno->head, &fno->hidden));
  PetscCall(KNModelAddLayer(model, "gelu", "hidden.gelu", fno->head, PETSC_DECIDE, &fno->gelu));
  PetscCall(KNModelAddLayer(model, "linear", "output", fno->head, model->out, &fno->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FNOFreeActivations(FNO *fno)
{
  KNReal **array[] = {&fno->located, &fno->lifted, &fno->velocity, &fno->cropped, &fno->prehidden, &fno->activated, &fno->dx[0], &fno->dx[1], &fno->dz, &fno->dhidden, &fno->dlocated};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(array); i++) PetscCall(KNFree(array[i]));
  for (PetscInt l = 0; fno->x && l <= fno->nblocks; l++) PetscCall(KNFree(&fno->x[l]));
  for (PetscInt l = 0; fno->z && l < fno->nblocks; l++) PetscCall(KNFree(&fno->z[l]));
  PetscCall(PetscFree(fno->x));
  PetscCall(PetscFree(fno->z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FNOAllocate(KNModel model, PetscInt channels, const KNGrid *grid, KNReal **array)
{
  const size_t count = (size_t)model->samples * (size_t)channels * KNGridSize(grid);

  PetscFunctionBegin;
  PetscCall(KNMalloc(count, sizeof(KNReal), array));
  model->bytes += count * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelSetGrid_FNO(KNModel model, PetscBool training)
{
  FNO   *fno = (FNO *)model->data;
  KNGrid grid = model->grid, inner;
  const KNLayer outside[] = {fno->coordinates, fno->lift, fno->pad, fno->hidden, fno->gelu, fno->output};

  PetscFunctionBegin;
  PetscCall(FNOFreeActivations(fno));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(outside); i++) PetscCall(KNLayerSetGrid(outside[i], &grid, model->samples));
  PetscCall(KNLayerGetSizes(fno->pad, NULL, NULL, NULL, NULL, &inner));
  PetscCall(KNLayerSetGrid(fno->crop, &inner, model->samples));
  for (PetscInt l = 0; l < fno->nblocks; l++) {
    const KNLayer inside[] = {fno->block[l].linear, fno->block[l].spectral, fno->block[l].gelu, fno->block[l].collision};

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(inside); i++) {
      if (inside[i]) PetscCall(KNLayerSetGrid(inside[i], &inner, model->samples));
    }
  }
  fno->inner   = KNGridSize(&inner);
  fno->padded  = (PetscBool)(fno->inner != KNGridSize(&grid));
  model->bytes = 0;
  PetscCall(FNOAllocate(model, model->in + model->dim, &grid, &fno->located));
  if (fno->padded) {
    PetscCall(FNOAllocate(model, fno->width, &grid, &fno->lifted));
    PetscCall(FNOAllocate(model, fno->width, &grid, &fno->cropped));
  }
  PetscCall(PetscCalloc1((size_t)fno->nblocks + 1, &fno->x));
  PetscCall(PetscCalloc1((size_t)fno->nblocks, &fno->z));
  for (PetscInt l = 0; l <= (training ? fno->nblocks : 1); l++) PetscCall(FNOAllocate(model, fno->width, &inner, &fno->x[l]));
  for (PetscInt l = 0; l < (training ? fno->nblocks : 1); l++) PetscCall(FNOAllocate(model, fno->width, &inner, &fno->z[l]));
  if (fno->residual == RESIDUAL_COLLISION) PetscCall(FNOAllocate(model, fno->width, &inner, &fno->velocity));
  PetscCall(FNOAllocate(model, fno->head, &grid, &fno->prehidden));
  PetscCall(FNOAllocate(model, fno->head, &grid, &fno->activated));
  if (training) {
    PetscCall(FNOAllocate(model, fno->width, &inner, &fno->dx[0]));
    PetscCall(FNOAllocate(model, fno->width, &inner, &fno->dx[1]));
    PetscCall(FNOAllocate(model, fno->width, &inner, &fno->dz));
    PetscCall(FNOAllocate(model, fno->head, &grid, &fno->dhidden));
    PetscCall(FNOAllocate(model, model->in + model->dim, &grid, &fno->dlocated));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x_{l+1} from x_l; both stay for backward, as does z. */
static PetscErrorCode FNOBlockForward(KNModel model, const KNPass *pass, const Block *block, const KNReal *x, KNReal *z, KNReal *next)
{
  FNO         *fno   = (FNO *)model->data;
  const size_t count = (size_t)pass->samples * (size_t)fno->width * fno->inner;

  PetscFunctionBegin;
  PetscCall(KNLayerForward(block->linear, pass, &x, z, INSERT_VALUES));
  PetscCall(KNLayerForward(block->spectral, pass, &x, z, ADD_VALUES));
  switch (fno->residual) {
  case RESIDUAL_FNO:
    if (block->gelu) PetscCall(KNLayerForward(block->gelu, pass, (const KNReal *const[]){z}, next, INSERT_VALUES));
    else memcpy(next, z, count * sizeof(*z));
    break;
  case RESIDUAL_PLAIN:
    memcpy(next, x, count * sizeof(*x));
    PetscCall(KNLayerForward(block->gelu, pass, (const KNReal *const[]){z}, next, ADD_VALUES));
    break;
  case RESIDUAL_COLLISION:
    memcpy(next, x, count * sizeof(*x));
    PetscCall(KNLayerForward(block->gelu, pass, (const KNReal *const[]){z}, fno->velocity, INSERT_VALUES));
    PetscCall(KNLayerForward(block->collision, pass, (const KNReal *const[]){x, fno->velocity}, next, ADD_VALUES));
    break;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* dnext: gradient of x_{l+1}, not changed; dx: gradient of x_l, written. */
static PetscErrorCode FNOBlockBackward(KNModel model, const KNPass *pass, const Block *block, const KNReal *x, const KNReal *z, const KNReal *dnext, KNReal *dx)
{
  FNO          *fno   = (FNO *)model->data;
  const size_t  count = (size_t)pass->samples * (size_t)fno->width * fno->inner;
  const KNReal *dv    = dnext;   /* gradient of the velocity GELU(z); drift passes it on */
  KNReal       *dz    = fno->dz; /* gradient of z */

  PetscFunctionBegin;
  if (fno->residual == RESIDUAL_FNO) memset(dx, 0, count * sizeof(*dx));
  else memcpy(dx, dnext, count * sizeof(*dx));
  if (fno->residual == RESIDUAL_COLLISION) {
    PetscCall(KNLayerForward(block->gelu, pass, (const KNReal *const[]){z}, fno->velocity, INSERT_VALUES));
    memset(fno->dz, 0, count * sizeof(*fno->dz));
    PetscCall(KNLayerBackward(block->collision, pass, (const KNReal *const[]){x, fno->velocity}, dnext, (KNReal *const[]){dx, fno->dz}));
    dv = fno->dz;
    dz = fno->velocity; /* read for the last time above */
  }
  if (block->gelu) {
    memset(dz, 0, count * sizeof(*dz));
    PetscCall(KNLayerBackward(block->gelu, pass, (const KNReal *const[]){z}, dv, (KNReal *const[]){dz}));
    dv = dz;
  }
  PetscCall(KNLayerBackward(block->linear, pass, &x, dv, &dx));
  PetscCall(KNLayerBackward(block->spectral, pass, &x, dv, &dx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelForward_FNO(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y)
{
  FNO    *fno = (FNO *)model->data;
  KNReal *end;

  PetscFunctionBegin;
  PetscCall(KNLayerForward(fno->coordinates, pass, &x, fno->located, INSERT_VALUES));
  PetscCall(KNLayerForward(fno->lift, pass, (const KNReal *const[]){fno->located}, fno->padded ? fno->lifted : fno->x[0], INSERT_VALUES));
  if (fno->padded) PetscCall(KNLayerForward(fno->pad, pass, (const KNReal *const[]){fno->lifted}, fno->x[0], INSERT_VALUES));
  for (PetscInt l = 0; l < fno->nblocks; l++) {
    const PetscInt from = model->training ? l : l % 2, to = model->training ? l + 1 : (l + 1) % 2;

    PetscCall(FNOBlockForward(model, pass, &fno->block[l], fno->x[from], fno->z[model->training ? l : 0], fno->x[to]));
  }
  end = fno->x[model->training ? fno->nblocks : fno->nblocks % 2];
  if (fno->padded) {
    PetscCall(KNLayerForward(fno->crop, pass, (const KNReal *const[]){end}, fno->cropped, INSERT_VALUES));
    end = fno->cropped;
  }
  PetscCall(KNLayerForward(fno->hidden, pass, (const KNReal *const[]){end}, fno->prehidden, INSERT_VALUES));
  PetscCall(KNLayerForward(fno->gelu, pass, (const KNReal *const[]){fno->prehidden}, fno->activated, INSERT_VALUES));
  PetscCall(KNLayerForward(fno->output, pass, (const KNReal *const[]){fno->activated}, y, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBackward_FNO(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy, KNReal *dinput)
{
  FNO          *fno     = (FNO *)model->data;
  const size_t  samples = (size_t)pass->samples;
  const size_t  hidden  = samples * (size_t)fno->head * KNGridSize(&model->grid), inner = samples * (size_t)fno->width * fno->inner;
  const size_t  outer   = samples * (size_t)fno->width * KNGridSize(&model->grid);
  KNReal       *dx = fno->dx[0], *dnext = fno->dx[1], *dend = fno->padded ? fno->lifted : dnext;
  const KNReal *end = fno->padded ? fno->cropped : fno->x[fno->nblocks];

  PetscFunctionBegin;
  /* `activated` is read by the output layer, then free: it takes the gradient of the pre-activation. */
  memset(fno->dhidden, 0, hidden * sizeof(KNReal));
  PetscCall(KNLayerBackward(fno->output, pass, (const KNReal *const[]){fno->activated}, dy, (KNReal *const[]){fno->dhidden}));
  PetscCall(KNModelGradientsDone(model, fno->output));
  memset(fno->activated, 0, hidden * sizeof(KNReal));
  PetscCall(KNLayerBackward(fno->gelu, pass, (const KNReal *const[]){fno->prehidden}, fno->dhidden, (KNReal *const[]){fno->activated}));
  memset(dend, 0, outer * sizeof(KNReal));
  PetscCall(KNLayerBackward(fno->hidden, pass, &end, fno->activated, (KNReal *const[]){dend}));
  PetscCall(KNModelGradientsDone(model, fno->hidden));
  if (fno->padded) {
    memset(dnext, 0, inner * sizeof(KNReal));
    PetscCall(KNLayerBackward(fno->crop, pass, (const KNReal *const[]){fno->x[fno->nblocks]}, dend, (KNReal *const[]){dnext}));
  }
  for (PetscInt l = fno->nblocks - 1; l >= 0; l--) {
    KNReal *swap = dnext;

    PetscCall(FNOBlockBackward(model, pass, &fno->block[l], fno->x[l], fno->z[l], dnext, dx));
    PetscCall(KNModelGradientsDone(model, fno->block[l].linear));
    dnext = dx;
    dx    = swap;
  }
  if (fno->padded) {
    memset(fno->lifted, 0, outer * sizeof(KNReal));
    PetscCall(KNLayerBackward(fno->pad, pass, (const KNReal *const[]){fno->lifted}, dnext, (KNReal *const[]){fno->lifted}));
    dnext = fno->lifted;
  }
  if (dinput) memset(fno->dlocated, 0, samples * (size_t)(model->in + model->dim) * KNGridSize(&model->grid) * sizeof(KNReal));
  PetscCall(KNLayerBackward(fno->lift, pass, (const KNReal *const[]){fno->located}, dnext, (KNReal *const[]){dinput ? fno->dlocated : NULL}));
  PetscCall(KNModelGradientsDone(model, fno->lift));
  if (dinput) PetscCall(KNLayerBackward(fno->coordinates, pass, &x, fno->dlocated, &dinput));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelDestroy_FNO(KNModel model)
{
  FNO *fno = (FNO *)model->data;

  PetscFunctionBegin;
  PetscCall(FNOFreeActivations(fno));
  PetscCall(PetscFree(fno->block));
  PetscCall(PetscFree(fno));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_FNO(KNModel model)
{
  FNO *fno;

  PetscFunctionBegin;
  PetscCall(PetscNew(&fno));
  model->data = fno;
  model->ops  = (KNModelOps){
     .setfromoptions = KNModelSetFromOptions_FNO,
     .setgrid        = KNModelSetGrid_FNO,
     .forward        = KNModelForward_FNO,
     .backward       = KNModelBackward_FNO,
     .destroy        = KNModelDestroy_FNO,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}

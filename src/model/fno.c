/*
  The Fourier neural operator (Li et al. 2020, arXiv 2010.08895) with a choice of residual.

    coordinates -> lift -> pad -> L blocks -> crop -> head (hidden layer, GELU, output)

  Block l maps x_l to x_{l+1}, with z = W x_l + b + K x_l (pointwise linear and spectral layer):

    fno        x_{l+1} = GELU(z), none after the last block: the original network
    plain      x_{l+1} = x_l + GELU(z): free flight, x the positions and v = GELU(z) the velocities of particles
    collision  x_{l+1} = x_l + C(x_l, GELU(z)): collide, then drift (KITINet, arXiv 2505.17919)
    fno_collision  x_{l+1} = GELU(p + C(p, u)), p = W x_l + b the positions, u = K x_l the velocities; z after the last block
    transport  x_{l+1} = x_l + GELU(p + C(p, u) - tau (C(p, u) . grad) p): collide, stream over the grid, drift

  Dropout, the rival of collisions, acts on GELU(z) of plain and fno, in place; since it scales each value, its backward and that of GELU change places.

  Only the spectral layer joins the samples of a batch, in its product of modes. Between two joins a thread takes one sample after the other through everything
  else, so that the sample's fields (0.5 MB for 32 channels at 64 x 64) stay in its second-level cache: products of the pointwise layers run from
  there at 100 GFLOP/s, from the third level at 45 to 60.

  Shapes, for a batch of B samples with S points, Sp after padding, width W: x_l, z_l (B, W, Sp). Backward keeps x_l and z_l of each block, and writes the gradient
  of z_l over z_l; all else is recomputed, for one sample at a time.
*/
#include "fno_residual.h"
#include "model_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <omp.h>
#include <string.h>

typedef struct {
  KNLayer linear, spectral, residual; /* residual: NULL after the last block of the original network; not owned */
  KNLayer dropout;                    /* on GELU(z), NULL: none; residual is then gelu, also of plain; not owned */
} Block;

typedef struct {
  PetscInt width, nblocks;
  Residual residual;
  KNLayer  coordinates, lift, pad, crop, head; /* not owned */
  Block   *block;                              /* (nblocks) */
  size_t   inner, outer;                       /* W Sp, W S: elements of a sample inside and outside of the padding */
  size_t   located;                            /* (C_in + dim) S */
  int      threads;                            /* largest team */

  KNReal **x;        /* nblocks + 1 arrays (B, W, Sp); without training two, used in turn */
  KNReal **z;        /* nblocks arrays (B, W, Sp), p where the residual takes (p, u); without training one (threads, W, Sp) */
  KNReal **u;        /* there as z, of blocks with a residual; else NULL */
  KNReal  *dx;       /* (B, W, Sp) gradient of x_l, for one l after the other */
  KNReal  *input;    /* (threads, C_in + dim, S) input with coordinates */
  KNReal  *dinput;   /* (threads, C_in + dim, S) */
  KNReal  *cropped;  /* (threads, W, S), unused without padding: lifted or cropped */
  KNReal  *dcropped; /* (threads, W, S) likewise */
} FNO;

static PetscErrorCode KNModelSetFromOptions_FNO(KNModel model)
{
  FNO      *fno      = (FNO *)model->data;
  PetscInt  residual = RESIDUAL_COLLISION;
  PetscReal dropout  = 0;

  PetscFunctionBegin;
  fno->width   = 32;
  fno->nblocks = 4;
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &fno->width));
  PetscCall(KNOptionsInt("-model_layers", "blocks", 1, 256, &fno->nblocks));
  PetscCall(KNOptionsChoice("-model_residual", "how a block is added to its input", ResidualNames, &residual));
  PetscCall(KNOptionsReal("-model_dropout", "part of a block's velocities set to 0 in training, the others divided by what is left; 0: none (residual plain and fno; opens more options)", 0, 0.9, &dropout));
  fno->residual = Residuals[dropout > 0 && residual == RESIDUAL_PLAIN ? RESIDUAL_DROPOUT : residual];
  PetscCheck(dropout == 0 || residual == RESIDUAL_PLAIN || residual == RESIDUAL_FNO, PETSC_COMM_WORLD, KN_ERR_USAGE, "-model_dropout is for -model_residual plain or fno, not %s: leave one of them out", ResidualNames[residual]);

  PetscCall(KNModelAddLayer(model, "coordinates", "coordinates", model->in, PETSC_DECIDE, &fno->coordinates));
  PetscCall(KNModelAddLayer(model, "linear", "lift", model->in + model->dim, fno->width, &fno->lift));
  PetscCall(KNLayerSetRoles(fno->lift, KN_ROLE_NONE, KN_ROLE_STREAM_OUT, 0));
  PetscCall(KNModelAddLayer(model, "pad", "pad", fno->width, PETSC_DECIDE, &fno->pad));
  PetscCall(PetscCalloc1((size_t)fno->nblocks, &fno->block));
  for (PetscInt l = 0; l < fno->nblocks; l++) {
    Block *block = &fno->block[l];
    char   name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".linear", l));
    PetscCall(KNModelAddLayer(model, "linear", name, fno->width, fno->width, &block->linear));
    PetscCall(KNLayerSetRoles(block->linear, KN_ROLE_STREAM_IN, KN_ROLE_STREAM_OUT, l));
    PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".spectral", l));
    PetscCall(KNModelAddLayer(model, "spectral", name, fno->width, fno->width, &block->spectral));
    PetscCall(KNLayerSetRoles(block->spectral, KN_ROLE_STREAM_IN, KN_ROLE_STREAM_OUT, l));
    if (fno->residual.carries || l < fno->nblocks - 1) {
      PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".%s", l, fno->residual.layer));
      PetscCall(KNModelAddLayer(model, fno->residual.layer, name, fno->width, PETSC_DECIDE, &block->residual));
      PetscCall(KNLayerSetRoles(block->residual, KN_ROLE_STREAM_IN, KN_ROLE_STREAM_OUT, l));
      PetscCall(PetscSNPrintf(name, sizeof(name), "block%" PetscInt_FMT ".dropout", l));
      if (dropout > 0) PetscCall(KNModelAddLayer(model, "dropout", name, fno->width, PETSC_DECIDE, &block->dropout));
    }
  }
  PetscCall(KNModelAddLayer(model, "crop", "crop", fno->width, PETSC_DECIDE, &fno->crop));
  PetscCall(KNModelAddLayer(model, "perceptron", "head", fno->width, model->out, &fno->head));
  PetscCall(KNLayerSetRoles(fno->head, KN_ROLE_STREAM_IN, KN_ROLE_NONE, fno->nblocks));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FNOFreeActivations(FNO *fno)
{
  KNReal **array[] = {&fno->dx, &fno->input, &fno->dinput, &fno->cropped, &fno->dcropped}, ***arrays[] = {&fno->x, &fno->z, &fno->u};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(array); i++) PetscCall(KNFree(array[i]));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) {
    for (PetscInt l = 0; *arrays[i] && l <= fno->nblocks; l++) PetscCall(KNFree(&(*arrays[i])[l]));
    PetscCall(PetscFree(*arrays[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FNOAllocate(KNModel model, size_t count, size_t size, KNReal **array)
{
  PetscFunctionBegin;
  PetscCall(KNMalloc(count, size * sizeof(KNReal), array));
  model->bytes += count * size * sizeof(KNReal);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelSetGrid_FNO(KNModel model, PetscBool training)
{
  FNO          *fno  = (FNO *)model->data;
  KNGrid        grid = model->grid, inner;
  const KNLayer outside[] = {fno->coordinates, fno->lift, fno->pad, fno->head};
  const size_t  B = (size_t)model->samples, T = (size_t)omp_get_max_threads();

  PetscFunctionBegin;
  PetscCall(FNOFreeActivations(fno));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(outside); i++) PetscCall(KNLayerSetGrid(outside[i], &grid, model->samples));
  PetscCall(KNLayerGetSizes(fno->pad, NULL, NULL, NULL, NULL, &inner));
  PetscCall(KNLayerSetGrid(fno->crop, &inner, model->samples));
  for (PetscInt l = 0; l < fno->nblocks; l++) {
    const KNLayer inside[] = {fno->block[l].linear, fno->block[l].spectral, fno->block[l].residual, fno->block[l].dropout};

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(inside); i++) {
      if (inside[i]) PetscCall(KNLayerSetGrid(inside[i], &inner, model->samples));
    }
  }
  fno->threads = (int)T;
  fno->inner   = (size_t)fno->width * KNGridSize(&inner);
  fno->outer   = (size_t)fno->width * KNGridSize(&grid);
  fno->located = (size_t)(model->in + model->dim) * KNGridSize(&grid);
  model->bytes = 0;
  PetscCall(PetscCalloc1((size_t)fno->nblocks + 1, &fno->x));
  PetscCall(PetscCalloc1((size_t)fno->nblocks + 1, &fno->z));
  for (PetscInt l = 0; l <= (training ? fno->nblocks : 1); l++) PetscCall(FNOAllocate(model, B, fno->inner, &fno->x[l]));
  for (PetscInt l = 0; l < (training ? fno->nblocks : 1); l++) PetscCall(FNOAllocate(model, training ? B : T, fno->inner, &fno->z[l]));
  if (fno->residual.parts) {
    PetscCall(PetscCalloc1((size_t)fno->nblocks + 1, &fno->u));
    for (PetscInt l = 0; l < (training ? fno->nblocks - !fno->residual.carries : 1); l++) PetscCall(FNOAllocate(model, training ? B : T, fno->inner, &fno->u[l]));
  }
  PetscCall(FNOAllocate(model, T, fno->located, &fno->input));
  if (fno->inner != fno->outer) PetscCall(FNOAllocate(model, T, fno->outer, &fno->cropped));
  if (training) {
    PetscCall(FNOAllocate(model, B, fno->inner, &fno->dx));
    PetscCall(FNOAllocate(model, T, fno->located, &fno->dinput));
    if (fno->inner != fno->outer) PetscCall(FNOAllocate(model, T, fno->outer, &fno->dcropped));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sample b of x_l; of z_l, or p and u: u is z where it is not on its own. */
static KNReal *FNOPosition(KNModel model, PetscInt l, PetscInt b)
{
  const FNO *fno = (const FNO *)model->data;

  return fno->x[model->training ? l : l % 2] + (size_t)b * fno->inner;
}

static KNReal *FNOVelocity(KNModel model, PetscInt l, PetscInt b)
{
  const FNO *fno = (const FNO *)model->data;

  return model->training ? fno->z[l] + (size_t)b * fno->inner : fno->z[0] + (size_t)omp_get_thread_num() * fno->inner;
}

static KNReal *FNOSpectral(KNModel model, PetscInt l, PetscInt b)
{
  const FNO *fno = (const FNO *)model->data;

  if (!fno->u || !fno->block[l].residual) return FNOVelocity(model, l, b);
  return model->training ? fno->u[l] + (size_t)b * fno->inner : fno->u[0] + (size_t)omp_get_thread_num() * fno->inner;
}

/* This thread's part of an array (threads, size); NULL stays NULL. */
static KNReal *FNOOwn(KNReal *array, size_t size)
{
  return array ? array + (size_t)omp_get_thread_num() * size : NULL;
}

/* The input with its coordinates, in this thread's workspace: forward, and once more for backward. */
static const KNReal *FNOLocate(KNModel model, const KNPass *pass, PetscInt b, const KNReal *x)
{
  FNO    *fno   = (FNO *)model->data;
  KNReal *input = FNOOwn(fno->input, fno->located);

  KNLayerApply(fno->coordinates, pass, b, &x, input, INSERT_VALUES);
  return input;
}

/* x_0 of one sample. x: (C_in, S) */
static void FNOBegin(KNModel model, const KNPass *pass, PetscInt b, const KNReal *x)
{
  FNO          *fno   = (FNO *)model->data;
  const KNReal *input = FNOLocate(model, pass, b, x);
  KNReal       *x0 = FNOPosition(model, 0, b), *lifted = fno->cropped ? FNOOwn(fno->cropped, fno->outer) : x0;

  KNLayerApply(fno->lift, pass, b, &input, lifted, INSERT_VALUES);
  if (fno->cropped) KNLayerApply(fno->pad, pass, b, (const KNReal *const[]){lifted}, x0, INSERT_VALUES);
}

/* x_{l+1} of one sample, after the spectral layer has joined the samples. */
static void FNOBlock(KNModel model, const KNPass *pass, PetscInt l, PetscInt b)
{
  const FNO    *fno   = (const FNO *)model->data;
  const Block  *block = &fno->block[l];
  const KNReal *x     = FNOPosition(model, l, b);
  KNReal       *z = FNOVelocity(model, l, b), *u = FNOSpectral(model, l, b), *next = FNOPosition(model, l + 1, b);

  KNLayerApply(block->spectral, pass, b, &x, u, INSERT_VALUES);
  KNLayerApply(block->linear, pass, b, &x, z, u == z ? ADD_VALUES : INSERT_VALUES);
  if (!block->residual) memcpy(next, z, fno->inner * sizeof(*z));
  else KNLayerApply(block->residual, pass, b, (const KNReal *const[]){fno->residual.adds ? x : z, u}, next, INSERT_VALUES);
  if (block->dropout) KNLayerApply(block->dropout, pass, b, (const KNReal *const[]){next}, next, INSERT_VALUES);
  for (size_t i = 0; fno->residual.carries && !fno->residual.adds && i < fno->inner; i++) next[i] += x[i];
}

/* What the head takes: x_L, or the part of it without padding, in this thread's workspace. */
static const KNReal *FNOCrop(KNModel model, const KNPass *pass, PetscInt b)
{
  FNO          *fno     = (FNO *)model->data;
  const KNReal *end     = FNOPosition(model, fno->nblocks, b);
  KNReal       *cropped = FNOOwn(fno->cropped, fno->outer);

  if (!cropped) return end;
  KNLayerApply(fno->crop, pass, b, &end, cropped, INSERT_VALUES);
  return cropped;
}

static PetscErrorCode KNModelForward_FNO(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y)
{
  FNO         *fno = (FNO *)model->data;
  const size_t nx = (size_t)model->in * KNGridSize(&model->grid), ny = (size_t)model->out * KNGridSize(&model->grid);

  PetscFunctionBegin;
#pragma omp parallel num_threads(fno->threads)
  {
#pragma omp for schedule(static)
    for (PetscInt b = 0; b < pass->samples; b++) {
      FNOBegin(model, pass, b, x + (size_t)b * nx);
      KNLayerGather(fno->block[0].spectral, pass, b, (const KNReal *const[]){FNOPosition(model, 0, b)});
    }
    for (PetscInt l = 0; l < fno->nblocks; l++) {
      KNLayerJoin(fno->block[l].spectral, pass);
#pragma omp for schedule(static)
      for (PetscInt b = 0; b < pass->samples; b++) {
        FNOBlock(model, pass, l, b);
        if (l + 1 < fno->nblocks) KNLayerGather(fno->block[l + 1].spectral, pass, b, (const KNReal *const[]){FNOPosition(model, l + 1, b)});
        else KNLayerApply(fno->head, pass, b, (const KNReal *const[]){FNOCrop(model, pass, b)}, y + (size_t)b * ny, INSERT_VALUES);
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* dx: gradient of x_L of one sample, written. dy: (C_out, S) */
static void FNOEndBack(KNModel model, const KNPass *pass, PetscInt b, const KNReal *dy, KNReal *dx)
{
  FNO          *fno = (FNO *)model->data;
  const KNReal *end = FNOCrop(model, pass, b);
  KNReal       *dend = fno->dcropped ? FNOOwn(fno->dcropped, fno->outer) : dx;

  KNLayerApplyBack(fno->head, pass, b, &end, dy, &dend, INSERT_VALUES);
  if (fno->dcropped) KNLayerApplyBack(fno->crop, pass, b, &end, dend, &dx, INSERT_VALUES);
}

/* Of x_{l+1}, whose gradient is dx, all that needs no other sample: z, and u, become their gradients, dx that part of the gradient of x_l that does not come through the spectral layer, which takes what it joins. */
static void FNOBlockBack(KNModel model, const KNPass *pass, PetscInt l, PetscInt b, KNReal *dx)
{
  const FNO    *fno   = (const FNO *)model->data;
  const Block  *block = &fno->block[l];
  const KNReal *x     = FNOPosition(model, l, b);
  KNReal       *z = FNOVelocity(model, l, b), *u = FNOSpectral(model, l, b);

  if (!block->residual) memcpy(z, dx, fno->inner * sizeof(*z));
  else KNLayerApplyBack(block->residual, pass, b, (const KNReal *const[]){fno->residual.adds ? x : z, u}, dx, (KNReal *const[]){fno->residual.adds ? dx : z, u}, INSERT_VALUES);
  if (block->dropout) KNLayerApplyBack(block->dropout, pass, b, (const KNReal *const[]){z}, z, &z, INSERT_VALUES);
  KNLayerApplyBack(block->linear, pass, b, &x, z, &dx, fno->residual.carries ? ADD_VALUES : INSERT_VALUES);
  KNLayerGatherBack(block->spectral, pass, b, u);
}

/* By all threads: the gradients of what FNOBlockBack went through. */
static void FNOBlockFinish(const Block *block, const KNPass *pass)
{
  KNLayerFinishBack(block->linear, pass);
  if (block->residual) KNLayerFinishBack(block->residual, pass);
}

/* dx: gradient of x_l, complete. */
static void FNOSpectralBack(KNModel model, const KNPass *pass, PetscInt l, PetscInt b, KNReal *dx)
{
  const FNO    *fno = (const FNO *)model->data;
  const KNReal *x   = FNOPosition(model, l, b);

  KNLayerApplyBack(fno->block[l].spectral, pass, b, &x, FNOSpectral(model, l, b), &dx, ADD_VALUES);
}

/* From dx, the gradient of x_0, to that of the input, if it is wanted: dinput (C_in, S), added to. */
static void FNOBeginBack(KNModel model, const KNPass *pass, PetscInt b, const KNReal *x, const KNReal *dx, KNReal *dinput)
{
  FNO          *fno   = (FNO *)model->data;
  const KNReal *input = FNOLocate(model, pass, b, x);
  KNReal       *dlifted = FNOOwn(fno->dcropped, fno->outer), *dlocated = dinput ? FNOOwn(fno->dinput, fno->located) : NULL;

  if (dlifted) KNLayerApplyBack(fno->pad, pass, b, &dx, dx, &dlifted, INSERT_VALUES);
  KNLayerApplyBack(fno->lift, pass, b, &input, dlifted ? dlifted : dx, &dlocated, INSERT_VALUES);
  if (dinput) KNLayerApplyBack(fno->coordinates, pass, b, &x, dlocated, &dinput, ADD_VALUES);
}

/* Block by block from the end to the front: when the spectral layer has joined the samples, the gradients of a block's parameters are complete. */
static PetscErrorCode KNModelBackward_FNO(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy, KNReal *dinput)
{
  FNO         *fno = (FNO *)model->data;
  const size_t nx = (size_t)model->in * KNGridSize(&model->grid), ny = (size_t)model->out * KNGridSize(&model->grid), inner = fno->inner;

  PetscFunctionBegin;
#pragma omp parallel num_threads(fno->threads)
  {
#pragma omp for schedule(static)
    for (PetscInt b = 0; b < pass->samples; b++) {
      KNReal *dx = fno->dx + (size_t)b * inner;

      FNOEndBack(model, pass, b, dy + (size_t)b * ny, dx);
      FNOBlockBack(model, pass, fno->nblocks - 1, b, dx);
    }
    KNLayerFinishBack(fno->head, pass);
    FNOBlockFinish(&fno->block[fno->nblocks - 1], pass);
  }
  PetscCall(KNModelGradientsDone(model, fno->head));
  for (PetscInt l = fno->nblocks - 1; l >= 0; l--) {
#pragma omp parallel num_threads(fno->threads)
    KNLayerJoinBack(fno->block[l].spectral, pass);
    PetscCall(KNModelGradientsDone(model, fno->block[l].linear)); /* the first of the block's parameters */
#pragma omp parallel num_threads(fno->threads)
    {
#pragma omp for schedule(static)
      for (PetscInt b = 0; b < pass->samples; b++) {
        KNReal *dx = fno->dx + (size_t)b * inner;

        FNOSpectralBack(model, pass, l, b, dx);
        if (l > 0) FNOBlockBack(model, pass, l - 1, b, dx);
        else FNOBeginBack(model, pass, b, x + (size_t)b * nx, dx, dinput ? dinput + (size_t)b * nx : NULL);
        if (omp_get_thread_num() == 0) KNModelGradientsWait(model);
      }
      if (l > 0) FNOBlockFinish(&fno->block[l - 1], pass);
      else KNLayerFinishBack(fno->lift, pass);
    }
  }
  PetscCall(KNModelGradientsDone(model, fno->lift));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelGetStream_FNO(KNModel model, PetscInt l, PetscInt *width, size_t *points, const KNReal **x)
{
  const FNO *fno = (const FNO *)model->data;

  PetscFunctionBegin;
  PetscCheck(l >= 0 && l <= fno->nblocks, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "no x_%" PetscInt_FMT " in a network of %" PetscInt_FMT " blocks", l, fno->nblocks);
  *width  = fno->width;
  *points = fno->inner / (size_t)fno->width;
  *x      = fno->x[l];
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
  model->ops  = (KNModelOps){KNModelSetFromOptions_FNO, KNModelSetGrid_FNO, KNModelForward_FNO, KNModelBackward_FNO, KNModelGetStream_FNO, KNModelDestroy_FNO};
  PetscFunctionReturn(PETSC_SUCCESS);
}

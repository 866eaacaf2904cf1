/*
  Linear map of the channels, the same at every point (a convolution with kernel size 1):

      y[b, o, s] = bias[o] + sum_i W[o, i] x[b, i, s]

  x: (B, C_in, S), y: (B, C_out, S), W: (C_out, C_in), bias: (C_out). One matrix product for each sample.
  Initial values uniform in (-1, 1) / sqrt(C_in), as PyTorch's Conv1d.
*/
#include "layer_impl.h"
#include <cblas.h>

static void kn_linear_forward(KNReal *restrict y, const KNReal *restrict x, const KNReal *restrict W, const KNReal *restrict bias, size_t B, size_t Ci, size_t Co, size_t S, int add)
{
  // y: (B, Co, S), x: (B, Ci, S), W: (Co, Ci), bias: (Co)
#pragma omp parallel for schedule(static)
  for (size_t b = 0; b < B; b++) {
    KNReal *yb = y + b * Co * S;

    for (size_t o = 0; o < Co; o++) {
      for (size_t s = 0; s < S; s++) yb[o * S + s] = (add ? yb[o * S + s] : 0) + bias[o];
    }
    KNBLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)Co, (int)S, (int)Ci, 1, W, (int)Ci, x + b * Ci * S, (int)S, 1, yb, (int)S);
  }
}

static void kn_linear_backward_input(KNReal *restrict dx, const KNReal *restrict dy, const KNReal *restrict W, size_t B, size_t Ci, size_t Co, size_t S)
{
  // dx: (B, Ci, S) += W^T dy, dy: (B, Co, S), W: (Co, Ci)
#pragma omp parallel for schedule(static)
  for (size_t b = 0; b < B; b++) KNBLAS(gemm)(CblasRowMajor, CblasTrans, CblasNoTrans, (int)Ci, (int)S, (int)Co, 1, W, (int)Ci, dy + b * Co * S, (int)S, 1, dx + b * Ci * S, (int)S);
}

static void kn_linear_backward_parameters(KNReal *restrict dW, KNReal *restrict dbias, KNReal *restrict share, const KNReal *restrict dy, const KNReal *restrict x, size_t B, size_t Ci, size_t Co, size_t S)
{
  // dW: (Co, Ci) += dy x^T, dbias: (Co) += sum over s of dy, both summed over samples.
  // share: (B, Co, Ci + 1), the contribution of each sample, then added in the order of samples for any number of threads
  const size_t row    = Ci + 1; // of one output channel: Ci weights, then the bias
  const size_t points = 480;    // in one product: within OpenBLAS's kernels for small matrices (up to 45 channels), 1.6 times as fast as all points at once

#pragma omp parallel for schedule(static)
  for (size_t b = 0; b < B; b++) {
    const KNReal *dyb    = dy + b * Co * S;
    KNReal       *shareb = share + b * Co * row;

    for (size_t s = 0; s < S; s += points) KNBLAS(gemm)(CblasRowMajor, CblasNoTrans, CblasTrans, (int)Co, (int)Ci, (int)PetscMin(points, S - s), 1, dyb + s, (int)S, x + b * Ci * S + s, (int)S, s ? 1 : 0, shareb, (int)row);
    for (size_t o = 0; o < Co; o++) {
      KNReal sum = 0;

#pragma omp simd reduction(+ : sum)
      for (size_t s = 0; s < S; s++) sum += dyb[o * S + s];
      shareb[o * row + Ci] = sum;
    }
  }
  for (size_t b = 0; b < B; b++) {
    for (size_t o = 0; o < Co; o++) {
      const KNReal *shareo = share + (b * Co + o) * row;

      for (size_t i = 0; i < Ci; i++) dW[o * Ci + i] += shareo[i];
      dbias[o] += shareo[Ci];
    }
  }
}

typedef struct {
  KNReal *W, *dW;       /* (C_out, C_in), in the parameters' blocks, not owned */
  KNReal *bias, *dbias; /* (C_out), likewise */
  KNReal *share;        /* (samples, C_out, C_in + 1) */
} Linear;

static PetscErrorCode KNLayerSetUp_Linear(KNLayer layer, KNParameters parameters)
{
  Linear        *linear   = layer->data;
  const PetscInt shape[2] = {layer->out, layer->in};
  const KNReal   scale    = (KNReal)(1 / PetscSqrtReal((PetscReal)layer->in));
  char           name[KN_MAX_NAME];

  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) PetscFunctionReturn(PETSC_SUCCESS); /* refused by the caller */
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s.weight", layer->name));
  PetscCall(KNParametersDeclare(parameters, name, 2, shape, KN_INIT_SYMMETRIC, scale, &linear->W, &linear->dW));
  PetscCall(PetscSNPrintf(name, sizeof(name), "%s.bias", layer->name));
  PetscCall(KNParametersDeclare(parameters, name, 1, shape, KN_INIT_SYMMETRIC, scale, &linear->bias, &linear->dbias));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Linear(KNLayer layer)
{
  Linear              *linear = layer->data;
  const size_t         count  = (size_t)layer->samples * (size_t)layer->out * (size_t)(layer->in + 1);
  const PetscLogDouble Ci = layer->in, Co = layer->out, S = (PetscLogDouble)KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNFree(&linear->share));
  PetscCall(KNMalloc(count, sizeof(KNReal), &linear->share));
  layer->bytes    = count * sizeof(KNReal);
  layer->flops[0] = 2 * Co * Ci * S + Co * S;
  layer->flops[1] = 4 * Co * Ci * S + Co * S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerForward_Linear(KNLayer layer, const KNPass *pass, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  const Linear *linear = layer->data;

  PetscFunctionBegin;
  kn_linear_forward(out, in[0], linear->W, linear->bias, (size_t)pass->samples, (size_t)layer->in, (size_t)layer->out, KNGridSize(&layer->grid_in), mode == ADD_VALUES);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerBackward_Linear(KNLayer layer, const KNPass *pass, const KNReal *const in[], const KNReal *dout, KNReal *const din[])
{
  const Linear *linear = layer->data;
  const size_t  B = (size_t)pass->samples, Ci = (size_t)layer->in, Co = (size_t)layer->out, S = KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  kn_linear_backward_parameters(linear->dW, linear->dbias, linear->share, dout, in[0], B, Ci, Co, S);
  if (din[0]) kn_linear_backward_input(din[0], dout, linear->W, B, Ci, Co, S);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Linear(KNLayer layer)
{
  Linear *linear = layer->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&linear->share));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Linear(KNLayer layer)
{
  Linear *linear;

  PetscFunctionBegin;
  PetscCall(PetscNew(&linear));
  layer->data = linear;
  layer->ops  = (KNLayerOps){
     .setup    = KNLayerSetUp_Linear,
     .setgrid  = KNLayerSetGrid_Linear,
     .forward  = KNLayerForward_Linear,
     .backward = KNLayerBackward_Linear,
     .destroy  = KNLayerDestroy_Linear,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}

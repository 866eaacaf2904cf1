/*
  Batch norm (Ioffe and Szegedy 2015, arXiv 1502.03167): the values of a channel, at all points of all samples of a
  micro-batch, to mean 0 and variance 1, then a learned scale and shift,

      y[b, c, s] = scale[c] h[b, c, s] + shift[c],    h = (x - m) r,
      m, 1/r^2 = mean and variance (+ 1e-5) of x[:, c, :]

  x, y: (B, C, S), scale, shift: (C). With g = scale dy and means over a channel:  dx = r (g - mean g - h mean (g h)),
  dscale = sum of dy h,  dshift = sum of dy.

  The micro-batch is the unit of the sum over samples, so that results do not depend on the number of ranks. Outside of
  training m and r come from running statistics, state that is not trained: mean and variance (that of a sample of the
  population, n / (n - 1)), which each step moves by a tenth to those of its micro-batches. h is kept for backward,
  which does not read x. Samples must be whole.
*/
#include "norm.h"
#include "norm_kernels.h"

static void kn_batch_moments(KNReal *m, KNReal *v, KNReal *r, const double *sum, size_t B, size_t C, size_t S)
{
  // m, v, r: (C) mean, variance, 1 / sqrt(v + epsilon); sum: (B, C, 2) sums of x and x^2 of each sample, added up in
  // the order of samples
#pragma omp for schedule(static)
  for (size_t c = 0; c < C; c++) {
    double total[2] = {0, 0}, mean, variance, scale;

    for (size_t b = 0; b < B; b++) {
      total[0] += sum[(b * C + c) * 2];
      total[1] += sum[(b * C + c) * 2 + 1];
    }
    kn_moments(&mean, &variance, &scale, total, (double)(B * S));
    m[c] = (KNReal)mean;
    v[c] = (KNReal)variance;
    r[c] = (KNReal)scale;
  }
}

static void kn_batch_norm_forward(KNReal *y, KNReal *h, const KNReal *x, const KNReal *m, const KNReal *r,
                                  const KNReal *scale, const KNReal *shift, size_t C, size_t S, int add)
{
  // y, h, x: (C, S), y may be x; m, r, scale, shift: (C)
  for (size_t c = 0; c < C; c++) {
    kn_row_scale(h + c * S, x + c * S, m[c], r[c], 0, S, 0);
    kn_row_scale(y + c * S, h + c * S, 0, scale[c], shift[c], S, add);
  }
}

/* Of running statistics m and r do not depend on x: total NULL. */
static void kn_batch_norm_backward(KNReal *dx, const KNReal *dy, const KNReal *h, const KNReal *r, const KNReal *scale,
                                   const double *total, size_t B, size_t C, size_t S, int add)
{
  // dx, dy, h: (C, S), dx may be dy; total: (C, 2) sums of dy and h dy over all samples
  for (size_t c = 0; c < C; c++) {
    const double a = (double)r[c] * (double)scale[c], n = (double)(B * S);

    kn_row_scale_back(dx + c * S, dy + c * S, h + c * S, 0, (KNReal)a, total ? (KNReal)(a * total[2 * c + 1] / n) : 0,
                      total ? (KNReal)(a * total[2 * c] / n) : 0, S, add);
  }
}

typedef struct {
  NormParameters p;
  KNReal        *mean, *dmean;         /* (C) running statistics, (C + 1) what a micro-batch adds to them, not owned */
  KNReal        *variance, *dvariance; /* (C), likewise */
  KNReal        *m, *v, *r;            /* (C) of the present pass */
  KNReal        *h;                    /* (samples, C, S) */
  double        *sum;                  /* (samples, C, 2) of x and x^2, then of dy and h dy */
  double        *total;                /* (C, 2) of dy and h dy, over all samples */
} BatchNorm;

static PetscErrorCode KNLayerSetUp_BatchNorm(KNLayer layer, KNParameters parameters)
{
  BatchNorm      *norm = layer->data;
  KNParameterInfo info = {.name     = "mean",
                          .rank     = 1,
                          .shape    = {layer->in},
                          .role     = {layer->role[1]},
                          .init     = KN_INIT_ZERO,
                          .momentum = (KNReal)0.1};

  PetscFunctionBegin;
  PetscCall(KNNormDeclare(layer, parameters, &norm->p));
  PetscCall(KNLayerDeclare(layer, parameters, info, &norm->mean, &norm->dmean));
  info.init = KN_INIT_ONES;
  PetscCall(PetscStrncpy(info.name, "variance", sizeof(info.name)));
  PetscCall(KNLayerDeclare(layer, parameters, info, &norm->variance, &norm->dvariance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNBatchNormReset(BatchNorm *norm)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&norm->m));
  PetscCall(KNFree(&norm->v));
  PetscCall(KNFree(&norm->r));
  PetscCall(KNFree(&norm->h));
  PetscCall(KNFree(&norm->sum));
  PetscCall(KNFree(&norm->total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_BatchNorm(KNLayer layer)
{
  BatchNorm   *norm = layer->data;
  const size_t B = (size_t)layer->samples, C = (size_t)layer->in, values = C * KNGridSize(&layer->grid_in);

  PetscFunctionBegin;
  PetscCall(KNLayerNeedWhole(layer));
  PetscCall(KNBatchNormReset(norm));
  PetscCall(KNMalloc(C, sizeof(KNReal), &norm->m));
  PetscCall(KNMalloc(C, sizeof(KNReal), &norm->v));
  PetscCall(KNMalloc(C, sizeof(KNReal), &norm->r));
  PetscCall(KNMalloc(B * values, sizeof(KNReal), &norm->h));
  PetscCall(KNMalloc(2 * B * C, sizeof(double), &norm->sum));
  PetscCall(KNMalloc(2 * C, sizeof(double), &norm->total));
  layer->bytes    = (3 * C + B * values) * sizeof(KNReal) + 2 * (B + 1) * C * sizeof(double);
  layer->flops[0] = 8 * (PetscLogDouble)values;
  layer->flops[1] = 8 * (PetscLogDouble)values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sums of dy or x and of its product with another field, channel by channel. */
static void KNBatchNormSums(KNLayer layer, PetscInt b, const KNReal *x, const KNReal *a)
{
  const BatchNorm *norm = layer->data;
  const size_t     C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);
  double          *sum = norm->sum + (size_t)b * C * 2;

  for (size_t c = 0; c < C; c++) {
    sum[2 * c] = sum[2 * c + 1] = 0;
    kn_row_sums(sum + 2 * c, x + c * S, a + c * S, S);
  }
}

static void KNLayerGather_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  if (pass->training) KNBatchNormSums(layer, b, in[0], in[0]);
}

static void KNLayerJoin_BatchNorm(KNLayer layer, const KNPass *pass)
{
  const BatchNorm *norm = layer->data;
  const size_t     C    = (size_t)layer->in;

  if (pass->training) {
    kn_batch_moments(norm->m, norm->v, norm->r, norm->sum, (size_t)pass->samples, C, KNGridSize(&layer->grid_in));
    return;
  }
#pragma omp for schedule(static)
  for (size_t c = 0; c < C; c++) {
    norm->m[c] = norm->mean[c];
    norm->v[c] = norm->variance[c];
    norm->r[c] = (KNReal)(1 / sqrt((double)norm->variance[c] + KN_NORM_EPSILON));
  }
}

static void KNLayerApply_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                   InsertMode mode)
{
  const BatchNorm *norm = layer->data;
  const size_t     C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);

  kn_batch_norm_forward(out, norm->h + (size_t)b * C * S, in[0], norm->m, norm->r, norm->p.scale, norm->p.shift, C, S,
                        mode == ADD_VALUES);
}

static void KNLayerGatherBack_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *dout)
{
  const BatchNorm *norm = layer->data;

  KNBatchNormSums(layer, b, dout, norm->h + (size_t)b * (size_t)layer->in * KNGridSize(&layer->grid_in));
}

static void KNLayerJoinBack_BatchNorm(KNLayer layer, const KNPass *pass)
{
  const BatchNorm *norm = layer->data;
  const size_t     C    = (size_t)layer->in;

#pragma omp for schedule(static)
  for (size_t i = 0; i < 2 * C; i++) {
    norm->total[i] = 0;
    for (size_t b = 0; b < (size_t)pass->samples; b++) norm->total[i] += norm->sum[b * 2 * C + i];
  }
}

static void KNLayerApplyBack_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                       const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const BatchNorm *norm = layer->data;
  const size_t     C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);

  if (din[0])
    kn_batch_norm_backward(din[0], dout, norm->h + (size_t)b * C * S, norm->r, norm->p.scale,
                           pass->training ? norm->total : NULL, (size_t)pass->samples, C, S, mode == ADD_VALUES);
}

static void KNLayerFinishBack_BatchNorm(KNLayer layer, const KNPass *pass)
{
  const BatchNorm *norm = layer->data;
  const int        add  = pass->gradients != INSERT_VALUES;
  const double B = (double)pass->samples, n = B * (double)KNGridSize(&layer->grid_in), weight = pass->training ? B : 0,
               unbiased = n > 1 ? n / (n - 1) : 1;

#pragma omp for schedule(static)
  for (size_t c = 0; c < (size_t)layer->in; c++) {
    norm->p.dshift[c]  = (add ? norm->p.dshift[c] : 0) + (KNReal)norm->total[2 * c];
    norm->p.dscale[c]  = (add ? norm->p.dscale[c] : 0) + (KNReal)norm->total[2 * c + 1];
    norm->dmean[c]     = (add ? norm->dmean[c] : 0) + (KNReal)(weight * (double)norm->m[c]);
    norm->dvariance[c] = (add ? norm->dvariance[c] : 0) + (KNReal)(weight * unbiased * (double)norm->v[c]);
  }
#pragma omp single
  {
    norm->dmean[layer->in]     = (add ? norm->dmean[layer->in] : 0) + (KNReal)weight;
    norm->dvariance[layer->in] = (add ? norm->dvariance[layer->in] : 0) + (KNReal)weight;
  }
}

static PetscErrorCode KNLayerDestroy_BatchNorm(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNBatchNormReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_BatchNorm(KNLayer layer)
{
  BatchNorm *norm;

  PetscFunctionBegin;
  PetscCall(PetscNew(&norm));
  layer->data = norm;
  layer->ops  = (KNLayerOps){
     .setup       = KNLayerSetUp_BatchNorm,
     .setgrid     = KNLayerSetGrid_BatchNorm,
     .gather      = KNLayerGather_BatchNorm,
     .join        = KNLayerJoin_BatchNorm,
     .apply       = KNLayerApply_BatchNorm,
     .gather_back = KNLayerGatherBack_BatchNorm,
     .join_back   = KNLayerJoinBack_BatchNorm,
     .apply_back  = KNLayerApplyBack_BatchNorm,
     .finish_back = KNLayerFinishBack_BatchNorm,
     .destroy     = KNLayerDestroy_BatchNorm,
  };
  layer->traits = (KNLayerTraits){.in_place = PETSC_TRUE, .over_gradient = PETSC_TRUE, .over_input = 1, .unread = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

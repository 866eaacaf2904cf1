/*
  Batch norm (Ioffe and Szegedy 2015, arXiv 1502.03167): the values of a channel, at all points of all samples of a
  micro-batch, to mean 0 and variance 1, then a learned scale and shift,

      y[b, c, s] = scale[c] h[b, c, s] + shift[c],    h = (x - m) r,
      m, 1/r^2 = mean and variance (+ 1e-5) of x[:, c, :]

  x, y: (B, C, S), scale, shift: (C). With g = scale dy and means over a channel:  dx = r (g - mean g - h mean (g h)),
  dscale = sum of dy h,  dshift = sum of dy.

  The micro-batch is the unit of the sum over samples, so that results do not depend on the number of ranks. Outside of
  training m and r come from running statistics, state that is not trained: mean and variance (that of a sample of the
  population, n / (n - 1)), which each step moves by a tenth to those of its micro-batches. Samples must be whole.

  batch_norm_relu: y = max(0, scale h + shift), one pass over the values in place of two. What reads y in backward can
  have it again from x, m and r.
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

static void kn_batch_norm_forward(KNReal *y, const KNReal *x, const KNReal *m, const KNReal *r, const KNReal *scale,
                                  const KNReal *shift, size_t C, size_t S, int relu, int add)
{
  // y, x: (C, S), y may be x; m, r, scale, shift: (C)
  for (size_t c = 0; c < C; c++, x += S, y += S) {
    const KNReal mean = m[c], a = r[c] * scale[c], b = shift[c];

    if (!relu) kn_row_scale(y, x, mean, a, b, S, add);
#pragma omp simd
    for (size_t s = 0; s < (relu ? S : 0); s++) {
      const KNReal value = a * (x[s] - mean) + b;

      y[s] = (add ? y[s] : 0) + (value < 0 ? 0 : value);
    }
  }
}

/* sum: (C, 2) of dy and h dy, where the ReLU lets dy pass */
static void kn_batch_norm_sums_back(double *sum, const KNReal *dy, const KNReal *x, const KNReal *m, const KNReal *r,
                                    const KNReal *scale, const KNReal *shift, size_t C, size_t S, int relu)
{
  // dy, x: (C, S)
  const KNReal limit = relu ? 0 : -INFINITY;

  for (size_t c = 0; c < C; c++, x += S, dy += S) {
    const KNReal mean = m[c], a = r[c] * scale[c], b = shift[c];
    double       total[2] = {0, 0};

    for (size_t first = 0; first < S; first += KN_NORM_BLOCK) {
      const size_t end  = PetscMin(first + KN_NORM_BLOCK, S);
      KNReal       sum0 = 0, sum1 = 0;

#pragma omp simd reduction(+ : sum0, sum1)
      for (size_t s = first; s < end; s++) {
        const KNReal off = x[s] - mean, passed = dy[s], g = a * off + b > limit ? passed : 0;

        sum0 += g;
        sum1 += g * off;
      }
      total[0] += (double)sum0;
      total[1] += (double)sum1;
    }
    sum[2 * c]     = total[0];
    sum[2 * c + 1] = (double)r[c] * total[1];
  }
}

/* Of running statistics m and r do not depend on x: total NULL. */
static void kn_batch_norm_backward(KNReal *dx, const KNReal *dy, const KNReal *x, const KNReal *m, const KNReal *r,
                                   const KNReal *scale, const KNReal *shift, const double *total, size_t B, size_t C,
                                   size_t S, int relu, int add)
{
  // dx, dy, x: (C, S), dx may be dy or x; total: (C, 2) sums of dy and h dy over all samples
  const KNReal limit = relu ? 0 : -INFINITY;

  for (size_t c = 0; c < C; c++, x += S, dy += S, dx += S) {
    const KNReal mean = m[c], a = r[c] * scale[c], b = shift[c];
    const double n        = (double)(B * S);
    const KNReal along    = total ? (KNReal)((double)a * (double)r[c] * total[2 * c + 1] / n) : 0,
                 constant = total ? (KNReal)((double)a * total[2 * c] / n) : 0;

#pragma omp simd
    for (size_t s = 0; s < S; s++) {
      const KNReal off = x[s] - mean, passed = dy[s], g = a * off + b > limit ? passed : 0;

      dx[s] = (add ? dx[s] : 0) + (a * g - along * off - constant);
    }
  }
}

typedef struct {
  NormParameters p;
  int            relu;                 /* the result goes through a ReLU */
  KNReal        *mean, *dmean;         /* (C) running statistics, (C + 1) what a micro-batch adds to them, not owned */
  KNReal        *variance, *dvariance; /* (C), likewise */
  KNReal        *m, *v, *r;            /* (C) of the present pass */
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
                          .momentum = (KNReal)0.1,
                          .foreign  = "running_mean"};

  PetscFunctionBegin;
  PetscCall(KNNormDeclare(layer, parameters, &norm->p));
  PetscCall(KNLayerDeclare(layer, parameters, info, &norm->mean, &norm->dmean));
  info.init = KN_INIT_ONES;
  PetscCall(PetscStrncpy(info.name, "variance", sizeof(info.name)));
  PetscCall(PetscStrncpy(info.foreign, "running_var", sizeof(info.foreign)));
  PetscCall(KNLayerDeclare(layer, parameters, info, &norm->variance, &norm->dvariance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNBatchNormReset(BatchNorm *norm)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&norm->m));
  PetscCall(KNFree(&norm->v));
  PetscCall(KNFree(&norm->r));
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
  PetscCall(KNMalloc(2 * B * C, sizeof(double), &norm->sum));
  PetscCall(KNMalloc(2 * C, sizeof(double), &norm->total));
  layer->bytes    = 3 * C * sizeof(KNReal) + 2 * (B + 1) * C * sizeof(double);
  layer->flops[0] = 8 * (PetscLogDouble)values;
  layer->flops[1] = 8 * (PetscLogDouble)values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerGather_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  const BatchNorm *norm = layer->data;
  const size_t     C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);

  for (size_t c = 0; pass->training && c < C; c++)
    kn_row_moments(norm->sum + ((size_t)b * C + c) * 2, in[0] + c * S, S);
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

  kn_batch_norm_forward(out, in[0], norm->m, norm->r, norm->p.scale, norm->p.shift, C, S, norm->relu,
                        mode == ADD_VALUES);
}

static void KNLayerGatherBack_BatchNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                        const KNReal *dout)
{
  const BatchNorm *norm = layer->data;
  const size_t     C    = (size_t)layer->in;

  kn_batch_norm_sums_back(norm->sum + (size_t)b * C * 2, dout, in[0], norm->m, norm->r, norm->p.scale, norm->p.shift, C,
                          KNGridSize(&layer->grid_in), norm->relu);
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
    kn_batch_norm_backward(din[0], dout, in[0], norm->m, norm->r, norm->p.scale, norm->p.shift,
                           pass->training ? norm->total : NULL, (size_t)pass->samples, C, S, norm->relu,
                           mode == ADD_VALUES);
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

static PetscErrorCode Create(KNLayer layer, int relu)
{
  BatchNorm *norm;

  PetscFunctionBegin;
  PetscCall(PetscNew(&norm));
  layer->data = norm;
  norm->relu  = relu;
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
  layer->traits         = (KNLayerTraits){.in_place = PETSC_TRUE, .over_gradient = PETSC_TRUE, .over_input = 1};
  layer->traits.repeats = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_BatchNorm(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_BatchNormReLU(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(Create(layer, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

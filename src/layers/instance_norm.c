/*
  Instance norm (Ulyanov et al. 2016, arXiv 1607.08022): the values of each channel of a sample, at all points, to mean
  0 and variance 1, with nothing learned,

      y[b, c, s] = (x[b, c, s] - m) r,    m, 1/r^2 = mean and variance (+ 1e-5) of x[b, c, :]

  x, y: (B, C, S). With h = y and means over the points: dx = r (dy - mean dy - h mean (h dy)). Where ranks share a
  sample the sums of their slabs add up, and the samples meet for it; a whole sample stays in the cache.
*/
#include "norm_kernels.h"
#include "layer_impl.h"

static void kn_instance_norm_forward(KNReal *y, const KNReal *x, const double *sum, double n, size_t C, size_t S,
                                     int add)
{
  // y, x: (C, S), y may be x; sum: (C, 2) of x and x^2 over all n points
  for (size_t c = 0; c < C; c++) {
    double m, v, r;

    kn_moments(&m, &v, &r, sum + 2 * c, n);
    kn_row_scale(y + c * S, x + c * S, (KNReal)m, (KNReal)r, 0, S, add);
  }
}

/* back: (C, 2) sums of dy and of x dy over all n points, sum: those of forward */
static void kn_instance_norm_backward(KNReal *dx, const KNReal *dy, const KNReal *x, const double *back,
                                      const double *sum, double n, size_t C, size_t S, int add)
{
  // dx, dy, x: (C, S), dx may be dy or x
  for (size_t c = 0; c < C; c++) {
    double m, v, r;

    kn_moments(&m, &v, &r, sum + 2 * c, n);
    kn_row_scale_back(dx + c * S, dy + c * S, x + c * S, (KNReal)m, (KNReal)r,
                      (KNReal)(r * r * r * (back[2 * c + 1] - m * back[2 * c]) / n), (KNReal)(r * back[2 * c] / n), S,
                      add);
  }
}

typedef struct {
  double  n;    /* points of the whole grid */
  double *sum;  /* (samples, C, 2) of x and x^2 */
  double *back; /* (samples, C, 2) of dy and x dy */
} InstanceNorm;

static PetscErrorCode KNInstanceNormReset(InstanceNorm *norm)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&norm->sum));
  PetscCall(KNFree(&norm->back));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerGather_InstanceNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[])
{
  const InstanceNorm *norm = layer->data;
  const size_t        C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);

  for (size_t c = 0; c < C; c++) kn_row_moments(norm->sum + ((size_t)b * C + c) * 2, in[0] + c * S, S);
}

static void KNLayerJoin_InstanceNorm(KNLayer layer, const KNPass *pass)
{
  const InstanceNorm *norm = layer->data;

  KNLayerSum(layer, norm->sum, 2 * (size_t)pass->samples * (size_t)layer->in, MPI_DOUBLE);
}

static void KNLayerApply_InstanceNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                      KNReal *out, InsertMode mode)
{
  const InstanceNorm *norm = layer->data;
  const size_t        C    = (size_t)layer->in;

  if (!layer->grid_in.whole) KNLayerGather_InstanceNorm(layer, pass, b, in);
  kn_instance_norm_forward(out, in[0], norm->sum + (size_t)b * C * 2, norm->n, C, KNGridSize(&layer->grid_in),
                           mode == ADD_VALUES);
}

static void KNLayerGatherBack_InstanceNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                           const KNReal *dout)
{
  const InstanceNorm *norm = layer->data;
  const size_t        C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);

  for (size_t c = 0; c < C; c++) {
    double *back = norm->back + ((size_t)b * C + c) * 2;

    back[0] = back[1] = 0;
    kn_row_sums(back, dout + c * S, in[0] + c * S, S);
  }
}

static void KNLayerJoinBack_InstanceNorm(KNLayer layer, const KNPass *pass)
{
  const InstanceNorm *norm = layer->data;

  KNLayerSum(layer, norm->back, 2 * (size_t)pass->samples * (size_t)layer->in, MPI_DOUBLE);
}

static void KNLayerApplyBack_InstanceNorm(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                          const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const InstanceNorm *norm = layer->data;
  const size_t        C    = (size_t)layer->in;

  if (!din[0]) return;
  if (!layer->grid_in.whole) KNLayerGatherBack_InstanceNorm(layer, pass, b, in, dout);
  kn_instance_norm_backward(din[0], dout, in[0], norm->back + (size_t)b * C * 2, norm->sum + (size_t)b * C * 2, norm->n,
                            C, KNGridSize(&layer->grid_in), mode == ADD_VALUES);
}

static PetscErrorCode KNLayerSetGrid_InstanceNorm(KNLayer layer)
{
  InstanceNorm        *norm   = layer->data;
  const KNGrid        *grid   = &layer->grid_in;
  const size_t         count  = 2 * (size_t)layer->samples * (size_t)layer->in;
  const PetscBool      shared = (PetscBool)(grid->whole > 0);
  const PetscLogDouble values = (PetscLogDouble)layer->in * (PetscLogDouble)KNGridSize(grid);

  PetscFunctionBegin;
  PetscCall(KNInstanceNormReset(norm));
  PetscCall(KNMalloc(count, sizeof(double), &norm->sum));
  PetscCall(KNMalloc(count, sizeof(double), &norm->back));
  norm->n                = (double)KNGridWhole(grid, 0) * (double)grid->n[1] * (double)grid->n[2];
  layer->ops.gather      = shared ? KNLayerGather_InstanceNorm : NULL;
  layer->ops.join        = shared ? KNLayerJoin_InstanceNorm : NULL;
  layer->ops.gather_back = shared ? KNLayerGatherBack_InstanceNorm : NULL;
  layer->ops.join_back   = shared ? KNLayerJoinBack_InstanceNorm : NULL;
  layer->traffic[0] = layer->traffic[1] = 2 * (size_t)layer->in * sizeof(double);
  layer->bytes                          = 2 * count * sizeof(double);
  layer->flops[0]                       = 6 * values;
  layer->flops[1]                       = 10 * values;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_InstanceNorm(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNInstanceNormReset(layer->data));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_InstanceNorm(KNLayer layer)
{
  InstanceNorm *norm;

  PetscFunctionBegin;
  PetscCall(PetscNew(&norm));
  layer->data = norm;
  layer->ops  = (KNLayerOps){
     .setup      = KNLayerKeepChannels,
     .setgrid    = KNLayerSetGrid_InstanceNorm,
     .apply      = KNLayerApply_InstanceNorm,
     .apply_back = KNLayerApplyBack_InstanceNorm,
     .destroy    = KNLayerDestroy_InstanceNorm,
  };
  layer->traits = (KNLayerTraits){.repeats = PETSC_TRUE, .over_gradient = PETSC_TRUE, .over_input = 1};
  PetscFunctionReturn(PETSC_SUCCESS);
}

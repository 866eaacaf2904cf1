/*
  Normalisers: z = (x - mean) / (std + eps), with the statistics of the training samples.

    eps      1e-5 of the channel's standard deviation over all samples and points, so that the unit of a field does not
             matter; the FNO benchmarks take 1e-5 itself, the same for fields of deviation 1. A constant channel is
             only centred.

  Shapes: x (samples, C, S), statistics (C) or (C, S_fitted), and on the present grid always (C, S).
*/
#include "normalizer_impl.h"
#include <kitinet/error.h>
#include <math.h>

static const PetscReal relative_eps = 1e-5;

const char *const KNNormalizerNames[] = {"none", "channel", "pointwise", NULL};

/* x (B, N): x = (x - mean) / scale, mean and scale (N). */
static void kn_normalizer_encode(float *restrict x, const float *restrict mean, const float *restrict scale, size_t B,
                                 size_t N)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) x[b * N + i] = (x[b * N + i] - mean[i]) / scale[i];
  }
}

/* x (B, N): x = x scale + mean. */
static void kn_normalizer_decode(float *restrict x, const float *restrict mean, const float *restrict scale, size_t B,
                                 size_t N)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) x[b * N + i] = x[b * N + i] * scale[i] + mean[i];
  }
}

/*
  In the forward pass this was z -> x; dx (B, N), with respect to x / unit, becomes the gradient with respect to z: dz
  = dx scale / unit.
*/
static void kn_normalizer_decode_backward(float *restrict dx, const float *restrict scale, float unit, size_t B,
                                          size_t N)
{
  const float inverse = 1 / unit; /* exact: a power of two */

  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) dx[b * N + i] *= scale[i] * inverse;
  }
}

PetscErrorCode KNNormalizerCreate(KNNormalizerType type, PetscInt channels, const KNGrid *grid,
                                  KNNormalizer *normalizer)
{
  KNNormalizer n;

  PetscFunctionBegin;
  PetscCall(PetscNew(&n));
  n->type     = type;
  n->channels = channels;
  n->fitted   = *grid;
  if (type == KN_NORMALIZER_CHANNEL) n->count = (size_t)channels;
  if (type == KN_NORMALIZER_POINTWISE) n->count = (size_t)channels * KNGridSize(grid);
  PetscCall(KNMalloc(n->count, sizeof(float), &n->mean));
  PetscCall(KNMalloc(n->count, sizeof(float), &n->std));
  for (size_t i = 0; i < n->count; i++) {
    n->mean[i] = 0.0f;
    n->std[i]  = 1.0f;
  }
  PetscCall(KNNormalizerSetGrid(n, grid));
  *normalizer = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerDestroy(KNNormalizer *normalizer)
{
  PetscFunctionBegin;
  if (!*normalizer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&(*normalizer)->mean));
  PetscCall(KNFree(&(*normalizer)->std));
  PetscCall(KNFree(&(*normalizer)->lift));
  PetscCall(KNFree(&(*normalizer)->mean_grid));
  PetscCall(KNFree(&(*normalizer)->scale_grid));
  PetscCall(PetscFree(*normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerGetStatistics(KNNormalizer normalizer, KNNormalizerType *type, PetscInt *channels,
                                         KNGrid *grid, size_t *count, float **mean, float **std)
{
  PetscFunctionBegin;
  if (type) *type = normalizer->type;
  if (channels) *channels = normalizer->channels;
  if (grid) *grid = normalizer->fitted;
  if (count) *count = normalizer->count;
  if (mean) *mean = normalizer->mean;
  if (std) *std = normalizer->std;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* eps of channel c: from the variance over samples and points, mean of std^2 plus variance of mean. */
static float KNNormalizerEps(KNNormalizer normalizer, PetscInt c)
{
  const size_t points = normalizer->count / (size_t)normalizer->channels, offset = (size_t)c * points;
  Moments      mean   = {0};
  double       within = 0.0, deviation;

  for (size_t s = 0; s < points; s++) {
    const double std = normalizer->std[offset + s];

    within += std * std;
    mean = kn_moments_merge(mean, (Moments){1.0, normalizer->mean[offset + s], 0.0});
  }
  deviation = sqrt((within + mean.M) / (double)points);
  return deviation > 0.0 ? (float)(relative_eps * deviation) : 1.0f;
}

/* Weights of the axes multiply. */
PetscErrorCode KNNormalizerInterpolate(const KNGrid *from, const float u[], const KNGrid *to, float v[])
{
  PetscInt  *left[KN_MAX_DIM], *right[KN_MAX_DIM];
  PetscReal *weight[KN_MAX_DIM];

  PetscFunctionBegin;
  for (int a = 0; a < KN_MAX_DIM; a++) {
    const PetscInt n = KNGridWhole(to, a);

    PetscCall(PetscCalloc3(n, &left[a], n, &right[a], n, &weight[a]));
    if (a < to->dim) KNPointsInterpolation(to->points, from->n[a], n, left[a], right[a], weight[a]);
  }
  for (PetscInt i = to->first; i < to->first + to->n[0]; i++) {
    for (PetscInt j = 0; j < to->n[1]; j++) {
      for (PetscInt k = 0; k < to->n[2]; k++) {
        PetscReal sum = 0.0;

        for (int corner = 0; corner < 8; corner++) {
          const PetscInt p = corner & 1 ? right[0][i] : left[0][i], q = corner & 2 ? right[1][j] : left[1][j],
                         r  = corner & 4 ? right[2][k] : left[2][k];
          const PetscReal w = (corner & 1 ? weight[0][i] : 1 - weight[0][i]) *
                              (corner & 2 ? weight[1][j] : 1 - weight[1][j]) *
                              (corner & 4 ? weight[2][k] : 1 - weight[2][k]);

          sum += w * u[((size_t)p * from->n[1] + q) * from->n[2] + r];
        }
        *v++ = (float)sum;
      }
    }
  }
  for (int a = 0; a < KN_MAX_DIM; a++) PetscCall(PetscFree3(left[a], right[a], weight[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Can statistics of points be interpolated to the grid? */
static PetscErrorCode CheckPoints(KNNormalizer normalizer, const KNGrid *grid)
{
  const KNGrid *fitted = &normalizer->fitted;

  PetscFunctionBegin;
  PetscCheck(normalizer->type != KN_NORMALIZER_POINTWISE ||
               (grid->dim == fitted->dim && grid->points == fitted->points),
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "The normaliser was fitted on %s in %" PetscInt_FMT "D, the data lie on %s in %" PetscInt_FMT
             "D: use data with the points of the training set",
             KNPointsNames[fitted->points], fitted->dim, KNPointsNames[grid->points], grid->dim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerSetGrid(KNNormalizer normalizer, const KNGrid *grid)
{
  const size_t S = KNGridSize(grid), S_fitted = KNGridSize(&normalizer->fitted);

  PetscFunctionBegin;
  PetscCall(CheckPoints(normalizer, grid));
  normalizer->grid = *grid;
  PetscCall(KNFree(&normalizer->mean_grid));
  PetscCall(KNFree(&normalizer->scale_grid));
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNMalloc((size_t)normalizer->channels * S, sizeof(float), &normalizer->mean_grid));
  PetscCall(KNMalloc((size_t)normalizer->channels * S, sizeof(float), &normalizer->scale_grid));

  for (PetscInt c = 0; c < normalizer->channels; c++) {
    const float eps  = KNNormalizerEps(normalizer, c);
    float      *mean = normalizer->mean_grid + (size_t)c * S, *scale = normalizer->scale_grid + (size_t)c * S;

    if (normalizer->type == KN_NORMALIZER_POINTWISE) {
      PetscCall(KNNormalizerInterpolate(&normalizer->fitted, normalizer->mean + (size_t)c * S_fitted, grid, mean));
      PetscCall(KNNormalizerInterpolate(&normalizer->fitted, normalizer->std + (size_t)c * S_fitted, grid, scale));
      for (size_t s = 0; s < S; s++) scale[s] += eps;
    } else {
      for (size_t s = 0; s < S; s++) {
        mean[s]  = normalizer->mean[c];
        scale[s] = normalizer->std[c] + eps;
      }
    }
    if (normalizer->lift) {
      KNGridDistance(grid, mean);
      for (size_t s = 0; s < S; s++) scale[s] *= mean[s];
      PetscCall(KNNormalizerInterpolate(&normalizer->fitted, normalizer->lift + (size_t)c * S_fitted, grid, mean));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* *values: (C, S) on another grid in place of those of the fitted one: interpolated, or all the same. */
static PetscErrorCode Move(KNNormalizer normalizer, const KNGrid *grid, PetscBool keep, float fill, float **values)
{
  const size_t S = KNGridSize(grid), S_fitted = KNGridSize(&normalizer->fitted);
  float       *moved;

  PetscFunctionBegin;
  PetscCall(KNMalloc((size_t)normalizer->channels * S, sizeof(float), &moved));
  for (PetscInt c = 0; keep && c < normalizer->channels; c++)
    PetscCall(
      KNNormalizerInterpolate(&normalizer->fitted, *values + (size_t)c * S_fitted, grid, moved + (size_t)c * S));
  for (size_t i = 0; !keep && i < (size_t)normalizer->channels * S; i++) moved[i] = fill;
  PetscCall(KNFree(values));
  *values = moved;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerSetFitted(KNNormalizer normalizer, const KNGrid *grid, PetscBool keep)
{
  PetscFunctionBegin;
  if (keep) PetscCall(CheckPoints(normalizer, grid));
  if (normalizer->type == KN_NORMALIZER_POINTWISE) {
    PetscCall(Move(normalizer, grid, keep, 0, &normalizer->mean));
    PetscCall(Move(normalizer, grid, keep, 1, &normalizer->std));
    normalizer->count = (size_t)normalizer->channels * KNGridSize(grid);
  }
  if (normalizer->lift) PetscCall(Move(normalizer, grid, keep, 0, &normalizer->lift));
  normalizer->fitted = *grid;
  PetscCall(KNNormalizerSetGrid(normalizer, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNNormalizerSampleSize(KNNormalizer normalizer)
{
  return (size_t)normalizer->channels * KNGridSize(&normalizer->grid);
}

PetscErrorCode KNNormalizerEncode(KNNormalizer normalizer, PetscInt samples, float x[])
{
  PetscFunctionBegin;
  PetscCheck(!normalizer->lift, PETSC_COMM_SELF, PETSC_ERR_SUP, "a field with given boundary values is not encoded");
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_encode(x, normalizer->mean_grid, normalizer->scale_grid, (size_t)samples,
                       KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerDecode(KNNormalizer normalizer, PetscInt samples, float x[])
{
  PetscFunctionBegin;
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_decode(x, normalizer->mean_grid, normalizer->scale_grid, (size_t)samples,
                       KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerDecodeBackward(KNNormalizer normalizer, PetscInt samples, PetscReal unit, float dx[])
{
  PetscFunctionBegin;
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_decode_backward(dx, normalizer->scale_grid, (float)unit, (size_t)samples,
                                KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNNormalizerGetScale(KNNormalizer normalizer, PetscReal *unit, double *square)
{
  enum { MOST = 100 }; /* powers of two on both sides of 1: their inverses are float too */
  const size_t S = KNGridSize(&normalizer->grid), channels = (size_t)normalizer->channels,
               points = normalizer->count / channels;
  double largest = 0, all = 0;

  *unit   = 1;
  *square = (double)(channels * S);
  for (size_t c = 0; c < channels && points; c++) {
    double level = 0;

    for (size_t i = c * points; i < (c + 1) * points; i++) {
      const double mean = normalizer->mean[i], std = normalizer->std[i];

      level += (mean * mean + std * std) / (double)points;
      all += std * std;
    }
    largest = PetscMax(largest, level);
  }
  if (!(largest > 0) || PetscIsInfOrNanReal(largest)) return;
  *unit = ldexp(1, PetscMin(PetscMax(ilogb(sqrt(largest)), -MOST), MOST));
  *square *= *unit * *unit;
  if (!(all > 0)) return; /* constant */
  *square = 0;
  for (size_t c = 0; c < channels; c++) {
    if (normalizer->type == KN_NORMALIZER_CHANNEL) *square += (double)S * normalizer->std[c] * normalizer->std[c];
    else {
      const float eps = KNNormalizerEps(normalizer, (PetscInt)c);

      for (size_t s = c * S; s < (c + 1) * S; s++) *square += PetscSqr((double)normalizer->scale_grid[s] - eps);
    }
  }
}

/*
  Normalisers: z = (x - mean) / (std + eps), with the statistics of the training samples.

    fit      every grid point of every channel keeps (n, mean, M) with M = sum (x - mean)^2, one pass (Welford 1962);
             leaves of samples, ranks, and for KN_NORMALIZER_CHANNEL the points of a channel, are merged (Chan, Golub & LeVeque 1983):

               n = n1 + n2,  mean = mean1 + (mean2 - mean1) n2 / n,  M = M1 + M2 + (mean2 - mean1)^2 n1 n2 / n

    eps      1e-5 of the channel's standard deviation over all samples and points, so that the unit of a field does not
             matter; the FNO benchmarks take 1e-5 itself, the same for fields of deviation 1. A constant channel is only centred.

  Shapes: x (samples, C, S), statistics (C) or (C, S_fitted), and on the present grid always (C, S).
*/
#include <kitinet/error.h>
#include <kitinet/normalizer.h>
#include <string.h>

static const PetscReal relative_eps = 1e-5;

const char *const KNNormalizerNames[] = {"none", "channel", "pointwise", NULL};

/* x (B, N): x = (x - mean) / scale, mean and scale (N). */
static void kn_normalizer_encode(float *restrict x, const float *restrict mean, const float *restrict scale, size_t B, size_t N)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) x[b * N + i] = (x[b * N + i] - mean[i]) / scale[i];
  }
}

/* x (B, N): x = x scale + mean. */
static void kn_normalizer_decode(float *restrict x, const float *restrict mean, const float *restrict scale, size_t B, size_t N)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) x[b * N + i] = x[b * N + i] * scale[i] + mean[i];
  }
}

/* In the forward pass this was z -> x; dx (B, N) becomes the gradient with respect to z: dz = dx scale. */
static void kn_normalizer_decode_backward(float *restrict dx, const float *restrict scale, size_t B, size_t N)
{
  for (size_t b = 0; b < B; b++) {
    for (size_t i = 0; i < N; i++) dx[b * N + i] *= scale[i];
  }
}

/* Moments of n values: their mean and the sum of squared deviations from it. */
typedef struct {
  double n, mean, M;
} Moments;

/* moments (N) take in one more value each: x (N). Welford's update. */
static void kn_moments_add(Moments *moments, const float *x, size_t N)
{
  for (size_t i = 0; i < N; i++) {
    Moments     *m     = &moments[i];
    const double delta = x[i] - m->mean;

    m->n += 1.0;
    m->mean += delta / m->n;
    m->M += delta * (x[i] - m->mean);
  }
}

/* total = values of a, then values of b. Chan's formula. */
static Moments kn_moments_merge(Moments a, Moments b)
{
  const double n = a.n + b.n, delta = b.mean - a.mean;

  if (n == 0.0) return a;
  return (Moments){n, a.mean + delta * (b.n / n), a.M + b.M + delta * delta * (a.n * b.n / n)};
}

/* lower (N): values of lower, then of upper */
static void kn_moments_append(Moments *lower, const Moments *upper, size_t N)
{
  for (size_t i = 0; i < N; i++) lower[i] = kn_moments_merge(lower[i], upper[i]);
}

struct _p_KNNormalizer {
  KNNormalizerType type;
  PetscInt         channels;     /* C */
  KNGrid           fitted, grid; /* of the statistics; of the arrays to encode */
  size_t           count;        /* 0, C or C S_fitted */
  float           *mean, *std;   /* (count) */
  float           *mean_grid;    /* (C, S) on grid */
  float           *scale_grid;   /* (C, S): std + eps */
};

PetscErrorCode KNNormalizerCreate(KNNormalizerType type, PetscInt channels, const KNGrid *grid, KNNormalizer *normalizer)
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
  PetscCall(KNFree(&(*normalizer)->mean_grid));
  PetscCall(KNFree(&(*normalizer)->scale_grid));
  PetscCall(PetscFree(*normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Writes the statistics of the moments (C, S_fitted). */
static PetscErrorCode KNNormalizerSetMoments(KNNormalizer normalizer, const Moments moments[])
{
  const size_t S = KNGridSize(&normalizer->fitted), points = normalizer->type == KN_NORMALIZER_CHANNEL ? S : 1;

  PetscFunctionBegin;
  for (size_t i = 0; i < normalizer->count; i++) {
    Moments m = {0};

    for (size_t s = 0; s < points; s++) m = kn_moments_merge(m, moments[i * points + s]);
    normalizer->mean[i] = (float)m.mean;
    normalizer->std[i]  = (float)PetscSqrtReal(m.M / m.n);
  }
  PetscCall(KNNormalizerSetGrid(normalizer, &normalizer->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The moments of one normaliser over all samples, merged in one binary tree over leaves of LEAF samples: the same bits for any number of ranks. A sample of the
  dataset may hold several arrays (C, S) for the normaliser, the frames of a trajectory: each counts as a sample.
*/
typedef struct {
  KNNormalizer normalizer;  /* NULL: nothing to fit */
  size_t       N, repeat;   /* values of an array; arrays in a sample */
  float       *x;           /* (repeat, N) one sample */
  Moments     *moments;     /* (N) of the present leaf */
  Moments     *waiting[31]; /* (N) each: [k] of 2^k leaves, for their right neighbour; as a binary counter, k is in use where bit k of `leaves` is set */
  PetscInt64   leaves;      /* complete */
} Fit;

enum { LEAF = 8 }; /* samples: one array at a time, merging costs an eighth of adding */

/* block: leaves of a rank */
static PetscErrorCode KNFitCreate(KNNormalizer normalizer, const KNProblem *problem, PetscInt channels, PetscInt64 block, Fit *fit)
{
  const KNGrid *grid;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(fit, sizeof(*fit)));
  if (!normalizer || normalizer->count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  grid = &normalizer->fitted;
  PetscCheck(channels > 0 && channels % normalizer->channels == 0, PETSC_COMM_WORLD, PETSC_ERR_ARG_SIZ, "A normaliser of %" PetscInt_FMT " channels for data of %" PetscInt_FMT " channels", normalizer->channels, channels);
  PetscCheck(grid->dim == problem->grid.dim && grid->n[0] == problem->grid.n[0] && grid->n[1] == problem->grid.n[1] && grid->n[2] == problem->grid.n[2], PETSC_COMM_WORLD, PETSC_ERR_ARG_SIZ, "The normaliser and the dataset lie on different grids");
  fit->normalizer = normalizer;
  fit->N          = (size_t)normalizer->channels * KNGridSize(grid);
  fit->repeat     = (size_t)(channels / normalizer->channels);
  PetscCall(KNMalloc(fit->repeat * fit->N, sizeof(float), &fit->x));
  PetscCall(KNMalloc(fit->N, sizeof(Moments), &fit->moments));
  for (int k = 0; block >> k; k++) PetscCall(KNMalloc(fit->N, sizeof(Moments), &fit->waiting[k]));
  memset(fit->moments, 0, fit->N * sizeof(Moments));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNFitAdd(Fit *fit)
{
  for (size_t r = 0; r < fit->repeat; r++) kn_moments_add(fit->moments, fit->x + r * fit->N, fit->N);
}

/* After the last sample of a leaf: its moments go up the tree as far as left neighbours wait. */
static void KNFitEndLeaf(Fit *fit)
{
  Moments **sum = &fit->moments, *spare;
  int       k   = 0;

  if (!fit->normalizer) return;
  for (; fit->leaves >> k & 1; k++) {
    kn_moments_append(fit->waiting[k], *sum, fit->N);
    sum = &fit->waiting[k];
  }
  spare           = fit->waiting[k];
  fit->waiting[k] = *sum;
  *sum            = spare;
  memset(fit->moments, 0, fit->N * sizeof(Moments));
  fit->leaves++;
}

/* Collective. Merges the ranks, each with a block of leaves, and hands the result to the normaliser. what: "/x", for messages. */
static PetscErrorCode KNFitFinish(MPI_Comm comm, KNDataset dataset, PetscMPIInt blocks, Fit *fit, const char what[])
{
  MPI_Datatype type;
  PetscMPIInt  rank;
  Moments     *sum = NULL;
  size_t       bad = 0;
  const char  *path;

  PetscFunctionBegin;
  if (!fit->normalizer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(fit->N <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, PETSC_ERR_SUP, "A normaliser of %zu values", fit->N);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Type_contiguous(3, MPI_DOUBLE, &type));
  PetscCallMPI(MPI_Type_commit(&type));
  for (int k = 0; fit->leaves >> k; k++) { /* the last leaves wait for neighbours that do not exist */
    if (!(fit->leaves >> k & 1)) continue;
    if (sum) kn_moments_append(fit->waiting[k], sum, fit->N);
    sum = fit->waiting[k];
  }
  if (!sum) sum = fit->waiting[0]; /* no block: receives the result */
  for (PetscMPIInt step = 1; step < blocks && rank < blocks; step *= 2) {
    if (rank % (2 * step)) {
      PetscCallMPI(MPI_Send(sum, (PetscMPIInt)fit->N, type, rank - step, 0, comm));
      break;
    }
    if (rank + step >= blocks) continue;
    PetscCallMPI(MPI_Recv(fit->moments, (PetscMPIInt)fit->N, type, rank + step, 0, comm, MPI_STATUS_IGNORE));
    kn_moments_append(sum, fit->moments, fit->N);
  }
  PetscCallMPI(MPI_Bcast(sum, (PetscMPIInt)fit->N, type, 0, comm));
  PetscCallMPI(MPI_Type_free(&type));

  for (size_t i = 0; i < fit->N; i++) bad += !(sum[i].M < PETSC_MAX_REAL); /* not finite */
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCheck(bad == 0, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s: %s holds NaN or infinite values, at %zu of its %zu grid points; generate it again, or train on other samples", path, what, bad, fit->N);
  PetscCall(KNNormalizerSetMoments(fit->normalizer, sum));
  PetscCall(KNFree(&fit->x));
  PetscCall(KNFree(&fit->moments));
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(fit->waiting); k++) PetscCall(KNFree(&fit->waiting[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerFit(MPI_Comm comm, KNDataset dataset, PetscInt64 first, PetscInt64 samples, KNNormalizer input, KNNormalizer output)
{
  const KNProblem *problem;
  PetscMPIInt      rank, size, blocks;
  PetscInt64       start, end, rows, block;
  Fit              fit_x, fit_y;
  int              code = 0;
  char             message[2 * KN_MAX_TEXT] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &rows));
  PetscCheck(samples > 0 && first >= 0 && first <= rows - samples, PETSC_COMM_WORLD, KN_ERR_USAGE, "The dataset has %" PetscInt64_FMT " samples: statistics of %" PetscInt64_FMT " samples from number %" PetscInt64_FMT " on cannot be taken", rows, samples, first);
  block  = PetscMin(KNLeafBlock(samples, LEAF, size), (samples - 1) / LEAF + 1);
  blocks = (PetscMPIInt)((samples - 1) / (block * LEAF) + 1);
  PetscCall(KNFitCreate(input, problem, problem->inputs, block, &fit_x));
  PetscCall(KNFitCreate(output, problem, PetscMax(problem->frames, 1) * problem->outputs, block, &fit_y));

  KNLeafPartition(samples, LEAF, size, rank, &start, &end);
  for (PetscInt64 i = start; i < end && !code && (fit_x.normalizer || fit_y.normalizer); i++) {
    code = KNDatasetRead(dataset, first + i, fit_x.x, fit_y.x, sizeof(message), message);
    if (code) break;
    KNFitAdd(&fit_x);
    KNFitAdd(&fit_y);
    if ((i + 1) % LEAF && i + 1 < end) continue;
    KNFitEndLeaf(&fit_x);
    KNFitEndLeaf(&fit_y);
  }
  PetscCall(KNAgree(comm, code, "%s", message));
  PetscCall(KNFitFinish(comm, dataset, blocks, &fit_x, "the input"));
  PetscCall(KNFitFinish(comm, dataset, blocks, &fit_y, "the output"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerGetStatistics(KNNormalizer normalizer, KNNormalizerType *type, PetscInt *channels, KNGrid *grid, size_t *count, float **mean, float **std)
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

/* Multilinear interpolation of one channel, from (S_fitted) to (S), of a slab or the whole grid: weights of the axes multiply. */
static PetscErrorCode KNNormalizerInterpolate(const KNGrid *from, const float u[], const KNGrid *to, float v[])
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
          const PetscInt  p = corner & 1 ? right[0][i] : left[0][i], q = corner & 2 ? right[1][j] : left[1][j], r = corner & 4 ? right[2][k] : left[2][k];
          const PetscReal w = (corner & 1 ? weight[0][i] : 1 - weight[0][i]) * (corner & 2 ? weight[1][j] : 1 - weight[1][j]) * (corner & 4 ? weight[2][k] : 1 - weight[2][k]);

          sum += w * u[((size_t)p * from->n[1] + q) * from->n[2] + r];
        }
        *v++ = (float)sum;
      }
    }
  }
  for (int a = 0; a < KN_MAX_DIM; a++) PetscCall(PetscFree3(left[a], right[a], weight[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerSetGrid(KNNormalizer normalizer, const KNGrid *grid)
{
  const size_t S = KNGridSize(grid), S_fitted = KNGridSize(&normalizer->fitted);

  PetscFunctionBegin;
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
      PetscCheck(grid->dim == normalizer->fitted.dim && grid->points == normalizer->fitted.points, PETSC_COMM_WORLD, KN_ERR_INPUT, "The normaliser was fitted on %s in %" PetscInt_FMT "D, the data lie on %s in %" PetscInt_FMT "D: use data with the points of the training set", KNPointsNames[normalizer->fitted.points], normalizer->fitted.dim, KNPointsNames[grid->points], grid->dim);
      PetscCall(KNNormalizerInterpolate(&normalizer->fitted, normalizer->mean + (size_t)c * S_fitted, grid, mean));
      PetscCall(KNNormalizerInterpolate(&normalizer->fitted, normalizer->std + (size_t)c * S_fitted, grid, scale));
      for (size_t s = 0; s < S; s++) scale[s] += eps;
    } else {
      for (size_t s = 0; s < S; s++) {
        mean[s]  = normalizer->mean[c];
        scale[s] = normalizer->std[c] + eps;
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNNormalizerSampleSize(KNNormalizer normalizer)
{
  return (size_t)normalizer->channels * KNGridSize(&normalizer->grid);
}

PetscErrorCode KNNormalizerEncode(KNNormalizer normalizer, PetscInt samples, float x[])
{
  PetscFunctionBegin;
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_encode(x, normalizer->mean_grid, normalizer->scale_grid, (size_t)samples, KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerDecode(KNNormalizer normalizer, PetscInt samples, float x[])
{
  PetscFunctionBegin;
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_decode(x, normalizer->mean_grid, normalizer->scale_grid, (size_t)samples, KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerDecodeBackward(KNNormalizer normalizer, PetscInt samples, float dx[])
{
  PetscFunctionBegin;
  if (normalizer->type == KN_NORMALIZER_NONE) PetscFunctionReturn(PETSC_SUCCESS);
  kn_normalizer_decode_backward(dx, normalizer->scale_grid, (size_t)samples, KNNormalizerSampleSize(normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

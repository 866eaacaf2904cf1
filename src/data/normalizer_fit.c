/*
  Statistics of the training samples for normalisers, in one pass: every grid point of every channel keeps (n, mean,
  M) with M = sum (x - mean)^2 (Welford 1962); leaves of samples, ranks, and for KN_NORMALIZER_CHANNEL the points of a
  channel, are merged (Chan, Golub & LeVeque 1983):

    n = n1 + n2,  mean = mean1 + (mean2 - mean1) n2 / n,  M = M1 + M2 + (mean2 - mean1)^2 n1 n2 / n

  Ranks that share a sample each keep the points of their slab; slabs follow each other as the points of a channel do.
*/
#include "normalizer_impl.h"
#include <kitinet/error.h>
#include <string.h>

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

/* lower (N): values of lower, then of upper */
static void kn_moments_append(Moments *lower, const Moments *upper, size_t N)
{
  for (size_t i = 0; i < N; i++) lower[i] = kn_moments_merge(lower[i], upper[i]);
}

/*
  mean, std: (C) of this rank's moments (C, S), the other slabs' and the samples', as one rank with all points would
  merge them: point after point.
*/
static PetscErrorCode SetChannels(KNNormalizer normalizer, const KNSharing *sharing, size_t S, const Moments moments[])
{
  const size_t      C     = normalizer->count;
  const PetscMPIInt count = (PetscMPIInt)(3 * C);
  Moments          *sum;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(C, &sum));
  if (sharing->rank > 0)
    PetscCallMPI(MPI_Recv(sum, count, MPI_DOUBLE, sharing->rank - 1, 0, sharing->comm, MPI_STATUS_IGNORE));
  for (size_t i = 0; i < C * S; i++) sum[i / S] = kn_moments_merge(sum[i / S], moments[i]);
  if (sharing->rank < sharing->size - 1)
    PetscCallMPI(MPI_Send(sum, count, MPI_DOUBLE, sharing->rank + 1, 0, sharing->comm));
  PetscCallMPI(MPI_Bcast(sum, count, MPI_DOUBLE, sharing->size - 1, sharing->comm));
  for (size_t c = 0; c < C; c++) {
    normalizer->mean[c] = (float)sum[c].mean;
    normalizer->std[c]  = (float)PetscSqrtReal(sum[c].M / sum[c].n);
  }
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* mean, std: (C, S_fitted) of moments (C, S). */
static PetscErrorCode GetPoints(KNNormalizer normalizer, const KNSharing *sharing, size_t S, const Moments moments[],
                                float mean[], float std[])
{
  const size_t C = (size_t)normalizer->channels, S_fitted = KNGridSize(&normalizer->fitted);
  float       *slab;

  PetscFunctionBegin;
  PetscCall(KNMalloc(C * S, sizeof(*slab), &slab));
  for (int which = 0; which < 2; which++) {
    float *whole = which ? std : mean;

    for (size_t i = 0; i < C * S; i++)
      slab[i] = (float)(which ? PetscSqrtReal(moments[i].M / moments[i].n) : moments[i].mean);
    PetscCall(KNSharingGather(sharing, &normalizer->fitted, C, slab, whole));
    for (size_t c = 0; c < C; c++)
      PetscCallMPI(MPI_Bcast(whole + c * S_fitted, (PetscMPIInt)S_fitted, MPI_FLOAT, 0, sharing->comm));
  }
  PetscCall(KNFree(&slab));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lift of given boundary values, from the moments of each point. */
static PetscErrorCode SetLift(KNNormalizer normalizer, const KNSharing *sharing, size_t S, const Moments moments[])
{
  const size_t count = (size_t)normalizer->channels * KNGridSize(&normalizer->fitted);
  float       *mean, *std;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(count, &mean, count, &std));
  PetscCall(GetPoints(normalizer, sharing, S, moments, mean, std));
  PetscCall(KNNormalizerFitLift(normalizer, mean, std));
  PetscCall(PetscFree2(mean, std));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The moments of one normaliser over all samples, merged in one binary tree over leaves of LEAF samples: the same bits
  for any number of ranks. A sample of the dataset may hold several arrays (C, S) for the normaliser, the frames of a
  trajectory: each counts as a sample.
*/
typedef struct {
  KNNormalizer normalizer; /* NULL: nothing to fit */
  size_t       S;          /* points of this rank's slab */
  size_t       N, repeat;  /* values of an array; arrays in a sample */
  float       *x;          /* (repeat, N) one sample */
  Moments     *moments;    /* (N) of the present leaf */
  /*
    (N) each: [k] of 2^k leaves, for their right neighbour; as a binary counter, k is in use where bit k of `leaves`
    is set
  */
  Moments   *waiting[31];
  PetscInt64 leaves; /* complete */
} Fit;

enum { LEAF = 8 }; /* samples: one array at a time, merging costs an eighth of adding */

/* own: the grid of the dataset's fields; slab: this rank's part of it; block: leaves of a rank */
static PetscErrorCode KNFitCreate(KNNormalizer normalizer, const KNGrid *own, const KNGrid *slab, PetscInt channels,
                                  PetscInt64 block, Fit *fit)
{
  const KNGrid *grid;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(fit, sizeof(*fit)));
  if (!normalizer || normalizer->count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  grid = &normalizer->fitted;
  PetscCheck(channels > 0 && channels % normalizer->channels == 0, PETSC_COMM_WORLD, PETSC_ERR_ARG_SIZ,
             "A normaliser of %" PetscInt_FMT " channels for data of %" PetscInt_FMT " channels", normalizer->channels,
             channels);
  PetscCheck(grid->dim == own->dim && grid->n[0] == own->n[0] && grid->n[1] == own->n[1] && grid->n[2] == own->n[2],
             PETSC_COMM_WORLD, PETSC_ERR_ARG_SIZ, "The normaliser and the dataset lie on different grids");
  fit->normalizer = normalizer;
  fit->S          = KNGridSize(slab);
  fit->N          = (size_t)normalizer->channels * fit->S;
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

/* Collective. Merges the groups of ranks, each with a block of leaves, and hands the result to the normaliser. */
static PetscErrorCode KNFitFinish(const KNSharing *sharing, PetscMPIInt blocks, Fit *fit)
{
  const MPI_Comm comm = sharing->across;
  MPI_Datatype   type;
  PetscMPIInt    rank;
  Moments       *sum = NULL;

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

  if (fit->normalizer->type == KN_NORMALIZER_CHANNEL) PetscCall(SetChannels(fit->normalizer, sharing, fit->S, sum));
  else PetscCall(GetPoints(fit->normalizer, sharing, fit->S, sum, fit->normalizer->mean, fit->normalizer->std));
  if (fit->normalizer->lift) PetscCall(SetLift(fit->normalizer, sharing, fit->S, sum));
  PetscCall(KNNormalizerSetGrid(fit->normalizer, &fit->normalizer->grid));
  PetscCall(KNFree(&fit->x));
  PetscCall(KNFree(&fit->moments));
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(fit->waiting); k++) PetscCall(KNFree(&fit->waiting[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNNormalizerFit(MPI_Comm comm, const KNSharing *sharing, KNDataset dataset, PetscInt64 first,
                               PetscInt64 samples, KNNormalizer input, KNNormalizer output)
{
  const KNProblem *problem;
  KNSharing        alone = {.size = 1, .comm = MPI_COMM_SELF, .across = comm};
  KNGrid           slab, slab_out;
  PetscMPIInt      rank, blocks;
  PetscInt64       start, end, rows, block;
  Fit              fit_x, fit_y;
  int              code                     = 0;
  char             message[2 * KN_MAX_TEXT] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &alone.groups));
  if (!sharing) sharing = &alone;
  PetscCallMPI(MPI_Comm_rank(sharing->across, &rank));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &rows));
  PetscCheck(samples > 0 && first >= 0 && first <= rows - samples, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "The dataset has %" PetscInt64_FMT " samples: statistics of %" PetscInt64_FMT
             " samples from number %" PetscInt64_FMT " on cannot be taken",
             rows, samples, first);
  block    = PetscMin(KNLeafBlock(samples, LEAF, sharing->groups), (samples - 1) / LEAF + 1);
  blocks   = (PetscMPIInt)((samples - 1) / (block * LEAF) + 1);
  slab     = KNGridSlab(KNProblemGrid(problem), sharing->size, sharing->rank);
  slab_out = KNGridSlab(KNProblemOutputGrid(problem), sharing->size, sharing->rank);
  PetscCall(KNFitCreate(input, KNProblemGrid(problem), &slab, problem->input.fields, block, &fit_x));
  PetscCall(KNFitCreate(output, KNProblemOutputGrid(problem), &slab_out,
                        PetscMax(problem->frames, 1) * problem->output.fields, block, &fit_y));

  KNLeafPartition(samples, LEAF, sharing->groups, rank, &start, &end);
  for (PetscInt64 i = start; i < end && !code && (fit_x.normalizer || fit_y.normalizer); i++) {
    code = KNDatasetReadFinite(dataset, first + i, &slab, fit_x.x, fit_y.x, sizeof(message), message);
    if (code) break;
    KNFitAdd(&fit_x);
    KNFitAdd(&fit_y);
    if ((i + 1) % LEAF && i + 1 < end) continue;
    KNFitEndLeaf(&fit_x);
    KNFitEndLeaf(&fit_y);
  }
  PetscCall(KNAgree(comm, code, "%s", message));
  PetscCall(KNFitFinish(sharing, blocks, &fit_x));
  PetscCall(KNFitFinish(sharing, blocks, &fit_y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

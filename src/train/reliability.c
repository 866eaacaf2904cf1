/*
  How far an ensemble's spread tells its error: see reliability.h. Counts are whole numbers and sums run over the
  samples in order, so that nothing depends on the ranks.
*/
#include <kitinet/error.h>
#include <kitinet/reliability.h>
#include <kitinet/statistics.h>
#include <math.h>

const PetscReal KNIntervals[KN_INTERVALS] = {0.5, 0.9};

void kn_ensemble_moments(float *mean, float *spread, const float *y, size_t K, size_t stride, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    double m = 0, squares = 0;

    for (size_t k = 0; k < K; k++) m += (double)y[k * stride + i] / (double)K;
    for (size_t k = 0; k < K; k++) squares += ((double)y[k * stride + i] - m) * ((double)y[k * stride + i] - m);
    if (mean) mean[i] = (float)m;
    if (spread) spread[i] = (float)sqrt(squares / (double)(K - 1));
  }
}

/* sum_kl |y_k - y_l| = 2 sum_k (2 k - K + 1) y_k for y in ascending order, k = 0, 1, .. */
double kn_crps(const double *y, size_t K, double t)
{
  double distance = 0, pairs = 0;

  for (size_t k = 0; k < K; k++) {
    distance += fabs(y[k] - t);
    pairs += (2 * (double)k - (double)K + 1) * (y[k] - y[0]);
  }
  return distance / (double)K - pairs / (double)(K * (K - 1));
}

double kn_interval(size_t K, double p)
{
  return kn_student_interval(K - 1, p) * sqrt(1 + 1 / (double)K);
}

double kn_roc_area(const double *a, size_t n, const double *b, size_t m)
{
  double area = 0;

  for (size_t j = 0, below = 0, up_to = 0; j < m; j++) {
    while (below < n && a[below] < b[j]) below++;
    while (up_to < n && a[up_to] <= b[j]) up_to++;
    area += 0.5 * (double)(below + up_to);
  }
  return area / ((double)n * (double)m);
}

/* of |m - t| / s, from 2^-20 to 2^20: a bin is 0.27 % wide */
enum { OCTAVES = 40, STEPS = 256, BINS = OCTAVES * STEPS };

/* What is known of a sample; sums over its points. */
typedef enum { CRPS, TRUTH, ERROR, SPREAD, SCORE, COVERED, SUMS = COVERED + KN_INTERVALS } Sum;

struct _p_KNReliability {
  PetscInt    members;
  PetscReal   factor;
  PetscInt64  samples;
  size_t      n;
  PetscReal   end[KN_INTERVALS]; /* kn_interval() */
  PetscReal  *sum;               /* (SUMS, samples) */
  PetscInt64 *count;             /* (K + 1 + BINS) ranks, then ratios */
};

PetscErrorCode KNReliabilityCreate(PetscInt members, PetscReal factor, PetscInt64 samples, size_t n,
                                   KNReliability *reliability)
{
  KNReliability r;

  PetscFunctionBegin;
  PetscCheck(SUMS * samples <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "a dataset of %" PetscInt64_FMT " samples: too many to be evaluated at once; split it", samples);
  PetscCall(PetscNew(reliability));
  r          = *reliability;
  r->members = members;
  r->factor  = factor;
  r->samples = samples;
  r->n       = n;
  for (int i = 0; i < KN_INTERVALS; i++) r->end[i] = kn_interval((size_t)members, KNIntervals[i]);
  PetscCall(PetscCalloc2(SUMS * samples, &r->sum, members + 1 + BINS, &r->count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReliabilityDestroy(KNReliability *reliability)
{
  PetscFunctionBegin;
  if (!*reliability) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*reliability)->sum, (*reliability)->count));
  PetscCall(PetscFree(*reliability));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Insertion: K is small, and members of neighbouring points are ordered alike. */
static void kn_sort(double *y, size_t K)
{
  for (size_t k = 1; k < K; k++) {
    const double v = y[k];
    size_t       i = k;

    for (; i > 0 && y[i - 1] > v; i--) y[i] = y[i - 1];
    y[i] = v;
  }
}

/* 0 of 0 is a prediction without error, in the lowest bin. */
static size_t kn_ratio_bin(double error, double spread)
{
  const double place = error > 0 ? (log2(error / spread) + OCTAVES / 2) * STEPS : 0;

  return place <= 0 ? 0 : place < BINS ? (size_t)place : BINS - 1;
}

PetscErrorCode KNReliabilityAdd(KNReliability r, PetscInt64 row, const float y[], size_t stride, const float truth[])
{
  const size_t K         = (size_t)r->members;
  double       sum[SUMS] = {0}, means = 0, member[KN_MAX_MEMBERS];

  PetscFunctionBegin;
  for (size_t i = 0; i < r->n; i++) {
    const double t = truth[i];
    double       m = 0, squares = 0, error, spread;
    size_t       below = 0, ties = 0;

    for (size_t k = 0; k < K; k++) m += (double)y[k * stride + i] / (double)K;
    for (size_t k = 0; k < K; k++) {
      const double deviation = (double)y[k * stride + i] - m;

      squares += deviation * deviation;
      member[k] = m + r->factor * deviation;
      below += member[k] < t;
      ties += member[k] == t;
    }
    kn_sort(member, K);
    error  = fabs(m - t);
    spread = sqrt(squares / (double)(K - 1));
    sum[CRPS] += kn_crps(member, K, t);
    sum[TRUTH] += fabs(t);
    sum[ERROR] += error * error;
    sum[SPREAD] += r->factor * r->factor * spread * spread;
    means += m * m;
    for (int p = 0; p < KN_INTERVALS; p++) sum[COVERED + p] += error <= r->end[p] * r->factor * spread;
    r->count[below + ties / 2]++;
    r->count[K + 1 + kn_ratio_bin(error, spread)]++;
  }
  sum[SCORE] = means > 0 ? sqrt(sum[SPREAD] / means) : sqrt(sum[SPREAD] / (double)r->n);
  for (int s = 0; s < SUMS; s++) r->sum[s * r->samples + row] = sum[s];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReliabilityReduce(KNReliability r, KNReliabilityResult *result)
{
  const PetscReal points      = (PetscReal)r->n;
  PetscReal       total[SUMS] = {0};

  PetscFunctionBegin;
  /* Each sum has one owner, the others add 0: exact, as are whole numbers. */
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, r->sum, (PetscMPIInt)(SUMS * r->samples), MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(
    MPI_Allreduce(MPI_IN_PLACE, r->count, (PetscMPIInt)(r->members + 1 + BINS), MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  *result = (KNReliabilityResult){.members = r->members,
                                  .factor  = r->factor,
                                  .samples = r->samples,
                                  .rank    = r->count,
                                  .spread  = r->sum + SPREAD * r->samples,
                                  .error   = r->sum + ERROR * r->samples,
                                  .score   = r->sum + SCORE * r->samples};
  for (PetscInt64 i = 0; i < r->samples; i++) {
    for (int s = 0; s < SUMS; s++) total[s] += r->sum[s * r->samples + i] / (PetscReal)r->samples;
    result->relative_crps += r->sum[CRPS * r->samples + i] /
                             (r->sum[TRUTH * r->samples + i] > 0 ? r->sum[TRUTH * r->samples + i] : points) /
                             (PetscReal)r->samples;
  }
  result->crps  = total[CRPS] / points;
  result->ratio = PetscSqrtReal(total[SPREAD] * (1 + 1 / (PetscReal)r->members) / total[ERROR]);
  for (int p = 0; p < KN_INTERVALS; p++) result->coverage[p] = total[COVERED + p] / points;
  for (PetscInt64 i = 0; i < r->samples; i++) {
    r->sum[SPREAD * r->samples + i] = PetscSqrtReal(r->sum[SPREAD * r->samples + i] / points);
    r->sum[ERROR * r->samples + i]  = PetscSqrtReal(r->sum[ERROR * r->samples + i] / points);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReliabilityFit(KNReliability r, const char path[], PetscReal *factor)
{
  const PetscInt64 *ratio = r->count + r->members + 1;
  PetscInt64        total = 0, below = 0;
  PetscInt          bin = 0;
  PetscReal         wanted, place;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < BINS; i++) total += ratio[i];
  wanted = 0.9 * (PetscReal)total;
  while (bin < BINS - 1 && (PetscReal)(below + ratio[bin]) < wanted) below += ratio[bin++];
  PetscCheck(bin < BINS - 1, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s: a tenth of the points or more have no spread, so that no factor makes it tell the error; raise "
             "-collision_samples, or train at a higher rate",
             path);
  place   = (PetscReal)bin + (wanted - (PetscReal)below) / (PetscReal)ratio[bin];
  *factor = PetscPowReal(2, place / STEPS - OCTAVES / 2) / r->end[KN_INTERVALS - 1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

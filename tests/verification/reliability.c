/*
  Measures of ensembles against closed forms, on members N(0, 1) and truths N(0, sigma^2), all independent:

    coverage   K = 3: m - t over s has variance (1/3 + sigma^2) of Student's t with 2 degrees of freedom, P(|T| < a) =
               a / (2 + a^2)^(1/2)
    ranks      sigma = 1: all equally frequent
    CRPS       E|y - t| - E|y - y'| / 2 = (2/pi (1 + sigma^2))^(1/2) - pi^(-1/2), for any K: that is what makes it fair
    ratio      ((1 + 1/K) / (1/K + sigma^2))^(1/2)
    factor     (1/3 + sigma^2)^(1/2) / (4/3)^(1/2) for K = 3, and then 90 % are covered whatever sigma is
    ROC area   scores N(0, 1) and N(delta, 1): Phi(delta / 2^(1/2))

  each within 4 standard errors of as many points; and exact values of small ensembles. Bits do not depend on the ranks.
*/
#include <kitinet/random.h>
#include <kitinet/reliability.h>
#include <math.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { SAMPLES = 40, N = 1000, POINTS = SAMPLES * N, MOST = 8 };

static void Normal(float *x, size_t n, PetscInt64 row, PetscInt64 which, double deviation)
{
  for (size_t i = 0; i < n; i++) {
    uint64_t word[4];
    double   normal[2];

    KNRandomWords(9, KN_STREAM_TEST, row, which, (PetscInt64)i, 0, word);
    KNNormalPair(word[0], word[1], normal);
    x[i] = (float)(deviation * normal[0]);
  }
}

static PetscErrorCode Close(const char what[], double found, double expected, double deviation)
{
  PetscFunctionBegin;
  CHECK(PetscAbsReal(found - expected) <= 4 * deviation, "%s: %.8g, expected %.8g within %.2g", what, found, expected,
        4 * deviation);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows in turn on the ranks. */
static PetscErrorCode Judge(PetscInt K, double sigma, PetscReal factor, KNReliability *reliability,
                            KNReliabilityResult *result)
{
  PetscMPIInt rank, size;
  float       y[MOST * N], t[N];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNReliabilityCreate(K, factor, SAMPLES, N, reliability));
  for (PetscInt64 row = rank; row < SAMPLES; row += size) {
    for (PetscInt k = 0; k < K; k++) Normal(y + k * N, N, row, k, 1);
    Normal(t, N, row, 100, sigma);
    PetscCall(KNReliabilityAdd(*reliability, row, y, N, t));
  }
  PetscCall(KNReliabilityReduce(*reliability, result));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* P(|m - t| < end s), K = 3 */
static double Coverage(double end, double sigma)
{
  const double a = end / sqrt(1. / 3 + sigma * sigma);

  return a / sqrt(2 + a * a);
}

static PetscErrorCode TestNormal(double sigma)
{
  KNReliability       reliability;
  KNReliabilityResult result;
  PetscReal           factor;

  PetscFunctionBegin;
  PetscCall(Judge(3, sigma, 1, &reliability, &result));
  for (int p = 0; p < KN_INTERVALS; p++) {
    const double expected = Coverage(kn_interval(3, KNIntervals[p]), sigma);

    PetscCall(Close("coverage", result.coverage[p], expected, sqrt(expected * (1 - expected) / POINTS)));
    if (sigma == 1) PetscCall(Close("coverage of the interval", expected, KNIntervals[p], 1e-9));
  }
  PetscCall(KNReliabilityFit(reliability, "test", &factor));
  /* of the 0.9-quantile of |T|, where its density is 0.0585: (0.9 0.1 / POINTS)^(1/2) / (0.0585 2.92) */
  PetscCall(Close("factor", factor, sqrt((1. / 3 + sigma * sigma) / (4. / 3)), 0.009 * factor));
  PetscCall(KNReliabilityDestroy(&reliability));
  PetscCall(Judge(3, sigma, factor, &reliability, &result));
  PetscCall(Close("coverage after the fit", result.coverage[1], 0.9, 1e-4)); /* the width of a bin */
  PetscCall(Close("the factor's effect on the interval", result.factor, factor, 0));
  PetscCall(KNReliabilityDestroy(&reliability));

  for (PetscInt K = 2; K <= MOST; K *= 2) {
    const double crps = sqrt(M_2_PI * (1 + sigma * sigma)) - sqrt(M_1_PI), k = (double)K;

    PetscCall(Judge(K, sigma, 1, &reliability, &result));
    /* the deviation of |y - t| and |y - y'| is below 0.86 (1 + sigma^2)^(1/2) */
    PetscCall(Close("CRPS", result.crps, crps, 1.2 * PetscMax(1, sigma) / sqrt(POINTS)));
    PetscCall(
      Close("ratio", result.ratio, sqrt((1 + 1 / k) / (1 / k + sigma * sigma)), 1.5 * result.ratio / sqrt(POINTS)));
    for (PetscInt r = 0; r <= K && sigma == 1; r++) {
      const double share = 1. / (double)(K + 1);

      PetscCall(Close("rank", (double)result.rank[r] / POINTS, share, sqrt(share * (1 - share) / POINTS)));
    }
    PetscCall(KNReliabilityDestroy(&reliability));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRanks(void)
{
  KNReliability       reliability;
  KNReliabilityResult result;
  PetscInt64          bits[5], first[5];

  PetscFunctionBegin;
  PetscCall(Judge(4, 0.7, 1.3, &reliability, &result));
  memcpy(
    bits,
    (const PetscReal[]){result.crps, result.relative_crps, result.ratio, result.coverage[1], result.score[SAMPLES - 1]},
    sizeof(bits));
  memcpy(first, bits, sizeof(bits));
  PetscCallMPI(MPI_Bcast(first, sizeof(first), MPI_BYTE, 0, PETSC_COMM_WORLD));
  CHECK(!memcmp(bits, first, sizeof(bits)), "the ranks have different results");
  /* What one rank finds: the test of 2 and 3 ranks compares with it. */
  PetscCall(KNReliabilityDestroy(&reliability));
  PetscCall(KNReliabilityCreate(4, 1.3, SAMPLES, N, &reliability));
  for (PetscInt64 row = 0; row < SAMPLES; row++) {
    PetscMPIInt rank;
    float       y[MOST * N], t[N];

    PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
    if (rank) continue;
    for (PetscInt k = 0; k < 4; k++) Normal(y + k * N, N, row, k, 1);
    Normal(t, N, row, 100, 0.7);
    PetscCall(KNReliabilityAdd(reliability, row, y, N, t));
  }
  PetscCall(KNReliabilityReduce(reliability, &result));
  CHECK(!memcmp(bits,
                (const PetscReal[]){result.crps, result.relative_crps, result.ratio, result.coverage[1],
                                    result.score[SAMPLES - 1]},
                sizeof(bits)),
        "other bits on one rank than on all");
  PetscCall(KNReliabilityDestroy(&reliability));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Ascending(const void *a, const void *b)
{
  const double d = *(const double *)a - *(const double *)b;

  return (d > 0) - (d < 0);
}

static PetscErrorCode TestROC(double delta)
{
  static double a[POINTS], b[POINTS / 2];
  float         x[POINTS];
  const double  area = 0.5 * erfc(-delta / 2);

  PetscFunctionBegin;
  Normal(x, POINTS, 0, 200, 1);
  for (size_t i = 0; i < POINTS; i++) a[i] = x[i];
  Normal(x, POINTS / 2, 0, 201, 1);
  for (size_t i = 0; i < POINTS / 2; i++) b[i] = delta + x[i];
  qsort(a, POINTS, sizeof(*a), Ascending);
  qsort(b, POINTS / 2, sizeof(*b), Ascending);
  /* Birnbaum and Klose's bound for the smaller set */
  PetscCall(Close("ROC area", kn_roc_area(a, POINTS, b, POINTS / 2), area, sqrt(area * (1 - area) / (POINTS / 2))));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestExact(void)
{
  const double        y[] = {-1, 0, 3}, a[] = {1, 2, 2, 5}, b[] = {2, 6};
  const float         members[] = {1, 5, 3, 5}; /* K = 2, two points */
  float               mean[2], spread[2];
  KNReliability       reliability;
  KNReliabilityResult result;

  PetscFunctionBegin;
  PetscCall(Close("CRPS of 3 members", kn_crps(y, 3, 1), (2. + 1 + 2) / 3 - (1. + 4 + 3) / 6, 1e-15));
  PetscCall(Close("ROC area of 4 and 2 scores", kn_roc_area(a, 4, b, 2), (1 + 2 * 0.5 + 4) / 8, 1e-15));
  CHECK(isnan(kn_roc_area(a, 0, b, 2)), "an area of nothing");
  kn_ensemble_moments(mean, spread, members, 2, 2, 2);
  CHECK(mean[0] == 2 && mean[1] == 5 && spread[1] == 0 && fabsf(spread[0] - sqrtf(2)) < 1e-6f,
        "moments of 1, 3 and 5, 5: %g +- %g, %g +- %g", (double)mean[0], (double)spread[0], (double)mean[1],
        (double)spread[1]);

  /* The second point has no spread: right, it is covered; wrong, it is not, and no factor helps. */
  for (int wrong = 0; wrong < 2; wrong++) {
    PetscMPIInt rank;
    PetscReal   factor;

    PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
    PetscCall(KNReliabilityCreate(2, 1, 1, 2, &reliability));
    if (rank == 0) PetscCall(KNReliabilityAdd(reliability, 0, members, 2, (const float[]){2, wrong ? 6 : 5}));
    PetscCall(KNReliabilityReduce(reliability, &result));
    PetscCall(Close("coverage without spread", result.coverage[1], wrong ? 0.5 : 1, 1e-15));
    if (wrong) {
      PetscErrorCode code;

      PetscCall(PetscPushErrorHandler(PetscIgnoreErrorHandler, NULL));
      code = KNReliabilityFit(reliability, "test", &factor);
      PetscCall(PetscPopErrorHandler());
      CHECK(code, "a factor of %g for points without spread", (double)factor);
    }
    PetscCall(KNReliabilityDestroy(&reliability));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestExact());
  PetscCall(TestNormal(1));
  PetscCall(TestNormal(2.5));
  PetscCall(TestRanks());
  PetscCall(TestROC(0));
  PetscCall(TestROC(1));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Normalisers against the direct two-pass formula in double, on any number of ranks; inverse, gradient, interpolation,
  refusals.
*/
#include <kitinet/error.h>
#include <kitinet/normalizer.h>
#include "small_dataset.h"

enum { N = 23, FIRST = 2, FITTED = 19, C = 2 }; /* rows; the fit takes [FIRST, FIRST + FITTED) */

/* Small deviations on a large mean, of another scale in each channel and point: a naive sum of squares fails here. */
static const PetscInt shape[2] = {5, 7};
static float          Value(PetscInt64 row, int field, size_t i)
{
  const size_t S = 35, c = i / S, s = i % S;

  if (field == 1 && s == 3) return 0.25f; /* a point without deviation */
  return (float)((field ? 1e-3 : 1.0) *
                 (100.0 * (double)(c + 1) + (double)s + 1e-2 * (double)(s + 1) * SmallDatasetValue(row, field, i)));
}

/*
  A channel (points = 1) or a point (points = S) has the mean and deviation of the two-pass formula over the fitted
  rows.
*/
static PetscErrorCode TestStatistics(KNNormalizer normalizer, int field, size_t points)
{
  const size_t S = 35;
  size_t       count;
  float       *mean, *std;

  PetscFunctionBegin;
  PetscCall(KNNormalizerGetStatistics(normalizer, NULL, NULL, NULL, &count, &mean, &std));
  PetscCheck(count == C * points, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%zu statistics", count);
  for (size_t k = 0; k < count; k++) {
    const size_t from = k * (S / points), n = S / points;
    double       m = 0.0, v = 0.0;

    for (PetscInt64 row = FIRST; row < FIRST + FITTED; row++) {
      for (size_t i = from; i < from + n; i++) m += Value(row, field, i) / (double)(FITTED * n);
    }
    for (PetscInt64 row = FIRST; row < FIRST + FITTED; row++) {
      for (size_t i = from; i < from + n; i++) v += PetscSqr(Value(row, field, i) - m) / (double)(FITTED * n);
    }
    PetscCheck(PetscAbsReal(mean[k] - m) <= 1e-7 * PetscAbsReal(m), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Mean %zu: %.9g instead of %.9g", k, (double)mean[k], m);
    PetscCheck(PetscAbsReal(std[k] - PetscSqrtReal(v)) <= 1e-6 * PetscSqrtReal(v) + 1e-15, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "Deviation %zu: %.9g instead of %.9g", k, (double)std[k], PetscSqrtReal(v));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Encoded data have mean 0 and deviation 1; decoding restores them; the gradient of decoding is its slope. */
static PetscErrorCode TestTransform(KNNormalizer normalizer, int field, const KNGrid *grid)
{
  const size_t n = C * KNGridSize(grid);
  float       *x, *z, *dz;
  double       mean = 0.0, square = 0.0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(FITTED * n, &x, FITTED * n, &z, FITTED * n, &dz));
  for (size_t i = 0; i < FITTED * n; i++) z[i] = x[i] = Value(FIRST + (PetscInt64)(i / n), field, i % n);
  PetscCall(KNNormalizerEncode(normalizer, FITTED, z));
  for (size_t i = 0; i < FITTED * n; i++) {
    mean += z[i] / (double)(FITTED * n);
    square += PetscSqr(z[i]) / (double)(FITTED * n);
  }
  PetscCheck(PetscAbsReal(mean) < 1e-2 && square > 0.9 && square < 1.001, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "Encoded data have mean %g, mean square %g", mean, square);

  /*
    decode(z + h) - decode(z) = h scale, linear in z: any h; here the scale itself is large against the rounding of x
  */
  for (size_t i = 0; i < FITTED * n; i++) dz[i] = 2.0f;
  PetscCall(KNNormalizerDecodeBackward(normalizer, FITTED, 1, dz));
  PetscCall(KNNormalizerDecode(normalizer, FITTED, z));
  for (size_t i = 0; i < FITTED * n; i++) {
    PetscCheck(PetscAbsReal(z[i] - x[i]) <= 3e-7 * PetscAbsReal(x[i]), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Value %zu: %.9g decoded as %.9g", i, (double)x[i], (double)z[i]);
    x[i] = 1000.0f;
    z[i] = 3000.0f;
  }
  PetscCall(KNNormalizerDecode(normalizer, FITTED, x));
  PetscCall(KNNormalizerDecode(normalizer, FITTED, z));
  for (size_t i = 0; i < FITTED * n; i++)
    PetscCheck(PetscAbsReal((z[i] - x[i]) / 2000.0 - dz[i] / 2.0) <= 1e-6 * (z[i] / 2000.0), PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "Gradient %zu: %.9g instead of %.9g", i, (double)dz[i], (z[i] - x[i]) / 1000.0);
  PetscCall(PetscFree3(x, z, dz));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestFit(const char path[])
{
  const KNGrid grid = KNGridMake(2, shape, KN_POINTS_CELLS);
  KNProblem    problem;
  KNDataset    dataset;

  PetscFunctionBegin;
  SmallDatasetProblem(C, C, 0, NULL, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, N, Value));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  for (int type = KN_NORMALIZER_NONE; type <= KN_NORMALIZER_POINTWISE; type++) {
    KNNormalizer x, y;

    PetscCall(KNNormalizerCreate((KNNormalizerType)type, C, &grid, &x));
    PetscCall(KNNormalizerCreate((KNNormalizerType)type, C, &grid, &y));
    PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, dataset, FIRST, FITTED, x, y));
    if (type == KN_NORMALIZER_NONE) {
      float value = 3.0f;

      PetscCall(KNNormalizerEncode(x, 0, &value));
      PetscCheck(value == 3.0f, PETSC_COMM_SELF, PETSC_ERR_PLIB, "No normaliser changes nothing");
    } else {
      PetscCall(TestStatistics(x, 0, type == KN_NORMALIZER_CHANNEL ? 1 : 35));
      PetscCall(TestStatistics(y, 1, type == KN_NORMALIZER_CHANNEL ? 1 : 35));
      PetscCall(TestTransform(x, 0, &grid));
      PetscCall(TestTransform(y, 1, &grid));
    }
    PetscCall(KNNormalizerDestroy(&x));
    PetscCall(KNNormalizerDestroy(&y));
  }
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The frames of a trajectory count as samples: T frames of one channel have the statistics of T N samples. */
static PetscErrorCode TestFrames(const char path[])
{
  enum { T = 3 };
  const PetscInt n    = 6;
  const KNGrid   grid = KNGridMake(1, &n, KN_POINTS_PERIODIC);
  PetscReal      times[T];
  KNProblem      problem;
  KNDataset      dataset;
  KNNormalizer   frame;
  float         *mean;

  PetscFunctionBegin;
  SmallDatasetProblem(0, 1, T, times, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, N, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNNormalizerCreate(KN_NORMALIZER_POINTWISE, 1, &grid, &frame));
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, dataset, 0, N, NULL, frame));
  PetscCall(KNNormalizerGetStatistics(frame, NULL, NULL, NULL, NULL, &mean, NULL));
  for (PetscInt s = 0; s < n; s++) {
    double m = 0.0;

    for (PetscInt64 row = 0; row < N; row++) {
      for (int t = 0; t < T; t++) m += SmallDatasetValue(row, 1, (size_t)(t * n + s)) / (T * N);
    }
    PetscCheck(PetscAbsReal(mean[s] - m) < 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Mean over frames at %" PetscInt_FMT ": %g instead of %g", s, (double)mean[s], m);
  }
  PetscCall(KNNormalizerDestroy(&frame));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The statistics have the same bits on all ranks together, also in groups that share samples, as on each alone. Values
  of very different sizes nearly cancel in their mean, so that any other order of additions shows.
*/
static float ValueCancelling(PetscInt64 row, int field, size_t i)
{
  return (float)((row % 2 ? -1 : 1) * ldexp(1 + SmallDatasetValue(row / 2, field, i), (int)(row / 2 * 7 % 13)));
}
static PetscErrorCode TestRanks(const char path[], KNNormalizerType type, PetscMPIInt ranks_per_sample)
{
  enum { ROWS = 91 };
  const KNGrid grid    = KNGridMake(2, shape, KN_POINTS_CELLS);
  KNSharing    sharing = {.size = ranks_per_sample};
  KNProblem    problem;
  KNDataset    dataset;
  KNNormalizer together, alone;
  PetscMPIInt  rank, size;
  PetscBool    same;
  size_t       count;
  float       *mean[2], *std[2];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  sharing.rank   = rank % sharing.size;
  sharing.groups = size / sharing.size;
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, rank / sharing.size, rank, &sharing.comm));
  PetscCallMPI(MPI_Comm_split(PETSC_COMM_WORLD, sharing.rank, rank, &sharing.across));
  SmallDatasetProblem(2, 2, 0, NULL, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, ROWS, ValueCancelling));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNNormalizerCreate(type, 2, &grid, &together));
  PetscCall(KNNormalizerCreate(type, 2, &grid, &alone));
  for (PetscInt64 samples = 1; samples <= ROWS; samples += 9) {
    PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, &sharing, dataset, ROWS - samples, samples, NULL, together));
    PetscCall(KNNormalizerFit(PETSC_COMM_SELF, NULL, dataset, ROWS - samples, samples, NULL, alone));
    PetscCall(KNNormalizerGetStatistics(together, NULL, NULL, NULL, &count, &mean[0], &std[0]));
    PetscCall(KNNormalizerGetStatistics(alone, NULL, NULL, NULL, &count, &mean[1], &std[1]));
    PetscCall(PetscMemcmp(mean[0], mean[1], count * sizeof(float), &same));
    PetscCheck(same, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Means of %" PetscInt64_FMT " samples: %a, %a", samples,
               (double)mean[0][0], (double)mean[1][0]);
    PetscCall(PetscMemcmp(std[0], std[1], count * sizeof(float), &same));
    PetscCheck(same, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Deviations of %" PetscInt64_FMT " samples: %a, %a", samples,
               (double)std[0][0], (double)std[1][0]);
  }
  PetscCall(KNNormalizerDestroy(&alone));
  PetscCall(KNNormalizerDestroy(&together));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscCall(KNSharingDestroy(&sharing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* NaN in the data is refused by all ranks, though one alone read it. One sample, on one rank: its value is the mean. */
static float ValueNaN(PetscInt64 row, int field, size_t i)
{
  return row == N - 1 && field == 1 && i == 5 ? NAN : 1.0f;
}
static PetscErrorCode TestNaN(const char path[])
{
  const KNGrid   grid = KNGridMake(2, shape, KN_POINTS_CELLS);
  KNProblem      problem;
  KNDataset      dataset;
  KNNormalizer   y;
  float         *mean, *std;
  PetscErrorCode code;

  PetscFunctionBegin;
  SmallDatasetProblem(1, 1, 0, NULL, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, N, ValueNaN));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNNormalizerCreate(KN_NORMALIZER_CHANNEL, 1, &grid, &y));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNNormalizerFit(PETSC_COMM_WORLD, NULL, dataset, 0, N, NULL, y);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_INPUT, PETSC_COMM_SELF, PETSC_ERR_PLIB, "NaN in the data: code %d", code);
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, dataset, N - 2, 1, NULL, y));
  PetscCall(KNNormalizerGetStatistics(y, NULL, NULL, NULL, NULL, &mean, &std));
  PetscCheck(mean[0] == 1.0f && std[0] == 0.0f, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "One constant sample: mean %g, deviation %g", (double)mean[0], (double)std[0]);
  PetscCall(KNNormalizerDestroy(&y));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  On another grid the statistics of a multilinear function are that function, between the outermost points; decode
  still inverts encode.
*/
static PetscErrorCode TestInterpolation(PetscInt dim, KNPoints points)
{
  const PetscInt from_n[3] = {6, 9, 4}, to_n[3] = {11, 7, 5};
  const KNGrid   from = KNGridMake(dim, from_n, points), to = KNGridMake(dim, to_n, points);
  const size_t   S = KNGridSize(&to);
  KNNormalizer   normalizer;
  float         *mean, *std, *z;
  size_t         s = 0, inside = 0;

  PetscFunctionBegin;
  PetscCall(KNNormalizerCreate(KN_NORMALIZER_POINTWISE, 1, &from, &normalizer));
  PetscCall(KNNormalizerGetStatistics(normalizer, NULL, NULL, NULL, NULL, &mean, &std));
  for (int pass = 0; pass < 2; pass++) {
    const KNGrid *grid = pass ? &to : &from;

    if (pass) PetscCall(KNNormalizerSetGrid(normalizer, &to));
    PetscCall(PetscCalloc1(KNGridSize(grid), &z));
    if (pass) PetscCall(KNNormalizerDecode(normalizer, 1, z)); /* 0 is decoded as the mean */
    s = 0;
    for (PetscInt i = 0; i < grid->n[0]; i++) {
      for (PetscInt j = 0; j < grid->n[1]; j++) {
        for (PetscInt k = 0; k < grid->n[2]; k++, s++) {
          const PetscInt at[3] = {i, j, k};
          PetscReal      f     = 1.0;
          PetscBool      in    = PETSC_TRUE;

          for (int a = 0; a < dim; a++) {
            const PetscReal x = KNPointsCoordinate(points, grid->n[a], at[a]);

            f *= 1.0 + (a + 1) * x;
            if (x < KNPointsCoordinate(points, from.n[a], 0) ||
                x > KNPointsCoordinate(points, from.n[a], from.n[a] - 1))
              in = PETSC_FALSE;
          }
          if (!pass) {
            mean[s] = (float)f;
            std[s]  = (float)(2.0 * f);
          } else if (in) {
            inside++;
            PetscCheck(PetscAbsReal(z[s] - f) < 1e-6 * f, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                       "%" PetscInt_FMT "D %s, point %zu: %.9g instead of %.9g", dim, KNPointsNames[points], s,
                       (double)z[s], (double)f);
          }
        }
      }
    }
    PetscCall(PetscFree(z));
  }
  PetscCheck(inside > S / 8, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%zu of %zu points were compared", inside, S);
  PetscCall(KNNormalizerDestroy(&normalizer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Multiplying a field by a power of two, a change of its unit, changes no encoded value. */
static PetscErrorCode TestUnits(void)
{
  const PetscInt n    = 4;
  const KNGrid   grid = KNGridMake(1, &n, KN_POINTS_CELLS);
  float          z[2][4];

  PetscFunctionBegin;
  for (int unit = 0; unit < 2; unit++) {
    const float  factor = unit ? 0x1p-30f : 1.0f;
    KNNormalizer normalizer;
    float       *mean, *std;

    PetscCall(KNNormalizerCreate(KN_NORMALIZER_POINTWISE, 1, &grid, &normalizer));
    PetscCall(KNNormalizerGetStatistics(normalizer, NULL, NULL, NULL, NULL, &mean, &std));
    for (int s = 0; s < 4; s++) {
      mean[s]    = factor * (float)s;
      std[s]     = factor * 0.5f * (float)s; /* none at the first point */
      z[unit][s] = factor * (float)(s * s + 1);
    }
    PetscCall(KNNormalizerSetGrid(normalizer, &grid));
    PetscCall(KNNormalizerEncode(normalizer, 1, z[unit]));
    PetscCall(KNNormalizerDestroy(&normalizer));
  }
  for (int s = 0; s < 4; s++)
    PetscCheck(PetscAbsReal(z[0][s] - z[1][s]) <= 1e-6 * PetscAbsReal(z[0][s]), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Point %d: %g, in other units %g", s, (double)z[0][s], (double)z[1][s]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscMPIInt size;
  char        path[64];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscSNPrintf(path, sizeof(path), "normalizer_%d.h5", size));
  PetscCall(TestFit(path));
  PetscCall(TestFrames(path));
  for (PetscMPIInt k = 1; k <= size; k++) {
    if (size % k == 0) PetscCall(TestRanks(path, KN_NORMALIZER_CHANNEL, k));
    if (size % k == 0) PetscCall(TestRanks(path, KN_NORMALIZER_POINTWISE, k));
  }
  PetscCall(TestNaN(path));
  for (PetscInt dim = 1; dim <= 3; dim++) {
    for (int points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++)
      PetscCall(TestInterpolation(dim, (KNPoints)points));
  }
  PetscCall(TestUnits());
  PetscCall(PetscFinalize());
  return 0;
}

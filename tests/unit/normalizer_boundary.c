/*
  Given boundary values: decoded fields have them whatever the network says, on nodes of one to three axes; the lift is
  the transfinite one; on other grids and in slabs; the gradient is the slope; what does not fit is refused.
*/
#include "dataset_test.h"
#include "small_dataset.h"
#include <kitinet/normalizer.h>
#include <math.h>

enum { N = 9 };

static const KNGrid *written; /* grid of the dataset that Value() makes */

/* Product of the axes' coordinates, a field that equals its transfinite interpolation, plus 0.25. */
static double Multilinear(const KNGrid *grid, size_t s)
{
  const size_t n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2], at[KN_MAX_DIM] = {s / (n1 * n2), s / n2 % n1, s % n2};
  double       product = 1;

  for (PetscInt a = 0; a < grid->dim; a++)
    product *= (double)KNPointsCoordinate(grid->points, KNGridWhole(grid, a), (PetscInt)at[a] + (a ? 0 : grid->first));
  return product + 0.25;
}

/* 0 on the boundary of nodes only */
static double Bubble(const KNGrid *grid, size_t s)
{
  const size_t n1 = (size_t)grid->n[1], n2 = (size_t)grid->n[2], at[KN_MAX_DIM] = {s / (n1 * n2), s / n2 % n1, s % n2};
  double       product = 1;

  for (PetscInt a = 0; a < grid->dim; a++) {
    const double t = (double)KNPointsCoordinate(grid->points, grid->n[a], (PetscInt)at[a]);

    product *= 4 * t * (1 - t);
  }
  return product;
}

/* Outputs have the boundary values of Multilinear(), the same in all rows; inside they differ. */
static float Value(PetscInt64 row, int field, size_t i)
{
  const size_t s = i % KNGridSize(written);

  return field ? (float)(Multilinear(written, s) + Bubble(written, s) * SmallDatasetValue(row, field, i)) : 1.0f;
}

/* The same, but for one value of one row. */
static float ValueOnce(PetscInt64 row, int field, size_t i)
{
  return Value(row, field, i) + (row == N - 1 && field == 1 && i == 0 ? 0.01f : 0.0f);
}

/* Cells: a field that is 0 on the boundary, and one that is not. */
static float ValueZero(PetscInt64 row, int field, size_t i)
{
  return field ? (float)(Bubble(written, i % KNGridSize(written)) * (2 + SmallDatasetValue(row, 0, 0))) : 1.0f;
}

static PetscErrorCode Fit(const KNGrid *grid, float (*value)(PetscInt64, int, size_t), KNNormalizer *output)
{
  KNProblem problem;
  KNDataset dataset;

  PetscFunctionBegin;
  written = grid;
  SmallDatasetProblem(1, 1, 0, NULL, grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "boundary.h5", &problem, N, value));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "boundary.h5", &dataset));
  PetscCall(KNNormalizerCreate(KN_NORMALIZER_CHANNEL, 1, grid, output));
  PetscCall(KNNormalizerKeepBoundary(*output));
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, dataset, 0, N, NULL, *output));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On this grid decoding noise leaves the boundary values; noise 0 gives the lift; the gradient is the slope. */
static PetscErrorCode TestGrid(KNNormalizer normalizer, const KNGrid *grid)
{
  const size_t S = KNGridSize(grid);
  float       *x, *dz;

  PetscFunctionBegin;
  PetscCall(KNNormalizerSetGrid(normalizer, grid));
  PetscCall(PetscMalloc2(2 * S, &x, S, &dz));
  for (size_t s = 0; s < S; s++) {
    x[s]     = 0;
    x[S + s] = 1 + SmallDatasetValue(1, 0, s);
    dz[s]    = 1;
  }
  for (size_t s = 0; s < S; s++) dz[s] *= x[S + s];
  PetscCall(KNNormalizerDecode(normalizer, 2, x));
  PetscCall(KNNormalizerDecodeBackward(normalizer, 1, 1, dz));
  for (size_t s = 0; s < S; s++) {
    const double lift   = Multilinear(grid, s);
    size_t       inside = 1;

    for (PetscInt a = 0; a < grid->dim; a++) {
      const size_t step = a == grid->dim - 1   ? 1
                          : a == grid->dim - 2 ? (size_t)grid->n[grid->dim - 1]
                                               : (size_t)(grid->n[1] * grid->n[2]);
      const size_t at   = s / step % (size_t)grid->n[a] + (a ? 0 : (size_t)grid->first);

      if (at == 0 || at == (size_t)KNGridWhole(grid, a) - 1) inside = 0;
    }
    CHECK(PetscAbsReal(x[s] - lift) < 2e-6, "lift %zu: %.9g, not %.9g", s, (double)x[s], lift);
    CHECK(inside || x[S + s] == x[s], "boundary value %zu: %.9g, not %.9g", s, (double)x[S + s], (double)x[s]);
    CHECK(!inside || x[S + s] > x[s], "value %zu inside is not the network's", s);
    CHECK(PetscAbsReal((double)x[S + s] - (double)x[s] - (double)dz[s]) < 1e-6, "slope %zu: %g, not %g", s,
          (double)dz[s], (double)(x[S + s] - x[s]));
  }
  PetscCall(PetscFree2(x, dz));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRefused(const KNGrid *grid, float (*value)(PetscInt64, int, size_t))
{
  KNNormalizer   normalizer = NULL;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = Fit(grid, value, &normalizer);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == KN_ERR_INPUT, "error %d instead of %d on %s", code, KN_ERR_INPUT, KNPointsNames[grid->points]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt shape[] = {7, 6, 5}, finer[] = {13, 11, 9};
  KNNormalizer          normalizer;
  KNGrid                grid, other;

  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("normalizer_boundary"));
  for (PetscInt dim = 1; dim <= KN_MAX_DIM; dim++) {
    grid  = KNGridMake(dim, shape, KN_POINTS_NODES);
    other = KNGridMake(dim, finer, KN_POINTS_NODES);
    PetscCall(Fit(&grid, Value, &normalizer));
    PetscCall(TestGrid(normalizer, &grid));
    PetscCall(TestGrid(normalizer, &other));
    for (PetscMPIInt r = 0; r < 3; r++) {
      const KNGrid slab = KNGridSlab(&grid, 3, r);

      PetscCall(TestGrid(normalizer, &slab));
    }
    PetscCall(KNNormalizerDestroy(&normalizer));
    PetscCall(TestRefused(&grid, ValueOnce));
  }
  grid = KNGridMake(2, finer, KN_POINTS_CELLS);
  PetscCall(Fit(&grid, ValueZero, &normalizer));
  PetscCall(KNNormalizerDestroy(&normalizer));
  PetscCall(TestRefused(&grid, Value));
  PetscCall(PetscFinalize());
  return 0;
}

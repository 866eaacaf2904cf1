/* Statistics under symmetries are those of all images of all samples, written out and fitted; elements leave them
 * alone. */
#include <kitinet/error.h>
#include <kitinet/normalizer.h>
#include "small_dataset.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { N = 5, ORDER = 8 };

/* Row N k + r of the larger dataset is row r under element k; of a mean that differs from point to point. */
static KNSymmetry group;
static KNProblem  problem;

static float Value(PetscInt64 row, int side, size_t i)
{
  return SmallDatasetValue(row, side, i) + 2 * SmallDatasetValue(99, side, i) + 1;
}

static float Image(PetscInt64 row, int side, size_t i)
{
  const KNSpace  *space = side ? &problem.output : &problem.input;
  const size_t    S = KNGridSize(&space->grid), f = i / S;
  const KNAction *g;
  KNElement       e;

  KNSymmetryGetElement(group, row / N, &e);
  g = side ? &e.output : &e.input;
  return (float)g->field_sign[f] *
         Value(row % N, side, (size_t)g->field[f] * S + kn_symmetry_source(g, &space->grid, i % S));
}

static PetscErrorCode TestType(KNDataset samples, KNDataset images, KNNormalizerType type)
{
  KNNormalizer few[2], all[2];

  PetscFunctionBegin;
  for (int side = 0; side < 2; side++) {
    const KNSpace *space = side ? &problem.output : &problem.input;

    PetscCall(KNNormalizerCreate(type, space->fields, &space->grid, &few[side]));
    PetscCall(KNNormalizerCreate(type, space->fields, &space->grid, &all[side]));
  }
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, samples, 0, N, few[0], few[1]));
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, NULL, images, 0, N * ORDER, all[0], all[1]));
  for (int side = 0; side < 2; side++) {
    KNNormalizerType found;
    PetscInt         channels;
    KNGrid           grid;
    size_t           count;
    float           *mean, *std, *of_all, *std_of_all, worst = 0, before = 0;

    PetscCall(KNNormalizerGetStatistics(all[side], &found, &channels, &grid, &count, &of_all, &std_of_all));
    PetscCall(KNNormalizerGetStatistics(few[side], &found, &channels, &grid, &count, &mean, &std));
    for (size_t i = 0; i < count; i++) before = PetscMax(before, PetscAbsReal(mean[i] - of_all[i]));
    PetscCall(KNNormalizerSymmetrize(few[side], group, (PetscBool)side));
    for (size_t i = 0; i < count; i++) {
      worst = PetscMax(worst, PetscAbsReal(mean[i] - of_all[i]));
      worst = PetscMax(worst, PetscAbsReal(std[i] - std_of_all[i]));
    }
    CHECK(worst < 2e-6f && before > 0.1f, "%s, side %d: statistics of the images differ by %g, before by %g",
          KNNormalizerNames[type], side, (double)worst, (double)before);
    PetscCall(KNNormalizerDestroy(&few[side]));
    PetscCall(KNNormalizerDestroy(&all[side]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){4, 4}, KN_POINTS_CELLS);
  KNDataset    samples, images;

  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  SmallDatasetProblem(2, 2, 0, NULL, &grid, &problem);
  PetscCall(KNProblemAddSymmetry(&problem, "reflect(x) x1=-x1 y1=-y1"));
  PetscCall(KNProblemAddSymmetry(&problem, "exchange(x,y) x1=x2 x2=x1"));
  PetscCall(KNSymmetryCreate(&problem, "the test", KN_ERR_INPUT, &group));
  CHECK(KNSymmetryOrder(group) == ORDER, "%" PetscInt64_FMT " elements", KNSymmetryOrder(group));
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "normalizer_samples.h5", &problem, N, Value));
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "normalizer_images.h5", &problem, N * ORDER, Image));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "normalizer_samples.h5", &samples));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "normalizer_images.h5", &images));
  PetscCall(TestType(samples, images, KN_NORMALIZER_CHANNEL));
  PetscCall(TestType(samples, images, KN_NORMALIZER_POINTWISE));
  PetscCall(KNDatasetDestroy(&samples));
  PetscCall(KNDatasetDestroy(&images));
  PetscCall(KNSymmetryDestroy(&group));
  PetscCall(PetscFinalize());
  return 0;
}

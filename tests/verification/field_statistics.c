/*
  Moments of the random field over 4,000 samples against the exact ones, within 4 standard errors: mean 0, variance and
  covariance at pairs of points, fourth moment of a Gaussian, independence of the fields of one sample. The expansion
  has more modes than the grid resolves, so that folded modes count too.
*/
#include <kitinet/field.h>

#define SAMPLES 4000
#define POINTS  16

/* sum / SAMPLES, an estimate whose terms have the given variance, must lie near the exact value. */
static PetscErrorCode CheckMean(const char what[], PetscReal sum, PetscReal exact, PetscReal variance)
{
  const PetscReal mean = sum / SAMPLES, error = PetscSqrtReal(variance / SAMPLES);

  PetscFunctionBegin;
  PetscCheck(PetscAbsReal(mean - exact) <= 4.0 * error, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s is %g, exact %g, standard error %g", what, (double)mean, (double)exact, (double)error);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Points p and q of the grid, as (i, j); one axis: j counts. */
static PetscErrorCode CheckField(PetscInt dim, KNPoints points)
{
  static const PetscInt pair[][4] = {{0, 0, 0, 0},  {7, 9, 7, 9},  {0, 0, 0, 1},
                                     {0, 3, 15, 3}, {5, 5, 9, 12}, {0, 15, 15, 0}};
  enum { PAIRS = sizeof(pair) / sizeof(pair[0]) };
  const KNGrid  grid = KNGridMake(dim, (const PetscInt[]){POINTS, POINTS}, points);
  KNRandomField field;
  PetscReal     first[PAIRS] = {0.0}, second[PAIRS] = {0.0}, fourth[PAIRS] = {0.0}, cross[PAIRS] = {0.0}, *u, *v;

  PetscFunctionBegin;
  PetscCall(KNRandomFieldCreate("test_", dim, &field));
  PetscCall(KNRandomFieldSetUp(field, 24));
  PetscCall(PetscMalloc2(KNGridSize(&grid), &u, KNGridSize(&grid), &v));
  for (PetscInt sample = 0; sample < SAMPLES; sample++) {
    PetscCall(KNRandomFieldDraw(field, 11, sample, 0));
    PetscCall(KNRandomFieldEvaluate(field, &grid, u));
    PetscCall(KNRandomFieldDraw(field, 11, sample, 1));
    PetscCall(KNRandomFieldEvaluate(field, &grid, v));
    for (int i = 0; i < PAIRS; i++) {
      const size_t    row = dim == 2 ? POINTS : 0;
      const PetscReal up  = u[(size_t)pair[i][0] * row + (size_t)pair[i][1]],
                      uq  = u[(size_t)pair[i][2] * row + (size_t)pair[i][3]];

      first[i] += up;
      second[i] += up * uq;
      fourth[i] += PetscSqr(PetscSqr(up));
      cross[i] += up * v[(size_t)pair[i][2] * row + (size_t)pair[i][3]];
    }
  }
  for (int i = 0; i < PAIRS; i++) {
    PetscReal p[2], q[2], pp, qq, pq;

    for (PetscInt axis = 0; axis < dim; axis++) {
      p[axis] = KNPointsCoordinate(points, POINTS, pair[i][2 - dim + axis]);
      q[axis] = KNPointsCoordinate(points, POINTS, pair[i][4 - dim + axis]);
    }
    PetscCall(KNRandomFieldCovariance(field, p, p, &pp));
    PetscCall(KNRandomFieldCovariance(field, q, q, &qq));
    PetscCall(KNRandomFieldCovariance(field, p, q, &pq));
    PetscCall(CheckMean("the mean", first[i], 0.0, pp));
    PetscCall(CheckMean("the covariance", second[i], pq, pp * qq + pq * pq));
    PetscCall(CheckMean("the fourth moment", fourth[i], 3.0 * pp * pp, 96.0 * PetscSqr(pp * pp)));
    PetscCall(CheckMean("the covariance of two fields of a sample", cross[i], 0.0, pp * qq));
  }
  PetscCall(PetscFree2(u, v));
  PetscCall(KNRandomFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 2; dim++) {
    PetscCall(CheckField(dim, KN_POINTS_CELLS));
    PetscCall(CheckField(dim, KN_POINTS_NODES));
  }
  PetscCall(PetscFinalize());
  return 0;
}

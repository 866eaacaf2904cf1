/*
  The random field is its cosine expansion: point values on grids coarser, finer, odd and oblong, of cells and of
  nodes, equal the direct sum with coefficients drawn here; one field has one value at a point that two grids share;
  it is flat at the boundary.
*/
#include <kitinet/field.h>
#include <kitinet/options.h>
#include <kitinet/random.h>

#define MODES  12
#define SEED   5
#define SAMPLE 77
#define WHICH  1

/* The field at x by the formula in field.h: alpha 2, tau 3, scale 3. */
static PetscReal DirectSum(PetscInt dim, const PetscReal x[])
{
  PetscReal sum = 0.0;

  for (PetscInt k1 = 0; k1 < (dim == 2 ? MODES : 1); k1++) {
    for (PetscInt k2 = 0; k2 < MODES; k2++) {
      const PetscReal slow = k1 ? PETSC_SQRT2 * PetscCosReal(PETSC_PI * k1 * x[0]) : 1.0;
      const PetscReal fast = k2 ? PETSC_SQRT2 * PetscCosReal(PETSC_PI * k2 * x[dim - 1]) : 1.0;
      uint64_t        word[4];
      double          xi[2];

      KNRandomWords(SEED, KN_STREAM_FIELD, k1, k2, SAMPLE, WHICH, word);
      KNNormalPair(word[0], word[1], xi);
      if (k1 || k2) sum += 3.0 / (PETSC_PI * PETSC_PI * (PetscReal)(k1 * k1 + k2 * k2) + 9.0) * xi[0] * slow * fast;
    }
  }
  return sum;
}

static PetscErrorCode CheckGrid(KNRandomField field, PetscInt dim, KNPoints points, PetscInt n1, PetscInt n2)
{
  const KNGrid grid = KNGridMake(dim, dim == 2 ? (const PetscInt[]){n1, n2} : (const PetscInt[]){n2}, points);
  PetscReal   *u;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(KNGridSize(&grid) + 1, &u));
  for (size_t shift = 0; shift < 2; shift++) { /* any alignment of the caller's array */
    PetscCall(KNRandomFieldEvaluate(field, &grid, u + shift));
    for (size_t s = 0; s < KNGridSize(&grid); s++) {
      const PetscReal slow  = KNPointsCoordinate(points, n1, (PetscInt)(s / (size_t)n2)),
                      fast  = KNPointsCoordinate(points, n2, (PetscInt)(s % (size_t)n2));
      const PetscReal exact = DirectSum(dim, dim == 2 ? (const PetscReal[]){slow, fast} : (const PetscReal[]){fast});

      PetscCheck(PetscAbsReal(u[s + shift] - exact) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%" PetscInt_FMT " axes, %s, %" PetscInt_FMT " x %" PetscInt_FMT
                 ": point %zu is %.15g, the expansion %.15g",
                 dim, KNPointsNames[points], n1, n2, s, (double)u[s + shift], (double)exact);
    }
  }
  PetscCall(PetscFree(u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Zero normal derivative: halving h divides u(h) - u(0) by 4. */
static PetscErrorCode CheckNeumann(KNRandomField field)
{
  PetscReal u[257], rise[2];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < 2; i++) {
    const KNGrid grid = KNGridMake(1, (const PetscInt[]){i ? 257 : 129}, KN_POINTS_NODES);

    PetscCall(KNRandomFieldEvaluate(field, &grid, u));
    rise[i] = u[1] - u[0];
  }
  PetscCheck(PetscAbsReal(rise[0] / rise[1] - 4.0) < 0.1, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the rise at the boundary falls by %g, not by 4", (double)(rise[0] / rise[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The middle one of three small cells has the centre of the large one: the same field there, whatever the grid resolves.
*/
static PetscErrorCode CheckNested(KNRandomField field)
{
  enum { COARSE = 10, FINE = 3 * COARSE };
  const KNGrid coarse = KNGridMake(2, (const PetscInt[]){COARSE, COARSE}, KN_POINTS_CELLS),
               fine   = KNGridMake(2, (const PetscInt[]){FINE, FINE}, KN_POINTS_CELLS);
  PetscReal u[COARSE * COARSE], v[FINE * FINE];

  PetscFunctionBegin;
  PetscCall(KNRandomFieldEvaluate(field, &coarse, u));
  PetscCall(KNRandomFieldEvaluate(field, &fine, v));
  for (PetscInt i = 0; i < COARSE; i++) {
    for (PetscInt j = 0; j < COARSE; j++) {
      const PetscReal difference = u[i * COARSE + j] - v[(3 * i + 1) * FINE + 3 * j + 1];

      PetscCheck(PetscAbsReal(difference) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "the two grids differ by %g at (%" PetscInt_FMT ", %" PetscInt_FMT ")", (double)difference, i, j);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  KNRandomField field;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 2; dim++) {
    PetscCall(KNRandomFieldCreate("test_", dim, &field));
    PetscCall(KNRandomFieldSetUp(field, MODES));
    PetscCall(KNRandomFieldDraw(field, SEED, SAMPLE, WHICH));
    for (KNPoints points = KN_POINTS_CELLS; points <= KN_POINTS_NODES; points++) {
      /* n = 2 folds each mode up to six times; more grids than plans are kept. */
      PetscCall(CheckGrid(field, dim, points, 2, 3));
      PetscCall(CheckGrid(field, dim, points, 5, 4));
      PetscCall(CheckGrid(field, dim, points, 12, 12));
      PetscCall(CheckGrid(field, dim, points, 13, 24));
      PetscCall(CheckGrid(field, dim, points, 11, 37));
      PetscCall(CheckGrid(field, dim, points, 5, 4));
    }
    if (dim == 1) PetscCall(CheckNeumann(field));
    else PetscCall(CheckNested(field));
    PetscCall(KNRandomFieldDestroy(&field));
  }
  PetscCall(PetscFinalize());
  return 0;
}

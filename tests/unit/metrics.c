/*
  Norms of known fields: the differences are exact for polynomials of degree 2 (cells, nodes) and have a known factor
  for waves (periodic); boundary and interior share out the sum of squares.
*/
#include <kitinet/metrics.h>

#define CLOSE(value, expected, tolerance, ...)                                                          \
  PetscCheck(PetscAbsReal((value) - (expected)) <= (tolerance)*PetscAbsReal(expected), PETSC_COMM_SELF, \
             PETSC_ERR_PLIB, __VA_ARGS__)

enum { MOST = 1024 };

/* u = 1 + 2 x + 3 y^2 + z on the grid: u^2 + 4 + 36 y^2 + 1 at each point, from one axis to three. */
static PetscErrorCode TestPolynomial(PetscInt dim, KNPoints points)
{
  const size_t n[KN_MAX_DIM] = {7, dim > 1 ? 9 : 1, dim > 2 ? 4 : 1};
  float        u[MOST]       = {0};
  double       square, expected = 0;
  size_t       s = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < n[0]; i++) {
    for (size_t j = 0; j < n[1]; j++) {
      for (size_t k = 0; k < n[2]; k++, s++) {
        const double x = KNPointsCoordinate(points, (PetscInt)n[0], (PetscInt)i),
                     y = dim > 1 ? KNPointsCoordinate(points, (PetscInt)n[1], (PetscInt)j) : 0,
                     z = dim > 2 ? KNPointsCoordinate(points, (PetscInt)n[2], (PetscInt)k) : 0;

        u[s] = (float)(1 + 2 * x + 3 * y * y + z);
        expected += (double)u[s] * u[s] + 4 + 36 * y * y + (dim > 2 ? 1 : 0);
      }
    }
  }
  kn_h1_square(&square, u, n, points);
  CLOSE(square, expected / (double)s, 1e-5, "%s, %d axes: H1 norm squared %.9g, not %.9g", KNPointsNames[points],
        (int)dim, square, expected / (double)s);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = cos 2 pi (k x + l y): mean u^2 is 1/2; central differences turn 2 pi k into sin(2 pi k h) / h. */
static PetscErrorCode TestWave(size_t k, size_t l)
{
  const size_t n[KN_MAX_DIM] = {16, 24, 1};
  const double a = 16 * sin(2 * PETSC_PI * (double)k / 16), b = 24 * sin(2 * PETSC_PI * (double)l / 24);
  float        u[MOST];
  double       square;

  PetscFunctionBegin;
  for (size_t s = 0; s < n[0] * n[1]; s++)
    u[s] = (float)cos(2 * PETSC_PI * ((double)(k * (s / n[1])) / 16 + (double)(l * (s % n[1])) / 24));
  kn_h1_square(&square, u, n, KN_POINTS_PERIODIC);
  CLOSE(square, 0.5 * (1 + a * a + b * b), 1e-5, "wave (%zu, %zu): H1 norm squared %.9g, not %.9g", k, l, square,
        0.5 * (1 + a * a + b * b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 2 on the boundary, 3 inside; a line of 5 points; nothing inside. */
static PetscErrorCode TestBoundary(void)
{
  const size_t n[KN_MAX_DIM] = {4, 5, 1}, line[KN_MAX_DIM] = {5, 1, 1}, thin[KN_MAX_DIM] = {2, 5, 1};
  const float  values[] = {1, 7, 7, 7, 2};
  float        u[20];
  double       boundary, interior;

  PetscFunctionBegin;
  for (size_t s = 0; s < 20; s++) u[s] = s / 5 % 3 && s % 5 % 4 ? 3 : 2;
  kn_boundary_square(&boundary, &interior, u, n);
  PetscCheck(boundary == 4 && interior == 9, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "4 x 5 points: %g on the boundary, %g inside", boundary, interior);
  kn_boundary_square(&boundary, &interior, values, line);
  PetscCheck(boundary == 2.5 && interior == 49, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a line: %g at its ends, %g inside",
             boundary, interior);
  kn_boundary_square(&boundary, &interior, u, thin);
  PetscCheck(PetscIsNanReal(interior), PETSC_COMM_SELF, PETSC_ERR_PLIB, "2 x 5 points have no interior, here %g",
             interior);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 3; dim++) {
    PetscCall(TestPolynomial(dim, KN_POINTS_CELLS));
    PetscCall(TestPolynomial(dim, KN_POINTS_NODES));
  }
  PetscCall(TestWave(1, 0));
  PetscCall(TestWave(3, 5));
  PetscCall(TestBoundary());
  PetscCall(PetscFinalize());
  return 0;
}

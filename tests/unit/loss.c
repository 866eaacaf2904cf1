/*
  Relative errors: values by hand, zero targets, units that do not matter, parts that add up, gradients against central
  differences; also in double, where the gradients are asked to 1e-7.
*/
#include "draw.h"
#include <kitinet/loss.h>
#include <kitinet/metrics.h>
#include <math.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { n = 105 };

#if defined(KN_DOUBLE)
static const double step = 1e-3, tolerance = 1e-9;
#else
static const double step = 3e-2, tolerance = 1e-5; /* balances truncation, h^4, against rounding, 6e-8 / h */
#endif

static double Error(const KNReal *y, const KNReal *t, size_t size, double scale_square)
{
  double square[2], error;

  kn_squares(square, y, t, size);
  (void)kn_relative_error(&error, square, scale_square);
  return error;
}

static double Gradient(KNReal *dy, const KNReal *y, const KNReal *t, size_t size, double scale_square, double unit)
{
  double square[2], error, scale;

  kn_squares(square, y, t, size);
  scale = kn_relative_error(&error, square, scale_square);
  kn_relative_error_gradient(dy, error, scale, unit, y, t, size);
  return error;
}

/*
  (3, 4) against (0, 0) on a scale of 2: 5 / 2. (4, 5) against (1, 1): |y - t| = 5, |t| = sqrt 2. Equal: 0, and gradient
  0 at this minimum.
*/
static PetscErrorCode TestValues(void)
{
  const KNReal y[] = {3, 4, 4, 5, 1, 2}, t[] = {0, 0, 1, 1, 1, 2}, wild[] = {(KNReal)INFINITY, 1};
  KNReal       dy[2];

  PetscFunctionBegin;
  CHECK(Error(y, t, 2, 4) == 2.5, "|y| = 5 on a scale of 2 is %g", Error(y, t, 2, 4));
  CHECK(PetscAbsReal(Error(y + 2, t + 2, 2, 4) - 5 / PetscSqrtReal(2)) < 1e-15, "Error %g", Error(y + 2, t + 2, 2, 4));
  CHECK(Error(y + 4, t + 4, 2, 4) == 0, "Error %g", Error(y + 4, t + 4, 2, 4));
  CHECK(isnan(kn_relative_l2(y, t, 2)) && kn_relative_l2(y + 4, t + 4, 2) == 0,
        "A target of 0 has a relative error, or an equal one has");
  CHECK(isinf(kn_relative_l2(wild, t + 2, 2)), "A prediction that is not finite has the error %g",
        kn_relative_l2(wild, t + 2, 2));
  (void)Gradient(dy, y, t, 2, 4, 1);
  CHECK(PetscAbsReal(dy[0] - 0.3) < 1e-6 && PetscAbsReal(dy[1] - 0.4) < 1e-6, "The gradient of |y| / 2 is (%g, %g)",
        (double)dy[0], (double)dy[1]);
  (void)Gradient(dy, y + 4, t + 4, 2, 4, 1);
  CHECK(dy[0] == 0 && dy[1] == 0, "The gradient at y = t is not 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A factor common to y and t does not matter, nor does the unit of the gradient but for its size: powers of two are
  exact.
*/
static PetscErrorCode TestUnits(void)
{
  static const int power[] = {-66, -1, 40};
  KNReal           y[n], t[n], dy[n], d[n];
  double           error;

  PetscFunctionBegin;
  Draw(y, n, 1);
  Draw(t, n, 2);
  error = Gradient(dy, y, t, n, 1, 1);
  for (size_t p = 0; p < PETSC_STATIC_ARRAY_LENGTH(power); p++) {
    const KNReal factor = (KNReal)ldexp(1, power[p]);
    KNReal       a[n], b[n];

    for (size_t i = 0; i < n; i++) {
      a[i] = factor * y[i];
      b[i] = factor * t[i];
    }
    CHECK(Gradient(d, a, b, n, 1, factor) == error, "Another unit changes the error from %.17g", error);
    CHECK(!memcmp(d, dy, sizeof(d)), "Values of 2^%d, gradient in that unit: other bits", power[p]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Squares of parts add up, wherever the array is cut. */
static PetscErrorCode TestParts(void)
{
  KNReal y[n], t[n];
  double whole[2], left[2], right[2];

  PetscFunctionBegin;
  Draw(y, n, 5);
  Draw(t, n, 6);
  kn_squares(whole, y, t, n);
  for (size_t cut = 0; cut <= n; cut += 15) {
    kn_squares(left, y, t, cut);
    kn_squares(right, y + cut, t + cut, n - cut);
    for (int k = 0; k < 2; k++)
      CHECK(PetscAbsReal(left[k] + right[k] - whole[k]) < 1e-13 * whole[k], "Cut at %zu: %.17g + %.17g is not %.17g",
            cut, left[k], right[k], whole[k]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef double (*Function)(const KNReal *u, const KNReal *t);

/* Along random directions, by central differences of fourth order. */
static PetscErrorCode CheckGradient(const char what[], Function f, const KNReal *y, const KNReal *t,
                                    const double *gradient)
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};

  PetscFunctionBegin;
  for (int direction = 0; direction < 5; direction++) {
    double slope = 0, expected = 0, size = 0;
    KNReal d[n], moved[n];

    Draw(d, n, 10 + direction);
    for (int p = 0; p < 4; p++) {
      for (size_t i = 0; i < n; i++) moved[i] = y[i] + (KNReal)(place[p] * step) * d[i];
      slope += weight[p] * f(moved, t) / (12 * step);
    }
    for (size_t i = 0; i < n; i++) expected += gradient[i] * (double)d[i];
    for (size_t i = 0; i < n; i++) size += PetscAbsReal(gradient[i] * (double)d[i]);
    CHECK(PetscAbsReal(slope - expected) < tolerance * PetscMax(size, 1),
          "%s, direction %d: slope %.12g, gradient "
          "%.12g",
          what, direction, slope, expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Relative(const KNReal *u, const KNReal *t)
{
  return Error(u, t, n, 9);
}

static const size_t grid[KN_MAX_DIM] = {5, 7, 3};
static KNPoints     points;

static double H1(const KNReal *u, const KNReal *t)
{
  double square;

  (void)t;
  kn_h1_square(&square, u, grid, points);
  return sqrt(square); /* the square itself is of degree 2 and large where slopes are */
}

/* Of the relative error, also for a target of 0, and of the H1 norm by its adjoint, on each kind of points. */
static PetscErrorCode TestGradients(void)
{
  KNReal y[n], t[n], dy[n];
  double g[n], square;

  PetscFunctionBegin;
  Draw(y, n, 3);
  Draw(t, n, 4);
  for (int zero = 0; zero < 2; zero++) {
    if (zero) memset(t, 0, sizeof(t));
    (void)Gradient(dy, y, t, n, 9, 1);
    for (size_t i = 0; i < n; i++) g[i] = (double)dy[i];
    PetscCall(CheckGradient(zero ? "relative error of a target of 0" : "relative error", Relative, y, t, g));
  }
  for (points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
    kn_h1_square(&square, y, grid, points);
    kn_h1_square_gradient(g, y, grid, points);
    for (size_t i = 0; i < n; i++) g[i] /= 2 * sqrt(square);
    PetscCall(CheckGradient(KNPointsNames[points], H1, y, t, g));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestValues());
  PetscCall(TestUnits());
  PetscCall(TestParts());
  PetscCall(TestGradients());
  return PetscFinalize();
}

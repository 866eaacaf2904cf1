/* The relative L2 error: values by hand, its gradient against central differences, zero targets, the minimum. */
#include "draw.h"
#include <kitinet/loss.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 3, n = 37 };

/* (3, 4) against (0, 0): |y| = 5. (4, 5) against (1, 1): |y - t| = 5, |t| = sqrt 2. Equal: 0, and gradient 0 at this minimum. */
static PetscErrorCode TestValues(void)
{
  const KNReal y[] = {3, 4, 4, 5, 1, 2}, t[] = {0, 0, 1, 1, 1, 2};
  double       error[3];
  KNReal       dy[6];

  PetscFunctionBegin;
  kn_relative_l2_forward(error, y, t, 3, 2);
  CHECK(error[0] == 5 && PetscAbsReal(error[1] - 5 / PetscSqrtReal(2)) < 1e-15 && error[2] == 0, "Errors %g, %g, %g", error[0], error[1], error[2]);
  kn_relative_l2_backward(dy, error, y, t, 3, 2);
  CHECK(PetscAbsReal(dy[0] - 0.6) < 1e-6 && PetscAbsReal(dy[1] - 0.8) < 1e-6, "The gradient of |y| is (%g, %g), not y / |y|", (double)dy[0], (double)dy[1]);
  CHECK(dy[4] == 0 && dy[5] == 0, "The gradient at y = t is not 0");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A factor common to y and t does not matter: 2^40 is exact in binary. */
static PetscErrorCode TestScale(void)
{
  KNReal y[B * n], t[B * n];
  double error[B], scaled[B];

  PetscFunctionBegin;
  Draw(y, B * n, 1);
  Draw(t, B * n, 2);
  kn_relative_l2_forward(error, y, t, B, n);
  for (size_t i = 0; i < B * n; i++) {
    y[i] *= (KNReal)0x1p40;
    t[i] *= (KNReal)0x1p40;
  }
  kn_relative_l2_forward(scaled, y, t, B, n);
  for (int b = 0; b < B; b++) CHECK(error[b] == scaled[b], "Another unit changes the error of sample %d from %.17g to %.17g", b, error[b], scaled[b]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sum of the errors along random directions, by central differences of fourth order; backward in place. */
static PetscErrorCode TestGradient(void)
{
  const double h = 3e-2; /* balances truncation, h^4, against the rounding of float, 6e-8 / h */
  KNReal       y[B * n], t[B * n], d[B * n], dy[B * n], moved[B * n];
  double       error[B];

  PetscFunctionBegin;
  Draw(y, B * n, 3);
  Draw(t, B * n, 4);
  memset(t, 0, n * sizeof(*t)); /* the first target is 0: its error is not relative */
  kn_relative_l2_forward(error, y, t, B, n);
  memcpy(dy, y, sizeof(dy));
  kn_relative_l2_backward(dy, error, dy, t, B, n);
  for (int direction = 0; direction < 5; direction++) {
    static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
    double              slope = 0, expected = 0;

    Draw(d, B * n, 10 + direction);
    for (int p = 0; p < 4; p++) {
      for (size_t i = 0; i < B * n; i++) moved[i] = y[i] + (KNReal)(place[p] * h) * d[i];
      kn_relative_l2_forward(error, moved, t, B, n);
      for (int b = 0; b < B; b++) slope += weight[p] * error[b] / (12 * h);
    }
    for (size_t i = 0; i < B * n; i++) expected += (double)dy[i] * (double)d[i];
    CHECK(PetscAbsReal(slope - expected) < 1e-5, "Direction %d: slope %.12g, gradient %.12g", direction, slope, expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestValues());
  PetscCall(TestScale());
  PetscCall(TestGradient());
  PetscCall(PetscFinalize());
  return 0;
}

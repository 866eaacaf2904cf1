/*
  Order of the cavity's discretisation: 2 in the maximum norm for u, v and p, against a flow that a body force makes
  exact (Shih, Tan, Hwang, Int. J. Numer. Methods Fluids 9, 1989, have its stream function). And the matrix of
  Newton's method holds the derivatives of the residual.
*/
#include <kitinet/random.h>
#include "../../solvers/cavity_flow.h"
#include "../../solvers/cavity_kernels.h"

#define REYNOLDS 50.0

typedef struct {
  PetscReal u, v, p, fx, fy;
} Flow;

/* psi = X(x) Y(y), X = 16 x^2 (1 - x)^2, Y = (y^4 - y^2)/2: the lid has speed X. p = cos(2 x + 3 y). */
static Flow Exact(PetscReal x, PetscReal y)
{
  const PetscReal X0 = 16 * x * x * (1 - x) * (1 - x), X1 = 16 * (2 * x - 6 * x * x + 4 * x * x * x),
                  X2 = 16 * (2 - 12 * x + 12 * x * x), X3 = 16 * (24 * x - 12);
  const PetscReal Y0 = (y * y * y * y - y * y) / 2, Y1 = 2 * y * y * y - y, Y2 = 6 * y * y - 1, Y3 = 12 * y;
  const PetscReal u = X0 * Y1, v = -X1 * Y0, slope = -PetscSinReal(2 * x + 3 * y);

  return (Flow){
    .u  = u,
    .v  = v,
    .p  = PetscCosReal(2 * x + 3 * y),
    .fx = u * X1 * Y1 + v * X0 * Y2 + 2 * slope - (X2 * Y1 + X0 * Y3) / REYNOLDS,
    .fy = -u * X2 * Y0 - v * X1 * Y1 + 3 * slope + (X3 * Y0 + X1 * Y2) / REYNOLDS,
  };
}

/* error: of u, v and p (its mean set aside), with the values on and beyond the walls. */
static PetscErrorCode MaximumError(PetscInt m, PetscReal error[3])
{
  const PetscReal       h = 1.0 / (PetscReal)m;
  KNCavity              cavity;
  KNSolverReport        report;
  const KNCavityFields *fields;
  PetscReal            *lid, *fx, *fy, mean = 0.0;

  PetscFunctionBegin;
  PetscCall(KNCavityCreate(PETSC_COMM_SELF, "test_", m, &cavity));
  PetscCall(PetscMalloc3(m + 1, &lid, (m + 1) * m, &fx, m * (m + 1), &fy));
  for (PetscInt i = 0; i <= m; i++) lid[i] = Exact(i * h, 1.0).u;
  for (PetscInt i = 0; i <= m; i++) {
    for (PetscInt j = 0; j < m; j++) {
      fx[i * m + j]       = Exact(i * h, (j + 0.5) * h).fx;
      fy[j * (m + 1) + i] = Exact((j + 0.5) * h, i * h).fy;
    }
  }
  PetscCall(KNCavitySolve(cavity, REYNOLDS, lid, fx, fy, &fields, &report));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "m = %" PetscInt_FMT ": %s", m,
             report.reason);
  error[0] = error[1] = error[2] = 0.0;
  for (PetscInt i = 1; i <= m; i++) {
    for (PetscInt j = 1; j <= m; j++) mean += h * h * Exact((i - 0.5) * h, (j - 0.5) * h).p;
  }
  for (PetscInt i = 0; i <= m + 1; i++) {
    for (PetscInt j = 0; j <= m + 1; j++) {
      const PetscReal x = (i - 0.5) * h, y = (j - 0.5) * h;

      if (i <= m) error[0] = PetscMax(error[0], PetscAbsReal(fields->u[i * (m + 2) + j] - Exact(i * h, y).u));
      if (j <= m) error[1] = PetscMax(error[1], PetscAbsReal(fields->v[i * (m + 1) + j] - Exact(x, j * h).v));
      error[2] = PetscMax(error[2], PetscAbsReal(fields->p[i * (m + 2) + j] - Exact(x, y).p + mean));
    }
  }
  PetscCall(PetscFree3(lid, fx, fy));
  PetscCall(KNCavityDestroy(&cavity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckOrder(void)
{
  static const PetscInt    m[]    = {16, 32, 64, 128};
  static const char *const name[] = {"u", "v", "p"};
  PetscReal                error[4][3];

  PetscFunctionBegin;
  for (int k = 0; k < 4; k++) PetscCall(MaximumError(m[k], error[k]));
  for (int k = 1; k < 4; k++) {
    for (int f = 0; f < 3; f++) {
      const PetscReal order = PetscLog2Real(error[k - 1][f] / error[k][f]);

      PetscCheck(order >= 1.85, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%s: order %g from %" PetscInt_FMT " to %" PetscInt_FMT " cells", name[f], (double)order, m[k - 1],
                 m[k]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The residual is quadratic in psi: central differences of any width are its derivatives, but for rounding. */
static PetscErrorCode CheckDerivative(void)
{
  enum { N = KN_CAVITY_WIDTH };
  PetscReal psi[N][N], value[N][N], *centre = &psi[KN_CAVITY_REACH][KN_CAVITY_REACH];

  PetscFunctionBegin;
  for (int k = 0; k < N * N; k++) {
    uint64_t word[4];

    KNRandomWords(1, KN_STREAM_TEST, k, 0, 0, 0, word);
    psi[k / N][k % N] = KNUniform(word[0]) - 0.5;
  }
  kn_cavity_derivative(value, centre, N, REYNOLDS);
  for (int k = 0; k < N * N; k++) {
    PetscReal *p = &psi[k / N][k % N], here = *p, difference;

    *p         = here + 0.5;
    difference = kn_cavity_residual(centre, N, REYNOLDS);
    *p         = here - 0.5;
    difference -= kn_cavity_residual(centre, N, REYNOLDS);
    *p = here;
    PetscCheck(PetscAbsReal(difference - value[k / N][k % N]) < 1e-12 * REYNOLDS, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "derivative %d is %g, the difference %g", k, (double)value[k / N][k % N], (double)difference);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckDerivative());
  PetscCall(CheckOrder());
  PetscCall(PetscFinalize());
  return 0;
}

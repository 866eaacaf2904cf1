/*
  Order of the Darcy discretisation. Smooth a and u, manufactured: 2, in the maximum norm, on cells and nodes, for
  both face means. a that jumps from 3 to 12 at a circle: about 1 against a fine grid, in the root mean square.
*/
#include "../../solvers/diffusion.h"

/* u = sin(pi x) sin(2 pi y) exp(x), a = 2 + x y + sin(3 x - y); f = -a_x u_x - a_y u_y - a (u_xx + u_yy). */
static void Manufactured(PetscReal x, PetscReal y, PetscReal *a, PetscReal *f, PetscReal *u)
{
  const PetscReal pi = PETSC_PI, sx = PetscSinReal(pi * x), cx = PetscCosReal(pi * x), sy = PetscSinReal(2 * pi * y),
                  cy = PetscCosReal(2 * pi * y), e = PetscExpReal(x);
  const PetscReal ux = (pi * cx + sx) * sy * e, uy = 2 * pi * sx * cy * e;
  const PetscReal laplace = ((1 - pi * pi) * sx + 2 * pi * cx) * sy * e - 4 * pi * pi * sx * sy * e;

  *a = 2 + x * y + PetscSinReal(3 * x - y);
  *u = sx * sy * e;
  *f = -(y + 3 * PetscCosReal(3 * x - y)) * ux - (x - PetscCosReal(3 * x - y)) * uy - *a * laplace;
}

static PetscErrorCode MaximumError(PetscInt n, KNPoints points, KNFace face, PetscReal *error)
{
  KNDiffusion    diffusion;
  KNSolverReport report;
  PetscReal     *a, *f, *u, *exact;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreate(PETSC_COMM_SELF, "test_", n, points, face, &diffusion));
  PetscCall(PetscMalloc4(n * n, &a, n * n, &f, n * n, &u, n * n, &exact));
  for (PetscInt i = 0; i < n * n; i++)
    Manufactured(KNPointsCoordinate(points, n, i / n), KNPointsCoordinate(points, n, i % n), &a[i], &f[i], &exact[i]);
  PetscCall(KNDiffusionSolve(diffusion, a, f, u, &report));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "n = %" PetscInt_FMT ": %s", n,
             report.reason);
  *error = 0.0;
  for (PetscInt i = 0; i < n * n; i++) *error = PetscMax(*error, PetscAbsReal(u[i] - exact[i]));
  PetscCall(PetscFree4(a, f, u, exact));
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSmooth(KNPoints points, KNFace face)
{
  static const PetscInt n[] = {25, 50, 100, 200};
  PetscReal             error[4];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) PetscCall(MaximumError(n[i], points, face, &error[i]));
  for (int i = 1; i < 4; i++) {
    const PetscReal h     = points == KN_POINTS_NODES ? (PetscReal)(n[i] - 1) / (PetscReal)(n[i - 1] - 1) : 2.0;
    const PetscReal order = PetscLogReal(error[i - 1] / error[i]) / PetscLogReal(h);

    PetscCheck(order >= 1.9, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, face mean %d: order %g from %" PetscInt_FMT " to %" PetscInt_FMT " points", KNPointsNames[points],
               (int)face, (double)order, n[i - 1], n[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a = 12 within a circle, 3 outside, f = 1, on n x n cells. */
static PetscErrorCode SolveCircle(PetscInt n, PetscReal u[])
{
  KNDiffusion    diffusion;
  KNSolverReport report;
  PetscReal     *a, *f;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreate(PETSC_COMM_SELF, "test_", n, KN_POINTS_CELLS, KN_FACE_ARITHMETIC, &diffusion));
  PetscCall(PetscMalloc2(n * n, &a, n * n, &f));
  for (PetscInt i = 0; i < n * n; i++) {
    const PetscReal x = KNPointsCoordinate(KN_POINTS_CELLS, n, i / n) - 0.43,
                    y = KNPointsCoordinate(KN_POINTS_CELLS, n, i % n) - 0.52;

    a[i] = x * x + y * y < 0.3 * 0.3 ? 12.0 : 3.0;
    f[i] = 1.0;
  }
  PetscCall(KNDiffusionSolve(diffusion, a, f, u, &report));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "n = %" PetscInt_FMT ": %s", n, report.reason);
  PetscCall(PetscFree2(a, f));
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckJump(void)
{
  enum { FINE = 405 }; /* thrice as many cells have centres at those of the coarse ones: 15, 45, 135, 405 */
  PetscReal *fine, *u, error[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(FINE * FINE, &fine, FINE * FINE, &u));
  PetscCall(SolveCircle(FINE, fine));
  for (int k = 0; k < 2; k++) {
    const PetscInt n = k ? 45 : 15, ratio = FINE / n;
    PetscReal      sum = 0.0, norm = 0.0;

    PetscCall(SolveCircle(n, u));
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < n; j++) {
        const PetscReal exact = fine[(ratio * i + ratio / 2) * FINE + ratio * j + ratio / 2];

        sum += PetscSqr(u[i * n + j] - exact);
        norm += PetscSqr(exact);
      }
    }
    error[k] = PetscSqrtReal(sum / norm);
  }
  PetscCheck(PetscLogReal(error[0] / error[1]) / PetscLogReal(3.0) > 0.8, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "at a jump the error falls from %g to %g for thrice the cells", (double)error[0], (double)error[1]);
  PetscCheck(error[1] < 0.02, PETSC_COMM_SELF, PETSC_ERR_PLIB, "relative error %g on 45 x 45 cells", (double)error[1]);
  PetscCall(PetscFree2(fine, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (KNFace face = KN_FACE_ARITHMETIC; face <= KN_FACE_HARMONIC; face++) {
    PetscCall(CheckSmooth(KN_POINTS_CELLS, face));
    PetscCall(CheckSmooth(KN_POINTS_NODES, face));
  }
  PetscCall(CheckJump());
  PetscCall(PetscFinalize());
  return 0;
}

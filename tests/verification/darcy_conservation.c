/*
  What finite volumes promise, for coefficients that jump between 3 and 12 from point to point: what flows out through
  the boundary is what the source gives, to 1e-9; the matrix is symmetric; a positive source makes a positive
  pressure.
*/
#include <kitinet/random.h>
#include "../../solvers/diffusion.h"

/*
  Flow out through the boundary, from u alone; a face between points carries face(a) (u_P - u_N), one to the boundary
  of cells 2 a u.
*/
static PetscReal BoundaryFlux(PetscInt n, KNPoints points, KNFace face, const PetscReal a[], const PetscReal u[])
{
  const PetscInt step[4][2] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}}; /* inwards from the side */
  PetscReal      flux       = 0.0;

  for (int side = 0; side < 4; side++) {
    for (PetscInt k = 0; k < n; k++) {
      const PetscInt outer = side == 0 ? k * n : side == 1 ? k * n + n - 1 : side == 2 ? k : (n - 1) * n + k;
      const PetscInt inner = outer + step[side][0] * n + step[side][1];

      if (points == KN_POINTS_CELLS) flux += 2.0 * a[outer] * u[outer];
      else
        flux +=
          (face == KN_FACE_HARMONIC ? 2.0 * a[outer] * a[inner] / (a[outer] + a[inner]) : 0.5 * (a[outer] + a[inner])) *
          (u[inner] - u[outer]);
    }
  }
  return flux;
}

static PetscErrorCode CheckBalance(PetscInt n, KNPoints points, KNFace face)
{
  const PetscInt rim = points == KN_POINTS_NODES ? 1 : 0;
  KNDiffusion    diffusion;
  KNSolverReport report;
  PetscReal     *a, *f, *u, source = 0.0, flux;
  Mat            A;
  PetscBool      symmetric;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreate(PETSC_COMM_SELF, "test_", n, points, face, &diffusion));
  PetscCall(PetscMalloc3(n * n, &a, n * n, &f, n * n, &u));
  for (PetscInt i = 0; i < n * n; i++) {
    const PetscBool known = (PetscBool)(i / n < rim || i / n >= n - rim || i % n < rim || i % n >= n - rim);
    uint64_t        word[4];

    KNRandomWords(3, KN_STREAM_TEST, i, n, 0, 0, word);
    a[i] = KNUniform(word[0]) < 0.5 ? 12.0 : 3.0;
    f[i] = KNUniform(word[1]);
    if (!known) source += f[i] / PetscSqr((PetscReal)(n - rim));
  }
  PetscCall(KNDiffusionSolve(diffusion, a, f, u, &report));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  flux = BoundaryFlux(n, points, face, a, u);
  PetscCheck(PetscAbsReal(flux - source) < 1e-9 * source, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, n = %" PetscInt_FMT ": %.12g flows out, the source gives %.12g", KNPointsNames[points], n,
             (double)flux, (double)source);
  for (PetscInt i = 0; i < n * n; i++) {
    const PetscBool known = (PetscBool)(i / n < rim || i / n >= n - rim || i % n < rim || i % n >= n - rim);

    PetscCheck(known ? u[i] == 0.0 : u[i] > 0.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "u is %g at point %" PetscInt_FMT,
               (double)u[i], i);
  }
  PetscCall(KNDiffusionGetMatrix(diffusion, &A));
  PetscCall(MatIsTranspose(A, A, 0.0, &symmetric));
  PetscCheck(symmetric, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, n = %" PetscInt_FMT ": the matrix is not symmetric",
             KNPointsNames[points], n);
  PetscCall(PetscFree3(a, f, u));
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (KNPoints points = KN_POINTS_CELLS; points <= KN_POINTS_NODES; points++) {
    for (KNFace face = KN_FACE_ARITHMETIC; face <= KN_FACE_HARMONIC; face++) {
      PetscCall(CheckBalance(4, points, face));
      PetscCall(CheckBalance(31, points, face));
      PetscCall(CheckBalance(128, points, face));
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}

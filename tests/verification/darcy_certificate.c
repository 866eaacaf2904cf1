/*
  Certificates of the Darcy problem: the fast Poisson solver inverts the five-point Laplacian; a solution has the
  residual of its solver; in 1,000 of 1,000 fields of every kind the bound is above the true energy error, and not far
  above; the estimate is the true error to a few percent; what is refined is the solver's answer, whatever the start.
*/
#include <kitinet/random.h>
#include "../../solvers/diffusion.h"
#include "../../solvers/poisson.h"
#include "solver_ensemble.h"

static PetscReal Uniform(PetscInt64 sample, PetscInt64 i)
{
  uint64_t word[4];

  KNRandomWords(3, KN_STREAM_TEST, sample, i, 0, 0, word);
  return 2 * KNUniform(word[0]) - 1;
}

/* L L^-1 r = r, and r . L^-1 r, for the matrix that diffusion.c makes of a = 1. */
static PetscErrorCode CheckPoisson(PetscInt n, KNPoints points)
{
  const PetscInt rim = points == KN_POINTS_NODES, m = n - 2 * rim;
  const size_t   size = (size_t)m * (size_t)m, all = (size_t)n * (size_t)n;
  KNDiffusion    diffusion;
  KNPoisson      poisson;
  KNSolverReport report;
  PetscReal     *r, *x, *one, *u, square, sum = 0, scale = 0;
  Vec            vx, vy;
  Mat            A;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(size, &r, size, &x, all, &one, all, &u));
  for (size_t i = 0; i < size; i++) x[i] = r[i] = Uniform(0, (PetscInt64)i);
  for (size_t i = 0; i < all; i++) one[i] = 1;
  PetscCall(KNDiffusionCreate(PETSC_COMM_SELF, "", n, points, KN_FACE_ARITHMETIC, &diffusion));
  PetscCall(KNDiffusionSolve(diffusion, one, one, u, &report));
  PetscCall(KNDiffusionGetMatrix(diffusion, &A));
  PetscCall(KNPoissonCreate(m, points, &poisson));
  PetscCall(KNPoissonSolve(poisson, x));
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, (PetscInt)size, x, &vx));
  PetscCall(VecDuplicate(vx, &vy));
  PetscCall(MatMult(A, vx, vy));
  {
    const PetscReal *y;

    PetscCall(VecGetArrayRead(vy, &y));
    PetscCheck(Distance(y, r, size) < 1e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: L L^-1 r differs by %g",
               KNPointsNames[points], (double)Distance(y, r, size));
    PetscCall(VecRestoreArrayRead(vy, &y));
  }
  PetscCall(KNPoissonDualSquare(poisson, r, &square));
  for (size_t i = 0; i < size; i++) {
    sum += r[i] * x[i];
    scale += PetscAbsReal(r[i] * x[i]);
  }
  PetscCheck(PetscAbsReal(square - sum) < 1e-13 * scale, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: r . L^-1 r %g, not %g",
             KNPointsNames[points], (double)square, (double)sum);
  PetscCall(VecDestroy(&vx));
  PetscCall(VecDestroy(&vy));
  PetscCall(KNPoissonDestroy(&poisson));
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscCall(PetscFree4(r, x, one, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* |v|_A of the unknowns of a field (n, n). */
static PetscErrorCode EnergyNorm(Mat A, PetscInt n, PetscInt rim, const PetscReal v[], PetscReal *norm)
{
  const PetscInt m = n - 2 * rim;
  PetscReal     *x;
  Vec            vx, vy;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, &vx, &vy));
  PetscCall(VecGetArray(vx, &x));
  for (PetscInt i = 0; i < m; i++) PetscCall(PetscArraycpy(x + i * m, v + (i + rim) * n + rim, m));
  PetscCall(VecRestoreArray(vx, &x));
  PetscCall(MatMult(A, vx, vy));
  PetscCall(VecDot(vx, vy, norm));
  *norm = PetscSqrtReal(*norm);
  PetscCall(VecDestroy(&vx));
  PetscCall(VecDestroy(&vy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Coefficient number k: piecewise of a contrast of up to 1,000, smooth, or without any order. */
static PetscReal Coefficient(PetscInt64 k, PetscInt n, PetscInt i, PetscInt j)
{
  const PetscReal x = (PetscReal)i / n, y = (PetscReal)j / n, phase = 3 * Uniform(k, -1);
  const PetscReal wave = PetscSinReal(7 * x + phase) * PetscCosReal(9 * y - 2 * phase);

  if (k % 3 == 0) return wave > 0 ? PetscPowReal(10, 3 * PetscAbsReal(Uniform(k, -2))) : 1;
  if (k % 3 == 1) return PetscExpReal(2 * wave);
  return 1.1 + Uniform(k, 100000 + i * n + j);
}

/* Offered field number k: the solution and something smooth, rough or both, of 1e-6 to 1 of its size; or unrelated. */
static PetscReal Offered(PetscInt64 k, PetscInt n, PetscInt i, PetscInt j, PetscReal solution, PetscReal largest)
{
  const PetscReal size = PetscPowReal(10, -3 + 3 * Uniform(k, -3)), x = (PetscReal)(i + 1) / (n + 1),
                  y      = (PetscReal)(j + 1) / (n + 1);
  const PetscReal smooth = PetscSinReal(PETSC_PI * x) * PetscSinReal(2 * PETSC_PI * y);
  const PetscReal rough  = Uniform(k, 200000 + i * n + j);

  if (k % 7 == 6) return largest * rough;
  return solution + size * largest * (k % 2 ? smooth : k % 4 ? rough : smooth + 0.1 * rough);
}

/* sharpness: takes the largest bound relative to a true error of at most 0.1 (measured 3.9). */
static PetscErrorCode CheckBounds(PetscInt n, KNPoints points, PetscInt fields, PetscReal *sharpness)
{
  const PetscInt rim  = points == KN_POINTS_NODES;
  const size_t   size = (size_t)n * (size_t)n;
  KNDiffusion    diffusion;
  KNSolverReport report;
  PetscReal     *a, *f, *u, *v, *e;
  Mat            A;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(size, &a, size, &f, size, &u, size, &v, size, &e));
  PetscCall(KNDiffusionCreate(PETSC_COMM_SELF, "tight_", n, points, KN_FACE_ARITHMETIC, &diffusion));
  PetscCall(KNDiffusionGetMatrix(diffusion, &A));
  for (PetscInt64 k = 0; k < fields; k++) {
    KNCertificate certificate;
    PetscReal     largest = 0, error, norm, difference = 0, square = 0;

    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < n; j++) {
        a[i * n + j] = Coefficient(k, n, i, j);
        f[i * n + j] = 1 + 0.5 * Uniform(k, 300000 + i * n + j);
      }
    }
    PetscCall(KNDiffusionSolve(diffusion, a, f, u, &report));
    PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
    for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(u[s]));
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < n; j++) {
        const PetscInt s = i * n + j;

        v[s] = Offered(k, n, i, j, u[s], largest);
        e[s] = v[s] - u[s];
        difference += PetscSqr(e[s]);
        square += PetscSqr(u[s]);
      }
    }
    PetscCall(EnergyNorm(A, n, rim, e, &error));
    PetscCall(EnergyNorm(A, n, rim, u, &norm));
    PetscCall(KNDiffusionCertify(diffusion, a, f, v, &certificate, &report));
    PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
    PetscCheck(certificate.bound >= (1 - 1e-9) * error / norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, field %d: bound %g, true energy error %g", KNPointsNames[points], (int)k, (double)certificate.bound,
               (double)(error / norm));
    if (error < 0.1 * norm) *sharpness = PetscMax(*sharpness, certificate.bound / (error / norm));
    difference = PetscSqrtReal(difference / square);
    PetscCheck(error > 0.1 * norm || PetscAbsReal(certificate.estimate / difference - 1) < 0.6, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "%s, field %d: estimate %g, true error %g", KNPointsNames[points], (int)k,
               (double)certificate.estimate, (double)difference);
  }
  PetscCall(KNDiffusionDestroy(&diffusion));
  PetscCall(PetscFree5(a, f, u, v, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By the solver object: certificates of solutions, starts of all kinds, together on all ranks as alone. */
static PetscErrorCode CheckSolver(const char points[])
{
  const char *const options[] = {"-darcy_grid", "40", "-darcy_points", points, "-darcy_ksp_rtol", "1e-12", NULL};
  Ensemble          alone, together;
  KNSolverReport    report;
  KNCertificate     own, all;
  PetscReal        *start, largest = 0;
  size_t            size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &alone));
  PetscCall(EnsembleCreate(PETSC_COMM_WORLD, "darcy", options, &together));
  size = KNProblemOutputSize(alone.problem);
  PetscCall(PetscMalloc1(size, &start));
  PetscCall(EnsembleSolve(&alone, 1, 2, &report));
  for (size_t i = 0; i < size; i++) largest = PetscMax(largest, PetscAbsReal(alone.output[i]));
  PetscCall(KNSolverCertify(alone.solver, alone.input, alone.output, &own, &report));
  PetscCheck(own.residual < 1e-12 && own.estimate < 1e-12 && own.bound < 1e-11, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a solution has residual %g, estimate %g, bound %g", points, (double)own.residual,
             (double)own.estimate, (double)own.bound);

  for (size_t i = 0; i < size; i++) start[i] = alone.output[i] + 0.03 * largest * Uniform(9, (PetscInt64)i);
  PetscCall(KNSolverCertify(alone.solver, alone.input, start, &own, &report));
  PetscCall(KNSolverCertify(together.solver, alone.input, start, &all, &report));
  PetscCheck(PetscAbsReal(own.bound - all.bound) < 1e-2 * own.bound &&
               PetscAbsReal(own.estimate - all.estimate) < 1e-2 * own.estimate &&
               PetscAbsReal(own.residual - all.residual) < 1e-12 * own.residual,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s together: residual %.15g, %.15g, estimate %g, %g, bound %.12g, %.12g",
             points, (double)own.residual, (double)all.residual, (double)own.estimate, (double)all.estimate,
             (double)own.bound, (double)all.bound);

  for (int kind = 0; kind < 4; kind++) {
    for (size_t i = 0; i < size; i++) {
      const PetscReal noise = Uniform(10, (PetscInt64)i);

      start[i] = kind == 0 ? 0 : kind == 1 ? alone.output[i] * (1 + 0.01 * noise) : largest * noise;
    }
    if (kind == 3) start[7] = NAN;
    PetscCall(KNSolverRefine(alone.solver, alone.input, 1e-10, start, &report));
    PetscCheck(report.converged && report.retried == (kind == 3), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "start %d: converged %d, retried %d", kind, report.converged, report.retried);
    PetscCheck(Distance(start, alone.output, size) < 1e-9 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "start %d ends %g from the solution", kind, (double)Distance(start, alone.output, size));
  }
  alone.input[5] = -1;
  PetscCall(KNSolverCertify(alone.solver, alone.input, start, &own, &report));
  PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a negative permeability is judged");
  PetscCall(PetscFree(start));
  PetscCall(EnsembleDestroy(&together));
  PetscCall(EnsembleDestroy(&alone));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscReal   sharpness = 0;
  PetscMPIInt rank;

  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(PetscOptionsSetValue(NULL, "-tight_ksp_rtol", "1e-13"));
  PetscCall(CheckPoisson(17, KN_POINTS_CELLS));
  PetscCall(CheckPoisson(18, KN_POINTS_CELLS));
  PetscCall(CheckPoisson(19, KN_POINTS_NODES));
  if (rank == 0) {
    PetscCall(CheckBounds(24, KN_POINTS_CELLS, 500, &sharpness));
    PetscCall(CheckBounds(25, KN_POINTS_NODES, 500, &sharpness));
    PetscCheck(sharpness < 8, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a bound of %g times the true error", (double)sharpness);
  }
  PetscCall(CheckSolver("cells"));
  PetscCall(CheckSolver("nodes"));
  PetscCall(PetscFinalize());
  return 0;
}

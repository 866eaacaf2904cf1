/*
  The residual of the Darcy problem as a loss: 0 for a solution, the relative error itself where the permeability is the
  same everywhere, linear in the field, with the exact adjoint; its relative norm has the gradient that differences say.
*/
#include <kitinet/random.h>
#include "solver_ensemble.h"

static PetscReal Uniform(PetscInt64 stream, PetscInt64 i)
{
  uint64_t word[4];

  KNRandomWords(5, KN_STREAM_TEST, stream, i, 0, 0, word);
  return 2 * KNUniform(word[0]) - 1;
}

static PetscReal Dot(const PetscReal a[], const PetscReal b[], size_t n)
{
  PetscReal sum = 0;

  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static PetscErrorCode Check(const char points[], const char contrast[])
{
  const char *const options[] = {"-darcy_grid", "19",         "-darcy_points",   points,        "-darcy_high",
                                 contrast,      "-darcy_rhs", "random",          "-darcy_face", "harmonic",
                                 "-darcy_low",  "3",          "-darcy_ksp_rtol", "1e-13",       NULL};
  const PetscReal   h         = 1e-3;
  Ensemble          e;
  KNSolverReport    report;
  PetscReal        *u, *v, *w, *z, *zv, *back, *gradient, misfit, one, two, slope, expected;
  PetscReal         distance, norm;
  PetscBool         same;
  size_t            size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "darcy", options, &e));
  PetscCall(PetscStrcmp(contrast, "3", &same));
  size = KNProblemOutputSize(e.problem);
  PetscCall(PetscMalloc7(size, &u, size, &v, size, &w, size, &z, size, &zv, size, &back, size, &gradient));
  PetscCall(EnsembleSolve(&e, 1, 4, &report));
  PetscCall(KNSolverMisfit(e.solver, e.input, e.output, &misfit, gradient, z));
  PetscCheck(misfit < 1e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: a solution has the residual %g", points,
             (double)misfit);

  norm = PetscSqrtReal(Dot(e.output, e.output, size));
  for (size_t i = 0; i < size; i++) {
    u[i] = e.output[i] + 0.02 * norm * Uniform(1, (PetscInt64)i) / PetscSqrtReal((PetscReal)size);
    v[i] = norm * Uniform(2, (PetscInt64)i);
    w[i] = Uniform(3, (PetscInt64)i);
  }
  PetscCall(KNSolverMisfit(e.solver, e.input, u, &misfit, gradient, z));
  distance = 0;
  for (size_t i = 0; i < size; i++) distance += PetscSqr(u[i] - e.output[i]);
  distance = PetscSqrtReal(distance) / norm;
  PetscCheck(!same || PetscAbsReal(misfit / distance - 1) < 1e-9, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a misfit of %g where the error is %g", points, (double)misfit, (double)distance);
  PetscCheck(misfit > 0.3 * distance && misfit < 3 * distance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: a misfit of %g where the error is %g", points, (double)misfit, (double)distance);

  /* J v . w = v . J^T w, J v = z(v) - z(0) */
  PetscCall(PetscArrayzero(back, size));
  PetscCall(KNSolverResidual(e.solver, e.input, back, z));
  PetscCall(KNSolverResidual(e.solver, e.input, v, zv));
  for (size_t i = 0; i < size; i++) zv[i] -= z[i];
  PetscCall(KNSolverResidualAdjoint(e.solver, e.input, v, w, back));
  one = Dot(zv, w, size);
  two = Dot(v, back, size);
  PetscCheck(PetscAbsReal(one - two) < 1e-12 * norm * PetscSqrtReal((PetscReal)size), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: J v . w = %.15g, v . J^T w = %.15g", points, (double)one, (double)two);

  /* differences of order 4 along v */
  slope = 0;
  for (int k = 0; k < 4; k++) {
    static const PetscReal place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};

    for (size_t i = 0; i < size; i++) w[i] = u[i] + place[k] * h * 0.02 * v[i] / PetscSqrtReal((PetscReal)size);
    PetscCall(KNSolverMisfit(e.solver, e.input, w, &misfit, back, z));
    slope += weight[k] * misfit / (12 * h);
  }
  expected = 0.02 * Dot(gradient, v, size) / PetscSqrtReal((PetscReal)size);
  PetscCheck(PetscAbsReal(slope - expected) < 1e-7 * PetscAbsReal(expected), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: slope %.12g, gradient %.12g", points, (double)slope, (double)expected);
  PetscCall(PetscFree7(u, v, w, z, zv, back, gradient));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Check("cells", "12"));
  PetscCall(Check("nodes", "12"));
  PetscCall(Check("cells", "3"));
  PetscCall(Check("nodes", "3"));
  PetscCall(PetscFinalize());
  return 0;
}

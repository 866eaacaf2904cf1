/*
  Multigrid's work does not grow with the grid: at most 13 iterations to 1e-10, for a in {3, 12} or lognormal, f = 1,
  on any number of points, and at most 3 more on 1024 x 1024 cells (512 x 512 nodes) than on 64 x 64.
*/
#include <kitinet/solver.h>

#define SAMPLES 3

static PetscErrorCode MostIterations(PetscInt n, const char points[], const char coefficient[], PetscInt *most)
{
  KNSolver         solver;
  const KNProblem *problem;
  PetscReal       *a, *u;
  char             number[16];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt_FMT, n));
  PetscCall(PetscOptionsSetValue(NULL, "-darcy_grid", number));
  PetscCall(PetscOptionsSetValue(NULL, "-darcy_points", points));
  PetscCall(PetscOptionsSetValue(NULL, "-darcy_coefficient", coefficient));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, "darcy", &solver));
  PetscCall(KNSolverSetFromOptions(solver));
  PetscCall(KNSolverSetUp(solver));
  PetscCall(KNSolverGetProblem(solver, &problem));
  PetscCall(PetscMalloc2(KNProblemInputSize(problem), &a, KNProblemOutputSize(problem), &u));
  *most = 0;
  for (PetscInt sample = 0; sample < SAMPLES; sample++) {
    KNSolverReport report;

    PetscCall(KNSolverSolve(solver, 1, sample, a, u, &report));
    PetscCheck(report.converged && !report.retried && report.residual <= 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "n = %" PetscInt_FMT ", %s: residual %g, %s", n, points, (double)report.residual, report.reason);
    *most = PetscMax(*most, report.iterations);
  }
  PetscCheck(*most <= 13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ", %s, %s: %" PetscInt_FMT " iterations", n, points, coefficient, *most);
  PetscCall(PetscFree2(a, u));
  PetscCall(KNSolverDestroy(&solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const points[] = {"cells", "nodes"};
  static const PetscInt    finest[] = {1024, 512}, any[] = {4, 5, 17, 18, 65, 85, 141, 211, 421};
  PetscInt                 coarse, fine, most;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int p = 0; p < 2; p++) {
    PetscCall(MostIterations(64, points[p], "piecewise", &coarse));
    PetscCall(MostIterations(finest[p], points[p], "piecewise", &fine));
    PetscCheck(fine <= coarse + 3, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: %" PetscInt_FMT " iterations on 64 points a side, %" PetscInt_FMT " on %" PetscInt_FMT, points[p],
               coarse, fine, finest[p]);
    for (size_t i = 0; i < sizeof(any) / sizeof(any[0]); i++)
      PetscCall(MostIterations(any[i], points[p], "piecewise", &most));
    PetscCall(MostIterations(128, points[p], "lognormal", &most));
  }
  PetscCall(PetscFinalize());
  return 0;
}

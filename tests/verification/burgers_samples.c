/*
  A sample of Burgers' equation is a pure function of seed, index and options; stored fields are the solved ones
  without the modes that the stored grid cannot hold; the operator and the trajectory are of one solution; what fails
  is reported and leaves no trace.
*/
#include <solver_ensemble.h>

#define CREATE(e, ...) \
  EnsembleCreate(PETSC_COMM_SELF, "burgers", (const char *const[]){"-burgers_tolerance", "1e-11", __VA_ARGS__, NULL}, e)

static PetscErrorCode CheckPurity(void)
{
  Ensemble       first, second;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(CREATE(&first, "-burgers_grid", "256"));
  PetscCall(CREATE(&second, "-burgers_grid", "256"));
  PetscCall(EnsembleSolve(&first, 7, 5, &report));
  for (PetscInt64 sample = 0; sample <= 5; sample++) PetscCall(EnsembleSolve(&second, 7, sample, &report));
  PetscCheck(!memcmp(first.input, second.input, 256 * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "u0 depends on earlier samples");
  PetscCheck(!memcmp(first.output, second.output, 256 * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "u depends on earlier samples");
  PetscCall(EnsembleSolve(&second, 8, 5, &report));
  PetscCheck(Distance(first.input, second.input, 256) > 0.1, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "u0 does not depend on the seed");

  /* A sample that its grid cannot resolve, then the same once more. */
  for (PetscInt i = 0; i < 256; i++) second.input[i] = 300.0 * PetscSinReal(2.0 * PETSC_PI * i / 256);
  PetscCall(KNSolverSolveGiven(second.solver, second.input, second.output, &report));
  PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "shocks thinner than the grid are solved");
  PetscCall(EnsembleSolve(&second, 7, 5, &report));
  PetscCheck(!memcmp(first.output, second.output, 256 * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a failure changes what follows");
  PetscCall(EnsembleDestroy(&first));
  PetscCall(EnsembleDestroy(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The modes 0 .. 9 of u (n). */
static void Modes(PetscReal modes[20], const PetscReal u[], PetscInt n)
{
  for (PetscInt k = 0; k < 10; k++) {
    modes[2 * k] = modes[2 * k + 1] = 0.0;
    for (PetscInt i = 0; i < n; i++) {
      modes[2 * k] += u[i] / n * PetscCosReal(2.0 * PETSC_PI * k * i / n);
      modes[2 * k + 1] += u[i] / n * PetscSinReal(2.0 * PETSC_PI * k * i / n);
    }
  }
}

/* 19 and 20 points hold the modes up to 9; a grid of an odd number of points is solved on as well. */
static PetscErrorCode CheckStored(const char grid[], PetscInt n, const char resolution[], PetscInt r)
{
  Ensemble       whole, part;
  KNSolverReport report;
  PetscReal      of_whole[20], of_part[20];

  PetscFunctionBegin;
  PetscCall(CREATE(&whole, "-burgers_grid", grid));
  PetscCall(CREATE(&part, "-burgers_grid", grid, "-burgers_resolution", resolution));
  PetscCall(EnsembleSolve(&whole, 1, 3, &report));
  PetscCall(EnsembleSolve(&part, 1, 3, &report));
  PetscCheck(part.problem->output.grid.n[0] == r && part.problem->output.grid.points == KN_POINTS_PERIODIC,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "not %" PetscInt_FMT " periodic points", r);
  Modes(of_whole, whole.input, n);
  Modes(of_part, part.input, r);
  PetscCheck(Distance(of_whole, of_part, 20) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "modes of u0 stored on %" PetscInt_FMT " points differ by %g", r, (double)Distance(of_whole, of_part, 20));
  Modes(of_whole, whole.output, n);
  Modes(of_part, part.output, r);
  PetscCheck(Distance(of_whole, of_part, 20) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "modes of u stored on %" PetscInt_FMT " points differ by %g", r, (double)Distance(of_whole, of_part, 20));
  PetscCall(EnsembleDestroy(&whole));
  PetscCall(EnsembleDestroy(&part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u0 given as it was drawn; a trajectory begins with u0 and ends with the operator's output. */
static PetscErrorCode CheckForms(void)
{
  Ensemble       pair, path;
  KNSolverReport report;
  PetscReal      u[256];

  PetscFunctionBegin;
  PetscCall(CREATE(&pair, "-burgers_grid", "256"));
  PetscCall(CREATE(&path, "-burgers_grid", "256", "-burgers_frames", "4"));
  PetscCall(EnsembleSolve(&pair, 1, 3, &report));
  PetscCall(PetscArraycpy(u, pair.output, 256));
  PetscCall(KNSolverSolveGiven(pair.solver, pair.input, pair.output, &report));
  PetscCheck(Distance(u, pair.output, 256) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "u0 drawn or given: u differs by %g", (double)Distance(u, pair.output, 256));
  PetscCheck(path.problem->input.fields == 0 && path.problem->frames == 4 && path.problem->times[0] == 0.0 &&
               path.problem->times[3] == 1.0,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "not 4 frames from 0 to 1");
  PetscCall(KNSolverSolve(path.solver, 1, 3, NULL, path.output, &report));
  PetscCheck(Distance(path.output, pair.input, 256) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the first frame is not u0: %g", (double)Distance(path.output, pair.input, 256));
  PetscCheck(Distance(path.output + 3 * 256, u, 256) < 1e-11, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the last frame is not u: %g", (double)Distance(path.output + 3 * 256, u, 256));
  PetscCall(EnsembleDestroy(&pair));
  PetscCall(EnsembleDestroy(&path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckZero(void)
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(CREATE(&e, "-burgers_grid", "64", "-burgers_field_scale", "0"));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (PetscInt i = 0; i < 64; i++)
    PetscCheck(e.output[i] == 0.0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "u grows out of nothing: %g", (double)e.output[i]);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckPurity());
  PetscCall(CheckStored("256", 256, "20", 20));
  PetscCall(CheckStored("255", 255, "19", 19));
  PetscCall(CheckForms());
  PetscCall(CheckZero());
  PetscCall(PetscFinalize());
  return 0;
}

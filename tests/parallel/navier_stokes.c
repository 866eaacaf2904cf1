/*
  One sample of Navier-Stokes flow on several ranks is that of one rank up to rounding, on grids that the ranks divide
  and others, for random and given initial fields; all ranks receive the same bits, and all see a failure that happens
  on one of them.
*/
#include <kitinet/error.h>
#include "solver_ensemble.h"
#include "verification/torus_test.h"

#define NS "-navier_stokes_"

static PetscMPIInt ranks, rank;

/* Do all ranks have the bits of rank 0? */
static PetscErrorCode CheckSame(const PetscReal u[], size_t size, const char what[])
{
  PetscReal *first;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, &first));
  PetscCall(PetscArraycpy(first, u, size));
  PetscCallMPI(MPI_Bcast(first, (PetscMPIInt)size, MPIU_REAL, 0, PETSC_COMM_WORLD));
  PetscCheck(!memcmp(first, u, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: ranks 0 and %d differ by %g", what, rank, (double)Distance(u, first, size));
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Fields with all modes of the grid: transforms, advection, norm and speed in slabs against those of the whole torus.
*/
static PetscErrorCode CheckTorus(PetscInt n, KNProduct product)
{
  const size_t points = (size_t)(n * n);
  KNTorus      whole, slabs;
  PetscReal   *w, *u, *c, *rate, *gathered, *local, *local_rate, norm[2], speed[2];
  PetscInt     first, rows;
  size_t       size;

  PetscFunctionBegin;
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, n, 3.0, product, &whole));
  PetscCall(KNTorusCreate(PETSC_COMM_WORLD, n, 3.0, product, &slabs));
  size = KNTorusSize(whole);
  KNTorusRows(slabs, &first, &rows);
  PetscCall(PetscMalloc5(points, &w, points, &u, size, &c, size, &rate, size, &gathered));
  PetscCall(PetscMalloc2(KNTorusSize(slabs), &local, KNTorusSize(slabs), &local_rate));
  KNTestField(w, 1.0, n / 2, n);
  PetscCall(KNTorusForward(whole, w, c));
  PetscCall(KNTorusAdvect(whole, c, rate));
  PetscCall(KNTorusNorm(whole, c, &norm[0]));
  PetscCall(KNTorusSpeed(whole, &speed[0]));

  PetscCall(KNTorusForward(slabs, w + first * n, local));
  PetscCall(KNTorusAdvect(slabs, local, local_rate));
  PetscCall(KNTorusNorm(slabs, local, &norm[1]));
  PetscCall(KNTorusSpeed(slabs, &speed[1]));
  PetscCheck(PetscAbsReal(norm[0] - norm[1]) < 1e-14 * norm[0] && PetscAbsReal(speed[0] - speed[1]) < 1e-13 * speed[0],
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "n = %" PetscInt_FMT ": norms %g and %g, speeds %g and %g", n,
             (double)norm[0], (double)norm[1], (double)speed[0], (double)speed[1]);
  PetscCall(KNTorusResample(slabs, local, whole, gathered));
  PetscCall(CheckSame(gathered, size, "coefficients"));
  PetscCheck(KNTestDistance(gathered, c, size) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": coefficients differ by %g", n, (double)KNTestDistance(gathered, c, size));
  PetscCall(KNTorusResample(slabs, local_rate, whole, gathered));
  PetscCheck(KNTestDistance(gathered, rate, size) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": advection differs by %g", n, (double)KNTestDistance(gathered, rate, size));
  PetscCall(KNTorusResample(whole, c, slabs, local));
  PetscCall(KNTorusBackward(slabs, local, u));
  PetscCheck(Distance(u, w + first * n, (size_t)(rows * n)) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": there and back points differ by %g", n,
             (double)Distance(u, w + first * n, (size_t)(rows * n)));
  PetscCall(PetscFree5(w, u, c, rate, gathered));
  PetscCall(PetscFree2(local, local_rate));
  PetscCall(KNTorusDestroy(&whole));
  PetscCall(KNTorusDestroy(&slabs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Same fate on one rank and on all; if solved, same flow to 1e-10. */
static PetscErrorCode CheckReports(const Ensemble *one, const KNSolverReport *alone, const Ensemble *all,
                                   const KNSolverReport *together, const char what[])
{
  const size_t size = KNProblemOutputSize(one->problem);

  PetscFunctionBegin;
  PetscCheck(alone->converged == together->converged && alone->retried == together->retried &&
               alone->iterations == together->iterations,
             PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: alone converged %d, retried %d, %" PetscInt_FMT " steps (%s); together %d, %d, %" PetscInt_FMT
             " (%s)",
             what, (int)alone->converged, (int)alone->retried, alone->iterations, alone->reason,
             (int)together->converged, (int)together->retried, together->iterations, together->reason);
  if (!together->converged) {
    PetscCheck(together->reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: no reason on rank %d", what, rank);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCheck(KNTestDistance(all->output, one->output, size) < 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the flow differs by %g", what, (double)KNTestDistance(all->output, one->output, size));
  PetscCall(CheckSame(all->output, size, what));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A random sample, and one from a given field that is 1e200 or NaN at one point if asked for. */
static PetscErrorCode CheckSample(const char *const options[], PetscReal spoiled)
{
  Ensemble       one, all;
  KNSolverReport alone, together;
  PetscReal     *given;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "navier_stokes", options, &one));
  PetscCall(EnsembleCreate(PETSC_COMM_WORLD, "navier_stokes", options, &all));
  PetscCall(KNSolverSolve(one.solver, 3, 1, NULL, one.output, &alone));
  PetscCall(KNSolverSolve(all.solver, 3, 1, NULL, all.output, &together));
  PetscCall(CheckReports(&one, &alone, &all, &together, options[1]));
  if (alone.converged) {
    PetscCall(PetscMalloc1(KNGridSize(&one.problem->output.grid), &given));
    PetscCall(PetscArraycpy(given, one.output, KNGridSize(&one.problem->output.grid)));
    if (spoiled != 0.0) given[5] = spoiled;
    PetscCall(KNSolverSolveGiven(one.solver, given, one.output, &alone));
    PetscCall(KNSolverSolveGiven(all.solver, given, all.output, &together));
    PetscCheck(alone.converged == (spoiled == 0.0), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a given field with a point of %g: converged %d", (double)spoiled, (int)alone.converged);
    PetscCall(CheckReports(&one, &alone, &all, &together, "given"));
    PetscCall(PetscFree(given));
  }
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A coefficient that is not finite, on the last rank with any, stops all. */
static PetscErrorCode CheckOneRankFails(KNVorticityScheme scheme)
{
  KNVorticity    vorticity;
  KNTorus        torus;
  KNSolverReport report = {.converged = PETSC_TRUE};
  PetscInt       first, columns;
  PetscReal     *w;

  PetscFunctionBegin;
  PetscCall(KNVorticityCreate(PETSC_COMM_WORLD, 32, 1.0, 1e-3, scheme, 1e-2, 1e-6, &vorticity));
  PetscCall(KNVorticityGetTorus(vorticity, &torus));
  PetscCall(PetscCalloc1(KNTorusSize(torus), &w));
  KNTorusColumns(torus, &first, &columns);
  if (columns && first + columns == 17) w[0] = NAN;
  PetscCall(KNVorticityStart(vorticity, w, 1.0));
  PetscCall(KNVorticityAdvance(vorticity, 1.0, &report));
  PetscCheck(!report.converged && report.reason[0], PETSC_COMM_SELF, PETSC_ERR_PLIB, "rank %d saw no failure", rank);
  PetscCall(PetscFree(w));
  PetscCall(KNVorticityDestroy(&vorticity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* More ranks than columns of modes, and any equation of one axis. */
static PetscErrorCode CheckRefused(const char type[], const char grid[], const char points[])
{
  KNSolver       solver;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, grid, points));
  PetscCall(KNSolverCreate(PETSC_COMM_WORLD, type, &solver));
  PetscCall(KNSolverSetFromOptions(solver));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNSolverSetUp(solver);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s of %s points on %d ranks: code %d", type,
             points, ranks, (int)code);
  PetscCall(KNSolverDestroy(&solver));
  PetscCall(PetscOptionsClearValue(NULL, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt    n[]     = {6, 7, 12, 15, 16, 17, 32, 45};
  static const char *const even[]  = {NS "grid", "64", NS "resolution", "20", NS "frames", "3", NS "final_time",
                                      "1",       NULL};
  static const char *const odd[]   = {NS "grid",       "45", NS "length",  "2",          NS "frames", "3",
                                      NS "final_time", "1",  NS "forcing", "kolmogorov", NULL};
  static const char *const euler[] = {
    NS "grid", "33",        NS "resolution", "11",    NS "restriction", "subsample",  NS "frames", "3", NS "final_time",
    "0.5",     NS "scheme", "li2020",        NS "dt", "5e-3",           NS "spin_up", "0.1",       NULL};
  /* The first step crosses 1.5 cells, or thousands: solved at the second attempt, or at none. */
  static const char *const hasty[] = {NS "grid", "32",    NS "frames", "2", NS "final_time", "1.2", NS "scheme",
                                      "li2020",  NS "dt", "0.6",       NULL};
  static const char *const wild[]  = {NS "grid",   "32",     NS "frames", "2",    NS "final_time",  "1",
                                      NS "scheme", "li2020", NS "dt",     "0.01", NS "field_scale", "2.6e6",
                                      NULL};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(n); i++) {
    PetscCall(CheckTorus(n[i], KN_PRODUCT_ALIAS_FREE));
    PetscCall(CheckTorus(n[i], KN_PRODUCT_LI2020));
  }
  PetscCall(CheckSample(even, 0.0));
  PetscCall(CheckSample(odd, 0.0));
  PetscCall(CheckSample(euler, 0.0));
  PetscCall(CheckSample(euler, 1e200));
  PetscCall(CheckSample(even, NAN));
  PetscCall(CheckSample(hasty, 0.0));
  PetscCall(CheckSample(wild, 0.0));
  PetscCall(CheckOneRankFails(KN_VORTICITY_ETDRK4));
  PetscCall(CheckOneRankFails(KN_VORTICITY_LI2020));
  if (ranks > 3) PetscCall(CheckRefused("navier_stokes", NS "grid", "5"));
  PetscCall(CheckRefused("burgers", "-burgers_grid", "64"));
  PetscCall(PetscFinalize());
  return 0;
}

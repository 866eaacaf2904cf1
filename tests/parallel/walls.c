/*
  One sample between walls on several ranks, in slabs, is that of one rank up to rounding, with sides of all kinds, for
  random and given states; all ranks receive the same bits and see a failure. Elasticity, which is solved iteratively,
  has a tolerance of 1e-14 for that. One axis is refused, as are more ranks than layers.
*/
#include <kitinet/error.h>
#include "walls_test.h"

static PetscMPIInt ranks, rank;

static PetscErrorCode CheckSame(const SmallWalls *small, const Ensemble *one, const KNSolverReport *alone,
                                const Ensemble *all, const KNSolverReport *together)
{
  const size_t size = KNProblemOutputSize(one->problem);
  PetscReal   *first, largest = 0.0;

  PetscFunctionBegin;
  PetscCheck(alone->converged == together->converged && alone->retried == together->retried, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s, %d axes: alone %d steps (%s), together %d (%s)", small->pde, (int)small->axes,
             (int)alone->iterations, alone->reason, (int)together->iterations, together->reason);
  if (!together->converged) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(one->output[s]));
  PetscCheck(Distance(one->output, all->output, size) <= 1e-12 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %d axes: the fields differ by %g of %g", small->pde, (int)small->axes,
             (double)Distance(one->output, all->output, size), (double)largest);
  PetscCall(PetscMalloc1(size, &first));
  PetscCall(PetscArraycpy(first, all->output, size));
  PetscCallMPI(MPI_Bcast(first, (PetscMPIInt)size, MPIU_REAL, 0, PETSC_COMM_WORLD));
  PetscCheck(!memcmp(first, all->output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: ranks 0 and %d differ", small->pde, rank);
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A random sample, what it began with given back, and the same with NaN at a point. */
static PetscErrorCode CheckSamples(const SmallWalls *small)
{
  Ensemble       one, all;
  KNSolverReport alone, together;
  PetscReal     *given;
  size_t         size;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, small->pde, small->option, &one));
  PetscCall(WallsCreate(PETSC_COMM_WORLD, small->pde, small->option, &all));
  PetscCall(EnsembleSolve(&one, 3, 1, &alone));
  PetscCall(EnsembleSolve(&all, 3, 1, &together));
  PetscCall(CheckSame(small, &one, &alone, &all, &together));
  size = KNSpaceSize(GivenSpace(one.problem));
  PetscCall(PetscMalloc1(size, &given));
  PetscCall(PetscArraycpy(given, one.problem->frames ? one.output : one.input, size));
  for (int spoiled = 0; spoiled < 2; spoiled++) {
    if (spoiled) given[5] = NAN;
    PetscCall(KNSolverSolveGiven(one.solver, given, one.output, &alone));
    PetscCall(KNSolverSolveGiven(all.solver, given, all.output, &together));
    PetscCheck(alone.converged == (PetscBool)!spoiled, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: given fields: %s",
               small->pde, alone.reason);
    PetscCall(CheckSame(small, &one, &alone, &all, &together));
  }
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A plate of hard and soft grains, of which multigrid makes nothing: factored, on one rank and on all. */
static PetscErrorCode CheckFactored(void)
{
  static const char *const options[] = {"grid", "33", "sides", "clamped,free,free,free", NULL};
  const MPI_Comm           comm[]    = {PETSC_COMM_SELF, PETSC_COMM_WORLD};
  const uint32_t           nodes     = 33 * 33;
  Ensemble                 e[2];
  KNSolverReport           report;
  PetscReal                largest = 0.0;

  PetscFunctionBegin;
  for (int k = 0; k < 2; k++) {
    PetscCall(WallsCreate(comm[k], "elasticity", options, &e[k]));
    for (uint32_t i = 0; i < 3 * nodes; i++) {
      e[k].input[i] = i >= nodes ? PetscSinReal((PetscReal)i) : (i * 2654435761u >> 16) % 7 < 3 ? 1e4 : 1e-4;
    }
    PetscCall(KNSolverSolveGiven(e[k].solver, e[k].input, e[k].output, &report));
    PetscCheck(report.converged && report.retried && report.residual <= 1e-10, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "grains: %s, relative residual %g", report.retried ? report.reason : "not factored",
               (double)report.residual);
  }
  for (uint32_t i = 0; i < 2 * nodes; i++) largest = PetscMax(largest, PetscAbsReal(e[0].output[i]));
  PetscCheck(Distance(e[0].output, e[1].output, 2 * nodes) <= 1e-7 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "grains: the fields differ by %g of %g", (double)Distance(e[0].output, e[1].output, 2 * nodes),
             (double)largest);
  for (int k = 0; k < 2; k++) PetscCall(EnsembleDestroy(&e[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckRefused(const SmallWalls *small)
{
  Ensemble       e;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = WallsCreate(PETSC_COMM_WORLD, small->pde, small->option, &e);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s on %d ranks: code %d", small->pde, ranks,
             (int)code);
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const SmallWalls few[] = {{"heat_walls", 2, {"grid", "10", "resolution", "5", NULL}},
                                   {"elasticity", 2, {"grid", "7", NULL}},
                                   {"helmholtz", 2, {"grid", "10", "wavenumber", "1", "resolution", "5", NULL}},
                                   {"incompressible", 2, {"grid", "7", NULL}}}; /* one layer, ghost cells need 2 */

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_walls); i++) {
    if (small_walls[i].axes == 1) PetscCall(CheckRefused(&small_walls[i]));
    else PetscCall(CheckSamples(&small_walls[i]));
  }
  PetscCall(CheckFactored());
  for (int i = 0; i < 4 && ranks > 3; i++) PetscCall(CheckRefused(&few[i])); /* 5 layers in blocks of 2: 3 slabs */
  PetscCall(PetscFinalize());
  return 0;
}

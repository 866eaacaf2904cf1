/*
  One sample of a semilinear equation on several ranks, in slabs, is that of one rank up to rounding, on grids that the
  ranks divide and others, for random and given initial fields; all ranks receive the same bits, and all see a failure.
  Equations of one axis are refused.
*/
#include <kitinet/error.h>
#include "semilinear_test.h"

static PetscMPIInt ranks, rank;

static const char *const none[] = {NULL};

/*
  The same fate on one rank and on all; if solved, the same fields to 1e-12 of the largest value, and the same bits on
  all ranks.
*/
static PetscErrorCode CheckSame(const char pde[], const Ensemble *one, const KNSolverReport *alone, const Ensemble *all,
                                const KNSolverReport *together)
{
  const size_t size = KNProblemOutputSize(one->problem);
  PetscReal   *first, largest = 0.0;

  PetscFunctionBegin;
  PetscCheck(alone->converged == together->converged && alone->retried == together->retried &&
               (!alone->converged || alone->iterations == together->iterations),
             PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: alone converged %d, retried %d, %" PetscInt_FMT " steps (%s); together %d, %d, %" PetscInt_FMT " "
             "(%s)",
             pde, (int)alone->converged, (int)alone->retried, alone->iterations, alone->reason,
             (int)together->converged, (int)together->retried, together->iterations, together->reason);
  if (!together->converged) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(one->output[s]));
  PetscCheck(Distance(one->output, all->output, size) < 1e-12 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: the fields differ by %g of %g", pde, (double)Distance(one->output, all->output, size),
             (double)largest);
  PetscCall(PetscMalloc1(size, &first));
  PetscCall(PetscArraycpy(first, all->output, size));
  PetscCallMPI(MPI_Bcast(first, (PetscMPIInt)size, MPIU_REAL, 0, PETSC_COMM_WORLD));
  PetscCheck(!memcmp(first, all->output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: ranks 0 and %d differ", pde, rank);
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A random sample, its first frame given back, and the same with NaN at a point. */
static PetscErrorCode CheckSamples(const SmallProblem *small, const char *const more[])
{
  Ensemble       one, all;
  KNSolverReport alone, together;
  PetscReal     *given;
  size_t         frame;

  PetscFunctionBegin;
  PetscCall(SmallCreate(PETSC_COMM_SELF, small, more, &one));
  frame = KNProblemOutputSize(one.problem) / (size_t)one.problem->frames;
  PetscCall(SmallCreate(PETSC_COMM_WORLD, small, more, &all));
  PetscCall(EnsembleSolve(&one, 3, 1, &alone));
  PetscCall(EnsembleSolve(&all, 3, 1, &together));
  PetscCall(CheckSame(small->pde, &one, &alone, &all, &together));
  PetscCall(PetscMalloc1(frame + KNProblemInputSize(one.problem), &given));
  PetscCall(PetscArraycpy(given, one.output, frame));
  PetscCall(PetscArraycpy(given + frame, one.input, KNProblemInputSize(one.problem))); /* a force */
  for (int spoiled = 0; spoiled < 2; spoiled++) {
    if (spoiled) given[5] = NAN;
    PetscCall(KNSolverSolveGiven(one.solver, given, one.output, &alone));
    PetscCall(KNSolverSolveGiven(all.solver, given, all.output, &together));
    PetscCheck(alone.converged == (PetscBool)!spoiled, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: given fields: %s",
               small->pde, alone.reason);
    PetscCall(CheckSame(small->pde, &one, &alone, &all, &together));
  }
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckRefused(const SmallProblem *small)
{
  Ensemble       e;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = SmallCreate(PETSC_COMM_WORLD, small, none, &e);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s on %d ranks: code %d", small->pde, ranks,
             (int)code);
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const  imex[]   = {"scheme", "imex", NULL};
  static const char *const  forced[] = {"forcing", "random", NULL};
  static const SmallProblem odd[]    = {{"allen_cahn", "2", "45", "9", "0.1", PETSC_FALSE},
                                        {"fisher_kpp", "3", "27", "8", "0.02", PETSC_FALSE},
                                        {"heat", "3", "9", "9", "0.1", PETSC_FALSE}};
  static const char *const  coarse[] = {"unresolved", "1", NULL};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_problems); i++) {
    const SmallProblem *small = &small_problems[i];
    const PetscBool     steps = (PetscBool)(strcmp(small->pde, "heat") && strcmp(small->pde, "dispersion"));

    if (!strcmp(small->axes, "1")) {
      PetscCall(CheckRefused(small));
    } else {
      PetscCall(CheckSamples(small, none));
      if (steps && !strcmp(small->axes, "2")) PetscCall(CheckSamples(small, imex));
      if (!strcmp(small->pde, "heat") || !strcmp(small->pde, "navier_stokes_3d")) {
        PetscCall(CheckSamples(small, forced));
      }
    }
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(odd); i++) PetscCall(CheckSamples(&odd[i], i < 2 ? coarse : none));
  PetscCall(PetscFinalize());
  return 0;
}

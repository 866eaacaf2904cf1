/*
  One sample of a conservation law on several ranks, in slabs, is that of one rank up to rounding, with every
  reconstruction, with sides of all kinds, where cells fall back to order 1, for random and given states; all ranks
  receive the same bits and see a failure. One axis is refused, as are slabs thinner than a stencil.
*/
#include <kitinet/error.h>
#include "conservation_test.h"

static PetscMPIInt ranks, rank;

static const char *const none[] = {NULL};

static PetscErrorCode CheckSame(const SmallLaw *small, const char *const more[], const Ensemble *one,
                                const KNSolverReport *alone, const Ensemble *all, const KNSolverReport *together)
{
  const size_t size = KNProblemOutputSize(one->problem);
  PetscReal   *first, largest = 0.0;

  PetscFunctionBegin;
  PetscCheck(alone->converged == together->converged && alone->retried == together->retried &&
               alone->iterations == together->iterations,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s axes: alone %d steps (%s), together %d (%s)", small->pde,
             small->axes, (int)alone->iterations, alone->reason, (int)together->iterations, together->reason);
  if (!together->converged) PetscFunctionReturn(PETSC_SUCCESS);
  for (size_t s = 0; s < size; s++) largest = PetscMax(largest, PetscAbsReal(one->output[s]));
  PetscCheck(Distance(one->output, all->output, size) <= 1e-12 * largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %s axes, %s: the fields differ by %g of %g", small->pde, small->axes, more[0] ? more[1] : "",
             (double)Distance(one->output, all->output, size), (double)largest);
  PetscCall(PetscMalloc1(size, &first));
  PetscCall(PetscArraycpy(first, all->output, size));
  PetscCallMPI(MPI_Bcast(first, (PetscMPIInt)size, MPIU_REAL, 0, PETSC_COMM_WORLD));
  PetscCheck(!memcmp(first, all->output, size * sizeof(PetscReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: ranks 0 and %d differ", small->pde, rank);
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A random sample, its first frame given back, and the same with NaN at a point. */
static PetscErrorCode CheckSamples(const SmallLaw *small, const char *const more[])
{
  Ensemble       one, all;
  KNSolverReport alone, together;
  PetscReal     *given;
  size_t         frame;

  PetscFunctionBegin;
  PetscCall(SmallLawCreate(PETSC_COMM_SELF, small, more, &one));
  PetscCall(SmallLawCreate(PETSC_COMM_WORLD, small, more, &all));
  PetscCall(EnsembleSolve(&one, 3, 1, &alone));
  PetscCall(EnsembleSolve(&all, 3, 1, &together));
  PetscCall(CheckSame(small, more, &one, &alone, &all, &together));
  frame = KNProblemOutputSize(one.problem) / 3;
  PetscCall(PetscMalloc1(frame, &given));
  PetscCall(PetscArraycpy(given, one.output, frame));
  for (int spoiled = 0; spoiled < 2; spoiled++) {
    if (spoiled) given[5] = NAN;
    PetscCall(KNSolverSolveGiven(one.solver, given, one.output, &alone));
    PetscCall(KNSolverSolveGiven(all.solver, given, all.output, &together));
    PetscCheck(alone.converged == (PetscBool)!spoiled, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: given fields: %s",
               small->pde, alone.reason);
    PetscCall(CheckSame(small, more, &one, &alone, &all, &together));
  }
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&one));
  PetscCall(EnsembleDestroy(&all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckRefused(const SmallLaw *small)
{
  Ensemble       e;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = SmallLawCreate(PETSC_COMM_WORLD, small, none, &e);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s on %d ranks: code %d", small->pde, ranks,
             (int)code);
  PetscCall(PetscOptionsClear(NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const SmallLaw thin  = {"euler", "2", "6", "6", "0.1", "quadrants"};
  static const SmallLaw rough = {"euler", "2", "32", "16", "0.1", "quadrants"};
  const char *const weno[] = {"reconstruction", "weno5", NULL}, *const box[] = {"sides", "reflecting", NULL};
  const char *const mixed[] = {"sides", "inflow,outflow,reflecting,outflow", "inflow", "1,0.5,0.1,1", NULL};
  const char *const hard[]  = {"mach",     "40",           "reconstruction", "weno5", "sides",
                               "periodic", "pressure_low", "0.01",           NULL};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(small_laws); i++) {
    const SmallLaw *small = &small_laws[i];

    if (!strcmp(small->axes, "1")) {
      PetscCall(CheckRefused(small));
      continue;
    }
    PetscCall(CheckSamples(small, none));
    PetscCall(CheckSamples(small, box));
    if (strcmp(small->resolution, "7")) PetscCall(CheckSamples(small, weno));
  }
  PetscCall(CheckSamples(&rough, mixed));
  PetscCall(CheckSamples(&rough, hard));
  if (ranks > 3) PetscCall(CheckRefused(&thin));
  PetscCall(PetscFinalize());
  return 0;
}

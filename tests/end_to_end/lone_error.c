/*
  An error of ours that one rank alone raises, while the others wait for it: a fault of the program, which ends all
  the same. lone_error RANK
*/
#include <kitinet/error.h>
#include <stdlib.h>

static PetscErrorCode Work(PetscMPIInt alone)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCheck(rank != alone, PETSC_COMM_SELF, KN_ERR_INPUT, "somewhere.h5: is damaged");
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscErrorCode code;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(KNErrorHandlerPush());
  code = Work(argc > 1 ? atoi(argv[1]) : 0);
  if (!KNErrorIsOrderly(code) || !KNErrorAwaitAll(code)) MPI_Abort(PETSC_COMM_WORLD, KNExitCode(code));
  (void)PetscFinalize();
  return KNExitCode(code);
}

/* Gradients are one block: one MPI_Allreduce. */
#include <kitinet/reduce.h>

PetscErrorCode KNReduceStep(MPI_Comm comm, KNParameters parameters, KNStepSums *sums)
{
  const size_t largest = (size_t)1 << 30; /* MPI counts are int */
  KNReal      *gradient;
  size_t       n;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(parameters, &n, NULL, &gradient, NULL, NULL));
  for (size_t start = 0; start < n; start += largest) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, gradient + start, (int)PetscMin(n - start, largest), KNREAL_MPI, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sums, (int)(sizeof(*sums) / sizeof(double)), MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Taking over what a run that was killed or suspended left behind.

  The unfinished file is read as any dataset; it must describe what is to be written now. Then every row whose entry in /sample is the
  expected one is read, and kept if its checksum is right: a row that was being written when the power went off is not.
*/
#include "dataset_impl.h"
#include <string.h>
#include <unistd.h>

/* The first difference in what is written before the rows; "" if there is none. */
static PetscErrorCode Compare(KNDataset left, KNDataset wanted, size_t size, char difference[])
{
  PetscFunctionBegin;
  PetscCall(KNProblemCompare(&left->problem, &wanted->problem, size, difference));
  if (difference[0]) PetscFunctionReturn(PETSC_SUCCESS);
  if (left->samples != wanted->samples) PetscCall(PetscSNPrintf(difference, size, "%" PetscInt64_FMT " samples, not %" PetscInt64_FMT, left->samples, wanted->samples));
  else if (left->seed != wanted->seed) PetscCall(PetscSNPrintf(difference, size, "seed %" PetscInt64_FMT ", not %" PetscInt64_FMT, left->seed, wanted->seed));
  else if (strcmp(left->version, wanted->version)) PetscCall(PetscSNPrintf(difference, size, "version %s of the program, not %s", left->version, wanted->version));
  else if (strcmp(left->options, wanted->options)) PetscCall(PetscSNPrintf(difference, size, "other options"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 judges whether there is something to take over; a file that OpenTemporary() has just created is empty. */
static PetscErrorCode Judge(KNDataset dataset, PetscBool *taken)
{
  char      difference[KN_MAX_MESSAGE] = "";
  KNDataset copy;

  PetscFunctionBegin;
  *taken = PETSC_FALSE;
  if (!lseek(dataset->descriptor, 0, SEEK_END)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetOpenCopy(dataset, &copy));
  if (copy->failure) PetscCall(PetscStrncpy(difference, "it is not laid out", sizeof(difference)));
  else PetscCall(Compare(copy, dataset, sizeof(difference), difference));
  PetscCall(KNDatasetDestroy(&copy));
  *taken = (PetscBool)!difference[0];
  if (!*taken) fprintf(stderr, "kitinet: warning: %s, left by an earlier run, cannot be continued: %s; begins afresh\n", dataset->temporary, difference);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each rank reads a share of the rows. */
static PetscErrorCode Verify(KNDataset dataset, PetscMPIInt size, PetscMPIInt rank, const PetscInt64 sample[])
{
  PetscInt64 start, end;
  KNDataset  copy;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpenCopy(dataset, &copy));
  KNPartition(dataset->samples, size, rank, &start, &end);
  for (PetscInt64 row = start; row < end && !copy->failure; row++) {
    if (copy->sample[row] != sample[row] || KNDatasetRead(copy, row, NULL, NULL, 0, NULL)) continue;
    dataset->sample[row]   = copy->sample[row];
    dataset->checksum[row] = copy->checksum[row];
    dataset->written[row]  = 1;
  }
  PetscCall(KNDatasetDestroy(&copy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetTakeOver(KNDataset dataset, const PetscInt64 sample[], PetscBool *taken)
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(dataset->comm, &rank));
  PetscCallMPI(MPI_Comm_size(dataset->comm, &size));
  if (rank == 0) PetscCall(Judge(dataset, taken));
  PetscCallMPI(MPI_Bcast(taken, 1, MPIU_BOOL, 0, dataset->comm));
  if (!*taken) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Verify(dataset, size, rank, sample));
  PetscCallMPI(MPI_Allreduce(dataset->written, dataset->present, (PetscMPIInt)dataset->samples, MPI_SIGNED_CHAR, MPI_SUM, dataset->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

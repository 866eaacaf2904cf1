/*
  Taking over what a run that was killed or suspended left behind.

  The unfinished file is read as any dataset; it must describe what is to be written now. Then every row whose entry in
  /sample is the expected one is read, and kept if its checksum is right: a row that was being written when the power
  went off is not.
*/
#include "dataset_impl.h"
#include <string.h>
#include <unistd.h>

/* The first difference in what is written before the rows; "" if there is none. */
static PetscErrorCode Compare(const KNDatasetLayout *left, const KNDatasetLayout *wanted, size_t size,
                              char difference[])
{
  PetscFunctionBegin;
  PetscCall(KNProblemCompare(&left->problem, &wanted->problem, size, difference));
  if (difference[0]) PetscFunctionReturn(PETSC_SUCCESS);
  if (left->samples != wanted->samples)
    PetscCall(PetscSNPrintf(difference, size, "%" PetscInt64_FMT " samples, not %" PetscInt64_FMT, left->samples,
                            wanted->samples));
  else if (left->seed != wanted->seed)
    PetscCall(
      PetscSNPrintf(difference, size, "seed %" PetscInt64_FMT ", not %" PetscInt64_FMT, left->seed, wanted->seed));
  else if (strcmp(left->version, wanted->version))
    PetscCall(PetscSNPrintf(difference, size, "version %s of the program, not %s", left->version, wanted->version));
  else if (strcmp(left->options, wanted->options)) PetscCall(PetscSNPrintf(difference, size, "other options"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 judges whether there is something to take over; a file that OpenTemporary() has just created is empty. */
static PetscErrorCode Judge(KNDatasetWriter writer, PetscBool *taken)
{
  char      difference[KN_MAX_MESSAGE] = "";
  KNDataset copy;

  PetscFunctionBegin;
  *taken = PETSC_FALSE;
  if (!lseek(writer->descriptor, 0, SEEK_END)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetOpenCopy(writer, &copy));
  if (copy->failure) PetscCall(PetscStrncpy(difference, "it is not laid out", sizeof(difference)));
  else PetscCall(Compare(&copy->layout, &writer->layout, sizeof(difference), difference));
  PetscCall(KNDatasetDestroy(&copy));
  *taken = (PetscBool)!difference[0];
  if (!*taken)
    PetscCall(PetscFPrintf(PETSC_COMM_SELF, stderr,
                           "kitinet: warning: %s, left by an earlier run, cannot be continued: %s; begins afresh\n",
                           writer->temporary, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each rank reads a share of the rows. */
static PetscErrorCode Verify(KNDatasetWriter writer, PetscMPIInt size, PetscMPIInt rank, const PetscInt64 sample[])
{
  KNDatasetLayout *to = &writer->layout;
  PetscInt64       start, end;
  KNDataset        copy;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpenCopy(writer, &copy));
  KNPartition(to->samples, size, rank, &start, &end);
  for (PetscInt64 row = start; row < end && !copy->failure; row++) {
    if (copy->layout.sample[row] != sample[row] || KNDatasetRead(copy, row, NULL, NULL, 0, NULL)) continue;
    for (PetscInt i = 0; i < to->columns; i++) {
      const size_t at = (size_t)row * to->column[i].width;

      memcpy(to->column[i].value + at, copy->layout.column[i].value + at, to->column[i].width);
    }
    writer->written[row] = 1;
  }
  PetscCall(KNDatasetDestroy(&copy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetTakeOver(KNDatasetWriter writer, const PetscInt64 sample[], PetscBool *taken)
{
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(writer->comm, &rank));
  PetscCallMPI(MPI_Comm_size(writer->comm, &size));
  if (rank == 0) PetscCall(Judge(writer, taken));
  PetscCallMPI(MPI_Bcast(taken, 1, MPIU_BOOL, 0, writer->comm));
  if (!*taken) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Verify(writer, size, rank, sample));
  PetscCallMPI(MPI_Allreduce(writer->written, writer->present, (PetscMPIInt)writer->layout.samples, MPI_SIGNED_CHAR,
                             MPI_SUM, writer->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

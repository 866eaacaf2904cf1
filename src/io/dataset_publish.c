/*
  Publishing: from rows that many ranks wrote to one file that is whole, checked, on disk, and only then has its name.

  Gather the index -> close up rows that nobody wrote -> write the index as a whole -> close -> open as any reader would and compare every row with the
  checksum of what was to be written -> shorten -> fsync -> rename. Between the steps all ranks agree that none has failed.
*/
#include "dataset_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/*
  Rows [0, kept) are to be kept; hole h = 0, 1, .. among them is filled by the h-th written row behind. The rank that wrote that row moves
  it, because no other is sure to see it yet. written: by any rank; mine: by this one. index: sample and checksum of all rows.
*/
static int CloseUp(KNDataset dataset, PetscInt64 kept, const signed char written[], const signed char mine[])
{
  KNDatasetArray *array = dataset->array;
  float *const    value[2] = {dataset->row, dataset->row + (dataset->arrays == 2 ? array[0].size : 0)};
  PetscInt64      donor    = kept;

  for (PetscInt64 hole = 0; hole < kept; hole++) {
    if (written[hole]) continue;
    while (!written[donor]) donor++;
    if (mine[donor]) {
      KNCallFile(KNDatasetReadRow(dataset, donor, value));
      KNCallFile(KNDatasetWriteRow(dataset, hole, (const float *const *)value));
    }
    dataset->sample[hole]   = dataset->sample[donor];
    dataset->checksum[hole] = dataset->checksum[donor];
    donor++;
  }
  return 0;
}

/* In its place, or, if it has become shorter, anew. */
static int FinishIndex(KNDataset dataset, PetscInt64 kept, PetscBool write)
{
  KNFile *file = &dataset->file;

  if (write && kept == dataset->samples) {
    KNCallHDF5(file, H5Dwrite(dataset->index.sample, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, dataset->sample));
    KNCallHDF5(file, H5Dwrite(dataset->index.checksum, H5T_NATIVE_UINT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, dataset->checksum));
  }
  KNCallHDF5(file, H5Sclose(dataset->index.memory));
  KNCallHDF5(file, H5Sclose(dataset->index.disk));
  KNCallHDF5(file, H5Dclose(dataset->index.checksum));
  KNCallHDF5(file, H5Dclose(dataset->index.sample));
  if (kept == dataset->samples) return 0;
  KNCallHDF5(file, H5Ldelete(file->id, "sample", H5P_DEFAULT));
  KNCallHDF5(file, H5Ldelete(file->id, "checksum", H5P_DEFAULT));
  KNCallFile(KNDatasetStoreVector(file, "sample", H5T_STD_I64LE, kept, dataset->sample, write));
  return KNDatasetStoreVector(file, "checksum", H5T_STD_U32LE, kept, dataset->checksum, write);
}

/* Collective, under the lock. */
static int Finish(KNDataset dataset, PetscInt64 kept, PetscBool write)
{
  KNFile *file = &dataset->file;

  for (PetscInt i = 0; i < dataset->arrays; i++) {
    KNDatasetArray *array = &dataset->array[i];

    if (kept < dataset->samples) {
      array->shape[0] = (hsize_t)kept;
      KNCallHDF5(file, H5Dset_extent(array->id, array->shape));
    }
    KNCallHDF5(file, H5Sclose(array->memory));
    KNCallHDF5(file, H5Sclose(array->disk));
    KNCallHDF5(file, H5Dclose(array->id));
  }
  KNCallFile(FinishIndex(dataset, kept, write));
  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL)); // also MPI_File_sync: what this rank wrote is visible to all
  KNCallHDF5(file, H5Fclose(file->id));
  file->id = 0;
  return 0;
}

static int GetEnd(KNDataset dataset, haddr_t *end)
{
  KNCallHDF5(&dataset->file, H5Fget_eoa(dataset->file.id, end));
  return 0;
}

/* The share of each rank, read by the very functions that will read it in training. *end: where HDF5's part of the file ends. */
static PetscErrorCode Verify(KNDataset dataset, PetscMPIInt size, PetscMPIInt rank, haddr_t *end)
{
  PetscInt64 first, last;
  KNDataset  copy;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpenCopy(dataset, &copy));
  KNHDF5Lock();
  if (!copy->failure) copy->failure = GetEnd(copy, end);
  KNHDF5Unlock();
  KNPartition(dataset->samples, size, rank, &first, &last);
  for (PetscInt64 row = first; row < last && !copy->failure; row++) {
    copy->failure = KNDatasetRead(copy, row, NULL, NULL, 0, NULL);
    if (!copy->failure && (copy->sample[row] != dataset->sample[row] || copy->checksum[row] != dataset->checksum[row])) copy->failure = KNFileFail(&copy->file, KN_ERR_IO, "the index of row %lld does not read back as it was written", (long long)row);
  }
  dataset->failure = copy->failure;
  memcpy(dataset->file.message, copy->file.message, sizeof(copy->file.message));
  PetscCall(KNDatasetDestroy(&copy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0: without the space that was reserved too much, on disk under its final name, and the name on disk too. */
static int Rename(KNDataset dataset, haddr_t end)
{
  KNFile *file = &dataset->file;

  if (ftruncate(dataset->descriptor, (off_t)end)) return KNFileFail(file, KN_ERR_IO, "cannot be shortened: %s", strerror(errno));
  if (fsync(dataset->descriptor)) return KNFileFail(file, KN_ERR_IO, "cannot be flushed to disk: %s", strerror(errno));
  if (rename(dataset->temporary, dataset->path)) return KNFileFail(file, KN_ERR_IO, "cannot be renamed to %s: %s", dataset->path, strerror(errno));
  (void)KNFolderFlush(dataset->path); /* not every file system can; the rename itself has happened */
  close(dataset->descriptor);
  dataset->descriptor = -1;
  return 0;
}

PetscErrorCode KNDatasetPublish(KNDataset dataset)
{
  const PetscMPIInt n = (PetscMPIInt)dataset->samples;
  PetscMPIInt       rank, size;
  signed char      *written;
  PetscInt64        kept = 0;
  haddr_t           end  = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(dataset->comm, &rank));
  PetscCallMPI(MPI_Comm_size(dataset->comm, &size));
  PetscCheck(dataset->writing, dataset->comm, PETSC_ERR_ARG_WRONGSTATE, "%s is published, or open for reading", dataset->path);
  PetscCall(KNDatasetAgree(dataset)); // on what KNDatasetWrite() kept
  PetscCall(PetscMalloc1(n, &written));
  PetscCallMPI(MPI_Allreduce(dataset->written, written, n, MPI_SIGNED_CHAR, MPI_SUM, dataset->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dataset->sample, n, MPI_INT64_T, MPI_SUM, dataset->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dataset->checksum, n, MPI_UINT32_T, MPI_SUM, dataset->comm));
  for (PetscMPIInt row = 0; row < n; row++) {
    PetscCheck(written[row] == 0 || written[row] == 1, dataset->comm, PETSC_ERR_ARG_WRONGSTATE, "row %d was written by %d ranks", row, written[row]);
    kept += written[row];
  }
  PetscCheck(kept > 0, dataset->comm, PETSC_ERR_ARG_WRONGSTATE, "%s: no row was written", dataset->path);

  KNHDF5Lock();
  dataset->failure = CloseUp(dataset, kept, written, dataset->written);
  KNHDF5Unlock();
  PetscCall(PetscFree(written));
  PetscCall(KNDatasetAgree(dataset));
  KNHDF5Lock();
  dataset->failure = Finish(dataset, kept, (PetscBool)(rank == 0));
  KNHDF5Unlock();
  dataset->samples = kept;
  dataset->writing = PETSC_FALSE;
  PetscCall(KNDatasetAgree(dataset));
  PetscCall(Verify(dataset, size, rank, &end));
  PetscCall(KNDatasetAgree(dataset));
  if (rank == 0) dataset->failure = Rename(dataset, end);
  PetscCall(KNDatasetAgree(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Publishing: from rows that many ranks wrote to one file that is whole, checked, on disk, and only then has its name.

  Gather the index -> close up rows that nobody wrote -> write the index as a whole -> close -> open as any reader would
  and compare every row with the checksum of what was to be written -> shorten -> fsync -> rename. Between the steps all
  ranks agree that none has failed.
*/
#include "dataset_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/*
  Rows [0, kept) are to be kept; hole h = 0, 1, .. among them is filled by the h-th written row behind. The rank that
  wrote that row moves it, because no other is sure to see it yet. written: by any rank; mine: by this one. Columns:
  those of all rows.
*/
static int CloseUp(KNDatasetLayout *layout, PetscInt64 kept, const signed char written[], const signed char mine[])
{
  void      *value[KN_MAX_ARRAYS];
  PetscInt64 donor = kept;

  KNDatasetRowPlaces(layout, value);
  for (PetscInt64 hole = 0; hole < kept; hole++) {
    if (written[hole]) continue;
    while (!written[donor]) donor++;
    if (mine[donor]) {
      KNCallFile(KNDatasetReadRow(layout, donor, value));
      KNCallFile(KNDatasetWriteRow(layout, hole, (const void *const *)value));
    }
    for (PetscInt i = 0; i < layout->columns; i++) {
      const KNDatasetColumn *column = &layout->column[i];

      memcpy(column->value + (size_t)hole * column->width, column->value + (size_t)donor * column->width,
             column->width);
    }
    donor++;
  }
  return 0;
}

/* In their places, or, if they have become shorter, anew. */
static int FinishColumns(KNDatasetLayout *layout, PetscInt64 kept, PetscBool write)
{
  KNFile *file = &layout->file;

  for (PetscInt i = 0; i < layout->columns; i++) {
    KNDatasetColumn *column = &layout->column[i];

    if (write && kept == layout->samples)
      KNCallHDF5(file, H5Dwrite(column->id, column->type, H5S_ALL, H5S_ALL, H5P_DEFAULT, column->value));
    KNCallHDF5(file, H5Sclose(column->memory));
    KNCallHDF5(file, H5Sclose(column->disk));
    KNCallHDF5(file, H5Dclose(column->id));
  }
  if (kept == layout->samples) return 0;
  for (PetscInt i = 0; i < layout->columns; i++)
    KNCallHDF5(file, H5Ldelete(file->id, layout->column[i].name, H5P_DEFAULT));
  for (PetscInt i = 0; i < layout->columns; i++) {
    KNDatasetColumn *column = &layout->column[i];

    column->shape[0] = (hsize_t)kept;
    KNCallFile(KNDatasetStoreColumn(file, column->name, column->disk_type, column->type, column->rank, column->shape,
                                    column->value, write));
  }
  return 0;
}

/* Collective, under the lock. */
static int Finish(KNDatasetLayout *layout, PetscInt64 kept, PetscBool write)
{
  KNFile *file = &layout->file;

  for (PetscInt i = 0; i < layout->arrays; i++) {
    KNDatasetArray *array = &layout->array[i];

    if (kept < layout->samples) {
      array->shape[0] = (hsize_t)kept;
      KNCallHDF5(file, H5Dset_extent(array->id, array->shape));
    }
    KNCallHDF5(file, H5Sclose(array->memory));
    KNCallHDF5(file, H5Sclose(array->disk));
    KNCallHDF5(file, H5Dclose(array->id));
  }
  KNCallFile(FinishColumns(layout, kept, write));
  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL)); // also MPI_File_sync: what this rank wrote is visible to all
  KNCallHDF5(file, H5Fclose(file->id));
  file->id = 0;
  return 0;
}

static int GetEnd(KNFile *file, haddr_t *end)
{
  KNCallHDF5(file, H5Fget_eoa(file->id, end));
  return 0;
}

/* What stands beside the arrays of a row, compared with what was to be written. */
static int CompareColumns(KNDatasetLayout *read, const KNDatasetLayout *wanted, PetscInt64 row)
{
  for (PetscInt i = 0; i < wanted->columns; i++) {
    const size_t at = (size_t)row * wanted->column[i].width;

    if (memcmp(read->column[i].value + at, wanted->column[i].value + at, wanted->column[i].width)) {
      return KNFileFail(&read->file, KN_ERR_IO, "/%s of row %lld does not read back as it was written",
                        wanted->column[i].name, (long long)row);
    }
  }
  return 0;
}

/*
  The share of each rank, read by the very functions that will read it in training. *end: where HDF5's part of the
  file ends.
*/
static PetscErrorCode Verify(KNDatasetWriter writer, PetscMPIInt size, PetscMPIInt rank, haddr_t *end)
{
  PetscInt64 first, last;
  KNDataset  copy;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpenCopy(writer, &copy));
  KNHDF5Lock();
  if (!copy->failure) copy->failure = GetEnd(&copy->layout.file, end);
  KNHDF5Unlock();
  KNPartition(writer->layout.samples, size, rank, &first, &last);
  for (PetscInt64 row = first; row < last && !copy->failure; row++) {
    copy->failure = KNDatasetRead(copy, row, NULL, NULL, 0, NULL);
    if (!copy->failure) copy->failure = CompareColumns(&copy->layout, &writer->layout, row);
  }
  writer->failure = copy->failure;
  memcpy(writer->layout.file.message, copy->layout.file.message, sizeof(copy->layout.file.message));
  PetscCall(KNDatasetDestroy(&copy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0: without the space that was reserved too much, on disk under its final name, and the name on disk too. */
static int Rename(KNDatasetWriter writer, haddr_t end)
{
  KNFile *file = &writer->layout.file;

  if (ftruncate(writer->descriptor, (off_t)end))
    return KNFileFail(file, KN_ERR_IO, "cannot be shortened: %s", strerror(errno));
  if (fsync(writer->descriptor)) return KNFileFail(file, KN_ERR_IO, "cannot be flushed to disk: %s", strerror(errno));
  if (rename(writer->temporary, writer->path))
    return KNFileFail(file, KN_ERR_IO, "cannot be renamed to %s: %s", writer->path, strerror(errno));
  (void)KNFolderFlush(writer->path); /* not every file system can; the rename itself has happened */
  close(writer->descriptor);
  writer->descriptor = -1;
  return 0;
}

/* Each row has its bytes on the rank that wrote it, 0 on the others. */
static PetscErrorCode GatherColumn(KNDatasetWriter writer, KNDatasetColumn *column)
{
  const size_t bytes = (size_t)writer->layout.samples * column->width, most = (size_t)1 << 30;

  PetscFunctionBegin;
  for (size_t at = 0; at < bytes; at += most)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, column->value + at, (PetscMPIInt)PetscMin(most, bytes - at), MPI_BYTE,
                               MPI_BOR, writer->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterPublish(KNDatasetWriter writer)
{
  const PetscMPIInt n = (PetscMPIInt)writer->layout.samples;
  PetscMPIInt       rank, size;
  signed char      *written;
  PetscInt64        kept = 0;
  haddr_t           end  = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(writer->comm, &rank));
  PetscCallMPI(MPI_Comm_size(writer->comm, &size));
  PetscCheck(!writer->published, writer->comm, PETSC_ERR_ARG_WRONGSTATE, "%s is published", writer->path);
  PetscCall(KNDatasetWriterAgree(writer)); // on what KNDatasetWriterWriteRow() kept
  PetscCall(PetscMalloc1(n, &written));
  PetscCallMPI(MPI_Allreduce(writer->written, written, n, MPI_SIGNED_CHAR, MPI_SUM, writer->comm));
  for (PetscInt i = 0; i < writer->layout.columns; i++) PetscCall(GatherColumn(writer, &writer->layout.column[i]));
  for (PetscMPIInt row = 0; row < n; row++) {
    PetscCheck(written[row] == 0 || written[row] == 1, writer->comm, PETSC_ERR_ARG_WRONGSTATE,
               "row %d was written by %d ranks", row, written[row]);
    kept += written[row];
  }
  PetscCheck(kept > 0, writer->comm, PETSC_ERR_ARG_WRONGSTATE, "%s: no row was written", writer->path);

  KNHDF5Lock();
  writer->failure = CloseUp(&writer->layout, kept, written, writer->written);
  KNHDF5Unlock();
  PetscCall(PetscFree(written));
  PetscCall(KNDatasetWriterAgree(writer));
  KNHDF5Lock();
  writer->failure = Finish(&writer->layout, kept, (PetscBool)(rank == 0));
  KNHDF5Unlock();
  writer->layout.samples = kept;
  writer->published      = PETSC_TRUE;
  PetscCall(KNDatasetWriterAgree(writer));
  PetscCall(Verify(writer, size, rank, &end));
  PetscCall(KNDatasetWriterAgree(writer));
  if (rank == 0) writer->failure = Rename(writer, end);
  PetscCall(KNDatasetWriterAgree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Writing: a dataset under construction, beside its final place under the name path.partial.

  A full disk goes unnoticed by parallel HDF5 (collective writes, flushes and closes return success and leave zeros).
  Therefore all space is reserved by posix_fallocate() before the first row, rows are written by independent transfers,
  and KNDatasetWriterPublish() reads all of them back. The file is laid out by collective calls in one order, and early:
  nothing in it depends on the ranks that fill it.

  A run that is killed leaves a file to continue from: once laid out the file is closed, so that all of HDF5's own data
  are in it, and opened again; from then on only rows change, and their entries in /sample (-1 until a row is there) and
  /checksum.
*/
#include "dataset_impl.h"
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Rank 0: space for this many bytes, and for what follows at the end: columns, names and a little metadata. */
static int Reserve(KNDatasetWriter writer, off_t bytes)
{
  const KNDatasetLayout *layout = &writer->layout;
  size_t                 row    = 0, width;
  off_t                  size;
  int                    error;

  for (PetscInt i = 0; i < layout->columns; i++) row += layout->column[i].width;
  size = bytes + (off_t)layout->samples * (off_t)row + 65536;
  size +=
    (off_t)(KNDatasetNamesSize(&layout->problem.input, &width) + KNDatasetNamesSize(&layout->problem.output, &width));
  error = posix_fallocate(writer->descriptor, 0, size);
  // Some file systems cannot reserve; there KNDatasetWriterPublish() finds out.
  if (!error || error == EINVAL || error == EOPNOTSUPP) return 0;
  return KNFileFail(&writer->layout.file, KN_ERR_IO, "no space for %.1f MB: %s; free some, or write elsewhere",
                    (double)size / 1e6, strerror(error));
}

/*
  0, or -1: another process has the lock. A job that SLURM started again waits, while the file server finds out that
  the node of its earlier start is gone.
*/
static int LockTemporary(int descriptor)
{
  enum { PATIENCE = 180 }; /* s; servers give a client that is silent 90 s or so */
  int left = KNLockRestarts() > 0 ? PATIENCE : 0;

  while (flock(descriptor, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
    if (left-- == 0) return -1;
    sleep(1);
  }
  return 0; /* also where a file system has no locks */
}

/* Whether the final name is free, or may be replaced. */
static int CheckFinal(KNDatasetWriter writer, PetscBool overwrite)
{
  KNFile      final = {.path = writer->path};
  struct stat status;
  int         code = 0;

  if (stat(writer->path, &status)) {
    if (!KNPathIsAbsent(errno))
      code =
        KNFileFail(&final, KN_ERR_USAGE, "cannot be looked at: %s; nothing is written over unseen", strerror(errno));
  } else if (!S_ISREG(status.st_mode)) code = KNFileFail(&final, KN_ERR_USAGE, "is no file: name the file to write");
  else if (!overwrite)
    code = KNFileFail(&final, KN_ERR_USAGE, "exists: choose another name, or give -overwrite to replace it");
  if (code) memcpy(writer->layout.file.message, final.message, sizeof(final.message));
  return code;
}

/*
  Whether the temporary name still stands for the file that is open: whoever had the lock may have given that its
  final name, or removed it.
*/
static PetscBool IsTemporary(KNDatasetWriter writer, int descriptor)
{
  struct stat opened, named;

  return (PetscBool)(!fstat(descriptor, &opened) && !stat(writer->temporary, &named) && opened.st_dev == named.st_dev &&
                     opened.st_ino == named.st_ino);
}

/* Of a file that we do not write after all: an empty one, just made, goes. */
static void CloseTemporary(KNDatasetWriter writer, int descriptor)
{
  if (IsTemporary(writer, descriptor) && !lseek(descriptor, 0, SEEK_END)) unlink(writer->temporary);
  close(descriptor);
}

/* Rank 0: nobody else writes it, and we may. The lock lasts as long as the descriptor. */
static int OpenTemporary(KNDatasetWriter writer, PetscBool overwrite)
{
  KNFile *file = &writer->layout.file;
  int     descriptor, code;

  for (;;) {
    KNCallFile(CheckFinal(writer, overwrite));
    descriptor = open(writer->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0)
      return KNFileFail(file, KN_ERR_USAGE, "cannot be created: %s%s", strerror(errno),
                        errno == ENOENT ? "; create the directory first" : "");
    if (LockTemporary(descriptor)) {
      close(descriptor);
      return KNFileFail(file, KN_ERR_USAGE, "is being written by another run: wait for it, or choose another name");
    }
    if (IsTemporary(writer, descriptor)) break;
    close(descriptor);
  }
  code = CheckFinal(writer, overwrite); /* again: it may have been published since */
  if (code) CloseTemporary(writer, descriptor);
  else writer->descriptor = descriptor;
  return code;
}

/*
  Rank 0, once before HDF5 has touched the file (which empties it again), so that a full disk is told as what it is;
  once after.
*/
static int ReserveArrays(KNDatasetWriter writer)
{
  off_t bytes = 0;

  for (PetscInt i = 0; i < writer->layout.arrays; i++)
    bytes += (off_t)writer->layout.samples * (off_t)(writer->layout.array[i].size * writer->layout.array[i].width);
  return Reserve(writer, bytes);
}

static int ReserveFile(KNDatasetWriter writer)
{
  struct stat status;

  if (fstat(writer->descriptor, &status))
    return KNFileFail(&writer->layout.file, KN_ERR_IO, "cannot be examined: %s", strerror(errno));
  return Reserve(writer, status.st_size);
}

/*
  Collective over the ranks that write. The format of HDF5 1.10: its metadata carry checksums, and chunks that are all
  there from the start need no index.
*/
static int WriteAccess(KNDatasetWriter writer, hid_t *access)
{
  KNFile *file = &writer->layout.file;

  KNCallHDF5(file, *access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fapl_mpio(*access, writer->comm, MPI_INFO_NULL));
  KNCallHDF5(file, H5Pset_fclose_degree(*access, H5F_CLOSE_STRONG));
  KNCallHDF5(file, H5Pset_libver_bounds(*access, H5F_LIBVER_V110, H5F_LIBVER_V110));
  return 0;
}

static int CreateFile(KNDatasetWriter writer)
{
  KNFile *file = &writer->layout.file;
  hid_t   access, creation;

  KNCallFile(WriteAccess(writer, &access));
  KNCallHDF5(file, creation = H5Pcreate(H5P_FILE_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(creation, 0));
  KNCallHDF5(
    file, H5Pset_attr_phase_change(creation, 1024, 0)); // attributes stay in the object header, whatever their number
  file->id = H5Fcreate(file->path, H5F_ACC_TRUNC, creation, access);
  if (file->id < 0) {
    file->id = 0;
    return KNFileFailHDF5(file, "H5Fcreate");
  }
  KNCallHDF5(file, H5Pclose(creation));
  KNCallHDF5(file, H5Pclose(access));
  return 0;
}

/* Space is taken at once and not filled: every byte of the arrays is written later, or the row is closed up. */
static int CreateArray(KNFile *file, const char name[], hid_t type, int rank, const hsize_t shape[],
                       const hsize_t chunk[], hid_t *array)
{
  hid_t creation, space;

  KNCallHDF5(file, creation = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(creation, 0));
  KNCallHDF5(file, H5Pset_alloc_time(creation, H5D_ALLOC_TIME_EARLY));
  KNCallHDF5(file, H5Pset_fill_time(creation, H5D_FILL_TIME_NEVER));
  if (chunk) KNCallHDF5(file, H5Pset_chunk(creation, rank, chunk));
  KNCallHDF5(file, space = H5Screate_simple(rank, shape, NULL));
  KNCallHDF5(file, *array = H5Dcreate2(file->id, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Pclose(creation));
  return 0;
}

int KNDatasetStoreColumn(KNFile *file, const char name[], hid_t disk_type, hid_t type, int rank, const hsize_t shape[],
                         const void *value, PetscBool write)
{
  hid_t array = H5I_INVALID_HID;

  KNCallFile(CreateArray(file, name, disk_type, rank, shape, NULL, &array));
  if (write) KNCallHDF5(file, H5Dwrite(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Dclose(array));
  return 0;
}

/* No row is there yet: /sample is -1, all else 0. */
static int LayOutColumns(KNDatasetLayout *layout, PetscBool write)
{
  for (PetscInt64 row = 0; row < layout->samples; row++) layout->sample[row] = -1;
  for (PetscInt i = 0; i < layout->columns; i++) {
    const KNDatasetColumn *column = &layout->column[i];

    KNCallFile(KNDatasetStoreColumn(&layout->file, column->name, column->disk_type, column->type, column->rank,
                                    column->shape, column->value, write));
  }
  memset(layout->sample, 0, (size_t)layout->samples * sizeof(*layout->sample));
  return 0;
}

/* Collective, under the lock: the whole file but for what stands in the rows. */
static int LayOut(KNDatasetWriter writer, PetscBool write)
{
  KNDatasetLayout *layout = &writer->layout;
  KNFile          *file   = &layout->file;

  KNCallFile(CreateFile(writer));
  KNCallFile(KNDatasetAttributes(layout, KN_STORE));
  KNCallFile(KNDatasetCoordinates(layout, KN_STORE, write));
  KNCallFile(KNDatasetNames(layout, KN_STORE, write));
  for (PetscInt i = 0; i < layout->arrays; i++) {
    KNDatasetArray *array = &layout->array[i];
    hsize_t         chunk[KN_MAX_DIM + 3];

    memcpy(chunk, array->shape, sizeof(chunk));
    chunk[0] = 1;
    KNCallFile(CreateArray(file, array->name, array->disk_type, array->rank, array->shape, chunk, &array->id));
    KNCallHDF5(file, H5Dclose(array->id));
  }
  KNCallFile(LayOutColumns(layout, write));
  KNCallHDF5(file, H5Fclose(file->id));
  file->id = 0;
  return 0;
}

/* Collective, under the lock: the rows of a file that is laid out. */
static int OpenRows(KNDatasetWriter writer)
{
  KNDatasetLayout *layout = &writer->layout;
  KNFile          *file   = &layout->file;
  hid_t            access;

  KNCallFile(WriteAccess(writer, &access));
  file->id = H5Fopen(file->path, H5F_ACC_RDWR, access);
  if (file->id < 0) {
    file->id = 0;
    return KNFileFailHDF5(file, "H5Fopen");
  }
  KNCallHDF5(file, H5Pclose(access));
  for (PetscInt i = 0; i < layout->arrays; i++) {
    KNCallHDF5(file, layout->array[i].id = H5Dopen2(file->id, layout->array[i].name, H5P_DEFAULT));
    KNCallFile(KNDatasetPrepareArray(file, &layout->array[i]));
  }
  for (PetscInt i = 0; i < layout->columns; i++) {
    KNDatasetColumn *column  = &layout->column[i];
    const hsize_t    shape[] = {1, column->shape[1]};

    KNCallHDF5(file, column->id = H5Dopen2(file->id, column->name, H5P_DEFAULT));
    KNCallHDF5(file, column->disk = H5Dget_space(column->id));
    KNCallHDF5(file, column->memory = H5Screate_simple(column->rank, shape, NULL));
  }
  return 0;
}

/* Collective. sample: see KNDatasetTakeOver(); NULL: begins afresh. */
static PetscErrorCode Begin(KNDatasetWriter writer, PetscBool overwrite, const PetscInt64 sample[])
{
  PetscBool   taken = PETSC_FALSE;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(writer->comm, &rank));
  if (!writer->failure && rank == 0) writer->failure = OpenTemporary(writer, overwrite);
  PetscCall(KNDatasetWriterAgree(writer));
  if (sample) PetscCall(KNDatasetTakeOver(writer, sample, &taken));
  if (!taken) {
    if (rank == 0) writer->failure = ReserveArrays(writer);
    PetscCall(KNDatasetWriterAgree(writer));
    KNHDF5Lock();
    writer->failure = LayOut(writer, (PetscBool)(rank == 0));
    KNHDF5Unlock();
    PetscCall(KNDatasetWriterAgree(writer));
  }
  KNHDF5Lock();
  writer->failure = OpenRows(writer);
  KNHDF5Unlock();
  PetscCall(KNDatasetWriterAgree(writer));
  if (rank == 0) writer->failure = ReserveFile(writer);
  PetscCall(KNDatasetWriterAgree(writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. A dataset in memory, with nothing on disk yet. */
static PetscErrorCode Describe(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples,
                               PetscInt64 seed, const char options[], KNDatasetWriter *writer)
{
  const size_t     row = PetscMax(KNProblemInputSize(problem), KNProblemOutputSize(problem));
  KNDatasetWriter  w;
  KNDatasetLayout *layout;

  PetscFunctionBegin;
  *writer = NULL;
  PetscCheck(strlen(path) < sizeof(w->path), comm, KN_ERR_USAGE, "a path of %zu bytes", strlen(path));
  PetscCheck(samples >= 1 && samples <= PETSC_MAX_INT, comm, KN_ERR_USAGE,
             "%s: a dataset of %" PetscInt64_FMT " samples, expected 1 to %d", path, samples, PETSC_MAX_INT);
  PetscCheck(row < UINT32_MAX / sizeof(float), comm, KN_ERR_USAGE,
             "%s: a sample of %zu values is beyond the 4 GiB of an HDF5 chunk: take a smaller grid or fewer frames",
             path, row);
  PetscCheck(strlen(options) < KN_MAX_OPTIONS, comm, KN_ERR_USAGE,
             "%s: the options are %zu bytes of text, at most %d can be stored", path, strlen(options),
             KN_MAX_OPTIONS - 1);
  PetscCheck(problem->input.kind != KN_SPACE_CLASS && problem->output.kind != KN_SPACE_TOKENS &&
               (!problem->frames || (problem->input.kind == KN_SPACE_FIELD && problem->output.kind == KN_SPACE_FIELD)),
             comm, PETSC_ERR_SUP, "%s: a dataset maps fields or tokens to fields or a class", path);
  PetscCall(PetscNew(&w));
  layout          = &w->layout;
  w->comm         = comm;
  w->descriptor   = -1;
  layout->problem = *problem;
  layout->samples = samples;
  layout->seed    = seed;
  layout->format  = KNDatasetFormat(problem);
  PetscCall(PetscStrcpy(w->path, path));
  PetscCall(PetscStrcpy(layout->options, options));
  PetscCall(PetscStrcpy(layout->version, KN_VERSION));
  PetscCall(PetscSNPrintf(w->temporary, sizeof(w->temporary), "%s.partial", path));
  layout->file.path = w->temporary;
  layout->file.code = KN_ERR_IO;
  KNHDF5Start();
  KNDatasetShapes(layout);
  PetscCall(KNSpaceCopyNames(&problem->input, &layout->names[0]));
  PetscCall(KNSpaceCopyNames(&problem->output, &layout->names[1]));
  layout->problem.input.names  = layout->names[0];
  layout->problem.output.names = layout->names[1];
  w->failure                   = KNDatasetAllocate(layout);
  w->written                   = (signed char *)calloc((size_t)samples, sizeof(*w->written));
  w->present                   = (signed char *)calloc((size_t)samples, sizeof(*w->present));
  if (!w->failure && !(w->written && w->present))
    w->failure = KNFileFail(&layout->file, PETSC_ERR_MEM, "no memory for the index of %lld rows", (long long)samples);
  if (!w->failure && problem->frames)
    memcpy(layout->times, problem->times, (size_t)problem->frames * sizeof(*layout->times));
  *writer = w;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterCreate(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples,
                                     PetscInt64 seed, const char options[], PetscBool overwrite,
                                     KNDatasetWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(Describe(comm, path, problem, samples, seed, options, writer));
  PetscCall(Begin(*writer, overwrite, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetWriterResume(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples,
                                     PetscInt64 seed, const char options[], const PetscInt64 sample[],
                                     PetscBool overwrite, KNDatasetWriter *writer)
{
  PetscFunctionBegin;
  PetscCall(Describe(comm, path, problem, samples, seed, options, writer));
  PetscCall(Begin(*writer, overwrite, sample));
  PetscFunctionReturn(PETSC_SUCCESS);
}

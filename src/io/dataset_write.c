/*
  Writing: a dataset under construction, beside its final place under the name path.partial.

  A full disk goes unnoticed by parallel HDF5 (collective writes, flushes and closes return success and leave zeros). Therefore all space is reserved
  by posix_fallocate() before the first row, rows are written by independent transfers, and KNDatasetPublish() reads all of them back.
  The file is laid out by collective calls in one order, and early: nothing in it depends on the ranks that fill it.

  A run that is killed leaves a file to continue from: once laid out the file is closed, so that all of HDF5's own data are in it, and opened
  again; from then on only rows change, and their entries in /sample (-1 until a row is there) and /checksum.
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

/* Rank 0: space for this many bytes, and for what follows at the end: /sample, /checksum and a little metadata. */
static int Reserve(KNDataset dataset, off_t bytes)
{
  const off_t size  = bytes + (off_t)dataset->samples * (off_t)(sizeof(*dataset->sample) + sizeof(*dataset->checksum)) + 65536;
  const int   error = posix_fallocate(dataset->descriptor, 0, size);

  // Some file systems cannot reserve; there KNDatasetPublish() finds out.
  if (!error || error == EINVAL || error == EOPNOTSUPP) return 0;
  return KNFileFail(&dataset->file, KN_ERR_IO, "no space for %.1f MB: %s; free some, or write elsewhere", (double)size / 1e6, strerror(error));
}

/* 0, or -1: another process has the lock. A job that SLURM started again waits, while the file server finds out that the node of its earlier start is gone. */
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
static int CheckFinal(KNDataset dataset, PetscBool overwrite)
{
  KNFile      final = {.path = dataset->path};
  struct stat status;
  int         code = 0;

  if (stat(dataset->path, &status)) {
    if (!KNPathIsAbsent(errno)) code = KNFileFail(&final, KN_ERR_USAGE, "cannot be looked at: %s; nothing is written over unseen", strerror(errno));
  } else if (!S_ISREG(status.st_mode)) code = KNFileFail(&final, KN_ERR_USAGE, "is no file: name the file to write");
  else if (!overwrite) code = KNFileFail(&final, KN_ERR_USAGE, "exists: choose another name, or give -overwrite to replace it");
  if (code) memcpy(dataset->file.message, final.message, sizeof(final.message));
  return code;
}

/* Whether the temporary name still stands for the file that is open: whoever had the lock may have given that its final name, or removed it. */
static PetscBool IsTemporary(KNDataset dataset, int descriptor)
{
  struct stat opened, named;

  return (PetscBool)(!fstat(descriptor, &opened) && !stat(dataset->temporary, &named) && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino);
}

/* Of a file that we do not write after all: an empty one, just made, goes. */
static void CloseTemporary(KNDataset dataset, int descriptor)
{
  if (IsTemporary(dataset, descriptor) && !lseek(descriptor, 0, SEEK_END)) unlink(dataset->temporary);
  close(descriptor);
}

/* Rank 0: nobody else writes it, and we may. The lock lasts as long as the descriptor. */
static int OpenTemporary(KNDataset dataset, PetscBool overwrite)
{
  KNFile *file = &dataset->file;
  int     descriptor, code;

  for (;;) {
    KNCallFile(CheckFinal(dataset, overwrite));
    descriptor = open(dataset->temporary, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor < 0) return KNFileFail(file, KN_ERR_USAGE, "cannot be created: %s%s", strerror(errno), errno == ENOENT ? "; create the directory first" : "");
    if (LockTemporary(descriptor)) {
      close(descriptor);
      return KNFileFail(file, KN_ERR_USAGE, "is being written by another run: wait for it, or choose another name");
    }
    if (IsTemporary(dataset, descriptor)) break;
    close(descriptor);
  }
  code = CheckFinal(dataset, overwrite); /* again: it may have been published since */
  if (code) CloseTemporary(dataset, descriptor);
  else dataset->descriptor = descriptor;
  return code;
}

/* Rank 0, once before HDF5 has touched the file (which empties it again), so that a full disk is told as what it is; once after. */
static int ReserveArrays(KNDataset dataset)
{
  off_t bytes = 0;

  for (PetscInt i = 0; i < dataset->arrays; i++) bytes += (off_t)dataset->samples * (off_t)(dataset->array[i].size * sizeof(float));
  return Reserve(dataset, bytes);
}

static int ReserveFile(KNDataset dataset)
{
  struct stat status;

  if (fstat(dataset->descriptor, &status)) return KNFileFail(&dataset->file, KN_ERR_IO, "cannot be examined: %s", strerror(errno));
  return Reserve(dataset, status.st_size);
}

/* Collective over the ranks that write. The format of HDF5 1.10: its metadata carry checksums, and chunks that are all there from the start need no index. */
static int WriteAccess(KNDataset dataset, hid_t *access)
{
  KNFile *file = &dataset->file;

  KNCallHDF5(file, *access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fapl_mpio(*access, dataset->comm, MPI_INFO_NULL));
  KNCallHDF5(file, H5Pset_fclose_degree(*access, H5F_CLOSE_STRONG));
  KNCallHDF5(file, H5Pset_libver_bounds(*access, H5F_LIBVER_V110, H5F_LIBVER_V110));
  return 0;
}

static int CreateFile(KNDataset dataset)
{
  KNFile *file = &dataset->file;
  hid_t   access, creation;

  KNCallFile(WriteAccess(dataset, &access));
  KNCallHDF5(file, creation = H5Pcreate(H5P_FILE_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(creation, 0));
  KNCallHDF5(file, H5Pset_attr_phase_change(creation, 1024, 0)); // attributes stay in the object header, whatever their number
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
static int CreateArray(KNFile *file, const char name[], hid_t type, int rank, const hsize_t shape[], const hsize_t chunk[], hid_t *array)
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

int KNDatasetStoreVector(KNFile *file, const char name[], hid_t type, PetscInt64 count, const void *value, PetscBool write)
{
  const hsize_t shape = (hsize_t)count;
  hid_t         array = H5I_INVALID_HID;

  KNCallFile(CreateArray(file, name, type, 1, &shape, NULL, &array));
  if (write) KNCallHDF5(file, H5Dwrite(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Dclose(array));
  return 0;
}

/* No row is there yet. */
static int LayOutIndex(KNDataset dataset, PetscBool write)
{
  KNFile *file = &dataset->file;

  for (PetscInt64 row = 0; row < dataset->samples; row++) dataset->sample[row] = -1;
  KNCallFile(KNDatasetStoreVector(file, "sample", H5T_STD_I64LE, dataset->samples, dataset->sample, write));
  KNCallFile(KNDatasetStoreVector(file, "checksum", H5T_STD_U32LE, dataset->samples, dataset->checksum, write));
  memset(dataset->sample, 0, (size_t)dataset->samples * sizeof(*dataset->sample));
  return 0;
}

/* Collective, under the lock: the whole file but for what stands in the rows. */
static int LayOut(KNDataset dataset, PetscBool write)
{
  KNFile *file = &dataset->file;

  KNCallFile(CreateFile(dataset));
  KNCallFile(KNDatasetAttributes(dataset, KN_STORE));
  KNCallFile(KNDatasetCoordinates(dataset, KN_STORE, write));
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    KNDatasetArray *array = &dataset->array[i];
    hsize_t         chunk[KN_MAX_DIM + 3];

    memcpy(chunk, array->shape, sizeof(chunk));
    chunk[0] = 1;
    KNCallFile(CreateArray(file, array->name, H5T_IEEE_F32LE, array->rank, array->shape, chunk, &array->id));
    KNCallHDF5(file, H5Dclose(array->id));
  }
  KNCallFile(LayOutIndex(dataset, write));
  KNCallHDF5(file, H5Fclose(file->id));
  file->id = 0;
  return 0;
}

/* Collective, under the lock: the rows of a file that is laid out. */
static int OpenRows(KNDataset dataset)
{
  const hsize_t one  = 1;
  KNFile       *file = &dataset->file;
  hid_t         access;

  KNCallFile(WriteAccess(dataset, &access));
  file->id = H5Fopen(file->path, H5F_ACC_RDWR, access);
  if (file->id < 0) {
    file->id = 0;
    return KNFileFailHDF5(file, "H5Fopen");
  }
  KNCallHDF5(file, H5Pclose(access));
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    KNCallHDF5(file, dataset->array[i].id = H5Dopen2(file->id, dataset->array[i].name, H5P_DEFAULT));
    KNCallFile(KNDatasetPrepareArray(file, &dataset->array[i]));
  }
  KNCallHDF5(file, dataset->index.sample = H5Dopen2(file->id, "sample", H5P_DEFAULT));
  KNCallHDF5(file, dataset->index.checksum = H5Dopen2(file->id, "checksum", H5P_DEFAULT));
  KNCallHDF5(file, dataset->index.disk = H5Dget_space(dataset->index.sample));
  KNCallHDF5(file, dataset->index.memory = H5Screate_simple(1, &one, NULL));
  return 0;
}

/* Collective. sample: see KNDatasetTakeOver(); NULL: begins afresh. */
static PetscErrorCode Begin(KNDataset dataset, PetscBool overwrite, const PetscInt64 sample[])
{
  PetscBool   taken = PETSC_FALSE;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(dataset->comm, &rank));
  if (!dataset->failure && rank == 0) dataset->failure = OpenTemporary(dataset, overwrite);
  PetscCall(KNDatasetAgree(dataset));
  if (sample) PetscCall(KNDatasetTakeOver(dataset, sample, &taken));
  if (!taken) {
    if (rank == 0) dataset->failure = ReserveArrays(dataset);
    PetscCall(KNDatasetAgree(dataset));
    KNHDF5Lock();
    dataset->failure = LayOut(dataset, (PetscBool)(rank == 0));
    KNHDF5Unlock();
    PetscCall(KNDatasetAgree(dataset));
  }
  KNHDF5Lock();
  dataset->failure = OpenRows(dataset);
  KNHDF5Unlock();
  PetscCall(KNDatasetAgree(dataset));
  if (rank == 0) dataset->failure = ReserveFile(dataset);
  PetscCall(KNDatasetAgree(dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective. A dataset in memory, with nothing on disk yet. */
static PetscErrorCode Describe(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[], KNDataset *dataset)
{
  const size_t row = PetscMax(KNProblemInputSize(problem), KNProblemOutputSize(problem));
  KNDataset    d;

  PetscFunctionBegin;
  *dataset = NULL;
  PetscCheck(strlen(path) < sizeof(d->path), comm, KN_ERR_USAGE, "a path of %zu bytes", strlen(path));
  PetscCheck(samples >= 1 && samples <= PETSC_MAX_INT, comm, KN_ERR_USAGE, "%s: a dataset of %" PetscInt64_FMT " samples, expected 1 to %d", path, samples, PETSC_MAX_INT);
  PetscCheck(row < UINT32_MAX / sizeof(float), comm, KN_ERR_USAGE, "%s: a sample of %zu values is beyond the 4 GiB of an HDF5 chunk: take a smaller grid or fewer frames", path, row);
  PetscCheck(strlen(options) < KN_MAX_OPTIONS, comm, KN_ERR_USAGE, "%s: the options are %zu bytes of text, at most %d can be stored", path, strlen(options), KN_MAX_OPTIONS - 1);
  PetscCall(PetscNew(&d));
  d->comm       = comm;
  d->writing    = PETSC_TRUE;
  d->descriptor = -1;
  d->problem    = *problem;
  d->samples    = samples;
  d->seed       = seed;
  PetscCall(PetscStrcpy(d->path, path));
  PetscCall(PetscStrcpy(d->options, options));
  PetscCall(PetscStrcpy(d->version, KN_VERSION));
  PetscCall(PetscSNPrintf(d->temporary, sizeof(d->temporary), "%s.partial", path));
  d->file.path = d->temporary;
  d->file.code = KN_ERR_IO;
  KNHDF5Start();
  KNDatasetShapes(d);
  d->failure = KNDatasetAllocate(d);
  if (!d->failure && problem->frames) memcpy(d->times, problem->times, (size_t)problem->frames * sizeof(*d->times));
  *dataset = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetCreate(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[], PetscBool overwrite, KNDataset *dataset)
{
  PetscFunctionBegin;
  PetscCall(Describe(comm, path, problem, samples, seed, options, dataset));
  PetscCall(Begin(*dataset, overwrite, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetResume(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[], const PetscInt64 sample[], PetscBool overwrite, KNDataset *dataset)
{
  PetscFunctionBegin;
  PetscCall(Describe(comm, path, problem, samples, seed, options, dataset));
  PetscCall(Begin(*dataset, overwrite, sample));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not collective, after the row itself: whoever finds the entry finds the row. */
static int WriteEntry(KNDataset dataset, PetscInt64 row)
{
  const hsize_t start = (hsize_t)row, count = 1;
  KNFile       *file = &dataset->file;

  KNCallHDF5(file, H5Sselect_hyperslab(dataset->index.disk, H5S_SELECT_SET, &start, NULL, &count, NULL));
  KNCallHDF5(file, H5Dwrite(dataset->index.checksum, H5T_NATIVE_UINT32, dataset->index.memory, dataset->index.disk, H5P_DEFAULT, &dataset->checksum[row]));
  KNCallHDF5(file, H5Dwrite(dataset->index.sample, H5T_NATIVE_INT64, dataset->index.memory, dataset->index.disk, H5P_DEFAULT, &dataset->sample[row]));
  return 0;
}

PetscErrorCode KNDatasetWrite(KNDataset dataset, PetscInt64 row, PetscInt64 sample, const float x[], const float y[])
{
  const float *const value[2] = {dataset->arrays == 2 ? x : y, y};

  PetscFunctionBegin;
  PetscCheck(dataset->writing, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONGSTATE, "%s is published, or open for reading", dataset->path);
  PetscCheck(row >= 0 && row < dataset->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "row %" PetscInt64_FMT " of %" PetscInt64_FMT, row, dataset->samples);
  if (dataset->failure) PetscFunctionReturn(PETSC_SUCCESS);
  dataset->sample[row]   = sample;
  dataset->checksum[row] = KNDatasetChecksum(dataset, value);
  dataset->written[row]  = 1;
  KNHDF5Lock();
  dataset->failure = KNDatasetWriteRow(dataset, row, value);
  if (!dataset->failure) dataset->failure = WriteEntry(dataset, row);
  KNHDF5Unlock();
  PetscFunctionReturn(PETSC_SUCCESS);
}

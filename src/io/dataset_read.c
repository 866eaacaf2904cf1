/* Reading: every rank on its own, through POSIX, what rank 0 has found to be in order. */
#include "dataset_impl.h"
#include <string.h>
#include <zlib.h>

/* Without a chunk cache a row goes straight from the file into the caller's array. */
static int OpenArrays(KNDataset dataset)
{
  KNFile *file = &dataset->file;
  hid_t   access;

  KNCallHDF5(file, access = H5Pcreate(H5P_DATASET_ACCESS));
  KNCallHDF5(file, H5Pset_chunk_cache(access, 0, 0, 1.0));
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    KNCallHDF5(file, dataset->array[i].id = H5Dopen2(file->id, dataset->array[i].name, access));
    KNCallFile(KNDatasetPrepareArray(file, &dataset->array[i]));
  }
  KNCallHDF5(file, H5Pclose(access));
  return 0;
}

int KNDatasetLoad(KNDataset dataset)
{
  unsigned long long size;

  KNHDF5Start();
  KNCallFile(KNDatasetCheckFile(&dataset->file, &size));
  KNCallFile(KNFileOpenHDF5(&dataset->file, "copy or generate it again"));
  if (H5Aexists(dataset->file.id, "format") == 0) KNCallFile(KNDatasetCheckForeign(&dataset->file));
  KNCallFile(KNDatasetAttributes(dataset, KN_LOAD));
  KNCallFile(KNDatasetCheckArrays(dataset, size));
  KNCallFile(KNDatasetAllocate(dataset));
  KNCallFile(KNDatasetCoordinates(dataset, KN_LOAD, PETSC_FALSE));
  KNCallFile(KNDatasetLoadVector(&dataset->file, "sample", H5T_STD_I64LE, dataset->samples, dataset->sample));
  KNCallFile(KNDatasetLoadVector(&dataset->file, "checksum", H5T_STD_U32LE, dataset->samples, dataset->checksum));
  return OpenArrays(dataset);
}

/* Not loaded yet; path is not copied. code: what a failure means. */
static PetscErrorCode New(MPI_Comm comm, const char path[], int code, KNDataset *dataset)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(dataset));
  (*dataset)->comm       = comm;
  (*dataset)->descriptor = -1;
  (*dataset)->file.path  = path;
  (*dataset)->file.code  = code;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetOpenCopy(KNDataset dataset, KNDataset *copy)
{
  PetscFunctionBegin;
  PetscCall(New(PETSC_COMM_SELF, dataset->temporary, KN_ERR_IO, copy));
  KNHDF5Lock();
  (*copy)->failure = KNDatasetLoad(*copy);
  KNHDF5Unlock();
  PetscFunctionReturn(PETSC_SUCCESS);
}

int KNDatasetOpenSelf(const char path[], KNDataset *dataset, size_t size, char message[])
{
  KNDataset d;
  int       code;

  *dataset = NULL;
  if (New(PETSC_COMM_SELF, path, KN_ERR_INPUT, &d)) {
    snprintf(message, size, "%s: no memory for a dataset", path);
    return PETSC_ERR_MEM;
  }
  KNHDF5Lock();
  code = d->failure = KNDatasetLoad(d);
  KNHDF5Unlock();
  if (code) {
    snprintf(message, size, "%s", d->file.message);
    (void)KNDatasetDestroy(&d);
    return code;
  }
  snprintf(d->path, sizeof(d->path), "%s", path);
  d->file.path = d->path;
  *dataset     = d;
  return 0;
}

PetscErrorCode KNDatasetOpen(MPI_Comm comm, const char path[], KNDataset *dataset)
{
  PetscMPIInt rank;
  KNDataset   d;

  PetscFunctionBegin;
  *dataset = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCheck(strlen(path) < sizeof(d->path), comm, KN_ERR_INPUT, "a path of %zu bytes", strlen(path));
  PetscCall(New(comm, path, KN_ERR_INPUT, &d));
  PetscCall(PetscStrcpy(d->path, path));
  d->file.path = d->path;
  for (int turn = 0; turn < 2; turn++) { // rank 0, then the others, so that a bad file is read only once
    if ((rank == 0) == (turn == 0)) {
      KNHDF5Lock();
      d->failure = KNDatasetLoad(d);
      KNHDF5Unlock();
    }
    PetscCall(KNDatasetAgree(d));
  }
  *dataset = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CheckRow(KNDataset dataset, PetscInt64 row)
{
  KNFile *file = &dataset->file;

  return row >= 0 && row < dataset->samples ? 0 : KNFileFail(file, file->code, "has no row %lld, only 0 to %lld", (long long)row, (long long)dataset->samples - 1);
}

static int CheckChecksum(KNDataset dataset, PetscInt64 row, uint32_t checksum)
{
  KNFile *file = &dataset->file;

  return checksum == dataset->checksum[row] ? 0 : KNFileFail(file, file->code, "row %lld (sample %lld) is damaged, its checksum is wrong: copy or generate the file again", (long long)row, (long long)dataset->sample[row]);
}

/* Under the lock: one row, verified. */
static int ReadVerified(KNDataset dataset, PetscInt64 row, float x[], float y[])
{
  float *const x_or_spare = x && dataset->arrays == 2 ? x : dataset->row;
  float *const y_or_spare = y ? y : dataset->row + (dataset->arrays == 2 ? dataset->array[0].size : 0);
  float *const value[2]   = {dataset->arrays == 2 ? x_or_spare : y_or_spare, y_or_spare};

  KNCallFile(CheckRow(dataset, row));
  KNCallFile(KNDatasetReadRow(dataset, row, value));
  return CheckChecksum(dataset, row, KNDatasetChecksum(dataset, (const float *const *)value));
}

/* Under the lock: the slab of one row. The whole row is read, piece by piece at the beginning of dataset->row, and verified. */
static int ReadSlabVerified(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[])
{
  enum { PIECE = 1 << 18 }; /* values */
  const PetscInt n        = KNGridWhole(slab, 0), end = slab->first + slab->n[0];
  const size_t   layer    = (size_t)slab->n[1] * (size_t)slab->n[2];
  const PetscInt most     = (PetscInt)PetscMin(PetscMax(PIECE / layer, 1), (size_t)n);
  float *const   value[2] = {dataset->arrays == 2 ? x : y, y};
  uLong          checksum = crc32_z(0, NULL, 0);

  KNCallFile(CheckRow(dataset, row));
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    for (size_t plane = 0; plane < dataset->array[i].size / ((size_t)n * layer); plane++) {
      for (PetscInt first = 0; first < n; first += most) {
        const PetscInt layers = PetscMin(most, n - first), from = PetscMax(first, slab->first), to = PetscMin(first + layers, end);

        KNCallFile(KNDatasetReadLayers(dataset, row, i, plane, first, layers, dataset->row));
        checksum = crc32_z(checksum, (const Bytef *)dataset->row, (size_t)layers * layer * sizeof(float));
        if (value[i] && from < to) memcpy(value[i] + (plane * (size_t)slab->n[0] + (size_t)(from - slab->first)) * layer, dataset->row + (size_t)(from - first) * layer, (size_t)(to - from) * layer * sizeof(float));
      }
    }
  }
  return CheckChecksum(dataset, row, (uint32_t)checksum);
}

int KNDatasetRead(KNDataset dataset, PetscInt64 row, float x[], float y[], size_t size, char message[])
{
  int code;

  KNHDF5Lock();
  code = ReadVerified(dataset, row, x, y);
  if (code && size) snprintf(message, size, "%s", dataset->file.message);
  KNHDF5Unlock();
  return code;
}

int KNDatasetReadSlab(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[], size_t size, char message[])
{
  int code;

  if (!slab->whole) return KNDatasetRead(dataset, row, x, y, size, message);
  KNHDF5Lock();
  code = ReadSlabVerified(dataset, row, slab, x, y);
  if (code && size) snprintf(message, size, "%s", dataset->file.message);
  KNHDF5Unlock();
  return code;
}

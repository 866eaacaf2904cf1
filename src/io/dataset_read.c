/* Reading: every rank on its own, through POSIX, what rank 0 has found to be in order. */
#include "dataset_impl.h"
#include <string.h>

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

PetscErrorCode KNDatasetOpen(MPI_Comm comm, const char path[], KNDataset *dataset)
{
  PetscMPIInt rank;
  KNDataset   d;

  PetscFunctionBegin;
  *dataset = NULL;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCheck(strlen(path) < sizeof(d->path), comm, KN_ERR_INPUT, "a path of %zu bytes", strlen(path));
  PetscCall(PetscNew(&d));
  d->comm       = comm;
  d->descriptor = -1;
  PetscCall(PetscStrcpy(d->path, path));
  d->file.path = d->path;
  d->file.code = KN_ERR_INPUT;
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

/* P planes of the whole grid -> those of the slab */
static void CutSlab(float *restrict to, const float *restrict from, size_t P, const KNGrid *slab)
{
  const size_t layer = (size_t)slab->n[1] * (size_t)slab->n[2], n = (size_t)slab->n[0] * layer;

  for (size_t p = 0; p < P; p++) memcpy(to + p * n, from + (p * (size_t)KNGridWhole(slab, 0) + (size_t)slab->first) * layer, n * sizeof(*to));
}

/* Under the lock: one row, verified. */
static int ReadVerified(KNDataset dataset, PetscInt64 row, float x[], float y[])
{
  KNFile *file = &dataset->file;
  int     code;

  if (row < 0 || row >= dataset->samples) {
    code = KNFileFail(file, file->code, "has no row %lld, only 0 to %lld", (long long)row, (long long)dataset->samples - 1);
  } else {
    float *const x_or_spare = x && dataset->arrays == 2 ? x : dataset->row;
    float *const y_or_spare = y ? y : dataset->row + (dataset->arrays == 2 ? dataset->array[0].size : 0);
    float *const value[2]   = {dataset->arrays == 2 ? x_or_spare : y_or_spare, y_or_spare};

    code = KNDatasetReadRow(dataset, row, value);
    if (!code && KNDatasetChecksum(dataset, (const float *const *)value) != dataset->checksum[row]) {
      code = KNFileFail(file, file->code, "row %lld (sample %lld) is damaged, its checksum is wrong: copy or generate the file again", (long long)row, (long long)dataset->sample[row]);
    }
  }
  return code;
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
  const KNProblem *problem = &dataset->problem;
  int              code;

  if (!slab->whole) return KNDatasetRead(dataset, row, x, y, size, message);
  KNHDF5Lock();
  code = ReadVerified(dataset, row, NULL, NULL); /* into dataset->row */
  if (!code && x) CutSlab(x, dataset->row, (size_t)problem->inputs, slab);
  if (!code && y) CutSlab(y, dataset->row + KNProblemInputSize(problem), (size_t)(PetscMax(problem->frames, 1) * problem->outputs), slab);
  if (code && size) snprintf(message, size, "%s", dataset->file.message);
  KNHDF5Unlock();
  return code;
}

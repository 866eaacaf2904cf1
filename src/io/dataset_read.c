/* Reading: every rank on its own, through POSIX, what rank 0 has found to be in order. */
#include "dataset_impl.h"
#include <kitinet/probe.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

/* Without a chunk cache a row goes straight from the file into the caller's array. */
static int OpenArrays(KNDatasetLayout *layout)
{
  KNFile *file = &layout->file;
  hid_t   access;

  KNCallHDF5(file, access = H5Pcreate(H5P_DATASET_ACCESS));
  KNCallHDF5(file, H5Pset_chunk_cache(access, 0, 0, 1.0));
  for (PetscInt i = 0; i < layout->arrays; i++) {
    KNCallHDF5(file, layout->array[i].id = H5Dopen2(file->id, layout->array[i].name, access));
    KNCallFile(KNDatasetPrepareArray(file, &layout->array[i]));
  }
  KNCallHDF5(file, H5Pclose(access));
  return 0;
}

/*
  Labels and lengths lie in their spaces, parameters are numbers. Of an unfinished file the rows that are not there
  yet have 0.
*/
static int CheckColumns(KNDatasetLayout *layout)
{
  const KNSpace *in = &layout->problem.input, *out = &layout->problem.output;
  KNFile        *file = &layout->file;
  const size_t   P    = (size_t)layout->problem.coefficients;

  for (PetscInt64 row = 0; row < layout->samples; row++) {
    if (layout->label && (layout->label[row] < 0 || layout->label[row] >= out->count)) {
      return KNFileFail(file, file->code, "row %lld has label %d, expected 0 to %d", (long long)row,
                        (int)layout->label[row], (int)out->count - 1);
    }
    if (layout->length && (layout->length[row] < 0 || layout->length[row] > in->length)) {
      return KNFileFail(file, file->code, "row %lld has %d tokens, expected 0 to %d", (long long)row,
                        (int)layout->length[row], (int)in->length);
    }
    for (size_t i = 0; layout->parameters && i < P; i++) {
      if (!isfinite(layout->parameters[(size_t)row * P + i])) {
        return KNFileFail(file, file->code, "row %lld has parameter \"%s\" %g: leave the sample out", (long long)row,
                          layout->problem.coefficient[i].name, layout->parameters[(size_t)row * P + i]);
      }
    }
  }
  return 0;
}

/* Opens layout->file.path and loads all but the arrays. */
static int Load(KNDatasetLayout *layout)
{
  KNFile            *file = &layout->file;
  unsigned long long size;

  KNHDF5Start();
  KNCallFile(KNDatasetCheckFile(file, &size));
  KNCallFile(KNFileOpenHDF5(file, "copy or generate it again"));
  if (H5Aexists(file->id, "format") == 0) KNCallFile(KNDatasetCheckForeign(file));
  KNCallFile(KNDatasetAttributes(layout, KN_LOAD));
  KNCallFile(KNDatasetCheckArrays(layout, size));
  KNCallFile(KNDatasetAllocate(layout));
  KNCallFile(KNDatasetCoordinates(layout, KN_LOAD, PETSC_FALSE));
  KNCallFile(KNDatasetNames(layout, KN_LOAD, PETSC_FALSE));
  for (PetscInt i = 0; i < layout->columns; i++) {
    const KNDatasetColumn *column = &layout->column[i];

    KNCallFile(KNDatasetLoadColumn(file, column->name, column->disk_type, column->type, column->rank, column->shape,
                                   column->value));
  }
  KNCallFile(CheckColumns(layout));
  return OpenArrays(layout);
}

/* Not loaded yet; path is not copied. code: what a failure means. */
static PetscErrorCode New(MPI_Comm comm, const char path[], int code, KNDataset *dataset)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(dataset));
  (*dataset)->comm             = comm;
  (*dataset)->layout.file.path = path;
  (*dataset)->layout.file.code = code;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDatasetOpenCopy(KNDatasetWriter writer, KNDataset *copy)
{
  PetscFunctionBegin;
  PetscCall(New(PETSC_COMM_SELF, writer->temporary, KN_ERR_IO, copy));
  KNHDF5Lock();
  (*copy)->failure = Load(&(*copy)->layout);
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
  code = d->failure = Load(&d->layout);
  KNHDF5Unlock();
  if (code) {
    snprintf(message, size, "%s", d->layout.file.message);
    (void)KNDatasetDestroy(&d);
    return code;
  }
  snprintf(d->path, sizeof(d->path), "%s", path);
  d->layout.file.path = d->path;
  *dataset            = d;
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
  d->layout.file.path = d->path;
  for (int turn = 0; turn < 2; turn++) { // rank 0, then the others, so that a bad file is read only once
    if ((rank == 0) == (turn == 0)) {
      if (rank == 0) d->failure = KNProbe(&d->layout.file, "dataset", 0, NULL);
      KNHDF5Lock();
      if (!d->failure) d->failure = Load(&d->layout);
      KNHDF5Unlock();
    }
    PetscCall(KNAgree(comm, d->failure, "%s", d->layout.file.message));
  }
  *dataset = d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CheckRow(KNDatasetLayout *layout, PetscInt64 row)
{
  KNFile *file = &layout->file;

  return row >= 0 && row < layout->samples ? 0
                                           : KNFileFail(file, file->code, "has no row %lld, only 0 to %lld",
                                                        (long long)row, (long long)layout->samples - 1);
}

static int CheckChecksum(KNDatasetLayout *layout, PetscInt64 row, uint32_t checksum)
{
  KNFile *file = &layout->file;

  return checksum == layout->checksum[row]
           ? 0
           : KNFileFail(file, file->code,
                        "row %lld (sample %lld) is damaged, its checksum is wrong: copy or generate the file again",
                        (long long)row, (long long)layout->sample[row]);
}

/* Values as they are stored -> float. */
static void ToFloat(const KNDatasetArray *array, size_t n, const void *from, float to[])
{
  const unsigned char *byte = (const unsigned char *)from;

  if (array->width == 1) {
    for (size_t i = 0; i < n; i++) to[i] = (float)byte[i];
  } else memcpy(to, from, n * sizeof(*to));
}

static int CheckTokens(KNDatasetLayout *layout, PetscInt64 row, const int32_t token[])
{
  const KNSpace *space = &layout->problem.input;
  KNFile        *file  = &layout->file;

  for (int32_t i = 0; i < layout->length[row]; i++) {
    if (token[i] >= 0 && token[i] < space->count) continue;
    return KNFileFail(file, file->code, "row %lld has word number %d at place %d, the vocabulary has 0 to %d",
                      (long long)row, (int)token[i], (int)i, (int)space->count - 1);
  }
  return 0;
}

/*
  Under the lock: one row, verified. Arrays go straight into the caller's memory where that has their type; the others
  by layout->row. token: NULL, or of an input of tokens; x, y: NULL, or of fields.
*/
static int ReadVerified(KNDatasetLayout *layout, PetscInt64 row, int32_t token[], float x[], float y[])
{
  float *const to[KN_MAX_ARRAYS] = {layout->input == 0 ? x : y, y};
  void        *value[KN_MAX_ARRAYS], *place[KN_MAX_ARRAYS];

  KNDatasetRowPlaces(layout, place);
  for (PetscInt i = 0; i < layout->arrays; i++) {
    value[i] = to[i] && layout->array[i].type == H5T_NATIVE_FLOAT ? to[i] : place[i];
    if (layout->array[i].space->kind == KN_SPACE_TOKENS && token) value[i] = token;
  }
  KNCallFile(CheckRow(layout, row));
  KNCallFile(KNDatasetReadRow(layout, row, value));
  KNCallFile(CheckChecksum(layout, row, KNDatasetChecksum(layout, row, (const void *const *)value)));
  for (PetscInt i = 0; i < layout->arrays; i++) {
    if (layout->array[i].space->kind == KN_SPACE_TOKENS)
      KNCallFile(CheckTokens(layout, row, (const int32_t *)value[i]));
    else if (to[i] && value[i] != to[i]) ToFloat(&layout->array[i], layout->array[i].size, value[i], to[i]);
  }
  return 0;
}

/*
  Under the lock: the slab of one row of fields on one grid. The whole row is read, piece by piece at the beginning of
  layout->row, and verified.
*/
static int ReadSlabVerified(KNDatasetLayout *layout, PetscInt64 row, const KNGrid *slab, float x[], float y[])
{
  enum { PIECE = 1 << 18 }; /* values */
  const PetscInt n = KNGridWhole(slab, 0), end = slab->first + slab->n[0];
  const size_t   layer             = (size_t)slab->n[1] * (size_t)slab->n[2];
  const PetscInt most              = (PetscInt)PetscMin(PetscMax(PIECE / layer, 1), (size_t)n);
  float *const   to[KN_MAX_ARRAYS] = {layout->input == 0 ? x : y, y};
  uLong          checksum          = crc32_z(0, NULL, 0);

  KNCallFile(CheckRow(layout, row));
  for (PetscInt i = 0; i < layout->arrays; i++) {
    const KNDatasetArray *array = &layout->array[i];

    for (size_t plane = 0; plane < array->size / ((size_t)n * layer); plane++) {
      for (PetscInt first = 0; first < n; first += most) {
        const PetscInt layers = PetscMin(most, n - first), from = PetscMax(first, slab->first),
                       until = PetscMin(first + layers, end);
        const size_t skipped = (size_t)(from - first) * layer;

        KNCallFile(KNDatasetReadLayers(layout, row, i, plane, first, layers, layout->row));
        checksum = crc32_z(checksum, (const Bytef *)layout->row, (size_t)layers * layer * array->width);
        if (!to[i] || from >= until) continue;
        ToFloat(array, (size_t)(until - from) * layer, layout->row + skipped * array->width,
                to[i] + (plane * (size_t)slab->n[0] + (size_t)(from - slab->first)) * layer);
      }
    }
  }
  return CheckChecksum(layout, row, KNDatasetChecksumColumns(layout, row, (uint32_t)checksum));
}

static int Answer(KNDataset dataset, int code, size_t size, char message[])
{
  if (code && size) snprintf(message, size, "%s", dataset->layout.file.message);
  KNHDF5Unlock();
  return code;
}

int KNDatasetRead(KNDataset dataset, PetscInt64 row, float x[], float y[], size_t size, char message[])
{
  int code;

  KNHDF5Lock();
  code = ReadVerified(&dataset->layout, row, NULL, x, y);
  if (!code) KNDatasetFillParameters(dataset, row, KNGridSize(&dataset->layout.problem.input.grid), x);
  return Answer(dataset, code, size, message);
}

int KNDatasetReadTokens(KNDataset dataset, PetscInt64 row, int32_t token[], float y[], size_t size, char message[])
{
  KNHDF5Lock();
  return Answer(dataset, ReadVerified(&dataset->layout, row, token, NULL, y), size, message);
}

int KNDatasetReadSlab(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[], size_t size,
                      char message[])
{
  int code;

  if (!slab->whole) return KNDatasetRead(dataset, row, x, y, size, message);
  KNHDF5Lock();
  code = ReadSlabVerified(&dataset->layout, row, slab, x, y);
  if (!code) KNDatasetFillParameters(dataset, row, KNGridSize(slab), x);
  return Answer(dataset, code, size, message);
}

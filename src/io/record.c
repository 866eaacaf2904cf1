/* Records: small HDF5 files in memory, stored and loaded by one description. */
#include "record_impl.h"
#include <kitinet/record.h>
#include <kitinet/dataset.h> /* KNHDF5Lock */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct _p_KNRecord {
  MPI_Comm    comm;
  PetscMPIInt rank;
  char        kind[KN_MAX_NAME];
  char        path[PETSC_MAX_PATH_LEN];
  KNDirection direction;
  KNFile      file; /* HDF5's core driver; a new record exists on rank 0 only, a loaded one on all */
  int         code; /* of a new record: its first failure, which KNRecordSave() raises on all ranks */
};

/* Runs `call` under the lock on the ranks that have the file. A loaded record agrees at once, a new one, filled by many small calls, when it is saved. */
#define KNRecordDo(record, call) \
  do { \
    int code_ = (record)->code; \
    KNHDF5Lock(); \
    if (((record)->direction == KN_LOAD || (record)->rank == 0) && !code_) code_ = (call); \
    KNHDF5Unlock(); \
    if ((record)->direction == KN_STORE) (record)->code = code_; \
    else PetscCall(KNAgree((record)->comm, code_, "%s", (record)->file.message)); \
  } while (0)

static PetscErrorCode KNRecordNew(MPI_Comm comm, const char kind[], const char path[], KNDirection direction, KNRecord *record)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(record));
  PetscCallMPI(MPI_Comm_rank(comm, &(*record)->rank));
  PetscCall(PetscStrncpy((*record)->kind, kind, sizeof((*record)->kind)));
  PetscCall(PetscStrncpy((*record)->path, path, sizeof((*record)->path)));
  (*record)->comm      = comm;
  (*record)->direction = direction;
  (*record)->file      = (KNFile){.path = (*record)->path, .code = direction == KN_STORE ? KN_ERR_IO : KN_ERR_INPUT, .id = H5I_INVALID_HID};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* image NULL: a new file in memory; else the file that these bytes are, opened with flags. */
static int OpenImage(KNFile *file, const char *image, size_t size, unsigned flags)
{
  char  name[PETSC_MAX_PATH_LEN + 8]; /* below a regular file: HDF5 refuses to open an image under the name of a file that exists */
  hid_t access;

  KNHDF5Start();
  (void)snprintf(name, sizeof(name), "%s/image", file->path);
  KNCallHDF5(file, access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fapl_core(access, 1 << 20, 0));
  KNCallHDF5(file, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
  if (image) {
    KNCallHDF5(file, H5Pset_file_image(access, (void *)image, size)); /* HDF5 copies it */
    KNCallHDF5(file, file->id = H5Fopen(name, flags, access));
  } else KNCallHDF5(file, file->id = H5Fcreate(name, H5F_ACC_TRUNC, H5P_DEFAULT, access));
  KNCallHDF5(file, H5Pclose(access));
  return 0;
}

static int CloseImage(KNFile *file)
{
  const hid_t id = file->id;

  file->id = H5I_INVALID_HID;
  if (id >= 0) KNCallHDF5(file, H5Fclose(id));
  return 0;
}

PetscErrorCode KNRecordCreate(MPI_Comm comm, const char kind[], KNRecord *record)
{
  PetscFunctionBegin;
  PetscCall(KNRecordNew(comm, kind, "record in memory", KN_STORE, record));
  KNRecordDo(*record, OpenImage(&(*record)->file, NULL, 0, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordDestroy(KNRecord *record)
{
  PetscFunctionBegin;
  if (!*record) PetscFunctionReturn(PETSC_SUCCESS);
  (*record)->code = 0; /* what failed has been raised, or nobody wanted the record */
  KNRecordDo(*record, CloseImage(&(*record)->file));
  PetscCall(PetscFree(*record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNRecordIsLoaded(KNRecord record)
{
  return (PetscBool)(record->direction == KN_LOAD);
}

/* Rank 0: the newest whole generation of path. */
static int ReadGeneration(KNFile *file, const char kind[], const char path[], char **bytes, size_t *size)
{
  KNFile current = {.path = path, .code = KN_ERR_INPUT}, previous = {.code = KN_ERR_INPUT};
  char   name[PETSC_MAX_PATH_LEN];
  int    code;

  if (!(code = KNFileReadWhole(&current, bytes, size)) && !(code = KNRecordBlockCheck(&current, kind, *bytes, *size))) return 0;
  free(*bytes);
  (void)snprintf(name, sizeof(name), "%s.previous", path);
  previous.path = name;
  if (!KNFileReadWhole(&previous, bytes, size) && !KNRecordBlockCheck(&previous, kind, *bytes, *size)) {
    fprintf(stderr, "kitinet: %s; going on from the previous one, %s\n", current.message, name);
    return 0;
  }
  free(*bytes);
  *bytes = NULL;
  if (access(name, F_OK)) (void)snprintf(file->message, sizeof(file->message), "%.900s; check the path, or restore the file", current.message);
  else (void)snprintf(file->message, sizeof(file->message), "%.450s; %.450s; restore one of them", current.message, previous.message);
  return code;
}

PetscErrorCode KNRecordLoad(MPI_Comm comm, const char kind[], const char path[], KNRecord *record)
{
  char     *bytes = NULL;
  size_t    size  = 0;
  int       code  = 0;
  KNRecord  r;

  PetscFunctionBegin;
  PetscCall(KNRecordNew(comm, kind, path, KN_LOAD, record));
  r = *record;
  if (r->rank == 0) code = ReadGeneration(&r->file, kind, path, &bytes, &size);
  PetscCall(KNAgree(comm, code, "%s", r->file.message));
  PetscCallMPI(MPI_Bcast(&size, sizeof(size), MPI_BYTE, 0, comm));
  if (r->rank) bytes = (char *)malloc(size);
  PetscCall(KNAgree(comm, bytes ? 0 : PETSC_ERR_MEM, "%s: no memory for its %zu bytes", path, size));
  for (size_t start = 0; start < size; start += 1u << 30) PetscCallMPI(MPI_Bcast(bytes + start, (int)PetscMin(size - start, (size_t)1 << 30), MPI_BYTE, 0, comm));
  KNRecordDo(r, OpenImage(&r->file, bytes + KN_RECORD_BLOCK, size - KN_RECORD_BLOCK, H5F_ACC_RDONLY));
  free(bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordIdentify(MPI_Comm comm, const char path[], PetscBool *is_record, char kind[], char version[])
{
  char        block[KN_RECORD_BLOCK];
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  *is_record = PETSC_FALSE;
  if (rank == 0) {
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* O_NONBLOCK: a FIFO without a writer returns */

    *is_record = (PetscBool)(descriptor >= 0 && read(descriptor, block, sizeof(block)) == sizeof(block) && KNRecordBlockIdentify(block, kind, version));
    if (descriptor >= 0) close(descriptor);
  }
  PetscCallMPI(MPI_Bcast(is_record, 1, MPIU_BOOL, 0, comm));
  if (*is_record) PetscCallMPI(MPI_Bcast(kind, KN_MAX_NAME, MPI_CHAR, 0, comm));
  if (*is_record) PetscCallMPI(MPI_Bcast(version, KN_MAX_NAME, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the file at path may become the previous generation: a damaged one would push out the last whole one. */
static PetscBool IsWhole(const char kind[], const char path[])
{
  KNFile file  = {.path = path, .code = KN_ERR_INPUT};
  char  *bytes = NULL;
  size_t size  = 0;
  int    code  = KNFileReadWhole(&file, &bytes, &size);

  if (!code) code = KNRecordBlockCheck(&file, kind, bytes, size);
  free(bytes);
  return (PetscBool)!code;
}

static int SaveImage(KNRecord record, const char path[])
{
  KNFile *file = &record->file, disk = {.path = path, .code = KN_ERR_IO};
  char    previous[PETSC_MAX_PATH_LEN], block[KN_RECORD_BLOCK], *image;
  ssize_t size;
  int     code;

  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL));
  KNCallHDF5(file, size = H5Fget_file_image(file->id, NULL, 0));
  image = (char *)malloc((size_t)size);
  if (!image) return KNFileFail(file, KN_ERR_IO, "no memory for %zd bytes", size);
  if (H5Fget_file_image(file->id, image, (size_t)size) != size) code = KNFileFailHDF5(file, "H5Fget_file_image()");
  else {
    KNRecordBlockMake(block, record->kind, image, (size_t)size);
    (void)snprintf(previous, sizeof(previous), "%s.previous", path);
    code = KNFileReplace(&disk, 2, (KNFilePart[]){{block, sizeof(block)}, {image, (size_t)size}}, IsWhole(record->kind, path) ? previous : NULL);
    if (code) memcpy(file->message, disk.message, sizeof(file->message));
  }
  free(image);
  return code;
}

PetscErrorCode KNRecordSave(KNRecord record, const char path[])
{
  PetscFunctionBegin;
  KNRecordDo(record, SaveImage(record, path));
  PetscCall(KNAgree(record->comm, record->code, "%s", record->file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordText(KNRecord record, const char name[], size_t size, char text[])
{
  PetscFunctionBegin;
  KNRecordDo(record, KNAttributeText(&record->file, record->direction, record->file.id, name, size, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordTexts(KNRecord record, const char name[], size_t size, PetscInt max, PetscInt *count, char text[])
{
  PetscFunctionBegin;
  KNRecordDo(record, KNAttributeTexts(&record->file, record->direction, record->file.id, name, size, max, count, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordInt(KNRecord record, const char name[], PetscInt64 *value)
{
  PetscFunctionBegin;
  KNRecordDo(record, KNAttributeInt(&record->file, record->direction, record->file.id, name, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordReal(KNRecord record, const char name[], PetscReal *value)
{
  PetscFunctionBegin;
  KNRecordDo(record, KNAttributeReal(&record->file, record->direction, record->file.id, name, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int HasAttribute(KNFile *file, const char name[], PetscBool *has)
{
  htri_t found;

  *has = PETSC_FALSE;
  KNCallHDF5(file, found = H5Aexists(file->id, name));
  *has = (PetscBool)(found > 0);
  return 0;
}

PetscErrorCode KNRecordHas(KNRecord record, const char name[], PetscBool *has)
{
  PetscFunctionBegin;
  KNRecordDo(record, HasAttribute(&record->file, name, has));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The open file as one that can be written. */
static int Reopen(KNFile *file)
{
  ssize_t size;
  char   *image;
  int     code;

  KNCallHDF5(file, size = H5Fget_file_image(file->id, NULL, 0));
  image = (char *)malloc((size_t)size);
  if (!image) return KNFileFail(file, KN_ERR_IO, "no memory for %zd bytes", size);
  if (H5Fget_file_image(file->id, image, (size_t)size) != size) code = KNFileFailHDF5(file, "H5Fget_file_image()");
  else if (!(code = CloseImage(file))) code = OpenImage(file, image, (size_t)size, H5F_ACC_RDWR);
  free(image);
  return code;
}

static int ReplaceReal(KNFile *file, const char name[], PetscReal value)
{
  PetscBool has = PETSC_FALSE;

  KNCallFile(HasAttribute(file, name, &has));
  if (has) KNCallHDF5(file, H5Adelete(file->id, name));
  return KNAttributeReal(file, KN_STORE, file->id, name, &value);
}

PetscErrorCode KNRecordAmend(KNRecord record, const char name[], PetscReal value)
{
  PetscFunctionBegin;
  if (record->direction == KN_LOAD) { /* what is stored exists on rank 0 only */
    KNRecordDo(record, record->rank ? CloseImage(&record->file) : Reopen(&record->file));
    record->direction = KN_STORE;
    record->file.code = KN_ERR_IO;
  }
  KNRecordDo(record, ReplaceReal(&record->file, name, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int StoreArray(KNFile *file, const char name[], int rank, const hsize_t shape[], const float *array)
{
  hid_t space, dataset, create, link;

  KNCallHDF5(file, space = H5Screate_simple(rank, shape, NULL));
  KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
  KNCallHDF5(file, link = H5Pcreate(H5P_LINK_CREATE));
  KNCallHDF5(file, H5Pset_create_intermediate_group(link, 1));
  KNCallHDF5(file, dataset = H5Dcreate2(file->id, name, H5T_IEEE_F32LE, space, link, create, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, array));
  KNCallHDF5(file, H5Dclose(dataset));
  KNCallHDF5(file, H5Pclose(link));
  KNCallHDF5(file, H5Pclose(create));
  KNCallHDF5(file, H5Sclose(space));
  return 0;
}

/* "(a, b, c)" */
static void PrintShape(size_t size, char text[], int rank, const hsize_t shape[])
{
  size_t n = 0;

  for (int i = 0; i < rank && n < size; i++) n += (size_t)snprintf(text + n, size - n, "%s%llu", i ? ", " : "(", (unsigned long long)shape[i]);
  if (n < size) (void)snprintf(text + n, size - n, ")");
}

static int LoadArray(KNFile *file, const char name[], int rank, const hsize_t shape[], float *array)
{
  char    has[128], wants[128];
  hsize_t found[H5S_MAX_RANK];
  hid_t   dataset, space, type;
  int     nfound;

  if (H5Lexists(file->id, name, H5P_DEFAULT) <= 0 || (dataset = H5Dopen2(file->id, name, H5P_DEFAULT)) < 0) return KNFileFail(file, KN_ERR_INPUT, "no %s in it", name);
  KNCallHDF5(file, space = H5Dget_space(dataset));
  KNCallHDF5(file, type = H5Dget_type(dataset));
  KNCallHDF5(file, nfound = H5Sget_simple_extent_dims(space, found, NULL));
  if (nfound != rank || memcmp(found, shape, (size_t)rank * sizeof(*shape)) || H5Tequal(type, H5T_IEEE_F32LE) <= 0) {
    PrintShape(sizeof(has), has, nfound, found);
    PrintShape(sizeof(wants), wants, rank, shape);
    return KNFileFail(file, KN_ERR_INPUT, "%s is %s, the network wants %s of 32-bit floats", name, has, wants);
  }
  KNCallHDF5(file, H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, array));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Dclose(dataset));
  return 0;
}

PetscErrorCode KNRecordArray(KNRecord record, const char group[], const char name[], PetscInt rank, const PetscInt shape[], float array[])
{
  char    path[2 * KN_MAX_NAME + 2];
  hsize_t extent[H5S_MAX_RANK];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s/%s", group, name));
  for (PetscInt i = 0; i < rank; i++) extent[i] = (hsize_t)shape[i];
  KNRecordDo(record, record->direction == KN_STORE ? StoreArray(&record->file, path, (int)rank, extent, array) : LoadArray(&record->file, path, (int)rank, extent, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFileWriteWhole(MPI_Comm comm, const char path[], size_t size, const void *bytes)
{
  KNFile      file = {.path = path, .code = KN_ERR_IO};
  PetscMPIInt rank;
  int         code = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank == 0) code = KNFileReplace(&file, 1, (KNFilePart[]){{bytes, size}}, NULL);
  PetscCall(KNAgree(comm, code, "%s", file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

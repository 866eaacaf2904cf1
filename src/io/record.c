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
  char        kind[KN_MAX_NAME]; /* "": a plain HDF5 file */
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
  PetscCall(PetscStrncpy((*record)->kind, kind ? kind : "", sizeof((*record)->kind)));
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

/* Rank 0: the newest whole generation of path; of a plain file there is one. */
static int ReadGeneration(KNFile *file, const char kind[], const char path[], char **bytes, size_t *size)
{
  KNFile current = {.path = path, .code = KN_ERR_INPUT}, previous = {.code = KN_ERR_INPUT};
  char   name[PETSC_MAX_PATH_LEN];
  int    code;

  if (!kind) return KNFileReadWhole(file, bytes, size);
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
  const size_t block = kind ? KN_RECORD_BLOCK : 0;
  char        *bytes = NULL;
  size_t       size  = 0;
  int          code  = 0;
  KNRecord     r;

  PetscFunctionBegin;
  PetscCall(KNRecordNew(comm, kind, path, KN_LOAD, record));
  r = *record;
  if (r->rank == 0) code = ReadGeneration(&r->file, kind, path, &bytes, &size);
  PetscCall(KNAgree(comm, code, "%s", r->file.message));
  PetscCallMPI(MPI_Bcast(&size, sizeof(size), MPI_BYTE, 0, comm));
  if (r->rank) bytes = (char *)malloc(size);
  PetscCall(KNAgree(comm, bytes ? 0 : PETSC_ERR_MEM, "%s: no memory for its %zu bytes", path, size));
  for (size_t start = 0; start < size; start += 1u << 30) PetscCallMPI(MPI_Bcast(bytes + start, (int)PetscMin(size - start, (size_t)1 << 30), MPI_BYTE, 0, comm));
  KNRecordDo(r, OpenImage(&r->file, bytes + block, size - block, H5F_ACC_RDONLY));
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
  int     code = 0, failed = 0; /* to take the image, to write it */

  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL));
  KNCallHDF5(file, size = H5Fget_file_image(file->id, NULL, 0));
  image = (char *)malloc((size_t)size);
  if (!image) return KNFileFail(file, KN_ERR_IO, "no memory for %zd bytes", size);
  if (H5Fget_file_image(file->id, image, (size_t)size) != size) code = KNFileFailHDF5(file, "H5Fget_file_image()");
  else if (record->kind[0]) {
    KNRecordBlockMake(block, record->kind, image, (size_t)size);
    (void)snprintf(previous, sizeof(previous), "%s.previous", path);
    failed = KNFileReplace(&disk, 2, (KNFilePart[]){{block, sizeof(block)}, {image, (size_t)size}}, IsWhole(record->kind, path) ? previous : NULL);
  } else failed = KNFileReplace(&disk, 1, (KNFilePart[]){{image, (size_t)size}}, NULL);
  if (failed) memcpy(file->message, disk.message, sizeof(file->message));
  free(image);
  return code ? code : failed;
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

static PetscErrorCode Array(KNRecord record, const char group[], const char name[], PetscBool is_complex, PetscInt rank, const PetscInt shape[], float array[])
{
  char    path[2 * KN_MAX_NAME + 2];
  hsize_t extent[H5S_MAX_RANK];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s%s%s", group, group[0] ? "/" : "", name));
  for (PetscInt i = 0; i < rank; i++) extent[i] = (hsize_t)shape[i];
  KNRecordDo(record, record->direction == KN_STORE ? KNArrayStore(&record->file, path, is_complex, (int)rank, extent, array) : KNArrayLoad(&record->file, path, is_complex, (int)rank, extent, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordArray(KNRecord record, const char group[], const char name[], PetscInt rank, const PetscInt shape[], float array[])
{
  PetscFunctionBegin;
  PetscCall(Array(record, group, name, PETSC_FALSE, rank, shape, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordComplexArray(KNRecord record, const char group[], const char name[], PetscInt rank, const PetscInt shape[], float array[])
{
  PetscFunctionBegin;
  PetscCall(Array(record, group, name, PETSC_TRUE, rank, shape, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordCheckNames(KNRecord record, PetscInt count, const char name[][KN_MAX_NAME])
{
  PetscFunctionBegin;
  KNRecordDo(record, KNArrayCheckNames(&record->file, count, name));
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

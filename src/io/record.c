/* Records: small HDF5 files in memory, stored and loaded by one description. */
#include "record_impl.h"
#include <kitinet/path.h>
#include <kitinet/probe.h>
#include <kitinet/record.h>
#include <errno.h>
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
  KNFile      file;  /* in memory; a new record exists on rank 0 only, a loaded one on all */
  KNImage     image; /* its bytes */
  PetscInt    schema;
  int         code; /* of a new record: its first failure, which KNRecordSave() raises on all ranks */
};

/*
  Runs `call` under the lock on the ranks that have the file. A loaded record agrees at once, a new one, filled by
  many small calls, when it is saved.
*/
#define KNRecordDo(record, call)                                                           \
  do {                                                                                     \
    int code_ = (record)->code;                                                            \
    KNHDF5Lock();                                                                          \
    if (((record)->direction == KN_LOAD || (record)->rank == 0) && !code_) code_ = (call); \
    KNHDF5Unlock();                                                                        \
    if ((record)->direction == KN_STORE) (record)->code = code_;                           \
    else PetscCall(KNAgree((record)->comm, code_, "%s", (record)->file.message));          \
  } while (0)

static PetscErrorCode KNRecordNew(MPI_Comm comm, const char kind[], const char path[], KNDirection direction,
                                  KNRecord *record)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(record));
  PetscCallMPI(MPI_Comm_rank(comm, &(*record)->rank));
  PetscCall(PetscStrncpy((*record)->kind, kind ? kind : "", sizeof((*record)->kind)));
  PetscCall(PetscStrncpy((*record)->path, path, sizeof((*record)->path)));
  (*record)->comm      = comm;
  (*record)->direction = direction;
  (*record)->file =
    (KNFile){.path = (*record)->path, .code = direction == KN_STORE ? KN_ERR_IO : KN_ERR_INPUT, .id = H5I_INVALID_HID};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int Close(KNFile *file)
{
  const hid_t id = file->id;

  file->id = H5I_INVALID_HID;
  if (id >= 0) KNCallHDF5(file, H5Fclose(id));
  return 0;
}

static PetscErrorCode StoreSchema(KNRecord record)
{
  char       version[] = KN_VERSION;
  PetscInt64 schema    = KN_RECORD_SCHEMA;

  PetscFunctionBegin;
  record->schema = KN_RECORD_SCHEMA;
  PetscCall(KNRecordInt(record, "schema", &schema));
  PetscCall(KNRecordText(record, "program_version", sizeof(version), version));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Those of the first schema do not say so. */
static PetscErrorCode LoadSchema(KNRecord record)
{
  char       version[KN_MAX_NAME] = "";
  PetscInt64 schema               = 1;
  PetscBool  has;

  PetscFunctionBegin;
  PetscCall(KNRecordHas(record, "schema", &has));
  if (has) PetscCall(KNRecordInt(record, "schema", &schema));
  if (has) PetscCall(KNRecordText(record, "program_version", sizeof(version), version));
  PetscCheck(
    schema >= 1 && schema <= KN_RECORD_SCHEMA, record->comm, KN_ERR_INPUT,
    "%s: is a %s of schema %" PetscInt64_FMT
    ", written by kitinet %s; this program (%s) reads schemas 1 to %d: use the program that wrote it, or a newer one",
    record->path, record->kind, schema, version, KN_VERSION, KN_RECORD_SCHEMA);
  record->schema = (PetscInt)schema;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordGetSchema(KNRecord record, PetscInt *schema)
{
  PetscFunctionBegin;
  *schema = record->schema;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordCreate(MPI_Comm comm, const char kind[], KNRecord *record)
{
  PetscFunctionBegin;
  PetscCall(KNRecordNew(comm, kind, "record in memory", KN_STORE, record));
  KNRecordDo(*record, KNImageOpen(&(*record)->file, &(*record)->image, 0));
  if (kind) PetscCall(StoreSchema(*record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordDestroy(KNRecord *record)
{
  PetscFunctionBegin;
  if (!*record) PetscFunctionReturn(PETSC_SUCCESS);
  (*record)->code = 0; /* what failed has been raised, or nobody wanted the record */
  KNRecordDo(*record, Close(&(*record)->file));
  KNImageFree(&(*record)->image);
  PetscCall(PetscFree(*record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNRecordIsLoaded(KNRecord record)
{
  return (PetscBool)(record->direction == KN_LOAD);
}

/*
  Whether there is a file that may not be opened: what cannot be read is not damaged, and its previous generation does
  not take its place.
*/
static PetscBool IsShut(const char path[])
{
  const int       descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const PetscBool shut       = (PetscBool)(descriptor < 0 && !KNPathIsAbsent(errno));

  if (descriptor >= 0) close(descriptor);
  return shut;
}

/* Rank 0: the newest whole generation of path, whose name is left in `name`; of a plain file there is one. */
static int ReadGeneration(KNFile *file, const char kind[], const char path[], char name[PETSC_MAX_PATH_LEN],
                          KNImage *image)
{
  KNFile    current = {.path = path, .code = KN_ERR_INPUT}, previous = {.code = KN_ERR_INPUT};
  PetscBool found;
  int       code;

  (void)snprintf(name, PETSC_MAX_PATH_LEN, "%s", path);
  if (!kind) return KNFileReadWhole(file, image);
  if (!(code = KNFileReadWhole(&current, image)) &&
      !(code = KNRecordBlockCheck(&current, kind, image->bytes, image->size)))
    return 0;
  if (IsShut(path)) {
    memcpy(file->message, current.message, sizeof(file->message));
    return code;
  }
  (void)snprintf(name, PETSC_MAX_PATH_LEN, "%s.previous", path);
  previous.path = name;
  if (!KNFileReadWhole(&previous, image) && !KNRecordBlockCheck(&previous, kind, image->bytes, image->size)) {
    (void)PetscFPrintf(PETSC_COMM_SELF, stderr, "kitinet: %s; going on from the previous one, %s\n", current.message,
                       name);
    return 0;
  }
  if (!KNPathExists(name, &found) && !found)
    (void)snprintf(file->message, sizeof(file->message), "%.900s; check the path, or restore the file",
                   current.message);
  else
    (void)snprintf(file->message, sizeof(file->message), "%.450s; %.450s; restore one of them", current.message,
                   previous.message);
  return code;
}

/* Rank 0: the same, once HDF5 has opened it in a process of its own. */
static int ReadProbed(KNFile *file, const char kind[], const char path[], KNImage *image)
{
  static const char *const block = "block";
  char                     name[PETSC_MAX_PATH_LEN];
  KNFile                   chosen = {.path = name, .code = KN_ERR_INPUT};
  int                      code   = ReadGeneration(file, kind, path, name, image);

  if (!code && (code = KNProbe(&chosen, "record", kind ? 1 : 0, &block)))
    memcpy(file->message, chosen.message, sizeof(file->message));
  return code;
}

PetscErrorCode KNRecordLoad(MPI_Comm comm, const char kind[], const char path[], KNRecord *record)
{
  const size_t block = kind ? KN_RECORD_BLOCK : 0;
  int          code  = 0;
  KNRecord     r;
  KNImage     *image;

  PetscFunctionBegin;
  PetscCall(KNRecordNew(comm, kind, path, KN_LOAD, record));
  r     = *record;
  image = &r->image;
  if (r->rank == 0) code = ReadProbed(&r->file, kind, path, image);
  PetscCall(KNAgree(comm, code, "%s", r->file.message));
  PetscCallMPI(MPI_Bcast(&image->size, sizeof(image->size), MPI_BYTE, 0, comm));
  PetscCall(KNAgree(comm, KNImageReserve(image, image->size), "%s: no memory for its %zu bytes", path, image->size));
  for (size_t start = 0; start < image->size; start += 1u << 30)
    PetscCallMPI(
      MPI_Bcast(image->bytes + start, (int)PetscMin(image->size - start, (size_t)1 << 30), MPI_BYTE, 0, comm));
  image->size -= block;
  memmove(image->bytes, image->bytes + block, image->size);
  KNRecordDo(r, KNImageOpen(&r->file, image, H5F_ACC_RDONLY));
  if (kind) PetscCall(LoadSchema(r));
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
    /* O_NONBLOCK: a FIFO without a writer returns */
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    *is_record = (PetscBool)(descriptor >= 0 && read(descriptor, block, sizeof(block)) == sizeof(block) &&
                             KNRecordBlockIdentify(block, kind, version));
    if (descriptor >= 0) close(descriptor);
  }
  PetscCallMPI(MPI_Bcast(is_record, 1, MPIU_BOOL, 0, comm));
  if (*is_record) PetscCallMPI(MPI_Bcast(kind, KN_MAX_NAME, MPI_CHAR, 0, comm));
  if (*is_record) PetscCallMPI(MPI_Bcast(version, KN_MAX_NAME, MPI_CHAR, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int SaveImage(KNRecord record, const char path[])
{
  KNFile        *file = &record->file, disk = {.path = path, .code = KN_ERR_IO};
  const KNImage *image = &record->image;
  char           previous[PETSC_MAX_PATH_LEN], block[KN_RECORD_BLOCK];
  int            code;

  KNCallFile(KNImageFlush(file, &record->image));
  if (record->kind[0]) {
    KNRecordBlockMake(block, record->kind, image->bytes, image->size);
    (void)snprintf(previous, sizeof(previous), "%s.previous", path);
    /* A damaged file would push out the last whole one. */
    code = KNFileReplace(&disk, 2, (KNFilePart[]){{block, sizeof(block)}, {image->bytes, image->size}},
                         KNRecordIsWhole(record->kind, path) ? previous : NULL);
  } else code = KNFileReplace(&disk, 1, (KNFilePart[]){{image->bytes, image->size}}, NULL);
  if (code) memcpy(file->message, disk.message, sizeof(file->message));
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

PetscErrorCode KNRecordTexts(KNRecord record, const char name[], size_t size, PetscInt max, PetscInt *count,
                             char text[])
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
static int Reopen(KNFile *file, KNImage *image)
{
  KNCallFile(Close(file));
  return KNImageOpen(file, image, H5F_ACC_RDWR);
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
    KNRecordDo(record, record->rank ? Close(&record->file) : Reopen(&record->file, &record->image));
    record->direction = KN_STORE;
    record->file.code = KN_ERR_IO;
  }
  KNRecordDo(record, ReplaceReal(&record->file, name, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Array(KNRecord record, const char group[], const char name[], PetscBool is_complex, PetscInt rank,
                            const PetscInt shape[], float array[])
{
  char    path[2 * KN_MAX_NAME + 2];
  hsize_t extent[H5S_MAX_RANK];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof(path), "%s%s%s", group, group[0] ? "/" : "", name));
  for (PetscInt i = 0; i < rank; i++) extent[i] = (hsize_t)shape[i];
  KNRecordDo(record, record->direction == KN_STORE
                       ? KNArrayStore(&record->file, path, is_complex, (int)rank, extent, array)
                       : KNArrayLoad(&record->file, path, is_complex, (int)rank, extent, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordArray(KNRecord record, const char group[], const char name[], PetscInt rank,
                             const PetscInt shape[], float array[])
{
  PetscFunctionBegin;
  PetscCall(Array(record, group, name, PETSC_FALSE, rank, shape, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordComplexArray(KNRecord record, const char group[], const char name[], PetscInt rank,
                                    const PetscInt shape[], float array[])
{
  PetscFunctionBegin;
  PetscCall(Array(record, group, name, PETSC_TRUE, rank, shape, array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRecordNames(KNRecord record, const char name[], KNSpace *space, char **names)
{
  PetscFunctionBegin;
  KNRecordDo(record, record->direction == KN_STORE ? KNNamesStore(&record->file, name, space, PETSC_TRUE)
                                                   : KNNamesLoad(&record->file, name, space, names));
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

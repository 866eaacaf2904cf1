/*
  Records: what is stored is loaded; equal content makes equal bytes; the previous generation is kept and taken where
  the newest is damaged: each byte of the header, bytes throughout the payload, each way of being cut short. A failure
  to write leaves what was there.
*/
#include "dataset_test.h"
#include <kitinet/lock.h>
#include <kitinet/record.h>
#include <fcntl.h>
#include <stdlib.h>

enum { BLOCK = 512, VALUES = 6 };

static const PetscInt shape[] = {2, 3};

/* What the tests store and load: a function of one number. */
static PetscErrorCode Transfer(KNRecord record, PetscInt64 *number)
{
  char      text[64]      = "";
  PetscReal real          = 0;
  float     array[VALUES] = {0};

  PetscFunctionBegin;
  if (!KNRecordIsLoaded(record)) {
    (void)snprintf(text, sizeof(text), "number %lld", (long long)*number);
    real = 1.0 / (PetscReal)(3 + *number);
    for (int i = 0; i < VALUES; i++) array[i] = (float)(*number + i) / 7;
  }
  PetscCall(KNRecordInt(record, "number", number));
  PetscCall(KNRecordText(record, "text", sizeof(text), text));
  PetscCall(KNRecordReal(record, "real", &real));
  PetscCall(KNRecordArray(record, "some/group", "array", 2, shape, array));
  if (KNRecordIsLoaded(record)) {
    char expected[64];

    (void)snprintf(expected, sizeof(expected), "number %lld", (long long)*number);
    CHECK(!strcmp(text, expected) && real == 1.0 / (PetscReal)(3 + *number), "\"%s\", %.17g are loaded for number %lld",
          text, real, (long long)*number);
    for (int i = 0; i < VALUES; i++) CHECK(array[i] == (float)(*number + i) / 7, "Value %d is %g", i, (double)array[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Save(const char path[], PetscInt64 number)
{
  KNRecord       record;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(Transfer(record, &number));
  code = KNRecordSave(record, path);
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(code);
}

static PetscErrorCode Load(const char path[], PetscInt64 *number)
{
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(Transfer(record, number));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rank 0 of a test that changes files; the others wait. */
static PetscBool First(void)
{
  PetscMPIInt rank;

  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  return (PetscBool)(rank == 0);
}

/* The whole file, freed with free(). */
static PetscErrorCode ReadBytes(const char path[], char **bytes, size_t *size)
{
  FILE *file;

  PetscFunctionBegin;
  MPI_Barrier(PETSC_COMM_WORLD);
  file = fopen(path, "r");
  CHECK(file && !fseek(file, 0, SEEK_END), "cannot read %s", path);
  *size  = (size_t)ftell(file);
  *bytes = (char *)malloc(*size);
  rewind(file);
  CHECK(*bytes && fread(*bytes, 1, *size, file) == *size, "cannot read %s", path);
  fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteBytes(const char path[], const char *bytes, size_t size)
{
  PetscFunctionBegin;
  if (First()) {
    FILE *file = fopen(path, "w");

    CHECK(file && fwrite(bytes, 1, size, file) == size && !fclose(file), "cannot write %s", path);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Remove(const char path[])
{
  PetscFunctionBegin;
  if (First()) unlink(path);
  MPI_Barrier(PETSC_COMM_WORLD);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckNumber(const char path[], PetscInt64 expected)
{
  PetscInt64 number = -1;

  PetscFunctionBegin;
  PetscCall(Load(path, &number));
  CHECK(number == expected, "%s holds number %lld, not %lld", path, (long long)number, (long long)expected);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGenerations(void)
{
  char  *first, *again, unfinished[PETSC_MAX_PATH_LEN] = "";
  size_t size, size_again;

  PetscFunctionBegin;
  PetscCall(Remove("a.h5"));
  PetscCall(Remove("a.h5.previous"));
  PetscCall(WriteBytes("elsewhere", "not ours", 8)); /* a link to it under the temporary name is not followed */
  if (First()) {
    CHECK(KNLockUnfinished("a.h5", sizeof(unfinished), unfinished), "A name too long");
    (void)unlink(unfinished);
    CHECK(!symlink("elsewhere", unfinished), "No link");
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  for (PetscInt64 number = 1; number <= 3; number++) {
    PetscCall(Save("a.h5", number));
    PetscCall(CheckNumber("a.h5", number));
    CHECK(access(unfinished, F_OK), "A temporary file is left");
    if (number > 1) PetscCall(CheckNumber("a.h5.previous", number - 1));
    else CHECK(access("a.h5.previous", F_OK), "The first generation has a previous one");
    PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD)); /* all have looked before rank 0 writes the next one */
  }
  PetscCall(ReadBytes("elsewhere", &first, &size));
  CHECK(size == 8 && !memcmp(first, "not ours", 8), "A link was followed");
  free(first);
  PetscCall(Save("b.h5", 3));
  PetscCall(ReadBytes("a.h5", &first, &size));
  PetscCall(ReadBytes("b.h5", &again, &size_again));
  CHECK(size == size_again && !memcmp(first, again, size), "Equal content makes different files");
  CHECK(!memcmp(first, "KITINET RECORD 1\nkind: checkpoint\n", 34), "The file does not begin with what it is");
  free(first);
  free(again);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Without a previous generation a damaged file is refused; with one, that is taken. */
static PetscErrorCode TestDamage(void)
{
  PetscInt64 number;
  char      *bytes, *damaged;
  size_t     size;

  PetscFunctionBegin;
  PetscCall(Save("a.h5", 4));
  PetscCall(ReadBytes("a.h5", &bytes, &size));
  damaged = (char *)malloc(size + 1);
  CHECK(damaged, "no memory");
  PetscCall(Remove("c.h5.previous"));
  /* every byte of the header, every 101st behind it; another bit each */
  for (size_t i = 0; i < size; i += i < BLOCK ? 1 : 101) {
    memcpy(damaged, bytes, size);
    damaged[i] ^= (char)(1 << i % 8);
    PetscCall(WriteBytes("c.h5", damaged, size));
    EXPECT_ERROR(KN_ERR_INPUT, "c.h5: ", Load("c.h5", &number));
    CHECK(strstr(test_message, "damaged") || strstr(test_message, "expected a checkpoint"),
          "Bit %zu of byte %zu: \"%s\"", i % 8, i, test_message);
  }
  damaged[size] = 0;
  for (size_t cut = 0; cut <= size + 1; cut += cut == 0          ? 1
                                               : cut == size - 1 ? 2
                                               : cut < BLOCK     ? BLOCK / 2 - 1
                                                                 : PetscMin(size / 5, size - 1 - cut)) {
    memcpy(damaged, bytes, size);
    PetscCall(WriteBytes("c.h5", damaged, cut));
    EXPECT_ERROR(KN_ERR_INPUT, "damaged", Load("c.h5", &number));
  }

  PetscCall(Save("c.h5", 5)); // over a damaged one, which is not kept
  PetscCall(CheckNumber("c.h5", 5));
  PetscCall(Save("c.h5", 6));
  memcpy(damaged, bytes, size);
  damaged[size / 2] ^= 1;
  PetscCall(WriteBytes("c.h5", damaged, size));
  PetscCall(CheckNumber("c.h5", 5)); // says so on stderr
  PetscCall(Save("c.h5", 7));        // the damaged one does not push out the last whole one
  PetscCall(CheckNumber("c.h5", 7));
  PetscCall(CheckNumber("c.h5.previous", 5));
  PetscCall(Remove("c.h5"));
  PetscCall(CheckNumber("c.h5", 5));
  PetscCall(WriteBytes("c.h5", damaged, size));
  PetscCall(WriteBytes("c.h5.previous", damaged, size / 2));
  EXPECT_ERROR(KN_ERR_INPUT, "restore one of them", Load("c.h5", &number));
  CHECK(strstr(test_message, "c.h5: its checksum") && strstr(test_message, "c.h5.previous: has "),
        "\"%s\" does not name both", test_message);
  free(damaged);
  free(bytes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whole files that do not fit. */
static PetscErrorCode TestMisfits(void)
{
  KNRecord   record;
  PetscInt64 number;
  float      array[24];
  char       text[4];

  PetscFunctionBegin;
  EXPECT_ERROR(KN_ERR_INPUT, "nothing.h5: No such file or directory; check the path", Load("nothing.h5", &number));
  EXPECT_ERROR(KN_ERR_INPUT, ".: not a regular file", Load(".", &number));
  if (First()) {
    unlink("pipe");
    CHECK(!mkfifo("pipe", 0666), "no pipe");
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  EXPECT_ERROR(KN_ERR_INPUT, "pipe: not a regular file", Load("pipe", &number));
  EXPECT_ERROR(KN_ERR_INPUT, "a.h5: is a checkpoint, expected a normaliser",
               KNRecordLoad(PETSC_COMM_WORLD, "normaliser", "a.h5", &record));
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", "a.h5", &record));
  EXPECT_ERROR(KN_ERR_INPUT, "some/group/array is (2, 3), the network wants (3, 2)",
               KNRecordArray(record, "some/group", "array", 2, (const PetscInt[]){3, 2}, array));
  EXPECT_ERROR(KN_ERR_INPUT, "some/group/array is (2, 3), the network wants (2, 3, 4)",
               KNRecordArray(record, "some/group", "array", 3, (const PetscInt[]){2, 3, 4}, array));
  EXPECT_ERROR(KN_ERR_INPUT, "no some/group/other in it",
               KNRecordArray(record, "some/group", "other", 2, shape, array));
  EXPECT_ERROR(KN_ERR_INPUT, "missing", KNRecordInt(record, "missing", &number));
  EXPECT_ERROR(KN_ERR_INPUT, "text", KNRecordInt(record, "text", &number));
  EXPECT_ERROR(KN_ERR_INPUT, "text", KNRecordText(record, "text", sizeof(text), text));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What fails while a record is filled is raised when it is saved, and nothing is written. */
static PetscErrorCode TestFilling(void)
{
  const float array[VALUES] = {0};
  KNRecord    record;

  PetscFunctionBegin;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  for (int twice = 0; twice < 2; twice++) PetscCall(KNRecordArray(record, "group", "twice", 2, shape, (float *)array));
  EXPECT_ERROR(KN_ERR_IO, "H5Dcreate", KNRecordSave(record, "a.h5"));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(CheckNumber("a.h5", 4));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Below a regular file nothing can be created, not even by root; a folder cannot be replaced. */
static PetscErrorCode TestUnwritable(void)
{
  char unfinished[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  EXPECT_ERROR(KN_ERR_IO, "a.h5/below.h5: cannot create", Save("a.h5/below.h5", 7));
  EXPECT_ERROR(KN_ERR_IO, "nowhere/new.h5: cannot create", Save("nowhere/new.h5", 7));
  if (First()) mkdir("folder.h5", 0777);
  MPI_Barrier(PETSC_COMM_WORLD);
  EXPECT_ERROR(KN_ERR_IO, "folder.h5: cannot", Save("folder.h5", 7));
  CHECK(KNLockUnfinished("folder.h5", sizeof(unfinished), unfinished) && access(unfinished, F_OK),
        "A failed write leaves its temporary file");
  PetscCall(CheckNumber("a.h5", 4));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("record"));
  PetscCall(TestGenerations());
  PetscCall(TestDamage());
  PetscCall(TestMisfits());
  PetscCall(TestFilling());
  PetscCall(TestUnwritable());
  PetscCall(PetscFinalize());
  return 0;
}

/* For tests of datasets: a small problem, rows whose values tell where they belong, and errors that are expected. */
#ifndef KITINET_DATASET_TEST_H
#define KITINET_DATASET_TEST_H

#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/error.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* Collective. Goes into a folder of this test's own, for this number of ranks, beside where it was started. */
static inline PetscErrorCode TestFolder(const char name[])
{
  char        folder[64];
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscSNPrintf(folder, sizeof(folder), "files_of_%s_%d", name, size));
  mkdir(folder, 0777);
  CHECK(!chdir(folder), "no folder %s to work in", folder);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 2 input fields and 1 output field on 3 x 4 nodes; or T = 3 frames of 2 fields on 5 periodic points. */
static inline KNProblem TestProblem(PetscBool steady)
{
  static PetscReal times[] = {0.0, 0.5, 2.0};
  KNProblem        problem = {.pde        = "test",
                              .equation   = "y = 2 x",
                              .boundary   = "none",
                              .parameters = 2,
                              .parameter  = {{"nu", "m^2/s", 1e-3}, {"a_high", "1", 12.0}}};

  if (steady) {
    KNProblemSetGrid(&problem, KNGridMake(2, (PetscInt[]){3, 4}, KN_POINTS_NODES));
    problem.input.fields  = 2;
    problem.output.fields = 1;
    strcpy(problem.input.field[0].name, "a");
    strcpy(problem.input.field[1].name, "f");
    strcpy(problem.output.field[0].name, "u");
    for (int i = 0; i < 2; i++) strcpy(problem.input.field[i].unit, "1");
    strcpy(problem.output.field[0].unit, "K");
  } else {
    KNProblemSetGrid(&problem, KNGridMake(1, (PetscInt[]){5}, KN_POINTS_PERIODIC));
    problem.frames        = 3;
    problem.times         = times;
    problem.output.fields = 2;
    strcpy(problem.output.field[0].name, "u");
    strcpy(problem.output.field[1].name, "v");
    for (int i = 0; i < 2; i++) strcpy(problem.output.field[i].unit, "m/s");
  }
  return problem;
}

/* x[i] = 1000 sample + i, y[i] = -x[i]: exact in float32 */
static inline void TestRow(PetscInt64 sample, size_t nx, float x[], size_t ny, float y[])
{
  for (size_t i = 0; i < nx; i++) x[i] = 1000.0f * (float)sample + (float)i;
  for (size_t i = 0; i < ny; i++) y[i] = -1000.0f * (float)sample - (float)i;
}

/*
  Collective. Writes `rows` rows, row r being sample first + r; row `skip` + k * `every` is left out (every 0: none).
  Row r is written by rank r % size: another distribution than the program's.
*/
static inline PetscErrorCode TestWrite(MPI_Comm comm, const char path[], PetscBool steady, PetscInt64 rows,
                                       PetscInt64 first, PetscInt64 skip, PetscInt64 every)
{
  const KNProblem problem = TestProblem(steady);
  float           x[64], y[64];
  PetscMPIInt     rank, size;
  KNDatasetWriter dataset;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(KNDatasetWriterCreate(comm, path, &problem, rows, 42, "pde: test\nsamples: 7\n", PETSC_TRUE, &dataset));
  for (PetscInt64 row = rank; row < rows; row += size) {
    if (every && row % every == skip) continue;
    TestRow(first + row, KNProblemInputSize(&problem), x, KNProblemOutputSize(&problem), y);
    PetscCall(KNDatasetWriterWrite(dataset, row, first + row, x, y));
  }
  PetscCall(KNDatasetWriterPublish(dataset));
  PetscCall(KNDatasetWriterDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* CRC-32 of a small file. */
static inline PetscErrorCode FileChecksum(const char path[], uint32_t *checksum, size_t *size)
{
  static unsigned char bytes[1 << 16];
  FILE                *file = fopen(path, "rb");

  PetscFunctionBegin;
  CHECK(file, "%s is missing", path);
  *size = fread(bytes, 1, sizeof(bytes), file);
  CHECK(*size < sizeof(bytes), "%s is too large for this test", path);
  *checksum = (uint32_t)crc32_z(0, bytes, *size);
  fclose(file);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static char test_message[2048]; /* of the last error that was expected */

static inline PetscErrorCode TakeMessage(MPI_Comm comm, int line, const char *function, const char *file,
                                         PetscErrorCode code, PetscErrorType type, const char *message, void *context)
{
  if (type == PETSC_ERROR_INITIAL) snprintf(test_message, sizeof(test_message), "%s", message);
  return code;
}

/* The call fails with this code, saying this. */
#define EXPECT_ERROR(expected, text, ...)                                                                 \
  do {                                                                                                    \
    PetscErrorCode code_;                                                                                 \
    PetscCall(PetscPushErrorHandler(TakeMessage, NULL));                                                  \
    test_message[0] = 0;                                                                                  \
    code_           = (__VA_ARGS__);                                                                      \
    PetscCall(PetscPopErrorHandler());                                                                    \
    CHECK(code_ == (expected) && strstr(test_message, text), "expected error %d with \"%s\", got %d: %s", \
          (int)(expected), text, (int)code_, test_message);                                               \
  } while (0)

#endif

/*
  A dataset written by many ranks is byte for byte the file that one rank writes: whole or with excluded rows, also
  when some rank has no row. A failure that one rank alone sees is raised by all, and no file is left. After an
  interruption only what is missing is written, and the file is that of an uninterrupted run.
*/
#define _GNU_SOURCE // memmem
#include "dataset_test.h"

/* skip, every: as in TestWrite() */
static PetscErrorCode TestSameBytes(PetscBool steady, PetscInt64 rows, PetscInt64 skip, PetscInt64 every)
{
  uint32_t    one = 0, many = 0;
  size_t      size_one = 0, size_many = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(TestWrite(PETSC_COMM_WORLD, "many.h5", steady, rows, 5, skip, every));
  if (rank == 0) {
    PetscCall(TestWrite(PETSC_COMM_SELF, "one.h5", steady, rows, 5, skip, every));
    PetscCall(FileChecksum("one.h5", &one, &size_one));
    PetscCall(FileChecksum("many.h5", &many, &size_many));
  }
  CHECK(one == many && size_one == size_many, "%lld rows: %zu bytes by one rank, checksum %08x; %zu bytes by all, %08x",
        (long long)rows, size_one, one, size_many, many);
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every rank reads every row. */
static PetscErrorCode TestReadByAll(void)
{
  const KNProblem problem = TestProblem(PETSC_FALSE);
  const size_t    ny      = KNProblemOutputSize(&problem);
  float           y[64], y_expected[64];
  char            message[256] = "";
  KNDataset       dataset;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_WORLD, "all.h5", PETSC_FALSE, 9, 0, 0, 0));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "all.h5", &dataset));
  for (PetscInt64 row = 0; row < 9; row++) {
    TestRow(row, 0, NULL, ny, y_expected);
    CHECK(!KNDatasetRead(dataset, row, NULL, y, sizeof(message), message), "%s", message);
    CHECK(!memcmp(y, y_expected, ny * sizeof(*y)), "row %d is another", (int)row);
  }
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Only rank 0 looks at the path, all ranks raise. */
static PetscErrorCode TestAgreement(void)
{
  const KNProblem problem = TestProblem(PETSC_TRUE);
  KNDataset       dataset;
  KNDatasetWriter writer;

  PetscFunctionBegin;
  EXPECT_ERROR(KN_ERR_USAGE, "create the directory first",
               KNDatasetWriterCreate(PETSC_COMM_WORLD, "missing/new.h5", &problem, 2, 0, "", PETSC_FALSE, &writer));
  EXPECT_ERROR(KN_ERR_INPUT, "missing.h5: cannot be opened", KNDatasetOpen(PETSC_COMM_WORLD, "missing.h5", &dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One rank, in a file: the output values of a row become zeros. */
static PetscErrorCode LoseRow(const char path[], PetscInt64 row)
{
  static char bytes[1 << 16];
  float       x[64], y[64];
  char       *found;
  size_t      size;
  FILE       *file = fopen(path, "r+b");

  PetscFunctionBegin;
  CHECK(file, "%s is missing", path);
  size = fread(bytes, 1, sizeof(bytes), file);
  TestRow(row, 24, x, 12, y);
  found = (char *)memmem(bytes, size, y, 12 * sizeof(*y));
  CHECK(found, "row %d is not in %s", (int)row, path);
  memset(found, 0, 12 * sizeof(*y));
  CHECK(!fseek(file, found - bytes, SEEK_SET) && fwrite(found, 1, 12 * sizeof(*y), file) == 12 * sizeof(*y) &&
          !fclose(file),
        "%s cannot be written", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Writes the rows [start, end) that are not there and not of those left out; row r by rank (r + shift) % size. */
static PetscErrorCode WriteRows(KNDatasetWriter dataset, PetscInt64 start, PetscInt64 end, PetscInt64 every,
                                PetscMPIInt shift)
{
  float       x[64], y[64];
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  for (PetscInt64 row = start; row < end; row++) {
    PetscBool present;

    PetscCall(KNDatasetWriterHasRow(dataset, row, &present));
    if (present || (row + shift) % size != rank || (every && row % every == 1)) continue;
    TestRow(row, 24, x, 12, y);
    PetscCall(KNDatasetWriterWrite(dataset, row, row, x, y));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A disk that loses a row before it is published: what reads back is not what was written. */
static PetscErrorCode TestLostRow(void)
{
  const KNProblem problem = TestProblem(PETSC_TRUE);
  PetscMPIInt     rank;
  KNDatasetWriter dataset;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, "lost.h5", &problem, 100, 0, "", PETSC_TRUE, &dataset));
  PetscCall(WriteRows(dataset, 0, 100, 0, 0));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  if (rank == 0) PetscCall(LoseRow("lost.h5.partial", 57));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  EXPECT_ERROR(KN_ERR_IO, "lost.h5.partial: row 57 ", KNDatasetWriterPublish(dataset));
  CHECK(access("lost.h5", F_OK) && access("lost.h5.partial", F_OK), "a failed dataset leaves a file");
  PetscCall(KNDatasetWriterDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Rows 0 to 6 of 11, then an interruption in which row 3 is damaged, then the rest by other ranks: the file of an
  uninterrupted run.
*/
static PetscErrorCode TestContinued(PetscInt64 every)
{
  const PetscInt64 sample[11] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  const KNProblem  problem    = TestProblem(PETSC_TRUE);
  uint32_t         once = 0, twice = 0;
  size_t           size_once = 0, size_twice = 0;
  PetscMPIInt      rank;
  KNDatasetWriter  dataset;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, "once.h5", &problem, 11, 5, "all: of it", PETSC_TRUE, &dataset));
  PetscCall(WriteRows(dataset, 0, 11, every, 0));
  PetscCall(KNDatasetWriterPublish(dataset));
  PetscCall(KNDatasetWriterDestroy(&dataset));

  PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, "twice.h5", &problem, 11, 5, "all: of it", PETSC_TRUE, &dataset));
  PetscCall(WriteRows(dataset, 0, 7, every, 0));
  PetscCall(KNDatasetWriterSuspend(&dataset));
  if (rank == 0) PetscCall(LoseRow("twice.h5.partial", 3));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(
    KNDatasetWriterResume(PETSC_COMM_WORLD, "twice.h5", &problem, 11, 5, "all: of it", sample, PETSC_TRUE, &dataset));
  for (PetscInt64 row = 0; row < 11; row++) {
    const PetscBool expected = (PetscBool)(row < 7 && row != 3 && !(every && row % every == 1));
    PetscBool       present;

    PetscCall(KNDatasetWriterHasRow(dataset, row, &present));
    CHECK(present == expected, "row %d is %s", (int)row, present ? "there" : "not there");
  }
  PetscCall(WriteRows(dataset, 0, 11, every, 1));
  PetscCall(KNDatasetWriterPublish(dataset));
  PetscCall(KNDatasetWriterDestroy(&dataset));
  if (rank == 0) {
    PetscCall(FileChecksum("once.h5", &once, &size_once));
    PetscCall(FileChecksum("twice.h5", &twice, &size_twice));
  }
  CHECK(once == twice && size_once == size_twice,
        "another file after an interruption: %zu bytes, checksum %08x, not %zu, %08x", size_twice, twice, size_once,
        once);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A file of other options, or of another index, is not continued. */
static PetscErrorCode TestNotContinued(void)
{
  const PetscInt64 same[3] = {0, 1, 2}, other[3] = {0, 7, 2};
  const KNProblem  problem = TestProblem(PETSC_TRUE);

  PetscFunctionBegin;
  for (int turn = 0; turn < 3; turn++) {
    PetscInt64      rows = 0;
    KNDatasetWriter dataset;

    PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, "part.h5", &problem, 3, 5, "", PETSC_TRUE, &dataset));
    PetscCall(WriteRows(dataset, 0, 3, 0, 0));
    PetscCall(KNDatasetWriterSuspend(&dataset));
    PetscCall(KNDatasetWriterResume(PETSC_COMM_WORLD, "part.h5", &problem, 3, 5, turn == 1 ? "other" : "",
                                    turn == 2 ? other : same, PETSC_TRUE, &dataset));
    for (PetscInt64 row = 0; row < 3; row++) {
      PetscBool present;

      PetscCall(KNDatasetWriterHasRow(dataset, row, &present));
      rows += present;
    }
    CHECK(rows == (turn == 0 ? 3 : turn == 1 ? 0 : 2), "turn %d: %d rows are taken over", turn, (int)rows);
    PetscCall(KNDatasetWriterDestroy(&dataset));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("dataset_ranks"));
  PetscCall(TestSameBytes(PETSC_TRUE, 11, 0, 0));
  PetscCall(TestSameBytes(PETSC_FALSE, 11, 0, 0));
  PetscCall(TestSameBytes(PETSC_TRUE, 2, 0, 0)); // with 3 and 4 ranks some have no row
  PetscCall(TestSameBytes(PETSC_TRUE, 11, 1, 3));
  PetscCall(TestReadByAll());
  PetscCall(TestAgreement());
  PetscCall(TestLostRow());
  PetscCall(TestContinued(0));
  PetscCall(TestContinued(4));
  PetscCall(TestNotContinued());
  PetscCall(PetscFinalize());
  return 0;
}

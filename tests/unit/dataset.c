/*
  Datasets: what was written is read, steady and time-dependent; equal content makes equal files; a flipped bit is
  found in the right row; excluded rows are closed up; nothing is overwritten unasked and nothing left behind.
*/
#define _GNU_SOURCE // memmem
#include "small_dataset.h"
#include "dataset_test.h"
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

static PetscErrorCode CheckText(const char got[], const char expected[])
{
  PetscFunctionBegin;
  CHECK(!strcmp(got, expected), "\"%s\" is not \"%s\"", got, expected);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRoundTrip(PetscBool steady)
{
  const KNProblem  expected = TestProblem(steady);
  const size_t     nx = KNProblemInputSize(&expected), ny = KNProblemOutputSize(&expected);
  const KNProblem *problem;
  const char      *options, *version;
  float            x[64] = {0}, y[64] = {0}, x_expected[64], y_expected[64];
  PetscInt64       samples, seed;
  char             message[256] = "";
  KNDataset        dataset;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "round.h5", steady, 7, 100, 0, 0));
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "round.h5", &dataset));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetProvenance(dataset, &seed, &options, &version));
  CHECK(samples == 7 && seed == 42, "%d samples, seed %d", (int)samples, (int)seed);
  PetscCall(CheckText(options, "pde: test\nsamples: 7\n"));
  PetscCall(CheckText(version, KN_VERSION));
  PetscCall(CheckText(problem->pde, expected.pde));
  PetscCall(CheckText(problem->equation, expected.equation));
  PetscCall(CheckText(problem->boundary, expected.boundary));
  CHECK(problem->output.grid.dim == expected.output.grid.dim &&
          !memcmp(problem->output.grid.n, expected.output.grid.n, sizeof(expected.output.grid.n)) &&
          problem->output.grid.points == expected.output.grid.points,
        "another grid");
  CHECK(problem->frames == expected.frames && problem->input.fields == expected.input.fields &&
          problem->output.fields == expected.output.fields && problem->parameters == 2,
        "other sizes");
  for (PetscInt i = 0; i < expected.frames; i++)
    CHECK(problem->times[i] == expected.times[i], "frame %d at %g", (int)i, (double)problem->times[i]);
  for (PetscInt i = 0; i < expected.input.fields; i++)
    PetscCall(CheckText(problem->input.field[i].name, expected.input.field[i].name));
  for (PetscInt i = 0; i < expected.output.fields; i++)
    PetscCall(CheckText(problem->output.field[i].unit, expected.output.field[i].unit));
  for (PetscInt i = 0; i < 2; i++) {
    PetscCall(CheckText(problem->parameter[i].name, expected.parameter[i].name));
    PetscCall(CheckText(problem->parameter[i].unit, expected.parameter[i].unit));
    CHECK(problem->parameter[i].value == expected.parameter[i].value, "parameter %d is %g", (int)i,
          (double)problem->parameter[i].value);
  }
  for (PetscInt64 row = 6; row >= 0; row--) {
    TestRow(100 + row, nx, x_expected, ny, y_expected);
    CHECK(!KNDatasetRead(dataset, row, row % 2 ? x : NULL, y, sizeof(message), message), "%s", message);
    CHECK(!KNDatasetRead(dataset, row, x, row % 2 ? NULL : y, sizeof(message), message), "%s", message);
    CHECK(!memcmp(x, x_expected, nx * sizeof(*x)) && !memcmp(y, y_expected, ny * sizeof(*y)), "row %d is another",
          (int)row);
  }
  CHECK(KNDatasetRead(dataset, 7, x, y, sizeof(message), message) == KN_ERR_INPUT && strstr(message, "no row 7"),
        "row 7 of 7: %s", message);
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fingerprint(const char path[], uint64_t *fingerprint)
{
  KNDataset dataset;

  PetscFunctionBegin;
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, path, &dataset));
  PetscCall(KNDatasetGetFingerprint(dataset, fingerprint));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestFingerprint(void)
{
  uint64_t a, b, c;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "a.h5", PETSC_TRUE, 4, 0, 0, 0));
  PetscCall(TestWrite(PETSC_COMM_SELF, "b.h5", PETSC_TRUE, 4, 0, 0, 0));
  PetscCall(TestWrite(PETSC_COMM_SELF, "c.h5", PETSC_TRUE, 4, 1, 0, 0));
  PetscCall(Fingerprint("a.h5", &a));
  PetscCall(Fingerprint("b.h5", &b));
  PetscCall(Fingerprint("c.h5", &c));
  CHECK(a == b && a != c, "fingerprints %llx, %llx of equal files, %llx of another", (unsigned long long)a,
        (unsigned long long)b, (unsigned long long)c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows 2, 5, 8 of 0..9 are not written: 7 stay; of the last rows, 7 and 9 move into 2 and 5. */
static PetscErrorCode TestExcluded(void)
{
  const PetscInt64 expected[] = {0, 1, 7, 3, 4, 9, 6};
  float            x[64], y[64], x_expected[64], y_expected[64];
  PetscInt64       samples;
  char             message[256] = "";
  KNDataset        dataset;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "excluded.h5", PETSC_TRUE, 10, 0, 2, 3));
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "excluded.h5", &dataset));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  CHECK(samples == 7, "%d samples, expected 7", (int)samples);
  for (PetscInt64 row = 0; row < samples; row++) {
    TestRow(expected[row], 24, x_expected, 12, y_expected);
    CHECK(!KNDatasetRead(dataset, row, x, y, sizeof(message), message), "%s", message);
    CHECK(!memcmp(x, x_expected, 24 * sizeof(*x)) && !memcmp(y, y_expected, 12 * sizeof(*y)),
          "row %d begins with %g, expected sample %d", (int)row, (double)x[0], (int)expected[row]);
  }
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One bit in the last value of y in row 3: found in the file by its own bytes. */
static PetscErrorCode TestFlippedBit(void)
{
  static char bytes[1 << 16];
  float       x[64], y[64];
  char        message[256] = "", *found;
  size_t      size;
  FILE       *file;
  KNDataset   dataset;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "flipped.h5", PETSC_TRUE, 7, 0, 0, 0));
  file = fopen("flipped.h5", "r+b");
  size = fread(bytes, 1, sizeof(bytes), file);
  TestRow(3, 24, x, 12, y);
  found = (char *)memmem(bytes, size, y, 12 * sizeof(*y));
  CHECK(found, "the values of row 3 are not in the file as they were given");
  found[12 * sizeof(*y) - 1] ^= 1;
  rewind(file);
  CHECK(fwrite(bytes, 1, size, file) == size && !fclose(file), "the file cannot be written");
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "flipped.h5", &dataset));
  for (PetscInt64 row = 0; row < 7; row++) {
    const int code = KNDatasetRead(dataset, row, x, NULL, sizeof(message), message);

    CHECK(code == (row == 3 ? KN_ERR_INPUT : 0), "row %d: code %d", (int)row, code);
  }
  CHECK(strstr(message, "flipped.h5") && strstr(message, "row 3 (sample 3) is damaged"), "%s", message);
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNames(void)
{
  const KNProblem problem = TestProblem(PETSC_TRUE);
  struct stat     status;
  KNDatasetWriter dataset, second;

  PetscFunctionBegin;
  unlink("new.h5");
  mkdir("folder.h5", 0777);
  EXPECT_ERROR(KN_ERR_USAGE,
               "missing/new.h5.partial: cannot be created: No such file or directory; create the directory first",
               KNDatasetWriterCreate(PETSC_COMM_SELF, "missing/new.h5", &problem, 2, 0, "", PETSC_FALSE, &dataset));
  EXPECT_ERROR(KN_ERR_USAGE, "folder.h5: is no file",
               KNDatasetWriterCreate(PETSC_COMM_SELF, "folder.h5", &problem, 2, 0, "", PETSC_TRUE, &dataset));
  EXPECT_ERROR(KN_ERR_USAGE, "expected 1 to",
               KNDatasetWriterCreate(PETSC_COMM_SELF, "new.h5", &problem, 0, 0, "", PETSC_FALSE, &dataset));

  // Two runs at once; an end without publishing.
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_SELF, "new.h5", &problem, 2, 0, "", PETSC_FALSE, &dataset));
  EXPECT_ERROR(KN_ERR_USAGE, "being written by another run",
               KNDatasetWriterCreate(PETSC_COMM_SELF, "new.h5", &problem, 2, 0, "", PETSC_FALSE, &second));
  CHECK(!stat("new.h5.partial", &status) && stat("new.h5", &status), "the file has its name before it is published");
  PetscCall(KNDatasetWriterDestroy(&dataset));
  CHECK(stat("new.h5.partial", &status) && stat("new.h5", &status), "an unpublished dataset leaves a file");

  PetscCall(TestWrite(PETSC_COMM_SELF, "new.h5", PETSC_TRUE, 2, 0, 0, 0));
  EXPECT_ERROR(KN_ERR_USAGE, "new.h5: exists",
               KNDatasetWriterCreate(PETSC_COMM_SELF, "new.h5", &problem, 2, 0, "", PETSC_FALSE, &dataset));
  CHECK(!stat("new.h5", &status) && stat("new.h5.partial", &status), "a refused overwrite changes files");
  PetscCall(TestWrite(PETSC_COMM_SELF, "new.h5", PETSC_FALSE, 3, 0, 0, 0));
  CHECK(!stat("new.h5", &status) && stat("new.h5.partial", &status), "an overwrite leaves a temporary file");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The file ends where HDF5 says it ends: nothing of the reserved space is left behind. */
static PetscErrorCode TestSize(PetscInt64 rows)
{
  struct stat status;
  haddr_t     end = 0;
  hid_t       file;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "size.h5", PETSC_TRUE, rows, 0, 0, 0));
  file = H5Fopen("size.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  CHECK(file >= 0 && H5Fget_eoa(file, &end) >= 0 && H5Fclose(file) >= 0, "not an HDF5 file");
  CHECK(!stat("size.h5", &status) && (haddr_t)status.st_size == end, "%lld bytes, HDF5 knows of %llu",
        (long long)status.st_size, (unsigned long long)end);
  CHECK(end < 16384 + (haddr_t)rows * (36 * 4 + 12), "%llu bytes for %d rows", (unsigned long long)end, (int)rows);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The slabs of a row are their part of it, steady or not, in planes that are read in one and in several pieces. */
static PetscErrorCode TestSlabs(PetscInt dim, const PetscInt n[], PetscInt frames)
{
  const KNGrid grid = KNGridMake(dim, n, KN_POINTS_CELLS);
  KNProblem    problem;
  KNDataset    dataset;
  PetscReal    times[3];
  char         message[512] = "";
  float       *x, *y, *part_x, *part_y;
  size_t       nx, ny;

  PetscFunctionBegin;
  SmallDatasetProblem(frames ? 0 : 2, 2, frames, times, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_SELF, "slabs.h5", &problem, 2, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_SELF, "slabs.h5", &dataset));
  nx = KNProblemInputSize(&problem);
  ny = KNProblemOutputSize(&problem);
  PetscCall(PetscMalloc4(nx, &x, ny, &y, nx, &part_x, ny, &part_y));
  for (PetscInt64 row = 0; row < 2; row++) {
    PetscCheck(!KNDatasetRead(dataset, row, frames ? NULL : x, y, sizeof(message), message), PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "%s", message);
    for (PetscMPIInt rank = 0; rank < 3; rank++) {
      const KNGrid slab  = KNGridSlab(&grid, 3, rank);
      const size_t layer = KNGridSize(&grid) / (size_t)n[0], S = KNGridSize(&slab);

      PetscCheck(!KNDatasetReadSlab(dataset, row, &slab, frames ? NULL : part_x, part_y, sizeof(message), message),
                 PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", message);
      for (int field = frames ? 1 : 0; field < 2; field++) {
        for (size_t i = 0; i < (field ? ny : nx) / KNGridSize(&grid) * S; i++) {
          const size_t whole = i / S * KNGridSize(&grid) + (size_t)slab.first * layer + i % S;

          PetscCheck((field ? part_y : part_x)[i] == (field ? y : x)[whole], PETSC_COMM_SELF, PETSC_ERR_PLIB,
                     "%" PetscInt_FMT "D, slab %d, field %d: value %zu", dim, rank, field, i);
        }
      }
    }
  }
  PetscCall(PetscFree4(x, y, part_x, part_y));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("dataset"));
  PetscCall(TestRoundTrip(PETSC_TRUE));
  PetscCall(TestRoundTrip(PETSC_FALSE));
  PetscCall(TestFingerprint());
  PetscCall(TestExcluded());
  PetscCall(TestFlippedBit());
  PetscCall(TestSlabs(1, (const PetscInt[]){600001}, 0));
  PetscCall(TestSlabs(2, (const PetscInt[]){7, 100003}, 0));
  PetscCall(TestSlabs(2, (const PetscInt[]){13, 12}, 3));
  PetscCall(TestSlabs(3, (const PetscInt[]){5, 4, 3}, 3));
  PetscCall(TestNames());
  for (PetscInt64 rows = 1; rows < 1000; rows *= 3) PetscCall(TestSize(rows));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Files that are no datasets, or dishonest ones: each is refused with KN_ERR_INPUT and a line that names the file and
  the fault. Hostile files are made from a good one by replacing one thing.
*/
#include "dataset_test.h"
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>

#define ROWS 6

static PetscErrorCode WriteFile(const char path[], const void *bytes, size_t size)
{
  FILE *file = fopen(path, "wb");

  PetscFunctionBegin;
  CHECK(file && fwrite(bytes, 1, size, file) == size && !fclose(file), "%s cannot be written", path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Refused(const char path[], const char reason[])
{
  KNDataset dataset;

  PetscFunctionBegin;
  EXPECT_ERROR(KN_ERR_INPUT, reason, KNDatasetOpen(PETSC_COMM_SELF, path, &dataset));
  CHECK(!strncmp(test_message, path, strlen(path)) && !strchr(test_message, '\n'), "not one line about %s: %s", path,
        test_message);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not HDF5 at all, or not all of it. */
static PetscErrorCode TestNoDataset(void)
{
  static char bytes[1 << 16];
  FILE       *file;
  size_t      size;

  PetscFunctionBegin;
  PetscCall(TestWrite(PETSC_COMM_SELF, "good.h5", PETSC_TRUE, ROWS, 0, 0, 0));
  file = fopen("good.h5", "rb");
  CHECK(file, "good.h5 is missing");
  size = fread(bytes, 1, sizeof(bytes), file);
  fclose(file);

  mkdir("directory", 0777);
  mkfifo("fifo", 0666);
  PetscCall(WriteFile("empty.h5", "", 0));
  PetscCall(WriteFile("text.h5", "sample,x,y\n1,2,3\n", 17));
  PetscCall(WriteFile("signature.h5", bytes, 8));
  PetscCall(WriteFile("truncated.h5", bytes, size - 1));
  PetscCall(Refused("nowhere.h5", "No such file"));
  PetscCall(Refused("directory", "is a directory"));
  PetscCall(Refused("fifo", "is a pipe"));
  PetscCall(Refused("empty.h5", "is empty"));
  PetscCall(Refused("text.h5", "is no dataset"));
  PetscCall(Refused("signature.h5", "is truncated or damaged"));
  PetscCall(Refused("truncated.h5", "is truncated or damaged"));
  // A bit of the metadata: HDF5's own checksums find it, or our checks.
  for (size_t at = 8; at < 200; at += 7) {
    KNDataset dataset = NULL;

    bytes[at] ^= 4;
    PetscCall(WriteFile("flipped.h5", bytes, size));
    bytes[at] ^= 4;
    PetscCall(PetscPushErrorHandler(TakeMessage, NULL));
    const PetscErrorCode code = KNDatasetOpen(PETSC_COMM_SELF, "flipped.h5", &dataset);
    PetscCall(PetscPopErrorHandler());
    CHECK(code == KN_ERR_INPUT, "a flipped bit in byte %zu: code %d", at, (int)code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new /NAME in place of the good one. */
static void Replace(hid_t file, const char name[], hid_t type, int rank, const hsize_t shape[], hid_t creation)
{
  hid_t space = H5Screate_simple(rank, shape, NULL);

  H5Ldelete(file, name, H5P_DEFAULT);
  H5Dclose(H5Dcreate2(file, name, type, space, H5P_DEFAULT, creation, H5P_DEFAULT));
  H5Sclose(space);
}

static void ReplaceText(hid_t file, const char name[], const char text[])
{
  hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR), attribute;

  H5Tset_size(type, strlen(text) + 1);
  H5Adelete(file, name);
  attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite(attribute, type, text);
  H5Aclose(attribute);
  H5Sclose(space);
  H5Tclose(type);
}

typedef enum {
  WRONG_RANK,
  WRONG_TYPE,
  OTHER_BYTE_ORDER,
  OTHER_ROWS,
  OTHER_GRID,
  HUGE_DIMENSIONS,
  UNALLOCATED,
  COMPRESSED,
  ONE_CHUNK,
  EXTERNAL_STORAGE,
  VIRTUAL,
  EXTERNAL_LINK,
  SOFT_LINK,
  NO_OUTPUT,
  NO_CHECKSUM,
  SHORT_SAMPLE,
  WRONG_COORDINATES,
  NO_SEED,
  WRONG_SEED,
  LONG_TEXT,
  FIELD_COUNT,
  OTHER_FORMAT,
  CASES
} Case;

/* Makes bad.h5 and says why it should be refused. */
static const char *Spoil(hid_t file, Case bad)
{
  const hsize_t good[] = {ROWS, 2, 3, 4}, chunk[] = {1, 2, 3, 4}, rows[] = {ROWS + 1, 2, 3, 4},
                grid[] = {ROWS, 2, 3, 5};
  const hsize_t y[] = {(hsize_t)1 << 30, 1, (hsize_t)1 << 30, (hsize_t)1 << 30}, one[] = {1, 1, 1, 1},
                short_rows = ROWS - 1;
  const hid_t  chunks = H5Pcreate(H5P_DATASET_CREATE), plain = H5Pcreate(H5P_DATASET_CREATE);
  const double x1[] = {0, 0.4, 1};
  hid_t        id;

  H5Pset_chunk(chunks, 4, chunk);
  switch (bad) {
  case WRONG_RANK: Replace(file, "x", H5T_IEEE_F32LE, 1, good, plain); return "/x has 1 axes, expected 4";
  case WRONG_TYPE:
    Replace(file, "x", H5T_IEEE_F64LE, 4, good, chunks);
    return "/x is 64-bit float, expected 32-bit float";
  case OTHER_BYTE_ORDER: Replace(file, "x", H5T_IEEE_F32BE, 4, good, chunks); return "/x is big-endian 32-bit float";
  case OTHER_ROWS:
    Replace(file, "x", H5T_IEEE_F32LE, 4, rows, chunks);
    return "/x has 7 entries along axis 0, expected 6";
  case OTHER_GRID:
    Replace(file, "x", H5T_IEEE_F32LE, 4, grid, chunks);
    return "/x has 5 entries along axis 3, expected 4";
  case HUGE_DIMENSIONS:
    H5Pset_chunk(chunks, 4, one);
    Replace(file, "y", H5T_IEEE_F32LE, 4, y, chunks);
    return "declares more than 2^64 bytes";
  case UNALLOCATED:
    H5Pset_alloc_time(chunks, H5D_ALLOC_TIME_LATE);
    Replace(file, "x", H5T_IEEE_F32LE, 4, good, chunks);
    return "the file has fewer";
  case COMPRESSED:
    H5Pset_deflate(chunks, 6);
    Replace(file, "x", H5T_IEEE_F32LE, 4, good, chunks);
    return "/x is compressed or filtered";
  case ONE_CHUNK:
    H5Pset_chunk(chunks, 4, good);
    H5Pset_alloc_time(chunks, H5D_ALLOC_TIME_EARLY);
    Replace(file, "x", H5T_IEEE_F32LE, 4, good, chunks);
    return "/x is not stored with one chunk a row";
  case EXTERNAL_STORAGE:
    H5Pset_external(plain, "/etc/passwd", 0, H5F_UNLIMITED);
    Replace(file, "x", H5T_IEEE_F32LE, 4, good, plain);
    return "/x lies in other files";
  case VIRTUAL:
    id = H5Screate_simple(4, good, NULL);
    H5Pset_virtual(plain, id, "good.h5", "x", id);
    Replace(file, "x", H5T_IEEE_F32LE, 4, good, plain);
    return "/x lies in other files";
  case EXTERNAL_LINK:
    H5Ldelete(file, "x", H5P_DEFAULT);
    H5Lcreate_external("good.h5", "/x", file, "x", H5P_DEFAULT, H5P_DEFAULT);
    return "/x is a link to elsewhere";
  case SOFT_LINK:
    H5Ldelete(file, "x", H5P_DEFAULT);
    H5Lcreate_soft("/y", file, "x", H5P_DEFAULT, H5P_DEFAULT);
    return "/x is a link to elsewhere";
  case NO_OUTPUT: H5Ldelete(file, "y", H5P_DEFAULT); return "/y is missing";
  case NO_CHECKSUM: H5Ldelete(file, "checksum", H5P_DEFAULT); return "/checksum is missing";
  case SHORT_SAMPLE:
    Replace(file, "sample", H5T_STD_I64LE, 1, &short_rows, plain);
    return "/sample has 1 axes and 5 entries, expected one axis of 6";
  case WRONG_COORDINATES:
    id = H5Dopen2(file, "x1", H5P_DEFAULT);
    H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, x1);
    H5Dclose(id);
    return "/x1 does not hold the coordinates of nodes";
  case NO_SEED: H5Adelete(file, "seed"); return "attribute \"seed\" is missing";
  case WRONG_SEED: ReplaceText(file, "seed", "42"); return "attribute \"seed\" is not one integer";
  case LONG_TEXT:
    ReplaceText(file, "pde", "a name that is much longer than the sixty-four bytes that the program keeps for it");
    return "attribute \"pde\" holds 1 texts of 83 bytes, expected at most 1 of 64";
  case FIELD_COUNT:
    H5Adelete(file, "input_fields");
    H5Adelete(file, "input_units");
    return "/x has 2 entries along axis 1, expected 0";
  case OTHER_FORMAT: ReplaceText(file, "format", "weather"); return "is a \"weather\", expected a \"KITINet dataset\"";
  default: return "";
  }
}

/* Times that stand still, run back or are no numbers. */
static PetscErrorCode TestTimes(void)
{
  const double      t[][3]   = {{1, 1, 1}, {0, 2, 1}, {0, NAN, 1}};
  const char *const reason[] = {"frame 0 is at 1, frame 1 at 1", "frame 1 is at 2, frame 2 at 1",
                                "frame 1 is not a finite number"};

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    hid_t file, id;

    PetscCall(TestWrite(PETSC_COMM_SELF, "bad.h5", PETSC_FALSE, ROWS, 0, 0, 0));
    file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    id   = H5Dopen2(file, "t", H5P_DEFAULT);
    CHECK(H5Dwrite(id, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, t[i]) >= 0, "/t cannot be written");
    H5Dclose(id);
    H5Fclose(file);
    PetscCall(Refused("bad.h5", reason[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("dataset_bad_files"));
  PetscCall(TestNoDataset());
  PetscCall(TestTimes());
  for (Case bad = 0; bad < CASES; bad++) {
    const char *reason;
    hid_t       file;

    PetscCall(TestWrite(PETSC_COMM_SELF, "bad.h5", PETSC_TRUE, ROWS, 0, 0, 0));
    file = H5Fopen("bad.h5", H5F_ACC_RDWR, H5P_DEFAULT);
    CHECK(file >= 0, "bad.h5 cannot be opened");
    reason = Spoil(file, bad);
    CHECK(H5Fclose(file) >= 0 && H5garbage_collect() >= 0, "bad.h5 cannot be written");
    PetscCall(Refused("bad.h5", reason));
  }
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Plain records, as other programs read and write them: an HDF5 file from its first byte, complex arrays as h5py has
  them; files made with HDF5 itself are read, and refused for what does not fit: names, shapes, numbers, arrays in
  chunks, in other files, or never written.
*/
#include "dataset_test.h"
#include <kitinet/record.h>
#include <hdf5.h>

enum { ROWS = 2, COLUMNS = 3, VALUES = ROWS * COLUMNS };

static const PetscInt shape[]              = {ROWS, COLUMNS};
static const char     names[][KN_MAX_NAME] = {"real", "complex"};

static PetscErrorCode TestStored(void)
{
  KNRecord record;
  float    real[VALUES], pairs[2 * VALUES], found[VALUES];
  hid_t    file, array, type;
  char     head[8];
  FILE    *bytes;

  PetscFunctionBegin;
  for (int i = 0; i < VALUES; i++) real[i] = (float)i / 3;
  for (int i = 0; i < 2 * VALUES; i++) pairs[i] = (float)(i * i) / 7;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, NULL, &record));
  PetscCall(KNRecordArray(record, "", "real", 2, shape, real));
  PetscCall(KNRecordComplexArray(record, "", "complex", 2, shape, pairs));
  PetscCall(KNRecordArray(record, "group", "more", 1, shape, real));
  PetscCall(KNRecordSave(record, "plain.h5"));
  PetscCall(KNRecordDestroy(&record));
  CHECK((bytes = fopen("plain.h5", "rb")) && fread(head, 1, sizeof(head), bytes) == sizeof(head) &&
          !memcmp(head, "\211HDF\r\n\032\n", sizeof(head)),
        "Something stands before the HDF5 file");
  fclose(bytes);

  file  = H5Fopen("plain.h5", H5F_ACC_RDONLY, H5P_DEFAULT);
  array = H5Dopen2(file, "complex", H5P_DEFAULT);
  for (int part = 0; part < 2; part++) { /* by name, as h5py does */
    type = H5Tcreate(H5T_COMPOUND, sizeof(float));
    H5Tinsert(type, part ? "i" : "r", 0, H5T_NATIVE_FLOAT);
    CHECK(H5Dread(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, found) >= 0, "part %d cannot be read", part);
    for (int i = 0; i < VALUES; i++)
      CHECK(found[i] == pairs[2 * i + part], "part %d of value %d is %g", part, i, (double)found[i]);
    H5Tclose(type);
  }
  H5Dclose(array);
  H5Fclose(file);

  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, NULL, "plain.h5", &record));
  memset(real, 0, sizeof(real));
  memset(pairs, 0, sizeof(pairs));
  PetscCall(KNRecordArray(record, "", "real", 2, shape, real));
  PetscCall(KNRecordComplexArray(record, "", "complex", 2, shape, pairs));
  for (int i = 0; i < VALUES; i++) CHECK(real[i] == (float)i / 3, "value %d is %g", i, (double)real[i]);
  for (int i = 0; i < 2 * VALUES; i++) CHECK(pairs[i] == (float)(i * i) / 7, "part %d is %g", i, (double)pairs[i]);
  PetscCall(KNRecordCheckNames(record, 2, names));
  EXPECT_ERROR(KN_ERR_INPUT, "plain.h5: real is no array of the network", KNRecordCheckNames(record, 1, names + 1));
  EXPECT_ERROR(KN_ERR_INPUT, "no imaginary in it, the network wants (2, 3) of complex",
               KNRecordComplexArray(record, "", "imaginary", 2, shape, pairs));
  EXPECT_ERROR(KN_ERR_INPUT, "real is (2, 3) of other numbers, the network wants (2, 3) of complex",
               KNRecordComplexArray(record, "", "real", 2, shape, pairs));
  EXPECT_ERROR(KN_ERR_INPUT, "complex is (2, 3) of other numbers, the network wants (2, 3) of 32-bit",
               KNRecordArray(record, "", "complex", 2, shape, real));
  EXPECT_ERROR(KN_ERR_INPUT, "no group in it", KNRecordArray(record, "", "group", 2, shape, real));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A file of somebody else's with one array (2, 3). */
static void Make(const char path[], const char name[], hid_t type, H5D_layout_t layout, const char external[],
                 PetscBool write)
{
  const hsize_t extent[]      = {ROWS, COLUMNS};
  const double  value[VALUES] = {1, 2, 3, 4, 5, 6};
  const hid_t   file          = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
              space = H5Screate_simple(2, extent, NULL), create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t array;

  H5Pset_layout(create, layout);
  if (layout == H5D_CHUNKED) H5Pset_chunk(create, 2, extent);
  if (external) H5Pset_external(create, external, 0, VALUES * sizeof(float));
  array = H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
  if (write) H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  H5Dclose(array);
  H5Pclose(create);
  H5Sclose(space);
  H5Fclose(file);
}

static PetscErrorCode LoadForeign(const char path[], float array[])
{
  KNRecord       record;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, NULL, path, &record));
  code = KNRecordArray(record, "", "real", 2, shape, array);
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(code);
}

static PetscErrorCode TestForeign(void)
{
  float       array[VALUES];
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) {
    Make("contiguous.h5", "real", H5T_IEEE_F32LE, H5D_CONTIGUOUS, NULL, PETSC_TRUE);
    Make("compact.h5", "real", H5T_IEEE_F32LE, H5D_COMPACT, NULL, PETSC_TRUE);
    Make("chunked.h5", "real", H5T_IEEE_F32LE, H5D_CHUNKED, NULL, PETSC_TRUE);
    Make("external.h5", "real", H5T_IEEE_F32LE, H5D_CONTIGUOUS, "contiguous.h5", PETSC_FALSE);
    Make("unwritten.h5", "real", H5T_IEEE_F32LE, H5D_CONTIGUOUS, NULL, PETSC_FALSE);
    Make("double.h5", "real", H5T_IEEE_F64LE, H5D_CONTIGUOUS, NULL, PETSC_TRUE);
    Make("big_endian.h5", "real", H5T_IEEE_F32BE, H5D_CONTIGUOUS, NULL, PETSC_TRUE);
  }
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  for (int compact = 0; compact < 2; compact++) {
    PetscCall(LoadForeign(compact ? "compact.h5" : "contiguous.h5", array));
    for (int i = 0; i < VALUES; i++) CHECK(array[i] == (float)(i + 1), "value %d is %g", i, (double)array[i]);
  }
  EXPECT_ERROR(KN_ERR_INPUT, "chunked.h5: real is stored in chunks or in another file",
               LoadForeign("chunked.h5", array));
  EXPECT_ERROR(KN_ERR_INPUT, "external.h5: real is stored in chunks or in another file",
               LoadForeign("external.h5", array));
  EXPECT_ERROR(KN_ERR_INPUT, "unwritten.h5: real was never written", LoadForeign("unwritten.h5", array));
  EXPECT_ERROR(KN_ERR_INPUT, "double.h5: real is (2, 3) of other numbers, the network wants (2, 3) of 32-bit floats",
               LoadForeign("double.h5", array));
  EXPECT_ERROR(KN_ERR_INPUT, "big_endian.h5: real is (2, 3) of other numbers", LoadForeign("big_endian.h5", array));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("record_plain"));
  PetscCall(TestStored());
  PetscCall(TestForeign());
  PetscCall(PetscFinalize());
  return 0;
}

/* One row of a dataset: selected, read, written, summed. Nothing here allocates an array. */
#include "dataset_impl.h"
#include <string.h>
#include <zlib.h>

/* The memory has the rank of the disk: were it one long axis, HDF5 would map the selection point by point, 5 to 7 times slower. */
int KNDatasetPrepareArray(KNFile *file, KNDatasetArray *array)
{
  hsize_t shape[KN_MAX_DIM + 3];

  memcpy(shape, array->shape, sizeof(shape));
  shape[0] = 1;
  KNCallHDF5(file, array->disk = H5Dget_space(array->id));
  KNCallHDF5(file, array->memory = H5Screate_simple(array->rank, shape, NULL));
  return 0;
}

static int SelectRow(KNFile *file, const KNDatasetArray *array, PetscInt64 row)
{
  hsize_t start[KN_MAX_DIM + 3] = {(hsize_t)row}, count[KN_MAX_DIM + 3] = {1};

  for (int i = 1; i < array->rank; i++) count[i] = array->shape[i];
  KNCallHDF5(file, H5Sselect_hyperslab(array->disk, H5S_SELECT_SET, start, NULL, count, NULL));
  return 0;
}

int KNDatasetReadRow(KNDataset dataset, PetscInt64 row, float *const value[])
{
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    const KNDatasetArray *array = &dataset->array[i];

    KNCallFile(SelectRow(&dataset->file, array, row));
    KNCallHDF5(&dataset->file, H5Dread(array->id, H5T_NATIVE_FLOAT, array->memory, array->disk, H5P_DEFAULT, value[i]));
  }
  return 0;
}

int KNDatasetReadLayers(KNDataset dataset, PetscInt64 row, PetscInt which, size_t plane, PetscInt first, PetscInt layers, float value[])
{
  KNFile               *file  = &dataset->file;
  const KNDatasetArray *array = &dataset->array[which];
  const int             axis  = array->rank - (int)dataset->problem.output.grid.dim; /* the grid's first */
  hsize_t               start[KN_MAX_DIM + 3] = {(hsize_t)row}, count[KN_MAX_DIM + 3] = {1};
  hid_t                 memory;

  for (int i = axis - 1; i > 0; i--) {
    start[i] = plane % array->shape[i];
    count[i] = 1;
    plane /= array->shape[i];
  }
  for (int i = axis; i < array->rank; i++) count[i] = array->shape[i];
  start[axis] = (hsize_t)first;
  count[axis] = (hsize_t)layers;
  KNCallHDF5(file, H5Sselect_hyperslab(array->disk, H5S_SELECT_SET, start, NULL, count, NULL));
  KNCallHDF5(file, memory = H5Screate_simple(array->rank, count, NULL));
  KNCallHDF5(file, H5Dread(array->id, H5T_NATIVE_FLOAT, memory, array->disk, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Sclose(memory));
  return 0;
}

// H5P_DEFAULT: an independent transfer. A collective one does not report a full disk.
int KNDatasetWriteRow(KNDataset dataset, PetscInt64 row, const float *const value[])
{
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    const KNDatasetArray *array = &dataset->array[i];

    KNCallFile(SelectRow(&dataset->file, array, row));
    KNCallHDF5(&dataset->file, H5Dwrite(array->id, H5T_NATIVE_FLOAT, array->memory, array->disk, H5P_DEFAULT, value[i]));
  }
  return 0;
}

uint32_t KNDatasetChecksum(KNDataset dataset, const float *const value[])
{
  uLong checksum = crc32_z(0, NULL, 0);

  for (PetscInt i = 0; i < dataset->arrays; i++) checksum = crc32_z(checksum, (const Bytef *)value[i], dataset->array[i].size * sizeof(float));
  return (uint32_t)checksum;
}

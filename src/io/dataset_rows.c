/* One row of a dataset: selected, read, written, summed. Nothing here allocates an array. */
#include "dataset_impl.h"
#include <string.h>
#include <zlib.h>

/*
  The memory has the rank of the disk: were it one long axis, HDF5 would map the selection point by point, 5 to 7
  times slower.
*/
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

int KNDatasetReadRow(KNDatasetLayout *layout, PetscInt64 row, void *const value[])
{
  for (PetscInt i = 0; i < layout->arrays; i++) {
    const KNDatasetArray *array = &layout->array[i];

    KNCallFile(SelectRow(&layout->file, array, row));
    KNCallHDF5(&layout->file, H5Dread(array->id, array->type, array->memory, array->disk, H5P_DEFAULT, value[i]));
  }
  return 0;
}

int KNDatasetReadLayers(KNDatasetLayout *layout, PetscInt64 row, PetscInt which, size_t plane, PetscInt first,
                        PetscInt layers, void *value)
{
  KNFile               *file                  = &layout->file;
  const KNDatasetArray *array                 = &layout->array[which];
  const int             axis                  = array->rank - (int)array->space->grid.dim; /* the grid's first */
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
  KNCallHDF5(file, H5Dread(array->id, array->type, memory, array->disk, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Sclose(memory));
  return 0;
}

// H5P_DEFAULT: an independent transfer. A collective one does not report a full disk.
int KNDatasetWriteRow(KNDatasetLayout *layout, PetscInt64 row, const void *const value[])
{
  for (PetscInt i = 0; i < layout->arrays; i++) {
    const KNDatasetArray *array = &layout->array[i];

    KNCallFile(SelectRow(&layout->file, array, row));
    KNCallHDF5(&layout->file, H5Dwrite(array->id, array->type, array->memory, array->disk, H5P_DEFAULT, value[i]));
  }
  return 0;
}

uint32_t KNDatasetChecksumColumns(const KNDatasetLayout *layout, PetscInt64 row, uint32_t checksum)
{
  enum { FIRST = 2 }; /* behind /sample, /checksum */
  uLong sum = checksum;

  for (PetscInt i = FIRST; i < layout->columns; i++) {
    const KNDatasetColumn *column = &layout->column[i];

    sum = crc32_z(sum, (const Bytef *)column->value + (size_t)row * column->width, column->width);
  }
  return (uint32_t)sum;
}

uint32_t KNDatasetChecksum(KNDatasetLayout *layout, PetscInt64 row, const void *const value[])
{
  uLong checksum = crc32_z(0, NULL, 0);

  for (PetscInt i = 0; i < layout->arrays; i++)
    checksum = crc32_z(checksum, (const Bytef *)value[i], layout->array[i].size * layout->array[i].width);
  return KNDatasetChecksumColumns(layout, row, (uint32_t)checksum);
}

/* The first opening of a dataset or a record, in a process of its own: what whoever asked will read, as far as damage
 * in it can hurt a library. */
#include "dataset_impl.h"
#include "record_impl.h"
#include <kitinet/probe.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ELEMENT ((size_t)1 << 20) /* bytes of one element of an array, or of an attribute, that are read */

/* One element of an array, in its own type: HDF5 finds its way to it. */
static int ReadElement(KNFile *file, hid_t array, PetscBool last)
{
  hid_t   space, type, memory;
  hsize_t shape[H5S_MAX_RANK], start[H5S_MAX_RANK];
  int     rank, code = 0;
  size_t  bytes;
  void   *value;

  KNCallHDF5(file, space = H5Dget_space(array));
  KNCallHDF5(file, type = H5Dget_type(array));
  KNCallHDF5(file, rank = H5Sget_simple_extent_dims(space, shape, NULL));
  bytes = H5Tget_size(type);
  if (!bytes || bytes > MAX_ELEMENT || H5Sget_simple_extent_npoints(space) < 1) return 0;
  for (int a = 0; a < rank; a++) {
    start[a] = last ? shape[a] - 1 : 0;
    shape[a] = 1;
  }
  KNCallHDF5(file, memory = H5Screate(H5S_SCALAR));
  if (rank) KNCallHDF5(file, H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, shape, NULL));
  value = malloc(bytes);
  if (!value || H5Dread(array, type, memory, space, H5P_DEFAULT, value) < 0) code = KNFileFailHDF5(file, "H5Dread");
  free(value);
  H5Sclose(memory);
  H5Tclose(type);
  H5Sclose(space);
  return code;
}

int KNProbeDataset(KNFile *file)
{
  KNDataset dataset;

  KNCallFile(KNDatasetOpenSelf(file->path, &dataset, sizeof(file->message), file->message));
  for (PetscInt i = 0; i < 2 * dataset->layout.arrays; i++)
    KNCallFile(ReadElement(file, dataset->layout.array[i / 2].id, (PetscBool)(i % 2)));
  return 0;
}

/* All bytes of what stands in the file as `count` elements of a type, by one call; nothing if they are more than the
 * file can hold, which whoever reads them refuses. */
static herr_t ReadAll(hid_t object, PetscBool attribute, hid_t type, hid_t space, size_t most)
{
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  const size_t   bytes = H5Tget_size(type);
  void          *value;
  herr_t         status = 0;

  if (count < 1 || !bytes || (size_t)count > most / bytes) return 0;
  value = calloc((size_t)count, bytes);
  if (!value) return -1;
  status = attribute ? H5Aread(object, type, value) : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  free(value);
  return status < 0 ? -1 : 0;
}

static herr_t ReadAttribute(hid_t at, const char *name, const H5A_info_t *info, void *most)
{
  const hid_t attribute = H5Aopen(at, name, H5P_DEFAULT), type = H5Aget_type(attribute),
              space = H5Aget_space(attribute);
  herr_t status     = attribute < 0 ? -1 : 0;

  (void)info;
  if (!status && H5Tis_variable_str(type) <= 0) status = ReadAll(attribute, PETSC_TRUE, type, space, *(size_t *)most);
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return status;
}

static herr_t ReadObject(hid_t at, const char *name, const H5O_info_t *info, void *most)
{
  const hid_t object = H5Oopen(at, name, H5P_DEFAULT);
  hsize_t     next   = 0;
  herr_t      status = object < 0 ? -1 : H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &next, ReadAttribute, most);

  if (status >= 0 && info->type == H5O_TYPE_DATASET) {
    const hid_t type = H5Dget_type(object), space = H5Dget_space(object);

    status = ReadAll(object, PETSC_FALSE, type, space, *(size_t *)most);
    H5Sclose(space);
    H5Tclose(type);
  }
  if (object >= 0) H5Oclose(object);
  return status < 0 ? -1 : 0;
}

int KNProbeRecord(KNFile *file, PetscBool block)
{
  const size_t skip  = block ? KN_RECORD_BLOCK : 0;
  KNImage      image = {0};

  KNCallFile(KNFileReadWhole(file, &image));
  if (image.size < skip) return KNFileFail(file, file->code, "is shorter than its header: damaged");
  image.size -= skip;
  memmove(image.bytes, image.bytes + skip, image.size);
  KNCallFile(KNImageOpen(file, &image, H5F_ACC_RDONLY));
  /* where the walk ends early, what lies behind has not been tried: looking for it by its name might not return */
  if (H5Ovisit(file->id, H5_INDEX_NAME, H5_ITER_INC, ReadObject, &image.size) < 0)
    return KNFileFail(file, file->code, "is truncated or damaged: not all that it holds can be read");
  return 0;
}

/* The arrays of a record: datasets of 32-bit floats, real or complex. Plain C, under KNHDF5Lock(). */
#include "record_impl.h"
#include <string.h>

/* 32-bit floats, or, as h5py has complex numbers, pairs r, i of them. The caller closes *type. */
static int ArrayType(KNFile *file, PetscBool is_complex, hid_t *type)
{
  if (!is_complex) KNCallHDF5(file, *type = H5Tcopy(H5T_IEEE_F32LE));
  else {
    KNCallHDF5(file, *type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(float)));
    KNCallHDF5(file, H5Tinsert(*type, "r", 0, H5T_IEEE_F32LE));
    KNCallHDF5(file, H5Tinsert(*type, "i", sizeof(float), H5T_IEEE_F32LE));
  }
  return 0;
}

int KNArrayStore(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[],
                 const float *array)
{
  hid_t space, dataset, create, link, type;

  KNCallFile(ArrayType(file, is_complex, &type));
  KNCallHDF5(file, space = H5Screate_simple(rank, shape, NULL));
  KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
  KNCallHDF5(file, link = H5Pcreate(H5P_LINK_CREATE));
  KNCallHDF5(file, H5Pset_create_intermediate_group(link, 1));
  KNCallHDF5(file, dataset = H5Dcreate2(file->id, name, type, space, link, create, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, array));
  KNCallHDF5(file, H5Dclose(dataset));
  KNCallHDF5(file, H5Pclose(link));
  KNCallHDF5(file, H5Pclose(create));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Tclose(type));
  return 0;
}

/* "(a, b, c)" */
static void PrintShape(size_t size, char text[], int rank, const hsize_t shape[])
{
  size_t n = 0;

  for (int i = 0; i < rank && n < size; i++)
    n += (size_t)snprintf(text + n, size - n, "%s%llu", i ? ", " : "(", (unsigned long long)shape[i]);
  if (n < size) (void)snprintf(text + n, size - n, ")");
}

/*
  In one piece, as all of ours are and as h5py writes by default: what chunks, other files or space never written lead
  to need not be judged.
*/
static int CheckStorage(KNFile *file, const char name[], hid_t dataset, size_t bytes)
{
  hid_t        create;
  H5D_layout_t layout;
  int          external = 0;

  KNCallHDF5(file, create = H5Dget_create_plist(dataset));
  KNCallHDF5(file, layout = H5Pget_layout(create));
  if (layout == H5D_CONTIGUOUS) KNCallHDF5(file, external = H5Pget_external_count(create));
  KNCallHDF5(file, H5Pclose(create));
  if ((layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) || external)
    return KNFileFail(file, KN_ERR_INPUT,
                      "%s is stored in chunks or in another file: write it in one piece, without compression", name);
  if (H5Dget_storage_size(dataset) != bytes) return KNFileFail(file, KN_ERR_INPUT, "%s was never written", name);
  return 0;
}

int KNArrayLoad(KNFile *file, const char name[], PetscBool is_complex, int rank, const hsize_t shape[], float *array)
{
  const char *kind = is_complex ? "complex numbers of 32-bit floats" : "32-bit floats";
  char        has[128], wants[128];
  hsize_t     found[H5S_MAX_RANK];
  hid_t       dataset, space, type, wanted;
  int         nfound;
  htri_t      equal, exists;

  PrintShape(sizeof(wants), wants, rank, shape);
  KNCallHDF5(file, exists = H5Lexists(file->id, name, H5P_DEFAULT));
  if (!exists || (dataset = H5Dopen2(file->id, name, H5P_DEFAULT)) < 0)
    return KNFileFail(file, KN_ERR_INPUT, "no %s in it, the network wants %s of %s", name, wants, kind);
  KNCallFile(ArrayType(file, is_complex, &wanted));
  KNCallHDF5(file, space = H5Dget_space(dataset));
  KNCallHDF5(file, type = H5Dget_type(dataset));
  KNCallHDF5(file, nfound = H5Sget_simple_extent_dims(space, found, NULL));
  KNCallHDF5(file, equal = H5Tequal(type, wanted));
  if (nfound != rank || memcmp(found, shape, (size_t)rank * sizeof(*shape)) || !equal) {
    PrintShape(sizeof(has), has, nfound, found);
    return KNFileFail(file, KN_ERR_INPUT, "%s is %s%s, the network wants %s of %s", name, has,
                      equal ? "" : " of other numbers", wants, kind);
  }
  KNCallFile(CheckStorage(file, name, dataset, (size_t)H5Sget_simple_extent_npoints(space) * H5Tget_size(wanted)));
  KNCallHDF5(file, H5Dread(dataset, wanted, H5S_ALL, H5S_ALL, H5P_DEFAULT, array));
  KNCallHDF5(file, H5Tclose(wanted));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Dclose(dataset));
  return 0;
}

/* Of H5Literate: stops at an array whose name is not in the list. */
typedef struct {
  PetscInt count;
  const char (*name)[KN_MAX_NAME];
  char other[KN_MAX_NAME];
} Names;

static herr_t FindOther(hid_t root, const char name[], const H5L_info_t *link, void *context)
{
  Names     *names = (Names *)context;
  H5O_info_t object;

  (void)link;
  for (PetscInt i = 0; i < names->count; i++) {
    if (!strcmp(name, names->name[i])) return 0;
  }
  if (H5Oget_info_by_name(root, name, &object, H5P_DEFAULT) >= 0 && object.type != H5O_TYPE_DATASET) return 0;
  (void)snprintf(names->other, sizeof(names->other), "%s", name);
  return 1;
}

int KNArrayCheckNames(KNFile *file, PetscInt count, const char name[][KN_MAX_NAME])
{
  Names names = {.count = count, .name = name};

  KNCallHDF5(file, H5Literate(file->id, H5_INDEX_NAME, H5_ITER_INC, NULL, FindOther, &names));
  return names.other[0] ? KNFileFail(file, KN_ERR_INPUT, "%s is no array of the network", names.other) : 0;
}

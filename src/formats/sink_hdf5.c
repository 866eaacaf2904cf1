/* Foreign HDF5 files as sinks: arrays of float32 without compression, attributes as h5py writes and reads them. */
#include "format_impl.h"
#include <stdlib.h>

int KNSinkHDF5CreateFile(KNSink sink, size_t user_block)
{
  KNFile *file = &sink->file;
  hid_t   access, creation;

  KNCallHDF5(file, access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
  KNCallHDF5(file, creation = H5Pcreate(H5P_FILE_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(creation, 0));
  KNCallHDF5(file, H5Pset_userblock(creation, user_block));
  file->id = H5Fcreate(sink->temporary[0], H5F_ACC_TRUNC, creation, access);
  H5Pclose(creation);
  H5Pclose(access);
  if (file->id < 0) {
    file->id = 0;
    return KNFileFailHDF5(file, "H5Fcreate");
  }
  return 0;
}

int KNSinkHDF5Create(KNSink sink, size_t user_block)
{
  KNFile *file = &sink->file;

  KNCallFile(KNSinkHDF5CreateFile(sink, user_block));
  for (PetscInt i = 0; i < sink->variables; i++) {
    KNVariable *variable = &sink->variable[i];
    hsize_t     shape[KN_MAX_AXES];
    hid_t       space, create, link;

    for (int a = 0; a < variable->rank; a++) shape[a] = variable->shape[a];
    KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
    KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
    KNCallHDF5(file, H5Pset_fill_time(create, H5D_FILL_TIME_NEVER)); // every value is written
    KNCallHDF5(file, link = H5Pcreate(H5P_LINK_CREATE));
    KNCallHDF5(file, H5Pset_create_intermediate_group(link, 1));
    KNCallHDF5(file, space = H5Screate_simple(variable->rank, shape, NULL));
    KNCallHDF5(file, variable->handle =
                       H5Dcreate2(file->id, variable->name, H5T_IEEE_F32LE, space, link, create, H5P_DEFAULT));
    KNCallHDF5(file, H5Sclose(space));
    KNCallHDF5(file, H5Pclose(link));
    KNCallHDF5(file, H5Pclose(create));
  }
  return 0;
}

int KNSinkHDF5Write(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                    const float value[])
{
  KNFile *file = &sink->file;
  hsize_t first[KN_MAX_AXES], count[KN_MAX_AXES];
  hid_t   disk, memory;

  for (int a = 0; a < variable->rank; a++) {
    first[a] = start[a];
    count[a] = extent[a];
  }
  KNCallHDF5(file, disk = H5Dget_space((hid_t)variable->handle));
  KNCallHDF5(file, H5Sselect_hyperslab(disk, H5S_SELECT_SET, first, NULL, count, NULL));
  KNCallHDF5(file, memory = H5Screate_simple(variable->rank, count, NULL));
  KNCallHDF5(file, H5Dwrite((hid_t)variable->handle, H5T_NATIVE_FLOAT, memory, disk, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Sclose(memory));
  KNCallHDF5(file, H5Sclose(disk));
  return 0;
}

int KNSinkHDF5Vector(KNSink sink, const char name[], hid_t type, hsize_t count, hid_t memory, const void *value)
{
  KNFile *file = &sink->file;
  hid_t   space, array, create;

  KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
  KNCallHDF5(file, space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR));
  KNCallHDF5(file, array = H5Dcreate2(file->id, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(array, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Dclose(array));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Pclose(create));
  return 0;
}

int KNSinkHDF5Texts(KNSink sink, hid_t object, const char name[], PetscInt count, const char *const text[])
{
  KNFile       *file = &sink->file;
  const hsize_t n    = (hsize_t)PetscMax(count, 0);
  hid_t         type, space, attribute;

  KNCallHDF5(file, type = H5Tcopy(H5T_C_S1));
  KNCallHDF5(file, H5Tset_size(type, H5T_VARIABLE));
  KNCallHDF5(file, H5Tset_cset(type, H5T_CSET_UTF8));
  KNCallHDF5(file, space = count < 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, NULL));
  KNCallHDF5(file, attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  if (count) KNCallHDF5(file, H5Awrite(attribute, type, text));
  KNCallHDF5(file, H5Aclose(attribute));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Tclose(type));
  return 0;
}

int KNSinkHDF5Finish(KNSink sink)
{
  KNFile *file = &sink->file;

  KNCallHDF5(file, H5Fflush(file->id, H5F_SCOPE_GLOBAL));
  KNCallHDF5(file, H5Fclose(file->id));
  file->id = 0;
  return 0;
}

void KNSinkHDF5Abandon(KNSink sink)
{
  if (sink->file.id > 0) H5Fclose(sink->file.id);
  sink->file.id = 0;
}

int KNSinkHDF5Coordinate(KNSink sink, PetscInt axis, const char name[])
{
  const KNGrid *grid = &sink->problem.output.grid;
  double       *x    = (double *)malloc((size_t)grid->n[axis] * sizeof(*x));
  int           code;

  if (!x) return KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for %d coordinates", (int)grid->n[axis]);
  for (PetscInt i = 0; i < grid->n[axis]; i++) x[i] = KNPointsCoordinate(grid->points, grid->n[axis], i);
  code = KNSinkHDF5Vector(sink, name, H5T_IEEE_F64LE, (hsize_t)grid->n[axis], H5T_NATIVE_DOUBLE, x);
  free(x);
  return code;
}

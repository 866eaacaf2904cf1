/*
  Foreign HDF5 files as sources: their arrays are listed and judged before anything is read.

  Unlike our own datasets they may be compressed (deflate, shuffle, checksums) and of any numbers. Refused are data in other files, unknown filters, huge chunks, and
  arrays that declare more than the file could hold.
*/
#include "format_impl.h"
#include <string.h>

#define MAX_DEFLATE 1032              /* bytes that one byte of zlib's format can stand for at most */
#define MAX_CHUNK   ((size_t)1 << 30) /* bytes of a chunk, which is unpacked as a whole */

static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

int KNSourceHDF5Open(KNSource source)
{
  if (memcmp(source->head, signature, 8) && memcmp(source->head + 512, signature, 8)) return 0;
  KNHDF5Start();
  return KNFileOpenHDF5(&source->file, "copy it again");
}

void KNSourceHDF5Close(KNSource source)
{
  if (source->file.id > 0) H5Fclose(source->file.id);
  source->file.id = 0;
}

PetscBool KNHDF5HasArray(hid_t file, const char name[])
{
  hid_t     object;
  PetscBool array;

  if (H5Lexists(file, name, H5P_DEFAULT) <= 0) return PETSC_FALSE;
  object = H5Oopen(file, name, H5P_DEFAULT);
  array  = (PetscBool)(object >= 0 && H5Iget_type(object) == H5I_DATASET);
  if (object >= 0) H5Oclose(object);
  return array;
}

/* Filters that this library is sure to have and that hurt nobody; the words that name another. */
static const char *JudgeFilters(hid_t creation, unsigned long long *ratio)
{
  const int filters = H5Pget_nfilters(creation);

  *ratio = 1;
  for (int i = 0; i < filters; i++) {
    unsigned flags;
    size_t   none = 0;

    switch (H5Pget_filter2(creation, (unsigned)i, &flags, &none, NULL, 0, NULL, NULL)) {
    case H5Z_FILTER_DEFLATE:
      *ratio *= MAX_DEFLATE;
      break;
    case H5Z_FILTER_SHUFFLE:
    case H5Z_FILTER_FLETCHER32: break;
    default: return "is packed by a filter that is not supported: unpack it with \"h5repack -f NONE\"";
    }
  }
  return NULL;
}

static const char *JudgeArray(hid_t array, hid_t type, int rank, const hsize_t shape[], unsigned long long file_size)
{
  const H5T_class_t  class    = H5Tget_class(type);
  hid_t              creation = H5Dget_create_plist(array);
  hsize_t            chunk[KN_MAX_AXES];
  unsigned long long bytes = H5Tget_size(type), chunk_bytes = bytes, ratio = 1, most;
  const char        *fault = creation < 0 ? "is damaged" : NULL;
  H5D_layout_t       layout;

  if (fault) return fault;
  layout = H5Pget_layout(creation);
  if (class != H5T_INTEGER && class != H5T_FLOAT) fault = "holds no real numbers";
  else if (bytes > 8) fault = "holds numbers of more than 64 bits";
  else if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0) fault = "lies in other files, which are not opened: copy it with \"h5repack\"";
  else fault = JudgeFilters(creation, &ratio);
  if (!fault && layout == H5D_CHUNKED) {
    if (H5Pget_chunk(creation, rank, chunk) < 0) fault = "is damaged";
    for (int a = 0; a < rank && !fault; a++) {
      if (__builtin_mul_overflow(chunk_bytes, chunk[a], &chunk_bytes) || chunk_bytes > MAX_CHUNK) fault = "is stored in chunks of more than 1 GiB: use \"h5repack -l CHUNK=..\"";
    }
    if (!fault && chunk_bytes / ratio > file_size) fault = "is stored in chunks larger than the file: damaged";
  }
  for (int a = 0; a < rank && !fault; a++) {
    if (!shape[a]) fault = "is empty";
    else if (__builtin_mul_overflow(bytes, shape[a], &bytes)) fault = "declares more than 2^64 bytes";
  }
  // HDF5 visits every chunk to tell the storage: it is asked only for as many as the file could hold.
  for (int asked = 0; asked < 2 && !fault; asked++) {
    const unsigned long long storage = asked ? H5Dget_storage_size(array) : file_size;

    if (__builtin_mul_overflow(PetscMin(storage, file_size), ratio, &most)) most = ~0ULL;
    if (bytes > most) fault = "declares more bytes than the file has: truncated, or never written";
  }
  H5Pclose(creation);
  return fault;
}

/* What the axes are, if the file says it as xy.c does. */
static int TakeLabels(KNFile *file, hid_t array, KNVariable *variable)
{
  PetscInt count;

  KNCallFile(KNHDF5Texts(file, array, "axes", sizeof(variable->labels), 1, &count, variable->labels));
  if ((int)strlen(variable->labels) != variable->rank) variable->labels[0] = 0;
  return 0;
}

static void DescribeType(hid_t type, size_t size, char text[])
{
  const H5T_class_t class = H5Tget_class(type);
  const char *const name  = class == H5T_FLOAT ? "float" : class == H5T_INTEGER ? (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") : NULL;

  if (name) snprintf(text, size, "%s%zu", name, 8 * H5Tget_size(type));
  else snprintf(text, size, "no numbers");
}

static int ListArray(KNSource source, const char name[], hid_t array)
{
  KNVariable *variable = &source->variable[source->variables];
  hsize_t     shape[H5S_MAX_RANK];
  hid_t       space = H5Dget_space(array), type = H5Dget_type(array);
  const int   rank  = H5Sget_simple_extent_ndims(space);

  memset(variable, 0, sizeof(*variable));
  snprintf(variable->name, sizeof(variable->name), "%s", name);
  variable->handle = array;
  DescribeType(type, sizeof(variable->type), variable->type);
  if (rank < 0 || rank > KN_MAX_AXES || H5Sget_simple_extent_dims(space, shape, NULL) < 0) {
    variable->fault = "has more axes than a sample can have";
  } else {
    variable->rank = rank;
    for (int a = 0; a < rank; a++) variable->shape[a] = (size_t)shape[a];
    variable->fault = JudgeArray(array, type, rank, shape, source->size);
    KNCallFile(TakeLabels(&source->file, array, variable));
  }
  H5Tclose(type);
  H5Sclose(space);
  source->variables++;
  return 0;
}

int KNSourceHDF5List(KNSource source, const char group[])
{
  KNFile    *file = &source->file;
  H5G_info_t info;
  hid_t      id;

  KNCallHDF5(file, id = group[0] ? H5Gopen2(file->id, group, H5P_DEFAULT) : H5Gopen2(file->id, "/", H5P_DEFAULT));
  KNCallHDF5(file, H5Gget_info(id, &info));
  for (hsize_t i = 0; i < info.nlinks && source->variables < KN_MAX_VARIABLES; i++) {
    char       name[KN_MAX_NAME], path[2 * KN_MAX_NAME];
    H5L_info_t link;
    hid_t      object;

    if (H5Lget_name_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof(name), H5P_DEFAULT) >= (ssize_t)sizeof(name)) continue;
    // Links to elsewhere are not followed; what begins with # is MATLAB's own.
    if (name[0] == '#' || H5Lget_info(id, name, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) continue;
    object = H5Oopen(id, name, H5P_DEFAULT);
    if (object < 0) return KNFileFail(file, file->code, "/%s%s%s is damaged: copy the file again", group, group[0] ? "/" : "", name);
    snprintf(path, sizeof(path), "%.*s%s%s", KN_MAX_NAME - 2, group, group[0] ? "/" : "", name);
    if (H5Iget_type(object) == H5I_DATASET) KNCallFile(ListArray(source, path, object)); // stays open with the file
    else H5Oclose(object);
  }
  KNCallHDF5(file, H5Gclose(id));
  return 0;
}

int KNSourceHDF5Read(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[], const size_t extent[], size_t width, void *value)
{
  KNFile *file = &source->file;
  hsize_t first[KN_MAX_AXES], stride[KN_MAX_AXES], count[KN_MAX_AXES];
  hid_t   disk, memory;

  for (int a = 0; a < variable->rank; a++) {
    first[a]  = start[a];
    stride[a] = step[a];
    count[a]  = extent[a];
  }
  KNCallHDF5(file, disk = H5Dget_space((hid_t)variable->handle));
  if (variable->rank) KNCallHDF5(file, H5Sselect_hyperslab(disk, H5S_SELECT_SET, first, stride, count, NULL));
  KNCallHDF5(file, memory = variable->rank ? H5Screate_simple(variable->rank, count, NULL) : H5Screate(H5S_SCALAR));
  KNCallHDF5(file, H5Dread((hid_t)variable->handle, width == sizeof(double) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT, memory, disk, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Sclose(memory));
  KNCallHDF5(file, H5Sclose(disk));
  return 0;
}

int KNHDF5Number(KNFile *file, hid_t object, const char name[], PetscBool *found, double *value)
{
  hid_t       attribute, type, space;
  H5T_class_t class;

  *found = PETSC_FALSE;
  if (H5Aexists(object, name) <= 0) return 0;
  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, type = H5Aget_type(attribute));
  KNCallHDF5(file, space = H5Aget_space(attribute));
  class = H5Tget_class(type);
  if ((class == H5T_INTEGER || class == H5T_FLOAT) && H5Sget_simple_extent_npoints(space) == 1) {
    KNCallHDF5(file, H5Aread(attribute, H5T_NATIVE_DOUBLE, value));
    *found = PETSC_TRUE;
  }
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Aclose(attribute));
  return 0;
}

int KNHDF5Texts(KNFile *file, hid_t object, const char name[], size_t size, PetscInt max, PetscInt *count, char text[])
{
  hid_t    attribute, type, space;
  hssize_t n;

  *count = 0;
  if (H5Aexists(object, name) <= 0) return 0;
  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, type = H5Aget_type(attribute));
  KNCallHDF5(file, space = H5Aget_space(attribute));
  n = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) == H5T_STRING && n >= 1 && n <= max) {
    if (H5Tis_variable_str(type) > 0) {
      char *pointer[KN_MAX_VARIABLES] = {NULL};

      if (n > KN_MAX_VARIABLES) return KNFileFail(file, file->code, "attribute \"%s\" holds %lld texts, at most %d", name, (long long)n, KN_MAX_VARIABLES);
      KNCallHDF5(file, H5Aread(attribute, type, pointer));
      for (hssize_t i = 0; i < n; i++) snprintf(text + (size_t)i * size, size, "%s", pointer[i] ? pointer[i] : "");
      KNCallHDF5(file, H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointer));
      *count = (PetscInt)n;
    } else if (H5Tget_size(type) <= size) {
      KNCallFile(KNAttributeTexts(file, KN_LOAD, object, name, size, max, count, text));
    }
  }
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Aclose(attribute));
  return 0;
}

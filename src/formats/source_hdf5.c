/*
  Foreign HDF5 files as sources: their arrays are listed and judged before anything is read.

  Unlike our own datasets they may be compressed (deflate, shuffle, checksums) and of any numbers. Refused are data in
  other files, unknown filters, huge chunks, and arrays that declare more than the file could hold.
*/
#include "format_impl.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_DEFLATE 1032              /* bytes that one byte of zlib's format can stand for at most */
#define MAX_LZF     264               /* the same of LZF's */
#define MAX_CHUNK   ((size_t)1 << 30) /* bytes of a chunk, which is unpacked as a whole */

static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

/* HDF5 begins at 0, or behind a user block of 512 2^i bytes. */
static PetscBool HasSignature(KNSource source)
{
  unsigned char      bytes[sizeof(signature)];
  const int          descriptor = open(source->file.path, O_RDONLY | O_CLOEXEC);
  PetscBool          found      = PETSC_FALSE;
  unsigned long long at         = 0;

  while (descriptor >= 0 && !found && at < source->size) {
    found = (PetscBool)(pread(descriptor, bytes, sizeof(bytes), (off_t)at) == sizeof(bytes) &&
                        !memcmp(bytes, signature, sizeof(bytes)));
    at    = at ? 2 * at : 512;
  }
  if (descriptor >= 0) close(descriptor);
  return found;
}

int KNSourceHDF5Open(KNSource source)
{
  if (!HasSignature(source)) return 0;
  KNHDF5Start();
  return KNFileOpenHDF5(&source->file, "copy it again");
}

void KNSourceHDF5Close(KNSource source)
{
  if (source->file.id > 0) H5Fclose(source->file.id);
  source->file.id = 0;
}

/* Called where a link leads to another file: a negative number ends the way there. */
static herr_t RefuseOtherFile(const char *parent_file, const char *parent_group, const char *child_file,
                              const char *child_object, unsigned *flags, hid_t access, void *context)
{
  return -1;
}

/* As H5Oopen(), within the file; negative if that fails, with the cause on HDF5's error stack. */
static hid_t OpenObject(hid_t at, const char name[])
{
  static hid_t access = 0; // kept: to close it would empty the error stack

  if (access <= 0) access = H5Pcreate(H5P_LINK_ACCESS);
  if (access <= 0 || H5Pset_elink_cb(access, RefuseOtherFile, NULL) < 0) return -1;
  return H5Oopen(at, name, access);
}

int KNHDF5Object(KNFile *file, hid_t at, const char name[], hid_t *object)
{
  *object = OpenObject(at, name);
  return *object < 0 ? KNFileFail(file, file->code,
                                  "/%s cannot be opened: it is damaged, or a link to another file, which is not "
                                  "followed (\"h5copy -f ext\" copies what it leads to)",
                                  name)
                     : 0;
}

int KNHDF5Group(KNFile *file, const char name[], hid_t *group)
{
  htri_t there;

  *group = 0;
  KNCallHDF5(file, there = H5Lexists(file->id, name, H5P_DEFAULT));
  if (!there) return 0;
  KNCallFile(KNHDF5Object(file, file->id, name, group));
  return H5Iget_type(*group) == H5I_GROUP ? 0 : KNFileFail(file, file->code, "/%s is no group", name);
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
    case H5Z_FILTER_DEFLATE: *ratio *= MAX_DEFLATE; break;
    case KN_FILTER_LZF: *ratio *= MAX_LZF; break;
    case H5Z_FILTER_SHUFFLE:
    case H5Z_FILTER_FLETCHER32: break;
    case H5Z_FILTER_SZIP:
      return "is packed by the filter szip, which is not supported: unpack it with \"h5repack -f NONE\"";
    default:
      return "is packed by a filter that is not supported: unpack it with \"h5repack -f NONE\" where that filter is "
             "installed";
    }
  }
  return NULL;
}

/* A chunk that is not there reads as the fill value, mostly 0. */
static const char *JudgeChunks(hid_t array, int rank, const hsize_t shape[], const hsize_t chunk[])
{
  const hid_t space    = H5Dget_space(array);
  hsize_t     expected = 1, present = 0;
  herr_t      status = H5Dget_num_chunks(array, space, &present);

  H5Sclose(space);
  for (int a = 0; a < rank; a++) expected *= (shape[a] + chunk[a] - 1) / chunk[a];
  if (status < 0) return "is damaged: the list of its chunks cannot be read";
  return present == expected ? NULL
                             : "lacks chunks that were never written, as when a writer is stopped; if they are meant "
                               "to hold the fill value, write it there with \"h5repack -f NONE -l CONTI\"";
}

static const char *JudgeArray(hid_t array, hid_t type, int rank, const hsize_t shape[], unsigned long long file_size)
{
  const H5T_class_t class     = H5Tget_class(type);
  hid_t              creation = H5Dget_create_plist(array);
  hsize_t            chunk[KN_MAX_AXES];
  unsigned long long bytes = H5Tget_size(type), chunk_bytes = bytes, ratio = 1, most;
  const char        *fault = creation < 0 ? "is damaged" : NULL;
  H5D_layout_t       layout;

  if (fault) return fault;
  layout = H5Pget_layout(creation);
  if (class != H5T_INTEGER && class != H5T_FLOAT) fault = "holds no real numbers";
  else if (bytes > 8) fault = "holds numbers of more than 64 bits";
  else if (layout == H5D_VIRTUAL || H5Pget_external_count(creation) > 0)
    fault = "lies in other files, which are not opened: copy it with \"h5repack\"";
  else fault = JudgeFilters(creation, &ratio);
  if (!fault && layout == H5D_CHUNKED) {
    if (H5Pget_chunk(creation, rank, chunk) < 0) fault = "is damaged";
    for (int a = 0; a < rank && !fault; a++) {
      if (__builtin_mul_overflow(chunk_bytes, chunk[a], &chunk_bytes) || chunk_bytes > MAX_CHUNK)
        fault = "is stored in chunks of more than 1 GiB: use \"h5repack -l CHUNK=..\"";
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
  if (!fault && layout == H5D_CHUNKED) fault = JudgeChunks(array, rank, shape, chunk);
  H5Pclose(creation);
  return fault;
}

/* What the axes are, if the file says it as xy.c does; other programs have attributes of this name too. */
static void TakeLabels(KNFile *file, hid_t array, KNVariable *variable)
{
  PetscInt count;

  if (KNHDF5Texts(file, array, "axes", sizeof(variable->labels), 1, &count, variable->labels) ||
      (int)strlen(variable->labels) != variable->rank)
    variable->labels[0] = 0;
}

static void DescribeType(hid_t type, size_t size, char text[])
{
  const H5T_class_t class = H5Tget_class(type);
  const char *const name  = class == H5T_FLOAT     ? "float"
                            : class == H5T_INTEGER ? (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int")
                                                   : NULL;

  if (name) snprintf(text, size, "%s%zu", name, 8 * H5Tget_size(type));
  else snprintf(text, size, "no numbers");
}

static PetscBool IsPacked(hid_t array)
{
  const hid_t     creation = H5Dget_create_plist(array);
  const PetscBool packed   = (PetscBool)(creation >= 0 && H5Pget_nfilters(creation) > 0);

  if (creation >= 0) H5Pclose(creation);
  return packed;
}

void KNSourceHDF5Describe(KNSource source, hid_t array, KNVariable *variable)
{
  hsize_t   shape[H5S_MAX_RANK];
  hid_t     space = H5Dget_space(array), type = H5Dget_type(array);
  const int rank = H5Sget_simple_extent_ndims(space);

  variable->handle = array;
  variable->wide   = (PetscBool)(H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) > sizeof(float));
  DescribeType(type, sizeof(variable->type), variable->type);
  if (rank < 0 || rank > KN_MAX_AXES || H5Sget_simple_extent_dims(space, shape, NULL) < 0) {
    variable->fault = "has more axes than a sample can have";
  } else {
    variable->rank = rank;
    for (int a = 0; a < rank; a++) variable->shape[a] = (size_t)shape[a];
    variable->packed = IsPacked(array);
    if (!variable->fault) variable->fault = JudgeArray(array, type, rank, shape, source->size);
    TakeLabels(&source->file, array, variable);
  }
  H5Tclose(type);
  H5Sclose(space);
}

typedef struct {
  KNSource    source;
  const char *group;
  int         code; /* why the walk through the group ended early */
} Listing;

/* An array that cannot be opened is listed, so that whoever asks for it is told why. */
static int ListLink(KNSource source, const char group[], hid_t id, const char name[], H5L_type_t link)
{
  const hid_t object = link == H5L_TYPE_HARD || link == H5L_TYPE_SOFT ? OpenObject(id, name) : -1;
  KNFile     *file   = &source->file;
  KNVariable *variable;
  char        path[KN_MAX_TEXT + KN_MAX_NAME];

  snprintf(path, sizeof(path), "%s%s%s", group, group[0] ? "/" : "", name);
  if (object < 0 && link == H5L_TYPE_HARD) {
    char cause[KN_MAX_NAME];

    KNHDF5Cause(sizeof(cause), cause);
    return KNFileFail(file, file->code,
                      "/%s cannot be opened (%s): the file is damaged, or of a newer HDF5 than this program's (%d.%d)",
                      path, cause, H5_VERS_MAJOR, H5_VERS_MINOR);
  }
  if (object < 0) {
    KNCallFile(KNSourceAddVariable(source, path, &variable));
    variable->handle = -1;
    snprintf(variable->type, sizeof(variable->type), "link");
    variable->fault =
      link == H5L_TYPE_SOFT
        ? "is a link that leads to nothing in this file"
        : "is a link to another file, which is not followed: copy what it leads to with \"h5copy -f ext\"";
    return 0;
  }
  if (H5Iget_type(object) != H5I_DATASET) {
    H5Oclose(object);
    return 0;
  }
  KNCallFile(KNSourceAddVariable(source, path, &variable));
  KNSourceHDF5Describe(source, object, variable); // stays open with the file
  return 0;
}

static herr_t VisitLink(hid_t id, const char *name, const H5L_info_t *link, void *context)
{
  Listing *listing = (Listing *)context;

  if (name[0] == '#') return 0; // MATLAB's own
  listing->code = ListLink(listing->source, listing->group, id, name, link->type);
  return listing->code ? -1 : 0;
}

int KNSourceHDF5List(KNSource source, const char group[])
{
  KNFile *file    = &source->file;
  Listing listing = {.source = source, .group = group};
  hsize_t next    = 0;
  hid_t   id;
  herr_t  walk;

  if (group[0]) KNCallFile(KNHDF5Group(file, group, &id));
  else KNCallFile(KNHDF5Object(file, file->id, "/", &id));
  if (!id) return 0;
  walk = H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, &next, VisitLink, &listing);
  KNCallFile(listing.code);
  if (walk < 0)
    return KNFileFail(file, file->code, "the names in /%s cannot be read: damaged, or not a group; copy the file again",
                      group);
  KNCallHDF5(file, H5Oclose(id));
  return 0;
}

int KNSourceHDF5Read(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
                     const size_t extent[], size_t width, void *value)
{
  KNFile *file = &source->file;
  hsize_t first[KN_MAX_AXES], stride[KN_MAX_AXES], count[KN_MAX_AXES];
  hid_t   disk, memory;

  if (variable->packed) return KNChunksRead(file, variable, start, step, extent, width, value);
  for (int a = 0; a < variable->rank; a++) {
    first[a]  = start[a];
    stride[a] = step[a];
    count[a]  = extent[a];
  }
  KNCallHDF5(file, disk = H5Dget_space((hid_t)variable->handle));
  if (variable->rank) KNCallHDF5(file, H5Sselect_hyperslab(disk, H5S_SELECT_SET, first, stride, count, NULL));
  KNCallHDF5(file, memory = variable->rank ? H5Screate_simple(variable->rank, count, NULL) : H5Screate(H5S_SCALAR));
  KNCallHDF5(file, H5Dread((hid_t)variable->handle, width == sizeof(double) ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT,
                           memory, disk, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Sclose(memory));
  KNCallHDF5(file, H5Sclose(disk));
  return 0;
}

/*
  Is this file what it says it is? Asked before any memory is allocated, because a file of some thousand bytes can
  declare 2^67.

  First the facts are taken down (Describe...), then they are judged: regular file, HDF5, hard links only, float32, one
  uncompressed chunk a row in this very file, shapes that agree with each other, and no more bytes declared than the
  file has.
*/
#include "dataset_impl.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_AXES (KN_MAX_DIM + 3)

int KNFileHead(KNFile *file, size_t bytes, unsigned char head[], size_t *got, unsigned long long *size)
{
  struct stat status;
  ssize_t     n;
  int descriptor = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); // O_NONBLOCK: a FIFO without a writer returns

  if (descriptor < 0)
    return KNFileFail(file, file->code, "cannot be opened: %s%s", strerror(errno),
                      errno == ENOENT ? "; create it with \"kitinet generate\"" : "");
  if (fstat(descriptor, &status) || !S_ISREG(status.st_mode)) {
    close(descriptor);
    return KNFileFail(file, file->code, "is %s, expected a file%s",
                      S_ISDIR(status.st_mode) ? "a directory" : "a pipe or device",
                      S_ISDIR(status.st_mode) ? ": name the file in it" : "");
  }
  n = read(descriptor, head, bytes);
  close(descriptor);
  *got  = n > 0 ? (size_t)n : 0;
  *size = (unsigned long long)status.st_size;
  if (!*size) return KNFileFail(file, file->code, "is empty: an interrupted copy? Copy or generate it again");
  return 0;
}

static void (*name_foreign)(const char path[], size_t size, char kind[]);

PetscErrorCode KNDatasetNameForeign(void (*name)(const char path[], size_t size, char kind[]))
{
  PetscFunctionBegin;
  name_foreign = name;
  PetscFunctionReturn(PETSC_SUCCESS);
}

int KNDatasetCheckForeign(KNFile *file)
{
  char kind[KN_MAX_NAME] = "";

  if (name_foreign) name_foreign(file->path, sizeof(kind), kind);
  return kind[0]
           ? KNFileFail(
               file, file->code,
               "is %s, no dataset of this program: make one of it with \"kitinet convert -input %s -output NEW.h5\"",
               kind, file->path)
           : 0;
}

int KNDatasetCheckFile(KNFile *file, unsigned long long *size)
{
  static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
  unsigned char              head[8]      = {0};
  size_t                     got;

  KNCallFile(KNFileHead(file, sizeof(head), head, &got, size));
  if (got != sizeof(head) || memcmp(head, signature, sizeof(head))) {
    if (got == sizeof(head) && !memcmp(head, "KITINET ", sizeof(head)))
      return KNFileFail(file, file->code,
                        "is a checkpoint, no dataset: give the file that \"kitinet generate\" or \"convert\" wrote");
    KNCallFile(KNDatasetCheckForeign(file));
    return KNFileFail(file, file->code, "is no dataset, it does not begin as HDF5 does (%llu bytes): check the path",
                      *size);
  }
  return 0;
}

typedef struct {
  int          rank, filters, external;
  hsize_t      shape[MAX_AXES], chunk[MAX_AXES];
  hsize_t      storage; /* bytes set aside in the file */
  H5D_layout_t layout;
  PetscBool    fits;  /* has the expected type */
  PetscBool    bytes; /* has the type of uint8 fields */
  PetscBool    text;  /* is text of fixed length */
  size_t       width; /* bytes of an element */
  char         type[KN_MAX_NAME];
} ArrayFacts;

static void DescribeType(hid_t type, char text[], size_t size)
{
  static const char *const classes[] = {"integer",     "float",           "time",     "text",
                                        "bit field",   "opaque",          "compound", "reference",
                                        "enumeration", "variable-length", "array"};
  const H5T_class_t class            = H5Tget_class(type);
  const char *name                   = class >= H5T_INTEGER && class <= H5T_ARRAY ? classes[class] : "unknown type";
  const char *order                  = H5Tget_order(type) == H5T_ORDER_BE ? "big-endian " : "";

  snprintf(text, size, "%s%zu-bit %s", order, 8 * H5Tget_size(type), name);
}

/*
  Bytes in the file. HDF5 visits every chunk for it, in a damaged file up to 2^64 of them: not asked where the shape
  alone is more than the file, 0.
*/
static unsigned long long StorageOf(hid_t file, hid_t array, const ArrayFacts *facts)
{
  unsigned long long values = 1;
  hsize_t            size;

  if (facts->rank < 0 || facts->rank > MAX_AXES || facts->external || facts->layout == H5D_VIRTUAL ||
      H5Fget_filesize(file, &size) < 0)
    return 0;
  for (int i = 0; i < facts->rank; i++) {
    if (__builtin_mul_overflow(values, facts->shape[i], &values) || values > size) return 0;
  }
  return H5Dget_storage_size(array);
}

static int DescribeArray(KNFile *file, const char name[], hid_t expected, ArrayFacts *facts)
{
  H5L_info_t link;
  hid_t      array, space, type, layout;
  htri_t     found;

  memset(facts, 0, sizeof(*facts));
  KNCallHDF5(file, found = H5Lexists(file->id, name, H5P_DEFAULT));
  if (!found) return KNFileFail(file, file->code, "/%s is missing", name);
  KNCallHDF5(file, H5Lget_info(file->id, name, &link, H5P_DEFAULT));
  if (link.type != H5L_TYPE_HARD)
    return KNFileFail(file, file->code,
                      "/%s is a link to elsewhere, which is not followed: store the data in this file", name);
  KNCallHDF5(file, array = H5Dopen2(file->id, name, H5P_DEFAULT));
  KNCallHDF5(file, space = H5Dget_space(array));
  KNCallHDF5(file, type = H5Dget_type(array));
  KNCallHDF5(file, layout = H5Dget_create_plist(array));
  facts->rank = H5Sget_simple_extent_ndims(space);
  if (facts->rank >= 0 && facts->rank <= MAX_AXES)
    KNCallHDF5(file, H5Sget_simple_extent_dims(space, facts->shape, NULL));
  facts->fits    = (PetscBool)(H5Tequal(type, expected) > 0);
  facts->bytes   = (PetscBool)(H5Tequal(type, H5T_STD_U8LE) > 0);
  facts->text    = (PetscBool)(H5Tget_class(type) == H5T_STRING && !H5Tis_variable_str(type));
  facts->width   = H5Tget_size(type);
  facts->layout  = H5Pget_layout(layout);
  facts->filters = H5Pget_nfilters(layout);
  if (facts->layout == H5D_CHUNKED && facts->rank <= MAX_AXES)
    KNCallHDF5(file, H5Pget_chunk(layout, MAX_AXES, facts->chunk));
  if (facts->layout == H5D_CONTIGUOUS) facts->external = H5Pget_external_count(layout);
  facts->storage = StorageOf(file->id, array, facts);
  DescribeType(type, facts->type, sizeof(facts->type));
  KNCallHDF5(file, H5Pclose(layout));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Dclose(array));
  return 0;
}

/* What holds for every array, whatever its shape. */
static int JudgeStorage(KNFile *file, const char name[], const char expected[], const ArrayFacts *facts)
{
  if (!facts->fits)
    return KNFileFail(file, file->code, "/%s is %s, expected %s: store it so, nothing is converted while reading", name,
                      facts->type, expected);
  if (facts->filters)
    return KNFileFail(file, file->code, "/%s is compressed or filtered: unpack it with \"h5repack -f NONE\"", name);
  if (facts->external || facts->layout == H5D_VIRTUAL)
    return KNFileFail(file, file->code, "/%s lies in other files, which are not opened: copy it with \"h5repack\"",
                      name);
  return 0;
}

static int JudgeShape(KNFile *file, const KNDatasetArray *array, const ArrayFacts *facts,
                      unsigned long long *bytes_left)
{
  unsigned long long bytes = array->width, row = 1;

  if (facts->rank != array->rank)
    return KNFileFail(file, file->code, "/%s has %d axes, expected %d (samples, fields, points)", array->name,
                      facts->rank, array->rank);
  for (int i = 0; i < array->rank; i++) {
    if (facts->shape[i] != array->shape[i]) {
      return KNFileFail(file, file->code,
                        "/%s has %llu entries along axis %d, expected %llu as in the other arrays and attributes",
                        array->name, (unsigned long long)facts->shape[i], i, (unsigned long long)array->shape[i]);
    }
    if (__builtin_mul_overflow(bytes, facts->shape[i], &bytes))
      return KNFileFail(file, file->code, "/%s declares more than 2^64 bytes", array->name);
    if (i > 0) row *= facts->shape[i];
  }
  if (bytes > *bytes_left || facts->storage < bytes) {
    return KNFileFail(file, file->code,
                      "/%s declares %llu bytes, the file has fewer: truncated? Copy or generate it again", array->name,
                      bytes);
  }
  *bytes_left -= bytes;
  for (int i = 0; i < array->rank; i++) {
    if (facts->layout != H5D_CHUNKED || facts->chunk[i] != (i ? facts->shape[i] : 1)) {
      return KNFileFail(file, file->code, "/%s is not stored with one chunk a row (of %llu values)", array->name, row);
    }
  }
  return 0;
}

/* The number of samples, and of frames if it has them, and what an array says of its space. */
static int TakeShape(KNDatasetLayout *layout, const char name[], PetscBool frames, KNSpace *space,
                     const ArrayFacts *facts)
{
  const PetscBool tokens = (PetscBool)(space->kind == KN_SPACE_TOKENS);
  const int       first = frames ? 3 : 2, least = tokens || layout->format >= 2 ? first : first + 1,
            most = tokens ? first : first + KN_MAX_DIM; /* first: the axis of n1 */
  KNFile  *file  = &layout->file;
  PetscInt n[KN_MAX_DIM];

  if (facts->rank < least || facts->rank > most) {
    if (tokens)
      return KNFileFail(file, file->code, "/%s has %d axes, expected %d (samples, tokens)", name, facts->rank, most);
    return KNFileFail(file, file->code, "/%s has %d axes, expected %d to %d (samples, %sfields, points)", name,
                      facts->rank, least, most, frames ? "frames, " : "");
  }
  for (int i = 0; i < facts->rank; i++) {
    const int largest = tokens && i ? KN_MAX_WORDS : PETSC_MAX_INT;

    if (facts->shape[i] < 1 || facts->shape[i] > (hsize_t)largest) {
      return KNFileFail(file, file->code, "/%s has %llu entries along axis %d, expected 1 to %d", name,
                        (unsigned long long)facts->shape[i], i, largest);
    }
  }
  layout->samples = (PetscInt64)facts->shape[0];
  if (frames) layout->problem.frames = (PetscInt)facts->shape[1];
  for (int i = first; i < facts->rank; i++) n[i - first] = (PetscInt)facts->shape[i];
  if (tokens) space->length = (PetscInt)facts->shape[1];
  else space->grid = KNGridMake(facts->rank - first, n, space->grid.points);
  space->type = layout->format >= 2 && facts->bytes ? KN_UINT8 : KN_FLOAT32;
  return 0;
}

/* Fields that stand still beside the frames, on their grid. */
static int TakeStill(KNDatasetLayout *layout)
{
  KNProblem       *problem = &layout->problem;
  const PetscInt64 samples = layout->samples;
  KNFile          *file    = &layout->file;
  ArrayFacts       facts;

  if (layout->format == 1)
    return KNFileFail(file, file->code, "has input fields beside /u, which format version 1 does not have");
  KNCallFile(DescribeArray(file, "x", H5T_IEEE_F32LE, &facts));
  KNCallFile(TakeShape(layout, "x", PETSC_FALSE, &problem->input, &facts));
  if (layout->samples != samples || !KNGridEqual(&problem->input.grid, &problem->output.grid))
    return KNFileFail(file, file->code, "has in /x other samples or points than in /u");
  return 0;
}

/* The spaces, from the shapes of what holds them. */
static int TakeShapes(KNDatasetLayout *layout)
{
  KNProblem *problem = &layout->problem;
  KNFile    *file    = &layout->file;
  htri_t     frames;
  ArrayFacts facts;

  KNCallHDF5(file, frames = H5Lexists(file->id, "u", H5P_DEFAULT));
  if (frames) {
    if (problem->input.kind != KN_SPACE_FIELD || problem->output.kind != KN_SPACE_FIELD)
      return KNFileFail(file, file->code, "has /u, which are fields, of a problem that maps %s to %s",
                        KNSpaceKindNames[problem->input.kind], KNSpaceKindNames[problem->output.kind]);
    KNCallFile(DescribeArray(file, "u", H5T_IEEE_F32LE, &facts));
    KNCallFile(TakeShape(layout, "u", PETSC_TRUE, &problem->output, &facts));
    problem->input.grid = problem->output.grid;
    return problem->input.fields ? TakeStill(layout) : 0;
  }
  if (problem->output.kind == KN_SPACE_FIELD) {
    KNCallFile(DescribeArray(file, "y", H5T_IEEE_F32LE, &facts));
    KNCallFile(TakeShape(layout, "y", PETSC_FALSE, &problem->output, &facts));
  }
  if (layout->format == 1) {
    problem->input.grid = problem->output.grid;
    return 0;
  }
  KNCallFile(DescribeArray(file, "x", H5T_IEEE_F32LE, &facts));
  return TakeShape(layout, "x", PETSC_FALSE, &problem->input, &facts);
}

int KNDatasetCheckArrays(KNDatasetLayout *layout, unsigned long long file_size)
{
  KNFile    *file = &layout->file;
  ArrayFacts facts;

  KNCallFile(TakeShapes(layout));
  KNDatasetShapes(layout);
  for (PetscInt i = layout->arrays - 1; i >= 0; i--) { // the output first: the sizes are its own
    const KNDatasetArray *array = &layout->array[i];

    KNCallFile(DescribeArray(file, array->name, array->disk_type, &facts));
    KNCallFile(JudgeStorage(file, array->name,
                            array->space->kind == KN_SPACE_TOKENS ? "32-bit integer"
                            : layout->format >= 2                 ? "32-bit float or unsigned 8-bit integer"
                                                                  : "32-bit float",
                            &facts));
    KNCallFile(JudgeShape(file, array, &facts, &file_size));
  }
  return 0;
}

static int DescribeColumn(KNFile *file, const char name[], hid_t type, const char expected[], ArrayFacts *facts)
{
  KNCallFile(DescribeArray(file, name, type, facts));
  if (!expected && facts->text) facts->fits = PETSC_TRUE;
  KNCallFile(JudgeStorage(file, name, expected ? expected : "text of fixed length", facts));
  return facts->layout == H5D_CONTIGUOUS ? 0 : KNFileFail(file, file->code, "/%s is not stored contiguously", name);
}

int KNDatasetLoadColumn(KNFile *file, const char name[], hid_t disk_type, hid_t type, int rank, const hsize_t shape[],
                        void *value)
{
  char       expected[KN_MAX_NAME];
  ArrayFacts facts;
  hid_t      array;

  DescribeType(disk_type, expected, sizeof(expected));
  KNCallFile(DescribeColumn(file, name, disk_type, expected, &facts));
  if (facts.rank != rank || memcmp(facts.shape, shape, (size_t)rank * sizeof(*shape))) {
    return KNFileFail(file, file->code, "/%s has %d axes and %llu entries, expected %s of %lld", name, facts.rank,
                      (unsigned long long)facts.shape[0],
                      rank == 1 ? "one axis" : "an axis for each parameter, and one", (long long)shape[0]);
  }
  KNCallHDF5(file, array = H5Dopen2(file->id, name, H5P_DEFAULT));
  KNCallHDF5(file, H5Dread(array, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Dclose(array));
  return 0;
}

int KNDatasetCheckTexts(KNFile *file, const char name[], hsize_t *count, size_t *width)
{
  ArrayFacts facts;
  hsize_t    size;

  KNCallFile(DescribeColumn(file, name, H5T_C_S1, NULL, &facts));
  KNCallHDF5(file, H5Fget_filesize(file->id, &size));
  if (facts.rank != 1 || facts.shape[0] < 1 || facts.shape[0] > KN_MAX_WORDS || facts.width > KN_MAX_WORD ||
      facts.shape[0] * facts.width > size) {
    return KNFileFail(file, file->code,
                      "/%s has %d axes and %llu texts of %zu bytes, expected one axis of 1 to %d texts of at most %d",
                      name, facts.rank, (unsigned long long)facts.shape[0], facts.width, KN_MAX_WORDS, KN_MAX_WORD);
  }
  *count = facts.shape[0];
  *width = facts.width;
  return 0;
}

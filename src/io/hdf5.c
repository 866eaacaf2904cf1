/* HDF5 for everybody: the lock, the silence, errors as one line, attributes. */
#define _GNU_SOURCE // the static initialiser of a recursive mutex
#include <kitinet/hdf5.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#define MAX_CAUSE 256

/* HDF5 keeps global state without locks of its own; recursive, so that a locked function may call another. */
static pthread_mutex_t hdf5_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void KNHDF5Lock(void)
{
  pthread_mutex_lock(&hdf5_lock);
}

void KNHDF5Unlock(void)
{
  pthread_mutex_unlock(&hdf5_lock);
}

void KNHDF5Start(void)
{
  static PetscBool started = PETSC_FALSE;

  if (started) return;
  started = PETSC_TRUE;
  // After a failed write HDF5 can crash while it tidies up at exit; every file is closed by us.
  H5dont_atexit();
  H5open();
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5PLset_loading_state(0);
  // A file-size limit is a failed write to report, not a death by signal.
  signal(SIGXFSZ, SIG_IGN);
}

int KNFileFail(KNFile *file, int code, const char format[], ...)
{
  va_list arguments;
  int     head = snprintf(file->message, sizeof(file->message), "%s: ", file->path);

  if (head < 0 || head >= (int)sizeof(file->message)) return code;
  va_start(arguments, format);
  vsnprintf(file->message + head, sizeof(file->message) - (size_t)head, format, arguments);
  va_end(arguments);
  return code;
}

/*
  HDF5 walks its error stack from the cause outwards: the first entry tells most. Of a failed read or write, which it
  tells over two lines with the time and addresses, only the reason is kept.
*/
static herr_t TakeCause(unsigned n, const H5E_error2_t *error, void *cause)
{
  static const char mark[] = "error message = '";
  const char       *text = error->desc ? error->desc : "", *reason = strstr(text, mark);

  if (n > 0) return 0;
  if (reason)
    snprintf((char *)cause, MAX_CAUSE, "%.*s", (int)strcspn(reason + sizeof(mark) - 1, "'"), reason + sizeof(mark) - 1);
  else snprintf((char *)cause, MAX_CAUSE, "%.*s", (int)strcspn(text, "\n"), text);
  return 0;
}

void KNHDF5Cause(size_t size, char cause[])
{
  char text[MAX_CAUSE] = "";

  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, TakeCause, text);
  snprintf(cause, size, "%s", text);
}

int KNFileFailHDF5(KNFile *file, const char call[])
{
  char        cause[MAX_CAUSE] = "";
  const char *name             = strstr(call, "H5"); // of "id = H5Dopen2(...)"

  KNHDF5Cause(sizeof(cause), cause);
  if (!name) name = call;
  return KNFileFail(file, file->code, "%.*s failed%s%s", (int)strcspn(name, "("), name, cause[0] ? ": " : "", cause);
}

/* A writer that was killed leaves its mark in the file, whose data may be whole. */
static herr_t FindMark(unsigned n, const H5E_error2_t *error, void *marked)
{
  if (error->desc && strstr(error->desc, "h5clear")) *(PetscBool *)marked = PETSC_TRUE;
  return 0;
}

int KNFileOpenHDF5(KNFile *file, const char advice[])
{
  PetscBool marked = PETSC_FALSE;
  hid_t     access;

  KNCallHDF5(file, access = H5Pcreate(H5P_FILE_ACCESS));
  KNCallHDF5(file, H5Pset_fclose_degree(access, H5F_CLOSE_STRONG));
  KNCallHDF5(file, H5Pset_file_locking(access, 0, 1));
  file->id = H5Fopen(file->path, H5F_ACC_RDONLY, access);
  if (file->id < 0) H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, FindMark, &marked);
  H5Pclose(access);
  if (file->id >= 0) return 0;
  file->id = 0;
  if (marked)
    return KNFileFail(file, file->code,
                      "is marked as open for writing: if no program writes it any more, as when one was killed, take "
                      "the mark away with \"h5clear -s %s\"",
                      file->path);
  return KNFileFail(file, file->code, "is truncated or damaged (H5Fopen refuses it): %s", advice);
}

int KNAttributeStore(KNFile *file, hid_t object, const char name[], hid_t type, hid_t memory, hsize_t count,
                     const void *value)
{
  hid_t space, attribute;

  KNCallHDF5(file, space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR));
  KNCallHDF5(file, attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  KNCallHDF5(file, H5Awrite(attribute, memory, value));
  KNCallHDF5(file, H5Aclose(attribute));
  KNCallHDF5(file, H5Sclose(space));
  return 0;
}

/* What stands in the file, so that it can be judged before anything is read. */
typedef struct {
  H5T_class_t class;
  size_t     size;     /* bytes of one element */
  hssize_t   count;    /* elements */
  PetscBool  variable; /* text of variable length, which lies elsewhere in the file */
  H5T_cset_t coding;   /* of text: HDF5 does not convert between ASCII and UTF-8 */
} AttributeFacts;

static int DescribeAttribute(KNFile *file, hid_t object, const char name[], AttributeFacts *facts)
{
  hid_t  attribute, type, space;
  htri_t exists, variable = 0;

  KNCallHDF5(file, exists = H5Aexists(object, name));
  if (!exists) return KNFileFail(file, file->code, "attribute \"%s\" is missing: not written by this program?", name);
  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, type = H5Aget_type(attribute));
  KNCallHDF5(file, space = H5Aget_space(attribute));
  facts->class = H5Tget_class(type);
  facts->size  = H5Tget_size(type);
  facts->count = H5Sget_simple_extent_npoints(space);
  if (facts->class == H5T_STRING) {
    KNCallHDF5(file, variable = H5Tis_variable_str(type));
    KNCallHDF5(file, facts->coding = H5Tget_cset(type));
  }
  facts->variable = (PetscBool)(variable > 0);
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Aclose(attribute));
  return 0;
}

static int LoadAttribute(KNFile *file, hid_t object, const char name[], hid_t memory, void *value)
{
  hid_t attribute;

  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, H5Aread(attribute, memory, value));
  KNCallHDF5(file, H5Aclose(attribute));
  return 0;
}

/* Text in memory is an array of `size` bytes, on disk as short as the longest text allows. */
static int TextType(KNFile *file, size_t size, H5T_cset_t coding, hid_t *type)
{
  KNCallHDF5(file, *type = H5Tcopy(H5T_C_S1));
  KNCallHDF5(file, H5Tset_cset(*type, coding));
  KNCallHDF5(file, H5Tset_size(*type, size));
  return 0;
}

static int StoreTexts(KNFile *file, hid_t object, const char name[], size_t size, PetscInt texts, hsize_t count,
                      const char text[])
{
  size_t length = 1;
  hid_t  disk, memory;

  for (PetscInt i = 0; i < texts; i++) length = PetscMax(length, strlen(text + (size_t)i * size) + 1);
  KNCallFile(TextType(file, length, H5T_CSET_UTF8, &disk));
  KNCallFile(TextType(file, size, H5T_CSET_UTF8, &memory));
  KNCallFile(KNAttributeStore(file, object, name, disk, memory, count, text));
  KNCallHDF5(file, H5Tclose(memory));
  KNCallHDF5(file, H5Tclose(disk));
  return 0;
}

static int LoadTexts(KNFile *file, hid_t object, const char name[], size_t size, PetscInt max, PetscInt *count,
                     char text[])
{
  AttributeFacts facts;
  hid_t          memory;

  KNCallFile(DescribeAttribute(file, object, name, &facts));
  if (facts.class != H5T_STRING || facts.variable)
    return KNFileFail(file, file->code, "attribute \"%s\" is not text of fixed length", name);
  if (facts.size > size || facts.count < 1 || facts.count > max) {
    return KNFileFail(file, file->code, "attribute \"%s\" holds %lld texts of %zu bytes, expected at most %d of %zu",
                      name, (long long)facts.count, facts.size, (int)max, size);
  }
  *count = (PetscInt)facts.count;
  KNCallFile(TextType(file, size, facts.coding, &memory));
  KNCallFile(LoadAttribute(file, object, name, memory, text));
  KNCallHDF5(file, H5Tclose(memory));
  return 0;
}

int KNAttributeText(KNFile *file, KNDirection direction, hid_t object, const char name[], size_t size, char text[])
{
  PetscInt count;

  if (direction == KN_STORE) return StoreTexts(file, object, name, size, 1, 0, text);
  return LoadTexts(file, object, name, size, 1, &count, text);
}

int KNAttributeTexts(KNFile *file, KNDirection direction, hid_t object, const char name[], size_t size, PetscInt max,
                     PetscInt *count, char text[])
{
  htri_t exists;

  if (direction == KN_STORE) return *count ? StoreTexts(file, object, name, size, *count, (hsize_t)*count, text) : 0;
  KNCallHDF5(file, exists = H5Aexists(object, name));
  if (exists) return LoadTexts(file, object, name, size, max, count, text);
  *count = 0;
  return 0;
}

static int NumberAttribute(KNFile *file, KNDirection direction, hid_t object, const char name[], H5T_class_t class,
                           hid_t disk, hid_t memory, void *value)
{
  AttributeFacts facts;

  if (direction == KN_STORE) return KNAttributeStore(file, object, name, disk, memory, 0, value);
  KNCallFile(DescribeAttribute(file, object, name, &facts));
  if (facts.class != class || facts.count != 1)
    return KNFileFail(file, file->code, "attribute \"%s\" is not one %s", name,
                      class == H5T_INTEGER ? "integer" : "real number");
  return LoadAttribute(file, object, name, memory, value);
}

int KNAttributeInt(KNFile *file, KNDirection direction, hid_t object, const char name[], PetscInt64 *value)
{
  return NumberAttribute(file, direction, object, name, H5T_INTEGER, H5T_STD_I64LE, H5T_NATIVE_INT64, value);
}

int KNAttributeReal(KNFile *file, KNDirection direction, hid_t object, const char name[], double *value)
{
  return NumberAttribute(file, direction, object, name, H5T_FLOAT, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, value);
}

/* Attributes of foreign HDF5 files: numbers and texts of any type and width. */
#include "format_impl.h"
#include <stdlib.h>
#include <string.h>

#define MAX_TEXTS ((size_t)1 << 20) /* bytes of an attribute's texts of fixed length */

int KNHDF5Number(KNFile *file, hid_t object, const char name[], PetscBool *found, double *value)
{
  hid_t  attribute, type, space;
  htri_t there;
  H5T_class_t class;

  *found = PETSC_FALSE;
  KNCallHDF5(file, there = H5Aexists(object, name));
  if (!there) return 0;
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

/* text[i] = one text of `length` bytes; what is longer than `size` with its end is refused, not cut. */
static int TakeText(KNFile *file, const char name[], const char from[], size_t length, size_t size, char to[])
{
  if (length >= size)
    return KNFileFail(file, file->code, "attribute \"%s\" holds a text of %zu bytes, at most %zu can be read", name,
                      length, size - 1);
  memcpy(to, from, length);
  to[length] = 0;
  return 0;
}

static int TakeVariableTexts(KNFile *file, hid_t attribute, hid_t type, hid_t space, const char name[], size_t size,
                             PetscInt n, char text[])
{
  char **pointer = (char **)calloc((size_t)n, sizeof(*pointer));
  int    code    = pointer ? 0 : KNFileFail(file, PETSC_ERR_MEM, "no memory for %d texts", (int)n);

  if (!code && H5Aread(attribute, type, pointer) < 0) code = KNFileFailHDF5(file, "H5Aread");
  for (PetscInt i = 0; i < n && !code; i++)
    code = TakeText(file, name, pointer[i] ? pointer[i] : "", pointer[i] ? strlen(pointer[i]) : 0, size,
                    text + (size_t)i * size);
  if (pointer) H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointer);
  free(pointer);
  return code;
}

/* Texts of fixed length end at their first zero, or are padded with blanks. */
static int TakeFixedTexts(KNFile *file, hid_t attribute, hid_t type, const char name[], size_t size, PetscInt n,
                          char text[])
{
  const size_t width = H5Tget_size(type);
  char        *bytes;
  int          code;

  if (!width || width > MAX_TEXTS / (size_t)n)
    return KNFileFail(file, file->code,
                      "attribute \"%s\" holds %d texts of %zu bytes, together at most %zu can be read", name, (int)n,
                      width, MAX_TEXTS);
  bytes = (char *)calloc((size_t)n, width);
  code  = bytes ? 0 : KNFileFail(file, PETSC_ERR_MEM, "no memory for %d texts", (int)n);
  if (!code && H5Aread(attribute, type, bytes) < 0) code = KNFileFailHDF5(file, "H5Aread");
  for (PetscInt i = 0; i < n && !code; i++) {
    const char *from   = bytes + (size_t)i * width;
    size_t      length = strnlen(from, width);

    while (length && H5Tget_strpad(type) == H5T_STR_SPACEPAD && from[length - 1] == ' ') length--;
    code = TakeText(file, name, from, length, size, text + (size_t)i * size);
  }
  free(bytes);
  return code;
}

int KNHDF5Texts(KNFile *file, hid_t object, const char name[], size_t size, PetscInt max, PetscInt *count, char text[])
{
  hid_t    attribute, type, space;
  htri_t   there;
  hssize_t n;
  int      code = 0;

  *count = 0;
  KNCallHDF5(file, there = H5Aexists(object, name));
  if (!there) return 0;
  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, type = H5Aget_type(attribute));
  KNCallHDF5(file, space = H5Aget_space(attribute));
  n = H5Sget_simple_extent_npoints(space);
  if (H5Tget_class(type) == H5T_STRING && n >= 1) {
    if (n > max)
      code = KNFileFail(file, file->code, "attribute \"%s\" holds %lld texts, at most %d can be read", name,
                        (long long)n, (int)max);
    else if (H5Tis_variable_str(type) > 0)
      code = TakeVariableTexts(file, attribute, type, space, name, size, (PetscInt)n, text);
    else code = TakeFixedTexts(file, attribute, type, name, size, (PetscInt)n, text);
    if (!code) *count = (PetscInt)n;
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(attribute);
  return code;
}

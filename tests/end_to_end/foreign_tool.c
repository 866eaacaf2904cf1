/*
  Makes HDF5 files as other programs write them, sound and not:

    foreign_tool FILE STEP ..

    block BYTES                        a user block before HDF5's part; the first step
    array PATH TYPE SHAPE VALUES       SHAPE 3,6,4; VALUES a list, repeated as often as needed, or ramp: 0 1 2 ..; TYPE
  f2 f4 f8 i4 u1 u2 u8 packed PATH TYPE SHAPE ROWS VALUES the same, deflated in chunks of one row, of which ROWS (all,
  or a list) are written texts PATH NAME BYTES LIST         an attribute of texts of fixed length, 0: of variable
  length; PATH / is the root number PATH NAME VALUE             an attribute of one real number yes PATH NAME COUNT an
  attribute of COUNT booleans, all true; 0: a single one soft PATH TARGET, external PATH FILE TARGET   links marked the
  last step: the writer dies with the file open
*/
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_RANK = 8, MAX_LIST = 4096 };

#define CHECK(...)                                                \
  do {                                                            \
    if ((__VA_ARGS__) < 0) {                                      \
      fprintf(stderr, "foreign_tool: %s failed\n", #__VA_ARGS__); \
      exit(1);                                                    \
    }                                                             \
  } while (0)

static hid_t file;

/* Splits a list at its commas, in place. */
static int Split(char *list, char *entry[])
{
  int n = 0;

  for (char *word = strtok(list, ","); word && n < MAX_LIST; word = strtok(NULL, ",")) entry[n++] = word;
  return n;
}

static hid_t TypeOf(const char name[])
{
  hid_t type;

  if (!strcmp(name, "f4")) return H5Tcopy(H5T_IEEE_F32LE);
  if (!strcmp(name, "f8")) return H5Tcopy(H5T_IEEE_F64LE);
  if (!strcmp(name, "i4")) return H5Tcopy(H5T_STD_I32LE);
  if (!strcmp(name, "u1")) return H5Tcopy(H5T_STD_U8LE);
  if (!strcmp(name, "u2")) return H5Tcopy(H5T_STD_U16LE);
  if (!strcmp(name, "u8")) return H5Tcopy(H5T_STD_U64LE);
  CHECK(strcmp(name, "f2") ? -1 : 0);
  CHECK(type = H5Tcopy(H5T_IEEE_F32LE));
  CHECK(H5Tset_fields(type, 15, 10, 5, 0, 10));
  CHECK(H5Tset_size(type, 2));
  CHECK(H5Tset_ebias(type, 15));
  return type;
}

/* rows NULL: one contiguous array; else its chunks, which are deflated. */
static void Array(const char path[], const char type_name[], char *shape_list, char *rows, char *values)
{
  static char *entry[MAX_LIST];
  hsize_t      shape[MAX_RANK], chunk[MAX_RANK], start[MAX_RANK] = {0}, size = 1;
  const int    rank = Split(shape_list, entry);
  const hid_t  type = TypeOf(type_name), create = H5Pcreate(H5P_DATASET_CREATE), link = H5Pcreate(H5P_LINK_CREATE);
  hid_t        space, array, memory;
  double      *value;
  int          n;

  for (int a = 0; a < rank; a++) {
    shape[a] = chunk[a] = (hsize_t)atoll(entry[a]);
    size *= shape[a];
  }
  chunk[0] = 1;
  value    = (double *)calloc(size, sizeof(*value));
  n        = strcmp(values, "ramp") ? Split(values, entry) : 0;
  for (hsize_t i = 0; i < size; i++) value[i] = n ? atof(entry[i % (hsize_t)n]) : (double)i;
  CHECK(H5Pset_create_intermediate_group(link, 1));
  if (rows) CHECK(H5Pset_chunk(create, rank, chunk));
  if (rows) CHECK(H5Pset_deflate(create, 4));
  CHECK(space = H5Screate_simple(rank, shape, NULL));
  CHECK(array = H5Dcreate2(file, path, type, space, link, create, H5P_DEFAULT));
  if (!rows || !strcmp(rows, "all")) {
    CHECK(H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  } else {
    n = Split(rows, entry);
    CHECK(memory = H5Screate_simple(rank, chunk, NULL));
    for (int i = 0; i < n; i++) {
      start[0] = (hsize_t)atoll(entry[i]);
      CHECK(H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, chunk, NULL));
      CHECK(H5Dwrite(array, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, value + start[0] * (size / shape[0])));
    }
  }
  free(value);
}

static void Short(const char path[], hsize_t row)
{
  static const unsigned char abcd[]           = {0x78, 0x9c, 0x4b, 0x4c, 0x4a, 0x4e,
                                                 0x01, 0x00, 0x03, 0xd8, 0x01, 0x8b}; /* by zlib */
  const hsize_t              offset[MAX_RANK] = {row};
  hid_t                      array;

  CHECK(array = H5Dopen2(file, path, H5P_DEFAULT));
  CHECK(H5Dwrite_chunk(array, H5P_DEFAULT, 0, offset, sizeof(abcd), abcd));
}

static void LZF(const char path[], hsize_t rows, unsigned char byte)
{
  const unsigned char packed[] = {0, byte, 7 << 5, 23 - 2 - 7,
                                  0}; /* one byte as it is, 23 from where one byte before stands */
  const hsize_t       shape[] = {rows, 6, 4}, chunk[] = {1, 6, 4};
  const hid_t         create = H5Pcreate(H5P_DATASET_CREATE);
  hid_t               array;

  CHECK(H5Pset_chunk(create, 3, chunk));
  CHECK(H5Pset_filter(create, 32000, H5Z_FLAG_OPTIONAL, 0, NULL));
  CHECK(array =
          H5Dcreate2(file, path, H5T_STD_U8LE, H5Screate_simple(3, shape, NULL), H5P_DEFAULT, create, H5P_DEFAULT));
  for (hsize_t row = 0; row < rows; row++)
    CHECK(H5Dwrite_chunk(array, H5P_DEFAULT, 0, (const hsize_t[]){row, 0, 0}, sizeof(packed), packed));
}

static void Attribute(const char path[], const char name[], hid_t type, hsize_t count, hid_t memory, const void *value)
{
  const hid_t space = count ? H5Screate_simple(1, &count, NULL) : H5Screate(H5S_SCALAR);
  hid_t       object, attribute;

  if (H5Lexists(file, path, H5P_DEFAULT) == 0) CHECK(H5Gcreate2(file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  CHECK(object = H5Oopen(file, path, H5P_DEFAULT));
  CHECK(attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  CHECK(H5Awrite(attribute, memory, value));
}

static void Texts(const char path[], const char name[], size_t bytes, char *list)
{
  static char *entry[MAX_LIST];
  const int    n     = Split(list, entry);
  char        *fixed = (char *)calloc((size_t)n, bytes + 1);
  const hid_t  type  = H5Tcopy(H5T_C_S1);

  CHECK(H5Tset_size(type, bytes ? bytes : H5T_VARIABLE));
  for (int i = 0; i < n && bytes; i++) strncpy(fixed + (size_t)i * bytes, entry[i], bytes);
  Attribute(path, name, type, n > 1 ? (hsize_t)n : 0, type, bytes ? (const void *)fixed : entry);
  free(fixed);
}

static void Yes(const char path[], const char name[], hsize_t count)
{
  const signed char no = 0, yes = 1, list[MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  const hid_t       type = H5Tenum_create(H5T_STD_I8LE);

  CHECK(H5Tenum_insert(type, "FALSE", &no));
  CHECK(H5Tenum_insert(type, "TRUE", &yes));
  Attribute(path, name, type, count, type, list);
}

/* One step from word[0] on; returns the number of its words. */
static int Step(char **word)
{
  const hid_t link = H5Pcreate(H5P_LINK_CREATE);

  CHECK(H5Pset_create_intermediate_group(link, 1));
  if (!strcmp(word[0], "array")) return Array(word[1], word[2], word[3], NULL, word[4]), 5;
  if (!strcmp(word[0], "packed")) return Array(word[1], word[2], word[3], word[4], word[5]), 6;
  if (!strcmp(word[0], "short")) return Short(word[1], (hsize_t)atoi(word[2])), 3;
  if (!strcmp(word[0], "lzf")) return LZF(word[1], (hsize_t)atoi(word[2]), (unsigned char)atoi(word[3])), 4;
  if (!strcmp(word[0], "texts")) return Texts(word[1], word[2], (size_t)atoi(word[3]), word[4]), 5;
  if (!strcmp(word[0], "yes")) return Yes(word[1], word[2], (hsize_t)atoi(word[3])), 4;
  if (!strcmp(word[0], "number")) {
    const double value = atof(word[3]);

    Attribute(word[1], word[2], H5T_IEEE_F64LE, 0, H5T_NATIVE_DOUBLE, &value);
    return 4;
  }
  if (!strcmp(word[0], "soft")) {
    CHECK(H5Lcreate_soft(word[2], file, word[1], link, H5P_DEFAULT));
    return 3;
  }
  if (!strcmp(word[0], "external")) {
    CHECK(H5Lcreate_external(word[2], word[3], file, word[1], link, H5P_DEFAULT));
    return 4;
  }
  CHECK(strcmp(word[0], "marked") ? -1 : 0);
  CHECK(H5Fflush(file, H5F_SCOPE_GLOBAL));
  _exit(0);
}

int main(int argc, char **argv)
{
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
  int         i = 2;

  if (argc < 3) return 1;
  if (!strcmp(argv[argc - 1], "marked"))
    CHECK(H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST)); /* older files have no mark */
  if (!strcmp(argv[i], "block")) {
    CHECK(H5Pset_userblock(create, (hsize_t)atoi(argv[i + 1])));
    i += 2;
  }
  CHECK(file = H5Fcreate(argv[1], H5F_ACC_TRUNC, create, access));
  while (i < argc) i += Step(argv + i);
  CHECK(H5Fclose(file));
  return 0;
}

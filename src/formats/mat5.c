/*
  MATLAB v5 through matio: column-major arrays, which are ours with all axes reversed.

  matio reads slabs, of compressed variables by unpacking them from their beginning. Only slabs of matrices: those of
  more axes come out wrong in releases up to 1.5.30 (its issue 331). Therefore every variable is read as a matrix (N,
  everything else). It writes whole variables, which have to fit in memory.
*/
#include "format_impl.h"
#include <string.h>

static PetscBool Recognises_Mat5(KNSource source)
{
  snprintf(source->kind, sizeof(source->kind), "MATLAB v5");
  return (PetscBool)!memcmp(source->head, "MATLAB 5.0", 10);
}

#if defined(KN_HAVE_MATIO)
#include <errno.h>
#include <limits.h>
#include <matio.h>
#include <stdlib.h>

#define MAX_DEFLATE 1032               /* bytes that one byte of zlib's format can stand for at most */
#define MAX_MEMORY  ((size_t)1 << 30)  /* bytes that are written at once */
#define MAX_SLAB    ((size_t)64 << 20) /* bytes that are read at once */

typedef struct {
  mat_t *mat;
  struct {
    matvar_t *variable;
    KNNumber  number;
  } * array; /* of each of the source's variables */
  void  *scratch;
  size_t scratch_bytes;
} Mat5;

/* matio would print, and end the program. */
static void Silence(int level, char *message) {}

static PetscBool NumberOfClass(enum matio_classes class, KNNumber *number)
{
  switch (class) {
  case MAT_C_DOUBLE: *number = (KNNumber){'f', 8, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_SINGLE: *number = (KNNumber){'f', 4, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_INT8: *number = (KNNumber){'i', 1, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_INT16: *number = (KNNumber){'i', 2, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_INT32: *number = (KNNumber){'i', 4, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_INT64: *number = (KNNumber){'i', 8, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_UINT8: *number = (KNNumber){'u', 1, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_UINT16: *number = (KNNumber){'u', 2, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_UINT32: *number = (KNNumber){'u', 4, PETSC_FALSE}; return PETSC_TRUE;
  case MAT_C_UINT64: *number = (KNNumber){'u', 8, PETSC_FALSE}; return PETSC_TRUE;
  default: return PETSC_FALSE;
  }
}

/* Takes var, whatever it returns. */
static int ListVariable(KNSource source, matvar_t *var)
{
  Mat5              *m       = (Mat5 *)source->data;
  const PetscInt     i       = source->variables;
  void              *more    = realloc(m->array, (size_t)(i + 1) * sizeof(*m->array));
  unsigned long long numbers = 1;
  KNVariable        *variable;
  KNNumber          *number;
  int                code;

  if (more) m->array = more;
  code = more ? KNSourceAddVariable(source, var->name ? var->name : "", &variable)
              : KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a list of variables");
  if (code) {
    Mat_VarFree(var);
    return code;
  }
  variable->reversed   = PETSC_TRUE;
  m->array[i].variable = var;
  number               = &m->array[i].number;
  snprintf(variable->type, sizeof(variable->type), "no numbers");
  if (!NumberOfClass(var->class_type, number) || var->isComplex) variable->fault = "holds no real numbers";
  else
    snprintf(variable->type, sizeof(variable->type), "%s%zu",
             number->kind == 'f'   ? "float"
             : number->kind == 'i' ? "int"
                                   : "uint",
             8 * number->size);
  variable->wide = (PetscBool)(!variable->fault && number->kind == 'f' && number->size == 8);
  if (var->rank < 2 || var->rank > KN_MAX_AXES) {
    variable->fault = "has more axes than a sample can have";
    return 0;
  }
  variable->rank = var->rank;
  for (int a = 0; a < var->rank; a++) {
    variable->shape[var->rank - 1 - a] = var->dims[a];
    if (!var->dims[a]) variable->fault = "is empty";
    else if (var->dims[a] > PETSC_MAX_INT || __builtin_mul_overflow(numbers, var->dims[a], &numbers))
      variable->fault = "declares more than 2^64 bytes";
  }
  for (int a = 2; a < var->rank; a++) var->dims[1] *= var->dims[a]; // as a matrix from here on
  var->rank = 2;
  // MATLAB may store a number in one byte, whatever its class.
  if (!variable->fault && numbers / (var->compression == MAT_COMPRESSION_ZLIB ? MAX_DEFLATE : 1) > source->size)
    variable->fault = "declares more bytes than the file has: truncated?";
  return 0;
}

/* Elements follow each other, each with its size before it: the last must end with the file. *count of them: variables,
   and what matio does not know. */
static int CheckElements(KNSource source, PetscInt *count)
{
  const PetscBool    swapped = (PetscBool)(source->head[126] == 'M');
  unsigned long long at      = 128;
  FILE              *file    = fopen(source->path[0], "rb");
  unsigned char      tag[8];

  while (file && at < source->size) {
    unsigned long long bytes = 0;

    if (fseeko(file, (off_t)at, SEEK_SET) || fread(tag, 1, sizeof(tag), file) != sizeof(tag)) break;
    for (int i = 0; i < 4; i++) bytes |= (unsigned long long)tag[4 + i] << 8 * (swapped ? 3 - i : i);
    at += 8 + bytes;
    ++*count;
  }
  if (file) fclose(file);
  return file && at == source->size
           ? 0
           : KNFileFail(
               &source->file, source->file.code,
               "is truncated or damaged: its last variable should end at byte %llu, the file at %llu; copy it again",
               at, source->size);
}

static int Open_Mat5(KNSource source, const KNSourceChoice *choice)
{
  Mat5    *m        = (Mat5 *)calloc(1, sizeof(*m));
  PetscInt elements = 0;

  source->data = m;
  if (!m) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a list of variables");
  KNCallFile(CheckElements(source, &elements));
  Mat_LogInitFunc("kitinet", Silence);
  m->mat = Mat_Open(source->path[0], MAT_ACC_RDONLY);
  if (!m->mat || Mat_GetVersion(m->mat) != MAT_FT_MAT5)
    return KNFileFail(&source->file, source->file.code,
                      "is a damaged MATLAB v5 file, its beginning cannot be read: copy it again");
  for (matvar_t *var = Mat_VarReadNextInfo(m->mat); var; var = Mat_VarReadNextInfo(m->mat))
    KNCallFile(ListVariable(source, var));
  if (source->variables < elements)
    snprintf(source->kind, sizeof(source->kind), "MATLAB v5 (%d of its %d elements can be listed)",
             (int)source->variables, (int)elements);
  return KNSourceChoose(source, choice, PETSC_TRUE);
}

/*
  What start, step and extent say of a block of `rank` axes, `row` values along the last; start and step of the last
  are start[] and 1. Returns the bytes written.
*/
static size_t Gather(const KNNumber *number, int rank, const size_t shape[], size_t row, const size_t start[],
                     const size_t step[], const size_t extent[], const char *from, size_t width, char *to)
{
  size_t size = row, put = 0;

  if (rank == 1) {
    KNNumberConvert(number, extent[0], from + start[0] * number->size, width, to);
    return extent[0] * width;
  }
  for (int a = 1; a < rank - 1; a++) size *= shape[a];
  for (size_t i = 0; i < extent[0]; i++)
    put += Gather(number, rank - 1, shape + 1, row, start + 1, step + 1, extent + 1,
                  from + (start[0] + i * step[0]) * size * number->size, width, to + put);
  return put;
}

/*
  Slices of the slowest axis, as many at once as fit; all of each, of which the wanted points are taken. Of the last
  axis, mostly the samples, all are read unless few are wanted: matio seeks from column to column of a part, which
  takes tens of times as long as the whole in one go.
*/
static int Read_Mat5(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
                     const size_t extent[], size_t width, void *value)
{
  Mat5           *m = (Mat5 *)source->data;
  const int       i = (int)(variable - source->variable), rank = variable->rank, last = rank - 1;
  const KNNumber *number  = &m->array[i].number;
  const PetscBool whole   = (PetscBool)(step[last] == 1 && extent[last] * 64 >= variable->shape[last]);
  const size_t    row     = whole ? variable->shape[last] : extent[last];
  size_t          columns = 1, first[KN_MAX_AXES], count[KN_MAX_AXES], slices;
  char           *to      = (char *)value;

  for (int a = 1; a < last; a++) columns *= variable->shape[a];
  slices = PetscMax(1, MAX_SLAB / (columns * row * number->size) / step[0]);
  memcpy(first, start, sizeof(*first) * (size_t)rank);
  memcpy(count, extent, sizeof(*count) * (size_t)rank);
  if (!whole) first[last] = 0;
  for (size_t done = 0; done < extent[0]; done += count[0]) {
    const size_t slice = start[0] + done * step[0];
    size_t       read;

    first[0] = 0;
    count[0] = PetscMin(slices, extent[0] - done);
    read     = ((count[0] - 1) * step[0] + 1) * columns;
    if (read > INT_MAX || slice * columns > INT_MAX)
      return KNFileFail(&source->file, source->file.code, "%s is larger than matio can read: save it with -v7.3",
                        variable->name);
    KNCallFile(KNScratch(&source->file, read * row * number->size, &m->scratch_bytes, &m->scratch));
    if (Mat_VarReadData(m->mat, m->array[i].variable, m->scratch,
                        (int[]){whole ? 0 : (int)start[last], (int)(slice * columns)}, (int[]){(int)step[last], 1},
                        (int[]){(int)row, (int)read})) {
      return KNFileFail(&source->file, source->file.code,
                        "%s cannot be read: truncated or damaged, copy the file again", variable->name);
    }
    to += Gather(number, rank, variable->shape, row, first, step, count, (const char *)m->scratch, width, to);
  }
  return 0;
}

static void Close_Mat5(KNSource source)
{
  Mat5 *m = (Mat5 *)source->data;

  if (!m) return;
  for (PetscInt i = 0; i < source->variables; i++) Mat_VarFree(m->array[i].variable);
  free(m->array);
  if (m->mat) Mat_Close(m->mat);
  free(m->scratch);
  free(m);
}

static int Plan_Mat5(KNSink sink)
{
  size_t bytes = 0;

  KNCallFile(KNMatPlan(sink));
  for (PetscInt i = 0; i < sink->variables; i++) {
    size_t size = sizeof(float);

    for (int a = 0; a < sink->variable[i].rank; a++) size *= sink->variable[i].shape[a];
    bytes += size;
  }
  if (bytes > MAX_MEMORY)
    return KNFileFail(&sink->file, KN_ERR_USAGE,
                      "format mat5 holds the whole set in memory, at most 1 GiB, and this is %.1f: take mat (v7.3)",
                      (double)bytes / (double)MAX_MEMORY);
  return 0;
}

static int Create_Mat5(KNSink sink)
{
  float **array = (float **)calloc((size_t)sink->variables, sizeof(*array));

  sink->data = array;
  for (PetscInt i = 0; i < sink->variables; i++) {
    size_t size = 1;

    for (int a = 0; a < sink->variable[i].rank; a++) size *= sink->variable[i].shape[a];
    if (array) array[i] = (float *)malloc(size * sizeof(**array));
    if (!array || !array[i])
      return KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for %zu values: take format mat (v7.3)", size);
  }
  return 0;
}

/* The sample is the last axis. */
static int Write_Mat5(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                      const float value[])
{
  const int n      = variable->rank - 1;
  float    *to     = ((float **)sink->data)[variable - sink->variable] + start[n];
  size_t    points = 1;

  for (int a = 0; a < n; a++) points *= extent[a];
  for (size_t i = 0; i < points; i++)
    memcpy(to + i * variable->shape[n], value + i * extent[n], extent[n] * sizeof(*value));
  return 0;
}

static void Abandon_Mat5(KNSink sink)
{
  float **array = (float **)sink->data;

  for (PetscInt i = 0; i < sink->variables && array; i++) free(array[i]);
  free(array);
  sink->data = NULL;
}

static int WriteVariable(KNSink sink, mat_t *mat, const char name[], enum matio_classes class, enum matio_types type,
                         int rank, size_t dims[], void *value)
{
  matvar_t *var = Mat_VarCreate(name, class, type, rank, dims, value, MAT_F_DONT_COPY_DATA);
  int       fail;

  errno = 0;
  fail  = var ? Mat_VarWrite(mat, var, MAT_COMPRESSION_NONE) : 1;
  Mat_VarFree(var);
  return fail ? KNFileFail(&sink->file, KN_ERR_IO, "%s cannot be written: %s", name,
                           errno ? strerror(errno) : "matio refuses it")
              : 0;
}

static int Finish_Mat5(KNSink sink)
{
  size_t once[] = {1, (size_t)sink->problem.frames};
  mat_t *mat;
  int    code = 0;

  Mat_LogInitFunc("kitinet", Silence);
  mat = Mat_CreateVer(sink->temporary[0], "MATLAB 5.0 MAT-file, written by KITINet", MAT_FT_MAT5);
  if (!mat) return KNFileFail(&sink->file, KN_ERR_IO, "cannot be created");
  for (PetscInt i = 0; i < sink->variables && !code; i++) {
    const KNVariable *variable = &sink->variable[i];
    size_t            dims[KN_MAX_AXES];

    for (int a = 0; a < variable->rank; a++) dims[a] = variable->shape[variable->rank - 1 - a];
    code = WriteVariable(sink, mat, variable->name, MAT_C_SINGLE, MAT_T_SINGLE, variable->rank, dims,
                         ((float **)sink->data)[i]);
  }
  if (!code && sink->problem.frames)
    code = WriteVariable(sink, mat, "t", MAT_C_DOUBLE, MAT_T_DOUBLE, 2, once, sink->times);
  errno = 0;
  if (Mat_Close(mat) && !code)
    code = KNFileFail(&sink->file, KN_ERR_IO, "cannot be closed: %s", errno ? strerror(errno) : "matio refuses it");
  Abandon_Mat5(sink);
  return code;
}

const KNFormat KNFormat_Mat5 = {.name       = "mat5",
                                .from_start = PETSC_TRUE,
                                .recognises = Recognises_Mat5,
                                .open       = Open_Mat5,
                                .read       = Read_Mat5,
                                .close      = Close_Mat5,
                                .plan       = Plan_Mat5,
                                .create     = Create_Mat5,
                                .write      = Write_Mat5,
                                .finish     = Finish_Mat5,
                                .abandon    = Abandon_Mat5};
#else
static int Open_Mat5(KNSource source, const KNSourceChoice *choice)
{
  return KNFileFail(&source->file, source->file.code,
                    "is MATLAB v5, and this program was built without matio: build it again with that (Debian: "
                    "libmatio-dev), or save the file with -v7.3");
}

static int Plan_Mat5(KNSink sink)
{
  return KNFileFail(
    &sink->file, KN_ERR_USAGE,
    "this program was built without matio: take format mat (v7.3), or build it again with that (Debian: libmatio-dev)");
}

const KNFormat KNFormat_Mat5 = {
  .name = "mat5", .from_start = PETSC_TRUE, .recognises = Recognises_Mat5, .open = Open_Mat5, .plan = Plan_Mat5};
#endif

/*
  numpy's .npy, one array a file: x.npy and y.npy of a steady problem, (N, C, n1[, n2[, n3]]), or u.npy, (N, T, C,
  n1[, n2[, n3]]), and t.npy. As variables they are called as their files, without the ending. Format:
  numpy/lib/format.py, versions 1 to 3.
*/
#include "format_impl.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HEADER 4096

typedef struct {
  KNNumber number;
  off_t    data; /* where it begins */
} Array;

typedef struct {
  Array  array[2];
  void  *scratch;
  size_t scratch_bytes;
} Npy;

static PetscBool Recognises_Npy(KNSource source)
{
  snprintf(source->kind, sizeof(source->kind), "numpy's .npy");
  return (PetscBool)!memcmp(source->head, "\x93NUMPY", 6);
}

/* "'descr': '<f4'" -> number; what is wrong with it, or NULL */
static const char *ParseType(const char header[], KNVariable *variable, KNNumber *number)
{
  const char *at = strstr(header, "'descr'");
  char        order, kind;
  int         size;

  if (!at || sscanf(at + 7, " : '%c%c%d'", &order, &kind, &size) != 3) return "is not an array of plain numbers";
  if (!strchr("<>|=", order) || !strchr("fiu", kind)) return "holds no real numbers";
  if (!(size == 2 || size == 4 || size == 8 || (kind != 'f' && size == 1))) return "holds numbers of more than 64 bits";
  variable->wide = (PetscBool)(kind == 'f' && size == 8);
  *number        = (KNNumber){.kind = kind, .size = (size_t)size, .swapped = (PetscBool)(order == '>')};
  snprintf(variable->type, sizeof(variable->type), "%s%d",
           kind == 'f'   ? "float"
           : kind == 'i' ? "int"
                         : "uint",
           8 * size);
  return NULL;
}

static const char *ParseShape(const char header[], KNVariable *variable)
{
  const char *at = strstr(header, "'shape'"), *fortran = strstr(header, "'fortran_order'");

  if (!at || !fortran || !(at = strchr(at, '('))) return "has no shape";
  fortran            = strchr(fortran, ':');
  variable->reversed = (PetscBool)(fortran && !strncmp(fortran + 1 + strspn(fortran + 1, " "), "True", 4));
  for (at++; *at && *at != ')';) {
    char *end;

    if (!isdigit((unsigned char)*at) || variable->rank == KN_MAX_AXES) return "has a shape that makes no sense here";
    errno                             = 0;
    variable->shape[variable->rank++] = strtoull(at, &end, 10);
    if (errno) return "has a shape that makes no sense here";
    at = end + strspn(end, ", ");
  }
  for (int a = 0; variable->reversed && a < variable->rank / 2; a++) {
    const size_t n = variable->shape[a];

    variable->shape[a]                      = variable->shape[variable->rank - 1 - a];
    variable->shape[variable->rank - 1 - a] = n;
  }
  return NULL;
}

static int ParseHeader(KNFile *file, int descriptor, unsigned long long size, KNVariable *variable, Array *array)
{
  unsigned char      head[12] = {0};
  char               text[MAX_HEADER + 1];
  unsigned long long length, bytes;
  off_t              start;
  const char        *fault;

  if (pread(descriptor, head, sizeof(head), 0) < 10 || memcmp(head, "\x93NUMPY", 6))
    return KNFileFail(file, file->code, "is no .npy file: check the path");
  if (head[6] < 1 || head[6] > 3)
    return KNFileFail(file, file->code, "is .npy of version %d, expected 1 to 3", head[6]);
  start  = head[6] == 1 ? 10 : 12;
  length = head[8] + 256ULL * head[9] + (head[6] == 1 ? 0 : 65536ULL * head[10] + 16777216ULL * head[11]);
  if (length > MAX_HEADER || (unsigned long long)start + length > size ||
      pread(descriptor, text, length, start) != (ssize_t)length)
    return KNFileFail(file, file->code, "has a header of %llu bytes, expected at most %d: truncated or damaged", length,
                      MAX_HEADER);
  text[length] = 0;
  fault        = ParseType(text, variable, &array->number);
  if (!fault) fault = ParseShape(text, variable);
  if (fault) return KNFileFail(file, file->code, "%s: save it with numpy.save as float32", fault);
  array->data = start + (off_t)length;
  bytes       = array->number.size;
  for (int a = 0; a < variable->rank; a++) {
    if (!variable->shape[a]) return KNFileFail(file, file->code, "is empty: an axis has no entries");
    if (__builtin_mul_overflow(bytes, variable->shape[a], &bytes))
      return KNFileFail(file, file->code, "declares more than 2^64 bytes");
  }
  if (bytes > size - (unsigned long long)array->data)
    return KNFileFail(file, file->code, "declares %llu bytes, the file has %llu: truncated? Copy it again", bytes,
                      size - (unsigned long long)array->data);
  return 0;
}

/* A file's name without folder and ending; with the folder, if the other file has the same name. */
static void NameOf(KNSource source, PetscInt i, PetscBool folder, char name[PETSC_MAX_PATH_LEN])
{
  char  path[PETSC_MAX_PATH_LEN];
  char *ending;

  memcpy(path, source->path[i], sizeof(path));
  snprintf(name, PETSC_MAX_PATH_LEN, "%s", folder ? path : basename(path));
  ending = strrchr(name, '.');
  if (ending && !strchr(ending, '/')) *ending = 0;
}

static int Open_Npy(KNSource source, const KNSourceChoice *choice)
{
  Npy      *npy = (Npy *)calloc(1, sizeof(*npy));
  char      name[2][PETSC_MAX_PATH_LEN];
  PetscBool same;

  source->data = npy;
  if (!npy) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for a header");
  for (PetscInt i = 0; i < source->paths; i++) NameOf(source, i, PETSC_FALSE, name[i]);
  same = (PetscBool)(source->paths > 1 && !strcmp(name[0], name[1]));
  for (PetscInt i = 0; i < source->paths && same; i++) NameOf(source, i, PETSC_TRUE, name[i]);
  for (PetscInt i = 0; i < source->paths; i++) {
    KNVariable        *variable;
    unsigned long long size;
    unsigned char      head[8];
    size_t             got;

    source->file.path = source->path[i];
    KNCallFile(KNFileHead(&source->file, sizeof(head), head, &got, &size));
    KNCallFile(KNSourceAddVariable(source, name[i], &variable));
    variable->handle = open(source->path[i], O_RDONLY | O_CLOEXEC);
    if (variable->handle < 0)
      return KNFileFail(&source->file, source->file.code, "cannot be opened: %s", strerror(errno));
    KNCallFile(ParseHeader(&source->file, (int)variable->handle, size, variable, &npy->array[i]));
  }
  source->file.path = source->path[0];
  return KNSourceChoose(source, choice, PETSC_FALSE);
}

static int ReadAt(KNFile *file, const KNVariable *variable, off_t at, size_t bytes, void *to)
{
  for (size_t done = 0; done < bytes;) {
    const ssize_t got = pread((int)variable->handle, (char *)to + done, bytes - done, at + (off_t)done);

    if (got <= 0)
      return KNFileFail(file, file->code, "%s cannot be read at byte %lld: %s", variable->name, (long long)at,
                        got ? strerror(errno) : "it ends there");
    done += (size_t)got;
  }
  return 0;
}

/*
  Runs along the last axis, which first takes in those that are read as a whole: one read each, of which every step-th
  number is kept.
*/
static int Read_Npy(KNSource source, const KNVariable *variable, const size_t start_[], const size_t step_[],
                    const size_t extent_[], size_t width, void *value)
{
  Npy         *npy                    = (Npy *)source->data;
  const Array *array                  = &npy->array[variable - source->variable];
  const size_t bytes                  = array->number.size;
  size_t       start[KN_MAX_AXES + 1] = {0}, step[KN_MAX_AXES + 1] = {1}, extent[KN_MAX_AXES + 1] = {1},
                             shape[KN_MAX_AXES + 1] = {1}, at[KN_MAX_AXES + 1] = {0}, span;
  int   rank = variable->rank + 1; // an axis of one entry before the others, so that there is one
  char *to   = (char *)value;

  for (int a = 0; a < variable->rank; a++) {
    start[a + 1]  = start_[a];
    step[a + 1]   = step_[a];
    extent[a + 1] = extent_[a];
    shape[a + 1]  = variable->shape[a];
  }
  for (; rank > 1 && extent[rank - 1] == shape[rank - 1] && step[rank - 2] == 1; rank--) {
    start[rank - 2] *= shape[rank - 1];
    extent[rank - 2] *= shape[rank - 1];
    shape[rank - 2] *= shape[rank - 1];
  }
  span = (extent[rank - 1] - 1) * step[rank - 1] + 1;
  KNCallFile(KNScratch(&source->file, span * bytes, &npy->scratch_bytes, &npy->scratch));
  for (;;) {
    char *run   = (char *)npy->scratch;
    off_t place = 0;
    int   a;

    for (a = 0; a < rank; a++)
      place = place * (off_t)shape[a] + (off_t)(start[a] + (a < rank - 1 ? at[a] * step[a] : 0));
    KNCallFile(ReadAt(&source->file, variable, array->data + place * (off_t)bytes, span * bytes, run));
    for (size_t i = 1; i < extent[rank - 1] && step[rank - 1] > 1; i++)
      memmove(run + i * bytes, run + i * step[rank - 1] * bytes, bytes);
    KNNumberConvert(&array->number, extent[rank - 1], run, width, to);
    to += extent[rank - 1] * width;
    for (a = rank - 2; a >= 0 && ++at[a] == extent[a]; a--) at[a] = 0;
    if (a < 0) return 0;
  }
}

static void Close_Npy(KNSource source)
{
  Npy *npy = (Npy *)source->data;

  for (PetscInt i = 0; i < source->variables; i++) {
    if (source->variable[i].handle >= 0) close((int)source->variable[i].handle);
  }
  if (npy) free(npy->scratch);
  free(npy);
}

static int Plan_Npy(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  char             axes[KN_MAX_AXES + 1];

  KNAxesMake(axes, problem->frames ? "ntc" : "nc", problem->output.grid.dim, "");
  if (!problem->frames) KNSinkAddPiece(sink, "x", axes, PETSC_FALSE, 0, problem->input.fields);
  KNSinkAddPiece(sink, problem->frames ? "u" : "y", axes, PETSC_TRUE, 0, problem->output.fields);
  return 0;
}

/*
  Opens file i of the sink and writes the header of version 1, padded so that the data begin at a multiple of 64 bytes.
*/
static int CreateArray(KNSink sink, PetscInt i, const char type[], int rank, const size_t shape[], KNVariable *variable)
{
  char   text[512];
  size_t used = 10, total;

  variable->handle = open(sink->temporary[i], O_RDWR | O_CLOEXEC);
  if (variable->handle < 0) return KNFileFail(&sink->file, KN_ERR_IO, "cannot be created: %s", strerror(errno));
  memcpy(text, "\x93NUMPY\1\0", 8);
  used +=
    (size_t)snprintf(text + used, sizeof(text) - used, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
  for (int a = 0; a < rank; a++) used += (size_t)snprintf(text + used, sizeof(text) - used, "%zu, ", shape[a]);
  used += (size_t)snprintf(text + used, sizeof(text) - used, "), }");
  total = (used + 1 + 63) / 64 * 64;
  memset(text + used, ' ', total - used);
  text[total - 1] = '\n';
  text[8]         = (char)((total - 10) % 256);
  text[9]         = (char)((total - 10) / 256);
  if (write((int)variable->handle, text, total) != (ssize_t)total)
    return KNFileFail(&sink->file, KN_ERR_IO, "cannot be written: %s", strerror(errno));
  return 0;
}

/* Appends; batches come in ascending order. */
static int Append(KNSink sink, const KNVariable *variable, size_t bytes, const void *value)
{
  for (size_t done = 0; done < bytes;) {
    const ssize_t put = write((int)variable->handle, (const char *)value + done, bytes - done);

    if (put < 0) return KNFileFail(&sink->file, KN_ERR_IO, "cannot be written: %s", strerror(errno));
    done += (size_t)put;
  }
  return 0;
}

static int Create_Npy(KNSink sink)
{
  for (PetscInt i = 0; i < sink->variables; i++)
    KNCallFile(CreateArray(sink, i, "<f4", sink->variable[i].rank, sink->variable[i].shape, &sink->variable[i]));
  if (!sink->problem.frames) return 0;
  const size_t frames = (size_t)sink->problem.frames;
  KNVariable  *t      = &sink->variable[sink->variables];

  KNCallFile(CreateArray(sink, 1, "<f8", 1, &frames, t));
  sink->variables++; // without a piece
  return Append(sink, t, frames * sizeof(double), sink->problem.times);
}

static int Write_Npy(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                     const float value[])
{
  size_t bytes = sizeof(float);

  for (int a = 0; a < variable->rank; a++) bytes *= extent[a];
  return Append(sink, variable, bytes, value);
}

static int Finish_Npy(KNSink sink)
{
  for (PetscInt i = 0; i < sink->variables; i++) {
    if (close((int)sink->variable[i].handle))
      return KNFileFail(&sink->file, KN_ERR_IO, "cannot be written: %s", strerror(errno));
  }
  return 0;
}

static void Abandon_Npy(KNSink sink)
{
  for (PetscInt i = 0; i < sink->variables; i++) close((int)sink->variable[i].handle);
}

const KNFormat KNFormat_Npy = {.name       = "npy",
                               .most_paths = 2,
                               .recognises = Recognises_Npy,
                               .open       = Open_Npy,
                               .read       = Read_Npy,
                               .close      = Close_Npy,
                               .plan       = Plan_Npy,
                               .create     = Create_Npy,
                               .write      = Write_Npy,
                               .finish     = Finish_Npy,
                               .abandon    = Abandon_Npy};

/*
  Sources: a foreign file is recognised, described, and read a batch of samples at a time.

  A batch is read piece by piece. Each is one slab of an array as it lies in the file (raw), copied into place by the
  distances that its axes have in a sample: whatever the order of axes, one pass over the slab. An array without an
  axis n or t holds the same for all samples or frames.
*/
#include "format_impl.h"
#include <kitinet/probe.h>
#include <stdlib.h>
#include <string.h>

/* to[sum of i_d to_step_d] = from[sum of i_d from_step_d], for all i_d < extent_d. */
static void kn_copy_strided(float *to, const float *from, int rank, const size_t extent[], const size_t to_step[],
                            const size_t from_step[])
{
  if (rank == 0) {
    *to = *from;
  } else if (rank == 1) {
    for (size_t i = 0; i < extent[0]; i++) to[i * to_step[0]] = from[i * from_step[0]];
  } else {
    for (size_t i = 0; i < extent[0]; i++)
      kn_copy_strided(to + i * to_step[0], from + i * from_step[0], rank - 1, extent + 1, to_step + 1, from_step + 1);
  }
}

/* Values between neighbours along an axis of a piece, in a block of samples in memory. */
static size_t AxisStep(const KNProblem *problem, PetscBool output, char axis)
{
  const KNGrid *grid   = output ? &problem->output.grid : &problem->input.grid;
  const size_t  points = KNGridSize(grid);

  switch (axis) {
  case 'n': return output ? KNProblemOutputSize(problem) : KNProblemInputSize(problem);
  case 't': return points * (size_t)problem->output.fields;
  case 'c': return points;
  case 'd': return points * (size_t)grid->dim;
  case 'x': return (size_t)grid->n[1] * (size_t)grid->n[2];
  case 'y': return (size_t)grid->n[2];
  default: return 1;
  }
}

static size_t AxisExtent(const KNProblem *problem, const KNPiece *piece, char axis, size_t samples)
{
  const KNGrid *grid = piece->output ? &problem->output.grid : &problem->input.grid;

  switch (axis) {
  case 'n': return samples;
  case 't': return (size_t)piece->frames;
  case 'c': return (size_t)(strchr(piece->axes, 'd') ? grid->dim : piece->fields);
  case 'd': return (size_t)grid->dim;
  case '1': return 1;
  default: return (size_t)grid->n[axis - 'x'];
  }
}

/* The slab of a piece that belongs to `count` samples; returns the number of its values. */
static size_t PieceSlab(const KNProblem *problem, const KNPiece *piece, size_t count, size_t extent[],
                        size_t sample_step[], size_t slab_step[])
{
  const int rank = (int)strlen(piece->axes);
  size_t    size = 1;

  for (int a = rank - 1; a >= 0; a--) {
    extent[a]      = AxisExtent(problem, piece, piece->axes[a], count);
    sample_step[a] = AxisStep(problem, piece->output, piece->axes[a]);
    slab_step[a]   = size;
    size *= extent[a];
  }
  return size;
}

/* Where the piece begins in a block of samples. */
static size_t PieceStart(const KNProblem *problem, const KNPiece *piece)
{
  return ((size_t)piece->frame * (size_t)problem->output.fields + (size_t)piece->field) *
         KNGridSize(piece->output ? &problem->output.grid : &problem->input.grid);
}

void KNPieceShape(const KNProblem *problem, const KNPiece *piece, size_t samples, size_t shape[])
{
  for (int a = 0; piece->axes[a]; a++) shape[a] = AxisExtent(problem, piece, piece->axes[a], samples);
}

void KNPieceStore(const KNProblem *problem, const KNPiece *piece, size_t count, const float block[], size_t extent[],
                  float slab[])
{
  size_t sample_step[KN_MAX_AXES], slab_step[KN_MAX_AXES];

  PieceSlab(problem, piece, count, extent, sample_step, slab_step);
  kn_copy_strided(slab, block + PieceStart(problem, piece), (int)strlen(piece->axes), extent, slab_step, sample_step);
}

static int ReadPiece(KNSource source, const KNPiece *piece, size_t first, size_t count, float block[])
{
  KNVariable  *variable = &source->variable[piece->variable];
  const size_t width    = variable->wide || variable->scale != 0 ? sizeof(double) : sizeof(float);
  const char  *sample   = strchr(piece->axes, 'n');
  size_t       extent[KN_MAX_AXES + 2], sample_step[KN_MAX_AXES + 2], slab_step[KN_MAX_AXES + 2], start[KN_MAX_AXES],
    step[KN_MAX_AXES];
  int          rank = variable->rank;
  const size_t size = PieceSlab(&source->problem, piece, count, extent, sample_step, slab_step);

  for (int a = 0; a < rank; a++) {
    const PetscBool space = (PetscBool)(piece->axes[a] >= 'x');

    start[a] = piece->axes[a] == 'n' ? first : space ? (size_t)source->offset : 0;
    step[a]  = space ? (size_t)source->stride : 1;
  }
  KNCallFile(KNScratch(&source->file, size * width, &source->raw_bytes, &source->raw));
  KNCallFile(source->format->read(source, variable, start, step, extent, width, source->raw));
  if (width == sizeof(double))
    KNCallFile(KNSourceNarrow(source, variable, size, first, sample ? count : 0,
                              sample ? slab_step[sample - piece->axes] : 1, source->raw));
  for (const char *axis = "nt"; *axis; axis++) { // the same for all samples, for all frames
    if (strchr(piece->axes, *axis)) continue;
    extent[rank]      = AxisExtent(&source->problem, piece, *axis, count);
    sample_step[rank] = AxisStep(&source->problem, piece->output, *axis);
    slab_step[rank++] = 0;
  }
  kn_copy_strided(block + PieceStart(&source->problem, piece), (const float *)source->raw, rank, extent, sample_step,
                  slab_step);
  return 0;
}

static int ReadRows(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[])
{
  if (first < 0 || count < 0 || first > source->samples - count)
    return KNFileFail(&source->file, source->file.code, "has no samples %lld to %lld, only 0 to %lld", (long long)first,
                      (long long)(first + count - 1), (long long)source->samples - 1);
  if (source->format->read_rows) return source->format->read_rows(source, first, count, x, y);
  for (PetscInt i = 0; i < source->pieces; i++)
    KNCallFile(ReadPiece(source, &source->piece[i], (size_t)first, (size_t)count, source->piece[i].output ? y : x));
  return 0;
}

int KNSourceRead(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[], size_t size, char message[])
{
  int code;

  KNHDF5Lock();
  code = ReadRows(source, first, count, x, y);
  if (code && size) snprintf(message, size, "%s", source->file.message);
  KNHDF5Unlock();
  return code;
}

int KNSourceAddPiece(KNSource source, const KNVariable *variable, const char axes[], PetscBool output, PetscInt field,
                     PetscInt fields, PetscInt frame, PetscInt frames)
{
  KNPiece         *piece   = &source->piece[source->pieces];
  const KNProblem *problem = &source->problem;
  KNFile          *file    = &source->file;

  KNCallFile(KNSourceJudge(source, variable));
  if (source->pieces == KN_MAX_PIECES)
    return KNFileFail(file, file->code, "more than %d variables to read", KN_MAX_PIECES);
  if ((int)strlen(axes) != variable->rank)
    return KNSourceAsk(source, "%s has %d axes, \"%s\" are %zu", variable->name, variable->rank, axes, strlen(axes));
  *piece = (KNPiece){.variable = (int)(variable - source->variable),
                     .output   = output,
                     .field    = field,
                     .fields   = fields,
                     .frame    = frame,
                     .frames   = frames};
  snprintf(piece->axes, sizeof(piece->axes), "%s", axes);
  for (int a = 0; a < variable->rank; a++) {
    const size_t n      = variable->shape[a];
    const size_t points = AxisExtent(problem, piece, axes[a], (size_t)source->samples);
    PetscBool    fits   = (PetscBool)(n == points);

    if (axes[a] >= 'x')
      fits = (PetscBool)(axes[a] - 'x' < (output ? problem->output.grid.dim : problem->input.grid.dim) &&
                         (size_t)source->offset + (points - 1) * (size_t)source->stride < n &&
                         (n + (size_t)source->stride - 1) / (size_t)source->stride == points);
    if (!fits)
      return KNSourceAsk(
        source, "%s has %zu entries along its axis %c, the others %zu; say which axis is which, as in -x x:nxy",
        variable->name, n, axes[a], points);
  }
  source->pieces++;
  return 0;
}

/* Finds the format and opens the file with it; head and size are read. */
static int Recognise(KNSource source)
{
  size_t got;

  KNCallFile(KNFileHead(&source->file, sizeof(source->head), source->head, &got, &source->size));
  KNCallFile(KNSourceHDF5Open(source));
  for (PetscInt i = 0; KNFormatGet(i); i++) {
    if (i == 1 && source->file.id)
      KNCallFile(KNSourceHDF5List(source, "")); // native, the first, is known by an attribute
    if (!KNFormatGet(i)->recognises || !KNFormatGet(i)->recognises(source)) continue;
    source->format = KNFormatGet(i);
    return 0;
  }
  if (!memcmp(source->head, "PK\003\004", 4))
    return KNFileFail(
      &source->file, source->file.code,
      "is a zip archive, such as .npz or PyTorch's .pt: save its arrays with numpy.save, then -input x.npy,y.npy");
  return KNFileFail(&source->file, source->file.code, "is in no format that is known: %s",
                    source->file.id ? "HDF5 without arrays in its root" : "neither HDF5, MATLAB v5 nor .npy");
}

static void Close(KNSource source)
{
  if (source->format && source->format->close) source->format->close(source);
  KNSourceHDF5Close(source);
}

/* What path is, if it is a file that KNSourceOpen() reads but no dataset: "PDEBench"; "" else. */
static void Identify(const char path[], size_t size, char kind[])
{
  KNSource source = (KNSource)calloc(1, sizeof(*source));

  kind[0] = 0;
  if (!source) return;
  source->file.path = path;
  source->file.code = KN_ERR_INPUT;
  if (!Recognise(source) && source->format != &KNFormat_Native) snprintf(kind, size, "%s", source->kind);
  KNSourceHDF5Close(source);
  free(source->variable);
  free(source);
}

PetscErrorCode KNFormatSetUp(void)
{
  PetscFunctionBegin;
  PetscCall(KNDatasetNameForeign(Identify));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fields are known by their names, in datasets and in all formats. */
static int CheckNames(KNSource source)
{
  const KNProblem *problem = &source->problem;

  for (int output = 0; output < 2; output++) {
    const KNSpace *space = output ? &problem->output : &problem->input;

    for (PetscInt i = 0; i < space->fields; i++) {
      for (PetscInt j = 0; j < i; j++) {
        if (!strcmp(space->field[i].name, space->field[j].name))
          return KNFileFail(
            &source->file, source->file.code,
            "two %s fields would be called %s: name them apart, as in -%c %s2=VARIABLE, or rename one in the file",
            output ? "output" : "input", space->field[i].name, output ? (problem->frames ? 'u' : 'y') : 'x',
            space->field[i].name);
      }
    }
  }
  return 0;
}

/* What was said about times must be about something. */
static int CheckTimes(KNSource source, const KNSourceChoice *choice)
{
  const char *option = choice->initial && choice->initial[0] ? "-initial"
                       : choice->t && choice->t[0]           ? "-t"
                       : choice->dt != 0                     ? "-dt"
                                                             : NULL;

  if (source->format == &KNFormat_Native && option)
    return KNFileFail(&source->file, source->file.code, "is %s, which says itself what its frames are: without %s",
                      source->kind, option);
  return option && !source->problem.frames
           ? KNFileFail(&source->file, source->file.code,
                        "is read as a steady problem, without frames: leave out %s, or name the frames with -u", option)
           : 0;
}

/* Fields of bytes stay bytes, where all of a side are and none is scaled. */
static void TakeTypes(KNSource source)
{
  for (int output = 0; output < 2; output++) {
    PetscInt pieces = 0, bytes = 0;

    for (PetscInt i = 0; i < source->pieces; i++) {
      const KNVariable *variable = &source->variable[source->piece[i].variable];

      if ((int)source->piece[i].output != output) continue;
      pieces++;
      bytes += !strcmp(variable->type, "uint8") && variable->scale == 0;
    }
    if (pieces && bytes == pieces) (output ? &source->problem.output : &source->problem.input)->type = KN_UINT8;
  }
}

static int Open(KNSource source, const KNSourceChoice *choice)
{
  size_t row;

  KNCallFile(Recognise(source));
  if (source->paths > 1 && source->format != &KNFormat_Npy)
    return KNFileFail(&source->file, KN_ERR_USAGE, "is %s, which is one file: -input takes several only for .npy",
                      source->kind);
  KNCallFile(source->format->open(source, choice));
  KNCallFile(CheckTimes(source, choice));
  if (source->format != &KNFormat_Native) KNCallFile(CheckNames(source));
  if (choice->pde && choice->pde[0]) snprintf(source->problem.pde, sizeof(source->problem.pde), "%s", choice->pde);
  for (PetscInt i = 0; i < choice->scale_count; i++) KNCallFile(KNSourceScale(source, choice->scale[i]));
  if (choice->classes_count && !source->label)
    return KNFileFail(&source->file, source->file.code,
                      "has fields as its outputs, no labels, which -classes would name: leave it out");
  TakeTypes(source);
  row = PetscMax(KNProblemInputSize(&source->problem), KNProblemOutputSize(&source->problem));
  if (row >= UINT32_MAX / sizeof(float))
    return KNFileFail(&source->file, source->file.code,
                      "a sample of %zu values is more than the 4 GiB that can be read at once: take every second point "
                      "with -stride 2, or more",
                      row);
  return 0;
}

/* One number of a piece, where it begins or ends: its chunk is found and unpacked. */
static int ReadOne(KNSource source, const KNPiece *piece, PetscBool last)
{
  const KNVariable *variable = &source->variable[piece->variable];
  size_t            start[KN_MAX_AXES], one[KN_MAX_AXES];
  double            value;

  for (int a = 0; a < variable->rank; a++) {
    start[a] = last ? variable->shape[a] - 1 : 0;
    one[a]   = 1;
  }
  return source->format->read(source, variable, start, one, one, sizeof(value), &value);
}

int KNSourceProbe(PetscInt npaths, const char *const paths[], const KNSourceChoice *choice, KNFile *file)
{
  KNSource source = (KNSource)calloc(1, sizeof(*source)); // freed with the process
  int      code;

  if (!source || npaths < 1 || npaths > 2) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a source");
  source->paths = npaths;
  for (PetscInt i = 0; i < npaths; i++) snprintf(source->path[i], sizeof(source->path[i]), "%s", paths[i]);
  source->file.path = source->path[0];
  source->file.code = KN_ERR_INPUT;
  code              = Open(source, choice);
  if (!code && source->format == &KNFormat_Native) return KNProbeDataset(file);
  for (PetscInt i = 0; i < source->pieces && !code; i++) {
    code = ReadOne(source, &source->piece[i], PETSC_FALSE);
    if (!code && !source->format->from_start) code = ReadOne(source, &source->piece[i], PETSC_TRUE);
  }
  memcpy(file->message, source->file.message, sizeof(file->message));
  return code;
}

PetscErrorCode KNSourceOpen(MPI_Comm comm, PetscInt npaths, const char *const paths[], const KNSourceChoice *choice,
                            KNSource *source)
{
  KNSource       s;
  PetscMPIInt    rank;
  PetscErrorCode failure;
  char           message[KN_MAX_MESSAGE] = "";
  int            code;

  PetscFunctionBegin;
  *source = NULL;
  PetscCheck(npaths == 1 || npaths == 2, comm, KN_ERR_USAGE,
             "%" PetscInt_FMT " input files, expected one, or two of .npy", npaths);
  s = (KNSource)calloc(1, sizeof(*s));
  PetscCheck(s, comm, PETSC_ERR_MEM, "no memory for a source");
  s->comm  = comm;
  s->paths = npaths;
  for (PetscInt i = 0; i < npaths; i++) {
    PetscCheck(strlen(paths[i]) < sizeof(s->path[i]), comm, KN_ERR_INPUT, "a path of %zu bytes", strlen(paths[i]));
    PetscCall(PetscStrcpy(s->path[i], paths[i]));
  }
  s->file.path = s->path[0];
  s->file.code = KN_ERR_INPUT;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  code = rank ? 0 : KNSourceAskProbe(&s->file, npaths, paths, choice);
  if (code) PetscCall(PetscMemcpy(message, s->file.message, sizeof(message)));
  failure = KNAgree(comm, code, "%s", message);
  if (failure) free(s);
  PetscCall(failure);
  KNHDF5Start();
  KNHDF5Lock();
  code = Open(s, choice);
  KNHDF5Unlock();
  *source = s;
  if (code) { // agreed below, and closed before it is raised: the caller has nothing to destroy
    memcpy(message, s->file.message, sizeof(message));
    PetscCall(KNSourceDestroy(source));
    PetscCall(KNAgree(comm, code, "%s", message));
  } else {
    code = KNAgree(comm, 0, " ");
    if (code) PetscCall(KNSourceDestroy(source));
    PetscCall(code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSourceGetProblem(KNSource source, const KNProblem **problem, PetscInt64 *samples)
{
  PetscFunctionBegin;
  if (problem) *problem = &source->problem;
  if (samples) *samples = source->samples;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSourceGetLabels(KNSource source, const int32_t **label)
{
  PetscFunctionBegin;
  *label = source->label;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSourceGetProvenance(KNSource source, const char **kind, const char **notes, PetscInt64 *seed,
                                     const PetscInt64 **index)
{
  PetscFunctionBegin;
  if (kind) *kind = source->kind;
  if (notes) *notes = source->options ? source->options : source->notes;
  if (seed) *seed = source->seed;
  if (index) *index = source->index;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSourceDestroy(KNSource *source)
{
  PetscFunctionBegin;
  if (!*source) PetscFunctionReturn(PETSC_SUCCESS);
  KNHDF5Lock();
  Close(*source);
  KNHDF5Unlock();
  free((*source)->times);
  free((*source)->label);
  free((*source)->names);
  free((*source)->raw);
  free((*source)->variable);
  free(*source);
  *source = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Opening a source: a foreign file, or a folder, is recognised, looked at in a process of its own, and described. */
#include "format_impl.h"
#include <kitinet/probe.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Finds the format and opens the file with it; head and size are read. */
static int Recognise(KNSource source)
{
  struct stat status;
  size_t      got;

  source->folder = (PetscBool)(!stat(source->file.path, &status) && S_ISDIR(status.st_mode));
  for (PetscInt i = 0; KNFormatGet(i) && source->folder; i++) {
    if (!KNFormatGet(i)->folders || !KNFormatGet(i)->recognises(source)) continue;
    source->format = KNFormatGet(i);
    return 0;
  }
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
  if (!memcmp(source->head, "\037\213", 2))
    return KNFileFail(&source->file, source->file.code, "is packed by gzip: unpack it first, as with tar xzf");
  return KNFileFail(&source->file, source->file.code, "is in no format that is known: %s",
                    source->file.id
                      ? "HDF5 without arrays in its root"
                      : "neither HDF5, MATLAB v5, .npy nor a picture, nor CIFAR's data_batch_1.bin, .., nor "
                        "texts as .tsv, .csv, .txt, .jsonl");
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

/* What was said must be about this kind of source. */
static int CheckChoice(KNSource source, const KNSourceChoice *choice)
{
  const PetscBool pictures = (PetscBool)(source->format == &KNFormat_Pictures),
                  texts    = (PetscBool)(source->format == &KNFormat_Texts);
  const char *option       = !pictures && choice->image_size                       ? "-image_size"
                             : !pictures && choice->fit                            ? "-image_fit"
                             : !pictures && choice->colour                         ? "-image_colour"
                             : source->format != &KNFormat_Cifar && choice->labels ? "-labels"
                                                                                   : NULL;

  if (source->paths > PetscMax(source->format->most_paths, 1) || (source->paths > 1 && source->folder))
    return KNFileFail(
      &source->file, KN_ERR_USAGE,
      "is %s, of which %d file%s be read at once: -input names %d; only .npy, CIFAR and tables of texts "
      "are several",
      source->kind, (int)(source->folder ? 1 : PetscMax(source->format->most_paths, 1)),
      source->format->most_paths > 1 && !source->folder ? "s can" : " can", (int)source->paths);
  if (option)
    return KNFileFail(&source->file, KN_ERR_USAGE, "is %s: leave out %s, which is for %s", source->kind, option,
                      strcmp(option, "-labels") ? "folders of pictures" : "CIFAR-100");
  option = texts                                 ? NULL
           : choice->text_columns                ? "-text_columns"
           : choice->text_quotes                 ? "-text_quotes"
           : choice->text_length                 ? "-text_length"
           : choice->text_case                   ? "-text_case"
           : choice->text_markup                 ? "-text_markup"
           : choice->text_stem                   ? "-text_stem"
           : choice->like && !choice->unlabelled ? "-like"
                                                 : NULL;
  if (option) return KNFileFail(&source->file, KN_ERR_USAGE, "is %s, no texts: leave out %s", source->kind, option);
  if (texts || (source->format->read_rows && source->format != &KNFormat_Native)) {
    option = choice->x_count       ? "-x"
             : choice->y_count     ? "-y"
             : choice->u_count     ? "-u"
             : choice->points >= 0 ? "-points"
             : choice->stride > 1  ? "-stride"
                                   : NULL;
    if (option)
      return KNFileFail(&source->file, source->file.code, "is %s, which says itself what it holds: without %s",
                        source->kind, option);
  }
  return 0;
}

static int Open(KNSource source, const KNSourceChoice *choice)
{
  size_t row;

  KNCallFile(Recognise(source));
  KNCallFile(CheckChoice(source, choice));
  if (source->format->read_rows && source->format != &KNFormat_Native) {
    snprintf(source->problem.pde, sizeof(source->problem.pde), "images");
    snprintf(source->problem.equation, sizeof(source->problem.equation), "picture -> class");
    snprintf(source->problem.boundary, sizeof(source->problem.boundary), "none");
    source->problem.output.grid = KNGridMake(0, NULL, KN_POINTS_CELLS);
  }
  if (source->format == &KNFormat_Texts) {
    snprintf(source->problem.boundary, sizeof(source->problem.boundary), "none");
    source->problem.output.grid = KNGridMake(0, NULL, KN_POINTS_CELLS);
  }
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

  if (source) source->path = (char(*)[PETSC_MAX_PATH_LEN])calloc((size_t)npaths, sizeof(*source->path));
  if (!source || !source->path) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a source");
  source->paths = npaths;
  for (PetscInt i = 0; i < npaths; i++) snprintf(source->path[i], sizeof(source->path[i]), "%s", paths[i]);
  source->file.path = source->path[0];
  source->file.code = KN_ERR_INPUT;
  source->probing   = PETSC_TRUE;
  code              = Open(source, choice);
  if (!code && source->format == &KNFormat_Native) return KNProbeDataset(file);
  if (!code && source->format->probe) code = source->format->probe(source);
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
  PetscCheck(npaths >= 1 && npaths <= KN_MAX_PATHS, comm, KN_ERR_USAGE,
             "%" PetscInt_FMT " input files, expected one to %d", npaths, KN_MAX_PATHS);
  for (PetscInt i = 0; i < npaths; i++)
    PetscCheck(strlen(paths[i]) < PETSC_MAX_PATH_LEN, comm, KN_ERR_INPUT, "a path of %zu bytes", strlen(paths[i]));
  s = (KNSource)calloc(1, sizeof(*s));
  if (s) s->path = (char(*)[PETSC_MAX_PATH_LEN])calloc((size_t)npaths, sizeof(*s->path));
  PetscCheck(s && s->path, comm, PETSC_ERR_MEM, "no memory for a source");
  s->comm  = comm;
  s->paths = npaths;
  for (PetscInt i = 0; i < npaths; i++) PetscCall(PetscStrcpy(s->path[i], paths[i]));
  s->file.path = s->path[0];
  s->file.code = KN_ERR_INPUT;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  code = rank ? 0 : KNSourceAskProbe(&s->file, npaths, paths, choice);
  if (code) PetscCall(PetscMemcpy(message, s->file.message, sizeof(message)));
  failure = KNAgree(comm, code, "%s", message);
  if (failure) free(s->path);
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

PetscErrorCode KNSourceGetParameters(KNSource source, const double **parameters)
{
  PetscFunctionBegin;
  *parameters = source->parameters;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSourceGetRowName(KNSource source, PetscInt64 row, size_t size, char name[])
{
  PetscFunctionBegin;
  name[0] = 0;
  if (source->format->row_name) source->format->row_name(source, row, size, name);
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
  free((*source)->path);
  free((*source)->variable);
  free(*source);
  *source = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

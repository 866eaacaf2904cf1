/*
  Sinks: samples are written a batch at a time to a file under a temporary name of this process's own, so that two that
  write one file do not meet in it; it is flushed to disk and renamed when it is whole.

  All formats but the native one are written by rank 0 alone.
*/
#include "format_impl.h"
#include <kitinet/dataset_writer.h>
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

KNVariable *KNSinkAddPiece(KNSink sink, const char name[], const char axes[], PetscBool output, PetscInt field,
                           PetscInt fields)
{
  KNVariable *variable = &sink->variable[sink->variables];
  KNPiece    *piece    = &sink->piece[sink->pieces++];

  *variable = (KNVariable){.handle = -1};
  snprintf(variable->name, sizeof(variable->name), "%s", name);
  *piece = (KNPiece){.variable = (int)sink->variables++,
                     .output   = output,
                     .field    = field,
                     .fields   = fields,
                     .frames   = PetscMax(sink->problem.frames, 1)};
  snprintf(piece->axes, sizeof(piece->axes), "%s", axes);
  variable->rank = (int)strlen(axes);
  KNPieceShape(&sink->problem, piece, (size_t)sink->samples, variable->shape);
  return variable;
}

void KNSinkFieldName(KNSink sink, PetscBool output, PetscInt field, size_t size, char name[])
{
  const KNProblem *problem = &sink->problem;
  const KNField   *own     = output ? &problem->output.field[field] : &problem->input.field[field];
  PetscBool        shared  = PETSC_FALSE;

  for (PetscInt i = 0; i < problem->output.fields && !output; i++)
    shared = (PetscBool)(shared || !strcmp(own->name, problem->output.field[i].name));
  snprintf(name, size, "%s%s%s", shared ? "input_" : "", isalpha((unsigned char)own->name[0]) ? "" : "f", own->name);
  for (char *c = name; *c; c++) {
    if (!isalnum((unsigned char)*c)) *c = '_';
  }
}

/* Two arrays of one name would be one. */
static int CheckNames(KNSink sink)
{
  for (PetscInt i = 0; i < sink->variables; i++) {
    for (PetscInt j = 0; j < i; j++) {
      if (!strcmp(sink->variable[i].name, sink->variable[j].name))
        return KNFileFail(&sink->file, KN_ERR_USAGE,
                          "two fields would be called %s in this format, whose names have letters, digits and _ only: "
                          "take native or npy, or rename a field (inspect lists them)",
                          sink->variable[i].name);
    }
  }
  return 0;
}

/* Rank 0: may these files be written? */
static int CheckPaths(KNSink sink)
{
  struct stat first = {.st_ino = 0};

  for (PetscInt i = 0; i < sink->paths; i++) {
    struct stat status;
    int         descriptor;

    sink->file.path = sink->path[i];
    if (stat(sink->path[i], &status)) {
      if (!KNPathIsAbsent(errno))
        return KNFileFail(&sink->file, KN_ERR_USAGE, "cannot be looked at: %s; nothing is written over unseen",
                          strerror(errno));
    } else {
      if (!S_ISREG(status.st_mode)) return KNFileFail(&sink->file, KN_ERR_USAGE, "is no file: name the file to write");
      if (!sink->overwrite)
        return KNFileFail(&sink->file, KN_ERR_USAGE, "exists: choose another name, or give -overwrite to replace it");
    }
    if (i && !lstat(sink->temporary[i], &status) && status.st_ino == first.st_ino && status.st_dev == first.st_dev)
      return KNFileFail(&sink->file, KN_ERR_USAGE, "is named twice in -output: give each array a file of its own");
    descriptor = KNPathCreate(sink->temporary[i]);
    if (descriptor < 0)
      return KNFileFail(&sink->file, KN_ERR_USAGE, "cannot be created: %s%s", strerror(errno),
                        errno == ENOENT ? "; create the directory first" : "");
    sink->created = PETSC_TRUE;
    if (i == 0 && fstat(descriptor, &first)) first = (struct stat){.st_ino = 0};
    close(descriptor);
  }
  sink->file.path = sink->path[0];
  return 0;
}

static int Begin(KNSink sink)
{
  size_t largest = 1;

  KNCallFile(sink->format->plan(sink));
  KNCallFile(CheckNames(sink));
  KNCallFile(CheckPaths(sink));
  for (PetscInt i = 0; i < sink->pieces; i++) {
    size_t shape[KN_MAX_AXES], size = 1;

    KNPieceShape(&sink->problem, &sink->piece[i], (size_t)KNFormatBatch(&sink->problem, sink->samples), shape);
    for (size_t a = 0; a < strlen(sink->piece[i].axes); a++) size *= shape[a];
    largest = PetscMax(largest, size);
  }
  sink->raw = (float *)malloc(largest * sizeof(*sink->raw));
  if (!sink->raw) return KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for %zu values", largest);
  return sink->format->create(sink);
}

static PetscErrorCode Agree(KNSink sink)
{
  PetscFunctionBegin;
  PetscCall(KNAgree(sink->comm, sink->failure, "%s", sink->file.message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSinkCreate(MPI_Comm comm, PetscInt format, PetscInt npaths, const char *const paths[],
                            const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[],
                            PetscBool overwrite, KNSink *sink)
{
  const PetscInt expected = KNFormatGet(format) == &KNFormat_Npy ? 2 : 1;
  KNSink         s;
  PetscErrorCode code;

  PetscFunctionBegin;
  *sink = NULL;
  PetscCheck(npaths == expected, comm, KN_ERR_USAGE, "format %s writes %s: give -output %s", KNFormatNames()[format],
             expected == 2 ? "two files" : "one file",
             expected == 1     ? "FILE"
             : problem->frames ? "u.npy,t.npy"
                               : "x.npy,y.npy");
  PetscCall(PetscNew(&s));
  s->comm      = comm;
  s->format    = KNFormatGet(format);
  s->paths     = npaths;
  s->problem   = *problem;
  s->samples   = samples;
  s->overwrite = overwrite;
  s->file.path = s->path[0];
  s->file.code = KN_ERR_IO;
  PetscCallMPI(MPI_Comm_rank(comm, &s->rank));
  for (PetscInt i = 0; i < npaths; i++) {
    PetscCheck(strlen(paths[i]) < sizeof(s->path[i]), comm, KN_ERR_USAGE, "a path of %zu bytes", strlen(paths[i]));
    PetscCall(PetscStrcpy(s->path[i], paths[i]));
    PetscCheck(KNLockUnfinished(paths[i], sizeof(s->temporary[i]), s->temporary[i]), comm, KN_ERR_USAGE,
               "a path of %zu bytes", strlen(paths[i]));
  }
  *sink = s;
  if (s->format == &KNFormat_Native) {
    PetscCall(
      KNDatasetWriterCreate(comm, paths[0], problem, samples, seed, options, overwrite, (KNDatasetWriter *)&s->data));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (problem->output.kind != KN_SPACE_FIELD) PetscCall(KNSinkDestroy(sink));
  PetscCheck(*sink, comm, KN_ERR_USAGE,
             "format %s holds fields alone, these are samples of classes: take -format native",
             KNFormatNames()[format]);
  if (problem->coefficients || (problem->frames && problem->input.fields)) PetscCall(KNSinkDestroy(sink));
  PetscCheck(*sink, comm, KN_ERR_USAGE, "format %s has no place for %s: take -format native", KNFormatNames()[format],
             problem->coefficients ? "coefficients that differ from sample to sample"
                                   : "fields that stand still beside trajectories");
  PetscCall(PetscMalloc1(problem->frames + 1, &s->times));
  if (problem->frames) PetscCall(PetscArraycpy(s->times, problem->times, problem->frames));
  s->problem.times = s->times;
  if (s->rank == 0) {
    KNHDF5Start();
    KNHDF5Lock();
    s->failure = Begin(s);
    KNHDF5Unlock();
  }
  code = Agree(s);
  if (code) PetscCall(KNSinkDestroy(sink));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSinkGetShare(KNSink sink, PetscInt64 *start, PetscInt64 *end)
{
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(sink->comm, &size));
  *start = 0;
  *end   = sink->rank == 0 ? sink->samples : 0;
  if (sink->format == &KNFormat_Native) KNPartition(sink->samples, size, sink->rank, start, end);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int WritePieces(KNSink sink, PetscInt64 row, PetscInt64 count, const float x[], const float y[])
{
  for (PetscInt i = 0; i < sink->pieces; i++) {
    const KNPiece *piece              = &sink->piece[i];
    size_t         start[KN_MAX_AXES] = {0}, extent[KN_MAX_AXES];

    KNPieceStore(&sink->problem, piece, (size_t)count, piece->output ? y : x, extent, sink->raw);
    start[strchr(piece->axes, 'n') - piece->axes] = (size_t)row;
    KNCallFile(sink->format->write(sink, &sink->variable[piece->variable], start, extent, sink->raw));
  }
  return sink->format->observe ? sink->format->observe(sink, count, y) : 0;
}

PetscErrorCode KNSinkWrite(KNSink sink, PetscInt64 row, PetscInt64 count, const PetscInt64 index[], const float x[],
                           const float y[], const int32_t label[], const double parameters[])
{
  PetscFunctionBegin;
  if (sink->format == &KNFormat_Native) {
    const size_t nx = KNProblemInputSize(&sink->problem), ny = KNProblemOutputSize(&sink->problem);
    const size_t P = (size_t)sink->problem.coefficients;

    for (PetscInt64 i = 0; i < count; i++) {
      const KNRow value = {.x          = x + (size_t)i * nx,
                           .y          = y + (size_t)i * ny,
                           .label      = label ? label[i] : 0,
                           .parameters = parameters ? parameters + (size_t)i * P : NULL};

      PetscCall(KNDatasetWriterWriteRow((KNDatasetWriter)sink->data, row + i, index[i], &value));
    }
  } else if (!sink->failure) {
    KNHDF5Lock();
    sink->failure = WritePieces(sink, row, count, x, y);
    KNHDF5Unlock();
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSinkWriteTokens(KNSink sink, PetscInt64 row, PetscInt64 count, const PetscInt64 index[],
                                 const int32_t token[], const int32_t length[], const int32_t label[])
{
  const size_t L = (size_t)sink->problem.input.length;

  PetscFunctionBegin;
  for (PetscInt64 i = 0; i < count; i++) {
    const KNRow value = {.token = token + (size_t)i * L, .length = length[i], .label = label[i]};

    PetscCall(KNDatasetWriterWriteRow((KNDatasetWriter)sink->data, row + i, index[i], &value));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  What was not published is removed. After a failed write HDF5 may crash while it closes the file: that is left to the
  end of the process.
*/
static void Discard(KNSink sink)
{
  if (!sink->created || sink->published) return;
  KNHDF5Lock();
  if (!sink->failure && sink->format->abandon) sink->format->abandon(sink);
  KNHDF5Unlock();
  for (PetscInt i = 0; i < sink->paths; i++) unlink(sink->temporary[i]);
  sink->created = PETSC_FALSE;
}

/* On disk under its final name, and the name on disk too. */
static int Rename(KNSink sink, PetscInt i)
{
  const int descriptor = open(sink->temporary[i], O_RDWR | O_CLOEXEC);
  int       failure    = descriptor < 0 || fsync(descriptor) ? errno : 0;

  sink->file.path = sink->path[i];
  if (descriptor >= 0) close(descriptor);
  if (failure) return KNFileFail(&sink->file, KN_ERR_IO, "cannot be flushed to disk: %s", strerror(failure));
  if (rename(sink->temporary[i], sink->path[i]))
    return KNFileFail(&sink->file, KN_ERR_IO, "cannot be renamed to its final name: %s", strerror(errno));
  (void)KNFolderFlush(sink->path[i]); /* not every file system can; the rename itself has happened */
  return 0;
}

PetscErrorCode KNSinkPublish(KNSink sink)
{
  PetscFunctionBegin;
  if (sink->format == &KNFormat_Native) {
    PetscCall(KNDatasetWriterPublish((KNDatasetWriter)sink->data));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (sink->rank == 0) {
    KNHDF5Lock();
    if (!sink->failure) sink->failure = sink->format->finish(sink);
    KNHDF5Unlock();
    for (PetscInt i = 0; i < sink->paths && !sink->failure; i++) sink->failure = Rename(sink, i);
    sink->published = (PetscBool)!sink->failure;
    if (sink->failure) Discard(sink);
  }
  PetscCall(Agree(sink));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSinkDestroy(KNSink *sink)
{
  KNSink s = *sink;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  if (s->format == &KNFormat_Native) {
    KNDatasetWriter writer = (KNDatasetWriter)s->data;

    PetscCall(KNDatasetWriterDestroy(&writer));
  } else if (s->rank == 0) {
    Discard(s);
  }
  free(s->raw);
  PetscCall(PetscFree(s->times));
  PetscCall(PetscFree(s));
  *sink = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

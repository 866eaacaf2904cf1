/* The run directory. Rank 0 touches the files; all ranks learn of a failure. */
#include <kitinet/error.h>
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <kitinet/record.h>
#include <kitinet/run.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct _p_KNRun {
  char        directory[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  const KNTaskInfo *task; /* since KNRunStart; not owned */
};

/* Bytes of a row of metrics, and of its header. */
enum { ROW = 64 * (6 + KN_MAX_MEASURES) };

/* Whether a measure has a column of its own. */
static PetscBool HasColumn(const KNTaskInfo *task, PetscInt m)
{
  return (PetscBool)(task->measure[m].test && m != task->curve);
}

/* The first line of metrics.csv. */
static PetscErrorCode PrintHeader(const KNTaskInfo *task, char header[ROW])
{
  size_t used;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(header, "epoch,train,test,lr,seconds,data_wait", ROW));
  for (PetscInt m = 0; m < task->measures; m++) {
    used = strlen(header);
    if (HasColumn(task, m)) PetscCall(PetscSNPrintf(header + used, ROW - used, ",test_%s", task->measure[m].name));
  }
  PetscCall(PetscStrlcat(header, "\n", ROW));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The task whose header a file begins with; the first where none does. */
static PetscErrorCode FindTask(const char text[], const KNTaskInfo **task)
{
  char header[ROW];

  PetscFunctionBegin;
  for (PetscInt i = 0; (*task = KNTaskGetRegistered(i)); i++) {
    PetscCall(PrintHeader(*task, header));
    if (!strncmp(text, header, strlen(header))) PetscFunctionReturn(PETSC_SUCCESS);
  }
  *task = KNTaskGetRegistered(0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* mkdir -p; returns 0, or errno. */
static int MakeDirectories(const char directory[])
{
  char        path[PETSC_MAX_PATH_LEN];
  struct stat status;

  (void)snprintf(path, sizeof(path), "%s", directory);
  for (char *c = path + 1; *c; c++) {
    if (*c != '/') continue;
    *c = 0;
    if (mkdir(path, 0777) && errno != EEXIST) return errno;
    *c = '/';
  }
  if (mkdir(path, 0777) && errno != EEXIST) return errno;
  if (stat(path, &status)) return errno;
  if (!S_ISDIR(status.st_mode)) return ENOTDIR;
  return access(path, W_OK | X_OK) ? errno : 0;
}

PetscErrorCode KNDirectoryCreate(const char kind[], const char directory[], const char option[])
{
  PetscMPIInt rank;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = MakeDirectories(directory);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : 0, "%s %s: %s; choose another with %s", kind, directory, strerror(failure), option));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunCreate(const char directory[], KNRun *run)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(run));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &(*run)->rank));
  PetscCall(PetscStrncpy((*run)->directory, directory, sizeof((*run)->directory)));
  PetscCall(KNDirectoryCreate("run directory", directory, "-run"));
  PetscCall(KNLockTake(PETSC_COMM_WORLD, directory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunDestroy(KNRun *run)
{
  PetscFunctionBegin;
  KNLockRelease();
  PetscCall(PetscFree(*run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunPath(const char directory[], const char name[], char path[])
{
  PetscFunctionBegin;
  PetscCheck(strlen(directory) + strlen(name) + 16 < PETSC_MAX_PATH_LEN, PETSC_COMM_WORLD, KN_ERR_USAGE, "run directory %.64s...: the path is too long", directory);
  PetscCall(PetscSNPrintf(path, PETSC_MAX_PATH_LEN, "%s/%s", directory, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunHasCheckpoint(const char directory[], PetscBool *has)
{
  char        path[PETSC_MAX_PATH_LEN], previous[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  PetscBool   current = PETSC_FALSE, older = PETSC_FALSE;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(directory, "checkpoint.h5", path));
  PetscCall(KNRunPath(directory, "checkpoint.h5.previous", previous));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathExists(path, &current);
  if (rank == 0 && !failure) failure = KNPathExists(previous, &older);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0, "%s: cannot be looked at: %s; a run that may have begun is not begun again", path, strerror(failure)));
  *has = (PetscBool)(current || older);
  PetscCallMPI(MPI_Bcast(has, 1, MPIU_BOOL, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTextRead(const char path[], const char hint[], char **text)
{
  char       *found = NULL;
  PetscMPIInt rank;
  size_t      size    = 0;
  int         failure = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) failure = KNPathReadText(path, &found);
  if (rank == 0 && !found && !failure) failure = ENOENT;
  if (found) size = strlen(found) + 1;
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0, "%s: cannot be read: %s; %s", path, strerror(failure), hint));
  PetscCallMPI(MPI_Bcast(&size, sizeof(size), MPI_BYTE, 0, PETSC_COMM_WORLD));
  PetscCall(PetscMalloc1(size, text));
  if (rank == 0) memcpy(*text, found, size);
  free(found);
  PetscCallMPI(MPI_Bcast(*text, (PetscMPIInt)size, MPI_CHAR, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunReadConfig(const char directory[], char **yaml)
{
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(KNRunPath(directory, "config.yaml", path));
  PetscCall(KNTextRead(path, "a run resumes with the options it began with", yaml));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends a number and what stands before it; nothing where there is none. */
static void PrintReal(char row[ROW], const char before[], PetscReal value)
{
  const size_t used = strlen(row);

  if (PetscIsNanReal(value)) (void)snprintf(row + used, ROW - used, "%s", before);
  else (void)snprintf(row + used, ROW - used, "%s%.6e", before, (double)value);
}

static PetscErrorCode PrintRow(const KNTaskInfo *task, const KNMetrics *metrics, char row[ROW])
{
  size_t used;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(row, ROW, "%" PetscInt64_FMT, metrics->epoch));
  PrintReal(row, ",", metrics->train);
  PrintReal(row, ",", metrics->test[task->curve]);
  PrintReal(row, ",", metrics->lr);
  used = strlen(row);
  PetscCall(PetscSNPrintf(row + used, ROW - used, ",%.3f,%.4f", metrics->seconds, metrics->wait));
  for (PetscInt m = 0; m < task->measures; m++) {
    if (HasColumn(task, m)) PrintReal(row, ",", metrics->test[m]);
  }
  PetscCall(PetscStrlcat(row, "\n", ROW));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same row as a JSON object, under the names of the header; what is no number (no test, NaN) as null. */
static PetscErrorCode PrintObject(const KNTaskInfo *task, const char row[], size_t size, char object[])
{
  char        header[ROW];
  const char *name = header;

  PetscFunctionBegin;
  PetscCall(PrintHeader(task, header));
  PetscCall(PetscStrncpy(object, "{", size));
  while (*row) {
    const int       length = (int)strcspn(name, ",\n"), digits = (int)strcspn(row, ",\n");
    const PetscBool number  = (PetscBool)(isdigit((unsigned char)row[row[0] == '-']) != 0);
    const size_t    written = strlen(object);

    PetscCall(PetscSNPrintf(object + written, size - written, "\"%.*s\": %.*s%s", length, name, number ? digits : 4, number ? row : "null", row[digits] == ',' ? ", " : "}\n"));
    name += length + 1;
    row += digits + 1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The number after the comma, and on to the next comma; NaN where there is none. */
static PetscReal ReadReal(char **next)
{
  char     *end;
  PetscReal value;

  if (**next != ',') return NAN;
  (*next)++;
  value = strtod(*next, &end);
  if (end == *next) return NAN;
  *next = end;
  return value;
}

/* The rows of a metrics.csv, and whose they are; text may be NULL. */
static PetscErrorCode ParseMetrics(const char text[], const KNTaskInfo **task, PetscInt *count, KNMetrics **metrics)
{
  PetscFunctionBegin;
  *count   = 0;
  *metrics = NULL;
  PetscCall(FindTask(text ? text : "", task));
  for (const char *line = text ? strchr(text, '\n') : NULL; line && line[1]; line = strchr(line + 1, '\n')) { /* the first line is the header */
    KNMetrics row = {.epoch = 0};
    char     *next;

    for (PetscInt m = 0; m < KN_MAX_MEASURES; m++) row.test[m] = NAN;
    row.epoch                = strtoll(line + 1, &next, 10);
    row.train                = ReadReal(&next);
    row.test[(*task)->curve] = ReadReal(&next);
    row.lr                   = ReadReal(&next);
    row.seconds              = ReadReal(&next);
    row.wait                 = ReadReal(&next);
    for (PetscInt m = 0; m < (*task)->measures; m++) {
      if (HasColumn(*task, m)) row.test[m] = ReadReal(&next);
    }
    if (*next != '\n') break; /* a row that was cut short */
    PetscCall(PetscRealloc((size_t)(*count + 1) * sizeof(row), metrics));
    (*metrics)[(*count)++] = row;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunReadMetrics(const char directory[], const KNTaskInfo **task, PetscInt *count, KNMetrics **metrics)
{
  const KNTaskInfo *found;
  char              path[PETSC_MAX_PATH_LEN], *text;
  int               failure;

  PetscFunctionBegin;
  PetscCall(KNRunPath(directory, "metrics.csv", path));
  failure = KNPathReadText(path, &text);
  PetscCheck(!failure, PETSC_COMM_SELF, KN_ERR_INPUT, "%s: cannot be read: %s", path, strerror(failure));
  PetscCall(ParseMetrics(text, &found, count, metrics));
  if (task) *task = found;
  free(text);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunStart(KNRun run, const KNTaskInfo *task, const char yaml[], PetscInt64 done, PetscReal *seconds)
{
  enum { OBJECT = 2 * ROW };
  const KNTaskInfo *earlier;
  char       path[PETSC_MAX_PATH_LEN], *found = NULL, *text = NULL, *objects = NULL;
  KNMetrics *metrics = NULL;
  PetscInt   count   = 0;
  size_t     size = 0, objects_size = 0;
  int        failure = 0;

  PetscFunctionBegin;
  *seconds  = 0;
  run->task = task;
  PetscCall(KNRunPath(run->directory, "metrics.csv", path));
  if (run->rank == 0) failure = KNPathReadText(path, &found);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0, "%s: cannot be read: %s; its rows up to here would be lost", path, strerror(failure)));
  PetscCall(KNRunPath(run->directory, "config.yaml", path));
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, strlen(yaml), yaml));
  if (run->rank == 0) {
    PetscCall(ParseMetrics(found, &earlier, &count, &metrics));
    free(found);
    PetscCall(PetscMalloc2((size_t)(1 + count) * ROW, &text, (size_t)count * OBJECT + 1, &objects));
    PetscCall(PrintHeader(task, text));
    size = strlen(text);
    for (PetscInt i = 0; i < count && metrics[i].epoch <= done; i++) {
      PetscCall(PrintRow(task, &metrics[i], text + size));
      PetscCall(PrintObject(task, text + size, OBJECT, objects + objects_size));
      size += strlen(text + size);
      objects_size += strlen(objects + objects_size);
      *seconds = metrics[i].seconds;
    }
    PetscCall(PetscFree(metrics));
  }
  PetscCall(KNRunPath(run->directory, "metrics.csv", path));
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, size, text));
  PetscCall(KNRunPath(run->directory, "metrics.jsonl", path));
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, objects_size, objects));
  PetscCall(PetscFree2(text, objects));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends text to a file of the run; all ranks learn of a failure. */
static PetscErrorCode Append(KNRun run, const char name[], const char text[])
{
  char path[PETSC_MAX_PATH_LEN], message[1024] = "";
  int  failure = 0, lost = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(run->directory, name, path));
  if (run->rank == 0) lost = KNLockCheck(sizeof(message), message);
  if (run->rank == 0 && !lost) {
    FILE *file;

    errno = 0;
    file  = fopen(path, "a");
    if (!file || fputs(text, file) < 0 || fflush(file)) failure = errno ? errno : EIO;
    if (file && fclose(file) && !failure) failure = errno;
  }
  if (failure) (void)snprintf(message, sizeof(message), "%.900s: writing failed: %s", path, strerror(failure));
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_IO : lost, "%s", message));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunAddMetrics(KNRun run, const KNMetrics *metrics)
{
  char row[ROW], object[2 * ROW];

  PetscFunctionBegin;
  PetscCall(PrintRow(run->task, metrics, row));
  PetscCall(PrintObject(run->task, row, sizeof(object), object));
  PetscCall(Append(run, "metrics.csv", row));
  PetscCall(Append(run, "metrics.jsonl", object));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunLog(KNRun run, const char format[], ...)
{
  char      line[1024], text[1024 + 64];
  va_list   arguments;
  time_t    now = time(NULL);
  struct tm local;

  PetscFunctionBegin;
  va_start(arguments, format);
  (void)vsnprintf(line, sizeof(line), format, arguments);
  va_end(arguments);
  localtime_r(&now, &local);
  strftime(text, 32, "%Y-%m-%d %H:%M:%S  ", &local);
  PetscCall(PetscStrlcat(text, line, sizeof(text)));
  PetscCall(PetscStrlcat(text, "\n", sizeof(text)));
  PetscCall(Append(run, "log.txt", text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunTableStart(KNRun run, const char name[], const char header[], PetscInt64 done)
{
  char   path[PETSC_MAX_PATH_LEN], *found = NULL, *kept = NULL;
  size_t size    = 0;
  int    failure = 0;

  PetscFunctionBegin;
  PetscCall(KNRunPath(run->directory, name, path));
  if (run->rank == 0) failure = KNPathReadText(path, &found);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0, "%s: cannot be read: %s; its rows up to here would be lost", path, strerror(failure)));
  if (run->rank == 0) {
    const char *line;

    PetscCall(PetscMalloc1(strlen(header) + (found ? strlen(found) : 0) + 1, &kept));
    size = (size_t)sprintf(kept, "%s", header);
    line = found ? strchr(found, '\n') : NULL;
    for (const char *end; line && (end = strchr(++line, '\n')) && strtoll(line, NULL, 10) <= done; line = end) {
      memcpy(kept + size, line, (size_t)(end - line) + 1);
      size += (size_t)(end - line) + 1;
    }
    free(found);
  }
  PetscCall(KNFileWriteWhole(PETSC_COMM_WORLD, path, size, kept));
  PetscCall(PetscFree(kept));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRunTableAdd(KNRun run, const char name[], const char rows[])
{
  PetscFunctionBegin;
  PetscCall(Append(run, name, rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

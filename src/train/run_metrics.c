/*
  metrics.csv and metrics.jsonl: a row an epoch. Which columns there are follows from the task, and which task it was
  from the columns.
*/
#include "run_impl.h"
#include <kitinet/error.h>
#include <kitinet/path.h>
#include <kitinet/record.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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

    PetscCall(PetscSNPrintf(object + written, size - written, "\"%.*s\": %.*s%s", length, name, number ? digits : 4,
                            number ? row : "null", row[digits] == ',' ? ", " : "}\n"));
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
  if (**next == '\n') return NAN; /* strtod() would go on in the next row */
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
  for (const char *line = text ? strchr(text, '\n') : NULL; line && line[1];
       line             = strchr(line + 1, '\n')) { /* the first line is the header */
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
  char              path[PETSC_MAX_PATH_LEN], *found = NULL, *text = NULL, *objects = NULL;
  KNMetrics        *metrics = NULL;
  PetscInt          count   = 0;
  size_t            size = 0, objects_size = 0;
  int               failure = 0;

  PetscFunctionBegin;
  *seconds  = 0;
  run->task = task;
  PetscCall(KNRunPath(run->directory, "metrics.csv", path));
  if (run->rank == 0) failure = KNPathReadText(path, &found);
  PetscCall(KNAgree(PETSC_COMM_WORLD, failure ? KN_ERR_INPUT : 0,
                    "%s: cannot be read: %s; its rows up to here would "
                    "be lost",
                    path, strerror(failure)));
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

PetscErrorCode KNRunAddMetrics(KNRun run, const KNMetrics *metrics)
{
  char row[ROW], object[2 * ROW];

  PetscFunctionBegin;
  PetscCall(PrintRow(run->task, metrics, row));
  PetscCall(PrintObject(run->task, row, sizeof(object), object));
  PetscCall(KNRunAppend(run, "metrics.csv", row));
  PetscCall(KNRunAppend(run, "metrics.jsonl", object));
  PetscFunctionReturn(PETSC_SUCCESS);
}

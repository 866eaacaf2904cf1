/*
  kitinet watch: follows runs at the terminal, as they go or afterwards: what of them stands in the files, again every
  few seconds.

  It reads only, and whole lines only: a run may write meanwhile, or begin later.
*/
#include "command.h"
#include "watch_plot.h"
#include <kitinet/progress.h>
#include <kitinet/run.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  PetscInt  runs;
  char    **run; /* directories */
  PetscBool once;
  PetscReal every; /* seconds between two looks */
  int       colour, braille, terminal;
  size_t    columns, rows;
} Watch;

static volatile sig_atomic_t interrupted;

static void Interrupt(int signal)
{
  (void)signal;
  interrupted = 1;
}

/* What is known of one run now. */
typedef struct {
  PetscInt          count;
  KNMetrics        *metrics; /* (count) */
  const KNTaskInfo *task;
  long              epochs;        /* to train in all, 0: unknown */
  double            saved;         /* seconds since the last checkpoint, < 0: none */
  double           *x, *y[2];      /* (count) epoch; train, test */
  KNMetrics        *tested, *best; /* the last row that was tested, and the best; NULL: none */
  char              name[2][PETSC_MAX_PATH_LEN];
} Sight;

static PetscErrorCode Look(const char directory[], Sight *sight)
{
  char        path[PETSC_MAX_PATH_LEN], line[512];
  struct stat status;
  FILE       *file;

  PetscFunctionBegin;
  *sight = (Sight){.saved = -1};
  PetscCall(KNRunReadMetrics(directory, &sight->task, &sight->count, &sight->metrics));
  PetscCall(KNRunPath(directory, "config.yaml", path));
  file = fopen(path, "r");
  PetscCheck(file || errno == ENOENT, PETSC_COMM_SELF, KN_ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
  while (file && fgets(line, sizeof(line), file)) (void)sscanf(line, "train_epochs: %ld", &sight->epochs);
  if (file) fclose(file);
  PetscCall(KNRunPath(directory, "checkpoint.h5", path));
  if (!stat(path, &status)) sight->saved = PetscMax(difftime(time(NULL), status.st_mtime), 0);
  else PetscCheck(errno == ENOENT, PETSC_COMM_SELF, KN_ERR_INPUT, "%s: cannot be looked at: %s", path, strerror(errno));
  PetscCall(PetscMalloc3(sight->count, &sight->x, sight->count, &sight->y[0], sight->count, &sight->y[1]));
  for (PetscInt i = 0; i < sight->count; i++) {
    sight->x[i]    = (double)sight->metrics[i].epoch;
    sight->y[0][i] = sight->metrics[i].train;
    sight->y[1][i] = sight->metrics[i].test[sight->task->curve];
    if (PetscIsNanReal(sight->metrics[i].test[0])) continue;
    sight->tested = &sight->metrics[i];
    if (!sight->best || KNMeasureBetter(&sight->task->measure[0], sight->tested->test[0], sight->best->test[0]))
      sight->best = sight->tested;
  }
  PetscCall(PetscSNPrintf(sight->name[0], PETSC_MAX_PATH_LEN, "%s train", directory));
  PetscCall(PetscSNPrintf(sight->name[1], PETSC_MAX_PATH_LEN, "%s test", directory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Forget(Sight *sight)
{
  PetscFunctionBegin;
  PetscCall(PetscFree3(sight->x, sight->y[0], sight->y[1]));
  PetscCall(PetscFree(sight->metrics));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Finished(const Sight *sight)
{
  return (PetscBool)(sight->epochs && sight->count && sight->metrics[sight->count - 1].epoch >= sight->epochs);
}

static PetscErrorCode PrintNumbers(const char directory[], const Sight *sight)
{
  const KNMetrics *last = sight->count ? &sight->metrics[sight->count - 1] : NULL, *best = sight->best;
  const KNMeasure *first = &sight->task->measure[0], *curve = &sight->task->measure[sight->task->curve];
  char             text[32];

  PetscFunctionBegin;
  if (!last) {
    printf("%s  %s\n", directory, sight->epochs ? "in its first epoch" : "has not begun");
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  printf("%s  epoch %lld", directory, (long long)last->epoch);
  if (sight->epochs) printf("/%ld", sight->epochs);
  PetscCall(KNMeasurePrint(curve, 3, last->train, sizeof(text), text));
  printf("  train %s", text);
  if (best) {
    PetscCall(KNMeasurePrint(curve, 3, sight->tested->test[sight->task->curve], sizeof(text), text));
    printf("  test %s", text);
    PetscCall(KNMeasurePrint(first, 3, sight->tested->test[0], sizeof(text), text));
    if (first != curve) printf("  %s %s", first->name, text);
    PetscCall(KNMeasurePrint(first, 3, best->test[0], sizeof(text), text));
    printf("  best %s after epoch %lld", text, (long long)best->epoch);
  }
  printf("  lr %.2e  %.2f s an epoch", (double)last->lr, (double)(last->seconds / (PetscReal)last->epoch));
  if (Finished(sight)) printf("  finished");
  else if (sight->epochs) {
    PetscCall(KNFormatTime(last->seconds / (PetscReal)last->epoch * (PetscReal)(sight->epochs - last->epoch), text));
    printf("  %s left", text);
  }
  if (sight->saved >= 0) {
    PetscCall(KNFormatTime(sight->saved, text));
    printf("  checkpoint %s ago", text);
  }
  printf("\n");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Draws all runs once. going: at least one of them is not finished. */
static PetscErrorCode Show(const Watch *watch, PetscBool *going)
{
  KNCurve curve[KN_PLOT_CURVES];
  Sight  *sight;
  size_t  curves = 0;

  PetscFunctionBegin;
  *going = PETSC_FALSE;
  PetscCall(PetscMalloc1(watch->runs, &sight));
  if (watch->terminal && !watch->once) printf("\033[H\033[J"); /* home, and clear */
  for (PetscInt r = 0; r < watch->runs; r++) {
    PetscCall(Look(watch->run[r], &sight[r]));
    PetscCall(PrintNumbers(watch->run[r], &sight[r]));
    if (!Finished(&sight[r])) *going = PETSC_TRUE;
    for (int k = 0; k < 2 && curves < KN_PLOT_CURVES; k++) {
      if (k == 0 ? sight[r].count > 0 : sight[r].tested != NULL)
        curve[curves++] =
          (KNCurve){.name = sight[r].name[k], .x = sight[r].x, .y = sight[r].y[k], .n = (size_t)sight[r].count};
    }
  }
  KNPlotCurves(stdout, curve, curves, watch->columns,
               watch->rows > (size_t)watch->runs + 2 ? watch->rows - (size_t)watch->runs - 2 : 0, watch->colour,
               watch->braille);
  fflush(stdout);
  for (PetscInt r = 0; r < watch->runs; r++) PetscCall(Forget(&sight[r]));
  PetscCall(PetscFree(sight));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the terminal can show; 80 x 24 and letters for a file or a pipe. */
static void MeasureTerminal(Watch *watch)
{
  struct winsize size;

  watch->terminal = isatty(STDOUT_FILENO);
  watch->colour   = watch->terminal && !getenv("NO_COLOR");
  watch->braille  = setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8");
  watch->columns  = 80;
  watch->rows     = 24;
  if (watch->terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col && size.ws_row) {
    watch->columns = size.ws_col;
    watch->rows    = size.ws_row;
  }
}

PetscErrorCode KNCommand_Watch(const char purpose[], PetscBool *stopped)
{
  Watch       watch = {.every = 2};
  PetscBool   done, going = PETSC_TRUE;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Runs"));
  PetscCall(KNOptionsList("-run", "run directories, separated by commas; required", &watch.runs, &watch.run));
  PetscCall(KNOptionsBool("-once", "show the runs once and end, for scripts and logs", &watch.once));
  PetscCall(KNOptionsReal("-every", "seconds between updates of the screen", 0.1, 86400, &watch.every));
  PetscCall(KNOptionsEnd("watch", purpose, &done));
  if (done) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(watch.runs, PETSC_COMM_WORLD, KN_ERR_USAGE, "no run to watch: add -run DIRECTORY");
  for (PetscInt r = 0; r < watch.runs && watch.once; r++)
    PetscCheck(!access(watch.run[r], R_OK | X_OK), PETSC_COMM_WORLD, KN_ERR_INPUT, "run directory %s: %s", watch.run[r],
               strerror(errno));
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) {
    const struct sigaction action = {.sa_handler = Interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    while (going && !interrupted) {
      const struct timespec pause = {.tv_sec  = (time_t)watch.every,
                                     .tv_nsec = (long)(1e9 * (watch.every - (PetscReal)(time_t)watch.every))};

      MeasureTerminal(&watch);
      PetscCall(Show(&watch, &going));
      if (watch.once) break;
      if (going) nanosleep(&pause, NULL);
    }
  }
  PetscCall(KNOptionsListDestroy(watch.runs, &watch.run));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Pictures of kitinet evaluate. By one rank. */
#include "evaluate.h"
#include <kitinet/condensation.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>

enum { SHOWN = 3 };

/* The best, the median and the worst sample: what a network says of them. */
typedef struct {
  const KNProblem *problem;
  float           *values; /* (SHOWN): input, truth, prediction, prediction - truth, (nx + 3 ny) */
  size_t           nx, ny;
  char             label[SHOWN][64];
  const char      *labels[SHOWN];
} Shown;

static float *Input(const Shown *shown, int r)
{
  return shown->values + (size_t)r * (shown->nx + 3 * shown->ny);
}
static float *Truth(const Shown *shown, int r)
{
  return Input(shown, r) + shown->nx;
}
static float *Prediction(const Shown *shown, int r)
{
  return Truth(shown, r) + shown->ny;
}
static float *Difference(const Shown *shown, int r)
{
  return Prediction(shown, r) + shown->ny;
}

static PetscErrorCode ShownDestroy(Shown *shown)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&shown->values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* shown->values NULL: no sample has an error, none is better or worse than another. */
static PetscErrorCode ShownCreate(const KNCandidate *candidate, KNDataset dataset, KNJudgement judgement, Shown *shown)
{
  static const char *const which[SHOWN] = {"best", "median", "worst"};
  const KNTaskInfo        *task         = KNTaskGetInfo(KNOperatorTask(candidate->op));
  const KNMeasure         *measure      = &task->measure[task->curve];
  PetscInt64               all;
  const PetscReal         *error   = KNJudgementGetValues(judgement, task->curve, &all);
  float                   *members = NULL, *x;
  PetscInt                *order, samples = 0;
  char                     message[1024];

  PetscFunctionBegin;
  *shown = (Shown){.values = NULL};
  PetscCall(KNDatasetGetProblem(dataset, &shown->problem));
  shown->nx = KNProblemInputSize(shown->problem);
  shown->ny = KNProblemOutputSize(shown->problem);
  PetscCall(PetscMalloc1(all, &order));
  for (PetscInt i = 0; i < all; i++) {
    if (!PetscIsNanReal(error[i])) order[samples++] = i;
  }
  PetscCall(PetscSortRealWithPermutation(samples, error, order));
  if (samples) PetscCall(KNMalloc(SHOWN * (shown->nx + 3 * shown->ny), sizeof(float), &shown->values));
  PetscCall(KNMalloc(shown->nx, sizeof(float), &x));
  if (candidate->members) PetscCall(KNMalloc((size_t)candidate->members * shown->ny, sizeof(float), &members));
  for (int r = 0; r < SHOWN && samples; r++) {
    const PetscInt64 row   = order[r == 0 ? 0 : r == 1 ? samples / 2 : samples - 1];
    float           *input = Input(shown, r), *truth = Truth(shown, r), *prediction = Prediction(shown, r);
    const PetscInt   frames = shown->problem->frames;
    const KNPass     pass   = {.samples = 1, .index = &row};
    int              code   = KNDatasetRead(dataset, row, input, truth, sizeof(message), message);

    PetscCheck(!code, PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", message); /* it was read a moment ago */
    if (members) {
      PetscCall(KNEnsemblePredict(candidate->op, candidate->members, &pass, frames, input, x, truth, members));
      kn_ensemble_moments(prediction, NULL, members, (size_t)candidate->members, shown->ny, shown->ny);
    } else {
      PetscCall(PetscArraycpy(x, input, shown->nx));
      PetscCall(KNOperatorPredict(candidate->op, &pass, frames, x, truth, prediction));
    }
    for (size_t i = 0; i < shown->ny; i++) Difference(shown, r)[i] = prediction[i] - truth[i];
    PetscCall(PetscSNPrintf(shown->label[r], sizeof(shown->label[r]),
                            error[row] < 0.995 ? "%s, %.2g %s" : "%s, %.0f %s", which[r],
                            (double)(measure->scale * error[row]), measure->unit));
    shown->labels[r] = shown->label[r];
  }
  PetscCall(KNFree(&members));
  PetscCall(KNFree(&x));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row a sample: the input, or the first frame; then truth, prediction and their difference, of the last frame. */
static PetscErrorCode DrawSheet(const Shown *shown, const char path[])
{
  enum { COLUMNS = 4 };
  const KNProblem *problem = shown->problem;
  const size_t     last =
    (size_t)PetscMax(problem->frames - 1, 0) * (size_t)problem->output.fields * KNGridSize(&problem->output.grid);
  const char     *output   = problem->output.field[0].name;
  char            when[32] = "", title[COLUMNS][2 * KN_MAX_NAME];
  KNPictureColumn column[COLUMNS];
  const float    *panel[SHOWN * COLUMNS];
  const int       first = KNProblemOneGrid(problem) ? 0 : 1; /* a sheet has one grid: without inputs on another */

  PetscFunctionBegin;
  for (int r = 0; r < SHOWN; r++) {
    const float *row[COLUMNS] = {problem->frames ? Truth(shown, r) : Input(shown, r), Truth(shown, r) + last,
                                 Prediction(shown, r) + last, Difference(shown, r) + last};

    for (int c = first; c < COLUMNS; c++) panel[r * (COLUMNS - first) + c - first] = row[c];
  }
  if (problem->frames) {
    PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "%s at t = %.4g", output, (double)problem->times[0]));
    PetscCall(PetscSNPrintf(when, sizeof(when), " at t = %.4g", (double)problem->times[problem->frames - 1]));
  } else PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "input %s", problem->input.field[0].name));
  PetscCall(PetscSNPrintf(title[1], sizeof(title[1]), "true %s%s", output, when));
  PetscCall(PetscSNPrintf(title[2], sizeof(title[2]), "predicted %s%s", output, when));
  PetscCall(PetscSNPrintf(title[3], sizeof(title[3]), "predicted - true"));
  for (int c = 0; c < COLUMNS; c++) {
    const KNPictureScale scale = c == 2 ? KN_SCALE_SHARED : c == 3 ? KN_SCALE_SIGNED : KN_SCALE_OWN;

    column[c] = (KNPictureColumn){.title = title[c], .scale = scale};
  }
  PetscCall(
    KNPictureFields(path, NULL, &problem->output.grid, SHOWN, COLUMNS - first, column + first, shown->labels, panel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rollout: truth, prediction and their difference, frame by frame. */
static PetscErrorCode DrawFilm(const Shown *shown, const KNFilm *film, const char path[])
{
  enum { COLUMNS = 3 };
  const KNProblem *problem = shown->problem;
  const size_t     state   = (size_t)problem->output.fields * KNGridSize(&problem->output.grid);
  char             title[2][2 * KN_MAX_NAME], **caption;
  KNPictureColumn  column[COLUMNS] = {{.title = title[0], .scale = KN_SCALE_OWN},
                                      {.title = title[1], .scale = KN_SCALE_SHARED},
                                      {.title = "predicted - true", .scale = KN_SCALE_SIGNED}};
  const float    **panel;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)problem->frames * SHOWN * COLUMNS, &panel));
  for (PetscInt f = 0; f < problem->frames; f++) {
    for (int r = 0; r < SHOWN; r++) {
      panel[(f * SHOWN + r) * COLUMNS + 0] = Truth(shown, r) + (size_t)f * state;
      panel[(f * SHOWN + r) * COLUMNS + 1] = Prediction(shown, r) + (size_t)f * state;
      panel[(f * SHOWN + r) * COLUMNS + 2] = Difference(shown, r) + (size_t)f * state;
    }
  }
  PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "true %s", problem->output.field[0].name));
  PetscCall(PetscSNPrintf(title[1], sizeof(title[1]), "predicted %s", problem->output.field[0].name));
  PetscCall(KNFilmCaptions(problem, &caption));
  PetscCall(KNPictureFilm(path, KNFilmEnding(film), film->rate, &problem->output.grid, problem->frames,
                          (const char *const *)caption, SHOWN, COLUMNS, column, shown->labels, panel));
  PetscCall(PetscFree(caption));
  PetscCall(PetscFree(panel));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateDrawFields(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                    const KNFilm *film, KNJudgement judgement)
{
  char  path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];
  Shown shown;

  PetscFunctionBegin;
  PetscCall(ShownCreate(candidate, dataset, judgement, &shown));
  if (shown.values) {
    PetscCall(PetscSNPrintf(file, sizeof(file), "fields_%s", name));
    PetscCall(KNRunPath(candidate->directory, file, path));
    PetscCall(DrawSheet(&shown, path));
    PetscCall(PetscSNPrintf(file, sizeof(file), "film_%s", name));
    PetscCall(KNRunPath(candidate->directory, file, path));
    if (film->format) PetscCall(DrawFilm(&shown, film, path));
  }
  PetscCall(ShownDestroy(&shown));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether there is a number in any of the curves. */
static PetscBool Drawable(PetscInt n, const KNPictureCurve curve[])
{
  for (PetscInt k = 0; k < n; k++) {
    for (PetscInt i = 0; i < curve[k].n; i++) {
      if (!PetscIsInfOrNanReal(curve[k].y[i])) return PETSC_TRUE;
    }
  }
  return PETSC_FALSE;
}

PetscErrorCode KNEvaluateDrawPlots(const KNCandidate *candidate, const char name[], KNJudgement judgement)
{
  const KNTaskInfo *task = KNTaskGetInfo(KNOperatorTask(candidate->op));
  char              path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < task->plots; i++) {
    KNPictureCurve curve[KN_PLOT_LINES];
    KNPictureAxes  axes;
    KNPlot         plot;

    PetscCall(KNJudgementGetPlot(judgement, i, &plot));
    if (!plot.name) continue;
    PetscCall(PetscSNPrintf(file, sizeof(file), "%s_%s", plot.name, name));
    PetscCall(KNRunPath(candidate->directory, file, path));
    if (plot.table) {
      PetscCall(KNPictureTable(path, NULL, plot.x_title, plot.y_title, plot.table, plot.label, plot.part));
      continue;
    }
    for (PetscInt k = 0; k < plot.lines; k++) {
      curve[k] = (KNPictureCurve){.name = plot.line[k].name,
                                  .n    = plot.line[k].n,
                                  .x    = plot.line[k].x,
                                  .y    = plot.line[k].y,
                                  .low  = plot.line[k].low,
                                  .high = plot.line[k].high};
    }
    if (!Drawable(plot.lines, curve)) continue;
    axes = plot.log_x ? KN_AXES_LOG_XY : plot.log_y ? KN_AXES_LOG_Y : KN_AXES_LINEAR;
    PetscCall(KNPictureCurves(path, NULL, plot.x_title, plot.y_title, axes, plot.lines, curve));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "relative L2 error in %": beside an axis. */
static PetscErrorCode AxisTitle(const KNMeasure *measure, size_t size, char title[])
{
  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(title, size, "%s%s%s", measure->title, measure->unit[0] ? " in " : "", measure->unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The share of samples with a value whose value, of the measure that goes with the loss, is at most that on the axis.
*/
PetscErrorCode KNEvaluateDrawDistributions(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j,
                                           const char name[], const KNJudgement judgement[])
{
  const KNTaskInfo *task    = KNTaskGetInfo(KNOperatorTask(candidate[0].op));
  const KNMeasure  *measure = &task->measure[task->curve];
  KNPictureCurve   *curve;
  PetscReal        *share, *own;
  PetscInt64        samples;
  char(*label)[KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME], title[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  (void)KNJudgementGetValues(judgement[j], task->curve, &samples);
  PetscCall(PetscCalloc4(n, &curve, n, &label, n * samples, &share, n * samples, &own));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal *value = KNJudgementGetValues(judgement[i * m + j], task->curve, NULL);
    PetscReal       *x = own + i * samples, *y = share + i * samples;
    PetscInt         count = 0;

    for (PetscInt64 r = 0; r < samples; r++) {
      if (!PetscIsNanReal(value[r])) x[count++] = measure->scale * value[r];
    }
    PetscCall(PetscSortReal(count, x));
    for (PetscInt r = 0; r < count; r++) y[r] = (PetscReal)(r + 1) / (PetscReal)count;
    PetscCall(KNBaseName(candidate[i].directory, sizeof(label[i]), label[i]));
    curve[i] = (KNPictureCurve){.name = label[i], .n = count, .x = x, .y = y};
  }
  PetscCall(AxisTitle(measure, sizeof(title), title));
  PetscCall(PetscSNPrintf(file, sizeof(file), "distribution_%s", name));
  PetscCall(KNRunPath(candidate[0].directory, file, path));
  if (Drawable(n, curve))
    PetscCall(KNPictureCurves(path, NULL, title, "share of samples with at most this", KN_AXES_LINEAR, n, curve));
  PetscCall(PetscFree4(curve, label, share, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Train and test error over epochs of all candidates that are runs, beside the first of them. */
PetscErrorCode KNEvaluateDrawCurves(PetscInt n, const KNCandidate candidate[])
{
  const KNTaskInfo *task = KNTaskGetInfo(KNOperatorTask(candidate[0].op));
  KNPictureCurve   *curve;
  char(*name)[2 * KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], title[2 * KN_MAX_NAME];
  PetscReal *values;
  PetscInt   ncurves = 0;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(title, sizeof(title), "mean %s", task->measure[task->curve].title));
  PetscCall(PetscCalloc2(2 * (size_t)n, &curve, 2 * (size_t)n, &name));
  for (PetscInt i = 0; i < n; i++) {
    KNMetrics *metrics;
    PetscInt   count;
    int        tested = 0;
    char       run[KN_MAX_NAME];

    PetscCall(KNRunReadMetrics(candidate[i].directory, NULL, &count, &metrics));
    PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
    for (PetscInt k = 0; k < count && !tested; k++) tested = !PetscIsNanReal(metrics[k].test[task->curve]);
    for (int test = tested; test >= 0 && count; test--) {
      PetscCall(PetscMalloc1(2 * (size_t)count, &values));
      for (PetscInt k = 0; k < count; k++) {
        values[k]         = (PetscReal)metrics[k].epoch;
        values[count + k] = test ? metrics[k].test[task->curve] : metrics[k].train;
      }
      PetscCall(PetscSNPrintf(name[ncurves], sizeof(name[ncurves]), "%s, %s", run, test ? "test" : "train"));
      curve[ncurves] = (KNPictureCurve){.name    = name[ncurves],
                                        .n       = count,
                                        .x       = values,
                                        .y       = values + count,
                                        .partner = !test && tested ? ncurves : 0};
      ncurves++;
    }
    PetscCall(PetscFree(metrics));
  }
  PetscCall(KNRunPath(candidate[0].directory, "curves", path));
  if (ncurves) PetscCall(KNPictureCurves(path, NULL, "epoch", title, KN_AXES_LOG_Y, ncurves, curve));
  for (PetscInt i = 0; i < ncurves; i++) PetscCall(PetscFree(curve[i].x));
  PetscCall(PetscFree2(curve, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Rows of one measure of a run's condensation.csv as curves over epochs: mean, smallest and largest over the layers of a
  kind. values: (4, count), freed by the caller.
*/
static PetscErrorCode CondensationCurve(PetscInt count, const KNCondensation measured[], const PetscInt64 epoch[],
                                        const char kind[], int measure, KNPictureCurve *curve)
{
  PetscReal *values;
  PetscInt   n = 0, layers = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(4 * (size_t)count, &values));
  for (PetscInt i = 0; i < count; i++) {
    const PetscReal values_of[] = {measured[i].participation, measured[i].alignment, measured[i].effective_rank};
    const PetscReal v           = values_of[measure];
    PetscBool       same;

    PetscCall(PetscStrendswith(measured[i].layer, kind, &same));
    if (!same) continue;
    if (!n || values[n - 1] != (PetscReal)epoch[i]) {
      values[n]             = (PetscReal)epoch[i];
      values[count + n]     = 0;
      values[2 * count + n] = values[3 * count + n] = v;
      n++;
      layers = 0;
    }
    layers++;
    values[count + n - 1] += (v - values[count + n - 1]) / (PetscReal)layers;
    values[2 * count + n - 1] = PetscMin(values[2 * count + n - 1], v);
    values[3 * count + n - 1] = PetscMax(values[3 * count + n - 1], v);
  }
  *curve =
    (KNPictureCurve){.n = n, .x = values, .y = values + count, .low = values + 2 * count, .high = values + 3 * count};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateDrawCondensation(PetscInt n, const KNCandidate candidate[])
{
  static const char *const measure[] = {"participation", "alignment", "effective_rank"};
  static const char *const label[]   = {"participation ratio", "mean |cos| of two channels", "effective rank"};
  static const char *const kind[]    = {".linear", ".spectral"};
  KNPictureCurve          *curve;
  char(*name)[2 * KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], run[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(2 * (size_t)n, &curve, 2 * (size_t)n, &name));
  for (int m = 0; m < 3; m++) {
    PetscInt ncurves = 0;

    for (PetscInt i = 0; i < n; i++) {
      KNCondensation *measured;
      PetscInt64     *epoch;
      PetscInt        count;

      PetscCall(KNCondensationRead(candidate[i].directory, &count, &epoch, &measured));
      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      for (int k = 0; k < 2 && count; k++) {
        PetscCall(CondensationCurve(count, measured, epoch, kind[k], m, &curve[ncurves]));
        PetscCall(PetscSNPrintf(name[ncurves], sizeof(name[0]), "%s, %s", run, kind[k] + 1));
        curve[ncurves].name = name[ncurves];
        ncurves++;
      }
      PetscCall(PetscFree(epoch));
      PetscCall(PetscFree(measured));
    }
    PetscCall(KNRunPath(candidate[0].directory, measure[m], path));
    if (ncurves)
      PetscCall(
        KNPictureCurves(path, "mean and range over the blocks", "epoch", label[m], KN_AXES_LINEAR, ncurves, curve));
    for (PetscInt i = 0; i < ncurves; i++) PetscCall(PetscFree(curve[i].x));
  }
  PetscCall(PetscFree2(curve, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

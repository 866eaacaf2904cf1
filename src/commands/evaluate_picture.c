/* Pictures of kitinet evaluate. By one rank. */
#include "evaluate.h"
#include <kitinet/condensation.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>

/*
  Input, truth, prediction and error of the best, the median and the worst sample; of trajectories the first frame, then
  the last.
*/
PetscErrorCode KNEvaluateDrawFields(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                    KNJudgement judgement)
{
  enum { ROWS = 3, COLUMNS = 4 };
  static const char *const which[ROWS] = {"best", "median", "worst"};
  char                     path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME], label[ROWS][64];
  char                     when[32] = "", title[COLUMNS][2 * KN_MAX_NAME], message[1024];
  const char              *labels[ROWS];
  KNPictureColumn          column[COLUMNS];
  const float             *panel[ROWS * COLUMNS];
  const KNProblem         *problem;
  float                   *values, *x, *members = NULL;
  const KNTaskInfo        *task    = KNTaskGetInfo(KNOperatorTask(candidate->op));
  const KNMeasure         *measure = &task->measure[task->curve];
  PetscInt64               all;
  const PetscReal         *error = KNJudgementGetValues(judgement, task->curve, &all);
  PetscInt                *order, samples = 0;
  size_t                   S, nx, ny, last; /* last: where the field of the last frame begins */

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  S    = KNGridSize(&problem->output.grid);
  nx   = KNProblemInputSize(problem);
  ny   = KNProblemOutputSize(problem);
  last = (size_t)PetscMax(problem->frames - 1, 0) * (size_t)problem->output.fields * S;
  PetscCall(PetscMalloc1(all, &order));
  for (PetscInt i = 0; i < all; i++) {
    if (!PetscIsNanReal(error[i])) order[samples++] = i;
  }
  if (!samples) { /* none is better or worse than another */
    PetscCall(PetscFree(order));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscSortRealWithPermutation(samples, error, order));
  PetscCall(KNMalloc(ROWS * (nx + 3 * ny), sizeof(float), &values));
  PetscCall(KNMalloc(nx, sizeof(float), &x));
  if (candidate->members) PetscCall(KNMalloc((size_t)candidate->members * ny, sizeof(float), &members));
  for (int r = 0; r < ROWS; r++) {
    const PetscInt64 row   = order[r == 0 ? 0 : r == 1 ? samples / 2 : samples - 1];
    float           *input = values + (size_t)r * (nx + 3 * ny), *truth = input + nx, *prediction = truth + ny;
    float           *difference = prediction + ny;
    const KNPass     pass       = {.samples = 1, .index = &row};
    int              code       = KNDatasetRead(dataset, row, input, truth, sizeof(message), message);

    PetscCheck(!code, PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", message); /* it was read a moment ago */
    if (members) {
      PetscCall(KNEnsemblePredict(candidate->op, candidate->members, &pass, problem->frames, input, x, truth, members));
      kn_ensemble_moments(prediction, NULL, members, (size_t)candidate->members, ny, ny);
    } else {
      PetscCall(PetscArraycpy(x, input, nx));
      PetscCall(KNOperatorPredict(candidate->op, &pass, problem->frames, x, truth, prediction));
    }
    for (size_t i = 0; i < S; i++) difference[i] = prediction[last + i] - truth[last + i];
    panel[r * COLUMNS + 0] = problem->frames ? truth : input;
    panel[r * COLUMNS + 1] = truth + last;
    panel[r * COLUMNS + 2] = prediction + last;
    panel[r * COLUMNS + 3] = difference;
    PetscCall(PetscSNPrintf(label[r], sizeof(label[r]), error[row] < 0.995 ? "%s, %.2g %s" : "%s, %.0f %s", which[r],
                            (double)(measure->scale * error[row]), measure->unit));
    labels[r] = label[r];
  }
  if (problem->frames) {
    PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "%s at t = %.4g", problem->output.field[0].name,
                            (double)problem->times[0]));
    PetscCall(PetscSNPrintf(when, sizeof(when), " at t = %.4g", (double)problem->times[problem->frames - 1]));
  } else PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "input %s", problem->input.field[0].name));
  PetscCall(PetscSNPrintf(title[1], sizeof(title[1]), "true %s%s", problem->output.field[0].name, when));
  PetscCall(PetscSNPrintf(title[2], sizeof(title[2]), "predicted %s%s", problem->output.field[0].name, when));
  PetscCall(PetscSNPrintf(title[3], sizeof(title[3]), "predicted - true"));
  for (int c = 0; c < COLUMNS; c++) {
    const KNPictureScale scale = c == 2 ? KN_SCALE_SHARED : c == 3 ? KN_SCALE_SIGNED : KN_SCALE_OWN;

    column[c] = (KNPictureColumn){.title = title[c], .scale = scale};
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "fields_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  PetscCall(KNPictureFields(path, NULL, &problem->output.grid, ROWS, COLUMNS, column, labels, panel));
  PetscCall(KNFree(&members));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&values));
  PetscCall(PetscFree(order));
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
    for (PetscInt k = 0; k < plot.lines; k++) {
      curve[k] = (KNPictureCurve){.name = plot.line[k].name,
                                  .n    = plot.line[k].n,
                                  .x    = plot.line[k].x,
                                  .y    = plot.line[k].y,
                                  .low  = plot.line[k].low,
                                  .high = plot.line[k].high};
    }
    if (!Drawable(plot.lines, curve)) continue;
    PetscCall(PetscSNPrintf(file, sizeof(file), "%s_%s", plot.name, name));
    PetscCall(KNRunPath(candidate->directory, file, path));
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

/* Pictures of kitinet evaluate. By one rank. */
#include "evaluate.h"
#include <kitinet/condensation.h>
#include <kitinet/picture.h>
#include <kitinet/run.h>

/* Input, truth, prediction and error of the best, the median and the worst sample; of trajectories the first frame, then the last. */
PetscErrorCode KNEvaluateDrawFields(const KNCandidate *candidate, KNDataset dataset, const char name[], const KNJudgement *judgement)
{
  enum { ROWS = 3, COLUMNS = 4 };
  static const char *const which[ROWS] = {"best", "median", "worst"};
  char                     path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME], label[ROWS][64], when[32] = "", title[COLUMNS][2 * KN_MAX_NAME], message[1024];
  const char              *labels[ROWS];
  KNPictureColumn          column[COLUMNS];
  const float             *panel[ROWS * COLUMNS];
  const KNProblem         *problem;
  float                   *values, *x, *members = NULL;
  const PetscReal         *error   = judgement->error[KN_MEASURE_L2];
  const PetscInt           samples = (PetscInt)judgement->samples;
  PetscInt                *order;
  size_t                   S, nx, ny, last; /* last: where the field of the last frame begins */

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  S    = KNGridSize(&problem->output.grid);
  nx   = KNProblemInputSize(problem);
  ny   = KNProblemOutputSize(problem);
  last = (size_t)PetscMax(problem->frames - 1, 0) * (size_t)problem->output.fields * S;
  PetscCall(PetscMalloc1(samples, &order));
  for (PetscInt i = 0; i < samples; i++) order[i] = i;
  PetscCall(PetscSortRealWithPermutation(samples, error, order));
  PetscCall(KNMalloc(ROWS * (nx + 3 * ny), sizeof(float), &values));
  PetscCall(KNMalloc(nx, sizeof(float), &x));
  if (candidate->members) PetscCall(KNMalloc((size_t)candidate->members * ny, sizeof(float), &members));
  for (int r = 0; r < ROWS; r++) {
    const PetscInt64 row   = order[r == 0 ? 0 : r == 1 ? samples / 2 : samples - 1];
    float           *input = values + (size_t)r * (nx + 3 * ny), *truth = input + nx, *prediction = truth + ny, *difference = prediction + ny;
    const KNPass     pass  = {.samples = 1, .index = &row};
    int              code  = KNDatasetRead(dataset, row, input, truth, sizeof(message), message);

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
    PetscCall(PetscSNPrintf(label[r], sizeof(label[r]), error[row] < 0.995 ? "%s, %.2g %%" : "%s, %.0f %%", which[r], (double)(100 * error[row])));
    labels[r] = label[r];
  }
  if (problem->frames) {
    PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "%s at t = %.4g", problem->output.field[0].name, (double)problem->times[0]));
    PetscCall(PetscSNPrintf(when, sizeof(when), " at t = %.4g", (double)problem->times[problem->frames - 1]));
  } else PetscCall(PetscSNPrintf(title[0], sizeof(title[0]), "input %s", problem->input.field[0].name));
  PetscCall(PetscSNPrintf(title[1], sizeof(title[1]), "true %s%s", problem->output.field[0].name, when));
  PetscCall(PetscSNPrintf(title[2], sizeof(title[2]), "predicted %s%s", problem->output.field[0].name, when));
  PetscCall(PetscSNPrintf(title[3], sizeof(title[3]), "predicted - true"));
  for (int c = 0; c < COLUMNS; c++) column[c] = (KNPictureColumn){.title = title[c], .scale = c == 2 ? KN_SCALE_SHARED : c == 3 ? KN_SCALE_SIGNED : KN_SCALE_OWN};
  PetscCall(PetscSNPrintf(file, sizeof(file), "fields_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  PetscCall(KNPictureFields(path, NULL, &problem->output.grid, ROWS, COLUMNS, column, labels, panel));
  PetscCall(KNFree(&members));
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&values));
  PetscCall(PetscFree(order));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Energies of truth, prediction and error over the wavenumber, but for the mean (wavenumber 0). */
PetscErrorCode KNEvaluateDrawSpectra(const KNCandidate *candidate, const char name[], const KNJudgement *judgement)
{
  const PetscReal     *k        = judgement->wavenumber + 1;
  const PetscInt       n        = judgement->shells - 1;
  const KNPictureCurve curve[3] = {{.name = "truth", .n = n, .x = k, .y = judgement->truth + 1}, {.name = "prediction", .n = n, .x = k, .y = judgement->prediction + 1}, {.name = "error", .n = n, .x = k, .y = judgement->difference + 1}};
  char                 path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(file, sizeof(file), "spectra_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  PetscCall(KNPictureCurves(path, NULL, "wavenumber (cycles a unit length)", "energy", KN_AXES_LOG_XY, 3, curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateDrawRollout(const KNCandidate *candidate, const char name[], const KNJudgement *judgement)
{
  const PetscInt frames = judgement->frames;
  KNPictureCurve curve;
  PetscReal     *median, *low, *high;
  char           path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(frames, &median, frames, &low, frames, &high));
  for (PetscInt t = 0; t < frames; t++) {
    KNSummary summary;

    PetscCall(KNSummarizeFrame(judgement, t, &summary));
    low[t]    = 100 * summary.quantile[1];
    median[t] = 100 * summary.quantile[3];
    high[t]   = 100 * summary.quantile[5];
  }
  curve = (KNPictureCurve){.name = "median; 5 to 95 %", .n = frames, .x = judgement->times, .y = median, .low = low, .high = high};
  PetscCall(PetscSNPrintf(file, sizeof(file), "rollout_%s", name));
  PetscCall(KNRunPath(candidate->directory, file, path));
  PetscCall(KNPictureCurves(path, NULL, "t", "relative L2 error of the frame in %", KN_AXES_LINEAR, 1, &curve));
  PetscCall(PetscFree3(median, low, high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share of samples whose error is at most that on the axis. */
PetscErrorCode KNEvaluateDrawDistributions(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j, const char name[], const KNJudgement judgement[])
{
  const PetscInt  samples = (PetscInt)judgement[j].samples;
  KNPictureCurve *curve;
  PetscReal      *share, *error;
  char          (*label)[KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], file[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscCalloc4(n, &curve, n, &label, samples, &share, n * samples, &error));
  for (PetscInt r = 0; r < samples; r++) share[r] = (PetscReal)(r + 1) / (PetscReal)samples;
  for (PetscInt i = 0; i < n; i++) {
    PetscReal *own = error + i * samples;

    for (PetscInt r = 0; r < samples; r++) own[r] = 100 * judgement[i * m + j].error[KN_MEASURE_L2][r];
    PetscCall(PetscSortReal(samples, own));
    PetscCall(KNBaseName(candidate[i].directory, sizeof(label[i]), label[i]));
    curve[i] = (KNPictureCurve){.name = label[i], .n = samples, .x = own, .y = share};
  }
  PetscCall(PetscSNPrintf(file, sizeof(file), "distribution_%s", name));
  PetscCall(KNRunPath(candidate[0].directory, file, path));
  PetscCall(KNPictureCurves(path, NULL, "relative L2 error in %", "share of samples with at most this error", KN_AXES_LINEAR, n, curve));
  PetscCall(PetscFree4(curve, label, share, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Train and test error over epochs of all candidates that are runs, beside the first of them. */
PetscErrorCode KNEvaluateDrawCurves(PetscInt n, const KNCandidate candidate[])
{
  KNPictureCurve *curve;
  char          (*name)[2 * KN_MAX_NAME], path[PETSC_MAX_PATH_LEN];
  PetscReal      *values;
  PetscInt        ncurves = 0;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(2 * (size_t)n, &curve, 2 * (size_t)n, &name));
  for (PetscInt i = 0; i < n; i++) {
    KNMetrics *metrics;
    PetscInt   count;
    int        tested = 0;
    char       run[KN_MAX_NAME];

    PetscCall(KNRunReadMetrics(candidate[i].directory, &count, &metrics));
    PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
    for (PetscInt k = 0; k < count && !tested; k++) tested = metrics[k].test >= 0;
    for (int test = tested; test >= 0 && count; test--) {
      PetscCall(PetscMalloc1(2 * (size_t)count, &values));
      for (PetscInt k = 0; k < count; k++) {
        values[k]         = (PetscReal)metrics[k].epoch;
        values[count + k] = test ? metrics[k].test : metrics[k].train;
      }
      PetscCall(PetscSNPrintf(name[ncurves], sizeof(name[ncurves]), "%s, %s", run, test ? "test" : "train"));
      curve[ncurves] = (KNPictureCurve){.name = name[ncurves], .n = count, .x = values, .y = values + count, .partner = !test && tested ? ncurves : 0};
      ncurves++;
    }
    PetscCall(PetscFree(metrics));
  }
  PetscCall(KNRunPath(candidate[0].directory, "curves", path));
  if (ncurves) PetscCall(KNPictureCurves(path, NULL, "epoch", "mean relative L2 error", KN_AXES_LOG_Y, ncurves, curve));
  for (PetscInt i = 0; i < ncurves; i++) PetscCall(PetscFree(curve[i].x));
  PetscCall(PetscFree2(curve, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows of one measure of a run's condensation.csv as curves over epochs: mean, smallest and largest over the layers of a kind. values: (4, count), freed by the caller. */
static PetscErrorCode CondensationCurve(PetscInt count, const KNCondensation measured[], const PetscInt64 epoch[], const char kind[], int measure, KNPictureCurve *curve)
{
  PetscReal *values;
  PetscInt   n = 0, layers = 0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(4 * (size_t)count, &values));
  for (PetscInt i = 0; i < count; i++) {
    const PetscReal v = measure == 0 ? measured[i].participation : measure == 1 ? measured[i].alignment : measured[i].effective_rank;
    PetscBool       same;

    PetscCall(PetscStrendswith(measured[i].layer, kind, &same));
    if (!same) continue;
    if (!n || values[n - 1] != (PetscReal)epoch[i]) {
      values[n] = (PetscReal)epoch[i];
      values[count + n] = 0;
      values[2 * count + n] = values[3 * count + n] = v;
      n++;
      layers = 0;
    }
    layers++;
    values[count + n - 1] += (v - values[count + n - 1]) / (PetscReal)layers;
    values[2 * count + n - 1] = PetscMin(values[2 * count + n - 1], v);
    values[3 * count + n - 1] = PetscMax(values[3 * count + n - 1], v);
  }
  *curve = (KNPictureCurve){.n = n, .x = values, .y = values + count, .low = values + 2 * count, .high = values + 3 * count};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateDrawCondensation(PetscInt n, const KNCandidate candidate[])
{
  static const char *const measure[] = {"participation", "alignment", "effective_rank"}, *const label[] = {"participation ratio", "mean |cos| of two channels", "effective rank"}, *const kind[] = {".linear", ".spectral"};
  KNPictureCurve          *curve;
  char                   (*name)[2 * KN_MAX_NAME], path[PETSC_MAX_PATH_LEN], run[KN_MAX_NAME];

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
    if (ncurves) PetscCall(KNPictureCurves(path, "mean and range over the blocks", "epoch", label[m], KN_AXES_LINEAR, ncurves, curve));
    for (PetscInt i = 0; i < ncurves; i++) PetscCall(PetscFree(curve[i].x));
  }
  PetscCall(PetscFree2(curve, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

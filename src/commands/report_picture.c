/* The report's pictures. By one rank. */
#include "report.h"
#include <kitinet/picture.h>
#include <kitinet/run.h>

/*
  Error over the number of samples on one dataset, a curve a variant with a band of one standard deviation; cells (n)
  are those of the dataset. Of a share that is right, what is wrong: accuracies would all lie near 100 %.
*/
PetscErrorCode KNReportDrawErrors(const KNStudy *study, const char path[], PetscInt n, const KNCell cells[])
{
  const KNMeasure *first = &study->task->measure[0];
  const PetscBool  share = KNReportIsShare(study);
  KNPictureCurve  *curve;
  PetscReal       *x, *y, *low, *high;
  PetscInt         ncurves = 0, point = 0;
  char             title[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscCalloc5(n, &curve, n, &x, n, &y, n, &low, n, &high));
  for (PetscInt i = 0; i < n; i++) {
    PetscBool drawn = PETSC_FALSE;

    for (PetscInt k = 0; k < i && !drawn; k++) drawn = (PetscBool)!strcmp(cells[k].variant, cells[i].variant);
    if (drawn) continue;
    curve[ncurves] = (KNPictureCurve){.name = cells[i].variant,
                                      .x    = x + point,
                                      .y    = y + point,
                                      .low  = low + point,
                                      .high = high + point};
    for (PetscInt k = i; k < n; k++) {
      const PetscReal deviation = PetscIsNanReal(cells[k].deviation) ? 0 : cells[k].deviation,
                      error     = share ? 1 - cells[k].mean : cells[k].mean;

      if (strcmp(cells[k].variant, cells[i].variant) || !cells[k].samples) continue;
      x[point] = (PetscReal)cells[k].samples;
      if (share && error <= 0) continue; /* a logarithmic axis has no 0 */
      y[point]    = first->scale * error;
      low[point]  = first->scale * PetscMax(error - deviation, 0.5 * error);
      high[point] = first->scale * (error + deviation);
      point++;
      curve[ncurves].n++;
    }
    ncurves++;
  }
  PetscCall(PetscSNPrintf(title, sizeof(title), "%s%s on the %s set%s%s", share ? "1 - " : "", first->title,
                          study->validation ? "validation" : "test", first->unit[0] ? " in " : "", first->unit));
  if (point)
    PetscCall(KNPictureCurves(path, cells[0].dataset, "training samples", title, KN_AXES_LOG_XY, ncurves, curve));
  PetscCall(PetscFree5(curve, x, y, low, high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Rows of metrics.csv of the runs of one cell, as many as the shortest has: mean over the runs, smallest and largest;
  (epochs) each, allocated. test: of the test error, else of the training's.
*/
static PetscErrorCode Gather(const KNCell *cell, PetscInt count, const KNResult results[], PetscBool test,
                             PetscInt *epochs, PetscReal **x, PetscReal **mean, PetscReal **low, PetscReal **high)
{
  PetscInt runs = 0;

  PetscFunctionBegin;
  *epochs = 0;
  for (PetscInt i = 0; i < count; i++) {
    const KNTaskInfo *task;
    KNMetrics        *metrics;
    PetscInt          rows;

    if (!KNReportIsOf(&results[i], cell->dataset, cell->samples, cell->variant)) continue;
    PetscCall(KNRunReadMetrics(results[i].run->directory, &task, &rows, &metrics));
    if (runs == 0) PetscCall(PetscCalloc4(rows, x, rows, mean, rows, low, rows, high));
    *epochs = runs ? PetscMin(*epochs, rows) : rows;
    for (PetscInt k = 0; k < *epochs; k++) {
      const PetscReal error =
        task->measure[task->curve].scale * (test ? metrics[k].test[task->curve] : metrics[k].train);

      (*x)[k]    = (PetscReal)metrics[k].epoch;
      (*mean)[k] = ((*mean)[k] * (PetscReal)runs + error) / (PetscReal)(runs + 1);
      (*low)[k]  = runs ? PetscMin((*low)[k], error) : error;
      (*high)[k] = runs ? PetscMax((*high)[k], error) : error;
    }
    runs++;
    PetscCall(PetscFree(metrics));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReportDrawCurves(const KNStudy *study, const char path[], const char title[], PetscInt count,
                                  const KNResult results[], PetscInt n, const KNCell cells[])
{
  const KNMeasure *measure = &study->task->measure[study->task->curve];
  KNPictureCurve  *curve;
  PetscReal      **x, **mean, **low, **high;
  char(*name)[3 * KN_MAX_NAME], label[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(
    PetscSNPrintf(label, sizeof(label), "%s%s%s", measure->title, measure->unit[0] ? " in " : "", measure->unit));
  PetscCall(PetscCalloc6(2 * (size_t)n, &curve, 2 * (size_t)n, &name, 2 * (size_t)n, &x, 2 * (size_t)n, &mean,
                         2 * (size_t)n, &low, 2 * (size_t)n, &high));
  for (PetscInt i = 0; i < 2 * n; i++) {
    const PetscBool test = (PetscBool)(i < n);
    PetscInt        epochs;

    PetscCall(Gather(&cells[i % n], count, results, test, &epochs, &x[i], &mean[i], &low[i], &high[i]));
    PetscCall(PetscSNPrintf(name[i], sizeof(name[i]), "%s, %s", cells[i % n].variant,
                            !test               ? "train"
                            : study->validation ? "validation"
                                                : "test"));
    curve[i] = (KNPictureCurve){.name    = name[i],
                                .n       = epochs,
                                .x       = x[i],
                                .y       = mean[i],
                                .low     = cells[i % n].runs > 1 ? low[i] : NULL,
                                .high    = cells[i % n].runs > 1 ? high[i] : NULL,
                                .partner = test ? 0 : i - n + 1};
  }
  PetscCall(KNPictureCurves(path, title, "epoch", label, KN_AXES_LOG_Y, 2 * n, curve));
  for (PetscInt i = 0; i < 2 * n; i++) PetscCall(PetscFree4(x[i], mean[i], low[i], high[i]));
  PetscCall(PetscFree6(curve, name, x, mean, low, high));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  How variants compare: over seeds, mean and standard deviation of the error; against the baseline, the mean of the
  differences of runs with the same seed, which share initial weights' seed and order of samples, with the 95 %
  interval of Student's distribution: mean +- t s / sqrt(pairs).
*/
#include "report.h"
#include <kitinet/statistics.h>
#include <math.h>

static PetscReal ErrorOf(const KNStudy *study, const KNResult *result)
{
  return study->validation ? result->validation : result->test;
}

PetscBool KNReportIsOf(const KNResult *result, const char dataset[], PetscInt64 samples, const char variant[])
{
  return (PetscBool)(result->run->samples == samples && !strcmp(result->run->dataset, dataset) &&
                     !strcmp(result->run->variant, variant));
}

PetscBool KNReportIsShare(const KNStudy *study)
{
  const KNMeasure *first = &study->task->measure[0];

  return (PetscBool)(first->higher && first->scale == 100);
}

PetscReal KNReportDifferenceScale(const KNStudy *study, const KNCell *cell)
{
  return KNReportIsShare(study) ? 100 : 100 / cell->base;
}

/* Fills a cell; error, difference: (count) workspace. */
static void Fill(const KNStudy *study, PetscInt count, const KNResult results[], PetscReal error[],
                 PetscReal difference[], KNCell *cell)
{
  PetscReal base = 0, deviation;

  cell->runs = cell->pairs = 0;
  for (PetscInt i = 0; i < count; i++) {
    if (!KNReportIsOf(&results[i], cell->dataset, cell->samples, cell->variant)) continue;
    error[cell->runs++] = ErrorOf(study, &results[i]);
    for (PetscInt k = 0; k < count; k++) {
      if (results[k].run->seed != results[i].run->seed ||
          !KNReportIsOf(&results[k], cell->dataset, cell->samples, study->baseline))
        continue;
      base += ErrorOf(study, &results[k]);
      difference[cell->pairs++] = ErrorOf(study, &results[i]) - ErrorOf(study, &results[k]);
      break;
    }
  }
  kn_mean_deviation(&cell->mean, &cell->deviation, error, (size_t)cell->runs);
  if (cell->runs < 2) cell->deviation = NAN;
  cell->difference = cell->low = cell->high = cell->base = NAN;
  if (!cell->pairs) return;
  cell->base = base / (PetscReal)cell->pairs;
  kn_mean_deviation(&cell->difference, &deviation, difference, (size_t)cell->pairs);
  if (cell->pairs > 1) {
    const PetscReal half =
      kn_student_interval((size_t)cell->pairs - 1, 0.95) * deviation / PetscSqrtReal((PetscReal)cell->pairs);

    cell->low  = cell->difference - half;
    cell->high = cell->difference + half;
  }
}

/* Order of the table: dataset, samples, the baseline, the other variants. */
static PetscBool Before(const KNCell *a, const KNCell *b, const char baseline[])
{
  const int dataset = strcmp(a->dataset, b->dataset);

  if (dataset) return (PetscBool)(dataset < 0);
  if (a->samples != b->samples) return (PetscBool)(a->samples < b->samples);
  if (!strcmp(a->variant, baseline) || !strcmp(b->variant, baseline)) return (PetscBool)!strcmp(a->variant, baseline);
  return (PetscBool)(strcmp(a->variant, b->variant) < 0);
}

PetscErrorCode KNReportCompare(const KNStudy *study, PetscInt count, const KNResult results[], PetscInt *ncells,
                               KNCell **cells)
{
  PetscReal *error, *difference;

  PetscFunctionBegin;
  *ncells = 0;
  PetscCall(PetscCalloc1(count, cells));
  PetscCall(PetscMalloc2(count, &error, count, &difference));
  for (PetscInt i = 0; i < count; i++) {
    const KNStudyRun *run  = results[i].run;
    KNCell            cell = {.dataset = run->dataset, .variant = run->variant, .samples = run->samples};
    PetscInt          at   = 0;
    PetscBool new          = PETSC_TRUE;

    for (PetscInt k = 0; k < i && new; k++)
      new = (PetscBool)!KNReportIsOf(&results[k], run->dataset, run->samples, run->variant);
    if (!new) continue;
    Fill(study, count, results, error, difference, &cell);
    for (at = (*ncells)++; at > 0 && Before(&cell, &(*cells)[at - 1], study->baseline); at--)
      (*cells)[at] = (*cells)[at - 1];
    (*cells)[at] = cell;
  }
  PetscCall(PetscFree2(error, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  What is measured of one network on one dataset: the values of all samples, which are the same for all tasks, and what
  the task adds.
*/
#include "task_impl.h"
#include <kitinet/error.h>
#include <kitinet/statistics.h>
#include <math.h>

const PetscReal KNQuantiles[KN_QUANTILES] = {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};

PetscErrorCode KNJudgementCreate(KNTask task, const KNProblem *problem, PetscInt history, PetscInt64 samples,
                                 KNJudgement *judgement)
{
  KNJudgement j;

  PetscFunctionBegin;
  PetscCall(PetscNew(judgement));
  j          = *judgement;
  j->task    = task;
  j->grid    = problem->output.grid;
  j->frames  = PetscMax(problem->frames - history, 1);
  j->fields  = problem->output.fields;
  j->samples = samples;
  PetscCheck(PetscMax(KN_MAX_MEASURES, j->frames) * samples <= PETSC_MPI_INT_MAX, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "a dataset of %" PetscInt64_FMT " samples: too many to be evaluated at once; split it", samples);
  PetscCall(PetscCalloc2(KN_MAX_MEASURES * samples, &j->value[0], j->frames, &j->times));
  for (int m = 1; m < KN_MAX_MEASURES; m++) j->value[m] = j->value[0] + m * samples;
  if (problem->frames) PetscCall(PetscArraycpy(j->times, problem->times + history, j->frames));
  PetscCall(task->ops.judge(j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementDestroy(KNJudgement *judgement)
{
  PetscFunctionBegin;
  if (!*judgement) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall((*judgement)->task->ops.judge_destroy(*judgement));
  PetscCall(PetscFree2((*judgement)->value[0], (*judgement)->times));
  PetscCall(PetscFree(*judgement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementAdd(void *judgement, PetscInt64 row, const float y[], const float truth[])
{
  KNJudgement j = (KNJudgement)judgement;

  PetscFunctionBegin;
  if (!truth) {
    for (PetscInt m = 0; m < j->task->info->measures; m++) j->value[m][row] = NAN;
    j->left_out++;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(j->task->ops.judge_add(j, row, y, truth));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementReduce(KNJudgement j)
{
  const PetscMPIInt count = (PetscMPIInt)(j->task->info->measures * j->samples);

  PetscFunctionBegin;
  /* Each value has one owner, the others add 0: exact. */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, j->value[0], count, MPIU_REAL, MPI_SUM, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &j->left_out, 1, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  PetscCall(j->task->ops.judge_reduce(j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const PetscReal *KNJudgementGetValues(KNJudgement j, PetscInt measure, PetscInt64 *samples)
{
  if (samples) *samples = j->samples;
  return j->value[measure];
}

PetscInt64 KNJudgementGetLeftOut(KNJudgement j)
{
  return j->left_out;
}

PetscErrorCode KNSummarize(PetscInt64 n, const PetscReal value[], PetscBool higher, KNSummary *summary)
{
  PetscReal *sorted, sum = 0, squares = 0;
  PetscInt   count = 0;

  PetscFunctionBegin;
  *summary = (KNSummary){.mean = NAN, .deviation = NAN, .worst = -1};
  PetscCall(PetscMalloc1(n, &sorted));
  for (PetscInt64 i = 0; i < n; i++) {
    if (PetscIsNanReal(value[i])) continue;
    if (summary->worst < 0 || (higher ? value[i] < value[summary->worst] : value[i] > value[summary->worst]))
      summary->worst = i;
    sum += value[i];
    sorted[count++] = value[i];
  }
  summary->count = count;
  for (int q = 0; q < KN_QUANTILES; q++) summary->quantile[q] = NAN;
  if (count) {
    summary->mean = sum / (PetscReal)count;
    for (PetscInt i = 0; i < count; i++) squares += PetscSqr(sorted[i] - summary->mean);
    summary->deviation = PetscSqrtReal(squares / (PetscReal)count);
    PetscCall(PetscSortReal(count, sorted));
    for (int q = 0; q < KN_QUANTILES; q++) summary->quantile[q] = kn_quantile(sorted, (size_t)count, KNQuantiles[q]);
  }
  PetscCall(PetscFree(sorted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementSummarize(KNJudgement j, PetscInt measure, KNSummary *summary)
{
  const KNMeasure *m = &j->task->info->measure[measure];

  PetscFunctionBegin;
  PetscCall(KNSummarize(j->samples, j->value[measure], m->higher, summary));
  if (!m->mean) PetscFunctionReturn(PETSC_SUCCESS);
  /* no sample has a share in it: nothing else has a meaning */
  summary->mean      = KNMeasureMean(j->task->info, measure, j->samples, j->value);
  summary->deviation = NAN;
  summary->worst     = -1;
  for (int q = 0; q < KN_QUANTILES; q++) summary->quantile[q] = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementPrint(KNJudgement j, const char name[])
{
  PetscFunctionBegin;
  if (j->task->ops.judge_print) PetscCall(j->task->ops.judge_print(j, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementWriteTable(KNJudgement j, PetscInt i, FILE *file, const char prefix[])
{
  PetscFunctionBegin;
  PetscCall(j->task->ops.judge_table(j, i, file, prefix));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNJudgementGetPlot(KNJudgement j, PetscInt i, KNPlot *plot)
{
  PetscFunctionBegin;
  *plot = (KNPlot){.name = NULL};
  PetscCall(j->task->ops.judge_plot(j, i, plot));
  PetscFunctionReturn(PETSC_SUCCESS);
}

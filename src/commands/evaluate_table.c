/* What kitinet evaluate says in numbers: tables on the terminal and as CSV files. */
#include "csv.h"
#include "evaluate.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/run.h>
#include <math.h>
#include <stdlib.h>

/* The task of all candidates: they have predicted the same datasets. */
static const KNTaskInfo *Task(const KNCandidate candidate[])
{
  return KNTaskGetInfo(KNOperatorTask(candidate[0].op));
}

/*
  "1.234 (0.56; 7.89)": mean, deviation over the samples, worst sample, as the measure shows them; "-" for what has no
  value.
*/
static void PrintSummary(const KNMeasure *measure, const KNSummary *summary, PetscReal worst, size_t size, char text[])
{
  const PetscReal s = measure->scale;

  if (PetscIsNanReal(summary->mean)) (void)snprintf(text, size, "-");
  else if (!isfinite(summary->deviation)) {
    (void)snprintf(text, size, "%.3f (-; %.2f)", (double)(s * summary->mean), (double)(s * worst));
  } else {
    const double deviation = (double)(s * summary->deviation);

    (void)snprintf(text, size, "%.3f (%.2f; %.2f)", (double)(s * summary->mean), deviation, (double)(s * worst));
  }
}

/* One cell of the main table, to the terminal and to the file: the first measure on a dataset. */
static PetscErrorCode PrintCell(const KNMeasure *first, KNJudgement judged, FILE *file)
{
  const PetscReal *value = KNJudgementGetValues(judged, 0, NULL);
  PetscReal        worst = NAN;
  KNSummary        summary;
  char             text[64];

  PetscFunctionBegin;
  PetscCall(KNJudgementSummarize(judged, 0, &summary));
  if (summary.worst >= 0) worst = value[summary.worst];
  PrintSummary(first, &summary, worst, sizeof(text), text);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", text));
  if (file) fprintf(file, ",");
  KNCSVReal(file, summary.mean, ",");
  KNCSVReal(file, summary.deviation, ",");
  KNCSVReal(file, worst, "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row a network, a column a dataset: the first measure, in short. */
static PetscErrorCode PrintMain(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                const KNJudgement judgement[], FILE *file)
{
  const KNMeasure *first = &Task(candidate)->measure[0];
  PetscMPIInt      rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMean %s%s%s (standard deviation over samples; worst sample)\n\n",
                        first->title, first->unit[0] ? " in " : "", first->unit));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-10s %10s %14s", "run", "residual", "parameters", "MFLOP a sample"));
  if (file) fprintf(file, "run,residual,parameters,mflop_a_sample");
  for (PetscInt j = 0; j < m; j++) {
    char name[KN_MAX_NAME];

    PetscCall(KNBaseName(dataset[j], sizeof(name), name));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", name));
    for (int k = 0; k < 3 && file; k++) {
      const char *const kind[] = {"mean", "deviation", first->higher ? "lowest" : "highest"};
      char              column[KN_MAX_NAME + 16];

      PetscCall(PetscSNPrintf(column, sizeof(column), "%s_%s", name, kind[k]));
      fprintf(file, ",");
      KNCSVText(file, column, "");
    }
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s\n", "seconds"));
  if (file) fprintf(file, ",seconds\n");
  for (PetscInt i = 0; i < n; i++) {
    const char  *options;
    char         name[KN_MAX_NAME], residual[KN_MAX_NAME];
    KNParameters parameters;
    PetscBool    found;
    KNMetrics   *metrics = NULL;
    PetscInt     count   = 0;
    size_t       total;

    PetscCall(KNOperatorGetModel(candidate[i].op, NULL, &parameters, NULL, &options));
    PetscCall(KNParametersGetTotal(parameters, &total));
    PetscCall(KNOptionsYAMLGet(options, "model_residual", sizeof(residual), residual, &found));
    if (!found) PetscCall(PetscStrncpy(residual, "-", sizeof(residual)));
    PetscCall(KNBaseName(candidate[i].directory, sizeof(name), name));
    if (rank == 0) PetscCall(KNRunReadMetrics(candidate[i].directory, NULL, &count, &metrics));
    PetscCall(
      PetscPrintf(PETSC_COMM_WORLD, "%-20s %-10s %10zu %14.2f", name, residual, total, candidate[i].flops * 1e-6));
    KNCSVText(file, name, ",");
    if (file) fprintf(file, "%s,%zu,%.6g", residual, total, candidate[i].flops * 1e-6);
    for (PetscInt j = 0; j < m; j++) PetscCall(PrintCell(first, judgement[i * m + j], file));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10.1f\n", count ? metrics[count - 1].seconds : 0.0));
    if (file) fprintf(file, ",%.3f\n", count ? metrics[count - 1].seconds : 0.0);
    PetscCall(PetscFree(metrics));
  }
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD, "\nMFLOP: forward, at the resolution of %s. Seconds: of training.\n", dataset[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Samples that no mean counts, of each dataset: the first network tells, since the targets are the same for all. */
static PetscErrorCode PrintMissing(const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                   const KNJudgement judgement[])
{
  const KNTaskInfo *task = Task(candidate);

  PetscFunctionBegin;
  for (PetscInt j = 0; j < m; j++) {
    const PetscInt64 left = KNJudgementGetLeftOut(judgement[j]);
    PetscInt64       samples;
    KNSummary        summary;

    (void)KNJudgementGetValues(judgement[j], task->curve, &samples);
    PetscCall(KNJudgementSummarize(judgement[j], task->curve, &summary));
    if (left) {
      PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                            "%s: %" PetscInt64_FMT " of %" PetscInt64_FMT " samples hold NaN or "
                            "infinite values; they are left out\n",
                            dataset[j], left, samples));
    }
    if (summary.count == samples - left) continue;
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "%s: %" PetscInt64_FMT " of %" PetscInt64_FMT " samples have %s; they are "
                          "left out of the means\n",
                          dataset[j], samples - left - summary.count, samples, task->missing));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number in so many columns; "-" where there is none. */
static void PrintNumber(int width, const KNMeasure *measure, PetscReal value)
{
  if (PetscIsNanReal(value)) (void)PetscPrintf(PETSC_COMM_WORLD, " %*s", width, "-");
  else (void)PetscPrintf(PETSC_COMM_WORLD, " %*.3f", width, (double)(measure->scale * value));
}

/*
  A row a network and dataset: the mean of each measure, quantiles of the one that goes with the loss, the row of the
  worst sample.
*/
static PetscErrorCode PrintMeasures(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                    const KNJudgement judgement[])
{
  const KNTaskInfo *task  = Task(candidate);
  const KNMeasure  *curve = &task->measure[task->curve];
  char              median[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(median, sizeof(median), "%s median", curve->name));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nBy measure: means%s%s. %s\n\n%-20s %-16s", curve->unit[0] ? " in " : "",
                        curve->unit, task->note, "run", "dataset"));
  for (PetscInt k = 0; k < task->measures; k++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8s", task->measure[k].name));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s %8s  worst row\n", median, "95 %"));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      KNJudgement judged = judgement[i * m + j];
      char        run[KN_MAX_NAME], name[KN_MAX_NAME];
      KNSummary   summary;

      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      PetscCall(KNBaseName(dataset[j], sizeof(name), name));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s", run, name));
      for (PetscInt k = 0; k < task->measures; k++) {
        PetscCall(KNJudgementSummarize(judged, k, &summary));
        PrintNumber(8, &task->measure[k], summary.mean);
      }
      PetscCall(KNJudgementSummarize(judged, task->curve, &summary));
      PrintNumber(10, curve, summary.quantile[3]);
      PrintNumber(8, curve, summary.quantile[5]);
      if (summary.worst >= 0) PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  %" PetscInt64_FMT "\n", summary.worst));
      else PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  -\n"));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluatePrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                               const KNJudgement judgement[], const char csv[])
{
  FILE       *file = NULL;
  PetscBool   lost = PETSC_FALSE;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (csv && rank == 0) file = fopen(csv, "w");
  PetscCall(KNAgree(PETSC_COMM_WORLD, csv && rank == 0 && !file ? KN_ERR_IO : 0,
                    "%s: cannot be written; choose another -output", csv ? csv : ""));
  PetscCall(PrintMain(n, candidate, m, dataset, judgement, file));
  if (file) lost = (PetscBool)(ferror(file) != 0);
  if (file) lost = (PetscBool)(fclose(file) || lost);
  PetscCall(KNAgree(PETSC_COMM_WORLD, lost ? KN_ERR_IO : 0, "%s: writing failed", csv ? csv : ""));
  PetscCall(PrintMissing(candidate, m, dataset, judgement));
  PetscCall(PrintMeasures(n, candidate, m, dataset, judgement));
  for (PetscInt i = 0; i < n * m; i++) {
    char run[KN_MAX_NAME], name[KN_MAX_NAME], both[2 * KN_MAX_NAME + 4];

    PetscCall(KNBaseName(candidate[i / m].directory, sizeof(run), run));
    PetscCall(KNBaseName(dataset[i % m], sizeof(name), name));
    PetscCall(PetscSNPrintf(both, sizeof(both), "%s, %s", run, name));
    PetscCall(KNJudgementPrint(judgement[i], both));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The checkpoint and the dataset: the first two fields of every row. */
static PetscErrorCode Prefix(const KNCandidate *candidate, const char dataset[], char **prefix)
{
  size_t size;
  FILE  *memory = open_memstream(prefix, &size);

  PetscFunctionBegin;
  PetscCheck(memory, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a table");
  KNCSVText(memory, candidate->path, ",");
  KNCSVText(memory, dataset, ",");
  PetscCheck(!fclose(memory), PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for a table");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteErrors(FILE *file, const KNTaskInfo *task, const char prefix[], KNJudgement judged)
{
  PetscFunctionBegin;
  for (PetscInt k = 0; k < task->measures; k++) {
    KNSummary summary;

    PetscCall(KNJudgementSummarize(judged, k, &summary));
    fprintf(file, "%s%s,%" PetscInt64_FMT ",", prefix, task->measure[k].name, summary.count);
    KNCSVReal(file, summary.mean, ",");
    KNCSVReal(file, summary.deviation, ",");
    for (int q = 0; q < KN_QUANTILES; q++) KNCSVReal(file, summary.quantile[q], ",");
    if (summary.worst < 0) fprintf(file, "\n");
    else fprintf(file, "%" PetscInt64_FMT "\n", summary.worst);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteSamples(FILE *file, const KNTaskInfo *task, const char prefix[], KNJudgement judged)
{
  PetscInt64 samples;

  (void)KNJudgementGetValues(judged, 0, &samples);
  for (PetscInt64 row = 0; row < samples; row++) {
    fprintf(file, "%s%" PetscInt64_FMT ",", prefix, row);
    for (PetscInt k = 0; k < task->measures; k++) {
      KNCSVReal(file, KNJudgementGetValues(judged, k, NULL)[row], k < task->measures - 1 ? "," : "\n");
    }
  }
}

PetscErrorCode KNEvaluateWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                               char *const dataset[], const KNJudgement judgement[])
{
  enum { OWN = 2, MOST = OWN + KN_MAX_TABLES };
  const KNTaskInfo *task = Task(candidate);
  KNCSV             csv[MOST];

  PetscFunctionBegin;
  PetscCall(KNDirectoryCreate("directory", directory, "-evaluate_details"));
  for (PetscInt f = 0; f < OWN + task->tables; f++) PetscCall(KNCSVBegin(&csv[f]));
  if (csv[0].file) {
    fprintf(csv[0].file, "checkpoint,dataset,measure,samples,mean,deviation,lowest,quantile_05,quantile_25,median,"
                         "quantile_75,quantile_95,highest,worst_row\n");
    fprintf(csv[1].file, "checkpoint,dataset,row");
    for (PetscInt k = 0; k < task->measures; k++) fprintf(csv[1].file, ",%s", task->measure[k].name);
    fprintf(csv[1].file, "\n");
    for (PetscInt t = 0; t < task->tables; t++) {
      fprintf(csv[OWN + t].file, "checkpoint,dataset,%s\n", task->table[t].columns);
    }
    for (PetscInt i = 0; i < n * m; i++) {
      char *prefix;

      PetscCall(Prefix(&candidate[i / m], dataset[i % m], &prefix));
      PetscCall(WriteErrors(csv[0].file, task, prefix, judgement[i]));
      WriteSamples(csv[1].file, task, prefix, judgement[i]);
      for (PetscInt t = 0; t < task->tables; t++) {
        PetscCall(KNJudgementWriteTable(judgement[i], t, csv[OWN + t].file, prefix));
      }
      free(prefix);
    }
  }
  PetscCall(KNCSVEnd(&csv[0], directory, "errors.csv"));
  PetscCall(KNCSVEnd(&csv[1], directory, "samples.csv"));
  for (PetscInt t = 0; t < task->tables; t++) PetscCall(KNCSVEnd(&csv[OWN + t], directory, task->table[t].file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

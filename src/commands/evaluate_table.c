/* What kitinet evaluate says in numbers: tables on the terminal and as CSV files. */
#include "csv.h"
#include "evaluate.h"
#include <kitinet/error.h>
#include <kitinet/run.h>
#include <kitinet/statistics.h>

/* The value of "name: value" in a YAML text; "-" if it is not there. */
static PetscErrorCode FindOption(const char yaml[], const char name[], size_t size, char value[])
{
  const char *found = strstr(yaml, name);

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(value, found ? found + strlen(name) : "-", size));
  value[strcspn(value, "\n")] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row a network, a column a dataset: the mean relative L2 error, in short. */
static PetscErrorCode PrintMain(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[], FILE *file)
{
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMean relative L2 error in %% (standard deviation over samples; worst sample)\n\n%-20s %-10s %10s %14s", "run", "residual", "parameters", "MFLOP a sample"));
  if (file) fprintf(file, "run,residual,parameters,mflop_a_sample");
  for (PetscInt j = 0; j < m; j++) {
    char name[KN_MAX_NAME];

    PetscCall(KNBaseName(dataset[j], sizeof(name), name));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", name));
    for (int k = 0; k < 3 && file; k++) {
      char column[KN_MAX_NAME + 16];

      PetscCall(PetscSNPrintf(column, sizeof(column), "%s_%s", name, (const char *const[]){"mean", "deviation", "highest"}[k]));
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
    KNMetrics   *metrics = NULL;
    PetscInt     count   = 0;
    size_t       total;

    PetscCall(KNOperatorGetModel(candidate[i].op, NULL, &parameters, NULL, &options));
    PetscCall(KNParametersGetTotal(parameters, &total));
    PetscCall(FindOption(options, "model_residual: ", sizeof(residual), residual));
    PetscCall(KNBaseName(candidate[i].directory, sizeof(name), name));
    if (rank == 0) PetscCall(KNRunReadMetrics(candidate[i].directory, &count, &metrics));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-10s %10zu %14.2f", name, residual, total, candidate[i].flops * 1e-6));
    KNCSVText(file, name, ",");
    if (file) fprintf(file, "%s,%zu,%.6g", residual, total, candidate[i].flops * 1e-6);
    for (PetscInt j = 0; j < m; j++) {
      PetscReal mean, deviation, highest;
      char      text[64];

      KNErrorStatistics(judgement[i * m + j].samples, judgement[i * m + j].error[KN_MEASURE_L2], &mean, &deviation, &highest);
      PetscCall(PetscSNPrintf(text, sizeof(text), "%.3f (%.2f; %.2f)", 100 * mean, 100 * deviation, 100 * highest));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %22s", text));
      if (file) fprintf(file, ",%.8g,%.8g,%.8g", mean, deviation, highest);
    }
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10.1f\n", count ? metrics[count - 1].seconds : 0.0));
    if (file) fprintf(file, ",%.3f\n", count ? metrics[count - 1].seconds : 0.0);
    PetscCall(PetscFree(metrics));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nMFLOP: forward, at the resolution of %s. Seconds: of training.\n", dataset[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A row a network and dataset: the mean of each measure, quantiles of the L2 error, the rows of the worst samples. */
static PetscErrorCode PrintMeasures(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nBy measure: means in %%. Low, middle, high: the part of L2 at wavenumbers < 4, 4 to 12, >= 12 cycles a unit length\n\n%-20s %-16s", "run", "dataset"));
  for (int k = 0; k < KN_MEASURES; k++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8s", KNMeasureNames[k]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s %8s  worst row\n", "l2 median", "95 %"));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const KNJudgement *judged = &judgement[i * m + j];
      char               run[KN_MAX_NAME], name[KN_MAX_NAME];
      KNSummary          l2;

      PetscCall(KNBaseName(candidate[i].directory, sizeof(run), run));
      PetscCall(KNBaseName(dataset[j], sizeof(name), name));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-20s %-16s", run, name));
      for (int k = 0; k < KN_MEASURES; k++) {
        PetscReal mean;

        KNErrorStatistics(judged->samples, judged->error[k], &mean, NULL, NULL);
        if (PetscIsNanReal(mean)) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8s", "-"));
        else PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8.3f", 100 * mean));
      }
      PetscCall(KNSummarize(judged->samples, judged->error[KN_MEASURE_L2], &l2));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10.3f %8.3f  %" PetscInt64_FMT "\n", 100 * l2.quantile[3], 100 * l2.quantile[5], l2.worst));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluatePrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[], const char csv[])
{
  FILE       *file = NULL;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (csv && rank == 0) file = fopen(csv, "w");
  PetscCall(KNAgree(PETSC_COMM_WORLD, csv && rank == 0 && !file ? KN_ERR_IO : 0, "%s: cannot be written; choose another -output", csv ? csv : ""));
  PetscCall(PrintMain(n, candidate, m, dataset, judgement, file));
  PetscCall(KNAgree(PETSC_COMM_WORLD, file && fclose(file) ? KN_ERR_IO : 0, "%s: writing failed", csv ? csv : ""));
  PetscCall(PrintMeasures(n, candidate, m, dataset, judgement));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The checkpoint and the dataset: the first two fields of every row. */
static void Begin(FILE *file, const KNCandidate *candidate, const char dataset[])
{
  KNCSVText(file, candidate->path, ",");
  KNCSVText(file, dataset, ",");
}

static PetscErrorCode WriteErrors(FILE *file, const KNCandidate *candidate, const char dataset[], const KNJudgement *judged)
{
  PetscFunctionBegin;
  for (int k = 0; k < KN_MEASURES; k++) {
    KNSummary summary;

    PetscCall(KNSummarize(judged->samples, judged->error[k], &summary));
    Begin(file, candidate, dataset);
    fprintf(file, "%s,%" PetscInt64_FMT ",", KNMeasureNames[k], judged->samples);
    KNCSVReal(file, summary.mean, ",");
    KNCSVReal(file, summary.deviation, ",");
    for (int q = 0; q < KN_QUANTILES; q++) KNCSVReal(file, summary.quantile[q], ",");
    if (PetscIsNanReal(summary.mean)) fprintf(file, "\n");
    else fprintf(file, "%" PetscInt64_FMT "\n", summary.worst);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteSamples(FILE *file, const KNCandidate *candidate, const char dataset[], const KNJudgement *judged)
{
  for (PetscInt64 row = 0; row < judged->samples; row++) {
    Begin(file, candidate, dataset);
    fprintf(file, "%" PetscInt64_FMT ",", row);
    for (int k = 0; k < KN_MEASURES; k++) KNCSVReal(file, judged->error[k][row], k < KN_MEASURES - 1 ? "," : "\n");
  }
}

static void WriteSpectra(FILE *file, const KNCandidate *candidate, const char dataset[], const KNJudgement *judged)
{
  for (PetscInt s = 0; s < judged->shells; s++) {
    Begin(file, candidate, dataset);
    fprintf(file, "%g,%.6g,%.6g,%.6g\n", judged->wavenumber[s], judged->truth[s], judged->prediction[s], judged->difference[s]);
  }
}

static PetscErrorCode WriteRollout(FILE *file, const KNCandidate *candidate, const char dataset[], const KNJudgement *judged)
{
  PetscFunctionBegin;
  for (PetscInt t = 0; t < judged->frames && judged->frames > 1; t++) {
    KNSummary summary;

    PetscCall(KNSummarizeFrame(judged, t, &summary));
    Begin(file, candidate, dataset);
    fprintf(file, "%" PetscInt_FMT ",%.9g,", t + 1, (double)judged->times[t]);
    KNCSVReal(file, summary.mean, ",");
    KNCSVReal(file, summary.deviation, ",");
    for (int q = 0; q < KN_QUANTILES; q++) KNCSVReal(file, summary.quantile[q], q < KN_QUANTILES - 1 ? "," : "\n");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEvaluateWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[])
{
  KNCSV errors, samples, spectra, rollout;

  PetscFunctionBegin;
  PetscCall(KNDirectoryCreate("directory", directory, "-evaluate_details"));
  PetscCall(KNCSVBegin(&errors));
  PetscCall(KNCSVBegin(&samples));
  PetscCall(KNCSVBegin(&spectra));
  PetscCall(KNCSVBegin(&rollout));
  if (errors.file) {
    fprintf(errors.file, "checkpoint,dataset,measure,samples,mean,deviation,lowest,quantile_05,quantile_25,median,quantile_75,quantile_95,highest,worst_row\n");
    fprintf(samples.file, "checkpoint,dataset,row");
    for (int k = 0; k < KN_MEASURES; k++) fprintf(samples.file, ",%s", KNMeasureNames[k]);
    fprintf(samples.file, "\n");
    fprintf(spectra.file, "checkpoint,dataset,wavenumber,truth,prediction,error\n");
    fprintf(rollout.file, "checkpoint,dataset,step,t,mean,deviation,lowest,quantile_05,quantile_25,median,quantile_75,quantile_95,highest\n");
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < m; j++) {
        PetscCall(WriteErrors(errors.file, &candidate[i], dataset[j], &judgement[i * m + j]));
        WriteSamples(samples.file, &candidate[i], dataset[j], &judgement[i * m + j]);
        WriteSpectra(spectra.file, &candidate[i], dataset[j], &judgement[i * m + j]);
        PetscCall(WriteRollout(rollout.file, &candidate[i], dataset[j], &judgement[i * m + j]));
      }
    }
  }
  PetscCall(KNCSVEnd(&errors, directory, "errors.csv"));
  PetscCall(KNCSVEnd(&samples, directory, "samples.csv"));
  PetscCall(KNCSVEnd(&spectra, directory, "spectra.csv"));
  PetscCall(KNCSVEnd(&rollout, directory, "rollout.csv"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The report: table, CSV files. */
#include "csv.h"
#include "report.h"
#include <kitinet/run.h>
#include <ctype.h>
#include <math.h>

/* "all", or the number of samples. */
static const char *Samples(PetscInt64 samples, char text[32])
{
  (void)snprintf(text, 32, samples ? "%" PetscInt64_FMT : "all", samples);
  return text;
}

PetscErrorCode KNReportPrint(const KNStudy *study, const char source[], PetscInt count, PetscInt ncells,
                             const KNCell cells[])
{
  const KNMeasure *first = &study->task->measure[0];
  const PetscBool  share = KNReportIsShare(study);

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "kitinet report %s%s: %" PetscInt_FMT " of %" PetscInt_FMT " runs are finished\n", source,
                        study->validation ? " -study_validation" : "", count, study->count));
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\n%c%s on the %s set after the last epoch%s%s, mean and standard deviation over seeds; "
                        "difference to %s: mean over runs with\nthe same seed and its 95 %% interval (Student's t), in "
                        "%s%s%s\n\n%-16s %8s %-32s %5s %10s %10s %12s %20s\n",
                        toupper((unsigned char)first->title[0]), first->title + 1,
                        study->validation ? "validation" : "test", first->unit[0] ? " in " : "", first->unit,
                        study->baseline, share ? "points" : "% of that of ", share ? "" : study->baseline,
                        study->average == 1 ? "" : "; predictions are means over symmetries", "dataset", "samples",
                        "variant", "seeds", "mean", "deviation", "difference", "95 % interval"));
  for (PetscInt i = 0; i < ncells; i++) {
    const KNCell   *c     = &cells[i];
    const PetscReal scale = KNReportDifferenceScale(study, c);
    char            samples[32], deviation[32] = "-", difference[32] = "-", interval[64] = "-";

    if (!PetscIsNanReal(c->deviation))
      PetscCall(PetscSNPrintf(deviation, sizeof(deviation), "%.4f", first->scale * c->deviation));
    if (strcmp(c->variant, study->baseline)) {
      if (c->pairs) PetscCall(PetscSNPrintf(difference, sizeof(difference), "%+.2f", c->difference * scale));
      if (c->pairs > 1)
        PetscCall(PetscSNPrintf(interval, sizeof(interval), "%+.2f to %+.2f", c->low * scale, c->high * scale));
    }
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-16s %8s %-32s %5" PetscInt_FMT " %10.4f %10s %12s %20s\n", c->dataset,
                          Samples(c->samples, samples), c->variant, c->runs, first->scale * c->mean, deviation,
                          difference, interval));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The options of `kitinet train` that make a run. */
static void PrintCommand(FILE *file, const KNStudyRun *run)
{
  char text[4 * PETSC_MAX_PATH_LEN] = "kitinet train";

  for (PetscInt i = 0; i < run->words.count; i++) {
    const size_t used = strlen(text);

    (void)snprintf(text + used, sizeof(text) - used, " %s%s%s", run->words.name[i], run->words.value[i] ? " " : "",
                   run->words.value[i] ? run->words.value[i] : "");
  }
  KNCSVText(file, text, "\n");
}

static void WriteRuns(FILE *file, PetscInt count, const KNResult results[])
{
  fprintf(file,
          "dataset,samples,variant,seed,train,validation,test,epochs,parameters,mflop_a_sample,seconds,run,command\n");
  for (PetscInt i = 0; i < count; i++) {
    const KNResult *r = &results[i];
    char            samples[32];

    KNCSVText(file, r->run->dataset, ",");
    fprintf(file, "%s,", Samples(r->run->samples, samples));
    KNCSVText(file, r->run->variant, ",");
    fprintf(file, "%" PetscInt64_FMT ",", r->run->seed);
    KNCSVReal(file, r->train, ",");
    KNCSVReal(file, r->validation, ",");
    KNCSVReal(file, r->test, ",");
    fprintf(file, "%" PetscInt64_FMT ",%" PetscInt64_FMT ",%.6g,%.3f,", r->run->epochs, r->parameters, (double)r->mflop,
            (double)r->seconds);
    KNCSVText(file, r->run->directory, ",");
    PrintCommand(file, r->run);
  }
}

static void WriteTable(FILE *file, const KNStudy *study, const char source[], PetscInt ncells, const KNCell cells[])
{
  fprintf(file, "dataset,samples,variant,set,seeds,mean,deviation,baseline,pairs,baseline_mean,difference,low_95,high_"
                "95,command\n");
  for (PetscInt i = 0; i < ncells; i++) {
    const KNCell *c = &cells[i];
    char          text[2 * PETSC_MAX_PATH_LEN];

    KNCSVText(file, c->dataset, ",");
    fprintf(file, "%s,", Samples(c->samples, text));
    KNCSVText(file, c->variant, study->validation ? ",validation," : ",test,");
    fprintf(file, "%" PetscInt_FMT ",", c->runs);
    KNCSVReal(file, c->mean, ",");
    KNCSVReal(file, c->deviation, ",");
    KNCSVText(file, study->baseline, ",");
    fprintf(file, "%" PetscInt_FMT ",", c->pairs);
    KNCSVReal(file, c->base, ",");
    KNCSVReal(file, c->difference, ",");
    KNCSVReal(file, c->low, ",");
    KNCSVReal(file, c->high, ",");
    (void)snprintf(text, sizeof(text), "kitinet report %s%s", source, study->validation ? " -study_validation" : "");
    KNCSVText(file, text, "\n");
  }
}

PetscErrorCode KNReportWrite(const KNStudy *study, const char source[], const char directory[], PetscInt count,
                             const KNResult results[], PetscInt ncells, const KNCell cells[])
{
  KNCSV       runs, table;
  char        path[PETSC_MAX_PATH_LEN], name[2 * KN_MAX_NAME];
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(KNDirectoryCreate("directory", directory, "-output"));
  PetscCall(KNCSVBegin(&runs));
  PetscCall(KNCSVBegin(&table));
  if (runs.file) {
    WriteRuns(runs.file, count, results);
    WriteTable(table.file, study, source, ncells, cells);
  }
  PetscCall(KNCSVEnd(&runs, directory, "runs.csv"));
  PetscCall(KNCSVEnd(&table, directory, "table.csv"));
  for (PetscInt i = 0, n; i < ncells && rank == 0; i += n) {
    for (n = 1; i + n < ncells && !strcmp(cells[i].dataset, cells[i + n].dataset);) n++;
    PetscCall(PetscSNPrintf(name, sizeof(name), "error_%s", cells[i].dataset));
    PetscCall(KNRunPath(directory, name, path));
    PetscCall(KNReportDrawErrors(study, path, n, cells + i));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\nIn %s: runs.csv, table.csv, error_*.png\n", directory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  kitinet report: compares trained runs, those of a study or any others; lists the trainings of a study, from which
  jobs/study.sh and jobs/study.sbatch start them. The form of a study file: study.h.
*/
#include "command.h"
#include "report.h"
#include <kitinet/operator.h>

/* A line a run: "done" or "todo", then the options of `kitinet train`, -run first. */
static PetscErrorCode PrintList(const KNStudy *study)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < study->count; i++) {
    const KNStudyRun *run = &study->run[i];
    PetscInt64        epochs;

    PetscCall(KNReportEpochs(run, &epochs));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s", epochs >= run->epochs ? "done" : "todo"));
    for (PetscInt k = 0; k < run->words.count; k++)
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %s%s%s", run->words.name[k], run->words.value[k] ? " " : "",
                            run->words.value[k] ? run->words.value[k] : ""));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(KNStudy *study, const char source[], const char output[], const char html[])
{
  PetscInt  count, ncells;
  KNResult *results;
  KNCell   *cells;

  PetscFunctionBegin;
  PetscCall(KNReportCollect(study, &count, &results));
  PetscCall(KNReportCompare(study, count, results, &ncells, &cells));
  PetscCall(KNReportPrint(study, source, count, ncells, cells));
  if (output[0] && count) PetscCall(KNReportWrite(study, source, output, count, results, ncells, cells));
  if (html[0]) PetscCall(KNReportWriteHTML(study, source, html, count, results, ncells, cells));
  PetscCall(PetscFree(cells));
  PetscCall(PetscFree(results));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Appends " -name value" to the source of the report. */
static PetscErrorCode AppendSource(size_t size, char source[], const char option[], const char value[])
{
  const size_t used = strlen(source);

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(source + used, size - used, " %s %s", option, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Report(const char purpose[], PetscBool *stopped)
{
  static const char *const collisions[] = {"trained", "mean", "sample", "off", NULL};
  char path[PETSC_MAX_PATH_LEN] = "", output[PETSC_MAX_PATH_LEN] = "", html[PETSC_MAX_PATH_LEN] = "",
       baseline[2 * KN_MAX_NAME] = "", source[PETSC_MAX_PATH_LEN + 128], number[16], **runs;
  PetscInt  nruns, average, evaluate = 0;
  PetscBool list = PETSC_FALSE, validation = PETSC_FALSE, done, found = PETSC_FALSE;
  KNStudy   study = {.count = 0};

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Report"));
  PetscCall(KNOptionsPath("-study", "YAML file of a study, whose runs in runs/STUDY are reported", path));
  PetscCall(KNOptionsBool("-study_validation",
                          "report the runs of a search, tested on the validation files and never on the test files",
                          &validation));
  PetscCall(KNOptionsBool(
    "-list", "print a line for each run of the study instead: done or todo, and the options of kitinet train", &list));
  PetscCall(KNOptionsList(
    "-run",
    "run directories, separated by commas, in place of a study; runs with the same options but the seed form a variant",
    &nruns, &runs));
  PetscCall(KNOptionsString("-baseline",
                            "variant that the others are compared with, in place of the study's, or the first run's",
                            sizeof(baseline), baseline));
  PetscCall(KNOperatorAverageSetFromOptions(&average));
  PetscCall(KNOptionsChoice("-collision_evaluate",
                            "test all runs again, with this of the collisions: their expectation, a draw, or none; "
                            "trained: as each run did",
                            collisions, &evaluate));
  PetscCall(
    KNOptionsPath("-output", "directory for runs.csv, table.csv, pictures; that of a study is runs/STUDY", output));
  PetscCall(KNOptionsPath(
    "-html", "HTML file for the report on one page, with curves, pictures of the runs, their options and provenance",
    html));
  PetscCall(KNOptionsEnd("report", purpose, &done));
  if (!done) {
    PetscCheck((path[0] != 0) != (nruns > 0), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "report needs -study FILE or -run DIRECTORY[,DIRECTORY...], one of them");
    PetscCheck(path[0] || !(list || validation), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "options -list and -study_validation need -study FILE");
    if (path[0]) PetscCall(KNStudyRead(path, validation, &study));
    else PetscCall(KNReportGather(nruns, runs, &study));
    if (path[0]) PetscCall(PetscSNPrintf(source, sizeof(source), "-study %s", path));
    else PetscCall(PetscStrncpy(source, "-run ...", sizeof(source)));
    study.average    = average;
    study.collisions = (PetscBool)(evaluate != 0);
    PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt_FMT, average));
    if (average != 1) PetscCall(AppendSource(sizeof(source), source, "-symmetry_average", number));
    if (evaluate) PetscCall(AppendSource(sizeof(source), source, "-collision_evaluate", collisions[evaluate]));
    if (baseline[0]) PetscCall(PetscStrncpy(study.baseline, baseline, sizeof(study.baseline)));
    for (PetscInt i = 0; i < study.count; i++)
      found = (PetscBool)(found || !strcmp(study.run[i].variant, study.baseline));
    PetscCheck(found, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -baseline is \"%s\", none of the variants; the first is \"%s\"", study.baseline,
               study.run[0].variant);
    if (list) PetscCall(PrintList(&study));
    else PetscCall(Report(&study, source, path[0] && !output[0] ? study.directory : output, html));
  }
  PetscCall(KNStudyDestroy(&study));
  PetscCall(KNOptionsListDestroy(nruns, &runs));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From run directories to results. */
#include "report.h"
#include <kitinet/error.h>
#include <kitinet/evaluation.h>
#include <kitinet/operator.h>
#include <kitinet/options.h>
#include <kitinet/run.h>
#include <math.h>
#include <stdlib.h>

/* The last row of metrics.csv, on all ranks; count: rows, 0 if there are none. */
static PetscErrorCode LastMetrics(const char directory[], const KNTaskInfo **task, PetscInt *count, KNMetrics *last)
{
  const KNTaskInfo *found   = NULL;
  KNMetrics        *metrics = NULL;
  PetscMPIInt       rank;
  PetscInt          number = 0; /* of the task in the registry */

  PetscFunctionBegin;
  *count = 0;
  *last  = (KNMetrics){.epoch = 0};
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) PetscCall(KNRunReadMetrics(directory, &found, count, &metrics));
  while (rank == 0 && KNTaskGetRegistered(number) != found) number++;
  PetscCallMPI(MPI_Bcast(&number, 1, MPIU_INT, 0, PETSC_COMM_WORLD));
  if (task) *task = KNTaskGetRegistered(number);
  if (*count) *last = metrics[*count - 1];
  PetscCall(PetscFree(metrics));
  PetscCallMPI(MPI_Bcast(count, 1, MPIU_INT, 0, PETSC_COMM_WORLD));
  PetscCallMPI(MPI_Bcast(last, sizeof(*last), MPI_BYTE, 0, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReportEpochs(const KNStudyRun *run, PetscInt64 *epochs)
{
  KNMetrics last;
  PetscInt  count;
  PetscBool saved;

  PetscFunctionBegin;
  PetscCall(KNRunHasCheckpoint(run->directory, &saved));
  PetscCall(LastMetrics(run->directory, NULL, &count, &last));
  *epochs = saved && count ? last.epoch : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The options of config.yaml. */
static PetscErrorCode ReadConfig(const char directory[], KNWords *words)
{
  PetscOptions   options;
  PetscErrorCode code;
  PetscInt       count;
  char          *yaml, **names, **values;

  PetscFunctionBegin;
  PetscCall(KNRunReadConfig(directory, &yaml));
  PetscCall(PetscOptionsCreate(&options));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = PetscOptionsInsertStringYAML(options, yaml);
  PetscCall(PetscPopErrorHandler());
  PetscCheck(!code, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s/config.yaml: damaged, not YAML; remove the run and train it again", directory);
  PetscCall(PetscFree(yaml));
  PetscCall(PetscOptionsLeftGet(options, &count, &names, &values));
  for (PetscInt i = 0; i < count; i++) {
    char name[2 * KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), "-%s", names[i]));
    PetscCall(KNWordsSet(words, name, values[i]));
  }
  PetscCall(PetscOptionsLeftRestore(options, &count, &names, &values));
  PetscCall(PetscOptionsDestroy(&options));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The study file may have changed since the run was made. */
static PetscErrorCode CheckOptions(const KNStudyRun *run)
{
  KNWords config = {.count = 0};

  PetscFunctionBegin;
  PetscCall(ReadConfig(run->directory, &config));
  for (PetscInt i = 0; i < run->words.count; i++) {
    const char *name = run->words.name[i], *value = run->words.value[i], *there = KNWordsGet(&config, name);

    if (!value) continue; /* "-flag" is written as true */
    PetscCheck(there && KNOptionsSameValue(there, value), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s was made with other options: %s is %.64s there, %.64s in the study; remove the run, or give the "
               "study another name",
               run->directory, name, there ? there : "not set", value);
  }
  PetscCall(KNWordsDestroy(&config));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The task's first measure on the run's test set, evaluated as the options of this command say. */
static PetscErrorCode FindError(KNOperator op, const KNStudyRun *run, PetscReal *error)
{
  enum { BATCH = 20 };
  const char      *path = KNWordsGet(&run->words, "-dataset_test");
  const KNProblem *problem;
  KNDataset        dataset;
  PetscInt64       samples;
  PetscReal        mean[KN_MAX_MEASURES];

  PetscFunctionBegin;
  PetscCheck(path && path[0], PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s was trained without -dataset_test: there is nothing to evaluate it on", run->directory);
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNOperatorAccept(op, dataset, &problem));
  PetscCall(KNOperatorPlan(op, problem, BATCH, PETSC_FALSE));
  PetscCall(KNEvaluate(op, dataset, 0, samples, BATCH, 0, mean));
  PetscCall(KNDatasetDestroy(&dataset));
  *error = mean[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From the checkpoint: parameters and operations, if they are not known yet; the error, if the study asks for another
   than the training's. */
static PetscErrorCode ReadCheckpoint(const KNStudyRun *run, const KNStudy *study, KNResult *result, PetscReal *error)
{
  const PetscBool  evaluate = (PetscBool)(study->average != 1 || study->collisions);
  const KNProblem *problem;
  KNParameters     parameters;
  KNOperator       op;
  KNModel          model;
  PetscLogDouble   forward;
  size_t           total;
  char             path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  if (result->parameters && !evaluate) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNRunPath(run->directory, "checkpoint.h5", path));
  PetscCall(KNOperatorLoad(path, &op));
  PetscCall(KNOperatorGetModel(op, &model, &parameters, &problem, NULL));
  PetscCall(KNParametersGetTotal(parameters, &total));
  PetscCall(KNOperatorEstimate(op, problem, 1, PETSC_FALSE));
  PetscCall(KNModelGetCost(model, &forward, NULL, NULL));
  PetscCall(KNOperatorSetSymmetryAverage(op, study->average, path));
  if (evaluate) PetscCall(FindError(op, run, error));
  PetscCall(KNOperatorDestroy(&op));
  result->parameters = (PetscInt64)total;
  result->mflop      = forward * 1e-6;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReportCollect(KNStudy *study, PetscInt *count, KNResult **results)
{
  PetscFunctionBegin;
  *count      = 0;
  study->task = KNTaskGetRegistered(0);
  PetscCall(PetscCalloc1(study->count, results));
  for (PetscInt i = 0; i < study->count; i++) {
    const KNStudyRun *run    = &study->run[i];
    KNResult         *result = &(*results)[*count];
    const KNTaskInfo *task;
    KNMetrics         last;
    PetscInt64        epochs;
    PetscInt          rows;
    PetscReal         error;

    PetscCall(KNReportEpochs(run, &epochs));
    if (epochs < run->epochs) continue;
    PetscCall(CheckOptions(run));
    PetscCall(LastMetrics(run->directory, &task, &rows, &last));
    PetscCheck(!*count || task == study->task, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s was trained for %s, %s for %s: compare runs of one task", run->directory, task->name,
               (*results)[0].run->directory, study->task->name);
    study->task = task;
    PetscCheck(!PetscIsNanReal(last.test[0]), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has no number of a test: it was trained without -dataset_test, or no sample of the test set has a "
               "value of %s; leave it out",
               run->directory, task->measure[0].title);
    *result = (KNResult){.run = run, .train = last.train, .validation = NAN, .test = NAN, .seconds = last.seconds};
    error   = last.test[0];
    /* the same network on the same grid costs the same */
    for (PetscInt k = 0; k < *count && !result->parameters; k++) {
      if (strcmp((*results)[k].run->dataset, run->dataset) || strcmp((*results)[k].run->variant, run->variant))
        continue;
      result->parameters = (*results)[k].parameters;
      result->mflop      = (*results)[k].mflop;
    }
    PetscCall(ReadCheckpoint(run, study, result, &error));
    if (study->validation) result->validation = error;
    else result->test = error;
    (*count)++;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether an option makes a variant: what the network is and how it learns, not what it learns from. */
static PetscBool MakesVariant(const char name[])
{
  static const char *const not [] = {"-train_samples", "-train_epochs", "-train_microbatch"};

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(not ); i++) {
    if (!strcmp(name, not [i])) return PETSC_FALSE;
  }
  return (PetscBool)(!strncmp(name, "-model_", 7) || !strncmp(name, "-collision_", 11) ||
                     !strncmp(name, "-train_", 7) || !strncmp(name, "-task_", 6));
}

/* "residual=plain rate=0.3": the options that another run has with another value. */
static PetscErrorCode NameVariant(const KNStudy *study, KNStudyRun *run)
{
  size_t length = 0;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < run->words.count; k++) {
    const char *name = run->words.name[k], *value = run->words.value[k] ? run->words.value[k] : "";
    PetscBool   differs = PETSC_FALSE;

    if (!MakesVariant(name)) continue;
    for (PetscInt i = 0; i < study->count && !differs; i++) {
      const char *other = KNWordsGet(&study->run[i].words, name);

      differs = (PetscBool)(other && strcmp(other, value));
    }
    if (!differs) continue;
    length += (size_t)snprintf(run->variant + length, sizeof(run->variant) - length, "%s%s=%s", length ? " " : "",
                               strchr(name, '_') + 1, value);
    PetscCheck(length < sizeof(run->variant), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s differs from the other runs in too many options to be named: %s...; compare fewer runs",
               run->directory, run->variant);
  }
  if (!length) PetscCall(PetscStrncpy(run->variant, "all", sizeof(run->variant)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReportGather(PetscInt count, char *const directory[], KNStudy *study)
{
  PetscFunctionBegin;
  *study = (KNStudy){.count = count};
  PetscCall(PetscCalloc1(count, &study->run));
  for (PetscInt i = 0; i < count; i++) {
    KNStudyRun *run = &study->run[i];
    const char *path, *samples, *seed, *epochs, *slash;
    char       *dot;

    for (PetscInt k = 0; k < i; k++)
      PetscCheck(strcmp(directory[i], directory[k]), PETSC_COMM_WORLD, KN_ERR_USAGE,
                 "option -run names %s twice; keep one", directory[i]);
    PetscCall(PetscStrncpy(run->directory, directory[i], sizeof(run->directory)));
    PetscCall(ReadConfig(directory[i], &run->words));
    path    = KNWordsGet(&run->words, "-dataset");
    samples = KNWordsGet(&run->words, "-train_samples");
    seed    = KNWordsGet(&run->words, "-seed");
    epochs  = KNWordsGet(&run->words, "-train_epochs");
    PetscCheck(path && seed && epochs, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s/config.yaml has no dataset, seed or train_epochs: not written by kitinet train", directory[i]);
    run->samples = samples ? strtoll(samples, NULL, 10) : 0;
    run->seed    = strtoll(seed, NULL, 10);
    run->epochs  = strtoll(epochs, NULL, 10);
    slash        = strrchr(path, '/');
    PetscCall(PetscStrncpy(run->dataset, slash ? slash + 1 : path, sizeof(run->dataset)));
    dot = strrchr(run->dataset, '.');
    if (dot && dot != run->dataset) *dot = 0;
  }
  for (PetscInt i = 0; i < count; i++) PetscCall(NameVariant(study, &study->run[i]));
  PetscCall(PetscStrncpy(study->baseline, study->run[0].variant, sizeof(study->baseline)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

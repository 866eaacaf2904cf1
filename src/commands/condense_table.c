/* The table of kitinet condense: error, size, FLOPs, times. */
#include "bench.h"
#include "condense.h"
#include "csv.h"
#include <kitinet/memory.h>
#include <kitinet/prune.h>
#include <math.h>
#include <string.h>

static const PetscReal seconds = 0.25; /* of measuring, for each resolution */

PetscErrorCode KNCondenseDescribe(const char name[], KNOperator op, KNDataset dataset, PetscInt64 rows,
                                  KNCondenseRow *row)
{
  KNModel        model;
  KNParameters   parameters;
  PetscLogDouble flops;

  PetscFunctionBegin;
  *row = (KNCondenseRow){.name = name, .ms = {NAN, NAN, NAN}};
  PetscCall(KNOperatorGetModel(op, &model, &parameters, NULL, NULL));
  PetscCall(KNPruneGetSizes(parameters, &row->sizes));
  PetscCall(KNParametersGetTotal(parameters, &row->parameters));
  PetscCall(KNCondenseError(op, dataset, rows, &row->error, &row->best));
  PetscCall(KNModelGetCost(model, &flops, NULL, NULL));
  row->mflop = flops * 1e-6;
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  KNModel model;
  KNReal *x, *y;
} Run;

static PetscErrorCode RunModel(void *context)
{
  const Run   *run  = context;
  const KNPass pass = {.samples = 1};

  PetscFunctionBegin;
  PetscCall(KNModelForward(run->model, &pass, run->x, run->y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the activations of one sample on the grid fit, several times over. */
static PetscErrorCode Fits(KNModel model, const KNGrid *grid, PetscBool *fits)
{
  size_t bytes;

  PetscFunctionBegin;
  PetscCall(KNModelPlanGrid(model, grid, 1, PETSC_FALSE));
  PetscCall(KNModelGetCost(model, NULL, NULL, &bytes));
  *fits = (PetscBool)(bytes < KNMemoryGetLimit() / 8);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TimeOn(KNOperator op[2], const KNGrid *grid, PetscReal ms[2])
{
  const KNGrid     inner = KNOperatorModelGrid(op[0], grid);
  KNBenchList      list  = {.comm = PETSC_COMM_WORLD};
  const KNProblem *problem;
  PetscInt         history, in, out, axes;
  PetscBool        fits;
  Run              run[2];

  PetscFunctionBegin;
  ms[0] = ms[1] = NAN;
  PetscCall(KNOperatorGetHistory(op[0], &history));
  for (int i = 0; i < 2; i++) {
    PetscCall(KNOperatorGetModel(op[i], &run[i].model, NULL, &problem, NULL));
    in = history * problem->output.fields + problem->input.fields;
    PetscCall(Fits(run[i].model, &inner, &fits));
    if (!fits) PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int i = 0; i < 2; i++) {
    KNBenchItem item = {.number = 1, .run = RunModel, .context = &run[i]};

    PetscCall(KNModelSetGrid(run[i].model, &inner, 1, PETSC_FALSE));
    PetscCall(KNMalloc((size_t)in * KNGridSize(&inner), sizeof(KNReal), &run[i].x));
    PetscCall(KNTaskGetOutput(KNOperatorTask(op[i]), &out, &axes));
    PetscCall(KNMalloc((size_t)out * (axes ? KNGridSize(&inner) : 1), sizeof(KNReal), &run[i].y));
    KNBenchFill(run[i].x, (size_t)in * KNGridSize(&inner), 0);
    PetscCall(PetscStrncpy(item.name, i ? "condensed" : "full", sizeof(item.name)));
    PetscCall(KNBenchAdd(&list, &item));
  }
  PetscCall(KNBenchMeasure(&list, seconds));
  for (int i = 0; i < 2; i++) {
    ms[i] = 1e3 * KNBenchMedian(&list.item[i]);
    PetscCall(KNFree(&run[i].x));
    PetscCall(KNFree(&run[i].y));
  }
  PetscCall(KNBenchListDestroy(&list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseTime(KNOperator full, KNOperator small, const KNGrid *grid, KNCondenseRow *of_full,
                              KNCondenseRow *of_small)
{
  PetscFunctionBegin;
  for (int s = 0; s < KN_CONDENSE_SIZES; s++) {
    KNGrid    finer = *grid;
    PetscReal ms[2];

    for (PetscInt a = 0; a < grid->dim; a++) finer.n[a] <<= s;
    PetscCall(TimeOn((KNOperator[]){full, small}, &finer, ms));
    of_full->ms[s]  = ms[0];
    of_small->ms[s] = ms[1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* best: the measure that decides what is best, where it is not the error; else NULL. */
static PetscErrorCode WriteCSV(PetscInt n, const KNCondenseRow row[], const KNMeasure *best, const char output[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  KNCSVText(csv.file, "network", ",");
  for (int s = 0; s < KN_SIZES; s++) {
    if (row[0].sizes.n[s]) KNCSVText(csv.file, KNCondenseNames[s], ",");
  }
  if (csv.file)
    fprintf(csv.file, "parameters,mflop,error,ms_1,ms_2,ms_4%s%s\n", best ? "," : "", best ? best->name : "");
  for (PetscInt i = 0; i < n; i++) {
    KNCSVText(csv.file, row[i].name, ",");
    for (int s = 0; s < KN_SIZES; s++) {
      if (csv.file && row[0].sizes.n[s]) fprintf(csv.file, "%d,", (int)row[i].sizes.n[s]);
    }
    if (csv.file) fprintf(csv.file, "%zu,", row[i].parameters);
    KNCSVReal(csv.file, row[i].mflop, ",");
    KNCSVReal(csv.file, row[i].error, ",");
    for (int s = 0; s < KN_CONDENSE_SIZES; s++)
      KNCSVReal(csv.file, row[i].ms[s], s + 1 < KN_CONDENSE_SIZES || best ? "," : "\n");
    if (best) KNCSVReal(csv.file, row[i].best, "\n");
  }
  PetscCall(KNCSVEndBeside(&csv, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintRow(const KNTaskInfo *task, const KNCondenseRow *row)
{
  char error[32];

  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n  %-12s", row->name));
  for (int s = 0; s < KN_SIZES; s++) {
    if (row->sizes.n[s]) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %7" PetscInt_FMT, row->sizes.n[s]));
  }
  PetscCall(KNMeasurePrint(&task->measure[task->curve], 4, row->error, sizeof(error), error));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %11zu %9.4g %10s", row->parameters, (double)row->mflop, error));
  for (int s = 0; s < KN_CONDENSE_SIZES; s++) {
    if (PetscIsNanReal(row->ms[s])) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %9s", "-"));
    else PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %9.3f", (double)row->ms[s]));
  }
  if (task->curve) {
    PetscCall(KNMeasurePrint(&task->measure[0], 4, row->best, sizeof(error), error));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s", error));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseReport(const KNTaskInfo *task, PetscInt n, const KNCondenseRow row[], const char measured_on[],
                                const KNGrid *grid, const char output[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nError: %s on %s; milliseconds of one sample, forward, on the points of the dataset along "
                        "each axis, and on 2 and 4 times as many\n\n  %-12s",
                        task->measure[task->curve].title, measured_on, "network"));
  for (int s = 0; s < KN_SIZES; s++) {
    if (row[0].sizes.n[s]) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %7s", KNCondenseNames[s]));
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %11s %9s %10s", "parameters", "MFLOP", "error"));
  for (int s = 0; s < KN_CONDENSE_SIZES; s++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %6" PetscInt_FMT " ms", grid->n[0] << s));
  if (task->curve) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %10s", task->measure[0].name));
  for (PetscInt i = 0; i < n; i++) PetscCall(PrintRow(task, &row[i]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  PetscCall(WriteCSV(n, row, task->curve ? &task->measure[0] : NULL, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

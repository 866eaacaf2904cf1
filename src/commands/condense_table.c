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
  PetscCall(KNPruneGetSizes(parameters, &row->sizes, NULL));
  PetscCall(KNParametersGetTotal(parameters, &row->parameters));
  PetscCall(KNCondenseError(op, dataset, rows, &row->error));
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
  KNBenchList      list  = {.count = 0};
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

static PetscErrorCode WriteCSV(PetscInt n, const KNCondenseRow row[], const char output[])
{
  KNCSV csv;

  PetscFunctionBegin;
  PetscCall(KNCSVBegin(&csv));
  if (csv.file) fprintf(csv.file, "network,width,modes,head,parameters,mflop,error,ms_1,ms_2,ms_4\n");
  for (PetscInt i = 0; i < n; i++) {
    KNCSVText(csv.file, row[i].name, ",");
    if (csv.file)
      fprintf(csv.file, "%d,%d,%d,%zu,", (int)row[i].sizes.width, (int)row[i].sizes.modes, (int)row[i].sizes.hidden,
              row[i].parameters);
    KNCSVReal(csv.file, row[i].mflop, ",");
    KNCSVReal(csv.file, row[i].error, ",");
    for (int s = 0; s < KN_CONDENSE_SIZES; s++)
      KNCSVReal(csv.file, row[i].ms[s], s + 1 < KN_CONDENSE_SIZES ? "," : "\n");
  }
  PetscCall(KNCSVEndBeside(&csv, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondenseReport(const KNMeasure *measure, PetscInt n, const KNCondenseRow row[],
                                const char measured_on[], const KNGrid *grid, const char output[])
{
  PetscFunctionBegin;
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "\nError: %s on %s; milliseconds of one sample, forward, on the points of the dataset along "
                        "each axis, and on 2 and 4 times as many\n\n  %-12s %6s %6s %6s %11s %9s %10s",
                        measure->title, measured_on, "network", "width", "modes", "head", "parameters", "MFLOP",
                        "error"));
  for (int s = 0; s < KN_CONDENSE_SIZES; s++)
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %6" PetscInt_FMT " ms", grid->n[0] << s));
  for (PetscInt i = 0; i < n; i++) {
    char error[32];

    PetscCall(KNMeasurePrint(measure, 4, row[i].error, sizeof(error), error));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "\n  %-12s %6" PetscInt_FMT " %6" PetscInt_FMT " %6" PetscInt_FMT " %11zu %9.4g %10s",
                          row[i].name, row[i].sizes.width, row[i].sizes.modes, row[i].sizes.hidden, row[i].parameters,
                          (double)row[i].mflop, error));
    for (int s = 0; s < KN_CONDENSE_SIZES; s++) {
      if (PetscIsNanReal(row[i].ms[s])) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %9s", "-"));
      else PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %9.3f", (double)row[i].ms[s]));
    }
  }
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
  PetscCall(WriteCSV(n, row, output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  kitinet bench: times each layer of a network, and whole steps, against the limits of the machine, on random fields.

  The limits are measured in the same rounds, with the same threads: the products of large matrices (operations a
  second) and a triad over large arrays (bytes a second). The roofline is the least time that they allow: the larger
  of operations / products and bytes / triad.
*/
#include "bench.h"
#include "command.h"
#include <kitinet/memory.h>
#include <kitinet/path.h>
#include <kitinet/precision.h>
#include <omp.h>

typedef enum { ALL, LAYERS, STEP, INFERENCE } What;
static const char *const WhatNames[] = {"all", "layers", "step", "inference", NULL};

/* points along each axis: one number for all, or one for each */
static PetscErrorCode SetGridFromOptions(KNBench *bench)
{
  PetscInt dim = 2, points = KN_POINTS_CELLS, n[KN_MAX_DIM] = {64, 64, 64}, count;
  char   **given;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-bench_axes", "axes of the grid", 1, 3, &dim));
  PetscCall(KNOptionsList("-bench_grid",
                          "points along the axes, one number for all or one for each: 64 or 64,48; default 64", &count,
                          &given));
  PetscCheck(count <= 1 || count == dim, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -bench_grid has %" PetscInt_FMT " numbers for %" PetscInt_FMT
             " axes: give one for all, or one for each",
             count, dim);
  for (PetscInt a = 0; count && a < dim; a++) {
    const char *text = given[count == 1 ? 0 : a];
    char       *end;
    const long  value = strtol(text, &end, 10);

    PetscCheck(*text && !*end && value >= 1 && value <= 1 << 20, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -bench_grid: \"%s\" is no number of points from 1 to %d", text, 1 << 20);
    n[a] = (PetscInt)value;
  }
  PetscCall(KNOptionsListDestroy(count, &given));
  bench->grid = KNGridMake(dim, n, (KNPoints)points);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Times what is wanted of one plan of the network, training or not; appends the items to results. *peak: bytes held
  without the machine's limits.
*/
static PetscErrorCode MeasurePlan(const KNBench *bench, PetscBool training, PetscBool with_layers,
                                  PetscBool with_limits, PetscReal seconds, What what, KNBenchList *results,
                                  size_t *peak)
{
  KNBenchList   list   = {.comm = bench->comm};
  KNBenchLayers layers = NULL;
  KNBenchStep   step   = NULL;
  KNBenchLimits limits = NULL;

  PetscFunctionBegin;
  PetscCall(KNModelSetGrid(bench->model, &bench->grid, bench->microbatch, training));
  if (with_layers) PetscCall(KNBenchAddLayers(bench, &list, &layers));
  if (what != LAYERS) PetscCall(KNBenchAddStep(bench, &list, training, &step));
  PetscCall(KNBenchWarmUp(&list));
  *peak = PetscMax(*peak, KNMemoryGetPeak());
  if (with_limits) PetscCall(KNBenchAddLimits(&list, &limits));
  PetscCall(KNBenchMeasure(&list, seconds));
  for (PetscInt i = 0; i < list.count; i++) PetscCall(KNBenchAdd(results, &list.item[i]));
  PetscCall(KNBenchLimitsDestroy(&limits));
  PetscCall(KNBenchStepDestroy(&step));
  PetscCall(KNBenchLayersDestroy(&layers));
  PetscCall(KNBenchListDestroy(&list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One figure of the table, empty where there is none. */
static PetscErrorCode PrintFigure(FILE *file, int width, int digits, double value)
{
  char text[32] = "";

  PetscFunctionBegin;
  if (value > 0) PetscCall(PetscSNPrintf(text, sizeof(text), "%.*f", digits, value));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %*s", width, text));
  if (file && value > 0) fprintf(file, ",%.6g", value);
  if (file && value <= 0) fprintf(file, ",");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintTable(const KNBenchList *results, FILE *file)
{
  double product = 0, triad = 0, step = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < results->count; i++) {
    const KNBenchItem *item = &results->item[i];

    if (!strcmp(item->phase, "product")) product = item->flops / KNBenchMedian(item);
    if (!strcmp(item->phase, "triad")) triad = item->bytes / KNBenchMedian(item);
    if (!strcmp(item->name, "training step") && item->run) step = KNBenchMedian(item);
  }
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD, "\nMedians on one rank (of several the slowest)\n\n%-22s %6s %-9s %10s %7s %9s %7s %8s %7s %9s\n",
    "", "number", "", "ms", "% step", "GFLOP/s", "% peak", "GB/s", "% triad", "% roofline"));
  if (file)
    fprintf(file, "item,phase,number,milliseconds,percent_of_step,gflop_per_s,percent_of_peak,gb_per_s,percent_of_"
                  "triad,percent_of_roofline,rounds\n");
  for (PetscInt i = 0; i < results->count; i++) {
    const KNBenchItem *item    = &results->item[i];
    const double       seconds = PetscMax(KNBenchMedian(item), 1e-12),
                 bound         = PetscMax(item->flops / product, item->bytes / triad);
    const PetscBool machine    = (PetscBool)!strcmp(item->name, "machine"),
                    layer      = (PetscBool)(item->run && item->bytes > 0 && item->flops > 0);

    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%-22s %6" PetscInt_FMT " %-9s", item->name, item->number, item->phase));
    if (file) fprintf(file, "%s,%s,%d", item->name, item->phase, (int)item->number);
    PetscCall(PrintFigure(file, 10, 3, seconds * 1e3));
    PetscCall(PrintFigure(file, 7, 1, step > 0 ? 100 * item->calls * seconds / step : 0));
    PetscCall(PrintFigure(file, 9, 2, item->flops / seconds * 1e-9));
    PetscCall(PrintFigure(file, 7, 1, machine ? 0 : 100 * item->flops / seconds / product));
    PetscCall(PrintFigure(file, 8, 2, item->bytes / seconds * 1e-9));
    PetscCall(PrintFigure(file, 7, 1, machine ? 0 : 100 * item->bytes / seconds / triad));
    PetscCall(PrintFigure(file, 9, 1, layer ? 100 * bound / seconds : 0));
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
    if (file) fprintf(file, ",%d\n", (int)item->rounds);
  }
  PetscCall(PetscPrintf(
    PETSC_COMM_WORLD,
    "\nnumber: layers of the network that do the same work. %% step: of all of them, in a training step. %% peak: of "
    "the machine's product of matrices.\n"
    "GB/s: bytes that must move, each once: inputs, output and parameters; backward, their gradients too, which are "
    "read and written where it adds to them.\n"
    "%% roofline: of the least time that product and triad allow; above 100 where data stay in the cache.\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintHead(const KNBench *bench, size_t before, size_t peak)
{
  PetscLogDouble forward, backward;
  PetscMPIInt    ranks;
  KNParameters   parameters;
  double         held[2] = {(double)before, (double)peak};
  size_t         total, bytes, traffic[2];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &ranks));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, held, 2, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscCall(KNModelGetParameters(bench->model, &parameters));
  PetscCall(KNParametersGetTotal(parameters, &total));
  PetscCall(KNModelGetCost(bench->model, &forward, &backward, &bytes));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "%zu parameters; a sample takes %.4g MFLOP forward and %.4g backward; batches of %" PetscInt_FMT
                        ", %" PetscInt_FMT " at a time, on %d rank%s of %d thread%s\n",
                        total, forward * 1e-6, backward * 1e-6, bench->batch, bench->microbatch, ranks,
                        ranks == 1 ? "" : "s", omp_get_max_threads(), omp_get_max_threads() == 1 ? "" : "s"));
  PetscCall(KNModelGetTraffic(bench->model, &traffic[0], &traffic[1]));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "split over ranks (-ranks_per_sample of train), a sample's ranks would add up %.4g MiB of "
                        "modes forward and %.4g MiB backward; a channel of its grid has %.4g MiB\n",
                        (double)traffic[0] / 1048576.0, (double)traffic[1] / 1048576.0,
                        (double)(KNGridSize(&bench->grid) * sizeof(KNReal)) / 1048576.0));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                        "memory of a rank: at most %.1f MiB held, %.1f MiB of it before the network was made\n",
                        held[1] / 1048576.0, held[0] / 1048576.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All that was asked for, in as many plans of the network as it needs. */
static PetscErrorCode MeasureAll(KNBench *bench, What what, FILE *file)
{
  KNBenchList  results = {0};
  const size_t before  = KNMemoryGetPeak();
  size_t       peak    = 0;

  PetscFunctionBegin;
  PetscCall(KNModelSetUp(bench->model, 1));
  if (what != INFERENCE)
    PetscCall(MeasurePlan(bench, PETSC_TRUE, (PetscBool)(what != STEP), PETSC_TRUE,
                          (what == ALL ? 0.8 : 1.0) * bench->seconds, what, &results, &peak));
  if (what == ALL || what == INFERENCE)
    PetscCall(MeasurePlan(bench, PETSC_FALSE, PETSC_FALSE, (PetscBool)(what == INFERENCE),
                          (what == ALL ? 0.2 : 1.0) * bench->seconds, what, &results, &peak));
  PetscCall(PrintHead(bench, before, peak));
  PetscCall(PrintTable(&results, file));
  PetscCall(KNBenchListDestroy(&results));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A file of results, which gets its name when it is whole. */
typedef struct {
  char  name[PETSC_MAX_PATH_LEN], partial[PETSC_MAX_PATH_LEN]; /* "": not wanted */
  FILE *file;                                                  /* on rank 0 */
} Output;

static PetscErrorCode OpenOutput(Output *output)
{
  PetscMPIInt rank;
  int         descriptor = -1;

  PetscFunctionBegin;
  if (!output->name[0]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCall(PetscSNPrintf(output->partial, PETSC_MAX_PATH_LEN, "%s.partial", output->name));
  if (rank == 0) descriptor = KNPathCreate(output->partial);
  if (descriptor >= 0) output->file = fdopen(descriptor, "w");
  PetscCall(KNAgree(PETSC_COMM_WORLD, rank == 0 && !output->file ? KN_ERR_IO : 0,
                    "%s: cannot be written; choose another name", output->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* keep: the work that filled it succeeded; else there is no file. */
static PetscErrorCode CloseOutput(Output *output, PetscBool keep)
{
  PetscBool failed = PETSC_FALSE;

  PetscFunctionBegin;
  if (output->file) {
    failed = (PetscBool)(ferror(output->file) != 0);
    failed = (PetscBool)(fclose(output->file) != 0 || failed || (keep && rename(output->partial, output->name) != 0));
    if (failed || !keep) remove(output->partial);
    output->file = NULL;
  }
  if (keep) PetscCall(KNAgree(PETSC_COMM_WORLD, failed ? KN_ERR_IO : 0, "%s: writing failed", output->name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What was asked for, into files that are there only if all of it succeeds. */
static PetscErrorCode Run(KNBench *bench, PetscBool scaling, What what, Output *table, Output *choice)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(OpenOutput(table));
  code = OpenOutput(choice);
  if (!code && choice->name[0]) code = KNBenchTune(bench, table->file, choice->file);
  else if (!code) code = scaling ? KNBenchScaling(bench, table->file) : MeasureAll(bench, what, table->file);
  PetscCall(CloseOutput(choice, (PetscBool)!code));
  PetscCall(CloseOutput(table, (PetscBool)!code));
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Texts of the whole length, whose words are spread over the vocabulary. */
static PetscErrorCode MakeTexts(KNBench *bench)
{
  const size_t points = KNGridSize(&bench->grid), count = (size_t)bench->batch * points;

  PetscFunctionBegin;
  if (!bench->words) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc2(count, &bench->token, bench->batch, &bench->length));
  for (size_t i = 0; i < count; i++) bench->token[i] = (int32_t)(i * 2654435761 % (size_t)bench->words);
  for (PetscInt b = 0; b < bench->batch; b++) bench->length[b] = (int32_t)points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCommand_Bench(const char purpose[], PetscBool *stopped)
{
  KNBench   bench = {.comm = PETSC_COMM_WORLD, .inputs = 1, .outputs = 1, .batch = 20, .microbatch = 5, .seconds = 20};
  PetscInt  what  = ALL;
  PetscBool scaling = PETSC_FALSE, done;
  Output    table = {0}, choice = {0};

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("What is timed"));
  PetscCall(KNOptionsChoice("-bench_what", "what is timed: all, the layers one by one, training steps, or inference",
                            WhatNames, &what));
  PetscCall(KNOptionsBool(
    "-bench_scaling", "time the training step for 1, 2, .. threads, for growing batches and grids instead", &scaling));
  PetscCall(KNOptionsPath("-bench_tune",
                          "YAML file for options of kitinet train: time the training step for all ways to share this "
                          "node's processors among ranks and threads and for micro-batches of many sizes, and write "
                          "the fastest",
                          choice.name));
  PetscCall(SetGridFromOptions(&bench));
  PetscCall(
    KNOptionsInt("-bench_channels_in", "channels of the network's input, without coordinates", 1, 1024, &bench.inputs));
  PetscCall(KNOptionsInt("-bench_channels_out", "channels of the network's output", 1, 1024, &bench.outputs));
  PetscCall(KNOptionsInt(
    "-bench_classes",
    "number of classes that the network tells apart, with the cross-entropy as its loss; 0: it predicts fields", 0,
    1000000, &bench.classes));
  PetscCall(KNOptionsInt("-bench_words",
                         "words of the vocabulary of texts, which are as long as the grid's one axis; 0: the network "
                         "reads fields",
                         0, 1 << 24, &bench.words));
  PetscCall(KNOptionsReal("-bench_seconds", "seconds for rounds of measurements; there are at least three rounds", 0,
                          1e6, &bench.seconds));
  PetscCall(KNOptionsPath("-bench_output", "CSV file for the table", table.name));
  PetscCall(KNOptionsInt("-train_batch", "samples of one step, over all ranks", 1, 1 << 24, &bench.batch));
  PetscCall(KNOptionsInt(
    "-train_microbatch",
    "samples that pass through the network together on one rank; the number sets the memory of activations", 1, 1 << 16,
    &bench.microbatch));
  PetscCall(KNReductionSetFromOptions(&bench.reduction));
  PetscCall(KNPrecisionSetFromOptions(&bench.bfloat16));
  PetscCall(KNModelCreateFromOptions(&bench.model));
  PetscCheck(!choice.name[0] || (what == ALL && !scaling), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -bench_tune times training steps in ways of its own: give no -bench_what and no -bench_scaling");
  PetscCheck(!bench.words || (bench.grid.dim == 1 && bench.classes && !scaling), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -bench_words is for texts, of one axis, in classes: give -bench_axes 1 -bench_classes 2, and no "
             "-bench_scaling");
  if (bench.words) bench.inputs = bench.words;
  if (bench.classes) bench.outputs = bench.classes;
  PetscCall(KNModelSetChannels(bench.model, bench.grid.dim, bench.inputs, bench.outputs));
  if (bench.classes) PetscCall(KNModelSetOutputAxes(bench.model, 0));
  if (bench.words) PetscCall(KNModelSetTokens(bench.model, bench.grid.n[0]));
  PetscCall(KNModelSetFromOptions(bench.model));
  PetscCall(KNOptionsEnd("bench", purpose, &done));
  if (!done) {
    bench.microbatch = PetscMin(bench.microbatch, bench.batch);
    PetscCall(MakeTexts(&bench));
    PetscCall(Run(&bench, scaling, (What)what, &table, &choice));
  }
  PetscCall(PetscFree2(bench.token, bench.length));
  PetscCall(KNModelDestroy(&bench.model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

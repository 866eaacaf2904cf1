/*
  Whole steps of the network on random fields, as a rank makes them: its share of the batch, micro-batch by micro-batch.

    training   forward and loss, backward, what is left of the reduction, update
    inference  forward, planned without the arrays of backward
*/
#include "bench.h"
#include <kitinet/memory.h>
#include <kitinet/optimizer.h>
#include <kitinet/task.h>
#include <kitinet/word_rows.h>
#include <petsctime.h>

typedef enum { FORWARD, BACKWARD, REDUCE, UPDATE, NPARTS } Part;
static const char *const PartNames[NPARTS] = {"forward", "backward", "reduce", "update"};

struct _KNBenchStep {
  const KNBench *bench;      /* not owned */
  PetscInt       first;      /* sample of the batch, of this rank */
  KNModel        model;      /* not owned */
  KNParameters   parameters; /* not owned */
  KNReduction    reduction;  /* training */
  KNWordRows     words;      /* likewise */
  PetscInt       batch, share, microbatch;
  size_t         nx, ny, nt;  /* values of one sample */
  KNReal        *x, *target;  /* (share, nx), (share, nt) */
  KNReal        *y;           /* (microbatch, ny) prediction, then its gradient */
  KNTask         task;        /* training; its loss, on targets that need no normalising */
  double        *part, *loss; /* (microbatch, P), (microbatch) */
  PetscInt64     step;
  PetscLogDouble mark;
  double         within[NPARTS]; /* seconds of each part */
};

/* The time since the last mark belongs to this part. */
static PetscErrorCode Mark(KNBenchStep s, Part part)
{
  PetscLogDouble now;

  PetscFunctionBegin;
  PetscCall(PetscTime(&now));
  s->within[part] += now - s->mark;
  s->mark = now;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the words in this rank's texts, and in those of the others. */
static PetscErrorCode ChooseRows(KNBenchStep s)
{
  KNPass all = {.samples = s->share};

  PetscFunctionBegin;
  KNBenchSetTexts(s->bench, s->first, &all);
  PetscCall(KNWordRowsChoose(s->words, s->share, all.token, all.length, all.stride));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunTraining(void *context)
{
  static const KNOptimizer adam = {.lr = 1e-3, .weight_decay = 1e-4};
  const KNBenchStep        s    = context;
  KNStepSums               sums = {.samples = s->share};

  PetscFunctionBegin;
  PetscCall(PetscTime(&s->mark));
  PetscCall(ChooseRows(s));
  PetscCall(KNReductionBegin(s->reduction, s->batch));
  for (PetscInt start = 0; start < s->share; start += s->microbatch) {
    KNPass        pass   = {.samples   = PetscMin(s->microbatch, s->share - start),
                            .training  = PETSC_TRUE,
                            .seed      = 1,
                            .step      = s->step,
                            .gradients = KNReductionGetMode(s->reduction),
                            .bfloat16  = s->bench->bfloat16};
    const KNReal *x      = s->bench->words ? NULL : s->x + (size_t)start * s->nx,
                 *target = s->target + (size_t)start * s->nt;
    double loss          = 0;

    KNBenchSetTexts(s->bench, s->first + start, &pass);
    KNWordRowsTake(s->words, &pass);
    PetscCall(KNModelForward(s->model, &pass, x, s->y));
    PetscCall(KNTaskLossAddParts(s->task, (size_t)pass.samples, s->y, target, s->part));
    PetscCall(KNTaskLoss(s->task, (size_t)pass.samples, s->part, s->loss));
    PetscCall(Mark(s, FORWARD));
    PetscCall(KNTaskLossGradient(s->task, (size_t)pass.samples, s->part, s->loss, target, s->y));
    PetscCall(KNModelSetGradientsDone(s->model, KNReductionGradientsDone, s->reduction));
    PetscCall(KNModelBackward(s->model, &pass, x, s->y, NULL));
    PetscCall(KNModelSetGradientsDone(s->model, NULL, NULL));
    for (PetscInt b = 0; b < pass.samples; b++) loss += s->loss[b];
    PetscCall(KNReductionAdd(s->reduction, loss));
    PetscCall(Mark(s, BACKWARD));
  }
  PetscCall(KNReductionFinish(s->reduction, &sums));
  PetscCall(Mark(s, REDUCE));
  PetscCall(KNOptimizerStep(&adam, s->parameters, adam.lr, s->step++, 1));
  PetscCall(Mark(s, UPDATE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The reduction of gradients that are there already: nothing to hide it behind. */
static PetscErrorCode RunReduction(void *context)
{
  const KNBenchStep s    = context;
  KNStepSums        sums = {.samples = s->share};

  PetscFunctionBegin;
  PetscCall(KNReductionBegin(s->reduction, s->batch));
  for (PetscInt start = 0; start < s->share; start += s->microbatch) PetscCall(KNReductionAdd(s->reduction, 0));
  PetscCall(KNReductionFinish(s->reduction, &sums));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunInference(void *context)
{
  const KNBenchStep s = context;

  PetscFunctionBegin;
  for (PetscInt start = 0; start < s->share; start += s->microbatch) {
    KNPass pass = {.samples = PetscMin(s->microbatch, s->share - start), .seed = 1};

    KNBenchSetTexts(s->bench, s->first + start, &pass);
    PetscCall(KNModelForward(s->model, &pass, s->bench->words ? NULL : s->x + (size_t)start * s->nx, s->y));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddItems(KNBenchList *list, PetscBool training, KNBenchStep s)
{
  KNBenchItem    item = {.number  = 1,
                         .calls   = training ? 1 : 0,
                         .context = s,
                         .run     = training ? RunTraining : RunInference};
  PetscLogDouble flops[2];
  PetscMPIInt    size;
  size_t         n;
  KNRows         rows;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(s->bench->comm, &size));
  PetscCall(KNModelGetCost(s->model, &flops[0], &flops[1], NULL));
  if (training) PetscCall(ChooseRows(s));
  PetscCall(KNParametersGetRows(s->parameters, &rows));
  PetscCall(KNParametersGetBlocks(s->parameters, &n, NULL, NULL, NULL, NULL));
  n -= rows.start;
  PetscCall(PetscStrncpy(item.name, training ? "training step" : "inference", sizeof(item.name)));
  PetscCall(PetscStrncpy(item.phase, "whole", sizeof(item.phase)));
  item.flops = (flops[0] + (training ? flops[1] : 0)) * (double)s->share;
  PetscCall(KNBenchAdd(list, &item));
  item.run = NULL;
  for (int part = 0; training && part < NPARTS; part++) {
    item.within = &s->within[part];
    item.flops  = part == UPDATE ? 15 * (double)n : part == REDUCE ? 0 : flops[part] * (double)s->share;
    /* value and both moments read and written, the gradient read */
    item.bytes = part == UPDATE ? 7 * (double)(n * sizeof(KNReal)) : 0;
    PetscCall(PetscStrncpy(item.phase, PartNames[part], sizeof(item.phase)));
    PetscCall(KNBenchAdd(list, &item));
  }
  if (training && size > 1) {
    item = (KNBenchItem){.name    = "reduction",
                         .phase   = "alone",
                         .number  = 1,
                         .run     = RunReduction,
                         .context = s,
                         .bytes   = (double)(n * sizeof(KNReal))};
    PetscCall(KNBenchAdd(list, &item));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchAddStep(const KNBench *bench, KNBenchList *list, PetscBool training, KNBenchStep *step)
{
  const KNProblem problem = {.input  = {.kind   = bench->words ? KN_SPACE_TOKENS : KN_SPACE_FIELD,
                                        .grid   = bench->words ? KNGridMake(0, NULL, bench->grid.points) : bench->grid,
                                        .fields = bench->words ? 0 : bench->inputs,
                                        .length = bench->words ? bench->grid.n[0] : 0,
                                        .count  = bench->words},
                             .output = {.kind = bench->classes ? KN_SPACE_CLASS : KN_SPACE_FIELD,
                                        .grid = bench->classes ? KNGridMake(0, NULL, bench->grid.points) : bench->grid,
                                        .fields = bench->classes ? 0 : bench->outputs,
                                        .count  = bench->classes}};
  PetscMPIInt     size, rank;
  PetscInt64      start, end;
  KNBenchStep     s;

  PetscFunctionBegin;
  PetscCall(PetscNew(step));
  PetscCallMPI(MPI_Comm_size(bench->comm, &size));
  PetscCallMPI(MPI_Comm_rank(bench->comm, &rank));
  s             = *step;
  s->bench      = bench;
  s->model      = bench->model;
  s->batch      = bench->batch;
  s->microbatch = bench->microbatch;
  s->nx         = bench->words ? 0 : (size_t)bench->inputs * KNGridSize(&bench->grid);
  s->ny         = (size_t)bench->outputs * KNGridSize(&problem.output.grid);
  if (bench->reduction != KN_REDUCTION_ALLREDUCE) KNLeafPartition(s->batch, s->microbatch, size, rank, &start, &end);
  else KNPartition(s->batch, size, rank, &start, &end);
  s->share = (PetscInt)(end - start);
  s->first = (PetscInt)start;
  PetscCall(KNModelGetParameters(s->model, &s->parameters));
  if (training)
    PetscCall(KNReductionCreate(bench->comm, bench->reduction, s->parameters, s->batch, s->microbatch, PETSC_FALSE,
                                &s->reduction));
  PetscCall(KNWordRowsCreate(bench->comm, s->parameters, &s->words));
  PetscCall(KNMalloc((size_t)s->share * s->nx, sizeof(KNReal), &s->x));
  PetscCall(KNMalloc((size_t)s->microbatch * s->ny, sizeof(KNReal), &s->y));
  KNBenchFill(s->x, (size_t)s->share * s->nx, rank);
  if (training) {
    PetscCall(KNTaskCreate(&problem, 0, &s->task));
    s->nt = KNTaskTargetSize(s->task);
    PetscCall(KNMalloc((size_t)s->share * s->nt, sizeof(KNReal), &s->target));
    KNBenchFill(s->target, (size_t)s->share * s->nt, size + rank);
    for (PetscInt b = 0; bench->classes && b < s->share; b++) s->target[b] = (KNReal)(b % bench->classes);
    PetscCall(PetscMalloc2((size_t)s->microbatch * KNTaskLossParts(s->task), &s->part, s->microbatch, &s->loss));
  }
  PetscCall(AddItems(list, training, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchStepDestroy(KNBenchStep *step)
{
  KNBenchStep s = *step;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2(s->part, s->loss));
  PetscCall(KNTaskDestroy(&s->task));
  PetscCall(KNFree(&s->y));
  PetscCall(KNFree(&s->target));
  PetscCall(KNFree(&s->x));
  PetscCall(KNWordRowsDestroy(&s->words));
  PetscCall(KNReductionDestroy(&s->reduction));
  PetscCall(PetscFree(*step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchTimeStep(const KNBench *bench, double *seconds)
{
  KNBenchList list = {.comm = bench->comm};
  KNBenchStep step;

  PetscFunctionBegin;
  PetscCall(KNModelSetGrid(bench->model, &bench->grid, bench->microbatch, PETSC_TRUE));
  PetscCall(KNBenchAddStep(bench, &list, PETSC_TRUE, &step));
  list.count = 1; /* the whole step only */
  PetscCall(KNBenchMeasure(&list, 0));
  *seconds = KNBenchMedian(&list.item[0]);
  PetscCall(KNBenchStepDestroy(&step));
  PetscCall(KNBenchListDestroy(&list));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchFits(const KNBench *bench, PetscBool *fits)
{
  KNParameters parameters;
  size_t       activations, values;

  PetscFunctionBegin;
  PetscCall(KNModelGetParameters(bench->model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &values, NULL, NULL, NULL, NULL));
  PetscCall(KNModelPlanGrid(bench->model, &bench->grid, bench->microbatch, PETSC_TRUE));
  PetscCall(KNModelGetCost(bench->model, NULL, NULL, &activations));
  *fits = (PetscBool)(activations + 4 * values * sizeof(KNReal) <= KNMemoryGetLimit());
  PetscFunctionReturn(PETSC_SUCCESS);
}

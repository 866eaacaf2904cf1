/*
  What stays of a network. Sizes first: as few modes as carry the error, then the widest stream that keeps to the FLOPs. Then the particles: every measure of
  contribution (contribution.h), each with what is dropped left out and with it read through what stays; the data decide.
*/
#include "command.h"
#include "condense.h"
#include <kitinet/contribution.h>
#include <kitinet/evaluation.h>
#include <kitinet/prune.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 5 };                    /* samples at a time */
static const PetscReal allowed = 1e-3; /* relative growth of the error by dropping modes */

PetscErrorCode KNCondenseError(KNOperator op, KNDataset dataset, PetscInt64 rows, PetscReal *error)
{
  const KNProblem *problem;
  PetscReal       *errors;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNOperatorSetGrid(op, &problem->grid, BATCH, PETSC_FALSE));
  PetscCall(PetscMalloc1(rows, &errors));
  PetscCall(KNEvaluate(op, dataset, 0, rows, BATCH, 0, errors));
  KNErrorStatistics(rows, errors, error, NULL, NULL);
  PetscCall(PetscFree(errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The value of a whole number in lines "name: value"; initial if it is not there. */
static PetscInt Lookup(const char options[], const char name[], PetscInt initial)
{
  const size_t length = strlen(name);

  for (const char *line = options; line; line = strchr(line, '\n')) {
    line += *line == '\n';
    if (!strncmp(line, name, length) && line[length] == ':') return (PetscInt)strtol(line + length + 1, NULL, 10);
  }
  return initial;
}

/* Channels of a particle; without collisions each channel stands for itself. */
static PetscInt ParticleDimension(KNOperator op, PetscInt C)
{
  const char *options;
  PetscInt    d;

  (void)KNOperatorGetModel(op, NULL, NULL, NULL, &options);
  d = Lookup(options, "collision_dimension", 1);
  return d ? d : KNCollisionDefaultDimension(C);
}

/* The full network's operator with other sizes, untrained. Its particles keep their dimension where the default would be another one. */
static PetscErrorCode Resize(KNOperator full, PetscInt width, PetscInt modes, KNOperator *op)
{
  const char  *options;
  char        *resized;
  KNParameters parameters;
  PetscInt     C;
  size_t       size, used = 0;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(full, NULL, &parameters, NULL, &options));
  PetscCall(KNPruneGetSizes(parameters, &C, NULL, NULL));
  size = strlen(options) + 96;
  PetscCall(PetscMalloc1(size, &resized));
  resized[0] = 0;
  for (const char *line = options; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') ? 1 : 0);

    if (!strncmp(line, "model_width:", 12)) PetscCall(PetscSNPrintf(resized + used, size - used, "model_width: %" PetscInt_FMT "\n", width));
    else if (!strncmp(line, "model_modes:", 12)) PetscCall(PetscSNPrintf(resized + used, size - used, "model_modes: %" PetscInt_FMT "\n", modes));
    else if (!strncmp(line, "collision_dimension:", 20)) PetscCall(PetscSNPrintf(resized + used, size - used, "collision_dimension: %" PetscInt_FMT "\n", ParticleDimension(full, C)));
    else PetscCall(PetscStrncpy(resized + used, line, PetscMin(length + 1, size - used)));
    used += strlen(resized + used);
    line += length;
  }
  PetscCall(KNOperatorCreateVariant(full, resized, op));
  PetscCall(PetscFree(resized));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Parameters(KNOperator op, KNParameters *parameters)
{
  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, NULL, parameters, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Flops(KNOperator op, const KNGrid *grid, PetscLogDouble *flops)
{
  const KNGrid inner = KNOperatorModelGrid(op, grid);
  KNModel      model;

  PetscFunctionBegin;
  PetscCall(KNOperatorGetModel(op, &model, NULL, NULL, NULL));
  PetscCall(KNModelPlanGrid(model, &inner, 1, PETSC_FALSE));
  PetscCall(KNModelGetCost(model, flops, NULL, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FlopsOfSizes(KNOperator full, PetscInt width, PetscInt modes, const KNGrid *grid, PetscLogDouble *flops)
{
  KNOperator op;

  PetscFunctionBegin;
  PetscCall(Resize(full, width, modes, &op));
  PetscCall(Flops(op, grid, flops));
  PetscCall(KNOperatorDestroy(&op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A pruned operator. R: readouts, or NULL */
static PetscErrorCode Prune(KNOperator full, PetscInt width, const PetscInt channel[], PetscInt modes, const double R[], KNOperator *op)
{
  const KNPruning pruning = {.width = width, .channel = channel, .modes = modes, .readout = R};
  KNParameters    from, to;

  PetscFunctionBegin;
  PetscCall(Resize(full, width, modes, op));
  PetscCall(Parameters(full, &from));
  PetscCall(Parameters(*op, &to));
  PetscCall(KNPrune(from, &pruning, to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As few modes as raise the error on the samples by no more than is allowed. */
static PetscErrorCode FindModes(const KNCondense *wanted, KNOperator full, KNDataset dataset, PetscInt C, PetscInt m, PetscReal error, PetscInt *modes)
{
  PetscInt *all;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(C, &all));
  for (PetscInt c = 0; c < C; c++) all[c] = c;
  for (*modes = m; *modes > 1; (*modes)--) {
    KNOperator op;
    PetscReal  fewer;

    PetscCall(Prune(full, C, all, *modes - 1, NULL, &op));
    PetscCall(KNCondenseError(op, dataset, wanted->samples, &fewer));
    PetscCall(KNOperatorDestroy(&op));
    if (!(fewer <= (1 + allowed) * error)) break;
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The widest stream of whole particles within the share of the full network's FLOPs. */
static PetscErrorCode FindWidth(KNOperator full, PetscReal share, PetscInt C, PetscInt d, PetscInt modes, const KNGrid *grid, PetscInt *width)
{
  PetscLogDouble whole, flops;
  PetscInt       low = 1, high = C / d; /* particles */

  PetscFunctionBegin;
  PetscCall(Flops(full, grid, &whole));
  PetscCall(FlopsOfSizes(full, d, modes, grid, &flops));
  PetscCheck(flops <= share * whole, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -condense_flops is %g, which leaves no particle of the residual stream: one alone, with %" PetscInt_FMT " modes, takes %.3g of the network's FLOPs; give more", (double)share, modes, flops / whole);
  while (low < high) { /* low fits, more than high does not */
    const PetscInt middle = (low + high + 1) / 2;

    PetscCall(FlopsOfSizes(full, middle * d, modes, grid, &flops));
    if (flops <= share * whole) low = middle;
    else high = middle - 1;
  }
  *width = low * d;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSizes(const KNCondense *wanted, PetscInt C, PetscInt d, PetscInt m, const char from[])
{
  PetscFunctionBegin;
  PetscCheck(!(wanted->width && wanted->flops > 0), PETSC_COMM_WORLD, KN_ERR_USAGE, "options -condense_width and -condense_flops exclude each other: leave out one of them");
  PetscCheck(wanted->width <= C, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -condense_width is %" PetscInt_FMT ", %s has %" PetscInt_FMT " channels: give less", wanted->width, from, C);
  PetscCheck(wanted->width % d == 0, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -condense_width is %" PetscInt_FMT ", the particles of %s have %" PetscInt_FMT " channels each: give a multiple", wanted->width, from, d);
  PetscCheck(wanted->modes <= m, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -condense_modes is %" PetscInt_FMT ", %s has %" PetscInt_FMT ": give no more", wanted->modes, from, m);
  PetscCheck(wanted->width < C || (wanted->modes && wanted->modes < m), PETSC_COMM_WORLD, KN_ERR_USAGE, "%s already has %" PetscInt_FMT " channels and %" PetscInt_FMT " modes: give a smaller -condense_width or -condense_modes", from, C, m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The best of all ways to choose `width` channels. */
static PetscErrorCode FindChannels(const KNCondense *wanted, KNOperator full, KNDataset dataset, PetscInt C, PetscInt d, PetscInt width, PetscInt modes, char how[], size_t size, KNOperator *best)
{
  KNContribution contribution;
  PetscReal      lowest = PETSC_MAX_REAL;
  PetscInt      *channel, blocks;
  KNParameters   parameters;
  double        *R;

  PetscFunctionBegin;
  *best = NULL;
  PetscCall(Parameters(full, &parameters));
  PetscCall(KNPruneGetSizes(parameters, NULL, NULL, &blocks));
  PetscCall(KNContributionMeasure(full, dataset, wanted->samples, &contribution));
  PetscCall(PetscMalloc2(width, &channel, (blocks + 1) * C * width, &R));
  for (PetscInt type = 0; KNContributionNames[type]; type++) {
    PetscCall(KNContributionChoose(&contribution, (KNContributionType)type, d, width, channel));
    PetscCall(KNContributionReadout(&contribution, width, channel, R));
    for (int merge = 0; merge < 2; merge++) {
      KNOperator op;
      PetscReal  error;

      PetscCall(Prune(full, width, channel, modes, merge ? R : NULL, &op));
      PetscCall(KNCondenseError(op, dataset, wanted->samples, &error));
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "  chosen by %-10s the others %-32s error %.5f\n", KNContributionNames[type], merge ? "read through those that stay" : "dropped", (double)error));
      if (error < lowest) {
        lowest = error;
        PetscCall(KNOperatorDestroy(best));
        *best = op;
        PetscCall(PetscSNPrintf(how, size, "chosen by %s, the others %s", KNContributionNames[type], merge ? "read through those that stay" : "dropped"));
      } else PetscCall(KNOperatorDestroy(&op));
    }
  }
  PetscCall(PetscFree2(channel, R));
  PetscCall(KNContributionDestroy(&contribution));
  PetscCheck(*best, PETSC_COMM_WORLD, KN_ERR_FAILED, "no pruned network has a finite error: the network has diverged, or -condense_width is too small");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCondensePrune(const KNCondense *wanted, KNOperator full, const char from[], KNDataset dataset, const char dataset_path[], KNOperator *pruned)
{
  const KNProblem *problem;
  KNParameters     parameters;
  PetscInt         C, m, d, width = wanted->width, modes = wanted->modes;
  PetscReal        error;
  char             how[128], line[512];

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(Parameters(full, &parameters));
  PetscCall(KNPruneGetSizes(parameters, &C, &m, NULL));
  d = ParticleDimension(full, C);
  PetscCall(CheckSizes(wanted, C, d, m, from));
  PetscCall(KNCondenseError(full, dataset, wanted->samples, &error));
  if (!modes) PetscCall(FindModes(wanted, full, dataset, C, m, error, &modes));
  if (!width) PetscCall(FindWidth(full, wanted->flops > 0 ? wanted->flops : 0.5, C, d, modes, &problem->grid, &width));
  PetscCheck(width < C || modes < m, PETSC_COMM_WORLD, KN_ERR_USAGE, "%s with %" PetscInt_FMT " channels and %" PetscInt_FMT " modes already is as small as -condense_flops wants: give less", from, C, m);
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s: %" PetscInt_FMT " channels, %" PetscInt_FMT " modes, error %.5f on %" PetscInt_FMT " samples; to %" PetscInt_FMT " channels (%" PetscInt_FMT " particles), %" PetscInt_FMT " modes\n", from, C, m, (double)error, wanted->samples, width, width / d, modes));
  PetscCall(FindChannels(wanted, full, dataset, C, d, width, modes, how, sizeof(how), pruned));
  PetscCall(PetscSNPrintf(line, sizeof(line), "condensed from %s: %" PetscInt_FMT " to %" PetscInt_FMT " channels, %" PetscInt_FMT " to %" PetscInt_FMT " modes, %s, on %" PetscInt_FMT " samples of %s", from, C, width, m, modes, how, wanted->samples, dataset_path));
  PetscCall(KNOperatorAddOrigin(*pruned, line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

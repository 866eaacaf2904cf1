/*
  The trained operator: normalisers around a model, and its way into and out of a record.

  A steady operator normalises inputs and outputs each on their own; a time-dependent one has one normaliser for all frames, so that its rollout
  runs on normalised frames from beginning to end: decode and encode between two steps would cancel.
*/
#include "operator_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <string.h>

/* The options that make a network what it is; a checkpoint carries them. */
static const char *const identity[] = {"model_", "collision_", "train_normalizer", "train_history", "train_form"};

typedef enum { FORM_STEPS, FORM_SPACETIME } Form;
static const char *const FormNames[] = {"steps", "spacetime", NULL};

static const PetscReal same_interval = 1e-3; /* relative; times that once were 32-bit numbers differ by more than rounding */

/* A network sees no time: it learns the step from one frame to the next, which must be the same everywhere. */
static PetscErrorCode GetInterval(const KNProblem *problem, const char path[], PetscReal *interval)
{
  PetscFunctionBegin;
  *interval = (problem->times[problem->frames - 1] - problem->times[0]) / (PetscReal)PetscMax(problem->frames - 1, 1);
  for (PetscInt t = 1; t < problem->frames; t++) {
    const PetscReal step = problem->times[t] - problem->times[t - 1];

    PetscCheck(PetscAbsReal(step - *interval) <= same_interval * *interval, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has its frames %" PetscInt_FMT " and %" PetscInt_FMT " %g apart, others %g: a network needs frames at equal distances in time", path, t - 1, t, (double)step, (double)*interval);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Declares -train_history and -train_form; what they mean for this problem. */
static PetscErrorCode SetHistory(KNOperator op, const KNProblem *problem, PetscInt *form)
{
  PetscInt history = 1;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-train_history", "frames from which a network for trajectories predicts the next one", 1, 4096, &history));
  *form = FORM_STEPS;
  PetscCall(KNOptionsChoice("-train_form", "what a network for trajectories predicts: the next frame, step by step, or all that follow at once, with time as one more axis", FormNames, form));
  if (problem->inputs) {
    PetscCheck(history == 1, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_history is %" PetscInt_FMT ", the dataset is steady: leave it out", history);
    PetscCheck(*form == FORM_STEPS, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_form is %s, the dataset is steady: leave it out", FormNames[*form]);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCheck(problem->frames == 0 || problem->frames > history, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_history is %" PetscInt_FMT ", the dataset has %" PetscInt_FMT " frames: it must have at least one more", history, problem->frames);
  PetscCheck(*form == FORM_STEPS || problem->grid.dim < KN_MAX_DIM, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -train_form is %s, the dataset has %" PetscInt_FMT " axes: time would be one too many; take %s", FormNames[*form], problem->grid.dim, FormNames[FORM_STEPS]);
  op->history        = history;
  op->steps          = *form == FORM_SPACETIME ? problem->frames - history : 0; /* of a checkpoint: it knows */
  op->problem.frames = 0; /* a trajectory of any length fits */
  op->problem.times  = NULL;
  if (problem->frames) PetscCall(GetInterval(problem, "the dataset", &op->interval));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorCreate(const KNProblem *problem, PetscInt64 seed, KNOperator *op)
{
  PetscInt   type = KN_NORMALIZER_CHANNEL, form;
  KNOperator o;

  PetscFunctionBegin;
  PetscCall(PetscNew(op));
  o          = *op;
  o->problem = *problem;
  PetscCall(KNOptionsChoice("-train_normalizer", "of inputs and outputs: each channel, or each point of each channel, to mean 0 and deviation 1", KNNormalizerNames, &type));
  PetscCall(SetHistory(o, problem, &form));
  PetscCall(KNModelCreateFromOptions(&o->model));
  PetscCall(KNModelSetChannels(o->model, problem->grid.dim + (form == FORM_SPACETIME ? 1 : 0), o->history ? o->history * problem->outputs : problem->inputs, problem->outputs));
  PetscCall(KNModelSetFromOptions(o->model));
  PetscCall(KNSharingSetFromOptions(&o->sharing));
  PetscCheck(o->sharing.size == 1 || form == FORM_STEPS, PETSC_COMM_WORLD, KN_ERR_USAGE, "option -ranks_per_sample is %d, with -train_form spacetime a sample stays on one rank: leave it out", o->sharing.size);
  PetscCall(KNModelSetComm(o->model, o->sharing.comm));
  PetscCall(KNOptionsYAML(PETSC_STATIC_ARRAY_LENGTH(identity), identity, &o->options));
  PetscCall(KNModelSetUp(o->model, seed));
  PetscCall(KNModelGetParameters(o->model, &o->parameters));
  if (form == FORM_SPACETIME) PetscCall(KNSpacetimeCreate(o->model, o->history, problem->outputs, &o->spacetime));
  else if (o->history) PetscCall(KNRolloutCreate(o->model, o->history, problem->outputs, &o->rollout));
  else PetscCall(KNNormalizerCreate((KNNormalizerType)type, problem->inputs, &problem->grid, &o->input));
  PetscCall(KNNormalizerCreate((KNNormalizerType)type, problem->outputs, &problem->grid, &o->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorDestroy(KNOperator *op)
{
  PetscFunctionBegin;
  if (!*op) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&(*op)->frames));
  PetscCall(KNRolloutDestroy(&(*op)->rollout));
  PetscCall(KNSpacetimeDestroy(&(*op)->spacetime));
  PetscCall(KNNormalizerDestroy(&(*op)->output));
  PetscCall(KNNormalizerDestroy(&(*op)->input));
  PetscCall(KNModelDestroy(&(*op)->model));
  PetscCall(KNSharingDestroy(&(*op)->sharing));
  PetscCall(PetscFree((*op)->options));
  PetscCall(PetscFree(*op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorFit(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples)
{
  PetscFunctionBegin;
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, dataset, first, samples, op->input, op->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a checkpoint says of the problem it was trained on. */
static PetscErrorCode TransferProblem(KNRecord record, KNProblem *problem)
{
  PetscInt64 dim = problem->grid.dim, points = problem->grid.points, inputs = problem->inputs, outputs = problem->outputs, n;

  PetscFunctionBegin;
  PetscCall(KNRecordText(record, "pde", sizeof(problem->pde), problem->pde));
  PetscCall(KNRecordText(record, "equation", sizeof(problem->equation), problem->equation));
  PetscCall(KNRecordText(record, "boundary_conditions", sizeof(problem->boundary), problem->boundary));
  PetscCall(KNRecordInt(record, "dimension", &dim));
  PetscCall(KNRecordInt(record, "points", &points));
  PetscCall(KNRecordInt(record, "inputs", &inputs));
  PetscCall(KNRecordInt(record, "outputs", &outputs));
  PetscCheck(dim >= 1 && dim <= KN_MAX_DIM && points >= KN_POINTS_CELLS && points <= KN_POINTS_PERIODIC && inputs >= 0 && inputs <= KN_MAX_FIELDS && outputs >= 1 && outputs <= KN_MAX_FIELDS, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the checkpoint describes an impossible problem: %" PetscInt64_FMT " axes, %" PetscInt64_FMT " inputs, %" PetscInt64_FMT " outputs", dim, inputs, outputs);
  problem->grid.dim    = (PetscInt)dim;
  problem->grid.points = (KNPoints)points;
  problem->inputs      = (PetscInt)inputs;
  problem->outputs     = (PetscInt)outputs;
  for (PetscInt i = 0; i < KN_MAX_DIM; i++) {
    char name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), "n%" PetscInt_FMT, i + 1));
    n = problem->grid.n[i];
    PetscCall(KNRecordInt(record, name, &n));
    PetscCheck(n >= 1 && n <= 1 << 20, PETSC_COMM_WORLD, KN_ERR_INPUT, "the checkpoint describes a grid of %" PetscInt64_FMT " points along axis %" PetscInt_FMT, n, i + 1);
    problem->grid.n[i] = (PetscInt)n;
  }
  for (PetscInt i = 0; i < problem->inputs + problem->outputs; i++) {
    KNField *field = i < problem->inputs ? &problem->input[i] : &problem->output[i - problem->inputs];
    char     name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(name, sizeof(name), i < problem->inputs ? "input%" PetscInt_FMT : "output%" PetscInt_FMT, i < problem->inputs ? i : i - problem->inputs));
    PetscCall(KNRecordText(record, name, sizeof(field->name), field->name));
    PetscCall(PetscStrlcat(name, ".unit", sizeof(name)));
    PetscCall(KNRecordText(record, name, sizeof(field->unit), field->unit));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* present: the grid to work on, of dim 0 if there is none yet */
static PetscErrorCode TransferNormalizer(KNRecord record, const char group[], const KNGrid *present, KNNormalizer normalizer)
{
  KNNormalizerType type;
  PetscInt         channels, shape[1 + KN_MAX_DIM];
  KNGrid           grid;
  size_t           count;
  float           *mean, *std;

  PetscFunctionBegin;
  PetscCall(KNNormalizerGetStatistics(normalizer, &type, &channels, &grid, &count, &mean, &std));
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  shape[0] = channels;
  for (PetscInt i = 0; i < grid.dim; i++) shape[1 + i] = grid.n[i];
  PetscCall(KNRecordArray(record, group, "mean", type == KN_NORMALIZER_POINTWISE ? 1 + grid.dim : 1, shape, mean));
  PetscCall(KNRecordArray(record, group, "std", type == KN_NORMALIZER_POINTWISE ? 1 + grid.dim : 1, shape, std));
  if (KNRecordIsLoaded(record)) PetscCall(KNNormalizerSetGrid(normalizer, present->dim ? present : &grid)); /* loaded statistics come into force */
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorTransfer(KNOperator op, KNRecord record, PetscBool moments)
{
  PetscInt64 steps = op->steps;
  KNReal    *block[3];
  PetscInt   count;

  PetscFunctionBegin;
  if (!KNRecordIsLoaded(record)) {
    PetscCall(KNRecordText(record, "model_options", strlen(op->options) + 1, op->options));
    PetscCall(TransferProblem(record, &op->problem));
  }
  PetscCall(KNRecordTexts(record, "origin", sizeof(op->origin[0]), KN_MAX_ORIGINS, &op->norigins, &op->origin[0][0]));
  if (op->history) PetscCall(KNRecordReal(record, "frame_interval", &op->interval));
  else PetscCall(TransferNormalizer(record, "normalizer/input", &op->grid, op->input));
  if (op->spacetime) {
    PetscCall(KNRecordInt(record, "predicted_frames", &steps));
    PetscCheck(steps >= 1 && steps <= 1 << 20, PETSC_COMM_WORLD, KN_ERR_INPUT, "the checkpoint describes a network that predicts %" PetscInt64_FMT " frames", steps);
    op->steps = (PetscInt)steps;
  }
  PetscCall(TransferNormalizer(record, "normalizer/output", &op->grid, op->output));
  PetscCall(KNParametersGetBlocks(op->parameters, NULL, &block[0], NULL, &block[1], &block[2]));
  PetscCall(KNParametersGetCount(op->parameters, &count));
  for (PetscInt i = 0; i < count; i++) {
    static const char *const group[] = {"parameters", "moment1", "moment2"};
    const KNParameterInfo   *info;

    PetscCall(KNParametersGetInfo(op->parameters, i, &info));
    for (int b = 0; b < (moments ? 3 : 1); b++) PetscCall(KNRecordArray(record, group[b], info->name, info->rank, info->shape, block[b] + info->offset));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LoadSpread(KNOperator op, KNRecord record)
{
  PetscBool has;

  PetscFunctionBegin;
  PetscCall(KNRecordHas(record, KN_SPREAD_FACTOR, &has));
  if (!has) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNRecordReal(record, KN_SPREAD_FACTOR, &op->spread_factor));
  PetscCall(KNRecordReal(record, KN_SPREAD_MEMBERS, &op->spread_members));
  PetscCheck(op->spread_factor > 0 && op->spread_factor < 1e30 && op->spread_members >= 2 && op->spread_members < 1e6, PETSC_COMM_WORLD, KN_ERR_INPUT, "the checkpoint has a spread factor of %g fitted with %g samples; fit it again: evaluate -calibrate", (double)op->spread_factor, (double)op->spread_members);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetSpread(KNOperator op, PetscReal *factor, PetscInt *members)
{
  PetscFunctionBegin;
  *factor  = op->spread_members > 0 ? op->spread_factor : 1;
  *members = (PetscInt)op->spread_members;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorLoad(const char path[], KNOperator *op)
{
  static const char *const evaluation[] = {"collision_evaluate", "model_dropout_evaluate", NULL};
  KNRecord                 record;
  KNProblem                problem = {.frames = 0};
  char                     options[8192];

  PetscFunctionBegin;
  PetscCall(KNRecordLoad(PETSC_COMM_WORLD, "checkpoint", path, &record));
  PetscCall(KNRecordText(record, "model_options", sizeof(options), options));
  PetscCall(TransferProblem(record, &problem));
  PetscCall(KNOptionsInsertDefaults(options, path, evaluation));
  PetscCall(KNOperatorCreate(&problem, 0, op));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(KNOperatorTransfer(*op, record, PETSC_FALSE));
  PetscCall(LoadSpread(*op, record));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steady or time-dependent; trajectories of enough frames, as far apart as those the network knows. */
static PetscErrorCode CheckFrames(KNOperator op, const KNProblem *problem, const char path[])
{
  PetscReal interval;

  PetscFunctionBegin;
  PetscCheck(op->history || problem->frames == 0, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s is time-dependent (%" PetscInt_FMT " frames), the network was trained on a steady problem", path, problem->frames);
  if (!op->history) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(problem->frames, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s is steady, the network was trained on trajectories", path);
  PetscCheck(problem->frames > op->history, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %" PetscInt_FMT " frame%s: the network takes %" PetscInt_FMT " and predicts those that follow; give at least one more", path, problem->frames, problem->frames == 1 ? "" : "s", op->history);
  PetscCheck(!op->spacetime || problem->frames == op->history + op->steps, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %" PetscInt_FMT " frames: the network takes %" PetscInt_FMT " and predicts the %" PetscInt_FMT " that follow at once, no more and no fewer", path, problem->frames, op->history, op->steps);
  PetscCall(GetInterval(problem, path, &interval));
  PetscCheck(PetscAbsReal(interval - op->interval) <= same_interval * op->interval, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has its frames %g apart in time, the network was trained on %g", path, (double)interval, (double)op->interval);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorCheck(KNOperator op, const KNProblem *problem, const char path[])
{
  const KNProblem *own = &op->problem;

  PetscFunctionBegin;
  PetscCall(CheckFrames(op, problem, path));
  PetscCheck(problem->grid.dim == own->grid.dim, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %" PetscInt_FMT " axes, the network was trained on %" PetscInt_FMT, path, problem->grid.dim, own->grid.dim);
  PetscCheck(problem->inputs == own->inputs, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %" PetscInt_FMT " input fields, the network was trained on %" PetscInt_FMT, path, problem->inputs, own->inputs);
  PetscCheck(problem->outputs == own->outputs, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %" PetscInt_FMT " output fields, the network was trained on %" PetscInt_FMT, path, problem->outputs, own->outputs);
  PetscCheck(problem->grid.points == own->grid.points, PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has its points at %s, the network was trained on %s", path, KNPointsNames[problem->grid.points], KNPointsNames[own->grid.points]);
  for (PetscInt i = 0; i < own->inputs; i++) PetscCheck(!strcmp(problem->input[i].name, own->input[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has input field \"%s\" where the network was trained on \"%s\"", path, problem->input[i].name, own->input[i].name);
  for (PetscInt i = 0; i < own->outputs; i++) PetscCheck(!strcmp(problem->output[i].name, own->output[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has output field \"%s\" where the network was trained on \"%s\"", path, problem->output[i].name, own->output[i].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const KNSharing *KNOperatorSharing(KNOperator op)
{
  return &op->sharing;
}

KNGrid KNOperatorSlab(KNOperator op, const KNGrid *grid)
{
  return KNGridSlab(grid, op->sharing.size, op->sharing.rank);
}

KNGrid KNOperatorModelGrid(KNOperator op, const KNGrid *grid)
{
  return op->spacetime ? KNSpacetimeGrid(grid, op->steps) : KNOperatorSlab(op, grid);
}

PetscErrorCode KNOperatorSetGrid(KNOperator op, const KNGrid *grid, PetscInt samples, PetscBool training)
{
  const KNGrid own = KNOperatorModelGrid(op, grid);

  PetscFunctionBegin;
  op->grid = KNOperatorSlab(op, grid);
  PetscCall(KNModelSetGrid(op->model, &own, samples, training));
  if (op->spacetime) PetscCall(KNSpacetimeSetGrid(op->spacetime, grid, op->steps, samples));
  else if (op->history) PetscCall(KNRolloutSetGrid(op->rollout, &op->grid, samples, training));
  else PetscCall(KNNormalizerSetGrid(op->input, &op->grid));
  PetscCall(KNNormalizerSetGrid(op->output, &op->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorForward(KNOperator op, const KNPass *pass, float x[], float y[])
{
  PetscFunctionBegin;
  PetscCheck(!op->history, PETSC_COMM_SELF, PETSC_ERR_ORDER, "KNOperatorForward() of a time-dependent operator");
  PetscCall(KNNormalizerEncode(op->input, pass->samples, x));
  PetscCall(KNModelForward(op->model, pass, x, y));
  PetscCall(KNNormalizerDecode(op->output, pass->samples, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorBackward(KNOperator op, const KNPass *pass, const float x[], float dy[])
{
  PetscFunctionBegin;
  PetscCall(KNNormalizerDecodeBackward(op->output, pass->samples, dy));
  PetscCall(KNModelBackward(op->model, pass, x, dy, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorRollout(KNOperator op, const KNPass *pass, PetscInt steps, float u[], float y[])
{
  const size_t n = KNNormalizerSampleSize(op->output), H = (size_t)op->history, F = H + (size_t)steps;

  PetscFunctionBegin;
  for (size_t b = 0; b < (size_t)pass->samples; b++) PetscCall(KNNormalizerEncode(op->output, op->history, u + b * F * n));
  PetscCheck(!op->spacetime || steps == op->steps, PETSC_COMM_SELF, KN_ERR_USAGE, "the network predicts %" PetscInt_FMT " frames at once, not %" PetscInt_FMT, op->steps, steps);
  if (op->spacetime) PetscCall(KNSpacetimeForward(op->spacetime, pass, u));
  else PetscCall(KNRolloutForward(op->rollout, pass, steps, u));
  for (size_t b = 0; b < (size_t)pass->samples; b++) {
    const size_t first = (b * F + H) * n;

    memcpy(y + first, u + first, (size_t)steps * n * sizeof(*y));
    PetscCall(KNNormalizerDecode(op->output, steps, y + first));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorRolloutBackward(KNOperator op, const KNPass *pass, PetscInt steps, const float u[], float dy[])
{
  const size_t n = KNNormalizerSampleSize(op->output), H = (size_t)op->history, F = H + (size_t)steps;

  PetscFunctionBegin;
  for (size_t b = 0; b < (size_t)pass->samples; b++) PetscCall(KNNormalizerDecodeBackward(op->output, steps, dy + (b * F + H) * n));
  if (op->spacetime) PetscCall(KNSpacetimeBackward(op->spacetime, pass, dy));
  else PetscCall(KNRolloutBackward(op->rollout, pass, steps, u, dy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorPredict(KNOperator op, const KNPass *pass, PetscInt frames, float x[], const float given[], float y[])
{
  size_t F, H, n, count;

  PetscFunctionBegin;
  if (!op->history) {
    PetscCall(KNOperatorForward(op, pass, x, y));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  n     = KNNormalizerSampleSize(op->output);
  H     = (size_t)op->history;
  F     = (size_t)frames;
  count = (size_t)pass->samples * F * n;
  if (count > op->capacity) { /* once, for the largest batch */
    PetscCall(KNFree(&op->frames));
    PetscCall(KNMalloc(count, sizeof(float), &op->frames));
    op->capacity = count;
  }
  for (size_t b = 0; b < (size_t)pass->samples; b++) {
    memcpy(y + b * F * n, given + b * F * n, H * n * sizeof(*y));
    memcpy(op->frames + b * F * n, given + b * F * n, H * n * sizeof(*y));
  }
  PetscCall(KNOperatorRollout(op, pass, frames - op->history, op->frames, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetHistory(KNOperator op, PetscInt *history)
{
  PetscFunctionBegin;
  *history = op->history;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetSteps(KNOperator op, PetscInt *steps)
{
  PetscFunctionBegin;
  *steps = op->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetModel(KNOperator op, KNModel *model, KNParameters *parameters, const KNProblem **problem, const char **options)
{
  PetscFunctionBegin;
  if (model) *model = op->model;
  if (parameters) *parameters = op->parameters;
  if (problem) *problem = &op->problem;
  if (options) *options = op->options;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetNormalizers(KNOperator op, KNNormalizer *input, KNNormalizer *output)
{
  PetscFunctionBegin;
  if (input) *input = op->input;
  if (output) *output = op->output;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The trained operator: a task's normalisers around a model.

  A steady operator normalises inputs and outputs each on their own; a time-dependent one has one normaliser for all
  frames, so that its rollout runs on normalised frames from beginning to end: decode and encode between two steps
  would cancel.
*/
#include "operator_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <stdlib.h>
#include <string.h>

/* The options that make a network what it is; a checkpoint carries them. */
static const char *const identity[] = {"model_",           "collision_",    "task_",
                                       "train_normalizer", "train_history", "train_form"};

typedef enum { FORM_STEPS, FORM_SPACETIME } Form;
static const char *const FormNames[] = {"steps", "spacetime", NULL};

/* Declares -train_history and -train_form; what they mean for this problem. */
static PetscErrorCode SetHistory(KNOperator op, const KNProblem *problem, PetscInt *form)
{
  PetscInt history = 1;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-train_history",
                         "number of frames from which a network for trajectories predicts the next one", 1, 4096,
                         &history));
  *form = FORM_STEPS;
  PetscCall(KNOptionsChoice("-train_form",
                            "what a network for trajectories predicts: the next frame, step by step, or all following "
                            "frames at once, with time as one more axis",
                            FormNames, form));
  if (!problem->frames && (problem->input.fields || problem->input.kind == KN_SPACE_TOKENS)) {
    PetscCheck(history == 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -train_history is %" PetscInt_FMT ", the dataset is steady: leave it out", history);
    PetscCheck(*form == FORM_STEPS, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option -train_form is %s, the dataset is steady: leave it out", FormNames[*form]);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCheck(problem->frames <= 0 || problem->frames > history, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_history is %" PetscInt_FMT ", the dataset has %" PetscInt_FMT
             " frames: it must have at least one more",
             history, problem->frames);
  PetscCheck(*form == FORM_STEPS || problem->output.grid.dim < KN_MAX_DIM, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -train_form is %s, the dataset has %" PetscInt_FMT " axes: time would be one too many; take %s",
             FormNames[*form], problem->output.grid.dim, FormNames[FORM_STEPS]);
  op->history = history;
  op->steps   = *form == FORM_SPACETIME ? PetscMax(problem->frames - history, 0) : 0; /* of a checkpoint: it knows */
  op->problem.frames = KN_ANY_FRAMES;
  op->problem.times  = NULL;
  if (problem->frames > 0) PetscCall(KNOperatorGetInterval(problem, "the dataset", &op->interval));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorCreate(const KNProblem *problem, PetscInt64 seed, KNOperator *op)
{
  PetscInt   form, channels, axes;
  KNProblem  own; /* the problem, with names that live as long as the operator */
  KNOperator o;

  PetscFunctionBegin;
  PetscCall(PetscNew(op));
  o          = *op;
  o->average = 1;
  own        = *problem;
  PetscCall(KNSpaceCopyNames(&problem->input, &o->names[0]));
  PetscCall(KNSpaceCopyNames(&problem->output, &o->names[1]));
  own.input.names  = o->names[0];
  own.output.names = o->names[1];
  if (own.output.kind == KN_SPACE_CLASS) own.output.grid = KNGridMake(0, NULL, KN_POINTS_CELLS); /* one point */
  if (own.input.kind == KN_SPACE_TOKENS) own.input.grid = own.output.grid;
  o->problem = own;
  PetscCall(KNOperatorCheckKinds(problem, "the dataset"));
  PetscCall(SetHistory(o, problem, &form));
  PetscCall(KNTaskCreate(&own, o->history, &o->task));
  PetscCall(KNTaskGetOutput(o->task, &channels, &axes));
  PetscCall(KNModelCreateFromOptions(&o->model));
  PetscCall(KNOperatorCheckGrids(o->model, problem, "the dataset"));
  if (problem->input.kind == KN_SPACE_TOKENS) {
    PetscCall(KNModelSetChannels(o->model, 1, problem->input.count, channels));
    PetscCall(KNModelSetTokens(o->model, problem->input.length));
  } else
    PetscCall(KNModelSetChannels(o->model, KNProblemGrid(problem)->dim + (form == FORM_SPACETIME ? 1 : 0),
                                 o->history * problem->output.fields + problem->input.fields, channels));
  if (axes == 0) PetscCall(KNModelSetOutputAxes(o->model, 0));
  PetscCall(KNModelSetFromOptions(o->model));
  PetscCall(KNSharingSetFromOptions(&o->sharing));
  PetscCheck(o->sharing.size == 1 || form == FORM_STEPS, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d, with -train_form spacetime a sample stays on one rank: leave it out",
             o->sharing.size);
  PetscCall(KNTaskCheckSharing(o->task, &o->sharing));
  PetscCall(KNModelSetComm(o->model, o->sharing.comm));
  PetscCall(KNModelSetUp(o->model, seed));
  /* here every option is resolved */
  PetscCall(KNOptionsYAML(PETSC_STATIC_ARRAY_LENGTH(identity), identity, &o->options));
  PetscCall(KNModelGetParameters(o->model, &o->parameters));
  if (form == FORM_SPACETIME)
    PetscCall(KNSpacetimeCreate(o->model, o->history, problem->output.fields, problem->input.fields, &o->spacetime));
  else if (o->history)
    PetscCall(KNRolloutCreate(o->model, o->history, problem->output.fields, problem->input.fields, &o->rollout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorDestroy(KNOperator *op)
{
  PetscFunctionBegin;
  if (!*op) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNFree(&(*op)->frames));
  PetscCall(KNFree(&(*op)->moved));
  PetscCall(KNSymmetryDestroy(&(*op)->symmetry));
  PetscCall(KNRolloutDestroy(&(*op)->rollout));
  PetscCall(KNSpacetimeDestroy(&(*op)->spacetime));
  PetscCall(KNTaskDestroy(&(*op)->task));
  PetscCall(KNModelDestroy(&(*op)->model));
  PetscCall(KNSharingDestroy(&(*op)->sharing));
  PetscCall(PetscFree((*op)->options));
  free((*op)->names[0]);
  free((*op)->names[1]);
  PetscCall(PetscFree(*op));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorFit(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples)
{
  PetscFunctionBegin;
  PetscCall(KNTaskFit(op->task, &op->sharing, dataset, first, samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorGetSpread(KNOperator op, PetscReal *factor, PetscInt *members)
{
  PetscFunctionBegin;
  *factor  = op->spread_members > 0 ? op->spread_factor : 1;
  *members = (PetscInt)op->spread_members;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorForward(KNOperator op, const KNPass *pass, float x[], float y[])
{
  PetscFunctionBegin;
  PetscCheck(!op->history, PETSC_COMM_SELF, PETSC_ERR_ORDER, "KNOperatorForward() of a time-dependent operator");
  if (pass->token && pass->samples) PetscCall(KNOperatorPlanTexts(op, pass));
  if (!pass->token) PetscCall(KNTaskEncodeInput(op->task, pass->samples, x));
  PetscCall(KNModelForward(op->model, pass, pass->token ? NULL : x, y));
  PetscCall(KNTaskDecode(op->task, pass->samples, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorBackward(KNOperator op, const KNPass *pass, const float x[], float dy[])
{
  PetscFunctionBegin;
  PetscCall(KNTaskDecodeBackward(op->task, pass->samples, dy));
  PetscCall(KNModelBackward(op->model, pass, pass->token ? NULL : x, dy, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorRollout(KNOperator op, const KNPass *pass, PetscInt steps, float x[], float u[], float y[])
{
  const size_t n = KNTaskOutputSize(op->task), H = (size_t)op->history, F = H + (size_t)steps;

  PetscFunctionBegin;
  PetscCall(KNTaskEncodeInput(op->task, pass->samples, x));
  for (size_t b = 0; b < (size_t)pass->samples; b++)
    PetscCall(KNTaskEncodeFrames(op->task, op->history, u + b * F * n));
  PetscCheck(!op->spacetime || steps == op->steps, PETSC_COMM_SELF, KN_ERR_USAGE,
             "the network predicts %" PetscInt_FMT " frames at once, not %" PetscInt_FMT, op->steps, steps);
  if (op->spacetime) PetscCall(KNSpacetimeForward(op->spacetime, pass, x, u));
  else PetscCall(KNRolloutForward(op->rollout, pass, steps, x, u));
  for (size_t b = 0; b < (size_t)pass->samples; b++) {
    const size_t first = (b * F + H) * n;

    memcpy(y + first, u + first, (size_t)steps * n * sizeof(*y));
    PetscCall(KNTaskDecode(op->task, steps, y + first));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorRolloutBackward(KNOperator op, const KNPass *pass, PetscInt steps, const float x[],
                                         const float u[], float dy[])
{
  const size_t n = KNTaskOutputSize(op->task), H = (size_t)op->history, F = H + (size_t)steps;

  PetscFunctionBegin;
  for (size_t b = 0; b < (size_t)pass->samples; b++)
    PetscCall(KNTaskDecodeBackward(op->task, steps, dy + (b * F + H) * n));
  if (op->spacetime) PetscCall(KNSpacetimeBackward(op->spacetime, pass, dy));
  else PetscCall(KNRolloutBackward(op->rollout, pass, steps, x, u, dy));
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

PetscErrorCode KNOperatorGetModel(KNOperator op, KNModel *model, KNParameters *parameters, const KNProblem **problem,
                                  const char **options)
{
  PetscFunctionBegin;
  if (model) *model = op->model;
  if (parameters) *parameters = op->parameters;
  if (problem) *problem = &op->problem;
  if (options) *options = op->options;
  PetscFunctionReturn(PETSC_SUCCESS);
}

KNTask KNOperatorTask(KNOperator op)
{
  return op->task;
}

/* Whether a dataset is one that a network can be asked about: its fields, grid, frames, classes, words. */
#include "operator_impl.h"
#include <kitinet/error.h>
#include <string.h>

/* relative; times that once were 32-bit numbers differ by more than rounding */
static const PetscReal same_interval = 1e-3;

/* A network sees no time: it learns the step from one frame to the next, which must be the same everywhere. */
PetscErrorCode KNOperatorGetInterval(const KNProblem *problem, const char path[], PetscReal *interval)
{
  PetscFunctionBegin;
  *interval = (problem->times[problem->frames - 1] - problem->times[0]) / (PetscReal)PetscMax(problem->frames - 1, 1);
  for (PetscInt t = 1; t < problem->frames; t++) {
    const PetscReal step = problem->times[t] - problem->times[t - 1];

    PetscCheck(PetscAbsReal(step - *interval) <= same_interval * *interval, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has its frames %" PetscInt_FMT " and %" PetscInt_FMT
               " %g apart, others %g: a network needs frames at equal distances in time. If the times are only "
               "rounded, convert the data again with -dt %.4g",
               path, t - 1, t, (double)step, (double)*interval, (double)*interval);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Networks read fields or texts, and give fields or classes. */
PetscErrorCode KNOperatorCheckKinds(const KNProblem *problem, const char path[])
{
  const KNSpace *in = &problem->input, *out = &problem->output;

  PetscFunctionBegin;
  PetscCheck(in->kind == KN_SPACE_FIELD || (in->kind == KN_SPACE_TOKENS && out->kind == KN_SPACE_CLASS),
             PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %s -> %s, of texts the networks here tell classes alone", path,
             KNSpaceKindNames[in->kind], KNSpaceKindNames[out->kind]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fields are given on the grid of the input, or by networks that ask for them point by point on another of its kind. */
PetscErrorCode KNOperatorCheckGrids(KNModel model, const KNProblem *problem, const char path[])
{
  const KNGrid *in = KNProblemGrid(problem), *out = KNProblemOutputGrid(problem);

  PetscFunctionBegin;
  PetscCheck(in->dim == out->dim && in->points == out->points, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has outputs at %s in %" PetscInt_FMT "D for inputs at %s in %" PetscInt_FMT
             "D, the networks here keep both: interpolate one of them",
             path, KNPointsNames[out->points], out->dim, KNPointsNames[in->points], in->dim);
  PetscCheck(KNProblemOneGrid(problem) || KNModelTakesQueries(model), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its outputs on another grid than its inputs, which only -model_type oformer can give: train one, "
             "or interpolate one of them",
             path);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steady or time-dependent; trajectories of enough frames, as far apart as those the network knows. */
static PetscErrorCode CheckFrames(KNOperator op, const KNProblem *problem, const char path[])
{
  PetscReal interval;

  PetscFunctionBegin;
  PetscCheck(op->history || problem->frames == 0, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s is time-dependent (%" PetscInt_FMT " frames), the network was trained on a steady problem; give a "
             "dataset of that kind",
             path, problem->frames);
  if (!op->history) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(problem->frames, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s is steady, the network was trained on trajectories; give a dataset of that kind", path);
  PetscCheck(problem->frames > op->history, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " frame%s: the network takes %" PetscInt_FMT
             " and predicts those that follow; give at least one more",
             path, problem->frames, problem->frames == 1 ? "" : "s", op->history);
  PetscCheck(!op->spacetime || problem->frames == op->history + op->steps, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " frames: the network takes %" PetscInt_FMT " and predicts the %" PetscInt_FMT
             " that follow at once, no more and no fewer",
             path, problem->frames, op->history, op->steps);
  PetscCall(KNOperatorGetInterval(problem, path, &interval));
  PetscCheck(PetscAbsReal(interval - op->interval) <= same_interval * op->interval, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its frames %g apart in time, the network was trained on %g", path, (double)interval,
             (double)op->interval);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fields, tokens or classes, as many words or classes as the network knows. */
static PetscErrorCode CheckKind(const char side[], const KNSpace *space, const KNSpace *own, const char path[])
{
  static const char *const kinds[] = {"fields", "tokens", "a class"};

  PetscFunctionBegin;
  PetscCheck(space->kind == own->kind, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %s as its %s, the network was trained on %s", path, kinds[space->kind], side, kinds[own->kind]);
  if (own->kind != KN_SPACE_FIELD && space->count == own->count) {
    char    difference[3 * KN_MAX_TEXT];
    KNSpace like = *own;

    like.length = space->length;                                                   /* KNOperatorCheckTexts() */
    PetscCall(KNSpaceCompare(side, space, &like, sizeof(difference), difference)); /* as many, but others */
    PetscCheck(!difference[0], PETSC_COMM_WORLD, KN_ERR_INPUT, "%s has %s, on which the network was trained", path,
               difference);
  }
  PetscCheck(space->count == own->count, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " %s, the network was trained on %" PetscInt_FMT, path, space->count,
             space->kind == KN_SPACE_CLASS ? "classes" : "words", own->count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorShow(KNOperator op, KNDataset dataset)
{
  const KNSpace *in = &op->problem.input;

  PetscFunctionBegin;
  PetscCall(KNDatasetShowParameters(dataset, in->constants, in->field + in->fields - in->constants));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorCheck(KNOperator op, const KNProblem *problem, const char path[])
{
  const KNProblem *own = &op->problem;

  PetscFunctionBegin;
  PetscCall(CheckFrames(op, problem, path));
  PetscCall(CheckKind("input", &problem->input, &own->input, path));
  PetscCall(CheckKind("output", &problem->output, &own->output, path));
  if (own->input.kind == KN_SPACE_TOKENS) PetscCall(KNOperatorCheckTexts(problem, own, path));
  PetscCall(KNOperatorCheckKinds(problem, path));
  PetscCall(KNOperatorCheckGrids(op->model, problem, path));
  PetscCheck(KNProblemGrid(problem)->dim == KNProblemGrid(own)->dim, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " axes, the network was trained on %" PetscInt_FMT, path,
             KNProblemGrid(problem)->dim, KNProblemGrid(own)->dim);
  PetscCheck(problem->input.fields == own->input.fields, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " input fields, the network was trained on %" PetscInt_FMT, path,
             problem->input.fields, own->input.fields);
  PetscCheck(problem->output.fields == own->output.fields, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " output fields, the network was trained on %" PetscInt_FMT, path,
             problem->output.fields, own->output.fields);
  PetscCheck(KNProblemGrid(problem)->points == KNProblemGrid(own)->points, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its points at %s, the network was trained on %s", path,
             KNPointsNames[KNProblemGrid(problem)->points], KNPointsNames[KNProblemGrid(own)->points]);
  for (PetscInt i = 0; i < own->input.fields; i++)
    PetscCheck(!strcmp(problem->input.field[i].name, own->input.field[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has input field \"%s\" where the network was trained on \"%s\"", path, problem->input.field[i].name,
               own->input.field[i].name);
  for (PetscInt i = 0; i < own->input.fields; i++)
    PetscCheck(problem->input.field[i].logarithmic == own->input.field[i].logarithmic, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has the %s parameter \"%s\", the network was trained on a %s one: train it afresh", path,
               KNFieldScaleNames[problem->input.field[i].logarithmic], own->input.field[i].name,
               KNFieldScaleNames[own->input.field[i].logarithmic]);
  for (PetscInt i = 0; i < own->output.fields; i++)
    PetscCheck(!strcmp(problem->output.field[i].name, own->output.field[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has output field \"%s\" where the network was trained on \"%s\"", path,
               problem->output.field[i].name, own->output.field[i].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNOperatorAccept(KNOperator op, KNDataset dataset, const KNProblem **problem)
{
  const char *path;

  PetscFunctionBegin;
  PetscCall(KNOperatorShow(op, dataset));
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCall(KNDatasetGetProblem(dataset, problem));
  PetscCall(KNOperatorCheck(op, *problem, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

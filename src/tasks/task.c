/* The task object: registry, normalisers, and what is the same for all tasks. What a task is stands in its own file. */
#include "task_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <math.h>
#include <string.h>

#define KN_TASK(Suffix) {&KNTaskInfo_##Suffix, KNTaskCreate_##Suffix},
static const struct {
  const KNTaskInfo *info;
  PetscErrorCode (*create)(KNTask);
} registered[] = {
#include "task_list.h"
};
#undef KN_TASK

const KNTaskInfo *KNTaskGetRegistered(PetscInt i)
{
  return i < (PetscInt)PETSC_STATIC_ARRAY_LENGTH(registered) ? registered[i].info : NULL;
}

/* On the boundary: what the network says, or the values of the training samples. */
typedef enum { BOUNDARY_NONE, BOUNDARY_DIRICHLET } Boundary;
static const char *const BoundaryNames[] = {"none", "dirichlet", NULL};

/* After every change of the grid or of the statistics. */
static PetscErrorCode Resize(KNTask task)
{
  PetscFunctionBegin;
  task->unit = 1;
  if (task->output) KNNormalizerGetScale(task->output, &task->unit, &task->deviation);
  PetscCall(task->ops.setgrid(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(PetscInt type, const KNProblem *problem, PetscInt normalizer, KNTask *task)
{
  KNTask t;

  PetscFunctionBegin;
  PetscCall(PetscNew(&t));
  t->info       = registered[type].info;
  t->inputs     = problem->input.fields;
  t->normalizer = normalizer;
  t->channels   = problem->output.fields;
  t->axes       = problem->output.grid.dim;
  t->space      = problem->output;
  PetscCall(registered[type].create(t));
  if (t->ops.setfromoptions) PetscCall(t->ops.setfromoptions(t));
  *task = t;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckBoundary(const KNProblem *problem, PetscInt history, KNNormalizerType normalizer)
{
  const char *const why = "option -model_boundary is dirichlet, ";

  PetscFunctionBegin;
  PetscCheck(problem->output.kind == KN_SPACE_FIELD && !history, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%sthe network predicts %s: it is for steady fields, leave it out", why,
             history ? "frames of trajectories" : "classes");
  PetscCheck(problem->output.grid.points != KN_POINTS_PERIODIC, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%sthe dataset's points are periodic and have no boundary: leave it out", why);
  PetscCheck(normalizer == KN_NORMALIZER_CHANNEL, PETSC_COMM_WORLD, KN_ERR_USAGE, "%s-train_normalizer is %s: take %s",
             why, KNNormalizerNames[normalizer], KNNormalizerNames[KN_NORMALIZER_CHANNEL]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCreate(const KNProblem *problem, PetscInt history, KNTask *task)
{
  PetscInt         type = KN_NORMALIZER_CHANNEL, boundary = BOUNDARY_NONE, chosen = -1;
  KNNormalizerType kind;
  KNTask           t;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Task"));
  PetscCall(KNOptionsChoice("-train_normalizer",
                            "what is scaled to mean 0 and deviation 1 in inputs and outputs: nothing, each channel, or "
                            "each point of each channel",
                            KNNormalizerNames, &type));
  PetscCall(KNOptionsChoice("-model_boundary",
                            "boundary values of the output: those of the network, or exactly those of the training "
                            "samples, which must all be the same",
                            BoundaryNames, &boundary));
  for (PetscInt i = 0; i < (PetscInt)PETSC_STATIC_ARRAY_LENGTH(registered); i++) {
    if (registered[i].info->output == problem->output.kind) chosen = i;
    else if (KNOptionsDeclareOnly()) { /* the help text has the options of all */
      PetscCall(Create(i, problem, type, task));
      PetscCall(KNTaskDestroy(task));
    }
  }
  PetscCheck(chosen >= 0, PETSC_COMM_WORLD, KN_ERR_INPUT, "there is no task for an output of kind %s",
             KNSpaceKindNames[problem->output.kind]);
  PetscCall(Create(chosen, problem, type, task));
  t    = *task;
  kind = (KNNormalizerType)type;
  if (problem->input.kind == KN_SPACE_FIELD && (!history || problem->input.fields))
    PetscCall(KNNormalizerCreate(kind, problem->input.fields, &problem->input.grid, &t->input));
  if (t->normalized) PetscCall(KNNormalizerCreate(kind, problem->output.fields, &problem->output.grid, &t->output));
  if (boundary == BOUNDARY_DIRICHLET) {
    PetscCall(CheckBoundary(problem, history, kind));
    PetscCall(KNNormalizerKeepBoundary(t->output));
  }
  PetscCall(KNTaskSetGrids(t, KNProblemGrid(problem), KNProblemOutputGrid(problem)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskDestroy(KNTask *task)
{
  PetscFunctionBegin;
  if (!*task) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*task)->ops.destroy) PetscCall((*task)->ops.destroy(*task));
  PetscCall(KNNormalizerDestroy(&(*task)->input));
  PetscCall(KNNormalizerDestroy(&(*task)->output));
  PetscCall(PetscFree(*task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const KNTaskInfo *KNTaskGetInfo(KNTask task)
{
  return task->info;
}

PetscErrorCode KNTaskGetOutput(KNTask task, PetscInt *channels, PetscInt *axes)
{
  PetscFunctionBegin;
  *channels = task->channels;
  *axes     = task->axes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCheckSharing(KNTask task, const KNSharing *sharing)
{
  PetscFunctionBegin;
  PetscCheck(sharing->size == 1 || !task->whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d, %s: leave it out", sharing->size, task->whole);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskFit(KNTask task, const KNSharing *sharing, KNDataset dataset, PetscInt64 first, PetscInt64 samples)
{
  PetscFunctionBegin;
  PetscCall(KNNormalizerFit(PETSC_COMM_WORLD, sharing, dataset, first, samples, task->input, task->output));
  PetscCall(Resize(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskSymmetrize(KNTask task, KNSymmetry symmetry)
{
  PetscFunctionBegin;
  if (task->input) PetscCall(KNNormalizerSymmetrize(task->input, symmetry, PETSC_FALSE));
  if (task->output) PetscCall(KNNormalizerSymmetrize(task->output, symmetry, PETSC_TRUE));
  PetscCall(Resize(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskSetFitted(KNTask task, const KNGrid *input, const KNGrid *output, PetscBool keep)
{
  PetscFunctionBegin;
  if (task->input) PetscCall(KNNormalizerSetFitted(task->input, input, keep));
  if (task->output) PetscCall(KNNormalizerSetFitted(task->output, output, keep));
  task->grid_in = *input;
  task->grid    = *output;
  PetscCall(Resize(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* present: the grid to work on */
static PetscErrorCode TransferNormalizer(KNRecord record, const char group[], const KNGrid *present,
                                         KNNormalizer normalizer)
{
  KNNormalizerType type;
  PetscInt         channels, shape[1 + KN_MAX_DIM];
  KNGrid           grid;
  size_t           count;
  float           *mean, *std, *lift;

  PetscFunctionBegin;
  if (!normalizer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNNormalizerGetStatistics(normalizer, &type, &channels, &grid, &count, &mean, &std));
  PetscCall(KNNormalizerGetLift(normalizer, &lift));
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  shape[0] = channels;
  for (PetscInt i = 0; i < grid.dim; i++) shape[1 + i] = grid.n[i];
  PetscCall(KNRecordArray(record, group, "mean", type == KN_NORMALIZER_POINTWISE ? 1 + grid.dim : 1, shape, mean));
  PetscCall(KNRecordArray(record, group, "std", type == KN_NORMALIZER_POINTWISE ? 1 + grid.dim : 1, shape, std));
  if (lift) PetscCall(KNRecordArray(record, group, "lift", 1 + grid.dim, shape, lift));
  /* loaded statistics come into force */
  if (KNRecordIsLoaded(record)) PetscCall(KNNormalizerSetGrid(normalizer, present));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskTransfer(KNTask task, KNRecord record)
{
  PetscFunctionBegin;
  PetscCall(TransferNormalizer(record, "normalizer/input", &task->grid_in, task->input));
  PetscCall(TransferNormalizer(record, "normalizer/output", &task->grid, task->output));
  PetscCall(Resize(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CopyNormalizer(KNNormalizer from, const KNGrid *present, KNNormalizer to)
{
  float *mean[2], *std[2], *lift[2];
  KNGrid grid;
  size_t count[2];

  PetscFunctionBegin;
  if (!from) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNNormalizerGetStatistics(from, NULL, NULL, &grid, &count[0], &mean[0], &std[0]));
  PetscCall(KNNormalizerGetStatistics(to, NULL, NULL, NULL, &count[1], &mean[1], &std[1]));
  PetscCheck(count[0] == count[1], PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "normalisers of %zu and %zu values", count[0],
             count[1]);
  PetscCall(PetscArraycpy(mean[1], mean[0], count[0]));
  PetscCall(PetscArraycpy(std[1], std[0], count[0]));
  PetscCall(KNNormalizerGetLift(from, &lift[0]));
  PetscCall(KNNormalizerGetLift(to, &lift[1]));
  if (lift[0]) PetscCall(PetscArraycpy(lift[1], lift[0], count[0] * KNGridSize(&grid)));
  PetscCall(KNNormalizerSetGrid(to, present));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCopy(KNTask from, KNTask to)
{
  PetscFunctionBegin;
  PetscCall(CopyNormalizer(from->input, &to->grid_in, to->input));
  PetscCall(CopyNormalizer(from->output, &to->grid, to->output));
  PetscCall(Resize(to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskGetNormalizers(KNTask task, KNNormalizer *input, KNNormalizer *output)
{
  PetscFunctionBegin;
  if (input) *input = task->input;
  if (output) *output = task->output;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskSetGrid(KNTask task, const KNGrid *grid)
{
  PetscFunctionBegin;
  PetscCall(KNTaskSetGrids(task, grid, grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskSetGrids(KNTask task, const KNGrid *input, const KNGrid *output)
{
  PetscFunctionBegin;
  task->grid_in = *input;
  task->grid    = *output;
  if (task->input) PetscCall(KNNormalizerSetGrid(task->input, input));
  if (task->output) PetscCall(KNNormalizerSetGrid(task->output, output));
  PetscCall(Resize(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNTaskInputSize(KNTask task)
{
  return (size_t)task->inputs * KNGridSize(&task->grid_in);
}

size_t KNTaskOutputSize(KNTask task)
{
  return task->output_size;
}

size_t KNTaskTargetSize(KNTask task)
{
  return task->target_size;
}

PetscErrorCode KNTaskEncodeInput(KNTask task, PetscInt samples, float x[])
{
  PetscFunctionBegin;
  if (task->inputs) PetscCall(KNNormalizerEncode(task->input, samples, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskEncodeFrames(KNTask task, PetscInt count, float u[])
{
  PetscFunctionBegin;
  PetscCall(KNNormalizerEncode(task->output, count, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskDecode(KNTask task, PetscInt count, float y[])
{
  PetscFunctionBegin;
  if (task->output) PetscCall(KNNormalizerDecode(task->output, count, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskDecodeBackward(KNTask task, PetscInt count, float dy[])
{
  PetscFunctionBegin;
  if (task->output) PetscCall(KNNormalizerDecodeBackward(task->output, count, task->unit, dy));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskPresent(KNTask task, PetscInt count, float y[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < (size_t)count && task->ops.present; i++) task->ops.present(task, y + i * task->output_size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const float *KNTaskTarget(KNTask task, const KNBatch *batch, float work[])
{
  if (!batch->label) return batch->y;
  for (PetscInt i = 0; i < batch->samples; i++) work[i] = (float)batch->label[i];
  return work;
}

const char *KNTaskClassName(KNTask task, size_t c)
{
  const char *name = task->space.names;

  for (size_t i = 0; name && i < c; i++) name += strlen(name) + 1;
  if (name) return name;
  (void)snprintf(task->number, sizeof(task->number), "%zu", c);
  return task->number;
}

size_t KNTaskLossParts(KNTask task)
{
  return task->parts;
}

PetscErrorCode KNTaskLossAddParts(KNTask task, size_t count, const float y[], const float t[], double part[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    task->ops.parts(task, y + i * task->output_size, t + i * task->target_size, part + i * task->parts);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskLoss(KNTask task, size_t count, const double part[], double loss[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) task->ops.loss(task, part + i * task->parts, loss + i);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskLossGradient(KNTask task, size_t count, const double part[], const double loss[], const float t[],
                                  float y[])
{
  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    const float *target = t + i * task->target_size;

    task->ops.gradient(task, part + i * task->parts, loss[i], target, y + i * task->output_size);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskMeasure(KNTask task, const KNGrid *grid, size_t arrays, const float y[], const float t[],
                             PetscReal value[])
{
  PetscFunctionBegin;
  task->ops.measure(task, grid, arrays, y, t, value);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscReal KNMeasureMean(const KNTaskInfo *info, PetscInt m, PetscInt64 n, PetscReal *const value[])
{
  PetscReal  sum   = 0;
  PetscInt64 count = 0;

  if (info->measure[m].mean) return info->measure[m].mean(n, value);
  for (PetscInt64 i = 0; i < n; i++) {
    if (PetscIsNanReal(value[m][i])) continue;
    sum += value[m][i];
    count++;
  }
  return count ? sum / (PetscReal)count : NAN;
}

PetscBool KNMeasureBetter(const KNMeasure *measure, PetscReal a, PetscReal b)
{
  if (PetscIsInfOrNanReal(a)) return PETSC_FALSE;
  if (PetscIsInfOrNanReal(b)) return PETSC_TRUE;
  return (PetscBool)(measure->higher ? a > b : a < b);
}

PetscErrorCode KNMeasurePrint(const KNMeasure *measure, int digits, PetscReal value, size_t size, char text[])
{
  PetscFunctionBegin;
  if (PetscIsNanReal(value)) PetscCall(PetscStrncpy(text, "-", size));
  else
    (void)snprintf(text, size, "%.*f%s%s", digits, (double)(measure->scale * value), measure->unit[0] ? " " : "",
                   measure->unit);
  PetscFunctionReturn(PETSC_SUCCESS);
}

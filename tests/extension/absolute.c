/*
  A task of your own: fields by their relative L1 error,

    loss   sum |y - t| / sum |t|, over the points of all channels

  which weighs large errors less than the relative L2 error does. A target that is 0 everywhere has no relative error:
  the loss takes the dataset's deviation in its place. src/README.md tells where its line goes.
*/
#include "task_impl.h"
#include <math.h>

static const KNMeasure measures[] = {
  {.name = "l1", .title = "relative L1 error", .unit = "%", .scale = 100, .test = PETSC_TRUE}};

const KNTaskInfo KNTaskInfo_Absolute = {
  .name     = "absolute",
  .output   = KN_SPACE_FIELD,
  .measures = PETSC_STATIC_ARRAY_LENGTH(measures),
  .measure  = measures,
  .fields   = PETSC_TRUE,
  .missing  = "a target that is 0 everywhere",
};

enum { DIFFERENCE, TARGET, DEVIATION, PARTS };

static void Sums(double *part, const float *y, const float *t, size_t n)
{
  part[DIFFERENCE] = part[TARGET] = 0;
  for (size_t i = 0; i < n; i++) {
    part[DIFFERENCE] += fabs((double)y[i] - (double)t[i]);
    part[TARGET] += fabs((double)t[i]);
  }
}

static void Parts(KNTask task, const float *y, const float *t, double *part)
{
  Sums(part, y, t, task->output_size);
  part[DEVIATION] = sqrt(task->deviation * (double)task->output_size); /* >= the sum of absolute deviations */
}

static double Scale(const double *part)
{
  return part[TARGET] > 0 ? part[TARGET] : part[DEVIATION];
}

static void Loss(KNTask task, const double *part, double *loss)
{
  *loss = part[DIFFERENCE] / Scale(part);
}

static void Gradient(KNTask task, const double *part, double loss, const float *t, float *y)
{
  const float slope = (float)(task->unit / Scale(part));

  for (size_t i = 0; i < task->output_size; i++) y[i] = y[i] > t[i] ? slope : y[i] < t[i] ? -slope : 0;
}

static void Measure(KNTask task, const KNGrid *grid, size_t arrays, const float *y, const float *t, PetscReal *value)
{
  double part[PARTS];

  Sums(part, y, t, arrays * (size_t)task->channels * KNGridSize(grid));
  value[0] = part[TARGET] > 0 ? part[DIFFERENCE] / part[TARGET] : NAN;
}

static PetscErrorCode SetGrid(KNTask task)
{
  PetscFunctionBegin;
  task->output_size = task->target_size = (size_t)task->channels * KNGridSize(&task->grid);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* evaluate shows the measure alone: there is nothing besides to make, to reduce, to free. */
static PetscErrorCode Nothing(KNJudgement j)
{
  PetscFunctionBegin;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Add(KNJudgement j, PetscInt64 row, const float *y, const float *t)
{
  PetscFunctionBegin;
  Measure(j->task, &j->grid, (size_t)j->frames, y, t, &j->value[0][row]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCreate_Absolute(KNTask task)
{
  PetscFunctionBegin;
  task->normalized = PETSC_TRUE;
  task->parts      = PARTS;
  task->ops        = (KNTaskOps){
           .setgrid       = SetGrid,
           .parts         = Parts,
           .loss          = Loss,
           .gradient      = Gradient,
           .measure       = Measure,
           .judge         = Nothing,
           .judge_add     = Add,
           .judge_reduce  = Nothing,
           .judge_destroy = Nothing,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}

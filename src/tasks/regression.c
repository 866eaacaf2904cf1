/*
  Regression of fields: the relative error of each predicted field or frame, on the physical scale.

    loss   |y - t| / s + w |y - t|_H1 / s_H1,   w = -task_h1
    s      |t|, the target's norm, or with -task_relative dataset sigma, the norm of the standard deviation over the dataset: samples then count by their size.
           A target that is 0 everywhere has no relative error: there s is sigma, too

  Measures of a sample are |y - t| / |t|, never the loss: trainings with other losses compare by them.

  This is the example for a task of your own. Copy the file, then
    1. name the measures: those that each test of a training takes come first, the very first decides which epoch is best;
    2. write parts, loss and gradient. Parts are sums over the points of this rank's slab: those of ranks that share a sample are added up between the first
       and the second, and a task whose parts do not add up refuses -ranks_per_sample. The gradient overwrites the prediction;
    3. say in measure what a sample's values are, NaN where there is none: means leave those out and say how many;
    4. fill in the table of functions in KNTaskCreate_Suffix() below, and what evaluate shows beside the measures (regression_judgement.c);
    5. add the line KN_TASK(Suffix) to task_list.h.
*/
#include "task_impl.h"
#include <kitinet/error.h>
#include <kitinet/loss.h>
#include <kitinet/metrics.h>

static const KNMeasure measures[] = {
  {.name = "l2", .title = "relative L2 error", .unit = "%", .scale = 100, .test = PETSC_TRUE},
  {.name = "h1", .title = "relative H1 error", .unit = "%", .scale = 100},
  {.name = "boundary", .title = "error on the boundary", .unit = "%", .scale = 100},
  {.name = "interior", .title = "error in the interior", .unit = "%", .scale = 100},
  {.name = "low", .title = "error at low wavenumbers", .unit = "%", .scale = 100},
  {.name = "middle", .title = "error at middle wavenumbers", .unit = "%", .scale = 100},
  {.name = "high", .title = "error at high wavenumbers", .unit = "%", .scale = 100}
};

static const KNTable tables[] = {
  {"spectra.csv", "wavenumber,truth,prediction,error"},
  {"rollout.csv", "step,t,mean,deviation,lowest,quantile_05,quantile_25,median,quantile_75,quantile_95,highest"}
};

const KNTaskInfo KNTaskInfo_Regression = {
  .name     = "regression",
  .measures = PETSC_STATIC_ARRAY_LENGTH(measures),
  .measure  = measures,
  .curve    = 0,
  .fields   = PETSC_TRUE,
  .note     = "Low, middle, high: the part of L2 at wavenumbers < 4, 4 to 12, >= 12 cycles a unit length",
  .missing  = "a target that is 0 everywhere, so that no error is relative to it",
  .tables   = PETSC_STATIC_ARRAY_LENGTH(tables),
  .table    = tables,
  .plots    = 2
};

enum { DIFFERENCE, TARGET, DEVIATION, PARTS }; /* |y - t|^2, |t|^2, sigma^2 */

static void Parts(KNTask task, const float *y, const float *t, double *part)
{
  kn_squares(part, y, t, task->output_size);
  part[DEVIATION] = task->deviation;
}

static void Loss(KNTask task, const double *part, double *loss)
{
  (void)kn_relative_error(loss, part, part[DEVIATION]);
}

static void Gradient(KNTask task, const double *part, double loss, const float *t, float *y)
{
  double       error;
  const double scale = kn_relative_error(&error, part, part[DEVIATION]);

  kn_relative_error_gradient(y, error, scale, task->unit, y, t, task->output_size);
}

static void Measure(KNTask task, const KNGrid *grid, size_t arrays, const float *y, const float *t, PetscReal *value)
{
  value[0] = kn_relative_l2(y, t, arrays * (size_t)task->channels * KNGridSize(grid));
}

static PetscErrorCode SetGrid(KNTask task)
{
  PetscFunctionBegin;
  task->output_size = task->target_size = (size_t)task->channels * KNGridSize(&task->grid);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCreate_Regression(KNTask task)
{
  PetscFunctionBegin;
  task->ops        = (KNTaskOps){.setgrid = SetGrid, .parts = Parts, .loss = Loss, .gradient = Gradient, .measure = Measure};
  task->normalized = PETSC_TRUE;
  task->parts      = PARTS;
  KNRegressionSetJudge(&task->ops);
  PetscFunctionReturn(PETSC_SUCCESS);
}

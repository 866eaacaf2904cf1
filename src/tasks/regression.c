/*
  Regression of fields: the relative error of each predicted field or frame, on the physical scale.

    loss   |y - t| / s + w |y - t|_H1 / s_H1,   w = -task_h1
    s      |t|, the target's norm, or with -task_relative dataset sigma, the norm of the standard deviation over the
           dataset: samples then count by their size. A target that is 0 everywhere has no relative error: there s is
           sigma, too

  Measures of a sample are |y - t| / |t|, never the loss: trainings with other losses compare by them.

  This is the example for a task of your own. Copy the file, then
    1. name the measures: those that each test of a training takes come first, the very first decides which epoch is
       best;
    2. write parts, loss and gradient. Parts are sums over the points of this rank's slab: those of ranks that share a
       sample are added up between the first and the second; a task whose parts do not add up sets `whole`, which
       refuses -ranks_per_sample. The gradient overwrites the prediction;
    3. say in measure what a sample's values are, NaN where there is none: means leave those out and say how many;
    4. fill in the table of functions in KNTaskCreate_Suffix() below, and what evaluate shows beside the measures
       (regression_judgement.c);
    5. add the line KN_TASK(Suffix) to task_list.h.
*/
#include "task_impl.h"
#include <kitinet/error.h>
#include <kitinet/loss.h>
#include <kitinet/metrics.h>
#include <kitinet/options.h>

static const KNMeasure measures[] = {
  {.name = "l2", .title = "relative L2 error", .unit = "%", .scale = 100, .test = PETSC_TRUE},
  {.name = "h1", .title = "relative H1 error", .unit = "%", .scale = 100},
  {.name = "boundary", .title = "error on the boundary", .unit = "%", .scale = 100},
  {.name = "interior", .title = "error in the interior", .unit = "%", .scale = 100},
  {.name = "low", .title = "error at low wavenumbers", .unit = "%", .scale = 100},
  {.name = "middle", .title = "error at middle wavenumbers", .unit = "%", .scale = 100},
  {.name = "high", .title = "error at high wavenumbers", .unit = "%", .scale = 100}};

static const KNTable tables[] = {
  {"spectra.csv", "wavenumber,truth,prediction,error"},
  {"rollout.csv", "step,t,mean,deviation,lowest,quantile_05,quantile_25,median,quantile_75,quantile_95,highest"}};

const KNTaskInfo KNTaskInfo_Regression = {
  .name     = "regression",
  .output   = KN_SPACE_FIELD,
  .measures = PETSC_STATIC_ARRAY_LENGTH(measures),
  .measure  = measures,
  .curve    = 0,
  .fields   = PETSC_TRUE,
  .note     = "Low, middle, high: the part of L2 at wavenumbers < 4, 4 to 12, >= 12 cycles a unit length",
  .missing  = "a target that is 0 everywhere, so that no error is relative to it",
  .tables   = PETSC_STATIC_ARRAY_LENGTH(tables),
  .table    = tables,
  .plots    = 2};

/* |y - t|^2, |t|^2, sigma^2; the squares of the H1 norms of y - t and t, means over the points, only where w > 0 */
enum { DIFFERENCE, TARGET, DEVIATION, H1_DIFFERENCE, H1_TARGET, PARTS };

typedef enum { SAMPLE, DATASET } Relative;
static const char *const RelativeNames[] = {"sample", "dataset", NULL};

typedef struct {
  PetscReal h1;         /* w */
  PetscInt  relative;   /* a Relative */
  size_t    S;          /* points of the present grid */
  float    *difference; /* (S) y - t of one channel; where w > 0 */
  double   *slope;      /* (S) gradient of its H1 square */
} Context;

static PetscErrorCode SetFromOptions(KNTask task)
{
  Context *context = task->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsReal(
    "-task_h1",
    "weight of the relative H1 error (with derivatives) in the loss of a regression, beside the relative L2 error", 0,
    1e6, &context->h1));
  PetscCall(KNOptionsChoice(
    "-task_relative",
    "what the loss of a regression divides errors by: each sample's own norm, or the dataset's standard deviation",
    RelativeNames, &context->relative));
  PetscCheck(context->relative == SAMPLE || task->normalizer != KN_NORMALIZER_NONE, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -task_relative is %s, which -train_normalizer %s does not measure: take %s",
             RelativeNames[context->relative], KNNormalizerNames[task->normalizer],
             KNNormalizerNames[KN_NORMALIZER_CHANNEL]);
  PetscCall(
    KNOptionsReal("-task_physics",
                  "weight in the loss of a training of what a prediction leaves of its equation, by the solver's "
                  "scheme on the dataset's grid, relative to what the field 0 leaves of it; 0: none",
                  0, 1e6, &task->weight));
  if (task->weight > 0) task->whole = "the equation of -task_physics needs whole samples";
  if (context->h1 > 0) task->whole = "differences of -task_h1 need whole samples";
  task->parts = context->h1 > 0 ? PARTS : H1_DIFFERENCE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The difference of channel c into context->difference. */
static void Subtract(Context *context, size_t c, const float *y, const float *t)
{
  for (size_t s = 0; s < context->S; s++) context->difference[s] = y[c * context->S + s] - t[c * context->S + s];
}

static void Parts(KNTask task, const float *y, const float *t, double *part)
{
  Context     *context = task->data;
  const size_t n[]     = {(size_t)task->grid.n[0], (size_t)task->grid.n[1], (size_t)task->grid.n[2]};

  kn_squares(part, y, t, task->output_size);
  part[DEVIATION] = task->deviation;
  if (!(context->h1 > 0)) return;
  part[H1_DIFFERENCE] = part[H1_TARGET] = 0;
  for (size_t c = 0; c < (size_t)task->channels; c++) {
    double square;

    Subtract(context, c, y, t);
    kn_h1_square(&square, context->difference, n, task->grid.points);
    part[H1_DIFFERENCE] += square;
    kn_h1_square(&square, t + c * context->S, n, task->grid.points);
    part[H1_TARGET] += square;
  }
}

/* The two errors of a loss, and what each is divided by; the second 0 where w is 0. */
static void Errors(const Context *context, const double *part, double error[2], double scale[2])
{
  const PetscBool own  = (PetscBool)(context->relative == SAMPLE); /* a square of 0 for the target takes sigma */
  const double    l2[] = {part[DIFFERENCE], own ? part[TARGET] : 0};

  scale[0] = kn_relative_error(&error[0], l2, part[DEVIATION]);
  error[1] = scale[1] = 0;
  if (context->h1 > 0) {
    const double h1[] = {part[H1_DIFFERENCE], own ? part[H1_TARGET] : 0};

    scale[1] = kn_relative_error(&error[1], h1, part[DEVIATION] / (double)context->S);
  }
}

static void Loss(KNTask task, const double *part, double *loss)
{
  const Context *context = task->data;
  double         error[2], scale[2];

  Errors(context, part, error, scale);
  *loss = error[0] + context->h1 * error[1];
}

/* Of the H1 error: its square's gradient / (2 |y - t|_H1 s_H1). */
static void Gradient(KNTask task, const double *part, double loss, const float *t, float *y)
{
  Context     *context = task->data;
  const size_t n[] = {(size_t)task->grid.n[0], (size_t)task->grid.n[1], (size_t)task->grid.n[2]}, S = context->S;
  double       error[2], scale[2], factor;

  Errors(context, part, error, scale);
  if (!(error[1] > 0)) {
    kn_relative_error_gradient(y, error[0], scale[0], task->unit, y, t, task->output_size);
    return;
  }
  factor = context->h1 * task->unit / (2 * error[1] * scale[1] * scale[1]);
  for (size_t c = 0; c < (size_t)task->channels; c++) {
    Subtract(context, c, y, t);
    kn_h1_square_gradient(context->slope, context->difference, n, task->grid.points);
    kn_relative_error_gradient(y + c * S, error[0], scale[0], task->unit, y + c * S, t + c * S, S);
    for (size_t s = 0; s < S; s++) y[c * S + s] = (float)((double)y[c * S + s] + factor * context->slope[s]);
  }
}

static void Measure(KNTask task, const KNGrid *grid, size_t arrays, const float *y, const float *t, PetscReal *value)
{
  value[0] = kn_relative_l2(y, t, arrays * (size_t)task->channels * KNGridSize(grid));
}

static PetscErrorCode SetGrid(KNTask task)
{
  Context *context = task->data;

  PetscFunctionBegin;
  context->S = KNGridSize(&task->grid);
  if (context->h1 > 0) {
    PetscCall(KNFree(&context->difference));
    PetscCall(KNFree(&context->slope));
    PetscCall(KNMalloc(context->S, sizeof(float), &context->difference));
    PetscCall(KNMalloc(context->S, sizeof(double), &context->slope));
  }
  task->output_size = task->target_size = (size_t)task->channels * KNGridSize(&task->grid);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(KNTask task)
{
  Context *context = task->data;

  PetscFunctionBegin;
  PetscCall(KNFree(&context->difference));
  PetscCall(KNFree(&context->slope));
  PetscCall(PetscFree(task->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCreate_Regression(KNTask task)
{
  Context *context;

  PetscFunctionBegin;
  PetscCall(PetscNew(&context));
  task->data       = context;
  task->normalized = PETSC_TRUE;
  task->ops        = (KNTaskOps){.setfromoptions = SetFromOptions,
                                 .setgrid        = SetGrid,
                                 .parts          = Parts,
                                 .loss           = Loss,
                                 .gradient       = Gradient,
                                 .measure        = Measure,
                                 .destroy        = Destroy};
  KNRegressionSetJudge(&task->ops);
  PetscFunctionReturn(PETSC_SUCCESS);
}

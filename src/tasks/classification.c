/*
  Classification: the network gives k scores, on a grid of no axes, of which softmax makes probabilities.

    loss   cross-entropy with label smoothing (-task_smoothing)

  A target is the number of its class. Accuracy decides what is best; it and the others are of the most probable class.
*/
#include "task_impl.h"
#include <kitinet/classes.h>
#include <kitinet/options.h>
#include <math.h>

enum { ACCURACY, CROSS_ENTROPY, TOP_5, CONFIDENCE, CALIBRATION };

static PetscReal CalibrationError(PetscInt64 n, PetscReal *const value[])
{
  return n ? kn_calibration_error((size_t)n, value[CONFIDENCE], value[ACCURACY]) : NAN;
}

static const KNMeasure measures[] = {
  {.name = "accuracy", .title = "accuracy", .unit = "%", .scale = 100, .higher = PETSC_TRUE, .test = PETSC_TRUE},
  {.name = "cross_entropy", .title = "cross-entropy", .unit = "", .scale = 1, .test = PETSC_TRUE},
  {.name   = "top_5",
   .title  = "accuracy of the five most probable",
   .unit   = "%",
   .scale  = 100,
   .higher = PETSC_TRUE,
   .test   = PETSC_TRUE},
  {.name   = "confidence",
   .title  = "probability of the predicted class",
   .unit   = "%",
   .scale  = 100,
   .higher = PETSC_TRUE,
   .test   = PETSC_TRUE},
  {.name  = "calibration",
   .title = "expected calibration error",
   .unit  = "%",
   .scale = 100,
   .test  = PETSC_TRUE,
   .mean  = CalibrationError}};

static const KNTable tables[] = {{"confusion.csv", "truth,prediction,samples"},
                                 {"calibration.csv", "confidence_from,confidence_to,samples,accuracy,confidence"}};

const KNTaskInfo KNTaskInfo_Classification = {
  .name     = "classification",
  .output   = KN_SPACE_CLASS,
  .measures = PETSC_STATIC_ARRAY_LENGTH(measures),
  .measure  = measures,
  .curve    = CROSS_ENTROPY,
  .note     = "In %, but for the cross-entropy in nats. Confidence: mean probability of the predicted class; "
              "calibration: its expected error",
  .missing  = "no class",
  .tables   = PETSC_STATIC_ARRAY_LENGTH(tables),
  .table    = tables,
  .plots    = 2};

typedef struct {
  PetscReal smoothing;
} Context;

static PetscErrorCode SetFromOptions(KNTask task)
{
  Context *context = task->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsReal(
    "-task_smoothing",
    "share of the label that the loss of a classification spreads evenly over all classes (label smoothing)", 0, 0.9,
    &context->smoothing));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetGrid(KNTask task)
{
  PetscFunctionBegin;
  task->output_size = (size_t)task->channels;
  task->target_size = 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Parts(KNTask task, const float *y, const float *t, double *part)
{
  const Context *context = task->data;

  *part = kn_cross_entropy(y, (size_t)*t, context->smoothing, task->output_size);
}

static void Loss(KNTask task, const double *part, double *loss)
{
  *loss = *part;
}

static void Gradient(KNTask task, const double *part, double loss, const float *t, float *y)
{
  const Context *context = task->data;

  kn_cross_entropy_gradient(y, y, (size_t)*t, context->smoothing, task->output_size);
}

static void Present(KNTask task, float *y)
{
  kn_softmax(y, y, task->output_size);
}

/* The class of the largest score, of equal ones the first. */
static size_t Predicted(KNTask task, const float *y)
{
  size_t best = 0;

  for (size_t j = 1; j < task->output_size; j++) best = y[j] > y[best] ? j : best;
  return best;
}

static void Measure(KNTask task, const KNGrid *grid, size_t arrays, const float *y, const float *t, PetscReal *value)
{
  const size_t k = task->output_size, label = (size_t)*t, rank = kn_class_rank(y, label, k);
  float        sum = 0;

  for (size_t j = 0; j < k; j++) sum += 0 * y[j];
  if (sum != 0) { /* NaN: the prediction is not finite, and wrong */
    value[ACCURACY] = value[TOP_5] = value[CONFIDENCE] = 0;
    value[CROSS_ENTROPY] = value[CALIBRATION] = INFINITY;
    return;
  }
  value[ACCURACY]      = rank == 0;
  value[TOP_5]         = rank < 5;
  value[CROSS_ENTROPY] = kn_cross_entropy(y, label, 0, k);
  value[CONFIDENCE]    = exp(-kn_cross_entropy(y, Predicted(task, y), 0, k));
  value[CALIBRATION]   = PetscAbsReal(value[ACCURACY] - value[CONFIDENCE]);
}

/* What evaluate shows besides. */
typedef struct {
  size_t      k;
  PetscInt64 *confusion; /* (k, k) samples by truth and prediction */
  /* bins with samples, for the picture: mean confidence, share that is right */
  PetscReal from[KN_CONFIDENCE_BINS], right[KN_CONFIDENCE_BINS];
  /* for the picture of the confusion: (k, k) shares of each true class; names of the classes. NULL before that */
  PetscReal *share;
  char (*name)[KN_MAX_NAME];
  const char **label;
} Details;

static PetscErrorCode Judge(KNJudgement j)
{
  Details *details;

  PetscFunctionBegin;
  PetscCall(PetscNew(&details));
  j->data    = details;
  details->k = j->task->output_size;
  PetscCall(PetscCalloc1(details->k * details->k, &details->confusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Add(KNJudgement j, PetscInt64 row, const float *y, const float *t)
{
  Details  *details = j->data;
  PetscReal value[KN_MAX_MEASURES];

  PetscFunctionBegin;
  Measure(j->task, &j->grid, 1, y, t, value);
  for (PetscInt m = 0; m < j->task->info->measures; m++) j->value[m][row] = value[m];
  details->confusion[(size_t)*t * details->k + Predicted(j->task, y)]++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Reduce(KNJudgement j)
{
  Details *details = j->data;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, details->confusion, (PetscMPIInt)(details->k * details->k), MPIU_INT64,
                             MPI_SUM, PETSC_COMM_WORLD));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The whole table where it fits on a terminal; else the most frequent mistakes. */
static PetscErrorCode Print(KNJudgement j, const char *name)
{
  enum { FIT = 12, WORST = 10 };
  const Details *details = j->data;
  const size_t   k       = details->k;
  PetscInt64     below   = PETSC_MAX_INT;

  PetscFunctionBegin;
  if (k <= FIT) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD,
                          "\nConfusion of %s: rows are the truth, columns the prediction, "
                          "samples\n\n%-12s",
                          name, ""));
    for (size_t c = 0; c < k; c++) PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8.8s", KNTaskClassName(j->task, c)));
    for (size_t r = 0; r < k; r++) {
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n%-12.12s", KNTaskClassName(j->task, r)));
      for (size_t c = 0; c < k; c++)
        PetscCall(PetscPrintf(PETSC_COMM_WORLD, " %8" PetscInt64_FMT, details->confusion[r * k + c]));
    }
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "\n"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(
    PetscPrintf(PETSC_COMM_WORLD, "\nMost frequent mistakes of %s\n\n%8s  truth, taken for\n", name, "samples"));
  for (int shown = 0; shown < WORST;) {
    PetscInt64 next = 0;

    for (size_t i = 0; i < k * k; i++)
      next = i % (k + 1) && details->confusion[i] < below ? PetscMax(next, details->confusion[i]) : next;
    if (!next) break;
    for (size_t i = 0; i < k * k && shown < WORST; i++) {
      if (i % (k + 1) == 0 || details->confusion[i] != next) continue;
      PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%8" PetscInt64_FMT "  %s, %s\n", next, KNTaskClassName(j->task, i / k),
                            KNTaskClassName(j->task, i % k)));
      shown++;
    }
    below = next;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Samples in a bin of confidence, how many are right, and their mean confidence. */
static PetscInt64 Bin(KNJudgement j, int bin, PetscReal *right, PetscReal *confidence)
{
  PetscInt64 count = 0;

  *right = *confidence = 0;
  for (PetscInt64 i = 0; i < j->samples; i++) {
    if (kn_confidence_bin(j->value[CONFIDENCE][i]) != bin) continue;
    *right += j->value[ACCURACY][i];
    *confidence += j->value[CONFIDENCE][i];
    count++;
  }
  *right /= (PetscReal)PetscMax(count, 1);
  *confidence /= (PetscReal)PetscMax(count, 1);
  return count;
}

/* A name as a field of a CSV file: in quotes, which are doubled in it. */
static void PrintName(FILE *file, const char *name)
{
  (void)fputc('"', file);
  for (; *name; name++) {
    if (*name == '"') (void)fputc('"', file);
    (void)fputc(*name, file);
  }
  fprintf(file, "\",");
}

/* Table 0: a row a pair of classes that has samples; 1: a row a bin of confidence. */
static PetscErrorCode Table(KNJudgement j, PetscInt table, FILE *file, const char *prefix)
{
  const Details *details = j->data;

  PetscFunctionBegin;
  for (size_t i = 0; i < details->k * details->k && table == 0; i++) {
    if (!details->confusion[i]) continue;
    fprintf(file, "%s", prefix);
    PrintName(file, KNTaskClassName(j->task, i / details->k));
    PrintName(file, KNTaskClassName(j->task, i % details->k));
    fprintf(file, "%" PetscInt64_FMT "\n", details->confusion[i]);
  }
  for (int b = 0; b < KN_CONFIDENCE_BINS && table == 1; b++) {
    PetscReal        right, confidence;
    const PetscInt64 count = Bin(j, b, &right, &confidence);

    fprintf(file, "%s%.6g,%.6g,%" PetscInt64_FMT, prefix, (double)b / KN_CONFIDENCE_BINS,
            (double)(b + 1) / KN_CONFIDENCE_BINS, count);
    if (count) fprintf(file, ",%.8g,%.8g\n", (double)right, (double)confidence);
    else fprintf(file, ",,\n");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of each true class the shares that are taken for each class, where they can be read on a picture. */
static PetscErrorCode PlotConfusion(KNJudgement j, KNPlot *plot)
{
  enum { MOST = 40 };
  Details     *details = j->data;
  const size_t k       = details->k;

  PetscFunctionBegin;
  if (k > MOST) PetscFunctionReturn(PETSC_SUCCESS);
  if (!details->share) PetscCall(PetscMalloc3(k * k, &details->share, k, &details->name, k, &details->label));
  for (size_t r = 0; r < k; r++) {
    PetscInt64 samples = 0;

    for (size_t c = 0; c < k; c++) samples += details->confusion[r * k + c];
    for (size_t c = 0; c < k; c++)
      details->share[r * k + c] = samples ? (PetscReal)details->confusion[r * k + c] / (PetscReal)samples : 0;
    PetscCall(PetscStrncpy(details->name[r], KNTaskClassName(j->task, r), KN_MAX_NAME));
    details->label[r] = details->name[r];
  }
  *plot = (KNPlot){.name    = "confusion",
                   .x_title = "prediction",
                   .y_title = "truth",
                   .table   = (PetscInt)k,
                   .part    = details->share,
                   .label   = details->label};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share that is right over the confidence, which it equals where the network is calibrated. */
static PetscErrorCode Plot(KNJudgement j, PetscInt which, KNPlot *plot)
{
  Details *details = j->data;
  PetscInt n       = 0;

  PetscFunctionBegin;
  if (which == 1) PetscCall(PlotConfusion(j, plot));
  if (which == 1) PetscFunctionReturn(PETSC_SUCCESS);
  for (int b = 0; b < KN_CONFIDENCE_BINS; b++) {
    if (Bin(j, b, &details->right[n], &details->from[n])) n++;
  }
  *plot              = (KNPlot){.name = "calibration", .x_title = "probability of the predicted class", .lines = 2};
  plot->y_title      = "share that is right";
  plot->line[0].name = "network";
  plot->line[0].y    = details->right;
  plot->line[1].name = "calibrated";
  plot->line[1].y    = details->from;
  for (int i = 0; i < 2; i++) {
    plot->line[i].n = n;
    plot->line[i].x = details->from;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode JudgementDestroy(KNJudgement j)
{
  Details *details = j->data;

  PetscFunctionBegin;
  if (details->share) PetscCall(PetscFree3(details->share, details->name, details->label));
  PetscCall(PetscFree(details->confusion));
  PetscCall(PetscFree(j->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(KNTask task)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(task->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTaskCreate_Classification(KNTask task)
{
  Context *context;

  PetscFunctionBegin;
  PetscCall(PetscNew(&context));
  task->data     = context;
  task->channels = task->space.count;
  task->axes     = 0;
  task->parts    = 1;
  task->whole    = "a classification needs whole samples";
  task->ops      = (KNTaskOps){.setfromoptions = SetFromOptions,
                               .setgrid        = SetGrid,
                               .parts          = Parts,
                               .loss           = Loss,
                               .gradient       = Gradient,
                               .present        = Present,
                               .measure        = Measure,
                               .destroy        = Destroy,
                               .judge          = Judge,
                               .judge_add      = Add,
                               .judge_reduce   = Reduce,
                               .judge_print    = Print,
                               .judge_table    = Table,
                               .judge_plot     = Plot,
                               .judge_destroy  = JudgementDestroy};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Optimisers, schedules, clipping, the moving average; of a table of words the rows of a batch alone. */
#include <kitinet/optimizer.h>
#include <kitinet/options.h>

static const char *const ScheduleNames[] = {"onecycle", "cosine", "step", "constant", NULL};

static const char *const OptimizerNames[] = {"adam", "adamw", "sgd", NULL};

static const double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

enum { TABLE_AVERAGED_EVERY = 16 }; /* steps: the average of a table of words is a pass over all of them */

PetscErrorCode KNOptimizerSetFromOptions(KNOptimizer *optimizer)
{
  PetscInt type = KN_OPTIMIZER_ADAM, schedule = KN_SCHEDULE_ONECYCLE;

  PetscFunctionBegin;
  *optimizer          = (KNOptimizer){.lr = 4e-3, .weight_decay = 1e-4, .step_epochs = 100, .step_factor = 0.5};
  optimizer->momentum = 0.9;
  optimizer->nesterov = PETSC_TRUE;
  PetscCall(KNOptionsChoice(
    "-train_optimizer",
    "optimiser: adam, adamw (with decoupled weight decay), or sgd (gradient descent with momentum; opens more options)",
    OptimizerNames, &type));
  optimizer->type = (KNOptimizerType)type;
  if (type == KN_OPTIMIZER_ADAMW) optimizer->weight_decay = 0.01;
  if (type == KN_OPTIMIZER_SGD) {
    PetscCall(KNOptionsReal("-train_momentum", "share of the last step's direction that sgd keeps", 0, 0.9999,
                            &optimizer->momentum));
    PetscCall(
      KNOptionsBool("-train_nesterov", "use Nesterov's momentum, which looks one step ahead", &optimizer->nesterov));
  }
  PetscCall(KNOptionsReal("-train_lr", "highest learning rate of the schedule", 1e-10, 10, &optimizer->lr));
  PetscCall(KNOptionsChoice("-train_schedule", "course of the learning rate", ScheduleNames, &schedule));
  PetscCall(KNOptionsInt("-train_step_epochs", "epochs between the steps of schedule step", 1, PETSC_MAX_INT,
                         &optimizer->step_epochs));
  PetscCall(
    KNOptionsReal("-train_step_factor", "factor of each step of schedule step", 1e-6, 1, &optimizer->step_factor));
  PetscCall(KNOptionsReal(
    "-train_weight_decay",
    "weight decay: this number times the parameters is added to the gradient; adamw applies it apart from the "
    "gradient, times the learning rate, to weights alone (no biases, no norms), 0.01 unless given",
    0, 1, &optimizer->weight_decay));
  PetscCall(KNOptionsReal("-train_clip",
                          "largest 2-norm of the gradient of a batch, to which larger ones are scaled; 0: no limit", 0,
                          PETSC_MAX_REAL, &optimizer->clip));
  PetscCall(KNOptionsReal(
    "-train_warmup",
    "steps over which the learning rate rises from 0 to that of the schedule; a number below 1 is a share of all steps",
    0, 1e9, &optimizer->warmup));
  PetscCall(KNOptionsReal("-train_average",
                          "decay of a moving average of the parameters, for example 0.999; tests, best.h5 and evaluate "
                          "use the average; 0: none",
                          0, 0.999999, &optimizer->average));
  optimizer->schedule = (KNScheduleType)schedule;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From `from` at t = 0 to `to` at t = 1 along half a cosine. */
static PetscReal CosineBlend(PetscReal from, PetscReal to, PetscReal t)
{
  return to + 0.5 * (from - to) * (1.0 + PetscCosReal(PETSC_PI * t));
}

static PetscReal ScheduledRate(const KNOptimizer *optimizer, PetscInt64 step, PetscInt64 steps,
                               PetscInt64 steps_per_epoch)
{
  const PetscReal lr = optimizer->lr, end = PetscMax((PetscReal)(steps - 1), 1.0);

  switch (optimizer->schedule) {
  case KN_SCHEDULE_ONECYCLE: {
    const PetscReal start = lr / 25.0, finish = start / 1e4, rise = PetscMax(0.3 * (PetscReal)steps - 1.0, 1.0);

    return (PetscReal)step <= rise
             ? CosineBlend(start, lr, (PetscReal)step / rise)
             : CosineBlend(lr, finish, PetscMin(((PetscReal)step - rise) / PetscMax(end - rise, 1.0), 1.0));
  }
  case KN_SCHEDULE_COSINE: return CosineBlend(lr, 0, PetscMin((PetscReal)step / (PetscReal)PetscMax(steps, 1), 1.0));
  case KN_SCHEDULE_STEP:
    return lr * PetscPowReal(optimizer->step_factor, (PetscReal)(step / steps_per_epoch / optimizer->step_epochs));
  default: return lr;
  }
}

PetscReal KNOptimizerRate(const KNOptimizer *optimizer, PetscInt64 step, PetscInt64 steps, PetscInt64 steps_per_epoch)
{
  const PetscReal rate = ScheduledRate(optimizer, step, steps, steps_per_epoch),
                  warmup =
                    optimizer->warmup < 1 ? PetscFloorReal(optimizer->warmup * (PetscReal)steps) : optimizer->warmup;

  return (PetscReal)(step + 1) < warmup ? rate * (PetscReal)(step + 1) / warmup : rate;
}

/* What the elements of one step share. */
typedef struct {
  KNReal scale, decay, eta; /* of the gradient; of the values, added to it; the rate */
  KNReal root;              /* of Adam: sqrt(v_hat) = root sqrt(v) */
  KNReal momentum;          /* of gradient descent */
} Step;

static Step AdamStep(double rate, double scale, double weight_decay, PetscInt64 step)
{
  const double correct1 = 1.0 - pow(BETA1, (double)step + 1.0), correct2 = 1.0 - pow(BETA2, (double)step + 1.0);

  return (Step){.scale = (KNReal)scale,
                .decay = (KNReal)weight_decay,
                .eta   = (KNReal)(rate / correct1),
                .root  = (KNReal)(1.0 / sqrt(correct2))};
}

static Step SGDStep(double rate, double scale, double weight_decay, double momentum)
{
  return (
    Step){.scale = (KNReal)scale, .decay = (KNReal)weight_decay, .eta = (KNReal)rate, .momentum = (KNReal)momentum};
}

static inline void kn_adam_element(KNReal *value, KNReal *m, KNReal *v, KNReal gradient, Step s)
{
  const KNReal b1 = (KNReal)BETA1, b2 = (KNReal)BETA2, epsilon = (KNReal)EPSILON;
  const KNReal g = s.scale * gradient + s.decay * *value;

  *m = b1 * *m + (1 - b1) * g;
  *v = b2 * *v + (1 - b2) * g * g;
  *value -= s.eta * *m / (s.root * (KNReal)sqrt(*v) + epsilon);
}

static inline void kn_sgd_element(KNReal *value, KNReal *m, KNReal gradient, Step s, int nesterov)
{
  const KNReal g = s.scale * gradient + s.decay * *value;

  *m = s.momentum * *m + g;
  *value -= s.eta * (nesterov ? g + s.momentum * *m : *m);
}

void kn_adam(KNReal *value, KNReal *m, KNReal *v, const KNReal *gradient, size_t n, double rate, double scale,
             double weight_decay, PetscInt64 step)
{
  const Step s = AdamStep(rate, scale, weight_decay, step);

#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) kn_adam_element(&value[i], &m[i], &v[i], gradient[i], s);
}

void kn_sgd(KNReal *value, KNReal *m, const KNReal *gradient, size_t n, double rate, double scale, double weight_decay,
            double momentum, int nesterov)
{
  const Step s = SGDStep(rate, scale, weight_decay, momentum);

#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) kn_sgd_element(&value[i], &m[i], gradient[i], s, nesterov);
}

/*
  The chosen rows of a table: those of other words are left as they are. rest: 1, or what decay beside the gradient
  leaves of a value. gradient, value, m, v: their blocks; v is not touched by gradient descent.
*/
static void UpdateRows(const KNOptimizer *optimizer, const KNRows *rows, KNReal *value, KNReal *m, KNReal *v,
                       const KNReal *gradient, Step s, KNReal rest)
{
#pragma omp parallel for schedule(static)
  for (PetscInt r = 0; r < rows->count; r++) {
    const size_t  at = (size_t)rows->word[r] * rows->length;
    const KNReal *g  = gradient + rows->start + (size_t)r * rows->length;

    if (optimizer->type == KN_OPTIMIZER_SGD) {
#pragma omp simd
      for (size_t i = 0; i < rows->length; i++)
        kn_sgd_element(&value[at + i], &m[at + i], g[i], s, optimizer->nesterov);
    } else {
#pragma omp simd
      for (size_t i = 0; i < rows->length; i++) {
        value[at + i] *= rest;
        kn_adam_element(&value[at + i], &m[at + i], &v[at + i], g[i], s);
      }
    }
  }
}

/* value -= part value for all parameters of two axes and more, but for the table of which rows are chosen. */
static PetscErrorCode DecayWeights(KNParameters parameters, const KNRows *rows, KNReal value[], double part)
{
  const KNReal left = (KNReal)(1 - part);
  PetscInt     count;

  PetscFunctionBegin;
  PetscCall(KNParametersGetCount(parameters, &count));
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (info->rank < 2 || info->momentum > 0 || info->offset < rows->end) continue;
#pragma omp parallel for simd schedule(static)
    for (size_t e = info->offset; e < info->offset + info->size; e++) value[e] *= left;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* average (n) += (1 - decay) (value - average) */
static void kn_average(KNReal *average, const KNReal *value, size_t n, double decay)
{
  const KNReal part = (KNReal)(1 - decay);

#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) average[i] += part * (value[i] - average[i]);
}

/* average: its block. The table's is moved less often, as much at a time. */
static void MoveAverage(const KNOptimizer *optimizer, const KNRows *rows, KNReal *average, const KNReal *value,
                        size_t first, size_t n, PetscInt64 step)
{
  const double decay = PetscMin(optimizer->average, ((double)step + 1) / ((double)step + 10));

  kn_average(average + first, value + first, n - first, decay);
  if (rows->count && (step + 1) % TABLE_AVERAGED_EVERY == 0)
    kn_average(average, value, rows->end, pow(decay, TABLE_AVERAGED_EVERY));
}

PetscErrorCode KNOptimizerStep(const KNOptimizer *optimizer, KNParameters parameters, PetscReal rate, PetscInt64 step,
                               PetscReal samples)
{
  const PetscBool sgd    = (PetscBool)(optimizer->type == KN_OPTIMIZER_SGD),
                  beside = (PetscBool)(optimizer->type == KN_OPTIMIZER_ADAMW);
  const double l2 = beside ? 0 : optimizer->weight_decay, part = beside ? rate * optimizer->weight_decay : 0;
  KNReal      *value, *gradient, *m, *v, *average = NULL;
  KNRows       rows;
  size_t       n, first;
  double       scale = 1.0;
  Step         s;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(parameters, &n, &value, &gradient, &m, &v));
  PetscCall(KNParametersGetState(parameters, &first, NULL));
  PetscCall(KNParametersGetRows(parameters, &rows)); /* there is no state then */
  if (optimizer->clip > 0) {
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = first + rows.start; i < n; i++) sum += (double)gradient[i] * gradient[i];
    scale = PetscMin(1.0, optimizer->clip / PetscMax(PetscSqrtReal(sum), PETSC_MACHINE_EPSILON));
  }
  /* which begins as the values before the first step */
  if (optimizer->average > 0) PetscCall(KNParametersGetAverage(parameters, PETSC_TRUE, &average));
  first += rows.end;
  if (beside) PetscCall(DecayWeights(parameters, &rows, value, part));
  if (sgd) {
    scale /= samples;
    s = SGDStep(rate, scale, l2, optimizer->momentum);
    kn_sgd(value + first, m + first, gradient + first, n - first, rate, scale, l2, optimizer->momentum,
           optimizer->nesterov);
  } else {
    s = AdamStep(rate, scale, l2, step);
    kn_adam(value + first, m + first, v + first, gradient + first, n - first, rate, scale, l2, step);
  }
  UpdateRows(optimizer, &rows, value, m, v, gradient, s, (KNReal)(1 - part));
  if (average) MoveAverage(optimizer, &rows, average, value, first, n, step);
  PetscFunctionReturn(PETSC_SUCCESS);
}

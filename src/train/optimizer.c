/* Adam, its schedules, clipping. */
#include <kitinet/optimizer.h>
#include <kitinet/options.h>

static const char *const ScheduleNames[] = {"onecycle", "cosine", "step", "constant", NULL};

static const double BETA1 = 0.9, BETA2 = 0.999, EPSILON = 1e-8;

PetscErrorCode KNOptimizerSetFromOptions(KNOptimizer *optimizer)
{
  PetscInt schedule = KN_SCHEDULE_ONECYCLE;

  PetscFunctionBegin;
  *optimizer = (KNOptimizer){.lr = 4e-3, .weight_decay = 1e-4, .clip = 0, .step_epochs = 100, .step_factor = 0.5};
  PetscCall(KNOptionsReal("-train_lr", "learning rate, at its highest", 1e-10, 10, &optimizer->lr));
  PetscCall(KNOptionsChoice("-train_schedule", "course of the learning rate", ScheduleNames, &schedule));
  PetscCall(KNOptionsInt("-train_step_epochs", "epochs between the steps of schedule step", 1, PETSC_MAX_INT, &optimizer->step_epochs));
  PetscCall(KNOptionsReal("-train_step_factor", "factor of each step of schedule step", 1e-6, 1, &optimizer->step_factor));
  PetscCall(KNOptionsReal("-train_weight_decay", "times the parameters, added to the gradient", 0, 1, &optimizer->weight_decay));
  PetscCall(KNOptionsReal("-train_clip", "largest 2-norm of the gradient of a batch, 0 for no limit", 0, PETSC_MAX_REAL, &optimizer->clip));
  optimizer->schedule = (KNScheduleType)schedule;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From `from` at t = 0 to `to` at t = 1 along half a cosine. */
static PetscReal CosineBlend(PetscReal from, PetscReal to, PetscReal t)
{
  return to + 0.5 * (from - to) * (1.0 + PetscCosReal(PETSC_PI * t));
}

PetscReal KNOptimizerRate(const KNOptimizer *optimizer, PetscInt64 step, PetscInt64 steps, PetscInt64 steps_per_epoch)
{
  const PetscReal lr = optimizer->lr, end = PetscMax((PetscReal)(steps - 1), 1.0);

  switch (optimizer->schedule) {
  case KN_SCHEDULE_ONECYCLE: {
    const PetscReal start = lr / 25.0, finish = start / 1e4, rise = PetscMax(0.3 * (PetscReal)steps - 1.0, 1.0);

    return (PetscReal)step <= rise ? CosineBlend(start, lr, (PetscReal)step / rise) : CosineBlend(lr, finish, PetscMin(((PetscReal)step - rise) / PetscMax(end - rise, 1.0), 1.0));
  }
  case KN_SCHEDULE_COSINE:
    return CosineBlend(lr, 0, PetscMin((PetscReal)step / (PetscReal)PetscMax(steps, 1), 1.0));
  case KN_SCHEDULE_STEP:
    return lr * PetscPowReal(optimizer->step_factor, (PetscReal)(step / steps_per_epoch / optimizer->step_epochs));
  default:
    return lr;
  }
}

void kn_adam(KNReal *value, KNReal *m, KNReal *v, const KNReal *gradient, size_t n, double rate, double scale, double weight_decay, PetscInt64 step)
{
  const double correct1 = 1.0 - pow(BETA1, (double)step + 1.0), correct2 = 1.0 - pow(BETA2, (double)step + 1.0);
  const KNReal b1 = (KNReal)BETA1, b2 = (KNReal)BETA2, s = (KNReal)scale, decay = (KNReal)weight_decay, epsilon = (KNReal)EPSILON;
  const KNReal eta = (KNReal)(rate / correct1), root = (KNReal)(1.0 / sqrt(correct2));

#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < n; i++) {
    const KNReal g = s * gradient[i] + decay * value[i];

    m[i] = b1 * m[i] + (1 - b1) * g;
    v[i] = b2 * v[i] + (1 - b2) * g * g;
    value[i] -= eta * m[i] / (root * (KNReal)sqrt(v[i]) + epsilon);
  }
}

PetscErrorCode KNOptimizerStep(const KNOptimizer *optimizer, KNParameters parameters, PetscReal rate, PetscInt64 step)
{
  KNReal *value, *gradient, *m, *v;
  size_t  n, state;
  double  scale = 1.0;

  PetscFunctionBegin;
  PetscCall(KNParametersGetBlocks(parameters, &n, &value, &gradient, &m, &v));
  PetscCall(KNParametersGetState(parameters, &state, NULL));
  if (optimizer->clip > 0) {
    double sum = 0;

#pragma omp simd reduction(+ : sum)
    for (size_t i = state; i < n; i++) sum += (double)gradient[i] * gradient[i];
    scale = PetscMin(1.0, optimizer->clip / PetscMax(PetscSqrtReal(sum), PETSC_MACHINE_EPSILON));
  }
  kn_adam(value + state, m + state, v + state, gradient + state, n - state, rate, scale, optimizer->weight_decay, step);
  PetscFunctionReturn(PETSC_SUCCESS);
}

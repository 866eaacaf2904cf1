/*
  Adam, AdamW and gradient descent against textbook implementations in long double; the moving average; gradient
  clipping; the course of each schedule, warm-up.
*/
#include <kitinet/optimizer.h>
#include <kitinet/random.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { n = 1003, STEPS = 30 }; /* n: no multiple of any vector length */

/* Gradients of very different sizes, from 1e-6 to 1e+1, some exactly 0. */
static KNReal Gradient(int step, size_t i)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_TEST, step, (PetscInt64)i, 0, 0, word);
  return i % 17 == 3 ? 0 : (KNReal)((2 * KNUniform(word[0]) - 1) * pow(10, 1 - (int)(i % 8)));
}

/* Kingma and Ba 2015, algorithm 1, with L2 decay in the gradient: one element, literally. */
static void TextbookAdam(long double *value, long double *m, long double *v, long double gradient, double rate,
                         double scale, double decay, int step)
{
  const long double g = scale * gradient + decay * *value;

  *m = 0.9L * *m + 0.1L * g;
  *v = 0.999L * *v + 0.001L * g * g;
  *value -= rate * (*m / (1 - powl(0.9L, step + 1))) / (sqrtl(*v / (1 - powl(0.999L, step + 1))) + 1e-8L);
}

/* Each step moves a value by about the rate at most: after 30 steps of 1e-3 the two may differ by rounding only. */
static PetscErrorCode TestAdam(double scale, double decay)
{
  KNReal      value[n], m[n] = {0}, v[n] = {0}, gradient[n];
  long double exact[n], exact_m[n] = {0}, exact_v[n] = {0}, worst = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) exact[i] = value[i] = (KNReal)((double)i / n - 0.5);
  for (int step = 0; step < STEPS; step++) {
    const double rate = 1e-3 * (1 + step % 3);

    for (size_t i = 0; i < n; i++) {
      gradient[i] = Gradient(step, i);
      TextbookAdam(&exact[i], &exact_m[i], &exact_v[i], gradient[i], rate, scale, decay, step);
    }
    kn_adam(value, m, v, gradient, n, rate, scale, decay, step);
    for (size_t i = 0; i < n; i++) CHECK(gradient[i] == Gradient(step, i), "The gradient is changed");
  }
  for (size_t i = 0; i < n; i++) worst = PetscMax(worst, fabsl(exact[i] - value[i]));
  CHECK(worst < STEPS * 4 * (sizeof(KNReal) == 8 ? 1e-16L : 6e-8L),
        "scale %g, decay %g: %Lg away from the textbook after %d steps", scale, decay, worst, STEPS);
  if (decay == 0) CHECK(value[3] == (KNReal)(3.0 / n - 0.5), "A value without gradient moves");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Sutskever et al. 2013 as PyTorch writes it, one element: with and without Nesterov's look ahead, L2 decay in the
  gradient.
*/
static PetscErrorCode TestSGD(PetscBool nesterov, double decay)
{
  KNReal      value[n], m[n]       = {0}, gradient[n];
  long double exact[n], exact_m[n] = {0}, worst = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) exact[i] = value[i] = (KNReal)((double)i / n - 0.5);
  for (int step = 0; step < STEPS; step++) {
    for (size_t i = 0; i < n; i++) {
      gradient[i] = Gradient(step, i);
      {
        const long double g = 0.5L * gradient[i] + decay * exact[i];

        exact_m[i] = 0.9L * exact_m[i] + g;
        exact[i] -= 1e-3L * (nesterov ? g + 0.9L * exact_m[i] : exact_m[i]);
      }
    }
    kn_sgd(value, m, gradient, n, 1e-3, 0.5, decay, 0.9, nesterov);
  }
  for (size_t i = 0; i < n; i++) worst = PetscMax(worst, fabsl(exact[i] - value[i]));
  CHECK(worst < STEPS * 4 * (sizeof(KNReal) == 8 ? 1e-16L : 6e-8L),
        "Nesterov %d, decay %g: %Lg away from the textbook after %d steps", nesterov, decay, worst, STEPS);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Whole steps on a matrix, a bias and a running mean. AdamW decays the matrix alone, beside the gradient; sgd takes the
  mean over the samples of the batch; the average of either follows its formula; what is no parameter stays.
*/
static PetscErrorCode TestSteps(KNOptimizerType type)
{
  const KNOptimizer optimizer =
    {.type = type, .lr = 0.1, .weight_decay = 0.25, .momentum = 0.5, .nesterov = PETSC_TRUE, .average = 0.3};
  KNParameters parameters;
  KNReal      *value[3], *gradient[3], *block, *average;
  long double  exact[2] = {2, 2}, m[2] = {0, 0}, v[2] = {0, 0}, mean[2] = {2, 2};

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNParametersDeclare(
    parameters, &(KNParameterInfo){.name = "weight", .rank = 2, .shape = {1, 1}, .init = KN_INIT_CONSTANT, .scale = 2},
    &value[0], &gradient[0]));
  PetscCall(KNParametersDeclare(
    parameters, &(KNParameterInfo){.name = "bias", .rank = 1, .shape = {1}, .init = KN_INIT_CONSTANT, .scale = 2},
    &value[1], &gradient[1]));
  PetscCall(KNParametersDeclare(parameters,
                                &(KNParameterInfo){.name     = "mean",
                                                   .rank     = 2,
                                                   .shape    = {1, 1},
                                                   .init     = KN_INIT_CONSTANT,
                                                   .scale    = 2,
                                                   .momentum = (KNReal)0.1},
                                &value[2], &gradient[2]));
  PetscCall(KNParametersSetUp(parameters, 1));
  PetscCall(KNParametersZeroGradients(parameters));
  for (int step = 0; step < 5; step++) {
    for (int i = 0; i < 3; i++) gradient[i][0] = (KNReal)(step - 1.5);
    PetscCall(KNOptimizerStep(&optimizer, parameters, 0.1, step, 4));
    for (int i = 0; i < 2; i++) {
      if (type == KN_OPTIMIZER_SGD) {
        const long double g = ((long double)step - 1.5L) / 4 + 0.25L * exact[i];

        m[i] = 0.5L * m[i] + g;
        exact[i] -= 0.1L * (g + 0.5L * m[i]);
      } else {
        if (type == KN_OPTIMIZER_ADAMW && i == 0) exact[i] *= 1 - 0.1L * 0.25L;
        TextbookAdam(&exact[i], &m[i], &v[i], (long double)step - 1.5L, 0.1, 1, type == KN_OPTIMIZER_ADAMW ? 0 : 0.25,
                     step);
      }
      mean[i] += (1 - PetscMin(0.3L, (step + 1.0L) / (step + 10))) * (exact[i] - mean[i]);
    }
  }
  PetscCall(KNParametersGetBlocks(parameters, NULL, &block, NULL, NULL, NULL));
  PetscCall(KNParametersGetAverage(parameters, PETSC_FALSE, &average));
  for (int i = 0; i < 2; i++) {
    CHECK(fabsl(value[i][0] - exact[i]) < 5e-6L, "Optimiser %d: parameter %d is %g instead of %Lg after 5 steps", type,
          i, (double)value[i][0], exact[i]);
    CHECK(fabsl(average[value[i] - block] - mean[i]) < 5e-6L,
          "Optimiser %d: the average of parameter %d is %g instead of %Lg", type, i, (double)average[value[i] - block],
          mean[i]);
  }
  CHECK(value[2][0] == 2, "Optimiser %d moves state to %g", type, (double)value[2][0]);
  PetscCall(KNParametersSwapAverage(parameters));
  CHECK(fabsl(value[0][0] - mean[0]) < 5e-6L && value[2][0] == 2, "The average does not take the place of the values");
  PetscCall(KNParametersSwapAverage(parameters));
  CHECK(fabsl(value[0][0] - exact[0]) < 5e-6L, "The values do not come back");
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 10 steps, or 10 % of 100: the rates of the schedule times 1/10, 2/10, ..; then those of the schedule. */
static PetscErrorCode TestWarmup(PetscReal warmup)
{
  const KNOptimizer optimizer = {.lr = 0.5, .schedule = KN_SCHEDULE_COSINE, .warmup = warmup},
                    without   = {.lr = 0.5, .schedule = KN_SCHEDULE_COSINE};

  PetscFunctionBegin;
  for (PetscInt64 step = 0; step < 100; step++) {
    const PetscReal expected = KNOptimizerRate(&without, step, 100, 10) * PetscMin((PetscReal)(step + 1) / 10, 1);

    CHECK(PetscAbsReal(KNOptimizerRate(&optimizer, step, 100, 10) - expected) < 1e-15,
          "Warm-up %g: rate %g in step %lld instead of %g", warmup, KNOptimizerRate(&optimizer, step, 100, 10),
          (long long)step, expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  One step of KNOptimizerStep() with the gradient (3, 4) and a limit of 1 equals one step with (0.6, 0.8); with a limit
  of 10 nothing is clipped.
*/
static PetscErrorCode TestClipping(void)
{
  static const double clip[] = {0, 10, 1}, factor[] = {1, 1, 0.2};

  PetscFunctionBegin;
  for (int c = 0; c < 3; c++) {
    const KNOptimizer optimizer = {.lr = 0.1, .clip = clip[c]};
    KNParameters      parameters;
    KNReal           *value, *gradient, *m;
    size_t            size;

    PetscCall(KNParametersCreate(&parameters));
    PetscCall(
      KNParametersDeclare(parameters, &(KNParameterInfo){.name = "w", .rank = 1, .shape = {2}}, &value, &gradient));
    PetscCall(KNParametersSetUp(parameters, 1));
    PetscCall(KNParametersZeroGradients(parameters)); /* makes them */
    PetscCall(KNParametersGetBlocks(parameters, &size, NULL, NULL, &m, NULL));
    gradient[0] = 3;
    gradient[1] = 4;
    PetscCall(KNOptimizerStep(&optimizer, parameters, 0.1, 0, 1));
    CHECK(PetscAbsReal(m[0] - 0.1 * 3 * factor[c]) < 1e-6 && PetscAbsReal(m[1] - 0.1 * 4 * factor[c]) < 1e-6,
          "Limit %g: first moment (%g, %g), expected 0.1 times (3, 4) times %g", clip[c], (double)m[0], (double)m[1],
          factor[c]);
    for (size_t i = 0; i < 2; i++)
      CHECK(PetscAbsReal(value[i] + 0.1) < 1e-6, "The first step of Adam is the rate, not %g", (double)value[i]);
    for (size_t i = 2; i < size; i++) CHECK(value[i] == 0, "The gap behind a parameter moves");
    PetscCall(KNParametersDestroy(&parameters));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One cycle: from lr / 25 up to lr after 30 % of all steps, down to lr / 250,000 at the last, never outside. */
static PetscErrorCode TestOneCycle(PetscInt64 steps)
{
  const KNOptimizer optimizer = {.lr = 4e-3, .schedule = KN_SCHEDULE_ONECYCLE};
  PetscReal         before = 0, highest = 0;
  PetscInt64        peak = 0;

  PetscFunctionBegin;
  for (PetscInt64 step = 0; step < steps; step++) {
    const PetscReal rate = KNOptimizerRate(&optimizer, step, steps, 10);

    CHECK(rate > 0 && rate <= optimizer.lr * (1 + 1e-14), "Step %lld of %lld: rate %g", (long long)step,
          (long long)steps, rate);
    if (rate > highest) {
      highest = rate;
      peak    = step;
    }
    CHECK(step == 0 || (step <= peak ? rate >= before : rate <= before), "Step %lld of %lld: the rate turns twice",
          (long long)step, (long long)steps);
    before = rate;
  }
  CHECK(PetscAbsReal(KNOptimizerRate(&optimizer, 0, steps, 10) - 4e-3 / 25) < 1e-17,
        "The first of %lld steps has rate %g", (long long)steps, KNOptimizerRate(&optimizer, 0, steps, 10));
  if (steps < 3) PetscFunctionReturn(PETSC_SUCCESS); /* no room for a fall */
  CHECK(PetscAbsReal(before - 4e-3 / 25 / 1e4) < 1e-12, "The last of %lld steps has rate %g", (long long)steps, before);
  CHECK(PetscAbsReal((PetscReal)peak - PetscMax(0.3 * (PetscReal)steps - 1, 1)) <= 1,
        "The highest of %lld rates comes at step %lld", (long long)steps, (long long)peak);
  CHECK(steps < 100 || highest > 0.99 * optimizer.lr, "The highest of %lld rates is %g", (long long)steps, highest);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Cosine: lr at first, half of it half way, towards 0; step: a factor every 3 epochs of 10 steps; constant. */
static PetscErrorCode TestOtherSchedules(void)
{
  KNOptimizer optimizer = {.lr = 0.5, .schedule = KN_SCHEDULE_COSINE, .step_epochs = 3, .step_factor = 0.5};

  PetscFunctionBegin;
  CHECK(KNOptimizerRate(&optimizer, 0, 100, 10) == 0.5, "Cosine begins at %g", KNOptimizerRate(&optimizer, 0, 100, 10));
  CHECK(PetscAbsReal(KNOptimizerRate(&optimizer, 50, 100, 10) - 0.25) < 1e-15, "Cosine is %g half way",
        KNOptimizerRate(&optimizer, 50, 100, 10));
  CHECK(PetscAbsReal(KNOptimizerRate(&optimizer, 100, 100, 10)) < 1e-15, "Cosine ends at %g",
        KNOptimizerRate(&optimizer, 100, 100, 10));
  for (PetscInt64 step = 1; step < 100; step++)
    CHECK(KNOptimizerRate(&optimizer, step, 100, 10) < KNOptimizerRate(&optimizer, step - 1, 100, 10),
          "Cosine rises at step %lld", (long long)step);
  optimizer.schedule = KN_SCHEDULE_STEP;
  for (PetscInt64 step = 0; step < 100; step++)
    CHECK(KNOptimizerRate(&optimizer, step, 100, 10) == 0.5 / (1 << step / 30), "Step schedule is %g at step %lld",
          KNOptimizerRate(&optimizer, step, 100, 10), (long long)step);
  optimizer.schedule = KN_SCHEDULE_CONSTANT;
  for (PetscInt64 step = 0; step < 100; step++)
    CHECK(KNOptimizerRate(&optimizer, step, 100, 10) == 0.5, "The constant rate changes");
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt64 steps[] = {1, 2, 3, 4, 7, 10, 100, 12345};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestAdam(1, 0));
  PetscCall(TestAdam(1, 1e-2));
  PetscCall(TestAdam(0.3, 1e-4));
  PetscCall(TestSGD(PETSC_FALSE, 0));
  PetscCall(TestSGD(PETSC_TRUE, 1e-2));
  PetscCall(TestSteps(KN_OPTIMIZER_ADAM));
  PetscCall(TestSteps(KN_OPTIMIZER_ADAMW));
  PetscCall(TestSteps(KN_OPTIMIZER_SGD));
  PetscCall(TestWarmup(10));
  PetscCall(TestWarmup(0.1));
  PetscCall(TestClipping());
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(steps); i++) PetscCall(TestOneCycle(steps[i]));
  PetscCall(TestOtherSchedules());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  The rollout of a model, linked in double: the gradient through three steps, of which backward computes two again,
  equals central differences to 1e-7, with collisions too, which must be drawn again as they were. In either
  precision: each step is the model applied to the frames before it, with draws of its own; the given frames stay as
  they are; whoever waits for complete gradients hears of the last backward sweep only.
*/
#include "draw.h"
#include <kitinet/rollout.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum {
  SAMPLES    = 2,
  HISTORY    = 2,
  CHANNELS   = 2,
  STILL      = 1,
  STEPS      = 3,
  POINTS     = 8 * 9,
  FRAME      = CHANNELS * POINTS,
  FRAMES     = HISTORY + STEPS,
  WINDOW     = HISTORY * FRAME + STILL * POINTS,
  VALUES     = SAMPLES * FRAMES * FRAME,
  DIRECTIONS = 3
};

static const PetscInt64 rows[SAMPLES] = {4, 1};
static const KNPass     drawn = {.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .step = 5, .index = rows};

static KNReal still[SAMPLES * STILL * POINTS]; /* a field that stands still */

typedef struct {
  KNModel      model;
  KNRollout    rollout;
  KNParameters parameters;
  KNReal      *value, *gradient;
  size_t       size;
} Network;

/* A network at a general point: biases begin at 0 and the spectral weights are small. */
static PetscErrorCode NetworkCreate(const char residual[], Network *network)
{
  const char *const option[][2] = {
    {"-model_residual", residual}, {"-collision_law", "uniform"}, {"-collision_rate", "0.7"}, {"-model_width", "6"},
    {"-model_modes", "3"},         {"-model_layers", "2"},        {"-model_head", "5"}};
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){8, 9}, KN_POINTS_PERIODIC);
  KNReal      *direction;

  PetscFunctionBegin;
  Draw(still, SAMPLES * STILL * POINTS, 4);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  PetscCall(KNModelCreateFromOptions(&network->model));
  PetscCall(KNModelSetChannels(network->model, 2, HISTORY * CHANNELS + STILL, CHANNELS));
  PetscCall(KNModelSetFromOptions(network->model));
  PetscCall(KNModelSetUp(network->model, 1));
  PetscCall(KNModelSetGrid(network->model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNRolloutCreate(network->model, HISTORY, CHANNELS, STILL, &network->rollout));
  PetscCall(KNRolloutSetGrid(network->rollout, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(network->model, &network->parameters));
  PetscCall(
    KNParametersGetBlocks(network->parameters, &network->size, &network->value, &network->gradient, NULL, NULL));
  PetscCall(PetscMalloc1(network->size, &direction));
  Draw(direction, network->size, 3);
  for (size_t i = 0; i < network->size; i++) network->value[i] += (KNReal)0.1 * direction[i];
  PetscCall(PetscFree(direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NetworkDestroy(Network *network)
{
  PetscFunctionBegin;
  PetscCall(KNRolloutDestroy(&network->rollout));
  PetscCall(KNModelDestroy(&network->model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum_i target_i u_i over the predicted frames with the parameters moved by t along direction */
static PetscErrorCode Loss(Network *network, KNReal *u, const KNReal *target, const KNReal *centre,
                           const KNReal *direction, double t, double *loss)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < network->size; i++) network->value[i] = centre[i] + (KNReal)t * direction[i];
  PetscCall(KNRolloutForward(network->rollout, &drawn, STEPS, still, u));
  *loss = 0;
  for (size_t b = 0; b < SAMPLES; b++) {
    for (size_t i = HISTORY * FRAME; i < FRAMES * FRAME; i++)
      *loss += (double)target[b * FRAMES * FRAME + i] * (double)u[b * FRAMES * FRAME + i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGradient(const char residual[])
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1}, h = 1e-3;
  static KNReal       u[VALUES], target[VALUES], du[VALUES];
  KNReal             *centre, *direction;
  Network             network;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(residual, &network));
  PetscCall(PetscMalloc2(network.size, &centre, network.size, &direction));
  PetscCall(PetscArraycpy(centre, network.value, network.size));
  Draw(u, VALUES, 1);
  Draw(target, VALUES, 2);
  for (int sweep = 0; sweep < 2; sweep++) { /* the second writes over the first */
    KNPass pass = drawn;

    pass.gradients = sweep ? INSERT_VALUES : ADD_VALUES;
    PetscCall(PetscArraycpy(du, target, VALUES));
    PetscCall(KNRolloutForward(network.rollout, &pass, STEPS, still, u));
    PetscCall(KNRolloutBackward(network.rollout, &pass, STEPS, still, u, du));
  }
  for (int k = 0; k < DIRECTIONS; k++) {
    double slope = 0, inner = 0, norm = 0, loss = 0;

    Draw(direction, network.size, 10 + k);
    for (size_t i = 0; i < network.size; i++) {
      inner += (double)network.gradient[i] * (double)direction[i];
      norm += PetscSqr((double)network.gradient[i]);
    }
    for (int p = 0; p < 4; p++) {
      PetscCall(Loss(&network, u, target, centre, direction, place[p] * h, &loss));
      slope += weight[p] * loss / (12 * h);
    }
    CHECK(norm > 0 && PetscAbsReal(slope - inner) < 1e-7 * PetscSqrtReal(norm),
          "residual %s: slope %.12g, gradient %.12g, norm %g", residual, slope, inner, PetscSqrtReal(norm));
  }
  PetscCall(PetscFree2(centre, direction));
  PetscCall(NetworkDestroy(&network));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Each predicted frame is the model of the two before it and of what stands still, bit for bit, as sample R index + r of
  the draws.
*/
static PetscErrorCode TestSteps(const char residual[])
{
  static KNReal u[VALUES], given[VALUES], x[SAMPLES * WINDOW], y[SAMPLES * FRAME];
  Network       network;

  PetscFunctionBegin;
  PetscCall(NetworkCreate(residual, &network));
  Draw(u, VALUES, 1);
  PetscCall(PetscArraycpy(given, u, VALUES));
  PetscCall(KNRolloutForward(network.rollout, &drawn, STEPS, still, u));
  for (size_t r = 0; r < STEPS; r++) {
    PetscInt64 index[SAMPLES];
    KNPass     pass = drawn;

    pass.index = index;
    for (size_t b = 0; b < SAMPLES; b++) {
      index[b] = rows[b] * STEPS + (PetscInt64)r;
      for (size_t f = 0; f < HISTORY; f++)
        memcpy(x + b * WINDOW + f * FRAME, u + (b * FRAMES + r + f) * FRAME, FRAME * sizeof(KNReal));
      memcpy(x + b * WINDOW + HISTORY * FRAME, still + b * STILL * POINTS, STILL * POINTS * sizeof(KNReal));
    }
    PetscCall(KNModelForward(network.model, &pass, x, y));
    for (size_t b = 0; b < SAMPLES; b++) {
      CHECK(!memcmp(y + b * FRAME, u + (b * FRAMES + HISTORY + r) * FRAME, FRAME * sizeof(KNReal)),
            "residual %s, sample %zu: frame %zu is not the model's", residual, b, HISTORY + r);
      CHECK(!memcmp(given + b * FRAMES * FRAME, u + b * FRAMES * FRAME, HISTORY * FRAME * sizeof(KNReal)),
            "residual %s, sample %zu: the given frames changed", residual, b);
    }
  }
  PetscCall(NetworkDestroy(&network));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Counts the calls, and keeps what of the gradient they announce as complete. */
typedef struct {
  const KNReal *gradient;
  size_t        size, calls, repeated, last;
  KNReal       *seen; /* (size) */
} Listener;

static PetscErrorCode Listen(void *context, size_t offset)
{
  Listener *listener = (Listener *)context;

  PetscFunctionBegin;
  CHECK(offset <= listener->last, "element %zu announced after %zu", offset, listener->last);
  for (size_t i = offset; i < listener->last; i++) listener->seen[i] = listener->gradient[i];
  listener->repeated += offset == listener->last;
  listener->last = offset;
  listener->calls++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is announced as complete is: nothing is added to it any more, and the given frames of du are left alone. */
static PetscErrorCode TestDone(void)
{
  static KNReal u[VALUES], du[VALUES], before[VALUES];
  Network       network;
  Listener      listener = {.calls = 0};

  PetscFunctionBegin;
  PetscCall(NetworkCreate("collision", &network));
  PetscCall(PetscMalloc1(network.size, &listener.seen));
  listener.gradient = network.gradient;
  listener.last     = network.size;
  Draw(u, VALUES, 1);
  Draw(du, VALUES, 2);
  PetscCall(PetscArraycpy(before, du, VALUES));
  PetscCall(KNParametersZeroGradients(network.parameters));
  PetscCall(KNRolloutForward(network.rollout, &drawn, STEPS, still, u));
  PetscCall(KNModelSetGradientsDone(network.model, Listen, &listener));
  PetscCall(KNRolloutBackward(network.rollout, &drawn, STEPS, still, u, du));
  PetscCall(KNModelSetGradientsDone(network.model, NULL, NULL));
  CHECK(listener.calls > 1 && listener.last == 0, "%zu calls, the last for element %zu", listener.calls, listener.last);
  CHECK(listener.repeated > 0, "no call between samples, for messages under way");
  CHECK(!memcmp(listener.seen, network.gradient, network.size * sizeof(KNReal)),
        "gradients changed after they were announced as complete");
  for (size_t b = 0; b < SAMPLES; b++) {
    CHECK(!memcmp(du + b * FRAMES * FRAME, before + b * FRAMES * FRAME, HISTORY * FRAME * sizeof(KNReal)),
          "the gradient of given frames changed");
    CHECK(memcmp(du + (b * FRAMES + HISTORY) * FRAME, before + (b * FRAMES + HISTORY) * FRAME, FRAME * sizeof(KNReal)),
          "no gradient reaches the first prediction");
  }
  PetscCall(PetscFree(listener.seen));
  PetscCall(NetworkDestroy(&network));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const residual[] = {"fno", "plain", "collision"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t r = 0; r < PETSC_STATIC_ARRAY_LENGTH(residual); r++) {
    if (sizeof(KNReal) == sizeof(double)) PetscCall(TestGradient(residual[r]));
    PetscCall(TestSteps(residual[r]));
  }
  PetscCall(TestDone());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  A network that asks for its output point by point: on a grid twice as fine, every second point has the output of the
  coarse grid, and a loss of these points alone has the gradients of the coarse grid. On one, two and three axes.
*/
#include "draw.h"
#include <kitinet/model.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { SAMPLES = 2, IN = 2, OUT = 3, POINTS = 5, FINE = 2 * POINTS - 1 };

static const double tolerance = sizeof(KNReal) == sizeof(double) ? 1e-12 : 2e-5;

/* Point s of the coarse grid on the fine one. */
static size_t Place(PetscInt dim, size_t s)
{
  size_t place = 0, stride = 1;

  for (PetscInt a = 0; a < dim; a++, s /= POINTS, stride *= FINE) place += 2 * (s % POINTS) * stride;
  return place;
}

static PetscErrorCode Compare(const char what[], PetscInt dim, size_t n, const KNReal *a, const KNReal *b)
{
  double difference = 0, norm = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) {
    difference += PetscSqr((double)a[i] - (double)b[i]);
    norm += PetscSqr((double)b[i]);
  }
  CHECK(norm > 0 && difference <= PetscSqr(tolerance) * norm, "%s on %d axes differs by %g", what, (int)dim,
        PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(PetscInt dim)
{
  const KNGrid coarse = KNGridMake(dim, (const PetscInt[]){POINTS, POINTS, POINTS}, KN_POINTS_NODES),
               fine   = KNGridMake(dim, (const PetscInt[]){FINE, FINE, FINE}, KN_POINTS_NODES);
  const size_t S = KNGridSize(&coarse), T = KNGridSize(&fine);
  const KNPass pass = {.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .gradients = INSERT_VALUES};
  KNReal      *x, *y, *dy, *fine_y, *fine_dy, *dx[2], *gradient, *kept;
  KNModel      model;
  KNParameters parameters;
  size_t       size;

  PetscFunctionBegin;
  PetscCall(KNModelCreateFromOptions(&model));
  PetscCall(KNModelSetChannels(model, dim, IN, OUT));
  PetscCall(KNModelSetFromOptions(model));
  PetscCall(KNModelSetUp(model, 1));
  PetscCall(KNModelSetGrid(model, &coarse, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &size, NULL, &gradient, NULL, NULL));
  PetscCall(PetscMalloc4(SAMPLES * IN * S, &x, SAMPLES * OUT * S, &y, SAMPLES * OUT * S, &dy, size, &kept));
  PetscCall(PetscCalloc4(SAMPLES * OUT * T, &fine_y, SAMPLES * OUT * T, &fine_dy, SAMPLES * IN * S, &dx[0],
                         SAMPLES * IN * S, &dx[1]));
  Draw(x, SAMPLES * IN * S, 1);
  Draw(dy, SAMPLES * OUT * S, 2);
  for (size_t i = 0; i < SAMPLES * OUT * S; i++) fine_dy[i / S * T + Place(dim, i % S)] = dy[i];
  PetscCall(KNModelForward(model, &pass, x, y));
  PetscCall(KNModelBackward(model, &pass, x, dy, dx[0]));
  PetscCall(PetscArraycpy(kept, gradient, size));

  PetscCall(KNModelSetQueries(model, &fine));
  PetscCall(KNModelSetGrid(model, &coarse, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelForward(model, &pass, x, fine_y));
  PetscCall(KNModelBackward(model, &pass, x, fine_dy, dx[1]));
  for (size_t i = 0; i < SAMPLES * OUT * S; i++) dy[i] = fine_y[i / S * T + Place(dim, i % S)];
  PetscCall(Compare("the output", dim, SAMPLES * OUT * S, dy, y));
  PetscCall(Compare("the gradient of the input", dim, SAMPLES * IN * S, dx[1], dx[0]));
  PetscCall(Compare("the gradient of the parameters", dim, size, gradient, kept));

  PetscCall(KNModelSetQueries(model, NULL));
  PetscCall(KNModelSetGrid(model, &coarse, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelForward(model, &pass, x, dy));
  PetscCall(Compare("the output asked for at the input's points again", dim, SAMPLES * OUT * S, dy, y));
  PetscCall(PetscFree4(x, y, dy, kept));
  PetscCall(PetscFree4(fine_y, fine_dy, dx[0], dx[1]));
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const option[][2] = {{"-model_type", "oformer"},    {"-model_residual", "collision"},
                                          {"-model_width", "12"},        {"-model_layers", "1"},
                                          {"-model_heads", "2"},         {"-model_feed_forward", "2"},
                                          {"-model_frequencies", "0.5"}, {"-collision_train", "mean"},
                                          {"-collision_law", "uniform"}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  for (PetscInt dim = 1; dim <= 3; dim++) PetscCall(Test(dim));
  PetscCall(PetscFinalize());
  return 0;
}

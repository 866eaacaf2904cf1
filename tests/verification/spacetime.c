/*
  A model of whole trajectories: the predicted frames are the model of fields that repeat the given ones, and what
  stands still, along time, the first axis; the given frames stay as they are. Linked in double its gradient equals
  central differences to 1e-7, with collisions too.
*/
#include "draw.h"
#include <kitinet/spacetime.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 2, H = 2, C = 2, X = 1, R = 7, S = 6 * 8, F = H + R, K = H * C + X, VALUES = B * F * C * S, DIRECTIONS = 3 };

static const PetscInt64 rows[B] = {4, 1};
static const KNPass     drawn   = {.samples = B, .training = PETSC_TRUE, .seed = 3, .step = 5, .index = rows};

static PetscErrorCode Test(const char residual[])
{
  const char *const option[][2] = {
    {"-model_residual", residual}, {"-collision_law", "uniform"}, {"-collision_rate", "0.7"},
    {"-model_width", "6"},         {"-model_modes", "3"},         {"-model_layers", "2"},
    {"-model_head", "5"},          {"-model_padding", "0.3"},     {"-model_padding_axes", "first"}};
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1}, h = 1e-3;
  static KNReal       u[VALUES], given[VALUES], target[VALUES], still[B * X * S], x[B * K * R * S], y[B * C * R * S];
  const KNGrid plane = KNGridMake(2, (const PetscInt[]){6, 8}, KN_POINTS_PERIODIC), grid = KNSpacetimeGrid(&plane, R);
  KNModel      model;
  KNSpacetime  spacetime;
  KNParameters parameters;
  KNReal      *value, *gradient, *centre, *direction;
  size_t       size;

  PetscFunctionBegin;
  CHECK(grid.dim == 3 && grid.n[0] == R && grid.n[1] == 6 && grid.n[2] == 8, "another grid");
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  PetscCall(KNModelCreateFromOptions(&model));
  PetscCall(KNModelSetChannels(model, 3, K, C));
  PetscCall(KNModelSetFromOptions(model));
  PetscCall(KNModelSetUp(model, 1));
  PetscCall(KNModelSetGrid(model, &grid, B, PETSC_TRUE));
  PetscCall(KNSpacetimeCreate(model, H, C, X, &spacetime));
  PetscCall(KNSpacetimeSetGrid(spacetime, &plane, R, B));
  PetscCall(KNModelGetParameters(model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &size, &value, &gradient, NULL, NULL));
  PetscCall(PetscMalloc2(size, &centre, size, &direction));
  Draw(direction, size, 3);
  for (size_t i = 0; i < size; i++) value[i] += (KNReal)0.1 * direction[i];
  PetscCall(PetscArraycpy(centre, value, size));
  Draw(u, VALUES, 1);
  Draw(target, VALUES, 2);
  Draw(still, B * X * S, 4);
  PetscCall(PetscArraycpy(given, u, VALUES));

  for (size_t i = 0; i < B * K * R * S; i++) {
    const size_t b = i / (K * R * S), k = i / (R * S) % K, s = i % S;

    x[i] = k < H * C ? given[b * F * C * S + k * S + s] : still[(b * X + k - H * C) * S + s];
  }
  PetscCall(KNModelForward(model, &drawn, x, y));
  PetscCall(KNSpacetimeForward(spacetime, &drawn, still, u));
  for (size_t i = 0; i < VALUES; i++) {
    const size_t b = i / (F * C * S), f = i / (C * S) % F, c = i / S % C, s = i % S;

    CHECK(u[i] == (f < H ? given[i] : y[((b * C + c) * R + f - H) * S + s]),
          "residual %s: sample %zu, frame %zu is not the model's", residual, b, f);
  }

  PetscCall(KNParametersZeroGradients(parameters));
  PetscCall(KNSpacetimeBackward(spacetime, &drawn, target));
  for (int k = 0; k < DIRECTIONS && sizeof(KNReal) == sizeof(double); k++) {
    double slope = 0, inner = 0, norm = 0;

    Draw(direction, size, 10 + k);
    for (size_t i = 0; i < size; i++) {
      inner += (double)gradient[i] * (double)direction[i];
      norm += PetscSqr((double)gradient[i]);
    }
    for (int p = 0; p < 4; p++) {
      for (size_t i = 0; i < size; i++) value[i] = centre[i] + (KNReal)(place[p] * h) * direction[i];
      PetscCall(KNSpacetimeForward(spacetime, &drawn, still, u));
      for (size_t i = 0; i < VALUES; i++)
        slope += i / (C * S) % F < H ? 0 : weight[p] * (double)target[i] * (double)u[i] / (12 * h);
    }
    CHECK(norm > 0 && PetscAbsReal(slope - inner) < 1e-7 * PetscSqrtReal(norm),
          "residual %s: slope %.12g, gradient %.12g, norm %g", residual, slope, inner, PetscSqrtReal(norm));
  }
  PetscCall(PetscFree2(centre, direction));
  PetscCall(KNSpacetimeDestroy(&spacetime));
  PetscCall(KNModelDestroy(&model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const residual[] = {"fno", "plain", "collision"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t r = 0; r < PETSC_STATIC_ARRAY_LENGTH(residual); r++) PetscCall(Test(residual[r]));
  PetscCall(PetscFinalize());
  return 0;
}

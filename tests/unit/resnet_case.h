/*
  A ResNet of depth 8 with three stages, for tests: its sets of channels, its sites, and a narrower one. Parameters and
  running statistics are moved away from their initial values.
*/
#ifndef KITINET_TEST_RESNET_CASE_H
#define KITINET_TEST_RESNET_CASE_H

#include "draw.h"
#include <kitinet/model.h>
#include <kitinet/prune.h>
#include <string.h>

enum { IN = 3, OUT = 4, SAMPLES = 2, N = 9, SETS = 6, SITES = 7, WIDEST = 16, DIM = 2 };

/* Stream of stage 0, inside of block 0 and 1, stream of stage 1, inside of block 2, stream of stage 2. */
static const PetscInt wide_sets[SETS + 1]     = {0, 4, 4, 8, 8, 16, 16};
static const PetscInt narrow_sets[SETS + 1]   = {0, 2, 2, 6, 6, 10, 10};
static const PetscInt stream_of_set[SETS + 1] = {-1, 0, -1, -1, 1, -1, 2};
static const PetscInt set_of_site[SITES]      = {1, 2, 1, 3, 4, 5, 6};

static const KNSizes wide   = {{[KN_SIZE_WIDTH] = 4, [KN_SIZE_WIDTH_2] = 8, [KN_SIZE_WIDTH_3] = 16}};
static const KNSizes narrow = {{[KN_SIZE_WIDTH] = 2, [KN_SIZE_WIDTH_2] = 6, [KN_SIZE_WIDTH_3] = 10}};

static const KNPass pass = {.samples = SAMPLES};

typedef struct {
  const char *residual, *evaluate, *norm;
  PetscInt    n; /* points along each axis */
} Network;

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

static inline PetscErrorCode NetworkCreate(const Network *network, const KNSizes *sizes, PetscInt axes, KNModel *model,
                                           KNParameters *parameters)
{
  const KNGrid             grid        = KNGridMake(DIM, (const PetscInt[]){network->n, network->n}, KN_POINTS_CELLS);
  const char *const        option[][2] = {{"-model_type", "resnet"},      {"-model_residual", network->residual},
                                          {"-model_norm", network->norm}, {"-model_depth", "8"},
                                          {"-model_head", "5"},           {"-collision_dimension", "2"},
                                          {"-collision_rate", "0.7"},     {"-collision_evaluate", network->evaluate}};
  static const char *const width[]     = {"-model_width", "-model_width_2", "-model_width_3"};
  KNReal                  *value, *move;
  size_t                   size;

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  for (int s = 0; s < 3; s++) {
    char number[16];

    PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt_FMT, axes && s ? 0 : sizes->n[KN_SIZE_WIDTH + s]));
    PetscCall(PetscOptionsSetValue(NULL, width[s], number));
  }
  PetscCall(KNModelCreateFromOptions(model));
  PetscCall(KNModelSetChannels(*model, DIM, IN, OUT));
  PetscCall(KNModelSetOutputAxes(*model, axes));
  PetscCall(KNModelSetFromOptions(*model));
  PetscCall(KNModelSetUp(*model, 1));
  PetscCall(KNModelSetObserved(*model, PETSC_TRUE));
  PetscCall(KNModelSetGrid(*model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(*model, parameters));
  PetscCall(KNParametersGetBlocks(*parameters, &size, &value, NULL, NULL, NULL));
  /* shifts, running means and variances that matter */
  PetscCall(PetscMalloc1(size, &move));
  Draw(move, size, 3);
  for (size_t i = 0; i < size; i++) value[i] += move[i] / 10;
  PetscCall(PetscFree(move));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode Output(KNModel model, KNReal y[SAMPLES * OUT * N * N])
{
  KNReal x[SAMPLES * IN * N * N];

  PetscFunctionBegin;
  Draw(x, PETSC_STATIC_ARRAY_LENGTH(x), 1);
  memset(y, 0, SAMPLES * OUT * N * N * sizeof(*y));
  PetscCall(KNModelForward(model, &pass, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif

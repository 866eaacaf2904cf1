/*
  The rows of a table of words and word pairs that have gradients: those of a batch, on any number of ranks. Their
  gradients are those of a table without a choice, bit for bit; no step reads or writes any other row, neither of
  gradients nor of values, moments; the average takes all rows up.
*/
#include "dataset_test.h"
#include "draw.h"
#include <kitinet/model.h>
#include <kitinet/optimizer.h>
#include <kitinet/reduce.h>
#include <kitinet/word_rows.h>
#include <string.h>

enum { WORDS = 200, PAIRS = 110, ROWS = WORDS + PAIRS, LENGTH = 9, BATCH = 7, MICROBATCH = 2 };
enum { WIDTH = 12, CLASSES = 3, STEPS = 16, USED = 150 };

typedef struct {
  PetscBool    chosen; /* rows are chosen */
  KNModel      model;
  KNParameters parameters;
  KNReduction  reduction;
  KNWordRows   words;
  size_t       size;
  KNReal      *value, *gradient, *m, *v;
} Network;

static int32_t Word(PetscInt step, PetscInt sample, PetscInt i)
{
  return (int32_t)((7 * sample + i * i * (step + 3) + 31 * step) % USED);
}

static PetscErrorCode Create(PetscBool chosen, Network *n)
{
  const PetscInt points = LENGTH;
  const KNGrid   grid   = KNGridMake(1, &points, KN_POINTS_CELLS);

  PetscFunctionBegin;
  *n = (Network){.chosen = chosen};
  PetscCall(KNModelCreateFromOptions(&n->model));
  PetscCall(KNModelSetChannels(n->model, 1, WORDS, CLASSES));
  PetscCall(KNModelSetOutputAxes(n->model, 0));
  PetscCall(KNModelSetTokens(n->model, LENGTH));
  PetscCall(KNModelSetFromOptions(n->model));
  PetscCall(KNModelSetUp(n->model, 1));
  PetscCall(KNModelSetGrid(n->model, &grid, MICROBATCH, PETSC_TRUE));
  PetscCall(KNModelGetParameters(n->model, &n->parameters));
  PetscCall(KNReductionCreate(PETSC_COMM_WORLD, KN_REDUCTION_TREE, n->parameters, BATCH, MICROBATCH, PETSC_FALSE,
                              &n->reduction));
  if (chosen) PetscCall(KNWordRowsCreate(PETSC_COMM_WORLD, n->parameters, &n->words));
  PetscCall(KNParametersGetBlocks(n->parameters, &n->size, &n->value, NULL, &n->m, &n->v));
  /* rows of words that never occur, which any pass would move */
  for (size_t i = USED * WIDTH; i < WORDS * WIDTH; i++) {
    n->value[i] = 3;
    n->m[i]     = 7;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Network *n)
{
  PetscFunctionBegin;
  PetscCall(KNWordRowsDestroy(&n->words));
  PetscCall(KNReductionDestroy(&n->reduction));
  PetscCall(KNModelDestroy(&n->model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient of a batch. */
static PetscErrorCode Gradient(Network *n, PetscInt step, KNRows *rows)
{
  int32_t     token[BATCH * LENGTH], length[BATCH];
  KNReal      y[MICROBATCH * CLASSES], dy[MICROBATCH * CLASSES];
  KNStepSums  sums = {.samples = 1};
  PetscMPIInt rank, size;
  PetscInt64  start, end;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  KNLeafPartition(BATCH, MICROBATCH, size, rank, &start, &end);
  for (PetscInt b = 0; b < end - start; b++) {
    length[b] = (int32_t)(1 + (b + start) % LENGTH);
    for (PetscInt i = 0; i < LENGTH; i++)
      token[b * LENGTH + i] = i < length[b] ? Word(step, b + (PetscInt)start, i) : -9;
  }
  if (n->chosen) PetscCall(KNWordRowsChoose(n->words, (PetscInt)(end - start), token, length, LENGTH));
  PetscCall(KNParametersGetRows(n->parameters, rows));
  PetscCall(KNReductionBegin(n->reduction, BATCH));
  for (PetscInt b = 0; b < end - start; b += MICROBATCH) {
    KNPass pass = {.samples   = PetscMin(MICROBATCH, (PetscInt)(end - start) - b),
                   .training  = PETSC_TRUE,
                   .gradients = KNReductionGetMode(n->reduction),
                   .token     = token + b * LENGTH,
                   .length    = length + b,
                   .stride    = LENGTH};

    if (n->chosen) KNWordRowsTake(n->words, &pass);
    PetscCall(KNParametersGetBlocks(n->parameters, NULL, NULL, &n->gradient, NULL, NULL));
    for (size_t i = 0; i < rows->start; i++) n->gradient[i] = NAN;
    PetscCall(KNModelForward(n->model, &pass, NULL, y));
    Draw(dy, MICROBATCH * CLASSES, 100 * step + b + start);
    PetscCall(KNModelSetGradientsDone(n->model, KNReductionGradientsDone, n->reduction));
    PetscCall(KNModelBackward(n->model, &pass, NULL, dy, NULL));
    PetscCall(KNModelSetGradientsDone(n->model, NULL, NULL));
    PetscCall(KNReductionAdd(n->reduction, 1));
  }
  PetscCall(KNReductionFinish(n->reduction, &sums));
  CHECK(sums.wild == 0, "the reduction looks at rows that have no gradient");
  PetscCall(KNParametersGetBlocks(n->parameters, NULL, NULL, &n->gradient, NULL, NULL));
  for (size_t i = 0; i < rows->start; i++) n->gradient[i] = NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient without a choice (all) and of chosen rows. */
static PetscErrorCode CompareGradients(const Network *all, const Network *some, const KNRows *rows)
{
  PetscInt occur = 0, words = 0;

  PetscFunctionBegin;
  CHECK(rows->count > 0 && rows->count < 90 && rows->length == WIDTH && rows->end == ROWS * WIDTH &&
          rows->start == rows->end - (size_t)rows->count * WIDTH,
        "%" PetscInt_FMT " rows", rows->count);
  for (PetscInt w = 0, r = 0; w < ROWS; w++) {
    const KNReal *expected = all->gradient + w * WIDTH;

    if (r < rows->count && rows->word[r] == w)
      CHECK(!memcmp(expected, some->gradient + rows->start + (size_t)WIDTH * (size_t)r++, WIDTH * sizeof(KNReal)),
            "row %" PetscInt_FMT " has another gradient", w);
    else
      for (PetscInt c = 0; c < WIDTH; c++) CHECK(expected[c] == 0, "row %" PetscInt_FMT " is missing", w);
    occur = r;
    if (w == WORDS - 1) words = r;
  }
  CHECK(words > 0 && words < occur, "%" PetscInt_FMT " of %" PetscInt_FMT " rows are of words", words, occur);
  CHECK(occur == rows->count, "rows are not in the order of words");
  CHECK(!memcmp(all->gradient + rows->end, some->gradient + rows->end, (all->size - rows->end) * sizeof(KNReal)),
        "the choice changes other gradients");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Close(KNReal a, KNReal b)
{
  return (PetscBool)(PetscAbsReal((PetscReal)a - (PetscReal)b) < 3e-6);
}

/*
  Both networks make the first step: what occurs moves alike. From then on the network with chosen rows goes alone.
*/
static PetscErrorCode TestOptimizer(KNOptimizerType type, PetscReal clip)
{
  const KNOptimizer optimizer =
    {.type = type, .weight_decay = 0.01, .clip = clip, .momentum = 0.9, .nesterov = PETSC_TRUE, .average = 0.9};
  Network all, some;
  KNRows  rows, none;
  KNReal  before[ROWS * WIDTH], first[ROWS * WIDTH], *average;

  PetscFunctionBegin;
  PetscCall(Create(PETSC_FALSE, &all));
  PetscCall(Create(PETSC_TRUE, &some));
  PetscCall(PetscArraycpy(first, some.value, ROWS * WIDTH));
  for (PetscInt step = 0; step < STEPS; step++) {
    PetscCall(PetscArraycpy(before, some.value, ROWS * WIDTH));
    PetscCall(Gradient(&some, step, &rows));
    if (!step) {
      PetscCall(Gradient(&all, step, &none));
      CHECK(!none.count && !none.start && !none.end, "rows that nobody chose");
      PetscCall(CompareGradients(&all, &some, &rows));
      PetscCall(KNOptimizerStep(&optimizer, all.parameters, 0.01, step, BATCH));
    }
    PetscCall(KNOptimizerStep(&optimizer, some.parameters, 0.01, step, BATCH));
    for (PetscInt w = 0, r = 0; w < ROWS; w++) {
      const PetscBool occurs = (PetscBool)(r < rows.count && rows.word[r] == w);

      r += occurs;
      for (PetscInt i = w * WIDTH; i < (w + 1) * WIDTH; i++) {
        CHECK(occurs ? some.value[i] != before[i] && isfinite(some.value[i]) : some.value[i] == before[i],
              "step %" PetscInt_FMT ": row %" PetscInt_FMT " moves, or does not", step, w);
        CHECK(step || !occurs || Close(some.value[i], all.value[i]),
              "the first step moves row %" PetscInt_FMT " to %g instead of %g", w, (double)some.value[i],
              (double)all.value[i]);
      }
    }
    for (size_t i = rows.end; i < all.size; i++)
      CHECK(isfinite(some.value[i]) && (step || Close(some.value[i], all.value[i])),
            "step %" PetscInt_FMT " moves parameter %zu to %g", step, i, (double)some.value[i]);
  }
  for (size_t i = USED * WIDTH; i < WORDS * WIDTH; i++)
    CHECK(some.value[i] == 3 && some.m[i] == 7 && some.v[i] == 0, "a word that never occurs is moved");
  PetscCall(KNParametersGetAverage(some.parameters, PETSC_FALSE, &average));
  for (size_t i = 0; i < ROWS * WIDTH; i++) { /* of the first values and those of now */
    const double kept = pow((double)STEPS / (STEPS + 9), STEPS);

    CHECK(Close(average[i], (KNReal)(kept * (double)first[i] + (1 - kept) * (double)some.value[i])),
          "the average of element %zu of the table is %g", i, (double)average[i]);
  }
  PetscCall(Destroy(&all));
  PetscCall(Destroy(&some));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const option[][2] = {{"-model_type", "transformer"}, {"-model_width", "12"},
                                          {"-model_word_pairs", "110"},   {"-model_layers", "1"},
                                          {"-model_heads", "2"},          {"-model_feed_forward", "2"}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  PetscCall(TestOptimizer(KN_OPTIMIZER_ADAM, 0));
  PetscCall(TestOptimizer(KN_OPTIMIZER_ADAM, 0.1));
  PetscCall(TestOptimizer(KN_OPTIMIZER_ADAMW, 0.1));
  PetscCall(TestOptimizer(KN_OPTIMIZER_SGD, 0));
  PetscCall(PetscFinalize());
  return 0;
}

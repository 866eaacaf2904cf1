/* A registered layer on a small grid with random inputs, for layers.c: what the tests have in common. */
#ifndef KITINET_LAYER_CASE_H
#define KITINET_LAYER_CASE_H

#include <kitinet/residual.h>
#include <kitinet/random.h>
#include <omp.h>
#include <petscviewer.h>
#include <string.h>

#define SAMPLES 3

#if defined(KN_DOUBLE)
static const double tolerance = 1e-12;
#else
static const double tolerance = 1e-5;
#endif

/*
  What the test cannot ask a layer: channels to request (PETSC_DECIDE otherwise), whether it is known to be affine, how
  many axes it needs, and whether its samples depend on each other.
*/
static const struct {
  const char *type;
  PetscInt    out;
  PetscBool   affine;
  PetscInt    axes;
  PetscBool   batch;
  PetscInt    in; /* channels */
} known[] = {
  {"linear", 5, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"spectral", 6, PETSC_TRUE, 1, PETSC_FALSE, 4},
  {"coordinates", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"pad", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"crop", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"perceptron", 3, PETSC_FALSE, 0, PETSC_FALSE, 4},
  {"dropout", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"transport", PETSC_DECIDE, PETSC_FALSE, 1, PETSC_FALSE, 4},
  {"pool", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"mean", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"upsample", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"concatenate", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"convolution", 6, PETSC_TRUE, 0, PETSC_FALSE, 4},
  {"batch_norm", PETSC_DECIDE, PETSC_FALSE, 0, PETSC_TRUE, 4},
  {"batch_norm_relu", PETSC_DECIDE, PETSC_FALSE, 0, PETSC_TRUE, 4},
  {"feed_forward", 3, PETSC_FALSE, 0, PETSC_FALSE, 4},
  {"feed_forward_gated", 3, PETSC_FALSE, 0, PETSC_FALSE, 4},
  {"rotary", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 14}, /* 7 of each head: one is left over */
  {"rotary_words", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 14},
  {"physics_attention", PETSC_DECIDE, PETSC_FALSE, 0, PETSC_FALSE, 6},
  {"attention", PETSC_DECIDE, PETSC_FALSE, 0, PETSC_FALSE, 6},
  {"embedding", 5, PETSC_FALSE, 0, PETSC_FALSE, 6}, /* does not read its input */
  {"fourier_features", 6, PETSC_FALSE, 1, PETSC_FALSE, 4},
  {"linear_attention", PETSC_DECIDE, PETSC_TRUE, 0, PETSC_FALSE, 4}, /* in its queries; keys on another grid */
};

/* a KNActivation of the residual under test; PETSC_DECIDE: it is none, or has its own */
static PetscInt activation = PETSC_DECIDE;

typedef struct {
  const char  *type;
  PetscBool    affine, batch;
  KNLayer      layer;
  KNParameters parameters;
  KNPass       pass;
  int32_t     *token, length[SAMPLES]; /* words, for layers that read them */
  PetscInt     inputs;
  /* elements of each input, of the output (SAMPLES samples), of the parameters */
  size_t  n_in[KN_MAX_INPUTS], n_out, n_value;
  KNReal *in[KN_MAX_INPUTS], *din[KN_MAX_INPUTS], *out, *dout;
  KNReal *value, *gradient; /* of the parameters, not owned */
} Case;

static PetscErrorCode Random(size_t n, PetscInt64 which, KNReal **x)
{
  PetscFunctionBegin;
  PetscCall(KNMalloc(n, sizeof(KNReal), x));
  for (size_t i = 0; i < n; i++) {
    uint64_t word[4];

    KNRandomWords(7, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    (*x)[i] = (KNReal)(2 * KNUniform(word[0]) - 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Dot(size_t n, const KNReal *x, const KNReal *y)
{
  double sum = 0;

  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

static double Norm(size_t n, const KNReal *x)
{
  return PetscSqrtReal(Dot(n, x, x));
}

/* y += a x */
static void Add(size_t n, KNReal *y, double a, const KNReal *x)
{
  for (size_t i = 0; i < n; i++) y[i] += (KNReal)(a * x[i]);
}

static double Difference(size_t n, const KNReal *x, const KNReal *y)
{
  double largest = 0;

  for (size_t i = 0; i < n; i++) largest = PetscMax(largest, PetscAbsReal((double)x[i] - (double)y[i]));
  return largest;
}

static PetscInt AxesNeeded(const char type[])
{
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(known); i++) {
    if (!strcmp(known[i].type, type)) return known[i].axes;
  }
  return 0;
}

/*
  Texts of S, one and half of S words, of a vocabulary of 6, whose word 4 stands before and behind a separator: for what
  reads words, on 1 axis for what stops at them.
*/
static PetscErrorCode AddWords(Case *test, size_t S, PetscInt dim)
{
  const PetscBool reads = (PetscBool)!strcmp(test->type, "embedding"),
                  stops = (PetscBool)(!strcmp(test->type, "attention") || !strcmp(test->type, "mean") ||
                                      !strcmp(test->type, "max"));

  PetscFunctionBegin;
  if (!reads && !(stops && dim == 1)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(SAMPLES * S, &test->token));
  for (size_t i = 0; i < SAMPLES * S; i++) test->token[i] = (int32_t)(i * i % 7); /* 2 is the separator */
  test->length[0]   = (int32_t)S;
  test->length[1]   = 1;
  test->length[2]   = (int32_t)(S + 1) / 2;
  test->pass.token  = test->token;
  test->pass.length = test->length;
  test->pass.stride = S;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseCreate(const char type[], const KNGrid *grid, Case *test)
{
  const KNGrid coarse = KNGridMake(
    grid->dim, (const PetscInt[]){(grid->n[0] + 1) / 2, (grid->n[1] + 1) / 2, (grid->n[2] + 1) / 2}, grid->points);
  const PetscBool other =
    (PetscBool)((!strcmp(type, "concatenate") && grid->dim != 1) || !strcmp(type, "linear_attention"));
  const KNGrid grids[] = {*grid, other ? coarse : *grid, other ? coarse : *grid};
  PetscInt     in = 4, out = PETSC_DECIDE, stated;
  KNGrid       grid_out;
  size_t       state;
  KNReal      *move;

  PetscFunctionBegin;
  memset(test, 0, sizeof(*test));
  test->type = type;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(known); i++) {
    if (!strcmp(known[i].type, type)) {
      out          = known[i].out;
      test->affine = known[i].affine;
      test->batch  = known[i].batch;
      in           = known[i].in;
    }
  }
  test->pass = (KNPass){.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .step = 5};
  PetscCall(AddWords(test, KNGridSize(grid), grid->dim));
  PetscCall(KNParametersCreate(&test->parameters));
  PetscCall(KNLayerCreate(type, "layer", 1, &test->layer));
  PetscCall(KNLayerSetChannels(test->layer, grid->dim, in, out));
  if (activation != PETSC_DECIDE) PetscCall(KNLayerSetActivation(test->layer, (KNActivation)activation));
  if (!strcmp(type, "concatenate")) PetscCall(KNLayerSetInput(test->layer, 1, 3));
  PetscCall(KNLayerSetLongest(test->layer, (PetscInt)KNGridSize(grid)));
  if (!strcmp(type, "embedding")) {
    PetscCall(PetscOptionsSetValue(NULL, "-model_shared_words", "true"));
    PetscCall(PetscOptionsSetValue(NULL, "-model_word_pairs", "5"));
  }
  PetscCall(KNLayerSetFromOptions(test->layer));
  PetscCall(KNLayerSetUp(test->layer, test->parameters));
  PetscCall(KNParametersSetUp(test->parameters, 1));
  PetscCall(KNParametersGetBlocks(test->parameters, &test->n_value, &test->value, &test->gradient, NULL, NULL));
  PetscCall(KNParametersGetState(test->parameters, &state, NULL));
  test->value += state; /* in its place there are statistics, no gradients */
  test->gradient += state;
  test->n_value -= state;
  PetscCall(Random(test->n_value, 11, &move));
  Add(test->n_value, test->value, 0.4, move); /* a general point: no scale is 1, no shift 0 */
  PetscCall(KNFree(&move));
  PetscCall(KNLayerSetGrids(test->layer, grids, SAMPLES));
  PetscCall(KNLayerGetSizes(test->layer, &test->inputs, NULL, &stated, NULL, &grid_out));
  PetscCheck(test->inputs >= 1 && test->inputs <= KN_MAX_INPUTS, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %d inputs", type,
             (int)test->inputs);
  PetscCheck(out == PETSC_DECIDE ? stated > 0 : stated == out, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: %d channels instead of %d", type, (int)stated, (int)out);
  PetscCheck(grid_out.dim <= grid->dim && KNGridSize(&grid_out) > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: no output grid", type);
  test->n_out = (size_t)(SAMPLES * stated) * KNGridSize(&grid_out);
  for (PetscInt i = 0; i < test->inputs; i++) {
    KNGrid given;

    PetscCall(KNLayerGetInput(test->layer, i, &in, &given));
    test->n_in[i] = (size_t)(SAMPLES * in) * KNGridSize(&given);
    PetscCall(Random(test->n_in[i], i, &test->in[i]));
    PetscCall(KNMalloc(test->n_in[i], sizeof(KNReal), &test->din[i]));
    memset(test->din[i], 0, test->n_in[i] * sizeof(KNReal));
  }
  PetscCall(KNMalloc(test->n_out, sizeof(KNReal), &test->out));
  PetscCall(Random(test->n_out, 10, &test->dout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CaseDestroy(Case *test)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < test->inputs; i++) {
    PetscCall(KNFree(&test->in[i]));
    PetscCall(KNFree(&test->din[i]));
  }
  PetscCall(PetscFree(test->token));
  PetscCall(KNFree(&test->out));
  PetscCall(KNFree(&test->dout));
  PetscCall(KNLayerDestroy(&test->layer));
  PetscCall(KNParametersDestroy(&test->parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Forward(Case *test, KNReal *out)
{
  PetscFunctionBegin;
  PetscCall(KNLayerForward(test->layer, &test->pass, (const KNReal *const *)test->in, out, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Backward(Case *test)
{
  PetscFunctionBegin;
  PetscCall(KNLayerBackward(test->layer, &test->pass, (const KNReal *const *)test->in, test->dout, test->din));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#endif

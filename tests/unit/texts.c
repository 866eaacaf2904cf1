/*
  Texts in a network: what lies behind a text's end changes nothing, bit for bit, neither words that are none, nor
  activations that are no numbers; what was planned before leaves no trace, and a longer plan changes rounding alone;
  words that a micro-batch does not have get no gradient.
*/
#include "draw.h"
#include <kitinet/model.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { SAMPLES = 3, WORDS = 40, CLASSES = 2, LONGEST = 200, SHORT = 80, WIDTH = 12 };

static const int32_t length[SAMPLES] = {SHORT, 1, 37};

/* y and gradients of texts that are planned for `points` and followed by the word `behind`. PetscFree2() ends both. */
static PetscErrorCode Run(const char positions[], PetscInt points, int32_t behind, KNReal **y, KNReal **gradient,
                          size_t *size)
{
  const KNGrid grid = KNGridMake(1, &points, KN_POINTS_CELLS);
  int32_t     *token;
  KNReal       target[SAMPLES * CLASSES], *value, *all;
  KNPass       pass = {.samples = SAMPLES, .training = PETSC_TRUE, .gradients = INSERT_VALUES, .length = length};
  KNModel      model;
  KNParameters parameters;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_positions", positions));
  PetscCall(PetscMalloc1(SAMPLES * LONGEST, &token));
  for (PetscInt b = 0; b < SAMPLES; b++) {
    for (PetscInt i = 0; i < LONGEST; i++)
      token[b * LONGEST + i] = i < length[b] ? (int32_t)((7 * b + i * i) % (WORDS - 1)) : behind;
  }
  pass.token  = token;
  pass.stride = LONGEST;
  PetscCall(KNModelCreateFromOptions(&model));
  PetscCall(KNModelSetChannels(model, 1, WORDS, CLASSES));
  PetscCall(KNModelSetOutputAxes(model, 0));
  PetscCall(KNModelSetTokens(model, LONGEST));
  PetscCall(KNModelSetFromOptions(model));
  PetscCall(KNModelSetUp(model, 1));
  for (PetscInt again = behind ? 0 : 2; again < 2; again++) { /* a plan leaves nothing of those before it */
    const PetscInt other      = again ? 3 : LONGEST;
    const KNGrid   other_grid = KNGridMake(1, &other, KN_POINTS_CELLS);

    PetscCall(KNModelSetGrid(model, &other_grid, SAMPLES, PETSC_TRUE));
  }
  PetscCall(KNModelSetGrid(model, &grid, SAMPLES, PETSC_TRUE));
  PetscCall(KNModelGetParameters(model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, size, &value, &all, NULL, NULL));
  PetscCall(PetscMalloc2(SAMPLES * CLASSES, y, *size, gradient));
  Draw(target, SAMPLES * CLASSES, 2);
  PetscCall(KNModelForward(model, &pass, NULL, *y));
  PetscCall(KNModelBackward(model, &pass, NULL, target, NULL));
  PetscCall(PetscArraycpy(*gradient, all, *size));
  for (PetscInt i = 0; i < WIDTH; i++)
    CHECK((*gradient)[(WORDS - 1) * WIDTH + i] == 0, "a word that no text has, has a gradient");
  PetscCall(KNModelDestroy(&model));
  PetscCall(PetscFree(token));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestEnd(const char positions[])
{
  KNReal *y[3], *gradient[3];
  size_t  size;
  double  difference = 0, norm = 0;

  PetscFunctionBegin;
  PetscCall(Run(positions, SHORT, 0, &y[0], &gradient[0], &size));
  PetscCall(Run(positions, SHORT, -1000000000, &y[1], &gradient[1], &size));
  PetscCall(Run(positions, LONGEST, 5, &y[2], &gradient[2], &size));
  CHECK(!memcmp(y[0], y[1], SAMPLES * CLASSES * sizeof(KNReal)), "%s: words behind the end change the output",
        positions);
  CHECK(!memcmp(gradient[0], gradient[1], size * sizeof(KNReal)), "%s: words behind the end change the gradients",
        positions);
  for (size_t i = 0; i < size; i++) {
    difference += PetscSqr((double)gradient[2][i] - (double)gradient[0][i]);
    norm += PetscSqr((double)gradient[0][i]);
  }
  CHECK(norm > 0 && difference < PetscSqr(1e-5) * norm, "%s: texts planned for %d words have other gradients, by %g",
        positions, LONGEST, PetscSqrtReal(difference / norm));
  for (int i = 0; i < 3; i++) PetscCall(PetscFree2(y[i], gradient[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What stops at a text's end, on activations that are no numbers behind it. */
static PetscErrorCode TestLayerEnd(const char type[])
{
  const PetscInt points = SHORT;
  const KNGrid   grid   = KNGridMake(1, &points, KN_POINTS_CELLS);
  const KNPass   pass   = {.samples = SAMPLES, .training = PETSC_TRUE, .length = length};
  const size_t   n      = SAMPLES * WIDTH * SHORT;
  KNReal        *in[2][3], *dout[2], *out[2], *din[2][3]; /* zeros behind the end, NaN */
  KNLayer        layer;
  KNParameters   parameters;
  PetscInt       inputs;
  size_t         made = 0;

  PetscFunctionBegin;
  PetscCall(KNLayerCreate(type, "layer", 0, &layer));
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNLayerSetChannels(layer, 1, WIDTH, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(layer));
  PetscCall(KNLayerSetUp(layer, parameters));
  PetscCall(KNLayerSetGrid(layer, &grid, SAMPLES));
  for (int k = 0; k < 2; k++) {
    KNGrid grid_out;

    PetscCall(KNLayerGetSizes(layer, &inputs, NULL, NULL, NULL, &grid_out));
    made = SAMPLES * WIDTH * KNGridSize(&grid_out);
    PetscCall(PetscMalloc2(n, &out[k], n, &dout[k]));
    Draw(dout[k], made, 9);
    for (PetscInt i = 0; i < inputs; i++) {
      PetscCall(PetscMalloc1(n, &in[k][i]));
      PetscCall(PetscCalloc1(n, &din[k][i]));
      Draw(in[k][i], n, i);
    }
    for (size_t j = 0; j < n; j++) {
      if ((int32_t)(j % SHORT) < length[j / SHORT / WIDTH]) continue;
      for (PetscInt i = 0; i < inputs; i++) in[k][i][j] = k ? (KNReal)NAN : 0;
      if (made == n) dout[k][j] = k ? (KNReal)NAN : 0;
    }
    PetscCall(KNLayerForward(layer, &pass, (const KNReal *const *)in[k], out[k], INSERT_VALUES));
    PetscCall(KNLayerBackward(layer, &pass, (const KNReal *const *)in[k], dout[k], din[k]));
  }
  CHECK(!memcmp(out[0], out[1], made * sizeof(KNReal)), "%s reads behind a text's end", type);
  for (PetscInt i = 0; i < inputs; i++)
    CHECK(!memcmp(din[0][i], din[1][i], n * sizeof(KNReal)), "backward of %s reads behind a text's end", type);
  for (int k = 0; k < 2; k++) {
    PetscCall(PetscFree2(out[k], dout[k]));
    for (PetscInt i = 0; i < inputs; i++) {
      PetscCall(PetscFree(in[k][i]));
      PetscCall(PetscFree(din[k][i]));
    }
  }
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const option[][2] = {{"-model_type", "transformer"}, {"-model_residual", "collision"},
                                          {"-model_width", "12"},         {"-model_layers", "2"},
                                          {"-model_heads", "3"},          {"-model_feed_forward", "2"}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  PetscCall(TestEnd("learned"));
  PetscCall(TestEnd("rotary"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_convolution", "5")); /* words at the end see what lies behind it */
  PetscCall(PetscOptionsSetValue(NULL, "-model_shared_words", "true"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_word_pairs", "50"));
  PetscCall(TestEnd("none"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_type", "textcnn"));
  PetscCall(TestEnd("learned"));
  PetscCall(TestLayerEnd("attention"));
  PetscCall(TestLayerEnd("mean"));
  PetscCall(TestLayerEnd("max"));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Layers that do in one pass what others do in several equal these, forward and backward, to rounding:

    drift       x + v, with every activation: of v, of the result, or none
    kinetic     x + collision(x, v), likewise; drawn, expected, sampled and off, for all laws, d = 1, 2, 3, 6, alpha 0
                and 1; at rate 0 it is drift, bit for bit
    perceptron  linear, gelu, linear

  on more points than any of them takes at a time; they may write gradients where the models let them: din[0] over dout
  or the first input, the last din over the last input.
*/
#include <kitinet/layer.h>
#include <kitinet/random.h>
#include <string.h>

enum { B = 2, C = 12, S = 300, SIZE = B * C * S, HIDDEN = 20, OUT = 3 };

static KNReal x[SIZE], z[SIZE], dy[SIZE], v[SIZE], dv[SIZE], y[2][SIZE], dx[2][SIZE], dz[2][SIZE];

static void Draw(KNReal *field, size_t count, PetscInt64 which)
{
  for (size_t i = 0; i < count; i++) {
    uint64_t word[4];

    KNRandomWords(5, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    field[i] = (KNReal)(4 * KNUniform(word[0]) - 2);
  }
}

static PetscErrorCode Same(const char what[], const char which[], const KNReal *a, const KNReal *b, size_t count,
                           double tolerance)
{
  double difference = 0, norm = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    difference += PetscSqr((double)a[i] - (double)b[i]);
    norm += PetscSqr((double)b[i]);
  }
  PetscCheck(norm > 0 && difference <= PetscSqr(tolerance) * norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: %s differ by %g", what, which, PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* activation: of residuals only */
static PetscErrorCode Create(const char type[], PetscInt in, PetscInt out, KNActivation activation,
                             KNParameters parameters, KNLayer *layer)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){15, 20}, KN_POINTS_CELLS);

  PetscFunctionBegin;
  PetscCall(KNLayerCreate(type, type, 3, layer)); /* one number, so that kinetic and collision draw the same */
  PetscCall(KNLayerSetChannels(*layer, 2, in, out));
  if (!strcmp(type, "drift") || !strcmp(type, "kinetic")) PetscCall(KNLayerSetActivation(*layer, activation));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, parameters));
  PetscCall(KNLayerSetGrid(*layer, &grid, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *const activations[] = {"none", "velocity", "result"};

/* Of dx and dz as computed apart, written over arrays that are read: dx over dy or over x, dz over z. */
static PetscErrorCode TestInPlace(const char what[], KNLayer fused, const KNPass *pass, PetscBool over_dy)
{
  static KNReal from_x[SIZE], from_dy[SIZE], from_z[SIZE];
  KNReal       *to_x = over_dy ? from_dy : from_x;

  PetscFunctionBegin;
  memcpy(from_x, x, sizeof(x));
  memcpy(from_dy, dy, sizeof(dy));
  memcpy(from_z, z, sizeof(z));
  for (PetscInt b = 0; b < B; b++) {
    const size_t  at    = (size_t)b * C * S;
    KNReal *const din[] = {to_x + at, from_z + at};

    KNLayerApplyBack(fused, pass, b, (const KNReal *const[]){from_x + at, from_z + at}, from_dy + at, din,
                     INSERT_VALUES);
  }
  PetscCheck(!memcmp(to_x, dx[0], sizeof(x)) && !memcmp(from_z, dz[0], sizeof(z)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: gradients in place, over %s, are others", what, over_dy ? "dy" : "x");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* collision NULL: none, hence drift */
static PetscErrorCode TestResidual(const char what[], KNActivation activation, KNLayer fused, KNLayer gelu,
                                   KNLayer collision, PetscBool training)
{
  static KNReal sum[SIZE], dsum[SIZE];
  const KNPass  pass      = {.samples = B, .training = training, .seed = 2, .step = 7};
  const double  tolerance = sizeof(KNReal) == 4 ? 1e-5 : 1e-13;

  PetscFunctionBegin;
  memcpy(v, z, sizeof(z));
  if (activation == KN_ACTIVATION_VELOCITY)
    PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){z}, v, INSERT_VALUES));
  memcpy(sum, x, sizeof(x));
  if (collision) PetscCall(KNLayerForward(collision, &pass, (const KNReal *const[]){x, v}, sum, ADD_VALUES));
  else
    for (size_t i = 0; i < SIZE; i++) sum[i] += v[i];
  memcpy(y[1], sum, sizeof(sum));
  if (activation == KN_ACTIVATION_RESULT)
    PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){sum}, y[1], INSERT_VALUES));
  PetscCall(KNLayerForward(fused, &pass, (const KNReal *const[]){x, z}, y[0], INSERT_VALUES));
  PetscCall(Same(what, "outputs", y[0], y[1], SIZE, tolerance));
  if (!training) PetscFunctionReturn(PETSC_SUCCESS);

  memset(dsum, 0, sizeof(dsum));
  memset(dv, 0, sizeof(dv));
  memset(dx, 0, sizeof(dx));
  memset(dz, 0, sizeof(dz));
  if (activation == KN_ACTIVATION_RESULT)
    PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){sum}, dy, (KNReal *const[]){dsum}));
  else memcpy(dsum, dy, sizeof(dy));
  memcpy(dx[1], dsum, sizeof(dsum));
  if (collision)
    PetscCall(KNLayerBackward(collision, &pass, (const KNReal *const[]){x, v}, dsum, (KNReal *const[]){dx[1], dv}));
  else memcpy(dv, dsum, sizeof(dsum));
  if (activation == KN_ACTIVATION_VELOCITY)
    PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){z}, dv, (KNReal *const[]){dz[1]}));
  else memcpy(dz[1], dv, sizeof(dv));
  PetscCall(KNLayerBackward(fused, &pass, (const KNReal *const[]){x, z}, dy, (KNReal *const[]){dx[0], dz[0]}));
  PetscCall(Same(what, "gradients of x", dx[0], dx[1], SIZE, tolerance));
  PetscCall(Same(what, "gradients of the second input", dz[0], dz[1], SIZE, tolerance));
  PetscCall(TestInPlace(what, fused, &pass, PETSC_FALSE));
  PetscCall(TestInPlace(what, fused, &pass, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where nothing collides, kinetic is drift, bit for bit. */
static PetscErrorCode TestCollisionless(KNActivation activation)
{
  const KNPass pass = {.samples = B, .training = PETSC_TRUE};
  KNLayer      layer[2];

  PetscFunctionBegin;
  PetscCall(PetscOptionsInsertString(
    NULL, "-collision_rate 0 -collision_law line_of_centres -collision_dimension 2 -collision_alpha 0"));
  for (int i = 0; i < 2; i++) {
    PetscCall(Create(i ? "drift" : "kinetic", C, PETSC_DECIDE, activation, NULL, &layer[i]));
    memset(dx[i], 0, sizeof(dx[i]));
    memset(dz[i], 0, sizeof(dz[i]));
    memcpy(y[i], dy, sizeof(dy));
    for (int mode = 0; mode < 2; mode++)
      PetscCall(
        KNLayerForward(layer[i], &pass, (const KNReal *const[]){x, z}, y[i], mode ? ADD_VALUES : INSERT_VALUES));
    PetscCall(KNLayerBackward(layer[i], &pass, (const KNReal *const[]){x, z}, dy, (KNReal *const[]){dx[i], dz[i]}));
    PetscCall(KNLayerDestroy(&layer[i]));
  }
  PetscCheck(
    !memcmp(y[0], y[1], sizeof(y[0])) && !memcmp(dx[0], dx[1], sizeof(dx[0])) && !memcmp(dz[0], dz[1], sizeof(dz[0])),
    PETSC_COMM_SELF, PETSC_ERR_PLIB, "activation %s: without collisions kinetic is not drift", activations[activation]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestKinetic(const char options[], KNLayer gelu)
{
  KNLayer kinetic, collision;
  char    what[300];

  PetscFunctionBegin;
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(Create("collision", C, PETSC_DECIDE, KN_ACTIVATION_NONE, NULL, &collision));
  for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++) {
    PetscCall(PetscSNPrintf(what, sizeof(what), "kinetic, activation %s, %s", activations[a], options));
    PetscCall(Create("kinetic", C, PETSC_DECIDE, a, NULL, &kinetic));
    PetscCall(TestResidual(what, a, kinetic, gelu, collision, PETSC_TRUE));
    PetscCall(TestResidual(what, a, kinetic, gelu, collision, PETSC_FALSE));
    PetscCall(KNLayerDestroy(&kinetic));
  }
  PetscCall(KNLayerDestroy(&collision));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPerceptron(void)
{
  static KNReal h[B * HIDDEN * S], a[B * HIDDEN * S], dh[B * HIDDEN * S], da[B * HIDDEN * S];
  const KNPass  pass      = {.samples = B, .training = PETSC_TRUE};
  const double  tolerance = sizeof(KNReal) == 4 ? 1e-5 : 1e-13;
  KNParameters  parameters[2];
  KNLayer       fused, hidden, gelu, output;
  KNReal       *value[2], *gradient[2];
  size_t        size[2];

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) PetscCall(KNParametersCreate(&parameters[i]));
  PetscCall(Create("perceptron", C, OUT, KN_ACTIVATION_NONE, parameters[0], &fused));
  PetscCall(Create("linear", C, HIDDEN, KN_ACTIVATION_NONE, parameters[1], &hidden));
  PetscCall(Create("gelu", HIDDEN, PETSC_DECIDE, KN_ACTIVATION_NONE, NULL, &gelu));
  PetscCall(Create("linear", HIDDEN, OUT, KN_ACTIVATION_NONE, parameters[1], &output));
  for (int i = 0; i < 2; i++) {
    PetscCall(KNParametersSetUp(parameters[i], 1));
    PetscCall(KNParametersGetBlocks(parameters[i], &size[i], &value[i], &gradient[i], NULL, NULL));
  }
  PetscCheck(size[0] == size[1] && !memcmp(value[0], value[1], size[0] * sizeof(KNReal)), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "perceptron: other parameters than two linear layers");

  PetscCall(KNLayerForward(fused, &pass, (const KNReal *const[]){x}, y[0], INSERT_VALUES));
  PetscCall(KNLayerForward(hidden, &pass, (const KNReal *const[]){x}, h, INSERT_VALUES));
  PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){h}, a, INSERT_VALUES));
  PetscCall(KNLayerForward(output, &pass, (const KNReal *const[]){a}, y[1], INSERT_VALUES));
  PetscCall(Same("perceptron", "outputs", y[0], y[1], B * OUT * S, tolerance));

  memset(dx, 0, sizeof(dx));
  PetscCall(KNLayerBackward(fused, &pass, (const KNReal *const[]){x}, dy, (KNReal *const[]){dx[0]}));
  PetscCall(KNLayerBackward(output, &pass, (const KNReal *const[]){a}, dy, (KNReal *const[]){da}));
  PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){h}, da, (KNReal *const[]){dh}));
  PetscCall(KNLayerBackward(hidden, &pass, (const KNReal *const[]){x}, dh, (KNReal *const[]){dx[1]}));
  PetscCall(Same("perceptron", "gradients of x", dx[0], dx[1], SIZE, tolerance));
  PetscCall(Same("perceptron", "gradients of the parameters", gradient[0], gradient[1], size[0], tolerance));
  PetscCall(KNLayerDestroy(&fused));
  PetscCall(KNLayerDestroy(&hidden));
  PetscCall(KNLayerDestroy(&gelu));
  PetscCall(KNLayerDestroy(&output));
  for (int i = 0; i < 2; i++) PetscCall(KNParametersDestroy(&parameters[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const law[] = {"line_of_centres", "uniform", "isotropic"}, *const evaluate[] = {"mean", "sample",
                                                                                                     "off"};
  static const int dimension[] = {1, 2, 3, 6};
  KNLayer          drift, gelu;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_head", "20"));
  Draw(x, SIZE, 1);
  Draw(z, SIZE, 2);
  Draw(dy, SIZE, 3);
  PetscCall(Create("gelu", C, PETSC_DECIDE, KN_ACTIVATION_NONE, NULL, &gelu));
  for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++) {
    PetscCall(Create("drift", C, PETSC_DECIDE, a, NULL, &drift));
    PetscCall(TestResidual(activations[a], a, drift, gelu, NULL, PETSC_TRUE));
    PetscCall(KNLayerDestroy(&drift));
    PetscCall(TestCollisionless(a));
  }
  for (int i = 0; i < 3 * 4 * 2 * 3; i++) {
    char options[256];

    PetscCall(PetscSNPrintf(
      options, sizeof(options),
      "-collision_rate 0.7 -collision_law %s -collision_dimension %d -collision_alpha %d -collision_evaluate %s",
      law[i % 3], dimension[i / 3 % 4], i / 12 % 2, evaluate[i / 24]));
    PetscCall(TestKinetic(options, gelu));
  }
  PetscCall(TestPerceptron());
  PetscCall(KNLayerDestroy(&gelu));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Layers that do in one pass what others do in several equal these, forward and backward, to rounding:

    drift       x + gelu
    kinetic     x + collision(x, gelu), drawn, expected, sampled and off, for both laws, d = 1, 2, 3, 6, alpha 0 and 1
    scatter     gelu(p + collision(p, u)), likewise
    perceptron  linear, gelu, linear

  on more points than any of them takes at a time; they may write gradients where the models let them: din[0] over dout, the last din over the last input.
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

static PetscErrorCode Same(const char what[], const char which[], const KNReal *a, const KNReal *b, size_t count, double tolerance)
{
  double difference = 0, norm = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++) {
    difference += PetscSqr((double)a[i] - (double)b[i]);
    norm += PetscSqr((double)b[i]);
  }
  PetscCheck(norm > 0 && difference <= PetscSqr(tolerance) * norm, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s differ by %g", what, which, PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(const char type[], PetscInt in, PetscInt out, KNParameters parameters, KNLayer *layer)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){15, 20}, KN_POINTS_CELLS);

  PetscFunctionBegin;
  PetscCall(KNLayerCreate(type, type, 3, layer)); /* one number, so that kinetic and collision draw the same */
  PetscCall(KNLayerSetChannels(*layer, 2, in, out));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, parameters));
  PetscCall(KNLayerSetGrid(*layer, &grid, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* collision NULL: none, hence drift */
static PetscErrorCode TestResidual(const char what[], KNLayer fused, KNLayer gelu, KNLayer collision, PetscBool training)
{
  const KNPass pass      = {.samples = B, .training = training, .seed = 2, .step = 7};
  const double tolerance = sizeof(KNReal) == 4 ? 1e-5 : 1e-13;

  PetscFunctionBegin;
  PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){z}, v, INSERT_VALUES));
  memcpy(y[1], x, sizeof(x));
  if (collision) PetscCall(KNLayerForward(collision, &pass, (const KNReal *const[]){x, v}, y[1], ADD_VALUES));
  else for (size_t i = 0; i < SIZE; i++) y[1][i] += v[i];
  PetscCall(KNLayerForward(fused, &pass, (const KNReal *const[]){x, z}, y[0], INSERT_VALUES));
  PetscCall(Same(what, "outputs", y[0], y[1], SIZE, tolerance));
  if (!training) PetscFunctionReturn(PETSC_SUCCESS);

  memset(dv, 0, sizeof(dv));
  memset(dz, 0, sizeof(dz));
  memset(dx[0], 0, sizeof(dx[0]));
  memcpy(dx[1], dy, sizeof(dy));
  if (collision) PetscCall(KNLayerBackward(collision, &pass, (const KNReal *const[]){x, v}, dy, (KNReal *const[]){dx[1], dv}));
  PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){z}, collision ? dv : dy, (KNReal *const[]){dz[1]}));
  PetscCall(KNLayerBackward(fused, &pass, (const KNReal *const[]){x, z}, dy, (KNReal *const[]){dx[0], dz[0]}));
  PetscCall(Same(what, "gradients of x", dx[0], dx[1], SIZE, tolerance));
  PetscCall(Same(what, "gradients of z", dz[0], dz[1], SIZE, tolerance));

  /* in place: dx over dy, dz over z */
  memcpy(dx[1], dy, sizeof(dy));
  memcpy(dz[1], z, sizeof(z));
  for (PetscInt b = 0; b < B; b++) {
    KNReal *const din[] = {dx[1] + b * C * S, dz[1] + b * C * S};

    KNLayerApplyBack(fused, &pass, b, (const KNReal *const[]){x + b * C * S, din[1]}, din[0], din, INSERT_VALUES);
  }
  PetscCheck(!memcmp(dx[1], dx[0], sizeof(dy)) && !memcmp(dz[1], dz[0], sizeof(z)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: gradients in place are others", what);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x are the positions, z the velocities; gradients over the inputs too. */
static PetscErrorCode TestScatter(const char what[], KNLayer fused, KNLayer gelu, KNLayer collision, PetscBool training)
{
  const KNPass pass      = {.samples = B, .training = training, .seed = 2, .step = 7};
  const double tolerance = sizeof(KNReal) == 4 ? 1e-5 : 1e-13;

  PetscFunctionBegin;
  memcpy(v, x, sizeof(x));
  PetscCall(KNLayerForward(collision, &pass, (const KNReal *const[]){x, z}, v, ADD_VALUES));
  PetscCall(KNLayerForward(gelu, &pass, (const KNReal *const[]){v}, y[1], INSERT_VALUES));
  PetscCall(KNLayerForward(fused, &pass, (const KNReal *const[]){x, z}, y[0], INSERT_VALUES));
  PetscCall(Same(what, "outputs of scatter", y[0], y[1], SIZE, tolerance));
  if (!training) PetscFunctionReturn(PETSC_SUCCESS);

  memset(dv, 0, sizeof(dv));
  memset(dz, 0, sizeof(dz));
  memset(dx, 0, sizeof(dx));
  PetscCall(KNLayerBackward(gelu, &pass, (const KNReal *const[]){v}, dy, (KNReal *const[]){dv}));
  memcpy(dx[1], dv, sizeof(dv));
  PetscCall(KNLayerBackward(collision, &pass, (const KNReal *const[]){x, z}, dv, (KNReal *const[]){dx[1], dz[1]}));
  PetscCall(KNLayerBackward(fused, &pass, (const KNReal *const[]){x, z}, dy, (KNReal *const[]){dx[0], dz[0]}));
  PetscCall(Same(what, "gradients of scatter's positions", dx[0], dx[1], SIZE, tolerance));
  PetscCall(Same(what, "gradients of scatter's velocities", dz[0], dz[1], SIZE, tolerance));
  memcpy(dx[1], x, sizeof(x));
  memcpy(dz[1], z, sizeof(z));
  for (PetscInt b = 0; b < B; b++) {
    KNReal *const din[] = {dx[1] + b * C * S, dz[1] + b * C * S};

    KNLayerApplyBack(fused, &pass, b, (const KNReal *const[]){din[0], din[1]}, dy + b * C * S, din, INSERT_VALUES);
  }
  PetscCheck(!memcmp(dx[1], dx[0], sizeof(x)) && !memcmp(dz[1], dz[0], sizeof(z)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: scatter's gradients in place are others", what);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestKinetic(const char options[], KNLayer gelu)
{
  KNLayer kinetic, collision, scatter;

  PetscFunctionBegin;
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(Create("kinetic", C, PETSC_DECIDE, NULL, &kinetic));
  PetscCall(Create("collision", C, PETSC_DECIDE, NULL, &collision));
  PetscCall(TestResidual(options, kinetic, gelu, collision, PETSC_TRUE));
  PetscCall(TestResidual(options, kinetic, gelu, collision, PETSC_FALSE));
  PetscCall(Create("scatter", C, PETSC_DECIDE, NULL, &scatter));
  PetscCall(TestScatter(options, scatter, gelu, collision, PETSC_TRUE));
  PetscCall(TestScatter(options, scatter, gelu, collision, PETSC_FALSE));
  PetscCall(KNLayerDestroy(&scatter));
  PetscCall(KNLayerDestroy(&kinetic));
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
  PetscCall(Create("perceptron", C, OUT, parameters[0], &fused));
  PetscCall(Create("linear", C, HIDDEN, parameters[1], &hidden));
  PetscCall(Create("gelu", HIDDEN, PETSC_DECIDE, NULL, &gelu));
  PetscCall(Create("linear", HIDDEN, OUT, parameters[1], &output));
  for (int i = 0; i < 2; i++) {
    PetscCall(KNParametersSetUp(parameters[i], 1));
    PetscCall(KNParametersGetBlocks(parameters[i], &size[i], &value[i], &gradient[i], NULL, NULL));
  }
  PetscCheck(size[0] == size[1] && !memcmp(value[0], value[1], size[0] * sizeof(KNReal)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "perceptron: other parameters than two linear layers");

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
  static const char *const law[] = {"line_of_centres", "uniform"}, *const evaluate[] = {"mean", "sample", "off"};
  static const int         dimension[] = {1, 2, 3, 6};
  KNLayer                  drift, gelu;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_head", "20"));
  Draw(x, SIZE, 1);
  Draw(z, SIZE, 2);
  Draw(dy, SIZE, 3);
  PetscCall(Create("gelu", C, PETSC_DECIDE, NULL, &gelu));
  PetscCall(Create("drift", C, PETSC_DECIDE, NULL, &drift));
  PetscCall(TestResidual("drift", drift, gelu, NULL, PETSC_TRUE));
  for (int i = 0; i < 2 * 4 * 2 * 3; i++) {
    char options[256];

    PetscCall(PetscSNPrintf(options, sizeof(options), "-collision_rate 0.7 -collision_law %s -collision_dimension %d -collision_alpha %d -collision_evaluate %s", law[i % 2], dimension[i / 2 % 4], i / 8 % 2, evaluate[i / 16]));
    PetscCall(TestKinetic(options, gelu));
  }
  PetscCall(TestPerceptron());
  PetscCall(KNLayerDestroy(&drift));
  PetscCall(KNLayerDestroy(&gelu));
  PetscCall(PetscFinalize());
  return 0;
}

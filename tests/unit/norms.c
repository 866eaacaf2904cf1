/*
  Norms against their definitions: mean 0 and variance 1 over the channels of a point, over a group, over a channel of a
  micro-batch, also where the mean is large; scale and shift. Batch norm: the statistics that a micro-batch leaves,
  weighted by its samples; outside of training the running ones, for forward and backward.
*/
#include <kitinet/error.h>
#include <kitinet/layer.h>
#include <kitinet/random.h>
#include <petscviewer.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 3, C = 6, S = 150, GROUPS = 2, SIZE = B * C * S };

typedef struct {
  KNLayer      layer;
  KNParameters parameters;
  /* the blocks: of batch norm mean and variance, then scale and shift, else these alone */
  KNReal *value, *gradient;
  size_t  state;
} Norm;

static KNReal x[SIZE], y[SIZE], dy[SIZE], dx[SIZE];

static PetscErrorCode Create(const char type[], Norm *norm)
{
  const KNGrid grid = KNGridMake(1, (const PetscInt[]){S}, KN_POINTS_CELLS);

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&norm->parameters));
  PetscCall(KNLayerCreate(type, type, 0, &norm->layer));
  PetscCall(KNLayerSetChannels(norm->layer, 1, C, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(norm->layer));
  PetscCall(KNLayerSetUp(norm->layer, norm->parameters));
  PetscCall(KNParametersSetUp(norm->parameters, 1));
  PetscCall(KNParametersGetBlocks(norm->parameters, NULL, &norm->value, &norm->gradient, NULL, NULL));
  PetscCall(KNParametersGetState(norm->parameters, &norm->state, NULL));
  PetscCall(KNLayerSetGrid(norm->layer, &grid, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Norm *norm)
{
  PetscFunctionBegin;
  PetscCall(KNLayerDestroy(&norm->layer));
  PetscCall(KNParametersDestroy(&norm->parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static KNReal *Value(const Norm *norm, int number)
{
  const KNParameterInfo *info = NULL;

  (void)KNParametersGetInfo(norm->parameters, number, &info);
  return norm->value + info->offset;
}

static KNReal *Gradient(const Norm *norm, int number)
{
  return norm->gradient + (Value(norm, number) - norm->value);
}

static PetscErrorCode Forward(const Norm *norm, PetscBool training, PetscInt samples)
{
  const KNPass        pass = {.samples = samples, .training = training};
  const KNReal *const in[] = {x};

  PetscFunctionBegin;
  PetscCall(KNLayerForward(norm->layer, &pass, in, y, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where value i of (B, C, S) is normalised: at a point, in a group, in a channel of the batch. */
static int SetOf(const char type[], int i)
{
  const int b = i / (C * S), c = i / S % C, s = i % S;

  return type[0] == 'l' ? b * S + s : type[0] == 'g' ? b * GROUPS + c / (C / GROUPS) : c;
}

/* Mean and variance of all sets of f: the largest deviations from 0 and 1. */
static void Measure(const char type[], const KNReal *f, double *off_mean, double *off_variance)
{
  *off_mean = *off_variance = 0;
  for (int set = 0; set < B * S; set++) {
    double n = 0, sum = 0, squares = 0;

    for (int i = 0; i < SIZE; i++) {
      if (SetOf(type, i) != set) continue;
      n++;
      sum += (double)f[i];
      squares += (double)f[i] * (double)f[i];
    }
    if (n == 0) break;
    *off_mean     = PetscMax(*off_mean, PetscAbsReal(sum / n));
    *off_variance = PetscMax(*off_variance, PetscAbsReal(squares / n - 1));
  }
}

static PetscErrorCode TestMoments(const char type[], double offset)
{
  const double eps = sizeof(KNReal) == 4 ? 1.2e-7 : 2.2e-16;
  double       mean, variance;
  Norm         norm;

  PetscFunctionBegin;
  for (int i = 0; i < SIZE; i++) {
    uint64_t word[4];

    KNRandomWords(5, KN_STREAM_TEST, i, 0, 0, 0, word);
    x[i] = (KNReal)(offset + (1 + i / S % C) * 10 * (KNUniform(word[0]) - 0.5));
  }
  PetscCall(Create(type, &norm));
  PetscCall(Forward(&norm, PETSC_TRUE, B));
  Measure(type, y, &mean, &variance);
  CHECK(mean < 30 * eps * (1 + offset) && variance < 2e-5 + 30 * eps * (1 + offset),
        "%s, values about %g: means off by %g, variances by %g", type, offset, mean, variance);
  for (int c = 0; c < C; c++) {
    Value(&norm, 0)[c] = (KNReal)(2 + c);
    Value(&norm, 1)[c] = (KNReal)(-c);
  }
  for (int i = 0; i < SIZE; i++) dx[i] = y[i];
  PetscCall(Forward(&norm, PETSC_TRUE, B));
  for (int i = 0; i < SIZE; i++) {
    const double expected = (2 + i / S % C) * (double)dx[i] - i / S % C;

    CHECK(PetscAbsReal((double)y[i] - expected) < 1e-5, "%s: value %d is %g instead of %g after scale and shift", type,
          i, (double)y[i], expected);
  }
  PetscCall(Destroy(&norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The statistics of two micro-batches, of B and B - 1 samples, are added up; the running ones then stand for all. */
static PetscErrorCode TestRunning(void)
{
  const KNPass first          = {.samples = B, .training = PETSC_TRUE, .gradients = INSERT_VALUES},
               second         = {.samples = B - 1, .training = PETSC_TRUE, .gradients = ADD_VALUES},
               still          = {.samples = B, .gradients = INSERT_VALUES};
  const KNReal *const in[]    = {x};
  KNReal *const       din[]   = {dx};
  double              mean[2] = {0, 0}, variance[2];
  Norm                norm;

  PetscFunctionBegin;
  PetscCall(Create("batch_norm", &norm));
  for (int part = 0; part < 2; part++) { /* channel 4 */
    double n = (B - part) * S, sum = 0, squares = 0;

    for (int i = 0; i < (B - part) * C * S; i++) {
      if (i / S % C != 4) continue;
      sum += (double)x[i];
      squares += (double)x[i] * (double)x[i];
    }
    mean[part]     = sum / n;
    variance[part] = (squares - sum * sum / n) / (n - 1);
  }
  PetscCall(Forward(&norm, PETSC_TRUE, B));
  PetscCall(KNLayerBackward(norm.layer, &first, in, dy, din));
  PetscCall(Forward(&norm, PETSC_TRUE, B - 1));
  PetscCall(KNLayerBackward(norm.layer, &second, in, dy, din));
  CHECK(PetscAbsReal((double)Gradient(&norm, 2)[4] - (B * mean[0] + (B - 1) * mean[1])) < 1e-4,
        "Two micro-batches leave a mean of %g, times 5 samples, instead of %g", (double)Gradient(&norm, 2)[4],
        B * mean[0] + (B - 1) * mean[1]);
  CHECK(PetscAbsReal((double)Gradient(&norm, 3)[4] / (B * variance[0] + (B - 1) * variance[1]) - 1) < 1e-5,
        "Two micro-batches leave a variance of %g, times 5 samples, instead of %g", (double)Gradient(&norm, 3)[4],
        B * variance[0] + (B - 1) * variance[1]);
  /* 0.9^300 of the initial values is left */
  for (int step = 0; step < 300; step++) PetscCall(KNParametersUpdateState(norm.parameters));
  mean[0]     = (B * mean[0] + (B - 1) * mean[1]) / (2 * B - 1);
  variance[0] = (B * variance[0] + (B - 1) * variance[1]) / (2 * B - 1);
  PetscCall(Forward(&norm, PETSC_FALSE, 1));
  for (int s = 0; s < S; s++) {
    const double expected = ((double)x[4 * S + s] - mean[0]) / PetscSqrtReal(variance[0] + 1e-5);

    CHECK(PetscAbsReal((double)y[4 * S + s] - expected) < 1e-5, "Outside of training point %d is %g instead of %g", s,
          (double)y[4 * S + s], expected);
  }
  /*
    Outside of training the layer is affine, its statistics stand still, and backward leaves no others. By its parts:
    KNLayerBackward() is for training.
  */
  for (int i = 0; i < C * S; i++) dy[i] = 1;
  KNLayerGatherBack(norm.layer, &still, 0, (const KNReal *const[]){x + 0 * C * S}, dy);
  KNLayerGatherBack(norm.layer, &still, 1, (const KNReal *const[]){x + 1 * C * S}, dy);
  KNLayerGatherBack(norm.layer, &still, 2, (const KNReal *const[]){x + 2 * C * S}, dy);
  KNLayerJoinBack(norm.layer, &still);
  KNLayerApplyBack(norm.layer, &still, 0, in, dy, din, INSERT_VALUES);
  KNLayerFinishBack(norm.layer, &still);
  CHECK(PetscAbsReal((double)dx[4 * S] * PetscSqrtReal(variance[0] + 1e-5) - 1) < 1e-5 && Gradient(&norm, 2)[4] == 0 &&
          Gradient(&norm, 3)[4] == 0,
        "Outside of training backward has a slope of %g and leaves statistics", (double)dx[4 * S]);
  PetscCall(Destroy(&norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Silent(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                             PetscErrorType type, const char *message, void *context)
{
  return code;
}

/* A slab: a layer norm works on points and takes it, the others need whole samples. */
static PetscErrorCode TestSlab(const char type[], PetscErrorCode expected)
{
  const KNGrid   slab = {.dim = 1, .n = {4, 1, 1}, .whole = 8, .first = 4};
  PetscErrorCode code;
  Norm           norm;

  PetscFunctionBegin;
  PetscCall(Create(type, &norm));
  PetscCall(PetscPushErrorHandler(Silent, NULL));
  code = KNLayerSetGrid(norm.layer, &slab, B);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == expected, "%s on a slab: code %d", type, (int)code);
  PetscCall(Destroy(&norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const types[] = {"layer_norm", "group_norm", "batch_norm"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(PetscOptionsSetValue(NULL, "-model_groups", "2"));
  for (int i = 0; i < 3; i++) {
    PetscCall(TestMoments(types[i], 100));
    PetscCall(TestMoments(types[i], 0));
  }
  PetscCall(TestRunning());
  PetscCall(TestSlab("layer_norm", PETSC_SUCCESS));
  PetscCall(TestSlab("group_norm", KN_ERR_USAGE));
  PetscCall(TestSlab("batch_norm", KN_ERR_USAGE));
  PetscCall(PetscFinalize());
  return 0;
}

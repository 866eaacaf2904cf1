/*
  What dropout draws: the stated part of the values is 0 and all others are divided by the rest, within 4 standard errors; whole channels with kind channel, the
  same on every grid; the same for a sample wherever it stands in a batch, others for another step, sample, layer or seed; nothing outside training unless asked for.
*/
#include <kitinet/layer.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 2, C = 64, N = 32, S = N * N, SIZE = C * S };

static KNReal x[B * SIZE], y[B * SIZE], again[B * SIZE];

static PetscErrorCode Create(const char kind[], const char evaluate[], PetscInt number, PetscInt n, KNLayer *layer)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){n, n}, KN_POINTS_CELLS);

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_dropout", "0.2"));
  PetscCall(PetscOptionsSetValue(NULL, "-model_dropout_kind", kind));
  PetscCall(PetscOptionsSetValue(NULL, "-model_dropout_evaluate", evaluate));
  PetscCall(KNLayerCreate("dropout", "dropout", number, layer));
  PetscCall(KNLayerSetChannels(*layer, 2, C, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, NULL));
  PetscCall(KNLayerSetGrid(*layer, &grid, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Apply(KNLayer layer, KNPass pass, KNReal *out)
{
  PetscFunctionBegin;
  pass.samples = B;
  PetscCall(KNLayerForward(layer, &pass, (const KNReal *const[]){x}, out, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDraws(PetscBool channel)
{
  const char      *kind = channel ? "channel" : "element";
  const PetscInt64 row[] = {5, 8}, swapped[] = {8, 5}, few[] = {5, 9};
  const KNPass     pass = {.training = PETSC_TRUE, .seed = 3, .step = 4, .index = row};
  const double     p = 0.2, draws = channel ? B * C * 50 : B * SIZE, deviation = PetscSqrtReal(p * (1 - p) / draws);
  double           dropped = 0;
  KNLayer          layer, other, coarse, sampled;

  PetscFunctionBegin;
  PetscCall(Create(kind, "sample", 1, N, &sampled));
  PetscCall(Create(kind, "off", 1, N / 2, &coarse));
  PetscCall(Create(kind, "off", 2, N, &other));
  PetscCall(Create(kind, "off", 1, N, &layer));
  for (PetscInt step = 0; step < (channel ? 50 : 1); step++) {
    PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = step}, y));
    for (size_t i = 0; i < B * SIZE; i++) {
      dropped += y[i] == 0;
      CHECK(y[i] == 0 || PetscAbsReal((double)y[i] - (double)x[i] / (1 - p)) < 1e-6 * x[i], "%s: %g became %g", kind, (double)x[i], (double)y[i]);
      CHECK(!channel || (y[i] == 0) == (y[i - i % S] == 0), "channel %zu is dropped in part", i / S);
    }
  }
  dropped /= (double)(B * SIZE) * (channel ? 50 : 1);
  CHECK(PetscAbsReal(dropped - p) < 4 * deviation, "%s: %g of the values are dropped, expected %g to %g", kind, dropped, p, 4 * deviation);

  PetscCall(Apply(layer, pass, y));
  PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = 4, .index = swapped}, again));
  for (size_t i = 0; i < 2 * SIZE; i++) CHECK((y[i] == 0) == (again[(i + SIZE) % (2 * SIZE)] == 0), "%s: the place in the batch changes what is dropped", kind);
  PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = 4, .index = few}, again));
  CHECK(!memcmp(y, again, SIZE * sizeof(*y)) && memcmp(y + SIZE, again + SIZE, SIZE * sizeof(*y)), "%s: draws do not follow the sample", kind);
  PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = 5, .index = row}, again));
  CHECK(memcmp(y, again, SIZE * sizeof(*y)), "%s: another step, the same draws", kind);
  PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 4, .step = 4, .index = row}, again));
  CHECK(memcmp(y, again, SIZE * sizeof(*y)), "%s: another seed, the same draws", kind);
  PetscCall(Apply(other, pass, again));
  CHECK(memcmp(y, again, SIZE * sizeof(*y)), "%s: another layer, the same draws", kind);
  PetscCall(Apply(coarse, pass, again));
  for (size_t c = 0; channel && c < B * C; c++) CHECK((y[c * S] == 0) == (again[c * S / 4] == 0), "channel %zu is not dropped on every grid", c);

  PetscCall(Apply(layer, (KNPass){.seed = 3, .step = 4, .index = row}, again));
  for (size_t i = 0; i < B * SIZE; i++) CHECK(again[i] == x[i], "%s: values change outside training", kind);
  PetscCall(Apply(sampled, (KNPass){.seed = 3, .step = 4, .index = row}, again));
  CHECK(!memcmp(y, again, sizeof(y)), "%s: a sample outside training draws otherwise", kind);
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(KNLayerDestroy(&other));
  PetscCall(KNLayerDestroy(&coarse));
  PetscCall(KNLayerDestroy(&sampled));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < B * SIZE; i++) x[i] = (KNReal)(1 + i % 7);
  PetscCall(TestDraws(PETSC_FALSE));
  PetscCall(TestDraws(PETSC_TRUE));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  What dropout draws: the stated part of the values is 0 and all others are divided by the rest, within 4 standard
  errors; whole channels with kind channel, whole samples with kind residual, on every grid alike; the same for a sample
  wherever it stands in a batch, others for another step, sample, layer or seed; nothing outside training unless asked
  for.
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

/*
  Whether count values from the first on are the same bits in both layers, with pass[0] and pass[1], at this step and
  the next ones.
*/
static PetscErrorCode Compare(KNLayer a, KNLayer b, const KNPass pass[2], PetscInt steps, size_t first, size_t count,
                              PetscBool *same)
{
  PetscFunctionBegin;
  *same = PETSC_TRUE;
  for (PetscInt step = 0; step < steps; step++) {
    KNPass now[2] = {pass[0], pass[1]};

    for (int i = 0; i < 2; i++) {
      now[i].step += step;
      PetscCall(Apply(i ? b : a, now[i], i ? again : y));
    }
    if (memcmp(y + first, again + first, count * sizeof(*y))) *same = PETSC_FALSE;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* unit: values that share a draw. few: passes that are enough to see whether two draw alike. */
static PetscErrorCode TestDraws(const char kind[], size_t unit, PetscInt passes, PetscInt few)
{
  static const PetscInt64 row[] = {5, 8}, swapped[] = {8, 5}, other_row[] = {5, 9};
  const KNPass            pass = {.training = PETSC_TRUE, .seed = 3, .step = 4, .index = row},
               outside         = {.seed = 3, .step = 4, .index = row};
  const double p = 0.2, draws = (double)passes * B * SIZE / (double)unit,
               deviation = PetscSqrtReal(p * (1 - p) / draws);
  double    dropped      = 0;
  KNLayer   layer, other, coarse, sampled;
  KNPass    two[2] = {pass, pass};
  PetscBool same;

  PetscFunctionBegin;
  PetscCall(Create(kind, "sample", 1, N, &sampled));
  PetscCall(Create(kind, "off", 1, N / 2, &coarse));
  PetscCall(Create(kind, "off", 2, N, &other));
  PetscCall(Create(kind, "off", 1, N, &layer));
  for (PetscInt step = 0; step < passes; step++) {
    PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = step}, y));
    for (size_t i = 0; i < B * SIZE; i++) {
      dropped += y[i] == 0;
      CHECK(y[i] == 0 || PetscAbsReal((double)y[i] - (double)x[i] / (1 - p)) < 1e-6 * x[i], "%s: %g became %g", kind,
            (double)x[i], (double)y[i]);
      CHECK((y[i] == 0) == (y[i - i % unit] == 0), "%s: value %zu is not dropped with those that it belongs to", kind,
            i);
    }
  }
  dropped /= (double)passes * B * SIZE;
  CHECK(PetscAbsReal(dropped - p) < 4 * deviation, "%s: %g of the values are dropped, expected %g to %g", kind, dropped,
        p, 4 * deviation);

  PetscCall(Apply(layer, pass, y));
  PetscCall(Apply(layer, (KNPass){.training = PETSC_TRUE, .seed = 3, .step = 4, .index = swapped}, again));
  for (size_t i = 0; i < 2 * SIZE; i++)
    CHECK((y[i] == 0) == (again[(i + SIZE) % (2 * SIZE)] == 0), "%s: the place in the batch changes what is dropped",
          kind);
  two[1].index = other_row;
  PetscCall(Compare(layer, layer, two, few, 0, SIZE, &same));
  CHECK(same, "%s: another sample changes the draws of this one", kind);
  PetscCall(Compare(layer, layer, two, few, SIZE, SIZE, &same));
  CHECK(!same, "%s: draws do not follow the sample", kind);
  two[1]      = pass;
  two[1].step = 5;
  PetscCall(Compare(layer, layer, two, few, 0, B * SIZE, &same));
  CHECK(!same, "%s: another step, the same draws", kind);
  two[1]      = pass;
  two[1].seed = 4;
  PetscCall(Compare(layer, layer, two, few, 0, B * SIZE, &same));
  CHECK(!same, "%s: another seed, the same draws", kind);
  two[1] = pass;
  PetscCall(Compare(layer, other, two, few, 0, B * SIZE, &same));
  CHECK(!same, "%s: another layer, the same draws", kind);
  PetscCall(Apply(layer, pass, y));
  PetscCall(Apply(coarse, pass, again));
  for (size_t c = 0; unit >= S && c < B * C; c++)
    CHECK((y[c * S] == 0) == (again[c * S / 4] == 0), "%s: channel %zu is not dropped on every grid", kind, c);

  PetscCall(Apply(layer, outside, again));
  for (size_t i = 0; i < B * SIZE; i++) CHECK(again[i] == x[i], "%s: values change outside training", kind);
  two[1] = outside;
  PetscCall(Compare(layer, sampled, two, few, 0, B * SIZE, &same));
  CHECK(same, "%s: a sample outside training draws otherwise", kind);
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
  PetscCall(TestDraws("element", 1, 1, 1));
  PetscCall(TestDraws("channel", S, 50, 1));
  PetscCall(TestDraws("residual", SIZE, 1000, 40));
  PetscCall(PetscFinalize());
  return 0;
}

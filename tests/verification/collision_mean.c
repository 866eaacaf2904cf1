/*
  The evaluation by `mean` is the expectation of the step: it equals the average over 20,000 draws within 4 standard
  errors at every element, for all laws, n even and odd (alpha 0; also alpha 1 for the single pair of n = 2, where it is
  exact too). For uniform and isotropic scattering it is BGK relaxation to the bulk velocity. `sample` draws outside
  training exactly what training draws.
*/
#include "collision_test.h"

enum { S = 3, MAX = 16 * S, DRAWS = 20000 };

static PetscErrorCode Forward(KNLayer layer, PetscBool training, PetscInt64 step, const KNReal *x, const KNReal *v,
                              KNReal *out)
{
  const KNPass        pass = {.samples = 1, .training = training, .seed = 3, .step = step};
  const KNReal *const in[] = {x, v};

  PetscFunctionBegin;
  PetscCall(KNLayerForward(layer, &pass, in, out, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestAverage(size_t n, size_t d, const char options[])
{
  const size_t size = n * d * S;
  KNReal       x[MAX], v[MAX], out[MAX], expected[MAX];
  double       sum[MAX] = {0}, square[MAX] = {0}; /* of the change v' - v */
  char         all[256];
  KNLayer      layer;

  PetscFunctionBegin;
  NormalField(x, size, (PetscInt64)(10 * n));
  NormalField(v, size, (PetscInt64)(10 * n + 1));
  PetscCall(PetscSNPrintf(all, sizeof(all), "-collision_rate 0.4 -collision_dimension %d %s", (int)d, options));
  PetscCall(CollisionLayer(all, (PetscInt)(n * d), S, 1, &layer));
  PetscCall(Forward(layer, PETSC_FALSE, 0, x, v, expected));
  for (PetscInt64 step = 0; step < DRAWS; step++) {
    PetscCall(Forward(layer, PETSC_TRUE, step, x, v, out));
    for (size_t i = 0; i < size; i++) {
      sum[i] += out[i] - v[i];
      square[i] += PetscSqr(out[i] - v[i]);
    }
  }
  for (size_t i = 0; i < size; i++) {
    const double average = sum[i] / DRAWS, error = sqrt((square[i] / DRAWS - average * average) / DRAWS);

    PetscCheck(error > 0 && fabs(average - (expected[i] - v[i])) < 4 * error, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, n %zu: change of element %zu: average %g, expectation %g, standard error %g", all, n, i, average,
               expected[i] - v[i], error);
  }
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  v' = v - (kappa/part) (n/m) (v - bulk velocity), m = n - 1 for even n, n for odd n; part: d for uniform, 2 for
  isotropic.
*/
static PetscErrorCode TestBGK(size_t n, size_t d, const char law[], double part)
{
  const double kappa = 0.4, share = kappa / part * (double)n / (double)(n % 2 ? n : n - 1);
  KNReal       v[MAX], out[MAX];
  char         options[128];
  KNLayer      layer;

  PetscFunctionBegin;
  NormalField(v, n * d * S, 5);
  PetscCall(PetscSNPrintf(options, sizeof(options), "-collision_rate %g -collision_law %s -collision_dimension %d",
                          kappa, law, (int)d));
  PetscCall(CollisionLayer(options, (PetscInt)(n * d), S, 1, &layer));
  PetscCall(Forward(layer, PETSC_FALSE, 0, v, v, out));
  for (size_t a = 0; a < d * S; a++) {
    double bulk = 0;

    for (size_t i = 0; i < n; i++) bulk += v[i * d * S + a] / (double)n;
    for (size_t i = a; i < n * d * S; i += d * S)
      PetscCheck(fabs(out[i] - (v[i] - share * (v[i] - bulk))) < 1e-14, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%s, n %zu, d %zu: not BGK relaxation at element %zu", law, n, d, i);
  }
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestSample(void)
{
  KNReal  x[MAX], v[MAX], here[MAX], there[MAX], before[MAX] = {0};
  KNLayer layer;

  PetscFunctionBegin;
  NormalField(x, MAX, 1);
  NormalField(v, MAX, 2);
  PetscCall(
    CollisionLayer("-collision_rate 0.9 -collision_dimension 2 -collision_evaluate sample", MAX / S, S, 1, &layer));
  for (PetscInt64 step = 0; step < 10; step++) {
    PetscCall(Forward(layer, PETSC_FALSE, step, x, v, here));
    PetscCall(Forward(layer, PETSC_TRUE, step, x, v, there));
    PetscCheck(!memcmp(here, there, sizeof(here)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "evaluation draws other collisions than training");
    PetscCheck(memcmp(here, before, sizeof(here)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "steps %d and %d draw the same collisions", (int)step - 1, (int)step);
    memcpy(before, here, sizeof(here));
  }
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const size_t size[][2] = {{6, 2}, {5, 2}, {8, 1}, {3, 4}, {2, 8}}; /* n, d */

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(size); i++) {
    PetscCall(TestAverage(size[i][0], size[i][1], "-collision_law line_of_centres"));
    PetscCall(TestAverage(size[i][0], size[i][1], "-collision_law uniform"));
    PetscCall(TestAverage(size[i][0], size[i][1], "-collision_law isotropic"));
    PetscCall(TestBGK(size[i][0], size[i][1], "uniform", (double)size[i][1]));
    PetscCall(TestBGK(size[i][0], size[i][1], "isotropic", 2));
  }
  PetscCall(TestAverage(2, 4, "-collision_law line_of_centres -collision_alpha 1"));
  PetscCall(TestAverage(2, 4, "-collision_law uniform -collision_alpha 1"));
  PetscCall(TestAverage(2, 4, "-collision_law isotropic -collision_alpha 1"));
  PetscCall(TestSample());
  PetscCall(PetscFinalize());
  return 0;
}

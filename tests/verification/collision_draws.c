/*
  What is drawn: every perfect matching is equally likely, the rate of collisions is kappa, directions are uniform on
  the sphere; draws depend on seed, layer, step and sample index alone, so that batches may be split in any way
  between calls and threads; and they are shared by all grid points, so that a step commutes with restriction to a
  coarser grid.
*/
#include <omp.h>

#include "collision_test.h"

/*
  Number of the matching of n <= 6 particles among all: the partner of the lowest free particle, counted among the
  free ones, is a digit. With n odd the missing partner is a further particle.
*/
static size_t MatchingNumber(const uint32_t *pair, size_t n)
{
  size_t partner[6], number = 0, even = n + n % 2;

  for (size_t k = 0; k + 1 < n; k += 2) {
    partner[pair[k]]     = pair[k + 1];
    partner[pair[k + 1]] = pair[k];
  }
  if (n % 2) {
    partner[pair[n - 1]] = n;
    partner[n]           = pair[n - 1];
  }
  for (size_t i = 0, free = even; i < even; i++) {
    size_t digit = 0;

    if (partner[i] < i) continue;
    for (size_t j = i + 1; j < partner[i]; j++) digit += partner[j] > i; /* those matched before i are not free */
    number = number * (free - 1) + digit;
    free -= 2;
  }
  return number;
}

/* Chi-square of the matchings over 30,000 values of one coordinate of the draws: below its quantile at 0.999. */
static PetscErrorCode TestMatchings(size_t n, size_t matchings, double quantile, int coordinate)
{
  enum { DRAWS = 30000 };
  double count[15] = {0}, chi2 = 0;

  PetscFunctionBegin;
  for (PetscInt64 t = 0; t < DRAWS; t++) {
    PetscInt64 draw[] = {1, 2, 3, 4};
    uint32_t   pair[6];
    size_t     number;

    draw[coordinate] = t;
    kn_collision_attempt(pair, n, draw);
    number = MatchingNumber(pair, n);
    PetscCheck(number < matchings, PETSC_COMM_SELF, PETSC_ERR_PLIB, "n %zu: not a matching", n);
    count[number]++;
  }
  for (size_t i = 0; i < matchings; i++)
    chi2 += PetscSqr(count[i] - (double)DRAWS / (double)matchings) * (double)matchings / DRAWS;
  PetscCheck(chi2 < quantile, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n %zu, coordinate %d: chi-square %g of %zu matchings, expected below %g", n, coordinate, chi2, matchings,
             quantile);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  mean: of a function of the direction over `count` draws; exact, square: the means of it and of its square on the
  sphere.
*/
static PetscErrorCode TestMoment(const char name[], size_t d, double count, double mean, double exact, double square)
{
  const double error = sqrt(PetscMax(square - exact * exact, 0) / count);

  PetscFunctionBegin;
  PetscCheck(fabs(mean - exact) < 4 * error + 1e-6, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "d %zu: mean of %s is %g +- %g, on the sphere %g", d, name, mean, error, exact);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Of 100,000 attempted pairs the share kappa collides, and their directions have the moments of the sphere up to the
  fourth: within 4 standard errors.
*/
static PetscErrorCode TestAcceptance(size_t d, double kappa)
{
  enum { N = 1000, STEPS = 200, PAIRS = N / 2 * STEPS };
  const double dim = (double)d;
  uint32_t     pair[N];
  double       probability[N / 2], hits = 0, mean = 0, square = 0, fourth = 0, product = 0;
  KNReal       omega[N / 2 * 8];

  PetscFunctionBegin;
  for (PetscInt64 t = 0; t < STEPS; t++) {
    const PetscInt64 draw[] = {1, 0, t, 0};
    size_t           now;

    kn_collision_attempt(pair, N, draw);
    kn_collision_probability(probability, NULL, pair, N / 2, d, 1, kappa, 0);
    now = kn_collision_test(pair, probability, N / 2, draw);
    kn_collision_setup(omega, pair, now, d, draw);
    hits += (double)now;
    for (size_t k = 0; k < now; k++) {
      mean += (double)omega[k * d];
      square += PetscSqr((double)omega[k * d]);
      fourth += PetscSqr(PetscSqr((double)omega[k * d]));
      product += (double)omega[k * d] * (double)omega[k * d + d - 1];
    }
  }
  PetscCheck(fabs(hits - kappa * PAIRS) <= 4 * sqrt(kappa * (1 - kappa) * PAIRS), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%g of %d pairs collided at rate %g", hits, PAIRS, kappa);
  mean /= hits;
  square /= hits;
  fourth /= hits;
  product /= hits;
  PetscCall(TestMoment("w1", d, hits, mean, 0, 1 / dim));
  PetscCall(TestMoment("w1^2", d, hits, square, 1 / dim, 3 / (dim * (dim + 2))));
  PetscCall(
    TestMoment("w1^4", d, hits, fourth, 3 / (dim * (dim + 2)), 105 / (dim * (dim + 2) * (dim + 4) * (dim + 6))));
  if (d > 1) PetscCall(TestMoment("w1 wd", d, hits, product, 0, 1 / (dim * (dim + 2))));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two pairs whose relative speeds have root mean squares 5 and 15 over two grid points, mean 10. */
static PetscErrorCode TestProbability(void)
{
  const uint32_t pair[] = {0, 2, 3, 1};
  /* relative speeds 1, 7; 15, 15 */
  const KNReal v[4 * 2 * 2]    = {4, 5, 1, 8, 9, 9, 12, 12, 4, 5, 0, 1, 0, 0, 0, 0};
  const KNReal rest[4 * 2 * 2] = {0};
  /* kappa, alpha, both pairs */
  const double expected[][4] = {{0.4, 0, 0.4, 0.4},
                                {0.4, 1, 0.2, 0.6},
                                {0.4, 0.5, 0.282842712, 0.489897949},
                                {0.8, 1, 0.4, 1}};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(expected); i++) {
    const double *e = expected[i];
    double        probability[2];

    kn_collision_probability(probability, v, pair, 2, 2, 2, e[0], e[1]);
    PetscCheck(fabs(probability[0] - e[2]) < 1e-6 && fabs(probability[1] - e[3]) < 1e-6, PETSC_COMM_SELF,
               PETSC_ERR_PLIB, "rate %g, alpha %g: probabilities %g and %g, expected %g and %g", e[0], e[1],
               probability[0], probability[1], e[2], e[3]);
    kn_collision_probability(probability, rest, pair, 2, 2, 2, e[0], e[1]);
    PetscCheck(probability[0] == e[0] && probability[1] == e[0], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "a gas at rest collides with probability %g instead of %g", probability[0], e[0]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

enum { B = 6, C = 12, S = 40 };

/* One forward and backward pass of samples first..last-1 of the batch; out, dx, dv: the whole batch. */
static PetscErrorCode Sweep(KNLayer layer, PetscInt first, PetscInt last, const KNReal *x, const KNReal *v,
                            const KNReal *dout, KNReal *out, KNReal *dx, KNReal *dv)
{
  static const PetscInt64 index[B] = {905, 3, 17, 4, 4000000000, 0};
  const size_t            start    = (size_t)first * C * S;
  const KNPass pass = {.samples = last - first, .training = PETSC_TRUE, .seed = 2, .step = 8, .index = index + first};
  const KNReal *const in[]  = {x + start, v + start};
  KNReal *const       din[] = {dx + start, dv + start};

  PetscFunctionBegin;
  PetscCall(KNLayerForward(layer, &pass, in, out + start, INSERT_VALUES));
  PetscCall(KNLayerBackward(layer, &pass, in, dout + start, din));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The batch at once; in parts of 1, 2 and 3 by another layer object with three threads: equal bit for bit. */
static PetscErrorCode TestSplit(const char options[])
{
  static KNReal x[B * C * S], v[B * C * S], dout[B * C * S], out[2][B * C * S], dx[2][B * C * S], dv[2][B * C * S];
  const int     threads = omp_get_max_threads();
  KNLayer       layer;

  PetscFunctionBegin;
  memset(dx, 0, sizeof(dx));
  memset(dv, 0, sizeof(dv));
  NormalField(x, B * C * S, 1);
  NormalField(v, B * C * S, 2);
  NormalField(dout, B * C * S, 3);
  PetscCall(CollisionLayer(options, C, S, B, &layer));
  PetscCall(Sweep(layer, 0, B, x, v, dout, out[0], dx[0], dv[0]));
  PetscCall(KNLayerDestroy(&layer));
  omp_set_num_threads(3);
  PetscCall(CollisionLayer(options, C, S, 3, &layer));
  PetscCall(Sweep(layer, 3, 6, x, v, dout, out[1], dx[1], dv[1]));
  PetscCall(Sweep(layer, 0, 1, x, v, dout, out[1], dx[1], dv[1]));
  PetscCall(Sweep(layer, 1, 3, x, v, dout, out[1], dx[1], dv[1]));
  PetscCall(KNLayerDestroy(&layer));
  omp_set_num_threads(threads);
  PetscCheck(!memcmp(out[0], out[1], sizeof(out[0])), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s: forward depends on how the batch was split", options);
  PetscCheck(!memcmp(dx[0], dx[1], sizeof(dx[0])) && !memcmp(dv[0], dv[1], sizeof(dv[0])), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: backward depends on how the batch was split", options);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Another seed, step, layer or sample draws other collisions. */
static PetscErrorCode TestCoordinates(void)
{
  PetscFunctionBegin;
  for (int coordinate = 0; coordinate < 4; coordinate++) {
    PetscInt64 draw[] = {1, 2, 3, 4};
    uint32_t   here[100], there[100];

    kn_collision_attempt(here, 100, draw);
    draw[coordinate]++;
    kn_collision_attempt(there, 100, draw);
    PetscCheck(memcmp(here, there, sizeof(here)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "coordinate %d of the draws has no effect", coordinate);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Restriction (every third point), then a step, equals a step, then restriction. */
static PetscErrorCode TestRestriction(const char options[], PetscBool training)
{
  enum { FACTOR = 3, FINE = S * FACTOR };
  static KNReal x[B * C * FINE], v[B * C * FINE], out[B * C * FINE], xc[B * C * S], vc[B * C * S], outc[B * C * S];
  const KNReal *const fine[] = {x, v}, *const coarse[] = {xc, vc};
  const KNPass pass = {.samples = B, .training = training, .seed = 2, .step = 8};
  KNLayer      layer;

  PetscFunctionBegin;
  NormalField(x, B * C * FINE, 4);
  NormalField(v, B * C * FINE, 5);
  for (size_t i = 0; i < B * C * S; i++) {
    xc[i] = x[FACTOR * i];
    vc[i] = v[FACTOR * i];
  }
  PetscCall(CollisionLayer(options, C, FINE, B, &layer));
  PetscCall(KNLayerForward(layer, &pass, fine, out, INSERT_VALUES));
  PetscCheck(memcmp(out, v, sizeof(out)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: nothing collided", options);
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(CollisionLayer(options, C, S, B, &layer));
  PetscCall(KNLayerForward(layer, &pass, coarse, outc, INSERT_VALUES));
  PetscCall(KNLayerDestroy(&layer));
  for (size_t i = 0; i < B * C * S; i++)
    PetscCheck(outc[i] == out[FACTOR * i], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: element %zu is %.9g on the coarse grid and %.9g on the fine one", options, i, (double)outc[i],
               (double)out[FACTOR * i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int coordinate = 0; coordinate < 4; coordinate++) {
    PetscCall(TestMatchings(4, 3, 13.8, coordinate));
    PetscCall(TestMatchings(5, 15, 36.1, coordinate));
    PetscCall(TestMatchings(6, 15, 36.1, coordinate));
  }
  for (size_t d = 1; d <= 8; d++) PetscCall(TestAcceptance(d, 0.3));
  PetscCall(TestAcceptance(2, 1));
  PetscCall(TestProbability());
  PetscCall(TestCoordinates());
  PetscCall(TestSplit("-collision_rate 0.5"));
  PetscCall(TestSplit("-collision_rate 0.5 -collision_law uniform -collision_dimension 3"));
  PetscCall(TestSplit("-collision_rate 0.5 -collision_alpha 1"));
  PetscCall(TestRestriction("-collision_rate 0.5", PETSC_TRUE));
  PetscCall(TestRestriction("-collision_rate 0.5 -collision_law uniform", PETSC_TRUE));
  PetscCall(TestRestriction("-collision_rate 0.5", PETSC_FALSE));
  PetscCall(TestRestriction("-collision_rate 0.5 -collision_law uniform", PETSC_FALSE));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  The gradient of a collision step equals central differences in double precision to 1e-7: all laws, every kind of
  dimension, n even and odd, one draw and the expectation, alpha 0 and 1. Matching and acceptance are constants of the
  gradient, as documented: they are drawn once, and alpha = 1 (acceptance depends on v) is compared with the acceptance
  frozen at the centre. The layer, which draws anew in each call, is compared in the same way after checking that no
  acceptance flips.
*/
#include "collision_test.h"

enum { S = 5, MAX = 24 * S, DIRECTIONS = 12 };

static const double h = 1e-4;

typedef struct {
  size_t         n, d, pairs;
  uint32_t       pair[2 * 24 * 24];
  double         weight[24 * 24], *weights; /* weights: NULL or weight */
  KNReal         omega[MAX], *omegas;
  KNCollisionLaw law;
} Step;

/* The loss sum_i target_i v'_i at x + t dx, v + t dv. */
static double Loss(const Step *step, const KNReal *target, const KNReal *x, const KNReal *v, const KNReal *dx,
                   const KNReal *dv, double t)
{
  KNReal       xt[MAX], vt[MAX], out[MAX];
  double       loss = 0;
  const size_t size = step->n * step->d * S;

  for (size_t i = 0; i < size; i++) {
    xt[i] = x[i] + t * dx[i];
    vt[i] = v[i] + t * dv[i];
  }
  kn_collision_perform(out, step->law, xt, vt, step->omegas, step->pair, step->weights, step->pairs, step->n, step->d,
                       S, 0);
  for (size_t i = 0; i < size; i++) loss += target[i] * out[i];
  return loss;
}

/* Central differences of fourth order: with h = 1e-4 their error is far below 1e-7. */
static double Difference(const double loss[4])
{
  return (8 * (loss[2] - loss[1]) - (loss[3] - loss[0])) / (12 * h);
}

static const double place[4] = {-2, -1, 1, 2};

static PetscErrorCode TestStep(const Step *step, const char name[], PetscInt64 which)
{
  const size_t size   = step->n * step->d * S;
  KNReal       x[MAX] = {0}, v[MAX] = {0}, target[MAX] = {0}, gx[MAX], gv[MAX], base[MAX] = {0}, dx[MAX], dv[MAX];
  double       turned = 0;

  PetscFunctionBegin;
  NormalField(x, size, which);
  NormalField(v, size, which + 1);
  NormalField(target, size, which + 2);
  NormalField(base, size, which + 3);
  memcpy(gx, base, sizeof(gx)); /* gradients accumulate on what is there */
  memcpy(gv, base, sizeof(gv));
  kn_collision_perform_backward(gx, gv, target, step->law, x, v, step->omegas, step->pair, step->weights, step->pairs,
                                step->n, step->d, S);
  for (size_t i = 0; i < size; i++) {
    gx[i] -= base[i];
    gv[i] -= base[i];
    turned = PetscMax(turned, fabs(gx[i]));
  }
  PetscCheck((turned > 0) == (step->law == KN_LAW_LINE_OF_CENTRES && step->d > 1 && step->pairs > 0), PETSC_COMM_SELF,
             PETSC_ERR_PLIB,
             "%s: d %zu: positions matter for the line of centres in two dimensions or more, and only there: %g", name,
             step->d, turned);

  for (PetscInt64 direction = 0; direction < DIRECTIONS; direction++) {
    double loss[4], expected = 0, scale = 0, difference;

    NormalField(dx, size, which + 10 + 2 * direction);
    NormalField(dv, size, which + 11 + 2 * direction);
    for (int p = 0; p < 4; p++) loss[p] = Loss(step, target, x, v, dx, dv, place[p] * h);
    for (size_t i = 0; i < size; i++) {
      expected += gx[i] * dx[i] + gv[i] * dv[i];
      scale += PetscSqr(gx[i]) + PetscSqr(gv[i]);
    }
    difference = Difference(loss);
    PetscCheck(fabs(difference - expected) < 1e-7 * sqrt(scale), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: n %zu, d %zu: slope %.12g, gradient %.12g", name, step->n, step->d, difference, expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestKernels(size_t n, size_t d, double alpha)
{
  const PetscInt64 draw[] = {5, 1, (PetscInt64)(n * 100 + d), 2}, which = (PetscInt64)(n * 1000 + 100 * d);
  KNReal           v[MAX];
  Step             step = {.n = n, .d = d};

  PetscFunctionBegin;
  NormalField(v, n * d * S, which + 1); /* the velocities of TestStep */

  /* one draw */
  kn_collision_attempt(step.pair, n, draw);
  kn_collision_probability(step.weight, v, step.pair, n / 2, d, S, 0.8, alpha);
  step.pairs = kn_collision_test(step.pair, step.weight, n / 2, draw);
  PetscCall(TestStep(&step, "sample, line of centres", which));
  kn_collision_setup(step.omega, step.pair, step.pairs, d, draw);
  step.omegas = step.omega;
  step.law    = KN_LAW_UNIFORM;
  PetscCall(TestStep(&step, "sample, uniform", which));
  step.law = KN_LAW_ISOTROPIC;
  PetscCall(TestStep(&step, "sample, isotropic", which));

  /* the expectation */
  step.pairs = 0;
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = i + 1; j < n; j++, step.pairs++) {
      step.pair[2 * step.pairs]     = i;
      step.pair[2 * step.pairs + 1] = j;
    }
  }
  kn_collision_probability(step.weight, v, step.pair, step.pairs, d, S, 0.1, alpha);
  step.weights = step.weight;
  step.omegas  = NULL;
  PetscCall(TestStep(&step, "mean, isotropic", which));
  step.law = KN_LAW_UNIFORM;
  PetscCall(TestStep(&step, "mean, uniform", which));
  step.law = KN_LAW_LINE_OF_CENTRES;
  PetscCall(TestStep(&step, "mean, line of centres", which));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The collisions of the layer at these velocities: pairs (n) and their number. */
static size_t Accepted(uint32_t pair[], const KNReal *v, size_t n, size_t d, double alpha, const PetscInt64 draw[4])
{
  double probability[24];

  kn_collision_attempt(pair, n, draw);
  kn_collision_probability(probability, v, pair, n / 2, d, S, 0.8, alpha);
  return kn_collision_test(pair, probability, n / 2, draw);
}

static PetscErrorCode TestLayer(size_t n, size_t d, const char law[], double alpha)
{
  enum { B = 2 };
  const size_t     size     = n * d * S;
  const PetscInt64 index[B] = {11, 5}, which = (PetscInt64)(500000 + n * 1000 + 100 * d);
  const KNPass     pass = {.samples = B, .training = PETSC_TRUE, .seed = 9, .step = 77, .index = index};
  KNReal x[B * MAX], v[B * MAX], xt[B * MAX], vt[B * MAX], out[B * MAX], target[B * MAX], dx[B * MAX], dv[B * MAX],
    gx[B * MAX] = {0}, gv[B * MAX] = {0};
  const KNReal *const in[] = {x, v}, *const moved[] = {xt, vt};
  KNReal *const din[] = {gx, gv};
  char          options[128];
  KNLayer       layer;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(options, sizeof(options),
                          "-collision_rate 0.8 -collision_law %s -collision_dimension %d -collision_alpha %g", law,
                          (int)d, alpha));
  PetscCall(CollisionLayer(options, (PetscInt)(n * d), S, B, &layer));
  NormalField(x, B * size, which);
  NormalField(v, B * size, which + 1);
  NormalField(target, B * size, which + 2);
  NormalField(dx, B * size, which + 3);
  NormalField(dv, B * size, which + 4);
  PetscCall(KNLayerForward(layer, &pass, in, out, INSERT_VALUES));
  PetscCall(KNLayerBackward(layer, &pass, in, target, din));
  {
    double loss[4] = {0}, expected = 0, scale = 0;

    for (int p = 0; p < 4; p++) {
      for (size_t i = 0; i < B * size; i++) {
        xt[i] = x[i] + place[p] * h * dx[i];
        vt[i] = v[i] + place[p] * h * dv[i];
      }
      for (size_t b = 0; b < B; b++) {
        const PetscInt64 draw[] = {9, 3, 77, index[b]};
        uint32_t         here[24], there[24];
        const size_t     hits = Accepted(here, v + b * size, n, d, alpha, draw);

        PetscCheck(Accepted(there, vt + b * size, n, d, alpha, draw) == hits && !memcmp(here, there, n * sizeof(*here)),
                   PETSC_COMM_SELF, PETSC_ERR_PLIB, "an acceptance flipped: choose another direction");
      }
      PetscCall(KNLayerForward(layer, &pass, moved, out, INSERT_VALUES));
      for (size_t i = 0; i < B * size; i++) loss[p] += target[i] * out[i];
    }
    for (size_t i = 0; i < B * size; i++) {
      expected += gx[i] * dx[i] + gv[i] * dv[i];
      scale += PetscSqr(gx[i]) + PetscSqr(gv[i]);
    }
    PetscCheck(fabs(Difference(loss) - expected) < 1e-7 * sqrt(scale), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "layer, %s, n %zu, d %zu, alpha %g: slope %.12g, gradient %.12g", law, n, d, alpha, Difference(loss),
               expected);
  }
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const size_t size[][2] = {{12, 1}, {7, 1}, {8, 2}, {7, 2}, {4, 3}, {5, 4}, {4, 4}, {3, 8}, {2, 8}, {1, 8}}; /* n, d */

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(size); i++) {
    for (int alpha = 0; alpha <= 1; alpha++) {
      PetscCall(TestKernels(size[i][0], size[i][1], alpha));
      PetscCall(TestLayer(size[i][0], size[i][1], "line_of_centres", alpha));
      PetscCall(TestLayer(size[i][0], size[i][1], "uniform", alpha));
      PetscCall(TestLayer(size[i][0], size[i][1], "isotropic", alpha));
    }
  }
  PetscCall(PetscFinalize());
  return 0;
}

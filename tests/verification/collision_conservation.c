/*
  A collision step conserves momentum v_i + v_j and energy |v_i|^2 + |v_j|^2 of each pair at each grid point: to 1e-6 of
  the energy in float, 1e-14 in double, for all laws, any dimension, positions that (nearly) coincide, fast and slow
  particles. Particles that do not collide keep their velocity bit for bit; so do all at rate 0.
*/
#include "collision_test.h"

static const double tolerance = sizeof(KNReal) == 4 ? 1e-6 : 1e-14;

enum { C = 24, S = 193 };

/*
  The largest violation by the pairs, relative to the energy of the pair: of energy, and of momentum squared as an
  energy.
*/
static double Violation(const KNReal *out, const KNReal *v, const uint32_t *pair, size_t pairs, size_t d)
{
  double worst = 0;

  for (size_t k = 0; k < pairs; k++) {
    for (size_t s = 0; s < S; s++) {
      double before = 0, after = 0, momentum = 0;

      for (size_t a = 0; a < d; a++) {
        const size_t i = (pair[2 * k] * d + a) * S + s, j = (pair[2 * k + 1] * d + a) * S + s;

        before += (double)v[i] * (double)v[i] + (double)v[j] * (double)v[j];
        after += (double)out[i] * (double)out[i] + (double)out[j] * (double)out[j];
        momentum = PetscMax(momentum, fabs((double)out[i] + (double)out[j] - (double)v[i] - (double)v[j]));
      }
      worst = PetscMax(worst, PetscMax(fabs(after - before) / before, momentum / sqrt(before)));
    }
  }
  return worst;
}

static PetscErrorCode TestStep(size_t d, KNCollisionLaw law, PetscInt64 step)
{
  static KNReal    x[C * S], v[C * S], out[C * S], omega[C];
  uint32_t         pair[C];
  double           probability[C], scale;
  const size_t     n      = C / d;
  const PetscInt64 draw[] = {7, 0, step, 0};
  size_t           hits, changed = 0;

  PetscFunctionBegin;
  NormalField(x, n * d * S, 2 * step);
  NormalField(v, n * d * S, 2 * step + 1);
  for (size_t i = 0; i < n * d * S; i++) {
    if (i % S % 3 == 0) x[i] *= (KNReal)1e-6; /* as near as eps */
    if (i % S % 7 == 0) x[i] = 0;             /* coincident, as in zero padding */
    scale = pow(10, (double)(i % S % 9) - 4); /* slow and fast, the same for both partners */
    v[i] *= (KNReal)scale;
  }
  kn_collision_attempt(pair, n, draw);
  kn_collision_probability(probability, v, pair, n / 2, d, S, 0.6, 0);
  hits = kn_collision_test(pair, probability, n / 2, draw);
  if (law != KN_LAW_LINE_OF_CENTRES) kn_collision_setup(omega, pair, hits, d, draw);
  kn_collision_perform(out, law, x, v, omega, pair, NULL, hits, n, d, S, 0);

  PetscCheck(Violation(out, v, pair, hits, d) < tolerance, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "d %zu, law %d, step %d: momentum or energy off by %g", d, (int)law, (int)step,
             Violation(out, v, pair, hits, d));
  for (size_t k = 2 * hits; k < n; k++) {
    for (size_t s = pair[k] * d * S; s < (pair[k] + 1) * d * S; s++)
      PetscCheck(out[s] == v[s], PETSC_COMM_SELF, PETSC_ERR_PLIB, "particle %u did not collide and changed", pair[k]);
  }
  for (size_t i = 0; i < n * d * S; i++) changed += out[i] != v[i];
  /* In one dimension isotropic scattering exchanges two velocities or leaves them. */
  PetscCheck(changed >= hits * d * S || (law == KN_LAW_ISOTROPIC && d == 1), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%zu collisions changed %zu of %zu velocities", hits, changed, 2 * hits * d * S);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* INSERT is v and ADD is out + v, bit for bit, where nothing collides. */
static PetscErrorCode TestCollisionless(const char options[], PetscBool training)
{
  enum { B = 2 };
  static KNReal       x[B * C * S], v[B * C * S], out[B * C * S];
  const KNReal *const in[] = {x, v};
  const KNPass        pass = {.samples = B, .training = training, .seed = 1, .step = 4};
  KNLayer             layer;

  PetscFunctionBegin;
  NormalField(x, B * C * S, 100);
  NormalField(v, B * C * S, 101);
  PetscCall(CollisionLayer(options, C, S, B, &layer));
  PetscCall(KNLayerForward(layer, &pass, in, out, INSERT_VALUES));
  for (size_t i = 0; i < B * C * S; i++)
    PetscCheck(out[i] == v[i], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: element %zu changed", options, i);
  memcpy(out, x, sizeof(x));
  PetscCall(KNLayerForward(layer, &pass, in, out, ADD_VALUES));
  for (size_t i = 0; i < B * C * S; i++)
    PetscCheck(out[i] == x[i] + v[i], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: element %zu is not x + v", options, i);
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const size_t dimension[] = {1, 2, 3, 4, 5, 8, 12, 24};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(dimension); i++) {
    for (PetscInt64 step = 0; step < 20; step++) {
      for (KNCollisionLaw law = KN_LAW_LINE_OF_CENTRES; law <= KN_LAW_ISOTROPIC; law++)
        PetscCall(TestStep(dimension[i], law, step));
    }
  }
  PetscCall(TestCollisionless("-collision_rate 0", PETSC_TRUE));
  PetscCall(TestCollisionless("-collision_rate 0", PETSC_FALSE));
  PetscCall(TestCollisionless("-collision_rate 0 -collision_law uniform -collision_alpha 1", PETSC_TRUE));
  PetscCall(TestCollisionless("-collision_rate 1 -collision_evaluate off", PETSC_FALSE));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  A spatially homogeneous gas of Maxwell molecules: the kernels of the collision layer, law `uniform` or `isotropic`,
  alpha = 0, one grid point.

  It starts from the Bobylev-Krook-Wu solution at its earliest time, f ~ |v|^2 exp(-|v|^2 / 2K), K = d / (d+2),
  temperature 1 (Bobylev 1975; Krook and Wu, Phys. Fluids 20, 1589, 1977), as far from the Maxwellian as that solution
  goes: |v|^2 is K times a chi-square variable with d+2 degrees of freedom, the direction uniform.
*/
#ifndef GAS_H
#define GAS_H

#include "collision_test.h"

typedef struct {
  KNCollisionLaw law;
  size_t         n, d;
  PetscInt64     run, step;
  KNReal        *v, *next;    /* (n, d) */
  uint32_t      *pair;        /* (n) */
  double        *probability; /* (n/2) */
  KNReal        *omega;       /* (n/2, d) */
} Gas;

static inline PetscErrorCode GasCreate(size_t n, size_t d, KNCollisionLaw law, PetscInt64 run, Gas *gas)
{
  PetscFunctionBegin;
  *gas = (Gas){.law = law, .n = n, .d = d, .run = run};
  PetscCall(KNMalloc(n * d, sizeof(KNReal), &gas->v));
  PetscCall(KNMalloc(n * d, sizeof(KNReal), &gas->next));
  PetscCall(KNMalloc(n, sizeof(uint32_t), &gas->pair));
  PetscCall(KNMalloc(n / 2, sizeof(double), &gas->probability));
  PetscCall(KNMalloc(n / 2 * d, sizeof(KNReal), &gas->omega));
  for (size_t i = 0; i < n; i++) {
    double normal[8], square = 0, length = 0; /* d for the direction, d + 2 for the speed; d = 2 or 3 */

    for (PetscInt64 k = 0; k < 4; k++) {
      uint64_t word[4];

      KNRandomWords(1, KN_STREAM_TEST, run, (PetscInt64)i, k, 1, word);
      KNNormalPair(word[0], word[1], normal + 2 * k);
    }
    for (size_t a = 0; a < d; a++) length += PetscSqr(normal[a]);
    for (size_t a = d; a < 2 * d + 2; a++) square += PetscSqr(normal[a]);
    for (size_t a = 0; a < d; a++)
      gas->v[i * d + a] = (KNReal)(normal[a] * sqrt(square / length * (double)d / (double)(d + 2)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode GasDestroy(Gas *gas)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&gas->v));
  PetscCall(KNFree(&gas->next));
  PetscCall(KNFree(&gas->pair));
  PetscCall(KNFree(&gas->probability));
  PetscCall(KNFree(&gas->omega));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One collision step at rate kappa. */
static inline void GasStep(Gas *gas, double kappa)
{
  const PetscInt64 draw[] = {1, gas->run, gas->step++, 0};
  KNReal          *t      = gas->v;
  size_t           hits;

  kn_collision_attempt(gas->pair, gas->n, draw);
  kn_collision_probability(gas->probability, gas->v, gas->pair, gas->n / 2, gas->d, 1, kappa, 0);
  hits = kn_collision_test(gas->pair, gas->probability, gas->n / 2, draw);
  kn_collision_setup(gas->omega, gas->pair, hits, gas->d, draw);
  kn_collision_perform(gas->next, gas->law, NULL, gas->v, gas->omega, gas->pair, NULL, hits, gas->n, gas->d, 1, 0);
  gas->v    = gas->next;
  gas->next = t;
}

/* |v_i|^2 */
static inline double GasSpeedSquared(const Gas *gas, size_t i)
{
  double square = 0;

  for (size_t a = 0; a < gas->d; a++) square += PetscSqr((double)gas->v[i * gas->d + a]);
  return square;
}

#endif

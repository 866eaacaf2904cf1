/*
  Collide, then drift, with velocities v = GELU(z), in one pass: y = x + C(x, GELU(z)) of one sample, for particles that
  collide with no others. They are taken through a workspace in the cache, some points at a time.

  x, z, y and their gradients: (C, S), of which the rows of these particles are read and written; d components of a
  particle. add: y, dx, dz are added to, else written. dx may be dy, dz may be z. work: see KN_KINETIC_ROOM.
*/
#ifndef KITINET_KINETIC_KERNELS_H
#define KITINET_KINETIC_KERNELS_H

#include "collision_kernels.h"

/* Points of all channels that an array of the workspace holds; arrays of a thread. */
enum { KN_KINETIC_TILE = 64, KN_KINETIC_ARRAYS = 5 };
/* Points at which a pair is taken at a time: long enough rows that the processor foresees them. */
enum { KN_KINETIC_PAIR_TILE = 256 };

/* Reals of workspace that all four kernels take. */
#define KN_KINETIC_ROOM(C, d) PetscMax((C)*KN_KINETIC_ARRAYS *KN_KINETIC_TILE, (4 * (d) + 3) * KN_KINETIC_PAIR_TILE)

/* Particles that collide with no others: their rows of x, z, .. are member[i] d + a. */
typedef struct {
  const uint32_t *member, *pair; /* (members) particles, NULL: 0, 1, ..; (pairs, 2) of members */
  const double   *weight;        /* (pairs) or NULL, as of kn_collision_perform */
  const KNReal   *omega;         /* (pairs, d) or NULL */
  size_t          members, pairs;
} KNParticles;

/* capacity: reals of an array of the workspace, KN_KINETIC_TILE C; dx, dz may be NULL. */
PETSC_INTERN void kn_kinetic_forward(KNReal *y, const KNReal *x, const KNReal *z, const KNParticles *group,
                                     KNCollisionLaw law, KNReal *work, size_t capacity, size_t d, size_t S, int add);
PETSC_INTERN void kn_kinetic_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z,
                                      const KNParticles *group, KNCollisionLaw law, KNReal *work, size_t capacity,
                                      size_t d, size_t S, int add);

/*
  Two particles along their line of centres, row by row: rows of a grid of 2^k points fall on the same lines of the
  cache, which cannot hold all of a pair's at a time.
*/
PETSC_INTERN void kn_pair_forward(KNReal *y, const KNReal *x, const KNReal *z, const uint32_t pair[2], KNReal *work,
                                  size_t d, size_t S, int add);
PETSC_INTERN void kn_pair_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z,
                                   const uint32_t pair[2], KNReal *work, size_t d, size_t S, int add);

#endif

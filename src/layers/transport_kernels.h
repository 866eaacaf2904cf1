/*
  Collide, drift and stream over the grid: the arithmetic of transport.c on one sample, in one pass over the grid. All
  channels of a tile, some slabs of axis 0, are taken at a time; between the arrays of a sample all that a tile needs
  stays in the cache.
*/
#ifndef KITINET_TRANSPORT_KERNELS_H
#define KITINET_TRANSPORT_KERNELS_H

#include "collision_list.h"
#include "lattice_kernels.h"

typedef struct {
  KNLattice          lattice;
  KNActivation       activation;
  const KNCollision *collision;   /* not owned */
  size_t             C, groups;   /* channels; those in groups of as many as there are axes */
  size_t             slab, slabs; /* points of a slab; slabs of a tile */
  size_t             row, strip;  /* reals of one channel: of a tile, and with three slabs beside it */
} KNTransport;

/* The channels of all particles are at least as many as the axes. The collisions are planned for the grid. */
PETSC_INTERN KNTransport kn_transport(const KNGrid *grid, KNActivation activation, const KNCollision *collision);

/* Reals of workspace that both kernels take. */
PETSC_INTERN size_t kn_transport_room(const KNTransport *t);

/*
  y = (or += if add) the step. y, p: (C, S), positions; u: (C, S), velocities before collisions, or with the activation
  of velocities what they are GELU of; tau: (C); list: who collides
*/
PETSC_INTERN void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *u, const KNReal *tau,
                                       const KNTransport *t, const KNCollisionList *list, KNReal *work, int add);

/*
  dp, du = (or += if add) dL/dp, dL/du, and dtau = dL/dtau for dy = dL/dy. dp may be dy or p, du may be u, either may be
  NULL; dtau: (C)
*/
PETSC_INTERN void kn_transport_backward(KNReal *dp, KNReal *du, KNReal *dtau, const KNReal *dy, const KNReal *p,
                                        const KNReal *u, const KNReal *tau, const KNTransport *t,
                                        const KNCollisionList *list, KNReal *work, int add);

#endif

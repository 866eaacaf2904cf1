/*
  Collide, drift and stream over the grid: the arithmetic of transport.c on one sample, some rows of the last axis and
  the channels of one carrying velocity at a time. The two particles of the default collide on the way, along their line
  of centres; for all others velocities after collisions are a field.
*/
#ifndef KITINET_TRANSPORT_KERNELS_H
#define KITINET_TRANSPORT_KERNELS_H

#include "collision_list.h"
#include "lattice_kernels.h"

typedef struct {
  KNLattice          lattice;
  KNActivation       activation;
  const KNCollision *collision; /* not owned */
  size_t             C;         /* channels */
  size_t             most, row; /* rows of the last axis at a time; reals of an array for one channel of them */
  size_t             field;     /* reals of an array (C, S) */
} KNTransport;

/* The channels of all particles are at least as many as the axes. The collisions are planned for the grid. */
PETSC_INTERN KNTransport kn_transport(const KNGrid *grid, KNActivation activation, const KNCollision *collision);

/* Reals of workspace that both kernels take. */
PETSC_INTERN size_t kn_transport_room(const KNTransport *t);

/*
  y = (or += if add) the step. y, p: (C, S), positions; v: (C, S), velocities before collisions; tau: (C); list: who
  collides
*/
PETSC_INTERN void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *v, const KNReal *tau,
                                       const KNTransport *t, const KNCollisionList *list, KNReal *work, int add);

/*
  dp, du = (or += if add) dL/dp, dL/du, and dtau = dL/dtau for dy = dL/dy. dp may be dy or p, du may be u, either may be
  NULL; u: (C, S), of which v is GELU with the activation of velocities, else v; dtau: (C)
*/
PETSC_INTERN void kn_transport_backward(KNReal *dp, KNReal *du, KNReal *dtau, const KNReal *dy, const KNReal *p,
                                        const KNReal *v, const KNReal *u, const KNReal *tau, const KNTransport *t,
                                        const KNCollisionList *list, KNReal *work, int add);

#endif

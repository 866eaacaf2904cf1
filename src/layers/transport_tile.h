/* A tile of transport_kernels.h and its workspace: what the kernels of streaming and of collisions share. */
#ifndef KITINET_TRANSPORT_TILE_H
#define KITINET_TRANSPORT_TILE_H

#include "transport_kernels.h"

/* Slabs [first, first + slabs) of axis 0, points [start, start + n); row: n rounded up. */
typedef struct {
  size_t first, slabs, start, n, row;
} KNTile;

/* Arrays of (C, row) unless said otherwise. */
typedef struct {
  KNReal *x, *v, *slope;   /* p, or p_i - p_j of two particles, (C/2, row); v; dv/du */
  KNReal *q, *inverse, *b; /* (row) of two particles: transport_collide.c */
  KNReal *collided;        /* v'; of two particles (dim, row), of the velocity that carries a group */
  KNReal *dv, *dp;         /* dL/dv'; that of p, but for collisions */
  KNReal *late, *last;     /* (C, slab) dp of the last slab of the tile before, still without the next one; its jump */
  KNReal *start, *wrap;    /* (C, slab) of a periodic axis 0: dp and jump of the first slab, which the last one meets */
  KNReal *z, *D;           /* (dim, row), (dim, dim, row) of a group of channels: dz; dp/dx_a */
  KNReal *jump, *dD, *g;   /* (dim, strip), (dim, dim, row) their gradients: axis 0, inner axes; (2, row) */
  double *dtau;            /* (C) */
} KNTransportWork;

/* Whether two particles collide along their line of centres. */
static inline int kn_two(const KNTransport *t)
{
  return t->collision->law == KN_LAW_LINE_OF_CENTRES && t->collision->n == 2;
}

/* The collisions of a tile. p, u: (C, S) of the sample, positions and velocities, or what they are GELU of */
PETSC_INTERN void kn_tile_collide(const KNTransportWork *at, const KNReal *p, const KNReal *u, const KNTransport *t,
                                  const KNCollisionList *list, const KNTile *tile);

/* v' (dim, row) of the velocity of channels [first, first + dim), in at->collided. */
PETSC_INTERN const KNReal *kn_tile_velocities(const KNTransportWork *at, const KNReal *u, const KNTransport *t,
                                              const KNTile *tile, size_t first);

/*
  Backward, from at->dp and at->dv: dp, du = (or += if add) dL/dp, dL/du in the tile. dp, du: (C, S) of the sample, or
  NULL. dp of slabs that wait for others goes to at->late and at->start. Spoils at->dp, at->dv and at->collided.
*/
PETSC_INTERN void kn_tile_collide_back(const KNTransportWork *at, KNReal *dp, KNReal *du, const KNReal *u,
                                       const KNTransport *t, const KNCollisionList *list, const KNTile *tile, int add);

#endif

/*
  Residual connections: R maps positions x and velocities v, both (B, C, S), to the next x. Any recipe puts one wherever
  it has a residual connection. Each kind is a layer of two inputs, (x, v), that KNLayerSetActivation() tells where to
  apply GELU; a new kind is a file in src/layers/ and a line in residual_list.h: drift.c shows how.

    plain       R = x + v                                      free flight
    collision   R = x + C(x, v)                                collide, then drift: kinetic.c
    transport   R = x + C(x, v) - tau (C(x, v) . grad) x       collide, stream over the grid, drift: transport.c
*/
#ifndef KITINET_RESIDUAL_H
#define KITINET_RESIDUAL_H

#include <kitinet/layer.h>

/* Not collective. Names of the kinds in order, ended by NULL: choices of an option. Not owned. */
PETSC_EXTERN const char *const *KNResidualNames(void);

/* Not collective. The type of the layer (KNLayerCreate) of a kind, a position in KNResidualNames(). Not owned. */
PETSC_EXTERN const char *KNResidualLayer(PetscInt kind);

#endif

/*
  The heads of attention: the channels of a field in H equal parts, each of which attends for itself, head h the
  channels h d .. (h + 1) d - 1.
*/
#ifndef KITINET_HEADS_H
#define KITINET_HEADS_H

#include "layer_impl.h"

/* Collective on PETSC_COMM_WORLD. Declares and reads -model_heads, which all layers with heads share. */
PETSC_INTERN PetscErrorCode KNHeadsSetFromOptions(PetscInt *heads);

/* Not collective, for setup. Raises KN_ERR_USAGE where the layer's channels do not divide into so many heads. */
PETSC_INTERN PetscErrorCode KNHeadsCheck(KNLayer layer, PetscInt heads);

#endif

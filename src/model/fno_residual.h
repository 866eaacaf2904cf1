/* The residuals of fno.c, -model_residual: which layer maps a block's z = p + u to x_{l+1}, p = W x_l + b, u = K x_l, and what it takes. */
#ifndef KITINET_FNO_RESIDUAL_H
#define KITINET_FNO_RESIDUAL_H

#include <petscsys.h>

typedef enum { RESIDUAL_COLLISION, RESIDUAL_PLAIN, RESIDUAL_FNO, RESIDUAL_FNO_COLLISION, RESIDUAL_TRANSPORT, RESIDUAL_DROPOUT } ResidualType;
static const char *const ResidualNames[] = {"collision", "plain", "fno", "fno_collision", "transport", NULL};

typedef struct {
  const char *layer;
  PetscBool   carries; /* x_l itself goes on to x_{l+1}, in the last block too: others end without a layer */
  PetscBool   adds;    /* the layer takes (x_l, z) and adds x_l, else fno.c does */
  PetscBool   parts;   /* the layer takes (p, u), else z */
} Residual;

static const Residual Residuals[] = {
  [RESIDUAL_COLLISION]     = {"kinetic", .carries = PETSC_TRUE, .adds = PETSC_TRUE},
  [RESIDUAL_PLAIN]         = {"drift", .carries = PETSC_TRUE, .adds = PETSC_TRUE},
  [RESIDUAL_FNO]           = {"gelu"},
  [RESIDUAL_FNO_COLLISION] = {"scatter", .parts = PETSC_TRUE},
  [RESIDUAL_TRANSPORT]     = {"transport", .carries = PETSC_TRUE, .parts = PETSC_TRUE},
  [RESIDUAL_DROPOUT]       = {"gelu", .carries = PETSC_TRUE}, /* plain with -model_dropout, which acts on what the layer makes */
};

#endif

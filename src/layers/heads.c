/* The heads of attention: see heads.h. */
#include "heads.h"
#include <kitinet/error.h>
#include <kitinet/options.h>

PetscErrorCode KNHeadsSetFromOptions(PetscInt *heads)
{
  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-model_heads", "heads of attention, equal parts of the channels", 1, 1024, heads));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNHeadsCheck(KNLayer layer, PetscInt heads)
{
  PetscFunctionBegin;
  PetscCheck(layer->in % heads == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "layer %s: %" PetscInt_FMT " channels do not divide into -model_heads %" PetscInt_FMT
             ": give a divisor, or another -model_width",
             layer->name, layer->in, heads);
  PetscFunctionReturn(PETSC_SUCCESS);
}

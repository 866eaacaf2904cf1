/* Parts of "kitinet convert". */
#ifndef KITINET_CONVERT_H
#define KITINET_CONVERT_H

#include "command.h"
#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD. like "": the weights of op, which is the checkpoint `input`, are written to `output`
  as arrays. Else op is the checkpoint `like`; it gets the weights of the arrays in `input` and is written to
  `output`. Raises KN_ERR_USAGE if the output exists and is not to be overwritten, KN_ERR_INPUT for arrays that do not
  fit.
*/
PetscErrorCode KNConvertWeights(KNOperator op, const char input[], const char like[], const char output[],
                                PetscBool overwrite);

/* Collective on PETSC_COMM_WORLD. Options of pictures: image_size, fit and colour of a KNSourceChoice. */
PetscErrorCode KNImageOptions(PetscInt *size, PetscInt *fit, PetscInt *colour);

#endif

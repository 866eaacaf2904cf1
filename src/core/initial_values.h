/* The initial values of a parameter. */
#ifndef KITINET_INITIAL_VALUES_H
#define KITINET_INITIAL_VALUES_H

#include <kitinet/parameters.h>

/*
  Not collective. value: (info->size), written: a function of (seed, index, element) and, where the distribution needs
  it, the shape. index: number of the parameter.
*/
PETSC_INTERN PetscErrorCode KNInitialValues(const KNParameterInfo *info, PetscInt64 seed, PetscInt64 index,
                                            KNReal *value);

#endif

/* Options of an engine that many equations share: each has the equation's name before its own. */
#ifndef KITINET_ENGINE_OPTIONS_H
#define KITINET_ENGINE_OPTIONS_H

#include <kitinet/base.h>

/* Collective on PETSC_COMM_WORLD. As KNOptionsReal(), KNOptionsInt(), KNOptionsChoice() of -<prefix><name>. */
PETSC_INTERN PetscErrorCode KNEngineReal(const char prefix[], const char name[], const char help[], PetscReal lowest,
                                         PetscReal highest, PetscReal *value);
PETSC_INTERN PetscErrorCode KNEngineInt(const char prefix[], const char name[], const char help[], PetscInt lowest,
                                        PetscInt highest, PetscInt *value);
PETSC_INTERN PetscErrorCode KNEngineChoice(const char prefix[], const char name[], const char help[],
                                           const char *const choices[], PetscInt *value);

#endif

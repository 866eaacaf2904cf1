/* Declared under the equation's name. */
#include <kitinet/options.h>
#include "engine_options.h"

PetscErrorCode KNEngineReal(const char prefix[], const char name[], const char help[], PetscReal lowest,
                            PetscReal highest, PetscReal *value)
{
  char option[3 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%s%s", prefix, name));
  PetscCall(KNOptionsReal(option, help, lowest, highest, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEngineInt(const char prefix[], const char name[], const char help[], PetscInt lowest, PetscInt highest,
                           PetscInt *value)
{
  char option[3 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%s%s", prefix, name));
  PetscCall(KNOptionsInt(option, help, lowest, highest, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNEngineChoice(const char prefix[], const char name[], const char help[], const char *const choices[],
                              PetscInt *value)
{
  char option[3 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%s%s", prefix, name));
  PetscCall(KNOptionsChoice(option, help, choices, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Declared once for fields in cosines and periodic ones. */
#include <kitinet/options.h>
#include "field_options.h"

PetscErrorCode KNFieldOptions(const char prefix[], const char scale_help[], PetscReal *alpha, PetscReal *tau,
                              PetscReal *scale)
{
  char name[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(name, sizeof(name), "-%salpha", prefix));
  PetscCall(KNOptionsReal(name, "smoothness of the random field: covariance scale^2 (-Laplace + tau^2)^-alpha", 0.5,
                          20.0, alpha));
  PetscCall(PetscSNPrintf(name, sizeof(name), "-%stau", prefix));
  PetscCall(KNOptionsReal(name, "inverse length scale of the random field", 0.0, 1e3, tau));
  PetscCall(PetscSNPrintf(name, sizeof(name), "-%sscale", prefix));
  PetscCall(KNOptionsReal(name, scale_help, 0.0, 1e30, scale));
  PetscFunctionReturn(PETSC_SUCCESS);
}

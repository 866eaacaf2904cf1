/*
  Energy spectra: how the mean square of a field is shared out among wavenumbers.

      mean of u^2 over the domain = sum over shells s of E(s),   shell s: the modes with round(|k|) = s

  Modes are those that fit the points: exp(2 pi i k x) on periodic points; cos(pi k x) on cells and on nodes, which
  need no periodic field. On nodes the mean is the trapezoid rule's.
*/
#ifndef KITINET_SPECTRUM_H
#define KITINET_SPECTRUM_H

#include <kitinet/base.h>

typedef struct _p_KNSpectrum *KNSpectrum;

/* Not collective. Plans for fields on the grid. The caller destroys it. */
PETSC_EXTERN PetscErrorCode KNSpectrumCreate(const KNGrid *grid, KNSpectrum *spectrum);
PETSC_EXTERN PetscErrorCode KNSpectrumDestroy(KNSpectrum *spectrum);

/*
  Not collective. Number of shells, and the wavenumber of each, (shells), in cycles a unit length; not owned. Either
  may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNSpectrumGetShells(KNSpectrum spectrum, PetscInt *shells, const PetscReal **wavenumber);

/* Not collective. energy (shells) += E of u (S). */
PETSC_EXTERN PetscErrorCode KNSpectrumAdd(KNSpectrum spectrum, const float u[], PetscReal energy[]);

#endif

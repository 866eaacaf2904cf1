/*
  What pad and crop share: the enlarged grid, and the two maps between it and the original.

  An axis of n points is padded to n + round(fraction n) points. This grows strictly with n, so that the padded grid
  determines the original: crop needs no more than the fraction.
*/
#ifndef KITINET_PADDING_H
#define KITINET_PADDING_H

#include "layer_impl.h"

/* An axis of n points after padding. */
static inline PetscInt KNPadded(PetscInt n, PetscReal fraction)
{
  return n + (PetscInt)PetscFloorReal(fraction * (PetscReal)n + 0.5);
}

/* The grid with `points` points along its first axis. Of slabs only those at the end change. */
PETSC_INTERN KNGrid KNPaddedFirst(const KNGrid *grid, PetscInt points);

/* Declares and reads -model_padding and -model_padding_axes: the fraction of each axis. Collective. */
PETSC_INTERN PetscErrorCode KNPaddingSetFromOptions(PetscReal fraction[KN_MAX_DIM]);

/* P fields y on the large grid N = (or += if add) x on the small grid n, 0 beyond it. x: (P, n), y: (P, N). */
PETSC_INTERN void kn_extend(KNReal *restrict y, const size_t N[3], const KNReal *restrict x, const size_t n[3],
                            size_t P, int add);

/* Its adjoint: P fields x on the small grid n = (or += if add) y on the large grid N, cut to it. */
PETSC_INTERN void kn_restrict(KNReal *restrict x, const size_t n[3], const KNReal *restrict y, const size_t N[3],
                              size_t P, int add);

#endif

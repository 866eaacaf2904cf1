/* What loops over rows of points share, such that the compiler makes vectors of them: no branches, no calls. */
#ifndef KITINET_ROW_KERNELS_H
#define KITINET_ROW_KERNELS_H

#include <petscsys.h>

#define KN_ALWAYS static inline __attribute__((always_inline))

/* Before a loop over the points of rows that do not overlap: no iteration waits for another. */
#if defined(__clang__)
#define KN_ROW_LOOP _Pragma("clang loop vectorize(assume_safety)")
#else
#define KN_ROW_LOOP _Pragma("GCC ivdep")
#endif

KN_ALWAYS PetscReal kn_larger(PetscReal a, PetscReal b)
{
  return a > b ? a : b;
}

KN_ALWAYS PetscReal kn_smaller(PetscReal a, PetscReal b)
{
  return a < b ? a : b;
}

/* |s| of a wave of speed s, at least half of the `width` by which the wave spreads (Harten and Hyman). */
KN_ALWAYS PetscReal kn_spread(PetscReal s, PetscReal width)
{
  const PetscReal size = PetscAbsReal(s);

  return size < width ? 0.5 * (s * s / kn_larger(width, 1e-300) + width) : size;
}

#endif

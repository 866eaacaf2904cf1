/* Private to src/data/: a normaliser's state, and the moments that its statistics come from. */
#ifndef KITINET_NORMALIZER_IMPL_H
#define KITINET_NORMALIZER_IMPL_H

#include <kitinet/normalizer.h>

struct _p_KNNormalizer {
  KNNormalizerType type;
  PetscInt         channels;     /* C */
  KNGrid           fitted, grid; /* of the statistics; of the arrays to encode */
  size_t           count;        /* 0, C or C S_fitted */
  float           *mean, *std;   /* (count) */
  float           *lift;       /* (C, S_fitted) of KNNormalizerKeepBoundary(); NULL: boundary values are as they come */
  float           *mean_grid;  /* (C, S) on grid: what is added in decoding */
  float           *scale_grid; /* (C, S): std + eps, times the distance to the boundary where there is a lift */
};

/*
  Not collective (normalizer_boundary.c). distance: (S) product over the axes of 4 t (1 - t) of the grid's points, a
  slab's or all.
*/
PETSC_INTERN void KNGridDistance(const KNGrid *grid, float distance[]);

/* Moments of n values: their mean and the sum of squared deviations from it. */
typedef struct {
  double n, mean, M;
} Moments;

/* total = values of a, then values of b. Chan's formula. */
static inline Moments kn_moments_merge(Moments a, Moments b)
{
  const double n = a.n + b.n, delta = b.mean - a.mean;

  if (n == 0.0) return a;
  return (Moments){n, a.mean + delta * (b.n / n), a.M + b.M + delta * delta * (a.n * b.n / n)};
}

/*
  Not collective, on all ranks alike: normalizer->lift from mean and std (C, S_fitted) of each point over the samples,
  of which mean becomes the lift. Raises KN_ERR_INPUT where the boundary values are not the same in all samples, or, on
  cells, not 0.
*/
PETSC_INTERN PetscErrorCode KNNormalizerFitLift(KNNormalizer normalizer, const float mean[], const float std[]);

/* Not collective. Multilinear interpolation of one channel, from u (S_fitted) to v (S), of a slab or the whole grid. */
PETSC_INTERN PetscErrorCode KNNormalizerInterpolate(const KNGrid *from, const float u[], const KNGrid *to, float v[]);

#endif

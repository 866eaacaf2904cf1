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
  float           *mean_grid;    /* (C, S) on grid */
  float           *scale_grid;   /* (C, S): std + eps */
};

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

#endif

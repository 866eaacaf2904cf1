/*
  The plan of a convolution in float by sweeps, and its kernels.

  A sweep is what forward and the gradient of the input have in common: sums over taps of products of matrices,

      to(j) = sum over t of W_t from(j + t)

  with unit steps: a field is first copied ("spread") into a padded one, whose points are sorted by their phase, the
  remainder of their position by the stride, where products run along points. Forward is one part with all taps; the
  gradient of the input of a strided convolution has a part for each phase of its points, with the taps that reach
  them.

  Rows: fields (C, points), products along a row of points, for long rows. Points: fields (points, C), products along
  channels, for short ones.
*/
#ifndef KITINET_CONVOLUTION_IMPL_H
#define KITINET_CONVOLUTION_IMPL_H

#include <kitinet/base.h>

typedef struct {
  size_t  n;         /* points of the field */
  size_t  phases, M; /* the padded axis: its point s m + q is point m of phase q */
  int    *index;     /* (phases, M) point of the field; -1: outside, 0 */
  size_t *run[2];    /* (phases) first and end of the m whose points lie `step` apart */
  size_t  step;
} KNSpreadAxis;

typedef struct {
  KNSpreadAxis axis[3];
} KNSpread;

typedef struct {
  size_t              count;   /* taps */
  size_t              n[3];    /* results along each axis */
  size_t              step[3]; /* points of the source from one result to the next: the stride in points, 1 in phases */
  unsigned long long *source, *weight; /* (count) bytes to the tap's first value, to its weights */
  size_t             *at;              /* (count) elements to the tap's first value where the layout is points */
  int                *to[3];           /* (n) where they belong */
  int                 neighbours;      /* those of a row beside each other */
} KNConvolutionPart;

enum { KN_CONVOLUTION_PARTS = 8 }; /* stride 2 along three axes */

typedef struct {
  int               points;         /* layout */
  size_t            Ci, Co, groups; /* channels of a group that it reads and writes */
  KNSpread          spread;
  size_t            extent[3]; /* of what it writes */
  int               direct;    /* rows of results are rows of what it writes */
  int               folds;     /* several results belong to one point */
  size_t            nparts, taps;
  KNConvolutionPart part[KN_CONVOLUTION_PARTS];
} KNConvolutionSweep;

/* Elements of the padded field of C channels. */
static inline size_t KNSpreadSize(const KNSpread *spread, size_t C)
{
  size_t size = C;

  for (int a = 0; a < 3; a++) size *= spread->axis[a].phases * spread->axis[a].M;
  return size;
}

/*
  Not collective. An axis of n points, spread over M points of each phase; `before`: points of padding before the first.
*/
PETSC_INTERN PetscErrorCode KNSpreadAxisMake(size_t n, size_t phases, size_t M, size_t step, size_t before,
                                             int periodic, KNSpreadAxis *axis);
PETSC_INTERN PetscErrorCode KNSpreadReset(KNSpread *spread);

/*
  Not collective. n, N: points of input and output; k: odd kernel; s: stride, 1 or 2; in, out: channels of a group.
  Forward writes N points from n, backward n from N.
*/
PETSC_INTERN PetscErrorCode KNConvolutionPlanForward(KNConvolutionSweep *sweep, const size_t n[3], const size_t N[3],
                                                     const size_t k[3], const size_t s[3], int periodic);
PETSC_INTERN PetscErrorCode KNConvolutionPlanBackward(KNConvolutionSweep *sweep, const size_t n[3], const size_t N[3],
                                                      const size_t k[3], const size_t s[3], int periodic);
PETSC_INTERN PetscErrorCode KNConvolutionPlanReset(KNConvolutionSweep *sweep);

/*
  Not collective. row: (rows of results) bytes to each row of dy, and to what tap 0 sees for it of x, spread in points;
  for PetscFree(). Forward must be planned.
*/
PETSC_INTERN PetscErrorCode KNConvolutionPlanGradient(const KNConvolutionSweep *forward, unsigned long long *row[2]);

/* to: (phases, C, M) in rows, (phases, M, C) in points, from x: (C, n) */
PETSC_INTERN void kn_spread(KNReal *to, const KNReal *x, const KNSpread *spread, size_t C, int points);

/*
  to: (groups Co, extent) = (or += if add) the sums over taps, + bias (groups Co) if there is one. from: spread; row:
  scratch of a row of results, Co max n[2]. W: (groups, taps, Co, Ci) for rows, (groups, taps, Ci, Co) for points.
*/
PETSC_INTERN void kn_convolve(KNReal *to, const KNReal *from, const KNReal *W, const KNReal *bias, KNReal *row,
                              const KNConvolutionSweep *sweep, int add);

/*
  dW (groups, taps, Co, Ci) = (or += if add) the sum over the points of a sample. dy: (groups Co, N), x: spread in
  points, row: its rows.
*/
PETSC_INTERN void kn_convolution_gradient(KNReal *dW, const KNReal *dy, const KNReal *x,
                                          unsigned long long *const row[2], const KNConvolutionSweep *forward, int add);

/*
  Of few input channels, one group, stride 1: dW (taps, Ci, Co), one product for all taps. x: spread in rows; work:
  dy_points (N, Co), columns (KNConvolutionColumns()).
*/
PETSC_INTERN void   kn_convolution_gradient_narrow(KNReal *dW, const KNReal *dy, const KNReal *x, KNReal *dy_points,
                                                   KNReal *columns, const KNConvolutionSweep *forward, int add);
PETSC_INTERN size_t KNConvolutionColumns(const KNConvolutionSweep *forward);

/*
  total (n, T), whose elements lie `next` and 1 apart, = (or += if add) the sum of B shares, stride apart, (T, n) each,
  whose elements lie `at` and 1 apart.
*/
PETSC_INTERN void kn_sum_taps(KNReal *total, size_t next, const KNReal *share, size_t B, size_t stride, size_t T,
                              size_t at, size_t n, int add);

#endif

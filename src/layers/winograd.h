/*
  Convolutions of 3 x 3 points by Winograd's minimal filtering F(2 x 2, 3 x 3) (Lavin and Gray 2015, arXiv
  1509.09308): 16 multiplications give the 4 results of a tile, instead of 36. With d the 4 x 4 points that a tile
  sees, g the kernel,

      y = A^T [(G g G^T) . (B^T d B)] A,    dg = G^T [(A dy A^T) . (B^T d B)] G

  Each of the 16 numbers of all tiles and channels is a matrix: (tiles, C_in) times (C_in, C_out). Fields are (points,
  C), channels vectorised; a padded field has M columns, its tile (i, j) begins at row 2i and column 2j. The 16
  matrices lie `plane` elements apart: KNWinogradPlane().
*/
#ifndef KITINET_WINOGRAD_H
#define KITINET_WINOGRAD_H

#include "convolution_impl.h"

enum { KN_WINOGRAD = 16 };

/* Of matrices of so many elements: a line more than they take, or all 16 would compete for one set of the cache. */
static inline size_t KNWinogradPlane(size_t elements)
{
  return KNAligned(elements) + KN_ALIGN / sizeof(KNReal);
}

/* U: (16, Ci, Co), one output channel o of it, from W (Co, Ci, 3, 3); back: (16, Co, Ci), of the gradient of the input.
 */
PETSC_INTERN void kn_winograd_weights(KNReal *U, KNReal *back, const KNReal *W, size_t o, size_t Ci, size_t Co);

/* V: (16, rows columns, C) = B^T d B of rows x columns tiles, the first at d (.., M, C). */
PETSC_INTERN void kn_winograd_input(KNReal *V, size_t plane, const KNReal *d, size_t M, size_t rows, size_t columns,
                                    size_t C);

/* y: (2 rows, 2 columns, C) = A^T m A, m: (16, rows columns, C) */
PETSC_INTERN void kn_winograd_output(KNReal *y, const KNReal *m, size_t plane, size_t rows, size_t columns, size_t C);

/* dm: (16, rows columns, C) = A dy A^T of the tiles' 2 x 2 results at dy (n0, n1) in a field with M columns; beyond n0
 * and n1 dy is 0. */
PETSC_INTERN void kn_winograd_output_back(KNReal *dm, size_t plane, const KNReal *dy, size_t M, size_t n0, size_t n1,
                                          size_t rows, size_t columns, size_t C);

/* dW: (9, Ci, Co) = G^T dU G, dU: (16, Ci, Co) */
PETSC_INTERN void kn_winograd_weights_back(KNReal *restrict dW, const KNReal *restrict dU, size_t Ci, size_t Co);

/* A plan for fields of C channels at most, n[0] x n[1] points; zeros outside, or periodic. */
typedef struct {
  size_t   n[2];
  size_t   tiles[2]; /* along the axes */
  size_t   rows;     /* of tiles at a time: the numbers of a piece stay in the cache */
  KNSpread spread;   /* into a padded field of 2 tiles + 2 points along each axis */
} KNWinograd;

PETSC_INTERN PetscErrorCode KNWinogradPlan(KNWinograd *plan, const size_t n[3], size_t C, int periodic);

/* Elements of work for C channels on both sides at most. */
static inline size_t KNWinogradWork(const KNWinograd *plan, size_t C)
{
  const size_t tiles = plan->rows * plan->tiles[1];

  return 2 * KN_WINOGRAD * KNWinogradPlane(tiles * C) + 4 * tiles * C;
}

/* y: (Co, n) = (or += if add) the convolution of x, spread in points, + bias (Co) if there is one. */
PETSC_INTERN void kn_winograd(KNReal *y, const KNReal *x, const KNReal *U, const KNReal *bias, KNReal *work,
                              const KNWinograd *plan, size_t Ci, size_t Co, int add);

/* dU: (16, Ci, Co) = (or += if add) the gradient of U; x, dy: spread in points. */
PETSC_INTERN void kn_winograd_back(KNReal *dU, const KNReal *x, const KNReal *dy, KNReal *work, const KNWinograd *plan,
                                   size_t Ci, size_t Co, int add);

#endif

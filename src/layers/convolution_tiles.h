/*
  Convolutions of unit stride whose numbers are rounded to bfloat16, in the tiles of tile_kernels.h, along 1 to 3 axes.

  A field lies in a padded one, and that in one line of points: tap t of the result at point q of the line sees point
  q + tap[t]. Results at points of the padding are computed too, and dropped. So 16 neighbours of the line, wherever a
  row ends, are the columns of a tile:

      y (Co, q) = sum over t of W_t (Co, Ci) x (Ci, q + tap[t])
      dx (Ci, q) = sum over t of W_t' (Ci, Co) dy (Co, q + tap[t]), t' = taps - 1 - t
      dW_t (Ci, Co) = sum over q of x (Ci, q + tap[t]) dy (q, Co)

  The first two read pairs of channels, the third pairs of points. One core of Sapphire Rapids, whose convolutions of 64
  channels reach 170 GFLOP/s by Winograd in float, reaches some 700 with all copies.
*/
#ifndef KITINET_CONVOLUTION_TILES_H
#define KITINET_CONVOLUTION_TILES_H

#include "bfloat16_impl.h"
#include "convolution_impl.h"

typedef struct {
  size_t   Ci, Co, taps;
  size_t   n[3], M[3];            /* points, and of the padded field */
  size_t   points;                /* of the line, from the first result to the last */
  size_t   plane;                 /* of the line with room behind it */
  KNSpread around;                /* into the padded field */
  KNSpread behind;                /* so that a result's point of the line is its own; zeros elsewhere */
  size_t  *tap;                   /* (taps) */
  size_t   depth[2], steps[2];    /* products of forward, of the gradient of the input: one for each tap and `depth`
                                  channels that it reads */
  size_t  *weight[2], *source[2]; /* (steps) bytes to the weights and points of a product */
} KNTileConvolution;

/* Not collective. Are there such convolutions on this processor, of Ci and Co channels? */
PETSC_INTERN int KNTileConvolutionFits(size_t Ci, size_t Co);

/* Not collective. n: points along the axes, k: odd kernel; zeros outside, or periodic. */
PETSC_INTERN PetscErrorCode KNTileConvolutionPlan(KNTileConvolution *plan, size_t Ci, size_t Co, const size_t n[3],
                                                  const size_t k[3], int periodic);
PETSC_INTERN PetscErrorCode KNTileConvolutionReset(KNTileConvolution *plan);

/* Elements of work that a thread needs. */
PETSC_INTERN size_t KNTileConvolutionWork(const KNTileConvolution *plan);

/* Row o of forward (taps, Co, Ci), row i of back (taps, Ci, Co), KNHalf, from W: (Co, Ci, taps). */
PETSC_INTERN void kn_tile_weights(void *forward, const KNReal *W, size_t o, const KNTileConvolution *plan);
PETSC_INTERN void kn_tile_weights_back(void *back, const KNReal *W, size_t i, const KNTileConvolution *plan);

/*
  y (Co, n) = (or += if add) the convolution of x (Ci, n), + bias (Co) if there is one; back: y (Ci, n) is the gradient
  of the input for x (Co, n), that of the output, with the weights of back.
*/
PETSC_INTERN void kn_tile_convolve(KNReal *y, const KNReal *x, const void *W, const KNReal *bias, void *work,
                                   const KNTileConvolution *plan, int back, int add);

/* dW (taps, Ci, Co) = (or += if add) the gradient of the weights. */
PETSC_INTERN void kn_tile_gradient(KNReal *dW, const KNReal *x, const KNReal *dy, void *work,
                                   const KNTileConvolution *plan, int add);

#endif

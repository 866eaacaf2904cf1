/*
  Kernels of a pointwise linear map y = W x + bias, for the points of one sample or a part of them: n points of C
  channels, whose rows lie ldx (ldy, ..) elements apart. W: (Co, Ci), bias: (Co), x: (Ci, n), y: (Co, n). by: the
  products that they are made of, kn_products_of() the pass.
*/
#ifndef KITINET_LINEAR_KERNELS_H
#define KITINET_LINEAR_KERNELS_H

#include "product_kernels.h"

/* y = (or += if add) W x + bias */
PETSC_INTERN void kn_linear_forward(const KNProducts *by, KNReal *y, size_t ldy, const KNReal *x, size_t ldx,
                                    const KNReal *W, const KNReal *bias, size_t Ci, size_t Co, size_t n, int add);

/* dx = (or += if add) W^T dy */
PETSC_INTERN void kn_linear_backward_input(const KNProducts *by, KNReal *dx, size_t lddx, const KNReal *dy, size_t lddy,
                                           const KNReal *W, size_t Ci, size_t Co, size_t n, int add);

/* dW = (or += if add) dy x^T */
PETSC_INTERN void kn_linear_backward_weight(const KNProducts *by, KNReal *dW, const KNReal *dy, size_t lddy,
                                            const KNReal *x, size_t ldx, size_t Ci, size_t Co, size_t n, int add);

/* The sum of x (n), blocks of it in double: a bias sums gradients over all points, of which there may be millions. */
PETSC_INTERN double kn_row_sum(const KNReal *x, size_t n);

/*
  total: (count) = (or += if add) the sum of the shares of B > 0 samples, stride apart, in their order. Called by all
  threads of a team; ends with a barrier.
*/
PETSC_INTERN void kn_sum_shares(KNReal *total, const KNReal *share, size_t B, size_t stride, size_t count, int add);

#endif

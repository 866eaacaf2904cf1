/* The loss: relative L2 error of each sample, |y - t| / |t|, on the physical scale. Pure kernels. */
#ifndef KITINET_LOSS_H
#define KITINET_LOSS_H

#include <kitinet/base.h>

/*
  error (B): |y_b - t_b| / |t_b|, sums in double; y, t (B, n). Where t_b is 0 everywhere: |y_b|.
*/
PETSC_EXTERN void kn_relative_l2_forward(double *error, const KNReal *y, const KNReal *t, size_t B, size_t n);

/* dy (B, n) is written: the gradient of the sum of the errors; error as forward left it. dy may be y. */
PETSC_EXTERN void kn_relative_l2_backward(KNReal *dy, const double *error, const KNReal *y, const KNReal *t, size_t B, size_t n);

/*
  The same in steps, for samples that lie in parts on several ranks: squares (B, 2) of a part, |y - t|^2 and |t|^2, which add up to those of the whole; errors (B) and the gradient on
  a part from the squares of the whole.
*/
PETSC_EXTERN void kn_squares(double *square, const KNReal *y, const KNReal *t, size_t B, size_t n);
PETSC_EXTERN void kn_relative_l2(double *error, const double *square, size_t B);
PETSC_EXTERN void kn_relative_l2_gradient(KNReal *dy, const double *error, const double *square, const KNReal *y, const KNReal *t, size_t B, size_t n);

#endif

/*
  Kernels of the regression losses: relative errors of an array y against its target t, on any scale. Pure; sums in
  double.
*/
#ifndef KITINET_LOSS_H
#define KITINET_LOSS_H

#include <kitinet/base.h>

/* square (2): |y - t|^2 and |t|^2; y, t (n). Squares of parts of an array add up to those of the whole. */
PETSC_EXTERN void kn_squares(double *square, const KNReal *y, const KNReal *t, size_t n);

/*
  error: |y - t| / |t| from the squares; where t is 0 everywhere, |y| / scale, scale^2 = scale_square > 0. Returns what
  was divided by, |t| or scale.
*/
PETSC_EXTERN double kn_relative_error(double *error, const double *square, double scale_square);

/*
  dy (n) is written: the gradient of `error` with respect to y / unit; error and scale as kn_relative_error() gave and
  returned them. unit: a power of two, so that it changes no digits. dy may be y. The minimum has gradient 0.
*/
PETSC_EXTERN void kn_relative_error_gradient(KNReal *dy, double error, double scale, double unit, const KNReal *y,
                                             const KNReal *t, size_t n);

/*
  The relative error of a prediction, |y - t| / |t|: NaN where t is 0 everywhere, which has no relative error; infinite
  where y is not finite. y, t (n).
*/
PETSC_EXTERN double kn_relative_l2(const KNReal *y, const KNReal *t, size_t n);

#endif

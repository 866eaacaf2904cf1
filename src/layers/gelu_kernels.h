/*
  GELU(z) = z Phi(z) and its derivative Phi(z) + z phi(z), on n values in a row; phi, Phi: density and distribution
  function of the standard normal distribution. Every output may be one of the inputs: value s is written from values s
  alone.
*/
#ifndef KITINET_GELU_KERNELS_H
#define KITINET_GELU_KERNELS_H

#include <kitinet/base.h>

/* Operations at a point, forward and backward: those of Phi and phi and the products, a division counted as one. */
#define KN_GELU_FLOPS          39
#define KN_GELU_BACKWARD_FLOPS 42

/* v = GELU(z) */
PETSC_INTERN void kn_gelu_forward(KNReal *v, const KNReal *z, size_t n);

/* y += GELU(z) */
PETSC_INTERN void kn_gelu_add(KNReal *y, const KNReal *z, size_t n);

/* dz = (or += if add) dv GELU'(z) */
PETSC_INTERN void kn_gelu_backward(KNReal *dz, const KNReal *dv, const KNReal *z, size_t n, int add);

/* v = GELU(z), slope = GELU'(z) */
PETSC_INTERN void kn_gelu_both(KNReal *v, KNReal *slope, const KNReal *z, size_t n);

/* y = (or += if add) x + v */
PETSC_INTERN void kn_sum_forward(KNReal *y, const KNReal *x, const KNReal *v, size_t n, int add);

/* dx, dv = (or += if add) dy; either may be NULL, and dx may be dy itself, to be left as it is */
PETSC_INTERN void kn_sum_backward(KNReal *dx, KNReal *dv, const KNReal *dy, size_t n, int add);

/* y = (or += if add) GELU(x + v) */
PETSC_INTERN void kn_sum_gelu_forward(KNReal *y, const KNReal *x, const KNReal *v, size_t n, int add);

/* dx, dv = (or += if add) dy GELU'(x + v); either may be NULL */
PETSC_INTERN void kn_sum_gelu_backward(KNReal *dx, KNReal *dv, const KNReal *dy, const KNReal *x, const KNReal *v,
                                       size_t n, int add);

/* y = (or += if add) x + GELU(z) */
PETSC_INTERN void kn_drift_forward(KNReal *y, const KNReal *x, const KNReal *z, size_t n, int add);

/* dx = (or += if add) dy, dz = (or +=) dy GELU'(z); either may be NULL, and dx may be dy itself, to be left as it is */
PETSC_INTERN void kn_drift_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *z, size_t n, int add);

#endif

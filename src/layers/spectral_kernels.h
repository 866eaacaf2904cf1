/* Kernels of the truncated Fourier transform but its products and FFTs: see spectral_transform.c. */
#ifndef KITINET_SPECTRAL_KERNELS_H
#define KITINET_SPECTRAL_KERNELS_H

#include <kitinet/base.h>

/*
  wave: (K, points), cosine or sine of 2 pi k s / n for k from first_k, s from first_s on, times scale; and its
  transpose.
*/
PETSC_INTERN void kn_waves(KNReal *wave, KNReal *transposed, size_t n, size_t first_k, size_t K, size_t first_s,
                           size_t points, int sine, double scale);

/*
  e_s = x_s + x_(n1 - s), s = 0..n1/2, and o_s = x_s - x_(n1 - s), s = 1..(n1 - 1)/2, of rows; what is its own mirror
  image enters e once. e: (n1/2 + 1, C, n2), o: ((n1 - 1)/2, C, n2), x: (C, n1, n2).
*/
PETSC_INTERN void kn_fold_rows(KNReal *e, KNReal *o, const KNReal *x, size_t C, size_t n1, size_t n2);

/* Its adjoint: y (C, n1, n2) = (or += if add). */
PETSC_INTERN void kn_unfold_rows(KNReal *y, const KNReal *e, const KNReal *o, size_t C, size_t n1, size_t n2, int add);

/* The same of the points of one axis. e: (C, n/2 + 1), o: (C, (n - 1)/2), x: (C, n). */
PETSC_INTERN void kn_fold_columns(KNReal *e, KNReal *o, const KNReal *x, size_t C, size_t n);

/* Its adjoint: y (C, n) = (or += if add). */
PETSC_INTERN void kn_unfold_columns(KNReal *y, const KNReal *e, const KNReal *o, size_t C, size_t n, int add);

/*
  X_k[c], k = (k1, k2), from cosine and sine parts u: (2 h + 1, C, 2, m) of |k1| = 0..h; rows of modes as in
  spectral_transform.h.
*/
PETSC_INTERN void kn_collect_product(KNReal *X, size_t stride, size_t imaginary, const KNReal *u, size_t K1, size_t h,
                                     size_t m, size_t C);

/* Its adjoint. */
PETSC_INTERN void kn_spread_product(KNReal *u, const KNReal *Y, size_t stride, size_t imaginary, size_t K1, size_t h,
                                    size_t m, size_t C);

/* X_k[c] from the transformed columns u: (C, n1, m, 2). */
PETSC_INTERN void kn_collect_fft(KNReal *X, size_t stride, size_t imaginary, const KNReal *u, size_t n1, size_t K1,
                                 size_t h, size_t m, size_t C);

/* u from the kept modes, 0 elsewhere, those of k2 > 0 halved: a c2r transform adds -k2. */
PETSC_INTERN void kn_spread_fft(KNReal *u, const KNReal *Y, size_t stride, size_t imaginary, size_t n1, size_t K1,
                                size_t h, size_t m, size_t C);

#endif

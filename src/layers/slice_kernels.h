/*
  Kernels of attention over slices (physics_attention.c), for one head of d channels on S points and G slices. A: (G,
  d), a: (G), tau: its temperature, W: Wq, Wk, Wv, (d, d) each; x, f, y: (d, S), o: (G, d) what the tokens have become,
  N: (G, d + 1) sums over the points of w f^T and, last column, of w. by: the products over points.
*/
#ifndef KITINET_SLICE_KERNELS_H
#define KITINET_SLICE_KERNELS_H

#include "product_kernels.h"

/* Reals of workspace: of the kernels over points; of the tokens forward, of which backward needs twice as many. */
PETSC_INTERN size_t kn_slice_work(size_t G);
PETSC_INTERN size_t kn_token_work(size_t G, size_t d);

/* N: rows E apart, (G, d) = sum_s w f^T and, if norm, column d = sum_s w */
PETSC_INTERN void kn_slice_sums(const KNProducts *by, KNReal *N, size_t E, const KNReal *f, const KNReal *x,
                                const KNReal *A, const KNReal *a, KNReal tau, KNReal *work, size_t G, size_t d,
                                size_t S, int norm);

/* y = (or += if add) o^T w */
PETSC_INTERN void kn_slice_results(const KNProducts *by, KNReal *y, const KNReal *o, const KNReal *x, const KNReal *A,
                                   const KNReal *a, KNReal tau, KNReal *work, size_t G, size_t d, size_t S, int add);

/* dx, df = (or += if add), either may be NULL; dA: (G, d), da: (G), *dtau: added to; dN: (G, d + 1) of the sums */
PETSC_INTERN void kn_slice_backward(const KNProducts *by, KNReal *dx, KNReal *df, KNReal *dA, KNReal *da, KNReal *dtau,
                                    const KNReal *dy, const KNReal *f, const KNReal *x, const KNReal *o,
                                    const KNReal *dN, const KNReal *A, const KNReal *a, KNReal tau, KNReal *work,
                                    size_t G, size_t d, size_t S, int add);

/* o from N */
PETSC_INTERN void kn_tokens_forward(KNReal *o, KNReal *work, const KNReal *N, const KNReal *const W[3], size_t G,
                                    size_t d);

/* dN from dO = sum_s w dy^T: (G, d); dW: (3, d, d) added to. work: as kn_tokens_forward left it */
PETSC_INTERN void kn_tokens_backward(KNReal *dN, KNReal *dW, const KNReal *dO, KNReal *work, const KNReal *N,
                                     const KNReal *const W[3], size_t G, size_t d);

#endif

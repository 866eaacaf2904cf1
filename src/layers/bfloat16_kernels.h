/*
  Products of matrices whose elements are rounded to bfloat16 (8 bits of mantissa, the exponents of float), to nearest
  even, and whose sums are in float: on a processor with AVX512-BF16 up to twice as many multiplications at a time, with
  AMX sixteen times as many. The forms and their arguments are those of product_kernels.h. Small shapes, for which
  rounding costs more than it saves, are computed in float, and all are where KNBfloat16Lacks() something. The same
  shape always has the same kernel.
*/
#ifndef KITINET_BFLOAT16_KERNELS_H
#define KITINET_BFLOAT16_KERNELS_H

#include <kitinet/base.h>

PETSC_INTERN void kn_product_bfloat16(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb,
                                      size_t M, size_t N, size_t K, int add);
PETSC_INTERN void kn_product_bfloat16_transposed_left(KNReal *C, size_t ldc, const KNReal *A, size_t lda,
                                                      const KNReal *B, size_t ldb, size_t M, size_t N, size_t K,
                                                      int add);
PETSC_INTERN void kn_product_bfloat16_transposed_right(KNReal *C, size_t ldc, const KNReal *A, size_t lda,
                                                       const KNReal *B, size_t ldb, size_t M, size_t N, size_t K,
                                                       int add);

#endif

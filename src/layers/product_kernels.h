/*
  Products of small matrices, row-major: C (M, N) = A B, with rows lda, ldb, ldc elements apart. add: C += A B.

  libxsmm generates a kernel for each shape on its first use, for the instruction set of this processor; without it,
  and for shapes that are not small, BLAS computes. The same shape always has the same kernel, so that equal calls
  leave equal bits. No argument may overlap C. M, N > 0.
*/
#ifndef KITINET_PRODUCT_KERNELS_H
#define KITINET_PRODUCT_KERNELS_H

#include <kitinet/layer.h>

/* A: (M, K), B: (K, N). K may be 0. */
PETSC_INTERN void kn_product(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                             size_t N, size_t K, int add);

/*
  Whether a row's bits in a product of N columns depend on how many rows there are: where the last columns fill no more
  than one vector, of four in a block, libxsmm sums in as many parts as the rows leave registers.
*/
PETSC_INTERN int kn_rows_matter(size_t N);

/* C = A B, eight rows at a time, the last ones filled up in work (8 (K + N)): the same bits for any M. K > 0. */
enum { KN_ROWS = 8 };
PETSC_INTERN void kn_product_of_rows(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb,
                                     size_t M, size_t N, size_t K, KNReal *work);

/* C = A^T B, A: (K, M), B: (K, N). K > 0. */
PETSC_INTERN void kn_product_transposed_left(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B,
                                             size_t ldb, size_t M, size_t N, size_t K, int add);

/* C = A B^T, A: (M, K), B: (N, K). K > 0. */
PETSC_INTERN void kn_product_transposed_right(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B,
                                              size_t ldb, size_t M, size_t N, size_t K, int add);

/* The three forms, for kernels that take numbers of either kind. */
typedef void KNProductForm(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const KNReal *B, size_t ldb, size_t M,
                           size_t N, size_t K, int add);
typedef struct {
  KNProductForm *plain, *transposed_left, *transposed_right;
} KNProducts;

/* As the pass wants them: those above, or those of bfloat16_kernels.h. */
PETSC_INTERN const KNProducts *kn_products_of(const KNPass *pass);

/*
  C = sum over t < count of A_t B_t, of matrices (M, K) and (K, N) that begin a[t], b[t] bytes behind A and B: the taps
  of a convolution, the rows of its gradient. count, K > 0.
*/
PETSC_INTERN void kn_product_sum(KNReal *C, size_t ldc, const KNReal *A, size_t lda, const unsigned long long a[],
                                 const KNReal *B, size_t ldb, const unsigned long long b[], size_t M, size_t N,
                                 size_t K, size_t count, int add);

/*
  `count` products of one shape, whose matrices lie nextA, nextB, nextC elements apart; left: A is given transposed, (K,
  M).
*/
PETSC_INTERN void kn_products(KNReal *C, size_t ldc, size_t nextC, const KNReal *A, size_t lda, size_t nextA,
                              const KNReal *B, size_t ldb, size_t nextB, size_t M, size_t N, size_t K, size_t count,
                              int left, int add);

#endif

/*
  Products of bfloat16 matrices in AMX, the matrix registers of Intel's processors since 2023: eight tiles of 16 rows of
  64 bytes. One instruction adds A B to a tile C: (16, 16) floats, A: (16, depth) numbers, B: (depth / 2, 16) pairs.

  Where one core of Sapphire Rapids reaches 133 GFLOP/s in float, tiles reach 2,300.
*/
#ifndef KITINET_TILE_KERNELS_H
#define KITINET_TILE_KERNELS_H

#include "bfloat16_impl.h"

enum { KN_TILE = 16, KN_TILE_DEPTH = 32 };

/* Has the processor AMX, and does Linux let this process use it? Asked once; any thread. */
PETSC_INTERN int kn_tiles_usable(void);

/* Around all products of a thread; depth: 16 or 32 numbers of k to an instruction. */
PETSC_INTERN void kn_tiles_begin(size_t depth);
PETSC_INTERN void kn_tiles_end(void);

/*
  C (M, N) = (or += if add) the sum over s < steps of A_s B_s, M and N multiples of 16, A_s: (M, depth) numbers, B_s:
  (depth / 2, N) pairs, which begin a[s], b[s] bytes behind A and B; lda, ldb: bytes, ldc: floats from row to row.
  steps > 0.
*/
PETSC_INTERN void kn_tiles_sum(float *C, size_t ldc, const void *A, size_t lda, const size_t a[], const void *B,
                               size_t ldb, const size_t b[], size_t M, size_t N, size_t steps, int add);

#endif

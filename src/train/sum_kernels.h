/*
  Additions of the reduction over ranks, in floats and rounded to bfloat16 (8 bits of mantissa, float's exponents; the
  upper half of a float), to nearest even; NaN stays NaN. All arrays: (n), distinct. Plain C, by all threads.
*/
#ifndef KITINET_SUM_KERNELS_H
#define KITINET_SUM_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* sum += term; rounded: the sum is then rounded; bfloat16: and the term is bfloat16. */
void kn_sum_add(float *restrict sum, const float *restrict term, size_t n);
void kn_sum_add_rounded(float *restrict sum, const float *restrict term, size_t n);
void kn_sum_add_bfloat16(float *restrict sum, const uint16_t *restrict term, size_t n);

void kn_sum_round(float *array, size_t n);

/* What is packed must be rounded: nothing is lost on the way there and back. */
void kn_sum_pack(uint16_t *restrict to, const float *restrict from, size_t n);
void kn_sum_unpack(float *restrict to, const uint16_t *restrict from, size_t n);

#endif

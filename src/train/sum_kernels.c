/* Additions of the reduction over ranks: see sum_kernels.h. */
#include "sum_kernels.h"
#include <string.h>

/* A number of threads takes longer to start than to add fewer elements than these. */
enum { WORTH_THREADS = 16384 };

/* The bits of x rounded to bfloat16, to nearest even; NaN stays NaN. */
static uint32_t kn_rounded(float x)
{
  uint32_t bits;

  memcpy(&bits, &x, sizeof(bits));
  return x != x ? bits | 0x400000 : (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
}

static float kn_float(uint32_t bits)
{
  float x;

  memcpy(&x, &bits, sizeof(x));
  return x;
}

void kn_sum_add(float *restrict sum, const float *restrict term, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) sum[i] += term[i];
}

void kn_sum_add_rounded(float *restrict sum, const float *restrict term, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) sum[i] = kn_float(kn_rounded(sum[i] + term[i]));
}

void kn_sum_add_bfloat16(float *restrict sum, const uint16_t *restrict term, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) sum[i] = kn_float(kn_rounded(sum[i] + kn_float((uint32_t)term[i] << 16)));
}

void kn_sum_round(float *array, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) array[i] = kn_float(kn_rounded(array[i]));
}

void kn_sum_pack(uint16_t *restrict to, const float *restrict from, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) {
    uint32_t bits;

    memcpy(&bits, &from[i], sizeof(bits));
    to[i] = (uint16_t)(bits >> 16);
  }
}

void kn_sum_unpack(float *restrict to, const uint16_t *restrict from, size_t n)
{
#pragma omp parallel for simd schedule(static) if (n > WORTH_THREADS)
  for (size_t i = 0; i < n; i++) to[i] = kn_float((uint32_t)from[i] << 16);
}

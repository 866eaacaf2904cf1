/*
  Vectors for kernels that loops do not vectorise well: as long as the registers that the compiler may use, or half of
  AVX-512's. Any compiler with GCC's vector types takes them, for any processor.
*/
#ifndef KITINET_WIDE_H
#define KITINET_WIDE_H

#include <kitinet/base.h>
#include <string.h>

#if defined(__AVX__)
#define KN_WIDE_BYTES 32
#else
#define KN_WIDE_BYTES 16
#endif

typedef KNReal kn_wide __attribute__((vector_size(KN_WIDE_BYTES)));
enum { KN_WIDE = KN_WIDE_BYTES / sizeof(KNReal) };

/* The first `lanes` values at p, 0 beyond; the first `lanes` values to p. */
static inline __attribute__((always_inline)) kn_wide kn_load(const KNReal *p, size_t lanes)
{
  kn_wide v = {0};

  memcpy(&v, p, lanes * sizeof(*p));
  return v;
}

static inline __attribute__((always_inline)) void kn_store(KNReal *p, kn_wide v, size_t lanes)
{
  memcpy(p, &v, lanes * sizeof(*p));
}

#endif

/* The normal distribution, in loops over points: GELU(x) = x Phi(x), GELU'(x) = Phi(x) + x phi(x). */
#ifndef KITINET_NORMAL_H
#define KITINET_NORMAL_H

#include <kitinet/base.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/*
  e^x for -87 < x <= 0, relative error 3e-9 before rounding: 2^k e^r, |r| <= ln(2)/2, a minimax polynomial in r.
  Unlike libm's it vectorises.
*/
static inline float kn_exp(float x)
{
  const float shift = 0x1.8p23f; /* adding it rounds to a whole number, kept in the low bits */
  const float s     = x * 0x1.715476p+0f + shift;
  const float k     = s - shift;
  const float r     = (x - k * 0x1.62ep-1f) - k * 0x1.0bfbe8p-15f; /* ln 2 in two parts: k times the first is exact */
  const float q = 4.9999993e-1f + r * (1.6666520e-1f + r * (4.1668394e-2f + r * (8.3687825e-3f + r * 1.3814474e-3f)));
  float       e = 1.0f + (r + r * r * q);
  uint32_t    bits, power;

  memcpy(&bits, &e, sizeof(bits));
  memcpy(&power, &s, sizeof(power));
  bits += power << 23; /* k is added to the exponent */
  memcpy(&e, &bits, sizeof(e));
  return e;
}

/*
  Phi and phi at x. In float the tail is Phi(-a) = exp(-a^2/2) t P(t), t = 1 / (1 + 0.275 a), a = |x|: the form of
  Abramowitz and Stegun 7.1.26 with P of degree 5, fitted so that the error of a Phi(-a) stays below 1.1e-8.
*/
#if defined(KN_DOUBLE)
static inline void kn_normal(double x, double *Phi, double *phi)
{
  *Phi = 0.5 * erfc(-x * M_SQRT1_2);
  *phi = exp(-0.5 * x * x) * (0.5 * M_SQRT1_2 * M_2_SQRTPI);
}
#else
static inline void kn_normal(float x, float *Phi, float *phi)
{
  const float b = fabsf(x), a = b < 13.0f ? b : 13.0f; /* beyond, Phi(-a) < 1e-38; a NaN comes back through x Phi */
  const float e = kn_exp(-0.5f * a * a);
  const float t = 1.0f / (1.0f + 0.275f * a);
  const float P =
    0.117573542f +
    t * (0.043596642f + t * (0.330219529f + t * (-0.326388756f + t * (0.449164628f + t * -0.114165574f))));
  const float q = e * t * P;

  *Phi = x < 0.0f ? q : 1.0f - q;
  *phi = 0.398942280f * e;
}
#endif

#endif

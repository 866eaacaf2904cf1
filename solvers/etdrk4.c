/*
  ETDRK4: exponential time differencing of order 4 for v' = L v + N(v), L diagonal, its part of the solution exact.

      a = e^(hL/2) v + q N(v)             q  = h (e^(z/2) - 1)/z,   z = h L
      b = e^(hL/2) v + q N(a)             f1 = h (-4 - z + e^z (4 - 3 z + z^2))/z^3
      c = e^(hL/2) a + q (2 N(b) - N(v))  f2 = h (2 + z + e^z (z - 2))/z^3
      v <- e^(hL) v + f1 N(v) + 2 f2 (N(a) + N(b)) + f3 N(c),   f3 = h (-4 - 3 z - z^2 + e^z (4 - z))/z^3

  Near z = 0 these fractions cancel all digits; they are entire functions, hence equal to their mean over a circle
  around z.

  Sources: Cox and Matthews, J. Comput. Phys. 176 (2002) 430, eqs. 26-29; the circle: Kassam and Trefethen, SIAM J.
  Sci. Comput. 26 (2005) 1214.
*/
#include "etdrk4.h"

#define KN_CIRCLE 32 /* points of its upper half: converged to rounding errors */

void kn_etdrk4_coefficients(const KNETDRK4 *etd, const PetscReal *linear, PetscReal h, size_t modes)
{
  double complex circle[KN_CIRCLE];

  for (int j = 0; j < KN_CIRCLE; j++) circle[j] = cexp(CMPLX(0.0, PETSC_PI * (j + 0.5) / KN_CIRCLE));
  for (size_t k = 0; k < modes; k++) {
    PetscReal q = 0.0, f1 = 0.0, f2 = 0.0, f3 = 0.0;

    for (int j = 0; j < KN_CIRCLE; j++) {
      const double complex z = h * linear[k] + circle[j], half = cexp(z / 2.0), full = half * half, z3 = z * z * z;

      q += creal((half - 1.0) / z);
      f1 += creal((-4.0 - z + full * (4.0 - 3.0 * z + z * z)) / z3);
      f2 += creal((2.0 + z + full * (z - 2.0)) / z3);
      f3 += creal((-4.0 - 3.0 * z - z * z + full * (4.0 - z)) / z3);
    }
    etd->half[k] = PetscExpReal(h * linear[k] / 2.0);
    etd->full[k] = PetscExpReal(h * linear[k]);
    etd->q[k]    = h * q / KN_CIRCLE;
    etd->f1[k]   = h * f1 / KN_CIRCLE;
    etd->f2[k]   = h * f2 / KN_CIRCLE;
    etd->f3[k]   = h * f3 / KN_CIRCLE;
  }
}

void kn_etdrk4_stage(double complex *out, const KNETDRK4 *etd, const double complex *v, const double complex *forcing,
                     size_t modes)
{
  for (size_t k = 0; k < modes; k++) out[k] = etd->half[k] * v[k] + etd->q[k] * forcing[k];
}

void kn_etdrk4_last_stage(double complex *out, const KNETDRK4 *etd, const double complex *a, const double complex *nv,
                          const double complex *nb, size_t modes)
{
  for (size_t k = 0; k < modes; k++) out[k] = etd->half[k] * a[k] + etd->q[k] * (2.0 * nb[k] - nv[k]);
}

void kn_etdrk4_finish(double complex *v, const KNETDRK4 *etd, const double complex *nv, const double complex *na,
                      const double complex *nb, const double complex *nc, size_t modes)
{
  for (size_t k = 0; k < modes; k++)
    v[k] = etd->full[k] * v[k] + etd->f1[k] * nv[k] + 2.0 * etd->f2[k] * (na[k] + nb[k]) + etd->f3[k] * nc[k];
}

/*
  Exponential steps of h, z = h L, phi_k of phi.h.

  Runge-Kutta of order 4 (Krogstad, J. Comput. Phys. 203 (2005) 72, ETDRK4-B):

      a = e^(z/2) v + q N(v)               q  = h/2 phi_1(z/2)
      b = a + r (N(a) - N(v))              r  = h phi_2(z/2)
      c = e^z v + p N(v) + g (N(b) - N(v)) p  = h phi_1(z),   g = 2 h phi_2(z)
      w = e^z v + f1 N(v) + f2 (N(a) + N(b)) + f3 N(c)

      f1 = h (phi_1 - 3 phi_2 + 4 phi_3)(z),   f2 = h (2 phi_2 - 4 phi_3)(z),   f3 = h (4 phi_3 - phi_2)(z)

  Stages by phi_2 follow the stiff modes more closely than those of Cox and Matthews (J. Comput. Phys. 176 (2002) 430):
  a seventh of their error on Kuramoto and Sivashinsky's equation, and the same where L is not stiff. Error: with N(w),
  which the next step needs anyway, in the place of N(c) the step has order 3. The difference f3 (N(w) - N(c)) costs
  nothing (Balac and Mahe, Comput. Phys. Commun. 184 (2013) 1211, in the interaction picture).

  Adams, of order k + 1 = 6 (Hochbruck and Ostermann, Acta Numerica 19 (2010) 209, section 2.5; predicted and corrected
  as Shampine and Gordon do without L): N along the step is the polynomial through its last k values, h apart,

      N(t + s h) = sum over j < k of s (s + 1) .. (s + j - 1)/j! D^j n,   D n_i = n_i - n_{i-1}

  of which e^z takes the integrals g_j = h int_0^1 e^((1-s) z) s (s + 1) .. (s + j - 1)/j! ds:

      w* = e^z v + sum over j < k of g_j D^j n
      w  = w* + g_k (N(w*) - x)            x: N at the end by the polynomial

  then N(w). With g_k - g_{k-1} in the place of g_k the step has order k: the difference is the error.
*/
#include "exponential_steps.h"
#include "phi.h"
#include <kitinet/base.h> /* CMPLX, which clang does not have */
#include <string.h>

typedef PetscReal KNWeight[KN_PHI_LAST + 1]; /* of phi_0, phi_1, .. in a coefficient */

static void kn_weigh_complex(PetscReal *const c[], const PetscReal linear[], PetscReal h, const KNWeight weight[],
                             int rows, int last, size_t count)
{
  for (size_t s = 0; s < count; s++) {
    double complex phi[KN_PHI_LAST + 1];

    kn_phi(phi, h * CMPLX(linear[2 * s], linear[2 * s + 1]), last);
    for (int i = 0; i < rows; i++) {
      double complex sum = 0.0;

      for (int k = 0; k <= last; k++) sum += weight[i][k] * phi[k];
      c[i][2 * s]     = creal(sum);
      c[i][2 * s + 1] = cimag(sum);
    }
  }
}

static void kn_weigh_real(PetscReal *const c[], const PetscReal linear[], PetscReal h, const KNWeight weight[],
                          int rows, int last, size_t count)
{
  for (size_t first = 0; first < count; first += KN_PHI_BLOCK) {
    const size_t width = PetscMin(KN_PHI_BLOCK, count - first);
    double       phi[KN_PHI_LAST + 1][KN_PHI_BLOCK], z[KN_PHI_BLOCK] = {0.0};

    for (size_t s = 0; s < width; s++) z[s] = h * linear[2 * (first + s)];
    kn_phi_real(phi, z, last);
    for (int i = 0; i < rows; i++) {
      double sum[KN_PHI_BLOCK] = {0.0};

      for (int k = 0; k <= last; k++) {
        for (size_t s = 0; s < KN_PHI_BLOCK; s++) sum[s] += weight[i][k] * phi[k][s];
      }
      memcpy(c[i] + first, sum, width * sizeof(*sum));
    }
  }
}

/* c[i] = sum over k of weight[i][k] phi_k(h L), i < rows */
static void kn_weigh(PetscReal *const c[], const PetscReal linear[], PetscReal h, const KNWeight weight[], int rows,
                     int last, PetscBool real, size_t count)
{
  if (real) kn_weigh_real(c, linear, h, weight, rows, last, count);
  else kn_weigh_complex(c, linear, h, weight, rows, last, count);
}

void kn_runge_coefficients(PetscReal *const c[], const PetscReal linear[], PetscReal h, PetscBool real, size_t count)
{
  const KNWeight half[] = {{1.0}, {0.0, 0.5 * h}, {0.0, 0.5 * h, -h}, {0.0, 0.0, h}};
  const KNWeight full[] = {{1.0},
                           {0.0, h, -2.0 * h},
                           {0.0, 0.0, 2.0 * h},
                           {0.0, h, -3.0 * h, 4.0 * h},
                           {0.0, 0.0, 2.0 * h, -4.0 * h},
                           {0.0, 0.0, -h, 4.0 * h}};

  kn_weigh(c, linear, 0.5 * h, half, RK_FULL, 2, real, count);
  kn_weigh(c + RK_FULL, linear, h, full, KN_COEFFICIENTS - RK_FULL, 3, real, count);
}

void kn_adams_coefficients(PetscReal *const c[], const PetscReal linear[], PetscReal h, PetscBool real, size_t count)
{
  KNWeight  weight[ADAMS_ERROR + 1] = {[ADAMS_FULL] = {1.0}};
  PetscReal basis[KN_ADAMS + 2]     = {1.0}; /* s (s + 1) .. (s + j - 1)/j!, powers of s */

  for (int j = 0; j <= KN_ADAMS; j++) {
    PetscReal share = h; /* h (-1)^i binomial(j, i): how much of n_-i is in D^j n */

    for (int i = 0; i <= j; i++) {
      PetscReal factorial = 1.0; /* the integral of e^((1-s) z) s^k is k! phi_{k+1} */

      for (int k = 0; k <= j; k++) {
        const PetscReal phi = basis[k] * factorial;

        if (j < KN_ADAMS) weight[ADAMS_N + i][k + 1] += share * phi;
        else if (i == 0) weight[ADAMS_CORRECTION][k + 1] = share * phi;
        if (i == 0 && j >= KN_ADAMS - 1) weight[ADAMS_ERROR][k + 1] += (j == KN_ADAMS ? h : -h) * phi;
        factorial *= (PetscReal)(k + 1);
      }
      share *= -(PetscReal)(j - i) / (PetscReal)(i + 1);
    }
    for (int k = j + 1; k >= 0; k--) {
      basis[k] = ((k ? basis[k - 1] : 0.0) + (PetscReal)j * basis[k]) / (PetscReal)(j + 1);
    }
  }
  kn_weigh(c, linear, h, weight, ADAMS_ERROR + 1, KN_ADAMS + 1, real, count);
}

/* sum += c v of mode s */
static inline void kn_add(PetscReal sum[2], const PetscReal *c, const PetscReal *v, size_t s, PetscBool real)
{
  if (real) {
    sum[0] += c[s] * v[2 * s];
    sum[1] += c[s] * v[2 * s + 1];
  } else {
    sum[0] += c[2 * s] * v[2 * s] - c[2 * s + 1] * v[2 * s + 1];
    sum[1] += c[2 * s] * v[2 * s + 1] + c[2 * s + 1] * v[2 * s];
  }
}

/* The loops below are compiled for each number of terms, for real and for complex coefficients. */
static inline void kn_sum(PetscReal *restrict out, PetscReal *const c[], const PetscReal *const v[], int terms,
                          PetscBool real, size_t count)
{
  for (size_t s = 0; s < count; s++) {
    PetscReal sum[2] = {0.0, 0.0};

    for (int i = 0; i < terms; i++) kn_add(sum, c[i], v[i], s, real);
    out[2 * s]     = sum[0];
    out[2 * s + 1] = sum[1];
  }
}

void kn_exponential_sum(PetscReal out[], PetscReal *const c[], const PetscReal *const v[], int terms, PetscBool real,
                        size_t count)
{
  if (terms == 2) real ? kn_sum(out, c, v, 2, PETSC_TRUE, count) : kn_sum(out, c, v, 2, PETSC_FALSE, count);
  if (terms == 3) real ? kn_sum(out, c, v, 3, PETSC_TRUE, count) : kn_sum(out, c, v, 3, PETSC_FALSE, count);
  if (terms == 5) real ? kn_sum(out, c, v, 5, PETSC_TRUE, count) : kn_sum(out, c, v, 5, PETSC_FALSE, count);
  if (terms == 6) real ? kn_sum(out, c, v, 6, PETSC_TRUE, count) : kn_sum(out, c, v, 6, PETSC_FALSE, count);
}

static inline void kn_difference(PetscReal *restrict n, const PetscReal *restrict from, const PetscReal *restrict c,
                                 PetscBool real, size_t count)
{
  for (size_t s = 0; s < count; s++) {
    const PetscReal d[2]   = {n[2 * s] - from[2 * s], n[2 * s + 1] - from[2 * s + 1]};
    PetscReal       sum[2] = {0.0, 0.0};

    if (real) kn_add(sum, c + s, d, 0, PETSC_TRUE);
    else kn_add(sum, c + 2 * s, d, 0, PETSC_FALSE);
    n[2 * s]     = sum[0];
    n[2 * s + 1] = sum[1];
  }
}

void kn_exponential_difference(PetscReal n[], const PetscReal from[], const PetscReal c[], PetscBool real, size_t count)
{
  if (real) kn_difference(n, from, c, PETSC_TRUE, count);
  else kn_difference(n, from, c, PETSC_FALSE, count);
}

void kn_adams_ahead(PetscReal *restrict x, PetscReal *const n[], size_t count)
{
  const PetscReal *a = n[0], *b = n[1], *c = n[2], *d = n[3], *e = n[4];

  for (size_t s = 0; s < 2 * count; s++) x[s] = 5.0 * (a[s] - d[s]) - 10.0 * (b[s] - c[s]) + e[s];
}

static inline void kn_correct(PetscReal *restrict w, PetscReal *restrict x, const PetscReal *restrict correction,
                              const PetscReal *restrict error, const PetscReal *restrict nw, PetscBool real,
                              size_t count)
{
  for (size_t s = 0; s < count; s++) {
    const PetscReal d[2]   = {nw[2 * s] - x[2 * s], nw[2 * s + 1] - x[2 * s + 1]};
    PetscReal       sum[2] = {w[2 * s], w[2 * s + 1]}, wrong[2] = {0.0, 0.0};
    const size_t    at = real ? s : 2 * s;

    kn_add(sum, correction + at, d, 0, real);
    kn_add(wrong, error + at, d, 0, real);
    w[2 * s]     = sum[0];
    w[2 * s + 1] = sum[1];
    x[2 * s]     = wrong[0];
    x[2 * s + 1] = wrong[1];
  }
}

void kn_adams_correct(PetscReal w[], PetscReal x[], PetscReal *const c[], const PetscReal nw[], PetscBool real,
                      size_t count)
{
  if (real) kn_correct(w, x, c[ADAMS_CORRECTION], c[ADAMS_ERROR], nw, PETSC_TRUE, count);
  else kn_correct(w, x, c[ADAMS_CORRECTION], c[ADAMS_ERROR], nw, PETSC_FALSE, count);
}

void kn_adams_space(PetscReal *const n[], PetscReal ratio, size_t count)
{
  PetscReal share[KN_ADAMS][KN_ADAMS]; /* of n[j] in the new n[i]: Lagrange's polynomials */

  for (int i = 0; i < KN_ADAMS; i++) {
    for (int j = 0; j < KN_ADAMS; j++) {
      share[i][j] = 1.0;
      for (int k = 0; k < KN_ADAMS; k++) {
        if (k != j) share[i][j] *= ((PetscReal)k - (PetscReal)i * ratio) / (PetscReal)(k - j);
      }
    }
  }
  for (size_t s = 0; s < 2 * count; s++) {
    PetscReal old[KN_ADAMS];

    for (int j = 0; j < KN_ADAMS; j++) old[j] = n[j][s];
    for (int i = 1; i < KN_ADAMS; i++) {
      PetscReal sum = 0.0;

      for (int j = 0; j < KN_ADAMS; j++) sum += share[i][j] * old[j];
      n[i][s] = sum;
    }
  }
}

/*
  phi_0 .. phi_last: near 0, where their recursion phi_{k+1} = (phi_k - 1/k!)/z cancels all digits, by Taylor's series
  of the last and phi_k = 1/k! + z phi_{k+1}. Of real z, of which most equations have nothing else, both are made of
  many at a time, in registers: exp is half of the work then.
*/
#include <math.h>
#include "phi.h"

#define KN_TAYLOR 16 /* terms for |z| <= 1: the next is below 1e-16 of phi_3 */

/* 1/j! and 1/j, j = 0, 1, .. */
static const double kn_share[KN_PHI_LAST + 1] = {1.0, 1.0, 1.0 / 2.0, 1.0 / 6.0, 1.0 / 24.0, 1.0 / 120.0, 1.0 / 720.0};
static const double kn_inverse[KN_TAYLOR + KN_PHI_LAST + 1] = {
  0.0,        1.0,        1.0 / 2.0,  1.0 / 3.0,  1.0 / 4.0,  1.0 / 5.0,  1.0 / 6.0,  1.0 / 7.0,
  1.0 / 8.0,  1.0 / 9.0,  1.0 / 10.0, 1.0 / 11.0, 1.0 / 12.0, 1.0 / 13.0, 1.0 / 14.0, 1.0 / 15.0,
  1.0 / 16.0, 1.0 / 17.0, 1.0 / 18.0, 1.0 / 19.0, 1.0 / 20.0, 1.0 / 21.0, 1.0 / 22.0};

void kn_phi(double complex phi[], double complex z, int last)
{
  if (cabs(z) <= 1.0) {
    double complex sum = 1.0; /* 1 + z/(last + 1) (1 + z/(last + 2) (..)) */

    for (int j = KN_TAYLOR; j > 0; j--) sum = 1.0 + kn_inverse[last + j] * z * sum;
    phi[last] = kn_share[last] * sum;
    for (int k = last - 1; k >= 0; k--) phi[k] = kn_share[k] + z * phi[k + 1];
  } else {
    phi[0] = cexp(z);
    for (int k = 0; k < last; k++) phi[k + 1] = (phi[k] - kn_share[k]) / z;
  }
}

void kn_phi_real(double phi[][KN_PHI_BLOCK], const double z[KN_PHI_BLOCK], int last)
{
  double near[KN_PHI_LAST + 1][KN_PHI_BLOCK], small[KN_PHI_BLOCK], inverse[KN_PHI_BLOCK];

  for (int s = 0; s < KN_PHI_BLOCK; s++) {
    phi[0][s]     = exp(z[s]);
    small[s]      = fabs(z[s]) <= 1.0 ? z[s] : 0.0;
    inverse[s]    = fabs(z[s]) <= 1.0 ? 1.0 : 1.0 / z[s];
    near[last][s] = 1.0;
  }
  for (int j = KN_TAYLOR; j > 0; j--) {
    for (int s = 0; s < KN_PHI_BLOCK; s++) near[last][s] = 1.0 + kn_inverse[last + j] * small[s] * near[last][s];
  }
  for (int s = 0; s < KN_PHI_BLOCK; s++) near[last][s] *= kn_share[last];
  for (int k = last - 1; k > 0; k--) {
    for (int s = 0; s < KN_PHI_BLOCK; s++) near[k][s] = kn_share[k] + small[s] * near[k + 1][s];
  }
  for (int k = 1; k <= last; k++) {
    for (int s = 0; s < KN_PHI_BLOCK; s++) phi[k][s] = (phi[k - 1][s] - kn_share[k - 1]) * inverse[s];
  }
  for (int k = 1; k <= last; k++) {
    for (int s = 0; s < KN_PHI_BLOCK; s++) phi[k][s] = fabs(z[s]) <= 1.0 ? near[k][s] : phi[k][s];
  }
}

/*
  phi_0 .. phi_3: near 0, where their recursion phi_{k+1} = (phi_k - 1/k!)/z cancels all digits, by Taylor's series of
  phi_3 and phi_k = 1/k! + z phi_{k+1}. Real z, of which most equations have nothing else, take a tenth of the time.
*/
#include <math.h>
#include "phi.h"

#define KN_TAYLOR 16 /* terms of phi_3 for |z| <= 1: the next is below 1e-16 of it */

static void kn_phi_real(double complex phi[4], double z)
{
  double p[4];

  if (fabs(z) <= 1.0) {
    /* phi_3 = (1 + z/4 (1 + z/5 (..)))/6 */
    static const double share[KN_TAYLOR] = {1.0 / 4.0,  1.0 / 5.0,  1.0 / 6.0,  1.0 / 7.0,  1.0 / 8.0,  1.0 / 9.0,
                                            1.0 / 10.0, 1.0 / 11.0, 1.0 / 12.0, 1.0 / 13.0, 1.0 / 14.0, 1.0 / 15.0,
                                            1.0 / 16.0, 1.0 / 17.0, 1.0 / 18.0, 1.0 / 19.0};
    double              sum              = 1.0;

    for (int j = KN_TAYLOR - 1; j >= 0; j--) sum = 1.0 + share[j] * z * sum;
    p[3] = sum / 6.0;
    p[2] = 0.5 + z * p[3];
    p[1] = 1.0 + z * p[2];
    p[0] = 1.0 + z * p[1];
  } else {
    const double inverse = 1.0 / z;

    p[0] = exp(z);
    p[1] = (p[0] - 1.0) * inverse;
    p[2] = (p[1] - 1.0) * inverse;
    p[3] = (p[2] - 0.5) * inverse;
  }
  for (int k = 0; k < 4; k++) phi[k] = p[k];
}

void kn_phi(double complex phi[4], double complex z)
{
  if (cimag(z) == 0.0) {
    kn_phi_real(phi, creal(z));
  } else if (cabs(z) <= 1.0) {
    double complex sum = 1.0;

    for (int j = KN_TAYLOR - 1; j >= 0; j--) sum = 1.0 + z * sum / (j + 4);
    phi[3] = sum / 6.0;
    phi[2] = 0.5 + z * phi[3];
    phi[1] = 1.0 + z * phi[2];
    phi[0] = 1.0 + z * phi[1];
  } else {
    phi[0] = cexp(z);
    phi[1] = (phi[0] - 1.0) / z;
    phi[2] = (phi[1] - 1.0) / z;
    phi[3] = (phi[2] - 0.5) / z;
  }
}

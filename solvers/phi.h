/* Functions of exponential integrators: phi_k(z) = sum over j >= 0 of z^j/(j + k)!, phi_0 = exp. */
#ifndef KITINET_PHI_H
#define KITINET_PHI_H

#include <complex.h>
#include <petscsys.h>

/* phi_0 .. phi_3 of z. */
PETSC_INTERN void kn_phi(double complex phi[4], double complex z);

#endif

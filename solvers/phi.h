/* Functions of exponential integrators: phi_k(z) = sum over j >= 0 of z^j/(j + k)!, phi_0 = exp. */
#ifndef KITINET_PHI_H
#define KITINET_PHI_H

#include <complex.h>
#include <petscsys.h>

#define KN_PHI_LAST  6
#define KN_PHI_BLOCK 32

/* phi_0 .. phi_last, last <= KN_PHI_LAST: of a complex number; of KN_PHI_BLOCK real ones. */
PETSC_INTERN void kn_phi(double complex phi[], double complex z, int last);
PETSC_INTERN void kn_phi_real(double phi[][KN_PHI_BLOCK], const double z[KN_PHI_BLOCK], int last);

#endif

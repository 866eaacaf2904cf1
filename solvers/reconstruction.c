/*
  Reconstruction at faces: MUSCL (van Leer, J. Comput. Phys. 32 (1979) 101) with three limiters, and WENO interpolation
  of order 5 with the weights of Borges, Carmona, Costa and Don (J. Comput. Phys. 227 (2008) 3191).

  With a and b the differences to the neighbours, MUSCL takes w -+ s/2 with a slope s(a, b) that is 0 at extrema:

    minmod    the smaller of a and b
    van_leer  their harmonic mean
    mc        their mean, at most twice the smaller one

  All face values lie between those of the neighbours: what is positive stays so. WENO5 has no such bound.
*/
#include "reconstruction.h"
#include "row_kernels.h"

const char *const KNReconstructNames[] = {"minmod", "van_leer", "mc", "weno5", NULL};

KNReconstructRow KNReconstructKernel(PetscInt reconstruct)
{
  static const KNReconstructRow kernels[] = {[KN_RECONSTRUCT_MINMOD]   = kn_reconstruct_minmod,
                                             [KN_RECONSTRUCT_VAN_LEER] = kn_reconstruct_van_leer,
                                             [KN_RECONSTRUCT_MC]       = kn_reconstruct_mc,
                                             [KN_RECONSTRUCT_WENO5]    = kn_reconstruct_weno5};

  return kernels[reconstruct];
}

PetscInt KNReconstructGhosts(PetscInt reconstruct)
{
  return reconstruct == KN_RECONSTRUCT_WENO5 ? 3 : 2;
}

static inline PetscReal kn_less(PetscReal a, PetscReal b)
{
  return a < b ? a : b;
}

void kn_reconstruct_minmod(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride, size_t n)
{
  const PetscReal *restrict here = w, *restrict before = w - stride, *restrict after = w + stride;
  PetscReal *restrict low = lower, *restrict high = upper;

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal a = here[i] - before[i], b = after[i] - here[i];
    const PetscReal least = PetscAbsReal(a) < PetscAbsReal(b) ? a : b;
    const PetscReal half  = a * b > 0.0 ? 0.5 * least : 0.0;

    low[i]  = here[i] - half;
    high[i] = here[i] + half;
  }
}

void kn_reconstruct_van_leer(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride, size_t n)
{
  const PetscReal *restrict here = w, *restrict before = w - stride, *restrict after = w + stride;
  PetscReal *restrict low = lower, *restrict high = upper;

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal a = here[i] - before[i], b = after[i] - here[i];
    const PetscReal product = a * b, sum = a + b;
    const PetscReal half = product > 0.0 ? product / sum : 0.0;

    low[i]  = here[i] - half;
    high[i] = here[i] + half;
  }
}

void kn_reconstruct_mc(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride, size_t n)
{
  const PetscReal *restrict here = w, *restrict before = w - stride, *restrict after = w + stride;
  PetscReal *restrict low = lower, *restrict high = upper;

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal a = here[i] - before[i], b = after[i] - here[i];
    const PetscReal least = PetscAbsReal(a) < PetscAbsReal(b) ? a : b, quarter = 0.25 * (a + b);
    const PetscReal half  = PetscAbsReal(quarter) < PetscAbsReal(least) ? quarter : least;
    const PetscReal slope = a * b > 0.0 ? half : 0.0;

    low[i]  = here[i] - slope;
    high[i] = here[i] + slope;
  }
}

/*
  Three parabolas through three points each, at the upper face: weights 1/16, 10/16, 5/16 where all are smooth; at the
  lower face the mirror image. b0, b1, b2: how rough they are.
*/
void kn_reconstruct_weno5(PetscReal lower[], PetscReal upper[], const PetscReal w[], ptrdiff_t stride, size_t n)
{
  const PetscReal *restrict w2 = w, *restrict w1 = w - stride, *restrict w0 = w - 2 * stride;
  const PetscReal *restrict w3 = w + stride, *restrict w4 = w + 2 * stride;
  PetscReal *restrict low = lower, *restrict high = upper;
  const PetscReal tiny = 1e-100, weight = 13.0 / 12.0;

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal a = w0[i], b = w1[i], c = w2[i], d = w3[i], e = w4[i];
    const PetscReal s0 = a - 2.0 * b + c, s1 = b - 2.0 * c + d, s2 = c - 2.0 * d + e;
    const PetscReal g0 = a - 4.0 * b + 3.0 * c, g1 = b - d, g2 = 3.0 * c - 4.0 * d + e;
    const PetscReal b0 = weight * s0 * s0 + 0.25 * g0 * g0, b1 = weight * s1 * s1 + 0.25 * g1 * g1;
    const PetscReal b2 = weight * s2 * s2 + 0.25 * g2 * g2, tau = PetscAbsReal(b0 - b2);
    const PetscReal r0 = tau / (b0 + tiny), r1 = tau / (b1 + tiny), r2 = tau / (b2 + tiny);
    const PetscReal a0 = 1.0 + kn_less(r0 * r0, 1e100), a1 = 1.0 + kn_less(r1 * r1, 1e100);
    const PetscReal a2  = 1.0 + kn_less(r2 * r2, 1e100);
    const PetscReal up0 = a0, up1 = 10.0 * a1, up2 = 5.0 * a2, down0 = 5.0 * a0, down2 = a2;
    const PetscReal at_upper =
      up0 * (3.0 * a - 10.0 * b + 15.0 * c) + up1 * (6.0 * c - b + 3.0 * d) + up2 * (3.0 * c + 6.0 * d - e);
    const PetscReal at_lower =
      down2 * (3.0 * e - 10.0 * d + 15.0 * c) + up1 * (6.0 * c - d + 3.0 * b) + down0 * (3.0 * c + 6.0 * b - a);

    low[i]  = at_lower / (8.0 * (down0 + up1 + down2));
    high[i] = at_upper / (8.0 * (up0 + up1 + up2));
  }
}

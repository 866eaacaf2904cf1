/*
  H-theorem and Maxwellian limit of a homogeneous gas in two dimensions, for both laws of random directions.

  Collisions conserve the energy, and ln M of a Maxwellian M is linear in it: so H(f) - H(M) = integral of f ln (f/M),
  the relative entropy, decreases to 0. Estimated from BINS classes of |v|^2 that M fills equally, as sum p ln (p BINS).
  In equilibrium 2 N times the estimate is the G statistic, chi-square with BINS - 2 degrees of freedom (the temperature
  is estimated from the same gas).
*/
#include "gas.h"

enum { N = 100000, BINS = 50 };

static const double chi2_48 = 84.0, chi2_49 = 85.4; /* quantiles at 0.999 of 48 and 49 degrees of freedom */

/* sum p ln (p BINS) of N numbers in (0, 1); number(gas, i, scale) */
static double RelativeEntropy(const Gas *gas, double (*number)(const Gas *, size_t, double), double scale)
{
  double count[BINS] = {0}, entropy = 0;

  for (size_t i = 0; i < N; i++) count[PetscMin((size_t)(number(gas, i, scale) * BINS), BINS - 1)]++;
  for (int b = 0; b < BINS; b++) entropy += count[b] > 0 ? count[b] / N * log(count[b] / N * BINS) : 0;
  return entropy;
}

/* Distribution functions under the Maxwellian of temperature T: of |v|^2, of one component, of the direction. */
static double Energy(const Gas *gas, size_t i, double T)
{
  return 1 - exp(-GasSpeedSquared(gas, i) / (2 * T));
}

static double Component(const Gas *gas, size_t i, double T)
{
  return 0.5 * erfc(-(double)gas->v[2 * i] / sqrt(2 * T));
}

static double Direction(const Gas *gas, size_t i, double T)
{
  (void)T;
  return 0.5 + atan2((double)gas->v[2 * i], (double)gas->v[2 * i + 1]) / (2 * PETSC_PI);
}

static void Invariants(const Gas *gas, double invariant[3])
{
  invariant[0] = invariant[1] = invariant[2] = 0;
  for (size_t i = 0; i < N; i++) {
    invariant[0] += (double)gas->v[2 * i] / N;
    invariant[1] += (double)gas->v[2 * i + 1] / N;
    invariant[2] += GasSpeedSquared(gas, i) / (2. * N);
  }
}

static PetscErrorCode TestLaw(KNCollisionLaw law)
{
  const double   kappa   = 0.5;
  const PetscInt steps[] = {0, 2,  4, 6,
                            8, 12, 16}; /* until H comes near the noise of the estimate, 1 / (2 N) for each class */
  double         before[3], after[3], entropy = 1, first = 0;
  Gas            gas;

  PetscFunctionBegin;
  PetscCall(GasCreate(N, 2, law, 7, &gas));
  Invariants(&gas, before);
  for (size_t t = 0; t < PETSC_STATIC_ARRAY_LENGTH(steps); t++) {
    double now;

    while (gas.step < steps[t]) GasStep(&gas, kappa);
    now = RelativeEntropy(&gas, Energy, before[2]);
    PetscCall(PetscPrintf(PETSC_COMM_SELF, "step %2d: H - H(Maxwellian) = %.5f\n", (int)steps[t], now));
    PetscCheck(now < entropy, PETSC_COMM_SELF, PETSC_ERR_PLIB, "step %d: H rose from %g to %g", (int)steps[t], entropy,
               now);
    if (t == 0) first = now;
    entropy = now;
  }
  PetscCheck(first > 0.1 && entropy < 0.05 * first, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "H - H(Maxwellian) fell from %g to %g only", first, entropy);

  while (gas.step < 100)
    GasStep(&gas, kappa); /* 50 collisions of each particle: exp(-50/4) of the fourth moment is left */
  PetscCheck(2 * N * RelativeEntropy(&gas, Energy, before[2]) < chi2_48, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "energies are not those of a Maxwellian: G = %g", 2 * N * RelativeEntropy(&gas, Energy, before[2]));
  PetscCheck(2 * N * RelativeEntropy(&gas, Component, before[2]) < chi2_48, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "velocities are not normal: G = %g", 2 * N * RelativeEntropy(&gas, Component, before[2]));
  PetscCheck(2 * N * RelativeEntropy(&gas, Direction, before[2]) < chi2_49, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "directions are not uniform: G = %g", 2 * N * RelativeEntropy(&gas, Direction, before[2]));

  Invariants(&gas, after);
  for (int k = 0; k < 3; k++)
    PetscCheck(fabs(after[k] - before[k]) < (sizeof(KNReal) == 4 ? 1e-5 : 1e-12), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "invariant %d drifted by %g", k, after[k] - before[k]);
  PetscCall(GasDestroy(&gas));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestLaw(KN_LAW_UNIFORM));
  PetscCall(TestLaw(KN_LAW_ISOTROPIC));
  PetscCall(PetscFinalize());
  return 0;
}

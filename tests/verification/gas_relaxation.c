/*
  The fourth moment of a homogeneous gas relaxes at the exact rate: the collision kernels solve the Boltzmann equation
  of Maxwell molecules.

  Derivation. In one step (n even) a particle collides with probability kappa, with a partner that is independent of it
  as n -> infinity. Let u, w be the two velocities, e = (|u|^2 + |w|^2) / 2, V = (u + w) / 2, r = u - w. After the
  collision u' = V + r'/2 with r' = r - 2 omega (omega . r), |r'| = |r|, so that |u'|^2 = e + V . r' and

    E|u'|^4 = E e^2 + E (V . r')^2        (2 e V . r' is odd under u <-> w once omega is averaged: it vanishes).

  Averages over the sphere, E omega omega^T = I/d and E (a.omega)^2 (b.omega)^2 = (|a|^2 |b|^2 + 2 (a.b)^2) / (d (d+2)),
  give

    E_omega (V . r')^2 = (d-2)/(d+2) (V . r)^2 + 4 |V|^2 |r|^2 / (d (d+2)).

  For an isotropic gas of mean zero, with M2 = E|u|^2 and M4 = E|u|^4: V . r = (|u|^2 - |w|^2) / 2, so E (V . r)^2 = (M4
  - M2^2) / 2; E e^2 = (M4 + M2^2) / 2; |V|^2 |r|^2 = e^2 - (u . w)^2 with E (u . w)^2 = M2^2 / d. Together

    E|u'|^4 - (d+2)/d M2^2 = (1 - lambda) (M4 - (d+2)/d M2^2),    lambda = 2 (d-1) / (d (d+2)):

  1/4 in two dimensions, the rate of Bobylev, Krook and Wu (r' is then uniform on the circle); 4/15 in three, where r'
  is not uniform on the sphere. Law isotropic: r' = |r| omega, so that E_omega (V . r')^2 = |V|^2 |r|^2 / d and lambda =
  (d-1) / (2 d): 1/4 and 1/3, the rates of Bobylev, Krook and Wu. A step mixes a share kappa of such particles in:

    M4_k / M2^2 - (d+2)/d = (1 - kappa lambda)^k (M4_0 / M2^2 - (d+2)/d),    M4_0 / M2^2 = (d+4)/(d+2) for the start of
  gas.h.

  exp(-lambda t) with t = kappa k collisions of a particle, as kappa -> 0. Corrections for finite n are of order 1/n.
*/
#include "gas.h"

enum { N = 100000, RUNS = 10, TIMES = 5 };

static PetscErrorCode TestFourthMoment(size_t d, KNCollisionLaw law)
{
  const double   kappa = 0.25, dim = (double)d, rest = (dim + 2) / dim;
  const double   lambda       = law == KN_LAW_UNIFORM ? 2 * (dim - 1) / (dim * (dim + 2)) : (dim - 1) / (2 * dim);
  const char    *name         = law == KN_LAW_UNIFORM ? "uniform" : "isotropic";
  const PetscInt steps[TIMES] = {2, 6, 10, 16, 24}; /* 0.5 to 6 collisions of each particle */
  double         sum[TIMES] = {0}, square[TIMES] = {0};

  PetscFunctionBegin;
  for (PetscInt64 run = 0; run < RUNS; run++) {
    Gas gas;

    PetscCall(GasCreate(N, d, law, (PetscInt64)d * 1000 + run, &gas));
    for (int t = 0; t < TIMES; t++) {
      double m2 = 0, m4 = 0, excess;

      while (gas.step < steps[t]) GasStep(&gas, kappa);
      for (size_t i = 0; i < N; i++) {
        m2 += GasSpeedSquared(&gas, i) / N;
        m4 += PetscSqr(GasSpeedSquared(&gas, i)) / N;
      }
      excess = m4 / (m2 * m2) - rest;
      sum[t] += excess;
      square[t] += excess * excess;
    }
    PetscCall(GasDestroy(&gas));
  }
  for (int t = 0; t < TIMES; t++) {
    const double start = (dim + 4) / (dim + 2) - rest, expected = start * pow(1 - kappa * lambda, steps[t]);
    const double mean = sum[t] / RUNS, error = sqrt((square[t] / RUNS - mean * mean) / (RUNS - 1));

    PetscCall(PetscPrintf(PETSC_COMM_SELF, "%s, d %zu, step %2d: excess %.5f +- %.5f, exact %.5f\n", name, d,
                          (int)steps[t], mean, error, expected));
    PetscCheck(error < 0.01 * fabs(start), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, d %zu: the test is blind: standard error %g of %g", name, d, error, start);
    PetscCheck(fabs(mean - expected) < 3 * error, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, d %zu, step %d: excess of the fourth moment %g +- %g, exact %g", name, d, (int)steps[t], mean,
               error, expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t d = 2; d <= 3; d++) {
    PetscCall(TestFourthMoment(d, KN_LAW_UNIFORM));
    PetscCall(TestFourthMoment(d, KN_LAW_ISOTROPIC));
  }
  PetscCall(PetscFinalize());
  return 0;
}

/*
  The periodic random field is its Fourier sum, mode by mode and on coarser, finer and odd grids: modes a grid cannot
  resolve are left out. Over 4,000 samples its mean, covariance at several distances and fourth moment lie within 4
  standard errors of the exact ones. The variances of the benchmark distributions of Burgers' and the Navier-Stokes
  equation are the known ones.
*/
#include <kitinet/periodic_field.h>
#include <kitinet/random.h>

#define ALPHA   2.5
#define TAU     7.0
#define SCALE   26.2
#define SEED    5
#define SAMPLES 4000
#define POINTS  16

/*
  The field at x (3), 0 on the axes before the first, by the formula in periodic_field.h, with the modes |k_i| <=
  highest.
*/
static PetscReal DirectSum(PetscInt dim, PetscInt highest, PetscInt64 sample, PetscInt which, const PetscReal x[3])
{
  const PetscInt slow = dim > 1 ? highest : 0, slowest = dim > 2 ? highest : 0;
  PetscReal      sum = 0.0;

  for (PetscInt k0 = -slowest; k0 <= slowest; k0++) {
    for (PetscInt k1 = -slow; k1 <= slow; k1++) {
      for (PetscInt k2 = 0; k2 <= highest; k2++) {
        const PetscReal phase = 2.0 * PETSC_PI * (k0 * x[0] + k1 * x[1] + k2 * x[2]),
                        amplitude =
                          SCALE *
                          PetscPowReal(4.0 * PETSC_PI * PETSC_PI * (PetscReal)(k0 * k0 + k1 * k1 + k2 * k2) + TAU * TAU,
                                       -ALPHA / 2.0);
        uint64_t word[4];
        double   xi[2];

        if (k2 == 0 && (k1 < 0 || (k1 == 0 && k0 <= 0))) continue; /* k = 0, or -k is in the sum */
        KNRandomWords(SEED, KN_STREAM_FIELD, (PetscInt64)k0 * 16777216 + k1, k2, sample, which, word);
        KNNormalPair(word[0], word[1], xi);
        sum += amplitude * PETSC_SQRT2 * (xi[0] * PetscCosReal(phase) + xi[1] * PetscSinReal(phase));
      }
    }
  }
  return sum;
}

/* Draws of a field of 13 or 14 modes, |k_i| <= 6, on n points a side; of every `stride`-th point. */
static PetscErrorCode CheckSum(PetscInt dim, PetscInt n_modes, PetscInt n, size_t stride)
{
  const PetscInt  resolved = PetscMin(6, (n - 1) / 2);
  const size_t    side = (size_t)n, size = (dim > 2 ? side : 1) * (dim > 1 ? side : 1) * side;
  KNPeriodicField field;
  PetscReal      *u;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", dim, ALPHA, TAU, SCALE, &field));
  PetscCall(KNPeriodicFieldSetUp(field, n_modes));
  PetscCall(PetscMalloc1(size + 1, &u));
  for (size_t shift = 0; shift < 2; shift++) { /* any alignment of the caller's array */
    PetscCall(KNPeriodicFieldDraw(field, SEED, 9, 1, n, u + shift));
    for (size_t s = 0; s < size; s += stride) {
      const PetscReal exact =
        DirectSum(dim, resolved, 9, 1,
                  (const PetscReal[]){(PetscReal)(s / side / side) / n, (PetscReal)(s / side % side) / n,
                                      (PetscReal)(s % side) / n});

      PetscCheck(PetscAbsReal(u[s + shift] - exact) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%" PetscInt_FMT "D, %" PetscInt_FMT " points: the field is %g, not %g, at point %zu", dim, n,
                 (double)u[s + shift], (double)exact, s);
    }
  }
  PetscCall(PetscFree(u));
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The coefficients of all k, and beyond the modes, sum up to the field at a point; k and -k are conjugate: the sum is
  real.
*/
static PetscErrorCode CheckCoefficients(PetscInt dim)
{
  const PetscReal x[3] = {dim > 2 ? 0.13 : 0.0, dim > 1 ? 0.3 : 0.0, 0.71};
  const PetscInt  slow = dim > 1 ? 8 : 0, slowest = dim > 2 ? 8 : 0;
  const PetscReal exact = DirectSum(dim, 6, 9, 1, x);
  KNPeriodicField field;
  PetscReal       re = 0.0, im = 0.0, c[2];

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", dim, ALPHA, TAU, SCALE, &field));
  PetscCall(KNPeriodicFieldSetUp(field, 13));
  for (PetscInt k0 = -slowest; k0 <= slowest; k0++) {
    for (PetscInt k1 = -slow; k1 <= slow; k1++) {
      for (PetscInt k2 = -8; k2 <= 8; k2++) {
        const PetscReal phase = 2.0 * PETSC_PI * (k0 * x[0] + k1 * x[1] + k2 * x[2]);
        const PetscInt  k[3]  = {k0, k1, k2};

        PetscCall(KNPeriodicFieldCoefficient(field, SEED, 9, 1, k + 3 - dim, c));
        re += c[0] * PetscCosReal(phase) - c[1] * PetscSinReal(phase);
        im += c[0] * PetscSinReal(phase) + c[1] * PetscCosReal(phase);
      }
    }
  }
  PetscCheck(PetscAbsReal(re - exact) < 1e-13 && PetscAbsReal(im) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%" PetscInt_FMT "D: the coefficients sum up to %g + %g i, not %g", dim, (double)re, (double)im,
             (double)exact);
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  On the cube the covariance is the sum over all k of |c_k|^2 cos(2 pi k.r) in the mean of samples: at most four
  standard errors away.
*/
static PetscErrorCode CheckCovarianceCube(void)
{
  static const PetscReal r[]     = {0.1, 0.3, 0.2};
  const PetscInt         samples = 400;
  KNPeriodicField        field;
  PetscReal              sum = 0.0, squares = 0.0, covariance;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", 3, ALPHA, TAU, SCALE, &field));
  PetscCall(KNPeriodicFieldSetUp(field, 7));
  PetscCall(KNPeriodicFieldCovariance(field, r, &covariance));
  for (PetscInt sample = 0; sample < samples; sample++) {
    PetscReal of_sample = 0.0;

    for (PetscInt i = 0; i < 343; i++) {
      const PetscInt k[3] = {i / 49 - 3, i / 7 % 7 - 3, i % 7 - 3};
      PetscReal      c[2];

      PetscCall(KNPeriodicFieldCoefficient(field, SEED, sample, 0, k, c));
      of_sample +=
        (c[0] * c[0] + c[1] * c[1]) * PetscCosReal(2.0 * PETSC_PI * (k[0] * r[0] + k[1] * r[1] + k[2] * r[2]));
    }
    sum += of_sample / samples;
    squares += of_sample * of_sample / samples;
  }
  PetscCheck(PetscAbsReal(sum - covariance) <= 4.0 * PetscSqrtReal((squares - sum * sum) / samples), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "3D: the covariance is %g, exact %g", (double)sum, (double)covariance);
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* sum / SAMPLES, an estimate whose terms have the given variance, must lie near the exact value. */
static PetscErrorCode CheckMean(const char what[], PetscReal sum, PetscReal exact, PetscReal variance)
{
  const PetscReal mean = sum / SAMPLES, error = PetscSqrtReal(variance / SAMPLES);

  PetscFunctionBegin;
  PetscCheck(PetscAbsReal(mean - exact) <= 4.0 * error, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s is %g, exact %g, standard error %g", what, (double)mean, (double)exact, (double)error);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The point (2, 5) or (5) and others, d points from it along each axis. */
static PetscErrorCode CheckMoments(PetscInt dim)
{
  static const PetscInt d[][2] = {{0, 0}, {0, 1}, {0, 4}, {0, 8}, {3, 0}, {3, 5}, {3, -5}, {8, 8}};
  enum { PAIRS = sizeof(d) / sizeof(d[0]) };
  const size_t    size = dim == 2 ? POINTS * POINTS : POINTS;
  KNPeriodicField field;
  PetscReal       first = 0.0, second[PAIRS] = {0.0}, fourth = 0.0, cross = 0.0, variance, *u, *v;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", dim, ALPHA, TAU, SCALE, &field));
  PetscCall(KNPeriodicFieldSetUp(field, POINTS));
  PetscCall(PetscMalloc2(size, &u, size, &v));
  for (PetscInt sample = 0; sample < SAMPLES; sample++) {
    const size_t p = dim == 2 ? 2 * POINTS + 5 : 5;

    PetscCall(KNPeriodicFieldDraw(field, SEED, sample, 0, POINTS, u));
    PetscCall(KNPeriodicFieldDraw(field, SEED, sample, 1, POINTS, v));
    first += u[p];
    fourth += PetscSqr(PetscSqr(u[p]));
    cross += u[p] * v[p];
    for (int i = 0; i < PAIRS; i++)
      second[i] += u[p] * u[(dim == 2 ? (2 + d[i][0]) % POINTS * POINTS : 0) + (5 + d[i][1] + POINTS) % POINTS];
  }
  PetscCall(KNPeriodicFieldCovariance(field, (const PetscReal[]){0.0, 0.0}, &variance));
  PetscCall(CheckMean("the mean", first, 0.0, variance));
  PetscCall(CheckMean("the fourth moment", fourth, 3.0 * PetscSqr(variance), 96.0 * PetscSqr(PetscSqr(variance))));
  PetscCall(CheckMean("the covariance of two fields of a sample", cross, 0.0, PetscSqr(variance)));
  for (int i = 0; i < PAIRS; i++) {
    const PetscReal r[2] = {(PetscReal)d[i][2 - dim] / POINTS, (PetscReal)d[i][1] / POINTS};
    PetscReal       covariance;

    PetscCall(KNPeriodicFieldCovariance(field, r, &covariance));
    PetscCall(CheckMean("the covariance", second[i], covariance, PetscSqr(variance) + PetscSqr(covariance)));
  }
  PetscCall(PetscFree2(u, v));
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The standard deviation at a point, to the digits that are known. */
static PetscErrorCode CheckDeviation(PetscInt dim, PetscReal alpha, PetscReal tau, PetscReal scale, PetscReal known)
{
  KNPeriodicField field;
  PetscReal       variance;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", dim, alpha, tau, scale, &field));
  PetscCall(KNPeriodicFieldSetUp(field, 512));
  PetscCall(KNPeriodicFieldCovariance(field, (const PetscReal[]){0.0, 0.0}, &variance));
  PetscCheck(PetscAbsReal(PetscSqrtReal(variance) - known) < 5e-4, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "the standard deviation is %g, not %g", (double)PetscSqrtReal(variance), (double)known);
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A field given by its standard deviation has that one, in any number of axes. */
static PetscErrorCode CheckNormalized(PetscInt dim)
{
  KNPeriodicField field;
  PetscReal       variance;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldCreate("test_", dim, 4.0, 20.0, 0.7, &field));
  PetscCall(KNPeriodicFieldSetNormalized(field));
  PetscCall(KNPeriodicFieldSetFromOptions(field));
  PetscCall(KNPeriodicFieldSetUp(field, 65));
  PetscCall(KNPeriodicFieldCovariance(field, (const PetscReal[]){0.0, 0.0, 0.0}, &variance));
  PetscCheck(PetscAbsReal(PetscSqrtReal(variance) - 0.7) < 1e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%" PetscInt_FMT "D: the standard deviation is %g, not 0.7", dim, (double)PetscSqrtReal(variance));
  PetscCall(KNPeriodicFieldDestroy(&field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt dim = 1; dim <= 2; dim++) {
    PetscCall(CheckSum(dim, 14, 14, 1));
    PetscCall(CheckSum(dim, 13, 32, 1));
    PetscCall(CheckSum(dim, 14, 31, 1));
    PetscCall(CheckSum(dim, 14, 9, 1));
    PetscCall(CheckSum(dim, 14, 8, 1));
    PetscCall(CheckSum(dim, 14, 1, 1));
    PetscCall(CheckMoments(dim));
  }
  PetscCall(CheckSum(3, 14, 14, 37));
  PetscCall(CheckSum(3, 14, 9, 37));
  for (PetscInt dim = 1; dim <= 3; dim++) PetscCall(CheckCoefficients(dim));
  PetscCall(CheckCovarianceCube());
  for (PetscInt dim = 1; dim <= 3; dim++) PetscCall(CheckNormalized(dim));
  PetscCall(CheckDeviation(1, 2.0, 5.0, 25.0, 0.594));                                        /* Burgers */
  PetscCall(CheckDeviation(2, 2.5, 7.0, PetscSqrtReal(2.0 * PetscPowReal(7.0, 3.0)), 0.262)); /* Navier-Stokes */
  PetscCall(PetscFinalize());
  return 0;
}

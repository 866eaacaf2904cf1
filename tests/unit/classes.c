/*
  Scores of classes: the cross-entropy by hand and against central differences, also in double; scores that are large;
  ranks and calibration by hand.
*/
#include "draw.h"
#include <kitinet/classes.h>
#include <math.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { k = 7 };

#if defined(KN_DOUBLE)
static const double step = 1e-3, tolerance = 1e-9;
#else
static const double step = 3e-2, tolerance = 1e-5;
#endif

/* Equal scores: log k, whatever the smoothing. (0, log 3): probabilities 1/4 and 3/4. */
static PetscErrorCode TestValues(void)
{
  const KNReal equal[k] = {2, 2, 2, 2, 2, 2, 2}, two[] = {0, (KNReal)log(3)};
  KNReal       p[2];

  PetscFunctionBegin;
  CHECK(PetscAbsReal(kn_cross_entropy(equal, 3, 0, k) - log(7)) < 1e-7 &&
          PetscAbsReal(kn_cross_entropy(equal, 3, 0.2, k) - log(7)) < 1e-7,
        "equal scores");
  CHECK(PetscAbsReal(kn_cross_entropy(two, 0, 0, 2) - log(4)) < 1e-7, "%g is not log 4",
        kn_cross_entropy(two, 0, 0, 2));
  CHECK(PetscAbsReal(kn_cross_entropy(two, 1, 0.2, 2) - (0.9 * log(4.0 / 3) + 0.1 * log(4))) < 1e-7, "smoothing: %g",
        kn_cross_entropy(two, 1, 0.2, 2));
  kn_softmax(p, two, 2);
  CHECK(PetscAbsReal(p[0] - 0.25) < 1e-7 && PetscAbsReal(p[1] - 0.75) < 1e-7, "probabilities %g and %g", (double)p[0],
        (double)p[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A number added to all scores does not matter, though exp of them overflows. */
static PetscErrorCode TestShift(void)
{
  KNReal z[k], far[k], dz[k];
  double sum = 0;

  PetscFunctionBegin;
  Draw(z, k, 1);
  for (int j = 0; j < k; j++) z[j] = (KNReal)(round(64 * (double)z[j]) / 64); /* so that the sums below are exact */
  for (int j = 0; j < k; j++) far[j] = z[j] + 1024;
  CHECK(PetscAbsReal(kn_cross_entropy(z, 2, 0.1, k) - kn_cross_entropy(far, 2, 0.1, k)) < 1e-12,
        "a shift of the scores changes the loss");
  kn_cross_entropy_gradient(dz, far, 2, 0.1, k);
  for (int j = 0; j < k; j++) sum += (double)dz[j];
  CHECK(PetscAbsReal(sum) < 1e-6, "the gradient's sum is %g", sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGradient(double smoothing)
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
  KNReal              z[k], dz[k], d[k], moved[k];

  PetscFunctionBegin;
  Draw(z, k, 2);
  memcpy(dz, z, sizeof(dz));
  kn_cross_entropy_gradient(dz, dz, 4, smoothing, k);
  for (int direction = 0; direction < 5; direction++) {
    double slope = 0, expected = 0;

    Draw(d, k, 10 + direction);
    for (int p = 0; p < 4; p++) {
      for (int j = 0; j < k; j++) moved[j] = z[j] + (KNReal)(place[p] * step) * d[j];
      slope += weight[p] * kn_cross_entropy(moved, 4, smoothing, k) / (12 * step);
    }
    for (int j = 0; j < k; j++) expected += (double)dz[j] * (double)d[j];
    CHECK(PetscAbsReal(slope - expected) < tolerance, "smoothing %g: slope %.12g, gradient %.12g", smoothing, slope,
          expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Equal scores go by number. Two bins: (0.9, 0.9) of which one is right, |0.5 - 0.9| of 2 in 3; (0.2) right, |1 - 0.2|
  of 1 in 3.
*/
static PetscErrorCode TestRanks(void)
{
  const KNReal z[]          = {1, 3, 3, 2};
  const double confidence[] = {0.9, 0.9, 0.2}, right[] = {1, 0, 1};

  PetscFunctionBegin;
  CHECK(kn_class_rank(z, 1, 4) == 0 && kn_class_rank(z, 2, 4) == 1 && kn_class_rank(z, 3, 4) == 2 &&
          kn_class_rank(z, 0, 4) == 3,
        "ranks");
  CHECK(PetscAbsReal(kn_calibration_error(3, confidence, right) - (0.4 * 2 + 0.8) / 3) < 1e-12, "calibration error %g",
        kn_calibration_error(3, confidence, right));
  CHECK(kn_confidence_bin(0) == 0 && kn_confidence_bin(1) == KN_CONFIDENCE_BINS - 1, "bins");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One member is itself, up to a constant; the mean of two is that of their probabilities; T = 2 takes the root. */
static PetscErrorCode TestMean(void)
{
  enum { K = 3, STRIDE = k + 2 };
  KNReal y[K * STRIDE], z[k], p[k], own[k], half[k], expected[k] = {0};
  double sum = 0, entropy = 0;

  PetscFunctionBegin;
  Draw(y, K * STRIDE, 30);
  for (int j = 0; j < k; j++) y[j] += 300; /* scores have no zero, and may be large */
  for (int i = 0; i < K; i++) {
    kn_softmax(own, y + i * STRIDE, k);
    for (int j = 0; j < k; j++) expected[j] += own[j] / K;
  }
  kn_class_mean(z, y, K, STRIDE, 1, k);
  kn_softmax(p, z, k);
  for (int j = 0; j < k; j++)
    CHECK(PetscAbsReal((PetscReal)(p[j] - expected[j])) < 1e-6, "mean probability %g, expected %g", (double)p[j],
          (double)expected[j]);
  for (int j = 0; j < k; j++) entropy -= (double)expected[j] * log((double)expected[j]);
  CHECK(PetscAbsReal(kn_class_entropy(z, k) - entropy) < 1e-5, "entropy %g, expected %g", kn_class_entropy(z, k),
        entropy);
  kn_class_mean(z, y + STRIDE, 1, STRIDE, 1, k);
  kn_softmax(p, z, k);
  kn_softmax(own, y + STRIDE, k);
  for (int j = 0; j < k; j++) CHECK(PetscAbsReal((PetscReal)(p[j] - own[j])) < 1e-6, "one member is another");
  kn_class_mean(z, y + STRIDE, 1, STRIDE, 2, k);
  kn_softmax(half, z, k);
  for (int j = 0; j < k; j++) sum += sqrt((double)own[j]);
  for (int j = 0; j < k; j++)
    CHECK(PetscAbsReal((PetscReal)half[j] - sqrt((double)own[j]) / sum) < 1e-6, "temperature 2: %g", (double)half[j]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestValues());
  PetscCall(TestShift());
  PetscCall(TestGradient(0));
  PetscCall(TestGradient(0.1));
  PetscCall(TestRanks());
  PetscCall(TestMean());
  return PetscFinalize();
}

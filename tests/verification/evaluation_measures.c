/*
  What kitinet evaluate measures, for errors that are known: e = amplitude * one mode of the points, t = amplitude' * another. Both have exact L2 norms, lie in known
  bands of wavenumbers, and their H1 norms are those of the differences; for random fields the bands add up to the L2 error (Parseval).
*/
#include "../../src/commands/evaluate.h"
#include <kitinet/random.h>

#define CLOSE(value, expected, what) PetscCheck(PetscAbsReal((value) - (expected)) <= 1e-5 * PetscAbsReal(expected) + 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s is %.9g, not %.9g", KNPointsNames[points], what, (double)(value), (double)(expected))

enum { n1 = 48, n2 = 40, S = n1 * n2 };

/* cos 2 pi (k x + l y) on periodic points, else cos(2 pi k x) cos(2 pi l y): k, l in cycles a unit length */
static void Mode(KNPoints points, PetscReal k, PetscReal l, PetscReal amplitude, float u[])
{
  for (PetscInt i = 0; i < S; i++) {
    const PetscReal x = 2 * PETSC_PI * k * KNPointsCoordinate(points, n1, i / n2), y = 2 * PETSC_PI * l * KNPointsCoordinate(points, n2, i % n2);

    u[i] = (float)(amplitude * (points == KN_POINTS_PERIODIC ? PetscCosReal(x + y) : PetscCosReal(x) * PetscCosReal(y)));
  }
}

/* The truth has wavenumber (1, 0), the error (k, l) and a tenth of its amplitude: it lies in one band. */
static PetscErrorCode TestMode(KNPoints points, PetscReal k, PetscReal l, KNMeasure band)
{
  const KNProblem problem = {.output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, points), .fields = 1}};
  const PetscReal l2   = points == KN_POINTS_PERIODIC || l == 0 ? 0.1 : 0.1 / PetscSqrtReal(2);
  float           t[S], e[S], y[S];
  KNJudgement     j;
  PetscReal       total = 0;

  PetscFunctionBegin;
  Mode(points, 1, 0, 3, t);
  Mode(points, k, l, 0.3, e);
  for (int i = 0; i < S; i++) y[i] = t[i] + e[i];
  PetscCall(KNJudgementCreate(&problem, 0, 1, &j));
  PetscCall(KNJudgementAdd(&j, 0, y, t));
  CLOSE(j.error[KN_MEASURE_L2][0], l2, "l2");
  for (int b = KN_MEASURE_LOW; b <= KN_MEASURE_HIGH; b++) CLOSE(j.error[b][0], b == (int)band ? l2 : 0, KNMeasureNames[b]);
  for (PetscInt s = 0; s < j.shells; s++) total += j.truth[s];
  CLOSE(total, 4.5, "energy of the truth");
  if (points == KN_POINTS_PERIODIC) { /* central differences of a wave: 2 pi k becomes sin(2 pi k h) / h */
    const PetscReal a = n1 * PetscSinReal(2 * PETSC_PI * k / n1), b = n2 * PetscSinReal(2 * PETSC_PI * l / n2), c = n1 * PetscSinReal(2 * PETSC_PI / n1);

    CLOSE(j.error[KN_MEASURE_H1][0], 0.1 * PetscSqrtReal((1 + a * a + b * b) / (1 + c * c)), "h1");
    PetscCheck(PetscIsNanReal(j.error[KN_MEASURE_BOUNDARY][0]), PETSC_COMM_SELF, PETSC_ERR_PLIB, "a torus has a boundary");
  }
  PetscCall(KNJudgementDestroy(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Random truth and prediction of two fields; a prediction of 0 everywhere has error 1 in every sense; boundary and interior share out the L2 error. */
static PetscErrorCode TestRandom(KNPoints points)
{
  const KNProblem problem = {.output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, points), .fields = 2}};
  const size_t    rim     = 2 * (n1 + n2) - 4;
  static float t[2 * S], y[2 * S], zero[2 * S];
  KNJudgement  j;
  PetscReal    bands = 0;

  PetscFunctionBegin;
  for (int i = 0; i < 2 * S; i++) {
    uint64_t word[4];

    KNRandomWords(1, KN_STREAM_TEST, 0, 0, i, 0, word);
    t[i] = (float)KNUniform(word[0]) + 0.5f;
    y[i] = (float)KNUniform(word[1]);
  }
  PetscCall(KNJudgementCreate(&problem, 0, 2, &j));
  PetscCall(KNJudgementAdd(&j, 0, y, t));
  PetscCall(KNJudgementAdd(&j, 1, zero, t));
  for (int b = KN_MEASURE_LOW; b <= KN_MEASURE_HIGH; b++) bands += PetscSqr(j.error[b][0]);
  if (points != KN_POINTS_NODES) CLOSE(PetscSqrtReal(bands), j.error[KN_MEASURE_L2][0], "the sum of the bands");
  if (points != KN_POINTS_PERIODIC) CLOSE(PetscSqr(j.error[KN_MEASURE_BOUNDARY][0]) * rim / S + PetscSqr(j.error[KN_MEASURE_INTERIOR][0]) * (S - rim) / S, PetscSqr(j.error[KN_MEASURE_L2][0]), "the sum of boundary and interior");
  CLOSE(j.error[KN_MEASURE_L2][1], 1.0, "l2 of a prediction of 0");
  CLOSE(j.error[KN_MEASURE_H1][1], 1.0, "h1 of a prediction of 0");
  for (PetscInt s = 0; s < j.shells; s++) PetscCheck(j.prediction[s] > 0 && j.difference[s] > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "no energy in shell %d", (int)s);
  PetscCall(KNJudgementDestroy(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Two trajectories of 5 frames, 2 of them given; frame r has the error amplitude 2^r times 0.1 (the second trajectory: 3 times that), the truth an amplitude of 1. */
static PetscErrorCode TestRollout(void)
{
  const PetscReal factor[2]  = {0.1, 0.3};
  PetscReal       times[]    = {0, 0.5, 1, 1.5, 2}, energy = 0;
  const KNProblem problem    = {.output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, KN_POINTS_PERIODIC), .fields = 1}, .frames = 5, .times = times};
  const KNPoints  points     = KN_POINTS_PERIODIC;
  static float    y[3 * S], t[3 * S], e[S];
  KNJudgement     j;
  KNSummary       summary;

  PetscFunctionBegin;
  PetscCall(KNJudgementCreate(&problem, 2, 2, &j));
  PetscCheck(j.frames == 3 && j.times[0] == 1 && j.times[2] == 2, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d predicted frames from t = %g", (int)j.frames, (double)j.times[0]);
  for (PetscInt64 row = 0; row < 2; row++) {
    for (int r = 0; r < 3; r++) {
      Mode(points, 1, 0, 1, t + r * S);
      Mode(points, 5, 1, factor[row] * (1 << r), e);
      for (int i = 0; i < S; i++) y[r * S + i] = t[r * S + i] + e[i];
    }
    PetscCall(KNJudgementAdd(&j, row, y, t));
    for (int r = 0; r < 3; r++) CLOSE(j.frame_error[row * 3 + r], factor[row] * (1 << r), "error of a frame");
    CLOSE(j.error[KN_MEASURE_L2][row], factor[row] * PetscSqrtReal(21.0 / 3), "error of the trajectory"); /* 1 + 4 + 16 */
    CLOSE(j.error[KN_MEASURE_MIDDLE][row], factor[row] * PetscSqrtReal(21.0 / 3), "its middle band");
  }
  for (PetscInt s = 0; s < j.shells; s++) energy += j.truth[s];
  CLOSE(energy, 0.5, "energy of the truth, mean over frames");
  PetscCall(KNSummarizeFrame(&j, 1, &summary));
  CLOSE(summary.mean, 0.4, "mean error of the second predicted frame");
  PetscCall(KNJudgementDestroy(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Quantiles and the worst sample. */
static PetscErrorCode TestSummary(void)
{
  const PetscReal error[] = {3, 1, 5, 2, 4};
  KNSummary       summary;

  PetscFunctionBegin;
  PetscCall(KNSummarize(5, error, &summary));
  PetscCheck(summary.mean == 3 && summary.worst == 2 && summary.quantile[0] == 1 && summary.quantile[2] == 2 && summary.quantile[3] == 3 && summary.quantile[6] == 5, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Mean %g, worst %d, median %g", (double)summary.mean, (int)summary.worst, (double)summary.quantile[3]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (KNPoints points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
    if (points != KN_POINTS_NODES) { /* there the root mean square is not that of the trapezoid rule */
      PetscCall(TestMode(points, 3, 0, KN_MEASURE_LOW));
      PetscCall(TestMode(points, 2, 2, KN_MEASURE_LOW));
      PetscCall(TestMode(points, 4, 3, KN_MEASURE_MIDDLE));
      PetscCall(TestMode(points, 10, 10, KN_MEASURE_HIGH));
    }
    PetscCall(TestRandom(points));
  }
  PetscCall(TestRollout());
  PetscCall(TestSummary());
  PetscCall(PetscFinalize());
  return 0;
}

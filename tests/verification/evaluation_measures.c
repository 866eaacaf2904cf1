/*
  What kitinet evaluate measures, for errors that are known: e = amplitude * one mode of the points, t = amplitude' *
  another. Both have exact L2 norms, lie in known bands of wavenumbers, and their H1 norms are those of the
  differences; for random fields the bands add up to the L2 error (Parseval).
*/
#include <kitinet/judgement.h>
#include <kitinet/random.h>
#include <math.h>

#define CLOSE(value, expected, what)                                                                      \
  PetscCheck(PetscAbsReal((value) - (expected)) <= 1e-5 * PetscAbsReal(expected) + 1e-7, PETSC_COMM_SELF, \
             PETSC_ERR_PLIB, "%s: %s is %.9g, not %.9g", KNPointsNames[points], what, (double)(value),    \
             (double)(expected))

enum { n1 = 48, n2 = 40, S = n1 * n2 };
enum { L2, H1, BOUNDARY, INTERIOR, LOW, MIDDLE, HIGH }; /* the task's measures */

/* A judgement of `samples` samples, and its task. */
static PetscErrorCode Begin(const KNProblem *problem, PetscInt history, PetscInt64 samples, KNTask *task,
                            KNJudgement *j)
{
  PetscFunctionBegin;
  PetscCall(KNTaskCreate(problem, history, task));
  PetscCheck(KNTaskGetInfo(*task)->measures == HIGH + 1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d measures",
             (int)KNTaskGetInfo(*task)->measures);
  PetscCall(KNJudgementCreate(*task, problem, history, samples, j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode End(KNTask *task, KNJudgement *j)
{
  PetscFunctionBegin;
  PetscCall(KNJudgementDestroy(j));
  PetscCall(KNTaskDestroy(task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Energy of one line of the spectra: truth, prediction, error; but for the mean. */
static PetscErrorCode Energy(KNJudgement j, int line, PetscReal *energy)
{
  KNPlot plot;

  PetscFunctionBegin;
  *energy = 0;
  PetscCall(KNJudgementGetPlot(j, 0, &plot));
  for (PetscInt s = 0; s < plot.line[line].n; s++) {
    PetscCheck(plot.line[line].y[s] >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "an energy of %g",
               (double)plot.line[line].y[s]);
    *energy += plot.line[line].y[s];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define VALUE(measure, row) KNJudgementGetValues(j, measure, NULL)[row]

/* cos 2 pi (k x + l y) on periodic points, else cos(2 pi k x) cos(2 pi l y): k, l in cycles a unit length */
static void Mode(KNPoints points, PetscReal k, PetscReal l, PetscReal amplitude, float u[])
{
  for (PetscInt i = 0; i < S; i++) {
    const PetscReal x = 2 * PETSC_PI * k * KNPointsCoordinate(points, n1, i / n2),
                    y = 2 * PETSC_PI * l * KNPointsCoordinate(points, n2, i % n2);

    u[i] =
      (float)(amplitude * (points == KN_POINTS_PERIODIC ? PetscCosReal(x + y) : PetscCosReal(x) * PetscCosReal(y)));
  }
}

/* The truth has wavenumber (1, 0), the error (k, l) and a tenth of its amplitude: it lies in one band. */
static PetscErrorCode TestMode(KNPoints points, PetscReal k, PetscReal l, int band)
{
  const KNProblem problem = {.output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, points), .fields = 1}};
  const PetscReal l2      = points == KN_POINTS_PERIODIC || l == 0 ? 0.1 : 0.1 / PetscSqrtReal(2);
  float           t[S], e[S], y[S];
  KNTask          task;
  KNJudgement     j;
  PetscReal       total;

  PetscFunctionBegin;
  Mode(points, 1, 0, 3, t);
  Mode(points, k, l, 0.3, e);
  for (int i = 0; i < S; i++) y[i] = t[i] + e[i];
  PetscCall(Begin(&problem, 0, 1, &task, &j));
  PetscCall(KNJudgementAdd(j, 0, y, t));
  CLOSE(VALUE(L2, 0), l2, "l2");
  for (int b = LOW; b <= HIGH; b++) CLOSE(VALUE(b, 0), b == band ? l2 : 0, KNTaskGetInfo(task)->measure[b].name);
  PetscCall(Energy(j, 0, &total));
  CLOSE(total, 4.5, "energy of the truth");
  if (points == KN_POINTS_PERIODIC) { /* central differences of a wave: 2 pi k becomes sin(2 pi k h) / h */
    const PetscReal a = n1 * PetscSinReal(2 * PETSC_PI * k / n1), b = n2 * PetscSinReal(2 * PETSC_PI * l / n2),
                    c = n1 * PetscSinReal(2 * PETSC_PI / n1);

    CLOSE(VALUE(H1, 0), 0.1 * PetscSqrtReal((1 + a * a + b * b) / (1 + c * c)), "h1");
    PetscCheck(PetscIsNanReal(VALUE(BOUNDARY, 0)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "a torus has a boundary");
  }
  PetscCall(End(&task, &j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Random truth and prediction of two fields; a prediction of 0 everywhere has error 1 in every sense; boundary and
  interior share out the L2 error.
*/
static PetscErrorCode TestRandom(KNPoints points)
{
  const KNProblem problem = {.output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, points), .fields = 2}};
  const size_t    rim     = 2 * (n1 + n2) - 4;
  static float    t[2 * S], y[2 * S], zero[2 * S];
  KNTask          task;
  KNJudgement     j;
  PetscReal       bands = 0, energy;

  PetscFunctionBegin;
  for (int i = 0; i < 2 * S; i++) {
    uint64_t word[4];

    KNRandomWords(1, KN_STREAM_TEST, 0, 0, i, 0, word);
    t[i] = (float)KNUniform(word[0]) + 0.5f;
    y[i] = (float)KNUniform(word[1]);
  }
  PetscCall(Begin(&problem, 0, 3, &task, &j));
  PetscCall(KNJudgementAdd(j, 0, y, t));
  PetscCall(KNJudgementAdd(j, 1, zero, t));
  PetscCall(KNJudgementAdd(j, 2, y, zero));
  for (int b = LOW; b <= HIGH; b++) bands += PetscSqr(VALUE(b, 0));
  if (points != KN_POINTS_NODES) CLOSE(PetscSqrtReal(bands), VALUE(L2, 0), "the sum of the bands");
  if (points != KN_POINTS_PERIODIC)
    CLOSE(PetscSqr(VALUE(BOUNDARY, 0)) * rim / S + PetscSqr(VALUE(INTERIOR, 0)) * (S - rim) / S, PetscSqr(VALUE(L2, 0)),
          "the sum of boundary and interior");
  CLOSE(VALUE(L2, 1), 1.0, "l2 of a prediction of 0");
  CLOSE(VALUE(H1, 1), 1.0, "h1 of a prediction of 0");
  for (int m = L2; m <= HIGH; m++)
    PetscCheck(isnan(VALUE(m, 2)), PETSC_COMM_SELF, PETSC_ERR_PLIB, "a target of 0 has the relative error %g",
               (double)VALUE(m, 2));
  for (int line = 0; line < 3; line++) {
    PetscCall(Energy(j, line, &energy));
    PetscCheck(energy > 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "no energy in line %d", line);
  }
  PetscCall(End(&task, &j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Two trajectories of 5 frames, 2 of them given; frame r has the error amplitude 2^r times 0.1 (the second trajectory:
  3 times that), the truth an amplitude of 1.
*/
static PetscErrorCode TestRollout(void)
{
  const PetscReal factor[2] = {0.1, 0.3};
  PetscReal       times[] = {0, 0.5, 1, 1.5, 2}, energy = 0;
  const KNProblem problem = {
    .output = {.grid = KNGridMake(2, (const PetscInt[]){n1, n2}, KN_POINTS_PERIODIC), .fields = 1},
    .frames = 5,
    .times  = times};
  const KNPoints points = KN_POINTS_PERIODIC;
  static float   y[3 * S], t[3 * S], e[S];
  KNTask         task;
  KNJudgement    j;
  KNPlot         plot;

  PetscFunctionBegin;
  PetscCall(Begin(&problem, 2, 2, &task, &j));
  for (PetscInt64 row = 0; row < 2; row++) {
    for (int r = 0; r < 3; r++) {
      Mode(points, 1, 0, 1, t + r * S);
      Mode(points, 5, 1, factor[row] * (1 << r), e);
      for (int i = 0; i < S; i++) y[r * S + i] = t[r * S + i] + e[i];
    }
    PetscCall(KNJudgementAdd(j, row, y, t));
    CLOSE(VALUE(L2, row), factor[row] * PetscSqrtReal(21.0 / 3), "error of the trajectory"); /* 1 + 4 + 16 */
    CLOSE(VALUE(MIDDLE, row), factor[row] * PetscSqrtReal(21.0 / 3), "its middle band");
  }
  PetscCall(Energy(j, 0, &energy));
  CLOSE(energy, 0.5, "energy of the truth, mean over frames");
  PetscCall(KNJudgementGetPlot(j, 1, &plot));
  PetscCheck(plot.line[0].n == 3 && plot.line[0].x[0] == 1 && plot.line[0].x[2] == 2, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%d predicted frames from t = %g", (int)plot.line[0].n, (double)plot.line[0].x[0]);
  /* of 10 and 30 % */
  for (int r = 0; r < 3; r++) CLOSE(plot.line[0].y[r], 20.0 * (1 << r), "median error of a frame in %");
  PetscCall(End(&task, &j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Quantiles and the worst sample, also among samples without a value; of none. */
static PetscErrorCode TestSummary(void)
{
  const PetscReal error[] = {3, 1, 5, NAN, 2, 4};
  KNSummary       summary;

  PetscFunctionBegin;
  PetscCall(KNSummarize(6, error, PETSC_TRUE, &summary));
  PetscCheck(summary.worst == 1, PETSC_COMM_SELF, PETSC_ERR_PLIB, "where higher is better the worst is %d",
             (int)summary.worst);
  PetscCall(KNSummarize(1, error + 3, PETSC_FALSE, &summary));
  PetscCheck(summary.count == 0 && isnan(summary.mean) && summary.worst < 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a mean over nothing is %g", (double)summary.mean);
  PetscCall(KNSummarize(6, error, PETSC_FALSE, &summary));
  PetscCheck(summary.count == 5 && summary.mean == 3 && summary.worst == 2 && summary.quantile[0] == 1 &&
               summary.quantile[2] == 2 && summary.quantile[3] == 3 && summary.quantile[6] == 5,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "Mean %g, worst %d, median %g", (double)summary.mean, (int)summary.worst,
             (double)summary.quantile[3]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (KNPoints points = KN_POINTS_CELLS; points <= KN_POINTS_PERIODIC; points++) {
    if (points != KN_POINTS_NODES) { /* there the root mean square is not that of the trapezoid rule */
      PetscCall(TestMode(points, 3, 0, LOW));
      PetscCall(TestMode(points, 2, 2, LOW));
      PetscCall(TestMode(points, 4, 3, MIDDLE));
      PetscCall(TestMode(points, 10, 10, HIGH));
    }
    PetscCall(TestRandom(points));
  }
  PetscCall(TestRollout());
  PetscCall(TestSummary());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Predictions averaged over symmetries, through the library's door: over the whole group they are as symmetric as the
  equation, for any network; over one element they are the network's own; over some they are the mean of those. Steady
  and in time; on another grid; what is refused.
*/
#include <kitinet/error.h>
#include <kitinet/operator.h>
#include <kitinet/surrogate.h>
#include "small_dataset.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { FRAMES = 5, HISTORY = 2, STEPS = 3, SAMPLES = 9, LARGEST = 3 * FRAMES * 12 * 12 };

/* Steady: x1, x2 -> y1; in time: y1, y2, a vector. */
static PetscErrorCode Describe(PetscBool steady, PetscInt n, PetscInt m, PetscReal times[], KNProblem *p)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){n, m}, steady ? KN_POINTS_CELLS : KN_POINTS_PERIODIC);

  PetscFunctionBegin;
  SmallDatasetProblem(steady ? 2 : 0, steady ? 1 : 2, steady ? 0 : FRAMES, times, &grid, p);
  if (steady) {
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) y1=-y1"));
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) x1=x2 x2=x1"));
  } else {
    PetscCall(KNProblemAddSymmetry(p, "shift(x/2,-y/2)"));
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) y1=y2 y2=y1"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A network of random weights, as a checkpoint. */
static PetscErrorCode Save(const KNProblem *problem, const char checkpoint[])
{
  KNDataset  dataset;
  KNOperator op;
  KNRecord   record;

  PetscFunctionBegin;
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "symmetry_average_data.h5", problem, SAMPLES, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "symmetry_average_data.h5", &dataset));
  PetscCall(PetscOptionsInsertString(NULL, "-model_width 6 -model_modes 2 -model_layers 2 -model_head 8"));
  if (problem->frames) PetscCall(PetscOptionsInsertString(NULL, "-train_history 2"));
  PetscCall(KNOperatorCreate(problem, 1, &op));
  PetscCall(KNOperatorFit(op, dataset, 0, SAMPLES));
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(KNOperatorTransfer(op, record, PETSC_FALSE));
  PetscCall(KNRecordSave(record, checkpoint));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscCall(PetscOptionsClear(NULL)); /* the checkpoint brings its own */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest |predict(g x) - g predict(x)| over generators, relative to the largest value. */
static PetscErrorCode Asymmetry(KNSurrogate surrogate, const KNProblem *p, double *asymmetry)
{
  const PetscBool steady = (PetscBool)!p->frames;
  const size_t S = KNGridSize(&p->output.grid), C = (size_t)p->output.fields, inputs = steady ? 2 * S : HISTORY * C * S,
               outputs = (steady ? 1 : STEPS) * C * S;
  const int        n[] = {(int)p->output.grid.n[0], (int)p->output.grid.n[1]}, steps = steady ? 0 : STEPS;
  const KNElement *generator;
  PetscInt         generators;
  KNSymmetry       group;
  static float     x[LARGEST], gx[LARGEST], y[LARGEST], gy[LARGEST], predicted[LARGEST];

  PetscFunctionBegin;
  PetscCall(KNSymmetryCreate(p, "the test", KN_ERR_INPUT, &group));
  generator = KNSymmetryGenerators(group, &generators);
  for (size_t i = 0; i < inputs; i++) x[i] = SmallDatasetValue(77, 0, i);
  CHECK(!KNSurrogatePredict(surrogate, 1, n, steps, x, y), "%s", KNSurrogateMessage());
  *asymmetry = 0;
  for (PetscInt g = 0; g < generators; g++) {
    float scale = 0;

    kn_symmetry_apply(gx, x, steady ? &generator[g].input : &generator[g].output, steady ? 1 : HISTORY, steady ? 2 : C,
                      &p->output.grid, 0, n[0]);
    kn_symmetry_apply(gy, y, &generator[g].output, outputs / C / S, C, &p->output.grid, 0, n[0]);
    CHECK(!KNSurrogatePredict(surrogate, 1, n, steps, gx, predicted), "%s", KNSurrogateMessage());
    for (size_t i = 0; i < outputs; i++) scale = PetscMax(scale, PetscAbsReal(y[i]));
    for (size_t i = 0; i < outputs; i++)
      *asymmetry = PetscMax(*asymmetry, PetscAbsReal((double)predicted[i] - gy[i]) / scale);
  }
  PetscCall(KNSymmetryDestroy(&group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestCase(PetscBool steady)
{
  const char *const checkpoint = steady ? "symmetry_average.h5" : "symmetry_average_frames.h5";
  PetscReal         times[FRAMES];
  KNProblem         p, other;
  KNSurrogate       surrogate;
  double            asymmetry;
  static float      x[LARGEST], y[LARGEST], alone[LARGEST];
  const int         n[] = {8, 8}, strange[] = {8, 10}, steps = steady ? 0 : STEPS;

  PetscFunctionBegin;
  PetscCall(Describe(steady, 8, 8, times, &p));
  PetscCall(Describe(steady, 12, 12, times, &other));
  PetscCall(Save(&p, checkpoint));
  CHECK(!KNSurrogateLoad(checkpoint, &surrogate), "%s", KNSurrogateMessage());
  PetscCall(Asymmetry(surrogate, &p, &asymmetry));
  CHECK(asymmetry > 1e-2, "a network of random weights is symmetric but for %g", asymmetry);
  CHECK(!KNSurrogateSetSymmetryAverage(surrogate, 0), "%s", KNSurrogateMessage());
  PetscCall(Asymmetry(surrogate, &p, &asymmetry));
  CHECK(asymmetry < 1e-5, "averaged over all symmetries it is asymmetric by %g", asymmetry);
  PetscCall(Asymmetry(surrogate, &other, &asymmetry));
  CHECK(asymmetry < 1e-5, "on a finer grid by %g", asymmetry);
  for (size_t i = 0; i < LARGEST; i++) x[i] = SmallDatasetValue(5, 0, i);
  CHECK(KNSurrogatePredict(surrogate, 1, strange, steps, x, y) == 3 && strstr(KNSurrogateMessage(), "equally many"),
        "a grid that is not square: %s", KNSurrogateMessage());
  CHECK(KNSurrogateSetSymmetryAverage(surrogate, -1) == 2, "a mean over -1");
  CHECK(!KNSurrogateSetSymmetryAverage(surrogate, 9), "%s", KNSurrogateMessage());
  CHECK(KNSurrogatePredict(surrogate, 1, n, steps, x, y) == 2 && strstr(KNSurrogateMessage(), "0 for all"),
        "more than there are: %s", KNSurrogateMessage());
  CHECK(!KNSurrogateSetSymmetryAverage(surrogate, 1), "%s", KNSurrogateMessage());
  CHECK(!KNSurrogatePredict(surrogate, 1, n, steps, x, alone), "%s", KNSurrogateMessage());
  CHECK(!KNSurrogateSetSymmetryAverage(surrogate, 2), "%s", KNSurrogateMessage());
  CHECK(!KNSurrogatePredict(surrogate, 1, n, steps, x, y), "%s", KNSurrogateMessage());
  CHECK(memcmp(y, alone, 64 * sizeof(*y)), "the mean over two elements is the prediction of one");
  CHECK(!KNSurrogateDestroy(&surrogate), "%s", KNSurrogateMessage());

  p.symmetries = 0;
  PetscCall(Save(&p, checkpoint));
  CHECK(!KNSurrogateLoad(checkpoint, &surrogate), "%s", KNSurrogateMessage());
  CHECK(KNSurrogateSetSymmetryAverage(surrogate, 0) == 3 && strstr(KNSurrogateMessage(), "knows no symmetries"),
        "without symmetries: %s", KNSurrogateMessage());
  CHECK(!KNSurrogatePredict(surrogate, 1, n, steps, x, y), "after that: %s", KNSurrogateMessage());
  CHECK(!KNSurrogateDestroy(&surrogate), "%s", KNSurrogateMessage());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestCase(PETSC_TRUE));
  PetscCall(TestCase(PETSC_FALSE));
  PetscCall(PetscFinalize());
  return 0;
}

/*
  The library's door: what it predicts is the operator's prediction, from several threads, on several grids, steady
  and in time; what it refuses.
*/
#include <kitinet/operator.h>
#include <kitinet/surrogate.h>
#include <pthread.h>
#include "small_dataset.h"

enum { SAMPLES = 11, THREADS = 4, FRAMES = 6, HISTORY = 2, LARGEST = 12 };

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* One network's expected outputs on two grids. */
typedef struct {
  KNSurrogate surrogate;
  int         steps;
  int         n[2][2];
  float      *x[2], *expected[2];
  size_t      outputs[2];
  int         wrong; /* predictions that differed */
} Case;

/* A thread's work: both grids in turn, several times, so that threads replan for each other. */
static void *PredictRepeatedly(void *argument)
{
  Case  *c     = (Case *)argument;
  float *y     = (float *)malloc(PetscMax(c->outputs[0], c->outputs[1]) * sizeof(*y));
  int    wrong = 0;

  for (int k = 0; k < 6; k++) {
    const int g = k % 2;

    memset(y, 0, c->outputs[g] * sizeof(*y));
    if (KNSurrogatePredict(c->surrogate, SAMPLES, c->n[g], c->steps, c->x[g], y) ||
        memcmp(y, c->expected[g], c->outputs[g] * sizeof(*y)))
      wrong++;
    if (KNSurrogatePredict(c->surrogate, -1, c->n[g], c->steps, c->x[g], y) != 2 ||
        !strstr(KNSurrogateMessage(), "-1 samples"))
      wrong++;
  }
  __atomic_add_fetch(&c->wrong, wrong, __ATOMIC_SEQ_CST);
  free(y);
  return NULL;
}

/*
  An operator, saved and loaded again as a surrogate; expected values by the operator itself, in chunks of the same 8
  samples.
*/
static PetscErrorCode TestCase(PetscBool steady, const char checkpoint[])
{
  const PetscInt   n[2] = {8, 9};
  KNGrid           grid = KNGridMake(2, n, KN_POINTS_CELLS);
  PetscReal        times[FRAMES];
  KNProblem        problem;
  KNDataset        dataset;
  KNOperator       op;
  KNRecord         record;
  KNSurrogateShape shape;
  const char      *name, *unit;
  pthread_t        thread[THREADS];
  Case             c = {.steps = steady ? 0 : FRAMES - HISTORY, .n = {{8, 9}, {LARGEST, 10}}};

  PetscFunctionBegin;
  SmallDatasetProblem(steady ? 2 : 0, 1, steady ? 0 : FRAMES, times, &grid, &problem);
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "surrogate.h5", &problem, SAMPLES, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "surrogate.h5", &dataset));
  PetscCall(KNOperatorCreate(&problem, 1, &op));
  PetscCall(KNOperatorFit(op, dataset, 0, SAMPLES));
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(KNOperatorTransfer(op, record, PETSC_FALSE));
  PetscCall(KNRecordSave(record, checkpoint));
  PetscCall(KNRecordDestroy(&record));

  for (int g = 0; g < 2; g++) {
    const KNGrid other = KNGridMake(2, (const PetscInt[]){c.n[g][0], c.n[g][1]}, KN_POINTS_CELLS);
    const size_t S = KNGridSize(&other), frames = steady ? 1 : FRAMES;
    const size_t inputs = (steady ? 2 : HISTORY) * S, outputs = (steady ? 1 : FRAMES - HISTORY) * S;
    float       *x, *y;

    c.outputs[g] = SAMPLES * outputs;
    PetscCall(PetscMalloc1(SAMPLES * inputs, &c.x[g]));
    PetscCall(PetscMalloc1(SAMPLES * outputs, &c.expected[g]));
    PetscCall(PetscMalloc2(8 * PetscMax(inputs, frames * S), &x, 8 * frames * S, &y));
    for (size_t i = 0; i < SAMPLES * inputs; i++)
      c.x[g][i] = SmallDatasetValue((PetscInt64)(i / inputs), 0, i % inputs);
    PetscCall(KNOperatorSetGrid(op, &other, 8, PETSC_FALSE));
    for (int first = 0; first < SAMPLES; first += 8) {
      const KNPass pass = {.samples = PetscMin(8, SAMPLES - first), .training = PETSC_FALSE};

      for (PetscInt b = 0; b < pass.samples; b++)
        PetscCall(PetscArraycpy(x + (size_t)b * (steady ? inputs : frames * S),
                                c.x[g] + ((size_t)first + (size_t)b) * inputs, inputs));
      PetscCall(KNOperatorPredict(op, &pass, steady ? 0 : FRAMES, steady ? x : NULL, steady ? NULL : x, y));
      for (PetscInt b = 0; b < pass.samples; b++)
        PetscCall(PetscArraycpy(c.expected[g] + ((size_t)first + (size_t)b) * outputs,
                                y + (size_t)b * frames * S + (steady ? 0 : HISTORY * S), outputs));
    }
    PetscCall(PetscFree2(x, y));
  }
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscCall(PetscOptionsClear(NULL)); /* the checkpoint brings its own */

  CHECK(KNSurrogateLoad(checkpoint, &c.surrogate) == 0, "%s", KNSurrogateMessage());
  CHECK(KNSurrogateGetShape(c.surrogate, &shape) == 0 && shape.dim == 2 && shape.n[0] == 8 && shape.n[1] == 9 &&
          shape.n[2] == 1,
        "Shape %d: %d x %d x %d", shape.dim, shape.n[0], shape.n[1], shape.n[2]);
  CHECK(shape.inputs == (steady ? 2 : 0) && shape.outputs == 1 && shape.history == (steady ? 0 : HISTORY) &&
          !strcmp(shape.points, "cells") && !strcmp(shape.pde, "test"),
        "%d inputs, %d outputs, history %d", shape.inputs, shape.outputs, shape.history);
  CHECK(KNSurrogateGetField(c.surrogate, 1, 0, &name, &unit) == 0 && !strcmp(name, "y1") && !strcmp(unit, "1"),
        "Field %s", name);
  CHECK(KNSurrogateGetField(c.surrogate, 1, 1, &name, &unit) == 2 && KNSurrogateMessage()[0],
        "A field that is not there");
  for (int t = 0; t < THREADS; t++) CHECK(!pthread_create(&thread[t], NULL, PredictRepeatedly, &c), "No thread");
  for (int t = 0; t < THREADS; t++) pthread_join(thread[t], NULL);
  CHECK(c.wrong == 0, "%d wrong predictions or messages in %d threads", c.wrong, THREADS);

  CHECK(KNSurrogatePredict(c.surrogate, 1, (const int[]){3, 3}, c.steps, c.x[0], c.expected[0]) == 3 &&
          strstr(KNSurrogateMessage(), "modes"),
        "A grid too coarse: %s", KNSurrogateMessage());
  CHECK(KNSurrogatePredict(c.surrogate, 1, c.n[0], c.steps ? 0 : 1, c.x[0], c.expected[0]) == 2,
        "Steps that do not fit");
  CHECK(KNSurrogatePredict(c.surrogate, SAMPLES, c.n[1], c.steps, c.x[1], c.expected[1]) == 0, "After a failure: %s",
        KNSurrogateMessage());
  for (int i = 0; i < 2; i++) { /* what is not finite, and what is too large for the network */
    const float kept = c.x[0][5];

    c.x[0][5] = i ? 3e38f : NAN;
    CHECK(KNSurrogatePredict(c.surrogate, 1, c.n[0], c.steps, c.x[0], c.expected[0]) == (i ? 1 : 3) &&
            strstr(KNSurrogateMessage(), i ? "prediction of sample 0 is not finite" : "sample 0 of x holds NaN"),
          "%g in x: %s", (double)c.x[0][5], KNSurrogateMessage());
    c.x[0][5] = kept;
  }
  CHECK(KNSurrogateDestroy(&c.surrogate) == 0 && !c.surrogate && KNSurrogateDestroy(&c.surrogate) == 0, "Destroy");
  for (int g = 0; g < 2; g++) {
    PetscCall(PetscFree(c.x[g]));
    PetscCall(PetscFree(c.expected[g]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Classes, with names and without: probabilities that add up to 1, those of the operator, on two grids. */
static PetscErrorCode TestClasses(const char names[])
{
  enum { CLASSES = 3, CHUNK = 8 };
  static const char *const expected[2][CLASSES] = {{"0", "1", "2"}, {"cat", "dog", "mule"}};
  const KNGrid             grid                 = KNGridMake(2, (const PetscInt[]){8, 9}, KN_POINTS_CELLS);
  PetscReal                times[1];
  KNProblem                problem;
  KNDataset                dataset;
  KNOperator               op;
  KNRecord                 record;
  KNSurrogate              surrogate;
  KNSurrogateShape         shape;
  int                      classes;

  PetscFunctionBegin;
  SmallDatasetProblem(2, 0, 0, times, &grid, &problem);
  problem.output = (KNSpace){.kind  = KN_SPACE_CLASS,
                             .grid  = KNGridMake(0, NULL, KN_POINTS_CELLS),
                             .count = CLASSES,
                             .names = "cat\0dog\0mule"};
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, "surrogate_classes.h5", &problem, SAMPLES, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "surrogate_classes.h5", &dataset));
  problem.output.names = names;
  PetscCall(KNOperatorCreate(&problem, 1, &op));
  PetscCall(KNOperatorFit(op, dataset, 0, SAMPLES));
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(KNOperatorTransfer(op, record, PETSC_FALSE));
  PetscCall(KNRecordSave(record, "surrogate_classes.ckpt.h5"));
  PetscCall(KNRecordDestroy(&record));
  PetscCall(PetscOptionsClear(NULL)); /* the checkpoint brings its own */
  CHECK(KNSurrogateLoad("surrogate_classes.ckpt.h5", &surrogate) == 0, "%s", KNSurrogateMessage());
  CHECK(KNSurrogateGetShape(surrogate, &shape) == 0 && shape.dim == 2 && shape.n[0] == 8 && shape.n[1] == 9 &&
          shape.inputs == 2 && shape.outputs == CLASSES && shape.history == 0,
        "Shape %d: %d x %d, %d to %d", shape.dim, shape.n[0], shape.n[1], shape.inputs, shape.outputs);
  CHECK(KNSurrogateGetClasses(surrogate, &classes) == 0 && classes == CLASSES, "%d classes", classes);
  for (int i = 0; i < CLASSES; i++) {
    const char *name;

    CHECK(KNSurrogateGetField(surrogate, 1, i, &name, NULL) == 0 && !strcmp(name, expected[names != NULL][i]),
          "Class %d is %s", i, name);
  }
  CHECK(KNSurrogateGetField(surrogate, 1, CLASSES, NULL, NULL) == 2, "A class that is not there");
  for (int n1 = 8; n1 <= 12; n1 += 4) {
    const KNGrid other = KNGridMake(2, (const PetscInt[]){n1, 9}, KN_POINTS_CELLS);
    const size_t nx    = 2 * KNGridSize(&other);
    float       *x, *kept, p[SAMPLES * CLASSES], y[CHUNK * CLASSES];

    PetscCall(PetscMalloc2(SAMPLES * nx, &x, SAMPLES * nx, &kept));
    for (size_t i = 0; i < SAMPLES * nx; i++) x[i] = SmallDatasetValue((PetscInt64)(i / nx), 0, i % nx);
    PetscCall(PetscArraycpy(kept, x, SAMPLES * nx));
    CHECK(KNSurrogatePredict(surrogate, SAMPLES, (const int[]){n1, 9}, 0, x, p) == 0, "%s", KNSurrogateMessage());
    CHECK(!memcmp(x, kept, SAMPLES * nx * sizeof(*x)), "x has changed");
    PetscCall(KNOperatorSetGrid(op, &other, CHUNK, PETSC_FALSE));
    for (int first = 0; first < SAMPLES; first += CHUNK) {
      const KNPass pass = {.samples = PetscMin(CHUNK, SAMPLES - first), .training = PETSC_FALSE};

      PetscCall(KNOperatorPredict(op, &pass, 0, kept + (size_t)first * nx, NULL, y));
      PetscCall(KNTaskPresent(KNOperatorTask(op), pass.samples, y));
      CHECK(!memcmp(y, p + first * CLASSES, (size_t)pass.samples * CLASSES * sizeof(*y)), "Other probabilities");
    }
    for (int i = 0; i < SAMPLES; i++)
      CHECK(PetscAbsReal((PetscReal)(p[i * CLASSES] + p[i * CLASSES + 1] + p[i * CLASSES + 2]) - 1) < 1e-5,
            "Probabilities of sample %d add up to something else", i);
    PetscCall(PetscFree2(x, kept));
  }
  CHECK(KNSurrogateDestroy(&surrogate) == 0, "Destroy");
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A network that cannot be made leaves no options behind for the next one, which has others. */
static PetscErrorCode TestFailureLeavesNothing(void)
{
  KNSurrogate surrogate;

  PetscFunctionBegin;
  PetscCall(PetscOptionsClear(NULL));
  for (int i = 0; i < 2; i++) {
    /* refused by a layer; by the comparison with the checkpoint */
    const char *const name = i ? "-model_width" : "-collision_evaluate", *const value = i ? "8" : "strange";

    PetscCall(PetscOptionsSetValue(NULL, name, value));
    CHECK(KNSurrogateLoad("surrogate_steady.h5", &surrogate) != 0 && !surrogate, "%s %s was taken", name, value);
    PetscCall(PetscOptionsClearValue(NULL, name));
    CHECK(KNSurrogateLoad("surrogate_rollout.h5", &surrogate) == 0, "After %s %s: %s", name, value,
          KNSurrogateMessage());
    CHECK(KNSurrogateDestroy(&surrogate) == 0, "Destroy");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Files that are no checkpoint are an answer, not an end. */
static PetscErrorCode TestRefusals(void)
{
  KNSurrogate surrogate;

  PetscFunctionBegin;
  CHECK(KNSurrogateLoad("nowhere.h5", &surrogate) == 3 && !surrogate && strstr(KNSurrogateMessage(), "nowhere.h5"),
        "A missing file: %s", KNSurrogateMessage());
  CHECK(KNSurrogateLoad("surrogate.h5", &surrogate) == 3 && !surrogate, "A dataset: %s", KNSurrogateMessage());
  CHECK(KNSurrogateLoad("", &surrogate) == 2 && !surrogate, "No name: %s", KNSurrogateMessage());
  CHECK(KNSurrogatePredict(NULL, 1, (const int[]){8, 8}, 0, (const float[]){0}, (float[]){0}) == 2, "Nothing loaded");
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int steady = 1; steady >= 0; steady--) {
    PetscCall(PetscOptionsInsertString(
      NULL, "-model_width 6 -model_modes 2 -model_layers 2 -model_head 8 -model_residual collision"));
    if (!steady) PetscCall(PetscOptionsInsertString(NULL, "-model_width 8 -train_history 2"));
    PetscCall(TestCase((PetscBool)steady, steady ? "surrogate_steady.h5" : "surrogate_rollout.h5"));
  }
  for (int named = 0; named < 2; named++) {
    PetscCall(PetscOptionsInsertString(
      NULL, "-model_width 6 -model_modes 2 -model_layers 2 -model_head 8 -model_residual plain"));
    PetscCall(TestClasses(named ? "cat\0dog\0mule" : NULL));
  }
  PetscCall(TestFailureLeavesNothing());
  PetscCall(TestRefusals());
  PetscCall(PetscFinalize());
  return 0;
}

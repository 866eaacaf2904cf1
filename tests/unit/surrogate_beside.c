/*
  Surrogates that see more than x: parameters of each sample, fields that stand still beside frames. Predictions are
  those of the operator that gets the parameters as fields; what is missing or no number is refused.
*/
#include <kitinet/operator.h>
#include <kitinet/surrogate.h>
#include <math.h>
#include <string.h>
#include "small_dataset.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { SAMPLES = 3, STEPS = 2, S = 8 * 9, P = 2 };

static const int n[] = {8, 9};

/* One field a, then parameters nu and k; of trajectories a stands still beside one given frame. */
static PetscErrorCode Describe(PetscBool steady, PetscReal times[], KNProblem *problem)
{
  static const char *const name[P] = {"nu", "k"};
  const KNGrid             grid    = KNGridMake(2, (const PetscInt[]){8, 9}, KN_POINTS_PERIODIC);

  PetscFunctionBegin;
  SmallDatasetProblem(1, 1, steady ? 0 : 1 + STEPS, times, &grid, problem);
  problem->input.grid = grid;
  for (int i = 0; i < P; i++) {
    PetscCall(PetscStrncpy(problem->input.field[1 + i].name, name[i], KN_MAX_NAME));
    PetscCall(PetscStrncpy(problem->input.field[1 + i].unit, i ? "m" : "m2/s", KN_MAX_NAME));
  }
  problem->input.fields               = 1 + P;
  problem->input.constants            = P;
  problem->input.field[1].logarithmic = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Save(KNOperator op, const char path[])
{
  KNRecord record;

  PetscFunctionBegin;
  PetscCall(KNRecordCreate(PETSC_COMM_WORLD, "checkpoint", &record));
  PetscCall(KNOperatorTransfer(op, record, PETSC_FALSE));
  PetscCall(KNRecordSave(record, path));
  PetscCall(KNRecordDestroy(&record));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(PetscBool steady)
{
  const int    steps = steady ? 0 : STEPS, frames = steady ? 0 : 1 + STEPS;
  const KNPass pass = {.samples = SAMPLES, .training = PETSC_FALSE};
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){8, 9}, KN_POINTS_PERIODIC);
  static float x[SAMPLES * (1 + P) * S], a[SAMPLES * S], u[SAMPLES * (1 + STEPS) * S], first[SAMPLES * S],
    y[SAMPLES * (1 + STEPS) * S], got[SAMPLES * STEPS * S], other[SAMPLES * STEPS * S];
  double           parameter[SAMPLES * P];
  PetscReal        times[1 + STEPS];
  KNProblem        problem;
  KNOperator       op;
  KNSurrogate      surrogate;
  KNSurrogateShape shape;
  const char      *name, *unit;
  const float     *given, *still;
  const char      *path = steady ? "beside_steady.h5" : "beside_rollout.h5";
  int              count;

  PetscFunctionBegin;
  PetscCall(PetscOptionsInsertString(NULL, "-model_width 6 -model_modes 2 -model_layers 2 -model_head 8"));
  PetscCall(Describe(steady, times, &problem));
  PetscCall(KNOperatorCreate(&problem, 1, &op));
  PetscCall(Save(op, path));
  for (int b = 0; b < SAMPLES; b++) {
    for (int i = 0; i < P; i++) parameter[b * P + i] = 0.25 * (b + 1) - 0.5 * i; /* exact in float */
    for (int s = 0; s < S; s++) {
      a[b * S + s] = x[b * (1 + P) * S + s] = SmallDatasetValue(b, 0, (size_t)s);
      first[b * S + s] = u[b * (1 + STEPS) * S + s] = SmallDatasetValue(b, 0, (size_t)(s + S));
      for (int i = 0; i < P; i++)
        x[(b * (1 + P) + 1 + i) * S + s] = (float)(i ? parameter[b * P + i] : log(parameter[b * P]));
    }
  }
  PetscCall(KNOperatorSetGrid(op, &grid, 8, PETSC_FALSE)); /* as many samples as the library takes at a time */
  PetscCall(KNOperatorPredict(op, &pass, frames, x, u, y));
  PetscCall(KNOperatorDestroy(&op));
  PetscCall(PetscOptionsClear(NULL)); /* the checkpoint brings its own */

  given = steady ? a : first;
  still = steady ? NULL : a;
  CHECK(KNSurrogateLoad(path, &surrogate) == 0, "%s", KNSurrogateMessage());
  CHECK(KNSurrogateGetShape(surrogate, &shape) == 0 && shape.inputs == 1 && shape.outputs == 1 &&
          shape.history == (steady ? 0 : 1),
        "%d inputs, %d outputs, history %d", shape.inputs, shape.outputs, shape.history);
  CHECK(KNSurrogateGetParameters(surrogate, &count) == 0 && count == P, "%d parameters", count);
  CHECK(KNSurrogateGetParameter(surrogate, 1, &name, &unit) == 0 && !strcmp(name, "k") && !strcmp(unit, "m"),
        "parameter 1 is %s [%s]", name, unit);
  CHECK(KNSurrogateGetParameter(surrogate, P, &name, &unit) == 2 &&
          KNSurrogateGetField(surrogate, 0, 1, &name, &unit) == 2,
        "a parameter is a field, too");
  CHECK(KNSurrogatePredictWith(surrogate, SAMPLES, n, steps, given, still, parameter, got) == 0, "%s",
        KNSurrogateMessage());
  for (int b = 0; b < SAMPLES; b++) {
    const int values = PetscMax(steps, 1) * S;

    CHECK(!memcmp(got + b * values, y + b * PetscMax(frames, 1) * S + (steady ? 0 : S), (size_t)values * sizeof(float)),
          "sample %d is not the operator's", b);
  }
  parameter[0] += 1;
  CHECK(KNSurrogatePredictWith(surrogate, SAMPLES, n, steps, given, still, parameter, other) == 0, "%s",
        KNSurrogateMessage());
  CHECK(memcmp(got, other, S * sizeof(float)), "the parameter changes nothing");
  parameter[0] = 0;
  CHECK(KNSurrogatePredictWith(surrogate, SAMPLES, n, steps, given, still, parameter, got) == 3 &&
          strstr(KNSurrogateMessage(), "sample 0 has the parameter nu 0, of which the network sees the logarithm"),
        "a parameter without a logarithm: %s", KNSurrogateMessage());
  parameter[0] = 1;
  parameter[1] = NAN;
  CHECK(KNSurrogatePredictWith(surrogate, SAMPLES, n, steps, given, still, parameter, got) == 3 &&
          strstr(KNSurrogateMessage(), "sample 0 has the parameter k NaN"),
        "a parameter that is no number: %s", KNSurrogateMessage());
  CHECK(KNSurrogatePredict(surrogate, SAMPLES, n, steps, given, got) == 2 &&
          strstr(KNSurrogateMessage(), "sees 2 parameters of each sample"),
        "no parameters: %s", KNSurrogateMessage());
  parameter[1] = 0;
  a[S + 3]     = INFINITY;
  CHECK(KNSurrogatePredictWith(surrogate, SAMPLES, n, steps, given, still, parameter, got) == 3 &&
          strstr(KNSurrogateMessage(), steady ? "sample 1 of x" : "sample 1 of the fields"),
        "an infinite value: %s", KNSurrogateMessage());
  CHECK(KNSurrogateDestroy(&surrogate) == 0, "Destroy");
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Test(PETSC_TRUE));
  PetscCall(Test(PETSC_FALSE));
  PetscCall(PetscFinalize());
  return 0;
}

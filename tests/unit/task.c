/*
  The regression task with each of its losses: gradients against central differences, parts of slabs that add up, units
  that do not matter, targets that are 0 everywhere, options that exclude each other. The kernels have a test of their
  own, in double (loss.c).
*/
#include "draw.h"
#include <kitinet/error.h>
#include <kitinet/task.h>
#include <math.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { C = 2, n1 = 6, n2 = 8, S = n1 * n2, N = C * S };

static const KNProblem problem = {
  .input  = {.grid = {.dim = 2, .n = {n1, n2, 1}, .points = KN_POINTS_CELLS}, .fields = 1},
  .output = {.grid = {.dim = 2, .n = {n1, n2, 1}, .points = KN_POINTS_CELLS}, .fields = C}};

static PetscErrorCode Create(const char h1[], const char relative[], PetscReal unit, KNTask *task)
{
  KNNormalizer output;
  float       *mean, *std;
  size_t       count;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-task_h1", h1));
  PetscCall(PetscOptionsSetValue(NULL, "-task_relative", relative));
  PetscCall(KNTaskCreate(&problem, 0, task));
  PetscCall(KNTaskGetNormalizers(*task, NULL, &output));
  PetscCall(KNNormalizerGetStatistics(output, NULL, NULL, NULL, &count, &mean, &std));
  for (size_t c = 0; c < count; c++) {
    mean[c] = (float)(0.25 * unit);
    std[c]  = (float)((0.5 + 0.1 * (double)c) * unit);
  }
  PetscCall(KNTaskSetGrid(*task, &problem.output.grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The loss of what the network gives: z is decoded. */
static PetscErrorCode Loss(KNTask task, const float z[], const float t[], float y[], double part[], double *loss)
{
  PetscFunctionBegin;
  PetscCall(PetscArraycpy(y, z, N));
  PetscCall(KNTaskDecode(task, 1, y));
  PetscCall(KNTaskLossAddParts(task, 1, y, t, part));
  PetscCall(KNTaskLoss(task, 1, part, loss));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With respect to the network's outputs, z; unit: of the targets. */
static PetscErrorCode TestGradient(const char h1[], const char relative[], PetscReal unit, PetscBool zero)
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1};
  const double        h = 3e-2; /* balances truncation, h^4, against the rounding of float, 6e-8 / h */
  KNTask              task;
  float               z[N], t[N], y[N], dz[N], d[N], moved[N];
  double              part[8], loss;

  PetscFunctionBegin;
  PetscCall(Create(h1, relative, unit, &task));
  CHECK(KNTaskLossParts(task) <= 8 && KNTaskOutputSize(task) == N && KNTaskTargetSize(task) == N, "sizes");
  Draw(z, N, 1);
  Draw(t, N, 2);
  for (int i = 0; i < N; i++) t[i] = zero ? 0 : (float)(unit * (double)t[i]);
  PetscCall(Loss(task, z, t, dz, part, &loss));
  CHECK(loss > 0.1 && loss < 100, "A loss of %g in the unit %g", loss, (double)unit);
  PetscCall(KNTaskLossGradient(task, 1, part, &loss, t, dz));
  PetscCall(KNTaskDecodeBackward(task, 1, dz));
  for (int direction = 0; direction < 5; direction++) {
    double slope = 0, expected = 0, size = 1;

    Draw(d, N, 10 + direction);
    for (int p = 0; p < 4; p++) {
      for (int i = 0; i < N; i++) moved[i] = z[i] + (float)(place[p] * h) * d[i];
      PetscCall(Loss(task, moved, t, y, part, &loss));
      slope += weight[p] * loss / (12 * h);
    }
    for (int i = 0; i < N; i++) expected += (double)dz[i] * d[i];
    for (int i = 0; i < N; i++) size += PetscAbsReal((double)dz[i] * d[i]);
    CHECK(PetscAbsReal(slope - expected) < 1e-5 * size, "h1 %s, relative to the %s, unit %g: slope %.9g, gradient %.9g",
          h1, relative, (double)unit, slope, expected);
  }
  PetscCall(KNTaskDestroy(&task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The halves of a field along the first axis, as two ranks have them. */
static PetscErrorCode TestParts(const char relative[])
{
  KNTask task;
  float  y[N], t[N], half[2][2][N];
  double whole[8], part[2][8], loss[2];

  PetscFunctionBegin;
  PetscCall(Create("0", relative, 1, &task));
  Draw(y, N, 3);
  Draw(t, N, 4);
  PetscCall(KNTaskLossAddParts(task, 1, y, t, whole));
  PetscCall(KNTaskLoss(task, 1, whole, &loss[0]));
  for (int r = 0; r < 2; r++) {
    const KNGrid slab = KNGridSlab(&problem.output.grid, 2, r);

    for (int c = 0; c < C; c++) {
      PetscCall(PetscArraycpy(half[r][0] + c * S / 2, y + c * S + r * S / 2, S / 2));
      PetscCall(PetscArraycpy(half[r][1] + c * S / 2, t + c * S + r * S / 2, S / 2));
    }
    PetscCall(KNTaskSetGrid(task, &slab));
    PetscCall(KNTaskLossAddParts(task, 1, half[r][0], half[r][1], part[r]));
  }
  for (size_t p = 0; p < KNTaskLossParts(task); p++) {
    part[0][p] += part[1][p];
    CHECK(PetscAbsReal(part[0][p] - whole[p]) < 1e-13 * whole[p], "Part %zu of the slabs adds up to %.15g, not %.15g",
          p, part[0][p], whole[p]);
  }
  PetscCall(KNTaskLoss(task, 1, part[0], &loss[1]));
  CHECK(PetscAbsReal(loss[0] - loss[1]) < 1e-13 * loss[0], "The loss of the slabs is %.15g, not %.15g", loss[1],
        loss[0]);
  PetscCall(KNTaskDestroy(&task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same bits of loss and gradient where targets and statistics are 2^-66 as large. */
static PetscErrorCode TestUnits(void)
{
  float  g[2][N];
  double loss[2];

  PetscFunctionBegin;
  for (int u = 0; u < 2; u++) {
    const double unit = u ? 0x1p-66 : 1;
    KNTask       task;
    float        z[N], t[N];
    double       part[8];

    PetscCall(Create("0", "sample", unit, &task));
    Draw(z, N, 5);
    Draw(t, N, 6);
    for (int i = 0; i < N; i++) t[i] = (float)(unit * (double)t[i]);
    PetscCall(Loss(task, z, t, g[u], part, &loss[u]));
    PetscCall(KNTaskLossGradient(task, 1, part, &loss[u], t, g[u]));
    PetscCall(KNTaskDecodeBackward(task, 1, g[u]));
    PetscCall(KNTaskDestroy(&task));
  }
  CHECK(loss[0] == loss[1] && !memcmp(g[0], g[1], sizeof(g[0])),
        "Another unit changes the loss from %.17g to %.17g, "
        "or the gradient",
        loss[0], loss[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMeasures(void)
{
  const float  t[] = {3, 0, 0, 4}, y[] = {3, 0, 0, 5}, zero[4] = {0}, wild[] = {3, (float)NAN, 0, 4};
  const KNGrid grid = {.dim = 2, .n = {1, 2, 1}};
  PetscReal value[KN_MAX_MEASURES], list[] = {0.5, NAN, 0.1}, *const values[] = {list};
  KNTask task;
  char   text[32];

  PetscFunctionBegin;
  PetscCall(Create("0", "sample", 1, &task));
  PetscCall(KNTaskMeasure(task, &grid, 1, y, t, value));
  CHECK(PetscAbsReal(value[0] - 0.2) < 1e-15, "error %g", (double)value[0]);
  PetscCall(KNTaskMeasure(task, &grid, 1, y, zero, value));
  CHECK(isnan(value[0]), "a target of 0 has the error %g", (double)value[0]);
  PetscCall(KNTaskMeasure(task, &grid, 1, wild, t, value));
  CHECK(isinf(value[0]), "a prediction that is not finite has the error %g", (double)value[0]);
  CHECK(PetscAbsReal(KNMeasureMean(KNTaskGetInfo(task), 0, 3, values) - 0.3) < 1e-15, "a mean that leaves one out");
  CHECK(isnan(KNMeasureMean(KNTaskGetInfo(task), 0, 0, values)), "a mean over nothing has a value");
  CHECK(KNMeasureBetter(&KNTaskGetInfo(task)->measure[0], 0.1, 0.2) &&
          !KNMeasureBetter(&KNTaskGetInfo(task)->measure[0], NAN, 0.2) &&
          KNMeasureBetter(&KNTaskGetInfo(task)->measure[0], 3, NAN),
        "what is better");
  PetscCall(KNMeasurePrint(&KNTaskGetInfo(task)->measure[0], 2, 0.12345, sizeof(text), text));
  CHECK(!strcmp(text, "12.35 %") || !strcmp(text, "12.34 %"), "%s", text);
  PetscCall(KNTaskDestroy(&task));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRefused(void)
{
  const KNSharing shared = {.size = 2};
  KNTask          task;
  int             code;

  PetscFunctionBegin;
  PetscCall(Create("0.1", "sample", 1, &task));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = KNTaskCheckSharing(task, &shared);
  CHECK(code == KN_ERR_USAGE, "-task_h1 with -ranks_per_sample: code %d", code);
  PetscCall(KNTaskDestroy(&task));
  PetscCall(PetscOptionsSetValue(NULL, "-task_relative", "dataset"));
  PetscCall(PetscOptionsSetValue(NULL, "-train_normalizer", "none"));
  code = KNTaskCreate(&problem, 0, &task);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == KN_ERR_USAGE, "-task_relative dataset with -train_normalizer none: code %d", code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const h1[] = {"0", "0.1"}, *const relative[] = {"sample", "dataset"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int w = 0; w < 2; w++) {
    for (int r = 0; r < 2; r++) {
      PetscCall(TestGradient(h1[w], relative[r], 1, PETSC_FALSE));
      PetscCall(TestGradient(h1[w], relative[r], 1e-20, PETSC_FALSE));
      PetscCall(TestGradient(h1[w], relative[r], 1e5, PETSC_TRUE));
    }
  }
  PetscCall(TestParts("sample"));
  PetscCall(TestParts("dataset"));
  PetscCall(TestUnits());
  PetscCall(TestMeasures());
  PetscCall(TestRefused());
  return PetscFinalize();
}

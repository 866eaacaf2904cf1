/*
  Particles that stream over the grid (transport.c), with time steps other than 0:

    gradient     of positions, velocities and steps against central differences to 1e-7 (double), on one to three axes,
                 periodic, cells and nodes, all laws, every activation; with axes of one and two points, with channels
                 that are no multiple of the axes, and on grids of several tiles, of one slab and of more
    shift        a smooth field carried by a constant velocity becomes p - tau u . grad p with an error of order 2 in
                 the distance of points (1 at ends), and the field that stands tau u further on with one of order 2 in
                 tau
    constant     a field that is the same everywhere does not change, bit for bit
    step 0       is the layer kinetic, forward and backward
    threads      one and two give the same bits; so do gradients written over the inputs, and over dy
    refused      slabs of a grid, and fewer channels than axes
*/
#include "draw.h"
#include <kitinet/error.h>
#include <kitinet/layer.h>
#include <omp.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 3, C = 8, LARGEST = 4096, SIZE = B * C * LARGEST };

static KNReal p[SIZE], u[SIZE], dy[SIZE], y[SIZE], y2[SIZE], dp[SIZE], du[SIZE], dp2[SIZE], du2[SIZE];

static const KNPass pass = {.samples = B, .training = PETSC_TRUE, .seed = 3, .step = 5};

typedef struct {
  KNLayer      layer;
  KNParameters parameters;
  KNReal      *step, *dstep; /* (C), not owned */
  size_t       steps, size;  /* parameters; values of B samples */
} Case;

static PetscErrorCode Create(const char type[], KNActivation activation, const char options[], const KNGrid *grid,
                             PetscInt channels, Case *test)
{
  PetscFunctionBegin;
  *test = (Case){.size = B * (size_t)channels * KNGridSize(grid)};
  PetscCall(PetscOptionsClear(NULL));
  PetscCall(PetscOptionsInsertString(NULL, options));
  PetscCall(KNParametersCreate(&test->parameters));
  PetscCall(KNLayerCreate(type, type, 2, &test->layer));
  PetscCall(KNLayerSetChannels(test->layer, grid->dim, channels, PETSC_DECIDE));
  PetscCall(KNLayerSetActivation(test->layer, activation));
  PetscCall(KNLayerSetFromOptions(test->layer));
  PetscCall(KNLayerSetUp(test->layer, test->parameters));
  PetscCall(KNParametersSetUp(test->parameters, 1));
  PetscCall(KNParametersGetBlocks(test->parameters, &test->steps, &test->step, &test->dstep, NULL, NULL));
  PetscCall(KNLayerSetGrid(test->layer, grid, B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Case *test)
{
  PetscFunctionBegin;
  PetscCall(KNLayerDestroy(&test->layer));
  PetscCall(KNParametersDestroy(&test->parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Forward(const Case *test, KNReal *out)
{
  PetscFunctionBegin;
  PetscCall(KNLayerForward(test->layer, &pass, (const KNReal *const[]){p, u}, out, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Backward(const Case *test, KNReal *to_p, KNReal *to_u)
{
  PetscFunctionBegin;
  memset(to_p, 0, test->size * sizeof(KNReal));
  memset(to_u, 0, test->size * sizeof(KNReal));
  PetscCall(KNParametersZeroGradients(test->parameters));
  PetscCall(KNLayerBackward(test->layer, &pass, (const KNReal *const[]){p, u}, dy, (KNReal *const[]){to_p, to_u}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Steps that carry by some points at most: z stays where GELU is neither 0 nor linear. */
static void DrawSteps(const Case *test, size_t channels, const KNGrid *grid)
{
  Draw(test->step, channels, 4);
  for (size_t c = 0; c < channels; c++) test->step[c] *= (KNReal)(8. / (double)PetscMax(grid->n[0], 8));
}

/* The gradient of <dy, y> with respect to n values x against central differences of fourth order in a random direction.
 */
static PetscErrorCode CheckDirection(const Case *test, const char what[], const char which[], KNReal *x, size_t n,
                                     const KNReal *gradient)
{
  static const double place[] = {-2, -1, 1, 2}, weight[] = {1, -8, 8, -1}, h = 1e-5;
  static KNReal       x0[SIZE], along[SIZE];
  double              slope = 0, inner = 0, norm = 0;

  PetscFunctionBegin;
  Draw(along, n, 30);
  memcpy(x0, x, n * sizeof(KNReal));
  for (size_t i = 0; i < n; i++) {
    inner += (double)gradient[i] * (double)along[i];
    norm += PetscSqr((double)gradient[i]);
  }
  for (int k = 0; k < 4; k++) {
    for (size_t i = 0; i < n; i++) x[i] = x0[i] + (KNReal)(place[k] * h) * along[i];
    PetscCall(Forward(test, y));
    for (size_t i = 0; i < test->size; i++) slope += weight[k] * (double)dy[i] * (double)y[i] / (12 * h);
  }
  memcpy(x, x0, n * sizeof(KNReal));
  /* Of one or two periodic points each is its own neighbour: steps then change nothing. */
  CHECK(PetscAbsReal(slope - inner) < 1e-7 * PetscMax(PetscSqrtReal(norm), 0.01),
        "%s, %s: slope %.12g, gradient %.12g, norm %g", what, which, slope, inner, PetscSqrtReal(norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestGradient(KNActivation activation, const KNGrid *grid, PetscInt channels, const char law[])
{
  char options[128], what[160];
  Case test;

  PetscFunctionBegin;
  PetscCall(
    PetscSNPrintf(options, sizeof(options), "-collision_rate 0.7 -collision_dimension 2 -collision_law %s", law));
  PetscCall(PetscSNPrintf(what, sizeof(what), "activation %d, %s, %d axes of %d, %d, %d %s, %d channels",
                          (int)activation, law, (int)grid->dim, (int)grid->n[0], (int)grid->n[1], (int)grid->n[2],
                          KNPointsNames[grid->points], (int)channels));
  PetscCall(Create("transport", activation, options, grid, channels, &test));
  Draw(p, test.size, 1);
  Draw(u, test.size, 2);
  Draw(dy, test.size, 3);
  DrawSteps(&test, (size_t)channels, grid);
  PetscCall(Forward(&test, y));
  PetscCall(Backward(&test, dp, du));
  PetscCall(CheckDirection(&test, what, "positions", p, test.size, dp));
  PetscCall(CheckDirection(&test, what, "velocities", u, test.size, du));
  PetscCall(CheckDirection(&test, what, "steps", test.step, test.steps, test.dstep));
  PetscCall(Destroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double GELU(double z)
{
  return 0.5 * z * erfc(-z / PETSC_SQRT2);
}

/*
  Channel c at a point: a product of waves that differ from channel to channel, periodic with period 1; its derivative
  along axis a >= 0.
*/
static double Wave(size_t c, const double x[], PetscInt dim, PetscInt a)
{
  double product = 1;

  for (PetscInt i = 0; i < dim; i++) {
    const double angle = 2 * PETSC_PI * (x[i] + 0.1 * (double)c + 0.2 * (double)i);

    product *= i == a ? 2 * PETSC_PI * cos(angle) : 1.5 + sin(angle);
  }
  return product;
}

/*
  The largest error of y on n points an axis, against the first two terms of Taylor's series or, if moved, against the
  field where it was tau u ago; inside: without the ends.
*/
static PetscErrorCode ShiftError(PetscInt dim, KNPoints points, PetscInt n, double tau, PetscBool moved,
                                 PetscBool inside, double *error)
{
  const KNGrid grid = KNGridMake(dim, (const PetscInt[]){n, n, n}, points);
  const size_t S    = KNGridSize(&grid);
  Case         test;

  PetscFunctionBegin;
  PetscCall(Create("transport", KN_ACTIVATION_RESULT, "-collision_rate 0 -collision_dimension 2", &grid, C, &test));
  for (size_t pass_over = 0; pass_over < 2; pass_over++) {
    *error = 0;
    for (size_t b = 0, at = 0; b < B; b++) {
      for (size_t c = 0; c < C; c++) {
        const size_t first = PetscMin(c / (size_t)dim * (size_t)dim, C - (size_t)dim);

        test.step[c] = (KNReal)(tau * (1 + 0.1 * (double)c));
        for (size_t s = 0; s < S; s++, at++) {
          double    x[3], from[3], z, own = 0.3 + 0.1 * (double)c;
          PetscBool end = PETSC_FALSE;

          for (PetscInt a = dim - 1, rest = (PetscInt)s; a >= 0; a--, rest /= n) {
            x[a] = KNPointsCoordinate(points, n, rest % n);
            end  = (PetscBool)(end || rest % n == 0 || rest % n == n - 1);
          }
          z = Wave(c, x, dim, -1);
          for (PetscInt a = 0; a < dim; a++) {
            const double velocity = 0.3 + 0.1 * (double)(first + (size_t)a);

            from[a] = x[a] - (double)test.step[c] * velocity;
            if (!moved) z -= (double)test.step[c] * velocity * Wave(c, x, dim, a);
          }
          if (moved) z = Wave(c, from, dim, -1);
          p[at] = (KNReal)Wave(c, x, dim, -1);
          u[at] = (KNReal)own;
          if (pass_over && !(inside && end)) *error = PetscMax(*error, PetscAbsReal((double)y[at] - GELU(z + own)));
        }
      }
    }
    PetscCall(Forward(&test, y));
  }
  PetscCall(Destroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestShift(PetscInt dim, KNPoints points)
{
  static const PetscInt coarse[] = {0, 256, 32, 8};
  double                error[2], order;

  PetscFunctionBegin;
  for (int inside = 0; inside < 2; inside++) {
    const double least = inside || points == KN_POINTS_PERIODIC ? 1.9 : 0.8,
                 most  = inside || points == KN_POINTS_PERIODIC ? 2.2 : 1.4;

    for (int i = 0; i < 2; i++)
      PetscCall(ShiftError(dim, points, (i + 1) * coarse[dim], 0.1, PETSC_FALSE, (PetscBool)inside, &error[i]));
    order = log2(error[0] / error[1]);
    /* 8 and 16 points on three axes are few, and where the error is largest moves with them */
    CHECK(order > (dim == 3 ? least - 0.4 : least) && order < (dim == 3 ? most + 0.6 : most),
          "%dD %s%s: errors %g and %g are of order %g in the distance of points", (int)dim, KNPointsNames[points],
          inside ? " without ends" : "", error[0], error[1], order);
  }
  if (dim > 1 || points != KN_POINTS_PERIODIC) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2; i++)
    PetscCall(ShiftError(1, points, LARGEST, i ? 0.005 : 0.01, PETSC_TRUE, PETSC_FALSE, &error[i]));
  order = log2(error[0] / error[1]);
  CHECK(order > 1.9 && order < 2.1, "errors %g and %g are of order %g in the time step", error[0], error[1], order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestConstant(const KNGrid *grid)
{
  const size_t S = KNGridSize(grid);
  Case         test;

  PetscFunctionBegin;
  PetscCall(Create("transport", KN_ACTIVATION_RESULT, "-collision_rate 0.7 -collision_law uniform", grid, C, &test));
  Draw(u, test.size, 5);
  for (size_t i = 0; i < test.size; i++) p[i] = (KNReal)0.3 * (KNReal)(i / S % 7) - 1;
  PetscCall(Forward(&test, y));
  Draw(test.step, C, 6);
  PetscCall(Forward(&test, y2));
  CHECK(!memcmp(y, y2, test.size * sizeof(KNReal)), "%d axes, %s: streaming changes a constant field", (int)grid->dim,
        KNPointsNames[grid->points]);
  Draw(p, test.size, 7);
  PetscCall(Forward(&test, y));
  for (size_t c = 0; c < C; c++) test.step[c] = 0;
  PetscCall(Forward(&test, y2));
  CHECK(memcmp(y, y2, test.size * sizeof(KNReal)), "%d axes, %s: steps change nothing", (int)grid->dim,
        KNPointsNames[grid->points]);
  PetscCall(Destroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Same(const char what[], const char law[], const KNReal *a, const KNReal *b, size_t n)
{
  const double tolerance  = sizeof(KNReal) == 4 ? 1e-5 : 1e-13;
  double       difference = 0, norm = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) {
    difference += PetscSqr((double)a[i] - (double)b[i]);
    norm += PetscSqr((double)b[i]);
  }
  CHECK(norm > 0 && difference <= PetscSqr(tolerance) * norm, "%s, %s: step 0 differs from kinetic by %g", law, what,
        PetscSqrtReal(difference / norm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNoStep(KNActivation activation, const KNGrid *grid, const char law[])
{
  char options[128];
  Case test, kinetic;

  PetscFunctionBegin;
  PetscCall(
    PetscSNPrintf(options, sizeof(options), "-collision_rate 0.7 -collision_dimension 4 -collision_law %s", law));
  PetscCall(Create("transport", activation, options, grid, C, &test));
  PetscCall(Create("kinetic", activation, options, grid, C, &kinetic));
  for (size_t c = 0; c < C; c++)
    CHECK(test.step[c] == 0, "channel %d begins with a step of %g", (int)c, (double)test.step[c]);
  Draw(p, test.size, 1);
  Draw(u, test.size, 2);
  Draw(dy, test.size, 3);
  PetscCall(Forward(&test, y));
  PetscCall(Forward(&kinetic, y2));
  PetscCall(Backward(&test, dp, du));
  PetscCall(Backward(&kinetic, dp2, du2));
  PetscCall(Same("outputs", law, y, y2, test.size));
  PetscCall(Same("gradients of positions", law, dp, dp2, test.size));
  PetscCall(Same("gradients of velocities", law, du, du2, test.size));
  PetscCall(Destroy(&test));
  PetscCall(Destroy(&kinetic));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestThreads(KNActivation activation, const KNGrid *grid, const char law[])
{
  const int    threads = omp_get_max_threads();
  const size_t own     = C * KNGridSize(grid);
  char         options[128];
  KNReal       steps[2][C];
  Case         test[2];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(options, sizeof(options), "-collision_rate 0.7 -collision_law %s", law));
  for (int t = 0; t < 2; t++) {
    omp_set_num_threads(t + 1);
    PetscCall(Create("transport", activation, options, grid, C, &test[t]));
    DrawSteps(&test[t], C, grid);
    Draw(p, test[t].size, 1);
    Draw(u, test[t].size, 2);
    Draw(dy, test[t].size, 3);
    PetscCall(Forward(&test[t], t ? y2 : y));
    PetscCall(Backward(&test[t], t ? dp2 : dp, t ? du2 : du));
    memcpy(steps[t], test[t].dstep, sizeof(steps[t]));
  }
  omp_set_num_threads(threads);
  CHECK(!memcmp(y, y2, test[0].size * sizeof(KNReal)), "%s: outputs on one and two threads differ", law);
  CHECK(!memcmp(dp, dp2, test[0].size * sizeof(KNReal)) && !memcmp(du, du2, test[0].size * sizeof(KNReal)) &&
          !memcmp(steps[0], steps[1], sizeof(steps[0])),
        "%s: gradients on one and two threads differ", law);
  for (int over_dy = 0; over_dy < 2; over_dy++) {
    Draw(p, test[0].size, 1);
    Draw(u, test[0].size, 2);
    for (PetscInt b = 0; b < B; b++) {
      KNReal *const in[] = {p + (size_t)b * own, u + (size_t)b * own}, *const din[] = {
                                                                         over_dy ? dy + (size_t)b * own : in[0], in[1]};

      KNLayerApplyBack(test[0].layer, &pass, b, (const KNReal *const *)in, dy + (size_t)b * own, din, INSERT_VALUES);
    }
    CHECK(!memcmp(dp, over_dy ? dy : p, test[0].size * sizeof(KNReal)) && !memcmp(du, u, test[0].size * sizeof(KNReal)),
          "%s: gradients over %s are others", law, over_dy ? "dy" : "p");
  }
  for (int t = 0; t < 2; t++) PetscCall(Destroy(&test[t]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestRefused(void)
{
  const KNGrid   plane = KNGridMake(2, (const PetscInt[]){8, 8}, KN_POINTS_PERIODIC), slab = KNGridSlab(&plane, 2, 1);
  PetscErrorCode code;
  Case           test;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = Create("transport", KN_ACTIVATION_RESULT, "", &slab, C, &test);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == KN_ERR_USAGE, "a slab gave code %d", (int)code);
  PetscCall(Destroy(&test));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  code = Create("transport", KN_ACTIVATION_RESULT, "", &plane, 1, &test);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == KN_ERR_USAGE, "one channel on two axes gave code %d", (int)code);
  PetscCall(Destroy(&test));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const law[]      = {"line_of_centres", "uniform", "isotropic"};
  static const PetscInt    n[][3]     = {{7, 6, 5}, {2, 9, 4}, {5, 1, 2}, {1, 2, 3}};
  static const PetscInt    large[][3] = {{1200}, {40, 30}, {6, 24, 25}}; /* more than a tile has points */
  static const KNPoints    points[]   = {KN_POINTS_CELLS, KN_POINTS_NODES, KN_POINTS_PERIODIC};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (int k = 0; k < 3; k++) {
    for (PetscInt dim = 1; dim <= 3; dim++) {
      const KNGrid grid = KNGridMake(dim, (const PetscInt[]){11, 10, 9}, points[k]);

      for (int l = 0; l < 3; l++) {
        for (size_t i = 0; sizeof(KNReal) == sizeof(double) && i < PETSC_STATIC_ARRAY_LENGTH(n); i++) {
          const KNGrid small = KNGridMake(dim, n[i], points[k]);

          for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++) {
            PetscCall(TestGradient(a, &small, 6, law[l]));
            PetscCall(TestGradient(a, &small, C, law[l])); /* on three axes the last group overlaps another one */
          }
        }
        for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++) {
          const KNGrid tiles = KNGridMake(dim, large[dim - 1], points[k]);

          if (sizeof(KNReal) == sizeof(double)) PetscCall(TestGradient(a, &tiles, C, law[l]));
          PetscCall(TestThreads(a, &tiles, law[l]));
        }
        for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++)
          PetscCall(TestNoStep(a, &grid, law[l]));
        for (KNActivation a = KN_ACTIVATION_NONE; a <= KN_ACTIVATION_RESULT; a++)
          PetscCall(TestThreads(a, &grid, law[l]));
      }
      PetscCall(TestConstant(&grid));
      if (sizeof(KNReal) == sizeof(double)) PetscCall(TestShift(dim, points[k]));
    }
  }
  PetscCall(TestRefused());
  PetscCall(PetscFinalize());
  return 0;
}

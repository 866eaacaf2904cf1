/*
  The convolution against its definition, summed in double: outputs, gradients of input, weights and bias, written and
  added to, on no, one, two and three axes, even and odd numbers of points on both sides of the choice between rows and
  points, down to fewer points than the kernel has; kernels of 1, 3 and 5, stride 1 and 2, groups up to one channel
  each, with and without bias, periodic or with zeros outside; and with the pass's numbers in bfloat16, of numbers that
  bfloat16 can hold. Samples of a group share a gradient, with the same bits on any number of threads.
*/
#include "draw.h"
#include <kitinet/layer.h>
#include <omp.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { B = 2, LARGEST = 60000, WEIGHTS = 40000 };

typedef struct {
  PetscInt  dim, n[3], Ci, Co, kernel, stride, groups;
  PetscBool bias, rounded;
} Shape;

static KNReal x[LARGEST], y[LARGEST], dy[LARGEST], dx[LARGEST];
static double expected[LARGEST], size[LARGEST]; /* a sum, and that of its terms' absolute values */

typedef struct {
  size_t n[3], N[3], k[3], S, SN, T;
  int    s, periodic;
} Extents;

/* Numbers of [-1, 1]; rounded: to multiples of 1/64, which bfloat16 holds. */
static void DrawNumbers(KNReal *to, size_t count, PetscInt64 stream, PetscBool rounded)
{
  Draw(to, count, stream);
  for (size_t i = 0; rounded && i < count; i++) to[i] = (KNReal)(rint(64 * (double)to[i]) / 64);
}

/* Point of the input that tap t of output j sees; SIZE_MAX: outside. */
static size_t Seen(const Extents *e, size_t j, size_t t)
{
  const size_t J[3] = {j / e->N[2] / e->N[1], j / e->N[2] % e->N[1], j % e->N[2]},
               K[3] = {t / e->k[2] / e->k[1], t / e->k[2] % e->k[1], t % e->k[2]};
  size_t at         = 0;

  for (int a = 0; a < 3; a++) {
    const long n = (long)e->n[a];
    long       i = (long)(J[a] * (e->k[a] > 1 || e->n[a] > e->N[a] ? (size_t)e->s : 1) + K[a]) - (long)e->k[a] / 2;

    if (e->periodic) i = ((i % n) + n) % n;
    if (i < 0 || i >= n) return SIZE_MAX;
    at = at * e->n[a] + (size_t)i;
  }
  return at;
}

static PetscErrorCode Same(const char what[], const char which[], const KNReal *found, size_t count)
{
  const double tolerance = sizeof(KNReal) == 4 ? 2e-6 : 1e-14;

  PetscFunctionBegin;
  for (size_t i = 0; i < count; i++)
    CHECK(PetscAbsReal((double)found[i] - expected[i]) <= tolerance * (size[i] + 1), "%s: %s %zu is %.9g, not %.9g",
          what, which, i, (double)found[i], expected[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Begin(size_t count, double value)
{
  for (size_t i = 0; i < count; i++) {
    expected[i] = value;
    size[i]     = 0;
  }
}

static void Term(size_t i, double a, double b)
{
  expected[i] += a * b;
  size[i] += PetscAbsReal(a * b);
}

/* What: 0 y, 1 dx, 2 dW (Co, Ci / groups, T). */
static void Sum(const Shape *shape, const Extents *e, int what, const KNReal *W)
{
  const size_t Ci = (size_t)(shape->Ci / shape->groups), Co = (size_t)(shape->Co / shape->groups);

  for (size_t b = 0; b < B; b++) {
    for (size_t o = 0; o < (size_t)shape->Co; o++) {
      for (size_t i = 0; i < Ci; i++) {
        const size_t from = (b * (size_t)shape->Ci + o / Co * Ci + i) * e->S, to = (b * (size_t)shape->Co + o) * e->SN;

        for (size_t j = 0; j < e->SN; j++) {
          for (size_t t = 0; t < e->T; t++) {
            const size_t seen = Seen(e, j, t), w = (o * Ci + i) * e->T + t;

            if (seen == SIZE_MAX) continue;
            if (what == 0) Term(to + j, (double)W[w], (double)x[from + seen]);
            else if (what == 1) Term(from + seen, (double)W[w], (double)dy[to + j]);
            else Term(w, (double)dy[to + j], (double)x[from + seen]);
          }
        }
      }
    }
  }
}

static PetscErrorCode TestShape(const Shape *shape, KNPoints points)
{
  const KNGrid grid = KNGridMake(shape->dim, shape->n, points);
  Extents      e    = {.s = (int)shape->stride, .periodic = points == KN_POINTS_PERIODIC, .T = 1};
  const KNPass pass = {.samples = B, .training = PETSC_TRUE, .gradients = INSERT_VALUES, .bfloat16 = shape->rounded};
  const KNReal *const    in[]  = {x};
  KNReal *const          din[] = {dx};
  const KNParameterInfo *info;
  KNLayer                layer;
  KNParameters           parameters;
  KNReal                *value, *gradient;
  KNGrid                 out;
  char                   what[160];
  size_t                 nx, ny, weights;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(
    what, sizeof(what), "%dD %d x %d x %d, %d to %d channels, kernel %d, stride %d, %d groups, %s%s", (int)shape->dim,
    (int)grid.n[0], (int)grid.n[1], (int)grid.n[2], (int)shape->Ci, (int)shape->Co, (int)shape->kernel,
    (int)shape->stride, (int)shape->groups, KNPointsNames[points], shape->rounded ? ", bfloat16" : ""));
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNLayerCreate("convolution", "convolution", 0, &layer));
  PetscCall(KNLayerSetChannels(layer, shape->dim, shape->Ci, shape->Co));
  PetscCall(KNLayerSetKernel(layer, shape->kernel, shape->stride, shape->groups, shape->bias));
  PetscCall(KNLayerSetUp(layer, parameters));
  PetscCall(KNParametersSetUp(parameters, 1));
  PetscCall(KNParametersGetInfo(parameters, 0, &info));
  PetscCall(KNParametersGetBlocks(parameters, NULL, &value, &gradient, NULL, NULL));
  PetscCall(KNLayerSetGrid(layer, &grid, B));
  PetscCall(KNLayerGetSizes(layer, NULL, NULL, NULL, NULL, &out));
  for (int a = 0; a < 3; a++) {
    const PetscInt axis = a - (3 - shape->dim);

    e.n[a] = axis < 0 ? 1 : (size_t)grid.n[axis];
    e.N[a] = axis < 0 ? 1 : (size_t)out.n[axis];
    e.k[a] = axis < 0 ? 1 : (size_t)shape->kernel;
    e.T *= e.k[a];
    CHECK(e.N[a] == (axis < 0 || shape->stride == 1 ? e.n[a] : (e.n[a] + 1) / 2), "%s: %zu points", what, e.N[a]);
  }
  e.S     = e.n[0] * e.n[1] * e.n[2];
  e.SN    = e.N[0] * e.N[1] * e.N[2];
  nx      = B * (size_t)shape->Ci * e.S;
  ny      = B * (size_t)shape->Co * e.SN;
  weights = (size_t)(shape->Co * shape->Ci / shape->groups) * e.T;
  CHECK(nx <= LARGEST && ny <= LARGEST && weights <= WEIGHTS && info->size == weights, "%s: too large", what);
  DrawNumbers(x, nx, 1, shape->rounded);
  DrawNumbers(dy, ny, 2, shape->rounded);
  DrawNumbers(value, weights, 3, shape->rounded);

  for (int add = 0; add < 2; add++) {
    for (size_t i = 0; i < ny; i++) y[i] = (KNReal)0.5;
    Begin(ny, add ? 0.5 : 0);
    Sum(shape, &e, 0, value);
    for (size_t o = 0; shape->bias && o < (size_t)shape->Co; o++) {
      value[KNAligned(weights) + o] = (KNReal)(1 + o);
      for (size_t i = 0; i < ny; i++) Term(i, i / e.SN % (size_t)shape->Co == o, (double)(1 + o));
    }
    PetscCall(KNLayerForward(layer, &pass, in, y, add ? ADD_VALUES : INSERT_VALUES));
    PetscCall(Same(what, add ? "sum with output" : "output", y, ny));
  }
  for (int add = 0; add < 2; add++) {
    for (size_t i = 0; i < nx; i++) dx[i] = (KNReal)0.5;
    Begin(nx, add ? 0.5 : 0);
    Sum(shape, &e, 1, value);
    for (PetscInt b = 0; b < B; b++) {
      KNReal *const sample[] = {dx + (size_t)(b * shape->Ci) * e.S};

      KNLayerApplyBack(layer, &pass, b, (const KNReal *const[]){x + (size_t)(b * shape->Ci) * e.S},
                       dy + (size_t)(b * shape->Co) * e.SN, sample, add ? ADD_VALUES : INSERT_VALUES);
    }
    PetscCall(Same(what, add ? "sum with gradient of input" : "gradient of input", dx, nx));
  }
  PetscCall(KNLayerBackward(layer, &pass, in, dy, din));
  Begin(weights, 0);
  Sum(shape, &e, 2, value);
  PetscCall(Same(what, "gradient of weight", gradient, weights));
  Begin((size_t)shape->Co, 0);
  for (size_t i = 0; i < ny; i++) Term(i / e.SN % (size_t)shape->Co, 1, (double)dy[i]);
  if (shape->bias) PetscCall(Same(what, "gradient of bias", gradient + KNAligned(weights), (size_t)shape->Co));
  PetscCall(KNLayerDestroy(&layer));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Samples of a group have one share of the gradient: 67 of 70 that were planned for, in groups of two. The sum is that
  of 67 passes of one sample, and one, two and three threads give the same bits.
*/
static PetscErrorCode TestGroups(PetscInt Ci, PetscInt Co, PetscInt kernel, PetscBool rounded)
{
  enum { N = 6, PLANNED = 70, MANY = 67 };
  const KNGrid grid   = KNGridMake(2, (const PetscInt[]){N, N}, KN_POINTS_CELLS);
  KNReal      *all[3] = {NULL, NULL, NULL};
  size_t       count  = 0;

  PetscFunctionBegin;
  DrawNumbers(x, (size_t)(MANY * Ci) * N * N, 1, rounded);
  DrawNumbers(dy, (size_t)(MANY * Co) * N * N, 2, rounded);
  for (int run = 0; run < 4; run++) { /* one, two, three threads; sample by sample */
    const PetscInt samples = run < 3 ? MANY : 1, planned = run < 3 ? PLANNED : 1;
    KNLayer        layer;
    KNParameters   parameters;
    KNReal        *gradient;

    omp_set_num_threads(run < 3 ? run + 1 : 1);
    PetscCall(KNParametersCreate(&parameters));
    PetscCall(KNLayerCreate("convolution", "convolution", 0, &layer));
    PetscCall(KNLayerSetChannels(layer, 2, Ci, Co));
    PetscCall(KNLayerSetKernel(layer, kernel, 1, 1, PETSC_TRUE));
    PetscCall(KNLayerSetUp(layer, parameters));
    PetscCall(KNParametersSetUp(parameters, 1));
    PetscCall(KNParametersGetBlocks(parameters, &count, NULL, &gradient, NULL, NULL));
    PetscCall(KNLayerSetGrid(layer, &grid, planned));
    for (PetscInt b = 0; b < MANY; b += samples) {
      const KNPass        pass  = {.samples   = samples,
                                   .training  = PETSC_TRUE,
                                   .gradients = b ? ADD_VALUES : INSERT_VALUES,
                                   .bfloat16  = rounded};
      const KNReal *const in[]  = {x + (size_t)(b * Ci) * N * N};
      KNReal *const       din[] = {NULL};

      PetscCall(KNLayerForward(layer, &pass, in, y, INSERT_VALUES));
      PetscCall(KNLayerBackward(layer, &pass, in, dy + (size_t)(b * Co) * N * N, din));
    }
    if (run < 3) {
      PetscCall(PetscMalloc1(count, &all[run]));
      PetscCall(PetscArraycpy(all[run], gradient, count));
      CHECK(!memcmp(all[run], all[0], count * sizeof(KNReal)), "%d threads: other bits", run + 1);
    }
    for (size_t i = 0; run == 3 && i < count; i++)
      CHECK(PetscAbsReal((double)(gradient[i] - all[0][i])) <= (sizeof(KNReal) == 4 ? 2e-4 : 1e-12),
            "%d channels, kernel %d: gradient %zu of groups is %g, of samples %g", (int)Ci, (int)kernel, i,
            (double)all[0][i], (double)gradient[i]);
    PetscCall(KNLayerDestroy(&layer));
    PetscCall(KNParametersDestroy(&parameters));
  }
  for (int run = 0; run < 3; run++) PetscCall(PetscFree(all[run]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Kernels of 1, 3, 5 points and strides. grid: dim, points; channels: in, out, groups; c: number of the channels. */
static PetscErrorCode TestKernels(const PetscInt grid[4], const PetscInt channels[3], PetscBool rounded, int periodic,
                                  int nodes, size_t c)
{
  PetscFunctionBegin;
  for (PetscInt kernel = 1; kernel <= (grid[0] < (rounded ? 2 : 3) ? 5 : 3); kernel += 2) {
    for (PetscInt stride = 1; stride <= (rounded ? 1 : 2); stride++) { /* strided ones are not rounded */
      const Shape shape = {.dim     = grid[0],
                           .n       = {grid[1], grid[2], grid[3]},
                           .Ci      = channels[0],
                           .Co      = channels[1],
                           .groups  = channels[2],
                           .kernel  = kernel,
                           .stride  = stride,
                           .bias    = (PetscBool)(c % 2),
                           .rounded = rounded};

      PetscCall(TestShape(&shape, periodic ? KN_POINTS_PERIODIC : KN_POINTS_CELLS));
      if (c == 0) PetscCall(TestShape(&shape, nodes ? KN_POINTS_NODES : KN_POINTS_PERIODIC));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt grid[][4]     = {{0, 1, 1, 1},   {1, 1, 1, 1},  {1, 2, 1, 1}, {1, 31, 1, 1},
                                         {1, 300, 1, 1}, {2, 8, 8, 1},  {2, 7, 9, 1}, {2, 1, 5, 1},
                                         {2, 5, 33, 1},  {2, 4, 64, 1}, {3, 3, 4, 5}, {3, 2, 3, 65}},
                        channels[][3] = {{4, 6, 1}, {4, 6, 2}, {3, 3, 3}, {1, 17, 1}, {9, 8, 1}},
                        tiles[][3]    = {{16, 16, 1}, {32, 16, 1}, {16, 48, 1}};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t g = 0; g < PETSC_STATIC_ARRAY_LENGTH(grid); g++) {
    for (size_t c = 0; c < PETSC_STATIC_ARRAY_LENGTH(channels); c++)
      PetscCall(TestKernels(grid[g], channels[c], PETSC_FALSE, (g + c) % 2, g % 2, c));
    for (size_t c = 0; c < PETSC_STATIC_ARRAY_LENGTH(tiles); c++)
      PetscCall(TestKernels(grid[g], tiles[c], PETSC_TRUE, (g + c) % 2, g % 2, c));
  }
  PetscCall(TestGroups(8, 8, 3, PETSC_FALSE));
  PetscCall(TestGroups(8, 8, 1, PETSC_FALSE));
  PetscCall(TestGroups(3, 8, 3, PETSC_FALSE));
  PetscCall(TestGroups(16, 16, 3, PETSC_TRUE));
  PetscCall(PetscFinalize());
  return 0;
}

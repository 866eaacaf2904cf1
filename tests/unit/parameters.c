/*
  The parameter arena: four blocks of one layout, aligned, gaps 0; initial values are a function of (seed, parameter,
  element) and have the declared distribution.
*/
#include <kitinet/parameters.h>
#include <string.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { N = 4, LARGE = 100000 };

typedef struct {
  KNParameters parameters;
  KNReal      *value[N], *gradient[N];
} Arena;

/*
  (3, 5) symmetric in (-0.5, 0.5); (7) zero; (n) positive in (0, 2); (2, 3, 2) symmetric in (-1, 1): sizes that leave
  gaps.
*/
static PetscErrorCode ArenaCreate(PetscInt n, PetscInt64 seed, Arena *arena)
{
  const KNParameterInfo info[N] = {
    {.name  = "weight",
     .rank  = 2,
     .shape = {3, 5},
     .role  = {KN_ROLE_STREAM_OUT, KN_ROLE_HIDDEN},
     .site  = 7,
     .init  = KN_INIT_SYMMETRIC,
     .scale = (KNReal)0.5},
    {.name = "bias", .rank = 1, .shape = {7}},
    {.name = "modes", .rank = 1, .shape = {n}, .init = KN_INIT_POSITIVE, .scale = 2},
    {.name = "last", .rank = 3, .shape = {2, 3, 2}, .init = KN_INIT_SYMMETRIC, .scale = 1},
  };

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&arena->parameters));
  for (int i = 0; i < N; i++)
    PetscCall(KNParametersDeclare(arena->parameters, &info[i], &arena->value[i], &arena->gradient[i]));
  PetscCall(KNParametersSetUp(arena->parameters, seed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Addresses, alignment, no overlap, sizes, gaps. */
static PetscErrorCode TestLayout(void)
{
  Arena                  arena;
  KNReal                *block[4];
  size_t                 size, total, end = 0;
  PetscInt               count;
  const KNParameterInfo *info;
  char                  *used;

  PetscFunctionBegin;
  PetscCall(ArenaCreate(33, 1, &arena));
  PetscCall(KNParametersGetBlocks(arena.parameters, &size, &block[0], &block[1], &block[2], &block[3]));
  PetscCall(KNParametersGetCount(arena.parameters, &count));
  PetscCall(KNParametersGetTotal(arena.parameters, &total));
  CHECK(count == N && total == 15 + 7 + 33 + 12, "%d parameters of %zu elements", (int)count, total);
  PetscCall(PetscCalloc1(size, &used));
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(KNParametersGetInfo(arena.parameters, i, &info));
    CHECK(info->offset >= end && info->offset + info->size <= size, "%s overlaps its neighbour, or leaves the block",
          info->name);
    end = info->offset + info->size;
    CHECK(i || (info->role[0] == KN_ROLE_STREAM_OUT && info->role[1] == KN_ROLE_HIDDEN && info->site == 7),
          "%s has lost its roles", info->name);
    CHECK(arena.value[i] == block[0] + info->offset && arena.gradient[i] == block[1] + info->offset,
          "The addresses of %s are not its place in the blocks", info->name);
    for (int b = 0; b < 4; b++)
      CHECK((uintptr_t)(block[b] + info->offset) % KN_ALIGN == 0, "%s in block %d is not aligned", info->name, b);
    memset(used + info->offset, 1, info->size);
  }
  for (size_t e = 0; e < size; e++) {
    CHECK(block[1][e] == 0 && block[2][e] == 0 && block[3][e] == 0, "Gradient or moment %zu is not 0 at first", e);
    CHECK(used[e] || block[0][e] == 0, "Gap %zu is %g", e, (double)block[0][e]);
  }
  for (size_t e = 0; e < size; e++) block[1][e] = 1;
  PetscCall(KNParametersZeroGradients(arena.parameters));
  for (size_t e = 0; e < size; e++)
    CHECK(block[1][e] == 0, "Gradient %zu is not 0 after KNParametersZeroGradients()", e);
  PetscCall(PetscFree(used));
  PetscCall(KNParametersDestroy(&arena.parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Element e of a parameter is the same however long the parameter is, and whatever the others are; another seed or
  number gives another value.
*/
static PetscErrorCode TestCoordinates(void)
{
  Arena  one, longer, other;
  KNReal weight, bias;

  PetscFunctionBegin;
  PetscCall(ArenaCreate(33, 5, &one));
  PetscCall(ArenaCreate(1001, 5, &longer));
  PetscCall(ArenaCreate(33, 6, &other));
  CHECK(!memcmp(one.value[0], longer.value[0], 15 * sizeof(KNReal)) &&
          !memcmp(one.value[3], longer.value[3], 12 * sizeof(KNReal)),
        "Initial values depend on the size of another parameter");
  CHECK(!memcmp(one.value[2], longer.value[2], 33 * sizeof(KNReal)), "The first 33 values depend on the parameter's "
                                                                     "size");
  for (int e = 0; e < 12; e++) {
    CHECK(one.value[3][e] != other.value[3][e], "Seeds 5 and 6 give element %d the same value", e);
    CHECK(one.value[3][e] != 2 * one.value[0][e], "Parameters 0 and 3 have the same draws at element %d", e);
    weight = one.value[0][e];
    for (int f = 0; f < e; f++) CHECK(one.value[0][f] != weight, "Elements %d and %d have the same value", e, f);
  }
  for (int e = 0; e < 7; e++) {
    bias = one.value[1][e];
    CHECK(bias == 0, "A zero parameter begins at %g", (double)bias);
  }
  PetscCall(KNParametersDestroy(&one.parameters));
  PetscCall(KNParametersDestroy(&longer.parameters));
  PetscCall(KNParametersDestroy(&other.parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  100,000 values uniform in (0, 2): mean 1 and variance 1/3 within 5 standard errors, extremes within 10 mean distances
  of the ends; symmetric ones in their range.
*/
static PetscErrorCode TestDistribution(void)
{
  Arena  arena;
  double sum = 0, squares = 0, low = 2, high = 0, mean, variance;

  PetscFunctionBegin;
  PetscCall(ArenaCreate(LARGE, 7, &arena));
  for (size_t e = 0; e < LARGE; e++) {
    const double u = (double)arena.value[2][e];

    sum += u;
    squares += u * u;
    low  = PetscMin(low, u);
    high = PetscMax(high, u);
  }
  mean     = sum / LARGE;
  variance = squares / LARGE - mean * mean;
  CHECK(low > 0 && low < 20.0 / LARGE && high <= 2 && high > 2 - 20.0 / LARGE,
        "%d values in (0, 2) reach from %g to %g", LARGE, low, high);
  CHECK(PetscAbsReal(mean - 1) < 5 * sqrt(1.0 / 3 / LARGE), "Mean %g of %d values in (0, 2)", mean, LARGE);
  /* fourth central moment 1/5, minus 1/9 */
  CHECK(PetscAbsReal(variance - 1.0 / 3) < 5 * sqrt(4.0 / 45 / LARGE), "Variance %g of %d values in (0, 2)", variance,
        LARGE);
  low = high = 0;
  for (int e = 0; e < 15; e++) {
    low  = PetscMin(low, (double)arena.value[0][e]);
    high = PetscMax(high, (double)arena.value[0][e]);
  }
  CHECK(low > -0.5 && low < 0 && high < 0.5 && high > 0, "Symmetric values in (-0.5, 0.5) reach from %g to %g", low,
        high);
  PetscCall(KNParametersDestroy(&arena.parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The values of one parameter declared as *info, with seed 9. */
static PetscErrorCode Draw(const KNParameterInfo *info, KNParameters *parameters, KNReal **value)
{
  KNReal *gradient;

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(parameters));
  PetscCall(KNParametersDeclare(*parameters, info, value, &gradient));
  PetscCall(KNParametersSetUp(*parameters, 9));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  100,000 normal values with standard deviation 3, whole or cut at two deviations: mean and variance within 5 standard
  errors; the share beyond one deviation, and beyond two.
*/
static PetscErrorCode TestNormal(PetscBool truncated)
{
  /* of a variance of 1, cut at 2 */
  const double phi = exp(-2.0) / sqrt(2 * PETSC_PI), inside = erf(sqrt(2.0)), shrunk = 1 - 4 * phi / inside;
  const double variance = 9 * (truncated ? shrunk : 1),
               beyond   = truncated ? 1 - erf(sqrt(0.5)) / inside : 1 - erf(sqrt(0.5));
  KNParameterInfo info  = {.name  = "normal",
                           .rank  = 1,
                           .shape = {LARGE},
                           .init  = truncated ? KN_INIT_TRUNCATED_NORMAL : KN_INIT_NORMAL,
                           .scale = 3};
  KNParameters    parameters, shorter;
  KNReal         *value, *first;
  double          sum = 0, squares = 0, one = 0, two = 0;

  PetscFunctionBegin;
  PetscCall(Draw(&info, &parameters, &value));
  for (size_t e = 0; e < LARGE; e++) {
    sum += (double)value[e];
    squares += (double)value[e] * (double)value[e];
    one += PetscAbsReal((double)value[e]) > 3 ? 1 : 0;
    two += PetscAbsReal((double)value[e]) > 6 ? 1 : 0;
  }
  CHECK(PetscAbsReal(sum / LARGE) < 5 * sqrt(variance / LARGE), "Mean %g of normal values", sum / LARGE);
  CHECK(PetscAbsReal(squares / LARGE - variance) < 5 * variance * sqrt(2.0 / LARGE),
        "Variance %g of normal values instead of %g", squares / LARGE, variance);
  CHECK(PetscAbsReal(one / LARGE - beyond) < 5 * sqrt(beyond * (1 - beyond) / LARGE),
        "%g of the values beyond one deviation instead of %g", one / LARGE, beyond);
  CHECK(truncated ? two == 0 : PetscAbsReal(two / LARGE - (1 - inside)) < 5 * sqrt((1 - inside) / LARGE),
        "%g of the values beyond two deviations", two / LARGE);
  info.shape[0] = 13;
  PetscCall(Draw(&info, &shorter, &first));
  CHECK(!memcmp(first, value, 13 * sizeof(*first)), "The first normal values depend on the parameter's size");
  PetscCall(KNParametersDestroy(&parameters));
  PetscCall(KNParametersDestroy(&shorter));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* rows orthonormal vectors, times a gain of 1.5; columns of a tall matrix likewise. shape: (rows, n2, n3) */
static PetscErrorCode TestOrthogonal(PetscInt rows, PetscInt n2, PetscInt n3)
{
  const KNParameterInfo info    = {.name  = "orthogonal",
                                   .rank  = 3,
                                   .shape = {rows, n2, n3},
                                   .init  = KN_INIT_ORTHOGONAL,
                                   .scale = (KNReal)1.5};
  const PetscInt        columns = n2 * n3, count = PetscMin(rows, columns), length = PetscMax(rows, columns);
  const PetscInt        vector = rows <= columns ? columns : 1, stride = rows <= columns ? 1 : columns;
  KNParameters          parameters;
  KNReal               *value;

  PetscFunctionBegin;
  PetscCall(Draw(&info, &parameters, &value));
  for (PetscInt v = 0; v < count; v++) {
    for (PetscInt w = 0; w <= v; w++) {
      double dot = 0;

      for (PetscInt i = 0; i < length; i++)
        dot += (double)value[v * vector + i * stride] * (double)value[w * vector + i * stride];
      CHECK(PetscAbsReal(dot - (v == w ? 2.25 : 0)) < 1e-6,
            "Vectors %d and %d of an orthogonal matrix (%d, %d) have the scalar product %g", (int)v, (int)w, (int)rows,
            (int)columns, dot);
    }
  }
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestConstant(KNInit init, KNReal expected)
{
  const KNParameterInfo info = {.name = "constant", .rank = 1, .shape = {17}, .init = init, .scale = (KNReal)-2.5};
  KNParameters          parameters;
  KNReal               *value;

  PetscFunctionBegin;
  PetscCall(Draw(&info, &parameters, &value));
  for (int e = 0; e < 17; e++)
    CHECK(value[e] == expected, "A constant parameter begins at %g instead of %g", (double)value[e], (double)expected);
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  State lies in front of the parameters, is counted apart, moves by its momentum to the mean of what it is given, and
  belongs to the first gradients.
*/
static PetscErrorCode TestState(void)
{
  const KNParameterInfo info[] = {
    {.name = "weight", .rank = 1, .shape = {5}, .init = KN_INIT_SYMMETRIC, .scale = 1},
    {.name = "mean", .rank = 1, .shape = {3}, .momentum = (KNReal)0.25},
    {.name = "variance", .rank = 1, .shape = {32}, .init = KN_INIT_ONES, .momentum = (KNReal)0.5},
    {.name = "bias", .rank = 1, .shape = {5}, .init = KN_INIT_SYMMETRIC, .scale = 1},
  };
  KNParameters parameters, without;
  KNReal      *block, *gradient[4], *value[4], *plain[2], *unused[2];
  size_t       size, state, total, offset[5];

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&parameters));
  for (int i = 0; i < 4; i++) PetscCall(KNParametersDeclare(parameters, &info[i], &value[i], &gradient[i]));
  PetscCall(KNParametersSetUp(parameters, 3));
  PetscCall(KNParametersGetBlocks(parameters, &size, &block, &plain[0], NULL, NULL));
  PetscCall(KNParametersGetState(parameters, &state, &total));
  CHECK(total == 35 && value[1] == block && value[2] < block + state && value[0] == block + state &&
          value[3] > value[0],
        "The state of %zu numbers does not lie in front", total);
  PetscCall(KNParametersGetTotal(parameters, &total));
  CHECK(total == 10, "%zu trained numbers", total);
  for (PetscInt i = 0; i < 5; i++) PetscCall(KNParametersGetOffset(parameters, i, &offset[i]));
  CHECK(offset[0] == 0 && block + offset[1] == value[3] && offset[2] == offset[1] && offset[3] == offset[1] &&
          offset[4] == size,
        "Gradients from parameter 1 on begin at %zu of %zu", offset[1], size);
  for (int e = 0; e < 32; e++) gradient[2][e] = 6 * (KNReal)e;
  for (int e = 0; e < 5; e++) gradient[0][e] = 1;
  for (int e = 0; e < 3; e++) gradient[1][e] = 24;
  PetscCall(KNParametersUpdateState(parameters));
  CHECK(value[2][3] == 1 && value[1][2] == 0, "State moves without weight, to %g", (double)value[2][3]);
  gradient[2][32] = gradient[1][3] = 6; /* the weights */
  PetscCall(KNParametersUpdateState(parameters));
  for (int e = 0; e < 32; e++) CHECK(value[2][e] == (KNReal)(0.5 + 0.5 * e), "State %d is %g", e, (double)value[2][e]);
  CHECK(value[1][2] == 1, "A mean of 4 moves the state from 0 to %g", (double)value[1][2]);
  /* the same number of declarations: draws are those of (seed, number, element) */
  PetscCall(KNParametersCreate(&without));
  PetscCall(KNParametersDeclare(without, &info[0], &plain[0], &unused[0]));
  PetscCall(KNParametersSetUp(without, 3));
  CHECK(!memcmp(plain[0], value[0], 5 * sizeof(KNReal)), "The state changes initial values, or an update changes what "
                                                         "is trained");
  PetscCall(KNParametersDestroy(&without));
  PetscCall(KNParametersDestroy(&parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestLayout());
  PetscCall(TestCoordinates());
  PetscCall(TestDistribution());
  PetscCall(TestNormal(PETSC_FALSE));
  PetscCall(TestNormal(PETSC_TRUE));
  PetscCall(TestOrthogonal(5, 4, 3));
  PetscCall(TestOrthogonal(12, 2, 3));
  PetscCall(TestOrthogonal(6, 3, 2));
  PetscCall(TestConstant(KN_INIT_ONES, 1));
  PetscCall(TestConstant(KN_INIT_CONSTANT, (KNReal)-2.5));
  PetscCall(TestConstant(KN_INIT_ZERO, 0));
  PetscCall(TestState());
  PetscCall(PetscFinalize());
  return 0;
}

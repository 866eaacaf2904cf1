/*
  Layers that change the grid give the numbers their formulae say, on grids of even and odd length, and refuse slabs.

    pool         the mean of each block, the last block of an odd axis has fewer points
    upsample     nearest: the value of the block, so that pool undoes it; linear: a constant stays, a linear function is
    met but at the ends, periodic fields wrap around
    concatenate  the second input refined as upsample does it, also to odd lengths
    mean         the mean of all points
*/
#include <kitinet/error.h>
#include <kitinet/layer.h>
#include <petscviewer.h>

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { MOST = 3000 };

static KNReal field[MOST], other[MOST], out[MOST], back[MOST];

static PetscErrorCode Create(const char type[], const KNGrid *grid, const KNGrid *second, const char upsampling[],
                             KNLayer *layer)
{
  const KNGrid grids[] = {*grid, second ? *second : *grid, *grid};
  KNParameters parameters;

  PetscFunctionBegin;
  PetscCall(PetscOptionsSetValue(NULL, "-model_upsampling", upsampling));
  PetscCall(KNParametersCreate(&parameters));
  PetscCall(KNLayerCreate(type, type, 0, layer));
  PetscCall(KNLayerSetChannels(*layer, grid->dim, 1, PETSC_DECIDE));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscCall(KNLayerSetUp(*layer, parameters));
  PetscCall(KNParametersDestroy(&parameters));
  PetscCall(KNLayerSetGrids(*layer, grids, 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out = layer(field[, other]), and the output's grid */
static PetscErrorCode Apply(const char type[], const KNGrid *grid, const KNGrid *second, const char upsampling[],
                            const KNReal *first, KNReal *result, KNGrid *grid_out)
{
  const KNPass        pass = {.samples = 1};
  const KNReal *const in[] = {first, other, NULL};
  KNLayer             layer;

  PetscFunctionBegin;
  PetscCall(Create(type, grid, second, upsampling, &layer));
  PetscCall(KNLayerGetSizes(layer, NULL, NULL, NULL, NULL, grid_out));
  PetscCall(KNLayerForward(layer, &pass, in, result, INSERT_VALUES));
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestPool(PetscInt n1, PetscInt n2)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){n1, n2}, KN_POINTS_CELLS);
  KNGrid       coarse;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n1 * n2; i++) field[i] = (KNReal)(i * i % 17);
  PetscCall(Apply("pool", &grid, NULL, "linear", field, out, &coarse));
  CHECK(coarse.n[0] == (n1 + 1) / 2 && coarse.n[1] == (n2 + 1) / 2, "%d x %d points are pooled to %d x %d", (int)n1,
        (int)n2, (int)coarse.n[0], (int)coarse.n[1]);
  for (PetscInt bi = 0; bi < coarse.n[0]; bi++) {
    for (PetscInt bj = 0; bj < coarse.n[1]; bj++) {
      double sum = 0, count = 0;

      for (PetscInt i = 2 * bi; i < PetscMin(2 * bi + 2, n1); i++) {
        for (PetscInt j = 2 * bj; j < PetscMin(2 * bj + 2, n2); j++, count++) sum += (double)field[i * n2 + j];
      }
      CHECK(PetscAbsReal((double)out[bi * coarse.n[1] + bj] - sum / count) < 1e-5,
            "Block %d, %d of %d x %d points has the mean %g instead of %g", (int)bi, (int)bj, (int)n1, (int)n2,
            (double)out[bi * coarse.n[1] + bj], sum / count);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNearest(void)
{
  const KNGrid grid = KNGridMake(3, (const PetscInt[]){3, 2, 5}, KN_POINTS_NODES);
  KNGrid       fine, coarse;

  PetscFunctionBegin;
  for (int i = 0; i < 30; i++) field[i] = (KNReal)(i * i % 13);
  PetscCall(Apply("upsample", &grid, NULL, "nearest", field, out, &fine));
  CHECK(fine.n[0] == 6 && fine.n[1] == 4 && fine.n[2] == 10, "3 x 2 x 5 points become %d x %d x %d", (int)fine.n[0],
        (int)fine.n[1], (int)fine.n[2]);
  for (int i = 0; i < 240; i++)
    CHECK(out[i] == field[(i / 40 / 2 * 2 + i / 10 % 4 / 2) * 5 + i % 10 / 2], "Point %d has %g, not that of its block",
          i, (double)out[i]);
  PetscCall(Apply("pool", &fine, NULL, "nearest", out, back, &coarse));
  for (int i = 0; i < 30; i++)
    CHECK(back[i] == field[i], "Refined and coarsened point %d is %g instead of %g", i, (double)back[i],
          (double)field[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestLinear(void)
{
  const KNGrid line  = KNGridMake(1, (const PetscInt[]){6}, KN_POINTS_CELLS),
               ring  = KNGridMake(1, (const PetscInt[]){6}, KN_POINTS_PERIODIC),
               plane = KNGridMake(2, (const PetscInt[]){3, 7}, KN_POINTS_CELLS);
  KNGrid fine;

  PetscFunctionBegin;
  for (int i = 0; i < 6; i++) field[i] = (KNReal)i;
  PetscCall(Apply("upsample", &line, NULL, "linear", field, out, &fine));
  for (int i = 1; i < 11; i++)
    CHECK(out[i] == (KNReal)(0.5 * i - 0.25), "Point %d between 0, 1, .. is %g", i, (double)out[i]);
  CHECK(out[0] == 0 && out[11] == 5, "The ends are %g and %g, not those of the nearest points", (double)out[0],
        (double)out[11]);
  PetscCall(Apply("upsample", &ring, NULL, "linear", field, out, &fine));
  CHECK(out[0] == (KNReal)1.25 && out[11] == (KNReal)3.75 && out[5] == (KNReal)2.25,
        "A periodic field has %g and %g at its ends", (double)out[0], (double)out[11]);
  for (int i = 0; i < 21; i++) field[i] = 3;
  PetscCall(Apply("upsample", &plane, NULL, "linear", field, out, &fine));
  for (int i = 0; i < 84; i++) CHECK(out[i] == 3, "A constant field of 3 becomes %g", (double)out[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The second input on the coarse grid, of one axis. */
static PetscErrorCode TestConcatenate(PetscInt n)
{
  const KNGrid grid = KNGridMake(1, &n, KN_POINTS_CELLS),
               half = KNGridMake(1, (const PetscInt[]){(n + 1) / 2}, KN_POINTS_CELLS);
  KNGrid fine;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < n; i++) field[i] = (KNReal)(-i);
  for (PetscInt i = 0; i < half.n[0]; i++) other[i] = (KNReal)i;
  PetscCall(Apply("concatenate", &grid, &half, "linear", field, out, &fine));
  CHECK(fine.n[0] == n, "%d points become %d", (int)n, (int)fine.n[0]);
  for (PetscInt i = 0; i < n; i++) {
    const KNReal expected = PetscMin(PetscMax((KNReal)(0.5 * (double)i - 0.25), 0), (KNReal)(half.n[0] - 1));

    CHECK(out[i] == field[i] && out[n + i] == expected, "Point %d of %d: %g and %g instead of %g and %g", (int)i,
          (int)n, (double)out[i], (double)out[n + i], (double)field[i], (double)expected);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestMean(void)
{
  const KNGrid grid = KNGridMake(1, (const PetscInt[]){9}, KN_POINTS_CELLS);
  KNGrid       point;

  PetscFunctionBegin;
  for (int i = 0; i < 9; i++) field[i] = (KNReal)(i * i);
  PetscCall(Apply("mean", &grid, NULL, "linear", field, out, &point));
  CHECK(point.dim == 0 && KNGridSize(&point) == 1 && PetscAbsReal((double)out[0] - 204.0 / 9) < 1e-5,
        "The mean is %g on a grid of %d axes", (double)out[0], (int)point.dim);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Silent(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode code,
                             PetscErrorType type, const char *message, void *context)
{
  return code;
}

static PetscErrorCode TestSlab(const char type[])
{
  const KNGrid   slab = {.dim = 1, .n = {4, 1, 1}, .whole = 8, .first = 4};
  KNLayer        layer;
  PetscErrorCode code;

  PetscFunctionBegin;
  PetscCall(PetscPushErrorHandler(Silent, NULL));
  code = Create(type, &slab, NULL, "linear", &layer);
  PetscCall(PetscPopErrorHandler());
  CHECK(code == KN_ERR_USAGE, "%s takes a slab", type);
  PetscCall(KNLayerDestroy(&layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestPool(4, 6));
  PetscCall(TestPool(5, 7));
  PetscCall(TestPool(1, 8));
  PetscCall(TestNearest());
  PetscCall(TestLinear());
  PetscCall(TestConcatenate(8));
  PetscCall(TestConcatenate(7));
  PetscCall(TestConcatenate(1101)); /* several tiles */
  PetscCall(TestMean());
  PetscCall(TestSlab("pool"));
  PetscCall(TestSlab("mean"));
  PetscCall(TestSlab("upsample"));
  PetscCall(PetscFinalize());
  return 0;
}

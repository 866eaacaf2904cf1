/*
  A sample shared by all ranks, each with a slab of its grid: output, gradient of the input and, added up, gradients
  of the parameters are those of the network that has the whole sample. On one, two and three axes, with slabs of
  unequal size, with and without padding, for every residual; attention, whose sums over the points add up, too.
*/
#include "draw.h"
#include <kitinet/model.h>
#include <kitinet/sharing.h>

enum { IN = 2, OUT = 3, SAMPLES = 2, LARGEST = 1024 };

#if defined(KN_DOUBLE)
static const double tolerance = 1e-12;
#else
static const double tolerance = 2e-5;
#endif

static const PetscInt64 rows[SAMPLES] = {4, 1};
static const KNPass     drawn = {.samples = SAMPLES, .training = PETSC_TRUE, .seed = 3, .step = 5, .index = rows};

static PetscErrorCode ModelCreate(PetscInt dim, KNModel *model)
{
  KNParameters parameters;
  KNReal      *value, *direction;
  size_t       size;

  PetscFunctionBegin;
  PetscCall(KNModelCreateFromOptions(model));
  PetscCall(KNModelSetChannels(*model, dim, IN, OUT));
  PetscCall(KNModelSetFromOptions(*model));
  PetscCall(KNModelSetUp(*model, 1));
  PetscCall(KNModelGetParameters(*model, &parameters));
  PetscCall(KNParametersGetBlocks(parameters, &size, &value, NULL, NULL, NULL));
  PetscCall(PetscMalloc1(size, &direction));
  Draw(direction, size, 3);
  for (size_t i = 0; i < size; i++) value[i] += (KNReal)0.1 * direction[i]; /* a general point */
  PetscCall(PetscFree(direction));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* slab: of P fields, cut out of whole. */
static void Cut(KNReal *slab, const KNReal *whole, size_t P, const KNGrid *part)
{
  const size_t layer = KNGridSize(part) / (size_t)part->n[0], n = KNGridSize(part),
               N = (size_t)KNGridWhole(part, 0) * layer;

  for (size_t i = 0; i < P * n; i++) slab[i] = whole[i / n * N + (size_t)part->first * layer + i % n];
}

/* The largest difference, relative to the largest value; agreed by all ranks. */
static PetscErrorCode Compare(const char what[], PetscInt dim, size_t n, const KNReal *a, const KNReal *b)
{
  double largest[2] = {0, 0};

  PetscFunctionBegin;
  for (size_t i = 0; i < n; i++) {
    largest[0] = PetscMax(largest[0], PetscAbsReal((double)a[i] - (double)b[i]));
    largest[1] = PetscMax(largest[1], PetscAbsReal((double)b[i]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, largest, 2, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD));
  PetscCheck(largest[1] > 0 && largest[0] <= tolerance * largest[1], PETSC_COMM_WORLD, PETSC_ERR_PLIB,
             "%d axes, %s: differs by %g of %g", (int)dim, what, largest[0], largest[1]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Test(const KNGrid *grid, const KNSharing *sharing)
{
  static KNReal x[SAMPLES * IN * LARGEST], dx[2][SAMPLES * IN * LARGEST], y[2][SAMPLES * OUT * LARGEST],
    dy[SAMPLES * OUT * LARGEST], own_x[SAMPLES * IN * LARGEST], own[SAMPLES * OUT * LARGEST];
  const KNGrid slab = KNGridSlab(grid, sharing->size, sharing->rank), *const part[2] = {grid, &slab};
  KNReal *gradient[2];
  KNModel model[2];
  size_t  size = 0;

  PetscFunctionBegin;
  Draw(x, SAMPLES * IN * KNGridSize(grid), 1);
  Draw(dy, SAMPLES * OUT * KNGridSize(grid), 2);
  for (int m = 0; m < 2; m++) {
    const size_t S = KNGridSize(part[m]);
    KNParameters parameters;

    PetscCall(ModelCreate(grid->dim, &model[m]));
    if (m) PetscCall(KNModelSetComm(model[m], sharing->comm));
    PetscCall(KNModelSetGrid(model[m], part[m], SAMPLES, PETSC_TRUE));
    PetscCall(KNModelGetParameters(model[m], &parameters));
    PetscCall(KNParametersGetBlocks(parameters, &size, NULL, &gradient[m], NULL, NULL));
    PetscCall(KNParametersZeroGradients(parameters));
    PetscCall(PetscArrayzero(dx[m], SAMPLES * IN * S));
    if (m) Cut(own_x, x, SAMPLES * IN, &slab);
    if (m) Cut(own, dy, SAMPLES * OUT, &slab);
    for (int sweep = 0; sweep < 2; sweep++) { /* the second writes its gradients of the parameters over the first's */
      KNPass pass = drawn;

      pass.gradients = sweep ? INSERT_VALUES : ADD_VALUES;
      PetscCall(KNModelForward(model[m], &pass, m ? own_x : x, y[m]));
      PetscCall(KNModelBackward(model[m], &pass, m ? own_x : x, m ? own : dy, sweep ? dx[m] : NULL));
    }
  }
  Cut(own, y[0], SAMPLES * OUT, &slab);
  PetscCall(Compare("output", grid->dim, SAMPLES * OUT * KNGridSize(&slab), y[1], own));
  Cut(own, dx[0], SAMPLES * IN, &slab);
  PetscCall(Compare("gradient of the input", grid->dim, SAMPLES * IN * KNGridSize(&slab), dx[1], own));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, gradient[1], (PetscMPIInt)size, KNREAL_MPI, MPI_SUM, sharing->comm));
  PetscCall(Compare("gradient of the parameters", grid->dim, size, gradient[1], gradient[0]));
  for (int m = 0; m < 2; m++) PetscCall(KNModelDestroy(&model[m]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The whole field comes back from its slabs. */
static PetscErrorCode TestGather(const KNGrid *grid, const KNSharing *sharing)
{
  const KNGrid slab = KNGridSlab(grid, sharing->size, sharing->rank);
  const size_t n = KNGridSize(&slab), N = KNGridSize(grid), layer = N / (size_t)grid->n[0];
  float        part[2 * LARGEST], whole[2 * LARGEST];
  PetscInt     wrong = 0;

  PetscFunctionBegin;
  for (size_t i = 0; i < 2 * n; i++) part[i] = (float)(i / n * N + (size_t)slab.first * layer + i % n);
  PetscCall(KNSharingGather(sharing, grid, 2, part, whole));
  for (size_t i = 0; sharing->rank == 0 && i < 2 * N; i++) wrong += whole[i] != (float)i;
  PetscCheck(wrong == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%d values are not where they were", (int)wrong);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const residual[] = {"fno", "plain", "collision"}, *const padding[] = {"0", "0.25"},
                           *const law[]       = {"uniform", "line_of_centres"},
                           *const attention[] = {"transolver", "oformer", "oformer"},
                           *const form[]      = {"galerkin", "galerkin", "fourier"};
  const char *const option[][2] = {{"-collision_rate", "0.7"}, {"-model_width", "6"},      {"-model_modes", "3"},
                                   {"-model_layers", "2"},     {"-model_head", "5"},       {"-model_heads", "2"},
                                   {"-model_slices", "5"},     {"-model_frequencies", "2"}};
  PetscMPIInt       size;
  KNSharing         sharing;
  char              ranks[16];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscSNPrintf(ranks, sizeof(ranks), "%d", size));
  PetscCall(PetscOptionsSetValue(NULL, "-ranks_per_sample", ranks));
  PetscCall(KNSharingSetFromOptions(&sharing));
  PetscCheck(sharing.size == size && sharing.groups == 1, PETSC_COMM_WORLD, PETSC_ERR_PLIB, "%d groups of %d",
             sharing.groups, sharing.size);
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(option); i++)
    PetscCall(PetscOptionsSetValue(NULL, option[i][0], option[i][1]));
  for (PetscInt dim = 1; dim <= 3; dim++) {
    const KNGrid grid = KNGridMake(dim, (const PetscInt[]){11, 8, 9}, KN_POINTS_CELLS);

    PetscCall(TestGather(&grid, &sharing));
    for (int p = 0; p < 2; p++) {
      for (int r = 0; r < 3; r++) {
        PetscCall(PetscOptionsSetValue(NULL, "-model_residual", residual[r]));
        PetscCall(PetscOptionsSetValue(NULL, "-model_padding", padding[p]));
        PetscCall(PetscOptionsSetValue(NULL, "-collision_law", law[p]));
        PetscCall(Test(&grid, &sharing));
      }
    }
    for (int a = 0; a < 3; a++) {
      PetscCall(PetscOptionsSetValue(NULL, "-model_type", attention[a]));
      PetscCall(PetscOptionsSetValue(NULL, "-model_attention", form[a]));
      PetscCall(PetscOptionsSetValue(NULL, "-model_residual", a == 1 ? "collision" : "plain"));
      PetscCall(Test(&grid, &sharing));
    }
    PetscCall(PetscOptionsSetValue(NULL, "-model_type", "fno"));
  }
  PetscCall(KNSharingDestroy(&sharing));
  PetscCall(PetscFinalize());
  return 0;
}

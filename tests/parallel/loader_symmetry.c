/*
  Samples that a loader moves by symmetries: each is the image under the element that (seed, epoch, sample) draws, input
  and output alike, all frames of a window alike; the same from any batch on, on any number of ranks, and where ranks
  share samples. Elements are drawn evenly.
*/
#include <kitinet/error.h>
#include <kitinet/loader.h>
#include "small_dataset.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { N = 17, FIRST = 2, SAMPLES = 14, B = 4, FRAMES = 3 };
static const PetscInt64 seed = 5;

/* The element that moves a sample, without the loader. */
static PetscInt64 Drawn(KNSymmetry group, PetscInt64 epoch, PetscInt64 index)
{
  uint64_t word[4];

  KNRandomWords(seed, KN_STREAM_SYMMETRY, epoch, index, 0, 0, word);
  return KNUniformInt(word[0], KNSymmetryOrder(group));
}

/* values (arrays, fields, S_slab) of a batch are those of the row, moved; from: number of the first value in the row */
static PetscErrorCode CheckMoved(PetscInt64 row, int side, const KNAction *g, const KNGrid *grid, const KNGrid *slab,
                                 size_t arrays, size_t fields, size_t from, const float value[])
{
  const size_t S = KNGridSize(grid), own = KNGridSize(slab),
               skipped = (size_t)(slab->whole ? slab->first : 0) * S / (size_t)grid->n[0];

  PetscFunctionBegin;
  for (size_t r = 0; r < arrays; r++) {
    for (size_t f = 0; f < fields; f++) {
      for (size_t s = 0; s < own; s++) {
        const size_t at = from + (r * fields + (size_t)g->field[f]) * S + kn_symmetry_source(g, grid, skipped + s);

        CHECK(value[(r * fields + f) * own + s] == (float)g->field_sign[f] * SmallDatasetValue(row, side, at),
              "row %" PetscInt64_FMT ", side %d, array %zu, field %zu, point %zu", row, side, r, f, s);
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* window: frames of one, 0: rows as they are. drawn (order): how often each element came. */
static PetscErrorCode TestLoader(KNDataset dataset, const KNSharing *sharing, PetscInt window, PetscInt64 drawn[])
{
  const KNProblem *problem;
  KNSymmetry       group;
  KNLoader         loader;
  PetscInt         batches;
  KNGrid           slab;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNSymmetryCreate(problem, "the test", KN_ERR_INPUT, &group));
  slab = KNGridSlab(&problem->output.grid, sharing->size, sharing->rank);
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, B, 2, PETSC_TRUE, seed, &loader));
  PetscCall(KNLoaderSetSharing(loader, sharing));
  PetscCall(KNLoaderSetSymmetry(loader, group));
  if (window) PetscCall(KNLoaderSetWindow(loader, window));
  PetscCall(KNLoaderGetSizes(loader, &batches, NULL));
  for (PetscInt64 epoch = 0; epoch < 12; epoch++) {
    const size_t nx     = (size_t)problem->input.fields * KNGridSize(&slab),
                 frame  = (size_t)problem->output.fields * KNGridSize(&slab),
                 arrays = (size_t)(window ? window : PetscMax(problem->frames, 1));
    KNBatch batch;

    PetscCall(KNLoaderStart(loader, epoch, (PetscInt)epoch % batches));
    for (;;) {
      PetscCall(KNLoaderNext(loader, &batch));
      if (!batch.total) break;
      for (PetscInt i = 0; i < batch.samples; i++) {
        const PetscInt   windows = window ? problem->frames - window + 1 : 1;
        const PetscInt64 k       = Drawn(group, epoch, batch.index[i]);
        const size_t     from    = (size_t)(batch.index[i] % windows) * KNSpaceSize(&problem->output);
        KNElement        g;

        drawn[k]++;
        KNSymmetryGetElement(group, k, &g);
        if (nx)
          PetscCall(CheckMoved(batch.row[i], 0, &g.input, &problem->input.grid, &slab, 1, (size_t)problem->input.fields,
                               0, batch.x + (size_t)i * nx));
        PetscCall(CheckMoved(batch.row[i], 1, &g.output, &problem->output.grid, &slab, arrays,
                             (size_t)problem->output.fields, from, batch.y + (size_t)i * arrays * frame));
      }
    }
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNSymmetryDestroy(&group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestDataset(const char path[], PetscBool steady, const KNSharing *sharing)
{
  const KNGrid grid = KNGridMake(2, (const PetscInt[]){6, 6}, KN_POINTS_PERIODIC);
  PetscReal    times[FRAMES];
  PetscInt64   drawn[288] = {0}, fewest = PETSC_MAX_INT, all = 0;
  KNProblem    problem;
  KNDataset    dataset;

  PetscFunctionBegin;
  SmallDatasetProblem(steady ? 2 : 0, steady ? 1 : 2, steady ? 0 : FRAMES, times, &grid, &problem);
  PetscCall(KNProblemAddSymmetry(&problem, "shift(x/3,-y/3)"));
  if (steady) PetscCall(KNProblemAddSymmetry(&problem, "exchange(x,y) x1=x2 x2=x1 y1=-y1"));
  else PetscCall(KNProblemAddSymmetry(&problem, "exchange(x,y) y1=y2 y2=y1"));
  PetscCall(KNProblemAddSymmetry(&problem, "reflect(x) reflect(y)"));
  PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, N, SmallDatasetValue));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  for (PetscInt window = 0; window <= (steady ? 0 : FRAMES); window++)
    PetscCall(TestLoader(dataset, sharing, window, drawn));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, drawn, 12, MPIU_INT64, MPI_SUM, PETSC_COMM_WORLD));
  for (PetscInt k = 0; k < 12; k++) {
    fewest = PetscMin(fewest, drawn[k]);
    all += drawn[k];
  }
  CHECK(4 * 12 * fewest >= all, "of %" PetscInt64_FMT " draws an element of 12 has only %" PetscInt64_FMT, all, fewest);
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscMPIInt size;
  char        path[64];

  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscSNPrintf(path, sizeof(path), "loader_symmetry_%d.h5", size));
  for (PetscMPIInt k = 1; k <= size; k++) {
    KNSharing sharing;
    char      text[8];

    if (size % k) continue;
    PetscCall(PetscSNPrintf(text, sizeof(text), "%d", k));
    PetscCall(PetscOptionsSetValue(NULL, "-ranks_per_sample", text));
    PetscCall(KNSharingSetFromOptions(&sharing));
    PetscCall(TestDataset(path, PETSC_TRUE, &sharing));
    PetscCall(TestDataset(path, PETSC_FALSE, &sharing));
    PetscCall(KNSharingDestroy(&sharing));
  }
  PetscCall(PetscFinalize());
  return 0;
}

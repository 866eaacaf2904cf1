/*
  Batches of texts of like length: each sample once an epoch, the same batches for any number of ranks and after a
  restart, others in the next epoch, and of texts far closer in length than as they come.
*/
#include "dataset_test.h"
#include <kitinet/loader.h>
#include <kitinet/random.h>

enum { ROWS = 203, LENGTH = 64, BATCH = 8, POOL = 6, LEAF = 2, BATCHES = (ROWS + BATCH - 1) / BATCH };

static int32_t LengthOf(PetscInt64 row)
{
  uint64_t word[4];

  KNRandomWords(1, KN_STREAM_TEST, row, 0, 0, 0, word);
  return 1 + (int32_t)(word[0] % LENGTH);
}

static PetscErrorCode Write(const char path[])
{
  KNProblem       p = {.pde = "texts", .equation = "none", .boundary = "none"};
  int32_t         token[LENGTH];
  KNDatasetWriter writer;
  PetscMPIInt     rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  p.input  = (KNSpace){.kind   = KN_SPACE_TOKENS,
                       .grid   = KNGridMake(0, NULL, KN_POINTS_CELLS),
                       .length = LENGTH,
                       .count  = 3,
                       .names  = "a\0b\0c"};
  p.output = (KNSpace){.kind = KN_SPACE_CLASS, .grid = p.input.grid, .count = 2, .names = "x\0y"};
  for (int i = 0; i < LENGTH; i++) token[i] = 1;
  PetscCall(KNDatasetWriterCreate(PETSC_COMM_WORLD, path, &p, ROWS, 0, "", PETSC_TRUE, &writer));
  for (PetscInt64 row = 0; row < ROWS && rank == 0; row++) {
    const KNRow value = {.token = token, .length = LengthOf(row), .label = (int32_t)(row % 2)};

    PetscCall(KNDatasetWriterWriteRow(writer, row, row, &value));
  }
  PetscCall(KNDatasetWriterPublish(writer));
  PetscCall(KNDatasetWriterDestroy(&writer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* order (ROWS): rows in the order of the epoch, batch after batch, from batch `start` on. */
static PetscErrorCode Epoch(MPI_Comm comm, KNDataset dataset, PetscInt pool, PetscInt64 epoch, PetscInt start,
                            PetscInt64 order[])
{
  KNLoader loader;
  KNBatch  b;

  PetscFunctionBegin;
  for (int i = 0; i < ROWS; i++) order[i] = 0;
  PetscCall(KNLoaderCreate(comm, dataset, 0, ROWS, BATCH, LEAF, PETSC_TRUE, 7, &loader));
  PetscCall(KNLoaderSetLikeLengths(loader, pool));
  PetscCall(KNLoaderStart(loader, epoch, start));
  for (PetscInt at = start * BATCH;; at += b.total) {
    PetscMPIInt rank, size;
    PetscInt64  first, end;

    PetscCall(KNLoaderNext(loader, &b));
    if (!b.total) break;
    PetscCallMPI(MPI_Comm_rank(comm, &rank));
    PetscCallMPI(MPI_Comm_size(comm, &size));
    KNLeafPartition(b.total, LEAF, size, rank, &first, &end);
    CHECK(b.samples == end - first && b.stride == LENGTH, "%d samples of %d", (int)b.samples, (int)(end - first));
    for (PetscInt i = 0; i < b.samples; i++) {
      order[at + first + i] = b.row[i];
      CHECK(b.length[i] == LengthOf(b.row[i]), "row %d: another length", (int)b.row[i]);
    }
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, order, ROWS, MPIU_INT64, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Mean over the batches of longest less shortest text. */
static double Spread(const PetscInt64 order[])
{
  double sum = 0;

  for (int b = 0; b < BATCHES; b++) {
    int32_t least = LENGTH, most = 0;

    for (int i = b * BATCH; i < PetscMin((b + 1) * BATCH, ROWS); i++) {
      least = PetscMin(least, LengthOf(order[i]));
      most  = PetscMax(most, LengthOf(order[i]));
    }
    sum += most - least;
  }
  return sum / BATCHES;
}

int main(int argc, char **argv)
{
  KNDataset  dataset;
  PetscInt64 order[ROWS], alone[ROWS], other[ROWS], seen[ROWS] = {0};
  PetscInt   moved = 0, falling = 0;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(TestFolder("loader_texts"));
  PetscCall(Write("texts.h5"));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, "texts.h5", &dataset));
  PetscCall(Epoch(PETSC_COMM_WORLD, dataset, POOL, 2, 0, order));
  for (int i = 0; i < ROWS; i++) seen[order[i]]++;
  for (int i = 0; i < ROWS; i++) CHECK(seen[i] == 1, "row %d comes %d times", i, (int)seen[i]);
  PetscCall(Epoch(PETSC_COMM_SELF, dataset, POOL, 2, 0, alone));
  CHECK(!memcmp(order, alone, sizeof(order)), "another order than on one rank");
  PetscCall(Epoch(PETSC_COMM_WORLD, dataset, POOL, 2, 11, other));
  CHECK(!memcmp(order + 11 * BATCH, other + 11 * BATCH, sizeof(order) - 11 * BATCH * sizeof(*order)),
        "another order after a restart");
  PetscCall(Epoch(PETSC_COMM_WORLD, dataset, POOL, 3, 0, other));
  for (int i = 0; i < ROWS; i++) moved += order[i] != other[i];
  CHECK(moved > 9 * ROWS / 10, "only %d rows move from epoch to epoch", (int)moved);
  for (int b = 1; b < BATCHES - 1; b++) falling += LengthOf(order[b * BATCH]) < LengthOf(order[(b - 1) * BATCH]);
  CHECK(falling > BATCHES / 4, "batches are in the order of their lengths");
  PetscCall(Epoch(PETSC_COMM_WORLD, dataset, 1, 2, 0, other));
  for (int i = 0; i < ROWS; i++) CHECK(other[i] == KNPermutation(7, 2, ROWS, i), "pools of one batch change the order");
  /* 6 batches of 8 of 64 lengths: neighbours of 48 sorted ones are 64 / 6 apart at most in the mean */
  CHECK(Spread(order) < 64.0 / POOL + 2 && Spread(other) > 40, "spread of lengths %g, as they come %g", Spread(order),
        Spread(other));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscCall(PetscFinalize());
  return 0;
}

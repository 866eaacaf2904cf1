/*
  The loader: the same global batches for any number of ranks, restarts anywhere, raises what is damaged, holds two
  batches.
*/
#include <kitinet/error.h>
#include <kitinet/loader.h>
#include "small_dataset.h"

enum { N = 26, FIRST = 3, SAMPLES = 21 }; /* rows; the loader takes [FIRST, FIRST + SAMPLES) */
static const PetscInt64 seed = 5;

/* The row at a position of the order, without the loader. */
static PetscInt64 Row(PetscBool shuffle, PetscInt64 epoch, PetscInt64 position)
{
  return FIRST + (shuffle ? KNPermutation(seed, epoch, SAMPLES, position) : position);
}

/*
  Collective. One epoch from batch `start` on: all batches, gathered over the ranks, are the order's; each row holds
  its own values.
*/
static PetscErrorCode TestEpoch(KNDataset dataset, KNLoader loader, PetscInt B, PetscInt leaf, PetscBool shuffle,
                                PetscInt64 epoch, PetscInt start)
{
  const KNProblem *problem;
  size_t           nx, ny;
  PetscInt         batches, largest;
  PetscMPIInt      rank, size;
  KNBatch          batch;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNLoaderGetSizes(loader, &batches, &largest));
  PetscCheck(batches == (SAMPLES + B - 1) / B, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " batches", batches);
  nx = KNProblemInputSize(problem);
  ny = KNProblemOutputSize(problem);
  PetscCall(KNLoaderStart(loader, epoch, start));
  for (PetscInt b = start; b < batches; b++) {
    const PetscInt total = PetscMin(B, SAMPLES - b * B);
    PetscInt64     all[SAMPLES], start_share, end_share;
    PetscMPIInt    count[16], offset[16];

    PetscCall(KNLoaderNext(loader, &batch));
    PetscCheck(batch.total == total && batch.samples <= largest, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Batch %" PetscInt_FMT ": %" PetscInt_FMT " of %" PetscInt_FMT " samples", b, batch.samples,
               batch.total);
    for (PetscMPIInt r = 0; r < size; r++) {
      if (leaf) KNLeafPartition(total, leaf, size, r, &start_share, &end_share);
      else KNPartition(total, size, r, &start_share, &end_share);
      count[r]  = (PetscMPIInt)(end_share - start_share);
      offset[r] = (PetscMPIInt)start_share;
    }
    PetscCheck(batch.samples == count[rank], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Batch %" PetscInt_FMT ": %" PetscInt_FMT " samples instead of %d", b, batch.samples, count[rank]);
    PetscCallMPI(MPI_Allgatherv(batch.row, count[rank], MPIU_INT64, all, count, offset, MPIU_INT64, PETSC_COMM_WORLD));
    for (PetscInt i = 0; i < total; i++) {
      PetscCheck(all[i] == Row(shuffle, epoch, b * B + i), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Batch %" PetscInt_FMT ", sample %" PetscInt_FMT ": row %" PetscInt64_FMT, b, i, all[i]);
    }
    for (PetscInt i = 0; i < batch.samples; i++) {
      for (size_t k = 0; k < nx; k++)
        PetscCheck(batch.x[(size_t)i * nx + k] == SmallDatasetValue(batch.row[i], 0, k), PETSC_COMM_SELF,
                   PETSC_ERR_PLIB, "x of row %" PetscInt64_FMT, batch.row[i]);
      for (size_t k = 0; k < ny; k++)
        PetscCheck(batch.y[(size_t)i * ny + k] == SmallDatasetValue(batch.row[i], 1, k), PETSC_COMM_SELF,
                   PETSC_ERR_PLIB, "y of row %" PetscInt64_FMT, batch.row[i]);
    }
    /* A caller may spoil its batch; no other batch sees it. */
    for (size_t k = 0; k < (size_t)batch.samples * ny; k++) batch.y[k] = NAN;
  }
  for (int again = 0; again < 2; again++) {
    PetscCall(KNLoaderNext(loader, &batch));
    PetscCheck(batch.total == 0 && batch.samples == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "The epoch has no end");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Batch sizes that divide the samples, leave a rest, are below the number of ranks, or above that of samples. */
static PetscErrorCode TestBatches(KNDataset dataset, PetscInt leaf, PetscBool shuffle)
{
  static const PetscInt size[] = {1, 2, 7, 8, 21, 100};

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(size); k++) {
    KNLoader loader;
    PetscInt batches;
    KNBatch  batch;

    PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, size[k], leaf, shuffle, seed, &loader));
    PetscCall(KNLoaderNext(loader, &batch));
    PetscCheck(batch.total == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A batch before the start");
    PetscCall(KNLoaderGetSizes(loader, &batches, NULL));
    for (PetscInt64 epoch = 0; epoch < 3; epoch++)
      PetscCall(TestEpoch(dataset, loader, size[k], leaf, shuffle, epoch, 0));
    for (PetscInt start = 0; start <= batches; start++)
      PetscCall(TestEpoch(dataset, loader, size[k], leaf, shuffle, 7, start));
    PetscCall(KNLoaderDestroy(&loader));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Starting again and destroying while the reader is anywhere in its work; two loaders of one dataset at the same time.
*/
static PetscErrorCode TestInterruption(KNDataset dataset)
{
  KNLoader train, test;
  KNBatch  batch, other;

  PetscFunctionBegin;
  for (PetscInt taken = 0; taken < 6; taken++) {
    PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, 4, 0, PETSC_TRUE, seed, &train));
    PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, 3, 0, PETSC_FALSE, seed, &test));
    PetscCall(KNLoaderStart(train, taken, 0));
    PetscCall(KNLoaderStart(test, 0, 0));
    for (PetscInt b = 0; b < taken; b++) {
      PetscCall(KNLoaderNext(train, &batch));
      PetscCall(KNLoaderNext(test, &other));
      if (batch.samples)
        PetscCheck(batch.y[0] == SmallDatasetValue(batch.row[0], 1, 0), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "Two loaders disturb each other");
    }
    PetscCall(TestEpoch(dataset, test, 3, 0, PETSC_FALSE, 0, 0));
    PetscCall(KNLoaderStart(train, taken, 1));
    PetscCall(KNLoaderStart(train, taken, 2));
    PetscCall(KNLoaderDestroy(&test));
    PetscCall(KNLoaderDestroy(&train));
    PetscCheck(!train, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A destroyed loader is NULL");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Windows of 2 of the 3 frames: sample s of the order is window s % 2 of row s / 2, its number the coordinate of its
  draws; shuffled or not, from any batch on. A window as long as the trajectory is the row.
*/
static PetscErrorCode TestWindows(KNDataset dataset, PetscBool shuffle, PetscInt frames)
{
  enum { B = 7, WHOLE = 3 };
  const PetscInt64 windows = WHOLE - frames + 1, samples = SAMPLES * windows;
  const KNProblem *problem;
  size_t           n;
  KNLoader         loader;
  PetscInt         batches;
  KNBatch          batch;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  n = KNProblemOutputSize(problem) / WHOLE;
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, B, 2, shuffle, seed, &loader));
  PetscCall(KNLoaderSetWindow(loader, frames));
  PetscCall(KNLoaderGetSizes(loader, &batches, NULL));
  PetscCheck(batches == (samples + B - 1) / B, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%" PetscInt_FMT " batches of windows",
             batches);
  for (PetscInt start = 0; start < batches; start += 2) {
    PetscCall(KNLoaderStart(loader, start, start));
    for (PetscInt b = start; b < batches; b++) {
      PetscInt64  first, end;
      PetscMPIInt rank, size;

      PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
      PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
      PetscCall(KNLoaderNext(loader, &batch));
      KNLeafPartition(PetscMin(B, samples - b * B), 2, size, rank, &first, &end);
      PetscCheck(batch.samples == end - first && batch.total == PetscMin(B, samples - b * B), PETSC_COMM_SELF,
                 PETSC_ERR_PLIB, "Batch %" PetscInt_FMT ": %" PetscInt_FMT " windows", b, batch.samples);
      for (PetscInt i = 0; i < batch.samples; i++) {
        const PetscInt64 position = b * B + first + i,
                         s        = shuffle ? KNPermutation(seed, start, samples, position) : position;
        const size_t from         = (size_t)(s % windows) * n;

        PetscCheck(batch.row[i] == FIRST + s / windows && batch.index[i] == batch.row[i] * windows + s % windows,
                   PETSC_COMM_SELF, PETSC_ERR_PLIB,
                   "Position %" PetscInt64_FMT ": row %" PetscInt64_FMT ", index %" PetscInt64_FMT, position,
                   batch.row[i], batch.index[i]);
        for (size_t k = 0; k < (size_t)frames * n; k++)
          PetscCheck(batch.y[(size_t)i * (size_t)frames * n + k] == SmallDatasetValue(batch.row[i], 1, from + k),
                     PETSC_COMM_SELF, PETSC_ERR_PLIB, "Window %" PetscInt64_FMT " of row %" PetscInt64_FMT, s % windows,
                     batch.row[i]);
      }
    }
    PetscCall(KNLoaderNext(loader, &batch));
    PetscCheck(batch.total == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "The epoch of windows has no end");
  }
  PetscCall(KNLoaderDestroy(&loader));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Each epoch augments a sample in its own way, which depends on neither ranks nor batches nor where reading began. */
static PetscErrorCode TestAugmentation(KNDataset dataset)
{
  const KNAugmentation augmentation = {.shift = 2, .cutout = 2};
  const float          mean[]       = {10, 20, 30, 40};
  const KNProblem     *problem;
  PetscInt             batches;
  size_t               nx, changed = 0;
  float               *x;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  nx = KNProblemInputSize(problem);
  PetscCall(PetscMalloc1(nx, &x));
  for (PetscInt B = 4; B <= 9; B += 5) {
    KNLoader loader;
    KNBatch  batch;

    PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, B, 0, PETSC_TRUE, seed, &loader));
    PetscCall(KNLoaderSetAugmentation(loader, &augmentation, mean));
    PetscCall(KNLoaderGetSizes(loader, &batches, NULL));
    for (PetscInt64 epoch = 0; epoch < 3; epoch++) {
      PetscCall(KNLoaderStart(loader, epoch, (PetscInt)epoch));
      for (PetscInt b = (PetscInt)epoch; b < batches; b++) {
        PetscCall(KNLoaderNext(loader, &batch));
        for (PetscInt i = 0; i < batch.samples; i++) {
          for (size_t k = 0; k < nx; k++) x[k] = SmallDatasetValue(batch.row[i], 0, k);
          KNAugment(&augmentation, seed, epoch, batch.row[i], (size_t)problem->input.fields, &problem->input.grid, mean,
                    x);
          PetscCheck(!memcmp(x, batch.x + (size_t)i * nx, nx * sizeof(*x)), PETSC_COMM_SELF, PETSC_ERR_PLIB,
                     "Epoch %" PetscInt64_FMT ", row %" PetscInt64_FMT " is augmented in another way", epoch,
                     batch.row[i]);
          changed += x[0] != SmallDatasetValue(batch.row[i], 0, 0);
        }
      }
    }
    PetscCall(KNLoaderDestroy(&loader));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &changed, 1, MPI_UNSIGNED_LONG, MPI_SUM, PETSC_COMM_WORLD));
  PetscCheck(changed > SAMPLES, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Augmentation changes %zu samples", changed);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The range and the batch are checked on all ranks. */
static PetscErrorCode TestRefusals(KNDataset dataset)
{
  const struct {
    PetscInt64 first, samples;
    PetscInt   batch;
  } bad[] = {{0, 0, 1}, {0, N + 1, 1}, {-1, 1, 1}, {N, 1, 1}, {1, PETSC_MAX_INT, 1}, {0, N, 0}};

  PetscFunctionBegin;
  for (size_t k = 0; k < PETSC_STATIC_ARRAY_LENGTH(bad); k++) {
    KNLoader       loader;
    PetscErrorCode code;

    PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL)); /* prints nothing */
    code = KNLoaderCreate(PETSC_COMM_WORLD, dataset, bad[k].first, bad[k].samples, bad[k].batch, 0, PETSC_TRUE, seed,
                          &loader);
    PetscCall(PetscPopErrorHandler());
    PetscCheck(code == KN_ERR_USAGE, PETSC_COMM_SELF, PETSC_ERR_PLIB, "Case %zu: code %d", k, code);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One rank. Flips a bit in the y of a row of the file: finds the row's first two values, which are nowhere else. */
static PetscErrorCode Damage(const char path[], PetscInt64 row)
{
  const float pattern[2] = {SmallDatasetValue(row, 1, 0), SmallDatasetValue(row, 1, 1)};
  FILE       *file       = fopen(path, "r+b");
  char       *bytes, *found;
  long        size;

  PetscFunctionBegin;
  PetscCheck(file && !fseek(file, 0, SEEK_END), PETSC_COMM_SELF, PETSC_ERR_FILE_OPEN, "%s", path);
  size = ftell(file);
  rewind(file);
  PetscCall(PetscMalloc1(size, &bytes));
  PetscCheck(fread(bytes, 1, (size_t)size, file) == (size_t)size, PETSC_COMM_SELF, PETSC_ERR_FILE_READ, "%s", path);
  for (found = bytes; found + sizeof(pattern) <= bytes + size && memcmp(found, pattern, sizeof(pattern)); found++) {}
  PetscCheck(found + sizeof(pattern) <= bytes + size, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "Row %" PetscInt64_FMT " not found in %s", row, path);
  *found ^= 1;
  PetscCheck(!fseek(file, found - bytes, SEEK_SET) && fwrite(found, 1, 1, file) == 1 && !fclose(file), PETSC_COMM_SELF,
             PETSC_ERR_FILE_WRITE, "%s", path);
  PetscCall(PetscFree(bytes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A damaged row is raised by all ranks at its batch, each time it is asked for; the batches before it are handed out.
*/
static PetscErrorCode TestDamage(const char path[])
{
  const PetscInt B = 4, damaged = 13; /* a position of the epoch */
  PetscMPIInt    rank;
  KNDataset      dataset;
  KNLoader       loader;
  KNBatch        batch;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(PETSC_COMM_WORLD, &rank));
  if (rank == 0) PetscCall(Damage(path, Row(PETSC_TRUE, 0, damaged)));
  PetscCallMPI(MPI_Barrier(PETSC_COMM_WORLD));
  PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, B, 0, PETSC_TRUE, seed, &loader));
  PetscCall(KNLoaderStart(loader, 0, 0));
  for (PetscInt b = 0; b < damaged / B; b++) PetscCall(KNLoaderNext(loader, &batch));
  PetscCheck(batch.total == B, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A batch before the damage");
  for (int again = 0; again < 2; again++) {
    PetscErrorCode code;

    PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL)); /* prints nothing */
    code = KNLoaderNext(loader, &batch);
    PetscCall(PetscPopErrorHandler());
    PetscCheck(code == KN_ERR_INPUT && batch.samples == 0 && !batch.y, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "Damaged sample: code %d", code);
  }
  PetscCall(KNLoaderStart(loader, 0, damaged / B + 1)); /* behind the damage */
  PetscCall(KNLoaderNext(loader, &batch));
  PetscCheck(batch.total == B, PETSC_COMM_SELF, PETSC_ERR_PLIB, "A batch behind the damage");
  PetscCall(KNLoaderDestroy(&loader));
  PetscCall(KNDatasetDestroy(&dataset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Batches lie in two buffers by turns: no third is ever touched. */
static PetscErrorCode TestMemory(KNDataset dataset)
{
  float   *y[2];
  KNLoader loader;
  KNBatch  batch;

  PetscFunctionBegin;
  PetscCall(KNLoaderCreate(PETSC_COMM_WORLD, dataset, FIRST, SAMPLES, 2, 0, PETSC_TRUE, seed, &loader));
  for (PetscInt64 epoch = 0; epoch < 2; epoch++) {
    PetscCall(KNLoaderStart(loader, epoch, 0));
    for (PetscInt b = 0;; b++) {
      PetscCall(KNLoaderNext(loader, &batch));
      if (batch.total == 0) break;
      if (epoch == 0 && b < 2) y[b] = batch.y;
      PetscCheck(batch.y == y[b % 2] && (size_t)batch.y % KN_ALIGN == 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "Batch %" PetscInt_FMT " lies in a third buffer", b);
    }
  }
  PetscCheck(y[0] != y[1], PETSC_COMM_SELF, PETSC_ERR_PLIB, "One buffer for two batches");
  PetscCall(KNLoaderDestroy(&loader));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const PetscInt n[2] = {5, 6};
  const KNGrid   grid = KNGridMake(2, n, KN_POINTS_CELLS);
  PetscReal      times[3];
  PetscMPIInt    size;
  char           path[64];

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCall(PetscSNPrintf(path, sizeof(path), "loader_%d.h5", size));
  for (int steady = 0; steady < 2; steady++) { /* steady last: x and y */
    KNProblem problem;
    KNDataset dataset;

    SmallDatasetProblem(steady ? 2 : 0, 1, steady ? 0 : 3, times, &grid, &problem);
    PetscCall(SmallDatasetWrite(PETSC_COMM_WORLD, path, &problem, N, SmallDatasetValue));
    PetscCall(KNDatasetOpen(PETSC_COMM_WORLD, path, &dataset));
    PetscCall(TestBatches(dataset, 0, PETSC_TRUE));
    PetscCall(TestBatches(dataset, 3, PETSC_TRUE));
    PetscCall(TestBatches(dataset, 0, PETSC_FALSE));
    PetscCall(TestInterruption(dataset));
    if (steady) PetscCall(TestAugmentation(dataset));
    PetscCall(TestRefusals(dataset));
    PetscCall(TestMemory(dataset));
    for (PetscInt frames = 1; !steady && frames <= 3; frames++) {
      PetscCall(TestWindows(dataset, PETSC_TRUE, frames));
      PetscCall(TestWindows(dataset, PETSC_FALSE, frames));
    }
    PetscCall(KNDatasetDestroy(&dataset));
  }
  PetscCall(TestDamage(path));
  PetscCall(PetscFinalize());
  return 0;
}

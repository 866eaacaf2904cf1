/* The stopwatch of kitinet bench: rounds over a list of items, medians. */
#include "bench.h"
#include <kitinet/progress.h>
#include <kitinet/random.h>
#include <petsctime.h>
#include <stdlib.h>

/* seconds of one item in one round, by repeating it: far above what the clock resolves */
static const double shortest = 0.02;

void KNBenchFill(KNReal *x, size_t count, PetscInt64 which)
{
  for (size_t i = 0; i < count; i += 4) {
    uint64_t word[4];

    KNRandomWords(1, KN_STREAM_TEST, which, (PetscInt64)i, 0, 0, word);
    for (size_t j = i; j < PetscMin(i + 4, count); j++) x[j] = (KNReal)(2 * KNUniform(word[j - i]) - 1);
  }
}

PetscErrorCode KNBenchAdd(KNBenchList *list, const KNBenchItem *item)
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(list->count + 1) * sizeof(*list->item), &list->item));
  list->item[list->count++] = *item;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchListDestroy(KNBenchList *list)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(list->item));
  list->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Seconds of one call, on the slowest rank. */
static PetscErrorCode Time(MPI_Comm comm, KNBenchItem *item, PetscInt repeats, double *seconds)
{
  PetscLogDouble began, ended;

  PetscFunctionBegin;
  if (item->run) {
    PetscCallMPI(MPI_Barrier(comm));
    PetscCall(PetscTime(&began));
    for (PetscInt i = 0; i < repeats; i++) PetscCall(item->run(item->context));
    PetscCall(PetscTime(&ended));
    *seconds = (ended - began) / (double)repeats;
  } else {
    *seconds      = *item->within / (double)repeats;
    *item->within = 0;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, seconds, 1, MPI_DOUBLE, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchWarmUp(KNBenchList *list)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < list->count; i++) {
    KNBenchItem *item = &list->item[i];
    double       seconds;

    if (item->repeats) continue;
    /* the first call touches memory for the first time */
    for (int call = 0; call < (item->run ? 2 : 1); call++) PetscCall(Time(list->comm, item, 1, &seconds));
    item->repeats =
      item->run ? (PetscInt)PetscMin(1 + shortest / PetscMax(seconds, 1e-7), 100000) : list->item[i - 1].repeats;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchMeasure(KNBenchList *list, PetscReal seconds)
{
  KNProgress progress = {0};
  double     elapsed  = 0;

  PetscFunctionBegin;
  PetscCall(KNBenchWarmUp(list));
  if (seconds > 0) PetscCall(KNProgressBegin("seconds", (PetscInt64)PetscCeilReal(seconds), 0, &progress));
  for (PetscInt round = 0; round < KN_BENCH_ROUNDS && (round < 3 || elapsed < seconds); round++) {
    for (PetscInt i = 0; i < list->count; i++) {
      KNBenchItem *item = &list->item[i];

      PetscCall(Time(list->comm, item, item->repeats, &item->seconds[round]));
      /* the same on all ranks, who so end together */
      if (item->run) elapsed += item->seconds[round] * (double)item->repeats;
      item->rounds = round + 1;
      PetscCall(KNProgressUpdate(&progress, (PetscInt64)PetscMin(elapsed, seconds), item->name));
    }
  }
  PetscCall(KNProgressEnd(&progress));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int CompareSeconds(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

double KNBenchMedian(const KNBenchItem *item)
{
  double         sorted[KN_BENCH_ROUNDS];
  const PetscInt n = item->rounds;

  if (!n) return 0;
  for (PetscInt i = 0; i < n; i++) sorted[i] = item->seconds[i];
  qsort(sorted, (size_t)n, sizeof(*sorted), CompareSeconds);
  return 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
}

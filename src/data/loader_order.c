/*
  The order of samples in an epoch: as in the file, permuted, or, of texts, by like lengths.

  Positions [p n, (p + 1) n), n = B times the batches of a pool, are permuted samples as without pools. They are sorted
  by length (equal ones stay in order) and cut into batches, which change places by a permutation of (seed, epoch,
  pool). A last batch of fewer than B samples stays the last. Each rank sorts for itself.
*/
#include "loader_impl.h"
#include <kitinet/random.h>
#include <stdlib.h>

static int ByLength(const void *a_, const void *b_)
{
  const KNLoaderPlace *a = (const KNLoaderPlace *)a_, *b = (const KNLoaderPlace *)b_;

  if (a->length != b->length) return a->length < b->length ? -1 : 1;
  return (a->position > b->position) - (a->position < b->position); /* the permuted positions: no two are equal */
}

/* The samples of a pool, sorted -> loader->place */
static void SortPool(KNLoader loader, PetscInt64 pool, PetscInt64 first, PetscInt64 count)
{
  const int32_t *length;

  (void)KNDatasetGetColumns(loader->dataset, NULL, &length, NULL);
  for (PetscInt64 i = 0; i < count; i++) {
    const PetscInt64 sample = KNPermutation(loader->seed, loader->epoch, loader->samples, first + i);

    loader->place[i] = (KNLoaderPlace){.length = length[loader->first + sample], .position = first + i};
  }
  qsort(loader->place, (size_t)count, sizeof(*loader->place), ByLength);
  loader->pooled = pool;
}

PetscInt64 KNLoaderSampleAt(KNLoader loader, PetscInt64 position)
{
  const PetscInt64 B = loader->batch, room = (PetscInt64)loader->pool * B, pool = position / room, first = pool * room,
                   count = PetscMin(room, loader->samples - first), whole = count / B;
  PetscInt64 batch = (position - first) / B;

  if (!loader->shuffle) return position;
  if (loader->pool == 1) return KNPermutation(loader->seed, loader->epoch, loader->samples, position);
  if (loader->pooled != pool) SortPool(loader, pool, first, count);
  /* epochs below 0 are no permutations of samples */
  if (batch < whole) batch = KNPermutation(loader->seed, -1 - loader->epoch * loader->samples - pool, whole, batch);
  return KNPermutation(loader->seed, loader->epoch, loader->samples,
                       loader->place[batch * B + (position - first) % B].position);
}

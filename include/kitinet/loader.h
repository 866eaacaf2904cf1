/*
  The loader: deals the samples of a dataset out over ranks, batch by batch, and reads ahead in a
  thread while the network computes.

  Position p of epoch e is sample KNPermutation(seed, e, N, p): the same for any number of ranks. Global batch b holds
  the positions [b B, min((b+1) B, N)); each rank reads only its contiguous share of it (KNPartition; KNLeafPartition
  where samples are to stay together). Two local batches are in memory, whatever the size of the dataset.

  A sample is a row of the dataset, or a window of W successive frames of a trajectory (KNLoaderSetWindow): window w = 0
  .. T - W of row r is sample r (T - W + 1) + w.

  With KNLoaderSetSymmetry() each sample is moved by one element of a group on its way into the batch, input, output and
  all frames alike. Which one is a pure function of (seed, epoch, sample).
*/
#ifndef KITINET_LOADER_H
#define KITINET_LOADER_H

#include <kitinet/augmentation.h>
#include <kitinet/dataset.h>
#include <kitinet/sharing.h>
#include <kitinet/symmetry.h>

typedef struct _p_KNLoader *KNLoader;

typedef struct {
  PetscInt          samples; /* of this rank, may be 0 */
  PetscInt          total;   /* of all ranks: B, or less in the last batch of an epoch */
  const PetscInt64 *row;     /* (samples) rows of the dataset */
  const PetscInt64 *index;   /* (samples) coordinates of random draws: global rows, or the numbers of their windows */
  float            *x;       /* (samples, C_in, S), not owned; may be changed in place */
  float            *y;       /* (samples, max(W, 1) C_out, S), W = T unless a window is set; the same */
  const PetscBool  *solved;  /* (samples) whether y is known; where it is not, it is 0 (KNLoaderAddInputs()) */

  /* What the dataset has beside fields, not owned; NULL: it has none. */
  const int32_t *token;      /* (samples, L) words of an input of tokens, 0 beyond the length */
  const int32_t *length;     /* (samples) tokens of each */
  size_t         stride;     /* L */
  const int32_t *label;      /* (samples) classes 0 .. k-1 */
  const double  *parameters; /* (samples, P) coefficients that differ from sample to sample */
} KNBatch;

/*
  Collective on comm. dataset: not owned, must outlive the loader. first, samples: the range of rows to use. batch:
  global batch size B. leaf: samples that stay together on a rank, 0 for shares as even as they can be. shuffle: false
  gives rows in order, for evaluation. Raises KN_ERR_USAGE if the range is empty or exceeds the dataset.
*/
PETSC_EXTERN PetscErrorCode KNLoaderCreate(MPI_Comm comm, KNDataset dataset, PetscInt64 first, PetscInt64 samples,
                                           PetscInt batch, PetscInt leaf, PetscBool shuffle, PetscInt64 seed,
                                           KNLoader *loader);

/*
  Collective on PETSC_COMM_WORLD. A loader for one pass over these rows in their order, started: `batch` samples at a
  time on each rank, or on each group that shares them. The same samples are together for any number of ranks: matrix
  products of other shapes round otherwise.
*/
PETSC_EXTERN PetscErrorCode KNLoaderCreatePass(KNDataset dataset, const KNSharing *sharing, PetscInt64 first,
                                               PetscInt64 samples, PetscInt batch, KNLoader *loader);

/* Collective on PETSC_COMM_WORLD. Reads these rows once, to raise now what KNLoaderNext would raise later. */
PETSC_EXTERN PetscErrorCode KNLoaderCheckRows(KNDataset dataset, const KNSharing *sharing, PetscInt64 first,
                                              PetscInt64 samples);
PETSC_EXTERN PetscErrorCode KNLoaderDestroy(KNLoader *loader);

/*
  Not collective, before KNLoaderSetWindow; comm is PETSC_COMM_WORLD. Batches are dealt out over groups of ranks: those
  of a group get the same samples, each its slab; S is the size of the slab then. Raises KN_ERR_USAGE where ranks cannot
  share a sample: input and output on different grids, or no grid.
*/
PETSC_EXTERN PetscErrorCode KNLoaderSetSharing(KNLoader loader, const KNSharing *sharing);

/*
  Not collective, after KNLoaderSetSharing and before KNLoaderSetWindow. symmetry: of the dataset's problem, not owned,
  must outlive the loader; NULL: samples stay as they are. Ranks that share a sample each read all of it then, as any
  point may come from any other.
*/
PETSC_EXTERN PetscErrorCode KNLoaderSetSymmetry(KNLoader loader, KNSymmetry symmetry);

/*
  Not collective, before KNLoaderStart and the same on all ranks. Samples are all windows of `frames` frames, 1 to T, of
  the trajectories in the range; without this call a trajectory is one sample.
*/
PETSC_EXTERN PetscErrorCode KNLoaderSetWindow(KNLoader loader, PetscInt frames);

/*
  Not collective, before KNLoaderStart and the same on all ranks. Inputs are augmented by draws of (seed, epoch, the
  batch's index); KNAugmentationCheck() has passed. mean: (C_in), copied.
*/
PETSC_EXTERN PetscErrorCode KNLoaderSetAugmentation(KNLoader loader, const KNAugmentation *augmentation,
                                                    const float mean[]);

/*
  Not collective, before KNLoaderSetWindow and the same on all ranks. An epoch has the inputs of another dataset, all of
  its rows, besides the samples of the range: of steady fields, on the same grid. Their numbers follow those of the
  range, their rows are those of their own file. inputs: not owned, must outlive the loader; its outputs are not looked
  at. Moved and augmented as all others.
*/
PETSC_EXTERN PetscErrorCode KNLoaderAddInputs(KNLoader loader, KNDataset inputs);

/*
  Not collective, before KNLoaderStart and the same on all ranks; of texts in shuffled order. So many batches at a time
  are sorted by the length of their texts, then dealt out in an order drawn anew: a batch has texts of like length, and
  is a function of (seed, epoch, number) for any number of ranks. 1: as without this call.
*/
PETSC_EXTERN PetscErrorCode KNLoaderSetLikeLengths(KNLoader loader, PetscInt batches);

/*
  Not collective. Batches of an epoch, ceil(N / B), and the samples of the largest local batch of any rank. Either may
  be NULL.
*/
PETSC_EXTERN PetscErrorCode KNLoaderGetSizes(KNLoader loader, PetscInt *batches, PetscInt *largest_local);

/*
  Not collective. Starts reading epoch `epoch` at batch `batch` (0, or where a resumed run goes on); whatever was read
  ahead is dropped.
*/
PETSC_EXTERN PetscErrorCode KNLoaderStart(KNLoader loader, PetscInt64 epoch, PetscInt batch);

/*
  Collective on comm. The next batch, valid until the following call; blocks until it is read. batch->total is 0 after
  the last batch of the epoch. A sample that is damaged or not finite (KNDatasetReadFinite) is raised on all ranks
  (KN_ERR_INPUT) and never handed out: one Allreduce of an integer a batch.
*/
PETSC_EXTERN PetscErrorCode KNLoaderNext(KNLoader loader, KNBatch *batch);

/* Not collective. Seconds spent waiting for data in KNLoaderNext since creation. */
PETSC_EXTERN PetscErrorCode KNLoaderGetWait(KNLoader loader, PetscReal *seconds);

#endif

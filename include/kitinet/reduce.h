/*
  The reductions of data-parallel training: the gradient of a global batch from those of its micro-batches, and what
  else all ranks learn of a step.

  tree       One binary tree over the micro-batches of the batch, within and between ranks (src/train/reduce_tree.h):
             the same bits for any number of ranks. Ranks without micro-batches only receive. Runs along with backward
             of the last micro-batch.
  tree_bf16  The same with gradients of micro-batches and all their sums rounded to bfloat16 (8 bits of mantissa): half
             as many bytes between ranks, other bits than tree, the same for any number of ranks.
  allreduce  Ranks have even shares and add up their micro-batches one after another; MPI_Allreduce adds the ranks in
             whatever order it likes.

  Use, on all ranks, with the batch dealt out by KNLoader with leaf KNReductionGetLeaf():

    KNReductionBegin -> for each micro-batch of this rank: its gradient goes into the block of gradients as
    KNReductionGetMode() says, KNReductionAdd -> KNReductionFinish
*/
#ifndef KITINET_REDUCE_H
#define KITINET_REDUCE_H

#include <kitinet/parameters.h>

typedef struct _p_KNReduction *KNReduction;

/*
  How gradients are added over ranks: in one binary tree, with the same bits on any number of ranks, as floats or as
  bfloat16; or by MPI_Allreduce, with other bits.
*/
typedef enum { KN_REDUCTION_TREE, KN_REDUCTION_ALLREDUCE, KN_REDUCTION_TREE_BFLOAT16 } KNReductionType;

/* "tree", "allreduce", "tree_bf16", then NULL */
PETSC_EXTERN const char *const KNReductionNames[];

/* Collective on PETSC_COMM_WORLD. Reads -train_reduction over *type; raises KN_ERR_USAGE. */
PETSC_EXTERN PetscErrorCode KNReductionSetFromOptions(KNReductionType *type);

#define KN_LARGEST_GRADIENT 1e18f /* whose square Adam can hold in 32 bits */

/* What all ranks learn of a step besides the gradient: sums over ranks; all members are double. */
typedef struct {
  double loss;    /* sum of the samples' errors */
  double samples; /* number of samples */
  double stop;    /* ranks that want to stop */
  double save;    /* ranks that want a checkpoint */
  double faults;  /* ranks that saw a number that is not finite */
  /*
    ranks in whose part of the summed gradient a number is not finite, or beyond KN_LARGEST_GRADIENT; set by
    KNReductionFinish
  */
  double wild;
} KNStepSums;

/*
  Collective on comm. For batches of up to `batch` samples in micro-batches of `microbatch`. parameters: set up, not
  owned, must outlive the reduction. apart: the gradient of a micro-batch is itself a sum (of a rollout's steps, of
  ranks that share samples), which the tree needs by itself before it is added to others; otherwise it may be added as
  it is computed.
*/
PETSC_EXTERN PetscErrorCode KNReductionCreate(MPI_Comm comm, KNReductionType type, KNParameters parameters,
                                              PetscInt batch, PetscInt microbatch, PetscBool apart,
                                              KNReduction *reduction);
PETSC_EXTERN PetscErrorCode KNReductionDestroy(KNReduction *reduction);

/*
  Not collective. A batch of `total` samples over all ranks begins; the rows that have gradients are chosen, the same on
  all ranks (KNParametersChooseRows).
*/
PETSC_EXTERN PetscErrorCode KNReductionBegin(KNReduction reduction, PetscInt total);

/*
  Not collective. How the gradient of this rank's next micro-batch goes into the block: INSERT_VALUES, whatever is
  there, or ADD_VALUES, its sum added to what is there.
*/
PETSC_EXTERN InsertMode KNReductionGetMode(KNReduction reduction);

/*
  Not collective. For KNModelSetGradientsDone, around the backward sweep that completes a micro-batch; context: the
  reduction. Gradients from element `offset` of their block on are complete; the same offset again lets messages move
  on. Without these calls the sum is the same, and the communication waits for KNReductionAdd.
*/
PETSC_EXTERN PetscErrorCode KNReductionGradientsDone(void *context, size_t offset);

/* Not collective. The gradient of this rank's next micro-batch is complete; loss: the sum of its errors. */
PETSC_EXTERN PetscErrorCode KNReductionAdd(KNReduction reduction, double loss);

/* Not collective. Whether n values are all finite and below KN_LARGEST_GRADIENT in size. */
PETSC_EXTERN PetscBool kn_all_moderate(const KNReal value[], size_t n);

/*
  Collective on comm. The gradient block is the sum over all ranks, sums->loss the sum of all losses; the other sums,
  given by each rank, are added up.
*/
PETSC_EXTERN PetscErrorCode KNReductionFinish(KNReduction reduction, KNStepSums *sums);

/* Not collective. How many samples stay together on a rank: `leaf` of KNLoaderCreate. */
PETSC_EXTERN PetscInt KNReductionGetLeaf(KNReductionType type, PetscInt microbatch);

/*
  Not collective. How many of `size` ranks a batch occupies. If not all: *fitting_batch, the next larger one that
  gives all ranks equal shares, and *fitting_microbatch, the largest smaller micro-batch that does, 0 if there is
  none; otherwise both are what was given.
*/
PETSC_EXTERN PetscMPIInt KNReductionBusyRanks(KNReductionType type, PetscInt batch, PetscInt microbatch,
                                              PetscMPIInt size, PetscInt *fitting_batch, PetscInt *fitting_microbatch);

#endif

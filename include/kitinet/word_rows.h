/*
  The words of a batch: which rows of the network's table of words have gradients, the same on all ranks. A step then
  costs what the batch's words cost, whatever the size of the vocabulary: backward, reduction, clipping and optimiser
  work on their rows alone.

  Use, on all ranks, in each step: KNWordRowsChoose -> for each micro-batch KNWordRowsTake -> backward; reduction,
  optimiser
*/
#ifndef KITINET_WORD_ROWS_H
#define KITINET_WORD_ROWS_H

#include <kitinet/layer.h>

typedef struct _p_KNWordRows *KNWordRows;

/*
  Collective on comm, the ranks that deal the samples of a batch among them. parameters: set up, not owned, must outlive
  the words. Of a network without such a table (KNParametersGetTable) all functions do nothing.
*/
PETSC_EXTERN PetscErrorCode KNWordRowsCreate(MPI_Comm comm, KNParameters parameters, KNWordRows *words);
PETSC_EXTERN PetscErrorCode KNWordRowsDestroy(KNWordRows *words);

/*
  Collective on comm, before KNReductionBegin(). This rank's texts of a batch, which may be none (samples 0); token,
  length, stride: as of KNPass. Chooses the rows of the words, and of their pairs, that occur in the texts of any rank.
  Allocates where there were never as many.
*/
PETSC_EXTERN PetscErrorCode KNWordRowsChoose(KNWordRows words, PetscInt samples, const int32_t *token,
                                             const int32_t *length, size_t stride);

/* Not collective. Tells a pass where the gradients of the words go; valid until the next KNWordRowsChoose. */
PETSC_EXTERN void KNWordRowsTake(KNWordRows words, KNPass *pass);

#endif

/* Inside src/train/: the state of a training run, into and out of a checkpoint. */
#ifndef KITINET_CHECKPOINT_H
#define KITINET_CHECKPOINT_H

#include <kitinet/operator.h>

/* Counters of a run: with the parameters and moments, all that a resumed run needs. */
typedef struct {
  PetscInt64 epoch; /* completed epochs */
  PetscInt64 batch; /* completed batches of the current epoch */
  PetscInt64 step;  /* completed optimiser steps */
  PetscInt64 samples_seen;
  PetscReal  epoch_loss;    /* sum of the errors of the current epoch */
  PetscInt64 epoch_skipped; /* samples of the current epoch whose steps were skipped */
  PetscInt64 skips;         /* steps skipped in a row */
  PetscReal  level;         /* running mean of the loss; 0: no step yet */
  /* of the task's first measure on the test set, else the lowest training loss; < 0: none yet */
  PetscReal  best;
  PetscInt64 best_measure; /* which it is: 0, or KNTaskInfo's curve for the loss */
  PetscReal  lr;           /* of the last step */
  PetscReal  seconds;      /* training time of earlier parts of the run; not stored: equal runs leave equal files */
} KNState;

/*
  All collective on PETSC_COMM_WORLD. inputs: trained on without solutions, NULL: none. Load refuses a checkpoint of
  another dataset, or of other inputs (KN_ERR_INPUT).
*/
PetscErrorCode KNCheckpointSave(const char path[], KNOperator op, KNState *state, KNDataset dataset, KNDataset inputs,
                                PetscBool moments);
PetscErrorCode KNCheckpointLoad(const char path[], KNOperator op, KNState *state, KNDataset dataset, KNDataset inputs);

#endif

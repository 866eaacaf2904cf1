/* Private to src/train/: the training loop's state and its parts, each in a file of its own. */
#ifndef KITINET_TRAINER_IMPL_H
#define KITINET_TRAINER_IMPL_H

#include "checkpoint.h"
#include <kitinet/loader.h>
#include <kitinet/progress.h>
#include <kitinet/reduce.h>
#include <kitinet/trainer.h>

/* What the loop works with; made once, nothing in it grows. */
typedef struct {
  const KNTrainer *trainer;
  KNOperator       op;
  KNModel          model;      /* not owned */
  KNParameters     parameters; /* not owned */
  KNReduction      reduction;
  KNDataset        dataset, test;
  KNLoader         loader;
  KNRun            run;
  const char      *directory;
  size_t           nx, ny;     /* values of one sample's input, output */
  PetscInt         batches;    /* steps of an epoch */
  float           *y;          /* (microbatch, ny) prediction, then its gradient */
  double          *error;      /* (microbatch) */
  PetscReal       *test_error; /* (samples of the test set) */
  PetscLogDouble   began;      /* of this part of the run */
  KNProgress       progress;
} KNLoop;

/* Not collective (gradient.c). Forward, loss and backward of this rank's samples, handed to the reduction; sets sums->samples. */
PETSC_INTERN PetscErrorCode KNLoopComputeGradient(KNLoop *loop, const KNState *state, const KNBatch *batch, KNStepSums *sums);

/* Collective (step.c). One optimiser step on the next batch. stop: the ranks agree to end here. Raises KN_ERR_FAILED (diverged), KN_ERR_INPUT (damaged sample). */
PETSC_INTERN PetscErrorCode KNLoopStep(KNLoop *loop, KNState *state, PetscBool *stop);

#endif

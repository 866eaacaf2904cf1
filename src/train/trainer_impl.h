/* Private to src/train/: the training loop's state and its parts, each in a file of its own. */
#ifndef KITINET_TRAINER_IMPL_H
#define KITINET_TRAINER_IMPL_H

#include "checkpoint.h"
#include <kitinet/loader.h>
#include <kitinet/progress.h>
#include <kitinet/reduce.h>
#include <kitinet/trainer.h>
#include <kitinet/word_rows.h>

/* What the loop works with; made once, nothing in it grows. */
typedef struct {
  const KNTrainer *trainer;
  KNOperator       op;
  KNModel          model;      /* not owned */
  KNParameters     parameters; /* not owned */
  KNReduction      reduction;
  KNWordRows       words;
  KNDataset        dataset, test;
  KNLoader         loader;
  KNSymmetry       symmetry; /* by which it moves samples; NULL: by none */
  KNRun            run;
  const char      *directory;
  KNTask           task; /* not owned */
  /*
    values of one sample's input, output and target, or of this rank's slab of them; of a window: nx 0, ny and nt (H +
    R) C S
  */
  size_t           nx, ny, nt;
  PetscInt         rollout;                  /* R, steps of a window; 0: steady */
  size_t           given;                    /* of ny and nt: the H frames that a window begins with */
  PetscInt         batches;                  /* steps of an epoch */
  float           *y;                        /* (microbatch, ny) prediction, then its gradient */
  float           *u;                        /* (microbatch, ny) normalised frames of a rollout; NULL: steady */
  float           *labels;                   /* (samples of the largest batch) targets of a classification */
  const float     *target;                   /* of the present batch; not owned */
  const PetscBool *solved;                   /* of the present micro-batch: whether targets are known; not owned */
  float           *raw;                      /* (microbatch, nx) inputs as they were; NULL: no physics */
  double          *misfit;                   /* (microbatch, ny) gradients of what physics says; likewise */
  double          *loss;                     /* (microbatch) */
  double          *step_loss;                /* (microbatch, max(R, 1)) of which they are the means */
  double          *part;                     /* (microbatch, max(R, 1), P) and from which they come */
  const KNSharing *sharing;                  /* of samples; not owned */
  PetscInt64       test_first, test_samples; /* rows of test */
  PetscMPIInt      rank;
  char             fault[192];   /* what is wrong with the present step; "": nothing */
  PetscBool        bad_gradient; /* in the present step */
  size_t           pending;      /* gradients before this one are still to come in the present backward sweep */
  PetscLogDouble   began;        /* of this part of the run */
  PetscLogDouble   saved;        /* when the last checkpoint was written */
  PetscBool        save;         /* the ranks agree to write one now */
  /* parameters and state of the best epoch so far, until the next checkpoint writes them */
  KNReal    *best;
  KNState    best_state;
  PetscBool  best_waits; /* they are not on disk yet */
  KNProgress progress;
} KNLoop;

/*
  Not collective (gradient.c). Forward, loss and backward of this rank's samples, handed to the reduction; sets
  sums->samples.
*/
PETSC_INTERN PetscErrorCode KNLoopComputeGradient(KNLoop *loop, const KNState *state, const KNBatch *batch,
                                                  KNStepSums *sums);

/*
  Not collective (guard.c). For KNModelSetGradientsDone, context: the loop. Looks at the first gradients, adds up
  those of the ranks that share a sample, passes on to KNReductionGradientsDone.
*/
PETSC_INTERN PetscErrorCode KNLoopGradientsDone(void *context, size_t offset);

/*
  Collective over the ranks that share a sample (guard.c), after KNLoopComputeGradient: what is left of the sum over
  them; they agree on what they saw.
*/
PETSC_INTERN PetscErrorCode KNLoopSumShares(KNLoop *loop, KNStepSums *sums);

/*
  Not collective (guard.c). Looks at the errors of B samples, from number `start` of the batch on; what it finds stays
  in loop->fault.
*/
PETSC_INTERN PetscErrorCode KNLoopGuardMicrobatch(KNLoop *loop, const KNBatch *batch, PetscInt start, PetscInt B);

/* Collective (guard.c), after the reduction. *skip: the parameters must not be updated, the log says why. */
PETSC_INTERN PetscErrorCode KNLoopGuardStep(KNLoop *loop, KNState *state, const KNStepSums *sums, PetscBool *skip);

/*
  Collective (save.c). KNLoopSave: checkpoint.h5, and best.h5 if a better epoch waits for it. KNLoopKeepBest: the
  present parameters are the best, in memory until then.
*/
PETSC_INTERN PetscErrorCode KNLoopSave(KNLoop *loop, KNState *state);
PETSC_INTERN PetscErrorCode KNLoopKeepBest(KNLoop *loop, const KNState *state);
PETSC_INTERN PetscErrorCode KNLoopSaveBest(KNLoop *loop);

/*
  Not collective (save.c). Whether this rank finds it time for a checkpoint (-checkpoint_minutes): by rank 0's clock.
*/
PETSC_INTERN PetscBool KNLoopSaveWanted(const KNLoop *loop);

/* Not collective (augment.c), once the normalisers are fitted: tells the loader how to augment. */
PETSC_INTERN PetscErrorCode KNLoopAugment(KNLoop *loop);

/*
  Collective (step.c). One optimiser step on the next batch. stop: the ranks agree to end here. Raises KN_ERR_FAILED
  (too many steps skipped), KN_ERR_INPUT (damaged sample).
*/
PETSC_INTERN PetscErrorCode KNLoopStep(KNLoop *loop, KNState *state, PetscBool *stop);

#endif

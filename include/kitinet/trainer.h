/*
  Training: data-parallel over the ranks of PETSC_COMM_WORLD, resumable at any step.

  Each rank computes the gradient of its share of the global batch, micro-batch by micro-batch; one reduction
  sums it; all ranks make the same update. The gradient is that of the sum of the samples' losses (task.h). A sample
  of a trajectory is a window of H + R frames; its loss is the mean of those of its R predicted frames.
*/
#ifndef KITINET_TRAINER_H
#define KITINET_TRAINER_H

#include <kitinet/operator.h>
#include <kitinet/augmentation.h>
#include <kitinet/optimizer.h>
#include <kitinet/reduce.h>
#include <kitinet/run.h>

/* The settings; filled from options. */
typedef struct {
  KNOptimizer    optimizer;
  KNAugmentation augmentation;
  PetscInt       epochs;
  PetscInt       batch;      /* global batch size */
  PetscInt       microbatch; /* samples that pass through the network together */
  PetscInt64     samples;    /* rows of the dataset to train on; 0: all */
  /* share of the rows, from the end, for tests instead of training, without a test set; 0: none */
  PetscReal validation;
  /* R, steps of a trajectory through which gradients are taken; 0: to the last frame */
  PetscInt  rollout;
  PetscInt  test_every;         /* epochs between tests; the last epoch is always tested */
  PetscInt  checkpoint_every;   /* epochs */
  PetscReal checkpoint_minutes; /* 0: only after epochs */
  PetscInt  condensation_every; /* epochs; 0: no condensation.csv */
  PetscInt  recompute;          /* number of blocks whose activations backward computes again together; 0: none */
  PetscBool bfloat16;           /* precision.h */
  PetscInt  skips;              /* steps in a row that the guards may skip */
  /* the operator's normalisers are kept as they are: the training goes on with a trained network */
  PetscBool       fitted;
  PetscBool       embedded;     /* in another command than train, whose own options the run does not record */
  PetscBool       symmetry;     /* samples are moved by the symmetries that the dataset declares */
  PetscInt        like_lengths; /* of texts: batches that are sorted by length together; KNLoaderSetLikeLengths() */
  PetscInt64      seed;
  KNReductionType reduction;
  KNDataset       inputs; /* whose inputs are trained on without solutions, by the task's physics; not owned; NULL */
} KNTrainer;

/* Collective on PETSC_COMM_WORLD. Defaults, then options. */
PETSC_EXTERN PetscErrorCode KNTrainerSetFromOptions(KNTrainer *trainer);

/*
  Not collective. The group by which a training on the dataset moves its samples; NULL: none is declared, or wanted. The
  caller destroys it. Raises KN_ERR_INPUT for one that does not fit.
*/
PETSC_EXTERN PetscErrorCode KNTrainerGetSymmetry(const KNTrainer *trainer, KNDataset dataset, KNSymmetry *symmetry);

/*
  Not collective. Rows of the dataset to train on, samples of an epoch (rows, or windows of trajectories), and steps of
  the whole training. Raises KN_ERR_USAGE where the dataset holds fewer rows or frames than are wanted.
*/
PETSC_EXTERN PetscErrorCode KNTrainerGetSteps(const KNTrainer *trainer, KNOperator op, KNDataset dataset,
                                              PetscInt64 *rows, PetscInt64 *samples, PetscInt64 *steps);

/*
  Collective on PETSC_COMM_WORLD. Trains op on the dataset, from where directory/checkpoint.h5 stands, to the last
  epoch; tests on test (NULL: on the last rows of the dataset, if trainer->validation wants it) after every
  trainer->test_every epochs. *stopped: a signal or -max_time ended it early, a checkpoint is written. Raises
  KN_ERR_INPUT (damaged sample; checkpoint of another dataset), KN_ERR_FAILED (the guards skipped too many steps in a
  row; the last checkpoint stays), KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNTrainerRun(const KNTrainer *trainer, KNOperator op, KNDataset dataset, KNDataset test,
                                         const char directory[], PetscBool *stopped);

/*
  Collective on PETSC_COMM_WORLD. Writes op as a checkpoint that begins at epoch 0, without moments; dataset: that it
  was made on. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNTrainerExport(KNOperator op, KNDataset dataset, const char path[]);

/* The same for an operator made on the dataset of another checkpoint. Raises KN_ERR_INPUT, too. */
PETSC_EXTERN PetscErrorCode KNTrainerExportLike(KNOperator op, const char checkpoint[], const char path[]);

#endif

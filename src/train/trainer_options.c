/* The options of a training, and the group of symmetries that it moves samples by. */
#include "trainer_impl.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/precision.h>

PetscErrorCode KNTrainerSetFromOptions(KNTrainer *trainer)
{
  PetscFunctionBegin;
  *trainer = (KNTrainer){.epochs             = 50,
                         .batch              = 20,
                         .microbatch         = 5,
                         .samples            = 0,
                         .rollout            = 1,
                         .test_every         = 1,
                         .checkpoint_every   = 10,
                         .checkpoint_minutes = 30,
                         .symmetry           = PETSC_TRUE,
                         .like_lengths       = 16,
                         .skips              = 3,
                         .seed               = 1};
  PetscCall(KNOptionsHead("Training"));
  PetscCall(KNOptionsInt("-train_epochs", "passes over the training samples", 1, 10000000, &trainer->epochs));
  PetscCall(KNOptionsInt("-train_batch", "samples of one step, over all ranks", 1, 1 << 24, &trainer->batch));
  PetscCall(KNOptionsInt(
    "-train_microbatch",
    "samples that pass through the network together on one rank; the number sets the memory of activations", 1, 1 << 16,
    &trainer->microbatch));
  PetscCall(KNReductionSetFromOptions(&trainer->reduction));
  PetscCall(KNOptionsInt64("-train_samples", "number of samples (trajectories) to use, from the first; 0: all", 0,
                           PETSC_MAX_INT, &trainer->samples));
  PetscCall(KNOptionsBool("-train_symmetry",
                          "move each sample by a symmetry that the dataset declares, drawn anew in each epoch, as if "
                          "the dataset were as many times larger",
                          &trainer->symmetry));
  PetscCall(KNOptionsInt("-train_like_lengths",
                         "batches of texts that the loader sorts by length together, so that a batch has texts of like "
                         "length; 1: texts stay in random order",
                         1, 65536, &trainer->like_lengths));
  PetscCall(KNOptionsReal(
    "-train_validation",
    "share of the dataset's samples, taken from its end, for tests instead of training, in place of -dataset_test", 0,
    0.9, &trainer->validation));
  PetscCall(KNOptionsInt("-train_rollout",
                         "steps of a trajectory that the network predicts from its own predictions in training, with "
                         "the gradient through all of them; 0: to the last frame",
                         0, 1 << 20, &trainer->rollout));
  PetscCall(KNAugmentationSetFromOptions(&trainer->augmentation));
  PetscCall(KNOptimizerSetFromOptions(&trainer->optimizer));
  PetscCall(KNPrecisionSetFromOptions(&trainer->bfloat16));
  PetscCall(KNOptionsInt("-train_recompute",
                         "keep activations only between every N-th block and compute the others again in the backward "
                         "sweep: less memory, more time, the same bits; 0: keep all",
                         0, 1 << 20, &trainer->recompute));
  PetscCall(KNOptionsInt("-train_skips",
                         "steps in a row that may be skipped because a loss or gradient is not finite or the loss "
                         "exceeds 1000 times its running level; then training ends",
                         0, 1000000, &trainer->skips));
  PetscCall(KNOptionsInt("-train_test_every", "epochs between tests; the last epoch is always tested", 1, 10000000,
                         &trainer->test_every));
  PetscCall(KNOptionsInt("-checkpoint_every", "epochs between checkpoints", 1, 10000000, &trainer->checkpoint_every));
  PetscCall(KNOptionsReal("-checkpoint_minutes",
                          "minutes between checkpoints, also in the middle of an epoch; 0: only after epochs", 0, 1e6,
                          &trainer->checkpoint_minutes));
  PetscCall(KNOptionsInt(
    "-train_condensation_every",
    "epochs between rows of condensation.csv, which measures how evenly the weights spread over the channels; 0: none",
    0, 10000000, &trainer->condensation_every));
  PetscCall(
    KNOptionsInt64("-seed", "seed of initial weights, order of samples, collisions", 0, PETSC_MAX_INT, &trainer->seed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTrainerGetSymmetry(const KNTrainer *trainer, KNDataset dataset, KNSymmetry *symmetry)
{
  const KNProblem *problem;
  const char      *path;
  char             where[PETSC_MAX_PATH_LEN + 64];

  PetscFunctionBegin;
  *symmetry = NULL;
  if (!trainer->symmetry) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCall(PetscSNPrintf(where, sizeof(where), "%s (-train_symmetry off leaves samples as they are)", path));
  PetscCall(KNSymmetryCreate(problem, where, KN_ERR_INPUT, symmetry));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A study: networks that differ in their options, trained on several datasets, with several numbers of samples and
  several seeds. A YAML file:

    study: NAME                              runs are kept in runs/NAME/DATASET/VARIANT/SAMPLES/seedS
    common: -name value ...                  options of every run, as `kitinet train` takes them
    steps: 5000                              of each run: -train_epochs follows from samples and -train_batch;
                                             or leave it out and give -train_epochs
    seeds: [1, 2, 3]
    train_samples: [100, 300, 1000]          the first so many of the training file; left out: all
    baseline: VARIANT                        what the others are compared with; left out: the alphabet's first
    datasets:
      NAME:
        train: FILE
        validation: FILE                     for -study_validation, in place of the test file; or a number, the
                                             share of the training file (its last samples, not trained on); left
                                             out: no search
        test: FILE
    variants:
      NAME: -name value ...                  over the common options
    options:                                 what was tuned, for some runs only; V: a variant, or * for all
      DATASET: -name value ...               with those of *, under the variants' own options
      DATASET/V/SAMPLES: -name value ...
      DATASET/VARIANT: -name value ...       with DATASET/VARIANT/SAMPLES, over them

  Names hold letters, digits, dots, dashes and underscores; options and files no blanks of their own.
*/
#ifndef KITINET_STUDY_H
#define KITINET_STUDY_H

#include "words.h"
#include <kitinet/task.h>

/* One training. */
typedef struct {
  char       directory[PETSC_MAX_PATH_LEN];
  char       dataset[KN_MAX_NAME], variant[2 * KN_MAX_NAME];
  PetscInt64 samples, seed, epochs; /* samples 0: all */
  KNWords    words;                 /* options of `kitinet train` */
} KNStudyRun;

typedef struct {
  char              name[KN_MAX_NAME], baseline[2 * KN_MAX_NAME], directory[PETSC_MAX_PATH_LEN];
  PetscBool         validation;
  PetscInt          average;    /* symmetries over which predictions are averaged in tests: 1 none, 0 all */
  PetscBool         collisions; /* runs are tested again, with the collisions of -collision_evaluate */
  PetscInt          count;
  const KNTaskInfo *task; /* of all runs, once they are collected; the first of the registry before */
  KNStudyRun       *run;  /* (count) by seed, samples, dataset, variant: all variants of the first seed come first */
} KNStudy;

/*
  Collective on PETSC_COMM_WORLD. Raises KN_ERR_INPUT where the file is no study, naming the key. Options and files of
  the runs are not looked at.
*/
PETSC_INTERN PetscErrorCode KNStudyRead(const char path[], PetscBool validation, KNStudy *study);
PETSC_INTERN PetscErrorCode KNStudyDestroy(KNStudy *study);

#endif

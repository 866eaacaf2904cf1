/*
  A run directory: config.yaml (every option in force), metrics.csv (a row an epoch), metrics.jsonl (the same, a JSON
  object a line), log.txt, checkpoint.h5 (the latest, and checkpoint.h5.previous), best.h5; condensation.csv, if it is
  wanted (condensation.h).
*/
#ifndef KITINET_RUN_H
#define KITINET_RUN_H

#include <kitinet/task.h>

typedef struct _p_KNRun *KNRun;

/*
  One row of metrics.csv: epoch, train, test, lr, seconds, data_wait, then test_NAME for those of the task's test
  measures that the column test does not have.
*/
typedef struct {
  PetscInt64 epoch; /* 1, 2, .. */
  /* mean loss of the samples in the epoch's batches, as they were trained on; NaN: no step was made */
  PetscReal train;
  PetscReal test[KN_MAX_MEASURES]; /* the task's measures on the test set after the epoch; NaN: none */
  PetscReal lr;                    /* of the epoch's last step */
  PetscReal seconds;               /* seconds of training since the run's beginning, over all its parts */
  PetscReal wait;                  /* share of the epoch spent waiting for data */
} KNMetrics;

/*
  Collective on PETSC_COMM_WORLD. A text file of at most 16 MiB, freed by the caller with PetscFree(). Raises
  KN_ERR_INPUT: its name, and the hint.
*/
PETSC_EXTERN PetscErrorCode KNTextRead(const char path[], const char hint[], char **text);

/*
  Collective on PETSC_COMM_WORLD. Makes a directory, if need be, with its parents. Raises KN_ERR_IO: what it is, its
  name, the option that chooses another.
*/
PETSC_EXTERN PetscErrorCode KNDirectoryCreate(const char kind[], const char directory[], const char option[]);

/*
  Collective on PETSC_COMM_WORLD. Makes the directory, if need be, with its parents, and takes its lock. Raises
  KN_ERR_IO, and KN_ERR_USAGE if another job has it.
*/
PETSC_EXTERN PetscErrorCode KNRunCreate(const char directory[], KNRun *run);
PETSC_EXTERN PetscErrorCode KNRunDestroy(KNRun *run);

/* Not collective. The path of a file in a run directory; path: PETSC_MAX_PATH_LEN bytes. */
PETSC_EXTERN PetscErrorCode KNRunPath(const char directory[], const char name[], char path[]);

/*
  Collective on PETSC_COMM_WORLD. Whether there is something to resume: checkpoint.h5 or its previous generation;
  false if there is no such directory.
*/
PETSC_EXTERN PetscErrorCode KNRunHasCheckpoint(const char directory[], PetscBool *has);

/* Collective on PETSC_COMM_WORLD. config.yaml as text, freed by the caller with PetscFree(). Raises KN_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode KNRunReadConfig(const char directory[], char **yaml);

/*
  Collective on PETSC_COMM_WORLD. Writes config.yaml; keeps the rows of metrics.csv up to epoch `done`, drops later
  ones that a checkpoint does not cover, and makes metrics.jsonl of them. task: what is trained. *seconds: of the last
  kept row, on rank 0; 0 if there is none.
*/
PETSC_EXTERN PetscErrorCode KNRunStart(KNRun run, const KNTaskInfo *task, const char yaml[], PetscInt64 done,
                                       PetscReal *seconds);

/*
  Not collective. Rows of metrics.csv of a directory, for one rank to read; *metrics is freed with PetscFree(). *count
  0 if there is no such file. Raises KN_ERR_INPUT, on this rank, if it cannot be read. task, may be NULL: what was
  trained, as the columns tell.
*/
PETSC_EXTERN PetscErrorCode KNRunReadMetrics(const char directory[], const KNTaskInfo **task, PetscInt *count,
                                             KNMetrics **metrics);

/* Collective on PETSC_COMM_WORLD. Appends to metrics.csv and metrics.jsonl, to log.txt. Raises KN_ERR_IO. */
PETSC_EXTERN PetscErrorCode KNRunAddMetrics(KNRun run, const KNMetrics *metrics);
PETSC_EXTERN PetscErrorCode KNRunLog(KNRun run, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/*
  Collective on PETSC_COMM_WORLD. Another table of the run, whose rows begin with the epoch. Start writes the header
  (one line) and keeps those rows up to epoch `done` that are there; Add appends whole lines. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNRunTableStart(KNRun run, const char name[], const char header[], PetscInt64 done);
PETSC_EXTERN PetscErrorCode KNRunTableAdd(KNRun run, const char name[], const char rows[]);

#endif

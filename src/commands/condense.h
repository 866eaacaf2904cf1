/* What the parts of `kitinet condense` share: networks, how they compare, and the choice of what stays. */
#ifndef KITINET_CONDENSE_H
#define KITINET_CONDENSE_H

#include <kitinet/operator.h>

#define KN_CONDENSE_SIZES 3 /* resolutions at which networks are timed: those of the dataset times 1, 2, 4 */

/* What is wanted. */
typedef struct {
  PetscInt  width;   /* 0: as flops says */
  PetscReal flops;   /* share of the network's; 0: half of them, unless width is set */
  PetscInt  modes;   /* 0: as few as raise the error on the samples by at most 0.1 % */
  PetscInt  samples; /* rows of the dataset to measure on */
} KNCondense;

/* A row of the table. */
typedef struct {
  const char *name;
  PetscInt    width, modes;
  size_t      parameters;
  PetscReal   mflop, error;          /* forward, of a sample (a step of a rollout); relative L2 */
  PetscReal   ms[KN_CONDENSE_SIZES]; /* forward, of one sample on one rank; NaN: does not fit into memory */
} KNCondenseRow;

/* Collective on PETSC_COMM_WORLD. Mean relative L2 error of rows 0..rows-1 of the dataset. Plans op for its grid. */
PETSC_INTERN PetscErrorCode KNCondenseError(KNOperator op, KNDataset dataset, PetscInt64 rows, PetscReal *error);

/*
  Collective on PETSC_COMM_WORLD. The pruned operator, not fine-tuned: sizes as wanted, and of all ways to choose what stays the one with the lowest error on the
  samples. from: name of the full network's file. Prints what was tried. Raises KN_ERR_USAGE where the sizes are impossible.
*/
PETSC_INTERN PetscErrorCode KNCondensePrune(const KNCondense *wanted, KNOperator full, const char from[], KNDataset dataset, const char dataset_path[], KNOperator *pruned);

/* Collective on PETSC_COMM_WORLD. Everything but the times. dataset: for the error and the grid. */
PETSC_INTERN PetscErrorCode KNCondenseDescribe(const char name[], KNOperator op, KNDataset dataset, PetscInt64 rows, KNCondenseRow *row);

/* Collective on PETSC_COMM_WORLD. Times of two networks, in turn. */
PETSC_INTERN PetscErrorCode KNCondenseTime(KNOperator full, KNOperator small, const KNGrid *grid, KNCondenseRow *of_full, KNCondenseRow *of_small);

/* Collective on PETSC_COMM_WORLD. The table to the terminal, and beside the checkpoint `output` as a CSV file of the same name. */
PETSC_INTERN PetscErrorCode KNCondenseReport(PetscInt n, const KNCondenseRow row[], const char measured_on[], const KNGrid *grid, const char output[]);

#endif

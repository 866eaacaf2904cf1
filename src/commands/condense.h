/* What the parts of `kitinet condense` share: networks, how they compare, and the choice of what stays. */
#ifndef KITINET_CONDENSE_H
#define KITINET_CONDENSE_H

#include <kitinet/contribution.h>
#include <kitinet/operator.h>

#define KN_CONDENSE_SIZES 3 /* resolutions at which networks are timed: those of the dataset times 1, 2, 4 */

/* What is wanted. */
typedef struct {
  /*
    0: as flops and the samples say; where flops says nothing all channels stay, and of the others what carries
    something
  */
  KNSizes   sizes;
  PetscReal flops;   /* share of the network's; 0: half of them, or nothing if a size is given */
  PetscInt  samples; /* rows of the dataset to measure on */
} KNCondense;

/* What a search for the best pruning knows. */
typedef struct {
  KNOperator     full;
  const char    *from; /* name of its file */
  KNDataset      dataset;
  PetscInt64     rows;
  KNGrid         grid;
  KNSizes        sizes;       /* of the full network */
  PetscInt       d, velocity; /* KNCondenseGroups() */
  PetscReal      error;       /* of the full network on the rows */
  KNContribution contribution;
  PetscInt      *hidden; /* (H) KNContributionOrderHidden(); NULL: there is no hidden layer */
} KNCondenseSearch;

/* A row of the table. */
typedef struct {
  const char *name;
  KNSizes     sizes;
  size_t      parameters;
  PetscReal   mflop, error, best;    /* forward, of a sample (a step of a rollout); KNCondenseError() */
  PetscReal   ms[KN_CONDENSE_SIZES]; /* forward, of one sample on one rank; NaN: does not fit into memory */
} KNCondenseRow;

/* Names of the sizes: of columns, and behind "model_" and "condense_" of options; what they count. */
PETSC_INTERN const char *const KNCondenseNames[KN_SIZES], *const KNCondenseWhat[KN_SIZES];

/*
  Not collective. Those that the network has: "8 channels, 4 modes, 16 hidden units", of several streams "16/32/64
  channels"; with from (else NULL) "16 to 8 channels, ..".
*/
PETSC_INTERN PetscErrorCode KNCondenseText(const KNSizes *from, const KNSizes *sizes, size_t room, char text[]);

/* Collective on PETSC_COMM_WORLD. -condense_width and the others; 0: not given. */
PETSC_INTERN PetscErrorCode KNCondenseSizesFromOptions(KNSizes *sizes);

/*
  Collective on PETSC_COMM_WORLD. The measure that goes with the task's loss, of rows 0..rows-1 of the dataset: lower
  is better; best: that which decides what is best, or NULL. Plans op for its grid.
*/
PETSC_INTERN PetscErrorCode KNCondenseError(KNOperator op, KNDataset dataset, PetscInt64 rows, PetscReal *error,
                                            PetscReal *best);

/*
  Not collective. Channels of a particle, and of a velocity that streams over the grid; 1 where each channel stands
  for itself. Raises KN_ERR_USAGE where particles differ from block to block.
*/
PETSC_INTERN PetscErrorCode KNCondenseGroups(KNOperator op, PetscInt *particle, PetscInt *velocity);

/* Collective on PETSC_COMM_WORLD. Forward FLOPs of a sample on the grid, for the full network with other sizes. */
PETSC_INTERN PetscErrorCode KNCondenseFlops(KNOperator full, const KNSizes *sizes, const KNGrid *grid,
                                            PetscLogDouble *flops);

/*
  Collective on PETSC_COMM_WORLD. The operator of these sizes, its channels chosen by contribution of this type, what
  is dropped left out or (merge) read through what stays; its error on the rows.
*/
PETSC_INTERN PetscErrorCode KNCondenseTry(const KNCondenseSearch *search, const KNSizes *sizes, KNContributionType type,
                                          PetscBool merge, KNOperator *op, PetscReal *error);

/* Collective on PETSC_COMM_WORLD. Raises KN_ERR_USAGE for sizes that the network cannot be brought to. */
PETSC_INTERN PetscErrorCode KNCondenseCheckSizes(const KNCondenseSearch *search, const KNCondense *wanted);

/* Collective on PETSC_COMM_WORLD. Sizes as wanted. Raises KN_ERR_USAGE where they are impossible. */
PETSC_INTERN PetscErrorCode KNCondenseFindSizes(const KNCondenseSearch *search, const KNCondense *wanted,
                                                KNSizes *sizes);

/*
  Collective on PETSC_COMM_WORLD. The pruned operator, not fine-tuned: sizes as wanted, and of all ways to choose what
  stays the one with the lowest error on the samples. from: name of the full network's file. Prints what was tried.
  Raises KN_ERR_USAGE where the sizes are impossible.
*/
PETSC_INTERN PetscErrorCode KNCondensePrune(const KNCondense *wanted, KNOperator full, const char from[],
                                            KNDataset dataset, const char dataset_path[], KNOperator *pruned);

/* Collective on PETSC_COMM_WORLD. Everything but the times. dataset: for the error and the grid. */
PETSC_INTERN PetscErrorCode KNCondenseDescribe(const char name[], KNOperator op, KNDataset dataset, PetscInt64 rows,
                                               KNCondenseRow *row);

/* Collective on PETSC_COMM_WORLD. Times of two networks, in turn. */
PETSC_INTERN PetscErrorCode KNCondenseTime(KNOperator full, KNOperator small, const KNGrid *grid,
                                           KNCondenseRow *of_full, KNCondenseRow *of_small);

/*
  Collective on PETSC_COMM_WORLD. The table to the terminal, and beside the checkpoint `output` as a CSV file of the
  same name.
*/
PETSC_INTERN PetscErrorCode KNCondenseReport(const KNTaskInfo *task, PetscInt n, const KNCondenseRow row[],
                                             const char measured_on[], const KNGrid *grid, const char output[]);

#endif

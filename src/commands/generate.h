/* Parts of "kitinet generate": what to solve, solving it, what became of it. All collective on PETSC_COMM_WORLD. */
#ifndef KITINET_GENERATE_H
#define KITINET_GENERATE_H

#include "command.h"
#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/solver.h>

/* What became of a row. Ordered: over ranks the maximum is that of the ranks that solved it. */
typedef enum {
  KN_ROW_NONE, /* not solved by this run: taken over from an earlier one, or left to the next */
  KN_ROW_SOLVED,
  KN_ROW_RETRIED,
  KN_ROW_EXCLUDED,
  KN_ROW_OUTCOMES
} KNRowOutcome;

typedef struct {
  PetscInt64       samples, first, seed;
  char             output[PETSC_MAX_PATH_LEN], from[PETSC_MAX_PATH_LEN];
  PetscBool        overwrite, dry_run;
  PetscInt         ranks_per_sample;
  KNSolver         solver;
  const KNProblem *problem; /* the solver's */
  KNDataset        source;  /* of the inputs; NULL: they are random */
  PetscInt64      *sample;  /* (samples) index of each row in the ensemble */
  PetscReal       *given;   /* (samples, P) coefficients that the source has; NULL: they are drawn */

  PetscMPIInt rank, size;
  MPI_Comm    comm;          /* of the ranks that solve a sample together: a group */
  PetscMPIInt group, groups; /* this one, of how many */
  PetscMPIInt member;        /* this rank's place in it; member 0 writes */

  signed char   *outcome; /* (samples) KNRowOutcome of all rows, after KNGenerationSolve() */
  PetscInt64     counted[KN_ROW_OUTCOMES];
  PetscInt64     taken;               /* rows that an earlier run has left */
  PetscInt64     iterations, most;    /* of all samples, and of the one that took most */
  char           reason[KN_MAX_TEXT]; /* of the first sample that was excluded */
  PetscLogDouble begin;               /* when work began */
} KNGeneration;

/* Whether the source's inputs are of the solver's kind, and which sample each row is. Raises KN_ERR_INPUT. */
PetscErrorCode KNGenerationPlan(KNGeneration *g);

/* What would be done, on stdout: work, memory, disk. */
PetscErrorCode KNGenerationPrintPlan(const KNGeneration *g);

/*
  Solves the rows that are not there. *stopped: some are left, because a signal or the time limit came first. Raises
  KN_ERR_INPUT for damaged inputs.
*/
PetscErrorCode KNGenerationSolve(KNGeneration *g, KNDatasetWriter dataset, PetscBool *stopped);

/* What became of the samples, on stdout. */
PetscErrorCode KNGenerationPrintSummary(const KNGeneration *g);

#endif

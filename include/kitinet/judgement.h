/*
  Judgement: everything that a task measures of one network on one dataset, sample by sample; what tables, files and
  pictures show of it.
*/
#ifndef KITINET_JUDGEMENT_H
#define KITINET_JUDGEMENT_H

#include <kitinet/task.h>
#include <stdio.h>

typedef struct _p_KNJudgement *KNJudgement;

/*
  Not collective. Nothing is measured yet. history: frames of a trajectory that are given. Raises KN_ERR_INPUT for more
  samples than one evaluation takes.
*/
PETSC_EXTERN PetscErrorCode KNJudgementCreate(KNTask task, const KNProblem *problem, PetscInt history,
                                              PetscInt64 samples, KNJudgement *judgement);
PETSC_EXTERN PetscErrorCode KNJudgementDestroy(KNJudgement *judgement);

/*
  Not collective, each row on one rank. A KNVisitor (evaluation.h) whose context is the judgement: measures one
  predicted sample, y and truth on the whole grid.
*/
PETSC_EXTERN PetscErrorCode KNJudgementAdd(void *judgement, PetscInt64 row, const float y[], const float truth[]);

/* Collective on PETSC_COMM_WORLD, when each sample was added on one rank: all ranks receive everything. */
PETSC_EXTERN PetscErrorCode KNJudgementReduce(KNJudgement judgement);

/* Not collective. Values of a measure, one a sample, NaN where it has none; not owned. */
PETSC_EXTERN const PetscReal *KNJudgementGetValues(KNJudgement judgement, PetscInt measure, PetscInt64 *samples);

/*
  Not collective, after the reduction. Samples without a value of any measure, because they hold values that are not
  finite.
*/
PETSC_EXTERN PetscInt64 KNJudgementGetLeftOut(KNJudgement judgement);

/* Quantiles 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1. */
enum { KN_QUANTILES = 7 };
PETSC_EXTERN const PetscReal KNQuantiles[KN_QUANTILES];

/* One measure over the samples that have a value; everything is NaN if none has. */
typedef struct {
  PetscInt64 count;                                   /* samples that have one */
  PetscReal  mean, deviation, quantile[KN_QUANTILES]; /* deviation: of the population */
  PetscInt64 worst;                                   /* row of the worst sample; -1: none */
} KNSummary;

/* Not collective. Of any values; of a judgement's measure, whose mean may be of another kind (KNMeasure). */
PETSC_EXTERN PetscErrorCode KNSummarize(PetscInt64 n, const PetscReal value[], PetscBool higher, KNSummary *summary);
PETSC_EXTERN PetscErrorCode KNJudgementSummarize(KNJudgement judgement, PetscInt measure, KNSummary *summary);

/*
  Collective on PETSC_COMM_WORLD. What else the task has to say of it on the terminal, under this name; nothing for
  most.
*/
PETSC_EXTERN PetscErrorCode KNJudgementPrint(KNJudgement judgement, const char name[]);

/* Not collective. The rows of table i of the task's info as CSV; prefix begins each row. */
PETSC_EXTERN PetscErrorCode KNJudgementWriteTable(KNJudgement judgement, PetscInt i, FILE *file, const char prefix[]);

/* A picture of curves, or of a table. Not owned, valid until the next KNJudgementGetPlot(). */
enum { KN_PLOT_LINES = 3 };
typedef struct {
  const char        *name; /* name of the file: "spectra"; NULL: there is no such picture of this dataset */
  const char        *x_title, *y_title;
  PetscBool          log_x, log_y;
  PetscInt           table; /* n: no curves, a table of n x n parts of 1 instead, rows from the top; else 0 */
  const PetscReal   *part;  /* (n, n) */
  const char *const *label; /* (n) of its rows and columns */
  PetscInt           lines;
  struct {
    const char      *name;
    PetscInt         n;
    const PetscReal *x, *y, *low, *high; /* low, high: a band, or NULL */
  } line[KN_PLOT_LINES];
} KNPlot;

/* Not collective. Picture i of the task's info. */
PETSC_EXTERN PetscErrorCode KNJudgementGetPlot(KNJudgement judgement, PetscInt i, KNPlot *plot);

#endif

/* What the parts of `kitinet report` share: trained runs, and how they compare. */
#ifndef KITINET_REPORT_H
#define KITINET_REPORT_H

#include "study.h"

/*
  A finished run. What was measured is of the last epoch: to choose an epoch by its test would be a selection on the
  test set.
*/
typedef struct {
  const KNStudyRun *run;                     /* not owned */
  PetscReal         train, validation, test; /* the training loss; the task's first measure. NaN: there is none */
  PetscReal         seconds;                 /* of training */
  PetscInt64        parameters;
  PetscReal         mflop; /* forward, of a sample on the training grid */
} KNResult;

/* All runs of one variant on one dataset with one number of samples, beside those of the baseline. */
typedef struct {
  const char *dataset, *variant; /* not owned */
  PetscInt64  samples;
  PetscInt    runs, pairs;     /* pairs: of runs of both with the same seed */
  PetscReal   mean, deviation; /* of the first measure, over seeds; deviation: NaN for one run */
  /* paired: mean of its difference to the baseline's, and its 95 % interval; NaN without a pair, or without two */
  PetscReal difference, low, high;
  PetscReal base; /* mean of the baseline in the pairs */
} KNCell;

/* Collective on PETSC_COMM_WORLD. Epochs that a run has finished, 0 if there is no such run. */
PETSC_INTERN PetscErrorCode KNReportEpochs(const KNStudyRun *run, PetscInt64 *epochs);

/*
  Collective on PETSC_COMM_WORLD. The finished runs of a study, all of one task; *results is freed with PetscFree().
  Raises KN_ERR_INPUT for a run that was made with other options than the study's, and for runs of different tasks.
  Sets study->task.
*/
PETSC_INTERN PetscErrorCode KNReportCollect(KNStudy *study, PetscInt *count, KNResult **results);

/*
  Collective on PETSC_COMM_WORLD. A study made of existing runs: dataset, samples and seed from their options, the
  variant named by those model options that are not the same in all of them. Raises KN_ERR_INPUT.
*/
PETSC_INTERN PetscErrorCode KNReportGather(PetscInt count, char *const directory[], KNStudy *study);

/*
  Not collective. Cells in the order of the table: by dataset, samples, the baseline before the others; *cells is
  freed with PetscFree().
*/
PETSC_INTERN PetscErrorCode KNReportCompare(const KNStudy *study, PetscInt count, const KNResult results[],
                                            PetscInt *ncells, KNCell **cells);

/* Not collective. Whether the run is one of this dataset, number of samples and variant. */
PETSC_INTERN PetscBool KNReportIsOf(const KNResult *result, const char dataset[], PetscInt64 samples,
                                    const char variant[]);

/*
  Not collective. Whether the task's first measure is a share in %, of which more is better (accuracy): differences of
  such are in points, and pictures show what is left of it, the error rate. Scale: of a cell's difference in tables, to
  points, or to % of the baseline's mean.
*/
PETSC_INTERN PetscBool KNReportIsShare(const KNStudy *study);
PETSC_INTERN PetscReal KNReportDifferenceScale(const KNStudy *study, const KNCell *cell);

/*
  Collective on PETSC_COMM_WORLD. To the terminal; to runs.csv and table.csv in a directory; pictures
  error_DATASET.png there. source: what was reported on, "-study FILE".
*/
PETSC_INTERN PetscErrorCode KNReportPrint(const KNStudy *study, const char source[], PetscInt count, PetscInt ncells,
                                          const KNCell cells[]);
PETSC_INTERN PetscErrorCode KNReportWrite(const KNStudy *study, const char source[], const char directory[],
                                          PetscInt count, const KNResult results[], PetscInt ncells,
                                          const KNCell cells[]);

/*
  Collective on PETSC_COMM_WORLD. The whole report as one HTML page that needs no other file: tables, pictures (also
  those in the run directories, until the page has 64 MB), options and provenance of each run. Written whole or not at
  all. Raises KN_ERR_INPUT, KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNReportWriteHTML(const KNStudy *study, const char source[], const char path[],
                                              PetscInt count, const KNResult results[], PetscInt ncells,
                                              const KNCell cells[]);

/*
  Not collective: by one rank; path without ".png". cells (n): errors over the number of samples, a curve a variant
  with a band of one standard deviation, of one dataset; errors over epochs, test then train, mean over the seeds with
  a band from the smallest to the largest, of one dataset and number of samples.
*/
PETSC_INTERN PetscErrorCode KNReportDrawErrors(const KNStudy *study, const char path[], PetscInt n,
                                               const KNCell cells[]);
PETSC_INTERN PetscErrorCode KNReportDrawCurves(const KNStudy *study, const char path[], const char title[],
                                               PetscInt count, const KNResult results[], PetscInt n,
                                               const KNCell cells[]);

#endif

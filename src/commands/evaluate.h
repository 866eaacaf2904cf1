/* What the parts of `kitinet evaluate` share: networks under judgement, and what was measured of them. */
#ifndef KITINET_EVALUATE_H
#define KITINET_EVALUATE_H

#include <kitinet/ensemble.h>
#include <kitinet/evaluation.h>
#include <kitinet/reliability.h>
#include <kitinet/spectrum.h>

/* A trained network under judgement. */
typedef struct {
  char           directory[PETSC_MAX_PATH_LEN]; /* of the checkpoint: where pictures go */
  char           path[PETSC_MAX_PATH_LEN];
  KNOperator     op;
  PetscLogDouble flops;                         /* forward, of a sample on the first dataset's grid, one pass */
  PetscInt       members;                       /* of its ensemble; 0: one pass */
} KNCandidate;

/* Relative errors of a sample. But for H1 all are relative to the truth's root mean square over the whole domain; evaluate_measure.c has the formulae. */
typedef enum {
  KN_MEASURE_L2,
  KN_MEASURE_H1,
  KN_MEASURE_BOUNDARY,
  KN_MEASURE_INTERIOR,
  KN_MEASURE_LOW,
  KN_MEASURE_MIDDLE,
  KN_MEASURE_HIGH,
  KN_MEASURES
} KNMeasure;

/* "l2", "h1", .. */
PETSC_INTERN const char *const KNMeasureNames[KN_MEASURES];

/* What was measured of one network on one dataset. */
typedef struct {
  KNGrid     grid;
  PetscInt   frames;                          /* predicted of a trajectory; 1 for steady problems */
  PetscInt   fields;                          /* of the output */
  PetscInt64 samples;
  PetscReal *error[KN_MEASURES];              /* (samples) each; NaN where a measure has no meaning */
  PetscInt   shells;
  PetscReal *wavenumber;                      /* (shells) in cycles a unit length */
  PetscReal *truth, *prediction, *difference; /* (shells) energy, mean over samples and frames, sum over the output fields */
  PetscReal *times;                           /* (frames) of the predicted ones; 0 for steady problems */
  PetscReal *frame_error;                     /* (samples, frames) relative L2 error of each frame */
  KNSpectrum spectrum;
  float     *work;                            /* (S) */
  PetscReal *energy;                          /* (shells) of one field */
} KNJudgement;

/*
  Create: not collective, nothing measured yet; history: frames of a trajectory that are given. Add: a KNVisitor whose context is the judgement, measures one predicted sample, y and truth (frames, fields, S). Reduce:
  collective on PETSC_COMM_WORLD, when each sample was added on one rank: all ranks receive everything.
*/
PETSC_INTERN PetscErrorCode KNJudgementCreate(const KNProblem *problem, PetscInt history, PetscInt64 samples, KNJudgement *judgement);
PETSC_INTERN PetscErrorCode KNJudgementAdd(void *judgement, PetscInt64 row, const float y[], const float truth[]);
PETSC_INTERN PetscErrorCode KNJudgementReduce(KNJudgement *judgement);
PETSC_INTERN PetscErrorCode KNJudgementDestroy(KNJudgement *judgement);

/* How far the spread of one network's ensemble tells its error on one dataset; reliability NULL: no ensemble. */
typedef struct {
  KNReliability       reliability;
  KNReliabilityResult result;
} KNSpread;

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset. Judges the mean of the candidate's ensemble and its spread: fills in judgement as
  KNJudgementAdd does, not yet reduced, and creates spread, reduced. judgement may be NULL. factor: widens the ensemble about its mean.
*/
PETSC_INTERN PetscErrorCode KNSpreadMeasure(const KNCandidate *candidate, KNDataset dataset, PetscInt batch, PetscReal factor, KNJudgement *judgement, KNSpread *spread);

/* Collective on PETSC_COMM_WORLD. Fits the candidate's spread to its errors on the dataset at path and stores the factor in its checkpoint. Raises KN_ERR_INPUT, KN_ERR_USAGE, KN_ERR_IO. */
PETSC_INTERN PetscErrorCode KNSpreadCalibrate(KNCandidate *candidate, const char path[], PetscInt batch);

/* Collective on PETSC_COMM_WORLD. The table of n ensembles on m datasets, spread (n, m); area under the ROC curve: the first dataset against each other one, by their samples' scores. */
PETSC_INTERN PetscErrorCode KNSpreadPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNSpread spread[]);

/* Collective on PETSC_COMM_WORLD. The same as reliability.csv, and ranks.csv, in a directory that is there. Raises KN_ERR_IO. */
PETSC_INTERN PetscErrorCode KNSpreadWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNSpread spread[]);

/* By one rank: rank histograms and spread against error of all ensembles on dataset j of m, beside the first checkpoint. */
PETSC_INTERN PetscErrorCode KNSpreadDraw(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j, const char name[], const KNSpread spread[]);

/* Mean, population deviation over the samples, quantiles 0, 0.05, 0.25, 0.5, 0.75, 0.95, 1 of one measure. NaN if it has no meaning. */
enum { KN_QUANTILES = 7 };
PETSC_INTERN const PetscReal KNQuantiles[KN_QUANTILES];
typedef struct {
  PetscReal  mean, deviation, quantile[KN_QUANTILES];
  PetscInt64 worst; /* row of the largest error */
} KNSummary;
PETSC_INTERN PetscErrorCode KNSummarize(PetscInt64 samples, const PetscReal error[], KNSummary *summary);

/* The last part of a path without its ending: "data/test_32.h5" -> "test_32". */
PETSC_INTERN PetscErrorCode KNBaseName(const char path[], size_t size, char name[]);

/* Collective on PETSC_COMM_WORLD. Tables of n networks on m datasets, judgement (n, m): to the terminal; to a CSV file if its name is not NULL. */
PETSC_INTERN PetscErrorCode KNEvaluatePrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[], const char csv[]);

/*
  Collective on PETSC_COMM_WORLD. Everything that was measured, in a directory that is made if need be: errors.csv (a row a network, dataset, measure),
  samples.csv (a row a sample), spectra.csv (a row a shell), rollout.csv (a row a predicted frame of time-dependent datasets). Raises KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNEvaluateWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[], const KNJudgement judgement[]);

/* By one rank, the operator planned for the dataset's grid: best, median and worst sample; spectra; distribution of the errors. name: of the dataset. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawFields(const KNCandidate *candidate, KNDataset dataset, const char name[], const KNJudgement *judgement);
PETSC_INTERN PetscErrorCode KNEvaluateDrawSpectra(const KNCandidate *candidate, const char name[], const KNJudgement *judgement);

/* By one rank, of a trajectory: the error over time, median and a band from the 5 % to the 95 % quantile of the samples. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawRollout(const KNCandidate *candidate, const char name[], const KNJudgement *judgement);

/* Not collective. Of one predicted frame: mean over the samples, and quantiles as in KNQuantiles. */
PETSC_INTERN PetscErrorCode KNSummarizeFrame(const KNJudgement *judgement, PetscInt frame, KNSummary *summary);

/* By one rank, beside the first network: the distributions of all networks' errors on a dataset (j of m); their training curves. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawDistributions(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j, const char name[], const KNJudgement judgement[]);
PETSC_INTERN PetscErrorCode KNEvaluateDrawCurves(PetscInt n, const KNCandidate candidate[]);

/* By one rank, beside the first network: participation.png, alignment.png, effective_rank.png over epochs, of all candidates that are runs with a condensation.csv. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawCondensation(PetscInt n, const KNCandidate candidate[]);

#endif

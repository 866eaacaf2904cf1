/* What the parts of `kitinet evaluate` share: networks under judgement, and what was measured of them. */
#ifndef KITINET_EVALUATE_H
#define KITINET_EVALUATE_H

#include "certify.h"
#include "film.h"
#include <kitinet/ensemble.h>
#include <kitinet/evaluation.h>
#include <kitinet/judgement.h>
#include <kitinet/path.h>
#include <kitinet/reliability.h>

/* A trained network under judgement. */
typedef struct {
  char           directory[PETSC_MAX_PATH_LEN]; /* of the checkpoint: where pictures go */
  char           path[PETSC_MAX_PATH_LEN];
  KNOperator     op;
  PetscLogDouble flops;   /* forward, of a sample on the first dataset's grid, one pass */
  PetscInt       members; /* of its ensemble; 0: one pass */
  PetscInt64     average; /* -symmetry_average, as KNOperatorSetSymmetryAverage() takes it */
} KNCandidate;

/* Collective on PETSC_COMM_WORLD. Loads the checkpoint at candidate->path, again if op is there: it has changed. */
PETSC_INTERN PetscErrorCode KNCandidateLoad(KNCandidate *candidate);

/* How far the spread of one network's ensemble tells its error on one dataset; reliability NULL: no ensemble. */
typedef struct {
  KNReliability       reliability;
  KNReliabilityResult result;

  /* of an ensemble of classifications; entropy NULL: none */
  PetscInt64 samples;
  PetscReal  temperature;
  PetscReal *entropy;     /* (samples) of the mean prediction, in nats; owned, as are the others */
  PetscReal *information; /* (samples) the part of it that members disagree about: entropy less that of a member */
} KNSpread;

/*
  The same for classes (evaluate_members.c): mean probabilities at a temperature, which KNMembersCalibrate() fits to a
  dataset by its cross-entropy (Guo et al. 2017) and stores; ensembles.csv.
*/
PETSC_INTERN PetscErrorCode KNMembersMeasure(const KNCandidate *candidate, KNDataset dataset, PetscInt batch,
                                             PetscReal temperature, KNJudgement judgement, KNSpread *spread);
PETSC_INTERN PetscErrorCode KNMembersCalibrate(KNCandidate *candidate, const char path[], PetscInt batch);
PETSC_INTERN PetscErrorCode KNMembersPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                           const KNJudgement judgement[], const KNSpread spread[]);
PETSC_INTERN PetscErrorCode KNMembersWrite(const char directory[], PetscInt n, const KNCandidate candidate[],
                                           PetscInt m, char *const dataset[], const KNJudgement judgement[],
                                           const KNSpread spread[]);

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset. Judges the mean of the candidate's ensemble
  and its spread: fills in judgement as KNJudgementAdd does, not yet reduced, and creates spread, reduced. judgement
  may be NULL. factor: widens the ensemble about its mean.
*/
PETSC_INTERN PetscErrorCode KNSpreadMeasure(const KNCandidate *candidate, KNDataset dataset, PetscInt batch,
                                            PetscReal factor, KNJudgement judgement, KNSpread *spread);

/*
  Collective on PETSC_COMM_WORLD. Fits the candidate's spread to its errors on the dataset at path and stores the
  factor in its checkpoint. Raises KN_ERR_INPUT, KN_ERR_USAGE, KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNSpreadCalibrate(KNCandidate *candidate, const char path[], PetscInt batch);

/*
  Collective on PETSC_COMM_WORLD. The table of n ensembles on m datasets, spread (n, m); area under the ROC curve: the
  first dataset against each other one, by their samples' scores.
*/
PETSC_INTERN PetscErrorCode KNSpreadPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                          const KNSpread spread[]);

/*
  Collective on PETSC_COMM_WORLD. The same as reliability.csv, and ranks.csv, in a directory that is there. Raises
  KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNSpreadWrite(const char directory[], PetscInt n, const KNCandidate candidate[], PetscInt m,
                                          char *const dataset[], const KNSpread spread[]);

/*
  By one rank: rank histograms and spread against error of all ensembles on dataset j of m, beside the first checkpoint.
*/
PETSC_INTERN PetscErrorCode KNSpreadDraw(PetscInt n, const KNCandidate candidate[], PetscInt m, PetscInt j,
                                         const char name[], const KNSpread spread[]);

/* What the solver says of one network's predictions on one dataset, sample by sample. */
typedef struct _p_KNCertified *KNCertified;

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset. Judges as KNJudgementAdd does, not yet
  reduced, and by the solver of the dataset's equation. first: what was measured of another network on the dataset,
  whose own solutions need not be judged again; NULL.
*/
PETSC_INTERN PetscErrorCode KNCertifyMeasure(const KNCandidate *candidate, KNDataset dataset, KNCertifier certifier,
                                             PetscInt batch, KNJudgement judgement, KNCertified first,
                                             KNCertified *certified);

/*
  Collective on PETSC_COMM_WORLD. Fits estimates to the errors on the validation samples at path, and stores that in the
  candidate's checkpoint. Raises KN_ERR_INPUT for fewer than 10 samples that can be judged.
*/
PETSC_INTERN PetscErrorCode KNCertifyCalibrate(KNCandidate *candidate, const char path[], KNCertifier certifier,
                                               PetscInt batch);
PETSC_INTERN PetscErrorCode KNCertifiedDestroy(KNCertified *certified);

/*
  Collective on PETSC_COMM_WORLD, judgement and certified (n, m). The table of how estimates tell true errors; limit:
  the error above which a sample is bad, 0 for the median error. certificates.csv in a directory that is there.
*/
PETSC_INTERN PetscErrorCode KNCertifyPrint(PetscInt n, const KNCandidate candidate[], PetscInt m, char *const dataset[],
                                           const KNJudgement judgement[], const KNCertified certified[],
                                           PetscReal limit);
PETSC_INTERN PetscErrorCode KNCertifyWrite(const char directory[], PetscInt n, const KNCandidate candidate[],
                                           PetscInt m, char *const dataset[], const KNJudgement judgement[],
                                           const KNCertified certified[]);

/* By one rank: estimates and bounds over true errors, certificates_DATASET.png beside the checkpoint. */
PETSC_INTERN PetscErrorCode KNCertifyDraw(const KNCandidate *candidate, const char name[], KNJudgement judgement,
                                          KNCertified certified);

/*
  Collective on PETSC_COMM_WORLD. Tables of n networks on m datasets, judgement (n, m): to the terminal; to a CSV file
  if its name is not NULL.
*/
PETSC_INTERN PetscErrorCode KNEvaluatePrint(PetscInt n, const KNCandidate candidate[], PetscInt m,
                                            char *const dataset[], const KNJudgement judgement[], const char csv[]);

/*
  Collective on PETSC_COMM_WORLD. Everything that was measured, in a directory that is made if need be: errors.csv (a
  row a network, dataset, measure), samples.csv (a row a sample), and the tables of the task. Raises KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNEvaluateWrite(const char directory[], PetscInt n, const KNCandidate candidate[],
                                            PetscInt m, char *const dataset[], const KNJudgement judgement[]);

/*
  By one rank, the operator planned for the dataset's grid, predictions being fields: best, median and worst sample,
  standing and, if asked for, moving. name: of the dataset.
*/
PETSC_INTERN PetscErrorCode KNEvaluateDrawFields(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                                 const KNFilm *film, KNJudgement judgement);

/* By one rank, the operator planned for the dataset's grid: of pictures with classes those that are judged worst. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawWorst(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                                KNJudgement judgement);

/*
  Collective on PETSC_COMM_WORLD, the operator planned: of texts with classes those that are judged worst, as
  worst_NAME.csv beside the checkpoint, and some on stdout. Raises KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNEvaluateListWorst(const KNCandidate *candidate, KNDataset dataset, const char name[],
                                                KNJudgement judgement);

/* By one rank: the pictures of the task's judgement, NAME_DATASET.png. */
PETSC_INTERN PetscErrorCode KNEvaluateDrawPlots(const KNCandidate *candidate, const char name[], KNJudgement judgement);

/*
  By one rank, beside the first network: the distributions of all networks' values on a dataset (j of m); their
  training curves.
*/
PETSC_INTERN PetscErrorCode KNEvaluateDrawDistributions(PetscInt n, const KNCandidate candidate[], PetscInt m,
                                                        PetscInt j, const char name[], const KNJudgement judgement[]);
PETSC_INTERN PetscErrorCode KNEvaluateDrawCurves(PetscInt n, const KNCandidate candidate[]);

/*
  By one rank, beside the first network: participation.png, alignment.png, effective_rank.png over epochs, of all
  candidates that are runs with a condensation.csv.
*/
PETSC_INTERN PetscErrorCode KNEvaluateDrawCondensation(PetscInt n, const KNCandidate candidate[]);

#endif

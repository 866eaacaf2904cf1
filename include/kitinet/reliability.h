/*
  How far an ensemble's spread tells its error. K members predict a field; m is their mean and s their spread, the
  deviation with K - 1, both point by point. A factor c, fitted on other samples, widens the ensemble about its mean:
  m + c (y_k - m).

    intervals   m -+ t_p (1 + 1/K)^(1/2) c s, t_p of Student's distribution with K - 1 degrees of freedom: where truth
                and members are drawn from one normal distribution, c = 1 covers the truth with probability p
    rank        number of members below the truth, 0 .. K: equally frequent where truth and members are drawn from one
                distribution
    CRPS        mean_k |y_k - t| - sum_kl |y_k - y_l| / (2 K (K - 1)), of the widened members: the fair estimate for K
                -> infinity (Ferro 2014), in the unit of the field
    ratio       of spread to skill: (mean c^2 s^2 (1 + 1/K) / mean (m - t)^2)^(1/2), 1 where truth and members are
                drawn from one distribution (Fortin et al. 2014)
    score       of a sample: c |s| / |m|, |.| root mean squares; large where the network has not learnt
*/
#ifndef KITINET_RELIABILITY_H
#define KITINET_RELIABILITY_H

#include <kitinet/base.h>

/* Members of an ensemble at most. */
#define KN_MAX_MEMBERS 1024

/* mean, spread: (n), either may be NULL; y: K >= 2 members, n values each, member k begins at y + k stride. */
PETSC_EXTERN void kn_ensemble_moments(float *mean, float *spread, const float *y, size_t K, size_t stride, size_t n);

/* The fair CRPS of y (K), in ascending order, for the truth t. */
PETSC_EXTERN double kn_crps(const double *y, size_t K, double t);

/* The part of the spread from the mean to the ends of the interval of probability p: t_p (1 + 1/K)^(1/2). */
PETSC_EXTERN double kn_interval(size_t K, double p);

/*
  Area under the ROC curve: the probability that a value of b (m) exceeds one of a (n), both in ascending order; equal
  ones count half. NaN if one is empty.
*/
PETSC_EXTERN double kn_roc_area(const double *a, size_t n, const double *b, size_t m);

/* The intervals that are judged. */
enum { KN_INTERVALS = 2 };
PETSC_EXTERN const PetscReal KNIntervals[KN_INTERVALS]; /* probabilities: 0.5, 0.9 */

typedef struct _p_KNReliability *KNReliability;

typedef struct {
  PetscInt          members; /* K */
  PetscReal         factor;  /* c */
  PetscInt64        samples;
  const PetscInt64 *rank;   /* (K + 1) points whose truth has this rank; not owned, as are the following */
  const PetscReal  *spread; /* (samples) root mean square of c s over the points */
  const PetscReal  *error;  /* (samples) root mean square of m - t */
  const PetscReal  *score;  /* (samples) */
  PetscReal         coverage[KN_INTERVALS]; /* part of all points within the intervals */
  /* mean over the samples; relative to the mean of |t| over a sample's points */
  PetscReal crps, relative_crps;
  PetscReal ratio; /* of spread to skill */
} KNReliabilityResult;

/* Not collective. n: values of a sample. Raises KN_ERR_INPUT for more samples than one evaluation takes. */
PETSC_EXTERN PetscErrorCode KNReliabilityCreate(PetscInt members, PetscReal factor, PetscInt64 samples, size_t n,
                                                KNReliability *reliability);
PETSC_EXTERN PetscErrorCode KNReliabilityDestroy(KNReliability *reliability);

/* Not collective, each row on one rank. y: members of the sample, member k at y + k stride; truth: (n). */
PETSC_EXTERN PetscErrorCode KNReliabilityAdd(KNReliability reliability, PetscInt64 row, const float y[], size_t stride,
                                             const float truth[]);

/* Collective on PETSC_COMM_WORLD. The same bits on all ranks, for any number of ranks. */
PETSC_EXTERN PetscErrorCode KNReliabilityReduce(KNReliability reliability, KNReliabilityResult *result);

/*
  Not collective, after KNReliabilityReduce. The factor that makes the interval of probability 0.9 cover this part of
  all points: the 0.9-quantile of |m - t| / s, to 0.3 %, over t_p (1 + 1/K)^(1/2). path: of the dataset, for the
  message. Raises KN_ERR_INPUT where a tenth of the points have no spread.
*/
PETSC_EXTERN PetscErrorCode KNReliabilityFit(KNReliability reliability, const char path[], PetscReal *factor);

#endif

/* Statistics of a few numbers: samples' errors, repeated runs. Pure functions. */
#ifndef KITINET_STATISTICS_H
#define KITINET_STATISTICS_H

#include <kitinet/base.h>

/* Mean of x (n), n >= 1, and its standard deviation as the estimate from a sample, with n - 1; 0 for n = 1. */
PETSC_EXTERN void kn_mean_deviation(double *mean, double *deviation, const double *x, size_t n);

/*
  The q-quantile, 0 <= q <= 1, of x (n) in ascending order, n >= 1: linear between order statistics, x[0] at 0 and
  x[n-1] at 1.
*/
PETSC_EXTERN double kn_quantile(const double *x, size_t n, double q);

/* How many of x (n) are NaN or infinite. */
PETSC_EXTERN size_t kn_nonfinite(const float *x, size_t n);

/*
  Not collective. Spearman's rank correlation of a and b (n), equal values having their mean rank; NaN for n < 2, where
  one of them is constant, or where one holds NaN. Raises PETSC_ERR_MEM.
*/
PETSC_EXTERN PetscErrorCode KNRankCorrelation(size_t n, const PetscReal a[], const PetscReal b[],
                                              PetscReal *correlation);

/*
  t such that a variable of Student's distribution with `freedom` >= 1 degrees of freedom lies in (-t, t) with
  probability 0 < p < 1.
*/
PETSC_EXTERN double kn_student_interval(size_t freedom, double p);

#endif

/* Kernels of classification: scores z (k) of k >= 1 classes. Pure; sums in double. */
#ifndef KITINET_CLASSES_H
#define KITINET_CLASSES_H

#include <kitinet/base.h>

/*
  Cross-entropy in nats between softmax(z) and the label, of which a share `smoothing` is spread evenly over all classes
  (Szegedy et al. 2016): q_j = smoothing / k, and
  1 - smoothing more for j = label. The gradient with respect to z is softmax(z) - q; dz (k) is written and may be z.
*/
PETSC_EXTERN double kn_cross_entropy(const KNReal *z, size_t label, double smoothing, size_t k);
PETSC_EXTERN void   kn_cross_entropy_gradient(KNReal *dz, const KNReal *z, size_t label, double smoothing, size_t k);

/* p (k) is written, may be z: probabilities. */
PETSC_EXTERN void kn_softmax(KNReal *p, const KNReal *z, size_t k);

/*
  What K members say together: z (k) = log(mean of softmax(y)) / T, so that softmax(z) is the mean of their
  probabilities where the temperature T is 1, flatter where it is larger (Guo et al. 2017). Member i at y + i stride.
*/
PETSC_EXTERN void kn_class_mean(KNReal *z, const KNReal *y, size_t K, size_t stride, double T, size_t k);

/* Entropy of softmax(z), in nats. */
PETSC_EXTERN double kn_class_entropy(const KNReal *z, size_t k);

/*
  Number of classes that come before the label by their scores, of equal scores the lower number first: 0 if it is the
  prediction.
*/
PETSC_EXTERN size_t kn_class_rank(const KNReal *z, size_t label, size_t k);

/*
  Expected calibration error of n >= 1 predictions (Naeini et al. 2015, Guo et al. 2017): |share that is right - mean
  confidence| in bins of equal width, weighted by the samples in each. confidence: probability of the predicted class;
  right: 1 or 0.
*/
enum { KN_CONFIDENCE_BINS = 15 };
PETSC_EXTERN double kn_calibration_error(size_t n, const double *confidence, const double *right);

/* The bin of a confidence in [0, 1]. */
PETSC_EXTERN int kn_confidence_bin(double confidence);

#endif

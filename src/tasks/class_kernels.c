/* Scores of classes: softmax p_j = exp(z_j) / sum exp(z), cross-entropy with label smoothing, and what is right. */
#include <kitinet/classes.h>
#include <math.h>

/* log of the sum of exp(z), from the largest on: it overflows for no scores. */
static double kn_log_sum(const KNReal *z, size_t k)
{
  double most = z[0], sum = 0;

  for (size_t j = 1; j < k; j++) most = z[j] > most ? (double)z[j] : most;
  for (size_t j = 0; j < k; j++) sum += exp((double)z[j] - most);
  /* cppcheck-suppress invalidFunctionArg ; the largest score adds 1 to the sum */
  return most + log(sum);
}

double kn_cross_entropy(const KNReal *z, size_t label, double smoothing, size_t k)
{
  double expected = (1 - smoothing) * (double)z[label];

  for (size_t j = 0; j < k && smoothing > 0; j++) expected += smoothing / (double)k * (double)z[j];
  return kn_log_sum(z, k) - expected;
}

void kn_cross_entropy_gradient(KNReal *dz, const KNReal *z, size_t label, double smoothing, size_t k)
{
  const double log_sum = kn_log_sum(z, k);

  for (size_t j = 0; j < k; j++) {
    const double q = smoothing / (double)k + (j == label ? 1 - smoothing : 0);

    dz[j] = (KNReal)(exp((double)z[j] - log_sum) - q);
  }
}

void kn_softmax(KNReal *p, const KNReal *z, size_t k)
{
  const double log_sum = kn_log_sum(z, k);

  for (size_t j = 0; j < k; j++) p[j] = (KNReal)exp((double)z[j] - log_sum);
}

void kn_class_mean(KNReal *z, const KNReal *y, size_t K, size_t stride, double T, size_t k)
{
  double log_sum[K];

  for (size_t i = 0; i < K; i++) log_sum[i] = kn_log_sum(y + i * stride, k);
  for (size_t j = 0; j < k; j++) {
    double most = -INFINITY, sum = 0;

    for (size_t i = 0; i < K; i++) most = fmax(most, (double)y[i * stride + j] - log_sum[i]);
    for (size_t i = 0; i < K; i++) sum += exp((double)y[i * stride + j] - log_sum[i] - most);
    z[j] = (KNReal)((most + log(sum / (double)K)) / T);
  }
}

double kn_class_entropy(const KNReal *z, size_t k)
{
  const double log_sum = kn_log_sum(z, k);
  double       entropy = 0;

  for (size_t j = 0; j < k; j++) entropy += exp((double)z[j] - log_sum) * (log_sum - (double)z[j]);
  return entropy;
}

size_t kn_class_rank(const KNReal *z, size_t label, size_t k)
{
  size_t before = 0;

  for (size_t j = 0; j < k; j++) before += z[j] > z[label] || (j < label && z[j] == z[label]);
  return before;
}

double kn_calibration_error(size_t n, const double *confidence, const double *right)
{
  double error = 0;

  for (int b = 0; b < KN_CONFIDENCE_BINS; b++) {
    double difference = 0;

    for (size_t i = 0; i < n; i++) difference += kn_confidence_bin(confidence[i]) == b ? right[i] - confidence[i] : 0;
    error += fabs(difference) / (double)n;
  }
  return error;
}

int kn_confidence_bin(double confidence)
{
  const int bin = (int)(confidence * KN_CONFIDENCE_BINS);

  return bin < KN_CONFIDENCE_BINS ? bin : KN_CONFIDENCE_BINS - 1;
}

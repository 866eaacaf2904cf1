/*
  Optimisers: Adam, AdamW, stochastic gradient descent; learning-rate schedules, warm-up, gradient clipping, moving
  average of the parameters.

  Tables of words. Where the rows of a batch's words are chosen (KNParametersChooseRows), a step reads and writes them
  alone, as lazy Adam does (SparseAdam of PyTorch, LazyAdam of TensorFlow): the moments of a word that does not occur do
  not decay, it does not go on with its momentum, and it has no weight decay; where it occurs again, it goes on with the
  moments that it had, and the bias correction of the present step. Rare words therefore move less after each
  occurrence than by Adam on all rows. Only the moving average needs all rows: it takes up the table in every 16th step,
  by the decay of 16 steps at once.
*/
#ifndef KITINET_OPTIMIZER_H
#define KITINET_OPTIMIZER_H

#include <kitinet/parameters.h>

typedef enum {
  /* Kingma and Ba 2015, arXiv 1412.6980, with L2 weight decay: in the gradient, of all parameters */
  KN_OPTIMIZER_ADAM,
  /*
    Loshchilov and Hutter 2017, arXiv 1711.05101: decay beside the gradient, of parameters of two axes and more: biases
    and the scales of norms have one and are left out
  */
  KN_OPTIMIZER_ADAMW,
  /* momentum, by default Nesterov's, on the mean gradient of the batch's samples, with L2 weight decay as Adam's */
  KN_OPTIMIZER_SGD
} KNOptimizerType;

typedef enum {
  /* rises to the peak over the first 30 % of all steps, then falls to 0, both along a cosine (Smith 2018) */
  KN_SCHEDULE_ONECYCLE,
  KN_SCHEDULE_COSINE, /* falls to 0 along a cosine */
  KN_SCHEDULE_STEP,   /* multiplied by a factor every so many epochs */
  KN_SCHEDULE_CONSTANT
} KNScheduleType;

/* The settings; filled from options. */
typedef struct {
  KNOptimizerType type;
  PetscReal       lr; /* peak learning rate */
  PetscReal       weight_decay;
  /* largest 2-norm of the whole gradient, summed over the samples of a batch; 0: no limit */
  PetscReal      clip;
  PetscReal      momentum; /* of KN_OPTIMIZER_SGD */
  PetscBool      nesterov;
  KNScheduleType schedule;
  PetscInt       step_epochs; /* of KN_SCHEDULE_STEP */
  PetscReal      step_factor;
  PetscReal      warmup;  /* steps over which the rate rises from 0, below 1 a share of all steps; 0: none */
  PetscReal      average; /* decay of the moving average of the parameters; 0: none */
} KNOptimizer;

/*
  Collective on PETSC_COMM_WORLD. Defaults, then options -train_optimizer, -train_lr, -train_weight_decay, -train_clip,
  -train_schedule, ...
*/
PETSC_EXTERN PetscErrorCode KNOptimizerSetFromOptions(KNOptimizer *optimizer);

/*
  Not collective. Learning rate of step `step` (0, 1, ..) of `steps`, steps_per_epoch of them in an epoch: that of the
  schedule, in step t of a warm-up of W steps times (t + 1) / W.
*/
PETSC_EXTERN PetscReal KNOptimizerRate(const KNOptimizer *optimizer, PetscInt64 step, PetscInt64 steps,
                                       PetscInt64 steps_per_epoch);

/*
  Not collective. One update of all trained parameters, of a table of words the chosen rows, with their (reduced)
  gradients, the sum over `samples` samples;
  step: 0, 1, .. . All ranks do the same. The average then moves: average += (1 - d) (value - average), d =
  min(optimizer->average, (step + 1) / (step + 10)), so that the first values are soon forgotten.
*/
PETSC_EXTERN PetscErrorCode KNOptimizerStep(const KNOptimizer *optimizer, KNParameters parameters, PetscReal rate,
                                            PetscInt64 step, PetscReal samples);

/*
  value, m, v (n) are updated; gradient (n) is not changed.
    g = scale gradient + weight_decay value;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
    value -= rate m_hat / (sqrt(v_hat) + 1e-8),  hat: divided by 1 - beta^(step + 1)
*/
PETSC_EXTERN void kn_adam(KNReal *value, KNReal *m, KNReal *v, const KNReal *gradient, size_t n, double rate,
                          double scale, double weight_decay, PetscInt64 step);

/*
  value, m (n) are updated; gradient (n) is not changed.
    g = scale gradient + weight_decay value;  m = momentum m + g;  value -= rate (nesterov ? g + momentum m : m)
*/
PETSC_EXTERN void kn_sgd(KNReal *value, KNReal *m, const KNReal *gradient, size_t n, double rate, double scale,
                         double weight_decay, double momentum, int nesterov);

#endif

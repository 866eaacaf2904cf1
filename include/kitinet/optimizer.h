/* Adam (Kingma and Ba 2015, arXiv 1412.6980) with L2 weight decay, learning-rate schedules, gradient clipping. */
#ifndef KITINET_OPTIMIZER_H
#define KITINET_OPTIMIZER_H

#include <kitinet/parameters.h>

typedef enum {
  KN_SCHEDULE_ONECYCLE, /* rises to the peak over the first 30 % of all steps, then falls to 0, both along a cosine (Smith 2018) */
  KN_SCHEDULE_COSINE,   /* falls to 0 along a cosine */
  KN_SCHEDULE_STEP,     /* multiplied by a factor every so many epochs */
  KN_SCHEDULE_CONSTANT
} KNScheduleType;

/* The settings; filled from options. */
typedef struct {
  PetscReal      lr;           /* peak learning rate */
  PetscReal      weight_decay; /* times the value, added to the gradient, as the FNO benchmarks do */
  PetscReal      clip;         /* largest 2-norm of the whole gradient; 0: no limit */
  KNScheduleType schedule;
  PetscInt       step_epochs;  /* of KN_SCHEDULE_STEP */
  PetscReal      step_factor;
} KNOptimizer;

/* Collective on PETSC_COMM_WORLD. Defaults, then options -train_lr, -train_weight_decay, -train_clip, -train_schedule, ... */
PETSC_EXTERN PetscErrorCode KNOptimizerSetFromOptions(KNOptimizer *optimizer);

/* Not collective. Learning rate of step `step` (0, 1, ..) of `steps`, steps_per_epoch of them in an epoch. */
PETSC_EXTERN PetscReal KNOptimizerRate(const KNOptimizer *optimizer, PetscInt64 step, PetscInt64 steps, PetscInt64 steps_per_epoch);

/* Not collective. One update of all parameters with their (reduced) gradients; step: 0, 1, .. . All ranks do the same. */
PETSC_EXTERN PetscErrorCode KNOptimizerStep(const KNOptimizer *optimizer, KNParameters parameters, PetscReal rate, PetscInt64 step);

/*
  value, m, v (n) are updated; gradient (n) is not changed.
    g = scale gradient + weight_decay value;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2
    value -= rate m_hat / (sqrt(v_hat) + 1e-8),  hat: divided by 1 - beta^(step + 1)
*/
PETSC_EXTERN void kn_adam(KNReal *value, KNReal *m, KNReal *v, const KNReal *gradient, size_t n, double rate, double scale, double weight_decay, PetscInt64 step);

#endif

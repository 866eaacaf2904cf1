/*
  A task: what a network is trained for and judged by.

    input -> encode -> network -> decode -> loss and measures against the target

  The task follows from the output of the problem: fields make it a regression, classes a classification. It gives the
  network's output channels and grid, normalises inputs and outputs, has the loss and its gradient, and the measures
  that tests and tables show. Whatever trains, judges or prints asks the task for names, units and numbers. A new task
  is a file in src/tasks/ and a line in task_list.h.

  An array is one output of the network: of one sample, or of one frame of a trajectory.
*/
#ifndef KITINET_TASK_H
#define KITINET_TASK_H

#include <kitinet/loader.h>
#include <kitinet/normalizer.h>
#include <kitinet/record.h>

typedef struct _p_KNTask *KNTask;

/* One number that says how good a network is; of a sample, or as the mean of samples. */
typedef struct {
  const char *name;   /* of columns and rows in files: "l2" */
  const char *title;  /* text above tables and beside axes: "relative L2 error" */
  const char *unit;   /* unit of what a table shows: "%"; "" where there is none */
  PetscReal   scale;  /* a table shows scale times the number: 100 for % */
  PetscBool   higher; /* higher is better */
  PetscBool   test;   /* every test of a training measures it; the others are for evaluate alone */
  /* The value of n samples, from their values of all measures; NULL: the mean of those that there are. */
  PetscReal (*mean)(PetscInt64 n, PetscReal *const value[]);
} KNMeasure;

#define KN_MAX_MEASURES 8
#define KN_MAX_TABLES   4

typedef struct {
  const char *file, *columns; /* "spectra.csv", "wavenumber,truth,prediction,error" */
} KNTable;

/* What is the same for all networks of a task. */
typedef struct {
  const char      *name;     /* "regression" */
  KNSpaceKind      output;   /* of problems whose output is of this kind */
  PetscInt         measures; /* <= KN_MAX_MEASURES; those with test first. The first decides what is best */
  const KNMeasure *measure;
  PetscInt         curve;   /* the measure that the loss goes with: columns train and test of metrics.csv */
  PetscBool        fields;  /* predictions are fields on a grid, which can be drawn */
  const char      *note;    /* text below the table of all measures: what their names mean */
  const char      *missing; /* reason for a sample without a value of `curve`: "a target that is 0 everywhere, .." */
  PetscInt         tables;  /* <= KN_MAX_TABLES; files of details beside the measures, and their columns */
  const KNTable   *table;
  PetscInt         plots; /* pictures that a judgement gives */
} KNTaskInfo;

/* Not collective. Registered tasks in order, *info NULL beyond the last. Not owned. */
PETSC_EXTERN const KNTaskInfo *KNTaskGetRegistered(PetscInt i);

/*
  Collective on PETSC_COMM_WORLD. The task of a problem; reads its options. history: frames of a trajectory that the
  network is given, 0 for steady problems. Raises KN_ERR_USAGE for options that exclude each other.
*/
PETSC_EXTERN PetscErrorCode KNTaskCreate(const KNProblem *problem, PetscInt history, KNTask *task);
PETSC_EXTERN PetscErrorCode KNTaskDestroy(KNTask *task);

/* Not collective. Not owned. */
PETSC_EXTERN const KNTaskInfo *KNTaskGetInfo(KNTask task);

/*
  Not collective. Channels of the network's output, and axes of the grid that they lie on: as many as the input's, or 0.
*/
PETSC_EXTERN PetscErrorCode KNTaskGetOutput(KNTask task, PetscInt *channels, PetscInt *axes);

/* Collective on PETSC_COMM_WORLD. Raises KN_ERR_USAGE where ranks share samples and the loss needs whole ones. */
PETSC_EXTERN PetscErrorCode KNTaskCheckSharing(KNTask task, const KNSharing *sharing);

/* Collective on PETSC_COMM_WORLD. Fits the normalisers to rows [first, first + samples). Raises KN_ERR_INPUT. */
PETSC_EXTERN PetscErrorCode KNTaskFit(KNTask task, const KNSharing *sharing, KNDataset dataset, PetscInt64 first,
                                      PetscInt64 samples);

/* Not collective, after KNTaskFit. The statistics of all images of the samples under the group:
 * KNNormalizerSymmetrize(). */
PETSC_EXTERN PetscErrorCode KNTaskSymmetrize(KNTask task, KNSymmetry symmetry);

/* Not collective. The statistics become those of other grids: KNNormalizerSetFitted(). */
PETSC_EXTERN PetscErrorCode KNTaskSetFitted(KNTask task, const KNGrid *input, const KNGrid *output, PetscBool keep);

/* Collective on PETSC_COMM_WORLD. Stores the normalisers into a new record, or sets them from a loaded one. */
PETSC_EXTERN PetscErrorCode KNTaskTransfer(KNTask task, KNRecord record);

/*
  What an equation says of a field that is offered as its solution: set by whoever has its solver, called for each
  sample of a training. Not collective; whole samples on the physical scale, x (C_in, S), y (C_out, S).
*/
typedef struct {
  void *context; /* not owned */
  /* *loss: what y leaves of the equation, relative to what y = 0 leaves; dy (C_out, S): its gradient */
  PetscErrorCode (*misfit)(void *context, const float x[], const float y[], double *loss, double dy[]);
} KNPhysics;

/*
  Not collective. -task_physics, the weight of the misfit in the loss, 0: none. Set: from now on trainings with this
  task take it into account, the same on all ranks; a weight without it counts for nothing. Get: NULL where it does not
  count.
*/
PETSC_EXTERN PetscReal        KNTaskPhysicsWeight(KNTask task);
PETSC_EXTERN PetscErrorCode   KNTaskSetPhysics(KNTask task, const KNPhysics *physics);
PETSC_EXTERN const KNPhysics *KNTaskGetPhysics(KNTask task);

/* Not collective. dy (C_out, S), what KNTaskLossGradient() left, gets the misfit's weighted gradient added to it. */
PETSC_EXTERN PetscErrorCode KNTaskAddPhysics(KNTask task, const double gradient[], float dy[]);

/* Not collective. Copies the statistics of another task for the same problem. */
PETSC_EXTERN PetscErrorCode KNTaskCopy(KNTask from, KNTask to);

/*
  Not collective. The normalisers, not owned: input NULL of time-dependent problems without fields that stand still, the
  frames share the output's; output NULL where targets are no fields.
*/
PETSC_EXTERN PetscErrorCode KNTaskGetNormalizers(KNTask task, KNNormalizer *input, KNNormalizer *output);

/* Not collective. The grid of the arrays that follow, this rank's slab of it; or that of inputs and that of outputs. */
PETSC_EXTERN PetscErrorCode KNTaskSetGrid(KNTask task, const KNGrid *grid);
PETSC_EXTERN PetscErrorCode KNTaskSetGrids(KNTask task, const KNGrid *input, const KNGrid *output);

/*
  Not collective, after KNTaskSetGrid. Values of a sample's input (of trajectories the fields that stand still), of an
  array as the network gives it, and of its target.
*/
PETSC_EXTERN size_t KNTaskInputSize(KNTask task);
PETSC_EXTERN size_t KNTaskOutputSize(KNTask task);
PETSC_EXTERN size_t KNTaskTargetSize(KNTask task);

/*
  Not collective, in place. Inputs (samples, C_in, S); given frames (count, C, S) of a trajectory.
*/
PETSC_EXTERN PetscErrorCode KNTaskEncodeInput(KNTask task, PetscInt samples, float x[]);
PETSC_EXTERN PetscErrorCode KNTaskEncodeFrames(KNTask task, PetscInt count, float u[]);

/*
  Not collective, in place. Arrays as the network gives them become what the loss compares with targets. Backward: dy as
  KNTaskLossGradient() leaves it.
*/
PETSC_EXTERN PetscErrorCode KNTaskDecode(KNTask task, PetscInt count, float y[]);
PETSC_EXTERN PetscErrorCode KNTaskDecodeBackward(KNTask task, PetscInt count, float dy[]);

/*
  Not collective, in place. Decoded arrays become what users are shown: probabilities of classes; fields are it already.
*/
PETSC_EXTERN PetscErrorCode KNTaskPresent(KNTask task, PetscInt count, float y[]);

/* Not collective. The targets of a batch: its fields, or in work (samples) its labels; not owned. */
PETSC_EXTERN const float *KNTaskTarget(KNTask task, const KNBatch *batch, float work[]);

/* Not collective. The name of class c: "7" where the dataset has no names; not owned, valid until the next call. */
PETSC_EXTERN const char *KNTaskClassName(KNTask task, size_t c);

/*
  Not collective. The loss of `count` arrays y with targets t, in steps, for ranks that share a sample: parts (count, P)
  of each rank's slab, which add up to those of the whole array, P = KNTaskLossParts(); then the loss (count) of the
  whole; then, y being overwritten, the gradient of the sum of the losses with respect to y, in a unit of the task's
  choice, so that it neither overflows nor vanishes where targets are very large or small.
*/
PETSC_EXTERN size_t         KNTaskLossParts(KNTask task);
PETSC_EXTERN PetscErrorCode KNTaskLossAddParts(KNTask task, size_t count, const float y[], const float t[],
                                               double part[]);
PETSC_EXTERN PetscErrorCode KNTaskLoss(KNTask task, size_t count, const double part[], double loss[]);
PETSC_EXTERN PetscErrorCode KNTaskLossGradient(KNTask task, size_t count, const double part[], const double loss[],
                                               const float t[], float y[]);

/*
  Not collective. The measures that have test of one sample: `arrays` arrays (several: the predicted frames of a
  trajectory) on the whole grid. value (KN_MAX_MEASURES): NaN where one has no value, infinite where the prediction is
  not finite; others are not touched.
*/
PETSC_EXTERN PetscErrorCode KNTaskMeasure(KNTask task, const KNGrid *grid, size_t arrays, const float y[],
                                          const float t[], PetscReal value[]);

/* Not collective. Measure m of n samples from their own: value[k] (n) of measure k; NaN if no sample has a value. */
PETSC_EXTERN PetscReal KNMeasureMean(const KNTaskInfo *info, PetscInt m, PetscInt64 n, PetscReal *const value[]);

/*
  Not collective. Whether a is better than b; nothing is better than what is not finite, which is worse than all else.
*/
PETSC_EXTERN PetscBool KNMeasureBetter(const KNMeasure *measure, PetscReal a, PetscReal b);

/* Not collective. The number as a table shows it, "1.234 %", with so many digits behind the point; "-" for NaN. */
PETSC_EXTERN PetscErrorCode KNMeasurePrint(const KNMeasure *measure, int digits, PetscReal value, size_t size,
                                           char text[]);

#endif

/*
  What a task looks like from inside src/tasks/: the object, the table that a task fills in, and what it measures of a
  dataset.
*/
#ifndef KITINET_TASK_IMPL_H
#define KITINET_TASK_IMPL_H

#include <kitinet/judgement.h>
#include <kitinet/task.h>

/* Those of the public functions that tasks differ in; NULL where it is said. Sizes are set by setgrid. */
typedef struct {
  PetscErrorCode (*setfromoptions)(KNTask);                            /* may be NULL */
  PetscErrorCode (*setgrid)(KNTask);                                   /* sets output_size, target_size */
  void (*parts)(KNTask, const float *y, const float *t, double *part); /* of one array */
  void (*loss)(KNTask, const double *part, double *loss);              /* of one array */
  void (*gradient)(KNTask, const double *part, double loss, const float *t, float *y); /* of one array */
  void (*measure)(KNTask, const KNGrid *grid, size_t arrays, const float *y, const float *t, PetscReal *value);
  void (*present)(KNTask, float *y); /* one array; may be NULL */
  PetscErrorCode (*destroy)(KNTask); /* frees data; may be NULL */

  /* The same for a judgement: everything that evaluate shows. */
  PetscErrorCode (*judge)(KNJudgement); /* makes data */
  /* value[..][row], and data */
  PetscErrorCode (*judge_add)(KNJudgement, PetscInt64 row, const float *y, const float *t);
  PetscErrorCode (*judge_reduce)(KNJudgement);                  /* data; values are reduced for all tasks alike */
  PetscErrorCode (*judge_print)(KNJudgement, const char *name); /* may be NULL */
  PetscErrorCode (*judge_table)(KNJudgement, PetscInt table, FILE *file, const char *prefix);
  PetscErrorCode (*judge_plot)(KNJudgement, PetscInt plot, KNPlot *);
  PetscErrorCode (*judge_destroy)(KNJudgement); /* frees data */
} KNTaskOps;

struct _p_KNTask {
  const KNTaskInfo *info;
  KNTaskOps         ops;
  PetscInt          inputs;        /* channels of the problem's input */
  PetscInt          channels;      /* of the network's output */
  PetscInt          axes;          /* of the grid that they lie on */
  PetscInt          normalizer;    /* a KNNormalizerType */
  PetscBool         normalized;    /* targets are fields, which are normalised; set by KNTaskCreate_Suffix */
  KNNormalizer      input, output; /* NULL: there is none */
  KNGrid            grid;          /* of the present outputs, this rank's slab */
  KNGrid            grid_in;       /* of the present inputs, likewise */
  PetscReal         unit;          /* a power of two near the size of the targets; 1 where they are not normalised */
  double            deviation;     /* where they are: sum of their squared deviations over an array of this rank, > 0 */
  size_t            output_size, target_size;
  size_t            parts;      /* P */
  KNSpace           space;      /* the problem's output; its names are not owned */
  char              number[16]; /* workspace of KNTaskClassName() */
  PetscReal         weight;     /* of physics in the loss; 0 of tasks that know none */
  KNPhysics         physics;    /* misfit NULL: none is set */
  const char       *whole;      /* why ranks cannot share a sample; NULL: they can. Not owned */
  void             *data;       /* the task's context */
};

struct _p_KNJudgement {
  KNTask     task;   /* not owned */
  KNGrid     grid;   /* whole */
  PetscInt   frames; /* predicted of a trajectory; 1 for steady problems */
  PetscInt   fields; /* of the output */
  PetscInt64 samples;
  /* of them, since they hold values that are not finite; before the reduction those of this rank */
  PetscInt64 left_out;
  PetscReal *times;                  /* (frames) of the predicted ones; 0 for steady problems */
  PetscReal *value[KN_MAX_MEASURES]; /* (samples) each; NaN where a measure has no value */
  void      *data;                   /* the task's */
};

/* Declare, for the registry: task_list.h is the only list of tasks. */
#define KN_TASK(Suffix)                              \
  PETSC_INTERN const KNTaskInfo KNTaskInfo_##Suffix; \
  PETSC_INTERN PetscErrorCode   KNTaskCreate_##Suffix(KNTask);
#include "task_list.h"
#undef KN_TASK

/* What regression.c takes from regression_judgement.c. */
PETSC_INTERN void KNRegressionSetJudge(KNTaskOps *ops);

#endif

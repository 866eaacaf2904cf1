/* Private to src/train/: what an operator is. */
#ifndef KITINET_OPERATOR_IMPL_H
#define KITINET_OPERATOR_IMPL_H

#include <kitinet/operator.h>
#include <kitinet/rollout.h>
#include <kitinet/spacetime.h>

struct _p_KNOperator {
  KNProblem    problem;  /* of a time-dependent one: no inputs, no frames */
  char        *names[2]; /* of its spaces' words and classes; freed with free() */
  KNModel      model;
  KNParameters parameters; /* the model's, not owned */
  KNTask       task;
  PetscInt     history;         /* H; 0: steady */
  PetscReal    interval;        /* time from frame to frame; 0: steady */
  KNRollout    rollout;         /* NULL: steady, or all frames at once */
  KNSpacetime  spacetime;       /* NULL: steady, or frame by frame */
  PetscInt     steps;           /* R, frames that spacetime predicts */
  KNSharing    sharing;         /* ranks that have a sample together */
  KNGrid       grid;            /* of the present plan, this rank's slab; dim 0: none */
  PetscInt     samples, points; /* of texts: of the present plan, and the words that a text has room for in it */
  PetscBool    training;
  float       *frames; /* workspace of KNOperatorPredict, of capacity values */
  size_t       capacity;
  PetscInt64   average;      /* symmetries that predictions are means over; 1: none, 0: all */
  KNSymmetry   symmetry;     /* the group on the present grid, where average is not 1 */
  KNGrid       problem_grid; /* of the output there */
  float       *moved;        /* workspace of KNOperatorPredictAverage, of moved_capacity values */
  size_t       moved_capacity;
  char        *options; /* of the model, as a checkpoint carries them */
  PetscInt     norigins;
  char         origin[KN_MAX_ORIGINS][512];
  PetscReal    certificate_scale, certificate_90; /* of KNOperatorGetCertificate(); 0: none */
  PetscReal    spread_factor, spread_members;     /* of KNOperatorGetSpread(); 0: none */
  PetscReal    temperature;                       /* of KNOperatorSetTemperature(); 0: none */
};

/* Not collective. KNOperatorPredict() without an average. */
PETSC_INTERN PetscErrorCode KNOperatorPredictOnce(KNOperator op, const KNPass *pass, PetscInt frames, float x[],
                                                  const float given[], float y[]);

/*
  operator_average.c. Plan: collective on PETSC_COMM_WORLD, the group for the grids of input and output; raises
  KN_ERR_INPUT where it does not fit. Predict: not collective; KNOperatorPredict() where average is not 1, but that x is
  not changed.
*/
PETSC_INTERN PetscErrorCode KNOperatorPlanAverage(KNOperator op, const KNGrid *grid, const KNGrid *output);
PETSC_INTERN PetscErrorCode KNOperatorPredictAverage(KNOperator op, const KNPass *pass, PetscInt frames,
                                                     const float x[], const float given[], float y[]);

/*
  operator_check.c. Collective on PETSC_COMM_WORLD; raise KN_ERR_INPUT, naming path. The time between two frames of
  trajectories, the same everywhere; whether networks can learn inputs and outputs of these kinds, and this network
  fields on grids like these.
*/
PETSC_INTERN PetscErrorCode KNOperatorGetInterval(const KNProblem *problem, const char path[], PetscReal *interval);
PETSC_INTERN PetscErrorCode KNOperatorCheckKinds(const KNProblem *problem, const char path[]);
PETSC_INTERN PetscErrorCode KNOperatorCheckGrids(KNModel model, const KNProblem *problem, const char path[]);

/*
  operator_texts.c. The grid of a network whose texts have room for so many words. Check: collective on
  PETSC_COMM_WORLD, a part of KNOperatorCheck(). Plan: before a pass of texts, room for the longest of them, in steps;
  the same for any number of ranks, as a pass has the same texts.
*/
PETSC_INTERN KNGrid         KNOperatorTextGrid(PetscInt points);
PETSC_INTERN PetscErrorCode KNOperatorCheckTexts(const KNProblem *problem, const KNProblem *own, const char path[]);
PETSC_INTERN PetscErrorCode KNOperatorPlanTexts(KNOperator op, const KNPass *pass);

/*
  Collective. What a checkpoint says of the problem. Loading: the names of its spaces are in names[2] then, which the
  caller frees with free().
*/
PETSC_INTERN PetscErrorCode KNOperatorTransferProblem(KNRecord record, KNProblem *problem, char *names[2]);

#endif

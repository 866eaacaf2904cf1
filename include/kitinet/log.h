/* Stages of the program in PETSc's log: -log_view shows time and FLOPs of each, and of each layer type within. */
#ifndef KITINET_LOG_H
#define KITINET_LOG_H

#include <kitinet/base.h>

/* The stages, in the order of -log_view. */
typedef enum {
  KN_STAGE_GENERATE,
  KN_STAGE_LOAD,
  KN_STAGE_FORWARD,
  KN_STAGE_BACKWARD,
  KN_STAGE_REDUCE,
  KN_STAGE_UPDATE,
  KN_STAGE_CHECKPOINT,
  KN_STAGE_EVALUATE,
  KN_NSTAGES
} KNStage;

/* Not collective. Enters a stage, until PetscLogStagePop(). */
PETSC_EXTERN PetscErrorCode KNStagePush(KNStage stage);

#endif

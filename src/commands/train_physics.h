/* What kitinet train takes from the solver of the dataset's equation: a part of the loss that needs no solution. */
#ifndef KITINET_TRAIN_PHYSICS_H
#define KITINET_TRAIN_PHYSICS_H

#include "certify.h"
#include <kitinet/operator.h>

typedef struct {
  KNCertifier certifier; /* NULL: -task_physics is 0 */
  KNDataset   inputs;    /* NULL: there are none */
} KNTrainPhysics;

/*
  Collective on PETSC_COMM_WORLD, once the operator is made and before KNOptionsEnd(). -dataset_inputs, -pde and the
  options of the equation's solver; tells the operator's task. dataset NULL: options are only declared. Raises
  KN_ERR_USAGE, KN_ERR_INPUT: what would work.
*/
PETSC_INTERN PetscErrorCode KNTrainPhysicsSetFromOptions(KNOperator op, KNDataset dataset, const char path[],
                                                         KNTrainPhysics *physics);
PETSC_INTERN PetscErrorCode KNTrainPhysicsDestroy(KNTrainPhysics *physics);

/* Collective on PETSC_COMM_WORLD. A line of what is trained on without solutions, if anything. */
PETSC_INTERN PetscErrorCode KNTrainPhysicsPrint(const KNTrainPhysics *physics, KNOperator op);

#endif

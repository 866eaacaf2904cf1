/*
  An ensemble of one trained network: K passes with other collisions (-collision_evaluate sample) or other dropout
  (-model_dropout_evaluate sample). Member k has the coordinate step = k in its draws: the same for any number of
  ranks.
*/
#ifndef KITINET_ENSEMBLE_H
#define KITINET_ENSEMBLE_H

#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD. Reads -collision_samples, K; 0 if it is not given. With -help also declares what the
  network of a checkpoint reads for evaluation. Raises KN_ERR_USAGE for K < 2.
*/
PETSC_EXTERN PetscErrorCode KNEnsembleSetFromOptions(PetscInt *members);

/*
  Collective on PETSC_COMM_WORLD. Raises KN_ERR_USAGE, naming path, where K > 0 passes of the network would all be the
  same.
*/
PETSC_EXTERN PetscErrorCode KNEnsembleCheck(KNOperator op, PetscInt members, const char path[]);

/* Not collective. As KNOperatorPredict: y (K, B, max(frames, 1) C_out, S). x is not changed; work: (B, C_in, S). */
PETSC_EXTERN PetscErrorCode KNEnsemblePredict(KNOperator op, PetscInt members, const KNPass *pass, PetscInt frames,
                                              const float x[], float work[], const float given[], float y[]);

/*
  Not collective, on the rank that owns the row. As KNVisitor of evaluation.h; member k of the sample begins at y + k
  stride.
*/
typedef PetscErrorCode (*KNEnsembleVisitor)(void *context, PetscInt64 row, const float y[], size_t stride,
                                            const float truth[]);

/* Collective on PETSC_COMM_WORLD, as KNEvaluateEach. Shows the members' predictions of each row to visit. */
PETSC_EXTERN PetscErrorCode KNEnsembleEach(KNOperator op, PetscInt members, KNDataset dataset, PetscInt batch,
                                           KNEnsembleVisitor visit, void *context);

/*
  Collective on PETSC_COMM_WORLD. The factor c of reliability.h and the number of members that it was fitted with,
  stored in the checkpoint at path: its run directory is locked meanwhile, the previous generation is kept. Raises
  KN_ERR_USAGE if a training holds the directory, KN_ERR_IO. KNOperatorGetSpread() reads them.
*/
PETSC_EXTERN PetscErrorCode KNEnsembleStoreFactor(const char path[], const char directory[], PetscReal factor,
                                                  PetscInt members);

/* The same of the numbers of KNOperatorGetCertificate(). */
PETSC_EXTERN PetscErrorCode KNCertificateStore(const char path[], const char directory[], PetscReal scale,
                                               PetscReal most);

#endif

/*
  A trained operator: everything between a PDE's input fields and its solution, on the physical scale.

    x -> normalise -> network -> denormalise -> y

  Holds the model, both normalisers, and the description of the problem it was made for.
*/
#ifndef KITINET_OPERATOR_H
#define KITINET_OPERATOR_H

#include <kitinet/model.h>
#include <kitinet/normalizer.h>
#include <kitinet/record.h>

typedef struct _p_KNOperator *KNOperator;

/*
  Collective on PETSC_COMM_WORLD. An untrained operator for a steady problem; reads the model's options and -train_normalizer. seed: of the
  initial weights. Raises KN_ERR_INPUT for problems that the network cannot learn (time-dependent: not yet).
*/
PETSC_EXTERN PetscErrorCode KNOperatorCreate(const KNProblem *problem, PetscInt64 seed, KNOperator *op);
PETSC_EXTERN PetscErrorCode KNOperatorDestroy(KNOperator *op);

/* Collective on PETSC_COMM_WORLD. Fits the normalisers to rows [first, first + samples). */
PETSC_EXTERN PetscErrorCode KNOperatorFit(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples);

/* Collective on PETSC_COMM_WORLD. Stores into a new record, or sets from a loaded one: options, problem, normalisers, parameters, and the Adam moments if moments is true. */
PETSC_EXTERN PetscErrorCode KNOperatorTransfer(KNOperator op, KNRecord record, PetscBool moments);

/*
  Collective on PETSC_COMM_WORLD. The operator of a checkpoint: its model options come from there; of these the user may give only
  those that change the evaluation (-collision_evaluate). Raises KN_ERR_INPUT.
*/
PETSC_EXTERN PetscErrorCode KNOperatorLoad(const char path[], KNOperator *op);

/* Collective on PETSC_COMM_WORLD. Raises KN_ERR_INPUT, naming path, unless the problem has the fields and axes that the operator was made for. */
PETSC_EXTERN PetscErrorCode KNOperatorCheck(KNOperator op, const KNProblem *problem, const char path[]);

/* Not collective. Plans for batches of up to `samples` samples on the grid. Raises KN_ERR_INPUT where the grid does not fit. */
PETSC_EXTERN PetscErrorCode KNOperatorSetGrid(KNOperator op, const KNGrid *grid, PetscInt samples, PetscBool training);

/*
  Not collective. x: (B, C_in, S), normalised in place; y: (B, C_out, S), on the physical scale. Backward: dy, the gradient with respect to
  y, is changed in place; x as Forward left it. Gradients of the parameters accumulate.
*/
PETSC_EXTERN PetscErrorCode KNOperatorForward(KNOperator op, const KNPass *pass, float x[], float y[]);
PETSC_EXTERN PetscErrorCode KNOperatorBackward(KNOperator op, const KNPass *pass, const float x[], float dy[]);

/* Not collective. Not owned; any pointer may be NULL. options: of the model, YAML text. */
PETSC_EXTERN PetscErrorCode KNOperatorGetModel(KNOperator op, KNModel *model, KNParameters *parameters, const KNProblem **problem, const char **options);
PETSC_EXTERN PetscErrorCode KNOperatorGetNormalizers(KNOperator op, KNNormalizer *input, KNNormalizer *output);

#endif

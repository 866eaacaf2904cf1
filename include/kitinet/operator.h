/*
  A trained operator: everything between a PDE's input fields and its solution, on the physical scale.

    x -> encode -> network -> decode -> y

  Of a time-dependent problem: from the first H frames of a trajectory to all that follow, step by step (rollout.h) or
  all at once (spacetime.h); H is -train_history, the form -train_form.

  Holds the model, the task (task.h) with its normalisers, and the description of the problem it was made for.
*/
#ifndef KITINET_OPERATOR_H
#define KITINET_OPERATOR_H

#include <kitinet/model.h>
#include <kitinet/task.h>

typedef struct _p_KNOperator *KNOperator;

/*
  Collective on PETSC_COMM_WORLD. An untrained operator; reads the model's options, -train_normalizer, -train_history,
  -train_form and -ranks_per_sample. seed: of the initial weights. Raises KN_ERR_USAGE (a history that does not fit
  the frames), KN_ERR_INPUT (frames at unequal distances in time).
*/
PETSC_EXTERN PetscErrorCode KNOperatorCreate(const KNProblem *problem, PetscInt64 seed, KNOperator *op);
PETSC_EXTERN PetscErrorCode KNOperatorDestroy(KNOperator *op);

/*
  Collective on PETSC_COMM_WORLD. An untrained operator for the same problem, with the same normalisers and origins,
  whose network has the options of a YAML text (as KNOperatorGetModel gives them).
*/
PETSC_EXTERN PetscErrorCode KNOperatorCreateVariant(KNOperator op, const char options[], KNOperator *variant);

/*
  Not collective. What became of the network before its training: a line each time; a checkpoint carries them. At most
  KN_MAX_ORIGINS, the last ones; *line: not owned.
*/
#define KN_MAX_ORIGINS 8
PETSC_EXTERN PetscErrorCode KNOperatorAddOrigin(KNOperator op, const char line[]);
/* NULL: there are no more */
PETSC_EXTERN PetscErrorCode KNOperatorGetOrigin(KNOperator op, PetscInt i, const char **line);

/* Collective on PETSC_COMM_WORLD. Fits the normalisers to rows [first, first + samples). */
PETSC_EXTERN PetscErrorCode KNOperatorFit(KNOperator op, KNDataset dataset, PetscInt64 first, PetscInt64 samples);

/*
  Collective on PETSC_COMM_WORLD. Stores into a new record, or sets from a loaded one: options, problem, normalisers,
  parameters, and the Adam moments if moments is true.
*/
PETSC_EXTERN PetscErrorCode KNOperatorTransfer(KNOperator op, KNRecord record, PetscBool moments);

/*
  Collective on PETSC_COMM_WORLD. The operator of a checkpoint: its model options come from there; of these the user
  may give only those that change the evaluation (-collision_evaluate, -model_dropout_evaluate). Raises KN_ERR_INPUT.
*/
PETSC_EXTERN PetscErrorCode KNOperatorLoad(const char path[], KNOperator *op);

/*
  Collective on PETSC_COMM_WORLD. To train a checkpoint's network further, on other data or in another way.
  InsertOptions: its options below the user's, who may change those of the collisions alone that leave the parameters
  what they are; then comes KNOperatorCreate(). Initialize: parameters and normalisers from there, these interpolated to
  the points of the data where they are of other ones; problem: that of the dataset at problem_path. Both raise
  KN_ERR_INPUT.
*/
PETSC_EXTERN PetscErrorCode KNOperatorInsertOptions(const char path[]);
PETSC_EXTERN PetscErrorCode KNOperatorInitialize(KNOperator op, const char path[], const KNProblem *problem,
                                                 const char problem_path[]);

/*
  Collective on PETSC_COMM_WORLD, before KNOperatorCheck(). The dataset shows what this network sees: its parameters of
  each sample among the input fields, or none, until the next call. Raises KN_ERR_INPUT where it lacks one.
*/
PETSC_EXTERN PetscErrorCode KNOperatorShow(KNOperator op, KNDataset dataset);

/*
  Collective on PETSC_COMM_WORLD. Raises KN_ERR_INPUT, naming path, unless the problem has the fields and axes that
  the operator was made for.
*/
PETSC_EXTERN PetscErrorCode KNOperatorCheck(KNOperator op, const KNProblem *problem, const char path[]);

/* Collective on PETSC_COMM_WORLD. KNOperatorShow() and KNOperatorCheck(); *problem: the dataset's, as shown now. */
PETSC_EXTERN PetscErrorCode KNOperatorAccept(KNOperator op, KNDataset dataset, const KNProblem **problem);

/*
  Collective over the ranks that share a sample. Plans for batches of up to `samples` samples on the grid, given
  whole. Raises KN_ERR_INPUT where the grid does not fit, KN_ERR_USAGE where it has fewer layers than ranks share it.
  All fields of the functions below are those of KNOperatorSlab(), and forward and backward are collective likewise.
*/
PETSC_EXTERN PetscErrorCode KNOperatorSetGrid(KNOperator op, const KNGrid *grid, PetscInt samples, PetscBool training);

/*
  The same for the grids of a problem (a dataset's, which KNOperatorCheck() has seen). Of steady fields the outputs may
  lie on another grid than the inputs, where the network asks for its output point by point
  (KNModelTakesQueries()); raises KN_ERR_USAGE for other networks, and where ranks share samples.
*/
PETSC_EXTERN PetscErrorCode KNOperatorPlan(KNOperator op, const KNProblem *problem, PetscInt samples,
                                           PetscBool training);

/* The same for the network alone, without any memory, before KNModelGetCost(). */
PETSC_EXTERN PetscErrorCode KNOperatorEstimate(KNOperator op, const KNProblem *problem, PetscInt samples,
                                               PetscBool training);

/* Not collective. The texts of a batch from sample `start` on into a pass; nothing where there are none. */
PETSC_EXTERN void KNOperatorTakeWords(const KNBatch *batch, PetscInt start, KNPass *pass);

/* Collective on PETSC_COMM_WORLD. Raises KN_ERR_INPUT for a dataset with a text that has no word at all. */
PETSC_EXTERN PetscErrorCode KNOperatorCheckLengths(KNDataset dataset);

/*
  Not collective. x: (B, C_in, S), normalised in place; y: (B, C_out, S), on the physical scale; of steady operators.
  Backward: dy as KNTaskLossGradient() leaves it, changed in place; x as Forward left it. Gradients of the parameters
  accumulate.
*/
PETSC_EXTERN PetscErrorCode KNOperatorForward(KNOperator op, const KNPass *pass, float x[], float y[]);
PETSC_EXTERN PetscErrorCode KNOperatorBackward(KNOperator op, const KNPass *pass, const float x[], float dy[]);

/*
  Not collective. The same for a time-dependent operator: u and y (B, H + R, C, S), R = steps. x: (B, C_in, S) fields
  that stand still, if there are any, normalised in place; backward as Rollout left it. u: the H given frames,
  normalised in place; the R others are written, normalised. y: the R predicted frames, on the physical scale; its
  first H are not touched. Backward: dy as KNTaskLossGradient() leaves it, of the predicted frames, changed in place.
*/
PETSC_EXTERN PetscErrorCode KNOperatorRollout(KNOperator op, const KNPass *pass, PetscInt steps, float x[], float u[],
                                              float y[]);
PETSC_EXTERN PetscErrorCode KNOperatorRolloutBackward(KNOperator op, const KNPass *pass, PetscInt steps,
                                                      const float x[], const float u[], float dy[]);

/*
  Not collective. y for whole samples of a dataset of `frames` frames (0: steady), on the physical scale: (B,
  max(frames, 1) C_out, S). Steady: of x, normalised in place; given is not read. Time-dependent: the first H frames
  are those of given (shaped as y, not changed), the others are predicted; x as KNOperatorRollout() says.
*/
PETSC_EXTERN PetscErrorCode KNOperatorPredict(KNOperator op, const KNPass *pass, PetscInt frames, float x[],
                                              const float given[], float y[]);

/*
  Not collective, before KNOperatorSetGrid() and the same on all ranks. Predictions are means over so many elements of
  the problem's group, each of the input moved by one and brought back; 1: as they are, 0: over the whole group. Scores
  of classes are averaged as they are. path: of the checkpoint. Raises KN_ERR_INPUT where the problem has no
  symmetries, KN_ERR_USAGE where ranks share samples; KNOperatorSetGrid() does where they do not fit its grid.
  Averaged(): how many they are on the present grid. SetFromOptions(): collective, declares and reads -symmetry_average.
*/
PETSC_EXTERN PetscErrorCode KNOperatorAverageSetFromOptions(PetscInt *elements);
PETSC_EXTERN PetscErrorCode KNOperatorSetSymmetryAverage(KNOperator op, PetscInt64 elements, const char path[]);
PETSC_EXTERN PetscInt64     KNOperatorAveraged(KNOperator op);

/* Entries of a checkpoint that are added to it when its spread is fitted to errors (ensemble.h). */
#define KN_SPREAD_FACTOR  "spread_factor"
#define KN_SPREAD_MEMBERS "spread_samples"

/*
  Not collective. The factor that makes the ensemble's spread tell the error, and the number of members that it was
  fitted with; 1 and 0 of a checkpoint without.
*/
PETSC_EXTERN PetscErrorCode KNOperatorGetSpread(KNOperator op, PetscReal *factor, PetscInt *members);

/*
  Not collective. What KNOperatorPredict() divides the scores of classes by, outside training; 0: nothing. A checkpoint
  that was calibrated for single passes brings it.
*/
PETSC_EXTERN PetscErrorCode KNOperatorSetTemperature(KNOperator op, PetscReal temperature);

/* Likewise, of certificates. */
#define KN_CERTIFICATE_SCALE "certificate_scale"
#define KN_CERTIFICATE_90    "certificate_90"

/*
  Not collective. What errors are to the estimates of a solver (KNSolverCertify()), as fitted on validation samples: the
  median of error/estimate, and what 90 % of new samples stay below; 1 and NaN of a checkpoint without.
*/
PETSC_EXTERN PetscErrorCode KNOperatorGetCertificate(KNOperator op, PetscReal *scale, PetscReal *most);

/* Not collective. H, the frames that a time-dependent operator is given; 0 for a steady one. */
PETSC_EXTERN PetscErrorCode KNOperatorGetHistory(KNOperator op, PetscInt *history);

/* Not collective. R, the frames that a network in space and time predicts at once; 0 for all others. */
PETSC_EXTERN PetscErrorCode KNOperatorGetSteps(KNOperator op, PetscInt *steps);

/* Not collective. The ranks that share a sample (not owned); the part of a grid that this rank has of it. */
PETSC_EXTERN const KNSharing *KNOperatorSharing(KNOperator op);
PETSC_EXTERN KNGrid           KNOperatorSlab(KNOperator op, const KNGrid *grid);

/* Not collective. The grid on which the model works here for data on `grid`. */
PETSC_EXTERN KNGrid KNOperatorModelGrid(KNOperator op, const KNGrid *grid);

/* Not collective. Not owned; any pointer may be NULL. options: of the model, YAML text. */
PETSC_EXTERN PetscErrorCode KNOperatorGetModel(KNOperator op, KNModel *model, KNParameters *parameters,
                                               const KNProblem **problem, const char **options);
PETSC_EXTERN KNTask         KNOperatorTask(KNOperator op);

#endif

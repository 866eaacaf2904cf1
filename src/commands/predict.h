/* What the parts of `kitinet predict` share. */
#ifndef KITINET_PREDICT_H
#define KITINET_PREDICT_H

#include "certify.h"
#include <kitinet/format.h>
#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD. Whether the file or folder is no HDF5 but may be pictures or texts; false for what is
  not there.
*/
PETSC_INTERN PetscErrorCode KNPredictIsPictures(const char path[], PetscBool *pictures);

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset. Probabilities of classes for each row: an
  HDF5 file with /probability (N, k) and the classes' names, and beside it a CSV file of the same name with the most
  probable class of each row. members: passes of an ensemble, whose mean they are; 0: one. Raises KN_ERR_USAGE if the
  file is there and overwrite is false, KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNPredictClasses(KNOperator op, PetscInt members, KNDataset input, PetscInt batch,
                                             const char path[], PetscBool overwrite);

/* Collective on PETSC_COMM_WORLD. The same for pictures or texts of a source, opened and planned for here. */
PETSC_INTERN PetscErrorCode KNPredictPictures(KNOperator op, PetscInt members, const char input[],
                                              const KNSourceChoice *choice, PetscInt batch, const char path[],
                                              PetscBool overwrite);

/* Predictions that the solver looks at: what is said of each, and which ones it solves. */
typedef struct _p_KNPredictCheck *KNPredictCheck;

/*
  Collective on PETSC_COMM_WORLD, before KNOptionsEnd(). -certify, -certify_limit, -refine_tolerance. *check NULL: none
  is asked for. input: the dataset at path; NULL where options are only declared.
*/
PETSC_INTERN PetscErrorCode KNPredictCheckSetFromOptions(KNOperator op, KNDataset input, const char path[],
                                                         KNPredictCheck *check);
PETSC_INTERN PetscErrorCode KNPredictCheckDestroy(KNPredictCheck *check);

/*
  Not collective. Judges y (C_out, S), the prediction of a row with inputs x (C_in, S); replaces it by the solution
  where that is asked for: of all samples (-refine_tolerance), or of those whose estimate exceeds the limit or that
  cannot be judged. compare: also solves from zero, and measures how long that takes.
*/
PETSC_INTERN PetscErrorCode KNPredictCheckRow(KNPredictCheck check, PetscInt64 row, PetscBool compare, const float x[],
                                              float y[]);

/*
  Not collective. Certificates in the output, as coefficients of its samples: Describe adds their names, raises
  KN_ERR_INPUT where there is no place; Coefficients gives the row's, after its own ones (NULL: it has none), not owned
  and valid until the next call. -1: there is no number, since datasets hold finite ones.
*/
PETSC_INTERN PetscErrorCode KNPredictCheckDescribe(KNPredictCheck check, KNProblem *described);
PETSC_INTERN const double  *KNPredictCheckCoefficients(KNPredictCheck check, PetscInt64 row, const double own[]);

/* Collective on PETSC_COMM_WORLD. The CSV file beside the output at path, and the summary; seconds: of the network. */
PETSC_INTERN PetscErrorCode KNPredictCheckReport(KNPredictCheck check, const char path[], PetscReal seconds);

#endif

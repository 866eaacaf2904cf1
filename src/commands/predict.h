/* What the parts of `kitinet predict` share. */
#ifndef KITINET_PREDICT_H
#define KITINET_PREDICT_H

#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD, after KNOperatorSetGrid for the dataset. Probabilities of classes for each row: an
  HDF5 file with /probability (N, k) and the classes' names, and beside it a CSV file of the same name with the most
  probable class of each row. Raises KN_ERR_USAGE if the file is there and overwrite is false, KN_ERR_IO.
*/
PETSC_INTERN PetscErrorCode KNPredictClasses(KNOperator op, KNDataset input, PetscInt batch, const char path[],
                                             PetscBool overwrite);

#endif

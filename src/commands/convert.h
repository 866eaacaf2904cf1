/* Parts of "kitinet convert". */
#ifndef KITINET_CONVERT_H
#define KITINET_CONVERT_H

#include "command.h"
#include <kitinet/dataset.h>
#include <kitinet/format.h>
#include <kitinet/operator.h>

/*
  Collective on PETSC_COMM_WORLD. like "": the weights of op, which is the checkpoint `input`, are written to `output`
  as arrays. Else op is the checkpoint `like`; it gets the weights of the arrays in `input` and is written to
  `output`. Raises KN_ERR_USAGE if the output exists and is not to be overwritten, KN_ERR_INPUT for arrays that do not
  fit.
*/
PetscErrorCode KNConvertWeights(KNOperator op, const char input[], const char like[], const char output[],
                                PetscBool overwrite);

/*
  Collective on PETSC_COMM_WORLD. Options of texts: which columns are what, text_column of the choice, whose list
  *column the caller destroys; by which rules they become words, and the vocabulary's size.
*/
PetscErrorCode KNTextColumnOptions(KNSourceChoice *choice, char ***column);
PetscErrorCode KNTextRuleOptions(KNSourceChoice *choice, PetscInt *words, PetscInt *least);

/* Collective on PETSC_COMM_WORLD. The dataset of texts that -like names, opened; problem: its own, not owned. */
PetscErrorCode KNConvertLike(const char path[], KNDataset *like, const KNProblem **problem);
PetscErrorCode KNConvertIsRecord(const char path[], PetscBool *is_record);

/*
  Collective on PETSC_COMM_WORLD. This rank's share of the rows [first, first + samples) of a source of texts; a failure
  of the source is agreed by all, and leaves no output.
*/
PetscErrorCode KNConvertCopyTexts(KNSource source, PetscInt64 first, PetscInt64 samples, KNSink *sink);

/* Collective on PETSC_COMM_WORLD. Options of pictures: image_size, fit and colour of a KNSourceChoice. */
PetscErrorCode KNImageOptions(PetscInt *size, PetscInt *fit, PetscInt *colour);

#endif

/*
  Writing a dataset: a file under construction, filled by all ranks, published once it is whole and checked. What is in
  it: dataset.h.

  Life: KNDatasetWriterCreate or KNDatasetWriterResume -> KNDatasetWriterWrite for each row -> KNDatasetWriterPublish ->
  KNDatasetWriterDestroy.
*/
#ifndef KITINET_DATASET_WRITER_H
#define KITINET_DATASET_WRITER_H

#include <kitinet/problem.h>

typedef struct _p_KNDatasetWriter *KNDatasetWriter;

/*
  Collective on comm. A new dataset of at most `samples` rows, under a temporary name beside `path` until
  KNDatasetWriterPublish. The space on disk is reserved here. options: YAML text, stored as it is. Raises KN_ERR_IO (no
  space) and KN_ERR_USAGE (path exists and overwrite is false, no permission, no such directory, another run writes it).
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterCreate(MPI_Comm comm, const char path[], const KNProblem *problem,
                                                  PetscInt64 samples, PetscInt64 seed, const char options[],
                                                  PetscBool overwrite, KNDatasetWriter *writer);

/*
  Collective on comm. The same, but what a run that was killed or suspended left under the temporary name is continued,
  if it was to become this very dataset (problem, samples, seed, options, program version); else a line on stderr says
  why not, and it begins afresh. Rows of it are kept whose checksum is right and whose index is sample[row], (samples).
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterResume(MPI_Comm comm, const char path[], const KNProblem *problem,
                                                  PetscInt64 samples, PetscInt64 seed, const char options[],
                                                  const PetscInt64 sample[], PetscBool overwrite,
                                                  KNDatasetWriter *writer);

/*
  Not collective, after KNDatasetWriterResume: whether this row is there and must not be written again. The same on
  all ranks.
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterHasRow(KNDatasetWriter writer, PetscInt64 row, PetscBool *present);

/*
  Collective. Ends like KNDatasetWriterDestroy, but keeps the temporary file for KNDatasetWriterResume. Raises
  KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterSuspend(KNDatasetWriter *writer);

/* One sample; what the problem does not have is not read. */
typedef struct {
  const float   *x, *y;  /* fields: (C_in, S), (max(T, 1), C_out, S); those of uint8 are whole numbers from 0 to 255 */
  const int32_t *token;  /* (length) word numbers */
  int32_t        length; /* of the sequence */
  int32_t        label;  /* the class */
  const double  *parameters; /* (P) */
} KNRow;

/*
  Not collective: each rank writes its rows, in any order. sample: the row's index in the ensemble. A failure is kept
  and raised, agreed by all ranks, by KNDatasetWriterPublish; until then further writes do nothing. Raises
  PETSC_ERR_ARG_OUTOFRANGE for what does not lie in its space.
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterWriteRow(KNDatasetWriter writer, PetscInt64 row, PetscInt64 sample,
                                                    const KNRow *value);

/* The same for a sample that is fields alone. */
PETSC_EXTERN PetscErrorCode KNDatasetWriterWrite(KNDatasetWriter writer, PetscInt64 row, PetscInt64 sample,
                                                 const float x[], const float y[]);

/*
  Collective. Rows that nobody wrote are closed up (the last written rows move into them) and the arrays shortened.
  Every row is read back and compared with its checksum; then the file gets its final name. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNDatasetWriterPublish(KNDatasetWriter writer);

/* Collective. Closes; what was not published leaves no file behind. */
PETSC_EXTERN PetscErrorCode KNDatasetWriterDestroy(KNDatasetWriter *writer);

#endif

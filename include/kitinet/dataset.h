/*
  Datasets: samples of a problem in one HDF5 file, with their provenance and a checksum of each. This header is for who
  reads them, dataset_writer.h for who writes them.

    steady problems          /x of the input space, /y of the output space
      fields                 (N, C, n1[, n2[, n3]]), of a grid of no axes (N, C)
      tokens (/x)            (N, L) word numbers, /length (N) of each sequence, /vocabulary: the words
      class (in place of /y) /label (N) class numbers, /classes (k): their names
    time-dependent problems  /u (N, T, C, n1[, n2[, n3]]), /t (T); /x (N, C, n1, ..) of fields that stand still
    all                      /x1[, /x2[, /x3]] coordinates; /y1, .. those of an output on another grid;
                             /parameters (N, P) coefficients that differ from sample to sample;
                             /sample (N) index of each row in its ensemble;
                             /checksum (N) zlib's CRC-32 of the bytes of the row: x, y (or u), label, length, parameters

  Fields are little-endian float32 or uint8, tokens int32, one chunk a sample, never compressed; labels and lengths are
  int32, coordinates and parameters float64. Root attributes: format, format_version, program_version, pde, equation,
  boundary_conditions, points, input_fields, input_units, output_fields, output_units, seed, options (YAML), parameters
  (names), and for each of them parameter.NAME with parameter.NAME.unit. Nothing in the file depends on the time, the
  host or the number of ranks.

  Format version 1 has float32 fields on one grid of 1 to 3 axes, and no /parameters; it is written wherever it can say
  what is to be said. Version 2 has the rest, and the attributes input_kind, output_kind, output_points,
  sample_parameters, sample_parameter_units, symmetries; sample_parameter_scales ("linear" or "logarithmic" for each)
  where one is logarithmic, which earlier files do not have.

  libhdf5 has known faults: programs other than kitinet, which looks at a file in a process of its own first (probe.h),
  open trusted files only. Even so everything is checked before memory is allocated.
*/
#ifndef KITINET_DATASET_H
#define KITINET_DATASET_H

#include <kitinet/problem.h>

#define KN_DATASET_FORMAT "KITINet dataset" /* the attribute format */

typedef struct _p_KNDataset *KNDataset;

/*
  Collective on comm. Opens for reading; each rank reads on its own. Refuses, with KN_ERR_INPUT and before any
  allocation, what is not a regular file in this format with consistent, sane dimensions.
*/
PETSC_EXTERN PetscErrorCode KNDatasetOpen(MPI_Comm comm, const char path[], KNDataset *dataset);

/*
  Not collective. The same for one process, in plain C as KNDatasetRead(): returns 0, or an error code with one line
  in message (size bytes) and no dataset.
*/
PETSC_EXTERN int KNDatasetOpenSelf(const char path[], KNDataset *dataset, size_t size, char message[]);

/*
  Not collective. From now on the message about a file that is no dataset says what it is, if name leaves that in kind
  (size bytes), and how to convert it: KNFormatSetUp().
*/
PETSC_EXTERN PetscErrorCode KNDatasetNameForeign(void (*name)(const char path[], size_t size, char kind[]));

/* Collective. Closes. */
PETSC_EXTERN PetscErrorCode KNDatasetDestroy(KNDataset *dataset);

/* Not collective. Any pointer may be NULL; path, problem, options are not owned. */
PETSC_EXTERN PetscErrorCode KNDatasetGetPath(KNDataset dataset, const char **path);
PETSC_EXTERN PetscErrorCode KNDatasetGetProblem(KNDataset dataset, const KNProblem **problem);
PETSC_EXTERN PetscErrorCode KNDatasetGetSamples(KNDataset dataset, PetscInt64 *samples);
PETSC_EXTERN PetscErrorCode KNDatasetGetIndex(
  KNDataset dataset, const PetscInt64 **sample); /* (samples) index of each row in its ensemble, not owned */
PETSC_EXTERN PetscErrorCode KNDatasetGetProvenance(KNDataset dataset, PetscInt64 *seed, const char **options,
                                                   const char **version);

/*
  Not collective. A 64-bit number of the whole content: problem, seed and the checksums of all rows. Equal datasets
  have equal fingerprints.
*/
PETSC_EXTERN PetscErrorCode KNDatasetGetFingerprint(KNDataset dataset, uint64_t *fingerprint);

/*
  Not collective. What each row has beside its fields and tokens, in memory since the dataset was opened; not owned; any
  pointer may be NULL, and *pointer is NULL of what the problem does not have. label: (samples) classes 0 .. k-1;
  length: (samples) of sequences, 0 .. L; parameters: (samples, P).
*/
PETSC_EXTERN PetscErrorCode KNDatasetGetColumns(KNDataset dataset, const int32_t **label, const int32_t **length,
                                                const double **parameters);

/*
  Not collective. From now on the problem has `count` input fields more, the last ones: parameters of each sample, which
  are the same at all points; KNDatasetGetProblem() says so, and reads fill them in. What networks see. The number is
  the sample's own, or that of all samples, whichever the dataset has under field[i].name; if field[i] is logarithmic
  its natural logarithm, whatever the dataset says of it. 0: none. field: copied. Raises KN_ERR_INPUT for a name that
  the dataset does not have, and for a number that has no logarithm.
*/
PETSC_EXTERN PetscErrorCode KNDatasetShowParameters(KNDataset dataset, PetscInt count, const KNField field[]);

/*
  Not collective. Reads row `row` and compares it with its checksum. x: (C_in, S), y: (max(T, 1), C_out, S), uint8
  values as 0 to 255; either may be NULL (both are still verified). Plain C on purpose: safe in a thread that PETSc does
  not know, excluded against other HDF5 calls by KNHDF5Lock(). Returns 0, or KN_ERR_INPUT with one line in message (size
  bytes).
*/
PETSC_EXTERN int KNDatasetRead(KNDataset dataset, PetscInt64 row, float x[], float y[], size_t size, char message[]);

/*
  The same where the input are tokens, 0 .. words-1: token (L), 0 beyond the row's length. A word number beyond the
  vocabulary is refused.
*/
PETSC_EXTERN int KNDatasetReadTokens(KNDataset dataset, PetscInt64 row, int32_t token[], float y[], size_t size,
                                     char message[]);

/*
  As KNDatasetRead() for a slab of the grid, of which x and y hold their part: (C_in, S_slab), (max(T, 1), C_out,
  S_slab). The whole row is read and verified, piece by piece: the slab alone is in memory.
*/
PETSC_EXTERN int KNDatasetReadSlab(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[],
                                   size_t size, char message[]);

/*
  The same for whoever computes with the values: KN_ERR_INPUT also for a row that holds NaN or infinite values in x or
  y, where those are not NULL, naming file, row and field.
*/
PETSC_EXTERN int KNDatasetReadFinite(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[],
                                     size_t size, char message[]);

/*
  Not collective. What KNDatasetReadFinite() expects to be finite: x or not, and the first `frames` frames of y (1:
  those of a steady problem, whole). Before: all.
*/
PETSC_EXTERN PetscErrorCode KNDatasetExpectFinite(KNDataset dataset, PetscBool x, PetscInt frames);

/*
  Not collective. Whether any values are taken, since KNDatasetExpectFinite(dataset, PETSC_FALSE, 0): the reader of
  samples looks for himself.
*/
PETSC_EXTERN PetscBool KNDatasetTakesAny(KNDataset dataset);

#endif

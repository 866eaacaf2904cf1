/*
  Datasets: samples of a PDE problem in one HDF5 file, with their provenance and a checksum of each.

    steady problems          /x (N, C_in, n1[, n2[, n3]]), /y (N, C_out, n1[, n2[, n3]])
    time-dependent problems  /u (N, T, C, n1[, n2[, n3]]), /t (T)
    both                     /x1[, /x2[, /x3]] coordinates; /sample (N) index of each row in its ensemble;
                             /checksum (N) zlib's CRC-32 of the bytes of the row: x, then y (or u)

  Fields are little-endian float32, one chunk a sample, never compressed; coordinates are float64. Root attributes: format, format_version, program_version, pde,
  equation, boundary_conditions, points, input_fields, input_units, output_fields, output_units, seed, options (YAML),
  parameters (names), and for each of them parameter.NAME with parameter.NAME.unit. Nothing in the file depends on the time, the host or the number of ranks.

  Trusted input only: libhdf5 has known faults. Even so everything is checked before memory is allocated.
*/
#ifndef KITINET_DATASET_H
#define KITINET_DATASET_H

#include <kitinet/problem.h>

#define KN_DATASET_FORMAT "KITINet dataset" /* the attribute format */

typedef struct _p_KNDataset *KNDataset;

/*
  Collective on comm. A new dataset of at most `samples` rows, under a temporary name beside `path` until KNDatasetPublish.
  The space on disk is reserved here. options: YAML text, stored as it is. Raises KN_ERR_IO (no space) and KN_ERR_USAGE
  (path exists and overwrite is false, no permission, no such directory, another run writes it).
*/
PETSC_EXTERN PetscErrorCode KNDatasetCreate(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[], PetscBool overwrite, KNDataset *dataset);

/*
  Collective on comm. The same, but what a run that was killed or suspended left under the temporary name is continued, if it was to become this
  very dataset (problem, samples, seed, options, program version); else a line on stderr says why not, and it begins afresh. Rows of it are
  kept whose checksum is right and whose index is sample[row], (samples).
*/
PETSC_EXTERN PetscErrorCode KNDatasetResume(MPI_Comm comm, const char path[], const KNProblem *problem, PetscInt64 samples, PetscInt64 seed, const char options[], const PetscInt64 sample[], PetscBool overwrite, KNDataset *dataset);

/* Not collective, after KNDatasetResume: whether this row is there and must not be written again. The same on all ranks. */
PETSC_EXTERN PetscErrorCode KNDatasetHasRow(KNDataset dataset, PetscInt64 row, PetscBool *present);

/* Collective. Ends like KNDatasetDestroy, but keeps the temporary file for KNDatasetResume. Raises KN_ERR_IO. */
PETSC_EXTERN PetscErrorCode KNDatasetSuspend(KNDataset *dataset);

/*
  Not collective: each rank writes its rows, in any order. x: (C_in, S), y: (max(T, 1), C_out, S), float. sample: its index in
  the ensemble. A failure is kept and raised, agreed by all ranks, by KNDatasetPublish; until then further writes do nothing.
*/
PETSC_EXTERN PetscErrorCode KNDatasetWrite(KNDataset dataset, PetscInt64 row, PetscInt64 sample, const float x[], const float y[]);

/*
  Collective. Rows that nobody wrote are closed up (the last written rows move into them) and the arrays shortened. Every row is
  read back and compared with its checksum; then the file gets its final name. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNDatasetPublish(KNDataset dataset);

/*
  Collective on comm. Opens for reading; each rank reads on its own. Refuses, with KN_ERR_INPUT and before any allocation, what is
  not a regular file in this format with consistent, sane dimensions.
*/
PETSC_EXTERN PetscErrorCode KNDatasetOpen(MPI_Comm comm, const char path[], KNDataset *dataset);

/* Not collective. The same for one process, in plain C as KNDatasetRead(): returns 0, or an error code with one line in message (size bytes) and no dataset. */
PETSC_EXTERN int KNDatasetOpenSelf(const char path[], KNDataset *dataset, size_t size, char message[]);

/* Not collective. From now on the message about a file that is no dataset says what it is, if name leaves that in kind (size bytes), and how to convert it: KNFormatSetUp(). */
PETSC_EXTERN PetscErrorCode KNDatasetNameForeign(void (*name)(const char path[], size_t size, char kind[]));

/* Collective. Closes; a dataset under construction that was not published leaves no file behind. */
PETSC_EXTERN PetscErrorCode KNDatasetDestroy(KNDataset *dataset);

/* Not collective. Any pointer may be NULL; path, problem, options are not owned. */
PETSC_EXTERN PetscErrorCode KNDatasetGetPath(KNDataset dataset, const char **path);
PETSC_EXTERN PetscErrorCode KNDatasetGetProblem(KNDataset dataset, const KNProblem **problem);
PETSC_EXTERN PetscErrorCode KNDatasetGetSamples(KNDataset dataset, PetscInt64 *samples);
PETSC_EXTERN PetscErrorCode KNDatasetGetIndex(KNDataset dataset, const PetscInt64 **sample); /* (samples) index of each row in its ensemble, not owned */
PETSC_EXTERN PetscErrorCode KNDatasetGetProvenance(KNDataset dataset, PetscInt64 *seed, const char **options, const char **version);

/* Not collective. A 64-bit number of the whole content: problem, seed and the checksums of all rows. Equal datasets have equal fingerprints. */
PETSC_EXTERN PetscErrorCode KNDatasetGetFingerprint(KNDataset dataset, uint64_t *fingerprint);

/*
  Not collective. Reads row `row` and compares it with its checksum. x: (C_in, S), y: (max(T, 1), C_out, S); either may be NULL (both
  are still verified). Plain C on purpose: safe in a thread that PETSc does not know, excluded against other HDF5 calls by
  KNHDF5Lock(). Returns 0, or KN_ERR_INPUT with one line in message (size bytes).
*/
PETSC_EXTERN int KNDatasetRead(KNDataset dataset, PetscInt64 row, float x[], float y[], size_t size, char message[]);

/* The same for a slab of the grid, of which x and y hold their part: (C_in, S_slab), (max(T, 1), C_out, S_slab). The whole row is read and verified, piece by piece: the slab alone is in memory. */
PETSC_EXTERN int KNDatasetReadSlab(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[], size_t size, char message[]);

/* The same for whoever computes with the values: KN_ERR_INPUT also for a row that holds NaN or infinite values in x or y, where those are not NULL, naming file, row and field. */
PETSC_EXTERN int KNDatasetReadFinite(KNDataset dataset, PetscInt64 row, const KNGrid *slab, float x[], float y[], size_t size, char message[]);

/* Not collective. What KNDatasetReadFinite() expects to be finite: x or not, and the first `frames` frames of y (1: those of a steady problem, whole). Before: all. */
PETSC_EXTERN PetscErrorCode KNDatasetExpectFinite(KNDataset dataset, PetscBool x, PetscInt frames);

#endif

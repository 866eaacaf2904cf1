/*
  A record: a small HDF5 file (a checkpoint) that is written whole or not at all, and read only if it is whole.

  On disk: 512 bytes of text (format, kind, program version, size, CRC-32 of the whole file with this number taken as
  0), which HDF5 knows as a user block, then an HDF5 file that any tool opens. Written to a temporary name, flushed to
  disk, renamed; the previous generation stays beside it as PATH.previous. Nothing in it depends on time, host or
  number of ranks.

  One description serves storing and loading: each KNRecord... call stores the variable into a new record, and sets
  the variable from a loaded one.
*/
#ifndef KITINET_RECORD_H
#define KITINET_RECORD_H

#include <kitinet/space.h>

typedef struct _p_KNRecord *KNRecord;

/*
  What a record holds has a schema, the root attribute schema beside program_version; those of the first schema have
  neither. A program reads all schemas up to its own.
    1  kitinet 0.1.0
    2  the spaces of the problem; options as they were resolved; state that is not trained, the average of the
       parameters
*/
#define KN_RECORD_SCHEMA 2

/*
  Collective on comm. A new record in memory, to be stored by KNRecordSave. kind: "checkpoint", not owned; NULL: a
  plain HDF5 file for other programs, without the text in front, its checksum and the previous generation.
*/
PETSC_EXTERN PetscErrorCode KNRecordCreate(MPI_Comm comm, const char kind[], KNRecord *record);

/*
  Collective on comm. Rank 0 reads and verifies, all ranks receive. If PATH is missing or damaged, PATH.previous is
  taken and a line on stderr says so. Raises KN_ERR_INPUT if neither is whole, or its schema is newer than this
  program's. kind NULL: a plain HDF5 file of anybody's.
*/
PETSC_EXTERN PetscErrorCode KNRecordLoad(MPI_Comm comm, const char kind[], const char path[], KNRecord *record);

/*
  Collective on comm. What the first bytes of a file say, without a look at the rest: kind and program version,
  KN_MAX_NAME bytes each. *is_record is false for files of other kinds and those that cannot be read.
*/
PETSC_EXTERN PetscErrorCode KNRecordIdentify(MPI_Comm comm, const char path[], PetscBool *is_record, char kind[],
                                             char version[]);

/* Not collective. The schema of a record, of a new one KN_RECORD_SCHEMA. */
PETSC_EXTERN PetscErrorCode KNRecordGetSchema(KNRecord record, PetscInt *schema);

/*
  Collective. Writes a new record. Raises KN_ERR_IO on all ranks, also for what failed while it was filled, and leaves
  the previous generation as it was.
*/
PETSC_EXTERN PetscErrorCode KNRecordSave(KNRecord record, const char path[]);

/* Collective. Frees the record; the file stays as it is. *record is NULL afterwards. */
PETSC_EXTERN PetscErrorCode KNRecordDestroy(KNRecord *record);

/* Not collective. Whether the record was loaded (variables are set) or is new (they are stored). */
PETSC_EXTERN PetscBool KNRecordIsLoaded(KNRecord record);

/*
  Collective, each (storing needs no communication). Root attributes. Raises KN_ERR_INPUT when a loaded record lacks
  the entry or has it in another form. text: size bytes.
*/
PETSC_EXTERN PetscErrorCode KNRecordText(KNRecord record, const char name[], size_t size, char text[]);
PETSC_EXTERN PetscErrorCode KNRecordInt(KNRecord record, const char name[], PetscInt64 *value);
PETSC_EXTERN PetscErrorCode KNRecordReal(KNRecord record, const char name[], PetscReal *value);

/*
  The same for a list of at most max texts of size bytes, stored only if there are any: *count is 0 where a loaded
  record has none.
*/
PETSC_EXTERN PetscErrorCode KNRecordTexts(KNRecord record, const char name[], size_t size, PetscInt max,
                                          PetscInt *count, char text[]);

/* Collective. Whether a loaded record has the root attribute. */
PETSC_EXTERN PetscErrorCode KNRecordHas(KNRecord record, const char name[], PetscBool *has);

/*
  Collective. Sets a number of a loaded record, new in it or there already; from here on the record can only be
  amended further and saved, with all else as it was.
*/
PETSC_EXTERN PetscErrorCode KNRecordAmend(KNRecord record, const char name[], PetscReal value);

/*
  Collective. The float array `name` of group `group` ("": the root) with the given shape, as a dataset /group/name. A
  loaded record must have exactly this shape; the message names both. Complex: pairs of real and imaginary part, shape
  without the 2; in the file r and i, which h5py reads as complex64.
*/
PETSC_EXTERN PetscErrorCode KNRecordArray(KNRecord record, const char group[], const char name[], PetscInt rank,
                                          const PetscInt shape[], float array[]);
PETSC_EXTERN PetscErrorCode KNRecordComplexArray(KNRecord record, const char group[], const char name[], PetscInt rank,
                                                 const PetscInt shape[], float array[]);

/*
  Collective. The names of a space, of a vocabulary, as /name: texts of one length, as in datasets. A loaded record sets
  count and names of the space, in memory at *names that the caller frees with free().
*/
PETSC_EXTERN PetscErrorCode KNRecordNames(KNRecord record, const char name[], KNSpace *space, char **names);

/* Collective. Raises KN_ERR_INPUT if the root of a loaded record holds an array of another name than these (count). */
PETSC_EXTERN PetscErrorCode KNRecordCheckNames(KNRecord record, PetscInt count, const char name[][KN_MAX_NAME]);

/*
  Collective on comm. Writes a text file whole or not at all (temporary name, flush, rename): config.yaml,
  metrics.csv. Raises KN_ERR_IO.
*/
PETSC_EXTERN PetscErrorCode KNFileWriteWhole(MPI_Comm comm, const char path[], size_t size, const void *bytes);

#endif

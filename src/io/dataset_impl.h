/* What a dataset looks like from inside src/io/. */
#ifndef KITINET_DATASET_IMPL_H
#define KITINET_DATASET_IMPL_H

#include <kitinet/dataset.h>
#include <kitinet/hdf5.h>

#define KN_DATASET_VERSION 1
#define KN_MAX_OPTIONS     60000 /* bytes of the options' text: HDF5 keeps up to 64 KiB in an object header */

/* One of the large arrays, /x, /y or /u: N rows of float32, one chunk a row. */
typedef struct {
  char    name[2];
  int     rank;                  /* axes, with the rows */
  hsize_t shape[KN_MAX_DIM + 3]; /* (N, C, n1, ..) or (N, T, C, n1, ..) */
  size_t  size;                  /* values of one row */
  hid_t   id, disk, memory;      /* the HDF5 dataset; dataspaces to select a row in it, and of a row in memory */
} KNDatasetArray;

struct _p_KNDataset {
  MPI_Comm       comm;
  char           path[PETSC_MAX_PATH_LEN];
  KNFile         file;
  KNProblem      problem;
  PetscReal     *times; /* (frames), owned; problem.times points here */
  PetscInt64     samples, seed;
  char           options[KN_MAX_OPTIONS], version[KN_MAX_NAME];
  PetscInt       arrays; /* of them in array[]: x and y, or u */
  KNDatasetArray array[2];
  PetscInt64    *sample;   /* (samples) index of each row in its ensemble */
  uint32_t      *checksum; /* (samples) */
  float         *row;      /* one row: x, then y; takes memory as far as it is used */
  PetscBool      any_x;    /* KNDatasetReadFinite() takes any values in x .. */
  PetscInt       any_y;    /* .. and in all but the first so many frames of y, if not 0; -1: in all of y */

  /* while writing: sample and checksum hold the rows of this rank, 0 elsewhere; on disk each row's entry follows its fields */
  PetscBool    writing;
  char         temporary[PETSC_MAX_PATH_LEN + 8];
  int          descriptor; /* of the temporary file, on rank 0, to lock it, reserve its space, fsync it; -1 elsewhere */
  signed char *written;    /* (samples) 1: by this rank, or taken over by it */
  signed char *present;    /* (samples) 1: taken over from a run that was stopped, by any rank */
  struct {
    hid_t sample, checksum, disk, memory; /* the HDF5 datasets; dataspaces to select an entry, and of one in memory */
  } index;
  int          failure;    /* first error code of this rank; its line stands in file.message */
};

/* Plain C, under KNHDF5Lock(), as all of hdf5.h. */

/* The arrays that hold the problem's fields: their names and shapes. */
void KNDatasetShapes(KNDataset dataset);

/* Root attributes, stored from or loaded into the dataset; sizes of the grid and frames are not among them. */
int KNDatasetAttributes(KNDataset dataset, KNDirection direction);

/* Coordinates /x1, .. and /t. Loading compares the coordinates with the grid. write: as for KNDatasetStoreVector(). */
int KNDatasetCoordinates(KNDataset dataset, KNDirection direction, PetscBool write);

/* Whether path is a regular file with HDF5's signature; *size: its bytes. */
int KNDatasetCheckFile(KNFile *file, unsigned long long *size);

/* Fails if KNDatasetNameForeign() was told how to see that the file is in another format, and says so. */
int KNDatasetCheckForeign(KNFile *file);

/* What the file may hold is checked against its size, before anything is allocated; sets the grids, frames, samples. */
int KNDatasetCheckArrays(KNDataset dataset, unsigned long long file_size);

/* Reads a 1D array after it was found to hold `count` elements of the type, contiguous in this file. */
int KNDatasetLoadVector(KNFile *file, const char name[], hid_t type, PetscInt64 count, void *value);

/* Collective on the file. Creates a 1D array; `write` is true on the one rank that fills it. */
int KNDatasetStoreVector(KNFile *file, const char name[], hid_t type, PetscInt64 count, const void *value, PetscBool write);

/* Opens dataset->file.path for reading and loads all but the fields. */
int KNDatasetLoad(KNDataset dataset);

/* Not collective. The temporary file as any reader sees it; whether that works is copy->failure. Ends with KNDatasetDestroy(). */
PetscErrorCode KNDatasetOpenCopy(KNDataset dataset, KNDataset *copy);

/*
  Collective, the temporary file is locked and may be empty. *taken: whether it is what this dataset began as; then the rows that are there with
  their checksums are marked as written and present. sample: (samples) index that each row must have.
*/
PetscErrorCode KNDatasetTakeOver(KNDataset dataset, const PetscInt64 sample[], PetscBool *taken);

/* Reads or writes one row; value[i] belongs to array[i]. */
int KNDatasetReadRow(KNDataset dataset, PetscInt64 row, float *const value[]);
int KNDatasetWriteRow(KNDataset dataset, PetscInt64 row, const float *const value[]);

/* Reads layers [first, first + layers) along the first axis of one field (plane: frame C + channel) of array[which]. */
int KNDatasetReadLayers(KNDataset dataset, PetscInt64 row, PetscInt which, size_t plane, PetscInt first, PetscInt layers, float value[]);

/* CRC-32 of the bytes of one row. */
uint32_t KNDatasetChecksum(KNDataset dataset, const float *const value[]);

/* Zeroed arrays for what depends on the number of samples, frames and the size of a row. */
int KNDatasetAllocate(KNDataset dataset);

/* Dataspaces to select rows of an array in the file with, and to hold one in memory; array->id is open. */
int KNDatasetPrepareArray(KNFile *file, KNDatasetArray *array);

/* Collective. Raises the failure of the lowest failing rank, if any; then nothing is left of the temporary file. */
PetscErrorCode KNDatasetAgree(KNDataset dataset);

#endif

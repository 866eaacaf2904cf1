/*
  What a dataset looks like from inside src/io/. The layout is what a file holds and how, the same for both sides; the
  reader (KNDataset: dataset.c, dataset_read.c, dataset_check.c, dataset_finite.c) and the writer (KNDatasetWriter:
  dataset_write.c, dataset_resume.c, dataset_publish.c) have one each.
*/
#ifndef KITINET_DATASET_IMPL_H
#define KITINET_DATASET_IMPL_H

#include <kitinet/dataset.h>
#include <kitinet/dataset_writer.h>
#include <kitinet/hdf5.h>

#define KN_DATASET_VERSION 2         /* the newest of the format that this program reads */
#define KN_MAX_OPTIONS     60000     /* bytes of the options' text: HDF5 keeps up to 64 KiB in an object header */
#define KN_MAX_WORD        256       /* bytes of a word of a vocabulary, or a class */
#define KN_MAX_WORDS       (1 << 20) /* words of a vocabulary, classes, tokens of a sequence */

enum { KN_MAX_ARRAYS = 2, KN_MAX_COLUMNS = 5 };

/* One of the large arrays, /x, /y or /u: N rows of float32, uint8 or int32, one chunk a row. */
typedef struct {
  char           name[2];
  const KNSpace *space;                 /* whose values it holds */
  int            rank;                  /* axes, with the rows */
  hsize_t        shape[KN_MAX_DIM + 3]; /* (N, C, n1, ..), (N, T, C, n1, ..) or (N, L) */
  size_t         size, width;           /* values of one row; bytes of a value */
  hid_t          type, disk_type;       /* of a value, in memory and in the file */
  hid_t          id, disk, memory;      /* the HDF5 dataset; dataspaces to select a row in it, and of a row in memory */
} KNDatasetArray;

/*
  A few numbers of each row, contiguous in the file and whole in memory: /sample, /checksum, /label, /length (N),
  /parameters (N, P).
*/
typedef struct {
  const char *name;
  int         rank;
  hsize_t     shape[2];
  size_t      width; /* bytes of one row */
  hid_t       type, disk_type;
  char       *value;            /* (samples) rows */
  hid_t       id, disk, memory; /* while writing: as those of an array */
} KNDatasetColumn;

typedef struct {
  KNFile          file;
  KNProblem       problem;
  PetscReal      *times;    /* (frames), owned; problem.times points here */
  char           *names[2]; /* owned; problem.input.names and problem.output.names point here */
  PetscInt64      format;   /* version of it */
  PetscInt64      samples, seed;
  char            options[KN_MAX_OPTIONS], version[KN_MAX_NAME];
  PetscInt        arrays, columns;
  PetscInt        input, output; /* places in array[] of the input and the output; -1: no array */
  KNDatasetArray  array[KN_MAX_ARRAYS];
  KNDatasetColumn column[KN_MAX_COLUMNS];
  PetscInt64     *sample;         /* the values of columns: (samples) index of each row in its ensemble */
  uint32_t       *checksum;       /* (samples) */
  int32_t        *label, *length; /* (samples); NULL: there are none */
  double         *parameters;     /* (samples, P); NULL: there are none */
  /* one row of all arrays, as it is stored, each at a multiple of 8 bytes; takes memory as far as it is used */
  char *row;
} KNDatasetLayout;

struct _p_KNDataset {
  MPI_Comm        comm;
  char            path[PETSC_MAX_PATH_LEN];
  KNDatasetLayout layout;
  PetscBool       any_x;                /* KNDatasetReadFinite() takes any values in x .. */
  PetscInt        any_y;                /* .. and in all but the first so many frames of y, if not 0; -1: in all of y */
  KNProblem       shown;                /* what KNDatasetGetProblem() says; its constants are: */
  PetscInt        place[KN_MAX_FIELDS]; /* column of /parameters, -1: */
  double          same[KN_MAX_FIELDS];  /* the number of all samples */
  int             failure;              /* error code of opening; its line stands in layout.file.message */
};

/*
  Not collective. x (C_in, S) has the parameters that are shown of a row behind its fields, at S points each; x NULL:
  nothing is done.
*/
void KNDatasetFillParameters(KNDataset dataset, PetscInt64 row, size_t S, float x[]);

/* Columns hold the rows of this rank, 0 elsewhere; on disk each row's entries follow its fields. */
struct _p_KNDatasetWriter {
  MPI_Comm        comm;
  char            path[PETSC_MAX_PATH_LEN], temporary[PETSC_MAX_PATH_LEN + 8];
  KNDatasetLayout layout;
  PetscBool       published;
  int          descriptor; /* of the temporary file, on rank 0, to lock it, reserve its space, fsync it; -1 elsewhere */
  signed char *written;    /* (samples) 1: by this rank, or taken over by it */
  signed char *present;    /* (samples) 1: taken over from a run that was stopped, by any rank */
  int          failure;    /* first error code of this rank; its line stands in layout.file.message */
};

/* Plain C, under KNHDF5Lock(), as all of hdf5.h. */

/* The arrays and columns of the problem: their names, shapes and types. */
void KNDatasetShapes(KNDatasetLayout *layout);

/* Whether the output, if it is fields, lies on the grid that has /x1, .. */
PetscBool KNDatasetOneGrid(const KNProblem *problem);

/* The oldest version of the format that can say it. */
PetscInt64 KNDatasetFormat(const KNProblem *problem);

/* Root attributes, stored from or loaded into the layout; sizes of the grid and frames are not among them. */
int KNDatasetAttributes(KNDatasetLayout *layout, KNDirection direction);

/*
  Coordinates /x1, .., /y1, .. and /t, names of words and classes. Loading compares the coordinates with the grids.
  write: as for KNDatasetStoreColumn().
*/
int KNDatasetCoordinates(KNDatasetLayout *layout, KNDirection direction, PetscBool write);
int KNDatasetNames(KNDatasetLayout *layout, KNDirection direction, PetscBool write);

/* Bytes in the file of names: 0 if they have none. *width: of the longest. */
size_t KNDatasetNamesSize(const KNSpace *space, size_t *width);

/* Whether path is a regular file with HDF5's signature; *size: its bytes. */
int KNDatasetCheckFile(KNFile *file, unsigned long long *size);

/* Fails if KNDatasetNameForeign() was told how to see that the file is in another format, and says so. */
int KNDatasetCheckForeign(KNFile *file);

/*
  What the file may hold is checked against its size, before anything is allocated; sets the grids, lengths, frames,
  samples.
*/
int KNDatasetCheckArrays(KNDatasetLayout *layout, unsigned long long file_size);

/*
  The count of texts of fixed length in a 1D array that is contiguous in this file, and the bytes of one; at most
  KN_MAX_WORDS of KN_MAX_WORD.
*/
int KNDatasetCheckTexts(KNFile *file, const char name[], hsize_t *count, size_t *width);

/* Reads an array whole, after it was found to have the type and the shape, contiguous in this file. */
int KNDatasetLoadColumn(KNFile *file, const char name[], hid_t disk_type, hid_t type, int rank, const hsize_t shape[],
                        void *value);

/* Collective on the file. Creates an array; `write` is true on the one rank that fills it. */
int KNDatasetStoreColumn(KNFile *file, const char name[], hid_t disk_type, hid_t type, int rank, const hsize_t shape[],
                         const void *value, PetscBool write);

/*
  Not collective. The writer's temporary file as any reader sees it; whether that works is copy->failure. Ends with
  KNDatasetDestroy().
*/
PetscErrorCode KNDatasetOpenCopy(KNDatasetWriter writer, KNDataset *copy);

/*
  Collective, the temporary file is locked and may be empty. *taken: whether it is what this dataset began as; then the
  rows that are there with their checksums are marked as written and present. sample: (samples) index that each row must
  have.
*/
PetscErrorCode KNDatasetTakeOver(KNDatasetWriter writer, const PetscInt64 sample[], PetscBool *taken);

/* Reads or writes one row of the arrays; value[i] belongs to array[i], as it is stored. */
int KNDatasetReadRow(KNDatasetLayout *layout, PetscInt64 row, void *const value[]);
int KNDatasetWriteRow(KNDatasetLayout *layout, PetscInt64 row, const void *const value[]);

/* The places in layout->row of all arrays. */
void KNDatasetRowPlaces(KNDatasetLayout *layout, void *value[]);

/* Reads layers [first, first + layers) along the first axis of one field (plane: frame C + channel) of array[which]. */
int KNDatasetReadLayers(KNDatasetLayout *layout, PetscInt64 row, PetscInt which, size_t plane, PetscInt first,
                        PetscInt layers, void *value);

/*
  CRC-32 of the bytes of one row: of the arrays, then of the columns behind /checksum. Columns(): that goes on where
  the arrays' ended.
*/
uint32_t KNDatasetChecksum(KNDatasetLayout *layout, PetscInt64 row, const void *const value[]);
uint32_t KNDatasetChecksumColumns(const KNDatasetLayout *layout, PetscInt64 row, uint32_t checksum);

/* Zeroed memory for the columns, times and a row; and its end, with that of the dataspaces. */
int  KNDatasetAllocate(KNDatasetLayout *layout);
void KNDatasetFree(KNDatasetLayout *layout);

/* Dataspaces to select rows of an array in the file with, and to hold one in memory; array->id is open. */
int KNDatasetPrepareArray(KNFile *file, KNDatasetArray *array);

/* Collective. Raises the failure of the lowest failing rank, if any; then nothing is left of the temporary file. */
PetscErrorCode KNDatasetWriterAgree(KNDatasetWriter writer);

#endif

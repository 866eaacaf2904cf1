/*
  What formats share: arrays in foreign files, and the pieces of samples that lie in them.

  All but the native one work alike. A source lists the arrays of its file (KNVariable) and says which piece of a
  sample lies where in them (KNPiece); reading is a slab of an array, permuted into samples. A sink does the reverse.
  A new format says no more than that: copy pdebench.c. Plain C under KNHDF5Lock(), as in hdf5.h.
*/
#ifndef KITINET_FORMAT_IMPL_H
#define KITINET_FORMAT_IMPL_H

#include <kitinet/dataset.h>
#include <kitinet/format.h>
#include <kitinet/hdf5.h>

#define KN_MAX_AXES      8
#define KN_MAX_VARIABLES 4096 /* of a file that is read */
#define KN_MAX_PIECES    (2 * KN_MAX_FIELDS)
#define KN_MAX_NOTES     16384
#define KN_MAX_HEAD      128 /* bytes of a file that tell what it is */
#define KN_MAX_PATHS     64  /* files of one source */

typedef struct _KNFormat KNFormat;

/* An array of numbers in a file. Axes and shape are the file's, slowest first. */
typedef struct {
  char        name[KN_MAX_TEXT];
  char        type[KN_MAX_NAME]; /* "float32": for messages */
  const char *fault;             /* why it cannot be read, in words; NULL: it can */
  PetscBool   wide;              /* real numbers of more than 32 bits, which float32 may not hold */
  PetscBool   packed;            /* an HDF5 array with filters */
  double      scale;             /* values are multiplied by it; 0: they are not */
  double      largest;           /* magnitude that was read; it, numbers and lost count where wide or scaled */
  PetscInt64  numbers;           /* values other than 0 that were read */
  PetscInt64  lost;              /* those of them below the normal numbers of float32 */
  int         rank;
  size_t      shape[KN_MAX_AXES];
  PetscBool   reversed;                /* its own tools show the axes fastest first */
  char        labels[KN_MAX_AXES + 1]; /* a letter an axis, if the file says; else "" */
  PetscInt64  handle;                  /* of the format: an HDF5 dataset, a file descriptor, .. */
} KNVariable;

/* A piece of every sample: some fields over some frames, in one array. */
typedef struct {
  int variable;
  /* a letter an axis of the array: n samples, t frames, c fields (dc: a tensor's), x y z points, 1 one entry */
  char      axes[KN_MAX_AXES + 1];
  PetscBool output;        /* of y (or u); else of x */
  PetscInt  field, fields; /* the first, and how many; more than one only with an axis c */
  PetscInt  frame, frames;
} KNPiece;

struct _p_KNSource {
  MPI_Comm        comm;
  const KNFormat *format;
  PetscInt        paths;
  char (*path)[PETSC_MAX_PATH_LEN]; /* (paths), owned */
  KNFile             file;          /* path[0]; with an id if it is HDF5 */
  PetscBool          folder;        /* path[0] is one; it has neither head nor size */
  unsigned char      head[KN_MAX_HEAD];
  unsigned long long size;                  /* bytes of path[0] */
  char               kind[2 * KN_MAX_NAME]; /* "MATLAB v5" */
  PetscInt           variables, room;
  KNVariable        *variable; /* (room), of which the first `variables` are in use; moves when one is added */
  PetscInt           pieces;
  KNPiece            piece[KN_MAX_PIECES];
  KNProblem          problem;
  PetscReal         *times;          /* (frames), owned */
  int32_t           *label;          /* (samples), owned; NULL: the outputs are fields */
  char              *names;          /* of the classes, owned */
  PetscInt           stride, offset; /* of the points that are taken */
  PetscInt64         samples, seed;
  const PetscInt64  *index;
  const double      *parameters; /* (samples, P), not owned; NULL: no coefficients differ from sample to sample */
  char               notes[KN_MAX_NOTES];
  PetscBool          probing; /* in a process of its own: a look at the beginning of long files will do */
  const char        *options; /* of a source that has its own, instead of notes; not owned */
  void              *raw;     /* a slab as it lies in the file */
  size_t             raw_bytes;
  void              *data; /* of the format */
};

struct _p_KNSink {
  MPI_Comm        comm;
  PetscMPIInt     rank;
  const KNFormat *format;
  PetscInt        paths;
  char            path[2][PETSC_MAX_PATH_LEN], temporary[2][PETSC_MAX_PATH_LEN + 32];
  KNFile          file;
  PetscInt        variables;
  KNVariable      variable[KN_MAX_PIECES + 1]; /* of pieces, and the times */
  PetscInt        pieces;
  KNPiece         piece[KN_MAX_PIECES];
  KNProblem       problem;
  PetscReal      *times; /* (frames), owned */
  PetscInt64      samples;
  float          *raw;
  int             failure; /* first error code of this rank; its line stands in file.message */
  PetscBool       overwrite, created, published;
  void           *data;
};

struct _KNFormat {
  const char *name;
  PetscBool   from_start; /* to come to the end of an array takes as long as to read all of it */
  PetscBool   folders;    /* takes a folder, too */
  PetscInt    most_paths; /* files that it takes; 0: one */

  /*
    Reading. recognises: from source->head, or, if it is HDF5, source->file.id; may set source->kind. NULL: is never
    read.
  */
  PetscBool (*recognises)(KNSource source);
  int (*open)(KNSource source, const KNSourceChoice *choice);
  /* A slab of an array: value (extent[0], extent[1], ..) of width bytes each, sizeof(float) or sizeof(double). */
  int (*read)(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
              const size_t extent[], size_t width, void *value);
  /* or this, for samples that lie as ours */
  int (*read_rows)(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[]);
  /* or this, of texts: KNSourceReadTokens() */
  int (*read_tokens)(KNSource source, PetscInt64 first, PetscInt64 count, int32_t token[], int32_t length[]);
  /* with them, may be NULL: what the process that opens the file first does beyond opening; names of rows */
  int (*probe)(KNSource source);
  void (*row_name)(KNSource source, PetscInt64 row, size_t size, char name[]);
  void (*close)(KNSource source);

  /* Writing, on rank 0. plan: variables and pieces, or KN_ERR_USAGE. NULL: is never written. */
  int (*plan)(KNSink sink);
  int (*create)(KNSink sink);
  int (*write)(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
               const float value[]);
  int (*observe)(KNSink sink, PetscInt64 count, const float y[]); /* sees every sample; may be NULL */
  int (*finish)(KNSink sink);                                     /* closes what create opened */
  void (*abandon)(KNSink sink);
};

#define KN_FORMAT(name, Suffix) extern const KNFormat KNFormat_##Suffix;
#define KN_READER(name, Suffix) extern const KNFormat KNFormat_##Suffix;
#include "format_list.h"
#undef KN_FORMAT
#undef KN_READER

/* Format number i, NULL behind the last. */
const KNFormat *KNFormatGet(PetscInt i);

/* Collective. What is to be said of a source of texts that was read. */
PetscErrorCode KNTextsWarn(KNSource source);

/* Pictures, which are pictures of the same class when they are read from right to left: a symmetry of the problem. */
void KNSourceMayFlip(KNSource source);

/* What the file holds and that the choice is missing or wrong: KN_ERR_INPUT. */
int KNSourceAsk(KNSource source, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/* A new variable of this name, all else zero; what cannot be kept is its fault. Fails beyond KN_MAX_VARIABLES. */
int KNSourceAddVariable(KNSource source, const char name[], KNVariable **variable);

/*
  A slab of `size` doubles of a variable becomes floats where it lies; what float cannot hold is refused, what is too
  small for it is counted. The sample of value i is first + (i / sample_stride) % samples; samples 0: of none.
*/
int KNSourceNarrow(KNSource source, KNVariable *variable, size_t size, size_t first, size_t samples,
                   size_t sample_stride, void *slab);

/*
  The first opening of files in a process of its own (probe.h), for a source: asked for, and done there. Done means
  opened as the choice says, and a number read at both ends of every array that is wanted.
*/
int KNSourceAskProbe(KNFile *file, PetscInt npaths, const char *const paths[], const KNSourceChoice *choice);
int KNSourceProbe(PetscInt npaths, const char *const paths[], const KNSourceChoice *choice, KNFile *file);

/* "VARIABLE=FACTOR", of a variable that some piece reads. */
int KNSourceScale(KNSource source, const char text[]);

/* Adds a line to source->notes. */
void KNSourceNote(KNSource source, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/* The variable of this name, or NULL. */
const KNVariable *KNSourceFind(KNSource source, const char name[]);

/* Fails if the variable cannot be read. To be asked before anything is allocated by its shape. */
int KNSourceJudge(KNSource source, const KNVariable *variable);

/*
  Adds a piece; fields and frames as KNPiece. The variable is judged: its type, rank and shape must fit what the
  problem, with samples and stride, says.
*/
int KNSourceAddPiece(KNSource source, const KNVariable *variable, const char axes[], PetscBool output, PetscInt field,
                     PetscInt fields, PetscInt frame, PetscInt frames);

/* field->name, formatted, and the unit 1. Fails if the name is longer than a dataset can keep. */
int KNSourceNameField(KNSource source, KNField *field, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(3, 4);

/* Problem, samples and pieces from what the user chose. time_last: axes that are not said are samples, space, time. */
int KNSourceChoose(KNSource source, const KNSourceChoice *choice, PetscBool time_last);

/*
  The variable if it is labels: whole numbers, one of each sample; else NULL. And its classes as the output of the
  problem.
*/
const KNVariable *KNSourceFindLabels(KNSource source, const char name[]);
int               KNSourceLabels(KNSource source, const KNSourceChoice *choice, const KNVariable *variable);

/* The output of the problem: classes with names (count), or, if that is NULL, with numbers as their names. */
int KNSourceClasses(KNSource source, PetscInt count, const char *const names[]);

/* Frames, at the times of a variable, which may have so many more, or at multiples of dt; the first of them at 0 if
   `initial`. */
int KNSourceTimes(KNSource source, const KNSourceChoice *choice, const KNVariable *variable, size_t surplus,
                  PetscInt frames, PetscBool initial);

/*
  problem.output.grid: of n[dim] points in the file, at `points` (or, if that is -1, where the coordinates say), every
  stride-th of them. coordinate: variables, or NULL.
*/
int KNSourceGrid(KNSource source, const KNSourceChoice *choice, PetscInt dim, const size_t n[],
                 const KNVariable *const coordinate[]);

/*
  The shape that a piece of `samples` samples has in its array, and the slab itself, taken from a block of samples;
  extent: its shape.
*/
void KNPieceShape(const KNProblem *problem, const KNPiece *piece, size_t samples, size_t shape[]);
void KNPieceStore(const KNProblem *problem, const KNPiece *piece, size_t samples, const float block[], size_t extent[],
                  float slab[]);

/* HDF5 as a source and as a sink. */
#define KN_FILTER_LZF 32000 /* h5py's number in the HDF Group's list of filters */
/* Of an array that is packed, unpacked and checked chunk by chunk; as KNFormat's read. */
int KNChunksRead(KNFile *file, const KNVariable *variable, const size_t start[], const size_t step[],
                 const size_t extent[], size_t width, void *value);
int KNSourceHDF5Open(KNSource source);
int KNSourceHDF5List(KNSource source, const char group[]); /* adds the arrays of a group, "" for the root, as variables;
                                                              none of a group that is not there */
void KNSourceHDF5Describe(KNSource source, hid_t array,
                          KNVariable *variable); /* handle, type, shape and fault; the rest stays */
int  KNHDF5Object(KNFile *file, hid_t at, const char name[],
                  hid_t *object);                                /* opens it; what lies in another file is refused */
int  KNHDF5Group(KNFile *file, const char name[], hid_t *group); /* a group of the root; 0: there is none */
int  KNSourceHDF5Read(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
                      const size_t extent[], size_t width, void *value);
void KNSourceHDF5Close(KNSource source);
/*
  Attributes as other libraries write them; *found is false, *count 0, and no error, for what is not there or of another
  kind. Texts: size bytes each; more of them than max, or longer ones, are an error.
*/
int KNHDF5Number(KNFile *file, hid_t object, const char name[], PetscBool *found, double *value);
int KNHDF5Texts(KNFile *file, hid_t object, const char name[], size_t size, PetscInt max, PetscInt *count, char text[]);
int KNSinkHDF5CreateFile(KNSink sink, size_t user_block);
int KNSinkHDF5Create(KNSink sink, size_t user_block); /* with the arrays of all variables */
int KNSinkHDF5Write(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                    const float value[]);
/* 1D, or, if count is 0, a single value */
int KNSinkHDF5Vector(KNSink sink, const char name[], hid_t type, hsize_t count, hid_t memory, const void *value);
int KNSinkHDF5Coordinate(KNSink sink, PetscInt axis, const char name[]); /* of the grid, in the unit interval */
/* of variable length, UTF-8; count -1: a single one */
int  KNSinkHDF5Texts(KNSink sink, hid_t object, const char name[], PetscInt count, const char *const text[]);
int  KNSinkHDF5Finish(KNSink sink);
void KNSinkHDF5Abandon(KNSink sink);

/* An array of the sink and the piece that fills it; axes slowest first, its shape follows from the problem. */
KNVariable *KNSinkAddPiece(KNSink sink, const char name[], const char axes[], PetscBool output, PetscInt field,
                           PetscInt fields);
/* "x", "y", "z"; "nxy" for two axes */
void KNAxesMake(char axes[KN_MAX_AXES + 1], const char before[], PetscInt dim, const char after[]);
void KNAxesReverse(char axes[]);
/*
  Each field a variable of its own, if inputs and outputs share a name with "input_" before it; only letters, digits, _
*/
void KNSinkFieldName(KNSink sink, PetscBool output, PetscInt field, size_t size, char name[]);

/* Variables and pieces of a MATLAB file, of either version. */
int KNMatPlan(KNSink sink);

/* A number as it lies in a file. */
typedef struct {
  char      kind; /* 'f' real, 'i' signed, 'u' unsigned */
  size_t    size; /* bytes */
  PetscBool swapped;
} KNNumber;

/* from: (n) -> to: (n) of width bytes each, sizeof(float) or sizeof(double). */
void KNNumberConvert(const KNNumber *number, size_t n, const void *from, size_t width, void *to);

/* Memory that grows, kept between calls. */
int KNScratch(KNFile *file, size_t bytes, size_t *have, void **scratch);

#endif

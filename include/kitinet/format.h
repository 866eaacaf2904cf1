/*
  Other layouts of operator-learning data: sources that are read and sinks that are written, a few samples at a time.

    native    our datasets (dataset.h)
    mat5      MATLAB v5, as the FNO benchmark's files; through matio, if the program was built with it
    mat       MATLAB v7.3, which is HDF5 with reversed axes
    pdebench  PDEBench: nu and tensor; tensor; one array a field
    the_well  The Well, time-dependent problems
    xy        HDF5 with arrays x and y, as neuraloperator's loader reads, or any other names
    npy       one .npy file an array
    cifar     CIFAR-10 and CIFAR-100, binary files; only read
    texts     tables of texts separated by tabs or commas, JSON lines, folders with a subfolder of .txt files for each
              class; only read
    pictures  folders with a subfolder of JPEG or PNG files for each class; only read

  What a file does not say is asked for, never guessed: KNSourceChoice. Samples have the layout of dataset.h, float32;
  wider numbers are rounded, and those that float32 cannot hold are refused with variable and row. Sizes are checked
  before memory is allocated; because the libraries beneath have known faults, the program opens a file in a process of
  its own first (probe.h).
*/
#ifndef KITINET_FORMAT_H
#define KITINET_FORMAT_H

#include <kitinet/problem.h>

typedef struct _p_KNSource *KNSource; /* a file of any format that is read */
typedef struct _p_KNSink   *KNSink;   /* a file of any format that is written */

/*
  What the user says about a file. A variable is named as [FIELD=]VARIABLE[:AXES]: AXES has one letter an axis, in the
  order in which the file's own tools show them: n samples, t frames, c channels, x y z space, 1 an axis of one entry.
  Zero, NULL or "" is "not said" unless noted.
*/
typedef struct {
  PetscInt           x_count, y_count, u_count; /* steady: inputs and outputs; time-dependent: fields */
  const char *const *x, *const *y, *const *u;
  const char        *initial;       /* the fields' first frame, at t = 0, where u begins later */
  const char        *t;             /* variable that holds the times of the frames */
  PetscReal          dt;            /* time between frames instead; the first is at 0 (at dt after an initial) */
  PetscInt           points;        /* a KNPoints; -1: not said */
  PetscInt           stride;        /* takes every N-th point along each axis of the grid; at least 1 */
  const char        *pde;           /* name of the problem */
  PetscInt           classes_count; /* names of the classes, where -y is labels */
  const char *const *classes;
  PetscInt           labels;     /* of CIFAR-100: a KN_LABELS_ */
  PetscInt           image_size; /* n of pictures of n x n */
  PetscInt           fit;        /* pictures of other sizes: 0 refused, 1 cropped, 2 resized */
  PetscInt           colour;     /* colours of pictures: 0 those of the first, 1 grey, 2 RGB */
  PetscBool          unlabelled; /* pictures need no classes, and a single one will do: there are no outputs */
  PetscInt           text_columns;
  const char *const *text_column; /* (text_columns) text=NAME, pair=NAME, label=NAME */
  PetscInt           text_quotes; /* a KN_QUOTES_ */
  PetscInt           text_length; /* words of a sequence at most */
  PetscInt           text_case;   /* a KN_CASE_ */
  PetscInt           text_markup; /* a KN_MARKUP_ */
  PetscInt           text_stem;   /* a KN_STEM_, or a language of KNTextStemNames */
  const KNProblem   *like;        /* texts are read by its rules, vocabulary and classes; not owned */
  PetscInt           network[3];  /* channels, n1, n2 that they are to have where nothing else is said */
  PetscInt           scale_count;
  const char *const *scale; /* (scale_count) VARIABLE=FACTOR: values are multiplied before they become float32 */
} KNSourceChoice;

/*
  How texts become words. Quotes: of .csv files, of all tables, or of none. The others: 0 is as the like says, or the
  first.
*/
enum { KN_QUOTES_CSV, KN_QUOTES_ALL, KN_QUOTES_NONE };
enum { KN_CASE_DEFAULT, KN_CASE_LOWER, KN_CASE_KEEP };
enum { KN_MARKUP_DEFAULT, KN_MARKUP_KEEP, KN_MARKUP_DROP };
enum { KN_STEM_DEFAULT, KN_STEM_NONE, KN_STEM_LANGUAGES };
PETSC_EXTERN const char *const KNTextStemNames[]; /* "default", "none", "arabic", .., then NULL */

/*
  The same as parameters of a problem, 0 or 1, which datasets and checkpoints keep. Where words are replaced by stems,
  one more follows, "stem_LANGUAGE".
*/
enum { KN_TEXT_LOWER, KN_TEXT_MARKUP, KN_TEXT_PAIR, KN_TEXT_RULES };
PETSC_EXTERN const char *const KNTextRuleNames[]; /* "lower_case", .., then NULL */

/* Labels of CIFAR-100: 100 classes, or 20 groups of them. */
enum { KN_LABELS_DEFAULT, KN_LABELS_FINE, KN_LABELS_COARSE };

/*
  Collective on comm; each rank reads on its own. paths: (npaths), several only for npy, cifar, and pictures without
  labels. The format is found from the content, of CIFAR from names and sizes. Raises KN_ERR_INPUT for what is no such
  file, for a damaged one, and, naming what the file holds and the option to give, for one that needs to be explained.
*/
PETSC_EXTERN PetscErrorCode KNSourceOpen(MPI_Comm comm, PetscInt npaths, const char *const paths[],
                                         const KNSourceChoice *choice, KNSource *source);

/*
  Not collective. Rows [first, first + count): x: (count, C_in, S), y: (count, max(T, 1), C_out, S). Returns 0, or an
  error code with one line in message (size bytes).
*/
PETSC_EXTERN int KNSourceRead(KNSource source, PetscInt64 first, PetscInt64 count, float x[], float y[], size_t size,
                              char message[]);

/*
  The same of texts: token (count, L), 0 beyond length (count), which is at least 1. Raises KN_ERR_INPUT for what is no
  UTF-8, with file and line.
*/
PETSC_EXTERN int KNSourceReadTokens(KNSource source, PetscInt64 first, PetscInt64 count, int32_t token[],
                                    int32_t length[], size_t size, char message[]);

/*
  Collective, before the first KNSourceReadTokens(); of texts that are not read by the vocabulary of a like. It becomes
  that of the rows [first, first + samples): the most frequent words, up to `words` with the reserved ones, that occur
  `least` times.
*/
PETSC_EXTERN PetscErrorCode KNSourceCountWords(KNSource source, PetscInt64 first, PetscInt64 samples, PetscInt words,
                                               PetscInt least);

/*
  Not collective. problem, index (of each row in its ensemble; NULL: its number), kind ("MATLAB v5"), notes (YAML
  lines) and options are not owned; any pointer may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNSourceGetProblem(KNSource source, const KNProblem **problem, PetscInt64 *samples);
/* (samples) classes, not owned; NULL: the outputs are fields */
PETSC_EXTERN PetscErrorCode KNSourceGetLabels(KNSource source, const int32_t **label);
/* (samples, P) coefficients that differ from sample to sample, not owned; NULL: there are none */
PETSC_EXTERN PetscErrorCode KNSourceGetParameters(KNSource source, const double **parameters);
PETSC_EXTERN PetscErrorCode KNSourceGetProvenance(KNSource source, const char **kind, const char **notes,
                                                  PetscInt64 *seed, const PetscInt64 **index);

/* Not collective. The name of a row, "cat/0001.png", cut at size - 1 bytes; "" where rows have none. */
PETSC_EXTERN PetscErrorCode KNSourceGetRowName(KNSource source, PetscInt64 row, size_t size, char name[]);

/*
  Collective, after the last KNSourceRead(). A line on stderr for each variable all of whose values, as far as they
  were read, are too small for float32. Of texts lines on stdout: how many were cut, empty, or had no label.
*/
PETSC_EXTERN PetscErrorCode KNSourceWarn(KNSource source);
PETSC_EXTERN PetscErrorCode KNSourceDestroy(KNSource *source);

/* Not collective. Rows that are best read or written together: as many as fit in 128 MB, at least one. */
PETSC_EXTERN PetscInt64 KNFormatBatch(const KNProblem *problem, PetscInt64 samples);

/* Not collective, once. KNDatasetOpen() names files of these formats when it refuses them. */
PETSC_EXTERN PetscErrorCode KNFormatSetUp(void);

/* The process that KNProbe() starts: the words after "probe". Never returns; without MPI, before PetscInitialize(). */
PETSC_EXTERN int KNProbeMain(int argc, char **argv);

/* The names of all formats that are written, ended by NULL. */
PETSC_EXTERN const char *const *KNFormatNames(void);

/*
  Collective on comm. A new file of `samples` rows in format number `format` of KNFormatNames(), under a temporary
  name until KNSinkPublish(). paths: (npaths), two for npy. seed, options: of the provenance, which only some formats
  keep. Raises KN_ERR_USAGE for a problem that the format cannot hold, or a path that cannot be written.
*/
PETSC_EXTERN PetscErrorCode KNSinkCreate(MPI_Comm comm, PetscInt format, PetscInt npaths, const char *const paths[],
                                         const KNProblem *problem, PetscInt64 samples, PetscInt64 seed,
                                         const char options[], PetscBool overwrite, KNSink *sink);

/*
  Not collective. The rows that this rank is to write, [*start, *end): for all formats but native rank 0 writes
  everything.
*/
PETSC_EXTERN PetscErrorCode KNSinkGetShare(KNSink sink, PetscInt64 *start, PetscInt64 *end);

/*
  Not collective. Rows [row, row + count), in ascending order; index: (count) in their ensemble; label: (count) their
  classes, or NULL; parameters: (count, P), or NULL. A failure is kept and raised, agreed by all ranks, by
  KNSinkPublish().
*/
PETSC_EXTERN PetscErrorCode KNSinkWrite(KNSink sink, PetscInt64 row, PetscInt64 count, const PetscInt64 index[],
                                        const float x[], const float y[], const int32_t label[],
                                        const double parameters[]);

/* The same of texts, for the native format alone: token (count, L), length (count). */
PETSC_EXTERN PetscErrorCode KNSinkWriteTokens(KNSink sink, PetscInt64 row, PetscInt64 count, const PetscInt64 index[],
                                              const int32_t token[], const int32_t length[], const int32_t label[]);

/* Collective. Flushed to disk, then under its final name. Raises KN_ERR_IO. */
PETSC_EXTERN PetscErrorCode KNSinkPublish(KNSink sink);

/* Collective. What was not published leaves no file behind. */
PETSC_EXTERN PetscErrorCode KNSinkDestroy(KNSink *sink);

#endif

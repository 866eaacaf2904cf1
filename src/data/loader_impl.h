/* Inside src/data/: a loader, and what its reader does, in a thread or without one (loader_read.c). */
#ifndef KITINET_LOADER_IMPL_H
#define KITINET_LOADER_IMPL_H

#include <kitinet/loader.h>
#include <pthread.h>

/* One local batch and what became of reading it. */
typedef struct {
  KNBatch     batch;
  PetscInt64 *row, *index; /* (largest) */
  PetscBool  *solved;
  int32_t    *token, *length, *label;
  double     *parameters;
  int         code;
  char        message[2 * KN_MAX_TEXT];
} KNLoaderBuffer;

/* A sample of a pool: its number, and the length of its text. */
typedef struct {
  int32_t    length;
  PetscInt64 position;
} KNLoaderPlace;

struct _p_KNLoader {
  MPI_Comm       comm;
  PetscMPIInt    rank, size; /* among those that get different samples */
  KNDataset      dataset;    /* not owned */
  KNGrid         grid;       /* of a sample here: that of the dataset's input, or of its frames, or a slab of it */
  PetscInt64     first, rows, seed;
  PetscInt64     samples; /* of an epoch: rows times windows, and the rows of inputs */
  KNDataset      inputs;  /* of samples without outputs, not owned; NULL: there are none */
  PetscInt       windows; /* of a row, T - W + 1; 1 if it is taken whole */
  PetscInt       batch;   /* B */
  PetscInt       leaf;    /* samples that stay together, or 0 */
  PetscBool      shuffle;
  PetscInt       batches;  /* of an epoch */
  PetscInt       largest;  /* samples of the largest local batch of any rank */
  size_t         nx, ny;   /* values of a sample, as fields */
  size_t         L, P;     /* tokens and parameters of a sample; 0: it has none */
  size_t         frame;    /* values of a frame, by which windows are shifted */
  PetscInt       pool;     /* batches whose texts are sorted by length together; 1: none are */
  PetscInt64     pooled;   /* the pool, of an epoch, whose order is in memory; -1: none */
  KNLoaderPlace *place;    /* (pool B) the samples of that pool, batch after batch; NULL: pool is 1 */
  float         *whole;    /* (T C_out, S) the row that windows are cut from; NULL where rows are taken whole */
  PetscInt64     held_row; /* in it; -1: none */
  KNAugmentation augmentation;
  float          mean[KN_MAX_FIELDS]; /* of the input's channels, where there is an augmentation */
  KNSymmetry     symmetry;            /* not owned; NULL: samples stay as they are */
  /* x (C_in, S) and y (T C_out, S) as they are read, on whole grids; NULL: nothing moves, or y lies in `whole` */
  float     *still[2];
  PetscInt64 epoch;
  PetscInt   start; /* first batch to read in this epoch */
  PetscReal  wait;  /* seconds */

  KNLoaderBuffer  buffer[2]; /* batch b in buffer b % 2 */
  pthread_mutex_t lock;      /* guards current, filled and stop */
  pthread_cond_t  changed;
  PetscInt        current; /* the batch that the caller holds or will get next; all before it are given back */
  PetscInt        filled;  /* the batches before this one have been read */
  PetscBool       stop;    /* the reader is to end */

  PetscBool held;     /* the caller has the current batch */
  PetscBool threaded; /* there is a reader to join */
  pthread_t thread;
};

/* The part [*start, *end) of a batch of `total` samples that a rank reads. */
PETSC_INTERN void KNLoaderShare(const struct _p_KNLoader *loader, PetscInt64 total, PetscMPIInt rank, PetscInt64 *start,
                                PetscInt64 *end);

/*
  What happens to a sample between file and batch (loader_transform.c). x, y: as they were read, on whole grids; the
  results, of this rank's slab, go to to_x and to_y, each NULL where the dataset has none. index: the sample's
  coordinate of random draws. Plain C.
*/
PETSC_INTERN void KNLoaderTransform(const struct _p_KNLoader *loader, PetscInt64 index, const float *x, const float *y,
                                    float *to_x, float *to_y);

/* The sample at a position of an epoch: in order, permuted, or by like lengths (loader_order.c). Plain C. */
PETSC_INTERN PetscInt64 KNLoaderSampleAt(KNLoader loader, PetscInt64 position);

/*
  Reads this rank's share of batch b into its buffer. Plain C; false if a sample could not be read or the reader was
  stopped.
*/
PETSC_INTERN PetscBool KNLoaderFill(KNLoader loader, PetscInt b);

/* The reader thread: all batches of one epoch, or up to the first that fails. */
PETSC_INTERN void *KNLoaderRead(void *argument);

#endif

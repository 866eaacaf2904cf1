/* Private to the files of kitinet bench: what is timed, and how. */
#ifndef KITINET_BENCH_H
#define KITINET_BENCH_H

#include <kitinet/model.h>
#include <kitinet/reduce.h>

enum { KN_BENCH_ROUNDS = 201 }; /* at most; the time asked for ends a measurement before */

/*
  One line of the table: a piece of work that can be repeated. Time, operations and bytes are those of one rank; of
  several ranks the slowest counts. A part (run NULL) is timed within the item before it: that adds its seconds to
  *within.
*/
typedef struct {
  char     name[KN_MAX_NAME], phase[KN_MAX_NAME];
  PetscInt number; /* of layers like this one in the network; 1 for anything else */
  double   calls;  /* of the work in one training step, all `number` together; 0: no part of it */
  double   flops;  /* floating-point operations of one call */
  double   bytes;  /* that one call must move between memory and the processor; 0: not counted */
  PetscErrorCode (*run)(void *context);
  void    *context; /* not owned */
  double  *within;  /* of a part: seconds so far; not owned */
  PetscInt repeats; /* calls in a round; 0: not run yet */
  PetscInt rounds;
  double   seconds[KN_BENCH_ROUNDS]; /* of one call, round by round */
} KNBenchItem;

typedef struct {
  MPI_Comm     comm; /* of the ranks that measure together */
  PetscInt     count;
  KNBenchItem *item; /* (count), owned */
} KNBenchList;

/* What is benchmarked; filled from options. */
typedef struct {
  MPI_Comm        comm; /* of the ranks that share a batch */
  KNGrid          grid;
  PetscInt        inputs, outputs;   /* channels of the network */
  PetscInt        classes;           /* outputs, without axes, are their scores; 0: fields */
  PetscInt        words;             /* of the vocabulary, inputs are texts as long as the grid; 0: fields */
  int32_t        *token, *length;    /* (batch, points), (batch) the texts; owned */
  PetscInt        batch, microbatch; /* of all ranks; of one pass through the network */
  KNReductionType reduction;
  PetscBool       bfloat16; /* of training; kitinet/precision.h */
  PetscReal       seconds;  /* of a measurement */
  KNModel         model;    /* owned */
} KNBench;

/* Not collective. Appends a copy of *item. */
PETSC_INTERN PetscErrorCode KNBenchAdd(KNBenchList *list, const KNBenchItem *item);
PETSC_INTERN PetscErrorCode KNBenchListDestroy(KNBenchList *list);

/*
  Collective on list->comm. Runs each item that has not run yet, and decides how often it is called in a round.
*/
PETSC_INTERN PetscErrorCode KNBenchWarmUp(KNBenchList *list);

/*
  Collective on list->comm. Rounds over the whole list, in turn, so that what disturbs the machine disturbs all
  alike: for so many seconds, three rounds at least.
*/
PETSC_INTERN PetscErrorCode KNBenchMeasure(KNBenchList *list, PetscReal seconds);

/* Not collective. Median over the rounds, seconds of one call; 0 before there is any. */
PETSC_INTERN double KNBenchMedian(const KNBenchItem *item);

/*
  The limits of the machine (bench_limits.c): products of large matrices and the triad a = b + s c, on all threads of
  the rank.
*/
typedef struct _KNBenchLimits *KNBenchLimits;
PETSC_INTERN PetscErrorCode    KNBenchAddLimits(KNBenchList *list, KNBenchLimits *limits);
PETSC_INTERN PetscErrorCode    KNBenchLimitsDestroy(KNBenchLimits *limits);

/*
  Each layer of the network, forward and backward, on random fields (bench_layers.c). The model is planned for
  training and outlives this.
*/
typedef struct _KNBenchLayers *KNBenchLayers;
PETSC_INTERN PetscErrorCode    KNBenchAddLayers(const KNBench *bench, KNBenchList *list, KNBenchLayers *layers);
PETSC_INTERN PetscErrorCode    KNBenchLayersDestroy(KNBenchLayers *layers);

/*
  Whole steps of the network on random fields (bench_step.c): training with its parts, or inference. The model is
  planned accordingly.
*/
typedef struct _KNBenchStep *KNBenchStep;
PETSC_INTERN PetscErrorCode  KNBenchAddStep(const KNBench *bench, KNBenchList *list, PetscBool training,
                                            KNBenchStep *step);
PETSC_INTERN PetscErrorCode  KNBenchStepDestroy(KNBenchStep *step);

/*
  Collective on bench->comm. Plans the model for training on the grid of the benchmark, with omp_get_max_threads(), and
  times its training step: *seconds, the median of three rounds.
*/
PETSC_INTERN PetscErrorCode KNBenchTimeStep(const KNBench *bench, double *seconds);

/* Not collective. Does the model, planned for training as above, fit into a rank's memory? */
PETSC_INTERN PetscErrorCode KNBenchFits(const KNBench *bench, PetscBool *fits);

/*
  Collective on PETSC_COMM_WORLD. The training step for 1, 2, .. threads, for batches and for grids of growing size
  (bench_scaling.c): a table, rows of CSV if file is not NULL.
*/
PETSC_INTERN PetscErrorCode KNBenchScaling(KNBench *bench, FILE *file);

/*
  Collective on PETSC_COMM_WORLD, whose ranks share a node. The fastest way to train on that node (bench_tune.c): how
  many ranks of how many threads, how large micro-batches. A table, rows of CSV if file is not NULL, the choice as
  options in YAML.
*/
PETSC_INTERN PetscErrorCode KNBenchTune(KNBench *bench, FILE *file, FILE *yaml);

/* Not collective. Texts `first` and following of the benchmark as the input of a pass; nothing for fields. */
static inline void KNBenchSetTexts(const KNBench *bench, PetscInt first, KNPass *pass)
{
  if (!bench->words) return;
  pass->stride = KNGridSize(&bench->grid);
  pass->token  = bench->token + (size_t)first * pass->stride;
  pass->length = bench->length + first;
}

/* Not collective. count values in (-1, 1), a function of `which` and the element. */
PETSC_INTERN void KNBenchFill(KNReal *x, size_t count, PetscInt64 which);

#endif

/*
  The trainable parameters of a network: each declared once (name, shape, initial distribution), all
  stored in four blocks of one layout: values, gradients, first and second Adam moment. Reduction,
  optimiser and checkpoint are each one loop over a block. State that is not trained (running statistics of batch norm)
  lies in front of what is. All but the values are made, as 0, when they are first asked for: a network that only
  predicts has none.
*/
#ifndef KITINET_PARAMETERS_H
#define KITINET_PARAMETERS_H

#include <kitinet/base.h>

typedef struct _p_KNParameters *KNParameters;

/*
  Distribution of the initial values; each is a function of (seed, number of the parameter, element), of
  KN_INIT_ORTHOGONAL of the shape too.
*/
typedef enum {
  KN_INIT_ZERO,
  KN_INIT_SYMMETRIC, /* uniform in (-scale, scale) */
  KN_INIT_POSITIVE,  /* uniform in (0, scale) */
  KN_INIT_ONES,
  KN_INIT_CONSTANT, /* scale */
  KN_INIT_NORMAL,   /* mean 0, standard deviation scale */
  /* the same, drawn again beyond two standard deviations of it: its own deviation is 0.880 scale */
  KN_INIT_TRUNCATED_NORMAL,
  /*
    scale times a random matrix (first axis, all others): orthonormal rows where it has no more rows than columns, else
    orthonormal columns
  */
  KN_INIT_ORTHOGONAL
} KNInit;

/* What an axis of a parameter counts. Pruning, condensation and export read it; none of them reads names. */
typedef enum {
  /* nothing that the network has anywhere else: input and output channels, groups, axes of the grid */
  KN_ROLE_NONE,
  KN_ROLE_STREAM_IN,  /* channels of the residual stream, which the parameter reads */
  KN_ROLE_STREAM_OUT, /* channels of the residual stream, to which it writes or on which it acts */
  KN_ROLE_HIDDEN,     /* units inside of a layer */
  KN_ROLE_MODE,       /* Fourier modes */
  KN_ROLE_HEAD,       /* heads of attention */
  KN_ROLE_CLASS,      /* classes of the output */
  KN_ROLE_WORD,       /* words of the vocabulary */
  KN_ROLE_COMPLEX     /* real and imaginary part */
} KNRole;

/* "none", "stream in", .., then NULL */
PETSC_EXTERN const char *const KNRoleNames[];

enum { KN_MAX_RANK = 6 };    /* axes of a parameter at most */
enum { KN_SET_OUTPUT = -1 }; /* the channels of the network's output, which are never fewer */

/* The declaration of a parameter. */
typedef struct {
  char     name[KN_MAX_NAME];
  PetscInt rank;               /* number of axes, 1 .. KN_MAX_RANK */
  PetscInt shape[KN_MAX_RANK]; /* the last axis is the fastest */
  KNRole   role[KN_MAX_RANK];  /* of each axis */
  /* l of the site x_l (recipe.h) that it reads or, if it reads none, that its block reads; 0 where nobody asks */
  PetscInt site;
  /*
    Numbers of the sets of channels that its layer reads and writes, 1, 2, ..: axes of one set count the same channels,
    and shrink together. 0: of no set; KN_SET_OUTPUT: the network's output
  */
  PetscInt reads, writes;
  KNInit   init;
  KNReal   scale;
  PetscInt drawn; /* of the first axis so many have initial values by init, the others are 0; 0: all have */
  /* 0: a trained parameter. Else untrained state, of which KNParametersUpdateState() forgets this part in each step */
  KNReal momentum;
  /* its name in PyTorch's state_dict, where the network has a twin there: "layer1.0.conv1.weight"; "": it has none */
  char   foreign[KN_MAX_NAME];
  size_t offset; /* set by KNParametersSetUp(): first element in each block */
  size_t size;   /* set by KNParametersDeclare(): product of the shape */
} KNParameterInfo;

/* Not collective. The caller destroys it. */
PETSC_EXTERN PetscErrorCode KNParametersCreate(KNParameters *parameters);
PETSC_EXTERN PetscErrorCode KNParametersDestroy(KNParameters *parameters);

/*
  Not collective, before KNParametersSetUp(). Declares one parameter, of which *info is copied. The addresses value and
  gradient are remembered and set to the parameter's place in the blocks, value by KNParametersSetUp(), gradient when
  the gradients are made: they must live as long as the parameters.
*/
PETSC_EXTERN PetscErrorCode KNParametersDeclare(KNParameters parameters, const KNParameterInfo *info, KNReal **value,
                                                KNReal **gradient);

/*
  Not collective. Allocates the values and draws the initial ones: a pure function of (seed, parameter, element).
  Raises KN_ERR_USAGE where they do not fit into the rank's memory (KNMemoryGetLimit).
*/
PETSC_EXTERN PetscErrorCode KNParametersSetUp(KNParameters parameters, PetscInt64 seed);

/*
  Not collective, after KNParametersSetUp(). The four blocks, made where there is none yet, not owned, *size elements
  each, aligned to KN_ALIGN (gaps between parameters are 0 and stay 0). Any pointer may be NULL. Before
  KNParametersSetUp(): size alone, of what has been declared so far.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetBlocks(KNParameters parameters, size_t *size, KNReal **value,
                                                  KNReal **gradient, KNReal **moment1, KNReal **moment2);

/* Not collective. Number of declared parameters, and the i-th one; *info is not owned. */
PETSC_EXTERN PetscErrorCode KNParametersGetCount(KNParameters parameters, PetscInt *count);
PETSC_EXTERN PetscErrorCode KNParametersGetInfo(KNParameters parameters, PetscInt i, const KNParameterInfo **info);

/* Not collective. Number of trained real numbers (without gaps and state). */
PETSC_EXTERN PetscErrorCode KNParametersGetTotal(KNParameters parameters, size_t *total);

/*
  Not collective, after KNParametersSetUp(). The state: elements of its segment at the beginning of each block, and real
  numbers in it (without gaps). Either pointer may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetState(KNParameters parameters, size_t *size, size_t *total);

/*
  Not collective, after KNParametersSetUp(). From which element of the block of gradients on all of them belong to the
  parameters number first, first + 1, .. : 0 if no trained parameter comes before them, so that the state is among them.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetOffset(KNParameters parameters, PetscInt first, size_t *offset);

/*
  Not collective. value += momentum (mean of the statistics - value) for all state. In the place of its gradients,
  backward leaves statistics times their weight, the number of samples of a micro-batch, and in the element behind
  them the weight; both are added up as gradients are, so that the sums give the mean. Without any weight the state
  stays. All ranks do the same.
*/
PETSC_EXTERN PetscErrorCode KNParametersUpdateState(KNParameters parameters);

/*
  Not collective, after KNParametersSetUp(). The moving average of the values: a fifth block of the same layout, made as
  a copy of the values when it is first asked for with make; NULL where there is none. KNParametersSwapAverage()
  exchanges the trained values with it, for who computes with the average, and again for who goes on; without one it
  does nothing.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetAverage(KNParameters parameters, PetscBool make, KNReal **average);
PETSC_EXTERN PetscErrorCode KNParametersSwapAverage(KNParameters parameters);

/*
  Not collective, after KNParametersSetUp(). Exchanges the block of the gradients with *block, of the same size and from
  KNMalloc(): each side owns what it gets.
*/
PETSC_EXTERN PetscErrorCode KNParametersSwapGradients(KNParameters parameters, KNReal **block);

/*
  The rows of the network's table of words that have gradients in a step: those of the words that occur in its batch. No
  step passes over the whole vocabulary.
*/
typedef struct {
  PetscInt        count;  /* rows with gradients; 0: there is no such choice, all parameters have gradients */
  const PetscInt *word;   /* (count) their numbers in the table, ascending; not owned */
  size_t          length; /* elements of a row */
  size_t          end;    /* of the table, which begins at element 0 of each block; 0 without a choice */
  /*
    end - count length: the gradients of the chosen rows lie here, row after row, in front of those of all other
    parameters; what lies before is neither read nor written; 0 without a choice
  */
  size_t start;
} KNRows;

/*
  Not collective. The rows of the table that can be chosen, and how many of them, the first, are of words, the others of
  pairs of words (KNWordPair): the first parameter, where its first axis has KN_ROLE_WORD and no state lies in front of
  it; 0: there is none. words may be NULL.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetTable(KNParameters parameters, PetscInt *rows, PetscInt *words);

/*
  Not collective, after KNParametersSetUp(). From now on gradients exist for `count` > 0 rows of the table, and for all
  other parameters; count 0, the state without this call: for everything. word (count) ascending: not owned, must stay
  until the next call. KNParametersGetRows(): what was chosen.
*/
PETSC_EXTERN PetscErrorCode KNParametersChooseRows(KNParameters parameters, PetscInt count, const PetscInt word[]);
PETSC_EXTERN PetscErrorCode KNParametersGetRows(KNParameters parameters, KNRows *rows);

/* Not collective. Sets all gradients to 0; of the table those of the chosen rows. */
PETSC_EXTERN PetscErrorCode KNParametersZeroGradients(KNParameters parameters);

#endif

/*
  The trainable parameters of a network: each declared once (name, shape, initial distribution), all
  stored in four blocks of one layout: values, gradients, first and second Adam moment. Reduction,
  optimiser and checkpoint are each one loop over a block. All but the values are made, as 0, when they are first asked for: a network that only predicts has none.
*/
#ifndef KITINET_PARAMETERS_H
#define KITINET_PARAMETERS_H

#include <kitinet/base.h>

typedef struct _p_KNParameters *KNParameters;

/* Distribution of the initial values. */
typedef enum {
  KN_INIT_ZERO,
  KN_INIT_SYMMETRIC, /* uniform in (-scale, scale) */
  KN_INIT_POSITIVE   /* uniform in (0, scale) */
} KNInit;

typedef struct {
  char     name[KN_MAX_NAME];
  PetscInt rank;     /* number of axes, at most 6 */
  PetscInt shape[6]; /* the last axis is the fastest; complex numbers have a last axis of 2 */
  KNInit   init;
  KNReal   scale;
  size_t   offset;   /* of the first element in each block, in elements */
  size_t   size;     /* product of the shape */
} KNParameterInfo;

/* Not collective. The caller destroys it. */
PETSC_EXTERN PetscErrorCode KNParametersCreate(KNParameters *parameters);
PETSC_EXTERN PetscErrorCode KNParametersDestroy(KNParameters *parameters);

/*
  Not collective, before KNParametersSetUp(). Declares one parameter. The addresses value and gradient are remembered and
  set to the parameter's place in the blocks, value by KNParametersSetUp(), gradient when the gradients are made: they must live as long as the parameters.
*/
PETSC_EXTERN PetscErrorCode KNParametersDeclare(KNParameters parameters, const char name[], PetscInt rank, const PetscInt shape[], KNInit init, KNReal scale, KNReal **value, KNReal **gradient);

/*
  Not collective. Allocates the values and draws the initial ones: a pure function of (seed, parameter, element).
  Raises KN_ERR_USAGE where they do not fit into the rank's memory (KNMemoryGetLimit).
*/
PETSC_EXTERN PetscErrorCode KNParametersSetUp(KNParameters parameters, PetscInt64 seed);

/*
  Not collective, after KNParametersSetUp(). The four blocks, made where there is none yet, not owned, *size elements each, aligned to KN_ALIGN (gaps between
  parameters are 0 and stay 0). Any pointer may be NULL. Before KNParametersSetUp(): size alone, of what has been declared so far.
*/
PETSC_EXTERN PetscErrorCode KNParametersGetBlocks(KNParameters parameters, size_t *size, KNReal **value, KNReal **gradient, KNReal **moment1, KNReal **moment2);

/* Not collective. Number of declared parameters, and the i-th one; *info is not owned. */
PETSC_EXTERN PetscErrorCode KNParametersGetCount(KNParameters parameters, PetscInt *count);
PETSC_EXTERN PetscErrorCode KNParametersGetInfo(KNParameters parameters, PetscInt i, const KNParameterInfo **info);

/* Not collective. Number of trainable real numbers (without gaps). */
PETSC_EXTERN PetscErrorCode KNParametersGetTotal(KNParameters parameters, size_t *total);

/* Not collective, after KNParametersSetUp(). Exchanges the block of the gradients with *block, of the same size and from KNMalloc(): each side owns what it gets. */
PETSC_EXTERN PetscErrorCode KNParametersSwapGradients(KNParameters parameters, KNReal **block);

/* Not collective. Sets all gradients to 0. */
PETSC_EXTERN PetscErrorCode KNParametersZeroGradients(KNParameters parameters);

#endif

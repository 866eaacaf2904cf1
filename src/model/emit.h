/* The operations of a program, one after the other, and the arrays that they use: the part of program.c that knows the
 * rules of the two sweeps. */
#ifndef KITINET_EMIT_H
#define KITINET_EMIT_H

#include "model_impl.h"

/* What a value was when its steps wrote it: anew where backward computes it again. */
typedef struct {
  PetscInt buffer;
  PetscInt read; /* operation that reads it last */
} KNInstance;

typedef struct {
  KNModel    model;
  KNProgram *program;
  PetscBool  backward; /* the sweep */

  PetscInt          nbuffers, ninstances;
  KNBuffer         *buffer;      /* (nbuffers) */
  KNInstance       *instance;    /* (ninstances) */
  const KNInstance *before;      /* (ninstances) of the first building; NULL in that */
  PetscInt          capacity[4]; /* of phases, operations, buffers, instances */

  /* (nvalues) */
  PetscInt  *current;   /* instance, -1: none */
  PetscInt  *written;   /* phase in which it was */
  PetscInt  *gradient;  /* buffer, -1: none */
  PetscInt  *producers; /* steps that write it and have not been taken back yet */
  PetscBool *trained;   /* it depends on parameters */
  PetscBool *crosses;   /* a later group of blocks reads it: it is kept */
  PetscBool *needed;    /* backward of the group at hand reads it */
} KNBuilder;

/* Not collective. The value that a step really reads or writes: layers that change nothing on this grid are left out.
 */
static inline KNValue KNBuilderRoot(const KNBuilder *b, KNValue v)
{
  return b->model->value[v].root;
}

/* Not collective. Of a step without a layer: none. */
static inline KNLayerTraits KNBuilderTraits(KNLayer layer)
{
  KNLayerTraits traits = {0};

  if (layer) (void)KNLayerGetTraits(layer, &traits);
  return traits;
}

/* Not collective. The next phase begins, before it the samples of `join` meet (again: as forward did). */
PETSC_INTERN PetscErrorCode KNBuilderNewPhase(KNBuilder *b, KNLayer join, PetscBool again);

/* Not collective. A new array of `size` elements a sample; a reference to one, used by the next operation; the next
 * operation. */
PETSC_INTERN PetscErrorCode KNBuilderNewBuffer(KNBuilder *b, size_t size, PetscInt *buffer);
PETSC_INTERN KNRef          KNBuilderUse(KNBuilder *b, PetscInt buffer);
PETSC_INTERN PetscErrorCode KNBuilderEmit(KNBuilder *b, const KNOp *op);

/* Not collective. Value v can be read in this phase: it was kept, or its steps are applied again. Then: a reference;
 * whether the next operation is the last to read it. */
PETSC_INTERN PetscErrorCode KNBuilderProvide(KNBuilder *b, KNValue v);
PETSC_INTERN KNRef          KNBuilderRead(KNBuilder *b, KNValue v);
PETSC_INTERN PetscBool      KNBuilderReadsLast(const KNBuilder *b, KNValue v);

/* Not collective. A step, forward. The backward sweep, all steps. */
PETSC_INTERN PetscErrorCode KNBuilderForward(KNBuilder *b, const KNModelStep *step);
PETSC_INTERN PetscErrorCode KNBuilderSweepBack(KNBuilder *b);

#endif

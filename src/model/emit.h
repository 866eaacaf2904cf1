/* The operations of a program, one after the other, and the arrays that they use: the part of program.c that knows the rules of the two sweeps. */
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
  KNBuffer         *buffer;   /* (nbuffers) */
  KNInstance       *instance; /* (ninstances) */
  const KNInstance *before;   /* (ninstances) of the first building; NULL in that */
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

/* Not collective. The operations and phases of both sweeps, or of forward alone. before: instances of the first building, NULL in that. */
PETSC_INTERN PetscErrorCode KNBuilderRun(KNModel model, PetscBool training, const KNInstance before[], KNProgram *program, KNBuilder *builder);
PETSC_INTERN PetscErrorCode KNBuilderReset(KNBuilder *builder);

#endif

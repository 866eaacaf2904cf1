/*
  A program: what the two sweeps of a network do on one grid, in order.

  A phase is what a thread does with one sample without looking at others: it takes one sample after the other through
  all operations of the phase, so that the sample's fields stay in its cache. Where a layer joins the samples, all
  threads meet, and the next phase begins.

  Fields live where they are needed: of every sample, as long as a later phase reads them; of every thread, where one
  phase writes and reads them. Arrays whose times do not overlap share memory. The numbers of one sample never depend on
  where its arrays lie: both kinds begin at multiples of KN_ALIGN.
*/
#ifndef KITINET_PROGRAM_H
#define KITINET_PROGRAM_H

#include <kitinet/layer.h>

typedef struct _p_KNModel *KNModel;
typedef PetscInt           KNValue; /* number of a value in the network's list */

/* Where an array lies: (B, ..) of the caller, or in the model's memory. */
typedef enum {
  KN_PLACE_NONE,
  KN_PLACE_INPUT,   /* x */
  KN_PLACE_OUTPUT,  /* y */
  KN_PLACE_DOUTPUT, /* dy */
  KN_PLACE_DINPUT,  /* dx */
  KN_PLACE_SAMPLE,  /* (samples, room) */
  KN_PLACE_THREAD   /* (threads, scratch) */
} KNPlace;

typedef struct {
  KNPlace place;
  PetscBool
         for_input; /* serves the gradient of the network's input alone: nothing where the caller does not want that */
  size_t at;        /* first element in the part of a sample, of a thread */
} KNRef;

typedef enum {
  KN_OP_APPLY, /* KNLayerApply(in, out), .. */
  KN_OP_GATHER,
  KN_OP_APPLY_BACK, /* out: dout */
  KN_OP_GATHER_BACK,
  KN_OP_ADD /* out = in[0], or out += in[0]: n elements */
} KNOpKind;

typedef struct {
  KNOpKind   kind;
  KNLayer    layer;
  KNRef      in[KN_MAX_INPUTS], out, din[KN_MAX_INPUTS];
  InsertMode mode;
  size_t     n;
  PetscBool  for_input; /* all that it does serves the gradient of the network's input */
} KNOp;

typedef struct {
  KNLayer   join;       /* layer whose samples meet before the operations; NULL: none */
  PetscBool again;      /* in the backward sweep: it joins as forward did, for what is computed again */
  PetscInt  first, end; /* operations */
  PetscInt  finish[2];  /* layers of the finish list, whose shares are added up after them: [0] to before [1] */
  size_t complete[2]; /* gradients from here on are complete after the join, and after the phase; SIZE_MAX: no more than
                         before */
} KNPhase;

typedef struct {
  PetscInt       nops, nphases, nfinish;
  PetscInt       forward;       /* phases of the forward sweep; those of the backward sweep follow */
  KNOp          *op;            /* (nops) */
  KNPhase       *phase;         /* (nphases) */
  KNLayer       *finish;        /* (nfinish) */
  KNRef         *site;          /* (sites) where KNModelGetSite() finds them; place NONE: they are not kept */
  size_t         room, scratch; /* elements of a sample's and of a thread's memory */
  PetscLogDouble again;         /* operations of what backward computes again, for one sample */
} KNProgram;

/* Not collective, after KNModelPlanSteps(). training: with the backward sweep. */
PETSC_INTERN PetscErrorCode KNProgramBuild(KNModel model, PetscBool training, KNProgram *program);
PETSC_INTERN PetscErrorCode KNProgramReset(KNProgram *program);

/* An array while a program is built: alive from operation `first` to operation `last`. */
typedef struct {
  size_t   size;
  PetscInt first, last;
  PetscInt pending; /* of gradients: steps that will still read it */
  KNRef    ref;     /* set by KNProgramPlace() */
} KNBuffer;

/* Not collective (place.c). Gives each buffer its place; sets room and scratch. */
PETSC_INTERN PetscErrorCode KNProgramPlace(KNProgram *program, PetscInt count, KNBuffer buffer[]);

#endif

/* What a model looks like from inside src/model/: the object, and the lists that a recipe fills in. */
#ifndef KITINET_MODEL_IMPL_H
#define KITINET_MODEL_IMPL_H

#include "program.h"
#include <kitinet/model.h>

/* A field of the network, (B, channels, points): its input, or what steps write. Recipes know it by its number. */
typedef struct {
  PetscInt  channels, dim;
  PetscBool stream;    /* its channels are those of a residual stream */
  PetscInt  set;       /* KNParameterInfo: the set of its channels */
  PetscInt  site;      /* l of the site x_l that it is, or comes from */
  PetscBool recompute; /* backward applies its step again, instead of keeping it */
  KNGrid    grid;      /* set by KNModelPlanSteps() */
  KNValue   root;      /* itself, or the value that it is where layers change nothing on this grid; likewise */
} KNModelValue;

/* One line of the network's list: out = layer(in), or out += layer(in). */
typedef struct {
  KNLayer    layer; /* NULL: out is, or gains, in[0] itself */
  PetscInt   inputs;
  KNValue    in[KN_MAX_INPUTS], out;
  InsertMode mode;
  PetscInt   block; /* number of block that it belongs to: -train_recompute keeps what passes from one to another */
} KNModelStep;

struct _p_KNModel {
  PetscErrorCode (*build)(KNModel); /* the recipe */
  char      type[KN_MAX_NAME];
  PetscInt  dim, in, out;
  PetscInt  axes;        /* of the output's grid: dim, or 0 */
  PetscBool reads_texts; /* set by the recipe's constructor */
  PetscBool asks;        /* its output may lie on another grid than its input; set by the recipe's constructor */
  KNGrid    queries;     /* that grid; no axes: the input's */
  PetscInt  longest;     /* words of a text at most; 0: the input is a field */
  KNGrid    grid;
  MPI_Comm  comm;      /* ranks that share a sample; not owned */
  PetscInt  samples;   /* largest batch */
  PetscBool training;  /* activations for backward are kept */
  PetscInt  recompute; /* blocks whose activations backward computes again together; 0: none */

  PetscInt nlayers;
  KNLayer *layer; /* (nlayers) in order of the forward sweep; owned */
  size_t *
    offset; /* (nlayers + 1) from where on gradients belong to the layer and those behind it: KNParametersGetOffset() */
  PetscInt      nvalues, nsteps, nblocks, nsites, nsets;
  PetscInt      own;      /* the set of the present stream; 0: the next one begins a stream */
  KNModelValue *value;    /* (nvalues), value 0 is the input */
  KNModelStep  *step;     /* (nsteps) */
  KNValue      *read;     /* (nsites) what layers that mix channels read of x_0, x_1, .. */
  PetscBool     observed; /* that is kept */
  KNValue       result;   /* the output */

  KNProgram    program;    /* what the sweeps do on this grid; owned */
  KNReal      *memory;     /* of its arrays: (samples, program->room) and (threads, program->scratch); owned */
  size_t       capacity;   /* elements of it, those of the largest plan so far */
  int          threads;    /* largest team */
  KNParameters parameters; /* owned */
  PetscInt
    held; /* blocks of parameters in memory: the values; once it was planned for training, gradients and moments too */
  PetscErrorCode (*done)(void *context, size_t offset); /* NULL: nobody wants to know how far backward is */
  void          *done_context;
  size_t         complete; /* gradients from here on are complete in the present backward sweep */
  PetscErrorCode failed;   /* what done() returned between samples */
};

/* Not collective. The elements of a sample of a value, after KNModelSetGrid(). */
static inline size_t KNModelValueSize(KNModel model, KNValue value)
{
  if (value == 0 && model->longest) return 0; /* words are in the pass */
  return (size_t)model->value[value].channels * KNGridSize(&model->value[value].grid);
}

/* Not collective. Steps whose values backward computes again together. */
static inline PetscInt KNModelStepGroup(KNModel model, PetscInt step)
{
  return model->recompute ? model->step[step].block / model->recompute : 0;
}

/* Not collective, in KNModelSetUp() before the layers'. Which values have the channels of which set; the layers' roles
 * follow. */
PETSC_INTERN PetscErrorCode KNModelSpreadRoles(KNModel model);

/* Not collective, after KNModelSetUp(). Whether the layer has parameters. */
PETSC_INTERN PetscBool KNModelLayerTrains(KNModel model, KNLayer layer);

/* Collective on the model's comm, inside KNModelSetGrid(): plans the layers step by step; sets the values' grids and
 * roots. */
PETSC_INTERN PetscErrorCode KNModelPlanSteps(KNModel model);

/* Not collective. The two sweeps (execute.c). x, y, dy, dx as KNModelForward(), KNModelBackward(). */
PETSC_INTERN PetscErrorCode KNModelRunForward(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y);
PETSC_INTERN PetscErrorCode KNModelRunBackward(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy,
                                               KNReal *dx);

/* Not collective. For the backward sweep, on the main thread, also in parallel regions: after each sample, so that
 * messages move on. An error waits for the phase's end. */
PETSC_INTERN void KNModelGradientsWait(KNModel model);

#endif

/* What a model looks like from inside src/model/: the object and the table that a recipe fills in. */
#ifndef KITINET_MODEL_IMPL_H
#define KITINET_MODEL_IMPL_H

#include <kitinet/model.h>

typedef struct {
  PetscErrorCode (*setfromoptions)(KNModel); /* creates the layers */
  PetscErrorCode (*setgrid)(KNModel, PetscBool training);
  PetscErrorCode (*forward)(KNModel, const KNPass *, const KNReal *x, KNReal *y);
  PetscErrorCode (*backward)(KNModel, const KNPass *, const KNReal *x, const KNReal *dy, KNReal *dx);
  PetscErrorCode (*stream)(KNModel, PetscInt l, PetscInt *width, size_t *points, const KNReal **x);
  PetscErrorCode (*destroy)(KNModel);
} KNModelOps;

struct _p_KNModel {
  KNModelOps   ops;
  char         type[KN_MAX_NAME];
  PetscInt     dim, in, out;
  KNGrid       grid;
  MPI_Comm     comm;       /* ranks that share a sample; not owned */
  PetscInt     samples;    /* largest batch */
  PetscBool    training;   /* activations for backward are kept */
  PetscInt     nlayers;
  KNLayer     *layer;      /* (nlayers) in order of the forward sweep; owned */
  size_t      *offset;     /* (nlayers) where the layer's parameters begin in their blocks */
  KNParameters parameters; /* owned */
  PetscInt     held;       /* blocks of parameters in memory: the values; once it was planned for training, gradients and moments too */
  size_t       bytes;      /* of activations; set by setgrid */
  PetscErrorCode (*done)(void *context, size_t offset); /* NULL: nobody wants to know how far backward is */
  void        *done_context;
  size_t       complete;   /* gradients from here on are complete in the present backward sweep */
  PetscErrorCode failed;   /* what done() returned between samples */
  void        *data;       /* the recipe's context */
};

/* Not collective. Appends a layer to the network: its number, a coordinate of its draws, is its position. *layer is not owned by the caller. */
PETSC_INTERN PetscErrorCode KNModelAddLayer(KNModel model, const char type[], const char name[], PetscInt in, PetscInt out, KNLayer *layer);

/* Not collective. For the recipe's backward, on the main thread, also in parallel regions: after each sample, so that messages move on. An error waits for the next KNModelGradientsDone(). */
PETSC_INTERN void KNModelGradientsWait(KNModel model);

/* Not collective. For the recipe's backward: the gradients of this layer, and of all that follow it in the forward sweep, are complete. */
PETSC_INTERN PetscErrorCode KNModelGradientsDone(KNModel model, KNLayer layer);

#endif

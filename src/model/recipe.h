/*
  What a recipe says. A network is a list of steps, each of which applies a layer to values (fields that other steps
  wrote) and writes a value, or adds to one:

      KNModelGetInput(model, &x);
      KNModelApply(model, "linear", "lift", 1, &x, width, &x);
      for each block:
        KNModelApply(model, "spectral", "block0.spectral", 1, &x, width, &z);    z = K x
        KNModelApplyLayerAdd(model, linear, 1, &x, z);                           z += W x + b
        ...
      KNModelSetOutput(model, y);

  The executor does the rest: it runs the list forward and backward, one sample after the other while it is in the
  cache, meets where a layer joins the samples, owns all arrays, and tells which gradients are complete. The order of
  the list is the order of the sweep; a value is read only after all steps that write it.

  Not collective, but for the options that layers read: a recipe is called on all ranks alike. Names of layers are
  prefixes of their parameters.
*/
#ifndef KITINET_RECIPE_H
#define KITINET_RECIPE_H

#include "model_impl.h"

/* The network's input, (C_in, S). */
PETSC_INTERN PetscErrorCode KNModelGetInput(KNModel model, KNValue *x);

/*
  Appends a step with a new layer: out = layer(in[0..inputs)). channels: of out; PETSC_DECIDE: as many as in[0]. *out
  may be the variable that in points to. Collective on PETSC_COMM_WORLD: reads the layer's options.
*/
PETSC_INTERN PetscErrorCode KNModelApply(KNModel model, const char type[], const char name[], PetscInt inputs,
                                         const KNValue in[], PetscInt channels, KNValue *out);

/* The same; its parameters have names in PyTorch (KNLayerSetForeign), in a module that is named as the layer. */
PETSC_INTERN PetscErrorCode KNModelApplyTwin(KNModel model, const char type[], const char name[], PetscInt inputs,
                                             const KNValue in[], PetscInt channels, KNValue *out);

/*
  The same in two parts, where layers have another order than steps. A layer is applied once. Its position among the
  layers is its number, a coordinate of its draws, and the place of its parameters. ApplyLayerAdd adds to a value that
  an earlier step wrote.
*/
PETSC_INTERN PetscErrorCode KNModelAddLayer(KNModel model, const char type[], const char name[], PetscInt inputs,
                                            const KNValue in[], PetscInt channels, KNLayer *layer);
PETSC_INTERN PetscErrorCode KNModelApplyLayer(KNModel model, KNLayer layer, PetscInt inputs, const KNValue in[],
                                              KNValue *out);
PETSC_INTERN PetscErrorCode KNModelApplyLayerAdd(KNModel model, KNLayer layer, PetscInt inputs, const KNValue in[],
                                                 KNValue out);

/* The value's grid has other axes than that of its step's first input: 0 for a mean over all points. */
PETSC_INTERN PetscErrorCode KNModelSetAxes(KNModel model, KNValue value, PetscInt axes);

/* out += in, no layer. */
PETSC_INTERN PetscErrorCode KNModelAdd(KNModel model, KNValue in, KNValue out);

/*
  The value is x_l of the residual stream, l = 0, 1, .. in the order of these calls and of those of SetInner: parameters
  that read it have its number. What keeps the channels of x_l, or becomes x_l without a change of channels, has the
  same roles and is of the same set (KNParameterInfo).
*/
PETSC_INTERN PetscErrorCode KNModelSetStream(KNModel model, KNValue value);

/* The stream ends: the next x_l has channels of its own. */
PETSC_INTERN PetscErrorCode KNModelEndStream(KNModel model);

/* The value is x_l as well, but its channels exist inside of one block only: no stream, a set of their own. */
PETSC_INTERN PetscErrorCode KNModelSetInner(KNModel model, KNValue value);

/* Backward applies the value's step again where it needs it, instead of keeping it: for what is cheap to compute. The
 * step's layer does not join samples, or repeats. */
PETSC_INTERN PetscErrorCode KNModelSetRecomputed(KNModel model, KNValue value);

/* Here a block ends: -train_recompute keeps what passes from one block to another. */
PETSC_INTERN PetscErrorCode KNModelEndBlock(KNModel model);

/* Not collective. "block.part" in name, which is returned. */
PETSC_INTERN const char *KNModelName(const char block[], const char part[], char name[KN_MAX_NAME]);

/* Collective on PETSC_COMM_WORLD. -model_dropout. residual, fits: its name, whether dropout has a meaning for it;
 * raises KN_ERR_USAGE. */
PETSC_INTERN PetscErrorCode KNModelDropoutSetFromOptions(const char residual[], PetscBool fits, PetscReal *dropout);

/*
  Dropout of x as its options say, in place, where there is no residual connection; raises KN_ERR_USAGE, naming where
  and what else to choose instead, for -model_dropout_kind residual.
*/
PETSC_INTERN PetscErrorCode KNModelApplyDropout(KNModel model, const char name[], const char where[],
                                                const char instead[], KNValue *x);

/*
  A residual connection: next = R(x, v) of a kind of residual.h, with GELU of v or of the result (activation). Its layer
  is named after the block and its type. dropout > 0: next = x + dropout(v), in place of a kind.
*/
PETSC_INTERN PetscErrorCode KNModelApplyResidual(KNModel model, const char kind[], const char block[], KNValue x,
                                                 KNValue v, KNActivation activation, PetscReal dropout, KNValue *next);

/*
  The second half of a block of attention: x becomes R(x, W2 GELU(W1 n + b1) + b2), the new stream.
  n: layer norm of x; kind, block, dropout: as above.
*/
PETSC_INTERN PetscErrorCode KNModelApplyFeedForward(KNModel model, const char kind[], const char block[],
                                                    PetscReal dropout, KNValue *x);

/* The end of a network: the mean over the points where the output has no axes; a hidden layer, GELU, the output. */
PETSC_INTERN PetscErrorCode KNModelApplyHead(KNModel model, KNValue x);

/* The value is the network's output. */
PETSC_INTERN PetscErrorCode KNModelSetOutput(KNModel model, KNValue y);

#endif

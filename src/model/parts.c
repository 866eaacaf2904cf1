/* What recipes have in common: the residual connection, the head. */
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/residual.h>

const char *KNModelName(const char block[], const char part[], char name[KN_MAX_NAME])
{
  (void)PetscSNPrintf(name, KN_MAX_NAME, "%s.%s", block, part);
  return name;
}

PetscErrorCode KNModelDropoutSetFromOptions(const char residual[], PetscBool fits, PetscReal *dropout)
{
  PetscFunctionBegin;
  *dropout = 0;
  PetscCall(KNOptionsReal(
    "-model_dropout",
    "share of a block's velocities (textcnn: of what its layers read) that is set to 0 in training, while the rest is "
    "divided by 1 minus this; 0: none (residual plain and fno; opens more options)",
    0, 0.9, dropout));
  PetscCheck(*dropout == 0 || fits, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_dropout is for -model_residual plain or fno, not %s: leave one of them out", residual);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyDropout(KNModel model, const char name[], const char where[], const char instead[],
                                   KNValue *x)
{
  KNLayer           dropout;
  KNLayerProperties properties;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, "dropout", name, 1, x, PETSC_DECIDE, &dropout));
  PetscCall(KNLayerGetProperties(dropout, &properties));
  PetscCheck(!properties.drops, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_dropout_kind residual leaves out the step of a residual connection, of which %s has none: choose "
             "element or channel%s",
             where, instead);
  PetscCall(KNModelApplyLayer(model, dropout, 1, x, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyResidual(KNModel model, const char kind[], const char block[], KNValue x, KNValue v,
                                    KNActivation activation, PetscReal dropout, KNValue *next)
{
  char        name[KN_MAX_NAME];
  const char *type = NULL;
  KNLayer     layer;

  PetscFunctionBegin;
  for (PetscInt k = 0; KNResidualNames()[k]; k++) {
    PetscBool same;

    PetscCall(PetscStrcmp(KNResidualNames()[k], kind, &same));
    if (same) type = KNResidualLayer(k);
  }
  PetscCheck(type, PETSC_COMM_SELF, PETSC_ERR_ARG_UNKNOWN_TYPE, "there is no residual \"%s\"", kind);
  if (dropout > 0) { /* what was dropped is added to x: the layers of other kinds have velocities of their own */
    if (activation == KN_ACTIVATION_VELOCITY)
      PetscCall(KNModelApply(model, "gelu", KNModelName(block, "gelu", name), 1, &v, PETSC_DECIDE, &v));
    PetscCall(KNModelApply(model, "dropout", KNModelName(block, "dropout", name), 1, &v, PETSC_DECIDE, &v));
    PetscCall(KNModelAdd(model, x, v));
    *next = v;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(KNModelAddLayer(model, type, KNModelName(block, type, name), 2, (KNValue[]){x, v}, PETSC_DECIDE, &layer));
  PetscCall(KNLayerSetActivation(layer, activation));
  PetscCall(KNModelApplyLayer(model, layer, 2, (KNValue[]){x, v}, next));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyHead(KNModel model, KNValue x)
{
  PetscFunctionBegin;
  if (model->axes == 0 && model->dim > 0) {
    PetscCall(KNModelApply(model, "mean", "mean", 1, &x, PETSC_DECIDE, &x));
    PetscCall(KNModelSetAxes(model, x, 0));
  }
  PetscCall(KNModelApply(model, "perceptron", "head", 1, &x, model->out, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyFeedForward(KNModel model, const char kind[], const char block[], PetscReal dropout,
                                       KNValue *x)
{
  char    name[KN_MAX_NAME];
  KNValue v;

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "layer_norm", KNModelName(block, "norm", name), 1, x, PETSC_DECIDE, &v));
  PetscCall(KNModelSetRecomputed(model, v));
  PetscCall(KNModelApplyTwin(model, "feed_forward", KNModelName(block, "units", name), 1, &v, PETSC_DECIDE, &v));
  PetscCall(KNModelApplyResidual(model, kind, block, *x, v, KN_ACTIVATION_NONE, dropout, x));
  PetscCall(KNModelSetStream(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

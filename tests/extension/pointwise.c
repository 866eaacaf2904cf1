/*
  A recipe of your own: a network that sees each point alone, with any residual,

    coordinates -> lift -> L blocks x <- R(x, GELU(W x + b)) -> head

  src/README.md tells where its line goes.
*/
#include "recipe.h"
#include <kitinet/options.h>
#include <kitinet/residual.h>

static PetscErrorCode KNModelBuild_Pointwise(KNModel model)
{
  PetscInt width = 32, blocks = 4, residual = 0;
  KNValue  x, z;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &width));
  PetscCall(KNOptionsInt("-model_layers", "blocks", 1, 256, &blocks));
  PetscCall(KNOptionsChoice("-model_residual", "how a block is added to its input", KNResidualNames(), &residual));

  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
  PetscCall(KNModelSetRecomputed(model, x)); /* cheap to compute: backward need not find it kept */
  PetscCall(KNModelApply(model, "linear", "lift", 1, &x, width, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt l = 0; l < blocks; l++) {
    char block[KN_MAX_NAME], name[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT, l));
    PetscCall(KNModelApply(model, "linear", KNModelName(block, "linear", name), 1, &x, PETSC_DECIDE, &z));
    PetscCall(KNModelApplyResidual(model, KNResidualNames()[residual], block, x, z, KN_ACTIVATION_VELOCITY, 0, &x));
    PetscCall(KNModelSetStream(model, x));
    PetscCall(KNModelEndBlock(model));
  }
  PetscCall(KNModelApplyHead(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_Pointwise(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_Pointwise;
  PetscFunctionReturn(PETSC_SUCCESS);
}

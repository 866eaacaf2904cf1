/*
  The Fourier neural operator (Li et al. 2020, arXiv 2010.08895) with a choice of residual.

    coordinates -> lift -> pad -> L blocks -> crop -> head (hidden layer, GELU, output)

  Block l maps x_l to x_{l+1}, with z = W x_l + b + K x_l (pointwise linear and spectral layer):

    fno            x_{l+1} = GELU(z), none after the last block: the original network
    plain          x_{l+1} = x_l + GELU(z): free flight, x the positions and v = GELU(z) the velocities of particles
    collision      x_{l+1} = x_l + C(x_l, GELU(z)): collide, then drift (KITINet, arXiv 2505.17919)
    fno_collision  x_{l+1} = GELU(p + C(p, u)), p = W x_l + b the positions, u = K x_l the velocities; z after the last
  block transport      x_{l+1} = x_l + GELU(p + C(p, u) - tau (C(p, u) . grad) p): collide, stream over the grid, drift

  Dropout, the rival of collisions, acts on GELU(z) of plain and fno. An output without axes (scores of classes) takes
  the mean of x_L over the points before the head.

  Copy this file to add a recipe of your own, and add one line to model_list.h. recipe.h says what a recipe can do; this
  is all there is to one: options, then the list.
*/
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/options.h>

typedef enum { FORM_COLLISION, FORM_PLAIN, FORM_FNO, FORM_FNO_COLLISION, FORM_TRANSPORT } Form;
static const char *const FormNames[] = {"collision", "plain", "fno", "fno_collision", "transport", NULL};

/* Where a block has its residual connection. */
typedef struct {
  const char *kind;    /* of residual.h; NULL: x_{l+1} = GELU(z) */
  PetscBool   parts;   /* between p and u, GELU of the sum; else between x_l and GELU(z) */
  PetscBool   carries; /* x_l itself goes on to x_{l+1}, in the last block too: others end with z */
} Placement;

static const Placement Placements[] = {
  [FORM_COLLISION]     = {"collision", .carries = PETSC_TRUE},
  [FORM_PLAIN]         = {"plain", .carries = PETSC_TRUE},
  [FORM_FNO]           = {.kind = NULL},
  [FORM_FNO_COLLISION] = {"collision", .parts = PETSC_TRUE},
  [FORM_TRANSPORT]     = {"transport", .parts = PETSC_TRUE, .carries = PETSC_TRUE},
};

/* x becomes x_{l+1}. */
static PetscErrorCode AddBlock(KNModel model, PetscInt l, const Placement *at, PetscBool last, PetscReal dropout,
                               KNValue *x)
{
  char    block[KN_MAX_NAME], name[KN_MAX_NAME];
  KNLayer pointwise;
  KNValue p, z, next;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT, l));
  PetscCall(KNModelAddLayer(model, "linear", KNModelName(block, "linear", name), 1, x, PETSC_DECIDE, &pointwise));
  PetscCall(KNModelApply(model, "spectral", KNModelName(block, "spectral", name), 1, x, PETSC_DECIDE, &z));
  if (at->parts && !last) {
    PetscCall(KNModelApplyLayer(model, pointwise, 1, x, &p));
    PetscCall(KNModelApplyResidual(model, at->kind, block, p, z, KN_ACTIVATION_RESULT, 0, &next));
    if (at->carries) PetscCall(KNModelAdd(model, *x, next));
  } else {
    PetscCall(KNModelApplyLayerAdd(model, pointwise, 1, x, z));
    if (at->carries)
      PetscCall(KNModelApplyResidual(model, at->kind, block, *x, z, KN_ACTIVATION_VELOCITY, dropout, &next));
    else if (!last)
      PetscCall(KNModelApply(model, "gelu", KNModelName(block, "gelu", name), 1, &z, PETSC_DECIDE, &next));
    else next = z;
    if (!at->carries && !last && dropout > 0)
      PetscCall(KNModelApplyDropout(model, KNModelName(block, "dropout", name), "-model_residual fno",
                                    ", or -model_residual plain", &next));
  }
  *x = next;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_FNO(KNModel model)
{
  PetscInt         width = 32, blocks = 4, form = FORM_COLLISION;
  PetscReal        dropout;
  const Placement *at;
  KNValue          x;

  PetscFunctionBegin;
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &width));
  PetscCall(KNOptionsInt("-model_layers", "number of blocks", 1, 256, &blocks));
  PetscCall(KNOptionsChoice("-model_residual", "how a block is added to its input", FormNames, &form));
  PetscCall(
    KNModelDropoutSetFromOptions(FormNames[form], (PetscBool)(form == FORM_PLAIN || form == FORM_FNO), &dropout));
  at = &Placements[form];

  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApply(model, "linear", "lift", 1, &x, width, &x));
  PetscCall(KNModelApply(model, "pad", "pad", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt l = 0; l < blocks; l++) {
    PetscCall(AddBlock(model, l, at, (PetscBool)(!at->carries && l == blocks - 1), dropout, &x));
    PetscCall(KNModelSetStream(model, x));
    if (l < blocks - 1) PetscCall(KNModelEndBlock(model));
  }
  PetscCall(KNModelApply(model, "crop", "crop", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApplyHead(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_FNO(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_FNO;
  PetscFunctionReturn(PETSC_SUCCESS);
}

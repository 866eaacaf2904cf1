/*
  Transolver (Wu et al. 2024, arXiv 2402.02366): attention among slices of a field, tokens that gather the points of
  like states, so that the cost is linear in the points.

    coordinates -> hidden layer, GELU -> lift -> L blocks -> norm -> output

  A block has two residual connections. With n = layer norm of x, each branch computes velocities v for positions x:

    x <- R(x, W a(P n, F n) + b)     a: attention over slices (layers/physics_attention.c), P and F: maps to what the
                                     slices are chosen by and to what they hold, point by point or, as the paper does on
                                     grids, convolutions of 3 points along each axis (-model_projection)
    x <- R(x, W2 GELU(W1 n + b1) + b2)

  R: any residual of residual.h. The norm stays outside of the stream: R sees x itself. An output without axes takes the
  mean over the points before the output layer.
*/
#include "recipe.h"
#include <kitinet/options.h>
#include <kitinet/residual.h>

typedef enum { PROJECTION_LINEAR, PROJECTION_CONVOLUTION } Projection;
static const char *const ProjectionNames[] = {"linear", "convolution", NULL};

typedef struct {
  PetscInt  width, blocks, residual, projection;
  PetscReal dropout;
} Transolver;

static PetscErrorCode ReadOptions(Transolver *net)
{
  PetscFunctionBegin;
  *net = (Transolver){.width = 64, .blocks = 4, .projection = PROJECTION_LINEAR};
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &net->width));
  PetscCall(KNOptionsInt("-model_layers", "blocks, each of attention and feed-forward", 1, 256, &net->blocks));
  PetscCall(KNOptionsChoice("-model_projection",
                            "what slices are chosen by and made of: linear (maps of each point), convolution (of 3 "
                            "points along each axis)",
                            ProjectionNames, &net->projection));
  PetscCall(KNOptionsChoice("-model_residual", "how a branch of a block is added to its input", KNResidualNames(),
                            &net->residual));
  PetscCall(
    KNModelDropoutSetFromOptions(KNResidualNames()[net->residual], (PetscBool)(net->residual == 0), &net->dropout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes R(x, W a(P n, F n) + b). */
static PetscErrorCode AddAttention(KNModel model, const Transolver *net, const char block[], KNValue *x)
{
  const char *const type = net->projection == PROJECTION_CONVOLUTION ? "convolution" : "linear";
  char              name[KN_MAX_NAME];
  KNValue           n, of[2], v;

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "layer_norm", KNModelName(block, "norm", name), 1, x, PETSC_DECIDE, &n));
  PetscCall(KNModelSetRecomputed(model, n));
  PetscCall(KNModelApplyTwin(model, type, KNModelName(block, "place", name), 1, &n, PETSC_DECIDE, &of[0]));
  PetscCall(KNModelApplyTwin(model, type, KNModelName(block, "field", name), 1, &n, PETSC_DECIDE, &of[1]));
  PetscCall(KNModelApplyTwin(model, "physics_attention", KNModelName(block, "slices", name), 2, of, PETSC_DECIDE, &v));
  PetscCall(KNModelApplyTwin(model, "linear", KNModelName(block, "output", name), 1, &v, PETSC_DECIDE, &v));
  PetscCall(
    KNModelApplyResidual(model, KNResidualNames()[net->residual], block, *x, v, KN_ACTIVATION_NONE, net->dropout, x));
  PetscCall(KNModelSetStream(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_Transolver(KNModel model)
{
  Transolver net;
  KNValue    x;

  PetscFunctionBegin;
  PetscCall(ReadOptions(&net));
  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApplyTwin(model, "linear", "lift.hidden", 1, &x, 2 * net.width, &x));
  PetscCall(KNModelApply(model, "gelu", "lift.gelu", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApplyTwin(model, "linear", "lift.output", 1, &x, net.width, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt l = 0; l < net.blocks; l++) {
    char block[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT ".attention", l));
    PetscCall(AddAttention(model, &net, block, &x));
    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT ".feed", l));
    PetscCall(KNModelApplyFeedForward(model, KNResidualNames()[net.residual], block, net.dropout, &x));
    if (l < net.blocks - 1) PetscCall(KNModelEndBlock(model));
  }
  PetscCall(KNModelApplyTwin(model, "layer_norm", "norm", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  if (model->axes == 0 && model->dim > 0) {
    PetscCall(KNModelApply(model, "mean", "mean", 1, &x, PETSC_DECIDE, &x));
    PetscCall(KNModelSetAxes(model, x, 0));
  }
  PetscCall(KNModelApplyTwin(model, "linear", "head", 1, &x, model->out, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_Transolver(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_Transolver;
  PetscFunctionReturn(PETSC_SUCCESS);
}

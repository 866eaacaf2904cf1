/*
  OFormer (Li et al. 2022, arXiv 2205.13671): linear attention over the points of the input, then attention of the
  output's points to them.

    coordinates -> lift -> L blocks -> decoder -> head (hidden layer, GELU, output)

  A block has two residual connections. With n = x, or its norm (-model_norm), each branch computes velocities v for
  positions x:

    x <- R(x, W a(q, k, v) + b)    a: linear attention (layers/linear_attention.c) of linear maps q, k, v of n, of
                                   which an instance norm acts on k and v (-model_attention galerkin) or on q and k
                                   (fourier), and a rotary embedding of the coordinates on q and k
    x <- R(x, feed-forward of n)   with a gate (GEGLU), of -model_feed_forward times as many units as channels

  R: any residual of residual.h. The norm stays outside of the stream: R sees x itself. The decoder knows the output's
  points by Fourier features of their coordinates, from which a hidden layer makes positions p; one attention of p to
  the blocks' points and one feed-forward follow, each a residual connection. The output's points may be others than the
  input's (KNModelSetQueries). An output without axes has no decoder: the mean over the points goes to the head.
*/
#include "recipe.h"
#include <kitinet/options.h>
#include <kitinet/residual.h>

typedef enum { ATTENTION_GALERKIN, ATTENTION_FOURIER } Attention;
static const char *const AttentionNames[] = {"galerkin", "fourier", NULL};
static const char *const NormNames[]      = {"none", "layer", NULL};

typedef struct {
  PetscInt  width, blocks, residual, attention, norm;
  PetscReal dropout;
} OFormer;

static PetscErrorCode ReadOptions(OFormer *net)
{
  PetscFunctionBegin;
  *net = (OFormer){.width = 64, .blocks = 4, .attention = ATTENTION_GALERKIN, .norm = 1};
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &net->width));
  PetscCall(KNOptionsInt("-model_layers", "blocks, each of attention and feed-forward", 1, 256, &net->blocks));
  PetscCall(KNOptionsChoice("-model_attention",
                            "what is normed over the points: galerkin (keys and values), fourier "
                            "(queries and keys)",
                            AttentionNames, &net->attention));
  PetscCall(KNOptionsChoice("-model_norm",
                            "what a branch reads its input through: none, layer (over the channels of a "
                            "point)",
                            NormNames, &net->norm));
  PetscCall(KNOptionsChoice("-model_residual", "how a branch of a block is added to its input", KNResidualNames(),
                            &net->residual));
  PetscCall(
    KNModelDropoutSetFromOptions(KNResidualNames()[net->residual], (PetscBool)(net->residual == 0), &net->dropout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddNorm(KNModel model, const OFormer *net, const char block[], const char part[], KNValue x,
                              KNValue *n)
{
  char name[KN_MAX_NAME];

  PetscFunctionBegin;
  *n = x;
  if (!net->norm) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNModelApplyTwin(model, "layer_norm", KNModelName(block, part, name), 1, &x, PETSC_DECIDE, n));
  PetscCall(KNModelSetRecomputed(model, *n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A map of n for one role in the attention. part: its name. */
static PetscErrorCode AddRole(KNModel model, const char block[], const char part[], PetscBool norm, PetscBool rotary,
                              KNValue n, KNValue *y)
{
  char own[KN_MAX_NAME], name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "linear", KNModelName(block, part, own), 1, &n, PETSC_DECIDE, y));
  if (norm) PetscCall(KNModelApply(model, "instance_norm", KNModelName(own, "norm", name), 1, y, PETSC_DECIDE, y));
  if (rotary) PetscCall(KNModelApply(model, "rotary", KNModelName(own, "rotary", name), 1, y, PETSC_DECIDE, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes R(x, W a(q, k, v) + b), q of x, k and v of `from`, both normed. */
static PetscErrorCode AddAttention(KNModel model, const OFormer *net, const char block[], KNValue queries, KNValue keys,
                                   KNValue *x)
{
  const PetscBool galerkin = (PetscBool)(net->attention == ATTENTION_GALERKIN);
  char            name[KN_MAX_NAME];
  KNValue         of[3], v;

  PetscFunctionBegin;
  PetscCall(AddRole(model, block, "query", (PetscBool)!galerkin, PETSC_TRUE, queries, &of[0]));
  PetscCall(AddRole(model, block, "key", PETSC_TRUE, PETSC_TRUE, keys, &of[1]));
  PetscCall(AddRole(model, block, "value", galerkin, PETSC_FALSE, keys, &of[2]));
  PetscCall(KNModelApply(model, "linear_attention", KNModelName(block, "heads", name), 3, of, PETSC_DECIDE, &v));
  PetscCall(KNModelApplyTwin(model, "linear", KNModelName(block, "output", name), 1, &v, PETSC_DECIDE, &v));
  PetscCall(
    KNModelApplyResidual(model, KNResidualNames()[net->residual], block, *x, v, KN_ACTIVATION_NONE, net->dropout, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes R(x, feed-forward of its norm). */
static PetscErrorCode AddFeedForward(KNModel model, const OFormer *net, const char block[], KNValue *x)
{
  char    name[KN_MAX_NAME];
  KNValue v;

  PetscFunctionBegin;
  PetscCall(AddNorm(model, net, block, "norm", *x, &v));
  PetscCall(KNModelApplyTwin(model, "feed_forward_gated", KNModelName(block, "units", name), 1, &v, PETSC_DECIDE, &v));
  PetscCall(
    KNModelApplyResidual(model, KNResidualNames()[net->residual], block, *x, v, KN_ACTIVATION_NONE, net->dropout, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From x at the points of the input to p at those of the output. */
static PetscErrorCode AddDecoder(KNModel model, const OFormer *net, KNValue x, KNValue *p)
{
  KNValue keys, queries;

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "fourier_features", "decoder.features", 1, &x, 2 * ((net->width + 1) / 2), p));
  PetscCall(KNModelApplyTwin(model, "linear", "decoder.hidden", 1, p, net->width, p));
  PetscCall(KNModelApply(model, "gelu", "decoder.gelu", 1, p, PETSC_DECIDE, p));
  PetscCall(KNModelApplyTwin(model, "linear", "decoder.lift", 1, p, net->width, p));
  PetscCall(AddNorm(model, net, "decoder.attention", "norm", *p, &queries));
  PetscCall(AddNorm(model, net, "decoder.attention", "keys", x, &keys));
  PetscCall(AddAttention(model, net, "decoder.attention", queries, keys, p));
  PetscCall(AddFeedForward(model, net, "decoder.feed", p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_OFormer(KNModel model)
{
  OFormer net;
  KNValue x, n;

  PetscFunctionBegin;
  PetscCall(ReadOptions(&net));
  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
  PetscCall(KNModelSetRecomputed(model, x));
  PetscCall(KNModelApplyTwin(model, "linear", "lift", 1, &x, net.width, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt l = 0; l < net.blocks; l++) {
    char block[KN_MAX_NAME];

    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT ".attention", l));
    PetscCall(AddNorm(model, &net, block, "norm", x, &n));
    PetscCall(AddAttention(model, &net, block, n, n, &x));
    PetscCall(KNModelSetStream(model, x));
    PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT ".feed", l));
    PetscCall(AddFeedForward(model, &net, block, &x));
    PetscCall(KNModelSetStream(model, x));
    if (l < net.blocks - 1) PetscCall(KNModelEndBlock(model));
  }
  if (model->axes > 0) PetscCall(AddDecoder(model, &net, x, &x));
  else if (model->dim > 0) {
    PetscCall(KNModelApply(model, "mean", "mean", 1, &x, PETSC_DECIDE, &x));
    PetscCall(KNModelSetAxes(model, x, 0));
  }
  PetscCall(KNModelApplyTwin(model, "perceptron", "head", 1, &x, model->out, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_OFormer(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_OFormer;
  model->asks  = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

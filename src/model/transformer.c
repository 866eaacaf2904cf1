/*
  The encoder of a Transformer for texts (Vaswani et al. 2017, arXiv 1706.03762; norms before the branches, Xiong et al.
  2020, arXiv 2002.04745), from a text or a pair of texts to scores of classes:

    embedding [-> convolution] -> L blocks -> norm -> mean over the words -> scores

  With -model_convolution k > 0 each word first sees its neighbours, k words in all, as in n-grams (Kim 2014, arXiv
  1408.5882): x <- R(x, GELU(W * x + b)).

  A block has two residual connections. With n = layer norm of x, each branch computes velocities v for positions x:

    x <- R(x, W a(q, k, v) + b)              a: attention among the words (layers/attention.c) of linear maps q, k, v of
                                             n; with -model_positions rotary q and k are turned by their places
    x <- R(x, W2 GELU(W1 n + b1) + b2)

  R: any residual of residual.h but transport, which streams over a grid. The norm stays outside of the stream: R sees x
  itself. A pair is one sequence of words with a separator, across which words attend to each other; the embedding tells
  them which text they belong to, with -model_shared_words which of them both texts have, and with -model_word_pairs
  which word comes next.
*/
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/residual.h>
#include <string.h>

static const char *const PositionNames[] = {"learned", "rotary", "none", NULL};

typedef struct {
  PetscInt  width, blocks, residual, positions, convolution;
  PetscReal dropout;
} Transformer;

static PetscErrorCode ReadOptions(KNModel model, Transformer *net)
{
  PetscFunctionBegin;
  *net = (Transformer){.width = 128, .blocks = 4};
  PetscCheck(model->axes == 0 || KNOptionsDeclareOnly(), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "-model_type transformer gives scores of classes, the data have fields as their output");
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &net->width));
  PetscCall(KNOptionsInt("-model_layers", "blocks, each of attention and feed-forward", 1, 256, &net->blocks));
  PetscCall(
    KNOptionsChoice("-model_positions",
                    "how a text's words know their places: learned (a vector for each place), rotary (attention "
                    "sees their distances), none",
                    PositionNames, &net->positions));
  PetscCall(
    KNOptionsInt("-model_convolution",
                 "words that a convolution joins, of an encoder before its blocks, an odd number; 0: it has none", 0,
                 63, &net->convolution));
  PetscCheck(net->convolution == 0 || net->convolution % 2, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -model_convolution is %" PetscInt_FMT ", an even number of words has no middle: give an odd one",
             net->convolution);
  PetscCall(KNOptionsChoice("-model_residual", "how a branch of a block is added to its input", KNResidualNames(),
                            &net->residual));
  PetscCheck(strcmp(KNResidualNames()[net->residual], "transport"), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_residual transport streams over a grid, texts have none: choose plain or collision");
  PetscCall(
    KNModelDropoutSetFromOptions(KNResidualNames()[net->residual], (PetscBool)(net->residual == 0), &net->dropout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A map of n for one role in the attention. part: its name. */
static PetscErrorCode AddRole(KNModel model, const char block[], const char part[], PetscBool rotary, KNValue n,
                              KNValue *y)
{
  char own[KN_MAX_NAME], name[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "linear", KNModelName(block, part, own), 1, &n, PETSC_DECIDE, y));
  if (rotary) PetscCall(KNModelApply(model, "rotary_words", KNModelName(own, "rotary", name), 1, y, PETSC_DECIDE, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes R(x, GELU(W * x + b)); behind a text's end the embedding is 0. */
static PetscErrorCode AddConvolution(KNModel model, const Transformer *net, KNValue *x)
{
  KNLayer convolution;
  KNValue v;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, "convolution", "stem.convolution", 1, x, PETSC_DECIDE, &convolution));
  PetscCall(KNLayerSetKernel(convolution, net->convolution, 1, 1, PETSC_TRUE));
  PetscCall(KNLayerSetForeign(convolution, "stem.convolution"));
  PetscCall(KNModelApplyLayer(model, convolution, 1, x, &v));
  PetscCall(KNModelApplyResidual(model, KNResidualNames()[net->residual], "stem", *x, v, KN_ACTIVATION_VELOCITY,
                                 net->dropout, x));
  PetscCall(KNModelSetStream(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes R(x, W a(q, k, v) + b). */
static PetscErrorCode AddAttention(KNModel model, const Transformer *net, const char block[], KNValue *x)
{
  const PetscBool rotary = (PetscBool)!strcmp(PositionNames[net->positions], "rotary");
  char            name[KN_MAX_NAME];
  KNValue         n, of[3], v;

  PetscFunctionBegin;
  PetscCall(KNModelApplyTwin(model, "layer_norm", KNModelName(block, "norm", name), 1, x, PETSC_DECIDE, &n));
  PetscCall(KNModelSetRecomputed(model, n));
  PetscCall(AddRole(model, block, "query", rotary, n, &of[0]));
  PetscCall(AddRole(model, block, "key", rotary, n, &of[1]));
  PetscCall(AddRole(model, block, "value", PETSC_FALSE, n, &of[2]));
  PetscCall(KNModelApply(model, "attention", KNModelName(block, "heads", name), 3, of, PETSC_DECIDE, &v));
  PetscCall(KNModelApplyTwin(model, "linear", KNModelName(block, "output", name), 1, &v, PETSC_DECIDE, &v));
  PetscCall(
    KNModelApplyResidual(model, KNResidualNames()[net->residual], block, *x, v, KN_ACTIVATION_NONE, net->dropout, x));
  PetscCall(KNModelSetStream(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_Transformer(KNModel model)
{
  Transformer net;
  KNValue     x;

  PetscFunctionBegin;
  PetscCall(ReadOptions(model, &net));
  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApplyTwin(model, "embedding", "embedding", 1, &x, net.width, &x));
  PetscCall(KNModelSetStream(model, x));
  if (net.convolution) PetscCall(AddConvolution(model, &net, &x));
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
  PetscCall(KNModelApply(model, "mean", "mean", 1, &x, PETSC_DECIDE, &x));
  PetscCall(KNModelSetAxes(model, x, 0));
  PetscCall(KNModelApplyTwin(model, "linear", "head", 1, &x, model->out, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_Transformer(KNModel model)
{
  PetscFunctionBegin;
  model->build       = KNModelBuild_Transformer;
  model->reads_texts = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

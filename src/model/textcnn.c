/*
  A convolution over the words of a text or a pair of texts, to scores of classes (Kim 2014, arXiv 1408.5882):

    embedding -> dropout -> convolution -> ReLU -> mean and largest value over the words -> dropout -> scores

  The convolution sees -model_convolution words at a time; with -model_word_pairs the embedding knows pairs of words, as
  the linear classifiers of words do that are hard to beat with few texts. There is no residual connection, hence
  nothing that could collide: a rival for the encoder (transformer.c), as small and as fast as texts allow.
*/
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/options.h>

typedef struct {
  PetscInt  width, convolution;
  PetscReal dropout;
} TextCNN;

static PetscErrorCode ReadOptions(KNModel model, TextCNN *net)
{
  PetscFunctionBegin;
  *net = (TextCNN){.width = 64, .convolution = 3};
  PetscCheck(model->axes == 0 || KNOptionsDeclareOnly(), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "-model_type textcnn gives scores of classes, the data have fields as their output");
  PetscCall(KNOptionsInt("-model_width", "channels of the residual stream", 1, 4096, &net->width));
  PetscCall(
    KNOptionsInt("-model_convolution",
                 "words that a convolution joins, of an encoder before its blocks, an odd number; 0: it has none", 0,
                 63, &net->convolution));
  PetscCheck(net->convolution % 2, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -model_convolution is %" PetscInt_FMT ": -model_type textcnn needs an odd number of words",
             net->convolution);
  PetscCall(KNModelDropoutSetFromOptions("plain", PETSC_TRUE, &net->dropout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddDropout(KNModel model, const TextCNN *net, const char name[], KNValue *x)
{
  PetscFunctionBegin;
  if (net->dropout > 0) PetscCall(KNModelApplyDropout(model, name, "-model_type textcnn", "", x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddConvolution(KNModel model, const TextCNN *net, KNValue *x)
{
  KNLayer convolution;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, "convolution", "convolution", 1, x, net->width, &convolution));
  PetscCall(KNLayerSetKernel(convolution, net->convolution, 1, 1, PETSC_TRUE));
  PetscCall(KNLayerSetForeign(convolution, "convolution"));
  PetscCall(KNModelApplyLayer(model, convolution, 1, x, x));
  PetscCall(KNModelApply(model, "relu", "relu", 1, x, PETSC_DECIDE, x));
  PetscCall(KNModelSetRecomputed(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of the vectors of all words one of twice their channels. */
static PetscErrorCode AddPooling(KNModel model, const TextCNN *net, KNValue *x)
{
  KNValue of[2];

  PetscFunctionBegin;
  PetscCall(KNModelApply(model, "mean", "mean", 1, x, PETSC_DECIDE, &of[0]));
  PetscCall(KNModelApply(model, "max", "max", 1, x, PETSC_DECIDE, &of[1]));
  for (int i = 0; i < 2; i++) PetscCall(KNModelSetAxes(model, of[i], 0));
  PetscCall(KNModelApply(model, "concatenate", "pooled", 2, of, 2 * net->width, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_TextCNN(KNModel model)
{
  TextCNN net;
  KNValue x;

  PetscFunctionBegin;
  PetscCall(ReadOptions(model, &net));
  PetscCall(KNModelGetInput(model, &x));
  PetscCall(KNModelApplyTwin(model, "embedding", "embedding", 1, &x, net.width, &x));
  PetscCall(AddDropout(model, &net, "embedding.dropout", &x));
  PetscCall(AddConvolution(model, &net, &x));
  PetscCall(AddPooling(model, &net, &x));
  PetscCall(AddDropout(model, &net, "dropout", &x));
  PetscCall(KNModelApplyTwin(model, "linear", "head", 1, &x, model->out, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_TextCNN(KNModel model)
{
  PetscFunctionBegin;
  model->build       = KNModelBuild_TextCNN;
  model->reads_texts = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

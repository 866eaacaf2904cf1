/*
  A residual network of convolutions with pre-activation (He et al. 2016, arXiv 1512.03385 and 1603.05027), of depth
  6n + 2, -model_depth: three stages of n blocks with two convolutions each, one convolution before and a linear map
  behind them. A block maps positions x to velocities v,

    h = ReLU(norm(x)),    v = convolution(ReLU(norm(convolution(h)))),    x <- R(x, v)

  R: any residual of residual.h. norm: -model_norm. Convolutions of 3 points along each axis, without bias where a norm
  follows; periodic grids go on beyond their ends, others with zeros.

  For classes the stages have 1, 2 and 4 times -model_width channels, or -model_width_2 and _3, and the second and third
  begin with a convolution of stride 2. There R(p, v) has a projection p of h, a convolution of one point and stride 2,
  in the place of x. The other shortcut of the literature, every second point and zeros in the new channels, has no
  parameters; but the zeros are positions: particles made of them all lie in one place, where no line of centres says
  how they scatter. The end is norm, ReLU, the mean over the points, and a linear map.

  For fields all blocks keep grid and channels; coordinates are channels of the input, and the end is norm, ReLU and a
  hidden layer, point by point.
*/
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/residual.h>

enum { STAGES = 3 };

typedef struct {
  PetscInt  width[STAGES], depth, residual, norm;
  PetscBool classes;
  PetscReal dropout;
  PetscInt  made; /* blocks so far: their names */
} ResNet;

enum { NORM_NONE, NORM_LAYER, NORM_GROUP, NORM_BATCH };
static const char *const NormNames[] = {"none", "layer", "group", "batch", NULL}, *const NormLayers[] = {
                                                                                    NULL, "layer_norm", "group_norm",
                                                                                    "batch_norm_relu"};

/* y = layer(x), module: of the twin in PyTorch. */
static PetscErrorCode Apply(KNModel model, const char type[], const char name[], const char module[], PetscInt channels,
                            KNValue x, KNValue *y)
{
  KNLayer layer;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, type, name, 1, &x, channels, &layer));
  PetscCall(KNLayerSetForeign(layer, module));
  PetscCall(KNModelApplyLayer(model, layer, 1, &x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* h = ReLU(norm(x)), number: of the activation in its block, 0: that of the end. */
static PetscErrorCode AddActivation(KNModel model, const ResNet *net, const char block[], const char module[],
                                    int number, KNValue x, KNValue *h)
{
  const PetscBool twin = (PetscBool)(net->norm == NORM_BATCH || net->norm == NORM_GROUP);
  char            part[KN_MAX_NAME], name[KN_MAX_NAME], bn[KN_MAX_NAME] = "bn";

  PetscFunctionBegin;
  *h = x;
  if (number) PetscCall(PetscSNPrintf(bn, sizeof(bn), "%s.bn%d", module, number));
  if (net->norm) {
    PetscCall(PetscSNPrintf(part, sizeof(part), number ? "norm%d" : "norm", number));
    PetscCall(Apply(model, NormLayers[net->norm], KNModelName(block, part, name), twin ? bn : "", PETSC_DECIDE, *h, h));
    PetscCall(KNModelSetRecomputed(model, *h));
  }
  if (net->norm == NORM_BATCH) PetscFunctionReturn(PETSC_SUCCESS); /* with the ReLU */
  PetscCall(PetscSNPrintf(part, sizeof(part), number ? "relu%d" : "relu", number));
  PetscCall(KNModelApply(model, "relu", KNModelName(block, part, name), 1, h, PETSC_DECIDE, h));
  PetscCall(KNModelSetRecomputed(model, *h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddConvolution(KNModel model, const ResNet *net, const char name[], const char module[],
                                     PetscInt size, PetscInt stride, PetscInt channels, KNValue x, KNValue *y)
{
  KNLayer convolution;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, "convolution", name, 1, &x, channels, &convolution));
  PetscCall(KNLayerSetKernel(convolution, size, stride, 1, (PetscBool)!net->norm));
  PetscCall(KNLayerSetForeign(convolution, module));
  PetscCall(KNModelApplyLayer(model, convolution, 1, &x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* x becomes the next one. stage, n: of the block in its stage. */
static PetscErrorCode AddBlock(KNModel model, ResNet *net, PetscInt stage, PetscInt n, KNValue *x)
{
  const PetscInt channels = net->width[stage], stride = net->classes && stage && !n ? 2 : 1;
  char           block[KN_MAX_NAME], module[KN_MAX_NAME], name[KN_MAX_NAME], foreign[KN_MAX_NAME];
  KNValue        h, v, position = *x;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(block, sizeof(block), "block%" PetscInt_FMT, net->made++));
  PetscCall(PetscSNPrintf(module, sizeof(module), "layer%" PetscInt_FMT ".%" PetscInt_FMT, stage + 1, n));
  PetscCall(AddActivation(model, net, block, module, 1, *x, &h));
  if (stride > 1)
    PetscCall(AddConvolution(model, net, KNModelName(block, "shortcut", name), KNModelName(module, "shortcut", foreign),
                             1, stride, channels, h, &position));
  PetscCall(AddConvolution(model, net, KNModelName(block, "convolution1", name), KNModelName(module, "conv1", foreign),
                           3, stride, channels, h, &v));
  PetscCall(KNModelSetInner(model, v));
  PetscCall(AddActivation(model, net, block, module, 2, v, &v));
  PetscCall(AddConvolution(model, net, KNModelName(block, "convolution2", name), KNModelName(module, "conv2", foreign),
                           3, 1, channels, v, &v));
  PetscCall(KNModelApplyResidual(model, KNResidualNames()[net->residual], block, position, v, KN_ACTIVATION_NONE,
                                 net->dropout, x));
  if (stride > 1) PetscCall(KNModelEndStream(model));
  PetscCall(KNModelSetStream(model, *x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Channels of the stages. */
static PetscErrorCode ReadWidths(ResNet *net)
{
  static const char *const option[STAGES] = {"-model_width", "-model_width_2", "-model_width_3"};

  PetscFunctionBegin;
  net->width[0] = 16;
  PetscCall(KNOptionsInt(option[0],
                         "channels of the residual stream, of a network for classes in the first of three stages", 1,
                         4096, &net->width[0]));
  for (PetscInt stage = 1; stage < STAGES; stage++) {
    PetscInt given = 0;

    PetscCall(KNOptionsInt(option[stage],
                           stage == 1 ? "of a network for classes: channels in the second stage; 0: 2 -model_width"
                                      : "of a network for classes: channels in the third stage; 0: 4 -model_width",
                           0, 16384, &given));
    PetscCheck(net->classes || !given, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "option %s is for networks whose output is a class: of fields all stages have -model_width channels",
               option[stage]);
    net->width[stage] = given ? given : net->classes ? net->width[0] << stage : net->width[0];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReadOptions(KNModel model, ResNet *net)
{
  PetscFunctionBegin;
  *net = (ResNet){.depth = 20, .norm = NORM_BATCH, .classes = (PetscBool)(model->axes == 0)};
  PetscCall(ReadWidths(net));
  PetscCall(
    KNOptionsInt("-model_depth", "number of convolutions and linear maps in a row, 6n + 2", 8, 1538, &net->depth));
  PetscCheck((net->depth - 2) % (2 * STAGES) == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -model_depth is %" PetscInt_FMT ", three stages of blocks need 6n + 2: give 8, 14, 20, 26, 32 ..",
             net->depth);
  PetscCall(KNOptionsChoice("-model_norm",
                            "normalisation of a convolution's input, before the ReLU: none, layer (over the channels "
                            "of a point), group (over groups of channels and all points), batch (over each channel of "
                            "a micro-batch; running statistics outside training)",
                            NormNames, &net->norm));
  PetscCall(KNOptionsChoice("-model_residual", "how a block is added to its input", KNResidualNames(), &net->residual));
  PetscCall(
    KNModelDropoutSetFromOptions(KNResidualNames()[net->residual], (PetscBool)(net->residual == 0), &net->dropout));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddHead(KNModel model, const ResNet *net, KNValue x)
{
  PetscFunctionBegin;
  PetscCall(AddActivation(model, net, "final", "", 0, x, &x));
  if (!net->classes) {
    PetscCall(KNModelApplyHead(model, x));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (model->dim > 0) {
    PetscCall(KNModelApply(model, "mean", "mean", 1, &x, PETSC_DECIDE, &x));
    PetscCall(KNModelSetAxes(model, x, 0));
  }
  PetscCall(Apply(model, "linear", "head", "fc", model->out, x, &x));
  PetscCall(KNModelSetOutput(model, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModelBuild_ResNet(KNModel model)
{
  ResNet  net;
  KNValue x;

  PetscFunctionBegin;
  PetscCall(ReadOptions(model, &net));
  PetscCall(KNModelGetInput(model, &x));
  if (!net.classes) {
    PetscCall(KNModelApply(model, "coordinates", "coordinates", 1, &x, model->in + model->dim, &x));
    PetscCall(KNModelSetRecomputed(model, x));
  }
  PetscCall(AddConvolution(model, &net, "stem", "conv1", 3, 1, net.width[0], x, &x));
  PetscCall(KNModelSetStream(model, x));
  for (PetscInt stage = 0; stage < STAGES; stage++) {
    for (PetscInt n = 0; n < (net.depth - 2) / (2 * STAGES); n++) {
      PetscCall(AddBlock(model, &net, stage, n, &x));
      if (stage < STAGES - 1 || n < (net.depth - 2) / (2 * STAGES) - 1) PetscCall(KNModelEndBlock(model));
    }
  }
  PetscCall(AddHead(model, &net, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelCreate_ResNet(KNModel model)
{
  PetscFunctionBegin;
  model->build = KNModelBuild_ResNet;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The model object: registry, life cycle, and what all recipes share. */
#include "recipe.h"
#include <kitinet/error.h>
#include <kitinet/memory.h>
#include <kitinet/options.h>
#include <omp.h>
#include <petscviewer.h>

#define KN_MODEL(name, Suffix) PetscErrorCode KNModelCreate_##Suffix(KNModel);
#include "model_list.h"
#undef KN_MODEL

static const char *const names[] = {
#define KN_MODEL(name, Suffix) #name,
#include "model_list.h"
#undef KN_MODEL
  NULL};

static PetscErrorCode (*const constructor[])(KNModel) = {
#define KN_MODEL(name, Suffix) KNModelCreate_##Suffix,
#include "model_list.h"
#undef KN_MODEL
};

const char *const *KNModelNames(void)
{
  return names;
}

PetscErrorCode KNModelCreateFromOptions(KNModel *model)
{
  PetscInt type = 0;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Model"));
  PetscCall(KNOptionsChoice("-model_type", "recipe of the network", names, &type));
  PetscCall(PetscNew(model));
  PetscCall(PetscStrncpy((*model)->type, names[type], sizeof((*model)->type)));
  (*model)->comm = PETSC_COMM_SELF;
  PetscCall(constructor[type](*model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelDestroy(KNModel *model)
{
  PetscFunctionBegin;
  if (!*model) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNProgramReset(&(*model)->program));
  PetscCall(KNFree(&(*model)->memory));
  PetscCall(PetscFree((*model)->value));
  PetscCall(PetscFree((*model)->step));
  PetscCall(PetscFree((*model)->read));
  for (PetscInt i = 0; i < (*model)->nlayers; i++) PetscCall(KNLayerDestroy(&(*model)->layer[i]));
  PetscCall(PetscFree((*model)->layer));
  PetscCall(PetscFree((*model)->offset));
  PetscCall(KNParametersDestroy(&(*model)->parameters));
  PetscCall(PetscFree(*model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetChannels(KNModel model, PetscInt dim, PetscInt in, PetscInt out)
{
  PetscFunctionBegin;
  model->dim  = dim;
  model->in   = in;
  model->out  = out;
  model->axes = dim;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetOutputAxes(KNModel model, PetscInt axes)
{
  PetscFunctionBegin;
  PetscCheck(axes == 0 || axes == model->dim, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the output has %" PetscInt_FMT " axes, the input %" PetscInt_FMT ": a network %s gives as many, or none",
             axes, model->dim, model->type);
  model->axes = axes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetTokens(KNModel model, PetscInt longest)
{
  PetscFunctionBegin;
  model->longest = longest;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetRecompute(KNModel model, PetscInt blocks)
{
  PetscFunctionBegin;
  model->recompute = blocks;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetFromOptions(KNModel model)
{
  PetscFunctionBegin;
  if (KNOptionsDeclareOnly()) model->longest = model->reads_texts ? 1 : 0; /* -help: there are no data */
  PetscCheck(model->reads_texts || !model->longest, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_type %s reads fields, the data have texts: choose another network (-help lists all)", model->type);
  PetscCheck(!model->reads_texts || model->longest, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-model_type %s reads texts, the data have fields: choose another network (-help lists them)",
             model->type);
  PetscCall(model->build(model));
  PetscCheck(model->result, PETSC_COMM_SELF, PETSC_ERR_PLIB, "recipe %s names no output", model->type);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetComm(KNModel model, MPI_Comm comm)
{
  PetscFunctionBegin;
  model->comm = comm;
  for (PetscInt i = 0; i < model->nlayers; i++) PetscCall(KNLayerSetComm(model->layer[i], comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetUp(KNModel model, PetscInt64 seed)
{
  PetscInt *first; /* parameter of each layer */

  PetscFunctionBegin;
  PetscCall(KNParametersCreate(&model->parameters));
  PetscCall(PetscMalloc1((size_t)model->nlayers + 1, &model->offset));
  PetscCall(PetscMalloc1((size_t)model->nlayers + 1, &first));
  PetscCall(KNModelSpreadRoles(model));
  for (PetscInt i = 0; i < model->nlayers; i++) {
    PetscCall(KNParametersGetCount(model->parameters, &first[i]));
    PetscCall(KNLayerSetUp(model->layer[i], model->parameters));
  }
  PetscCall(KNParametersGetCount(model->parameters, &first[model->nlayers]));
  PetscCall(KNParametersSetUp(model->parameters, seed));
  for (PetscInt i = 0; i <= model->nlayers; i++)
    PetscCall(KNParametersGetOffset(model->parameters, first[i], &model->offset[i]));
  PetscCall(PetscFree(first));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetQueries(KNModel model, const KNGrid *grid)
{
  PetscFunctionBegin;
  PetscCheck(model->asks || !grid, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "a network %s gives its output on the grid of its input: for another grid choose -model_type oformer",
             model->type);
  model->queries = grid ? *grid : (KNGrid){.dim = 0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNModelTakesQueries(KNModel model)
{
  return model->asks;
}

/* Elements of the program's arrays. */
static size_t MemorySize(KNModel model)
{
  return (size_t)model->samples * model->program.room + (size_t)model->threads * model->program.scratch;
}

/*
  Texts of other lengths are planned for again and again: memory that is large enough stays. real: false where only the
  need is found out.
*/
static PetscErrorCode MakeMemory(KNModel model, PetscBool real)
{
  const size_t size = MemorySize(model);
  KNReal      *probe;

  PetscFunctionBegin;
  if (!real) {
    PetscCall(KNMalloc(size, sizeof(KNReal), &probe));
    PetscCall(KNFree(&probe));
  } else if (!model->memory || size > model->capacity) {
    PetscCall(KNFree(&model->memory));
    PetscCall(KNMalloc(size, sizeof(KNReal), &model->memory));
    model->capacity = size;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetGrid(KNModel model, const KNGrid *grid, PetscInt samples, PetscBool training, PetscBool real)
{
  PetscMPIInt ranks;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(model->comm, &ranks));
  PetscCheck(ranks == 1 || KNGridWhole(grid, 0) >= ranks, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -ranks_per_sample is %d, the grid has %" PetscInt_FMT
             " points along its first axis: give at most that",
             ranks, KNGridWhole(grid, 0));
  PetscCheck(grid->dim == model->dim, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "the data have %" PetscInt_FMT " axes, the network %" PetscInt_FMT, grid->dim, model->dim);
  model->grid     = *grid;
  model->samples  = samples;
  model->training = training;
  model->threads  = omp_get_max_threads();
  PetscCall(KNModelPlanSteps(model));
  PetscCall(KNProgramReset(&model->program));
  PetscCall(KNProgramBuild(model, training, &model->program));
  PetscCall(MakeMemory(model, real));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelPlanGrid(KNModel model, const KNGrid *grid, PetscInt samples, PetscBool training)
{
  PetscErrorCode code;

  PetscFunctionBegin;
  KNMemoryReserve(PETSC_TRUE);
  code = SetGrid(model, grid, samples, training, PETSC_FALSE);
  KNMemoryReserve(PETSC_FALSE);
  PetscCall(code);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetGrid(KNModel model, const KNGrid *grid, PetscInt samples, PetscBool training)
{
  size_t  activations, parameters;
  KNReal *gradient, *moment[2];

  PetscFunctionBegin;
  PetscCall(KNModelPlanGrid(model, grid, samples, training));
  PetscCall(KNModelGetCost(model, NULL, NULL, &activations));
  PetscCall(KNParametersGetBlocks(model->parameters, &parameters, NULL, NULL, NULL, NULL));
  model->held = PetscMax(model->held, training ? 4 : 1);
  parameters *= (size_t)model->held * sizeof(KNReal);
  /* slabs differ */
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &activations, 1, MPI_UNSIGNED_LONG, MPI_MAX, model->comm));
  PetscCheck(
    activations <= KNMemoryGetLimit() - PetscMin(parameters, KNMemoryGetLimit()), PETSC_COMM_WORLD, KN_ERR_USAGE,
    "%" PetscInt_FMT " samples at a time need %.1f MiB for activations and %.1f MiB for parameters, a rank may take "
    "%.1f MiB here: lower -train_microbatch (evaluate: -evaluate_batch, predict: -predict_batch), the "
    "network's size, or the number of ranks on a node, or train with -train_recompute 1",
    samples, (double)activations / 1048576.0, (double)parameters / 1048576.0, (double)KNMemoryGetLimit() / 1048576.0);
  PetscCall(SetGrid(model, grid, samples, training, PETSC_TRUE));
  /* now, that no step allocates */
  if (training) PetscCall(KNParametersGetBlocks(model->parameters, NULL, NULL, &gradient, &moment[0], &moment[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelForward(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y)
{
  PetscFunctionBegin;
  PetscCheck(pass->samples <= model->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "a batch of %" PetscInt_FMT " samples, planned for %" PetscInt_FMT, pass->samples, model->samples);
  if (pass->samples) PetscCall(KNModelRunForward(model, pass, x, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelBackward(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy, KNReal *dx)
{
  PetscFunctionBegin;
  PetscCheck(model->training, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "KNModelBackward() after KNModelSetGrid() without training");
  PetscCall(KNParametersGetBlocks(model->parameters, &model->complete, NULL, NULL, NULL, NULL));
  model->failed = PETSC_SUCCESS;
  if (pass->samples) PetscCall(KNModelRunBackward(model, pass, x, dy, dx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetObserved(KNModel model, PetscBool observed)
{
  PetscFunctionBegin;
  model->observed = observed;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetSite(KNModel model, PetscInt l, PetscInt b, PetscInt *width, size_t *points, const KNReal **x)
{
  PetscFunctionBegin;
  PetscCheck(model->training && model->observed, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "KNModelGetSite() of a model that does not keep its sites");
  PetscCheck(l >= 0 && l < model->nsites && b >= 0 && b < model->samples, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "no x_%" PetscInt_FMT " of sample %" PetscInt_FMT ": there are %" PetscInt_FMT ", of %" PetscInt_FMT
             " samples",
             l, b, model->nsites, model->samples);
  *width  = model->value[model->read[l]].channels;
  *points = KNGridSize(&model->value[model->read[l]].grid);
  *x      = model->memory + (size_t)b * model->program.room + model->program.site[l].at;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetGradientsDone(KNModel model, PetscErrorCode (*done)(void *context, size_t offset),
                                       void   *context)
{
  PetscFunctionBegin;
  model->done         = done;
  model->done_context = context;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNModelGradientsWait(KNModel model)
{
  if (model->done && !model->failed) model->failed = model->done(model->done_context, model->complete);
}

PetscErrorCode KNModelGetParameters(KNModel model, KNParameters *parameters)
{
  PetscFunctionBegin;
  *parameters = model->parameters;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetProperties(KNModel model, KNLayerProperties *properties)
{
  PetscFunctionBegin;
  *properties = (KNLayerProperties){.particle = 0};
  for (PetscInt i = 0; i < model->nlayers; i++) {
    KNLayerProperties own;

    PetscCall(KNLayerGetProperties(model->layer[i], &own));
    properties->draws_in_training   = (PetscBool)(properties->draws_in_training || own.draws_in_training);
    properties->draws_in_evaluation = (PetscBool)(properties->draws_in_evaluation || own.draws_in_evaluation);
    properties->drops               = (PetscBool)(properties->drops || own.drops);
    properties->carries             = (PetscBool)(properties->carries || own.carries);
    properties->particle            = PetscMax(properties->particle, own.particle);
    properties->streams             = PetscMax(properties->streams, own.streams);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetLayers(KNModel model, PetscInt *count, const KNLayer **layers)
{
  PetscFunctionBegin;
  *count  = model->nlayers;
  *layers = model->layer;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetCost(KNModel model, PetscLogDouble *forward, PetscLogDouble *backward, size_t *bytes)
{
  PetscFunctionBegin;
  if (forward) *forward = 0;
  if (backward) *backward = model->program.again;
  if (bytes) *bytes = MemorySize(model) * sizeof(KNReal);
  for (PetscInt i = 0; i < model->nlayers; i++) {
    PetscLogDouble f, b;
    size_t         workspace;

    PetscCall(KNLayerGetCost(model->layer[i], &f, &b, &workspace));
    if (forward) *forward += f;
    if (backward) *backward += b;
    if (bytes) *bytes += workspace;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetTraffic(KNModel model, size_t *forward, size_t *backward)
{
  PetscFunctionBegin;
  *forward = *backward = 0;
  for (PetscInt i = 0; i < model->nlayers; i++) {
    size_t f, b;

    PetscCall(KNLayerGetTraffic(model->layer[i], &f, &b));
    *forward += f;
    *backward += b;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelView(KNModel model, PetscViewer viewer)
{
  size_t total, state;
  char   text[64] = "";

  PetscFunctionBegin;
  PetscCall(KNParametersGetTotal(model->parameters, &total));
  PetscCall(KNParametersGetState(model->parameters, NULL, &state));
  if (state) PetscCall(PetscSNPrintf(text, sizeof(text), " and %zu numbers of state", state));
  PetscCall(PetscViewerASCIIPrintf(
    viewer, "model %s: %" PetscInt_FMT " -> %" PetscInt_FMT " channels in %" PetscInt_FMT "D, %zu parameters%s\n",
    model->type, model->in, model->out, model->dim, total, text));
  PetscCall(PetscViewerASCIIPushTab(viewer));
  for (PetscInt i = 0; i < model->nlayers; i++) PetscCall(KNLayerView(model->layer[i], viewer));
  PetscCall(PetscViewerASCIIPopTab(viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

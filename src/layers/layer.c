/*
  The layer object: registry, life cycle, checks, log events. The sweeps are in layer_sweep.c. What a layer computes
  stands in its own file.

  Every call that can be checked for all types alike is checked here, so that the types need not: order of calls,
  channels, batch size, insert mode. One pair of log events for each type counts time and FLOPs (-log_view).
*/
#include "layer_impl.h"
#include <kitinet/error.h>
#include <kitinet/threads.h>
#include <omp.h>

/* Declare, then register: layer_list.h is the only list of layers. */
#define KN_LAYER(name, Suffix) PETSC_INTERN PetscErrorCode KNLayerCreate_##Suffix(KNLayer);
#include "layer_list.h"
#undef KN_LAYER

#define KN_LAYER(name, Suffix) #name,
static const char *const names[] = {
#include "layer_list.h"
  NULL};
#undef KN_LAYER

#define KN_LAYER(name, Suffix) KNLayerCreate_##Suffix,
static PetscErrorCode (*const create[])(KNLayer) = {
#include "layer_list.h"
};
#undef KN_LAYER

static struct {
  PetscClassId  id;
  PetscLogEvent event[PETSC_STATIC_ARRAY_LENGTH(create)][2]; /* forward, backward */
} profile;

const char *const *KNLayerNames(void)
{
  return names;
}

/*
  Once: the log events; and BLAS with one thread, since OpenMP divides the samples above it and since results must not
  depend on how BLAS divides a product.
*/
static PetscErrorCode KNLayerInitialize(void)
{
  char event[KN_MAX_NAME];

  PetscFunctionBegin;
  if (profile.id) PetscFunctionReturn(PETSC_SUCCESS);
  KNThreadsLimitBLAS();
  PetscCall(PetscClassIdRegister("Layer", &profile.id));
  for (size_t i = 0; names[i]; i++) {
    PetscCall(PetscSNPrintf(event, sizeof(event), "%s", names[i]));
    PetscCall(PetscLogEventRegister(event, profile.id, &profile.event[i][0]));
    PetscCall(PetscSNPrintf(event, sizeof(event), "%s back", names[i]));
    PetscCall(PetscLogEventRegister(event, profile.id, &profile.event[i][1]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerCreate(const char type[], const char name[], PetscInt number, KNLayer *layer)
{
  KNLayer   l;
  size_t    i     = 0;
  PetscBool found = PETSC_FALSE;

  PetscFunctionBegin;
  *layer = NULL;
  PetscCall(KNLayerInitialize());
  for (; names[i]; i++) {
    PetscCall(PetscStrcmp(names[i], type, &found));
    if (found) break;
  }
  PetscCheck(found, PETSC_COMM_SELF, PETSC_ERR_ARG_UNKNOWN_TYPE, "there is no layer \"%s\"; layer_list.h names all",
             type);
  PetscCall(PetscNew(&l));
  PetscCall(PetscStrncpy(l->type, type, sizeof(l->type)));
  PetscCall(PetscStrncpy(l->name, name, sizeof(l->name)));
  l->number   = number;
  l->inputs   = 1;
  l->comm     = PETSC_COMM_SELF;
  l->out      = PETSC_DECIDE;
  l->kernel   = 3;
  l->stride   = 1;
  l->groups   = 1;
  l->biased   = PETSC_TRUE;
  l->event[0] = profile.event[i][0];
  l->event[1] = profile.event[i][1];
  PetscCall(create[i](l));
  *layer = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerDestroy(KNLayer *layer)
{
  PetscFunctionBegin;
  if (!*layer) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*layer)->ops.destroy) PetscCall((*layer)->ops.destroy(*layer));
  PetscCall(PetscFree(*layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetChannels(KNLayer layer, PetscInt dim, PetscInt in, PetscInt out)
{
  PetscFunctionBegin;
  PetscCheck(dim >= 0 && dim <= KN_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "layer %s on a grid of %" PetscInt_FMT " axes", layer->name, dim);
  PetscCheck(dim >= layer->axes, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "layer %s (%s) needs a grid of at least %" PetscInt_FMT " axes, the data have %" PetscInt_FMT ": choose "
             "another "
             "network",
             layer->name, layer->type, layer->axes, dim);
  PetscCheck(in > 0 && (out > 0 || out == PETSC_DECIDE), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "layer %s from %" PetscInt_FMT " to %" PetscInt_FMT " channels", layer->name, in, out);
  layer->dim = dim;
  layer->in  = in;
  layer->out = out;
  for (PetscInt i = 0; i < KN_MAX_INPUTS; i++) layer->channels[i] = in;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetInput(KNLayer layer, PetscInt i, PetscInt channels)
{
  PetscFunctionBegin;
  PetscCheck(i >= 0 && i < layer->inputs && channels > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "layer %s has no input %" PetscInt_FMT " of %" PetscInt_FMT " channels", layer->name, i, channels);
  layer->channels[i] = channels;
  layer->in          = layer->channels[0];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetRoles(KNLayer layer, KNRole in, KNRole out, PetscInt site)
{
  PetscFunctionBegin;
  layer->role[0] = in;
  layer->role[1] = out;
  layer->site    = site;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetSets(KNLayer layer, PetscInt reads, PetscInt writes)
{
  PetscFunctionBegin;
  layer->reads  = reads;
  layer->writes = writes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetForwardOnly(KNLayer layer, PetscBool only)
{
  PetscFunctionBegin;
  layer->forward_only = only;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetForeign(KNLayer layer, const char module[])
{
  PetscFunctionBegin;
  PetscCall(PetscStrncpy(layer->foreign, module, sizeof(layer->foreign)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetCoarsening(KNLayer layer, PetscInt level)
{
  PetscFunctionBegin;
  layer->level = level;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetLongest(KNLayer layer, PetscInt words)
{
  PetscFunctionBegin;
  layer->longest = words;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetQueries(KNLayer layer, const KNGrid *grid)
{
  PetscFunctionBegin;
  layer->queries = grid ? *grid : (KNGrid){.dim = 0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetKernel(KNLayer layer, PetscInt size, PetscInt stride, PetscInt groups, PetscBool bias)
{
  PetscFunctionBegin;
  PetscCheck(layer->convolves, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "a %s layer (%s) is no convolution: it has no kernel", layer->type, layer->name);
  PetscCheck(size % 2 == 1 && size > 0 && size < 64 && (stride == 1 || stride == 2) && groups > 0, PETSC_COMM_SELF,
             PETSC_ERR_ARG_OUTOFRANGE,
             "layer %s: kernel %" PetscInt_FMT ", stride %" PetscInt_FMT ", %" PetscInt_FMT " groups", layer->name,
             size, stride, groups);
  layer->kernel = size;
  layer->stride = stride;
  layer->groups = groups;
  layer->biased = bias;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetActivation(KNLayer layer, KNActivation activation)
{
  PetscFunctionBegin;
  PetscCheck(layer->residual, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "a %s layer (%s) is no residual: it has no activation to choose", layer->type, layer->name);
  layer->activation = activation;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetFromOptions(KNLayer layer)
{
  PetscFunctionBegin;
  if (layer->ops.setfromoptions) PetscCall(layer->ops.setfromoptions(layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetComm(KNLayer layer, MPI_Comm comm)
{
  PetscFunctionBegin;
  layer->comm = comm;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetUp(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  PetscCheck(layer->in > 0, PETSC_COMM_SELF, PETSC_ERR_ORDER,
             "layer %s: KNLayerSetChannels() comes before KNLayerSetUp()", layer->name);
  for (PetscInt i = 1; i < layer->inputs && !layer->differs; i++)
    PetscCheck(layer->channels[i] == layer->in, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
               "layer %s (%s): input %" PetscInt_FMT " has %" PetscInt_FMT " channels, the first %" PetscInt_FMT,
               layer->name, layer->type, i, layer->channels[i], layer->in);
  layer->properties.carries = (PetscBool)(layer->residual && layer->activation != KN_ACTIVATION_RESULT);
  PetscCall(layer->ops.setup(layer, parameters));
  PetscCheck(layer->out > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "a %s layer (%s) needs its number of output channels", layer->type, layer->name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerDeclare(KNLayer layer, KNParameters parameters, KNParameterInfo info, KNReal **value,
                              KNReal **gradient)
{
  char part[KN_MAX_NAME], foreign[KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(part, info.name, sizeof(part)));
  PetscCall(PetscSNPrintf(info.name, sizeof(info.name), "%s.%s", layer->name, part));
  PetscCall(PetscStrncpy(foreign, info.foreign[0] ? info.foreign : part, sizeof(foreign)));
  info.foreign[0] = 0;
  if (layer->foreign[0]) PetscCall(PetscSNPrintf(info.foreign, sizeof(info.foreign), "%s.%s", layer->foreign, foreign));
  info.site   = layer->site;
  info.reads  = layer->reads;
  info.writes = layer->writes;
  PetscCall(KNParametersDeclare(parameters, &info, value, gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerKeepChannels(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  if (layer->out == PETSC_DECIDE) layer->out = layer->in;
  PetscCheck(layer->out == layer->in, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ, "layer %s: %s keeps the number of channels",
             layer->name, layer->type);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNGridExtents(const KNGrid *grid, size_t n[KN_MAX_DIM])
{
  for (PetscInt a = 0; a < KN_MAX_DIM; a++) n[a] = 1;
  for (PetscInt a = 0; a < grid->dim; a++) n[KN_MAX_DIM - grid->dim + a] = (size_t)grid->n[a];
}

PetscErrorCode KNLayerNeedWhole(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCheck(!layer->grid_in.whole, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "layer %s (%s) needs whole samples: leave -ranks_per_sample out", layer->name, layer->type);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerSetGrid(KNLayer layer, const KNGrid *grid, PetscInt samples)
{
  KNGrid grids[KN_MAX_INPUTS];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < KN_MAX_INPUTS; i++) grids[i] = *grid;
  PetscCall(KNLayerSetGrids(layer, grids, samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool SameGrid(const KNGrid *a, const KNGrid *b)
{
  return (PetscBool)(a->dim == b->dim && a->n[0] == b->n[0] && a->n[1] == b->n[1] && a->n[2] == b->n[2] &&
                     a->points == b->points && a->whole == b->whole && a->first == b->first);
}

PetscErrorCode KNLayerSetGrids(KNLayer layer, const KNGrid grids[], PetscInt samples)
{
  PetscFunctionBegin;
  PetscCheck(layer->out > 0, PETSC_COMM_SELF, PETSC_ERR_ORDER, "layer %s: KNLayerSetUp() comes before KNLayerSetGrid()",
             layer->name);
  PetscCheck(grids[0].dim == layer->dim, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
             "layer %s of %" PetscInt_FMT " axes on a grid of %" PetscInt_FMT, layer->name, layer->dim, grids[0].dim);
  PetscCheck(samples > 0, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "layer %s planned for %" PetscInt_FMT " samples",
             layer->name, samples);
  for (PetscInt i = 0; i < layer->inputs; i++) {
    PetscCheck(layer->regrids || SameGrid(&grids[i], &grids[0]), PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
               "layer %s (%s) needs the same grid for all inputs, that of input %" PetscInt_FMT " differs", layer->name,
               layer->type, i);
    layer->grid[i] = grids[i];
  }
  layer->grid_in = layer->grid_out = grids[0];
  layer->samples                   = samples;
  layer->threads                   = omp_get_max_threads();
  layer->flops[0] = layer->flops[1] = 0;
  layer->traffic[0] = layer->traffic[1] = 0;
  layer->bytes                          = 0;
  layer->traits.identity                = PETSC_FALSE;
  PetscCall(layer->ops.setgrid(layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetSizes(KNLayer layer, PetscInt *inputs, PetscInt *in, PetscInt *out, KNGrid *grid_in,
                               KNGrid *grid_out)
{
  PetscFunctionBegin;
  if (inputs) *inputs = layer->inputs;
  if (in) *in = layer->in;
  if (out) *out = layer->out;
  if (grid_in) *grid_in = layer->grid_in;
  if (grid_out) *grid_out = layer->grid_out;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetInput(KNLayer layer, PetscInt i, PetscInt *channels, KNGrid *grid)
{
  PetscFunctionBegin;
  PetscCheck(i >= 0 && i < layer->inputs, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "layer %s has no input %" PetscInt_FMT, layer->name, i);
  if (channels) *channels = layer->channels[i];
  if (grid) *grid = layer->grid[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetCost(KNLayer layer, PetscLogDouble *forward, PetscLogDouble *backward, size_t *bytes)
{
  PetscFunctionBegin;
  if (forward) *forward = layer->flops[0];
  if (backward) *backward = layer->flops[1];
  if (bytes) *bytes = layer->bytes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetTraffic(KNLayer layer, size_t *forward, size_t *backward)
{
  PetscFunctionBegin;
  *forward  = layer->traffic[0];
  *backward = layer->traffic[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetName(KNLayer layer, const char **type, const char **name)
{
  PetscFunctionBegin;
  if (type) *type = layer->type;
  if (name) *name = layer->name;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetTraits(KNLayer layer, KNLayerTraits *traits)
{
  PetscFunctionBegin;
  *traits          = layer->traits;
  traits->joins    = (PetscBool)(layer->ops.join || layer->ops.join_back);
  traits->finishes = (PetscBool)(layer->ops.finish_back != NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerGetProperties(KNLayer layer, KNLayerProperties *properties)
{
  PetscFunctionBegin;
  *properties = layer->properties;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNLayerView(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(PetscViewerASCIIPrintf(viewer, "%-24s %-12s %4" PetscInt_FMT " -> %" PetscInt_FMT, layer->name, layer->type,
                                   layer->in, layer->out));
  if (layer->ops.view) PetscCall(layer->ops.view(layer, viewer));
  PetscCall(PetscViewerASCIIPrintf(viewer, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The layers of the network, one by one, on micro-batches of random fields.

  Layers of the same type, channels, grid and parameters do the same work: the first of them is timed. Bytes that must
  move, each once: forward reads inputs and parameters and writes the output; backward reads inputs, parameters and the
  output's gradient, and reads and writes the gradients of inputs and parameters, to which it adds.
*/
#include "bench.h"

typedef struct {
  KNBenchLayers owner;
  KNLayer       layer; /* not owned */
} Timed;

struct _KNBenchLayers {
  KNPass   pass;
  PetscInt count;
  Timed   *timed; /* (count) */
  /* as large as the largest input of any layer; those that no layer has NULL */
  KNReal       *in[KN_MAX_INPUTS], *din[KN_MAX_INPUTS];
  const KNReal *fields[KN_MAX_INPUTS]; /* in */
  KNReal       *out, *dout;
};

static PetscErrorCode RunForward(void *context)
{
  const Timed *timed = context;

  PetscFunctionBegin;
  PetscCall(KNLayerForward(timed->layer, &timed->owner->pass, timed->owner->fields, timed->owner->out, INSERT_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunBackward(void *context)
{
  const Timed *timed = context;

  PetscFunctionBegin;
  PetscCall(
    KNLayerBackward(timed->layer, &timed->owner->pass, timed->owner->fields, timed->owner->dout, timed->owner->din));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Channels of input i of a layer: 0 of words, which are no field. */
static PetscErrorCode GetChannels(const KNBench *bench, KNLayer layer, PetscInt i, PetscInt *channels, KNGrid *grid)
{
  const KNLayer *layers;
  PetscInt       count;

  PetscFunctionBegin;
  PetscCall(KNLayerGetInput(layer, i, channels, grid));
  PetscCall(KNModelGetLayers(bench->model, &count, &layers));
  if (bench->words && layer == layers[0]) *channels = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Elements of a layer's inputs (all fields), output and parameters; parameters: those that bear its name. */
static PetscErrorCode CountElements(const KNBench *bench, KNLayer layer, KNParameters parameters, size_t *in,
                                    size_t *out, size_t *weights)
{
  const PetscInt samples = bench->microbatch;
  const char    *name;
  size_t         length;
  PetscInt       inputs, Ci, Co, count;
  KNGrid         grid_in, grid_out;

  PetscFunctionBegin;
  PetscCall(KNLayerGetName(layer, NULL, &name));
  PetscCall(KNLayerGetSizes(layer, &inputs, NULL, &Co, NULL, &grid_out));
  PetscCall(KNParametersGetCount(parameters, &count));
  *in = 0;
  for (PetscInt i = 0; i < inputs; i++) {
    PetscCall(GetChannels(bench, layer, i, &Ci, &grid_in));
    *in += (size_t)samples * (size_t)Ci * KNGridSize(&grid_in);
  }
  *out     = (size_t)samples * (size_t)Co * KNGridSize(&grid_out);
  *weights = 0;
  length   = strlen(name);
  for (PetscInt i = 0; i < count; i++) {
    const KNParameterInfo *info;

    PetscCall(KNParametersGetInfo(parameters, i, &info));
    if (!strncmp(info->name, name, length) && info->name[length] == '.') *weights += info->size;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adds the layer to the list, or to the number of those that do the same work. */
static PetscErrorCode AddLayer(const KNBench *bench, KNLayer layer, KNBenchList *list, PetscInt first,
                               KNBenchLayers own)
{
  const double   microbatches = (double)((bench->batch + bench->microbatch - 1) / bench->microbatch);
  const char    *name, *type;
  PetscLogDouble flops[2];
  KNParameters   parameters;
  size_t         in, out, weights;
  KNBenchItem    item = {.number = 1, .calls = microbatches};

  PetscFunctionBegin;
  PetscCall(KNModelGetParameters(bench->model, &parameters));
  PetscCall(KNLayerGetName(layer, &type, &name));
  PetscCall(KNLayerGetCost(layer, &flops[0], &flops[1], NULL));
  PetscCall(CountElements(bench, layer, parameters, &in, &out, &weights));
  for (PetscInt i = 0; i < own->count; i++) {
    const char    *other_type;
    PetscLogDouble other[2];
    size_t         n[3];

    PetscCall(KNLayerGetName(own->timed[i].layer, &other_type, NULL));
    PetscCall(KNLayerGetCost(own->timed[i].layer, &other[0], &other[1], NULL));
    PetscCall(CountElements(bench, own->timed[i].layer, parameters, &n[0], &n[1], &n[2]));
    if (strcmp(type, other_type) || n[0] != in || n[1] != out || n[2] != weights || other[0] != flops[0] ||
        other[1] != flops[1])
      continue;
    for (int way = 0; way < 2; way++) {
      list->item[first + 2 * i + way].number++;
      list->item[first + 2 * i + way].calls += microbatches;
    }
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  own->timed[own->count] = (Timed){.owner = own, .layer = layer};
  item.context           = &own->timed[own->count++];
  PetscCall(PetscStrncpy(item.name, name, sizeof(item.name)));
  for (int way = 0; way < 2; way++) {
    PetscCall(PetscSNPrintf(item.phase, sizeof(item.phase), way ? "backward" : "forward"));
    item.run   = way ? RunBackward : RunForward;
    item.flops = flops[way] * (double)bench->microbatch;
    item.bytes = (double)sizeof(KNReal) * (double)(way ? 3 * in + out + 3 * weights : in + out + weights);
    PetscCall(KNBenchAdd(list, &item));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchAddLayers(const KNBench *bench, KNBenchList *list, KNBenchLayers *layers)
{
  const PetscInt first = list->count;
  const KNLayer *layer;
  PetscInt       nlayers, most = 0;
  size_t         largest_in = 0, largest_out = 0;
  KNBenchLayers  own;

  PetscFunctionBegin;
  PetscCall(PetscNew(layers));
  own       = *layers;
  own->pass = (KNPass){.samples = bench->microbatch, .training = PETSC_TRUE, .seed = 1, .bfloat16 = bench->bfloat16};
  KNBenchSetTexts(bench, 0, &own->pass);
  PetscCall(KNModelGetLayers(bench->model, &nlayers, &layer));
  PetscCall(PetscMalloc1((size_t)nlayers, &own->timed));
  for (PetscInt i = 0; i < nlayers; i++) {
    PetscInt inputs, Ci, Co;
    KNGrid   grid_in, grid_out;

    PetscCall(KNLayerGetSizes(layer[i], &inputs, NULL, &Co, NULL, &grid_out));
    for (PetscInt k = 0; k < inputs; k++) {
      PetscCall(GetChannels(bench, layer[i], k, &Ci, &grid_in));
      largest_in = PetscMax(largest_in, (size_t)bench->microbatch * (size_t)Ci * KNGridSize(&grid_in));
    }
    most        = PetscMax(most, inputs);
    largest_out = PetscMax(largest_out, (size_t)bench->microbatch * (size_t)Co * KNGridSize(&grid_out));
    PetscCall(AddLayer(bench, layer[i], list, first, own));
  }
  for (PetscInt i = 0; i < most; i++) {
    PetscCall(KNMalloc(largest_in, sizeof(KNReal), &own->in[i]));
    PetscCall(KNMalloc(largest_in, sizeof(KNReal), &own->din[i]));
    KNBenchFill(own->in[i], largest_in, i);
    KNBenchFill(own->din[i], largest_in, KN_MAX_INPUTS + i);
    own->fields[i] = own->in[i];
  }
  PetscCall(KNMalloc(largest_out, sizeof(KNReal), &own->out));
  PetscCall(KNMalloc(largest_out, sizeof(KNReal), &own->dout));
  KNBenchFill(own->dout, largest_out, 2 * KN_MAX_INPUTS);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBenchLayersDestroy(KNBenchLayers *layers)
{
  KNBenchLayers own = *layers;

  PetscFunctionBegin;
  if (!own) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < KN_MAX_INPUTS; i++) {
    PetscCall(KNFree(&own->in[i]));
    PetscCall(KNFree(&own->din[i]));
  }
  PetscCall(KNFree(&own->out));
  PetscCall(KNFree(&own->dout));
  PetscCall(PetscFree(own->timed));
  PetscCall(PetscFree(*layers));
  PetscFunctionReturn(PETSC_SUCCESS);
}

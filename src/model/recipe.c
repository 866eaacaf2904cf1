/* The list of a network's steps: how a recipe fills it in, and how it is planned for a grid. */
#include "recipe.h"
#include <kitinet/error.h>

static PetscErrorCode NewValue(KNModel model, PetscInt channels, PetscInt dim, KNValue *value)
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(model->nvalues + 1) * sizeof(*model->value), &model->value));
  model->value[model->nvalues] = (KNModelValue){.channels = channels, .dim = dim};
  *value                       = model->nvalues++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NewStep(KNModel model, KNLayer layer, PetscInt inputs, const KNValue in[], KNValue out,
                              InsertMode mode)
{
  KNModelStep *step;

  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(model->nsteps + 1) * sizeof(*model->step), &model->step));
  step  = &model->step[model->nsteps++];
  *step = (KNModelStep){.layer = layer, .inputs = inputs, .out = out, .mode = mode, .block = model->nblocks};
  for (PetscInt i = 0; i < inputs; i++) step->in[i] = in[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelGetInput(KNModel model, KNValue *x)
{
  PetscFunctionBegin;
  PetscCheck(!model->nvalues, PETSC_COMM_SELF, PETSC_ERR_ORDER, "a recipe asks for the input once, before all else");
  PetscCall(NewValue(model, model->in, model->dim, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelAddLayer(KNModel model, const char type[], const char name[], PetscInt inputs, const KNValue in[],
                               PetscInt channels, KNLayer *layer)
{
  const KNModelValue *first = &model->value[in[0]];

  PetscFunctionBegin;
  PetscCall(KNLayerCreate(type, name, model->nlayers, layer));
  PetscCall(PetscRealloc((size_t)(model->nlayers + 1) * sizeof(*model->layer), &model->layer));
  model->layer[model->nlayers++] = *layer;
  PetscCall(
    KNLayerSetChannels(*layer, first->dim, first->channels, channels == PETSC_DECIDE ? first->channels : channels));
  for (PetscInt i = 1; i < inputs; i++) {
    if (model->value[in[i]].channels != first->channels)
      PetscCall(KNLayerSetInput(*layer, i, model->value[in[i]].channels));
  }
  PetscCall(KNLayerSetLongest(*layer, model->longest));
  PetscCall(KNLayerSetFromOptions(*layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyLayer(KNModel model, KNLayer layer, PetscInt inputs, const KNValue in[], KNValue *out)
{
  const KNModelValue first = model->value[in[0]];
  PetscInt           channels;
  KNValue            made = 0;

  PetscFunctionBegin;
  PetscCall(KNLayerGetSizes(layer, NULL, NULL, &channels, NULL, NULL));
  PetscCall(NewValue(model, channels, first.dim, &made));
  model->value[made].site = first.site;
  PetscCall(NewStep(model, layer, inputs, in, made, INSERT_VALUES));
  *out = made;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyLayerAdd(KNModel model, KNLayer layer, PetscInt inputs, const KNValue in[], KNValue out)
{
  PetscFunctionBegin;
  PetscCall(NewStep(model, layer, inputs, in, out, ADD_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApply(KNModel model, const char type[], const char name[], PetscInt inputs, const KNValue in[],
                            PetscInt channels, KNValue *out)
{
  KNLayer layer;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, type, name, inputs, in, channels, &layer));
  PetscCall(KNModelApplyLayer(model, layer, inputs, in, out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelApplyTwin(KNModel model, const char type[], const char name[], PetscInt inputs,
                                const KNValue in[], PetscInt channels, KNValue *out)
{
  KNLayer layer;

  PetscFunctionBegin;
  PetscCall(KNModelAddLayer(model, type, name, inputs, in, channels, &layer));
  PetscCall(KNLayerSetForeign(layer, name));
  PetscCall(KNModelApplyLayer(model, layer, inputs, in, out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelAdd(KNModel model, KNValue in, KNValue out)
{
  PetscFunctionBegin;
  PetscCall(NewStep(model, NULL, 1, &in, out, ADD_VALUES));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetAxes(KNModel model, KNValue value, PetscInt axes)
{
  PetscFunctionBegin;
  model->value[value].dim = axes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddSite(KNModel model, KNValue value, PetscInt set)
{
  PetscFunctionBegin;
  PetscCall(PetscRealloc((size_t)(model->nsites + 1) * sizeof(*model->read), &model->read));
  model->value[value].set      = set;
  model->value[value].site     = model->nsites;
  model->read[model->nsites++] = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetStream(KNModel model, KNValue value)
{
  PetscFunctionBegin;
  if (!model->own) model->own = ++model->nsets;
  model->value[value].stream = PETSC_TRUE;
  PetscCall(AddSite(model, value, model->own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelEndStream(KNModel model)
{
  PetscFunctionBegin;
  model->own = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetInner(KNModel model, KNValue value)
{
  PetscFunctionBegin;
  PetscCall(AddSite(model, value, ++model->nsets));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetRecomputed(KNModel model, KNValue value)
{
  PetscFunctionBegin;
  model->value[value].recompute = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelEndBlock(KNModel model)
{
  PetscFunctionBegin;
  model->nblocks++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelSetOutput(KNModel model, KNValue y)
{
  PetscFunctionBegin;
  model->result = y;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool Mixes(const KNModelStep *step)
{
  KNLayerTraits traits = {.mixes = PETSC_FALSE};

  if (step->layer) (void)KNLayerGetTraits(step->layer, &traits);
  return traits.mixes;
}

/* Do the channels of all fields of a step mean the same? */
static PetscBool KeepsChannels(KNModel model, const KNModelStep *step)
{
  const PetscInt channels = model->value[step->out].channels;

  for (PetscInt i = 0; i < step->inputs; i++) {
    if (model->value[step->in[i]].channels != channels) return PETSC_FALSE;
  }
  return (PetscBool)!Mixes(step);
}

/* Of a value that is of no set yet. */
static void Join(KNModelValue *value, const KNModelValue *with)
{
  if (value->set) return;
  value->stream = with->stream;
  value->set    = with->set;
}

PetscErrorCode KNModelSpreadRoles(KNModel model)
{
  PetscFunctionBegin;
  if (!model->value[model->result].set) model->value[model->result].set = KN_SET_OUTPUT;
  for (PetscInt s = model->nsteps - 1; s >= 0; s--) { /* what becomes a stream */
    const KNModelStep *step = &model->step[s];

    if (!KeepsChannels(model, step)) continue;
    for (PetscInt i = 0; i < step->inputs; i++) Join(&model->value[step->in[i]], &model->value[step->out]);
  }
  for (PetscInt s = 0; s < model->nsteps; s++) { /* what comes from it */
    const KNModelStep *step = &model->step[s];
    KNModelValue      *out = &model->value[step->out], *in = &model->value[step->in[0]];

    if (KeepsChannels(model, step)) Join(out, in);
    if (!step->layer) continue;
    if (in->set > 0 && Mixes(step)) model->read[in->site] = step->in[0];
    PetscCall(KNLayerSetRoles(step->layer, in->stream ? KN_ROLE_STREAM_IN : KN_ROLE_NONE,
                              out->stream ? KN_ROLE_STREAM_OUT : KN_ROLE_NONE, in->site));
    PetscCall(KNLayerSetSets(step->layer, in->set, out->set));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNModelLayerTrains(KNModel model, KNLayer layer)
{
  for (PetscInt n = 0; n < model->nlayers; n++) {
    if (model->layer[n] == layer) return (PetscBool)(model->offset[n + 1] > model->offset[n]);
  }
  return PETSC_FALSE;
}

PetscErrorCode KNModelPlanSteps(KNModel model)
{
  PetscFunctionBegin;
  for (KNValue v = 0; v < model->nvalues; v++) model->value[v].root = v;
  model->value[0].grid = model->grid;
  for (PetscInt s = 0; s < model->nsteps; s++) {
    const KNModelStep *step = &model->step[s];
    KNModelValue      *out  = &model->value[step->out];
    KNGrid             grid[KN_MAX_INPUTS];
    KNLayerTraits      traits;

    for (PetscInt i = 0; i < step->inputs; i++) grid[i] = model->value[step->in[i]].grid;
    if (!step->layer) continue;
    PetscCall(KNLayerSetForwardOnly(step->layer, (PetscBool)!model->training));
    PetscCall(KNLayerSetQueries(step->layer, &model->queries));
    PetscCall(KNLayerSetGrids(step->layer, grid, model->samples));
    PetscCall(KNLayerGetTraits(step->layer, &traits));
    if (step->mode == INSERT_VALUES) PetscCall(KNLayerGetSizes(step->layer, NULL, NULL, NULL, NULL, &out->grid));
    if (traits.identity) out->root = model->value[step->in[0]].root;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The forward sweep of a program: the list of steps, one operation after the other. A layer's output lies over its input
  where the layer allows it and nobody reads the input any more.
*/
#include "emit.h"

/* Room for one more in a growing array. */
#define Grow(b, which, count, array)                                                      \
  do {                                                                                    \
    if ((count) == (b)->capacity[which]) {                                                \
      (b)->capacity[which] = PetscMax(2 * (b)->capacity[which], 64);                      \
      PetscCall(PetscRealloc((size_t)(b)->capacity[which] * sizeof(*(array)), &(array))); \
    }                                                                                     \
  } while (0)

PetscErrorCode KNBuilderNewPhase(KNBuilder *b, KNLayer join, PetscBool again)
{
  KNProgram *p = b->program;

  PetscFunctionBegin;
  if (p->nphases) p->phase[p->nphases - 1].end = p->nops;
  Grow(b, 0, p->nphases, p->phase);
  p->phase[p->nphases++] = (KNPhase){.join     = join,
                                     .again    = again,
                                     .first    = p->nops,
                                     .end      = p->nops,
                                     .finish   = {p->nfinish, p->nfinish},
                                     .complete = {SIZE_MAX, SIZE_MAX}};
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBuilderNewBuffer(KNBuilder *b, size_t size, PetscInt *buffer)
{
  PetscFunctionBegin;
  Grow(b, 1, b->nbuffers, b->buffer);
  b->buffer[b->nbuffers] = (KNBuffer){.size = size, .first = b->program->nops, .last = b->program->nops};
  *buffer                = b->nbuffers++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A reference to a buffer, used by the next operation. While a program is built `at` is the buffer's number. */
KNRef KNBuilderUse(KNBuilder *b, PetscInt buffer)
{
  b->buffer[buffer].last = PetscMax(b->buffer[buffer].last, b->program->nops);
  return (KNRef){.place = KN_PLACE_SAMPLE, .at = (size_t)buffer};
}

PetscErrorCode KNBuilderEmit(KNBuilder *b, const KNOp *op)
{
  PetscFunctionBegin;
  Grow(b, 2, b->program->nops, b->program->op);
  b->program->op[b->program->nops++] = *op;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the next operation read this value for the last time? */
PetscBool KNBuilderReadsLast(const KNBuilder *b, KNValue v)
{
  const PetscInt i = b->current[v];

  return (PetscBool)(b->before && i >= 0 && b->before[i].read == b->program->nops);
}

KNRef KNBuilderRead(KNBuilder *b, KNValue v)
{
  KNInstance *i;

  if (v == 0) return (KNRef){.place = KN_PLACE_INPUT};
  i       = &b->instance[b->current[v]];
  i->read = b->program->nops;
  return KNBuilderUse(b, i->buffer);
}

/* Value v can be read in this phase: it was kept, or its steps are applied again. */
PetscErrorCode KNBuilderProvide(KNBuilder *b, KNValue v)
{
  const KNModel model = b->model;

  PetscFunctionBegin;
  if (v == 0 || !b->backward || !model->value[v].recompute || b->written[v] == b->program->nphases - 1)
    PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < model->nsteps; i++) {
    const KNModelStep *step = &model->step[i];

    if (KNBuilderRoot(b, step->out) != v || KNBuilderTraits(step->layer).identity) continue;
    PetscCall(KNBuilderForward(b, step));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where a step writes: a new array, the output, or over its input. */
static PetscErrorCode WriteValue(KNBuilder *b, const KNModelStep *step, const KNLayerTraits *traits, KNRef *ref)
{
  const KNModel model = b->model;
  const KNValue v = KNBuilderRoot(b, step->out), from = KNBuilderRoot(b, step->in[0]);
  PetscInt      buffer;

  PetscFunctionBegin;
  if (v == KNBuilderRoot(b, model->result)) {
    *ref = (KNRef){.place = KN_PLACE_OUTPUT};
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (step->mode == INSERT_VALUES) {
    if (traits->in_place && KNBuilderReadsLast(b, from) && KNModelValueSize(model, v) == KNModelValueSize(model, from))
      buffer = b->instance[b->current[from]].buffer;
    else PetscCall(KNBuilderNewBuffer(b, KNModelValueSize(model, v), &buffer));
    Grow(b, 3, b->ninstances, b->instance);
    b->instance[b->ninstances] = (KNInstance){buffer, b->program->nops};
    b->current[v]              = b->ninstances++;
    b->written[v]              = b->program->nphases - 1;
  }
  *ref = KNBuilderUse(b, b->instance[b->current[v]].buffer);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBuilderForward(KNBuilder *b, const KNModelStep *step)
{
  const KNLayerTraits traits = KNBuilderTraits(step->layer);
  KNOp                op     = {.kind  = step->layer ? KN_OP_APPLY : KN_OP_ADD,
                                .layer = step->layer,
                                .mode  = step->mode,
                                .n     = KNModelValueSize(b->model, step->out)};
  PetscLogDouble      flops;

  PetscFunctionBegin;
  if (traits.identity) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < step->inputs; i++) PetscCall(KNBuilderProvide(b, KNBuilderRoot(b, step->in[i])));
  if (traits.joins && !(b->backward && traits.repeats)) {
    KNOp gather = {.kind = KN_OP_GATHER, .layer = step->layer};

    for (PetscInt i = 0; i < step->inputs; i++) gather.in[i] = KNBuilderRead(b, KNBuilderRoot(b, step->in[i]));
    PetscCall(KNBuilderEmit(b, &gather));
    PetscCall(KNBuilderNewPhase(b, step->layer, b->backward));
  }
  for (PetscInt i = 0; i < step->inputs && !traits.gathered; i++)
    op.in[i] = KNBuilderRead(b, KNBuilderRoot(b, step->in[i]));
  PetscCall(WriteValue(b, step, &traits, &op.out));
  PetscCall(KNBuilderEmit(b, &op));
  if (!b->backward || !step->layer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNLayerGetCost(step->layer, &flops, NULL, NULL));
  b->program->again += flops;
  PetscFunctionReturn(PETSC_SUCCESS);
}

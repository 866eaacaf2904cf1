/*
  The backward sweep of a program. It takes the list of steps from the end: the gradient of a value is written by the
  last step that reads it and added to by the others. Values that backward reads are kept, or computed again
  (KNModelSetRecomputed(), -train_recompute).

  Arrays are not copied where they can change hands: a gradient lies over the gradient that it comes from, or over the
  value that it belongs to, where the layer allows it and nobody reads that any more; the gradient of a sum is that of
  its terms, until one of them is added to.
*/
#include "emit.h"

/* The gradient of value v lies in this buffer from now on. */
static void PlaceGradient(KNBuilder *b, KNValue v, PetscInt buffer)
{
  b->gradient[v] = buffer;
  b->buffer[buffer].pending += b->producers[v];
}

/* A gradient that is added to must be nobody else's. */
static PetscErrorCode OwnGradient(KNBuilder *b, KNValue v)
{
  const PetscInt shared = b->gradient[v];
  PetscInt       own;
  KNOp           copy = {.kind = KN_OP_ADD, .mode = INSERT_VALUES, .n = KNModelValueSize(b->model, v)};

  PetscFunctionBegin;
  if (b->buffer[shared].pending == b->producers[v]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNBuilderNewBuffer(b, copy.n, &own));
  copy.in[0] = KNBuilderUse(b, shared);
  copy.out   = KNBuilderUse(b, own);
  PetscCall(KNBuilderEmit(b, &copy));
  b->buffer[shared].pending -= b->producers[v];
  PlaceGradient(b, v, own);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient of a step's output. */
static KNRef Upstream(KNBuilder *b, KNValue v)
{
  if (v == KNBuilderRoot(b, b->model->result)) return (KNRef){.place = KN_PLACE_DOUTPUT};
  return KNBuilderUse(b, b->gradient[v]);
}

/* Where the gradient of input i of a step goes when nobody wrote it before: over what it comes from, over the value, or
 * to a new array. */
static PetscErrorCode FirstGradient(KNBuilder *b, const KNModelStep *step, PetscInt i, const KNLayerTraits *traits,
                                    PetscInt *buffer)
{
  const KNModel  model = b->model;
  const KNValue  v = KNBuilderRoot(b, step->in[i]), out = KNBuilderRoot(b, step->out);
  const size_t   size     = KNModelValueSize(model, v);
  const PetscInt upstream = b->gradient[out];

  PetscFunctionBegin;
  if (b->before && i == 0 && traits->over_gradient && upstream >= 0 && b->buffer[upstream].pending == 1 &&
      b->buffer[upstream].size == size)
    *buffer = upstream;
  else if ((traits->over_input >> i & 1) && v && !(traits->unread >> i & 1) && KNBuilderReadsLast(b, v))
    *buffer = b->instance[b->current[v]].buffer;
  else PetscCall(KNBuilderNewBuffer(b, size, buffer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sum of a value's gradient with a part that was computed apart. */
static PetscErrorCode EmitPart(KNBuilder *b, KNValue v, PetscInt part)
{
  KNOp add = {.kind = KN_OP_ADD, .mode = ADD_VALUES, .n = KNModelValueSize(b->model, v)};

  PetscFunctionBegin;
  if (v && b->gradient[v] < 0) {
    PlaceGradient(b, v, part);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (v) PetscCall(OwnGradient(b, v));
  add.in[0]     = KNBuilderUse(b, part);
  add.out       = v ? KNBuilderUse(b, b->gradient[v]) : (KNRef){.place = KN_PLACE_DINPUT};
  add.for_input = (PetscBool)!b->trained[v];
  PetscCall(KNBuilderEmit(b, &add));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out = in or out += in: both have one gradient, as long as nobody adds to it. */
static PetscErrorCode AddBackward(KNBuilder *b, const KNModelStep *step)
{
  const KNValue v = KNBuilderRoot(b, step->in[0]), out = KNBuilderRoot(b, step->out);

  PetscFunctionBegin;
  PetscCheck(b->gradient[out] >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "a sum is the output of the network: let a layer write that");
  PetscCall(EmitPart(b, v, b->gradient[out]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ApplyBackward(KNBuilder *b, const KNModelStep *step, const KNLayerTraits *traits)
{
  const KNValue out = KNBuilderRoot(b, step->out);
  KNOp          op  = {.kind = KN_OP_APPLY_BACK, .layer = step->layer, .mode = INSERT_VALUES};
  PetscInt      buffer[KN_MAX_INPUTS];
  PetscBool     apart[KN_MAX_INPUTS];
  PetscInt      written = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < step->inputs; i++) {
    if (!(traits->unread >> i & 1)) PetscCall(KNBuilderProvide(b, KNBuilderRoot(b, step->in[i])));
  }
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = KNBuilderRoot(b, step->in[i]);

    apart[i] = (PetscBool)(i > 0 && v == KNBuilderRoot(b, step->in[0]));
    if (!apart[i] && (!v || b->gradient[v] >= 0)) written++;
  }
  if (written == step->inputs) op.mode = ADD_VALUES; /* else all are written, those that were there before apart */
  for (PetscInt i = 0; i < step->inputs && op.mode == ADD_VALUES; i++) {
    if (KNBuilderRoot(b, step->in[i])) PetscCall(OwnGradient(b, KNBuilderRoot(b, step->in[i])));
  }
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = KNBuilderRoot(b, step->in[i]);

    if (op.mode == ADD_VALUES) {
      op.din[i] = v ? KNBuilderUse(b, b->gradient[v]) : (KNRef){.place = KN_PLACE_DINPUT};
    } else {
      if (v == 0 || b->gradient[v] >= 0) apart[i] = PETSC_TRUE;
      if (apart[i]) PetscCall(KNBuilderNewBuffer(b, KNModelValueSize(b->model, v), &buffer[i]));
      else PetscCall(FirstGradient(b, step, i, traits, &buffer[i]));
      op.din[i] = KNBuilderUse(b, buffer[i]);
    }
    op.din[i].for_input = (PetscBool)!b->trained[v];
    if (!(traits->unread >> i & 1)) op.in[i] = KNBuilderRead(b, v);
  }
  if (!traits->gathered) op.out = Upstream(b, out);
  op.for_input = (PetscBool)!b->trained[out];
  PetscCall(KNBuilderEmit(b, &op));
  if (op.mode == ADD_VALUES) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = KNBuilderRoot(b, step->in[i]);

    if (apart[i]) PetscCall(EmitPart(b, v, buffer[i]));
    else PlaceGradient(b, v, buffer[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EmitBackward(KNBuilder *b, const KNModelStep *step)
{
  const KNLayerTraits traits = KNBuilderTraits(step->layer);
  const KNValue       out    = KNBuilderRoot(b, step->out);
  KNPhase            *phase;

  PetscFunctionBegin;
  if (traits.identity) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(out == KNBuilderRoot(b, b->model->result) || b->gradient[out] >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "value %" PetscInt_FMT " of the network does not lead to its output", out);
  if (traits.joins) {
    KNOp gather = {.kind = KN_OP_GATHER_BACK, .layer = step->layer};

    for (PetscInt i = 0; i < step->inputs; i++) {
      if (!(traits.unread >> i & 1)) PetscCall(KNBuilderProvide(b, KNBuilderRoot(b, step->in[i])));
    }
    for (PetscInt i = 0; i < step->inputs; i++) {
      if (!(traits.unread >> i & 1)) gather.in[i] = KNBuilderRead(b, KNBuilderRoot(b, step->in[i]));
    }
    gather.out = Upstream(b, out);
    PetscCall(KNBuilderEmit(b, &gather));
    PetscCall(KNBuilderNewPhase(b, step->layer, PETSC_FALSE));
  }
  if (step->layer) PetscCall(ApplyBackward(b, step, &traits));
  else PetscCall(AddBackward(b, step));
  b->producers[out]--;
  if (b->gradient[out] >= 0) b->buffer[b->gradient[out]].pending--;
  if (!traits.finishes) PetscFunctionReturn(PETSC_SUCCESS);
  phase = &b->program->phase[b->program->nphases - 1];
  PetscCall(PetscRealloc((size_t)(b->program->nfinish + 1) * sizeof(*b->program->finish), &b->program->finish));
  b->program->finish[b->program->nfinish++] = step->layer;
  phase->finish[1]                          = b->program->nfinish;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Which values the steps first .. end - 1 must have again: those that backward reads, and what they come from. What
 * other groups read is kept. */
static void MarkNeeded(KNBuilder *b, PetscInt first, PetscInt end)
{
  const KNModel model = b->model;

  for (KNValue v = 0; v < model->nvalues; v++) b->needed[v] = PETSC_FALSE;
  for (PetscInt sweep = 0; sweep < 2; sweep++) { /* what backward reads; then what that comes from */
    for (PetscInt s = end - 1; s >= first; s--) {
      const KNModelStep *step   = &model->step[s];
      const unsigned     unread = sweep ? 0 : KNBuilderTraits(step->layer).unread;

      if (sweep ? !b->needed[KNBuilderRoot(b, step->out)] : !step->layer) continue;
      for (PetscInt i = 0; i < step->inputs; i++) {
        const KNValue v = KNBuilderRoot(b, step->in[i]);

        if (!(unread >> i & 1) && !b->crosses[v]) b->needed[v] = PETSC_TRUE;
      }
    }
  }
}

/* From the end to the front, group by group: but for the last one, whose values are still there, what a group needs is
 * first computed again. */
PetscErrorCode KNBuilderSweepBack(KNBuilder *b)
{
  const KNModel model = b->model;
  PetscInt      end   = model->nsteps;

  PetscFunctionBegin;
  b->backward = PETSC_TRUE;
  while (end > 0) {
    PetscInt first = end - 1;

    while (first > 0 && KNModelStepGroup(model, first - 1) == KNModelStepGroup(model, end - 1)) first--;
    MarkNeeded(b, first, end);
    for (PetscInt s = first; s < end && end < model->nsteps; s++) {
      const KNValue out = KNBuilderRoot(b, model->step[s].out);

      if (b->needed[out] && !model->value[out].recompute) PetscCall(KNBuilderForward(b, &model->step[s]));
    }
    for (PetscInt s = end - 1; s >= first; s--) PetscCall(EmitBackward(b, &model->step[s]));
    end = first;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  From the list of a network's steps to its program.

  The forward sweep is the list. The backward sweep takes it from the end: the gradient of a value is written by the last step that reads it and added to by the others.
  Values that backward reads are kept, or computed again (KNModelSetRecomputed(), -train_recompute).

  Arrays are not copied where they can change hands: a layer's output lies over its input where the layer allows it and nobody reads the input any more; a gradient lies over the
  gradient that it comes from, or over the value that it belongs to, likewise; the gradient of a sum is that of its terms, until one of them is added to.
  Who reads what last is only known at the end: the program is built twice, the first time without sharing.
*/
#include "emit.h"

/* Room for one more in a growing array. */
#define Grow(b, which, count, array) \
  do { \
    if ((count) == (b)->capacity[which]) { \
      (b)->capacity[which] = PetscMax(2 * (b)->capacity[which], 64); \
      PetscCall(PetscRealloc((size_t)(b)->capacity[which] * sizeof(*(array)), &(array))); \
    } \
  } while (0)

static KNValue Root(const KNBuilder *b, KNValue v)
{
  return b->model->value[v].root;
}

static KNLayerTraits Traits(KNLayer layer)
{
  KNLayerTraits traits = {0};

  if (layer) (void)KNLayerGetTraits(layer, &traits);
  return traits;
}

static PetscErrorCode NewPhase(KNBuilder *b, KNLayer join, PetscBool again)
{
  KNProgram *p = b->program;

  PetscFunctionBegin;
  if (p->nphases) p->phase[p->nphases - 1].end = p->nops;
  Grow(b, 0, p->nphases, p->phase);
  p->phase[p->nphases++] = (KNPhase){.join = join, .again = again, .first = p->nops, .end = p->nops, .finish = {p->nfinish, p->nfinish}, .complete = {SIZE_MAX, SIZE_MAX}};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode NewBuffer(KNBuilder *b, size_t size, PetscInt *buffer)
{
  PetscFunctionBegin;
  Grow(b, 1, b->nbuffers, b->buffer);
  b->buffer[b->nbuffers] = (KNBuffer){.size = size, .first = b->program->nops, .last = b->program->nops};
  *buffer                = b->nbuffers++;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A reference to a buffer, used by the next operation. While a program is built `at` is the buffer's number. */
static KNRef Use(KNBuilder *b, PetscInt buffer)
{
  b->buffer[buffer].last = PetscMax(b->buffer[buffer].last, b->program->nops);
  return (KNRef){.place = KN_PLACE_SAMPLE, .at = (size_t)buffer};
}

static PetscErrorCode Emit(KNBuilder *b, const KNOp *op)
{
  PetscFunctionBegin;
  Grow(b, 2, b->program->nops, b->program->op);
  b->program->op[b->program->nops++] = *op;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the next operation read this value for the last time? */
static PetscBool LastRead(const KNBuilder *b, KNValue v)
{
  const PetscInt i = b->current[v];

  return (PetscBool)(b->before && i >= 0 && b->before[i].read == b->program->nops);
}

static KNRef ReadValue(KNBuilder *b, KNValue v)
{
  KNInstance *i;

  if (v == 0) return (KNRef){.place = KN_PLACE_INPUT};
  i       = &b->instance[b->current[v]];
  i->read = b->program->nops;
  return Use(b, i->buffer);
}

static PetscErrorCode EmitForward(KNBuilder *b, const KNModelStep *step);

/* Value v can be read in this phase: it was kept, or its steps are applied again. */
static PetscErrorCode Provide(KNBuilder *b, KNValue v)
{
  const KNModel model = b->model;

  PetscFunctionBegin;
  if (v == 0 || !b->backward || !model->value[v].recompute || b->written[v] == b->program->nphases - 1) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < model->nsteps; i++) {
    const KNModelStep *step = &model->step[i];

    if (Root(b, step->out) != v || Traits(step->layer).identity) continue;
    PetscCall(EmitForward(b, step));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where a step writes: a new array, the output, or over its input. */
static PetscErrorCode WriteValue(KNBuilder *b, const KNModelStep *step, const KNLayerTraits *traits, KNRef *ref)
{
  const KNModel model = b->model;
  const KNValue v = Root(b, step->out), from = Root(b, step->in[0]);
  PetscInt      buffer;

  PetscFunctionBegin;
  if (v == Root(b, model->result)) {
    *ref = (KNRef){.place = KN_PLACE_OUTPUT};
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (step->mode == INSERT_VALUES) {
    if (traits->in_place && LastRead(b, from) && KNModelValueSize(model, v) == KNModelValueSize(model, from)) buffer = b->instance[b->current[from]].buffer;
    else PetscCall(NewBuffer(b, KNModelValueSize(model, v), &buffer));
    Grow(b, 3, b->ninstances, b->instance);
    b->instance[b->ninstances] = (KNInstance){buffer, b->program->nops};
    b->current[v]              = b->ninstances++;
    b->written[v]              = b->program->nphases - 1;
  }
  *ref = Use(b, b->instance[b->current[v]].buffer);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EmitForward(KNBuilder *b, const KNModelStep *step)
{
  const KNLayerTraits traits = Traits(step->layer);
  KNOp                op     = {.kind = step->layer ? KN_OP_APPLY : KN_OP_ADD, .layer = step->layer, .mode = step->mode, .n = KNModelValueSize(b->model, step->out)};
  PetscLogDouble      flops;

  PetscFunctionBegin;
  if (traits.identity) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < step->inputs; i++) PetscCall(Provide(b, Root(b, step->in[i])));
  if (traits.joins) {
    KNOp gather = {.kind = KN_OP_GATHER, .layer = step->layer};

    for (PetscInt i = 0; i < step->inputs; i++) gather.in[i] = ReadValue(b, Root(b, step->in[i]));
    PetscCall(Emit(b, &gather));
    PetscCall(NewPhase(b, step->layer, b->backward));
  }
  for (PetscInt i = 0; i < step->inputs && !traits.gathered; i++) op.in[i] = ReadValue(b, Root(b, step->in[i]));
  PetscCall(WriteValue(b, step, &traits, &op.out));
  PetscCall(Emit(b, &op));
  if (!b->backward || !step->layer) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNLayerGetCost(step->layer, &flops, NULL, NULL));
  b->program->again += flops;
  PetscFunctionReturn(PETSC_SUCCESS);
}

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
  PetscCall(NewBuffer(b, copy.n, &own));
  copy.in[0] = Use(b, shared);
  copy.out   = Use(b, own);
  PetscCall(Emit(b, &copy));
  b->buffer[shared].pending -= b->producers[v];
  PlaceGradient(b, v, own);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The gradient of a step's output. */
static KNRef Upstream(KNBuilder *b, KNValue v)
{
  if (v == Root(b, b->model->result)) return (KNRef){.place = KN_PLACE_DOUTPUT};
  return Use(b, b->gradient[v]);
}

/* Where the gradient of input i of a step goes when nobody wrote it before: over what it comes from, over the value, or to a new array. */
static PetscErrorCode FirstGradient(KNBuilder *b, const KNModelStep *step, PetscInt i, const KNLayerTraits *traits, PetscInt *buffer)
{
  const KNModel  model = b->model;
  const KNValue  v = Root(b, step->in[i]), out = Root(b, step->out);
  const size_t   size     = KNModelValueSize(model, v);
  const PetscInt upstream = b->gradient[out];

  PetscFunctionBegin;
  if (b->before && i == 0 && traits->over_gradient && upstream >= 0 && b->buffer[upstream].pending == 1 && b->buffer[upstream].size == size) *buffer = upstream;
  else if ((traits->over_input >> i & 1) && v && !(traits->unread >> i & 1) && LastRead(b, v)) *buffer = b->instance[b->current[v]].buffer;
  else PetscCall(NewBuffer(b, size, buffer));
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
  add.in[0]     = Use(b, part);
  add.out       = v ? Use(b, b->gradient[v]) : (KNRef){.place = KN_PLACE_DINPUT};
  add.for_input = (PetscBool)!b->trained[v];
  PetscCall(Emit(b, &add));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out = in or out += in: both have one gradient, as long as nobody adds to it. */
static PetscErrorCode AddBackward(KNBuilder *b, const KNModelStep *step)
{
  const KNValue v = Root(b, step->in[0]), out = Root(b, step->out);

  PetscFunctionBegin;
  PetscCheck(b->gradient[out] >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "a sum is the output of the network: let a layer write that");
  PetscCall(EmitPart(b, v, b->gradient[out]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ApplyBackward(KNBuilder *b, const KNModelStep *step, const KNLayerTraits *traits)
{
  const KNValue out = Root(b, step->out);
  KNOp          op  = {.kind = KN_OP_APPLY_BACK, .layer = step->layer, .mode = INSERT_VALUES};
  PetscInt      buffer[KN_MAX_INPUTS];
  PetscBool     apart[KN_MAX_INPUTS];
  PetscInt      written = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < step->inputs; i++) {
    if (!(traits->unread >> i & 1)) PetscCall(Provide(b, Root(b, step->in[i])));
  }
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = Root(b, step->in[i]);

    apart[i] = (PetscBool)(i > 0 && v == Root(b, step->in[0]));
    if (!apart[i] && (!v || b->gradient[v] >= 0)) written++;
  }
  if (written == step->inputs) op.mode = ADD_VALUES; /* else all are written, those that were there before apart */
  for (PetscInt i = 0; i < step->inputs && op.mode == ADD_VALUES; i++) {
    if (Root(b, step->in[i])) PetscCall(OwnGradient(b, Root(b, step->in[i])));
  }
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = Root(b, step->in[i]);

    if (op.mode == ADD_VALUES) {
      op.din[i] = v ? Use(b, b->gradient[v]) : (KNRef){.place = KN_PLACE_DINPUT};
    } else {
      if (v == 0 || b->gradient[v] >= 0) apart[i] = PETSC_TRUE;
      if (apart[i]) PetscCall(NewBuffer(b, KNModelValueSize(b->model, v), &buffer[i]));
      else PetscCall(FirstGradient(b, step, i, traits, &buffer[i]));
      op.din[i] = Use(b, buffer[i]);
    }
    op.din[i].for_input = (PetscBool)!b->trained[v];
    if (!(traits->unread >> i & 1)) op.in[i] = ReadValue(b, v);
  }
  if (!traits->gathered) op.out = Upstream(b, out);
  op.for_input = (PetscBool)!b->trained[out];
  PetscCall(Emit(b, &op));
  if (op.mode == ADD_VALUES) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < step->inputs; i++) {
    const KNValue v = Root(b, step->in[i]);

    if (apart[i]) PetscCall(EmitPart(b, v, buffer[i]));
    else PlaceGradient(b, v, buffer[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EmitBackward(KNBuilder *b, const KNModelStep *step)
{
  const KNLayerTraits traits = Traits(step->layer);
  const KNValue       out    = Root(b, step->out);
  KNPhase            *phase;

  PetscFunctionBegin;
  if (traits.identity) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCheck(out == Root(b, b->model->result) || b->gradient[out] >= 0, PETSC_COMM_SELF, PETSC_ERR_PLIB, "value %" PetscInt_FMT " of the network does not lead to its output", out);
  if (traits.joins) {
    KNOp gather = {.kind = KN_OP_GATHER_BACK, .layer = step->layer, .out = Upstream(b, out)};

    PetscCall(Emit(b, &gather));
    PetscCall(NewPhase(b, step->layer, PETSC_FALSE));
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

/* Which values the steps first .. end - 1 must have again: those that backward reads, and what they come from. What other groups read is kept. */
static void MarkNeeded(KNBuilder *b, PetscInt first, PetscInt end)
{
  const KNModel model = b->model;

  for (KNValue v = 0; v < model->nvalues; v++) b->needed[v] = PETSC_FALSE;
  for (PetscInt sweep = 0; sweep < 2; sweep++) { /* what backward reads; then what that comes from */
    for (PetscInt s = end - 1; s >= first; s--) {
      const KNModelStep *step   = &model->step[s];
      const unsigned     unread = sweep ? 0 : Traits(step->layer).unread;

      if (sweep ? !b->needed[Root(b, step->out)] : !step->layer) continue;
      for (PetscInt i = 0; i < step->inputs; i++) {
        const KNValue v = Root(b, step->in[i]);

        if (!(unread >> i & 1) && !b->crosses[v]) b->needed[v] = PETSC_TRUE;
      }
    }
  }
}

/* From the end to the front, group by group: but for the last one, whose values are still there, what a group needs is first computed again. */
static PetscErrorCode EmitSweepBack(KNBuilder *b)
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
      const KNValue out = Root(b, model->step[s].out);

      if (b->needed[out] && !model->value[out].recompute) PetscCall(EmitForward(b, &model->step[s]));
    }
    for (PetscInt s = end - 1; s >= first; s--) PetscCall(EmitBackward(b, &model->step[s]));
    end = first;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is known of the values before anything is emitted. */
static PetscErrorCode BuilderSetUp(KNBuilder *b)
{
  const KNModel model = b->model;
  const size_t  n     = (size_t)model->nvalues;

  PetscFunctionBegin;
  PetscCall(PetscCalloc7(n, &b->current, n, &b->written, n, &b->gradient, n, &b->producers, n, &b->trained, n, &b->crosses, n, &b->needed));
  for (size_t v = 0; v < n; v++) b->current[v] = b->gradient[v] = -1;
  for (PetscInt s = 0; s < model->nsteps; s++) {
    const KNModelStep *step = &model->step[s];
    const KNValue      out  = Root(b, step->out);

    if (Traits(step->layer).identity) continue;
    b->producers[out]++;
    b->written[out] = KNModelStepGroup(model, s);
    if (step->layer && KNModelLayerTrains(model, step->layer)) b->trained[out] = PETSC_TRUE;
    for (PetscInt i = 0; i < step->inputs; i++) {
      const KNValue v = Root(b, step->in[i]);

      if (b->trained[v]) b->trained[out] = PETSC_TRUE;
      if (v == 0 || b->written[v] < KNModelStepGroup(model, s)) b->crosses[v] = PETSC_TRUE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBuilderReset(KNBuilder *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree7(b->current, b->written, b->gradient, b->producers, b->trained, b->crosses, b->needed));
  PetscCall(PetscFree(b->buffer));
  PetscCall(PetscFree(b->instance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNBuilderRun(KNModel model, PetscBool training, const KNInstance before[], KNProgram *program, KNBuilder *b)
{
  PetscFunctionBegin;
  *b       = (KNBuilder){.model = model, .program = program, .before = before};
  *program = (KNProgram){.nops = 0};
  PetscCall(BuilderSetUp(b));
  PetscCall(NewPhase(b, NULL, PETSC_FALSE));
  for (PetscInt s = 0; s < model->nsteps; s++) PetscCall(EmitForward(b, &model->step[s]));
  program->forward = program->nphases;
  if (training) {
    PetscCall(NewPhase(b, NULL, PETSC_FALSE));
    PetscCall(EmitSweepBack(b));
  }
  program->phase[program->nphases - 1].end = program->nops;
  PetscFunctionReturn(PETSC_SUCCESS);
}

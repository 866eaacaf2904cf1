/*
  A network's program: its operations emitted (emit.c, emit_back.c), its arrays placed (place.c), and what is complete
  after each of its phases.

  Who reads a value last is only known at the end: the operations are emitted twice, the first time without sharing of
  arrays.
*/
#include "emit.h"

/* What is known of the values before anything is emitted. */
static PetscErrorCode BuilderSetUp(KNBuilder *b)
{
  const KNModel model = b->model;
  const size_t  n     = (size_t)model->nvalues;

  PetscFunctionBegin;
  PetscCall(PetscCalloc7(n, &b->current, n, &b->written, n, &b->gradient, n, &b->producers, n, &b->trained, n,
                         &b->crosses, n, &b->needed));
  for (size_t v = 0; v < n; v++) b->current[v] = b->gradient[v] = -1;
  for (PetscInt s = 0; s < model->nsteps; s++) {
    const KNModelStep *step = &model->step[s];
    const KNValue      out  = KNBuilderRoot(b, step->out);

    if (KNBuilderTraits(step->layer).identity) continue;
    b->producers[out]++;
    b->written[out] = KNModelStepGroup(model, s);
    if (step->layer && KNModelLayerTrains(model, step->layer)) b->trained[out] = PETSC_TRUE;
    for (PetscInt i = 0; i < step->inputs; i++) {
      const KNValue v = KNBuilderRoot(b, step->in[i]);

      if (b->trained[v]) b->trained[out] = PETSC_TRUE;
      if (v == 0 || b->written[v] < KNModelStepGroup(model, s)) b->crosses[v] = PETSC_TRUE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuilderReset(KNBuilder *b)
{
  PetscFunctionBegin;
  PetscCall(PetscFree7(b->current, b->written, b->gradient, b->producers, b->trained, b->crosses, b->needed));
  PetscCall(PetscFree(b->buffer));
  PetscCall(PetscFree(b->instance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BuilderRun(KNModel model, PetscBool training, const KNInstance before[], KNProgram *program,
                                 KNBuilder *b)
{
  PetscFunctionBegin;
  *b       = (KNBuilder){.model = model, .program = program, .before = before};
  *program = (KNProgram){.nops = 0};
  PetscCall(BuilderSetUp(b));
  PetscCall(KNBuilderNewPhase(b, NULL, PETSC_FALSE));
  for (PetscInt s = 0; s < model->nsteps; s++) PetscCall(KNBuilderForward(b, &model->step[s]));
  program->forward = program->nphases;
  if (training) {
    PetscCall(KNBuilderNewPhase(b, NULL, PETSC_FALSE));
    PetscCall(KNBuilderSweepBack(b));
  }
  program->phase[program->nphases - 1].end = program->nops;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* For KNModelGetSite(): of what backward computes again, that. */
static PetscErrorCode KeepSites(KNBuilder *b, PetscBool training)
{
  const KNModel model = b->model;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(model->nsites, &b->program->site));
  for (PetscInt l = 0; l < model->nsites && training && model->observed; l++) {
    const PetscInt i = b->current[model->value[model->read[l]].root];

    if (i < 0) continue; /* nothing reads it */
    b->instance[i].read = b->buffer[b->instance[i].buffer].last = b->program->nops;
    b->program->site[l] = (KNRef){.place = KN_PLACE_SAMPLE, .at = (size_t)b->instance[i].buffer};
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From numbers of buffers to places. */
static void Resolve(KNRef *ref, const KNBuffer buffer[])
{
  const PetscBool for_input = ref->for_input;

  if (ref->place != KN_PLACE_SAMPLE) return;
  *ref           = buffer[ref->at].ref;
  ref->for_input = for_input;
}

static void ResolveAll(KNProgram *program, PetscInt nsites, const KNBuffer buffer[])
{
  for (PetscInt o = 0; o < program->nops; o++) {
    KNOp *op = &program->op[o];

    Resolve(&op->out, buffer);
    for (int i = 0; i < KN_MAX_INPUTS; i++) {
      Resolve(&op->in[i], buffer);
      Resolve(&op->din[i], buffer);
    }
  }
  for (PetscInt l = 0; l < nsites; l++) Resolve(&program->site[l], buffer);
}

/* The gradients of a layer that has no shares to add up are complete when its samples have met; of others, after the
 * phase. Without parameters they always are. */
static PetscErrorCode FindComplete(KNModel model, KNProgram *program)
{
  PetscBool *complete;
  PetscInt   first = model->nlayers; /* this layer and all that follow are complete */

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(model->nlayers, &complete));
  for (PetscInt n = 0; n < model->nlayers; n++) complete[n] = (PetscBool)!KNModelLayerTrains(model, model->layer[n]);
  for (PetscInt p = program->forward; p < program->nphases; p++) {
    KNPhase *phase = &program->phase[p];

    for (int part = 0; part < 2; part++) {
      const PetscInt before = first;

      for (PetscInt n = 0; n < model->nlayers; n++) {
        KNLayerTraits traits;

        PetscCall(KNLayerGetTraits(model->layer[n], &traits));
        if (part == 0 && phase->join == model->layer[n] && !phase->again && !traits.finishes) complete[n] = PETSC_TRUE;
        for (PetscInt f = phase->finish[0]; part == 1 && f < phase->finish[1]; f++) {
          if (program->finish[f] == model->layer[n]) complete[n] = PETSC_TRUE;
        }
      }
      while (first > 0 && complete[first - 1]) first--;
      if (first < before) phase->complete[part] = first ? model->offset[first] : 0;
    }
  }
  PetscCall(PetscFree(complete));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgramBuild(KNModel model, PetscBool training, KNProgram *program)
{
  KNBuilder first, second;

  PetscFunctionBegin;
  PetscCall(BuilderRun(model, training, NULL, program, &first));
  PetscCall(KeepSites(&first, training));
  PetscCall(KNProgramReset(program));
  PetscCall(BuilderRun(model, training, first.instance, program, &second));
  PetscCall(KeepSites(&second, training));
  PetscCall(KNProgramPlace(program, second.nbuffers, second.buffer));
  ResolveAll(program, model->nsites, second.buffer);
  if (training) PetscCall(FindComplete(model, program));
  PetscCall(BuilderReset(&first));
  PetscCall(BuilderReset(&second));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNProgramReset(KNProgram *program)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(program->op));
  PetscCall(PetscFree(program->phase));
  PetscCall(PetscFree(program->finish));
  PetscCall(PetscFree(program->site));
  *program = (KNProgram){.nops = 0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

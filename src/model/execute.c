/*
  The two sweeps of a network: its program, phase by phase. Each thread takes its samples one after the other through
  all operations of a phase; between phases all meet. Only the main thread talks to others, between phases and after
  each of its samples.
*/
#include "model_impl.h"
#include <omp.h>
#include <string.h>

/* What the caller gives to a sweep. */
typedef struct {
  KNModel       model;
  const KNPass *pass;
  const KNReal *x, *dy;
  KNReal       *y, *dx;
  size_t        nx, ny; /* elements of a sample */
} Sweep;

static Sweep Begin(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y, const KNReal *dy, KNReal *dx)
{
  return (Sweep){.model = model,
                 .pass  = pass,
                 .x     = x,
                 .dy    = dy,
                 .y     = y,
                 .dx    = dx,
                 .nx    = KNModelValueSize(model, 0),
                 .ny    = KNModelValueSize(model, model->result)};
}

/* What is read only is never written: the constness of x and dy is the caller's. */
static KNReal *Locate(const Sweep *s, KNRef ref, size_t b)
{
  const KNModel model = s->model;

  switch (ref.place) {
  case KN_PLACE_INPUT: return s->x ? (KNReal *)s->x + b * s->nx : NULL;
  case KN_PLACE_OUTPUT: return s->y + b * s->ny;
  case KN_PLACE_DOUTPUT: return (KNReal *)s->dy + b * s->ny;
  case KN_PLACE_DINPUT: return s->dx ? s->dx + b * s->nx : NULL;
  case KN_PLACE_SAMPLE: return ref.for_input && !s->dx ? NULL : model->memory + b * model->program.room + ref.at;
  case KN_PLACE_THREAD:
    return ref.for_input && !s->dx ? NULL
                                   : model->memory + (size_t)model->samples * model->program.room +
                                       (size_t)omp_get_thread_num() * model->program.scratch + ref.at;
  default: return NULL;
  }
}

static void kn_add(KNReal *out, const KNReal *in, size_t n, int add)
{
  if (!add) {
    memcpy(out, in, n * sizeof(*out));
    return;
  }
#pragma omp simd
  for (size_t i = 0; i < n; i++) out[i] += in[i];
}

static void Operate(const Sweep *s, const KNOp *op, PetscInt b)
{
  const size_t  sample = (size_t)b;
  KNReal *const out    = Locate(s, op->out, sample);
  KNReal       *in[KN_MAX_INPUTS], *din[KN_MAX_INPUTS];

  if (op->for_input && !s->dx) return;
  for (int i = 0; i < KN_MAX_INPUTS; i++) {
    in[i]  = Locate(s, op->in[i], sample);
    din[i] = Locate(s, op->din[i], sample);
  }
  switch (op->kind) {
  case KN_OP_APPLY: KNLayerApply(op->layer, s->pass, b, (const KNReal *const *)in, out, op->mode); break;
  case KN_OP_GATHER: KNLayerGather(op->layer, s->pass, b, (const KNReal *const *)in); break;
  case KN_OP_APPLY_BACK: KNLayerApplyBack(op->layer, s->pass, b, (const KNReal *const *)in, out, din, op->mode); break;
  case KN_OP_GATHER_BACK: KNLayerGatherBack(op->layer, s->pass, b, (const KNReal *const *)in, out); break;
  case KN_OP_ADD: kn_add(out, in[0], op->n, op->mode == ADD_VALUES); break;
  }
}

/* By all threads. listen: the main thread moves messages on after each of its samples. */
static void RunPhase(const Sweep *s, const KNPhase *phase, PetscBool listen)
{
  const KNProgram *program = &s->model->program;
  const PetscInt size = KNSampleGroup(s->model->samples), groups = KNSampleGroups(s->model->samples, s->pass->samples);

#pragma omp for schedule(static)
  for (PetscInt g = 0; g < groups; g++) {
    for (PetscInt b = g * size; b < PetscMin((g + 1) * size, s->pass->samples); b++) {
      for (PetscInt i = phase->first; i < phase->end; i++) Operate(s, &program->op[i], b);
      if (listen && omp_get_thread_num() == 0) KNModelGradientsWait(s->model);
    }
  }
  for (PetscInt i = phase->finish[0]; i < phase->finish[1]; i++) KNLayerFinishBack(program->finish[i], s->pass);
}

PetscErrorCode KNModelRunForward(KNModel model, const KNPass *pass, const KNReal *x, KNReal *y)
{
  const Sweep s = Begin(model, pass, x, y, NULL, NULL);

  PetscFunctionBegin;
#pragma omp parallel num_threads(model->threads)
  {
    for (PetscInt i = 0; i < model->nlayers; i++) KNLayerPrepare(model->layer[i], pass);
    for (PetscInt p = 0; p < model->program.forward; p++) {
      const KNPhase *phase = &model->program.phase[p];

      if (phase->join) KNLayerJoin(phase->join, pass);
      RunPhase(&s, phase, PETSC_FALSE);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Complete(KNModel model, size_t offset)
{
  PetscFunctionBegin;
  PetscCall(model->failed);
  if (offset == SIZE_MAX || !model->done) PetscFunctionReturn(PETSC_SUCCESS);
  model->complete = offset;
  PetscCall(model->done(model->done_context, offset));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModelRunBackward(KNModel model, const KNPass *pass, const KNReal *x, const KNReal *dy, KNReal *dx)
{
  const Sweep s = Begin(model, pass, x, NULL, dy, dx);

  PetscFunctionBegin;
  for (PetscInt p = model->program.forward; p < model->program.nphases; p++) {
    const KNPhase *phase = &model->program.phase[p];

    if (phase->join) {
#pragma omp parallel num_threads(model->threads)
      if (phase->again) KNLayerJoin(phase->join, pass);
      else KNLayerJoinBack(phase->join, pass);
      PetscCall(Complete(model, phase->complete[0]));
    }
#pragma omp parallel num_threads(model->threads)
    RunPhase(&s, phase, (PetscBool)(p > model->program.forward));
    PetscCall(Complete(model, phase->complete[1]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

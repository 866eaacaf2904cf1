/*
  Where the arrays of a program lie. An array that one phase alone touches belongs to the thread, any other to the
  sample. Arrays are placed in the order of their birth, each at the lowest place that is free as long as it lives.
*/
#include "program.h"

typedef struct {
  size_t start, end;
} Span;

static PetscInt PhaseOf(const KNProgram *program, PetscInt op)
{
  PetscInt low = 0, high = program->nphases - 1; /* the last phase that begins at or before op */

  while (low < high) {
    const PetscInt middle = (low + high + 1) / 2;

    if (program->phase[middle].first <= op) low = middle;
    else high = middle - 1;
  }
  return low;
}

/* The lowest start with room for `size` beside the spans, which are in the order of their starts. */
static size_t LowestGap(const Span span[], PetscInt count, size_t size)
{
  size_t at = 0;

  for (PetscInt i = 0; i < count && span[i].start < at + size; i++) at = PetscMax(at, span[i].end);
  return at;
}

PetscErrorCode KNProgramPlace(KNProgram *program, PetscInt count, KNBuffer buffer[])
{
  Span *span;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(count, &span));
  for (PetscInt n = 0; n < count; n++) {
    KNBuffer     *b     = &buffer[n];
    const KNPlace place = PhaseOf(program, b->first) == PhaseOf(program, b->last) ? KN_PLACE_THREAD : KN_PLACE_SAMPLE;
    const size_t  size  = KNAligned(b->size);
    size_t       *whole = place == KN_PLACE_THREAD ? &program->scratch : &program->room;
    PetscInt      used  = 0;

    for (PetscInt m = 0; m < n; m++) {
      const KNBuffer *o   = &buffer[m];
      const size_t    end = o->ref.at + KNAligned(o->size);
      PetscInt        i   = used;

      if (o->ref.place != place || o->last < b->first || b->last < o->first) continue;
      for (; i > 0 && span[i - 1].start > o->ref.at; i--) span[i] = span[i - 1];
      span[i] = (Span){o->ref.at, end};
      used++;
    }
    b->ref = (KNRef){.place = place, .at = LowestGap(span, used, size)};
    *whole = PetscMax(*whole, b->ref.at + size);
  }
  PetscCall(PetscFree(span));
  PetscFunctionReturn(PETSC_SUCCESS);
}

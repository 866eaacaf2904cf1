/* The trainable parameters: declared one by one, stored in up to four blocks of one layout. */
#include "initial_values.h"
#include <kitinet/error.h>
#include <kitinet/memory.h>
#include <string.h>

const char *const KNRoleNames[] = {"none", "stream in", "stream out", "hidden",  "mode",
                                   "head", "class",     "word",       "complex", NULL};

enum { VALUE, GRADIENT, MOMENT1, MOMENT2, AVERAGE, NBLOCKS };

typedef struct {
  KNParameterInfo info;
  KNReal        **value, **gradient; /* addresses to set in SetUp, not owned */
} Parameter;

struct _p_KNParameters {
  PetscInt   count, capacity;
  Parameter *parameter;      /* (count) */
  size_t     size, state;    /* elements of a block, of the segment of the state; multiples of the cache line */
  KNRows     rows;           /* of the table that have gradients */
  KNReal    *block[NBLOCKS]; /* (size) each; VALUE NULL before SetUp, others until they are asked for */
};

/*
  Elements that a parameter takes: the next one begins on a cache line. Behind state lies the weight of its statistics.
*/
static size_t Extent(const KNParameterInfo *info)
{
  return KNAligned(info->size + (info->momentum > 0 ? 1 : 0));
}

PetscErrorCode KNParametersCreate(KNParameters *parameters)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersDestroy(KNParameters *parameters)
{
  PetscFunctionBegin;
  if (!*parameters) PetscFunctionReturn(PETSC_SUCCESS);
  for (int b = 0; b < NBLOCKS; b++) PetscCall(KNFree(&(*parameters)->block[b]));
  PetscCall(PetscFree((*parameters)->parameter));
  PetscCall(PetscFree(*parameters));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersDeclare(KNParameters p, const KNParameterInfo *info, KNReal **value, KNReal **gradient)
{
  Parameter *entry;

  PetscFunctionBegin;
  PetscCheck(!p->block[VALUE], PETSC_COMM_SELF, PETSC_ERR_ORDER, "parameter %s declared after KNParametersSetUp()",
             info->name);
  PetscCheck(info->rank >= 1 && info->rank <= KN_MAX_RANK, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "parameter %s has %" PetscInt_FMT " axes", info->name, info->rank);
  if (p->count == p->capacity) {
    p->capacity = PetscMax(2 * p->capacity, 16);
    PetscCall(PetscRealloc((size_t)p->capacity * sizeof(*p->parameter), &p->parameter));
  }
  entry            = &p->parameter[p->count++];
  *entry           = (Parameter){.info = *info, .value = value, .gradient = gradient};
  entry->info.size = 1;
  for (PetscInt i = 0; i < info->rank; i++) entry->info.size *= (size_t)info->shape[i];
  p->size += Extent(&entry->info);
  if (info->momentum > 0) p->state += Extent(&entry->info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNParametersPlaceGradients(KNParameters p)
{
  for (PetscInt i = 0; i < p->count; i++) *p->parameter[i].gradient = p->block[GRADIENT] + p->parameter[i].info.offset;
}

static PetscErrorCode KNParametersAllocate(KNParameters p, int b)
{
  PetscFunctionBegin;
  if (p->block[b]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNMalloc(p->size, sizeof(KNReal), &p->block[b]));
  memset(p->block[b], 0, p->size * sizeof(KNReal)); /* gaps are 0 in debug builds too */
  if (b == GRADIENT) KNParametersPlaceGradients(p);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersSetUp(KNParameters p, PetscInt64 seed)
{
  size_t end[2];

  PetscFunctionBegin;
  PetscCheck(!p->block[VALUE], PETSC_COMM_SELF, PETSC_ERR_ORDER, "KNParametersSetUp() called twice");
  PetscCheck(p->size <= KNMemoryGetLimit() / sizeof(KNReal), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "the network's %.4g million parameters need %.1f MiB, a rank may take %.1f MiB here: lower -model_width, "
             "-model_modes, -model_layers or -model_word_pairs, or the number of ranks on a node",
             (double)p->size * 1e-6, (double)p->size * sizeof(KNReal) / 1048576.0,
             (double)KNMemoryGetLimit() / 1048576.0);
  PetscCall(KNParametersAllocate(p, VALUE));
  end[0] = p->state; /* of trained parameters, of state */
  end[1] = 0;
  for (PetscInt i = 0; i < p->count; i++) {
    Parameter      *entry = &p->parameter[i];
    size_t         *place = &end[entry->info.momentum > 0];
    KNParameterInfo drawn = entry->info;

    if (drawn.drawn) {
      drawn.size     = drawn.size / (size_t)drawn.shape[0] * (size_t)drawn.drawn;
      drawn.shape[0] = drawn.drawn;
    }
    entry->info.offset = *place;
    *place += Extent(&entry->info);
    *entry->value = p->block[VALUE] + entry->info.offset;
    PetscCall(KNInitialValues(&drawn, seed, i, *entry->value));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetBlocks(KNParameters p, size_t *size, KNReal **value, KNReal **gradient, KNReal **moment1,
                                     KNReal **moment2)
{
  KNReal **const block[] = {value, gradient, moment1, moment2};

  PetscFunctionBegin;
  if (size) *size = p->size;
  for (int b = VALUE; b <= MOMENT2; b++) {
    if (!block[b]) continue;
    PetscCall(KNParametersAllocate(p, b));
    *block[b] = p->block[b];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetCount(KNParameters p, PetscInt *count)
{
  PetscFunctionBegin;
  *count = p->count;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetInfo(KNParameters p, PetscInt i, const KNParameterInfo **info)
{
  PetscFunctionBegin;
  PetscCheck(i >= 0 && i < p->count, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "no parameter %" PetscInt_FMT ", there are %" PetscInt_FMT, i, p->count);
  *info = &p->parameter[i].info;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetTotal(KNParameters p, size_t *total)
{
  PetscFunctionBegin;
  *total = 0;
  for (PetscInt i = 0; i < p->count; i++) *total += p->parameter[i].info.momentum > 0 ? 0 : p->parameter[i].info.size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetState(KNParameters p, size_t *size, size_t *total)
{
  PetscFunctionBegin;
  if (size) *size = p->state;
  if (total) *total = 0;
  for (PetscInt i = 0; total && i < p->count; i++)
    *total += p->parameter[i].info.momentum > 0 ? p->parameter[i].info.size : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetOffset(KNParameters p, PetscInt first, size_t *offset)
{
  PetscBool before = PETSC_FALSE;

  PetscFunctionBegin;
  *offset = p->size;
  for (PetscInt i = p->count - 1; i >= 0; i--) {
    if (p->parameter[i].info.momentum > 0) continue;
    if (i >= first) *offset = p->parameter[i].info.offset;
    else before = PETSC_TRUE;
  }
  if (!before) *offset = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersUpdateState(KNParameters p)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < p->count; i++) {
    const KNParameterInfo *info = &p->parameter[i].info;
    const KNReal          *statistics;
    KNReal                *value = p->block[VALUE] + info->offset;

    if (!(info->momentum > 0)) continue;
    PetscCheck(p->block[GRADIENT], PETSC_COMM_SELF, PETSC_ERR_ORDER, "state %s without statistics", info->name);
    statistics = p->block[GRADIENT] + info->offset;
    for (size_t e = 0; e < info->size && statistics[info->size] > 0; e++) {
      value[e] += info->momentum * (statistics[e] / statistics[info->size] - value[e]);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetAverage(KNParameters p, PetscBool make, KNReal **average)
{
  PetscFunctionBegin;
  if (make && !p->block[AVERAGE]) {
    PetscCall(KNParametersAllocate(p, AVERAGE));
    memcpy(p->block[AVERAGE], p->block[VALUE], p->size * sizeof(KNReal));
  }
  *average = p->block[AVERAGE];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersSwapAverage(KNParameters p)
{
  KNReal *average = p->block[AVERAGE], *value = p->block[VALUE];

  PetscFunctionBegin;
  for (size_t i = p->state; average && i < p->size; i++) { /* element by element: layers hold addresses of the values */
    const KNReal kept = average[i];

    average[i] = value[i];
    value[i]   = kept;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersSwapGradients(KNParameters p, KNReal **block)
{
  KNReal *mine;

  PetscFunctionBegin;
  PetscCall(KNParametersAllocate(p, GRADIENT));
  mine               = p->block[GRADIENT];
  p->block[GRADIENT] = *block;
  *block             = mine;
  KNParametersPlaceGradients(p);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetTable(KNParameters p, PetscInt *rows, PetscInt *words)
{
  const KNParameterInfo *first = p->count ? &p->parameter[0].info : NULL;

  PetscFunctionBegin;
  *rows = first && first->role[0] == KN_ROLE_WORD && !p->state ? first->shape[0] : 0;
  if (words) *words = *rows && first->drawn ? first->drawn : *rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersChooseRows(KNParameters p, PetscInt count, const PetscInt word[])
{
  PetscInt rows;

  PetscFunctionBegin;
  PetscCall(KNParametersGetTable(p, &rows, NULL));
  PetscCheck(count >= 0 && count <= rows, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "%" PetscInt_FMT " rows of a table of %" PetscInt_FMT, count, rows);
  p->rows = (KNRows){.count = count, .word = word};
  if (!count) PetscFunctionReturn(PETSC_SUCCESS);
  p->rows.end    = p->parameter[0].info.size;
  p->rows.length = p->rows.end / (size_t)rows;
  p->rows.start  = p->rows.end - (size_t)count * p->rows.length;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetRows(KNParameters p, KNRows *rows)
{
  PetscFunctionBegin;
  *rows = p->rows;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersZeroGradients(KNParameters p)
{
  PetscFunctionBegin;
  PetscCall(KNParametersAllocate(p, GRADIENT));
#pragma omp parallel for simd schedule(static)
  for (size_t i = p->rows.start; i < p->size; i++) p->block[GRADIENT][i] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

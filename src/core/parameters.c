/* The trainable parameters: declared one by one, stored in four blocks of one layout. */
#include <kitinet/error.h>
#include <kitinet/memory.h>
#include <kitinet/parameters.h>
#include <kitinet/random.h>
#include <string.h>

enum { VALUE, GRADIENT, MOMENT1, MOMENT2, NBLOCKS };

typedef struct {
  KNParameterInfo info;
  KNReal        **value, **gradient; /* addresses to set in SetUp, not owned */
} Parameter;

struct _p_KNParameters {
  PetscInt   count, capacity;
  Parameter *parameter;      /* (count) */
  size_t     size;           /* elements of a block, a multiple of the cache line */
  KNReal    *block[NBLOCKS]; /* (size) each; NULL before SetUp */
};

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

PetscErrorCode KNParametersDeclare(KNParameters p, const char name[], PetscInt rank, const PetscInt shape[], KNInit init, KNReal scale, KNReal **value, KNReal **gradient)
{
  const size_t line = KN_ALIGN / sizeof(KNReal);
  Parameter   *entry;

  PetscFunctionBegin;
  PetscCheck(!p->block[VALUE], PETSC_COMM_SELF, PETSC_ERR_ORDER, "parameter %s declared after KNParametersSetUp()", name);
  PetscCheck(rank >= 1 && rank <= (PetscInt)PETSC_STATIC_ARRAY_LENGTH(entry->info.shape), PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "parameter %s has %" PetscInt_FMT " axes", name, rank);
  if (p->count == p->capacity) {
    p->capacity = PetscMax(2 * p->capacity, 16);
    PetscCall(PetscRealloc((size_t)p->capacity * sizeof(*p->parameter), &p->parameter));
  }
  entry = &p->parameter[p->count++];
  memset(entry, 0, sizeof(*entry));
  PetscCall(PetscStrncpy(entry->info.name, name, sizeof(entry->info.name)));
  entry->info.rank   = rank;
  entry->info.init   = init;
  entry->info.scale  = scale;
  entry->info.offset = p->size;
  entry->info.size   = 1;
  for (PetscInt i = 0; i < rank; i++) {
    entry->info.shape[i] = shape[i];
    entry->info.size *= (size_t)shape[i];
  }
  entry->value    = value;
  entry->gradient = gradient;
  p->size += (entry->info.size + line - 1) / line * line; /* the next parameter begins on a cache line */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* value: (size). Element e is a function of (seed, index, e) alone; one call of the generator serves four elements. */
static void KNParameterDraw(const KNParameterInfo *info, PetscInt64 seed, PetscInt64 index, KNReal *value)
{
  if (info->init == KN_INIT_ZERO) {
    memset(value, 0, info->size * sizeof(*value));
    return;
  }
  for (size_t e = 0; e < info->size; e += 4) {
    uint64_t word[4];

    KNRandomWords(seed, KN_STREAM_INIT, index, (PetscInt64)(e / 4), 0, 0, word);
    for (size_t j = 0; j < 4 && e + j < info->size; j++) {
      const double u = KNUniform(word[j]);

      value[e + j] = info->scale * (KNReal)(info->init == KN_INIT_SYMMETRIC ? 2.0 * u - 1.0 : u);
    }
  }
}

PetscErrorCode KNParametersSetUp(KNParameters p, PetscInt64 seed)
{
  PetscFunctionBegin;
  PetscCheck(!p->block[VALUE], PETSC_COMM_SELF, PETSC_ERR_ORDER, "KNParametersSetUp() called twice");
  PetscCheck(p->size <= KNMemoryGetLimit() / (NBLOCKS * sizeof(KNReal)), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "the network's %.4g million parameters, their gradients and moments need %.1f MiB, a rank may take %.1f MiB here: lower -model_width, -model_modes or -model_layers, or the number of ranks on a node",
             (double)p->size * 1e-6, (double)p->size * NBLOCKS * sizeof(KNReal) / 1048576.0, (double)KNMemoryGetLimit() / 1048576.0);
  for (int b = 0; b < NBLOCKS; b++) {
    PetscCall(KNMalloc(p->size, sizeof(KNReal), &p->block[b]));
    memset(p->block[b], 0, p->size * sizeof(KNReal)); /* gaps are 0 in debug builds too */
  }
  for (PetscInt i = 0; i < p->count; i++) {
    const Parameter *entry = &p->parameter[i];

    *entry->value    = p->block[VALUE] + entry->info.offset;
    *entry->gradient = p->block[GRADIENT] + entry->info.offset;
    KNParameterDraw(&entry->info, seed, i, *entry->value);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetBlocks(KNParameters p, size_t *size, KNReal **value, KNReal **gradient, KNReal **moment1, KNReal **moment2)
{
  PetscFunctionBegin;
  if (size) *size = p->size;
  if (value) *value = p->block[VALUE];
  if (gradient) *gradient = p->block[GRADIENT];
  if (moment1) *moment1 = p->block[MOMENT1];
  if (moment2) *moment2 = p->block[MOMENT2];
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
  PetscCheck(i >= 0 && i < p->count, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "no parameter %" PetscInt_FMT ", there are %" PetscInt_FMT, i, p->count);
  *info = &p->parameter[i].info;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersGetTotal(KNParameters p, size_t *total)
{
  PetscFunctionBegin;
  *total = 0;
  for (PetscInt i = 0; i < p->count; i++) *total += p->parameter[i].info.size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersSwapGradients(KNParameters p, KNReal **block)
{
  KNReal *mine = p->block[GRADIENT];

  PetscFunctionBegin;
  p->block[GRADIENT] = *block;
  *block             = mine;
  for (PetscInt i = 0; i < p->count; i++) *p->parameter[i].gradient = p->block[GRADIENT] + p->parameter[i].info.offset;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNParametersZeroGradients(KNParameters p)
{
  PetscFunctionBegin;
#pragma omp parallel for simd schedule(static)
  for (size_t i = 0; i < p->size; i++) p->block[GRADIENT][i] = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

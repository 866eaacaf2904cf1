/*
  The original network's block with collisions: what the pointwise layer makes, W x + b, are the positions of particles, and what the spectral layer makes, K x,
  their velocities,

      y = GELU(p + C(p, u)),    p = W x + b, u = K x

  C: the collisions of collision.c, with its options, laws and draws. At rate 0 it is GELU(p + u).

  in[0] = p, in[1] = u: (B, C, S); y: (B, C, S). No parameters.
*/
#include "collision_list.h"
#include "gelu_kernels.h"
#include <omp.h>
#include <string.h>

static void KNScatterForward(const KNCollision *collision, const KNCollisionList *list, KNReal *y, const KNReal *p, const KNReal *u, KNReal *z, int add)
{
  // y, p, u, z: (C, S); z = p + C(p, u)
  const size_t size = collision->n * collision->d * collision->S;

  memcpy(z, p, size * sizeof(KNReal));
  KNCollisionPerform(collision, list, z, p, u, 1);
  if (add) kn_gelu_add(y, z, size);
  else kn_gelu_forward(y, z, size);
}

static void KNScatterBackward(const KNCollision *collision, const KNCollisionList *list, KNReal *dp, KNReal *du, const KNReal *dy, const KNReal *p, const KNReal *u, KNReal *work, int add)
{
  // dp, du: (C, S) or NULL, may be p and u; work: (3, C, S), z and then dz, the parts of dp and du
  const size_t size = collision->n * collision->d * collision->S;
  KNReal      *dz = work, *dpt = dz + size, *dut = dpt + size;

  memcpy(dz, p, size * sizeof(KNReal));
  KNCollisionPerform(collision, list, dz, p, u, 1);
  kn_gelu_backward(dz, dy, dz, size, 0);
  memcpy(dpt, dz, size * sizeof(KNReal));
  memset(dut, 0, size * sizeof(KNReal));
  KNCollisionPerformBack(collision, list, dpt, dut, dz, p, u);
  for (size_t i = 0; dp && i < size; i++) dp[i] = (add ? dp[i] : 0) + dpt[i];
  for (size_t i = 0; du && i < size; i++) du[i] = (add ? du[i] : 0) + dut[i];
}

typedef struct {
  KNCollision collision; /* first: which particles collide */
  KNReal     *work;      /* (threads, 3, C, S) */
} Scatter;

static PetscErrorCode KNLayerSetFromOptions_Scatter(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetFromOptions(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Scatter(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetUp(layer->data, layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Scatter(KNLayer layer)
{
  Scatter     *scatter = layer->data;
  const size_t size    = (size_t)layer->in * KNGridSize(&layer->grid_in), count = (size_t)layer->threads * 3 * size;

  PetscFunctionBegin;
  PetscCall(KNCollisionSetGrid(&scatter->collision, layer));
  PetscCall(KNFree(&scatter->work));
  PetscCall(KNMalloc(count, sizeof(KNReal), &scatter->work));
  layer->bytes += count * sizeof(KNReal);
  layer->flops[0] += KN_GELU_FLOPS * (PetscLogDouble)size;
  layer->flops[1] += KN_GELU_BACKWARD_FLOPS * (PetscLogDouble)size;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This thread's workspace. */
static KNReal *Own(KNLayer layer)
{
  const Scatter *scatter = layer->data;

  return scatter->work + (size_t)omp_get_thread_num() * 3 * (size_t)layer->in * KNGridSize(&layer->grid_in);
}

static void KNLayerApply_Scatter(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  const KNCollision    *collision = layer->data;
  const KNCollisionList list      = KNCollisionCollide(collision, layer, pass, b, in[1]);

  KNScatterForward(collision, &list, out, in[0], in[1], Own(layer), mode == ADD_VALUES);
}

static void KNLayerApplyBack_Scatter(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const KNCollision    *collision = layer->data;
  const KNCollisionList list      = KNCollisionCollide(collision, layer, pass, b, in[1]);

  KNScatterBackward(collision, &list, din[0], din[1], dout, in[0], in[1], Own(layer), mode == ADD_VALUES);
}

static PetscErrorCode KNLayerView_Scatter(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionView(layer->data, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Scatter(KNLayer layer)
{
  Scatter *scatter = layer->data;

  PetscFunctionBegin;
  PetscCall(KNCollisionFree(&scatter->collision));
  PetscCall(KNFree(&scatter->work));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Scatter(KNLayer layer)
{
  Scatter *scatter;

  PetscFunctionBegin;
  PetscCall(PetscNew(&scatter));
  PetscCall(KNCollisionSetDefaults(&scatter->collision, PETSC_MAX_INT)); /* two particles do best: jobs/results/study_search.csv */
  layer->data   = scatter;
  layer->inputs = 2;
  layer->ops    = (KNLayerOps){
       .setfromoptions = KNLayerSetFromOptions_Scatter,
       .setup          = KNLayerSetUp_Scatter,
       .setgrid        = KNLayerSetGrid_Scatter,
       .apply          = KNLayerApply_Scatter,
       .apply_back     = KNLayerApplyBack_Scatter,
       .view           = KNLayerView_Scatter,
       .destroy        = KNLayerDestroy_Scatter,
  };
  layer->traits = (KNLayerTraits){.over_input = 3};
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The residual of KITINet: collide, then drift (arXiv 2505.17919),

      none       y = x + C(x, v)
      velocity   y = x + C(x, GELU(z))     (default)
      result     y = GELU(x + C(x, v))

  C: the collisions of collision.c, with its options, laws and draws; at rate 0 nothing collides and y is drift.c's, bit
  for bit.

  velocity: one pass does what gelu, collision and the addition do in four. A particle that collides is taken with its
  partner through a workspace in the cache, some points at a time; all others fly freely, x + GELU(z), without one
  (kinetic_kernels.h). none and result take all particles of a sample at a time.

  in[0] = x, in[1] = v or z: (B, C, S); y: (B, C, S). No parameters.
*/
#include "collision_list.h"
#include "gelu_kernels.h"
#include "kinetic_kernels.h"
#include <omp.h>
#include <string.h>

typedef struct {
  KNCollision collision; /* first: which particles collide */
  size_t      room;      /* reals of workspace of a thread */
  KNReal     *work;      /* (threads, room) */
  KNReal     *velocity;  /* (threads, C, S) for alpha > 0, where collisions depend on all of them; else NULL */
} Kinetic;

/* How the particles of a sample are taken: its groups, one after the other, and in the end those that fly freely. */
typedef struct {
  KNCollisionList list;
  size_t          groups;
} Sample;

static Sample KNKineticCollide(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *z)
{
  const Kinetic     *kinetic   = layer->data;
  const KNCollision *collision = &kinetic->collision;
  const size_t       size      = collision->n * collision->d * collision->S;
  KNReal            *v = kinetic->velocity ? kinetic->velocity + (size_t)omp_get_thread_num() * KNAligned(size) : NULL;
  Sample             sample;

  if (v) kn_gelu_forward(v, z, size);
  sample.list   = KNCollisionCollide(collision, layer, pass, b, v);
  sample.groups = sample.list.weight ? 1 : sample.list.pairs;
  return sample;
}

/* Draws are disjoint pairs; in the expectation each particle meets all others. */
static KNParticles KNKineticGroup(const KNCollision *collision, const Sample *sample, size_t g)
{
  static const uint32_t  both[2] = {0, 1};
  const KNCollisionList *list    = &sample->list;

  if (list->weight)
    return (KNParticles){.members = collision->n, .pair = list->pair, .weight = list->weight, .pairs = list->pairs};
  return (KNParticles){.member  = list->pair + 2 * g,
                       .members = 2,
                       .pair    = both,
                       .omega   = list->omega ? list->omega + g * collision->d : NULL,
                       .pairs   = 1};
}

/* Is each group a pair that collides along its line of centres? */
static int KNKineticPairs(const KNCollision *collision, const Sample *sample)
{
  return collision->law == KN_LAW_LINE_OF_CENTRES && !sample->list.weight;
}

/* none and result, of one sample. y, x, v: (C, S); work: (C, S) */
static void KNKineticForward(const KNCollision *collision, const KNCollisionList *list, KNReal *y, const KNReal *x,
                             const KNReal *v, KNReal *work, PetscBool gelu, PetscBool add)
{
  const size_t size = collision->n * collision->d * collision->S;
  KNReal      *z    = gelu || add ? work : y; /* x + C(x, v) */

  memcpy(z, x, size * sizeof(KNReal));
  KNCollisionPerform(collision, list, z, x, v, 1);
  if (gelu && add) kn_gelu_add(y, z, size);
  else if (gelu) kn_gelu_forward(y, z, size);
  for (size_t i = 0; add && !gelu && i < size; i++) y[i] += z[i];
}

/* dx, dv: (C, S) or NULL; dx may be dy or x, dv may be v. work: (3, C, S), the last for gelu only */
static void KNKineticBackward(const KNCollision *collision, const KNCollisionList *list, KNReal *dx, KNReal *dv,
                              const KNReal *dy, const KNReal *x, const KNReal *v, KNReal *work, PetscBool gelu,
                              PetscBool add)
{
  const size_t  size = collision->n * collision->d * collision->S;
  KNReal       *dxt = work, *dvt = dxt + size, *z = dvt + size;
  const KNReal *dz = gelu ? z : dy;

  if (gelu) {
    memcpy(z, x, size * sizeof(KNReal));
    KNCollisionPerform(collision, list, z, x, v, 1);
    kn_gelu_backward(z, dy, z, size, 0);
  }
  memcpy(dxt, dz, size * sizeof(KNReal));
  memset(dvt, 0, size * sizeof(KNReal));
  KNCollisionPerformBack(collision, list, dxt, dvt, dz, x, v);
  for (size_t i = 0; dx && i < size; i++) dx[i] = (add ? dx[i] : 0) + dxt[i];
  for (size_t i = 0; dv && i < size; i++) dv[i] = (add ? dv[i] : 0) + dvt[i];
}

static PetscErrorCode KNLayerSetFromOptions_Kinetic(KNLayer layer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionSetFromOptions(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetUp_Kinetic(KNLayer layer, KNParameters parameters)
{
  PetscFunctionBegin;
  /* With result, two particles do best: jobs/results/study_search.csv */
  PetscCall(KNCollisionSetUp(layer->data, layer,
                             layer->activation == KN_ACTIVATION_RESULT ? PETSC_MAX_INT : KN_MOST_COMPONENTS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Kinetic(KNLayer layer)
{
  Kinetic             *kinetic   = layer->data;
  KNCollision         *collision = &kinetic->collision;
  const size_t         threads = (size_t)layer->threads, C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);
  const PetscLogDouble points   = (PetscLogDouble)(C * S);
  const PetscBool      velocity = (PetscBool)(layer->activation == KN_ACTIVATION_VELOCITY),
                  gelu          = (PetscBool)(layer->activation != KN_ACTIVATION_NONE);

  PetscFunctionBegin;
  PetscCall(KNCollisionSetGrid(collision, layer));
  PetscCall(KNFree(&kinetic->work));
  PetscCall(KNFree(&kinetic->velocity));
  kinetic->room = KNAligned(velocity ? KN_KINETIC_ROOM(C, collision->d) : (gelu ? 3 : 2) * C * S);
  PetscCall(KNMalloc(threads * kinetic->room, sizeof(KNReal), &kinetic->work));
  layer->bytes += threads * kinetic->room * sizeof(KNReal);
  if (velocity && collision->alpha > 0 && collision->rate > 0) {
    PetscCall(KNMalloc(threads * KNAligned(C * S), sizeof(KNReal), &kinetic->velocity));
    layer->bytes += threads * KNAligned(C * S) * sizeof(KNReal);
  }
  layer->flops[0] += gelu ? KN_GELU_FLOPS * points : 0;
  layer->flops[1] += gelu ? KN_GELU_BACKWARD_FLOPS * points : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* This thread's workspace. */
static KNReal *Own(KNLayer layer)
{
  const Kinetic *kinetic = layer->data;

  return kinetic->work + (size_t)omp_get_thread_num() * kinetic->room;
}

static void KNKineticFusedForward(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                  int add)
{
  const KNCollision *collision = layer->data;
  const size_t       n = collision->n, d = collision->d, S = collision->S, capacity = KN_KINETIC_TILE * n * d;
  const Sample       sample = KNKineticCollide(layer, pass, b, in[1]);
  KNReal            *work   = Own(layer);

  for (size_t g = 0; g < sample.groups; g++) {
    const KNParticles group = KNKineticGroup(collision, &sample, g);

    if (KNKineticPairs(collision, &sample)) kn_pair_forward(out, in[0], in[1], group.member, work, d, S, add);
    else kn_kinetic_forward(out, in[0], in[1], &group, (KNCollisionLaw)collision->law, work, capacity, d, S, add);
  }
  if (!sample.groups) kn_drift_forward(out, in[0], in[1], n * d * S, add);
  for (size_t i = 2 * sample.groups; sample.groups && !sample.list.weight && i < n; i++) {
    const size_t first = sample.list.pair[i] * d * S;

    kn_drift_forward(out + first, in[0] + first, in[1] + first, d * S, add);
  }
}

static void KNKineticFusedBackward(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                   const KNReal *dout, KNReal *const din[], int add)
{
  const KNCollision *collision = layer->data;
  const size_t       n = collision->n, d = collision->d, S = collision->S, capacity = KN_KINETIC_TILE * n * d;
  const Sample       sample = KNKineticCollide(layer, pass, b, in[1]);
  KNReal            *work   = Own(layer);

  for (size_t g = 0; g < sample.groups; g++) {
    const KNParticles group = KNKineticGroup(collision, &sample, g);

    if (KNKineticPairs(collision, &sample) && din[0] && din[1])
      kn_pair_backward(din[0], din[1], dout, in[0], in[1], group.member, work, d, S, add);
    else
      kn_kinetic_backward(din[0], din[1], dout, in[0], in[1], &group, (KNCollisionLaw)collision->law, work, capacity, d,
                          S, add);
  }
  if (!sample.groups) kn_drift_backward(din[0], din[1], dout, in[1], n * d * S, add);
  for (size_t i = 2 * sample.groups; sample.groups && !sample.list.weight && i < n; i++) {
    const size_t first = sample.list.pair[i] * d * S;

    kn_drift_backward(din[0] ? din[0] + first : NULL, din[1] ? din[1] + first : NULL, dout + first, in[1] + first,
                      d * S, add);
  }
}

static void KNLayerApply_Kinetic(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out,
                                 InsertMode mode)
{
  const KNCollision *collision = layer->data;
  const PetscBool    add       = (PetscBool)(mode == ADD_VALUES);

  if (layer->activation == KN_ACTIVATION_VELOCITY) {
    KNKineticFusedForward(layer, pass, b, in, out, add);
  } else {
    const KNCollisionList list = KNCollisionCollide(collision, layer, pass, b, in[1]);

    KNKineticForward(collision, &list, out, in[0], in[1], Own(layer),
                     (PetscBool)(layer->activation == KN_ACTIVATION_RESULT), add);
  }
}

static void KNLayerApplyBack_Kinetic(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[],
                                     const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const KNCollision *collision = layer->data;
  const PetscBool    add       = (PetscBool)(mode == ADD_VALUES);

  if (layer->activation == KN_ACTIVATION_VELOCITY) {
    KNKineticFusedBackward(layer, pass, b, in, dout, din, add);
  } else {
    const KNCollisionList list = KNCollisionCollide(collision, layer, pass, b, in[1]);

    KNKineticBackward(collision, &list, din[0], din[1], dout, in[0], in[1], Own(layer),
                      (PetscBool)(layer->activation == KN_ACTIVATION_RESULT), add);
  }
}

static PetscErrorCode KNLayerView_Kinetic(KNLayer layer, PetscViewer viewer)
{
  PetscFunctionBegin;
  PetscCall(KNCollisionView(layer->data, viewer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerDestroy_Kinetic(KNLayer layer)
{
  Kinetic *kinetic = layer->data;

  PetscFunctionBegin;
  PetscCall(KNCollisionFree(&kinetic->collision));
  PetscCall(KNFree(&kinetic->work));
  PetscCall(KNFree(&kinetic->velocity));
  PetscCall(PetscFree(layer->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PETSC_INTERN PetscErrorCode KNLayerCreate_Kinetic(KNLayer layer)
{
  Kinetic *kinetic;

  PetscFunctionBegin;
  PetscCall(PetscNew(&kinetic));
  PetscCall(KNCollisionSetDefaults(&kinetic->collision));
  layer->data       = kinetic;
  layer->inputs     = 2;
  layer->residual   = PETSC_TRUE;
  layer->activation = KN_ACTIVATION_VELOCITY;
  layer->ops        = (KNLayerOps){
           .setfromoptions = KNLayerSetFromOptions_Kinetic,
           .setup          = KNLayerSetUp_Kinetic,
           .setgrid        = KNLayerSetGrid_Kinetic,
           .apply          = KNLayerApply_Kinetic,
           .apply_back     = KNLayerApplyBack_Kinetic,
           .view           = KNLayerView_Kinetic,
           .destroy        = KNLayerDestroy_Kinetic,
  };
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 3};
  PetscFunctionReturn(PETSC_SUCCESS);
}

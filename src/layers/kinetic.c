/*
  The residual step of KITINet: collide, then drift (arXiv 2505.17919), with GELU(z) as velocities,

      y = x + C(x, GELU(z))

  C: the collisions of collision.c, with its options, laws and draws; at rate 0 nothing collides and y is drift.c's, bit for bit. One pass does what gelu, collision
  and the addition do in four: a particle that collides is taken with its partner through a workspace in the cache, a few hundred points at a
  time; all others fly freely, x + GELU(z), without one.

  in[0] = x, in[1] = z: (B, C, S); y: (B, C, S). No parameters.
*/
#include "collision_kernels.h"
#include "collision_list.h"
#include "gelu_kernels.h"
#include <omp.h>
#include <string.h>

enum { TILE = 64, ARRAYS = 5 }; /* points of all channels that an array of the workspace holds; arrays of a thread */

/* Particles that collide with no others: their rows of x, z, .. are member[i] d + a. */
typedef struct {
  const uint32_t *member, *pair; /* (members) particles, NULL: 0, 1, ..; (pairs, 2) of members */
  const double   *weight;        /* (pairs) or NULL, as of kn_collision_perform */
  const KNReal   *omega;         /* (pairs, d) or NULL */
  size_t          members, pairs;
} Group;

static size_t kn_row(const Group *group, size_t row, size_t d)
{
  return group->member ? group->member[row / d] * d + row % d : row;
}

static void kn_kinetic_forward(KNReal *y, const KNReal *x, const KNReal *z, const Group *group, int centres, KNReal *work, size_t capacity, size_t d, size_t S, int add)
{
  // y, x, z: (C, S), the rows of the group's particles; work: (3, capacity), capacity >= TILE C
  const size_t rows = group->members * d, tile = PetscMin(capacity / rows, 4 * TILE);
  KNReal      *xt = work, *v = xt + capacity, *collided = v + capacity;

  for (size_t s = 0; s < S; s += tile) {
    const size_t n = PetscMin(tile, S - s);

    for (size_t r = 0; r < rows; r++) {
      const size_t from = kn_row(group, r, d) * S + s;

      memcpy(xt + r * n, x + from, n * sizeof(KNReal));
      kn_gelu_forward(v + r * n, z + from, n);
    }
    kn_collision_perform(collided, centres ? xt : NULL, v, group->omega, group->pair, group->weight, group->pairs, group->members, d, n, 0);
    for (size_t r = 0; r < rows; r++) {
      KNReal *restrict to = y + kn_row(group, r, d) * S + s;

      for (size_t i = 0; i < n; i++) to[i] = (add ? to[i] : 0) + (xt[r * n + i] + collided[r * n + i]);
    }
  }
}

static void kn_kinetic_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z, const Group *group, int centres, KNReal *work, size_t capacity, size_t d, size_t S, int add)
{
  // dx, dz: (C, S) or NULL, dx may be dy, dz may be z; work: (5, capacity). Drift hands dy on to x and to v', collisions to v and once more to x.
  const size_t rows = group->members * d, tile = PetscMin(capacity / rows, 4 * TILE);
  KNReal      *xt = work, *v = xt + capacity, *dyt = v + capacity, *dxt = dyt + capacity, *dv = dxt + capacity;

  for (size_t s = 0; s < S; s += tile) {
    const size_t n = PetscMin(tile, S - s);

    for (size_t r = 0; r < rows; r++) {
      const size_t from = kn_row(group, r, d) * S + s;

      memcpy(xt + r * n, x + from, n * sizeof(KNReal));
      memcpy(dyt + r * n, dy + from, n * sizeof(KNReal));
      kn_gelu_forward(v + r * n, z + from, n);
    }
    memcpy(dxt, dyt, rows * n * sizeof(KNReal));
    memset(dv, 0, rows * n * sizeof(KNReal));
    kn_collision_perform_backward(dxt, dv, dyt, centres ? xt : NULL, v, group->omega, group->pair, group->weight, group->pairs, group->members, d, n);
    for (size_t r = 0; r < rows; r++) {
      const size_t to = kn_row(group, r, d) * S + s;

      for (size_t i = 0; dx && i < n; i++) dx[to + i] = (add ? dx[to + i] : 0) + dxt[r * n + i];
      if (dz) kn_gelu_backward(dz + to, dv + r * n, z + to, n, add);
    }
  }
}

typedef struct {
  KNCollision collision; /* first: which particles collide */
  KNReal     *work;      /* (threads, ARRAYS, TILE C) */
  KNReal     *velocity;  /* (threads, C, S) for alpha > 0, where the probability of a collision needs all of them; else NULL */
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
  KNReal            *v         = kinetic->velocity ? kinetic->velocity + (size_t)omp_get_thread_num() * size : NULL;
  Sample             sample;

  if (v) kn_gelu_forward(v, z, size);
  sample.list   = KNCollisionCollide(collision, layer, pass, b, v);
  sample.groups = sample.list.weight ? 1 : sample.list.pairs;
  return sample;
}

/* Draws are disjoint pairs; in the expectation each particle meets all others. */
static Group KNKineticGroup(const KNCollision *collision, const Sample *sample, size_t g)
{
  static const uint32_t  both[2] = {0, 1};
  const KNCollisionList *list    = &sample->list;

  if (list->weight) return (Group){.members = collision->n, .pair = list->pair, .weight = list->weight, .pairs = list->pairs};
  return (Group){.member = list->pair + 2 * g, .members = 2, .pair = both, .omega = list->omega ? list->omega + g * collision->d : NULL, .pairs = 1};
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
  PetscCall(KNCollisionSetUp(layer->data, layer));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLayerSetGrid_Kinetic(KNLayer layer)
{
  Kinetic             *kinetic   = layer->data;
  KNCollision         *collision = &kinetic->collision;
  const size_t         threads = (size_t)layer->threads, C = (size_t)layer->in, S = KNGridSize(&layer->grid_in);
  const PetscLogDouble points  = (PetscLogDouble)(C * S);

  PetscFunctionBegin;
  PetscCall(KNCollisionSetGrid(collision, layer));
  PetscCall(KNFree(&kinetic->work));
  PetscCall(KNFree(&kinetic->velocity));
  PetscCall(KNMalloc(threads * ARRAYS * TILE * C, sizeof(KNReal), &kinetic->work));
  layer->bytes += threads * ARRAYS * TILE * C * sizeof(KNReal);
  if (collision->alpha > 0 && collision->rate > 0) {
    PetscCall(KNMalloc(threads * C * S, sizeof(KNReal), &kinetic->velocity));
    layer->bytes += threads * C * S * sizeof(KNReal);
  }
  layer->flops[0] += KN_GELU_FLOPS * points;
  layer->flops[1] += KN_GELU_BACKWARD_FLOPS * points;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNLayerApply_Kinetic(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], KNReal *out, InsertMode mode)
{
  const Kinetic     *kinetic   = layer->data;
  const KNCollision *collision = &kinetic->collision;
  const size_t       n = collision->n, d = collision->d, S = collision->S, capacity = TILE * n * d;
  const Sample       sample = KNKineticCollide(layer, pass, b, in[1]);
  const int          add    = mode == ADD_VALUES;

  for (size_t g = 0; g < sample.groups; g++) {
    const Group group = KNKineticGroup(collision, &sample, g);

    kn_kinetic_forward(out, in[0], in[1], &group, collision->law == KN_LAW_LINE_OF_CENTRES, kinetic->work + (size_t)omp_get_thread_num() * ARRAYS * capacity, capacity, d, S, add);
  }
  if (!sample.groups) kn_drift_forward(out, in[0], in[1], n * d * S, add);
  for (size_t i = 2 * sample.groups; sample.groups && !sample.list.weight && i < n; i++) {
    const size_t first = sample.list.pair[i] * d * S;

    kn_drift_forward(out + first, in[0] + first, in[1] + first, d * S, add);
  }
}

static void KNLayerApplyBack_Kinetic(KNLayer layer, const KNPass *pass, PetscInt b, const KNReal *const in[], const KNReal *dout, KNReal *const din[], InsertMode mode)
{
  const Kinetic     *kinetic   = layer->data;
  const KNCollision *collision = &kinetic->collision;
  const size_t       n = collision->n, d = collision->d, S = collision->S, capacity = TILE * n * d;
  const Sample       sample = KNKineticCollide(layer, pass, b, in[1]);
  const int          add    = mode == ADD_VALUES;

  for (size_t g = 0; g < sample.groups; g++) {
    const Group group = KNKineticGroup(collision, &sample, g);

    kn_kinetic_backward(din[0], din[1], dout, in[0], in[1], &group, collision->law == KN_LAW_LINE_OF_CENTRES, kinetic->work + (size_t)omp_get_thread_num() * ARRAYS * capacity, capacity, d, S, add);
  }
  if (!sample.groups) kn_drift_backward(din[0], din[1], dout, in[1], n * d * S, add);
  for (size_t i = 2 * sample.groups; sample.groups && !sample.list.weight && i < n; i++) {
    const size_t first = sample.list.pair[i] * d * S;

    kn_drift_backward(din[0] ? din[0] + first : NULL, din[1] ? din[1] + first : NULL, dout + first, in[1] + first, d * S, add);
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
  layer->data   = kinetic;
  layer->inputs = 2;
  layer->ops    = (KNLayerOps){
       .setfromoptions = KNLayerSetFromOptions_Kinetic,
       .setup          = KNLayerSetUp_Kinetic,
       .setgrid        = KNLayerSetGrid_Kinetic,
       .apply          = KNLayerApply_Kinetic,
       .apply_back     = KNLayerApplyBack_Kinetic,
       .view           = KNLayerView_Kinetic,
       .destroy        = KNLayerDestroy_Kinetic,
  };
  PetscFunctionReturn(PETSC_SUCCESS);
}

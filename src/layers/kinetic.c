/*
  The residual step of KITINet: collide, then drift (arXiv 2505.17919), with GELU(z) as velocities,

      y = x + C(x, GELU(z))

  C: the collisions of collision.c, with its options, laws and draws; at rate 0 nothing collides and y is drift.c's, bit for bit. One pass does what gelu, collision
  and the addition do in four: a particle that collides is taken with its partner through a workspace in the cache, some points at a
  time; all others fly freely, x + GELU(z), without one. A pair that collides along the line of centres, as in training, has kernels of its own, row
  by row: rows of a grid of 2^k points fall on the same lines of the cache, which cannot hold all of a pair's at a time.

  in[0] = x, in[1] = z: (B, C, S); y: (B, C, S). No parameters.
*/
#include "collision_kernels.h"
#include "collision_list.h"
#include "gelu_kernels.h"
#include "normal.h"
#include <omp.h>
#include <string.h>

enum { TILE = 64, ARRAYS = 5 }; /* points of all channels that an array of the workspace holds; arrays of a thread */
enum { PAIR_TILE = 256 };       /* points at which a pair is taken at a time: long enough rows that the processor foresees them */

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

static void kn_pair_forward(KNReal *y, const KNReal *x, const KNReal *z, const uint32_t pair[2], KNReal *work, size_t d, size_t S, int add)
{
  // Particles i and j: with c = x_i - x_j, q = c . (v_i - v_j) / |c|^2, y_i = x_i + v_i - q c, y_j = x_j + v_j + q c. y, x, z: (C, S); work: (3 d + 2, PAIR_TILE)
  KNReal *restrict cr = work, *restrict cc = cr + PAIR_TILE, *rows = cc + PAIR_TILE;
  const size_t i = pair[0] * d * S, j = pair[1] * d * S;

  for (size_t s = 0; s < S; s += PAIR_TILE) {
    const size_t n = PetscMin(PAIR_TILE, S - s);

    memset(cr, 0, n * sizeof(*cr));
    memset(cc, 0, n * sizeof(*cc));
    for (size_t a = 0; a < d; a++) {
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;
      const KNReal *restrict xi = x + at_i, *restrict xj = x + at_j, *restrict zi = z + at_i, *restrict zj = z + at_j;
      KNReal *restrict c = rows + 3 * a * PAIR_TILE, *restrict fi = c + PAIR_TILE, *restrict fj = fi + PAIR_TILE;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        KNReal Phi_i, Phi_j, phi;

        kn_normal(zi[p], &Phi_i, &phi);
        kn_normal(zj[p], &Phi_j, &phi);
        c[p] = xi[p] - xj[p];
        cr[p] += c[p] * (zi[p] * Phi_i - zj[p] * Phi_j);
        cc[p] += c[p] * c[p];
        fi[p] = xi[p] + zi[p] * Phi_i;
        fj[p] = xj[p] + zj[p] * Phi_j;
      }
    }
#pragma omp simd
    for (size_t p = 0; p < n; p++) cr[p] = cc[p] > KN_COLLISION_EPS * KN_COLLISION_EPS ? cr[p] / cc[p] : 0;
    for (size_t a = 0; a < d; a++) {
      const KNReal *restrict c = rows + 3 * a * PAIR_TILE, *restrict fi = c + PAIR_TILE, *restrict fj = fi + PAIR_TILE;
      KNReal *restrict yi = y + i + a * S + s, *restrict yj = y + j + a * S + s;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        yi[p] = (add ? yi[p] : 0) + (fi[p] - cr[p] * c[p]);
        yj[p] = (add ? yj[p] : 0) + (fj[p] + cr[p] * c[p]);
      }
    }
  }
}

static void kn_pair_backward(KNReal *dx, KNReal *dz, const KNReal *dy, const KNReal *x, const KNReal *z, const uint32_t pair[2], KNReal *work, size_t d, size_t S, int add)
{
  // With r = v_i - v_j, e = dy_j - dy_i, A = c . r / |c|^2, B = c . e / |c|^2, dc = A e + B r - 2 A B c: dx_i = dy_i + dc, dv_i = dy_i + B c; for j with -. In one dimension the
  // line of centres does not turn: dc = 0. dx may be dy, dz may be z. work: (4 d + 3, PAIR_TILE)
  KNReal *restrict A = work, *restrict B = A + PAIR_TILE, *restrict cc = B + PAIR_TILE, *rows = cc + PAIR_TILE;
  const size_t i = pair[0] * d * S, j = pair[1] * d * S;

  for (size_t s = 0; s < S; s += PAIR_TILE) {
    const size_t n = PetscMin(PAIR_TILE, S - s);

    memset(A, 0, n * sizeof(*A));
    memset(B, 0, n * sizeof(*B));
    memset(cc, 0, n * sizeof(*cc));
    for (size_t a = 0; a < d; a++) {
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;
      const KNReal *restrict xi = x + at_i, *restrict xj = x + at_j, *restrict zi = z + at_i, *restrict zj = z + at_j, *restrict gi = dy + at_i, *restrict gj = dy + at_j;
      KNReal *restrict c = rows + 4 * a * PAIR_TILE, *restrict r = c + PAIR_TILE, *restrict slope_i = r + PAIR_TILE, *restrict slope_j = slope_i + PAIR_TILE;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        KNReal Phi_i, Phi_j, phi_i, phi_j;

        kn_normal(zi[p], &Phi_i, &phi_i);
        kn_normal(zj[p], &Phi_j, &phi_j);
        c[p]       = xi[p] - xj[p];
        r[p]       = zi[p] * Phi_i - zj[p] * Phi_j;
        slope_i[p] = Phi_i + zi[p] * phi_i;
        slope_j[p] = Phi_j + zj[p] * phi_j;
        A[p] += c[p] * r[p];
        B[p] += c[p] * (gj[p] - gi[p]);
        cc[p] += c[p] * c[p];
      }
    }
#pragma omp simd
    for (size_t p = 0; p < n; p++) {
      const KNReal inverse = cc[p] > KN_COLLISION_EPS * KN_COLLISION_EPS ? 1 / cc[p] : 0;

      A[p] *= inverse;
      B[p] *= inverse;
    }
    for (size_t a = 0; a < d; a++) {
      const KNReal *restrict c = rows + 4 * a * PAIR_TILE, *restrict r = c + PAIR_TILE, *restrict slope_i = r + PAIR_TILE, *restrict slope_j = slope_i + PAIR_TILE;
      const size_t at_i = i + a * S + s, at_j = j + a * S + s;

#pragma omp simd
      for (size_t p = 0; p < n; p++) {
        const KNReal gi = dy[at_i + p], gj = dy[at_j + p], dc = d > 1 ? A[p] * (gj - gi) + B[p] * (r[p] - 2 * A[p] * c[p]) : 0;

        dz[at_i + p] = (add ? dz[at_i + p] : 0) + (gi + B[p] * c[p]) * slope_i[p];
        dz[at_j + p] = (add ? dz[at_j + p] : 0) + (gj - B[p] * c[p]) * slope_j[p];
        dx[at_i + p] = (add ? dx[at_i + p] : 0) + (gi + dc);
        dx[at_j + p] = (add ? dx[at_j + p] : 0) + (gj - dc);
      }
    }
  }
}

typedef struct {
  KNCollision collision; /* first: which particles collide */
  size_t      room;      /* reals of workspace of a thread: ARRAYS TILE C, or what the kernels of a pair take, (4 d + 3) PAIR_TILE */
  KNReal     *work;      /* (threads, room) */
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

/* Is each group a pair that collides along its line of centres? */
static int KNKineticPairs(const KNCollision *collision, const Sample *sample)
{
  return collision->law == KN_LAW_LINE_OF_CENTRES && !sample->list.weight;
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
  kinetic->room = PetscMax(ARRAYS * TILE * C, (4 * collision->d + 3) * PAIR_TILE);
  PetscCall(KNMalloc(threads * kinetic->room, sizeof(KNReal), &kinetic->work));
  layer->bytes += threads * kinetic->room * sizeof(KNReal);
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
  KNReal            *work   = kinetic->work + (size_t)omp_get_thread_num() * kinetic->room;

  for (size_t g = 0; g < sample.groups; g++) {
    const Group group = KNKineticGroup(collision, &sample, g);

    if (KNKineticPairs(collision, &sample)) kn_pair_forward(out, in[0], in[1], group.member, work, d, S, add);
    else kn_kinetic_forward(out, in[0], in[1], &group, collision->law == KN_LAW_LINE_OF_CENTRES, work, capacity, d, S, add);
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
  KNReal            *work   = kinetic->work + (size_t)omp_get_thread_num() * kinetic->room;

  for (size_t g = 0; g < sample.groups; g++) {
    const Group group = KNKineticGroup(collision, &sample, g);

    if (KNKineticPairs(collision, &sample) && din[0] && din[1]) kn_pair_backward(din[0], din[1], dout, in[0], in[1], group.member, work, d, S, add);
    else kn_kinetic_backward(din[0], din[1], dout, in[0], in[1], &group, collision->law == KN_LAW_LINE_OF_CENTRES, work, capacity, d, S, add);
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
  PetscCall(KNCollisionSetDefaults(&kinetic->collision, KN_MOST_COMPONENTS));
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
  layer->traits = (KNLayerTraits){.over_gradient = PETSC_TRUE, .over_input = 2};
  PetscFunctionReturn(PETSC_SUCCESS);
}

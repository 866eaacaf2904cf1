/*
  The collisions of transport.c in a tile: see transport_tile.h.

  Two particles i and j with c = p_i - p_j and r = v_i - v_j: v_i' = v_i - q c, v_j' = v_j + q c, q = w c . r / |c|^2.
  Backward, with e = dv_j' - dv_i' and b = w c . e / |c|^2: dv_i = dv_i' + b c, and dp_i gets q e + b r - 2 q b c / w; j
  the opposite. w: 1, or the probability of the collision.

  Their sums over components are taken some components at a time, which halves what goes to the cache and back.
*/
#include "gelu_kernels.h"
#include "transport_tile.h"
#include <string.h>

#define KN_INLINE static inline __attribute__((always_inline))

/* That of the only pair. */
static KNReal kn_weight(const KNCollisionList *list)
{
  return !list->pairs ? 0 : list->weight ? (KNReal)list->weight[0] : 1;
}

/*
  c, and to the sums q and cc (n) the parts of `some` components. p, v: of i, components S and stride apart, those of j
  d components on; c: components `row` apart
*/
KN_INLINE void kn_meet(KNReal *restrict c, KNReal *restrict q, KNReal *restrict cc, const KNReal *restrict p, size_t S,
                       const KNReal *restrict v, size_t stride, size_t row, size_t d, size_t some, size_t n)
{
  const KNReal *restrict pj = p + d * S, *restrict vj = v + d * stride;

#pragma omp simd
  for (size_t k = 0; k < n; k++) {
    KNReal cr = 0, square = 0;

    for (size_t a = 0; a < some; a++) {
      const KNReal at = p[a * S + k] - pj[a * S + k];

      c[a * row + k] = at;
      cr += at * (v[a * stride + k] - vj[a * stride + k]);
      square += at * at;
    }
    q[k] += cr;
    cc[k] += square;
  }
}

static void kn_collide_two(const KNTransportWork *at, const KNReal *p, size_t S, const KNReal *v, size_t stride,
                           size_t d, KNReal w, const KNTile *tile)
{
  const size_t n = tile->n, row = tile->row;
  KNReal *restrict q = at->q, *restrict inverse = at->inverse;

  memset(q, 0, n * sizeof(*q));
  memset(inverse, 0, n * sizeof(*inverse));
  for (size_t a = 0; a + 1 < d; a += 2)
    kn_meet(at->x + a * row, q, inverse, p + a * S, S, v + a * stride, stride, row, d, 2, n);
  if (d % 2) kn_meet(at->x + (d - 1) * row, q, inverse, p + (d - 1) * S, S, v + (d - 1) * stride, stride, row, d, 1, n);
#pragma omp simd
  for (size_t k = 0; k < n; k++) {
    inverse[k] = inverse[k] > KN_COLLISION_EPS * KN_COLLISION_EPS ? w / inverse[k] : 0;
    q[k] *= inverse[k];
  }
}

/* Velocities of the sample, as collisions find them in the tile; *stride: from one channel to the next. */
static const KNReal *kn_before(const KNTransportWork *at, const KNReal *u, const KNTransport *t, const KNTile *tile,
                               size_t *stride)
{
  const int copied = t->activation == KN_ACTIVATION_VELOCITY || !kn_two(t);

  *stride = copied ? tile->row : t->lattice.S;
  return copied ? at->v : u + tile->start;
}

void kn_tile_collide(const KNTransportWork *at, const KNReal *p, const KNReal *u, const KNTransport *t,
                     const KNCollisionList *list, const KNTile *tile)
{
  const KNCollision *collision = t->collision;
  const size_t       S = t->lattice.S, n = tile->n, row = tile->row;
  const int          gelu = t->activation == KN_ACTIVATION_VELOCITY;
  size_t             stride;
  const KNReal      *v = kn_before(at, u, t, tile, &stride);

  for (size_t c = 0; v == at->v && c < t->C; c++) {
    if (gelu) kn_gelu_both(at->v + c * row, at->slope + c * row, u + c * S + tile->start, n);
    else memcpy(at->v + c * row, u + c * S + tile->start, n * sizeof(KNReal));
  }
  if (kn_two(t)) {
    kn_collide_two(at, p + tile->start, S, v, stride, collision->d, kn_weight(list), tile);
    return;
  }
  for (size_t c = 0; c < t->C; c++) memcpy(at->x + c * row, p + c * S + tile->start, n * sizeof(KNReal));
  kn_collision_perform(at->collided, (KNCollisionLaw)collision->law, at->x, at->v, list->omega, list->pair,
                       list->weight, list->pairs, collision->n, collision->d, row, 0);
}

const KNReal *kn_tile_velocities(const KNTransportWork *at, const KNReal *u, const KNTransport *t, const KNTile *tile,
                                 size_t first)
{
  const size_t  d = t->collision->d, row = tile->row;
  size_t        stride;
  const KNReal *v = kn_before(at, u, t, tile, &stride);

  if (!kn_two(t)) return at->collided + first * row;
  for (size_t c = first; c < first + t->lattice.dim; c++) {
    const KNReal sign           = c < d ? 1 : -1;
    const KNReal *restrict from = v + c * stride, *restrict line = at->x + c % d * row, *restrict q = at->q;
    KNReal *restrict to = at->collided + (c - first) * row;

#pragma omp simd
    for (size_t k = 0; k < tile->n; k++) to[k] = from[k] - sign * q[k] * line[k];
  }
  return at->collided;
}

/* b (n) += the parts of `some` components of c . e. c, dv: of i, components `row` apart */
KN_INLINE void kn_meet_back(KNReal *restrict b, const KNReal *restrict c, const KNReal *restrict dv, size_t row,
                            size_t d, size_t some, size_t n)
{
  const KNReal *restrict dvj = dv + d * row;

#pragma omp simd
  for (size_t k = 0; k < n; k++) {
    KNReal ce = 0;

    for (size_t a = 0; a < some; a++) ce += c[a * row + k] * (dvj[a * row + k] - dv[a * row + k]);
    b[k] += ce;
  }
}

/* Where the gradients of points [from, end) of a tile go, channels stride apart. */
typedef struct {
  KNReal *to;
  size_t  stride, from, end;
  int     wait;
} Place;

/*
  Of p, from point `from` on: in the sample, but for slabs that wait for others: the last one of the tile for the next
  tile, the first one of a periodic axis for the last one of the grid.
*/
static Place kn_place(const KNTransportWork *at, KNReal *dp, const KNTransport *t, const KNTile *tile, size_t from)
{
  const size_t s = t->slab, n = tile->n;
  const int    open = tile->first + tile->slabs < t->lattice.n[0]; /* there is a next tile */

  if (open && from + s == n) return (Place){at->late, s, from, n, 1};
  if (t->lattice.periodic && tile->first == 0 && from == 0) return (Place){at->start, s, 0, s, 1};
  return (Place){dp + tile->start + from, t->lattice.S, from, open ? n - s : n, 0};
}

/*
  Component a of both particles in n points. dp, du: where they go, channels P and U apart; v: before the collision,
  channels V apart. du may be v or at->dv, dp may be at->dp.
*/
static void kn_part(KNReal *dp, size_t P, KNReal *du, size_t U, const KNReal *v, size_t V, const KNTransportWork *at,
                    size_t a, size_t d, KNReal w, size_t row, size_t from, size_t n)
{
  const KNReal turns = d > 1, /* in one dimension the line of centres does not */
    twice            = w > 0 ? 2 / w : 0;
  const KNReal *q = at->q + from, *b = at->b + from, *c = at->x + a * row + from, *vj = v + d * V,
               *dpi = at->dp + a * row + from, *dpj = dpi + d * row, *dvi = at->dv + a * row + from,
               *dvj = dvi + d * row;
  KNReal *dpj_to = dp + d * P, *duj = du + d * U;

#pragma omp simd
  for (size_t k = 0; k < n; k++) {
    const KNReal bc = b[k] * c[k], gi = dvi[k], gj = dvj[k],
                 dc = turns * (q[k] * (gj - gi - twice * bc) + b[k] * (v[k] - vj[k]));

    dp[k]     = dpi[k] + dc;
    dpj_to[k] = dpj[k] - dc;
    du[k]     = gi + bc;
    duj[k]    = gj - bc;
  }
}

/* dp (or += if add) of channel c from at->dp. */
static void kn_give(KNReal *dp, const KNTransportWork *at, const KNTransport *t, size_t c, const KNTile *tile, int add)
{
  for (size_t from = 0; from < tile->n;) {
    const Place place = kn_place(at, dp, t, tile, from);

    kn_sum_backward(place.to + c * place.stride, NULL, at->dp + c * tile->row + from, place.end - from,
                    add && !place.wait);
    from = place.end;
  }
}

/* du = (or += if add) dv dv/du in channel c. dv: (n) */
static void kn_slope(KNReal *du, const KNReal *dv, const KNTransportWork *at, const KNTransport *t, size_t c,
                     const KNTile *tile, int add)
{
  KNReal *restrict to          = du + c * t->lattice.S + tile->start;
  const KNReal *restrict slope = at->slope + c * tile->row;

  if (t->activation != KN_ACTIVATION_VELOCITY) {
    kn_sum_backward(to, NULL, dv, tile->n, add);
    return;
  }
#pragma omp simd
  for (size_t k = 0; k < tile->n; k++) to[k] = (add ? to[k] : 0) + dv[k] * slope[k];
}

static void kn_collide_two_back(const KNTransportWork *at, KNReal *dp, KNReal *du, const KNReal *u,
                                const KNTransport *t, KNReal w, const KNTile *tile, int add)
{
  const size_t d = t->collision->d, n = tile->n, row = tile->row, S = t->lattice.S;
  const int    direct_p = dp && !add, direct_u = du && !add && t->activation != KN_ACTIVATION_VELOCITY;
  KNReal *restrict b         = at->b;
  const KNReal *restrict inv = at->inverse;
  size_t        stride;
  const KNReal *v = kn_before(at, u, t, tile, &stride);

  memset(b, 0, n * sizeof(*b));
  for (size_t a = 0; a + 1 < d; a += 2) kn_meet_back(b, at->x + a * row, at->dv + a * row, row, d, 2, n);
  if (d % 2) kn_meet_back(b, at->x + (d - 1) * row, at->dv + (d - 1) * row, row, d, 1, n);
#pragma omp simd
  for (size_t k = 0; k < n; k++) b[k] *= inv[k];
  for (size_t a = 0; a < d; a++) {
    /* cppcheck-suppress nullPointerArithmeticRedundantCheck ; direct_u says that there is a du */
    KNReal      *to = direct_u ? du + a * S + tile->start : at->dv + a * row;
    const size_t U  = direct_u ? S : row;

    for (size_t from = 0; from < n;) {
      const Place place = direct_p ? kn_place(at, dp, t, tile, from) : (Place){at->dp, row, 0, n, 0};

      kn_part(place.to + a * place.stride, place.stride, to + from, U, v + a * stride + from, stride, at, a, d, w, row,
              from, place.end - from);
      from = place.end;
    }
    for (size_t c = a; c < t->C; c += d) {
      if (dp && !direct_p) kn_give(dp, at, t, c, tile, add);
      if (du && !direct_u) kn_slope(du, at->dv + c * row, at, t, c, tile, add);
    }
  }
}

void kn_tile_collide_back(const KNTransportWork *at, KNReal *dp, KNReal *du, const KNReal *u, const KNTransport *t,
                          const KNCollisionList *list, const KNTile *tile, int add)
{
  const KNCollision *collision = t->collision;
  const size_t       row       = tile->row;

  if (kn_two(t)) {
    kn_collide_two_back(at, dp, du, u, t, kn_weight(list), tile, add);
    return;
  }
  memset(at->collided, 0, t->C * row * sizeof(KNReal)); /* v' is done with: now dv */
  kn_collision_perform_backward(at->dp, at->collided, at->dv, (KNCollisionLaw)collision->law, at->x, at->v, list->omega,
                                list->pair, list->weight, list->pairs, collision->n, collision->d, row);
  for (size_t c = 0; c < t->C; c++) {
    if (dp) kn_give(dp, at, t, c, tile, add);
    if (du) kn_slope(du, at->collided + c * row, at, t, c, tile, add);
  }
}

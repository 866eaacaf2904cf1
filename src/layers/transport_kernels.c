/*
  The kernels of transport.c: see transport_kernels.h.

  Two particles i and j with c = p_i - p_j and r = v_i - v_j: v_i' = v_i - q c, v_j' = v_j + q c, q = w c . r / |c|^2.
  Backward, with e = dv_j' - dv_i' and b = w c . e / |c|^2: dv_i = dv_i' + b c, and dp_i gets q e + b r - 2 q b c / w; j
  the opposite. w: 1, or the probability of the collision.
*/
#include "transport_kernels.h"
#include "gelu_kernels.h"
#include <string.h>

/* The workspace: arrays of a tile, beside one for each axis and one for each channel of a group; of points; of all. */
enum { TILES = 4, POINTS = 3, FIELDS = 2, TILE = 1024 /* points, if a row has no more: what fits the nearest cache */ };

typedef struct {
  KNReal *z, *f, *w, *r, *d, *v; /* tiles; d: (dim, row), derivatives; v: (channels of a group, row), v' */
  KNReal *q, *inverse, *b;       /* (S): as above, w / |c|^2, as above */
  KNReal *dp, *dv, *collided;    /* (C, S): gradients of p and v'; v', unless two particles collide on the way */
} Work;

KNTransport kn_transport(const KNGrid *grid, KNActivation activation, const KNCollision *collision)
{
  KNTransport t = {.lattice    = kn_lattice(grid),
                   .activation = activation,
                   .collision  = collision,
                   .C          = collision->n * collision->d};

  t.most  = PetscMin(PetscMax(TILE / t.lattice.m, 1), t.lattice.rows);
  t.row   = KNAligned(t.most * t.lattice.m);
  t.field = KNAligned(t.C * t.lattice.S);
  return t;
}

/* Whether two particles collide on the way. */
static int kn_two(const KNTransport *t)
{
  return t->collision->law == KN_LAW_LINE_OF_CENTRES && t->collision->n == 2;
}

/* Channels that one velocity carries: as many as there are axes, the last group all that are left. */
static size_t kn_group(const KNTransport *t, size_t first)
{
  const size_t dim = t->lattice.dim;

  return first + 2 * dim > t->C ? t->C - first : dim;
}

size_t kn_transport_room(const KNTransport *t)
{
  return (TILES + 3 * t->lattice.dim) * t->row + POINTS * KNAligned(t->lattice.S) +
         (kn_two(t) ? FIELDS : FIELDS + 1) * t->field;
}

static Work kn_work(const KNTransport *t, KNReal *work)
{
  const size_t dim = t->lattice.dim, points = KNAligned(t->lattice.S);
  Work         at = {.z = work};

  at.f = at.z + t->row, at.w = at.f + t->row, at.r = at.w + t->row;
  at.d = at.r + t->row, at.v = at.d + dim * t->row;
  at.q = at.v + 2 * dim * t->row, at.inverse = at.q + points, at.b = at.inverse + points;
  at.dp = at.b + points, at.dv = at.dp + t->field, at.collided = at.dv + t->field;
  return at;
}

/* That of the only pair. */
static KNReal kn_weight(const KNCollisionList *list)
{
  return !list->pairs ? 0 : list->weight ? (KNReal)list->weight[0] : 1;
}

/* The collision of two particles: q and w / |c|^2; or the field of velocities after all collisions. */
static void kn_collide(const Work *at, const KNReal *p, const KNReal *v, const KNTransport *t,
                       const KNCollisionList *list)
{
  const size_t S = t->lattice.S, half = t->collision->d * S;
  KNReal *restrict q = at->q, *restrict inverse = at->inverse;
  const KNReal w = kn_weight(list);

  if (!kn_two(t)) {
    KNCollisionPerform(t->collision, list, at->collided, p, v, 0);
    return;
  }
  memset(q, 0, S * sizeof(KNReal));
  memset(inverse, 0, S * sizeof(KNReal));
  for (size_t a = 0; a < t->collision->d; a++) {
    const KNReal *pi = p + a * S, *pj = pi + half, *vi = v + a * S, *vj = vi + half;

#pragma omp simd
    for (size_t s = 0; s < S; s++) {
      const KNReal c = pi[s] - pj[s];

      q[s] += c * (vi[s] - vj[s]);
      inverse[s] += c * c;
    }
  }
#pragma omp simd
  for (size_t s = 0; s < S; s++) {
    inverse[s] = inverse[s] > KN_COLLISION_EPS * KN_COLLISION_EPS ? w / inverse[s] : 0;
    q[s] *= inverse[s];
  }
}

/* v' of `channels` channels from `first` on, in points [start, start + points), to at->v. */
static void kn_velocities(const Work *at, const KNReal *p, const KNReal *v, const KNTransport *t, size_t first,
                          size_t channels, size_t start, size_t points)
{
  const size_t S = t->lattice.S;

  for (size_t c = first; c < first + channels; c++) {
    KNReal *restrict to = at->v + (c - first) * t->row;

    if (kn_two(t)) {
      const KNReal *pi = p + c % t->collision->d * S + start, *pj = pi + t->collision->d * S, *vc = v + c * S + start,
                   *q   = at->q + start;
      const KNReal sign = c < t->collision->d ? 1 : -1;

#pragma omp simd
      for (size_t k = 0; k < points; k++) to[k] = vc[k] - sign * q[k] * (pi[k] - pj[k]);
    } else {
      memcpy(to, at->collided + c * S + start, points * sizeof(KNReal));
    }
  }
}

/*
  z = p + v' - tau f and f = v' . grad p in rows [row, row + rows) of channel c, carried by velocity `carrier` of at->v.
  keep: all derivatives, else only the last is left in at->d
*/
static void kn_stream(const Work *at, const KNReal *p, KNReal tau, const KNTransport *t, size_t carrier,
                      const KNReal *own, size_t row, size_t rows, int keep)
{
  const size_t  points = rows * t->lattice.m;
  const KNReal *here   = p + row * t->lattice.m;
  KNReal *restrict f = at->f, *restrict z = at->z;

  for (size_t a = 0; a < t->lattice.dim; a++) {
    const KNReal *va = at->v + (carrier + a) * t->row, *d = at->d + (keep ? a : 0) * t->row;

    kn_difference(at->d + (keep ? a : 0) * t->row, p, &t->lattice, a, row, rows);
#pragma omp simd
    for (size_t k = 0; k < points; k++) f[k] = (a ? f[k] : 0) + va[k] * d[k];
  }
#pragma omp simd
  for (size_t k = 0; k < points; k++) z[k] = here[k] + own[k] - tau * f[k];
}

/* The carrier of channel c among those of its group. */
static size_t kn_carrier(const KNTransport *t, size_t first, size_t c)
{
  return PetscMin(c / t->lattice.dim * t->lattice.dim, t->C - t->lattice.dim) - first;
}

void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *v, const KNReal *tau, const KNTransport *t,
                          const KNCollisionList *list, KNReal *work, int add)
{
  const Work   at = kn_work(t, work);
  const size_t S = t->lattice.S, m = t->lattice.m;

  kn_collide(&at, p, v, t, list);
  for (size_t first = 0, channels; first < t->C; first += channels) {
    channels = kn_group(t, first);
    for (size_t row = 0; row < t->lattice.rows; row += t->most) {
      const size_t rows = PetscMin(t->most, t->lattice.rows - row), points = rows * m;

      kn_velocities(&at, p, v, t, first, channels, row * m, points);
      for (size_t c = first; c < first + channels; c++) {
        KNReal *to = y + c * S + row * m;

        kn_stream(&at, p + c * S, tau[c], t, kn_carrier(t, first, c), at.v + (c - first) * t->row, row, rows, 0);
        if (t->activation != KN_ACTIVATION_RESULT)
          for (size_t k = 0; k < points; k++) to[k] = (add ? to[k] : 0) + at.z[k];
        else if (add) kn_gelu_add(to, at.z, points);
        else kn_gelu_forward(to, at.z, points);
      }
    }
  }
}

/* Backward of kn_stream in these rows of channel c, with at->z overwritten by dz: adds to at->dp and at->dv of v'. */
static KNReal kn_stream_back(const Work *at, const KNReal *dy, KNReal tau, const KNTransport *t, size_t first, size_t c,
                             size_t row, size_t rows)
{
  const size_t S = t->lattice.S, start = row * t->lattice.m, points = rows * t->lattice.m,
               carrier = kn_carrier(t, first, c);
  KNReal *restrict dz = at->z, *restrict w = at->w, *restrict dpc = at->dp + c * S + start,
                   *restrict dvc = at->dv + c * S + start;
  const KNReal *restrict f       = at->f;
  KNReal sum                     = 0;

  if (t->activation == KN_ACTIVATION_RESULT) kn_gelu_backward(dz, dy + start, dz, points, 0);
  else memcpy(dz, dy + start, points * sizeof(KNReal));
#pragma omp simd reduction(- : sum)
  for (size_t k = 0; k < points; k++) {
    sum -= dz[k] * f[k];
    dpc[k] += dz[k];
    dvc[k] += dz[k];
  }
  for (size_t a = 0; a < t->lattice.dim; a++) {
    const KNReal *restrict va = at->v + (carrier + a) * t->row, *restrict d = at->d + a * t->row;
    KNReal *restrict dva = at->dv + (first + carrier + a) * S + start;

#pragma omp simd
    for (size_t k = 0; k < points; k++) {
      const KNReal df = -tau * dz[k];

      dva[k] += df * d[k];
      w[k] = df * va[k];
    }
    kn_difference_back(at->dp + c * S, w, at->r, &t->lattice, a, row, rows);
  }
  return sum;
}

/* dp, du = (or +=) at->dp and at->dv of channel c. */
static void kn_hand_on(KNReal *dp, KNReal *du, const Work *at, const KNReal *u, const KNTransport *t, size_t c, int add)
{
  const size_t  S   = t->lattice.S;
  const KNReal *dpc = at->dp + c * S, *dvc = at->dv + c * S;

  if (dp) kn_sum_backward(dp + c * S, NULL, dpc, S, add);
  if (!du) return;
  if (t->activation == KN_ACTIVATION_VELOCITY) kn_gelu_backward(du + c * S, dvc, u + c * S, S, add);
  else kn_sum_backward(du + c * S, NULL, dvc, S, add);
}

/* b of two particles. */
static void kn_project(const Work *at, const KNReal *p, const KNTransport *t)
{
  const size_t S = t->lattice.S, half = t->collision->d * S;
  const KNReal *restrict inverse = at->inverse;
  KNReal *restrict b             = at->b;

  memset(b, 0, S * sizeof(KNReal));
  for (size_t a = 0; a < t->collision->d; a++) {
    const KNReal *pi = p + a * S, *pj = pi + half, *dvi = at->dv + a * S, *dvj = dvi + half;

#pragma omp simd
    for (size_t s = 0; s < S; s++) b[s] += (pi[s] - pj[s]) * (dvj[s] - dvi[s]);
  }
#pragma omp simd
  for (size_t s = 0; s < S; s++) b[s] *= inverse[s];
}

/* at->dv of v' becomes that of v, at->dp gets what the line of centres adds, in component a of both particles. */
static void kn_collide_back(const Work *at, const KNReal *p, const KNReal *v, const KNTransport *t,
                            const KNCollisionList *list, size_t a)
{
  const size_t  S = t->lattice.S, half = t->collision->d * S;
  const KNReal *pi = p + a * S, *pj = pi + half, *vi = v + a * S, *vj = vi + half;
  const KNReal *restrict q = at->q, *restrict b = at->b;
  KNReal *restrict dpi = at->dp + a * S, *restrict dpj = dpi + half, *restrict dvi = at->dv + a * S,
                   *restrict dvj = dvi + half;
  const KNReal turns             = t->collision->d > 1, /* in one dimension the line of centres does not */
    w = kn_weight(list), twice = w > 0 ? 2 / w : 0;

#pragma omp simd
  for (size_t s = 0; s < S; s++) {
    const KNReal c = pi[s] - pj[s], e = dvj[s] - dvi[s],
                 dc = turns * (q[s] * (e - twice * b[s] * c) + b[s] * (vi[s] - vj[s]));

    dpi[s] += dc;
    dpj[s] -= dc;
    dvi[s] += b[s] * c;
    dvj[s] -= b[s] * c;
  }
}

void kn_transport_backward(KNReal *dp, KNReal *du, KNReal *dtau, const KNReal *dy, const KNReal *p, const KNReal *v,
                           const KNReal *u, const KNReal *tau, const KNTransport *t, const KNCollisionList *list,
                           KNReal *work, int add)
{
  Work         at = kn_work(t, work);
  const size_t S = t->lattice.S, m = t->lattice.m;

  kn_collide(&at, p, v, t, list);
  for (size_t first = 0, channels; first < t->C; first += channels) {
    double sum[2 * KN_MAX_DIM] = {0}; /* over many rows */

    channels = kn_group(t, first);
    memset(at.dp + first * S, 0, channels * S * sizeof(KNReal));
    memset(at.dv + first * S, 0, channels * S * sizeof(KNReal));
    for (size_t row = 0; row < t->lattice.rows; row += t->most) {
      const size_t rows = PetscMin(t->most, t->lattice.rows - row);

      kn_velocities(&at, p, v, t, first, channels, row * m, rows * m);
      for (size_t c = first; c < first + channels; c++) {
        kn_stream(&at, p + c * S, tau[c], t, kn_carrier(t, first, c), at.v + (c - first) * t->row, row, rows, 1);
        sum[c - first] += (double)kn_stream_back(&at, dy + c * S, tau[c], t, first, c, row, rows);
      }
    }
    for (size_t c = 0; c < channels; c++) dtau[first + c] = (KNReal)sum[c];
  }
  if (kn_two(t)) {
    kn_project(&at, p, t);
    for (size_t a = 0; a < t->collision->d; a++) {
      kn_collide_back(&at, p, v, t, list, a);
      kn_hand_on(dp, du, &at, u, t, a, add);
      kn_hand_on(dp, du, &at, u, t, a + t->collision->d, add);
    }
    return;
  }
  memset(at.collided, 0, t->C * S * sizeof(KNReal)); /* v' is done with: now dv */
  KNCollisionPerformBack(t->collision, list, at.dp, at.collided, at.dv, p, v);
  at.dv = at.collided;
  for (size_t c = 0; c < t->C; c++) kn_hand_on(dp, du, &at, u, t, c, add);
}

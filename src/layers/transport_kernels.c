/*
  The kernels of transport.c: see transport_kernels.h.

  Channel c is carried by velocities v_a of which v_o is its own: with D_a = dp/dx_a and m_a = delta_oa - tau D_a

      z = p + v_o - tau sum_a v_a D_a = p + sum_a v_a m_a
      dv_a += dz m_a,   dD_a = -tau dz v_a,   dtau = -sum dz sum_a v_a D_a

  and dp gets dz and the transposed differences of dD. Those along axis 0 reach into the next slab and into the one
  before, so that dp is handed on one slab behind.

  The channels of one carrying velocity are a group, as many as there are axes; those left over in the end are taken one
  by one, and add to what the last group made.
*/
#include "normal.h"
#include "transport_tile.h"
#include <string.h>

#define KN_INLINE static inline __attribute__((always_inline))

/* Points of a tile, if a slab has no more: what all channels have of them fits the second-level cache. */
enum { TILE = 512 };

/* Of n, in a tile: where that is not too much so many that a tile has whole lines of the cache. */
static size_t kn_slabs(size_t slab, size_t n)
{
  const size_t line = KN_ALIGN / sizeof(KNReal), some = PetscMax(TILE / slab, 1);
  size_t       whole = some;

  while (whole * slab % line) whole++;
  return PetscMin(whole * slab <= 2 * TILE ? whole : some, n);
}

KNTransport kn_transport(const KNGrid *grid, KNActivation activation, const KNCollision *collision)
{
  KNTransport t = {.lattice    = kn_lattice(grid),
                   .activation = activation,
                   .collision  = collision,
                   .C          = collision->n * collision->d};

  t.slab   = t.lattice.stride[0];
  t.slabs  = kn_slabs(t.slab, t.lattice.n[0]);
  t.row    = KNAligned(t.slabs * t.slab);
  t.strip  = t.row + 2 * KNAligned(t.slab);
  t.groups = t.C / t.lattice.dim * t.lattice.dim;
  return t;
}

/*
  Takes `count` reals of the workspace. Arrays begin some lines apart: where reads and writes of several arrays run
  along the same addresses modulo 4 kB the processor takes them for the same.
*/
static KNReal *kn_take(KNReal *work, size_t *used, size_t count)
{
  KNReal *taken = work ? work + *used : NULL;

  if (count) *used += KNAligned(count) + 7 * KN_ALIGN / sizeof(KNReal);
  return taken;
}

/* Lays the arrays out over the workspace, which has so many reals; work NULL: counts them only. */
static size_t kn_lay(KNTransportWork *at, const KNTransport *t, KNReal *work)
{
  const size_t dim = t->lattice.dim, tile = t->C * t->row, slab = t->C * t->slab;
  const int    gelu = t->activation == KN_ACTIVATION_VELOCITY;
  size_t       used = 0;

  at->x        = kn_take(work, &used, kn_two(t) ? tile / 2 : tile);
  at->v        = kn_take(work, &used, gelu || !kn_two(t) ? tile : 0);
  at->slope    = kn_take(work, &used, gelu ? tile : 0);
  at->q        = kn_take(work, &used, t->row);
  at->inverse  = kn_take(work, &used, t->row);
  at->b        = kn_take(work, &used, t->row);
  at->collided = kn_take(work, &used, kn_two(t) ? dim * t->row : tile);
  at->dv       = kn_take(work, &used, tile);
  at->dp       = kn_take(work, &used, tile);
  at->late     = kn_take(work, &used, slab);
  at->last     = kn_take(work, &used, slab);
  at->start    = kn_take(work, &used, slab);
  at->wrap     = kn_take(work, &used, slab);
  at->z        = kn_take(work, &used, dim * t->row);
  at->D        = kn_take(work, &used, dim * dim * t->row);
  at->jump     = kn_take(work, &used, dim * t->strip);
  at->dD       = kn_take(work, &used, dim * dim * t->row);
  at->g        = kn_take(work, &used, 2 * t->row);
  at->dtau     = (double *)(void *)kn_take(work, &used, t->C * sizeof(double) / sizeof(KNReal));
  return used;
}

size_t kn_transport_room(const KNTransport *t)
{
  KNTransportWork at;

  return KNAligned(kn_lay(&at, t, NULL));
}

static KNTile kn_tile(const KNTransport *t, size_t first)
{
  const size_t slabs = PetscMin(t->slabs, t->lattice.n[0] - first), n = slabs * t->slab;

  return (KNTile){.first = first, .slabs = slabs, .start = first * t->slab, .n = n, .row = KNAligned(n)};
}

/* y = (or += if add) z or GELU(z), z = p + sum_a v_a m_a. v, D: (dim, row); own: o */
KN_INLINE void kn_arrive(KNReal *y, const KNReal *p, const KNReal *v, const KNReal *D, size_t row, KNReal tau,
                         size_t own, size_t dim, size_t n, int gelu, int add)
{
  const KNReal  o0 = own == 0, o1 = own == 1, o2 = own == 2;
  const KNReal *v1 = v + row, *v2 = v1 + row, *D1 = D + row, *D2 = D1 + row;

#pragma omp simd
  for (size_t k = 0; k < n; k++) {
    KNReal z = p[k] + v[k] * (o0 - tau * D[k]), Phi = 1, phi;

    if (dim > 1) z += v1[k] * (o1 - tau * D1[k]);
    if (dim > 2) z += v2[k] * (o2 - tau * D2[k]);
    if (gelu) kn_normal(z, &Phi, &phi);
    y[k] = (add ? y[k] : 0) + z * Phi;
  }
}

/* How many channels from c on have one carrying velocity: a group, or one of those left over. */
static size_t kn_group(const KNTransport *t, size_t c)
{
  return c < t->groups ? t->lattice.dim : 1;
}

/* D of a group, channels [c, c + count). */
static void kn_differences(const KNTransportWork *at, const KNReal *p, const KNTransport *t, const KNTile *tile,
                           size_t c, size_t count)
{
  const size_t dim = t->lattice.dim, S = t->lattice.S, row = tile->row;

  for (size_t i = 0; i < count; i++) {
    const KNReal *whole = p + (c + i) * S;
    KNReal       *D     = at->D + i * dim * row;

    for (size_t a = 1; a < dim; a++) kn_difference(D + a * row, whole + tile->start, &t->lattice, a, tile->n);
    kn_outer_difference(D, whole, &t->lattice, tile->first, tile->slabs);
  }
}

void kn_transport_forward(KNReal *y, const KNReal *p, const KNReal *u, const KNReal *tau, const KNTransport *t,
                          const KNCollisionList *list, KNReal *work, int add)
{
  const size_t    dim = t->lattice.dim, S = t->lattice.S;
  const int       gelu = t->activation == KN_ACTIVATION_RESULT;
  KNTransportWork at;

  (void)kn_lay(&at, t, work);
  for (size_t slab = 0; slab < t->lattice.n[0]; slab += t->slabs) {
    const KNTile tile = kn_tile(t, slab);

    kn_tile_collide(&at, p, u, t, list, &tile);
    for (size_t c = 0, count; c < t->C; c += count) {
      const size_t  carrier = PetscMin(c, t->C - dim), row = tile.row, n = tile.n;
      const KNReal *v = kn_tile_velocities(&at, u, t, &tile, carrier), *from = p + c * S + tile.start;
      KNReal       *to = y + c * S + tile.start;

      count = kn_group(t, c);
      kn_differences(&at, p, t, &tile, c, count);
      for (size_t i = 0; i < count; i++) {
        const KNReal *D = at.D + i * dim * row, step = tau[c + i];
        const size_t  own = c + i - carrier;

        switch (dim) {
        case 1: kn_arrive(to + i * S, from + i * S, v, D, row, step, own, 1, n, gelu, add); break;
        case 2: kn_arrive(to + i * S, from + i * S, v, D, row, step, own, 2, n, gelu, add); break;
        default: kn_arrive(to + i * S, from + i * S, v, D, row, step, own, 3, n, gelu, add);
        }
      }
    }
  }
}

/*
  Backward of kn_arrive for `count` channels of one carrying velocity, the first of them with own: dz (count, row); jump
  = dD_0; dD of the inner axes; dv = or += if add. sum: (count) -dtau. dy, p: channels S apart; jump: strip; D, dD:
  (count, dim, row)
*/
KN_INLINE void kn_arrive_back(KNReal *sum, KNReal *dz, KNReal *dv, KNReal *jump, size_t strip, KNReal *dD,
                              const KNReal *dy, const KNReal *p, size_t S, const KNReal *v, const KNReal *D, size_t row,
                              const KNReal *tau, size_t own, size_t dim, size_t count, size_t n, int gelu, int add)
{
  const KNReal step[KN_MAX_DIM] = {tau[0], count > 1 ? tau[1] : 0, count > 2 ? tau[2] : 0};
  KNReal       s0 = 0, s1 = 0, s2 = 0;

#pragma omp simd reduction(+ : s0, s1, s2)
  for (size_t k = 0; k < n; k++) {
    const KNReal v0 = v[k], v1 = dim > 1 ? v[row + k] : 0, v2 = dim > 2 ? v[2 * row + k] : 0;
    KNReal dv0 = add ? dv[k] : 0, dv1 = dim > 1 && add ? dv[row + k] : 0, dv2 = dim > 2 && add ? dv[2 * row + k] : 0;

    for (size_t c = 0; c < count; c++) {
      const KNReal D0 = D[c * dim * row + k], D1 = dim > 1 ? D[(c * dim + 1) * row + k] : 0,
                   D2 = dim > 2 ? D[(c * dim + 2) * row + k] : 0, m0 = (own + c == 0) - step[c] * D0,
                   m1 = (own + c == 1) - step[c] * D1, m2 = (own + c == 2) - step[c] * D2;
      KNReal z = p[c * S + k] + v0 * m0, f = v0 * D0, slope = 1, g, df;

      if (dim > 1) z += v1 * m1, f += v1 * D1;
      if (dim > 2) z += v2 * m2, f += v2 * D2;
      if (gelu) {
        KNReal Phi, phi;

        kn_normal(z, &Phi, &phi);
        slope = Phi + z * phi;
      }
      g                   = dy[c * S + k] * slope;
      df                  = -step[c] * g;
      dz[c * row + k]     = g;
      jump[c * strip + k] = df * v0;
      dv0 += g * m0;
      if (dim > 1) dD[(c * dim + 1) * row + k] = df * v1, dv1 += g * m1;
      if (dim > 2) dD[(c * dim + 2) * row + k] = df * v2, dv2 += g * m2;
      if (c == 0) s0 += g * f;
      if (c == 1) s1 += g * f;
      if (c == 2) s2 += g * f;
    }
    dv[k] = dv0;
    if (dim > 1) dv[row + k] = dv1;
    if (dim > 2) dv[2 * row + k] = dv2;
  }
  sum[0] = s0;
  if (count > 1) sum[1] = s1;
  if (count > 2) sum[2] = s2;
}

/*
  g (n) = z and the transposed differences along axis 0 of channel c. jump: (row) of the tile, with a slab before it and
  one behind. The slab before the tile, which waited for this one, goes to dp. At an end that is not periodic the jump
  is twice as large, and minus that beyond it.
*/
static void kn_outer_back(KNReal *restrict g, KNReal *dp, const KNReal *restrict z, KNReal *jump,
                          const KNTransportWork *at, const KNTransport *t, size_t c, const KNTile *tile, int add)
{
  const size_t s = t->slab, n = tile->n, bytes = s * sizeof(KNReal);
  const int low = tile->first == 0, high = tile->first + tile->slabs == t->lattice.n[0], periodic = t->lattice.periodic,
            waits = periodic && tile->first == 1;
  KNReal *before = jump - s, *end = before + n, *behind = jump + n, *last = at->last + c * s, *wrap = at->wrap + c * s;
  const KNReal *late = at->late + c * s, half = t->lattice.inverse[0] / 2;

  for (size_t k = 0; !periodic && k < s; k++) {
    if (low) jump[k] *= 2;
    if (high) end[k] *= 2;
  }
  if (low) memcpy(wrap, jump, bytes);
  for (size_t k = 0; k < s; k++) {
    before[k] = !low ? last[k] : periodic ? 0 : -jump[k];
    behind[k] = !high ? 0 : periodic ? wrap[k] : -end[k];
  }
  memcpy(last, end, bytes);
  if (!low && dp) {
    KNReal *to = waits ? at->start + c * s : dp + c * t->lattice.S + tile->start - s;

    for (size_t k = 0; k < s; k++) to[k] = (add && !waits ? to[k] : 0) + (late[k] - half * jump[k]);
  }
#pragma omp simd
  for (size_t k = 0; k < n; k++) g[k] = z[k] + half * (before[k] - jump[k + s]);
}

/* Backward of streaming, of the group [c, c + count): at->dp, at->dv and dtau; dp: (C, S) of the sample. */
static void kn_stream_back(const KNTransportWork *at, KNReal *dp, const KNReal *dy, const KNReal *p, const KNReal *u,
                           const KNReal *tau, const KNTransport *t, const KNTile *tile, size_t c, size_t count, int add)
{
  const size_t dim = t->lattice.dim, n = tile->n, row = tile->row, S = t->lattice.S, strip = t->strip,
               carrier = PetscMin(c, t->C - dim), own = c - carrier, here = c * S + tile->start;
  const int     gelu = t->activation == KN_ACTIVATION_RESULT;
  const KNReal *v    = kn_tile_velocities(at, u, t, tile, carrier);
  KNReal       *dv = at->dv + carrier * row, *jump = at->jump + KNAligned(t->slab), sum[KN_MAX_DIM];

  kn_differences(at, p, t, tile, c, count);
#define KN_BACK(dim, count, own, add)                                                                                  \
  kn_arrive_back(sum, at->z, dv, jump, strip, at->dD, dy + here, p + here, S, v, at->D, row, tau + c, own, dim, count, \
                 n, gelu, add)
  if (dim == 1) KN_BACK(1, 1, 0, 0);
  else if (dim == 2 && count == 2) KN_BACK(2, 2, 0, 0);
  else if (dim == 2) KN_BACK(2, 1, own, 1);
  else if (count == 3) KN_BACK(3, 3, 0, 0);
  else KN_BACK(3, 1, own, 1);
#undef KN_BACK
  for (size_t i = 0; i < count; i++) {
    KNReal *rows[KN_MAX_DIM] = {at->g, at->g + row, at->dp + (c + i) * row}, **g = rows + KN_MAX_DIM - dim;

    at->dtau[c + i] -= (double)sum[i];
    kn_outer_back(g[0], dp, at->z + i * row, jump + i * strip, at, t, c + i, tile, add);
    for (size_t a = 1; a < dim; a++)
      kn_difference_back(g[a], g[a - 1], at->dD + (i * dim + a) * row, &t->lattice, a, n);
  }
}

void kn_transport_backward(KNReal *dp, KNReal *du, KNReal *dtau, const KNReal *dy, const KNReal *p, const KNReal *u,
                           const KNReal *tau, const KNTransport *t, const KNCollisionList *list, KNReal *work, int add)
{
  const size_t    s = t->slab;
  KNTransportWork at;

  (void)kn_lay(&at, t, work);
  memset(at.dtau, 0, t->C * sizeof(*at.dtau));
  for (size_t slab = 0; slab < t->lattice.n[0]; slab += t->slabs) {
    const KNTile tile = kn_tile(t, slab);

    kn_tile_collide(&at, p, u, t, list, &tile);
    memset(at.dv + t->groups * tile.row, 0, (t->C - t->groups) * tile.row * sizeof(KNReal));
    for (size_t c = 0, count; c < t->C; c += count) {
      count = kn_group(t, c);
      kn_stream_back(&at, dp, dy, p, u, tau, t, &tile, c, count, add);
    }
    kn_tile_collide_back(&at, dp, du, u, t, list, &tile, add);
  }
  for (size_t c = 0; c < t->C; c++) dtau[c] = (KNReal)at.dtau[c];
  for (size_t c = 0; dp && t->lattice.periodic && c < t->C; c++) {
    /* the first slab, with its neighbour, the last */
    const KNReal *start = at.start + c * s, *last = at.last + c * s, half = t->lattice.inverse[0] / 2;
    KNReal       *to = dp + c * t->lattice.S;

    for (size_t k = 0; k < s; k++) to[k] = (add ? to[k] : 0) + (start[k] + half * last[k]);
  }
}

/*
  One stage of a conservation law: all faces, all new values, in one pass over the rows of the last axis.

  For an axis across the rows the flux through the upper faces of a row is that through the lower faces of the next one
  there: it is kept, as are the values at the row's upper faces. So nothing is computed twice, and what passes between
  reconstruction, flux and update are rows in the first-level cache. The new primitive values follow at once.

  With WENO the cells' values are those at their centres (finite differences): the flux of the interpolated states is
  followed by -h^2/24 f'' + 7 h^4/5760 f'''' of the exact flux f, by central differences (Shu and Osher, J. Comput.
  Phys. 77 (1988) 439; Jiang, Shu and Zhang, SIAM J. Sci. Comput. 35 (2013) A1137). Order 5 on any number of axes.
*/
#include <string.h>
#include "conservation_impl.h"

#define KN_LANES     8   /* of the maximum over a row */
#define KN_DIFFUSION 0.9 /* of the longest step that diffusion alone allows */

/* Where rows lie in c->rows; each index counts c->pitch. */
typedef struct {
  PetscReal *lower, *exact, *first, *flags;        /* (fields), (fields), (fields), 1 */
  PetscReal *upper[KN_MAX_DIM], *flux[KN_MAX_DIM]; /* (slots, 2, fields) */
} Room;

static size_t KNSweepSlots(const Conservation *c, PetscInt axis)
{
  return axis == 0 && c->axes == 3 ? (size_t)c->cells[1] : 1;
}

/* Hands out the rows; returns their number. */
static size_t KNSweepRoom(const Conservation *c, Room *room)
{
  const size_t fields = (size_t)c->fields * c->pitch;
  size_t       used   = 0;

  room->lower = c->rows + used, used += fields;
  room->exact = c->rows + used, used += fields;
  room->first = c->rows + used, used += fields;
  room->flags = c->rows + used, used += c->pitch;
  for (PetscInt axis = 0; axis < c->axes; axis++) {
    room->upper[axis] = c->rows + used, used += 2 * KNSweepSlots(c, axis) * fields;
    room->flux[axis]  = c->rows + used, used += 2 * KNSweepSlots(c, axis) * fields;
  }
  return used;
}

PetscErrorCode KNSweepCreate(Conservation *c)
{
  Room room;

  PetscFunctionBegin;
  c->pitch = (KNRowLength(c) + 15) / 8 * 8;
  PetscCall(KNMalloc(KNSweepRoom(c, &room), sizeof(PetscReal), &c->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows of row r: of two that are kept. */
static PetscReal *KNSweepKept(const Conservation *c, PetscReal *array, size_t slot, PetscInt r)
{
  return array + (2 * slot + (size_t)(r & 1)) * (size_t)c->fields * c->pitch;
}

/* Values at the faces of n cells from `at` on, along an axis: (fields, n) in the axis' order. */
static void KNSweepReconstruct(const Conservation *c, const PetscReal w[], PetscInt axis, size_t at, size_t n,
                               PetscReal lower[], PetscReal upper[])
{
  const KNReconstructRow row = KNReconstructKernel(c->scheme.reconstruct);

  for (PetscInt f = 0; f < c->fields; f++) {
    row(lower + (size_t)f * c->pitch, upper + (size_t)f * c->pitch, w + (size_t)c->order[axis][f] * c->padded + at,
        c->stride[axis], n);
  }
}

/* f (n) += factor g */
static void kn_row_add(PetscReal *restrict f, const PetscReal *restrict g, PetscReal factor, size_t n)
{
  for (size_t i = 0; i < n; i++) f[i] += factor * g[i];
}

/* f (n) += -h^2/24 f'' + 7 h^4/5760 f'''' at faces, from the exact fluxes of the cells i - 3 .. i + 2 in g */
static void kn_row_correct(PetscReal *restrict f, const PetscReal *restrict g, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    f[i] += (19.0 * (g[i] + g[i + 5]) - 137.0 * (g[i + 1] + g[i + 4]) + 118.0 * (g[i + 2] + g[i + 3])) / 3840.0;
  }
}

/* The correction of order 5 for n faces between the cells `at` - stride and `at`. f (fields) in the axis' order */
static void KNSweepCorrect(const Conservation *c, const Room *room, const PetscReal w[], PetscInt axis, size_t at,
                           size_t n, PetscReal *const f[])
{
  static const PetscReal factor[] = {19.0 / 3840.0, -137.0 / 3840.0, 118.0 / 3840.0};
  const PetscBool        along    = (PetscBool)(axis == c->axes - 1);
  PetscReal             *cell[KN_MAX_CONSERVED], *exact[KN_MAX_CONSERVED];

  KNRows(exact, room->exact, c->pitch, 0, c->fields);
  for (PetscInt k = -3; k < (along ? -2 : 3); k++) {
    for (PetscInt v = 0; v < c->fields; v++) {
      cell[v] = (PetscReal *)w + (size_t)c->order[axis][v] * c->padded + at + (size_t)(k * c->stride[axis]);
    }
    c->law->flux(exact, (const PetscReal *const *)cell, along ? n + 5 : n, c->axes, axis, c->p);
    for (PetscInt v = 0; v < c->fields; v++) {
      if (along) kn_row_correct(f[v], exact[v], n);
      else kn_row_add(f[v], exact[v], factor[k < 0 ? k + 3 : 2 - k], n);
    }
  }
}

/* to (n) = from where the cell on either side is masked: below, here (n) are not 0 */
static void kn_row_replace(PetscReal *restrict to, const PetscReal *restrict from, const PetscReal *restrict below,
                           const PetscReal *restrict here, size_t n)
{
  for (size_t i = 0; i < n; i++) to[i] = below[i] + here[i] != 0.0 ? from[i] : to[i];
}

/* Rusanov's flux of the cells' own values at the faces of masked cells. */
static void KNSweepFallBack(const Conservation *c, const Room *room, const PetscReal w[], PetscInt axis, size_t at,
                            size_t n, PetscReal *const f[])
{
  const PetscReal *here = c->masked + at, *below = here - c->stride[axis];
  PetscReal       *left[KN_MAX_CONSERVED], *right[KN_MAX_CONSERVED], *first[KN_MAX_CONSERVED];
  PetscBool        any = PETSC_FALSE;

  for (size_t i = 0; i < n && !any; i++) any = (PetscBool)(below[i] + here[i] != 0.0);
  if (!any) return;
  for (PetscInt v = 0; v < c->fields; v++) {
    right[v] = (PetscReal *)w + (size_t)c->order[axis][v] * c->padded + at;
    left[v]  = right[v] - c->stride[axis];
  }
  KNRows(first, room->first, c->pitch, 0, c->fields);
  c->law->riemann[KN_FLUX_RUSANOV](first, (const PetscReal *const *)left, (const PetscReal *const *)right, n, c->axes,
                                   axis, c->p);
  for (PetscInt v = 0; v < c->fields; v++) kn_row_replace(f[v], first[v], below, here, n);
}

/* The flux (fields, n) through the lower faces of n cells from `at` on, from the values at their two sides. */
static void KNSweepFlux(const Conservation *c, const Room *room, const PetscReal w[], PetscInt axis, size_t at,
                        size_t n, PetscReal below[], PetscReal above[], PetscReal flux[], PetscBool safe)
{
  PetscReal *left[KN_MAX_CONSERVED], *right[KN_MAX_CONSERVED], *f[KN_MAX_CONSERVED];

  KNRows(left, below, c->pitch, 0, c->fields);
  KNRows(right, above, c->pitch, 0, c->fields);
  KNRows(f, flux, c->pitch, 0, c->fields);
  c->law->riemann[c->scheme.flux](f, (const PetscReal *const *)left, (const PetscReal *const *)right, n, c->axes, axis,
                                  c->p);
  if (c->scheme.reconstruct == KN_RECONSTRUCT_WENO5) KNSweepCorrect(c, room, w, axis, at, n, f);
  if (safe) KNSweepFallBack(c, room, w, axis, at, n, f);
  if (c->law->diffuse) {
    PetscReal *own[KN_MAX_CONSERVED], *cell[KN_MAX_CONSERVED];

    for (PetscInt v = 0; v < c->fields; v++) own[c->order[axis][v]] = f[v];
    KNRows(cell, (PetscReal *)w, c->padded, at, c->fields);
    c->law->diffuse(own, (const PetscReal *const *)cell, n, c->stride, c->axes, axis, c->per, c->p);
  }
}

/* out (n) = a u + b v + factor (sum of the differences of fluxes); NULL: there is no such axis */
static void kn_row_update(PetscReal *restrict out, PetscReal a, const PetscReal *restrict u, PetscReal b,
                          const PetscReal *restrict v, PetscReal factor, const PetscReal *restrict x,
                          const PetscReal *restrict y0, const PetscReal *restrict y1, const PetscReal *restrict z0,
                          const PetscReal *restrict z1, size_t n)
{
  if (z0) {
    for (size_t i = 0; i < n; i++) {
      out[i] = a * u[i] + b * v[i] + factor * ((x[i + 1] - x[i]) + (y1[i] - y0[i]) + (z1[i] - z0[i]));
    }
  } else if (y0) {
    for (size_t i = 0; i < n; i++) out[i] = a * u[i] + b * v[i] + factor * ((x[i + 1] - x[i]) + (y1[i] - y0[i]));
  } else {
    for (size_t i = 0; i < n; i++) out[i] = a * u[i] + b * v[i] + factor * (x[i + 1] - x[i]);
  }
}

/* flags (n) = 0 where all values are finite and the scalars positive, else NaN; returns how many are not 0. */
static PetscInt KNSweepFlags(const Conservation *c, PetscReal *const w[], PetscReal *restrict flags, size_t n)
{
  PetscInt bad = 0;

  for (PetscInt f = 0; f < c->fields; f++) {
    const PetscReal *restrict x = w[f];

    for (size_t i = 0; i < n; i++) flags[i] = (f ? flags[i] : 0.0) + 0.0 * x[i];
  }
  for (PetscInt s = 0; c->law->positive && s < c->law->scalars; s++) {
    const PetscReal *restrict x = w[c->place[s]];

    for (size_t i = 0; i < n; i++) flags[i] = x[i] > 0.0 ? flags[i] : NAN;
  }
  for (size_t i = 0; i < n; i++) bad += flags[i] == 0.0 ? 0 : 1;
  return bad;
}

/* The largest of *most and x (n); NaN counts as nothing. */
static void kn_row_largest(PetscReal *most, const PetscReal *restrict x, size_t n)
{
  PetscReal lane[KN_LANES] = {0.0};
  size_t    i              = 0;

  for (; i + KN_LANES <= n; i += KN_LANES) {
    for (int k = 0; k < KN_LANES; k++) lane[k] = x[i + (size_t)k] > lane[k] ? x[i + (size_t)k] : lane[k];
  }
  for (; i < n; i++) lane[0] = PetscMax(lane[0], x[i]);
  for (int k = 0; k < KN_LANES; k++) *most = PetscMax(*most, lane[k]);
}

/* A row of new conserved values becomes primitive, and is looked at. */
static void KNSweepFinish(Conservation *c, const Room *room, PetscReal *const u[], PetscInt row, PetscReal next[],
                          PetscInt *bad, PetscReal *fastest)
{
  const size_t n = KNRowLength(c), at = KNRowOfW(c, row);
  PetscReal   *w[KN_MAX_CONSERVED];
  PetscInt     bad_here;

  KNRows(w, next, c->padded, at, c->fields);
  if (c->law->primitive) c->law->primitive(w, (const PetscReal *const *)u, n, c->axes, c->p);
  else
    for (PetscInt f = 0; f < c->fields; f++) memcpy(w[f], u[f], n * sizeof(PetscReal));
  bad_here = KNSweepFlags(c, w, room->flags, n);
  for (size_t i = 0; bad_here && i < n; i++) {
    if (room->flags[i] != 0.0) c->trouble[at + i] = 1.0;
  }
  *bad += bad_here;
  if (!fastest) return;
  c->law->speed(room->flags, (const PetscReal *const *)w, n, c->axes, c->per * c->scheme.cfl / KN_DIFFUSION, c->p);
  kn_row_largest(fastest, room->flags, n);
}

/* Along the row: the flux through its n + 1 faces. */
static void KNSweepAlong(const Conservation *c, const Room *room, const PetscReal w[], size_t at, PetscBool safe)
{
  const PetscInt axis = c->axes - 1;
  const size_t   n    = KNRowLength(c);

  KNSweepReconstruct(c, w, axis, at - 1, n + 2, room->lower, room->upper[axis]);
  KNSweepFlux(c, room, w, axis, at, n + 1, room->upper[axis], room->lower + 1, room->flux[axis], safe);
}

/* Across the rows: the flux through the upper faces of the row r of an axis; with the first one, its lower faces too.
 */
static void KNSweepAcross(const Conservation *c, const Room *room, const PetscReal w[], PetscInt axis, PetscInt r,
                          size_t slot, size_t at, PetscBool safe)
{
  const size_t n = KNRowLength(c);

  for (PetscInt q = r ? r + 1 : -1; q <= r + 1; q++) {
    const size_t cell  = at + (size_t)((q - r) * c->stride[axis]);
    PetscReal   *upper = KNSweepKept(c, room->upper[axis], slot, q);

    KNSweepReconstruct(c, w, axis, cell, n, room->lower, upper);
    if (q < 0) continue;
    KNSweepFlux(c, room, w, axis, cell, n, KNSweepKept(c, room->upper[axis], slot, q - 1), room->lower,
                KNSweepKept(c, room->flux[axis], slot, q), safe);
  }
}

void KNSweep(Conservation *c, PetscReal a, PetscReal b, PetscReal dt, const PetscReal v[], const PetscReal w[],
             PetscReal out[], PetscReal next[], PetscBool safe, PetscInt *bad, PetscReal *fastest)
{
  const size_t   n    = KNRowLength(c);
  const PetscInt last = c->axes - 1;
  Room           room;

  (void)KNSweepRoom(c, &room);
  *bad = 0;
  for (PetscInt row = 0; row < KNRowCount(c); row++) {
    const size_t at = KNRowOfW(c, row), begin = (size_t)row * n;
    PetscReal   *u[KN_MAX_CONSERVED], *y[2] = {NULL, NULL}, *z[2] = {NULL, NULL};

    KNSweepAlong(c, &room, w, at, safe);
    for (PetscInt axis = 0; axis < last; axis++) {
      const PetscInt inner = axis == last - 1 ? 1 : c->cells[1], r = row / inner % c->cells[axis];
      const size_t   slot = (size_t)(row % inner);
      PetscReal    **kept = axis == last - 1 ? y : z;

      KNSweepAcross(c, &room, w, axis, r, slot, at, safe);
      kept[0] = KNSweepKept(c, room.flux[axis], slot, r);
      kept[1] = KNSweepKept(c, room.flux[axis], slot, r + 1);
    }
    KNRows(u, out, c->size, begin, c->fields);
    for (PetscInt k = 0; k < c->fields; k++) {
      const size_t   at_x = (size_t)k * c->pitch; /* the place of the field in each axis' order is its own inverse */
      const PetscInt f    = c->order[last][k];
      const size_t   at_y = last > 0 ? (size_t)c->order[last - 1][f] * c->pitch : 0;
      const size_t   at_z = last > 1 ? (size_t)c->order[0][f] * c->pitch : 0;

      kn_row_update(u[f], a, c->u + (size_t)f * c->size + begin, b, v + (size_t)f * c->size + begin, -b * dt * c->per,
                    room.flux[last] + at_x, y[0] ? y[0] + at_y : NULL, y[0] ? y[1] + at_y : NULL,
                    z[0] ? z[0] + at_z : NULL, z[0] ? z[1] + at_z : NULL, n);
    }
    KNSweepFinish(c, &room, u, row, next, bad, fastest);
  }
}

void KNSweepLook(Conservation *c, const PetscReal u[], PetscReal next[], PetscInt *bad, PetscReal *fastest)
{
  Room room;

  (void)KNSweepRoom(c, &room);
  *bad     = 0;
  *fastest = 0.0;
  for (PetscInt row = 0; row < KNRowCount(c); row++) {
    PetscReal *rows[KN_MAX_CONSERVED];

    KNRows(rows, (PetscReal *)u, c->size, (size_t)row * KNRowLength(c), c->fields);
    KNSweepFinish(c, &room, rows, row, next, bad, fastest);
  }
}

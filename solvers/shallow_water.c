/*
  Shallow water over a flat bottom, in 1 or 2 axes: dam breaks, bores.

    h_t + div(h v) = 0,   (h v)_t + div(h v v) + grad(g h^2/2) = 0

  The fluxes are those of gas.c without energy (Toro, Shock-Capturing Methods for Free-Surface Shallow Flows, chapter
  10). Depths are positive: dry ground is no state.
*/
#include "conservation.h"
#include "row_kernels.h"

/* One point; v is 0 on one axis. */
typedef struct {
  PetscReal h, u, v;
} Water;

KN_ALWAYS Water kn_water_at(const PetscReal *const w[], size_t i, PetscInt axes)
{
  return (Water){.h = w[0][i], .u = w[1][i], .v = axes > 1 ? w[2][i] : 0.0};
}

KN_ALWAYS void kn_water_store(PetscReal *const f[], size_t i, PetscReal mass, PetscReal x, PetscReal y, PetscInt axes)
{
  f[0][i] = mass;
  f[1][i] = x;
  if (axes > 1) f[2][i] = y;
}

static void kn_water_primitive(PetscReal *const w[], const PetscReal *const u[], size_t n, PetscInt axes,
                               const PetscReal p[])
{
  for (PetscInt f = 1; f <= axes; f++) {
    const PetscReal *restrict depth = u[0], *restrict momentum = u[f];
    PetscReal *restrict velocity = w[f];

    for (size_t i = 0; i < n; i++) velocity[i] = momentum[i] / depth[i];
  }
  for (size_t i = 0; i < n; i++) w[0][i] = u[0][i];
}

static void kn_water_conserved(PetscReal *const u[], const PetscReal *const w[], size_t n, PetscInt axes,
                               const PetscReal p[])
{
  for (PetscInt f = 1; f <= axes; f++) {
    for (size_t i = 0; i < n; i++) u[f][i] = w[0][i] * w[f][i];
  }
  for (size_t i = 0; i < n; i++) u[0][i] = w[0][i];
}

static void kn_water_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes, PetscInt axis,
                          const PetscReal p[])
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Water     q = kn_water_at(w, i, axes);
    const PetscReal m = q.h * q.u;

    kn_water_store(f, i, m, m * q.u + 0.5 * p[0] * q.h * q.h, m * q.v, axes);
  }
}

static void kn_water_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                           const PetscReal p[])
{
  for (size_t i = 0; i < n; i++) {
    const Water q = kn_water_at(w, i, axes);

    s[i] = (PetscReal)axes * PetscSqrtReal(p[0] * q.h) + PetscAbsReal(q.u) + PetscAbsReal(q.v);
  }
}

static PetscReal kn_water_sound(const PetscReal w[], PetscInt axes, const PetscReal p[])
{
  return PetscSqrtReal(p[0] * w[0]);
}

KN_ALWAYS void kn_rusanov(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                          PetscReal g, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Water     l = kn_water_at(left, i, axes), r = kn_water_at(right, i, axes);
    const PetscReal ml = l.h * l.u, mr = r.h * r.u;
    const PetscReal s =
      kn_larger(PetscAbsReal(l.u) + PetscSqrtReal(g * l.h), PetscAbsReal(r.u) + PetscSqrtReal(g * r.h));

    kn_water_store(f, i, 0.5 * (ml + mr - s * (r.h - l.h)),
                   0.5 * (ml * l.u + mr * r.u + 0.5 * g * (l.h * l.h + r.h * r.h) - s * (mr - ml)),
                   0.5 * (ml * l.v + mr * r.v - s * (r.h * r.v - l.h * l.v)), axes);
  }
}

KN_ALWAYS void kn_hll(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                      PetscReal g, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Water     l = kn_water_at(left, i, axes), r = kn_water_at(right, i, axes);
    const PetscReal cl = PetscSqrtReal(g * l.h), cr = PetscSqrtReal(g * r.h), ml = l.h * l.u, mr = r.h * r.u;
    const PetscReal a   = kn_smaller(kn_smaller(l.u - cl, r.u - cr), 0.0),
                    b   = kn_larger(kn_larger(l.u + cl, r.u + cr), 0.0);
    const PetscReal per = 1.0 / (b - a), x = b * per, y = -a * per, z = a * b * per;

    kn_water_store(f, i, x * ml + y * mr + z * (r.h - l.h),
                   x * (ml * l.u + 0.5 * g * l.h * l.h) + y * (mr * r.u + 0.5 * g * r.h * r.h) + z * (mr - ml),
                   x * ml * l.v + y * mr * r.v + z * (r.h * r.v - l.h * l.v), axes);
  }
}

KN_ALWAYS void kn_hllc(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                       PetscReal g, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Water     l = kn_water_at(left, i, axes), r = kn_water_at(right, i, axes);
    const PetscReal cl = PetscSqrtReal(g * l.h), cr = PetscSqrtReal(g * r.h);
    const PetscReal a = kn_smaller(l.u - cl, r.u - cr), b = kn_larger(l.u + cl, r.u + cr);
    const PetscReal fl = l.h * (a - l.u), fr = r.h * (b - r.u), pl = 0.5 * g * l.h * l.h, pr = 0.5 * g * r.h * r.h;
    const PetscReal middle = (a * fr - b * fl) / (fr - fl), ql = l.h * l.v, qr = r.h * r.v;
    const PetscReal h = middle >= 0.0 ? l.h : r.h, u = middle >= 0.0 ? l.u : r.u, p = middle >= 0.0 ? pl : pr;
    const PetscReal q = middle >= 0.0 ? ql : qr, s = middle >= 0.0 ? a : b, reach = middle >= 0.0 ? a : -b;
    const PetscReal wave = reach < 0.0 ? s : 0.0, star = h * (s - u) / (s - middle), m = h * u;
    const PetscReal mass = m + wave * (star - h);

    kn_water_store(f, i, mass, m * u + p + wave * (star * middle - m), q / h * mass, axes);
  }
}

KN_ALWAYS void kn_roe(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                      PetscReal g, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Water     l = kn_water_at(left, i, axes), r = kn_water_at(right, i, axes);
    const PetscReal cl = PetscSqrtReal(g * l.h), cr = PetscSqrtReal(g * r.h), ml = l.h * l.u, mr = r.h * r.u;
    const PetscReal ratio = PetscSqrtReal(r.h / l.h), x = 1.0 / (1.0 + ratio), y = ratio * x, mean = ratio * l.h;
    const PetscReal u = x * l.u + y * r.u, v = x * l.v + y * r.v, c = PetscSqrtReal(0.5 * g * (l.h + r.h));
    const PetscReal dh = r.h - l.h, du = mean * (r.u - l.u) / c;
    const PetscReal slow = kn_spread(u - c, kn_larger(2.0 * ((r.u - cr) - (l.u - cl)), 0.0)) * 0.5 * (dh - du);
    const PetscReal fast = kn_spread(u + c, kn_larger(2.0 * ((r.u + cr) - (l.u + cl)), 0.0)) * 0.5 * (dh + du);

    kn_water_store(f, i, 0.5 * (ml + mr - slow - fast),
                   0.5 * (ml * l.u + mr * r.u + 0.5 * g * (l.h * l.h + r.h * r.h) - slow * (u - c) - fast * (u + c)),
                   0.5 * (ml * l.v + mr * r.v - (slow + fast) * v - PetscAbsReal(u) * mean * (r.v - l.v)), axes);
  }
}

#define KN_WATER_FLUX(kind)                                                                                        \
  static void kn_water_##kind(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], \
                              size_t n, PetscInt axes, PetscInt axis, const PetscReal p[])                         \
  {                                                                                                                \
    if (axes == 1) kn_##kind(f, left, right, n, p[0], 1);                                                          \
    else kn_##kind(f, left, right, n, p[0], 2);                                                                    \
  }
KN_WATER_FLUX(rusanov)
KN_WATER_FLUX(hll)
KN_WATER_FLUX(hllc)
KN_WATER_FLUX(roe)

static const KNConservation shallow_water = {
  .title        = "Shallow water over a flat bottom in 1 or 2 axes",
  .equation     = "h_t + div(h v) = 0, (h v)_t + div(h v v) + grad(g h^2/2) = 0",
  .highest_axes = 2,
  .scalars      = 1,
  .scalar       = {{"h", 1.0, 2.0}},
  .vector       = 1,
  .component    = {"Vx", "Vy"},
  .positive     = PETSC_TRUE,
  .coefficient  = {{"gravity", "acceleration g", 1.0, 1e-6, 1e6}},
  .speed_scale =
    {"froude",
     "velocity of initial states in units of the speed of waves: the largest, or the root mean square of turbulence",
     0.5, 0.0, 100.0},
  .primitive   = kn_water_primitive,
  .conserved   = kn_water_conserved,
  .speed       = kn_water_speed,
  .flux        = kn_water_flux,
  .riemann     = {kn_water_rusanov, kn_water_hll, kn_water_hllc, kn_water_roe},
  .sound       = kn_water_sound,
  .axes        = 2,
  .grid        = 128,
  .frames      = 101,
  .start       = KN_START_RADIAL,
  .flux_kind   = KN_FLUX_HLLC,
  .side        = KN_SIDE_OUTFLOW,
  .length      = 5.0,
  .final_time  = 1.0,
  .radius_low  = 0.3,
  .radius_high = 0.7,
};

PetscErrorCode KNSolverCreate_ShallowWater(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(KNConservationCreate(solver, &shallow_water));
  PetscFunctionReturn(PETSC_SUCCESS);
}

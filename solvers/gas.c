/*
  An ideal gas, row by row: conversions, and fluxes of Rusanov, of Harten, Lax and van Leer (HLL), of Toro, Spruce and
  Speares (HLLC) and of Roe (Toro, Riemann Solvers and Numerical Methods for Fluid Dynamics, chapters 10 and 11).

  Speeds at a face are the smallest of u - c and the largest of u + c of both sides. Roe's waves of sound are given a
  least speed, by the widths of rarefactions (Harten and Hyman), or rarefactions through the speed of sound would jump.

  The loops over points have no branches and a number of axes that the compiler knows: it makes vectors of them.
*/
#include "gas.h"
#include "row_kernels.h"

/* Calls kernel(.., axes) with a constant number of axes. */
#define KN_BY_AXES(kernel, ...)                 \
  do {                                          \
    if (axes == 1) kernel(__VA_ARGS__, 1);      \
    else if (axes == 2) kernel(__VA_ARGS__, 2); \
    else kernel(__VA_ARGS__, 3);                \
  } while (0)

/* One point: what fluxes need of a state. */
typedef struct {
  PetscReal rho, u, v, w, p, energy;
  PetscReal per, c; /* 1/rho, speed of sound: where there are two sides */
} Gas;

/* The state of point i; components beyond the axes are 0. heat: 1/(gamma - 1), so that no loop divides by it. */
KN_ALWAYS Gas kn_gas_at(const PetscReal *const w[], size_t i, PetscReal heat, int axes)
{
  Gas g = {.rho = w[0][i], .u = w[1][i], .v = axes > 1 ? w[2][i] : 0.0, .w = axes > 2 ? w[3][i] : 0.0};

  g.p      = w[axes + 1][i];
  g.energy = heat * g.p + 0.5 * g.rho * (g.u * g.u + g.v * g.v + g.w * g.w);
  return g;
}

KN_ALWAYS void kn_gas_store(PetscReal *const f[], size_t i, PetscReal mass, PetscReal x, PetscReal y, PetscReal z,
                            PetscReal energy, int axes)
{
  f[0][i] = mass;
  f[1][i] = x;
  if (axes > 1) f[2][i] = y;
  if (axes > 2) f[3][i] = z;
  f[axes + 1][i] = energy;
}

typedef struct {
  Gas l, r;
} GasPair;

/* The states at both sides of a face. One division serves both 1/rho, and no root waits for it. */
KN_ALWAYS GasPair kn_gas_pair(const PetscReal *const left[], const PetscReal *const right[], size_t i, PetscReal gamma,
                              PetscReal heat, int axes)
{
  GasPair         q     = {kn_gas_at(left, i, heat, axes), kn_gas_at(right, i, heat, axes)};
  const PetscReal ratio = 1.0 / (q.l.rho * q.r.rho);

  q.l.per = q.r.rho * ratio;
  q.r.per = q.l.rho * ratio;
  q.l.c   = PetscSqrtReal(gamma * q.l.p * q.l.rho) * q.l.per;
  q.r.c   = PetscSqrtReal(gamma * q.r.p * q.r.rho) * q.r.per;
  return q;
}

KN_ALWAYS void kn_primitive(PetscReal *const w[], const PetscReal *const u[], size_t n, PetscReal gamma, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const PetscReal rho = u[0][i], per = 1.0 / rho, x = u[1][i] * per;
    const PetscReal y = axes > 1 ? u[2][i] * per : 0.0, z = axes > 2 ? u[3][i] * per : 0.0;

    kn_gas_store(w, i, rho, x, y, z, (gamma - 1.0) * (u[axes + 1][i] - 0.5 * rho * (x * x + y * y + z * z)), axes);
  }
}

void kn_gas_primitive(PetscReal *const w[], const PetscReal *const u[], size_t n, PetscInt axes, const PetscReal p[])
{
  KN_BY_AXES(kn_primitive, w, u, n, p[0]);
}

KN_ALWAYS void kn_conserved(PetscReal *const u[], const PetscReal *const w[], size_t n, PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Gas g = kn_gas_at(w, i, heat, axes);

    kn_gas_store(u, i, g.rho, g.rho * g.u, g.rho * g.v, g.rho * g.w, g.energy, axes);
  }
}

void kn_gas_conserved(PetscReal *const u[], const PetscReal *const w[], size_t n, PetscInt axes, const PetscReal p[])
{
  KN_BY_AXES(kn_conserved, u, w, n, p[0]);
}

KN_ALWAYS void kn_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const Gas       g = kn_gas_at(w, i, heat, axes);
    const PetscReal m = g.rho * g.u;

    kn_gas_store(f, i, m, m * g.u + g.p, m * g.v, m * g.w, g.u * (g.energy + g.p), axes);
  }
}

void kn_gas_flux(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes, PetscInt axis,
                 const PetscReal p[])
{
  KN_BY_AXES(kn_flux, f, w, n, p[0]);
}

KN_ALWAYS void kn_speed(PetscReal *restrict s, const PetscReal *const w[], size_t n, PetscReal gamma, int axes)
{
  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    PetscReal sum = axes * PetscSqrtReal(gamma * w[axes + 1][i] / w[0][i]) + PetscAbsReal(w[1][i]);

    if (axes > 1) sum += PetscAbsReal(w[2][i]);
    if (axes > 2) sum += PetscAbsReal(w[3][i]);
    s[i] = sum;
  }
}

void kn_gas_speed(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per,
                  const PetscReal p[])
{
  KN_BY_AXES(kn_speed, s, w, n, p[0]);
}

PetscReal kn_gas_sound(const PetscReal w[], PetscInt axes, const PetscReal p[])
{
  return PetscSqrtReal(p[0] * w[axes + 1] / w[0]);
}

KN_ALWAYS void kn_rusanov(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                          PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const GasPair   q = kn_gas_pair(left, right, i, gamma, heat, axes);
    const Gas       l = q.l, r = q.r;
    const PetscReal speed = kn_larger(PetscAbsReal(l.u) + l.c, PetscAbsReal(r.u) + r.c);
    const PetscReal ml = l.rho * l.u, mr = r.rho * r.u;

    kn_gas_store(f, i, 0.5 * (ml + mr - speed * (r.rho - l.rho)),
                 0.5 * (ml * l.u + l.p + mr * r.u + r.p - speed * (mr - ml)),
                 0.5 * (ml * l.v + mr * r.v - speed * (r.rho * r.v - l.rho * l.v)),
                 0.5 * (ml * l.w + mr * r.w - speed * (r.rho * r.w - l.rho * l.w)),
                 0.5 * (l.u * (l.energy + l.p) + r.u * (r.energy + r.p) - speed * (r.energy - l.energy)), axes);
  }
}

void kn_gas_rusanov(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n,
                    PetscInt axes, PetscInt axis, const PetscReal p[])
{
  KN_BY_AXES(kn_rusanov, f, l, r, n, p[0]);
}

/* With speeds a <= 0 <= b: where all waves go one way the flux is that of one side. */
KN_ALWAYS void kn_hll(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                      PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const GasPair   q = kn_gas_pair(left, right, i, gamma, heat, axes);
    const Gas       l = q.l, r = q.r;
    const PetscReal a   = kn_smaller(kn_smaller(l.u - l.c, r.u - r.c), 0.0),
                    b   = kn_larger(kn_larger(l.u + l.c, r.u + r.c), 0.0);
    const PetscReal per = 1.0 / (b - a), x = b * per, y = -a * per, z = a * b * per;
    const PetscReal ml = l.rho * l.u, mr = r.rho * r.u;

    kn_gas_store(f, i, x * ml + y * mr + z * (r.rho - l.rho),
                 x * (ml * l.u + l.p) + y * (mr * r.u + r.p) + z * (mr - ml),
                 x * ml * l.v + y * mr * r.v + z * (r.rho * r.v - l.rho * l.v),
                 x * ml * l.w + y * mr * r.w + z * (r.rho * r.w - l.rho * l.w),
                 x * l.u * (l.energy + l.p) + y * r.u * (r.energy + r.p) + z * (r.energy - l.energy), axes);
  }
}

void kn_gas_hll(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n, PetscInt axes,
                PetscInt axis, const PetscReal p[])
{
  KN_BY_AXES(kn_hll, f, l, r, n, p[0]);
}

/*
  The contact moves with the speed `middle`; of the two sides only the one that lies at the face is computed: q with its
  wave of speed s. Where that wave does not reach the face, s = middle = 0 stands for it and the flux is q's own.
*/
KN_ALWAYS void kn_hllc(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                       PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const GasPair   q = kn_gas_pair(left, right, i, gamma, heat, axes);
    const Gas       l = q.l, r = q.r;
    const PetscReal a = kn_smaller(l.u - l.c, r.u - r.c), b = kn_larger(l.u + l.c, r.u + r.c);
    const PetscReal fl = l.rho * (a - l.u), fr = r.rho * (b - r.u);
    /* middle = top/bottom, bottom < 0; one division serves it and 1/(s - middle) */
    const PetscReal top = r.p - l.p + l.u * fl - r.u * fr, bottom = fl - fr;
    const PetscReal rho = top <= 0.0 ? l.rho : r.rho, u = top <= 0.0 ? l.u : r.u, p = top <= 0.0 ? l.p : r.p;
    const PetscReal v = top <= 0.0 ? l.v : r.v, w = top <= 0.0 ? l.w : r.w, s = top <= 0.0 ? a : b;
    const PetscReal energy = top <= 0.0 ? l.energy : r.energy, per = top <= 0.0 ? l.per : r.per;
    const PetscReal reach = top <= 0.0 ? a : -b, wave = reach < 0.0 ? s : 0.0;
    const PetscReal away = s * bottom - top, ratio = 1.0 / (bottom * away), middle = top * away * ratio;
    const PetscReal last = bottom * bottom * ratio, star = rho * (s - u) * last;
    const PetscReal m = rho * u, more = star - rho, mass = m + wave * more;

    kn_gas_store(f, i, mass, m * u + p + wave * (star * middle - m), v * mass, w * mass,
                 u * (energy + p) + wave * (more * energy * per + (middle - u) * (star * middle + p * last)), axes);
  }
}

void kn_gas_hllc(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n, PetscInt axes,
                 PetscInt axis, const PetscReal p[])
{
  KN_BY_AXES(kn_hllc, f, l, r, n, p[0]);
}

KN_ALWAYS void kn_roe(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                      PetscReal gamma, int axes)
{
  const PetscReal heat = 1.0 / (gamma - 1.0);

  KN_ROW_LOOP
  for (size_t i = 0; i < n; i++) {
    const GasPair   q = kn_gas_pair(left, right, i, gamma, heat, axes);
    const Gas       l = q.l, r = q.r;
    const PetscReal ml = l.rho * l.u, mr = r.rho * r.u;
    const PetscReal ratio = PetscSqrtReal(r.rho * l.per), x = 1.0 / (1.0 + ratio), y = ratio * x;
    const PetscReal u = x * l.u + y * r.u, v = x * l.v + y * r.v, w = x * l.w + y * r.w;
    const PetscReal h  = x * (l.energy + l.p) * l.per + y * (r.energy + r.p) * r.per;
    const PetscReal q2 = 0.5 * (u * u + v * v + w * w), c2 = (gamma - 1.0) * (h - q2), c = PetscSqrtReal(c2);
    const PetscReal rho = ratio * l.rho, dp = r.p - l.p, du = r.u - l.u, drho = r.rho - l.rho, per = 0.5 / c2;
    /* strengths of the waves, each times its speed */
    const PetscReal slow =
      kn_spread(u - c, kn_larger(2.0 * ((r.u - r.c) - (l.u - l.c)), 0.0)) * per * (dp - rho * c * du);
    const PetscReal fast =
      kn_spread(u + c, kn_larger(2.0 * ((r.u + r.c) - (l.u + l.c)), 0.0)) * per * (dp + rho * c * du);
    const PetscReal still = PetscAbsReal(u) * (drho - 2.0 * per * dp);
    const PetscReal sv = PetscAbsReal(u) * rho * (r.v - l.v), sw = PetscAbsReal(u) * rho * (r.w - l.w);

    kn_gas_store(f, i, 0.5 * (ml + mr - (slow + fast + still)),
                 0.5 * (ml * l.u + l.p + mr * r.u + r.p - (slow * (u - c) + fast * (u + c) + still * u)),
                 0.5 * (ml * l.v + mr * r.v - ((slow + fast + still) * v + sv)),
                 0.5 * (ml * l.w + mr * r.w - ((slow + fast + still) * w + sw)),
                 0.5 * (l.u * (l.energy + l.p) + r.u * (r.energy + r.p) -
                        (slow * (h - u * c) + fast * (h + u * c) + still * q2 + v * sv + w * sw)),
                 axes);
  }
}

void kn_gas_roe(PetscReal *const f[], const PetscReal *const l[], const PetscReal *const r[], size_t n, PetscInt axes,
                PetscInt axis, const PetscReal p[])
{
  KN_BY_AXES(kn_roe, f, l, r, n, p[0]);
}

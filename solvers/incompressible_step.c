/*
  Steps of incompressible flow between walls (incompressible.c): Runge-Kutta of order 3 (Shu and Osher's), each stage
  made free of divergence by a projection.

    faces     velocities on staggered cells (Harlow and Welch, Phys. Fluids 8 (1965) 2182): central, order 2, momentum
              conserved, energy too but for time steps
    particles MUSCL with van Leer's limiter, upwind: conserved, no new extrema
    pressure  Laplace phi = div u by cosine transforms (walls.c), exactly: u - grad phi has no divergence but rounding
    sides     no slip: u = 0; slip: no flux, no friction; both by mirror images in the ghost cells

  A step dt has dt (sum of the largest |u_d|/h, and what acceleration asks for)/cfl + dt 4 axes nu/h^2/limit <= 1.
*/
#include <kitinet/error.h>
#include "incompressible_impl.h"

#define KN_DIFFUSION 2.2  /* limit of a step times the largest eigenvalue of diffusion; the method is stable to 2.5 */
#define KN_MOST      1e15 /* of a velocity */

PetscErrorCode KNFlowCreate(Flow *f)
{
  const KNCells *c = &f->cells;

  PetscFunctionBegin;
  f->padded = 1;
  f->origin = 0;
  for (PetscInt d = c->axes - 1; d >= 0; d--) {
    f->stride[d] = (ptrdiff_t)f->padded;
    f->origin += KN_FLOW_GHOSTS * f->padded;
    f->padded *= (size_t)((d ? c->n : c->rows) + 2 * KN_FLOW_GHOSTS);
  }
  for (PetscInt i = 0; i < f->moving; i++) {
    PetscCall(KNMalloc(f->padded, sizeof(PetscReal), &f->w[i]));
    PetscCall(KNMalloc(f->padded, sizeof(PetscReal), &f->v[i]));
    if (i < c->axes) PetscCall(KNMalloc(f->padded, sizeof(PetscReal), &f->drive[i]));
  }
  PetscCall(KNMalloc(f->padded, sizeof(PetscReal), &f->phi));
  PetscCall(KNMalloc((size_t)(f->moving + c->axes) * c->size, sizeof(PetscReal), &f->initial));
  PetscCall(KNMalloc((size_t)f->moving * c->size, sizeof(PetscReal), &f->rate));
  PetscCall(KNMalloc(c->size, sizeof(PetscReal), &f->divergence));
  PetscCall(KNMalloc(KNWallsCount(f->walls), sizeof(PetscReal), &f->modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowDestroy(Flow *f)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < KN_MAX_DIM + 1; i++) {
    PetscCall(KNFree(&f->w[i]));
    PetscCall(KNFree(&f->v[i]));
    if (i < KN_MAX_DIM) PetscCall(KNFree(&f->drive[i]));
  }
  PetscCall(KNFree(&f->phi));
  PetscCall(KNFree(&f->initial));
  PetscCall(KNFree(&f->rate));
  PetscCall(KNFree(&f->divergence));
  PetscCall(KNFree(&f->modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  rate (n) of component c along a row: what the velocity (axes) carries, in conservation form, and viscosity. e:
  strides, per: 1/h.
*/
static void kn_flow_momentum(PetscReal *restrict rate, const PetscReal *const u[], PetscInt c, const ptrdiff_t e[],
                             PetscInt axes, PetscReal per, PetscReal viscosity, size_t n)
{
  const PetscReal *w = u[c];
  const ptrdiff_t  s = e[c];

  for (size_t i = 0; i < n; i++) rate[i] = 0.0;
  for (PetscInt d = 0; d < axes; d++) {
    const PetscReal *v = u[d];
    const ptrdiff_t  t = e[d];

    /* both values stand at the edge of four faces, or, along c itself, at the centre of the cell */
    for (size_t i = 0; i < n; i++) {
      const PetscReal *a = w + i, *b = v + i;
      const PetscReal  high = d == c ? PetscSqr(a[0] + a[s]) : (b[t] + b[t - s]) * (a[0] + a[t]);
      const PetscReal  low  = d == c ? PetscSqr(a[-s] + a[0]) : (b[0] + b[-s]) * (a[-t] + a[0]);

      rate[i] += viscosity * per * per * ((a[t] - a[0]) - (a[0] - a[-t])) - 0.25 * per * (high - low);
    }
  }
}

/* The slope of van Leer between two differences. */
static inline PetscReal kn_van_leer(PetscReal a, PetscReal b)
{
  return a * b > 0.0 ? 2.0 * a * b / (a + b) : 0.0;
}

/* What velocity u carries of x through the low face of a cell. */
static inline PetscReal kn_flow_flux(const PetscReal *x, ptrdiff_t t, PetscReal u)
{
  const PetscReal middle = x[0] - x[-t];

  return u > 0.0 ? u * (x[-t] + 0.5 * kn_van_leer(x[-t] - x[-2 * t], middle))
                 : u * (x[0] - 0.5 * kn_van_leer(middle, x[t] - x[0]));
}

/* rate (n) of particles x along a row. */
static void kn_flow_particles(PetscReal *restrict rate, const PetscReal *x, const PetscReal *const u[],
                              const ptrdiff_t e[], PetscInt axes, PetscReal per, PetscReal diffusivity, size_t n)
{
  for (size_t i = 0; i < n; i++) rate[i] = 0.0;
  for (PetscInt d = 0; d < axes; d++) {
    const PetscReal *v = u[d];
    const ptrdiff_t  t = e[d];

    for (size_t i = 0; i < n; i++) {
      const PetscReal *p = x + i;

      rate[i] += diffusivity * per * per * ((p[t] - p[0]) - (p[0] - p[-t])) -
                 per * (kn_flow_flux(p + t, t, v[i + (size_t)t]) - kn_flow_flux(p, t, v[i]));
    }
  }
}

/* Rates of all fields of w, whose ghost cells are filled, at a time. */
static void KNFlowRate(Flow *f, PetscReal time)
{
  const KNCells  *c     = &f->cells;
  const size_t    n     = (size_t)c->n;
  const PetscReal per   = (PetscReal)c->n / f->length;
  const PetscReal drive = 0.5 * PetscCosReal(2.0 * PETSC_PI * f->frequency * time);

  for (size_t r = 0; r < KNFlowRows(f); r++) {
    const size_t     at = KNFlowRow(f, r);
    const PetscReal *u[KN_MAX_DIM], *x = f->w[c->axes] + at;

    for (PetscInt d = 0; d < c->axes; d++) u[d] = f->w[d] + at;
    for (PetscInt d = 0; d < c->axes; d++) {
      const PetscReal *g    = f->drive[d] + at;
      const ptrdiff_t  s    = f->stride[d];
      PetscReal       *rate = f->rate + (size_t)d * c->size + r * n;

      kn_flow_momentum(rate, u, d, f->stride, c->axes, per, f->viscosity, n);
      for (size_t i = 0; i < n; i++) {
        const PetscReal *p = x + i, *q = g + i;

        rate[i] += drive * (p[0] * q[0] + p[-s] * q[-s]);
      }
    }
    kn_flow_particles(f->rate + (size_t)c->axes * c->size + r * n, x, u, f->stride, c->axes, per, f->diffusivity, n);
  }
}

/* Divergence of w, whose ghost cells are filled, times h. */
static void KNFlowDiverge(Flow *f)
{
  const KNCells *c = &f->cells;
  const size_t   n = (size_t)c->n;

  for (size_t r = 0; r < KNFlowRows(f); r++) {
    PetscReal *to = f->divergence + r * n;

    for (size_t i = 0; i < n; i++) to[i] = 0.0;
    for (PetscInt d = 0; d < c->axes; d++) {
      const PetscReal *u = f->w[d] + KNFlowRow(f, r);

      for (size_t i = 0; i < n; i++) to[i] += u[(ptrdiff_t)i + f->stride[d]] - u[i];
    }
  }
}

/* Takes the divergence out of w and fills the ghost cells of all its fields. */
static PetscErrorCode KNFlowProject(Flow *f)
{
  const KNCells   *c      = &f->cells;
  const size_t     n      = (size_t)c->n;
  const PetscReal  per    = (PetscReal)c->n / f->length;
  const PetscReal *lambda = KNWallsEigenvalues(f->walls);

  PetscFunctionBegin;
  for (PetscInt d = 0; d < c->axes; d++) PetscCall(KNFlowFillVelocity(f, d, f->w[d]));
  KNFlowDiverge(f);
  PetscCall(KNWallsForward(f->walls, f->divergence, f->modes));
  for (size_t m = 0; m < KNWallsCount(f->walls); m++) {
    f->modes[m] = lambda[m] > 0.0 ? -per * f->modes[m] / lambda[m] : 0.0;
  }
  PetscCall(KNWallsBackward(f->walls, f->modes, f->divergence));
  for (size_t r = 0; r < KNFlowRows(f); r++) {
    PetscCall(PetscArraycpy(f->phi + KNFlowRow(f, r), f->divergence + r * n, n));
  }
  PetscCall(KNFlowFillCentre(f, f->phi));
  for (size_t r = 0; r < KNFlowRows(f); r++) {
    const PetscReal *phi = f->phi + KNFlowRow(f, r);

    for (PetscInt d = 0; d < c->axes; d++) {
      PetscReal *u = f->w[d] + KNFlowRow(f, r);

      for (size_t i = 0; i < n; i++) u[i] -= per * (phi[i] - phi[(ptrdiff_t)i - f->stride[d]]);
    }
  }
  for (PetscInt d = 0; d < c->axes; d++) PetscCall(KNFlowFillVelocity(f, d, f->w[d]));
  PetscCall(KNFlowFillCentre(f, f->w[c->axes]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* w = a v + b (w + dt rate), then without divergence. */
static PetscErrorCode KNFlowStage(Flow *f, PetscReal time, PetscReal a, PetscReal b, PetscReal dt)
{
  const size_t n = (size_t)f->cells.n;

  PetscFunctionBegin;
  KNFlowRate(f, time);
  for (PetscInt k = 0; k < f->moving; k++) {
    for (size_t r = 0; r < KNFlowRows(f); r++) {
      const PetscReal *rate = f->rate + (size_t)k * f->cells.size + r * n, *v = f->v[k] + KNFlowRow(f, r);
      PetscReal       *w = f->w[k] + KNFlowRow(f, r);

      for (size_t i = 0; i < n; i++) w[i] = a * v[i] + b * (w[i] + dt * rate[i]);
    }
  }
  PetscCall(KNFlowProject(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest speed along each axis of all ranks; false where a value is none. */
static PetscErrorCode KNFlowSpeeds(const Flow *f, PetscReal speed[KN_MAX_DIM + 1], PetscBool *good)
{
  const KNCells *c = &f->cells;

  PetscFunctionBegin;
  for (PetscInt k = 0; k <= c->axes; k++) {
    speed[k] = 0.0;
    for (size_t r = 0; r < KNFlowRows(f); r++) {
      const PetscReal *u = f->w[k] + KNFlowRow(f, r);

      for (PetscInt i = 0; i < c->n; i++) {
        const PetscReal size = PetscAbsReal(u[i]);

        speed[k] = size <= speed[k] ? speed[k] : size <= KN_MOST ? size : 2.0 * KN_MOST; /* NaN too */
      }
    }
  }
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, speed, c->axes + 1, MPIU_REAL, MPI_MAX, c->comm));
  *good = PETSC_TRUE;
  for (PetscInt k = 0; k <= c->axes; k++) *good = (PetscBool)(*good && speed[k] <= KN_MOST);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowDivergence(Flow *f, PetscReal *largest)
{
  PetscReal speed[KN_MAX_DIM + 1], fastest = PETSC_MIN_REAL, most = 0.0;
  PetscBool good;

  PetscFunctionBegin;
  KNFlowDiverge(f);
  for (size_t i = 0; i < f->cells.size; i++) most = PetscMax(most, PetscAbsReal(f->divergence[i]));
  if (f->cells.ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPIU_REAL, MPI_MAX, f->cells.comm));
  PetscCall(KNFlowSpeeds(f, speed, &good));
  for (PetscInt d = 0; d < f->cells.axes; d++) fastest = PetscMax(fastest, speed[d]);
  *largest = most / fastest;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowBegin(Flow *f)
{
  const KNCells *c       = &f->cells;
  const size_t   n       = (size_t)c->n;
  PetscReal      most[2] = {0.0, 0.0}; /* particles, force */

  PetscFunctionBegin;
  for (PetscInt k = 0; k < f->moving + c->axes; k++) {
    PetscReal *to = k <= c->axes ? f->v[k] : f->drive[k - c->axes - 1];

    for (size_t r = 0; r < KNFlowRows(f); r++) {
      PetscCall(PetscArraycpy(to + KNFlowRow(f, r), f->initial + (size_t)k * c->size + r * n, n));
    }
    PetscCall(KNFlowFillCentre(f, to));
    for (size_t r = 0; r < KNFlowRows(f); r++) {
      const PetscReal *from = to + KNFlowRow(f, r);

      for (size_t i = 0; i < n && k >= c->axes; i++) {
        PetscReal *largest = &most[k > c->axes];

        *largest = PetscMax(*largest, PetscAbsReal(from[i]));
        if (k == c->axes) f->w[k][KNFlowRow(f, r) + i] = from[i];
      }
      for (size_t i = 0; i < n && k < c->axes; i++) {
        f->w[k][KNFlowRow(f, r) + i] = 0.5 * (from[(ptrdiff_t)i - f->stride[k]] + from[i]);
      }
    }
  }
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPIU_REAL, MPI_MAX, c->comm));
  f->push  = PetscSqrtReal(most[0] * most[1] * (PetscReal)c->n / f->length);
  f->time  = 0.0;
  f->steps = 0;
  PetscCall(KNFlowProject(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowMarch(Flow *f, PetscReal interval, PetscBool *done, char reason[])
{
  const PetscInt  axes = f->cells.axes;
  const PetscReal per = (PetscReal)f->cells.n / f->length, start = f->time;
  const PetscReal viscous = 4.0 * (PetscReal)axes * PetscMax(f->viscosity, f->diffusivity) * per * per / KN_DIFFUSION;
  PetscReal       t       = 0.0;

  PetscFunctionBegin;
  *done = PETSC_TRUE;
  while (t < interval && *done) {
    PetscReal speed[KN_MAX_DIM + 1], fastest = f->push + f->frequency, steps, dt;

    PetscCall(KNFlowSpeeds(f, speed, done));
    for (PetscInt d = 0; d < axes; d++) fastest += speed[d] * per;
    fastest = fastest / f->courant + viscous * f->cfl / f->courant;
    steps   = PetscMax(PetscCeilReal((interval - t) * fastest * (1.0 - 1e-12)), 1.0);
    dt      = (interval - t) / steps;
    if (*done && KNSolverSpent(f->max_steps, f->steps, start + t, reason)) {
      *done = PETSC_FALSE;
      break;
    }
    if (!*done || dt < 1e-9 * interval) {
      *done = PETSC_FALSE;
      PetscCall(PetscSNPrintf(reason, KN_MAX_TEXT, "the flow grows without bound, or the time step vanishes, at t = %g",
                              (double)(start + t)));
      break;
    }
    for (PetscInt k = 0; k < f->moving; k++) PetscCall(PetscArraycpy(f->v[k], f->w[k], f->padded));
    PetscCall(KNFlowStage(f, start + t, 0.0, 1.0, dt));
    PetscCall(KNFlowStage(f, start + t + dt, 0.75, 0.25, dt));
    PetscCall(KNFlowStage(f, start + t + 0.5 * dt, 1.0 / 3.0, 2.0 / 3.0, dt));
    t = steps == 1.0 ? interval : t + dt;
    f->steps++;
  }
  f->time = start + interval;
  PetscFunctionReturn(PETSC_SUCCESS);
}

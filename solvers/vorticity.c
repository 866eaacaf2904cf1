/*
  Time stepping of vorticity in Fourier space. With N(w) = -u . grad w + f and the diagonal L = -viscosity |kappa|^2:

    w_t = N(w) + L w

  Adams, ETDRK4: exponential steps of controlled error (exponential.c) for the modes |k_i| < n/3, of which no product is
  aliased (modes.h). Advection is the curl of div(u u), by two transforms to the points and two back (Basdevant 1983):

    (-u . grad w)_k = (kappa_1^2 - kappa_2^2) (u_1 u_2)_k + kappa_1 kappa_2 (u_2^2 - u_1^2)_k

  It conserves energy and enstrophy as it stands. Modes above are moved by nothing: w_k = e^(L t) (w_k(0) + f/L) - f/L.

  LI2020 (Li et al. 2020, arXiv 2010.08895): (w' - w)/dt = N(w) + L (w + w')/2, that is

    w' = w + dt (N(w) + L w)/(1 - dt L/2)

  forward Euler on a filtered rate. A wave of speed u and viscosity nu is damped only if dt <= 2 nu/u^2.

  The equation bounds its solutions: d/dt |w| <= |f| in the root mean square, as advection conserves |w| and viscosity
  lowers it. A state that leaves |w_0| + t |f| is unstable, whatever the reason, and is given up at that step of
  LI2020, or at the end of the interval.

  Source: Basdevant, J. Comput. Phys. 50 (1983) 209.
*/
#include "modes.h"
#include "stepper.h"
#include "vorticity.h"

#define KN_BOUND_SLACK 1.01 /* of |w_0| + t |f|, which holds for exact time integration */

struct _p_KNVorticity {
  KNTorus           torus;
  KNVorticityScheme scheme;
  PetscReal         spacing; /* length/n */
  PetscReal         viscosity, dt, rtol, caution;
  PetscReal        *initial, *forcing; /* coefficients of w_0, f */
  PetscReal         initial_norm, forcing_norm;
  PetscReal         t; /* where Advance() stopped */

  /* of LI2020 */
  PetscReal *state, *rate; /* coefficients */
  PetscInt   steps;

  /* of the others */
  KNModes    modes;
  KNStepper  stepper;
  size_t    *place;                    /* (count) of each mode among the coefficients */
  size_t    *above;                    /* (above_count) places of the others */
  size_t     above_count;              /* complex numbers */
  PetscReal *kept;                     /* (count, 2) scratch: w_0, stream function, a product */
  PetscReal *other;                    /* (count, 2) the other product */
  PetscReal *force;                    /* (count, 2) f */
  PetscReal *linear;                   /* (count, 2) L */
  PetscReal *inverse, *split, *across; /* (count) 1/|kappa|^2 (0 for k = 0), kappa_1^2 - kappa_2^2, kappa_1 kappa_2 */
  PetscReal *u, *v;                    /* (room) at the points: velocity, then its products */
};

/* psi (count, 2) = w/|kappa|^2 */
static void kn_vorticity_stream(PetscReal *restrict psi, const PetscReal *restrict w, const PetscReal *restrict inverse,
                                size_t count)
{
  for (size_t s = 0; s < count; s++) {
    psi[2 * s]     = inverse[s] * w[2 * s];
    psi[2 * s + 1] = inverse[s] * w[2 * s + 1];
  }
}

/* u, v (points) = u_1 u_2 and u_2^2 - u_1^2 from psi_y = u_1 and psi_x = -u_2, in their place. */
static void kn_vorticity_products(PetscReal *restrict u, PetscReal *restrict v, size_t points)
{
  for (size_t s = 0; s < points; s++) {
    const PetscReal u1 = u[s], u2 = -v[s];

    u[s] = u1 * u2;
    v[s] = u2 * u2 - u1 * u1;
  }
}

/* n = split p + across q + f: p, q, f, n (count, 2), split, across (count). */
static void kn_vorticity_advect(PetscReal *restrict n, const PetscReal *restrict p, const PetscReal *restrict q,
                                const PetscReal *restrict f, const PetscReal *restrict split,
                                const PetscReal *restrict across, size_t count)
{
  for (size_t s = 0; s < count; s++) {
    n[2 * s]     = split[s] * p[2 * s] + across[s] * q[2 * s] + f[2 * s];
    n[2 * s + 1] = split[s] * p[2 * s + 1] + across[s] * q[2 * s + 1] + f[2 * s + 1];
  }
}

/* rate = (rate + f + L w)/(1 - dt L/2), each (size). */
static void kn_vorticity_filter(PetscReal *rate, const PetscReal *forcing, const PetscReal *w, const PetscReal *laplace,
                                PetscReal viscosity, PetscReal dt, size_t size)
{
  for (size_t s = 0; s < size; s++) {
    rate[s] = (rate[s] + forcing[s] - viscosity * laplace[s] * w[s]) / (1.0 + 0.5 * dt * viscosity * laplace[s]);
  }
}

/* n = N(w) in modes. */
static PetscErrorCode KNVorticityRate(void *context, const PetscReal w[], PetscReal n[])
{
  KNVorticity  v     = (KNVorticity)context;
  const size_t count = KNModesCount(v->modes);

  PetscFunctionBegin;
  kn_vorticity_stream(v->kept, w, v->inverse, count);
  PetscCall(KNModesBackward(v->modes, v->kept, 1, v->u));
  PetscCall(KNModesBackward(v->modes, v->kept, 0, v->v));
  kn_vorticity_products(v->u, v->v, KNModesPoints(v->modes));
  PetscCall(PetscArrayzero(v->kept, 2 * count));
  PetscCall(PetscArrayzero(v->other, 2 * count));
  PetscCall(KNModesForward(v->modes, v->u));
  KNModesAdd(v->modes, 1.0, KN_NO_AXIS, v->kept);
  PetscCall(KNModesForward(v->modes, v->v));
  KNModesAdd(v->modes, 1.0, KN_NO_AXIS, v->other);
  kn_vorticity_advect(n, v->kept, v->other, v->force, v->split, v->across, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNVorticityNorm(void *context, const PetscReal w[], PetscReal *norm)
{
  KNVorticity v = (KNVorticity)context;

  PetscFunctionBegin;
  PetscCall(KNModesSquare(v->modes, 1, KNModesWeights(v->modes), w, norm));
  *norm = PetscSqrtReal(*norm);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The coefficients that are modes: kept (count, 2). */
static void KNVorticityKeep(KNVorticity v, const PetscReal coefficients[], PetscReal kept[])
{
  const size_t count = KNModesCount(v->modes);

  for (size_t s = 0; s < count; s++) {
    kept[2 * s]     = coefficients[v->place[s]];
    kept[2 * s + 1] = coefficients[v->place[s] + 1];
  }
}

/* L for the viscosity in force. */
static void KNVorticityLinear(KNVorticity v)
{
  const size_t     count   = KNModesCount(v->modes);
  const PetscReal *laplace = KNTorusLaplace(v->torus);

  for (size_t s = 0; s < count; s++) {
    v->linear[2 * s]     = -v->viscosity * laplace[v->place[s]];
    v->linear[2 * s + 1] = 0.0;
  }
}

/* Which coefficients are modes; factors of the mode sums. */
static PetscErrorCode KNVorticityIndex(KNVorticity v, PetscInt n)
{
  const size_t     count = KNModesCount(v->modes), size = KNTorusSize(v->torus) / 2;
  const PetscReal *laplace = KNTorusLaplace(v->torus), *k1 = KNModesKappa(v->modes, 0), *k2 = KNModesKappa(v->modes, 1);
  PetscBool       *mode;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(size, &mode));
  for (size_t s = 0; s < count; s++) {
    const PetscInt k = KNModesWavenumbers(v->modes, 0)[s];

    v->place[s]           = KNTorusOffset(v->torus, k < 0 ? k + n : k, KNModesWavenumbers(v->modes, 1)[s]);
    v->inverse[s]         = laplace[v->place[s]] > 0.0 ? 1.0 / laplace[v->place[s]] : 0.0;
    v->split[s]           = k1[s] * k1[s] - k2[s] * k2[s];
    v->across[s]          = k1[s] * k2[s];
    mode[v->place[s] / 2] = PETSC_TRUE;
  }
  for (size_t s = 0; s < size; s++) {
    if (!mode[s]) v->above[v->above_count++] = 2 * s;
  }
  PetscCall(PetscFree(mode));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNVorticityCreateModes(KNVorticity v, MPI_Comm comm, PetscInt n, PetscReal length)
{
  KNEvolution evolution = {.comm = comm, .context = v, .nonlinear = KNVorticityRate, .norm = KNVorticityNorm};
  size_t      count;

  PetscFunctionBegin;
  PetscCall(KNModesCreate(comm, 2, n, (n - 1) / 3, length, &v->modes));
  count = KNModesCount(v->modes);
  PetscCall(KNMalloc(count, sizeof(*v->place), &v->place));
  PetscCall(KNMalloc(KNTorusSize(v->torus) / 2 - count, sizeof(*v->above), &v->above));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &v->kept));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &v->other));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &v->force));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &v->linear));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &v->inverse));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &v->split));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &v->across));
  PetscCall(KNMalloc(KNModesRoom(v->modes), sizeof(PetscReal), &v->u));
  PetscCall(KNMalloc(KNModesRoom(v->modes), sizeof(PetscReal), &v->v));
  PetscCall(PetscArrayzero(v->force, 2 * count));
  PetscCall(KNVorticityIndex(v, n));
  KNVorticityLinear(v);
  evolution.size   = 2 * count;
  evolution.linear = v->linear;
  PetscCall(
    KNStepperCreate_Exponential(&evolution, (PetscBool)(v->scheme == KN_VORTICITY_ADAMS), v->rtol, &v->stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityCreate(MPI_Comm comm, PetscInt n, PetscReal length, PetscReal viscosity,
                                 KNVorticityScheme scheme, PetscReal dt, PetscReal rtol, KNVorticity *vorticity)
{
  KNVorticity v;
  size_t      size;

  PetscFunctionBegin;
  PetscCall(PetscNew(vorticity));
  v            = *vorticity;
  v->scheme    = scheme;
  v->spacing   = length / (PetscReal)n;
  v->viscosity = viscosity;
  v->dt        = dt;
  v->rtol      = rtol;
  PetscCall(
    KNTorusCreate(comm, n, length, scheme == KN_VORTICITY_LI2020 ? KN_PRODUCT_LI2020 : KN_PRODUCT_NONE, &v->torus));
  size = KNTorusSize(v->torus);
  PetscCall(KNMalloc(size, sizeof(PetscReal), &v->initial));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &v->forcing));
  PetscCall(PetscArrayzero(v->forcing, size));
  if (scheme != KN_VORTICITY_LI2020) {
    PetscCall(KNVorticityCreateModes(v, comm, n, length));
  } else {
    PetscCall(KNMalloc(size, sizeof(PetscReal), &v->state));
    PetscCall(KNMalloc(size, sizeof(PetscReal), &v->rate));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityDestroy(KNVorticity *vorticity)
{
  KNVorticity v = *vorticity;

  PetscFunctionBegin;
  if (!v) PetscFunctionReturn(PETSC_SUCCESS);
  PetscReal **arrays[] = {&v->initial, &v->state,   &v->rate,  &v->forcing, &v->kept, &v->other, &v->force,
                          &v->linear,  &v->inverse, &v->split, &v->across,  &v->u,    &v->v};

  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(KNFree(&v->place));
  PetscCall(KNFree(&v->above));
  PetscCall(KNStepperDestroy(&v->stepper));
  PetscCall(KNModesDestroy(&v->modes));
  PetscCall(KNTorusDestroy(&v->torus));
  PetscCall(PetscFree(*vorticity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityGetTorus(KNVorticity vorticity, KNTorus *torus)
{
  PetscFunctionBegin;
  *torus = vorticity->torus;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticitySetMaxSteps(KNVorticity v, PetscInt max_steps)
{
  PetscFunctionBegin;
  if (v->stepper) v->stepper->max_steps = max_steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticitySetViscosity(KNVorticity v, PetscReal viscosity)
{
  PetscFunctionBegin;
  if (v->viscosity == viscosity) PetscFunctionReturn(PETSC_SUCCESS);
  v->viscosity = viscosity;
  if (!v->modes) PetscFunctionReturn(PETSC_SUCCESS);
  KNVorticityLinear(v);
  PetscCall(KNStepperUpdate(v->stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticitySetForcing(KNVorticity v, const PetscReal forcing[])
{
  PetscFunctionBegin;
  PetscCall(KNTorusForward(v->torus, forcing, v->forcing));
  PetscCall(KNTorusNorm(v->torus, v->forcing, &v->forcing_norm));
  if (v->modes) KNVorticityKeep(v, v->forcing, v->force);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityStart(KNVorticity v, const PetscReal w[], PetscReal caution)
{
  PetscFunctionBegin;
  v->t       = 0.0;
  v->steps   = 0;
  v->caution = caution;
  PetscCall(PetscArraycpy(v->initial, w, KNTorusSize(v->torus)));
  PetscCall(KNTorusNorm(v->torus, w, &v->initial_norm));
  if (!v->modes) {
    PetscCall(PetscArraycpy(v->state, w, KNTorusSize(v->torus)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  KNVorticityKeep(v, w, v->kept);
  v->stepper->tolerance = v->rtol / caution;
  PetscCall(KNStepperStart(v->stepper, v->kept, v->dt / caution));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is a state of this norm, at time t, still a solution? */
static PetscErrorCode KNVorticityInspect(KNVorticity v, PetscReal norm, PetscReal t, KNSolverReport *report)
{
  const PetscReal most = v->initial_norm + t * v->forcing_norm;

  PetscFunctionBegin;
  if (norm <= KN_BOUND_SLACK * most) PetscFunctionReturn(PETSC_SUCCESS); /* false for NaN */
  report->converged = PETSC_FALSE;
  PetscCall(PetscSNPrintf(
    report->reason, sizeof(report->reason),
    "unstable: vorticity of root mean square %.3g at t = %.6g, where at most %.3g is possible; lower the time step",
    (double)norm, (double)t, (double)most));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Equal steps of LI2020 to time t. */
static PetscErrorCode KNVorticityEuler(KNVorticity v, PetscReal t, KNSolverReport *report)
{
  const size_t    size     = KNTorusSize(v->torus);
  const PetscReal interval = t - v->t, steps = PetscCeilReal(interval / (v->dt / v->caution) * (1.0 - PETSC_SMALL)),
                  dt = interval / steps;

  PetscFunctionBegin;
  for (PetscReal step = 1.0; step <= steps && report->converged; step += 1.0) {
    PetscReal norm, speed;

    PetscCall(KNTorusAdvect(v->torus, v->state, v->rate));
    PetscCall(KNTorusSpeed(v->torus, &speed));
    kn_vorticity_filter(v->rate, v->forcing, v->state, KNTorusLaplace(v->torus), v->viscosity, dt, size);
    for (size_t s = 0; s < size; s++) v->state[s] += dt * v->rate[s];
    v->steps++;
    PetscCall(KNTorusNorm(v->torus, v->state, &norm));
    PetscCall(KNVorticityInspect(v, norm, v->t + step * dt, report));
    if (dt * speed <= v->spacing) continue;
    report->converged = PETSC_FALSE;
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "Courant number %.3g at t = %.6g: lower the time step", (double)(dt * speed / v->spacing),
                            (double)(v->t + step * dt)));
  }
  report->iterations = v->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityAdvance(KNVorticity v, PetscReal t, KNSolverReport *report)
{
  PetscReal norm;

  PetscFunctionBegin;
  report->converged = PETSC_TRUE;
  if (t <= v->t) PetscFunctionReturn(PETSC_SUCCESS);
  if (!PetscIsNormalReal(v->initial_norm) && v->initial_norm != 0.0) {
    report->converged = PETSC_FALSE;
    PetscCall(PetscStrncpy(report->reason, "the initial field is not finite", sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (v->modes) {
    PetscCall(KNStepperAdvance(v->stepper, t - v->t, report));
    PetscCall(KNVorticityNorm(v, KNStepperState(v->stepper), &norm));
    if (report->converged) PetscCall(KNVorticityInspect(v, norm, t, report));
  } else {
    PetscCall(KNVorticityEuler(v, t, report));
  }
  v->t = t;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNVorticityGetState(KNVorticity v, PetscReal w[])
{
  const PetscReal *laplace = KNTorusLaplace(v->torus), *kept;

  PetscFunctionBegin;
  if (!v->modes || v->t == 0.0) {
    PetscCall(PetscArraycpy(w, v->modes ? v->initial : v->state, KNTorusSize(v->torus)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (size_t i = 0; i < v->above_count; i++) {
    const size_t    s     = v->above[i];
    const PetscReal decay = v->viscosity * laplace[s], left = PetscExpReal(-decay * v->t),
                    time = decay > 0.0 ? -expm1(-decay * v->t) / decay : v->t; /* integral of e^(L t) */

    w[s]     = left * v->initial[s] + time * v->forcing[s];
    w[s + 1] = left * v->initial[s + 1] + time * v->forcing[s + 1];
  }
  kept = KNStepperState(v->stepper);
  for (size_t s = 0; s < KNModesCount(v->modes); s++) {
    w[v->place[s]]     = kept[2 * s];
    w[v->place[s] + 1] = kept[2 * s + 1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

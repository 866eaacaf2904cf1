/*
  How Burgers' equation is solved.

  Space: Fourier modes |k| <= K of a grid of n points, 3 K < n, so that no product of two of them falls on a third by
  aliasing.
      u^_k' = L_k u^_k + N_k,   L_k = -nu (2 pi k)^2,   N_k = -i pi k (u^2)^_k
  Time: ETDRK4 (etdrk4.c), L exact. Viscosity smooths a rough u0 within times far below the step: the first steps are
  divided, the very first most. Without that the error of the benchmark in steps of 1/200 is 10,000 times as large.
  Error: the steps are halved until two solutions agree. Under-resolution in space shows as energy at the cut-off K,
  and is reported. A given u0 loses the modes beyond K, and its mode of half the points, whose phase it does not know.
*/
#include "burgers_flow.h"

/* out (modes) = -i pi k of the transform of u^2 (n points, not normalised). */
static void kn_burgers_flux(fftw_complex *out, const fftw_complex *square, size_t modes, size_t n)
{
  for (size_t k = 0; k < modes; k++) {
    const PetscReal factor = PETSC_PI * (PetscReal)k / (PetscReal)n;

    out[k] = CMPLX(factor * cimag(square[k]), -factor * creal(square[k]));
  }
}

/* Integral of u^2 over the period from the modes first .. modes - 1; of u - v if v is given. */
static PetscReal kn_energy(const fftw_complex *u, const fftw_complex *v, size_t first, size_t modes)
{
  PetscReal sum = 0.0;

  for (size_t k = first; k < modes; k++) {
    const double complex w = v ? u[k] - v[k] : u[k];

    sum += (k ? 2.0 : 1.0) * (PetscSqr(creal(w)) + PetscSqr(cimag(w)));
  }
  return sum;
}

/* Modes that a grid of n points and the solver have in common. */
static inline size_t KNBurgersShared(const Burgers *d, PetscInt n)
{
  return PetscMin(d->modes, (size_t)((n - 1) / 2 + 1));
}

/* The spectrum, half of n points, of `modes`; what it has more is 0. FFTW's backward transforms destroy it. */
static void KNBurgersPad(Burgers *d, const fftw_complex *modes, PetscInt n)
{
  const size_t shared = KNBurgersShared(d, n);

  memcpy(d->spectrum, modes, shared * sizeof(*modes));
  memset(d->spectrum + shared, 0, ((size_t)(n / 2 + 1) - shared) * sizeof(*modes));
}

void KNBurgersRestrict(Burgers *d, PetscReal *u, const fftw_complex *modes)
{
  KNBurgersPad(d, modes, d->resolution);
  fftw_execute_dft_c2r(d->to_stored, d->spectrum, u);
}

void KNBurgersSetInitial(Burgers *d, PetscInt n)
{
  const size_t shared = KNBurgersShared(d, n);

  for (size_t k = 0; k < d->modes; k++) d->initial[k] = k < shared ? d->spectrum[k] / (PetscReal)n : 0.0;
}

static void KNBurgersNonlinear(Burgers *d, fftw_complex *out, const fftw_complex *v)
{
  KNBurgersPad(d, v, d->n);
  fftw_execute_dft_c2r(d->to_points, d->spectrum, d->point);
  for (PetscInt i = 0; i < d->n; i++) d->point[i] *= d->point[i];
  fftw_execute_dft_r2c(d->to_modes, d->point, d->spectrum);
  kn_burgers_flux(out, d->spectrum, d->modes, (size_t)d->n);
}

static void KNBurgersStep(Burgers *d, const KNETDRK4 *etd)
{
  KNBurgersNonlinear(d, d->nv, d->state);
  kn_etdrk4_stage(d->a, etd, d->state, d->nv, d->modes);
  KNBurgersNonlinear(d, d->na, d->a);
  kn_etdrk4_stage(d->b, etd, d->state, d->na, d->modes);
  KNBurgersNonlinear(d, d->nb, d->b);
  kn_etdrk4_last_stage(d->c, etd, d->a, d->nv, d->nb, d->modes);
  KNBurgersNonlinear(d, d->nc, d->c);
  kn_etdrk4_finish(d->state, etd, d->nv, d->na, d->nb, d->nc, d->modes);
}

/*
  Looks at the state at time t: false if it blew up. At the cut-off, the last tenth of the modes, may lie tolerance^2
  of the energy, and as much of the initial energy there as viscosity would leave of it at a third of the cut-off:
  products of lower modes, which decay more slowly.
*/
static PetscBool KNBurgersWatch(Burgers *d, PetscReal t)
{
  const size_t    edge    = d->modes - 1 - (d->modes - 1) / 10;
  const PetscReal energy  = kn_energy(d->state, NULL, 0, d->modes);
  const PetscReal at_edge = kn_energy(d->state, NULL, edge, d->modes);
  const PetscReal allowed = PetscSqr(d->tolerance) * energy +
                            PetscExpReal(2.0 * d->linear[edge / 3] * t) * kn_energy(d->initial, NULL, edge, d->modes);

  if (at_edge > allowed) d->unresolved = PetscMax(d->unresolved, PetscSqrtReal(at_edge / energy));
  return (PetscBool)isfinite(energy);
}

/* `steps` steps of a level from time *t; false if the state blows up. */
static PetscBool KNBurgersAdvance(Burgers *d, PetscInt level, PetscInt steps, PetscReal *t)
{
  for (PetscInt step = 0; step < steps; step++) {
    KNBurgersStep(d, &d->etd[level]);
    *t += KNBurgersLength(d, level);
    if (!KNBurgersWatch(d, *t)) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

PetscBool KNBurgersRun(Burgers *d, PetscInt level, fftw_complex *states)
{
  const PetscInt steps = d->steps << level, start = PetscMin(KN_START, steps), finest = level + KN_DIVIDED;
  PetscReal      t = 0.0;
  PetscBool      finite;

  for (; d->levels <= finest; d->levels++)
    kn_etdrk4_coefficients(&d->etd[d->levels], d->linear, KNBurgersLength(d, d->levels), d->modes);
  memcpy(d->state, d->initial, d->modes * sizeof(*d->state));
  d->unresolved = 0.0;

  /* The first steps, divided: as many of each finer level, from the finest on, and the finest once more. */
  finite = KNBurgersAdvance(d, finest, start, &t);
  for (PetscInt finer = finest; finer > level && finite; finer--) finite = KNBurgersAdvance(d, finer, start, &t);

  for (PetscInt interval = 0; interval < d->intervals && finite; interval++) {
    finite = KNBurgersAdvance(d, level, interval ? steps : steps - start, &t);
    memcpy(states + (size_t)interval * d->modes, d->state, d->modes * sizeof(*d->state));
  }
  return finite;
}

PetscReal KNBurgersError(const Burgers *d)
{
  PetscReal error = 0.0;

  for (PetscInt interval = 0; interval < d->intervals; interval++) {
    const fftw_complex *coarse = d->coarse + (size_t)interval * d->modes, *fine = d->fine + (size_t)interval * d->modes;

    error = PetscMax(error, PetscSqrtReal(kn_energy(coarse, fine, 0, d->modes) /
                                          PetscMax(kn_energy(fine, NULL, 0, d->modes), PETSC_MIN_REAL)));
  }
  return error / 3.0;
}

PetscInt KNBurgersFirstLevel(Burgers *d)
{
  PetscReal speed = 0.0;
  PetscInt  level = 0;

  KNBurgersPad(d, d->initial, d->n);
  fftw_execute_dft_c2r(d->to_points, d->spectrum, d->point);
  for (PetscInt i = 0; i < d->n; i++) speed = PetscMax(speed, PetscAbsReal(d->point[i]));
  while (level < KN_HALVINGS - 1 && speed * KNBurgersLength(d, level) > KN_COURANT) level++;
  return level;
}

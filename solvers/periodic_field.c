/*
  Gaussian random fields on the periodic interval and square, summed with fast Fourier transforms.

    u(x) = sum over k != 0, one of each pair k, -k, of amplitude(k) sqrt 2 (xi_k cos(2 pi k.x) + eta_k sin(2 pi k.x))
    amplitude(k) = scale (4 pi^2 |k|^2 + tau^2)^(-alpha/2)

  In complex form, over all k: the coefficient c_k = amplitude(k) (xi_k - i eta_k) / sqrt 2 and its conjugate at -k. FFTW's
  c2r transform wants the half k2 >= 0 of them, (n, n/2 + 1) on the square and (n/2 + 1) on the interval, whose only axis is k2.
*/
#include <complex.h>
#include <fftw3.h>
#include <kitinet/error.h>
#include <kitinet/periodic_field.h>
#include <kitinet/random.h>
#include "field_options.h"

#define KN_PERIODIC_PLANS 4 /* solve grid and stored grid of a few solvers; the oldest plan gives way */

typedef struct {
  PetscInt      n;     /* points a side */
  fftw_complex *modes; /* ([n,] n/2 + 1) */
  fftw_plan     plan;  /* modes -> u, for u of any alignment; destroys modes */
} KNPeriodicPlan;

struct _p_KNPeriodicField {
  char           prefix[KN_MAX_NAME];
  PetscInt       dim;
  PetscInt       highest;    /* h, the largest |k_i| */
  PetscReal      alpha, tau, scale;
  KNPeriodicPlan plans[KN_PERIODIC_PLANS];
  PetscInt       plan_count; /* plans made so far, those that gave way included */
};

/* The largest |k| that n points a period tell from all lower ones, cosine and sine. */
static inline PetscInt KNHighestMode(PetscInt n)
{
  return (n - 1) / 2;
}

/* amplitude(k); 0 at k = 0: the mean over the domain is zero. */
static inline PetscReal KNPeriodicAmplitude(KNPeriodicField field, PetscInt k1, PetscInt k2)
{
  const PetscReal squares = (PetscReal)k1 * k1 + (PetscReal)k2 * k2;

  return squares > 0.0 ? field->scale * PetscPowReal(4.0 * PETSC_PI * PETSC_PI * squares + field->tau * field->tau, -0.5 * field->alpha) : 0.0;
}

/* c_k of the first of each pair k, -k: k2 > 0, or k2 = 0 and k1 > 0. */
static inline double complex KNPeriodicMode(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which, PetscInt k1, PetscInt k2)
{
  uint64_t word[4];
  double   xi[2];

  KNRandomWords(seed, KN_STREAM_FIELD, k1, k2, sample, which, word);
  KNNormalPair(word[0], word[1], xi);
  return KNPeriodicAmplitude(field, k1, k2) * PETSC_SQRT2 / 2.0 * CMPLX(xi[0], -xi[1]);
}

PetscErrorCode KNPeriodicFieldCreate(const char prefix[], PetscInt dim, PetscReal alpha, PetscReal tau, PetscReal scale, KNPeriodicField *field)
{
  PetscFunctionBegin;
  PetscCheck(dim == 1 || dim == 2, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE, "random fields have 1 or 2 axes, not %" PetscInt_FMT, dim);
  PetscCall(PetscNew(field));
  PetscCall(PetscStrncpy((*field)->prefix, prefix, sizeof((*field)->prefix)));
  (*field)->dim   = dim;
  (*field)->alpha = alpha;
  (*field)->tau   = tau;
  (*field)->scale = scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldSetFromOptions(KNPeriodicField field)
{
  PetscFunctionBegin;
  PetscCall(KNFieldOptions(field->prefix, "factor of the random field", &field->alpha, &field->tau, &field->scale));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldSetUp(KNPeriodicField field, PetscInt n_modes)
{
  PetscFunctionBegin;
  field->highest = KNHighestMode(n_modes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNPeriodicPlanDestroy(KNPeriodicPlan *p)
{
  PetscFunctionBegin;
  if (p->plan) fftw_destroy_plan(p->plan);
  fftw_free(p->modes);
  PetscCall(PetscMemzero(p, sizeof(*p)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldDestroy(KNPeriodicField *field)
{
  PetscFunctionBegin;
  if (!*field) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < KN_PERIODIC_PLANS; i++) PetscCall(KNPeriodicPlanDestroy(&(*field)->plans[i]));
  PetscCall(PetscFree(*field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plan for n points a side. u: memory of that size, needed by FFTW's planner, which leaves it alone. */
static PetscErrorCode KNPeriodicFieldGetPlan(KNPeriodicField field, PetscInt n, PetscReal u[], KNPeriodicPlan **plan)
{
  KNPeriodicPlan *p;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < PetscMin(field->plan_count, KN_PERIODIC_PLANS); i++) {
    if (field->plans[i].n == n) {
      *plan = &field->plans[i];
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
  p = &field->plans[field->plan_count++ % KN_PERIODIC_PLANS];
  PetscCall(KNPeriodicPlanDestroy(p));
  p->modes = fftw_alloc_complex((size_t)(field->dim == 2 ? n : 1) * (size_t)(n / 2 + 1));
  PetscCheck(p->modes, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for the modes of a random field of %" PetscInt_FMT " points a side", n);
  /* FFTW_ESTIMATE: the same plan, hence the same bits, in every run. */
  p->plan = fftw_plan_dft_c2r((int)field->dim, (const int[]){(int)n, (int)n}, p->modes, u, FFTW_ESTIMATE | FFTW_UNALIGNED);
  PetscCheck(p->plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %" PetscInt_FMT " points a side", n);
  p->n  = n;
  *plan = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldDraw(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which, PetscInt n, PetscReal u[])
{
  const PetscInt  h = PetscMin(field->highest, KNHighestMode(n)), h1 = field->dim == 2 ? h : 0;
  const size_t    columns = (size_t)(n / 2 + 1);
  KNPeriodicPlan *p       = NULL;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldGetPlan(field, n, u, &p));
  PetscCall(PetscArrayzero(p->modes, (field->dim == 2 ? (size_t)n : 1) * columns));
  for (PetscInt k1 = -h1; k1 <= h1; k1++) {
    const size_t row = (size_t)(k1 < 0 ? k1 + n : k1), opposite = (size_t)(k1 > 0 ? n - k1 : -k1); /* of k1 and -k1 */

    for (PetscInt k2 = k1 > 0 ? 0 : 1; k2 <= h; k2++) p->modes[row * columns + (size_t)k2] = KNPeriodicMode(field, seed, sample, which, k1, k2);
    if (k1 > 0) p->modes[opposite * columns] = conj(p->modes[row * columns]); /* k2 = 0 holds both of a pair */
  }
  fftw_execute_dft_c2r(p->plan, p->modes, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldCoefficient(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which, PetscInt k1, PetscInt k2, PetscReal c[2])
{
  const PetscBool mirrored = (PetscBool)(k2 < 0 || (k2 == 0 && k1 < 0));
  double complex  mode     = 0.0;

  PetscFunctionBegin;
  if (PetscMax(PetscAbsInt(k1), PetscAbsInt(k2)) <= field->highest && (k1 || k2)) mode = KNPeriodicMode(field, seed, sample, which, mirrored ? -k1 : k1, mirrored ? -k2 : k2);
  c[0] = creal(mode);
  c[1] = mirrored ? -cimag(mode) : cimag(mode);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldCovariance(KNPeriodicField field, const PetscReal r[], PetscReal *covariance)
{
  const PetscInt h = field->highest, h1 = field->dim == 2 ? h : 0;
  PetscReal      sum = 0.0;

  PetscFunctionBegin;
  for (PetscInt k1 = 0; k1 <= h1; k1++) {
    const PetscReal slow = k1 ? 2.0 * PetscCosReal(2.0 * PETSC_PI * k1 * r[0]) : 1.0;

    for (PetscInt k2 = 0; k2 <= h; k2++) {
      const PetscReal fast = k2 ? 2.0 * PetscCosReal(2.0 * PETSC_PI * k2 * r[field->dim - 1]) : 1.0;

      sum += PetscSqr(KNPeriodicAmplitude(field, k1, k2)) * slow * fast;
    }
  }
  *covariance = sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldGetParameters(KNPeriodicField field, PetscReal *alpha, PetscReal *tau, PetscReal *scale)
{
  PetscFunctionBegin;
  if (alpha) *alpha = field->alpha;
  if (tau) *tau = field->tau;
  if (scale) *scale = field->scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Gaussian random fields on the periodic interval, square and cube, summed with fast Fourier transforms.

    u(x) = sum over k != 0, one of each pair k, -k, of amplitude(k) sqrt 2 (xi_k cos(2 pi k.x) + eta_k sin(2 pi k.x))
    amplitude(k) = scale (4 pi^2 |k|^2 + tau^2)^(-alpha/2)

  In complex form, over all k: the coefficient c_k = amplitude(k) (xi_k - i eta_k) / sqrt 2 and its conjugate at -k.
  FFTW's c2r transform wants the half k2 >= 0 of them. Here k = (k0, k1, k2) on the cube, (k1, k2) on the square, k2 on
  the interval: k2 is the last axis.
*/
#include <complex.h>
#include <fftw3.h>
#include <kitinet/error.h>
#include <kitinet/periodic_field.h>
#include <kitinet/random.h>
#include "field_options.h"

#define KN_WAVENUMBERS    ((PetscInt64)1 << 24) /* more than there are of k1 */
#define KN_NORM_MODES     48                    /* whose variance is normalised: the same whatever the grid */
#define KN_PERIODIC_PLANS 4 /* solve grid and stored grid of a few solvers; the oldest plan gives way */

typedef struct {
  PetscInt      n;     /* points a side */
  fftw_complex *modes; /* ([n, [n,]] n/2 + 1) */
  fftw_plan     plan;  /* modes -> u, for u of any alignment; destroys modes */
} KNPeriodicPlan;

struct _p_KNPeriodicField {
  char           prefix[KN_MAX_NAME];
  PetscInt       dim;
  PetscInt       highest; /* h, the largest |k_i| */
  PetscReal      alpha, tau, scale;
  PetscBool      normalized; /* scale was given as a standard deviation */
  KNPeriodicPlan plans[KN_PERIODIC_PLANS];
  PetscInt       plan_count; /* plans made so far, those that gave way included */
};

/* The largest |k| that n points a period tell from all lower ones, cosine and sine. */
static inline PetscInt KNHighestMode(PetscInt n)
{
  return (n - 1) / 2;
}

/* amplitude(k); 0 at k = 0: the mean over the domain is zero. */
static inline PetscReal KNPeriodicAmplitude(KNPeriodicField field, PetscInt k0, PetscInt k1, PetscInt k2)
{
  const PetscReal squares = (PetscReal)k0 * k0 + (PetscReal)k1 * k1 + (PetscReal)k2 * k2;

  return squares > 0.0 ? field->scale * PetscPowReal(4.0 * PETSC_PI * PETSC_PI * squares + field->tau * field->tau,
                                                     -0.5 * field->alpha)
                       : 0.0;
}

/* Whether k is the first of its pair k, -k: the last component that is not 0 is above it. */
static inline PetscBool KNPeriodicFirst(PetscInt k0, PetscInt k1, PetscInt k2)
{
  return (PetscBool)(k2 > 0 || (k2 == 0 && (k1 > 0 || (k1 == 0 && k0 > 0))));
}

/* c_k of the first of each pair. */
static inline double complex KNPeriodicMode(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which,
                                            PetscInt k0, PetscInt k1, PetscInt k2)
{
  uint64_t word[4];
  double   xi[2];

  KNRandomWords(seed, KN_STREAM_FIELD, k0 * KN_WAVENUMBERS + k1, k2, sample, which, word);
  KNNormalPair(word[0], word[1], xi);
  return KNPeriodicAmplitude(field, k0, k1, k2) * PETSC_SQRT2 / 2.0 * CMPLX(xi[0], -xi[1]);
}

PetscErrorCode KNPeriodicFieldCreate(const char prefix[], PetscInt dim, PetscReal alpha, PetscReal tau, PetscReal scale,
                                     KNPeriodicField *field)
{
  PetscFunctionBegin;
  PetscCheck(dim >= 1 && dim <= KN_MAX_DIM, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "random fields have 1 to 3 axes, not %" PetscInt_FMT, dim);
  PetscCall(PetscNew(field));
  PetscCall(PetscStrncpy((*field)->prefix, prefix, sizeof((*field)->prefix)));
  (*field)->dim   = dim;
  (*field)->alpha = alpha;
  (*field)->tau   = tau;
  (*field)->scale = scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldSetNormalized(KNPeriodicField field)
{
  PetscFunctionBegin;
  field->normalized = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldSetFromOptions(KNPeriodicField field)
{
  PetscFunctionBegin;
  PetscCall(KNFieldOptions(field->prefix,
                           field->normalized ? "standard deviation of the random field at a point"
                                             : "factor of the random field",
                           &field->alpha, &field->tau, &field->scale));
  if (field->normalized) {
    const PetscReal deviation = field->scale, here[KN_MAX_DIM] = {0.0};
    PetscReal       variance;

    field->scale   = 1.0;
    field->highest = KN_NORM_MODES;
    PetscCall(KNPeriodicFieldCovariance(field, here, &variance));
    field->scale = deviation / PetscSqrtReal(variance);
  }
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

/* Rows of the last axis of n points a side. */
static inline size_t KNPeriodicRows(KNPeriodicField field, PetscInt n)
{
  return (field->dim > 1 ? (size_t)n : 1) * (field->dim > 2 ? (size_t)n : 1);
}

/* The row of k0 and k1. */
static inline size_t KNPeriodicRow(PetscInt k0, PetscInt k1, PetscInt n)
{
  return (size_t)(k0 < 0 ? k0 + n : k0) * (size_t)n + (size_t)(k1 < 0 ? k1 + n : k1);
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
  p->modes = fftw_alloc_complex(KNPeriodicRows(field, n) * (size_t)(n / 2 + 1));
  PetscCheck(p->modes, PETSC_COMM_SELF, PETSC_ERR_MEM,
             "no memory for the modes of a random field of %" PetscInt_FMT " points a side", n);
  /* FFTW_ESTIMATE: the same plan, hence the same bits, in every run. */
  p->plan = fftw_plan_dft_c2r((int)field->dim, (const int[]){(int)n, (int)n, (int)n}, p->modes, u,
                              FFTW_ESTIMATE | FFTW_UNALIGNED);
  PetscCheck(p->plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %" PetscInt_FMT " points a side", n);
  p->n  = n;
  *plan = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldDraw(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which,
                                   PetscInt n, PetscReal u[])
{
  const PetscInt h = PetscMin(field->highest, KNHighestMode(n)), h1 = field->dim > 1 ? h : 0,
                 h0       = field->dim > 2 ? h : 0;
  const size_t    columns = (size_t)(n / 2 + 1);
  KNPeriodicPlan *p       = NULL;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldGetPlan(field, n, u, &p));
  PetscCall(PetscArrayzero(p->modes, KNPeriodicRows(field, n) * columns));
  for (PetscInt k0 = -h0; k0 <= h0; k0++) {
    for (PetscInt k1 = -h1; k1 <= h1; k1++) {
      fftw_complex *row = p->modes + KNPeriodicRow(k0, k1, n) * columns;

      for (PetscInt k2 = KNPeriodicFirst(k0, k1, 0) ? 0 : 1; k2 <= h; k2++) {
        row[k2] = KNPeriodicMode(field, seed, sample, which, k0, k1, k2);
      }
      /* k2 = 0 holds both of a pair */
      if (KNPeriodicFirst(k0, k1, 0)) p->modes[KNPeriodicRow(-k0, -k1, n) * columns] = conj(row[0]);
    }
  }
  fftw_execute_dft_c2r(p->plan, p->modes, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNPeriodicFieldCoefficient(KNPeriodicField field, PetscInt64 seed, PetscInt64 sample, PetscInt which,
                                          const PetscInt k[], PetscReal c[2])
{
  const PetscInt  k2 = k[field->dim - 1], k1 = field->dim > 1 ? k[field->dim - 2] : 0, k0 = field->dim > 2 ? k[0] : 0;
  const PetscBool first = KNPeriodicFirst(k0, k1, k2);
  double complex  mode  = 0.0;

  PetscFunctionBegin;
  if (PetscMax(PetscMax(PetscAbsInt(k0), PetscAbsInt(k1)), PetscAbsInt(k2)) <= field->highest && (k0 || k1 || k2)) {
    mode = first ? KNPeriodicMode(field, seed, sample, which, k0, k1, k2)
                 : conj(KNPeriodicMode(field, seed, sample, which, -k0, -k1, -k2));
  }
  c[0] = creal(mode);
  c[1] = cimag(mode);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Sum over k and -k of exp(2 pi i k r). */
static inline PetscReal KNPeriodicPair(PetscInt k, PetscReal r)
{
  return k ? 2.0 * PetscCosReal(2.0 * PETSC_PI * k * r) : 1.0;
}

PetscErrorCode KNPeriodicFieldCovariance(KNPeriodicField field, const PetscReal r[], PetscReal *covariance)
{
  const PetscInt  h = field->highest, h1 = field->dim > 1 ? h : 0, h0 = field->dim > 2 ? h : 0;
  const PetscReal r1  = field->dim > 1 ? r[field->dim - 2] : 0.0;
  PetscReal       sum = 0.0;

  PetscFunctionBegin;
  for (PetscInt k0 = 0; k0 <= h0; k0++) {
    const PetscReal slowest = KNPeriodicPair(k0, r[0]);

    for (PetscInt k1 = 0; k1 <= h1; k1++) {
      const PetscReal slow = slowest * KNPeriodicPair(k1, r1);

      for (PetscInt k2 = 0; k2 <= h; k2++) {
        sum += PetscSqr(KNPeriodicAmplitude(field, k0, k1, k2)) * slow * KNPeriodicPair(k2, r[field->dim - 1]);
      }
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

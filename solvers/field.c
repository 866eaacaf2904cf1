/*
  Gaussian random fields by cosine expansion, evaluated with fast cosine transforms.

    u(x) = sum over 0 <= k_i < m, k != 0 of amplitude(k) xi_k prod_i c(k_i) cos(pi k_i x_i)
    amplitude(k) = scale (pi^2 |k|^2 + tau^2)^(-alpha/2),   c(0) = 1, c(k) = sqrt 2

  A grid of n points tells only n modes apart on each axis: cos(pi k x) equals, at every point, plus or
  minus the cosine of one resolved mode (or vanishes). Folding all m modes onto the resolved ones before
  the transform yields the exact point values on any grid, coarser or finer than the expansion.

  cells, x = (i + 1/2)/n: DCT-III of length n (FFTW's REDFT01); nodes, x = i/(n - 1): DCT-I (REDFT00).
*/
#include <fftw3.h>
#include <kitinet/error.h>
#include <kitinet/field.h>
#include <kitinet/random.h>
#include "field_options.h"

#define KN_FIELD_PLANS 4 /* solve grid and stored grid of a few solvers; the oldest plan gives way */

typedef struct {
  KNGrid     grid;
  PetscInt  *fold[2];   /* (m) resolved mode on which mode k of this axis falls */
  PetscReal *factor[2]; /* (m) its sign, times c(k), times what FFTW's normalisation asks for */
  fftw_plan  plan;      /* in place, for arrays of any alignment */
} KNFieldPlan;

struct _p_KNRandomField {
  char        prefix[KN_MAX_NAME];
  PetscInt    dim;
  PetscInt    modes; /* m, on each axis */
  PetscReal   alpha, tau, scale;
  PetscReal  *amplitude;   /* (m[, m]), 0 at k = 0 */
  PetscReal  *coefficient; /* (m[, m]) amplitude times xi of the drawn field */
  KNFieldPlan plans[KN_FIELD_PLANS];
  PetscInt    plan_count; /* plans made so far, those that gave way included */
};

/*
  Where mode k falls on an axis of n cells, and with which sign: theta = pi (i + 1/2)/n has
  cos((2n - k) theta) = -cos(k theta) and cos((4n - k) theta) = cos(k theta); mode n vanishes.
  FFTW's REDFT01 doubles all modes but 0.
*/
static void kn_fold_cells(PetscInt n, PetscInt k, PetscInt *fold, PetscReal *factor)
{
  PetscInt  r    = k % (4 * n);
  PetscReal sign = 1.0;

  if (r > 2 * n) r = 4 * n - r;
  if (r >= n) {
    sign = r == n ? 0.0 : -1.0;
    r    = r == n ? 0 : 2 * n - r;
  }
  *fold   = r;
  *factor = r ? 0.5 * sign : sign;
}

/*
  The same for n nodes: theta = pi i/(n - 1), cos((2(n - 1) - k) theta) = cos(k theta). REDFT00 doubles all modes but
  0 and n - 1.
*/
static void kn_fold_nodes(PetscInt n, PetscInt k, PetscInt *fold, PetscReal *factor)
{
  PetscInt r = k % (2 * (n - 1));

  if (r > n - 1) r = 2 * (n - 1) - r;
  *fold   = r;
  *factor = r && r != n - 1 ? 0.5 : 1.0;
}

/* modes (n1, n2) = coefficient (m1, m2) folded: the input of the cosine transform. One axis: n1 = m1 = 1. */
static void kn_field_fold(PetscReal *modes, const PetscReal *coefficient, const PetscInt *fold1,
                          const PetscReal *factor1, const PetscInt *fold2, const PetscReal *factor2, size_t m1,
                          size_t m2, size_t n1, size_t n2)
{
  memset(modes, 0, n1 * n2 * sizeof(*modes));
  for (size_t k1 = 0; k1 < m1; k1++) {
    PetscReal *row = modes + (size_t)fold1[k1] * n2;

    for (size_t k2 = 0; k2 < m2; k2++) row[fold2[k2]] += factor1[k1] * factor2[k2] * coefficient[k1 * m2 + k2];
  }
}

PetscErrorCode KNRandomFieldCreate(const char prefix[], PetscInt dim, KNRandomField *field)
{
  PetscFunctionBegin;
  PetscCheck(dim == 1 || dim == 2, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
             "random fields have 1 or 2 axes, not %" PetscInt_FMT, dim);
  PetscCall(PetscNew(field));
  PetscCall(PetscStrncpy((*field)->prefix, prefix, sizeof((*field)->prefix)));
  (*field)->dim   = dim;
  (*field)->alpha = 2.0;
  (*field)->tau   = 3.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldSetFromOptions(KNRandomField field)
{
  PetscFunctionBegin;
  PetscCall(KNFieldOptions(field->prefix, "factor of the random field, 0 for tau^(alpha - 1)", &field->alpha,
                           &field->tau, &field->scale));
  PetscCheck(field->scale > 0.0 || field->tau > 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -%stau is 0, of which no scale follows: give -%sscale", field->prefix, field->prefix);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldSetUp(KNRandomField field, PetscInt n_modes)
{
  const PetscInt m = n_modes, m1 = field->dim == 2 ? m : 1;

  PetscFunctionBegin;
  if (field->scale == 0.0) field->scale = PetscPowReal(field->tau, field->alpha - 1.0);
  field->modes = m;
  PetscCall(PetscMalloc2((size_t)m1 * m, &field->amplitude, (size_t)m1 * m, &field->coefficient));
  for (PetscInt k1 = 0; k1 < m1; k1++) {
    for (PetscInt k2 = 0; k2 < m; k2++) {
      const PetscReal squares = (PetscReal)k1 * k1 + (PetscReal)k2 * k2;

      field->amplitude[(size_t)k1 * m + k2] =
        field->scale * PetscPowReal(PETSC_PI * PETSC_PI * squares + field->tau * field->tau, -0.5 * field->alpha);
    }
  }
  field->amplitude[0] = 0.0; /* zero mean over the domain */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNFieldPlanDestroy(KNFieldPlan *p)
{
  PetscFunctionBegin;
  if (p->plan) fftw_destroy_plan(p->plan);
  for (PetscInt axis = 0; axis < 2; axis++) PetscCall(PetscFree2(p->fold[axis], p->factor[axis]));
  PetscCall(PetscMemzero(p, sizeof(*p)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldDestroy(KNRandomField *field)
{
  PetscFunctionBegin;
  if (!*field) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < KN_FIELD_PLANS; i++) PetscCall(KNFieldPlanDestroy(&(*field)->plans[i]));
  PetscCall(PetscFree2((*field)->amplitude, (*field)->coefficient));
  PetscCall(PetscFree(*field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldDraw(KNRandomField field, PetscInt64 seed, PetscInt64 sample, PetscInt which)
{
  const PetscInt m = field->modes, m1 = field->dim == 2 ? m : 1;

  PetscFunctionBegin;
  for (PetscInt k1 = 0; k1 < m1; k1++) {
    for (PetscInt k2 = 0; k2 < m; k2++) {
      const size_t k = (size_t)k1 * m + k2;
      uint64_t     word[4];
      double       xi[2];

      KNRandomWords(seed, KN_STREAM_FIELD, k1, k2, sample, which, word);
      KNNormalPair(word[0], word[1], xi);
      field->coefficient[k] = field->amplitude[k] * xi[0];
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The plan for a grid. u: memory of the grid's size, needed by FFTW's planner, which leaves it alone. */
static PetscErrorCode KNRandomFieldGetPlan(KNRandomField field, const KNGrid *grid, PetscReal u[], KNFieldPlan **plan)
{
  const PetscBool     cells = (PetscBool)(grid->points == KN_POINTS_CELLS);
  const fftw_r2r_kind kind = cells ? FFTW_REDFT01 : FFTW_REDFT00, kinds[2] = {kind, kind};
  KNFieldPlan        *p;

  PetscFunctionBegin;
  PetscCheck(grid->dim == field->dim && grid->points != KN_POINTS_PERIODIC, PETSC_COMM_SELF, PETSC_ERR_ARG_WRONG,
             "a random field of %" PetscInt_FMT " axes needs a grid of as many, of cells or nodes", field->dim);
  for (PetscInt i = 0; i < PetscMin(field->plan_count, KN_FIELD_PLANS); i++) {
    p = &field->plans[i];
    if (p->grid.points == grid->points && p->grid.n[0] == grid->n[0] && p->grid.n[1] == grid->n[1]) {
      *plan = p;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
  p = &field->plans[field->plan_count++ % KN_FIELD_PLANS];
  PetscCall(KNFieldPlanDestroy(p));
  p->grid = *grid;
  for (PetscInt axis = 0; axis < field->dim; axis++) {
    PetscCheck(cells || grid->n[axis] > 1, PETSC_COMM_SELF, PETSC_ERR_ARG_OUTOFRANGE,
               "an axis of nodes has both ends: at least 2 points");
    PetscCall(PetscMalloc2(field->modes, &p->fold[axis], field->modes, &p->factor[axis]));
    for (PetscInt k = 0; k < field->modes; k++) {
      (cells ? kn_fold_cells : kn_fold_nodes)(grid->n[axis], k, &p->fold[axis][k], &p->factor[axis][k]);
      if (k) p->factor[axis][k] *= PETSC_SQRT2;
    }
  }
  /* FFTW_ESTIMATE: the same plan, hence the same bits, in every run. */
  p->plan = fftw_plan_r2r((int)field->dim, (const int[]){(int)grid->n[0], (int)grid->n[1]}, u, u, kinds,
                          FFTW_ESTIMATE | FFTW_UNALIGNED);
  PetscCheck(p->plan, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " x %" PetscInt_FMT " points", grid->n[0], grid->n[1]);
  *plan = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldEvaluate(KNRandomField field, const KNGrid *grid, PetscReal u[])
{
  static const PetscInt  fold_none[1]   = {0}; /* the first axis of a field on the interval */
  static const PetscReal factor_none[1] = {1.0};
  const size_t           m              = (size_t)field->modes;
  KNFieldPlan           *p              = NULL;

  PetscFunctionBegin;
  PetscCall(KNRandomFieldGetPlan(field, grid, u, &p));
  if (field->dim == 1)
    kn_field_fold(u, field->coefficient, fold_none, factor_none, p->fold[0], p->factor[0], 1, m, 1, (size_t)grid->n[0]);
  else
    kn_field_fold(u, field->coefficient, p->fold[0], p->factor[0], p->fold[1], p->factor[1], m, m, (size_t)grid->n[0],
                  (size_t)grid->n[1]);
  fftw_execute_r2r(p->plan, u, u);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldCovariance(KNRandomField field, const PetscReal x[], const PetscReal y[],
                                       PetscReal *covariance)
{
  const PetscInt m = field->modes, m1 = field->dim == 2 ? m : 1;
  PetscReal      sum = 0.0;

  PetscFunctionBegin;
  for (PetscInt k1 = 0; k1 < m1; k1++) {
    const PetscReal slow = k1 ? 2.0 * PetscCosReal(PETSC_PI * k1 * x[0]) * PetscCosReal(PETSC_PI * k1 * y[0]) : 1.0;

    for (PetscInt k2 = 0; k2 < m; k2++) {
      const PetscReal fast =
        k2 ? 2.0 * PetscCosReal(PETSC_PI * k2 * x[field->dim - 1]) * PetscCosReal(PETSC_PI * k2 * y[field->dim - 1])
           : 1.0;

      sum += PetscSqr(field->amplitude[(size_t)k1 * m + k2]) * slow * fast;
    }
  }
  *covariance = sum;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNRandomFieldGetParameters(KNRandomField field, PetscReal *alpha, PetscReal *tau, PetscReal *scale)
{
  PetscFunctionBegin;
  if (alpha) *alpha = field->alpha;
  if (tau) *tau = field->tau;
  if (scale) *scale = field->scale;
  PetscFunctionReturn(PETSC_SUCCESS);
}

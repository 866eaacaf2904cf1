/*
  Modes on the circle, on one rank. An even number of points n = 2 m goes as m complex ones, which FFTW transforms twice
  as fast as n real ones: z_j = u_2j + i u_2j+1 has, with w = e^(2 pi i/n),

    Z_k = X_k + conj(X_m-k) + i w^k (X_k - conj(X_m-k)) = s_k X_k + conj(d_m-k X_m-k),   s, d = 1 + i w^k, 1 - i w^k
    X_k = (conj(s_k) Z_k + conj(d_k Z_m-k))/2,   Z_m = Z_0

  of which k <= K are kept. Products at the points do not mind that pairs of them are complex numbers. An odd number
  goes by FFTW's real transforms.

  FFTW_ESTIMATE: the plan, and so every bit, is the same in each run.
*/
#include <fftw3.h>
#include <kitinet/error.h>
#include "modes_impl.h"

typedef struct {
  size_t     half;             /* m; 0: n is odd */
  PetscReal *sum, *difference; /* (K + 1, 2) s, d */
  PetscReal *modes;            /* (n/2 + 1, 2) X on the way to the points */
  PetscReal *packed;           /* (m + 1, 2) Z; of an odd number X on the way back */
  PetscReal *back;             /* (K + 1, 2) X on the way back */
  fftw_plan  to_points, to_modes;
} Circle;

/* z (m, 2) from x (highest + 1, 2) */
static void kn_circle_pack(PetscReal *restrict z, const PetscReal *restrict x, const PetscReal *restrict sum,
                           const PetscReal *restrict difference, size_t highest, size_t m)
{
  PetscReal *mirror = z + 2 * (m - highest); /* Z_m-highest .. Z_m-1 */

  for (size_t k = 0; k <= highest; k++) {
    z[2 * k]     = x[2 * k] * sum[2 * k] - x[2 * k + 1] * sum[2 * k + 1];
    z[2 * k + 1] = x[2 * k] * sum[2 * k + 1] + x[2 * k + 1] * sum[2 * k];
  }
  memset(z + 2 * (highest + 1), 0, 2 * (m - highest - 1) * sizeof(*z));
  for (size_t i = 0; i < highest; i++) {
    const size_t k = highest - i;

    mirror[2 * i] += x[2 * k] * difference[2 * k] - x[2 * k + 1] * difference[2 * k + 1];
    mirror[2 * i + 1] -= x[2 * k] * difference[2 * k + 1] + x[2 * k + 1] * difference[2 * k];
  }
}

/* x (highest + 1, 2) from z (m + 1, 2) */
static void kn_circle_unpack(PetscReal *restrict x, const PetscReal *restrict z, const PetscReal *restrict sum,
                             const PetscReal *restrict difference, size_t highest, size_t m)
{
  for (size_t k = 0; k <= highest; k++) {
    const PetscReal *mirror = z + 2 * (m - k);

    x[2 * k]     = 0.5 * (z[2 * k] * sum[2 * k] + z[2 * k + 1] * sum[2 * k + 1] + mirror[0] * difference[2 * k] -
                      mirror[1] * difference[2 * k + 1]);
    x[2 * k + 1] = 0.5 * (z[2 * k + 1] * sum[2 * k] - z[2 * k] * sum[2 * k + 1] - mirror[0] * difference[2 * k + 1] -
                          mirror[1] * difference[2 * k]);
  }
}

/* No gaps of an even number: kn_circle_pack() leaves none. */
static void KNModesRows_Circle(KNModes m)
{
  KNModesRow(m, 0, 0, ((Circle *)m->data)->half ? m->highest + 1 : m->m, (const PetscInt[KN_MAX_DIM]){0});
}

static PetscErrorCode KNModesBackward_Circle(KNModes m, PetscReal u[])
{
  Circle *c = (Circle *)m->data;

  PetscFunctionBegin;
  if (c->half) {
    kn_circle_pack(c->packed, c->modes, c->sum, c->difference, (size_t)m->highest, c->half);
    fftw_execute_dft(c->to_points, (fftw_complex *)c->packed, (fftw_complex *)u);
  } else {
    fftw_execute_dft_c2r(c->to_points, (fftw_complex *)c->modes, u);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNModesForward_Circle(KNModes m, PetscReal u[])
{
  Circle *c = (Circle *)m->data;

  PetscFunctionBegin;
  if (c->half) {
    fftw_execute_dft(c->to_modes, (fftw_complex *)u, (fftw_complex *)c->packed);
    c->packed[2 * c->half]     = c->packed[0];
    c->packed[2 * c->half + 1] = c->packed[1];
    kn_circle_unpack(c->back, c->packed, c->sum, c->difference, (size_t)m->highest, c->half);
  } else {
    fftw_execute_dft_r2c(c->to_modes, u, (fftw_complex *)c->packed);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void KNModesFromGrid_Circle(KNModes m, const PetscReal grid[], PetscReal u[])
{
  memcpy(u, grid, m->points * sizeof(*u));
}

static void KNModesToGrid_Circle(KNModes m, const PetscReal u[], PetscReal grid[])
{
  memcpy(grid, u, m->points * sizeof(*u));
}

static PetscErrorCode KNModesDestroy_Circle(KNModes m)
{
  Circle *c = (Circle *)m->data;

  PetscFunctionBegin;
  if (c->to_points) fftw_destroy_plan(c->to_points);
  if (c->to_modes) fftw_destroy_plan(c->to_modes);
  PetscCall(KNFree(&c->sum));
  PetscCall(KNFree(&c->difference));
  PetscCall(KNFree(&c->modes));
  PetscCall(KNFree(&c->packed));
  PetscCall(KNFree(&c->back));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNModesCreate_Circle(KNModes m)
{
  const int     n     = (int)m->n;
  const size_t  count = (size_t)m->highest + 1;
  PetscReal    *u;
  fftw_complex *points, *modes, *packed;
  Circle       *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  m->data   = c;
  m->points = m->room = (size_t)n;
  c->half             = n % 2 ? 0 : (size_t)n / 2;
  PetscCall(KNMalloc(2 * (size_t)m->m, sizeof(PetscReal), &c->modes));
  PetscCall(KNMalloc(2 * (size_t)m->m, sizeof(PetscReal), &c->packed));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &c->back));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &c->sum));
  PetscCall(KNMalloc(2 * count, sizeof(PetscReal), &c->difference));
  for (size_t k = 0; k < count; k++) {
    const PetscReal angle = 2.0 * PETSC_PI * (PetscReal)k / (PetscReal)n;

    c->sum[2 * k]            = 1.0 - PetscSinReal(angle);
    c->sum[2 * k + 1]        = PetscCosReal(angle);
    c->difference[2 * k]     = 1.0 + PetscSinReal(angle);
    c->difference[2 * k + 1] = -PetscCosReal(angle);
  }
  PetscCall(KNMalloc((size_t)n, sizeof(PetscReal), &u));
  points = (fftw_complex *)u;
  modes  = (fftw_complex *)c->modes;
  packed = (fftw_complex *)c->packed;
  if (c->half) {
    c->to_points = fftw_plan_dft_1d(n / 2, packed, points, FFTW_BACKWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    c->to_modes  = fftw_plan_dft_1d(n / 2, points, packed, FFTW_FORWARD, FFTW_ESTIMATE);
  } else {
    c->to_points = fftw_plan_dft_c2r_1d(n, modes, u, FFTW_ESTIMATE);
    c->to_modes  = fftw_plan_dft_r2c_1d(n, u, packed, FFTW_ESTIMATE);
  }
  PetscCall(KNFree(&u));
  PetscCheck(c->to_points && c->to_modes, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for %d points", n);
  m->spectrum = c->modes;
  m->result   = c->half ? c->back : c->packed;
  m->ops      = (KNModesOps){.backward = KNModesBackward_Circle,
                             .forward  = KNModesForward_Circle,
                             .rows     = KNModesRows_Circle,
                             .fromgrid = KNModesFromGrid_Circle,
                             .togrid   = KNModesToGrid_Circle,
                             .destroy  = KNModesDestroy_Circle};
  PetscFunctionReturn(PETSC_SUCCESS);
}

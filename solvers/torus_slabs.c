/*
  The torus in slabs over several ranks, for grids beyond one: FFTW's MPI transforms between rows of points and
  columns of modes.

    rate_k = -(u . grad w)_k,   u_k = (i kappa_2, -i kappa_1) w_k/|kappa|^2,   (grad w)_k = i kappa w_k,   kappa = 2
                                pi k/L

    points (rows, n), coefficients (columns, n, 2): k1 is the fastest, transposed to what one rank holds

  Transposed modes spare each transform the second of two exchanges of all data. Velocity and gradient travel as four
  real fields. The two complex fields of torus_whole.c are as much data, but are made of k and -k together, which lie
  on different ranks. Four transforms in turn take 36 ms on 1024 x 1024 and 2 ranks; one of the four interleaved took
  47. FFTW pads a row of n reals to 2 m, and gives ceil(n/ranks) rows, ceil(m/ranks) columns to each rank; the last
  ones may get fewer or none.
*/
#include <fftw3-mpi.h>
#include "torus_impl.h"

enum { U1, U2, WX, WY, FACTORS };

typedef struct {
  PetscReal *factor[FACTORS]; /* u_1, u_2, w_x, w_y: (columns, n, 2) modes, in the same place (rows, 2 m) points */
  PetscReal *field;           /* as one of these */
  fftw_plan  forward;         /* points -> modes */
  fftw_plan  backward;        /* modes -> points */
} Slabs;

/* (re, im) = i k w */
static inline void kn_slab_derivative(PetscReal *out, PetscReal k, const PetscReal *w)
{
  out[0] = -k * w[1];
  out[1] = k * w[0];
}

/*
  u1, u2, wx, wy (n, 2) from w (n, 2), all of column j <= cut; inverse (n); c = 2 pi/L. Zero beyond |k1| = cut.
  Columns 0 and n/2 hold both k and -k, conjugate as FFTW asks: a derivative has no part at n/2, where sine vanishes
  at all points, neither along y in column n/2, nor along x in row n/2 of the two.
*/
static void kn_slab_factors(PetscReal *restrict u1, PetscReal *restrict u2, PetscReal *restrict wx,
                            PetscReal *restrict wy, const PetscReal *restrict w, const PetscReal *restrict inverse,
                            PetscReal c, PetscInt cut, PetscInt j, PetscInt n)
{
  const PetscReal k2 = 2 * j == n ? 0.0 : c * (PetscReal)j;

  for (PetscInt i = 0; i < n; i++) {
    const PetscInt  mode   = kn_row_wavenumber(i, n);
    const PetscBool single = (PetscBool)(2 * i == n && (j == 0 || 2 * j == n));
    const PetscReal k1 = single ? 0.0 : c * (PetscReal)mode, kept = PetscAbsInt(mode) <= cut ? 1.0 : 0.0;

    kn_slab_derivative(u1 + 2 * i, kept * k2 * inverse[i], w + 2 * i);
    kn_slab_derivative(u2 + 2 * i, -kept * k1 * inverse[i], w + 2 * i);
    kn_slab_derivative(wx + 2 * i, kept * k1, w + 2 * i);
    kn_slab_derivative(wy + 2 * i, kept * k2, w + 2 * i);
  }
}

/* product (points) = -scale (u1 wx + u2 wy), padding included, which nobody reads. */
static void kn_slab_product(PetscReal *restrict product, const PetscReal *restrict u1, const PetscReal *restrict u2,
                            const PetscReal *restrict wx, const PetscReal *restrict wy, PetscReal scale, size_t points)
{
  for (size_t s = 0; s < points; s++) product[s] = -scale * (u1[s] * wx[s] + u2[s] * wy[s]);
}

/* out (n, 2) = in where |k_i| <= cut, else 0; both of column j. */
static void kn_slab_cut(PetscReal *restrict out, const PetscReal *restrict in, PetscInt cut, PetscInt j, PetscInt n)
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscBool kept = (PetscBool)(j <= cut && PetscAbsInt(kn_row_wavenumber(i, n)) <= cut);

    out[2 * i]     = kept ? in[2 * i] : 0.0;
    out[2 * i + 1] = kept ? in[2 * i + 1] : 0.0;
  }
}

static PetscErrorCode KNTorusForward_Slabs(KNTorus t, const PetscReal u[], PetscReal coefficients[])
{
  Slabs          *s = (Slabs *)t->data;
  const size_t    n = (size_t)t->n, padded = 2 * (size_t)t->m;
  const PetscReal scale = 1.0 / (PetscReal)(n * n);

  PetscFunctionBegin;
  for (size_t i = 0; i < (size_t)t->rows; i++) {
    for (size_t j = 0; j < n; j++) s->field[i * padded + j] = scale * u[i * n + j];
  }
  fftw_execute(s->forward);
  PetscCall(PetscArraycpy(coefficients, s->field, KNTorusSize(t)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNTorusBackward_Slabs(KNTorus t, const PetscReal coefficients[], PetscReal u[])
{
  Slabs       *s = (Slabs *)t->data;
  const size_t n = (size_t)t->n, padded = 2 * (size_t)t->m;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(s->field, coefficients, KNTorusSize(t)));
  fftw_execute(s->backward);
  for (size_t i = 0; i < (size_t)t->rows; i++) PetscCall(PetscArraycpy(u + i * n, s->field + i * padded, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNTorusAdvect_Slabs(KNTorus t, const PetscReal w[], PetscReal rate[])
{
  Slabs       *s = (Slabs *)t->data;
  const size_t n = (size_t)t->n;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < t->columns; c++) {
    const PetscInt j     = t->first_column + c;
    const size_t   first = 2 * n * (size_t)c;

    if (j <= t->cut_in) {
      kn_slab_factors(s->factor[U1] + first, s->factor[U2] + first, s->factor[WX] + first, s->factor[WY] + first,
                      w + first, t->inverse + first / 2, t->wavenumber, t->cut_in, j, t->n);
    } else {
      for (int f = 0; f < FACTORS; f++) PetscCall(PetscArrayzero(s->factor[f] + first, 2 * n));
    }
  }
  for (int f = 0; f < FACTORS; f++) fftw_mpi_execute_dft_c2r(s->backward, (fftw_complex *)s->factor[f], s->factor[f]);
  kn_slab_product(s->field, s->factor[U1], s->factor[U2], s->factor[WX], s->factor[WY], 1.0 / (PetscReal)(n * n),
                  (size_t)t->rows * 2 * (size_t)t->m);
  fftw_execute(s->forward);
  for (PetscInt c = 0; c < t->columns; c++)
    kn_slab_cut(rate + 2 * n * (size_t)c, s->field + 2 * n * (size_t)c, t->cut_out, t->first_column + c, t->n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Columns 1 .. (n - 1)/2 hold one of each pair k, -k, columns 0 and n/2 both. */
static PetscReal KNTorusSquare_Slabs(KNTorus t, const PetscReal c[])
{
  const size_t column = 2 * (size_t)t->n;
  PetscReal    all    = 0.0;

  for (PetscInt j = t->first_column; j < t->first_column + t->columns; j++, c += column) {
    PetscReal sum = 0.0;

    for (size_t s = 0; s < column; s++) sum += c[s] * c[s];
    all += j == 0 || 2 * j == t->n ? sum : 2.0 * sum;
  }
  return all;
}

static PetscReal KNTorusSpeed_Slabs(KNTorus t)
{
  const Slabs *s     = (Slabs *)t->data;
  PetscReal    speed = 0.0;

  for (size_t i = 0; i < (size_t)t->rows; i++) {
    const PetscReal *u1 = s->factor[U1] + 2 * i * (size_t)t->m, *u2 = s->factor[U2] + 2 * i * (size_t)t->m;

    for (PetscInt j = 0; j < t->n; j++) {
      const PetscReal here = PetscAbsReal(u1[j]) + PetscAbsReal(u2[j]);

      speed = here > speed ? here : speed;
    }
  }
  return speed;
}

static PetscErrorCode KNTorusDestroy_Slabs(KNTorus t)
{
  Slabs *s = (Slabs *)t->data;

  PetscFunctionBegin;
  fftw_destroy_plan(s->forward);
  fftw_destroy_plan(s->backward);
  for (int f = 0; f < FACTORS; f++) PetscCall(KNFree(&s->factor[f]));
  PetscCall(KNFree(&s->field));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusCreate_Slabs(KNTorus t)
{
  ptrdiff_t     room, rows, first_row, columns, first_column;
  fftw_complex *modes;
  Slabs        *s;

  PetscFunctionBegin;
  fftw_mpi_init();
  PetscCall(PetscNew(&s));
  room = fftw_mpi_local_size_2d_transposed(t->n, t->m, t->comm, &rows, &first_row, &columns, &first_column);
  PetscCall(KNMalloc(2 * (size_t)room, sizeof(PetscReal), &s->field));
  if (t->product != KN_PRODUCT_NONE) {
    for (int f = 0; f < FACTORS; f++) PetscCall(KNMalloc(2 * (size_t)room, sizeof(PetscReal), &s->factor[f]));
  }
  modes       = (fftw_complex *)s->field;
  s->forward  = fftw_mpi_plan_dft_r2c_2d(t->n, t->n, s->field, modes, t->comm, FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_OUT);
  s->backward = fftw_mpi_plan_dft_c2r_2d(t->n, t->n, modes, s->field, t->comm, FFTW_ESTIMATE | FFTW_MPI_TRANSPOSED_IN);
  PetscCheck(s->forward && s->backward, t->comm, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " x %" PetscInt_FMT " points on %d ranks", t->n, t->n, t->size);
  t->first_row     = (PetscInt)first_row;
  t->rows          = (PetscInt)rows;
  t->first_column  = (PetscInt)first_column;
  t->columns       = (PetscInt)columns;
  t->row_stride    = 2;
  t->column_stride = 2 * (size_t)t->n;
  t->data          = s;
  t->ops           = (KNTorusOps){.forward  = KNTorusForward_Slabs,
                                  .backward = KNTorusBackward_Slabs,
                                  .advect   = KNTorusAdvect_Slabs,
                                  .square   = KNTorusSquare_Slabs,
                                  .speed    = KNTorusSpeed_Slabs,
                                  .destroy  = KNTorusDestroy_Slabs};
  PetscFunctionReturn(PETSC_SUCCESS);
}

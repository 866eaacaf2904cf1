/*
  The whole torus on one rank: derivatives in Fourier space, products at the n x n points, FFTW between them.

    u_k = (i kappa_2, -i kappa_1) w_k/|kappa|^2,   (grad w)_k = i kappa w_k,   kappa = 2 pi k/L
    rate_k = -(u . grad w)_k up to |k_i| = n/3, 0 above

  A product of modes |k_i| < n/3 reaches 2n/3 and is aliased onto modes above n/3 only, which the cut removes (Orszag
  1971). Then sum_k conj(w_k) rate_k = 0 and sum_k conj(psi_k) rate_k = 0: advection conserves enstrophy and energy to
  rounding.

  Velocity and gradient each travel as one complex field, U = u_1 + i u_2 and G = w_x + i w_y, so that u . grad w =
  Re(conj(U) G):

    U_k = V_k/|kappa|^2,   G_k = i V_k,   V_k = (kappa_1 + i kappa_2) w_k,   V_-k = -(kappa_1 + i kappa_2) conj(w_k)

  two complex transforms to the points and a real one back: 20 us on 64 x 64, where four real ones and one back took
  34. Rows of complex fields are KN_PADDING longer than n: columns a power of two apart compete for the same cache
  lines (one transform on 256 x 256: 4.6 ms without, 0.3 ms with it). FFTW_ESTIMATE: the plan, and so every bit, is
  the same in each run.
*/
#include <fftw3.h>
#include "torus_impl.h"

#define KN_PADDING 4 /* complex numbers, one cache line */
#define KN_LANES   8 /* independent sums and maxima: one AVX-512 register */

typedef struct {
  PetscInt   row;      /* complex numbers from row to row of the complex fields */
  PetscReal *spectra;  /* (2, n, row, 2) U_k, G_k for all k; zero above cut_in */
  PetscReal *fields;   /* (2, n, row, 2) U, G at the points */
  PetscReal *points;   /* (n, n) */
  PetscReal *modes;    /* (n, m, 2) */
  fftw_plan  forward;  /* points -> modes */
  fftw_plan  backward; /* modes -> points */
  fftw_plan  velocity; /* U_k -> U */
  fftw_plan  gradient; /* G_k -> G */
} Whole;

/* U and G of one mode from V = (re, im); inverse: 1/|kappa|^2. */
static inline void kn_torus_mode(PetscReal *U, PetscReal *G, PetscReal re, PetscReal im, PetscReal inverse)
{
  U[0] = inverse * re;
  U[1] = inverse * im;
  G[0] = -im;
  G[1] = re;
}

/*
  U, G (n, row, 2) from w (n, m, 2), of the modes |k_i| <= cut; the others are left as they are. c = 2 pi/L.

  Columns 0 and n/2 hold both k and -k. A derivative has no part at n/2, where sine vanishes at all points: not along
  y in column n/2, nor along x in row n/2 of these two columns. In the other columns row n/2 counts as -n/2.
*/
static void kn_torus_factors(PetscReal *restrict U, PetscReal *restrict G, const PetscReal *restrict w,
                             const PetscReal *restrict inverse, PetscReal c, PetscInt cut, PetscInt n, PetscInt m,
                             PetscInt row)
{
  const PetscInt paired = PetscMin(cut, (n - 1) / 2); /* columns 1 .. paired have their mirror images at -k */

  for (PetscInt i = 0; i < n; i++) {
    const PetscInt   mode = kn_row_wavenumber(i, n), mirror = (n - i) % n;
    const PetscReal  k1 = c * (PetscReal)mode, k1_single = 2 * i == n ? 0.0 : k1;
    const PetscReal *wi = w + 2 * i * m, *inv = inverse + i * m;
    PetscReal *Ui = U + 2 * i * row, *Gi = G + 2 * i * row, *Um = U + 2 * mirror * row, *Gm = G + 2 * mirror * row;

    if (PetscAbsInt(mode) > cut) continue;
    kn_torus_mode(Ui, Gi, k1_single * wi[0], k1_single * wi[1], inv[0]);
    for (PetscInt j = 1; j <= paired; j++) {
      const PetscReal k2 = c * (PetscReal)j, re = wi[2 * j], im = wi[2 * j + 1];

      kn_torus_mode(Ui + 2 * j, Gi + 2 * j, k1 * re - k2 * im, k1 * im + k2 * re, inv[j]);
      kn_torus_mode(Um + 2 * (n - j), Gm + 2 * (n - j), -k1 * re - k2 * im, k1 * im - k2 * re, inv[j]);
    }
    if (2 * cut == n) kn_torus_mode(Ui + n, Gi + n, k1_single * wi[n], k1_single * wi[n + 1], inv[n / 2]);
  }
}

/* product (n, n) = -Re(conj(U) G)/n^2, U, G (n, row, 2); the division is that of the forward transform. */
static void kn_torus_product(PetscReal *restrict product, const PetscReal *restrict U, const PetscReal *restrict G,
                             size_t n, size_t row)
{
  const PetscReal scale = -1.0 / (PetscReal)(n * n);

  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      const size_t s = 2 * (i * row + j);

      product[i * n + j] = scale * (U[s] * G[s] + U[s + 1] * G[s + 1]);
    }
  }
}

/* out (n, m, 2) = in where |k_i| <= cut, else 0. */
static void kn_torus_cut(PetscReal *restrict out, const PetscReal *restrict in, PetscInt cut, PetscInt n, PetscInt m)
{
  for (PetscInt i = 0; i < n; i++) {
    const size_t first = 2 * (size_t)i * (size_t)m,
                 kept  = PetscAbsInt(kn_row_wavenumber(i, n)) <= cut ? 2 * (size_t)(cut + 1) : 0;

    memcpy(out + first, in + first, kept * sizeof(*out));
    memset(out + first + kept, 0, (2 * (size_t)m - kept) * sizeof(*out));
  }
}

/* max |u_1| + |u_2| of U (n, row, 2), whose padding is zero; values that are not finite are not seen. */
static PetscReal kn_torus_speed(const PetscReal *U, size_t n, size_t row)
{
  PetscReal lane[KN_LANES] = {0.0};
  size_t    s              = 0;

  for (; s + KN_LANES <= n * row; s += KN_LANES) {
    for (size_t l = 0; l < KN_LANES; l++) {
      const PetscReal here = PetscAbsReal(U[2 * (s + l)]) + PetscAbsReal(U[2 * (s + l) + 1]);

      lane[l] = here > lane[l] ? here : lane[l];
    }
  }
  for (; s < n * row; s++) lane[0] = PetscMax(lane[0], PetscAbsReal(U[2 * s]) + PetscAbsReal(U[2 * s + 1]));
  for (size_t l = 1; l < KN_LANES; l++) lane[0] = PetscMax(lane[0], lane[l]);
  return lane[0];
}

/*
  Sum of |c_k|^2 over all k from c (n, m, 2): of each pair k, -k in the columns 1 .. (n - 1)/2 only one is stored,
  columns 0 and n/2 hold both.
*/
static PetscReal kn_torus_square(const PetscReal *c, size_t n, size_t m)
{
  const size_t row = 2 * m, nyquist = n % 2 ? row : row - 2;
  PetscReal    lane[KN_LANES] = {0.0}, both = 0.0, all = 0.0;
  size_t       s = 0;

  for (; s + KN_LANES <= n * row; s += KN_LANES) {
    for (size_t l = 0; l < KN_LANES; l++) lane[l] += c[s + l] * c[s + l];
  }
  for (; s < n * row; s++) lane[0] += c[s] * c[s];
  for (size_t l = 0; l < KN_LANES; l++) all += lane[l];
  for (size_t i = 0; i < n; i++) {
    both += c[i * row] * c[i * row] + c[i * row + 1] * c[i * row + 1];
    for (s = nyquist; s < row; s++) both += c[i * row + s] * c[i * row + s];
  }
  return 2.0 * all - both;
}

static PetscErrorCode KNTorusForward_Whole(KNTorus t, const PetscReal u[], PetscReal coefficients[])
{
  Whole          *whole = (Whole *)t->data;
  const size_t    size  = (size_t)t->n * (size_t)t->n;
  const PetscReal scale = 1.0 / (PetscReal)size;

  PetscFunctionBegin;
  for (size_t s = 0; s < size; s++) whole->points[s] = scale * u[s];
  fftw_execute(whole->forward);
  PetscCall(PetscArraycpy(coefficients, whole->modes, KNTorusSize(t)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNTorusBackward_Whole(KNTorus t, const PetscReal coefficients[], PetscReal u[])
{
  Whole *whole = (Whole *)t->data;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(whole->modes, coefficients, KNTorusSize(t)));
  fftw_execute(whole->backward);
  PetscCall(PetscArraycpy(u, whole->points, (size_t)t->n * (size_t)t->n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNTorusAdvect_Whole(KNTorus t, const PetscReal w[], PetscReal rate[])
{
  Whole       *whole  = (Whole *)t->data;
  const size_t padded = 2 * (size_t)t->n * (size_t)whole->row;

  PetscFunctionBegin;
  kn_torus_factors(whole->spectra, whole->spectra + padded, w, t->inverse, t->wavenumber, t->cut_in, t->n, t->m,
                   whole->row);
  fftw_execute(whole->velocity);
  fftw_execute(whole->gradient);
  kn_torus_product(whole->points, whole->fields, whole->fields + padded, (size_t)t->n, (size_t)whole->row);
  fftw_execute(whole->forward);
  kn_torus_cut(rate, whole->modes, t->cut_out, t->n, t->m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscReal KNTorusSquare_Whole(KNTorus t, const PetscReal coefficients[])
{
  return kn_torus_square(coefficients, (size_t)t->n, (size_t)t->m);
}

static PetscReal KNTorusSpeed_Whole(KNTorus t)
{
  Whole *whole = (Whole *)t->data;

  return kn_torus_speed(whole->fields, (size_t)t->n, (size_t)whole->row);
}

static PetscErrorCode KNTorusDestroy_Whole(KNTorus t)
{
  Whole *whole = (Whole *)t->data;

  PetscFunctionBegin;
  fftw_destroy_plan(whole->forward);
  fftw_destroy_plan(whole->backward);
  if (whole->velocity) fftw_destroy_plan(whole->velocity);
  if (whole->gradient) fftw_destroy_plan(whole->gradient);
  PetscCall(KNFree(&whole->spectra));
  PetscCall(KNFree(&whole->fields));
  PetscCall(KNFree(&whole->points));
  PetscCall(KNFree(&whole->modes));
  PetscCall(PetscFree(whole));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The two complex fields of a product and their transforms. */
static PetscErrorCode KNTorusCreateFactors(Whole *whole, PetscInt n)
{
  const PetscInt row      = n + KN_PADDING;
  const int      sides[2] = {(int)n, (int)n}, rows[2] = {(int)n, (int)row};
  const size_t   padded = 2 * (size_t)n * (size_t)row;
  fftw_complex  *spectra, *fields;

  PetscFunctionBegin;
  whole->row = row;
  PetscCall(KNMalloc(2 * padded, sizeof(PetscReal), &whole->spectra));
  PetscCall(KNMalloc(2 * padded, sizeof(PetscReal), &whole->fields));
  PetscCall(PetscArrayzero(whole->spectra, 2 * padded));
  PetscCall(PetscArrayzero(whole->fields, 2 * padded));
  spectra         = (fftw_complex *)whole->spectra;
  fields          = (fftw_complex *)whole->fields;
  whole->velocity = fftw_plan_many_dft(2, sides, 1, spectra, rows, 1, 0, fields, rows, 1, 0, FFTW_BACKWARD,
                                       FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  whole->gradient = fftw_plan_many_dft(2, sides, 1, spectra + n * row, rows, 1, 0, fields + n * row, rows, 1, 0,
                                       FFTW_BACKWARD, FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
  PetscCheck(whole->velocity && whole->gradient, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " x %" PetscInt_FMT " points", n, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusCreate_Whole(KNTorus t)
{
  Whole        *whole;
  fftw_complex *modes;

  PetscFunctionBegin;
  PetscCall(PetscNew(&whole));
  PetscCall(KNMalloc((size_t)t->n * (size_t)t->n, sizeof(PetscReal), &whole->points));
  PetscCall(KNMalloc(2 * (size_t)t->n * (size_t)t->m, sizeof(PetscReal), &whole->modes));
  modes           = (fftw_complex *)whole->modes;
  whole->forward  = fftw_plan_dft_r2c_2d((int)t->n, (int)t->n, whole->points, modes, FFTW_ESTIMATE);
  whole->backward = fftw_plan_dft_c2r_2d((int)t->n, (int)t->n, modes, whole->points, FFTW_ESTIMATE);
  PetscCheck(whole->forward && whole->backward, PETSC_COMM_SELF, PETSC_ERR_LIB,
             "FFTW has no plan for %" PetscInt_FMT " x %" PetscInt_FMT " points", t->n, t->n);
  if (t->product != KN_PRODUCT_NONE) PetscCall(KNTorusCreateFactors(whole, t->n));
  t->rows          = t->n;
  t->columns       = t->m;
  t->row_stride    = 2 * (size_t)t->m;
  t->column_stride = 2;
  t->data          = whole;
  t->ops           = (KNTorusOps){.forward  = KNTorusForward_Whole,
                                  .backward = KNTorusBackward_Whole,
                                  .advect   = KNTorusAdvect_Whole,
                                  .square   = KNTorusSquare_Whole,
                                  .speed    = KNTorusSpeed_Whole,
                                  .destroy  = KNTorusDestroy_Whole};
  PetscFunctionReturn(PETSC_SUCCESS);
}

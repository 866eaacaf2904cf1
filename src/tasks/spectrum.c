/*
  Energy spectra by one real transform of FFTW for each kind of points:

    periodic  R2HC     h_k, k = 0 .. n-1: real parts of wavenumber k, imaginary ones of n - k
    cells     REDFT10  Y_k = 2 sum_j u_j cos(pi k (j + 1/2) / n)
    nodes     REDFT00  Y_k = u_0 + (-1)^k u_N + 2 sum_{0<j<N} u_j cos(pi k j / N), N = n - 1

  Parseval: mean u^2 = sum_k w_k Y_k^2 on each axis, hence with the product of the weights on a tensor grid.
*/
#include <kitinet/spectrum.h>
#include <fftw3.h>
#include <math.h>

struct _p_KNSpectrum {
  KNGrid     grid;
  PetscInt   shells;
  PetscReal *wavenumber;         /* (shells) */
  PetscReal *k[KN_MAX_DIM];      /* (n) of each axis: wavenumber of a coefficient */
  PetscReal *weight[KN_MAX_DIM]; /* (n) w */
  double    *work;               /* (S) */
  fftw_plan  plan;               /* in place */
};

/* k, w: (n) of one axis */
static void kn_spectrum_axis(PetscReal *k, PetscReal *w, KNPoints points, PetscInt n)
{
  const PetscReal N = points == KN_POINTS_NODES ? n - 1 : n;

  for (PetscInt i = 0; i < n; i++) {
    if (points == KN_POINTS_PERIODIC) {
      k[i] = i <= n / 2 ? i : n - i;
      w[i] = (i == 0 || 2 * i == n ? 1.0 : 2.0) / (N * N);
    } else {
      const PetscBool single = (PetscBool)(i == 0 || (points == KN_POINTS_NODES && i == n - 1));

      k[i] = i;
      w[i] = (single ? 0.25 : 0.5) / (N * N);
    }
  }
}

PetscErrorCode KNSpectrumCreate(const KNGrid *grid, KNSpectrum *spectrum)
{
  static const fftw_r2r_kind kinds[] =
    {[KN_POINTS_CELLS] = FFTW_REDFT10, [KN_POINTS_NODES] = FFTW_REDFT00, [KN_POINTS_PERIODIC] = FFTW_R2HC};
  fftw_r2r_kind kind[KN_MAX_DIM];
  int           n[KN_MAX_DIM];
  PetscReal     most = 0.0;
  KNSpectrum    s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->grid = *grid;
  for (PetscInt d = 0; d < grid->dim; d++) {
    PetscCheck(grid->points != KN_POINTS_NODES || grid->n[d] > 1, PETSC_COMM_SELF, PETSC_ERR_ARG_SIZ,
               "an axis of one node");
    n[d]    = (int)grid->n[d];
    kind[d] = kinds[grid->points];
    PetscCall(PetscMalloc2(grid->n[d], &s->k[d], grid->n[d], &s->weight[d]));
    kn_spectrum_axis(s->k[d], s->weight[d], grid->points, grid->n[d]);
    most += PetscSqr((PetscReal)(grid->points == KN_POINTS_PERIODIC ? grid->n[d] / 2 : grid->n[d] - 1));
  }
  s->shells = (PetscInt)lround(PetscSqrtReal(most)) + 1;
  PetscCall(PetscMalloc1(s->shells, &s->wavenumber));
  for (PetscInt i = 0; i < s->shells; i++) {
    s->wavenumber[i] = (grid->points == KN_POINTS_PERIODIC ? 1 : 0.5) * (PetscReal)i;
  }
  PetscCall(KNMalloc(KNGridSize(grid), sizeof(*s->work), &s->work));
  s->plan = fftw_plan_r2r((int)grid->dim, n, s->work, s->work, kind, FFTW_ESTIMATE);
  PetscCheck(s->plan, PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW has no plan for a spectrum of %zu points",
             KNGridSize(grid));
  *spectrum = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpectrumDestroy(KNSpectrum *spectrum)
{
  KNSpectrum s = *spectrum;

  PetscFunctionBegin;
  if (!s) PetscFunctionReturn(PETSC_SUCCESS);
  fftw_destroy_plan(s->plan);
  PetscCall(KNFree(&s->work));
  PetscCall(PetscFree(s->wavenumber));
  for (PetscInt d = 0; d < s->grid.dim; d++) PetscCall(PetscFree2(s->k[d], s->weight[d]));
  PetscCall(PetscFree(*spectrum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpectrumGetShells(KNSpectrum spectrum, PetscInt *shells, const PetscReal **wavenumber)
{
  PetscFunctionBegin;
  if (shells) *shells = spectrum->shells;
  if (wavenumber) *wavenumber = spectrum->wavenumber;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpectrumAdd(KNSpectrum spectrum, const float u[], PetscReal energy[])
{
  const KNGrid *grid = &spectrum->grid;
  const size_t  S    = KNGridSize(grid);

  PetscFunctionBegin;
  for (size_t i = 0; i < S; i++) spectrum->work[i] = u[i];
  fftw_execute(spectrum->plan);
  for (size_t i = 0; i < S; i++) {
    PetscReal square = 0.0, e = PetscSqr(spectrum->work[i]);
    size_t    rest = i;

    for (PetscInt d = grid->dim - 1; d >= 0; d--) {
      const size_t at = rest % (size_t)grid->n[d];

      square += PetscSqr(spectrum->k[d][at]);
      e *= spectrum->weight[d][at];
      rest /= (size_t)grid->n[d];
    }
    energy[lround(PetscSqrtReal(square))] += e;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

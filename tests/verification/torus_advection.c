/*
  Fourier space on the torus, on grids even, odd and divisible by 3: advection against its definition by four real
  transforms, for fields with all modes of the grid; conservation of energy, enstrophy and mean where no product is
  aliased; norms; the same field on another grid.
*/
#include "torus_test.h"

/* coefficients of d/dx (axis 0) or d/dy (axis 1) of psi (power -1) or w (power 0), from those of w. */
static void Derivative(PetscReal out[], const PetscReal w[], const PetscReal laplace[], PetscInt axis, PetscInt power,
                       PetscInt n)
{
  const PetscInt m = n / 2 + 1;

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const PetscInt  s = 2 * (i * m + j);
      const PetscReal k = 2.0 * PETSC_PI *
                          (PetscReal)(axis        ? j
                                      : 2 * i < n ? i
                                                  : i - n),
                      scale = power ? laplace[s] > 0.0 ? k / laplace[s] : 0.0 : k;

      out[s]     = -scale * w[s + 1];
      out[s + 1] = scale * w[s];
    }
  }
}

/* All modes |k_i| <= n/2 enter; the last stage of a real transform drops what is no real field. */
static PetscErrorCode CheckDefinition(PetscInt n)
{
  const PetscInt m = n / 2 + 1, cut = 2 * (n / 2) / 3;
  KNTorus        torus;
  PetscReal     *w, *u, *v, *wx, *wy, *c, *rate, *expected, error, speed = 0.0, measured;
  size_t         size;

  PetscFunctionBegin;
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, n, 1.0, KN_PRODUCT_LI2020, &torus));
  size = KNTorusSize(torus);
  PetscCall(PetscMalloc5(n * n, &w, n * n, &u, n * n, &v, n * n, &wx, n * n, &wy));
  PetscCall(PetscMalloc3(size, &c, size, &rate, size, &expected));
  KNTestField(w, 1.0, n / 2, n);
  PetscCall(KNTorusForward(torus, w, c));
  Derivative(expected, c, KNTorusLaplace(torus), 1, -1, n);
  PetscCall(KNTorusBackward(torus, expected, u));
  Derivative(expected, c, KNTorusLaplace(torus), 0, -1, n);
  PetscCall(KNTorusBackward(torus, expected, v));
  Derivative(expected, c, KNTorusLaplace(torus), 0, 0, n);
  PetscCall(KNTorusBackward(torus, expected, wx));
  Derivative(expected, c, KNTorusLaplace(torus), 1, 0, n);
  PetscCall(KNTorusBackward(torus, expected, wy));
  for (PetscInt s = 0; s < n * n; s++) {
    speed = PetscMax(speed, PetscAbsReal(u[s]) + PetscAbsReal(v[s]));
    w[s]  = -(u[s] * wx[s] - v[s] * wy[s]);
  }
  PetscCall(KNTorusForward(torus, w, expected));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++) {
      if (PetscMin(i, n - i) > cut || j > cut) expected[2 * (i * m + j)] = expected[2 * (i * m + j) + 1] = 0.0;
    }
  }
  PetscCall(KNTorusAdvect(torus, c, rate));
  error = KNTestDistance(rate, expected, size);
  PetscCheck(error < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": advection differs from its definition by %g", n, (double)error);
  PetscCall(KNTorusSpeed(torus, &measured));
  PetscCheck(PetscAbsReal(measured - speed) < 1e-13 * speed, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": speed %g instead of %g", n, (double)measured, (double)speed);
  PetscCall(PetscFree5(w, u, v, wx, wy));
  PetscCall(PetscFree3(c, rate, expected));
  PetscCall(KNTorusDestroy(&torus));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* <a, b> over all k from the stored half. */
static PetscReal Inner(const PetscReal a[], const PetscReal b[], PetscInt n)
{
  const PetscInt m   = n / 2 + 1;
  PetscReal      sum = 0.0;

  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < m; j++)
      sum += (j == 0 || 2 * j == n ? 1.0 : 2.0) *
             (a[2 * (i * m + j)] * b[2 * (i * m + j)] + a[2 * (i * m + j) + 1] * b[2 * (i * m + j) + 1]);
  }
  return sum;
}

/* The field has modes above the cut, too: they must not enter. */
static PetscErrorCode CheckConservation(PetscInt n)
{
  KNTorus    torus;
  PetscReal *w, *c, *psi, *rate, energy, enstrophy, norm, rate_norm, size;

  PetscFunctionBegin;
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, n, 1.0, KN_PRODUCT_ALIAS_FREE, &torus));
  PetscCall(PetscMalloc4(n * n, &w, KNTorusSize(torus), &c, KNTorusSize(torus), &psi, KNTorusSize(torus), &rate));
  KNTestField(w, 1.0, n / 2, n);
  PetscCall(KNTorusForward(torus, w, c));
  PetscCall(KNTorusAdvect(torus, c, rate));
  for (size_t s = 0; s < KNTorusSize(torus); s++)
    psi[s] = KNTorusLaplace(torus)[s] > 0.0 ? c[s] / KNTorusLaplace(torus)[s] : 0.0;
  energy    = Inner(psi, rate, n);
  enstrophy = Inner(c, rate, n);
  PetscCall(KNTorusNorm(torus, c, &norm));
  PetscCall(KNTorusNorm(torus, rate, &rate_norm));
  size = norm * rate_norm;
  PetscCheck(size > 0.0 && PetscAbsReal(energy) < 1e-15 * size && PetscAbsReal(enstrophy) < 1e-14 * size,
             PETSC_COMM_SELF, PETSC_ERR_PLIB, "n = %" PetscInt_FMT ": energy changes by %g, enstrophy by %g of %g", n,
             (double)energy, (double)enstrophy, (double)size);
  PetscCheck(PetscAbsReal(rate[0]) < 1e-15 * rate_norm, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": the mean moves by %g", n, (double)rate[0]);
  PetscCheck(PetscAbsReal(PetscSqr(norm) - Inner(c, c, n)) < 1e-14 * Inner(c, c, n), PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "n = %" PetscInt_FMT ": norm %g", n, (double)norm);
  PetscCall(PetscFree4(w, c, psi, rate));
  PetscCall(KNTorusDestroy(&torus));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A field of modes |k_i| <= 5 is the same on any grid of 11 points or more. */
static PetscErrorCode CheckResample(PetscInt from, PetscInt to)
{
  KNTorus    coarse, fine;
  PetscReal *w, *there, *expected, *c, *d;

  PetscFunctionBegin;
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, from, 1.0, KN_PRODUCT_NONE, &coarse));
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, to, 1.0, KN_PRODUCT_NONE, &fine));
  PetscCall(
    PetscMalloc5(from * from, &w, to * to, &there, to * to, &expected, KNTorusSize(coarse), &c, KNTorusSize(fine), &d));
  KNTestField(w, 1.0, 5, from);
  KNTestField(expected, 1.0, 5, to);
  PetscCall(KNTorusForward(coarse, w, c));
  PetscCall(KNTorusResample(coarse, c, fine, d));
  PetscCall(KNTorusBackward(fine, d, there));
  PetscCheck(KNTestDistance(there, expected, (size_t)(to * to)) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "from %" PetscInt_FMT " to %" PetscInt_FMT " points the field changes by %g", from, to,
             (double)KNTestDistance(there, expected, (size_t)(to * to)));
  PetscCall(PetscFree5(w, there, expected, c, d));
  PetscCall(KNTorusDestroy(&coarse));
  PetscCall(KNTorusDestroy(&fine));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const PetscInt n[] = {4, 5, 12, 15, 16, 17, 32, 45};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(n); i++) {
    PetscCall(CheckDefinition(n[i]));
    if (n[i] >= 12) PetscCall(CheckConservation(n[i]));
    if (n[i] >= 12) PetscCall(CheckResample(n[i], 20));
    if (n[i] >= 12) PetscCall(CheckResample(20, n[i]));
  }
  PetscCall(PetscFinalize());
  return 0;
}

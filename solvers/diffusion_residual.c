/* What a field leaves of the diffusion equation, as a length, and the adjoint of that: for whoever minimises it. */
#include "diffusion_impl.h"

/* out (m, m) of the unknowns of u (n, n), and back; the rim is not written. */
static PetscErrorCode Inner(KNDiffusion d, const PetscReal u[], PetscReal out[])
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < m; i++) PetscCall(PetscArraycpy(out + i * m, u + (i + rim) * n + rim, m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Outer(KNDiffusion d, const PetscReal in[], PetscReal u[])
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < m; i++) PetscCall(PetscArraycpy(u + (i + rim) * n + rim, in + i * m, m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateFields(KNDiffusion d)
{
  const PetscInt m = d->n - 2 * KNDiffusionRim(d->points);

  PetscFunctionBegin;
  if (!d->inner) PetscCall(KNMalloc((size_t)m * (size_t)m, sizeof(PetscReal), &d->inner));
  if (!d->poisson) PetscCall(KNPoissonCreate(m, d->points, &d->poisson));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out (m, m) = A u, of the unknowns of u (n, n), what lies on a rim taken as 0. */
static void Apply(KNDiffusion d, const PetscReal a[], const PetscReal u[], PetscReal out[])
{
  const PetscInt n = d->n, rim = KNDiffusionRim(d->points), end = n - rim;

  for (PetscInt i = rim; i < end; i++) {
    for (PetscInt j = rim; j < end; j++) {
      PetscReal value[KN_STENCIL], sum;

      kn_diffusion_row(value, a, d->face, n, i, j);
      sum = value[0] * u[i * n + j];
      for (int s = 0; s < 4; s++) {
        const PetscInt k = i + kn_neighbour[s][0], l = j + kn_neighbour[s][1];

        if (k >= rim && k < end && l >= rim && l < end) sum += value[1 + s] * u[k * n + l];
      }
      *out++ = sum;
    }
  }
}

/* Of a (n, n): on a rim, where u alone is known, it brings u to the scale of L^-1 A u. */
static PetscReal Mean(KNDiffusion d, const PetscReal a[])
{
  const PetscInt size = d->n * d->n;
  PetscReal      sum  = 0;

  for (PetscInt i = 0; i < size; i++) sum += a[i];
  return sum / (PetscReal)size;
}

PetscErrorCode KNDiffusionResidual(KNDiffusion d, const PetscReal a[], const PetscReal f[], const PetscReal u[],
                                   PetscReal z[])
{
  const PetscInt  n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;
  const PetscReal h = 1.0 / (PetscReal)(n - rim), mean = Mean(d, a);

  PetscFunctionBegin;
  PetscCall(CreateFields(d));
  Apply(d, a, u, d->inner);
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = 0; j < m; j++) d->inner[i * m + j] = h * h * f[(i + rim) * n + j + rim] - d->inner[i * m + j];
  }
  PetscCall(KNPoissonSolve(d->poisson, d->inner));
  for (PetscInt i = 0; i < n * n && rim; i++) z[i] = -mean * u[i];
  PetscCall(Outer(d, d->inner, z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNDiffusionResidualAdjoint(KNDiffusion d, const PetscReal a[], const PetscReal z[], PetscReal du[])
{
  const PetscInt  n = d->n, rim = KNDiffusionRim(d->points), m = n - 2 * rim;
  const PetscReal mean = Mean(d, a);

  PetscFunctionBegin;
  PetscCall(CreateFields(d));
  PetscCall(Inner(d, z, d->inner));
  PetscCall(KNPoissonSolve(d->poisson, d->inner));
  for (PetscInt i = 0; i < n * n; i++) du[i] = -mean * z[i];
  PetscCall(Outer(d, d->inner, du)); /* A reads it there */
  Apply(d, a, du, d->inner);
  for (PetscInt i = 0; i < m * m; i++) d->inner[i] = -d->inner[i];
  PetscCall(Outer(d, d->inner, du));
  PetscFunctionReturn(PETSC_SUCCESS);
}

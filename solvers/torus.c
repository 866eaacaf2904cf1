/*
  Fourier space on the torus: what is the same on one rank (torus_whole.c) and in slabs over several (torus_slabs.c).
*/
#include <kitinet/error.h>
#include "torus_impl.h"

/* laplace and inverse of the columns of this rank. */
static void KNTorusFillLaplace(KNTorus t)
{
  for (PetscInt i = 0; i < t->n; i++) {
    const PetscReal k1 = t->wavenumber * (PetscReal)kn_row_wavenumber(i, t->n);

    for (PetscInt j = t->first_column; j < t->first_column + t->columns; j++) {
      const PetscReal k2 = t->wavenumber * (PetscReal)j, square = k1 * k1 + k2 * k2;
      const size_t    s = KNTorusOffset(t, i, j);

      t->laplace[s] = t->laplace[s + 1] = square;
      t->inverse[s / 2]                 = square > 0.0 ? 1.0 / square : 0.0;
    }
  }
}

PetscErrorCode KNTorusCreate(MPI_Comm comm, PetscInt n, PetscReal length, KNProduct product, KNTorus *torus)
{
  KNTorus t;

  PetscFunctionBegin;
  PetscCall(PetscNew(torus));
  t             = *torus;
  t->comm       = comm;
  t->n          = n;
  t->m          = n / 2 + 1;
  t->product    = product;
  t->wavenumber = 2.0 * PETSC_PI / length;
  t->cut_in     = product == KN_PRODUCT_ALIAS_FREE ? (n - 1) / 3 : n / 2;
  t->cut_out    = product == KN_PRODUCT_ALIAS_FREE ? (n - 1) / 3 : 2 * (n / 2) / 3;
  PetscCallMPI(MPI_Comm_size(comm, &t->size));
  PetscCheck(t->size <= t->m, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "a grid of %" PetscInt_FMT " points a side has %" PetscInt_FMT
             " columns of modes, too few for %d ranks: take -ranks_per_sample %" PetscInt_FMT " or less",
             n, t->m, t->size, t->m);
  PetscCall(t->size == 1 ? KNTorusCreate_Whole(t) : KNTorusCreate_Slabs(t));
  PetscCall(KNMalloc(KNTorusSize(t), sizeof(PetscReal), &t->laplace));
  PetscCall(KNMalloc(KNTorusSize(t) / 2, sizeof(PetscReal), &t->inverse));
  KNTorusFillLaplace(t);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusDestroy(KNTorus *torus)
{
  PetscFunctionBegin;
  if (!*torus) PetscFunctionReturn(PETSC_SUCCESS);
  if ((*torus)->data) PetscCall((*torus)->ops.destroy(*torus));
  PetscCall(KNFree(&(*torus)->laplace));
  PetscCall(KNFree(&(*torus)->inverse));
  PetscCall(PetscFree(*torus));
  PetscFunctionReturn(PETSC_SUCCESS);
}

size_t KNTorusSize(KNTorus torus)
{
  return 2 * (size_t)torus->n * (size_t)torus->columns;
}

void KNTorusRows(KNTorus torus, PetscInt *first, PetscInt *count)
{
  *first = torus->first_row;
  *count = torus->rows;
}

void KNTorusColumns(KNTorus torus, PetscInt *first, PetscInt *count)
{
  *first = torus->first_column;
  *count = torus->columns;
}

size_t KNTorusOffset(KNTorus torus, PetscInt i, PetscInt j)
{
  return (size_t)i * torus->row_stride + (size_t)(j - torus->first_column) * torus->column_stride;
}

PetscErrorCode KNTorusForward(KNTorus torus, const PetscReal u[], PetscReal coefficients[])
{
  PetscFunctionBegin;
  PetscCall(torus->ops.forward(torus, u, coefficients));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusBackward(KNTorus torus, const PetscReal coefficients[], PetscReal u[])
{
  PetscFunctionBegin;
  PetscCall(torus->ops.backward(torus, coefficients, u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusResample(KNTorus from, const PetscReal coefficients[], KNTorus to, PetscReal resampled[])
{
  /* last: with the mode of n/2, if any */
  const PetscInt n = PetscMin(from->n, to->n), highest = (n - 1) / 2, last = from->n == to->n ? n / 2 : highest;
  const PetscInt first = PetscMax(from->first_column, to->first_column),
                 end = PetscMin(last + 1, PetscMin(from->first_column + from->columns, to->first_column + to->columns));

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(resampled, KNTorusSize(to)));
  for (PetscInt k1 = -last; k1 <= highest; k1++) {
    for (PetscInt j = first; j < end; j++) {
      const size_t here  = KNTorusOffset(from, k1 < 0 ? k1 + from->n : k1, j),
                   there = KNTorusOffset(to, k1 < 0 ? k1 + to->n : k1, j);

      resampled[there]     = coefficients[here];
      resampled[there + 1] = coefficients[here + 1];
    }
  }
  /* one rank has each mode, the others 0 */
  if (from->size > to->size)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, resampled, (PetscMPIInt)KNTorusSize(to), MPIU_REAL, MPI_SUM, from->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusNorm(KNTorus torus, const PetscReal coefficients[], PetscReal *norm)
{
  PetscReal square = torus->ops.square(torus, coefficients);

  PetscFunctionBegin;
  if (torus->size > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &square, 1, MPIU_REAL, MPI_SUM, torus->comm));
  *norm = PetscSqrtReal(square);
  PetscFunctionReturn(PETSC_SUCCESS);
}

const PetscReal *KNTorusLaplace(KNTorus torus)
{
  return torus->laplace;
}

PetscErrorCode KNTorusAdvect(KNTorus torus, const PetscReal w[], PetscReal rate[])
{
  PetscFunctionBegin;
  PetscCall(torus->ops.advect(torus, w, rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNTorusSpeed(KNTorus torus, PetscReal *speed)
{
  PetscFunctionBegin;
  *speed = torus->ops.speed(torus);
  if (torus->size > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, speed, 1, MPIU_REAL, MPI_MAX, torus->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

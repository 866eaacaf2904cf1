/* Cells in slabs: who has which, stored means, and back. */
#include <kitinet/error.h>
#include "cells.h"

/* Stored layers [start, end) of a rank. */
static void KNCellsShare(const KNCells *c, PetscMPIInt rank, PetscInt *start, PetscInt *end)
{
  const PetscInt block = c->block / c->ratio;

  *start = PetscMin(rank * block, c->resolution);
  *end   = PetscMin(*start + block, c->resolution);
}

PetscErrorCode KNCellsSetUp(MPI_Comm comm, const char prefix[], KNCells *c)
{
  PetscInt start, end, layer = 1;

  PetscFunctionBegin;
  c->comm = comm;
  PetscCallMPI(MPI_Comm_size(comm, &c->ranks));
  PetscCallMPI(MPI_Comm_rank(comm, &c->rank));
  PetscCheck(c->ranks == 1 || c->axes > 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%d ranks cannot share a sample of one axis: take -ranks_per_sample 1", c->ranks);
  c->ratio = c->n / c->resolution;
  c->block = (c->resolution + c->ranks - 1) / c->ranks * c->ratio;
  KNCellsShare(c, c->ranks - 1, &start, &end);
  PetscCheck(end > start, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sresolution %" PetscInt_FMT " leaves some of %d ranks without layers: take fewer -ranks_per_sample, or "
             "a larger grid",
             prefix, c->resolution, c->ranks);
  KNCellsShare(c, c->rank, &start, &end);
  c->first = start * c->ratio;
  c->rows  = (end - start) * c->ratio;
  c->layer = 1;
  for (PetscInt d = 1; d < c->axes; d++) {
    c->layer *= (size_t)c->n;
    layer *= c->resolution;
  }
  c->size = (size_t)c->rows * c->layer;
  PetscCall(PetscMalloc2(c->ranks, &c->counts, c->ranks, &c->displacements));
  for (PetscMPIInt rank = 0; rank < c->ranks; rank++) {
    KNCellsShare(c, rank, &start, &end);
    c->counts[rank]        = (PetscMPIInt)((end - start) * layer);
    c->displacements[rank] = (PetscMPIInt)(start * layer);
  }
  PetscCall(KNMalloc((size_t)c->counts[c->rank], sizeof(PetscReal), &c->average));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCellsDestroy(KNCells *c)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(c->counts, c->displacements));
  PetscCall(KNFree(&c->average));
  PetscFunctionReturn(PETSC_SUCCESS);
}

KNGrid KNCellsGrid(const KNCells *c)
{
  return KNGridMake(c->axes, (const PetscInt[]){c->resolution, c->resolution, c->resolution},
                    c->periodic ? KN_POINTS_PERIODIC : KN_POINTS_CELLS);
}

PetscReal KNCellsPosition(const KNCells *c, PetscInt i)
{
  return ((PetscReal)i + 0.5) / (PetscReal)c->n - (c->periodic ? 0.5 / (PetscReal)c->resolution : 0.0);
}

/* Rows of the last axis in the slab. */
static size_t KNCellsRows(const KNCells *c)
{
  return c->axes == 1 ? 1 : c->size / (size_t)c->n;
}

/* The stored row in which row `row` of the slab lies, counted from layer `first` of the whole grid. */
static size_t KNCellsRow(const KNCells *c, size_t row, PetscInt first)
{
  const size_t ratio = (size_t)c->ratio, n = (size_t)c->n;

  if (c->axes == 1) return 0;
  if (c->axes == 2) return ((size_t)first + row) / ratio;
  return ((size_t)first + row / n) / ratio * (size_t)c->resolution + row % n / ratio;
}

PetscErrorCode KNCellsStore(KNCells *c, const PetscReal u[], PetscReal frame[])
{
  const size_t    n = (size_t)c->n, ratio = (size_t)c->ratio, r = (size_t)c->resolution, rows = KNCellsRows(c);
  const PetscReal block = PetscPowRealInt((PetscReal)c->ratio, (int)c->axes);

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(c->average, c->counts[c->rank]));
  for (size_t row = 0; row < rows; row++) {
    PetscReal *to = c->average + KNCellsRow(c, row, 0) * r;

    for (size_t i = 0; i < n; i++) to[i / ratio] += u[row * n + i];
  }
  for (PetscMPIInt i = 0; i < c->counts[c->rank]; i++) c->average[i] /= block;
  PetscCallMPI(
    MPI_Allgatherv(c->average, c->counts[c->rank], MPIU_REAL, frame, c->counts, c->displacements, MPIU_REAL, c->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void KNCellsTake(const KNCells *c, const PetscReal given[], PetscReal u[])
{
  const size_t n = (size_t)c->n, ratio = (size_t)c->ratio, rows = KNCellsRows(c);

  for (size_t row = 0; row < rows; row++) {
    const PetscReal *from = given + KNCellsRow(c, row, c->first) * (size_t)c->resolution;

    for (size_t i = 0; i < n; i++) u[row * n + i] = from[i / ratio];
  }
}

/*
  Ghost cells of incompressible flow: the other end of a periodic axis, the neighbours' slabs, mirror images at walls.

    centres            even: nothing passes
    normal velocities  odd about the wall, on which they lie
    others             odd, or even where the fluid slips
*/
#include "incompressible_impl.h"

/* What happens to values that are mirrored at a wall. */
typedef enum { KN_MIRROR_CENTRE, KN_MIRROR_NORMAL, KN_MIRROR_TANGENT } KNFlowMirror;

/* One ghost layer of an axis takes the values of another one, times `sign`. */
static void KNFlowLayer(const Flow *f, PetscReal x[], PetscInt axis, PetscInt to, PetscInt from, PetscReal sign)
{
  const ptrdiff_t stride = f->stride[axis];
  const size_t    line = axis ? (size_t)f->stride[axis - 1] : f->padded, lines = f->padded / line;

  for (size_t l = 0; l < lines; l++) {
    PetscReal       *a = x + l * line + (to + KN_FLOW_GHOSTS) * stride;
    const PetscReal *b = x + l * line + (from + KN_FLOW_GHOSTS) * stride;

    for (ptrdiff_t i = 0; i < stride; i++) a[i] = sign == 0.0 ? 0.0 : sign * b[i];
  }
}

/* Both ends of an axis of n cells, as far as they are this rank's. */
static void KNFlowEnds(const Flow *f, PetscReal x[], PetscInt axis, PetscInt n, KNFlowMirror mirror, PetscBool ends[2])
{
  const PetscInt  kind = f->side[2 * axis];
  const PetscReal sign = mirror == KN_MIRROR_CENTRE ? 1.0 : -1.0;

  for (PetscInt k = 0; k < KN_FLOW_GHOSTS; k++) {
    if (kind == KN_FLOW_PERIODIC) {
      if (ends[0]) KNFlowLayer(f, x, axis, -1 - k, n - 1 - k, 1.0);
      if (ends[1]) KNFlowLayer(f, x, axis, n + k, k, 1.0);
      continue;
    }
    for (int end = 0; end < 2; end++) {
      const PetscBool slip = (PetscBool)(mirror == KN_MIRROR_TANGENT && f->side[2 * axis + end] == KN_FLOW_SLIP);

      if (!ends[end]) continue;
      if (mirror != KN_MIRROR_NORMAL) {
        KNFlowLayer(f, x, axis, end ? n + k : -1 - k, end ? n - 1 - k : k, slip ? 1.0 : sign);
      } else if (end) {
        /* layer n is the wall */
        KNFlowLayer(f, x, axis, n + k, n - k, k ? -1.0 : 0.0);
      } else {
        if (!k) KNFlowLayer(f, x, axis, 0, 0, 0.0);
        KNFlowLayer(f, x, axis, -1 - k, 1 + k, -1.0);
      }
    }
  }
}

/* Layers of axis 0 from and to the neighbours. */
static PetscErrorCode KNFlowExchange(const Flow *f, PetscReal x[])
{
  const KNCells    *c      = &f->cells;
  const PetscBool   around = (PetscBool)(f->side[0] == KN_FLOW_PERIODIC);
  const PetscMPIInt below  = c->rank ? c->rank - 1 : around ? c->ranks - 1 : MPI_PROC_NULL;
  const PetscMPIInt above  = c->rank < c->ranks - 1 ? c->rank + 1 : around ? 0 : MPI_PROC_NULL;
  const ptrdiff_t   layer  = f->stride[0];
  const PetscMPIInt count  = (PetscMPIInt)(KN_FLOW_GHOSTS * layer);

  PetscFunctionBegin;
  PetscCallMPI(MPI_Sendrecv(x + c->rows * layer, count, MPIU_REAL, above, 0, x, count, MPIU_REAL, below, 0, c->comm,
                            MPI_STATUS_IGNORE));
  PetscCallMPI(MPI_Sendrecv(x + KN_FLOW_GHOSTS * layer, count, MPIU_REAL, below, 1,
                            x + (KN_FLOW_GHOSTS + c->rows) * layer, count, MPIU_REAL, above, 1, c->comm,
                            MPI_STATUS_IGNORE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last axis first, each along the whole width of those before it: corners are right too. normal: -1, of none. */
static PetscErrorCode KNFlowFill(const Flow *f, PetscReal x[], PetscInt normal, PetscBool centre)
{
  const KNCells *c = &f->cells;

  PetscFunctionBegin;
  for (PetscInt d = c->axes - 1; d >= 0; d--) {
    const PetscBool shared = (PetscBool)(d == 0 && c->ranks > 1), closed = (PetscBool)(f->side[0] == KN_FLOW_PERIODIC);
    PetscBool       ends[2] = {(PetscBool)(!shared || (c->rank == 0 && !closed)),
                               (PetscBool)(!shared || (c->rank == c->ranks - 1 && !closed))};

    if (shared) PetscCall(KNFlowExchange(f, x));
    KNFlowEnds(f, x, d, d ? c->n : c->rows,
               centre        ? KN_MIRROR_CENTRE
               : d == normal ? KN_MIRROR_NORMAL
                             : KN_MIRROR_TANGENT,
               ends);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowFillCentre(const Flow *f, PetscReal x[])
{
  PetscFunctionBegin;
  PetscCall(KNFlowFill(f, x, -1, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNFlowFillVelocity(const Flow *f, PetscInt c, PetscReal u[])
{
  PetscFunctionBegin;
  PetscCall(KNFlowFill(f, u, c, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

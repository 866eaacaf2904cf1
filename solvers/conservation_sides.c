/*
  Ghost cells of a slab. Axes are filled from the last to the first, each along the whole width of those before it, so
  that corners are right too. Along the first axis several ranks exchange layers of all fields in one message.

    periodic     the other end
    outflow      the cell at the side
    reflecting   the mirror image; the normal velocity changes its sign: a wall without friction
    inflow       a given state
*/
#include "conservation_impl.h"

PetscErrorCode KNSidesCreate(Conservation *c)
{
  PetscFunctionBegin;
  PetscCallMPI(MPI_Type_create_hvector((PetscMPIInt)c->fields, (PetscMPIInt)(c->ghosts * c->stride[0]),
                                       (MPI_Aint)(c->padded * sizeof(PetscReal)), MPIU_REAL, &c->halo));
  PetscCallMPI(MPI_Type_commit(&c->halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSidesDestroy(Conservation *c)
{
  PetscFunctionBegin;
  if (c->halo) PetscCallMPI(MPI_Type_free(&c->halo));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of a ghost layer g = 1, 2, .. beyond the end `high` of an axis of n cells: the layer whose values it takes. */
static PetscInt KNSideSource(PetscInt kind, PetscBool high, PetscInt g, PetscInt n)
{
  switch (kind) {
  case KN_SIDE_PERIODIC: return high ? g - 1 : n - g;
  case KN_SIDE_REFLECTING: return high ? n - g : g - 1;
  default: return high ? n - 1 : 0;
  }
}

/*
  The ghost layers of a field at one end of an axis. kind: of the side, sign: of the values there; outer, count: how
  many lines of layers there are, and how far apart they begin.
*/
static void KNSideFillOne(const Conservation *c, PetscReal f[], PetscInt axis, PetscBool high, PetscInt kind,
                          PetscReal sign, PetscReal inflow)
{
  const ptrdiff_t stride = c->stride[axis];
  const PetscInt  n      = c->cells[axis];
  const size_t    line = axis ? (size_t)c->stride[axis - 1] : c->padded, lines = c->padded / line;

  for (size_t l = 0; l < lines; l++) {
    PetscReal *begin = f + l * line; /* layer -ghosts */

    for (PetscInt g = 1; g <= c->ghosts; g++) {
      PetscReal       *to   = begin + (c->ghosts + (high ? n - 1 + g : -g)) * stride;
      const PetscReal *from = begin + (c->ghosts + KNSideSource(kind, high, g, n)) * stride;

      if (kind == KN_SIDE_INFLOW) {
        for (ptrdiff_t i = 0; i < stride; i++) to[i] = inflow;
      } else {
        for (ptrdiff_t i = 0; i < stride; i++) to[i] = sign * from[i];
      }
    }
  }
}

/* Along an axis, without other ranks. scalar: one field that no side changes; else all of w. */
static void KNSidesFillAxis(const Conservation *c, PetscReal w[], PetscInt axis, PetscBool scalar, PetscBool ends[2])
{
  for (int high = 0; high < 2; high++) {
    const PetscInt kind = c->side[2 * axis + high];

    if (!ends[high]) continue;
    if (scalar) {
      KNSideFillOne(c, w, axis, (PetscBool)high, kind == KN_SIDE_INFLOW ? KN_SIDE_OUTFLOW : kind, 1.0, 0.0);
      continue;
    }
    for (PetscInt f = 0; f < c->fields; f++) {
      const PetscBool normal = (PetscBool)(c->law->vector >= 0 && f == c->law->vector + axis);

      KNSideFillOne(c, w + (size_t)f * c->padded, axis, (PetscBool)high, kind,
                    normal && kind == KN_SIDE_REFLECTING ? -1.0 : 1.0, c->inflow[f]);
    }
  }
}

/* Layers of the first axis from and to the neighbours. type: one of them is what is sent, counted `count`. */
static PetscErrorCode KNSidesExchange(const Conservation *c, PetscReal w[], MPI_Datatype type, PetscMPIInt count)
{
  const PetscBool   around = (PetscBool)(c->side[0] == KN_SIDE_PERIODIC);
  const PetscMPIInt below  = c->rank ? c->rank - 1 : around ? c->ranks - 1 : MPI_PROC_NULL;
  const PetscMPIInt above  = c->rank < c->ranks - 1 ? c->rank + 1 : around ? 0 : MPI_PROC_NULL;
  const ptrdiff_t   layer  = c->stride[0];

  PetscFunctionBegin;
  PetscCallMPI(
    MPI_Sendrecv(w + c->cells[0] * layer, count, type, above, 0, w, count, type, below, 0, c->comm, MPI_STATUS_IGNORE));
  PetscCallMPI(MPI_Sendrecv(w + c->ghosts * layer, count, type, below, 1, w + (c->ghosts + c->cells[0]) * layer, count,
                            type, above, 1, c->comm, MPI_STATUS_IGNORE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSidesFillAll(Conservation *c, PetscReal w[], PetscBool scalar)
{
  PetscFunctionBegin;
  for (PetscInt axis = c->axes - 1; axis >= 0; axis--) {
    const PetscBool shared  = (PetscBool)(axis == 0 && c->ranks > 1);
    const PetscBool closed  = (PetscBool)(shared && c->side[0] == KN_SIDE_PERIODIC);
    PetscBool       ends[2] = {(PetscBool)(!shared || (c->rank == 0 && !closed)),
                               (PetscBool)(!shared || (c->rank == c->ranks - 1 && !closed))};

    if (shared && scalar) PetscCall(KNSidesExchange(c, w, MPIU_REAL, (PetscMPIInt)(c->ghosts * c->stride[0])));
    else if (shared) PetscCall(KNSidesExchange(c, w, c->halo, 1));
    KNSidesFillAxis(c, w, axis, scalar, ends);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSidesFill(Conservation *c, PetscReal w[])
{
  PetscFunctionBegin;
  PetscCall(KNSidesFillAll(c, w, PETSC_FALSE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSidesFillScalar(Conservation *c, PetscReal s[])
{
  PetscFunctionBegin;
  PetscCall(KNSidesFillAll(c, s, PETSC_TRUE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The engine for conservation laws: what its files share.

    conservation.c        the solver: options, description, input, frames
    conservation_step.c   steps in time: their length, stages, what is done about states that are none
    conservation_sweep.c  one stage: faces, fluxes, the new values, row by row
    conservation_sides.c  ghost cells: boundaries, neighbours' slabs

  A rank has a slab, cells[0..axes) of the grid. u: (fields, rows, n) without ghost cells, n the cells of the last axis;
  w: the same with `ghosts` cells more at both ends of each axis, of which some row gaps are never used.
*/
#ifndef KITINET_CONSERVATION_IMPL_H
#define KITINET_CONSERVATION_IMPL_H

#include "conservation.h"
#include "reconstruction.h"
#include "starts.h"

/* How fluxes are computed; a sample that fails is solved again with a safer one. */
typedef struct {
  PetscInt  reconstruct, flux;
  PetscInt  stages; /* of SSP Runge-Kutta: 2 or 3, of that order */
  PetscReal cfl;
} KNScheme;

typedef struct {
  const KNConservation *law;                 /* not owned */
  char                  prefix[KN_MAX_NAME]; /* of the options, "euler_" */
  MPI_Comm              comm;
  PetscMPIInt           ranks, rank;
  PetscInt              axes, fields, n, resolution, frames;
  PetscInt              place[KN_MAX_CONSERVED]; /* of scalar i among the fields */
  PetscReal             length, final_time, p[KN_MAX_LAW_NUMBERS];
  PetscInt              side[2 * KN_MAX_DIM]; /* KNSideKind: low and high end of each axis */
  PetscReal             inflow[KN_MAX_CONSERVED];
  PetscBool             periodic; /* all sides */
  KNScheme              wanted, scheme;
  KNStart               start;

  /* The slab. */
  PetscInt     first;             /* the cell of axis 0 with which it begins */
  PetscInt     cells[KN_MAX_DIM]; /* along each axis, 1 beyond */
  PetscInt     ghosts;
  size_t       size, padded;                        /* of a field of u, of w */
  ptrdiff_t    stride[KN_MAX_DIM];                  /* of w */
  size_t       origin;                              /* of the first cell in a field of w */
  PetscInt     order[KN_MAX_DIM][KN_MAX_CONSERVED]; /* for an axis: the fields, normal component first */
  PetscReal    per;                                 /* 1 / spacing */
  PetscMPIInt *counts, *displacements;              /* (ranks) stored points of each */
  MPI_Datatype halo;                                /* all fields of w, `ghosts` layers of axis 0 */

  PetscReal *initial, *u, *v[2]; /* (fields, size) conserved: at time 0, at the step's start, of its stages */
  PetscReal *w[2];               /* (fields, padded) primitive, of the stage and of the next one */
  PetscReal *trouble, *masked;   /* (padded) cells of states that are none; cells that fall back, 1 or 0 */
  PetscReal *rows;               /* room of the sweep, see conservation_sweep.c */
  size_t     pitch;              /* of a row there */
  PetscReal *position, *line;    /* (n) positions along the last axis; (fields, n) */
  PetscReal *average, *stored;   /* (fields, stored points of the slab) conserved, primitive */
  PetscReal  time;               /* since KNMarchBegin, at the beginning of an interval */
  PetscReal  fastest;            /* sum over the axes of the fastest waves, of the state in w[0] */
  PetscInt   max_steps;          /* of a sample */
  PetscInt   steps, halved;      /* since KNMarchBegin: steps, and how often one was halved */
} Conservation;

/* Pointers to the fields of an array whose fields are `size` apart, from a place on. */
static inline void KNRows(PetscReal *rows[], PetscReal array[], size_t size, size_t at, PetscInt fields)
{
  for (PetscInt f = 0; f < fields; f++) rows[f] = array + (size_t)f * size + at;
}

/* Where row (k, j) of the slab begins in w, in u. */
static inline size_t KNRowOfW(const Conservation *c, PetscInt row)
{
  if (c->axes == 1) return c->origin;
  if (c->axes == 2) return c->origin + (size_t)(row * c->stride[0]);
  return c->origin + (size_t)(row / c->cells[1] * c->stride[0] + row % c->cells[1] * c->stride[1]);
}

static inline PetscInt KNRowCount(const Conservation *c)
{
  return c->axes == 1 ? 1 : c->axes == 2 ? c->cells[0] : c->cells[0] * c->cells[1];
}

static inline size_t KNRowLength(const Conservation *c)
{
  return (size_t)c->cells[c->axes - 1];
}

/* conservation_sides.c. Collective: the ghost cells of w (fields, padded), or of a scalar that is mirrored. */
PETSC_INTERN PetscErrorCode KNSidesCreate(Conservation *c);
PETSC_INTERN PetscErrorCode KNSidesDestroy(Conservation *c);
PETSC_INTERN PetscErrorCode KNSidesFill(Conservation *c, PetscReal w[]);
PETSC_INTERN PetscErrorCode KNSidesFillScalar(Conservation *c, PetscReal s[]);

/* conservation_sweep.c */
PETSC_INTERN PetscErrorCode KNSweepCreate(Conservation *c);

/*
  Not collective. out = a u + b (v + dt L(w)), next = its primitive values, without ghost cells. safe: cells that are
  masked fall back to first order and Rusanov's flux. *bad: how many states are none; these are marked in trouble.
  *fastest: of the new state, if it is asked for.
*/
PETSC_INTERN void KNSweep(Conservation *c, PetscReal a, PetscReal b, PetscReal dt, const PetscReal v[],
                          const PetscReal w[], PetscReal out[], PetscReal next[], PetscBool safe, PetscInt *bad,
                          PetscReal *fastest);

/* Not collective. The same looks at a given state u (fields, size). */
PETSC_INTERN void KNSweepLook(Conservation *c, const PetscReal u[], PetscReal next[], PetscInt *bad,
                              PetscReal *fastest);

/* conservation_symmetry.c. Not collective. Adds the symmetries to the solver's problem. */
PETSC_INTERN PetscErrorCode KNLawDeclare(KNSolver solver);

/* conservation_step.c. Collective. From u at time 0 of the interval to its end; false: it failed, reason says why. */
PETSC_INTERN PetscErrorCode KNMarch(Conservation *c, PetscReal interval, PetscBool *done, char reason[]);

/* Collective. Begins with the state `initial`. */
PETSC_INTERN PetscErrorCode KNMarchBegin(Conservation *c, PetscBool *done, char reason[]);

#endif

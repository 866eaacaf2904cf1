/*
  Incompressible flow between walls: what its files share.

    incompressible.c        the solver: options, description, input, frames
    incompressible_step.c   stages, projections, steps
    incompressible_sides.c  ghost cells: walls, neighbours' slabs

  Staggered cells: component d of the velocity lies at the low faces of the cells along axis d, everything else at
  their centres. Fields are padded by 2 cells at both ends of each axis, which the sides, or the neighbours' slabs,
  fill. At a wall the low face of the first cell is the wall: 0 there.
*/
#ifndef KITINET_INCOMPRESSIBLE_IMPL_H
#define KITINET_INCOMPRESSIBLE_IMPL_H

#include "wall_starts.h"
#include "solver_impl.h"

typedef enum { KN_FLOW_NO_SLIP, KN_FLOW_SLIP, KN_FLOW_PERIODIC } KNFlowSide;

#define KN_FLOW_GHOSTS 2

typedef struct {
  PetscReal   viscosity, diffusivity, frequency, length, final_time, cfl, courant; /* courant: the cfl in force */
  PetscReal   speed, force;         /* deviations of initial velocities, of forces */
  PetscInt    frames, moving;       /* moving: fields that change, the velocity and the particles */
  PetscInt    side[2 * KN_MAX_DIM]; /* KNFlowSide */
  KNCells     cells;
  KNWalls     walls; /* of the pressure, and of random fields: nothing passes */
  KNWallStart begin;

  size_t     padded, origin; /* of a padded field: its size, its first cell */
  ptrdiff_t  stride[KN_MAX_DIM];
  PetscReal *initial;                               /* (fields, cells) at cell centres */
  PetscReal *w[KN_MAX_DIM + 1], *v[KN_MAX_DIM + 1]; /* padded: stage, beginning of the step; particles last */
  PetscReal *drive[KN_MAX_DIM];                     /* padded: force at cell centres */
  PetscReal *rate;                                  /* (moving, cells) */
  PetscReal *phi;                                   /* padded: pressure times a length of time */
  PetscReal *divergence, *modes;                    /* (cells), (modes) */
  PetscReal  push;                                  /* square root of the largest acceleration over h */
  PetscReal  time;
  PetscInt   steps, max_steps;
} Flow;

/* Rows of the last axis in the slab, and where row r of a padded field begins. */
static inline size_t KNFlowRows(const Flow *f)
{
  return f->cells.size / (size_t)f->cells.n;
}

static inline size_t KNFlowRow(const Flow *f, size_t r)
{
  const size_t n = (size_t)f->cells.n;

  if (f->cells.axes == 2) return f->origin + r * (size_t)f->stride[0];
  return f->origin + r / n * (size_t)f->stride[0] + r % n * (size_t)f->stride[1];
}

/* incompressible_step.c. Collective. Memory of the steps; cells and walls stand. */
PETSC_INTERN PetscErrorCode KNFlowCreate(Flow *f);
PETSC_INTERN PetscErrorCode KNFlowDestroy(Flow *f);

/*
  incompressible_sides.c. Collective. Ghost cells of a padded field that lies at centres, or of component c of a
  velocity.
*/
PETSC_INTERN PetscErrorCode KNFlowFillCentre(const Flow *f, PetscReal x[]);
PETSC_INTERN PetscErrorCode KNFlowFillVelocity(const Flow *f, PetscInt c, PetscReal u[]);

/* Collective. w from `initial`: velocities at faces, means of their neighbours, without divergence. */
PETSC_INTERN PetscErrorCode KNFlowBegin(Flow *f);

/* Collective. w over an interval of time; false: reason says why. */
PETSC_INTERN PetscErrorCode KNFlowMarch(Flow *f, PetscReal interval, PetscBool *done, char reason[]);

/* Collective. Largest |divergence| h over the largest speed, of w. */
PETSC_INTERN PetscErrorCode KNFlowDivergence(Flow *f, PetscReal *largest);

#endif

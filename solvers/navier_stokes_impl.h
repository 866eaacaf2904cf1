/*
  Incompressible flow on the square torus: what its files share.

    navier_stokes.c          the solver: forces, input, steps, frames
    navier_stokes_options.c  options, description
*/
#ifndef KITINET_NAVIER_STOKES_IMPL_H
#define KITINET_NAVIER_STOKES_IMPL_H

#include <kitinet/periodic_field.h>
#include "solver_impl.h"
#include "vorticity.h"

enum { FORCING_NONE, FORCING_LI2020, FORCING_KOLMOGOROV, FORCING_RANDOM };
enum { RESTRICTION_TRUNCATE, RESTRICTION_SUBSAMPLE };

typedef struct {
  PetscInt        n;           /* points a side of the solve grid */
  PetscInt        resolution;  /* points a side of the stored grid */
  PetscInt        restriction; /* from one to the other */
  PetscInt        scheme;      /* KNVorticityScheme */
  PetscInt        frames;
  PetscInt        forcing, forcing_mode;
  PetscReal       length, viscosity, final_time, spin_up, dt, rtol;
  PetscMPIInt     ranks;        /* that solve a sample together */
  KNPeriodicField field, force; /* of w(0); of the random force */
  KNVorticity     vorticity;
  PetscReal       start;         /* time of the first frame: spin_up of a random field, 0 of a given one */
  KNTorus         torus, stored; /* Fourier spaces of the solve grid (not owned) and of the stored grid */
  PetscReal      *points;        /* (rows, n): this rank's, of the solve grid */
  PetscReal      *w0, *w;        /* coefficients: initial, and now */
  PetscReal      *w_stored;      /* the same of the stored grid */
  PetscReal      *drawn;         /* (r, r) the random force, on the stored grid */
} NavierStokes;

/* navier_stokes_options.c. Collective on PETSC_COMM_WORLD; not collective, after ops.setup has made the rest. */
PETSC_INTERN PetscErrorCode KNSolverSetFromOptions_NavierStokes(KNSolver solver);
PETSC_INTERN PetscErrorCode KNSolverDescribe_NavierStokes(KNSolver solver);

#endif

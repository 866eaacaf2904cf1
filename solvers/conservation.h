/*
  Conservation laws u_t + div f(u) = div(diffusion) on an interval, a square or a cube.

  Copy me: an equation is a file with a KNConservation, filled in at compile time, with functions of rows: conversions
  between the conserved values u and the primitive ones w that are stored, speeds, fluxes through faces. The engine
  (conservation.c) makes options, grids, steps and frames of it. advection.c is a short example, gas.c a system.

  Fields are scalars and, between them, at most one vector of as many components as there are axes. In functions that
  have an `axis` the component normal to the faces stands first, in place of that axis; arrays of rows never overlap.
*/
#ifndef KITINET_CONSERVATION_H
#define KITINET_CONSERVATION_H

#include "solver_impl.h"

#define KN_MAX_CONSERVED     5 /* fields */
#define KN_MAX_LAW_NUMBERS   6 /* coefficients */
#define KN_NO_VECTOR         -1
#define KN_LEAST_SOLVED_GRID 6 /* cells a side: twice the widest reach of a reconstruction */

typedef enum { KN_FLUX_RUSANOV, KN_FLUX_HLL, KN_FLUX_HLLC, KN_FLUX_ROE, KN_FLUXES } KNFluxKind;
typedef enum { KN_START_WAVES, KN_START_RIEMANN, KN_START_QUADRANTS, KN_START_RADIAL, KN_START_TURBULENCE } KNStartKind;
typedef enum { KN_SIDE_PERIODIC, KN_SIDE_OUTFLOW, KN_SIDE_REFLECTING, KN_SIDE_INFLOW } KNSideKind;

/* A number of the equation, -<pde>_<name>. */
typedef struct {
  const char *name, *help;
  PetscReal   value, lowest, highest;
} KNLawNumber;

/* A scalar field; low, high: the range in which initial states draw it. */
typedef struct {
  const char *name;
  PetscReal   low, high;
} KNLawScalar;

/* f (fields, n) through n faces from the states left, right (fields, n) at their two sides. */
typedef void (*KNFluxRow)(PetscReal *const f[], const PetscReal *const left[], const PetscReal *const right[], size_t n,
                          PetscInt axes, PetscInt axis, const PetscReal p[]);

typedef struct {
  const char *title;        /* of the options */
  const char *equation;     /* for datasets */
  PetscInt    highest_axes; /* there is a form on 1 to so many */
  PetscInt    scalars;
  KNLawScalar scalar[KN_MAX_CONSERVED];
  PetscInt    vector;                          /* place of its first component among the fields, or KN_NO_VECTOR */
  const char *component[KN_MAX_DIM];           /* names of the components */
  PetscBool   linear;                          /* a scalar moves along unchanged, by the first coefficients */
  PetscBool   positive;                        /* states whose scalars are not all positive are none */
  KNLawNumber coefficient[KN_MAX_LAW_NUMBERS]; /* ended by one without a name */
  KNLawNumber speed_scale;                     /* of vectors: velocities in units of `sound`, for initial states */

  /* w of u, u of w; (fields, n) each. NULL: u = w. */
  void (*primitive)(PetscReal *const w[], const PetscReal *const u[], size_t n, PetscInt axes, const PetscReal p[]);
  void (*conserved)(PetscReal *const u[], const PetscReal *const w[], size_t n, PetscInt axes, const PetscReal p[]);
  /* s (n): sum over the axes of the fastest wave along each, and of 2 per the diffusivity. w in the fields' own order
   */
  void (*speed)(PetscReal s[], const PetscReal *const w[], size_t n, PetscInt axes, PetscReal per, const PetscReal p[]);
  /* f of one state, exactly */
  void (*flux)(PetscReal *const f[], const PetscReal *const w[], size_t n, PetscInt axes, PetscInt axis,
               const PetscReal p[]);
  KNFluxRow riemann[KN_FLUXES]; /* NULL: there is none of this kind; Rusanov's is always there */
  /*
    Adds to f (fields, n; in the fields' own order) what diffuses through the faces between cells i - stride[axis] and i
    of a grid of spacing 1/per, with the ghost cells around; w: (fields) the first of these cells i. NULL: nothing does.
  */
  void (*diffuse)(PetscReal *const f[], const PetscReal *const w[], size_t n, const ptrdiff_t stride[], PetscInt axes,
                  PetscInt axis, PetscReal per, const PetscReal p[]);
  /* The speed of which speed_scale is a multiple, at a state in the fields' own order. NULL: 1 */
  PetscReal (*sound)(const PetscReal w[], PetscInt axes, const PetscReal p[]);

  /* Defaults of the options. */
  PetscInt   axes, grid, frames, start, flux_kind;
  KNSideKind side; /* none of inflow */
  PetscReal  length, final_time;
  PetscReal  radius_low, radius_high; /* of radial states */
} KNConservation;

/* The type of solver that an equation is: called by its KNSolverCreate_..(). law: not owned, must live on. */
PETSC_INTERN PetscErrorCode KNConservationCreate(KNSolver solver, const KNConservation *law);

#endif

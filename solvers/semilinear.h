/*
  Equations u_t = L u + N(u) on the torus [0, L)^d of 1 to 3 axes, several fields, L diagonal in Fourier modes, N a
  polynomial of the fields and their derivatives.

  Copy me: an equation is a file with a KNSemilinear, filled in at compile time, with two functions: the symbol of L,
  and the products of which N is made.

      factors   fields and first derivatives, at the points            in[0], in[1], ..
      products  a pure function of them, point by point                out[0], out[1], ..
      terms     N of a field += factor x a product, or a derivative of one

  Factors and terms of a field or an axis that is not there are left out: one table serves 1, 2 and 3 axes. The engine
  (semilinear.c) makes options, transforms, steps and frames of it. kdv.c is a short example.
*/
#ifndef KITINET_SEMILINEAR_H
#define KITINET_SEMILINEAR_H

#include "modes.h"
#include "solver_impl.h"

#define KN_MAX_COEFFICIENTS 6
#define KN_MAX_FACTORS      12
#define KN_MAX_PRODUCTS     6
#define KN_MAX_TERMS        9

/* A number of the equation, -<pde>_<name>. */
typedef struct {
  const char *name, *help;
  PetscReal   value, lowest, highest;
} KNCoefficient;

typedef struct {
  PetscInt field, axis; /* KN_NO_AXIS: the field itself */
} KNFactor;

typedef struct {
  PetscInt  field, product, axis;
  PetscReal factor;
} KNTerm;

/* What the mirror image of a solution, u(-x) along an axis, must become to be one. */
typedef enum {
  KN_MIRROR_NONE,  /* it is none */
  KN_MIRROR_EVEN,  /* u(-x) as it is */
  KN_MIRROR_ODD,   /* -u(-x) */
  KN_MIRROR_VECTOR /* the fields are a velocity, whose component along the axis changes its sign */
} KNMirror;

typedef struct {
  const char *title;             /* of the options, "Korteweg and de Vries' equation, .." */
  const char *equation;          /* for datasets */
  const char *field[KN_MAX_DIM]; /* names */
  PetscInt    fields;            /* 0: one for each axis */
  PetscInt    lowest_axes, highest_axes;
  PetscInt    degree; /* of the polynomial N; 1: there is none */
  /* two fields are the real and the imaginary part of one, u + i v. L is given for u + i v, then for u - i v */
  PetscBool paired;
  PetscBool solenoidal; /* fields are a velocity of divergence 0: N and initial states are projected on it */
  PetscBool pairs;      /* -<pde>_frames 0 makes samples (initial field u0, field at the final time) of one field */
  PetscReal force;      /* deviation of the random forces that -<pde>_forcing random adds to N; 0: there are none */
  /*
    Symmetries, of the equation and of the distribution of initial states alike. All have translations; where two fields
    are one u + i v it may turn by i. tests/verification/symmetries.c holds each against the solver.
  */
  KNMirror  mirror;
  PetscBool exchange;                             /* the axes are alike; those of a velocity with its components */
  PetscBool (*odd)(const PetscReal p[]);          /* whether -u is a solution; NULL: it is none */
  KNCoefficient coefficient[KN_MAX_COEFFICIENTS]; /* ended by one without a name */
  const char   *parameter[KN_MAX_COEFFICIENTS];   /* its name in datasets; NULL: the same */
  PetscInt      factors, products, terms;
  KNFactor      factor[KN_MAX_FACTORS];
  KNTerm        term[KN_MAX_TERMS];

  /* linear: L of a field, real and imaginary part, for one mode. p: the coefficients in their order. */
  void (*symbol)(PetscReal linear[2], PetscInt field, const PetscReal kappa[KN_MAX_DIM], const PetscReal p[]);

  /* A constant that N of a field has beside its products; NULL: none. */
  PetscReal (*constant)(PetscInt field, const PetscReal p[]);

  /* out[product], in[factor]: (points); none of them overlap. Of factors that are left out in[] is NULL. */
  void (*multiply)(PetscReal *const out[], const PetscReal *const in[], const PetscReal p[], PetscInt axes,
                   size_t points);

  /* The initial state from Gaussian random fields u[field] (points), in their place. NULL: they are it. */
  void (*initial)(PetscReal *const u[], const PetscReal p[], size_t points);

  /* Defaults of the options. */
  PetscInt  axes, grid, frames;
  PetscReal length, final_time, spin_up;
  PetscReal tolerance, unresolved; /* 0: 1e-6, 1e-3 */
  PetscReal alpha, tau;            /* of the random fields, on the unit torus in x/L: see periodic_field.h */
  PetscReal deviation;             /* of the random fields at a point, or: */
  PetscBool scaled;                /* it is the scale of periodic_field.h */
} KNSemilinear;

/* The type of solver that an equation is: called by its KNSolverCreate_..(). equation: not owned, must live on. */
PETSC_INTERN PetscErrorCode KNSemilinearCreate(KNSolver solver, const KNSemilinear *equation);

/* For odd: with any coefficients. */
static inline PetscBool kn_always(const PetscReal p[])
{
  return PETSC_TRUE;
}

/* |kappa|^2 */
static inline PetscReal kn_square(const PetscReal kappa[KN_MAX_DIM])
{
  return kappa[0] * kappa[0] + kappa[1] * kappa[1] + kappa[2] * kappa[2];
}

static inline PetscReal kn_cube(PetscReal x)
{
  return x * x * x;
}

#endif

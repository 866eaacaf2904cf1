/*
  Reaction and diffusion between walls, u_t = D Laplace u + R(u), on an interval, a square or a cube.

  Copy me: an equation is a file with a KNReaction, filled in at compile time, with a function of rows: R. The engine
  (reaction_diffusion.c) makes options, grids, sides, random starts, steps and frames of it. diffusion_reaction.c is a
  short example.
*/
#ifndef KITINET_REACTION_DIFFUSION_H
#define KITINET_REACTION_DIFFUSION_H

#include "wall_starts.h"
#include "solver_impl.h"

#define KN_MAX_REACTANTS        4 /* fields */
#define KN_MAX_REACTION_NUMBERS 6 /* coefficients */

/* A number of the equation, -<pde>_<name>. */
typedef struct {
  const char *name, *help;
  PetscReal   value, lowest, highest;
} KNReactionNumber;

typedef struct {
  const char      *title;    /* of the options */
  const char      *equation; /* for datasets */
  PetscInt         fields;
  const char      *field[KN_MAX_REACTANTS];
  KNReactionNumber coefficient[KN_MAX_REACTION_NUMBERS]; /* ended by one without a name */
  /* place of the diffusivity of each field among the coefficients, or KN_STILL: the field stays as it begins */
  PetscInt diffusivity[KN_MAX_REACTANTS];
  /* place of the standard deviation of a field that stays, a random field of mean 0; of the others it is not looked at.
     Fields that stay are the last ones */
  PetscInt deviation[KN_MAX_REACTANTS];
  /* rate = R(u): (fields, n) each; fields that stay have no rate */
  void (*react)(PetscReal *const rate[], const PetscReal *const u[], const PetscReal p[], size_t n);
  /* Whether -u is a solution where u is one. NULL: never */
  PetscBool (*odd)(const PetscReal p[]);

  /* Defaults of the options. */
  PetscInt    axes, grid, frames;
  KNBeginKind begin;
  KNWallKind  wall; /* not robin */
  PetscReal   length, final_time;
  PetscReal   low, high;  /* of starts */
  PetscReal   alpha, tau; /* of random fields */
} KNReaction;

#define KN_STILL -1

/* The type of solver that an equation is: called by its KNSolverCreate_..(). reaction: not owned, must live on. */
PETSC_INTERN PetscErrorCode KNReactionCreate(KNSolver solver, const KNReaction *reaction);

#endif

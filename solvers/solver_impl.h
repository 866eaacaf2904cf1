/* What a solver looks like from inside solvers/: the object and the table that a solver type fills in. */
#ifndef KITINET_SOLVER_IMPL_H
#define KITINET_SOLVER_IMPL_H

#include <kitinet/options.h>
#include <kitinet/solver.h>

#define KN_MAX_RANGES 8

typedef struct {
  PetscErrorCode (*setfromoptions)(KNSolver);
  PetscErrorCode (*setup)(KNSolver); /* fills problem */
  /* coefficients that are ranges have new values: what was made of them; NULL: nothing was, or there are none */
  PetscErrorCode (*update)(KNSolver);
  /* random input: kept at the solver's own resolution, and stored to input (NULL if time-dependent) */
  PetscErrorCode (*draw)(KNSolver, PetscInt64 seed, PetscInt64 sample, PetscReal input[]);
  /* given input (or initial state), on the stored grid, instead */
  PetscErrorCode (*take)(KNSolver, const PetscReal given[]);
  /* for the input that was drawn or taken */
  PetscErrorCode (*solve)(KNSolver, PetscReal output[], KNSolverReport *);
  /* output judged for the input that was taken; NULL: the type does not certify */
  PetscErrorCode (*certify)(KNSolver, const PetscReal output[], KNCertificate *, KNSolverReport *);
  /* as solve, from what output holds, which is finite; what fails is solved again from zero by the caller */
  PetscErrorCode (*refine)(KNSolver, PetscReal rtol, PetscReal output[], KNSolverReport *);
  /* of the input that was taken: KNSolverResidual(), and its adjoint at output; NULL: the type has none */
  PetscErrorCode (*residual)(KNSolver, const PetscReal output[], PetscReal residual[]);
  PetscErrorCode (*adjoint)(KNSolver, const PetscReal output[], const PetscReal z[], PetscReal gradient[]);
  PetscErrorCode (*destroy)(KNSolver);
} KNSolverOps;

/* A coefficient that differs from sample to sample: coefficient.h. */
typedef struct {
  KNRange    range;
  PetscInt   place; /* among the coefficients of the equation */
  char       name[KN_MAX_NAME], option[KN_MAX_NAME];
  PetscReal *value; /* the one in force, in the type's context */
} KNSolverRange;

struct _p_KNSolver {
  KNSolverOps   ops;
  MPI_Comm      comm;
  KNProblem     problem;
  PetscInt      max_steps;    /* in time, of a sample; 0: the type makes none, or is told how many */
  PetscInt      coefficients; /* of the equation, ranges or not */
  PetscInt      ranges;       /* of them, in the order of problem.coefficient */
  KNSolverRange range[KN_MAX_RANGES];
  void         *data; /* the type's context */
};

#define KN_MAX_STEPS 100000 /* by default, where the solver chooses their length */

/* Not collective. Whether a sample that is at time t has made max_steps (0: any number); the reason says so then. */
PETSC_INTERN PetscBool KNSolverSpent(PetscInt max_steps, PetscInt steps, PetscReal t, char reason[KN_MAX_TEXT]);

/* Raises PETSC_ERR_SUP unless fields are stored on the n points a side that they are solved on. */
PETSC_INTERN PetscErrorCode KNSolverCheckStored(KNSolver solver, PetscInt n);

#endif

/* What a solver looks like from inside solvers/: the object and the table that a solver type fills in. */
#ifndef KITINET_SOLVER_IMPL_H
#define KITINET_SOLVER_IMPL_H

#include <kitinet/solver.h>

typedef struct {
  PetscErrorCode (*setfromoptions)(KNSolver);
  PetscErrorCode (*setup)(KNSolver); /* fills problem */
  /* random input: kept at the solver's own resolution, and stored to input (NULL if time-dependent) */
  PetscErrorCode (*draw)(KNSolver, PetscInt64 seed, PetscInt64 sample, PetscReal input[]);
  /* given input (or initial state), on the stored grid, instead */
  PetscErrorCode (*take)(KNSolver, const PetscReal given[]);
  /* for the input that was drawn or taken */
  PetscErrorCode (*solve)(KNSolver, PetscReal output[], KNSolverReport *);
  PetscErrorCode (*destroy)(KNSolver);
} KNSolverOps;

struct _p_KNSolver {
  KNSolverOps ops;
  MPI_Comm    comm;
  KNProblem   problem;
  void       *data; /* the type's context */
};

#endif

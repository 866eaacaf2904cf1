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
  /* output judged for the input that was taken; NULL: the type does not certify */
  PetscErrorCode (*certify)(KNSolver, const PetscReal output[], KNCertificate *, KNSolverReport *);
  /* as solve, from what output holds, which is finite; what fails is solved again from zero by the caller */
  PetscErrorCode (*refine)(KNSolver, PetscReal rtol, PetscReal output[], KNSolverReport *);
  /* of the input that was taken: KNSolverResidual(), and its adjoint at output; NULL: the type has none */
  PetscErrorCode (*residual)(KNSolver, const PetscReal output[], PetscReal residual[]);
  PetscErrorCode (*adjoint)(KNSolver, const PetscReal output[], const PetscReal z[], PetscReal gradient[]);
  PetscErrorCode (*destroy)(KNSolver);
} KNSolverOps;

struct _p_KNSolver {
  KNSolverOps ops;
  MPI_Comm    comm;
  KNProblem   problem;
  void       *data; /* the type's context */
};

/* Raises PETSC_ERR_SUP unless fields are stored on the n points a side that they are solved on. */
PETSC_INTERN PetscErrorCode KNSolverCheckStored(KNSolver solver, PetscInt n);

#endif

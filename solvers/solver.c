/* Solvers: the registry and the dispatch to a type's functions. The types are the files named in solver_list.h. */
#include <kitinet/error.h>
#include "solver_impl.h"

#define KN_SOLVER(name, Suffix) PETSC_INTERN PetscErrorCode KNSolverCreate_##Suffix(KNSolver);
#include "solver_list.h"
#undef KN_SOLVER

static const char *const solver_names[] = {
#define KN_SOLVER(name, Suffix) #name,
#include "solver_list.h"
#undef KN_SOLVER
  NULL};

static PetscErrorCode (*const solver_create[])(KNSolver) = {
#define KN_SOLVER(name, Suffix) KNSolverCreate_##Suffix,
#include "solver_list.h"
#undef KN_SOLVER
};

const char *const *KNSolverNames(void)
{
  return solver_names;
}

PetscErrorCode KNSolverCreate(MPI_Comm comm, const char type[], KNSolver *solver)
{
  char     known[KN_MAX_TEXT] = "";
  PetscInt t                  = 0;

  PetscFunctionBegin;
  while (solver_names[t] && strcmp(solver_names[t], type)) t++;
  for (PetscInt i = 0; solver_names[i]; i++) {
    if (i) PetscCall(PetscStrlcat(known, ", ", sizeof(known)));
    PetscCall(PetscStrlcat(known, solver_names[i], sizeof(known)));
  }
  PetscCheck(solver_names[t], PETSC_COMM_WORLD, KN_ERR_USAGE, "no PDE is called \"%.64s\"; choose -pde from: %s", type,
             known);

  PetscCall(PetscNew(solver));
  (*solver)->comm = comm;
  PetscCall(PetscStrncpy((*solver)->problem.pde, type, sizeof((*solver)->problem.pde)));
  PetscCall(solver_create[t](*solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverDestroy(KNSolver *solver)
{
  PetscFunctionBegin;
  if (!*solver) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall((*solver)->ops.destroy(*solver));
  PetscCall(PetscFree(*solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSetFromOptions(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(solver->ops.setfromoptions(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSetUp(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(solver->ops.setup(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverGetProblem(KNSolver solver, const KNProblem **problem)
{
  PetscFunctionBegin;
  *problem = &solver->problem;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSolve(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[], PetscReal output[],
                             KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  PetscCall(solver->ops.draw(solver, seed, sample, input));
  PetscCall(solver->ops.solve(solver, output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSolveGiven(KNSolver solver, const PetscReal given[], PetscReal output[], KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(PetscMemzero(report, sizeof(*report)));
  PetscCall(solver->ops.take(solver, given));
  PetscCall(solver->ops.solve(solver, output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

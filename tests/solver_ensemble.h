/* A solver made from options, with the arrays of one sample: what tests of ensembles share. */
#ifndef KITINET_SOLVER_ENSEMBLE_H
#define KITINET_SOLVER_ENSEMBLE_H

#include <kitinet/solver.h>

typedef struct {
  KNSolver         solver;
  const KNProblem *problem;
  PetscReal       *input, *output;
} Ensemble;

/* options: name, value, .., NULL; they hold for this ensemble only, and each must be read. */
static inline PetscErrorCode EnsembleCreate(MPI_Comm comm, const char type[], const char *const options[], Ensemble *e)
{
  PetscFunctionBegin;
  for (int i = 0; options[i]; i += 2) PetscCall(PetscOptionsSetValue(NULL, options[i], options[i + 1]));
  PetscCall(KNSolverCreate(comm, type, &e->solver));
  PetscCall(KNSolverSetFromOptions(e->solver));
  PetscCall(KNSolverSetUp(e->solver));
  for (int i = 0; options[i]; i += 2) {
    PetscBool used;

    PetscCall(PetscOptionsUsed(NULL, options[i] + 1, &used));
    PetscCheck(used, PETSC_COMM_SELF, PETSC_ERR_PLIB, "option %s was not read by the end of KNSolverSetUp()",
               options[i]);
    PetscCall(PetscOptionsClearValue(NULL, options[i]));
  }
  PetscCall(KNSolverGetProblem(e->solver, &e->problem));
  PetscCall(PetscCalloc2(KNProblemInputSize(e->problem), &e->input, KNProblemOutputSize(e->problem), &e->output));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode EnsembleDestroy(Ensemble *e)
{
  PetscFunctionBegin;
  PetscCall(PetscFree2(e->input, e->output));
  PetscCall(KNSolverDestroy(&e->solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static inline PetscErrorCode EnsembleSolve(Ensemble *e, PetscInt64 seed, PetscInt64 sample, KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCall(KNSolverSolve(e->solver, seed, sample, e->input, e->output, report));
  PetscCheck(report->converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "sample %" PetscInt64_FMT ": %s", sample,
             report->reason);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest difference of two arrays. */
static inline PetscReal Distance(const PetscReal u[], const PetscReal v[], size_t size)
{
  PetscReal distance = 0.0;

  for (size_t i = 0; i < size; i++) distance = PetscMax(distance, PetscAbsReal(u[i] - v[i]));
  return distance;
}

#endif

/* Solvers: the registry and the dispatch to a type's functions. The types are the files named in solver_list.h. */
#include <kitinet/error.h>
#include "coefficient.h"
#include "engine_options.h"
#include <math.h>

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
  char     known[4 * KN_MAX_TEXT] = "";
  PetscInt t                      = 0;

  PetscFunctionBegin;
  while (solver_names[t] && strcmp(solver_names[t], type)) t++;
  for (PetscInt i = 0; !solver_names[t] && solver_names[i]; i++) {
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
  char prefix[KN_MAX_NAME + 1];

  PetscFunctionBegin;
  PetscCall(solver->ops.setfromoptions(solver));
  if (solver->max_steps) {
    PetscCall(PetscSNPrintf(prefix, sizeof(prefix), "%s_", solver->problem.pde));
    PetscCall(KNEngineInt(prefix, "max_steps", "steps in time of a sample, one that needs more is left out", 1,
                          PETSC_MAX_INT, &solver->max_steps));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSetUp(KNSolver solver)
{
  PetscFunctionBegin;
  PetscCall(solver->ops.setup(solver));
  PetscCall(KNSolverDescribeCoefficients(solver));
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
  PetscCall(KNSolverDrawCoefficients(solver, seed, sample));
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

PetscBool KNSolverSpent(PetscInt max_steps, PetscInt steps, PetscReal t, char reason[KN_MAX_TEXT])
{
  if (!max_steps || steps < max_steps) return PETSC_FALSE;
  (void)snprintf(reason, KN_MAX_TEXT, "%d steps, the most allowed (max_steps), end at time %.6g", (int)max_steps,
                 (double)t);
  return PETSC_TRUE;
}

PetscErrorCode KNSolverCheckStored(KNSolver solver, PetscInt n)
{
  const PetscInt stored = solver->problem.output.grid.n[0];

  PetscFunctionBegin;
  PetscCheck(n == stored, solver->comm, PETSC_ERR_SUP, "fields of %" PetscInt_FMT " points, solved on %" PetscInt_FMT,
             stored, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNSolverCertifies(KNSolver solver)
{
  return (PetscBool)(solver->ops.certify && solver->ops.refine);
}

PetscErrorCode KNSolverCertify(KNSolver solver, const PetscReal given[], const PetscReal output[],
                               KNCertificate *certificate, KNSolverReport *report)
{
  PetscFunctionBegin;
  PetscCheck(KNSolverCertifies(solver), solver->comm, PETSC_ERR_SUP, "%s does not certify", solver->problem.pde);
  PetscCall(PetscMemzero(report, sizeof(*report)));
  *certificate = (KNCertificate){NAN, NAN, NAN};
  PetscCall(solver->ops.take(solver, given));
  PetscCall(solver->ops.certify(solver, output, certificate, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverRefine(KNSolver solver, const PetscReal given[], PetscReal rtol, PetscReal output[],
                              KNSolverReport *report)
{
  const size_t size   = KNProblemOutputSize(&solver->problem);
  PetscBool    finite = PETSC_TRUE;

  PetscFunctionBegin;
  PetscCheck(KNSolverCertifies(solver), solver->comm, PETSC_ERR_SUP, "%s does not refine", solver->problem.pde);
  PetscCall(PetscMemzero(report, sizeof(*report)));
  PetscCall(solver->ops.take(solver, given));
  for (size_t i = 0; i < size && finite; i++) finite = (PetscBool)!PetscIsInfOrNanReal(output[i]);
  if (finite) PetscCall(solver->ops.refine(solver, rtol, output, report));
  if (!report->converged) {
    const PetscInt wasted = report->iterations;

    PetscCall(PetscMemzero(report, sizeof(*report)));
    PetscCall(solver->ops.solve(solver, output, report));
    report->retried = PETSC_TRUE;
    report->iterations += wasted;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool KNSolverHasResidual(KNSolver solver)
{
  return (PetscBool)(solver->ops.residual && solver->ops.adjoint);
}

PetscErrorCode KNSolverResidual(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                PetscReal residual[])
{
  PetscFunctionBegin;
  PetscCheck(KNSolverHasResidual(solver), solver->comm, PETSC_ERR_SUP, "%s has no residual", solver->problem.pde);
  PetscCall(solver->ops.take(solver, given));
  PetscCall(solver->ops.residual(solver, output, residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverResidualAdjoint(KNSolver solver, const PetscReal given[], const PetscReal output[],
                                       const PetscReal z[], PetscReal gradient[])
{
  PetscFunctionBegin;
  PetscCheck(KNSolverHasResidual(solver), solver->comm, PETSC_ERR_SUP, "%s has no residual", solver->problem.pde);
  PetscCall(solver->ops.take(solver, given));
  PetscCall(solver->ops.adjoint(solver, output, z, gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscReal Norm(const PetscReal z[], size_t n)
{
  PetscReal sum = 0;

  for (size_t i = 0; i < n; i++) sum += z[i] * z[i];
  return PetscSqrtReal(sum);
}

PetscErrorCode KNSolverMisfit(KNSolver solver, const PetscReal given[], const PetscReal output[], PetscReal *misfit,
                              PetscReal gradient[], PetscReal work[])
{
  const size_t size = KNProblemOutputSize(&solver->problem);
  PetscReal    scale, norm;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(gradient, size));
  PetscCall(KNSolverResidual(solver, given, gradient, work));
  scale = Norm(work, size);
  PetscCall(KNSolverResidual(solver, given, output, work));
  norm    = Norm(work, size);
  *misfit = norm > 0 ? norm / scale : 0;
  for (size_t i = 0; i < size && norm > 0; i++) work[i] /= norm * scale;
  PetscCall(KNSolverResidualAdjoint(solver, given, output, work, gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

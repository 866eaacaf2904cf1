/* Diffusion and reaction: -nu u'' + k u = 1 on [0, 1], u = 0 at both ends; k the exponential of a Gaussian random
 * field. Finite differences, order 2. */
#include <kitinet/field.h>
#include <kitinet/options.h>
#include "solver_impl.h"

typedef struct {
  PetscInt      n; /* cells */
  PetscReal     nu;
  KNRandomField field;
  PetscReal    *k, *w; /* (n) the sample's reaction rate; workspace */
} Reaction;

static PetscErrorCode KNSolverSetFromOptions_Reaction(KNSolver solver)
{
  Reaction *d = (Reaction *)solver->data;

  PetscCall(KNOptionsHead("Diffusion and reaction, -nu u'' + k u = 1"));
  PetscCall(KNOptionsInt("-reaction_grid", "cells", 4, 65536, &d->n));
  PetscCall(KNOptionsReal("-reaction_diffusivity", "nu", 1e-6, 1e6, &d->nu));
  return KNRandomFieldSetFromOptions(d->field);
}

static PetscErrorCode KNSolverSetUp_Reaction(KNSolver solver)
{
  Reaction *d = (Reaction *)solver->data;

  solver->problem = (KNProblem){.pde        = "reaction",
                                .equation   = "-nu u'' + k u = 1",
                                .boundary   = "u = 0",
                                .input      = {.fields = 1, .field = {{.name = "k", .unit = "1"}}},
                                .output     = {.fields = 1, .field = {{.name = "u", .unit = "1"}}},
                                .parameters = 1,
                                .parameter  = {{"nu", "1", d->nu}}};
  KNProblemSetGrid(&solver->problem, KNGridMake(1, &d->n, KN_POINTS_CELLS));
  PetscCall(PetscMalloc2(d->n, &d->k, d->n, &d->w));
  return KNRandomFieldSetUp(d->field, d->n);
}

static PetscErrorCode KNSolverTake_Reaction(KNSolver solver, const PetscReal k[])
{
  return PetscArraycpy(((Reaction *)solver->data)->k, k, ((Reaction *)solver->data)->n);
}

static PetscErrorCode KNSolverDraw_Reaction(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal k[])
{
  Reaction *d = (Reaction *)solver->data;

  PetscCall(KNRandomFieldDraw(d->field, seed, sample, 0)); /* a pure function of seed and sample */
  PetscCall(KNRandomFieldEvaluate(d->field, &solver->problem.output.grid, k));
  for (PetscInt i = 0; i < d->n; i++) k[i] = PetscExpReal(2.0 * k[i]);
  return KNSolverTake_Reaction(solver, k);
}

/* Elimination in the tridiagonal matrix, -c beside the diagonal; beyond an end u continues with the opposite sign. */
static PetscErrorCode KNSolverSolve_Reaction(KNSolver solver, PetscReal u[], KNSolverReport *report)
{
  Reaction       *d = (Reaction *)solver->data;
  const PetscReal c = d->nu * (PetscReal)d->n * (PetscReal)d->n;

  for (PetscInt i = 0; i < d->n; i++) {
    const PetscReal diagonal = (i == 0 || i == d->n - 1 ? 3.0 : 2.0) * c + d->k[i] - (i ? c * d->w[i - 1] : 0.0);

    d->w[i] = c / diagonal;
    u[i]    = (1.0 + (i ? c * u[i - 1] : 0.0)) / diagonal;
  }
  for (PetscInt i = d->n - 2; i >= 0; i--) u[i] += d->w[i] * u[i + 1];
  report->converged = PETSC_TRUE; /* an iterative solver may fail: false, and report->reason */
  return PETSC_SUCCESS;
}

static PetscErrorCode KNSolverDestroy_Reaction(KNSolver solver)
{
  Reaction *d = (Reaction *)solver->data;

  PetscCall(KNRandomFieldDestroy(&d->field));
  PetscCall(PetscFree2(d->k, d->w));
  return PetscFree(d);
}

PetscErrorCode KNSolverCreate_Reaction(KNSolver solver)
{
  Reaction *d;

  PetscCall(PetscNew(&d));
  d->n         = 128;
  d->nu        = 0.01;
  solver->data = d;
  solver->ops  = (KNSolverOps){.setfromoptions = KNSolverSetFromOptions_Reaction,
                               .setup          = KNSolverSetUp_Reaction,
                               .draw           = KNSolverDraw_Reaction,
                               .take           = KNSolverTake_Reaction,
                               .solve          = KNSolverSolve_Reaction,
                               .destroy        = KNSolverDestroy_Reaction};
  return KNRandomFieldCreate("reaction_field_", 1, &d->field);
}

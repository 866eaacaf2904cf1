/*
  Certificates of the cavity: the flow itself has a small residual and estimate; the estimate of a disturbed flow is its
  error to a few percent; refining ends at the solver's answer in fewer steps of Newton's method than from rest, and
  from what leads nowhere all the same.
*/
#include <kitinet/random.h>
#include "solver_ensemble.h"

static PetscReal Noise(PetscInt64 i)
{
  uint64_t word[4];

  KNRandomWords(4, KN_STREAM_TEST, i, 0, 0, 0, word);
  return 2 * KNUniform(word[0]) - 1;
}

static PetscReal RelativeDistance(const PetscReal u[], const PetscReal v[], size_t size)
{
  PetscReal distance = 0, square = 0;

  for (size_t i = 0; i < size; i++) {
    distance += PetscSqr(u[i] - v[i]);
    square += PetscSqr(v[i]);
  }
  return PetscSqrtReal(distance / square);
}

static PetscErrorCode Check(MPI_Comm comm, const char points[], const char grid[])
{
  const char *const options[] = {
    "-cavity_grid", grid, "-cavity_points", points, "-cavity_lid", "random", "-cavity_reynolds", "600", NULL};
  Ensemble       flow;
  KNSolverReport rest, report;
  KNCertificate  certificate;
  PetscReal     *offered;
  size_t         size;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(comm, "cavity", options, &flow));
  PetscCall(EnsembleSolve(&flow, 1, 3, &rest));
  size = KNProblemOutputSize(flow.problem);
  /* for the stored lid: drawn lids are known between the points, too */
  PetscCall(KNSolverSolveGiven(flow.solver, flow.input, flow.output, &rest));
  PetscCall(PetscMalloc1(size, &offered));

  /* stored fields are interpolated, so that the flow is met again to O(h^2) */
  PetscCall(KNSolverCertify(flow.solver, flow.input, flow.output, &certificate, &report));
  PetscCheck(report.converged && certificate.estimate < 0.02 && PetscIsNanReal(certificate.bound), PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "%s: the flow has residual %g, estimate %g", points, (double)certificate.residual,
             (double)certificate.estimate);

  for (int kind = 0; kind < 3; kind++) {
    const PetscInt r = flow.problem->output.grid.n[0];
    PetscReal      error;

    for (size_t i = 0; i < size; i++) {
      const PetscReal x = ((PetscReal)(i % (size_t)(r * r) / (size_t)r) + 0.5) / (PetscReal)r,
                      y = ((PetscReal)(i % (size_t)r) + 0.5) / (PetscReal)r;
      /* a whirl that walls know nothing of */
      const PetscReal whirl = PetscSinReal(2 * PETSC_PI * x) * PetscSinReal(2 * PETSC_PI * y);

      offered[i] = flow.output[i] + (kind == 0 ? 0.02 * whirl : kind == 1 ? 0.02 * Noise((PetscInt64)i) : 0);
      if (kind == 2) offered[i] = 30 * Noise((PetscInt64)i);
    }
    error = RelativeDistance(offered, flow.output, 2 * (size_t)(r * r));
    if (kind < 2) {
      PetscCall(KNSolverCertify(flow.solver, flow.input, offered, &certificate, &report));
      PetscCheck(report.converged && PetscAbsReal(certificate.estimate / error - 1) < 0.3, PETSC_COMM_SELF,
                 PETSC_ERR_PLIB, "%s, disturbance %d: estimate %g, true error %g", points, kind,
                 (double)certificate.estimate, (double)error);
    }
    PetscCall(KNSolverRefine(flow.solver, flow.input, 1e-10, offered, &report));
    PetscCheck(report.converged && (kind == 2 || !report.retried), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, disturbance %d: %s", points, kind, report.reason);
    PetscCheck(kind == 2 || report.iterations < rest.iterations, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, disturbance %d: %" PetscInt_FMT " steps, from rest %" PetscInt_FMT, points, kind, report.iterations,
               rest.iterations);
    PetscCheck(RelativeDistance(offered, flow.output, size) < 1e-8, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, disturbance %d ends %g from the flow", points, kind,
               (double)RelativeDistance(offered, flow.output, size));
  }
  PetscCall(PetscFree(offered));
  PetscCall(EnsembleDestroy(&flow));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Check(PETSC_COMM_WORLD, "cells", "64"));
  PetscCall(Check(PETSC_COMM_SELF, "nodes", "65"));
  PetscCall(PetscFinalize());
  return 0;
}

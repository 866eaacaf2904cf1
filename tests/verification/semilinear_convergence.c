/*
  The schemes in time have their order, for real and imaginary L, and their control of the error does what it says: with
  one step in each interval between frames the error falls by 2^order where steps are halved; with smaller tolerances it
  falls with them. A tolerance of 0.1 lets any step pass.

  Adams's steps have order 6. What the four of order 4 do that begin shows on the other two equations, as order 5; there
  he must be five times as accurate as Runge and Kutta, by half the evaluations.
*/
#include "semilinear_test.h"

#define POINTS 64

/* The last frame of sample 1 in `frames` frames. */
static PetscErrorCode Solve(const char pde[], const char scheme[], const char frames[], const char tolerance[],
                            PetscReal u[POINTS], PetscInt *steps)
{
  const char *const length = strcmp(pde, "kdv") ? "20" : "40";
  Ensemble          e;
  KNSolverReport    report;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(
    PETSC_COMM_SELF, pde,
    (const char *const[]){"grid",    "192",  "resolution",  "64",   "length",      length,    "final_time", "1",
                          "spin_up", "0",    "field_alpha", "12",   "field_scale", "0.5",     "dt",         "1",
                          "scheme",  scheme, "frames",      frames, "tolerance",   tolerance, NULL},
    &e));
  PetscCall(EnsembleSolve(&e, 3, 1, &report));
  PetscCall(PetscArraycpy(u, e.output + (size_t)(e.problem->frames - 1) * POINTS, POINTS));
  *steps = report.iterations;
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* last: the error of the finest steps but one. */
static PetscErrorCode CheckOrder(const char pde[], const char scheme[], PetscReal order, const PetscReal exact[],
                                 PetscReal *last)
{
  static const char *const frames[] = {"17", "33", "65", "129"};
  PetscReal                u[POINTS], error[4];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    PetscInt steps;

    PetscCall(Solve(pde, scheme, frames[i], "0.1", u, &steps));
    PetscCheck(steps == 16 << i, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s: %" PetscInt_FMT " steps in %d intervals",
               pde, scheme, steps, 16 << i);
    error[i] = Distance(u, exact, POINTS);
  }
  *last = error[2];
  /* the coarsest steps may be outside of the asymptotic range, the finest below the error of the exact solution */
  for (int i = error[2] > 1e-9 ? 2 : 1; i < (error[2] > 1e-9 ? 4 : 3); i++) {
    if (order == 0.0) break;
    PetscCheck(PetscAbsReal(PetscLog2Real(error[i - 1] / error[i]) - order) < 0.6, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s: half the step brings the error from %g to %g", pde, scheme, (double)error[i - 1],
               (double)error[i]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckControl(const char pde[], const char scheme[], const PetscReal exact[])
{
  static const char *const tolerance[] = {"1e-4", "1e-6", "1e-8"};
  static const PetscReal   allowed[]   = {1e-2, 1e-4, 1e-6};
  PetscReal                u[POINTS];
  PetscInt                 steps[3];

  PetscFunctionBegin;
  for (int i = 0; i < 3; i++) {
    PetscCall(Solve(pde, scheme, "3", tolerance[i], u, &steps[i]));
    PetscCheck(Distance(u, exact, POINTS) < allowed[i], PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s: the error is %g with tolerance %s", pde, scheme, (double)Distance(u, exact, POINTS),
               tolerance[i]);
  }
  PetscCheck(steps[0] < steps[1] && steps[1] < steps[2], PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %s: %" PetscInt_FMT ", %" PetscInt_FMT ", %" PetscInt_FMT " steps with smaller tolerances", pde,
             scheme, steps[0], steps[1], steps[2]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const pdes[] = {"kuramoto_sivashinsky", "kdv", "fisher_kpp"}, *const schemes[] = {
                                                                                     "adams", "etdrk4", "imex"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(pdes); i++) {
    PetscReal exact[POINTS], other[POINTS], error[3];
    PetscInt  steps;

    PetscCall(Solve(pdes[i], "etdrk4", "2", "1e-11", exact, &steps));
    PetscCall(Solve(pdes[i], "imex", "2", "1e-10", other, &steps));
    PetscCheck(Distance(exact, other, POINTS) < 1e-5, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the schemes differ by %g",
               pdes[i], (double)Distance(exact, other, POINTS));
    for (size_t scheme = 0; scheme < PETSC_STATIC_ARRAY_LENGTH(schemes); scheme++) {
      const PetscReal order = scheme ? 4.0 : strcmp(pdes[i], "kdv") ? 0.0 : 6.0;

      PetscCall(CheckOrder(pdes[i], schemes[scheme], order, exact, &error[scheme]));
      PetscCall(CheckControl(pdes[i], schemes[scheme], exact));
    }
    PetscCheck(error[0] < 0.2 * error[1], PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: adams %g, etdrk4 %g", pdes[i],
               (double)error[0], (double)error[1]);
  }
  PetscCall(PetscFinalize());
  return 0;
}

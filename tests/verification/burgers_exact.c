/*
  Burgers' equation against the exact solution of Hopf (Comm. Pure Appl. Math. 3 (1950) 201) and Cole:

      u(x, t) = integral of (x - y)/t E dy / integral of E dy,   E(y) = exp(-(Theta(y) + (x - y)^2/(2 t))/(2 nu)),
      Theta' = u0

  over the whole line, by the trapezoidal rule, which converges spectrally. Then the convergence of the modes and of
  the steps.
*/
#include <complex.h>
#include <math.h>
#include <solver_ensemble.h>

#define MODES 171  /* of initial states: all that the solver keeps of 512 points */
#define NODES 2048 /* of the trapezoidal rule, in a period */

/* theta (NODES) of one period and the mean of u0: (n) point values. */
static PetscReal Antiderivative(PetscReal theta[], const PetscReal u0[], PetscInt n)
{
  double complex modes[MODES];

  for (PetscInt k = 0; k < PetscMin(MODES, (n + 1) / 2); k++) {
    modes[k] = 0.0;
    for (PetscInt i = 0; i < n; i++) modes[k] += u0[i] / n * cexp(CMPLX(0.0, -2.0 * PETSC_PI * k * i / n));
  }
  for (PetscInt j = 0; j < NODES; j++) {
    theta[j] = 0.0;
    for (PetscInt k = 1; k < PetscMin(MODES, (n + 1) / 2); k++)
      theta[j] +=
        2.0 * creal(modes[k] / CMPLX(0.0, 2.0 * PETSC_PI * k) * cexp(CMPLX(0.0, 2.0 * PETSC_PI * k * j / NODES)));
  }
  return creal(modes[0]);
}

/*
  u at x = node/NODES and time t; theta without the mean, which moves the frame. The Gaussian is cut where E <
  exp(-50) of its largest value.
*/
static PetscReal ColeHopf(const PetscReal theta[], PetscReal mean, PetscReal nu, PetscInt node, PetscReal t)
{
  const PetscInt center  = node - (PetscInt)(NODES * mean * t); /* the foot of x on the line that moves with the mean */
  PetscReal      highest = theta[0], lowest = theta[0], top = 0.0, bottom = 0.0;
  PetscInt       reach;

  for (PetscInt j = 0; j < NODES; j++) {
    highest = PetscMax(highest, theta[j]);
    lowest  = PetscMin(lowest, theta[j]);
  }
  reach = (PetscInt)(NODES * PetscSqrtReal(2.0 * t * (100.0 * nu + highest - lowest))) + 1;
  for (PetscInt j = center - reach; j <= center + reach; j++) {
    const PetscReal distance = (PetscReal)(node - j) / NODES - mean * t;
    const PetscReal e =
      PetscExpReal(-(theta[((j % NODES) + NODES) % NODES] - lowest + distance * distance / (2.0 * t)) / (2.0 * nu));

    top += (distance / t + mean) * e;
    bottom += e;
  }
  return top / bottom;
}

/* The relative L2 error of u (n) at time t, on 32 points or all of them. */
static PetscReal ErrorOf(const PetscReal u[], const PetscReal u0[], PetscInt n, PetscReal nu, PetscReal t)
{
  PetscReal theta[NODES], mean = Antiderivative(theta, u0, n), error = 0.0, norm = 0.0;

  for (PetscInt i = 0; i < n; i += PetscMax(1, n / 32)) {
    const PetscReal exact = ColeHopf(theta, mean, nu, i * (NODES / n), t);

    error += PetscSqr(u[i] - exact);
    norm += PetscSqr(exact);
  }
  return PetscSqrtReal(error / norm);
}

/* Random initial states; options must agree with nu and t. */
static PetscErrorCode CheckDrawn(const char *const options[], PetscReal nu, PetscReal t)
{
  Ensemble e;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "burgers", options, &e));
  for (PetscInt64 sample = 0; sample < 3; sample++) {
    KNSolverReport report;
    PetscReal      error;

    PetscCall(EnsembleSolve(&e, 4, sample, &report));
    error = ErrorOf(e.output, e.input, e.problem->output.grid.n[0], nu, t);
    PetscCheck(error < 2e-9, PETSC_COMM_SELF, PETSC_ERR_PLIB, "nu = %g, sample %" PetscInt64_FMT ": the error is %g",
               (double)nu, sample, (double)error);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u0 = mean + amplitude sin(2 pi x) on n points: the error and what the solver says of it. */
static PetscErrorCode Sine(const char *const options[], PetscReal mean, PetscReal amplitude, PetscReal nu, PetscReal t,
                           PetscReal *error, KNSolverReport *report)
{
  Ensemble e;
  PetscInt n;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, "burgers", options, &e));
  n = e.problem->output.grid.n[0];
  for (PetscInt i = 0; i < n; i++) e.input[i] = mean + amplitude * PetscSinReal(2.0 * PETSC_PI * i / n);
  PetscCall(KNSolverSolveGiven(e.solver, e.input, e.output, report));
  *error = ErrorOf(e.output, e.input, n, nu, t);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Exponential convergence in the modes: the error falls faster than any power of n; what is not resolved is reported.
*/
static PetscErrorCode CheckModes(void)
{
  static const char *const grids[] = {"32", "64", "128", "256"};
  PetscReal                error[4];

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    KNSolverReport report;

    PetscCall(Sine((const char *const[]){"-burgers_grid", grids[i], "-burgers_viscosity", "0.02", "-burgers_final_time",
                                         "0.25", NULL},
                   0.7, 1.0, 0.02, 0.25, &error[i], &report));
    PetscCheck(report.converged == (PetscBool)(i == 3), PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s points are%s said to resolve the shock, error %g", grids[i], report.converged ? "" : " not",
               (double)error[i]);
    PetscCall(Sine((const char *const[]){"-burgers_grid", grids[i], "-burgers_viscosity", "0.02", "-burgers_final_time",
                                         "0.25", "-burgers_unresolved", "1", NULL},
                   0.7, 1.0, 0.02, 0.25, &error[i], &report));
  }
  PetscCheck(error[1] < error[0] / 100.0 && error[2] < error[1] / 10000.0 && error[3] < 1e-9, PETSC_COMM_SELF,
             PETSC_ERR_PLIB, "errors on 32, 64, 128, 256 points: %g, %g, %g, %g", (double)error[0], (double)error[1],
             (double)error[2], (double)error[3]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* etdrk4: order 4, through the steepening; one step from frame to frame, since a tolerance of 0.1 lets any pass. */
static PetscErrorCode CheckSteps(void)
{
  static const char *const frames[] = {"26", "51", "101", "201"};
  PetscReal                before   = 0.0;

  PetscFunctionBegin;
  for (int i = 0; i < 4; i++) {
    Ensemble       e;
    KNSolverReport report;
    PetscReal      error, u0[256];

    PetscCall(
      EnsembleCreate(PETSC_COMM_SELF, "burgers",
                     (const char *const[]){"-burgers_grid", "256", "-burgers_viscosity", "0.02", "-burgers_final_time",
                                           "0.5", "-burgers_tolerance", "0.1", "-burgers_dt", "0.5", "-burgers_scheme",
                                           "etdrk4", "-burgers_frames", frames[i], NULL},
                     &e));
    for (PetscInt j = 0; j < 256; j++) u0[j] = 0.7 + PetscSinReal(2.0 * PETSC_PI * j / 256);
    PetscCall(KNSolverSolveGiven(e.solver, u0, e.output, &report));
    PetscCheck(report.converged && report.iterations == e.problem->frames - 1, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%" PetscInt_FMT " steps in %" PetscInt_FMT " frames; %s", report.iterations, e.problem->frames,
               report.reason);
    error = ErrorOf(e.output + 256 * (size_t)(e.problem->frames - 1), u0, 256, 0.02, 0.5);
    PetscCheck(!i || PetscAbsReal(PetscLog2Real(before / error) - 4.0) < 0.1, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "twice the steps, %s, bring the error from %g to %g: order %g", frames[i], (double)before, (double)error,
               (double)PetscLog2Real(before / error));
    before = error;
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A first step far too long for so fast a flow. */
static PetscErrorCode CheckFast(void)
{
  KNSolverReport report;
  PetscReal      error;

  PetscFunctionBegin;
  PetscCall(
    Sine((const char *const[]){"-burgers_grid", "1024", "-burgers_final_time", "0.5", "-burgers_dt", "0.5", NULL}, 0.7,
         20.0, 0.1, 0.5, &error, &report));
  PetscCheck(report.converged && error < 1e-9, PETSC_COMM_SELF, PETSC_ERR_PLIB, "error %g; %s", (double)error,
             report.reason);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckDrawn((const char *const[]){"-burgers_grid", "512", NULL}, 0.1, 1.0));
  PetscCall(CheckDrawn((const char *const[]){"-burgers_grid", "512", "-burgers_viscosity", "0.01",
                                             "-burgers_field_alpha", "4", "-burgers_field_scale", "625", NULL},
                       0.01, 1.0));
  PetscCall(CheckModes());
  PetscCall(CheckSteps());
  PetscCall(CheckFast());
  PetscCall(PetscFinalize());
  return 0;
}

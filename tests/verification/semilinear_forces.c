/*
  Forces on tori: heat conduction against its exact solution in 1 to 3 axes; states that a force holds, of Burgers in 1
  and 2 axes and of Beltrami's flow in 3, whose gradients the pressure takes; the force that a sample drew, given back.
*/
#include "semilinear_test.h"

#define VISCOSITY 0.05

static PetscReal Sin(PetscReal x)
{
  return PetscSinReal(2.0 * PETSC_PI * x);
}

static PetscReal Cos(PetscReal x)
{
  return PetscCosReal(2.0 * PETSC_PI * x);
}

/* Coordinates of point s of n^axes, 0 beyond. */
static void Place(size_t s, PetscInt axes, size_t n, PetscReal x[3])
{
  x[0] = x[1] = x[2] = 0.0;
  for (PetscInt d = axes; d-- > 0; s /= n) x[d] = (PetscReal)(s % n) / (PetscReal)n;
}

/* u = 0.3 + cos(2 pi x), f = 0.2 + sin(2 pi (x + y + z)): each mode has its exponential. */
static PetscErrorCode CheckHeat(PetscInt axes)
{
  static const char *const number[] = {"1", "2", "3"};
  const PetscReal          square = PetscSqr(2.0 * PETSC_PI), slow = VISCOSITY * square, fast = slow * (PetscReal)axes;
  const size_t             n = 12;
  Ensemble                 e;
  KNSolverReport           report;
  PetscReal               *given, x[3], off = 0.0;
  size_t                   size;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, "heat",
                             (const char *const[]){"axes", number[axes - 1], "grid", "12", "viscosity", "0.05",
                                                   "forcing", "random", "frames", "3", NULL},
                             &e));
  size = KNGridSize(&e.problem->output.grid);
  PetscCheck(KNProblemInputSize(e.problem) == size, PETSC_COMM_SELF, PETSC_ERR_PLIB, "no input for the force");
  PetscCall(PetscMalloc1(2 * size, &given));
  for (size_t s = 0; s < size; s++) {
    Place(s, axes, n, x);
    given[s]        = 0.3 + Cos(x[0]);
    given[size + s] = 0.2 + Sin(x[0] + x[1] + x[2]);
  }
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  for (PetscInt frame = 0; frame < 3; frame++) {
    const PetscReal t = 0.5 * (PetscReal)frame;

    for (size_t s = 0; s < size; s++) {
      Place(s, axes, n, x);
      off = PetscMax(off, PetscAbsReal(e.output[(size_t)frame * size + s] - 0.3 - 0.2 * t -
                                       PetscExpReal(-slow * t) * Cos(x[0]) +
                                       expm1(-fast * t) / fast * Sin(x[0] + x[1] + x[2])));
    }
  }
  PetscCheck(off < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "heat in %" PetscInt_FMT " axes: off by %g", axes,
             (double)off);
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u and f of a steady state at x, `fields` each. */
typedef void (*Steady)(PetscReal u[3], PetscReal f[3], const PetscReal x[3]);

/* u_i = 0.5 + sin(2 pi x_i): f = u u' - nu u'', along each axis. */
static void SteadyBurgers(PetscReal u[3], PetscReal f[3], const PetscReal x[3])
{
  for (int d = 0; d < 3; d++) {
    u[d] = 0.5 + Sin(x[d]);
    f[d] = u[d] * 2.0 * PETSC_PI * Cos(x[d]) + VISCOSITY * PetscSqr(2.0 * PETSC_PI) * Sin(x[d]);
  }
}

/* curl u = 2 pi u: advection is a gradient. f = 4 pi^2 nu u, and the gradient of sin(2 pi x) cos(2 pi y)/(2 pi). */
static void SteadyBeltrami(PetscReal u[3], PetscReal f[3], const PetscReal x[3])
{
  const PetscReal gradient[3] = {Cos(x[0]) * Cos(x[1]), -Sin(x[0]) * Sin(x[1]), 0.0};

  u[0] = Sin(x[2]) + 0.7 * Cos(x[1]);
  u[1] = 0.8 * Sin(x[0]) + Cos(x[2]);
  u[2] = 0.7 * Sin(x[1]) + 0.8 * Cos(x[0]);
  for (int d = 0; d < 3; d++) f[d] = VISCOSITY * PetscSqr(2.0 * PETSC_PI) * u[d] + gradient[d];
}

static PetscErrorCode CheckSteady(const char pde[], PetscInt axes, const char grid[], const char scheme[],
                                  Steady steady)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal     *given, u[3], f[3], x[3], off;
  size_t         size, n;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde,
                             (const char *const[]){"grid", grid, "length", "1", "viscosity", "0.05", "forcing",
                                                   "random", "frames", "2", "final_time", "0.2", "scheme", scheme,
                                                   "tolerance", "1e-9", NULL},
                             &e));
  n    = (size_t)e.problem->output.grid.n[0];
  size = KNGridSize(&e.problem->output.grid);
  PetscCall(PetscMalloc1(2 * (size_t)axes * size, &given));
  for (size_t s = 0; s < size; s++) {
    Place(s, axes, n, x);
    steady(u, f, x);
    for (PetscInt d = 0; d < axes; d++) {
      given[(size_t)d * size + s]          = u[d];
      given[(size_t)(axes + d) * size + s] = f[d];
    }
  }
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  off = Distance(given, e.output + (size_t)axes * size, (size_t)axes * size);
  PetscCheck(report.converged && off < 1e-7, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s: the state moves by %g; %s", pde,
             scheme, (double)off, report.reason);
  PetscCall(PetscFree(given));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A drawn sample, and the same of its first frame and its force; another force leads elsewhere. */
static PetscErrorCode CheckDrawn(const char pde[], const char grid[])
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal     *given, *drawn, off;
  size_t         frame, size;

  PetscFunctionBegin;
  PetscCall(SemilinearCreate(PETSC_COMM_SELF, pde,
                             (const char *const[]){"grid", grid, "forcing", "random", "frames", "2", "final_time",
                                                   "0.1", "unresolved", "1", NULL},
                             &e));
  size  = KNProblemOutputSize(e.problem);
  frame = size / 2;
  PetscCheck(KNProblemInputSize(e.problem) == frame, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %zu numbers of input", pde,
             KNProblemInputSize(e.problem));
  PetscCall(PetscMalloc2(size, &given, size, &drawn));
  PetscCall(EnsembleSolve(&e, 5, 2, &report));
  PetscCall(PetscArraycpy(given, e.output, frame));
  PetscCall(PetscArraycpy(given + frame, e.input, frame));
  PetscCall(PetscArraycpy(drawn, e.output, size));
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  off = Distance(drawn, e.output, size);
  PetscCheck(report.converged && off < 1e-12, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: given back, off by %g; %s", pde,
             (double)off, report.reason);
  for (size_t i = frame; i < size; i++) given[i] *= -1.0;
  PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
  off = Distance(drawn, e.output, size);
  PetscCheck(off > 1e-3, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: the force moves nothing, %g", pde, (double)off);
  PetscCall(PetscFree2(given, drawn));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  static const char *const schemes[] = {"adams", "etdrk4", "imex"};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt axes = 1; axes <= 3; axes++) PetscCall(CheckHeat(axes));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(schemes); i++) {
    PetscCall(CheckSteady("burgers", 1, "64", schemes[i], SteadyBurgers));
    PetscCall(CheckSteady("vector_burgers", 2, "32", schemes[i], SteadyBurgers));
    PetscCall(CheckSteady("navier_stokes_3d", 3, "12", schemes[i], SteadyBeltrami));
  }
  PetscCall(CheckDrawn("burgers", "64"));
  PetscCall(CheckDrawn("vector_burgers", "32"));
  PetscCall(CheckDrawn("navier_stokes_3d", "16"));
  PetscCall(PetscFinalize());
  return 0;
}

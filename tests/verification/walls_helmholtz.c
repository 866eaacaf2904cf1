/*
  Waves of one frequency: on an interval against the integral of Green's function i/(2 k) exp(i k |x - y|), which the
  open sides let out unchanged; on a square against a manufactured field that meets u_n = i k u at all sides, with a
  complex source, order 2 both; the energy that a source gives leaves through the sides.
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

#include <complex.h>

/* index 1, a source about 0.4 of width 0.05 */
static void Bump(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = 1.0;
  w[1] = PetscExpReal(-0.5 * PetscSqr((x[0] - 0.4) / 0.05));
}

/* The integral with Green's function, by the trapezoidal rule, of a source that is 0 at the ends. */
static void Sent(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal k   = 15.0;
  double complex  sum = 0.0;

  for (int i = -4000; i <= 4000; i++) {
    const PetscReal y = 0.4 + 0.4 * i / 4000.0, f = PetscExpReal(-0.5 * PetscSqr((y - 0.4) / 0.05));

    sum += 0.4 / 4000.0 * f * cexp(I * k * PetscAbsReal(x[0] - y));
  }
  sum *= I / (2.0 * k);
  w[0] = creal(sum);
  w[1] = cimag(sum);
}

/* a(x) = 1 - i k x + d x^2 has a' = -i k a at 0 and i k a at 1. */
static const PetscReal square_k = 6.0;

static double complex Factor(PetscReal x, double complex *second)
{
  const double complex d = (2.0 * I * square_k + square_k * square_k) / (2.0 - I * square_k);

  *second = 2.0 * d;
  return 1.0 - I * square_k * x + d * x * x;
}

static void Manufactured(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  double complex       second;
  const double complex u = Factor(x[0], &second) * Factor(x[1], &second);

  w[0] = creal(u);
  w[1] = cimag(u);
}

/* The source of it: real part, or imaginary part if *context. */
static void ManufacturedSource(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  double complex       second[2];
  const double complex a = Factor(x[0], &second[0]), b = Factor(x[1], &second[1]);
  const double complex f = -second[0] * b - a * second[1] - square_k * square_k * a * b;

  w[0] = 1.0;
  w[1] = *(const PetscBool *)context ? cimag(f) : creal(f);
}

/* Root mean square of what the solution for both parts of the source misses. */
static PetscErrorCode SquareError(const char grid[], PetscReal *error)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal     *given, *exact, *u;
  size_t         points;

  PetscFunctionBegin;
  PetscCall(
    WallsCreate(PETSC_COMM_SELF, "helmholtz", (const char *const[]){"grid", grid, "wavenumber", "6", NULL}, &e));
  points = KNGridSize(&e.problem->output.grid);
  PetscCall(PetscCalloc3(2 * points, &given, 2 * points, &exact, 2 * points, &u));
  for (int part = 0; part < 2; part++) {
    PetscBool imaginary = (PetscBool)part;

    Fill(&e.problem->input, ManufacturedSource, 0.0, &imaginary, given);
    PetscCall(KNSolverSolveGiven(e.solver, given, e.output, &report));
    CHECK(report.converged && report.residual < 1e-11, "residual %g: %s", (double)report.residual, report.reason);
    for (size_t i = 0; i < points; i++) { /* u += i^part (re + i im) */
      u[i] += part ? -e.output[points + i] : e.output[i];
      u[points + i] += part ? e.output[i] : e.output[points + i];
    }
  }
  Fill(&e.problem->output, Manufactured, 0.0, NULL, exact);
  *error = 0.0;
  for (size_t i = 0; i < 2 * points; i++) *error += PetscSqr(u[i] - exact[i]) / (PetscReal)points;
  *error = PetscSqrtReal(*error);
  PetscCall(PetscFree3(given, exact, u));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  -Im sum conj(u) f h^2 is what the source gives, sum over the sides of k n |u|^2 h what leaves, u there the value half
  a cell beyond the last one: u/(1 - i k n h/2).
*/
static PetscErrorCode CheckEnergy(void)
{
  const PetscInt n = 48;
  Ensemble       e;
  KNSolverReport report;
  PetscReal      given = 0.0, lost = 0.0;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "helmholtz", (const char *const[]){"grid", "48", "width", "0.1", NULL}, &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscInt  at = i * n + j, sides = (i == 0) + (i == n - 1) + (j == 0) + (j == n - 1);
      const PetscReal re = e.output[at], im = e.output[n * n + at], k = 20.0 * e.input[at], f = e.input[n * n + at];

      given += im * f / (n * n);
      lost += sides * k / n * (re * re + im * im) / (1.0 + 0.25 * k * k / (n * n));
    }
  }
  CHECK(given > 0.0 && PetscAbsReal(lost / given - 1.0) < 1e-9, "a source gives %g, of which %g leaves", (double)given,
        (double)lost);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscReal errors[2] = {0.0}, order = 0.0;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt f = 0; f < 2; f++) {
    PetscCall(OrderOf("helmholtz", (const char *const[]){"200", "400"},
                      (const char *const[]){"axes", "1", "wavenumber", "15", NULL}, Bump, Sent, NULL, f, errors,
                      &order));
    PetscCall(PetscPrintf(PETSC_COMM_SELF, "interval: errors %.1e, %.1e, order %.3f\n", (double)errors[0],
                          (double)errors[1], (double)order));
    CHECK(PetscAbsReal(order - 2.0) < 0.1 && errors[1] < 1e-4, "interval: errors %g, %g, order %g", (double)errors[0],
          (double)errors[1], (double)order);
  }
  PetscCall(SquareError("20", &errors[0]));
  PetscCall(SquareError("40", &errors[1]));
  order = PetscLog2Real(errors[0] / errors[1]);
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "square: errors %.1e, %.1e, order %.3f\n", (double)errors[0],
                        (double)errors[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.2, "square: errors %g, %g, order %g", (double)errors[0], (double)errors[1],
        (double)order);
  PetscCall(CheckEnergy());
  PetscCall(PetscFinalize());
  return 0;
}

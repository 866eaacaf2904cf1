/*
  Elasticity: a bar that hangs by one side, exact at the nodes where nu = 0, along both axes (a patch test); a
  manufactured displacement of a plate clamped all around, of constant and of varying stiffness, order 2; hard and
  soft random plates, nearly incompressible ones.
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* Force 3 along *context, modulus 2, nu = 0: u = 3/2 (x - x^2/2). */
static void Hanging(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscInt d = *(const PetscInt *)context;

  w[0] = 2.0;
  w[1] = d == 0 ? 3.0 : 0.0;
  w[2] = d == 1 ? 3.0 : 0.0;
}

static void Stretched(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscInt d = *(const PetscInt *)context;

  w[d]     = 1.5 * (x[d] - 0.5 * x[d] * x[d]);
  w[1 - d] = 0.0;
}

static PetscErrorCode CheckBar(void)
{
  PetscFunctionBegin;
  for (PetscInt d = 0; d < 2; d++) {
    Ensemble  e;
    PetscReal error[2];

    PetscCall(WallsCreate(PETSC_COMM_SELF, "elasticity",
                          (const char *const[]){"grid", "17", "poisson", "0", "sides",
                                                d ? "free,free,clamped,free" : "clamped,free,free,free", NULL},
                          &e));
    for (PetscInt f = 0; f < 2; f++) PetscCall(SolveError(&e, Hanging, Stretched, &d, f, &error[f]));
    CHECK(error[0] < 1e-9 && error[1] < 1e-9, "a hanging bar misses by %g, %g", (double)error[0], (double)error[1]);
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = sin(pi x) sin(pi y), v = x (1 - x) sin(2 pi y), E = 1 + *context x, nu = 0.3. */
static void Displacement(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = PetscSinReal(PETSC_PI * x[0]) * PetscSinReal(PETSC_PI * x[1]);
  w[1] = x[0] * (1.0 - x[0]) * PetscSinReal(2.0 * PETSC_PI * x[1]);
}

static void Force(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal p = PETSC_PI, slope = *(const PetscReal *)context, E = 1.0 + slope * x[0], nu = 0.3;
  const PetscReal mu = 0.5 / (1.0 + nu), lambda = nu / ((1.0 + nu) * (1.0 - 2.0 * nu));
  const PetscReal s = PetscSinReal(p * x[0]), c = PetscCosReal(p * x[0]), S = PetscSinReal(p * x[1]),
                  C = PetscCosReal(p * x[1]), q = x[0] * (1.0 - x[0]), dq = 1.0 - 2.0 * x[0],
                  S2 = PetscSinReal(2.0 * p * x[1]), C2 = PetscCosReal(2.0 * p * x[1]);
  const PetscReal ux = p * c * S, uy = p * s * C, vx = dq * S2, vy = 2.0 * p * q * C2;
  const PetscReal uxx = -p * p * s * S, uyy = uxx, uxy = p * p * c * C, vxx = -2.0 * S2, vyy = -4.0 * p * p * q * S2,
                  vxy = 2.0 * p * dq * C2;

  w[0] = E;
  w[1] =
    -E * ((lambda + 2.0 * mu) * uxx + lambda * vxy + mu * (uyy + vxy)) - slope * (lambda * (ux + vy) + 2.0 * mu * ux);
  w[2] = -E * ((lambda + 2.0 * mu) * vyy + lambda * uxy + mu * (vxx + uxy)) - slope * mu * (uy + vx);
}

static PetscErrorCode CheckManufactured(void)
{
  PetscFunctionBegin;
  for (int varying = 0; varying < 2; varying++) {
    PetscReal slope = varying ? 2.0 : 0.0, errors[2] = {0.0}, order = 0.0;

    for (PetscInt f = 0; f < 2; f++) {
      PetscCall(OrderOf("elasticity", (const char *const[]){"17", "33"}, (const char *const[]){NULL}, Force,
                        Displacement, &slope, f, errors, &order));
      PetscCall(PetscPrintf(PETSC_COMM_SELF, "slope %g: errors %.1e, %.1e, order %.3f\n", (double)slope,
                            (double)errors[0], (double)errors[1], (double)order));
      CHECK(PetscAbsReal(order - 2.0) < 0.15 && errors[1] < 5e-3, "slope %g: errors %g, %g, order %g", (double)slope,
            (double)errors[0], (double)errors[1], (double)order);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Random plates, hard and soft, nearly incompressible: solved without retries, and the residual is small. */
static PetscErrorCode CheckHard(void)
{
  const char *const cases[][3] = {{"2", "0.3", "clamped"},
                                  {"0.5", "0.49", "clamped"},
                                  {"1", "-0.5", "free,clamped,free,free"}};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    Ensemble       e;
    KNSolverReport report;

    PetscCall(WallsCreate(
      PETSC_COMM_SELF, "elasticity",
      (const char *const[]){"grid", "33", "contrast", cases[i][0], "poisson", cases[i][1], "sides", cases[i][2], NULL},
      &e));
    for (PetscInt64 sample = 0; sample < 3; sample++) {
      PetscCall(EnsembleSolve(&e, 1, sample, &report));
      CHECK(!report.retried && report.residual <= 1e-10, "contrast %s, nu %s: %d iterations, residual %g", cases[i][0],
            cases[i][1], (int)report.iterations, (double)report.residual);
      PetscCall(PetscPrintf(PETSC_COMM_SELF, "contrast %s, nu %s: %d iterations\n", cases[i][0], cases[i][1],
                            (int)report.iterations));
    }
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckBar());
  PetscCall(CheckManufactured());
  PetscCall(CheckHard());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Incompressible flow: vortices of Taylor and Green, periodic and between walls that let the fluid slip, order 2; a flow
  between walls that hold the fluid, kept by a manufactured force, order 2; Poiseuille's channel; a force that changes
  in time; particles that are carried along, order 2 where they are smooth, conserved, without new extrema; the
  divergence, to rounding.
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* Viscosity 0.02; wavenumbers 2 pi, or, between walls, pi. Fields: Vx, Vy, particles, fx, fy. */
static void Vortices(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal k = *(const PetscReal *)context, fall = PetscExpReal(-2.0 * 0.02 * k * k * time);

  w[0] = PetscSinReal(k * x[0]) * PetscCosReal(k * x[1]) * fall;
  w[1] = -PetscCosReal(k * x[0]) * PetscSinReal(k * x[1]) * fall;
}

static PetscErrorCode CheckOrder(const char what[], const char *const grids[2], const char *const more[], State given,
                                 State state, void *context, PetscInt f, PetscReal most)
{
  PetscReal errors[2] = {0.0}, order = 0.0;

  PetscFunctionBegin;
  PetscCall(OrderOf("incompressible", grids, more, given, state, context, f, errors, &order));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "%s, field %d: errors %.1e, %.1e, order %.3f\n", what, (int)f,
                        (double)errors[0], (double)errors[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.3 && errors[1] < most, "%s: errors %g, %g, order %g", what, (double)errors[0],
        (double)errors[1], (double)order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckVortices(void)
{
  const char *const grids[] = {"16", "32"}, *const cubes[] = {"8", "16"};
  const char *const periodic[] = {"viscosity", "0.02", "final_time", "0.5", "frames", "2", "sides", "periodic", NULL};
  const char *const slip[]     = {"viscosity", "0.02", "final_time", "0.5", "frames", "2", "sides", "slip", NULL};
  const char *const cube[]     = {"viscosity", "0.02", "final_time", "0.3",   "frames",
                                  "2",         "axes", "3",          "sides", "slip,slip,slip,slip,periodic,periodic",
                                  NULL};
  PetscReal         k          = 2.0 * PETSC_PI;

  PetscFunctionBegin;
  PetscCall(CheckOrder("vortices, periodic", grids, periodic, Vortices, Vortices, &k, 0, 0.02));
  k = PETSC_PI;
  PetscCall(CheckOrder("vortices, slip", grids, slip, Vortices, Vortices, &k, 1, 0.02));
  PetscCall(CheckOrder("vortices, cube", cubes, cube, Vortices, Vortices, &k, 0, 0.02));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stream function sin^2(pi x) sin^2(pi y)/pi, viscosity 0.05, steady by a force on particles of density 1. */
static void Held(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal p = PETSC_PI, nu = 0.05, s = PetscSinReal(p * x[0]), S = PetscSinReal(p * x[1]),
                  d = PetscSinReal(2 * p * x[0]), D = PetscSinReal(2 * p * x[1]), e = PetscCosReal(2 * p * x[0]),
                  E = PetscCosReal(2 * p * x[1]);
  /* u = s^2 D, v = -d S^2 */
  const PetscReal u = s * s * D, v = -d * S * S, ux = p * d * D, uy = 2 * p * s * s * E, vx = -2 * p * e * S * S,
                  vy = -p * d * D;

  w[0] = u;
  w[1] = v;
  w[2] = 1.0;
  w[3] = u * ux + v * uy - nu * (2 * p * p * e * D - 4 * p * p * s * s * D);
  w[4] = u * vx + v * vy - nu * (4 * p * p * d * S * S - 2 * p * p * d * E);
}

/* Between walls at the ends of y: f = 1 along x, viscosity 0.1; from rest for a long time. */
static void Channel(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = time > 0.0 ? 5.0 * x[1] * (1.0 - x[1]) : 0.0;
  w[1] = 0.0;
  w[2] = 1.0;
  w[3] = 1.0;
  w[4] = 0.0;
}

/* The whole fluid moves to and fro: V' = cos(2 pi t). */
static void Shaken(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = PetscSinReal(2.0 * PETSC_PI * time) / (2.0 * PETSC_PI);
  w[1] = 2.0 * w[0];
  w[2] = 1.0;
  w[3] = 1.0;
  w[4] = 2.0;
}

static PetscErrorCode CheckForced(void)
{
  Ensemble  e;
  PetscReal error;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < 2; f++) {
    PetscCall(CheckOrder("held between walls", (const char *const[]){"24", "48"},
                         (const char *const[]){"viscosity", "0.05", "final_time", "1", "frames", "2", NULL}, Held, Held,
                         NULL, f, 0.02));
  }
  PetscCall(CheckOrder("channel", (const char *const[]){"8", "16"},
                       (const char *const[]){"viscosity", "0.1", "final_time", "15", "frames", "2", "sides",
                                             "periodic,periodic,noslip,noslip", NULL},
                       Channel, Channel, NULL, 0, 0.02));
  PetscCall(WallsCreate(PETSC_COMM_SELF, "incompressible",
                        (const char *const[]){"grid", "8", "frequency", "1", "final_time", "0.8", "frames", "2",
                                              "sides", "periodic", "cfl", "0.1", NULL},
                        &e));
  PetscCall(SolveError(&e, Shaken, Shaken, NULL, 1, &error));
  CHECK(error < 1e-5, "a force that changes in time: error %g", (double)error);
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "force in time: error %.1e\n", (double)error));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Carried by the velocity (1, 1/2). */
static void Carried(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = 1.0;
  w[1] = 0.5;
  w[2] = 1.0 + 0.5 * PetscSinReal(2.0 * PETSC_PI * (x[0] - time)) * PetscCosReal(2.0 * PETSC_PI * (x[1] - 0.5 * time));
}

/* A random sample between walls: the sum and the range of particles, the divergence. */
static PetscErrorCode CheckParticles(void)
{
  Ensemble       e;
  KNSolverReport report;
  const size_t   points = 32 * 32;
  PetscReal      sum[2] = {0.0}, low[2] = {2.0, 2.0}, high[2] = {0.0};

  PetscFunctionBegin;
  PetscCall(CheckOrder("carried particles", (const char *const[]){"32", "64"},
                       (const char *const[]){"sides", "periodic", "final_time", "0.5", "frames", "2", NULL}, Carried,
                       Carried, NULL, 2, 0.02));
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "incompressible",
    (const char *const[]){"grid", "32", "frames", "2", "final_time", "2", "force", "3", "viscosity", "0.005", NULL},
    &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (int frame = 0; frame < 2; frame++) {
    for (size_t i = 0; i < points; i++) {
      const PetscReal x = e.output[(size_t)(frame * 5 + 2) * points + i];

      sum[frame] += x;
      low[frame]  = PetscMin(low[frame], x);
      high[frame] = PetscMax(high[frame], x);
    }
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "particles: sum to %.1e, from [%.3f, %.3f] to [%.3f, %.3f]; divergence %.1e\n",
                        (double)PetscAbsReal(sum[1] / sum[0] - 1.0), (double)low[0], (double)high[0], (double)low[1],
                        (double)high[1], (double)report.residual));
  CHECK(PetscAbsReal(sum[1] / sum[0] - 1.0) < 1e-12, "particles appear: %g, then %g", (double)sum[0], (double)sum[1]);
  CHECK(low[1] > low[0] - 1e-9 && high[1] < high[0] + 1e-9 && high[1] - low[1] > 0.1,
        "particles from [%g, %g] to [%g, %g]", (double)low[0], (double)high[0], (double)low[1], (double)high[1]);
  CHECK(report.residual < 1e-12, "divergence %g", (double)report.residual);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckVortices());
  PetscCall(CheckForced());
  PetscCall(CheckParticles());
  PetscCall(PetscFinalize());
  return 0;
}

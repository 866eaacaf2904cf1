/*
  Reaction and diffusion between walls against exact solutions:

    heat_walls           a source that is a product of eigenfunctions, with sides of all kinds in 1 to 3 axes: order 2;
                         linear fields between sides with values: exactly steady; the mean between walls that nothing
                         passes
    diffusion_reaction   a travelling front between walls: order 2
    activator_inhibitor  homogeneous fields against their ODE; the mirror image on a torus twice as wide, by another
                         solver: order 2; both schemes
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

static const char *const axes_names[] = {"", "1", "2", "3"};

/* An eigenfunction along each axis: sin(kappa x) cos(phase) + cos(kappa x) sin(phase), for a length of 1. */
typedef struct {
  PetscInt  axes;
  PetscReal kappa[3], phase[3];
} Source;

static const PetscReal nu = 0.07;

static PetscReal SourceAt(const Source *s, const PetscReal x[3])
{
  PetscReal f = 1.0;

  for (PetscInt d = 0; d < s->axes; d++) f *= PetscSinReal(s->kappa[d] * x[d] + s->phase[d]);
  return f;
}

/* u from 0 at time 0, and f. */
static void Heated(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const Source *s    = (const Source *)context;
  PetscReal     rate = 0.0;

  for (PetscInt d = 0; d < s->axes; d++) rate += nu * PetscSqr(s->kappa[d]);
  w[1] = SourceAt(s, x);
  w[0] = w[1] * (1.0 - PetscExpReal(-rate * time)) / rate;
}

/* The lowest kappa of u + l u_n = 0 at both ends: (1 - l^2 k^2) sin k + 2 l k cos k = 0 in (0, pi). */
static PetscReal RobinKappa(PetscReal l)
{
  PetscReal low = 1e-6, high = PETSC_PI;

  for (int i = 0; i < 200; i++) {
    const PetscReal k = 0.5 * (low + high);

    if ((1.0 - l * l * k * k) * PetscSinReal(k) + 2.0 * l * k * PetscCosReal(k) > 0.0) low = k;
    else high = k;
  }
  return low;
}

static PetscErrorCode CheckSource(const char sides[], PetscInt axes, const PetscReal kappa[], const PetscReal phase[])
{
  const char *const grids[] = {axes == 3 ? "8" : "16", axes == 3 ? "16" : "32"};
  const char *const more[]  = {"axes", axes_names[axes], "sides", sides,   "diffusivity", "0.07",      "frames",
                               "2",    "final_time",     "3",     "robin", "0.4",         "tolerance", "1e-9",
                               NULL};
  Source            s       = {.axes = axes};
  PetscReal         errors[2], order;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < axes; d++) {
    s.kappa[d] = kappa[d];
    s.phase[d] = phase[d];
  }
  PetscCall(OrderOf("heat_walls", grids, more, Heated, Heated, &s, 0, errors, &order));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "heat_walls, %s: errors %.1e, %.1e, order %.3f\n", sides, (double)errors[0],
                        (double)errors[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.1 && errors[1] < 0.02, "heat_walls, %s: errors %g, %g, order %g", sides,
        (double)errors[0], (double)errors[1], (double)order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSources(void)
{
  const PetscReal pi = PETSC_PI, k = RobinKappa(0.4), p = PetscAtanReal(0.4 * k); /* sin(kx) + l k cos(kx) */

  PetscFunctionBegin;
  PetscCall(CheckSource("neumann", 1, (const PetscReal[]){2 * pi}, (const PetscReal[]){pi / 2}));
  PetscCall(CheckSource("dirichlet", 1, (const PetscReal[]){2 * pi}, (const PetscReal[]){0}));
  PetscCall(CheckSource("neumann,dirichlet", 1, (const PetscReal[]){1.5 * pi}, (const PetscReal[]){pi / 2}));
  PetscCall(CheckSource("dirichlet,neumann", 1, (const PetscReal[]){1.5 * pi}, (const PetscReal[]){0}));
  PetscCall(CheckSource("robin", 1, (const PetscReal[]){k}, (const PetscReal[]){p}));
  PetscCall(CheckSource("periodic", 1, (const PetscReal[]){2 * pi}, (const PetscReal[]){0.3}));
  PetscCall(
    CheckSource("dirichlet,dirichlet,neumann,neumann", 2, (const PetscReal[]){pi, pi}, (const PetscReal[]){0, pi / 2}));
  PetscCall(CheckSource("robin,robin,dirichlet,neumann", 2, (const PetscReal[]){k, pi / 2}, (const PetscReal[]){p, 0}));
  PetscCall(CheckSource("periodic,periodic,robin,robin", 2, (const PetscReal[]){2 * pi, k}, (const PetscReal[]){1, p}));
  PetscCall(CheckSource("neumann,neumann,robin,robin,dirichlet,dirichlet", 3, (const PetscReal[]){pi, k, pi},
                        (const PetscReal[]){pi / 2, p, 0}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 0.3 + x - 2 y + z/2 between sides that say so; f = 0. */
static void Linear(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = 0.3 + x[0] - 2.0 * x[1] + 0.5 * x[2];
  w[1] = 0.0;
}

static void LinearOfOne(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = 0.3 + x[0];
  w[1] = 0.0;
}

static PetscErrorCode CheckLinear(void)
{
  /* along x: u = 0.3 at 0, u + 0.4 u_n = 1.3 + 0.4 at 1; a gradient along all axes has no constant values at sides */
  const char *const cases[][3] = {{"1", "dirichlet,robin", "0.3,1.7"},
                                  {"1", "neumann,dirichlet", "-1,1.3"},
                                  {"1", "robin,neumann", "-0.1,1"},
                                  {"2", "dirichlet,neumann,neumann,neumann", "0.3,1,0,0"},
                                  {"3", "robin,dirichlet,periodic,periodic,neumann,neumann", "-0.1,1.3,0,0,0,0"}};

  PetscFunctionBegin;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
    const char *const options[] = {"axes",      cases[i][0], "grid", "12",     "sides", cases[i][1], "side_values",
                                   cases[i][2], "robin",     "0.4",  "frames", "2",     NULL};
    Ensemble          e;
    PetscReal         error;

    PetscCall(WallsCreate(PETSC_COMM_SELF, "heat_walls", options, &e));
    PetscCall(SolveError(&e, LinearOfOne, LinearOfOne, NULL, 0, &error));
    CHECK(error < 1e-12, "%s: a linear field changes by %g", cases[i][1], (double)error);
    PetscCall(EnsembleDestroy(&e));
  }
  {
    /* the same along three axes, held by the flux through each side */
    const char *const options[] = {"axes",   "3", "grid", "12", "sides", "neumann", "side_values", "-1,1,2,-2,-0.5,0.5",
                                   "frames", "2", NULL};
    Ensemble          e;
    PetscReal         error;

    PetscCall(WallsCreate(PETSC_COMM_SELF, "heat_walls", options, &e));
    PetscCall(SolveError(&e, Linear, Linear, NULL, 0, &error));
    CHECK(error < 1e-12, "fluxes: a linear field changes by %g", (double)error);
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d/dt of the mean of u is the mean of f. */
static PetscErrorCode CheckMean(void)
{
  Ensemble       e;
  KNSolverReport report;
  PetscReal      mean[3] = {0.0};
  size_t         points;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "heat_walls",
                        (const char *const[]){"grid", "24", "sides", "neumann", "frames", "2", NULL}, &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  points = KNGridSize(&e.problem->output.grid);
  for (size_t i = 0; i < points; i++) {
    mean[0] += e.output[i] / (PetscReal)points;
    mean[1] += e.output[2 * points + i] / (PetscReal)points;
    mean[2] += e.output[points + i] / (PetscReal)points;
  }
  CHECK(PetscAbsReal(mean[1] - mean[0] - mean[2]) < 1e-13, "the mean goes from %g to %g", (double)mean[0],
        (double)mean[1]);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* nu 1e-3, rho 40: from x = 0.3. */
static void Front(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal speed = 5.0 * PetscSqrtReal(40.0 * 1e-3 / 6.0), steep = PetscSqrtReal(40.0 / 6e-3);

  w[0] = PetscSqr(1.0 / (1.0 + PetscExpReal(steep * (x[0] - 0.3 - speed * time))));
}

static PetscErrorCode CheckFront(void)
{
  PetscReal errors[2], order;

  PetscFunctionBegin;
  PetscCall(OrderOf("diffusion_reaction", (const char *const[]){"256", "512"},
                    (const char *const[]){"nu", "1e-3", "rho", "40", "final_time", "0.3", "frames", "2", "sides",
                                          "dirichlet,neumann", "side_values", "1,0", "tolerance", "1e-11", NULL},
                    Front, Front, NULL, 0, errors, &order));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "travelling front: errors %.1e, %.1e, order %.3f\n", (double)errors[0],
                        (double)errors[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.1 && errors[1] < 2e-3, "front: errors %g, %g, order %g", (double)errors[0],
        (double)errors[1], (double)order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The ODE of homogeneous fields by the classical Runge-Kutta method. */
static void Homogeneous(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscInt  steps = 2000;
  const PetscReal h     = time / (PetscReal)steps;

  w[0] = 0.8;
  w[1] = -0.4;
  for (PetscInt i = 0; i < steps && time > 0.0; i++) {
    PetscReal k[4][2];

    for (int s = 0; s < 4; s++) {
      const PetscReal a = s == 0 ? 0.0 : s == 3 ? h : 0.5 * h;
      const PetscReal u = w[0] + (s ? a * k[s - 1][0] : 0.0), v = w[1] + (s ? a * k[s - 1][1] : 0.0);

      k[s][0] = u - u * u * u - 5e-3 - v;
      k[s][1] = u - v;
    }
    for (int f = 0; f < 2; f++) w[f] += h / 6.0 * (k[0][f] + 2.0 * k[1][f] + 2.0 * k[2][f] + k[3][f]);
  }
}

static PetscErrorCode CheckHomogeneous(void)
{
  PetscFunctionBegin;
  for (int scheme = 0; scheme < 2; scheme++) {
    const char *const options[] = {
      "grid", "8", "frames", "3", "tolerance", "1e-9", "scheme", scheme ? "imex" : "etdrk4", NULL};
    Ensemble  e;
    PetscReal error;

    PetscCall(WallsCreate(PETSC_COMM_SELF, "activator_inhibitor", options, &e));
    for (PetscInt f = 0; f < 2; f++) {
      PetscCall(SolveError(&e, Homogeneous, Homogeneous, NULL, f, &error));
      CHECK(error < 1e-7, "homogeneous fields miss their ODE by %g", (double)error);
    }
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u (2, n, n) of the mirrored states at t = 0.5, by both solvers: *error is what they differ by. */
static PetscErrorCode Mirrored(const char grid[], const char twice[], PetscReal *error)
{
  Ensemble       walls, torus;
  KNSolverReport report;
  PetscReal     *u, *v;
  PetscInt       n, m;
  size_t         points;

  PetscFunctionBegin;
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "activator_inhibitor",
    (const char *const[]){"grid", grid, "frames", "2", "final_time", "0.5", "length", "0.5", "tolerance", "1e-8", NULL},
    &walls));
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "fitzhugh_nagumo",
    (const char *const[]){"grid", twice, "frames", "2", "final_time", "0.5", "length", "1", "tolerance", "1e-8", NULL},
    &torus));
  n      = walls.problem->output.grid.n[0];
  m      = 2 * n;
  points = (size_t)n * (size_t)n;
  PetscCall(PetscMalloc2(2 * points, &u, 8 * points, &v));
  for (PetscInt i = 0; i < m; i++) {
    for (PetscInt j = 0; j < m; j++) {
      const PetscInt  a = i < n ? i : m - 1 - i, b = j < n ? j : m - 1 - j;
      const PetscReal x = PETSC_PI * (a + 0.5) / n, y = PETSC_PI * (b + 0.5) / n;
      const PetscReal w[] = {0.7 * PetscCosReal(x) + 0.4 * PetscCosReal(2 * y),
                             0.5 * PetscCosReal(x) * PetscCosReal(y)};

      for (PetscInt f = 0; f < 2; f++) {
        v[(size_t)f * 4 * points + (size_t)(i * m + j)] = w[f];
        if (i < n && j < n) u[(size_t)f * points + (size_t)(i * n + j)] = w[f];
      }
    }
  }
  PetscCall(KNSolverSolveGiven(walls.solver, u, walls.output, &report));
  CHECK(report.converged, "walls: %s", report.reason);
  PetscCall(KNSolverSolveGiven(torus.solver, v, torus.output, &report));
  CHECK(report.converged, "torus: %s", report.reason);
  *error = 0.0;
  for (PetscInt f = 0; f < 2; f++) {
    for (PetscInt i = 0; i < n; i++) {
      for (PetscInt j = 0; j < n; j++) {
        const PetscReal a = walls.output[(size_t)(2 + f) * points + (size_t)(i * n + j)];
        const PetscReal b = torus.output[(size_t)(2 + f) * 4 * points + (size_t)(i * m + j)];

        *error = PetscMax(*error, PetscAbsReal(a - b));
      }
    }
  }
  PetscCall(PetscFree2(u, v));
  PetscCall(EnsembleDestroy(&walls));
  PetscCall(EnsembleDestroy(&torus));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckMirrored(void)
{
  PetscReal coarse, fine;

  PetscFunctionBegin;
  PetscCall(Mirrored("32", "64", &coarse));
  PetscCall(Mirrored("64", "128", &fine));
  PetscCall(
    PetscPrintf(PETSC_COMM_SELF, "between walls and mirrored on a torus: %.1e, %.1e\n", (double)coarse, (double)fine));
  CHECK(PetscAbsReal(PetscLog2Real(coarse / fine) - 2.0) < 0.1 && fine < 1e-3,
        "between walls and mirrored on a torus: %g, then %g", (double)coarse, (double)fine);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckSources());
  PetscCall(CheckLinear());
  PetscCall(CheckMean());
  PetscCall(CheckFront());
  PetscCall(CheckHomogeneous());
  PetscCall(CheckMirrored());
  PetscCall(PetscFinalize());
  return 0;
}

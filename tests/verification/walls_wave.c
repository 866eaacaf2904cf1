/*
  Waves against exact solutions: standing waves between sides of all kinds in 1 to 3 axes, order 2; the standing wave of
  a medium c = 1 + x, order 2. In a random medium what the leapfrog conserves, to rounding; the energy, up to order 2
  for all times; and the way back.
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

static const char *const axes_names[] = {"", "1", "2", "3"};

/* sin(kappa x + phase) along each axis, c = 1.3. */
typedef struct {
  PetscInt  axes;
  PetscReal kappa[3], phase[3];
} Standing;

static void StandingAt(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const Standing *s     = (const Standing *)context;
  PetscReal       shape = 1.0, square = 0.0;

  for (PetscInt d = 0; d < s->axes; d++) {
    shape *= PetscSinReal(s->kappa[d] * x[d] + s->phase[d]);
    square += PetscSqr(s->kappa[d]);
  }
  w[0] = shape * PetscCosReal(1.3 * PetscSqrtReal(square) * time);
  w[1] = -1.3 * PetscSqrtReal(square) * shape * PetscSinReal(1.3 * PetscSqrtReal(square) * time);
  w[2] = 1.3;
}

static PetscErrorCode CheckStanding(const char sides[], PetscInt axes, const PetscReal kappa[], const PetscReal phase[])
{
  const char *const grids[] = {axes == 3 ? "12" : "32", axes == 3 ? "24" : "64"};
  Standing          s       = {.axes = axes};

  PetscFunctionBegin;
  for (PetscInt d = 0; d < axes; d++) {
    s.kappa[d] = kappa[d];
    s.phase[d] = phase[d];
  }
  for (PetscInt f = 0; f < 2; f++) {
    PetscReal errors[2] = {0.0}, order = 0.0;

    PetscCall(
      OrderOf("wave", grids,
              (const char *const[]){"axes", axes_names[axes], "sides", sides, "frames", "2", "final_time", "0.9", NULL},
              StandingAt, StandingAt, &s, f, errors, &order));
    PetscCall(PetscPrintf(PETSC_COMM_SELF, "standing, %s: errors %.1e, %.1e, order %.3f\n", sides, (double)errors[0],
                          (double)errors[1], (double)order));
    CHECK(PetscAbsReal(order - 2.0) < 0.25 && errors[1] < 0.1, "standing, %s: errors %g, %g, order %g", sides,
          (double)errors[0], (double)errors[1], (double)order);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* (1 + x)^(-1/2) sin(mu log(1 + x)), mu log 2 = pi, mu^2 = omega^2 - 1/4: of Euler's equation ((1 + x)^2 u')' */
static void Graded(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal mu = PETSC_PI / PetscLogReal(2.0), omega = PetscSqrtReal(mu * mu + 0.25);
  const PetscReal shape = PetscSinReal(mu * PetscLogReal(1.0 + x[0])) / PetscSqrtReal(1.0 + x[0]);

  w[0] = shape * PetscCosReal(omega * time);
  w[1] = -omega * shape * PetscSinReal(omega * time);
  w[2] = 1.0 + x[0];
}

static PetscErrorCode CheckGraded(void)
{
  PetscReal errors[2] = {0.0}, order = 0.0;

  PetscFunctionBegin;
  PetscCall(OrderOf("wave", (const char *const[]){"64", "128"},
                    (const char *const[]){"axes", "1", "frames", "2", "final_time", "1", NULL}, Graded, Graded, NULL, 0,
                    errors, &order));
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "c = 1 + x: errors %.1e, %.1e, order %.3f\n", (double)errors[0],
                        (double)errors[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.1 && errors[1] < 1e-3, "c = 1 + x: errors %g, %g, order %g", (double)errors[0],
        (double)errors[1], (double)order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* K u = -div(c^2 grad u) on n x n cells of spacing 1/n: u = 0 at the ends of the first axis, no flux at the others. */
static void Stiffness(const PetscReal u[], const PetscReal c[], PetscInt n, PetscReal ku[])
{
  for (PetscInt i = 0; i < n; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscInt at       = i * n + j,
                     beside[] = {i ? at - n : -1, i + 1 < n ? at + n : -1, j ? at - 1 : -1, j + 1 < n ? at + 1 : -1};

      ku[at] = 0.0;
      for (int s = 0; s < 4; s++) {
        const PetscInt b = beside[s];

        if (b >= 0) ku[at] += 0.5 * (c[at] * c[at] + c[b] * c[b]) * n * n * (u[at] - u[b]);
        else if (s < 2) ku[at] += 2.0 * c[at] * c[at] * n * n * u[at];
      }
    }
  }
}

/* energies: of each frame, v.v/2 + u.K u/2, and with -dt^2 |K u|^2/8, over the first energy. */
static PetscErrorCode Energies(const char cfl[], PetscReal *kept, PetscReal *drift, PetscReal *back)
{
  const PetscInt n = 24, frames = 11;
  const size_t   points = 24 * 24;
  Ensemble       e;
  KNSolverReport report;
  PetscReal      first[2] = {0.0, 0.0}, ku[24 * 24], dt, *state;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "wave",
                        (const char *const[]){"grid", "24", "frames", "11", "final_time", "5", "cfl", cfl, "sides",
                                              "dirichlet,dirichlet,neumann,neumann", "contrast", "0.5", NULL},
                        &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  dt    = 5.0 / (PetscReal)report.iterations;
  *kept = *drift = 0.0;
  for (PetscInt frame = 0; frame < frames; frame++) {
    const PetscReal *u = e.output + (size_t)frame * 3 * points, *v = u + points;
    PetscReal        energy = 0.0, square = 0.0;

    Stiffness(u, u + 2 * points, n, ku);
    for (size_t i = 0; i < points; i++) {
      energy += 0.5 * v[i] * v[i] + 0.5 * u[i] * ku[i];
      square += ku[i] * ku[i];
    }
    if (!frame) {
      first[0] = energy;
      first[1] = energy - 0.125 * dt * dt * square;
    }
    *drift = PetscMax(*drift, PetscAbsReal(energy / first[0] - 1.0));
    *kept  = PetscMax(*kept, PetscAbsReal((energy - 0.125 * dt * dt * square) / first[1] - 1.0));
  }
  PetscCall(PetscMalloc1(3 * points, &state));
  PetscCall(PetscArraycpy(state, e.output + (size_t)(frames - 1) * 3 * points, 3 * points));
  for (size_t i = points; i < 2 * points; i++) state[i] = -state[i];
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCall(PetscMemzero(ku, sizeof(ku)));
  PetscCall(PetscArraycpy(ku, e.output, points));
  PetscCall(KNSolverSolveGiven(e.solver, state, e.output, &report));
  *back = Distance(ku, e.output + (size_t)(frames - 1) * 3 * points, points);
  PetscCall(PetscFree(state));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckEnergy(void)
{
  PetscReal kept[2], drift[2], back[2], order;

  PetscFunctionBegin;
  PetscCall(Energies("0.8", &kept[0], &drift[0], &back[0]));
  PetscCall(Energies("0.4", &kept[1], &drift[1], &back[1]));
  order = PetscLog2Real(drift[0] / drift[1]);
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "energy: kept to %.1e, %.1e; within %.1e, %.1e, order %.2f; back to %.1e\n",
                        (double)kept[0], (double)kept[1], (double)drift[0], (double)drift[1], (double)order,
                        (double)back[1]));
  CHECK(kept[0] < 1e-12 && kept[1] < 1e-12, "what is conserved changes by %g, %g", (double)kept[0], (double)kept[1]);
  CHECK(drift[0] < 0.1 && PetscAbsReal(order - 2.0) < 0.4, "the energy changes by %g, %g: order %g", (double)drift[0],
        (double)drift[1], (double)order);
  CHECK(back[0] < 1e-10 && back[1] < 1e-10, "the way back misses by %g", (double)back[0]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  const PetscReal pi = PETSC_PI;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckStanding("dirichlet", 1, (const PetscReal[]){2 * pi}, (const PetscReal[]){0}));
  PetscCall(CheckStanding("neumann,dirichlet", 1, (const PetscReal[]){1.5 * pi}, (const PetscReal[]){pi / 2}));
  PetscCall(CheckStanding("periodic", 1, (const PetscReal[]){2 * pi}, (const PetscReal[]){0.3}));
  PetscCall(CheckStanding("dirichlet,neumann,periodic,periodic", 2, (const PetscReal[]){pi / 2, 2 * pi},
                          (const PetscReal[]){0, 1}));
  PetscCall(CheckStanding("periodic,periodic,dirichlet,dirichlet", 2, (const PetscReal[]){2 * pi, pi},
                          (const PetscReal[]){1, 0}));
  PetscCall(CheckStanding("neumann,neumann,dirichlet,dirichlet,periodic,periodic", 3,
                          (const PetscReal[]){pi, pi, 2 * pi}, (const PetscReal[]){pi / 2, 0, 2}));
  PetscCall(CheckStanding("periodic,periodic,periodic,periodic,dirichlet,neumann", 3,
                          (const PetscReal[]){2 * pi, 2 * pi, pi / 2}, (const PetscReal[]){0, 1, 0}));
  PetscCall(CheckGraded());
  PetscCall(CheckEnergy());
  PetscCall(PetscFinalize());
  return 0;
}

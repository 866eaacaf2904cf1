/*
  The order that each scheme has where solutions are smooth, and their diffusion.

    profiles carried in 1 to 3 axes: 2 with limiters (less in the maximum, where they cut extrema), 5 with WENO5
    an isentropic vortex carried across a periodic square (Euler), all fluxes
    viscous Burgers against Cole and Hopf's solution
    shear waves and sound of a viscous gas, oblique ones too, against the linear theory

  Time steps are short where the error in space is looked at, as that in time is of order 2 or 3.
*/
#include "conservation_test.h"

static const char *const counts[] = {"", "1", "2", "3"};

static PetscErrorCode ErrorOf(const char pde[], PetscInt axes, const char n[], const char time[], const char cfl[],
                              const char *const more[], State state, void *context, PetscReal *error)
{
  const char    *options[2 * MOST_OPTIONS + 1] = {"axes",       counts[axes], "grid", n,   "frames", "2",
                                                  "final_time", time,         "cfl",  cfl, NULL};
  Ensemble       e;
  KNSolverReport report;
  int            count = 10;

  PetscFunctionBegin;
  for (int i = 0; more[i]; i++) options[count++] = more[i];
  options[count] = NULL;
  PetscCall(LawCreate(PETSC_COMM_SELF, pde, options, &e));
  PetscCall(SolveState(&e, state, context, &report, error));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s: %s", pde, report.reason);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* n cells a side, then twice as many: the order is at least `least`, the finer error at most `most`. */
static PetscErrorCode CheckOrder(const char what[], const char pde[], PetscInt axes, const char *const n[2],
                                 const char time[], const char cfl[], const char *const more[], State state,
                                 void *context, PetscReal least, PetscReal most)
{
  PetscReal coarse, fine, order;

  PetscFunctionBegin;
  PetscCall(ErrorOf(pde, axes, n[0], time, cfl, more, state, context, &coarse));
  PetscCall(ErrorOf(pde, axes, n[1], time, cfl, more, state, context, &fine));
  order = PetscLog2Real(coarse / fine);
  PetscCheck(order > least && fine < most, PETSC_COMM_SELF, PETSC_ERR_PLIB,
             "%s, %s, %d axes: errors %g, %g: order %.2f, at least %.2f, the error at most %g", what, more[1],
             (int)axes, (double)coarse, (double)fine, (double)order, (double)least, (double)most);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A profile carried by the velocity (1, 1, 1) in units of the side. */
static void Carried(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscInt axes = *(const PetscInt *)context;

  w[0] = 1.0;
  for (PetscInt d = 0; d < axes; d++) w[0] *= 1.0 + 0.5 * PetscSinReal(2.0 * PETSC_PI * (x[d] - time));
}

/* An isentropic vortex about the centre of a square of side 10, carried by (1, 1); time is until it is back: 10. */
static void Vortex(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal gamma = 1.4, strength = 5.0;
  PetscReal       y[2], r2, fall, heat;

  for (int d = 0; d < 2; d++) {
    y[d] = 10.0 * (x[d] - 0.5) - time;
    y[d] -= 10.0 * PetscFloorReal(y[d] / 10.0 + 0.5);
  }
  r2   = y[0] * y[0] + y[1] * y[1];
  fall = strength / (2.0 * PETSC_PI) * PetscExpReal(0.5 * (1.0 - r2));
  heat = 1.0 - (gamma - 1.0) / (2.0 * gamma) * fall * fall;
  w[0] = PetscPowReal(heat, 1.0 / (gamma - 1.0));
  w[1] = 1.0 - fall * y[1];
  w[2] = 1.0 + fall * y[0];
  w[3] = w[0] * heat;
}

/* u = -2 nu phi_x/phi with phi = 1 + exp(-k^2 nu t) cos(k x)/2 along the first axis of Burgers' equation. */
static void Hopf(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal nu = 0.05, k = 2.0 * PETSC_PI, fall = 0.5 * PetscExpReal(-k * k * nu * time);

  w[0] = 2.0 * nu * k * fall * PetscSinReal(k * x[0]) / (1.0 + fall * PetscCosReal(k * x[0]));
}

#define ETA  0.02
#define ZETA 0.03

/* A shear wave of small amplitude: component `of` varies along axis `along` and falls as exp(-eta k^2 t / rho). */
typedef struct {
  PetscInt axes, of, along;
} Shear;

static void ShearState(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const Shear    *s = (const Shear *)context;
  const PetscReal k = 2.0 * PETSC_PI;

  w[0] = 1.0;
  for (PetscInt d = 0; d < s->axes; d++) w[1 + d] = 0.0;
  w[1 + s->of]   = 1e-4 * PetscSinReal(k * x[s->along]) * PetscExpReal(-ETA * k * k * time);
  w[1 + s->axes] = 1.0;
}

/*
  A standing sound wave along (1, .., 1): u = A cos(k.x) e(t) along k, where e'' + D e' + c^2 k^2 e = 0 with D = k^2
  (4/3 eta + zeta), rho = 1, e(0) = 1, density undisturbed at first, e'(0) = -D. Of order A^2 it is not.
*/
static void Sound(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscInt  axes = *(const PetscInt *)context;
  const PetscReal k = 2.0 * PETSC_PI * PetscSqrtReal((PetscReal)axes), c2 = 5.0 / 3.0,
                  damping = k * k * (4.0 / 3.0 * ETA + ZETA);
  const PetscReal omega = PetscSqrtReal(c2 * k * k - 0.25 * damping * damping), a = 1e-6;
  const PetscReal fall = PetscExpReal(-0.5 * damping * time), co = PetscCosReal(omega * time),
                  si = PetscSinReal(omega * time);
  /* e, and its integral, which the density follows: rho' = k A sin(k.x) integral of e */
  const PetscReal e = fall * (co - 0.5 * damping / omega * si), integral = fall * si / omega;
  PetscReal       phase = 0.0;

  for (PetscInt d = 0; d < axes; d++) phase += 2.0 * PETSC_PI * x[d];
  w[0] = 1.0 + a * k * integral * PetscSinReal(phase);
  for (PetscInt d = 0; d < axes; d++) w[1 + d] = a * PetscCosReal(phase) * e / PetscSqrtReal((PetscReal)axes);
  w[1 + axes] = 1.0 + c2 * a * k * integral * PetscSinReal(phase);
}

static PetscErrorCode CheckAdvection(void)
{
  static const char *const grids[4][2] = {{""}, {"64", "128"}, {"32", "64"}, {"16", "32"}};
  static const PetscReal   least[]     = {1.2, 1.5, 1.5, 4.7};
  static const PetscReal   most[4][4]  = {{0.0},
                                          {3e-3, 1.5e-3, 1.2e-3, 8e-9},
                                          {0.016, 8e-3, 5e-3, 3e-7},
                                          {0.06, 0.03, 0.02, 1.2e-5}};

  PetscFunctionBegin;
  for (PetscInt axes = 1; axes <= 3; axes++) {
    for (int r = 0; r < 4; r++) {
      PetscCall(CheckOrder("profiles", "advection", axes, grids[axes], "0.5", r == 3 ? "0.05" : "0.5",
                           (const char *const[]){"reconstruction", reconstructions[r], NULL}, Carried, &axes, least[r],
                           most[axes][r]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckVortex(void)
{
  static const char *const grids[2] = {"32", "64"};
  static const PetscReal   least[] = {1.5, 1.8, 1.9, 4.8}, most[] = {9e-3, 4e-3, 2.5e-3, 2e-5};

  PetscFunctionBegin;
  for (int r = 0; r < 4; r++) {
    for (int f = 0; f < 4; f++) {
      PetscCall(CheckOrder("vortex", "euler", 2, grids, "2", r == 3 ? "0.25" : "0.5",
                           (const char *const[]){"reconstruction", reconstructions[r], "flux", fluxes[f], "length",
                                                 "10", "sides", "periodic", NULL},
                           Vortex, NULL, least[r], most[r]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckDiffusion(void)
{
  static const char *const grids[2] = {"16", "32"}, *const eta[] = {"reconstruction", "weno5", "eta", "0.02",
                                                                    "zeta",           "0.03",  NULL};

  PetscFunctionBegin;
  PetscCall(CheckOrder("viscous Burgers", "burgers_grid", 1, (const char *const[]){"64", "128"}, "0.5", "0.5",
                       (const char *const[]){"reconstruction", "mc", "viscosity", "0.05", NULL}, Hopf, NULL, 1.8,
                       1e-4));
  PetscCall(CheckOrder("viscous Burgers", "burgers_grid", 2, (const char *const[]){"32", "64"}, "0.5", "0.5",
                       (const char *const[]){"reconstruction", "weno5", "viscosity", "0.05", NULL}, Hopf, NULL, 1.8,
                       1e-4));
  for (PetscInt axes = 2; axes <= 3; axes++) {
    for (PetscInt of = 0; of < axes; of++) {
      for (PetscInt along = 0; along < axes; along++) {
        Shear shear = {axes, of, along};

        if (of == along) continue;
        PetscCall(CheckOrder("shear", "compressible", axes, grids, "0.2", "0.5", eta, ShearState, &shear, 1.8, 2e-8));
      }
    }
  }
  for (PetscInt axes = 1; axes <= 3; axes++) {
    PetscCall(CheckOrder("sound", "compressible", axes, grids, "0.2", "0.25", eta, Sound, &axes, 1.8, 2e-9));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckAdvection());
  PetscCall(CheckVortex());
  PetscCall(CheckDiffusion());
  PetscCall(PetscFinalize());
  return 0;
}

/*
  Diffusion with sorption against exact solutions where the retardation is constant, erfc(x/(2 sqrt(D t/R))), order 2;
  against 1024 cells where it is not, order 2; and the steady state, which is linear whatever is sorbed.
*/
#include "walls_test.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

/* D = 5e-4; the retardation is *context. */
static void Front(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  w[0] = time > 0.0 ? erfc(x[0] / (2.0 * PetscSqrtReal(5e-4 * time / *(const PetscReal *)context))) : 0.0;
}

/* Linear isotherm: R = 1 + (1 - phi)/phi rho_s k. */
static PetscErrorCode CheckLinear(void)
{
  PetscReal errors[2], order, retardation;

  PetscFunctionBegin;
  for (int sorbed = 0; sorbed < 2; sorbed++) {
    retardation = sorbed ? 1.0 + 0.71 / 0.29 * 3000.0 * 3.5e-4 : 1.0;
    PetscCall(OrderOf("diffusion_sorption", (const char *const[]){"64", "128"},
                      (const char *const[]){"exponent", "1", "density", "3000", "coefficient", sorbed ? "3.5e-4" : "0",
                                            "final_time", "20", "frames", "3", "tolerance", "1e-8", NULL},
                      Front, Front, &retardation, 0, errors, &order));
    PetscCall(PetscPrintf(PETSC_COMM_SELF, "R = %.3f: errors %.1e, %.1e, order %.3f\n", (double)retardation,
                          (double)errors[0], (double)errors[1], (double)order));
    CHECK(PetscAbsReal(order - 2.0) < 0.15 && errors[1] < 2e-3, "R = %g: errors %g, %g, order %g", (double)retardation,
          (double)errors[0], (double)errors[1], (double)order);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Means over 32 cells of PDEBench's problem until t = 100. */
static PetscErrorCode Sorbed(const char grid[], PetscReal u[32])
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(WallsCreate(PETSC_COMM_SELF, "diffusion_sorption",
                        (const char *const[]){"grid", grid, "resolution", "32", "final_time", "100", "frames", "2",
                                              "tolerance", "1e-8", NULL},
                        &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  PetscCall(PetscArraycpy(u, e.output + 32, 32));
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckFine(void)
{
  PetscReal fine[32], u[2][32], error[2], order;

  PetscFunctionBegin;
  PetscCall(Sorbed("1024", fine));
  PetscCall(Sorbed("64", u[0]));
  PetscCall(Sorbed("128", u[1]));
  for (int i = 0; i < 2; i++) error[i] = Distance(u[i], fine, 32);
  order = PetscLog2Real(error[0] / error[1]);
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "against 1024 cells: %.1e, %.1e, order %.3f\n", (double)error[0],
                        (double)error[1], (double)order));
  CHECK(PetscAbsReal(order - 2.0) < 0.2 && error[1] < 1e-3, "against 1024 cells: %g, %g, order %g", (double)error[0],
        (double)error[1], (double)order);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u = 2 at 0, u + D u_x = 0 at 1: u = 2 - 2 x/(1 + D). */
static PetscErrorCode CheckSteady(void)
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(WallsCreate(
    PETSC_COMM_SELF, "diffusion_sorption",
    (const char *const[]){"grid", "32", "left", "2", "final_time", "1e6", "frames", "2", "tolerance", "1e-8", NULL},
    &e));
  PetscCall(EnsembleSolve(&e, 1, 0, &report));
  for (int i = 0; i < 32; i++) {
    const PetscReal steady = 2.0 - 2.0 * (i + 0.5) / 32 / (1.0 + 5e-4);

    CHECK(PetscAbsReal(e.output[32 + i] - steady) < 1e-6, "steady at cell %d: %g, not %g", i, (double)e.output[32 + i],
          (double)steady);
  }
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckLinear());
  PetscCall(CheckFine());
  PetscCall(CheckSteady());
  PetscCall(PetscFinalize());
  return 0;
}

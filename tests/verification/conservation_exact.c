/*
  Riemann's problems of gases and of shallow water against exact solutions, for every reconstruction and flux: Sod's
  tube, a rarefaction through the speed of sound (no jump in it), two rarefactions that leave little between them,
  Stoker's dam break, Burgers' shocks and rarefactions. The error is the mean of |difference|; it falls with the
  spacing. Along any axis of 2 and 3 the solution is that of one axis.
*/
#include "conservation_test.h"

static PetscErrorCode TubeError(const char pde[], const char n[], const char time[], const char rec[],
                                const char flux[], State state, void *context, PetscReal *error)
{
  Ensemble       e;
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(LawCreate(PETSC_COMM_SELF, pde,
                      (const char *const[]){"axes", "1", "grid", n, "length", "1", "sides", "outflow", "frames", "2",
                                            "final_time", time, "reconstruction", rec, "flux", flux, NULL},
                      &e));
  PetscCall(SolveState(&e, state, context, &report, error));
  PetscCheck(report.converged && !report.retried, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s, %s: %s", pde, rec, flux,
             report.reason);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* error on 200 cells at most `most`, on 400 at most `factor` of that; whatever the scheme. */
static PetscErrorCode CheckTube(const char what[], const char pde[], const char time[], PetscInt kinds, State state,
                                void *context, PetscReal most, PetscReal factor)
{
  PetscFunctionBegin;
  for (PetscInt r = 0; r < 4; r++) {
    for (PetscInt f = 0; f < 4; f++) {
      PetscReal coarse, fine;

      if (!(kinds & (1 << f))) continue;
      PetscCall(TubeError(pde, "200", time, reconstructions[r], fluxes[f], state, context, &coarse));
      PetscCall(TubeError(pde, "400", time, reconstructions[r], fluxes[f], state, context, &fine));
      PetscCheck(coarse < most && fine < factor * coarse, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%s, %s, %s: errors %g, %g on 200, 400 cells; at most %g, %g of it", what, reconstructions[r],
                 fluxes[f], (double)coarse, (double)fine, (double)most, (double)factor);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* In a rarefaction through the speed of sound density falls without a jump: its steps are at most `most`. */
static PetscErrorCode CheckSonic(void)
{
  const Tube tube =
    {.left = {1.0, 0.75, 1.0}, .right = {0.125, 0.0, 0.1}, .gamma = 1.4, .x0 = 0.3, .length = 1.0, .axes = 1};

  PetscFunctionBegin;
  for (PetscInt f = 0; f < 4; f++) {
    Ensemble       e;
    KNSolverReport report;
    PetscReal      error, largest = 0.0;

    PetscCall(LawCreate(PETSC_COMM_SELF, "euler",
                        (const char *const[]){"axes", "1", "grid", "200", "frames", "2", "final_time", "0.2",
                                              "reconstruction", "minmod", "flux", fluxes[f], NULL},
                        &e));
    PetscCall(SolveState(&e, TubeState, (void *)&tube, &report, &error));
    for (PetscInt i = 25; i < 70; i++) { /* the fan, about the sonic point at x = 0.3 */
      largest = PetscMax(largest, PetscAbsReal(e.output[600 + i + 1] - e.output[600 + i]));
    }
    PetscCheck(report.converged && largest < 0.025, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s: density jumps by %g within a rarefaction; %s", fluxes[f], (double)largest, report.reason);
    PetscCall(EnsembleDestroy(&e));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Stoker: depth and velocity at x/t of a dam that breaks, from the depth and speed between the waves. */
static void StokerState(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal h1 = 2.0, h0 = 1.0, s = time > 0.0 ? (x[0] - 0.5) / time : (x[0] < 0.5 ? -1e9 : 1e9);
  PetscReal       low = h0, high = h1;

  /* u of the bore of depth h falls below u of the rarefaction as h rises */
  for (int i = 0; i < 200; i++) {
    const PetscReal h = 0.5 * (low + high);

    if ((h - h0) * PetscSqrtReal(0.5 * (h + h0) / (h * h0)) < 2.0 * (PetscSqrtReal(h1) - PetscSqrtReal(h))) low = h;
    else high = h;
  }
  {
    const PetscReal u = 2.0 * (PetscSqrtReal(h1) - PetscSqrtReal(low)), bore = u * low / (low - h0);

    if (s < -PetscSqrtReal(h1)) w[0] = h1, w[1] = 0.0;
    else if (s < u - PetscSqrtReal(low)) {
      w[1] = 2.0 / 3.0 * (s + PetscSqrtReal(h1));
      w[0] = PetscSqr(PetscSqrtReal(h1) - 0.5 * w[1]);
    } else if (s < bore) w[0] = low, w[1] = u;
    else w[0] = h0, w[1] = 0.0;
  }
}

/* Burgers: from -1 to 1 at x = 0.25, a rarefaction through 0; from 1 to 0 at x = 0.6, a shock of speed 1/2. */
static void BurgersState(const PetscReal x[3], PetscReal time, void *context, PetscReal w[])
{
  const PetscReal s = x[0] - 0.25;

  if (x[0] > 0.6 + 0.5 * time) w[0] = 0.0;
  else w[0] = s > time ? 1.0 : s < -time ? -1.0 : s / (time > 0.0 ? time : 1.0);
}

/* The last frame of a tube along an axis, on 24 cells a side, and the largest difference across it. */
static PetscErrorCode TubeAlong(const char rec[], const char flux[], PetscInt axes, PetscInt axis, PetscReal line[72])
{
  static const char *const names[] = {"", "1", "2", "3"}, *const cfl[] = {"", "0.1", "0.2", "0.3"};
  Tube           tube = {.left = {1.0, 0.2, 1.0}, .right = {0.125, -0.1, 0.1}, .gamma = 1.4, .x0 = 0.5, .length = 1.0};
  Ensemble       e;
  KNSolverReport report;
  PetscReal      error, across = 0.0;
  size_t         size;
  const PetscInt n = 24;

  PetscFunctionBegin;
  tube.axes = axes;
  tube.axis = axis;
  PetscCall(LawCreate(PETSC_COMM_SELF, "euler",
                      (const char *const[]){"axes", names[axes], "grid", "24", "frames", "2", "final_time", "0.1",
                                            "cfl", cfl[axes], "reconstruction", rec, "flux", flux, NULL},
                      &e));
  PetscCall(SolveState(&e, TubeState, &tube, &report, &error));
  PetscCheck(report.converged, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s", report.reason);
  size = KNGridSize(&e.problem->output.grid);
  for (int pass = 0; pass < 2; pass++) {
    for (size_t s = 0; s < size; s++) {
      PetscReal x[3] = {0.0};
      PetscInt  i;

      PointOf(e.problem, s, x);
      i = (PetscInt)(x[axis] * n);
      for (PetscInt f = 0; f < 2 + axes; f++) {
        const PetscReal value = e.output[(size_t)(2 + axes + f) * size + s];
        const PetscInt  at    = f == 0 ? i : f == axes + 1 ? 2 * n + i : n + i;

        if (f && f <= axes && f != 1 + axis) across = PetscMax(across, PetscAbsReal(value));
        else if (pass) across = PetscMax(across, PetscAbsReal(value - line[at]));
        else line[at] = value;
      }
    }
  }
  PetscCheck(across < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB, "%s, %s, axis %d of %d: differs by %g across it", rec,
             flux, (int)axis, (int)axes, (double)across);
  PetscCall(EnsembleDestroy(&e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The tube along any axis of 2 and 3 is that of one axis, but for other steps in time; along another axis the same. */
static PetscErrorCode CheckAxes(const char rec[], const char flux[])
{
  PetscReal one[72], first[72], other[72];

  PetscFunctionBegin;
  PetscCall(TubeAlong(rec, flux, 1, 0, one));
  for (PetscInt axes = 2; axes <= 3; axes++) {
    PetscCall(TubeAlong(rec, flux, axes, 0, first));
    PetscCheck(Distance(one, first, 72) < 5e-3, PETSC_COMM_SELF, PETSC_ERR_PLIB,
               "%s, %s, %d axes differ by %g from one", rec, flux, (int)axes, (double)Distance(one, first, 72));
    for (PetscInt axis = 1; axis < axes; axis++) {
      PetscCall(TubeAlong(rec, flux, axes, axis, other));
      PetscCheck(Distance(first, other, 72) < 1e-13, PETSC_COMM_SELF, PETSC_ERR_PLIB,
                 "%s, %s, %d axes: axis %d differs by %g", rec, flux, (int)axes, (int)axis,
                 (double)Distance(first, other, 72));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  Tube sod = {.left = {1.0, 0.0, 1.0}, .right = {0.125, 0.0, 0.1}, .gamma = 1.4, .x0 = 0.5, .length = 1.0, .axes = 1};
  Tube sonic =
    {.left = {1.0, 0.75, 1.0}, .right = {0.125, 0.0, 0.1}, .gamma = 1.4, .x0 = 0.3, .length = 1.0, .axes = 1};
  Tube apart = {.left = {1.0, -2.0, 0.4}, .right = {1.0, 2.0, 0.4}, .gamma = 1.4, .x0 = 0.5, .length = 1.0, .axes = 1};

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(CheckTube("Sod's tube", "euler", "0.2", 15, TubeState, &sod, 0.012, 0.65));
  PetscCall(CheckTube("a sonic rarefaction", "euler", "0.2", 15, TubeState, &sonic, 0.02, 0.65));
  PetscCall(CheckTube("two rarefactions", "euler", "0.15", 15, TubeState, &apart, 0.03, 0.8));
  PetscCall(CheckTube("Stoker's dam break", "shallow_water", "0.2", 15, StokerState, NULL, 0.01, 0.65));
  PetscCall(CheckTube("Burgers", "burgers_grid", "0.2", 11, BurgersState, NULL, 0.01, 0.65));
  PetscCall(CheckSonic());
  for (PetscInt f = 0; f < 4; f++) PetscCall(CheckAxes(reconstructions[f], fluxes[f]));
  PetscCall(PetscFinalize());
  return 0;
}

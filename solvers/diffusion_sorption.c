/*
  Diffusion through a porous medium that retards it, on an interval: PDEBench's diffusion and sorption.

    R(u) u_t = D u_xx,   R = 1 + (1 - phi)/phi rho_s k n (u + 1e-6)^(n - 1)     (Freundlich's isotherm)

    u = left at the low end, where the substance comes in;  u + D u_x = 0 at the high end (PDEBench)

  phi: porosity; rho_s: density of the grains; k, n: Freundlich's coefficient and exponent.

  Space: second differences of cells, order 2. Time: PETSc's TS, a Rosenbrock method of order 3 with error control
  (ra34pw2 of Rang and Angermann, BIT 45 (2005) 761: L-stable, one linear system a stage, no iterations that could
  fail), its tridiagonal systems by LU. Steps that fail are made again, shorter and to a smaller tolerance.

  Concentrations below 0, which steps may touch in passing, retard as 0 does; initial states have none.
*/
#include <petscdmda.h>
#include <petscts.h>
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "wall_starts.h"
#include "coefficient.h"

#define KN_SORPTION_FLOOR 1e-6 /* of u in R */
#define KN_ATTEMPTS       4    /* at an interval */
#define KN_FIRST          1e-3 /* of an interval: the first step */

typedef struct {
  PetscReal   diffusivity, porosity, density, coefficient, exponent, left;
  PetscReal   length, final_time, tolerance;
  PetscInt    frames;
  KNCells     cells;
  KNWalls     walls; /* for random fields: nothing passes */
  KNWallStart begin;
  PetscReal  *initial; /* (cells) */
  DM          interval;
  Vec         u;
  Mat         jacobian;
  TS          ts;
  PetscReal   dt; /* of the next step */
  PetscInt    steps, max_steps;
} Sorption;

/* D/R and its derivative, of the concentration u. */
static void kn_sorption_diffusivity(const Sorption *s, PetscReal u, PetscReal *d, PetscReal *slope)
{
  const PetscReal base   = PetscMax(u, 0.0) + KN_SORPTION_FLOOR;
  const PetscReal factor = (1.0 - s->porosity) / s->porosity * s->density * s->coefficient * s->exponent;
  const PetscReal power = factor * PetscPowReal(base, s->exponent - 1.0), r = 1.0 + power;

  *d     = s->diffusivity / r;
  *slope = u > 0.0 ? -*d / r * power * (s->exponent - 1.0) / base : 0.0;
}

/* Second differences of cell i, what sides say included; *inner: their derivative by u[i]. */
static PetscReal kn_sorption_laplace(const Sorption *s, const PetscReal u[], PetscInt i, PetscReal *inner)
{
  const PetscInt  n = s->cells.n;
  const PetscReal h = s->length / (PetscReal)n, per2 = 1.0 / (h * h);
  const PetscReal in = 2.0 * per2, out = 1.0 / (h * (0.5 * h + s->diffusivity)); /* half a cell to the wall */
  PetscReal       sum = 0.0;

  *inner = -2.0 * per2;
  if (i > 0) sum += per2 * u[i - 1];
  else {
    sum += in * s->left;
    *inner -= in - per2;
  }
  if (i < n - 1) sum += per2 * u[i + 1];
  else *inner -= out - per2;
  return sum + *inner * u[i];
}

/* F(u, u_t) = u_t - D/R(u) u_xx */
static PetscErrorCode KNSorptionFunction(TS ts, PetscReal t, Vec state, Vec slope, Vec residual, void *context)
{
  const Sorption  *s = (const Sorption *)context;
  const PetscReal *u, *ut;
  PetscReal       *f, d, dd, inner;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &u));
  PetscCall(VecGetArrayRead(slope, &ut));
  PetscCall(VecGetArrayWrite(residual, &f));
  for (PetscInt i = 0; i < s->cells.n; i++) {
    kn_sorption_diffusivity(s, u[i], &d, &dd);
    f[i] = ut[i] - d * kn_sorption_laplace(s, u, i, &inner);
  }
  PetscCall(VecRestoreArrayWrite(residual, &f));
  PetscCall(VecRestoreArrayRead(slope, &ut));
  PetscCall(VecRestoreArrayRead(state, &u));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSorptionJacobian(TS ts, PetscReal t, Vec state, Vec slope, PetscReal shift, Mat jacobian,
                                         Mat preconditioner, void *context)
{
  const Sorption  *s    = (const Sorption *)context;
  const PetscInt   n    = s->cells.n;
  const PetscReal  per2 = PetscSqr((PetscReal)n / s->length);
  const PetscReal *u;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(state, &u));
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt first = PetscMax(i - 1, 0), count = PetscMin(i + 1, n - 1) - first + 1;
    PetscInt       column[3];
    PetscReal      value[3], d, dd, inner, laplace;

    kn_sorption_diffusivity(s, u[i], &d, &dd);
    laplace = kn_sorption_laplace(s, u, i, &inner);
    for (PetscInt k = 0; k < count; k++) {
      column[k] = first + k;
      value[k]  = column[k] == i ? shift - d * inner - dd * laplace : -d * per2;
    }
    PetscCall(MatSetValues(preconditioner, 1, &i, count, column, value, INSERT_VALUES));
  }
  PetscCall(VecRestoreArrayRead(state, &u));
  PetscCall(MatAssemblyBegin(preconditioner, MAT_FINAL_ASSEMBLY));
  PetscCall(MatAssemblyEnd(preconditioner, MAT_FINAL_ASSEMBLY));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetFromOptions_Sorption(KNSolver solver)
{
  Sorption *s = (Sorption *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Diffusion with sorption on an interval, R(u) u_t = D u_xx"));
  PetscCall(KNOptionsInt("-diffusion_sorption_grid", "cells of the grid it is solved on", 4, 1 << 18, &s->cells.n));
  s->cells.resolution = s->cells.n;
  PetscCall(KNOptionsInt("-diffusion_sorption_resolution",
                         "cells of the stored fields, means over cells of the solve grid, whose number they divide", 4,
                         s->cells.n, &s->cells.resolution));
  PetscCheck(s->cells.n % s->cells.resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-diffusion_sorption_resolution %" PetscInt_FMT " does not divide -diffusion_sorption_grid %" PetscInt_FMT,
             s->cells.resolution, s->cells.n);
  PetscCall(KNOptionsReal("-diffusion_sorption_length", "length of the interval", 1e-3, 1e6, &s->length));
  PetscCall(KNSolverCoefficient(solver, "-diffusion_sorption_diffusivity", "effective diffusivity D", "D", 1e-12, 1e3,
                                &s->diffusivity));
  PetscCall(
    KNSolverCoefficient(solver, "-diffusion_sorption_porosity", "porosity phi", "porosity", 1e-6, 1.0, &s->porosity));
  PetscCall(KNSolverCoefficient(solver, "-diffusion_sorption_density", "density rho_s of the grains", "rho_s", 0.0, 1e9,
                                &s->density));
  PetscCall(KNSolverCoefficient(solver, "-diffusion_sorption_coefficient", "coefficient k of the isotherm", "k_f", 0.0,
                                1e9, &s->coefficient));
  PetscCall(KNSolverCoefficient(solver, "-diffusion_sorption_exponent", "exponent n of the isotherm", "n_f", 1e-3, 10.0,
                                &s->exponent));
  PetscCall(KNSolverCoefficient(solver, "-diffusion_sorption_left", "concentration at the low end", "left", 0.0, 1e6,
                                &s->left));
  PetscCall(KNOptionsReal("-diffusion_sorption_final_time", "time of the last frame", 1e-9, 1e12, &s->final_time));
  PetscCall(KNOptionsInt("-diffusion_sorption_frames", "number of frames, equally spaced; the first is at time 0", 2,
                         100000, &s->frames));
  PetscCall(
    KNOptionsReal("-diffusion_sorption_tolerance", "error of one step, of a field of 1", 1e-12, 0.1, &s->tolerance));
  PetscCall(KNWallStartOptions("diffusion_sorption_", &s->begin));
  PetscCheck(s->begin.low >= 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-diffusion_sorption_low is %.6g: concentrations are not negative", (double)s->begin.low);
  PetscCheck(s->begin.kind != KN_BEGIN_NOISE, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-diffusion_sorption_initial noise has negative concentrations: choose field, constant or waves");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. No symmetries: the ends differ. */
static PetscErrorCode KNSolverDescribe_Sorption(KNSolver solver)
{
  Sorption         *s            = (Sorption *)solver->data;
  KNProblem        *p            = &solver->problem;
  const KNParameter parameters[] = {
    {.name = "D", .unit = "1", .value = s->diffusivity}, {.name = "porosity", .unit = "1", .value = s->porosity},
    {.name = "rho_s", .unit = "1", .value = s->density}, {.name = "k_f", .unit = "1", .value = s->coefficient},
    {.name = "n_f", .unit = "1", .value = s->exponent},  {.name = "left", .unit = "1", .value = s->left},
    {.name = "L", .unit = "1", .value = s->length}};

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, "R(u) u_t = D u_xx, R = 1 + (1 - phi)/phi rho_s k n (u + 1e-6)^(n - 1)",
                         sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, "[0, L]: u = left, u + D u_x = 0", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNCellsGrid(&s->cells));
  p->frames          = s->frames;
  p->output.fields   = 1;
  p->output.field[0] = (KNField){.name = "u", .unit = "1"};
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(parameters); i++) p->parameter[p->parameters++] = parameters[i];
  KNWallStartDescribe(&s->begin, p);
  PetscCall(PetscMalloc1(s->frames, &p->times));
  for (PetscInt frame = 0; frame < s->frames; frame++) {
    p->times[frame] = s->final_time * (PetscReal)frame / (PetscReal)(s->frames - 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Sorption(KNSolver solver)
{
  const KNWall closed[2] = {{.kind = KN_WALL_NEUMANN}, {.kind = KN_WALL_NEUMANN}};
  Sorption    *s         = (Sorption *)solver->data;
  SNES         snes;
  KSP          ksp;
  PC           pc;

  PetscFunctionBegin;
  s->max_steps = solver->max_steps;
  PetscCall(KNCellsSetUp(solver->comm, "diffusion_sorption_", &s->cells));
  PetscCall(KNWallsCreate(&s->cells, (PetscReal)s->cells.n / s->length, closed, &s->walls));
  PetscCall(KNWallStartCreate(&s->cells, s->walls, closed, &s->begin));
  PetscCall(KNMalloc(s->cells.size, sizeof(PetscReal), &s->initial));
  PetscCall(DMDACreate1d(solver->comm, DM_BOUNDARY_NONE, s->cells.n, 1, 1, NULL, &s->interval));
  PetscCall(DMSetUp(s->interval));
  PetscCall(DMCreateGlobalVector(s->interval, &s->u));
  PetscCall(DMCreateMatrix(s->interval, &s->jacobian));
  PetscCall(TSCreate(solver->comm, &s->ts));
  PetscCall(TSSetType(s->ts, TSROSW));
  PetscCall(TSRosWSetType(s->ts, TSROSWRA34PW2));
  PetscCall(TSSetIFunction(s->ts, NULL, KNSorptionFunction, s));
  PetscCall(TSSetIJacobian(s->ts, s->jacobian, s->jacobian, KNSorptionJacobian, s));
  PetscCall(TSSetExactFinalTime(s->ts, TS_EXACTFINALTIME_MATCHSTEP));
  PetscCall(TSSetErrorIfStepFails(s->ts, PETSC_FALSE));
  PetscCall(TSGetSNES(s->ts, &snes));
  PetscCall(SNESSetType(snes, SNESKSPONLY));
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(KSPSetType(ksp, KSPPREONLY));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(PCFactorSetMatOrderingType(pc, MATORDERINGNATURAL));
  PetscCall(TSSetSolution(s->ts, s->u));
  PetscCall(TSSetUp(s->ts));
  PetscCall(KNSolverDescribe_Sorption(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Sorption(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Sorption *s = (Sorption *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNWallStartDraw(&s->begin, seed, sample, 0, s->initial));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Sorption(KNSolver solver, const PetscReal given[])
{
  Sorption *s = (Sorption *)solver->data;

  PetscFunctionBegin;
  KNCellsTake(&s->cells, given, s->initial);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From state (cells) at time t over an interval; what fails is tried again with less of everything. */
static PetscErrorCode KNSorptionAdvance(Sorption *s, PetscReal state[], PetscReal t, PetscReal interval,
                                        KNSolverReport *report)
{
  TSConvergedReason reason  = TS_CONVERGED_ITERATING;
  PetscReal         caution = 1.0, *u;
  PetscInt          steps;

  PetscFunctionBegin;
  for (PetscInt attempt = 0; attempt < KN_ATTEMPTS && reason <= 0; attempt++, caution *= 4.0) {
    if (attempt) report->retried = PETSC_TRUE;
    PetscCall(VecGetArrayWrite(s->u, &u));
    PetscCall(PetscArraycpy(u, state, s->cells.n));
    PetscCall(VecRestoreArrayWrite(s->u, &u));
    PetscCall(TSSetTolerances(s->ts, s->tolerance / caution, NULL, 0.0, NULL));
    PetscCall(TSSetStepNumber(s->ts, 0));
    PetscCall(TSRestartStep(s->ts));
    PetscCall(TSSetTime(s->ts, 0.0));
    PetscCall(TSSetMaxTime(s->ts, interval));
    PetscCall(TSSetTimeStep(s->ts, PetscMin(interval, s->dt / caution)));
    PetscCall(TSSetMaxSteps(s->ts, PetscMax(s->max_steps - s->steps, 0)));
    PetscCall(TSSolve(s->ts, s->u));
    PetscCall(TSGetConvergedReason(s->ts, &reason));
    PetscCall(TSGetStepNumber(s->ts, &steps));
    s->steps += steps;
    if (reason > 0) s->dt = interval / (PetscReal)steps;
  }
  PetscCall(VecGetArrayWrite(s->u, &u));
  PetscCall(PetscArraycpy(state, u, s->cells.n));
  PetscCall(VecRestoreArrayWrite(s->u, &u));
  report->converged = (PetscBool)(reason == TS_CONVERGED_TIME);
  if (!report->converged && KNSolverSpent(s->max_steps, s->steps, t, report->reason))
    PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < s->cells.n && report->converged; i++) {
    if (PetscIsInfOrNanReal(state[i])) report->converged = PETSC_FALSE;
  }
  if (!report->converged) {
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason), "time stepping failed: %s",
                            reason > 0 ? "values that are not finite" : TSConvergedReasons[reason]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Sorption(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Sorption       *s        = (Sorption *)solver->data;
  const PetscReal interval = s->final_time / (PetscReal)(s->frames - 1);
  const size_t    points   = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->cells.n; i++) {
    if (s->initial[i] >= 0.0 && !PetscIsInfOrNanReal(s->initial[i])) continue;
    PetscCall(PetscStrncpy(
      report->reason, s->initial[i] < 0.0 ? "an initial concentration is negative" : "the initial field is not finite",
      sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  report->converged = PETSC_TRUE;
  s->steps          = 0;
  s->dt             = KN_FIRST * interval;
  for (PetscInt i = 0; i < s->frames && report->converged; i++) {
    if (i) PetscCall(KNSorptionAdvance(s, s->initial, (PetscReal)(i - 1) * interval, interval, report));
    if (report->converged) PetscCall(KNCellsStore(&s->cells, s->initial, output + (size_t)i * points));
  }
  report->iterations = s->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Sorption(KNSolver solver)
{
  Sorption *s = (Sorption *)solver->data;

  PetscFunctionBegin;
  PetscCall(TSDestroy(&s->ts));
  PetscCall(MatDestroy(&s->jacobian));
  PetscCall(VecDestroy(&s->u));
  PetscCall(DMDestroy(&s->interval));
  PetscCall(KNWallStartDestroy(&s->begin));
  PetscCall(KNWallsDestroy(&s->walls));
  PetscCall(KNCellsDestroy(&s->cells));
  PetscCall(KNFree(&s->initial));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_DiffusionSorption(KNSolver solver)
{
  Sorption *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->diffusivity = 5e-4;
  s->porosity    = 0.29;
  s->density     = 2880.0;
  s->coefficient = 3.5e-4;
  s->exponent    = 0.874;
  s->left        = 1.0;
  s->length      = 1.0;
  s->final_time  = 500.0;
  s->frames      = 101;
  s->tolerance   = 1e-6;
  s->cells.axes  = 1;
  s->cells.n     = 1024;
  s->begin       = (KNWallStart){.kind   = KN_BEGIN_CONSTANT,
                                 .fields = 1,
                                 .low    = 0.0,
                                 .high   = 0.2,
                                 .alpha  = 4.0,
                                 .tau    = 20.0,
                                 .scale  = 1.0};

  solver->data               = s;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Sorption;
  solver->ops.setup          = KNSolverSetUp_Sorption;
  solver->ops.draw           = KNSolverDraw_Sorption;
  solver->ops.take           = KNSolverTake_Sorption;
  solver->ops.solve          = KNSolverSolve_Sorption;
  solver->ops.destroy        = KNSolverDestroy_Sorption;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

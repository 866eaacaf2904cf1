/*
  Incompressible flow of a fluid that carries particles, on a square or in a cube between walls, driven by a random
  force on the particles: PDEBench's inhomogeneous Navier-Stokes equations.

    V_t + V . grad V = -grad p + nu Laplace V + rho F(x) cos(2 pi frequency t),   div V = 0
    rho_t + div(rho V) = kappa Laplace rho

  F, three Gaussian random fields, is a field of the dataset that stays as it is, without its factor in time. Velocities
  begin as random fields whose divergence is taken out, rho as a bounded one. Stored velocities are those at cell
  centres, means of two faces; given ones become means at the faces again, a little smoother. Steps:
  incompressible_step.c. A sample that grows without bound is solved again with a quarter of the step, then reported.
*/
#include <string.h>
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "engine_options.h"
#include "incompressible_impl.h"

static const char        prefix[]     = "incompressible_";
static const char *const side_names[] = {"noslip", "slip", "periodic", NULL};
static const char *const component[]  = {"Vx", "Vy", "Vz"};
static const char *const drive[]      = {"fx", "fy", "fz"};

#define KN_SAFE_STEP 0.25 /* of the wanted one */

static PetscErrorCode KNFlowSides(Flow *f)
{
  char   **values;
  PetscInt count, sides = 2 * f->cells.axes;

  PetscFunctionBegin;
  PetscCall(KNOptionsList("-incompressible_sides",
                          "noslip, slip, periodic; one for all, or one for each: low and high end of the first axis, "
                          "of the second, ..; noslip if it is not given",
                          &count, &values));
  PetscCheck(count <= 1 || count == sides, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-incompressible_sides has %" PetscInt_FMT " entries: give one for all sides, or %" PetscInt_FMT
             ", low and high end of each axis",
             count, sides);
  for (PetscInt s = 0; s < sides && count; s++) {
    PetscInt kind = 0;

    while (side_names[kind] && strcmp(side_names[kind], values[count > 1 ? s : 0])) kind++;
    PetscCheck(side_names[kind], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-incompressible_sides: there is no side \"%.64s\"; choose from: noslip, slip, periodic",
               values[count > 1 ? s : 0]);
    f->side[s] = kind;
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  f->cells.periodic = PETSC_TRUE;
  for (PetscInt s = 0; s < sides; s++) {
    if (f->side[s] != KN_FLOW_PERIODIC) f->cells.periodic = PETSC_FALSE;
    PetscCheck((f->side[s] == KN_FLOW_PERIODIC) == (f->side[s ^ 1] == KN_FLOW_PERIODIC), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-incompressible_sides: one end of axis %" PetscInt_FMT " is periodic, the other is not", s / 2 + 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetFromOptions_Flow(KNSolver solver)
{
  static const PetscInt largest[] = {0, 8192, 1024}; /* grids */
  Flow                 *f         = (Flow *)solver->data;
  KNCells              *c         = &f->cells;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Incompressible flow with particles between walls, in 2 or 3 axes"));
  PetscCall(KNEngineInt(prefix, "axes", "axes of the domain", 2, KN_MAX_DIM, &c->axes));
  f->moving = c->axes + 1;
  PetscCall(KNEngineInt(prefix, "grid", "cells a side of the grid it is solved on", 4, largest[c->axes - 1], &c->n));
  c->resolution = c->n;
  PetscCall(
    KNEngineInt(prefix, "resolution",
                "cells a side of the stored fields, means over cells of the solve grid, whose number they divide", 4,
                c->n, &c->resolution));
  PetscCheck(c->n % c->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-incompressible_resolution %" PetscInt_FMT " does not divide -incompressible_grid %" PetscInt_FMT,
             c->resolution, c->n);
  PetscCall(KNEngineReal(prefix, "length", "side of the domain", 1e-3, 1e6, &f->length));
  PetscCall(KNSolverCoefficient(solver, "-incompressible_viscosity", "viscosity nu", "nu", 0.0, 1e3, &f->viscosity));
  PetscCall(KNSolverCoefficient(solver, "-incompressible_diffusivity", "diffusivity kappa of the particles", "kappa",
                                0.0, 1e3, &f->diffusivity));
  PetscCall(KNEngineCoefficient(solver, prefix, "frequency",
                                "of the force in time, periods in a unit; 0: it is constant", 0.0, 1e6, &f->frequency));
  PetscCall(KNEngineCoefficient(solver, prefix, "force", "standard deviation of each component of the force", 0.0, 1e6,
                                &f->force));
  PetscCall(KNEngineCoefficient(solver, prefix, "speed",
                                "standard deviation of each component of the initial velocity, before its divergence "
                                "is taken out",
                                0.0, 1e6, &f->speed));
  PetscCall(KNEngineReal(prefix, "final_time", "time of the last frame", 1e-9, 1e9, &f->final_time));
  PetscCall(
    KNEngineInt(prefix, "frames", "number of frames, equally spaced; the first is at time 0", 2, 100000, &f->frames));
  PetscCall(KNEngineReal(prefix, "cfl",
                         "Courant number: length of a step times the sum over the axes of the fastest speed over the "
                         "spacing, where nothing diffuses",
                         1e-6, 1.0, &f->cfl));
  PetscCall(KNFlowSides(f));
  PetscCall(KNWallStartOptions(prefix, &f->begin));
  PetscCheck(f->begin.low >= 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-incompressible_low is %.6g: there is no negative number of particles", (double)f->begin.low);
  PetscCheck(f->begin.kind != KN_BEGIN_NOISE, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-incompressible_initial noise has negative numbers of particles: choose field, constant or waves");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Generators of the group of the equations, their sides and random states. */
static PetscErrorCode KNFlowDeclare(const Flow *f, KNProblem *p)
{
  const PetscInt *side = f->side;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < f->cells.axes; d++) {
    const char x = (char)('x' + d);

    if (f->cells.periodic && KNWallStartShifts(&f->begin)) PetscCall(KNProblemAddSymmetry(p, "shift(%c)", x));
    if (side[2 * d] == side[2 * d + 1]) {
      PetscCall(
        KNProblemAddSymmetry(p, "reflect(%c) %s=-%s %s=-%s", x, component[d], component[d], drive[d], drive[d]));
    }
  }
  for (PetscInt d = 0; d < f->cells.axes - 1 && KNWallStartExchanges(&f->begin); d++) {
    const char *u = component[d], *v = component[d + 1], *a = drive[d], *b = drive[d + 1];

    if (side[2 * d] != side[2 * d + 2] || side[2 * d + 1] != side[2 * d + 3]) continue;
    PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c) %s=%s %s=%s %s=%s %s=%s", (char)('x' + d), (char)('y' + d), u, v,
                                   v, u, a, b, b, a));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Flow(KNSolver solver)
{
  Flow             *f            = (Flow *)solver->data;
  KNProblem        *p            = &solver->problem;
  const PetscInt    axes         = f->cells.axes;
  const KNParameter parameters[] = {
    {.name = "nu", .unit = "1", .value = f->viscosity},        {.name = "kappa", .unit = "1", .value = f->diffusivity},
    {.name = "frequency", .unit = "1", .value = f->frequency}, {.name = "force", .unit = "1", .value = f->force},
    {.name = "speed", .unit = "1", .value = f->speed},         {.name = "L", .unit = "1", .value = f->length}};

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation,
                         "V_t + V . grad V = -grad p + nu Laplace V + particles f cos(2 pi frequency t), div V = 0, "
                         "particles_t + div(particles V) = kappa Laplace particles",
                         sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, f->cells.periodic ? "periodic, each axis [0, L)" : "each axis [0, L]",
                         sizeof(p->boundary)));
  for (PetscInt s = 0; s < 2 * axes && !f->cells.periodic; s++) {
    PetscCall(PetscStrlcat(p->boundary, s == 0 ? ": " : s % 2 ? ", " : "; ", sizeof(p->boundary)));
    PetscCall(PetscStrlcat(p->boundary, side_names[f->side[s]], sizeof(p->boundary)));
  }
  KNProblemSetGrid(p, KNCellsGrid(&f->cells));
  p->frames        = f->frames;
  p->output.fields = f->moving + axes;
  for (PetscInt k = 0; k < p->output.fields; k++) {
    const char *name = k < axes ? component[k] : k == axes ? "particles" : drive[k - axes - 1];

    PetscCall(PetscStrncpy(p->output.field[k].name, name, KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->output.field[k].unit, "1", KN_MAX_NAME));
  }
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(parameters); i++) p->parameter[p->parameters++] = parameters[i];
  KNWallStartDescribe(&f->begin, p);
  PetscCall(PetscMalloc1(f->frames, &p->times));
  for (PetscInt frame = 0; frame < f->frames; frame++) {
    p->times[frame] = f->final_time * (PetscReal)frame / (PetscReal)(f->frames - 1);
  }
  PetscCall(KNFlowDeclare(f, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Flow(KNSolver solver)
{
  Flow    *f = (Flow *)solver->data;
  KNCells *c = &f->cells;
  KNWall   wall[2 * KN_MAX_DIM];

  PetscFunctionBegin;
  f->max_steps = solver->max_steps;
  PetscCall(KNCellsSetUp(solver->comm, prefix, c));
  PetscCheck(c->ranks == 1 || c->n - (c->ranks - 1) * c->block >= KN_FLOW_GHOSTS, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-incompressible_grid %" PetscInt_FMT " gives some of %d ranks fewer than %d layers of cells: take fewer "
             "-ranks_per_sample, or a larger grid",
             c->n, c->ranks, KN_FLOW_GHOSTS);
  for (PetscInt s = 0; s < 2 * c->axes; s++) {
    wall[s] = (KNWall){.kind = f->side[s] == KN_FLOW_PERIODIC ? KN_WALL_PERIODIC : KN_WALL_NEUMANN};
  }
  PetscCall(KNWallsCreate(c, (PetscReal)c->n / f->length, wall, &f->walls));
  PetscCall(KNWallStartCreate(c, f->walls, wall, &f->begin));
  PetscCall(KNFlowCreate(f));
  PetscCall(KNSolverDescribe_Flow(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Flow(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Flow          *f    = (Flow *)solver->data;
  const PetscInt axes = f->cells.axes;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < f->moving + axes; k++) {
    PetscReal *x = f->initial + (size_t)k * f->cells.size;

    if (k == axes) PetscCall(KNWallStartDraw(&f->begin, seed, sample, k, x));
    else PetscCall(KNWallStartGaussian(&f->begin, seed, sample, k, k < axes ? f->speed : f->force, x));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Flow(KNSolver solver, const PetscReal given[])
{
  Flow        *f      = (Flow *)solver->data;
  const size_t points = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  for (PetscInt k = 0; k < f->moving + f->cells.axes; k++) {
    KNCellsTake(&f->cells, given + (size_t)k * points, f->initial + (size_t)k * f->cells.size);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state now: frame (fields, S). */
static PetscErrorCode KNFlowStore(Flow *f, size_t points, PetscReal frame[])
{
  const KNCells *c = &f->cells;
  const size_t   n = (size_t)c->n;

  PetscFunctionBegin;
  for (PetscInt k = 0; k < f->moving + c->axes; k++) {
    const ptrdiff_t  next = k < c->axes ? f->stride[k] : 0;
    const PetscReal *from = k < f->moving ? f->w[k] : f->drive[k - f->moving];

    for (size_t r = 0; r < KNFlowRows(f); r++) {
      const PetscReal *x = from + KNFlowRow(f, r);

      for (size_t i = 0; i < n; i++) f->divergence[r * n + i] = 0.5 * (x[i] + x[(ptrdiff_t)i + next]);
    }
    PetscCall(KNCellsStore(&f->cells, f->divergence, frame + (size_t)k * points));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* All frames with the step in force. */
static PetscErrorCode KNFlowRun(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Flow           *f        = (Flow *)solver->data;
  const size_t    points   = KNGridSize(&solver->problem.output.grid);
  const PetscReal interval = f->final_time / (PetscReal)(f->frames - 1);

  PetscFunctionBegin;
  PetscCall(KNFlowBegin(f));
  report->converged = PETSC_TRUE;
  report->residual  = 0.0;
  for (PetscInt i = 0; i < f->frames && report->converged; i++) {
    PetscReal divergence;

    if (i) PetscCall(KNFlowMarch(f, interval, &report->converged, report->reason));
    if (!report->converged) break;
    PetscCall(KNFlowDivergence(f, &divergence));
    report->residual = PetscMax(report->residual, divergence);
    PetscCall(KNFlowStore(f, points, output + (size_t)i * (size_t)(f->moving + f->cells.axes) * points));
  }
  report->iterations += f->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Flow(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Flow        *f    = (Flow *)solver->data;
  const size_t size = f->cells.size;
  PetscReal    bad  = 0.0; /* 1: negative particles, 2: not finite */

  PetscFunctionBegin;
  for (size_t i = 0; i < (size_t)(f->moving + f->cells.axes) * size; i++) {
    const PetscBool particles = (PetscBool)(i / size == (size_t)f->cells.axes);

    bad = PetscMax(bad, PetscIsInfOrNanReal(f->initial[i]) ? 2.0 : particles && f->initial[i] < 0.0 ? 1.0 : 0.0);
  }
  if (f->cells.ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPIU_REAL, MPI_MAX, f->cells.comm));
  if (bad > 0.0) {
    PetscCall(PetscStrncpy(report->reason,
                           bad > 1.0 ? "the initial field is not finite" : "there are negative numbers of particles",
                           sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  f->courant = f->cfl;
  PetscCall(KNFlowRun(solver, output, report));
  if (report->converged) PetscFunctionReturn(PETSC_SUCCESS);
  f->courant *= KN_SAFE_STEP;
  report->retried   = PETSC_TRUE;
  report->reason[0] = '\0';
  PetscCall(KNFlowRun(solver, output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Flow(KNSolver solver)
{
  Flow *f = (Flow *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNFlowDestroy(f));
  PetscCall(KNWallStartDestroy(&f->begin));
  PetscCall(KNWallsDestroy(&f->walls));
  PetscCall(KNCellsDestroy(&f->cells));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Incompressible(KNSolver solver)
{
  Flow *f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  f->viscosity  = 0.01;
  f->force      = 1.0;
  f->speed      = 0.1;
  f->length     = 1.0;
  f->final_time = 1.0;
  f->frames     = 21;
  f->cfl        = 0.5;
  f->cells.axes = 2;
  f->cells.n    = 64;
  f->begin      = (KNWallStart){.kind   = KN_BEGIN_FIELD,
                                .fields = 1,
                                .low    = 0.0,
                                .high   = 1.0,
                                .alpha  = 4.0,
                                .tau    = 10.0,
                                .scale  = 1.0};

  solver->data               = f;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Flow;
  solver->ops.setup          = KNSolverSetUp_Flow;
  solver->ops.draw           = KNSolverDraw_Flow;
  solver->ops.take           = KNSolverTake_Flow;
  solver->ops.solve          = KNSolverSolve_Flow;
  solver->ops.destroy        = KNSolverDestroy_Flow;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

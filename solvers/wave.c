/*
  Waves in a random medium, in 1 to 3 axes between walls:

    u_t = v,   v_t = div(c(x)^2 grad u)

    c = speed exp(contrast g), g a Gaussian random field of deviation 1; u begins as a random state at rest

  The medium c is a field of the dataset that stays as it is. Space: fluxes c^2 (u - u')/h through the faces of cells,
  c^2 there the mean of both: order 2, a symmetric matrix K. Time: Stoermer and Verlet's leapfrog, v half a step, u a
  whole one, v half a step, as long as `cfl` of what is stable, h/(max c sqrt(axes)). It is of order 2, reversible, and
  conserves v.v/2 + u.K u/2 - dt^2 |K u|^2/8 to rounding, hence the energy v.v/2 + u.K u/2 up to order 2 for all times
  (Hairer, Lubich, Wanner, Acta Numerica 12 (2003) 399).

  Not PETSc's TS, whose leapfrog (TSBASICSYMPLECTIC) knows no matrix of faces: a step is one sweep over the rows and one
  exchange of layers between slabs, and the same bits on any number of ranks.
*/
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "wall_starts.h"
#include "coefficient.h"
#include "engine_options.h"
#include "wall_options.h"

enum { U, V, C, FIELDS };

static const char prefix[] = "wave_";

typedef struct {
  PetscReal   speed, contrast, length, final_time, cfl;
  PetscInt    frames, steps;
  KNCells     cells;
  KNWall      wall[2 * KN_MAX_DIM];
  KNWalls     walls; /* of random u */
  KNWalls     closed;
  KNWallStart begin, medium;
  PetscReal  *initial;          /* (FIELDS, cells) */
  PetscReal  *u, *c;            /* (1 + rows + 1, layer): between the layers of the neighbours */
  PetscReal  *v, *a;            /* (cells) velocity, acceleration */
  PetscReal  *face[KN_MAX_DIM]; /* (cells) c^2/h^2 at the low face along an axis, 0 at walls; axis 0: a layer more */
  PetscReal  *hold, *push;      /* (cells) what walls do: acceleration push - hold u */
} Wave;

static PetscErrorCode KNSolverSetFromOptions_Wave(KNSolver solver)
{
  static const PetscInt largest[] = {1 << 20, 8192, 1024}; /* grids */
  Wave                 *w         = (Wave *)solver->data;
  KNCells              *c         = &w->cells;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Waves in a random medium between walls, in 1 to 3 axes"));
  PetscCall(KNEngineInt(prefix, "axes", "axes of the domain", 1, KN_MAX_DIM, &c->axes));
  PetscCall(KNEngineInt(prefix, "grid", "cells a side of the grid it is solved on", 4, largest[c->axes - 1], &c->n));
  c->resolution = c->n;
  PetscCall(
    KNEngineInt(prefix, "resolution",
                "cells a side of the stored fields, means over cells of the solve grid, whose number they divide", 4,
                c->n, &c->resolution));
  PetscCheck(c->n % c->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-wave_resolution %" PetscInt_FMT " does not divide -wave_grid %" PetscInt_FMT, c->resolution, c->n);
  PetscCall(KNEngineReal(prefix, "length", "side of the domain", 1e-3, 1e6, &w->length));
  PetscCall(
    KNEngineCoefficient(solver, prefix, "speed", "speed of waves where the random field is 0", 1e-6, 1e6, &w->speed));
  PetscCall(KNEngineCoefficient(solver, prefix, "contrast", "standard deviation of the logarithm of the speed", 0.0,
                                3.0, &w->contrast));
  PetscCall(KNEngineReal(prefix, "final_time", "time of the last frame", 1e-9, 1e9, &w->final_time));
  PetscCall(
    KNEngineInt(prefix, "frames", "number of frames, equally spaced; the first is at time 0", 2, 100000, &w->frames));
  PetscCall(KNEngineReal(prefix, "cfl", "length of a step, in units of the longest stable one", 1e-6, 0.99, &w->cfl));
  PetscCall(KNWallOptions(prefix, c->axes, w->wall));
  c->periodic = KNWallsPeriodic(w->wall, c->axes);
  for (PetscInt s = 0; s < 2 * c->axes; s++) {
    PetscCheck(w->wall[s].kind != KN_WALL_ROBIN, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-wave_sides: waves have no sides of robin; choose from: neumann, dirichlet, periodic");
  }
  PetscCall(KNWallStartOptions(prefix, &w->begin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Generators of the group of the equation, its sides and its random states. */
static PetscErrorCode KNWaveDeclare(const Wave *w, KNProblem *p)
{
  const KNWall *wall  = w->wall;
  PetscBool     zeros = PETSC_TRUE;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < w->cells.axes; d++) {
    if (w->cells.periodic && KNWallStartShifts(&w->begin)) {
      PetscCall(KNProblemAddSymmetry(p, "shift(%c)", (char)('x' + d)));
    }
    if (KNWallsAlike(&wall[2 * d], &wall[2 * d + 1]))
      PetscCall(KNProblemAddSymmetry(p, "reflect(%c)", (char)('x' + d)));
    zeros = (PetscBool)(zeros && wall[2 * d].value == 0.0 && wall[2 * d + 1].value == 0.0);
  }
  for (PetscInt d = 0; d < w->cells.axes - 1 && KNWallStartExchanges(&w->begin); d++) {
    if (!KNWallsAlike(&wall[2 * d], &wall[2 * d + 2]) || !KNWallsAlike(&wall[2 * d + 1], &wall[2 * d + 3])) continue;
    PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c)", (char)('x' + d), (char)('y' + d)));
  }
  if (zeros && KNWallStartNegates(&w->begin)) PetscCall(KNProblemAddSymmetry(p, "u=-u v=-v"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Wave(KNSolver solver)
{
  static const char *const names[] = {[U] = "u", [V] = "v", [C] = "c"};
  Wave                    *w       = (Wave *)solver->data;
  KNProblem               *p       = &solver->problem;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, "u_t = v, v_t = div(c^2 grad u)", sizeof(p->equation)));
  PetscCall(KNWallText(w->wall, w->cells.axes, p->boundary));
  KNProblemSetGrid(p, KNCellsGrid(&w->cells));
  p->frames        = w->frames;
  p->output.fields = FIELDS;
  for (PetscInt f = 0; f < FIELDS; f++) {
    PetscCall(PetscStrncpy(p->output.field[f].name, names[f], KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->output.field[f].unit, "1", KN_MAX_NAME));
  }
  p->parameter[p->parameters++] = (KNParameter){.name = "speed", .unit = "1", .value = w->speed};
  p->parameter[p->parameters++] = (KNParameter){.name = "contrast", .unit = "1", .value = w->contrast};
  p->parameter[p->parameters++] = (KNParameter){.name = "L", .unit = "1", .value = w->length};
  KNWallStartDescribe(&w->begin, p);
  PetscCall(PetscMalloc1(w->frames, &p->times));
  for (PetscInt frame = 0; frame < w->frames; frame++) {
    p->times[frame] = w->final_time * (PetscReal)frame / (PetscReal)(w->frames - 1);
  }
  PetscCall(KNWaveDeclare(w, p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Wave(KNSolver solver)
{
  Wave           *w     = (Wave *)solver->data;
  KNCells        *cells = &w->cells;
  KNWall          closed[2 * KN_MAX_DIM];
  const PetscReal per      = (PetscReal)cells->n / w->length;
  PetscReal     **arrays[] = {&w->v, &w->a, &w->hold, &w->push, &w->face[1], &w->face[2]};

  PetscFunctionBegin;
  PetscCall(KNCellsSetUp(solver->comm, prefix, cells));
  PetscCall(KNWallsCreate(cells, per, w->wall, &w->walls));
  for (PetscInt s = 0; s < 2 * cells->axes; s++) {
    closed[s] = (KNWall){.kind = w->wall[s].kind == KN_WALL_PERIODIC ? KN_WALL_PERIODIC : KN_WALL_NEUMANN};
  }
  PetscCall(KNWallsCreate(cells, per, closed, &w->closed));
  PetscCall(KNWallStartCreate(cells, w->walls, w->wall, &w->begin));
  w->medium      = w->begin;
  w->medium.kind = KN_BEGIN_FIELD;
  PetscCall(KNWallStartCreate(cells, w->closed, closed, &w->medium));
  PetscCall(KNMalloc(FIELDS * cells->size, sizeof(PetscReal), &w->initial));
  PetscCall(KNMalloc(cells->size + 2 * cells->layer, sizeof(PetscReal), &w->u));
  PetscCall(KNMalloc(cells->size + 2 * cells->layer, sizeof(PetscReal), &w->c));
  PetscCall(KNMalloc(cells->size + cells->layer, sizeof(PetscReal), &w->face[0]));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) {
    PetscCall(KNMalloc(cells->size, sizeof(PetscReal), arrays[i]));
  }
  PetscCall(KNSolverDescribe_Wave(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Wave(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Wave        *w    = (Wave *)solver->data;
  const size_t size = w->cells.size;
  PetscReal   *c    = w->initial + C * size;

  PetscFunctionBegin;
  PetscCall(KNWallStartDraw(&w->begin, seed, sample, U, w->initial));
  PetscCall(PetscArrayzero(w->initial + V * size, size));
  PetscCall(KNWallStartGaussian(&w->medium, seed, sample, C, w->contrast, c));
  for (size_t i = 0; i < size; i++) c[i] = w->speed * PetscExpReal(c[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Wave(KNSolver solver, const PetscReal given[])
{
  Wave        *w      = (Wave *)solver->data;
  const size_t points = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  for (int f = 0; f < FIELDS; f++) KNCellsTake(&w->cells, given + f * points, w->initial + f * w->cells.size);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The layers of the neighbours along axis 0; beyond a wall what is there has no meaning. */
static PetscErrorCode KNWaveExchange(const Wave *w, PetscReal x[])
{
  const KNCells    *c      = &w->cells;
  const PetscBool   around = (PetscBool)(w->wall[0].kind == KN_WALL_PERIODIC);
  const PetscMPIInt below  = c->rank ? c->rank - 1 : around ? c->ranks - 1 : MPI_PROC_NULL;
  const PetscMPIInt above  = c->rank < c->ranks - 1 ? c->rank + 1 : around ? 0 : MPI_PROC_NULL;
  const PetscMPIInt layer  = (PetscMPIInt)c->layer;
  PetscReal        *last = x + c->size, *beyond = last + c->layer;

  PetscFunctionBegin;
  if (c->ranks == 1) {
    PetscCall(PetscArraycpy(x, last, c->layer));
    PetscCall(PetscArraycpy(beyond, x + c->layer, c->layer));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCallMPI(
    MPI_Sendrecv(last, layer, MPIU_REAL, above, 0, x, layer, MPIU_REAL, below, 0, c->comm, MPI_STATUS_IGNORE));
  PetscCallMPI(MPI_Sendrecv(x + layer, layer, MPIU_REAL, below, 1, beyond, layer, MPIU_REAL, above, 1, c->comm,
                            MPI_STATUS_IGNORE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Coefficients of faces and walls from the medium, whose neighbours' layers are there. */
static void KNWaveMedium(Wave *w)
{
  const KNCells  *cells = &w->cells;
  const size_t    n = (size_t)cells->n, size = cells->size;
  const PetscReal per = (PetscReal)n / w->length, *c = w->c + cells->layer;

  for (size_t i = 0; i < size; i++) w->hold[i] = w->push[i] = 0.0;
  for (PetscInt d = 0; d < cells->axes; d++) {
    const size_t stride = d == 0 ? cells->layer : d == cells->axes - 1 ? 1 : n;

    for (size_t i = 0; i < size + (d ? 0 : cells->layer); i++) {
      const PetscInt  at    = d ? (PetscInt)(i / stride % n) : cells->first + (PetscInt)(i / stride);
      const size_t    below = d && at == 0 ? i + (n - 1) * stride : i - stride;
      const PetscBool edge  = (PetscBool)(at == 0 || at == (PetscInt)n);

      w->face[d][i] = edge && w->wall[2 * d].kind != KN_WALL_PERIODIC
                        ? 0.0
                        : 0.5 * (PetscSqr(c[(ptrdiff_t)i]) + PetscSqr(c[(ptrdiff_t)below])) * per * per;
      for (int end = 0; end < 2 && i < size; end++) {
        const KNWall *wall = &w->wall[2 * d + end];

        if (at != (end ? (PetscInt)n - 1 : 0) || wall->kind == KN_WALL_PERIODIC) continue;
        if (wall->kind == KN_WALL_DIRICHLET) w->hold[i] += 2.0 * per * per * PetscSqr(c[i]);
        w->push[i] += wall->value * PetscSqr(c[i]) * per * (wall->kind == KN_WALL_DIRICHLET ? 2.0 * per : 1.0);
      }
    }
  }
}

/* a (n): what a pair of rows (n) beside u (n) adds; low, high: coefficients of the faces between. */
static void kn_wave_rows(PetscReal *restrict a, const PetscReal *restrict u, const PetscReal *below,
                         const PetscReal *above, const PetscReal *low, const PetscReal *high, size_t n)
{
  for (size_t i = 0; i < n; i++) a[i] += high[i] * (above[i] - u[i]) - low[i] * (u[i] - below[i]);
}

/* a = div(c^2 grad u) of the slab; u has its neighbours' layers. */
static void KNWaveAccelerate(Wave *w)
{
  const KNCells *c = &w->cells;
  const size_t   n = (size_t)c->n, layer = c->layer, rows = c->size / n, last = (size_t)c->axes - 1;

  if (c->axes == 1) { /* axis 0 is along the row */
    for (size_t i = 0; i < n; i++) {
      const PetscReal *u = w->u + 1 + i;

      w->a[i] = w->push[i] - w->hold[i] * u[0] + w->face[0][i + 1] * (u[1] - u[0]) - w->face[0][i] * (u[0] - u[-1]);
    }
    return;
  }
  for (size_t row = 0; row < rows; row++) {
    const size_t     at = row * n;
    const PetscReal *u = w->u + layer + at, *face = w->face[last] + at;
    PetscReal       *a = w->a + at;

    for (size_t i = 0; i < n; i++) a[i] = w->push[at + i] - w->hold[at + i] * u[i];
    kn_wave_rows(a, u, u - layer, u + layer, w->face[0] + at, w->face[0] + at + layer, n);
    if (c->axes == 3) {
      const size_t    j    = row % n;
      const ptrdiff_t down = j ? -(ptrdiff_t)n : (ptrdiff_t)(layer - n),
                      up   = j + 1 < n ? (ptrdiff_t)n : -(ptrdiff_t)(layer - n);

      kn_wave_rows(a, u, u + down, u + up, w->face[1] + at, w->face[1] + (ptrdiff_t)at + up, n);
    }
    a[0] += face[1] * (u[1] - u[0]) - face[0] * (u[0] - u[n - 1]);
    for (size_t i = 1; i + 1 < n; i++) a[i] += face[i + 1] * (u[i + 1] - u[i]) - face[i] * (u[i] - u[i - 1]);
    a[n - 1] += face[0] * (u[0] - u[n - 1]) - face[n - 1] * (u[n - 1] - u[n - 2]);
  }
}

/* Time 0: the state, the medium, the fastest speed of all ranks. Fails where they make no sense. */
static PetscErrorCode KNWaveBegin(Wave *w, PetscReal *fastest, KNSolverReport *report)
{
  const KNCells *c = &w->cells;
  PetscReal bad[2] = {0.0, 0.0}; /* a value that is not finite, or a speed that is not positive; the largest speed */

  PetscFunctionBegin;
  for (size_t i = 0; i < FIELDS * c->size; i++)
    bad[0] = PetscMax(bad[0], PetscIsInfOrNanReal(w->initial[i]) ? 2.0 : 0.0);
  for (size_t i = C * c->size; i < FIELDS * c->size; i++) {
    if (!(w->initial[i] > 0.0)) bad[0] = PetscMax(bad[0], 1.0);
    bad[1] = PetscMax(bad[1], w->initial[i]);
  }
  if (c->ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bad, 2, MPIU_REAL, MPI_MAX, c->comm));
  report->converged = (PetscBool)(bad[0] == 0.0);
  if (!report->converged) {
    PetscCall(PetscStrncpy(report->reason,
                           bad[0] > 1.0 ? "the initial field is not finite" : "a speed of waves is not positive",
                           sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  *fastest = bad[1];
  PetscCall(PetscArraycpy(w->c + c->layer, w->initial + C * c->size, c->size));
  PetscCall(KNWaveExchange(w, w->c));
  KNWaveMedium(w);
  PetscCall(PetscArraycpy(w->u + c->layer, w->initial + U * c->size, c->size));
  PetscCall(PetscArraycpy(w->v, w->initial + V * c->size, c->size));
  PetscCall(KNWaveExchange(w, w->u));
  KNWaveAccelerate(w);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Wave(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Wave           *w      = (Wave *)solver->data;
  const KNCells  *c      = &w->cells;
  const size_t    points = KNGridSize(&solver->problem.output.grid);
  const PetscReal frames = (PetscReal)(w->frames - 1), interval = w->final_time / frames;
  PetscReal       fastest = 0.0, steps, dt, *u = w->u + c->layer;

  PetscFunctionBegin;
  PetscCall(KNWaveBegin(w, &fastest, report));
  if (!report->converged) PetscFunctionReturn(PETSC_SUCCESS);
  steps =
    PetscCeilReal(interval * fastest * PetscSqrtReal((PetscReal)c->axes) * (PetscReal)c->n / (w->length * w->cfl));
  if (!(steps * frames <= (PetscReal)solver->max_steps)) {
    report->converged = PETSC_FALSE;
    PetscCall(PetscSNPrintf(report->reason, sizeof(report->reason),
                            "waves of speed %g need %g steps, max_steps is %" PetscInt_FMT, (double)fastest,
                            (double)(steps * frames), solver->max_steps));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  steps = PetscMax(steps, 1.0);
  dt    = interval / steps;
  for (PetscInt frame = 0; frame < w->frames; frame++) {
    for (PetscInt step = 0; frame && step < (PetscInt)steps; step++) {
      for (size_t i = 0; i < c->size; i++) {
        w->v[i] += 0.5 * dt * w->a[i];
        u[i] += dt * w->v[i];
      }
      PetscCall(KNWaveExchange(w, w->u));
      KNWaveAccelerate(w);
      for (size_t i = 0; i < c->size; i++) w->v[i] += 0.5 * dt * w->a[i];
      report->iterations++;
    }
    PetscCall(KNCellsStore(&w->cells, u, output + (size_t)(frame * FIELDS + U) * points));
    PetscCall(KNCellsStore(&w->cells, w->v, output + (size_t)(frame * FIELDS + V) * points));
    PetscCall(KNCellsStore(&w->cells, w->c + c->layer, output + (size_t)(frame * FIELDS + C) * points));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Wave(KNSolver solver)
{
  Wave       *w        = (Wave *)solver->data;
  PetscReal **arrays[] = {&w->initial, &w->u,       &w->c,       &w->v,    &w->a,
                          &w->face[0], &w->face[1], &w->face[2], &w->hold, &w->push};

  PetscFunctionBegin;
  PetscCall(KNWallStartDestroy(&w->begin));
  PetscCall(KNWallStartDestroy(&w->medium));
  PetscCall(KNWallsDestroy(&w->walls));
  PetscCall(KNWallsDestroy(&w->closed));
  PetscCall(KNCellsDestroy(&w->cells));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Wave(KNSolver solver)
{
  Wave *w;

  PetscFunctionBegin;
  PetscCall(PetscNew(&w));
  w->speed      = 1.0;
  w->contrast   = 0.3;
  w->length     = 1.0;
  w->final_time = 1.0;
  w->cfl        = 0.5;
  w->frames     = 21;
  w->cells.axes = 2;
  w->cells.n    = 128;
  w->wall[0]    = (KNWall){.kind = KN_WALL_DIRICHLET, .length = 1.0};
  w->begin      = (KNWallStart){.kind   = KN_BEGIN_FIELD,
                                .fields = 1,
                                .low    = -1.0,
                                .high   = 1.0,
                                .alpha  = 6.0,
                                .tau    = 20.0,
                                .scale  = 1.0};

  solver->data               = w;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Wave;
  solver->ops.setup          = KNSolverSetUp_Wave;
  solver->ops.draw           = KNSolverDraw_Wave;
  solver->ops.take           = KNSolverTake_Wave;
  solver->ops.solve          = KNSolverSolve_Wave;
  solver->ops.destroy        = KNSolverDestroy_Wave;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

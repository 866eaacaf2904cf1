/*
  The engine for reaction and diffusion between walls: an equation's table (reaction_diffusion.h) becomes a solver.

    space  second differences of cells, diagonal in the modes of the walls (walls.c): order 2
    time   exponential or implicit-explicit Runge-Kutta steps of order 4 and of controlled error (stepper.h), diffusion
           exact or implicit, reaction explicit
    start  random states (wall_starts.c), or given ones
    hold   all fields at the times 0, T/(frames - 1), .., T, means over the cells of the stored grid

  Fields that stay, sources, are fields of the dataset like the others: the network reads them in every frame, and a
  dataset's first frame is all that an initial state needs.
*/
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "engine_options.h"
#include "reaction_diffusion.h"
#include "stepper.h"
#include "wall_options.h"

#define KN_LARGEST_DENSE 2048 /* cells along an axis with a side of robin's */

typedef struct {
  const KNReaction *equation;            /* not owned */
  char              prefix[KN_MAX_NAME]; /* of the options, "diffusion_reaction_" */
  PetscInt          fields, moving;      /* those that do not stay come first */
  PetscInt          frames, scheme;
  PetscReal         length, final_time, dt, tolerance, p[KN_MAX_REACTION_NUMBERS];
  KNCells           cells;
  KNWall            wall[2 * KN_MAX_DIM];
  KNWalls           walls;
  KNWallStart       begin;
  PetscReal        *initial;  /* (fields, cells) */
  PetscReal        *u, *rate; /* (fields, cells), (moving, cells) */
  PetscReal        *linear;   /* (moving, modes, 2): -D lambda, complex as steppers want it */
  PetscReal        *start;    /* (moving, modes, 2) */
  PetscReal        *modes;    /* (modes) */
  PetscReal        *source;   /* (modes) what the values of the sides add to Laplace u */
  KNStepper         stepper;
} Reaction;

static PetscErrorCode KNSolverSetFromOptions_Reaction(KNSolver solver)
{
  static const PetscInt largest[] = {1 << 20, 8192, 1024}; /* grids */
  Reaction             *r         = (Reaction *)solver->data;
  const KNReaction     *e         = r->equation;
  KNCells              *c         = &r->cells;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead(e->title));
  PetscCall(KNEngineInt(r->prefix, "axes", "axes of the domain", 1, KN_MAX_DIM, &c->axes));
  PetscCall(KNEngineInt(r->prefix, "grid", "cells a side of the grid it is solved on", 4, largest[c->axes - 1], &c->n));
  c->resolution = c->n;
  PetscCall(
    KNEngineInt(r->prefix, "resolution",
                "cells a side of the stored fields, means over cells of the solve grid, whose number they divide", 4,
                c->n, &c->resolution));
  PetscCheck(c->n % c->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sresolution %" PetscInt_FMT " does not divide -%sgrid %" PetscInt_FMT, r->prefix, c->resolution,
             r->prefix, c->n);
  PetscCall(KNEngineReal(r->prefix, "length", "side of the domain", 1e-3, 1e6, &r->length));
  for (PetscInt i = 0; i < KN_MAX_REACTION_NUMBERS && e->coefficient[i].name; i++) {
    PetscCall(KNEngineCoefficient(solver, r->prefix, e->coefficient[i].name, e->coefficient[i].help,
                                  e->coefficient[i].lowest, e->coefficient[i].highest, &r->p[i]));
  }
  PetscCall(KNEngineReal(r->prefix, "final_time", "time of the last frame", 1e-9, 1e9, &r->final_time));
  PetscCall(KNEngineInt(r->prefix, "frames", "number of frames, equally spaced; the first is at time 0", 2, 100000,
                        &r->frames));
  PetscCall(KNEngineChoice(r->prefix, "scheme", KN_STEPS_HELP, kn_steps, &r->scheme));
  PetscCall(KNEngineReal(r->prefix, "dt", "first step (0: chosen)", 0.0, 1e9, &r->dt));
  PetscCall(
    KNEngineReal(r->prefix, "tolerance", "error of one step, relative to the fields", 1e-13, 0.1, &r->tolerance));
  PetscCall(KNWallOptions(r->prefix, c->axes, r->wall));
  c->periodic = KNWallsPeriodic(r->wall, c->axes);
  for (PetscInt s = 0; s < 2 * c->axes; s++) {
    PetscCheck(r->wall[s].kind != KN_WALL_ROBIN || c->n <= KN_LARGEST_DENSE, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-%sgrid is %" PetscInt_FMT ", with sides of robin at most %d", r->prefix, c->n, KN_LARGEST_DENSE);
  }
  PetscCall(KNWallStartOptions(r->prefix, &r->begin));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Generators of the group of the equation, its sides and its random initial states. */
static PetscErrorCode KNReactionDeclare(KNSolver solver)
{
  const Reaction *r     = (const Reaction *)solver->data;
  const KNWall   *wall  = r->wall;
  PetscBool       zeros = PETSC_TRUE;
  KNProblem      *p     = &solver->problem;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < r->cells.axes; d++) {
    if (r->cells.periodic && KNWallStartShifts(&r->begin)) {
      PetscCall(KNProblemAddSymmetry(p, "shift(%c)", (char)('x' + d)));
    }
    if (KNWallsAlike(&wall[2 * d], &wall[2 * d + 1]))
      PetscCall(KNProblemAddSymmetry(p, "reflect(%c)", (char)('x' + d)));
    zeros = (PetscBool)(zeros && wall[2 * d].value == 0.0 && wall[2 * d + 1].value == 0.0);
  }
  for (PetscInt d = 0; d < r->cells.axes - 1 && KNWallStartExchanges(&r->begin); d++) {
    if (!KNWallsAlike(&wall[2 * d], &wall[2 * d + 2]) || !KNWallsAlike(&wall[2 * d + 1], &wall[2 * d + 3])) continue;
    PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c)", (char)('x' + d), (char)('y' + d)));
  }
  if (zeros && KNWallStartNegates(&r->begin) && r->equation->odd && KNSolverAlways(solver, r->equation->odd, r->p)) {
    PetscCall(KNProblemAddSymmetry(p, "negate"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Reaction(KNSolver solver)
{
  Reaction         *r = (Reaction *)solver->data;
  const KNReaction *e = r->equation;
  KNProblem        *p = &solver->problem;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, e->equation, sizeof(p->equation)));
  PetscCall(KNWallText(r->wall, r->cells.axes, p->boundary));
  KNProblemSetGrid(p, KNCellsGrid(&r->cells));
  p->frames        = r->frames;
  p->output.fields = r->fields;
  for (PetscInt f = 0; f < r->fields; f++) {
    PetscCall(PetscStrncpy(p->output.field[f].name, e->field[f], KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->output.field[f].unit, "1", KN_MAX_NAME));
  }
  for (PetscInt i = 0; i < KN_MAX_REACTION_NUMBERS && e->coefficient[i].name; i++) {
    KNParameter *parameter = &p->parameter[p->parameters++];

    PetscCall(PetscStrncpy(parameter->name, e->coefficient[i].name, KN_MAX_NAME));
    PetscCall(PetscStrncpy(parameter->unit, "1", KN_MAX_NAME));
    parameter->value = r->p[i];
  }
  p->parameter[p->parameters++] = (KNParameter){.name = "L", .unit = "1", .value = r->length};
  KNWallStartDescribe(&r->begin, p);
  PetscCall(PetscMalloc1(r->frames, &p->times));
  for (PetscInt frame = 0; frame < r->frames; frame++) {
    p->times[frame] = r->final_time * (PetscReal)frame / (PetscReal)(r->frames - 1);
  }
  PetscCall(KNReactionDeclare(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Root mean square of the moving fields. */
static PetscErrorCode KNReactionNorm(void *context, const PetscReal v[], PetscReal *norm)
{
  const Reaction *r   = (const Reaction *)context;
  const size_t    all = 2 * (size_t)r->moving * KNWallsCount(r->walls);
  PetscReal       sum = 0.0;

  PetscFunctionBegin;
  for (size_t i = 0; i < all; i += 2) sum += v[i] * v[i];
  if (r->cells.ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPIU_REAL, MPI_SUM, r->cells.comm));
  *norm = PetscSqrtReal(sum);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The moving fields u of the modes v (moving, modes, 2), whose imaginary parts are 0. */
static PetscErrorCode KNReactionFields(Reaction *r, const PetscReal v[])
{
  const size_t count = KNWallsCount(r->walls);

  PetscFunctionBegin;
  for (PetscInt f = 0; f < r->moving; f++) {
    const PetscReal *from = v + 2 * (size_t)f * count;

    for (size_t m = 0; m < count; m++) r->modes[m] = from[2 * m];
    PetscCall(KNWallsBackward(r->walls, r->modes, r->u + (size_t)f * r->cells.size));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* n = modes of R(u) and of what the values of the sides bring; v, n: (moving, modes, 2). */
static PetscErrorCode KNReactionRate(void *context, const PetscReal v[], PetscReal n[])
{
  Reaction        *r     = (Reaction *)context;
  const size_t     count = KNWallsCount(r->walls), size = r->cells.size;
  PetscReal       *rate[KN_MAX_REACTANTS] = {NULL};
  const PetscReal *u[KN_MAX_REACTANTS]    = {NULL};

  PetscFunctionBegin;
  PetscCall(KNReactionFields(r, v));
  for (PetscInt f = 0; f < r->fields; f++) u[f] = r->u + (size_t)f * size;
  for (PetscInt f = 0; f < r->moving; f++) rate[f] = r->rate + (size_t)f * size;
  r->equation->react(rate, u, r->p, size);
  for (PetscInt f = 0; f < r->moving; f++) {
    const PetscReal diffusivity = r->p[r->equation->diffusivity[f]];
    PetscReal      *to          = n + 2 * (size_t)f * count;

    PetscCall(KNWallsForward(r->walls, rate[f], r->modes));
    for (size_t m = 0; m < count; m++) {
      to[2 * m]     = r->modes[m] + diffusivity * r->source[m];
      to[2 * m + 1] = 0.0;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* -D lambda, mode by mode. */
static void KNReactionLinear(Reaction *r)
{
  const size_t count = KNWallsCount(r->walls);

  for (PetscInt f = 0; f < r->moving; f++) {
    for (size_t m = 0; m < count; m++) {
      r->linear[2 * ((size_t)f * count + m)]     = -r->p[r->equation->diffusivity[f]] * KNWallsEigenvalues(r->walls)[m];
      r->linear[2 * ((size_t)f * count + m) + 1] = 0.0;
    }
  }
}

static PetscErrorCode KNSolverUpdate_Reaction(KNSolver solver)
{
  Reaction *r = (Reaction *)solver->data;

  PetscFunctionBegin;
  KNReactionLinear(r);
  PetscCall(KNStepperUpdate(r->stepper));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Reaction(KNSolver solver)
{
  Reaction   *r = (Reaction *)solver->data;
  KNEvolution evolution;
  size_t      count, size;

  PetscFunctionBegin;
  PetscCall(KNCellsSetUp(solver->comm, r->prefix, &r->cells));
  PetscCall(KNWallsCreate(&r->cells, (PetscReal)r->cells.n / r->length, r->wall, &r->walls));
  PetscCall(KNWallStartCreate(&r->cells, r->walls, r->wall, &r->begin));
  count = KNWallsCount(r->walls);
  size  = 2 * (size_t)r->moving * count;
  PetscCall(KNMalloc((size_t)r->fields * r->cells.size, sizeof(PetscReal), &r->initial));
  PetscCall(KNMalloc((size_t)r->fields * r->cells.size, sizeof(PetscReal), &r->u));
  PetscCall(KNMalloc((size_t)r->moving * r->cells.size, sizeof(PetscReal), &r->rate));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &r->linear));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &r->start));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &r->modes));
  PetscCall(KNMalloc(count, sizeof(PetscReal), &r->source));
  KNWallsSource(r->walls, r->u);
  PetscCall(KNWallsForward(r->walls, r->u, r->source));
  KNReactionLinear(r);
  evolution = (KNEvolution){.comm      = solver->comm,
                            .size      = size,
                            .linear    = r->linear,
                            .context   = r,
                            .nonlinear = KNReactionRate,
                            .norm      = KNReactionNorm};
  PetscCall(KNStepperCreate(&evolution, (KNSteps)r->scheme, r->prefix, r->tolerance, &r->stepper));
  r->stepper->max_steps = solver->max_steps;
  PetscCall(KNSolverDescribe_Reaction(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Reaction(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Reaction *r = (Reaction *)solver->data;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < r->fields; f++) {
    PetscReal *u = r->initial + (size_t)f * r->cells.size;

    if (f < r->moving) PetscCall(KNWallStartDraw(&r->begin, seed, sample, f, u));
    else PetscCall(KNWallStartGaussian(&r->begin, seed, sample, f, r->p[r->equation->deviation[f]], u));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverTake_Reaction(KNSolver solver, const PetscReal given[])
{
  Reaction    *r      = (Reaction *)solver->data;
  const size_t points = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  for (PetscInt f = 0; f < r->fields; f++) {
    KNCellsTake(&r->cells, given + (size_t)f * points, r->initial + (size_t)f * r->cells.size);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Time 0. Fails where the initial fields are not finite. */
static PetscErrorCode KNReactionBegin(Reaction *r, KNSolverReport *report)
{
  const size_t count = KNWallsCount(r->walls);
  PetscMPIInt  bad   = 0;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(r->u, r->initial, (size_t)r->fields * r->cells.size));
  for (size_t i = 0; i < (size_t)r->fields * r->cells.size; i++) bad |= PetscIsInfOrNanReal(r->u[i]);
  if (r->cells.ranks > 1) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &bad, 1, MPI_INT, MPI_MAX, r->cells.comm));
  report->converged = (PetscBool)!bad;
  if (bad) {
    PetscCall(PetscStrncpy(report->reason, "the initial field is not finite", sizeof(report->reason)));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (PetscInt f = 0; f < r->moving; f++) {
    PetscReal *to = r->start + 2 * (size_t)f * count;

    PetscCall(KNWallsForward(r->walls, r->u + (size_t)f * r->cells.size, r->modes));
    for (size_t m = 0; m < count; m++) {
      to[2 * m]     = r->modes[m];
      to[2 * m + 1] = 0.0;
    }
  }
  PetscCall(KNStepperStart(r->stepper, r->start, r->dt));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Reaction(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Reaction       *r        = (Reaction *)solver->data;
  const size_t    points   = KNGridSize(&solver->problem.output.grid);
  const PetscReal interval = r->final_time / (PetscReal)(r->frames - 1);

  PetscFunctionBegin;
  PetscCall(KNReactionBegin(r, report));
  for (PetscInt i = 0; i < r->frames && report->converged; i++) {
    if (i) PetscCall(KNStepperAdvance(r->stepper, interval, report));
    if (!report->converged) break;
    if (i) PetscCall(KNReactionFields(r, KNStepperState(r->stepper)));
    for (PetscInt f = 0; f < r->fields; f++) {
      PetscCall(
        KNCellsStore(&r->cells, r->u + (size_t)f * r->cells.size, output + (size_t)(i * r->fields + f) * points));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Reaction(KNSolver solver)
{
  Reaction   *r        = (Reaction *)solver->data;
  PetscReal **arrays[] = {&r->initial, &r->u, &r->rate, &r->linear, &r->start, &r->modes, &r->source};

  PetscFunctionBegin;
  PetscCall(KNStepperDestroy(&r->stepper));
  PetscCall(KNWallStartDestroy(&r->begin));
  PetscCall(KNWallsDestroy(&r->walls));
  PetscCall(KNCellsDestroy(&r->cells));
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(arrays); i++) PetscCall(KNFree(arrays[i]));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNReactionCreate(KNSolver solver, const KNReaction *equation)
{
  Reaction *r;

  PetscFunctionBegin;
  PetscCall(PetscNew(&r));
  r->equation = equation;
  r->fields   = equation->fields;
  while (r->moving < r->fields && equation->diffusivity[r->moving] != KN_STILL) r->moving++;
  r->cells.axes = equation->axes;
  r->cells.n    = equation->grid;
  r->frames     = equation->frames;
  r->length     = equation->length;
  r->final_time = equation->final_time;
  r->tolerance  = 1e-6;
  r->wall[0]    = (KNWall){.kind = equation->wall, .value = 0.0, .length = 1.0};
  r->begin      = (KNWallStart){.kind   = equation->begin,
                                .fields = r->moving,
                                .low    = equation->low,
                                .high   = equation->high,
                                .alpha  = equation->alpha,
                                .tau    = equation->tau,
                                .scale  = 1.0};
  for (PetscInt i = 0; i < KN_MAX_REACTION_NUMBERS; i++) r->p[i] = equation->coefficient[i].value;
  PetscCall(PetscSNPrintf(r->prefix, sizeof(r->prefix), "%s_", solver->problem.pde));

  solver->data               = r;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Reaction;
  solver->ops.setup          = KNSolverSetUp_Reaction;
  solver->ops.update         = KNSolverUpdate_Reaction;
  solver->ops.draw           = KNSolverDraw_Reaction;
  solver->ops.take           = KNSolverTake_Reaction;
  solver->ops.solve          = KNSolverSolve_Reaction;
  solver->ops.destroy        = KNSolverDestroy_Reaction;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

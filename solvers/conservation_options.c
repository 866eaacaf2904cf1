/* Options of a conservation law, each declared once, and what a dataset of its samples says about itself. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "conservation_impl.h"
#include "engine_options.h"

static const char *const kind_names[] = {"rusanov", "hll", "hllc", "roe", NULL};
static const char *const side_names[] = {"periodic", "outflow", "reflecting", "inflow", NULL};

static PetscErrorCode KNLawScheme(Conservation *c)
{
  PetscInt order = 0;

  PetscFunctionBegin;
  PetscCall(KNEngineChoice(
    c->prefix, "reconstruction",
    "how values at faces are reconstructed: linear with a limiter (order 2), or WENO interpolation (order 5)",
    KNReconstructNames, &c->wanted.reconstruct));
  PetscCall(KNEngineChoice(c->prefix, "flux", "flux through faces", kind_names, &c->wanted.flux));
  PetscCheck(c->law->riemann[c->wanted.flux], PETSC_COMM_WORLD, KN_ERR_USAGE,
             "there is no flux %s of this equation, -%sflux may be one of: rusanov%s%s%s", kind_names[c->wanted.flux],
             c->prefix, c->law->riemann[KN_FLUX_HLL] ? ", hll" : "", c->law->riemann[KN_FLUX_HLLC] ? ", hllc" : "",
             c->law->riemann[KN_FLUX_ROE] ? ", roe" : "");
  PetscCall(KNEngineInt(c->prefix, "order", "order of the Runge-Kutta method in time, 2 or 3; 0: 3 for weno5, else 2",
                        0, 3, &order));
  PetscCheck(order != 1, PETSC_COMM_WORLD, KN_ERR_USAGE, "-%sorder is 1: choose 2 or 3", c->prefix);
  PetscCheck(order != 2 || c->wanted.reconstruct != KN_RECONSTRUCT_WENO5, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sorder 2 is not stable with -%sreconstruction weno5: choose 3", c->prefix, c->prefix);
  c->wanted.stages = order ? order : c->wanted.reconstruct == KN_RECONSTRUCT_WENO5 ? 3 : 2;
  PetscCall(KNEngineReal(c->prefix, "cfl",
                         "Courant number: step length times the sum over the axes of the fastest speed divided by the "
                         "spacing; at most 1, the limit of order 1",
                         1e-6, 1.0, &c->wanted.cfl));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define KN_SIDES_HELP(default)                                                                                       \
  "boundary condition: periodic, outflow, reflecting, inflow; one for all sides, or one for each: low and high end " \
  "of the first axis, of the second, ..; " default " if it is not given"

/* One side for all, or one for each. */
static PetscErrorCode KNLawSides(Conservation *c)
{
  static const char *const helps[] = {[KN_SIDE_PERIODIC]   = KN_SIDES_HELP("periodic"),
                                      [KN_SIDE_OUTFLOW]    = KN_SIDES_HELP("outflow"),
                                      [KN_SIDE_REFLECTING] = KN_SIDES_HELP("reflecting")};
  char                     option[2 * KN_MAX_NAME], **values;
  PetscInt                 count, sides = 2 * c->axes;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%ssides", c->prefix));
  PetscCall(KNOptionsList(option, helps[c->law->side], &count, &values));
  PetscCheck(count <= 1 || count == sides, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt_FMT " entries: give one for all sides, or %" PetscInt_FMT ", low and high end of each "
             "axis",
             option, count, sides);
  for (PetscInt s = 0; s < sides; s++) {
    PetscInt kind = 0;

    c->side[s] = c->law->side;
    if (!count) continue;
    while (side_names[kind] && strcmp(side_names[kind], values[count > 1 ? s : 0])) kind++;
    PetscCheck(side_names[kind], PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: there is no side \"%.64s\"; choose from: periodic, outflow, reflecting, inflow", option,
               values[count > 1 ? s : 0]);
    c->side[s] = kind;
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  c->periodic = PETSC_TRUE;
  for (PetscInt s = 0; s < sides; s++) {
    if (c->side[s] != KN_SIDE_PERIODIC) c->periodic = PETSC_FALSE;
    PetscCheck((c->side[s] == KN_SIDE_PERIODIC) == (c->side[s ^ 1] == KN_SIDE_PERIODIC), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: one end of axis %" PetscInt_FMT " is periodic, the other is not", option, s / 2 + 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state beyond inflow sides. */
static PetscErrorCode KNLawInflow(Conservation *c)
{
  char      option[2 * KN_MAX_NAME], **values;
  PetscInt  count;
  PetscBool asked = PETSC_FALSE;

  PetscFunctionBegin;
  for (PetscInt s = 0; s < 2 * c->axes; s++) asked = (PetscBool)(asked || c->side[s] == KN_SIDE_INFLOW);
  PetscCall(PetscSNPrintf(option, sizeof(option), "-%sinflow", c->prefix));
  PetscCall(KNOptionsList(option, "values of the fields at sides of inflow, in the order in which they are stored",
                          &count, &values));
  PetscCheck(count == (asked ? c->fields : 0), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has %" PetscInt_FMT " entries: give %" PetscInt_FMT "%s", option, count, asked ? c->fields : 0,
             asked ? ", a value of each field" : " where no side is of inflow");
  for (PetscInt f = 0; f < count; f++) {
    PetscErrorCode code;

    PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
    code = PetscOptionsStringToReal(values[f], &c->inflow[f]);
    PetscCall(PetscPopErrorHandler());
    PetscCheck(!code && !PetscIsInfOrNanReal(c->inflow[f]), PETSC_COMM_WORLD, KN_ERR_USAGE,
               "%s: \"%.64s\" is no number", option, values[f]);
  }
  for (PetscInt s = 0; c->law->positive && asked && s < c->law->scalars; s++) {
    PetscCheck(c->inflow[c->place[s]] > 0.0, PETSC_COMM_WORLD, KN_ERR_USAGE, "%s: %s is %g, it must be positive",
               option, c->law->scalar[s].name, (double)c->inflow[c->place[s]]);
  }
  PetscCall(KNOptionsListDestroy(count, &values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLawStart(Conservation *c)
{
  static const char *const kinds[]   = {"waves", "riemann", "quadrants", "radial", "turbulence", NULL};
  static const char *const scalars[] = {"waves", "riemann", "quadrants", "radial", NULL};
  const KNConservation    *law       = c->law;
  KNStart                 *s         = &c->start;
  char                     name[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  s->axes   = c->axes;
  s->fields = c->fields;
  s->vector = law->vector;
  PetscCall(KNEngineChoice(c->prefix, "initial",
                           "initial states: sums of sines; constant on both sides of a plane, in each half of each "
                           "axis, or within and outside a radius; turbulence",
                           law->vector >= 0 ? kinds : scalars, &s->kind));
  for (PetscInt i = 0; i < law->scalars; i++) {
    const PetscReal lowest = law->positive ? 1e-12 : -1e6;
    PetscReal      *low = &s->low[c->place[i]], *high = &s->high[c->place[i]];

    *low  = law->scalar[i].low;
    *high = law->scalar[i].high;
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_low", law->scalar[i].name));
    PetscCall(KNEngineReal(c->prefix, name, "lowest value in initial states; in radial states the outer value", lowest,
                           1e6, low));
    PetscCall(PetscSNPrintf(name, sizeof(name), "%s_high", law->scalar[i].name));
    PetscCall(KNEngineReal(c->prefix, name, "highest value in initial states; in radial states the inner value", lowest,
                           1e6, high));
    PetscCheck(*low <= *high || s->kind == KN_START_RADIAL, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "-%s%s_low is %g, above -%s%s_high %g", c->prefix, law->scalar[i].name, (double)*low, c->prefix,
               law->scalar[i].name, (double)*high);
  }
  if (law->vector >= 0) {
    s->scale = law->speed_scale.value;
    PetscCall(KNEngineReal(c->prefix, law->speed_scale.name, law->speed_scale.help, law->speed_scale.lowest,
                           law->speed_scale.highest, &s->scale));
  }
  s->waves = law->vector >= 0 ? 4 : 8;
  PetscCall(
    KNEngineInt(c->prefix, "waves", "largest wavenumber of sines and turbulence along an axis", 1, 16, &s->waves));
  s->radius_low  = law->radius_low;
  s->radius_high = law->radius_high;
  PetscCall(KNEngineReal(c->prefix, "radius_low", "smallest radius of radial states", 0.0, c->length, &s->radius_low));
  PetscCall(KNEngineReal(c->prefix, "radius_high", "largest radius of radial states", 0.0, c->length, &s->radius_high));
  PetscCheck(s->radius_low <= s->radius_high, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sradius_low is %g, above -%sradius_high %g", c->prefix, (double)s->radius_low, c->prefix,
             (double)s->radius_high);
  s->radius_low /= c->length;
  s->radius_high /= c->length;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverSetFromOptions_Conservation(KNSolver solver)
{
  static const PetscInt largest[] = {1 << 22, 16384, 2048}; /* grids */
  Conservation         *c         = (Conservation *)solver->data;
  const KNConservation *law       = c->law;
  PetscInt              highest;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead(law->title));
  PetscCall(KNEngineInt(c->prefix, "axes", "axes of the domain", 1, law->highest_axes, &c->axes));
  c->fields = law->scalars + (law->vector >= 0 ? c->axes : 0);
  for (PetscInt i = 0; i < law->scalars; i++) {
    c->place[i] = i + (law->vector >= 0 && i >= law->vector ? c->axes : 0);
  }
  highest = largest[c->axes - 1];
  PetscCall(
    KNEngineInt(c->prefix, "grid", "cells along a side of the solver's grid", KN_LEAST_SOLVED_GRID, highest, &c->n));
  c->resolution = c->n;
  PetscCall(KNEngineInt(
    c->prefix, "resolution",
    "cells along a side of the stored fields, a divisor of those of the solver's grid, over which they are means", 4,
    c->n, &c->resolution));
  PetscCheck(c->n % c->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-%sresolution %" PetscInt_FMT " does not divide -%sgrid %" PetscInt_FMT, c->prefix, c->resolution,
             c->prefix, c->n);
  PetscCall(KNEngineReal(c->prefix, "length", "side of the domain", 1e-3, 1e6, &c->length));
  for (PetscInt i = 0; i < KN_MAX_LAW_NUMBERS && law->coefficient[i].name; i++) {
    PetscCall(KNEngineCoefficient(solver, c->prefix, law->coefficient[i].name, law->coefficient[i].help,
                                  law->coefficient[i].lowest, law->coefficient[i].highest, &c->p[i]));
  }
  PetscCall(KNEngineReal(c->prefix, "final_time", "time of the last frame", 1e-9, 1e9, &c->final_time));
  PetscCall(KNEngineInt(c->prefix, "frames", "number of frames, equally spaced; the first is at time 0", 2, 100000,
                        &c->frames));
  PetscCall(KNLawScheme(c));
  PetscCall(KNLawSides(c));
  PetscCall(KNLawInflow(c));
  PetscCall(KNLawStart(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* "periodic", or the sides of each axis. */
static PetscErrorCode KNLawBoundary(const Conservation *c, char text[])
{
  PetscFunctionBegin;
  if (c->periodic) {
    PetscCall(PetscStrncpy(text, "periodic, each axis [0, L)", KN_MAX_TEXT));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  text[0] = '\0';
  for (PetscInt axis = 0; axis < c->axes; axis++) {
    PetscCall(PetscStrlcat(text, axis ? "; " : "each axis [0, L]: ", KN_MAX_TEXT));
    PetscCall(PetscStrlcat(text, side_names[c->side[2 * axis]], KN_MAX_TEXT));
    PetscCall(PetscStrlcat(text, ", ", KN_MAX_TEXT));
    PetscCall(PetscStrlcat(text, side_names[c->side[2 * axis + 1]], KN_MAX_TEXT));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNLawParameter(KNProblem *p, const char name[], const char what[], PetscReal value)
{
  KNParameter *parameter = &p->parameter[p->parameters++];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(parameter->name, sizeof(parameter->name), "%s%s", name, what));
  PetscCall(PetscStrncpy(parameter->unit, "1", sizeof(parameter->unit)));
  parameter->value = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverDescribe_Conservation(KNSolver solver)
{
  Conservation         *c   = (Conservation *)solver->data;
  const KNConservation *law = c->law;
  KNProblem            *p   = &solver->problem;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, law->equation, sizeof(p->equation)));
  PetscCall(KNLawBoundary(c, p->boundary));
  KNProblemSetGrid(p, KNGridMake(c->axes, (const PetscInt[]){c->resolution, c->resolution, c->resolution},
                                 c->periodic ? KN_POINTS_PERIODIC : KN_POINTS_CELLS));
  p->frames        = c->frames;
  p->output.fields = c->fields;
  for (PetscInt f = 0; f < c->fields; f++) {
    const PetscBool vector = (PetscBool)(law->vector >= 0 && f >= law->vector && f < law->vector + c->axes);
    PetscInt        scalar = 0;

    while (!vector && c->place[scalar] != f) scalar++;
    PetscCall(PetscStrncpy(p->output.field[f].name, vector ? law->component[f - law->vector] : law->scalar[scalar].name,
                           KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->output.field[f].unit, "1", KN_MAX_NAME));
  }
  for (PetscInt i = 0; i < KN_MAX_LAW_NUMBERS && law->coefficient[i].name; i++) {
    PetscCall(KNLawParameter(p, law->coefficient[i].name, "", c->p[i]));
  }
  PetscCall(KNLawParameter(p, "L", "", c->length));
  for (PetscInt i = 0; i < law->scalars; i++) {
    PetscCall(KNLawParameter(p, law->scalar[i].name, "_low", c->start.low[c->place[i]]));
    PetscCall(KNLawParameter(p, law->scalar[i].name, "_high", c->start.high[c->place[i]]));
  }
  if (law->vector >= 0) PetscCall(KNLawParameter(p, law->speed_scale.name, "", c->start.scale));
  PetscCall(PetscMalloc1(c->frames, &p->times));
  for (PetscInt frame = 0; frame < c->frames; frame++) {
    p->times[frame] = c->final_time * (PetscReal)frame / (PetscReal)(c->frames - 1);
  }
  PetscCall(KNLawDeclare(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

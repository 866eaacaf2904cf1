/* Options of a semilinear equation, each declared once, and what a dataset of its samples says about itself. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "engine_options.h"
#include "semilinear_impl.h"

static inline const char *KNSemilinearParameter(const KNSemilinear *equation, PetscInt i)
{
  return equation->parameter[i] ? equation->parameter[i] : equation->coefficient[i].name;
}

PetscErrorCode KNSolverSetFromOptions_Semilinear(KNSolver solver)
{
  static const char *const forcings[] = {"none", "random", NULL};
  static const PetscInt    largest[]  = {1 << 20, 8192, 1024}; /* grids */
  Semilinear              *s          = (Semilinear *)solver->data;
  const KNSemilinear      *e          = s->equation;
  char                     option[2 * KN_MAX_NAME];

  PetscFunctionBegin;
  PetscCall(KNOptionsHead(e->title));
  if (e->lowest_axes < e->highest_axes) {
    PetscCall(KNEngineInt(s->prefix, "axes", "axes of the torus", e->lowest_axes, e->highest_axes, &s->axes));
  }
  PetscCall(KNEngineInt(s->prefix, "grid",
                        "points along a side of the solver's grid, any number; products of small primes are fastest",
                        4 * (e->degree + 1), largest[s->axes - 1], &s->n));
  s->resolution = s->n;
  PetscCall(KNEngineInt(s->prefix, "resolution",
                        "points along a side of the stored fields, at most and by default those of the solver's grid",
                        4, s->n, &s->resolution));
  PetscCall(KNEngineReal(s->prefix, "length", "side of the torus", 1e-3, 1e6, &s->length));
  for (PetscInt i = 0; i < KN_MAX_COEFFICIENTS && e->coefficient[i].name; i++) {
    PetscCall(PetscSNPrintf(option, sizeof(option), "-%s%s", s->prefix, e->coefficient[i].name));
    PetscCall(KNSolverCoefficient(solver, option, e->coefficient[i].help, KNSemilinearParameter(e, i),
                                  e->coefficient[i].lowest, e->coefficient[i].highest, &s->rate.p[i]));
  }
  PetscCall(KNEngineReal(s->prefix, "final_time", "time of the last frame", 1e-9, 1e9, &s->final_time));
  PetscCall(KNEngineInt(s->prefix, "frames",
                        e->pairs ? "number of frames, equally spaced; the first is at time 0; 0: the operator from the "
                                   "initial field to the one at the final time"
                                 : "number of frames, equally spaced; the first is at time 0",
                        e->pairs ? 0 : 2, 100000, &s->frames));
  PetscCheck(
    s->frames != 1, PETSC_COMM_WORLD, KN_ERR_USAGE,
    "-%sframes 1 would store the initial state alone; choose 0 for the operator from it to the final state, or "
    "2 or more",
    s->prefix);
  PetscCall(KNEngineReal(s->prefix, "spin_up", "time from the random field to the first frame", 0.0, 1e9, &s->spin_up));
  if (e->degree > 1) {
    PetscCall(KNEngineChoice(s->prefix, "scheme", KN_STEPS_HELP, kn_steps, &s->scheme));
    PetscCall(KNEngineReal(s->prefix, "dt", "first step (0: chosen)", 0.0, 1e9, &s->dt));
    PetscCall(
      KNEngineReal(s->prefix, "tolerance", "error of one step, relative to the fields", 1e-13, 0.1, &s->tolerance));
    s->unresolved = PetscMax(s->unresolved, s->tolerance);
    PetscCall(KNEngineReal(s->prefix, "unresolved",
                           "share of the fields that may lie in the last tenth of the modes, by default the tolerance "
                           "at least; samples with more are left out",
                           1e-12, 1.0, &s->unresolved));
  }
  PetscCall(PetscSNPrintf(option, sizeof(option), "%sfield_", s->prefix));
  PetscCall(KNPeriodicFieldCreate(option, s->axes, e->alpha, e->tau, e->deviation, &s->random));
  if (!e->scaled) PetscCall(KNPeriodicFieldSetNormalized(s->random));
  PetscCall(KNPeriodicFieldSetFromOptions(s->random));
  if (e->force > 0.0) {
    PetscCall(KNEngineChoice(s->prefix, "forcing", "force, constant in time, in each equation: none, or random fields",
                             forcings, &s->forcing));
    PetscCall(PetscSNPrintf(option, sizeof(option), "%sforce_", s->prefix));
    PetscCall(KNPeriodicFieldCreate(option, s->axes, 4.0, 7.0, e->force, &s->force));
    PetscCall(KNPeriodicFieldSetNormalized(s->force));
    if (s->forcing || KNOptionsDeclareOnly()) PetscCall(KNPeriodicFieldSetFromOptions(s->force));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Generators of the group of the equation and its random initial states. */
static PetscErrorCode KNSemilinearDeclare(KNSolver solver)
{
  const Semilinear   *s = (const Semilinear *)solver->data;
  const KNSemilinear *e = s->equation;
  KNProblem          *p = &solver->problem;

  PetscFunctionBegin;
  for (PetscInt d = 0; d < s->axes; d++) PetscCall(KNProblemAddSymmetry(p, "shift(%c)", (char)('x' + d)));
  for (PetscInt d = 0; d < s->axes && e->mirror; d++) {
    const char x = (char)('x' + d);

    if (e->mirror == KN_MIRROR_EVEN) PetscCall(KNProblemAddSymmetry(p, "reflect(%c)", x));
    else if (e->mirror == KN_MIRROR_ODD) PetscCall(KNProblemAddSymmetry(p, "reflect(%c) negate", x));
    else if (!s->forcing) PetscCall(KNProblemAddSymmetry(p, "reflect(%c) %s=-%s", x, e->field[d], e->field[d]));
    else
      PetscCall(KNProblemAddSymmetry(p, "reflect(%c) %s=-%s f_%s=-f_%s", x, e->field[d], e->field[d], e->field[d],
                                     e->field[d]));
  }
  for (PetscInt d = 1; d < s->axes && e->exchange; d++) {
    const char x = (char)('w' + d), *u = e->field[d - 1], *v = e->field[d];

    if (e->mirror != KN_MIRROR_VECTOR) PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c)", x, (char)(x + 1)));
    else if (!s->forcing)
      PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c) %s=%s %s=%s", x, (char)(x + 1), u, v, v, u));
    else
      PetscCall(KNProblemAddSymmetry(p, "exchange(%c,%c) %s=%s %s=%s f_%s=f_%s f_%s=f_%s", x, (char)(x + 1), u, v, v, u,
                                     u, v, v, u));
  }
  if (e->paired) PetscCall(KNProblemAddSymmetry(p, "%s=-%s %s=%s", e->field[0], e->field[1], e->field[1], e->field[0]));
  else if (e->odd && KNSolverAlways(solver, e->odd, s->rate.p)) PetscCall(KNProblemAddSymmetry(p, "negate"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
PetscErrorCode KNSolverDescribe_Semilinear(KNSolver solver)
{
  Semilinear         *s = (Semilinear *)solver->data;
  const KNSemilinear *e = s->equation;
  KNProblem          *p = &solver->problem;
  PetscReal           alpha, tau, scale;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldGetParameters(s->random, &alpha, &tau, &scale));
  PetscCall(PetscSNPrintf(p->equation, sizeof(p->equation), "%s%s", e->equation, s->forcing ? "; + f" : ""));
  PetscCall(PetscStrncpy(p->boundary, "periodic, each axis [0, L)", sizeof(p->boundary)));
  KNProblemSetGrid(
    p, KNGridMake(s->axes, (const PetscInt[]){s->resolution, s->resolution, s->resolution}, KN_POINTS_PERIODIC));
  p->frames         = s->frames;
  p->input.fields   = s->frames ? 0 : 1;
  p->input.field[0] = (KNField){.name = "u0", .unit = "1"};
  for (PetscInt f = 0; f < s->fields && s->forcing; f++) {
    KNField *field = &p->input.field[p->input.fields++];

    PetscCall(PetscSNPrintf(field->name, KN_MAX_NAME, s->fields > 1 ? "f_%s" : "f", e->field[f]));
    PetscCall(PetscStrncpy(field->unit, "1", KN_MAX_NAME));
  }
  p->output.fields = s->fields;
  for (PetscInt f = 0; f < s->fields; f++) {
    PetscCall(PetscStrncpy(p->output.field[f].name, e->field[f], KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->output.field[f].unit, "1", KN_MAX_NAME));
  }
  for (PetscInt i = 0; i < KN_MAX_COEFFICIENTS && e->coefficient[i].name; i++) {
    PetscCall(PetscStrncpy(p->parameter[p->parameters].name, KNSemilinearParameter(e, i), KN_MAX_NAME));
    PetscCall(PetscStrncpy(p->parameter[p->parameters].unit, "1", KN_MAX_NAME));
    p->parameter[p->parameters++].value = s->rate.p[i];
  }
  if (e->pairs) {
    p->parameter[p->parameters++] = (KNParameter){.name = "final_time", .unit = "1", .value = s->final_time};
  }
  p->parameter[p->parameters++] = (KNParameter){.name = "L", .unit = "1", .value = s->length};
  p->parameter[p->parameters++] = (KNParameter){.name = "spin_up", .unit = "1", .value = s->spin_up};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_alpha", .unit = "1", .value = alpha};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_tau", .unit = "1", .value = tau};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_scale", .unit = "1", .value = scale};
  if (s->forcing) {
    PetscCall(KNPeriodicFieldGetParameters(s->force, &alpha, &tau, &scale));
    p->parameter[p->parameters++] = (KNParameter){.name = "force_alpha", .unit = "1", .value = alpha};
    p->parameter[p->parameters++] = (KNParameter){.name = "force_tau", .unit = "1", .value = tau};
    p->parameter[p->parameters++] = (KNParameter){.name = "force_scale", .unit = "1", .value = scale};
  }
  PetscCall(PetscMalloc1(s->frames, &p->times));
  for (PetscInt frame = 0; frame < s->frames; frame++) {
    p->times[frame] = s->final_time * (PetscReal)frame / (PetscReal)(s->frames - 1);
  }
  PetscCall(KNSemilinearDeclare(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

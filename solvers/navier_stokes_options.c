/* Options of incompressible flow on the torus, and what a dataset of its samples says about itself. */
#include <kitinet/error.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "navier_stokes_impl.h"

PetscErrorCode KNSolverSetFromOptions_NavierStokes(KNSolver solver)
{
  static const char *const schemes[]      = {"adams", "etdrk4", "li2020", NULL};
  static const char *const forcings[]     = {"none", "li2020", "kolmogorov", "random", NULL};
  static const char *const restrictions[] = {"truncate", "subsample", NULL};
  NavierStokes            *s              = (NavierStokes *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Navier-Stokes flow on the torus, w_t + u . grad w = viscosity Laplace w + f"));
  PetscCall(KNOptionsInt("-navier_stokes_grid",
                         "points along a side of the solver's grid, any number; products of small primes are fastest",
                         4, 8192, &s->n));
  s->resolution = s->n;
  PetscCall(KNOptionsInt("-navier_stokes_resolution",
                         "points along a side of the stored fields, at most and by default -navier_stokes_grid", 4,
                         s->n, &s->resolution));
  PetscCall(KNOptionsChoice(
    "-navier_stokes_restriction",
    "how stored fields are restricted to their grid: drop the modes that it does not resolve, or take every N-th point",
    restrictions, &s->restriction));
  PetscCall(KNOptionsReal("-navier_stokes_length", "side of the torus", 1e-3, 1e3, &s->length));
  PetscCall(KNSolverCoefficient(solver, "-navier_stokes_viscosity", "viscosity", "viscosity", 0.0, 1e3, &s->viscosity));
  PetscCall(KNOptionsReal("-navier_stokes_final_time", "time of the last frame", 1e-9, 1e6, &s->final_time));
  PetscCall(KNOptionsInt("-navier_stokes_frames", "number of frames, equally spaced; the first is at time 0", 2, 100000,
                         &s->frames));
  PetscCall(
    KNOptionsReal("-navier_stokes_spin_up", "time from the random field to the first frame", 0.0, 1e6, &s->spin_up));
  PetscCall(KNOptionsChoice("-navier_stokes_forcing", "force f", forcings, &s->forcing));
  PetscCall(
    KNOptionsInt("-navier_stokes_forcing_mode", "wavenumber k of the kolmogorov force", 1, 1024, &s->forcing_mode));
  PetscCall(KNOptionsChoice("-navier_stokes_scheme",
                            "time stepping: exponential with error control, by Adams's method of order 6 where its "
                            "steps are long enough, or Runge-Kutta of order 4 throughout; Euler and Crank-Nicolson as "
                            "in Li et al. 2020",
                            schemes, &s->scheme));
  PetscCall(KNOptionsReal("-navier_stokes_dt", "time step of li2020 (0: 1e-4), first step of the others (0: chosen)",
                          0.0, 1e3, &s->dt));
  PetscCall(KNOptionsReal("-navier_stokes_rtol", "error of one step of adams and etdrk4, relative to the field", 1e-13,
                          0.1, &s->rtol));
  PetscCall(KNPeriodicFieldSetFromOptions(s->field));
  if (s->forcing == FORCING_RANDOM || KNOptionsDeclareOnly()) PetscCall(KNPeriodicFieldSetFromOptions(s->force));
  if (s->dt == 0.0 && s->scheme == KN_VORTICITY_LI2020) s->dt = 1e-4;
  PetscCheck(s->restriction != RESTRICTION_SUBSAMPLE || s->n % s->resolution == 0, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-navier_stokes_restriction subsample: -navier_stokes_grid %" PetscInt_FMT
             " is no multiple of -navier_stokes_resolution %" PetscInt_FMT "; take truncate, or another grid",
             s->n, s->resolution);
  PetscCheck(s->forcing != FORCING_KOLMOGOROV || 3 * s->forcing_mode < s->n, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-navier_stokes_forcing_mode %" PetscInt_FMT " needs -navier_stokes_grid above %" PetscInt_FMT
             ": modes up to a third of the grid are resolved",
             s->forcing_mode, 3 * s->forcing_mode);
  PetscCheck(s->viscosity > 0.0 || s->scheme != KN_VORTICITY_LI2020, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-navier_stokes_scheme li2020 is unstable at any step without viscosity; take adams");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Generators of the group that the force leaves. A mirror image has vorticity -w(-x), and asks for a force of the other
  sign: half a wavelength on. The benchmark's force depends on x + y, and is even about an eighth of the period.
*/
static PetscErrorCode KNSolverDeclare_NavierStokes(KNSolver solver)
{
  NavierStokes     *s = (NavierStokes *)solver->data;
  KNProblem        *p = &solver->problem;
  const PetscInt    n = s->resolution, k = s->forcing_mode;
  const char *const force = s->forcing == FORCING_RANDOM ? " f=-f" : "";

  PetscFunctionBegin;
  switch (s->forcing) {
  case FORCING_NONE:
  case FORCING_RANDOM: /* the force turns with the vorticity */
    PetscCall(KNProblemAddSymmetry(p, "shift(x)"));
    PetscCall(KNProblemAddSymmetry(p, "shift(y)"));
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) w=-w%s", force));
    PetscCall(KNProblemAddSymmetry(p, "reflect(y) w=-w%s", force));
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) w=-w%s", force));
    break;
  case FORCING_LI2020:
    PetscCall(KNProblemAddSymmetry(p, "shift(x,-y)"));
    if (n % 4 == 0) PetscCall(KNProblemAddSymmetry(p, "reflect(x) reflect(y) shift(x/4)"));
    if (n % 2 == 0) PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) shift(x/2) w=-w"));
    break;
  default: /* Kolmogorov's, of wavenumber k along y */
    PetscCall(KNProblemAddSymmetry(p, "shift(x)"));
    if (n % k == 0 && k > 1) PetscCall(KNProblemAddSymmetry(p, "shift(y/%" PetscInt_FMT ")", k));
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) reflect(y)"));
    if (n % (2 * k) == 0) PetscCall(KNProblemAddSymmetry(p, "reflect(x) shift(y/%" PetscInt_FMT ") w=-w", 2 * k));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
PetscErrorCode KNSolverDescribe_NavierStokes(KNSolver solver)
{
  static const char *const force[] = {"0", "0.1 (sin(2 pi (x + y)/L) + cos(2 pi (x + y)/L))", "-k cos(2 pi k y/L)",
                                      "f(x, y)"};
  NavierStokes            *s       = (NavierStokes *)solver->data;
  KNProblem               *p       = &solver->problem;
  PetscReal                alpha, tau, scale, force_alpha, force_tau, force_scale;

  PetscFunctionBegin;
  PetscCall(KNPeriodicFieldGetParameters(s->field, &alpha, &tau, &scale));
  PetscCall(PetscSNPrintf(p->equation, sizeof(p->equation),
                          "w_t + u . grad w = viscosity Laplace w + f, u = (psi_y, -psi_x), -Laplace psi = w, f = %s",
                          force[s->forcing]));
  PetscCall(PetscStrncpy(p->boundary, "periodic, x and y in [0, L)", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNGridMake(2, (const PetscInt[]){s->resolution, s->resolution}, KN_POINTS_PERIODIC));
  p->frames                           = s->frames;
  p->output.field[p->output.fields++] = (KNField){.name = "w", .unit = "1"};
  p->parameter[p->parameters++]       = (KNParameter){.name = "viscosity", .unit = "1", .value = s->viscosity};
  p->parameter[p->parameters++]       = (KNParameter){.name = "L", .unit = "1", .value = s->length};
  if (s->forcing == FORCING_KOLMOGOROV)
    p->parameter[p->parameters++] = (KNParameter){.name = "k", .unit = "1", .value = (PetscReal)s->forcing_mode};
  if (s->forcing == FORCING_RANDOM) {
    p->input.field[p->input.fields++] = (KNField){.name = "f", .unit = "1"};
    PetscCall(KNPeriodicFieldGetParameters(s->force, &force_alpha, &force_tau, &force_scale));
    p->parameter[p->parameters++] = (KNParameter){.name = "force_alpha", .unit = "1", .value = force_alpha};
    p->parameter[p->parameters++] = (KNParameter){.name = "force_tau", .unit = "1", .value = force_tau};
    p->parameter[p->parameters++] = (KNParameter){.name = "force_scale", .unit = "1", .value = force_scale};
  }
  p->parameter[p->parameters++] = (KNParameter){.name = "spin_up", .unit = "1", .value = s->spin_up};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_alpha", .unit = "1", .value = alpha};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_tau", .unit = "1", .value = tau};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_scale", .unit = "1", .value = scale};
  PetscCall(PetscMalloc1(s->frames, &p->times));
  for (PetscInt frame = 0; frame < s->frames; frame++)
    p->times[frame] = s->final_time * (PetscReal)frame / (PetscReal)(s->frames - 1);
  PetscCall(KNSolverDeclare_NavierStokes(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Incompressible Navier-Stokes flow on the square torus of side L, in vorticity form:

    w_t + u . grad w = viscosity Laplace w + f,   u = (psi_y, -psi_x),   -Laplace psi = w

  pseudo-spectral in space (torus.c), exponential Runge-Kutta or the benchmark's scheme in time (vorticity.c). Several
  ranks solve a sample in slabs: none holds the solve grid, each the stored one.

  output  w at the times 0, T/(frames - 1), .., T; frame 0 is the initial field: a given one, or a Gaussian one
          spin_up later

    f   none
        li2020      0.1 (sin(2 pi (x + y)/L) + cos(2 pi (x + y)/L))
        kolmogorov  -k cos(2 pi k y/L), k = forcing_mode; on L = 2 pi this is -k cos(k y)
        random      another Gaussian field for each sample, constant in time, of the modes of the stored grid: the input

  The defaults are the distribution of the benchmark of Li et al. 2020 (arXiv 2010.08895): L = 1, initial field of
  covariance 2 7^3 (-Laplace + 49)^(-2.5). Random fields are drawn on the unit torus in x/L: on another L, -Laplace
  there is L^2 times that in x. y is the second axis of the arrays, the fastest in memory. On L = 1 the Reynolds
  number is 1/viscosity.
*/
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/periodic_field.h>
#include "coefficient.h"
#include "vorticity.h"

#define KN_ATTEMPTS 4 /* each with a quarter of the step of the one before */

enum { FORCING_NONE, FORCING_LI2020, FORCING_KOLMOGOROV, FORCING_RANDOM };
enum { RESTRICTION_TRUNCATE, RESTRICTION_SUBSAMPLE };

typedef struct {
  PetscInt        n;           /* points a side of the solve grid */
  PetscInt        resolution;  /* points a side of the stored grid */
  PetscInt        restriction; /* from one to the other */
  PetscInt        scheme;      /* KNVorticityScheme */
  PetscInt        frames;
  PetscInt        forcing, forcing_mode;
  PetscReal       length, viscosity, final_time, spin_up, dt, rtol;
  PetscMPIInt     ranks;        /* that solve a sample together */
  KNPeriodicField field, force; /* of w(0); of the random force */
  KNVorticity     vorticity;
  PetscReal       start;         /* time of the first frame: spin_up of a random field, 0 of a given one */
  KNTorus         torus, stored; /* Fourier spaces of the solve grid (not owned) and of the stored grid */
  PetscReal      *points;        /* (rows, n): this rank's, of the solve grid */
  PetscReal      *w0, *w;        /* coefficients: initial, and now */
  PetscReal      *w_stored;      /* the same of the stored grid */
  PetscReal      *drawn;         /* (r, r) the random force, on the stored grid */
} NavierStokes;

/* f (rows, n), rows first .. of n */
static void kn_forcing_li2020(PetscReal *f, PetscInt first, PetscInt rows, PetscInt n)
{
  for (PetscInt i = 0; i < rows; i++) {
    for (PetscInt j = 0; j < n; j++) {
      const PetscReal phase = 2.0 * PETSC_PI * (PetscReal)(first + i + j) / (PetscReal)n;

      f[i * n + j] = 0.1 * (PetscSinReal(phase) + PetscCosReal(phase));
    }
  }
}

static void kn_forcing_kolmogorov(PetscReal *f, PetscInt k, PetscInt rows, PetscInt n)
{
  for (PetscInt i = 0; i < rows; i++) {
    for (PetscInt j = 0; j < n; j++)
      f[i * n + j] = -(PetscReal)k * PetscCosReal(2.0 * PETSC_PI * (PetscReal)(k * j % n) / (PetscReal)n);
  }
}

/* out (r, r): every n/r-th point of in (rows, n), rows first .. of n; the rows of other ranks stay as they are. */
static void kn_subsample(PetscReal *out, const PetscReal *in, size_t first, size_t rows, size_t n, size_t r)
{
  const size_t step = n / r;

  for (size_t i = (first + step - 1) / step; i * step < first + rows; i++) {
    for (size_t j = 0; j < r; j++) out[i * r + j] = in[(i * step - first) * n + j * step];
  }
}

static PetscErrorCode KNSolverSetFromOptions_NavierStokes(KNSolver solver)
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
  NavierStokes  *s = (NavierStokes *)solver->data;
  KNProblem     *p = &solver->problem;
  const PetscInt n = s->resolution, k = s->forcing_mode;

  PetscFunctionBegin;
  switch (s->forcing) {
  case FORCING_NONE:
    PetscCall(KNProblemAddSymmetry(p, "shift(x)"));
    PetscCall(KNProblemAddSymmetry(p, "shift(y)"));
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) w=-w"));
    PetscCall(KNProblemAddSymmetry(p, "reflect(y) w=-w"));
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) w=-w"));
    break;
  case FORCING_RANDOM:
    PetscCall(KNProblemAddSymmetry(p, "shift(x)"));
    PetscCall(KNProblemAddSymmetry(p, "shift(y)"));
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) w=-w f=-f"));
    PetscCall(KNProblemAddSymmetry(p, "reflect(y) w=-w f=-f"));
    PetscCall(KNProblemAddSymmetry(p, "exchange(x,y) w=-w f=-f"));
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
static PetscErrorCode KNSolverDescribe_NavierStokes(KNSolver solver)
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

static PetscErrorCode KNSolverUpdate_NavierStokes(KNSolver solver)
{
  NavierStokes *s = (NavierStokes *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNVorticitySetViscosity(s->vorticity, s->viscosity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_NavierStokes(KNSolver solver)
{
  NavierStokes *s = (NavierStokes *)solver->data;
  PetscInt      first, rows;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(solver->comm, &s->ranks));
  PetscCall(KNVorticityCreate(solver->comm, s->n, s->length, s->viscosity, (KNVorticityScheme)s->scheme, s->dt, s->rtol,
                              &s->vorticity));
  PetscCall(KNVorticitySetMaxSteps(s->vorticity, solver->max_steps));
  PetscCall(KNVorticityGetTorus(s->vorticity, &s->torus));
  PetscCall(KNTorusCreate(PETSC_COMM_SELF, s->resolution, s->length, KN_PRODUCT_NONE, &s->stored));
  KNTorusRows(s->torus, &first, &rows);
  PetscCall(KNMalloc((size_t)rows * (size_t)s->n, sizeof(PetscReal), &s->points));
  if (s->forcing == FORCING_LI2020) kn_forcing_li2020(s->points, first, rows, s->n);
  if (s->forcing == FORCING_KOLMOGOROV) kn_forcing_kolmogorov(s->points, s->forcing_mode, rows, s->n);
  if (s->forcing == FORCING_LI2020 || s->forcing == FORCING_KOLMOGOROV)
    PetscCall(KNVorticitySetForcing(s->vorticity, s->points));
  if (s->forcing == FORCING_RANDOM) {
    PetscCall(KNPeriodicFieldSetUp(s->force, s->resolution));
    PetscCall(KNMalloc((size_t)s->resolution * (size_t)s->resolution, sizeof(PetscReal), &s->drawn));
  }
  PetscCall(KNMalloc(KNTorusSize(s->torus), sizeof(PetscReal), &s->w0));
  PetscCall(KNMalloc(KNTorusSize(s->torus), sizeof(PetscReal), &s->w));
  PetscCall(KNMalloc(KNTorusSize(s->stored), sizeof(PetscReal), &s->w_stored));
  PetscCall(KNPeriodicFieldSetUp(s->field, s->n));
  PetscCall(KNSolverDescribe_NavierStokes(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The force f (r, r) on the stored grid, as its trigonometric interpolant. */
static PetscErrorCode KNSolverSetForce_NavierStokes(KNSolver solver, const PetscReal f[])
{
  NavierStokes *s = (NavierStokes *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNTorusForward(s->stored, f, s->w_stored));
  PetscCall(KNTorusResample(s->stored, s->w_stored, s->torus, s->w));
  PetscCall(KNTorusBackward(s->torus, s->w, s->points));
  PetscCall(KNVorticitySetForcing(s->vorticity, s->points));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* On several ranks the coefficients are drawn where they are kept; the field is the same up to rounding. */
static PetscErrorCode KNSolverDraw_NavierStokes(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  NavierStokes *s = (NavierStokes *)solver->data;
  PetscInt      first, columns;

  PetscFunctionBegin;
  s->start = s->spin_up;
  if (s->forcing == FORCING_RANDOM) {
    PetscCall(KNPeriodicFieldDraw(s->force, seed, sample, 1, s->resolution, s->drawn));
    PetscCall(KNSolverSetForce_NavierStokes(solver, s->drawn));
    if (input) PetscCall(PetscArraycpy(input, s->drawn, s->resolution * s->resolution));
  }
  if (s->ranks == 1) {
    PetscCall(KNPeriodicFieldDraw(s->field, seed, sample, 0, s->n, s->points));
    PetscCall(KNTorusForward(s->torus, s->points, s->w0));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  KNTorusColumns(s->torus, &first, &columns);
  for (PetscInt j = first; j < first + columns; j++) {
    for (PetscInt i = 0; i < s->n; i++)
      PetscCall(KNPeriodicFieldCoefficient(s->field, seed, sample, 0, (const PetscInt[]){kn_row_wavenumber(i, s->n), j},
                                           s->w0 + KNTorusOffset(s->torus, i, j)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The trigonometric interpolant of the given field, on the solve grid. */
static PetscErrorCode KNSolverTake_NavierStokes(KNSolver solver, const PetscReal given[])
{
  NavierStokes  *s = (NavierStokes *)solver->data;
  const PetscInt r = s->resolution;

  PetscFunctionBegin;
  if (s->forcing == FORCING_RANDOM) PetscCall(KNSolverSetForce_NavierStokes(solver, given + r * r));
  PetscCall(KNTorusForward(s->stored, given, s->w_stored));
  PetscCall(KNTorusResample(s->stored, s->w_stored, s->torus, s->w0));
  s->start = 0.0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The state now, on the stored grid: frame (r, r), whole on every rank. */
static PetscErrorCode KNSolverStore_NavierStokes(KNSolver solver, PetscReal frame[])
{
  NavierStokes  *s    = (NavierStokes *)solver->data;
  const PetscInt size = s->resolution * s->resolution;
  PetscInt       first, rows;

  PetscFunctionBegin;
  PetscCall(KNVorticityGetState(s->vorticity, s->w));
  if (s->restriction == RESTRICTION_SUBSAMPLE) {
    PetscCall(KNTorusBackward(s->torus, s->w, s->points));
    KNTorusRows(s->torus, &first, &rows);
    PetscCall(PetscArrayzero(frame, size));
    kn_subsample(frame, s->points, (size_t)first, (size_t)rows, (size_t)s->n, (size_t)s->resolution);
    /* one rank has each row, the others 0 */
    if (s->ranks > 1)
      PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, frame, (PetscMPIInt)size, MPIU_REAL, MPI_SUM, solver->comm));
  } else {
    PetscCall(KNTorusResample(s->torus, s->w, s->stored, s->w_stored));
    PetscCall(KNTorusBackward(s->stored, s->w_stored, frame));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_NavierStokes(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  NavierStokes    *s       = (NavierStokes *)solver->data;
  const KNProblem *p       = &solver->problem;
  PetscReal        caution = 1.0;

  PetscFunctionBegin;
  for (PetscInt attempt = 0; attempt < KN_ATTEMPTS && !report->converged; attempt++, caution *= 4.0) {
    if (attempt && s->scheme != KN_VORTICITY_LI2020 && report->iterations >= solver->max_steps) break;
    report->retried   = (PetscBool)(attempt > 0);
    report->reason[0] = 0;
    PetscCall(KNVorticityStart(s->vorticity, s->w0, caution));
    report->converged = PETSC_TRUE;
    for (PetscInt frame = 0; frame < p->frames && report->converged; frame++) {
      PetscCall(KNVorticityAdvance(s->vorticity, s->start + p->times[frame], report));
      if (report->converged)
        PetscCall(KNSolverStore_NavierStokes(solver, output + (size_t)frame * KNGridSize(&p->output.grid)));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_NavierStokes(KNSolver solver)
{
  NavierStokes *s = (NavierStokes *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNVorticityDestroy(&s->vorticity));
  PetscCall(KNTorusDestroy(&s->stored));
  PetscCall(KNPeriodicFieldDestroy(&s->field));
  PetscCall(KNPeriodicFieldDestroy(&s->force));
  PetscCall(KNFree(&s->drawn));
  PetscCall(KNFree(&s->points));
  PetscCall(KNFree(&s->w0));
  PetscCall(KNFree(&s->w));
  PetscCall(KNFree(&s->w_stored));
  PetscCall(PetscFree(solver->problem.times));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_NavierStokes(KNSolver solver)
{
  NavierStokes *s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  s->n            = 64;
  s->restriction  = RESTRICTION_TRUNCATE;
  s->length       = 1.0;
  s->viscosity    = 1e-3;
  s->final_time   = 10.0;
  s->frames       = 11;
  s->forcing      = FORCING_LI2020;
  s->forcing_mode = 4;
  s->scheme       = KN_VORTICITY_ADAMS;
  s->rtol         = 1e-6;
  PetscCall(
    KNPeriodicFieldCreate("navier_stokes_field_", 2, 2.5, 7.0, PetscSqrtReal(2.0 * 7.0 * 7.0 * 7.0), &s->field));
  /* of the deviation of the benchmark's force, in the first few modes */
  PetscCall(KNPeriodicFieldCreate("navier_stokes_force_", 2, 4.0, 7.0, 0.1, &s->force));
  PetscCall(KNPeriodicFieldSetNormalized(s->force));

  solver->data               = s;
  solver->ops.setfromoptions = KNSolverSetFromOptions_NavierStokes;
  solver->ops.setup          = KNSolverSetUp_NavierStokes;
  solver->ops.update         = KNSolverUpdate_NavierStokes;
  solver->ops.draw           = KNSolverDraw_NavierStokes;
  solver->ops.take           = KNSolverTake_NavierStokes;
  solver->ops.solve          = KNSolverSolve_NavierStokes;
  solver->ops.destroy        = KNSolverDestroy_NavierStokes;
  solver->max_steps          = KN_MAX_STEPS;
  PetscFunctionReturn(PETSC_SUCCESS);
}

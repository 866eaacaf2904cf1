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
#include "navier_stokes_impl.h"

#define KN_ATTEMPTS 4 /* each with a quarter of the step of the one before */

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

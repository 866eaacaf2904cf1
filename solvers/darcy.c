/*
  Darcy flow: the steady pressure u in a porous medium of random permeability a.

      -div(a grad u) = f on the unit square, u = 0 on the boundary

    a = a_high where z >= 0, else a_low (piecewise), or exp(z) (lognormal); z a Gaussian random field (field.c)
    f = rhs_value (constant), or rhs_value + rhs_amplitude z' with an independent field z' (random), then a second input

  The defaults are the distribution of the benchmark of Li et al. 2020 (arXiv 2010.08895): a in {3, 12}, alpha 2, tau
  3, f = 1. Fields are computed on the solve grid of darcy_grid points a side and stored on darcy_resolution points a
  side: a and f as the point values of the same fields there, u interpolated linearly.

  Copy me: this file is the pattern for a new PDE. Copy it to solvers/<name>.c, add KN_SOLVER(name, Suffix) to
  solver_list.h, and write, in this order, all static but the last:
    context          what the solver keeps between samples: options, work arrays, PETSc or FFTW objects
    SetFromOptions   KNOptionsHead(), then every option once, with default, range and help; -<name>_... throughout.
                     KNSolverCoefficient() for those that may differ from sample to sample
    SetUp            everything that costs memory or planning; fills solver->problem, which becomes the dataset's
                     description
    Update           where SetUp makes something of such coefficients: once more, for those in force now
    Draw             (seed, sample) -> input: a pure function, from KNRandomField or KNRandomWords() only
    Take             the same from given input fields (generate -from)
    Solve            input -> output: starts from zero, keeps nothing from sample to sample; what fails to converge is
                     reported, not raised
    Certify, Refine  where the type can: how good a given output is, and the solution from there; else left out
    Destroy          the reverse of SetUp
    KNSolverCreate_Suffix   allocates the context with its defaults and fills the table of functions
  A time-dependent problem sets problem.frames and problem.times, inputs = 0, and writes all frames to output. What
  moves one solution into another equally probable one is declared by KNProblemAddSymmetry(): see symmetry.h; each
  declaration is held against Solve by tests/verification/symmetries.c.
*/
#include <kitinet/error.h>
#include <kitinet/field.h>
#include <kitinet/options.h>
#include "coefficient.h"
#include "diffusion.h"

enum { COEFFICIENT_PIECEWISE, COEFFICIENT_LOGNORMAL };
enum { RHS_CONSTANT, RHS_RANDOM };

typedef struct {
  PetscInt      n;          /* points a side of the solve grid */
  PetscInt      resolution; /* points a side of the stored grid */
  PetscInt      points;     /* KNPoints of both */
  PetscInt      face;       /* KNFace */
  PetscInt      coefficient, rhs;
  PetscReal     high, low;
  PetscReal     rhs_value, rhs_amplitude;
  KNRandomField field;
  KNDiffusion   diffusion;
  KNGrid        grid;         /* the solve grid; the stored one is problem.output.grid */
  PetscReal    *a, *f, *u;    /* (n, n) */
  PetscInt     *left, *right; /* (resolution) interpolation from the solve grid to the stored one, each axis */
  PetscReal    *weight;
} Darcy;

/* Values z of a Gaussian field become a permeability, in place; size: number of points. */
static void kn_darcy_permeability(PetscReal *z, PetscBool lognormal, PetscReal high, PetscReal low, size_t size)
{
  if (lognormal) {
    for (size_t i = 0; i < size; i++) z[i] = PetscExpReal(z[i]);
  } else {
    for (size_t i = 0; i < size; i++) z[i] = z[i] >= 0.0 ? high : low;
  }
}

static void kn_darcy_rhs(PetscReal *z, PetscReal value, PetscReal amplitude, size_t size)
{
  for (size_t i = 0; i < size; i++) z[i] = value + amplitude * z[i];
}

/* out (r, r) from in (n, n), bilinear; left, right, weight: (r) as in KNPointsInterpolation(). */
static void kn_bilinear(PetscReal *out, const PetscReal *in, const PetscInt *left, const PetscInt *right,
                        const PetscReal *weight, size_t n, size_t r)
{
  for (size_t i = 0; i < r; i++) {
    const PetscReal *below = in + (size_t)left[i] * n, *above = in + (size_t)right[i] * n;

    for (size_t j = 0; j < r; j++) {
      const PetscReal b = (1.0 - weight[j]) * below[left[j]] + weight[j] * below[right[j]];
      const PetscReal t = (1.0 - weight[j]) * above[left[j]] + weight[j] * above[right[j]];

      out[i * r + j] = (1.0 - weight[i]) * b + weight[i] * t;
    }
  }
}

static PetscErrorCode KNSolverSetFromOptions_Darcy(KNSolver solver)
{
  static const char *const coefficients[] = {"piecewise", "lognormal", NULL};
  static const char *const rhs[]          = {"constant", "random", NULL};
  static const char *const points[]       = {"cells", "nodes", NULL};
  static const char *const faces[]        = {"arithmetic", "harmonic", NULL};
  Darcy                   *d              = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Darcy flow, -div(a grad u) = f, u = 0 on the boundary"));
  PetscCall(KNOptionsInt("-darcy_grid", "points along a side of the solver's grid", 4, 8192, &d->n));
  d->resolution = d->n;
  PetscCall(KNOptionsInt("-darcy_resolution",
                         "points along a side of the stored fields, at most and by default -darcy_grid", 4, d->n,
                         &d->resolution));
  PetscCall(KNOptionsChoice("-darcy_points", "where the points lie", points, &d->points));
  PetscCall(KNOptionsChoice("-darcy_coefficient", "permeability a: two values, or exp of the random field",
                            coefficients, &d->coefficient));
  PetscCall(KNSolverCoefficient(solver, "-darcy_high", "piecewise a where the random field is positive", "a_high", 1e-6,
                                1e6, &d->high));
  PetscCall(KNSolverCoefficient(solver, "-darcy_low", "piecewise a where the random field is negative", "a_low", 1e-6,
                                1e6, &d->low));
  PetscCheck(d->coefficient == COEFFICIENT_PIECEWISE || !solver->ranges, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is a range, of which a lognormal permeability makes no use: leave it out",
             solver->range[0].option);
  PetscCall(KNOptionsChoice("-darcy_face", "mean of a at the faces between points", faces, &d->face));
  PetscCall(KNOptionsChoice("-darcy_rhs", "source f: one value, or value + amplitude times a second random field", rhs,
                            &d->rhs));
  PetscCall(KNSolverCoefficient(solver, "-darcy_rhs_value", "value of the source, its mean if random",
                                d->rhs == RHS_RANDOM ? "f_mean" : "f", -1e6, 1e6, &d->rhs_value));
  PetscCall(KNSolverCoefficient(solver, "-darcy_rhs_amplitude", "factor of the random part of the source",
                                "f_amplitude", 0.0, 1e6, &d->rhs_amplitude));
  PetscCheck(d->rhs == RHS_RANDOM || !KNSolverDiffers(solver, &d->rhs_amplitude), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -darcy_rhs_amplitude is a range, the source is constant: leave it out, or take -darcy_rhs random");
  PetscCall(KNRandomFieldSetFromOptions(d->field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Darcy(KNSolver solver)
{
  Darcy     *d = (Darcy *)solver->data;
  KNProblem *p = &solver->problem;
  PetscReal  alpha, tau, scale;

  PetscFunctionBegin;
  PetscCall(KNRandomFieldGetParameters(d->field, &alpha, &tau, &scale));
  PetscCall(PetscStrncpy(p->equation, "-div(a grad u) = f on the unit square", sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, "u = 0", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNGridMake(2, (const PetscInt[]){d->resolution, d->resolution}, (KNPoints)d->points));
  p->input.field[p->input.fields++]   = (KNField){.name = "a", .unit = "1"};
  p->output.field[p->output.fields++] = (KNField){.name = "u", .unit = "1"};
  if (d->coefficient == COEFFICIENT_PIECEWISE) {
    p->parameter[p->parameters++] = (KNParameter){.name = "a_high", .unit = "1", .value = d->high};
    p->parameter[p->parameters++] = (KNParameter){.name = "a_low", .unit = "1", .value = d->low};
  }
  if (d->rhs == RHS_RANDOM) {
    p->input.field[p->input.fields++] = (KNField){.name = "f", .unit = "1"};
    p->parameter[p->parameters++]     = (KNParameter){.name = "f_mean", .unit = "1", .value = d->rhs_value};
    p->parameter[p->parameters++]     = (KNParameter){.name = "f_amplitude", .unit = "1", .value = d->rhs_amplitude};
  } else {
    p->parameter[p->parameters++] = (KNParameter){.name = "f", .unit = "1", .value = d->rhs_value};
  }
  p->parameter[p->parameters++] = (KNParameter){.name = "field_alpha", .unit = "1", .value = alpha};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_tau", .unit = "1", .value = tau};
  p->parameter[p->parameters++] = (KNParameter){.name = "field_scale", .unit = "1", .value = scale};
  /* the square's eight, under which the random fields are distributed alike */
  PetscCall(KNProblemAddSymmetry(p, "reflect(x)"));
  PetscCall(KNProblemAddSymmetry(p, "reflect(y)"));
  PetscCall(KNProblemAddSymmetry(p, "exchange(x,y)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Darcy(KNSolver solver)
{
  Darcy       *d    = (Darcy *)solver->data;
  const size_t size = (size_t)d->n * (size_t)d->n;

  PetscFunctionBegin;
  PetscCall(KNDiffusionCreate(solver->comm, "darcy_", d->n, (KNPoints)d->points, (KNFace)d->face, &d->diffusion));
  PetscCall(KNRandomFieldSetUp(d->field, d->n));
  PetscCall(KNSolverDescribe_Darcy(solver));
  d->grid = KNGridMake(2, (const PetscInt[]){d->n, d->n}, (KNPoints)d->points);
  PetscCall(KNMalloc(size, sizeof(PetscReal), &d->a));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &d->f));
  PetscCall(KNMalloc(size, sizeof(PetscReal), &d->u));
  PetscCall(PetscMalloc3(d->resolution, &d->left, d->resolution, &d->right, d->resolution, &d->weight));
  KNPointsInterpolation((KNPoints)d->points, d->n, d->resolution, d->left, d->right, d->weight);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Values z on the solve grid (n, n) and on the stored one (resolution, resolution) of the field number `which`. */
static PetscErrorCode KNDarcyDrawField(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscInt which,
                                       PetscReal z[], PetscReal stored[])
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNRandomFieldDraw(d->field, seed, sample, which));
  PetscCall(KNRandomFieldEvaluate(d->field, &d->grid, z));
  if (d->resolution == d->n) PetscCall(PetscArraycpy(stored, z, KNGridSize(&d->grid)));
  else PetscCall(KNRandomFieldEvaluate(d->field, &solver->problem.output.grid, stored));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Darcy(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Darcy          *d    = (Darcy *)solver->data;
  const size_t    size = KNGridSize(&d->grid), size_stored = KNGridSize(&solver->problem.output.grid);
  const PetscBool lognormal = (PetscBool)(d->coefficient == COEFFICIENT_LOGNORMAL);

  PetscFunctionBegin;
  PetscCall(KNDarcyDrawField(solver, seed, sample, 0, d->a, input));
  kn_darcy_permeability(d->a, lognormal, d->high, d->low, size);
  kn_darcy_permeability(input, lognormal, d->high, d->low, size_stored);

  if (d->rhs == RHS_RANDOM) {
    PetscCall(KNDarcyDrawField(solver, seed, sample, 1, d->f, input + size_stored));
    kn_darcy_rhs(d->f, d->rhs_value, d->rhs_amplitude, size);
    kn_darcy_rhs(input + size_stored, d->rhs_value, d->rhs_amplitude, size_stored);
  } else {
    for (size_t i = 0; i < size; i++) d->f[i] = d->rhs_value;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  out (n, n) takes the value of the nearest point of in (r, r): a permeability is not smooth, its values are not mixed.
*/
static void kn_nearest(PetscReal *out, const PetscReal *in, KNPoints points, PetscInt n, PetscInt r)
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscInt row = KNPointsNearest(points, r, KNPointsCoordinate(points, n, i));

    for (PetscInt j = 0; j < n; j++)
      out[i * n + j] = in[row * r + KNPointsNearest(points, r, KNPointsCoordinate(points, n, j))];
  }
}

static PetscErrorCode KNSolverTake_Darcy(KNSolver solver, const PetscReal given[])
{
  Darcy       *d           = (Darcy *)solver->data;
  const size_t size_stored = KNGridSize(&solver->problem.output.grid);

  PetscFunctionBegin;
  kn_nearest(d->a, given, (KNPoints)d->points, d->n, d->resolution);
  if (d->rhs == RHS_RANDOM) kn_nearest(d->f, given + size_stored, (KNPoints)d->points, d->n, d->resolution);
  else
    for (size_t i = 0; i < KNGridSize(&d->grid); i++) d->f[i] = d->rhs_value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSolve_Darcy(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNDiffusionSolve(d->diffusion, d->a, d->f, d->u, report));
  kn_bilinear(output, d->u, d->left, d->right, d->weight, (size_t)d->n, (size_t)d->resolution);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverCertify_Darcy(KNSolver solver, const PetscReal output[], KNCertificate *certificate,
                                            KNSolverReport *report)
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNSolverCheckStored(solver, d->n));
  PetscCall(KNDiffusionCertify(d->diffusion, d->a, d->f, output, certificate, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverRefine_Darcy(KNSolver solver, PetscReal rtol, PetscReal output[], KNSolverReport *report)
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNSolverCheckStored(solver, d->n));
  PetscCall(KNDiffusionRefine(d->diffusion, d->a, d->f, rtol, output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverResidual_Darcy(KNSolver solver, const PetscReal output[], PetscReal residual[])
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNSolverCheckStored(solver, d->n));
  PetscCall(KNDiffusionResidual(d->diffusion, d->a, d->f, output, residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverAdjoint_Darcy(KNSolver solver, const PetscReal output[], const PetscReal z[],
                                            PetscReal gradient[])
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  (void)output; /* the equation is linear */
  PetscCall(KNSolverCheckStored(solver, d->n));
  PetscCall(KNDiffusionResidualAdjoint(d->diffusion, d->a, z, gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Darcy(KNSolver solver)
{
  Darcy *d = (Darcy *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNDiffusionDestroy(&d->diffusion));
  PetscCall(KNRandomFieldDestroy(&d->field));
  PetscCall(KNFree(&d->a));
  PetscCall(KNFree(&d->f));
  PetscCall(KNFree(&d->u));
  PetscCall(PetscFree3(d->left, d->right, d->weight));
  PetscCall(PetscFree(d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Darcy(KNSolver solver)
{
  Darcy *d;

  PetscFunctionBegin;
  PetscCall(PetscNew(&d));
  d->n             = 64;
  d->points        = KN_POINTS_CELLS;
  d->face          = KN_FACE_ARITHMETIC;
  d->coefficient   = COEFFICIENT_PIECEWISE;
  d->high          = 12.0;
  d->low           = 3.0;
  d->rhs           = RHS_CONSTANT;
  d->rhs_value     = 1.0;
  d->rhs_amplitude = 1.0;
  PetscCall(KNRandomFieldCreate("darcy_field_", 2, &d->field));

  solver->data               = d;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Darcy;
  solver->ops.setup          = KNSolverSetUp_Darcy;
  solver->ops.draw           = KNSolverDraw_Darcy;
  solver->ops.take           = KNSolverTake_Darcy;
  solver->ops.solve          = KNSolverSolve_Darcy;
  solver->ops.certify        = KNSolverCertify_Darcy;
  solver->ops.refine         = KNSolverRefine_Darcy;
  solver->ops.residual       = KNSolverResidual_Darcy;
  solver->ops.adjoint        = KNSolverAdjoint_Darcy;
  solver->ops.destroy        = KNSolverDestroy_Darcy;
  PetscFunctionReturn(PETSC_SUCCESS);
}

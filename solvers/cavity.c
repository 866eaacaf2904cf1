/*
  Lid-driven cavity: the steady flow in a square box whose lid slides.

      div(u u) + grad p = (1/Re) Laplace u,   div u = 0 on the unit square,   u = (lid(x), 0) at y = 1, zero on the
      other walls

    lid(x) = 1 (uniform: the flow of Ghia, Ghia, Shin, J. Comput. Phys. 48, 1982), 16 x^2 (1 - x)^2 (regularised), or
             16 x^2 (1 - x)^2 (lid_mean + lid_amplitude z(x)) (random) with a Gaussian random field z (field.c)
    Re     = reynolds, which may be a range, a parameter of each sample; or drawn from reynolds_low .. reynolds_high,
             its logarithm uniform: then a second input

  Re is that of a lid of unit speed. Inputs are constant fields: lid along y, Re along x and y. Outputs are u, v and,
  of lids that stop at the corners, p with zero mean: where the uniform lid meets a wall p is as 1/distance, whose
  square has no integral. The flow is computed on cells of width 1/m (cavity_flow.c) and interpolated linearly to the
  stored points. The relative error of the least v on the centre line is 0.1 to 0.25 Re/m^2 (uniform lid, Re 100 to
  1000); Re/m^2 > 1/4, fewer than two cells in Re^(-1/2), is refused.
*/
#include <kitinet/error.h>
#include <kitinet/field.h>
#include <kitinet/options.h>
#include <math.h>
#include <kitinet/random.h>
#include "cavity_flow.h"
#include "cavity_guess.h"
#include "coefficient.h"

enum { LID_UNIFORM, LID_REGULARISED, LID_RANDOM };

/* Linear interpolation along an axis: value[i] = (1 - weight[i]) from[left[i]] + weight[i] from[left[i] + 1]. */
typedef struct {
  PetscInt  *left;
  PetscReal *weight;
} Line;

typedef struct {
  PetscInt      n;          /* points a side of the solve grid */
  PetscInt      resolution; /* points a side of the stored grid, r below */
  PetscInt      points;     /* KNPoints of both */
  PetscInt      lid_kind;
  PetscReal     lid_mean, lid_amplitude;
  PetscReal     reynolds_low, reynolds_high;
  PetscInt      m; /* cells a side */
  KNRandomField field;
  KNCavity      cavity;
  PetscReal    *lid;          /* (m + 1) of the sample, at x = i/m */
  PetscReal    *stored;       /* (r) at the stored points */
  PetscReal     reynolds;     /* of the sample */
  Line          nodes, faces; /* (r) from coordinates i/m, and (i - 1/2)/m, to the stored points */
  Line          back;         /* (m + 1) from the stored points to i/m */
  KNPoisson     poisson;      /* of the inner nodes; made when a field is offered, as are these: */
  PetscReal    *psi;          /* (m + 1, m + 1) */
  PetscReal    *better;       /* (2, r, r) velocity after a step of the solver */
} Cavity;

/* Largest Reynolds number that m cells resolve. */
static inline PetscReal kn_cavity_limit(PetscInt m)
{
  return 0.25 * (PetscReal)m * (PetscReal)m;
}

/* z (n) of the random field becomes the lid's speed, in place; other kinds do not read it. */
static void kn_lid(PetscReal *z, PetscInt kind, PetscReal mean, PetscReal amplitude, KNPoints points, PetscInt n)
{
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal x = KNPointsCoordinate(points, n, i), regularised = 16.0 * PetscSqr(x * (1.0 - x));

    z[i] = kind == LID_UNIFORM ? 1.0 : kind == LID_REGULARISED ? regularised : regularised * (mean + amplitude * z[i]);
  }
}

/* out (r, r) from in (.., stride): rows by x, columns by y. */
static void kn_sample(PetscReal *out, const PetscReal *in, const Line *x, const Line *y, size_t stride, size_t r)
{
  for (size_t i = 0; i < r; i++) {
    const PetscReal *before = in + (size_t)x->left[i] * stride, *after = before + stride;

    for (size_t j = 0; j < r; j++) {
      const PetscInt  l = y->left[j];
      const PetscReal b = (1.0 - y->weight[j]) * before[l] + y->weight[j] * before[l + 1];
      const PetscReal a = (1.0 - y->weight[j]) * after[l] + y->weight[j] * after[l + 1];

      out[i * r + j] = (1.0 - x->weight[i]) * b + x->weight[i] * a;
    }
  }
}

/* To n points of a kind, from n_from at first, first + step, ..; beyond the outermost the line goes on straight. */
static PetscErrorCode LineCreate(KNPoints points, PetscInt n, PetscInt n_from, PetscReal first, PetscReal step,
                                 Line *line)
{
  PetscFunctionBegin;
  PetscCall(PetscMalloc2(n, &line->left, n, &line->weight));
  for (PetscInt i = 0; i < n; i++) {
    const PetscReal position = (KNPointsCoordinate(points, n, i) - first) / step;

    line->left[i]   = PetscMin(PetscMax((PetscInt)PetscFloorReal(position), 0), n_from - 2);
    line->weight[i] = position - (PetscReal)line->left[i];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetFromOptions_Cavity(KNSolver solver)
{
  static const char *const lids[]   = {"uniform", "regularised", "random", NULL};
  static const char *const points[] = {"cells", "nodes", NULL};
  Cavity                  *c        = (Cavity *)solver->data;
  PetscReal                reynolds, highest;
  PetscBool                differs;

  PetscFunctionBegin;
  PetscCall(KNOptionsHead("Lid-driven cavity, steady incompressible flow in a box with a sliding lid"));
  PetscCall(KNOptionsInt("-cavity_grid", "points along a side of the solver's grid", 5, 2049, &c->n));
  c->resolution = c->n;
  PetscCall(KNOptionsInt("-cavity_resolution",
                         "points along a side of the stored fields, at most and by default -cavity_grid", 4, c->n,
                         &c->resolution));
  PetscCall(KNOptionsChoice("-cavity_points", "where the points lie", points, &c->points));
  c->m = c->points == KN_POINTS_NODES ? c->n - 1 : c->n;
  PetscCall(KNOptionsChoice("-cavity_lid", "the lid's speed along x: 1, 16 x^2 (1 - x)^2, or that times a random field",
                            lids, &c->lid_kind));
  PetscCall(KNSolverCoefficient(solver, "-cavity_lid_mean", "mean of the field of a random lid", "lid_mean", -100.0,
                                100.0, &c->lid_mean));
  PetscCall(KNSolverCoefficient(solver, "-cavity_lid_amplitude", "factor of the random part of the field",
                                "lid_amplitude", 0.0, 100.0, &c->lid_amplitude));
  PetscCheck(c->lid_kind == LID_RANDOM || !solver->ranges, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option %s is a range, of which only -cavity_lid random makes use: leave it out", solver->range[0].option);
  PetscCall(KNRandomFieldSetFromOptions(c->field));
  PetscCall(KNSolverCoefficient(solver, "-cavity_reynolds", "Reynolds number of a lid of speed 1", "reynolds", 0.01,
                                10000.0, &c->reynolds_low));
  reynolds = c->reynolds_low;
  differs  = KNSolverDiffers(solver, &c->reynolds_low);
  highest  = KNSolverHighest(solver, &c->reynolds_low);
  PetscCall(KNOptionsReal("-cavity_reynolds_low", "lowest Reynolds number, by default -cavity_reynolds", 0.01, 10000.0,
                          &c->reynolds_low));
  c->reynolds_high = PetscMax(reynolds, c->reynolds_low);
  PetscCall(KNOptionsReal("-cavity_reynolds_high",
                          "highest Reynolds number; if it is above the lowest, each sample draws one between them, "
                          "an input field",
                          c->reynolds_low, 10000.0, &c->reynolds_high));
  PetscCheck(!differs || (c->reynolds_low == reynolds && c->reynolds_high == reynolds), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "option -cavity_reynolds is a range: leave out -cavity_reynolds_low and _high");
  if (!differs) highest = c->reynolds_high;
  PetscCheck(highest <= kn_cavity_limit(c->m), PETSC_COMM_WORLD, KN_ERR_USAGE,
             "-cavity_grid %" PetscInt_FMT " does not resolve Reynolds number %.6g: it needs two cells in a boundary "
             "layer of thickness Re^(-1/2); give at least -cavity_grid %" PetscInt_FMT
             ", or a Reynolds number of at most %.6g",
             c->n, (double)highest, (PetscInt)PetscCeilReal(2.0 * PetscSqrtReal(highest)) + c->n - c->m,
             (double)kn_cavity_limit(c->m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a dataset of these samples says about itself. */
static PetscErrorCode KNSolverDescribe_Cavity(KNSolver solver)
{
  Cavity    *c = (Cavity *)solver->data;
  KNProblem *p = &solver->problem;
  PetscReal  alpha, tau, scale;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(p->equation, "div(u u) + grad p = (1/Re) Laplace u, div u = 0 on the unit square",
                         sizeof(p->equation)));
  PetscCall(PetscStrncpy(p->boundary, "u = lid(x), v = 0 at y = 1; u = v = 0 on the other walls", sizeof(p->boundary)));
  KNProblemSetGrid(p, KNGridMake(2, (const PetscInt[]){c->resolution, c->resolution}, (KNPoints)c->points));
  p->input.field[p->input.fields++]   = (KNField){.name = "lid", .unit = "1"};
  p->output.field[p->output.fields++] = (KNField){.name = "u", .unit = "1"};
  p->output.field[p->output.fields++] = (KNField){.name = "v", .unit = "1"};
  if (c->lid_kind != LID_UNIFORM) p->output.field[p->output.fields++] = (KNField){.name = "p", .unit = "1"};
  if (c->reynolds_high > c->reynolds_low) {
    p->input.field[p->input.fields++] = (KNField){.name = "reynolds", .unit = "1"};
    p->parameter[p->parameters++]     = (KNParameter){.name = "reynolds_low", .unit = "1", .value = c->reynolds_low};
    p->parameter[p->parameters++]     = (KNParameter){.name = "reynolds_high", .unit = "1", .value = c->reynolds_high};
  } else {
    p->parameter[p->parameters++] = (KNParameter){.name = "reynolds", .unit = "1", .value = c->reynolds_low};
  }
  if (c->lid_kind == LID_RANDOM) {
    PetscCall(KNRandomFieldGetParameters(c->field, &alpha, &tau, &scale));
    p->parameter[p->parameters++] = (KNParameter){.name = "lid_mean", .unit = "1", .value = c->lid_mean};
    p->parameter[p->parameters++] = (KNParameter){.name = "lid_amplitude", .unit = "1", .value = c->lid_amplitude};
    p->parameter[p->parameters++] = (KNParameter){.name = "lid_alpha", .unit = "1", .value = alpha};
    p->parameter[p->parameters++] = (KNParameter){.name = "lid_tau", .unit = "1", .value = tau};
    p->parameter[p->parameters++] = (KNParameter){.name = "lid_scale", .unit = "1", .value = scale};
  }
  /* The mirror image of a flow has a lid that slides the other way: among random lids only those of mean 0 are. */
  if (c->lid_kind == LID_RANDOM && c->lid_mean == 0.0 && !KNSolverDiffers(solver, &c->lid_mean)) {
    PetscCall(KNProblemAddSymmetry(p, "reflect(x) lid=-lid u=-u"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverSetUp_Cavity(KNSolver solver)
{
  Cavity         *c      = (Cavity *)solver->data;
  const KNPoints  points = (KNPoints)c->points;
  const PetscInt  m = c->m, r = c->resolution;
  const PetscReal h = 1.0 / (PetscReal)m, first = KNPointsCoordinate(points, r, 0),
                  second = KNPointsCoordinate(points, r, 1);

  PetscFunctionBegin;
  PetscCall(KNCavityCreate(solver->comm, "cavity_", m, &c->cavity));
  PetscCall(KNRandomFieldSetUp(c->field, c->n));
  PetscCall(KNSolverDescribe_Cavity(solver));
  PetscCall(KNMalloc((size_t)m + 1, sizeof(PetscReal), &c->lid));
  PetscCall(KNMalloc((size_t)r, sizeof(PetscReal), &c->stored));
  PetscCall(LineCreate(points, r, m + 1, 0.0, h, &c->nodes));
  PetscCall(LineCreate(points, r, m + 2, -0.5 * h, h, &c->faces));
  PetscCall(LineCreate(KN_POINTS_NODES, m + 1, r, first, second - first, &c->back));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The drawn lid at the n points of an axis. */
static PetscErrorCode EvaluateLid(Cavity *c, KNPoints points, PetscInt n, PetscReal lid[])
{
  const KNGrid line = KNGridMake(1, &n, points);

  PetscFunctionBegin;
  if (c->lid_kind == LID_RANDOM) PetscCall(KNRandomFieldEvaluate(c->field, &line, lid));
  kn_lid(lid, c->lid_kind, c->lid_mean, c->lid_amplitude, points, n);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDraw_Cavity(KNSolver solver, PetscInt64 seed, PetscInt64 sample, PetscReal input[])
{
  Cavity      *c = (Cavity *)solver->data;
  const size_t r = (size_t)c->resolution;
  uint64_t     word[4];

  PetscFunctionBegin;
  if (c->lid_kind == LID_RANDOM) PetscCall(KNRandomFieldDraw(c->field, seed, sample, 0));
  PetscCall(EvaluateLid(c, KN_POINTS_NODES, c->m + 1, c->lid));
  PetscCall(EvaluateLid(c, (KNPoints)c->points, c->resolution, c->stored));
  c->reynolds = c->reynolds_low;
  for (size_t i = 0; i < r * r; i++) input[i] = c->stored[i / r];
  if (solver->problem.input.fields == 2) {
    KNRandomWords(seed, KN_STREAM_FIELD, 0, 0, sample, 1, word); /* 1: the field after the lid's */
    c->reynolds *= PetscPowReal(c->reynolds_high / c->reynolds_low, KNUniform(word[0]));
    for (size_t i = 0; i < r * r; i++) input[r * r + i] = c->reynolds;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Inputs are constant along an axis: of the lid counts what stands at y = 1, of the Reynolds number the first value. */
static PetscErrorCode KNSolverTake_Cavity(KNSolver solver, const PetscReal given[])
{
  Cavity        *c = (Cavity *)solver->data;
  const PetscInt r = c->resolution;

  PetscFunctionBegin;
  for (PetscInt i = 0; i <= c->m; i++) {
    const PetscReal *before = given + c->back.left[i] * r + r - 1;

    c->lid[i] = (1.0 - c->back.weight[i]) * before[0] + c->back.weight[i] * before[r];
  }
  c->reynolds = solver->problem.input.fields == 2 ? given[r * r] : c->reynolds_low;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Whether the grid resolves the Reynolds number, which may be given, not drawn; if not report has the reason. */
static PetscBool ResolvesReynolds(const Cavity *c, KNSolverReport *report)
{
  if (c->reynolds > 0.0 && c->reynolds <= kn_cavity_limit(c->m)) return PETSC_TRUE;
  (void)snprintf(report->reason, sizeof(report->reason),
                 "Reynolds number %.6g is not between 0 and %.6g, the highest that %d points resolve",
                 (double)c->reynolds, (double)kn_cavity_limit(c->m), (int)c->n);
  return PETSC_FALSE;
}

/* u, v (2, r, r) at the stored points, and p, as many fields as there are. */
static void Store(const Cavity *c, const KNCavityFields *fields, PetscInt count, PetscReal output[])
{
  const size_t m = (size_t)c->m, r = (size_t)c->resolution;

  kn_sample(output, fields->u, &c->nodes, &c->faces, m + 2, r);
  kn_sample(output + r * r, fields->v, &c->faces, &c->nodes, m + 1, r);
  if (count == 3) kn_sample(output + 2 * r * r, fields->p, &c->faces, &c->faces, m + 2, r);
}

static PetscErrorCode KNSolverSolve_Cavity(KNSolver solver, PetscReal output[], KNSolverReport *report)
{
  Cavity               *c = (Cavity *)solver->data;
  const KNCavityFields *fields;

  PetscFunctionBegin;
  if (!ResolvesReynolds(c, report)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNCavitySolve(c->cavity, c->reynolds, c->lid, NULL, NULL, &fields, report));
  if (report->converged) Store(c, fields, solver->problem.output.fields, output);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Newton's method from the velocity in output: `most` steps, or until the residual is rtol of that of rest. */
static PetscErrorCode SolveFrom(KNSolver solver, const PetscReal output[], PetscReal rtol, PetscInt most,
                                const KNCavityFields **fields, PetscReal *residual, KNSolverReport *report)
{
  Cavity      *c = (Cavity *)solver->data;
  const size_t m = (size_t)c->m, r = (size_t)c->resolution;

  PetscFunctionBegin;
  PetscCall(KNSolverCheckStored(solver, c->n));
  if (!ResolvesReynolds(c, report)) PetscFunctionReturn(PETSC_SUCCESS);
  if (!c->poisson) {
    PetscCall(KNPoissonCreate(c->m - 1, KN_POINTS_NODES, &c->poisson));
    PetscCall(KNMalloc((m + 1) * (m + 1), sizeof(PetscReal), &c->psi));
    PetscCall(KNMalloc(2 * r * r, sizeof(PetscReal), &c->better));
  }
  PetscCall(KNCavityGuess(c->poisson, c->m, (KNPoints)c->points, output, output + r * r, c->psi));
  PetscCall(KNCavitySolveFrom(c->cavity, c->reynolds, c->lid, c->psi, rtol, most, fields, residual, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step of Newton's method from the velocity; the pressure is not judged. */
static PetscErrorCode KNSolverCertify_Cavity(KNSolver solver, const PetscReal output[], KNCertificate *certificate,
                                             KNSolverReport *report)
{
  Cavity               *c    = (Cavity *)solver->data;
  const size_t          size = 2 * (size_t)c->resolution * (size_t)c->resolution;
  const KNCavityFields *fields;
  PetscReal             distance = 0, square = 0;

  PetscFunctionBegin;
  PetscCall(SolveFrom(solver, output, 0, 1, &fields, &certificate->residual, report));
  if (!report->converged) PetscFunctionReturn(PETSC_SUCCESS);
  Store(c, fields, 2, c->better);
  for (size_t i = 0; i < size; i++) {
    distance += PetscSqr(output[i] - c->better[i]);
    square += PetscSqr(c->better[i]);
  }
  certificate->estimate = square > 0 ? PetscSqrtReal(distance / square) : distance > 0 ? INFINITY : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* No continuation: the velocity that is offered is near the flow, or the caller solves from rest. */
static PetscErrorCode KNSolverRefine_Cavity(KNSolver solver, PetscReal rtol, PetscReal output[], KNSolverReport *report)
{
  const KNCavityFields *fields;
  PetscReal             residual;

  PetscFunctionBegin;
  PetscCall(SolveFrom(solver, output, rtol, PETSC_DEFAULT, &fields, &residual, report));
  if (report->converged) Store((Cavity *)solver->data, fields, solver->problem.output.fields, output);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode KNSolverDestroy_Cavity(KNSolver solver)
{
  Cavity *c = (Cavity *)solver->data;

  PetscFunctionBegin;
  PetscCall(KNCavityDestroy(&c->cavity));
  PetscCall(KNPoissonDestroy(&c->poisson));
  PetscCall(KNFree(&c->psi));
  PetscCall(KNFree(&c->better));
  PetscCall(KNRandomFieldDestroy(&c->field));
  PetscCall(KNFree(&c->lid));
  PetscCall(KNFree(&c->stored));
  PetscCall(PetscFree2(c->nodes.left, c->nodes.weight));
  PetscCall(PetscFree2(c->faces.left, c->faces.weight));
  PetscCall(PetscFree2(c->back.left, c->back.weight));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSolverCreate_Cavity(KNSolver solver)
{
  Cavity *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  c->n             = 64;
  c->points        = KN_POINTS_CELLS;
  c->lid_kind      = LID_RANDOM;
  c->lid_mean      = 1.0;
  c->lid_amplitude = 2.0;
  c->reynolds_low  = 100.0;
  PetscCall(KNRandomFieldCreate("cavity_lid_", 1, &c->field));

  solver->data               = c;
  solver->ops.setfromoptions = KNSolverSetFromOptions_Cavity;
  solver->ops.setup          = KNSolverSetUp_Cavity;
  solver->ops.draw           = KNSolverDraw_Cavity;
  solver->ops.take           = KNSolverTake_Cavity;
  solver->ops.solve          = KNSolverSolve_Cavity;
  solver->ops.certify        = KNSolverCertify_Cavity;
  solver->ops.refine         = KNSolverRefine_Cavity;
  solver->ops.destroy        = KNSolverDestroy_Cavity;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  The symmetries that solvers declare, of every solver that is registered: the group is the one that theory gives;
  solve(g input) = g solve(input) for each generator g, to rounding where steps are chosen by norms; what is not
  declared and looks as if it could be is none; and random inputs are distributed like their images: means and second
  moments along random directions, within 4.5 standard errors.

  A new solver needs a case in symmetry_cases.h. One without symmetries says so: order 1.
*/
#include <kitinet/random.h>
#include <kitinet/symmetry.h>
#include "solver_ensemble.h"
#include "symmetry_cases.h"

#define CHECK(condition, ...) PetscCheck(condition, PETSC_COMM_SELF, PETSC_ERR_PLIB, __VA_ARGS__)

enum { DIRECTIONS = 6 };

/* What is given, and what is solved for it, of the solver and of one element. */
typedef struct {
  Ensemble   e;
  size_t     ns, nx, ny; /* nx: of the initial state (ns), if there is one, then of the input */
  PetscReal *x, *y, *gx, *gy, *solved;
} Work;

/* What a sample that was solved for began with. */
static void TakeGiven(const Work *w, PetscReal x[])
{
  for (size_t i = 0; i < w->nx; i++) x[i] = i < w->ns ? w->e.output[i] : w->e.input[i - w->ns];
}

static PetscErrorCode SolveGiven(Work *w, const PetscReal x[], PetscReal y[], PetscBool *converged)
{
  KNSolverReport report;

  PetscFunctionBegin;
  PetscCall(KNSolverSolveGiven(w->e.solver, x, y, &report));
  *converged = report.converged;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void MoveInput(const Work *w, const KNElement *g, const PetscReal from[], PetscReal to[])
{
  const KNSpace *in = &w->e.problem->input, *out = &w->e.problem->output;

  if (w->ns) kn_symmetry_apply_real(to, from, &g->output, 1, (size_t)out->fields, &out->grid);
  if (w->nx > w->ns) kn_symmetry_apply_real(to + w->ns, from + w->ns, &g->input, 1, (size_t)in->fields, &in->grid);
}

/* |solve(g x) - g solve(x)|, relative; infinite where the image cannot be solved. */
static PetscErrorCode Miss(Work *w, const KNElement *g, PetscReal *miss)
{
  const KNProblem *p     = w->e.problem;
  PetscReal        scale = 0;
  PetscBool        converged;

  PetscFunctionBegin;
  MoveInput(w, g, w->x, w->gx);
  kn_symmetry_apply_real(w->gy, w->y, &g->output, (size_t)PetscMax(p->frames, 1), (size_t)p->output.fields,
                         &p->output.grid);
  PetscCall(SolveGiven(w, w->gx, w->solved, &converged));
  for (size_t i = 0; i < w->ny; i++) scale = PetscMax(scale, PetscAbsReal(w->y[i]));
  *miss = converged ? Distance(w->solved, w->gy, w->ny) / scale : PETSC_INFINITY;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestElements(const Case *c, Work *w, KNSymmetry group)
{
  const KNElement *generator;
  PetscReal        worst = 0, miss;
  PetscInt         count;
  KNElement        product;

  PetscFunctionBegin;
  generator = KNSymmetryGenerators(group, &count);
  for (PetscInt i = 0; i < count; i++) {
    PetscCall(Miss(w, &generator[i], &miss));
    worst = PetscMax(worst, miss);
    CHECK(miss <= c->tolerance, "%s: \"%s\" misses by %g", c->pde, w->e.problem->symmetry[i], (double)miss);
  }
  KNSymmetryGetElement(group, KNSymmetryOrder(group) / 2 + KNSymmetryOrder(group) / 5, &product);
  PetscCall(Miss(w, &product, &miss));
  CHECK(miss <= c->tolerance, "%s: a product misses by %g", c->pde, (double)miss);
  for (PetscInt i = 0; i < MOST_WRONG && c->wrong[i]; i++) {
    char      reason[256];
    KNElement wrong;

    PetscCall(KNSymmetryParse(w->e.problem, c->wrong[i], &wrong, sizeof(reason), reason));
    CHECK(!reason[0], "%s: \"%s\": %s", c->pde, c->wrong[i], reason);
    PetscCall(Miss(w, &wrong, &miss));
    CHECK(miss > 1e-4, "%s: \"%s\", which is no symmetry, misses by %g only", c->pde, c->wrong[i], (double)miss);
  }
  PetscCall(PetscPrintf(PETSC_COMM_SELF, "%-22s %8" PetscInt64_FMT " elements, generators miss by %.1e\n", c->pde,
                        KNSymmetryOrder(group), (double)worst));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A direction in the space of inputs: sums of it with x and its image are distributed alike. */
static PetscReal Along(PetscInt direction, const PetscReal x[], size_t n)
{
  PetscReal sum = 0;

  for (size_t i = 0; i < n; i++) {
    uint64_t word[4];

    KNRandomWords(3, KN_STREAM_TEST, direction, (PetscInt64)i, 0, 0, word);
    sum += (KNUniform(word[0]) - 0.5) * x[i];
  }
  return sum;
}

/* Mean difference of the first two moments of x and g x, in standard errors. */
static PetscErrorCode TestDistribution(const Case *c, Work *w, KNSymmetry group)
{
  const KNElement *generator;
  PetscInt         count;
  PetscReal       *sum; /* (count, DIRECTIONS, 2, 2): differences, and their squares */

  PetscFunctionBegin;
  generator = KNSymmetryGenerators(group, &count);
  PetscCall(PetscCalloc1((size_t)count * DIRECTIONS * 4, &sum));
  for (PetscInt sample = 0; sample < c->draws; sample++) {
    PetscReal     *x = w->x;
    KNSolverReport report;

    PetscCall(EnsembleSolve(&w->e, 11, sample, &report));
    TakeGiven(w, x);
    for (PetscInt i = 0; i < count; i++) {
      MoveInput(w, &generator[i], x, w->gx);
      for (PetscInt k = 0; k < DIRECTIONS; k++) {
        const PetscReal a = Along(k, x, w->nx), b = Along(k, w->gx, w->nx), d[] = {a - b, a * a - b * b};
        PetscReal      *to = sum + 4 * (i * DIRECTIONS + k);

        for (int moment = 0; moment < 2; moment++) {
          to[2 * moment] += d[moment];
          to[2 * moment + 1] += d[moment] * d[moment];
        }
      }
    }
  }
  for (PetscInt i = 0; i < count * DIRECTIONS * 2 && c->draws; i++) {
    const PetscReal n = c->draws, error = PetscSqrtReal(PetscMax(sum[2 * i + 1], PETSC_MIN_REAL)) / n;

    CHECK(PetscAbsReal(sum[2 * i]) / n <= 4.5 * error + 1e-9,
          "%s: \"%s\" changes moment %" PetscInt_FMT " of the inputs by %g standard errors", c->pde,
          w->e.problem->symmetry[i / (2 * DIRECTIONS)], i % 2 + 1, (double)(sum[2 * i] / n / error));
  }
  PetscCall(PetscFree(sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestCase(const Case *c)
{
  Work           w;
  KNSolverReport report;
  KNSymmetry     group;
  PetscBool      converged;

  PetscFunctionBegin;
  PetscCall(EnsembleCreate(PETSC_COMM_SELF, c->pde, c->option, &w.e));
  w.ns = w.e.problem->frames ? KNSpaceSize(&w.e.problem->output) : 0;
  w.nx = w.ns + KNProblemInputSize(w.e.problem);
  w.ny = KNProblemOutputSize(w.e.problem);
  PetscCall(KNSymmetryCreate(w.e.problem, c->pde, PETSC_ERR_PLIB, &group));
  CHECK(KNSymmetryOrder(group) == c->order, "%s: %" PetscInt64_FMT " elements, not %" PetscInt64_FMT, c->pde,
        KNSymmetryOrder(group), c->order);
  PetscCall(PetscMalloc5(w.nx, &w.x, w.ny, &w.y, w.nx, &w.gx, w.ny, &w.gy, w.ny, &w.solved));
  PetscCall(EnsembleSolve(&w.e, 7, 5, &report));
  TakeGiven(&w, w.x);
  PetscCall(SolveGiven(&w, w.x, w.y, &converged));
  CHECK(converged, "%s: the given input is not solved", c->pde);
  PetscCall(TestElements(c, &w, group));
  if (group) PetscCall(TestDistribution(c, &w, group));
  PetscCall(PetscFree5(w.x, w.y, w.gx, w.gy, w.solved));
  PetscCall(KNSymmetryDestroy(&group));
  PetscCall(EnsembleDestroy(&w.e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv)
{
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  for (PetscInt s = 0; KNSolverNames()[s]; s++) {
    PetscInt found = 0;

    for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(cases); i++) {
      if (strcmp(cases[i].pde, KNSolverNames()[s])) continue;
      PetscCall(TestCase(&cases[i]));
      found++;
    }
    CHECK(found, "the symmetries of %s are not tested: add a case, of order 1 if it has none", KNSolverNames()[s]);
  }
  PetscCall(PetscFinalize());
  return 0;
}

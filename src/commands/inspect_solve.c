/* Symmetries of a dataset against the solver that made it: solve(g input) and g solve(input). */
#include "inspect.h"
#include <kitinet/solver.h>
#include <kitinet/symmetry.h>
#include <math.h>

/* The lines of the options that the equation's solver reads, "pde_..": nothing else of a file is believed. */
static PetscErrorCode SolverOptions(const char pde[], const char options[], char **own)
{
  const size_t length = strlen(pde);
  char        *to;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(strlen(options) + 2, own));
  to = *own;
  while (*options) {
    const size_t line = strcspn(options, "\n") + (strchr(options, '\n') != NULL);

    if (!strncmp(options, pde, length) && options[length] == '_') {
      PetscCall(PetscArraycpy(to, options, line));
      to += line;
    }
    options += line;
  }
  *to = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscReal Distance(const PetscReal a[], const PetscReal b[], size_t n)
{
  PetscReal distance = 0, norm = 0;

  for (size_t i = 0; i < n; i++) {
    distance += PetscSqr(a[i] - b[i]);
    norm += PetscSqr(b[i]);
  }
  return PetscSqrtReal(distance / PetscMax(norm, PETSC_MIN_REAL));
}

/* Of one row: the largest miss of each generator. *good: the stored solution came out. */
static PetscErrorCode SolveRow(KNSolver solver, const KNProblem *p, const float x[], const float y[],
                               const KNElement generator[], PetscInt generators, PetscReal given_back, double miss[],
                               PetscBool *good)
{
  /* the initial state, if there is one, then the input */
  const size_t ns = p->frames ? KNSpaceSize(&p->output) : 0, nx = ns + KNProblemInputSize(p),
               ny = KNProblemOutputSize(p);
  KNSolverReport report;
  PetscReal     *in, *moved_in, *out, *moved_out, *stored;

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(nx, &in, nx, &moved_in, ny, &out, ny, &moved_out, ny, &stored));
  for (size_t i = 0; i < nx; i++) in[i] = (PetscReal)(i < ns ? y[i] : x[i - ns]);
  for (size_t i = 0; i < ny; i++) stored[i] = (PetscReal)y[i];
  PetscCall(KNSolverSolveGiven(solver, in, out, &report));
  *good = (PetscBool)(report.converged && Distance(out, stored, ny) <= given_back);
  for (PetscInt g = 0; g < generators && *good; g++) {
    if (ns) kn_symmetry_apply_real(moved_in, in, &generator[g].output, 1, (size_t)p->output.fields, &p->output.grid);
    if (nx > ns)
      kn_symmetry_apply_real(moved_in + ns, in + ns, &generator[g].input, 1, (size_t)p->input.fields, &p->input.grid);
    kn_symmetry_apply_real(stored, out, &generator[g].output, (size_t)PetscMax(p->frames, 1), (size_t)p->output.fields,
                           &p->output.grid);
    PetscCall(KNSolverSolveGiven(solver, moved_in, moved_out, &report));
    miss[g] = PetscMax(miss[g], report.converged ? (double)Distance(moved_out, stored, ny) : INFINITY);
  }
  PetscCall(PetscFree5(in, moved_in, out, moved_out, stored));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The solver that the dataset's options describe, of the same spaces; NULL: there is none. */
static PetscErrorCode FindSolver(const KNProblem *p, const char options[], const char path[], KNSolver *solver)
{
  const KNProblem *own;
  PetscInt         type = 0;
  char            *text, difference[3 * KN_MAX_TEXT];

  PetscFunctionBegin;
  *solver = NULL;
  while (KNSolverNames()[type] && strcmp(KNSolverNames()[type], p->pde)) type++;
  if (!KNSolverNames()[type]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SolverOptions(p->pde, options, &text));
  PetscCall(KNOptionsInsertDefaults(text, path, NULL));
  PetscCall(PetscFree(text));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, p->pde, solver));
  PetscCall(KNSolverSetFromOptions(*solver));
  PetscCall(KNSolverSetUp(*solver));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(KNSolverGetProblem(*solver, &own));
  PetscCall(KNSpaceCompare("input", &own->input, &p->input, sizeof(difference), difference));
  if (!difference[0]) PetscCall(KNSpaceCompare("output", &own->output, &p->output, sizeof(difference), difference));
  for (PetscInt i = 0; i < own->coefficients && !difference[0]; i++) { /* in the order of the options, both times */
    if (i >= p->coefficients || strcmp(own->coefficient[i].name, p->coefficient[i].name)) difference[0] = '!';
  }
  if (difference[0] || own->frames != p->frames) PetscCall(KNSolverDestroy(solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNInspectSolveImages(KNDataset dataset, const KNElement generator[], PetscInt generators, PetscInt rows,
                                    PetscReal given_back, double miss[], PetscBool *solved)
{
  const KNProblem *p;
  const char      *options, *path;
  const double    *parameters;
  KNSolver         solver;
  float           *x, *y;
  char             message[1024];

  PetscFunctionBegin;
  *solved = PETSC_FALSE;
  PetscCall(KNDatasetGetProblem(dataset, &p));
  PetscCall(KNDatasetGetPath(dataset, &path));
  PetscCall(KNDatasetGetColumns(dataset, NULL, NULL, &parameters));
  PetscCall(KNDatasetGetProvenance(dataset, NULL, &options, NULL));
  PetscCall(FindSolver(p, options, path, &solver));
  if (!solver) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt g = 0; g < generators; g++) miss[g] = 0;
  PetscCall(KNMalloc(KNProblemInputSize(p), sizeof(*x), &x));
  PetscCall(KNMalloc(KNProblemOutputSize(p), sizeof(*y), &y));
  *solved = PETSC_TRUE;
  for (PetscInt row = 0; row < rows && *solved; row++) {
    const int code = KNDatasetRead(dataset, row, p->input.fields ? x : NULL, y, sizeof(message), message);

    PetscCall(KNAgree(PETSC_COMM_WORLD, code, "%s", message));
    if (parameters) PetscCall(KNSolverSetCoefficients(solver, parameters + row * p->coefficients));
    PetscCall(SolveRow(solver, p, x, y, generator, generators, given_back, miss, solved));
  }
  PetscCall(KNFree(&x));
  PetscCall(KNFree(&y));
  PetscCall(KNSolverDestroy(&solver));
  PetscFunctionReturn(PETSC_SUCCESS);
}

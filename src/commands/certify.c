/* A solver for what a dataset holds: found by its equation, set up by its provenance. */
#include "certify.h"
#include <kitinet/error.h>
#include <kitinet/options.h>
#include <kitinet/statistics.h>
#include <math.h>
#include <string.h>

struct _p_KNCertifier {
  KNSolver   solver;
  PetscReal *given, *output; /* (C_in, S), (C_out, S) */
  PetscReal *residual;       /* (C_out, S) */
  size_t     nx, ny;
};

PetscErrorCode KNCertifyEquation(char name[])
{
  PetscFunctionBegin;
  PetscCall(KNOptionsString("-pde",
                            "equation of a dataset that does not name it, with the name and the options of generate",
                            KN_MAX_NAME, name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const struct {
  PetscBool (*able)(KNSolver);
  const char *thing, *verb; /* "no certificate is known; darcy, cavity certify" */
} abilities[] = {
  [KN_ABLE_CERTIFY]  = {KNSolverCertifies, "certificate", "certify"},
  [KN_ABLE_RESIDUAL] = {KNSolverHasResidual, "residual with a derivative", "has one"},
};

/* "darcy, cavity certify": the solvers that can do it; comm SELF, nothing is set up. */
static PetscErrorCode WhoIsAble(KNAbility wanted, size_t size, char text[])
{
  PetscFunctionBegin;
  text[0] = 0;
  for (const char *const *name = KNSolverNames(); *name; name++) {
    KNSolver solver;

    PetscCall(KNSolverCreate(PETSC_COMM_SELF, *name, &solver));
    if (abilities[wanted].able(solver)) {
      PetscCall(PetscStrlcat(text, text[0] ? ", " : "", size));
      PetscCall(PetscStrlcat(text, *name, size));
    }
    PetscCall(KNSolverDestroy(&solver));
  }
  PetscCall(PetscStrlcat(text, " ", size));
  PetscCall(PetscStrlcat(text, abilities[wanted].verb, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The name of a solver for the dataset. */
static PetscErrorCode FindEquation(const KNProblem *problem, const char path[], const char equation[], KNAbility wanted,
                                   const char **found)
{
  const char *const pde = equation[0] ? equation : problem->pde;
  char              able[KN_MAX_TEXT];

  PetscFunctionBegin;
  *found = NULL;
  for (const char *const *name = KNSolverNames(); *name && !*found; name++) {
    if (!strcmp(*name, pde)) *found = *name;
  }
  if (*found) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(WhoIsAble(wanted, sizeof(able), able));
  PetscCheck(!equation[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "option -pde is %.64s, which no solver is called; %s",
             equation, able);
  SETERRQ(PETSC_COMM_WORLD, KN_ERR_INPUT,
          "%s does not say which equation it solves (\"%.64s\"): name it by -pde, with the options that generate would "
          "take; %s",
          path, problem->pde, able);
}

/* Lines of `options` that begin with the equation's name, and the dataset's own grid in place of the solver's. */
static PetscErrorCode Defaults(const char pde[], const char options[], PetscInt n, char **yaml)
{
  const size_t prefix = strlen(pde);
  char         number[32], *to;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(strlen(options) + 2 * prefix + 128, yaml));
  to = *yaml;
  for (const char *line = options; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') != NULL);
    const char  *name   = line + prefix;

    if (!strncmp(line, pde, prefix) && strncmp(name, "_grid:", 6) && strncmp(name, "_resolution:", 12)) {
      PetscCall(PetscArraycpy(to, line, length));
      to += length;
    }
    line += length;
  }
  PetscCall(PetscSNPrintf(number, sizeof(number), "%" PetscInt_FMT, n));
  (void)sprintf(to, "%s_grid: %s\n%s_resolution: %s\n", pde, number, pde, number);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fields of one side by number and name. */
static PetscErrorCode CheckFields(const char side[], const KNSpace *solved, const KNSpace *stored, const char pde[],
                                  const char path[])
{
  PetscFunctionBegin;
  PetscCheck(stored->kind == KN_SPACE_FIELD && solved->fields == stored->fields, PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has %" PetscInt_FMT " %s fields, %s has %" PetscInt_FMT, path, stored->fields, side, pde,
             solved->fields);
  for (PetscInt i = 0; i < solved->fields; i++)
    PetscCheck(!strcmp(solved->field[i].name, stored->field[i].name), PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has %s field \"%s\" where %s has \"%s\": rename it when the data are converted", path, side,
               stored->field[i].name, pde, solved->field[i].name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierCreate(KNDataset dataset, const char path[], const char equation[], KNAbility wanted,
                                 KNCertifier *certifier)
{
  const KNProblem *problem, *solved;
  const KNGrid    *grid;
  const char      *pde, *options;
  char            *yaml, able[KN_MAX_TEXT];
  KNCertifier      c;

  PetscFunctionBegin;
  *certifier = NULL;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetProvenance(dataset, NULL, &options, NULL));
  PetscCall(FindEquation(problem, path, equation, wanted, &pde));
  grid = &problem->output.grid;
  PetscCall(PetscNew(&c));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, pde, &c->solver));
  if (!abilities[wanted].able(c->solver)) {
    PetscCall(KNSolverDestroy(&c->solver));
    PetscCall(PetscFree(c));
    PetscCall(WhoIsAble(wanted, sizeof(able), able));
    SETERRQ(PETSC_COMM_WORLD, KN_ERR_USAGE, "%s holds %s, of which no %s is known; %s", path, pde,
            abilities[wanted].thing, able);
  }
  for (PetscInt a = 1; a < grid->dim; a++)
    PetscCheck(grid->n[a] == grid->n[0], PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has %" PetscInt_FMT " and %" PetscInt_FMT " points along its axes, the solver of %s takes as many "
               "along each",
               path, grid->n[0], grid->n[a], pde);
  PetscCall(Defaults(pde, equation[0] ? "" : options, grid->n[0], &yaml));
  PetscCall(KNOptionsInsertDefaults(yaml, path, NULL));
  PetscCall(PetscFree(yaml));
  PetscCall(KNSolverSetFromOptions(c->solver));
  PetscCall(KNSolverSetUp(c->solver));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(KNSolverGetProblem(c->solver, &solved));
  PetscCall(CheckFields("input", &solved->input, &problem->input, pde, path));
  PetscCall(CheckFields("output", &solved->output, &problem->output, pde, path));
  PetscCheck(solved->output.grid.dim == grid->dim && solved->output.grid.points == grid->points &&
               solved->output.grid.n[0] == grid->n[0] && solved->frames == problem->frames,
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its points at %s in %" PetscInt_FMT "D, %s at %s in %" PetscInt_FMT
             "D: give the solver's option for where they lie",
             path, KNPointsNames[grid->points], grid->dim, pde, KNPointsNames[solved->output.grid.points],
             solved->output.grid.dim);
  c->nx = KNProblemInputSize(solved);
  c->ny = KNProblemOutputSize(solved);
  PetscCall(PetscMalloc3(c->nx, &c->given, c->ny, &c->output, c->ny, &c->residual));
  *certifier = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierDestroy(KNCertifier *certifier)
{
  PetscFunctionBegin;
  if (!*certifier) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KNSolverDestroy(&(*certifier)->solver));
  PetscCall(PetscFree3((*certifier)->given, (*certifier)->output, (*certifier)->residual));
  PetscCall(PetscFree(*certifier));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y NULL: the field 0 */
static void Widen(KNCertifier c, const float x[], const float y[])
{
  for (size_t i = 0; i < c->nx; i++) c->given[i] = (PetscReal)x[i];
  for (size_t i = 0; i < c->ny; i++) c->output[i] = y ? (PetscReal)y[i] : 0;
}

PetscErrorCode KNCertifierJudge(KNCertifier c, const float x[], const float y[], KNCertificate *certificate,
                                PetscBool *judged)
{
  KNSolverReport report;

  PetscFunctionBegin;
  *judged      = PETSC_FALSE;
  *certificate = (KNCertificate){NAN, NAN, NAN};
  if (kn_nonfinite(y, c->ny)) PetscFunctionReturn(PETSC_SUCCESS);
  Widen(c, x, y);
  PetscCall(KNSolverCertify(c->solver, c->given, c->output, certificate, &report));
  *judged = report.converged;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierRefine(KNCertifier c, const float x[], PetscReal rtol, float y[], KNSolverReport *report)
{
  PetscFunctionBegin;
  Widen(c, x, y);
  PetscCall(KNSolverRefine(c->solver, c->given, rtol, c->output, report));
  for (size_t i = 0; i < c->ny && report->converged; i++) y[i] = (float)c->output[i];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierSolve(KNCertifier c, const float x[], PetscReal rtol, KNSolverReport *report)
{
  PetscFunctionBegin;
  Widen(c, x, NULL);
  PetscCall(KNSolverRefine(c->solver, c->given, rtol, c->output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierMisfit(void *context, const float x[], const float y[], double *misfit, double gradient[])
{
  KNCertifier c = (KNCertifier)context;

  PetscFunctionBegin;
  Widen(c, x, y);
  PetscCall(KNSolverMisfit(c->solver, c->given, c->output, misfit, gradient, c->residual));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  A solver for what a dataset holds: found by its equation, set up by its provenance. Trajectories are judged frame by
  frame: all time-dependent equations here are autonomous, and frames hold the whole state.
*/
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
  PetscInt   frames;                                 /* of trajectories, which are judged step by step; 0: steady */
  PetscInt   coefficients, place[KN_MAX_PARAMETERS]; /* that differ from sample to sample: where the dataset has them */
  PetscInt   P;
  double    *parameters; /* (samples, P), of the dataset */
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
  [KN_ABLE_CERTIFY]  = {KNSolverCertifies, "certificate", "certify, and so do all trajectories"},
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

/* Whether the line is the option pde_name. */
static PetscBool IsOption(const char line[], size_t prefix, const char name[])
{
  return (PetscBool)(line[prefix] == '_' && !strncmp(line + prefix + 1, name, strlen(name)) &&
                     line[prefix + 1 + strlen(name)] == ':');
}

/*
  Lines of `options` that begin with the equation's name, with the dataset's own grid in place of the solver's. Of
  trajectories, which restart from the stored grid on the solver's, one step between frames in place of all.
*/
static PetscErrorCode Defaults(const char pde[], const char options[], const KNProblem *problem, char **yaml)
{
  const size_t   prefix = strlen(pde), size = strlen(options) + 2 * prefix + 256;
  const PetscInt n = problem->output.grid.n[0], frames = problem->frames;
  const char    *replaced[] = {frames ? "frames" : "grid", frames ? "final_time" : "resolution"};
  char          *to;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(size, yaml));
  to = *yaml;
  for (const char *line = options; *line;) {
    const size_t length = strcspn(line, "\n") + (strchr(line, '\n') != NULL);

    if (!strncmp(line, pde, prefix) && !IsOption(line, prefix, replaced[0]) && !IsOption(line, prefix, replaced[1])) {
      PetscCall(PetscArraycpy(to, line, length));
      to += length;
    }
    line += length;
  }
  *to = 0;
  if (!frames || !options[0])
    to += sprintf(to, "%s_grid: %lld\n%s_resolution: %lld\n", pde, (long long)n, pde, (long long)n);
  if (frames)
    (void)sprintf(to, "%s_frames: 2\n%s_final_time: %.17g\n", pde, pde,
                  (double)((problem->times[frames - 1] - problem->times[0]) / (PetscReal)(frames - 1)));
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

/* Which of the dataset's coefficients of a sample is which of the solver's. */
static PetscErrorCode FindCoefficients(KNCertifier c, KNDataset dataset, const KNProblem *solved, const char pde[],
                                       const char path[])
{
  const KNProblem *problem;
  const double    *parameters;
  PetscInt64       samples;

  PetscFunctionBegin;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetSamples(dataset, &samples));
  PetscCall(KNDatasetGetColumns(dataset, NULL, NULL, &parameters));
  c->P = problem->coefficients;
  PetscCall(PetscMalloc1(samples * c->P, &c->parameters));
  PetscCall(PetscArraycpy(c->parameters, parameters, samples * c->P));
  c->coefficients = solved->coefficients;
  for (PetscInt i = 0; i < solved->coefficients; i++) {
    PetscInt k = 0;

    while (k < problem->coefficients && strcmp(problem->coefficient[k].name, solved->coefficient[i].name)) k++;
    PetscCheck(k < problem->coefficients, PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has no %s of each sample, of which %s was given a range: give its number", path,
               solved->coefficient[i].name, pde);
    c->place[i] = k;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierCreate(KNDataset dataset, const char path[], const char equation[], KNAbility wanted,
                                 KNCertifier *certifier)
{
  const KNProblem *problem, *solved;
  KNProblem        stored;
  const KNGrid    *grid;
  const char      *pde, *options;
  char            *yaml, able[KN_MAX_TEXT];
  PetscBool        same;
  KNCertifier      c;

  PetscFunctionBegin;
  *certifier = NULL;
  PetscCall(KNDatasetGetProblem(dataset, &problem));
  PetscCall(KNDatasetGetProvenance(dataset, NULL, &options, NULL));
  PetscCall(FindEquation(problem, path, equation, wanted, &pde));
  grid = &problem->output.grid;
  PetscCall(PetscNew(&c));
  PetscCall(KNSolverCreate(PETSC_COMM_SELF, pde, &c->solver));
  if (!problem->frames && !abilities[wanted].able(c->solver)) {
    PetscCall(KNSolverDestroy(&c->solver));
    PetscCall(PetscFree(c));
    PetscCall(WhoIsAble(wanted, sizeof(able), able));
    SETERRQ(PETSC_COMM_WORLD, KN_ERR_USAGE, "%s holds %s, of which no %s is known; %s", path, pde,
            abilities[wanted].thing, able);
  }
  for (PetscInt a = 1; a < grid->dim && !problem->frames; a++)
    PetscCheck(grid->n[a] == grid->n[0], PETSC_COMM_WORLD, KN_ERR_INPUT,
               "%s has %" PetscInt_FMT " and %" PetscInt_FMT " points along its axes, the solver of %s takes as many "
               "along each",
               path, grid->n[0], grid->n[a], pde);
  PetscCall(Defaults(pde, equation[0] ? "" : options, problem, &yaml));
  PetscCall(KNOptionsInsertDefaults(yaml, path, NULL));
  PetscCall(PetscFree(yaml));
  PetscCall(KNSolverSetFromOptions(c->solver));
  PetscCall(KNSolverSetUp(c->solver));
  PetscCall(KNOptionsRemoveDefaults());
  PetscCall(KNSolverGetProblem(c->solver, &solved));
  stored = KNProblemStored(problem); /* without what a network sees besides */
  PetscCall(CheckFields("input", &solved->input, &stored.input, pde, path));
  PetscCall(CheckFields("output", &solved->output, &problem->output, pde, path));
  PetscCall(FindCoefficients(c, dataset, solved, pde, path));
  PetscCheck(wanted != KN_ABLE_RESIDUAL || !solved->coefficients, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has another %s for each sample: the equation in the loss takes one for all, leave out -task_physics",
             path, solved->coefficients ? solved->coefficient[0].name : "");
  PetscCheck(!solved->frames || !solved->input.fields, PETSC_COMM_WORLD, KN_ERR_USAGE,
             "%s has fields that stand still beside its frames, which certificates do not know: leave them out", path);
  PetscCheck(KNProblemOneGrid(problem), PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its outputs on another grid than its inputs: an equation is solved on one", path);
  PetscCall(PetscMemcmp(solved->output.grid.n, grid->n, (size_t)grid->dim * sizeof(*grid->n), &same));
  PetscCheck(solved->output.grid.dim == grid->dim && solved->output.grid.points == grid->points && same &&
               solved->frames == (problem->frames ? 2 : 0),
             PETSC_COMM_WORLD, KN_ERR_INPUT,
             "%s has its points at %s in %" PetscInt_FMT "D, %s at %s in %" PetscInt_FMT
             "D, or on another grid, or frames at other times: give the solver's options for that",
             path, KNPointsNames[grid->points], grid->dim, pde, KNPointsNames[solved->output.grid.points],
             solved->output.grid.dim);
  c->frames = problem->frames;
  c->nx     = c->frames ? KNSpaceSize(&solved->output) : KNProblemInputSize(solved);
  c->ny     = KNProblemOutputSize(solved); /* of a trajectory: two frames */
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
  PetscCall(PetscFree((*certifier)->parameters));
  PetscCall(PetscFree(*certifier));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y NULL: the field 0 */
static void Widen(KNCertifier c, const float x[], const float y[])
{
  for (size_t i = 0; i < c->nx; i++) c->given[i] = (PetscReal)x[i];
  for (size_t i = 0; i < c->ny; i++) c->output[i] = y ? (PetscReal)y[i] : 0;
}

PetscErrorCode KNCertifierSetRow(KNCertifier c, PetscInt64 row)
{
  PetscReal own[KN_MAX_PARAMETERS];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < c->coefficients; i++) own[i] = c->parameters[row * c->P + c->place[i]];
  PetscCall(KNSolverSetCoefficients(c->solver, own));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* c->output, the second frame, from a frame. */
static PetscErrorCode Step(KNCertifier c, const float frame[], KNSolverReport *report)
{
  PetscFunctionBegin;
  for (size_t i = 0; i < c->nx; i++) c->given[i] = (PetscReal)frame[i];
  PetscCall(KNSolverSolveGiven(c->solver, c->given, c->output, report));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode JudgeSteps(KNCertifier c, PetscInt given, const float y[], KNCertificate *certificate,
                                 PetscBool *judged, PetscReal defect[])
{
  PetscReal squares = 0, defects = 0, errors = 0, error = 0;

  PetscFunctionBegin;
  for (PetscInt f = 0; f < c->frames; f++) defect[f] = NAN;
  for (PetscInt f = given; f < c->frames; f++) {
    const float   *frame = y + (size_t)f * c->nx;
    PetscReal      d = 0, square = 0;
    KNSolverReport report;

    PetscCall(Step(c, frame - c->nx, &report));
    if (!report.converged) PetscFunctionReturn(PETSC_SUCCESS);
    for (size_t i = 0; i < c->nx; i++) {
      d += PetscSqr((PetscReal)frame[i] - c->output[c->nx + i]);
      square += PetscSqr((PetscReal)frame[i]);
    }
    error += PetscSqrtReal(d);
    errors += error * error;
    defects += d;
    squares += square;
    defect[f] = square > 0 ? PetscSqrtReal(d / square) : d > 0 ? INFINITY : 0;
  }
  certificate->residual = squares > 0 ? PetscSqrtReal(defects / squares) : INFINITY;
  certificate->estimate = squares > 0 ? PetscSqrtReal(errors / squares) : INFINITY;
  *judged               = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierJudge(KNCertifier c, PetscInt given, const float x[], const float y[],
                                KNCertificate *certificate, PetscBool *judged, PetscReal defect[])
{
  KNSolverReport report;

  PetscFunctionBegin;
  *judged      = PETSC_FALSE;
  *certificate = (KNCertificate){NAN, NAN, NAN};
  if (c->frames) {
    for (PetscInt f = 0; f < c->frames; f++) defect[f] = NAN;
    if (!kn_nonfinite(y, (size_t)c->frames * c->nx)) PetscCall(JudgeSteps(c, given, y, certificate, judged, defect));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (kn_nonfinite(y, c->ny)) PetscFunctionReturn(PETSC_SUCCESS);
  Widen(c, x, y);
  PetscCall(KNSolverCertify(c->solver, c->given, c->output, certificate, &report));
  *judged = report.converged;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNCertifierRefine(KNCertifier c, PetscInt given, const float x[], PetscReal rtol, float y[],
                                 KNSolverReport *report)
{
  PetscInt iterations = 0;

  PetscFunctionBegin;
  if (!c->frames) {
    Widen(c, x, y);
    PetscCall(KNSolverRefine(c->solver, c->given, rtol, c->output, report));
    for (size_t i = 0; i < c->ny && report->converged; i++) y[i] = (float)c->output[i];
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (PetscInt f = given; f < c->frames; f++) {
    float *frame = y + (size_t)f * c->nx;

    PetscCall(Step(c, frame - c->nx, report));
    iterations += report->iterations;
    if (!report->converged) break;
    for (size_t i = 0; i < c->nx; i++) frame[i] = (float)c->output[c->nx + i];
  }
  report->iterations = iterations;
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

/*
  The library's door for trained operators: the C types of surrogate.h around an operator.
*/
#include <kitinet/memory.h>
#include <kitinet/operator.h>
#include <kitinet/statistics.h>
#include <kitinet/surrogate.h>
#include "library_impl.h"
#include <string.h>

enum { CHUNK = 8 }; /* samples that pass through the network together */

struct _p_KNSurrogate {
  KNOperator       op;
  const KNProblem *problem; /* of the operator, not owned */
  PetscInt         history;
  PetscInt         classes; /* k; 0: the outputs are fields */
  char            *names;   /* of the classes, one after another, owned */
  KNGrid           grid;    /* planned for; n[0] is 0 before the first prediction */
  PetscInt         frames;  /* that x and y have room for */
  float           *x;       /* (CHUNK, C_in, S), the last fields are parameters */
  float           *u, *y;   /* time-dependent: both (CHUNK, frames, C, S); steady: y (CHUNK, C_out, S) */
};

/* The grid of what the network is given, and values of a predicted sample or frame on such a grid. */
static const KNGrid *GridOf(KNSurrogate s)
{
  return KNProblemGrid(s->problem);
}

static size_t OutputSize(KNSurrogate s, const KNGrid *grid)
{
  return s->classes ? (size_t)s->classes : (size_t)s->problem->output.fields * KNGridSize(grid);
}

/* Numbers where the checkpoint has no names. */
static PetscErrorCode NameClasses(KNSurrogate s)
{
  const PetscInt k     = s->problem->output.count;
  const char    *at    = s->problem->output.names;
  size_t         bytes = 0;
  char          *to;

  PetscFunctionBegin;
  for (PetscInt c = 0; c < k && at; c++) bytes += strlen(at + bytes) + 1;
  PetscCall(PetscMalloc1(at ? bytes : 12 * (size_t)k, &s->names));
  to = s->names;
  if (at) memcpy(to, at, bytes);
  for (PetscInt c = 0; c < k && !at; c++) to += sprintf(to, "%d", (int)c) + 1;
  s->classes = k;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Load(const char path[], KNSurrogate *surrogate)
{
  KNSurrogate s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *surrogate = s;
  PetscCall(KNOperatorLoad(path, &s->op));
  PetscCall(KNOperatorGetModel(s->op, NULL, NULL, &s->problem, NULL));
  PetscCheck(s->problem->input.kind == KN_SPACE_FIELD, PETSC_COMM_SELF, KN_ERR_INPUT,
             "%s takes %s, this library takes fields; take kitinet predict", path,
             KNSpaceKindNames[s->problem->input.kind]);
  PetscCall(KNOperatorGetHistory(s->op, &s->history));
  if (s->problem->output.kind == KN_SPACE_CLASS) PetscCall(NameClasses(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(KNSurrogate *surrogate)
{
  PetscFunctionBegin;
  PetscCall(KNFree(&(*surrogate)->x));
  PetscCall(KNFree(&(*surrogate)->u));
  PetscCall(KNFree(&(*surrogate)->y));
  PetscCall(PetscFree((*surrogate)->names));
  PetscCall(KNOperatorDestroy(&(*surrogate)->op));
  PetscCall(PetscFree(*surrogate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int KNSurrogateLoad(const char path[], KNSurrogate *surrogate)
{
  PetscErrorCode code;

  *surrogate = NULL;
  KNLibraryClear();
  if (!path || !path[0]) return KNLibraryFail(KN_EXIT_USAGE, "no checkpoint named");
  KNLibraryEnter();
  code = KNLibraryStart();
  if (!code) code = Load(path, surrogate);
  if (code && *surrogate) {
    char kept[512];

    (void)snprintf(kept, sizeof(kept), "%s", KNSurrogateMessage());
    (void)Destroy(surrogate);
    *surrogate = NULL;
    (void)KNLibraryFail(0, "%s", kept);
  }
  KNLibraryLeave();
  return code ? KNExitCode(code) : 0;
}

int KNSurrogateDestroy(KNSurrogate *surrogate)
{
  PetscErrorCode code;

  KNLibraryClear();
  if (!*surrogate) return 0;
  KNLibraryEnter();
  code = Destroy(surrogate);
  KNLibraryLeave();
  *surrogate = NULL;
  return code ? KNExitCode(code) : 0;
}

int KNSurrogateGetShape(KNSurrogate surrogate, KNSurrogateShape *shape)
{
  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  *shape =
    (KNSurrogateShape){.dim     = (int)GridOf(surrogate)->dim,
                       .history = (int)surrogate->history,
                       .inputs  = (int)(surrogate->problem->input.fields - surrogate->problem->input.constants),
                       .outputs = (int)(surrogate->classes ? surrogate->classes : surrogate->problem->output.fields)};
  for (int i = 0; i < 3; i++) shape->n[i] = (int)GridOf(surrogate)->n[i];
  (void)snprintf(shape->points, sizeof(shape->points), "%s", KNPointsNames[GridOf(surrogate)->points]);
  (void)snprintf(shape->pde, sizeof(shape->pde), "%s", surrogate->problem->pde);
  return 0;
}

int KNSurrogateGetClasses(KNSurrogate surrogate, int *classes)
{
  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  *classes = (int)surrogate->classes;
  return 0;
}

int KNSurrogateGetField(KNSurrogate surrogate, int output, int i, const char **name, const char **unit)
{
  const KNField *field;
  int            fields;

  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  if (output && surrogate->classes) {
    const char *at = surrogate->names;

    if (i < 0 || i >= surrogate->classes)
      return KNLibraryFail(KN_EXIT_USAGE, "there is no class %d of %d", i, (int)surrogate->classes);
    for (int c = 0; c < i; c++) at += strlen(at) + 1;
    if (name) *name = at;
    if (unit) *unit = "1";
    return 0;
  }
  fields = (int)(output ? surrogate->problem->output.fields
                        : surrogate->problem->input.fields - surrogate->problem->input.constants);
  if (i < 0 || i >= fields)
    return KNLibraryFail(KN_EXIT_USAGE, "there is no %s field %d of %d", output ? "output" : "input", i, fields);
  field = output ? &surrogate->problem->output.field[i] : &surrogate->problem->input.field[i];
  if (name) *name = field->name;
  if (unit) *unit = field->unit;
  return 0;
}

int KNSurrogateGetParameters(KNSurrogate surrogate, int *parameters)
{
  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  *parameters = (int)surrogate->problem->input.constants;
  return 0;
}

int KNSurrogateGetParameter(KNSurrogate surrogate, int i, const char **name, const char **unit)
{
  const KNSpace *in;

  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  in = &surrogate->problem->input;
  if (i < 0 || i >= in->constants)
    return KNLibraryFail(KN_EXIT_USAGE, "there is no parameter %d of %d", i, (int)in->constants);
  if (name) *name = in->field[in->fields - in->constants + i].name;
  if (unit) *unit = in->field[in->fields - in->constants + i].unit;
  return 0;
}

int KNSurrogateSetSymmetryAverage(KNSurrogate surrogate, int elements)
{
  PetscErrorCode code;

  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  if (elements < 0) return KNLibraryFail(KN_EXIT_USAGE, "a mean over %d symmetries: 1 or more, or 0 for all", elements);
  KNLibraryEnter();
  code                 = KNOperatorSetSymmetryAverage(surrogate->op, elements, "the checkpoint");
  surrogate->grid.n[0] = 0; /* the next prediction plans again */
  KNLibraryLeave();
  return code ? KNExitCode(code) : 0;
}

/* Fields of the input that are no parameters. */
static size_t Fields(KNSurrogate s)
{
  return (size_t)(s->problem->input.fields - s->problem->input.constants);
}

/* Plans, and makes room for a chunk, unless the last prediction was on this grid with as many frames. */
static PetscErrorCode Plan(KNSurrogate s, const KNGrid *grid, PetscInt frames)
{
  const size_t S = KNGridSize(grid), outputs = (size_t)PetscMax(frames, 1) * OutputSize(s, grid);
  PetscBool    same;

  PetscFunctionBegin;
  PetscCall(PetscMemcmp(grid->n, s->grid.n, sizeof(grid->n), &same));
  if (same && frames == s->frames) PetscFunctionReturn(PETSC_SUCCESS);
  s->grid.n[0] = 0; /* until all is planned */
  PetscCall(KNFree(&s->x));
  PetscCall(KNFree(&s->u));
  PetscCall(KNFree(&s->y));
  if (!same) PetscCall(KNOperatorSetGrid(s->op, grid, CHUNK, PETSC_FALSE));
  PetscCall(KNMalloc(CHUNK * (size_t)s->problem->input.fields * S, sizeof(float), &s->x));
  PetscCall(KNMalloc(s->history ? CHUNK * outputs : 0, sizeof(float), &s->u));
  PetscCall(KNMalloc(CHUNK * outputs, sizeof(float), &s->y));
  s->grid   = *grid;
  s->frames = frames;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the operator sees beside frames, of B samples from `first` on: fields, then the parameters at all points. */
static void FillInputs(KNSurrogate s, size_t first, size_t B, size_t S, const float fields[], const double parameters[])
{
  const size_t C = Fields(s), P = (size_t)s->problem->input.constants;

  for (size_t b = 0; b < B; b++) {
    float *to = s->x + b * (C + P) * S;

    if (C) memcpy(to, fields + (first + b) * C * S, C * S * sizeof(*to));
    for (size_t i = 0; i < P; i++) {
      const float seen = KNFieldSeen(&s->problem->input.field[C + i], parameters[(first + b) * P + i]);

      for (size_t j = 0; j < S; j++) to[(C + i) * S + j] = seen;
    }
  }
}

static PetscErrorCode Predict(KNSurrogate s, int samples, const KNGrid *grid, PetscInt steps, const float x[],
                              const float fields[], const double parameters[], float y[])
{
  const PetscInt frames = s->history ? s->history + steps : 0;
  const size_t   S = KNGridSize(grid), C = OutputSize(s, grid);
  const size_t   given = (size_t)s->history * C, wanted = (size_t)PetscMax(steps, 1) * C; /* values of a sample */

  PetscFunctionBegin;
  PetscCall(Plan(s, grid, frames));
  for (int first = 0; first < samples; first += CHUNK) {
    const size_t B    = (size_t)PetscMin(CHUNK, samples - first);
    const KNPass pass = {.samples = (PetscInt)B, .training = PETSC_FALSE};

    FillInputs(s, (size_t)first, B, S, s->history ? fields : x, parameters); /* the operator normalises in place */
    if (!s->history) {
      PetscCall(KNOperatorPredict(s->op, &pass, 0, s->x, NULL, s->y));
      PetscCall(KNTaskPresent(KNOperatorTask(s->op), (PetscInt)B, s->y));
      memcpy(y + (size_t)first * wanted, s->y, B * wanted * sizeof(*y));
      continue;
    }
    for (size_t b = 0; b < B; b++)
      memcpy(s->u + b * (given + wanted), x + ((size_t)first + b) * given, given * sizeof(*x));
    PetscCall(KNOperatorPredict(s->op, &pass, frames, s->x, s->u, s->y));
    for (size_t b = 0; b < B; b++)
      memcpy(y + ((size_t)first + b) * wanted, s->y + b * (given + wanted) + given, wanted * sizeof(*y));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of `samples` arrays of so many values the first that holds NaN or infinite values; samples: none. */
static int FirstNonfinite(int samples, size_t values, const float x[])
{
  int i = 0;

  while (i < samples && !kn_nonfinite(x + (size_t)i * values, values)) i++;
  return i;
}

/* What is given beside x: all that the network sees, and numbers. */
static int CheckBeside(KNSurrogate s, int samples, size_t S, const float fields[], const double parameters[])
{
  const size_t P = (size_t)s->problem->input.constants, C = s->history ? Fields(s) : 0;
  int          bad;

  if ((P && !parameters) || (C && !fields))
    return KNLibraryFail(KN_EXIT_USAGE,
                         "the network sees %d parameters of each sample and %d fields that stand still "
                         "beside the frames: give them, KNSurrogatePredictWith()",
                         (int)P, (int)C);
  for (size_t i = 0; i < (size_t)samples * P; i++) {
    const KNField *field = &s->problem->input.field[Fields(s) + i % P];

    if (PetscIsInfOrNanReal(parameters[i]))
      return KNLibraryFail(KN_EXIT_INPUT, "sample %d has the parameter %s NaN or infinite", (int)(i / P), field->name);
    if (field->logarithmic && !(parameters[i] > 0))
      return KNLibraryFail(KN_EXIT_INPUT,
                           "sample %d has the parameter %s %g, of which the network sees the logarithm: it must be "
                           "positive",
                           (int)(i / P), field->name, parameters[i]);
  }
  if (!C) return 0;
  bad = FirstNonfinite(samples, C * S, fields);
  return bad < samples ? KNLibraryFail(KN_EXIT_INPUT, "sample %d of the fields holds NaN or infinite values", bad) : 0;
}

int KNSurrogatePredictWith(KNSurrogate surrogate, int samples, const int n[], int steps, const float x[],
                           const float fields[], const double parameters[], float y[])
{
  PetscErrorCode code;
  PetscInt       points[KN_MAX_DIM] = {1, 1, 1};
  KNGrid         grid;
  size_t         given, C;
  int            bad;

  KNLibraryClear();
  if (!surrogate) return KNLibraryFail(KN_EXIT_USAGE, "no surrogate: KNSurrogateLoad first");
  if (samples < 0 || !n || !x || !y) return KNLibraryFail(KN_EXIT_USAGE, "%d samples, or a NULL array", samples);
  if (surrogate->history ? steps < 1 : steps != 0)
    return KNLibraryFail(KN_EXIT_USAGE,
                         surrogate->history ? "%d steps: a time-dependent surrogate predicts 1 or more"
                                            : "%d steps: a steady surrogate takes 0",
                         steps);
  for (PetscInt i = 0; i < GridOf(surrogate)->dim; i++) {
    if (n[i] < 1 || n[i] > 1 << 20) return KNLibraryFail(KN_EXIT_USAGE, "%d points along axis %d", n[i], (int)i + 1);
    points[i] = n[i];
  }
  grid  = KNGridMake(GridOf(surrogate)->dim, points, GridOf(surrogate)->points);
  C     = OutputSize(surrogate, &grid);
  given = surrogate->history ? (size_t)surrogate->history * C : Fields(surrogate) * KNGridSize(&grid);
  bad   = FirstNonfinite(samples, given, x);
  if (bad < samples) return KNLibraryFail(KN_EXIT_INPUT, "sample %d of x holds NaN or infinite values", bad);
  bad = CheckBeside(surrogate, samples, KNGridSize(&grid), fields, parameters);
  if (bad) return bad;
  KNLibraryEnter();
  code = Predict(surrogate, samples, &grid, steps, x, fields, parameters, y);
  KNLibraryLeave();
  if (code) return KNExitCode(code);
  bad = FirstNonfinite(samples, (size_t)PetscMax(steps, 1) * C, y);
  return bad < samples
           ? KNLibraryFail(KN_EXIT_FAILED,
                           "the prediction of sample %d is not finite: the network is not stable on this input", bad)
           : 0;
}

int KNSurrogatePredict(KNSurrogate surrogate, int samples, const int n[], int steps, const float x[], float y[])
{
  return KNSurrogatePredictWith(surrogate, samples, n, steps, x, NULL, NULL, y);
}

/* The library's door for datasets: the C types of samples.h around the reader of dataset.h. */
#include <kitinet/dataset.h>
#include <kitinet/samples.h>
#include "library_impl.h"
#include <string.h>

struct _p_KNSamples {
  KNDataset        dataset;
  const KNProblem *problem; /* of the dataset, not owned */
  PetscInt64       samples;
  const char     **name[2]; /* words of the inputs, classes of the outputs: (count), into the problem's; NULL: none */
};

static PetscErrorCode Index(const KNSpace *space, const char ***name)
{
  const char *next = space->names;

  PetscFunctionBegin;
  if (!next || space->count < 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(space->count, name));
  for (PetscInt i = 0; i < space->count; i++) {
    (*name)[i] = next;
    next += strlen(next) + 1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Open(const char path[], KNSamples *samples)
{
  char      message[512] = "";
  KNSamples s;
  int       code;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *samples = s;
  code     = KNDatasetOpenSelf(path, &s->dataset, sizeof(message), message);
  PetscCheck(!code, PETSC_COMM_SELF, code, "%s", message);
  PetscCall(KNDatasetGetProblem(s->dataset, &s->problem));
  PetscCall(KNDatasetGetSamples(s->dataset, &s->samples));
  PetscCall(Index(&s->problem->input, &s->name[0]));
  PetscCall(Index(&s->problem->output, &s->name[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(KNSamples *samples)
{
  PetscFunctionBegin;
  for (int side = 0; side < 2; side++) PetscCall(PetscFree((*samples)->name[side]));
  PetscCall(KNDatasetDestroy(&(*samples)->dataset));
  PetscCall(PetscFree(*samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int KNSamplesOpen(const char path[], KNSamples *samples)
{
  PetscErrorCode code;

  *samples = NULL;
  KNLibraryClear();
  if (!path || !path[0]) return KNLibraryFail(KN_EXIT_USAGE, "no dataset named");
  KNLibraryEnter();
  code = KNLibraryStart();
  if (!code) code = Open(path, samples);
  if (code && *samples) (void)Destroy(samples);
  if (code) *samples = NULL;
  KNLibraryLeave();
  return code ? KNExitCode(code) : 0;
}

int KNSamplesDestroy(KNSamples *samples)
{
  PetscErrorCode code;

  KNLibraryClear();
  if (!*samples) return 0;
  KNLibraryEnter();
  code = Destroy(samples);
  KNLibraryLeave();
  *samples = NULL;
  return code ? KNExitCode(code) : 0;
}

static int None(void)
{
  return KNLibraryFail(KN_EXIT_USAGE, "no samples: KNSamplesOpen first");
}

static void DescribeGrid(const KNSpace *space, int *dim, int n[3], char points[16])
{
  *dim = space->fields ? (int)space->grid.dim : 0;
  for (int i = 0; i < 3; i++) n[i] = i < *dim ? (int)space->grid.n[i] : 1;
  (void)snprintf(points, 16, "%s", space->fields ? KNPointsNames[space->grid.points] : "");
}

int KNSamplesGetShape(KNSamples samples, KNSamplesShape *shape)
{
  const KNProblem *problem;

  KNLibraryClear();
  if (!samples) return None();
  problem = samples->problem;
  *shape  = (KNSamplesShape){
     .samples    = samples->samples,
     .frames     = (int)problem->frames,
     .inputs     = (int)problem->input.fields,
     .outputs    = (int)problem->output.fields,
     .length     = (int)problem->input.length,
     .words      = problem->input.kind == KN_SPACE_TOKENS ? (int)problem->input.count : 0,
     .classes    = problem->output.kind == KN_SPACE_CLASS ? (int)problem->output.count : 0,
     .parameters = (int)problem->coefficients,
  };
  DescribeGrid(&problem->input, &shape->dim, shape->n, shape->points);
  DescribeGrid(&problem->output, &shape->output_dim, shape->output_n, shape->output_points);
  (void)snprintf(shape->pde, sizeof(shape->pde), "%s", problem->pde);
  return 0;
}

static int Describe(const KNField field[], int count, const char what[], int i, const char **name, const char **unit)
{
  if (i < 0 || i >= count) return KNLibraryFail(KN_EXIT_USAGE, "there is no %s %d of %d", what, i, count);
  if (name) *name = field[i].name;
  if (unit) *unit = field[i].unit;
  return 0;
}

int KNSamplesGetField(KNSamples samples, int output, int i, const char **name, const char **unit)
{
  const KNSpace *space;

  KNLibraryClear();
  if (!samples) return None();
  space = output ? &samples->problem->output : &samples->problem->input;
  return Describe(space->field, (int)space->fields, output ? "output field" : "input field", i, name, unit);
}

int KNSamplesGetParameter(KNSamples samples, int i, const char **name, const char **unit)
{
  KNLibraryClear();
  if (!samples) return None();
  return Describe(samples->problem->coefficient, (int)samples->problem->coefficients, "parameter", i, name, unit);
}

int KNSamplesGetName(KNSamples samples, int output, int i, const char **name)
{
  const KNSpace *space;

  KNLibraryClear();
  if (!samples) return None();
  space = output ? &samples->problem->output : &samples->problem->input;
  if (i < 0 || i >= space->count)
    return KNLibraryFail(KN_EXIT_USAGE, "there is no %s %d of %d", output ? "class" : "word", i, (int)space->count);
  *name = samples->name[output != 0] ? samples->name[output != 0][i] : "";
  return 0;
}

int KNSamplesGetTimes(KNSamples samples, double t[])
{
  KNLibraryClear();
  if (!samples) return None();
  for (PetscInt k = 0; k < samples->problem->frames; k++) t[k] = samples->problem->times[k];
  return 0;
}

int KNSamplesGetColumns(KNSamples samples, const int32_t **label, const int32_t **length, const double **parameters)
{
  PetscErrorCode code;

  KNLibraryClear();
  if (!samples) return None();
  KNLibraryEnter();
  code = KNDatasetGetColumns(samples->dataset, label, length, parameters);
  KNLibraryLeave();
  return code ? KNExitCode(code) : 0;
}

/* Of the row's inputs, x or token, as the dataset has them. */
static int Read(KNSamples samples, int64_t row, PetscBool tokens, float x[], int32_t token[], float y[])
{
  char      message[512] = "";
  PetscBool has;
  int       code;

  KNLibraryClear();
  if (!samples) return None();
  if (row < 0 || row >= samples->samples)
    return KNLibraryFail(KN_EXIT_USAGE, "there is no row %lld of %lld", (long long)row, (long long)samples->samples);
  has = (PetscBool)(samples->problem->input.kind == KN_SPACE_TOKENS);
  if (has != tokens)
    return KNLibraryFail(KN_EXIT_USAGE, has ? "the inputs are sequences: KNSamplesReadTokens reads them"
                                            : "the inputs are fields: KNSamplesRead reads them");
  code = tokens ? KNDatasetReadTokens(samples->dataset, row, token, y, sizeof(message), message)
                : KNDatasetRead(samples->dataset, row, x, y, sizeof(message), message);
  return code ? KNLibraryFail(KNExitCode(code), "%s", message) : 0;
}

int KNSamplesRead(KNSamples samples, int64_t row, float x[], float y[])
{
  return Read(samples, row, PETSC_FALSE, x, NULL, y);
}

int KNSamplesReadTokens(KNSamples samples, int64_t row, int32_t token[], float y[])
{
  return Read(samples, row, PETSC_TRUE, NULL, token, y);
}

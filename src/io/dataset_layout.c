/*
  What stands in a dataset beside its fields: root attributes, coordinates, and the shapes of the fields.

  Each attribute is named once, for storing and for loading. The sizes of the grid are no attributes: they are the shapes of the arrays.
*/
#include "dataset_impl.h"
#include <math.h>
#include <string.h>

void KNDatasetShapes(KNDataset dataset)
{
  const KNProblem *problem = &dataset->problem;

  dataset->arrays = problem->frames ? 1 : 2;
  for (PetscInt i = 0; i < dataset->arrays; i++) {
    KNDatasetArray *array = &dataset->array[i];
    int             axis  = 0;

    array->name[0]       = problem->frames ? 'u' : "xy"[i];
    array->name[1]       = 0;
    array->shape[axis++] = (hsize_t)dataset->samples;
    if (problem->frames) array->shape[axis++] = (hsize_t)problem->frames;
    array->shape[axis++] = (hsize_t)(i == 0 && !problem->frames ? problem->input.fields : problem->output.fields);
    for (PetscInt d = 0; d < problem->output.grid.dim; d++) array->shape[axis++] = (hsize_t)problem->output.grid.n[d];
    array->rank = axis;
    array->size = i == 0 && !problem->frames ? KNProblemInputSize(problem) : KNProblemOutputSize(problem);
  }
}

/* Names and units of fields: two attributes, "input_fields" and "input_units". */
static int FieldAttributes(KNDataset dataset, KNDirection direction, const char fields[], const char units[], PetscInt *count, KNField field[])
{
  char     name[KN_MAX_FIELDS][KN_MAX_NAME] = {{0}}, unit[KN_MAX_FIELDS][KN_MAX_NAME] = {{0}};
  PetscInt unit_count = *count;

  for (PetscInt i = 0; i < *count && direction == KN_STORE; i++) {
    memcpy(name[i], field[i].name, KN_MAX_NAME);
    memcpy(unit[i], field[i].unit, KN_MAX_NAME);
  }
  KNCallFile(KNAttributeTexts(&dataset->file, direction, dataset->file.id, fields, KN_MAX_NAME, KN_MAX_FIELDS, count, name[0]));
  KNCallFile(KNAttributeTexts(&dataset->file, direction, dataset->file.id, units, KN_MAX_NAME, KN_MAX_FIELDS, &unit_count, unit[0]));
  if (unit_count != *count) return KNFileFail(&dataset->file, dataset->file.code, "%d %s but %d %s", (int)*count, fields, (int)unit_count, units);
  for (PetscInt i = 0; i < *count && direction == KN_LOAD; i++) {
    memcpy(field[i].name, name[i], KN_MAX_NAME);
    memcpy(field[i].unit, unit[i], KN_MAX_NAME);
  }
  return 0;
}

/* "parameters" lists the names in order; each has its value in "parameter.NAME" and its unit in "parameter.NAME.unit". */
static int ParameterAttributes(KNDataset dataset, KNDirection direction)
{
  KNProblem *problem                              = &dataset->problem;
  KNFile    *file                                 = &dataset->file;
  char       name[KN_MAX_PARAMETERS][KN_MAX_NAME] = {{0}};

  for (PetscInt i = 0; i < problem->parameters && direction == KN_STORE; i++) memcpy(name[i], problem->parameter[i].name, KN_MAX_NAME);
  KNCallFile(KNAttributeTexts(file, direction, file->id, "parameters", KN_MAX_NAME, KN_MAX_PARAMETERS, &problem->parameters, name[0]));
  for (PetscInt i = 0; i < problem->parameters; i++) {
    char attribute[KN_MAX_NAME + 16];

    memcpy(problem->parameter[i].name, name[i], KN_MAX_NAME);
    snprintf(attribute, sizeof(attribute), "parameter.%.*s", KN_MAX_NAME - 1, name[i]);
    KNCallFile(KNAttributeReal(file, direction, file->id, attribute, &problem->parameter[i].value));
    snprintf(attribute, sizeof(attribute), "parameter.%.*s.unit", KN_MAX_NAME - 1, name[i]);
    KNCallFile(KNAttributeText(file, direction, file->id, attribute, KN_MAX_NAME, problem->parameter[i].unit));
  }
  return 0;
}

static int PointsAttribute(KNDataset dataset, KNDirection direction)
{
  KNFile *file               = &dataset->file;
  char    points[KN_MAX_NAME] = "";

  if (direction == KN_STORE) snprintf(points, sizeof(points), "%s", KNPointsNames[dataset->problem.output.grid.points]);
  KNCallFile(KNAttributeText(file, direction, file->id, "points", sizeof(points), points));
  for (int i = 0; KNPointsNames[i]; i++) {
    if (strcmp(points, KNPointsNames[i])) continue;
    dataset->problem.output.grid.points = (KNPoints)i;
    return 0;
  }
  return KNFileFail(file, file->code, "attribute \"points\" is \"%s\", expected cells, nodes or periodic", points);
}

int KNDatasetAttributes(KNDataset dataset, KNDirection direction)
{
  KNProblem *problem             = &dataset->problem;
  KNFile    *file                = &dataset->file;
  char       format[KN_MAX_NAME] = KN_DATASET_FORMAT;
  PetscInt64 version             = KN_DATASET_VERSION;

  KNCallFile(KNAttributeText(file, direction, file->id, "format", sizeof(format), format));
  if (strcmp(format, KN_DATASET_FORMAT)) return KNFileFail(file, file->code, "is a \"%s\", expected a \"%s\"", format, KN_DATASET_FORMAT);
  KNCallFile(KNAttributeInt(file, direction, file->id, "format_version", &version));
  if (version != KN_DATASET_VERSION) {
    return KNFileFail(file, file->code, "has format version %lld, this program (%s) reads version %d: generate it again, or use the program that wrote it", (long long)version, KN_VERSION, KN_DATASET_VERSION);
  }
  KNCallFile(KNAttributeText(file, direction, file->id, "program_version", sizeof(dataset->version), dataset->version));
  KNCallFile(KNAttributeText(file, direction, file->id, "pde", sizeof(problem->pde), problem->pde));
  KNCallFile(KNAttributeText(file, direction, file->id, "equation", sizeof(problem->equation), problem->equation));
  KNCallFile(KNAttributeText(file, direction, file->id, "boundary_conditions", sizeof(problem->boundary), problem->boundary));
  KNCallFile(PointsAttribute(dataset, direction));
  KNCallFile(FieldAttributes(dataset, direction, "input_fields", "input_units", &problem->input.fields, problem->input.field));
  KNCallFile(FieldAttributes(dataset, direction, "output_fields", "output_units", &problem->output.fields, problem->output.field));
  KNCallFile(ParameterAttributes(dataset, direction));
  KNCallFile(KNAttributeInt(file, direction, file->id, "seed", &dataset->seed));
  KNCallFile(KNAttributeText(file, direction, file->id, "options", sizeof(dataset->options), dataset->options));
  return 0;
}

/* A frame lies behind the one before it; the negation catches NaN. */
static int CheckTimes(KNDataset dataset)
{
  const PetscReal *t = dataset->times;

  for (PetscInt i = 0; i < dataset->problem.frames; i++) {
    if (!isfinite(t[i]))
      return KNFileFail(&dataset->file, dataset->file.code, "/t: the time of frame %d is not a finite number", (int)i);
    if (i && !(t[i] > t[i - 1]))
      return KNFileFail(&dataset->file, dataset->file.code,
                        "/t: the times do not ascend, frame %d is at %.9g, frame %d at %.9g; convert the data again, "
                        "and say when the frames are with -dt",
                        (int)i - 1, (double)t[i - 1], (int)i, (double)t[i]);
  }
  return 0;
}

int KNDatasetCoordinates(KNDataset dataset, KNDirection direction, PetscBool write)
{
  const KNGrid *grid  = &dataset->problem.output.grid;
  KNFile       *file  = &dataset->file;
  PetscInt      n_max = PetscMax(grid->n[0], PetscMax(grid->n[1], grid->n[2]));
  double       *x     = (double *)malloc((size_t)n_max * sizeof(*x));
  int           code  = 0;

  if (!x) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %d coordinates", (int)n_max);
  for (PetscInt d = 0; d < grid->dim && !code; d++) {
    const char name[] = {'x', (char)('1' + d), 0};

    for (PetscInt i = 0; i < grid->n[d]; i++) x[i] = KNPointsCoordinate(grid->points, grid->n[d], i);
    if (direction == KN_STORE) {
      code = KNDatasetStoreVector(file, name, H5T_IEEE_F64LE, grid->n[d], x, write);
    } else {
      code = KNDatasetLoadVector(file, name, H5T_IEEE_F64LE, grid->n[d], x);
      for (PetscInt i = 0; i < grid->n[d] && !code; i++) {
        // A millionth of the domain is less than any grid's spacing and more than single precision loses. The negation catches NaN.
        if (!(fabs(x[i] - KNPointsCoordinate(grid->points, grid->n[d], i)) < 1e-6)) {
          code = KNFileFail(file, file->code, "/%s does not hold the coordinates of %s in the unit interval", name, KNPointsNames[grid->points]);
        }
      }
    }
  }
  free(x);
  if (code || !dataset->problem.frames) return code;
  if (direction == KN_STORE) return KNDatasetStoreVector(file, "t", H5T_IEEE_F64LE, dataset->problem.frames, dataset->times, write);
  KNCallFile(KNDatasetLoadVector(file, "t", H5T_IEEE_F64LE, dataset->problem.frames, dataset->times));
  return CheckTimes(dataset);
}

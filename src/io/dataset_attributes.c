/*
  What stands in a dataset beside its arrays and columns: root attributes, coordinates, names of words and classes.

  Each attribute is named once, for storing and for loading. The sizes of the grids are no attributes: they are the
  shapes of the arrays.
*/
#include "dataset_impl.h"
#include "record_impl.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Names and units of fields: two attributes, "input_fields" and "input_units". */
static int FieldAttributes(KNDatasetLayout *layout, KNDirection direction, const char fields[], const char units[],
                           PetscInt max, PetscInt *count, KNField field[])
{
  char name[KN_MAX_PARAMETERS][KN_MAX_NAME] = {{0}}, unit[KN_MAX_PARAMETERS][KN_MAX_NAME] = {{0}}; /* at least max */
  PetscInt unit_count = *count;

  for (PetscInt i = 0; i < *count && direction == KN_STORE; i++) {
    memcpy(name[i], field[i].name, KN_MAX_NAME);
    memcpy(unit[i], field[i].unit, KN_MAX_NAME);
  }
  KNCallFile(KNAttributeTexts(&layout->file, direction, layout->file.id, fields, KN_MAX_NAME, max, count, name[0]));
  KNCallFile(
    KNAttributeTexts(&layout->file, direction, layout->file.id, units, KN_MAX_NAME, max, &unit_count, unit[0]));
  if (unit_count != *count)
    return KNFileFail(&layout->file, layout->file.code, "%d %s but %d %s", (int)*count, fields, (int)unit_count, units);
  for (PetscInt i = 0; i < *count && direction == KN_LOAD; i++) {
    memcpy(field[i].name, name[i], KN_MAX_NAME);
    memcpy(field[i].unit, unit[i], KN_MAX_NAME);
  }
  return 0;
}

/* "parameters" lists the names in order; each has its value in "parameter.NAME" and its unit in "parameter.NAME.unit".
 */
static int ParameterAttributes(KNDatasetLayout *layout, KNDirection direction)
{
  KNProblem *problem                              = &layout->problem;
  KNFile    *file                                 = &layout->file;
  char       name[KN_MAX_PARAMETERS][KN_MAX_NAME] = {{0}};

  for (PetscInt i = 0; i < problem->parameters && direction == KN_STORE; i++)
    memcpy(name[i], problem->parameter[i].name, KN_MAX_NAME);
  KNCallFile(KNAttributeTexts(file, direction, file->id, "parameters", KN_MAX_NAME, KN_MAX_PARAMETERS,
                              &problem->parameters, name[0]));
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

/* One of the names, up to NULL; *value: its place among them. */
static int ChoiceAttribute(KNFile *file, KNDirection direction, const char name[], const char *const names[],
                           int *value)
{
  char text[KN_MAX_NAME] = "";

  if (direction == KN_STORE) snprintf(text, sizeof(text), "%s", names[*value]);
  KNCallFile(KNAttributeText(file, direction, file->id, name, sizeof(text), text));
  for (*value = 0; names[*value]; ++*value) {
    if (!strcmp(text, names[*value])) return 0;
  }
  return KNFileFail(file, file->code, "attribute \"%s\" is \"%s\", expected %s, %s or %s", name, text, names[0],
                    names[1], names[2]);
}

static int PointsAttribute(KNFile *file, KNDirection direction, const char name[], KNGrid *grid)
{
  int points = (int)grid->points;

  KNCallFile(ChoiceAttribute(file, direction, name, KNPointsNames, &points));
  grid->points = (KNPoints)points;
  return 0;
}

static int KindAttribute(KNFile *file, KNDirection direction, const char name[], KNSpaceKind unsupported,
                         KNSpace *space)
{
  int kind = (int)space->kind;

  KNCallFile(ChoiceAttribute(file, direction, name, KNSpaceKindNames, &kind));
  space->kind = (KNSpaceKind)kind;
  return space->kind == unsupported
           ? KNFileFail(file, file->code, "attribute \"%s\" is \"%s\", which this side of a dataset cannot be", name,
                        KNSpaceKindNames[kind])
           : 0;
}

/* Which parameters of a sample are logarithmic: an attribute of files that have one. */
static int ScaleAttribute(KNDatasetLayout *layout, KNDirection direction)
{
  KNProblem *problem                               = &layout->problem;
  KNFile    *file                                  = &layout->file;
  PetscInt   count                                 = problem->coefficients;
  char       scale[KN_MAX_PARAMETERS][KN_MAX_NAME] = {{0}};
  htri_t     has                                   = 0;

  for (PetscInt i = 0; i < count && direction == KN_STORE; i++) {
    snprintf(scale[i], sizeof(scale[i]), "%s", KNFieldScaleNames[problem->coefficient[i].logarithmic]);
    has |= (htri_t)problem->coefficient[i].logarithmic;
  }
  if (direction == KN_LOAD) KNCallHDF5(file, has = H5Aexists(file->id, "sample_parameter_scales"));
  if (!has) return 0;
  KNCallFile(KNAttributeTexts(file, direction, file->id, "sample_parameter_scales", KN_MAX_NAME, KN_MAX_PARAMETERS,
                              &count, scale[0]));
  if (count != problem->coefficients)
    return KNFileFail(file, file->code, "%d sample_parameters but %d sample_parameter_scales",
                      (int)problem->coefficients, (int)count);
  for (PetscInt i = 0; i < count; i++) {
    problem->coefficient[i].logarithmic = (PetscBool)!strcmp(scale[i], KNFieldScaleNames[1]);
    if (strcmp(scale[i], KNFieldScaleNames[problem->coefficient[i].logarithmic]))
      return KNFileFail(file, file->code,
                        "attribute \"sample_parameter_scales\" has \"%s\", expected linear or logarithmic", scale[i]);
  }
  return 0;
}

/* What format 2 says beyond format 1. */
static int SpaceAttributes(KNDatasetLayout *layout, KNDirection direction)
{
  KNProblem *problem = &layout->problem;
  KNFile    *file    = &layout->file;

  KNCallFile(KindAttribute(file, direction, "input_kind", KN_SPACE_CLASS, &problem->input));
  KNCallFile(KindAttribute(file, direction, "output_kind", KN_SPACE_TOKENS, &problem->output));
  KNCallFile(PointsAttribute(file, direction, "output_points", &problem->output.grid));
  KNCallFile(FieldAttributes(layout, direction, "sample_parameters", "sample_parameter_units", KN_MAX_PARAMETERS,
                             &problem->coefficients, problem->coefficient));
  KNCallFile(ScaleAttribute(layout, direction));
  return KNAttributeTexts(file, direction, file->id, "symmetries", KN_MAX_NAME, KN_MAX_SYMMETRIES, &problem->symmetries,
                          problem->symmetry[0]);
}

int KNDatasetAttributes(KNDatasetLayout *layout, KNDirection direction)
{
  KNProblem *problem             = &layout->problem;
  KNFile    *file                = &layout->file;
  char       format[KN_MAX_NAME] = KN_DATASET_FORMAT;

  KNCallFile(KNAttributeText(file, direction, file->id, "format", sizeof(format), format));
  if (strcmp(format, KN_DATASET_FORMAT))
    return KNFileFail(file, file->code, "is a \"%s\", expected a \"%s\"", format, KN_DATASET_FORMAT);
  KNCallFile(KNAttributeInt(file, direction, file->id, "format_version", &layout->format));
  if (layout->format < 1 || layout->format > KN_DATASET_VERSION) {
    return KNFileFail(file, file->code,
                      "has format version %lld, this program (%s) reads versions 1 to %d: use the program that wrote "
                      "it, or a newer one",
                      (long long)layout->format, KN_VERSION, KN_DATASET_VERSION);
  }
  KNCallFile(KNAttributeText(file, direction, file->id, "program_version", sizeof(layout->version), layout->version));
  KNCallFile(KNAttributeText(file, direction, file->id, "pde", sizeof(problem->pde), problem->pde));
  KNCallFile(KNAttributeText(file, direction, file->id, "equation", sizeof(problem->equation), problem->equation));
  KNCallFile(
    KNAttributeText(file, direction, file->id, "boundary_conditions", sizeof(problem->boundary), problem->boundary));
  KNCallFile(PointsAttribute(file, direction, "points", &problem->input.grid));
  if (direction == KN_LOAD) problem->output.grid.points = problem->input.grid.points;
  if (layout->format >= 2) KNCallFile(SpaceAttributes(layout, direction));
  KNCallFile(FieldAttributes(layout, direction, "input_fields", "input_units", KN_MAX_FIELDS, &problem->input.fields,
                             problem->input.field));
  KNCallFile(FieldAttributes(layout, direction, "output_fields", "output_units", KN_MAX_FIELDS, &problem->output.fields,
                             problem->output.field));
  KNCallFile(ParameterAttributes(layout, direction));
  KNCallFile(KNAttributeInt(file, direction, file->id, "seed", &layout->seed));
  KNCallFile(KNAttributeText(file, direction, file->id, "options", sizeof(layout->options), layout->options));
  return 0;
}

/* /x1, .. or /y1, .. */
static int GridCoordinates(KNFile *file, KNDirection direction, PetscBool write, char letter, const KNGrid *grid)
{
  const PetscInt n_max = PetscMax(grid->n[0], PetscMax(grid->n[1], grid->n[2]));
  double        *x     = (double *)malloc((size_t)n_max * sizeof(*x));
  int            code  = 0;

  if (!x) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %d coordinates", (int)n_max);
  for (PetscInt d = 0; d < grid->dim && !code; d++) {
    const char    name[] = {letter, (char)('1' + d), 0};
    const hsize_t shape  = (hsize_t)grid->n[d];

    for (PetscInt i = 0; i < grid->n[d]; i++) x[i] = KNPointsCoordinate(grid->points, grid->n[d], i);
    if (direction == KN_STORE) {
      code = KNDatasetStoreColumn(file, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &shape, x, write);
    } else {
      code = KNDatasetLoadColumn(file, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &shape, x);
      for (PetscInt i = 0; i < grid->n[d] && !code; i++) {
        // A millionth of the domain is less than any grid's spacing and more than single precision loses. The negation
        // catches NaN.
        if (!(fabs(x[i] - KNPointsCoordinate(grid->points, grid->n[d], i)) < 1e-6)) {
          code = KNFileFail(file, file->code, "/%s does not hold the coordinates of %s in the unit interval", name,
                            KNPointsNames[grid->points]);
        }
      }
    }
  }
  free(x);
  return code;
}

/* A frame lies behind the one before it; the negation catches NaN. */
static int CheckTimes(KNDatasetLayout *layout)
{
  const PetscReal *t    = layout->times;
  KNFile          *file = &layout->file;

  for (PetscInt i = 0; i < layout->problem.frames; i++) {
    if (!isfinite(t[i])) return KNFileFail(file, file->code, "/t: the time of frame %d is not a finite number", (int)i);
    if (i && !(t[i] > t[i - 1]))
      return KNFileFail(file, file->code,
                        "/t: the times do not ascend, frame %d is at %.9g, frame %d at %.9g; convert the data again, "
                        "and say when the frames are with -dt",
                        (int)i - 1, (double)t[i - 1], (int)i, (double)t[i]);
  }
  return 0;
}

int KNDatasetCoordinates(KNDatasetLayout *layout, KNDirection direction, PetscBool write)
{
  const KNProblem *problem = &layout->problem;
  const KNSpace   *first   = problem->frames ? &problem->output : &problem->input; /* whose grid has /x1, .. */
  const hsize_t    frames  = (hsize_t)problem->frames;

  if (first->kind == KN_SPACE_FIELD) KNCallFile(GridCoordinates(&layout->file, direction, write, 'x', &first->grid));
  if (!KNDatasetOneGrid(problem))
    KNCallFile(GridCoordinates(&layout->file, direction, write, 'y', &problem->output.grid));
  if (!frames) return 0;
  if (direction == KN_STORE)
    return KNDatasetStoreColumn(&layout->file, "t", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &frames, layout->times,
                                write);
  KNCallFile(KNDatasetLoadColumn(&layout->file, "t", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, &frames, layout->times));
  return CheckTimes(layout);
}

size_t KNDatasetNamesSize(const KNSpace *space, size_t *width)
{
  const char *name = space->names;

  *width = 1;
  for (PetscInt i = 0; name && i < space->count; i++, name += strlen(name) + 1) *width = PetscMax(*width, strlen(name));
  return name ? (size_t)space->count * *width : 0;
}

static int TextType(KNFile *file, size_t width, hid_t *type)
{
  KNCallHDF5(file, *type = H5Tcopy(H5T_C_S1));
  KNCallHDF5(file, H5Tset_cset(*type, H5T_CSET_UTF8));
  KNCallHDF5(file, H5Tset_strpad(*type, H5T_STR_NULLPAD));
  KNCallHDF5(file, H5Tset_size(*type, width));
  return 0;
}

/* count texts of `width` bytes each, as short as the longest allows */
int KNNamesStore(KNFile *file, const char array[], const KNSpace *space, PetscBool write)
{
  size_t        width;
  const size_t  bytes = KNDatasetNamesSize(space, &width);
  const char   *name  = space->names;
  const hsize_t count = (hsize_t)space->count;
  char         *texts = (char *)calloc(bytes, 1);
  hid_t         type  = H5I_INVALID_HID;
  int           code;

  if (!texts) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %zu names", (size_t)space->count);
  for (PetscInt i = 0; i < space->count; i++, name += strlen(name) + 1)
    memcpy(texts + (size_t)i * width, name, strlen(name));
  code = TextType(file, width, &type);
  if (!code) code = KNDatasetStoreColumn(file, array, type, type, 1, &count, texts, write);
  if (type >= 0) H5Tclose(type);
  free(texts);
  return code;
}

/* *names: one after another, each ended by 0 */
int KNNamesLoad(KNFile *file, const char array[], KNSpace *space, char **names)
{
  hsize_t count;
  size_t  width;
  hid_t   dataset, type;
  char   *texts, *to;

  KNCallFile(KNDatasetCheckTexts(file, array, &count, &width));
  texts  = (char *)malloc((size_t)count * width);
  *names = to = (char *)malloc((size_t)count * (width + 1));
  if (!texts || !to) {
    free(texts);
    return KNFileFail(file, PETSC_ERR_MEM, "no memory for %llu names", (unsigned long long)count);
  }
  dataset = H5Dopen2(file->id, array, H5P_DEFAULT);
  type    = dataset < 0 ? H5I_INVALID_HID : H5Dget_type(dataset);
  if (type < 0 || H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) < 0) {
    free(texts);
    return KNFileFailHDF5(file, "H5Dread of names");
  }
  H5Tclose(type);
  H5Dclose(dataset);
  for (hsize_t i = 0; i < count; i++) {
    const size_t length = strnlen(texts + i * width, width);

    memcpy(to, texts + i * width, length);
    to[length] = 0;
    to += length + 1;
  }
  free(texts);
  space->count = (PetscInt)count;
  space->names = *names;
  return 0;
}

int KNDatasetNames(KNDatasetLayout *layout, KNDirection direction, PetscBool write)
{
  static const char *const array[] = {"vocabulary", "classes"};

  for (int side = 0; side < 2; side++) {
    KNSpace *space = side ? &layout->problem.output : &layout->problem.input;

    if (space->kind == KN_SPACE_FIELD) continue;
    if (direction == KN_STORE) KNCallFile(KNNamesStore(&layout->file, array[side], space, write));
    else KNCallFile(KNNamesLoad(&layout->file, array[side], space, &layout->names[side]));
  }
  return 0;
}

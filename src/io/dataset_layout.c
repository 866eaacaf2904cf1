/* What a dataset holds: its arrays and columns with their shapes and types, and the memory for them. */
#include "dataset_impl.h"
#include <stdlib.h>
#include <string.h>

PetscBool KNDatasetOneGrid(const KNProblem *problem)
{
  const KNGrid *a = &problem->input.grid, *b = &problem->output.grid;

  if (problem->frames || problem->output.kind != KN_SPACE_FIELD) return PETSC_TRUE;
  return (PetscBool)(problem->input.kind == KN_SPACE_FIELD && KNGridEqual(a, b));
}

PetscInt64 KNDatasetFormat(const KNProblem *problem)
{
  const KNSpace *in = &problem->input, *out = &problem->output;

  if (out->kind != KN_SPACE_FIELD || out->type != KN_FLOAT32 || out->grid.dim < 1 || problem->coefficients ||
      problem->symmetries)
    return 2;
  if (problem->frames) return problem->input.fields ? 2 : 1;
  return in->kind != KN_SPACE_FIELD || in->type != KN_FLOAT32 || !KNDatasetOneGrid(problem) ? 2 : 1;
}

static void AddArray(KNDatasetLayout *layout, char name, PetscInt frames, const KNSpace *space)
{
  const PetscBool tokens = (PetscBool)(space->kind == KN_SPACE_TOKENS), bytes = (PetscBool)(space->type == KN_UINT8);
  KNDatasetArray *array = &layout->array[layout->arrays++];
  int             axis  = 0;

  *array               = (KNDatasetArray){.name = {name, 0}, .space = space, .size = 1};
  array->shape[axis++] = (hsize_t)layout->samples;
  if (frames) array->shape[axis++] = (hsize_t)frames;
  array->shape[axis++] = (hsize_t)(tokens ? space->length : space->fields);
  for (PetscInt d = 0; d < space->grid.dim; d++) array->shape[axis++] = (hsize_t)space->grid.n[d];
  array->rank      = axis;
  array->width     = tokens ? sizeof(int32_t) : bytes ? 1 : sizeof(float);
  array->type      = tokens ? H5T_NATIVE_INT32 : bytes ? H5T_NATIVE_UINT8 : H5T_NATIVE_FLOAT;
  array->disk_type = tokens ? H5T_STD_I32LE : bytes ? H5T_STD_U8LE : H5T_IEEE_F32LE;
  for (int i = 1; i < axis; i++) array->size *= (size_t)array->shape[i];
}

/* count: numbers of a row, 0: one, and no axis for it */
static void AddColumn(KNDatasetLayout *layout, const char name[], hid_t type, hid_t disk_type, size_t bytes,
                      PetscInt count)
{
  KNDatasetColumn *column = &layout->column[layout->columns++];

  *column       = (KNDatasetColumn){.name      = name,
                                    .rank      = count ? 2 : 1,
                                    .shape     = {(hsize_t)layout->samples, (hsize_t)count},
                                    .type      = type,
                                    .disk_type = disk_type};
  column->width = bytes * (size_t)PetscMax(count, 1);
}

void KNDatasetShapes(KNDatasetLayout *layout)
{
  const KNProblem *problem = &layout->problem;

  layout->arrays = layout->columns = 0;
  layout->input = layout->output = -1;
  if (!problem->frames || problem->input.fields) {
    layout->input = layout->arrays;
    AddArray(layout, 'x', 0, &problem->input);
  }
  if (problem->output.kind == KN_SPACE_FIELD) {
    layout->output = layout->arrays;
    AddArray(layout, problem->frames ? 'u' : 'y', problem->frames, &problem->output);
  }
  AddColumn(layout, "sample", H5T_NATIVE_INT64, H5T_STD_I64LE, sizeof(int64_t), 0);
  AddColumn(layout, "checksum", H5T_NATIVE_UINT32, H5T_STD_U32LE, sizeof(uint32_t), 0);
  if (problem->output.kind == KN_SPACE_CLASS)
    AddColumn(layout, "label", H5T_NATIVE_INT32, H5T_STD_I32LE, sizeof(int32_t), 0);
  if (problem->input.kind == KN_SPACE_TOKENS)
    AddColumn(layout, "length", H5T_NATIVE_INT32, H5T_STD_I32LE, sizeof(int32_t), 0);
  if (problem->coefficients)
    AddColumn(layout, "parameters", H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, sizeof(double), problem->coefficients);
}

static void *ColumnValues(const KNDatasetLayout *layout, const char name[])
{
  for (PetscInt i = 0; i < layout->columns; i++) {
    if (!strcmp(layout->column[i].name, name)) return layout->column[i].value;
  }
  return NULL;
}

/* Where each array begins in a row in memory. */
static size_t Place(const KNDatasetLayout *layout, PetscInt array)
{
  size_t at = 0;

  for (PetscInt i = 0; i < array; i++) at += (layout->array[i].size * layout->array[i].width + 7) / 8 * 8;
  return at;
}

void KNDatasetRowPlaces(KNDatasetLayout *layout, void *value[])
{
  for (PetscInt i = 0; i < layout->arrays; i++) value[i] = layout->row + Place(layout, i);
}

int KNDatasetAllocate(KNDatasetLayout *layout)
{
  const size_t n = (size_t)layout->samples, row = Place(layout, layout->arrays);
  PetscBool    ok = PETSC_TRUE;

  layout->row   = (char *)calloc(row, 1);
  layout->times = (PetscReal *)calloc((size_t)layout->problem.frames + 1, sizeof(*layout->times));
  for (PetscInt i = 0; i < layout->columns; i++) {
    layout->column[i].value = (char *)calloc(n, layout->column[i].width);
    if (!layout->column[i].value) ok = PETSC_FALSE;
  }
  if (!ok || !layout->row || !layout->times)
    return KNFileFail(&layout->file, PETSC_ERR_MEM, "no memory for the index of %zu rows and one row of %zu bytes", n,
                      row);
  layout->sample        = (PetscInt64 *)ColumnValues(layout, "sample");
  layout->checksum      = (uint32_t *)ColumnValues(layout, "checksum");
  layout->label         = (int32_t *)ColumnValues(layout, "label");
  layout->length        = (int32_t *)ColumnValues(layout, "length");
  layout->parameters    = (double *)ColumnValues(layout, "parameters");
  layout->problem.times = layout->problem.frames ? layout->times : NULL;
  return 0;
}

void KNDatasetFree(KNDatasetLayout *layout)
{
  for (PetscInt i = 0; i < layout->columns; i++) free(layout->column[i].value);
  free(layout->row);
  free(layout->times);
  free(layout->names[0]);
  free(layout->names[1]);
}

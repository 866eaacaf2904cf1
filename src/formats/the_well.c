/*
  The Well (arXiv 2412.00568), HDF5: time-dependent problems on tensor grids. Reading; writing is in the_well_write.c.

  Fields lie in t0_fields (scalars), t1_fields (vectors) and t2_fields (tensors), each (N, T, n1[, n2[, n3]]) and one
  or two axes of components; fields that do not vary in time or between samples become fields that repeat themselves.
*/
#include "the_well.h"
#include <string.h>

/* Negative answers, of what cannot be looked at, count: opening the file tells why. */
static PetscBool Recognises_TheWell(KNSource source)
{
  const hid_t file = source->file.id;

  if (!file) return PETSC_FALSE;
  snprintf(source->kind, sizeof(source->kind), "The Well");
  return (PetscBool)(H5Aexists(file, "grid_type") && H5Lexists(file, "dimensions", H5P_DEFAULT) &&
                     H5Lexists(file, "t0_fields", H5P_DEFAULT));
}

/* h5py's booleans are an enumeration of one byte; list: (count). */
static int Booleans(KNFile *file, hid_t object, const char name[], hssize_t count, signed char list[])
{
  hid_t  attribute, space, type;
  htri_t there;
  int    bad;

  KNCallHDF5(file, there = H5Aexists(object, name));
  if (!there) return KNFileFail(file, file->code, "attribute \"%s\" of a field is missing", name);
  KNCallHDF5(file, attribute = H5Aopen(object, name, H5P_DEFAULT));
  KNCallHDF5(file, space = H5Aget_space(attribute));
  KNCallHDF5(file, type = H5Aget_type(attribute));
  bad = H5Tget_class(type) != H5T_ENUM || H5Tget_size(type) != 1 || H5Sget_simple_extent_npoints(space) != count;
  if (!bad) KNCallHDF5(file, H5Aread(attribute, type, list));
  KNCallHDF5(file, H5Tclose(type));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Aclose(attribute));
  return bad ? KNFileFail(file, file->code, "attribute \"%s\" of a field is not %lld booleans", name, (long long)count)
             : 0;
}

/* Components of a field become fields of their own, named as the axes: velocity_x, velocity_y. */
static int NameComponents(KNSource source, const char name[], int order)
{
  KNProblem     *problem = &source->problem;
  const PetscInt dim = problem->output.grid.dim, components = order == 0 ? 1 : order == 1 ? dim : dim * dim;

  if (problem->output.fields + components > KN_MAX_FIELDS)
    return KNSourceAsk(source, "more than %d fields", KN_MAX_FIELDS);
  for (PetscInt c = 0; c < components; c++) {
    char suffix[4] = "";

    if (order == 1) snprintf(suffix, sizeof(suffix), "_%c", "xyz"[c]);
    if (order == 2) snprintf(suffix, sizeof(suffix), "_%c%c", "xyz"[c / dim], "xyz"[c % dim]);
    KNCallFile(KNSourceNameField(source, &problem->output.field[problem->output.fields], "%s%s", name, suffix));
    problem->output.fields++;
  }
  return 0;
}

static int TakeField(KNSource source, int order, const char name[])
{
  KNFile           *file    = &source->file;
  KNProblem        *problem = &source->problem;
  const PetscInt    first   = problem->output.fields;
  char              path[KN_MAX_TEXT + KN_MAX_NAME], axes[KN_MAX_AXES + 1];
  signed char       samples, frames, varying[KN_MAX_DIM];
  const KNVariable *variable;

  snprintf(path, sizeof(path), "t%d_fields/%.*s", order, KN_MAX_NAME, name);
  variable = KNSourceFind(source, path);
  if (!variable) return KNSourceAsk(source, "there is no %s, which field_names lists", path);
  KNCallFile(KNSourceJudge(source, variable));
  KNCallFile(Booleans(file, (hid_t)variable->handle, "sample_varying", 1, &samples));
  KNCallFile(Booleans(file, (hid_t)variable->handle, "time_varying", 1, &frames));
  KNCallFile(Booleans(file, (hid_t)variable->handle, "dim_varying", problem->output.grid.dim, varying));
  for (PetscInt d = 0; d < problem->output.grid.dim; d++) {
    if (!varying[d])
      return KNFileFail(file, file->code, "%s is constant along an axis of the grid, which is not supported", path);
  }
  if (!frames || !samples)
    KNSourceNote(source, "%s: the same for all %s\n", path,
                 frames    ? "samples"
                 : samples ? "frames"
                           : "samples and frames");
  snprintf(axes, sizeof(axes), "%s%s%.*s%s", samples ? "n" : "", frames ? "t" : "", (int)problem->output.grid.dim,
           "xyz",
           order == 0   ? ""
           : order == 1 ? "c"
                        : "dc");
  KNCallFile(NameComponents(source, name, order));
  return KNSourceAddPiece(source, variable, axes, PETSC_TRUE, first, problem->output.fields - first, 0,
                          problem->frames);
}

/* Numbers that the root's attributes give for the names in "simulation_parameters". */
static int TakeParameters(KNSource source)
{
  KNProblem *problem = &source->problem;
  KNFile    *file    = &source->file;
  char       name[KN_MAX_PARAMETERS][KN_MAX_NAME];
  PetscInt   names;

  KNCallFile(KNHDF5Texts(file, file->id, "simulation_parameters", KN_MAX_NAME, KN_MAX_PARAMETERS, &names, name[0]));
  for (PetscInt i = 0; i < names; i++) {
    KNParameter *parameter = &problem->parameter[problem->parameters];
    PetscBool    found;

    memcpy(parameter->name, name[i], KN_MAX_NAME);
    snprintf(parameter->unit, sizeof(parameter->unit), "1");
    KNCallFile(KNHDF5Number(file, file->id, name[i], &found, &parameter->value));
    if (found) problem->parameters++;
    else KNSourceNote(source, "%s: no single number, not kept\n", name[i]);
  }
  return 0;
}

static int TakeCondition(KNFile *file, hid_t group, hsize_t i, char boundary[KN_MAX_TEXT])
{
  const size_t used = i ? strlen(boundary) : 0;
  char         name[KN_MAX_TEXT], type[KN_MAX_NAME] = "", dims[KN_MAX_DIM][KN_MAX_NAME] = {"", "", ""};
  PetscInt     types, ndims;
  hid_t        condition;
  ssize_t      length;

  KNCallHDF5(file,
             length = H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof(name), H5P_DEFAULT));
  if (length >= (ssize_t)sizeof(name))
    return KNFileFail(file, file->code, "a boundary condition has a name of %zd bytes, at most %zu can be read", length,
                      sizeof(name) - 1);
  KNCallFile(KNHDF5Object(file, group, name, &condition));
  KNCallFile(KNHDF5Texts(file, condition, "bc_type", sizeof(type), 1, &types, type));
  KNCallFile(KNHDF5Texts(file, condition, "associated_dims", KN_MAX_NAME, KN_MAX_DIM, &ndims, dims[0]));
  KNCallHDF5(file, H5Oclose(condition));
  if (snprintf(boundary + used, KN_MAX_TEXT - used, "%s%s%s%s: %s", i ? "; " : "", dims[0], dims[1], dims[2], type) <
      (int)(KN_MAX_TEXT - used))
    return 0;
  return KNFileFail(file, file->code, "its boundary conditions are more than the %d bytes that a dataset keeps of them",
                    KN_MAX_TEXT - 1);
}

/* "x: PERIODIC; y: WALL" */
static int TakeBoundary(KNSource source)
{
  KNFile    *file     = &source->file;
  char      *boundary = source->problem.boundary;
  hid_t      group;
  H5G_info_t info;

  snprintf(boundary, KN_MAX_TEXT, "unknown");
  KNCallFile(KNHDF5Group(file, "boundary_conditions", &group));
  if (!group) return 0;
  KNCallHDF5(file, H5Gget_info(group, &info));
  for (hsize_t i = 0; i < info.nlinks; i++) KNCallFile(TakeCondition(file, group, i, boundary));
  KNCallHDF5(file, H5Oclose(group));
  return 0;
}

static int TakeGrid(KNSource source, const KNSourceChoice *choice)
{
  KNFile           *file = &source->file;
  char              name[KN_MAX_DIM][KN_MAX_NAME], path[KN_MAX_TEXT + KN_MAX_NAME], type[KN_MAX_NAME] = "";
  const KNVariable *coordinate[KN_MAX_DIM];
  size_t            n[KN_MAX_DIM];
  PetscInt          dim, count;
  hid_t             dimensions;

  KNCallFile(KNHDF5Texts(file, file->id, "grid_type", sizeof(type), 1, &count, type));
  if (strcmp(type, "cartesian"))
    return KNFileFail(file, file->code, "has a grid of type \"%s\", only \"cartesian\" can be read", type);
  KNCallFile(KNHDF5Object(file, file->id, "dimensions", &dimensions));
  KNCallFile(KNHDF5Texts(file, dimensions, "spatial_dims", KN_MAX_NAME, KN_MAX_DIM, &dim, name[0]));
  KNCallHDF5(file, H5Oclose(dimensions));
  if (!dim) return KNSourceAsk(source, "/dimensions has no attribute spatial_dims of 1 to %d names", KN_MAX_DIM);
  for (PetscInt d = 0; d < dim; d++) {
    snprintf(path, sizeof(path), "dimensions/%.*s", KN_MAX_NAME, name[d]);
    coordinate[d] = KNSourceFind(source, path);
    if (coordinate[d]) KNCallFile(KNSourceJudge(source, coordinate[d]));
    if (!coordinate[d] || !coordinate[d]->rank) return KNSourceAsk(source, "there is no list of coordinates %s", path);
    n[d] = coordinate[d]->shape[coordinate[d]->rank - 1];
  }
  return KNSourceGrid(source, choice, dim, n, coordinate);
}

static int Open_TheWell(KNSource source, const KNSourceChoice *choice)
{
  static const char *const groups[] = {"dimensions", "t0_fields", "t1_fields", "t2_fields"};
  KNProblem               *problem  = &source->problem;
  KNFile                  *file     = &source->file;
  const KNVariable        *time;
  double                   samples;
  PetscBool                found;
  PetscInt                 count;

  if (choice->x_count || choice->y_count || choice->u_count || (choice->initial && choice->initial[0]))
    return KNFileFail(file, KN_ERR_INPUT,
                      "is of The Well, which says itself what its fields are: without -x, -y, -u, -initial");
  for (int g = 0; g < 4; g++) KNCallFile(KNSourceHDF5List(source, groups[g]));
  KNCallFile(KNHDF5Number(file, file->id, "n_trajectories", &found, &samples));
  if (!found || !(samples >= 1 && samples <= PETSC_MAX_INT))
    return KNFileFail(file, file->code, "has no attribute n_trajectories of 1 to %d", PETSC_MAX_INT);
  source->samples = (PetscInt64)samples;
  if (!choice->pde || !choice->pde[0])
    KNCallFile(KNHDF5Texts(file, file->id, "dataset_name", sizeof(problem->pde), 1, &count, problem->pde));
  snprintf(problem->equation, sizeof(problem->equation), "unknown");
  KNCallFile(TakeParameters(source));
  KNCallFile(TakeBoundary(source));
  KNCallFile(TakeGrid(source, choice));
  time = KNSourceFind(source, "dimensions/time");
  if (time) KNCallFile(KNSourceJudge(source, time));
  if (!time || !time->rank || time->shape[time->rank - 1] > PETSC_MAX_INT)
    return KNSourceAsk(source, "there is no list of times dimensions/time");
  KNCallFile(KNSourceTimes(source, choice, time, 0, (PetscInt)time->shape[time->rank - 1], PETSC_FALSE));
  for (int order = 0; order < 3; order++) {
    char     name[KN_MAX_FIELDS][KN_MAX_NAME];
    PetscInt names = 0;
    hid_t    group;

    KNCallFile(KNHDF5Group(file, groups[order + 1], &group));
    if (!group) continue;
    KNCallFile(KNHDF5Texts(file, group, "field_names", KN_MAX_NAME, KN_MAX_FIELDS, &names, name[0]));
    KNCallHDF5(file, H5Oclose(group));
    for (PetscInt i = 0; i < names; i++) KNCallFile(TakeField(source, order, name[i]));
  }
  if (!problem->output.fields) return KNSourceAsk(source, "field_names lists no field");
  return 0;
}

const KNFormat KNFormat_TheWell = {.name       = "the_well",
                                   .recognises = Recognises_TheWell,
                                   .open       = Open_TheWell,
                                   .read       = KNSourceHDF5Read,
                                   .plan       = KNTheWellPlan,
                                   .create     = KNTheWellCreate,
                                   .write      = KNSinkHDF5Write,
                                   .observe    = KNTheWellObserve,
                                   .finish     = KNTheWellFinish,
                                   .abandon    = KNTheWellAbandon};

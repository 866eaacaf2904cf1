/*
  Writing PDEBench's layouts (pdebench.c) so that its own loaders read them:

    arrays    one file of arrays; times have an entry more than there are frames, as its generators write them
    vectors   incompressible flow in two axes: velocity (N, T, n1, n2, 2), particles (N, T, n1, n2, 1),
              force (N, n1, n2, 2), t (N, T)
    groups    shallow water, diffusion-sorption, diffusion-reaction in two axes: 0000/data (T, n1[, n2], C),
              0000/grid/x, .., t, 0001/data, .., and nothing else in the root, whose names the loader takes for samples

  Coordinates are those of PDEBench's domains; attributes have its names beside ours. What a reader of ours asks
  besides stands in the attributes "fields" and "points".

  Its loader takes a file whose name ends in .h5 for one of groups, any other for one of arrays, and of groups it looks
  at the grid of 0023.
*/
#include "pdebench.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char *pde;
  PetscInt    axes;    /* of the problem that PDEBench has; 0: any */
  PetscBool   groups;  /* one for each sample */
  PetscBool   vectors; /* velocity, particles and the force, which stands still; times of each sample, no coordinates */
  PetscBool   centred; /* the domain is [-L/2, L/2] along each axis, else [0, L] */
  PetscInt    fields;  /* that it keeps, the first ones; 0: all */
  const char *ours, *theirs;
  double      factor; /* theirs = factor ours */
} Layout;

static const Layout layouts[] = {
  {.pde = "darcy", .axes = 2, .ours = "f", .theirs = "beta", .factor = 1},
  {.pde = "advection", .axes = 1, .ours = "speed_x", .theirs = "beta", .factor = 1},
  {.pde = "burgers", .axes = 1, .ours = "nu", .theirs = "Nu", .factor = PETSC_PI},
  {.pde = "burgers_grid", .axes = 1, .ours = "viscosity", .theirs = "Nu", .factor = PETSC_PI},
  {.pde = "diffusion_reaction", .axes = 1, .ours = "nu", .theirs = "Nu", .factor = 1},
  {.pde = "compressible", .axes = 1, .centred = PETSC_TRUE, .ours = "mach", .theirs = "M", .factor = 1},
  {.pde = "compressible", .ours = "mach", .theirs = "M", .factor = 1},
  {.pde = "shallow_water", .axes = 2, .groups = PETSC_TRUE, .centred = PETSC_TRUE, .fields = 1},
  {.pde = "diffusion_sorption", .axes = 1, .groups = PETSC_TRUE},
  {.pde = "activator_inhibitor", .axes = 2, .groups = PETSC_TRUE, .centred = PETSC_TRUE},
  {.pde = "incompressible", .axes = 2, .vectors = PETSC_TRUE},
};
static const Layout plain = {.pde = ""};

static const Layout *Find(const KNProblem *problem)
{
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(layouts); i++) {
    if (!strcmp(layouts[i].pde, problem->pde) && (!layouts[i].axes || layouts[i].axes == problem->output.grid.dim))
      return &layouts[i];
  }
  return &plain;
}

/* A parameter of all samples; NULL: there is none of this name. */
static const KNParameter *Parameter(const KNProblem *problem, const char name[])
{
  for (PetscInt i = 0; i < problem->parameters; i++) {
    if (!strcmp(problem->parameter[i].name, name)) return &problem->parameter[i];
  }
  return NULL;
}

/* Fields of the first frame alone. */
static void AddStill(KNSink sink, const char name[], const char axes[], PetscInt field, PetscInt fields)
{
  KNVariable *variable = KNSinkAddPiece(sink, name, axes, PETSC_TRUE, field, fields);
  KNPiece    *piece    = &sink->piece[sink->pieces - 1];

  piece->frames = 1;
  KNPieceShape(&sink->problem, piece, (size_t)sink->samples, variable->shape);
}

int KNPDEBenchPlan(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  const Layout    *layout  = Find(problem);
  const PetscInt   fields  = layout->fields ? PetscMin(layout->fields, problem->output.fields) : problem->output.fields;
  char             axes[KN_MAX_AXES + 1], name[KN_MAX_NAME + 16];

  if (!problem->frames) {
    if (problem->input.fields != 1 || problem->output.fields != 1 || problem->output.grid.dim != 2)
      return KNFileFail(&sink->file, KN_ERR_USAGE,
                        "of steady problems PDEBench has Darcy flow only, one input and one output on two axes: take "
                        "native, mat, xy or npy");
    KNSinkAddPiece(sink, "nu", "nxy", PETSC_FALSE, 0, 1);
    KNSinkAddPiece(sink, "tensor", "n1xy", PETSC_TRUE, 0, 1);
    return 0;
  }
  if (layout->groups) {
    KNAxesMake(axes, "nt", problem->output.grid.dim, "c");
    KNSinkAddPiece(sink, "data", axes, PETSC_TRUE, 0, fields);
    if (fields < problem->output.fields)
      (void)fprintf(stderr, "kitinet: warning: PDEBench's %s is %s alone, its other fields are left out\n",
                    problem->pde, problem->output.field[0].name);
    return 0;
  }
  if (layout->vectors && problem->output.fields == 5) {
    KNSinkAddPiece(sink, "velocity", "ntxyc", PETSC_TRUE, 0, 2);
    KNSinkAddPiece(sink, "particles", "ntxyc", PETSC_TRUE, 2, 1);
    AddStill(sink, "force", "nxyc", 3, 2);
    return 0;
  }
  KNAxesMake(axes, "nt", problem->output.grid.dim, "");
  for (PetscInt i = 0; i < problem->output.fields; i++) {
    KNSinkFieldName(sink, PETSC_TRUE, i, sizeof(name), name);
    KNSinkAddPiece(sink, problem->output.fields == 1 ? "tensor" : name, axes, PETSC_TRUE, i, 1);
  }
  return 0;
}

/* Of PDEBench's domain. */
static int StoreCoordinate(KNSink sink, PetscInt axis, const char name[])
{
  const KNGrid      *grid   = &sink->problem.output.grid;
  const KNParameter *side   = Parameter(&sink->problem, "L");
  const double       length = side ? (double)side->value : 1, start = Find(&sink->problem)->centred ? -0.5 * length : 0;
  double            *x = (double *)malloc((size_t)grid->n[axis] * sizeof(*x));
  int                code;

  if (!x) return KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for %d coordinates", (int)grid->n[axis]);
  for (PetscInt i = 0; i < grid->n[axis]; i++)
    x[i] = start + length * KNPointsCoordinate(grid->points, grid->n[axis], i);
  code = KNSinkHDF5Vector(sink, name, H5T_IEEE_F64LE, (hsize_t)grid->n[axis], H5T_NATIVE_DOUBLE, x);
  free(x);
  return code;
}

/* One entry more than there are frames. */
static int StoreTimes(KNSink sink)
{
  const PetscInt   T    = sink->problem.frames;
  const PetscReal *t    = sink->problem.times;
  double          *more = (double *)malloc((size_t)(T + 1) * sizeof(*more));
  int              code;

  if (!more) return KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for %d times", (int)T + 1);
  for (PetscInt i = 0; i < T; i++) more[i] = t[i];
  more[T] = T > 1 ? 2 * t[T - 1] - t[T - 2] : t[0] + 1;
  code    = KNSinkHDF5Vector(sink, "t-coordinate", H5T_IEEE_F64LE, (hsize_t)T + 1, H5T_NATIVE_DOUBLE, more);
  free(more);
  return code;
}

/* t (samples, T), the same of all samples. */
static int StoreTimesOfEach(KNSink sink)
{
  const hsize_t shape[] = {(hsize_t)sink->samples, (hsize_t)sink->problem.frames};
  const size_t  T       = (size_t)sink->problem.frames;
  KNFile       *file    = &sink->file;
  double       *t       = (double *)malloc((size_t)sink->samples * T * sizeof(*t));
  hid_t         space, create, array;

  if (!t) return KNFileFail(file, PETSC_ERR_MEM, "no memory for the times of %lld samples", (long long)sink->samples);
  for (size_t i = 0; i < (size_t)sink->samples * T; i++) t[i] = sink->problem.times[i % T];
  KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
  KNCallHDF5(file, space = H5Screate_simple(2, shape, NULL));
  KNCallHDF5(file, array = H5Dcreate2(file->id, "t", H5T_IEEE_F64LE, space, H5P_DEFAULT, create, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(array, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, t));
  KNCallHDF5(file, H5Dclose(array));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Pclose(create));
  free(t);
  return 0;
}

/* Parameters under our names and, where it differs, under PDEBench's; fields and points. */
static int StoreAttributes(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  const Layout    *layout  = Find(problem);
  const char *field[KN_MAX_FIELDS], *const points = KNPointsNames[problem->output.grid.points];
  const hid_t     file   = sink->file.id;
  const PetscBool arrays = (PetscBool)!layout->groups;
  const PetscInt  fields = arrays ? problem->output.fields : sink->piece[0].fields;

  for (PetscInt i = 0; i < problem->parameters; i++) {
    double value = problem->parameter[i].value;

    KNCallFile(KNAttributeReal(&sink->file, KN_STORE, file, problem->parameter[i].name, &value));
    if (!layout->ours || strcmp(problem->parameter[i].name, layout->ours) || Parameter(problem, layout->theirs))
      continue;
    value *= layout->factor;
    KNCallFile(KNAttributeReal(&sink->file, KN_STORE, file, layout->theirs, &value));
  }
  KNCallFile(KNSinkHDF5Texts(sink, file, "points", -1, &points));
  if (!problem->frames || (arrays && problem->output.fields == 1) || layout->vectors) return 0;
  for (PetscInt i = 0; i < fields; i++) field[i] = arrays ? sink->variable[i].name : problem->output.field[i].name;
  return KNSinkHDF5Texts(sink, file, "fields", fields, field);
}

int KNPDEBenchCreate(KNSink sink)
{
  const KNProblem *problem = &sink->problem;

  if (Find(problem)->groups && problem->frames) {
    KNCallFile(KNSinkHDF5CreateFile(sink, 0));
    return StoreAttributes(sink);
  }
  KNCallFile(KNSinkHDF5Create(sink, 0));
  if (Find(problem)->vectors) {
    KNCallFile(StoreTimesOfEach(sink));
    return StoreAttributes(sink);
  }
  for (PetscInt d = 0; d < problem->output.grid.dim; d++)
    KNCallFile(StoreCoordinate(sink, d, (const char *const[]){"x-coordinate", "y-coordinate", "z-coordinate"}[d]));
  if (problem->frames) KNCallFile(StoreTimes(sink));
  return StoreAttributes(sink);
}

static int CreateGroup(KNFile *file, const char path[], hid_t *group)
{
  hid_t creation;

  KNCallHDF5(file, creation = H5Pcreate(H5P_GROUP_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(creation, 0));
  KNCallHDF5(file, *group = H5Gcreate2(file->id, path, H5P_DEFAULT, creation, H5P_DEFAULT));
  KNCallHDF5(file, H5Pclose(creation));
  return 0;
}

/* What the sample was made of, as YAML: attribute config of its group. */
static int StoreConfig(KNSink sink, hid_t group)
{
  const KNProblem  *problem = &sink->problem;
  char              text[KN_MAX_PARAMETERS * (KN_MAX_NAME + 32)];
  const char *const stored = text;
  size_t            used   = (size_t)snprintf(text, sizeof(text), "name: %s\n", problem->pde);

  for (PetscInt i = 0; i < problem->parameters; i++)
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%s: %.17g\n", problem->parameter[i].name,
                             (double)problem->parameter[i].value);
  return KNSinkHDF5Texts(sink, group, "config", -1, &stored);
}

/* Sample `row` as a group: value (T, n1, .., C). */
static int WriteGroup(KNSink sink, size_t row, const KNVariable *variable, const float value[])
{
  KNFile *file = &sink->file;
  hsize_t shape[KN_MAX_AXES];
  char    name[48], path[64];
  hid_t   group, space, create, array;

  for (int a = 1; a < variable->rank; a++) shape[a - 1] = variable->shape[a];
  snprintf(name, sizeof(name), "%04zu", row);
  KNCallFile(CreateGroup(file, name, &group));
  KNCallFile(StoreConfig(sink, group));
  KNCallHDF5(file, H5Gclose(group));
  snprintf(path, sizeof(path), "%s/data", name);
  KNCallHDF5(file, create = H5Pcreate(H5P_DATASET_CREATE));
  KNCallHDF5(file, H5Pset_obj_track_times(create, 0));
  KNCallHDF5(file, space = H5Screate_simple(variable->rank - 1, shape, NULL));
  KNCallHDF5(file, array = H5Dcreate2(file->id, path, H5T_IEEE_F32LE, space, H5P_DEFAULT, create, H5P_DEFAULT));
  KNCallHDF5(file, H5Dwrite(array, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  KNCallHDF5(file, H5Dclose(array));
  KNCallHDF5(file, H5Sclose(space));
  KNCallHDF5(file, H5Pclose(create));
  snprintf(path, sizeof(path), "%s/grid", name);
  KNCallFile(CreateGroup(file, path, &group));
  KNCallHDF5(file, H5Gclose(group));
  for (PetscInt d = 0; d < sink->problem.output.grid.dim; d++) {
    snprintf(path, sizeof(path), "%s/grid/%c", name, (char)('x' + d));
    KNCallFile(StoreCoordinate(sink, d, path));
  }
  snprintf(path, sizeof(path), "%s/grid/t", name);
  return KNSinkHDF5Vector(sink, path, H5T_IEEE_F64LE, (hsize_t)sink->problem.frames, H5T_NATIVE_DOUBLE,
                          sink->problem.times);
}

int KNPDEBenchWrite(KNSink sink, const KNVariable *variable, const size_t start[], const size_t extent[],
                    const float value[])
{
  size_t sample = 1;

  if (!Find(&sink->problem)->groups || !sink->problem.frames)
    return KNSinkHDF5Write(sink, variable, start, extent, value);
  for (int a = 1; a < variable->rank; a++) sample *= extent[a];
  for (size_t i = 0; i < extent[0]; i++) KNCallFile(WriteGroup(sink, start[0] + i, variable, value + i * sample));
  return 0;
}

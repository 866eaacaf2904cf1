/*
  Writing for The Well: every field a scalar of its own in t0_fields, and beside the file stats.yaml with each field's
  mean, std and rms, also of its change from frame to frame. The collection's loader looks for files at
  BASE/NAME/data/{train,valid,test}/ and for the statistics of the training set at BASE/NAME/stats.yaml: an output
  .../data/train/FILE puts them there, one under valid or test writes none.
*/
#include "the_well.h"
#include <kitinet/lock.h>
#include <kitinet/path.h>
#include <errno.h>
#include <libgen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sums over all samples, frames and points, shifted by the first value so that little cancels. */
typedef struct {
  double count, shift, sum, squares;
} Moments;

typedef struct {
  Moments value[KN_MAX_FIELDS], change[KN_MAX_FIELDS];
} Statistics;

static const char *const spatial_dims[] = {"x", "y", "z"};

/* Where the statistics go: path of the file -> path of stats.yaml; "": nowhere. */
static void StatisticsPath(const char path[], size_t size, char statistics[])
{
  char copy[PETSC_MAX_PATH_LEN], *folder, *split;

  snprintf(copy, sizeof(copy), "%s", path);
  folder = dirname(copy); // of the file, cut short in place
  split  = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
  if (!strcmp(split, "valid") || !strcmp(split, "test")) snprintf(statistics, size, "%s", "");
  else snprintf(statistics, size, "%s%s/stats.yaml", folder, strcmp(split, "train") ? "" : "/../..");
}

int KNTheWellPlan(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  char             axes[KN_MAX_AXES + 1], statistics[PETSC_MAX_PATH_LEN + 32];
  PetscBool        exists  = PETSC_FALSE;
  int              failure = 0;

  if (!problem->frames)
    return KNFileFail(&sink->file, KN_ERR_USAGE,
                      "The Well holds trajectories, this problem is steady: take native, mat, pdebench, xy or npy");
  StatisticsPath(sink->path[0], sizeof(statistics), statistics);
  if (statistics[0] && !sink->overwrite) failure = KNPathExists(statistics, &exists);
  if (failure)
    return KNFileFail(&sink->file, KN_ERR_USAGE, "its statistics %s cannot be looked at: %s", statistics,
                      strerror(failure));
  if (exists)
    return KNFileFail(&sink->file, KN_ERR_USAGE,
                      "its statistics %s exist: choose another folder, or give -overwrite to replace them", statistics);
  KNAxesMake(axes, "nt", problem->output.grid.dim, "");
  for (PetscInt i = 0; i < problem->output.fields; i++) {
    char name[KN_MAX_NAME + 16], path[2 * KN_MAX_NAME];

    KNSinkFieldName(sink, PETSC_TRUE, i, sizeof(name), name);
    snprintf(path, sizeof(path), "t0_fields/%s", name);
    KNSinkAddPiece(sink, path, axes, PETSC_TRUE, i, 1);
  }
  sink->data = calloc(1, sizeof(Statistics));
  return sink->data ? 0 : KNFileFail(&sink->file, PETSC_ERR_MEM, "no memory for statistics");
}

/* As h5py stores a bool, or, if count is not 0, a list of them that are all the same. */
static int StoreBooleans(KNSink sink, hid_t object, const char name[], hsize_t count, signed char value)
{
  KNFile           *file = &sink->file;
  const signed char no = 0, yes = 1;
  signed char       list[KN_MAX_DIM + 1] = {value, value, value, value};
  hid_t             type;

  KNCallHDF5(file, type = H5Tenum_create(H5T_STD_I8LE));
  KNCallHDF5(file, H5Tenum_insert(type, "FALSE", &no));
  KNCallHDF5(file, H5Tenum_insert(type, "TRUE", &yes));
  KNCallFile(KNAttributeStore(file, object, name, type, type, count, list));
  KNCallHDF5(file, H5Tclose(type));
  return 0;
}

/* sample_varying and time_varying of an object of the file */
static int StoreVarying(KNSink sink, const char path[], signed char samples, signed char frames)
{
  KNFile *file = &sink->file;
  hid_t   object;

  KNCallHDF5(file, object = H5Oopen(file->id, path, H5P_DEFAULT));
  KNCallFile(StoreBooleans(sink, object, "sample_varying", 0, samples));
  KNCallFile(StoreBooleans(sink, object, "time_varying", 0, frames));
  KNCallHDF5(file, H5Oclose(object));
  return 0;
}

static int StoreGroup(KNSink sink, const char path[], const char attribute[], PetscInt count, const char *const text[])
{
  KNFile *file = &sink->file;
  htri_t  there;
  hid_t   group;

  KNCallHDF5(file, there = H5Lexists(file->id, path, H5P_DEFAULT));
  if (there) KNCallHDF5(file, group = H5Gopen2(file->id, path, H5P_DEFAULT));
  else KNCallHDF5(file, group = H5Gcreate2(file->id, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  KNCallFile(KNSinkHDF5Texts(sink, group, attribute, count, text));
  KNCallHDF5(file, H5Gclose(group));
  return 0;
}

/* One condition an axis, which applies to both of its ends. */
static int StoreBoundary(KNSink sink, PetscInt axis)
{
  const PetscBool   periodic = (PetscBool)(sink->problem.output.grid.points == KN_POINTS_PERIODIC);
  const char *const type     = periodic ? "PERIODIC" : "WALL";
  const PetscInt    n        = sink->problem.output.grid.n[axis];
  const signed char no = 0, yes = 1;
  KNFile           *file = &sink->file;
  signed char      *mask;
  char              path[KN_MAX_NAME], mask_path[KN_MAX_NAME + 8];
  hid_t             group, boolean;
  int               code;

  snprintf(path, sizeof(path), "boundary_conditions/%s_%s", spatial_dims[axis], periodic ? "periodic" : "wall");
  snprintf(mask_path, sizeof(mask_path), "%s/mask", path);
  KNCallFile(StoreGroup(sink, path, "associated_dims", 1, &spatial_dims[axis]));
  KNCallFile(StoreGroup(sink, path, "associated_fields", 0, NULL));
  KNCallHDF5(file, group = H5Gopen2(file->id, path, H5P_DEFAULT));
  KNCallFile(KNSinkHDF5Texts(sink, group, "bc_type", -1, &type));
  KNCallHDF5(file, H5Gclose(group));
  KNCallFile(StoreVarying(sink, path, 0, 0));
  KNCallHDF5(file, boolean = H5Tenum_create(H5T_STD_I8LE));
  KNCallHDF5(file, H5Tenum_insert(boolean, "FALSE", &no));
  KNCallHDF5(file, H5Tenum_insert(boolean, "TRUE", &yes));
  mask = (signed char *)calloc((size_t)n, 1);
  if (!mask) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a mask of %d points", (int)n);
  mask[0] = mask[n - 1] = 1;
  code                  = KNSinkHDF5Vector(sink, mask_path, boolean, (hsize_t)n, boolean, mask);
  free(mask);
  KNCallHDF5(file, H5Tclose(boolean));
  return code;
}

static int StoreParameters(KNSink sink)
{
  const KNProblem *problem = &sink->problem;
  KNFile          *file    = &sink->file;
  const char      *name[KN_MAX_PARAMETERS];

  for (PetscInt i = 0; i < problem->parameters; i++) name[i] = problem->parameter[i].name;
  KNCallFile(KNSinkHDF5Texts(sink, file->id, "simulation_parameters", problem->parameters, name));
  KNCallFile(StoreGroup(sink, "scalars", "field_names", problem->parameters, name));
  for (PetscInt i = 0; i < problem->parameters; i++) {
    double value = problem->parameter[i].value;
    char   path[2 * KN_MAX_NAME];

    snprintf(path, sizeof(path), "scalars/%s", name[i]);
    KNCallFile(KNAttributeReal(file, KN_STORE, file->id, name[i], &value));
    KNCallFile(KNSinkHDF5Vector(sink, path, H5T_IEEE_F64LE, 0, H5T_NATIVE_DOUBLE, &value));
    KNCallFile(StoreVarying(sink, path, 0, 0));
  }
  return 0;
}

int KNTheWellCreate(KNSink sink)
{
  const KNProblem  *problem = &sink->problem;
  KNFile           *file    = &sink->file;
  const char *const pde = problem->pde, *const cartesian = "cartesian", *field[KN_MAX_FIELDS];
  PetscInt64 trajectories = sink->samples, dims = problem->output.grid.dim;

  KNCallFile(KNSinkHDF5Create(sink, 0));
  KNCallFile(KNSinkHDF5Texts(sink, file->id, "dataset_name", -1, &pde));
  KNCallFile(KNSinkHDF5Texts(sink, file->id, "grid_type", -1, &cartesian));
  KNCallFile(KNAttributeInt(file, KN_STORE, file->id, "n_spatial_dims", &dims));
  KNCallFile(KNAttributeInt(file, KN_STORE, file->id, "n_trajectories", &trajectories));
  KNCallFile(StoreParameters(sink));
  KNCallFile(StoreGroup(sink, "dimensions", "spatial_dims", problem->output.grid.dim, spatial_dims));
  KNCallFile(KNSinkHDF5Vector(sink, "dimensions/time", H5T_IEEE_F64LE, (hsize_t)problem->frames, H5T_NATIVE_DOUBLE,
                              problem->times));
  KNCallFile(StoreVarying(sink, "dimensions/time", 0, 1));
  for (PetscInt d = 0; d < problem->output.grid.dim; d++) {
    char path[KN_MAX_NAME];

    snprintf(path, sizeof(path), "dimensions/%s", spatial_dims[d]);
    KNCallFile(KNSinkHDF5Coordinate(sink, d, path));
    KNCallFile(StoreVarying(sink, path, 0, 0));
  }
  KNCallFile(StoreGroup(sink, "boundary_conditions", "note", -1, (const char *[]){problem->boundary}));
  for (PetscInt d = 0; d < problem->output.grid.dim; d++) KNCallFile(StoreBoundary(sink, d));
  for (PetscInt i = 0; i < problem->output.fields; i++) {
    field[i] = strchr(sink->variable[i].name, '/') + 1;
    KNCallFile(StoreVarying(sink, sink->variable[i].name, 1, 1));
    KNCallFile(
      StoreBooleans(sink, (hid_t)sink->variable[i].handle, "dim_varying", (hsize_t)problem->output.grid.dim, 1));
  }
  KNCallFile(StoreGroup(sink, "t0_fields", "field_names", problem->output.fields, field));
  KNCallFile(StoreGroup(sink, "t1_fields", "field_names", 0, NULL));
  return StoreGroup(sink, "t2_fields", "field_names", 0, NULL);
}

static void Add(Moments *m, double value)
{
  if (m->count == 0) m->shift = value;
  m->count += 1;
  m->sum += value - m->shift;
  m->squares += (value - m->shift) * (value - m->shift);
}

int KNTheWellObserve(KNSink sink, PetscInt64 count, const float y[])
{
  const KNProblem *problem = &sink->problem;
  Statistics      *s       = (Statistics *)sink->data;
  const size_t     points = KNGridSize(&problem->output.grid), frame = points * (size_t)problem->output.fields;

  for (PetscInt64 i = 0; i < count; i++) {
    for (PetscInt t = 0; t < problem->frames; t++, y += frame) {
      for (PetscInt f = 0; f < problem->output.fields; f++) {
        const float *now = y + (size_t)f * points;

        for (size_t k = 0; k < points; k++) Add(&s->value[f], now[k]);
        for (size_t k = 0; k < points && t > 0; k++) Add(&s->change[f], (double)now[k] - (double)(now - frame)[k]);
      }
    }
  }
  return 0;
}

static double Mean(const Moments *m)
{
  return m->count > 0 ? m->shift + m->sum / m->count : 0;
}

static double Std(const Moments *m)
{
  return m->count > 0 ? sqrt(PetscMax(0, m->squares / m->count - (m->sum / m->count) * (m->sum / m->count))) : 0;
}

static double Rms(const Moments *m)
{
  return hypot(Mean(m), Std(m));
}

static int WriteStatistics(KNSink sink, const char path[])
{
  static const struct {
    const char *name;
    double (*of)(const Moments *);
    PetscBool change;
  } kind[]            = {{"mean", Mean, 0},       {"std", Std, 0},       {"rms", Rms, 0},
                         {"mean_delta", Mean, 1}, {"std_delta", Std, 1}, {"rms_delta", Rms, 1}};
  const Statistics *s = (const Statistics *)sink->data;
  char              temporary[PETSC_MAX_PATH_LEN + 64];
  FILE             *file;
  int               descriptor;

  descriptor = KNLockUnfinished(path, sizeof(temporary), temporary) ? KNPathCreate(temporary) : -1;
  file       = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (!file)
    return KNFileFail(&sink->file, KN_ERR_IO, "its statistics %s cannot be written: %s", path, strerror(errno));
  for (size_t k = 0; k < sizeof(kind) / sizeof(*kind); k++) {
    fprintf(file, "%s:\n", kind[k].name);
    for (PetscInt i = 0; i < sink->problem.output.fields; i++)
      fprintf(file, "  %s: %.9e\n", strchr(sink->variable[i].name, '/') + 1,
              kind[k].of(kind[k].change ? &s->change[i] : &s->value[i]));
  }
  if (fflush(file) || ferror(file) || fsync(fileno(file)) || fclose(file) || rename(temporary, path)) {
    unlink(temporary);
    return KNFileFail(&sink->file, KN_ERR_IO, "its statistics %s cannot be written: %s", path, strerror(errno));
  }
  return 0;
}

int KNTheWellFinish(KNSink sink)
{
  char path[PETSC_MAX_PATH_LEN + 32];
  int  code = 0;

  KNCallFile(KNSinkHDF5Finish(sink));
  StatisticsPath(sink->path[0], sizeof(path), path);
  if (path[0]) code = WriteStatistics(sink, path);
  free(sink->data);
  sink->data = NULL;
  return code;
}

void KNTheWellAbandon(KNSink sink)
{
  free(sink->data);
  sink->data = NULL;
  KNSinkHDF5Abandon(sink);
}

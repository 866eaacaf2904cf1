/*
  PDEBench (arXiv 2210.07182), HDF5: copy me to add a format.

    Darcy flow             nu (N, n1, n2), tensor (N, 1, n1, n2), attribute beta
    one field in time      tensor (N, T, n1[, n2[, n3]])
    several fields in time one array (N, T, n1[, n2[, n3]]) each, as density, pressure, Vx, Vy
    incompressible flow    velocity (N, T, n1, n2, 2), particles (N, T, n1, n2, 1), t (N, T)

    one group a sample     0000/data (T, n1[, n2[, n3]], C), 0000/grid/x, .., 0000/grid/t, 0001/data, ..:
                           pdebench_groups.c

  with x-coordinate, y-coordinate, z-coordinate, and t-coordinate, which may be longer than T. The order of several
  fields is in our attribute "fields"; without it, it is that of their names. Writing: pdebench_write.c.
*/
#include "pdebench.h"
#include <string.h>

static const char *const coordinate_names[] = {"x-coordinate", "y-coordinate", "z-coordinate"};

static PetscBool Recognises_PDEBench(KNSource source)
{
  const hid_t file = source->file.id;

  if (!file) return PETSC_FALSE;
  snprintf(source->kind, sizeof(source->kind), "PDEBench");
  return (PetscBool)(KNSourceFind(source, "x-coordinate") ||
                     (KNSourceFind(source, "velocity") && KNSourceFind(source, "particles")) ||
                     KNPDEBenchHasGroups(file));
}

/* Numbers among the root's attributes: Nu, beta, eta, .. */
static int TakeParameters(KNSource source)
{
  KNProblem *problem = &source->problem;
  KNFile    *file    = &source->file;
  H5O_info_t root;

  KNCallHDF5(file, H5Oget_info(file->id, &root));
  for (hsize_t i = 0; i < root.num_attrs; i++) {
    char      name[KN_MAX_TEXT];
    PetscBool found;
    double    value;
    ssize_t   length;

    KNCallHDF5(
      file, length = H5Aget_name_by_idx(file->id, ".", H5_INDEX_NAME, H5_ITER_INC, i, name, sizeof(name), H5P_DEFAULT));
    if (length >= (ssize_t)sizeof(name))
      return KNFileFail(file, file->code, "an attribute has a name of %zd bytes, at most %zu can be read", length,
                        sizeof(name) - 1);
    KNCallFile(KNHDF5Number(file, file->id, name, &found, &value));
    if (!found) continue;
    if (problem->parameters == KN_MAX_PARAMETERS)
      return KNFileFail(
        file, file->code,
        "has more than %d numbers as attributes, which a dataset keeps as parameters: remove those that are none",
        KN_MAX_PARAMETERS);
    if (length >= KN_MAX_NAME)
      return KNFileFail(file, file->code, "parameter %s has a name of %zd bytes, at most %d can be kept", name, length,
                        KN_MAX_NAME - 1);
    KNParameter *parameter = &problem->parameter[problem->parameters++];

    memcpy(parameter->name, name, (size_t)length + 1);
    snprintf(parameter->unit, sizeof(parameter->unit), "1");
    parameter->value = value;
  }
  return 0;
}

int KNPDEBenchPoints(KNSource source, const KNSourceChoice *choice, KNSourceChoice *own)
{
  char     text[KN_MAX_NAME];
  PetscInt count;

  *own = *choice;
  KNCallFile(KNHDF5Texts(&source->file, source->file.id, "points", sizeof(text), 1, &count, text));
  for (PetscInt kind = 0; count && choice->points < 0 && KNPointsNames[kind]; kind++) {
    if (!strcmp(KNPointsNames[kind], text)) own->points = kind;
  }
  return 0;
}

/* Coordinates of each axis of the grid, of none at all, and of no other axis. */
static int TakeGrid(KNSource source, const KNSourceChoice *choice, const KNVariable *variable, int first, PetscInt dim)
{
  const KNVariable *coordinate[KN_MAX_DIM];
  KNSourceChoice    own;
  PetscInt          found = 0;

  KNCallFile(KNSourceJudge(source, variable));
  KNCallFile(KNPDEBenchPoints(source, choice, &own));
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) {
    coordinate[d] = KNSourceFind(source, coordinate_names[d]);
    if (coordinate[d] && d >= dim)
      return KNSourceAsk(source, "%s is of an axis that %s does not have", coordinate_names[d], variable->name);
    if (coordinate[d]) found++;
  }
  for (PetscInt d = 0; d < dim && found; d++) {
    if (!coordinate[d])
      return KNSourceAsk(source, "there is no %s for the axis of %zu points of %s", coordinate_names[d],
                         variable->shape[first + d], variable->name);
  }
  source->samples = (PetscInt64)PetscMin(variable->shape[0], (size_t)PETSC_MAX_INT);
  return KNSourceGrid(source, &own, dim, variable->shape + first, found ? coordinate : NULL);
}

static int OpenDarcy(KNSource source, const KNSourceChoice *choice, const KNVariable *nu, const KNVariable *tensor)
{
  KNProblem *problem = &source->problem;

  if (nu->rank != 3 || tensor->rank != 4)
    return KNSourceAsk(source, "Darcy flow has nu (N, n1, n2) and tensor (N, 1, n1, n2)");
  snprintf(problem->pde, sizeof(problem->pde), "darcy");
  snprintf(problem->equation, sizeof(problem->equation), "-div(a grad u) = beta");
  snprintf(problem->boundary, sizeof(problem->boundary), "u = 0");
  problem->input.field[problem->input.fields++]   = (KNField){.name = "a", .unit = "1"};
  problem->output.field[problem->output.fields++] = (KNField){.name = "u", .unit = "1"};
  KNCallFile(TakeGrid(source, choice, nu, 1, 2));
  KNCallFile(KNSourceAddPiece(source, nu, "nxy", PETSC_FALSE, 0, 1, 0, 1));
  return KNSourceAddPiece(source, tensor, "n1xy", PETSC_TRUE, 0, 1, 0, 1);
}

/* Fields (N, T, points), the last axis a vector's if `vectors`. Times may be one more than frames. */
static int OpenFrames(KNSource source, const KNSourceChoice *choice, PetscInt fields, const KNVariable *const field[],
                      PetscBool vectors)
{
  KNProblem     *problem = &source->problem;
  const PetscInt dim     = field[0]->rank - 2 - (vectors ? 1 : 0);
  char           axes[KN_MAX_AXES + 1];

  KNCallFile(KNSourceJudge(source, field[0]));
  if (dim < 1 || dim > KN_MAX_DIM)
    return KNSourceAsk(source, "%s has %d axes, expected samples, frames and 1 to %d of a grid", field[0]->name,
                       field[0]->rank, KN_MAX_DIM);
  if (field[0]->shape[1] < 1 || field[0]->shape[1] > PETSC_MAX_INT)
    return KNSourceAsk(source, "%s has %zu frames", field[0]->name, field[0]->shape[1]);
  KNCallFile(TakeGrid(source, choice, field[0], 2, dim));
  KNCallFile(KNSourceTimes(source, choice, KNSourceFind(source, vectors ? "t" : "t-coordinate"), 1,
                           (PetscInt)field[0]->shape[1], PETSC_FALSE));
  KNAxesMake(axes, "nt", dim, vectors ? "c" : "");
  for (PetscInt i = 0; i < fields; i++) {
    const PetscInt components =
      vectors ? (PetscInt)PetscMin(field[i]->shape[field[i]->rank - 1], KN_MAX_FIELDS + 1) : 1;

    if (problem->output.fields + components > KN_MAX_FIELDS)
      return KNSourceAsk(source, "more than %d fields", KN_MAX_FIELDS);
    KNCallFile(
      KNSourceAddPiece(source, field[i], axes, PETSC_TRUE, problem->output.fields, components, 0, problem->frames));
    for (PetscInt c = 0; c < components; c++, problem->output.fields++) {
      const char *name = strcmp(field[i]->name, "tensor") ? field[i]->name : "u";

      if (components == 1)
        KNCallFile(KNSourceNameField(source, &problem->output.field[problem->output.fields], "%s", name));
      else
        KNCallFile(KNSourceNameField(source, &problem->output.field[problem->output.fields], "%s%d", name, (int)c + 1));
    }
  }
  return 0;
}

/* In the order that the attribute "fields" names, or in that of the file. */
static int OpenFields(KNSource source, const KNSourceChoice *choice)
{
  const KNVariable *field[KN_MAX_FIELDS];
  char              name[KN_MAX_FIELDS][KN_MAX_NAME];
  PetscInt          names, fields = 0;

  KNCallFile(KNHDF5Texts(&source->file, source->file.id, "fields", KN_MAX_NAME, KN_MAX_FIELDS, &names, name[0]));
  for (PetscInt i = 0; i < names; i++) {
    field[fields] = KNSourceFind(source, name[i]);
    if (!field[fields++]) return KNSourceAsk(source, "there is no %s, which the attribute \"fields\" names", name[i]);
  }
  for (PetscInt i = 0; i < source->variables && !names; i++) {
    const KNVariable *variable = &source->variable[i];

    if (strstr(variable->name, "-coordinate") || variable->rank < 3) continue;
    if (fields == KN_MAX_FIELDS) return KNSourceAsk(source, "more than %d fields", KN_MAX_FIELDS);
    field[fields++] = variable;
  }
  if (!fields) return KNSourceAsk(source, "none of these is a field (N, T, points)");
  return OpenFrames(source, choice, fields, field, PETSC_FALSE);
}

static int Open_PDEBench(KNSource source, const KNSourceChoice *choice)
{
  KNProblem        *problem = &source->problem;
  const KNVariable *tensor, *nu, *velocity, *particles;

  if (choice->x_count || choice->y_count || choice->u_count || (choice->initial && choice->initial[0]))
    return KNFileFail(&source->file, KN_ERR_INPUT,
                      "is PDEBench, which says itself what its fields are: without -x, -y, -u, -initial");
  KNCallFile(TakeParameters(source));
  tensor    = KNSourceFind(source, "tensor");
  nu        = KNSourceFind(source, "nu");
  velocity  = KNSourceFind(source, "velocity");
  particles = KNSourceFind(source, "particles");
  if (tensor && nu) return OpenDarcy(source, choice, nu, tensor);
  snprintf(problem->pde, sizeof(problem->pde), "%s", choice->pde && choice->pde[0] ? choice->pde : "imported");
  snprintf(problem->equation, sizeof(problem->equation), "unknown");
  snprintf(problem->boundary, sizeof(problem->boundary), "unknown");
  if (!source->variables) return KNPDEBenchOpenGroups(source, choice);
  if (tensor) return OpenFrames(source, choice, 1, &tensor, PETSC_FALSE);
  if (velocity && particles)
    return OpenFrames(source, choice, 2, (const KNVariable *[]){velocity, particles}, PETSC_TRUE);
  return OpenFields(source, choice);
}

const KNFormat KNFormat_PDEBench = {.name       = "pdebench",
                                    .recognises = Recognises_PDEBench,
                                    .open       = Open_PDEBench,
                                    .read       = KNPDEBenchRead,
                                    .close      = KNPDEBenchClose,
                                    .plan       = KNPDEBenchPlan,
                                    .create     = KNPDEBenchCreate,
                                    .write      = KNPDEBenchWrite,
                                    .finish     = KNSinkHDF5Finish,
                                    .abandon    = KNSinkHDF5Abandon};

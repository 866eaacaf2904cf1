/*
  PDEBench's files with one group a sample (shallow water, diffusion-sorption, diffusion-reaction in two dimensions):
  0000/data (T, n1[, n2[, n3]], C), 0000/grid/x, y, z and t.

  All samples together are one variable, data (N, T, n1, .., C), of which a slab is read group by group. Grid and times
  of every group must be those of the first.
*/
#include "pdebench.h"
#include <stdlib.h>
#include <string.h>

enum { LISTS = KN_MAX_DIM + 1 };

static const char *const list_names[LISTS] = {"grid/x", "grid/y", "grid/z", "grid/t"};

typedef struct {
  char       name[32];
  PetscInt64 number; /* that the name stands for */
} Group;

typedef struct {
  PetscInt64  groups, room;
  Group      *group;                      /* (groups), by number */
  PetscInt64 *number;                     /* (groups) */
  PetscBool   no_memory;                  /* while they were listed */
  double     *list[LISTS], *other[LISTS]; /* of the first group, and of another; NULL: there is none */
  size_t      entries[LISTS];
} Groups;

static PetscBool IsNumber(const char name[])
{
  return (PetscBool)(name[0] && strlen(name) <= 18 && !name[strspn(name, "0123456789")]);
}

/* 1: a sample; 0: something else; -1: it cannot be looked at, which ends the walk. */
static herr_t FindGroup(hid_t id, const char *name, const H5L_info_t *link, void *context)
{
  H5O_info_t info;
  char       path[64];

  if (!IsNumber(name) || link->type != H5L_TYPE_HARD) return 0;
  snprintf(path, sizeof(path), "%s/data", name);
  if (H5Oget_info_by_name(id, name, &info, H5P_DEFAULT) < 0) return -1;
  return info.type == H5O_TYPE_GROUP ? H5Lexists(id, path, H5P_DEFAULT) : 0;
}

PetscBool KNPDEBenchHasGroups(hid_t file)
{
  hsize_t next = 0;

  /* the first one ends the walk; where one cannot be looked at, opening the file tells why */
  return (PetscBool)(H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, &next, FindGroup, NULL) != 0);
}

static herr_t AddGroup(hid_t id, const char *name, const H5L_info_t *link, void *context)
{
  Groups *groups = (Groups *)context;

  const herr_t found = FindGroup(id, name, link, NULL);

  if (found <= 0) return found;
  if (groups->groups == groups->room) {
    const PetscInt64 room = PetscMax(64, 2 * groups->room);
    Group           *more = (Group *)realloc(groups->group, (size_t)room * sizeof(*more));

    groups->no_memory = (PetscBool)!more;
    if (!more) return -1;
    groups->group = more;
    groups->room  = room;
  }
  Group *group = &groups->group[groups->groups++];

  snprintf(group->name, sizeof(group->name), "%s", name);
  group->number = strtoll(name, NULL, 10);
  return 0;
}

static int CompareGroups(const void *a, const void *b)
{
  const Group *p = (const Group *)a, *q = (const Group *)b;

  return (p->number > q->number) - (p->number < q->number);
}

static int ListGroups(KNSource source, Groups *groups)
{
  KNFile *file = &source->file;
  hsize_t next = 0;

  if (H5Literate(file->id, H5_INDEX_NAME, H5_ITER_INC, &next, AddGroup, groups) < 0)
    return KNFileFail(file, groups->no_memory ? PETSC_ERR_MEM : file->code,
                      groups->no_memory ? "no memory for a list of groups"
                                        : "the names in its root cannot be read: copy the file again");
  qsort(groups->group, (size_t)groups->groups, sizeof(*groups->group), CompareGroups);
  groups->number = (PetscInt64 *)calloc((size_t)groups->groups, sizeof(*groups->number));
  if (!groups->number) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %lld numbers", (long long)groups->groups);
  for (PetscInt64 i = 0; i < groups->groups; i++) {
    groups->number[i] = groups->group[i].number;
    if (i && groups->number[i] == groups->number[i - 1])
      return KNFileFail(file, file->code, "groups %s and %s are both sample %lld", groups->group[i - 1].name,
                        groups->group[i].name, (long long)groups->number[i]);
  }
  return 0;
}

/* The array group/name as a variable, open and judged; its handle is 0, and no error, if it is not there and
   `optional`. */
static int OpenArray(KNSource source, const Group *group, const char name[], PetscBool optional, KNVariable *variable)
{
  KNFile *file = &source->file;
  char    path[64], grid[64];
  htri_t  there;
  hid_t   array;

  memset(variable, 0, sizeof(*variable));
  snprintf(grid, sizeof(grid), "%s/grid", group->name);
  snprintf(path, sizeof(path), "%s/%s", group->name, name);
  if (optional) {
    KNCallHDF5(file, there = H5Lexists(file->id, grid, H5P_DEFAULT));
    if (there) KNCallHDF5(file, there = H5Lexists(file->id, path, H5P_DEFAULT));
    if (!there) return 0;
  }
  snprintf(variable->name, sizeof(variable->name), "%s", path);
  KNCallFile(KNHDF5Object(file, file->id, path, &array));
  if (H5Iget_type(array) != H5I_DATASET) return KNFileFail(file, file->code, "%s is no array", path);
  KNSourceHDF5Describe(source, array, variable);
  return KNSourceJudge(source, variable);
}

/* The coordinates or times of a group, all entries; NULL if it has none. */
static int ReadList(KNSource source, const Group *group, int which, double **list, size_t *entries)
{
  const size_t start = 0, step = 1;
  KNVariable   variable;
  double      *larger;

  KNCallFile(OpenArray(source, group, list_names[which], PETSC_TRUE, &variable));
  *entries = variable.handle ? variable.shape[0] : 0;
  if (!variable.handle) return 0;
  if (variable.rank != 1)
    return KNFileFail(&source->file, source->file.code, "%s has %d axes, expected one", variable.name, variable.rank);
  larger = (double *)realloc(*list, *entries * sizeof(**list));
  if (!larger) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for %zu numbers", *entries);
  *list = larger;
  KNCallFile(KNSourceHDF5Read(source, &variable, &start, &step, entries, sizeof(double), *list));
  H5Dclose((hid_t)variable.handle);
  return 0;
}

/* Every group holds an array of this shape and type, on the same points at the same times. */
static int CompareWithFirst(KNSource source, Groups *groups, const KNVariable *data)
{
  KNFile *file = &source->file;

  for (PetscInt64 i = 1; i < groups->groups; i++) {
    KNVariable variable;

    KNCallFile(OpenArray(source, &groups->group[i], "data", PETSC_FALSE, &variable));
    H5Dclose((hid_t)variable.handle);
    if (variable.rank + 1 != data->rank ||
        memcmp(variable.shape, data->shape + 1, (size_t)variable.rank * sizeof(*data->shape)))
      return KNFileFail(file, file->code, "%s has another shape than the data of group %s, which no dataset can hold",
                        variable.name, groups->group[0].name);
    if (strcmp(variable.type, data->type))
      return KNFileFail(file, file->code, "%s is %s, that of group %s is %s", variable.name, variable.type,
                        groups->group[0].name, data->type);
    for (int l = 0; l < LISTS; l++) {
      size_t entries;

      KNCallFile(ReadList(source, &groups->group[i], l, &groups->other[l], &entries));
      if (entries != groups->entries[l] ||
          (entries && memcmp(groups->other[l], groups->list[l], entries * sizeof(double))))
        return KNFileFail(file, file->code, "%s/%s differs from that of group %s, which no dataset can hold",
                          groups->group[i].name, list_names[l], groups->group[0].name);
    }
  }
  return 0;
}

/* The lists of the first group as variables of their own, so that they are judged as other coordinates are. */
static int AddLists(KNSource source, const Group *group, const KNVariable *list[LISTS])
{
  KNVariable *variable, opened;

  for (int l = 0; l < LISTS; l++) {
    KNCallFile(OpenArray(source, group, list_names[l], PETSC_TRUE, &opened));
    if (!opened.handle) continue;
    KNCallFile(KNSourceAddVariable(source, list_names[l], &variable));
    snprintf(opened.name, sizeof(opened.name), "%s", list_names[l]);
    *variable = opened;
  }
  for (int l = 0; l < LISTS; l++) list[l] = KNSourceFind(source, list_names[l]);
  return 0;
}

int KNPDEBenchOpenGroups(KNSource source, const KNSourceChoice *choice)
{
  KNFile           *file    = &source->file;
  KNProblem        *problem = &source->problem;
  Groups           *groups  = (Groups *)calloc(1, sizeof(*groups));
  KNVariable       *data, first;
  const KNVariable *list[LISTS];
  char              axes[KN_MAX_AXES + 1];
  PetscInt          dim, fields, names;
  char              name[KN_MAX_FIELDS][KN_MAX_NAME];
  KNSourceChoice    own;

  source->data = groups;
  if (!groups) return KNFileFail(file, PETSC_ERR_MEM, "no memory for a list of groups");
  KNCallFile(ListGroups(source, groups));
  KNCallFile(OpenArray(source, &groups->group[0], "data", PETSC_FALSE, &first));
  H5Dclose((hid_t)first.handle);
  if (first.rank < 3 || first.rank > KN_MAX_DIM + 2 || groups->groups > PETSC_MAX_INT)
    return KNFileFail(file, file->code, "%s has %d axes, expected frames, 1 to %d of a grid, and fields", first.name,
                      first.rank, KN_MAX_DIM);
  KNCallFile(KNSourceAddVariable(source, "data", &data));
  snprintf(first.name, sizeof(first.name), "data");
  memmove(first.shape + 1, first.shape, (size_t)first.rank * sizeof(*first.shape));
  first.shape[0] = (size_t)groups->groups;
  first.rank++;
  first.handle = -1;
  *data        = first;
  for (int l = 0; l < LISTS; l++)
    KNCallFile(ReadList(source, &groups->group[0], l, &groups->list[l], &groups->entries[l]));
  KNCallFile(CompareWithFirst(source, groups, &first));
  KNCallFile(AddLists(source, &groups->group[0], list));
  dim = first.rank - 3;
  for (PetscInt d = 0; d < KN_MAX_DIM; d++) {
    if (!list[d] != (d >= dim))
      return KNSourceAsk(source, list[d] ? "%s is of an axis that data does not have" : "there is no %s",
                         list_names[d]);
  }
  if (first.shape[1] > PETSC_MAX_INT) return KNSourceAsk(source, "data has %zu frames", first.shape[1]);
  if (first.shape[first.rank - 1] > KN_MAX_FIELDS)
    return KNSourceAsk(source, "data has %zu fields, at most %d can be read", first.shape[first.rank - 1],
                       KN_MAX_FIELDS);
  source->samples = (PetscInt64)groups->groups;
  source->index   = groups->number;
  KNCallFile(KNPDEBenchPoints(source, choice, &own));
  KNCallFile(KNSourceGrid(source, &own, dim, first.shape + 2, list));
  KNCallFile(KNSourceTimes(source, choice, list[KN_MAX_DIM], 1, (PetscInt)first.shape[1], PETSC_FALSE));
  fields = (PetscInt)first.shape[first.rank - 1];
  KNCallFile(KNHDF5Texts(file, file->id, "fields", KN_MAX_NAME, KN_MAX_FIELDS, &names, name[0]));
  for (PetscInt c = 0; c < fields; c++, problem->output.fields++) {
    if (names == fields) KNCallFile(KNSourceNameField(source, &problem->output.field[c], "%s", name[c]));
    else if (fields == 1) KNCallFile(KNSourceNameField(source, &problem->output.field[c], "u"));
    else KNCallFile(KNSourceNameField(source, &problem->output.field[c], "u%d", (int)c + 1));
  }
  KNAxesMake(axes, "nt", dim, "c");
  return KNSourceAddPiece(source, KNSourceFind(source, "data"), axes, PETSC_TRUE, 0, fields, 0, problem->frames);
}

int KNPDEBenchRead(KNSource source, const KNVariable *variable, const size_t start[], const size_t step[],
                   const size_t extent[], size_t width, void *value)
{
  const Groups *groups = (const Groups *)source->data;
  size_t        bytes  = width;

  if (!groups || strcmp(variable->name, "data"))
    return KNSourceHDF5Read(source, variable, start, step, extent, width, value);
  for (int a = 1; a < variable->rank; a++) bytes *= extent[a];
  for (size_t i = 0; i < extent[0]; i++) {
    KNVariable array;

    KNCallFile(OpenArray(source, &groups->group[start[0] + i * step[0]], "data", PETSC_FALSE, &array));
    if (array.rank != variable->rank - 1)
      return KNFileFail(&source->file, source->file.code, "%s has changed while it was read", array.name);
    KNCallFile(KNSourceHDF5Read(source, &array, start + 1, step + 1, extent + 1, width, (char *)value + i * bytes));
    H5Dclose((hid_t)array.handle);
  }
  return 0;
}

void KNPDEBenchClose(KNSource source)
{
  Groups *groups = (Groups *)source->data;

  if (!groups) return;
  for (int l = 0; l < LISTS; l++) {
    free(groups->list[l]);
    free(groups->other[l]);
  }
  free(groups->group);
  free(groups->number);
  free(groups);
}

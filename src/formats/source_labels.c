/*
  Labels: an array of whole numbers with one axis, the samples, says to which class each of them belongs: 0, 1, .. They
  are few numbers: all of them are read when the source is opened.
*/
#include "format_impl.h"
#include <stdlib.h>
#include <string.h>

#define KN_MAX_CLASSES (1 << 20)

const KNVariable *KNSourceFindLabels(KNSource source, const char name[])
{
  const KNVariable *variable = KNSourceFind(source, name);

  return variable && variable->rank == 1 && (!strncmp(variable->type, "int", 3) || !strncmp(variable->type, "uint", 4))
           ? variable
           : NULL;
}

/* source->label; *count: one more than the largest of them. */
static int ReadLabels(KNSource source, const KNVariable *variable, PetscInt *count)
{
  enum { PIECE = 1 << 16 };
  const size_t n = (size_t)source->samples, one = 1;
  KNFile      *file = &source->file;

  if (variable->shape[0] != n)
    return KNSourceAsk(source, "%s has %zu labels for %zu samples", variable->name, variable->shape[0], n);
  source->label = (int32_t *)malloc(n * sizeof(*source->label));
  if (!source->label) return KNFileFail(file, PETSC_ERR_MEM, "no memory for %zu labels", n);
  *count = 1;
  for (size_t first = 0; first < n; first += PIECE) {
    const size_t  extent = PetscMin(PIECE, n - first);
    const double *value;

    KNCallFile(KNScratch(file, extent * sizeof(*value), &source->raw_bytes, &source->raw));
    KNCallFile(source->format->read(source, variable, &first, &one, &extent, sizeof(*value), source->raw));
    value = (const double *)source->raw;
    for (size_t i = 0; i < extent; i++) {
      if (!(value[i] >= 0 && value[i] < KN_MAX_CLASSES)) {
        return KNFileFail(file, file->code, "%s has the label %.0f in row %zu, expected 0 to %d", variable->name,
                          value[i], first + i, KN_MAX_CLASSES - 1);
      }
      source->label[first + i] = (int32_t)value[i];
      *count                   = PetscMax(*count, (PetscInt)value[i] + 1);
    }
  }
  return 0;
}

/* source->names: as the user gives them, else the numbers. */
static int NameClasses(KNSource source, PetscInt count, const char *const names[])
{
  size_t bytes = 0;
  char  *to;

  for (PetscInt i = 0; i < count; i++) bytes += names ? strlen(names[i]) + 1 : 12;
  source->names = to = (char *)malloc(bytes);
  if (!to) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for the names of %d classes", (int)count);
  for (PetscInt i = 0; i < count; i++) {
    if (names) to += sprintf(to, "%s", names[i]) + 1;
    else to += sprintf(to, "%d", (int)i) + 1;
  }
  return 0;
}

int KNSourceClasses(KNSource source, PetscInt count, const char *const names[])
{
  KNCallFile(NameClasses(source, count, names));
  source->problem.output = (KNSpace){.kind  = KN_SPACE_CLASS,
                                     .grid  = KNGridMake(0, NULL, KN_POINTS_CELLS),
                                     .count = count,
                                     .names = source->names};
  return 0;
}

void KNSourceMayFlip(KNSource source)
{
  snprintf(source->problem.symmetry[source->problem.symmetries++], sizeof(*source->problem.symmetry), "reflect(y)");
}

int KNSourceLabels(KNSource source, const KNSourceChoice *choice, const KNVariable *variable)
{
  PetscInt count = 1;

  KNCallFile(KNSourceJudge(source, variable));
  KNCallFile(ReadLabels(source, variable, &count));
  for (PetscInt64 row = 0; choice->classes_count && row < source->samples; row++) {
    if (source->label[row] < choice->classes_count) continue;
    return KNFileFail(&source->file, source->file.code, "%s has the label %d in row %lld, -classes names %d: 0 to %d",
                      variable->name, source->label[row], (long long)row, (int)choice->classes_count,
                      (int)choice->classes_count - 1);
  }
  if (choice->classes_count) count = choice->classes_count;
  return KNSourceClasses(source, count, choice->classes_count ? choice->classes : NULL);
}

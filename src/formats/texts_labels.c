/* Labels of texts: which classes there are, and in which order. */
#include "texts.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_CLASSES = 10000 };

int KNTextsExpect(KNSource source, KNSourceChoice *own, KNTexts *t)
{
  const KNSpace *like = own->like ? &own->like->output : NULL;
  const char    *name = like ? like->names : NULL;
  const PetscInt n    = like ? like->count : own->classes_count;

  if (like && own->classes_count)
    return KNFileFail(&source->file, KN_ERR_USAGE, "has the classes of -like: leave out -classes");
  if (like && !name) return KNFileFail(&source->file, KN_ERR_INPUT, "cannot be read like classes without names");
  if (!n || own->unlabelled) return 0;
  t->expected = (const char **)calloc((size_t)n, sizeof(*t->expected));
  if (!t->expected) return KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for the names of %d classes", (int)n);
  for (PetscInt i = 0; i < n; i++) {
    KNTableEntry *entry;

    t->expected[i] = like ? name : own->classes[i];
    if (like) name += strlen(name) + 1;
    KNCallFile(KNTableCount(&source->file, &t->classes, t->expected[i], 1, &entry));
    if (entry->count > 1) return KNFileFail(&source->file, KN_ERR_USAGE, "-classes names %s twice", t->expected[i]);
  }
  t->expected_count  = n;
  own->classes_count = n;
  own->classes       = t->expected;
  return 0;
}

/* A whole number; -1: it is none. */
static long NumberOf(const char text[])
{
  if (!text[0] || strlen(text) > 6 || strspn(text, "0123456789") != strlen(text)) return -1;
  return strtol(text, NULL, 10);
}

/* "a, b, c" */
static void ListExpected(const KNTexts *t, size_t size, char list[])
{
  size_t used = 0;

  list[0] = 0;
  for (PetscInt i = 0; i < t->expected_count && used + 1 < size; i++)
    used += (size_t)snprintf(list + used, size - used, "%s%.40s", i ? ", " : "", t->expected[i]);
}

int KNTextsLabel(KNFile *file, KNTexts *t, int64_t line, const KNText *text, int32_t *label)
{
  const char  *value = text->value[KN_COLUMN_LABEL];
  const size_t size  = text->size[KN_COLUMN_LABEL];
  char         name[KN_MAX_TEXT], list[256];

  if (!size) return KNFileFail(file, file->code, "line %lld has no label", (long long)line);
  if (size >= sizeof(name) || memchr(value, 0, size) || !KNTextIsUTF8(size, value))
    return KNFileFail(file, file->code, "line %lld has a label of %zu bytes that is no name: is it another column?",
                      (long long)line, size);
  memcpy(name, value, size);
  name[size] = 0;
  *label     = KNTableFind(&t->classes, name);
  if (*label >= 0) return 0;
  if (!strcmp(name, "-")) return 0; /* SNLI: its annotators did not agree */
  if (t->expected_count) {
    const long number = NumberOf(name);

    if (number >= 0 && number < t->expected_count) *label = (int32_t)number;
    if (*label >= 0) return 0;
    ListExpected(t, sizeof(list), list);
    return KNFileFail(file, file->code, "line %lld has the label %s, the classes are %s", (long long)line, name, list);
  }
  if (t->classes.entries == MAX_CLASSES)
    return KNFileFail(file, file->code, "line %lld has one more label than %d: is it another column?", (long long)line,
                      MAX_CLASSES);
  KNCallFile(KNTableCount(file, &t->classes, name, 1, NULL));
  *label = (int32_t)t->classes.entries - 1;
  return 0;
}

typedef struct {
  const char *name;
  int32_t     label;
} Named;

static int ByNumber(const void *a, const void *b)
{
  const long p = NumberOf(((const Named *)a)->name), q = NumberOf(((const Named *)b)->name);

  return (p > q) - (p < q);
}

static int ByBytes(const void *a, const void *b)
{
  return strcmp(((const Named *)a)->name, ((const Named *)b)->name);
}

int KNTextsNameClasses(KNSource source, KNTexts *t)
{
  const size_t n       = t->classes.entries;
  PetscBool    numbers = PETSC_TRUE;
  Named *class;
  const char **name;
  int32_t     *place;
  int          code;

  if (t->expected_count) return KNSourceClasses(source, t->expected_count, t->expected);
  class = (Named *)malloc((n + 1) * sizeof(*class));
  name  = (const char **)malloc((n + 1) * sizeof(*name));
  place = (int32_t *)malloc((n + 1) * sizeof(*place));
  for (size_t i = 0; i < n && class; i++) {
    class[i] = (Named){.name = t->classes.text + t->classes.entry[i].text, .label = (int32_t)i};
    numbers  = (PetscBool)(numbers && NumberOf(class[i].name) >= 0);
  }
  if (class && name && place) {
    qsort(class, n, sizeof(*class), numbers ? ByNumber : ByBytes);
    for (size_t i = 0; i < n; i++) {
      name[i]               = class[i].name;
      place[class[i].label] = (int32_t)i;
    }
    for (PetscInt64 row = 0; row < source->samples; row++) source->label[row] = place[source->label[row]];
    code = KNSourceClasses(source, (PetscInt)n, name);
  } else code = KNFileFail(&source->file, PETSC_ERR_MEM, "no memory for %zu classes", n);
  free(class);
  free(name);
  free(place);
  return code;
}

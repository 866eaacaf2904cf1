/* Spaces: their names, and whether two are the same. */
#include <kitinet/space.h>
#include <stdlib.h>
#include <string.h>

const char *const KNSpaceKindNames[]  = {"field", "tokens", "class", NULL};
const char *const KNFieldScaleNames[] = {"linear", "logarithmic", NULL};

PetscErrorCode KNSpaceCopyNames(const KNSpace *space, char **names)
{
  const char *end = space->names;

  PetscFunctionBegin;
  *names = NULL;
  if (!end) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < space->count; i++) end += strlen(end) + 1;
  *names = (char *)malloc((size_t)(end - space->names));
  PetscCheck(*names, PETSC_COMM_SELF, PETSC_ERR_MEM, "no memory for %" PetscInt_FMT " names", space->count);
  memcpy(*names, space->names, (size_t)(end - space->names));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpaceListNames(const KNSpace *space, const char ***name)
{
  const char *at = space->names;

  PetscFunctionBegin;
  *name = NULL;
  if (!at) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(space->count, name));
  for (PetscInt i = 0; i < space->count; i++, at += strlen(at) + 1) (*name)[i] = at;
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define DIFFERENT(...)                                       \
  do {                                                       \
    PetscCall(PetscSNPrintf(difference, size, __VA_ARGS__)); \
    PetscFunctionReturn(PETSC_SUCCESS);                      \
  } while (0)

static PetscErrorCode CompareGrids(const KNGrid *a, const KNGrid *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  if (a->dim != b->dim) DIFFERENT("%" PetscInt_FMT " axes, not %" PetscInt_FMT, a->dim, b->dim);
  for (PetscInt d = 0; d < a->dim; d++) {
    if (a->n[d] != b->n[d])
      DIFFERENT("%" PetscInt_FMT " points along axis %" PetscInt_FMT ", not %" PetscInt_FMT, a->n[d], d + 1, b->n[d]);
  }
  if (a->points != b->points) DIFFERENT("points are %s, not %s", KNPointsNames[a->points], KNPointsNames[b->points]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareFields(const char side[], const KNSpace *a, const KNSpace *b, size_t size,
                                    char difference[])
{
  static const char *const types[] = {"float32", "uint8"};

  PetscFunctionBegin;
  if (a->fields != b->fields) DIFFERENT("%" PetscInt_FMT " %s fields, not %" PetscInt_FMT, a->fields, side, b->fields);
  for (PetscInt i = 0; i < a->fields; i++) {
    const KNField *f = &a->field[i], *g = &b->field[i];

    if (strcmp(f->name, g->name) || strcmp(f->unit, g->unit))
      DIFFERENT("%s field %s [%s], not %s [%s]", side, f->name, f->unit, g->name, g->unit);
  }
  if (a->type != b->type) DIFFERENT("%s values are %s, not %s", side, types[a->type], types[b->type]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareNames(const char side[], const KNSpace *a, const KNSpace *b, size_t size,
                                   char difference[])
{
  const char *const what = a->kind == KN_SPACE_TOKENS ? "words" : "classes", *p = a->names, *q = b->names;

  PetscFunctionBegin;
  if (a->length != b->length)
    DIFFERENT("%s sequences of up to %" PetscInt_FMT " tokens, not %" PetscInt_FMT, side, a->length, b->length);
  if (a->count != b->count) DIFFERENT("%" PetscInt_FMT " %s %s, not %" PetscInt_FMT, a->count, side, what, b->count);
  if (!p != !q) DIFFERENT("%s %s %s names", side, what, p ? "have" : "have no");
  for (PetscInt i = 0; p && i < a->count; i++, p += strlen(p) + 1, q += strlen(q) + 1) {
    if (strcmp(p, q)) DIFFERENT("number %" PetscInt_FMT " of the %s %s is %s, not %s", i, side, what, p, q);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode KNSpaceCompare(const char side[], const KNSpace *a, const KNSpace *b, size_t size, char difference[])
{
  PetscFunctionBegin;
  difference[0] = 0;
  if (a->kind != b->kind)
    DIFFERENT("%s of kind %s, not %s", side, KNSpaceKindNames[a->kind], KNSpaceKindNames[b->kind]);
  PetscCall(CompareGrids(&a->grid, &b->grid, size, difference));
  if (!difference[0]) PetscCall(CompareFields(side, a, b, size, difference));
  if (!difference[0]) PetscCall(CompareNames(side, a, b, size, difference));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Options of a command: see words.h. */
#include "words.h"
#include <string.h>

PetscErrorCode KNWordsSet(KNWords *words, const char name[], const char value[])
{
  PetscInt i = 0;

  PetscFunctionBegin;
  while (i < words->count && strcmp(words->name[i], name)) i++;
  if (i == words->count) {
    words->count++;
    PetscCall(PetscRealloc((size_t)words->count * sizeof(*words->name), &words->name));
    PetscCall(PetscRealloc((size_t)words->count * sizeof(*words->value), &words->value));
    PetscCall(PetscStrallocpy(name, &words->name[i]));
  } else PetscCall(PetscFree(words->value[i]));
  PetscCall(PetscStrallocpy(value, &words->value[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *KNWordsGet(const KNWords *words, const char name[])
{
  for (PetscInt i = 0; i < words->count; i++) {
    if (!strcmp(words->name[i], name)) return words->value[i] ? words->value[i] : "";
  }
  return NULL;
}

PetscErrorCode KNWordsDestroy(KNWords *words)
{
  PetscFunctionBegin;
  for (PetscInt i = 0; i < words->count; i++) {
    PetscCall(PetscFree(words->name[i]));
    PetscCall(PetscFree(words->value[i]));
  }
  PetscCall(PetscFree(words->name));
  PetscCall(PetscFree(words->value));
  words->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

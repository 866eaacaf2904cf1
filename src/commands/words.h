/* Options as words, "-name value", in the order in which they are given to a command. */
#ifndef KITINET_WORDS_H
#define KITINET_WORDS_H

#include <kitinet/base.h>

/* A name occurs once. */
typedef struct {
  PetscInt count;
  char   **name, **value; /* name with its dash; value NULL: none */
} KNWords;

/* Not collective. Both are copied; a value that is there is replaced. */
PETSC_INTERN PetscErrorCode KNWordsSet(KNWords *words, const char name[], const char value[]);

/* Not collective. NULL: not there; "" without a value. Owned by the words. */
PETSC_INTERN const char *KNWordsGet(const KNWords *words, const char name[]);

PETSC_INTERN PetscErrorCode KNWordsDestroy(KNWords *words);

#endif

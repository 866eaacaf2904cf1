/* Inside src/core/: the table of declared options, which the three files options*.c share. */
#ifndef KITINET_OPTIONS_IMPL_H
#define KITINET_OPTIONS_IMPL_H

#include <kitinet/error.h>
#include <kitinet/options.h>

typedef struct {
  const char *head;              /* paragraph of the help text, not owned */
  char        name[KN_MAX_NAME]; /* "-train_lr" */
  const char *help;              /* not owned: string constants */
  char        range[512];        /* "[0, 1]", "one of a, b", or "" */
  char        initial[PETSC_MAX_PATH_LEN];
  char       *value;        /* in force; owned */
  char        resolved[32]; /* what the program chose for it; "": nothing */
  PetscBool   several;      /* it was resolved to different numbers */
  PetscBool   quoted;       /* text: quoted in YAML */
} KNDeclaration;

/* One for the program, as PETSc's options database is. */
typedef struct {
  PetscInt       count, capacity;
  KNDeclaration *declaration; /* (count) in order of declaration */
  const char    *head;
  PetscBool      help;         /* -help was given */
  char           missing[256]; /* what KNOptionsRequire() missed first; "" */
  PetscOptions   given;        /* all that the user gave, for the record */
  PetscOptions   inserted;     /* what KNOptionsInsertDefaults() put below it */
} KNOptionsTable;

PETSC_INTERN KNOptionsTable kn_options;

/*
  Finds what was given for an option and enters its declaration; *text is NULL if nothing was given. initial: of the
  help text; quoted: a text in YAML.
*/
PETSC_INTERN PetscErrorCode KNOptionsDeclare(const char name[], const char help[], const char initial[],
                                             PetscBool quoted, KNDeclaration **declaration, const char **text);

/* The value in force, as YAML has it. */
PETSC_INTERN PetscErrorCode KNOptionsRecord(KNDeclaration *d, const char value[]);

/* The shortest decimal number that reads back as the same double. */
PETSC_INTERN void KNOptionsFormatReal(PetscReal value, size_t size, char text[]);

/* Position of text in names (ended by NULL), -1 if it is none of them. */
PETSC_INTERN PetscInt KNOptionsFindName(const char *const names[], const char text[]);

#endif

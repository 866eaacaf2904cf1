/*
  Options: each declared once, beside its default, with its range and help text.

  The store is PETSc's options database: a YAML file (-options_file_yaml), then the command line
  over it. These functions read one option each and remember its declaration, from which come the
  help text of a command, the list of every option in force, and the refusal of unknown ones.

  The variable holds the default before the call and the value in force after it. All functions are
  collective on PETSC_COMM_WORLD (every rank declares the same options in the same order) and raise
  KN_ERR_USAGE for a value that does not parse or is out of range. help: one line, without a full stop.
*/
#ifndef KITINET_OPTIONS_H
#define KITINET_OPTIONS_H

#include <kitinet/base.h>

/*
  Collective. Fills the options database from argv (after the command): reads the YAML files named by
  -options_file_yaml first,
   then the command line; refuses options given twice. Takes -help out of argv. Call once, after PetscInitialize().
*/
PETSC_EXTERN PetscErrorCode KNOptionsInsert(int argc, char **argv);

/* Starts the declarations of an object, a paragraph of the help text: "Darcy flow". Not owned: title must live on. */
PETSC_EXTERN PetscErrorCode KNOptionsHead(const char title[]);

/*
  Collective. Declares an option of the current object: *value is the default on entry, on return what the user gave.
  name begins with "-"; help is the line of -help. Refuses with KN_ERR_USAGE what is no number of this kind, or outside
  of [lowest, highest].
*/
PETSC_EXTERN PetscErrorCode KNOptionsInt(const char name[], const char help[], PetscInt lowest, PetscInt highest,
                                         PetscInt *value);
PETSC_EXTERN PetscErrorCode KNOptionsInt64(const char name[], const char help[], PetscInt64 lowest, PetscInt64 highest,
                                           PetscInt64 *value);
PETSC_EXTERN PetscErrorCode KNOptionsReal(const char name[], const char help[], PetscReal lowest, PetscReal highest,
                                          PetscReal *value);

/* A number, low = high, or a range out of which each sample takes one. */
typedef struct {
  PetscReal low, high;
  PetscBool logarithmic; /* its logarithm is uniform, else the number itself */
} KNRange;

/*
  "0.1"; "0.1:0.3", uniform; "1e-3:1e-1:log", log-uniform. Both ends lie in lowest .. highest, the first below the
  second, and above 0 where the logarithm is uniform.
*/
PETSC_EXTERN PetscErrorCode KNOptionsRange(const char name[], const char help[], PetscReal lowest, PetscReal highest,
                                           KNRange *value);
PETSC_EXTERN PetscErrorCode KNOptionsBool(const char name[], const char help[], PetscBool *value);
/* For the program itself: an option of every command, which KNOptionsEnd() knows and no record keeps. */
PETSC_EXTERN PetscErrorCode KNOptionsRuntimeBool(const char name[], PetscBool *value);
/* One of the names in choices (ended by NULL); *value is its position. */
PETSC_EXTERN PetscErrorCode KNOptionsChoice(const char name[], const char help[], const char *const choices[],
                                            PetscInt *value);
/* Text of at most size - 1 bytes, in caller's memory. */
PETSC_EXTERN PetscErrorCode KNOptionsString(const char name[], const char help[], size_t size, char value[]);
/* A path: as KNOptionsString with size PETSC_MAX_PATH_LEN. */
PETSC_EXTERN PetscErrorCode KNOptionsPath(const char name[], const char help[], char value[]);
/*
  A comma-separated list. *values is allocated, *count its length (0 if not given); the caller frees it with
  KNOptionsListDestroy().
*/
PETSC_EXTERN PetscErrorCode KNOptionsList(const char name[], const char help[], PetscInt *count, char ***values);
PETSC_EXTERN PetscErrorCode KNOptionsListDestroy(PetscInt count, char ***values);

/*
  Something that the command needs was given, or KNOptionsEnd() will refuse the command with this line: of several the
  first, and behind any misspelt option.
*/
PETSC_EXTERN PetscErrorCode KNOptionsRequire(PetscBool given, const char format[], ...) PETSC_ATTRIBUTE_FORMAT(2, 3);

/*
  Ends the declarations of a command. With -help: prints them (rank 0) and sets *done. Otherwise refuses any option
  that nobody has read, naming the nearest declared one. title: the command's purpose, for the head of the help text.
*/
PETSC_EXTERN PetscErrorCode KNOptionsEnd(const char command[], const char title[], PetscBool *done);

/* Whether -help was given, or something required was not: declarations go on, but nothing may be opened or created. */
PETSC_EXTERN PetscBool KNOptionsDeclareOnly(void);

/* Whether two values are the same text, or two spellings of one number or of one truth value (off, false, no, 0). */
PETSC_EXTERN PetscBool KNOptionsSameValue(const char a[], const char b[]);

/*
  Not collective. What a declared option was resolved to that leaves the choice to the program (0: "the largest that
  fits"). It stays resolved until it is declared again, and is as it was given if layers resolve it to different
  numbers.
*/
PETSC_EXTERN PetscErrorCode KNOptionsResolve(const char name[], PetscInt value);

/*
  Every declared option whose name starts with one of the prefixes (NULL: all; "t:" is a whole name), and the solver
  options that the user gave, as lines "name: value" of YAML, in order of declaration. With prefixes, the record of a
  network, those that were resolved have that value. The caller frees *yaml with PetscFree().
*/
PETSC_EXTERN PetscErrorCode KNOptionsYAML(PetscInt nprefixes, const char *const prefixes[], char **yaml);

/*
  Not collective. The value in the line "name: value" of such a text, as it stands there; "" and false where it has no
  such line. size: of value, in caller's memory.
*/
PETSC_EXTERN PetscErrorCode KNOptionsYAMLGet(const char yaml[], const char name[], size_t size, char value[],
                                             PetscBool *found);

/*
  Collective. Options of a YAML text (lines "name: value", as KNOptionsYAML writes) below those that the user gave: of
  a checkpoint or an earlier run, named by source in messages. A user's value that differs from the text's is refused
  (KN_ERR_INPUT, all such options listed), except for the names in free_names (ended by NULL; NULL: all are free).
  KNOptionsRemoveDefaults takes the last such text out again.
*/
PETSC_EXTERN PetscErrorCode KNOptionsInsertDefaults(const char yaml[], const char source[],
                                                    const char *const free_names[]);
PETSC_EXTERN PetscErrorCode KNOptionsRemoveDefaults(void);

#endif

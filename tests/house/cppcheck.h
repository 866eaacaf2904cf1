/* What cppcheck has to know of PETSc, whose headers it does not read: which macros return. Each source includes it. */
#define PETSC_USE_REAL_DOUBLE
#define PETSC_SUCCESS 0
#define PetscFunctionBegin \
  do {                     \
  } while (0)
#define PetscFunctionReturn(x) return (x)
#define PetscCall(x) \
  do {               \
    if (x) return 1; \
  } while (0)
#define PetscCheck(condition, ...) \
  do {                             \
    if (!(condition)) return 1;    \
  } while (0)

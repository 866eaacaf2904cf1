/*
  Errors that a user can mend, and how ranks agree on them.

  A user's mistake is raised with PetscCheck(condition, PETSC_COMM_WORLD, KN_ERR_..., "what, where,
  what to do next") and printed as one line, by rank 0, without a traceback; main() turns the code
  into the exit code. All ranks must raise it together: a condition that only one rank sees goes
  through KNAgree() first.
*/
#ifndef KITINET_ERROR_H
#define KITINET_ERROR_H

#include <kitinet/base.h>

enum {
  KN_ERR_USAGE = PETSC_ERR_MAX_VALUE + 1, /* unknown command or option, value out of range: exit 2 */
  KN_ERR_INPUT,                           /* missing, damaged or unfitting file: exit 3 */
  KN_ERR_IO,                              /* writing failed (disk full, no permission): exit 4 */
  KN_ERR_FAILED,                          /* the work itself failed (no sample converged, loss not finite): exit 1 */
  KN_ERR_LAST
};

/* What the program leaves to the shell. */
enum {
  KN_EXIT_DONE    = 0,
  KN_EXIT_FAILED  = 1,
  KN_EXIT_USAGE   = 2,
  KN_EXIT_INPUT   = 3,
  KN_EXIT_IO      = 4,
  KN_EXIT_STOPPED = 75 /* stopped early, checkpoint written, run me again */
};

/* Not collective. The exit code for an error code; KN_EXIT_FAILED for any that is not ours. */
PETSC_EXTERN int KNExitCode(PetscErrorCode code);

/*
  Not collective. A library has failed in a way after which it must not be tidied up (HDF5 after a failed parallel
  write): an error now ends in MPI_Abort.
*/
PETSC_EXTERN void KNErrorSetBroken(void);

/*
  Not collective. Whether the program can end in order after this error: all ranks have raised it together, and
  nothing is broken.
*/
PETSC_EXTERN PetscBool KNErrorIsOrderly(PetscErrorCode code);

/*
  Every rank calls it at its end, in order or after an orderly error, before PetscFinalize(). False: the others do not
  come within 5 s. This rank has raised the error alone, and says so here unless it is rank 0, which has said it:
  MPI_Abort.
*/
PETSC_EXTERN PetscBool KNErrorAwaitAll(PetscErrorCode code);

/* Collective on PETSC_COMM_WORLD. From here on our errors print one line; PETSc's own keep their traceback. */
PETSC_EXTERN PetscErrorCode KNErrorHandlerPush(void);

/*
  Collective on comm. Each rank passes its own outcome: code 0 (message unused), or an error code and a
  message. If any rank failed, all ranks raise the code and message of the lowest failing rank.

  Use as PetscCall(KNAgree(comm, code, "..."));
*/
PETSC_EXTERN PetscErrorCode KNAgree(MPI_Comm comm, PetscErrorCode code, const char format[], ...)
  PETSC_ATTRIBUTE_FORMAT(3, 4);

/*
  Collective on comm, before anything that depends on options. Raises KN_ERR_USAGE, naming a rank, unless all ranks
  run the same build of the program with the same words. One reduction.
*/
PETSC_EXTERN PetscErrorCode KNAgreeOnProgram(MPI_Comm comm, int argc, char **argv);

#endif
